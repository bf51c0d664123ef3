"""Actions on attendance: what is told of days, what humans say, rolls, and exports."""

import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
import os
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from openpyxl import load_workbook
import pytest

from custom_components.syncid.actions import attendance as attendance_actions
from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
from .kit import OTHER_SERIAL
from .test_attendance_rules import NIGHT, add_shift

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}
TOKEN_2 = "another-token-that-nobody-can-guess"


@pytest.fixture
async def office(site: Site) -> Site:
    """Return a site that works from eight to four, and knows Amina and Bruno."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001", external_id="17", groups=["Lab"])
    await site.add("Bruno", "1002")
    return site


async def refused(site: Site, action: str, **data: Any) -> str | None:
    """Return the key of the error that an action is refused with."""
    with pytest.raises(HomeAssistantError) as raised:
        await site.call(action, **data)
    return raised.value.translation_key


# --- what is told ---------------------------------------------------------------------


async def test_get_attendance(office: Site) -> None:
    """Days of a person, of a group, or of all, with hours and reasons."""
    await office.at("2026-11-02 12:00")
    await office.punch("1001", "2026-11-02 08:17:00")
    told = await office.call("get_attendance", groups=["lab"])
    (mark,) = told["marks"]
    assert {
        key: mark[key]
        for key in (
            "person",
            "external_id",
            "date",
            "status",
            "final",
            "presence",
            "first_in",
            "last_out",
            "late_by",
            "on_site",
        )
    } == {
        "person": "Amina",
        "external_id": "17",
        "date": "2026-11-02",
        "status": "late",
        "final": False,
        "presence": "in",
        "first_in": "2026-11-02T08:17:00-08:00",
        "last_out": None,
        "late_by": 17 * 60,
        "on_site": True,
    }
    assert mark["hours"] == pytest.approx(3.74, abs=0.02)
    assert mark["reasons"][0] == {
        "key": "late",
        "first_in": "08:17",
        "start": "08:00",
        "grace": "10",
    }
    assert mark["why"].startswith("late: first in 08:17, start 08:00, grace 10 min")
    await office.at("2026-11-03 12:00")
    told = await office.call("get_attendance", start="2026-11-02", end="2026-11-03")
    assert [(one["date"], one["person"]) for one in told["marks"]] == [
        (f"2026-11-0{day}", name) for day in (2, 3) for name in ("Amina", "Bruno")
    ]
    told = await office.call("get_attendance", person=["17"], end="2026-11-02")
    assert [one["date"] for one in told["marks"]] == ["2026-11-02"]


async def test_get_who_is_back_in(office: Site) -> None:
    """Who went and is back has no check-out yet: their hours run on."""
    await office.at("2026-11-02 14:00")
    for time, status in (("08:00:00", 0), ("12:00:00", 1), ("13:00:00", 0)):
        await office.punch("1001", f"2026-11-02 {time}", status=status)
    (mark,) = (await office.call("get_attendance", person="Amina"))["marks"]
    assert (mark["presence"], mark["last_out"]) == ("in", None)
    assert mark["running_since"] is not None
    assert mark["hours"] > 5
    await office.punch("1001", "2026-11-02 14:00:00", status=1)
    (mark,) = (await office.call("get_attendance", person="Amina"))["marks"]
    assert mark["last_out"] == "2026-11-02T14:00:00-08:00"


async def test_get_tells_the_shift(office: Site, hass: HomeAssistant) -> None:
    """Shifts are told by their names, wherever marks are."""
    await add_shift(hass, office, **NIGHT, groups=["Lab"], persons=[])
    told = await office.call("get_attendance")
    shifts = {one["person"]: one["shift"] for one in told["marks"]}
    assert shifts == {"Amina": "Night", "Bruno": None}
    told = await office.call(
        "mark_attendance", person="Amina", mark="excused", why="is ill"
    )
    assert [one["shift"] for one in told["marks"]] == ["Night"]


async def test_get_by_who_is_no_admin(
    hass: HomeAssistant, office: Site, hass_read_only_user: Any
) -> None:
    """Why somebody is away, and their number, only admins and automations hear."""
    await office.call("mark_attendance", person="Amina", mark="on_leave", why="cancer")
    told = await hass.services.async_call(
        DOMAIN,
        "get_attendance",
        {"person": ["Amina"]},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_read_only_user.id),
    )
    assert told is not None
    marks: Any = told["marks"]
    (mark,) = marks
    assert mark["status"] == "on_leave"
    assert {"why", "reasons", "external_id"}.isdisjoint(mark)
    assert "cancer" not in repr(told)
    assert "cancer" in repr(await office.call("get_attendance"))


async def test_get_too_many(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told more at once than can be held in a response."""
    monkeypatch.setattr(attendance_actions, "_MOST_MARKS", 1)
    await office.at("2026-11-02 12:00")
    assert await refused(office, "get_attendance") == "marks_too_many"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"start": "2026-11-02", "end": "2026-11-01"}, "dates_range"),
        ({"start": "2024-11-02"}, "dates_range"),
        ({"groups": ["nobody"]}, "people_group_unknown"),
        ({"person": ["nobody"]}, "person_unknown"),
    ],
)
async def test_get_refused(office: Site, data: dict[str, Any], key: str) -> None:
    """What cannot be meant is refused."""
    assert await refused(office, "get_attendance", **data) == key


