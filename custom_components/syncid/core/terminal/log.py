"""Reading a terminal's log: all of it once, then its end alone (protocol-4370 §4).

A terminal holds the log ready as one table, and gives any window of it. What a cursor
remembers proves where the new records begin: the last records that are stored, byte
for byte. Not their times, since clocks are set back, and not their number alone, since
logs are cleared, and full ones drop their oldest records.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from struct import Struct
from typing import NamedTuple

from ..errors import CommandRefused, LogChanged, TableUnreadable
from ..records import Capacity, Cursor
from .client import WINDOW, Table, TerminalClient
from .codecs import RECORD_SIZES

ATTLOG = 13
_TOTAL = Struct("<I")

# Records that a cursor remembers: with fewer, a log of a terminal at which the same
# few people punch could look alike in two places.
_OVERLAP = 32
# How far from the end the remembered records are looked for where they are not in
# their place, before all is read: first what a full log dropped since the last look,
# then what may have been removed as a block.
_SEARCH = (150, 4096)


# Windows that are handed on at once: what each commit costs is shared by thousands of
# records, and an interrupted read has still got somewhere.
_WINDOWS = 4


class LogPiece(NamedTuple):
    """Whole records, and where the ledger stands with them stored."""

    raw: bytes
    record_size: int
    cursor: Cursor


def is_nearly_full(capacity: Capacity) -> bool:
    """Tell whether the log may drop records, so that its count says nothing."""
    return (
        capacity.record_capacity > 0
        and capacity.records >= capacity.record_capacity * 99 // 100
    )


def may_hold_news(cursor: Cursor | None, capacity: Capacity) -> bool:
    """Tell whether a read could find records that the ledger does not hold."""
    return (
        cursor is None
        or not cursor.complete
        or cursor.count != capacity.records
        or is_nearly_full(capacity)
    )


def read_log(
    client: TerminalClient,
    cursor: Cursor | None,
    capacity: Capacity,
    met_at: int,
    between: Callable[[], None],
    on_cleared: Callable[[], None] = lambda: None,
    *,
    try_tail: bool,
) -> Generator[LogPiece]:
    """Yield the records that the ledger does not hold, oldest first.

    What a terminal that was never read has by now is its past; `met_at` is what its
    clock shows. `between` is called between two windows, for what should not wait for
    the whole; `on_cleared` if records that the ledger holds were removed since they
    were read. `try_tail` asks for the tail alone even if the terminal has failed at
    that. Raises `LogChanged` if the log was cleared under the read. Stopping early is
    safe: the cursor of the last piece that was stored goes on from there.
    """
    place = cursor or Cursor(
        0, 0, b"", complete=False, met_at=met_at, past=capacity.records
    )
    with client.open_table(ATTLOG) as table:
        if table is None:
            if capacity.records:
                raise TableUnreadable("the terminal does not give its log")
            if place.count:
                on_cleared()
            if place.count or not place.complete:
                yield LogPiece(
                    b"", 0, replace(place, count=0, overlap=b"", complete=True)
                )
            return
        size = _record_size(client, table, capacity, place)
        total = (table.size - _TOTAL.size) // size
        if try_tail:
            place = replace(place, tail_failures=0)
        found = _find_place(table, size, total, place)
        if _was_cleared(place, found, total, capacity):
            on_cleared()
        place = found
        for piece in _records_from(table, size, total, place, between):
            place = piece.cursor
            yield piece
        if not place.complete or (cursor is not None and place.count < cursor.count):
            # An empty log is read at once, and one that only shrank too.
            yield LogPiece(b"", size, replace(place, complete=True))


def _record_size(
    client: TerminalClient, table: Table, capacity: Capacity, place: Cursor
) -> int:
    """Return the size of a record; nothing on the wire says it."""
    total = table.size - _TOTAL.size
    if (size := _whole_records(total, capacity.records)) is not None:
        return size
    if place.record_size and not total % place.record_size:
        return place.record_size
    # Somebody punched between the count and the read, perhaps since the read too.
    for records in range(capacity.records + 1, client.read_capacity().records + 1):
        if (size := _whole_records(total, records)) is not None:
            return size
    fitting = [size for size in RECORD_SIZES if not total % size]
    if not fitting:
        raise TableUnreadable(f"{total} bytes are no {capacity.records} log records")
    return fitting[0]


def _whole_records(total: int, records: int) -> int | None:
    """Return the size of so many records, if they have one that is known."""
    size, rest = divmod(total, max(records, 1))
    return size if not rest and size in RECORD_SIZES else None


def _find_place(table: Table, size: int, total: int, place: Cursor) -> Cursor:
    """Return the cursor at the first record of this log that is new."""
    anew = replace(place, count=0, record_size=size, overlap=b"")
    if not place.count or place.record_size != size or not place.reads_tail:
        return anew
    try:
        index = _index_after(place.overlap, table, size, total, place.count)
    except CommandRefused:
        index = None
    if index is None:
        return replace(anew, tail_failures=place.tail_failures + 1)
    if not index:
        return anew
    return replace(place, count=index, tail_failures=0)


def _was_cleared(place: Cursor, found: Cursor, total: int, capacity: Capacity) -> bool:
    """Tell whether somebody removed what the ledger holds.

    A full log drops its oldest records by itself, but never most of them.
    """
    if found.count or not place.count or found.record_size != place.record_size:
        return False
    if not place.reads_tail or found.tail_failures > place.tail_failures:
        gone = total < place.count  # it cannot be looked at
    else:
        gone = True
    was_full = is_nearly_full(replace(capacity, records=place.count))
    return gone and (not was_full or total * 2 < place.count)


def _index_after(
    overlap: bytes, table: Table, size: int, total: int, expected: int
) -> int | None:
    """Return the index after the remembered records, 0 if this log has none of them.

    None if the terminal does not give what was asked for.
    """
    known = len(overlap) // size
    begins = [max(total - span, 0) for span in _SEARCH]
    if expected <= total:
        begins.insert(0, expected - known)
    for begin in begins:
        ends = expected if begin == expected - known else total
        window = _window(table, _TOTAL.size + begin * size, (ends - begin) * size)
        if begin and window.startswith(_TOTAL.pack(table.size - _TOTAL.size)):
            return None  # the start of the table, which was not asked for
        at = window.rfind(overlap)
        while at > 0 and at % size:
            at = window.rfind(overlap, 0, at + len(overlap) - 1)
        if at >= 0:
            return begin + at // size + known
        if not begin:
            break
    return 0


def _window(table: Table, start: int, size: int) -> bytes:
    return b"".join(
        table.read(start + at, min(WINDOW, size - at)) for at in range(0, size, WINDOW)
    )


def _records_from(
    table: Table, size: int, total: int, place: Cursor, between: Callable[[], None]
) -> Iterator[LogPiece]:
    """Yield the records from a place on, a few windows at a time."""
    # From the very start in the same windows as every other client, which is all
    # that some firmware may have been tried with.
    start = _TOTAL.size + place.count * size if place.count else 0
    end = _TOTAL.size + total * size
    parts: list[bytes] = []
    for at in range(start, end, WINDOW):
        try:
            data = table.read(at, min(WINDOW, end - at))
        except CommandRefused as err:
            # Some firmware serves the live log, which was cleared just now.
            raise LogChanged("the log was cleared while it was read") from err
        between()
        if not at:
            (bytes_told,) = _TOTAL.unpack_from(data)
            if bytes_told < table.size - _TOTAL.size:
                raise LogChanged("the log was cleared while it was read")
            data = data[_TOTAL.size :]
        parts.append(data)
        if len(parts) < _WINDOWS and at + WINDOW < end:
            continue
        data = b"".join(parts)
        whole = len(data) // size * size
        raw, parts = data[:whole], [data[whole:]]
        for part in _past_and_news(raw, (place.past - place.count) * size):
            count = place.count + len(part) // size
            place = replace(
                place,
                count=count,
                overlap=(place.overlap + part[-_OVERLAP * size :])[-_OVERLAP * size :],
                complete=place.complete or count == total,
            )
            yield LogPiece(part, size, place)


def _past_and_news(raw: bytes, past: int) -> Iterator[bytes]:
    """Yield the bytes of the past, and those of what came after it, apart."""
    if 0 < past < len(raw):
        yield raw[:past]
        yield raw[past:]
    else:
        yield raw
