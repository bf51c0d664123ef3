"""What a terminal can do: asked once, since firmware differs more than models do."""

from struct import Struct

from ..errors import CommandRefused, NoLock, SecretOption
from ..names import is_secret
from ..records import Features
from .client import TerminalClient
from .frames import Code
from .users import USER_SIZES

# The table of users, and which one of all such tables.
_USERS, _OF_USERS = 9, 5
_PIN_WIDTH = 69
_UNLOCK = 31
_DOOR_STATE = 75
_TEST_VOICE = 1017
_DELAY = Struct("<I")

# Options that open the terminal, its network or its web page to who knows them.


def read_features(client: TerminalClient) -> Features:
    """Ask a terminal what it can do; what it does not say is None."""
    return Features(
        pin_width=read_pin_width(client),
        letters_in_ids=_is_on(client, "~IsABCPinEnable"),
        cards=_is_on(client, "~RFCardOn"),
        fingers=_fingers(client),
        lock=_is_on(client, "~LockFunOn"),
        user_size=_user_size(client),
    )


def _is_on(client: TerminalClient, option: str) -> bool | None:
    value = client.read_option(option)
    return None if value is None or not value.isdecimal() else int(value) != 0


def _fingers(client: TerminalClient) -> bool | None:
    if _is_on(client, "~IsOnlyRFMachine"):
        return False
    return _is_on(client, "FingerFunOn")


def read_pin_width(client: TerminalClient) -> int | None:
    """Return how long a user id may be; some tell it by an option, some by a command."""
    value = client.read_option("~PIN2Width")
    if value is not None and value.isdecimal():
        return int(value)
    try:
        return int.from_bytes(client.command(_PIN_WIDTH)[:1]) or None
    except CommandRefused:
        return None


def _user_size(client: TerminalClient) -> int | None:
    """Return the size of a user's record, which only a table with users tells."""
    if not (count := client.read_capacity().users):
        return None
    try:
        with client.open_table(_USERS, _OF_USERS) as table:
            size = 0 if table is None else (table.size - 4) // count
    except CommandRefused:
        return None
    return size if size in USER_SIZES else None


def read_public_option(client: TerminalClient, name: str) -> str | None:
    """Return an option's value, None where there is none; refuse to tell secrets."""
    if is_secret(name):
        raise SecretOption(name)
    return client.read_option(name)


def unlock_door(client: TerminalClient, features: Features, delay: int) -> bool | None:
    """Unlock the door, and tell whether it is open, where the terminal knows.

    Firmware does not agree on the unit of the delay (§2.4).
    """
    if features.lock is False:
        raise NoLock("it says that it has none")
    try:
        client.command(_UNLOCK, _DELAY.pack(delay))
    except CommandRefused as err:
        if err.code == Code.UNKNOWN_COMMAND:
            raise NoLock("it does not know the command") from err
        raise
    try:
        state = client.command(_DOOR_STATE)
    except CommandRefused:
        return None
    return bool(state[0]) if state else None


def say(client: TerminalClient, index: int) -> None:
    """Have the terminal say one of its sentences."""
    client.command(_TEST_VOICE, _DELAY.pack(index))
