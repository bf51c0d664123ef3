"""Punches and alarms in the logbook: "Amina checked in at Main gate by fingerprint"."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_ALARM, EVENT_PUNCH
from .core.records import AlarmType, Direction, VerifyMethod

# The logbook's texts are not translated.
_DID: Mapping[Direction, str] = {
    "check_in": "checked in",
    "check_out": "checked out",
    "break_out": "went on a break",
    "break_in": "came back from a break",
    "overtime_in": "started overtime",
    "overtime_out": "ended overtime",
    "unknown": "punched",
}
_BY: Mapping[VerifyMethod, str] = {
    "fingerprint": " by fingerprint",
    "face": " by face",
    "card": " by card",
    "pin": " by PIN",
    "password": " by password",
    "palm": " by palm",
    "vein": " by vein",
    "unknown": "",
}
_HAPPENED: Mapping[AlarmType, str] = {
    "tamper": "was opened or taken off the wall",
    "duress": "was used under duress",
    "passback": "saw somebody pass twice in one direction",
    "denied": "did not recognise somebody",
    "misoperation": "was misused",
    "exit_button": "had its exit button pressed",
    "door_unlocked": "unlocked its door",
    "door_closing": "saw its door close",
    "alarm_off": "ended its alarm",
    "door_forced": "had its door forced open",
    "door_held": "saw its door held open",
    "door_opened": "saw its door open",
    "door_closed": "saw its door closed",
    "user_removed": "had a user removed",
    "data_cleared": "had all its data cleared",
    "log_cleared": "had its log cleared",
    "admins_cleared": "had its administrators cleared",
    "factory_reset": "was reset to how it left the factory",
    "time_changed": "had its clock set",
    "settings_changed": "had its settings changed",
    "server_changed": "was told to push to another server",
    "unknown": "raised an unknown alarm",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, Any]]], None],
) -> None:
    """Describe the events of SyncID."""

    @callback
    def async_describe_punch(event: Event) -> dict[str, Any]:
        """Say who did what, where, and how."""
        data = event.data
        # No entity: its name would stand where the person's belongs.
        return {
            LOGBOOK_ENTRY_ICON: "mdi:fingerprint",
            LOGBOOK_ENTRY_NAME: data["person"]
            or data["user_name"]
            or f"User {data['user_id']}",
            LOGBOOK_ENTRY_MESSAGE: (
                f"{_DID[data['direction']]} at {data['device_name'] or data['device']}"
                f"{_BY[data['method']]}"
            ),
        }

    @callback
    def async_describe_alarm(event: Event) -> dict[str, Any]:
        """Say what happened, where, and by whom."""
        data = event.data
        who = data["user_name"] or (data["user_id"] and f"user {data['user_id']}")
        return {
            LOGBOOK_ENTRY_NAME: data["device_name"] or data["device"],
            LOGBOOK_ENTRY_MESSAGE: _HAPPENED[data["type"]]
            + (f": {who}" if who else ""),
        }

    async_describe_event(DOMAIN, EVENT_PUNCH, async_describe_punch)
    async_describe_event(DOMAIN, EVENT_ALARM, async_describe_alarm)
