"""Who is counted, as marks change: always as if all were counted anew."""

from dataclasses import replace
from datetime import date as Date

from hypothesis import given, strategies as st

from custom_components.syncid.core.attendance.board import Board
from custom_components.syncid.core.attendance.marks import Mark, Presence
from custom_components.syncid.core.attendance.tally import Tally
from custom_components.syncid.core.people import Person

TODAY = Date(2026, 3, 12)
NAMES = {"p1": "Amina", "p2": "Bruno", "p3": "Amina", "p4": "Chen"}
PEOPLE = {one: Person(id=one, name=name) for one, name in NAMES.items()}

marks = st.builds(
    lambda person_id, presence, final: Mark(
        person_id,
        TODAY,
        "",
        "present",
        final,
        presence,
        unseen_since=1 if final and presence == "left" else None,
    ),
    # Of one of them nothing is known but the mark.
    st.sampled_from([*NAMES, "gone"]),
    st.sampled_from(["not_in", "in", "left"]),
    st.booleans(),
)


def told(tally: Tally) -> tuple[int, list[str], int]:
    """Return all that a tally tells."""
    return len(tally), tally.names(100), tally.unseen


def anew(board: Board) -> tuple[int, list[str], int]:
    """Return what is told of who is in the building by all marks."""
    tally = Tally()
    tally.begin(board.on_site(0), PEOPLE)
    return told(tally)


@given(st.lists(st.lists(marks, max_size=4), max_size=8))
def test_as_if_all_were_counted(batches: list[list[Mark]]) -> None:
    """Looking at whom marks are of tells the same as looking at everybody."""
    board, tally = Board(TODAY), Tally()
    for batch in batches:
        before = told(tally)
        for mark in batch:
            board.take(mark)
        whose = {mark.person_id for mark in batch}
        is_other = tally.update(whose, board.on_site(0, whose), PEOPLE)
        assert told(tally) == anew(board)
        assert is_other or told(tally) == before


@given(st.lists(marks, max_size=12))
def test_how_many_may_change(made: list[Mark]) -> None:
    """How many marks of a day are provisional is known at any time."""
    board = Board(TODAY)
    for mark in made:
        board.take(mark)
        day = board.day(TODAY)
        assert board.provisional(TODAY) == sum(not one.final for one in day.values())
    for mark in made:
        board.forget(mark.person_id)
    assert board.provisional(TODAY) == 0
    assert board.provisional(Date(2026, 1, 1)) == 0


def test_another_name() -> None:
    """Who is called another name leaves the old one with their mark."""
    tally = Tally()
    presence: Presence = "in"
    mark = Mark("p2", TODAY, "", "present", False, presence)
    tally.begin([mark], PEOPLE)
    people = PEOPLE | {"p2": replace(PEOPLE["p2"], name="Zoe")}
    assert tally.update({"p2"}, [mark], people)
    assert told(tally) == (1, ["Zoe"], 0)
    assert not tally.update({"p2"}, [mark], people)
