"""The action that makes terminals equal; for admins only."""

from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util.json import JsonValueType

from ..const import CONF_REMOVE_EXTRA, DOMAIN
from ..groups import Group, async_group_followed_by, async_groups
from ..keeper import DATA_KEEPER, Synced
from .templates import ATTR_DRY_RUN, users_of
from .terminal import async_serial
from .users import DEVICES, UserAction, async_setup_user_actions, response_of

ATTR_GROUP = "group"

SYNC_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_GROUP): cv.string,
        vol.Optional(ATTR_DEVICE_ID): DEVICES,
        vol.Optional(CONF_REMOVE_EXTRA): cv.boolean,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


@callback
def _async_chosen(call: ServiceCall) -> list[tuple[Group, list[str]]]:
    """Return the followers that a call is about; all if it names none."""
    hass, data = call.hass, call.data
    groups = async_groups(hass)
    if ATTR_GROUP in data:
        named = data[ATTR_GROUP]
        groups = [group for group in groups if named in (group.name, group.id)]
        if not groups:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="group_unknown",
                translation_placeholders={"group": named},
            )
    if not groups:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_groups"
        )
    if ATTR_DEVICE_ID not in data:
        return [(group, [*group.followers]) for group in groups]
    chosen: dict[str, tuple[Group, list[str]]] = {}
    for device_id in dict.fromkeys(data[ATTR_DEVICE_ID]):
        serial = async_serial(hass, device_id)
        group = async_group_followed_by(hass, serial)
        if group not in groups:
            entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_follower",
                translation_placeholders={"name": entry.title if entry else serial},
            )
        chosen.setdefault(group.id, (group, []))[1].append(serial)
    return [*chosen.values()]


@callback
def _async_describe(hass: HomeAssistant, group: Group, synced: Synced) -> Any:
    """Return what became of a follower."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, synced.serial)
    device = entry and dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, synced.serial), entry.entry_id
    )
    about = {
        "group": group.name,
        "device_id": device.id if device else None,
        "device": synced.serial,
    }
    users = {"users": users_of(synced.steps)}
    if synced.error is None:
        return {**about, "done": True, **users}
    return {
        **about,
        "done": False,
        "error": str(synced.error),
        "retry_at": synced.retry_at and synced.retry_at.isoformat(timespec="seconds"),
        **(users if synced.steps else {}),
    }


async def _async_sync_users(call: ServiceCall) -> ServiceResponse:
    """Have followers hold the same people as their leader."""
    keeper = call.hass.data[DATA_KEEPER]
    report: list[JsonValueType] = []
    errors: list[HomeAssistantError] = []
    for group, serials in _async_chosen(call):
        done: Iterable[Synced] = await keeper.async_sync(
            group,
            serials,
            dry_run=call.data[ATTR_DRY_RUN],
            remove_extra=call.data.get(CONF_REMOVE_EXTRA),
        )
        for synced in done:
            report.append(_async_describe(call.hass, group, synced))
            if synced.error:
                errors.append(synced.error)
    return response_of(call, report, errors)


SYNC_ACTIONS = (UserAction("sync_users", SYNC_SCHEMA, _async_sync_users),)


@callback
def async_setup_sync_actions(hass: HomeAssistant) -> None:
    """Set up the action."""
    async_setup_user_actions(hass, SYNC_ACTIONS)
