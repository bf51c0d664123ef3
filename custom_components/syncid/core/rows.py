"""Punches that are written as text: uploads of ADMS, and exports to USB.

A terminal writes a row for each punch, with its fields between tabs. Whatever the road,
the same few fields mean the same.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .codes import (
    MASK_DIGITS,
    MASK_MARK,
    DirectionOption,
    VerifyFamily,
    direction_of,
    directions,
    method_of_mask,
    methods,
)
from .records import Direction, Punches, Rejected, Unreadable, VerifyMethod
from .times import text_second

# What is kept of a row that makes no sense.
RAW_LIMIT = 4096
_LONGEST_ID = 32
# Digits of a number that SQLite stores.
_DIGITS = 18

# As many as any layout looks at; two of them there must be.
_FIELDS = 6
_MISSING = ("",) * (_FIELDS - 2)

# Seconds of a day by the two ends of its times: "08:05" and ":30".
CLOCK = {
    f"{hour:02}:{minute:02}": 3600 * hour + 60 * minute
    for hour in range(24)
    for minute in range(60)
}
SECONDS = {f":{second:02}": second for second in range(60)}


_BETWEEN = frozenset({" ", "T"})


class Columns(NamedTuple):
    """Where the fields of a row are, behind user id and time."""

    state: int
    verify: int
    work: int


# protocol-adms §5.1, §11.
ATTLOG = Columns(state=2, verify=3, work=4)
USB = Columns(verify=2, state=3, work=4)
# With the number of the terminal in front of them.
USB_NUMBERED = Columns(state=3, verify=4, work=5)


def number(text: str) -> int | None:
    """Return a number that is written out; None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS:
        return int(text)
    return None


def user_id_of(text: str) -> str | None:
    """Return a user id as it is kept: text, "" for nobody, None if it cannot be one.

    Not a number: some terminals tell 007 from 7 (protocol-adms §9).
    """
    text = text.strip(" \0\r\t")
    if len(text) > _LONGEST_ID or not text.isprintable() or "\ufffd" in text:
        return None
    return "" if text == "0" else text


class _Ids(dict[str, str | None]):
    """User ids by how they are written; a batch has few of them."""

    def __missing__(self, text: str) -> str | None:
        """Read an id, and remember it."""
        found = self[text] = user_id_of(text)
        return found


class _Days(dict[str, int | None]):
    """The local second at which each day begins, by how it and what follows is written."""

    def __missing__(self, text: str) -> int | None:
        """Read a day, and remember it."""
        day, between = text[:10], text[10:]
        begins = text_second(f"{day} 00:00:00") if between in _BETWEEN else None
        self[text] = begins
        return begins


class _Numbers(dict[str, int | None]):
    """Numbers by how they are written."""

    def __missing__(self, text: str) -> int | None:
        """Read a number, and remember it."""
        found = self[text] = number(text)
        return found


class RowDecoder:
    """Reads the punches of one terminal, with the meanings its admin chose."""

    def __init__(self, family: VerifyFamily, direction: DirectionOption) -> None:
        """Look every code up once."""
        self._option = direction
        self._directions = directions(direction)
        self._methods = methods(family)

    def direction(self, state_code: int | None) -> Direction:
        """Return the direction behind a state code."""
        if state_code is None:
            return direction_of(None, self._option)
        return self._directions.get(state_code) or direction_of(
            state_code, self._option
        )

    def method(self, verify_code: int | None) -> VerifyMethod:
        """Return the method behind a verify code."""
        if verify_code is None:
            return "unknown"
        return self._methods.get(verify_code, "unknown")

    def method_written(self, text: str) -> tuple[VerifyMethod, int | None]:
        """Return the method and the number of an access terminal's code or mask."""
        text = text.strip()
        if len(text) == MASK_DIGITS and set(text) <= {"0", "1"}:
            mask = int(text, 2)
            return method_of_mask(mask), MASK_MARK | mask
        code = number(text)
        return self.method(code), code

    def read(
        self, rows: Iterable[str], columns: Columns
    ) -> tuple[Punches, list[Rejected], int]:
        """Return punches, what is none, and how many rows there were.

        Empty rows do not count. What is rejected has its row as text still.
        """
        ids, days, numbers = _Ids(), _Days(), _Numbers()
        clock, seconds = CLOCK, SECONDS
        state_at, verify_at, work_at = columns
        direction_of, method_of = self._directions.get, self._methods.get
        punches: list[object] = []
        rejected: list[Rejected] = []
        add = punches.extend
        count = 0
        for index, row in enumerate(rows):
            fields = row.split("\t")
            if len(fields) < _FIELDS:
                if not row.strip(" \r\t\0"):
                    continue
                if len(fields) < 2:
                    count += 1
                    rejected.append(_rejected(index, row, "", "unknown_layout"))
                    continue
                fields += _MISSING
            count += 1
            user_id, time = ids[fields[0]], fields[1]
            second: int | None
            try:
                # Of a day that never was it is None, which no number is added to.
                second = days[time[:11]] + clock[time[11:16]] + seconds[time[16:]]  # type: ignore[operator]
            except KeyError, TypeError:
                second = text_second(time)
            if second is None or not user_id:
                rejected.append(_why(index, row, user_id, second))
                continue
            state, verify = numbers[fields[state_at]], numbers[fields[verify_at]]
            add(
                (
                    user_id,
                    second,
                    direction_of(state) or self.direction(state),  # type: ignore[arg-type]
                    method_of(verify) or self.method(verify),  # type: ignore[arg-type]
                    verify,
                    state,
                    numbers[fields[work_at]],
                )
            )
        return Punches(punches), rejected, count


def _why(index: int, row: str, user_id: str | None, second: int | None) -> Rejected:
    if user_id is None:
        return _rejected(index, row, "", "unknown_layout")
    if second is None:
        return _rejected(index, row, user_id, "impossible_date")
    return _rejected(index, row, "", "nobody")


def _rejected(index: int, row: str, user_id: str, reason: object) -> Rejected:
    raw = row.encode("utf-8", "backslashreplace")[:RAW_LIMIT]
    return Rejected(index, Unreadable(raw, user_id, reason))  # type: ignore[arg-type]


def with_raw(rejected: Sequence[Rejected], rows: Sequence[bytes]) -> list[Rejected]:
    """Return what was rejected with its rows as they came."""
    return [
        one._replace(record=one.record._replace(raw=rows[one.place][:RAW_LIMIT]))
        for one in rejected
    ]
