"""Every setting of a shift, as an admin enters it, and the mark that comes of it.

What is expected was written by hand from docs/attendance.md.
"""

from typing import Any

import pytest

from custom_components.syncid.attendance.rules import shift_of
from custom_components.syncid.core.attendance.policy import Shift
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.flows import shift_form
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.core.attendance.kit import Scene, Worked

from .attendance_kit import Site
from .test_attendance_rules import add_shift, folded

# A Tuesday; of a shift without more, eight and a half hours are owed.
DAY = "2026-03-10"
OFFICE = {"start_time": "09:00:00", "end_time": "17:30:00"}

SETTINGS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"start_time": "09:00:00"},
        "09:01 17:30",
        "late in=09:01 out=17:30 worked=8:29 late=0:01",
    ),
    (
        {"end_time": "17:30:00"},
        "09:00 17:29",
        "present in=09:00 out=17:29 worked=8:29 early=0:01 flags=early_leave",
    ),
    ({"workdays": ["mon"]}, "", "day_off"),
    (
        {"grace_minutes": 5},
        "09:05 17:30",
        "present in=09:05 out=17:30 worked=8:25",
    ),
    (
        {"early_grace_minutes": 10},
        "09:00 17:20",
        "present in=09:00 out=17:20 worked=8:20",
    ),
    (
        {"flexible_minutes": 30},
        "09:30 18:00",
        "present in=09:30 out=18:00 worked=8:30",
    ),
    (
        {"in_window": "08:00-10:00", "out_window": "17:00-19:00"},
        "07:59 09:00 12:00 17:30",
        "present in=09:00 out=17:30 worked=8:30 flags=outside",
    ),
    (
        {"opens_before_hours": 0.5},
        "08:29 08:30 17:30",
        "present in=08:30 out=17:30 worked=9:00 flags=outside",
    ),
    (
        {"closes_after_hours": 6},
        "09:00 +00:30",
        "present in=09:00 flags=missing_out",
    ),
    (
        {"closes_after_hours": 8},
        "09:00 +00:30",
        "present in=09:00 out=+00:30 worked=15:30 flags=too_long",
    ),
    (
        {"keys": "strict"},
        "09:00k0 17:30k0",
        "present in=09:00 flags=missing_out",
    ),
    (
        {"keys": "ignore"},
        "09:00k1 17:30k1",
        "present in=09:00 out=17:30 worked=8:30",
    ),
    (
        {"minimum_gap": 7200, "hours": "pairs"},
        "09:00 10:00 17:30",
        "present in=09:00 out=17:30 worked=8:30",
    ),
    (
        {"missing_out": "shift_end"},
        "09:00",
        "present in=09:00 worked=8:30 flags=missing_out",
    ),
    (
        {"missing_out": "cap", "cap_hours": 4},
        "09:00",
        "present in=09:00 worked=4:00 flags=missing_out",
    ),
    (
        {"hours": "pairs"},
        "09:00 12:00 13:00 17:30",
        "present in=09:00 out=17:30 worked=7:30",
    ),
    (
        {"required_hours": 8, "overtime": "hours"},
        "09:00 17:30",
        "present in=09:00 out=17:30 worked=8:30 ot=0:30 flags=overtime",
    ),
    (
        {"required_hours": 8, "overtime": "hours", "overtime_minutes": 45},
        "09:00 17:30",
        "present in=09:00 out=17:30 worked=8:30",
    ),
    (
        {"half_day_hours": 4},
        "09:00 12:59",
        "half_day in=09:00 out=12:59 worked=3:59 early=4:31 flags=early_leave",
    ),
    (
        {"absent_hours": 2},
        "09:00 10:59",
        "absent in=09:00 out=10:59 worked=1:59 early=6:31 flags=early_leave",
    ),
    (
        {"breaks": ["12:00-12:45"]},
        "09:00 17:30",
        "present in=09:00 out=17:30 worked=7:45 breaks=0:45",
    ),
    (
        {"paid_break_times": ["10:00-10:15"]},
        "09:00 10:00k2 10:20k3 17:30",
        "present in=09:00 out=17:30 worked=8:25 breaks=0:05",
    ),
    (
        {"paid_breaks": True},
        "09:00 12:00k2 13:00k3 17:30",
        "present in=09:00 out=17:30 worked=8:30",
    ),
    (
        {"deduct_minutes": 30},
        "09:00 17:30",
        "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
    ),
    (
        {"deduct_minutes": 30, "deduct_after_hours": 8.5},
        "09:00 17:30",
        "present in=09:00 out=17:30 worked=8:30",
    ),
    (
        {"deduct_minutes": 30, "deduct_after_hours": 0},
        "09:00 10:00",
        (
            "present in=09:00 out=10:00 worked=0:30 early=7:30 breaks=0:30"
            " flags=early_leave"
        ),
    ),
    (
        {"from_start": True},
        "08:10 17:30",
        "present in=08:10 out=17:30 worked=8:30",
    ),
    (
        {"round_arrival": "up"},
        "08:52 17:30",
        "present in=08:52 out=17:30 worked=8:30",
    ),
    (
        {"round_departure": "down"},
        "09:00 17:44",
        "present in=09:00 out=17:44 worked=8:30",
    ),
    (
        {"round_total": "down"},
        "08:55 17:37",
        "present in=08:55 out=17:37 worked=8:30",
    ),
    (
        {"round_total": "up", "rounding_minutes": 60},
        "09:00 17:31",
        "present in=09:00 out=17:31 worked=9:00",
    ),
]


