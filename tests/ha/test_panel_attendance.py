"""Attendance and people, as the panel is told of them."""

from datetime import time as Time
import errno
from io import BytesIO
from types import MappingProxyType
from typing import Any, cast

from openpyxl import load_workbook
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.syncid.attendance.drill import DATA_DRILLS, Drills
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL, KitDevice
from .test_panel import ask, panel, refused

__all__ = ["panel"]

GATEWAY = "GATEWAY-1"
OTHER_TOKEN = "another-token-that-nobody-can-guess"
NINE = {"start_time": "09:00", "end_time": "17:00"}


@pytest.fixture
async def office(site: Site) -> Site:
    """Return a site where three people came on a Monday, one of them late."""
    await site.rule(**NINE)
    for name, user_id, group in (
        ("Amina", "1001", "Office"),
        ("Bruno", "1002", "Office"),
        ("Chen", "1003", "Yard"),
    ):
        await site.add(name, user_id, external_id=user_id, groups=[group])
    await site.at(f"{MONDAY} 17:05")
    for user_id, time in (("1001", "08:55"), ("1002", "09:20"), ("1001", "17:05")):
        await site.punch(user_id, f"{MONDAY} {time}:00")
    return site


# --- days -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, ["Amina", "Bruno", "Chen"]),
        ({"descending": True}, ["Chen", "Bruno", "Amina"]),
        ({"sort": "status"}, ["Chen", "Amina", "Bruno"]),
        ({"sort": "first_in"}, ["Amina", "Bruno", "Chen"]),
        ({"sort": "last_out"}, ["Amina", "Bruno", "Chen"]),
        ({"sort": "hours", "descending": True}, ["Amina", "Bruno", "Chen"]),
        ({"sort": "late_minutes", "descending": True}, ["Bruno", "Amina", "Chen"]),
        ({"status": "late"}, ["Bruno"]),
        ({"group": "yard"}, ["Chen"]),
        ({"search": "1002"}, ["Bruno"]),
        ({"serial": GATEWAY}, ["Amina", "Bruno", "Chen"]),
        ({"serial": OTHER_SERIAL}, []),
        ({"offset": 1, "limit": 1}, ["Bruno"]),
    ],
)
async def test_days(
    office: Site, panel: Any, said: dict[str, Any], names: list[str]
) -> None:
    """The list of a day, filtered and sorted by the server."""
    page = await ask(panel, "attendance/days", date=MONDAY, **said)
    assert [row["person"] for row in page["days"]] == names
    assert page["groups"] == ["Office", "Yard"]


async def test_day_row(office: Site, panel: Any) -> None:
    """What a line says; the counts are of all, whatever mark is looked for."""
    page = await ask(panel, "attendance/days", date=MONDAY, status="late")
    assert page["counts"] == {"present": 1, "late": 1, "expected": 1}
    (row,) = page["days"]
    assert row.pop("person_id")
    assert row.pop("hours") > 7
    assert row == {
        "person": "Bruno",
        "external_id": "1002",
        "groups": ["Office"],
        "date": MONDAY,
        "status": "late",
        "final": False,
        "presence": "in",
        "first_in": f"{MONDAY}T09:20:00-08:00",
        "last_out": None,
        "late_minutes": 20,
        "overtime_minutes": 0,
        "flags": [],
    }


async def test_back_in(office: Site, panel: Any) -> None:
    """Who went and is back has not gone yet: their hours run on from the first in."""
    for user_id, time in (("1003", "08:00"), ("1003", "12:00"), ("1003", "13:00")):
        await office.punch(user_id, f"{MONDAY} {time}:00", status=int(time == "12:00"))
    page = await ask(panel, "attendance/days", date=MONDAY, sort="last_out")
    *_, row = page["days"]
    assert [one["person"] for one in page["days"]] == ["Amina", "Bruno", "Chen"]
    assert row["first_in"] == f"{MONDAY}T08:00:00-08:00"
    assert (row["last_out"], row["presence"]) == (None, "in")
    assert row["hours"] > 9
    # The file says what the page says.
    kept = await ask(
        panel, "attendance/export", table="days", date=MONDAY, search="chen"
    )
    response = await office.client.get(kept["url"])
    (sheet,) = load_workbook(BytesIO(await response.read())).worksheets
    head, cells = sheet.iter_rows(values_only=True)
    told = dict(zip(head, cells, strict=True))
    assert (told["First in"], told["Last out"]) == (Time(8), None)
    assert told["Hours worked"] == row["hours"]
    await office.punch("1003", f"{MONDAY} 14:00:00", status=1)
    page = await ask(panel, "attendance/days", date=MONDAY, sort="last_out")
    row, *_ = page["days"]
    assert (row["person"], row["hours"]) == ("Chen", 6)
    assert row["last_out"] == f"{MONDAY}T14:00:00-08:00"


