"""What a review of leave in the middle of a day, borders and clocks claims."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date as Date
from pathlib import Path

import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.policy import HOUR, MINUTE, Break, Shift
from custom_components.syncid.core.attendance.readings import Station
from custom_components.syncid.core.attendance.schedule import Entry, Rules
from custom_components.syncid.core.case import Case
from custom_components.syncid.core.people import Person

from .attendance.kit import AMINA, Scene, shift, utc
from .book_kit import Site, at
from .kit import open_ledger

WEEK = frozenset(range(5))
SATURDAY = Date(2026, 3, 14)
THURSDAY = Date(2026, 3, 12)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site that knows two people."""
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        yield site


@pytest.mark.parametrize(
    ("rules", "punches", "worked"),
    [
        # By key, and by the gate's direction: nobody can take it for a check-in.
        (shift(start="9:00", end="17:00", days=WEEK), "18:00k0 +00:30k1", 390),
        (shift(start="9:00", end="17:00", days=WEEK), "18:00@in +00:30@out", 390),
        (shift(start="16:00", end="0:00", days=WEEK), "16:00@in +00:05@out", 485),
        # Flexible hours end two hours later.
        (
            shift(start="22:00", end="6:00", flexible=2 * HOUR, days=WEEK),
            "23:30@in +07:30@out",
            480,
        ),
    ],
)
def test_check_out_after_midnight_between_days_off(
    rules: Shift, punches: str, worked: int
) -> None:
    """A check-out just after midnight ends what was begun on the day off before."""
    mark = Scene(rules=Rules(default=rules)).mark(SATURDAY, punches)
    assert (mark.worked, mark.overtime > 0) == (worked * MINUTE, False)
    assert "missing_out" not in mark.flags


def test_evening_shift_on_a_day_off() -> None:
    """Who works a shift until midnight on a day off goes home five minutes after it."""
    rules = Rules(default=shift(start="16:00", end="0:00", days=WEEK))
    mark = Scene(rules=rules).mark(SATURDAY, "16:00 +00:05")
    assert mark.worked == 8 * HOUR + 5 * MINUTE


def test_hours_never_run_back() -> None:
    """A deduction that leave interrupts: hours stand still, and never fall."""
    rules = Rules(
        default=shift(
            start="7:00", end="19:00", deduct=30 * MINUTE, deduct_after=4 * HOUR
        ),
        entries=(
            Entry(
                who=AMINA.id,
                kind="leave",
                first=THURSDAY,
                last=THURSDAY,
                part=(16 * HOUR, 18 * HOUR),
            ),
        ),
    )
    scene = Scene(rules=rules)
    now = utc("2026-03-12 11:00")
    mark = scene.mark(THURSDAY, "11:45", now=now, stations=scene.read_until(now))
    begin = utc("2026-03-12 10:45")
    told = [mark.hours_at(begin + minute * 60) for minute in range(7 * 60)]
    assert told == sorted(told)


def test_clock_of_what_is_entered_when_a_terminal_comes(site: Site) -> None:
    """Whose clock entered punches are judged by may hang on terminals of others."""
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
