"""Leaving nothing of deleted rows in the file, nor in its log of writes."""

from collections.abc import Callable
from datetime import datetime
import sqlite3

from sqlalchemy import Connection

# Milliseconds for which it waits for who reads or writes.
_PATIENCE = 250
# Seconds until the file is written anew once more where that failed: it takes long.
_PAUSE = 3600


class Wipe:
    """A chore of the writer: tried again until nobody is in the way.

    What is deleted is not all: SQLite copies rows within the file as others come, and
    shows by their places in which order they came. So the file is written anew, which
    is done once.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin with nothing done."""
        self._now = now
        self._is_written_anew = False
        self._begun_at = float("-inf")

    def __call__(self, connection: Connection) -> bool:
        """Wipe the file; return whether that is done."""
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        # Punches wait to be stored meanwhile.
        (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE}")
        try:
            return self._write_anew(raw) and _empty_log(raw)
        finally:
            raw.execute(f"PRAGMA busy_timeout={patience}")

    def _write_anew(self, raw: sqlite3.Connection) -> bool:
        if self._is_written_anew:
            return True
        now = self._now().timestamp()
        # Not while somebody reads for long: a backup would have all of it twice.
        if 0 <= now - self._begun_at < _PAUSE or not _empty_log(raw):
            return False
        self._begun_at = now
        try:
            raw.execute("VACUUM")
        except sqlite3.Error:
            _empty_log(raw)  # of what a full disk may be full of
            raise
        self._is_written_anew = True
        return True


def _empty_log(raw: sqlite3.Connection) -> bool:
    """Empty the write-ahead log; return whether nobody was in the way."""
    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
