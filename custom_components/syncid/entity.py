"""What all entities of a terminal share."""

from homeassistant.helpers.device_registry import (
    CONNECTION_NETWORK_MAC,
    DeviceInfo,
    format_mac,
)
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, MANUFACTURER
from .device import SyncIDCoordinator


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
