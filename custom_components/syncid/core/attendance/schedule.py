"""Who works when: shifts by person, group and terminal, rota, holidays, leave, excuse.

Stored: shifts, assignments and holidays with the site's configuration; rota and entries
as rows that an admin adds and removes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property
from typing import Literal, NamedTuple

from ..errors import RuleRefused
from ..people import Person
from .policy import DAY, Border, Shift, Turn, Window, border, joined, overlap, reach
from .readings import zone_info

# The number of a day is that of its midnight's local second: 1970-01-01 is 0.
_FIRST = Date(1970, 1, 1).toordinal()
_THURSDAY = 3

type EntryKind = Literal["leave", "excuse"]
type Off = Literal["", "day_off", "rota_off", "holiday", "inactive"]


def day_number(day: Date) -> int:
    """Return the number of a date."""
    return day.toordinal() - _FIRST


def date_of(number: int) -> Date:
    """Return the date of a number."""
    return Date.fromordinal(number + _FIRST)


def whose(person: Person) -> tuple[str, ...]:
    """Return what plans for a person are for: the person, or a group, without case."""
    return tuple(one.casefold() for one in (person.id, *person.groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Leave, or an excuse: of a person or of a group, on some days or a part of one."""

    # The id of a person or of a group.
    who: str
    kind: EntryKind
    first: Date
    last: Date
    note: str = ""
    # The part of each day that it is for, as a shift's times; None for all of it.
    part: Window | None = None

    def __post_init__(self) -> None:
        """Refuse what ends before it begins."""
        if self.last < self.first:
            raise RuleRefused("entry_order", self.first)
        if self.part and not 0 <= self.part[0] < self.part[1] <= 2 * DAY:
            raise RuleRefused("entry_part", self.part)


class Plan(NamedTuple):
    """What is expected of a person on a date; times are seconds of the wall clock."""

    shift: Shift
    midnight: int
    off: Off = ""
    # The holiday's name.
    note: str = ""
    # The shift's times, as leave and excuses for a part of the day leave them.
    start: int | None = None
    end: int | None = None
    owed: int | None = None
    # When it is over, so that it can be said who was absent.
    ends: int = 0
    # The entry that is for the whole day, or for all of the shift.
    away: Entry | None = None
    # Those for a part of the day, each with when that is, counted from midnight.
    parts: tuple[tuple[Window, Entry], ...] = ()

    @property
    def gaps(self) -> list[Window]:
        """Return the parts in the middle of the day: who is away then comes back."""
        if not self.parts or self.off or self.away is not None:
            return []
        return joined(
            (self.midnight + begin, self.midnight + until)
            for (begin, until), _ in self.parts
            if (self.start is None or self.start < self.midnight + begin)
            and (self.end is None or self.midnight + until < self.end)
        )