@pytest.mark.parametrize(("options", "punches", "expected"), SETTINGS)
def test_setting(options: dict[str, Any], punches: str, expected: str) -> None:
    """Each does what the documentation says."""
    scene = Scene(rules=Rules(default=shift_of(OFFICE | options)))
    Worked("", scene, DAY, punches, expected).check()


def test_all_settings() -> None:
    """None is left out here."""
    fields = {str(key) for one in shift_form.SECTIONS.values() for key in one}
    assert fields == {key for options, *_ in SETTINGS for key in options}


def test_nothing_is_set() -> None:
    """Who has a shift already has the same one: what is left empty changes nothing."""
    assert shift_of({}) == Shift()
    assert shift_of({"from_start": False}) == Shift()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"breaks": ["12:00-13:00"], "paid_break_times": ["12:45-13:15"]},
            "rule_breaks_overlap",
        ),
        ({"paid_break_times": ["10:00-10:15", "10:00-10:15"]}, "rule_breaks_overlap"),
        ({"paid_break_times": ["tea"]}, "rule_window_written"),
    ],
)
async def test_wrong_settings(
    hass: HomeAssistant, site: Site, options: dict[str, Any], error: str
) -> None:
    """What makes no sense is said at the form, and can be put right."""
    result = await add_shift(hass, site, name="Office", working_time=options)
    assert result["errors"] == {"base": error}
    again = await hass.config_entries.subentries.async_configure(
        result["flow_id"], folded(name="Office")
    )
    assert again["type"] is FlowResultType.CREATE_ENTRY


async def test_line_left_blank(hass: HomeAssistant, site: Site) -> None:
    """A line for a break that was added, and left blank, is no break."""
    breaks = {"breaks": ["12:00-12:45", ""], "paid_break_times": [" "]}
    await add_shift(hass, site, name="Office", working_time=breaks)
    (subentry,) = site.syncid.site.subentries.values()
    assert dict(subentry.data) == {"name": "Office", "breaks": ["12:00-12:45"]}


async def test_breaks_beside_each_other(hass: HomeAssistant, site: Site) -> None:
    """A paid break may begin when an unpaid one ends, in a night too."""
    breaks = {"breaks": ["01:30-02:00"], "paid_break_times": ["02:00-02:15"]}
    night = {"start_time": "22:00:00", "end_time": "06:00:00"}
    await add_shift(hass, site, name="Night", times=night, working_time=breaks)
    (shift,) = site.attendance.async_site_rules().shifts
    hour = 3600
    assert [(one.start / hour, one.end / hour, one.paid) for one in shift.breaks] == [
        (25.5, 26, False),
        (26, 26.25, True),
    ]
    assert shift.owed == 7.5 * hour