# --- what humans say ------------------------------------------------------------------


async def test_mark_by_hand(
    hass: HomeAssistant, office: Site, hass_admin_user: Any
) -> None:
    """A human's word holds until it is taken back, and says who, when and why."""
    await office.punch("1001", "2026-11-02 07:50:00")
    office.told()
    data = {"person": ["Amina", "17"], "why": " was seen at the door "}
    await hass.services.async_call(
        DOMAIN,
        "mark_attendance",
        {**data, "mark": "excused", "date": "2026-11-02"},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert office.told() == [("Amina", "2026-11-02", "present", "excused", False)]
    assert (
        office.mark()
        .explain()
        .startswith(
            f"excused: so marked by {hass_admin_user.name}: was seen at the door; present:"
        )
    )
    await office.call("mark_attendance", **data, mark="late")
    assert office.mark().status == "late"
    told = await office.call("mark_attendance", **data, mark="by_punches")
    assert [one["status"] for one in told["marks"]] == ["present"]
    # At once: of the words in between nobody hears.
    assert office.told()[-1][2:4] == ("late", "present")
    assert "corrected" not in office.mark().flags
    told = await office.call("mark_attendance", **data, mark="by_punches")
    assert told == {"marks": []}
    rows = office.syncid.in_file('SELECT kind, "by" FROM corrections ORDER BY number')
    assert rows == [
        ("mark", hass_admin_user.name),
        ("mark", "Home Assistant"),
        ("revoke", "Home Assistant"),
        ("revoke", "Home Assistant"),
    ]


async def test_mark_a_group(office: Site) -> None:
    """A class that is on a trip is marked at once; nobody, or all, is not."""
    trip = {"mark": "excused", "why": "trip"}
    await office.add("Chen", groups=["lab"])
    told = await office.call("mark_attendance", groups=["LAB"], **trip)
    assert {one["person"] for one in told["marks"]} == {"Amina", "Chen"}
    assert office.mark("Bruno").status == "expected"
    nobody: list[dict[str, Any]] = [{}, {"person": []}]
    for whom in nobody:
        assert await refused(office, "mark_attendance", **whom, **trip) == (
            "nobody_named"
        )


async def test_leave_by_a_humans_word_in_payroll(office: Site) -> None:
    """On leave nothing is owed, whoever says so."""
    await office.call("add_leave", person="Amina", start="2026-11-02")
    await office.call(
        "mark_attendance", person="Bruno", mark="on_leave", date="2026-11-02", why="ill"
    )
    await office.minute()
    assert [office.mark(name).owed for name in ("Amina", "Bruno")] == [0, 0]
    assert office.mark("Bruno").explain().startswith("on_leave: so marked by ")
    assert "on leave: " not in office.mark("Bruno").explain()


async def test_mark_in_the_future(office: Site) -> None:
    """Nobody is marked for a moment that has not come, but for a clock that is fast."""
    await office.at("2026-11-02 10:00")
    data = {"person": "Amina", "mark": "excused", "why": "slip"}
    for time in ("2026-11-02 10:07:00", "2027-03-01 08:00:00"):
        error = await refused(office, "mark_attendance", **data, time=time)
        assert error == "mark_in_future"
    assert office.mark().status == "expected"
    await office.call("mark_attendance", **data, time="2026-11-02 10:04:00")
    assert office.mark().status == "excused"
    # Who will be away is marked by the date.
    await office.call("mark_attendance", **data, date="2026-11-03")


async def test_add_punch(office: Site, hass: HomeAssistant) -> None:
    """Who forgot to punch has it added; the terminal's punches stay as they are."""
    await office.punch("1001", "2026-11-02 07:50:00")
    await office.at("2026-11-02 17:00")
    told = await office.call(
        "add_punch",
        person="Amina",
        time="2026-11-02 16:10:00",
        direction="check_out",
        why="forgot",
    )
    (mark,) = told["marks"]
    assert (mark["presence"], mark["last_out"]) == ("left", "2026-11-02T16:10:00-08:00")
    assert "punches corrected by Home Assistant: forgot" in mark["why"]
    assert len(await office.syncid.stored()) == 1
    data = {"person": "Amina", "why": "forgot"}
    assert (
        await refused(office, "add_punch", **data, time="2026-11-02 23:00:00")
        == "punch_in_future"
    )
    slip = {**data, "time": "1926-11-02 16:10:00"}
    assert await refused(office, "add_punch", **slip) == "date_far_away"
    for date in ("1926-11-02", "2062-11-02"):
        slip = {**data, "mark": "present", "date": date}
        assert await refused(office, "mark_attendance", **slip) == "date_far_away"


async def test_void_and_turn_punches(office: Site) -> None:
    """A punch by mistake counts no more, nor one that was added; another is turned."""
    await office.punch("1001", "2026-11-01 21:50:00")
    await office.at("2026-11-02 17:00")
    for time in ("07:50:00", "12:00:00"):
        await office.punch("1001", f"2026-11-02 {time}")
    about = {"person": "Amina", "why": "mistake"}
    noon = {**about, "time": "2026-11-02 12:00:00"}
    evening = {**about, "time": "2026-11-02 16:10:00"}
    await office.call("add_punch", **evening, direction="check_out")
    assert office.mark().presence == "left"
    (mark,) = (await office.call("void_punch", **evening))["marks"]
    assert mark["last_out"] == "2026-11-02T12:00:00-08:00"
    told = await office.call("set_direction", **noon, direction="check_in")
    assert [one["presence"] for one in told["marks"]] == ["in"]
    morning = {**about, "time": "2026-11-02 07:50:00"}
    told = await office.call("void_punch", **morning, device_id=office.gate.device_id)
    assert [one["first_in"] for one in told["marks"]] == ["2026-11-02T12:00:00-08:00"]
    assert len(await office.syncid.stored()) == 3
    nothing = {**about, "time": "2026-11-02 12:00:01"}
    assert await refused(office, "void_punch", **nothing) == "punch_unknown"


async def test_add_punch_in_another_zone(office: Site, hass: HomeAssistant) -> None:
    """At a terminal elsewhere the punch is added as its wall clock had it."""
    other = await office.syncid.add_push_device(
        OTHER_SERIAL, token=TOKEN_2, webhook_id="5ecb" * 16, time_zone="Asia/Karachi"
    )
    await office.add("Chen", "7")
    await office.map("Chen", "7", other)
    told = await office.call(
        "add_punch",
        person="Chen",
        time="2026-11-01T19:30:00-08:00",
        device_id=other.device_id,
        why="card left at home",
    )
    (mark,) = told["marks"]
    assert (mark["date"], mark["status"]) == ("2026-11-02", "late")
    await hass.config_entries.async_remove(other.entry.entry_id)
    await office.syncid.settle()
    assert (await office.mark_on("2026-11-02", "Chen")).status == "late"


async def test_add_punch_where_nothing_is_read(
    office: Site, hass: HomeAssistant
) -> None:
    """At a terminal that is disabled, the time is by Home Assistant's clock."""
    device_id = office.gate.device_id
    await hass.config_entries.async_set_disabled_by(
        office.gate.entry.entry_id, ConfigEntryDisabler.USER
    )
    told = await office.call(
        "add_punch",
        person="Amina",
        time="2026-11-02 05:55:00",
        device_id=device_id,
        why="forgot",
    )
    (mark,) = told["marks"]
    assert (mark["status"], mark["first_in"]) == (
        "present",
        "2026-11-02T05:55:00-08:00",
    )


async def test_only_admins(
    hass: HomeAssistant, office: Site, hass_read_only_user: Any
) -> None:
    """Who may not change things cannot say what a day was, nor take lists away."""
    for action, data in (
        ("mark_attendance", {"person": "Amina", "mark": "present", "why": "x"}),
        ("export", {}),
        ("remove_person", {"person": "Amina"}),
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                return_response=True,
                context=Context(user_id=hass_read_only_user.id),
            )


# --- the roll -------------------------------------------------------------------------


async def test_roll_call(office: Site, hass: HomeAssistant) -> None:
    """Who is in, where each was seen last, and who else may be there."""
    assert (await office.call("get_roll_call"))["count"] == 0
    area = ar.async_get(hass).async_create("Hall")
    dr.async_get(hass).async_update_device(office.gate.device_id, area_id=area.id)
    await office.at("2026-11-02 08:00")
    for user_id in ("1001", "1002", "99"):
        await office.punch(user_id)
    await office.at("2026-11-02 09:00")
    await office.punch("1002")
    told = await office.call("get_roll_call")
    (amina,) = told["people"]
    assert told["time"] == "2026-11-02T09:01:01-08:00"
    assert (told["count"], told["areas"]) == (1, [{"area": "Hall", "count": 1}])
    assert amina == {
        "person_id": office.person_id("Amina"),
        "person": "Amina",
        "external_id": "17",
        "kind": "staff",
        "groups": ["Lab"],
        "presence": "in",
        "not_checked_out": False,
        "since": "2026-11-02T08:01:01-08:00",
        "last_seen": "2026-11-02T08:01:01-08:00",
        "device": "Main gate",
        "area": "Hall",
    }
    assert told["unknown_users"] == [
        {"device": "Main gate", "area": "Hall", "user_id": "99", "user_name": None}
    ]
    await hass.config_entries.async_remove(office.gate.entry.entry_id)
    (amina,) = (await office.call("get_roll_call", person="Amina"))["people"]
    assert (amina["device"], amina["area"]) == ("GATEWAY-1", None)
    await office.at("2026-11-04 08:00")
    assert (await office.call("get_roll_call"))["unknown_users"] == []


async def test_roll_call_of_who_is_marked_absent(office: Site) -> None:
    """Who was marked absent by mistake, and is in the building, is called."""
    await office.at("2026-11-02 08:00")
    await office.punch("1001")
    await office.at("2026-11-02 09:00")
    await office.call("mark_attendance", person="Amina", mark="absent", why="mistaken")
    assert office.mark().status == "absent"
    assert (await office.call("get_roll_call"))["count"] == 1


async def test_roll_call_of_who_is_nobody(office: Site) -> None:
    """A user who is nobody is called at once, also one who was seen days ago."""
    for day in (2, 5):
        await office.at(f"2026-11-0{day} 09:00")
        assert (await office.call("get_roll_call"))["unknown_users"] == []
        await office.punch("99")
        told = await office.call("get_roll_call")
        assert [one["user_id"] for one in told["unknown_users"]] == ["99"]


async def test_roll_call_of_who_is_no_admin(
    office: Site, hass: HomeAssistant, hass_read_only_user: Any
) -> None:
    """Of users only admins read by which numbers people are known elsewhere."""
    await office.punch("1001")
    told = await hass.services.async_call(
        DOMAIN,
        "get_roll_call",
        {},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_read_only_user.id),
    )
    assert told is not None
    people: Any = told["people"]
    (amina,) = people
    assert amina["person"] == "Amina"
    assert "external_id" not in amina


