"""The log that a terminal exports to a USB stick: `*_attlog.dat` (protocol-adms §11).

Rows of user id, time, verify code, state and work code, with tabs between. Older
terminals fill the columns up with spaces instead.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
import re
from typing import NamedTuple

from .records import Punch, Rejected
from .rows import USB, RowDecoder

# Rows that are read at once.
_AT_ONCE = 1000
_LONGEST_ROW = 4096
_SPACED = re.compile(
    rb"\s*(\S{1,64}) +(\d{4}[-/]\d{1,2}[-/]\d{1,2})[ T]+([\d:]{4,8})(?:\s+(\S.*))?\Z"
)


class Rows(NamedTuple):
    """Some rows of an export."""

    punches: list[Punch]
    # Their places are line numbers, from 1 on.
    rejected: list[Rejected]
    # How many rows that were, without empty ones.
    received: int


def read_attlog(lines: Iterable[bytes], decoder: RowDecoder) -> Iterator[Rows]:
    """Yield the punches of an export, as its lines come: a file, or parts of one."""
    first = 1
    for some in batched(lines, _AT_ONCE, strict=False):
        raw = [line[:_LONGEST_ROW].removeprefix(b"\xef\xbb\xbf") for line in some]
        texts = (_tabbed(line).decode("utf-8", "backslashreplace") for line in raw)
        punches, rejected, received = decoder.read(texts, USB)
        yield Rows(
            punches,
            [
                Rejected(
                    first + place, record._replace(raw=raw[place].rstrip(b"\r\n\0"))
                )
                for place, record in rejected
            ],
            received,
        )
        first += len(raw)


def _tabbed(line: bytes) -> bytes:
    line = line.rstrip(b"\r\n\0 ")
    if b"\t" in line or (match := _SPACED.match(line)) is None:
        return line
    user_id, date, time, rest = match.groups(b"")
    return b"\t".join((user_id, date + b" " + time, *rest.split()))
