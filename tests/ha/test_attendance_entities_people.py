"""The entities of people who are chosen: what they say, and that they come and go."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
from .kit import SyncIDKit
from .test_attendance_rules import NIGHT, add_shift

KEYS = {
    "first_in": "sensor",
    "hours_today": "sensor",
    "last_out": "sensor",
    "presence": "device_tracker",
    "status": "sensor",
}


async def choose(site: Site, *names: str, groups: tuple[str, ...] = ()) -> None:
    """Choose people and groups, in the options of the site."""
    hass, entry = site.hass, site.syncid.site
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "entities"}
    )
    assert flow["type"] is FlowResultType.FORM
    done = await hass.config_entries.options.async_configure(
        flow["flow_id"],
        {
            "entity_persons": [site.person_id(name) for name in names],
            "entity_groups": [*groups],
        },
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await site.syncid.settle()


async def set_rules(site: Site, **rules: Any) -> None:
    """Change the rules of the site."""
    entry = site.syncid.site
    site.hass.config_entries.async_update_entry(
        entry, options={**entry.options, **rules}
    )
    await site.syncid.settle()


def chosen(hass: HomeAssistant, site: Site) -> dict[str, set[str]]:
    """Return the entities of people by the names of their devices, as registered."""
    entities, entry = er.async_get(hass), site.syncid.site
    devices = dr.async_get(hass)
    found: dict[str, set[str]] = {}
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        if device.name != "SyncID":
            assert device.entry_type == "service"
            found[device.name or ""] = {
                one.unique_id.rpartition("-")[2]
                for one in er.async_entries_for_device(entities, device.id)
            }
    return found


def state(hass: HomeAssistant, key: str, name: str = "amina") -> State:
    """Return the state of one of a person's entities."""
    found = hass.states.get(f"{KEYS[key]}.{name}_{key}")
    assert found is not None
    return found


def states(hass: HomeAssistant, name: str = "amina") -> dict[str, str]:
    """Return the states of all of a person's entities."""
    return {key: state(hass, key, name).state for key in KEYS}


def as_local(text: str) -> str:
    """Return a time that a sensor tells, on the wall."""
    moment = dt_util.parse_datetime(text)
    assert moment is not None
    return dt_util.as_local(moment).isoformat()


async def test_who_has_left_for_good(hass: HomeAssistant, site: Site) -> None:
    """Of a group that is chosen only those have entities who still belong to the site."""
    await site.add("Amina", "1", groups=["7b"], valid_until="2026-11-03")
    await set_rules(site, entity_groups=["7b"])
    await site.at("2026-11-03 12:00")
    assert chosen(hass, site) == {"Amina": {*KEYS}}
    await site.at("2026-11-04 00:01")
    assert chosen(hass, site) == {}


async def test_end_of_a_night(hass: HomeAssistant, site: Site) -> None:
    """Who left in the morning is said to have left, until the next night opens."""
    await site.add("Amina", "1", groups=["Guards"])
    await add_shift(hass, site, **NIGHT, groups=["Guards"], persons=[])
    await choose(site, "Amina")
    await site.at("2026-11-02 21:55")
    await site.punch("1")
    await site.at("2026-11-03 02:00")
    assert [one["on_site"] for one in (await site.call("get_attendance"))["marks"]] == [
        True,
        False,
    ]
    await site.at("2026-11-03 06:02")
    await site.punch("1")
    for _ in range(2):
        told = states(hass)
        assert told["status"] == "left"
        assert as_local(told["last_out"]).startswith("2026-11-03T06:0")
        assert float(told["hours_today"]) > 8
        await site.read_all()
    await site.at("2026-11-03 18:05")
    assert states(hass)["status"] == "expected"