async def test_roll_call_after_the_day(office: Site) -> None:
    """Whom nobody saw leave stays on the list for a day, and is marked."""
    await office.at("2026-11-02 15:00")
    await office.punch("1001")
    await office.punch("1002", "2026-11-02 08:00:00")
    await office.punch("1002")
    await office.at("2026-11-03 00:10")
    await office.read_all()
    mark = await office.mark_on("2026-11-02")
    assert (mark.final, mark.presence) == (True, "left")
    sensor = office.hass.states.get("sensor.syncid_on_site")
    assert sensor is not None
    assert (sensor.state, sensor.attributes["not_checked_out"]) == ("1", 1)
    assert office.attendance.async_is_on_site(office.person_id("Amina"))
    told = await office.call("get_roll_call")
    assert (told["count"], told["not_checked_out"]) == (1, 1)
    (amina,) = told["people"]
    assert (amina["person"], amina["presence"]) == ("Amina", "in")
    assert amina["not_checked_out"] is True
    assert amina["last_seen"] == "2026-11-02T15:01:01-08:00"
    await office.at("2026-11-03 08:00")
    await office.punch("1002")
    told = await office.call("get_roll_call")
    assert [(one["person"], one["not_checked_out"]) for one in told["people"]] == [
        ("Amina", True),
        ("Bruno", False),
    ]
    assert len(office.attendance.async_on_site()) == 2
    await office.at("2026-11-03 15:10")
    assert (await office.call("get_roll_call"))["not_checked_out"] == 0
    # Nothing happened but that time went by: the sensor is told all the same.
    sensor = office.hass.states.get("sensor.syncid_on_site")
    assert sensor is not None
    assert (sensor.state, sensor.attributes["not_checked_out"]) == ("1", 0)
    assert not office.attendance.async_is_on_site(office.person_id("Amina"))


