"""SyncID: ZKTeco attendance terminals in Home Assistant."""

from homeassistant.config_entries import SOURCE_SYSTEM, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import CONF_KIND, DOMAIN, KIND_SITE, PLATFORMS, SITE_UNIQUE_ID
from .coordinator import DeviceConfigEntry, DeviceCoordinator
from .core.errors import LedgerError
from .hub import DATA_HUB, Hub
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all entries share."""
    hass.data[DATA_HUB] = Hub(hass)
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up a terminal, or the site."""
    hub = hass.data[DATA_HUB]
    try:
        await hub.async_open()
    except LedgerError as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="ledger_error",
            translation_placeholders={"error": str(err)},
        ) from err
    if entry.data[CONF_KIND] == KIND_SITE:
        return True
    return await _async_setup_device(hass, entry, hub)


async def _async_setup_device(
    hass: HomeAssistant, entry: DeviceConfigEntry, hub: Hub
) -> bool:
    coordinator = DeviceCoordinator(hass, entry, hub)
    await coordinator.async_start()
    try:
        await coordinator.async_config_entry_first_refresh()
    except BaseException:
        await coordinator.async_stop()
        raise
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_first_poll()
    if not hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID):
        hass.async_create_task(
            hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_SYSTEM}
            )
        )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Unload a terminal, or the site."""
    if entry.data[CONF_KIND] == KIND_SITE:
        return True
    device: DeviceConfigEntry = entry
    unloaded = await hass.config_entries.async_unload_platforms(device, PLATFORMS)
    if unloaded:
        await device.runtime_data.async_stop()
    return unloaded
