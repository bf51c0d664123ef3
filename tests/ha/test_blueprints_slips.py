"""Blueprints and slips: nobody to be told, a fast clock, late punches, other letters."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .kit import TOKEN, SyncIDKit
from .test_blueprints import (
    HEAD,
    PARENT,
    Fire,
    Messages,
    _automations_end,
    fire,
    messages,
    set_site,
    use,
)

__all__ = ["_automations_end", "fire", "messages"]


def has_noted(messages: Messages, count: int) -> bool:
    """Tell whether Home Assistant is to note so many things."""
    return len(messages.notes) >= count


async def test_late_arrival_told_to_nobody(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Saved with nobody to be told, it is noted in Home Assistant."""
    await set_site(site, start_time="08:00")
    await use(hass, "late_arrival", minutes=5, message="{{ person }} is late")
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.at(f"{MONDAY} 08:00")
    await site.punch("1002")
    await site.at(f"{MONDAY} 08:20")
    await site.punch("1001")
    assert messages.noted() == [("SyncID", "Amina is late")]


async def test_absent_told_to_nobody(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Saved with nobody to be told, it is noted in Home Assistant."""
    await use(hass, "absent_at_closeout")
    await site.add("Amina", "1001")
    await site.at("2026-11-03 01:00")
    await site.read_all()
    assert messages.noted() == [("SyncID", f"Amina was absent on {MONDAY}.")]


async def test_unknown_user_told_to_nobody(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Saved with nobody to be told, it is noted in Home Assistant."""
    await use(hass, "unknown_user", told=[], message="Who is {{ user }}?")
    await site.punch("1009")
    assert messages.noted() == [("SyncID", "Who is User 1009?")]


async def test_terminal_offline_told_to_nobody(
    hass: HomeAssistant, syncid: SyncIDKit, messages: Messages, impatient: None
) -> None:
    """Saved with nobody to be told, it is noted in Home Assistant, until it is back."""
    gate = await syncid.add_terminal()
    connectivity = gate.entity_id("binary_sensor", "connectivity")
    await use(hass, "terminal_offline", terminals=[connectivity], told=[])
    gate.vanish()
    await syncid.wait_online(gate, False)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=11))
    await syncid.wait_until(messages.noted)
    assert messages.noted() == [("SyncID", "Main gate is offline.")]
    gate.reappear()
    await syncid.wait_online(gate)
    await syncid.wait_until(lambda: len(messages.notes) > 1)
    assert messages.noted()[1] == ("SyncID", "Main gate is back.")
    # It takes the place of what was said before.
    first, second = (call.data["notification_id"] for call in messages.notes)
    assert first == second


async def test_fire_told_to_nobody(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site, fire: Fire
) -> None:
    """Saved without wardens, the lists are noted in Home Assistant."""
    await use(
        hass,
        "fire_roll_call",
        alarm=["binary_sensor.smoke"],
        wardens=[],
        assembly_point=[site.gate.device_id],
        every={"seconds": 30},
        times=2,
    )
    await site.add("Amina", "1001")
    await site.punch("1001")
    hass.states.async_set("binary_sensor.smoke", "on")
    await syncid.wait_until(lambda: fire.messages.notes)
    inside = ("smoke: 1 in the building", "Anywhere (1): Amina")
    assert fire.messages.noted() == [inside]
    for count in (2, 3):
        await fire.punch("1009", TOKEN)
        site.freezer.tick(timedelta(seconds=31))
        async_fire_time_changed(hass)
        await syncid.wait_until(partial(has_noted, fire.messages, count))
    missing = ("1 missing", "0 of 1 have come: Amina (Main gate)")
    assert fire.messages.noted() == [inside, missing, missing]
    ids = [call.data.get("notification_id") for call in fire.messages.notes]
    assert ids == [None, "syncid_missing", "syncid_missing"]


