"""Who is to work when, and who is away: rows that an admin adds and takes back."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from .schema import entries, rota, stale

_insert_turn = upsert(rota)
_SAVE_TURN = _insert_turn.on_conflict_do_update(
    index_elements=[rota.c.who, rota.c.date],
    set_={"shift_id": _insert_turn.excluded.shift_id},
)


def load_rota(connection: Connection) -> list[tuple[str, str, str | None]]:
    """Return who works what: person or group, date, shift; None for a day off."""
    rows = connection.execute(select(rota.c.who, rota.c.date, rota.c.shift_id))
    return [(who, date, shift_id) for who, date, shift_id in rows]


def save_rota(
    connection: Connection,
    who: Iterable[str],
    dates: Iterable[str],
    shift_id: str | None,
) -> None:
    """Have people or groups work a shift on some dates, or none."""
    rows = [{"who": one, "date": date} for one in who for date in dates]
    connection.execute(_SAVE_TURN, [{**row, "shift_id": shift_id} for row in rows])


def clear_rota(
    connection: Connection, who: Collection[str], first: str, last: str
) -> int:
    """Let the rota say nothing of some days; return of how many it did."""
    return connection.execute(
        delete(rota).where(rota.c.who.in_(who), rota.c.date.between(first, last))
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


def load_stale(connection: Connection) -> dict[int, str]:
    """Return whose days are still to be computed, by the number of the row."""
    rows = connection.execute(select(stale.c.number, stale.c.person_id))
    return dict(map(tuple, rows))


def mark_stale(connection: Connection, person_ids: Iterable[str]) -> list[int]:
    """Remember whose days are to be computed; return the numbers of the rows."""
    if not (rows := [{"person_id": one} for one in person_ids]):
        return []
    made = insert(stale).returning(stale.c.number)
    return [*connection.execute(made, rows).scalars()]


def clear_stale(connection: Connection, numbers: Iterable[int]) -> None:
    """Know that the days of some rows are computed."""
    rows = [{"of": number} for number in numbers]
    connection.execute(delete(stale).where(stale.c.number == bindparam("of")), rows)
