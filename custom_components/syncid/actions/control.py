"""Actions at a terminal that are told how: the door, the voice, the options."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_NAME
from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..coordinator import DeviceCoordinator
from ..push.actions import PUSH_ACTIONS
from ..push.talk import async_on_push

ATTR_INDEX = "index"
ATTR_SECONDS = "seconds"
ATTR_VALUE = "value"


@dataclass(frozen=True, kw_only=True)
class ControlAction:
    """An action with fields of its own, for admins."""

    name: str
    fields: dict[vol.Marker, Any]
    do_fn: Callable[[DeviceCoordinator, dict[str, Any]], Awaitable[ServiceResponse]]
    supports_response: SupportsResponse


async def _async_unlock_door(
    coordinator: DeviceCoordinator, data: dict[str, Any]
) -> ServiceResponse:
    """Unlock the door, and say whether it is open."""
    return {"door_open": await coordinator.async_unlock_door(data[ATTR_SECONDS])}


async def _async_test_voice(
    coordinator: DeviceCoordinator, data: dict[str, Any]
) -> ServiceResponse:
    """Have the terminal say something."""
    await coordinator.async_test_voice(data[ATTR_INDEX])
    return None


async def _async_get_option(
    coordinator: DeviceCoordinator, data: dict[str, Any]
) -> ServiceResponse:
    """Return one of the terminal's options."""
    name: str = data[ATTR_NAME]
    return {"name": name, "value": await coordinator.async_read_option(name)}


async def _async_set_option(
    coordinator: DeviceCoordinator, data: dict[str, Any]
) -> ServiceResponse:
    """Set an option by push: port 4370 does not tell a wrong value from a right one."""
    if not coordinator.is_heard:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="only_by_push",
            translation_placeholders={"name": coordinator.config_entry.title},
        )
    say = PUSH_ACTIONS["set_option"]
    return await async_on_push(coordinator, lambda adms: say(coordinator, adms, data))


_OPTION_NAME = vol.All(
    cv.string, vol.Match(r"^[~A-Za-z0-9_.-]{1,48}\Z", "not the name of an option")
)

CONTROL_ACTIONS: tuple[ControlAction, ...] = (
    ControlAction(
        name="unlock_door",
        # In tenths it must fit into one byte, which is all that some firmware reads.
        fields={
            vol.Optional(ATTR_SECONDS, default=3): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=25)
            )
        },
        do_fn=_async_unlock_door,
        supports_response=SupportsResponse.OPTIONAL,
    ),
    ControlAction(
        name="test_voice",
        fields={
            vol.Optional(ATTR_INDEX, default=0): vol.All(
                vol.Coerce(int), vol.Range(min=0, max=255)
            )
        },
        do_fn=_async_test_voice,
        supports_response=SupportsResponse.NONE,
    ),
    ControlAction(
        name="get_option",
        fields={vol.Required(ATTR_NAME): _OPTION_NAME},
        do_fn=_async_get_option,
        supports_response=SupportsResponse.ONLY,
    ),
    ControlAction(
        name="set_option",
        fields={
            vol.Required(ATTR_NAME): _OPTION_NAME,
            vol.Required(ATTR_VALUE): cv.string,
        },
        do_fn=_async_set_option,
        supports_response=SupportsResponse.OPTIONAL,
    ),
)
