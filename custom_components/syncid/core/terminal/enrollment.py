"""Enrolling a finger at the terminal itself (protocol-4370 §2.9).

Somebody stands there and presses a finger three times. The terminal reports each press
as it happens, among whatever else it reports.
"""

from collections.abc import Callable
from contextlib import suppress
from struct import Struct
from time import monotonic
from typing import Literal

from ..errors import CommandRefused, EnrollmentFailed, UserRefused
from .client import TerminalClient
from .frames import readable
from .templates import FINGERS, Finger, read_fingerprint, remove_finger, write_finger
from .users import uid_of, user_id_of

type EnrollmentStep = Literal["started", "pressed", "accepted", "rejected"]
type TakeEvents = Callable[[Callable[[int, bytes], None]], None]

_START = 61
_CANCEL = 62
_VERIFY = 60
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
        take_events: TakeEvents,
        on_step: Callable[[EnrollmentStep], object],
        is_cancelled: Callable[[], bool],
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Begin nothing yet.

        `take_events` hands on the events that came: each to whom it concerns, and all
        of them with their data to the function that it is given.
        """
        if finger not in FINGERS:
            raise UserRefused("finger_range", str(finger), FINGERS[-1])
        self._client = client
        self._record = record
        self._finger = finger
        self._take_events = take_events
        self._on_step = on_step
        self._is_cancelled = is_cancelled
        self._now = now
        self._result: int | None = None
        self.presses = 0

    def run(self, *, overwrite: bool, timeout: float) -> None:
        """Have the finger enrolled; raises `EnrollmentFailed`.

        A finger that is enrolled already is refused, unless it is to be overwritten:
        then the old one is put back if there is no new one.
        """
        client, uid = self._client, uid_of(self._record)
        old = read_fingerprint(client, uid, self._finger)
        if old is not None and not overwrite:
            raise EnrollmentFailed("occupied")
        try:
            if old is not None:
                remove_finger(client, uid, self._finger)
                client.refresh()
            self._capture(timeout)
            self._confirm(uid)
        except BaseException:
            if old is not None:
                self._put_back(uid, old)
            raise

    def _confirm(self, uid: int) -> None:
        """See that the terminal has what it says to have."""
        if read_fingerprint(self._client, uid, self._finger) is None:
            raise EnrollmentFailed("not_saved")

    def _put_back(self, uid: int, old: Finger) -> None:
        if self._client.link.is_open:
            write_finger(self._client, uid, old)
            self._client.refresh()

    def _capture(self, timeout: float) -> None:
        client, deadline = self._client, self._now() + timeout
        with suppress(CommandRefused):
            client.command(_CANCEL)
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
        return _BY_UID.pack(uid_of(self._record), self._finger)

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
        for command in (_CANCEL, _VERIFY):
            with suppress(CommandRefused):
                client.command(command)
