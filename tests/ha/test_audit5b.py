"""Corners of attendance, through what people use: actions, events, blueprints."""

import asyncio
import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.syncid.const import CONF_ENTITY_PERSONS
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL, SyncIDKit
from .test_attendance_actions import fetch
from .test_attendance_rules import add_shift
from .test_blueprints import HEAD, PARENT, Messages, _automations_end, messages, use  # noqa: F401

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}
OTHER_TOKEN = "another-token-that-nobody-can-guess"


async def absent_on_monday(site: Site) -> None:
    """Have Amina be absent on Monday for good."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001", groups=["7b"])
    await site.at("2026-11-03 00:30")
    await site.read_all()
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("absent", True)


# --- what the bus is told -------------------------------------------------------------


@pytest.mark.parametrize("days_later", [1, 2, 3])
async def test_leave_of_a_past_day_is_told(site: Site, days_later: int) -> None:
    """Who hands in a leave later is not absent: a mark that changed, and the bus says so."""
    await absent_on_monday(site)
    await site.at(f"2026-11-0{2 + days_later} 09:00")
    site.told()
    await site.call("add_leave", person="Amina", start=MONDAY, note="ill")
    assert (await site.mark_on(MONDAY)).status == "on_leave"
    assert ("Amina", MONDAY, "absent", "on_leave", True) in site.told()


async def test_mapping_of_a_past_day_is_told(site: Site) -> None:
    """Whose number was not mapped was there: the bus says so of a day two days ago."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.at("2026-11-02 07:55")
    await site.punch("2001")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    assert (await site.mark_on(MONDAY)).status == "absent"
    await site.at("2026-11-04 09:00")
    site.told()
    await site.map("Amina", "2001")
    assert (await site.mark_on(MONDAY)).status == "present"
    assert ("Amina", MONDAY, "absent", "present", True) in site.told()


async def test_absence_is_taken_back_by_leave(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,  # noqa: F811
) -> None:
    """Who was told of an absence is told of the leave that came two days later."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await absent_on_monday(site)
    assert messages.take() == [([HEAD], f"Amina was absent on {MONDAY}.")]
    await site.at("2026-11-04 09:00")
    messages.take()
    await site.call("add_leave", person="Amina", start=MONDAY, note="ill")
    assert messages.take() == [
        ([HEAD], f"Amina was not absent on {MONDAY}, but on leave.")
    ]


# --- blueprints -----------------------------------------------------------------------


async def test_contact_of_a_group_in_another_case(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,  # noqa: F811
) -> None:
    """A group is one however it is written: also where it has a contact."""
    await use(
        hass,
        "late_arrival",
        contacts=[{"who": "7B", "notify": PARENT}],
        groups=["7B"],
    )
    await site.rule(**EIGHT)
    await site.add("Amina", "1001", groups=["7b"])
    await site.at("2026-11-02 08:30")
    await site.punch("1001")
    assert [whom for whom, _ in messages.take()] == [[PARENT]]


async def test_never_told_absence_is_not_taken_back(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,  # noqa: F811
) -> None:
    """Of an absence that nobody was told of, nobody is told that it was none."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.at("2026-11-02 09:00")
    await site.call("mark_attendance", person="Amina", mark="absent", why="called in")
    assert messages.take() == []
    await site.at("2026-11-02 09:30")
    await site.punch("1001")
    assert messages.take() == []


async def test_weekly_summary_of_two_of_one_name(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,  # noqa: F811
) -> None:
    """Two people of one name are two in the summary."""
    await site.rule(**EIGHT, workdays=["mon"])
    await site.add("Amina", None, external_id="1")
    await site.add("Amina", None, external_id="2")
    await site.map("1", "1")
    await site.map("2", "2")
    await site.at("2026-11-09 06:50")
    await site.read_all()
    await use(hass, "weekly_summary", told=[HEAD])
    await site.at("2026-11-09 07:00")
    ((_, text),) = messages.take_all()
    assert text.splitlines() == ["Absent: 2 (Amina, Amina)"]


