"""Slowing down who guesses."""

from collections import OrderedDict, deque
from collections.abc import Callable

# Addresses that are remembered: those that failed last.
_MAX_ADDRESSES = 1000


class FailureLimiter:
    """Counts failures by address, in a bounded memory.

    `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self, now: Callable[[], float], *, failures: int, seconds: float
    ) -> None:
        """Block an address after so many failures within so many seconds."""
        self._now = now
        self._most = failures
        self._seconds = seconds
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def fail(self, address: str) -> int:
        """Note a failure; return how many there were of late, this one included."""
        times = self._failed.setdefault(address, deque(maxlen=self._most))
        times.append(self._now())
        self._failed.move_to_end(address)
        if len(self._failed) > _MAX_ADDRESSES:
            self._failed.popitem(last=False)
        return self._recent(times)

    def blocked_for(self, address: str) -> float:
        """Return for how many seconds an address is blocked; 0 if it is not."""
        times = self._failed.get(address)
        if times is None or self._recent(times) < self._most:
            return 0
        return times[0] + self._seconds - self._now()

    def forget(self, address: str) -> None:
        """Forget the failures of an address."""
        self._failed.pop(address, None)

    def _recent(self, times: deque[float]) -> int:
        while times and times[0] <= self._now() - self._seconds:
            times.popleft()
        return len(times)
