"""A console at the standard input, and what it prints, until somebody stops it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
import json
import os
import signal
import threading

from .console import BaseConsole, Result

_NAMES = [
    "Amina",
    "Bilal",
    "Carmen",
    "Dawit",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Idris",
    "Joana",
    "Kofi",
    "Leila",
    "Mateo",
    "Nadia",
    "Omar",
    "Priya",
    "Quentin",
    "Rania",
    "Samuel",
    "Tariq",
]
_FIRST_USER_ID = 1001


def people(count: int) -> Iterator[tuple[str, str]]:
    """Yield user ids and names of so many people."""
    for number in range(count):
        round_number, index = divmod(number, len(_NAMES))
        name = _NAMES[index] + (f" {round_number + 1}" if round_number else "")
        yield str(_FIRST_USER_ID + number), name


class Output:
    """Prints lines for people or objects for scripts."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        """Remember how."""
        self._as_json = as_json
        self._quiet = quiet

    def line(
        self, kind: str, text: str, data: Mapping[str, object], *, loud: bool = False
    ) -> None:
        """Print one."""
        if self._quiet and not loud:
            return
        print(
            json.dumps({"event": kind, **data}) if self._as_json else text, flush=True
        )

    def result(self, command: str, result: Result) -> None:
        """Print what a command came to."""
        data = {"error": result.text} if not result.ok else result.data
        self.line("result", result.text, {"command": command, "ok": result.ok} | data)


def _read_input(take: Callable[[str], None], end: Callable[[], None]) -> None:
    """Read lines for ever, in a thread that nothing waits for."""
    rest = b""
    # os.read, not sys.stdin: a thread that holds the lock of sys.stdin while
    # the interpreter shuts down is a fatal error.
    with suppress(OSError):
        while chunk := os.read(0, 4096):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                take(line.decode(errors="replace"))
        if rest:
            take(rest.decode(errors="replace"))
    end()


@asynccontextmanager
async def shell(console: BaseConsole, output: Output) -> AsyncIterator[asyncio.Event]:
    """Do what is typed; yield the event that is set when all shall stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def type_line(line: str) -> None:
        """Do a line, and print what it came to."""
        if (result := console.run(line)) is not None:
            output.result(line.split(maxsplit=1)[0], result)
            if result.quits:
                stop.set()

    def from_thread(action: Callable[..., object], *args: object) -> None:
        """Run something in the loop, if it still runs."""
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(action, *args)

    def end_of_input() -> None:
        """Stop if a person ended the input; a daemon has none to begin with."""
        if os.isatty(0):
            from_thread(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: from_thread(stop.set))
    threading.Thread(
        target=_read_input,
        args=(lambda line: from_thread(type_line, line), end_of_input),
        name="simulator input",
        daemon=True,
    ).start()
    yield stop
