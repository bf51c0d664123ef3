"""Actions at a terminal: its records, its clock, its door, and what is stored of it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    service,
)
from homeassistant.util import dt as dt_util

from ..attendance.persons import async_knows_all
from ..const import ATTR_END, ATTR_START, CONF_KIND, CONF_SERIAL, DOMAIN, KIND_DEVICE
from ..coordinator import DeviceCoordinator
from ..core.errors import LedgerError
from ..core.ledger.queries import PunchQuery
from ..device import DeviceConfigEntry, SyncIDCoordinator
from ..hub import DATA_HUB
from ..push.actions import async_by_push, is_by_push
from ..push.records import async_collect_records
from ..push.talk import adms_of, async_on_push
from .control import CONTROL_ACTIONS, ControlAction

ATTR_LIMIT = "limit"
ATTR_USER_ID = "user_id"
# Of a punch: who it was.
_FOR_ADMINS = frozenset({"person", "person_id", "user_name"})

type Action = Callable[[DeviceCoordinator, ServiceCall], Awaitable[ServiceResponse]]

DEVICE_SCHEMA = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})
COLLECT_SCHEMA = DEVICE_SCHEMA.extend(
    {vol.Optional(ATTR_START): cv.datetime, vol.Optional(ATTR_END): cv.datetime}
)
GET_PUNCHES_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string]),
        vol.Optional(ATTR_USER_ID): cv.string,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_LIMIT, default=1000): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=10_000)
        ),
    }
)


@callback
def async_device(hass: HomeAssistant, device_id: str) -> SyncIDCoordinator:
    """Return what a device is, whichever road its punches take."""
    entry: DeviceConfigEntry
    _, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id)
    if entry.data[CONF_KIND] != KIND_DEVICE:
        raise _no_terminal()
    return entry.runtime_data


@callback
def async_terminal(hass: HomeAssistant, device_id: str) -> DeviceCoordinator:
    """Return the terminal that a device is to which SyncID connects.

    What pushes is asked another way, before this: see `async_push_device`.
    """
    device = async_device(hass, device_id)
    assert isinstance(device, DeviceCoordinator)
    return device


@callback
def async_push_device(call: ServiceCall) -> SyncIDCoordinator | None:
    """Return the one device that a call names, if the action goes by push."""
    if isinstance(device_id := call.data.get(ATTR_DEVICE_ID), str):
        device = async_device(call.hass, device_id)
        if is_by_push(device, call.service):
            return device
    return None


@callback
def async_device_entry(hass: HomeAssistant, device_id: str) -> DeviceConfigEntry:
    """Return the entry of the terminal that a device is, set up or not."""
    entry: DeviceConfigEntry | None
    _, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, device_id, domain=DOMAIN
    )
    if entry is None or entry.data[CONF_KIND] != KIND_DEVICE:
        raise _no_terminal()
    return entry


@callback
def async_serial(hass: HomeAssistant, device_id: str) -> str:
    """Return the serial number of the terminal that a device is, set up or not."""
    serial: str = async_device_entry(hass, device_id).data[CONF_SERIAL]
    return serial


def _no_terminal() -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="device_is_no_terminal"
    )


async def _async_get_device_info(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Return what the terminal says of itself, now."""
    info = await coordinator.async_run(coordinator.terminal.read_info)
    status = await coordinator.async_run(coordinator.terminal.read_status)
    return {
        **asdict(info),
        **asdict(coordinator.terminal.features),
        **asdict(status.capacity),
        "clock_drift": round(status.clock_drift),
    }


async def _async_collect_records(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Read the log's new records now; those of a period only push can be asked for."""
    if ATTR_START not in call.data and ATTR_END not in call.data:
        return asdict(await coordinator.async_collect())
    if adms_of(coordinator) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="period_by_push",
            translation_placeholders={"name": coordinator.config_entry.title},
        )
    return await async_on_push(
        coordinator, lambda adms: async_collect_records(coordinator, adms, call.data)
    )


