"""Changing who may use a terminal (protocol-4370 §2.5).

Each change is checked before it is written, and read back afterwards: what a terminal
acknowledges is not always what it holds.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..errors import CommandRefused, NotAsWritten, TableUnreadable, UserRefused
from ..records import DeviceInfo, DeviceUser, Features, UserChange
from .client import TerminalClient
from .features import read_pin_width
from .old_fingers import OldFingers
from .templates import (
    Finger,
    Fingers,
    has_face,
    read_face,
    read_fingers,
    read_fingers_of,
    write_finger,
)
from .users import (
    UserRules,
    changed_record,
    decode_user,
    free_uids,
    is_admin,
    new_record,
    same_user,
    uid_of,
    user_id_of,
)

_FACES_BY_COMMAND = 7


def gives_faces(info: DeviceInfo) -> bool:
    """Tell whether a terminal has faces that can be read and written (§2.13)."""
    return info.faces_enabled and info.face_version == _FACES_BY_COMMAND


@dataclass(frozen=True, slots=True)
class Counted:
    """A user, and how many templates of theirs the terminal has."""

    user: DeviceUser
    # None where the terminal does not tell.
    fingerprints: int | None
    faces: int | None


@dataclass(frozen=True, slots=True)
class Removed:
    """What went with a user."""

    user: DeviceUser
    fingerprints: int
    faces: int


class People:
    """The users of a terminal, over one connection to it."""

    def __init__(
        self,
        client: TerminalClient,
        highest_uid: int = 0,
        *,
        features: Features | None = None,
        old_fingers: OldFingers | None = None,
        is_ending: Callable[[], bool] = lambda: False,
        exact: bool = False,
    ) -> None:
        """Read them; who is added gets a number above the highest that was given.

        `old_fingers` keeps what is taken from them for others. What takes long ends
        where it can when `is_ending` says so. With `exact` fewer than the terminal
        counts are no answer.
        """
        self._client = client
        self._features = features or Features()
        self.old_fingers = OldFingers({}) if old_fingers is None else old_fingers
        self.is_ending = is_ending
        self._exact = exact
        self.highest_uid = highest_uid
        self.records: dict[str, bytes] = {}
        # Whether anything was written, or may have been.
        self.is_touched = False
        self._rules: UserRules | None = None
        self.read()
        self._had_admin = self._has_admin

    def read(self) -> None:
        """Read them again."""
        records = self._client.read_users(exact=self._exact)
        self.records = {user_id_of(record): record for record in records}

    @property
    def _has_admin(self) -> bool:
        return any(map(is_admin, self.records.values()))

    @property
    def lost_its_admin(self) -> bool:
        """Tell whether nobody runs the terminal any more, so that everybody may."""
        return self._had_admin and not self._has_admin

    @property
    def rules(self) -> UserRules:
        """Return what the terminal takes for a user."""
        if self._rules is None:
            self._rules = self._client.read_user_rules(
                [*self.records.values()], read_pin_width(self._client)
            )
        return self._rules

    def get(self, user_id: str) -> bytes:
        """Return the record of a user."""
        try:
            return self.records[user_id]
        except KeyError:
            raise UserRefused("user_unknown", user_id) from None

    def free_uids(self) -> Iterable[int]:
        """Yield the numbers that are free at the terminal."""
        taken = (uid_of(record) for record in self.records.values())
        return free_uids(taken, self.highest_uid)

    def counted(self, info: DeviceInfo) -> list[Counted]:
        """Return everybody, with how many templates they have."""
        fingers: Fingers | None = None
        with suppress(CommandRefused, TableUnreadable):
            fingers = read_fingers(self._client)
        everybody = []
        for record in self.records.values():
            user, faces = decode_user(record), None
            if gives_faces(info):
                faces = int(has_face(self._client, user.uid))
            count = None if fingers is None else len(fingers.get(user.uid, ()))
            everybody.append(Counted(user, count, faces))
        return everybody

    # --- changes ----------------------------------------------------------------------

    def enroll(
        self, user_id: str, change: UserChange, fingers: Sequence[Finger] = ()
    ) -> DeviceUser:
        """Add a user, with templates that somebody has kept.

        An enrolment that was cut before all templates were there is ended.
        """
        self.rules.check_user_id(user_id)
        if user_id in self.records:
            if not self._is_half_enrolled(user_id, change, fingers):
                raise UserRefused("user_exists", user_id)
            user = decode_user(self.records[user_id])
        else:
            self._check(user_id, change)
            uid = next(iter(self.free_uids()), None)
            if uid is None:
                raise UserRefused("users_full", user_id)
            record = new_record(self.rules.record_size, uid, user_id)
            user = self._write(user_id, changed_record(record, change))
        if fingers:
            self._add_fingers(user, fingers)
        return user

    def _is_half_enrolled(
        self, user_id: str, change: UserChange, fingers: Sequence[Finger]
    ) -> bool:
        """Tell whether a user is just as to be enrolled, but for templates."""
        there = self.records[user_id]
        record = new_record(len(there), uid_of(there), user_id)
        if not (fingers and same_user(there, changed_record(record, change))):
            return False
        return set(read_fingers_of(self._client, uid_of(there))) < set(fingers)

    def _add_fingers(self, user: DeviceUser, fingers: Sequence[Finger]) -> None:
        refused: CommandRefused | None = None
        try:
            for finger in fingers:
                write_finger(self._client, user.uid, finger)
            self._client.refresh()
        except CommandRefused as err:
            refused = err
        held = read_fingers_of(self._client, user.uid)
        if refused or not set(fingers) <= set(held):
            numbers = [finger.finger for finger in held]
            now = f"{self.held(user.user_id)}, fingers {numbers}"
            raise NotAsWritten(user.user_id, now) from refused

    def update(self, user_id: str, change: UserChange) -> DeviceUser:
        """Change what is given of a user; all else stays."""
        record = self.get(user_id)
        self._check(user_id, change)
        return self._write(user_id, changed_record(record, change))

    def remove(self, user_id: str, info: DeviceInfo) -> Removed:
        """Remove a user with all templates, and say what that was."""
        client, record = self._client, self.get(user_id)
        uid = uid_of(record)
        fingers: list[Finger] = []
        if info.fingerprint_version is not None:
            fingers = read_fingers_of(client, uid)
        face = read_face(client, uid) if gives_faces(info) else None
        self.is_touched = True
        client.remove_user(uid)
        client.refresh()
        self.read()
        if user_id in self.records:
            raise NotAsWritten(user_id, self.held(user_id))
        self.old_fingers.forget_user(user_id)
        return Removed(decode_user(record), len(fingers), int(face is not None))

    def _check(self, user_id: str, change: UserChange) -> None:
        self.rules.check(change)
        if change.card:
            if self._features.cards is False:
                raise UserRefused("no_cards", str(change.card))
            for record in self.records.values():
                other = decode_user(record)
                if other.card == change.card and other.user_id != user_id:
                    raise UserRefused("card_taken", str(change.card), other.user_id)

    def _write(self, user_id: str, record: bytes) -> DeviceUser:
        self.is_touched = True
        try:
            self._client.write_user(record)
        except CommandRefused:
            self.read()
            if self.is_full:
                raise UserRefused("users_full", user_id) from None
            raise
        self._client.refresh()
        self.confirm([record])
        return decode_user(self.records[user_id])

    @property
    def is_full(self) -> bool:
        """Tell whether there is room for nobody else."""
        capacity = self._client.read_capacity()
        return 0 < capacity.user_capacity <= capacity.users

    def confirm(self, records: Iterable[bytes]) -> None:
        """Read everybody again, and see that what was written is there."""
        self.read()
        for record in records:
            user_id = user_id_of(record)
            if not same_user(self.records.get(user_id, b""), record):
                raise NotAsWritten(user_id, self.held(user_id))

    def held(self, user_id: str) -> str:
        """Say what the terminal holds of a user, in words, without the password."""
        if (record := self.records.get(user_id)) is None:
            return "nobody"
        return decode_user(record).in_words
