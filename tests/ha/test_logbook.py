"""Punches and alarms in the logbook."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.syncid.const import EVENT_ALARM, EVENT_PUNCH
from custom_components.syncid.core.records import ALARM_TYPES, DIRECTIONS, METHODS
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kit import SyncIDKit


@pytest.fixture(autouse=True)
async def _custom_integrations(
    recorder_mock: Recorder, hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    """Have the recorder see what happens; it wants to be there first."""
    # Its files are no part of the unit tests' environment, and nobody looks at them.
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "lovelace", {})
    assert await async_setup_component(hass, "logbook", {})


async def logged(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, **of: Any
) -> list[dict[str, Any]]:
    """Return what the logbook shows of SyncID."""
    await get_instance(hass).async_block_till_done()
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {
            "type": "logbook/get_events",
            "start_time": (dt_util.utcnow() - timedelta(hours=1)).isoformat(),
            **of,
        }
    )
    answer = await client.receive_json()
    return [line for line in answer["result"] if line.get("domain") == "syncid"]


async def test_line(
    hass: HomeAssistant, syncid: SyncIDKit, hass_ws_client: WebSocketGenerator
) -> None:
    """A line says who did what, where, and how; the person, not the entity."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001", state=0, verify=1)
    await syncid.next_punch()
    (line,) = await logged(hass, hass_ws_client)
    # On the page of the terminal too.
    assert line in await logged(hass, hass_ws_client, device_ids=[terminal.device_id])
    assert line["name"] == "Amina"
    assert line["message"] == "checked in at Main gate by fingerprint"
    assert "entity_id" not in line


# What is otherwise known of a punch than that Amina checked in, and what is told.
TEXTS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "Amina", "checked in at Main gate by fingerprint"),
    (
        {"person": "Amina Rossi"},
        "Amina Rossi",
        "checked in at Main gate by fingerprint",
    ),
    ({"user_name": None}, "User 1001", "checked in at Main gate by fingerprint"),
    ({"device_name": None}, "Amina", "checked in at GONE by fingerprint"),
    ({"method": "password"}, "Amina", "checked in at Main gate by password"),
    (
        {"direction": "check_out", "method": "face"},
        "Amina",
        "checked out at Main gate by face",
    ),
    (
        {"direction": "break_out", "method": "card"},
        "Amina",
        "went on a break at Main gate by card",
    ),
    (
        {"direction": "break_in", "method": "pin"},
        "Amina",
        "came back from a break at Main gate by PIN",
    ),
    (
        {"direction": "overtime_in", "method": "palm"},
        "Amina",
        "started overtime at Main gate by palm",
    ),
    (
        {"direction": "overtime_out", "method": "vein"},
        "Amina",
        "ended overtime at Main gate by vein",
    ),
    ({"direction": "unknown", "method": "unknown"}, "Amina", "punched at Main gate"),
]


async def test_texts(
    hass: HomeAssistant, syncid: SyncIDKit, hass_ws_client: WebSocketGenerator
) -> None:
    """Every direction and method has its words, and what is unknown has none."""
    await syncid.add_terminal()
    data = {
        "device": "GONE",
        "device_name": "Main gate",
        "user_id": "1001",
        "user_name": "Amina",
        "person": None,
        "direction": "check_in",
        "method": "fingerprint",
    }
    for changes, _, _ in TEXTS:
        hass.bus.async_fire(EVENT_PUNCH, data | changes)
    lines = await logged(hass, hass_ws_client)
    assert [(line["name"], line["message"]) for line in lines] == [
        (name, message) for _, name, message in TEXTS
    ]
    assert {changes.get("direction", "check_in") for changes, _, _ in TEXTS} == set(
        DIRECTIONS
    )
    assert {changes.get("method", "fingerprint") for changes, _, _ in TEXTS} == set(
        METHODS
    )


ALARM_TEXTS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "tamper"}, "Main gate", "was opened or taken off the wall"),
    (
        {"type": "duress", "user_id": "1001", "user_name": "Amina"},
        "Main gate",
        "was used under duress: Amina",
    ),
    (
        {"type": "passback", "user_id": "1001"},
        "Main gate",
        "saw somebody pass twice in one direction: user 1001",
    ),
    ({"type": "denied", "device_name": None}, "GONE", "did not recognise somebody"),
    ({"type": "misoperation"}, "Main gate", "was misused"),
    ({"type": "exit_button"}, "Main gate", "had its exit button pressed"),
    ({"type": "door_unlocked"}, "Main gate", "unlocked its door"),
    ({"type": "door_closing"}, "Main gate", "saw its door close"),
    ({"type": "alarm_off"}, "Main gate", "ended its alarm"),
    ({"type": "door_forced"}, "Main gate", "had its door forced open"),
    ({"type": "door_held"}, "Main gate", "saw its door held open"),
    ({"type": "door_opened"}, "Main gate", "saw its door open"),
    ({"type": "door_closed"}, "Main gate", "saw its door closed"),
    (
        {"type": "user_removed", "user_id": "7"},
        "Main gate",
        "had a user removed: user 7",
    ),
    ({"type": "data_cleared"}, "Main gate", "had all its data cleared"),
    ({"type": "log_cleared"}, "Main gate", "had its log cleared"),
    ({"type": "admins_cleared"}, "Main gate", "had its administrators cleared"),
    (
        {"type": "factory_reset"},
        "Main gate",
        "was reset to how it left the factory",
    ),
    ({"type": "time_changed"}, "Main gate", "had its clock set"),
    ({"type": "settings_changed"}, "Main gate", "had its settings changed"),
    ({"type": "server_changed"}, "Main gate", "was told to push to another server"),
    ({"type": "unknown"}, "Main gate", "raised an unknown alarm"),
]


async def test_alarms(
    hass: HomeAssistant, syncid: SyncIDKit, hass_ws_client: WebSocketGenerator
) -> None:
    """Every alarm has its words, and its terminal is the one that acts."""
    await syncid.add_terminal()
    data = {
        "device": "GONE",
        "device_name": "Main gate",
        "user_id": None,
        "user_name": None,
    }
    for changes, _, _ in ALARM_TEXTS:
        hass.bus.async_fire(EVENT_ALARM, data | changes)
    lines = await logged(hass, hass_ws_client)
    assert [(line["name"], line["message"]) for line in lines] == [
        (name, message) for _, name, message in ALARM_TEXTS
    ]
    assert {changes["type"] for changes, _, _ in ALARM_TEXTS} == set(ALARM_TYPES)
