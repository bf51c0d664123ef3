"""Ledgers of all shapes that there ever were become today's, with what is in them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date as Date
from hashlib import blake2b
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.syncid.core.attendance.schedule import Entry
from custom_components.syncid.core.book import Book
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.ledger.schema import VERSION
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import (
    Batch,
    Cursor,
    Punch,
    Punches,
    StoredPunch,
    Unreadable,
)

from .kit import open_ledger

# Named by version; of some versions there was more than one shape.
OLD = sorted(Path(__file__).with_name("old_ledgers").glob("*.sql"))
ADMS, PEOPLE, PLANS, PLACES = 2, 4, 5, 6
AMINA = Person(
    id="p1",
    name="Amina",
    external_id="17",
    groups=("7b",),
    valid_until=Date(2030, 1, 1),
    cards=frozenset({4711}),
)


def shape(file: Path) -> dict[str, Any]:
    """Return the tables of a file, with their columns in any order, and the indexes."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT type, name, tbl_name FROM sqlite_master")
        return {
            name: (
                sorted(
                    row[1:] for row in connection.execute(f"PRAGMA {kind}_info({name})")
                )
                if kind == "table"
                else of
            )
            for kind, name, of in names
            # What SQLite makes by itself is in the tables' own words.
            if not name.startswith("sqlite_")
        }


def loose(tables: dict[str, Any]) -> dict[str, Any]:
    """Return the same without defaults, which only a column needs that came later."""
    return {
        name: [(*row[:3], row[4]) for row in rows] if isinstance(rows, list) else rows
        for name, rows in tables.items()
    }


@pytest.fixture(params=OLD, ids=[path.stem for path in OLD])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, Path]:
    """Return the version of an old ledger, and the folder that it is in."""
    path: Path = request.param
    with closing(sqlite3.connect(tmp_path / "syncid.db")) as connection:
        connection.executescript(path.read_text())
    return int(path.stem[0]), tmp_path


@pytest.fixture
def ledger(old: tuple[int, Path]) -> Iterator[Ledger]:
    """Return it as today's SyncID opens it."""
    with open_ledger(old[1]) as ledger:
        yield ledger


def test_punches(old: tuple[int, Path], ledger: Ledger) -> None:
    """Punches, what is kept aside, and how far logs are read, say what they said."""
    assert ledger.punches(PunchQuery()) == [
        StoredPunch(
            "B",
            Punch("x2", 61200, "check_out", "face", 15, 1, 7),
            43200,
            "import",
            "push: unknown",
        ),
        StoredPunch(
            "A",
            Punch("1001", 28800, "check_in", "fingerprint", 1, 0, None),
            28800,
            "poll",
            None,
        ),
    ]
    assert ledger.statistics() == {"terminals": 2, "punches": 2, "quarantine": 1}
    cursor = ledger.cursor("A")
    assert cursor is not None
    assert (cursor.count, cursor.complete, cursor.past) == (5, True, 5)
    assert not list(old[1].glob("*corrupt*"))
    ledger.register("A", "UTC").result()
    known = Batch(
        "A",
        "push",
        Punches.of([Punch("1001", 28800, "check_in", "fingerprint", 1, 0, None)]),
        [Unreadable(b"\x00\xff", "", "time")],
        since=cursor,
        cursor=Cursor(6, 40, b"\3", True, 9, 5, highest_uid=8),
    )
    assert ledger.ingest(known).result().new == 0
    assert ledger.statistics()["quarantine"] == 1
    assert ledger.cursor("A") == known.cursor


def test_first_read_that_was_not_done(old: tuple[int, Path], ledger: Ledger) -> None:
    """What was not read to its end goes on, or begins again: it is no news."""
    cursor = ledger.cursor("B")
    assert cursor is None or (cursor.complete, cursor.past) == (False, 5)


def test_commands(old: tuple[int, Path], ledger: Ledger) -> None:
    """What waits to be said to a terminal is said; the queue can be written."""
    assert [row["text"] for row in ledger.commands("A")] == ["CHECK"] * (old[0] >= ADMS)
    ledger.end_commands("A").result()
    assert {row["text"] for row in ledger.commands("A")} <= {""}


def test_people(old: tuple[int, Path], ledger: Ledger) -> None:
    """People, marks, what was said of them and what is planned are there."""
    version, book = old[0], Book(ledger)
    has_people, has_plans = version >= PEOPLE, version >= PLANS
    directory, day = book.directory(), Date(1970, 1, 1)
    assert [*directory.people.values()] == [AMINA] * has_people
    assert directory.users_of("p1") == [("A", "1001")] * has_people
    marks = book.marks(day, day)
    assert [(mark.status, mark.unseen_since) for mark in marks] == [
        ("present", None)
    ] * has_people
    assert len(book.trace("p1", day)) == has_people
    assert [one.why for one in book.corrections()] == ["ill"] * has_people
    assert book.deliveries() == ({"A": 90000} if has_people else {})
    assert book.rota() == ({("p1", Date(1970, 1, 3)): None} if has_plans else {})
    assert [*book.entries()] == [2] * has_plans
    assert [*book.stale().values()] == [("p1", None)] * has_plans
    assert [*book.places()] == ["B"] * (version >= PLACES)
    # And more can be written.
    book.save_people([AMINA], [Mapping("B", "x2", "p1")])
    book.add_entries([Entry(who="p1", kind="leave", first=day, last=day, note="")])
    book.save_holidays(day, day, {day: "New year"})
    counts = book.erase("p1")
    assert (counts["people"], counts["punches"]) == (1, 1 + has_people)


def test_who_was_erased(old: tuple[int, Path]) -> None:
    """Nothing is left by which users can be told; what is erased now stays away."""
    with open_ledger(old[1]) as ledger:
        ledger.register("B", "Asia/Karachi").result()
        assert ledger.key_fits
        known = [one.punch for one in ledger.punches(PunchQuery(serials=("B",)))]
        Book(ledger).erase_users([("B", "x2")])
        assert ledger.ingest(Batch("B", "import", Punches.of(known))).result().new == 0
    stored = b"".join(path.read_bytes() for path in old[1].glob("syncid.db*"))
    assert blake2b(b"A\n1002", digest_size=16).digest() not in stored


def test_shape(old: tuple[int, Path], ledger: Ledger, tmp_path: Path) -> None:
    """The tables are those of a ledger that was made today, and stay so."""
    anew = tmp_path / "anew"
    anew.mkdir()
    with open_ledger(anew):
        pass
    today = loose(shape(anew / "syncid.db"))
    assert loose(shape(tmp_path / "syncid.db")) == today
    assert ledger.read(
        lambda one: one.exec_driver_sql("SELECT * FROM schema_version").scalars().all()
    ) == [VERSION]


def test_all_versions_are_tried() -> None:
    """Whoever changes a table keeps its shape of before in `old_ledgers`."""
    assert {int(path.stem[0]) for path in OLD} == {*range(1, VERSION)}
