"""The gateway in software: JSON, a token, again until it is 200."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from simulator import Gateway, GatewaySimulation, NoAnswer

MORNING = datetime(2026, 11, 20, 8, 0, 0)
TOKEN = "a token"


@dataclass(slots=True)
class Receiver:
    """Takes what a gateway posts."""

    url: str = ""
    logs: list[list[dict[str, Any]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Take a batch, unless told otherwise."""
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            body = await request.read()
            await asyncio.sleep(0)
        finally:
            self.busy -= 1
        self.headers.append(dict(request.headers))
        if self.statuses:
            return web.json_response({"error": "no"}, status=self.statuses.pop(0))
        self.logs.append(json.loads(body)["logs"])
        return web.json_response({"received": len(self.logs[-1])})

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return all rows."""
        return [row for log in self.logs for row in log]


@asynccontextmanager
async def _receiver() -> AsyncIterator[Receiver]:
    """Serve on loopback."""
    receiver = Receiver()
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_route("*", "/api/push", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/api/push"))
        yield receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a server that takes everything."""
    async with _receiver() as one:
        yield one


async def test_rows(receiver: Receiver) -> None:
    """What was told, and nothing else; with the token."""
    async with GatewaySimulation(receiver.url, TOKEN, step=True) as sim:
        await sim.punch("1", at=MORNING)
        await sim.punch("2", None, 15, "7", at=MORNING)
        answer = await sim.send()
        assert answer is not None
        assert answer.text == '{"received": 2}'
        assert await sim.send() is None
    assert receiver.rows == [
        {"user_id": "1", "timestamp": "2026-11-20 08:00:00", "status": 0},
        {
            "user_id": "2",
            "timestamp": "2026-11-20 08:00:00",
            "verify": 15,
            "work_code": "7",
        },
    ]
    assert receiver.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert receiver.headers[0]["Content-Type"] == "application/json"


async def test_a_webhook_has_no_token(receiver: Receiver) -> None:
    """Its address is the secret."""
    async with GatewaySimulation(receiver.url, step=True) as sim:
        await sim.punch("1")
        await sim.send()
    assert "Authorization" not in receiver.headers[0]


async def test_times(receiver: Receiver) -> None:
    """As gateways write them."""
    gateway = Gateway(receiver.url, clock=lambda: MORNING)
    punch = gateway.punch("7")
    gateway.faults.set("time_format", "t")
    assert gateway.row(punch)["timestamp"] == "2026-11-20T08:00:00"
    gateway.faults.set("time_format", "offset")
    text = str(gateway.row(punch)["timestamp"])
    assert datetime.fromisoformat(text).astimezone().replace(tzinfo=None) == MORNING
    gateway.faults.set("time_format", "utc")
    text = str(gateway.row(punch)["timestamp"])
    assert text.endswith("Z")
    assert datetime.fromisoformat(text).astimezone().replace(tzinfo=None) == MORNING
    gateway.faults.user_as_number = True
    assert gateway.row(punch)["user_id"] == 7


async def test_until_it_is_200(receiver: Receiver) -> None:
    """Whatever else comes, it sends again; in batches."""
    receiver.statuses = [500, 401, 202]
    gateway = Gateway(receiver.url, TOKEN, batch=3)
    gateway.fill_log(7, start=MORNING)
    async with GatewaySimulation(
        receiver.url, gateway=gateway, retry_after=0.001
    ) as sim:
        await sim.until_sent()
        assert [len(log) for log in receiver.logs] == [3, 3, 1]
        assert [answer.status for answer in gateway.answers][:4] == [500, 401, 202, 200]
        gateway.faults.hang_up = True
        await sim.punch("1")
        await sim.until_sent()
        assert "hung up" in str(sim.last_error)
        gateway.resend_all()
        await sim.until_sent()
    assert len(receiver.rows) >= 7 + 1 + 8


async def test_odd_bodies(receiver: Receiver) -> None:
    """Rows that come twice, one that is none, and bodies that break off."""
    async with GatewaySimulation(receiver.url, step=True) as sim:
        await sim.punch("1", at=MORNING)
        faults = sim.gateway.faults
        faults.repeat_rows, faults.bad_row, faults.content_type = 2, 2, "text/plain"
        faults.never_acknowledged = True
        await sim.send()
        assert [row["user_id"] for row in receiver.rows] == ["1", "", "1"]
        assert receiver.headers[0]["Content-Type"] == "text/plain"
        assert sim.gateway.unsent == 1
        faults.cut_body = 5
        with pytest.raises(NoAnswer, match="cut after 5"):
            await sim.send()
        faults.reset()
        faults.slow_piece, faults.slow_pause = 10, 0.0001
        await sim.send()
        assert sim.gateway.unsent == 0
        answer = await sim.gateway.post(
            b'{"logs": []}', method="PUT", headers={"Authorization": "Basic x"}
        )
        assert answer.ok
        assert receiver.headers[-1]["Authorization"] == "Basic x"


async def test_flood(receiver: Receiver) -> None:
    """The same rows many times, over several connections at once."""
    gateway = Gateway(receiver.url, TOKEN, batch=40)
    gateway.fill_log(100, start=MORNING)
    answers = await gateway.flood(20, connections=4)
    assert {answer.status for answer in answers} == {200}
    seen = Counter(json.dumps(row) for row in receiver.rows)
    assert len(seen) == 100
    assert min(seen.values()) >= 20
    assert receiver.busiest > 1
    assert gateway.unsent == 100
