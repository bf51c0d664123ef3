"""Alarms of a terminal with two roads, which both tell."""

from collections import deque

from .records import Alarm

# Seconds between the times at which two roads tell one alarm.
_APART = 3
# Alarms that are remembered until the other road tells them.
_MOST = 50


class ToldAlarms:
    """The last alarms of a terminal that only one road has told."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._told: deque[tuple[Alarm, float]] = deque(maxlen=_MOST)

    def is_told(self, alarm: Alarm, second: float) -> bool:
        """Tell whether the other road has told an alarm, of a second of UTC.

        Each is the twin of one at the most: what comes besides is another one.
        """
        for one in self._told:
            if _are_twins(one[0], alarm) and abs(one[1] - second) <= _APART:
                self._told.remove(one)
                return True
        self._told.append((alarm, second))
        return False


def _are_twins(one: Alarm, other: Alarm) -> bool:
    # What port 4370 tells as it happens has no time of its own, what is pushed has.
    by_other_road = (one.local_second is None) != (other.local_second is None)
    users = {one.user_id, other.user_id}
    return (
        by_other_road and one.type == other.type and (len(users) == 1 or None in users)
    )