async def test_absence_that_midnight_tells(hass: HomeAssistant, site: Site) -> None:
    """Where no end is set, the status says absent until the next start."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await set_rules(site, start_time="08:00", grace_minutes=10)
    found = []
    for time in ("2026-11-02 23:50", "2026-11-03 00:05", "2026-11-03 08:05"):
        await site.at(time)
        await site.read_all()
        found.append(states(hass)["status"])
    assert found == ["expected", "absent", "expected"]


async def test_night_without_a_guard(hass: HomeAssistant, site: Site) -> None:
    """What is marked in the night without a date is the night that is on."""
    await site.add("Amina", "1", groups=["Guards"])
    await add_shift(hass, site, **NIGHT, groups=["Guards"], persons=[])
    await site.at("2026-11-03 02:00")
    await site.call("mark_attendance", person="Amina", mark="excused", why="ill")
    assert (await site.mark_on("2026-11-02")).status == "excused"


async def test_note(hass: HomeAssistant, site: Site) -> None:
    """What somebody noted of a person is in no state, which every user reads."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await site.call("mark_attendance", person="Amina", mark="on_leave", why="cancer")
    told = state(hass, "status")
    assert told.state == "on_leave"
    assert told.attributes["why"] != ""
    assert "cancer" not in repr(told.as_dict())


async def test_back_in(hass: HomeAssistant, site: Site) -> None:
    """Who went and is back has not gone yet: no last out, and hours that run on."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await site.at("2026-11-02 14:00")
    for time, status in (("08:00:00", 0), ("12:00:00", 1)):
        await site.punch("1", f"2026-11-02 {time}", status=status)
    assert as_local(state(hass, "last_out").state).startswith("2026-11-02T12:00")
    await site.punch("1", "2026-11-02 13:00:00", status=0)
    assert state(hass, "last_out").state == STATE_UNKNOWN
    assert float(state(hass, "hours_today").state) > 5
    await site.punch("1", "2026-11-02 14:00:00", status=1)
    assert as_local(state(hass, "last_out").state).startswith("2026-11-02T14:00")


async def test_hours_are_round(hass: HomeAssistant, site: Site) -> None:
    """Hours are told as everywhere, with two decimals, not as a third of a number."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await site.at("2026-11-02 14:00")
    for time, status in (("08:00:00", 0), ("08:03:12", 1)):
        await site.punch("1", f"2026-11-02 {time}", status=status)
    hours = state(hass, "hours_today")
    assert (hours.state, hours.attributes["unit_of_measurement"]) == ("0.05", "h")


