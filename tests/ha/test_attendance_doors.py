"""Doors within and assembly points; where a roll call has people from."""

import pytest

from homeassistant.core import HomeAssistant

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL, KitDevice

TOKEN_2 = "another-token-that-nobody-can-guess"


@pytest.fixture
async def lab(hass: HomeAssistant, site: Site) -> KitDevice:
    """Return a door within a site that begins at eight, which Amina may open."""
    await site.rule(start_time="08:00:00", end_time="16:00:00", grace_minutes=10)
    await site.add("Amina", "1001")
    door = await site.syncid.add_push_device(
        OTHER_SERIAL, token=TOKEN_2, webhook_id="5ecb" * 16
    )
    await site.map("Amina", "1001", door)
    hass.config_entries.async_update_entry(
        door.entry, options={**door.entry.options, "direction": "none"}
    )
    await site.syncid.settle()
    return door


async def test_door_within(site: Site, lab: KitDevice) -> None:
    """Who opens a door has not gone, and was seen there last; nobody waits for it."""
    await site.at(f"{MONDAY} 08:00")
    await site.punch("1001")
    await site.at(f"{MONDAY} 08:05")
    await site.punch("1001", token=TOKEN_2)
    assert (site.mark().presence, site.mark().status) == ("in", "present")
    (one,) = (await site.call("get_roll_call"))["people"]
    assert (one["device"], one["last_seen"][:16]) == (
        lab.entry.title,
        f"{MONDAY}T08:06",
    )
    await site.at(f"{MONDAY} 16:05")
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:30")
    await site.read_all()
    assert (site.mark().final, site.mark().presence) == (True, "left")
    assert (await site.call("get_roll_call"))["count"] == 0


async def test_assembly_point(site: Site, lab: KitDevice) -> None:
    """After a drill who went back to work is in the building."""
    await site.at(f"{MONDAY} 08:00")
    await site.punch("1001")
    await site.at(f"{MONDAY} 10:00")
    started = f"{MONDAY} 09:59:00"
    drill = {"drill_started": started, "assembly_point": [lab.device_id]}
    assert (await site.call("get_roll_call", **drill))["missing"] == ["Amina"]
    await site.punch("1001", token=TOKEN_2)
    assert (await site.call("get_roll_call", **drill))["missing"] == []
    await site.at(f"{MONDAY} 11:00")
    told = await site.call("get_roll_call")
    assert (told["count"], told["checked_in"]) == (1, 1)


async def test_becomes_a_door(hass: HomeAssistant, site: Site, lab: KitDevice) -> None:
    """What a terminal is changes the days that were marked by it."""
    options = {**lab.entry.options, "direction": "auto"}
    hass.config_entries.async_update_entry(lab.entry, options=options)
    await site.syncid.settle()
    await site.at(f"{MONDAY} 09:00")
    await site.punch("1001", token=TOKEN_2)
    assert site.mark().status == "late"
    hass.config_entries.async_update_entry(
        lab.entry, options={**options, "direction": "none"}
    )
    await site.syncid.settle()
    assert (site.mark().status, site.mark().presence) == ("expected", "not_in")


async def test_added_punch_tells_where(site: Site, lab: KitDevice) -> None:
    """Who was let in by hand was seen then, and there; not if that was a mistake."""
    await site.at(f"{MONDAY} 09:00")
    added = {"person": "Amina", "why": "forgot the badge"}
    await site.call("add_punch", time=f"{MONDAY} 08:30:00", **added)
    (one,) = (await site.call("get_roll_call"))["people"]
    assert (one["device"], one["last_seen"][:16]) == (None, f"{MONDAY}T08:30")
    await site.call(
        "add_punch",
        time=f"{MONDAY} 08:40:00",
        direction="check_in",
        device_id=site.gate.device_id,
        **added,
    )
    (one,) = (await site.call("get_roll_call"))["people"]
    assert (one["device"], one["last_seen"][:16]) == (
        "Main gate",
        f"{MONDAY}T08:40",
    )
    await site.call("void_punch", time=f"{MONDAY} 08:40:00", **added)
    (one,) = (await site.call("get_roll_call"))["people"]
    assert one["last_seen"][:16] == f"{MONDAY}T08:30"
