"""Rules and plans, as the panel is told of them and says them."""

from types import MappingProxyType
from typing import Any

import pytest

from custom_components.syncid.attendance.rules import WEEKDAYS
from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .attendance_kit import MONDAY, Site
from .test_panel import ask, panel, refused
from .test_panel_attendance import NINE, office

__all__ = ["office", "panel"]


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
                    "workdays": ["mon", "tue"],
                    "early_grace_minutes": 5,
                    "breaks": ["02:00-02:30"],
                    "overtime": "hours",
                    "required_hours": 7.5,
                    "opens_before_hours": 2,
                    "closes_after_hours": 0.5,
                    "deduct_after_hours": 0,
                    "from_start": True,
                    "paid_break_times": ["01:00-01:15"],
                    "round_total": "down",
                    "hours": "pairs",
                    "keys": "strict",
                    "minimum_gap": 90.0,
                    "cap_hours": 10,
                    "rounding_minutes": 5.0,
                    "round_arrival": "up",
                }
            ),
            subentry_type="shift",
            title="Night",
            unique_id=None,
        ),
    )
    book = await ask(panel, "rules/get")
    assert book["usual"]["start"] == "09:00"
    # None is chosen: it begins on any day, in the marks too.
    assert book["usual"]["workdays"] == [*WEEKDAYS]
    assert not book["workdays_chosen"]
    assert (book["leave"], book["rota"]) == ([], [])
    assert (book["time_zone"], book["zone"]) == (None, "US/Pacific")
    (night,) = book["shifts"]
    assert (night["name"], night["start"], night["groups"]) == (
        "Night",
        "22:00",
        ["Yard"],
    )
    assert night["terminals"] == ["Main gate"]
    assert (night["people"], night["more"], book["plans"]) == ([], 0, 0)
    assert (night["workdays"], night["breaks"]) == (["mon", "tue"], ["02:00-02:30"])
    assert (night["early_grace_minutes"], night["overtime"]) == (5, "hours")
    assert (night["required_hours"], night["half_day_hours"]) == (7.5, None)
    new = (
        "opens_before_hours",
        "closes_after_hours",
        "deduct_after_hours",
        "from_start",
        "paid_break_times",
        "round_total",
    )
    assert [night[key] for key in new] == [2, 0.5, 0, True, ["01:00-01:15"], "down"]
    assert [book["usual"][key] for key in new] == [None, None, None, False, [], "none"]
    of_hours = (
        "hours",
        "keys",
        "minimum_gap",
        "cap_hours",
        "rounding_minutes",
        "round_arrival",
        "round_departure",
    )
    assert [night[key] for key in of_hours] == [
        "pairs",
        "strict",
        90,
        10,
        5,
        "up",
        "none",
    ]
    # As the marks have it where nothing is said.
    assert [book["usual"][key] for key in of_hours] == [
        "first_last",
        "auto",
        None,
        None,
        15,
        "none",
        "none",
    ]
    assert book["entry_id"] == office.syncid.site.entry_id


async def test_plans(office: Site, panel: Any) -> None:
    """Leave and planned shifts that are not over, as one line each."""
    chen = office.mark("Chen").person_id

    async def plan(action: str, **data: Any) -> None:
        await ask(panel, "act", action=action, data=data)

    days = {"start": "2026-11-05", "end": "2026-11-06"}
    await plan("add_leave", person=[chen], note="At the sea", **days)
    await plan(
        "add_leave",
        groups=["Office"],
        kind="excuse",
        from_time="09:00",
        until_time="10:30",
        start=MONDAY,
    )
    await plan("add_leave", person=[chen], start="2026-10-05")
    await plan("set_rota", person=[chen], shift="off", **days)
    await plan("set_rota", person=[chen], shift="off", start="2026-11-08")
    await plan("set_rota", person=[chen], shift="off", start="2026-10-08")
    book = await ask(panel, "rules/get")
    office_, chen_ = book["leave"]
    assert (office_["name"], office_["group"], office_["kind"]) == (
        "Office",
        True,
        "excuse",
    )
    assert (office_["from_time"], office_["until_time"]) == ("09:00", "10:30")
    assert (chen_["who"], chen_["name"], chen_["note"]) == (chen, "Chen", "At the sea")
    assert (chen_["start"], chen_["end"], chen_["from_time"]) == (*days.values(), None)
    assert [
        (one["name"], one["start"], one["end"], one["shift"]) for one in book["rota"]
    ] == [
        ("Chen", *days.values(), None),
        ("Chen", "2026-11-08", "2026-11-08", None),
    ]
    await plan("remove_leave", person=[chen], **days)
    await plan("set_rota", person=[chen], shift="usual", **days)
    book = await ask(panel, "rules/get")
    assert [one["name"] for one in book["leave"]] == ["Office"]
    assert [one["start"] for one in book["rota"]] == ["2026-11-08"]


