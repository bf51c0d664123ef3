"""Fingers that were taken from a terminal for new ones (protocol-4370 §2.9).

Whatever happens then, the terminal gets the old one back if there is no new one: if
the link breaks, in the next session. They are kept in memory only, since no template is
written to a disk. A terminal that does not take one back is asked again for a while.
"""

from contextlib import suppress
from dataclasses import dataclass
import logging
from typing import Any

from ..errors import CommandRefused, TableUnreadable
from .client import TerminalClient
from .templates import Finger, read_fingerprint, write_finger
from .users import uid_of, user_id_of

_LOGGER = logging.getLogger(__name__)

CANCEL = 62
_VERIFY = 60

# A terminal that hangs up each time must not be lost for that; one in whose menu
# somebody stands is given some polls.
_ATTEMPTS = 10


def end_capture(client: TerminalClient) -> None:
    """Have the terminal wait for people who punch, and for no finger to be enrolled."""
    for command in (CANCEL, _VERIFY):
        with suppress(CommandRefused):
            client.command(command)


def put_back(client: TerminalClient, uid: int, old: Finger) -> bool:
    """Put a finger back, unless there is one; return whether there is one now."""
    if read_fingerprint(client, uid, old.finger) is None:
        with suppress(CommandRefused):  # reading back tells
            write_finger(client, uid, old)
            client.refresh()
    return read_fingerprint(client, uid, old.finger) is not None


@dataclass(slots=True)
class _Owed:
    finger: Finger
    attempts: int = 0


class OldFingers:
    """What a terminal is owed, for the thread of the terminal alone."""

    def __init__(self, owed: dict[Any, Any]) -> None:
        """Keep it in a dictionary that may outlive the thread."""
        self._owed: dict[tuple[str, int], _Owed] = owed

    def __bool__(self) -> bool:
        """Tell whether the terminal may miss a finger."""
        return bool(self._owed)

    def keep(self, user_id: str, finger: Finger) -> None:
        """Keep a finger from now on, which is about to be removed."""
        self._owed[user_id, finger.finger] = _Owed(finger)

    def forget(self, user_id: str, finger: Finger) -> None:
        """Owe a finger no longer."""
        self._owed.pop((user_id, finger.finger), None)

    def forget_user(self, user_id: str) -> None:
        """Owe nothing to somebody who was removed, nor to who gets their user id."""
        for key in [key for key in self._owed if key[0] == user_id]:
            del self._owed[key]

    def put_back(self, client: TerminalClient) -> None:
        """Give a terminal what was taken from it, and whoever is there still."""
        if not self._owed:
            return
        # Each time counts for all: whichever makes the terminal hang up.
        for owed in self._owed.values():
            owed.attempts += 1
        try:
            end_capture(client)
            self._put_all_back(client)
        finally:
            self._give_up()

    def _put_all_back(self, client: TerminalClient) -> None:
        try:
            # By user id: the number may be somebody else's by now.
            uids = {
                user_id_of(record): uid_of(record) for record in client.read_users()
            }
        except CommandRefused, TableUnreadable:
            return
        for (user_id, number), owed in [*self._owed.items()]:
            with suppress(CommandRefused, TableUnreadable):
                if user_id not in uids or put_back(client, uids[user_id], owed.finger):
                    del self._owed[user_id, number]

    def _give_up(self) -> None:
        """Ask a terminal no longer that has been asked for long."""
        for (user_id, number), owed in [*self._owed.items()]:
            if owed.attempts >= _ATTEMPTS:
                _LOGGER.warning(
                    "Finger %s of user %s could not be put back at the terminal;"
                    " enrol it again",
                    number,
                    user_id,
                )
                del self._owed[user_id, number]
