"""Triggers in real automations: `syncid.punched`, `syncid.attendance_changed`, devices'."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_get_device_automations

from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from .attendance_kit import MONDAY, Site
from .automation_kit import automate, catch
from .kit import SyncIDKit
from .test_attendance_told import absent_on_monday

PUNCH = "{{ trigger.punch.person }} {{ trigger.punch.user_id }}"
CHANGE = (
    "{{ trigger.attendance.person }} {{ trigger.attendance['from'] }}"
    " {{ trigger.attendance.to }} {{ trigger.attendance.final }}"
)


class Heard:
    """What an automation with one trigger told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen."""
        self.calls = catch(hass, "test", "tell")

    def take(self) -> list[str]:
        """Return what was told since this was asked last."""
        told = [call.data["what"] for call in self.calls]
        self.calls.clear()
        return told


async def hear(
    hass: HomeAssistant, trigger: dict[str, Any], what: str = PUNCH
) -> Heard:
    """Set up an automation that tells what triggered it."""
    heard = Heard(hass)
    await automate(
        hass,
        {
            "triggers": [trigger],
            "actions": [{"action": "test.tell", "data": {"what": what}}],
            "mode": "queued",
        },
    )
    return heard


async def test_any_punch(hass: HomeAssistant, site: Site) -> None:
    """Without target and options every live punch triggers, with all that is known."""
    heard = await hear(
        hass, {"trigger": "syncid.punched"}, PUNCH + " | {{ trigger.description }}"
    )
    await site.add("Amina", "1001")
    await site.punch("1001")
    await site.punch("1002")
    assert heard.take() == [
        "Amina 1001 | punch of Amina at Main gate",
        "None 1002 | punch of user 1002 at Main gate",
    ]
    await site.at(f"{MONDAY} 08:00")
    await site.punch("1001", f"{MONDAY} 07:00:00")  # delivered an hour late
    assert heard.take() == []


@pytest.mark.parametrize(
    ("options", "who"),
    [
        ({"person": ["Amina"]}, ["1001"]),
        ({"person": "amina "}, ["1001"]),
        ({"person": "017"}, ["1001"]),  # external id, as terminals write numbers
        ({"person": "person.amina"}, ["1001"]),
        ({"person": ["Nobody", "Bruno"]}, ["1002"]),
        ({"person": [""]}, []),
        ({"groups": "7B"}, ["1002"]),
        ({"groups": ["7b"], "person": ["Amina"]}, ["1001", "1002"]),
        ({"person": [], "groups": []}, ["1001", "1002", "1003"]),
        ({"who": "mapped"}, ["1001", "1002"]),
        ({"who": "unmapped"}, ["1003"]),
        ({"direction": ["check_out"]}, ["1002"]),
        ({"direction": []}, ["1001", "1002", "1003"]),
        ({"method": "card"}, ["1003"]),
    ],
)
async def test_options_of_punched(
    hass: HomeAssistant, site: Site, options: dict[str, Any], who: list[str]
) -> None:
    """A punch triggers if all options fit it."""
    heard = await hear(
        hass,
        {"trigger": "syncid.punched", "options": options},
        "user {{ trigger.punch.user_id }}",
    )
    site.hass.states.async_set("person.amina", "home")
    await site.add("Amina", "1001", external_id="17", ha_person="person.amina")
    await site.add("Bruno", "1002", groups=["7b"])
    await site.punch("1001", status=0, verify=1)
    await site.punch("1002", status=1, verify=1)
    await site.punch("1003", status=0, verify=4)
    assert heard.take() == [f"user {one}" for one in who]


async def test_late_punches(hass: HomeAssistant, site: Site) -> None:
    """What is delivered late triggers who wants that, too."""
    await site.add("Amina", "1001")
    heard, only_live = Heard(hass), catch(hass, "test", "live")
    await automate(
        hass,
        {
            "triggers": [{"trigger": "syncid.punched", "options": {"late": True}}],
            "actions": [{"action": "test.tell", "data": {"what": PUNCH}}],
        },
        {
            "triggers": [{"trigger": "syncid.punched"}],
            "actions": [{"action": "test.live"}],
        },
    )
    await site.at("2026-11-03 10:00")
    await site.punch("1001", f"{MONDAY} 09:50:00")
    assert heard.take() == ["Amina 1001"]
    assert only_live == []
    await site.punch("1001")
    assert heard.take() == ["Amina 1001"]
    assert len(only_live) == 1


@pytest.mark.parametrize("kind", ["entity", "device", "area", "other entity"])
async def test_targets(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site, kind: str
) -> None:
    """Only the terminals that are targeted trigger: by entity, device or area."""
    side = await syncid.add_push_device("SIDE-1", token="t2", webhook_id="abcd" * 16)
    area = ar.async_get(hass).async_create("Hall")
    target = {
        "entity": {"entity_id": side.entity_id("event", "punch")},
        "device": {"device_id": side.device_id},
        "area": {"area_id": area.id},
        "other entity": {"entity_id": side.entity_id("sensor", "last_punch")},
    }[kind]
    heard = await hear(hass, {"trigger": "syncid.punched", "target": target})
    if kind == "area":  # where it is may be said later
        dr.async_get(hass).async_update_device(side.device_id, area_id=area.id)
    await site.punch("1001")
    await site.punch("1002", token="t2")
    assert heard.take() == ([] if kind == "other entity" else ["None 1002"])
    if kind == "area":  # the entity may be elsewhere than its device
        er.async_get(hass).async_update_entity(
            site.gate.entity_id("event", "punch"), area_id=area.id
        )
        await site.punch("1003")
        assert heard.take() == ["None 1003"]


async def test_attendance_changed(hass: HomeAssistant, site: Site) -> None:
    """A status that changed triggers; that a day is closed as it stood does not."""
    heard = await hear(hass, {"trigger": "syncid.attendance_changed"}, CHANGE)
    await site.add("Amina", "1001")
    await site.punch("1001")
    assert heard.take() == ["Amina expected present False"]
    await site.at("2026-11-03 01:00")
    await site.read_all()
    assert (await site.mark_on(MONDAY)).final
    assert heard.take() == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"finality": "final"},
            ["Amina present present True", "Bruno expected absent True"],
        ),
        ({"finality": "provisional"}, ["Amina expected present False"]),
        ({"to": "present"}, ["Amina expected present False"]),
        ({"from": ["expected"], "to": ["absent"]}, ["Bruno expected absent True"]),
        ({"from": ["late"]}, []),
        ({"person": "Bruno"}, ["Bruno expected absent True"]),
    ],
)
async def test_options_of_attendance(
    hass: HomeAssistant, site: Site, options: dict[str, Any], told: list[str]
) -> None:
    """A change triggers if all options fit it."""
    heard = await hear(
        hass, {"trigger": "syncid.attendance_changed", "options": options}, CHANGE
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1001")
    await site.at("2026-11-03 01:00")
    await site.read_all()
    assert sorted(heard.take()) == told


async def test_closed_otherwise(hass: HomeAssistant, site: Site) -> None:
    """Who waits for closed days hears of one that was open again meanwhile."""
    options = {"from": "absent", "finality": "final"}
    heard = await hear(
        hass, {"trigger": "syncid.attendance_changed", "options": options}, CHANGE
    )
    await absent_on_monday(site)
    other = await site.syncid.add_push_device(
        "SIDE-1", token="t2", webhook_id="abcd" * 16
    )
    await site.map("Amina", "1001", other)
    await site.minute()
    await site.punch("1001", f"{MONDAY} 07:55:00", token="t2")
    assert heard.take() == []
    await site.push(token="t2")
    await site.minute()
    assert heard.take() == ["Amina present present True"]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "syncid.punched", "options": {"direction": "in"}},
        {"trigger": "syncid.punched", "options": {"persons": "Amina"}},
        {"trigger": "syncid.attendance_changed", "options": {"to": "ill"}},
        {"trigger": "syncid.attendance_changed", "target": {"entity_id": "sensor.a"}},
        {"trigger": "syncid.left"},
    ],
)
async def test_refused(
    hass: HomeAssistant, site: Site, trigger: dict[str, Any]
) -> None:
    """What there is not is refused when the automation is set up."""
    with pytest.raises(AssertionError, match="was refused"):
        await hear(hass, trigger)


async def test_descriptions(hass: HomeAssistant, site: Site) -> None:
    """Home Assistant takes what is told of the triggers."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await async_get_all_descriptions(hass)
    punched = descriptions["syncid.punched"]
    assert punched is not None
    assert punched["target"]["entity"][0]["domain"] == ["event"]
    assert descriptions["syncid.attendance_changed"] is not None