async def test_month(office: Site, panel: Any) -> None:
    """A grid of statuses, and how many were late on which day."""
    page = await ask(panel, "attendance/month", month="2026-11-17")
    assert (page["month"], page["weekday"], page["length"]) == ("2026-11-01", 6, 30)
    assert [row["person"] for row in page["people"]] == ["Amina", "Bruno", "Chen"]
    assert [row["days"][1] for row in page["people"]] == ["present", "late", "expected"]
    assert 2 in page["people"][0]["open"]
    assert page["late"][1] == 1
    page = await ask(panel, "attendance/month", month=MONDAY, limit=1)
    assert [row["person"] for row in page["people"]] == ["Amina"]
    assert (page["count"], page["late"][1]) == (3, 1)


async def test_month_that_is_over(office: Site, hass_ws_client: Any) -> None:
    """Days that are final are not open; who is not asked for is in no count."""
    await office.read_all()
    panel = await hass_ws_client(office.hass)
    page = await ask(panel, "attendance/month", month=MONDAY)
    assert page["people"][2]["days"][1] == "absent"
    assert 2 not in page["people"][2]["open"]
    page = await ask(panel, "attendance/month", month=MONDAY, group="Yard")
    assert page["late"][1] == 0


async def test_day(office: Site, panel: Any) -> None:
    """Why a mark is what it is, by which punches, and what humans said of it."""
    (row,) = (await ask(panel, "attendance/days", date=MONDAY, status="late"))["days"]
    about = {"person_id": row["person_id"], "date": MONDAY}
    detail = await ask(panel, "attendance/day", **about)
    assert [punch["time"][11:16] for punch in detail["punches"]] == ["09:20"]
    (why,) = [one for one in detail["reasons"] if one["key"] == "late"]
    assert why["values"] == {"first_in": "09:20", "start": "09:00", "grace": "0"}
    assert why["text"].startswith("late: first in 09:20")
    assert (detail["said"], detail["shift"]) == ([], None)
    assert detail["trace"][-1]["status"] == "late"

    for action, data in (
        ("mark_attendance", {"mark": "excused", "date": MONDAY}),
        ("add_punch", {"time": f"{MONDAY} 08:58:00"}),
        ("add_punch", {"time": "2026-11-01 08:58:00"}),
    ):
        await ask(
            panel,
            "act",
            action=action,
            data={"person": row["person_id"], "why": "the bus", **data},
        )
    await office.syncid.settle()
    detail = await ask(panel, "attendance/day", **about)
    assert detail["day"]["status"] == "excused"
    assert [(one["kind"], one["status"], one["why"]) for one in detail["said"]] == [
        ("mark", "excused", "the bus"),
        ("add_punch", None, "the bus"),
    ]
    assert detail["said"][0]["by"]
    assert detail["said"][1]["time"] == f"{MONDAY}T16:58:00+00:00"
    await ask(
        panel,
        "act",
        action="mark_attendance",
        data={
            "person": row["person_id"],
            "why": "no",
            "mark": "by_punches",
            "date": MONDAY,
        },
    )
    detail = await ask(panel, "attendance/day", **about)
    assert detail["day"]["status"] == "present"


