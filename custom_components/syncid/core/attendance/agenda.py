"""What a calendar of all people shows: shifts, holidays, and who is not there.

Days that are marked are told by their marks; days to come, by the rules alone.

Stored: nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date as Date
from typing import Literal, NamedTuple

from ..people import Directory
from .marks import Brief
from .readings import only_zone
from .schedule import Roster, Rules, date_of, day_number, whose

type Kind = Literal["holiday", "absent", "on_leave", "excused", "shift"]
PLANNED: tuple[Kind, ...] = ("holiday", "shift")
AWAY: tuple[Kind, ...] = ("absent", "on_leave", "excused")
_OF_ENTRY: Mapping[str, Kind] = {"leave": "on_leave", "excuse": "excused"}


class Occasion(NamedTuple):
    """Something on a date; of a shift, the seconds of the wall clock."""

    kind: Kind
    date: Date
    # Ids, in no order.
    people: tuple[str, ...] = ()
    # The holiday's, or the shift's.
    name: str = ""
    shift_id: str = ""
    begins: int | None = None
    ends: int | None = None
    # By whose clock these are; "" where that is no other than the site's.
    zone: str = ""


def agenda(
    rules: Rules,
    directory: Directory,
    first: Date,
    last: Date,
    told: Iterable[Brief] = (),
    zones: Mapping[str, str] = {},
) -> list[Occasion]:
    """Return what there is from a date to another, in the order of the dates.

    `told` is what marks say of these days, `zones` those of terminals.
    """
    marked: defaultdict[Date, dict[str, str]] = defaultdict(dict)
    for brief in told:
        if brief.person_id in directory.people:
            marked[brief.date][brief.person_id] = brief.status
    teams = _teams(rules, directory, zones)
    found: list[Occasion] = []
    for number in range(day_number(first), day_number(last) + 1):
        day = date_of(number)
        if (name := rules.holidays.get(day)) is not None:
            found.append(Occasion("holiday", day, name=name))
        found += _of_day(teams, number, day, marked.get(day, {}))
    return found


type Team = tuple[Roster, str, tuple[str, ...]]


def _teams(rules: Rules, directory: Directory, zones: Mapping[str, str]) -> list[Team]:
    """Return who is planned alike: of 2,000 pupils there are but a few sorts."""
    teams: dict[tuple[object, ...], tuple[Roster, str, list[str]]] = {}
    for person in directory.people.values():
        serials = directory.serials_of(person.id)
        zone = "" if rules.zone else only_zone(serials, zones)
        # All that a plan depends on.
        alike = (
            zone,
            rules.base(person, serials).id,
            person.valid_from,
            person.valid_until,
            *(one for one in whose(person) if one in rules.planned_for),
        )
        if alike not in teams:
            teams[alike] = Roster(rules, person, serials), zone, []
        teams[alike][2].append(person.id)
    return [(roster, zone, tuple(ids)) for roster, zone, ids in teams.values()]


def _of_day(
    teams: Sequence[Team],
    number: int,
    day: Date,
    marked: Mapping[str, str],
) -> Iterable[Occasion]:
    away: dict[str, list[str]] = {kind: [] for kind in AWAY}
    for person_id, status in marked.items():
        if status in away:
            away[status].append(person_id)
    working: dict[tuple[str, str, int, int, str], list[tuple[str, ...]]] = {}
    for roster, zone, ids in teams:
        plan = roster.plan(number)
        if plan.off:
            continue
        if plan.away is not None:
            away[_OF_ENTRY[plan.away.kind]] += [one for one in ids if one not in marked]
        elif plan.start is not None and plan.end is not None:
            key = (plan.shift.name, plan.shift.id, plan.start, plan.end, zone)
            working.setdefault(key, []).append(ids)
    for kind in AWAY:
        if people := away[kind]:
            yield Occasion(kind, day, tuple(people))
    for (name, shift_id, begins, ends, zone), there in sorted(working.items()):
        everybody = _joined(there)
        yield Occasion("shift", day, everybody, name, shift_id, begins, ends, zone)


def _joined(teams: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    # Mostly one, which then is not copied for every day of a year.
    if len(teams) == 1:
        (only,) = teams
        return only
    return tuple(one for ids in teams for one in ids)
