"""The least that storing pushed rows takes: SQLite alone, in a process of its own.

usage: python -m bench.push_floor FOLDER DEVICES BATCHES

The ledger's own table with its key, which every punch has to have once; one
`executemany` and one commit that survives a power cut for each batch. The rows are made
before, nothing is looked at, and no row is there twice. Prints the seconds.
"""

from pathlib import Path
import sqlite3
import sys
from time import perf_counter

from .push_rows import batch_of

_TABLE = """
CREATE TABLE punches (
    terminal_id INTEGER NOT NULL, local_second INTEGER NOT NULL, user_id TEXT NOT NULL,
    direction SMALLINT NOT NULL, method SMALLINT NOT NULL,
    verify_code INTEGER, state_code INTEGER, work_code INTEGER,
    utc_second INTEGER NOT NULL, source SMALLINT NOT NULL, difference TEXT,
    PRIMARY KEY (terminal_id, local_second, user_id)
) WITHOUT ROWID
"""
_INSERT = "INSERT INTO punches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"


def main() -> None:
    """Insert, and print how long it took."""
    folder, devices, batches = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE)
    made = [
        [
            (device, second, user_id, state + 1, 2, verify, state, work, second, 2)
            for user_id, second, state, verify, work in batch_of(device, number)
        ]
        for number in range(batches)
        for device in range(devices)
    ]
    begin = perf_counter()
    for rows in made:
        database.execute("BEGIN")
        database.executemany(_INSERT, rows)
        database.execute("COMMIT")
    print(perf_counter() - begin)
    database.close()


if __name__ == "__main__":
    main()
