"""Holidays, as a calendar or a workday sensor of Home Assistant tells them."""

import asyncio
from collections.abc import Mapping
from datetime import date as Date, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.syncid.attendance.attendance import Attendance
from custom_components.syncid.attendance.events import is_news
from custom_components.syncid.attendance.holidays import Holidays
from custom_components.syncid.const import DOMAIN, EVENT_ATTENDANCE
from custom_components.syncid.core.attendance.marks import Change, Mark, Status
from custom_components.syncid.core.case import digest
from homeassistant.components.calendar import DATA_COMPONENT
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .test_attendance_plans import start_anew
from .test_attendance_rules import enter_rules


def calendar(hass: HomeAssistant, events: list[dict[str, str]]) -> list[ServiceCall]:
    """Have a calendar that tells these events; return how it is asked."""
    asked: list[ServiceCall] = []

    async def get_events(call: ServiceCall) -> ServiceResponse:
        asked.append(call)
        return {"calendar.holidays": {"events": events}}  # type: ignore[dict-item]

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    return asked


async def test_holidays_of_a_calendar(hass: HomeAssistant, site: Site) -> None:
    """Events of whole days are holidays, once a day they are asked for anew."""
    await site.rule(start_time="08:00:00", end_time="16:00:00")
    await site.add("Amina", "1001")
    await site.at("2026-11-04 17:00")
    await site.read_all()
    assert (await site.mark_on("2026-11-03")).status == "absent"
    events = [
        {"start": "2026-11-03", "end": "2026-11-05", "summary": "Harvest"},
        {
            "start": "2026-11-02T10:00:00-08:00",
            "end": "2026-11-02T11:00:00-08:00",
            "summary": "Meeting",
        },
        {"start": "2026-09-30", "end": "2026-10-01", "summary": "Long ago"},
    ]
    asked = calendar(hass, events)
    site.told()
    await enter_rules(
        hass,
        site,
        times={"start_time": "08:00:00", "end_time": "16:00:00"},
        holidays="calendar.holidays",
    )
    await site.minute()
    assert [
        (day, mark.status) for (_, day), mark in (await site.all_marks()).items()
    ] == [
        ("2026-11-02", "absent"),
        ("2026-11-03", "holiday"),
        ("2026-11-04", "holiday"),
    ]
    assert [told[1:4] for told in site.told()] == [
        ("2026-11-03", "absent", "holiday"),
        ("2026-11-04", "absent", "holiday"),
    ]
    await site.minute()
    assert len(asked) == 1
    events.clear()
    await site.at("2026-11-05 06:00")
    assert len(asked) == 2
    assert (await site.mark_on("2026-11-03")).status == "absent"
    events.append({"start": "2026-11-05", "end": "2026-11-06", "summary": "Feast"})
    await site.at("2026-11-06 06:00")
    assert (await site.mark_on("2026-11-05")).status == "holiday"
    await enter_rules(hass, site)
    await site.minute()
    assert site.attendance.async_site_rules().holidays == {}


async def test_by_which_rules_marks_are(hass: HomeAssistant, site: Site) -> None:
    """After holidays were found, too, it is noted by which rules all marks are."""
    await site.add("Amina", "1001")
    await site.at("2026-11-04 17:00")
    calendar(hass, [{"start": "2026-11-03", "end": "2026-11-05", "summary": "Harvest"}])
    await site.rule(
        start_time="08:00:00", end_time="16:00:00", holidays="calendar.holidays"
    )
    await site.minute()
    await site.minute()
    basis = await hass.async_add_executor_job(site.attendance.book.basis)
    assert basis == digest(site.attendance.async_case())


async def test_holidays_of_a_workday_sensor(hass: HomeAssistant, site: Site) -> None:
    """A weekday that is no workday is a holiday; a weekend is the shifts' affair."""

    async def check_date(call: ServiceCall) -> ServiceResponse:
        day = call.data["check_date"]
        return {
            "binary_sensor.workday": {
                "workday": day.weekday() < 5 and day.isoformat() != "2026-11-04"
            }
        }

    hass.services.async_register(
        "workday", "check_date", check_date, supports_response=SupportsResponse.ONLY
    )
    hass.states.async_set("binary_sensor.workday", "on", {"friendly_name": "Workday"})
    await site.add("Amina")
    await site.rule(holidays="binary_sensor.workday")
    await site.minute()
    holidays = site.attendance.async_site_rules().holidays
    assert {day.isoformat(): name for day, name in holidays.items()} == {
        "2026-11-04": "Workday"
    }


