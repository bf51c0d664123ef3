"""Reading in what a terminal exports to a USB stick, for one that has no network."""

from pathlib import Path
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID, CONF_MODE
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util.json import JsonValueType

from ..const import CONF_DIRECTION, CONF_SERIAL, CONF_VERIFY_CODES, DOMAIN, MODE_PUSH
from ..coordinator import info_kept
from ..core.attlog import Rows, read_attlog
from ..core.codes import pushed_family, verify_family
from ..core.errors import LedgerError
from ..core.records import NEVER, Batch, Rejected
from ..core.rows import RowDecoder
from ..device import DeviceConfigEntry
from ..hub import DATA_HUB
from ..local_time import async_zone_of
from ..problems import translation_of
from ..texts import async_text
from .terminal import async_device_entry

ATTR_FILE: Final = "file"
# Bytes: far more than the log of any terminal.
MAX_FILE: Final = 64 * 1024 * 1024
# Rows that make no sense and are told of.
_MOST_TOLD = 20

IMPORT_SCHEMA = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): cv.string, vol.Required(ATTR_FILE): cv.string}
)


def read_file(hass: HomeAssistant, name: str, decoder: RowDecoder) -> list[Rows]:
    """Return the rows of a file; raises `ServiceValidationError`, or OSError."""
    path = Path(hass.config.path(name)).resolve()
    is_ours = path.is_relative_to(Path(hass.config.config_dir).resolve())
    if not (is_ours or hass.config.is_allowed_path(str(path))):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="file_not_allowed",
            translation_placeholders={"file": name},
        )
    if path.stat().st_size > MAX_FILE:
        raise _no_attlog(name)
    with path.open("rb") as lines:
        rows = list(read_attlog(lines, decoder))
    # All of it first: a file of something else leaves nothing behind.
    if not any(some.punches for some in rows):
        raise _no_attlog(name)
    return rows


def _no_attlog(name: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="file_no_attlog",
        translation_placeholders={"file": name},
    )


async def _async_import_attlog(call: ServiceCall) -> ServiceResponse:
    """Store the punches of an export; return how many were new."""
    hass, name = call.hass, call.data[ATTR_FILE]
    entry = async_device_entry(hass, call.data[ATTR_DEVICE_ID])
    try:
        rows = await hass.async_add_executor_job(read_file, hass, name, _decoder(entry))
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="attlog_not_read",
            translation_placeholders={"file": name, "error": err.strerror or str(err)},
        ) from err
    try:
        return await _async_store(hass, entry, rows)
    except LedgerError as err:
        raise HomeAssistantError(**translation_of(err, entry.title)) from err


def _decoder(entry: ConfigEntry) -> RowDecoder:
    option = entry.options.get(CONF_VERIFY_CODES, "auto")
    info = info_kept(entry)
    family = (
        pushed_family(option)
        if entry.options[CONF_MODE] == MODE_PUSH or info is None
        else verify_family(option, info)
    )
    return RowDecoder(family, entry.options[CONF_DIRECTION])


@callback
def _async_rejection(hass: HomeAssistant, one: Rejected) -> JsonValueType:
    reason = one.record.reason
    text = async_text(hass, f"exceptions.attlog_{reason}.message")
    return {"line": one.place, "reason": reason, "text": text}


async def _async_store(
    hass: HomeAssistant, entry: DeviceConfigEntry, rows: list[Rows]
) -> dict[str, Any]:
    hub, serial = hass.data[DATA_HUB], entry.data[CONF_SERIAL]
    is_loaded = entry.state is ConfigEntryState.LOADED
    if not is_loaded:
        # Nobody reaches it, or it is disabled: the ledger may not know it yet.
        await hub.async_open()
        zone = await async_zone_of(hass, entry)
        await hub.async_add_terminal(serial, zone.key, entry.entry_id)
    new = duplicates = 0
    rejected: list[Rejected] = []
    for some in rows:
        ingested = await hub.async_ingest(
            Batch(
                serial,
                "import",
                some.punches,
                [one.record for one in some.rejected],
                # A file tells of what has been: none of it is news.
                past_until=NEVER,
            )
        )
        new += ingested.new
        duplicates += ingested.duplicates
        rejected += some.rejected
    if is_loaded:
        await entry.runtime_data.async_request_refresh()
    told: list[JsonValueType] = [
        _async_rejection(hass, one) for one in rejected[:_MOST_TOLD]
    ]
    return {
        "received": sum(some.received for some in rows),
        "new": new,
        "duplicate": duplicates,
        "rejected": len(rejected),
        "rejections": told,
    }


@callback
def async_setup_import_actions(hass: HomeAssistant) -> None:
    """Set up the action."""
    service.async_register_admin_service(
        hass,
        DOMAIN,
        "import_attlog",
        _async_import_attlog,
        IMPORT_SCHEMA,
        SupportsResponse.OPTIONAL,
    )
