"""Storing punches: each once, whatever roads bring it, and as fast as SQLite does."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from sqlalchemy import Connection, Dialect, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from ..records import (
    Batch,
    Ingested,
    Punch,
    Punches,
    PunchKey,
    Rejected,
    Source,
    StoredPunch,
    wall_clock,
)
from .cursors import Cursors
from .plans import mark_stale
from .roads import difference_of, told_together
from .schema import DIRECTION, METHOD, SOURCE, mappings, punches, quarantine
from .terminals import Zone, register_terminal

# The offset from UTC at a local second.
type OffsetAt = Callable[[int], int]
# Who the users of terminals are: the id of a person by serial number and user id.
type Mapped = dict[str, dict[str, str]]
# Punches that are stored, with who told them first, and what was said otherwise.
type _Known = dict[PunchKey, tuple[Punch, Source, str | None]]

# Rows that one statement inserts. SQLite gives Python's lock away for each statement, or
# for each row of an `executemany`, and has to wait to get it back while another thread
# computes: up to five milliseconds each time.
_AT_ONCE = (500, 50, 1)

_DAY = 86_400
# Seconds after which a punch is late. Days that are nearer are looked at after each
# start, whatever happened (`Book.of_late`), by the wall clock of any zone: so most
# punches need no note.
LATE = 5 * _DAY

# Of a terminal, so much is kept that cannot be read: rows, and bytes.
MOST_UNREADABLE = 10_000
MOST_UNREADABLE_BYTES = 64 * 1024 * 1024
_PUSHED: tuple[Source, ...] = ("push", "adms")

# What one road may tell of a punch, and another one not.
_TOLD = ("direction", "state_code", "method", "verify_code", "work_code")
# The order in which SQLAlchemy takes the columns of a row.
_COLUMNS = tuple(column.name for column in punches.c if column.name != "difference")
_UTC_SECOND = _COLUMNS.index("utc_second")
_SELECT_KNOWN = select(
    *(punches.c[name] for name in Punch._fields),
    punches.c.source,
    punches.c.difference,
).where(
    punches.c.terminal_id == bindparam("terminal_id"),
    punches.c.local_second.between(bindparam("first"), bindparam("last")),
)
_SELECT_MOMENTS = select(
    punches.c.local_second, punches.c.user_id, punches.c.utc_second
).where(
    punches.c.terminal_id == bindparam("terminal_id"),
    punches.c.local_second.between(bindparam("first"), bindparam("last")),
)
_SELECT_MAPPED = select(mappings.c.user_id, mappings.c.person_id).where(
    mappings.c.serial == bindparam("serial")
)
_ADD_TO_KNOWN = (
    update(punches)
    .where(
        punches.c.terminal_id == bindparam("of_terminal"),
        punches.c.local_second == bindparam("at_second"),
        punches.c.user_id == bindparam("by_user"),
    )
    .values({name: bindparam(name) for name in (*_TOLD, "difference")})
)


def store_batch(
    connection: Connection,
    zone: Zone,
    batch: Batch,
    now: float,
    cursors: Cursors,
    mapped: Mapped,
) -> Ingested:
    """Store a batch, and return what of it was new; `now` is in seconds of UTC.

    `mapped` is what was looked up before, and is still so.
    """
    terminal_id = register_terminal(connection, batch.serial, zone)
    cursors.move(connection, terminal_id, batch)
    clashes: tuple[Rejected, ...] = ()
    if batch.moments:
        batch, clashes = _without_clashes(connection, terminal_id, batch)
    dropped = 0
    if batch.unreadable:
        dropped = _store_unreadable(connection, terminal_id, batch)
    if batch.understood:
        connection.execute(
            delete(quarantine).where(
                quarantine.c.terminal_id == terminal_id,
                quarantine.c.raw.in_(batch.understood),
            )
        )
    new = turned = 0
    news: list[Punch] = []
    noted: list[int] = []
    offset_at: OffsetAt = zone.offsets
    if batch.punches:
        seconds = batch.punches.seconds
        span = min(seconds), max(seconds)
        offset_at = _offset_at(zone, span, now + batch.clock_drift)
        new, turned, news = _store_punches(
            connection, terminal_id, offset_at, batch, span
        )
        if (new or turned) and span[0] < now - LATE:
            noted = _note_late(connection, batch, now, mapped, turned > 0)
    return Ingested(
        news=tuple(
            StoredPunch(
                serial=batch.serial,
                punch=punch,
                utc_second=_utc_second(punch, batch, offset_at),
                source=batch.source,
                difference=None,
            )
            for punch in sorted(news, key=_key)
        ),
        new=new,
        duplicates=len(batch.punches) - new,
        unreadable=len(batch.unreadable),
        clashes=clashes,
        noted=tuple(noted),
        dropped=dropped,
        turned=turned,
    )


def _note_late(
    connection: Connection, batch: Batch, now: float, mapped: Mapped, turned: bool
) -> list[int]:
    """Note whose days are touched by what came late; return the numbers of the rows.

    Should we be killed before those are computed, nobody would look at them again. What
    was known already is noted with it: it costs less than to look. Where some are turned,
    the days beside theirs too: one of those may have held it until now.
    """
    if (person_of := mapped.get(batch.serial)) is None:
        # Once for all that a terminal brings: SQLite gives Python's lock away for each
        # row that it returns.
        rows = connection.execute(_SELECT_MAPPED, {"serial": batch.serial})
        mapped[batch.serial] = person_of = dict(map(tuple, rows))
    if not person_of:
        return []
    days = {
        (person_id, second // _DAY + beside)
        for user_id, second in zip(
            batch.punches.users, batch.punches.seconds, strict=True
        )
        if second < now - LATE and (person_id := person_of.get(user_id)) is not None
        for beside in ((-1, 0, 1) if turned else (0,))
    }
    return mark_stale(
        connection,
        [
            (person_id, wall_clock(day * _DAY).date().isoformat())
            for person_id, day in sorted(days)
        ],
    )


def _without_clashes(
    connection: Connection, terminal_id: int, batch: Batch
) -> tuple[Batch, tuple[Rejected, ...]]:
    """Return a batch without punches that are another moment than those known.

    The two have one name, which is that of the first.
    """
    seconds = [second for second, _ in batch.moments]
    rows = connection.execute(
        _SELECT_MOMENTS,
        {"terminal_id": terminal_id, "first": min(seconds), "last": max(seconds)},
    )
    known: dict[PunchKey, int] = {(second, user): utc for second, user, utc in rows}
    clashes = {
        key: moment.or_rejected
        for key, moment in batch.moments.items()
        if known.get(key, moment.utc_second) != moment.utc_second
    }
    rejected = tuple(clashes.values())
    return replace(
        batch,
        punches=Punches.of(
            punch for punch in batch.punches if _key(punch) not in clashes
        ),
        unreadable=[*batch.unreadable, *(record for _, record in rejected)],
    ), rejected


def _utc_second(punch: Punch, batch: Batch, offset_at: OffsetAt) -> int:
    if moment := batch.moments.get(_key(punch)):
        return moment.utc_second
    return punch.local_second - offset_at(punch.local_second)


def _offset_at(zone: Zone, span: tuple[int, int], now: float) -> OffsetAt:
    """Return what tells the offset at each local second of a span."""
    offset = zone.offsets.between(*span)
    if offset is None:
        return partial(zone.offsets.on_arrival, now=now)
    return lambda second: offset  # asking for each would take long


def _key(punch: Punch) -> PunchKey:
    return punch.local_second, punch.user_id


def _store_punches(
    connection: Connection,
    terminal_id: int,
    offset_at: OffsetAt,
    batch: Batch,
    span: tuple[int, int],
) -> tuple[int, int, list[Punch]]:
    """Store what is not known.

    Returns how much that was, of how many that were known the direction is another one
    now, and what is news.
    """
    news_between = batch.news_between
    if news_between and (span[1] < news_between[0] or news_between[1] < span[0]):
        # The past of a terminal: none of it is news, and hardly any is known.
        new = _insert(connection, batch.punches, terminal_id, batch, offset_at)
        turned = 0
        if new < len(batch.punches):
            known = _known(connection, terminal_id, span)
            turned = _compare(connection, terminal_id, batch, known)
        return new, turned, []
    known = _known(connection, terminal_id, span)
    unknown: dict[PunchKey, Punch] = {}
    for punch in batch.punches:
        if (key := _key(punch)) not in known:
            unknown.setdefault(key, punch)
    if unknown:
        some = Punches.of(unknown.values())
        _insert(connection, some, terminal_id, batch, offset_at)
    turned = 0
    if len(unknown) < len(batch.punches):
        known |= {key: (punch, batch.source, None) for key, punch in unknown.items()}
        turned = _compare(connection, terminal_id, batch, known)
        unknown = {key: known[key][0] for key in unknown}
    news = [
        punch
        for punch in unknown.values()
        if news_between is None
        or news_between[0] <= punch.local_second <= news_between[1]
    ]
    return len(unknown), turned, news


def _known(connection: Connection, terminal_id: int, span: tuple[int, int]) -> _Known:
    """Return the punches of a terminal between two local seconds."""
    first, last = span
    rows = connection.execute(
        _SELECT_KNOWN, {"terminal_id": terminal_id, "first": first, "last": last}
    )
    return {
        _key(punch := Punch(*fields)): (punch, source, difference)
        for *fields, source, difference in rows
    }


def _compare(
    connection: Connection, terminal_id: int, batch: Batch, known: _Known
) -> int:
    """Add what this road tells besides to what another one said first.

    Of what both tell, the first is believed unless this one tells it more surely; what
    the other says otherwise is noted.
    Returns of how many punches the direction is another one by it.
    """
    updates = {}
    turned = set()
    for punch in batch.punches:
        key = _key(punch)
        stored, source, noted = known[key]
        if punch == stored:
            continue
        told, is_other = told_together(stored, punch)
        difference = noted
        if is_other and (noted is None or told != stored):
            difference = difference_of(told, (source, stored), (batch.source, punch))
        if (told, difference) != (stored, noted):
            if (told.direction, told.state_code) != (
                stored.direction,
                stored.state_code,
            ):
                turned.add(key)
            known[key] = told, source, difference
            updates[key] = {
                "of_terminal": terminal_id,
                "at_second": punch.local_second,
                "by_user": punch.user_id,
                "difference": difference,
                **{name: getattr(told, name) for name in _TOLD},
            }
    if updates:
        connection.execute(_ADD_TO_KNOWN, list(updates.values()))
    return len(turned)


def _values(
    unknown: Punches,
    terminal_id: int,
    batch: Batch,
    offset_at: OffsetAt,
) -> tuple[object, ...]:
    """Return the values of rows, one behind the other, in the order of `_COLUMNS`."""
    directions, methods = DIRECTION.numbers, METHOD.numbers
    source_number = SOURCE.numbers[batch.source]
    values: list[object] = []
    add = values.extend
    # Spelled out: unpacking with a star takes three times as long.
    for user_id, second, direction, method, verify, state, work in unknown.rows():
        add(
            (
                terminal_id,
                second,
                user_id,
                directions[direction],
                methods[method],
                verify,
                state,
                work,
                second - offset_at(second),
                source_number,
            )
        )
    if batch.moments:
        for index, punch in enumerate(unknown):
            at = index * len(_COLUMNS) + _UTC_SECOND
            values[at] = _utc_second(punch, batch, offset_at)
    return tuple(values)


def _insert(
    connection: Connection,
    unknown: Punches,
    terminal_id: int,
    batch: Batch,
    offset_at: OffsetAt,
) -> int:
    """Insert what is not there yet, and return how many punches that were."""
    new = at = 0
    for size in _AT_ONCE:
        sql = _insert_sql(connection.dialect, size)
        while len(unknown) - at >= size:
            some = unknown.part(at, at + size)
            values = _values(some, terminal_id, batch, offset_at)
            new += connection.exec_driver_sql(sql, values).rowcount
            at += size
    return new


@cache
def _insert_sql(dialect: Dialect, size: int) -> str:
    """Return the statement that takes so many rows, in the order of `_COLUMNS`.

    Compiled once and fed with tuples: making a dictionary of each of 100,000 rows
    would take SQLAlchemy twice the time that SQLite needs to store them.
    """
    statement = insert(punches).values({name: bindparam(name) for name in _COLUMNS})
    compiled = statement.on_conflict_do_nothing().compile(dialect=dialect)
    if compiled.positiontup != list(_COLUMNS):
        raise AssertionError(f"rows would be stored as {compiled.positiontup}")
    row = f"({', '.join('?' * len(_COLUMNS))})"
    head, values, tail = str(compiled).partition(row)
    if not values:
        raise AssertionError(f"no row is to be seen in {head}")
    return head + ", ".join([row] * size) + tail


def _store_unreadable(connection: Connection, terminal_id: int, batch: Batch) -> int:
    """Keep what cannot be read; return how much went for it, the oldest first.

    Anybody who knows a serial number may send nonsense for ever. What was read is kept
    whatever it is: a log that was cleared has it no more.
    """
    connection.execute(
        insert(quarantine).on_conflict_do_nothing(),
        [
            {"terminal_id": terminal_id, "source": batch.source, **record._asdict()}
            for record in batch.unreadable
        ],
    )
    if batch.source not in _PUSHED:
        return 0
    raw_size = func.length(quarantine.c.raw)
    of_terminal = (quarantine.c.terminal_id == terminal_id) & (
        quarantine.c.source.in_(_PUSHED)
    )
    rows, size = connection.execute(
        select(func.count(), func.total(raw_size)).where(of_terminal)
    ).one()
    if rows <= MOST_UNREADABLE and size <= MOST_UNREADABLE_BYTES:
        return 0
    # Some more, so that not each row has to look for the one that goes for it.
    most_rows = MOST_UNREADABLE - MOST_UNREADABLE // 10
    most_size = MOST_UNREADABLE_BYTES - MOST_UNREADABLE_BYTES // 10
    latest = quarantine.c.id.desc()
    counted = (
        select(
            quarantine.c.id,
            func.row_number().over(order_by=latest).label("place"),
            func.sum(raw_size).over(order_by=latest).label("size"),
        )
        .where(of_terminal)
        .subquery()
    )
    too_much = select(counted.c.id).where(
        (counted.c.place > most_rows) | (counted.c.size > most_size)
    )
    return connection.execute(
        delete(quarantine).where(quarantine.c.id.in_(too_much))
    ).rowcount
