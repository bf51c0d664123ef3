"""What all devices have in common, whichever road their punches take."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TIME_ZONE, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from .const import CONF_SERIAL, DOMAIN
from .core.errors import LedgerError
from .core.records import Capacity, DeviceInfo, Ingested, StoredPunch, local_second
from .hub import Hub
from .local_time import async_zone_of, latest_second
from .problems import translation_of
from .signals import SIGNAL_ERASED, SIGNAL_HISTORY_READ, SIGNAL_LEDGER_REPLACED

_LOGGER = logging.getLogger(__name__)

# Something else is known of a terminal, which is named by its serial number.
SIGNAL_TERMINAL: SignalType[str] = SignalType("syncid_terminal")

type DeviceConfigEntry = ConfigEntry[SyncIDCoordinator]


@dataclass(frozen=True, slots=True)
class DeviceData:
    """What is known of a device."""

    info: DeviceInfo
    # None where the device does not say.
    capacity: Capacity | None
    # Whole seconds by which its clock is ahead.
    clock_drift: int
    last_punch: StoredPunch | None


class SyncIDCoordinator(DataUpdateCoordinator[DeviceData]):
    """A device: what is known of it, and whether it is there."""

    config_entry: DeviceConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: DeviceConfigEntry,
        hub: Hub,
        update_interval: timedelta | None = None,
    ) -> None:
        """Prepare; `async_start` begins."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=update_interval,
            always_update=False,
        )
        self.hub = hub
        self.serial: str = entry.data[CONF_SERIAL]
        self._read_until: int | None = None
        # Whether live alarms come, and punches as they happen.
        self.is_realtime = False
        # Whether the device answers, with whatever it says; None if nothing tells.
        self.is_online: bool | None = False
        self._end_silence: Callable[[], None] | None = None

    async def async_start(self) -> None:
        """Take the device into the hub."""
        self.zone = await async_zone_of(self.hass, self.config_entry)
        self.in_hub = await self.hub.async_add_terminal(
            self.serial, self.zone.key, self.config_entry.entry_id
        )
        for signal in (SIGNAL_LEDGER_REPLACED, SIGNAL_HISTORY_READ.format(self.serial)):
            self.config_entry.async_on_unload(
                async_dispatcher_connect(self.hass, signal, self._async_refresh_soon)
            )
        self.config_entry.async_on_unload(
            async_dispatcher_connect(self.hass, SIGNAL_ERASED, self._async_erased)
        )
        if not self.config_entry.options.get(CONF_TIME_ZONE):
            self.config_entry.async_on_unload(
                self.hass.bus.async_listen(
                    EVENT_CORE_CONFIG_UPDATE, self._async_config_updated
                )
            )

    @callback
    def _async_config_updated(self, event: Event) -> None:
        """Begin anew in another time zone: what is stored is dated anew by it, too."""
        if CONF_TIME_ZONE in event.data:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    @property
    def read_until(self) -> int | None:
        """Return until when all has been read that the device shows, in UTC."""
        return self._read_until

    @property
    def pushes_alone(self) -> bool:
        """Return whether it calls, and there is no other way to it now."""
        return False

    @property
    def past_until(self) -> int:
        """Return the local second before which nothing pushed is news.

        It is the past of a device that was added since; some of it may be live.
        """
        added = dt_util.as_utc(self.config_entry.created_at).astimezone(self.zone)
        return local_second(added) - self.hub.live_seconds

    @callback
    def async_heard(self, *, delivered: bool, patience: float) -> None:
        """Know that the device called, and whether it delivered anything.

        If it is silent for longer than `patience`, in seconds, it is away.
        """

    @callback
    def async_stored(self, ingested: Ingested) -> None:
        """Know what became of what the device pushed."""

    async def async_stop(self, _: Event | None = None) -> None:
        """End what `async_start` began, and wait for no call any more."""
        if self._end_silence is not None:
            self._end_silence()
            self._end_silence = None

    @callback
    def _async_await_call(self, patience: float) -> None:
        if self._end_silence is not None:
            self._end_silence()
        self._end_silence = async_call_later(
            self.hass, patience, HassJob(self._async_silent)
        )

    @callback
    def _async_silent(self, _: datetime) -> None:
        """Know that the device calls no more."""
        self._end_silence = None
        self.logger.info("%s calls no more", self.config_entry.title)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell the entities, and whoever looks at all terminals."""
        super().async_update_listeners()
        async_dispatcher_send(self.hass, SIGNAL_TERMINAL, self.serial)

    @callback
    def async_first_poll(self) -> None:
        """Read what nobody else does, now that all is set up."""

    async def _async_last_punch(self, clock_drift: float) -> StoredPunch | None:
        """Return the last punch that was made by now; raises `UpdateFailed`."""
        try:
            return await self.hub.async_read(
                self.hub.ledger.last_punch,
                self.serial,
                until=latest_second(clock_drift),
            )
        except LedgerError as err:
            raise UpdateFailed(**self._translation(err)) from err

    @callback
    def _async_set_online(self, online: bool | None) -> None:
        """Tell who listens, even where the coordinator sees one failure after another."""
        if online != self.is_online:
            self.is_online = online
            self.async_update_listeners()

    @callback
    def _async_erased(self, _: str, users: Collection[tuple[str, str]]) -> None:
        """Look who punched last: it may have been somebody who is erased."""
        if any(serial == self.serial for serial, _ in users):
            self._async_refresh_soon()

    @callback
    def _async_refresh_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"syncid refresh {self.serial}"
        )

    def _translation(self, err: Exception) -> dict[str, Any]:
        return translation_of(err, self.config_entry.title)


@callback
def async_update_device(
    hass: HomeAssistant, entry: ConfigEntry, info: DeviceInfo
) -> None:
    """Have the device show what a terminal told of itself since it was set up."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, info.serial), entry.entry_id
    )
    if device is not None:
        registry.async_update_device(
            device.id,
            model=info.name or None,
            sw_version=info.firmware or None,
            hw_version=info.platform or None,
        )
