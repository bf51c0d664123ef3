"""What Home Assistant knows of a person besides the ledger, erased."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN, SITE_UNIQUE_ID
from .exports import async_delete_exports


async def async_forget(hass: HomeAssistant, person_id: str) -> dict[str, int]:
    """Erase a person from settings, registries and exports; return how much of what."""
    counts = {
        "settings": _async_forget_settings(hass, person_id),
        **await _async_forget_entities(hass, person_id),
    }
    # Nobody knows who is in which.
    counts["exports"] = await async_delete_exports(hass)
    return counts


@callback
def _async_forget_settings(hass: HomeAssistant, person_id: str) -> int:
    """Take a person out of the lists of the site and of its parts."""
    entries = hass.config_entries
    site = entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return 0
    count = 0
    options = _without(site.options, person_id)
    if options != site.options:
        entries.async_update_entry(site, options=options)
        count += 1
    for subentry in [*site.subentries.values()]:
        data = _without(subentry.data, person_id)
        if data != subentry.data:
            entries.async_update_subentry(site, subentry, data=data)
            count += 1
    return count


def _without(data: Any, person_id: str) -> dict[str, Any]:
    return {
        key: [one for one in value if one != person_id]
        if isinstance(value, list)
        else value
        for key, value in data.items()
    }


async def _async_forget_entities(hass: HomeAssistant, person_id: str) -> dict[str, int]:
    """Remove a person's entities and devices, and what registries keep of removed ones.

    Unique ids of a person's entities, and the identifiers of devices, begin with the
    person's id.
    """
    entities, devices = er.async_get(hass), dr.async_get(hass)
    found = [
        entry
        for entry in entities.entities.values()
        if entry.platform == DOMAIN and entry.unique_id.startswith(person_id)
    ]
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    known = dr.async_entries_for_config_entry(devices, site.entry_id) if site else []
    gone = [
        device
        for device in known
        if any(one[1].startswith(person_id) for one in device.identifiers)
    ]
    if found and hass.services.has_service("recorder", "purge_entities"):
        await hass.services.async_call(
            "recorder",
            "purge_entities",
            {"entity_id": [entry.entity_id for entry in found], "keep_days": 0},
            blocking=True,
        )
    for entry in found:
        entities.async_remove(entry.entity_id)
    for device in gone:
        # It keeps what a user called a device that is removed.
        devices.async_update_device(device.id, name_by_user=None, labels=set())
        devices.async_remove_device(device.id)
    for key in [*entities.deleted_entities]:
        if key[1] == DOMAIN and key[2].startswith(person_id):
            del entities.deleted_entities[key]
            entities.async_schedule_save()
    return {"entities": len(found), "devices": len(gone)}
