"""The calendar of the site."""

from typing import Any

import pytest

from custom_components.syncid.core.people import Person
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    State,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component

from .attendance_kit import Site

CALENDAR = "calendar.syncid_attendance"
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


async def set_rules(site: Site, **rules: Any) -> None:
    """Change the rules of the site."""
    entry = site.syncid.site
    site.hass.config_entries.async_update_entry(entry, options=rules)
    await site.syncid.settle()


async def add_shift(site: Site, name: str, **data: Any) -> None:
    """Add a shift to the site."""
    site.hass.config_entries.async_add_subentry(
        site.syncid.site,
        ConfigSubentry(
            data={"name": name, **data},  # type: ignore[arg-type]
            subentry_type="shift",
            title=name,
            unique_id=None,
        ),
    )
    await site.syncid.settle()


async def events(
    hass: HomeAssistant, start: str, end: str, *keys: str
) -> list[tuple[str, ...]]:
    """Return what the calendar tells of a time, by the wall."""
    response = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": CALENDAR, "start_date_time": start, "end_date_time": end},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    found = response[CALENDAR]
    assert isinstance(found, dict)
    listed = found["events"]
    assert isinstance(listed, list)
    return [
        tuple(str(one[key]) for key in keys or ("summary", "start", "end"))  # type: ignore[index, call-overload]
        for one in listed
    ]


def calendar(hass: HomeAssistant) -> State:
    """Return the state of the calendar."""
    found = hass.states.get(CALENDAR)
    assert found is not None
    return found


async def test_shifts(hass: HomeAssistant, site: Site) -> None:
    """Shifts are on it at their times, with how many work them, and who."""
    await site.add("Amina", "1")
    await site.add("Bruno", "2")
    await site.add("Chen", "3", groups=["guards"])
    assert calendar(hass).state == "off"
    assert "message" not in calendar(hass).attributes
    await set_rules(site, start_time="08:00", end_time="16:00", workdays=WEEKDAYS)
    await add_shift(
        site, "Night", start_time="22:00", end_time="06:00", groups=["guards"]
    )
    assert await events(hass, "2026-11-03 00:00:00", "2026-11-04 00:00:00") == [
        # What began the evening before is still on.
        ("Night (1)", "2026-11-02T22:00:00-08:00", "2026-11-03T06:00:00-08:00"),
        ("SyncID (2)", "2026-11-03T08:00:00-08:00", "2026-11-03T16:00:00-08:00"),
        ("Night (1)", "2026-11-03T22:00:00-08:00", "2026-11-04T06:00:00-08:00"),
    ]
    (who,) = await events(
        hass, "2026-11-03 09:00:00", "2026-11-03 10:00:00", "description"
    )
    assert who == ("Amina\nBruno",)
    assert calendar(hass).state == "off"
    assert calendar(hass).attributes["message"] == "SyncID (2)"
    await site.at("2026-11-02 07:59")
    assert calendar(hass).state == "on"
    # Now the night is next.
    await site.at("2026-11-02 16:00")
    assert calendar(hass).state == "off"
    assert calendar(hass).attributes["message"] == "Night (1)"


async def test_weekend(hass: HomeAssistant, site: Site) -> None:
    """On days off there is nothing; a new day looks further ahead."""
    await site.add("Amina", "1")
    await set_rules(site, start_time="08:00", end_time="16:00", workdays=["mon"])
    assert await events(hass, "2026-11-03 00:00:00", "2026-11-09 00:00:00") == []
    for monday in ("2026-11-09", "2026-11-16", "2026-11-23"):
        await site.at(f"{monday} 07:00")
        assert calendar(hass).attributes["start_time"] == f"{monday} 08:00:00"


async def test_absences(hass: HomeAssistant, site: Site) -> None:
    """Who is absent or on leave is on it for the whole day: the first by name."""
    names = ("Amina", "Bruno", "Chen", "Dora", "Emil")
    for number, name in enumerate(names):
        await site.add(name, str(number))
    await site.call("mark_attendance", person="Bruno", mark="on_leave", why="asked")
    day = ("2026-11-02 00:00:00", "2026-11-03 00:00:00")
    assert await events(hass, *day) == [("On leave: Bruno", "2026-11-02", "2026-11-03")]
    await site.at("2026-11-03 12:00")
    await site.read_all()
    assert await events(hass, *day, "summary", "description") == [
        ("Absent: Amina, Chen, Dora, +1", "Amina\nChen\nDora\nEmil"),
        ("On leave: Bruno", "Bruno"),
    ]
    # A mark that is taken back goes from it.
    await site.call(
        "mark_attendance",
        person=[*names],
        mark="excused",
        date="2026-11-02",
        why="snow",
    )
    assert await events(hass, *day, "summary") == [("Excused: Amina, Bruno, Chen, +2",)]


