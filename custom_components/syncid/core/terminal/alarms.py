"""What a terminal reports besides punches: alarms, the door, whom it did not let in.

protocol-4370 §2.10. Terminals say little, and only a few of the numbers are known: any
other stays a number.
"""

from collections.abc import Callable
from enum import IntFlag
from struct import Struct

from ..records import AlarmType


class EventBit(IntFlag):
    """What a terminal can be asked to report, as far as anybody here wants to know."""

    ATTENDANCE = 0x0001
    UNLOCK = 0x0020
    VERIFY = 0x0080
    ALARM = 0x0200
    ALARM_OFF = 0x4000


_UID = Struct("<I")
_NOBODY = 0xFFFFFFFF

# By the length of an alarm's data: where its type is, and what the types mean.
_SHORT: dict[int, AlarmType] = {
    0x35: "exit_button",
    0x37: "tamper",
    0x3A: "misoperation",
}
_DOOR: dict[int, AlarmType] = {0x54: "door_closing"}
# The head, the type, the uid; how the user was verified follows.
_OF_USER = Struct("<IHH4x")
_OF_USER_TYPES: dict[int, AlarmType] = {0x20: "duress", 0x22: "passback"}

# A terminal may repeat what nobody has acknowledged yet (§2.10.1), and nothing in an
# event tells it from another one: what comes again within so many seconds is the same.
_REPEATED = 2.0


def decode_alarm(bit: int, data: bytes) -> tuple[AlarmType, int | None] | None:
    """Return the type of an alarm and whose it is, None if an event is no alarm."""
    match bit:
        case EventBit.ALARM:
            return _decode(data)
        case EventBit.ALARM_OFF:
            return "alarm_off", None
        case EventBit.UNLOCK:
            return "door_unlocked", None
        # Comes before each punch as well, with the uid of who it was.
        case EventBit.VERIFY if data[:4] == _UID.pack(_NOBODY):
            return "denied", None
    return None


def _decode(data: bytes) -> tuple[AlarmType, int | None]:
    match len(data):
        case 4:
            return _SHORT.get(data[0], "unknown"), None
        case 8:
            return _DOOR.get(data[0], "unknown"), None
        case 12:
            head, number, uid = _OF_USER.unpack(data)
            if head == _NOBODY and (known := _OF_USER_TYPES.get(number)):
                return known, uid
    return "unknown", None


class AlarmReader:
    """Tells a terminal's alarms from its other events, each of them once."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Remember nothing yet; `now` counts seconds."""
        self._now = now
        self._last: dict[tuple[int, bytes], float] = {}

    def read(self, bit: int, data: bytes) -> tuple[AlarmType, int | None] | None:
        """Return the type of an alarm and whose it is; None for what is no news."""
        if (alarm := decode_alarm(bit, data)) is None:
            return None
        now, event = self._now(), (bit, data)
        # Either way: the clock may be set.
        self._last = {
            known: at for known, at in self._last.items() if abs(now - at) < _REPEATED
        }
        # A repeat does not count anew: who tries every second would be told once.
        if event in self._last:
            return None
        self._last[event] = now
        return alarm
