"""The door, the voice and the options of a terminal."""

from struct import unpack
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.terminal import terminal as control
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from simulator import PROFILES
from simulator.requests import HANDLERS

from .kit import KitTerminal, SyncIDKit

UNLOCK = 31
DOOR_STATE = 75
TEST_VOICE = 1017
UNKNOWN = 65535

# What each is called with, and the command that it comes down to.
ACTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "unlock_door": ({"seconds": 4}, UNLOCK),
    "test_voice": ({"index": 2}, TEST_VOICE),
    "get_option": ({"name": "IPAddress"}, 11),
}


async def do(terminal: KitTerminal, action: str, **data: Any) -> dict[str, Any]:
    """Have an action done, and return its response if it has one."""
    answers = action != "test_voice"
    response = await terminal.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": terminal.device_id, **data},
        blocking=True,
        return_response=answers,
    )
    return dict(response or {})


# --- the door -------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["iface702", "speedface"])
@pytest.mark.parametrize("mode", ["realtime", "polling"])
@pytest.mark.parametrize(
    ("options", "data", "delay"),
    [
        ({}, {}, 30),
        ({}, {"seconds": 25}, 250),
        ({"unlock_unit": "tenths"}, {"seconds": 1}, 10),
        ({"unlock_unit": "seconds"}, {"seconds": 4}, 4),
    ],
)
async def test_unlock_door(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    profile: str,
    mode: str,
    options: dict[str, Any],
    data: dict[str, Any],
    delay: int,
) -> None:
    """The door is unlocked for as long as was asked, in what the terminal counts."""
    simulation = syncid.start_terminal(profile=PROFILES[profile])
    terminal = await syncid.add_terminal(simulation, mode=mode, **options)
    assert await do(terminal, "unlock_door", **data) == {"door_open": False}
    assert terminal.device.unlocks == [delay]
    if mode == "realtime":
        assert (await syncid.next_alarm())["type"] == "door_unlocked"


