"""The core's test kit: a simulated terminal, a ledger, and SyncID's thread between.

    kit.start()                       # switches a terminal on
    kit.watch()                       # has it watched live
    kit.terminal.punch("1001")
    assert kit.next_news().punch.user_id == "1001"
    kit.assert_ledger_is_log()        # each record once, whatever happened

Nothing sleeps: what is waited for is an event, a future or a queue.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
import queue
from time import time
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.records import (
    Alarm,
    Batch,
    Cursor,
    Ingested,
    StoredPunch,
    local_second,
)
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.link import TerminalLink, Timeouts
from custom_components.syncid.core.terminal.terminal import Terminal
from custom_components.syncid.core.terminal.worker import Job, TerminalWorker, Timing
import simulator
from simulator import PROFILES, Profile, Simulation, simulate

# Far more than anything takes; reached only by a test that fails.
PATIENCE = 20

# Of what was erased from a ledger.
KEY = bytes(range(32))

ZONE = "Europe/Rome"
SERIAL = "CKUJ203460001"
PEOPLE = {"1001": "Amina", "1002": "Bruno", "1003": "Chen"}

# Short enough that a test of what does not answer is quick, long enough that a busy
# machine answers in time.
QUICK = Timeouts(connect=2, reply=1, prepare=2, window=2)
QUICK_TIMING = Timing(heartbeat=0.1, retry_first=0.02, retry_last=0.1, farewell=1)


@contextmanager
def open_ledger(folder: Path, key: bytes = KEY, **details: Any) -> Iterator[Ledger]:
    """Open a ledger in a folder, and close it in the end."""
    details.setdefault("on_replaced", lambda aside: None)
    ledger = Ledger(
        folder / "syncid.db", now=lambda: datetime(2026, 11, 20, 8), **details
    )
    ledger.open(key)
    try:
        yield ledger
    finally:
        ledger.close()


def local_now() -> float:
    """Return the time that a right clock shows in the terminals' zone."""
    now = datetime.now(ZoneInfo(ZONE))
    return local_second(now) + now.microsecond / 1_000_000


def rome_now() -> datetime:
    """Return what a simulated terminal's right clock shows."""
    return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)


