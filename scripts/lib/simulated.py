"""All that hangs at the demo's places, and adding it to Home Assistant."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import time
from typing import override

from simulator import Terminal

from .client import Client
from .places import CANTEEN, CAR_PARK, NAMES, TERMINALS, Place
from .stands import CHECK_IN, CHECK_OUT, AdmsStand, GatewayStand, ListeningStand, Stand
from .syncid import (
    Added,
    add_announced,
    add_gateway,
    add_terminal,
    set_options,
    until_history_is_read,
)

# The shortest that there is: a demo is watched.
_POLL_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did at a place."""

    place: Place
    user_id: str
    # None for nobody: who was removed there.
    comes: bool | None
    # When, by the clock of this machine, just before it was done.
    at: float

    @property
    def words(self) -> str:
        """Return it in words."""
        if self.comes is None:
            return f"{self.user_id} is not known here"
        return f"{NAMES[self.user_id]} {'comes' if self.comes else 'goes'}"


class Simulated:
    """The terminals that SyncID connects to; what they log is kept in a folder."""

    def __init__(self, folder: Path) -> None:
        """Hang them up."""
        self._listening = {
            place.name: ListeningStand(place, folder) for place in TERMINALS
        }
        self.stands: dict[str, Stand] = {**self._listening}

    @property
    def terminals(self) -> dict[str, Terminal]:
        """Return the terminals by the names of their places."""
        return {name: stand.terminal for name, stand in self._listening.items()}

    @property
    def records(self) -> int:
        """Return how many punches all logs hold."""
        return sum(1 for stand in self.stands.values() for _ in stand.steps())

    @asynccontextmanager
    async def serving(self, ports: Mapping[str, int]) -> AsyncIterator[None]:
        """Let them answer until the end of the block."""
        async with AsyncExitStack() as stack:
            for name, stand in self._listening.items():
                await stack.enter_async_context(stand.serving(ports[name]))
            yield

    def _is_in(self, user_id: str) -> bool:
        """Tell whether somebody is at work: whether they came when last seen."""
        seen = [
            (moment, state)
            for stand in self.stands.values()
            for moment, who, state in stand.steps()
            if who == user_id
        ]
        return bool(seen) and max(seen)[1] == CHECK_IN

    def punch(self, place: Place, user_id: str) -> Done:
        """Let somebody come, or go if they are in."""
        comes: bool | None = not self._is_in(user_id)
        now = time.time()
        try:
            self.stands[place.name].punch(user_id, CHECK_IN if comes else CHECK_OUT)
        except ValueError:
            comes = None  # a terminal knows its users, and some may have been removed
        return Done(place=place, user_id=user_id, comes=comes, at=now)


class AllRoads(Simulated):
    """Those, and what pushes."""

    def __init__(self, folder: Path, url: str) -> None:
        """Hang all up, and tell those that push where Home Assistant is."""
        super().__init__(folder)
        self._canteen = AdmsStand(CANTEEN, folder, url)
        self._car_park = GatewayStand(CAR_PARK, folder, url)
        for stand in (self._canteen, self._car_park):
            self.stands[stand.name] = stand

    @override
    @asynccontextmanager
    async def serving(self, ports: Mapping[str, int]) -> AsyncIterator[None]:
        async with super().serving(ports), self._canteen.calling():
            yield

    def sending(self, token: str) -> AbstractAsyncContextManager[None]:
        """Let the gateway send, which needs its token, until the end of the block."""
        return self._car_park.sending(token)


async def add_terminals(client: Client, ports: Mapping[str, int]) -> dict[str, Added]:
    """Add the terminals that SyncID connects to."""
    added = {}
    for place in TERMINALS:
        added[place.name] = terminal = await add_terminal(
            client,
            place.name,
            ports[place.name],
            mode=place.mode,
            comm_key=place.comm_key,
        )
        if place.mode == "polling":
            await until_history_is_read(client, terminal)
            await set_options(client, terminal.entry_id, poll_interval=_POLL_SECONDS)
    return added


async def add_all(
    client: Client, ports: Mapping[str, int]
) -> tuple[dict[str, Added], str]:
    """Add what is at all places; return it, and the token of the gateway."""
    added = await add_terminals(client, ports)
    added[CANTEEN.name] = await add_announced(client, CANTEEN.name, CANTEEN.serial)
    added[CAR_PARK.name], _, token = await add_gateway(
        client, CAR_PARK.name, CAR_PARK.serial
    )
    return added, token
