"""The terminal as a thing on a wall: people, log, clock, door, power.

What a person or a test can do to it. How it talks is in terminal.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .biometrics import (
    FaceTable,
    Fingerprint,
    FingerprintTable,
    made_up_face,
    made_up_template,
    pack_face,
)
from .events import AlarmKind, Event, pack_alarm, pack_verify
from .faults import Faults
from .log import AttendanceLog
from .numbers import EventBit, State
from .oplog import OperationLog
from .profiles import Profile
from .records import Record, pack_punch_event
from .sessions import Link, Session
from .users import User, UserTable

type PowerChange = Literal["restart", "off", "on"]
type Clock = Callable[[], datetime]

_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """How the next enrolment at the terminal goes (protocol-4370 §2.9)."""

    # One score for each time the finger is placed; 0 is a rejected sample.
    scores: Sequence[int] = (100, 100, 100)
    # 0 ok, 3 not saved, 4 failed or timed out, 5 somebody's already, 6 cancelled.
    result: int = 0
    template: bytes | None = None


class Device:
    """A terminal's memory and mechanics."""

    def __init__(
        self,
        profile: Profile,
        serial: str,
        *,
        comm_key: int = 0,
        clock: Clock | None = None,
    ) -> None:
        """Put a new terminal on the wall, with nobody enrolled."""
        self.profile = profile
        self.serial = serial
        self.comm_key = comm_key
        self.faults = Faults()
        self.options = profile.option_table(serial)
        self.users = UserTable(profile)
        self.log = AttendanceLog(profile, self.users)
        self.fingerprints = FingerprintTable()
        self.faces = FaceTable()
        self.oplog = OperationLog()
        self.enroll_script = Enrolment()
        # Seconds until the next step of an enrolment without acknowledgement.
        self.enroll_pace = 1.0

        self.running = True
        self.asleep = False
        self.door_open = False
        self.capturing = False
        self.enrolling: Session | None = None
        self.unlocks: list[int] = []
        self.voices: list[int] = []
        self.lcd: dict[int, str] = {}

        self.links: set[Link] = set()
        # Called when the power goes off or on; a server closes and opens there.
        self.power_listeners: list[Callable[[PowerChange], None]] = []

        # Naive local time is what the device has: it knows no time zone (§2.3).
        self._base_clock = clock or datetime.now
        self._set_by = timedelta()
        self._drifts_since = self._base_clock()
        self._disabled = False
        self._disabled_until: datetime | None = None

    # The clock

    def now(self) -> datetime:
        """Return the time that the terminal shows."""
        base = self._base_clock()
        drift = (
            (base - self._drifts_since).total_seconds()
            / _SECONDS_PER_HOUR
            * self.faults.clock_drift
        )
        wrong_by = timedelta(seconds=self.faults.clock_offset + drift)
        return base + wrong_by + self._set_by

    def set_time(self, moment: datetime) -> None:
        """Set the clock; from here on it drifts anew."""
        base = self._base_clock()
        self._drifts_since = base
        self._set_by = moment - base - timedelta(seconds=self.faults.clock_offset)

    # People

    def add_user(
        self,
        user_id: str,
        name: str = "",
        uid: int | None = None,
        privilege: int = 0,
        password: str = "",
        card: int = 0,
        group: int = 1,
    ) -> User:
        """Enrol a person; without uid the lowest free one."""
        user = User(
            uid=self.users.free_uid() if uid is None else uid,
            user_id=user_id,
            name=name,
            privilege=privilege,
            password=password,
            card=card,
            group=group,
        )
        self.users.put(user)
        return user

    def remove_user(self, user: User) -> None:
        """Delete a person with all that belongs to them, except the log."""
        self.users.remove(user)
        for finger in self.fingerprints.of(user.uid):
            self.fingerprints.remove(user.uid, finger)
        self.faces.remove(user.uid)

    def add_fingerprint(
        self,
        user_id: str,
        finger: int = 0,
        template: bytes | None = None,
        *,
        size: int = 1244,
        flag: int = 1,
    ) -> Fingerprint:
        """Enrol a finger, with a made-up template of this size unless given."""
        user = self._somebody(user_id)
        if template is None:
            template = made_up_template(f"finger {user_id} {finger}", size)
        fingerprint = Fingerprint(template, flag)
        self.fingerprints.put(user.uid, finger, fingerprint)
        return fingerprint

    def add_face(
        self, user_id: str, count: int = 12, template: bytes | None = None
    ) -> None:
        """Enrol a face of so many records, made up unless given."""
        uid = self._somebody(user_id).uid
        for index in range(count):
            self.faces.add(
                uid,
                made_up_face(uid, index)
                if template is None
                else pack_face(uid, index, template),
            )

    def _somebody(self, user_id: str) -> User:
        """Return a person; raise ValueError if nobody has the user id."""
        if (user := self.users.get(user_id)) is None:
            raise ValueError(f"nobody has the user id {user_id}")
        return user

    # The log

    def punch(
        self,
        user_id: str,
        verify: int = 1,
        state: int = 0,
        work_code: int = 0,
        at: datetime | None = None,
    ) -> Record | None:
        """Let somebody punch; return None if the terminal did not take it."""
        user = self._somebody(user_id)
        if self.faults.disabled_blocks and not self.enabled:
            return None
        record = Record(
            user_id=user_id,
            uid=user.uid,
            time=(at or self.now()).replace(microsecond=0),
            verify=verify,
            state=state,
            work_code=work_code,
        )
        if not self.log.append(record, self.faults):
            return None
        if verify == self.profile.verify_codes["finger"]:
            self.emit(EventBit.FINGER)
        self.emit(EventBit.VERIFY, pack_verify(user.uid))
        self.emit(EventBit.ATTLOG, self.punch_payload(record))
        return record

    def deny(self) -> None:
        """Let somebody place a finger that nobody has."""
        self.emit(EventBit.FINGER)
        self.emit(EventBit.VERIFY, pack_verify())

    def alarm(self, kind: AlarmKind, user_id: str | None = None) -> None:
        """Raise an alarm; for duress and passback, somebody's."""
        uid = 0 if user_id is None else self._somebody(user_id).uid
        self.emit(*pack_alarm(kind, uid))

    def punch_payload(self, record: Record) -> bytes:
        """Return what a live punch carries on this terminal."""
        size = self.faults.event_size or self.profile.event_size
        return pack_punch_event(record, size, self.profile.encoding)

    def fill_log(
        self, count: int, start: datetime | None = None, step_seconds: int = 37
    ) -> None:
        """Add many punches of everybody in turn; nobody is told of them."""
        if start is None:
            start = self.now() - timedelta(seconds=count * step_seconds)
        self.log.fill(count, start.replace(microsecond=0), step_seconds)

    def add_raw_record(self, raw: bytes) -> bool:
        """Store the bytes of a record as they are, say with a date that is none."""
        return self.log.append_raw(raw, self.faults)

    def clear_log(self) -> None:
        """Delete the attendance log."""
        self.log.clear()

    # The keypad

    @property
    def enabled(self) -> bool:
        """Return whether keypad and reader work."""
        if self._disabled_until is not None and self.now() >= self._disabled_until:
            self.enable()
        return not self._disabled

    def enable(self) -> None:
        """Let people use the terminal again."""
        self._disabled = False
        self._disabled_until = None

    def disable(self, seconds: int = 0) -> None:
        """Block the terminal, for some seconds or until it is enabled."""
        self._disabled = True
        self._disabled_until = (
            self.now() + timedelta(seconds=seconds) if seconds else None
        )

    @property
    def state(self) -> State:
        """Return what command 64 tells."""
        if self.faults.in_menu:
            return State.MENU
        if self.enrolling is not None:
            return State.ENROLLING
        return State.IDENTIFYING if self.capturing else State.WAIT

    def unlock(self, delay: int) -> None:
        """Open the lock."""
        self.unlocks.append(delay)
        self.emit(EventBit.UNLOCK)

    # Sessions and events

    @property
    def sessions(self) -> Iterator[Session]:
        """Yield the open sessions of all links."""
        return (session for link in self.links for session in link.sessions.values())

    def emit(
        self, event_bit: int, data: bytes = b"", *, skip: Session | None = None
    ) -> int:
        """Tell every session that registered for it; return how many."""
        told = 0
        for session in self.sessions:
            if session is not skip and session.event_mask & event_bit:
                session.events.add(Event(event_bit, data))
                session.link.wake()
                told += 1
        return told

    # Power

    def restart(self) -> None:
        """Reboot: all links die, and for a while nobody listens."""
        self._go_down("restart")

    def power_off(self) -> None:
        """Switch off, until power_on."""
        self._go_down("off")

    def power_on(self) -> None:
        """Switch on, or come back from a restart."""
        if not self.running:
            self.running = True
            self._tell("on")

    def _go_down(self, change: PowerChange) -> None:
        """Stop, and forget what is only in working memory."""
        self.running = False
        self.asleep = self.capturing = False
        self.enrolling = None
        self.lcd.clear()
        self.enable()
        for link in self.links:
            link.sessions.clear()
            link.late.clear()
        self._tell(change)

    def _tell(self, change: PowerChange) -> None:
        """Tell the servers."""
        for listener in tuple(self.power_listeners):
            listener(change)
