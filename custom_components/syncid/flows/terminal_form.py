"""What is asked of a terminal when it is added, or reached anew."""

from collections.abc import Mapping
import re
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_HOST, CONF_MODE, CONF_NAME, CONF_PORT
from homeassistant.helpers import config_validation as cv

from ..const import (
    CONF_COMM_KEY,
    CONF_DIRECTION,
    CONF_SERIAL,
    DEFAULT_COMM_KEY,
    DEFAULT_PORT,
    MAX_COMM_KEY,
    MODE_REALTIME,
)
from .options import DIRECTION, TERMINAL_MODE

_COMM_KEY = vol.All(vol.Coerce(int), vol.Range(min=0, max=MAX_COMM_KEY))

CONNECTION_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): str,
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        vol.Required(CONF_COMM_KEY, default=DEFAULT_COMM_KEY): _COMM_KEY,
    }
)
TERMINAL_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): str,
        **CONNECTION_SCHEMA.schema,
        vol.Required(CONF_MODE, default=MODE_REALTIME): TERMINAL_MODE,
        vol.Required(CONF_DIRECTION, default="auto"): DIRECTION,
    }
)
# What a URL takes as it is, and what terminals have for a serial number.
_SERIAL = re.compile(r"[A-Za-z0-9_-]{1,32}")
PUSH_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): str,
        vol.Required(CONF_SERIAL): str,
        vol.Required(CONF_DIRECTION, default="auto"): DIRECTION,
    }
)
ANNOUNCED_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): str,
        vol.Required(CONF_DIRECTION, default="auto"): DIRECTION,
    }
)
REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_COMM_KEY): _COMM_KEY})


def stripped(user_input: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what was entered, without the blanks that copying brings along."""
    return user_input and {
        key: value.strip() if isinstance(value, str) else value
        for key, value in user_input.items()
    }


def wrong_in(entered: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what is wrong with name and serial number, by field."""
    errors = {}
    if entered and not entered[CONF_NAME]:
        errors[CONF_NAME] = "name_missing"
    if entered and not _SERIAL.fullmatch(entered.get(CONF_SERIAL, "1")):
        errors[CONF_SERIAL] = "invalid_serial"
    return errors