async def test_terminal_offline_and_unavailable(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    messages: Messages,  # noqa: F811
    impatient: None,
) -> None:
    """A terminal that is off, and then unavailable, is offline once, and back once."""
    gate = await syncid.add_terminal()
    entity_id = gate.entity_id("binary_sensor", "connectivity")
    await use(
        hass,
        "terminal_offline",
        terminals=[entity_id],
        told=[HEAD],
        wait={"minutes": 10},
    )
    gate.vanish()
    await syncid.wait_online(gate, False)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=11))
    await syncid.wait_until(lambda: messages.calls)
    assert len(messages.take()) == 1
    # As while its entry is set up anew; the automation goes on meanwhile.
    hass.states.async_set(entity_id, "unavailable")
    await asyncio.sleep(0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=22))
    for _ in range(50):
        await asyncio.sleep(0)
    hass.states.async_set(entity_id, "on")
    await syncid.wait_until(
        lambda: any("back" in call.data["message"] for call in messages.calls)
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert messages.take() == [([HEAD], "Main gate is back.")]


# --- plans ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["off", "usual"])
async def test_shift_that_is_called_as_no_shift(
    hass: HomeAssistant, site: Site, name: str
) -> None:
    """A shift that a rota could not name is refused, or can be planned."""
    result = await add_shift(
        hass, site, name=name, times={"start_time": "14:00:00", "end_time": "22:00:00"}
    )
    if result["type"] == "form":
        return
    await site.add("Amina", "1001")
    await site.call("set_rota", person="Amina", start=MONDAY, shift=name)
    plan = site.attendance.async_plan(site.person_id("Amina"), site.attendance.today)
    assert plan.shift.name == name


async def test_half_leave_of_a_night_by_rota(hass: HomeAssistant, site: Site) -> None:
    """A group's rota of a night, and leave of one for its first half."""
    await site.rule(**EIGHT)
    await add_shift(
        hass,
        site,
        name="Night",
        times={"start_time": "22:00:00", "end_time": "06:00:00"},
    )
    await site.add("Amina", "1001", groups=["Crew"])
    await site.add("Bruno", "1002", groups=["Crew"])
    await site.call("set_rota", groups=["crew"], start=MONDAY, shift="Night")
    await site.call("set_rota", groups=["crew"], start="2026-11-03", shift="off")
    part = {"from_time": "22:00:00", "until_time": "02:00:00"}
    await site.call("add_leave", person="Amina", start=MONDAY, **part)
    await site.at("2026-11-03 01:55")
    await site.punch("1001")
    await site.punch("1002")
    await site.at("2026-11-03 06:03")
    await site.punch("1001")
    await site.at("2026-11-03 18:30")
    await site.read_all()
    amina, bruno = await site.mark_on(MONDAY), await site.mark_on(MONDAY, "Bruno")
    assert (amina.status, amina.final, amina.owed) == ("present", True, 4 * 3600)
    assert amina.worked // 60 == 4 * 60 + 8 - 1 or amina.worked // 60 == 4 * 60 + 8
    assert (bruno.status, bruno.late_by // 3600) == ("late", 3)
    assert "missing_out" in bruno.flags


# --- who a user is --------------------------------------------------------------------


async def test_import_swaps_users(hass: HomeAssistant, site: Site) -> None:
    """An import that gives each the other's number marks both days anew."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001", external_id="1")
    await site.add("Bruno", "1002", external_id="2")
    await site.at("2026-11-02 07:55")
    await site.punch("1001")
    await site.at("2026-11-02 09:00")
    await site.punch("1002")
    assert [site.mark(one).status for one in ("Amina", "Bruno")] == ["present", "late"]
    path = Path(hass.config.path("people.csv"))
    text = "Name;ID number;User IDs\nAmina;1;1002\nBruno;2;1001\n"
    await hass.async_add_executor_job(path.write_text, text)
    told = await site.call("import_people", file="people.csv")
    assert told["done"]
    assert [site.mark(one).status for one in ("Amina", "Bruno")] == ["late", "present"]
    people = (await site.call("get_people"))["people"]
    assert {one["name"]: [u["user_id"] for u in one["users"]] for one in people} == {
        "Amina": ["1002"],
        "Bruno": ["1001"],
    }


async def test_unmapped_and_mapped_to_another(site: Site) -> None:
    """What a number punched goes with it: to nobody, and to who has it then."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.at("2026-11-02 07:55")
    await site.punch("1001")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    statuses = [(await site.mark_on(MONDAY, one)).status for one in ("Amina", "Bruno")]
    assert statuses == ["present", "absent"]
    gate = [site.gate.device_id]
    await site.call("unmap_user", device_id=gate, user_id="1001")
    marks = await site.all_marks()
    amina = marks.get((site.person_id("Amina"), MONDAY))
    assert amina is None or amina.status not in ("present", "absent")
    await site.map("Bruno", "1001")
    assert (await site.mark_on(MONDAY, "Bruno")).status == "present"
    await site.call(
        "mark_attendance", person="Bruno", mark="absent", date=MONDAY, why="x"
    )
    await site.call(
        "mark_attendance", person="Bruno", mark="by_punches", date=MONDAY, why="y"
    )
    assert (await site.mark_on(MONDAY, "Bruno")).status == "present"


# --- terminals ------------------------------------------------------------------------


async def test_disabled_before_it_delivered(hass: HomeAssistant, site: Site) -> None:
    """Of two terminals one is disabled before it tells; enabled, it opens the day again."""
    await site.rule(**EIGHT)
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await site.add("Amina", "1001")
    await site.map("Amina", "1001", other)
    await site.at("2026-11-03 00:30")
    await site.read_all()
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("expected", False)
    await hass.config_entries.async_set_disabled_by(
        other.entry.entry_id, ConfigEntryDisabler.USER
    )
    await site.syncid.settle()
    await site.read_all()
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("absent", True)
    site.told()
    await hass.config_entries.async_set_disabled_by(other.entry.entry_id, None)
    await site.syncid.settle()
    await site.push(
        {"user_id": "1001", "timestamp": f"{MONDAY} 08:00:00"}, token=OTHER_TOKEN
    )
    await site.push(token=OTHER_TOKEN)
    await site.minute()
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("present", True)
    changes = [one[2:4] for one in site.told() if one[1] == MONDAY]
    assert changes[0][0] == "absent"
    assert changes[-1][1] == "present"


async def test_terminal_that_is_new_takes_no_absence_back(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,  # noqa: F811
) -> None:
    """That a day is open again, as a terminal is asked that was not, is no presence."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await absent_on_monday(site)
    assert messages.take() == [([HEAD], f"Amina was absent on {MONDAY}.")]
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await site.map("Amina", "1001", other)
    await site.minute()
    assert messages.take() == []
    await site.push(token=OTHER_TOKEN)
    await site.minute()
    assert (await site.mark_on(MONDAY)).status == "absent"
    assert messages.take() == []


# --- erasing --------------------------------------------------------------------------


async def test_no_state_names_who_is_erased(hass: HomeAssistant, site: Site) -> None:
    """No state, and no issue, names who was erased."""
    await site.rule(**EIGHT)
    person_id = await site.add("Zuleikha", "1001", groups=["7b"])
    await site.add("Bruno", "1002", groups=["7b"])
    await site.rule(**EIGHT, **{CONF_ENTITY_PERSONS: [person_id]})
    await hass.config_entries.async_reload(site.syncid.site.entry_id)
    await site.at("2026-11-02 08:20")
    await site.punch("1001")
    await site.call("add_leave", person="Zuleikha", start="2026-11-05")
    assert "Zuleikha" in repr([one.as_dict() for one in hass.states.async_all()])
    told = await site.call("remove_person", person="Zuleikha")
    await site.minute()
    states: Any = repr([one.as_dict() for one in hass.states.async_all()])
    assert "Zuleikha" not in states
    assert person_id not in states
    assert "Zuleikha" not in repr([*ir.async_get(hass).issues.values()])
    assert told["deleted"]
    assert (await site.call("get_leave"))["leave"] == []


# --- exports --------------------------------------------------------------------------


async def test_payroll_of_leave_in_the_middle(site: Site) -> None:
    """An hour of leave in the middle of the day, punched out and in, is no overtime."""
    await site.rule(**EIGHT, overtime="hours")
    await site.add("Amina", "1001")
    part = {"from_time": "10:00:00", "until_time": "11:00:00"}
    await site.call("add_leave", person="Amina", start=MONDAY, **part)
    for time in ("08:00", "10:00", "11:00", "16:00"):
        await site.at(f"2026-11-02 {time}")
        await site.punch("1001")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    told = await site.call(
        "export", table="payroll", format="csv", start=MONDAY, end=MONDAY
    )
    data, _ = await fetch(site.client, told)
    (row,) = csv.DictReader(StringIO(data.decode("utf-8-sig")))
    hours = {head.casefold(): value for head, value in row.items()}
    overtime = [value for head, value in hours.items() if "overtime" in head]
    assert [float(one or 0) for one in overtime] == [0.0], row
