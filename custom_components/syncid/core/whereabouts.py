"""Where somebody was at a moment: what a roll call is made of."""

from collections.abc import Iterable
from datetime import date as Date, timedelta
from typing import NamedTuple

from .attendance.board import Board
from .attendance.corrections import Correction
from .attendance.day import mark_days
from .attendance.marks import Mark
from .case import Case
from .people import Person
from .records import StoredPunch

_ONE_DAY = timedelta(days=1)
# Seconds for which who was not seen to leave may still be there.
_MAY_BE_THERE = 86_400


class Whereabouts(NamedTuple):
    """Where somebody was at a moment, who was in the building then."""

    mark: Mark
    # The last punch by then, and those since.
    last: StoredPunch | None
    since: list[StoredPunch]
    # They were in when they were seen last, and only the end of the day says that they
    # left: nobody saw them go.
    not_checked_out: bool


def days_around(today: Date) -> tuple[Date, Date]:
    """Return the first and the last date that a moment of a date may belong to."""
    return today - _ONE_DAY, today + _ONE_DAY


def find(
    case: Case,
    person: Person,
    punches: Iterable[StoredPunch],
    corrections: Iterable[Correction],
    moment: int,
) -> Whereabouts | None:
    """Return where a person was, from all punches of the days around; None if not in."""
    made = sorted(punches, key=lambda one: one.utc_second)
    before = [one for one in made if one.utc_second <= moment]
    since = made[len(before) :]
    # Not how a day was marked: who is said to be absent may be in a fire all the same.
    said = [
        one
        for one in corrections
        if one.kind != "mark"
        if one.utc_second is None or one.utc_second <= moment
    ]
    last = before[-1] if before else None
    mark = _current(case, person, before, said, moment)
    if mark is not None and mark.is_on_site:
        return Whereabouts(mark, last, since, False)
    if mark is None or mark.final or mark.presence == "not_in":
        # When they were seen last, no day was over that they were in for.
        seen = max(
            last.utc_second if last else 0, *(one.utc_second or 0 for one in said), 0
        )
        if seen > moment - _MAY_BE_THERE:
            inside = _current(case, person, before, said, seen)
            if inside is not None and inside.is_on_site:
                return Whereabouts(inside, last, since, True)
    return None


def _current(
    case: Case,
    person: Person,
    punches: list[StoredPunch],
    corrections: list[Correction],
    now: int,
) -> Mark | None:
    """Return the mark that punches went to; None of who was not seen at all."""
    first, last = days_around(case.today)
    marks = mark_days(
        case.rules,
        person,
        first,
        last,
        punches,
        stations=case.stations_of(person.id),
        corrections=corrections,
        now=now,
        seen_only=True,
    )
    return Board(case.today, marks).current(person.id)
