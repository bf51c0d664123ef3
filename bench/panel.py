"""The panel with 10,000 people and 1,000,000 punches, in a browser.

Home Assistant runs in a process of its own, the terminals in this one. What is timed
begins with a click or a key and ends with the frame that shows what it brought: first
rows of each page, filters, sorting, and a punch at a terminal. Then people punch for a
while at a steady rate, with the panel open in two tabs: nothing may fail, and neither
the browser nor Home Assistant may grow. Beside each time is how much of a processor
Home Assistant took meanwhile, since the machine may have other things to do.
"""

import argparse
import asyncio
from dataclasses import asdict, dataclass, field
from datetime import date as Date, timedelta
import json
import os
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import Any

from scripts.lib.client import Client, Owner, connect, sign_up
from scripts.lib.home import ROOT, Home, free_port
from scripts.lib.polling import until
from simulator import Terminal

from .panel_browser import Chromium, Tab, chromium
from .panel_site import PLACES, add_all, fill, name_of, serial_of, terminals, user_id_of

# What the project promises, in milliseconds and bytes.
FIRST_LIMIT = 1000
FILTER_LIMIT = 500
PUNCH_LIMIT = 1000
MESSAGE_LIMIT = 200_000
# Megabytes by which a burst may let the browser and Home Assistant grow.
HEAP_LIMIT = 3
MEMORY_LIMIT = 15

RATE = 10  # punches a second
_MEMORY_EVERY = 15
_PUNCHES = 40
# What there is to tell of today is computed some time after a start.
_QUIET = 240

_ROWS = "bench.rows().length >= 50 && bench.idle()"
_MONTH = "bench.all('tbody th').length >= 50 && bench.idle()"
_LIVE = "bench.all('li').length >= 50 && /\\d/.test(bench.one('.tile b').textContent)"
_ROLL_CALL = "bench.one('sid-rollcall').shadowRoot.querySelectorAll('li').length >= 50"


def _go(tab: str) -> str:
    return f"bench.click('nav.top a[href=\"/syncid/{tab}\"]')"


def _all_have(word: str) -> str:
    return (
        "bench.idle() && bench.rows().length > 0 &&"
        f" bench.rows().every((row) => row.textContent.includes('{word}'))"
    )


def _sorted(column: str, way: str = "ascending") -> str:
    return (
        "bench.idle() && bench.rows().length >= 50 &&"
        f" bench.one('th[aria-sort={way}]', '{column}')"
    )


def _of(begin: str, count: str = "") -> str:
    """Tell by the line under a table what it shows."""
    return (
        "bench.idle() && bench.all('nav span').some((one) =>"
        f" one.textContent.startsWith('{begin}') && one.textContent.endsWith('{count}'))"
    )