async def test_day(hass: HomeAssistant, site: Site) -> None:
    """What a person's entities say from before they come until after they left."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await set_rules(site, start_time="08:00", end_time="16:00", grace_minutes=10)
    assert chosen(hass, site) == {"Amina": {*KEYS}}
    assert states(hass) == {
        "presence": "not_home",
        "status": "expected",
        "first_in": STATE_UNKNOWN,
        "last_out": STATE_UNKNOWN,
        "hours_today": "0.0",
    }
    await site.at("2026-11-02 08:20")
    await site.punch("1")
    first_in = as_local(state(hass, "first_in").state)
    assert first_in.startswith("2026-11-02T08:21")
    assert (state(hass, "presence").state, state(hass, "status").state) == (
        "home",
        "late",
    )
    told = state(hass, "status").attributes
    assert told["late_minutes"] == 21
    assert (told["mark"], told["presence"], told["final"]) == ("late", "in", False)
    assert told["why"].startswith("late: first in 08:21")
    assert state(hass, "status").state in told["options"]
    await site.at("2026-11-02 12:21")
    assert 3.9 < float(state(hass, "hours_today").state) < 4.1
    await site.punch("1", status=2)
    assert (state(hass, "presence").state, state(hass, "status").state) == (
        "home",
        "on_break",
    )
    await site.at("2026-11-02 13:00")
    await site.punch("1", status=3)
    assert state(hass, "status").state == "late"
    await site.at("2026-11-02 16:30")
    await site.punch("1", status=1)
    assert as_local(state(hass, "last_out").state).startswith("2026-11-02T16:31")
    assert (state(hass, "presence").state, state(hass, "status").state) == (
        "not_home",
        "left",
    )
    hours = state(hass, "hours_today")
    await site.at("2026-11-02 18:00")
    assert state(hass, "hours_today") == hours
    assert hours.attributes["unit_of_measurement"] == "h"
    assert hours.attributes["last_reset"] == "2026-11-02T00:00:00-08:00"
    # The next day begins with nothing.
    await site.at("2026-11-03 00:01")
    assert states(hass) == {
        "presence": "not_home",
        "status": "expected",
        "first_in": STATE_UNKNOWN,
        "last_out": STATE_UNKNOWN,
        "hours_today": "0.0",
    }


async def test_absent_and_on_leave(hass: HomeAssistant, site: Site) -> None:
    """Absence is said when the day is final; what a human says at once."""
    await site.add("Amina", "1")
    await site.add("Bruno", "2")
    await choose(site, "Amina", "Bruno")
    await set_rules(site, start_time="08:00", end_time="16:00")
    await site.call("mark_attendance", person="Bruno", mark="on_leave", why="asked")
    assert state(hass, "status", "bruno").state == "on_leave"
    await site.at("2026-11-02 23:00")
    assert state(hass, "status").state == "expected"
    await site.read_all()
    assert state(hass, "status").state == "absent"
    assert state(hass, "status").attributes["final"] is True


async def test_options(hass: HomeAssistant, site: Site) -> None:
    """Choosing changes nothing else, and who is gone can be taken out."""
    await site.add("Amina", "1", external_id="17", groups=["Staff"])
    await set_rules(site, start_time="08:00", entity_persons=["gone"])
    flow = await hass.config_entries.options.async_init(site.syncid.site.entry_id)
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "entities"}
    )
    assert flow["data_schema"] is not None
    offered = {
        str(key): field.config["options"]
        for key, field in flow["data_schema"].schema.items()
    }
    assert offered == {
        "entity_groups": ["Staff"],
        "entity_persons": [
            {"value": site.person_id("Amina"), "label": "Amina (17)"},
            {"value": "gone", "label": "gone"},
        ],
    }
    await hass.config_entries.options.async_configure(flow["flow_id"], {})
    await site.syncid.settle()
    assert site.syncid.site.options == {"start_time": "08:00"}


async def test_come_and_go(hass: HomeAssistant, site: Site) -> None:
    """Entities come with a group, and go with it, with the name, and for good."""
    await site.add("Amina", "1", groups=["Staff"])
    await site.add("Bruno", "2", groups=["7b"])
    await site.add("Chen", "3")
    await choose(site)
    assert chosen(hass, site) == {}
    await choose(site, "Chen", groups=("staff",))
    assert chosen(hass, site) == {"Amina": {*KEYS}, "Chen": {*KEYS}}
    # Somebody joins the group, somebody is called something else, somebody leaves.
    await site.add("Dora", "4", groups=["Staff"])
    await site.call("update_person", person="Chen", name="Chen Li")
    assert chosen(hass, site) == {
        "Amina": {*KEYS},
        "Chen Li": {*KEYS},
        "Dora": {*KEYS},
    }
    await site.call("update_person", person="Dora", groups=[])
    assert {*chosen(hass, site)} == {"Amina", "Chen Li"}
    assert hass.states.get("sensor.dora_status") is None
    # Back again, with all there is.
    await site.call("update_person", person="Dora", groups=["Staff"])
    assert chosen(hass, site)["Dora"] == {*KEYS}
    assert state(hass, "status", "dora").state == "expected"
    told = await site.call("remove_person", person="Amina")
    assert (told["deleted"]["entities"], told["deleted"]["devices"]) == (5, 1)
    assert {*chosen(hass, site)} == {"Chen Li", "Dora"}
    assert hass.states.get("sensor.amina_status") is None
    # Nobody is chosen any more.
    await choose(site)
    assert chosen(hass, site) == {}
    assert hass.states.async_all("device_tracker") == []


async def test_erased_by_the_engine_alone(hass: HomeAssistant, site: Site) -> None:
    """Whoever erases a person, the entities go."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    assert chosen(hass, site) == {"Amina": {*KEYS}}
    await site.attendance.async_erase(site.person_id("Amina"))
    await site.syncid.settle()
    assert chosen(hass, site) == {}
    assert hass.states.async_all("device_tracker") == []


