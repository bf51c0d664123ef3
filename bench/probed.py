"""Home Assistant, with a clock that tells how long its event loop was held up.

Run in its place: ``probed.py FILE OPTIONS``. A timer that is due every few
milliseconds is late by as long as the loop was busy with something else, or waited for
it; each delay that is worth telling becomes a line in the file: when it ended, its
seconds, and for how many of those Home Assistant itself held the loop up. That is all
but the time for which the machine had no processor, though somebody was ready to run.

At SIGUSR1 the garbage of starting is collected.
"""

import asyncio
import gc
import os
from pathlib import Path
import signal
import sys
import time

from homeassistant.__main__ import main
from homeassistant.core import HomeAssistant

_PERIOD = 0.002
# Seconds of a delay that is told.
_TOLD = 0.005
_TICKS = os.sysconf("SC_CLK_TCK")


class Denied:
    """For how long the machine has no processor, where Linux tells."""

    def __init__(self) -> None:
        """Open what tells: what this thread waits for, and what each processor does."""
        self._files = [
            os.open(name, os.O_RDONLY)
            for name in ("/proc/thread-self/schedstat", "/proc/stat")
            if Path(name).exists()
        ]
        self._before = self._look()

    def _look(self) -> list[float]:
        """Return for how long this thread waited, and each processor was away."""
        if len(self._files) < 2:
            return [0.0, 0.0]
        thread, machine = (os.pread(file, 65_536, 0) for file in self._files)
        # The first line is the sum of all, of which some may be idle.
        lines = machine.partition(b"intr")[0].splitlines()[1:]
        away = [int(line.split()[8]) / _TICKS for line in lines]
        return [int(thread.split()[1]) / 1e9, *away]

    def begin(self) -> None:
        """Count from now on."""
        self._before = self._look()

    def seconds(self) -> float:
        """Return the seconds since it began: of this thread, and of one processor."""
        waited, *away = map(float.__sub__, self._look(), self._before)
        return waited + max(away)


class Probe:
    """A timer in the event loop."""

    def __init__(self, path: str) -> None:
        """Write into a file, from when the loop runs."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGUSR1, gc.collect)
        self._denied = Denied()
        self._next()

    def _next(self) -> None:
        self._denied.begin()
        self._due = self._loop.time() + _PERIOD
        self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        late = self._loop.time() - self._due
        if late > _TOLD:
            blocked = max(late - self._denied.seconds(), 0)
            os.write(self._file, f"{time.time()} {late} {blocked}\n".encode())
        self._next()


def _probe(path: str) -> None:
    """Start the clock with Home Assistant."""
    start = HomeAssistant.async_start

    async def async_start(hass: HomeAssistant) -> None:
        Probe(path)
        await start(hass)

    HomeAssistant.async_start = async_start  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    _probe(sys.argv[1])
    del sys.argv[1]
    sys.exit(main())
