"""One attendance record, in the layouts that terminals store and send.

protocol-4370 §2.6 (stored records of 8, 16, 40 and 49 bytes) and §2.10 (the
payloads of a live punch), after fananimi/pyzk, adrobinoga/zk-protocol and the
vendor's protocol manual.
"""

from dataclasses import dataclass
from datetime import datetime
from struct import Struct

from .profiles import Profile
from .wire import (
    Buffer,
    Text,
    decode_time,
    encode_event_time,
    encode_time,
    pack_text,
    unpack_text,
)

_SIZE_8 = Struct("<HBIB")
_SIZE_8_STATE_FIRST = Struct("<HBBI")
_SIZE_16 = Struct("<IIBB2xI")
_SIZE_40 = Struct("<H24sBIBI4s")

# Most TFT terminals leave this in the last 4 bytes of the 40.
_RESERVED = b"\xff\0\0\0"
_UNKNOWN_49 = bytes(9)

_EVENT_LONG = Struct("<24sBB6s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One punch, as the log keeps it."""

    user_id: str
    # None: the four bytes are no date (§2.3); raw_time has them.
    time: datetime | None
    verify: int = 1
    state: int = 0
    work_code: int = 0
    uid: int = 0
    raw_time: int = 0


def _moment(value: int) -> datetime | None:
    """Return the time that a record tells, or None if there is no such date."""
    try:
        return decode_time(value)
    except ValueError:
        return None


def _number(record: Record) -> int:
    """Return the number by which layouts without text name a person."""
    return int(record.user_id) if record.user_id.isdecimal() else record.uid


def pack_record(record: Record, profile: Profile) -> bytes:
    """Return the record as this kind of terminal stores it."""
    stamp = record.raw_time if record.time is None else encode_time(record.time)
    match profile.record_size:
        case 8 if profile.state_before_time:
            return _SIZE_8_STATE_FIRST.pack(
                record.uid, record.verify, record.state, stamp
            )
        case 8:
            return _SIZE_8.pack(record.uid, record.verify, stamp, record.state)
        case 16:
            return _SIZE_16.pack(
                _number(record) & 0xFFFFFFFF,
                stamp,
                record.state,
                record.verify,
                record.work_code,
            )
    packed = _SIZE_40.pack(
        record.uid,
        pack_text(Text(record.user_id), 24, profile.encoding),
        record.verify,
        stamp,
        record.state,
        record.work_code,
        _RESERVED,
    )
    return packed + _UNKNOWN_49 if profile.record_size == 49 else packed


def unpack_record(raw: Buffer, profile: Profile) -> Record:
    """Return the punch; uid is 0 or user_id empty where the layout has none."""
    uid, user_id, work_code = 0, "", 0
    match profile.record_size:
        case 8 if profile.state_before_time:
            uid, verify, state, stamp = _SIZE_8_STATE_FIRST.unpack(raw)
        case 8:
            uid, verify, stamp, state = _SIZE_8.unpack(raw)
        case 16:
            number, stamp, state, verify, work_code = _SIZE_16.unpack(raw)
            user_id = str(number)
        case _:
            uid, text, verify, stamp, state, work_code, _ = _SIZE_40.unpack_from(raw)
            user_id = unpack_text(text, profile.encoding).text
    return Record(
        user_id=user_id,
        time=_moment(stamp),
        verify=verify,
        state=state,
        work_code=work_code,
        uid=uid,
        raw_time=stamp,
    )


def stamp_offset(profile: Profile) -> int:
    """Return where in a stored record its 32-bit time lies."""
    match profile.record_size:
        case 8:
            return 4 if profile.state_before_time else 3
        case 16:
            return 4
    return 27


def state_offset(profile: Profile) -> int:
    """Return where in a stored record its state byte lies."""
    match profile.record_size:
        case 8:
            return 3 if profile.state_before_time else 7
        case 16:
            return 8
    return 31


def pack_punch_event(record: Record, size: int, encoding: str = "utf-8") -> bytes:
    """Return the payload of a live punch, in one of the seven lengths (§2.10)."""
    if record.time is None:
        raise ValueError("a live punch has a time")
    moment = encode_event_time(record.time)
    tail = bytes((record.verify, record.state)) + moment
    work_code = record.work_code.to_bytes(4, "little")
    match size:
        case 10:
            return (_number(record) & 0xFFFF).to_bytes(2, "little") + tail
        case 12:
            return (_number(record) & 0xFFFFFFFF).to_bytes(4, "little") + tail
        case 14:
            return (_number(record) & 0xFFFF).to_bytes(2, "little") + tail + work_code
        case 32 | 36 | 37 | 52:
            packed = _EVENT_LONG.pack(
                pack_text(Text(record.user_id), 24, encoding),
                record.verify,
                record.state,
                moment,
            )
            if size > 32:
                packed += work_code
            return packed.ljust(size, b"\0")
    raise ValueError(f"no terminal sends a punch of {size} bytes")
