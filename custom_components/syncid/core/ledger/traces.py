"""The file of traces, beside the ledger: by what punches are known again.

What is kept here comes from punches that may be erased from the ledger: a number of each
that was, and the last records of each terminal's log. All of it says nothing without the
key, and none of it may be in the ledger, not even so.

The two files have no transaction in common. So this one is committed first, and nothing
in it counts that the ledger does not know of: an end of a log is named by a nonce that
the ledger's cursor has, too, and what was noted of punches that were not deleted in the
end is taken back. Whichever of the two files is lost or comes from another day, nothing
is believed of the log that was not so when the ledger was written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import logging
from pathlib import Path
import sqlite3
from threading import Lock
from typing import Any

from .files import put_aside

_LOGGER = logging.getLogger(__name__)

type Rows = list[tuple[Any, ...]]

_TABLES = """
-- A number of each punch that was erased.
CREATE TABLE IF NOT EXISTS erased (number INTEGER PRIMARY KEY);
-- When that was done, in turn: a random number, and one of the key. It is not settled
-- until it is known to be committed in the ledger; if it was not, `undo` goes.
CREATE TABLE IF NOT EXISTS erasings (
    position INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    key INTEGER NOT NULL, settled INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS undo (number INTEGER PRIMARY KEY);
-- The last records that are stored of a terminal's log, encrypted.
CREATE TABLE IF NOT EXISTS ends (
    serial TEXT, nonce INTEGER, records BLOB NOT NULL, PRIMARY KEY (serial, nonce)
) WITHOUT ROWID;
"""


class Traces:
    """The file, for the ledger's writer, and for those who read."""

    def __init__(
        self,
        ledger: Path,
        now: Callable[[], datetime],
        randbits: Callable[[int], int],
    ) -> None:
        """Know where the file is; `open` opens it."""
        self.path = ledger.with_name(f"{ledger.stem}.traces{ledger.suffix}")
        self._now = now
        self._randbits = randbits
        # The one of the writer's thread, and one for all others, in turn.
        self._writing: sqlite3.Connection | None = None
        self._reading: sqlite3.Connection | None = None
        self._lock = Lock()
        self._backup: sqlite3.Connection | None = None
        # Of the transaction: a random number, and the nonces that ends of logs had.
        self.stamp = 0
        self._nonces: dict[str, int] = {}

    # --- the file ---------------------------------------------------------------------

    def open(self) -> None:
        """Open the file if it is not, and make it if need be."""
        if self._writing is not None:
            return
        connection = self._connect()
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            # Before anything is deleted in the ledger, its number is on the disk.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.executescript(_TABLES)
            with self._lock:
                self._reading = self._connect()
        except BaseException:
            connection.close()
            raise
        self._writing = connection

    def close(self) -> None:
        """Close the file."""
        self.end_backup()
        with self._lock:
            reading, self._reading = self._reading, None
        writing, self._writing = self._writing, None
        for connection in (reading, writing):
            if connection is not None:
                connection.close()

    def replace(self, cause: BaseException) -> None:
        """Put a file aside that cannot be read; the next one is made by `open`."""
        self.close()
        aside = put_aside(self.path, self._now())
        _LOGGER.error(
            "The file of traces cannot be read (%s); it is now %s", cause, aside
        )

    def begin_backup(self) -> None:
        """Keep the file as it is until `end_backup`, so that it can be copied."""
        self.end_backup()
        self._backup = connection = self._connect()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("BEGIN")
        # Of the first page alone: what is damaged is copied as it is.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()

    def end_backup(self) -> None:
        """Let the file change again."""
        connection, self._backup = self._backup, None
        if connection is not None:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)

    # --- for everybody ----------------------------------------------------------------

    def read(self, sql: str, values: tuple[Any, ...] = ()) -> Rows:
        """Return rows as they were committed; in any thread."""
        with self._lock:
            return _connected(self._reading).execute(sql, values).fetchall()

    # --- for the writer's thread ------------------------------------------------------

    @property
    def connection(self) -> sqlite3.Connection:
        """Return the connection that the writer's thread has."""
        return _connected(self._writing)

    def ask(self, sql: str, values: tuple[Any, ...] = ()) -> Rows:
        """Return rows as they are by now in this transaction."""
        return self.connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: tuple[Any, ...] = ()) -> None:
        """Write something in this transaction."""
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Leave nothing of what is written in here and not committed."""
        self.stamp = self._randbits(63)
        self._nonces.clear()
        try:
            yield
        finally:
            if self._writing is not None and self._writing.in_transaction:
                self._writing.execute("ROLLBACK")

    @contextmanager
    def part(self) -> Iterator[None]:
        """Leave nothing of what is written in here if an error is raised."""
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO part")
            raise
        finally:
            self.connection.execute("RELEASE part")

    def commit(self) -> None:
        """Have on the disk what was written, before the ledger commits."""
        if self._writing is not None and self._writing.in_transaction:
            self._writing.execute("COMMIT")

    def keep_end(self, serial: str, since: int, records: bytes) -> int:
        """Keep the end of a log; return its nonce. `since` is the one of that before.

        That one stays as well: should the ledger not be committed, it still counts.
        """
        since = self._nonces.setdefault(serial, since)
        nonce = self._randbits(63)
        self.write("DELETE FROM ends WHERE serial = ? AND nonce != ?", (serial, since))
        self.write("INSERT INTO ends VALUES (?, ?, ?)", (serial, nonce, records))
        return nonce


def _connected(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise sqlite3.OperationalError("the file of traces is not open")
    return connection
