"""What a terminal that pushes tells of all that it holds, when it is asked."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from homeassistant.util import dt as dt_util

from ..core.adms.content import PushedUser, Template, Upload
from ..core.adms.dialect import NOT_KNOWN
from ..core.adms.requests import AdmsRequest
from ..core.errors import PushFailed
from ..core.records import local_second
from ..device import SyncIDCoordinator
from .adms import AdmsTerminal
from .queue import POLLS
from .talk import NoResult, async_ask, async_gather

# Seconds that a terminal may take to send a long log again.
LOG_WITHIN = 600
# Polls with nothing new between them after which it has said all.
_QUIET_POLLS = 2
# The same, if it holds more than came.
_MOST_QUIET_POLLS = 10


async def async_users(
    device: SyncIDCoordinator, adms: AdmsTerminal, user_id: str | None = None
) -> dict[str, PushedUser]:
    """Return the users at a terminal, or the one that is asked for, by user id.

    Of old firmware, all: it cannot be asked for one.
    """
    return (await async_people(device, adms, user_id))[0]


async def async_people(
    device: SyncIDCoordinator, adms: AdmsTerminal, user_id: str | None = None
) -> tuple[dict[str, PushedUser], list[Template] | None]:
    """Return the same with their templates, where those cannot be asked for."""
    told = _Told(device)
    try:
        with adms.ears.hearing(told.hear):
            ask = adms.phrases.list_users(user_id)
            await async_gather(device, adms, ask, lambda _: ())
    except PushFailed as err:
        if not is_unknown(adms, err):
            raise
        refused = err
    else:
        if user_id is None:
            _keep(device, told.users, listed=True)
        return told.users, None
    told, count = _Told(device), await _async_count(device, adms)
    await async_from_start(
        device, adms, "operlog", told.hear, lambda: len(told.users) >= (count or 0)
    )
    if not told.users and (count != 0 or device.in_hub.users):
        raise refused  # it has somebody, and does not go by stamps either
    adms.async_learn_old()
    _keep(device, told.users, listed=count is None or len(told.users) >= count)
    return told.users, told.templates


async def _async_count(device: SyncIDCoordinator, adms: AdmsTerminal) -> int | None:
    """Return how many users the terminal counts now; None if it does not tell."""
    with suppress(PushFailed):
        await async_ask(device, adms, adms.phrases.info())
    capacity = adms.state.facts.capacity
    return capacity.users if capacity else None


def is_unknown(adms: AdmsTerminal, err: PushFailed) -> bool:
    """Tell whether a terminal refused what it may know by other words."""
    return err.reason in NOT_KNOWN and adms.state.family != "acc"


def _keep(
    device: SyncIDCoordinator, users: dict[str, PushedUser], *, listed: bool
) -> None:
    """Remember who is there, and whether those are all."""
    known = {} if listed else device.in_hub.users
    held = {key: user.as_held() for key, user in users.items()}
    device.in_hub.users = {**known, **held}
    device.in_hub.users_listed = listed


class _Told:
    """Who is there, by what comes while it is told."""

    def __init__(self, device: SyncIDCoordinator) -> None:
        """Nobody yet."""
        shown = local_second(dt_util.now(device.zone))
        # What was done before that is told of once more.
        self._since = shown - device.hub.live_seconds
        self.users: dict[str, PushedUser] = {}
        self.templates: list[Template] = []

    def hear(self, upload: Upload) -> None:
        """Take what comes; who was removed meanwhile is not there."""
        for alarm in upload.alarms:
            is_new = alarm.local_second is not None and alarm.local_second > self._since
            if alarm.type == "user_removed" and is_new and alarm.user_id:
                self.users.pop(alarm.user_id, None)
        self.users |= {user.user_id: user for user in upload.users}
        self.templates += upload.templates


async def async_from_start(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    table: str,
    hear: Callable[[Upload], None],
    is_all: Callable[[], bool],
) -> None:
    """Have all of a table sent by a terminal that goes by stamps (protocol-adms §7.5.2).

    If that is not all yet that there is, it is given more time between its posts.
    """
    watch = _Watch(table, is_all)
    with (
        adms.ears.hearing(hear),
        adms.ears.hearing(watch.hear),
        adms.ears.sending_from_start(table, watch.see),
    ):
        await async_ask(device, adms, adms.phrases.check())
        try:
            await adms.async_wait(watch.has_asked)
            await adms.async_wait(watch.has_ended, LOG_WITHIN)
        except TimeoutError as err:
            raise NoResult(device) from err


class _Watch:
    """Whether all of a table came since the terminal asked anew how to behave."""

    def __init__(self, table: str, is_all: Callable[[], bool]) -> None:
        """Know which table, and what tells how much there is."""
        self._table = table
        self._is_all = is_all
        self._quiet = 0
        self.has_asked = asyncio.Event()
        self.has_ended = asyncio.Event()

    def hear(self, upload: Upload) -> None:
        """Note what comes."""
        if upload.table == self._table:
            self._quiet = 0

    def see(self, request: AdmsRequest) -> None:
        """Note how far the terminal is: it polls meanwhile, or not."""
        if request.is_handshake:
            self.has_asked.set()
            self._quiet = 0
        elif request.endpoint in POLLS and self.has_asked.is_set():
            self._quiet += 1
            if self._quiet >= (_QUIET_POLLS if self._is_all() else _MOST_QUIET_POLLS):
                self.has_ended.set()
