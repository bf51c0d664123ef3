"""What a terminal that pushes tells of all that it holds, when it is asked."""

import asyncio

from ..core.adms.content import PushedUser, Template, Upload
from ..core.adms.dialect import NOT_KNOWN
from ..core.adms.requests import AdmsRequest
from ..core.errors import PushFailed
from ..device import SyncIDCoordinator
from .adms import AdmsTerminal
from .queue import POLLS
from .talk import NoResult, async_ask, async_gather

# Seconds that a terminal may take to send a long log again.
LOG_WITHIN = 600
# Polls with nothing new between them after which it has said all.
_QUIET_POLLS = 2


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
    refused = PushFailed("unsupported", None)
    if not adms.state.is_old:
        ask = adms.phrases.list_users(user_id)
        try:
            found = await async_gather(device, adms, ask, lambda told: told.users)
        except PushFailed as err:
            if not is_unknown(adms, err):
                raise
            refused = err
        else:
            users = {user.user_id: user for user in found}
            if user_id is None:
                _keep(device, users)
            return users, None
    uploads = await async_from_start(device, adms, "operlog")
    users = {user.user_id: user for upload in uploads for user in upload.users}
    capacity = adms.state.facts.capacity
    count = capacity.users if capacity else None
    if not users and (count != 0 or device.in_hub.users):
        raise refused  # it has somebody, and does not go by stamps either
    adms.async_learn_old()
    _keep(device, users)
    return users, [one for upload in uploads for one in upload.templates]


def is_unknown(adms: AdmsTerminal, err: PushFailed) -> bool:
    """Tell whether a terminal refused what it may know by other words."""
    return err.reason in NOT_KNOWN and adms.state.family != "acc"


def _keep(device: SyncIDCoordinator, users: dict[str, PushedUser]) -> None:
    device.in_hub.users = {key: user.as_held() for key, user in users.items()}
    device.in_hub.users_listed = True


async def async_from_start(
    device: SyncIDCoordinator, adms: AdmsTerminal, table: str
) -> list[Upload]:
    """Have all of a table sent by a terminal that goes by stamps (protocol-adms §7.5.2)."""
    watch = _Watch(table)
    with adms.ears.hearing(watch.hear), adms.ears.sending_from_start(table, watch.see):
        await async_ask(device, adms, adms.phrases.check())
        try:
            await adms.async_wait(watch.has_asked)
            await adms.async_wait(watch.has_ended, LOG_WITHIN)
        except TimeoutError as err:
            raise NoResult(device) from err
    return watch.uploads


class _Watch:
    """What comes of a table since the terminal asked anew how to behave."""

    def __init__(self, table: str) -> None:
        """Know which table."""
        self._table = table
        self._quiet = 0
        self.uploads: list[Upload] = []
        self.has_asked = asyncio.Event()
        self.has_ended = asyncio.Event()

    def hear(self, upload: Upload) -> None:
        """Take what comes."""
        if upload.table == self._table and self.has_asked.is_set():
            self.uploads.append(upload)
            self._quiet = 0

    def see(self, request: AdmsRequest) -> None:
        """Note how far the terminal is: it polls meanwhile, or not."""
        if request.is_handshake:
            self.has_asked.set()
            self._quiet = 0
        elif request.endpoint in POLLS and self.has_asked.is_set():
            self._quiet += 1
            if self._quiet == _QUIET_POLLS:
                self.has_ended.set()
