"""Storing punches: each once, whatever roads bring it, and as fast as SQLite does."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import (
    Connection,
    Dialect,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import CursorMoved
from ..records import Batch, Ingested, Punch, Source, StoredPunch
from ..zones import ZoneOffsets
from .queries import SELECT_PUNCHES, stored_punch
from .schema import punches, quarantine
from .terminals import Zone, load_cursor, register_terminal, save_cursor

_COLUMNS = ("terminal_id", *Punch._fields, "utc_second", "source")
_LAST_ID = select(func.coalesce(func.max(punches.c.id), 0))
_is_new = punches.c.id > bindparam("last_id")
_COUNT_NEW = select(func.count()).select_from(punches).where(_is_new)
_NEWS = SELECT_PUNCHES.where(
    _is_new, punches.c.local_second > bindparam("history_until")
).order_by(punches.c.local_second, punches.c.id)

# Before any time that a terminal can tell.
_NO_HISTORY = -1


def store_batch(connection: Connection, zone: Zone, batch: Batch) -> Ingested:
    """Store a batch, and return what of it was new."""
    terminal_id = register_terminal(connection, batch.serial, zone)
    if batch.cursor is not None:
        if load_cursor(connection, batch.serial) != batch.since:
            raise CursorMoved(f"another read of {batch.serial} was faster")
        save_cursor(connection, terminal_id, batch.cursor)
    if batch.unreadable:
        _store_unreadable(connection, terminal_id, batch)
    if not batch.punches:
        return Ingested((), 0, 0, len(batch.unreadable))

    seconds = [punch.local_second for punch in batch.punches]
    first, last = min(seconds), max(seconds)
    # This is the only writer: what has a higher id in the end is new.
    last_id = connection.execute(_LAST_ID).scalar_one()
    connection.exec_driver_sql(
        _insert_sql(connection.dialect),
        _rows(
            batch.punches,
            terminal_id,
            batch.source,
            zone.offsets,
            zone.offsets.between(first, last),
        ),
    )
    new = connection.execute(_COUNT_NEW, {"last_id": last_id}).scalar_one()
    news: tuple[StoredPunch, ...] = ()
    history_until = batch.history_until
    if history_until is None:
        history_until = _NO_HISTORY
    if new and last > history_until:
        found = connection.execute(
            _NEWS, {"last_id": last_id, "history_until": history_until}
        )
        news = tuple(map(stored_punch, found))
    return Ingested(news, new, len(batch.punches) - new, len(batch.unreadable))


def _rows(
    batch: Sequence[Punch],
    terminal_id: int,
    source: Source,
    offset_at: ZoneOffsets,
    offset: int | None,
) -> list[tuple[object, ...]]:
    """Return rows in the order of `_COLUMNS`."""
    # Spelled out: unpacking with a star takes three times as long.
    return [
        (
            terminal_id,
            user_id,
            second,
            direction,
            method,
            verify,
            state,
            work,
            second - (offset_at(second) if offset is None else offset),
            source,
        )
        for user_id, second, direction, method, verify, state, work in batch
    ]


@cache
def _insert_sql(dialect: Dialect) -> str:
    """Return the statement that takes rows in the order of `_COLUMNS`.

    Compiled once and fed with tuples: making a dictionary of each of 100,000 rows
    would take SQLAlchemy twice the time that SQLite needs to store them.
    """
    statement = upsert(punches).values({name: bindparam(name) for name in _COLUMNS})
    other = statement.excluded
    differs = or_(
        punches.c.direction != other.direction, punches.c.method != other.method
    )
    difference = func.format(
        literal_column("'%s: %s (%s), %s (%s)'"),
        other.source,
        other.direction,
        other.state_code,
        other.method,
        other.verify_code,
    )
    # The road that came first is believed; what the other knows besides is added,
    # and what it says otherwise is noted.
    compiled = statement.on_conflict_do_update(
        index_elements=[
            punches.c.terminal_id,
            punches.c.local_second,
            punches.c.user_id,
        ],
        set_={
            "work_code": func.coalesce(punches.c.work_code, other.work_code),
            "difference": func.coalesce(
                punches.c.difference, case((differs, difference))
            ),
        },
        where=or_(
            and_(punches.c.work_code.is_(None), other.work_code.is_not(None)),
            and_(punches.c.difference.is_(None), differs),
        ),
    ).compile(dialect=dialect)
    if compiled.positiontup != list(_COLUMNS):
        raise AssertionError(f"rows would be stored as {compiled.positiontup}")
    return str(compiled)


def _store_unreadable(connection: Connection, terminal_id: int, batch: Batch) -> None:
    connection.execute(
        upsert(quarantine).on_conflict_do_nothing(),
        [
            {"terminal_id": terminal_id, "source": batch.source, **record._asdict()}
            for record in batch.unreadable
        ],
    )
