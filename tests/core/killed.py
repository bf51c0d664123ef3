"""Something done to a ledger, and killed before each step of SQLite's in turn.

usage: python -m tests.core.killed <what> <folder>

What the ledger was before is in `<folder>/before`; what each death left is put into
`<folder>/1`, `<folder>/2`, ...; in the last one it was done.
"""

from collections.abc import Callable
from itertools import count
import os
from pathlib import Path
import shutil
import signal
import sqlite3
import sys
from typing import Any

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import Batch, Cursor, Punch, Punches
from custom_components.syncid.core.shelf import Shelf

from .kit import ZONE, open_ledger

DAY = 86_400
# Who is erased.
ERASED = "USER-4711"
# Between two of these, nothing of what is done is on the disk.
STEPS = (
    "BEGIN",
    "COMMIT",
    "VACUUM",
    "CREATE",
    "PRAGMA wal_checkpoint",
    "PRAGMA user_version=",
)
# Reads of the log that are one behind the other, and what each of them brings.
READS = 3


def punches(first: int, last: int, user_id: str = "7") -> Punches:
    """Return a punch of each day of some."""
    return Punches.of(
        Punch(user_id, day * DAY, "unknown", "unknown") for day in range(first, last)
    )


def cursor(number: int) -> Cursor:
    """Return how far the log is read with so many reads."""
    return Cursor(10 * number, 8, b"USER-%03d" % number * 8, True, 0, 0)


def _open(ledger: Ledger) -> None:
    """Do nothing more than open it."""


def _erase(ledger: Ledger) -> None:
    ledger.register("A", ZONE).result()
    Shelf(ledger).erase_users([("A", ERASED)])


def _read(ledger: Ledger) -> None:
    ledger.register("A", ZONE).result()
    for number in range(1, 1 + READS):
        batch = Batch(
            "A",
            "poll",
            punches(10 * (number - 1), 10 * number),
            since=cursor(number - 1),
            cursor=cursor(number),
        )
        future = ledger.ingest(batch)
        if number == 1:  # the others may be committed together
            future.result()


WORK: dict[str, Callable[[Ledger], None]] = {
    "open": _open,
    "erase": _erase,
    "read": _read,
}


def die_at(nth: int) -> None:
    """Be killed at a step, in whatever file and thread."""
    steps = count(1)
    connect = sqlite3.connect

    def look(statement: str) -> None:
        if statement.startswith(STEPS) and next(steps) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(look)
        return connection

    for module in (sqlite3, sqlite3.dbapi2):
        vars(module)["connect"] = watched


def main() -> None:
    """Do it again and again, until nothing more kills it."""
    work, folder = WORK[sys.argv[1]], Path(sys.argv[2])
    for nth in count(1):
        home = folder / str(nth)
        shutil.copytree(folder / "before", home)
        # Nothing is open here, and there is no other thread.
        if not (child := os.fork()):
            die_at(nth)
            with open_ledger(home) as ledger:
                work(ledger)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            return
        if status != -signal.SIGKILL:
            sys.exit(status)


if __name__ == "__main__":
    main()
