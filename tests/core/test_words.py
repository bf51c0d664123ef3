"""Words on punches: whichever are said, days are as they are computed from nothing."""

from dataclasses import replace
from datetime import date as Date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.policy import HOUR, Break, Shift
from custom_components.syncid.core.attendance.readings import Station, utc_of
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.case import Case
from custom_components.syncid.core.people import Person
from custom_components.syncid.core.records import DIRECTIONS, Batch, Punch, Punches

from .attendance.kit import utc
from .book_kit import DAY, Site, at
from .kit import ZONE, open_ledger

# Around where one day's punches end and the next one's begin.
CLOCKS = ("00:30", "04:00", "06:30", "08:00", "10:00", "14:00", "17:30", "22:00")
DAYS = tuple(DAY + timedelta(days=number) for number in range(3))
SHIFTS = (
    Shift(start=10 * HOUR, end=23 * HOUR),
    Shift(start=22 * HOUR, end=6 * HOUR),
    Shift(start=8 * HOUR, end=16 * HOUR),
)

moments = st.tuples(st.sampled_from(DAYS), st.sampled_from(CLOCKS)).map(
    lambda told: at(*told)
)
steps = st.tuples(
    st.sampled_from(["punch", "punch", "add_punch", "void_punch", "set_direction"]),
    moments,
    st.sampled_from(DIRECTIONS),
    st.sampled_from([None, 0, 1]),
)


@settings(max_examples=40, deadline=None)
@given(shift=st.sampled_from(SHIFTS), said=st.lists(steps, min_size=2, max_size=10))
def test_incremental_is_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, shift: Shift, said: list[Any]
) -> None:
    """Word by word, or all at once: the same marks."""
    with open_ledger(tmp_path_factory.mktemp("words")) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=shift)
        site.read("12:00", DAY + timedelta(days=5))
        site.book.work(site.case, {"p1": {*DAYS, site.case.today}}, "closed")
        for number, (kind, second, direction, key) in enumerate(said):
            if kind == "punch":
                punch = Punch("1001", second, "unknown", "unknown", state_code=key)
                punches = Punches.of([punch])
                turned = ledger.ingest(Batch("A", "poll", punches)).result().turned > 0
                due = site.book.touched(site.case, "A", punches, turned=turned)
            else:
                word = Correction(
                    number=number,
                    kind=kind,
                    by="Petra",
                    at=site.now,
                    why="the guard's",
                    person_id="p1",
                    serial="A",
                    local_second=second,
                    utc_second=utc_of(second, ZONE),
                    direction=direction,
                )
                due = site.book.touched_by(site.case, word)
                site.book.correct(word)
            site.book.work(site.case, due, "correction")
        everything = {"p1": {date for _, date in site.all()}}
        assert site.book.work(site.case, everything, "rules") == []


def test_hour_that_comes_twice_in_another_zone(tmp_path: Path) -> None:
    """A punch in that hour is of the day of its moment, which the wall clock leaves open."""
    saturday, sunday = Date(2026, 10, 24), Date(2026, 10, 25)
    early = Shift(start=HOUR, end=9 * HOUR, closes_after=12 * HOUR)
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=early, zone="America/New_York")
        # Of a log that is read later, so it is the first 02:30: 20:30 there.
        site.read("23:00", Date(2026, 10, 28))
        site.come("07:00", day=saturday)
        site.come("02:30", day=sunday)
        both = site.all()["p1", saturday]
        assert both.last_out
        assert both.last_out.wall == at(saturday, "20:30")
        word = Correction(
            number=0,
            kind="void_punch",
            by="Petra",
            at=site.now,
            why="the guard's",
            person_id="p1",
            serial="A",
            local_second=at(sunday, "02:30"),
        )
        due = site.book.touched_by(site.case, site.book.correct(word))
        site.book.work(site.case, due, "correction")
        assert site.all()["p1", saturday].last_out is None
        assert site.book.work(site.case, {"p1": {saturday, sunday}}, "rules") == []


def test_clock_of_what_is_entered_when_a_terminal_comes(site: Site) -> None:
    """No terminal of others changes the clock that entered punches are judged by."""
    site.book.save_people([Person(id="p3", name="Chidi")], [])
    sunday = Date(2026, 3, 29)
    night = Shift(start=22 * HOUR, end=6 * HOUR, breaks=(Break(26 * HOUR, 27 * HOUR),))
    site.rules = Rules(default=night)
    site.read("12:00", Date(2026, 3, 31))
    for day, clock, moment in (
        (Date(2026, 3, 28), "22:00", "2026-03-28 21:00"),
        (sunday, "06:00", "2026-03-29 04:00"),
    ):
        site.book.correct(
            Correction(
                number=0,
                person_id="p3",
                kind="add_punch",
                at=site.now,
                by="head",
                why="no terminal",
                local_second=at(day, clock),
                utc_second=utc(moment),
                direction="unknown",
            )
        )
    before = site.case
    days = {Date(2026, 3, 28), sunday}
    site.book.work(before, {"p3": days}, "correction")
    berlin = next(iter(before.stations.values()))
    after: Case = replace(
        before,
        stations={
            **before.stations,
            "C": Station(serial="C", zone="America/New_York"),
        },
    )
    assert berlin.zone != "America/New_York"
    site.book.work(after, site.book.of_changed_rules(before, after), "rules")
    kept = site.all()["p3", Date(2026, 3, 28)]
    site.book.work(after, {"p3": days}, "rules")
    anew = site.all()["p3", Date(2026, 3, 28)]
    assert kept.as_row() == anew.as_row()
