"""From a terminal's bytes to punches (protocol-4370 §2.6, §2.10)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from struct import Struct
from typing import Any

from ..codes import DirectionOption, VerifyFamily, directions, methods
from ..errors import TableUnreadable
from ..records import Punch, Punches, Unreadable
from ..times import PackedDays, event_time

_LOG_8 = Struct("<HBIB")
_LOG_8_STATE_FIRST = Struct("<HBBI")
_UID_OF_8 = Struct("<H6x")
_LOG_16 = Struct("<IIBB2xI")
_LOG_40 = Struct("<2x24sBIBI4x")
_LOG_49 = Struct("<2x24sBIBI13x")
RECORD_SIZES = (40, 49, 16, 8)
# Records that name users by the terminal's own numbers.
UID_RECORD_SIZES = frozenset({8})

# Events: length → layout; a longer one than the longest is read by its head.
_EVENTS = {
    10: Struct("<HBB6s"),
    12: Struct("<IBB6s"),
    14: Struct("<HBB6s4x"),
}
_EVENT_32 = Struct("<24sBB6s")
_WORK_CODE = Struct("<I")

_NO_STATE = 255
_STATES = frozenset({*range(6), 7, _NO_STATE})


def field_text(raw: bytes) -> str:
    """Return a zero-terminated text; the rest of its field may be garbage."""
    return raw.partition(b"\0")[0].decode("ascii", "backslashreplace").strip()


class _TextIds(dict[bytes, str]):
    """User ids by the padded field that holds them; a log has few of them."""

    def __missing__(self, padded: bytes) -> str:
        text = self[padded] = field_text(padded)
        return text


class _KnownIds(dict[int, str]):
    """User ids by the terminal's own numbers; one that it lacks is nobody's."""

    def __missing__(self, uid: int) -> str:
        return ""


class _NumberIds(dict[int, str]):
    """User ids that are numbers."""

    def __missing__(self, number: int) -> str:
        text = self[number] = str(number or "")  # 0 is nobody
        return text


class PunchDecoder:
    """Reads the punches of one terminal, with the meanings its admin chose."""

    def __init__(self, family: VerifyFamily, direction: DirectionOption) -> None:
        """Look every code up once."""
        self._directions = directions(direction)
        self._methods = methods(family)
        self._days = PackedDays()
        self._text_ids = _TextIds()

    def log(
        self, raw: bytes, record_size: int, user_ids: Mapping[int, str] | None = None
    ) -> tuple[Punches, list[Unreadable]]:
        """Return the punches of whole log records, and the records that are none.

        Records of 8 bytes name only the terminal's own number of a user;
        `user_ids` maps it to the user id. A number that it lacks is no user id, and
        may be somebody's: such a record is none.
        """
        by_uid = record_size in UID_RECORD_SIZES
        rows, ids = self._rows(raw, record_size, user_ids or {})
        days, direction_of, method_of = self._days, self._directions, self._methods
        punches: list[object] = []
        unreadable: list[Unreadable] = []
        add = punches.extend
        for place, (key, verify, packed, state, work) in enumerate(rows):
            user_id, begins = ids[key], days[packed // 86400]
            if begins is None or not user_id:
                record = raw[place * record_size : (place + 1) * record_size]
                reason = "nobody"
                if begins is None:
                    reason = "impossible_date"
                elif by_uid and key:
                    reason = "unknown_uid"
                unreadable.append(Unreadable(record, user_id, reason))
                continue
            add(
                (
                    user_id,
                    begins + packed % 86400,
                    direction_of[state],
                    method_of[verify],
                    verify,
                    state,
                    work,
                )
            )
        return Punches(punches), unreadable

    def _rows(
        self, raw: bytes, record_size: int, user_ids: Mapping[int, str]
    ) -> tuple[Iterable[tuple[Any, ...]], dict[Any, str]]:
        """Return key, verify code, packed time, state and work code of each record.

        And the user ids by those keys.
        """
        match record_size:
            case 40:
                return _LOG_40.iter_unpack(raw), self._text_ids
            case 49:
                return _LOG_49.iter_unpack(raw), self._text_ids
            case 16:
                return (
                    (user_id, verify, packed, state, work)
                    for user_id, packed, state, verify, work in _LOG_16.iter_unpack(raw)
                ), _NumberIds()
            case 8:
                return _rows_8(raw), _KnownIds(user_ids)
        raise TableUnreadable(f"no log has records of {record_size} bytes")

    def event(self, data: bytes) -> Punch | Unreadable:
        """Return the punch of an event's data (§2.10), told by its length."""
        work_code: int | None = None
        if len(data) >= _EVENT_32.size:
            padded, verify, state, time = _EVENT_32.unpack_from(data)
            user_id = field_text(padded)
            if len(data) == 36:
                (work_code,) = _WORK_CODE.unpack_from(data, _EVENT_32.size)
        elif (layout := _EVENTS.get(len(data))) is not None:
            number, verify, state, time = layout.unpack(data)
            user_id = str(number or "")
        else:
            return Unreadable(data, "", "unknown_layout")
        second = event_time(time)
        if second is None:
            return Unreadable(data, user_id, "impossible_date")
        if not user_id:
            return Unreadable(data, user_id, "nobody")
        if state != _NO_STATE:
            state &= 0x0F  # above it firmware keeps a mark of its own
        return Punch(
            user_id,
            second,
            self._directions[state],
            self._methods[verify],
            verify,
            state,
            work_code,
        )


def highest_uid(raw: bytes, record_size: int) -> int:
    """Return the highest of the terminal's own numbers in log records; 0 if none."""
    if record_size not in UID_RECORD_SIZES:
        return 0
    return max((uid for (uid,) in _UID_OF_8.iter_unpack(raw)), default=0)


def _rows_8(raw: bytes) -> Iterable[tuple[int, int, int, int, None]]:
    """Return the rows of 8-byte records, in whichever of two orders they are.

    In the wrong one, a byte of the time stands where the state belongs, and the
    times of our days begin with a byte that is no state.
    """
    last_bytes = Counter(byte in _STATES for byte in raw[7::8])
    if last_bytes[True] >= last_bytes[False]:
        for uid, verify, packed, state in _LOG_8.iter_unpack(raw):
            yield uid, verify, packed, state, None
    else:
        for uid, verify, state, packed in _LOG_8_STATE_FIRST.iter_unpack(raw):
            yield uid, verify, packed, state, None
