"""What the recorder keeps of attendance: states, not names, and of who is erased nothing."""

from datetime import UTC, datetime

import pytest

from homeassistant.components.recorder import Recorder, get_instance, history
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    list_statistic_ids,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant, State

from .attendance_kit import Site
from .test_attendance_entities_people import choose


@pytest.fixture(autouse=True)
def _custom_integrations(
    recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """Let Home Assistant find SyncID; the recorder has to be there before it."""


async def test_attributes(hass: HomeAssistant, site: Site) -> None:
    """Names, and what a mark rests on, are not kept by the recorder."""
    await site.add("Amina", "1")
    await choose(site, "Amina")
    await site.at("2026-11-02 08:00")
    await site.punch("1")
    await site.minute()
    kept = {}
    for entity_id in (
        "sensor.syncid_present",
        "sensor.syncid_on_site",
        "sensor.syncid_unmapped_users",
        "sensor.amina_status",
    ):
        shown = hass.states.get(entity_id)
        assert shown is not None
        assert "Amina" in repr(shown.attributes) or "unmapped" in entity_id
        recorded = await last_recorded(hass, entity_id)
        assert recorded.state == shown.state
        kept[entity_id] = {*recorded.attributes} - {
            "friendly_name",
            "state_class",
            "unit_of_measurement",
            "device_class",
        }
    assert kept == {entity_id: set() for entity_id in kept}


async def test_events_of_terminals(hass: HomeAssistant, site: Site) -> None:
    """When somebody punched is kept, and how; who it was, only the ledger knows."""
    await site.add("Amina Rossi", "4711")
    await site.punch("4711", user_name="A. Rossi")
    entity_id = site.gate.entity_id("event", "punch")
    shown = hass.states.get(entity_id)
    assert shown is not None
    assert shown.attributes["person"] == "Amina Rossi"
    recorded = await last_recorded(hass, entity_id)
    assert recorded.state == shown.state
    assert recorded.attributes["direction"] == shown.attributes["direction"]
    await site.call("remove_person", person="Amina Rossi")
    kept = repr([one.as_dict() for one in await all_recorded(hass, entity_id)])
    assert not [word for word in ("Rossi", "4711", "person") if word in kept]


@pytest.mark.parametrize("is_chosen", [True, False])
async def test_who_is_erased(hass: HomeAssistant, site: Site, is_chosen: bool) -> None:
    """Nothing is kept of entities that somebody has, nor of those that they had."""
    await site.add("Amina Rossi", "4711")
    await choose(site, "Amina Rossi")
    await site.punch("4711")
    await site.minute()
    if not is_chosen:
        await choose(site)
        # What is recorded at the very time of a purge stays.
        await site.minute()
    assert await all_recorded(hass, "sensor.amina_rossi_status")
    await site.call("remove_person", person="Amina Rossi")
    for _ in range(3):
        await get_instance(hass).async_block_till_done()
    # When it was removed, and no more, may stay: that is not before the purge.
    left = await all_recorded(hass, "sensor.amina_rossi_status")
    assert "Amina Rossi" not in repr([one.as_dict() for one in left])


@pytest.mark.parametrize("is_chosen", [True, False])
async def test_statistics_of_who_is_erased(
    hass: HomeAssistant, site: Site, is_chosen: bool
) -> None:
    """Those are kept for ever, by the name of the entity; of others they stay."""
    for name, user_id in (("Amina Rossi", "1"), ("Bruno", "2")):
        await site.add(name, user_id)
    await choose(site, "Amina Rossi", "Bruno")
    for sensor in ("amina_rossi", "bruno"):
        remember_hours(hass, f"sensor.{sensor}_hours_today")
    if not is_chosen:
        await choose(site, "Bruno")
    assert await with_statistics(hass) == {
        "sensor.amina_rossi_hours_today",
        "sensor.bruno_hours_today",
    }
    await site.call("remove_person", person="Amina Rossi")
    assert await with_statistics(hass) == {"sensor.bruno_hours_today"}


def remember_hours(hass: HomeAssistant, entity_id: str) -> None:
    """Have there been eight hours of a sensor."""
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": None,
            "source": "recorder",
            "statistic_id": entity_id,
            "unit_class": "duration",
            "unit_of_measurement": "h",
        },
        [{"start": datetime(2026, 11, 1, tzinfo=UTC), "state": 8.0, "sum": 8.0}],
    )


async def with_statistics(hass: HomeAssistant) -> set[str]:
    """Return the sensors of hours of which there are statistics."""
    instance = get_instance(hass)
    # Behind what it still has to do, or is just doing.
    done = hass.loop.create_future()
    instance.queue_task(SynchronizeTask(done))
    await done
    known = await instance.async_add_executor_job(list_statistic_ids, hass)
    found = await instance.async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2026, 1, 1, tzinfo=UTC),
        None,
        {one["statistic_id"] for one in known},
        "hour",
        None,
        {"sum"},
    )
    return {one for one in found if one.endswith("_hours_today")}


async def last_recorded(hass: HomeAssistant, entity_id: str) -> State:
    """Return the last state that the recorder holds of an entity."""
    return (await all_recorded(hass, entity_id))[-1]


async def all_recorded(hass: HomeAssistant, entity_id: str) -> list[State]:
    """Return the states that the recorder holds of an entity, ten at the most."""
    instance = get_instance(hass)
    await instance.async_block_till_done()
    found = await instance.async_add_executor_job(
        history.get_last_state_changes, hass, 10, entity_id
    )
    return [one for one in found.get(entity_id, ()) if isinstance(one, State)]
