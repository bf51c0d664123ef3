"""Home Assistant, with every punch written down before anybody hears of it.

Run in its place: ``tapped.py FILE SIGKILL_AT OPTIONS``. What is announced in the last
moments before SIGKILL reaches neither a WebSocket nor the recorder's database; a line
in a file, written before the event is fired, outlives the process. With SIGKILL_AT the
process kills itself at that announcement.
"""

from itertools import count
import json
import os
import signal
import sys
from typing import Any

from homeassistant.__main__ import main
from homeassistant.core import EventBus


def _tap(path: str, kill_at: int) -> None:
    """Put ourselves between SyncID and the bus."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    fire = EventBus.async_fire_internal
    numbers = count(1)

    def async_fire_internal(
        bus: EventBus, event_type: str, event_data: Any = None, *rest: Any, **more: Any
    ) -> None:
        """Write punches down, and do what the bus does."""
        if event_type == "syncid_punch":
            os.write(file, f"{json.dumps(event_data)}\n".encode())
            if next(numbers) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        fire(bus, event_type, event_data, *rest, **more)

    EventBus.async_fire_internal = async_fire_internal  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    _tap(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]
    sys.exit(main())
