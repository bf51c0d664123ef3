"""What the bus is told of days that are over, and what it is not."""

from contextlib import suppress
from unittest.mock import patch

import pytest

from custom_components.syncid.core.errors import LedgerError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL
from .test_attendance_entities_calendar import add_shift

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


async def late_on_monday(site: Site) -> None:
    """Have Amina be late on Monday for good."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.at("2026-11-02 09:55")
    await site.punch("1001")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    assert (await site.mark_on(MONDAY)).status == "late"


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


async def test_plan_of_a_past_day_is_told(site: Site) -> None:
    """A part of a day off makes somebody not late days later; and taken back, late."""
    await late_on_monday(site)
    await site.at("2026-11-05 09:00")
    site.told()
    part = {"from_time": "08:00:00", "until_time": "10:00:00"}
    await site.call("add_leave", person="Amina", start=MONDAY, **part)
    assert site.told() == [("Amina", MONDAY, "late", "present", True)]
    await site.call("remove_leave", person="Amina", start=MONDAY)
    assert site.told() == [("Amina", MONDAY, "present", "late", True)]


async def test_rules_of_the_site_take_absences_back(site: Site) -> None:
    """What the site's rules say of a week is history, but for who is absent no more."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.at("2026-11-02 08:15")
    await site.punch("1002")
    await site.at("2026-11-03 00:30")
    await site.read_all()
    await site.at("2026-11-05 00:30")
    await site.read_all()
    site.told()
    workdays = ["wed", "thu", "fri"]
    await site.rule(**EIGHT | {"start_time": "07:00:00"}, workdays=workdays)
    assert {one for one in site.told() if one[1] == MONDAY} == {
        ("Amina", MONDAY, "absent", "day_off", True)
    }


async def test_older_than_a_week(site: Site) -> None:
    """Of a day that is older than a week nothing is told by plans."""
    await absent_on_monday(site)
    await site.at("2026-11-10 09:00")
    site.told()
    await site.call("add_leave", person="Amina", start=MONDAY)
    assert (await site.mark_on(MONDAY)).status == "on_leave"
    assert [one for one in site.told() if one[1] == MONDAY] == []


@pytest.mark.parametrize("is_read", [False, True])
async def test_who_is_mapped_later_was_not_waited_for(
    site: Site, is_read: bool
) -> None:
    """Nobody is told that somebody was absent before it was known who punches."""
    await site.rule(**EIGHT)
    await site.add("Bruno", "1002")
    await site.at("2026-10-30 07:55")
    await site.punch("1001")
    await site.at("2026-11-04 09:00")
    if is_read:
        await site.read_all()
    await site.add("Amina", "1001")
    await site.read_all()
    days = ["2026-11-02", "2026-11-03"]
    assert {(await site.mark_on(day)).status for day in days} == {"absent"}
    assert [one for one in site.told() if one[3] == "absent" if one[0] == "Amina"] == []
    await site.at("2026-11-05 00:30")
    await site.read_all()
    assert ("Amina", "2026-11-04", "expected", "absent", True) in site.told()


async def test_what_a_day_was_closed_as(hass: HomeAssistant, site: Site) -> None:
    """Who hears of a day that was open again learns what had been final."""
    await absent_on_monday(site)
    site.events.clear()
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await site.map("Amina", "1001", other)
    await site.minute()
    late = {"user_id": "1001", "timestamp": f"{MONDAY} 07:55:00"}
    await site.push(late, token=OTHER_TOKEN)
    await site.push(token=OTHER_TOKEN)
    await site.minute()
    keys = "from", "to", "final", "from_final"
    told = [event.data for event in site.events if event.data["date"] == MONDAY]
    assert [tuple(one[key] for key in keys) for one in told] == [
        ("absent", "expected", False, "absent"),
        ("expected", "present", False, "absent"),
        ("present", "present", True, "absent"),
    ]


async def test_night_that_is_not_over_when_somebody_is_mapped(site: Site) -> None:
    """Who is mapped in the middle of a night is waited for, and told absent from it."""
    await site.rule(start_time="22:00:00", end_time="06:00:00")
    await site.add("Bruno", "1002")
    await site.at("2026-10-30 21:55")
    await site.punch("1001")
    await site.at("2026-11-03 01:00")
    await site.add("Amina", "1001")
    mark = await site.mark_on(MONDAY)
    assert (mark.status, mark.final) == ("expected", False)
    site.told()
    await site.at("2026-11-03 15:00")
    await site.read_all()
    assert (await site.mark_on(MONDAY)).status == "absent"
    assert ("Amina", MONDAY, "expected", "absent", True) in site.told()


async def test_group_of_a_shift_is_a_rule(hass: HomeAssistant, site: Site) -> None:
    """Who is put into a group of another shift is not told late for all the week.

    An import that sets the groups of 2,000 pupils would tell of 10,000 days at once.
    """
    await site.rule(start_time="08:00:00", end_time="16:00:00")
    await add_shift(site, "Early", start_time="07:00:00", groups=["Early"])
    await site.add("Amina", "1001")
    for day in range(2, 5):
        await site.at(f"2026-11-0{day} 07:55")
        await site.punch("1001")
        await site.at(f"2026-11-0{day} 16:00")
        await site.punch("1001")
    await site.at("2026-11-06 00:30")
    await site.read_all()
    site.told()
    await site.call("update_person", person="Amina", groups=["Early"])
    assert (await site.mark_on(MONDAY)).status == "late"
    assert [one for one in site.told() if one[1] in (MONDAY, "2026-11-03")] == []


async def test_leave_that_is_computed_later_is_told(site: Site) -> None:
    """Leave of a day that was closed is told, too, if the disk was full meanwhile."""
    await late_on_monday(site)
    await site.at("2026-11-05 09:00")
    site.told()
    part = {"from_time": "08:00:00", "until_time": "10:00:00"}
    with (
        patch.object(site.attendance.book, "work", side_effect=LedgerError("full")),
        suppress(HomeAssistantError),
    ):
        await site.call("add_leave", person="Amina", start=MONDAY, **part)
    await site.minute()
    assert (await site.mark_on(MONDAY)).status == "present"
    assert ("Amina", MONDAY, "late", "present", True) in site.told()
