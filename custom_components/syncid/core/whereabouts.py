"""Where somebody was at a moment: what a roll call is made of."""

from collections.abc import Iterable, Sequence
from datetime import date as Date, timedelta
from operator import attrgetter
from typing import NamedTuple

from .attendance.board import may_be_there
from .attendance.corrections import Correction, Corrections
from .attendance.day import Courts, Subject
from .attendance.marks import Moment, Presence
from .attendance.readings import SENSES, Reading
from .people import Person

_ONE_DAY = timedelta(days=1)
_BY_UTC = attrgetter("utc")


class Whereabouts(NamedTuple):
    """Where somebody was at a moment, who was in the building then."""

    presence: Presence
    first_in: Moment | None
    # The last punch by then, and those since.
    last: Reading | None
    since: Sequence[Reading]
    # They were in when their day closed: nobody saw them go.
    not_checked_out: bool


def days_around(today: Date) -> tuple[Date, Date]:
    """Return the first and the last date that a moment of a date may belong to."""
    return today - _ONE_DAY, today + _ONE_DAY


def find(
    courts: Courts, today: Date, subject: Subject, moment: int
) -> Whereabouts | None:
    """Return where a person was, from all punches of the days around; None if not in."""
    roster, corrections, made = subject
    # Not how a day was marked: who is said to be absent may be in a fire all the same.
    said = [
        one
        for one in corrections
        if one.kind != "mark"
        if one.utc_second is None or one.utc_second <= moment
    ]
    if not (made or said):
        return None
    before = made = sorted(made, key=_BY_UTC)
    since: Sequence[Reading] = ()
    if made and made[-1].utc > moment:
        before = [one for one in made if one.utc <= moment]
        since = made[len(before) :]
    standing = courts.last_standing(Subject(roster, said, before), *days_around(today))
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
    return Whereabouts(presence, standing.first_in, seen, since, unseen is not None)


def _added(person: Person, said: Iterable[Correction]) -> list[Reading]:
    """Return the punches that humans added, as if a terminal had told them."""
    return [
        Reading(
            one.utc_second, one.local_second, sense, sense, one.serial, one.local_second
        )
        for one in Corrections(person.id, said).added
        if one.local_second is not None and one.utc_second is not None
        for sense in (SENSES[one.direction],)
    ]
