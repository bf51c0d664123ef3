"""What helps to find out what is wrong, without saying who anybody is."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .const import CONF_COMM_KEY, CONF_KIND, CONF_SERIAL, CONF_TOKEN_HASH, KIND_DEVICE
from .coordinator import DeviceCoordinator
from .core.errors import LedgerError
from .device import DeviceConfigEntry
from .hub import DATA_HUB
from .push import PushCoordinator

TO_REDACT = {
    CONF_COMM_KEY,
    CONF_HOST,
    CONF_MAC,
    CONF_SERIAL,
    CONF_TOKEN_HASH,
    CONF_WEBHOOK_ID,
    # The last records of the log, with the ids of those who punched.
    "overlap",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ConfigEntry
) -> dict[str, Any]:
    """Return diagnostics of a terminal, or of the site."""
    hub = hass.data[DATA_HUB]
    diagnostics: dict[str, Any] = {
        "entry": {"data": dict(entry.data), "options": dict(entry.options)}
    }
    try:
        diagnostics["ledger"] = await hub.async_read(hub.ledger.statistics)
        if entry.data[CONF_KIND] == KIND_DEVICE:
            cursor = await hub.async_read(hub.ledger.cursor, entry.data[CONF_SERIAL])
            diagnostics["cursor"] = asdict(cursor) if cursor else None
            diagnostics["log"] = {
                "record_size": cursor.record_size if cursor else None,
                "tail_reads": cursor.reads_tail if cursor else None,
            }
    except LedgerError as err:
        diagnostics["ledger"] = {"error": str(err)}
    if entry.state is not ConfigEntryState.LOADED:
        diagnostics["last_error"] = entry.error_reason_translation_key
    elif entry.data[CONF_KIND] == KIND_DEVICE:
        diagnostics |= _terminal(entry)
    return async_redact_data(diagnostics, TO_REDACT)


def _terminal(entry: DeviceConfigEntry) -> dict[str, Any]:
    coordinator = entry.runtime_data
    error = coordinator.last_exception
    capacity = coordinator.data.capacity
    diagnostics = {
        "online": coordinator.is_online,
        "last_error": (
            getattr(error, "translation_key", None) or type(error).__name__
            if error
            else None
        ),
        "info": asdict(coordinator.data.info),
        "capacity": asdict(capacity) if capacity else None,
    }
    if isinstance(coordinator, DeviceCoordinator):
        diagnostics["features"] = {
            **asdict(coordinator.terminal.features),
            "event_size": coordinator.terminal.event_size,
        }
        diagnostics["clock_drift"] = coordinator.data.clock_drift
    elif isinstance(coordinator, PushCoordinator):
        diagnostics["delivered_at"] = coordinator.delivered_at
    return diagnostics