async def test_stale_at_set_up(hass: HomeAssistant, site: Site) -> None:
    """What remained of somebody who is chosen no more goes when the site is set up."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    entry = site.syncid.site
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, options={})
    assert {*chosen(hass, site)} == {"Amina"}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await site.syncid.settle()
    assert chosen(hass, site) == {}


@pytest.fixture
async def person(hass: HomeAssistant) -> None:
    """Let Home Assistant have a person, before its server starts."""
    assert await async_setup_component(
        hass,
        "person",
        {
            "person": [
                {
                    "id": "amina",
                    "name": "Amina",
                    "device_trackers": ["device_tracker.amina_presence"],
                }
            ]
        },
    )


@pytest.mark.usefixtures("person")
async def test_person_of_home_assistant(hass: HomeAssistant, site: Site) -> None:
    """A person entity follows the tracker."""
    await site.add("Amina", "1")
    await choose(site, "Amina")

    def is_where() -> tuple[str, Any]:
        found = hass.states.get("person.amina")
        assert found is not None
        return found.state, found.attributes["in_zones"]

    assert is_where() == ("not_home", [])
    await site.at("2026-11-02 08:00")
    await site.punch("1")
    assert is_where() == ("home", ["zone.home"])
    assert state(hass, "presence").attributes["source_type"] == "router"
    await site.at("2026-11-02 16:00")
    await site.punch("1", status=1)
    assert is_where() == ("not_home", [])


async def test_unavailable_without_terminals(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Nobody says where somebody is while all terminals that know them are away."""
    gate = await syncid.add_terminal()
    await call(hass, "add_person", name="Amina", groups=["Staff"])
    entry = syncid.site
    hass.config_entries.async_update_entry(entry, options={"entity_groups": ["staff"]})
    await hass.config_entries.async_reload(entry.entry_id)
    await syncid.settle()
    # No terminal knows her yet.
    assert state(hass, "presence").state == STATE_UNAVAILABLE
    await call(
        hass, "map_user", device_id=[gate.device_id], user_id="1001", person="Amina"
    )
    await syncid.advance(61)
    assert state(hass, "presence").state == "not_home"
    gate.punch("1001")
    await syncid.wait_for_state("device_tracker.amina_presence", "home")
    gate.vanish()
    await syncid.wait_online(gate, False)
    # A short break is none.
    assert state(hass, "presence").state == "home"
    assert terminals_away(hass) == []
    await syncid.advance(301)
    assert state(hass, "presence").state == STATE_UNAVAILABLE
    assert state(hass, "status").state == "present"
    assert terminals_away(hass) == ["Main gate"]
    gate.reappear()
    await syncid.wait_for_state("device_tracker.amina_presence", "home")
    assert terminals_away(hass) == []


async def test_back_in_time(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is back within minutes was never away."""
    gate = await syncid.add_terminal()
    gate.vanish()
    await syncid.wait_online(gate, False)
    gate.reappear()
    await syncid.wait_online(gate, True)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=301))
    assert terminals_away(hass) == []


@pytest.mark.parametrize(
    ("until", "state_then", "away"),
    [
        ("06:04", "not_home", []),
        ("06:20", STATE_UNAVAILABLE, ["Main gate"]),
    ],
)
async def test_terminal_taken_out(
    hass: HomeAssistant, site: Site, until: str, state_then: str, away: list[str]
) -> None:
    """A terminal that is taken out tells nothing, now or after it was away."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    entry = site.gate.entry
    assert state(hass, "presence").state == "not_home"
    assert await hass.config_entries.async_unload(entry.entry_id)
    await site.at(f"2026-11-02 {until}")
    assert state(hass, "presence").state == state_then
    assert terminals_away(hass) == away
    await hass.config_entries.async_remove(entry.entry_id)
    await site.syncid.settle()
    assert state(hass, "presence").state == STATE_UNAVAILABLE
    assert terminals_away(hass) == []


async def test_site_reloads_while_a_terminal_is_away(
    hass: HomeAssistant, site: Site
) -> None:
    """No timer outlives the site that asked for it."""
    assert await hass.config_entries.async_unload(site.gate.entry.entry_id)
    entry = site.syncid.site
    assert await hass.config_entries.async_unload(entry.entry_id)
    await site.at("2026-11-02 07:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert terminals_away(hass) == []


async def call(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Have an action done."""
    await hass.services.async_call(
        "syncid", action, data, blocking=True, return_response=True
    )


def terminals_away(hass: HomeAssistant) -> Any:
    """Return which terminals are said to be away."""
    found = hass.states.get("sensor.syncid_on_site")
    assert found is not None
    return found.attributes["terminals_away"]
