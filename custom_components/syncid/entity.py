"""What all entities of a terminal share, those of the site, and those of a person."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import (
    CONNECTION_NETWORK_MAC,
    DeviceEntryType,
    DeviceInfo,
    format_mac,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util.signal_type import SignalType

from .attendance.attendance import Attendance
from .attendance.events import SIGNAL_DAY, SIGNAL_PEOPLE, SIGNAL_PERSON
from .const import DOMAIN, MANUFACTURER, SITE_UNIQUE_ID
from .core.attendance.marks import Mark
from .core.people import Person
from .device import SyncIDCoordinator

type Signals = tuple[SignalType[*tuple[Any, ...]], ...]


class TerminalEntity(CoordinatorEntity[SyncIDCoordinator]):
    """An entity of a terminal."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: SyncIDCoordinator, description: EntityDescription
    ) -> None:
        """Belong to the terminal's device."""
        super().__init__(coordinator)
        self.entity_description = description
        info = coordinator.data.info
        self._attr_unique_id = f"{info.serial}-{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, info.serial)},
            connections={(CONNECTION_NETWORK_MAC, format_mac(info.mac))}
            if info.mac
            else set(),
            manufacturer=MANUFACTURER,
            model=info.name or None,
            name=coordinator.config_entry.title,
            serial_number=info.serial,
            sw_version=info.firmware or None,
            hw_version=info.platform or None,
        )


class AttendanceEntity(Entity):
    """What attendance tells, as soon as it does."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    # What changes the state.
    signals: Signals = ()

    def __init__(
        self, attendance: Attendance, whose: str, description: EntityDescription
    ) -> None:
        """Belong to the site, or to a person."""
        self.attendance = attendance
        self.entity_description = description
        self._attr_unique_id = f"{whose}-{description.key}"

    @override
    async def async_added_to_hass(self) -> None:
        """Be told of what changes."""
        await super().async_added_to_hass()
        for signal in self.signals:
            self.async_on_remove(
                async_dispatcher_connect(self.hass, signal, self._async_changed)
            )

    @callback
    def _async_changed(self, *_: object) -> None:
        self.async_write_ha_state()


class SiteEntity(AttendanceEntity):
    """An entity of the site."""

    def __init__(
        self, entry: ConfigEntry, attendance: Attendance, description: EntityDescription
    ) -> None:
        """Belong to the site's device."""
        super().__init__(attendance, SITE_UNIQUE_ID, description)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, SITE_UNIQUE_ID)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
        )


class PersonEntity(AttendanceEntity):
    """An entity of a person."""

    def __init__(
        self, attendance: Attendance, person: Person, description: EntityDescription
    ) -> None:
        """Belong to the person's device."""
        super().__init__(attendance, person.id, description)
        self.person_id = person.id
        # Begin with the person's id: so all there is of somebody is found.
        self._info = DeviceInfo(
            identifiers={(DOMAIN, person.id)},
            entry_type=DeviceEntryType.SERVICE,
            name=person.name,
        )
        self.signals = (SIGNAL_PERSON.format(person.id), SIGNAL_PEOPLE, SIGNAL_DAY)

    # Not an attribute, which trackers have none of.
    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the person's device."""
        return self._info

    @property
    @override
    def available(self) -> bool:
        """Be there as long as the person is known."""
        return self.person_id in self.attendance.people

    @property
    def mark(self) -> Mark | None:
        """Return the mark that a punch would go to now."""
        return self.attendance.async_current(self.person_id)
