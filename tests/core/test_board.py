"""Who is where now, as the marks of three days have it."""

from datetime import date as Date, timedelta

from custom_components.syncid.core.attendance.board import Board
from custom_components.syncid.core.attendance.marks import Mark, Presence

TODAY = Date(2026, 3, 12)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def mark(date: Date, presence: Presence = "not_in", person_id: str = "p1") -> Mark:
    """Return a mark."""
    return Mark(person_id, date, "", "present", False, presence)


def test_today() -> None:
    """Mostly it is today's, whatever was yesterday."""
    board = Board(TODAY)
    assert board.current("p1") is None
    board.take(mark(TODAY))
    assert board.current("p1") == mark(TODAY)
    board.take(mark(YESTERDAY, "left"))
    assert board.current("p1") == mark(TODAY)
    assert board.on_site(0) == []


def test_night() -> None:
    """Who came yesterday and is still there is there by yesterday's mark."""
    board = Board(TODAY, [mark(TODAY), mark(YESTERDAY, "in")])
    assert board.current("p1") == mark(YESTERDAY, "in")
    assert board.on_site(0) == [mark(YESTERDAY, "in")]
    board.take(mark(TODAY, "left"))
    assert board.current("p1") == mark(TODAY, "left")
    assert board.on_site(0) == []


def test_early_for_a_night() -> None:
    """Who comes before midnight for tomorrow's shift is there by that."""
    board = Board(TODAY, [mark(TODAY, "left"), mark(TOMORROW, "on_break")])
    assert board.on_site(0) == [mark(TOMORROW, "on_break")]


def test_days_go_by() -> None:
    """What was yesterday's is let go tomorrow, and other days are never held."""
    board = Board(TODAY, [mark(YESTERDAY, "in"), mark(TODAY, "in", "p2")])
    board.turn_to(TOMORROW)
    assert [one.person_id for one in board.on_site(0)] == ["p2"]
    assert board.day(YESTERDAY) == {}
    assert board.day(TODAY) == {"p2": mark(TODAY, "in", "p2")}
    board.take(mark(YESTERDAY, "in"))
    assert board.current("p1") is None


def test_forgotten() -> None:
    """Of who is erased nothing is left."""
    board = Board(TODAY, [mark(YESTERDAY, "in"), mark(TODAY, person_id="p2")])
    board.forget("p1")
    assert board.on_site(0) == []
    assert board.day(YESTERDAY) == {}
    assert board.current("p2") is not None


def test_not_checked_out() -> None:
    """Who was in when their day closed is inside for a day, or until they are seen."""
    seen = 1_000_000
    closed = mark(YESTERDAY, "left")._replace(final=True, unseen_since=seen)
    board = Board(TODAY, [closed, mark(TODAY)])
    assert board.on_site(seen + 86_399) == [closed]
    assert board.on_site(seen + 86_400) == []
    board.take(mark(TODAY, "left"))
    assert board.on_site(seen + 1) == []
