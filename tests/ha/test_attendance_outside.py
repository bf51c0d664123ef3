"""Who punches outside all windows: roll call, sensors and trackers say the same."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant

from .attendance_kit import Site
from .test_attendance_entities_people import choose

SCHOOL = {
    "start_time": "08:00:00",
    "end_time": "14:00:00",
    "in_window": "07:00-09:00",
    "out_window": "13:00-15:00",
}
OFFICE = {"start_time": "08:00:00", "end_time": "16:00:00"}


async def amina(site: Site, **rules: object) -> None:
    """Have somebody with entities, and rules."""
    await site.add("Amina", "1001")
    await choose(site, "Amina")
    await site.rule(**{**site.syncid.site.options, **rules})


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return a state."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def names(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Return whom a sensor counts."""
    state = hass.states.get(entity_id)
    assert state is not None
    return list(state.attributes["people"])


async def is_in(hass: HomeAssistant, site: Site) -> bool:
    """Tell whether Amina is in the building, as all that tells of it does."""
    called = await site.call("get_roll_call")
    counted = int(value(hass, "sensor.syncid_on_site"))
    tracked = value(hass, "device_tracker.amina_presence")
    assert called["count"] == counted == (tracked == "home")
    state = hass.states.get("sensor.syncid_on_site")
    assert state is not None
    assert state.attributes["not_checked_out"] == called["not_checked_out"]
    return bool(counted)


async def test_burst_of_doors(hass: HomeAssistant, site: Site) -> None:
    """Out by a key and back through a reader without keys: in."""
    await amina(site, **SCHOOL)
    doors: list[tuple[str, dict[str, Any], bool]] = [
        ("07:50", {}, True),
        ("10:30", {"status": 1}, False),
        ("11:00", {}, True),
        ("15:20", {}, True),
    ]
    for clock, more, inside in doors:
        await site.at(f"2026-11-02 {clock}")
        await site.punch("1001", **more)
        await site.minute()
        assert await is_in(hass, site) is inside
    await site.at("2026-11-02 22:00")
    await site.read_all()
    assert await is_in(hass, site)


async def test_over_midnight(hass: HomeAssistant, site: Site) -> None:
    """Who works on, goes out and comes back is there."""
    await amina(site, **OFFICE)
    for moment in ("2026-11-02 14:00", "2026-11-03 00:30", "2026-11-03 00:40"):
        await site.at(moment)
        await site.punch("1001")
        assert await is_in(hass, site)


async def test_day_off(hass: HomeAssistant, site: Site) -> None:
    """On days on which nobody works it is the same."""
    await amina(site, **OFFICE, workdays=["tue"])
    for moment in ("2026-11-02 00:20", "2026-11-02 23:50", "2026-11-03 02:00"):
        await site.at(moment)
        await site.punch("1001")
        await site.minute()
        await is_in(hass, site)


async def test_absent_or_on_site(hass: HomeAssistant, site: Site) -> None:
    """No sensor has somebody as both; the roll call has who may be there."""
    await amina(site, **SCHOOL)
    await site.at("2026-11-02 10:30")
    await site.punch("1001")
    assert await is_in(hass, site)
    await site.at("2026-11-02 22:30")
    await site.read_all()
    assert names(hass, "sensor.syncid_absent") == ["Amina"]
    assert names(hass, "sensor.syncid_on_site") == []
    assert value(hass, "device_tracker.amina_presence") == "not_home"
    assert (await site.call("get_roll_call"))["count"] == 1


@pytest.mark.parametrize("by", [None, {}, {"status": 1}])
async def test_not_in_yet(
    hass: HomeAssistant, site: Site, by: dict[str, Any] | None
) -> None:
    """Who left after midnight is expected in the morning like anybody, however they left.

    By a reader without keys nobody knows that they did: they are in the roll call too.
    """
    await amina(site, **OFFICE)
    await site.at("2026-11-02 14:00")
    await site.punch("1001")
    if by is not None:
        await site.at("2026-11-03 00:10")
        await site.punch("1001", **by)
        assert await is_in(hass, site) is (not by)
    await site.at("2026-11-03 08:30")
    await site.read_all()
    assert names(hass, "sensor.syncid_not_in_yet") == ["Amina"]
    assert value(hass, "sensor.amina_status") == "expected"


async def test_back_in_the_evening(hass: HomeAssistant, site: Site) -> None:
    """Who comes when the day is over is there, and has not forgotten to check out."""
    await amina(site, **SCHOOL)
    for clock in ("07:50", "14:00", "19:00"):
        await site.at(f"2026-11-02 {clock}")
        await site.read_all()
        await site.punch("1001")
    assert await is_in(hass, site)
    called = await site.call("get_roll_call")
    assert (called["checked_in"], called["not_checked_out"]) == (1, 0)
