"""Home Assistant, with a clock that tells how long its event loop was held up.

Run in its place: ``probed.py FILE OPTIONS``. A timer that is due every few
milliseconds is late by as long as the loop was busy with something else; each delay
that is worth telling becomes a line in the file: when it ended, its seconds, and how
many of those Python took to look through all objects of Home Assistant for garbage.
That stops every thread once so much was made since, by whomever; it is told apart.

At SIGUSR1 the garbage of starting is collected.
"""

import asyncio
import gc
import os
import signal
import sys
import time

from homeassistant.__main__ import main
from homeassistant.core import HomeAssistant

_PERIOD = 0.002
# Seconds of a delay that is told.
_TOLD = 0.005
# The generation of Python's collector that holds all objects which are to stay.
_FULL = 2


class Probe:
    """A timer in the event loop."""

    def __init__(self, path: str) -> None:
        """Write into a file, from when the loop runs."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGUSR1, gc.collect)
        self._began = self._collecting = 0.0
        gc.callbacks.append(self._collect)
        self._next()

    def _collect(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] < _FULL:
            return
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._collecting += time.perf_counter() - self._began

    def _next(self) -> None:
        self._due = self._loop.time() + _PERIOD
        self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        late = self._loop.time() - self._due
        if late > _TOLD:
            line = f"{time.time()} {late} {self._collecting}\n"
            os.write(self._file, line.encode())
        self._collecting = 0.0
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
