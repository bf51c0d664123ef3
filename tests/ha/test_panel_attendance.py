"""Attendance, people and rules, as the panel is told of them."""

from types import MappingProxyType
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_panel import ask, panel, refused

__all__ = ["panel"]

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
        ({"serial": "GATEWAY-1"}, ["Amina", "Bruno", "Chen"]),
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
    assert detail["said"] == []
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


async def test_export(office: Site, panel: Any) -> None:
    """What is shown can be fetched, by an address that is signed."""
    done = await ask(
        panel, "act", action="export", data={"start": MONDAY, "end": MONDAY}
    )
    assert done["answer"]["days"] == 3
    response = await office.client.get(done["answer"]["url"])
    assert response.status == 200


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


async def test_rollcall(office: Site, panel: Any) -> None:
    """Who is in the building, and in a drill who has not come out."""
    call = await ask(panel, "rollcall")
    (inside,) = call["people"]
    assert (inside["person"], inside["accounted"]) == ("Bruno", None)
    assert call["drill_started"] is None
    drill = await ask(panel, "rollcall", drill_started=f"{MONDAY}T17:00:00-08:00")
    assert (drill["count"], drill["missing"]) == (2, 1)
    # Who is looked for comes first.
    assert [(one["person"], one["accounted"]) for one in drill["people"]] == [
        ("Bruno", False),
        ("Amina", True),
    ]


async def test_rollcall_by_pages(office: Site, panel: Any) -> None:
    """Pages are of one call, whoever comes meanwhile; until it is forgotten."""
    drill = {"drill_started": f"{MONDAY}T17:00:00-08:00"}
    first = await ask(panel, "rollcall", **drill, limit=1)
    assert ([one["person"] for one in first["people"]], first["count"]) == (
        ["Bruno"],
        2,
    )
    await office.punch("1002")
    second = await ask(panel, "rollcall", **drill, call=first["call"], offset=1)
    assert (second["call"], second["missing"]) == (first["call"], 1)
    assert [one["person"] for one in second["people"]] == ["Amina"]
    for _ in range(4):
        last = await ask(panel, "rollcall", **drill)
    assert last["missing"] == 0
    again = await ask(panel, "rollcall", **drill, call=first["call"], offset=1)
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
    drill = await ask(panel, "rollcall", drill_started=f"{MONDAY}T17:00:00-08:00")
    assert (drill["count"], drill["missing"]) == (2, 1)
    await office.call("remove_person", person="Bruno")
    kept = await ask(panel, "rollcall", call=drill["call"])
    assert kept["call"] == drill["call"]
    assert [one["person"] for one in kept["people"]] == ["Amina"]
    assert (kept["count"], kept["missing"]) == (1, 0)


# --- people ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, ["Amina", "Bruno", "Chen", "Dina"]),
        (
            {"sort": "external_id", "descending": True},
            ["Chen", "Bruno", "Amina", "Dina"],
        ),
        ({"sort": "users"}, ["Dina", "Amina", "Bruno", "Chen"]),
        ({"sort": "status"}, ["Chen", "Dina", "Amina", "Bruno"]),
        ({"only": "without_users"}, ["Dina"]),
        ({"group": "Office"}, ["Amina", "Bruno"]),
        ({"offset": 3}, ["Dina"]),
    ],
)
async def test_people(
    office: Site, panel: Any, said: dict[str, Any], names: list[str]
) -> None:
    """The directory, with today's mark of each."""
    await office.add("Dina")
    page = await ask(panel, "people/list", **said)
    assert [row["name"] for row in page["people"]] == names
    assert page["total"] == 4


@pytest.mark.parametrize(
    ("command", "said"),
    [("people/list", {}), ("attendance/days", {"date": MONDAY})],
)
async def test_group_that_is_gone(
    office: Site, panel: Any, command: str, said: dict[str, Any]
) -> None:
    """Whose last member left: nobody, with the groups that there are to choose."""
    page = await ask(panel, command, group="Gone", **said)
    assert (page["count"], page["groups"]) == (0, ["Office", "Yard"])


