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
from .schema import (
    VERSION,
    Word,
    cursors,
    erased,
    marks,
    metadata,
    punches,
    quarantine,
    schema_version,
    stale,
)


def prepare_schema(connection: Connection) -> None:
    """Bring the database to this version, in the transaction that is open."""
    if not _columns(connection, schema_version):
        metadata.create_all(connection)
        connection.execute(insert(schema_version).values(version=VERSION))
        return
    version: int = connection.execute(select(schema_version.c.version)).scalar_one()
    if version > VERSION:
        raise LedgerTooNew(f"the ledger has version {version}, known is {VERSION}")
    if version < VERSION:
        for step in _STEPS:
            step(connection)
        connection.execute(update(schema_version).values(version=VERSION))
    metadata.create_all(connection)  # what is missing


def _columns(connection: Connection, of: Table) -> set[str]:
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


def _forget_who(connection: Connection) -> None:
    """Keep nothing that users can be told by of whom punches were erased.

    No numbers can be made of that: what their terminals tell again is stored.
    """
    if "who" in _columns(connection, erased):
        # Else its bytes would stay in the file until something else is put there.
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
        erased.drop(connection)


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
    _forget_who,
    *map(_add, (cursors.c.highest_uid, stale.c.date, marks.c.unseen_since)),
)