async def test_marked_absent_is_not_inside(office: Site) -> None:
    """A human who says that somebody was not there is believed, but for a fire.

    Whose punches say that they came is called all the same.
    """
    await office.at("2026-11-02 15:00")
    await office.punch("1001")
    await office.at("2026-11-03 00:10")
    await office.read_all()
    assert len(office.attendance.async_on_site()) == 1
    await office.call(
        "mark_attendance",
        person="Amina",
        mark="absent",
        date="2026-11-02",
        why="lent the card",
    )
    assert office.attendance.async_on_site() == []
    assert (await office.call("get_roll_call"))["count"] == 1


async def test_drill(office: Site, hass: HomeAssistant) -> None:
    """Who was in when it began is missing until they punch at the assembly point."""
    yard = await office.syncid.add_push_device(
        OTHER_SERIAL, token=TOKEN_2, webhook_id="5ecb" * 16
    )
    for name, user_id in (("Amina", "1001"), ("Bruno", "1002")):
        await office.map(name, user_id, yard)
    await office.add("Chen", "1003")
    for user_id in ("1001", "1002"):
        await office.punch(user_id, "2026-11-02 07:30:00")
    await office.call(
        "add_punch",
        person="Chen",
        time=(dt_util.now() + timedelta(minutes=-20)).isoformat(),
        why="visits",
    )
    await office.at("2026-11-02 10:00")
    started = "2026-11-02 10:00:30"
    await office.punch("1001", "2026-11-02 10:01:00", token=TOKEN_2)
    await office.punch("1002", "2026-11-02 10:01:00")
    await office.call(
        "add_punch", person="Chen", time="2026-11-02 10:00:50", why="seen outside"
    )
    told = await office.call(
        "get_roll_call", drill_started=started, assembly_point=[yard.device_id]
    )
    assert (told["count"], told["accounted"]) == (3, 1)
    assert told["missing"] == ["Bruno", "Chen"]
    assert told["drill_started"] == "2026-11-02T10:00:30-08:00"
    assert [
        (one["person"], one["accounted"], one["accounted_at"]) for one in told["people"]
    ] == [
        ("Amina", True, "2026-11-02T10:01:00-08:00"),
        ("Bruno", False, None),
        ("Chen", False, None),
    ]
    # By the name of the terminal, or of the area where it hangs.
    meadow = ar.async_get(hass).async_create("Meadow", aliases={"Lawn"})
    dr.async_get(hass).async_update_device(
        yard.device_id, area_id=meadow.id, name_by_user="Assembly point"
    )
    for named in ("assembly POINT", OTHER_SERIAL, "Meadow", "lawn"):
        told = await office.call(
            "get_roll_call", drill_started=started, assembly_point=named
        )
        assert told["missing"] == ["Bruno", "Chen"]
    # A terminal that was never set up has no device, and may be named all the same.
    barn = {"token": "t3", "webhook_id": "ba54" * 16, "set_up": False}
    await office.syncid.add_push_device("BARN-1", **barn)  # type: ignore[arg-type]
    told = await office.call(
        "get_roll_call", drill_started=started, assembly_point="barn-1"
    )
    assert told["accounted"] == 0
    # Several terminals may have one name.
    for named, missing in (("Main gate", ["Chen"]), ("GATEWAY-1", ["Amina", "Chen"])):
        told = await office.call(
            "get_roll_call", drill_started=started, assembly_point=[named]
        )
        assert told["missing"] == missing
    about = {"drill_started": started, "assembly_point": ["Cellar"]}
    assert await refused(office, "get_roll_call", **about) == "assembly_unknown"
    about = {"drill_started": "2026-11-02 11:00:00"}
    assert await refused(office, "get_roll_call", **about) == "drill_in_future"
    told = await office.call("get_roll_call", drill_started=started)
    assert told["missing"] == ["Chen"]


