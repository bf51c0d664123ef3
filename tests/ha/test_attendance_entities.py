"""What the site's entities show: counts of today, who is unmapped, the calendar."""

from typing import Any

from custom_components.syncid.attendance.attendance import Attendance
from custom_components.syncid.core.people import Mapping, Person
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .attendance_kit import Site
from .kit import SyncIDKit

SITE_ENTITIES = {
    "calendar.syncid_attendance",
    "sensor.syncid_absent",
    "sensor.syncid_late",
    "sensor.syncid_not_in_yet",
    "sensor.syncid_on_site",
    "sensor.syncid_present",
    "sensor.syncid_unmapped_users",
}


def state(hass: HomeAssistant, key: str) -> State:
    """Return the state of one of the site's sensors."""
    found = hass.states.get(f"sensor.syncid_{key}")
    assert found is not None
    return found


def counts(hass: HomeAssistant) -> dict[str, int]:
    """Return what the sensors of people count, but for zeros."""
    keys = ("present", "late", "absent", "on_site")
    found = {key: int(state(hass, key).state) for key in keys}
    return {key: count for key, count in found.items() if count}


async def set_site(site: Site, **options: Any) -> None:
    """Change the site's options as its flow does."""
    hass, entry = site.hass, site.syncid.site
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.config_entries.async_reload(entry.entry_id)
    await site.syncid.settle()


async def test_what_there_is(hass: HomeAssistant, site: Site) -> None:
    """The site has seven entities, at a device that is a service."""
    registry, entry = er.async_get(hass), site.syncid.site
    found = er.async_entries_for_config_entry(registry, entry.entry_id)
    assert {one.entity_id for one in found} == SITE_ENTITIES
    assert {one.unique_id.partition("-")[0] for one in found} == {"site"}
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert (device.name, device.entry_type) == ("SyncID", "service")
    assert {one.device_id for one in found} == {device.id}
    units = {
        one.entity_id: hass.states.get(one.entity_id).attributes["unit_of_measurement"]  # type: ignore[union-attr]
        for one in found
        if one.domain == "sensor"
    }
    assert units == {
        "sensor.syncid_absent": "people",
        "sensor.syncid_late": "people",
        "sensor.syncid_not_in_yet": "people",
        "sensor.syncid_on_site": "people",
        "sensor.syncid_present": "people",
        "sensor.syncid_unmapped_users": "users",
    }


async def test_a_day(hass: HomeAssistant, site: Site) -> None:
    """Counts follow the punches; absence is counted when it is said."""
    await set_site(site, start_time="08:00", end_time="16:00", grace_minutes=10)
    for user_id, name in (("1", "Amina"), ("2", "Bruno"), ("3", "Chen")):
        await site.add(name, user_id)
    assert counts(hass) == {}
    assert state(hass, "absent").attributes["provisional"] == 3
    await site.at("2026-11-02 07:55")
    await site.punch("1")
    await site.at("2026-11-02 08:20")
    await site.punch("2")
    assert counts(hass) == {"present": 1, "late": 1, "on_site": 2}
    assert state(hass, "late").attributes["people"] == ["Bruno"]
    assert state(hass, "on_site").attributes["people"] == ["Amina", "Bruno"]
    assert state(hass, "present").attributes["date"] == "2026-11-02"
    await site.at("2026-11-02 16:05")
    await site.punch("1", status=1)
    assert counts(hass) == {"present": 1, "late": 1, "on_site": 1}
    await site.at("2026-11-02 23:30")
    await site.read_all()
    assert counts(hass) == {"present": 1, "late": 1, "absent": 1, "on_site": 1}
    assert state(hass, "absent").attributes["people"] == ["Chen"]
    # A new date begins, with marks of its own.
    await site.at("2026-11-03 00:01")
    assert counts(hass).keys() <= {"on_site"}
    assert state(hass, "present").attributes["date"] == "2026-11-03"