class TerminalKit:
    """One terminal at work."""

    def __init__(self, ledger: Ledger) -> None:
        """Have the ledger; the rest is started by the tests."""
        self.ledger = ledger
        self.news: queue.SimpleQueue[StoredPunch] = queue.SimpleQueue()
        self.alarms: queue.SimpleQueue[Alarm] = queue.SimpleQueue()
        self.links: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self.ingested: list[Ingested] = []
        self._stack = ExitStack()
        self._sim: Simulation | None = None
        self.worker: TerminalWorker | None = None
        self.watched: Terminal | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the thread, then the terminal, and see that it was well treated."""
        self._stack.close()
        if error is None and self._sim is not None:
            assert not self.device.violations

    # --- the terminal ---------------------------------------------------------------

    def start(
        self,
        profile: Profile = PROFILES["iface702"],
        *,
        comm_key: int = 0,
        people: dict[str, str] = PEOPLE,
        udp: bool = False,
        **faults: Any,
    ) -> Simulation:
        """Switch a terminal on."""
        device = simulator.Terminal(
            profile, serial=SERIAL, comm_key=comm_key, clock=rome_now
        )
        for user_id, name in people.items():
            device.add_user(user_id=user_id, name=name)
        for name, value in faults.items():
            setattr(device.faults, name, value)
        self._sim = self._stack.enter_context(simulate(device, udp=udp))
        return self._sim

    @property
    def sim(self) -> Simulation:
        """Return the simulation."""
        assert self._sim is not None, "start() first"
        return self._sim

    @property
    def device(self) -> simulator.Terminal:
        """Return the simulated terminal."""
        return self.sim.terminal

    def fill(self, count: int, start: datetime = datetime(2026, 3, 2, 7)) -> None:
        """Have a log of so many records in the terminal."""
        self.sim.call(self.device.fill_log, count, start=start, step_seconds=37)

    # --- SyncID ------------------------------------------------------------------------

    def make_client(self, **details: Any) -> TerminalClient:
        """Return a client for the terminal, not open yet."""
        details.setdefault("timeouts", QUICK)
        details.setdefault("transport", "udp" if self.sim.server.udp else "tcp")
        return TerminalClient(
            self.sim.host, self.sim.port, self.device.comm_key, TerminalLink(**details)
        )

    @contextmanager
    def client(self) -> Iterator[TerminalClient]:
        """Connect to the terminal."""
        client = self.make_client()
        client.open()
        try:
            yield client
        finally:
            client.leave()

    def make_terminal(self, **details: Any) -> Terminal:
        """Return what SyncID does at the terminal."""
        details.setdefault("serial", SERIAL)
        details.setdefault("local_now", local_now)
        self.ledger.register(SERIAL, ZONE).result(PATIENCE)
        return Terminal(self, **details)

    def watch(
        self,
        *,
        live: bool = True,
        timing: Timing = QUICK_TIMING,
        make_client: Callable[[], TerminalClient] | None = None,
        **details: Any,
    ) -> Terminal:
        """Start SyncID's thread for the terminal."""
        terminal = self.watched = self.make_terminal(**details)
        self.worker = TerminalWorker(
            make_client or self.make_client,
            terminal,
            live=live,
            on_link=self.links.put,
            jitter=lambda: 0.5,
            timing=timing,
        )
        self.worker.start()
        self._stack.callback(self.worker.stop)
        return terminal

    def run[T](self, job: Job[T]) -> T:
        """Have a job done by the thread."""
        assert self.worker is not None, "watch() first"
        return self.worker.submit(job).result(PATIENCE)

    def poll(self) -> None:
        """Have the terminal polled."""
        assert self.watched is not None, "watch() first"
        self.run(self.watched.poll)

    # What SyncID's hub is for the thread.

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far the log is stored."""
        return self.ledger.cursor(serial)

    def ingest(self, batch: Batch) -> Future[Ingested]:
        """Store a batch, and keep what is news."""
        future = self.ledger.ingest(batch)
        future.add_done_callback(self._keep)
        return future

    def seconds_behind(self) -> float:
        """Return by how many seconds our time is before the newest punch."""
        newest = self.ledger.punches(PunchQuery(limit=1))
        return newest[0].utc_second - time() if newest else 0

    def report(self, alarm: Alarm) -> None:
        """Keep an alarm."""
        self.alarms.put(alarm)

    def _keep(self, future: Future[Ingested]) -> None:
        if future.exception() is None:
            self.ingested.append(future.result())
            for punch in future.result().news:
                self.news.put(punch)

    # --- what came of it ---------------------------------------------------------------

    def next_news(self) -> StoredPunch:
        """Return the next punch that is news."""
        return self.news.get(timeout=PATIENCE)

    def next_alarm(self) -> Alarm:
        """Return the next alarm."""
        return self.alarms.get(timeout=PATIENCE)

    def next_link(self) -> Exception | None:
        """Return the next change of the link."""
        return self.links.get(timeout=PATIENCE)

    def wait_until_up(self) -> None:
        """Wait for the next time that the link is up."""
        while self.next_link() is not None:
            pass

    def wait_until_down(self) -> Exception:
        """Wait for the next time that the link is down; return why."""
        while (error := self.next_link()) is None:
            pass
        return error

    def stored(self) -> Counter[tuple[str, int]]:
        """Return the punches in the ledger."""
        return Counter(
            (stored.punch.user_id, stored.punch.local_second)
            for stored in self.ledger.punches(PunchQuery(limit=1_000_000))
        )

    def logged(self) -> Counter[tuple[str, int]]:
        """Return the punches in the terminal's log, each once."""
        return Counter(
            {
                (record.user_id, local_second(record.time))
                for record in self.device.log
                if record.time is not None
            }
        )

    def assert_ledger_is_log(self) -> None:
        """See that the ledger holds each record of the terminal, once."""
        assert self.stored() == self.logged()
