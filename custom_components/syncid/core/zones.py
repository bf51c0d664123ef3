"""From a terminal's wall clock to UTC, fast enough for a whole log."""

from datetime import timedelta, tzinfo

from .records import wall_clock

_DAY = 86400
_YEAR = 366 * _DAY
# Seconds by which what was just now may seem to be about to come.
_SLACK = 60


class ZoneOffsets:
    """The offset from UTC that a wall clock in one time zone had at any time.

    Where the clock was set back, the hour that came twice is taken as the first, but
    for what arrives just then; where it was set forward, the hour that never was keeps
    the offset before it.
    """

    def __init__(self, zone: tzinfo) -> None:
        """Remember nothing yet."""
        self._zone = zone
        # Offset of each day seen; None for a day on which it changes. Asking
        # the time zone for each of 100,000 records would cost more than
        # storing them.
        self._days: dict[int, int | None] = {}

    def __call__(self, second: int) -> int:
        """Return the offset east of UTC, in seconds, at a local second."""
        day = second // _DAY
        try:
            offset = self._days[day]
        except KeyError:
            first = self._at(day * _DAY)
            offset = first if first == self._at((day + 1) * _DAY) else None
            self._days[day] = offset
        return self._at(second) if offset is None else offset

    def on_arrival(self, second: int, now: float) -> int:
        """Return the offset at a local second that was told at a moment.

        `now` is that moment, in seconds of UTC by the clock that told. In the hour
        that comes twice, what was just then is taken for just then.
        """
        first = self(second)
        if self._days[second // _DAY] is None:
            again = self._at(second, fold=1)
            if again < first and -_SLACK <= now - (second - again) < first - again:
                return again
        return first

    def moments(self, second: int) -> tuple[int, ...]:
        """Return when it was in UTC at a local second: twice, if that came twice."""
        offset = self(second)
        if self._days[second // _DAY] is None:
            again = self._at(second, fold=1)
            if again < offset:
                return second - offset, second - again
        return (second - offset,)

    def between(self, first: int, last: int) -> int | None:
        """Return the offset that held all the time between.

        None if it changed, or if that would take long to find out.
        """
        if last - first > _YEAR:
            return None
        offsets = {self(day * _DAY) for day in range(first // _DAY, last // _DAY + 2)}
        return offsets.pop() if len(offsets) == 1 else None

    def _at(self, second: int, fold: int = 0) -> int:
        time = wall_clock(second).replace(tzinfo=self._zone, fold=fold)
        offset = time.utcoffset()
        return (offset or timedelta()) // timedelta(seconds=1)