async def test_not_in_yet(hass: HomeAssistant, site: Site) -> None:
    """Who should be in by now and is not is listed, without a punch to tell of it."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    for user_id, name in (("1", "Amina"), ("2", "Bruno"), ("3", "Chen")):
        await site.add(name, user_id)
    await site.add("Dara")  # whom no terminal knows
    await site.call("add_leave", person="Chen", start="2026-11-02")
    await site.at("2026-11-02 08:05")
    await site.punch("1")
    assert state(hass, "not_in_yet").state == "0"
    await site.at("2026-11-02 08:10")
    assert state(hass, "not_in_yet").attributes["people"] == ["Bruno"]
    await site.punch("2")
    assert state(hass, "not_in_yet").state == "0"
    await site.at("2026-11-03 00:05")
    assert state(hass, "not_in_yet").state == "0"


async def test_night(hass: HomeAssistant, site: Site) -> None:
    """Of a night its own date counts, as in people's own entities, till the next opens."""
    await set_site(site, start_time="22:00", end_time="06:00", grace_minutes=10)
    for user_id, name in (("1", "Amina"), ("2", "Bruno")):
        await site.add(name, user_id)
    await site.at("2026-11-02 21:55")
    await site.punch("1")
    await site.at("2026-11-02 22:30")
    await site.punch("2")
    shown = {"present": 1, "late": 1}
    for time in ("2026-11-02 23:00", "2026-11-03 00:00", "2026-11-03 01:00"):
        await site.at(time)
        assert counts(hass) == shown | {"on_site": 2}, time
    await site.at("2026-11-03 06:05")
    await site.punch("1")
    await site.punch("2")
    assert counts(hass) == shown
    await site.at("2026-11-03 17:55")
    assert counts(hass) == shown
    await site.at("2026-11-03 18:05")
    assert counts(hass) == {}
    await site.punch("2", "2026-11-03 18:04:00")
    assert counts(hass) == {"present": 1, "on_site": 1}


async def test_absent_until_the_next_start(hass: HomeAssistant, site: Site) -> None:
    """Where no end is set, and midnight says who was absent, it is shown till morning."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    await site.add("Amina", "1")
    await site.add("Bruno", "2")
    await site.punch("1", "2026-11-02 07:55:00")
    for time, absent in (
        ("2026-11-02 23:50", []),
        ("2026-11-03 00:05", ["Bruno"]),
        ("2026-11-03 07:50", ["Bruno"]),
        ("2026-11-03 08:00", []),
    ):
        await site.at(time)
        await site.read_all()
        assert state(hass, "absent").attributes["people"] == absent


async def test_absent_after_a_start(hass: HomeAssistant, site: Site) -> None:
    """Who was absent yesterday is so before the clock is looked at for the first time."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    await site.add("Bruno", "2")
    for time in ("2026-11-02 23:50", "2026-11-03 00:05"):
        await site.at(time)
        await site.read_all()
    again = Attendance(hass, site.attendance.hub)
    await again.async_open()
    assert [mark.status for mark in again.async_marked(status="absent")] == ["absent"]


async def test_yesterday_by_hand(hass: HomeAssistant, site: Site) -> None:
    """Who is said to have been absent yesterday is counted at once."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    await site.add("Bruno", "2")
    await site.at("2026-11-02 23:50")
    await site.punch("2")
    for time in ("2026-11-03 00:05", "2026-11-03 03:00"):
        await site.at(time)
        await site.read_all()
    assert state(hass, "absent").state == "0"
    await site.call(
        "mark_attendance",
        person=["Bruno"],
        mark="absent",
        date="2026-11-02",
        why="was another one",
    )
    assert state(hass, "absent").state == "1"


async def test_date_without_marks(hass: HomeAssistant, site: Site) -> None:
    """A date begins also for a site whose people have all left for good."""
    await site.add("Amina", "1", valid_until="2026-11-02")
    await site.at("2026-11-02 07:55")
    await site.punch("1")
    assert counts(hass) == {"present": 1, "on_site": 1}
    await site.at("2026-11-03 00:01")
    assert state(hass, "present").attributes["date"] == "2026-11-03"
    assert counts(hass).keys() <= {"on_site"}
    await site.at("2026-11-04 00:01")
    assert counts(hass) == {}


async def test_names_are_few(hass: HomeAssistant, site: Site) -> None:
    """Of many people the first 100 are listed, and it is said that there are more."""
    people = [Person(id=f"p{one}", name=f"Pupil {one:03}") for one in range(101)]
    await set_site(site, start_time="08:00", end_time="09:00")
    await site.attendance.async_save(people)
    await site.call(
        "mark_attendance", person=[one.id for one in people], mark="absent", why="x"
    )
    attributes = state(hass, "absent").attributes
    assert counts(hass) == {"absent": 101}
    assert len(attributes["people"]) == 100
    assert attributes["people"][0] == "Pupil 000"
    assert attributes["listed_in_full"] is False


async def test_unmapped(hass: HomeAssistant, site: Site) -> None:
    """Users who punch and are nobody are counted, and listed."""
    await site.punch("17")
    await site.punch("17", "2026-11-02 06:30:00")
    await site.punch("18")
    await site.minute()
    found = state(hass, "unmapped_users")
    assert found.state == "2"
    assert found.attributes["listed_in_full"] is True
    assert {
        (one["device"], one["user_id"], one["punches"])
        for one in found.attributes["users"]
    } == {("GATEWAY-1", "17", 2), ("GATEWAY-1", "18", 1)}
    await site.add("Amina", "17")
    assert state(hass, "unmapped_users").state == "1"


async def test_unmapped_before_anybody_counted(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Nothing is said of how many they are before somebody has looked."""
    await syncid.add_push_device()
    assert state(hass, "unmapped_users").state == STATE_UNKNOWN