async def _async_clear_records(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Empty the terminal's log, once all of it is stored."""
    return asdict(await coordinator.async_clear_records())


async def _async_sync_time(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Set the terminal's clock."""
    synced = await coordinator.async_sync_time()
    return {"drift_before": round(synced.before), "drift_after": round(synced.after)}


async def _async_restart(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Restart the terminal."""
    await coordinator.async_restart()
    return None


async def _async_power_off(
    coordinator: DeviceCoordinator, call: ServiceCall
) -> ServiceResponse:
    """Power the terminal off."""
    await coordinator.async_power_off()
    return None


async def _async_get_punches(call: ServiceCall) -> ServiceResponse:
    """Return punches from the ledger, newest first."""
    hass, data = call.hass, call.data
    serials = None
    if ATTR_DEVICE_ID in data:
        serials = [async_serial(hass, device_id) for device_id in data[ATTR_DEVICE_ID]]
    hub = hass.data[DATA_HUB]
    query = PunchQuery(
        serials=serials,
        user_id=data.get(ATTR_USER_ID),
        since=_utc_second(data.get(ATTR_START)),
        until=_utc_second(data.get(ATTR_END)),
        limit=data[ATTR_LIMIT],
    )
    try:
        punches = await hub.async_read(hub.ledger.punches, query)
    except LedgerError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="ledger_error",
            translation_placeholders={"error": str(err)},
        ) from err
    hidden = frozenset() if await async_knows_all(call) else _FOR_ADMINS
    return {
        "punches": [
            {
                key: value
                for key, value in hub.async_describe(punch).items()
                if key not in hidden
            }
            | {"difference": punch.difference}
            for punch in punches
        ]
    }


def _utc_second(time: datetime | None) -> int | None:
    """Return the second of a time; one without a zone is Home Assistant's."""
    return None if time is None else int(dt_util.as_utc(time).timestamp())


_SCHEMAS = {"collect_records": COLLECT_SCHEMA}
# Name, what it does, whether only an admin may, and whether it has a response.
_ACTIONS: tuple[tuple[str, Action, bool, SupportsResponse], ...] = (
    ("get_device_info", _async_get_device_info, False, SupportsResponse.ONLY),
    ("collect_records", _async_collect_records, False, SupportsResponse.OPTIONAL),
    ("clear_records", _async_clear_records, True, SupportsResponse.OPTIONAL),
    ("sync_time", _async_sync_time, True, SupportsResponse.OPTIONAL),
    ("restart", _async_restart, True, SupportsResponse.NONE),
    ("power_off", _async_power_off, True, SupportsResponse.NONE),
)


@callback
def async_setup_terminal_actions(hass: HomeAssistant) -> None:
    """Set up the actions at a terminal."""
    for name, action, admin_only, supports_response in _ACTIONS:

        async def handle(call: ServiceCall, action: Action = action) -> ServiceResponse:
            """Do it at the terminal that the call names."""
            if device := async_push_device(call):
                return await async_by_push(call, device)
            terminal = async_terminal(call.hass, call.data[ATTR_DEVICE_ID])
            return await action(terminal, call)

        schema = _SCHEMAS.get(name, DEVICE_SCHEMA)
        if admin_only:
            service.async_register_admin_service(
                hass, DOMAIN, name, handle, schema, supports_response
            )
        else:
            hass.services.async_register(
                DOMAIN, name, handle, schema, supports_response
            )
    for control in CONTROL_ACTIONS:

        async def handle_control(
            call: ServiceCall, control: ControlAction = control
        ) -> ServiceResponse:
            """Do it at the terminal that the call names, as it says."""
            if device := async_push_device(call):
                return await async_by_push(call, device)
            data = dict(call.data)
            coordinator = async_terminal(call.hass, data.pop(ATTR_DEVICE_ID))
            return await control.do_fn(coordinator, data)

        service.async_register_admin_service(
            hass,
            DOMAIN,
            control.name,
            handle_control,
            DEVICE_SCHEMA.extend(control.fields),
            control.supports_response,
        )
    hass.services.async_register(
        DOMAIN,
        "get_punches",
        _async_get_punches,
        GET_PUNCHES_SCHEMA,
        SupportsResponse.ONLY,
    )
