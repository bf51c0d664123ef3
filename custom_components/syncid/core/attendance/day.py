"""The mark of a person on a date, from the punches around it.

A day is computed alone: `mark_day` needs the punches that `reach_of` names, and
`days_of` says whose day a new punch is. So a new punch, a mapping or a changed rule
costs the days that it touches, and computing all anew gives the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date as Date
from typing import NamedTuple

from ..people import Person
from ..records import StoredPunch
from .corrections import NONE, Correction, Corrections
from .marks import Mark
from .policy import DAY, HOUR
from .readings import (
    PLACE,
    SIDES,
    Clocks,
    Reading,
    Station,
    has_keys,
    only_zone,
    readings,
)
from .schedule import Roster, Rules, date_of, day_number
from .verdict import NOTHING, Day, Outlook, Standing, judge, outlook_of, stand

# A punch is judged by the wall clock of another zone: no two are farther apart.
_FARTHEST = 26 * HOUR


def mark_day(
    rules: Rules,
    person: Person,
    date: Date,
    punches: Iterable[StoredPunch],
    *,
    stations: Sequence[Station],
    corrections: Collection[Correction] = (),
    now: int,
) -> Mark:
    """Return a person's mark on a date.

    `punches` are the person's, in any order, more than once if need be; those of
    other days do no harm. `stations` are the terminals that know the person, each
    with how far it was read.
    """
    (mark,) = mark_days(
        rules,
        person,
        date,
        date,
        punches,
        stations=stations,
        corrections=corrections,
        now=now,
    )
    return mark


def mark_days(
    rules: Rules,
    person: Person,
    first: Date,
    last: Date,
    punches: Iterable[StoredPunch],
    *,
    stations: Sequence[Station],
    corrections: Collection[Correction] = (),
    now: int,
) -> list[Mark]:
    """Return a person's marks from a date to another, as `mark_day` would."""
    known = {one.serial: one for one in stations}
    roster = Roster(rules, person, [*known])
    subject = Subject(roster, corrections, readings(punches, known, rules.zone))
    return [*Courts(known, now).marks(subject, first, last)]


class Subject(NamedTuple):
    """Somebody whose days are to be judged."""

    roster: Roster
    corrections: Collection[Correction]
    # The person's punches, as `mark_day` has them.
    readings: Sequence[Reading]


class Courts:
    """Judge the days of people: what is the same for many is found out once.

    `stations` are all of their rosters'.
    """

    def __init__(self, stations: Mapping[str, Station], now: int) -> None:
        """Know how far the terminals were read, at a moment."""
        self._stations = stations
        self._now = now
        self._courts: dict[tuple[str, ...], _Court] = {}

    def marks(self, subject: Subject, first: Date, last: Date) -> Iterator[Mark]:
        """Yield a person's marks from a date to another, as `mark_day` would."""
        begin, end = day_number(first), day_number(last)
        court, held, days = self._days(subject, begin, end)
        person_id = subject.roster.person.id
        for number in range(begin, end + 1):
            marked = held.marks.get(date_of(number)) if held.marks else None
            yield court.mark(person_id, number, days.get(number), marked)

    def last_standing(
        self, subject: Subject, first: Date, last: Date
    ) -> Standing | None:
        """Return how the last day left a person on which they were seen, of some days.

        None if they were seen on none. What is said of those days is not worked out.
        """
        court, _, days = self._days(subject, day_number(first), day_number(last))
        for number in sorted(days, reverse=True):
            standing = stand(court.outlook(number), days[number])
            if standing.seen is not None:
                return standing
        return None

    def _days(
        self, subject: Subject, begin: int, end: int
    ) -> tuple[_Court, Corrections, Mapping[int, Day]]:
        roster, corrections, found = subject
        if (court := self._courts.get(roster.alike)) is None:
            known = [self._stations[one] for one in roster.serials]
            zones = {one.serial: one.zone for one in known}
            # Of what was entered at no terminal; those of others may come and go.
            zones[""] = only_zone(zones, zones)
            clocks = Clocks(roster.rules.zone, zones)
            court = self._courts[roster.alike] = _Court(
                roster, known, clocks, self._now
            )
        held = Corrections(roster.person.id, corrections) if corrections else NONE
        return court, held, _by_day(roster, held, found, court.stations, begin, end)


class _Court:
    """Judges the days of those who are planned alike, and known to the same terminals."""

    def __init__(
        self, roster: Roster, stations: Sequence[Station], clocks: Clocks, now: int
    ) -> None:
        """Know one of them."""
        self.stations = stations
        self._roster = roster
        self._clocks = clocks
        self._now = now
        self._outlooks: dict[int, Outlook] = {}
        # Marks of days of which nothing is told.
        self._quiet: dict[int, Mark] = {}

    def outlook(self, number: int) -> Outlook:
        """Return what a day is judged by that is nobody's own."""
        if (found := self._outlooks.get(number)) is None:
            found = outlook_of(
                self._roster, number, self.stations, self._clocks, self._now
            )
            self._outlooks[number] = found
        return found

    def mark(
        self, person_id: str, number: int, day: Day | None, marked: Correction | None
    ) -> Mark:
        """Return the mark of a day."""
        if day is not None or marked is not None:
            return judge(self.outlook(number), person_id, day or NOTHING, marked)
        if (quiet := self._quiet.get(number)) is None:
            quiet = judge(self.outlook(number), person_id, NOTHING, None)
            self._quiet[number] = quiet
        return tuple.__new__(Mark, (person_id, *quiet[1:]))


