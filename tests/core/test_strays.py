"""Who is in the building by punches that no shift counts: they are there all the same."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.syncid.core.attendance.board import Board
from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.day import mark_days
from custom_components.syncid.core.attendance.marks import Mark
from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.readings import utc_of
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.codes import direction_of
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.records import Batch, Punch, Punches
from custom_components.syncid.core.whereabouts import days_around

from .book_kit import DAY, EIGHT, Site, at
from .kit import ZONE, open_ledger

SCHOOL = Shift(
    start=8 * HOUR,
    end=14 * HOUR,
    in_window=(7 * HOUR, 9 * HOUR),
    out_window=(13 * HOUR, 15 * HOUR),
)
NIGHT = Shift(start=22 * HOUR, end=6 * HOUR)
WATCH = Shift(
    start=22 * HOUR,
    end=6 * HOUR,
    in_window=(21 * HOUR, 23 * HOUR),
    out_window=(5 * HOUR, 7 * HOUR),
)
# Its window closes with it.
SHUT = replace(EIGHT, opens_before=HOUR, closes_after=HOUR)


@pytest.fixture
def site(tmp_path: Any) -> Any:
    """Open a site."""
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        yield site


def punch(site: Site, text: str) -> None:
    """Store punches, written as in the tables of days."""
    for one in text.split():
        clock, _, key = one.partition("k")
        code = int(key) if key else None
        day = DAY - timedelta(days=clock.startswith("-"))
        second = at(day, clock.removeprefix("-"))
        made = Punch("1001", second, direction_of(code, "auto"), "card", 2, code)
        site.ledger.ingest(Batch("A", "poll", Punches.of([made]))).result()


def is_at(site: Site, clock: str) -> None:
    """Let it be a time, until which all was read."""
    site.now = utc_of(at(DAY, clock), ZONE)
    site.read_until = dict.fromkeys("AB", site.now)


def marks(site: Site, said: tuple[Correction, ...] = ()) -> list[Mark]:
    """Return the marks of the days around."""
    case = site.case
    return mark_days(
        case.rules,
        case.directory.people["p1"],
        *days_around(DAY),
        site.ledger.punches(PunchQuery()),
        stations=case.stations_of("p1"),
        corrections=said,
        now=case.now,
    )


def presence(site: Site) -> tuple[str | None, str | None]:
    """Return where the roll call has them, and since when; "?" if nobody knows it.

    What sensors and trackers say must be the same.
    """
    where = site.book.whereabouts(site.case, ["p1"], site.now).get("p1")
    board = Board(DAY, marks(site))
    inside = board.inside("p1", site.now)
    assert (inside is not None) == (where is not None)
    assert len(board.on_site(site.now)) == (where is not None)
    if where is None or inside is None:
        return None, None
    assert where.not_checked_out == (inside.unseen_since is not None)
    there = "?" if where.not_checked_out else where.presence
    if where.first_in is None:
        return there, None
    hours, seconds = divmod(where.first_in.wall - at(DAY, "00:00"), HOUR)
    return there, f"{hours:02}:{seconds // 60:02}"


OUT = None, None


@pytest.mark.parametrize(
    ("shift", "punched", "clock", "expected"),
    [
        # Somebody comes hours before any shift opens.
        (EIGHT, "00:45", "01:00", ("?", "00:45")),
        (EIGHT, "00:45", "12:00", ("?", "00:45")),
        (EIGHT, "00:45k0", "01:00", ("?", "00:45")),
        (EIGHT, "00:45k4", "01:00", ("in", "00:45")),
        (EIGHT, "00:45k0 01:30k1", "02:00", OUT),
        (EIGHT, "00:45k1", "01:00", OUT),
        # By one that may be either nobody is taken for gone, but nobody knows.
        (EIGHT, "00:45 01:30", "02:00", ("?", "00:45")),
        # And then for the shift.
        (EIGHT, "00:45 01:30 08:00", "09:00", ("in", "08:00")),
        (EIGHT, "00:45 08:00 16:00", "17:00", OUT),
        # Or after it.
        (SHUT, "08:00 16:00 20:00", "20:30", ("in", "08:00")),
        (SHUT, "08:00 16:00 20:00 21:00", "21:30", ("?", "08:00")),
        (SHUT, "08:00 16:00 20:00k0 21:00k1", "21:30", OUT),
        (SCHOOL, "07:50 14:00 19:00", "19:30", ("in", "07:50")),
        (SHUT, "08:00 18:00k1 19:00", "20:00", ("in", "08:00")),
        # The day closed, and they were not seen to go.
        (SHUT, "08:00", "20:00", ("?", "08:00")),
        (SCHOOL, "08:00 15:20", "23:59", ("?", "08:00")),
        (SHUT, "08:00 20:00k1", "20:30", OUT),
        # Between the windows.
        (SCHOOL, "10:30", "11:00", ("in", "10:30")),
        (SCHOOL, "10:30 10:30:20", "11:00", ("in", "10:30")),
        (SCHOOL, "10:30 14:00", "14:30", OUT),
        (SCHOOL, "10:30k4", "12:30", ("in", "10:30")),
        (SCHOOL, "10:30k2", "11:00", ("?", None)),
        (SCHOOL, "10:30 11:30", "12:00", ("?", "10:30")),
        # Who has come has gone by a key alone, and is back by anything.
        (SCHOOL, "08:00 10:30", "11:00", ("in", "08:00")),
        (SCHOOL, "08:00 10:30k1", "11:00", OUT),
        (SCHOOL, "08:00 10:30k1 11:30k0", "12:00", ("in", "08:00")),
        (SCHOOL, "08:00 10:30k1 11:30", "12:00", ("in", "08:00")),
        (SCHOOL, "10:30 11:30k1 12:00", "12:30", ("in", "10:30")),
        (SCHOOL, "08:00 10:30k2", "11:00", ("on_break", "08:00")),
        (SCHOOL, "06:30 07:30 10:30", "11:00", ("in", "07:30")),
        # The double of a check-out.
        (SCHOOL, "08:00 14:59:50 15:00:10", "15:30", OUT),
        # Over midnight, with what the day before left open.
        (EIGHT, "-14:00 00:30 00:40", "01:00", ("?", "00:30")),
        (EIGHT, "-14:00k0 00:30 00:40", "01:00", ("?", "00:30")),
        (EIGHT, "-14:00k0 00:10k1", "00:30", OUT),
        (SHUT, "-23:50 00:30 00:45", "01:00", ("?", "00:30")),
        # Nights.
        (NIGHT, "-22:00k0 15:00k1", "15:30", OUT),
        (NIGHT, "17:30k0 18:10k1", "18:30", OUT),
        (WATCH, "-22:00 08:00", "08:30", ("?", "08:00")),
        (WATCH, "-22:00 08:00 08:10", "08:30", ("?", "08:00")),
        (WATCH, "-22:00k0 08:00k1", "08:30", OUT),
        (WATCH, "12:00k0 20:30k1", "21:30", OUT),
    ],
)
def test_they_are_there(
    site: Site,
    shift: Shift,
    punched: str,
    clock: str,
    expected: tuple[str | None, str | None],
) -> None:
    """Whom no window holds is in the roll call, and wherever it is said who is there."""
    site.rules = Rules(default=shift)
    punch(site, punched)
    is_at(site, clock)
    assert presence(site) == expected


def test_they_count_for_nothing_else(site: Site) -> None:
    """The mark of such a day is what it is without them, and says that there are some.

    Nobody is said to be both absent and on site; the roll call has them all the same.
    """
    site.rules = Rules(default=SCHOOL)
    punch(site, "10:30")
    is_at(site, "11:00")
    mark = marks(site)[1]
    assert (mark.status, mark.presence, mark.first_in) == ("expected", "in", None)
    is_at(site, "23:00")
    mark = marks(site)[1]
    assert (mark.status, mark.final, mark.worked) == ("absent", True, 0)
    assert mark.flags == {"outside"}
    assert Board(DAY, [mark]).inside("p1", site.now) is None
    where = site.book.whereabouts(site.case, ["p1"], site.now)["p1"]
    assert (where.presence, where.not_checked_out) == ("in", True)


def test_a_human_says_absent(site: Site) -> None:
    """Then no sensor has them on site, whatever they punch outside the windows."""
    site.rules = Rules(default=SCHOOL)
    punch(site, "10:30")
    is_at(site, "11:00")
    said = Correction(
        number=0,
        kind="mark",
        by="Petra",
        at=utc_of(at(DAY, "10:45"), ZONE),
        why="gone home",
        person_id="p1",
        date=DAY,
        status="absent",
    )
    punch(site, "10:50")
    assert Board(DAY, marks(site, (said,))).inside("p1", site.now) is None
    assert "p1" in site.book.whereabouts(site.case, ["p1"], site.now)
