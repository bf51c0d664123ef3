"""Who is to work when, and who is away: rows that an admin adds and takes back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from .schema import basis, entries, rota, stale

# A person, and a date in ISO's way of writing; None for all days of theirs.
type Stale = tuple[str, str | None]

_MARK_STALE = (
    "INSERT INTO stale (person_id, date)"
    " SELECT value ->> 0, value ->> 1 FROM json_each(?) RETURNING number"
)


def load_rota(connection: Connection) -> list[tuple[str, str, str | None]]:
    """Return who works what: person or group, date, shift; None for a day off."""
    rows = connection.execute(select(rota.c.who, rota.c.date, rota.c.shift_id))
    return [(who, date, shift_id) for who, date, shift_id in rows]


def save_rota(
    connection: Connection,
    who: Collection[str],
    dates: Sequence[str],
    shift_id: str | None,
) -> None:
    """Have people or groups work a shift on all dates from one to another, or none."""
    clear_rota(connection, who, dates[0], dates[-1])
    rows = [{"who": one, "date": date} for one in who for date in dates]
    connection.execute(insert(rota), [{**row, "shift_id": shift_id} for row in rows])


def clear_rota(
    connection: Connection, who: Collection[str], first: str, last: str
) -> int:
    """Let the rota say nothing of some days; return of how many it did."""
    # A group is one, however it was written when it was planned.
    named = {one.casefold() for one in who}
    known = connection.execute(select(rota.c.who).distinct()).scalars()
    spelt = [one for one in known if one.casefold() in named]
    return connection.execute(
        delete(rota).where(rota.c.who.in_(spelt), rota.c.date.between(first, last))
    ).rowcount


def load_entries(connection: Connection) -> list[dict[str, Any]]:
    """Return all leave and excuses, oldest first."""
    rows = connection.execute(select(entries).order_by(entries.c.id))
    return [dict(row) for row in rows.mappings()]


def add_entries(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep leave or excuses."""
    connection.execute(insert(entries), [dict(row) for row in rows])


def remove_entries(connection: Connection, ids: Collection[int]) -> None:
    """Forget leave or excuses."""
    connection.execute(delete(entries).where(entries.c.id.in_(ids)))


def load_stale(connection: Connection) -> dict[int, Stale]:
    """Return whose days are still to be computed, by the number of the row."""
    rows = connection.execute(select(stale.c.number, stale.c.person_id, stale.c.date))
    return {number: (person_id, date) for number, person_id, date in rows}


def mark_stale(connection: Connection, what: Iterable[Stale]) -> list[int]:
    """Remember whose days are to be computed; return the numbers of the rows."""
    if not (rows := [*what]):
        return []
    # One statement: a late log brings thousands of them.
    made = connection.exec_driver_sql(_MARK_STALE, (json.dumps(rows),))
    return [*made.scalars()]


def clear_stale(connection: Connection, numbers: Iterable[int]) -> None:
    """Know that the days of some rows are computed."""
    connection.exec_driver_sql(
        "DELETE FROM stale WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps([*numbers]),),
    )


def load_basis(connection: Connection) -> str | None:
    """Return the digest of the rules by which marks are."""
    return connection.execute(select(basis.c.digest)).scalar_one_or_none()


def save_basis(connection: Connection, digest: str) -> None:
    """Know by which rules all marks are now."""
    connection.execute(delete(basis))
    connection.execute(insert(basis).values(digest=digest))
