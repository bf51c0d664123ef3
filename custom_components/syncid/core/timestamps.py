"""Times as text: what terminals, gateways and files write for a wall clock's time."""

from datetime import datetime, tzinfo
import re

from .records import local_second

# What `fromisoformat` takes besides are weeks, days with no time, and times with no
# seconds, which nobody writes who means the moment of a punch.
_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
# Years that a terminal can be set to; what an erased record shows lies outside.
_YEARS = range(2000, 2100)


def parse_timestamp(text: str, zone: tzinfo) -> int | None:
    """Return the local second of `YYYY-MM-DD HH:MM:SS`; None if it never was.

    A `T` may stand between. With `Z` or an offset it is a moment, and the second is that
    of the wall clock in `zone`. Fractions of a second are cut off.
    """
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            time = time.astimezone(zone)
    except ValueError, OverflowError:
        return None
    return local_second(time) if time.year in _YEARS else None
