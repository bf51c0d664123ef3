"""Setting entries up, and everything that ends them."""

from datetime import timedelta
import logging
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .kit import OTHER_SERIAL, SERIAL, SyncIDKit

SIZES = 50
MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])


def threads() -> set[str]:
    """Return the names of SyncID's threads."""
    return {
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("syncid-")
    }


def sites(hass: HomeAssistant) -> list[str]:
    """Return the unique ids of the entries that are no terminals."""
    return [
        str(entry.unique_id)
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.data["kind"] == "site"
    ]


@MODES
async def test_setup(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A terminal that answers is set up, and online at once."""
    terminal = await syncid.add_terminal(mode=mode)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert terminal.is_online


@MODES
async def test_unload(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A terminal that is unloaded has no thread, and no connection, any more."""
    terminal = await syncid.add_terminal(mode=mode)
    assert f"syncid-{SERIAL}" in threads()
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert terminal.entry_state() is ConfigEntryState.NOT_LOADED
    assert f"syncid-{SERIAL}" not in threads()
    assert not list(terminal.device.sessions)


@MODES
async def test_reload(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """After a reload punches come in as before, each once."""
    terminal = await syncid.add_terminal(mode=mode)
    terminal.punch("1001")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1001"
    assert await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    assert terminal.is_online
    terminal.punch("1002")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1002"


async def test_reload_in_a_poll(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A poll that a reload cuts short is no failure."""
    terminal = await syncid.add_terminal(mode="polling")
    caplog.clear()
    terminal.device.faults.lose_reply[SIZES] = 1
    asked = terminal.simulation.expect(SIZES)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=60))
    await syncid.happened(asked)
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    assert terminal.is_online
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_platforms_that_fail(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal whose entities cannot be set up leaves no thread behind."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)

    async def fail(*args: Any) -> None:
        raise ImportError("no such platform")

    with monkeypatch.context() as patch:
        patch.setattr(hass.config_entries, "async_forward_entry_setups", fail)
        assert not await hass.config_entries.async_setup(terminal.entry.entry_id)
    assert f"syncid-{SERIAL}" not in threads()


async def test_punch_while_unloaded(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What is punched while SyncID is away is announced when it is back."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    terminal.punch("1003")
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    assert (await syncid.next_punch())["user_id"] == "1003"
    await syncid.settle()
    assert terminal.state("event", "punch").attributes["user_id"] == "1003"


async def test_unload_that_fails(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that cannot be unloaded goes on."""
    terminal = await syncid.add_terminal()

    async def refuse(*args: Any) -> bool:
        return False

    monkeypatch.setattr(hass.config_entries, "async_unload_platforms", refuse)
    assert not await hass.config_entries.async_unload(terminal.entry.entry_id)
    terminal.punch("1002")
    assert (await syncid.next_punch())["user_id"] == "1002"
    assert terminal.state("event", "punch").attributes["user_id"] == "1002"


async def test_remove(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is removed leaves its punches, and nothing else."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.next_punch()
    entry_id = terminal.entry.entry_id
    await hass.config_entries.async_remove(entry_id)
    await syncid.settle()
    assert not er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
    assert f"syncid-{SERIAL}" not in threads()
    assert [punch["device"] for punch in await syncid.stored()] == [SERIAL]


async def test_remove_and_add_again(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is added again brings no punch a second time."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.next_punch()
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    terminal = await syncid.add_terminal(terminal.simulation)
    terminal.punch("1002")
    assert (await syncid.next_punch())["user_id"] == "1002"
    assert len(await syncid.stored()) == 2


@MODES
async def test_retry(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A terminal that is not there at first is set up when it is."""
    simulation = syncid.start_terminal()
    simulation.stop_listening()
    terminal = await syncid.add_terminal(simulation, mode=mode)
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "connection_refused"
    assert not any(name.startswith(f"syncid-{SERIAL}") for name in threads())
    simulation.start_listening()
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert terminal.is_online


async def test_wrong_terminal(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Another terminal at the address is not taken for this one."""
    simulation = syncid.start_terminal(serial=OTHER_SERIAL)
    terminal = await syncid.add_terminal(simulation, serial=SERIAL)
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "wrong_terminal"
    assert await syncid.stored() == []


@MODES
async def test_wrong_comm_key(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A comm key that the terminal does not take is asked for again."""
    simulation = syncid.start_terminal(comm_key=123456)
    terminal = await syncid.add_terminal(simulation, comm_key=1, mode=mode)
    assert terminal.entry_state() is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert f"syncid-{SERIAL}" not in threads()


async def test_unknown_time_zone(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A time zone that the system does not know is told to the admin."""
    terminal = await syncid.add_terminal(time_zone="Atlantis/Center")
    assert terminal.entry_state() is ConfigEntryState.SETUP_ERROR
    assert terminal.entry.error_reason_translation_key == "unknown_time_zone"
    assert terminal.entry.error_reason_translation_placeholders == {
        "time_zone": "Atlantis/Center"
    }


async def test_two_terminals(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Two terminals at once have each their own punches, and one site."""
    first, second = (
        syncid.make_entry(syncid.start_terminal(serial=serial), name=name)
        for serial, name in ((SERIAL, "Main gate"), (OTHER_SERIAL, "Back door"))
    )
    first.add_to_hass(hass)
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(first.entry_id)
    await syncid.settle()
    assert first.state is second.state is ConfigEntryState.LOADED
    assert sites(hass) == ["site"]
    for simulation in syncid.simulations:
        simulation.punch("1001")
    punches = await syncid.next_punches(2)
    assert {(punch["device"], punch["device_name"]) for punch in punches} == {
        (SERIAL, "Main gate"),
        (OTHER_SERIAL, "Back door"),
    }


async def test_site_is_made_once(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The site comes with the first terminal, and stays the only one."""
    assert sites(hass) == []
    terminal = await syncid.add_terminal()
    assert sites(hass) == ["site"]
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    assert sites(hass) == ["site"]


async def test_site_alone(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The site can be set up and unloaded with no terminal there."""
    site = MockConfigEntry(domain=DOMAIN, unique_id="site", data={"kind": "site"})
    site.add_to_hass(hass)
    assert await hass.config_entries.async_setup(site.entry_id)
    assert await hass.config_entries.async_unload(site.entry_id)
    assert site.state is ConfigEntryState.NOT_LOADED


@MODES
async def test_stop(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """When Home Assistant stops, all threads end, and the ledger is closed."""
    terminal = await syncid.add_terminal(mode=mode)
    terminal.punch()
    await terminal.call("collect_records")
    assert "syncid.db-wal" in syncid.files()
    await hass.async_stop(force=True)
    assert not threads()
    assert set(syncid.files()) == {"syncid.db"}  # SQLite has tidied up
    assert syncid.in_file("SELECT count(*) FROM punches") == [(1,)]


async def test_unload_while_stopping(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal can be unloaded after its thread has ended."""
    terminal = await syncid.add_terminal()
    hass.bus.async_fire("homeassistant_stop")
    await syncid.settle()
    assert f"syncid-{SERIAL}" not in threads()
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)


async def test_entries_of_others(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """What happens to the entries of other integrations is not our business."""
    await syncid.add_terminal()
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    hass.config_entries.async_update_entry(other, title="Changed")
    await syncid.settle()
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


async def test_ignored_discovery(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A discovery that was ignored disturbs nobody, also not at the next start."""
    terminal = await syncid.add_terminal()
    ignored = await syncid.ignore_discovery()
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        assert await hass.config_entries.async_reload(entry.entry_id)
    terminal.punch()
    assert (await syncid.next_punch())["device"] == SERIAL
    # What Home Assistant's page of entries asks of each.
    assert ignored.supported_subentry_types == {}
    await hass.config_entries.async_remove(ignored.entry_id)
    await syncid.settle()
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
