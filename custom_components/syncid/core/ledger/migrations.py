"""How older ledgers become what they are today.

Each step looks at what is there, not at a number: before the first release, files of
one version had tables of more than one shape, and what a step finds may have been made
by a later one.
"""

from collections.abc import Callable

from sqlalchemy import (
    Column,
    Connection,
    Table,
    TableClause,
    case,
    column,
    delete,
    insert,
    inspect,
    select,
    table,
    update,
)
from sqlalchemy.schema import CreateColumn

from ..errors import LedgerTooNew
from .cursors import Cursors
from .erased import Erased
from .fetch import fetch_all
from .schema import (
    VERSION,
    Word,
    cursors,
    marks,
    metadata,
    punches,
    quarantine,
    schema_version,
    stale,
)

_SELECT_ENDS = """SELECT terminal_id, serial, overlap
    FROM cursors JOIN terminals ON terminals.id = terminal_id"""


def refuse_newer(connection: Connection) -> None:
    """Raise `LedgerTooNew` if this is a ledger of a newer version."""
    if not _columns(connection, schema_version):
        return
    version: int = connection.execute(select(schema_version.c.version)).scalar_one()
    if version > VERSION:
        raise LedgerTooNew(f"the ledger has version {version}, known is {VERSION}")


def prepare_schema(connection: Connection, ends: Cursors, erased: Erased) -> bool:
    """Bring the database to this version, in the transaction that is open.

    What is no longer kept in it goes to those who keep it now. Returns whether it was of
    an older version.
    """
    if not _columns(connection, schema_version):
        metadata.create_all(connection)
        connection.execute(insert(schema_version).values(version=VERSION))
        return False
    version: int = connection.execute(select(schema_version.c.version)).scalar_one()
    if version < VERSION:
        for step in _STEPS:
            step(connection)
        connection.execute(update(schema_version).values(version=VERSION))
    metadata.create_all(connection)  # what is missing
    if version < VERSION:
        _move_traces(connection, ends, erased)
    return version < VERSION


def _columns(connection: Connection, of: Table | TableClause) -> set[str]:
    """Return the names of a table's columns; none if it is not there."""
    known = inspect(connection)
    if not known.has_table(of.name):
        return set()
    return {one["name"] for one in known.get_columns(of.name)}


def _make_anew(connection: Connection, of: Table) -> None:
    """Make a table as it is now, with the rows that it has; words become numbers."""
    names = _columns(connection, of) & {*of.c.keys()}
    connection.exec_driver_sql(f"ALTER TABLE {of.name} RENAME TO before")
    of.create(connection)
    before = table("before", *map(column, names))
    told = [
        case(kind.numbers, value=before.c[name])
        if isinstance(kind := of.c[name].type, Word)
        else before.c[name]
        for name in names
    ]
    connection.execute(insert(of).from_select([*names], select(*told)))
    connection.exec_driver_sql("DROP TABLE before")


def _number_words(connection: Connection) -> None:
    """Store words as numbers, and punches without row ids."""
    if "id" in _columns(connection, punches):
        _make_anew(connection, punches)
        _make_anew(connection, quarantine)


def _count_past(connection: Connection) -> None:
    """Know how many records a terminal had when it was met."""
    if "past" in _columns(connection, cursors):
        return
    # What is not read to its end is met again; of the others it counts no more.
    connection.execute(delete(cursors).where(cursors.c.complete.is_(False)))
    connection.exec_driver_sql(
        "ALTER TABLE cursors ADD past INTEGER NOT NULL DEFAULT 0"
    )
    connection.execute(update(cursors).values(past=cursors.c.count))


def _number_stale(connection: Connection) -> None:
    """Have each row of who is to be computed be somebody's own."""
    if (names := _columns(connection, stale)) and "number" not in names:
        _make_anew(connection, stale)


def _numbers(connection: Connection, name: str) -> list[int]:
    """Return the numbers in a table, if it is there and has any."""
    if "number" not in _columns(connection, table(name)):
        return []
    return [
        *connection.execute(select(column("number")).select_from(table(name))).scalars()
    ]


def _move_traces(connection: Connection, ends: Cursors, erased: Erased) -> None:
    """Leave nothing by which punches are known again: that has a file of its own."""
    # Else its bytes would stay in the file until something else is put there.
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    if "overlap" in _columns(connection, cursors):
        for terminal_id, serial, records in fetch_all(connection, _SELECT_ENDS):
            connection.execute(
                update(cursors)
                .where(cursors.c.terminal_id == terminal_id)
                .values(nonce=ends.move_in(serial, records))
            )
        connection.exec_driver_sql("ALTER TABLE cursors DROP COLUMN overlap")
    # Before version 9 it told users by which anybody could be tried: no numbers can be
    # made of that, and what their terminals tell again is stored.
    if noted := _numbers(connection, "erased"):
        keys = _numbers(connection, "erased_key")
        erased.move_in(connection, noted, keys[0] if keys else None)
    for name in ("erased", "erased_key"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def _add(new: Column[object]) -> Callable[[Connection], None]:
    """Return what adds a column that may be empty, or has a default."""

    def add(connection: Connection) -> None:
        of = new.table
        assert isinstance(of, Table)
        if (names := _columns(connection, of)) and new.name not in names:
            told = CreateColumn(new).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {of.name} ADD {told}")

    return add


_STEPS: tuple[Callable[[Connection], None], ...] = (
    _number_words,
    _count_past,
    _number_stale,
    *map(
        _add,
        (
            cursors.c.highest_uid,
            cursors.c.nonce,
            stale.c.date,
            marks.c.unseen_since,
        ),
    ),
)
