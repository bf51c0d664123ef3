"""By what punches are known again, which is kept beside the ledger, not in it."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import closing
import gc
from pathlib import Path
import shutil
import sqlite3
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection

from custom_components.syncid.core.errors import LedgerError
from custom_components.syncid.core.ledger.erased import Erased
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import Batch, Punches, Unreadable
from custom_components.syncid.core.shelf import Shelf

from .killed import ERASED, cursor, punches
from .kit import PATIENCE, SERIAL, ZONE, TerminalKit, open_ledger
from .test_log import collect, punch_later

DAY = 86_400
LEDGER, TRACES = "syncid.db", "syncid.traces.db"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger that knows terminal A, with ten punches and how far it is read."""
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        read(ledger)
        yield ledger


def read(ledger: Ledger, number: int = 1) -> None:
    """Have the next ten records of the log read."""
    batch = Batch(
        "A",
        "poll",
        punches(10 * (number - 1), 10 * number),
        since=ledger.cursor("A"),
        cursor=cursor(number),
    )
    ledger.ingest(batch).result()


def come(ledger: Ledger, some: Punches) -> tuple[int, int]:
    """Have punches told again; return how many were new, and were known."""
    ledger.register("A", ZONE).result()
    told = ledger.ingest(Batch("A", "import", some)).result()
    return told.new, told.duplicates


def count(ledger: Ledger) -> int:
    """Return how many punches there are."""
    return ledger.statistics()["punches"]


def rows(file: Path, sql: str) -> list[Any]:
    """Return what is in a file, whoever has it open."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def in_ledger(folder: Path) -> bytes:
    """Return all bytes of the ledger's file, and of its log."""
    return b"".join(path.read_bytes() for path in folder.glob(f"{LEDGER}*"))


def assert_none_in_ledger(folder: Path) -> None:
    """See that nothing that is among the traces is in the ledger."""
    content = in_ledger(folder)
    for (number,) in rows(folder / TRACES, "SELECT number FROM erased"):
        for order in ("big", "little"):
            assert number.to_bytes(8, order, signed=True) not in content
    for (records,) in rows(folder / TRACES, "SELECT records FROM ends"):
        assert records not in content
        assert urlsafe_b64decode(records) not in content


def lose(folder: Path) -> None:
    """Lose the traces of a ledger that is closed."""
    (folder / TRACES).unlink()


# --- which of the two is of another day -----------------------------------------------


def test_none_in_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    """Neither how far a log is read nor what was erased leaves anything of a punch."""
    assert ledger.cursor("A") == cursor(1)
    Shelf(ledger).erase_users([("A", "7")])
    assert ledger.is_wiped
    assert len(rows(tmp_path / TRACES, "SELECT * FROM erased")) == 10
    assert_none_in_ledger(tmp_path)
    assert ledger.cursor("A") == cursor(1)
    assert come(ledger, punches(0, 11)) == (1, 10)


def test_traces_that_are_lost(ledger: Ledger, tmp_path: Path) -> None:
    """The end of the log is not known any more, nor what was erased; that is told."""
    Shelf(ledger).erase_users([("A", "7")])
    ledger.close()
    lose(tmp_path)
    for _ in range(2):
        with open_ledger(tmp_path) as again:
            assert not again.key_fits
            found = again.cursor("A")
            assert found is not None
            assert (found.count, found.record_size, found.overlap) == (10, 0, b"")
            come(again, punches(20, 22, "8"))
            Shelf(again).erase_users([("A", "8")])
            # What is erased since then is known again, and no more than that.
            assert come(again, punches(20, 22, "8")) == (0, 2)
            assert len(rows(tmp_path / LEDGER, "SELECT * FROM erasings")) == 2


def test_traces_that_are_lost_before_anything_was_erased(
    ledger: Ledger, tmp_path: Path
) -> None:
    """There is nothing to tell."""
    ledger.close()
    lose(tmp_path)
    with open_ledger(tmp_path) as again:
        assert again.key_fits


def test_traces_of_a_day_before(ledger: Ledger, tmp_path: Path) -> None:
    """They lack what was erased since, which is told until the right ones are back."""
    read(ledger, 2)
    come(ledger, punches(30, 32, "8"))
    Shelf(ledger).erase_users([("A", "8")])
    ledger.close()
    shutil.copy(tmp_path / TRACES, tmp_path / "old")
    with open_ledger(tmp_path) as later:
        later.register("A", ZONE).result()
        read(later, 3)
        Shelf(later).erase_users([("A", "7")])
    shutil.copy(tmp_path / TRACES, tmp_path / "new")
    shutil.copy(tmp_path / "old", tmp_path / TRACES)
    with open_ledger(tmp_path) as mixed:
        assert not mixed.key_fits
        found = mixed.cursor("A")
        assert found is not None
        assert (found.count, found.record_size) == (30, 0)
    shutil.copy(tmp_path / "new", tmp_path / TRACES)
    with open_ledger(tmp_path) as whole:
        assert whole.key_fits
        assert whole.cursor("A") == cursor(3)
        assert come(whole, punches(0, 30)) == (0, 30)


