"""Actions that bring users with their templates elsewhere; all for admins only."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
import os
from pathlib import Path
import re
from secrets import token_bytes, token_urlsafe
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..const import BACKUP_FOLDER, DOMAIN
from ..coordinator import DeviceCoordinator
from ..core.records import Capacity
from ..core.terminal.client import TerminalClient
from ..core.terminal.people import People, gives_faces
from ..core.terminal.transfer import Roster, Step, Transfer, read_roster
from ..core.terminal.vault import MIN_PASSPHRASE, Opened, VaultError, seal, unseal
from ..push.roster import PushRoster, async_read_push_roster, faces_of, push_roster_of
from ..push.talk import adms_of
from ..push.transfer import async_bring_by_push, async_refuse_from_push
from ..signals import teller
from ..user_fields import ATTR_USER_ID, USER_ID
from .both_roads import async_add_faces, async_bring_faces, gives_by_push_alone
from .terminal import async_device, async_terminal
from .users import (
    DEVICES,
    UserAction,
    async_each,
    async_serials,
    async_setup_user_actions,
    was_cut,
)

ATTR_DRY_RUN = "dry_run"
ATTR_FILE = "file"
ATTR_PASSPHRASE = "passphrase"
ATTR_TARGET = "target_device_id"

_USER_IDS = vol.All(cv.ensure_list, vol.Length(min=1), [USER_ID])
_PASSPHRASE = vol.All(cv.string, vol.Length(min=MIN_PASSPHRASE))
_LENGTH = 18  # bytes of chance in a passphrase that is made
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.syncid")

TRANSFER_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_TARGET): DEVICES,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)
BACKUP_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_PASSPHRASE): _PASSPHRASE,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_FILE): cv.string,
    }
)
RESTORE_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): DEVICES,
        vol.Required(ATTR_PASSPHRASE): _PASSPHRASE,
        vol.Required(ATTR_FILE): cv.string,
        vol.Optional(ATTR_USER_ID): _USER_IDS,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)


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
    touched: list[People] = []
    tell = teller(coordinator.hass, coordinator.serial)

    def job(client: TerminalClient) -> list[Step]:
        with coordinator.terminal.changing_people(client) as people:
            touched.append(people)
            transfer = Transfer(
                client, people, info, roster, replace=replace, on_going=tell
            )
            return transfer.plan if dry_run else transfer.do()

    try:
        steps = await coordinator.async_run(job)
    except HomeAssistantError as err:
        if not was_cut(err, touched):
            raise
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="transfer_cut",
            translation_placeholders={"name": coordinator.config_entry.title},
        ) from err
    finally:
        if not dry_run:
            await coordinator.async_people_changed()
    return {"users": users_of(steps)}


def users_of(steps: Iterable[Step]) -> list[JsonValueType]:
    """Return what became of each user."""
    return [
        {
            "user_id": step.user_id,
            "name": step.name,
            "outcome": step.outcome,
            "fingerprints": step.fingerprints,
            "face": step.face,
            **({"fingerprints_removed": step.revoked} if step.revoked else {}),
            "reasons": list(step.reasons),
        }
        for step in steps
    ]


async def _async_bring_pushed(
    coordinator: DeviceCoordinator, roster: PushRoster, *, dry_run: bool
) -> dict[str, Any]:
    """Bring people of a terminal that pushes to one on port 4370, if it pushes too."""
    if adms_of(coordinator) is None:
        return await async_refuse_from_push(coordinator)
    try:
        return await async_bring_by_push(coordinator, roster=roster, dry_run=dry_run)
    finally:
        if not dry_run:
            await coordinator.async_people_changed()


async def _async_bring_both(
    coordinator: DeviceCoordinator, roster: Roster, faces: PushRoster, *, dry_run: bool
) -> dict[str, Any]:
    """Bring people to a terminal by port 4370, and by push what that does not take."""
    done = await _async_bring(coordinator, roster, replace=False, dry_run=dry_run)
    return await async_bring_faces(coordinator, done, faces, dry_run=dry_run)


async def _async_transfer_templates(call: ServiceCall) -> ServiceResponse:
    """Bring users with their templates from one terminal to others."""
    data = call.data
    targets = data[ATTR_TARGET]
    if data[ATTR_DEVICE_ID] in targets:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="transfer_to_itself"
        )
    source = async_device(call.hass, data[ATTR_DEVICE_ID])
    serials = async_serials(call.hass, targets).values()
    user_ids, dry_run = data.get(ATTR_USER_ID), data[ATTR_DRY_RUN]
    bring: Callable[[DeviceCoordinator], Awaitable[dict[str, Any]]]
    if isinstance(source, DeviceCoordinator) and not gives_by_push_alone(source):
        roster = await _async_roster(source, user_ids)
        pushed = await async_add_faces(source, push_roster_of(roster), serials)
        bring = partial(
            _async_bring_both, roster=roster, faces=faces_of(pushed), dry_run=dry_run
        )
    else:
        pushed = await async_read_push_roster(source, user_ids)
        bring = partial(_async_bring_pushed, roster=pushed, dry_run=dry_run)
    report = await async_each(
        call,
        targets,
        bring,
        by_push=partial(async_bring_by_push, roster=pushed, dry_run=dry_run),
    )
    warnings: list[JsonValueType] = [*pushed.warnings]
    return {**(report or {}), **({"warnings": warnings} if warnings else {})}


async def _async_backup_users(call: ServiceCall) -> ServiceResponse:
    """Keep the users of a terminal in an encrypted file."""
    hass, data = call.hass, call.data
    coordinator = async_terminal(hass, data[ATTR_DEVICE_ID])
    now = dt_util.now()
    name = f"{coordinator.serial}-{now:%Y%m%d-%H%M%S}.syncid"
    if ATTR_FILE in data:
        name = _file_name(data[ATTR_FILE])
    path = Path(hass.config.path(BACKUP_FOLDER, name))
    roster = await _async_roster(coordinator, data.get(ATTR_USER_ID))
    # One that is made here is told in the response alone. What an action is called
    # with, Home Assistant's recorder keeps.
    made = {} if ATTR_PASSPHRASE in data else {ATTR_PASSPHRASE: token_urlsafe(_LENGTH)}
    passphrase: str = {**data, **made}[ATTR_PASSPHRASE]

    def write() -> int:
        sealed = seal(roster, passphrase, made_at=now, random=token_bytes)
        _write_new(path, sealed)
        return len(sealed)

    try:
        size = await hass.async_add_executor_job(write)
    except OSError as err:
        raise _file_error("file_not_written", name, err) from err
    return {
        **made,
        "file": name,
        "size": size,
        "users": len(roster.people),
        "fingerprints": sum(len(person.fingers) for person in roster.people),
        "faces": sum(person.face is not None for person in roster.people),
        "warnings": _warnings(roster, coordinator.data.capacity),
    }


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet: all of it, or nothing."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)  # whose name that is from now on
    part = path.with_suffix(".part")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        path.unlink()
        raise


def _warnings(roster: Roster, capacity: Capacity | None) -> list[JsonValueType]:
    """Return why a backup is less than it seems; better now than on the day of need."""
    warnings: list[JsonValueType] = []
    if roster.info.fingerprint_version is None and any(
        person.fingers for person in roster.people
    ):
        warnings.append("fingerprint_version_unknown")
    if capacity and capacity.faces and not gives_faces(roster.info):
        warnings.append("faces_left_out")
    return warnings


async def _async_restore_users(call: ServiceCall) -> ServiceResponse:
    """Bring the users of a file back to terminals."""
    hass, data = call.hass, call.data
    async_serials(hass, data[ATTR_DEVICE_ID])
    file = _file_name(data[ATTR_FILE])
    opened = await _async_open(hass, file, data[ATTR_PASSPHRASE])
    roster = opened.roster
    if ATTR_USER_ID in data:
        people = {person.user_id: person for person in roster.people}
        for user_id in data[ATTR_USER_ID]:
            if user_id not in people:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="user_not_in_file",
                    translation_placeholders={"user_id": user_id, "file": file},
                )
        chosen = dict.fromkeys(data[ATTR_USER_ID])  # each once
        roster = Roster(roster.info, tuple(people[user_id] for user_id in chosen))
    report = await async_each(
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


def _file_name(given: str) -> str:
    """Return the name of a file in the folder of backups; raises if it is elsewhere."""
    name = given.strip().removeprefix(f"{BACKUP_FOLDER}/")
    if not _FILE.fullmatch(name):
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="file_name"
        )
    return name


async def _async_open(hass: HomeAssistant, name: str, passphrase: str) -> Opened:
    path = Path(hass.config.path(BACKUP_FOLDER, name))

    def open_file() -> Opened:
        data, bare = path.read_bytes(), passphrase.strip()
        try:
            return unseal(data, passphrase)
        except VaultError as err:
            if err.reason != "passphrase" or bare == passphrase:
                raise
        return unseal(data, bare)  # blanks come along when it is copied

    try:
        return await hass.async_add_executor_job(open_file)
    except OSError as err:
        raise _file_error("file_not_read", name, err) from err
    except VaultError as err:
        raise _file_error(f"file_{err.reason}", name, err) from err


def _file_error(key: str, name: str, err: Exception) -> HomeAssistantError:
    # Of an OSError without the path: the name of the file is told anyway.
    error = getattr(err, "strerror", None) or str(err)
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"file": name, "error": error},
    )


TEMPLATE_ACTIONS = (
    UserAction(
        "transfer_templates",
        TRANSFER_SCHEMA,
        _async_transfer_templates,
        knows_roads=True,
    ),
    UserAction(
        "backup_users", BACKUP_SCHEMA, _async_backup_users, SupportsResponse.ONLY
    ),
    UserAction("restore_users", RESTORE_SCHEMA, _async_restore_users),
)


@callback
def async_setup_template_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    async_setup_user_actions(hass, TEMPLATE_ACTIONS)
