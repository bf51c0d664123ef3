"""Faces of users, of a picture that an admin chose in the browser."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall

from ..actions.faces import async_give_face
from ..actions.users import USER_SCHEMA
from ..const import DOMAIN
from ..core.adms.commands import MOST_PICTURE
from .jobs import Own, Tell
from .uploads import read_upload

# As Home Assistant's own upload called the picture.
_UPLOAD: Final = "upload"
_SCHEMA = USER_SCHEMA.extend({vol.Required(_UPLOAD): str})


async def _async_set_face(
    hass: HomeAssistant, data: dict[str, Any], tell: Tell
) -> dict[str, Any]:
    """Have terminals know a user by the face in a picture, which is kept nowhere."""
    data = _SCHEMA(data)
    upload = data.pop(_UPLOAD)
    name, picture = await hass.async_add_executor_job(
        read_upload, hass, upload, MOST_PICTURE
    )
    # Not called as a service, which would have to be told of a file.
    call = ServiceCall(hass, DOMAIN, "set_face", data, return_response=True)
    return await async_give_face(call, name, picture) or {}


FACE_JOBS: Mapping[str, Own] = {"set_face": _async_set_face}
