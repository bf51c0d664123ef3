"""What is left of SyncID's work when Home Assistant is killed in the middle of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
import json
from pathlib import Path
import signal
import sqlite3
from typing import Any

import pytest

from scripts.lib.client import connect
from scripts.lib.home import HOST, Home
from scripts.lib.polling import until
from scripts.lib.syncid import add_terminal
from simulator import PROFILES, Command, Record, Server, Terminal

from .conftest import Owned

PEOPLE = [str(number) for number in range(1001, 1401)]
TAPPED = Path(__file__).with_name("tapped.py")

# What Home Assistant says of its own database after a kill.
_AFTER_A_KILL = ("was shutdown cleanly", "Ended unfinished session")

# Enough for many windows, so that the middle of the read is a wide one.
HISTORY = 30_000
READ_WINDOW = 1504

# Punches that a terminal can keep in mind without losing any.
ROOM = 60

type Key = tuple[str, int]


def make_terminal(history: int) -> Terminal:
    """Return a terminal at which everybody has punched."""
    terminal = Terminal(PROFILES["iface702"])
    for user_id in PEOPLE:
        terminal.add_user(user_id)
    terminal.fill_log(history)
    return terminal


def local_key(user_id: str, time: datetime | None) -> Key:
    """Return what names a punch; its second is that of the wall clock."""
    assert time is not None
    return user_id, int(time.replace(tzinfo=UTC).timestamp())


def keys(records: Iterable[Record]) -> list[Key]:
    """Return what names some punches, sorted."""
    return sorted(local_key(record.user_id, record.time) for record in records)


def announced_key(line: str) -> Key:
    """Return what names the punch that was announced."""
    event = json.loads(line)
    return local_key(event["user_id"], datetime.fromisoformat(event["time"]))


class Watched:
    """A home with one terminal or none, which is started again and again."""

    def __init__(self, folder: Path, home: Home, terminal_port: int) -> None:
        """Know the home, which is asleep, and where it looks for its terminal."""
        self.terminal_port = terminal_port
        self.home = home
        self._folder = folder
        self._lives = 0

    def copy_to(self, folder: Path) -> Watched:
        """Return another one with the same past."""
        home = self.home.copy_to(folder / "home", self.home.port)
        return Watched(folder, home, self.terminal_port)

    @asynccontextmanager
    async def looked_after(self) -> AsyncIterator[Watched]:
        """Stop it in the end, and see that it did not complain."""
        try:
            yield self
        finally:
            await self.home.close()
        assert list(self.home.complaints(*_AFTER_A_KILL)) == []
        assert self.is_intact()

    def next_life(self, *, kill_at: int = 0) -> Home:
        """Return the home for the next start, which may end at an announcement."""
        self._lives += 1
        program = (str(TAPPED), str(self._tap(self._lives)), str(kill_at))
        self.home = Home(self.home.folder, self.home.port, program=program)
        return self.home

    def _tap(self, life: int) -> Path:
        return self._folder / f"announced-{life}"

    def announced(self, life: int) -> list[Key]:
        """Return what names the punches that were announced in a life, in order."""
        return [
            announced_key(line) for line in self._tap(life).read_text().splitlines()
        ]

    def stored(self) -> list[Key]:
        """Return what names the punches in the ledger, sorted."""
        return sorted(self._select("SELECT user_id, local_second FROM punches"))

    def is_read(self) -> bool:
        """Tell whether the log was read to its end."""
        return self._select("SELECT complete FROM cursors") == [(1,)]

    def is_intact(self) -> bool:
        """Tell whether SQLite finds nothing wrong with the ledger."""
        return self._select("PRAGMA integrity_check") == [("ok",)]

    def _select(self, sql: str) -> list[Any]:
        """Read from the ledger, whoever writes to it; there may be none yet."""
        file = self.home.folder / "syncid.db"
        try:
            with closing(
                sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
            ) as database:
                return database.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []


@pytest.fixture(scope="session")
async def met(owned: Owned, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Return a home that has met its terminal, but has read nothing of its log yet."""
    folder = tmp_path_factory.mktemp("met")
    home = owned.wake_in(folder / "home")
    async with (
        Server(make_terminal(0), HOST) as server,
        home.running(),
        connect(home.url, owned.token) as client,
    ):
        await client.until_running()
        await add_terminal(client, "Main gate", server.port)
    for file in home.folder.glob("syncid.*db*"):
        file.unlink()
    return Watched(folder, home, server.port)