class Span(NamedTuple):
    """Which seconds of a date's wall clock hold its punches.

    From each first until just before the second, for punches that may be either, that
    are a check-in, and that are a check-out.
    """

    begins: Border
    ends: Border


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that marks depend on, but for punches, corrections and the time."""

    # The shift of whoever has no other: the push guide's settings.
    default: Shift = field(default_factory=Shift)
    # The zone in which shifts are meant; None for the wall clock of the terminal that
    # was punched at.
    zone: str | None = None
    shifts: tuple[Shift, ...] = ()
    # Ids of shifts.
    of_person: Mapping[str, str] = field(default_factory=dict)
    of_group: Mapping[str, str] = field(default_factory=dict)
    of_terminal: Mapping[str, str] = field(default_factory=dict)
    # By person or group, and date; None for a day off.
    rota: Mapping[tuple[str, Date], str | None] = field(default_factory=dict)
    holidays: Mapping[Date, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that nothing has."""
        if self.zone is not None:
            zone_info(self.zone)
        if len(self._by_id) != len(self.shifts) + 1:
            raise RuleRefused("shift_twice", self.default.id)
        named = {
            *self.of_person.values(),
            *self.of_group.values(),
            *self.of_terminal.values(),
            *(shift for shift in self.rota.values() if shift is not None),
        }
        if unknown := named - set(self._by_id):
            raise RuleRefused("shift_unknown", min(unknown))

    @cached_property
    def _by_id(self) -> dict[str, Shift]:
        return {shift.id: shift for shift in (self.default, *self.shifts)}

    @cached_property
    def _of_group(self) -> dict[str, str]:
        # As everywhere: "7b" is "7B".
        return {group.casefold(): shift for group, shift in self.of_group.items()}

    @cached_property
    def _entries_of(self) -> dict[str, list[Entry]]:
        found = defaultdict(list)
        for entry in self.entries:
            found[entry.who.casefold()].append(entry)
        return dict(found)

    @cached_property
    def _spans(self) -> dict[tuple[str | bool, ...], Span]:
        return {}

    @cached_property
    def _shared(self) -> dict[str, tuple[dict[int, Plan], dict[int, Span]]]:
        return {}

    @cached_property
    def _rota_of(self) -> dict[str, dict[Date, str | None]]:
        found: defaultdict[str, dict[Date, str | None]] = defaultdict(dict)
        for (who, day), shift_id in self.rota.items():
            found[who.casefold()][day] = shift_id
        return dict(found)

    @cached_property
    def _shifts_of(self) -> dict[str, set[str | None]]:
        return {who: {*days.values()} for who, days in self._rota_of.items()}

    @cached_property
    def planned_for(self) -> frozenset[str]:
        """Return what the rota and entries are for, as `whose` has it."""
        return frozenset(self._rota_of.keys() | self._entries_of.keys())

    def shifts_by_rota(self, person: Person) -> list[Shift]:
        """Return the shifts that a rota has for a person on any day."""
        ids = {
            shift_id
            for who in whose(person)
            for shift_id in self._shifts_of.get(who, ())
            if shift_id is not None
        }
        return [self._by_id[shift_id] for shift_id in sorted(ids)]

    def is_plain(self, person: Person) -> bool:
        """Tell whether a person's days are planned by nothing but the shift."""
        if person.valid_from is not None or person.valid_until is not None:
            return False
        if not (self.rota or self.entries):
            return True
        return self.planned_for.isdisjoint(whose(person))

    def shared(self, shift: Shift) -> tuple[dict[int, Plan], dict[int, Span]]:
        """Return the plans and spans by day of all who have but a shift."""
        return self._shared.setdefault(shift.id, ({}, {}))

    def base(self, person: Person, serials: Iterable[str]) -> Shift:
        """Return the shift of who has no rota: their own, their group's, a terminal's.

        Of several groups the first in the person's order, of terminals the first by
        serial number: which one may not depend on where somebody punched.
        """
        if (found := self.of_person.get(person.id)) is not None:
            return self._by_id[found]
        for group in person.groups if self.of_group else ():
            if (found := self._of_group.get(group.casefold())) is not None:
                return self._by_id[found]
        for serial in sorted(serials) if self.of_terminal else ():
            if (found := self.of_terminal.get(serial)) is not None:
                return self._by_id[found]
        return self.default

    def rota_of(self, person: Person, day: Date) -> tuple[bool, Shift | None]:
        """Return whether a rota says something of a day, and which shift; None is off."""
        if self.rota:
            for who in whose(person):
                days = self._rota_of.get(who, {})
                if day in days:
                    found = days[day]
                    return True, None if found is None else self._by_id[found]
        return False, None

    def entries_of(self, person: Person, day: Date) -> tuple[Entry, ...]:
        """Return leave and excuses that are for a person on a day."""
        if not self.entries:
            return ()
        return tuple(
            entry
            for who in whose(person)
            for entry in self._entries_of.get(who, ())
            if entry.first <= day <= entry.last
        )

    def span(self, before: Turn, turn: Turn, after: Turn) -> Span:
        """Return where a date's punches lie, between its neighbours'."""
        key = tuple(
            part for shift, works in (before, turn, after) for part in (shift.id, works)
        )
        if (found := self._spans.get(key)) is None:
            opens, closes = reach(turn)
            end = border(turn, after)
            found = self._spans[key] = Span(
                border(before, turn) or (opens, opens, opens),
                (closes, closes, closes)
                if end is None
                else (end[0] + DAY, end[1] + DAY, end[2] + DAY),
            )
        return found


def _in_shift(part: Window, shift: Shift) -> Window:
    """Return a part of a day where it is: of a night, perhaps on the day after."""
    begin, until = part
    if shift.start is None or shift.end is None or shift.end <= DAY:
        return part
    return part if shift.start < until else (begin + DAY, until + DAY)