@pytest.mark.parametrize("reads", [2, 3])
def test_ledger_of_a_day_before(ledger: Ledger, tmp_path: Path, reads: int) -> None:
    """With traces that are newer, nothing is believed to be read that it does not hold."""
    ledger.close()
    shutil.copy(tmp_path / LEDGER, tmp_path / "old")
    with open_ledger(tmp_path) as later:
        later.register("A", ZONE).result()
        for number in range(2, 1 + reads):
            read(later, number)
        Shelf(later).erase_users([("A", "8")])
    shutil.copy(tmp_path / "old", tmp_path / LEDGER)
    with open_ledger(tmp_path) as mixed:
        assert mixed.key_fits
        found = mixed.cursor("A")
        assert found is not None
        assert (found.count, found.record_size, found.overlap) == (10, 0, b"")
        mixed.register("A", ZONE).result()
        read(mixed, 2)
        assert mixed.cursor("A") == cursor(2)
        assert count(mixed) == 20


def test_ledger_of_a_day_before_erasing(ledger: Ledger, tmp_path: Path) -> None:
    """What was erased since is in it again, and stays away once it is erased again."""
    ledger.close()
    shutil.copy(tmp_path / LEDGER, tmp_path / "old")
    with open_ledger(tmp_path) as later:
        Shelf(later).erase_users([("A", "7")])
    shutil.copy(tmp_path / "old", tmp_path / LEDGER)
    with open_ledger(tmp_path) as mixed:
        assert mixed.key_fits
        assert count(mixed) == 10
        assert Shelf(mixed).erase_users([("A", "7")])["punches"] == 10
        assert come(mixed, punches(0, 10)) == (0, 10)
    lose(tmp_path)
    # By the ledger as it is now, and by one that was begun anew meanwhile.
    with open_ledger(tmp_path) as alone:
        assert not alone.key_fits


def test_traces_lost_after_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    """A ledger that was begun anew knows that something was erased, and tells."""
    Shelf(ledger).erase_users([("A", "7")])
    ledger.close()
    (tmp_path / LEDGER).write_bytes(b"This is no database. " * 1000)
    with open_ledger(tmp_path) as anew:
        assert anew.key_fits
        assert come(anew, punches(0, 11)) == (1, 10)
    lose(tmp_path)
    with open_ledger(tmp_path) as anew:
        assert not anew.key_fits


def test_unsettled_when_the_ledger_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was erased stays away, though it could not be settled: as by a full disk."""
    with open_ledger(tmp_path) as ledger:
        come(ledger, punches(0, 10, ERASED))
        monkeypatch.setattr(ledger, "_settle", lambda: None)
        assert Shelf(ledger).erase_users([("A", ERASED)])["punches"] == 10
        assert count(ledger) == 0
    spoil(tmp_path / LEDGER)
    with open_ledger(tmp_path) as ledger:
        assert come(ledger, punches(0, 10, ERASED)) == (0, 10) or not ledger.key_fits


def test_unsettled_in_a_ledger_of_a_day_before(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came and was erased since stays away; what it still has is there."""
    ledger.close()
    shutil.copy(tmp_path / LEDGER, tmp_path / "old")
    with open_ledger(tmp_path) as later:
        come(later, punches(10, 12))
        monkeypatch.setattr(later, "_settle", lambda: None)
        assert Shelf(later).erase_users([("A", "7")])["punches"] == 12
    shutil.copy(tmp_path / "old", tmp_path / LEDGER)
    with open_ledger(tmp_path) as mixed:
        assert come(mixed, punches(0, 13)) == (1, 12)
        assert count(mixed) == 11
        assert mixed.erased_among("A", {(0, "7"), (10 * DAY, "7")}) == {(10 * DAY, "7")}
    lose(tmp_path)
    with open_ledger(tmp_path) as alone:
        assert not alone.key_fits


# --- at a terminal --------------------------------------------------------------------


def files(kit: TerminalKit, folder: Path) -> None:
    """Copy the files of a ledger that is at work."""
    kit.ledger.begin_backup()
    folder.mkdir()
    for path in kit.ledger._path.parent.glob("syncid.*db*"):
        shutil.copy(path, folder / path.name)
    kit.ledger.end_backup()


