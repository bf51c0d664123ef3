"""Who is in the building by punches that no shift counts: they are there all the same."""

from dataclasses import replace
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
        made = Punch(
            "1001", at(DAY, clock), direction_of(code, "auto"), "card", 2, code
        )
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


def presence(site: Site) -> tuple[str | None, str | None, bool]:
    """Return where the roll call has them, since when, and whether they forgot to go.

    What sensors and trackers say must be the same.
    """
    where = site.book.whereabouts(site.case, ["p1"], site.now).get("p1")
    board = Board(DAY, marks(site))
    assert (board.inside("p1", site.now) is not None) == (where is not None)
    assert len(board.on_site(site.now)) == (where is not None)
    if where is None:
        return None, None, False
    assert where.first_in is not None
    hours, seconds = divmod(where.first_in.wall - at(DAY, "00:00"), HOUR)
    since = f"{hours:02}:{seconds // 60:02}"
    return where.presence, since, where.not_checked_out


OUT = None, None, False


@pytest.mark.parametrize(
    ("shift", "punched", "clock", "expected"),
    [
        # Somebody comes hours before any shift opens.
        (EIGHT, "00:45", "01:00", ("in", "00:45", False)),
        (EIGHT, "00:45", "12:00", ("in", "00:45", False)),
        (EIGHT, "00:45k0", "01:00", ("in", "00:45", False)),
        (EIGHT, "00:45 01:30", "02:00", OUT),
        (EIGHT, "00:45 01:30 01:45", "02:00", ("in", "00:45", False)),
        (EIGHT, "00:45k0 01:30k1", "02:00", OUT),
        (EIGHT, "00:45k1", "01:00", OUT),
        # And then for the shift.
        (EIGHT, "00:45 01:30 08:00", "09:00", ("in", "08:00", False)),
        (EIGHT, "00:45 08:00 16:00", "17:00", OUT),
        # Or after it.
        (SHUT, "08:00 16:00 20:00", "20:30", ("in", "08:00", False)),
        (SHUT, "08:00 16:00 20:00 21:00", "21:30", OUT),
        (SHUT, "20:00", "20:30", ("in", "20:00", False)),
        # The day closed, and they were not seen to go.
        (SHUT, "00:45", "20:00", ("in", "00:45", True)),
        (SHUT, "08:00", "20:00", ("in", "08:00", True)),
        (SHUT, "08:00 20:00k1", "20:30", OUT),
        # Between the windows.
        (SCHOOL, "10:30", "11:00", ("in", "10:30", False)),
        (SCHOOL, "10:30 10:30:20", "11:00", ("in", "10:30", False)),
        (SCHOOL, "10:30 11:30", "12:00", OUT),
        (SCHOOL, "10:30 14:00", "14:30", OUT),
        # Who has come has not gone with a punch that may be either, but by a key.
        (SCHOOL, "08:00 10:30", "11:00", ("in", "08:00", False)),
        (SCHOOL, "08:00 10:30k1", "11:00", OUT),
        (SCHOOL, "08:00 10:30k1 11:30k0", "12:00", ("in", "08:00", False)),
        (SCHOOL, "08:00 10:30k2", "11:00", ("on_break", "08:00", False)),
        # The double of a check-out.
        (SCHOOL, "08:00 14:59:50 15:00:10", "15:30", OUT),
    ],
)
def test_they_are_there(
    site: Site,
    shift: Shift,
    punched: str,
    clock: str,
    expected: tuple[str | None, str | None, bool],
) -> None:
    """Whom no window holds is in the roll call, and wherever it is said who is there."""
    site.rules = Rules(default=shift)
    punch(site, punched)
    is_at(site, clock)
    assert presence(site) == expected


def test_they_count_for_nothing_else(site: Site) -> None:
    """The mark of such a day is what it is without them, and says that there are some."""
    site.rules = Rules(default=SCHOOL)
    punch(site, "10:30")
    is_at(site, "11:00")
    mark = marks(site)[1]
    assert (mark.status, mark.presence, mark.first_in) == ("expected", "in", None)
    is_at(site, "23:00")
    mark = marks(site)[1]
    assert (mark.status, mark.final, mark.worked) == ("absent", True, 0)
    assert not mark.is_on_site
    assert mark.flags == {"outside"}


def test_a_human_knows_better(site: Site) -> None:
    """Who is said to be absent is not on site, until they punch again."""
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
    assert Board(DAY, marks(site, (said,))).inside("p1", site.now) is None
    punch(site, "10:50")
    punch(site, "10:55")
    assert Board(DAY, marks(site, (said,))).inside("p1", site.now) is not None
    (mark,) = [one for one in marks(site, (said,)) if one.date == DAY]
    assert mark.status == "absent"
    assert not mark.is_on_site
