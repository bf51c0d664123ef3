"""What comes of work at a terminal, and who hears of what it reports."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from ..records import Alarm, Batch, Capacity, Cursor, Ingested


class PunchSink(Protocol):
    """Where a terminal's punches go, and what else it reports."""

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored."""

    def ingest(self, batch: Batch) -> Future[Ingested]:
        """Store a batch; done when it is committed."""

    def seconds_behind(self) -> float:
        """Return by how much our time is before the newest punch; below 0 if it is not.

        Of all terminals: that one of them was right tells that we are not.
        """

    def report(self, alarm: Alarm) -> None:
        """Tell of an alarm."""


@dataclass(frozen=True, slots=True)
class Status:
    """What changes at a terminal."""

    capacity: Capacity
    # Seconds by which the terminal's clock is ahead.
    clock_drift: float
    # Whether it should have been set right, and could not be.
    clock_failed: bool = False
    # Whether it was left wrong, because somebody should look first.
    clock_held: bool = False


@dataclass(frozen=True, slots=True)
class Collected:
    """What a read of the log brought."""

    read: int = 0
    new: int = 0
    duplicates: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Cleared(Collected):
    """What was read before a log was cleared, and how many records were in it."""

    cleared: int = 0
