"""Holidays, as a calendar or a workday sensor of Home Assistant tells them."""

import asyncio
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
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


async def test_calendar_that_hangs(hass: HomeAssistant, site: Site) -> None:
    """A calendar that never answers is waited for, but not for ever."""
    asked = asyncio.Event()

    async def get_events(_: ServiceCall) -> ServiceResponse:
        asked.set()
        await asyncio.Event().wait()
        return None

    await site.add("Amina", "1001")
    await site.rule(start_time="08:00:00", holidays="calendar.holidays")
    await site.at("2026-11-03 00:10")
    await site.push()
    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    site.freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    await asked.wait()
    # Half a minute later.
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await site.syncid.settle()
    mark = await site.mark_on("2026-11-02")
    assert (mark.status, mark.final) == ("absent", True)


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
