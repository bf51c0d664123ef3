"""When a day is final: once every terminal that could hold a punch was read after it.

Until then nobody is absent: a terminal that is away may hold the punch.
"""

from collections.abc import Sequence

from .policy import HOUR
from .readings import Station, utc_of

# No zone is farther from UTC than this, either way.
_FARTHEST = 15 * HOUR


def serving(
    ends: int, stations: Sequence[Station], zone: str | None
) -> Sequence[Station]:
    """Return the terminals by which a day is judged.

    One that is gone by now still tells of the days that it had delivered: what was
    final stays what it was. Nobody comes or goes by one that only tells where they are.
    """
    if not any(one.is_gone or not one.tells_of_days for one in stations):
        return stations
    return [
        one
        for one in stations
        if one.tells_of_days
        and (
            not one.is_gone
            or (one.delivered_until or 0) >= utc_of(ends, zone or one.zone)
        )
    ]


def waits_for(
    ends: int, stations: Sequence[Station], zone: str | None
) -> tuple[str, ...]:
    """Return the terminals that were not read since a day ended, by its wall clock.

    Each terminal's day ends by its own clock, unless shifts are meant in one zone.
    """
    # Nearly always long ago: then no zone need be asked.
    for one in stations:
        if one.delivered_until is None or one.delivered_until < ends + _FARTHEST:
            break
    else:
        return ()
    return tuple(
        sorted(
            one.serial
            for one in stations
            if one.delivered_until is None
            or one.delivered_until < utc_of(ends, zone or one.zone)
        )
    )


def is_over(ends: int, stations: Sequence[Station], zone: str | None, now: int) -> bool:
    """Tell whether a day has ended, by the clock of every terminal.

    Of whom no terminal knows, once it has everywhere.
    """
    if now >= ends + _FARTHEST:
        return True
    if zone is not None:
        return now >= utc_of(ends, zone)
    return bool(stations) and all(now >= utc_of(ends, one.zone) for one in stations)
