"""The tables of the ledger.

The punches of a terminal are named by terminal, user id and local second. A ledger
belongs to one site, so the site is not in the key.
"""

from typing import Final, override

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

# Grows when a table changes: see `migrations`.
VERSION: Final = 10

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

# But for the last records themselves, which name who punched: see `traces`.
cursors = Table(
    "cursors",
    metadata,
    Column("terminal_id", ForeignKey(terminals.c.id), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("record_size", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("met_at", Integer, nullable=False),
    Column("past", Integer, nullable=False),
    Column("tail_failures", Integer, nullable=False),
    Column("highest_uid", Integer, nullable=False, server_default="0"),
    # By which those records are known to be the ones of this row.
    Column("nonce", Integer, nullable=False, server_default="0"),
)

# Which erasing the traces have to know of: a random number that is of no person and no
# punch, the last one; and one more if traces were lost since.
erasings = Table("erasings", metadata, Column("number", Integer, primary_key=True))

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

# The people of the site. Days are dates in ISO's way of writing, which sorts.
people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("ha_person", Text, nullable=False),
    Column("valid_from", Text),
    Column("valid_until", Text),
    Column("cards", JSON, nullable=False),
    sqlite_with_rowid=False,
)

# By serial number: somebody may be mapped at a terminal that was never set up.
mappings = Table(
    "mappings",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    sqlite_with_rowid=False,
)

# What is known of each person's day; computed, so that all of it can be thrown away.
marks = Table(
    "marks",
    metadata,
    # A month of everybody is one stretch.
    Column("date", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("shift_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("presence", Text, nullable=False),
    # Second of UTC, and of the wall clock.
    Column("first_in", JSON(none_as_null=True)),
    Column("last_out", JSON(none_as_null=True)),
    Column("late_by", Integer, nullable=False),
    Column("early_by", Integer, nullable=False),
    Column("worked", Integer, nullable=False),
    Column("overtime", Integer, nullable=False),
    Column("breaks", Integer, nullable=False),
    Column("owed", Integer),
    Column("running_since", Integer),
    Column("flags", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("unseen_since", Integer),
    sqlite_with_rowid=False,
)
Index("marks_provisional", marks.c.date, sqlite_where=marks.c.final.is_(False))

# How marks became what they are; never changed.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    # The mark before that, if there was one; the whole of it is in the line before.
    Column("before_status", Text),
    Column("before_final", Boolean),
    # The mark as it was then.
    Column("mark", JSON, nullable=False),
)
Index("changes_of_day", changes.c.person_id, changes.c.date)

# What humans say of punches and marks; added to, never changed.
corrections = Table(
    "corrections",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("person_id", Text, nullable=False, index=True),
    Column("date", Text),
    Column("status", Text),
    Column("serial", Text, nullable=False),
    Column("local_second", Integer),
    Column("utc_second", Integer),
    Column("direction", Text, nullable=False),
    Column("until", Integer),
    Column("seconds", Integer, nullable=False),
    Column("revokes", Integer),
    # No number is given twice, not even that of a row that was erased.
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("serial", Text, primary_key=True),
    # All punches before this second of UTC have been read.
    Column("delivered_until", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# What a terminal was when it was there last: its punches are read by that.
places = Table(
    "places",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("zone", Text, nullable=False),
    Column("direction", Text, nullable=False),
    sqlite_with_rowid=False,
)
# As a calendar told them; it may forget what has been, but marks are computed anew.
holidays = Table(
    "holidays",
    metadata,
    Column("date", Text, primary_key=True),
    Column("name", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Who works which shift on which date; `who` is a person's id or a group.
rota = Table(
    "rota",
    metadata,
    Column("who", Text, primary_key=True),
    Column("date", Text, primary_key=True),
    # None for a day off.
    Column("shift_id", Text),
    sqlite_with_rowid=False,
)
# Leave and excuses.
entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("who", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("note", Text, nullable=False),
    # The part of each day, in seconds after midnight; None for all of it.
    Column("begins", Integer),
    Column("ends", Integer),
    sqlite_autoincrement=True,
)
# Whose days are still to be computed: by new rules, or since punches came late.
stale = Table(
    "stale",
    metadata,
    # Each row is taken away by whom it was made for, and by nobody else.
    Column("number", Integer, primary_key=True),
    Column("person_id", Text, nullable=False),
    # The date of what came, or of what was said; None for all days.
    Column("date", Text),
    sqlite_autoincrement=True,
)
# By which rules marks are, as a digest: one row, none while none was ever computed.
basis = Table("basis", metadata, Column("digest", Text, nullable=False))
