"""What an admin does at a terminal that pushes: said when it asks what to do."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .adms import AdmsTerminal, Outcome
from .const import DOMAIN
from .core.adms.commands import Command
from .core.adms.content import PushedUser, Upload
from .core.adms.facts import kept_options
from .core.errors import (
    ClearRefused,
    NotAsWritten,
    PushFailed,
    PushRefused,
    SecretOption,
    SyncIDError,
    UserRefused,
)
from .core.names import is_secret
from .core.records import DeviceUser, UserChange, local_second
from .device import SyncIDCoordinator
from .problems import translation_of
from .push import PushCoordinator, not_by_push
from .user_fields import ATTR_USER_ID, change_of, user_as_dict

type PushAction = Callable[
    [PushCoordinator, AdmsTerminal, Mapping[str, Any]], Awaitable[dict[str, Any] | None]
]

# Days of punches that are compared with what the terminal counts.
AUDITED_DAYS = 31
# From the first second that a terminal's clock shows to the last.
_ALWAYS = (local_second(datetime(2000, 1, 1)), local_second(datetime(2099, 12, 31)))
# Seconds that a terminal may take to send a long log again.
_LOG_WITHIN = 600
_DURESS = 3
# How an enrolment may end, as other terminals tell it too.
_TOLD = frozenset({"busy", "cancelled", "known"})


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
    if not isinstance(device, PushCoordinator) or action is None:
        raise not_by_push(device)
    return await async_on_push(device, lambda adms: action(device, adms, data))


async def async_on_push[T](
    device: SyncIDCoordinator, do: Callable[[AdmsTerminal], Awaitable[T]]
) -> T:
    """Do something at a terminal that pushes and has called; raises what went wrong."""
    if not isinstance(device, PushCoordinator) or device.adms is None:
        raise not_by_push(device)
    try:
        return await do(device.adms)
    except SyncIDError as err:
        raise HomeAssistantError(
            **translation_of(err, device.config_entry.title)
        ) from err


# --- saying something ---------------------------------------------------------------------


class NoAnswer(HomeAssistantError):
    """A terminal did not answer in time."""

    def __init__(self, device: SyncIDCoordinator) -> None:
        """Say which: it never fetched what it was to do."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="push_no_answer",
            translation_placeholders={"name": device.config_entry.title},
        )


class NoResult(NoAnswer):
    """A terminal fetched what it was to do, and did not say what became of it."""

    def __init__(self, device: SyncIDCoordinator) -> None:
        """Say which."""
        super(NoAnswer, self).__init__(
            translation_domain=DOMAIN,
            translation_key="push_no_result",
            translation_placeholders={"name": device.config_entry.title},
        )


async def async_say(
    device: SyncIDCoordinator, adms: AdmsTerminal, commands: Iterable[Command]
) -> dict[str, Any]:
    """Say something; raises if the terminal refuses, tells if it has not answered."""
    if all(outcome.is_done for outcome in _taken(await adms.async_say(commands))):
        return {}
    # It stays in the queue until the terminal takes it.
    return {"done": False, "queued": True}


async def async_ask(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    commands: Iterable[Command],
    within: float | None = None,
) -> list[Outcome]:
    """Say something that is of use now or never; raises if it is not done in time."""
    outcomes = _taken(await adms.async_say(commands, within))
    if not all(outcome.is_done for outcome in outcomes):
        await adms.async_withdraw(outcomes)
        if any(outcome.row.state == "sent" for outcome in outcomes):
            raise NoResult(device)
        raise NoAnswer(device)
    return outcomes


def _taken(outcomes: list[Outcome]) -> list[Outcome]:
    """Return outcomes; raises `PushFailed` if the terminal refused any."""
    for outcome in outcomes:
        if outcome.row.state == "failed":
            raise PushFailed(outcome.row.reason or "unknown", outcome.row.code)
    return outcomes


async def async_gather[T](
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    commands: Iterable[Command],
    pick: Callable[[Upload], Iterable[T]],
    within: float | None = None,
) -> list[T]:
    """Ask for something, and return all of it; raises if it does not come.

    It comes in posts of its own, before the terminal says that it did what it was asked
    or after (protocol-adms §7.4); when it asks again, it has said all.
    """
    found: list[T] = []
    with adms.hearing(lambda upload: found.extend(pick(upload))):
        await async_ask(device, adms, commands, within)
        try:
            await adms.async_next_poll(within)
        except TimeoutError as err:
            raise NoResult(device) from err
    return found


