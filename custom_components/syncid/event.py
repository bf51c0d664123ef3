"""Punches and alarms as they happen."""

from collections.abc import Collection
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.signal_type import SignalTypeFormat

from .const import DOMAIN
from .core.records import ALARM_TYPES, DIRECTIONS
from .device import DeviceConfigEntry, SyncIDCoordinator
from .entity import TerminalEntity
from .push.coordinator import PushCoordinator
from .signals import SIGNAL_ALARM, SIGNAL_ERASED, SIGNAL_PUNCH, Announcement, is_about

PARALLEL_UPDATES = 0

PUNCH = EventEntityDescription(
    key="punch", translation_key="punch", event_types=list(DIRECTIONS)
)
ALARM = EventEntityDescription(
    key="alarm", translation_key="alarm", event_types=list(ALARM_TYPES)
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events of a terminal."""
    coordinator = entry.runtime_data
    async_add_entities([TerminalEvent(coordinator, PUNCH, SIGNAL_PUNCH)])

    @callback
    def async_add_alarm() -> None:
        async_add_entities([TerminalEvent(coordinator, ALARM, SIGNAL_ALARM)])

    if isinstance(coordinator, PushCoordinator):
        coordinator.async_when_met(async_add_alarm)
    elif coordinator.is_realtime:  # no log tells of alarms afterwards
        async_add_alarm()
    else:
        registry = er.async_get(hass)
        if left := registry.async_get_entity_id(
            Platform.EVENT, DOMAIN, f"{coordinator.serial}-{ALARM.key}"
        ):
            registry.async_remove(left)


class TerminalEvent(TerminalEntity, EventEntity):
    """Something happens at a terminal."""

    # Who it was, is in the ledger: from there somebody can be erased.
    _unrecorded_attributes = frozenset({"person", "person_id", "user_id", "user_name"})

    def __init__(
        self,
        coordinator: SyncIDCoordinator,
        description: EventEntityDescription,
        signal: SignalTypeFormat[Announcement],
    ) -> None:
        """Know how the hub tells of it."""
        super().__init__(coordinator, description)
        self._signal = signal.format(coordinator.serial)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the hub."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(self.hass, self._signal, self._async_announced)
        )
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_ERASED, self._async_erased)
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
    def _async_erased(self, person_id: str, users: Collection[tuple[str, str]]) -> None:
        """Tell no more of who is erased; when the last event was stays."""
        told = self.extra_restore_state_data.last_event_attributes
        if told and is_about(told, person_id, users):
            told.clear()
            self.async_write_ha_state()

    @callback
    def _async_announced(self, announcement: Announcement) -> None:
        # What is delivered late is in the ledger, and on the bus; it does not happen.
        if announcement.live:
            self._trigger_event(announcement.event_type, dict(announcement.data))
            self.async_write_ha_state()