async def test_person(
    hass: HomeAssistant, office: Site, panel: Any, syncid: SyncIDKit
) -> None:
    """Where somebody is known; a terminal that is gone is called by its number."""
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    (user,) = row["users"]
    assert (row["status"], row["presence"]) == ("late", "in")
    assert (user["terminal"], user["user_id"]) == ("Main gate", "1002")
    await hass.config_entries.async_remove(office.gate.entry.entry_id)
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    (user,) = row["users"]
    assert (user["terminal"], user["device_id"]) == ("GATEWAY-1", None)


async def test_adopt(syncid: SyncIDKit, panel: Any) -> None:
    """From an empty directory to people with marks, at one press of a button."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"1001": "", "7": ""})
    )
    first.punch("1001")
    for terminal in (first, second):
        await terminal.call("collect_records")
    one = await ask(panel, "people/adopt", user_ids=["1001"])
    assert one["people"] == 1
    assert one["users"] == 2
    rest = await ask(panel, "people/adopt")
    assert (rest["people"], rest["users"]) == (3, 3)
    assert (await ask(panel, "people/adopt"))["people"] == 0
    page = await ask(panel, "people/list")
    assert [row["name"] for row in page["people"]] == ["7", "Amina", "Bruno", "Chen"]
    amina = page["people"][1]
    assert amina["status"] == "present"
    assert [user["serial"] for user in amina["users"]] == [SERIAL, OTHER_SERIAL]
    (user,) = (await ask(panel, "users/list", search="amina"))["users"]
    assert user["person"] == "Amina"


async def test_nobody(syncid: SyncIDKit, panel: Any) -> None:
    """Users who are nobody yet, the best suggestions first, and then who punches."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    call = syncid.hass.services.async_call
    for name in ("Bruno", "Zoë"):
        await call(DOMAIN, "add_person", {"name": name}, blocking=True)
    terminal.punch("1003")
    await syncid.next_punch()
    await syncid.settle()
    # They are counted every minute, and by who looks for suggestions.
    await call(DOMAIN, "automap", blocking=True, return_response=True)
    page = await ask(panel, "people/nobody")
    assert [user["user_id"] for user in page["users"]] == ["1002", "1003", "1001"]
    assert (page["count"], page["certain"]) == (3, 1)
    bruno, chen, _ = page["users"]
    assert (bruno["person"], bruno["basis"], bruno["score"]) == ("Bruno", "name", 0.9)
    assert (chen["person"], chen["punches"], chen["name"]) == (None, 1, "Chen")
    await ask(
        panel,
        "act",
        action="map_user",
        data={
            "device_id": [bruno["device_id"]],
            "user_id": "1002",
            "person": bruno["person_id"],
        },
    )
    page = await ask(panel, "people/nobody", search="chen")
    assert [user["user_id"] for user in page["users"]] == ["1003"]
    assert page["certain"] == 0