async def test_shift_of_a_day(office: Site, panel: Any) -> None:
    """The shift by which a day is marked is named; the usual rules have no name."""
    amina, bruno = (office.person_id(name) for name in ("Amina", "Bruno"))
    office.hass.config_entries.async_add_subentry(
        office.syncid.site,
        ConfigSubentry(
            data=MappingProxyType({"name": "Early", "persons": [amina]}),
            subentry_type="shift",
            title="Early",
            unique_id=None,
        ),
    )
    await office.syncid.settle()
    shifts = [
        (await ask(panel, "attendance/day", person_id=one, date=MONDAY))["shift"]
        for one in (amina, bruno)
    ]
    assert shifts == ["Early", None]


async def test_punch_that_is_corrected(office: Site, panel: Any) -> None:
    """A punch that was taken out is told still, and can be taken back; so is its sense."""
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    about = {"person_id": row["person_id"], "date": MONDAY}

    async def correct(action: str, **data: Any) -> tuple[dict[str, Any], ...]:
        said = {"person": row["person_id"], "why": "look", **data}
        await ask(panel, "act", action=action, data=said)
        await office.syncid.settle()
        return tuple((await ask(panel, "attendance/day", **about))["punches"])

    (punch,) = (await ask(panel, "attendance/day", **about))["punches"]
    assert not punch["voided"]
    assert not punch["added"]
    named = {"time": punch["time"], "device_id": punch["device_id"]}
    (gone,) = await correct("void_punch", **named)
    assert gone == {**punch, "voided": True}
    assert (await ask(panel, "attendance/day", **about))["day"]["status"] == "expected"
    assert await correct("restore_punch", **named) == (punch,)
    assert (await ask(panel, "attendance/day", **about))["day"]["status"] == "late"

    (turned,) = await correct("set_direction", **named, direction="check_out")
    assert turned == {**punch, "direction": "check_out"}
    said = (await ask(panel, "attendance/day", **about))["said"]
    assert [(one["kind"], one["direction"]) for one in said] == [
        ("void_punch", None),
        ("revoke", None),
        ("set_direction", "check_out"),
    ]


async def test_punch_that_was_added(office: Site, panel: Any) -> None:
    """What a human has added is told among the punches, and goes as they do."""
    (row,) = (await ask(panel, "people/list", search="Chen"))["people"]
    about = {"person_id": row["person_id"], "date": MONDAY}
    (terminal,) = (await ask(panel, "terminals/list", serial=GATEWAY))["terminals"]

    async def correct(action: str, **data: Any) -> list[dict[str, Any]]:
        said = {"person": row["person_id"], "why": "look", **data}
        await ask(panel, "act", action=action, data=said)
        page = await ask(panel, "attendance/day", **about)
        return cast("list[dict[str, Any]]", page["punches"])

    await correct("add_punch", time="2026-11-01 08:00:00")
    (nowhere,) = await correct("add_punch", time=f"{MONDAY} 08:58:00")
    assert (nowhere["device"], nowhere["device_id"], nowhere["device_name"]) == (
        "",
        None,
        None,
    )
    assert (nowhere["added"], nowhere["voided"]) == (True, False)
    at_gate = {"time": f"{MONDAY} 08:00:00", "device_id": terminal["device_id"]}
    found = await correct("add_punch", **at_gate, direction="check_in")
    # By time, whoever made them.
    assert found == [
        {
            **nowhere,
            "time": f"{MONDAY}T16:00:00+00:00",
            "made": f"{MONDAY}T16:00:00+00:00",
            "device": GATEWAY,
            "device_id": terminal["device_id"],
            "device_name": terminal["name"],
            "direction": "check_in",
        },
        nowhere,
    ]
    assert [one["voided"] for one in await correct("void_punch", **at_gate)] == [
        True,
        False,
    ]
    # Added once more it counts again.
    found = await correct("add_punch", **at_gate, direction="check_out")
    assert [one["voided"] for one in found] == [True, False, False]