async def _async_learn(
    device: SyncIDCoordinator, adms: AdmsTerminal, commands: Iterable[Command]
) -> None:
    """Have the terminal tell of itself."""
    if adms.state.family == "acc":  # it does so in a post of its own
        await async_gather(device, adms, commands, lambda _: ())
    else:
        await async_ask(device, adms, commands)


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
        device.in_hub.users_listed = True
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
    # What is written of somebody who is there would change them.
    is_away = device.is_online is False
    if user_id not in device.in_hub.users and not is_away:
        await async_users(device, adms, user_id)
    if user_id in device.in_hub.users:
        raise UserRefused("user_exists", user_id)
    if is_away and not device.in_hub.users_listed:
        raise UserRefused("users_unknown", user_id)
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
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    user_id, change = data[ATTR_USER_ID], change_of(data)
    await _async_see(device, adms, user_id)
    commands = adms.phrases.update_user(user_id, change)
    return await _async_write(device, adms, user_id, change, commands)


async def _async_see(
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

    def tell(step: str) -> None:
        device.hub.async_tell_enrollment(device.serial, user_id, finger, step, 0)

    tell("started")
    try:
        await async_ask(device, adms, commands, data["timeout"])
    except NoAnswer:
        tell("timed_out")
        raise
    except PushFailed as err:
        tell(err.reason if err.reason in _TOLD else "failed")
        raise
    tell("enrolled")
    return {"user_id": user_id, "finger": finger}


# --- punches ------------------------------------------------------------------------------


async def _async_collect_records(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare what the terminal counts with what is stored; have a gap sent again."""
    now = dt_util.now(device.zone)
    first, last = local_second(now - timedelta(days=AUDITED_DAYS)), local_second(now)
    before = await _async_stored(device, first, last)
    counted = await _async_counted(device, adms, first, last)
    if counted is None or counted > before:
        resend = adms.phrases.resend_punches(first, last)
        await async_gather(device, adms, resend, lambda _: (), _LOG_WITHIN)
    after = await _async_stored(device, first, last)
    return {"counted": counted, "stored": after, "new": after - before}


async def _async_counted(
    device: PushCoordinator, adms: AdmsTerminal, first: int, last: int
) -> int | None:
    """Return how many punches the terminal counts; None if it cannot."""
    try:
        outcomes = await async_ask(
            device, adms, adms.phrases.count_punches(first, last)
        )
    except PushRefused, PushFailed:
        return None  # all of them send again, and not all can count
    result = outcomes[0].result
    return result.counted if result else None


async def _async_stored(device: PushCoordinator, first: int, last: int) -> int:
    hub = device.hub
    return await hub.async_read(hub.ledger.count_punches, device.serial, first, last)


async def _async_clear_records(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Have the whole log sent again, and clear it if as much came as there is.

    What is stored may be of a log that was cleared before: its number proves nothing.
    """
    seen: set[object] = set()

    def hear(upload: Upload) -> None:
        seen.update(upload.punches)
        seen.update(record.raw for _, record in upload.rejected)

    with adms.hearing(hear):
        resend = adms.phrases.resend_punches(*_ALWAYS)
        await async_gather(device, adms, resend, lambda _: (), _LOG_WITHIN)
        counted = await _async_counted(device, adms, *_ALWAYS)
    if counted is None:
        raise ClearRefused("the terminal cannot count its records")
    if counted > len(seen):
        raise ClearRefused(f"the terminal counts {counted} records, sent {len(seen)}")
    await async_ask(device, adms, adms.phrases.clear_log())
    return {"counted": counted, "stored": len(seen)}


# --- the terminal -------------------------------------------------------------------------


async def _async_get_device_info(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    up_to_date = True
    try:
        await _async_learn(device, adms, adms.phrases.info())
    except NoAnswer:
        up_to_date = False
    capacity = device.data.capacity
    return {
        **asdict(device.data.info),
        **(asdict(capacity) if capacity else {}),
        "up_to_date": up_to_date,
    }


async def _async_restart(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> None:
    await async_ask(device, adms, adms.phrases.restart())


async def _async_unlock_door(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    await async_ask(device, adms, adms.phrases.unlock(data["seconds"]))
    return {"door_open": None}


async def _async_get_option(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    name: str = data["name"]
    key = name.lstrip("~").lower()
    if not kept_options({key: ""}):
        raise SecretOption(name)
    await _async_learn(device, adms, adms.phrases.get_options([name]))
    return {"name": name, "value": adms.state.options.get(key)}


async def _async_set_option(
    device: PushCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
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
    "collect_records": _async_collect_records,
    "clear_records": _async_clear_records,
    "get_device_info": _async_get_device_info,
    "restart": _async_restart,
    "unlock_door": _async_unlock_door,
    "get_option": _async_get_option,
    "set_option": _async_set_option,
}