async def test_somebody_of_that_number_is_there(syncid: SyncIDKit, panel: Any) -> None:
    """Whose number is taken is not made a second person."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    await syncid.hass.services.async_call(
        DOMAIN, "add_person", {"name": "Ann", "external_id": "1001"}, blocking=True
    )
    assert (await ask(panel, "people/adopt"))["people"] == 2


async def test_adopt_of_one_number(syncid: SyncIDKit, panel: Any) -> None:
    """Zeros in front make nobody a second person, who could not be changed after."""
    one = await syncid.add_terminal(
        syncid.start_terminal(people={"7": "Amina", "8": "Bruno"})
    )
    other = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"0007": "Amina"})
    )
    for terminal in (one, other):
        await terminal.call("collect_records")
    await syncid.hass.services.async_call(
        DOMAIN, "add_person", {"name": "Ann", "external_id": "008"}, blocking=True
    )
    made = await ask(panel, "people/adopt")
    assert (made["people"], made["users"]) == (1, 2)
    await ask(
        panel, "act", action="update_person", data={"person": "7", "name": "Amina B"}
    )


async def test_user_whom_the_terminal_does_not_tell(
    office: Site, hass_ws_client: Any
) -> None:
    """Who punches at a gateway is known by number alone."""
    await office.punch("4711")
    await office.minute()
    panel = await hass_ws_client(office.hass)
    (user,) = (await ask(panel, "people/nobody"))["users"]
    assert (user["user_id"], user["name"], user["punches"]) == ("4711", "", 1)


async def test_adopt_of_who_only_punched(office: Site, hass_ws_client: Any) -> None:
    """Who is shown can be made a person, though no terminal tells of them."""
    await office.punch("4711")
    await office.minute()
    panel = await hass_ws_client(office.hass)
    made = await ask(panel, "people/adopt", user_ids=["4711"])
    assert (made["people"], made["users"]) == (1, 1)
    (row,) = (await ask(panel, "people/list", search="4711"))["people"]
    assert (row["users"][0]["serial"], row["status"]) == ("GATEWAY-1", "late")


async def test_nobody_at_a_terminal_that_is_gone(office: Site, panel: Any) -> None:
    """What was punched there is kept, but nobody can be asked who it was."""
    await office.punch("4711")
    await office.minute()
    for _ in range(2):
        assert (await ask(panel, "people/nobody"))["count"] == 1
    entries = office.hass.config_entries
    gateway = entries.async_entry_for_domain_unique_id(DOMAIN, "GATEWAY-1")
    assert gateway is not None
    await entries.async_remove(gateway.entry_id)
    assert (await ask(panel, "people/nobody"))["count"] == 0


# --- rules ----------------------------------------------------------------------------


async def test_rules(office: Site, panel: Any) -> None:
    """The usual rules, shifts with whom they are for, and holidays."""
    office.hass.config_entries.async_add_subentry(
        office.syncid.site,
        ConfigSubentry(
            data=MappingProxyType(
                {
                    "name": "Night",
                    "start_time": "22:00",
                    "end_time": "06:00",
                    "groups": ["Yard"],
                    "terminals": ["GATEWAY-1"],
                }
            ),
            subentry_type="shift",
            title="Night",
            unique_id=None,
        ),
    )
    book = await ask(panel, "rules/get")
    assert book["usual"]["start"] == "09:00"
    assert book["usual"]["workdays"] == ["mon", "tue", "wed", "thu", "fri"]
    (night,) = book["shifts"]
    assert (night["name"], night["start"], night["groups"]) == (
        "Night",
        "22:00",
        ["Yard"],
    )
    assert night["terminals"] == ["Main gate"]
    assert book["entry_id"] == office.syncid.site.entry_id


async def test_preview(office: Site, panel: Any) -> None:
    """Other rules show what they would do, and do nothing."""
    preview = await ask(panel, "rules/preview", date=MONDAY, start_time="09:30")
    assert preview["before"] == {"present": 1, "late": 1, "expected": 1}
    assert preview["after"] == {"present": 2, "expected": 1}
    assert preview["differs"] == [
        {"person": "Bruno", "before": "late", "after": "present"}
    ]
    assert office.mark("Bruno").status == "late"
    same = await ask(panel, "rules/preview", date=MONDAY)
    assert same["differs"] == []
    yesterday = await ask(panel, "rules/preview")
    assert yesterday["date"] == "2026-11-01"


async def test_save(office: Site, panel: Any) -> None:
    """Saved rules mark the past anew; other options stay."""
    await office.rule(**NINE, live_minutes=7)
    await ask(panel, "rules/save", start_time="09:30", end_time=None, grace_minutes=5)
    await office.syncid.settle()
    options = office.syncid.site.options
    assert options == {"start_time": "09:30", "grace_minutes": 5, "live_minutes": 7}
    assert office.mark("Bruno").status == "present"


async def test_rules_that_make_no_sense(office: Site, panel: Any) -> None:
    """They are refused, with what is wrong."""
    for command in ("rules/preview", "rules/save"):
        error = await refused(panel, command, in_window="from nine")
        assert error["translation_key"] == "rule_wrong"


async def test_no_workdays(office: Site, panel: Any) -> None:
    """What is saved is what is shown after: no days at all cannot be."""
    error = await refused(panel, "rules/save", workdays=[])
    assert error["translation_key"] == "rule_no_workdays"


async def test_without_a_site(hass: HomeAssistant, panel: Any) -> None:
    """Before the first terminal there is nothing to rule."""
    assert await async_setup_component(hass, DOMAIN, {})
    book = await ask(panel, "rules/get")
    assert (book["entry_id"], book["shifts"]) == (None, [])
    assert (await refused(panel, "rules/save"))["translation_key"] == "no_site"
