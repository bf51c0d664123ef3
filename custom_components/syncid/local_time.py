"""The wall clock where a terminal hangs."""

from datetime import tzinfo
from math import ceil
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.records import local_second

# Seconds that clocks drift apart between two polls, and some.
_LATEST = 60


async def async_zone_of(hass: HomeAssistant, entry: ConfigEntry) -> ZoneInfo:
    """Return the time zone of a terminal: Home Assistant's, unless it has its own."""
    name: str = entry.options.get(CONF_TIME_ZONE) or hass.config.time_zone
    zone = await dt_util.async_get_time_zone(name)
    if zone is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="unknown_time_zone",
            translation_placeholders={"time_zone": name},
        )
    return zone


def local_now(zone: tzinfo) -> float:
    """Return the time, as local seconds, that a terminal's clock should show."""
    now = dt_util.now(zone)
    return local_second(now) + now.microsecond / 1_000_000


def latest_second(clock_drift: float) -> int:
    """Return the second before which a punch was made, by a terminal's own clock.

    What is dated later was made while the clock was wrong.
    """
    return ceil(dt_util.utcnow().timestamp() + clock_drift) + _LATEST
