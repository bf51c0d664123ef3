"""The panel's commands: whom they obey, and what they tell of terminals."""

from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.syncid.const import BACKUP_FOLDER, DOMAIN
from custom_components.syncid.panel.commands import COMMANDS
from custom_components.syncid.panel.register import (
    DIST,
    MODULE,
    async_register_panel,
    build_of,
)
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import PROFILES

from .gates import Gates
from .kit import OTHER_SERIAL, SERIAL, SyncIDKit

# What each command takes at the least.
SAID: dict[str, dict[str, Any]] = {
    "act": {"action": "add_person", "data": {}},
    "attendance/day": {"person_id": "1", "date": "2026-11-02"},
    "attendance/days": {"date": "2026-11-02"},
    "attendance/export": {"table": "days", "date": "2026-11-02"},
    "attendance/month": {"month": "2026-11-01"},
    "people/adopt": {},
    "people/doubles": {},
    "people/holdings": {"person_ids": ["1"]},
    "people/import": {"upload": "1"},
    "people/list": {},
    "people/nobody": {},
    "drill/begin": {},
    "drill/end": {},
    "drill/subscribe": {},
    "rollcall": {},
    "rules/get": {},
    "rules/preview": {},
    "rules/save": {},
    "backups/list": {},
    "changes/subscribe": {},
    "groups/list": {},
    "info": {},
    "jobs/begin": {"action": "restart", "data": {}},
    "jobs/cancel": {"job": "1"},
    "jobs/dismiss": {"job": "1"},
    "jobs/get": {"job": "1"},
    "jobs/subscribe": {},
    "live/subscribe": {},
    "live/today": {},
    "punches/list": {},
    "terminals/list": {},
    "users/list": {},
    "users/templates": {"user_id": "1"},
}


@pytest.fixture
async def panel(hass: HomeAssistant, syncid: SyncIDKit, hass_ws_client: Any) -> Any:
    """Return the connection of an admin's browser."""
    assert await async_setup_component(hass, DOMAIN, {})
    return await hass_ws_client(hass)


async def ask(panel: Any, command: str, **said: Any) -> Any:
    """Give a command, and return its result."""
    await panel.send_json_auto_id({"type": f"syncid/{command}", **said})
    answer = await panel.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def refused(panel: Any, command: str, **said: Any) -> dict[str, Any]:
    """Give a command, and return why it is refused."""
    await panel.send_json_auto_id({"type": f"syncid/{command}", **said})
    answer = await panel.receive_json()
    assert not answer["success"]
    error: dict[str, Any] = answer["error"]
    return error


# --- whom they obey -------------------------------------------------------------------


async def test_admins_only(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_ws_client: Any,
    hass_admin_user: MockUser,
) -> None:
    """Whoever is no admin reaches nothing, not by the commands either."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = {
        name.removeprefix("syncid/")
        for name in hass.data["websocket_api"]
        if name.startswith("syncid/")
    }
    assert registered == set(SAID)
    assert len(COMMANDS) == len(SAID)
    hass_admin_user.groups = []
    connection = await hass_ws_client(hass)
    for command, said in SAID.items():
        error = await refused(connection, command, **said)
        assert (command, error["code"]) == (command, "unauthorized")


# --- the page -------------------------------------------------------------------------


async def with_pages(hass: HomeAssistant) -> None:
    """Pretend that there are pages, which come with dashboards."""
    assert await async_setup_component(hass, "lovelace", {})
    hass.config.components.add("frontend")


async def test_panel_is_for_admins(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The page is in the sidebar of admins, at an address that changes with it."""
    await with_pages(hass)
    await syncid.add_terminal()
    panel = hass.data[DATA_PANELS][DOMAIN]
    assert panel.require_admin
    build = await hass.async_add_executor_job(build_of, DIST / MODULE)
    assert panel.config is not None
    module = panel.config["_panel_custom"]
    assert module["module_url"] == f"/syncid_static/{MODULE}?h={build}"
    assert not module["embed_iframe"]


async def test_panel_outlives_reloads(
    hass: HomeAssistant, syncid: SyncIDKit, hass_ws_client: Any
) -> None:
    """Who looks at it while a terminal is reloaded is not thrown out."""
    await with_pages(hass)
    terminal = await syncid.add_terminal()
    panel = hass.data[DATA_PANELS][DOMAIN]
    assert await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert hass.data[DATA_PANELS][DOMAIN] is panel
    assert panel.config is not None
    found = await ask(await hass_ws_client(hass), "info")
    assert found == {
        "version": "0.3.0",
        "build": panel.config["_panel_custom"]["module_url"][-12:],
    }


