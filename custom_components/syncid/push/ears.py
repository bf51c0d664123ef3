"""Who hears what a terminal says while they wait for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..core.adms.content import Upload
from ..core.adms.requests import AdmsRequest

type See = Callable[[AdmsRequest], None]


class Ears:
    """Those who wait for something of one terminal."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._hearers: list[Callable[[Upload], None]] = []
        self._from_start: list[tuple[str, See]] = []

    @contextmanager
    def hearing(self, hear: Callable[[Upload], None]) -> Iterator[None]:
        """Have every upload told while inside."""
        self._hearers.append(hear)
        try:
            yield
        finally:
            self._hearers.remove(hear)

    @contextmanager
    def sending_from_start(self, table: str, see: See) -> Iterator[None]:
        """Have a table sent from the start by who asks how to behave while inside.

        Each request is told. It is not remembered: it would be sent for ever.
        """
        self._from_start.append((table, see))
        try:
            yield
        finally:
            self._from_start.remove((table, see))

    @property
    def from_start(self) -> set[str]:
        """Return the tables that are to be sent from the start."""
        return {table for table, _ in self._from_start}

    def tell(self, request: AdmsRequest, upload: Upload | None) -> None:
        """Tell what came, and what of it was an upload."""
        if upload is not None:
            for hear in tuple(self._hearers):
                hear(upload)
        for _, see in tuple(self._from_start):
            see(request)
