"""How full a terminal is, how wrong its clock, and who punched last.

The site's sensors, and those of people, have modules of their own.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .attendance.attendance import DATA_ATTENDANCE
from .attendance.opt_in import async_add_chosen
from .const import CONF_KIND, KIND_SITE
from .core.records import Capacity, StoredPunch
from .device import DeviceConfigEntry, SyncIDCoordinator
from .entity import TerminalEntity
from .groups import async_group_followed_by
from .keeper import DATA_KEEPER, SIGNAL_DRIFT, SIGNAL_GROUPS_CHANGED
from .local_time import latest_second
from .person_sensor import person_sensors
from .push.coordinator import PushCoordinator
from .signals import SIGNAL_PUNCH, PunchAnnouncement
from .site_sensor import site_sensors

PARALLEL_UPDATES = 0

# User ids that an attribute lists at the most.
MAX_LISTED = 100


@dataclass(frozen=True, kw_only=True)
class FillSensorDescription(SensorEntityDescription):
    """A sensor of how full a terminal is."""

    value_fn: Callable[[Capacity], float | None]
    supported_fn: Callable[[Capacity], bool] = lambda capacity: True


SENSORS: tuple[FillSensorDescription, ...] = (
    FillSensorDescription(
        key="users",
        translation_key="users",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda capacity: capacity.users,
    ),
    FillSensorDescription(
        key="fingerprints",
        translation_key="fingerprints",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda capacity: capacity.fingerprints,
        supported_fn=lambda capacity: capacity.fingerprint_capacity > 0,
    ),
    FillSensorDescription(
        key="faces",
        translation_key="faces",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda capacity: capacity.faces,
        supported_fn=lambda capacity: capacity.faces is not None,
    ),
    FillSensorDescription(
        key="records",
        translation_key="records",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        entity_registry_enabled_default=False,
        value_fn=lambda capacity: capacity.records,
    ),
    FillSensorDescription(
        key="log_usage",
        translation_key="log_usage",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda capacity: 100 * capacity.records / capacity.record_capacity,
        supported_fn=lambda capacity: capacity.record_capacity > 0,
    ),
)
CLOCK_DRIFT = SensorEntityDescription(
    key="clock_drift",
    translation_key="clock_drift",
    entity_category=EntityCategory.DIAGNOSTIC,
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.SECONDS,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
)
LAST_PUNCH = SensorEntityDescription(
    key="last_punch",
    translation_key="last_punch",
    device_class=SensorDeviceClass.TIMESTAMP,
)
LAST_DELIVERY = SensorEntityDescription(
    key="last_delivery",
    translation_key="last_delivery",
    entity_category=EntityCategory.DIAGNOSTIC,
    device_class=SensorDeviceClass.TIMESTAMP,
)
WAITING = SensorEntityDescription(
    key="commands_waiting",
    translation_key="commands_waiting",
    entity_category=EntityCategory.DIAGNOSTIC,
    state_class=SensorStateClass.MEASUREMENT,
)
DRIFT = SensorEntityDescription(
    key="users_to_sync",
    translation_key="users_to_sync",
    entity_category=EntityCategory.DIAGNOSTIC,
    state_class=SensorStateClass.MEASUREMENT,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a terminal, or of the site and its people."""
    if entry.data[CONF_KIND] != KIND_SITE:
        _async_setup_device(hass, entry, async_add_entities)
        return
    attendance = hass.data[DATA_ATTENDANCE]
    async_add_entities(site_sensors(entry, attendance))
    async_add_chosen(
        hass, entry, async_add_entities, partial(person_sensors, attendance)
    )


@callback
def _async_setup_device(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    coordinator = entry.runtime_data
    async_add_entities([LastPunchSensor(coordinator)])

    has_fill = False

    @callback
    def async_add_fill() -> None:
        """Add what tells how full the terminal is, once it does."""
        nonlocal has_fill
        capacity = coordinator.data.capacity
        if has_fill or capacity is None:
            return
        has_fill = True
        async_add_entities(
            FillSensor(coordinator, description)
            for description in SENSORS
            if description.supported_fn(capacity)
        )

    @callback
    def async_add_waiting() -> None:
        async_add_entities([WaitingSensor(coordinator, WAITING)])

    entry.async_on_unload(coordinator.async_add_listener(async_add_fill))
    async_add_fill()
    if isinstance(coordinator, PushCoordinator):
        async_add_entities([LastDeliverySensor(coordinator, LAST_DELIVERY)])
        coordinator.async_when_met(async_add_waiting)
    else:
        async_add_entities([ClockDriftSensor(coordinator, CLOCK_DRIFT)])
    follows = False

    @callback
    def async_groups_changed() -> None:
        """Have the sensor of a follower come and go with its group."""
        nonlocal follows
        followed = async_group_followed_by(hass, coordinator.serial) is not None
        if followed and not follows:
            async_add_entities([DriftSensor(coordinator)])
        elif not followed:
            registry = er.async_get(hass)
            entity_id = registry.async_get_entity_id(
                "sensor", entry.domain, f"{coordinator.serial}-{DRIFT.key}"
            )
            if entity_id is not None:
                registry.async_remove(entity_id)
        follows = followed

    async_groups_changed()
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_GROUPS_CHANGED, async_groups_changed)
    )