async def test_plans_that_are_over(office: Site, panel: Any) -> None:
    """Those of the last month are told when they are asked for, the latest first."""

    async def plan(action: str, **data: Any) -> None:
        await ask(panel, "act", action=action, data={"person": ["Chen"], **data})

    await plan("add_leave", start="2026-09-28", end="2026-10-02")
    await plan("add_leave", start="2026-10-20", kind="excuse")
    await plan("add_leave", start="2026-10-30", end="2026-11-03")
    await plan("add_leave", start="2026-09-01")
    await plan("set_rota", shift="off", start="2026-10-31", end="2026-11-05")

    async def listed(**said: Any) -> list[tuple[str, str]]:
        book = await ask(panel, "rules/get", **said)
        assert book["plans"] == len(book["leave"]) + len(book["rota"])
        assert book["past"] is said.get("past", False)
        return [(one["start"], one["end"]) for one in book["leave"] + book["rota"]]

    to_come = [("2026-10-30", "2026-11-03"), (MONDAY, "2026-11-05")]
    assert await listed() == to_come
    excuse, leave = ("2026-10-20", "2026-10-20"), ("2026-09-28", "2026-10-02")
    assert await listed(past=True) == [excuse, leave, ("2026-10-31", "2026-11-01")]
    await plan("remove_leave", start="2026-10-20")
    await plan("set_rota", shift="usual", start="2026-10-31", end="2026-11-01")
    assert await listed(past=True) == [leave]
    assert await listed() == to_come


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
    # Nobody was known then: other rules would not make a mark of it either.
    long_ago = await ask(panel, "rules/preview", date="2026-10-05")
    assert (long_ago["before"], long_ago["after"]) == ({}, {})


@pytest.mark.parametrize(
    ("said", "after"),
    [
        # Of a shift that opens at nine, Amina's first punch is that of 17:05.
        ({"opens_before_hours": 0}, {"late": 2, "expected": 1}),
        ({"time_zone": "US/Mountain"}, {"late": 2, "expected": 1}),
        ({"time_zone": None}, {"present": 1, "late": 1, "expected": 1}),
    ],
)
async def test_preview_of_new_settings(
    office: Site, panel: Any, said: dict[str, Any], after: dict[str, int]
) -> None:
    """What only the options could set shows what it would do too."""
    end = {"end_time": "17:00"}
    preview = await ask(panel, "rules/preview", date=MONDAY, **end, **said)
    assert preview["after"] == after


async def test_save_new_settings(office: Site, panel: Any) -> None:
    """They are kept as the options have them, and taken back by nothing."""
    said = {
        "opens_before_hours": 1.5,
        "closes_after_hours": 3,
        "deduct_after_hours": 0,
        "from_start": True,
        "paid_break_times": ["10:00-10:15"],
        "round_total": "nearest",
        "time_zone": "US/Mountain",
    }
    before = dict(office.syncid.site.options)
    await ask(panel, "rules/save", **said)
    await office.syncid.settle()
    assert office.syncid.site.options == before | said
    assert (await ask(panel, "rules/get"))["zone"] == "US/Mountain"
    nothing = dict.fromkeys(said) | {"paid_break_times": [], "from_start": False}
    await ask(panel, "rules/save", **nothing)
    await office.syncid.settle()
    assert office.syncid.site.options == before | {"from_start": False}


