"""Which terminals answer, as who relies on them sees it: a short break is none."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.util.signal_type import SignalType

from .const import CONF_KIND, CONF_SERIAL, KIND_DEVICE
from .entries import async_device_entries, is_ours

# A terminal is away, or is back.
SIGNAL_REACH: SignalType[()] = SignalType("syncid_reach")
# A restart, of a terminal or of Home Assistant, takes less.
PATIENCE: Final = timedelta(minutes=5)

type SiteConfigEntry = ConfigEntry[Reach]


class Reach:
    """Knows which terminals have not answered for a while."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know none yet."""
        self.hass = hass
        self._names: dict[str, str] = {}
        self._away: set[str] = set()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._listening: dict[str, Callable[[], None]] = {}

    @callback
    def async_start(self, site: SiteConfigEntry) -> None:
        """Look at the terminals for as long as the site is there."""
        for entry in async_device_entries(self.hass):
            self._async_entry_changed(ConfigEntryChange.ADDED, entry)
        site.async_on_unload(
            async_dispatcher_connect(
                self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            )
        )
        site.async_on_unload(self._async_stop)

    @callback
    def _async_stop(self) -> None:
        for end in (*self._waiting.values(), *self._listening.values()):
            end()

    def answers(self, serials: Iterable[str]) -> bool:
        """Tell whether any of some terminals is there."""
        return any(one in self._names and one not in self._away for one in serials)

    def away(self) -> list[str]:
        """Return the names of terminals that are not there."""
        return sorted(self._names[one] for one in self._away)

    @callback
    def _async_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry
    ) -> None:
        if not is_ours(entry) or entry.data[CONF_KIND] != KIND_DEVICE:
            return
        serial: str = entry.data[CONF_SERIAL]
        if (end := self._listening.pop(serial, None)) is not None:
            end()
        if change is ConfigEntryChange.REMOVED or entry.disabled_by:
            self._async_forget(serial)
            return
        self._names[serial] = entry.title
        if entry.state is ConfigEntryState.LOADED:
            self._listening[serial] = entry.runtime_data.async_add_listener(
                partial(self._async_look, entry)
            )
        self._async_look(entry)

    @callback
    def _async_look(self, entry: ConfigEntry) -> None:
        serial: str = entry.data[CONF_SERIAL]
        is_loaded = entry.state is ConfigEntryState.LOADED
        if is_loaded and entry.runtime_data.is_online is not False:
            if (end := self._waiting.pop(serial, None)) is not None:
                end()
            if serial in self._away:
                self._away.remove(serial)
                async_dispatcher_send(self.hass, SIGNAL_REACH)
        elif serial not in self._away and serial not in self._waiting:
            gone = HassJob(partial(self._async_gone, serial), cancel_on_shutdown=True)
            self._waiting[serial] = async_call_later(self.hass, PATIENCE, gone)

    @callback
    def _async_gone(self, serial: str, _: datetime) -> None:
        del self._waiting[serial]
        self._away.add(serial)
        async_dispatcher_send(self.hass, SIGNAL_REACH)

    @callback
    def _async_forget(self, serial: str) -> None:
        if (end := self._waiting.pop(serial, None)) is not None:
            end()
        self._away.discard(serial)
        self._names.pop(serial, None)
        async_dispatcher_send(self.hass, SIGNAL_REACH)