class FillSensor(TerminalEntity, SensorEntity):
    """How much of something is in a terminal."""

    entity_description: FillSensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        capacity = self.coordinator.data.capacity
        return None if capacity is None else self.entity_description.value_fn(capacity)


class ClockDriftSensor(TerminalEntity, SensorEntity):
    """By how much a terminal's clock is ahead."""

    @property
    @override
    def native_value(self) -> int:
        """Return the seconds."""
        return self.coordinator.data.clock_drift


class WaitingSensor(TerminalEntity, SensorEntity):
    """How many commands a terminal has not answered."""

    coordinator: PushCoordinator

    @property
    @override
    def available(self) -> bool:
        """Be there without the terminal, which it waits for."""
        return True

    @property
    @override
    def native_value(self) -> int | None:
        """Return the number."""
        adms = self.coordinator.adms
        return None if adms is None else adms.waiting


class LastDeliverySensor(TerminalEntity, SensorEntity):
    """When a device last delivered anything."""

    coordinator: PushCoordinator

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time; None since Home Assistant started."""
        return self.coordinator.delivered_at


class LastPunchSensor(TerminalEntity, SensorEntity):
    """When somebody last punched."""

    def __init__(self, coordinator: SyncIDCoordinator) -> None:
        """Begin with what the ledger knows."""
        super().__init__(coordinator, LAST_PUNCH)
        self._last = coordinator.data.last_punch

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

    @callback
    def _async_punched(self, announcement: PunchAnnouncement) -> None:
        self._async_take(announcement.punch, live=announcement.live)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._async_take(self.coordinator.data.last_punch)

    @callback
    def _async_take(self, punch: StoredPunch | None, *, live: bool = False) -> None:
        # What comes after a while away may be older than what came live, and what was
        # made while the terminal's clock was ahead is later than anything.
        latest = latest_second(self.coordinator.data.clock_drift)
        if punch and (
            self._last is None
            or self._last.utc_second >= latest
            or (
                self._last.utc_second < punch.utc_second
                and (live or punch.utc_second < latest)
            )
        ):
            self._last = punch
            self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Be there without the terminal: what has been does not change."""
        return True

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time of the last punch."""
        return self._last.time if self._last else None


class DriftSensor(TerminalEntity, SensorEntity):
    """How many users syncing would change at a terminal that follows another one."""

    _unrecorded_attributes = frozenset(
        {
            "group",
            "missing",
            "different",
            "extra",
            "left_out",
            "not_at_leader",
            "listed_in_full",
            "checked_at",
            "retry_at",
        }
    )

    def __init__(self, coordinator: SyncIDCoordinator) -> None:
        """Belong to the terminal."""
        super().__init__(coordinator, DRIFT)

    @override
    async def async_added_to_hass(self) -> None:
        """Be told of what is found."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_DRIFT.format(self.coordinator.serial),
                self.async_write_ha_state,
            )
        )

    @property
    @override
    def available(self) -> bool:
        """Be there without the terminal: what was found is known still."""
        return True

    @property
    @override
    def native_value(self) -> int | None:
        """Return how many users would be changed; None while nobody has looked."""
        seen = self.hass.data[DATA_KEEPER].async_seen(self.coordinator.serial)
        return seen.to_sync if seen else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are, by user id."""
        keeper, serial = self.hass.data[DATA_KEEPER], self.coordinator.serial
        retry_at, seen = keeper.async_retry_at(serial), keeper.async_seen(serial)
        attributes: dict[str, Any] = {"retry_at": retry_at}
        if seen is not None:
            lists = asdict(seen.drift)
            attributes |= {
                "group": seen.group.name,
                **{key: list(users[:MAX_LISTED]) for key, users in lists.items()},
                "listed_in_full": max(map(len, lists.values())) <= MAX_LISTED,
                "checked_at": seen.at,
            }
        return attributes
