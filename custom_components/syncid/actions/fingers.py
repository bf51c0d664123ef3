"""The action that has a finger enrolled at a terminal; for admins only."""

from asyncio import CancelledError
from dataclasses import dataclass
from threading import Event

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..coordinator import DeviceCoordinator
from ..core.errors import EnrollmentCut, EnrollmentFailed, EnrollmentReason
from ..core.terminal.client import TerminalClient
from ..core.terminal.people import People
from ..core.terminal.templates import Finger, read_fingerprint
from ..core.terminal.users import uid_of
from ..problems import translation_of
from ..user_fields import ATTR_USER_ID, USER_ID
from .terminal import async_terminal
from .users import (
    ATTR_DURESS,
    ATTR_FINGER,
    FINGER,
    UserAction,
    async_setup_user_actions,
)

ATTR_OVERWRITE = "overwrite"
ATTR_TIMEOUT = "timeout"

TIMEOUT = vol.All(vol.Coerce(int), vol.Range(min=10, max=300))
FINGER_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_USER_ID): USER_ID,
        vol.Required(ATTR_FINGER): FINGER,
        vol.Optional(ATTR_OVERWRITE, default=False): cv.boolean,
        vol.Optional(ATTR_DURESS): cv.boolean,
        vol.Optional(ATTR_TIMEOUT, default=60): TIMEOUT,
    }
)


async def _async_enroll_fingerprint(call: ServiceCall) -> ServiceResponse:
    """Have a finger enrolled at a terminal, and tell each press as it comes."""
    hass, data = call.hass, call.data
    coordinator = async_terminal(hass, data[ATTR_DEVICE_ID])
    user_id, finger = data[ATTR_USER_ID], data[ATTR_FINGER]
    cancelled = Event()
    presses = 0

    @callback
    def async_tell(step: str) -> None:
        nonlocal presses
        presses += step == "pressed"
        coordinator.hub.async_tell_enrollment(
            coordinator.serial, user_id, finger, step, presses
        )

    def enroll(client: TerminalClient) -> int:
        return coordinator.terminal.enroll_finger(
            client,
            user_id,
            finger,
            overwrite=data[ATTR_OVERWRITE],
            timeout=data[ATTR_TIMEOUT],
            on_step=lambda step: hass.loop.call_soon_threadsafe(async_tell, step),
            is_cancelled=cancelled.is_set,
            duress=data.get(ATTR_DURESS),
        )

    try:
        await coordinator.async_run(enroll)
    except HomeAssistantError as err:
        failure = await _async_failure(coordinator, user_id, finger, err)
        if failure is not None:
            async_tell(failure.reason)
            raise failure.error from err.__cause__
    except CancelledError:
        cancelled.set()  # and the terminal is told
        async_tell("cancelled")
        raise
    finally:
        # However it ended. Also, whoever connects puts an old one back that waits.
        await coordinator.async_people_changed()
    async_tell("enrolled")
    return {"user_id": user_id, "finger": finger, "presses": presses}


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a finger was not enrolled: the word of the event, and the error."""

    reason: str
    error: HomeAssistantError


async def _async_failure(
    coordinator: DeviceCoordinator, user_id: str, finger: int, err: HomeAssistantError
) -> _Failure | None:
    """Return what went wrong, None if the finger is enrolled all the same.

    If the link broke, nobody knows but the terminal: it is asked over a new one.
    """
    cause = err.__cause__
    if isinstance(cause, EnrollmentFailed):
        return _Failure(cause.reason, err)
    if not isinstance(cause, EnrollmentCut):
        return _Failure("failed", err)

    def look(client: TerminalClient) -> Finger | None:
        record = People(client).get(user_id)
        return read_fingerprint(client, uid_of(record), finger)

    reason: EnrollmentReason = "cut"
    try:
        now = await coordinator.async_run(look)
    except HomeAssistantError:
        reason = "unknown"
    else:
        if now not in (None, cause.old):
            return None
    failed = EnrollmentFailed(reason)
    name = coordinator.config_entry.title
    return _Failure(reason, HomeAssistantError(**translation_of(failed, name)))


FINGER_ACTIONS = (
    UserAction("enroll_fingerprint", FINGER_SCHEMA, _async_enroll_fingerprint),
)


@callback
def async_setup_finger_actions(hass: HomeAssistant) -> None:
    """Set up the action."""
    async_setup_user_actions(hass, FINGER_ACTIONS)