async def test_clock_that_was_wrong(office: Site, panel: Any) -> None:
    """What putting a clock right would change is counted, and told of some."""
    (terminal,) = (await ask(panel, "terminals/list", serial=GATEWAY))["terminals"]
    said = {
        "device_id": terminal["device_id"],
        "start": f"{MONDAY} 00:00:00",
        "end": f"{MONDAY} 23:59:59",
        "seconds": -3600,
        "why": "an hour fast",
    }
    told = await ask(
        panel, "act", action="correct_clock", data={**said, "dry_run": True}
    )
    assert told["answer"]["changed"] == len(told["answer"]["marks"]) > 0
    assert {"person": "Bruno", "date": MONDAY, "status": "present"} in told["answer"][
        "marks"
    ]
    page = await ask(panel, "attendance/days", date=MONDAY)
    assert page["counts"]["late"] == 1
    done = await ask(panel, "act", action="correct_clock", data=said)
    assert done["answer"] == {**told["answer"], "dry_run": False}
    page = await ask(panel, "attendance/days", date=MONDAY)
    assert "late" not in page["counts"]


async def test_clock_that_changes_nothing(office: Site, panel: Any) -> None:
    """Whose punches are moved is nobody: no mark would change, and that is told."""
    await office.punch("77", f"{MONDAY} 07:31:00")
    said = {
        "device_id": office.gate.device_id,
        "start": f"{MONDAY} 07:31:00",
        "end": f"{MONDAY} 07:31:30",
        "seconds": 5,
        "why": "five seconds slow",
        "dry_run": True,
    }
    told = await ask(panel, "act", action="correct_clock", data=said)
    assert (told["answer"]["marks"], told["answer"]["changed"]) == ([], 0)


@pytest.mark.parametrize(
    ("punched", "seconds", "date", "time"),
    [
        (f"{MONDAY} 10:00:00", -86400, "2026-11-01", "2026-11-01T10:00:00-08:00"),
        # Another offset held then than does now.
        ("2021-07-01 10:00:00", 1950 * 86400, MONDAY, f"{MONDAY}T10:00:00-08:00"),
    ],
)
async def test_punches_of_a_clock_that_was_wrong(
    office: Site, panel: Any, punched: str, seconds: int, date: str, time: str
) -> None:
    """They are of the day that they count for, and named as the terminal told them."""
    await office.punch("1003", punched)
    chen = office.person_id("Chen")

    async def listed(date: str) -> list[tuple[str, str, bool]]:
        page = await ask(panel, "attendance/day", person_id=chen, date=date)
        return [(one["time"], one["made"], one["voided"]) for one in page["punches"]]

    ((_, made, _),) = await listed(punched[:10])
    said = {
        "device_id": office.gate.device_id,
        "start": punched,
        "end": punched,
        "seconds": seconds,
        "why": "its battery was empty",
    }
    await ask(panel, "act", action="correct_clock", data=said)
    assert await listed(punched[:10]) == []
    assert await listed(date) == [(time, made, False)]
    named = {"person": chen, "time": made, "why": "a test"}
    await ask(panel, "act", action="void_punch", data=named)
    assert await listed(date) == [(time, made, True)]


async def test_punch_that_was_turned(office: Site, panel: Any) -> None:
    """Who is said to have left by it left after the night; it is listed there."""
    await office.rule(start_time="08:00", end_time="23:00")
    await office.at("2026-11-03 23:00")
    await office.punch("1003", "2026-11-03 05:00:00")
    chen = office.person_id("Chen")
    named = {"person": chen, "time": "2026-11-03 05:00:00", "why": "look"}
    for direction, date in (("check_out", MONDAY), ("check_in", "2026-11-03")):
        data = {**named, "direction": direction}
        await ask(panel, "act", action="set_direction", data=data)
        for day in (MONDAY, "2026-11-03"):
            page = await ask(panel, "attendance/day", person_id=chen, date=day)
            found = [one["direction"] for one in page["punches"]]
            assert found == [direction] * (day == date)


async def test_punches_of_a_night(office: Site, panel: Any) -> None:
    """Of a night the morning after belongs to it, and the evening after does not."""
    await office.rule(start_time="22:00", end_time="06:00")
    for time in (
        "2026-11-02 21:50",
        "2026-11-03 06:05",
        "2026-11-03 21:40",
        "2026-11-04 06:10",
    ):
        await office.punch("1003", f"{time}:00")
    (row,) = (await ask(panel, "people/list", search="Chen"))["people"]
    for date, times in (
        (MONDAY, ["2026-11-02T21:50", "2026-11-03T06:05"]),
        ("2026-11-03", ["2026-11-03T21:40", "2026-11-04T06:10"]),
    ):
        about = {"person_id": row["person_id"], "date": date}
        detail = await ask(panel, "attendance/day", **about)
        assert [punch["time"][:16] for punch in detail["punches"]] == times


