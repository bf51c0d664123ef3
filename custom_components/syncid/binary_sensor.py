"""Whether a terminal is there."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device import DeviceConfigEntry
from .entity import TerminalEntity

PARALLEL_UPDATES = 0

CONNECTIVITY = BinarySensorEntityDescription(
    key="connectivity",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensor of a terminal."""
    async_add_entities([ConnectivitySensor(entry.runtime_data, CONNECTIVITY)])


class ConnectivitySensor(TerminalEntity, BinarySensorEntity):
    """Whether a terminal answers."""

    @property
    @override
    def available(self) -> bool:
        """Be there to say that the terminal is not."""
        return True

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the terminal answers."""
        return self.coordinator.is_online
