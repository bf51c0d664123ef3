"""Files of SQLite: connections to one, and what becomes of one that cannot be read."""

from datetime import datetime
from functools import partial
from pathlib import Path
import sqlite3

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

# The file and its companions: the log of writes, and the map of that.
_FILES = ("", "-wal", "-shm")
# Between the name of a file that was put aside and when that was.
_ASIDE = ".corrupt-"
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_broken(error: BaseException | None) -> bool:
    """Tell whether an error says that a file cannot be read, and never will be."""
    # The lowest byte; the others only tell more of it.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def put_aside(path: Path, now: datetime) -> Path:
    """Give a file another name, with its companions; return what that is."""
    aside = path.with_name(f"{path.name}{_ASIDE}{now:%Y%m%d-%H%M%S}")
    for suffix in _FILES:
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside


def all_put_aside(path: Path) -> list[str]:
    """Return the names of all that was put aside in the place of a file."""
    return [one.name for one in path.parent.glob(f"{path.name}{_ASIDE}*")]


def connect(path: Path) -> Engine:
    """Return what writes to a file; it is opened when that is used."""
    engine = create_engine(_url(path))
    event.listen(engine, "connect", _set_up_connection)
    # A writer that begins as a reader fails if somebody else wrote in between.
    event.listen(engine, "begin", partial(_begin, "BEGIN IMMEDIATE"))
    return engine


def connect_readers(path: Path) -> Engine:
    """Return what reads a file, in any thread."""
    # They keep connections, since to open one takes longer than to read a day; and
    # as many as there are readers, none of whom waits for another.
    readers = create_engine(
        _url(path), max_overflow=-1, connect_args={"isolation_level": None}
    )
    event.listen(readers, "begin", partial(_begin, "BEGIN"))
    return readers


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _set_up_connection(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # So that SQLAlchemy begins transactions, rather than sqlite3 when it sees fit.
    connection.isolation_level = None
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # A terminal's log is cleared, and a push is answered, once punches are
        # stored: they have to survive a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()
    except BaseException:
        connection.close()  # nobody else will
        raise


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)
