"""People and mappings from a table: read, checked row by row, all or nothing.

Nothing is stored here: a `Report` says what would be, and is what a dry run shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping as Map, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date, datetime
from itertools import product
import re
from typing import Literal

from .errors import SheetUnreadable
from .people import KINDS, Kind, Mapping, Person, fold_id, fold_name
from .people_changes import Changed, changes_of
from .sheets import Encoding, Format, encoding_of, read_rows

type Action = Literal["add", "update", "same", "refused"]
type RowReason = Literal[
    "card_number",
    "card_taken",
    "columns",
    "date",
    "dates_order",
    "ha_person",
    "ha_person_taken",
    "id_twice",
    "kind_unknown",
    "mapping_taken",
    "mapping_twice",
    "name_missing",
    "name_twice",
    "terminal_unknown",
]
type Column = Literal[
    "name",
    "external_id",
    "kind",
    "groups",
    "ha_person",
    "valid_from",
    "valid_until",
    "card",
    "user_id",
    "terminal",
]

# Whose numbers people head a column with.
_WHOSE = (
    "admission",
    "badge",
    "employee",
    "id",
    "payroll",
    "personnel",
    "roll",
    "staff",
    "student",
)

# How people head their columns; compared without case, accents and signs.
_HEADS: Map[str, Column] = {
    "name": "name",
    "fullname": "name",
    "person": "name",
    "employeename": "name",
    "studentname": "name",
    "externalid": "external_id",
    "id": "external_id",
    "employeecode": "external_id",
    "badge": "external_id",
    "number": "external_id",
    **{
        f"{whose}{what}": "external_id"
        for whose in _WHOSE
        for what in ("id", "no", "number")
    },
    "kind": "kind",
    "type": "kind",
    "group": "groups",
    "groups": "groups",
    "class": "groups",
    "department": "groups",
    "haperson": "ha_person",
    "homeassistantperson": "ha_person",
    "validfrom": "valid_from",
    "from": "valid_from",
    "validuntil": "valid_until",
    "validto": "valid_until",
    "until": "valid_until",
    "card": "card",
    "cards": "card",
    "cardnumber": "card",
    "userid": "user_id",
    "userids": "user_id",
    "biometricid": "user_id",
    "terminal": "terminal",
    "device": "terminal",
    "serial": "terminal",
}
_KINDS: Map[str, Kind] = {
    **{kind: kind for kind in KINDS},
    "pupil": "student",
    "employee": "staff",
    "teacher": "staff",
    "guest": "visitor",
}
_HA_PERSON = re.compile(r"person\.[a-z0-9_]+")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d")
_MOST_CARD = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `value` is never a card's number."""

    reason: RowReason
    value: str = ""


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
    format_: Format | None = None,
) -> Report:
    """Read people from CSV or XLSX, and say of each row what would become of it.

    `terminals` are serial numbers by name or serial; `new_id` gives ids for who is new.
    Somebody is known by the external id, else by the name; a column that is not there
    changes nothing, an empty cell empties.
    """
    head, *body = read_rows(data, format_) or [[]]
    columns, ignored = _columns(head)
    reader = _Reader(len(head), columns, known, mappings, iter(new_id), terminals)
    for number, cells in enumerate(body, 2):
        if cells:
            reader.read(number, cells)
    return replace(reader.report(ignored), encoding=encoding_of(data, format_))


def _columns(head: Sequence[str]) -> tuple[dict[Column, int], tuple[str, ...]]:
    if not head:
        raise SheetUnreadable("empty")
    columns: dict[Column, int] = {}
    ignored = []
    for place, title in enumerate(head):
        name = _HEADS.get(re.sub(r"\W|_", "", fold_name(title)))
        if name is None or name in columns:
            if title:
                ignored.append(title)
        else:
            columns[name] = place
    if "name" not in columns:
        raise SheetUnreadable("no_name")
    return columns, tuple(ignored)


