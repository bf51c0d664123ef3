"""The same punches by many connections, and by all roads."""

from datetime import datetime, timedelta
from hashlib import sha256
import random
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.adms import flood_log
from simulator.gateway import GatewaySimulation

from .kit import SERIAL, TOKEN, SyncIDKit

TIMES = 1000
PUNCHES = 40


def rows(syncid: SyncIDKit) -> list[tuple[str, int]]:
    """Return who punched when, as it is in the ledger's file."""
    found = syncid.in_file("SELECT user_id, local_second FROM punches")
    return [(str(user_id), second) for user_id, second in found]


async def announced(syncid: SyncIDKit) -> list[tuple[str, str]]:
    """Return who punched when, as it was announced."""
    await syncid.settle()
    return [
        (punch["user_id"], punch["time"])
        for punch in (
            syncid.punches.get_nowait() for _ in range(syncid.punches.qsize())
        )
    ]


@pytest.mark.parametrize("profile", ["att", "acc"])
async def test_terminal_floods(syncid: SyncIDKit, url: str, profile: str) -> None:
    """A log that comes a thousand times over eight connections is stored once."""
    terminal = await syncid.add_adms_terminal(url, step=True, profile=profile)
    terminal.device.fill_log(PUNCHES, step_seconds=1)
    answers = await flood_log(terminal.device, TIMES, 8, limit=PUNCHES)
    assert {answer.status for answer in answers} == {200}
    assert len(answers) >= TIMES
    assert len(rows(syncid)) == len(set(rows(syncid))) == PUNCHES
    told = await announced(syncid)
    assert len(told) == len(set(told)) == PUNCHES


async def test_gateway_floods(syncid: SyncIDKit, url: str) -> None:
    """So is one that a gateway sends."""
    await syncid.add_push_device()
    now = datetime.now(dt_util.get_default_time_zone()).replace(tzinfo=None)
    gateway = GatewaySimulation(f"{url}/api/v1/biometric/push-log", TOKEN, step=True)
    async with gateway as simulation:
        for index in range(PUNCHES):
            simulation.gateway.punch(
                str(1000 + index % 3), at=now - timedelta(seconds=index)
            )
        answers = await simulation.gateway.flood(times=TIMES, connections=8)
    assert {answer.status for answer in answers} == {200}
    assert len(rows(syncid)) == len(set(rows(syncid))) == PUNCHES
    told = await announced(syncid)
    assert len(told) == len(set(told)) == PUNCHES


async def test_all_roads(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, hass_client_no_auth: Any
) -> None:
    """A punch that comes live, in the log, by ADMS and as JSON is one, told once."""
    terminal = await syncid.add_terminal()
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    terminal.punch("1001", state=1)
    punch = await syncid.next_punch()
    assert punch["source"] == "realtime"
    at = datetime.fromisoformat(punch["time"]).replace(tzinfo=None)
    collected = await terminal.call("collect_records")
    assert collected["new"] == 0
    pushing.terminal.punch("1001", state=1, at=at)
    await pushing.upload("ATTLOG")
    assert pushing.terminal.acknowledged
    hass.config_entries.async_update_entry(
        terminal.entry,
        data={**terminal.entry.data, "token_hash": sha256(TOKEN.encode()).hexdigest()},
        options={**terminal.entry.options, "mode": "push"},
    )
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    body = {"logs": [{"user_id": "1001", "timestamp": f"{at}", "status": 1}]}
    client = await hass_client_no_auth()
    response = await client.post(
        "/api/v1/biometric/push-log",
        json=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    told = await response.json()
    assert (told["new"], told["duplicate"]) == (0, 1)
    pushing.terminal.resend_all()
    await pushing.cycle()
    await syncid.settle()
    syncid.assert_no_punch()
    (stored,) = await syncid.stored()
    assert stored["source"] == "realtime"


async def test_first_by_push(syncid: SyncIDKit, url: str) -> None:
    """What a terminal pushed before its log is read is no news when it is."""
    terminal = await syncid.add_terminal(mode="polling")
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    seconds = random.Random(1).sample(range(600), 20)
    now = terminal.device.now().replace(microsecond=0)
    for second in seconds:
        at = now - timedelta(seconds=second)
        pushing.terminal.punch("1002", at=at)
        terminal.punch("1002", at=at)
    await pushing.cycle()
    await terminal.call("collect_records")
    assert len(rows(syncid)) == len(set(rows(syncid))) == 20
    assert {punch["source"] for punch in await syncid.stored()} == {"adms"}
