"""A finger that makes room for another, when Home Assistant or the network does not last."""

from functools import partial
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.const import EVENT_ENROLLMENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import OTHER_SERIAL, KitTerminal, SyncIDKit

REMOVE = 19
START = 61
READ = 88
BATCH = 110
REFRESH = 1013
TABLE = 1503
REPLACE: dict[str, Any] = {"user_id": "1002", "finger": 5, "overwrite": True}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody press a finger."""

    def wait(request: Request) -> Reply:
        request.device.enrolling = request.session
        return request.ok()

    monkeypatch.setitem(HANDLERS, START, wait)


def old_finger(terminal: KitTerminal) -> Any:
    """Have Bruno's finger 5 enrolled already, and return it."""
    return terminal.simulation.call(
        terminal.device.add_fingerprint, "1002", 5, b"\x4aMSS21 old"
    )


def finger_now(terminal: KitTerminal) -> Any:
    """Return Bruno's finger 5."""
    device = terminal.device
    return device.fingerprints.get(device.users["1002"].uid, 5)


@pytest.mark.usefixtures("nobody")
async def test_unloaded_while_enrolling(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """An entry that is unloaded in the middle leaves the old finger where it was."""
    terminal = await syncid.add_terminal()
    old = old_finger(terminal)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    task = hass.async_create_task(
        terminal.call("enroll_fingerprint", **REPLACE, timeout=300)
    )
    await syncid.wait_until(lambda: events)
    assert finger_now(terminal) is None
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "enrollment_cancelled"
    assert finger_now(terminal) == old


@pytest.mark.usefixtures("nobody")
async def test_unloaded_while_somebody_waits(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Who waits for a terminal whose entry ends is told that, not to look at cables."""
    terminal = await syncid.add_terminal()
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    enrolling = hass.async_create_task(
        terminal.call("enroll_fingerprint", **REPLACE, timeout=300)
    )
    await syncid.wait_until(lambda: events)
    waiting = hass.async_create_task(terminal.call("list_users"))
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)
    with pytest.raises(HomeAssistantError, match="reloaded") as error:
        await waiting
    assert error.value.translation_key == "entry_ended"
    with pytest.raises(HomeAssistantError):
        await enrolling


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_link_lost_while_enrolling(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """The old finger comes back with the terminal."""
    terminal = await syncid.add_terminal(mode=mode)
    old = old_finger(terminal)
    server = terminal.simulation.server
    terminal.simulation.call(
        terminal.device.on, START, lambda _: server.drop_links(), when="after"
    )
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_fingerprint", **REPLACE)
    assert error.value.translation_key == "enrollment_old_waits"
    assert events[-1].data["step"] == "old_waits"
    await syncid.wait_until(lambda: finger_now(terminal) == old)


@pytest.mark.usefixtures("nobody")
async def test_reloaded_while_the_terminal_is_away(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What the old thread owes a terminal, the next one gives."""
    terminal = await syncid.add_terminal()
    old = old_finger(terminal)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    task = hass.async_create_task(
        terminal.call("enroll_fingerprint", **REPLACE, timeout=300)
    )
    await syncid.wait_until(lambda: events)
    terminal.vanish()
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "enrollment_old_waits"
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)
    terminal.reappear()
    assert finger_now(terminal) is None
    assert await hass.config_entries.async_setup(terminal.entry.entry_id)
    await syncid.wait_until(lambda: finger_now(terminal) == old)


# --- a new finger of which nobody knows -----------------------------------------------------

MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])


def cut_at(terminal: KitTerminal, command: int, nth: int) -> None:
    """Break the link when a command comes for the nth time."""
    server = terminal.simulation.server
    terminal.simulation.call(
        partial(
            terminal.device.on,
            command,
            lambda _: server.drop_links(),
            nth=nth,
        )
    )


@MODES
@pytest.mark.parametrize("replaces", [False, True])
async def test_enrolled_all_the_same(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, replaces: bool
) -> None:
    """A finger that the terminal has is enrolled, though the link broke at the end."""
    terminal = await syncid.add_terminal(mode=mode)
    old = old_finger(terminal) if replaces else None
    cut_at(terminal, READ, 2)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    answer = await terminal.call("enroll_fingerprint", **REPLACE)
    assert answer == {"user_id": "1002", "finger": 5, "presses": 3}
    assert events[-1].data["step"] == "enrolled"
    assert finger_now(terminal) not in (None, old)


@pytest.mark.usefixtures("nobody")
@MODES
async def test_cut_before_anybody_pressed(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A finger that the terminal does not have is told to be missing."""
    terminal = await syncid.add_terminal(mode=mode)
    cut_at(terminal, START, 1)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_fingerprint", **REPLACE)
    assert error.value.translation_key == "enrollment_cut"
    assert events[-1].data["step"] == "cut"
    assert finger_now(terminal) is None


async def test_gone_while_enrolling(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Of a terminal that is gone, nobody claims to know."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.simulation.call(
        terminal.device.on, START, lambda device: device.power_off()
    )
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_fingerprint", **REPLACE)
    assert error.value.translation_key == "enrollment_unknown"
    assert events[-1].data["step"] == "unknown"


# --- brought from another terminal ----------------------------------------------------------


@MODES
@pytest.mark.parametrize("command", [REMOVE, BATCH, REFRESH])
async def test_link_lost_while_transferring(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, command: int
) -> None:
    """No finger is lost by a transfer that is cut, and another one makes it whole."""
    source = await syncid.add_terminal(mode="polling")
    target = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), mode=mode
    )
    new = source.simulation.call(source.device.add_fingerprint, "1002", 5)
    old = old_finger(target)
    cut_at(target, command, 1)
    data = {"target_device_id": target.device_id, "user_id": "1002"}
    with pytest.raises(HomeAssistantError) as error:
        await source.call("transfer_templates", **data)
    assert error.value.translation_key == "transfer_cut"
    await syncid.wait_until(lambda: finger_now(target) in (old, new))
    await source.call("transfer_templates", **data)
    assert finger_now(target) == new


async def test_link_lost_before_a_transfer(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Where nothing was written yet, nothing is said to have been."""
    source = await syncid.add_terminal(mode="polling")
    target = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), mode="polling"
    )
    cut_at(target, TABLE, 1)
    with pytest.raises(HomeAssistantError) as error:
        await source.call("transfer_templates", target_device_id=target.device_id)
    assert error.value.translation_key == "cannot_connect"
