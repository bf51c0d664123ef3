"""A site whose clock is not the server's: its dates are by its own wall.

Home Assistant is in US/Pacific here.
"""

from collections.abc import Awaitable, Callable
from datetime import date as Date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.syncid.attendance.attendance import Attendance
from custom_components.syncid.attendance.roll_call import async_roll_call
from custom_components.syncid.core.ledger.queries import PunchQuery
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
from .kit import SyncIDKit
from .test_attendance_entities_calendar import events
from .test_attendance_rules import enter_rules

KARACHI, HONOLULU, BERLIN = "Asia/Karachi", "Pacific/Honolulu", "Europe/Berlin"
OTHER_TOKEN = "another-token-that-is-as-long-as-it-has-to-be"

type MakeSite = Callable[[str, str], Awaitable[Site]]


@pytest.fixture
def make_site(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_client_no_auth: Any,
    freezer: FrozenDateTimeFactory,
) -> MakeSite:
    """Return what makes a site with one gate in a zone, at a time there."""

    async def make(zone: str, time: str) -> Site:
        freezer.move_to(datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)))
        gate = await syncid.add_push_device(time_zone=zone)
        site = Site(hass, syncid, await hass_client_no_auth(), freezer)
        site.gate = gate
        await site.minute()
        return site

    return make


async def clock(site: Site, zone: str, time: str) -> None:
    """Let it be a time on the wall of the site."""
    moment = datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone))
    site.freezer.move_to(moment)
    await site.minute()


def count(hass: HomeAssistant, key: str) -> tuple[str, str]:
    """Return what a sensor of the site counts, and of which date."""
    state = hass.states.get(f"sensor.syncid_{key}")
    assert state is not None
    return state.state, state.attributes["date"]


async def test_ahead_of_the_server(hass: HomeAssistant, make_site: MakeSite) -> None:
    """In the morning there it is still yesterday here; all speaks of their morning."""
    site = await make_site(KARACHI, "2026-11-03 06:00")
    assert f"{dt_util.now():%d}" == "02"
    await site.rule(start_time="08:00:00")
    await site.add("Amina", "1001")
    await clock(site, KARACHI, "2026-11-03 08:20")
    await site.punch("1001", "2026-11-03 08:17:00")
    mark = site.mark()
    assert (mark.date.isoformat(), mark.status, mark.late_by) == (
        "2026-11-03",
        "late",
        17 * 60,
    )
    assert count(hass, "late") == ("1", "2026-11-03")
    (told,) = (await site.call("get_attendance"))["marks"]
    assert (told["date"], told["status"]) == ("2026-11-03", "late")
    # Marked by hand without a date: that is today there.
    why = {"person": "Amina", "why": "dentist"}
    await site.call("mark_attendance", mark="excused", **why)
    assert (await site.mark_on("2026-11-03")).status == "excused"


async def test_behind_the_server(hass: HomeAssistant, make_site: MakeSite) -> None:
    """At midnight here their day goes on; it ends at theirs."""
    site = await make_site(HONOLULU, "2026-11-02 06:00")
    await site.rule(start_time="08:00:00")
    await site.add("Amina", "1001")
    await clock(site, HONOLULU, "2026-11-02 07:55")
    await site.punch("1001", "2026-11-02 07:55:00")
    await clock(site, HONOLULU, "2026-11-02 23:58")
    assert f"{dt_util.now():%d}" == "03"
    assert count(hass, "present") == ("1", "2026-11-02")
    await clock(site, HONOLULU, "2026-11-03 00:00")
    assert count(hass, "present") == ("0", "2026-11-03")


