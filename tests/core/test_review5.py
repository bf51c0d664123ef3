"""What a review of attendance and of the ledger claims to be wrong."""

from datetime import date as Date

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.policy import HOUR, MINUTE, Break
from custom_components.syncid.core.attendance.schedule import Rules

from .attendance.kit import Scene, shift, utc

DAY = Date(2026, 3, 12)
SPRING = Date(2026, 3, 28)


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


def entered(time: str, moment: str, day: Date) -> Correction:
    """Return a check-in that an admin entered, at no terminal."""
    local = utc(f"{day} {time}")
    return Correction(
        number=1,
        kind="add_punch",
        by="admin",
        at=0,
        why="forgot",
        person_id="p1",
        local_second=local,
        utc_second=utc(moment),
        direction="check_in",
    )


def test_entered_punch_in_a_night_when_clocks_change() -> None:
    """A check-in that was entered is judged by the clock that its night goes by."""
    night = shift(
        start="22:00",
        end="6:00",
        missing_out="shift_end",
    )
    scene = Scene(rules=Rules(default=night))
    by_terminal = scene.mark(SPRING, "22:00k0")
    by_hand = scene.mark(
        SPRING, "", corrections=[entered("22:00", "2026-03-28 21:00", SPRING)]
    )
    assert by_terminal.worked == 7 * HOUR
    assert by_hand.worked == by_terminal.worked


def test_break_after_an_entered_punch() -> None:
    """The breaks of a night are when they are, whoever entered the check-in."""
    night = shift(start="22:00", end="6:00", breaks=(Break(28 * HOUR, 29 * HOUR),))
    scene = Scene(rules=Rules(default=night))
    # Gone at 04:30 of summer time: half of the break was over.
    by_terminal = scene.mark(SPRING, "22:00k0 +04:30k1")
    by_hand = scene.mark(
        SPRING, "+04:30k1", corrections=[entered("22:00", "2026-03-28 21:00", SPRING)]
    )
    assert by_terminal.breaks == 30 * MINUTE
    assert (by_hand.worked, by_hand.breaks) == (by_terminal.worked, by_terminal.breaks)


def test_before_the_start_by_the_clock() -> None:
    """Who comes at 02:25 for a start at 02:30 is not late, whichever of the two it is."""
    early = shift(start="2:30", end="10:00")
    sunday = Date(2026, 10, 25)
    mark = Scene(rules=Rules(default=early)).mark(sunday, "02:25' 10:00")
    assert (mark.status, mark.late_by) == ("present", 0), mark.explain()


def test_who_is_on_a_break_has_not_gone() -> None:
    """Who went, came back and is on a break has not gone for good."""
    scene = Scene(rules=Rules(default=shift(start="8:00", end="17:00")))
    now = utc("2026-03-12 14:05")
    before = "08:00k0 12:00k1 13:00k0 15:00k2"
    mark = scene.mark(DAY, before, now=now, stations=scene.read_until(now))
    assert mark.presence == "on_break"
    assert mark.went is None


def test_on_leave_by_a_human_where_no_terminal_is() -> None:
    """Who is said to be on leave is so for good, as by an entry, also if not mapped."""
    scene = Scene(rules=Rules(default=shift(start="8:00", end="17:00")))
    said = Correction(
        number=1,
        kind="mark",
        by="admin",
        at=0,
        why="called",
        person_id="p1",
        date=DAY,
        status="on_leave",
    )
    mark = scene.mark(DAY, "", stations=(), corrections=[said])
    assert (mark.status, mark.final) == ("on_leave", True), mark.explain()
