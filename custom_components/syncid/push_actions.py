"""What an admin does at a terminal that pushes: said when it asks what to do."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .adms import AdmsTerminal
from .const import DOMAIN
from .core.adms.commands import Command
from .core.adms.content import PushedUser, Upload
from .core.errors import (
    ClearRefused,
    NotAsWritten,
    PushFailed,
    PushRefused,
    SyncIDError,
    UserRefused,
)
from .core.records import DeviceUser, UserChange, local_second
from .device import SyncIDCoordinator
from .problems import translation_of
from .push import PushCoordinator
from .user_fields import ATTR_USER_ID, change_of, user_as_dict

type PushAction = Callable[
    [PushCoordinator, AdmsTerminal, Mapping[str, Any]], Awaitable[dict[str, Any] | None]
]

# Days of punches that are compared with what the terminal counts.
AUDITED_DAYS = 31


async def async_by_push(
    call: ServiceCall, device: SyncIDCoordinator
) -> dict[str, Any] | None:
    """Do what an action asks, at a terminal that pushes; raises if that cannot be."""
    return await _async_do(device, call.service, call.data)


async def async_press_by_push(device: PushCoordinator, action: str) -> None:
    """Do an action that needs to be told nothing."""
    await _async_do(device, action, {})


async def _async_do(
    device: SyncIDCoordinator, name: str, data: Mapping[str, Any]
) -> dict[str, Any] | None:
    action = PUSH_ACTIONS.get(name)
    if not isinstance(device, PushCoordinator) or action is None:
        raise _not_by_push(device)
    return await async_on_push(device, lambda adms: action(device, adms, data))


async def async_on_push[T](
    device: SyncIDCoordinator, do: Callable[[AdmsTerminal], Awaitable[T]]
) -> T:
    """Do something at a terminal that pushes and has called; raises what went wrong."""
    if not isinstance(device, PushCoordinator) or device.adms is None:
        raise _not_by_push(device)
    try:
        return await do(device.adms)
    except SyncIDError as err:
        raise HomeAssistantError(
            **translation_of(err, device.config_entry.title)
        ) from err


def _not_by_push(device: SyncIDCoordinator) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_by_push",
        translation_placeholders={"name": device.config_entry.title},
    )


# --- saying something ---------------------------------------------------------------------


async def async_say(
    device: SyncIDCoordinator, adms: AdmsTerminal, commands: Iterable[Command]
) -> dict[str, Any]:
    """Say something; raises if the terminal refuses, tells if it has not answered."""
    outcomes = await adms.async_say(commands)
    for outcome in outcomes:
        if outcome.row.state == "failed":
            raise PushFailed(outcome.row.reason or "unknown", outcome.row.code)
    if all(outcome.is_done for outcome in outcomes):
        return {}
    # It stays in the queue until the terminal takes it.
    return {"done": False, "queued": True}


async def async_gather[T](
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    commands: Iterable[Command],
    pick: Callable[[Upload], Iterable[T]],
) -> list[T]:
    """Ask for something, and return all of it; raises if it does not come.

    It comes in posts of its own, before the terminal says that it did what it was asked
    or after (protocol-adms §7.4); when it asks again, it has said all.
    """
    found: list[T] = []
    with adms.hearing(lambda upload: found.extend(pick(upload))):
        told = await async_say(device, adms, commands)
        if told:
            raise _no_answer(device)
        try:
            await adms.async_next_poll()
        except TimeoutError as err:
            raise _no_answer(device) from err
    return found


def _no_answer(device: SyncIDCoordinator) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="push_no_answer",
        translation_placeholders={"name": device.config_entry.title},
    )


# --- users --------------------------------------------------------------------------------


async def async_users(
    device: SyncIDCoordinator, adms: AdmsTerminal, user_id: str | None = None
) -> dict[str, PushedUser]:
    """Return the users at a terminal, or the one that is asked for, by user id."""
    found = await async_gather(
        device, adms, adms.phrases.list_users(user_id), lambda upload: upload.users
    )
    users = {user.user_id: user for user in found}
    if user_id is None:
        device.in_hub.users = {key: user.as_held() for key, user in users.items()}
    return users


async def _async_list_users(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    users = await async_users(device, adms)
    # How many templates each has, no terminal says without giving them away.
    return {"users": [user_as_dict(user.as_held()) for user in users.values()]}


async def _async_enroll_user(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, change = data[ATTR_USER_ID], change_of(data)
    if user_id in device.in_hub.users:
        raise UserRefused("user_exists", user_id)
    commands = adms.phrases.add_user(user_id, change)
    for template in data.get("templates", ()):
        commands += adms.phrases.write_fingerprint(
            user_id, template["finger"], template["template"]
        )
    return await _async_write(device, adms, user_id, change, commands)


async def _async_update_user(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, change = data[ATTR_USER_ID], change_of(data)
    await _async_see(device, adms, user_id)
    commands = adms.phrases.update_user(user_id, change)
    return await _async_write(device, adms, user_id, change, commands)


async def _async_see(
    device: PushCoordinator, adms: AdmsTerminal, user_id: str
) -> DeviceUser:
    """Return a user who is known to be at the terminal; raises if there is none.

    What is written of somebody who is not there would add them.
    """
    if user_id not in device.in_hub.users:
        if user_id not in (users := await async_users(device, adms, user_id)):
            raise UserRefused("user_unknown", user_id)
        return users[user_id].as_held()
    return device.in_hub.users[user_id]


async def _async_write(
    device: PushCoordinator,
    adms: AdmsTerminal,
    user_id: str,
    change: UserChange,
    commands: tuple[Command, ...],
) -> dict[str, Any]:
    """Write a user, and read back what the terminal holds."""
    if told := await async_say(device, adms, commands):
        return told
    users = await async_users(device, adms, user_id)
    if user_id not in users:
        raise NotAsWritten(user_id, "nobody")
    held = users[user_id].as_held()
    if any(
        wanted is not None and wanted != found
        for wanted, found in (
            (change.card, held.card),
            (change.group, held.group),
            (change.role, held.role),
        )
    ):
        raise NotAsWritten(user_id, f"{held.name}, card {held.card}")
    result: dict[str, Any] = {"user": user_as_dict(held)}
    if change.name is not None and held.name != change.name:
        # The terminal has less room, or other letters.
        result["name_asked"] = change.name
    return result


async def _async_remove_user(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id = data[ATTR_USER_ID]
    removed = await _async_see(device, adms, user_id)
    if told := await async_say(device, adms, adms.phrases.remove_user(user_id)):
        return told
    device.in_hub.users = {
        key: user for key, user in device.in_hub.users.items() if key != user_id
    }
    return {"user": user_as_dict(removed)}


async def _async_enroll_fingerprint(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, finger = data[ATTR_USER_ID], data["finger"]
    if data.get("duress"):
        raise PushRefused("not_over_push", "duress fingers")
    commands = adms.phrases.enroll_fingerprint(
        user_id, finger, overwrite=data["overwrite"]
    )
    tell = device.hub.async_tell_enrollment
    tell(device.serial, user_id, finger, "started", 0)
    try:
        told = await async_say(device, adms, commands)
    except SyncIDError:
        tell(device.serial, user_id, finger, "failed", 0)
        raise
    if told:
        tell(device.serial, user_id, finger, "timed_out", 0)
        raise _no_answer(device)
    tell(device.serial, user_id, finger, "enrolled", 0)
    return {"user_id": user_id, "finger": finger}


# --- punches ------------------------------------------------------------------------------


async def async_audit(device: PushCoordinator, adms: AdmsTerminal) -> dict[str, Any]:
    """Compare what the terminal counts with what is stored; have a gap sent again."""
    now = dt_util.now(device.zone)
    last = local_second(now)
    first = local_second(now - timedelta(days=AUDITED_DAYS))
    before = await _async_stored(device, first, last)
    counted: int | None = None
    try:
        counts = await async_gather(
            device,
            adms,
            adms.phrases.count_punches(first, last),
            lambda upload: () if upload.count is None else (upload.count,),
        )
        counted = counts[-1] if counts else None
    except PushRefused, PushFailed:
        pass  # not every terminal can count; all of them send again
    if counted is None or counted > before:
        await async_gather(
            device, adms, adms.phrases.resend_punches(first, last), lambda _: ()
        )
    after = await _async_stored(device, first, last)
    return {"counted": counted, "stored": after, "new": after - before}


async def _async_stored(device: PushCoordinator, first: int, last: int) -> int:
    hub = device.hub
    return await hub.async_read(hub.ledger.count_punches, device.serial, first, last)


async def _async_collect_records(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    return await async_audit(device, adms)


async def _async_clear_records(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    audited = await async_audit(device, adms)
    if audited["counted"] is None or audited["counted"] > audited["stored"]:
        raise ClearRefused(
            f"the terminal counts {audited['counted']}, stored are {audited['stored']}"
        )
    return {**audited, **await async_say(device, adms, adms.phrases.clear_log())}


# --- the terminal -------------------------------------------------------------------------


async def _async_get_device_info(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    told = await async_say(device, adms, adms.phrases.info())
    capacity = device.data.capacity
    return {
        **asdict(device.data.info),
        **(asdict(capacity) if capacity else {}),
        "up_to_date": not told,
    }


async def _async_restart(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> None:
    await async_say(device, adms, adms.phrases.restart())


async def _async_unlock_door(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    told = await async_say(device, adms, adms.phrases.unlock(data["seconds"]))
    if told:
        raise _no_answer(device)
    return {"door_open": None}


async def _async_get_option(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    name: str = data["name"]
    told = await async_say(device, adms, adms.phrases.get_options([name]))
    if told:
        raise _no_answer(device)
    value = adms.state.options.get(name.lstrip("~").lower())
    return {"name": name, "value": value}


# By the name of the action. What is not here, no terminal does by push (§7.5).
PUSH_ACTIONS: Mapping[str, PushAction] = {
    "list_users": _async_list_users,
    "enroll_user": _async_enroll_user,
    "update_user": _async_update_user,
    "remove_user": _async_remove_user,
    "enroll_fingerprint": _async_enroll_fingerprint,
    "collect_records": _async_collect_records,
    "clear_records": _async_clear_records,
    "get_device_info": _async_get_device_info,
    "restart": _async_restart,
    "unlock_door": _async_unlock_door,
    "get_option": _async_get_option,
}
