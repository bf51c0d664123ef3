"""The JSON that gateways push: `{"logs": [{"user_id": …, "timestamp": …}, …]}`.

What is wrong with one row is told by its index, and does not sink the others; what is
wrong with the body as a whole is raised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
import json
from typing import Any, Final, Literal

from .errors import SyncIDError
from .records import Punch, Rejected, Unreadable
from .rows import RowDecoder
from .times import iso_second

# Rows of a body: what a day of a big site may hold, if its gateway was away.
MAX_LOGS: Final = 10_000
MAX_USER_ID: Final = 64
_MAX_CODE = 255
_MAX_WORK_CODE = 2**32 - 1
# Characters of a refused row that are kept.
_MAX_RAW = 1000

type Reason = Literal[
    "not_an_object",
    "user_id_missing",
    "user_id_invalid",
    "timestamp_missing",
    "timestamp_invalid",
    "status_invalid",
    "verify_invalid",
    "work_code_invalid",
]
# What to say of a row, for whoever reads the gateway's log.
REASONS: Final[Mapping[str, str]] = {
    "not_an_object": "a log is an object with user_id and timestamp",
    "user_id_missing": "user_id is missing",
    "user_id_invalid": "user_id is 1 to 64 visible characters, as text or a number",
    "timestamp_missing": "timestamp is missing",
    "timestamp_invalid": (
        "timestamp is YYYY-MM-DD HH:MM:SS, or ISO 8601 with seconds, from 2000 to 2099"
    ),
    "status_invalid": "status is a number from 0 to 255, or absent",
    "verify_invalid": "verify is a number from 0 to 255, or absent",
    "work_code_invalid": "work_code is a number from 0 to 4294967295, or absent",
}


class BadBody(SyncIDError):
    """A body is not of the shape that is pushed; the text says what it should be."""


@dataclass(frozen=True, slots=True)
class PushedLogs:
    """What a body holds."""

    received: int
    punches: list[Punch]
    rejected: list[Rejected]


class _Refused(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def read_logs(body: object, decoder: RowDecoder, zone: tzinfo) -> PushedLogs:
    """Return what a decoded body holds; raises `BadBody`.

    `decoder` reads the numbers; `zone` is that of the device's wall clock.
    """
    logs = body.get("logs") if isinstance(body, dict) else None
    if not isinstance(logs, list):
        raise BadBody('The body is {"logs": [{"user_id": "1", "timestamp": "…"}]}')
    if len(logs) > MAX_LOGS:
        raise BadBody(f"A body holds {MAX_LOGS} logs at most. Send them in several.")
    punches: list[Punch] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(logs):
        try:
            punches.append(_read_row(row, decoder, zone))
        except _Refused as err:
            rejected.append(Rejected(index, _unreadable(row, err.reason)))
    return PushedLogs(len(logs), punches, rejected)


def _read_row(row: object, decoder: RowDecoder, zone: tzinfo) -> Punch:
    if not isinstance(row, dict):
        raise _Refused("not_an_object")
    user_id = _user_id(row.get("user_id"))
    timestamp = row.get("timestamp")
    if timestamp is None:
        raise _Refused("timestamp_missing")
    second = iso_second(timestamp.strip(), zone) if isinstance(timestamp, str) else None
    if second is None:
        raise _Refused("timestamp_invalid")
    status = _number(row.get("status"), _MAX_CODE, "status_invalid")
    verify = _number(row.get("verify"), _MAX_CODE, "verify_invalid")
    return Punch(
        user_id,
        second,
        decoder.direction(status),
        decoder.method(verify),
        verify,
        status,
        _number(row.get("work_code"), _MAX_WORK_CODE, "work_code_invalid"),
    )


def _user_id(value: object) -> str:
    """Return a user id, which some gateways send as a number."""
    if value is None:
        raise _Refused("user_id_missing")
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    if not isinstance(value, str):
        raise _Refused("user_id_invalid")
    value = value.strip()
    if not 0 < len(value) <= MAX_USER_ID or not value.isprintable():
        raise _Refused("user_id_invalid")
    return value


def _number(value: Any, most: int, reason: Reason) -> int | None:
    """Return a code, which some gateways send as text; "" is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= 10 and value.isascii():
        value = int(value) if value.isdigit() else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _Refused(reason)
    return value


def _unreadable(row: object, reason: Reason) -> Unreadable:
    raw = json.dumps(row, ensure_ascii=True, sort_keys=True)[:_MAX_RAW]
    user_id = row.get("user_id") if isinstance(row, dict) else None
    named = str(user_id)[:MAX_USER_ID] if isinstance(user_id, str | int) else ""
    return Unreadable(raw.encode(), named, reason)
