"""What helps to find out what is wrong, without saying who anybody is."""

from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .const import (
    CONF_COMM_KEY,
    CONF_ICLOCK_PREFIX,
    CONF_KIND,
    CONF_PROBE,
    CONF_SERIAL,
    CONF_TOKEN_HASH,
    DOMAIN,
    KIND_DEVICE,
)
from .coordinator import DeviceCoordinator
from .core.errors import LedgerError
from .device import DeviceConfigEntry
from .groups import Group, async_groups
from .hub import DATA_HUB
from .keeper import DATA_KEEPER, Seen
from .push.coordinator import PushCoordinator

TO_REDACT = {
    CONF_COMM_KEY,
    CONF_HOST,
    CONF_ICLOCK_PREFIX,
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
    data = dict(entry.data)
    probe = data.pop(CONF_PROBE, {})
    diagnostics: dict[str, Any] = {
        "entry": {"data": data, "options": dict(entry.options)},
        **probe,
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
    else:
        diagnostics["groups"] = [_group(hass, group) for group in async_groups(hass)]
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
        diagnostics |= coordinator.probe(coordinator.data.info)
        diagnostics["clock_drift"] = coordinator.data.clock_drift
    else:
        assert isinstance(coordinator, PushCoordinator)
        diagnostics["delivered_at"] = coordinator.delivered_at
    return diagnostics


def _group(hass: HomeAssistant, group: Group) -> dict[str, Any]:
    """Return how a group is set up, and how its followers differ, in numbers."""
    keeper = hass.data[DATA_KEEPER]
    return {
        "leader": _entry_id(hass, group.leader),
        "followers": [
            {
                "entry_id": _entry_id(hass, serial),
                "drift": _drift(keeper.async_seen(serial)),
                "retry_at": keeper.async_retry_at(serial),
            }
            for serial in group.followers
        ],
        "user_ids": len(group.user_ids),
        "fingerprints": group.fingerprints,
        "faces": group.faces,
        "remove_extra": group.remove_extra,
    }


def _drift(seen: Seen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        **{key: len(users) for key, users in asdict(seen.drift).items()},
        "to_sync": seen.to_sync,
        "checked_at": seen.at,
    }


def _entry_id(hass: HomeAssistant, serial: str) -> str | None:
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
    return entry.entry_id if entry else None