async def test_zone_of_the_rules(hass: HomeAssistant, make_site: MakeSite) -> None:
    """With a zone, shifts are meant by its clock, wherever somebody punches."""
    site = await make_site(KARACHI, "2026-11-03 06:00")
    other = await site.syncid.add_push_device(
        "GATEWAY-2", token=OTHER_TOKEN, webhook_id="2" * 64, time_zone="Asia/Kolkata"
    )
    await site.rule(start_time="08:00:00")
    await site.add("Amina", "1001")
    await site.map("Amina", "1001", other)
    await clock(site, KARACHI, "2026-11-03 08:20")
    # Half an hour ahead of Karachi: there it is 07:50.
    await site.punch("1001", "2026-11-03 08:20:00", token=OTHER_TOKEN)
    assert (await site.mark_on("2026-11-03")).status == "late"
    # Of two zones neither is the site's.
    assert site.attendance.places.async_today().isoformat() == "2026-11-02"
    await enter_rules(hass, site, times={"start_time": "08:00:00"}, time_zone=KARACHI)
    await site.minute()
    assert site.attendance.today.isoformat() == "2026-11-03"
    mark = site.mark()
    assert mark.status == "present"
    assert mark.explain().startswith("present: first in 07:50")
    # A day that the board did not hold when it was another zone's.
    await site.rule(start_time="08:00:00", time_zone=HONOLULU)
    await site.minute()
    assert site.attendance.today.isoformat() == "2026-11-02"
    assert site.mark().explain().startswith("late: first in 16:50")


@pytest.mark.parametrize("zone", [None, KARACHI])
async def test_what_humans_say(make_site: MakeSite, zone: str | None) -> None:
    """What they add is judged by the clock of the site, also at no terminal."""
    site = await make_site(KARACHI, "2026-11-03 09:00")
    rules: dict[str, Any] = {"start_time": "22:00:00", "end_time": "06:00:00"}
    await site.rule(**rules, **({"time_zone": zone} if zone else {}))
    await site.add("Amina", "1001")
    why = {"person": "Amina", "why": "forgot"}
    # 22:10 of the second there.
    await site.call("add_punch", time="2026-11-02T17:10:00+00:00", **why)
    mark = await site.mark_on("2026-11-02")
    assert mark.explain().startswith("late: first in 22:10")
    # Five in the morning there: of the night that began on the second.
    time = "2026-11-03T00:00:00+00:00"
    await site.call("mark_attendance", mark="excused", time=time, **why)
    assert (await site.mark_on("2026-11-02")).status == "excused"
    await site.call("void_punch", time="2026-11-02T17:10:00+00:00", **why)
    assert (await site.mark_on("2026-11-02")).first_in is None


async def test_zone_after_a_word(make_site: MakeSite) -> None:
    """A punch that was added at no terminal is at the same moment in another zone."""
    site = await make_site(KARACHI, "2026-11-03 12:00")
    await site.rule(start_time="08:00:00")
    await site.add("Amina", "1001")
    why = {"person": "Amina", "why": "forgot"}
    await site.call("add_punch", time="2026-11-03T03:10:00+00:00", **why)
    assert site.mark().explain().startswith("late: first in 08:10")
    await site.rule(start_time="08:00:00", time_zone="Asia/Kolkata")
    assert site.mark().explain().startswith("late: first in 08:40")


async def test_calendar(hass: HomeAssistant, make_site: MakeSite) -> None:
    """Shifts are on it when they are, by the clock of those who work them."""
    site = await make_site(KARACHI, "2026-11-02 06:00")
    other = await site.syncid.add_push_device(
        "GATEWAY-2", token=OTHER_TOKEN, webhook_id="2" * 64, time_zone=HONOLULU
    )
    await site.add("Amina", "1001")
    await site.add("Keoni")
    await site.map("Keoni", "7", other)
    await site.rule(start_time="08:00", end_time="16:00")
    between = "2026-11-02 12:00:00", "2026-11-03 09:00:00"
    assert await events(hass, *between) == [
        # 08:00 of the second in Honolulu, and of the third in Karachi.
        ("SyncID (1)", "2026-11-02T10:00:00-08:00", "2026-11-02T18:00:00-08:00"),
        ("SyncID (1)", "2026-11-02T19:00:00-08:00", "2026-11-03T03:00:00-08:00"),
    ]
    await site.rule(start_time="08:00", end_time="16:00", time_zone=KARACHI)
    assert await events(hass, *between) == [
        ("SyncID (2)", "2026-11-02T19:00:00-08:00", "2026-11-03T03:00:00-08:00")
    ]