async def test_door_state(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the door is open is told where the terminal knows, and is no guess."""
    terminal = await syncid.add_terminal()
    terminal.device.door_open = True
    assert await do(terminal, "unlock_door") == {"door_open": True}
    with terminal.refusing(DOOR_STATE):
        assert await do(terminal, "unlock_door") == {"door_open": None}
    monkeypatch.setitem(HANDLERS, DOOR_STATE, lambda request: request.ok())
    assert await do(terminal, "unlock_door") == {"door_open": None}
    assert len(terminal.device.unlocks) == 3


async def test_no_lock(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that says that it has no lock is not asked to open one."""
    simulation = syncid.start_terminal(profile=PROFILES["k14"])
    terminal = await syncid.add_terminal(simulation, mode="polling")
    with pytest.raises(HomeAssistantError) as error:
        await do(terminal, "unlock_door")
    assert error.value.translation_key == "no_lock"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["name"] == "Main gate"
    assert UNLOCK not in {command for command, _ in terminal.device.commands}


async def test_lock_that_is_not_told(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that says nothing of a lock is tried, and has one, or has none."""
    simulation = syncid.start_terminal(missing_options=("~LockFunOn",))
    terminal = await syncid.add_terminal(simulation)
    assert await do(terminal, "unlock_door") == {"door_open": False}
    monkeypatch.setitem(HANDLERS, UNLOCK, lambda request: request.reply(UNKNOWN))
    with pytest.raises(HomeAssistantError) as error:
        await do(terminal, "unlock_door")
    assert error.value.translation_key == "no_lock"


async def test_too_late(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who had to wait too long for the terminal is told to ask again."""
    terminal = await syncid.add_terminal(mode="polling")
    monkeypatch.setattr(control, "DOOR_PATIENCE", -1)
    with pytest.raises(HomeAssistantError, match="was not unlocked") as error:
        await do(terminal, "unlock_door")
    assert error.value.translation_key == "too_late"
    assert terminal.device.unlocks == []


@pytest.mark.parametrize("seconds", [0, 26, -1, "long"])
async def test_not_that_long(
    hass: HomeAssistant, syncid: SyncIDKit, seconds: Any
) -> None:
    """A time that a terminal would take for another one is refused."""
    terminal = await syncid.add_terminal(mode="polling")
    with pytest.raises(vol.Invalid):
        await do(terminal, "unlock_door", seconds=seconds)
    assert terminal.device.unlocks == []


# --- the voice ------------------------------------------------------------------------


async def test_voice(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The terminal says the sentence that is asked for; the button has it say thanks."""
    terminal = await syncid.add_terminal()
    await do(terminal, "test_voice")
    await do(terminal, "test_voice", index=10)
    await terminal.press("test_voice")
    assert terminal.device.voices == [0, 10, 0]
    (data, *_) = [
        data for command, data in terminal.device.commands if command == TEST_VOICE
    ]
    assert unpack("<I", data) == (0,)


# --- the options ----------------------------------------------------------------------


async def test_get_option(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """An option as the terminal has it; one that it lacks has no value."""
    terminal = await syncid.add_terminal()
    for name, value in (
        ("IPAddress", "192.168.1.201"),
        ("~PIN2Width", "9"),
        ("NoSuchThing", None),
    ):
        assert await do(terminal, "get_option", name=name) == {
            "name": name,
            "value": value,
        }


@pytest.mark.parametrize(
    "name",
    ["COMKey", "comkey", "WebPassword", "SuperPwd", "WIFI_PSK", "ApiToken", "~WpaKey"],
)
async def test_secret_option(hass: HomeAssistant, syncid: SyncIDKit, name: str) -> None:
    """What opens the terminal or its network is not even asked for."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.simulation.call(terminal.device.options.__setitem__, name, "4711")
    with pytest.raises(HomeAssistantError) as error:
        await do(terminal, "get_option", name=name)
    assert error.value.translation_key == "secret_option"
    assert name.encode() not in b"".join(data for _, data in terminal.device.commands)


@pytest.mark.parametrize("name", ["", "A=B", "IP Address", "X" * 49, "Ü", "A\n"])
async def test_no_option(hass: HomeAssistant, syncid: SyncIDKit, name: str) -> None:
    """What cannot be the name of an option is refused."""
    terminal = await syncid.add_terminal(mode="polling")
    with pytest.raises(vol.Invalid):
        await do(terminal, "get_option", name=name)


# --- all of them ----------------------------------------------------------------------


async def test_admin_only(
    hass: HomeAssistant, syncid: SyncIDKit, hass_read_only_user: MockUser
) -> None:
    """Doors are not opened for everybody who may look at a dashboard."""
    terminal = await syncid.add_terminal(mode="polling")
    for action, (data, _) in ACTIONS.items():
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                {"device_id": terminal.device_id, **data},
                blocking=True,
                context=Context(user_id=hass_read_only_user.id),
                return_response=action != "test_voice",
            )
    assert terminal.device.unlocks == terminal.device.voices == []


@pytest.mark.parametrize("action", list(ACTIONS))
async def test_unreachable(hass: HomeAssistant, syncid: SyncIDKit, action: str) -> None:
    """A terminal that is not there is told in words, and does it when it is back."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.vanish()
    with pytest.raises(HomeAssistantError) as error:
        await do(terminal, action, **ACTIONS[action][0])
    assert error.value.translation_key == "connection_refused"
    terminal.reappear()
    await do(terminal, action, **ACTIONS[action][0])


@pytest.mark.parametrize("profile", ["iface702", "speedface"])
@pytest.mark.parametrize("action", ["unlock_door", "test_voice"])
async def test_refused(
    hass: HomeAssistant, syncid: SyncIDKit, action: str, profile: str
) -> None:
    """A terminal that refuses is told in words, and stays as it is."""
    simulation = syncid.start_terminal(profile=PROFILES[profile])
    terminal = await syncid.add_terminal(simulation)
    data, command = ACTIONS[action]
    with terminal.refusing(command):
        with pytest.raises(HomeAssistantError) as error:
            await do(terminal, action, **data)
        assert error.value.translation_key == "command_refused"
    assert terminal.device.unlocks == terminal.device.voices == []
    assert terminal.is_online
    await do(terminal, action, **data)


async def test_set_option_only_by_push(syncid: SyncIDKit) -> None:
    """Over port 4370 no option is set, since a wrong value is taken like a right one."""
    terminal = await syncid.add_terminal()
    with pytest.raises(HomeAssistantError) as error:
        await do(terminal, "set_option", name="VOLUME", value="3")
    assert error.value.translation_key == "only_by_push"
