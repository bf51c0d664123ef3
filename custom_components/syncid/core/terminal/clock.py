"""A terminal's clock, which knows neither time zones nor daylight saving."""

from collections.abc import Callable
from dataclasses import dataclass
import logging
from math import inf

from ..errors import CommandRefused
from .client import TerminalClient

_LOGGER = logging.getLogger(__name__)

# Seconds by which no clock drifts: if it is that wrong, it may be ours.
_FAR = 86400


@dataclass(frozen=True, slots=True)
class ClockSync:
    """By how many seconds the clock was ahead, and is."""

    before: float
    after: float


class TerminalClock:
    """What a terminal's clock shows, and by how much it is wrong."""

    def __init__(
        self,
        local_now: Callable[[], float],
        tolerance: float | None,
        earliest: float = -inf,
    ) -> None:
        """Take what tells the time that it should show.

        And the seconds by which it may be wrong before it is corrected: never with
        None. The right time jumps with daylight saving, and the drift with it, so
        that an hour is corrected as any other drift is. Before the local second
        `earliest`, our own time is not right.
        """
        self._local_now = local_now
        self._tolerance = tolerance
        self._earliest = earliest
        # How far we may be behind what is stored: an admin has looked.
        self._vouched = 0.0
        self._failed = False
        self._doubt = ""
        self.second = 0
        self.drift = 0.0

    def look(self, client: TerminalClient) -> None:
        """Compare it with ours."""
        asked = self._local_now()
        self.second = client.read_clock()
        # It showed that second at some time between, and for some time before.
        self.drift = self.second + 0.5 - (asked + self._local_now()) / 2

    def doubt(self, seconds_behind: float) -> str:
        """Say why somebody should look before it is set; "" if nobody needs to.

        All terminals would be set to our own time if that is wrong, as it is in a
        computer without a battery. `seconds_behind` tells by how much it is before
        the newest punch that is stored.
        """
        if abs(self.drift) > _FAR:
            return "it is off by more than a day"
        if self._local_now() < self._earliest:
            return "our own time is before this version was made"
        if seconds_behind > max(_FAR, self._vouched):
            return "our own time is before punches that are already stored"
        return ""

    def vouch(self, seconds_behind: float) -> None:
        """Know that an admin holds our time for right, whatever is stored."""
        self._vouched = seconds_behind

    def hold(self, name: str, doubt: str) -> None:
        """Leave it as it is, or tell that there is no doubt any more."""
        if doubt and doubt != self._doubt:  # once, not at every poll
            _LOGGER.warning("The clock of %s is not set by itself: %s", name, doubt)
        self._doubt = doubt

    def set(self, client: TerminalClient) -> ClockSync:
        """Set it right."""
        self.look(client)
        before = self.drift
        client.set_clock(round(self._local_now()))
        self.look(client)
        return ClockSync(before, self.drift)

    @property
    def is_too_wrong(self) -> bool:
        """Tell whether it is more wrong than it may be."""
        return self._tolerance is not None and abs(self.drift) > self._tolerance

    def keep(self, client: TerminalClient, name: str) -> bool:
        """Set it right if it is too wrong; return False if it cannot be."""
        drift, reason = self.drift, "it does not run as it was set"
        if self.is_too_wrong:
            try:
                self.set(client)
            except CommandRefused as err:
                reason = str(err)
                self.look(client)  # only what comes after it may have been refused
            if not self.is_too_wrong:
                _LOGGER.info("The clock of %s was set: it was %.0f s off", name, drift)
        failed = self.is_too_wrong
        if failed and not self._failed:  # once, not at every poll
            _LOGGER.warning("The clock of %s cannot be set: %s", name, reason)
        self._failed = failed
        return not failed
