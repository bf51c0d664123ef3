"""The JSON that gateways push: `{"logs": [{"user_id": …, "timestamp": …}, …]}`.

What is wrong with one row is told by its index, and does not sink the others; what is
wrong with the body as a whole is raised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
import json
from typing import Any, Final, Literal

from .errors import SyncIDError
from .records import Moment, Punch, Punches, Rejected, Unreadable
from .rows import CLOCK, SECONDS, RowDecoder
from .times import iso_moment

# Rows of a body: what a day of a big site may hold, if its gateway was away.
MAX_LOGS: Final = 10_000
MAX_USER_ID: Final = 64
# Who has this id at a terminal is nobody, whatever road its punches take.
_NOBODY = "0"
_MAX_CODE = 255
_MAX_WORK_CODE = 2**32 - 1
# What a number is that is one, or is absent.
_NUMBERS = frozenset({int, type(None)})
# Characters of a refused row that are kept.
_MAX_RAW = 1000

type Reason = Literal[
    "not_an_object",
    "user_id_missing",
    "user_id_invalid",
    "user_id_nobody",
    "timestamp_missing",
    "timestamp_invalid",
    "timestamp_taken",
    "status_invalid",
    "verify_invalid",
    "work_code_invalid",
]
# What to say of a row, for whoever reads the gateway's log.
REASONS: Final[Mapping[str, str]] = {
    "not_an_object": "a log is an object with user_id and timestamp",
    "user_id_missing": "user_id is missing",
    "user_id_invalid": "user_id is 1 to 64 visible characters, as text or a number",
    "user_id_nobody": "user_id 0 is nobody: terminals say so of what no user did",
    "timestamp_missing": "timestamp is missing",
    "timestamp_invalid": (
        "timestamp is YYYY-MM-DD HH:MM:SS, or ISO 8601, from 2000 to 2099"
    ),
    "timestamp_taken": (
        "the wall clock showed this second twice, and user_id has a punch in it already"
    ),
    "status_invalid": "status is a number from 0 to 255, or absent",
    "verify_invalid": "verify is a number from 0 to 255, or absent",
    "work_code_invalid": "work_code is a number from 0 to 4294967295, or absent",
}


# Logs that are read column by column, or row by row, if not all are.
_AT_ONCE = 25


class BadBody(SyncIDError):
    """A body is not of the shape that is pushed; the text says what it should be."""


@dataclass(frozen=True, slots=True)
class PushedLogs:
    """What a body holds."""

    received: int
    punches: Punches
    rejected: list[Rejected]
    # Of punches that a wall clock does not tell the moment of.
    moments: dict[tuple[int, str], Moment] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """What was found so far in a body that is read in parts."""

    # Their fields, one behind the other.
    punches: list[Any] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    moments: dict[tuple[int, str], Moment] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def read_odd_json(body: bytes) -> object:
    """Return what is in JSON that strict readers refuse as a whole; raises `ValueError`.

    A text that was cut within an emoji, a number beyond all measure, or a mark of UTF-8
    before it all: what is wrong in a row is for that row to tell.
    """

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=refuse)
    except RecursionError as err:
        raise ValueError("too deep") from err


def read_logs(body: object, decoder: RowDecoder, zone: tzinfo) -> PushedLogs:
    """Return what a decoded body holds, and empty it; raises `BadBody`.

    `decoder` reads the numbers; `zone` is that of the device's wall clock.
    """
    logs = body.get("logs") if isinstance(body, dict) else None
    if not isinstance(logs, list):
        raise BadBody('The body is {"logs": [{"user_id": "1", "timestamp": "…"}]}')
    if len(logs) > MAX_LOGS:
        raise BadBody(f"A body holds {MAX_LOGS} logs at most. Send them in several.")
    received = len(logs)
    if (usual := _read_usual(logs, decoder, zone)) is not None:
        return PushedLogs(received, usual, [])
    found = _Found()
    logs.reverse()
    while logs:
        # One that is written otherwise costs its neighbours their column, not all.
        some = [logs.pop() for _ in range(min(_AT_ONCE, len(logs)))]
        index = received - len(logs) - len(some)
        if (usual := _read_usual(some, decoder, zone)) is not None:
            found.punches.extend(usual.fields)
        else:
            _read_rows(some, index, decoder, zone, found)
    return PushedLogs(received, Punches(found.punches), found.rejected, found.moments)


def _read_rows(
    logs: list[Any], index: int, decoder: RowDecoder, zone: tzinfo, found: _Found
) -> None:
    """Add what logs hold from an index on to what was found, and empty the list."""
    logs.reverse()
    for number in range(index, index + len(logs)):
        row = logs.pop()
        try:
            punch, exact = _read_row(row, decoder, zone)
            if exact is not None:
                refused = Rejected(number, _unreadable(row, "timestamp_taken"))
                moment = Moment(exact, refused)
                key = punch.local_second, punch.user_id
                if found.moments.setdefault(key, moment).utc_second != exact:
                    found.rejected.append(refused)
                    continue
            found.punches.extend(punch)
        except _Refused as err:
            found.rejected.append(Rejected(number, _unreadable(row, err.reason)))


def _read_usual(logs: list[Any], decoder: RowDecoder, zone: tzinfo) -> Punches | None:
    """Return the punches of logs that are all as nearly all gateways write them.

    Column by column, which is several times as fast as row by row, and empties the list.
    None if any has to be looked at.
    """
    try:
        users = [row["user_id"] for row in logs]
        times = [row["timestamp"] for row in logs]
        states, verifies, works = (
            [row.get(name) for row in logs]
            for name in ("status", "verify", "work_code")
        )
        if not (
            {*map(type, users)} <= {str}
            and all(map(_is_usual, {*users}))
            and _are_numbers(states, _MAX_CODE)
            and _are_numbers(verifies, _MAX_CODE)
            and _are_numbers(works, _MAX_WORK_CODE)
        ):
            return None
        begins = [time[:11] for time in times]
        days = {day: _first_second(day, zone) for day in {*begins}}
        # Of a day that never was it is None, which no number is added to.
        seconds: list[int] = [
            days[day] + CLOCK[time[11:16]] + SECONDS[time[16:]]  # type: ignore[operator]
            for day, time in zip(begins, times, strict=True)
        ]
    except KeyError, TypeError:
        return None
    logs.clear()
    directions = {code: decoder.direction(code) for code in {*states}}
    methods = {code: decoder.method(code) for code in {*verifies}}
    return Punches.of_columns(
        users,
        seconds,
        [*map(directions.__getitem__, states)],
        [*map(methods.__getitem__, verifies)],
        verifies,
        states,
        works,
    )


def _are_numbers(codes: list[Any], most: int) -> bool:
    """Tell whether codes are numbers in their range, or absent.

    By their exact types: 1, 1.0 and True are the same to a dictionary.
    """
    return {*map(type, codes)} <= _NUMBERS and all(
        0 <= code <= most for code in {*codes} - {None}
    )


def _is_usual(text: str) -> bool:
    """Tell whether a user id is one as it is."""
    return (
        0 < len(text) <= MAX_USER_ID
        and text.isprintable()
        and text == text.strip()
        and text != _NOBODY
    )


def _first_second(day: str, zone: tzinfo) -> int | None:
    """Return the local second at which a day begins, and what is between it and a time."""
    found = iso_moment(f"{day}00:00:00", zone) if len(day) == 11 else None
    return found[0] if found else None


def _read_row(
    row: object, decoder: RowDecoder, zone: tzinfo
) -> tuple[Punch, int | None]:
    """Return a punch, and its second of UTC where that does not follow."""
    if not isinstance(row, dict):
        raise _Refused("not_an_object")
    user_id = _user_id(row.get("user_id"))
    timestamp = row.get("timestamp")
    if timestamp is None:
        raise _Refused("timestamp_missing")
    found = iso_moment(timestamp.strip(), zone) if isinstance(timestamp, str) else None
    if found is None:
        raise _Refused("timestamp_invalid")
    status = _number(row.get("status"), _MAX_CODE, "status_invalid")
    verify = _number(row.get("verify"), _MAX_CODE, "verify_invalid")
    second, exact = found
    punch = Punch(
        user_id,
        second,
        decoder.direction(status),
        decoder.method(verify),
        verify,
        status,
        _number(row.get("work_code"), _MAX_WORK_CODE, "work_code_invalid"),
    )
    return punch, exact


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
    if value == _NOBODY:
        raise _Refused("user_id_nobody")
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
    # Half of a character cannot be stored.
    named = named.encode("utf-8", "backslashreplace").decode()[:MAX_USER_ID]
    return Unreadable(raw.encode(), named, reason)
