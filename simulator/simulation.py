"""A terminal with a server in a thread of its own, for synchronous tests."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
import threading

from .device import PowerChange
from .records import Record
from .server import Server
from .terminal import Terminal, When


class Simulation:
    """What a test holds in its hand while the terminal runs elsewhere.

    Reading the terminal's attributes from the test's thread is fine; whatever
    changes it goes through call().
    """

    def __init__(
        self, terminal: Terminal, server: Server, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Hold a server that runs in a loop."""
        self.terminal = terminal
        self.server = server
        self._loop = loop

    @property
    def host(self) -> str:
        """Return the address that the terminal listens on."""
        return self.server.host

    @property
    def port(self) -> int:
        """Return the port that the terminal listens on."""
        return self.server.port

    def call[**P, T](
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function in the terminal's thread and return what it returns."""
        result: Future[T] = Future()

        def run() -> None:
            """Run it, and keep what comes of it."""
            try:
                result.set_result(function(*args, **kwargs))
            except BaseException as err:  # noqa: BLE001
                result.set_exception(err)

        self._loop.call_soon_threadsafe(run)
        return result.result()

    def punch(
        self,
        user_id: str,
        verify: int = 1,
        state: int = 0,
        work_code: int = 0,
        at: datetime | None = None,
    ) -> Record | None:
        """Let somebody punch."""
        return self.call(self.terminal.punch, user_id, verify, state, work_code, at)

    def expect(
        self, command: int, *, when: When = "after", nth: int = 1
    ) -> threading.Event:
        """Return an event that is set at the nth such command from now."""
        happened = threading.Event()
        self.call(
            self.terminal.on, command, lambda _: happened.set(), when=when, nth=nth
        )
        return happened

    def drop_links(self) -> None:
        """Cut all links; the port stays open."""
        self.call(self.server.drop_links)

    def freeze(self) -> None:
        """Leave all sockets open, and read and answer nothing."""
        self.call(self.server.freeze)

    def thaw(self) -> None:
        """Go on after a freeze or a stall."""
        self.call(self.server.thaw)

    def power_on(self) -> None:
        """Switch the terminal on; return when it listens."""
        self.call(self.terminal.power_on)
        self.start_listening()

    def stop_listening(self) -> None:
        """Refuse connections."""
        asyncio.run_coroutine_threadsafe(
            self.server.stop_listening(), self._loop
        ).result()

    def start_listening(self) -> None:
        """Take connections again."""
        asyncio.run_coroutine_threadsafe(
            self.server.start_listening(), self._loop
        ).result()

    def expect_power(self, change: PowerChange) -> threading.Event:
        """Return an event that is set when the power has changed so."""
        happened = threading.Event()

        def listen(what: PowerChange) -> None:
            """Take note, once."""
            if what == change:
                self.terminal.power_listeners.remove(listen)
                happened.set()

        self.call(self.terminal.power_listeners.append, listen)
        return happened

    def wait_until_listening(self, timeout: float = 10) -> None:
        """Wait until connections are taken, as after a restart."""
        asyncio.run_coroutine_threadsafe(
            self.server.listening.wait(), self._loop
        ).result(timeout)


@contextmanager
def simulate(
    terminal: Terminal,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    udp: bool = False,
) -> Iterator[Simulation]:
    """Serve a terminal from a thread until the end of the block."""
    ready: Future[Simulation] = Future()
    failure: list[BaseException] = []

    async def serve(stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        async with Server(terminal, host, port, udp=udp) as server:
            loop = asyncio.get_running_loop()
            stops.append(lambda: loop.call_soon_threadsafe(stop.set))
            ready.set_result(Simulation(terminal, server, loop))
            await stop.wait()

    async def main() -> None:
        """Make the event in the loop that it belongs to."""
        await serve(asyncio.Event())

    def run() -> None:
        """Run the loop, and keep what goes wrong for the one who waits."""
        try:
            asyncio.run(main())
        except BaseException as err:  # noqa: BLE001
            if ready.done():
                failure.append(err)
            else:
                ready.set_exception(err)

    stops: list[Callable[[], object]] = []
    thread = threading.Thread(target=run, name=f"simulator {terminal.serial}")
    thread.start()
    try:
        yield ready.result()
    finally:
        for stop in stops:
            stop()
        thread.join()
    if failure:
        raise failure[0]
