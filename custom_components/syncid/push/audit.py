"""Every night: whether all that terminals that push have counted is stored."""

from datetime import datetime
import logging

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change

from ..issues import PUNCHES_MISSING, async_set_issue
from .actions import async_press_by_push
from .coordinator import PushCoordinator

_LOGGER = logging.getLogger(__name__)

# When hardly anybody punches, and no clock is set back or forward any more.
_HOUR, _MINUTE = 3, 40


@callback
def async_audit_nightly(device: PushCoordinator) -> None:
    """Have a terminal audited once a night, as long as its entry is set up."""

    async def async_audit_now(_: datetime) -> None:
        if device.adms is not None:
            await _async_audit(device)

    device.config_entry.async_on_unload(
        async_track_time_change(
            device.hass, async_audit_now, hour=_HOUR, minute=_MINUTE, second=0
        )
    )


async def _async_audit(device: PushCoordinator) -> None:
    """Have a gap filled; tell the admin if that does not help."""
    try:
        found = await async_press_by_push(device, "collect_records") or {}
    except HomeAssistantError as err:
        _LOGGER.debug("%s was not audited: %s", device.serial, err)
        return
    counted, stored = found.get("counted"), found.get("stored")
    missing = counted is not None and stored is not None and counted > stored
    async_set_issue(
        device.hass,
        device.config_entry,
        PUNCHES_MISSING,
        {"counted": str(counted), "stored": str(stored)} if missing else None,
    )
