"""Marks in brief: kept in memory, and never older than the marks."""

from collections.abc import Callable, Iterator
from datetime import date as Date, timedelta
from pathlib import Path
from typing import override

import pytest
from sqlalchemy import Connection

from custom_components.syncid.core.attendance.marks import Brief
from custom_components.syncid.core.briefs import Briefs
from custom_components.syncid.core.ledger.ledger import Ledger

from .book_kit import AMINA, DAY, Site
from .kit import open_ledger


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site that knows both people."""
    with open_ledger(tmp_path) as ledger:
        made = Site(ledger)
        made.know()
        yield made


def who_is_what(site: Site) -> list[tuple[str, str]]:
    """Return what everybody is today, in brief."""
    return [(one.person_id, one.status) for one in site.book.briefs(DAY, DAY)]


def test_briefs_are_as_marks_are(site: Site) -> None:
    """What was kept of a date is read anew once a mark of it changed or went."""
    assert who_is_what(site) == []
    site.come("08:17")
    site.come("08:00", "1002")
    yesterday = DAY - timedelta(days=1)
    site.come("08:00", day=yesterday)
    assert who_is_what(site) == [("p1", "late"), ("p2", "present")]
    assert len(site.book.briefs(yesterday, DAY)) == 3
    site.come("07:58")
    assert who_is_what(site) == [("p1", "present"), ("p2", "present")]
    everything = site.book.briefs(Date.min, Date.max)
    assert everything == site.book.briefs(yesterday, DAY)
    site.book.erase("p2")
    assert who_is_what(site) == [("p1", "present")]
    long_ago = DAY - timedelta(days=150)
    site.come("08:00", day=long_ago)
    assert len(site.book.briefs(long_ago, long_ago)) == 1
    site.ledger.write(
        lambda connection: connection.exec_driver_sql("DELETE FROM punches")
    ).result()
    site.book.forget(site.case, {"p1": {long_ago}})
    assert site.book.briefs(long_ago, long_ago) == []


def test_briefs_of_who_was_merged(site: Site) -> None:
    """Nobody is in a grid who is another one now."""
    site.come("08:00", "1002")
    assert who_is_what(site) == [("p2", "present")]
    site.book.merge(AMINA, "p2")
    assert who_is_what(site) == []


def test_briefs_of_another_file(site: Site) -> None:
    """What was read of a file that is gone is not told of the one in its place."""
    site.come("08:00")
    assert who_is_what(site) == [("p1", "present")]
    site.ledger.write(
        lambda connection: connection.exec_driver_sql("DELETE FROM marks")
    ).result()
    site.book.look_again()
    assert who_is_what(site) == []


def test_briefs_that_changed_while_they_were_read(site: Site) -> None:
    """What was read just before a change is told, and not kept."""

    class Slow(Ledger):
        """Somebody comes while it reads for the first time."""

        def __init__(self) -> None:
            self.reads = 0

        @override
        def read[T](self, read: Callable[[Connection], T]) -> T:
            found = site.ledger.read(read)
            self.reads += 1
            if self.reads == 1:
                site.come("08:00")
                briefs.forget({DAY})
            return found

    slow = Slow()
    briefs = Briefs(slow)
    assert briefs.between(DAY, DAY) == []
    found = briefs.between(DAY, DAY)
    assert found == [Brief("p1", DAY, "present", False)]
    assert briefs.between(DAY, DAY) == found
    assert slow.reads == 2


def test_briefs_are_not_kept_without_end(site: Site) -> None:
    """Of more than there is room for, the dates that were asked for first go."""
    days = [DAY - timedelta(days=number) for number in range(3)]
    for day in days:
        site.come("08:00", day=day)
    briefs = Briefs(site.ledger, most=2)
    for day in days:
        assert len(briefs.between(day, day)) == 1
    site.ledger.write(
        lambda connection: connection.exec_driver_sql("DELETE FROM marks")
    ).result()
    assert [len(briefs.between(day, day)) for day in reversed(days)] == [1, 1, 0]
