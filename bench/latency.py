"""How long it takes from a punch to the event on Home Assistant's bus, in realtime mode.

Home Assistant runs in a process of its own, as ever; the terminal is simulated in this
one. Each punch waits until the one before was seen, and a moment more. What is counted
is from just before somebody punches to the `time_fired` of the `syncid_punch` event,
by the one clock of this machine; in between the punch was sent, decoded, and committed
to the ledger on disk.
"""

import argparse
import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime
import json
from pathlib import Path
import random
import statistics
import sys
import tempfile
import time

from scripts.lib.client import Client, Owner, connect, sign_up
from scripts.lib.home import HOST, ROOT, Home, free_port
from scripts.lib.syncid import EVENT_PUNCH, add_terminal, until_history_is_read
from simulator import PROFILES, Server, Terminal

# What the project promises, in milliseconds.
MEDIAN_LIMIT = 10
WORST_LIMIT = 100

_HISTORY = 10_000
# Nobody may punch twice in a second: that is one punch.
_PEOPLE = 500
_SEEN_WITHIN = 30


@dataclass(frozen=True, slots=True)
class Latency:
    """What was measured, in milliseconds."""

    median: float
    p99: float
    worst: float
    count: int

    @property
    def is_as_promised(self) -> bool:
        """Tell whether it is within the limits."""
        return self.median < MEDIAN_LIMIT and self.worst < WORST_LIMIT


def _summary(seconds: list[float]) -> Latency:
    milliseconds = sorted(1000 * second for second in seconds)
    return Latency(
        median=round(statistics.median(milliseconds), 2),
        p99=round(statistics.quantiles(milliseconds, n=100)[98], 2),
        worst=round(milliseconds[-1], 2),
        count=len(milliseconds),
    )


async def _measure(
    client: Client, terminal: Terminal, count: int, gap: float
) -> Latency:
    events = await client.events(EVENT_PUNCH)
    people = [user.user_id for user in terminal.users]
    seconds = []
    for number in range(count):
        user_id = people[number % len(people)]
        punched = time.time()
        terminal.punch(user_id)
        async with asyncio.timeout(_SEEN_WITHIN):
            event = await events.get()
        if event["data"]["user_id"] != user_id:
            raise RuntimeError(f"{user_id} punched, but this came: {event['data']}")
        fired = datetime.fromisoformat(event["time_fired"]).timestamp()
        seconds.append(fired - punched)
        await asyncio.sleep(random.uniform(0, 2 * gap))
    return _summary(seconds)


async def run(count: int, gap: float, folder: Path) -> Latency:
    """Start all that is needed, and measure."""
    terminal = Terminal(PROFILES["iface702"])
    for number in range(_PEOPLE):
        terminal.add_user(str(1001 + number), f"Person {number + 1}")
    terminal.fill_log(_HISTORY)
    home = Home(folder / "home", free_port())
    home.prepare("Bench")
    async with Server(terminal, HOST) as server, home.running():
        token = await sign_up(home.url, Owner("Bench", "bench", "only-for-a-moment"))
        async with connect(home.url, token) as client:
            await client.until_running()
            added = await add_terminal(client, "Main gate", server.port)
            await until_history_is_read(client, added)
            return await _measure(client, terminal, count, gap)


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
        latency = asyncio.run(run(options.count, options.gap, Path(name)))
    if options.json:
        print(json.dumps({"latency": asdict(latency)}))
    else:
        print(
            f"Punch to bus event, realtime: median {latency.median:.1f} ms,"
            f" 99 % within {latency.p99:.1f} ms, worst {latency.worst:.1f} ms"
            f" of {latency.count}"
        )
    if options.check and not latency.is_as_promised:
        print(
            f"Promised are a median under {MEDIAN_LIMIT} ms and a worst under"
            f" {WORST_LIMIT} ms",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