async def test_module_is_served(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any
) -> None:
    """A browser gets the module, and may keep it."""
    assert await async_setup_component(hass, DOMAIN, {})
    await async_register_panel(hass)
    client = await hass_client_no_auth()
    answer = await client.get(f"/syncid_static/{MODULE}")
    assert answer.status == 200
    assert "javascript" in answer.content_type
    assert "max-age" in answer.headers["Cache-Control"]


async def test_no_panel_without_pages(panel: Any) -> None:
    """A Home Assistant without pages has the commands all the same."""
    assert (await ask(panel, "info"))["build"] is None


# --- terminals ------------------------------------------------------------------------


async def test_terminal(syncid: SyncIDKit, panel: Any) -> None:
    """All that an admin looks at first."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=90))
    page = await ask(panel, "terminals/list")
    assert (page["total"], page["online"], page["troubled"], page["count"]) == (
        1,
        1,
        1,
        1,
    )
    (row,) = page["terminals"]
    assert row.pop("address").startswith("127.0.0.1:")
    assert abs(row.pop("clock_drift") - 90) <= 1
    assert row.pop("last_seen")
    assert row.pop("firmware")
    assert "clear_records" in row.pop("actions")
    assert row.pop("bars")[0] == {"kind": "users", "used": 3, "room": 10000}
    assert row == {
        "entry_id": terminal.entry.entry_id,
        "device_id": terminal.device_id,
        "serial": SERIAL,
        "name": terminal.entry.title,
        "road": "terminal",
        "mode": "realtime",
        "state": "ready",
        "problem": None,
        "online": True,
        "model": "iFace702",
        "last_punch": None,
        "last_delivery": None,
        "waiting": None,
    }


async def test_last_punch_is_the_live_one(syncid: SyncIDKit, panel: Any) -> None:
    """What was punched since the last poll is known."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    punch = await syncid.next_punch()
    (row,) = (await ask(panel, "terminals/list"))["terminals"]
    punched = dt_util.parse_datetime(punch["time"])
    assert dt_util.parse_datetime(row["last_punch"]) == punched


