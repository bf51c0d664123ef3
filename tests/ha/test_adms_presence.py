"""Whether a terminal that pushes is there, and what is shown of it."""

import asyncio
from datetime import timedelta
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import Batch
from custom_components.syncid.signals import SIGNAL_LEDGER_REPLACED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component

from .kit import OTHER_SERIAL, PEOPLE, KitAdms, KitDevice, SyncIDKit
from .test_adms_door import discovered
from .test_config_flow import submit

REDACTED = "**REDACTED**"


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that pushes when it is told to."""
    return await syncid.add_adms_terminal(url, step=True)


def keys(hass: HomeAssistant, device: KitDevice) -> set[str]:
    """Return the entities of a device, by what their unique ids end with."""
    registry = er.async_get(hass)
    entries = er.async_entries_for_config_entry(registry, device.entry.entry_id)
    return {entry.unique_id.removeprefix(f"{device.serial}-") for entry in entries}


# --- online ---------------------------------------------------------------------------


async def test_online(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """A terminal is there as long as it calls, and away after a while of silence."""
    assert terminal.is_online
    await syncid.advance(80)
    assert terminal.is_online
    await terminal.device.ping()
    await syncid.advance(80)
    assert terminal.is_online
    await syncid.advance(91)
    assert not terminal.is_online
    await terminal.simulation.poll()
    assert terminal.is_online


async def test_logged_once(
    syncid: SyncIDKit, terminal: KitAdms, caplog: pytest.LogCaptureFixture
) -> None:
    """That a terminal is away is in the log once, and once that it is back."""

    def told() -> list[str]:
        return [one for one in caplog.messages if "calls" in one]

    name = terminal.entry.title
    await syncid.advance(91)
    await syncid.advance(91)
    assert told() == [f"{name} calls no more"]
    await terminal.simulation.poll()
    await terminal.simulation.poll()
    assert told() == [f"{name} calls no more", f"{name} calls again"]


async def test_unknown_until_it_calls(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Of a device that never called nobody knows whether it will."""
    device = await syncid.add_push_device()
    await syncid.advance(91)
    assert device.state("binary_sensor", "connectivity").state == "unknown"
    assert keys(hass, device) == {
        "connectivity",
        "last_delivery",
        "last_punch",
        "punch",
    }