def _steps() -> list[tuple[str, int, str, str]]:
    """Return what is done in a round: name, limit, what to do, what is then shown."""
    before = (Date.today() - timedelta(days=9)).isoformat()
    sort = "bench.click('thead th button', '{}')"
    one = name_of(4321)
    first, filtering = FIRST_LIMIT, FILTER_LIMIT
    day = "bench.one('input[type=date]').value"
    return [
        ("live", first, _go("live"), _LIVE),
        ("roll call", first, "bench.click('button.tile')", _ROLL_CALL),
        ("attendance", first, _go("attendance"), _ROWS),
        (
            "attendance: mark",
            filtering,
            "bench.click('.filters button', 'Present')",
            _all_have("Present"),
        ),
        (
            "attendance: all marks",
            filtering,
            "bench.click('.filters button', 'Everybody')",
            _ROWS,
        ),
        ("attendance: sort", filtering, sort.format("In"), _sorted("In")),
        (
            "attendance: sort down",
            filtering,
            sort.format("In"),
            _sorted("In", "descending"),
        ),
        ("attendance: search", filtering, f"bench.type('{one}')", _all_have(one)),
        ("attendance: no search", filtering, "bench.type('')", _ROWS),
        (
            "attendance: group",
            filtering,
            "bench.choose(0, 'Class 07')",
            _of("1", "250"),
        ),
        (
            "attendance: all groups",
            filtering,
            "bench.choose(0, '')",
            f"{_of('1', '000')}",
        ),
        (
            "attendance: terminal",
            filtering,
            f"bench.choose(1, '{serial_of(1)}')",
            f"location.search.includes('at=') && {_ROWS}",
        ),
        (
            "attendance: all terminals",
            filtering,
            "bench.choose(1, '')",
            f"!location.search.includes('at=') && {_ROWS}",
        ),
        (
            "attendance: next page",
            filtering,
            "bench.click('nav button:last-child')",
            _of("51"),
        ),
        (
            "attendance: another day",
            first,
            f"bench.date('{before}')",
            f"{day} === '{before}' && {_ROWS}",
        ),
        (
            "attendance: sort another day",
            filtering,
            sort.format("Hours"),
            _sorted("Hours"),
        ),
        (
            "attendance: late on another day",
            filtering,
            "bench.click('.filters button', 'Late')",
            _all_have("Late"),
        ),
        ("month", first, "bench.click('.filters button', 'Month')", _MONTH),
        (
            "month: search",
            filtering,
            f"bench.type('{one}')",
            "bench.idle() && bench.all('tbody th').length === 2",
        ),
        ("month: no search", filtering, "bench.type('')", _MONTH),
        (
            "month: group",
            filtering,
            "bench.choose(0, 'Class 07')",
            f"{_of('1', '250')} && {_MONTH}",
        ),
        (
            "month: next page",
            filtering,
            "bench.click('nav button:last-child')",
            f"{_of('51')} && {_MONTH}",
        ),
        ("people", first, _go("people"), _ROWS),
        ("people: search", filtering, f"bench.type('{one}')", _all_have(one)),
        ("people: no search", filtering, "bench.type('')", _ROWS),
        ("people: sort", filtering, sort.format("Today"), _sorted("Today")),
        (
            "people: sort by terminals",
            filtering,
            sort.format("Terminals"),
            _sorted("Terminals"),
        ),
        (
            "people: group",
            filtering,
            "bench.choose(0, 'Class 07')",
            f"{_all_have('Class 07')}",
        ),
        (
            "people: next page",
            filtering,
            "bench.click('nav button:last-child')",
            _of("51"),
        ),
        (
            "who is nobody",
            first,
            "bench.all('.filters button')[1].click()",
            "bench.all('li[data-user]').length >= 50",
        ),
        (
            "who is nobody: search",
            filtering,
            "bench.type('90007')",
            f"bench.all('li[data-user]').length === {len(PLACES)}",
        ),
        ("enrolled", first, "bench.all('.filters button')[2].click()", _ROWS),
        ("enrolled: sort", filtering, sort.format("User"), _sorted("User")),
        ("enrolled: search", filtering, f"bench.type('{one}')", _all_have(one)),
        (
            "terminals",
            first,
            _go("terminals"),
            f"bench.all('article').length === {len(PLACES)}",
        ),
        ("rules", first, _go("rules"), "bench.one('input[type=time]')"),
    ]


@dataclass
class Took:
    """What something took, in milliseconds; a value for each round."""

    limit: int
    wall: list[float] = field(default_factory=list)
    # Of a processor, by Home Assistant.
    server: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return what it took mostly."""
        return round(statistics.median(self.wall), 1)


@dataclass
class Burst:
    """What became of a burst, in megabytes over its time."""

    seconds: float
    punches: int
    seen: list[float]
    heaps: dict[str, list[float]]
    memory: list[float]
    processor: float

    def growth(self, values: list[float]) -> float:
        """Return by how much it has grown since it was warm: after a third."""
        third = max(1, len(values) // 3)
        warm, last = values[third : 2 * third] or values, values[-third:]
        return round(statistics.median(last) - statistics.median(warm), 2)


def cpu(pid: int) -> float:
    """Return the milliseconds of a processor that a process took."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # not Linux
        return 0
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return the megabytes that a process has in memory."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


async def _until_idle(home: Home) -> None:
    """Wait until Home Assistant has computed what was due after a start."""
    used = [cpu(home.pid)]

    async def is_idle() -> bool:
        await asyncio.sleep(3)
        used.append(cpu(home.pid))
        return len(used) > 25 and used[-1] - used[-3] < 600

    await until(is_idle, "Home Assistant has nothing to do", seconds=_QUIET)


