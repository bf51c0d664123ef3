"""The entries of SyncID: those of terminals, and the one of the site.

Home Assistant keeps an entry without any data for a discovery that somebody ignored,
which is asked for nothing and told of nothing.
"""

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .const import CONF_KIND, DOMAIN, KIND_DEVICE


def is_ours(entry: ConfigEntry) -> bool:
    """Tell whether an entry is that of a terminal, or of the site."""
    return entry.domain == DOMAIN and entry.source != SOURCE_IGNORE


@callback
def async_all_entries(
    hass: HomeAssistant, *, include_disabled: bool = True
) -> list[ConfigEntry]:
    """Return the entries of all terminals, and of the site."""
    return hass.config_entries.async_entries(
        DOMAIN, include_ignore=False, include_disabled=include_disabled
    )


@callback
def async_device_entries(
    hass: HomeAssistant, *, include_disabled: bool = True
) -> list[ConfigEntry]:
    """Return the entries of all terminals."""
    return [
        entry
        for entry in async_all_entries(hass, include_disabled=include_disabled)
        if entry.data[CONF_KIND] == KIND_DEVICE
    ]
