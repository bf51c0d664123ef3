"""Where somebody was at a moment: what a roll call is made of."""

from collections.abc import Iterable
from datetime import date as Date, timedelta
from operator import attrgetter
from typing import NamedTuple

from .attendance.board import may_be_there
from .attendance.corrections import Correction, Corrections
from .attendance.day import Courts, Subject
from .attendance.marks import Moment, Presence
from .attendance.readings import readings
from .attendance.schedule import Roster
from .case import Case
from .people import Person
from .records import Punch, StoredPunch

_ONE_DAY = timedelta(days=1)
_BY_UTC = attrgetter("utc_second")


class Whereabouts(NamedTuple):
    """Where somebody was at a moment, who was in the building then."""

    presence: Presence
    first_in: Moment | None
    # The last punch by then, and those since.
    last: StoredPunch | None
    since: list[StoredPunch]
    # They were in when their day closed: nobody saw them go.
    not_checked_out: bool


def days_around(today: Date) -> tuple[Date, Date]:
    """Return the first and the last date that a moment of a date may belong to."""
    return today - _ONE_DAY, today + _ONE_DAY


def find(
    courts: Courts,
    case: Case,
    roster: Roster,
    punches: Iterable[StoredPunch],
    corrections: Iterable[Correction],
    moment: int,
) -> Whereabouts | None:
    """Return where a person was, from all punches of the days around; None if not in."""
    made = sorted(punches, key=_BY_UTC)
    # Not how a day was marked: who is said to be absent may be in a fire all the same.
    said = [
        one
        for one in corrections
        if one.kind != "mark"
        if one.utc_second is None or one.utc_second <= moment
    ]
    if not (made or said):
        return None
    before = made
    if made and made[-1].utc_second > moment:
        before = [one for one in made if one.utc_second <= moment]
    first, last = days_around(case.today)
    seen_by = readings(before, case.stations, case.rules.zone)
    standing = courts.last_standing(Subject(roster, said, seen_by), first, last)
    if standing is None:
        return None
    unseen = standing.unseen_since
    # That a day is over sends nobody home.
    presence: Presence = "in" if may_be_there(unseen, moment) else standing.presence
    if presence == "left":
        return None
    seen = before[-1] if before else None
    if said:
        seen = max((*before, *_added(roster.person, said)), key=_BY_UTC, default=None)
    since = made[len(before) :]
    return Whereabouts(presence, standing.first_in, seen, since, unseen is not None)


def _added(person: Person, said: Iterable[Correction]) -> list[StoredPunch]:
    """Return the punches that humans added, as if a terminal had told them."""
    return [
        StoredPunch(
            one.serial,
            Punch("", one.local_second, one.direction, "unknown"),
            one.utc_second,
            "manual",
            None,
        )
        for one in Corrections(person.id, said).added
        if one.local_second is not None and one.utc_second is not None
    ]
