"""Actions on one user at terminals; all for admins only."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..coordinator import DeviceCoordinator
from ..core.errors import LinkError
from ..core.records import ROLES, DeviceUser, UserChange
from ..core.terminal.client import TerminalClient
from ..core.terminal.people import People, Removed
from ..core.terminal.templates import DURESS, FINGERS, MAX_TEMPLATE, VALID, Finger
from ..device import SyncIDCoordinator
from ..problems import UsersFailed, async_failed_in, sentence_of
from ..push.actions import async_by_push, is_by_push
from ..user_fields import (
    ATTR_CARD,
    ATTR_DISABLED,
    ATTR_GROUP,
    ATTR_PASSWORD,
    ATTR_PRIVILEGE,
    ATTR_USER_ID,
    USER_ID,
    change_of,
    user_as_dict,
)
from .terminal import async_device, async_push_device, async_serial, async_terminal

ATTR_DURESS = "duress"
ATTR_FINGER = "finger"
ATTR_TEMPLATE = "template"
ATTR_TEMPLATES = "templates"

DEVICES = vol.All(cv.ensure_list, vol.Length(min=1), [cv.string])

_USER = {
    vol.Required(ATTR_DEVICE_ID): DEVICES,
    vol.Required(ATTR_USER_ID): USER_ID,
}
_CHANGE = {
    vol.Optional(ATTR_NAME): cv.string,
    vol.Optional(ATTR_CARD): cv.positive_int,
    vol.Optional(ATTR_PASSWORD): cv.string,
    vol.Optional(ATTR_PRIVILEGE): vol.In(sorted(ROLES)),
    vol.Optional(ATTR_GROUP): cv.positive_int,
    vol.Optional(ATTR_DISABLED): cv.boolean,
}
FINGER = vol.All(vol.Coerce(int), vol.Range(min=0, max=FINGERS[-1]))


def _template(value: Any) -> bytes:
    """Return a template that was given in base64; say nothing of what it is."""
    try:
        template = b64decode(cv.string(value), validate=True)
    except ValueError:
        raise vol.Invalid("not a template in base64") from None
    if not 0 < len(template) <= MAX_TEMPLATE:
        raise vol.Invalid(f"a template has 1 to {MAX_TEMPLATE} bytes")
    return template


def _each_finger_once(templates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refuse two templates of one finger: nobody knows which it is to be."""
    if len({found[ATTR_FINGER] for found in templates}) < len(templates):
        raise vol.Invalid("a finger is given twice")
    return templates


LIST_SCHEMA = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})
USER_SCHEMA = vol.Schema(_USER)
CHANGE_SCHEMA = vol.Schema({**_USER, **_CHANGE})
ENROLL_SCHEMA = vol.Schema(
    {
        **CHANGE_SCHEMA.schema,
        vol.Optional(ATTR_TEMPLATES): vol.All(
            cv.ensure_list,
            [
                vol.Schema(
                    {
                        vol.Required(ATTR_FINGER): FINGER,
                        vol.Required(ATTR_TEMPLATE): _template,
                        vol.Optional(ATTR_DURESS, default=False): cv.boolean,
                    }
                )
            ],
            _each_finger_once,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class UserAction:
    """An action on people."""

    name: str
    schema: vol.Schema
    handle: Callable[[ServiceCall], Any]
    response: SupportsResponse = SupportsResponse.OPTIONAL
    # Whether it looks itself by which road each terminal is reached.
    knows_roads: bool = False


# --- several terminals --------------------------------------------------------------------


@callback
def async_serials(hass: HomeAssistant, device_ids: Iterable[str]) -> dict[str, str]:
    """Return the serial numbers of terminals by device, set up or not."""
    return {device_id: async_serial(hass, device_id) for device_id in device_ids}


async def async_each(
    call: ServiceCall,
    device_ids: Sequence[str],
    do: Callable[[DeviceCoordinator], Any],
    by_push: Callable[[SyncIDCoordinator], Any] | None = None,
) -> ServiceResponse:
    """Do something at several terminals, by the road of each, and report of each.

    One that fails, or is not set up, leaves the others done. Who does not look at the
    response learns of it by an error.
    """
    # First of all: nothing is done if one of them is no terminal at all.
    serials = async_serials(call.hass, device_ids)
    report: list[JsonValueType] = []
    errors: list[HomeAssistantError] = []
    for device_id, serial in serials.items():
        about = {"device_id": device_id, "device": serial}
        try:
            device = async_device(call.hass, device_id)
            if by_push is not None and device.pushes_alone:
                result = await by_push(device)
            elif is_by_push(device, call.service):
                result = await async_by_push(call, device)
            else:
                assert isinstance(device, DeviceCoordinator)
                result = await do(device)
        except HomeAssistantError as err:
            errors.append(err)
            report.append({**about, "done": False, "error": str(err)})
        else:
            done = {**about, "done": True, **(result or {})}
            name = device.config_entry.title
            if failed := async_failed_in(call.hass, done, name):
                errors.append(failed)
                done |= {"done": False, "error": str(failed)}
            report.append(done)
    return response_of(call, report, errors)


def response_of(
    call: ServiceCall,
    report: list[JsonValueType],
    errors: Sequence[HomeAssistantError],
) -> ServiceResponse:
    """Return the report of several terminals, or raise what an admin has to know."""
    # Who asks for it gets it if it says more than the errors do.
    says_more = len(errors) < len(report) or any(
        isinstance(error, UsersFailed) for error in errors
    )
    if errors and not (says_more and call.return_response):
        if len(report) == 1:
            raise errors[0]
        # What went wrong at a leader is the same for all.
        told = " ".join(dict.fromkeys(map(sentence_of, errors)))
        if len(errors) == len(report):
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="all_failed",
                translation_placeholders={"all": str(len(report)), "errors": told},
            )
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="some_failed",
            translation_placeholders={
                "failed": str(len(errors)),
                "all": str(len(report)),
                "errors": told,
            },
        )
    return {"terminals": report}


# --- one user -----------------------------------------------------------------------------


def was_cut(err: HomeAssistantError, touched: Iterable[People]) -> bool:
    """Tell whether the link broke, and a terminal may hold part of what was written."""
    return isinstance(err.__cause__, LinkError) and any(
        people.is_touched for people in touched
    )


async def _async_change[T](
    coordinator: DeviceCoordinator, user_id: str, change: Callable[[People], T]
) -> tuple[T, dict[str, Any]]:
    """Change something at a terminal; if its answer is lost, look what it holds.

    Returns what the change does, and what the report has to warn of.
    """
    touched: list[People] = []

    def job(client: TerminalClient) -> tuple[T, dict[str, Any]]:
        with coordinator.terminal.changing_people(client) as people:
            touched.append(people)
            changed = change(people)
            lost = people.lost_its_admin
            return changed, {"warnings": ["no_admin_left"]} if lost else {}

    try:
        return await coordinator.async_run(job)
    except HomeAssistantError as err:
        if not was_cut(err, touched):
            raise
        raise await _async_unknown(coordinator, user_id) from err
    finally:
        await coordinator.async_people_changed()


async def _async_unknown(
    coordinator: DeviceCoordinator, user_id: str
) -> HomeAssistantError:
    """Return the error that says what the terminal now holds, if that is to be had."""
    name = coordinator.config_entry.title
    try:
        now = await coordinator.async_run(lambda client: People(client).held(user_id))
    except HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="outcome_unknown",
            translation_placeholders={"name": name, "user_id": user_id},
        )
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="link_lost_while_writing",
        translation_placeholders={"name": name, "user_id": user_id, "now": now},
    )


