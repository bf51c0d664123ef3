"""Reading punches back."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, func, select

from ..records import Punch, StoredPunch
from .schema import punches, terminals

# No wall clock is farther from UTC, so that the index can be used for UTC too.
_FARTHEST_ZONE = 86400
_HOUR, _DAY = 3600, 86400

# In the order of StoredPunch, the fields of its punch last.
SELECT_PUNCHES = select(
    terminals.c.serial,
    punches.c.utc_second,
    punches.c.source,
    punches.c.difference,
    *(punches.c[name] for name in Punch._fields),
).join_from(punches, terminals)


def stored_punch(row: Row[Any]) -> StoredPunch:
    """Return the punch of a row of `SELECT_PUNCHES`."""
    serial, utc_second, source, difference, *punch = row
    return StoredPunch(serial, Punch(*punch), utc_second, source, difference)


@dataclass(frozen=True, slots=True, kw_only=True)
class PunchQuery:
    """Which punches to read: those that fit all that is given, newest first."""

    serials: Collection[str] | None = None
    user_id: str | None = None
    # From the first second, until just before the second one; UTC.
    since: int | None = None
    until: int | None = None
    limit: int = 1000


def find_punches(connection: Connection, query: PunchQuery) -> list[StoredPunch]:
    """Return the punches that fit, newest first.

    Each terminal is asked for its newest, which its index gives without a search,
    and the newest of those are taken.
    """
    wanted = select(terminals.c.id)
    if query.serials is not None:
        wanted = wanted.where(terminals.c.serial.in_(query.serials))
    fits = []
    if query.user_id is not None:
        fits.append(punches.c.user_id == query.user_id)
    if query.since is not None:
        fits.append(punches.c.utc_second >= query.since)
        fits.append(punches.c.local_second >= query.since - _FARTHEST_ZONE)
    if query.until is not None:
        fits.append(punches.c.utc_second < query.until)
        fits.append(punches.c.local_second < query.until + _FARTHEST_ZONE)
    found = [
        stored_punch(row)
        for terminal_id in connection.execute(wanted).scalars().all()
        for row in connection.execute(
            SELECT_PUNCHES.where(punches.c.terminal_id == terminal_id, *fits)
            .order_by(punches.c.local_second.desc(), punches.c.user_id.desc())
            .limit(query.limit)
        )
    ]
    found.sort(key=attrgetter("utc_second"), reverse=True)
    return found[: query.limit]


def count_days(
    connection: Connection, serial: str, first: int, last: int
) -> Counter[int]:
    """Return how many punches a terminal made between two local seconds.

    By day since 1970; what a human entered, it did not make.
    """
    day = punches.c.local_second // _DAY
    found = connection.execute(
        select(day, func.count())
        .join(terminals)
        .where(
            terminals.c.serial == serial,
            punches.c.local_second.between(first, last),
            punches.c.source != "manual",
        )
        .group_by(day)
    )
    return Counter(dict(found.tuples().all()))


@dataclass(frozen=True, slots=True)
class DayCount:
    """How much was punched on a date of the wall clock, at all terminals."""

    punches: int
    # User ids, each counted once.
    users: int
    # Punches of each hour.
    hours: tuple[int, ...]


def count_day(connection: Connection, first: int) -> DayCount:
    """Count the punches of the day that begins with a local second."""
    hour = (punches.c.local_second - first) // _HOUR
    # Terminal by terminal: the day of one is one stretch of the table.
    of_day = (
        punches.c.terminal_id.in_(select(terminals.c.id)),
        punches.c.local_second.between(first, first + 24 * _HOUR - 1),
    )
    hours = [0] * 24
    counted = select(hour, func.count()).where(*of_day).group_by(hour)
    for number, found in connection.execute(counted):
        hours[number] = found
    users = select(func.count(punches.c.user_id.distinct())).where(*of_day)
    return DayCount(sum(hours), connection.execute(users).scalar_one(), tuple(hours))
