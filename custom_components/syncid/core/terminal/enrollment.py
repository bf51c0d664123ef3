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
    EnrollmentCut,
    EnrollmentFailed,
    LinkError,
    SyncIDError,
    UserRefused,
)
from .client import TerminalClient
from .frames import Code, readable
from .old_fingers import CANCEL, OldFingers, end_capture, put_back
from .templates import DURESS, FINGERS, VALID, Finger, read_fingerprint, remove_finger
from .users import uid_of, user_id_of

type EnrollmentStep = Literal["started", "pressed", "accepted", "rejected"]
type TakeEvents = Callable[[Callable[[int, bytes], None]], None]

_START = 61
_BY_USER_ID = Struct("<24sBB")
_BY_UID = Struct("<HB")

_PRESSED = 0x0002
_SCORED = 0x0100
_ENDED = 0x0008
_RESULT = Struct("<H")
_SAVED = 0
# In the session field of a refusal.
_REFUSED: dict[int, Literal["occupied", "busy"]] = {2: "occupied", 8: "busy"}

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
        duress: bool | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Begin nothing yet.

        `old_fingers` keeps the one that is replaced, until it is certain that the
        terminal has one. `take_events` hands on the events that came: each to whom it concerns, and all
        of them with their data to the function that it is given. Unless `duress` says
        otherwise, a finger that is enrolled anew is what it was.
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
        self._duress = duress
        self._flag = VALID
        # Whether the terminal was asked for a finger: from then on it may have one.
        self._has_begun = False
        self._result: int | None = None
        self.presses = 0

    def run(self, *, overwrite: bool, timeout: float) -> None:
        """Have the finger enrolled; raises `EnrollmentFailed`.

        A finger that is enrolled already is refused, unless it is to be overwritten.
        Terminals enrol none that they have (§2.9): the old one goes first, and is put
        back if there is no new one.
        """
        old = read_fingerprint(self._client, self._uid, self._finger)
        if old is not None and not overwrite:
            raise EnrollmentFailed("occupied")
        was_duress = old is not None and old.flag == DURESS
        if was_duress if self._duress is None else self._duress:
            self._flag = DURESS
        if self._flag != VALID and not self._is_named_by_user_id:
            raise EnrollmentFailed("no_duress")
        try:
            if old is None:
                self._enroll(timeout)
            else:
                self._replace(old, timeout)
        except LinkError as err:
            if not self._has_begun:
                raise
            raise EnrollmentCut(err, old) from err

    def _replace(self, old: Finger, timeout: float) -> None:
        client, user_id = self._client, user_id_of(self._record)
        self._old_fingers.keep(user_id, old)
        try:
            remove_finger(client, self._uid, self._finger)
            client.refresh()
            self._enroll(timeout)
        except BaseException as err:
            self._put_back(old, err)
            if client.link.is_open:  # else the next session sees to it
                self._old_fingers.forget(user_id, old)
            raise
        self._old_fingers.forget(user_id, old)

    def _put_back(self, old: Finger, err: BaseException) -> None:
        """Have the terminal as it was; raises if it is not, which is the worse error.

        It is owed the finger then: by the next poll, if not the next session.
        """
        try:
            is_back = put_back(self._client, self._uid, old)
        except LinkError:
            self._client.link.close()
            if isinstance(err, LinkError) and self._result == _SAVED:
                return  # then it is sooner the new one that is there
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
        new = read_fingerprint(self._client, self._uid, self._finger)
        if new is None:
            raise EnrollmentFailed("not_saved")
        if self._flag == DURESS != new.flag:
            raise EnrollmentFailed("not_duress")

    def _capture(self, timeout: float) -> None:
        client, deadline = self._client, self._now() + timeout
        with suppress(CommandRefused):
            client.command(CANCEL)
        try:
            self._has_begun = True
            try:
                client.command(_START, self._request())
            except CommandRefused as err:
                if err.code == Code.UNKNOWN_COMMAND:
                    raise EnrollmentFailed("no_sensor") from err
                if err.detail in _REFUSED:
                    raise EnrollmentFailed(_REFUSED[err.detail]) from err
                raise
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

    @property
    def _is_named_by_user_id(self) -> bool:
        """Tell whether this kind of terminal is told a user id, and a flag with it."""
        return len(self._record) == 72

    def _request(self) -> bytes:
        """Name the user as this kind of terminal knows one."""
        if self._is_named_by_user_id:
            user_id = user_id_of(self._record).encode("ascii")
            return _BY_USER_ID.pack(user_id, self._finger, self._flag)
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
