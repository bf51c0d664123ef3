"""The queue of what is to be said to terminals that push; it outlives a power cut."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from .schema import commands, terminals
from .terminals import Zone, register_terminal

# A row of the queue: its columns as attributes, but for the terminal.
type Row = Any

# Seconds for which is kept what became of a command.
_KEPT = 30 * 86400

_COLUMNS = tuple(column.name for column in commands.c if column.name != "terminal_id")
_insert = upsert(commands)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[commands.c.terminal_id, commands.c.id],
    set_={name: _insert.excluded[name] for name in _COLUMNS if name != "id"},
)


def end_commands(connection: Connection, serial: str, now: float) -> None:
    """Forget what waits for a terminal, and what it says."""
    of_terminal = select(terminals.c.id).where(terminals.c.serial == serial)
    connection.execute(
        update(commands)
        .where(
            commands.c.terminal_id == of_terminal.scalar_subquery(),
            commands.c.ended_at.is_(None),
        )
        .values(state="expired", text="", user_id="", ended_at=now)
    )


def load_commands(connection: Connection, serial: str) -> list[dict[str, Any]]:
    """Return a terminal's queue, oldest first: what is kept of its past included."""
    rows = connection.execute(
        select(*(commands.c[name] for name in _COLUMNS))
        .join_from(commands, terminals)
        .where(terminals.c.serial == serial)
        .order_by(commands.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def save_commands(
    connection: Connection, serial: str, zone: Zone, rows: Iterable[Row], now: float
) -> None:
    """Keep rows as they are now, and forget what ended long ago."""
    terminal_id = register_terminal(connection, serial, zone)
    saved = [
        {"terminal_id": terminal_id, **{name: getattr(row, name) for name in _COLUMNS}}
        for row in rows
    ]
    connection.execute(_SAVE, saved)
    # The last one stays, whatever it is, so that its number is not given again.
    last = select(func.max(commands.c.id)).where(commands.c.terminal_id == terminal_id)
    connection.execute(
        delete(commands).where(
            commands.c.terminal_id == terminal_id,
            commands.c.ended_at < now - _KEPT,
            commands.c.id < last.scalar_subquery(),
        )
    )
