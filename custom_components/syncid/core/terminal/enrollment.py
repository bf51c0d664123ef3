"""Enrolling a finger at the terminal itself (protocol-4370 §2.9).

Somebody stands there and presses a finger three times. The terminal reports each press
as it happens, among whatever else it reports.
"""

from collections.abc import Callable
from contextlib import suppress
from struct import Struct
from time import monotonic
from typing import Literal

from ..errors import (
    CommandRefused,
    EnrollmentFailed,
    LinkError,
    SyncIDError,
    UserRefused,
)
from .client import TerminalClient
from .frames import readable
from .old_fingers import CANCEL, OldFingers, end_capture, put_back
from .templates import FINGERS, Finger, read_fingerprint, remove_finger
from .users import uid_of, user_id_of

type EnrollmentStep = Literal["started", "pressed", "accepted", "rejected"]
type TakeEvents = Callable[[Callable[[int, bytes], None]], None]

_START = 61
_BY_USER_ID = Struct("<24sBB")
_BY_UID = Struct("<HB")
_VALID = 1

_PRESSED = 0x0002
_SCORED = 0x0100
_ENDED = 0x0008
_RESULT = Struct("<H")
_KNOWN_FINGER = 2  # in the session field of a refusal

_FAILURES: dict[int, Literal["not_saved", "failed", "known", "cancelled"]] = {
    3: "not_saved",
    4: "failed",
    5: "known",
    6: "cancelled",
}

# Seconds until somebody who cancels is heard.
_PATIENCE = 0.25


class Enrollment:
    """One finger of one user, from the start to the end."""

    def __init__(
        self,
        client: TerminalClient,
        record: bytes,
        finger: int,
        *,
        old_fingers: OldFingers,
        take_events: TakeEvents,
        on_step: Callable[[EnrollmentStep], object],
        is_cancelled: Callable[[], bool],
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Begin nothing yet.

        `old_fingers` keeps the one that is replaced, until it is certain that the
        terminal has one. `take_events` hands on the events that came: each to whom it concerns, and all
        of them with their data to the function that it is given.
        """
        if finger not in FINGERS:
            raise UserRefused("finger_range", str(finger), FINGERS[-1])
        self._client = client
        self._record = record
        self._finger = finger
        self._old_fingers = old_fingers
        self._take_events = take_events
        self._on_step = on_step
        self._is_cancelled = is_cancelled
        self._now = now
        self._result: int | None = None
        self.presses = 0

    def run(self, *, overwrite: bool, timeout: float) -> None:
        """Have the finger enrolled; raises `EnrollmentFailed`.

        A finger that is enrolled already is refused, unless it is to be overwritten.
        Terminals enrol none that they have (§2.9): the old one goes first, and is put
        back if there is no new one.
        """
        old = read_fingerprint(self._client, self._uid, self._finger)
        if old is None:
            self._enroll(timeout)
        elif overwrite:
            self._replace(old, timeout)
        else:
            raise EnrollmentFailed("occupied")

    def _replace(self, old: Finger, timeout: float) -> None:
        client, user_id = self._client, user_id_of(self._record)
        self._old_fingers.keep(user_id, old)
        try:
            remove_finger(client, self._uid, self._finger)
            client.refresh()
            self._enroll(timeout)
        except BaseException as err:
            self._put_back(old, err)
            raise
        finally:
            if client.link.is_open:  # else the next session sees to it
                self._old_fingers.forget(user_id, old)

    def _put_back(self, old: Finger, err: BaseException) -> None:
        """Have the terminal as it was; raises if it is not, which is the worse error."""
        try:
            is_back = put_back(self._client, self._uid, old)
        except LinkError:
            self._client.link.close()
            raise EnrollmentFailed("old_waits") from err
        except SyncIDError:
            is_back = False
        if not is_back:
            raise EnrollmentFailed("old_lost") from err

    @property
    def _uid(self) -> int:
        return uid_of(self._record)

    def _enroll(self, timeout: float) -> None:
        """Have it pressed, and see that the terminal has what it says to have."""
        self._capture(timeout)
        if read_fingerprint(self._client, self._uid, self._finger) is None:
            raise EnrollmentFailed("not_saved")

    def _capture(self, timeout: float) -> None:
        client, deadline = self._client, self._now() + timeout
        with suppress(CommandRefused):
            client.command(CANCEL)
        try:
            try:
                client.command(_START, self._request())
            except CommandRefused as err:
                occupied = err.detail == _KNOWN_FINGER
                raise EnrollmentFailed("occupied" if occupied else "busy") from err
            self._on_step("started")
            while self._result is None:
                client.link.receive_events()
                self._take_events(self._take)
                if self._result is not None:
                    break
                if self._is_cancelled():
                    raise EnrollmentFailed("cancelled")
                if (left := deadline - self._now()) <= 0:
                    raise EnrollmentFailed("timed_out")
                readable([client.link.fileno()], min(left, _PATIENCE))
        finally:
            self._back_to_normal()
        if self._result:
            raise EnrollmentFailed(_FAILURES.get(self._result, "failed"))

    def _request(self) -> bytes:
        """Name the user as this kind of terminal knows one."""
        if len(self._record) == 72:
            user_id = user_id_of(self._record).encode("ascii")
            return _BY_USER_ID.pack(user_id, self._finger, _VALID)
        return _BY_UID.pack(self._uid, self._finger)

    def _take(self, bit: int, data: bytes) -> None:
        if bit == _PRESSED:
            self.presses += 1
            self._on_step("pressed")
        elif bit == _SCORED:
            self._on_step("accepted" if data[:1] != b"\0" else "rejected")
        elif bit == _ENDED and len(data) >= _RESULT.size:
            (self._result,) = _RESULT.unpack_from(data)

    def _back_to_normal(self) -> None:
        """Have the terminal wait for people who punch, and report them as before."""
        client = self._client
        if not client.link.is_open:
            return  # the terminal gives up by itself
        client.register_events(client.event_mask)
        end_capture(client)
