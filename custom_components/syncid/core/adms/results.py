"""What became of commands (protocol-adms §7.4, §7.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import re
from typing import Literal

from ..rows import number
from .text import decode, lines_of

type Reason = Literal[
    "parameter",
    "size",
    "storage",
    "user_unknown",
    "template",
    "command_unknown",
    "version",
    "full",
    "unsupported",
    "timed_out",
    "mismatch",
    "busy",
    "too_long",
    "memory",
    "fetch",
    "unauthorised",
    "comm_key",
    "door_open",
    "known",
    "failed",
    "cancelled",
    "unknown",
]

_ATT: Mapping[int, Reason] = {
    -1: "parameter",
    -2: "size",
    -3: "storage",
    -9: "size",
    -10: "user_unknown",
    -11: "template",
    -12: "template",
    -22: "command_unknown",
    -30: "version",
    -1001: "full",
    -1002: "unsupported",
    -1003: "timed_out",
    -1004: "mismatch",
    -1005: "busy",
    -1006: "too_long",
    -1007: "memory",
    -1008: "fetch",
}
_ACC: Mapping[int, Reason] = {
    -8: "unauthorised",
    -13: "command_unknown",
    -14: "comm_key",
    -18: "full",
    -19: "mismatch",
    -26: "template",
    -27: "user_unknown",
    -28: "door_open",
    -618: "fetch",
    -629: "parameter",
    -708: "unsupported",
    -801: "parameter",
}
# An enrolment that comes to nothing is told by a positive number.
_ENROLLMENT: Mapping[int, Reason] = {
    2: "known",
    4: "failed",
    5: "known",
    6: "cancelled",
    7: "busy",
}
# Handed on to a terminal behind this one: not refused.
_HANDED_ON = -5000

_NUMBER = re.compile(r"[-+]?\d{1,9}", re.ASCII)
_KEY = re.compile(r"~?[A-Za-z_]\w{0,63}", re.ASCII)
_ID = re.compile(r"\s*id=", re.IGNORECASE)
_RESULT = re.compile(r"\s*(?:id=|return=[^&]*&(?:.*&)?id=)", re.IGNORECASE)
_MOST_RESULTS = 1000
_MOST_VALUES = 500


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a terminal says of one command."""

    # As it came: what we did not send may have any.
    id: str
    # None where it is no number.
    code: int | None
    # What the terminal says that it did: DATA, CLEAR_LOG, …
    verb: str = ""
    # What else it tells, by key in lower case: never shown, there may be anything.
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def counted(self) -> int | None:
        """Return how many punches a terminal counted, where it was asked (§7.5)."""
        names = ("attlogsum", "attlogcount", "transactioncount")
        return number(next(filter(None, map(self.values.get, names)), ""))

    def reason(self, *, enrolls: bool = False) -> Reason | None:
        """Return why it failed, None if it did not."""
        if self.code is None:
            return "unknown"
        if enrolls and (reason := _ENROLLMENT.get(self.code)):
            return reason
        if self.code >= 0 or self.code == _HANDED_ON:
            return None
        return _ATT.get(self.code) or _ACC.get(self.code) or "unknown"


def read_results(body: bytes) -> list[CommandResult]:
    """Return the results in a post, of which each begins with its id."""
    results: list[CommandResult] = []
    id_, code, verb = "", None, ""
    values: dict[str, str] = {}

    def close() -> None:
        if id_:
            results.append(CommandResult(id_, code, verb, values))

    for key, value in _pairs(decode(body)):
        name = key.lstrip("~").lower()
        if name == "id":
            close()
            if len(results) == _MOST_RESULTS:
                break
            id_, code, verb, values = value.strip()[:32], None, "", {}
        elif name == "return" and code is None:
            text = value.strip()
            code = int(text) if _NUMBER.fullmatch(text) else None
        elif name == "cmd" and not verb:
            verb = value.strip()[:64]
        elif len(values) < _MOST_VALUES:
            values.setdefault(name, value)
    else:
        close()
    return results


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values; what has no key goes on with the value before it."""
    for line in lines_of(text):
        # An id on its line makes the line one of a result; all others belong to the
        # result before, and their values may have an ampersand.
        parts = line.split("&") if _RESULT.match(line) else [line]
        if len(parts) > 1 and not _ID.match(line):
            # The id opens a result, also where it stands behind.
            parts.sort(key=lambda part: not _ID.match(part))
        for part in parts:
            key, sign, value = part.partition("=")
            if sign and _KEY.fullmatch(key.strip()):
                yield key.strip(), value