def _planned(
    shift: Shift, midnight: int, off: Off, note: str, entries: tuple[Entry, ...]
) -> Plan:
    start, end, owed = shift.start, shift.end, shift.owed
    away = next((entry for entry in entries if entry.part is None), None)
    parts = sorted(
        (_in_shift(entry.part, shift), number)
        for number, entry in enumerate(entries)
        if entry.part
    )
    # Who is away until a break begins comes when it is over.
    pauses = sorted((one.start, one.end) for one in shift.breaks)
    for (begin, until), number in parts:
        if start is not None and begin <= start < until:
            start = until
            for since, over in pauses:
                start = over if since <= start < over else start
            if end is not None and start >= end:
                away = away or entries[number]
    for (begin, until), _ in reversed(parts):
        if end is not None and begin < end <= until:
            end = begin
            for since, over in reversed(pauses):
                end = since if since < end <= over else end
    if owed is not None and parts:
        owed = _still_owed(shift, owed, joined(part for part, _ in parts))
    if away is not None:
        start = end = None
    if off or away is not None:
        owed = 0
    return Plan(
        shift,
        midnight,
        off,
        note,
        None if start is None else midnight + start,
        None if end is None else midnight + end,
        owed,
        midnight + shift.ends,
        away,
        tuple((part, entries[number]) for part, number in parts),
    )


def _still_owed(shift: Shift, owed: int, parts: list[Window]) -> int:
    """Return what is owed of a day of which somebody is away for some parts."""
    whole = shift.start or 0, 2 * DAY if shift.end is None else shift.end
    away = sum(overlap(part, whole) for part in parts)
    unpaid = pauses = 0
    for one in shift.breaks:
        if not one.paid:
            pauses += one.end - one.start
            unpaid += sum(overlap(part, (one.start, one.end)) for part in parts)
    if shift.required is not None:
        return max(0, owed - away + unpaid)
    # What is taken off by itself, only of a time that is still long enough.
    return shift.net(whole[1] - whole[0] - away, pauses - unpaid)


class Roster:
    """The rules, as they are for one person."""

    def __init__(self, rules: Rules, person: Person, serials: Sequence[str]) -> None:
        """Find the person's shift."""
        self.rules = rules
        self.person = person
        self.serials = serials
        self._base = rules.base(person, serials)
        # Whose days are planned by nothing but the shift share them.
        is_plain = rules.is_plain(person)
        self._plans, self._found = rules.shared(self._base) if is_plain else ({}, {})
        # What those have in common who are planned alike, and known to the same terminals.
        self.alike = ("" if is_plain else person.id, self._base.id, *serials)

    def plan(self, number: int) -> Plan:
        """Return what is expected on a day."""
        if (found := self._plans.get(number)) is None:
            found = self._plans[number] = self._plan(number)
        return found

    def _plan(self, number: int) -> Plan:
        rules, day = self.rules, date_of(number)
        told, shift = rules.rota_of(self.person, day)
        planned = shift or self._base
        off: Off = ""
        note = ""
        if not self.person.is_valid_on(day):
            off = "inactive"
        elif shift is None and (name := rules.holidays.get(day)) is not None:
            off, note = "holiday", name
        elif told:
            off = "" if shift else "rota_off"
        elif (number + _THURSDAY) % 7 not in planned.days:
            off = "day_off"
        return _planned(
            planned, number * DAY, off, note, rules.entries_of(self.person, day)
        )

    def _turn(self, number: int) -> Turn:
        plan = self.plan(number)
        return plan.shift, not plan.off

    def span(self, number: int) -> Span:
        """Return which seconds, counted from a day's midnight, hold its punches."""
        if (found := self._found.get(number)) is None:
            found = self._found[number] = self.rules.span(
                self._turn(number - 1), self._turn(number), self._turn(number + 1)
            )
        return found

    def owner(self, wall: int, side: int) -> tuple[int, bool]:
        """Return the day that a punch belongs to, and whether its span holds it.

        What no shift's window holds stays with the date on the clock, to be shown.
        """
        number = wall // DAY
        # Of neighbours only one holds it, and nearly always it is this date.
        for candidate in (number, number - 1, number + 1):
            span = self.span(candidate)
            if span.begins[side] <= wall - candidate * DAY < span.ends[side]:
                return candidate, True
        return number, False
