"""The tables of the ledger, and how older ones become them.

The punches of a terminal are named by terminal, user id and local second. A ledger
belongs to one site, so the site is not in the key.
"""

from collections.abc import Callable
from typing import override

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)

from ..errors import LedgerTooNew

metadata = MetaData()


class Word(TypeDecorator[str]):
    """One of a few words, stored as a number.

    A first read stores three of them in each of 100,000 rows, which takes half as
    much room and a fifth less time this way. A word keeps its number for ever: new
    ones are added at the end.
    """

    impl = SmallInteger
    cache_ok = True

    def __init__(self, *words: str) -> None:
        """Give each word its number."""
        super().__init__()
        self.words = words
        self.numbers = {word: number for number, word in enumerate(words)}

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """Return the number of a word."""
        return None if value is None else self.numbers[value]

    @override
    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        """Return the word of a number."""
        return None if value is None else self.words[value]


DIRECTION = Word(
    "unknown",
    "check_in",
    "check_out",
    "break_out",
    "break_in",
    "overtime_in",
    "overtime_out",
)
METHOD = Word(
    "unknown", "fingerprint", "face", "card", "pin", "password", "palm", "vein"
)
SOURCE = Word("realtime", "poll", "push", "adms", "import", "manual")

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
    # What names a punch, in the order in which a terminal's punches come: new rows
    # are added at the end, and a day of a terminal is one stretch.
    Column("terminal_id", ForeignKey(terminals.c.id), primary_key=True),
    # Seconds of the terminal's wall clock since 1970-01-01 00:00:00, as it told.
    Column("local_second", Integer, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("direction", DIRECTION, nullable=False),
    Column("method", METHOD, nullable=False),
    Column("verify_code", Integer),
    Column("state_code", Integer),
    Column("work_code", Integer),
    # The same moment in seconds since 1970-01-01 00:00:00 UTC.
    Column("utc_second", Integer, nullable=False),
    Column("source", SOURCE, nullable=False),
    # What a second road said otherwise of the same punch.
    Column("difference", Text),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terminal_id", ForeignKey(terminals.c.id), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", SOURCE, nullable=False),
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
    Column("past", Integer, nullable=False),
    Column("tail_failures", Integer, nullable=False),
    Column("highest_uid", Integer, nullable=False, server_default="0"),
)

# What is to be said to terminals that push, and what became of it. Only the road knows
# what the words mean; here they are kept.
commands = Table(
    "commands",
    metadata,
    Column("terminal_id", ForeignKey(terminals.c.id), primary_key=True),
    # Counts from 1 for each terminal, and never again.
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    # Empty once it came to its end: there are passwords and templates in it.
    Column("text", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    # All times in seconds of UTC.
    Column("queued_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Float),
    Column("ended_at", Float),
    Column("code", Integer),
    Column("reason", Text),
    sqlite_with_rowid=False,
)


def _add_commands(connection: Connection) -> None:
    commands.create(connection)


def _add_highest_uid(connection: Connection) -> None:
    connection.exec_driver_sql(
        "ALTER TABLE cursors ADD COLUMN highest_uid INTEGER DEFAULT '0' NOT NULL"
    )


# MIGRATIONS[n] makes version n + 2 of version n + 1.
MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _add_highest_uid,
    _add_commands,
)
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
