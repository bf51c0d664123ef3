"""A first read of a long log, against pyzk and against the least there is to do.

usage: python -m bench.first_read [--assert] [--rounds N]

SyncID reads, checks, decodes and stores each punch once, committed and indexed; pyzk
reads and stores nothing; the floor is a bare loop of socket read, struct.iter_unpack
and one executemany into a table without an index. All in turn, each in a process of
its own, the terminal in another.
"""

import argparse
import json
from statistics import median
import subprocess
import sys
import tempfile

from .common import ROOT, terminal

SIZES = (25_000, 50_000, 100_000, 200_000)
# Highest ratio of SyncID to pyzk, which is quadratic; only where it is told.
PYZK_LIMITS = {100_000: 0.2, 200_000: 0.08}
FLOOR_LIMIT = 2.5
MEGABYTES_LIMIT = 40
# What a record of the longest log may cost, to one of the shortest.
LINEAR = 1.25


def run(name: str, port: int, records: int) -> dict[str, float]:
    """Have one contender read the log once."""
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run(
            [
                sys.executable,
                "-m",
                "bench.contenders",
                name,
                str(port),
                str(records),
                folder,
            ],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    result: dict[str, float] = json.loads(output)
    return result


def measure(records: int, rounds: int) -> dict[str, float]:
    """Return the medians of one length of log."""
    syncid, floor, pyzk, megabytes = [], [], [], []
    with terminal(records) as device:
        for _ in range(rounds):
            mine = run("syncid", device.port, records)
            syncid.append(mine["seconds"])
            megabytes.append(mine["megabytes"])
            floor.append(run("floor", device.port, records)["seconds"])
        if records in PYZK_LIMITS:
            # Once: it takes long, and differs by far more than any noise.
            pyzk.append(run("pyzk", device.port, records)["seconds"])
    figures = {
        "records": records,
        "syncid": median(syncid),
        "floor": median(floor),
        "to_floor": median(
            mine / least for mine, least in zip(syncid, floor, strict=True)
        ),
        "megabytes": max(megabytes),
    }
    if pyzk:
        figures |= {"pyzk": pyzk[0], "to_pyzk": median(syncid) / pyzk[0]}
    return figures


def main() -> None:
    """Measure all lengths, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assert", dest="check", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    failed = []
    each: list[float] = []
    print("records   syncid  µs each   floor  ratio    pyzk  ratio  memory")
    for records in SIZES:
        figures = measure(records, arguments.rounds)
        line = (
            f"{records:7}  {figures['syncid']:6.3f}s"
            f"  {figures['syncid'] / records * 1e6:7.2f}"
            f"  {figures['floor']:5.3f}s  {figures['to_floor']:5.2f}"
        )
        if "pyzk" in figures:
            line += f"  {figures['pyzk']:5.1f}s  {figures['to_pyzk']:.3f}"
        else:
            line += " " * 15
        print(f"{line}  {figures['megabytes']:3.0f} MB")
        each.append(figures["syncid"] / records)
        if figures["to_floor"] > FLOOR_LIMIT:
            failed.append(f"{records}: {figures['to_floor']:.2f} times the floor")
        if figures.get("to_pyzk", 0) > PYZK_LIMITS.get(records, 1):
            failed.append(f"{records}: {figures['to_pyzk']:.3f} of pyzk")
        if figures["megabytes"] > MEGABYTES_LIMIT:
            failed.append(f"{records}: {figures['megabytes']:.0f} MB")
    if each[-1] > each[0] * LINEAR:
        failed.append(f"a record costs {each[-1] / each[0]:.2f} times as much")
    for failure in failed:
        print("over the limit:", failure)
    if arguments.check and failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