async def test_punches_of_a_day(office: Site, panel: Any) -> None:
    """Those of the next morning are the next day's."""
    await office.punch("1002", "2026-11-02 17:00:00")
    await office.punch("1002", "2026-11-03 08:10:00")
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    about = {"person_id": row["person_id"], "date": MONDAY}
    detail = await ask(panel, "attendance/day", **about)
    assert [punch["time"][:16] for punch in detail["punches"]] == [
        "2026-11-02T09:20",
        "2026-11-02T17:00",
    ]


async def test_more_punches_than_are_told(
    office: Site, panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of them, whoever made them, and how many there are."""
    monkeypatch.setattr("custom_components.syncid.panel.attendance._MOST_PUNCHES", 2)
    amina = office.person_id("Amina")
    said = {"person": amina, "time": f"{MONDAY} 12:00:00", "why": "look"}
    await ask(panel, "act", action="add_punch", data=said)
    detail = await ask(panel, "attendance/day", person_id=amina, date=MONDAY)
    assert [one["added"] for one in detail["punches"]] == [False, True]
    assert detail["punch_count"] == 3


async def test_day_of_which_nothing_is_said(office: Site, panel: Any) -> None:
    """A day far ahead has no mark, and a person who is nobody no day."""
    (row,) = (await ask(panel, "people/list", search="Chen"))["people"]
    detail = await ask(
        panel, "attendance/day", person_id=row["person_id"], date="2027-11-02"
    )
    assert detail["day"] is None
    assert detail["reasons"] == detail["punches"] == []
    error = await refused(panel, "attendance/day", person_id="x", date=MONDAY)
    assert error["translation_key"] == "person_unknown"


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, 3),
        ({"status": "late"}, 1),
        ({"group": "Office"}, 2),
        ({"search": "chen"}, 1),
        ({"serial": OTHER_SERIAL}, 0),
        ({"group": "Office", "status": "expected"}, 0),
    ],
)
async def test_export(
    office: Site, panel: Any, said: dict[str, Any], days: int
) -> None:
    """What is shown can be fetched, and nothing else, by an address that is signed."""
    kept = await ask(panel, "attendance/export", table="days", date=MONDAY, **said)
    assert kept["days"] == days
    response = await office.client.get(kept["url"])
    assert response.status == 200
    (sheet,) = load_workbook(BytesIO(await response.read())).worksheets
    assert len([*sheet.iter_rows()]) == days + 1


async def test_export_of_a_month(office: Site, panel: Any) -> None:
    """The whole month of the day that is shown, of who is shown."""
    kept = await ask(
        panel, "attendance/export", table="month", date="2026-11-17", group="Yard"
    )
    assert kept["days"] >= 1
    response = await office.client.get(kept["url"])
    sheet, _ = load_workbook(BytesIO(await response.read())).worksheets
    _, chen = sheet.iter_rows(values_only=True)
    assert "Chen" in chen


async def test_only_what_the_panel_offers(panel: Any) -> None:
    """Nothing else is done by its commands."""
    error = await refused(panel, "act", action="import_people", data={})
    assert error["code"] == "invalid_format"


async def test_marks_are_told(office: Site, panel: Any) -> None:
    """Whoever shows marks is told when one changes."""
    await ask(panel, "changes/subscribe")
    await office.punch("1003")
    await office.add("Dina")
    office.freezer.tick(1)
    seen: set[str] = set()
    while not {"marks", "people"} <= seen:
        seen |= set((await panel.receive_json())["event"]["topics"])


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "command",
    ["attendance/day", "attendance/days", "attendance/month", "rules/preview"],
)
async def test_ends_of_time(office: Site, panel: Any, command: str, date: str) -> None:
    """Whatever somebody types into an address is refused as what it is."""
    said = {"month" if command == "attendance/month" else "date": date}
    if command == "attendance/day":
        said["person_id"] = office.person_id("Amina")
    assert (await refused(panel, command, **said))["code"] == "invalid_format"


async def test_day_of_whom_a_link_names(office: Site, panel: Any) -> None:
    """Somebody is found by name as well; who is not there is said to be unknown."""
    found = await ask(panel, "attendance/day", person_id="Amina", date=MONDAY)
    assert found["day"]["person"] == "Amina"
    error = await refused(panel, "attendance/day", person_id="Zoë", date=MONDAY)
    assert error["translation_key"] == "person_unknown"


# --- who is in ------------------------------------------------------------------------


async def test_today(office: Site, hass_ws_client: Any) -> None:
    """The strip of numbers above the ticker."""
    await office.punch("9999")
    await office.push()
    await office.minute()
    panel = await hass_ws_client(office.hass)
    today = await ask(panel, "live/today")
    assert today["people"] == 3
    assert today["statuses"] == {"present": 1, "late": 1, "absent": 1}
    assert (today["on_site"], today["unmapped"]) == (1, 1)
    assert [today["arrivals"][hour] for hour in (8, 9, 10)] == [1, 1, 0]


async def event(panel: Any) -> dict[str, Any]:
    """Return what a subscription tells next."""
    told: dict[str, Any] = (await panel.receive_json())["event"]
    return told


async def follow(panel: Any, command: str) -> dict[str, Any]:
    """Subscribe to something, and return what is told first."""
    await ask(panel, command)
    return await event(panel)


async def drill(office: Site, panel: Any, *assembly: str) -> None:
    """Begin a drill five minutes ago, before Amina punched."""
    now = dt_util.utcnow()
    office.freezer.move_to(f"{MONDAY}T17:00:00-08:00")
    await ask(panel, "drill/begin", assembly=[*assembly])
    office.freezer.move_to(now)


async def test_rollcall(office: Site, panel: Any) -> None:
    """Who is in the building, and in a drill who has not come out."""
    call = await ask(panel, "rollcall")
    (inside,) = call["people"]
    assert (inside["person"], inside["accounted"]) == ("Bruno", None)
    assert call["drill_started"] is None
    await drill(office, panel)
    call = await ask(panel, "rollcall")
    assert call["drill_started"] == f"{MONDAY}T17:00:00-08:00"
    assert (call["count"], call["missing"]) == (2, 1)
    # Who is looked for comes first.
    assert [(one["person"], one["accounted"]) for one in call["people"]] == [
        ("Bruno", False),
        ("Amina", True),
    ]


async def add_yard(office: Site) -> KitDevice:
    """Add a terminal by which nobody comes or goes."""
    yard = await office.syncid.add_push_device(
        OTHER_SERIAL,
        token=OTHER_TOKEN,
        webhook_id="5ecb" * 16,
    )
    office.hass.config_entries.async_update_entry(
        yard.entry, title="Yard", options={**yard.entry.options, "direction": "none"}
    )
    await office.hass.async_block_till_done()
    return yard


async def test_drill_at_an_assembly_point(office: Site, panel: Any) -> None:
    """Who punched since is out if it was where one is to gather, and it is said when."""
    assert (await ask(panel, "rollcall"))["points"] == []
    await drill(office, panel, GATEWAY)
    at = await ask(panel, "rollcall")
    amina = at["people"][1]
    assert (at["missing"], amina["person"]) == (1, "Amina")
    # Not when they were seen last before.
    assert amina["accounted_at"] == f"{MONDAY}T17:05:00-08:00"
    assert amina["last_seen"] == f"{MONDAY}T08:55:00-08:00"
    await ask(panel, "drill/end")
    await add_yard(office)
    await drill(office, panel, OTHER_SERIAL)
    at = await ask(panel, "rollcall")
    assert at["points"] == [{"serial": OTHER_SERIAL, "name": "Yard"}]
    assert at["missing"] == at["count"]
    assert {one["accounted_at"] for one in at["people"]} == {None}


async def test_strangers_in_a_roll_call(office: Site, panel: Any) -> None:
    """Who punched and is nobody is told, with where that was."""
    await office.punch("4711")
    await office.minute()
    called = await ask(panel, "rollcall")
    assert (called["unknown"], called["strangers"]) == (1, ["4711 (Main gate)"])


async def test_drill_where_no_terminal_is(office: Site, panel: Any) -> None:
    """None begins at a terminal that there is not, as with the action."""
    error = await refused(panel, "drill/begin", assembly=["CELLAR-1"])
    assert error["translation_key"] == "assembly_unknown"
    assert (await ask(panel, "rollcall"))["drill_started"] is None


async def test_drill_is_the_same_for_all_admins(
    office: Site, panel: Any, hass_ws_client: Any, hass_admin_user: MockUser
) -> None:
    """Each hears who began it, where one gathers, and that it is over."""
    other = await hass_ws_client(office.hass)
    assert await follow(other, "drill/subscribe") == {"drill": None}
    await add_yard(office)
    await drill(office, panel, GATEWAY, OTHER_SERIAL)
    told = await event(other)
    assert told == {
        "drill": {
            "started": f"{MONDAY}T17:00:00-08:00",
            "by": hass_admin_user.name,
            "assembly": ["Main gate", "Yard"],
        }
    }
    # Whoever begins another one takes part in it.
    await ask(panel, "drill/begin")
    late = await hass_ws_client(office.hass)
    assert await follow(late, "drill/subscribe") == told
    await ask(panel, "drill/end")
    assert await event(other) == {"drill": None}
    assert (await ask(panel, "rollcall"))["drill_started"] is None


async def test_drill_that_cannot_be_deleted(
    office: Site, panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is over for everybody, whatever the disk says."""

    async def refuse(_: Store[Any]) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    await drill(office, panel)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "async_remove", refuse)
        await ask(panel, "drill/end")
    assert (await ask(panel, "rollcall"))["drill_started"] is None


