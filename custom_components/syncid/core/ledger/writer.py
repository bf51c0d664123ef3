"""The one thread that writes to the ledger.

SQLite has one writer at a time, and a commit that survives a power cut waits for the
disk. So all writes go through one thread, and what waits together is committed
together.
"""

from collections.abc import Callable
from concurrent.futures import Future
import logging
import queue
import sqlite3
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ..errors import LedgerError
from .traces import Traces

_LOGGER = logging.getLogger(__name__)

type Write[T] = Callable[[Connection], T]
# What is done in the thread behind a write, told whether that was committed.
type Then = Callable[[bool], object]
type _Waiting = tuple[Write[Any], Future[Any], Then | None]
type _Outcome = tuple[Any, Exception | None]
# Done outside of any transaction; returns whether it is done, or to be tried again.
type Chore = Callable[[Connection], bool]

# Of the ledger, or of the traces.
type DatabaseError = SQLAlchemyError | sqlite3.Error
DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error)

_CLOSED = LedgerError("the ledger is closed")


class LedgerWriter:
    """Does writes in turn, and tells each that it is committed.

    What they write into the file of traces is committed just before. `mend` is asked
    about every error of the databases, in the thread, with nothing open. It returns the
    engine to try once more with, or raises what those who wait shall hear.
    """

    def __init__(
        self,
        engine: Engine,
        traces: Traces,
        mend: Callable[[DatabaseError], Engine],
    ) -> None:
        """Start the thread."""
        self._engine = engine
        self._traces = traces
        self._mend = mend
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._chore: Chore | None = None
        self._thread = Thread(target=self._run, name="syncid-ledger", daemon=True)
        self._thread.start()

    def submit[T](self, write: Write[T], then: Then | None = None) -> Future[T]:
        """Have a write done; its future is done when it is committed.

        A write that raises leaves nothing behind, and does not disturb others. `then`
        is called in the thread when it is committed or was not, if it was begun, before
        its future is done and before any later transaction.
        """
        future: Future[T] = Future()
        self._put((write, future, then))
        return future

    def _put(self, waiting: _Waiting) -> None:
        if self._thread.is_alive():
            self._queue.put(waiting)
        else:
            waiting[1].set_exception(_CLOSED)

    @property
    def has_chore(self) -> bool:
        """Tell whether what was to be done alone is still to be tried again."""
        return self._chore is not None

    def submit_alone(self, chore: Chore) -> Future[None]:
        """Have something done behind what waits, and again after each write until it is.

        Its future is done when it was tried.
        """

        def begin(_: Connection) -> None:
            self._chore = chore

        done: Future[None] = Future()

        def follow(begun: Future[None]) -> None:
            if (error := begun.exception()) is not None:
                done.set_exception(error)
                return
            self._do_chore()
            done.set_result(None)

        begun: Future[None] = Future()
        # Before it is handed over: whoever adds one to a future that is done calls it in
        # their own thread.
        begun.add_done_callback(follow)
        self._put((begin, begun, None))
        return done

    def _do_chore(self) -> None:
        if self._chore is None:
            return
        try:
            with self._engine.connect() as connection:
                if self._chore(connection):
                    self._chore = None
        except DATABASE_ERRORS as err:
            _LOGGER.debug("To be tried again: %s", err)

    def close(self) -> None:
        """Do what waits, and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting = [first]
            while not self._queue.empty():
                if (following := self._queue.get()) is None:
                    self._queue.put(None)
                    break
                waiting.append(following)
            self._commit(
                [one for one in waiting if one[1].set_running_or_notify_cancel()]
            )
        self._do_chore()  # nobody would remember it
        while not self._queue.empty():  # came while the thread ended
            if (late := self._queue.get()) is not None:
                late[1].set_exception(_CLOSED)

    def _commit(self, waiting: list[_Waiting]) -> None:
        """Write all that waits in one transaction, and tell each how it went."""
        try:
            try:
                outcomes = self._write(waiting)
            except DATABASE_ERRORS as err:
                self._engine = self._mend(err)
                outcomes = self._write(waiting)
        except Exception as err:  # noqa: BLE001  # all who wait raise it
            refused = LedgerError(str(err)) if isinstance(err, DATABASE_ERRORS) else err
            outcomes = [(None, refused)] * len(waiting)
        for (_, future, then), (result, error) in zip(waiting, outcomes, strict=True):
            if then is not None:
                self._do_then(then, error is None)
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._do_chore()

    @staticmethod
    def _do_then(then: Then, is_committed: bool) -> None:
        try:
            then(is_committed)
        except Exception:  # not to end the thread
            _LOGGER.exception("What follows a write failed")

    def _write(self, waiting: list[_Waiting]) -> list[_Outcome]:
        try:
            with self._traces.transaction(), self._engine.begin() as connection:
                outcomes: list[_Outcome]
                outcomes = [(write(connection), None) for write, _, _ in waiting]
                self._traces.commit()
                return outcomes
        except Exception as err:
            if _is_about_database(err):
                raise
        # Once more, so that one that raises does not disturb the others. A savepoint
        # for each from the start would be two more statements for each, and after any
        # statement Python's lock has to come back from who computes.
        with self._traces.transaction(), self._engine.begin() as connection:
            outcomes = [self._write_apart(connection, write) for write, _, _ in waiting]
            self._traces.commit()
            return outcomes

    def _write_apart(self, connection: Connection, write: Write[Any]) -> _Outcome:
        """Return what a write returns, or what the one who waits for it is to raise."""
        try:
            with self._traces.part(), connection.begin_nested():
                return write(connection), None
        except Exception as err:
            if _is_about_database(err):
                raise
            if isinstance(err, SQLAlchemyError):
                err = LedgerError(str(err.orig if isinstance(err, DBAPIError) else err))
            return None, err


def _is_about_database(err: Exception) -> bool:
    """Tell whether an error is no matter of what was written."""
    return isinstance(err, sqlite3.Error) or (
        isinstance(err, DBAPIError) and not isinstance(err, (IntegrityError, DataError))
    )
