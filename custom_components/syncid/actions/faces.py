"""Actions that give a user a face, which only terminals that push take; for admins only."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..coordinator import DeviceCoordinator
from ..core.adms.commands import MOST_PICTURE, checked_picture
from ..core.adms.content import VISIBLE_FACE, Photo
from ..core.errors import PushRefused
from ..device import SyncIDCoordinator
from ..problems import translation_of
from ..push.actions import async_enroll, async_see
from ..push.adms import AdmsTerminal
from ..push.talk import adms_of, async_on_push, async_say
from ..user_fields import ATTR_USER_ID, USER_ID
from .files import read_file
from .fingers import ATTR_OVERWRITE, ATTR_TIMEOUT, TIMEOUT
from .terminal import async_device
from .users import (
    USER_SCHEMA,
    UserAction,
    async_each,
    async_serials,
    async_setup_user_actions,
)

ATTR_FILE: Final = "file"

SET_SCHEMA = USER_SCHEMA.extend({vol.Required(ATTR_FILE): cv.string})
ENROLL_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_USER_ID): USER_ID,
        vol.Optional(ATTR_OVERWRITE, default=False): cv.boolean,
        vol.Optional(ATTR_TIMEOUT, default=60): TIMEOUT,
    }
)


async def _async_on_push(
    device: SyncIDCoordinator,
    do: Callable[[SyncIDCoordinator, AdmsTerminal], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Do something by push, at a terminal that listens on port 4370 besides or not."""
    if isinstance(device, DeviceCoordinator) and adms_of(device) is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="faces_by_push",
            translation_placeholders={"name": device.config_entry.title},
        )
    return await async_on_push(device, partial(do, device))


async def _async_set_face(call: ServiceCall) -> ServiceResponse:
    """Have terminals know a user by the face in a picture."""
    hass, name = call.hass, call.data[ATTR_FILE]
    # First of all: a terminal that there is not is no question of the file.
    async_serials(hass, call.data[ATTR_DEVICE_ID])
    picture = await hass.async_add_executor_job(read_file, hass, name, MOST_PICTURE)
    return await async_give_face(call, name, picture)


async def async_give_face(
    call: ServiceCall, name: str, picture: bytes
) -> ServiceResponse:
    """Send a picture to terminals, as the face of a user."""
    user_id = call.data[ATTR_USER_ID]
    try:
        content = checked_picture(picture)
    except PushRefused as err:
        raise HomeAssistantError(**translation_of(err, name)) from err
    photo = Photo("face", user_id, "", content, type=VISIBLE_FACE)

    async def write(device: SyncIDCoordinator, adms: AdmsTerminal) -> dict[str, Any]:
        await async_see(device, adms, user_id)
        told = await async_say(device, adms, adms.phrases.write_photo(photo))
        return {"user_id": user_id, **told}

    do = partial(_async_on_push, do=write)
    return await async_each(call, call.data[ATTR_DEVICE_ID], do, by_push=do)


async def _async_enroll_face(call: ServiceCall) -> ServiceResponse:
    """Have a user show their face to a terminal."""
    data = call.data
    user_id = data[ATTR_USER_ID]

    async def enroll(device: SyncIDCoordinator, adms: AdmsTerminal) -> dict[str, Any]:
        overwrite, within = data[ATTR_OVERWRITE], data[ATTR_TIMEOUT]
        commands = adms.phrases.enroll(VISIBLE_FACE, user_id, overwrite=overwrite)
        await async_enroll(device, adms, commands, None, within)
        return {"user_id": user_id}

    return await _async_on_push(async_device(call.hass, data[ATTR_DEVICE_ID]), enroll)


FACE_ACTIONS = (
    UserAction("enroll_face", ENROLL_SCHEMA, _async_enroll_face, knows_roads=True),
    UserAction("set_face", SET_SCHEMA, _async_set_face, knows_roads=True),
)


@callback
def async_setup_face_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, FACE_ACTIONS)