async def test_drill_after_a_restart(
    office: Site, panel: Any, hass_storage: dict[str, Any]
) -> None:
    """It goes on, and nothing is left of it when it has ended."""
    await drill(office, panel, GATEWAY)
    office.hass.data[DATA_DRILLS] = Drills(office.hass)
    call = await ask(panel, "rollcall")
    assert (call["drill_started"], call["missing"]) == (f"{MONDAY}T17:00:00-08:00", 1)
    office.hass.data[DATA_DRILLS] = Drills(office.hass)
    await ask(panel, "drill/end")
    assert "syncid.drill" not in hass_storage
    office.hass.data[DATA_DRILLS] = Drills(office.hass)
    assert (await ask(panel, "rollcall"))["drill_started"] is None


async def test_drill_that_cannot_be_read(
    office: Site, panel: Any, hass_storage: dict[str, Any]
) -> None:
    """A roll call is made whatever became of the file, and another drill begins."""
    hass_storage["syncid.drill"] = {"version": 1, "key": "syncid.drill", "data": [1]}
    assert (await ask(panel, "rollcall"))["count"] == 1
    await drill(office, panel)
    assert (await ask(panel, "rollcall"))["missing"] == 1


async def test_drill_when_the_clock_is_set_back(office: Site, panel: Any) -> None:
    """A machine without a clock of its own starts in the past: who is in is called."""
    await drill(office, panel)
    office.freezer.move_to(f"{MONDAY}T16:00:00-08:00")
    assert (await ask(panel, "rollcall"))["count"] == 2


