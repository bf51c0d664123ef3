"""Marks kept punch by punch, delivered late, are those computed from nothing."""

from datetime import timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.attendance.board import Board
from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.readings import utc_of
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.codes import direction_of
from custom_components.syncid.core.records import Batch, Punch, Punches

from .book_kit import DAY, EIGHT, Site, at
from .kit import ZONE, open_ledger

SHIFTS = [
    EIGHT,
    Shift(start=8 * HOUR, end=16 * HOUR, opens_before=HOUR, closes_after=HOUR),
    Shift(
        start=8 * HOUR,
        end=14 * HOUR,
        in_window=(7 * HOUR, 9 * HOUR),
        out_window=(13 * HOUR, 15 * HOUR),
    ),
    Shift(start=22 * HOUR, end=6 * HOUR, closes_after=HOUR, opens_before=HOUR),
]


@given(
    st.sampled_from(SHIFTS),
    st.lists(
        st.tuples(
            st.integers(0, 71),
            st.integers(0, 40),
            st.sampled_from([None, None, 0, 1, 2, 3]),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one[0],
    ),
)
@settings(max_examples=60, deadline=None)
def test_kept(
    tmp_path_factory: pytest.TempPathFactory,
    shift: Shift,
    told: list[tuple[int, int, int | None]],
) -> None:
    """Time goes on between, and where somebody is the roll call says too."""
    with open_ledger(tmp_path_factory.mktemp("book")) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=shift)
        begin = at(DAY - timedelta(days=1), "00:00")
        # By when each is delivered: hours after it was made.
        for hour, late, code in sorted(told, key=lambda one: one[0] + one[1]):
            site.now = utc_of(begin + (hour + late) * HOUR + 60, ZONE)
            site.read_until = dict.fromkeys("AB", site.now)
            site.book.work(site.case, site.book.closing(site.case), "closed")
            made = Punches.of(
                [
                    Punch(
                        "1001",
                        begin + hour * HOUR,
                        direction_of(code, "auto"),
                        "card",
                        2,
                        code,
                    )
                ]
            )
            site.ledger.ingest(Batch("A", "poll", made)).result()
            site.book.work(site.case, site.book.touched(site.case, "A", made), "punch")
        kept = site.all()
        dates = {date for _, date in kept}
        assert site.book.work(site.case, {"p1": dates}, "rules") == []
        mine = [one for (who, _), one in kept.items() if who == "p1"]
        where = site.book.whereabouts(site.case, ["p1"], site.now)
        board = Board(site.case.today, mine)
        # Who is absent by the marks is on no sensor, but in the roll call.
        seen = [one for one in mine if one.presence != "not_in"]
        if board.inside("p1", site.now) is not None:
            assert "p1" in where
        elif "p1" in where:
            assert max(seen, key=lambda one: one.date).status == "absent"