async def test_terminals_that_are_not_set_up(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """One that is off, and one that was disabled: both are there, with the reason."""
    simulation = syncid.start_terminal()
    simulation.stop_listening()
    await syncid.add_terminal(simulation)
    other = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    await hass.config_entries.async_set_disabled_by(
        other.entry.entry_id, ConfigEntryDisabler.USER
    )
    page = await ask(panel, "terminals/list", sort="state")
    off, disabled = page["terminals"]
    assert off["state"] == "retrying"
    assert off["online"] is False
    assert off["problem"]["key"] == "connection_refused"
    assert off["actions"] == []
    assert (disabled["state"], disabled["online"]) == ("disabled", None)
    assert (page["online"], page["troubled"]) == (0, 1)


async def test_terminal_that_is_loaded_again(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """It is on its way, and no trouble."""
    entry = syncid.make_entry(syncid.start_terminal())
    entry.add_to_hass(hass)
    entry.mock_state(hass, ConfigEntryState.UNLOAD_IN_PROGRESS)
    page = await ask(panel, "terminals/list")
    assert page["terminals"][0]["state"] == "starting"
    assert page["troubled"] == 0
    entry.mock_state(hass, ConfigEntryState.NOT_LOADED)


async def test_terminal_that_went_away(syncid: SyncIDKit, panel: Any) -> None:
    """What went wrong after it was set up is told too."""
    terminal = await syncid.add_terminal()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    (row,) = (await ask(panel, "terminals/list", only="offline"))["terminals"]
    assert row["state"] == "ready"
    assert row["problem"]["values"]["name"] == terminal.entry.title


@pytest.mark.parametrize(
    "command",
    [
        "groups/list",
        "live/today",
        "people/list",
        "rules/get",
        "terminals/list",
        "users/list",
    ],
)
async def test_ignored_discovery(syncid: SyncIDKit, panel: Any, command: str) -> None:
    """Nothing is told of a terminal that somebody does not want."""
    await syncid.add_terminal()
    before = await ask(panel, command)
    await syncid.ignore_discovery()
    assert await ask(panel, command) == before


async def test_terminals_that_push(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, hass_ws_client: Any
) -> None:
    """A gateway is told nothing; a terminal that pushes can do what its queue can say."""
    panel = await hass_ws_client(hass)
    await syncid.add_push_device()
    await syncid.add_adms_terminal(url)
    rows = {
        row["serial"]: row for row in (await ask(panel, "terminals/list"))["terminals"]
    }
    gateway, pushing = rows["GATEWAY-1"], rows[OTHER_SERIAL]
    assert (gateway["road"], gateway["online"], gateway["actions"]) == (
        "push",
        None,
        [],
    )
    assert gateway["waiting"] is None
    assert gateway["clock_drift"] is None
    assert pushing["online"] is True
    assert pushing["waiting"] == 0
    assert "restart" in pushing["actions"]
    assert "sync_time" not in pushing["actions"]


async def test_device_that_is_not_active(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """It is said that its options are why nothing comes; that is no trouble."""
    gateway = await syncid.add_push_device()
    await syncid.add_terminal()
    for is_active, state in ((False, "inactive"), (True, "ready")):
        options = {**gateway.entry.options, "active": is_active}
        hass.config_entries.async_update_entry(gateway.entry, options=options)
        await hass.config_entries.async_reload(gateway.entry.entry_id)
        page = await ask(panel, "terminals/list", search="GATEWAY-1")
        (row,) = page["terminals"]
        assert (row["state"], row["online"]) == (state, None)
        assert (page["online"], page["troubled"]) == (1, 0)


async def test_terminal_without_faces(syncid: SyncIDKit, panel: Any) -> None:
    """There is no bar for what a terminal does not have."""
    simulation = syncid.start_terminal(profile=PROFILES["k14"])
    await syncid.add_terminal(simulation)
    (row,) = (await ask(panel, "terminals/list"))["terminals"]
    assert "faces" not in [bar["kind"] for bar in row["bars"]]


async def test_door_only_where_there_is_one(syncid: SyncIDKit, panel: Any) -> None:
    """A terminal that says it has no lock is not offered to be opened."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.options.__setitem__, "~LockFunOn", "0")
    await syncid.add_terminal(simulation)
    (row,) = (await ask(panel, "terminals/list"))["terminals"]
    assert "unlock_door" not in row["actions"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, ["Gate", "Hall", "Yard"]),
        ({"descending": True}, ["Yard", "Hall", "Gate"]),
        ({"offset": 1, "limit": 1}, ["Hall"]),
        ({"search": "AL ha"}, ["Hall"]),
        ({"search": OTHER_SERIAL}, ["Hall"]),
        ({"serial": OTHER_SERIAL}, ["Hall"]),
        ({"serial": OTHER_SERIAL[:-1]}, []),
        ({"only": "online"}, ["Gate", "Hall", "Yard"]),
        ({"only": "troubled"}, []),
        ({"sort": "last_punch"}, ["Gate", "Hall", "Yard"]),
        ({"sort": "clock_drift"}, ["Gate", "Hall", "Yard"]),
        ({"sort": "fill", "descending": True}, ["Yard", "Gate", "Hall"]),
    ],
)
async def test_lists_of_terminals(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    said: dict[str, Any],
    names: list[str],
) -> None:
    """Filtered, sorted and cut into pages by the server."""
    for name, serial, people in (
        ("Gate", "CKUJ1", {}),
        ("Yard", "CKUJ3", {"1": "A"}),
        ("Hall", OTHER_SERIAL, {}),
    ):
        terminal = await syncid.add_terminal(
            syncid.start_terminal(serial=serial, people=people)
        )
        hass.config_entries.async_update_entry(terminal.entry, title=name)
    page = await ask(panel, "terminals/list", **said)
    assert [row["name"] for row in page["terminals"]] == names


# --- groups and backups ---------------------------------------------------------------


async def test_backups(hass: HomeAssistant, syncid: SyncIDKit, panel: Any) -> None:
    """The files are listed, newest first, without a word of what is in them."""
    assert await ask(panel, "backups/list") == {"backups": []}
    terminal = await syncid.add_terminal()
    made = await terminal.call("backup_users", file="one.syncid")
    (row,) = (await ask(panel, "backups/list"))["backups"]
    assert (row["file"], row["size"]) == ("one.syncid", made["size"])
    assert row["made"].endswith("+00:00")
    folder = Path(hass.config.path(BACKUP_FOLDER))
    (folder / "gone.syncid").symlink_to(folder / "elsewhere")
    assert (await ask(panel, "backups/list"))["backups"] == [row]


async def test_groups(
    hass: HomeAssistant, syncid: SyncIDKit, gates: Gates, panel: Any
) -> None:
    """Who follows whom, and how they differ."""
    assert await ask(panel, "groups/list") == {"groups": []}
    await gates.build()
    await gates.drift(3)
    (group,) = (await ask(panel, "groups/list"))["groups"]
    (follower,) = group.pop("followers")
    assert (group["leader"], group["leader_name"]) == (SERIAL, "Main gate")
    assert follower.pop("checked")
    assert follower == {
        "serial": OTHER_SERIAL,
        "name": "Gate 2",
        "device_id": gates.follower.device_id,
        "to_sync": 3,
        "missing": 3,
        "different": 0,
        "extra": 0,
        "retry": None,
    }
    plan = await ask(
        panel,
        "jobs/begin",
        action="sync_users",
        data={"group": group["id"], "dry_run": True},
    )
    assert plan["targets"] == [OTHER_SERIAL]
    await syncid.settle()


async def test_group_of_terminals_that_are_gone(
    hass: HomeAssistant, syncid: SyncIDKit, gates: Gates, panel: Any
) -> None:
    """A group may outlive the terminals in it."""
    await gates.build()
    for entry in (gates.follower.entry, gates.leader.entry):
        await hass.config_entries.async_remove(entry.entry_id)
    (group,) = (await ask(panel, "groups/list"))["groups"]
    assert group["leader_name"] == SERIAL
    (follower,) = group["followers"]
    assert (follower["name"], follower["device_id"]) == (OTHER_SERIAL, None)


# --- what changed ---------------------------------------------------------------------


async def test_changes(hass: HomeAssistant, syncid: SyncIDKit, panel: Any) -> None:
    """Whoever shows something is told when it is not so any more."""
    terminal = await syncid.add_terminal()
    await ask(panel, "changes/subscribe")
    terminal.punch()
    await syncid.next_punch()
    seen: set[str] = set()
    terminal.vanish()
    while not {"punches", "terminals"} <= seen:
        seen |= set((await panel.receive_json())["event"]["topics"])
    hass.config_entries.async_update_entry(terminal.entry, title="North gate")
    while "people" not in seen:
        seen |= set((await panel.receive_json())["event"]["topics"])


async def test_changes_of_people_and_groups(
    syncid: SyncIDKit, gates: Gates, panel: Any
) -> None:
    """So it is when somebody was enrolled, or a group was made."""
    await gates.build()
    await ask(panel, "changes/subscribe")
    await gates.leader.call("update_user", user_id="1001", name="Anna")
    seen: set[str] = set()
    while "people" not in seen:
        seen |= set((await panel.receive_json())["event"]["topics"])
    other = MockConfigEntry(domain="sun")
    other.add_to_hass(syncid.hass)
    syncid.hass.config_entries.async_update_entry(other, title="Not ours")
    gates.group(name="Other")
    assert (await panel.receive_json())["event"]["topics"]


async def test_left_before_it_was_told(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """What was gathered for somebody who left is told to nobody."""
    terminal = await syncid.add_terminal()
    await panel.send_json_auto_id({"type": "syncid/changes/subscribe"})
    number = (await panel.receive_json())["id"]
    hass.config_entries.async_update_entry(terminal.entry, title="North gate")
    await panel.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": number}
    )
    assert (await panel.receive_json())["success"]


async def test_unsubscribed_at_once(panel: Any, syncid: SyncIDKit) -> None:
    """Who leaves is told nothing any more, and holds nothing."""
    terminal = await syncid.add_terminal()
    for command in ("changes/subscribe", "live/subscribe", "jobs/subscribe"):
        await panel.send_json_auto_id({"type": f"syncid/{command}"})
        answer = await panel.receive_json()
        await panel.send_json_auto_id(
            {"type": "unsubscribe_events", "subscription": answer["id"]}
        )
        while (await panel.receive_json())["type"] != "result":
            pass
    terminal.punch()
    await syncid.next_punch()
    await panel.send_json_auto_id({"type": "ping"})
    assert (await panel.receive_json())["type"] == "pong"