async def test_weekly_summary_told_to_nobody(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Saved with nobody to be told, it is noted in Home Assistant."""
    await site.at("2026-11-09 06:50")
    await use(hass, "weekly_summary", told=[], title="Week")
    await site.at("2026-11-09 07:00")
    assert messages.noted() == [("Week", "Nobody had a day.")]


async def test_mark_attendance_by_a_fast_clock(hass: HomeAssistant, site: Site) -> None:
    """Whoever punches where the clock is fast is marked all the same."""
    await set_site(site, live_minutes=30)
    await use(hass, "mark_attendance", terminals=[site.gate.device_id], mark="excused")
    await site.add("Amina", "1001")
    await site.punch("1001", f"{MONDAY} 06:20:00")
    assert (await site.mark_on(MONDAY)).status == "excused"


async def test_mark_attendance_late(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site
) -> None:
    """What a terminal delivers later marks the day on which it was made."""
    await use(hass, "mark_attendance", terminals=[site.gate.device_id], mark="excused")
    await site.add("Amina", "1001")
    await site.at("2026-11-03 10:00")
    await site.punch("1001", f"{MONDAY} 09:50:00")
    await syncid.settle()
    assert (await site.mark_on(MONDAY)).status == "excused"
    assert (await site.mark_on("2026-11-03")).status == "expected"


@pytest.mark.parametrize("before", ["unavailable", "unknown"])
async def test_fire_when_heard_of_again(
    hass: HomeAssistant, site: Site, fire: Fire, before: str
) -> None:
    """A detector that was not heard of for a while, and burns, is a fire."""
    hass.states.async_set("binary_sensor.smoke", before)
    await use(hass, "fire_roll_call", alarm=["binary_sensor.smoke"], wardens=[HEAD])
    assert await fire.begin() == ("smoke: 0 in the building", "Nobody.")


async def test_contact_of_a_group_in_another_case(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
) -> None:
    """A group is one however it is written: also where it has a contact."""
    await use(
        hass,
        "late_arrival",
        contacts=[{"who": "7B", "notify": PARENT}],
        groups=["7B"],
    )
    await set_site(site, start_time="08:00", grace_minutes=10)
    await site.add("Amina", "1001", groups=["7b"])
    await site.at("2026-11-02 08:30")
    await site.punch("1001")
    assert [whom for whom, _ in messages.take()] == [[PARENT]]


async def test_terminal_offline_and_unavailable(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    messages: Messages,
    impatient: None,
) -> None:
    """A terminal that is off, and then unavailable, is offline once, and back once."""
    gate = await syncid.add_terminal()
    entity_id = gate.entity_id("binary_sensor", "connectivity")
    await use(
        hass,
        "terminal_offline",
        terminals=[entity_id],
        told=[HEAD],
        wait={"minutes": 10},
    )
    gate.vanish()
    await syncid.wait_online(gate, False)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=11))
    await syncid.wait_until(lambda: messages.calls)
    assert len(messages.take()) == 1
    # As while its entry is set up anew; the automation goes on meanwhile.
    hass.states.async_set(entity_id, "unavailable")
    await asyncio.sleep(0)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=22))
    for _ in range(50):
        await asyncio.sleep(0)
    hass.states.async_set(entity_id, "on")
    await syncid.wait_until(
        lambda: any("back" in call.data["message"] for call in messages.calls)
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert messages.take() == [([HEAD], "Main gate is back.")]


async def test_terminal_that_is_offline_after_a_restart(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """A terminal that does not come back when Home Assistant starts is offline, too."""
    entity_id = "binary_sensor.gate"
    hass.states.async_set(entity_id, "unavailable")
    wait = {"minutes": 10}
    await use(hass, "terminal_offline", terminals=[entity_id], told=[HEAD], wait=wait)
    hass.states.async_set(entity_id, "off", {"friendly_name": "Gate"})
    # The automation goes on: it waits for the terminal.
    for passed in (0, 11):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=passed))
        await asyncio.sleep(0)
    await site.syncid.wait_until(lambda: messages.calls)
    assert messages.take() == [([HEAD], "Gate is offline.")]
    hass.states.async_set(entity_id, "on", {"friendly_name": "Gate"})
    await site.syncid.wait_until(lambda: messages.calls)
    assert messages.take() == [([HEAD], "Gate is back.")]
