"""Where terminals hang: what marks know of each, and by whose clock dates begin."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date as Date, tzinfo
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import CONF_ACTIVE, CONF_DIRECTION, CONF_SERIAL, DOMAIN, SITE_UNIQUE_ID
from ..core.attendance.readings import Station, only_zone, zone_info
from ..core.book import Book
from ..core.errors import RuleRefused
from ..entries import async_device_entries

_LOGGER = logging.getLogger(__name__)


class Places:
    """The terminals of the site, also those that are gone, and their zones."""

    def __init__(self, hass: HomeAssistant, book: Book) -> None:
        """Read nothing yet."""
        self._hass = hass
        self._book = book
        # Before which second of UTC all was read, by serial number.
        self._read_until: dict[str, int] = {}
        # What terminals were when they were there last.
        self._known: Mapping[str, Station] = {}
        # What is named, and of that the zones that there are, read from disk.
        self._named: tuple[str | None, frozenset[str]] | None = None
        self._zones: Mapping[str, tzinfo] = {}
        # The zone that the rules name, and the one by whose clock dates begin.
        self.rules_zone: str | None = None
        self.zone_name = hass.config.time_zone
        self.zone = dt_util.get_default_time_zone()

    @callback
    def async_devices(self) -> Iterable[ConfigEntry]:
        """Return the entries of terminals and gateways that are in use."""
        return async_device_entries(self._hass, include_disabled=False)

    @callback
    def async_stations(self, now: int) -> dict[str, Station]:
        """Return what marks must know of terminals, also of those that are gone."""
        stations = {}
        for entry in self.async_devices():
            serial = entry.data[CONF_SERIAL]
            until = self._read_until.get(serial)
            if not entry.options.get(CONF_ACTIVE, True):
                until = now  # nothing that it holds is taken
            stations[serial] = Station(
                serial=serial,
                zone=entry.options.get(CONF_TIME_ZONE) or self._hass.config.time_zone,
                direction=entry.options[CONF_DIRECTION],
                delivered_until=until,
            )
        for serial, known in self._known.items():
            if serial not in stations:
                until = self._read_until.get(serial)
                stations[serial] = replace(known, delivered_until=until)
        return stations

    # --- whose clock ------------------------------------------------------------------

    @callback
    def async_today(self) -> Date:
        """Return the date on the site's wall."""
        return dt_util.now(self.zone).date()

    @callback
    def async_zones(self) -> dict[str, str]:
        """Return the zones of terminals by serial number, of those that are gone too."""
        own = self._hass.config.time_zone
        return {one.serial: one.zone for one in self._known.values()} | {
            entry.data[CONF_SERIAL]: entry.options.get(CONF_TIME_ZONE) or own
            for entry in self.async_devices()
        }

    @callback
    def async_zone_of(self, serials: Collection[str]) -> tzinfo:
        """Return the zone by whose clock shifts of who uses terminals are meant."""
        name = self.rules_zone or only_zone(serials, self.async_zones())
        return self._zones.get(name, self.zone)

    @callback
    def async_zone_at(self, serial: str) -> tzinfo:
        """Return the zone of a terminal; the site's of one that nobody knows."""
        return self._zones.get(self.async_zones().get(serial, ""), self.zone)

    @callback
    def async_have_other_zones(self) -> bool:
        """Tell whether other zones are named than those that are known."""
        return self._async_name_zones() != self._named

    @callback
    def _async_name_zones(self) -> tuple[str | None, frozenset[str]]:
        site = self._hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, SITE_UNIQUE_ID
        )
        chosen = site.options.get(CONF_TIME_ZONE) if site else None
        names = {self._hass.config.time_zone, *self.async_zones().values()}
        return chosen, frozenset({*names, chosen} if chosen else names)

    async def async_know_zones(self) -> None:
        """Read the zones that are named: in the event loop that would block."""
        self._named = chosen, names = self._async_name_zones()
        self._zones = await self._hass.async_add_executor_job(_zones, names)
        if chosen and chosen not in self._zones:
            _LOGGER.error(
                "There is no time zone %s: shifts are as if none were", chosen
            )
            chosen = None
        self.rules_zone = chosen
        # Where all terminals hang in one zone, it is the site's, whatever the server's.
        there = [entry.data[CONF_SERIAL] for entry in self.async_devices()]
        name = chosen or only_zone(there, self.async_zones())
        if name not in self._zones:
            name = self._hass.config.time_zone
        self.zone_name, self.zone = name, self._zones[name]

    # --- what is kept -----------------------------------------------------------------

    async def async_load(self) -> None:
        """Know what is kept of terminals, and their zones; raises `LedgerError`."""

        def load() -> None:
            self._known = self._book.places()
            self._read_until = self._book.deliveries()

        await self._hass.async_add_executor_job(load)
        await self.async_know_zones()

    async def async_keep_deliveries(self, told: Mapping[str, int]) -> None:
        """Know until when terminals were read; raises `LedgerError`."""
        until = {
            serial: read
            for serial, read in told.items()
            if read > self._read_until.get(serial, 0)
        }
        if until:
            await self._hass.async_add_executor_job(self._book.save_deliveries, until)
            self._read_until |= until

    async def async_keep(self, now: int) -> None:
        """Remember what terminals are: what they told is read by that for ever."""
        known = {
            one.serial: replace(one, delivered_until=None, is_gone=True)
            for one in self.async_stations(now).values()
        }
        if known != self._known:
            await self._hass.async_add_executor_job(
                self._book.save_places, [*known.values()]
            )
            self._known = known


def _zones(names: Iterable[str]) -> dict[str, tzinfo]:
    """Return the zones that there are of those that are named."""
    found: dict[str, tzinfo] = {}
    for name in names:
        with suppress(RuleRefused):
            found[name] = zone_info(name)
    return found
