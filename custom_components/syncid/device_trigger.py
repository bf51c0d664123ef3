"""Triggers of a terminal that no entity of it has.

Punches and alarms have event entities, and the triggers that belong to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .const import CONF_KIND, DOMAIN, EVENT_ENROLLMENT, EVENT_PUNCH, KIND_DEVICE

# How an enrolment goes on; any other step ends it without a new finger.
_ON_THE_WAY: Final = ("started", "pressed", "accepted", "rejected")


@dataclass(frozen=True, slots=True)
class TriggerType:
    """What an event must be like to trigger."""

    event_type: str
    fits_fn: Callable[[Mapping[str, Any]], bool]


TRIGGER_TYPES: Final[Mapping[str, TriggerType]] = {
    # The event entity fires for live punches only.
    "delivered_late": TriggerType(EVENT_PUNCH, lambda data: not data["live"]),
    "enrolled": TriggerType(EVENT_ENROLLMENT, lambda data: data["step"] == "enrolled"),
    "not_enrolled": TriggerType(
        EVENT_ENROLLMENT,
        lambda data: data["step"] not in (*_ON_THE_WAY, "enrolled"),
    ),
}

TRIGGER_SCHEMA: Final = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In(TRIGGER_TYPES)}
)


async def async_get_triggers(
    hass: HomeAssistant, device_id: str
) -> list[dict[str, Any]]:
    """Return the triggers of a device: if it is a terminal."""
    _, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, device_id, domain=DOMAIN
    )
    if entry is None or entry.data[CONF_KIND] != KIND_DEVICE:
        return []
    return [
        {
            CONF_PLATFORM: "device",
            CONF_DOMAIN: DOMAIN,
            CONF_DEVICE_ID: device_id,
            CONF_TYPE: name,
        }
        for name in TRIGGER_TYPES
    ]


async def async_attach_trigger(
    hass: HomeAssistant,
    config: ConfigType,
    action: TriggerActionType,
    trigger_info: TriggerInfo,
) -> CALLBACK_TYPE:
    """Listen to the bus."""
    wanted = TRIGGER_TYPES[config[CONF_TYPE]]
    job = HassJob(action, f"{DOMAIN} device trigger {trigger_info['name']}")

    @callback
    def async_happened(event: Event[dict[str, Any]]) -> None:
        if event.data[CONF_DEVICE_ID] != config[CONF_DEVICE_ID]:
            return
        if wanted.fits_fn(event.data):
            told = {
                **trigger_info["trigger_data"],
                CONF_PLATFORM: "device",
                CONF_DEVICE_ID: config[CONF_DEVICE_ID],
                "description": f"{config[CONF_TYPE]} at {event.data['device_name']}",
                "event": event,
            }
            hass.async_run_hass_job(job, {"trigger": told}, event.context)

    return hass.bus.async_listen(wanted.event_type, async_happened)