def _by_day(
    roster: Roster,
    held: Corrections,
    found: Sequence[Reading],
    stations: Sequence[Station],
    begin: int,
    end: int,
) -> Mapping[int, Day]:
    """Return the punches of each day, in order, each once."""
    zone = roster.rules.zone
    days: dict[int, Day] = {}
    by: dict[Reading, Correction] = {}
    every: Iterable[Reading] = found
    if held.touches_punches:
        known = {one.serial: one for one in stations}
        applied = held.apply(found, known, zone)
        every = [reading for reading, _ in applied]
        by = {reading: one for reading, one in applied if one is not None}
    # Nothing is in its span.
    day = NOTHING
    begins = ends = (0, 0, 0)
    midnight = 0
    last: Reading | None = None
    for reading in sorted(every):
        if reading == last:
            continue
        last = reading
        _, wall, sense, _, _, _ = reading
        if sense == PLACE:
            continue
        side = SIDES[sense]
        # Mostly it is the same day's as the one before.
        if not begins[side] <= wall - midnight < ends[side]:
            number, is_held = roster.owner(wall, side)
            if not begin <= number <= end:
                continue
            if (known_day := days.get(number)) is None:
                known_day = days[number] = Day([], [], [], [])
            if not is_held:
                known_day.outside.append(reading)
                if reading in by:
                    known_day.corrections.append(by[reading])
                continue
            day, midnight = known_day, number * DAY
            begins, ends = roster.span(number)
        day.readings.append(reading)
        if by and reading in by:
            day.corrections.append(by[reading])
    if not held.touches_punches:
        return days
    for reading in held.reworded(found):
        if has_keys(reading):
            number, _ = roster.owner(reading.wall, SIDES[reading.sense])
            if number in days:
                days[number].keyed.append(reading.serial)
    for reading, one in held.voided(found, known, zone):
        if reading.sense == PLACE:
            continue
        number, _ = roster.owner(reading.wall, SIDES[reading.sense])
        if begin <= number <= end:
            days.setdefault(number, Day([], [], [], [])).corrections.append(one)
    return days


def days_of(
    rules: Rules,
    person: Person,
    punches: Iterable[StoredPunch],
    *,
    stations: Sequence[Station],
    corrections: Collection[Correction] = (),
) -> set[tuple[str, Date]]:
    """Return which days punches touch, as person and date: those to compute anew.

    Also for a punch that went, or that a correction names: give it with and without
    the correction.
    """
    roster = Roster(rules, person, [one.serial for one in stations])
    held = Corrections(person.id, corrections)
    known = {one.serial: one for one in stations}
    found: Iterable[Reading] = readings(punches, known, rules.zone)
    if held.touches_punches:
        found = [one for one, _ in held.apply(found, known, rules.zone)]
    return {
        (person.id, date_of(roster.owner(one.wall, SIDES[one.sense])[0]))
        for one in found
    }


def punches_on(
    rules: Rules,
    person: Person,
    date: Date,
    punches: Sequence[StoredPunch],
    *,
    stations: Sequence[Station],
    corrections: Iterable[Correction] = (),
) -> list[tuple[StoredPunch, int]]:
    """Return those of a person's punches that are a date's, each with its moment in UTC.

    Those too that were taken out, where they would be; what humans have added is none.
    """
    roster = Roster(rules, person, [one.serial for one in stations])
    # What is left of them turns a punch, or moves it: each stays, and in its place.
    held = Corrections(
        person.id,
        [one for one in corrections if one.kind not in ("add_punch", "void_punch")],
    )
    known = {one.serial: one for one in stations}
    found = held.apply(readings(punches, known, rules.zone), known, rules.zone)
    return [
        (punch, one.utc)
        for punch, (one, _) in zip(punches, found, strict=True)
        if date_of(roster.owner(one.wall, SIDES[one.sense])[0]) == date
    ]


def reach_of(
    rules: Rules,
    person: Person,
    first: Date,
    last: Date | None = None,
    *,
    stations: Sequence[Station],
) -> tuple[int, int]:
    """Return between which local seconds of the terminals the punches of a date lie.

    Or of all dates from one to another. From the first until just before the second.
    What lies there and belongs to another date is left out by `mark_day`. Those of a
    wrong clock lie where `moved_into` says.
    """
    roster = Roster(rules, person, [one.serial for one in stations])
    known = {one.serial: one for one in stations}
    return reach_of_all(roster, first, last or first, known)


def reach_of_all(
    roster: Roster, first: Date, last: Date, stations: Mapping[str, Station]
) -> tuple[int, int]:
    """Return the same of all who are planned alike, and known to the same terminals."""
    zone = roster.rules.zone
    begin, end = day_number(first), day_number(last)
    slack = 0
    if zone is not None and any(stations[one].zone != zone for one in roster.serials):
        slack += _FARTHEST
    return (
        begin * DAY + min(0, *roster.span(begin).begins) - slack,
        end * DAY + max(DAY, *roster.span(end).ends) + slack,
    )


def moved_into(
    begin: int, end: int, corrections: Collection[Correction]
) -> list[tuple[str, int, int]]:
    """Return where else punches of a reach may be: those of clocks that were wrong.

    Serial number and local seconds, from the first until just before the second. A
    clock may have been years off.
    """
    found = []
    for one in Corrections("", corrections).clocks:
        assert one.local_second is not None
        assert one.until is not None
        first = max(one.local_second, begin - one.seconds - HOUR)
        last = min(one.until + 1, end - one.seconds + HOUR)
        if first < last:
            found.append((one.serial, first, last))
    return found
