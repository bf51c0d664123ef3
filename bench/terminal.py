"""A simulated terminal in a process of its own, for the benchmarks.

usage: python -m bench.terminal RECORDS [PEOPLE [FINGERS]]

Prints its port. For each line of its input that is a number, so many people punch.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
import sys

from simulator import PROFILES, Server, Terminal

SERIAL = "BENCH00001"
PEOPLE = 2000


async def main() -> None:
    """Serve until the input ends."""
    records, *more = map(int, sys.argv[1:])
    people, fingers = (*more, *(PEOPLE, 0)[len(more) :])
    start = datetime(2025, 1, 1, 7)
    profile = replace(PROFILES["iface702"], max_records=max(records + 1000, 100_000))
    terminal = Terminal(profile, serial=SERIAL)
    for number in range(people):
        terminal.add_user(user_id=str(1000 + number), name=f"Person {number}")
        for finger in range(fingers):
            terminal.add_fingerprint(str(1000 + number), finger)
    if records:
        terminal.fill_log(records, start=start, step_seconds=37)
    terminal.faults.pause = 0
    terminal.faults.segmentation = "coalesced"
    last = start + timedelta(seconds=37 * records)
    loop = asyncio.get_running_loop()
    async with Server(terminal) as server:
        print(server.port, flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            for number in range(int(line)):
                last += timedelta(seconds=11)
                terminal.punch(str(1000 + number % PEOPLE), at=last)
            print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
