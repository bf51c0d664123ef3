"""People and mappings from a table: checked row by row, all or nothing.

Nothing is stored here: a `Report` says what would be, and is what a dry run shows.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping as Map, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from .people import Mapping, Person, fold_id, fold_name
from .people_changes import Changed, changes_of
from .people_rows import Line, Problem, Reader, columns_of
from .sheets import Encoding, Format, encoding_of, read_rows

type Action = Literal["add", "update", "same", "refused"]


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one row of the file."""

    # As a spreadsheet counts: the head is 1.
    number: int
    action: Action
    name: str
    problems: tuple[Problem, ...] = ()
    # What the person was called, if that changes.
    before: str = ""
    # What changes besides; of who is new, all that is said.
    changes: tuple[Changed, ...] = ()
    # The users of terminals that they become.
    mappings: tuple[Mapping, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an import would do. Nothing is done unless every row is good."""

    rows: tuple[Row, ...]
    people: tuple[Person, ...]
    mappings: tuple[Mapping, ...]
    # Heads of columns that were not understood.
    ignored: tuple[str, ...] = ()
    # How the file is written, if it is CSV; what was taken for another one has odd
    # letters in its names.
    encoding: Encoding | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether it can be done."""
        return all(not row.problems for row in self.rows)

    def counts(self) -> dict[Action, int]:
        """Count what becomes of the rows."""
        return dict(Counter(row.action for row in self.rows))


def import_people(
    data: bytes,
    known: Iterable[Person],
    mappings: Iterable[Mapping] = (),
    *,
    new_id: Iterable[str],
    terminals: Map[str, str],
    ha_persons: Container[str] = (),
    format_: Format | None = None,
) -> Report:
    """Read people from CSV or XLSX, and say of each row what would become of it.

    `terminals` are what those are called, by serial number; `ha_persons` are the persons
    of Home Assistant; `new_id` gives ids for who is new. Somebody is known by the external id, else by the name, if nobody has another id and
    that name; a column that is not there changes nothing, an empty cell empties.
    """
    known = list(known)
    head, *body = read_rows(data, format_) or [[]]
    columns, ignored = columns_of(head)
    reader = Reader(columns, len(head), known, new_id, terminals, ha_persons)
    lines = [
        reader.read(number, cells) for number, cells in enumerate(body, 2) if cells
    ]
    mapped = _Checked(lines, known, mappings).mapped
    rows = tuple(_row(line, mapped[line.number]) for line in lines)
    report = Report(rows, (), (), ignored, encoding_of(data, format_))
    if not report.is_good:
        return report
    return replace(
        report,
        people=tuple(
            one.person for one in lines if one.person and one.person != one.before
        ),
        mappings=tuple(one for row in rows for one in row.mappings),
    )


def _row(line: Line, mapped: Sequence[Mapping]) -> Row:
    number, name, before, person = line.number, line.name, line.before, line.person
    if line.problems or person is None:
        # What is wrong at each of some terminals is said once.
        return Row(number, "refused", name, tuple(dict.fromkeys(line.problems)))
    return Row(
        number,
        "add" if before is None else "same" if person == before else "update",
        name,
        before=before.name if before and before.name != name else "",
        changes=changes_of(before, person),
        mappings=tuple(mapped),
    )


class _Checked:
    """What rows may not share, with each other or with who is in none of them."""

    def __init__(
        self,
        lines: Sequence[Line],
        known: Iterable[Person],
        mappings: Iterable[Mapping],
    ) -> None:
        """Look at all of it; `mapped` is who becomes which user, by row."""
        self._lines = lines
        self._refuse_same_people()
        self._refuse_same_things(known)
        self.mapped = self._refuse_same_users(mappings)

    def _good(self) -> Iterator[tuple[Line, Person]]:
        """Return the rows that say of somebody what they are."""
        for line in self._lines:
            if line.person is not None:
                yield line, line.person

    def _refuse_same_people(self) -> None:
        seen: dict[str, int] = {}
        named: dict[str, Line] = {}
        for line, person in self._good():
            called = fold_name(line.name) or line.name
            other = named.setdefault(called, line) if called else line
            number = person.external_id and f"#{fold_id(person.external_id)}"
            # Who is new has another id in each row, but not another number.
            keys = [*filter(None, (person.id, number))]
            twice = {seen[key] for key in keys if key in seen}
            if other is not line and not (other.external_id and line.external_id):
                line.problems.append(Problem("name_again", str(other.number)))
                twice.discard(other.number)
            if twice and number and number not in seen:
                # Two numbers, and whose the one is who has none, nobody knows.
                line.problems.append(Problem("name_twice", line.name))
            elif twice:
                line.problems.append(Problem("id_twice", str(min(twice))))
            for key in keys:
                seen.setdefault(key, line.number)

    def _refuse_same_things(self, known: Iterable[Person]) -> None:
        """Refuse cards and links of others, but for what these give away themselves."""
        rewritten = {one.before.id for one in self._lines if one.before}
        stay = [one for one in known if one.id not in rewritten]
        card_of = {card: one.id for one in stay for card in one.cards}
        linked = {one.ha_person: one.id for one in stay}
        for line, person in self._good():
            link = person.ha_person
            if link and linked.setdefault(link, person.id) != person.id:
                line.problems.append(Problem("ha_person_taken", link))
            if any(
                card_of.setdefault(card, person.id) != person.id
                for card in person.cards
            ):
                line.problems.append(Problem("card_taken"))

    def _refuse_same_users(
        self, mappings: Iterable[Mapping]
    ) -> Map[int, Sequence[Mapping]]:
        """Refuse users who are others; return who becomes which, by row."""
        known = {(one.serial, one.user_id): one.person_id for one in mappings}
        # Who is told to be another user there than before gives that one away.
        told = {
            (person.id, serial)
            for line, person in self._good()
            if line.user_ids
            for serial in line.serials
        }
        claimed: dict[tuple[str, str], int] = {}
        mapped: dict[int, list[Mapping]] = defaultdict(list)
        for line, person in self._good():
            for key in product(line.serials, line.user_ids):
                owner = known.get(key)
                if key in claimed:
                    line.problems.append(Problem("mapping_twice", str(claimed[key])))
                elif owner not in (None, person.id) and (owner, key[0]) not in told:
                    line.problems.append(Problem("mapping_taken", key[1]))
                elif owner != person.id:
                    mapped[line.number].append(Mapping(*key, person.id))
                claimed.setdefault(key, line.number)
        return mapped