async def test_drill_at_a_terminal_that_is_removed(
    office: Site, panel: Any, hass_ws_client: Any
) -> None:
    """It goes on with the others, and who came there has come."""
    yard = await add_yard(office)
    await office.map("Bruno", "1002", yard)
    await drill(office, panel, GATEWAY, OTHER_SERIAL)
    await office.punch("1002", token=OTHER_TOKEN)
    assert (await ask(panel, "rollcall"))["missing"] == 0
    other = await hass_ws_client(office.hass)
    told = await follow(other, "drill/subscribe")
    assert told["drill"]["assembly"] == ["Main gate", "Yard"]
    await office.hass.config_entries.async_remove(yard.entry.entry_id)
    await office.hass.async_block_till_done()
    while told["drill"]["assembly"] != ["Main gate"]:
        told = await event(other)
    assert (await ask(panel, "rollcall"))["missing"] == 0


@pytest.fixture
async def morning_after(site: Site) -> Site:
    """Return a site on the morning after nobody saw Amina leave."""
    await site.rule(**NINE)
    for name, user_id in (("Amina", "1001"), ("Bruno", "1002")):
        await site.add(name, user_id)
    await site.at(f"{MONDAY} 15:00")
    await site.punch("1001")
    await site.at("2026-11-03 08:00")
    return site