async def test_save(office: Site, panel: Any) -> None:
    """Saved rules mark the past anew; other options stay."""
    await office.rule(**NINE, live_minutes=7)
    await ask(panel, "rules/save", start_time="09:30", end_time=None, grace_minutes=5)
    await office.syncid.settle()
    options = office.syncid.site.options
    assert options == {"start_time": "09:30", "grace_minutes": 5, "live_minutes": 7}
    assert office.mark("Bruno").status == "present"


@pytest.mark.parametrize(
    ("said", "key", "text"),
    [
        ({"in_window": "7"}, "rule_window_written", "7 is not how a window is written"),
        ({"start_time": "9 Uhr"}, "rule_time_written", "9 Uhr is not how a time"),
        ({"time_zone": "Mars/Olympus"}, "rule_zone_unknown", "Mars/Olympus"),
        ({"grace_minutes": -5}, "rule_grace_negative", "Grace cannot be less"),
        ({"grace_minutes": 1441}, "rule_hours_long", "longer than a day"),
        # The wrong way round: nobody works all those nights.
        (
            {"start_time": "17:00", "end_time": "08:00"},
            "rule_night_long",
            "From 17:00 to 08:00 are 15 hours",
        ),
        ({"in_window": "09:00-07:00"}, "rule_night_long", "From 09:00 to 07:00 are 22"),
        ({"out_window": "09:00-07:00"}, "rule_night_long", "are 22 hours"),
        (
            {"in_window": "15:00-17:00", "out_window": "07:00-09:00"},
            "rule_night_long",
            "From 17:00 to 07:00 are 14 hours",
        ),
    ],
)
async def test_rules_that_make_no_sense(
    office: Site, panel: Any, said: dict[str, Any], key: str, text: str
) -> None:
    """They are refused, with what is wrong, and nothing is changed."""
    before = office.syncid.site.options
    for command in ("rules/preview", "rules/save"):
        error = await refused(panel, command, **said)
        assert error["translation_key"] == key
        assert text in error["message"]
    assert office.syncid.site.options == before


async def test_rules_of_a_night(office: Site, panel: Any) -> None:
    """A night that is one stays; so does a long duty that was entered elsewhere."""
    night = {
        "start_time": "19:00",
        "end_time": "07:30",
        "in_window": "18:00-20:00",
        "out_window": "07:00-09:00",
    }
    await ask(panel, "rules/save", **night)
    assert office.syncid.site.options == NINE | night
    duty = {"start_time": "08:00", "end_time": "08:00"}
    await office.rule(**duty)
    await ask(panel, "rules/save", **duty, grace_minutes=5)
    assert office.syncid.site.options == duty | {"grace_minutes": 5}


async def test_no_workdays(office: Site, panel: Any) -> None:
    """What is saved is what is shown after: no days at all cannot be."""
    error = await refused(panel, "rules/save", workdays=[])
    assert error["translation_key"] == "rule_no_workdays"


async def test_all_workdays(office: Site, panel: Any) -> None:
    """Who chooses all days has chosen, though they would be all without it."""
    await ask(panel, "rules/save", workdays=[*WEEKDAYS])
    book = await ask(panel, "rules/get")
    assert (book["workdays_chosen"], book["usual"]["workdays"]) == (True, [*WEEKDAYS])


async def test_without_a_site(hass: HomeAssistant, panel: Any) -> None:
    """Before the first terminal there is nothing to rule."""
    assert await async_setup_component(hass, DOMAIN, {})
    book = await ask(panel, "rules/get")
    assert (book["entry_id"], book["shifts"]) == (None, [])
    assert not book["workdays_chosen"]
    assert (await refused(panel, "rules/save"))["translation_key"] == "no_site"
