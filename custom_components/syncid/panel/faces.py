"""Faces of users, of a picture that an admin chose in the browser."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv

from ..actions.faces import async_give_face
from ..actions.users import USER_SCHEMA
from ..const import DOMAIN
from ..core.adms.commands import MOST_PICTURE
from .jobs import Own, Tell
from .uploads import read_upload

# As Home Assistant's own upload called the picture.
_UPLOAD: Final = "upload"


async def _async_set_face(
    hass: HomeAssistant, data: dict[str, Any], tell: Tell, context: Context
) -> dict[str, Any]:
    """Have terminals know a user by the face in a picture, which is kept nowhere."""
    # Whatever else was said: it is gone from the disk by that.
    name, picture = await hass.async_add_executor_job(
        read_upload, hass, cv.string(data.pop(_UPLOAD, None)), MOST_PICTURE
    )
    data = USER_SCHEMA(data)
    # Not called as a service, which would have to be told of a file.
    call = ServiceCall(hass, DOMAIN, "set_face", data, context, return_response=True)
    return await async_give_face(call, name, picture) or {}


FACE_JOBS: Mapping[str, Own] = {"set_face": _async_set_face}
