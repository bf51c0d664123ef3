"""The thread that owns a terminal.

One owner, one connection at a time: terminals mix up what several clients ask, and
pyzk cannot be shared between threads. Jobs come from any thread and are done in turn.
A terminal that is watched live keeps its connection, and jobs are done between its
events; any other is connected to for the jobs that wait, and left.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import logging
import queue
from socket import socketpair
from threading import Event, Thread
from time import monotonic
from typing import Any

from ..errors import ConnectionLost, LinkError, SyncIDError
from .client import TerminalClient
from .frames import readable
from .terminal import Terminal

_LOGGER = logging.getLogger(__name__)

_NOT_WATCHED = ConnectionLost("the terminal is no longer watched")

type Job[T] = Callable[[TerminalClient], T]


@dataclass(frozen=True, slots=True)
class Timing:
    """How a terminal is watched; in seconds, unless it says otherwise."""

    # A link on which nothing comes may be dead at the other end. That is asked, not
    # waited for: a terminal at which nobody punches is alive too.
    heartbeat: float = 5
    # Waits between attempts to connect: doubled from the first to the last.
    retry_first: float = 1
    retry_last: float = 60
    # Requests in one session: renewed long before their numbers start anew, which
    # strict firmware takes for old ones (protocol-4370 §1.4).
    session_requests: int = 30_000
    # How long a job that runs may hold up the end.
    farewell: float = 2
    # How long one may that has to put a finger back first.
    put_back: float = 10


class TerminalWorker:
    """Connects to a terminal, does jobs there, and watches it live if it should."""

    def __init__(
        self,
        make_client: Callable[[], TerminalClient],
        terminal: Terminal,
        *,
        live: bool,
        on_link: Callable[[Exception | None], None],
        jitter: Callable[[], float],
        timing: Timing | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Take what is needed; `start` starts it.

        `on_link` is called in the thread, for a live terminal only: with None when
        the link is up, with the reason when it is down. `jitter` returns numbers from
        0 to 1, so that a hundred terminals behind one switch do not all come back at
        the same moment.
        """
        self._make_client = make_client
        self._terminal = terminal
        self._live = live
        self._on_link = on_link
        self._jitter = jitter
        self._timing = timing or Timing()
        self._now = now
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Future[Any]]] = (
            queue.SimpleQueue()
        )
        self._stopping = Event()
        self._waker, self._sleeper = socketpair()
        self._waker.setblocking(False)
        self._sleeper.setblocking(False)
        self._client: TerminalClient | None = None
        self._failures = 0
        # Whether those who waited know that the link broke.
        self._is_told = False
        # A daemon: no terminal shall keep Home Assistant from ending.
        self._thread = Thread(
            target=self._run, name=f"syncid-{terminal.serial}", daemon=True
        )

    # --- from other threads -------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit[T](self, job: Job[T]) -> Future[T]:
        """Have a job done at the terminal.

        Its future raises what the job does, or why the terminal is not to be had.
        """
        future: Future[T] = Future()
        self._jobs.put((job, future))
        if self._stopping.is_set():
            self._fail_jobs(_NOT_WATCHED)
        self._wake()
        return future

    def stop(self) -> None:
        """End the thread, and wait for its end. Jobs that still wait fail."""
        self._stopping.set()
        self._terminal.give_up()
        self._wake()
        self._thread.join(self._timing.farewell)
        if self._terminal.may_miss_a_finger:
            self._thread.join(self._timing.put_back)
        while self._thread.is_alive():
            if (client := self._client) is not None:
                client.link.abort()
            self._thread.join(0.1)
        self._fail_jobs(_NOT_WATCHED)
        self._waker.close()
        self._sleeper.close()

    def _wake(self) -> None:
        with suppress(OSError):  # full, which wakes too, or closed
            self._waker.send(b"\0")

    # --- in the thread --------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._live:
                    with self._session() as client:
                        self._on_link(None)
                        self._watch(client)
                else:
                    self._serve()
            except SyncIDError as err:
                self._down(err)
            except Exception as err:
                # The thread must not die of it: nobody would notice.
                _LOGGER.exception("Unexpected error at %s", self._thread.name)
                self._down(err)
            else:
                continue
            if self._live:
                self._wait(self._pause(self._failures))
                self._failures += 1

    def _serve(self) -> None:
        """Wait for a job, and do what jobs there are over one connection."""
        while self._jobs.empty():
            self._wait(None)
            if self._stopping.is_set():
                return
        with self._session() as client:
            while client.link.is_open and self._do_job(client):
                pass

    def _watch(self, client: TerminalClient) -> None:
        """Take events as they come, and do jobs between them."""
        self._terminal.go_live(client)
        self._do_job(client)  # for who waits to know whether the terminal is there
        self._terminal.catch_up(client)
        # Not before: a terminal may be reached again and again, and never give its log.
        self._failures = 0
        timing = self._timing
        beat_at = self._now() + timing.heartbeat
        while not self._stopping.is_set() and client.link.requests < (
            timing.session_requests
        ):
            client.link.receive_events()
            self._terminal.take_live(client)
            if self._do_job(client):
                if not client.link.is_open:
                    raise ConnectionLost("the connection ended with a command")
            elif (left := beat_at - self._now()) > 0:
                self._wait(left, client)
                continue
            else:
                self._terminal.heartbeat(client)
            beat_at = self._now() + timing.heartbeat

    @contextmanager
    def _session(self) -> Iterator[TerminalClient]:
        """Connect to the terminal, and leave it in the end."""
        self._client = client = self._make_client()
        try:
            client.open()
            self._terminal.meet(client)
            _LOGGER.debug("%s: connected", self._terminal.serial)
            yield client
            client.leave()
        finally:
            self._client = None
            client.link.close()

    def _do_job(self, client: TerminalClient) -> bool:
        """Do the next job; return False if there is none."""
        try:
            job, future = self._jobs.get_nowait()
        except queue.Empty:
            return False
        if not future.set_running_or_notify_cancel():
            return True
        try:
            result = job(client)
        except LinkError as err:
            client.link.close()
            if self._live:
                # Those who wait hear of it first: who is told below may ask again at
                # once, and is to be answered over the next connection.
                self._fail_jobs(err)
                self._is_told = True
            future.set_exception(err)
        except BaseException as err:  # noqa: BLE001  # the one who waits raises it
            future.set_exception(err)
        else:
            future.set_result(result)
        return True

    def _down(self, err: Exception) -> None:
        _LOGGER.debug("%s: no link: %s", self._terminal.serial, err)
        if not self._is_told:
            self._fail_jobs(err)
        self._is_told = False
        if self._live:
            self._on_link(err)

    def _fail_jobs(self, err: Exception) -> None:
        """Tell all who wait; who then asks again is not among them."""
        waiting: list[Future[Any]] = []
        with suppress(queue.Empty):
            while True:
                waiting.append(self._jobs.get_nowait()[1])
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(err)

    def _pause(self, failures: int) -> float:
        """Return the seconds to the next attempt; a job does not wait for it."""
        timing = self._timing
        longest: float = min(
            timing.retry_last, timing.retry_first * 2 ** min(failures, 16)
        )
        return longest * (0.5 + self._jitter() / 2)

    def _wait(
        self, seconds: float | None, client: TerminalClient | None = None
    ) -> None:
        """Sleep until there is something to do, `seconds` at the most."""
        wakers = [self._sleeper.fileno()]
        if client is not None:
            wakers.append(client.link.fileno())
        if self._sleeper.fileno() in readable(wakers, seconds):
            with suppress(BlockingIOError):
                self._sleeper.recv(4096)
