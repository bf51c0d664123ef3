"""What an admin does at a terminal at the press of a button."""

from datetime import timedelta

import pytest

from homeassistant.components.button import ButtonDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .kit import SyncIDKit

RESTART = 1004


async def test_collect(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The records that are not stored yet are read."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1002")
    await terminal.press("collect")
    assert (await syncid.next_punch())["user_id"] == "1002"


async def test_sync_clock(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The terminal's clock is set."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=3600))
    before = terminal.device.now()
    await terminal.press("sync_clock")
    assert before - terminal.device.now() > timedelta(minutes=50)


async def test_restart(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The terminal restarts, and is back by itself."""
    terminal = await syncid.add_terminal()
    state = terminal.state("button", "restart")
    assert state.attributes["device_class"] == ButtonDeviceClass.RESTART
    on = terminal.simulation.expect_power("on")
    await terminal.press("restart")
    assert not terminal.is_online
    await syncid.happened(on)
    await syncid.wait_online(terminal)


@pytest.mark.usefixtures("impatient")
async def test_restart_without_an_answer(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A restart that nobody confirms, at a terminal that stays, is no success."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.device.faults.delay[RESTART] = 1000
    with pytest.raises(HomeAssistantError) as error:
        await terminal.press("restart")
    assert error.value.translation_key == "not_answered"


@pytest.mark.parametrize("key", ["collect", "sync_clock", "restart"])
async def test_unreachable(hass: HomeAssistant, syncid: SyncIDKit, key: str) -> None:
    """A button that cannot do what it should says why."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.vanish()
    with pytest.raises(HomeAssistantError) as error:
        await terminal.press(key)
    assert error.value.translation_key == "connection_refused"
    terminal.reappear()
    await terminal.press(key)
