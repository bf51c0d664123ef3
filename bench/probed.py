"""Home Assistant, with a clock that tells how long its event loop was held up.

Run in its place: ``probed.py FILE OPTIONS``. A timer that is due every few
milliseconds is late by as long as the loop was busy with something else; each delay
that is worth telling becomes a line in the file: when it ended, its seconds, and the
seconds of a processor that Home Assistant took meanwhile, in all its threads. If those
are fewer, nothing held the loop up for the rest: the machine had no processor for it.

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


class Probe:
    """A timer in the event loop."""

    def __init__(self, path: str) -> None:
        """Write into a file, from when the loop runs."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGUSR1, gc.collect)
        self._next()

    def _next(self) -> None:
        self._busy = time.process_time()
        self._due = self._loop.time() + _PERIOD
        self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        late = self._loop.time() - self._due
        if late > _TOLD:
            busy = time.process_time() - self._busy
            os.write(self._file, f"{time.time()} {late} {busy}\n".encode())
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
