"""What a review of the ledger claims to be wrong."""

from datetime import date as Date
from pathlib import Path

from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import NO_PUNCHES, Batch, Unreadable
from custom_components.syncid.core.shelf import Shelf

from .book_kit import Site
from .kit import ZONE, open_ledger


def test_quarantine_of_who_was_erased(tmp_path: Path) -> None:
    """What a terminal tells again of somebody erased is not taken, quarantined or not."""
    aside = [Unreadable(b"USER-4711 2000-13-45", "USER-4711", "time")]
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        ledger.register("A", ZONE).result()
        shelf.save_people(
            [Person(id="p1", name="A")], [Mapping("A", "USER-4711", "p1")]
        )
        ledger.ingest(Batch("A", "poll", NO_PUNCHES, aside)).result()
        assert shelf.erase("p1")["quarantine"] == 1
        # Its log is audited, or read anew.
        ledger.ingest(Batch("A", "poll", NO_PUNCHES, aside)).result()
        assert ledger.statistics()["quarantine"] == 0


def test_hour_that_comes_twice_in_another_zone(tmp_path: Path) -> None:
    """A punch in that hour is on the day of its stored moment, computed at once or anew."""
    sunday, saturday = Date(2026, 10, 25), Date(2026, 10, 24)
    early = Shift(start=HOUR, end=9 * HOUR, closes_after=12 * HOUR)
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=early, zone="America/New_York")
        # Of a log that is read later; taken for the first 02:30, it is 20:30 there.
        site.read("23:00", Date(2026, 10, 28))
        # 01:00 there; until 20:30 there.
        site.come("07:00", day=saturday)
        site.come("02:30", day=sunday)
        incremental = site.all()["p1", saturday]
        due = {"p1": [saturday]}
        site.book.work(site.case, due, "rules")
        anew = site.all()["p1", saturday]
        assert anew.last_out is not None
        assert incremental == anew
