"""A user as actions are told of one, and tell of one."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_NAME
from homeassistant.helpers import config_validation as cv

from .core.records import DeviceUser, UserChange

ATTR_CARD = "card"
ATTR_DISABLED = "disabled"
ATTR_GROUP = "group"
ATTR_PASSWORD = "password"
ATTR_PRIVILEGE = "privilege"
ATTR_USER_ID = "user_id"

# Without the blanks that copying brings along.
USER_ID = vol.All(cv.string, str.strip)


def change_of(data: Mapping[str, Any]) -> UserChange:
    """Return what an action is to change of a user."""
    return UserChange(
        name=data.get(ATTR_NAME),
        password=data.get(ATTR_PASSWORD),
        card=data.get(ATTR_CARD),
        role=data.get(ATTR_PRIVILEGE),
        group=data.get(ATTR_GROUP),
        disabled=data.get(ATTR_DISABLED),
    )


def user_as_dict(user: DeviceUser) -> dict[str, Any]:
    """Return a user as a response tells of one."""
    return {
        # By push no terminal tells it.
        "uid": user.uid or None,
        "user_id": user.user_id,
        "name": user.name,
        "privilege": user.role,
        "disabled": user.disabled,
        "card": user.card,
        "group": user.group,
        "has_password": user.has_password,
    }