def test_lost_while_a_terminal_is_read(kit: TerminalKit, tmp_path: Path) -> None:
    """All of the log is read once, silently; nobody is doubled, and none is missing."""
    kit.start()
    kit.fill(3000)
    cleared: list[None] = []
    terminal = kit.make_terminal(on_log_cleared=lambda: cleared.append(None))
    collect(kit, terminal)
    files(kit, tmp_path / "copy")
    lose(tmp_path / "copy")
    with open_ledger(tmp_path / "copy") as kit.ledger:
        punch_later(kit, 1)
        terminal = kit.make_terminal(on_log_cleared=lambda: cleared.append(None))
        told = collect(kit, terminal)
        assert (told.new, told.duplicates) == (1, 3000)
        assert kit.news.qsize() == 1
        kit.assert_ledger_is_log()
        assert collect(kit, terminal).read == 0
    assert cleared == []


@pytest.mark.parametrize("more", [1, 40, 300])
def test_old_ledger_with_new_traces(
    kit: TerminalKit, tmp_path: Path, more: int
) -> None:
    """What was read after the ledger was copied is read again."""
    kit.start()
    kit.fill(500)
    collect(kit, kit.make_terminal())
    files(kit, tmp_path / "old")
    punch_later(kit, more)
    collect(kit, kit.make_terminal())
    files(kit, tmp_path / "new")
    shutil.copy(tmp_path / "new" / TRACES, tmp_path / "old" / TRACES)
    with open_ledger(tmp_path / "old") as kit.ledger:
        assert sum(kit.stored().values()) == 500
        assert collect(kit, kit.make_terminal()).new == more
        kit.assert_ledger_is_log()
        found = kit.ledger.cursor(SERIAL)
        assert found is not None
        assert found.overlap


# --- files that cannot be read --------------------------------------------------------


def spoil(file: Path) -> None:
    """Overwrite all of a file."""
    file.write_bytes(b"This is no database. " * 1000)


@pytest.mark.parametrize("is_erased", [True, False])
def test_unreadable_at_start(ledger: Ledger, tmp_path: Path, is_erased: bool) -> None:
    """It is put aside; the ledger goes on as if it were lost."""
    if is_erased:
        Shelf(ledger).erase_users([("A", "7")])
    ledger.close()
    spoil(tmp_path / TRACES)
    replaced: list[Path] = []
    with open_ledger(tmp_path, on_replaced=replaced.append) as again:
        assert again.key_fits is not is_erased
        assert again.put_aside() == [f"{TRACES}.corrupt-20261120-080000"]
        assert count(again) == (0 if is_erased else 10)
    assert replaced == []


def test_both_unreadable(ledger: Ledger, tmp_path: Path) -> None:
    """Both are put aside, and that is told of the ledger."""
    ledger.close()
    for name in (LEDGER, TRACES):
        spoil(tmp_path / name)
    replaced: list[Path] = []
    with open_ledger(tmp_path, on_replaced=replaced.append) as anew:
        assert len(anew.put_aside()) == 2
        assert [aside.name for aside in replaced] == anew.put_aside()[:1]
        assert come(anew, punches(0, 10)) == (10, 0)


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[tuple[Ledger, list[None]]]:
    """Return a ledger whose traces were damaged while it was open."""
    lost: list[None] = []
    details: dict[str, Any] = {"on_traces_lost": lambda: lost.append(None)}
    with open_ledger(tmp_path, **details) as ledger:
        ledger.register("A", ZONE).result()
        read(ledger)
        come(ledger, punches(0, 2000, "8"))
        Shelf(ledger).erase_users([("A", "8")])
    with open_ledger(tmp_path, **details) as ledger:
        file = tmp_path / TRACES
        size = file.stat().st_size
        with file.open("r+b") as content:
            content.seek(4096)
            content.write(b"\xa5" * (size - 4096))
        yield ledger, lost


def test_unreadable_while_open(damaged: tuple[Ledger, list[None]]) -> None:
    """What comes is stored, and that what was erased may come back is told."""
    ledger, lost = damaged
    assert ledger.key_fits
    assert come(ledger, punches(50, 60)) == (10, 0)
    assert not ledger.key_fits
    assert lost == [None]
    assert len(ledger.put_aside()) == 1
    assert count(ledger) == 20
    Shelf(ledger).erase_users([("A", "7")])
    assert come(ledger, punches(0, 10)) == (0, 10)


