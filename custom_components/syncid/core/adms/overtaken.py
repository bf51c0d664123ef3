"""Changes that are older than what was said since of the same thing (protocol-adms §7.2).

What was not answered is said again, but not over what is newer: the terminal may have
done it the first time.
"""

from collections.abc import Mapping
import re

from .commands import CommandKind
from .dialect import is_old

_WRITES = re.compile(
    r"(DATA UPDATE \w+|DATA USER|DATA FP|SET OPTIONS?) (.*)", re.DOTALL
)
# What tells one template or picture from another; of users, all else is told apart.
_NAMES = frozenset({"pin", "fid", "fingerid", "type", "no", "index"})
_USERS: frozenset[CommandKind] = frozenset({"write_user", "change_user"})
_USER_WORDS = frozenset({"DATA UPDATE USERINFO", "DATA UPDATE user", "DATA USER"})
_WHOLE: frozenset[CommandKind] = frozenset(
    {"write_template", "write_photo", "set_option"}
)


def is_change(kind: CommandKind) -> bool:
    """Tell whether a command writes what another one may write as well."""
    return kind in _USERS or kind in _WHOLE


def without_newer(
    kind: CommandKind, old: str, newer_kind: CommandKind, newer: str
) -> str:
    """Return what is left to be said of a change; "" if all of it is told by a newer one.

    Both are of one terminal, with their texts.
    """
    match, other = _WRITES.fullmatch(old), _WRITES.fullmatch(newer)
    if match is None or other is None:
        return old
    said, now = _fields(match[2]), _fields(other[2])
    if kind in _WHOLE:
        is_same = match[1] == other[1] and _thing(kind, said) == _thing(kind, now)
        return "" if is_same else old
    if other[1] not in _USER_WORDS or said.get("pin", "") != now.get("pin", ""):
        return old
    if is_old(old):
        # It may not leave alone what it does not name: all of it, or nothing.
        return "" if newer_kind == "write_user" else old
    left = [
        field
        for field in match[2].split("\t")
        if (name := _name(field)) == "pin" or name not in now
    ]
    return f"{match[1]} " + "\t".join(left) if len(left) > 1 else ""


def _thing(kind: CommandKind, said: Mapping[str, str]) -> object:
    if kind == "set_option":
        return next(iter(said), "")
    return {name: value for name, value in said.items() if name in _NAMES}


def _fields(text: str) -> dict[str, str]:
    return {
        _name(field): field.partition("=")[2] for field in text.split("\t") if field
    }


def _name(field: str) -> str:
    return field.partition("=")[0].strip().lower()
