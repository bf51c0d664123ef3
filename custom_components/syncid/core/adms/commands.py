"""Commands to a terminal that pushes, and what may be in them (protocol-adms §7)."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Literal

from ..errors import PushRefused, UserRefused
from ..names import fit, plain_name
from ..records import UserChange, local_second, wall_clock
from .content import PushedUser
from .text import fields, guarded

type CommandKind = Literal[
    "list_users",
    "write_user",
    "change_user",
    "authorize_user",
    "remove_user",
    "list_templates",
    "list_photos",
    "write_template",
    "write_photo",
    "enroll",
    "resend_punches",
    "count_punches",
    "clear_log",
    "restart",
    "unlock",
    "info",
    "get_options",
    "set_option",
    "set_time",
    "check",
]

# Not said twice by itself: what the first did may be gone, or done to others since.
DANGEROUS: frozenset[CommandKind] = frozenset(
    {
        "remove_user",
        "enroll",
        "clear_log",
        "restart",
        "unlock",
    }
)

# From the first second that a terminal's clock shows to the last.
ALWAYS = (local_second(datetime(2000, 1, 1)), local_second(datetime(2099, 12, 31)))
_DAY = 86400
# Seconds for which a command waits for its terminal: a door that opens an hour after
# somebody asked for it is worse than one that stays shut.
_PATIENCE: Mapping[CommandKind, int] = {
    "unlock": 30,
    "enroll": 180,
    "restart": 300,
    "clear_log": 600,
    "info": _DAY,
    "set_time": _DAY,
    "check": _DAY,
}
LONG = 30 * _DAY

FINGERS = range(10)
# Bytes of a picture: in base64 it has to fit into an answer (§1).
MOST_PICTURE = 512 * 1024
_JPEG = b"\xff\xd8\xff"
_NAME_BYTES = 24
_LONGEST_ID = 24
_LONGEST_PASSWORD = 8
_MOST_CARD = 0xFFFF_FFFF
_MOST_GROUP = 99
_ROLE = 0b1110
_USER_ID = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_OPTION = re.compile(r"~?[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to say to a terminal."""

    kind: CommandKind
    # Passwords and templates are in it.
    text: str = field(repr=False)
    # Whom it is about; "" for nobody.
    user_id: str = ""

    @property
    def patience(self) -> int:
        """Return for how many seconds it may wait."""
        return _PATIENCE.get(self.kind, LONG)


type Commands = tuple[Command, ...]


def checked_id(user_id: str) -> str:
    """Return a user id that can be sent."""
    if not user_id.strip("0"):
        raise UserRefused("user_id_missing", user_id)
    if not _USER_ID.fullmatch(user_id):
        raise UserRefused("user_id_characters", ascii(user_id[:_LONGEST_ID])[1:-1])
    if len(user_id) > _LONGEST_ID:
        raise UserRefused("user_id_long", user_id, _LONGEST_ID)
    return user_id


def checked_finger(finger: int) -> int:
    """Return a finger that a hand has."""
    if finger not in FINGERS:
        raise UserRefused("finger_range", str(finger), FINGERS[-1])
    return finger


def checked_picture(content: bytes) -> bytes:
    """Return a picture that a terminal may know a face by."""
    if not content.startswith(_JPEG):
        raise PushRefused("picture_format")
    if len(content) > MOST_PICTURE:
        raise PushRefused("picture_size", str(MOST_PICTURE // 1024))
    return content


def checked_option(name: str) -> str:
    """Return the name of an option, if it can be one."""
    if not _OPTION.fullmatch(name):
        raise PushRefused("option_name", ascii(name[:64])[1:-1])
    return name


def check_change(change: UserChange) -> None:
    """Raise `UserRefused` for what no terminal can hold."""
    if password := change.password:
        if not (password.isascii() and password.isdecimal()):
            raise UserRefused("password_digits", "")
        if len(password) > _LONGEST_PASSWORD:
            raise UserRefused("password_long", "", _LONGEST_PASSWORD)
    if change.card is not None and not 0 <= change.card <= _MOST_CARD:
        raise UserRefused("card_range", str(change.card), _MOST_CARD)
    if change.group is not None and not 1 <= change.group <= _MOST_GROUP:
        raise UserRefused("group_range", str(change.group), _MOST_GROUP)


def name_for(name: str) -> str:
    """Return a name as a terminal holds it."""
    return fit(plain_name(guarded(name, "name")), _NAME_BYTES).decode()


def period(first: int, last: int) -> str:
    """Return the fields of a time from one local second to another."""
    if first > last:
        raise PushRefused("out_of_range", f"{first}, {last}")
    return fields(
        {"StartTime": str(wall_clock(first)), "EndTime": str(wall_clock(last))}
    )


def optional_id(user_id: str | None) -> str | None:
    """Return a user id that can be sent; None for everybody."""
    return None if user_id is None else checked_id(user_id)


def name_of(user: PushedUser) -> str | None:
    """Return the name that a terminal told, as another holds it."""
    return None if user.name is None else name_for(plain_name(user.name))


def role_of(user: PushedUser) -> int | None:
    """Return the privilege that a terminal told, without what else is in it."""
    return None if user.privilege is None else user.privilege & _ROLE


def base64_of(content: bytes) -> str:
    """Return a template or a picture as it is sent."""
    return b64encode(content).decode("ascii")
