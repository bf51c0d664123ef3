"""The punches of a window: from a second of the terminals' clocks until another."""

from collections.abc import Collection, Iterable, Iterator, Sequence
import json
from typing import Any

from sqlalchemy import Connection

from ..records import Punch, StoredPunch
from .fetch import fetch_all
from .schema import DIRECTION, METHOD, SOURCE

# The words that rows of `find_told` have numbers for.
DIRECTIONS: Sequence[Any] = DIRECTION.words

_IN_WINDOW = (
    " FROM punches WHERE terminal_id = ? AND local_second >= ? AND local_second < ?"
)
_SELECT_WINDOW = (
    "SELECT user_id, local_second, direction, method, verify_code, state_code,"
    " work_code, utc_second, source, difference"
)
# What a day is computed by: two thirds of what a whole punch takes.
_SELECT_TOLD = (
    "SELECT user_id, local_second, utc_second, direction, state_code,"
    f" source = {SOURCE.numbers['manual']}"
)


def find_window(
    connection: Connection,
    first: int,
    last: int,
    users: Collection[tuple[str, str]] | None = None,
) -> list[StoredPunch]:
    """Return all punches from a local second until just before another.

    Those of some users only, each named by serial number and user id, if it is few.
    """
    found: list[StoredPunch] = []
    for serial, rows in _windows(connection, _SELECT_WINDOW, first, last, users):
        found += _stored_punches(serial, rows)
    return found


def find_told(
    connection: Connection,
    first: int,
    last: int,
    users: Collection[tuple[str, str]] | None = None,
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield terminals, each with what days are computed by of the same punches.

    User id, local second and UTC; the number of `DIRECTIONS`' word, the state key, and
    whether a human entered it.
    """
    return _windows(connection, _SELECT_TOLD, first, last, users)


def _windows(
    connection: Connection,
    columns: str,
    first: int,
    last: int,
    users: Collection[tuple[str, str]] | None,
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield terminals, each with the rows of its punches in a window."""
    by_terminal: dict[str, set[str]] = {}
    for serial, user_id in users or ():
        by_terminal.setdefault(serial, set()).add(user_id)
    known = fetch_all(connection, "SELECT id, serial FROM terminals")
    for terminal_id, serial in known:
        sql = columns + _IN_WINDOW
        values: tuple[int | str, ...] = (terminal_id, first, last)
        if users is not None:
            if serial not in by_terminal:
                continue
            sql += " AND user_id IN (SELECT value FROM json_each(?))"
            values += (json.dumps([*by_terminal[serial]]),)
        yield serial, fetch_all(connection, sql, values)


def basis_of_window(
    connection: Connection, serial: str, first: int, last: int
) -> tuple[int, int]:
    """Return what tells whether days of a terminal's window are others than before.

    How many punches there are, and how much was said.
    """
    ((punched,),) = fetch_all(
        connection,
        "SELECT count(*) FROM punches"
        " WHERE terminal_id = (SELECT id FROM terminals WHERE serial = ?)"
        " AND local_second >= ? AND local_second < ?",
        (serial, first, last),
    )
    ((said,),) = fetch_all(
        connection, "SELECT coalesce(max(number), 0) FROM corrections"
    )
    return punched, said


def _stored_punches(
    serial: str, rows: Iterable[tuple[Any, ...]]
) -> Iterator[StoredPunch]:
    """Yield the punches of rows of `_SELECT_WINDOW`."""
    directions: Sequence[Any] = DIRECTION.words
    methods: Sequence[Any] = METHOD.words
    sources: Sequence[Any] = SOURCE.words
    # A tuple made as such: the constructor of a named one takes three times as long.
    make = tuple.__new__
    for user, at, direction, method, verify, state, work, utc, source, other in rows:
        punch = make(
            Punch,
            (user, at, directions[direction], methods[method], verify, state, work),
        )
        yield make(StoredPunch, (serial, punch, utc, sources[source], other))
