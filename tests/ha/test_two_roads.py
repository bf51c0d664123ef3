"""One terminal on two roads: port 4370, and ADMS with the same serial number."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_REAUTH,
    ConfigEntryState,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsSimulation

from .kit import SERIAL, KitAdms, KitTerminal, SyncIDKit
from .test_push_transfer import JPEG

MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])


async def two_roads(
    syncid: SyncIDKit, url: str, **details: Any
) -> tuple[KitTerminal, AdmsSimulation]:
    """Return a terminal that was heard by push, too."""
    terminal = await syncid.add_terminal(**details)
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    await syncid.settle()
    return terminal, pushing


async def shut(hass: HomeAssistant, syncid: SyncIDKit, terminal: KitTerminal) -> None:
    """Begin anew while port 4370 is not to be reached."""
    terminal.vanish()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()


async def push_punch(syncid: SyncIDKit, pushing: AdmsSimulation) -> tuple[int, bool]:
    """Have somebody punch, and return what the terminal is answered."""
    await pushing.punch("1001")
    answer = await pushing.upload("ATTLOG")
    await syncid.settle()
    assert answer is not None
    return answer.status, pushing.terminal.acknowledged


# --- while port 4370 is shut ----------------------------------------------------------


@MODES
async def test_pushes_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, mode: str
) -> None:
    """The road that works is taken after a restart too, if the other does not."""
    terminal, pushing = await two_roads(syncid, url, mode=mode)
    await shut(hass, syncid, terminal)
    assert await push_punch(syncid, pushing) == (200, True)
    assert (await syncid.next_punch())["source"] == "adms"
    assert terminal.state("event", "punch").attributes["user_id"] == "1001"
    assert terminal.is_online
    assert terminal.state("sensor", "clock_drift").state == STATE_UNAVAILABLE
    assert terminal.registered.model == "iFace702"


@MODES
async def test_port_4370_opens_again(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, mode: str
) -> None:
    """Both roads are there as soon as the second is, and what both tell comes once."""
    terminal, pushing = await two_roads(syncid, url, mode=mode)
    await shut(hass, syncid, terminal)
    assert await push_punch(syncid, pushing) == (200, True)
    terminal.reappear()
    await terminal.entry.runtime_data.async_refresh()
    await syncid.wait_for_state(
        terminal.entity_id("sensor", "users"), lambda state: state.state == "3"
    )
    terminal.punch("1002")
    await terminal.call("collect_records")
    assert [one["source"] for one in await syncid.next_punches(2)][0] == "adms"
    assert len(await syncid.stored()) == 2
    assert await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert terminal.entry_state() is ConfigEntryState.NOT_LOADED


async def test_commands_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What is asked for by push is done, though nothing else reaches the terminal."""
    terminal, pushing = await two_roads(syncid, url)
    await shut(hass, syncid, terminal)
    both = KitAdms(hass, pushing, terminal.entry)
    await both.switch_on()
    path = Path(hass.config.path("face.jpg"))
    await hass.async_add_executor_job(path.write_bytes, JPEG)
    await both.call("set_face", user_id="1001", file=path.name)
    assert list(both.device.face_photos) == ["1001"]


async def test_users_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """Whatever goes by either road goes by the one that is open."""
    terminal, pushing = await two_roads(syncid, url)
    await shut(hass, syncid, terminal)
    both = KitAdms(hass, pushing, terminal.entry)
    await both.switch_on()
    both.device.fill_log(3)
    await pushing.until_uploaded()
    several = {"device_id": [both.device_id]}
    await both.call("enroll_user", user_id="55", name="Eva", card=4711, **several)
    await both.call("update_user", user_id="55", name="Evi", **several)
    assert both.device.users["55"].name == "Evi"
    listed = await both.call("list_users")
    assert "55" in {user["user_id"] for user in listed["users"]}
    await both.call("remove_user", user_id="55", **several)
    assert "55" not in both.device.users
    info = await both.call("get_device_info")
    assert info["users"] == len(both.device.users)
    await both.call("unlock_door")
    assert both.device.unlocks
    assert await both.call("collect_records") == {"counted": 3, "stored": 3, "new": 0}
    await both.order("restart")
    await pushing.until_polled()
    assert both.device.restarts == 1
    # What no terminal does by push says that port 4370 is shut.
    with pytest.raises(HomeAssistantError) as error:
        await both.order("power_off")
    assert error.value.translation_key == "connection_refused"


