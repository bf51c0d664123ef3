"""Provisional until every terminal was read after the end: no absence before delivery."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date, timedelta
import json
from typing import Any, get_args

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.marks import (
    Flag,
    Mark,
    Moment,
    marks_of,
    settle,
    traced,
)
from custom_components.syncid.core.attendance.policy import Break
from custom_components.syncid.core.attendance.readings import Station
from custom_components.syncid.core.attendance.reasons import KEYS, Reason
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.people import Person

from .kit import Scene, seconds, shift, utc

# Shown at the terminals an hour later than UTC: in Berlin, in winter.
DAY = Date(2026, 2, 10)
SCENE = Scene(
    rules=Rules(default=shift(start="8:00", end="16:00", grace_late=600)),
)
HALL, GATE = (
    Station(serial="hall", zone="Europe/Berlin"),
    Station(serial="gate", zone="Europe/Berlin"),
)
TWO = replace(SCENE, stations=(HALL, GATE))


def mark(
    punches: str,
    now: str,
    hall: str | None,
    gate: str | None,
    *corrections: Correction,
    scene: Scene = TWO,
) -> Mark:
    """Return the mark at a moment of UTC, with terminals read until then."""
    read = [
        replace(one, delivered_until=None if until is None else utc(until))
        for one, until in zip(scene.terminals, (hall, gate), strict=True)
    ]
    return scene.mark(
        DAY, punches, now=utc(now), stations=read, corrections=corrections
    )


EVENING = "2026-02-10 20:00"
# The punches; the moment, and until when hall and gate were read; what is said.
STATES: Sequence[tuple[str, str, str, str | None, str | None, str, bool, str]] = [
    ("before", "", "2026-02-10 05:00", "2026-02-10 05:00", "2026-02-10 05:00", "expected", False, "not_in"),
    ("nobody yet", "", "2026-02-10 10:00", "2026-02-10 10:00", "2026-02-10 10:00", "expected", False, "not_in"),
    ("a second before the end", "", "2026-02-10 14:59:59", "2026-02-10 14:59:59", "2026-02-10 14:59:59", "expected", False, "not_in"),
    ("at the end, all read", "", "2026-02-10 15:00", "2026-02-10 15:00", "2026-02-10 15:00", "absent", True, "not_in"),
    ("one was not read since", "", EVENING, "2026-02-10 14:59:59", EVENING, "expected", False, "not_in"),
    ("one was never read", "", EVENING, EVENING, None, "expected", False, "not_in"),
    ("all were read", "", EVENING, EVENING, EVENING, "absent", True, "not_in"),
    ("here", "07:55", "2026-02-10 10:00", "2026-02-10 10:00", "2026-02-10 10:00", "present", False, "in"),
    ("late", "08:15", "2026-02-10 10:00", "2026-02-10 10:00", "2026-02-10 10:00", "late", False, "in"),
    ("on a break", "07:55 12:00k2", "2026-02-10 11:10", "2026-02-10 11:10", "2026-02-10 11:10", "present", False, "on_break"),
    ("back", "07:55 12:00k2 12:30k3", "2026-02-10 12:00", "2026-02-10 12:00", "2026-02-10 12:00", "present", False, "in"),
    ("out for lunch", "07:55 12:00", "2026-02-10 11:10", "2026-02-10 11:10", "2026-02-10 11:10", "present", False, "left"),
    ("left, not all read", "07:55 16:05", EVENING, EVENING, None, "present", False, "left"),
    ("left, all read", "07:55 16:05", "2026-02-10 15:10", "2026-02-10 15:10", "2026-02-10 15:10", "present", True, "left"),
    # Their window closes eight hours after the end.
    ("still here in the evening", "07:55", EVENING, EVENING, EVENING, "present", False, "in"),
    ("never checked out", "07:55", "2026-02-10 23:00", "2026-02-10 23:00", "2026-02-10 23:00", "present", True, "left"),
    ("never checked out, one not read", "07:55", "2026-02-10 23:00", EVENING, "2026-02-10 23:00", "present", False, "in"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("punches", "now", "hall", "gate", "status", "final", "presence"),
    [row[1:] for row in STATES],
    ids=[row[0] for row in STATES],
)
def test_state(
    punches: str,
    now: str,
    hall: str | None,
    gate: str | None,
    status: str,
    final: bool,
    presence: str,
) -> None:
    """What is said of a day, and whether it is final."""
    made = mark(punches, now, hall, gate)
    assert (made.status, made.final, made.presence) == (status, final, presence)
    assert not (made.is_on_site and made.status == "absent")
    if not final:
        assert made.reasons[-1].key in ("running", "waiting")
        assert not made.flags & {"missing_in", "missing_out", "early_leave"}


def test_says_what_is_waited_for() -> None:
    """The reason names the terminals, so that somebody can look after them."""
    made = mark("", EVENING, EVENING, None)
    assert made.reasons[-1].key == "waiting"
    assert made.reasons[-1].placeholders == {"terminals": "gate"}
    assert "not read since the end: gate" in made.explain()
    assert mark("", EVENING, None, None).reasons[-1].values == ("gate, hall",)


def test_says_when_a_day_ends() -> None:
    """With the date, which need not be its own."""
    made = mark("07:55", "2026-02-10 12:00", None, None)
    assert made.reasons[-1].key == "running"
    assert made.reasons[-1].placeholders == {"end": "2026-02-11 00:00"}
    assert "the day ends 2026-02-11 00:00" in made.explain()


def test_ends_by_each_terminals_clock() -> None:
    """Four in the afternoon is later in London."""
    scene = replace(TWO, stations=(HALL, replace(GATE, zone="Europe/London")))
    early, late = "2026-02-10 15:00", "2026-02-10 16:00"
    assert not mark("", early, early, early, scene=scene).final
    assert not mark("", late, late, early, scene=scene).final
    assert mark("", late, early, late, scene=scene).final


def test_ends_by_the_sites_clock() -> None:
    """Shifts that are meant in one zone end at one time."""
    scene = replace(
        TWO,
        rules=replace(TWO.rules, zone="Europe/Berlin"),
        stations=(HALL, replace(GATE, zone="Europe/London")),
    )
    assert mark("", EVENING, "2026-02-10 15:00", "2026-02-10 15:00", scene=scene).final


def test_end_in_the_hour_that_comes_twice() -> None:
    """What ends at half past two is over when the clock shows it the second time."""
    rules = Rules(default=shift(start="18:00", end="2:30"))
    scene = replace(TWO, rules=rules)
    day = Date(2026, 10, 24)
    for now, final in (("2026-10-25 00:30", False), ("2026-10-25 01:30", True)):
        read = scene.read_until(utc(now))
        assert scene.mark(day, "", now=utc(now), stations=read).final is final


def test_nobody_waits_for_who_is_mapped_nowhere() -> None:
    """Who no terminal knows cannot punch, and is not absent for that."""
    made = SCENE.mark(DAY, "", stations=())
    assert (made.status, made.final) == ("expected", False)
    assert made.reasons[-1].key == "not_mapped"
    # What a terminal that is gone had told of them counts.
    assert SCENE.mark(DAY, "07:55 16:00", stations=()).final


def test_days_off_need_nobody() -> None:
    """A day off is one before it was seen to be; final it is when it has passed."""
    rules = Rules(default=shift(start="8:00", end="16:00", days=frozenset()))
    scene = replace(TWO, rules=rules)
    made = mark("", "2026-02-10 10:00", None, None, scene=scene)
    assert (made.status, made.final) == ("day_off", False)
    made = mark("", EVENING, EVENING, EVENING, scene=scene)
    assert (made.status, made.final) == ("day_off", True)


# --- hours that run -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "punches", "now", "hours"),
    [
        ({}, "08:00", "12:00", "4:00"),
        ({}, "08:00 10:00k2", "12:00", "2:00"),
        ({}, "08:00 10:00k2 10:30k3", "12:00", "3:30"),
        ({}, "08:00 10:00 11:00", "12:00", "4:00"),
        ({}, "08:00 11:00", "12:00", "3:00"),
        ({"hours": "pairs"}, "08:00 10:00 11:00", "12:00", "3:00"),
        ({"hours": "pairs"}, "08:00 10:00k2", "12:00", "2:00"),
        ({"punched_breaks_paid": True}, "08:00 10:00k2 10:30k3", "12:00", "4:00"),
        ({}, "", "12:00", "0:00"),
    ],
)
def test_hours_so_far(
    rules: dict[str, object], punches: str, now: str, hours: str
) -> None:
    """The hours until now are known without computing the day each second."""
    scene = replace(TWO, rules=Rules(default=shift(start="8:00", end="16:00", **rules)))
    moment = utc(f"{DAY} {now}") - 3600
    read = scene.read_until(moment)
    made = scene.mark(DAY, punches, now=moment, stations=read)
    assert made.hours_at(moment) == seconds(hours)
    assert made.hours_at(moment - 86_400) <= made.hours_at(moment)


LUNCH = Break(seconds("12:00"), seconds("13:00"))
TEA = Break(seconds("15:00"), seconds("15:15"))


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"breaks": (LUNCH, TEA)},
        {"breaks": (LUNCH, TEA), "hours": "pairs"},
        {"counts_early": False},
        {"counts_early": False, "breaks": (LUNCH,), "hours": "pairs"},
        {"breaks": (LUNCH, Break(seconds("9:00"), seconds("9:30"), paid=True))},
        {"breaks": (LUNCH, TEA), "punched_breaks_paid": True},
        {"deduct": "0:30", "deduct_after": "4:00"},
        {"breaks": (TEA,), "deduct": "0:30", "deduct_after": "4:00"},
    ],
)
@pytest.mark.parametrize(
    "punches",
    [
        "08:30",
        "12:15",
        "08:30 10:00 10:30",
        "08:30 12:00k1 12:30k0",
        "08:30k0 09:10k2 09:50k3",
        "08:30k0 10:00k2 11:15k3",
    ],
)
def test_hours_that_run_are_those_of_who_leaves(
    rules: dict[str, object], punches: str
) -> None:
    """Hours until now are those of who checks out now, whenever they were computed."""
    default = shift(start="9:00", end="17:30", **rules)
    scene = Scene(zone="UTC", rules=Rules(default=default))
    moment = utc(f"{DAY} 12:30")
    made = scene.mark(DAY, punches, now=moment, stations=scene.read_until(moment))
    assert made.running_since is not None
    before = 0
    for minute in range(13 * 60, 20 * 60, 5):
        time = f"{minute // 60:02}:{minute % 60:02}"
        now = utc(f"{DAY} {time}")
        left = f"{punches} {time}@out"
        gone = scene.mark(DAY, left, now=now, stations=scene.read_until(now))
        hours = made.hours_at(now)
        assert hours >= before
        before = hours
        # What is taken off by itself is so at once; hours that run stand still for it.
        if not default.deduct or not gone.breaks or minute >= 18 * 60:
            assert hours == gone.worked, time


# --- the trace ----------------------------------------------------------------------------


def test_trace_of_a_day() -> None:
    """Each change is one line; what stays the same is none."""
    morning = mark("", "2026-02-10 06:00", "2026-02-10 06:00", "2026-02-10 06:00")
    first = settle(None, morning, at=1, cause="punch")
    assert first is not None
    assert (first.cause, first.before, first.after) == ("new", None, morning)
    noon = mark("", "2026-02-10 11:00", "2026-02-10 11:00", "2026-02-10 11:00")
    assert settle(morning, noon, at=2, cause="closed") is None
    absent = mark("", EVENING, EVENING, EVENING)
    closed = settle(noon, absent, at=3, cause="closed")
    assert closed is not None
    assert closed.cause == "closed"
    assert closed.is_news


def test_late_delivery_reopens() -> None:
    """A punch that comes after the day was final changes it, and that is traced."""
    absent = mark("", EVENING, EVENING, EVENING)
    assert (absent.status, absent.final) == ("absent", True)
    late = mark("08:15@gate 16:00@gate", EVENING, EVENING, EVENING)
    change = settle(absent, late, at=5, cause="punch")
    assert change is not None
    assert (change.cause, change.at) == ("reopened", 5)
    assert change.before is not None
    assert (change.before.status, change.after.status) == ("absent", "late")
    # A rule or a human that changes a final day is named as what it is.
    change = settle(absent, late, at=5, cause="rules")
    assert change is not None
    assert change.cause == "rules"


def test_closing_with_a_punch() -> None:
    """The check-out that closes a day closes it."""
    here = mark("07:55", "2026-02-10 14:00", "2026-02-10 14:00", "2026-02-10 14:00")
    gone = mark("07:55 16:05", EVENING, EVENING, EVENING)
    change = settle(here, gone, at=1, cause="punch")
    assert change is not None
    assert (change.cause, change.is_news) == ("closed", True)


def test_no_news() -> None:
    """A later check-out changes the row, and is nothing to tell everybody."""
    one = mark("07:55 12:00", "2026-02-10 12:00", None, None)
    two = mark("07:55 12:30", "2026-02-10 12:00", None, None)
    change = settle(one, two, at=1, cause="punch")
    assert change is not None
    assert not change.is_news


def test_row_and_back() -> None:
    """A mark is the same when it is read as when it was stored."""
    scene = replace(
        TWO,
        rules=Rules(
            default=shift(
                start="8:00",
                end="16:00",
                breaks=(Break(seconds("12:00"), seconds("12:30")),),
            )
        ),
    )
    for punches in ("", "08:15", "08:15 15:00", "12:00k1"):
        made = scene.mark(DAY, punches)
        assert marks_of([made.as_cells()]) == [made]
        assert json.loads(traced(made.as_cells())) == trace_of(made)


def trace_of(made: Mark) -> dict[str, Any]:
    """Return what the trace keeps of a mark."""
    return {
        name: value
        for name, value in made.as_row().items()
        if value not in (0, None, []) and name not in ("person_id", "date")
    }


@given(
    st.text(),
    st.lists(
        st.tuples(st.sampled_from(sorted(KEYS)), st.lists(st.integers() | st.text()))
    ),
    st.none() | st.tuples(st.integers(), st.integers()),
    st.lists(st.none() | st.integers(min_value=0), min_size=3, max_size=3),
    st.frozensets(st.sampled_from(get_args(Flag.__value__))),
    st.booleans(),
)
def test_any_row_and_back(
    shift_id: str,
    reasons: list[tuple[str, list[int | str]]],
    last: tuple[int, int] | None,
    counts: list[int | None],
    flags: frozenset[Flag],
    final: bool,
) -> None:
    """Whatever words and numbers are in it, a mark and its trace are read as written."""
    made = Mark(
        "p1",
        DAY,
        shift_id,
        "late",
        final,
        "left",
        None,
        last and Moment(*last),
        owed=counts[0],
        running_since=counts[1],
        unseen_since=counts[2],
        flags=flags,
        reasons=tuple(Reason(key, tuple(values)) for key, values in reasons),
    )
    cells = made.as_cells()
    assert marks_of([cells]) == [made]
    assert json.loads(traced(cells)) == trace_of(made)


# --- a human's word -----------------------------------------------------------------------


def said(status: str, at: str) -> Correction:
    """Return a human's word on the day."""
    return Correction(
        number=1,
        kind="mark",
        by="Office",
        at=utc(at),
        why="phoned",
        person_id="p1",
        date=DAY,
        status=status,  # type: ignore[arg-type]
    )