async def test_day_that_waits(morning_after: Site, panel: Any) -> None:
    """What was not read since is called as the admin calls it; the text is as it was."""
    amina = morning_after.mark("Amina").person_id
    detail = await ask(panel, "attendance/day", person_id=amina, date=MONDAY)
    (why,) = [one for one in detail["reasons"] if one["key"] == "waiting"]
    assert why["values"] == {"terminals": "Main gate"}
    assert "GATEWAY-1" in why["text"]


async def test_who_never_checked_out(morning_after: Site, panel: Any) -> None:
    """Who was let go by the rules alone is told apart, and last."""
    await morning_after.read_all()
    await morning_after.punch("1002")
    call = await ask(panel, "rollcall")
    assert [(one["person"], one["not_checked_out"]) for one in call["people"]] == [
        ("Bruno", False),
        ("Amina", True),
    ]
    assert call["not_checked_out"] == 1


async def test_picture(office: Site, panel: Any) -> None:
    """Who is a person of Home Assistant's too has their picture; never one elsewhere."""
    amina = office.mark("Amina").person_id
    office.hass.states.async_set("person.amina", "home")
    await office.call("update_person", person=amina, ha_person="person.amina")

    async def picture() -> str | None:
        page = await ask(panel, "punches/list", user_id="1001")
        return cast("str | None", page["punches"][0]["picture"])

    assert await picture() is None
    for told, seen in (
        ("/api/image/serve/1/512x512", "/api/image/serve/1/512x512"),
        ("https://example.org/amina.jpg", None),
        (None, None),
    ):
        office.hass.states.async_set("person.amina", "home", {"entity_picture": told})
        assert await picture() == seen


async def test_rollcall_by_pages(office: Site, panel: Any) -> None:
    """Pages are of one call, whoever comes meanwhile; until it is forgotten."""
    await drill(office, panel)
    first = await ask(panel, "rollcall", limit=1)
    assert ([one["person"] for one in first["people"]], first["count"]) == (
        ["Bruno"],
        2,
    )
    await office.punch("1002")
    second = await ask(panel, "rollcall", call=first["call"], offset=1)
    assert (second["call"], second["missing"]) == (first["call"], 1)
    assert [one["person"] for one in second["people"]] == ["Amina"]
    for _ in range(4):
        last = await ask(panel, "rollcall")
    assert last["missing"] == 0
    again = await ask(panel, "rollcall", call=first["call"], offset=1)
    assert again["call"] not in (first["call"], last["call"])
    assert again["missing"] == 0


async def test_rollcall_that_somebody_reads(office: Site, panel: Any) -> None:
    """It is kept, however often others have another one made."""
    first = await ask(panel, "rollcall")
    for _ in range(5):
        await ask(panel, "rollcall")
        again = await ask(panel, "rollcall", call=first["call"])
        assert again["call"] == first["call"]


async def test_rollcall_without_who_was_erased(office: Site, panel: Any) -> None:
    """Erased is everywhere, also in a call that was made before."""
    await drill(office, panel)
    call = await ask(panel, "rollcall")
    assert (call["count"], call["missing"]) == (2, 1)
    await office.call("remove_person", person="Bruno")
    kept = await ask(panel, "rollcall", call=call["call"])
    assert kept["call"] == call["call"]
    assert [one["person"] for one in kept["people"]] == ["Amina"]
    assert (kept["count"], kept["missing"]) == (1, 0)