async def test_roll_call_in_a_burst(office: Site, hass: HomeAssistant) -> None:
    """The roll knows all that is stored, though no mark was computed yet."""
    people = [f"Pupil {number}" for number in range(40)]
    for number, name in enumerate(people):
        await office.add(name, str(2000 + number))
    await office.at("2026-11-02 08:00")
    time = f"{dt_util.now():%Y-%m-%d %H:%M:%S}"
    async with office.attendance._turn:
        response = await office.client.post(
            "/api/v1/biometric/push-log",
            json={
                "logs": [
                    {"user_id": str(2000 + number), "timestamp": time}
                    for number in range(40)
                ]
            },
            headers={"Authorization": "Bearer a-token-that-nobody-can-guess"},
        )
        assert response.status == 200
        told = await hass.services.async_call(
            DOMAIN, "get_roll_call", {}, blocking=True, return_response=True
        )
        assert office.attendance.async_on_site() == []
    assert told is not None
    assert told["count"] == 40
    await office.syncid.settle()
    assert len(office.attendance.async_on_site()) == 40


# --- exports --------------------------------------------------------------------------


def make_old(name: str, moment: datetime) -> Path:
    """Have a file be as if it was written at a moment; return it."""
    path = Path(name)
    os.utime(path, times=(0, moment.timestamp()))
    return path


