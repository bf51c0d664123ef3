"""Punches as they happen, in the event entity, and in automations that wait for them."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.syncid.core.records import DIRECTIONS
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from .kit import SyncIDKit

MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])


async def automate(hass: HomeAssistant, entity_id: str, *event_types: str) -> None:
    """Have an automation wait for punches."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "event.received",
                    "target": {"entity_id": entity_id},
                    "options": {"event_type": list(event_types)},
                },
                "actions": {
                    "action": "test.greet",
                    "data": {"who": "{{ trigger.to_state.attributes.user_id }}"},
                },
                "mode": "queued",
                "max": 100,
            }
        },
    )


@pytest.fixture
def greeted(
    hass: HomeAssistant, service_calls: list[ServiceCall]
) -> Callable[[], list[str]]:
    """Return who was greeted so far."""
    hass.services.async_register("test", "greet", lambda call: None)
    return lambda: [
        str(call.data["who"]) for call in service_calls if call.service == "greet"
    ]


async def test_event_types(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The types are the directions, for automations to choose from."""
    terminal = await syncid.add_terminal()
    state = terminal.state("event", "punch")
    assert state.state == STATE_UNKNOWN
    assert state.attributes["event_types"] == list(DIRECTIONS)


@MODES
async def test_punch(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A punch has its direction for its type, and the data of the bus event."""
    terminal = await syncid.add_terminal(mode=mode)
    terminal.punch("1002", state=1)
    if mode == "polling":
        await terminal.call("collect_records")
    data = await syncid.next_punch()
    attributes = dict(terminal.state("event", "punch").attributes)
    assert attributes["event_type"] == data["direction"] == "check_out"
    assert attributes.items() >= data.items()


async def test_late_punch(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What is delivered late does not happen any more."""
    terminal = await syncid.add_terminal()
    terminal.punch_ago(minutes=10)
    assert (await syncid.next_punch())["live"] is False
    assert terminal.state("event", "punch").state == STATE_UNKNOWN


async def test_punches_of_others(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Another terminal's punches are its own."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial="CKUJ203460002"), name="Back door"
    )
    second.punch()
    await syncid.next_punch()
    assert first.state("event", "punch").state == STATE_UNKNOWN
    assert second.state("event", "punch").state != STATE_UNKNOWN


async def test_automation(
    hass: HomeAssistant, syncid: SyncIDKit, greeted: Callable[[], list[str]]
) -> None:
    """An automation runs once for each punch of the kind that it waits for."""
    terminal = await syncid.add_terminal()
    await automate(hass, terminal.entity_id("event", "punch"), "check_in")
    for user_id, state in (("1001", 0), ("1002", 1), ("1003", 0)):
        terminal.punch(user_id, state=state)
    await syncid.next_punches(3)
    await syncid.settle()
    assert greeted() == ["1001", "1003"]


@MODES
async def test_automation_after_an_outage(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    greeted: Callable[[], list[str]],
    mode: str,
) -> None:
    """A live punch that is found when the terminal is back starts automations."""
    terminal = await syncid.add_terminal(mode=mode)
    await automate(hass, terminal.entity_id("event", "punch"), "check_in")
    terminal.vanish()
    await syncid.advance(300)
    await syncid.wait_online(terminal, False)
    terminal.device.punch("1001")
    terminal.reappear()
    await syncid.advance(600)
    punch: dict[str, Any] = await syncid.next_punch()
    assert punch["live"]
    await syncid.wait_online(terminal)
    await syncid.settle()
    assert greeted() == ["1001"]


async def test_automation_after_a_restart(
    hass: HomeAssistant, syncid: SyncIDKit, greeted: Callable[[], list[str]]
) -> None:
    """A punch that is found while Home Assistant starts waits for automations."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    hass.set_state(CoreState.not_running)
    await automate(hass, terminal.entity_id("event", "punch"), "check_in")
    terminal.device.punch("1003")
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    await syncid.wait_until_stored(1)
    await terminal.call("get_device_info")  # after the thread has delivered it
    await syncid.settle()
    syncid.assert_no_punch()
    await hass.async_start()
    assert (await syncid.next_punch())["user_id"] == "1003"
    await syncid.settle()
    assert greeted() == ["1003"]