async def _round(tab: Tab, home: Home, took: dict[str, Took]) -> None:
    """Do all once."""
    await tab.open("/syncid/rules")
    for name, limit, act, test in _steps():
        before = cpu(home.pid)
        wall = await tab.timed(act, test)
        if name == "roll call":
            await tab.page.keyboard.press("Escape")
        one = took.setdefault(name, Took(limit))
        one.wall.append(wall)
        one.server.append(cpu(home.pid) - before)
        await asyncio.sleep(0.3)


async def _punches(tab: Tab, gate: Terminal, count: int) -> Took:
    """Have some people punch, one after the other."""
    await tab.open("/syncid/live")
    await tab.page.evaluate("bench.when(() => bench.all('li').length >= 50)")
    took = Took(PUNCH_LIMIT)
    for number in range(count):
        who = 9 + 10 * number  # nobody of those who have come
        looking = asyncio.create_task(tab.seen(name_of(who)))
        await asyncio.sleep(0.1)
        begin = time.time()
        gate.punch(user_id_of(who))
        took.wall.append(1000 * (await looking - begin))
        await asyncio.sleep(0.2)
    return took


async def _burst(
    browser: Chromium, home: Home, gates: list[Terminal], people: int, seconds: float
) -> tuple[Burst, list[Tab]]:
    """Have people punch at a steady rate, with the panel open."""
    live, list_ = await browser.tab(), await browser.tab()
    await live.open("/syncid/live")
    await list_.open("/syncid/attendance")
    tabs = {"live": live, "attendance": list_}
    loop = asyncio.get_running_loop()
    begin, used = loop.time(), cpu(home.pid)
    burst = Burst(seconds, 0, [], {name: [] for name in tabs}, [], 0)

    async def punch() -> None:
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(begin + number / RATE - loop.time())
            who = number % people
            at = gates[number % len(gates)]
            if number % (2 * RATE) == RATE:
                group.create_task(see(at, who))
            else:
                at.punch(user_id_of(who))
            burst.punches += 1

    async def see(at: Terminal, who: int) -> None:
        looking = asyncio.create_task(live.seen(name_of(who)))
        await asyncio.sleep(0.05)
        punched = time.time()
        at.punch(user_id_of(who))
        burst.seen.append(1000 * (await looking - punched))

    async def weigh() -> None:
        while loop.time() - begin < seconds:
            await asyncio.sleep(_MEMORY_EVERY)
            burst.memory.append(round(resident(home.pid), 1))
            for name, tab in tabs.items():
                burst.heaps[name].append(round(await tab.heap(), 2))

    async with asyncio.TaskGroup() as group:
        group.create_task(punch())
        group.create_task(weigh())
    burst.processor = round((cpu(home.pid) - used) / 10 / (loop.time() - begin), 1)
    return burst, [live, list_]


