"""The log that a terminal exports to a USB stick: `*_attlog.dat` (protocol-adms §11).

Rows of user id, time, verify code, state and work code, with tabs between. Most
terminals write their own number behind the time, and verify code and state the other way
round; nothing says so. Older terminals fill the columns up with spaces instead of tabs,
and put their serial number and a checksum around the rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
import re
from typing import NamedTuple

from .records import Punches, Rejected
from .rows import USB, USB_NUMBERED, Columns, RowDecoder

# Rows that are read at once.
_AT_ONCE = 1000
_LONGEST_ROW = 4096
# Fields of a row with the number of the terminal.
_NUMBERED = 6
_SPACED = re.compile(
    rb"\s*(\S{1,64}) +(\d{4}[-/]\d{1,2}[-/]\d{1,2})[ T]+([\d:]{4,8})(?:\s+(\S.*))?\Z"
)
_AROUND = re.compile(rb"\s*(SN|check ?sum)\s*[=:]", re.IGNORECASE)


class Rows(NamedTuple):
    """Some rows of an export."""

    punches: Punches
    # Their places are line numbers, from 1 on.
    rejected: list[Rejected]
    # How many rows that were, without empty ones.
    received: int


def read_attlog(lines: Iterable[bytes], decoder: RowDecoder) -> Iterator[Rows]:
    """Yield the punches of an export, as its lines come: a file, or parts of one."""
    first = 1
    columns: Columns | None = None
    for some in batched(lines, _AT_ONCE, strict=False):
        raw = [line[:_LONGEST_ROW].removeprefix(b"\xef\xbb\xbf") for line in some]
        texts = [_tabbed(line).decode("utf-8", "backslashreplace") for line in raw]
        columns = columns or _columns(texts)
        punches, rejected, received = decoder.read(texts, columns)
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


def _columns(rows: Sequence[str]) -> Columns:
    """Return where the fields of an export are, told by its first rows.

    The number of the terminal is the same in all of them, and behind it stands a verify
    code where rows without it have a work code, which hardly anybody uses.
    """
    long = [fields for row in rows if len(fields := row.split("\t")) >= _NUMBERED]
    is_numbered = len({fields[2] for fields in long}) == 1 and any(
        fields[4].strip() != "0" for fields in long
    )
    return USB_NUMBERED if is_numbered else USB


def _tabbed(line: bytes) -> bytes:
    line = line.rstrip(b"\r\n\0 ")
    if _AROUND.match(line):
        return b""
    if b"\t" in line or (match := _SPACED.match(line)) is None:
        return line
    user_id, date, time, rest = match.groups(b"")
    return b"\t".join((user_id, date + b" " + time, *rest.split()))