async def fetch(
    client: TestClient[Any, Any], told: dict[str, Any]
) -> tuple[bytes, Any]:
    """Return a file that was exported, as who has only its address gets it."""
    response = await client.get(told["url"])
    assert response.status == 200
    return await response.read(), response.headers


async def test_export_csv(office: Site, hass: HomeAssistant) -> None:
    """A list of days, that no spreadsheet takes for a formula."""
    await office.call(
        "update_person", person="Bruno", name='=HYPERLINK("evil")', external_id="-1"
    )
    await office.punch("1001", "2026-11-02 08:17:00")
    told = await office.call("export", format="csv")
    data, headers = await fetch(office.client, told)
    assert headers["Content-Type"] == "text/csv"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"].startswith(
        'attachment; filename="days-2026-11-02-2026-11-02-'
    )
    rows = list(csv.DictReader(StringIO(data.decode("utf-8-sig"))))
    assert [(row["Name"], row["ID number"], row["Mark"]) for row in rows] == [
        ('\'=HYPERLINK("evil")', "'-1", "Expected"),
        ("Amina", "17", "Late"),
    ]
    assert told["days"] == 2


@pytest.mark.parametrize(
    ("data", "title", "row"),
    [
        ({"table": "days", "person": "Amina"}, "Days", ("2026-11-02", "Amina")),
        ({"table": "month"}, "2026-11", ("Amina", "17", "L*")),
        ({"table": "payroll", "groups": ["Lab"]}, "Payroll", ("Amina", "17", 0)),
    ],
)
async def test_export_xlsx(
    office: Site, data: dict[str, Any], title: str, row: tuple[Any, ...]
) -> None:
    """Days, a grid of the month, and totals, as a workbook."""
    await office.punch("1001", "2026-11-02 08:17:00")
    told = await office.call("export", **data)
    file, headers = await fetch(office.client, told)
    assert "spreadsheetml" in headers["Content-Type"]
    sheet: Any = load_workbook(BytesIO(file)).worksheets[0]
    assert sheet.title == title
    first = [cell.value for cell in sheet[2]]
    if title == "2026-11":
        first = [first[0], first[1], first[4]]
    if title == "Days":
        first[0] = str(first[0])[:10]
    assert tuple(first[: len(row)]) == row