async def test_log_that_was_cleared_by_push(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A log that was cleared by push was not cleared by somebody else; the next was."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 50)
    terminal, pushing = await two_roads(syncid, url, simulation=simulation)
    await shut(hass, syncid, terminal)
    both = KitAdms(hass, pushing, terminal.entry)
    await both.switch_on()
    both.device.fill_log(3)
    await pushing.until_uploaded()
    await both.call("clear_records")
    await both.switch_off()
    issue = f"log_cleared_{SERIAL}"
    simulation.call(simulation.terminal.clear_log)
    terminal.punch("1002")
    before = len(await syncid.stored())
    terminal.reappear()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    await terminal.call("collect_records")
    assert len(await syncid.stored()) == before + 1
    assert syncid.issue(issue) is None
    simulation.call(simulation.terminal.clear_log)
    await terminal.call("collect_records")
    await syncid.settle()
    assert syncid.issue(issue) is not None


async def test_option_while_both_are_open(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What only one road can do goes by that, whatever else is open."""
    terminal, pushing = await two_roads(syncid, url)
    both = KitAdms(hass, pushing, terminal.entry)
    await both.switch_on()
    await both.call("set_option", name="VOLUME", value="3")
    assert both.device.options["VOLUME"] == "3"
    with pytest.raises(HomeAssistantError) as error:
        await both.call("set_option", name="COMKey", value="3")
    assert error.value.translation_key == "secret_option"


async def test_transfer_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """Users and templates are brought by push then."""
    terminal, pushing = await two_roads(syncid, url)
    await shut(hass, syncid, terminal)
    both = KitAdms(hass, pushing, terminal.entry)
    await both.switch_on()
    other = await syncid.add_adms_terminal(url, "SOURCE1", biometrics=True)
    other.device.add_user("77", "Eva")
    other.device.add_fingerprint("77", 3)
    done = await other.call(
        "transfer_templates", target_device_id=[both.device_id], user_id=["77"]
    )
    (user,) = done["terminals"][0]["users"]
    assert (user["outcome"], user["fingerprints"]) == ("add", 1)
    assert both.device.templates_of("77") == other.device.templates_of("77") != []


async def test_first_heard_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A terminal that begins to push while it is tried again is set up by that."""
    simulation = syncid.start_terminal()
    simulation.stop_listening()
    terminal = await syncid.add_terminal(simulation)
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    await syncid.settle()
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert await push_punch(syncid, pushing) == (200, True)
    assert len(await syncid.stored()) == 1


async def test_comm_key_that_is_wrong(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """The key is asked for, and what is pushed is taken meanwhile."""
    terminal, pushing = await two_roads(syncid, url)
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    terminal.device.comm_key = 777
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    await syncid.settle()
    assert await push_punch(syncid, pushing) == (200, True)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_remove_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A terminal that is removed is a stranger by either road."""
    terminal, pushing = await two_roads(syncid, url)
    await shut(hass, syncid, terminal)
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    await syncid.settle()
    assert await push_punch(syncid, pushing) == (503, False)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY


# --- online ---------------------------------------------------------------------------


async def test_alarm_by_both_roads(syncid: SyncIDKit, url: str) -> None:
    """An alarm that both roads tell is told once, and two are told twice."""
    terminal, pushing = await two_roads(syncid, url)
    terminal.alarm("tamper")
    assert (await syncid.next_alarm())["type"] == "tamper"
    pushing.terminal.alarm("tamper")
    await pushing.upload("OPERLOG")
    await syncid.settle()
    assert syncid.alarms.empty()
    # Of a second one at once, port 4370 tells nothing.
    pushing.terminal.faults.clock_offset = 1
    pushing.terminal.alarm("tamper")
    await pushing.upload("OPERLOG")
    assert (await syncid.next_alarm())["code"].startswith("oplog")
    await syncid.settle()
    assert syncid.alarms.empty()


async def test_alarm_that_is_pushed_first(syncid: SyncIDKit, url: str) -> None:
    """Whichever road is the first, and whatever else happens."""
    terminal, pushing = await two_roads(syncid, url)
    pushing.terminal.alarm("tamper")
    await pushing.upload("OPERLOG")
    assert (await syncid.next_alarm())["type"] == "tamper"
    terminal.alarm("tamper")
    terminal.alarm("misoperation")
    assert (await syncid.next_alarm())["type"] == "misoperation"
    pushing.terminal.faults.clock_offset = -20
    pushing.terminal.operation(3, "58")  # an earlier one
    await pushing.upload("OPERLOG")
    assert (await syncid.next_alarm())["type"] == "misoperation"


async def test_online_by_heartbeat(syncid: SyncIDKit, url: str) -> None:
    """Who called just now is online, whatever is the matter with port 4370."""
    terminal, pushing = await two_roads(syncid, url, mode="polling")
    terminal.vanish()
    await syncid.advance(60)
    assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE
    assert terminal.is_online
    await syncid.advance(91)
    assert not terminal.is_online
    await pushing.poll()
    assert terminal.is_online


async def test_online_by_port_4370(syncid: SyncIDKit, url: str) -> None:
    """Who calls no more is online as long as port 4370 answers."""
    terminal, pushing = await two_roads(syncid, url)
    await syncid.advance(91)
    assert terminal.is_online
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    await pushing.poll()
    assert terminal.is_online


async def test_restart_is_no_heartbeat(syncid: SyncIDKit, url: str) -> None:
    """A terminal that is powered off is away at once, though it called just before."""
    terminal, _ = await two_roads(syncid, url)
    await terminal.order("power_off")
    assert not terminal.is_online


async def test_unreachable_by_neither_road(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repair tells of a terminal only if it has not called for long either."""
    terminal, pushing = await two_roads(syncid, url, mode="polling")
    terminal.vanish()
    issue = f"unreachable_{SERIAL}"
    now = dt_util.utcnow()
    with monkeypatch.context() as patch:
        patch.setattr(dt_util, "utcnow", lambda: now + timedelta(hours=30))
        await pushing.poll()
        await terminal.entry.runtime_data.async_refresh()
        assert syncid.issue(issue) is None
        patch.setattr(dt_util, "utcnow", lambda: now + timedelta(hours=55))
        await terminal.entry.runtime_data.async_refresh()
        assert syncid.issue(issue) is not None
