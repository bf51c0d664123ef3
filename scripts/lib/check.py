"""The demo's check: one punch at each place, and all that comes of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
import tempfile
import time
from typing import Any

from .client import Client, Owner, connect, sign_up
from .home import Home, free_port
from .places import PEOPLE, PLACES, TERMINALS, Place
from .polling import until
from .simulated import AllRoads, Done, add_all
from .stands import Step
from .syncid import DOMAIN, EVENT_PUNCH, Added, until_history_is_read

_OWNER = Owner("Check", "check", "only-for-a-moment")
_SEEN_WITHIN = 60
# What the events call the roads.
_SOURCES = {"realtime": "realtime", "polling": "poll", "adms": "adms", "push": "push"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a punch."""

    done: Done
    # Seconds from the punch to the event on the bus.
    latency: float
    event: Mapping[str, Any]
    # The states of the terminal's entities, by key.
    states: Mapping[str, Mapping[str, Any]]

    def faults(self) -> list[str]:
        """Return what is not as it should be."""
        place, event, states = self.done.place, self.event, self.states
        when = datetime.fromisoformat(event["time"])
        expected = {
            "the device": (event["device_name"], place.name),
            "the user": (event["user_id"], self.done.user_id),
            "the direction": (
                event["direction"],
                "check_in" if self.done.comes else "check_out",
            ),
            "the source": (event["source"], _SOURCES[place.mode]),
            "whether it is live": (event["live"], True),
            "the user of the event entity": (
                states["punch"]["attributes"]["user_id"],
                self.done.user_id,
            ),
            "the last punch": (
                datetime.fromisoformat(states["last_punch"]["state"]),
                when,
            ),
        }
        if place.mode != "push":  # whether a gateway is there, nothing tells
            expected["the connectivity"] = (states["connectivity"]["state"], "on")
        return [
            f"{place.name}: {what} is {found}, not {right}"
            for what, (found, right) in expected.items()
            if found != right
        ]

    def line(self) -> str:
        """Return it for people to read."""
        place, event = self.done.place, self.event
        took = (
            f"{self.latency * 1000:.1f} ms"
            if self.latency < 1
            else f"{self.latency:.1f} s"
        )
        return (
            f"  {place.name:10} {place.mode:9} {self.done.words:13}"
            f" {event['direction']:10} {event['method']:12} seen after {took}"
        )


async def check(folder: Path) -> bool:
    """Tell whether all works in a new home, made in the folder and removed again."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="check-") as name:
        home = Home(Path(name) / "home", free_port())
        home.prepare("Check")
        simulated = AllRoads(Path(name), home.url)
        ports = {place.name: free_port() for place in TERMINALS}
        began = time.monotonic()
        print("Starting Home Assistant", flush=True)
        async with simulated.serving(ports), home.running():
            token = await sign_up(home.url, _OWNER)
            async with connect(home.url, token) as client:
                await client.until_running()
                print(f"It is up after {time.monotonic() - began:.1f} s", flush=True)
                faults = await _check(client, home, simulated, ports)
            if code := await home.stop():
                faults.append(f"Home Assistant ended with {code}")
            faults += home.complaints()
    for fault in faults:
        print(fault)
    print("All is well" if not faults else "Something is wrong")
    return not faults


async def _check(
    client: Client, home: Home, simulated: AllRoads, ports: Mapping[str, int]
) -> list[str]:
    """Add what is at all places, and return what went wrong."""
    events = await client.events(EVENT_PUNCH)
    added, token = await add_all(client, ports)
    async with simulated.sending(token):
        for one in added.values():
            await until_history_is_read(client, one)
        count = simulated.records
        print(f"{len(added)} devices with {count} records are added", flush=True)
        faults = await _punch(client, simulated, events, added)
    for place in TERMINALS:
        steps = [*simulated.stands[place.name].steps()]
        faults += await _import(client, home, place, steps, added[place.name])
    if not events.empty():
        faults.append(f"one event too many: {events.get_nowait()['data']}")
    return faults


async def _punch(
    client: Client,
    simulated: AllRoads,
    events: asyncio.Queue[Any],
    added: Mapping[str, Added],
) -> list[str]:
    """Have a punch at each place, and return what went wrong."""
    done = []
    for place in PLACES:
        user_id = next(user_id for user_id, _, where in PEOPLE if where == place.name)
        done.append(simulated.punch(place, user_id))
    # In the order in which they come: polling takes its time.
    seen: list[Seen] = []
    while len(seen) < len(done):
        async with asyncio.timeout(_SEEN_WITHIN):
            event = await events.get()
        one = next((one for one in done if _is_of(event, one)), None)
        if one is None:
            return [f"this is no news: {event['data']}"]
        seen.append(await _look(client, event, one, added[one.place.name]))
        print(seen[-1].line(), flush=True)
    return [fault for one in seen for fault in one.faults()]


async def _import(
    client: Client, home: Home, place: Place, steps: Sequence[Step], terminal: Added
) -> list[str]:
    """Read in a USB stick with all that has been read, and a punch that nobody knows."""
    moment, user_id, state = steps[0]
    unknown = moment - timedelta(days=1), user_id, state
    (home.folder / "1_attlog.dat").write_text(
        "".join(
            f"{user_id:>9}\t{moment:%Y-%m-%d %H:%M:%S}\t1\t{state}\t1\t0\r\n"
            for moment, user_id, state in (unknown, *steps)
        )
    )
    entity = await client.command(
        "config/entity_registry/get", entity_id=terminal.punch
    )
    answer = await client.command(
        "call_service",
        domain=DOMAIN,
        service="import_attlog",
        service_data={"device_id": entity["device_id"], "file": "1_attlog.dat"},
        return_response=True,
    )
    new, known = answer["response"]["new"], answer["response"]["duplicate"]
    print(f"  {place.name:10} USB stick {new} new, {known} known", flush=True)
    if (new, known) == (1, len(steps)):
        return []
    return [f"{place.name}: one punch of the stick is new, {len(steps)} are known"]


def _is_of(event: Mapping[str, Any], done: Done) -> bool:
    """Tell whether an event tells of what somebody did just now."""
    data = event["data"]
    return (data["device"], data["user_id"], data["live"]) == (
        done.place.serial,
        done.user_id,
        True,
    )


async def _look(
    client: Client, event: Mapping[str, Any], done: Done, terminal: Added
) -> Seen:
    """Return what came of a punch, once the entities show it."""
    fired = datetime.fromisoformat(event["time_fired"]).timestamp()

    async def states() -> dict[str, Any] | None:
        """Return the states, if they show the punch."""
        found: dict[str, Any] = {
            key: await client.state(terminal.entities[key])
            for key in ("connectivity", "punch", "last_punch")
            if key in terminal.entities
        }
        shown = found["punch"]["attributes"].get("time")
        return found if shown == event["data"]["time"] else None

    return Seen(
        done=done,
        latency=fired - done.at,
        event=event["data"],
        states=await until(states, f"{terminal.punch} shows the punch"),
    )