async def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start all that is needed, and measure."""
    home = Home(folder / "home", free_port())
    home.prepare("Bench")
    async with terminals(options.people) as places:
        gates = [terminal for terminal, _ in places]
        async with home.running():
            token = await sign_up(
                home.url, Owner("Bench", "bench", "only-for-a-moment")
            )
            async with connect(home.url, token) as client:
                await client.until_running()
                await add_all(client, [server for _, server in places])
        begin = time.monotonic()
        filled = await asyncio.to_thread(
            fill, home.folder / "syncid.db", options.people, options.punches
        )
        print(
            f"{filled.people} people, {filled.punches} punches since {filled.first},"
            f" {filled.marks} marks, written in {time.monotonic() - begin:.0f} s",
            flush=True,
        )
        async with home.running():
            async with connect(home.url, token) as client:
                await client.until_running()
                await _until_computed(client, options.people)
            await _until_idle(home)
            print(f"Home Assistant has {resident(home.pid):.0f} MB", flush=True)
            async with chromium(home.url, token) as browser:
                found = await _measure(browser, home, gates, options)
        complaints = [*home.complaints()]
    found["complaints"] += complaints
    return found


async def _until_computed(client: Client, people: int) -> None:
    """Wait until there is a mark of everybody for today."""

    async def is_there() -> bool:
        today = await client.command("syncid/live/today")
        return bool(sum(today["statuses"].values()) == people)

    await until(is_there, "today is computed", seconds=_QUIET)


async def _measure(
    browser: Chromium, home: Home, gates: list[Terminal], options: argparse.Namespace
) -> dict[str, Any]:
    took: dict[str, Took] = {}
    tab = await browser.tab()
    begin = time.monotonic()
    await tab.open("/syncid/live")
    print(f"opened in {time.monotonic() - begin:.1f} s, Home Assistant's own pages too")
    await _round(tab, home, {})  # once before it counts
    for _ in range(options.rounds):
        await _round(tab, home, took)
    took["a punch"] = await _punches(tab, gates[0], _PUNCHES)
    tabs = [tab]
    burst = None
    if options.seconds:
        await tab.page.close()
        burst, more = await _burst(
            browser, home, gates, options.people, options.seconds
        )
        tabs += more
    largest: dict[str, int] = {}
    for one in tabs:
        for kind, size in one.wire.largest.items():
            largest[kind] = max(size, largest.get(kind, 0))
    return {
        "took": took,
        "burst": burst,
        "largest": largest,
        "complaints": [text for one in tabs for text in one.wire.complaints],
    }


def _faults(found: dict[str, Any]) -> list[str]:
    """Return what is not as it is promised."""
    faults = [
        f"{name}: {one.median:.0f} ms, promised are {one.limit}"
        for name, one in found["took"].items()
        if one.median >= one.limit
    ]
    faults += [
        f"{kind}: a message of {size} bytes, promised are {MESSAGE_LIMIT}"
        for kind, size in found["largest"].items()
        if size > MESSAGE_LIMIT
    ]
    faults += found["complaints"]
    if burst := found["burst"]:
        if statistics.median(burst.seen) >= PUNCH_LIMIT:
            faults.append("a punch in the burst was seen too late")
        for name, values in burst.heaps.items():
            if burst.growth(values) > HEAP_LIMIT:
                faults.append(f"the browser grew: {name} {values}")
        if burst.growth(burst.memory) > MEMORY_LIMIT:
            faults.append(f"Home Assistant grew: {burst.memory}")
    return faults


def _tell(found: dict[str, Any]) -> None:
    for name, one in found["took"].items():
        server = statistics.median(one.server) if one.server else 0
        print(
            f"  {name:32} median {one.median:6.0f} ms, worst {max(one.wall):6.0f};"
            f" Home Assistant {server:5.0f} ms"
        )
    sizes = sorted(found["largest"].items(), key=lambda one: -one[1])
    print("largest messages:", ", ".join(f"{k} {v}" for k, v in sizes[:5]))
    if burst := found["burst"]:
        print(
            f"burst of {burst.seconds:g} s, {burst.punches} punches: on the screen"
            f" after {statistics.median(burst.seen):.0f} ms, worst"
            f" {max(burst.seen):.0f}; Home Assistant took {burst.processor} % of a"
            f" processor; memory {burst.memory[0]} to {burst.memory[-1]} MB, grown by"
            f" {burst.growth(burst.memory)} since it was warm"
        )
        for name, values in burst.heaps.items():
            print(
                f"  heap of {name}: {values[0]} to {values[-1]} MB, grown by"
                f" {burst.growth(values)}"
            )


def main() -> int:
    """Print the figures; return 1 if they were to be asserted and are not."""
    parser = argparse.ArgumentParser(prog="scripts/bench panel", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--punches", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=600, help="of the burst; 0 for none"
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
        found = asyncio.run(run(options, Path(name)))
    if options.json:
        told = {
            **found,
            "took": {name: asdict(one) for name, one in found["took"].items()},
            "burst": found["burst"] and asdict(found["burst"]),
        }
        print(json.dumps({"panel": told}))
    else:
        _tell(found)
    faults = _faults(found)
    for fault in faults:
        print("not as promised:", fault, file=sys.stderr)
    return 1 if options.check and faults else 0


if __name__ == "__main__":
    sys.exit(main())
