"""Saying something to a terminal that pushes, and hearing what it answers."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..core.adms.commands import Command
from ..core.adms.content import Upload
from ..core.errors import PushFailed, SyncIDError
from ..device import SyncIDCoordinator
from ..problems import translation_of
from .adms import AdmsTerminal
from .coordinator import not_by_push
from .queue import Outcome
from .server import DATA_ADMS


async def async_on_push[T](
    device: SyncIDCoordinator, do: Callable[[AdmsTerminal], Awaitable[T]]
) -> T:
    """Do something at a terminal that pushes and has called; raises what went wrong."""
    if (adms := adms_of(device)) is None:
        raise not_by_push(device)
    try:
        return await do(adms)
    except SyncIDError as err:
        raise HomeAssistantError(
            **translation_of(err, device.config_entry.title)
        ) from err


def adms_of(device: SyncIDCoordinator) -> AdmsTerminal | None:
    """Return what talks to a terminal by push, if it has called; others may do so too."""
    return adms_at(device.hass, device.serial)


def adms_at(hass: HomeAssistant, serial: str) -> AdmsTerminal | None:
    """Return the same by a serial number."""
    adms = hass.data[DATA_ADMS].async_terminal(serial)
    return adms if adms is not None and adms.state.family is not None else None


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
    if all(outcome.is_done for outcome in taken(await adms.async_say(commands))):
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
    outcomes = await adms.async_say(commands, within, now_or_never=True)
    if not all(outcome.is_done for outcome in outcomes):
        # Also if one was refused: the others shall not be done all the same.
        await adms.queue.async_withdraw(outcomes, fetched=True)
        taken(outcomes)
        if any(outcome.row.state == "sent" for outcome in outcomes):
            raise NoResult(device)
        raise NoAnswer(device)
    return outcomes


def taken(outcomes: list[Outcome]) -> list[Outcome]:
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
    with adms.ears.hearing(lambda upload: found.extend(pick(upload))):
        await async_ask(device, adms, commands, within)
        try:
            await adms.async_next_poll(within)
        except TimeoutError as err:
            raise NoResult(device) from err
    return found