async def _async_list_users(call: ServiceCall) -> ServiceResponse:
    """Return the users of a terminal, with how many templates each has."""
    coordinator = async_terminal(call.hass, call.data[ATTR_DEVICE_ID])
    info = coordinator.data.info

    def job(client: TerminalClient) -> list[JsonValueType]:
        with coordinator.terminal.looking_at_people(client) as people:
            return [
                {
                    **user_as_dict(counted.user),
                    "fingerprints": counted.fingerprints,
                    "faces": counted.faces,
                }
                for counted in people.counted(info)
            ]

    return {"users": await coordinator.async_run(job)}


async def _async_enroll_user(call: ServiceCall) -> ServiceResponse:
    """Add a user to terminals."""
    fingers = [
        Finger(
            found[ATTR_FINGER],
            DURESS if found[ATTR_DURESS] else VALID,
            found[ATTR_TEMPLATE],
        )
        for found in call.data.get(ATTR_TEMPLATES, ())
    ]
    return await _async_write(call, partial(People.enroll, fingers=fingers))


async def _async_update_user(call: ServiceCall) -> ServiceResponse:
    """Change what is given of a user at terminals."""
    return await _async_write(call, People.update)


async def _async_write(
    call: ServiceCall, write: Callable[[People, str, UserChange], DeviceUser]
) -> ServiceResponse:
    user_id, change = call.data[ATTR_USER_ID], change_of(call.data)

    async def do(coordinator: DeviceCoordinator) -> dict[str, Any]:
        user, warnings = await _async_change(
            coordinator, user_id, lambda people: write(people, user_id, change)
        )
        result: dict[str, Any] = {"user": user_as_dict(user), **warnings}
        if change.name is not None and user.name != change.name:
            # The terminal has less room, or other letters.
            result["name_asked"] = change.name
        return result

    return await async_each(call, call.data[ATTR_DEVICE_ID], do)


async def _async_remove_user(call: ServiceCall) -> ServiceResponse:
    """Remove a user, with all templates, from terminals."""
    user_id = call.data[ATTR_USER_ID]

    async def do(coordinator: DeviceCoordinator) -> dict[str, Any]:
        info = coordinator.data.info

        def remove(people: People) -> Removed:
            return people.remove(user_id, info)

        removed, warnings = await _async_change(coordinator, user_id, remove)
        return {
            "user": user_as_dict(removed.user),
            "fingerprints": removed.fingerprints,
            "faces": removed.faces,
            **warnings,
        }

    return await async_each(call, call.data[ATTR_DEVICE_ID], do)


USER_ACTIONS = (
    UserAction("list_users", LIST_SCHEMA, _async_list_users, SupportsResponse.ONLY),
    UserAction("enroll_user", ENROLL_SCHEMA, _async_enroll_user),
    UserAction("update_user", CHANGE_SCHEMA, _async_update_user),
    UserAction("remove_user", USER_SCHEMA, _async_remove_user),
)


async def async_do(action: UserAction, call: ServiceCall) -> ServiceResponse:
    """Do an action by the road of the terminal that the call names."""
    if not action.knows_roads and (device := async_push_device(call)):
        return await async_by_push(call, device)
    response: ServiceResponse = await action.handle(call)
    return response


@callback
def async_setup_user_actions(
    hass: HomeAssistant, actions: Iterable[UserAction] = USER_ACTIONS
) -> None:
    """Set up actions on users."""
    for action in actions:

        async def handle(
            call: ServiceCall, action: UserAction = action
        ) -> ServiceResponse:
            """Do it."""
            return await async_do(action, call)

        service.async_register_admin_service(
            hass, DOMAIN, action.name, handle, action.schema, action.response
        )
