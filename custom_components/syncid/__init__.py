"""SyncID: ZKTeco attendance terminals in Home Assistant."""

from functools import partial

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    SOURCE_SYSTEM,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_MODE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    ConfigEntryNotReady,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from .attendance.attendance import DATA_ATTENDANCE, Attendance
from .attendance.drill import DATA_DRILLS, Drills
from .attendance.opt_in import async_keep_devices
from .const import (
    CONF_ACTIVE,
    CONF_KIND,
    CONF_SERIAL,
    DOMAIN,
    KIND_DEVICE,
    KIND_SITE,
    MODE_PUSH,
    PLATFORMS,
    SITE_PLATFORMS,
    SITE_UNIQUE_ID,
)
from .coordinator import DeviceCoordinator
from .core.errors import LedgerError, LedgerTooNew
from .device import DeviceConfigEntry, SyncIDCoordinator
from .entries import is_ours
from .exports import async_setup_exports
from .http import async_setup_push
from .hub import DATA_HUB, Hub
from .issues import async_forget_issues
from .keeper import DATA_KEEPER, Keeper
from .panel import async_setup_panel
from .push.audit import async_audit_nightly
from .push.coordinator import PushCoordinator
from .push.iclock import async_open_port, async_setup_iclock
from .push.server import DATA_ADMS, AdmsServer
from .push.talk import adms_of
from .reach import Reach, SiteConfigEntry
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all entries share."""
    hub = hass.data[DATA_HUB] = Hub(hass)
    attendance = hass.data[DATA_ATTENDANCE] = Attendance(hass, hub)
    hass.data[DATA_DRILLS] = Drills(hass)
    keeper = hass.data[DATA_KEEPER] = Keeper(hass)
    async_setup_services(hass)
    async_setup_exports(hass)
    hass.data[DATA_ADMS] = AdmsServer(hass)
    async_setup_push(hass)
    async_setup_iclock(hass)
    async_setup_panel(hass)

    @callback
    def async_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Let the issues of a terminal go with it, and look at groups that changed."""
        if not is_ours(entry):
            return
        attendance.async_site_changed()
        if entry.data[CONF_KIND] == KIND_SITE:
            keeper.async_groups_changed()
        elif change is ConfigEntryChange.REMOVED or entry.disabled_by:
            async_forget_issues(hass, entry)
            if change is ConfigEntryChange.REMOVED:
                hass.data[DATA_ADMS].async_forget(entry.data[CONF_SERIAL])
        elif entry.state is ConfigEntryState.LOADED:
            keeper.async_look(entry.data[CONF_SERIAL])

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, async_changed)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up a terminal, or the site."""
    hub = hass.data[DATA_HUB]
    try:
        await hub.async_open()
        await hass.data[DATA_ATTENDANCE].async_open()
        if entry.data[CONF_KIND] == KIND_DEVICE:
            await _async_setup_device(hass, entry, hub)
        else:
            await _async_setup_site(hass, entry)
    except LedgerTooNew as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="ledger_too_new"
        ) from err
    except LedgerError as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="ledger_error",
            translation_placeholders={"error": str(err)},
        ) from err
    return True


async def _async_setup_site(hass: HomeAssistant, entry: SiteConfigEntry) -> None:
    await async_open_port(hass, entry)
    async_keep_devices(hass, entry)
    entry.runtime_data = Reach(hass)
    entry.runtime_data.async_start(entry)
    await hass.config_entries.async_forward_entry_setups(entry, SITE_PLATFORMS)


async def _async_setup_device(
    hass: HomeAssistant, entry: DeviceConfigEntry, hub: Hub
) -> None:
    pushes = entry.options[CONF_MODE] == MODE_PUSH
    coordinator = (PushCoordinator if pushes else DeviceCoordinator)(hass, entry, hub)
    await coordinator.async_start()
    try:
        if entry.options.get(CONF_ACTIVE, True):
            server = hass.data[DATA_ADMS]
            adms = await server.async_add(coordinator)
            entry.async_on_unload(partial(server.async_remove, adms))
            if isinstance(coordinator, PushCoordinator):
                coordinator.async_use(adms)
                async_audit_nightly(coordinator)
        await _async_meet(coordinator)
        entry.runtime_data = coordinator
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    except BaseException:
        await coordinator.async_stop()
        raise

    @callback
    def async_announce(_: HomeAssistant) -> None:
        """Announce punches from now on: entities and automations are there."""
        hub.async_release(coordinator.in_hub)

    entry.async_on_unload(async_at_started(hass, async_announce))
    coordinator.async_first_poll()
    look = partial(hass.data[DATA_KEEPER].async_look, coordinator.serial)
    entry.async_on_unload(coordinator.async_add_listener(look))
    if not hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID):
        hass.async_create_task(
            hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_SYSTEM}
            )
        )


async def _async_meet(coordinator: SyncIDCoordinator) -> None:
    """Look whether a device is there; who calls us is served though port 4370 is shut."""
    try:
        await coordinator.async_config_entry_first_refresh()
    except ConfigEntryNotReady, ConfigEntryAuthFailed:
        adms = adms_of(coordinator)
        if adms is None or not isinstance(coordinator, DeviceCoordinator):
            raise
        await coordinator.async_do_without(adms.state.facts.info(coordinator.serial))


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Unload a terminal, or the site."""
    if entry.data[CONF_KIND] == KIND_SITE:
        return await hass.config_entries.async_unload_platforms(entry, SITE_PLATFORMS)
    device: DeviceConfigEntry = entry
    hub, coordinator = hass.data[DATA_HUB], device.runtime_data
    hub.async_hold(coordinator.in_hub)
    unloaded = await hass.config_entries.async_unload_platforms(device, PLATFORMS)
    if unloaded:
        await coordinator.async_stop()
    else:
        hub.async_release(coordinator.in_hub)
    return unloaded
