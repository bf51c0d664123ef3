"""Clients that leave while their request is being answered."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from custom_components.syncid.hub import DATA_HUB
from custom_components.syncid.push import adms
from homeassistant.core import HomeAssistant
from simulator.http import HttpClient

from .kit import PUSH_LOG, TOKEN, KitAdms, SyncIDKit
from .test_adms_actions import done
from .test_adms_queue import queue


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer of terminals that are away."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)


@pytest.fixture
async def away(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal for which something waits."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await syncid.advance(91)
    await done(terminal, "remove_user", user_id="1002")
    return terminal


async def ask(url: str, head: str, body: bytes = b"") -> asyncio.StreamWriter:
    """Send a request."""
    place = urlsplit(url)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    lines = f"{head} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    lines += "Content-Type: application/json\r\n"
    writer.write(f"{lines}Authorization: Bearer {TOKEN}\r\n\r\n".encode() + body)
    await writer.drain()
    return writer


async def ask_and_leave(url: str, head: str, body: bytes = b"") -> None:
    """Send a request, and hang up once it is being answered."""
    writer = await ask(url, head, body)
    async with HttpClient(url) as other:
        # Requests are taken as they come: when these are answered, that one is begun,
        # and after those, it is known that its client left.
        for _ in range(3):
            await other.request("GET", "/iclock/ping")
        writer.transport.abort()
        for _ in range(3):
            await other.request("GET", "/iclock/ping")


async def test_poll(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    away: KitAdms,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A command that nobody stayed to hear is said to who asks next."""
    url = away.device.client.base_url
    with syncid.busy_disk():
        await ask_and_leave(url, f"GET /iclock/getrequest?SN={away.serial}")
    await syncid.settle()
    assert queue(syncid) == [("remove_user", "queued")]
    await hass.config_entries.async_reload(away.entry.entry_id)
    answer = await away.simulation.poll()
    assert answer.text == "C:1:DATA DELETE USERINFO PIN=1002\n"
    assert (await away.simulation.poll()).text == "OK"
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_poll_that_cannot_be_taken_back(syncid: SyncIDKit, away: KitAdms) -> None:
    """If that cannot be written down, it counts as said: it may be dangerous."""
    syncid.in_file(
        "CREATE TRIGGER full BEFORE UPDATE ON commands WHEN OLD.state = 'sent'"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    url = away.device.client.base_url
    with syncid.busy_disk():
        await ask_and_leave(url, f"GET /iclock/getrequest?SN={away.serial}")
    await syncid.settle()
    assert queue(syncid) == [("remove_user", "sent")]
    assert (await away.simulation.poll()).text == "OK"


def occupy_writer(hass: HomeAssistant) -> None:
    """Have what is written next wait for its turn, where it can be given up."""
    hass.data[DATA_HUB].ledger.register("ANOTHER", hass.config.time_zone)


async def test_punches(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    away: KitAdms,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Punches are stored, and announced once, whether or not somebody waits."""
    head = f"POST /iclock/cdata?SN={away.serial}&table=ATTLOG"
    body = away.attlog("1001")
    with syncid.busy_disk():
        occupy_writer(hass)
        await ask_and_leave(away.device.client.base_url, head, body)
    await syncid.settle()
    assert (await syncid.next_punch())["user_id"] == "1001"
    await away.post(body)
    await syncid.settle()
    syncid.assert_no_punch()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_logs_in_json(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway that leaves does no harm either, and may send again."""
    await syncid.add_push_device()
    log = {"user_id": "1", "timestamp": "2026-03-12 08:05:00"}
    body = json.dumps({"logs": [log]}).encode()
    with syncid.busy_disk():
        occupy_writer(hass)
        await ask_and_leave(url, f"POST {PUSH_LOG}", body)
    await syncid.settle()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