# --- devices --------------------------------------------------------------------------


async def of_device(hass: HomeAssistant, device_id: str, kind: str, what: str) -> Heard:
    """Hear of a trigger of a device."""
    triggers = await async_get_device_automations(
        hass, DeviceAutomationType.TRIGGER, device_id
    )
    (trigger,) = [
        one for one in triggers if (one["domain"], one["type"]) == ("syncid", kind)
    ]
    return await hear(hass, trigger, what)


async def test_delivered_late(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site
) -> None:
    """A punch that is told late triggers at its terminal."""
    side = await syncid.add_push_device("SIDE-1", token="t2", webhook_id="abcd" * 16)
    heard = await of_device(
        hass,
        site.gate.device_id,
        "delivered_late",
        "user {{ trigger.event.data.user_id }}",
    )
    await site.at(f"{MONDAY} 08:00")
    await site.punch("1001")
    await site.punch("1002", f"{MONDAY} 07:00:00")
    await site.punch("1003", f"{MONDAY} 07:00:00", token="t2")
    assert side.device_id != site.gate.device_id
    assert heard.take() == ["user 1002"]


@pytest.mark.parametrize(
    ("done", "kind"), [(True, "enrolled"), (False, "not_enrolled")]
)
async def test_enrolled(
    hass: HomeAssistant, syncid: SyncIDKit, done: bool, kind: str
) -> None:
    """How an enrolment ended triggers; what it was on the way does not."""
    terminal = await syncid.add_terminal()
    heard = await of_device(
        hass, terminal.device_id, kind, "{{ trigger.event.data.step }}"
    )
    for step in ("started", "pressed", "accepted", "enrolled" if done else "timed_out"):
        hass.data["syncid"].async_tell_enrollment(
            terminal.serial, "1001", 6, step, presses=1
        )
    await syncid.settle()
    assert heard.take() == ["enrolled" if done else "timed_out"]


async def test_no_triggers_elsewhere(hass: HomeAssistant, site: Site) -> None:
    """What is no terminal has no triggers of ours."""
    entry = site.syncid.site
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("syncid", "nobody")}
    )
    triggers = await async_get_device_automations(
        hass, DeviceAutomationType.TRIGGER, device.id
    )
    assert [one for one in triggers if one["domain"] == "syncid"] == []
