"""What is left of a ledger and its traces when SyncID is killed between two steps."""

from contextlib import closing
from pathlib import Path
import shutil
import sqlite3
import subprocess
import sys

import pytest

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import Batch, Punch, Punches
from custom_components.syncid.core.shelf import Shelf

from .killed import DAY, ERASED, READS, cursor, punches
from .kit import ZONE, open_ledger
from .test_migrations import OLD
from .test_traces import (
    LEDGER,
    TRACES,
    assert_none_in_ledger,
    come,
    count,
    in_ledger,
    read,
    rows,
    spoil,
)

ROOT = Path(__file__).parents[2]


def killed(folder: Path, what: str) -> list[Path]:
    """Have something done to what is in `before`; return what each death of it left."""
    subprocess.run(
        [sys.executable, "-m", "tests.core.killed", what, str(folder)],
        cwd=ROOT,
        check=True,
    )
    deaths = sorted(
        (path for path in folder.iterdir() if path.name != "before"),
        key=lambda path: int(path.name),
    )
    assert len(deaths) > 8
    return deaths


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Return the folder for the ledger that something is done to."""
    folder = tmp_path / "before"
    folder.mkdir()
    return folder


def wait_for_wipe(ledger: Ledger) -> None:
    """Wait until what was to be wiped when the ledger was opened is."""
    ledger.write(lambda _: None).result()
    ledger.write(lambda _: None).result()
    assert ledger.is_wiped


def test_killed_while_erasing(tmp_path: Path, before: Path) -> None:
    """All of somebody is deleted, wiped, and stays away; or nothing of them is."""
    with open_ledger(before) as ledger:
        come(ledger, punches(0, 10, ERASED))
        come(ledger, punches(0, 10, "8"))
    outcomes = set()
    for home in killed(tmp_path, "erase"):
        with open_ledger(home) as ledger:
            assert ledger.key_fits
            outcomes.add(left := count(ledger) - 10)
            gone = ledger.erased_among("A", {(day * DAY, ERASED) for day in range(10)})
            assert len(gone) == 10 - left
            wait_for_wipe(ledger)
            assert_none_in_ledger(home)
            # Though the file was not wiped when it was deleted.
            assert (ERASED.encode() in in_ledger(home)) is bool(left)
            assert come(ledger, punches(0, 10, ERASED)) == (0, 10)
            assert come(ledger, punches(10, 11, ERASED)) == (1, 0)
        assert rows(home / TRACES, "SELECT * FROM undo") == []
    assert outcomes == {0, 10}


def test_ledger_lost_before_an_erasing_is_settled(tmp_path: Path, before: Path) -> None:
    """What was deleted stays away though the ledger alone is lost, or that is told."""
    with open_ledger(before) as ledger:
        come(ledger, punches(0, 10, ERASED))
    came_back = []
    for home in killed(tmp_path, "erase"):
        if rows(home / LEDGER, "SELECT 1 FROM punches"):
            continue  # it was not deleted
        spoil(home / LEDGER)
        with open_ledger(home) as ledger:
            if come(ledger, punches(0, 10, ERASED))[0] and ledger.key_fits:
                came_back.append(home.name)
    assert came_back == []


def test_killed_while_reading(tmp_path: Path, before: Path) -> None:
    """The log is known by the end of what is stored, wherever that is."""
    with open_ledger(before) as ledger:
        ledger.register("A", ZONE).result()
        ledger.ingest(Batch("A", "poll", cursor=cursor(0))).result()
    outcomes = set()
    for home in killed(tmp_path, "read"):
        with open_ledger(home) as ledger:
            number = count(ledger) // 10
            outcomes.add(number)
            assert ledger.cursor("A") == cursor(number)
            ledger.register("A", ZONE).result()
            read(ledger, number + 1)
            assert ledger.cursor("A") == cursor(number + 1)
    assert {0, READS} <= outcomes


def test_killed_while_moving(tmp_path: Path, before: Path) -> None:
    """A ledger that had all of it becomes one that has nothing, and nothing is lost."""
    (old,) = [path for path in OLD if path.stem == "9"]
    with closing(sqlite3.connect(before / LEDGER)) as connection:
        connection.executescript(old.read_text())
        ((number,),) = connection.execute("SELECT number FROM erased")
        ends = [end for (end,) in connection.execute("SELECT overlap FROM cursors")]
    told = Punches.of([Punch("1002", 28801, "unknown", "unknown")])
    for home in killed(tmp_path, "open"):
        with open_ledger(home) as ledger:
            assert ledger.key_fits
            assert count(ledger) == 2
            for serial in ("A", "B"):
                found = ledger.cursor(serial)
                assert found is not None
                assert (found.count, found.overlap) == (5, b"\1\2")
            wait_for_wipe(ledger)
            assert_none_in_ledger(home)
            content = in_ledger(home)
            for end in (*ends, number.to_bytes(8, signed=True)):
                assert end not in content
            assert come(ledger, told) == (0, 1)
        assert rows(home / LEDGER, "SELECT count(*) FROM erasings") == [(1,)]
        assert rows(home / TRACES, "SELECT number FROM erased") == [(number,)]


def test_killed_while_only_the_traces_are_read(tmp_path: Path) -> None:
    """Both files are written anew at the next start, not that of the ledger alone."""
    home, after = tmp_path / "home", tmp_path / "after"
    home.mkdir()
    with open_ledger(home) as ledger:
        come(ledger, punches(0, 3000, ERASED))
        reader = sqlite3.connect(home / TRACES, isolation_level=None)
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM erased").fetchall()
            Shelf(ledger).erase_users([("A", ERASED)])
            assert not ledger.is_wiped
            # As a kill leaves it.
            shutil.copytree(home, after)
        finally:
            reader.close()
    with open_ledger(after) as ledger:
        wait_for_wipe(ledger)
        # Of what was freed, which a file that was written anew has none of.
        assert rows(after / TRACES, "PRAGMA freelist_count") == [(0,)]
