"""The words of old firmware, which knows no others (protocol-adms §7.5.2).

What a terminal announces does not tell which words it knows; it refuses those that it
does not. So the new ones are said until it does.
"""

from collections.abc import Mapping

from .results import Reason

_OLD: Mapping[str, str] = {
    "DATA UPDATE USERINFO ": "DATA USER ",
    "DATA UPDATE FINGERTMP ": "DATA FP ",
    "DATA DELETE USERINFO ": "DATA DEL_USER ",
}
# Why a command is refused that a firmware does not know; some call it a bad parameter.
NOT_KNOWN: frozenset[Reason] = frozenset(
    {"command_unknown", "unsupported", "parameter"}
)
# The same of a question for a table that it does not have.
NO_SUCH_TABLE: frozenset[Reason] = NOT_KNOWN | {"mismatch"}


def in_old_words(text: str) -> str | None:
    """Return a command as old firmware knows it; None if there are no old words for it."""
    for new, old in _OLD.items():
        if text.startswith(new):
            return old + text.removeprefix(new)
    return None


def in_new_words(text: str) -> str | None:
    """Return a command of old firmware as others know it; None for all others."""
    for new, old in _OLD.items():
        if text.startswith(old):
            return new + text.removeprefix(old)
    return None


def is_old(text: str) -> bool:
    """Tell whether a command is said in old words."""
    return text.startswith((*_OLD.values(),))
