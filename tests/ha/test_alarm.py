"""The road of an alarm: from the terminal to the bus and the event entity."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.syncid.core.records import ALARM_TYPES
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator.events import AlarmKind

from .kit import SERIAL, SyncIDKit


async def test_event_data(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """An alarm is on the bus with all that is known of it."""
    terminal = await syncid.add_terminal()
    before = dt_util.now().replace(microsecond=0)
    terminal.alarm("duress", "1002")
    alarm = await syncid.next_alarm()
    assert before <= datetime.fromisoformat(alarm.pop("time")) <= dt_util.now()
    assert alarm == {
        "entry_id": terminal.entry.entry_id,
        "device_id": terminal.device_id,
        "device": SERIAL,
        "device_name": "Main gate",
        "type": "duress",
        "user_id": "1002",
        "user_name": "Bruno",
        "code": "ffffffff2000020001000000",
        "live": True,
    }


async def test_unknown_code(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A number that nobody knows is told as it came, and of nobody."""
    terminal = await syncid.add_terminal()
    terminal.simulation.call(terminal.device.emit, 0x0200, b"\x99\0\0\0")
    alarm = await syncid.next_alarm()
    assert (alarm["type"], alarm["code"]) == ("unknown", "99000000")
    assert alarm["user_id"] is alarm["user_name"] is None


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        ("tamper", "tamper"),
        ("exit-button", "exit_button"),
        ("door-closing", "door_closing"),
        ("off", "alarm_off"),
    ],
)
async def test_entity(
    hass: HomeAssistant, syncid: SyncIDKit, kind: AlarmKind, event_type: str
) -> None:
    """The event entity has the alarm's type, and the data of the bus event."""
    terminal = await syncid.add_terminal()
    state = terminal.state("event", "alarm")
    assert state.state == STATE_UNKNOWN
    assert state.attributes["event_types"] == list(ALARM_TYPES)
    terminal.alarm(kind)
    data = await syncid.next_alarm()
    attributes = dict(terminal.state("event", "alarm").attributes)
    assert attributes["event_type"] == data["type"] == event_type
    assert attributes.items() >= data.items()
    assert terminal.state("event", "punch").state == STATE_UNKNOWN


async def test_denied_and_let_in(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Who is not recognised raises an alarm, who is recognised a punch."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.next_punch()
    terminal.simulation.call(terminal.device.deny)
    assert (await syncid.next_alarm())["type"] == "denied"
    assert syncid.alarms.empty()
    syncid.assert_no_punch()


async def test_no_alarms_by_polling(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is polled reports nothing, so that there is no entity for it."""
    terminal = await syncid.add_terminal(mode="polling")
    assert hass.states.get("event.main_gate_alarm") is None
    assert terminal.state("event", "punch")


async def test_no_alarms_any_more(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is polled from now on leaves no entity behind."""
    terminal = await syncid.add_terminal()
    alarm, punch = (
        terminal.entity_id("event", "alarm"),
        terminal.entity_id("event", "punch"),
    )
    hass.config_entries.async_update_entry(
        terminal.entry, options={**terminal.entry.options, "mode": "polling"}
    )
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    registry = er.async_get(hass)
    assert registry.async_get(alarm) is None
    assert registry.async_get(punch)


@pytest.mark.parametrize(("minutes", "live"), [(4, True), (6, False)])
async def test_alarm_while_unloading(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    live: bool,
) -> None:
    """What comes while nobody can hear it is announced later, as old as it is."""
    terminal = await syncid.add_terminal()
    unload = hass.config_entries.async_unload_platforms
    came = dt_util.now() - timedelta(minutes=minutes)

    async def unload_late(*args: Any) -> bool:
        acknowledged = terminal.simulation.expect(2000)
        terminal.alarm("tamper")
        await syncid.happened(acknowledged)
        return await unload(*args)

    with monkeypatch.context() as patch:
        patch.setattr(dt_util, "now", lambda _=None: came)
        patch.setattr(hass.config_entries, "async_unload_platforms", unload_late)
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert syncid.alarms.empty()
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    alarm = await syncid.next_alarm()
    assert alarm["live"] is live
    assert alarm["time"] == came.isoformat(timespec="seconds")
    assert (terminal.state("event", "alarm").state != STATE_UNKNOWN) is live
