"""What days are computed by, and whose days those are, before anything is read."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping as Map, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date as Date, timedelta
from functools import cache, cached_property
from hashlib import sha256
from itertools import pairwise
import json

from .attendance.closeout import is_over, serving, waits_for
from .attendance.policy import DAY
from .attendance.readings import Station, wall_of, zone_info
from .attendance.schedule import Roster, Rules, date_of, day_number
from .people import Directory, Person
from .records import Punch, StoredPunch
from .zones import ZoneOffsets

_ONE_DAY = timedelta(days=1)
# Another number since what is said of a day changed by the code: all are computed anew.
_JUDGED = 4
# Marks that are written at once: punches wait meanwhile.
AT_ONCE = 2000

# Days between two that are known: of more nobody was expected, or a clock was wrong.
MOST_BETWEEN = timedelta(days=100)
# What a day waits for that no terminal tells of: it is looked at once when it is over,
# and once when nobody can be there any more.
NOBODY = (("",), ("", ""))
_WHILE = timedelta(days=3)

# Whose days are to be computed anew.
type Due = Map[str, Collection[Date]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that marks depend on, but for what the ledger holds."""

    rules: Rules
    directory: Directory
    # The terminals that are there, and those that were, by serial number.
    stations: Map[str, Station] = field(default_factory=dict)
    now: int
    # The date on the site's wall.
    today: Date

    @cached_property
    def _stations(self) -> dict[tuple[str, ...], Sequence[Station]]:
        return {}

    @cached_property
    def _known(self) -> dict[tuple[str, ...], Sequence[str]]:
        return {}

    def stations_of(self, person_id: str) -> Sequence[Station]:
        """Return the terminals that could hold a punch of a person."""
        # Mostly all people are known by the same ones.
        serials = (*self.directory.serials_of(person_id),)
        if (found := self._stations.get(serials)) is None:
            found = self._stations[serials] = [
                self.stations[serial] for serial in serials if serial in self.stations
            ]
        return found

    def as_stored(self, serial: str, punch: Punch) -> list[StoredPunch]:
        """Return a punch as the ledger may have it: two, if its second came twice.

        By the zone of the rules those may be of two days.
        """
        station = self.stations.get(serial)
        zone = station.zone if station else self.rules.zone or "UTC"
        return [
            StoredPunch(serial, punch, utc, "poll", None)
            for utc in _offsets(zone).moments(punch.local_second)
        ]

    def roster_of(self, person: Person) -> Roster:
        """Return the rules, as they are for a person."""
        serials = (*self.directory.serials_of(person.id),)
        if (known := self._known.get(serials)) is None:
            known = [serial for serial in serials if serial in self.stations]
            self._known[serials] = known
        return Roster(self.rules, person, known)


@cache
def _offsets(zone: str) -> ZoneOffsets:
    return ZoneOffsets(zone_info(zone))


def about(case: Case, person_id: str) -> object:
    """Return what a person's marks depend on, but for what is of single days."""
    person, stations = (
        case.directory.people.get(person_id),
        case.stations_of(person_id),
    )
    if person is None:
        return None
    serials = [one.serial for one in stations]
    return (
        case.rules.base(person, serials),
        case.rules.shifts_by_rota(person),
        case.rules.zone,
        replace(person, name="", external_id="", ha_person="", cards=frozenset()),
        case.directory.users_of(person_id),
        [replace(one, delivered_until=None) for one in stations],
    )


def digest(case: Case) -> str:
    """Return what tells rules and terminals from others, also after an update.

    People, rota and leave are not in it: who changes them notes whose days they touch.
    """
    rules = case.rules
    told = (
        _JUDGED,
        rules.zone,
        [rules.default, *rules.shifts],
        (rules.of_person, rules.of_group, rules.of_terminal),
        rules.holidays,
        [replace(one, delivered_until=None) for one in case.stations.values()],
    )
    return sha256(json.dumps(_plain(told)).encode()).hexdigest()