@pytest.mark.parametrize("asks", ["cursor", "erased_among"])
def test_unreadable_while_reading(
    damaged: tuple[Ledger, list[None]], asks: str
) -> None:
    """A reader finds out as well, and has it replaced."""
    ledger, lost = damaged
    if asks == "cursor":
        found = ledger.cursor("A")
        assert found is not None
        assert (found.count, found.record_size) == (10, 0)
    else:
        assert ledger.erased_among("A", {(0, "8")}) == set()
    assert lost == [None]


def test_nothing_stays_open(damaged: tuple[Ledger, list[None]], tmp_path: Path) -> None:
    """Neither of a file that was replaced nor of the next one."""
    ledger, _ = damaged
    ledger.begin_backup()
    come(ledger, punches(50, 60))
    ledger.close()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith("-wal")]
    for one in gc.get_objects():
        if isinstance(one, sqlite3.Connection):
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                one.execute("SELECT 1")


def test_no_room_for_traces(ledger: Ledger, tmp_path: Path) -> None:
    """What cannot be noted is not deleted, and what cannot be known again not stored."""
    with closing(sqlite3.connect(tmp_path / TRACES)) as connection:
        for table in ("erased", "ends"):
            connection.execute(
                f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        with pytest.raises(LedgerError, match="full"):
            Shelf(ledger).erase_users([("A", "7")])
        with pytest.raises(LedgerError, match="full"):
            read(ledger, 2)
        for table in ("erased", "ends"):
            connection.execute(f"DROP TRIGGER full_{table}")
    assert count(ledger) == 10
    assert ledger.cursor("A") == cursor(1)
    read(ledger, 2)
    assert ledger.cursor("A") == cursor(2)


def test_erasing_that_is_not_committed(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted before the ledger failed is taken back."""
    aside = Batch("A", "poll", unreadable=[Unreadable(b"aside", "7", "time")])
    ledger.ingest(aside).result()
    commits: list[None] = []
    commit = ledger._engine.dialect.do_commit

    def fail_once(connection: Any) -> None:
        commits.append(None)
        if len(commits) == 1:
            raise sqlite3.OperationalError("database or disk is full")
        commit(connection)

    monkeypatch.setattr(ledger._engine.dialect, "do_commit", fail_once)
    with pytest.raises(LedgerError, match="full"):
        Shelf(ledger).erase_users([("A", "7")])
    assert commits
    ledger.write(lambda _: None).result()
    for table in ("erased", "erasings", "undo"):
        assert rows(tmp_path / TRACES, f"SELECT * FROM {table}") == []  # noqa: S608
    assert count(ledger) == 10
    assert ledger.erased_among("A", {(0, "7")}) == set()
    Shelf(ledger).erase_users([("A", "7")])
    assert come(ledger, punches(0, 10)) == (0, 10)


def test_erasing_in_a_closed_ledger(tmp_path: Path) -> None:
    """It is refused, and no file is opened again that nobody closes."""
    with open_ledger(tmp_path) as ledger:
        come(ledger, punches(0, 10))
    assert not [path for path in tmp_path.iterdir() if path.name.endswith("-wal")]
    with pytest.raises(LedgerError, match="closed"):
        Shelf(ledger).erase_users([("A", "7")])
    try:
        left = [path.name for path in tmp_path.iterdir() if path.name.endswith("-wal")]
        assert left == []
    finally:
        ledger._engine.dispose()


def test_erasing_that_is_cancelled(ledger: Ledger) -> None:
    """It leaves alone what is being erased meanwhile."""
    is_noted, is_cancelled = Event(), Event()

    def erase(connection: Connection, erased: Erased) -> None:
        erased.note(connection, [(1, "7")])
        is_noted.set()
        assert is_cancelled.wait(PATIENCE)

    first = ledger.erase(erase)
    assert is_noted.wait(PATIENCE)
    assert ledger.erase(erase).cancel()
    is_cancelled.set()
    first.result()
    assert ledger.erased_among("A", {(0, "7")}) == {(0, "7")}


def test_backup(ledger: Ledger, tmp_path: Path) -> None:
    """A copy of both files that is made while they change is whole."""
    Shelf(ledger).erase_users([("A", "7")])
    ledger.begin_backup()
    before = (tmp_path / TRACES).read_bytes()
    for number in range(2, 40):
        read(ledger, number)
    assert (tmp_path / TRACES).read_bytes() == before
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (LEDGER, f"{LEDGER}-wal", TRACES, f"{TRACES}-wal"):
        if (tmp_path / name).exists():
            shutil.copy(tmp_path / name, copy / name)
    ledger.end_backup()
    with open_ledger(copy) as copied:
        assert copied.key_fits
        assert copied.cursor("A") == cursor(39)
        assert come(copied, punches(0, 10)) == (0, 10)