class _Reader:
    """The rows so far, and what they may not repeat."""

    def __init__(
        self,
        width: int,
        columns: Map[Column, int],
        known: Iterable[Person],
        mappings: Iterable[Mapping],
        new_id: Iterable[str],
        terminals: Map[str, str],
    ) -> None:
        self._width = width
        self._columns = columns
        self._new_id = iter(new_id)
        self._terminals = {fold_name(name): one for name, one in terminals.items()} | {
            fold_name(serial): serial for serial in terminals.values()
        }
        everybody = list(known)
        self._by_id = {
            fold_id(one.external_id): one for one in everybody if one.external_id
        }
        self._by_name: dict[str, list[Person]] = {}
        for one in everybody:
            self._by_name.setdefault(fold_name(one.name), []).append(one)
        self._card_of = {card: one.id for one in everybody for card in one.cards}
        self._linked = {one.ha_person: one.id for one in everybody if one.ha_person}
        self._mapped = {(one.serial, one.user_id): one.person_id for one in mappings}
        self._seen: dict[str, int] = {}
        self._claimed: dict[tuple[str, str], int] = {}
        self._rows: list[Row] = []
        self._people: dict[str, Person] = {}
        self._mappings: list[Mapping] = []

    def report(self, ignored: tuple[str, ...]) -> Report:
        """Return what came of the rows."""
        report = Report(
            tuple(self._rows),
            tuple(self._people.values()),
            tuple(self._mappings),
            ignored,
        )
        if report.is_good:
            return report
        return replace(report, people=(), mappings=())

    def read(self, number: int, cells: Sequence[str]) -> None:
        """Take one row."""
        problems: list[Problem] = []
        if any(cells[self._width :]):
            problems.append(Problem("columns"))
        name = " ".join(self._cell(cells, "name").split())
        if not name:
            problems.append(Problem("name_missing"))
        before = self._known(cells, name, problems)
        person = self._person(cells, name, before, problems)
        mapped = len(self._mappings)
        if person is not None:
            # Who is new has another id in each row, but not another external one.
            keys = {person.id, person.external_id and f"#{fold_id(person.external_id)}"}
            seen = [self._seen[key] for key in keys if key in self._seen]
            if seen:
                problems.append(Problem("id_twice", str(min(seen))))
            for key in filter(None, keys):
                self._seen.setdefault(key, number)
            self._map(cells, person, number, problems)
        if problems or person is None:
            self._rows.append(Row(number, "refused", name, tuple(problems)))
            return
        action: Action = "add" if before is None else "update"
        if person == before:
            action = "same"
        else:
            self._people[person.id] = person
        called = before.name if before and before.name != name else ""
        self._rows.append(
            Row(
                number,
                action,
                name,
                before=called,
                changes=changes_of(before, person),
                mappings=tuple(self._mappings[mapped:]),
            )
        )

    def _cell(self, cells: Sequence[str], column: Column) -> str:
        place = self._columns.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    def _known(
        self, cells: Sequence[str], name: str, problems: list[Problem]
    ) -> Person | None:
        if external := self._cell(cells, "external_id"):
            return self._by_id.get(fold_id(external))
        found = self._by_name.get(fold_name(name), [])
        if len(found) > 1:
            problems.append(Problem("name_twice", name))
        return found[0] if len(found) == 1 else None

    def _person(
        self,
        cells: Sequence[str],
        name: str,
        before: Person | None,
        problems: list[Problem],
    ) -> Person | None:
        has = self._columns.keys()
        made = before or Person(id="", name=name)
        made = replace(made, name=name)
        if external := self._cell(cells, "external_id"):
            made = replace(made, external_id=external)
        if "kind" in has and (text := self._cell(cells, "kind")):
            kind = _KINDS.get(fold_name(text))
            if kind is None:
                problems.append(Problem("kind_unknown", text))
            else:
                made = replace(made, kind=kind)
        if "groups" in has:
            made = replace(made, groups=_parts(self._cell(cells, "groups")))
        if "ha_person" in has:
            ha_person = self._cell(cells, "ha_person").lower()
            if ha_person and not _HA_PERSON.fullmatch(ha_person):
                problems.append(Problem("ha_person", ha_person))
            made = replace(made, ha_person=ha_person)
        if "valid_from" in has:
            made = replace(
                made, valid_from=_date(self._cell(cells, "valid_from"), problems)
            )
        if "valid_until" in has:
            made = replace(
                made, valid_until=_date(self._cell(cells, "valid_until"), problems)
            )
        if made.valid_from and made.valid_until and made.valid_until < made.valid_from:
            problems.append(Problem("dates_order", made.valid_until.isoformat()))
        if not problems and not made.id:
            made = replace(made, id=next(self._new_id))
        link = made.ha_person
        if link and self._linked.setdefault(link, made.id) != made.id:
            problems.append(Problem("ha_person_taken", link))
        if "card" in has:
            made = self._with_cards(made, self._cell(cells, "card"), problems)
        return None if problems else made

    def _with_cards(self, made: Person, text: str, problems: list[Problem]) -> Person:
        numbers = [one for one in _parts(text) if one != "0"]
        if any(not one.isdecimal() or int(one) > _MOST_CARD for one in numbers):
            problems.append(Problem("card_number"))
            return made
        cards = frozenset(map(int, numbers))
        if any(self._card_of.setdefault(card, made.id) != made.id for card in cards):
            problems.append(Problem("card_taken"))
        return replace(made, cards=cards)

    def _map(
        self,
        cells: Sequence[str],
        person: Person,
        number: int,
        problems: list[Problem],
    ) -> None:
        user_ids = _parts(self._cell(cells, "user_id"))
        if not user_ids:
            return
        serials = sorted(set(self._terminals.values()))
        if text := self._cell(cells, "terminal"):
            serial = self._terminals.get(fold_name(text))
            if serial is None:
                problems.append(Problem("terminal_unknown", text))
                return
            serials = [serial]
        for key in product(serials, user_ids):
            if key in self._claimed:
                problems.append(Problem("mapping_twice", str(self._claimed[key])))
            elif self._mapped.get(key, person.id) != person.id:
                problems.append(Problem("mapping_taken", key[1]))
            elif key not in self._mapped:
                self._mappings.append(Mapping(*key, person.id))
            self._claimed.setdefault(key, number)


def _parts(text: str) -> tuple[str, ...]:
    """Return what a cell lists."""
    parts = (one.strip() for one in re.split(r"[;|,]", text))
    return tuple(dict.fromkeys(filter(None, parts)))


def _date(text: str, problems: list[Problem]) -> Date | None:
    if not text:
        return None
    for style in _DATES:
        try:
            return datetime.strptime(text, style).date()
        except ValueError:
            continue
    problems.append(Problem("date", text))
    return None