def _plain(value: object) -> object:
    """Return a value as lists in an order that is always the same."""
    match value:
        case Map():
            return sorted([repr(key), _plain(one)] for key, one in value.items())
        case set() | frozenset():
            return sorted(map(repr, value))
        case tuple():
            return [*map(_plain, value)]
        case list():
            return sorted(map(_plain, value), key=repr)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return [_plain(getattr(value, one.name)) for one in fields(value)]
    return repr(value)


def waits_of(
    case: Case, roster: Roster, stations: Sequence[Station], date: Date
) -> tuple[str, ...] | None:
    """Return the terminals that a day waits for at the least; None if it is not over."""
    number = day_number(date)
    plan = roster.plan(number)
    closes = plan.midnight + max(roster.span(number).ends)
    ends = min(closes, plan.ends)
    zone = case.rules.zone
    stations = serving(ends, stations, zone)
    if not is_over(ends, stations, zone, case.now):
        return None
    if not stations and not (plan.off or plan.away):
        # Nothing more will tell of it, but for what a human says.
        if case.today - date > _WHILE:
            return None
        return NOBODY[is_over(closes, stations, zone, case.now)]
    return waits_for(ends, stations, zone)


def missing_days(
    case: Case, first: Date, kept: Map[str, Collection[str]]
) -> dict[str, set[Date]]:
    """Return the days until today that nothing is said of, of those since a date.

    Since each one's first that is known; `kept` are those, as ISO writes them.
    """
    days = {
        day.isoformat(): day
        for number in range((case.today - first).days + 1)
        for day in (first + number * _ONE_DAY,)
    }
    due: dict[str, set[Date]] = {}
    for person in case.directory.people.values():
        have = kept.get(person.id, ())
        since = min(have, default=max(days))
        dates = {
            day
            for text, day in days.items()
            if text >= since and text not in have and person.is_valid_on(day)
        }
        if dates:
            due[person.id] = dates
    return due


def sliced(due: Due, most: int = AT_ONCE) -> Iterator[Due]:
    """Cut what is to be computed, so that others have their turn in between.

    The newest first, each of one month, and people together, who share what is read: to
    find the punches of some, those of all on these days are looked at. So of a month
    with too much it is a third, of more people; less would be more to write, since what
    is kept of each lies together.
    """
    sizes = Counter((day.year, day.month) for dates in due.values() for day in dates)
    groups: defaultdict[tuple[int, ...], dict[str, set[Date]]] = defaultdict(dict)
    for person_id, dates in due.items():
        for day in dates:
            month = day.year, day.month
            third = min((day.day - 1) // 10, 2) if sizes[month] > most else 0
            groups[*month, third].setdefault(person_id, set()).add(day)
    for group in sorted(groups, reverse=True):
        part: dict[str, set[Date]] = {}
        count = 0
        for person_id, days in groups[group].items():
            part[person_id] = days
            count += len(days)
            if count >= most:
                yield part
                part, count = {}, 0
        if part:
            yield part


def filled(dates: Collection[Date]) -> set[Date]:
    """Return dates with those between them, but for what is long."""
    found = {*dates}
    known = sorted(dates)
    for before, after in pairwise(known):
        if _ONE_DAY < (length := after - before) <= MOST_BETWEEN:
            found.update(before + _ONE_DAY * number for number in range(length.days))
    return found


def edges(dates: Collection[Date]) -> set[Date]:
    """Return the dates that `filled` has nothing before, or nothing after."""
    known = sorted(dates)
    found = {*known[:1], *known[-1:]}
    for before, after in pairwise(known):
        if after - before > MOST_BETWEEN:
            found |= {before, after}
    return found


def stretches(dates: Collection[Date]) -> Iterator[tuple[Date, Date]]:
    """Yield dates that follow each other, by the first and the last.

    Cut at the ends of months, so that people of whom much is to be done share what is
    read, and a year does not have to fit into memory.
    """
    first: Date | None = None
    last = Date.min
    for day in sorted(dates):
        if first is not None and (day - last != _ONE_DAY or day.day == 1):
            yield first, last
            first = None
        if first is None:
            first = day
        last = day
    if first is not None:
        yield first, last


def local_today(now: int, zone: str) -> Date:
    """Return the date that a wall clock shows at a moment."""
    return date_of(wall_of(now, zone) // DAY)
