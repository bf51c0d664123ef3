"""Punches as they happen."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceConfigEntry
from .core.records import DIRECTIONS
from .entity import TerminalEntity
from .hub import SIGNAL_PUNCH, Announcement

PARALLEL_UPDATES = 0

PUNCH = EventEntityDescription(
    key="punch", translation_key="punch", event_types=list(DIRECTIONS)
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the punch event of a terminal."""
    async_add_entities([PunchEvent(entry.runtime_data, PUNCH)])


class PunchEvent(TerminalEntity, EventEntity):
    """Somebody punches at a terminal."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for punches."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_PUNCH.format(self.coordinator.serial),
                self._async_punched,
            )
        )

    @property
    @override
    def available(self) -> bool:
        """Be there without the terminal.

        Triggers ignore an event of an entity that was unavailable, and the punches
        that a terminal kept come before it is known to be back.
        """
        return True

    @callback
    def _async_punched(self, announcement: Announcement) -> None:
        # What is delivered late is in the ledger, and on the bus; it does not happen.
        if announcement.live:
            self._trigger_event(
                announcement.punch.punch.direction, dict(announcement.data)
            )
            self.async_write_ha_state()