def test_who_is_said_to_be_absent_and_comes() -> None:
    """Who is in the building is not absent, whatever was said before: there may be fire."""
    word = said("absent", "2026-02-10 08:00")
    read = "2026-02-10 10:00"
    assert mark("", read, read, read, word).status == "absent"
    came = mark("10:00", read, read, read, word)
    assert (came.status, came.presence) == ("late", "in")
    assert came.reasons[0].key == "marked"
    # Who punched before that was said is not here.
    left = mark("08:05", read, read, read, word)
    assert (left.status, left.presence, left.running_since) == ("absent", "left", None)


def test_word_is_explained() -> None:
    """Who said it, and why."""
    read = "2026-02-10 10:00"
    made = mark("", read, read, read, said("excused", read))
    assert made.explain().startswith("excused: so marked by Office: phoned")
    assert "corrected" in made.flags


def test_people_come_and_go() -> None:
    """Before the first and after the last day nothing is expected of anybody."""
    person = Person(
        id="p1",
        name="Amina",
        valid_from=DAY + timedelta(days=1),
        valid_until=DAY + timedelta(days=2),
    )
    scene = replace(TWO, person=person)
    statuses = [
        scene.mark(DAY + timedelta(days=number), "").status for number in range(4)
    ]
    assert statuses == ["inactive", "absent", "absent", "inactive"]
