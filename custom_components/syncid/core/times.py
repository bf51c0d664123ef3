"""The ways in which terminals write a time (protocol-4370 §2.3, protocol-adms §4).

None knows a zone. All can hold days that never were, such as 31 February, and
logs in the field do hold them; and years that no terminal can be set to, which an
erased or damaged record shows.
"""

from calendar import monthrange
from datetime import UTC, datetime, tzinfo
import re

from .records import local_second, wall_clock

_DAY = 86400
_YEARS = 100  # from 2000 on
_FIRST_SECOND = local_second(datetime(2000, 1, 1))
_LAST_SECOND = local_second(datetime(2099, 12, 31, 23, 59, 59))

_TEXT = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?",
    re.ASCII,
)
# What `fromisoformat` takes besides are weeks, and days with no time, which nobody writes
# who means the moment of a punch.
_ISO = re.compile(
    r"(?:\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
    r"|\d{8}T\d{4}(?:\d\d(?:[.,]\d{1,9})?)?)"
    r"(Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_COUNTED = re.compile(r"\d{9,10}", re.ASCII)


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


def text_second(text: str) -> int | None:
    """Return the local second of a time that is written out, or None if it is none.

    A few terminals send a number of seconds instead. Those that do know no zone
    either: it counts on their wall clock.
    """
    text = text.strip()
    if match := _TEXT.fullmatch(text):
        try:
            year, month, day, hours, minutes, seconds = (
                int(part or 0) for part in match.groups()
            )
            second = local_second(datetime(year, month, day, hours, minutes, seconds))
        except ValueError:
            return None
    elif _COUNTED.fullmatch(text):
        second = int(text)
    else:
        return None
    return second if _FIRST_SECOND <= second <= _LAST_SECOND else None


def iso_moment(text: str, zone: tzinfo) -> tuple[int, int | None] | None:
    """Return the local second of a time in ISO 8601, or None if it is none.

    With `Z` or an offset it is a moment, and the second is that of the wall clock in
    `zone`; where that shows it twice, the second of UTC comes with it. Fractions of a
    second are cut off.
    """
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    exact: int | None = None
    try:
        time = datetime.fromisoformat(text)
        if match[1]:
            shown = time.astimezone(zone)
            if shown.utcoffset() != shown.replace(fold=1 - shown.fold).utcoffset():
                exact = local_second(time.astimezone(UTC))
            time = shown
        second = local_second(time)
    except ValueError, OverflowError:
        return None
    return (second, exact) if _FIRST_SECOND <= second <= _LAST_SECOND else None
