"""What is left of a push when Home Assistant is killed between storage and answer."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Protocol, override

import pytest

from scripts.lib.client import connect
from scripts.lib.syncid import add_gateway
from simulator.adms.simulation import AdmsSimulation
from simulator.gateway import Gateway
from simulator.http import NoAnswer

from .conftest import Owned
from .test_kill import PEOPLE, Key, Watched, killed, local_key

GATEWAY, TERMINAL = "GATE-1", "CKUJ203460001"
PUNCHES = 200


class Pusher(Protocol):
    """A device that pushes, batch by batch."""

    async def send(self) -> None:
        """Send the next batch; raises `NoAnswer`."""

    def keys(self) -> list[Key]:
        """Return what names its punches, in order."""

    def acknowledged(self) -> int:
        """Return how many of them need not be sent again."""


@dataclass(frozen=True, slots=True)
class JsonPusher(Pusher):
    """A gateway."""

    gateway: Gateway

    @override
    async def send(self) -> None:
        answer = await self.gateway.send()
        assert answer is not None
        assert answer.status == 200, answer.text
        counts = json.loads(answer.body)
        assert counts["received"] == counts["new"] + counts["duplicate"]

    @override
    def keys(self) -> list[Key]:
        return [local_key(one.user_id, one.time) for one in self.gateway.log]

    @override
    def acknowledged(self) -> int:
        return self.gateway.acknowledged


@dataclass(frozen=True, slots=True)
class AdmsPusher(Pusher):
    """A terminal; all that it has to say are its punches."""

    simulation: AdmsSimulation

    @override
    async def send(self) -> None:
        if not self.simulation.terminal.connected:
            await self.simulation.connect()
        await self.simulation.upload("ATTLOG")
        assert self.simulation.terminal.acknowledged

    @override
    def keys(self) -> list[Key]:
        return [
            local_key(one.user_id, one.time) for one in self.simulation.terminal.log
        ]

    @override
    def acknowledged(self) -> int:
        journal = self.simulation.terminal.journals["ATTLOG"]
        return len(journal) - journal.waiting(lambda _: True)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A home with a gateway and a terminal that push."""

    watched: Watched
    token: str


@pytest.fixture(scope="session")
async def pushed(owned: Owned, tmp_path_factory: pytest.TempPathFactory) -> Pushed:
    """Return a home to which nothing was pushed yet."""
    folder = tmp_path_factory.mktemp("pushed")
    home = owned.wake_in(folder / "home")
    async with home.running(), connect(home.url, owned.token) as client:
        await client.until_running()
        _, _, token = await add_gateway(client, "Canteen", GATEWAY)
        await add_gateway(client, "Loading bay", TERMINAL)
    return Pushed(Watched(folder, home, 0), token)


@pytest.fixture
async def mine(pushed: Pushed, tmp_path: Path) -> AsyncIterator[Pushed]:
    """Return such a home of one's own, and look in the end whether it complained."""
    watched = pushed.watched.copy_to(tmp_path)
    async with watched.looked_after():
        yield Pushed(watched, pushed.token)


@asynccontextmanager
async def json_pusher(mine: Pushed, batch: int) -> AsyncIterator[Pusher]:
    """Make a gateway at which everybody has punched."""
    url = f"{mine.watched.home.url}/api/v1/biometric/push-log"
    gateway = Gateway(url, mine.token, batch=batch)
    for user_id in PEOPLE[:PUNCHES]:
        gateway.punch(user_id)
    try:
        yield JsonPusher(gateway)
    finally:
        await gateway.close()


@asynccontextmanager
async def adms_pusher(mine: Pushed, batch: int) -> AsyncIterator[Pusher]:
    """Make a terminal at which everybody has punched."""
    async with AdmsSimulation(
        mine.watched.home.url, serial=TERMINAL, step=True
    ) as simulation:
        terminal = simulation.terminal
        terminal.faults.batch = batch
        await simulation.connect()  # which sets its clock
        for user_id in PEOPLE[:PUNCHES]:
            terminal.add_user(user_id)
            terminal.punch(user_id)
        yield AdmsPusher(simulation)


async def send_all(pusher: Pusher) -> None:
    """Send batches until all is acknowledged."""
    while pusher.acknowledged() < PUNCHES:
        await pusher.send()


# How many rows a batch has, and at which announcement Home Assistant dies: the batch is
# stored by then, and not answered.
@pytest.mark.parametrize(("batch", "announced"), [(500, 1), (500, 30), (5, 78)])
@pytest.mark.parametrize("make", [json_pusher, adms_pusher])
async def test_push(
    mine: Pushed,
    owned: Owned,
    make: Callable[[Pushed, int], AbstractAsyncContextManager[Pusher]],
    batch: int,
    announced: int,
) -> None:
    """A batch that was stored and not answered comes again, and changes nothing."""
    watched = mine.watched
    first = watched.next_life(kill_at=announced)
    await first.start()
    async with connect(first.url, owned.token) as client:
        await client.until_running()
    async with make(mine, batch) as pusher:
        with pytest.raises(NoAnswer):
            await send_all(pusher)
        await killed(first)
        keys, before = pusher.keys(), watched.stored()
        assert len(keys) == len(set(keys)) == PUNCHES
        # One batch more than was acknowledged, and all of it.
        done = pusher.acknowledged()
        assert before == sorted(keys[: min(PUNCHES, done + batch)])

        second = watched.next_life()
        async with second.running():
            async with connect(second.url, owned.token) as client:
                await client.until_running()
            await pusher.send()
            assert watched.stored() == before
            assert pusher.acknowledged() == len(before)
            await send_all(pusher)
    assert watched.stored() == sorted(keys)
    told = watched.announced(1) + watched.announced(2)
    assert len(told) == len(set(told))
    assert set(keys[len(before) :]) <= set(watched.announced(2))
