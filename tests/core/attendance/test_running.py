"""Hours that run are those of who checks out now; nights when clocks change, too."""

from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.policy import HOUR, MINUTE, Break, Shift
from custom_components.syncid.core.attendance.schedule import Entry, Rules

from .kit import Scene, shift, utc

DAY = Date(2026, 3, 12)
# Nights in Berlin: the clock goes from 02:00 to 03:00, and from 03:00 to 02:00.
SPRING, AUTUMN = Date(2026, 3, 28), Date(2026, 10, 24)
NIGHT = shift(start="22:00", end="6:00", breaks=(Break(26 * HOUR, 27 * HOUR),))


def running_and_done(
    rules: Shift, day: Date, before: str, out: str, now: str, then: str
) -> tuple[int, int]:
    """Return the hours that run at a moment, and those of who checks out then."""
    scene = Scene(rules=Rules(default=rules))
    stations = scene.read_until(utc(now))
    there = scene.mark(day, before, now=utc(now), stations=stations)
    done = scene.mark(day, f"{before} {out}", now=utc(now), stations=stations)
    assert there.presence == "in"
    return there.hours_at(utc(then)), done.worked


@pytest.mark.parametrize(
    ("day", "now", "then", "hours"),
    [
        (SPRING, "2026-03-28 22:00", "2026-03-29 03:00", 6),
        (AUTUMN, "2026-10-24 21:00", "2026-10-25 04:00", 6),
    ],
)
def test_break_while_clocks_change(day: Date, now: str, then: str, hours: int) -> None:
    """A break takes off as long as it was: nothing in spring, two hours in autumn."""
    told = running_and_done(NIGHT, day, "22:00", "+05:00k1", now, then)
    assert told == (hours * HOUR, hours * HOUR)


def test_break_that_the_clock_skips() -> None:
    """From 22:00 to 06:00 are 7 hours, and 02:00 to 03:00 is none."""
    mark = Scene(rules=Rules(default=NIGHT)).mark(SPRING, "22:00 +06:00")
    assert (mark.worked, mark.breaks) == (7 * HOUR, 0)


def test_breaks_around_what_the_clock_skips() -> None:
    """02:30 is 03:30, when the other break is not over: that time counts once."""
    pauses = Break(25 * HOUR, 26 * HOUR + 30 * MINUTE), Break(27 * HOUR, 28 * HOUR)
    night = shift(start="22:00", end="6:00", breaks=pauses)
    mark = Scene(rules=Rules(default=night)).mark(SPRING, "22:00 +06:00")
    # From 01:00 to 04:00, which is two hours.
    assert (mark.worked, mark.breaks) == (5 * HOUR, 2 * HOUR)


def test_paid_break_that_the_clock_skips() -> None:
    """A break that is punched around a paid one of no length is not paid."""
    paid = (Break(26 * HOUR, 27 * HOUR, paid=True),)
    night = shift(start="22:00", end="6:00", breaks=paid)
    scene = Scene(rules=Rules(default=night))
    mark = scene.mark(SPRING, "22:00k0 +01:30k2 +03:30k3 +06:00k1")
    assert (mark.worked, mark.breaks) == (6 * HOUR, HOUR)


def test_deduction_at_a_break_that_the_clock_skips() -> None:
    """What is taken off above 6 hours is not taken off sooner by a break of no length."""
    paused = shift(
        start="22:00",
        end="6:00",
        breaks=(Break(26 * HOUR, 27 * HOUR),),
        deduct=HOUR,
        deduct_after=6 * HOUR,
    )
    scene = Scene(rules=Rules(default=paused))
    now = utc("2026-03-28 21:30")
    mark = scene.mark(SPRING, "22:00", now=now, stations=scene.read_until(now))
    # 22:00 is 21:00 of UTC.
    assert mark.hours_at(utc("2026-03-29 03:00")) == 6 * HOUR


def test_break_after_a_deduction() -> None:
    """A break that is shorter than what was taken off by itself takes nothing more."""
    tea = (Break(15 * HOUR, 15 * HOUR + 15 * MINUTE),)
    rules = Shift(breaks=tea, deduct=30 * MINUTE, deduct_after=4 * HOUR)
    before = "08:30k0 13:00k2 13:05k3"
    now, then = "2026-03-12 12:10", "2026-03-12 15:00"
    told = running_and_done(rules, DAY, before, "16:00k1", now, then)
    assert told == (7 * HOUR, 7 * HOUR)


def test_break_of_who_is_back_without_a_check_in() -> None:
    """Hours stand still in the breaks that the mark names, also without a first in."""
    pairs = Shift(hours="pairs", breaks=(Break(12 * HOUR, 13 * HOUR),))
    scene = Scene(rules=Rules(default=pairs))
    now = utc("2026-03-12 09:00")
    mark = scene.mark(DAY, "09:00k3", now=now, stations=scene.read_until(now))
    assert "from 12:00 on 1:00" in mark.explain()
    assert mark.hours_at(utc("2026-03-12 13:00")) == 4 * HOUR


