"""The rows of a table of people: each read by itself, as who it is about."""

from collections.abc import Container, Iterable, Mapping as Map, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date, datetime
import re
from typing import Literal

from .errors import SheetUnreadable
from .people import KINDS, Kind, Person, fold_id, fold_name

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
    "name_again",
    "name_missing",
    "name_twice",
    "terminal_twice",
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
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d")
_MOST_CARD = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `value` is never a card's number."""

    reason: RowReason
    value: str = ""


@dataclass(slots=True)
class Line:
    """A row by itself; what it may not share with others is looked at in the end."""

    number: int
    name: str
    before: Person | None
    # As far as the row is understood, for what others may not share with it; None if it
    # is not known which cell says what.
    person: Person | None
    problems: list[Problem]
    # The number that it says: without any, it is about whoever has the name.
    external_id: str = ""
    # Where it says who its person is, and under which user ids.
    serials: Sequence[str] = ()
    user_ids: Sequence[str] = ()


def columns_of(head: Sequence[str]) -> tuple[dict[Column, int], tuple[str, ...]]:
    """Return where which column is, and the heads that are not understood."""
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


class Reader:
    """Reads rows, knowing who and what there is."""

    def __init__(
        self,
        columns: Map[Column, int],
        width: int,
        known: Iterable[Person],
        new_id: Iterable[str],
        terminals: Map[str, str],
        ha_persons: Container[str],
    ) -> None:
        """Know the columns, the people, and what terminals are called, by serial."""
        self._columns = columns
        self._width = width
        self._by_id: dict[str, Person] = {}
        self._by_name: dict[str, list[Person]] = {}
        for one in known:
            if one.external_id:
                self._by_id[fold_id(one.external_id)] = one
            self._by_name.setdefault(fold_name(one.name), []).append(one)
        self._new_id = iter(new_id)
        self._ha_persons = ha_persons
        self._serials = sorted(terminals)
        self._called: dict[str, list[str]] = {}
        for serial, title in terminals.items():
            self._called.setdefault(fold_name(title), []).append(serial)
        # A serial number is one terminal's, whatever others are called.
        self._called |= {fold_name(serial): [serial] for serial in terminals}

    def read(self, number: int, cells: Sequence[str]) -> Line:
        """Take one row."""
        problems: list[Problem] = []
        if any(cells[self._width :]):
            problems.append(Problem("columns"))
        name = " ".join(self._cell(cells, "name").split())
        if not name:
            problems.append(Problem("name_missing"))
        external_id = self._cell(cells, "external_id")
        before = self._who(external_id, name, problems)
        person = self._person(cells, name, before, problems)
        line = Line(number, name, before, person, problems, external_id)
        if any(cells[self._width :]):
            # Whatever else looks wrong may be that alone.
            line.person = None
            return line
        line.user_ids = _parts(self._cell(cells, "user_id"))
        if line.user_ids:
            line.serials = self._at(self._cell(cells, "terminal"), problems)
        return line

    def _cell(self, cells: Sequence[str], column: Column) -> str:
        place = self._columns.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    def _who(
        self, external_id: str, name: str, problems: list[Problem]
    ) -> Person | None:
        """Return who is meant: by the number, else by the name, as far as that tells."""
        found = self._by_name.get(fold_name(name), []) if name else []
        if external_id:
            if one := self._by_id.get(fold_id(external_id)):
                return one
            # Who has another number is somebody else.
            found = [one for one in found if not one.external_id]
        elif len(found) > 1:
            problems.append(Problem("name_twice", name))
        return found[0] if len(found) == 1 else None

    def _person(
        self,
        cells: Sequence[str],
        name: str,
        before: Person | None,
        problems: list[Problem],
    ) -> Person:
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
            # One that is gone stays where it is, or no file with it could be taken.
            if ha_person not in ("", made.ha_person) and (
                ha_person not in self._ha_persons
            ):
                problems.append(Problem("ha_person", ha_person))
                ha_person = ""
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
        if "card" in has:
            made = self._with_cards(made, self._cell(cells, "card"), problems)
        return made if made.id else replace(made, id=next(self._new_id))

    def _with_cards(self, made: Person, text: str, problems: list[Problem]) -> Person:
        told = [one for one in _parts(text) if one != "0"]
        cards = [int(one) for one in told if one.isdecimal() and int(one) <= _MOST_CARD]
        if len(cards) < len(told):
            problems.append(Problem("card_number"))
        return replace(made, cards=frozenset(cards))

    def _at(self, text: str, problems: list[Problem]) -> Sequence[str]:
        """Return the terminals that a cell means: without any, all."""
        if not text:
            return self._serials
        found = self._called.get(fold_name(text), [])
        if not found:
            problems.append(Problem("terminal_unknown", text))
        elif len(found) > 1:
            problems.append(Problem("terminal_twice", text))
        return found[:1]


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
