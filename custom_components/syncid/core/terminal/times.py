"""The two ways in which terminals write a time (protocol-4370 §2.3).

Neither knows a zone. Both can hold days that never were, such as 31 February, and
logs in the field do hold them; and years that no terminal can be set to, which an
erased or damaged record shows.
"""

from calendar import monthrange
from datetime import datetime

from ..records import local_second, wall_clock

_DAY = 86400
_YEARS = 100  # from 2000 on


class PackedDays(dict[int, int | None]):
    """The local second at which each packed day begins; None if it never was.

    A packed time counts seconds as if every month had 31 days, so the days are
    all that needs a calendar, and a log has few of them.
    """

    def __missing__(self, day: int) -> int | None:
        """Work a day out, and remember it."""
        months, day_of_month = divmod(day, 31)
        year, month = divmod(months, 12)
        begins: int | None = None
        if year < _YEARS and day_of_month < monthrange(2000 + year, month + 1)[1]:
            begins = local_second(datetime(2000 + year, month + 1, day_of_month + 1))
        self[day] = begins
        return begins


def unpack_time(packed: int, days: PackedDays | None = None) -> int | None:
    """Return the local second of a packed time, or None if it never was."""
    day, second = divmod(packed, _DAY)
    begins = (PackedDays() if days is None else days)[day]
    return None if begins is None else begins + second


def pack_time(second: int) -> int:
    """Return the packed form of a local second of this century."""
    time = wall_clock(second)
    days = ((time.year % 100) * 12 + time.month - 1) * 31 + time.day - 1
    return days * _DAY + second % _DAY


def event_time(six: bytes) -> int | None:
    """Return the local second of an event's six bytes, or None if it never was."""
    year, month, day, hour, minute, second = six
    if year >= _YEARS:
        return None
    try:
        return local_second(datetime(2000 + year, month, day, hour, minute, second))
    except ValueError:
        return None