@pytest.fixture
async def websocket(hass: HomeAssistant) -> None:
    """Let somebody look, before Home Assistant's server starts."""
    assert await async_setup_component(hass, "websocket_api", {})


@pytest.mark.usefixtures("websocket")
async def test_who_looks_is_told(
    hass: HomeAssistant, site: Site, hass_ws_client: Any
) -> None:
    """A calendar that is being looked at shows an absence as soon as it is said."""
    await site.add("Amina", "1")
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "calendar/event/subscribe",
            "entity_id": CALENDAR,
            "start": "2026-11-02T00:00:00-08:00",
            "end": "2026-11-03T00:00:00-08:00",
        }
    )
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"]["events"] == []
    await site.call("mark_attendance", person="Amina", mark="absent", why="ill")
    (told,) = (await client.receive_json())["event"]["events"]
    assert told["summary"] == "Absent: Amina"


async def test_holiday(hass: HomeAssistant, site: Site) -> None:
    """A holiday has its name, and nobody is expected on it."""

    @callback
    def check(call: ServiceCall) -> ServiceResponse:
        is_free = call.data["check_date"].isoformat() == "2026-11-03"
        return {"binary_sensor.workday": {"workday": not is_free}}

    hass.services.async_register(
        "workday", "check_date", check, supports_response=SupportsResponse.ONLY
    )
    hass.states.async_set("binary_sensor.workday", "on", {"friendly_name": "All Souls"})
    await site.add("Amina", "1")
    await set_rules(
        site, start_time="08:00", end_time="16:00", holidays="binary_sensor.workday"
    )
    await site.minute()
    assert await events(
        hass, "2026-11-03 00:00:00", "2026-11-05 00:00:00", "summary", "start"
    ) == [
        ("All Souls", "2026-11-03"),
        ("SyncID (1)", "2026-11-04T08:00:00-08:00"),
    ]
    await site.at("2026-11-03 00:01")
    assert calendar(hass).state == "on"
    assert calendar(hass).attributes["message"] == "All Souls"
    assert calendar(hass).attributes["all_day"] is True


async def test_any_range(hass: HomeAssistant, site: Site) -> None:
    """However much is asked for, it is answered: three years back, one ahead."""
    people = [Person(id=f"p{one}", name=f"Pupil {one:03}") for one in range(200)]
    await site.attendance.async_save(people)
    await set_rules(site, start_time="08:00", end_time="16:00")
    found = await events(
        hass, "0001-01-02 00:00:00", "9999-12-30 00:00:00", "summary", "start"
    )
    assert {summary for summary, _ in found} == {"SyncID (200)"}
    assert len(found) == 1100 + 400 + 3
    assert (found[0][1][:10], found[-1][1][:10]) == ("2023-10-28", "2027-12-08")
    (first, *_) = await events(
        hass, "2026-11-02 00:00:00", "2026-11-03 00:00:00", "description"
    )
    names = first[0].split("\n")
    assert (len(names), names[0], names[-1]) == (101, "Pupil 000", "+100")


async def test_clock_change(hass: HomeAssistant, site: Site) -> None:
    """A shift in the hour that is left out in spring is a minute at the least."""
    await site.add("Amina", "1")
    await set_rules(site, start_time="02:10", end_time="02:50")
    assert await events(hass, "2027-03-14 00:00:00", "2027-03-15 00:00:00")


async def test_ledger_that_cannot_be_read(hass: HomeAssistant, site: Site) -> None:
    """The admin is told why there are no events."""
    await site.add("Amina", "1")
    with site.syncid.missing_table("marks"), pytest.raises(HomeAssistantError) as told:
        await events(hass, "2026-11-02 00:00:00", "2026-11-03 00:00:00")
    assert told.value.translation_key == "ledger_error"
