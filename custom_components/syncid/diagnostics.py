"""What helps to find out what is wrong, without saying who anybody is."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_MAC
from homeassistant.core import HomeAssistant

from .const import CONF_COMM_KEY, CONF_KIND, CONF_SERIAL, KIND_SITE
from .coordinator import DeviceConfigEntry
from .hub import DATA_HUB

TO_REDACT = {
    CONF_COMM_KEY,
    CONF_HOST,
    CONF_MAC,
    CONF_SERIAL,
    # The last records of the log, with the ids of those who punched.
    "overlap",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of a terminal, or of the site."""
    ledger = hass.data[DATA_HUB].ledger
    diagnostics: dict[str, Any] = {
        "entry": {"data": dict(entry.data), "options": dict(entry.options)},
        "ledger": await hass.async_add_executor_job(ledger.statistics),
    }
    if entry.data[CONF_KIND] == KIND_SITE:
        return async_redact_data(diagnostics, TO_REDACT)
    device: DeviceConfigEntry = entry
    coordinator = device.runtime_data
    error = coordinator.last_exception
    cursor = await hass.async_add_executor_job(ledger.cursor, coordinator.serial)
    diagnostics |= {
        "online": coordinator.is_online,
        "last_error": (
            getattr(error, "translation_key", None) or type(error).__name__
            if error
            else None
        ),
        "info": asdict(coordinator.data.info),
        "capacity": asdict(coordinator.data.capacity),
        "clock_drift": coordinator.data.clock_drift,
        "cursor": asdict(cursor) if cursor else None,
    }
    return async_redact_data(diagnostics, TO_REDACT)
