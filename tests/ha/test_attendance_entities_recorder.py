"""What the recorder keeps of attendance: states, not names."""

import pytest

from homeassistant.components.recorder import Recorder, get_instance, history
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


async def last_recorded(hass: HomeAssistant, entity_id: str) -> State:
    """Return the last state that the recorder holds of an entity."""
    instance = get_instance(hass)
    await instance.async_block_till_done()
    found = await instance.async_add_executor_job(
        history.get_last_state_changes, hass, 1, entity_id
    )
    last = found[entity_id][-1]
    assert isinstance(last, State)
    return last
