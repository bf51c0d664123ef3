"""How full a terminal is, how wrong its clock, and who punched last."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import PROFILES

from .kit import TOKEN, KitTerminal, SyncIDKit


def last_punch(terminal: KitTerminal) -> datetime:
    """Return the state of the sensor, on the terminal's clock."""
    state = terminal.state("sensor", "last_punch").state
    local = datetime.fromisoformat(state).astimezone(dt_util.get_default_time_zone())
    return local.replace(tzinfo=None)


async def test_counts(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What the terminal counts, as of the last poll."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.add_fingerprint, "1001")
    simulation.call(simulation.terminal.add_fingerprint, "1001", 1)
    simulation.call(simulation.terminal.add_face, "1002")
    terminal = await syncid.add_terminal(simulation)
    states = {
        key: terminal.state("sensor", key).state
        for key in ("users", "fingerprints", "faces")
    }
    assert states == {"users": "3", "fingerprints": "2", "faces": "1"}
    simulation.call(terminal.device.add_user, "1004")
    await syncid.advance(300)
    assert terminal.state("sensor", "users").state == "4"


async def test_measurements(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Counts have statistics, and a unit."""
    terminal = await syncid.add_terminal()
    units = {}
    for key in ("users", "fingerprints", "faces", "log_usage", "clock_drift"):
        attributes = terminal.state("sensor", key).attributes
        units[key] = attributes["unit_of_measurement"]
        assert attributes["state_class"] == "measurement"
    assert units == {
        "users": "users",
        "fingerprints": "fingerprints",
        "faces": "faces",
        "log_usage": "%",
        "clock_drift": "s",
    }


async def test_records(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The number of records, for those who want it."""
    terminal = await syncid.add_terminal()
    entity_id = terminal.entity_id("sensor", "records")
    assert hass.states.get(entity_id) is None
    er.async_get(hass).async_update_entity(entity_id, disabled_by=None)
    terminal.punch()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.wait_for_state(entity_id, "1")


async def test_log_usage(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """How much of the log is in use, in percent."""
    simulation = syncid.start_terminal(
        profile=replace(PROFILES["iface702"], max_records=8)
    )
    simulation.call(simulation.terminal.fill_log, 2)
    terminal = await syncid.add_terminal(simulation)
    assert float(terminal.state("sensor", "log_usage").state) == 25


@pytest.mark.parametrize("offset", [120, -120])
async def test_clock_drift(hass: HomeAssistant, syncid: SyncIDKit, offset: int) -> None:
    """By how many seconds the terminal's clock is ahead."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=offset))
    assert abs(int(terminal.state("sensor", "clock_drift").state) - offset) <= 1


async def test_clock_in_another_zone(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A right clock in another time zone is right."""
    terminal = await syncid.add_terminal(time_zone="Asia/Tokyo")
    drift = int(terminal.state("sensor", "clock_drift").state)
    assert drift < -14 * 3600  # it shows the time of the American west
    await terminal.call("sync_time")
    await syncid.advance(300)
    assert abs(int(terminal.state("sensor", "clock_drift").state)) <= 1


# --- the last punch -------------------------------------------------------------------


async def test_last_punch(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """When somebody last punched, unknown as long as nobody has."""
    terminal = await syncid.add_terminal()
    assert terminal.state("sensor", "last_punch").state == STATE_UNKNOWN
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch(at=now)
    await syncid.next_punch()
    assert last_punch(terminal) == now


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_last_punch_of_history(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """The end of the log that the terminal came with."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 10)
    terminal = await syncid.add_terminal(simulation, mode=mode)
    await syncid.wait_for_state(
        terminal.entity_id("sensor", "last_punch"),
        lambda state: state.state != STATE_UNKNOWN,
    )
    assert last_punch(terminal) == terminal.device.log[-1].time


async def test_last_punch_of_a_pushed_past(
    syncid: SyncIDKit, hass_client_no_auth: Any
) -> None:
    """What was before the device was added is announced nowhere, and yet known."""
    gateway = await syncid.add_push_device()
    client = await hass_client_no_auth()
    response = await client.post(
        "/api/v1/biometric/push-log",
        json={"logs": [{"user_id": "1", "timestamp": "2026-01-05 08:00:00"}]},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert response.status == 200
    state = await syncid.wait_for_state(
        gateway.entity_id("sensor", "last_punch"),
        lambda state: state.state != STATE_UNKNOWN,
    )
    assert state.state.startswith("2026-01-05")
    assert syncid.punches.empty()


async def test_older_punch_comes_later(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch that is delivered late is not the last one."""
    terminal = await syncid.add_terminal()
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch(at=now)
    terminal.punch(at=now - timedelta(hours=1))
    await syncid.next_punches(2)
    assert last_punch(terminal) == now


async def test_last_punch_after_a_wrong_clock(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What was punched by a clock that was ahead is not the last for ever."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=7200))
    ahead = terminal.device.now().replace(microsecond=0)
    terminal.punch(at=ahead)
    await syncid.next_punch()
    assert last_punch(terminal) == ahead
    terminal.device.faults.clock_offset = 0
    await terminal.press("sync_clock")
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch("1002", at=now)
    await syncid.next_punch()
    assert last_punch(terminal) == now
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert last_punch(terminal) == now


async def test_last_punch_of_absent_terminal(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What has been does not change when the terminal is away."""
    terminal = await syncid.add_terminal()
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch(at=now)
    await syncid.next_punch()
    terminal.vanish()
    await syncid.wait_for_state(
        terminal.entity_id("sensor", "users"), STATE_UNAVAILABLE
    )
    assert last_punch(terminal) == now


async def test_last_punch_after_reload(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The ledger remembers it."""
    terminal = await syncid.add_terminal()
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch(at=now)
    await syncid.next_punch()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert last_punch(terminal) == now
