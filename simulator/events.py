"""What a session is told without asking: punches, fingers, doors, alarms.

protocol-4370 §2.10. A plain session gets every event once. An enrolment waits
for the client to acknowledge each step, as a person's finger would. With the
event_repeat switch the oldest event is repeated until it is acknowledged.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Literal, get_args

from .numbers import Command, EventBit
from .wire import Packet

# More than that and the newest are lost (§1.7).
QUEUE_LIMIT = 80

type AlarmKind = Literal[
    "tamper",
    "exit-button",
    "misoperation",
    "door-closing",
    "duress",
    "passback",
    "off",
]
ALARM_KINDS: tuple[AlarmKind, ...] = get_args(AlarmKind.__value__)

NOBODY = 0xFFFFFFFF
_SHORT = {"tamper": 0x37, "exit-button": 0x35, "misoperation": 0x3A}
_OF_USER = {"duress": 0x20, "passback": 0x22}
_USER_ALARM = Struct("<IHHI")
# Three bytes behind the uid, the first of them 1.
_VERIFY = Struct("<IB2x")


def pack_alarm(kind: AlarmKind, uid: int = 0) -> tuple[EventBit, bytes]:
    """Return the event of an alarm: its bit, and its 4, 8 or 12 bytes (§2.10)."""
    if kind == "off":
        return EventBit.ALARMOFF, b""
    if kind in _SHORT:
        return EventBit.ALARM, _SHORT[kind].to_bytes(4, "little")
    if kind in _OF_USER:
        return EventBit.ALARM, _USER_ALARM.pack(NOBODY, _OF_USER[kind], uid, 1)
    return EventBit.ALARM, (0x54).to_bytes(8, "little")


def pack_verify(uid: int = NOBODY) -> bytes:
    """Return the data of the event that tells who was recognised, if anybody."""
    return _VERIFY.pack(uid, 1)


@dataclass(slots=True)
class Event:
    """One event on its way to one session."""

    bit: int
    data: bytes = b""
    # Wait for the acknowledgement before the next event goes out.
    paced: bool = False
    # Runs when the event goes out, not when it is thought of.
    action: Callable[[], None] | None = None

    def packet(self) -> Packet:
        """Return the event as a packet; its session field is the event bit."""
        # The oldest of the queue goes out, so its index is always 0.
        return Packet(Command.REG_EVENT, self.bit, 0, self.data)


class EventQueue:
    """The events that wait for one session."""

    def __init__(self) -> None:
        """Start empty, with a client that does not acknowledge."""
        self._waiting: deque[Event] = deque()
        self._in_flight: Event | None = None
        self._sent_at = 0.0
        self._client_acknowledges = False
        self.lost = 0

    def __len__(self) -> int:
        """Return how many events are not done with."""
        return len(self._waiting) + (self._in_flight is not None)

    def add(self, event: Event) -> None:
        """Queue an event."""
        if len(self) >= QUEUE_LIMIT:
            self.lost += 1
            return
        self._waiting.append(event)

    def acknowledge(self) -> None:
        """Take note that the client has got the oldest event."""
        self._client_acknowledges = True
        self._in_flight = None

    def forget_paced(self) -> None:
        """Drop the rest of an enrolment."""
        self._waiting = deque(event for event in self._waiting if not event.paced)
        if self._in_flight is not None and self._in_flight.paced:
            self._in_flight = None

    def due(
        self, now: float, *, repeat: float, pace: float
    ) -> tuple[Event | None, float | None]:
        """Return the event to send now, or how long until there may be one."""
        if (flying := self._in_flight) is not None:
            wait = self._sent_at + (pace if flying.paced else repeat) - now
            if wait > 0:
                return None, wait
            if not flying.paced and repeat:
                self._sent_at = now
                return flying, None
            self._in_flight = None
        if not self._waiting:
            return None, None
        event = self._waiting.popleft()
        if event.paced or (repeat and self._client_acknowledges):
            self._in_flight = event
            self._sent_at = now
        return event, None