@pytest.fixture
async def watched(met: Watched, tmp_path: Path) -> AsyncIterator[Watched]:
    """Return such a home, and look in the end whether it complained."""
    async with met.copy_to(tmp_path).looked_after() as watched:
        yield watched


async def killed(home: Home) -> None:
    """Wait until the home is dead."""
    async with asyncio.timeout(60):
        assert await home.wait() == -signal.SIGKILL


async def until_true(probe: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""

    async def ask() -> bool:
        """Ask."""
        return probe()

    await until(ask, what)


# How many windows are read before, the first of them for the users; and whether what
# was read of the log is stored by then, or on its way.
@pytest.mark.parametrize(
    ("window", "is_stored"), [(2, False), (8, True), (10, False), (19, True)]
)
async def test_first_read(watched: Watched, window: int, is_stored: bool) -> None:
    """A first read that was cut off is gone on with, and stays history."""
    terminal = make_terminal(HISTORY)
    stands_still = asyncio.Event()

    def stand_still(_: Terminal) -> None:
        """Answer no more."""
        server.freeze()
        stands_still.set()

    terminal.on(READ_WINDOW, stand_still, nth=window)
    async with Server(terminal, HOST, watched.terminal_port) as server:
        home = watched.next_life()
        await home.launch()
        async with asyncio.timeout(60):
            await stands_still.wait()
        if is_stored:
            await until_true(lambda: watched.stored() != [], "something is stored")
        home.kill()
        await killed(home)
        server.thaw()
        assert len(watched.stored()) < HISTORY
        assert not watched.is_read()

        home = watched.next_life()
        async with home.running():
            await until_true(watched.is_read, "the log is read")
            terminal.punch(PEOPLE[0])
            await until_true(lambda: watched.announced(2) != [], "a punch is heard")
    assert watched.stored() == keys(terminal.log)
    assert watched.announced(1) == []
    assert watched.announced(2) == keys(terminal.log[-1:])


async def punch_all(terminal: Terminal) -> None:
    """Let everybody punch, as fast as the terminal can tell of it."""

    def keeps_up() -> bool:
        """Tell whether it has room for what it is to tell of."""
        return all(len(session.events) < ROOM for session in terminal.sessions)

    for user_id in PEOPLE:
        terminal.punch(user_id)
        await asyncio.sleep(0)
        await until_true(keeps_up, "the terminal has told of the punches")


# At the nth announcement, or at the nth acknowledgement that the terminal gets.
@pytest.mark.parametrize(
    ("announced", "acknowledged"), [(1, 0), (60, 0), (250, 0), (0, 37), (0, 150)]
)
async def test_live_burst(watched: Watched, announced: int, acknowledged: int) -> None:
    """What was live when Home Assistant died is stored once, and not told twice."""
    terminal = make_terminal(2000)
    history = keys(terminal.log)
    async with Server(terminal, HOST, watched.terminal_port):
        home = watched.next_life(kill_at=announced)
        await home.start()
        await until_true(watched.is_read, "the log is read")
        if acknowledged:
            terminal.on(Command.ACK_OK, lambda _: home.kill(), nth=acknowledged)
        burst = asyncio.create_task(punch_all(terminal))
        await killed(home)
        await burst
        before = watched.stored()
        assert len(before) < len(terminal.log)

        home = watched.next_life()
        async with home.running():
            missing = set(keys(terminal.log)) - set(before)
            await until_true(
                lambda: len(watched.announced(2)) >= len(missing), "all is announced"
            )
            terminal.punch(PEOPLE[0])
            (last,) = keys(terminal.log[-1:])
            await until_true(lambda: last in watched.announced(2), "a punch is heard")
    assert watched.stored() == keys(terminal.log)
    # Announced is what is stored, and history is not.
    assert set(watched.announced(1)) <= set(before) - set(history)
    assert len(set(watched.announced(1))) == len(watched.announced(1))
    assert sorted(watched.announced(2)) == sorted({*missing, last})