@pytest.mark.parametrize(("evening", "hours"), [("2027-03-27", 7), ("2027-10-30", 9)])
async def test_clocks_are_set_there(
    hass: HomeAssistant, make_site: MakeSite, evening: str, hours: int
) -> None:
    """A night on which clocks change there, and not here, is as long as it was."""
    site = await make_site(BERLIN, f"{evening} 12:00")
    night = {"start_time": "22:00:00", "end_time": "06:00:00"}
    await site.rule(**night)
    amina = await site.add("Amina", "1001")
    await clock(site, BERLIN, f"{evening} 22:00")
    await site.punch("1001", f"{evening} 22:00:00")
    morning = Date.fromisoformat(evening) + timedelta(days=1)
    await clock(site, BERLIN, f"{morning} 05:57")
    await site.read_all()
    assert not (await site.mark_on(evening)).final
    assert site.mark().date.isoformat() == evening
    await site.punch("1001", f"{morning} 06:00:00")
    await clock(site, BERLIN, f"{morning} 06:01")
    await site.read_all()
    mark = await site.mark_on(evening)
    assert (mark.final, mark.worked) == (True, hours * 3600)
    assert site.attendance.today == morning
    # Of a punch without a terminal too.
    moment = datetime.combine(morning, datetime.min.time(), ZoneInfo(BERLIN))
    for minutes, date in ((-1, evening), (5 * 60 + 59, evening)):
        at = moment.astimezone(dt_util.UTC) + timedelta(minutes=minutes)
        if hours == 7 and minutes > 0:
            at -= timedelta(hours=1)
        found = site.attendance.async_date_of(amina, at)
        assert found.isoformat() == date


async def test_server_that_moves(hass: HomeAssistant, site: Site) -> None:
    """Terminals without a zone of their own go with Home Assistant's."""
    await site.add("Amina", "1001")
    assert site.attendance.today.isoformat() == "2026-11-02"
    await hass.config.async_set_time_zone("Asia/Tokyo")
    await site.at("2026-11-03 00:10")
    assert site.attendance.today.isoformat() == "2026-11-03"
    assert site.attendance.places.zone_name == "Asia/Tokyo"


async def test_zone_that_is_none(
    hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Who writes one by hand that does not exist has shifts all the same."""
    await site.add("Amina", "1001")
    await site.rule(start_time="05:00:00", time_zone="Mars/Olympus")
    await site.punch("1001", "2026-11-02 05:30:00")
    assert site.mark().status == "late"
    assert "Mars/Olympus" in caplog.text
    # After a start too.
    await Attendance(hass, site.attendance.hub).async_open()


async def test_unknown_users_of_a_roll_call(make_site: MakeSite) -> None:
    """Who punched today at a terminal far behind may be in the building."""
    site = await make_site(HONOLULU, "2026-11-02 18:00")
    await site.rule(time_zone=KARACHI)
    await site.add("Amina", "1001")
    await site.punch("9", "2026-11-01 18:30:00")
    await site.minute()
    (unknown,) = (await site.call("get_roll_call"))["unknown_users"]
    assert unknown["user_id"] == "9"


async def test_home_assistant_is_put_right(hass: HomeAssistant, site: Site) -> None:
    """Where a terminal has Home Assistant's time zone, it is asked for anew with that."""
    await site.add("Amina", "1")
    await hass.config.async_update(time_zone=BERLIN)
    await site.syncid.settle()
    await site.minute()
    moment = dt_util.utcnow()
    await site.punch("1")
    (newest,) = await hass.async_add_executor_job(
        site.attendance.hub.ledger.punches, PunchQuery()
    )
    assert abs(newest.utc_second - moment.timestamp()) < 1
    called = await async_roll_call(hass, site.attendance.people)
    assert [one["person"] for one in called["people"]] == ["Amina"]
