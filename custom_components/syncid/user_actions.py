"""Actions on the people at terminals; all for admins only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import secrets
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
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import DeviceCoordinator
from .core.errors import LinkError
from .core.records import ROLES, DeviceUser, UserChange
from .core.terminal.client import TerminalClient
from .core.terminal.people import People, Removed
from .core.terminal.transfer import Roster, Step, Transfer, read_roster
from .core.terminal.vault import MIN_PASSPHRASE, Opened, VaultError, seal, unseal
from .services import async_terminal

ATTR_CARD = "card"
ATTR_DISABLED = "disabled"
ATTR_DRY_RUN = "dry_run"
ATTR_FILE = "file"
ATTR_GROUP = "group"
ATTR_PASSPHRASE = "passphrase"
ATTR_PASSWORD = "password"
ATTR_PRIVILEGE = "privilege"
ATTR_TARGET = "target_device_id"
ATTR_USER_ID = "user_id"

# In the configuration folder, and so in Home Assistant's own backups too.
BACKUP_FOLDER = "syncid_backups"

_DEVICES = vol.All(cv.ensure_list, vol.Length(min=1), [cv.string])
_USER_IDS = vol.All(cv.ensure_list, vol.Length(min=1), [cv.string])
_PASSPHRASE = vol.All(cv.string, vol.Length(min=MIN_PASSPHRASE))
_FILE = cv.matches_regex(r"^[A-Za-z0-9][A-Za-z0-9._-]*\.syncid$")

_USER = {
    vol.Required(ATTR_DEVICE_ID): _DEVICES,
    vol.Required(ATTR_USER_ID): cv.string,
}
_CHANGE = {
    vol.Optional(ATTR_NAME): cv.string,
    vol.Optional(ATTR_CARD): cv.positive_int,
    vol.Optional(ATTR_PASSWORD): cv.string,
    vol.Optional(ATTR_PRIVILEGE): vol.In(sorted(ROLES)),
    vol.Optional(ATTR_GROUP): cv.positive_int,
    vol.Optional(ATTR_DISABLED): cv.boolean,
}
LIST_SCHEMA = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})
USER_SCHEMA = vol.Schema(_USER)
CHANGE_SCHEMA = vol.Schema({**_USER, **_CHANGE})
TRANSFER_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_TARGET): _DEVICES,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)
BACKUP_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_PASSPHRASE): _PASSPHRASE,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_FILE): _FILE,
    }
)
RESTORE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): _DEVICES,
        vol.Required(ATTR_PASSPHRASE): _PASSPHRASE,
        vol.Required(ATTR_FILE): _FILE,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


@dataclass(frozen=True, slots=True)
class UserAction:
    """An action on people."""

    name: str
    schema: vol.Schema
    handle: Callable[[ServiceCall], Any]
    response: SupportsResponse = SupportsResponse.OPTIONAL


# --- several terminals --------------------------------------------------------------------


async def _async_each(
    call: ServiceCall,
    device_ids: Sequence[str],
    do: Callable[[DeviceCoordinator], Any],
) -> ServiceResponse:
    """Do something at several terminals, and report of each.

    One that fails leaves the others done. Who does not look at the response learns of
    it by an error.
    """
    coordinators = [
        async_terminal(call.hass, device_id) for device_id in dict.fromkeys(device_ids)
    ]
    report: list[dict[str, Any]] = []
    errors: list[HomeAssistantError] = []
    for device_id, coordinator in zip(
        dict.fromkeys(device_ids), coordinators, strict=True
    ):
        about = {"device_id": device_id, "device": coordinator.serial}
        try:
            result = await do(coordinator)
        except HomeAssistantError as err:
            errors.append(err)
            report.append({**about, "done": False, "error": str(err)})
        else:
            report.append({**about, "done": True, **result})
    if errors and (len(errors) == len(report) or not call.return_response):
        if len(report) == 1:
            raise errors[0]
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="some_failed",
            translation_placeholders={
                "failed": str(len(errors)),
                "all": str(len(report)),
                "errors": " ".join(map(str, errors)),
            },
        )
    return {"terminals": report}


# --- one user -----------------------------------------------------------------------------


async def _async_change[T](
    coordinator: DeviceCoordinator, user_id: str, change: Callable[[People], T]
) -> T:
    """Change something at a terminal; if its answer is lost, look what it holds."""
    touched: list[People] = []

    def job(client: TerminalClient) -> T:
        with coordinator.terminal.changing_people(client) as people:
            touched.append(people)
            return change(people)

    try:
        return await coordinator.async_run(job)
    except HomeAssistantError as err:
        if not (
            isinstance(err.__cause__, LinkError)
            and any(people.is_touched for people in touched)
        ):
            raise
        raise await _async_unknown(coordinator, user_id) from err
    finally:
        await coordinator.async_request_refresh()


async def _async_unknown(
    coordinator: DeviceCoordinator, user_id: str
) -> HomeAssistantError:
    """Return the error that says what the terminal now holds, if that is to be had."""
    key, now = "outcome_unknown", ""
    try:
        now = await coordinator.async_run(lambda client: People(client).held(user_id))
        key = "link_lost_while_writing"
    except HomeAssistantError:
        pass
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "name": coordinator.config_entry.title,
            "user_id": user_id,
            "now": now,
        },
    )


def _change(data: Mapping[str, Any]) -> UserChange:
    return UserChange(
        name=data.get(ATTR_NAME),
        password=data.get(ATTR_PASSWORD),
        card=data.get(ATTR_CARD),
        role=data.get(ATTR_PRIVILEGE),
        group=data.get(ATTR_GROUP),
        disabled=data.get(ATTR_DISABLED),
    )


def _as_dict(user: DeviceUser) -> dict[str, Any]:
    return {
        "uid": user.uid,
        "user_id": user.user_id,
        "name": user.name,
        "privilege": user.role,
        "disabled": user.disabled,
        "card": user.card,
        "group": user.group,
        "has_password": user.has_password,
    }


async def _async_list_users(call: ServiceCall) -> ServiceResponse:
    """Return the users of a terminal, with how many templates each has."""
    coordinator = async_terminal(call.hass, call.data[ATTR_DEVICE_ID])
    info = coordinator.data.info

    def job(client: TerminalClient) -> list[dict[str, Any]]:
        with coordinator.terminal.changing_people(client) as people:
            return [
                {
                    **_as_dict(counted.user),
                    "fingerprints": counted.fingerprints,
                    "faces": counted.faces,
                }
                for counted in people.counted(info)
            ]

    return {"users": await coordinator.async_run(job)}


async def _async_enroll_user(call: ServiceCall) -> ServiceResponse:
    """Add a user to terminals."""
    return await _async_write(call, People.enroll)


async def _async_update_user(call: ServiceCall) -> ServiceResponse:
    """Change what is given of a user at terminals."""
    return await _async_write(call, People.update)


async def _async_write(
    call: ServiceCall, write: Callable[[People, str, UserChange], DeviceUser]
) -> ServiceResponse:
    user_id, change = call.data[ATTR_USER_ID], _change(call.data)

    async def do(coordinator: DeviceCoordinator) -> dict[str, Any]:
        user = await _async_change(
            coordinator, user_id, lambda people: write(people, user_id, change)
        )
        result: dict[str, Any] = {"user": _as_dict(user)}
        if change.name is not None and user.name != change.name:
            # The terminal has less room, or other letters.
            result["name_asked"] = change.name
        return result

    return await _async_each(call, call.data[ATTR_DEVICE_ID], do)


async def _async_remove_user(call: ServiceCall) -> ServiceResponse:
    """Remove a user, with all templates, from terminals."""
    user_id = call.data[ATTR_USER_ID]

    async def do(coordinator: DeviceCoordinator) -> dict[str, Any]:
        info = coordinator.data.info

        def remove(people: People) -> Removed:
            return people.remove(user_id, info)

        removed = await _async_change(coordinator, user_id, remove)
        return {
            "user": _as_dict(removed.user),
            "fingerprints": removed.fingerprints,
            "faces": removed.faces,
        }

    return await _async_each(call, call.data[ATTR_DEVICE_ID], do)


# --- many users ---------------------------------------------------------------------------


async def _async_roster(
    coordinator: DeviceCoordinator, user_ids: Sequence[str] | None
) -> Roster:
    info = coordinator.data.info
    return await coordinator.async_run(
        lambda client: read_roster(client, info, user_ids)
    )


async def _async_bring(
    coordinator: DeviceCoordinator, roster: Roster, *, replace: bool, dry_run: bool
) -> dict[str, Any]:
    """Bring people to a terminal, and return what became of each."""
    info = coordinator.data.info

    def job(client: TerminalClient) -> list[Step]:
        with coordinator.terminal.changing_people(client) as people:
            transfer = Transfer(client, people, info, roster, replace=replace)
            return transfer.plan if dry_run else transfer.do()

    try:
        steps = await coordinator.async_run(job)
    finally:
        if not dry_run:
            await coordinator.async_request_refresh()
    return {
        "users": [
            {
                "user_id": step.user_id,
                "name": step.name,
                "outcome": step.outcome,
                "fingerprints": step.fingerprints,
                "face": step.face,
                "reasons": list(step.reasons),
            }
            for step in steps
        ]
    }


async def _async_transfer_templates(call: ServiceCall) -> ServiceResponse:
    """Bring users with their templates from one terminal to others."""
    data = call.data
    targets = data[ATTR_TARGET]
    if data[ATTR_DEVICE_ID] in targets:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="transfer_to_itself"
        )
    source = async_terminal(call.hass, data[ATTR_DEVICE_ID])
    for device_id in targets:
        async_terminal(call.hass, device_id)
    roster = await _async_roster(source, data.get(ATTR_USER_ID))
    return await _async_each(
        call,
        targets,
        lambda coordinator: _async_bring(
            coordinator, roster, replace=False, dry_run=data[ATTR_DRY_RUN]
        ),
    )


async def _async_backup_users(call: ServiceCall) -> ServiceResponse:
    """Keep the users of a terminal in an encrypted file."""
    hass, data = call.hass, call.data
    coordinator = async_terminal(hass, data[ATTR_DEVICE_ID])
    now = dt_util.now()
    name = data.get(ATTR_FILE, f"{coordinator.serial}-{now:%Y%m%d-%H%M%S}.syncid")
    path = Path(hass.config.path(BACKUP_FOLDER, name))
    roster = await _async_roster(coordinator, data.get(ATTR_USER_ID))

    def write() -> int:
        sealed = seal(
            roster, data[ATTR_PASSPHRASE], made_at=now, random=secrets.token_bytes
        )
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists():
            raise FileExistsError(f"{path.name} is there already")
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(sealed)
        part.rename(path)
        return len(sealed)

    try:
        size = await hass.async_add_executor_job(write)
    except OSError as err:
        raise _file_error("file_not_written", name, err) from err
    return {
        "file": name,
        "size": size,
        "users": len(roster.people),
        "fingerprints": sum(len(person.fingers) for person in roster.people),
        "faces": sum(person.face is not None for person in roster.people),
    }


async def _async_restore_users(call: ServiceCall) -> ServiceResponse:
    """Bring the users of a file back to terminals."""
    hass, data = call.hass, call.data
    for device_id in data[ATTR_DEVICE_ID]:
        async_terminal(hass, device_id)
    opened = await _async_open(hass, data[ATTR_FILE], data[ATTR_PASSPHRASE])
    roster = opened.roster
    if ATTR_USER_ID in data:
        people = {person.user_id: person for person in roster.people}
        for user_id in data[ATTR_USER_ID]:
            if user_id not in people:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="user_not_in_file",
                    translation_placeholders={
                        "user_id": user_id,
                        "file": data[ATTR_FILE],
                    },
                )
        roster = Roster(
            roster.info, tuple(people[user_id] for user_id in data[ATTR_USER_ID])
        )
    report = await _async_each(
        call,
        data[ATTR_DEVICE_ID],
        lambda coordinator: _async_bring(
            coordinator, roster, replace=True, dry_run=data[ATTR_DRY_RUN]
        ),
    )
    return {
        "made_at": opened.made_at.isoformat(),
        "made_of": opened.roster.info.serial,
        **(report or {}),
    }


async def _async_open(hass: HomeAssistant, name: str, passphrase: str) -> Opened:
    path = Path(hass.config.path(BACKUP_FOLDER, name))
    try:
        return await hass.async_add_executor_job(
            lambda: unseal(path.read_bytes(), passphrase)
        )
    except OSError as err:
        raise _file_error("file_not_read", name, err) from err
    except VaultError as err:
        raise _file_error(f"file_{err.reason}", name, err) from err


def _file_error(key: str, name: str, err: Exception) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"file": name, "error": str(err)},
    )


USER_ACTIONS = (
    UserAction("list_users", LIST_SCHEMA, _async_list_users, SupportsResponse.ONLY),
    UserAction("enroll_user", CHANGE_SCHEMA, _async_enroll_user),
    UserAction("update_user", CHANGE_SCHEMA, _async_update_user),
    UserAction("remove_user", USER_SCHEMA, _async_remove_user),
    UserAction("transfer_templates", TRANSFER_SCHEMA, _async_transfer_templates),
    UserAction("backup_users", BACKUP_SCHEMA, _async_backup_users),
    UserAction("restore_users", RESTORE_SCHEMA, _async_restore_users),
)


@callback
def async_setup_user_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    for action in USER_ACTIONS:
        service.async_register_admin_service(
            hass,
            DOMAIN,
            action.name,
            action.handle,
            action.schema,
            action.response,
        )
