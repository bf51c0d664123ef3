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


class Whereabouts(NamedTuple):
    """Where somebody was at a moment."""

    mark: Mark
    # The last punch by then, and those since.
    last: StoredPunch | None
    since: list[StoredPunch]
    is_there: bool
    # They were in when their day closed: nobody saw them go.
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
) -> Whereabouts:
    """Return where a person was, from all punches of the days around."""
    made = sorted(punches, key=lambda one: one.utc_second)
    before = [one for one in made if one.utc_second <= moment]
    since = made[len(before) :]
    said = [
        one for one in corrections if one.utc_second is None or one.utc_second <= moment
    ]
    first, last = days_around(case.today)
    marks = mark_days(
        case.rules,
        person,
        first,
        last,
        before,
        stations=case.stations_of(person.id),
        corrections=said,
        now=moment,
    )
    board = Board(case.today, marks)
    inside = board.inside(person.id, moment)
    mark = inside or board.current(person.id)
    assert mark is not None
    return Whereabouts(
        mark,
        before[-1] if before else None,
        since,
        inside is not None,
        inside is not None and not inside.is_on_site,
    )
