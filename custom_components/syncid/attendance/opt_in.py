"""Who of the people has entities: who is chosen, or is in a group that is.

Nobody is unless the site's options say so: of 2,000 pupils there would be 10,000.
"""

from collections.abc import Callable, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import CONF_ENTITY_GROUPS, CONF_ENTITY_PERSONS, DOMAIN, SITE_UNIQUE_ID
from ..core.people import Person
from .attendance import DATA_ATTENDANCE
from .events import SIGNAL_DAY, SIGNAL_PEOPLE


@callback
def async_chosen(hass: HomeAssistant, site: ConfigEntry) -> dict[str, Person]:
    """Return who is chosen, by id."""
    ids = {*site.options.get(CONF_ENTITY_PERSONS, ())}
    groups = {group.casefold() for group in site.options.get(CONF_ENTITY_GROUPS, ())}
    attendance = hass.data[DATA_ATTENDANCE]
    today = attendance.places.async_today()
    return {
        person.id: person
        for person in attendance.people.values()
        # Who has left is in their groups still.
        if person.id in ids
        or (
            (person.valid_until is None or person.valid_until >= today)
            and groups & {group.casefold() for group in person.groups}
        )
    }


@callback
def async_add_chosen(
    hass: HomeAssistant,
    site: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Person], Iterable[Entity]],
) -> None:
    """Have the entities of who is chosen now, and of who is later."""
    known: set[str] = set()

    @callback
    def look() -> None:
        nonlocal known
        chosen = async_chosen(hass, site)
        async_add_entities(
            entity
            for person_id, person in chosen.items()
            if person_id not in known
            for entity in make(person)
        )
        known = {*chosen}

    look()
    for signal in (SIGNAL_PEOPLE, SIGNAL_DAY):
        site.async_on_unload(async_dispatcher_connect(hass, signal, look))


@callback
def async_keep_devices(hass: HomeAssistant, site: ConfigEntry) -> None:
    """Remove the devices, and so the entities, of who is chosen no more; now and later.

    Those who stay are called by their names of today.
    """
    registry = dr.async_get(hass)

    @callback
    def look() -> None:
        chosen = async_chosen(hass, site)
        for device in dr.async_entries_for_config_entry(registry, site.entry_id):
            ids = {one for domain, one in device.identifiers if domain == DOMAIN}
            if ids == {SITE_UNIQUE_ID}:
                continue
            person = next((chosen[one] for one in ids if one in chosen), None)
            if person is None:
                registry.async_remove_device(device.id)
            elif device.name != person.name:
                registry.async_update_device(device.id, name=person.name)

    look()
    for signal in (SIGNAL_PEOPLE, SIGNAL_DAY):
        site.async_on_unload(async_dispatcher_connect(hass, signal, look))
