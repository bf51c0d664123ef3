"""The ledger: a SQLite file, one of traces beside it, their one writer, and readers.

`register` and `ingest` write, and may be called from any thread, the event loop's
too: they return a future. `open`, `close` and all that reads block.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import partial
import logging
from pathlib import Path
import secrets
import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.pool import PoolProxiedConnection

from ..errors import LedgerError
from ..records import Batch, Cursor, Ingested, PunchKey, StoredPunch
from ..zones import ZoneOffsets
from .commands import Row, end_commands, load_commands, save_commands
from .cursors import Cursors
from .erased import Erased
from .files import all_put_aside, connect, connect_readers, is_broken, put_aside
from .migrations import prepare_schema, refuse_newer
from .queries import DayCount, PunchQuery, count_day, count_days, find_punches
from .schema import punches, quarantine, terminals
from .store import Mapped, store_batch
from .terminals import Zone, is_registered, register_terminal
from .traces import Traces
from .wipe import ask_to_wipe, is_to_be_wiped, wipe_of
from .writer import DATABASE_ERRORS, DatabaseError, LedgerWriter

# What somebody reads over, and hands on.
type Reading = Connection

_LOGGER = logging.getLogger(__name__)


class Ledger:
    """All punches, and how far each terminal's log is read."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime],
        on_replaced: Callable[[Path], None],
        on_traces_lost: Callable[[], None] = lambda: None,
        randbits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        """Know where the file is, and that of the traces; `open` opens them.

        `on_replaced` is told where a file that could not be read was put, and that an
        empty one took its place; in the thread that found out. `on_traces_lost` is told
        when that became of the traces while they were open.
        """
        self._path = path
        self._now = now
        self._on_replaced = on_replaced
        self._on_traces_lost = on_traces_lost
        self._traces = Traces(path, now, randbits)
        self._readers = connect_readers(self._path)
        # Of the terminals that were registered; for the writer's thread.
        self._zones: dict[str, Zone] = {}
        # Who their users are, as far as it was asked for; for the writer's thread too.
        self._mapped: Mapped = {}
        # Whether what was erased is known again, by the key and the traces.
        self.key_fits = True
        self._backup: PoolProxiedConnection | None = None
        self._engine = connect(self._path)  # which connects only when it is used

    # --- the file -------------------------------------------------------------------

    def open(self, key: bytes) -> None:
        """Open the file, and make it if need be.

        The `key` is 32 random bytes, by which what was erased is known again, and so are
        the last records of a log. They are kept elsewhere, or whoever has the file could
        try who that was.
        """
        self._erased = Erased(key, self._traces)
        self._cursors = Cursors(key, self._traces)
        try:
            try:
                needs_wipe = self._prepare()
            except DATABASE_ERRORS as err:
                needs_wipe = self._begin_anew(err)
        except LedgerError:
            self._engine.dispose()
            self._traces.close()
            raise
        self._writer = LedgerWriter(self._engine, self._traces, self._mend)
        if needs_wipe:
            # As it was to be when we were killed, or by a version that is older.
            self._writer.submit_alone(wipe_of(self._traces, self._now))

    def close(self) -> None:
        """Finish what is being written, and close the files."""
        self.end_backup()
        self._writer.close()
        self._readers.dispose()
        self._engine.dispose()
        self._traces.close()

    def begin_backup(self) -> None:
        """Keep the files as they are until `end_backup`, so that they can be copied.

        A reader that sees a file alone keeps SQLite from moving writes into it.
        They go on meanwhile, into the write-ahead log, and any copy of that is whole
        up to some commit.
        """
        self.end_backup()
        try:
            self._backup = connection = self._engine.raw_connection()
            connection.detach()  # the engine may be replaced before it is closed
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("BEGIN")
            cursor.execute("SELECT version FROM schema_version")
            cursor.fetchall()
            self._traces.begin_backup()
        except DATABASE_ERRORS as err:
            self.end_backup()
            raise LedgerError(str(err)) from err

    def end_backup(self) -> None:
        """Let the files change again."""
        connection, self._backup = self._backup, None
        if connection is not None:
            connection.close()  # which ends its transaction
        self._traces.end_backup()

    def _prepare(self) -> bool:
        """Make the files what they are to be; tell whether they are to be wiped."""
        with self._traces.transaction(), self._engine.begin() as connection:
            refuse_newer(connection)
            self._traces.open()
            if prepare_schema(connection, self._cursors, self._erased):
                ask_to_wipe(connection, self._traces.stamp)
            self.key_fits = self._erased.fits(connection)
            self._traces.commit()
            return is_to_be_wiped(connection)

    def _mend(self, err: DatabaseError) -> Engine:
        """Put a file that cannot be read aside, and start an empty one."""
        self._begin_anew(err)
        return self._engine

    def _begin_anew(self, err: DatabaseError) -> bool:
        """Put a file aside, or both; tell whether what there is now is to be wiped."""
        to_tell = [self._put_aside(err)]
        try:
            try:
                return self._prepare()
            except DATABASE_ERRORS as other:
                if _is_of_traces(other) is _is_of_traces(err):
                    raise
                to_tell.append(self._put_aside(other))
                return self._prepare()
        except DATABASE_ERRORS as other:
            raise LedgerError(str(other)) from other
        finally:
            for tell in to_tell:
                tell()

    def _put_aside(self, err: DatabaseError) -> Callable[[], None]:
        """Put the file aside that cannot be read; return what tells of it."""
        cause = err if _is_of_traces(err) else getattr(err, "orig", None)
        if cause is None or not is_broken(cause):
            raise LedgerError(str(cause or err)) from err
        # The next file knows none of them.
        self._look_again()
        if _is_of_traces(err):
            self._traces.replace(cause)
            return self._on_traces_lost
        self._engine.dispose()
        for serial, zone in self._zones.items():
            self._zones[serial] = zone._replace(terminal_id=None)
        aside = put_aside(self._path, self._now())
        _LOGGER.error("The ledger cannot be read (%s); it is now %s", cause, aside)
        # A connection that outlived its file would show the old one.
        self._readers.dispose()
        self._readers = connect_readers(self._path)
        self._engine = connect(self._path)
        return partial(self._on_replaced, aside)

    # --- writing --------------------------------------------------------------------

    def register(self, serial: str, zone: str) -> Future[bool]:
        """Make a terminal known, and read its wall clock by an IANA time zone.

        Returns whether it was not known before.
        """

        known: Zone | None = None
        found: int | None = None

        def write(connection: Connection) -> bool:
            nonlocal known, found
            self._zones[serial] = known = Zone(zone, ZoneOffsets(ZoneInfo(zone)))
            is_new = not is_registered(connection, serial)
            found = register_terminal(connection, serial, known)
            return is_new

        def keep(is_committed: bool) -> None:
            if known is None or not is_committed:
                return
            # Unless another registration, or another file, has come since.
            if self._zones[serial] is known:
                self._zones[serial] = known._replace(terminal_id=found)

        return self._writer.submit(write, keep)

    def ingest(self, batch: Batch) -> Future[Ingested]:
        """Store a batch of a registered terminal; done when it is committed.

        Raises `CursorMoved` if the batch continues a read that another one overtook.
        """

        def write(connection: Connection) -> Ingested:
            zone, now = self._zones[batch.serial], self._now().timestamp()
            kept = self._erased.without(batch)
            ingested = store_batch(
                connection, zone, kept, now, self._cursors, self._mapped
            )
            if kept is batch:
                return ingested
            # What is not to come back is acknowledged, as what is known.
            gone = len(batch.punches) - len(kept.punches)
            aside = len(batch.unreadable) - len(kept.unreadable)
            return replace(
                ingested,
                duplicates=ingested.duplicates + gone,
                unreadable=ingested.unreadable + aside,
            )

        return self._writer.submit(write)

    def save_commands(self, serial: str, rows: Iterable[Row]) -> Future[None]:
        """Keep rows of the queue of a registered terminal; done when committed."""

        def write(connection: Connection) -> None:
            # In a file that took the place of another, it may not be known yet.
            zone, now = self._zones[serial], self._now().timestamp()
            save_commands(connection, serial, zone, rows, now)

        return self._writer.submit(write)

    def end_commands(self, serial: str) -> Future[None]:
        """Forget what waits for a terminal, registered or not; done when committed."""

        def write(connection: Connection) -> None:
            end_commands(connection, serial, self._now().timestamp())

        return self._writer.submit(write)

    def write[T](self, write: Callable[[Connection], T]) -> Future[T]:
        """Have something written, whole or not at all; done when it is committed."""

        def begin(connection: Connection) -> T:
            self._look_again()
            return write(connection)

        # If it was not committed, what was looked up behind it is wrong.
        return self._writer.submit(begin, lambda _: self._look_again())

    def erase[T](self, erase: Callable[[Connection, Erased], T]) -> Future[T]:
        """Have something deleted, by what notes the punches that are to stay away."""

        def begin(connection: Connection) -> T:
            self._look_again()
            ask_to_wipe(connection, self._traces.stamp)
            return erase(connection, self._erased)

        return self._writer.submit(begin, lambda _: self._settle())

    def _settle(self) -> None:
        """Keep what was noted only of what is deleted; in the writer's thread."""
        self._look_again()
        try:
            with self._traces.transaction(), self._engine.begin() as connection:
                self._erased.settle(connection)
                self._cursors.forget_ends(connection)
                self._traces.commit()
        except DATABASE_ERRORS as err:
            _LOGGER.debug("To be settled at the next start: %s", err)

    def _look_again(self) -> None:
        """Rely on nothing that was looked up; in the writer's thread."""
        self._mapped.clear()
        self._erased.look_again()

    def wipe(self) -> None:
        """Leave nothing of deleted rows in the file and its log of writes; blocks.

        While somebody reads what was there before, SQLite keeps it for them. Then it is
        tried again after each write.
        """
        self._writer.submit_alone(wipe_of(self._traces, self._now)).result()

    @property
    def is_wiped(self) -> bool:
        """Tell whether nothing of what was deleted before a wipe is left."""
        return not self._writer.has_chore

    def put_aside(self) -> list[str]:
        """Return the names of files that could not be read once, and were kept."""
        return sorted(
            name
            for path in (self._path, self._traces.path)
            for name in all_put_aside(path)
        )

    # --- reading --------------------------------------------------------------------

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored."""
        return self.read(lambda connection: self._cursors.load(connection, serial))

    def commands(self, serial: str) -> list[dict[str, Any]]:
        """Return the queue of a terminal, oldest first, with what became of it."""
        return self.read(lambda connection: load_commands(connection, serial))

    def punches(self, query: PunchQuery) -> list[StoredPunch]:
        """Return the punches that fit a query, newest first."""
        return self.read(lambda connection: find_punches(connection, query))

    def count_days(self, serial: str, first: int, last: int) -> Counter[int]:
        """Return how many punches a terminal made between two seconds, by day."""
        return self.read(lambda connection: count_days(connection, serial, first, last))

    def erased_among(self, serial: str, keys: Collection[PunchKey]) -> set[PunchKey]:
        """Return those punches of a terminal that were erased."""
        return self.read(lambda _: self._erased.among(serial, keys))

    def count_day(self, first: int) -> DayCount:
        """Count the punches of the day that begins with a local second."""
        return self.read(lambda connection: count_day(connection, first))

    def last_punch(self, serial: str, *, until: int) -> StoredPunch | None:
        """Return a terminal's last punch before a second of UTC."""
        found = self.punches(PunchQuery(serials=(serial,), until=until, limit=1))
        return found[0] if found else None

    def statistics(self) -> dict[str, int]:
        """Return how much there is, for those who look after it."""

        def count(connection: Connection) -> dict[str, int]:
            return {
                table.name: connection.execute(
                    select(func.count()).select_from(table)
                ).scalar_one()
                for table in (terminals, punches, quarantine)
            }

        return self.read(count)

    def read[T](self, read: Callable[[Connection], T]) -> T:
        """Return what somebody reads."""
        try:
            readers = self._readers
            with readers.connect() as connection:
                try:
                    return read(connection)
                finally:
                    if readers is not self._readers:
                        connection.detach()  # nobody would close what is given back
        except DATABASE_ERRORS:
            # The writer knows what to do about it, and that before anyone else
            # reads; there it may also just work, after somebody else's error.
            return self._writer.submit(read).result()


def _is_of_traces(err: DatabaseError) -> bool:
    # Those of the ledger come from SQLAlchemy.
    return isinstance(err, sqlite3.Error)
