"""Where somebody is, whatever the rules and whichever doors they went through."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from custom_components.syncid.core.attendance.board import Board
from custom_components.syncid.core.attendance.day import (
    Courts,
    Subject,
    days_of,
    mark_day,
    mark_days,
    reach_of,
)
from custom_components.syncid.core.attendance.marks import Mark
from custom_components.syncid.core.attendance.readings import readings, wall_of
from custom_components.syncid.core.attendance.schedule import Roster, Rules
from custom_components.syncid.core.records import StoredPunch
from custom_components.syncid.core.whereabouts import Whereabouts, days_around, find

from .kit import AMINA, stored
from .test_properties import BEGIN, DATES, STATIONS, rules

_ZONE = "Europe/Berlin"
_STEP = 300
DOORS = {one.serial: replace(one, zone=_ZONE) for one in STATIONS}

# Where they punch first, and then at which door after how many steps.
begins = st.integers(12 * 20, 12 * 24 * 4)
ways = st.lists(
    st.tuples(st.sampled_from(["hall", "in", "out"]), st.integers(2, 12 * 8)),
    min_size=1,
    max_size=6,
)
afters = st.integers(0, 12 * 5)


def punched(begin: int, way: list[tuple[str, int]]) -> list[StoredPunch]:
    """Return the punches of a way through doors; none in the hour that the clock skips."""
    utc, made = BEGIN + begin * _STEP, []
    for name, gap in way:
        utc += gap * _STEP
        made.append(stored(DOORS[name], wall_of(utc, _ZONE), None))
    return made


def told(
    held: Rules, punches: list[StoredPunch], now: int
) -> tuple[Whereabouts | None, Mark | None, Mark | None]:
    """Return what a roll call and sensors say at a moment, and the mark they go by."""
    doors = {
        name: replace(one, delivered_until=now, zone=_ZONE)
        for name, one in DOORS.items()
    }
    made = readings(punches, doors, held.zone)
    subject = Subject(Roster(held, AMINA, [*doors]), (), made)
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(_ZONE)).date()
    where = find(Courts(doors, now), today, subject, now)
    marks = mark_days(
        held, AMINA, *days_around(today), punches, stations=[*doors.values()], now=now
    )
    board = Board(today, marks)
    inside = board.inside(AMINA.id, now)
    assert board.on_site(now) == ([] if inside is None else [inside])
    seen = [one for one in marks if one.presence != "not_in"]
    return where, inside, seen[-1] if seen else None


@given(rules(), begins, ways, afters)
@settings(max_examples=300, deadline=None)
def test_who_is_there(
    held: Rules, begin: int, way: list[tuple[str, int]], after: int
) -> None:
    """Sensors say nothing else than the roll call, but of who is absent by the marks."""
    made = punched(begin, way)
    where, inside, mark = told(held, made, made[-1].utc_second + after * _STEP)
    if where is None:
        assert inside is None
    elif inside is None:
        assert mark is not None
        assert mark.status == "absent"
    else:
        assert inside.status != "absent"
        assert where.not_checked_out == (inside.unseen_since is not None)
    # Whose last punch was at an entrance is in the building.
    if way[-1][0] == "in":
        assert where is not None


@given(rules(), begins, ways, st.data())
@settings(max_examples=200, deadline=None)
def test_in_any_order(
    held: Rules, begin: int, way: list[tuple[str, int]], data: st.DataObject
) -> None:
    """While a day goes on, what is kept punch by punch is what is computed from nothing."""
    made = punched(begin, way)
    now = made[-1].utc_second
    stations = [replace(one, delivered_until=now) for one in DOORS.values()]
    span = DATES[0], DATES[-1]
    kept = {
        one.date: one
        for one in mark_days(held, AMINA, *span, [], stations=stations, now=now)
    }
    order = data.draw(st.permutations(made))
    for number, one in enumerate(order, 1):
        for _, date in days_of(held, AMINA, [one], stations=stations):
            first, last = reach_of(held, AMINA, date, stations=stations)
            near = [
                punch
                for punch in order[:number]
                if first <= punch.punch.local_second < last
            ]
            kept[date] = mark_day(held, AMINA, date, near, stations=stations, now=now)
    anew = mark_days(held, AMINA, *span, made, stations=stations, now=now)
    assert [kept[one.date] for one in anew] == anew
