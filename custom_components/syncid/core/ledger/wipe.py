"""Leaving nothing of deleted rows in a file, nor in its log of writes."""

from collections.abc import Callable
from datetime import datetime
import sqlite3

from sqlalchemy import Connection

from .traces import Traces
from .writer import Chore

# Milliseconds for which it waits for who reads or writes.
_PATIENCE = 250
# Seconds until the file is written anew once more where that failed: it takes long.
_PAUSE = 3600


# A number in the head of the file, which goes with a transaction; 0 once it is wiped.
_ASKED = "PRAGMA user_version"
_STAMPS = 1 << 30


def ask_to_wipe(connection: Connection, stamp: int) -> None:
    """Have the file wiped with what is deleted in this transaction, by its random number.

    Should we be killed before that, it is done when the file is next opened.
    """
    connection.exec_driver_sql(f"{_ASKED}={1 + stamp % _STAMPS}")


def is_to_be_wiped(connection: Connection) -> bool:
    """Tell whether it was asked for, and not done since."""
    return bool(connection.exec_driver_sql(_ASKED).scalar_one())


class Wipe:
    """What leaves nothing in a file: tried again until nobody is in the way.

    What is deleted is not all: SQLite copies rows within the file as others come, and
    shows by their places in which order they came. So the file is written anew, which
    is done once.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin with nothing done."""
        self._now = now
        self._is_written_anew = False
        self._begun_at = float("-inf")
        # What was asked for before it was written anew.
        self._asked = 0

    def __call__(self, raw: sqlite3.Connection) -> bool:
        """Wipe the file; return whether that is done."""
        # Punches wait to be stored meanwhile.
        (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE}")
        try:
            return self._write_anew(raw) and _empty_log(raw)
        finally:
            raw.execute(f"PRAGMA busy_timeout={patience}")

    def forget(self, raw: sqlite3.Connection) -> None:
        """Forget that it was asked for, unless more was asked for since."""
        if self._asked and raw.execute(_ASKED).fetchone() == (self._asked,):
            raw.execute(f"{_ASKED}=0")

    def _write_anew(self, raw: sqlite3.Connection) -> bool:
        if self._is_written_anew:
            return True
        now = self._now().timestamp()
        # Not while somebody reads for long: a backup would have all of it twice.
        if 0 <= now - self._begun_at < _PAUSE or not _empty_log(raw):
            return False
        self._begun_at = now
        (self._asked,) = raw.execute(_ASKED).fetchone()
        try:
            raw.execute("VACUUM")
        except sqlite3.Error:
            _empty_log(raw)  # of what a full disk may be full of
            raise
        self._is_written_anew = True
        return True


def wipe_of(traces: Traces, now: Callable[[], datetime]) -> Chore:
    """Return a chore of the writer: to wipe the ledger's file, and that of the traces."""
    of_ledger, of_traces = Wipe(now), Wipe(now)

    def wipe(connection: Connection) -> bool:
        ledger = connection.connection.driver_connection
        assert isinstance(ledger, sqlite3.Connection)
        # That one is small.
        done = of_traces(traces.connection)
        done &= of_ledger(ledger)
        if done:
            # Not before: should we be killed, both are wiped at the next start.
            of_ledger.forget(ledger)
        return done

    return wipe


def _empty_log(raw: sqlite3.Connection) -> bool:
    """Empty the write-ahead log; return whether nobody was in the way."""
    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