async def test_export_of_a_month(office: Site) -> None:
    """What the letters mean is on a page of its own; people have their groups."""
    file, _ = await fetch(office.client, await office.call("export", table="month"))
    pages: list[Any] = load_workbook(BytesIO(file)).worksheets
    month, legend = pages
    head = [cell.value for cell in month[1]]
    assert head[:4] == ["Name", "ID number", "Groups", "1"]
    assert head[-6:] == [
        "Present",
        "Late",
        "Half day",
        "Absent",
        "On leave",
        "Excused",
    ]
    assert [cell.value for cell in month[2]][:3] == ["Amina", "17", "Lab"]
    rows = [tuple(cell.value for cell in row) for row in legend]
    assert {("V", "On leave"), ("E", "Excused"), ("*", "may still change")} <= {*rows}


async def test_export_of_several_months(office: Site) -> None:
    """Each month has a page; a CSV file has room for one alone."""
    await office.punch("1001", "2026-10-30 08:17:00")
    two = {"table": "month", "start": "2026-10-15", "end": "2026-11-01"}
    told = await office.call("export", **two)
    file, _ = await fetch(office.client, told)
    pages: list[Any] = load_workbook(BytesIO(file)).worksheets
    assert [page.title for page in pages] == ["2026-10", "2026-11", "Legend"]
    assert [cell.value for cell in pages[0][2]][32] == "L*"
    assert await refused(office, "export", **two, format="csv") == "export_one_month"
    # By its first day a month is named.
    told = await office.call("export", table="month", start="2026-10-01", format="csv")
    assert told["file"].startswith("syncid_exports/month-2026-10-01-2026-10-31")


async def test_export_in_another_language(hass: HomeAssistant, office: Site) -> None:
    """Heads, marks and letters are in the language of Home Assistant."""
    await office.punch("1001", "2026-11-02 08:17:00")
    await hass.config.async_update(language="es")
    await office.syncid.settle()
    told = await office.call("export", table="month", format="csv")
    text = (await fetch(office.client, told))[0].decode("utf-8-sig")
    assert text.startswith("Nombre,Número de ID,Grupos,1,2,")
    assert ",T*," in text
    assert "\r\n\r\nLetra,Marca\r\n" in text
    assert "\r\nT,Tarde\r\n" in text
    told = await office.call("export", format="csv")
    text = (await fetch(office.client, told))[0].decode("utf-8-sig")
    assert "Primera entrada" in text
    assert ",Tarde,No," in text


async def test_exports_go_by_themselves(office: Site, hass: HomeAssistant) -> None:
    """After a week an export is gone, though nobody exports again."""
    told = await office.call("export", format="csv")
    path = make_old(hass.config.path(told["file"]), dt_util.utcnow())
    for day, is_there in ((3, True), (10, False)):
        await office.at(f"2026-11-{day:02} 12:00")
        assert path.exists() is is_there


async def test_address_of_an_export(
    office: Site, hass: HomeAssistant, hass_client: Any
) -> None:
    """Nothing is given without the whole address, and nothing but exports."""
    told = await office.call("export", format="csv")
    path = told["url"].partition("?")[0]
    assert (await office.client.get(path)).status == 401
    assert told["file"].startswith("syncid_exports/days-")
    client = await hass_client()
    assert (await client.get(path)).status == 200
    for name in ("secrets.yaml", f"days-{'0' * 32}.csv"):
        assert (await client.get(f"/api/syncid/exports/{name}")).status == 404
    await office.at("2026-11-02 06:30")
    assert (await office.client.get(told["url"])).status == 401


async def test_old_exports_go(office: Site, hass: HomeAssistant) -> None:
    """With the next export, those that are older than a week are deleted."""
    files = [
        Path(hass.config.path((await office.call("export", format="csv"))["file"]))
        for _ in range(2)
    ]
    week_ago = dt_util.utcnow() - timedelta(days=7, seconds=1)
    os.utime(files[0], times=(0, week_ago.timestamp()))
    await office.call("export", format="csv")
    assert await hass.async_add_executor_job(
        lambda: [file.exists() for file in files]
    ) == [False, True]


async def test_export_that_cannot_be_written(office: Site, hass: HomeAssistant) -> None:
    """An admin hears why there is no file."""
    await hass.async_add_executor_job(
        Path(hass.config.path("syncid_exports")).write_text, "in the way"
    )
    assert await refused(office, "export") == "file_not_written"
