"""SyncID in Home Assistant's system information."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .hub import DATA_HUB


@callback
def async_register(
    hass: HomeAssistant, register: system_health.SystemHealthRegistration
) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return how much the ledger holds."""
    ledger = hass.data[DATA_HUB].ledger
    return {**await hass.async_add_executor_job(ledger.statistics)}
