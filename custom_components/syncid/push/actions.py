"""What an admin does at a terminal that pushes: said when it asks what to do."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from homeassistant.core import ServiceCall, callback

from ..core.adms.commands import Command, Commands, name_for
from ..core.adms.content import PushedUser
from ..core.adms.facts import kept_options
from ..core.errors import (
    EnrollmentFailed,
    NotAsWritten,
    PushFailed,
    PushRefused,
    SecretOption,
    UserRefused,
)
from ..core.names import is_secret
from ..core.records import ROLES, DeviceUser, UserChange
from ..device import SyncIDCoordinator
from ..user_fields import ATTR_USER_ID, change_of, user_as_dict
from .adms import AdmsTerminal
from .coordinator import PushCoordinator, not_by_push
from .records import async_clear_records, async_collect_records
from .talk import (
    NoAnswer,
    NoResult,
    adms_of,
    async_ask,
    async_gather,
    async_on_push,
    async_say,
)
from .told import async_users, is_unknown

type PushAction = Callable[
    [SyncIDCoordinator, AdmsTerminal, Mapping[str, Any]],
    Awaitable[dict[str, Any] | None],
]

_DURESS = 3
# How an enrolment may end, as other terminals tell it too.
_TOLD = frozenset({"busy", "cancelled", "known"})


@callback
def is_by_push(device: SyncIDCoordinator, action: str) -> bool:
    """Tell whether an action goes by push: there is no other road, or none is open."""
    is_one_of_two = not isinstance(device, PushCoordinator)
    can_be_said = action in PUSH_ACTIONS and adms_of(device) is not None
    return device.pushes_alone and (can_be_said or not is_one_of_two)


async def async_by_push(
    call: ServiceCall, device: SyncIDCoordinator
) -> dict[str, Any] | None:
    """Do what an action asks, at a terminal that pushes; raises if that cannot be."""
    return await _async_do(device, call.service, call.data)


async def async_press_by_push(
    device: PushCoordinator, action: str
) -> dict[str, Any] | None:
    """Do an action that needs to be told nothing."""
    return await _async_do(device, action, {})


async def _async_do(
    device: SyncIDCoordinator, name: str, data: Mapping[str, Any]
) -> dict[str, Any] | None:
    action = PUSH_ACTIONS.get(name)
    if action is None:
        raise not_by_push(device)
    return await async_on_push(device, lambda adms: action(device, adms, data))


# --- users --------------------------------------------------------------------------------


async def _async_list_users(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    users = await async_users(device, adms)
    # How many templates each has, no terminal says without giving them away.
    return {"users": [user_as_dict(user.as_held()) for user in users.values()]}


async def _async_enroll_user(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, change = data[ATTR_USER_ID], change_of(data)
    # What is written of somebody who is there would change them.
    is_away = device.is_online is False
    if user_id not in device.in_hub.users and not is_away:
        try:
            await async_users(device, adms, user_id)
        except NoAnswer:
            is_away = True  # it has just gone
    if user_id in device.in_hub.users:
        raise UserRefused("user_exists", user_id)
    # Old firmware may have told less than it holds.
    if (is_away or adms.state.is_old) and not device.in_hub.users_listed:
        raise UserRefused("users_unknown", user_id)
    await _async_check_card(device, adms, user_id, change.card)
    commands = adms.phrases.add_user(user_id, change)
    for template in data.get("templates", ()):
        commands += adms.phrases.write_fingerprint(
            user_id,
            template["finger"],
            template["template"],
            valid=_DURESS if template["duress"] else 1,
        )
    return await _async_write(device, adms, user_id, change, commands)


async def _async_update_user(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, change = data[ATTR_USER_ID], change_of(data)
    await async_see(device, adms, user_id)
    if not adms.state.is_old:
        await _async_check_card(device, adms, user_id, change.card)
        commands = adms.phrases.update_user(user_id, change)
        try:
            return await _async_write(device, adms, user_id, change, commands)
        except PushFailed as err:
            if not is_unknown(adms, err):
                raise
    # Nobody says that the old words leave alone what they do not name.
    if (user := (await async_users(device, adms)).get(user_id)) is None:
        raise UserRefused("user_unknown", user_id)
    await _async_check_card(device, adms, user_id, change.card)
    commands = adms.phrases.rewrite_user(user, change)
    return await _async_write(device, adms, user_id, change, commands)


async def _async_check_card(
    device: SyncIDCoordinator, adms: AdmsTerminal, user_id: str, card: int | None
) -> None:
    """Raise `UserRefused` if somebody else has a card."""
    if not card:
        return
    if not device.in_hub.users_listed:
        await async_users(device, adms)
    for other in device.in_hub.users.values():
        if other.card == card and other.user_id != user_id:
            raise UserRefused("card_taken", str(card), other.user_id)


async def async_see(
    device: SyncIDCoordinator, adms: AdmsTerminal, user_id: str
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
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    user_id: str,
    change: UserChange,
    commands: tuple[Command, ...],
) -> dict[str, Any]:
    """Write a user, and read back what the terminal holds."""
    had_admin = _has_admin(device)
    if told := await async_say(device, adms, commands):
        return told
    held = _written(user_id, change, device.in_hub.users.get(user_id))
    warnings: list[str] = []
    if adms.state.is_old:
        # It tells all or nothing, and perhaps not what it did not enrol itself.
        device.in_hub.users = {**device.in_hub.users, user_id: held}
        warnings.append("not_read_back")
    else:
        held = await _async_read_back(device, adms, user_id, change, held)
    result = {"user": user_as_dict(held), **_warnings(device, had_admin, warnings)}
    if change.name is not None and held.name != change.name:
        # The terminal has less room, or other letters.
        result["name_asked"] = change.name
    return result


async def _async_read_back(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    user_id: str,
    change: UserChange,
    written: DeviceUser,
) -> DeviceUser:
    """Return a user as the terminal holds them now; raises if that is not as written."""
    users = await async_users(device, adms, user_id)
    if user_id not in users:
        raise NotAsWritten(user_id, "nobody")
    held = users[user_id].as_held(written)
    if any(
        wanted is not None and wanted != found
        for wanted, found in (
            (change.card, held.card),
            (change.group, held.group),
            (change.role, held.role),
            (change.disabled, held.disabled),
        )
    ):
        raise NotAsWritten(user_id, held.in_words)
    return held


def _has_admin(device: SyncIDCoordinator) -> bool:
    """Tell whether somebody is known to run a terminal that told all its users."""
    return device.in_hub.users_listed and any(
        user.role == "admin" for user in device.in_hub.users.values()
    )


def _warnings(
    device: SyncIDCoordinator, had_admin: bool, others: Sequence[str] = ()
) -> dict[str, Any]:
    """Warn of a terminal that nobody runs any more, so that everybody may; and others."""
    is_lost = had_admin and not _has_admin(device)
    warnings = [*others, *(["no_admin_left"] if is_lost else [])]
    return {"warnings": warnings} if warnings else {}


def _written(user_id: str, change: UserChange, known: DeviceUser | None) -> DeviceUser:
    """Return a user as the terminal says that it wrote them."""
    role = None if change.role is None else ROLES[change.role] << 1
    return PushedUser(
        user_id,
        name=None if change.name is None else name_for(change.name),
        privilege=role,
        password=change.password,
        card=change.card,
        group=change.group,
        disabled=change.disabled,
    ).as_held(known)


async def _async_remove_user(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id = data[ATTR_USER_ID]
    removed = await async_see(device, adms, user_id)
    had_admin = _has_admin(device)
    told = await async_say(device, adms, adms.phrases.remove_user(user_id))
    if told:
        return told
    device.in_hub.users = {
        key: user for key, user in device.in_hub.users.items() if key != user_id
    }
    return {"user": user_as_dict(removed), **_warnings(device, had_admin)}


async def _async_enroll_fingerprint(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, finger = data[ATTR_USER_ID], data["finger"]
    if data.get("duress"):
        raise PushRefused("not_over_push", "duress fingers")
    commands = adms.phrases.enroll_fingerprint(
        user_id, finger, overwrite=data["overwrite"]
    )
    await async_enroll(device, adms, commands, finger, data["timeout"])
    return {"user_id": user_id, "finger": finger}


async def async_enroll(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    commands: Commands,
    finger: int | None,
    within: float,
) -> None:
    """Have a user press a finger, or show their face, and tell what becomes of it."""
    (command,) = commands

    def tell(step: str) -> None:
        device.hub.async_tell_enrollment(
            device.serial, command.user_id, finger, step, 0
        )

    tell("started")
    try:
        await async_ask(device, adms, commands, within)
    except NoResult as err:
        # It waits for somebody, and nobody came.
        tell("timed_out")
        raise EnrollmentFailed("timed_out") from err
    except NoAnswer:
        tell("timed_out")
        raise
    except PushFailed as err:
        tell(err.reason if err.reason in _TOLD else "failed")
        raise
    tell("enrolled")


# --- the terminal -------------------------------------------------------------------------


async def _async_learn(
    device: SyncIDCoordinator, adms: AdmsTerminal, commands: Iterable[Command]
) -> None:
    """Have the terminal tell of itself."""
    if adms.state.family == "acc":  # it does so in a post of its own
        await async_gather(device, adms, commands, lambda _: ())
    else:
        await async_ask(device, adms, commands)


async def _async_get_device_info(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    up_to_date = True
    try:
        await _async_learn(device, adms, adms.phrases.info())
    except NoAnswer:
        up_to_date = False
    facts = adms.state.facts
    capacity = facts.capacity
    return {
        **asdict(facts.info(device.serial)),
        **(asdict(capacity) if capacity else {}),
        "up_to_date": up_to_date,
    }


async def _async_restart(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> None:
    await async_ask(device, adms, adms.phrases.restart())


async def _async_unlock_door(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    await async_ask(device, adms, adms.phrases.unlock(data["seconds"]))
    return {"door_open": None}


async def _async_get_option(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    name: str = data["name"]
    key = name.lstrip("~").lower()
    if not kept_options({key: ""}):
        raise SecretOption(name)
    await _async_learn(device, adms, adms.phrases.get_options([name]))
    return {"name": name, "value": adms.state.options.get(key)}


async def _async_set_option(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    name: str = data["name"]
    if is_secret(name):
        raise SecretOption(name)
    return await async_say(device, adms, adms.phrases.set_option(name, data["value"]))


# By the name of the action. What is not here, no terminal does by push (§7.5).
PUSH_ACTIONS: Mapping[str, PushAction] = {
    "list_users": _async_list_users,
    "enroll_user": _async_enroll_user,
    "update_user": _async_update_user,
    "remove_user": _async_remove_user,
    "enroll_fingerprint": _async_enroll_fingerprint,
    "collect_records": async_collect_records,
    "clear_records": async_clear_records,
    "get_device_info": _async_get_device_info,
    "restart": _async_restart,
    "unlock_door": _async_unlock_door,
    "get_option": _async_get_option,
    "set_option": _async_set_option,
}
