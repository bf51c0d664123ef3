"""Corners of attendance, through what people use: actions, events, blueprints."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.const import CONF_ENTITY_PERSONS
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL
from .test_attendance_actions import fetch
from .test_attendance_holidays import calendar
from .test_attendance_rules import add_shift, enter_rules

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}
OTHER_TOKEN = "another-token-that-nobody-can-guess"


# --- plans ----------------------------------------------------------------------------


async def test_holiday_of_today_that_is_added_in_the_morning(
    hass: HomeAssistant, site: Site
) -> None:
    """Snow: what is put into the calendar in the morning is a holiday at closeout."""
    await site.add("Amina", "1001")
    events: list[dict[str, str]] = []
    calendar(hass, events)
    hass.states.async_set("calendar.holidays", "off")
    await enter_rules(
        hass,
        site,
        times={"start_time": "08:00:00", "end_time": "16:00:00"},
        holidays="calendar.holidays",
    )
    await site.minute()
    events.append({"start": MONDAY, "end": "2026-11-03", "summary": "Snow"})
    hass.states.async_set("calendar.holidays", "on", {"message": "Snow"})
    await site.at("2026-11-02 16:30")
    site.told()
    await site.read_all()
    assert site.mark().status == "holiday"
    assert [one[3] for one in site.told() if one[3] == "absent"] == []


async def test_leave_tells_its_part(site: Site) -> None:
    """Which half of the day somebody is away can be read back."""
    await site.add("Amina", "1001")
    part = {"from_time": "08:00:00", "until_time": "12:00:00"}
    await site.call("add_leave", person="Amina", start=MONDAY, **part)
    (told,) = (await site.call("get_leave", person="Amina"))["leave"]
    assert "08:00" in repr(told)
    assert "12:00" in repr(told)


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


async def test_leave_of_a_group_is_not_taken_back_silently(site: Site) -> None:
    """Who is away by the group's leave is not said to be back, and is not."""
    await site.add("Amina", "1001", groups=["7b"])
    await site.call("add_leave", groups=["7b"], start=MONDAY)
    try:
        told = await site.call("remove_leave", person="Amina", start=MONDAY)
    except HomeAssistantError:
        return
    await site.minute()
    assert told["leave"]
    assert site.mark().status == "expected"