async def test_away_since_the_restart(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """A terminal that called before a restart, and not since, is away."""
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert terminal.state("binary_sensor", "connectivity").state == "unknown"
    await syncid.advance(91)
    assert not terminal.is_online


async def test_delivery(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """A sensor says when anything was delivered; asking what to do is no delivery."""
    before = terminal.state("sensor", "last_delivery").state
    await terminal.simulation.poll()
    assert terminal.state("sensor", "last_delivery").state == before
    await terminal.post(b"")
    assert terminal.state("sensor", "last_delivery").state != "unknown"


async def test_called_while_set_up(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    terminal: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal that calls while its entry is being set up is answered."""
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    reading, go_on = asyncio.Event(), threading.Event()
    last_punch = Ledger.last_punch

    def slow(*args: Any, **kwargs: Any) -> Any:
        hass.loop.call_soon_threadsafe(reading.set)
        go_on.wait(10)
        return last_punch(*args, **kwargs)

    monkeypatch.setattr(Ledger, "last_punch", slow)
    setting_up = hass.async_create_task(
        hass.config_entries.async_setup(terminal.entry.entry_id)
    )
    await reading.wait()
    answer = await terminal.post(terminal.attlog("1001"))
    go_on.set()
    assert (answer.status, answer.text) == (200, "OK: 1")
    assert await setting_up
    await syncid.settle()
    assert terminal.is_online
    assert (await syncid.next_punch())["user_id"] == "1001"


async def test_unloaded_while_it_calls(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    terminal: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is on its way when an entry is unloaded leaves no timer behind."""
    storing = asyncio.Event()
    ingest = Ledger.ingest

    def begin(ledger: Ledger, batch: Batch) -> Any:
        storing.set()
        return ingest(ledger, batch)

    monkeypatch.setattr(Ledger, "ingest", begin)
    with syncid.busy_disk():
        sending = hass.async_create_task(terminal.post(terminal.attlog("1001")))
        await storing.wait()
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert (await sending).text == "OK: 1"
    assert terminal.entry_state() is ConfigEntryState.NOT_LOADED
    assert syncid.in_file("SELECT count(*) FROM punches") == [(1,)]


@pytest.mark.parametrize("running", [True, False])
async def test_reload(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, running: bool
) -> None:
    """A terminal goes on where it was, whatever was going on."""
    terminal = await syncid.add_adms_terminal(url, step=not running)
    for _ in range(3):
        await hass.config_entries.async_reload(terminal.entry.entry_id)
    terminal.device.punch("1001")
    if running:
        await terminal.simulation.until_uploaded()
    else:
        await terminal.simulation.cycle()
    assert len(await syncid.stored()) == 1
    assert terminal.is_online


async def test_ledger_cannot_be_read(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """While the ledger cannot be read, the terminal keeps what it has."""
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    with syncid.missing_table():
        await hass.config_entries.async_setup(terminal.entry.entry_id)
        assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
        assert (await terminal.post(terminal.attlog("1001"))).status == 503
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert (await terminal.post(terminal.attlog("1001"))).status == 200


async def test_ledger_restored(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """The last punch is that of the ledger there is now."""
    await terminal.post(terminal.attlog("1001"))
    await syncid.next_punch()
    syncid.in_file("DELETE FROM punches")
    async_dispatcher_send(hass, SIGNAL_LEDGER_REPLACED)
    await syncid.settle()
    assert terminal.entry.runtime_data.data.last_punch is None
    assert terminal.is_online


async def test_last_punch_of_the_past(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What was before the terminal was added is announced nowhere, and yet known."""
    await terminal.post(terminal.attlog("1001", minutes_ago=3 * 1440))
    await syncid.wait_for_state(
        terminal.entity_id("sensor", "last_punch"),
        lambda state: state.state != STATE_UNKNOWN,
    )
    assert syncid.punches.empty()


# --- what is shown --------------------------------------------------------------------


async def test_entities_come_with_the_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What only a terminal has is there once it called, and after a restart."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Main gate",
        unique_id=OTHER_SERIAL,
        data={"kind": "device", "serial": OTHER_SERIAL},
        options={"mode": "push", "direction": "auto"},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    terminal = KitAdms(hass, syncid.start_adms_terminal(url), entry)
    assert "collect" not in keys(hass, terminal)
    await terminal.simulation.handshake()
    await syncid.settle()
    there = {"collect", "restart", "alarm", "commands_waiting"}
    assert there <= keys(hass, terminal)
    assert "users" not in keys(hass, terminal)
    await terminal.simulation.connect()
    await syncid.settle()
    assert {"users", "fingerprints", "records"} <= keys(hass, terminal)
    assert terminal.state("sensor", "users").state == str(len(PEOPLE))
    before = keys(hass, terminal)
    await hass.config_entries.async_reload(entry.entry_id)
    assert keys(hass, terminal) == before
    assert terminal.state("sensor", "users").state == str(len(PEOPLE))
    assert terminal.state("sensor", "commands_waiting").state == "0"


async def test_device(terminal: KitAdms) -> None:
    """The device is shown as what the terminal said that it is."""
    device = terminal.registered
    assert device.model == "SpeedFace-V5L"
    assert device.sw_version == "ZAM180-NF-Ver3.0.15"
    assert device.hw_version == "ZAM180_TFT"


async def test_device_that_was_announced(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What a terminal said of itself before somebody added it is not lost."""
    assert await async_setup_component(hass, DOMAIN, {})
    simulation = syncid.start_adms_terminal(url)
    await simulation.connect()  # which tells all of it, and will not again for long
    await syncid.settle()
    (flow,) = discovered(hass)
    result = await submit(hass, dict(flow), {"name": "Gate", "direction": "auto"})
    await syncid.settle()
    simulation.terminal.info_due = False
    await simulation.poll()
    await syncid.settle()
    terminal = KitAdms(hass, simulation, result["result"])
    device = terminal.registered
    assert (device.model, device.hw_version) == ("SpeedFace-V5L", "ZAM180_TFT")
    assert "users" in keys(hass, terminal)


async def test_device_that_was_removed(hass: HomeAssistant, terminal: KitAdms) -> None:
    """A terminal goes on telling, though somebody removed its device."""
    dr.async_get(hass).async_remove_device(terminal.device_id)
    terminal.device.options["FirmVer"] = "Ver 9"
    answer = await terminal.device.send_options()
    assert answer.text == "OK"
    assert terminal.entry.runtime_data.data.info.firmware == "Ver 9"


@pytest.mark.parametrize("info", ["short", "long", "none"])
async def test_info(syncid: SyncIDKit, url: str, info: Any) -> None:
    """However much a terminal tells with its first poll, it is understood."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    terminal.device.faults.info = info
    terminal.device.add_user("1009", "Ida")
    terminal.device.info_due = True
    assert (await terminal.simulation.poll()).text == "OK"
    users = len(PEOPLE) + (info != "none")
    assert terminal.state("sensor", "users").state == str(users)


async def test_alarm(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """An alarm is told as it happens, once, however often it is sent."""
    terminal.device.alarm("tamper")
    await terminal.simulation.upload("OPERLOG")
    alarm = await syncid.next_alarm()
    assert (alarm["type"], alarm["device_id"]) == ("tamper", terminal.device_id)
    assert alarm["live"] is True
    state = terminal.state("event", "alarm")
    assert state.attributes["event_type"] == "tamper"
    terminal.device.resend_all()
    await terminal.simulation.cycle()
    await syncid.settle()
    assert syncid.alarms.empty()
    assert terminal.state("event", "alarm").state == state.state


async def test_old_alarm(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """An alarm that comes late is no news; one without a time is."""
    before = terminal.device.now() - timedelta(hours=1)
    line = f"OPLOG 3\t0\t{before:%Y-%m-%d %H:%M:%S}\t55\t0\t0\t0\n"
    await terminal.post(line.encode(), "OPERLOG")
    await terminal.post(b"OPLOG 3\t0\tnever\t54\t0\t0\t0\n", "OPERLOG")
    assert (await syncid.next_alarm())["type"] == "door_forced"
    await syncid.settle()
    assert syncid.alarms.empty()


async def test_two_people_denied(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Two people who are denied in one second are two alarms."""
    now = f"{terminal.device.now():%Y-%m-%d %H:%M:%S}"
    lines = "".join(f"OPLOG 2\t{who}\t{now}\t0\t0\t0\t0\n" for who in ("1001", "1002"))
    assert (await terminal.post(lines.encode(), "OPERLOG")).ok
    alarms = [await syncid.next_alarm() for _ in range(2)]
    assert [one["user_id"] for one in alarms] == ["1001", "1002"]


async def test_many_alarms(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Of alarms beyond number not all are remembered."""
    now = terminal.device.now()
    lines = [
        f"OPLOG 3\t0\t{now - timedelta(seconds=index % 60):%Y-%m-%d %H:%M:%S}"
        f"\t{index}\t0\t0\t0\n"
        for index in range(600)
    ]
    for _ in range(2):
        await terminal.post("".join(lines).encode(), "OPERLOG")
    await syncid.settle()
    assert syncid.alarms.qsize() == 1200


async def test_removed_user_name(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Whoever a terminal tells nothing of has no name."""
    await terminal.post(terminal.attlog("4711"))
    assert (await syncid.next_punch())["user_name"] is None


@pytest.fixture
async def _diagnostics(hass: HomeAssistant) -> None:
    """Have diagnostics."""
    assert await async_setup_component(hass, "diagnostics", {})


@pytest.mark.usefixtures("_diagnostics")
async def test_diagnostics(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    url: str,
    hass_client: Any,
) -> None:
    """Diagnostics tell what the terminal is, and not who anybody is."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.simulation.punch("1002")
    await terminal.simulation.until_uploaded()
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["online"] is True
    assert found["info"]["firmware"] == "ZAM180-NF-Ver3.0.15"
    assert found["info"]["serial"] == REDACTED
    assert found["info"]["mac"] == REDACTED
    assert found["entry"]["data"]["serial"] == REDACTED
    assert found["capacity"]["users"] == len(PEOPLE)
    for secret in (terminal.serial, "Bruno", "'1002'", terminal.device.registry_code):
        assert not secret or secret not in str(found)
