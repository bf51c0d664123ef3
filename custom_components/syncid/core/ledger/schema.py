"""The tables of the ledger, and how older ones become them.

The punches of a terminal are named by terminal, user id and local second. A ledger
belongs to one site, so the site is not in the key.
"""

from collections.abc import Callable

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)

from ..errors import LedgerTooNew

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer))

terminals = Table(
    "terminals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("serial", Text, nullable=False, unique=True),
    # IANA name of the zone by which its wall clock is read.
    Column("zone", Text, nullable=False),
)

punches = Table(
    "punches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey(terminals.c.id), nullable=False),
    Column("user_id", Text, nullable=False),
    # Seconds of the terminal's wall clock since 1970-01-01 00:00:00, as it told.
    Column("local_second", Integer, nullable=False),
    Column("direction", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("verify_code", Integer),
    Column("state_code", Integer),
    Column("work_code", Integer),
    # The same moment in seconds since 1970-01-01 00:00:00 UTC.
    Column("utc_second", Integer, nullable=False),
    Column("source", Text, nullable=False),
    # What a second road said otherwise of the same punch.
    Column("difference", Text),
    # In the order in which a terminal's punches come, so that new rows are added at
    # the end of the index, and a day of a terminal is one stretch of it. Every other
    # index would cost a first read a third of its time.
    UniqueConstraint("terminal_id", "local_second", "user_id", name="punch"),
    # An id is never used again: readers remember where they were.
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey(terminals.c.id), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("terminal_id", "raw", name="record"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("terminal_id", ForeignKey(terminals.c.id), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("record_size", Integer, nullable=False),
    Column("overlap", LargeBinary, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("met_at", Integer, nullable=False),
    Column("tail_failures", Integer, nullable=False),
)

# MIGRATIONS[n] makes version n + 2 of version n + 1.
MIGRATIONS: tuple[Callable[[Connection], None], ...] = ()
VERSION = 1 + len(MIGRATIONS)


def prepare_schema(connection: Connection) -> None:
    """Bring the database to this version, in the transaction that is open."""
    if not inspect(connection).has_table(schema_version.name):
        metadata.create_all(connection)
        connection.execute(insert(schema_version).values(version=VERSION))
        return
    version: int = connection.execute(select(schema_version.c.version)).scalar_one()
    if version > VERSION:
        raise LedgerTooNew(f"the ledger has version {version}, known is {VERSION}")
    for migrate in MIGRATIONS[version - 1 :]:
        migrate(connection)
    connection.execute(update(schema_version).values(version=VERSION))
