"""What a review of erasing claims to be wrong."""

from typing import Any

from custom_components.syncid.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.helpers import entity_registry as er

from .attendance_kit import Site


async def test_history_of_who_has_the_entity_id_now(
    hass: HomeAssistant, site: Site
) -> None:
    """What another one's entity recorded stays, though somebody erased had its id once."""
    first = await site.add("Amina Rossi", "1001")
    other = await site.add("Amina Rossini", "1002")
    entities = er.async_get(hass)
    entry = site.syncid.site
    before = entities.async_get_or_create(
        "sensor",
        DOMAIN,
        f"{first}-status",
        config_entry=entry,
        suggested_object_id="amina_status",
    )
    entities.async_remove(before.entity_id)
    now = entities.async_get_or_create(
        "sensor",
        DOMAIN,
        f"{other}-status",
        config_entry=entry,
        suggested_object_id="amina_status",
    )
    assert now.entity_id == before.entity_id
    purged: list[Any] = []

    @callback
    def purge(call: ServiceCall) -> None:
        purged.extend(call.data["entity_id"])

    hass.services.async_register(
        "recorder", "purge_entities", purge, supports_response=SupportsResponse.NONE
    )
    await site.call("remove_person", person=first)
    assert now.entity_id not in purged