def test_break_is_told_by_the_clock_of_then() -> None:
    """A break after the clock changed is told as the clock will show it."""
    pauses = (Break(28 * HOUR, 28 * HOUR + 30 * MINUTE),)
    night = shift(start="22:00", end="6:00", breaks=pauses)
    now = utc("2026-03-28 22:00")
    scene = Scene(rules=Rules(default=night))
    mark = scene.mark(SPRING, "22:00", now=now, stations=scene.read_until(now))
    assert "from 04:00 on 0:30" in mark.explain()
    # 04:30 is 02:30 of UTC.
    assert mark.hours_at(utc("2026-03-29 02:30")) == 5 * HOUR


@pytest.mark.parametrize(
    ("before", "out", "hours"),
    [
        # Who checks out then has no hours, as nobody saw them come.
        ("10:00k1 10:15k3", "12:00k1", 0),
        # An hour of overtime, and those since the check-in.
        ("07:00k4 08:00k5 09:00k0", "12:00k1", 4),
        ("08:00k0 09:00k1 10:15k0", "12:00k1", 4),
    ],
)
def test_back_after_a_check_out(before: str, out: str, hours: int) -> None:
    """No hours run since a check-out alone."""
    now, then = "2026-03-12 09:16", "2026-03-12 11:00"
    told = running_and_done(Shift(), DAY, before, out, now, then)
    assert told == (hours * HOUR, hours * HOUR)


def test_who_is_back_has_not_gone() -> None:
    """Also where no hours run."""
    now = utc("2026-03-12 09:16")
    scene = Scene(rules=Rules(default=Shift()))
    read = scene.read_until(now)
    mark = scene.mark(DAY, "10:00k1 10:15k3", now=now, stations=read)
    assert (mark.running_since, mark.last_out is None, mark.went) == (None, False, None)


def test_deduction_of_who_was_away_runs_not() -> None:
    """Who was away for longer than what is taken off loses nothing, also while it runs."""
    rules = shift(
        start="8:00",
        end="17:00",
        hours="pairs",
        counts_early=False,
        deduct=HOUR,
        deduct_after=4 * HOUR,
    )
    scene = Scene(rules=Rules(default=rules))
    now = utc("2026-03-12 09:45")
    stations = scene.read_until(now)
    before = "08:15k0 09:30k1 10:45k0"
    there = scene.mark(DAY, before, now=now, stations=stations)
    done = scene.mark(DAY, f"{before} 14:15k1", now=now, stations=stations)
    assert done.worked == 4 * HOUR + 45 * MINUTE
    assert there.hours_at(utc("2026-03-12 13:15")) == done.worked


def test_who_is_on_a_break_has_not_gone() -> None:
    """Who went, came back and is on a break has not gone for good."""
    scene = Scene(rules=Rules(default=shift(start="8:00", end="17:00")))
    now = utc("2026-03-12 14:05")
    before = "08:00k0 12:00k1 13:00k0 15:00k2"
    mark = scene.mark(DAY, before, now=now, stations=scene.read_until(now))
    assert mark.presence == "on_break"
    assert mark.went is None


@pytest.mark.parametrize(
    ("now", "then", "hours"),
    [("09:00", "10:30", 2), ("10:30", "10:45", 2), ("09:00", "16:00", 6.5)],
)
def test_leave_in_the_middle(now: str, then: str, hours: float) -> None:
    """Hours stand still while somebody is on leave, and what is taken off comes later."""
    away = Entry(
        who="p1",
        kind="leave",
        first=DAY,
        last=DAY,
        part=(10 * HOUR, 11 * HOUR),
    )
    rules = shift(start="8:00", end="17:00", deduct="0:30")
    scene = Scene(rules=Rules(default=rules, entries=(away,)))
    # Berlin is an hour ahead.
    moments = [utc(f"{DAY} {one}") - HOUR for one in (now, then)]
    stations = scene.read_until(moments[0])
    there = scene.mark(DAY, "08:00", now=moments[0], stations=stations)
    done = scene.mark(DAY, f"08:00 {then}", now=moments[0], stations=stations)
    assert there.hours_at(moments[1]) == done.worked == hours * HOUR


def test_hours_never_run_back() -> None:
    """A deduction that leave interrupts: hours stand still, and never fall."""
    rules = Rules(
        default=shift(
            start="7:00", end="19:00", deduct=30 * MINUTE, deduct_after=4 * HOUR
        ),
        entries=(
            Entry(
                who="p1",
                kind="leave",
                first=DAY,
                last=DAY,
                part=(16 * HOUR, 18 * HOUR),
            ),
        ),
    )
    scene = Scene(rules=rules)
    now = utc("2026-03-12 11:00")
    mark = scene.mark(DAY, "11:45", now=now, stations=scene.read_until(now))
    begin = utc("2026-03-12 10:45")
    told = [mark.hours_at(begin + minute * 60) for minute in range(7 * 60)]
    assert told == sorted(told)