async def test_calendar_that_does_not_answer(hass: HomeAssistant, site: Site) -> None:
    """It is asked again in a minute, and what is known stays."""
    await site.add("Amina")
    await site.rule(holidays="calendar.holidays")
    await site.minute()
    assert site.mark().status == "expected"
    asked = calendar(
        hass, [{"start": "2026-11-02", "end": "2026-11-03", "summary": "Feast"}]
    )
    await site.minute()
    assert len(asked) == 1
    assert site.mark().status == "holiday"


async def test_calendar_that_breaks(
    hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Days are closed whatever becomes of a calendar, which is told once."""

    async def get_events(_: ServiceCall) -> ServiceResponse:
        raise OSError("no way to the server")

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    await site.add("Amina", "1001")
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.at("2026-11-03 00:10")
    await site.read_all()
    mark = await site.mark_on("2026-11-02")
    assert (mark.status, mark.final) == ("absent", True)
    warnings = [line for line in caplog.messages if "calendar.holidays" in line]
    assert len(warnings) == 1
    assert "no way to the server" in warnings[0]
    calendar(hass, [{"start": "2026-11-02", "end": "2026-11-03", "summary": "Feast"}])
    await site.minute()
    assert (await site.mark_on("2026-11-02")).status == "holiday"


def hanging_calendar(hass: HomeAssistant) -> asyncio.Event:
    """Have a calendar that never answers; return what tells that it was asked."""
    asked = asyncio.Event()

    async def get_events(_: ServiceCall) -> ServiceResponse:
        asked.set()
        await asyncio.Event().wait()
        return None

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    return asked


async def let_it_time_out(hass: HomeAssistant, site: Site) -> None:
    """Let half a minute pass for a calendar that was asked."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await site.syncid.settle()


async def test_calendar_that_hangs(hass: HomeAssistant, site: Site) -> None:
    """Days wait a moment for a calendar, and are closed; it has half a minute."""
    await site.add("Amina", "1001")
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.at("2026-11-03 00:10")
    await site.push()
    asked = hanging_calendar(hass)
    closed = asyncio.Event()
    hass.bus.async_listen_once(EVENT_ATTENDANCE, callback(lambda _: closed.set()))
    site.freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    async with asyncio.timeout(20):
        await asked.wait()
        while not closed.is_set():
            async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
            await asyncio.sleep(0)
    mark = await site.mark_on("2026-11-02")
    assert (mark.status, mark.final) == ("absent", True)
    asked.clear()
    site.freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert not asked.is_set()
    await let_it_time_out(hass, site)


async def test_week_of_a_workday_sensor(hass: HomeAssistant, site: Site) -> None:
    """Where Friday is free and Sunday is worked, a free Sunday is a holiday."""

    async def check_date(call: ServiceCall) -> ServiceResponse:
        day = call.data["check_date"]
        return {
            "binary_sensor.workday": {
                "workday": f"{day:%a}" not in ("Wed", "Fri", "Sat")
                and day.isoformat() != "2026-11-15"
            }
        }

    hass.services.async_register(
        "workday", "check_date", check_date, supports_response=SupportsResponse.ONLY
    )
    week = {
        "workdays": ["sun", "mon", "tue", "wed", "thu"],
        "excludes": ["wed", "fri", "sat", "holiday"],
    }
    hass.states.async_set("binary_sensor.workday", "on", week)
    await site.add("Amina")
    await site.rule(holidays="binary_sensor.workday")
    await site.minute()
    holidays = site.attendance.async_site_rules().holidays
    assert [day.isoformat() for day in holidays] == ["2026-11-15"]


def all_day(start: str, end: str, name: str) -> dict[str, str]:
    """Return an event of whole days; the end is the day after."""
    return {"start": start, "end": end, "summary": name}


async def test_holidays_a_year_ahead(hass: HomeAssistant, site: Site) -> None:
    """The site's calendar shows the holidays of all the time that it promises."""
    await site.add("Amina", "1001")
    asked = calendar(hass, [all_day("2027-10-28", "2027-10-29", "Founders' Day")])
    await site.rule(holidays="calendar.holidays")
    await site.minute()
    assert len(asked) == 1
    now = dt_util.now()
    entity = hass.data[DATA_COMPONENT].get_entity("calendar.syncid_attendance")
    assert entity is not None
    events = await entity.async_get_events(hass, now, now + timedelta(days=365))
    assert [event.summary for event in events] == ["Founders' Day"]
    await site.minute()
    # The days around were known already.
    assert len(asked) == 1


async def test_year_that_is_imported_later(hass: HomeAssistant, site: Site) -> None:
    """Whose punches of last year come today, has last year's holidays."""
    await site.add("Amina")
    asked = calendar(hass, [all_day("2025-05-01", "2025-05-02", "May Day")])
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.minute()
    assert len(asked) == 1
    await site.punch("1001", "2025-04-30 07:55:00")
    await site.punch("1001", "2025-05-02 08:10:00")
    await site.map("Amina", "1001")
    site.told()
    await site.minute()
    assert [
        (await site.mark_on(f"2025-{day}")).status
        for day in ("04-30", "05-01", "05-02")
    ] == ["present", "holiday", "late"]
    assert site.told() == []
    count = len(asked)
    assert count > 1
    await site.minute()
    assert len(asked) == count


@pytest.mark.parametrize(
    ("day", "before", "after", "news"),
    [
        # A holiday may become known just when its day is closed.
        ("2026-10-30", "expected", "holiday", False),
        ("2026-11-02", "expected", "holiday", True),
        ("2026-10-30", "expected", "absent", True),
        ("2026-10-30", "absent", "holiday", True),
        ("2026-10-26", "expected", "absent", True),
        ("2026-10-25", "expected", "absent", False),
        ("2026-10-25", "absent", "holiday", False),
    ],
)
def test_news_of_a_day_that_is_closed(
    day: str, before: Status, after: Status, *, news: bool
) -> None:
    """That a day long past was a holiday is no news to who was told nothing else."""
    date = Date.fromisoformat(day)
    marks = [
        Mark("p1", date, "", one, final=True, presence="not_in")
        for one in (before, after)
    ]
    change = Change(0, "closed", *marks)
    assert is_news(change, Date(2026, 11, 2)) is news


async def test_marks_of_an_older_version(hass: HomeAssistant, site: Site) -> None:
    """Days that were marked before their holidays were known are marked anew."""
    await site.add("Amina", "1001")
    await site.rule(start_time="08:00:00")
    await site.punch("1001", "2025-04-30 07:55:00")
    await site.minute()
    assert (await site.mark_on("2025-04-30")).status == "present"
    calendar(hass, [all_day("2025-04-30", "2025-05-01", "Eve of May")])
    # As it is made when Home Assistant starts; the old one is gone by then.
    site.attendance.holidays._wanted.clear()
    await Attendance(hass, site.attendance.hub).async_open()
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.minute()
    assert (await site.mark_on("2025-04-30")).status == "holiday"


async def test_holidays_have_a_bound(hass: HomeAssistant, site: Site) -> None:
    """Of what is decades ago nobody is asked, nor are names kept that are books."""
    await site.add("Amina", "1001")
    asked = calendar(hass, [all_day("2026-11-02", "2040-01-01", "Holiday! " * 1000)])
    await site.rule(holidays="calendar.holidays")
    await site.punch("1001", "1999-12-31 08:00:00")
    await site.minute()
    days = [call.data["start_date_time"].date() for call in asked]
    assert min(days).isoformat() == "2026-09-30"
    holidays = site.attendance.async_site_rules().holidays
    assert max(holidays).isoformat() == "2028-01-01"
    assert {len(name) for name in holidays.values()} == {100}


async def test_calendar_that_forgets(hass: HomeAssistant, site: Site) -> None:
    """Many calendars do not keep what has been long ago; its holidays stay."""
    await site.add("Amina", "1001")
    events = [
        all_day("2026-11-03", "2026-11-04", "Harvest"),
        all_day("2026-12-24", "2026-12-25", "Eve"),
    ]
    calendar(hass, events)
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.at("2026-12-20 06:00")
    events.clear()
    site.attendance.holidays._wanted.clear()
    # As it is made when Home Assistant starts, which reads all that there are marks of.
    fresh = Attendance(hass, site.attendance.hub)
    await fresh.async_open()
    await site.minute()
    # What is not long ago is believed to be none.
    assert [*fresh.async_site_rules().holidays.values()] == ["Harvest"]
    assert (await site.mark_on("2026-11-03")).status == "holiday"


async def test_another_calendar(hass: HomeAssistant, site: Site) -> None:
    """What one calendar told is forgotten when another one is chosen, or none."""
    told = {
        "calendar.one": [all_day("2025-05-01", "2025-05-02", "May Day")],
        "calendar.other": [all_day("2026-11-03", "2026-11-04", "Harvest")],
    }

    async def get_events(call: ServiceCall) -> ServiceResponse:
        entity_id = call.data["entity_id"]
        return {entity_id: {"events": told[entity_id]}}  # type: ignore[dict-item]

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    await site.add("Amina", "1001")
    await site.punch("1001", "2025-05-01 08:00:00")

    async def known(entity_id: str | None) -> list[str]:
        await site.rule(**({"holidays": entity_id} if entity_id else {}))
        await site.minute()
        await site.minute()
        return [*site.attendance.async_site_rules().holidays.values()]

    assert await known("calendar.one") == ["May Day"]
    assert await known("calendar.other") == ["Harvest"]
    assert await known(None) == []


async def test_another_calendar_meanwhile(hass: HomeAssistant, site: Site) -> None:
    """What is told after another calendar was chosen is not believed, nor its failure."""
    answers: list[asyncio.Future[ServiceResponse]] = []

    async def get_events(call: ServiceCall) -> ServiceResponse:
        if call.data["entity_id"] == "calendar.other":
            return {"calendar.other": {"events": []}}
        answers.append(hass.loop.create_future())
        return await answers[-1]

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    await site.add("Amina", "1001")
    for answer in (
        {"calendar.slow": {"events": [all_day("2026-11-03", "2026-11-04", "Late")]}},
        OSError("gone meanwhile"),
    ):
        await site.rule_soon(holidays="calendar.slow")
        await site.rule_soon(holidays="calendar.other")
        if isinstance(answer, OSError):
            answers[-1].set_exception(answer)
        else:
            answers[-1].set_result(answer)  # type: ignore[arg-type]
        await site.syncid.settle()
        await site.minute()
        assert site.attendance.async_site_rules().holidays == {}
    assert len(answers) == 2


async def test_ledger_that_is_locked(
    hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What a calendar told and could not be kept is asked for again."""
    await site.add("Amina", "1001")
    calendar(hass, [all_day("2026-11-02", "2026-11-03", "Feast")])
    with site.syncid.full_disk("holidays"):
        await site.rule(holidays="calendar.holidays")
    assert "Holidays are kept later" in caplog.text
    await site.minute()
    assert site.mark().status == "holiday"


# --- a holiday that is added today ------------------------------------------------------

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00"}
SNOW = all_day(MONDAY, "2026-11-03", "Snow")


async def test_holiday_of_today_that_is_added_in_the_morning(
    hass: HomeAssistant, site: Site
) -> None:
    """Snow: what is put into the calendar in the morning is a holiday at once."""
    await site.add("Amina", "1001")
    events: list[dict[str, str]] = []
    asked = calendar(hass, events)
    hass.states.async_set("calendar.holidays", "off")
    await enter_rules(hass, site, times=EIGHT, holidays="calendar.holidays")
    await site.minute()
    assert (site.mark().status, len(asked)) == ("expected", 1)
    events.append(SNOW)
    hass.states.async_set("calendar.holidays", "on", {"message": "Snow"})
    await site.minute()
    assert (site.mark().status, len(asked)) == ("holiday", 2)
    await site.minute()
    # Only what is around today was asked for, and once.
    days = [asked[1].data[key].date() for key in ("start_date_time", "end_date_time")]
    assert [day.isoformat() for day in days] == ["2026-11-01", "2026-11-04"]
    assert len(asked) == 2
    # It was put in by mistake.
    events.clear()
    hass.states.async_set("calendar.holidays", "off")
    await site.minute()
    assert site.mark().status == "expected"


async def test_holiday_that_the_state_does_not_tell(
    hass: HomeAssistant, site: Site
) -> None:
    """Before anybody is absent it is asked for once more: some states tell nothing."""
    await site.add("Amina", "1001")
    meeting = {"start": f"{MONDAY}T07:00:00", "end": f"{MONDAY}T17:00:00"}
    events = [{**meeting, "summary": "Meeting"}]
    asked = calendar(hass, events)
    hass.states.async_set("calendar.holidays", "on", {"message": "Meeting"})
    await site.rule(**EIGHT, holidays="calendar.holidays")
    await site.minute()
    assert len(asked) == 1
    events.append(SNOW)
    for time in ("09:00", "12:00", "15:50"):
        await site.at(f"2026-11-02 {time}")
    assert (site.mark().status, len(asked)) == ("expected", 1)
    site.told()
    await site.at("2026-11-02 16:30")
    await site.read_all()
    assert site.mark().status == "holiday"
    assert "absent" not in [to for _, _, _, to, _ in site.told()]
    assert len(asked) == 2
    await site.read_all()
    await site.at("2026-11-02 18:00")
    assert len(asked) == 2


async def test_holiday_that_is_added_while_stopped(
    hass: HomeAssistant, site: Site
) -> None:
    """After a start nobody is absent before the calendar was asked, and answered."""
    await site.add("Amina", "1001")
    calendar(hass, [])
    await site.rule(**EIGHT, holidays="calendar.holidays")
    await site.at("2026-11-02 15:00")
    assert site.mark().status == "expected"

    async def get_events(_: ServiceCall) -> ServiceResponse:
        for _turn in range(1000):
            await asyncio.sleep(0)
        return {"calendar.holidays": {"events": [SNOW]}}  # type: ignore[list-item]

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    site.freezer.move_to("2026-11-03 02:30:00+00:00")
    await site.push()
    site.told()
    await start_anew(hass, site)
    assert (await site.mark_on(MONDAY)).status == "holiday"
    assert "absent" not in [to for _, _, _, to, _ in site.told()]


async def test_calendar_that_is_unavailable_at_closeout(
    hass: HomeAssistant, site: Site
) -> None:
    """What it told before stays, and it is asked again once it is there."""
    await site.add("Amina", "1001")
    events = [SNOW]
    calendar(hass, events)
    hass.states.async_set("calendar.holidays", "on", {"message": "Snow"})
    await site.rule(**EIGHT, holidays="calendar.holidays")
    await site.minute()
    hass.states.async_set("calendar.holidays", "unavailable")
    # As Home Assistant does not ask who is unavailable.
    hass.services.async_remove("calendar", "get_events")
    await site.at("2026-11-02 16:30")
    await site.read_all()
    await site.at("2026-11-03 12:00")
    assert (await site.mark_on(MONDAY)).status == "holiday"
    assert site.mark().status == "expected"
    events.append(all_day("2026-11-03", "2026-11-04", "More snow"))
    calendar(hass, events)
    hass.states.async_set("calendar.holidays", "on", {"message": "More snow"})
    await site.minute()
    assert site.mark().status == "holiday"


async def test_workday_sensor_that_changes(hass: HomeAssistant, site: Site) -> None:
    """A day that a workday sensor has free all of a sudden is a holiday."""
    free: set[str] = set()
    asked: list[str] = []

    async def check_date(call: ServiceCall) -> ServiceResponse:
        day = call.data["check_date"]
        asked.append(day.isoformat())
        workday = day.weekday() < 5 and day.isoformat() not in free
        return {"binary_sensor.workday": {"workday": workday}}

    hass.services.async_register(
        "workday", "check_date", check_date, supports_response=SupportsResponse.ONLY
    )
    hass.states.async_set("binary_sensor.workday", "on", {"friendly_name": "Workday"})
    await site.add("Amina", "1001")
    await site.rule(**EIGHT, holidays="binary_sensor.workday")
    await site.minute()
    assert site.mark().status == "expected"
    free.add(MONDAY)
    asked.clear()
    hass.states.async_set("binary_sensor.workday", "off", {"friendly_name": "Workday"})
    await site.minute()
    assert site.mark().status == "holiday"
    assert asked == ["2026-11-01", MONDAY, "2026-11-03"]


# --- a calendar that is in trouble ------------------------------------------------------


def trouble(issue_registry: ir.IssueRegistry) -> str | None:
    """Return what an admin is told of the calendar."""
    issue = issue_registry.async_get_issue(DOMAIN, "holidays")
    if issue is None:
        return None
    assert issue.translation_placeholders == {"entity_id": "calendar.holidays"}
    return issue.translation_key


async def test_calendar_that_is_gone(
    hass: HomeAssistant, site: Site, issue_registry: ir.IssueRegistry
) -> None:
    """An admin is told once it is for long, until it is there again."""
    await site.add("Amina", "1001")
    await site.rule(holidays="calendar.holidays")
    await site.minute()
    assert trouble(issue_registry) is None
    await site.minute()
    assert trouble(issue_registry) == "holidays_gone"
    hass.states.async_set("calendar.holidays", "unavailable")
    await site.minute()
    assert trouble(issue_registry) == "holidays_failing"
    calendar(hass, [])
    await site.minute()
    assert trouble(issue_registry) is None


async def test_calendar_that_hangs_for_long(
    hass: HomeAssistant, site: Site, issue_registry: ir.IssueRegistry
) -> None:
    """An admin is told of that too; choosing none ends it."""
    await site.add("Amina", "1001")
    asked = hanging_calendar(hass)
    await site.rule_soon(holidays="calendar.holidays")
    for _ in range(3):
        assert trouble(issue_registry) is None
        await asked.wait()
        await let_it_time_out(hass, site)
        asked.clear()
        site.freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(hass)
    assert trouble(issue_registry) == "holidays_hanging"
    await asked.wait()
    await site.rule_soon()
    assert trouble(issue_registry) is None
    await let_it_time_out(hass, site)


SNOW = all_day(MONDAY, "2026-11-03", "Snow")
CALENDAR = "calendar.holidays"


async def test_calendar_that_changes_while_days_are_marked(
    hass: HomeAssistant,
) -> None:
    """What is put into a calendar while its last answer is worked on is asked for."""
    today = Date.fromisoformat(MONDAY)
    events: list[dict[str, str]] = []
    calendar(hass, events)
    told: list[Mapping[Date, str]] = []

    async def keep(_: Date, __: Date, found: Mapping[Date, str], ___: Date) -> None:
        told.append({**found})
        if len(told) == 2:
            # As long as thousands of days are marked anew, minutes pass.
            events.append(SNOW)
            hass.states.async_set(CALENDAR, "on", {"message": "Snow"})
            holidays.async_look(CALENDAR, today)

    holidays = Holidays(hass, keep)
    hass.states.async_set(CALENDAR, "off")
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.states.async_set(CALENDAR, "on", {"message": "Meeting"})
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(told) >= 2
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert today in told[-1]


async def test_fresh_answer_of_other_days(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Before a day of last week is closed it is asked for, though today was just now."""
    today = Date(2026, 11, 9)
    events: list[dict[str, str]] = []
    asked = calendar(hass, events)
    told: dict[Date, str] = {}

    async def keep(_: Date, __: Date, found: Mapping[Date, str], ___: Date) -> None:
        told.update(found)

    holidays = Holidays(hass, keep)
    hass.states.async_set(CALENDAR, "off")
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    freezer.tick(timedelta(hours=1))
    events.append(SNOW)
    hass.states.async_set(CALENDAR, "on", {"message": "Meeting"})
    holidays.async_look(CALENDAR, today)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(asked) == 2
    await holidays.async_make_sure(Date.fromisoformat(MONDAY))
    assert Date.fromisoformat(MONDAY) in told
