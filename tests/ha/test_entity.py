"""What all entities of a terminal share: the device, ids, names, categories."""

from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator import PROFILES

from .kit import MAC, OTHER_SERIAL, SERIAL, SyncIDKit

# By unique id, after the serial number: entity id, name, category, device class.
ENTITIES = {
    "connectivity": ("binary_sensor.main_gate_connectivity", "Connectivity"),
    "collect": ("button.main_gate_collect_records", "Collect records"),
    "sync_clock": ("button.main_gate_sync_clock", "Sync clock"),
    "test_voice": ("button.main_gate_test_voice", "Test voice"),
    "restart": ("button.main_gate_restart", "Restart"),
    "alarm": ("event.main_gate_alarm", "Alarm"),
    "punch": ("event.main_gate_punch", "Punch"),
    "last_punch": ("sensor.main_gate_last_punch", "Last punch"),
    "users": ("sensor.main_gate_users", "Users"),
    "fingerprints": ("sensor.main_gate_fingerprints", "Fingerprints"),
    "faces": ("sensor.main_gate_faces", "Faces"),
    "records": ("sensor.main_gate_records", "Records"),
    "log_usage": ("sensor.main_gate_log_usage", "Log usage"),
    "clock_drift": ("sensor.main_gate_clock_drift", "Clock drift"),
}
CATEGORIES = {
    "config": {"collect", "sync_clock", "test_voice", "restart"},
    "diagnostic": {
        "connectivity",
        "users",
        "fingerprints",
        "faces",
        "records",
        "log_usage",
        "clock_drift",
    },
    None: {"alarm", "punch", "last_punch"},
}


def entries(hass: HomeAssistant, entry_id: str) -> dict[str, er.RegistryEntry]:
    """Return the entities of an entry, by their unique ids after the serial."""
    return {
        entity.unique_id.removeprefix(f"{SERIAL}-"): entity
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    }


async def test_device(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The device says what the terminal says of itself."""
    terminal = await syncid.add_terminal()
    device = terminal.registered
    assert device.identifiers == {(DOMAIN, SERIAL)}
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}
    assert (device.name, device.manufacturer) == ("Main gate", "ZKTeco")
    assert (device.model, device.serial_number) == ("iFace702", SERIAL)
    assert (device.sw_version, device.hw_version) == (
        "Ver 6.60 May 14 2018",
        "ZMM220_TFT",
    )


async def test_device_that_says_little(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What a terminal does not say is left out."""
    simulation = syncid.start_terminal(
        missing_options=("MAC", "~Platform", "~DeviceName")
    )
    terminal = await syncid.add_terminal(simulation)
    device = terminal.registered
    assert device.connections == set()
    assert device.model is device.hw_version is None


async def test_names(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Entities are called by what they are, and where."""
    terminal = await syncid.add_terminal()
    found = {
        key: (entity.entity_id, entity.original_name)
        for key, entity in entries(hass, terminal.entry.entry_id).items()
    }
    assert found == ENTITIES


async def test_categories(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What is of interest to admins only does not crowd the dashboards."""
    terminal = await syncid.add_terminal()
    found: dict[str | None, set[str]] = {}
    for key, entity in entries(hass, terminal.entry.entry_id).items():
        found.setdefault(entity.entity_category, set()).add(key)
    assert found == CATEGORIES


async def test_disabled_by_default(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A count that changes with each punch is for those who want it."""
    terminal = await syncid.add_terminal()
    disabled = {
        key
        for key, entity in entries(hass, terminal.entry.entry_id).items()
        if entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    }
    assert disabled == {"records"}


@pytest.mark.parametrize(
    ("profile", "missing"),
    [("iface702", set()), ("speedface", set()), ("k14", {"faces"})],
)
async def test_entities_of_profiles(
    hass: HomeAssistant, syncid: SyncIDKit, profile: str, missing: set[str]
) -> None:
    """A terminal that knows no faces has no sensor for them."""
    terminal = await syncid.add_terminal(
        syncid.start_terminal(profile=PROFILES[profile])
    )
    found = set(entries(hass, terminal.entry.entry_id))
    assert found == set(ENTITIES) - missing


async def test_two_devices(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Each terminal is a device of its own, whatever MAC address it claims."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), name="Back door"
    )
    assert first.device_id != second.device_id
    assert second.entity_id("event", "punch") == "event.back_door_punch"


async def test_availability(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """While the terminal is away, only what does not need it is available."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    available = {
        key
        for key, entity in entries(hass, terminal.entry.entry_id).items()
        if (state := hass.states.get(entity.entity_id)) is not None
        and state.state != STATE_UNAVAILABLE
    }
    assert available == {"alarm", "connectivity", "last_punch", "punch"}


async def test_entities_go_with_the_entry(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Nothing listens for a terminal that is unloaded."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    states: list[Any] = [
        state.state
        for state in hass.states.async_all()
        if "main_gate" in state.entity_id
    ]
    assert states == [STATE_UNAVAILABLE] * (len(ENTITIES) - 1)
