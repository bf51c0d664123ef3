"""How long it takes from a punch to the event on Home Assistant's bus, in realtime mode.

Home Assistant runs in a process of its own, as ever; the terminal is simulated in this
one. Each punch waits until the one before was seen, and a moment more. What is counted
is from just before somebody punches to the `time_fired` of the `syncid_punch` event,
by the one clock of this machine; in between the punch was sent, decoded, and committed
to the ledger on disk. Then others punch, who are people: until the `syncid_attendance`
event that tells the mark, which is committed too.
"""

import argparse
import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import cycle, islice
import json
from pathlib import Path
import random
import statistics
import sys
import tempfile
import time
from typing import override

from scripts.lib.client import Client, Owner, connect, sign_up
from scripts.lib.home import HOST, ROOT, Home, free_port
from scripts.lib.syncid import EVENT_PUNCH, add_terminal, until_history_is_read
from simulator import PROFILES, Server, Terminal

# What the project promises, in milliseconds.
MEDIAN_LIMIT = 10
WORST_LIMIT = 100
# A punch to its event, and 5 for the mark.
MARK_LIMIT = 15

EVENT_ATTENDANCE = "syncid_attendance"
_ACTIONS = "/api/services/syncid"
_HISTORY = 10_000
# Nobody may punch twice in a second: that is one punch.
_USERS = 500
# Each punches once: that is when they came.
_PEOPLE = 300
_SEEN_WITHIN = 30


@dataclass(frozen=True, slots=True)
class Latency:
    """What was measured, in milliseconds."""

    median: float
    p99: float
    worst: float
    count: int

    @override
    def __str__(self) -> str:
        """Write it in words."""
        return (
            f"median {self.median:.1f} ms, 99 % within {self.p99:.1f} ms, worst"
            f" {self.worst:.1f} ms of {self.count}"
        )


def _summary(seconds: list[float]) -> Latency:
    milliseconds = sorted(1000 * second for second in seconds)
    return Latency(
        median=round(statistics.median(milliseconds), 2),
        p99=round(statistics.quantiles(milliseconds, n=100)[98], 2),
        worst=round(milliseconds[-1], 2),
        count=len(milliseconds),
    )


async def _measure(
    client: Client, terminal: Terminal, users: Iterable[str], event: str, gap: float
) -> Latency:
    """Have users punch, one after the other, and wait for an event of each."""
    events = await client.events(event)
    names = {EVENT_PUNCH: "user_id", EVENT_ATTENDANCE: "external_id"}
    seconds = []
    for user_id in users:
        punched = time.time()
        terminal.punch(user_id)
        async with asyncio.timeout(_SEEN_WITHIN):
            seen = await events.get()
        if seen["data"][names[event]] != user_id:
            raise RuntimeError(f"{user_id} punched, but this came: {seen['data']}")
        fired = datetime.fromisoformat(seen["time_fired"]).timestamp()
        seconds.append(fired - punched)
        await asyncio.sleep(random.uniform(0, 2 * gap))
    return _summary(seconds)


async def _know(client: Client, user_ids: Iterable[str]) -> None:
    """Have people, by the numbers that they have at the terminal."""
    for one in user_ids:
        await client.post(f"{_ACTIONS}/add_person", name=f"No. {one}", external_id=one)
    await client.post(f"{_ACTIONS}/automap?return_response", apply=1)


async def run(count: int, gap: float, folder: Path) -> tuple[Latency, Latency]:
    """Start all that is needed, and measure how long punches take, and marks."""
    terminal = Terminal(PROFILES["iface702"])
    # It waits between the three events of a punch, which would be most of what it takes.
    terminal.faults.pause = 0
    for number in range(_USERS):
        terminal.add_user(str(1001 + number), f"Person {number + 1}")
    terminal.fill_log(_HISTORY)
    users = [user.user_id for user in terminal.users]
    people = [str(5001 + number) for number in range(min(_PEOPLE, count))]
    for user_id in people:
        terminal.add_user(user_id, f"No. {user_id}")
    home = Home(folder / "home", free_port())
    home.prepare("Bench")
    async with Server(terminal, HOST) as server, home.running():
        token = await sign_up(home.url, Owner("Bench", "bench", "only-for-a-moment"))
        async with connect(home.url, token) as client:
            await client.until_running()
            added = await add_terminal(client, "Main gate", server.port)
            await until_history_is_read(client, added)
            in_turn = islice(cycle(users), count)
            punched = await _measure(client, terminal, in_turn, EVENT_PUNCH, gap)
            await _know(client, people)
            marked = await _measure(client, terminal, people, EVENT_ATTENDANCE, gap)
            return punched, marked


def main() -> int:
    """Print the figures; return 1 if they were to be asserted and are not."""
    parser = argparse.ArgumentParser(prog="scripts/bench latency", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="of punches")
    parser.add_argument(
        "--gap", type=float, default=0.03, help="mean seconds between punches"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--assert", action="store_true", dest="check", help="fail beyond the limits"
    )
    options = parser.parse_args()
    # On the disk that the demo is on: the system's own folder may be in memory.
    folder = ROOT / ".demo"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as name:
        punched, marked = asyncio.run(run(options.count, options.gap, Path(name)))
    if options.json:
        print(json.dumps({"latency": asdict(punched), "mark": asdict(marked)}))
    else:
        print(f"Punch to bus event, realtime: {punched}")
        print(f"Punch to the event of its mark: {marked}")
    worst = max(punched.worst, marked.worst)
    if options.check and (
        punched.median >= MEDIAN_LIMIT
        or marked.median >= MARK_LIMIT
        or worst >= WORST_LIMIT
    ):
        print(
            f"Promised are a median under {MEDIAN_LIMIT} ms, of marks under"
            f" {MARK_LIMIT} ms, and a worst under {WORST_LIMIT} ms",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
