"""The least that storing pushed rows takes: SQLite alone, in a process of its own.

usage: python -m bench.push_floor FOLDER DEVICES BATCHES

One table without an index, one `executemany` and one commit that survives a power cut
for each batch. Prints the seconds.
"""

from pathlib import Path
import sqlite3
import sys
from time import perf_counter

from .push_rows import batch_of

_COLUMNS = "device, user_id, second, state, verify, work_code"


def main() -> None:
    """Insert, and print how long it took."""
    folder, devices, batches = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(f"CREATE TABLE rows ({_COLUMNS})")
    made = [
        [(device, *row) for row in batch_of(device, number)]
        for number in range(batches)
        for device in range(devices)
    ]
    begin = perf_counter()
    for rows in made:
        database.execute("BEGIN")
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")
    print(perf_counter() - begin)
    database.close()


if __name__ == "__main__":
    main()
