"""SyncID in Home Assistant's system information."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .core.errors import LedgerError
from .hub import DATA_HUB


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how much the ledger holds, or why that cannot be told."""
    hub = hass.data[DATA_HUB]
    try:
        return {**await hub.async_read(hub.ledger.statistics)}
    except LedgerError as err:
        return {"ledger": {"type": "failed", "error": str(err)}}