async def test_two_thousand(hass: HomeAssistant, site: Site) -> None:
    """People alone make no entities, however many they are."""
    registry = er.async_get(hass)
    before = len(registry.entities)
    people = [
        Person(id=f"p{one:04}", name=f"Pupil {one}", groups=(f"{one % 40}a",))
        for one in range(2000)
    ]
    await site.attendance.async_save(people)
    await site.syncid.settle()
    assert len(site.attendance.people) == 2000
    assert len(registry.entities) == before
    assert len(hass.states.async_all("device_tracker")) == 0
    entry = site.syncid.site
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert len(devices) == 1
    assert state(hass, "present").attributes["provisional"] == 2000


async def test_counted_as_marks_change(hass: HomeAssistant, site: Site) -> None:
    """What is counted mark by mark is what a minute's look at all people finds."""
    await set_site(site, start_time="08:00", end_time="16:00", grace_minutes=10)
    for user_id, name in (("1", "Amina"), ("2", "Bruno"), ("3", "Chen")):
        await site.add(name, user_id)
    for time, user_id, key in (
        ("07:55", "2", 0),
        ("08:20", "1", 0),
        ("08:30", "3", 0),
        ("12:00", "1", 1),
        ("16:10", "3", 1),
    ):
        await site.at(f"2026-11-02 {time}")
        before = state(hass, "absent").last_reported
        await site.punch(user_id, status=key)
        # It tells of nobody who punched: nothing was written of it.
        assert state(hass, "absent").last_reported == before
        keys = ("present", "late", "absent", "not_in_yet", "on_site")
        told = {one: state(hass, one) for one in keys}
        await site.minute()
        for one in keys:
            assert state(hass, one).state == told[one].state
            assert state(hass, one).attributes == told[one].attributes
    assert counts(hass) == {"present": 1, "late": 2, "on_site": 1}


async def test_more_at_once_than_are_looked_at_one_by_one(
    hass: HomeAssistant, site: Site
) -> None:
    """Marks of hundreds of people that change at once are counted all together."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    people = [Person(id=f"p{one:04}", name=f"Pupil {one:04}") for one in range(600)]
    mapped = [
        Mapping(site.gate.serial, str(one + 1), person.id)
        for one, person in enumerate(people)
    ]
    await site.attendance.async_save(people, mapped)
    await site.at("2026-11-02 07:50")
    logs = [
        {"user_id": str(one + 1), "timestamp": "2026-11-02 07:50:00"}
        for one in range(600)
    ]
    await site.push(*logs)
    assert counts(hass) == {"present": 600, "on_site": 600}
    assert state(hass, "on_site").attributes["people"][0] == "Pupil 0000"
    assert len(state(hass, "on_site").attributes["people"]) == 100
    assert state(hass, "on_site").attributes["listed_in_full"] is False


async def test_unload(hass: HomeAssistant, site: Site) -> None:
    """The site's entry can be unloaded and set up again."""
    entry = site.syncid.site
    assert await hass.config_entries.async_unload(entry.entry_id)
    unloaded: ConfigEntryState = entry.state
    assert unloaded is ConfigEntryState.NOT_LOADED
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert state(hass, "present").state == "0"
