"""Bringing people with their templates from one terminal to another.

What is to be done is worked out first, from what both sides hold, and read back
afterwards. So a transfer that was interrupted is simply begun again: what is there
already is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from ..errors import CommandRefused, UserRefused
from ..records import Capacity, DeviceInfo, UserChange
from .client import TerminalClient
from .people import People, gives_faces
from .templates import (
    Finger,
    read_face,
    read_fingers,
    remove_finger,
    same_face,
    write_face,
    write_people,
)
from .users import (
    changed_record,
    decode_user,
    moved_record,
    new_record,
    password_held,
    same_user,
    uid_of,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user with all that a terminal holds of them."""

    user_id: str
    record: bytes = field(repr=False)
    fingers: tuple[Finger, ...] = field(default=(), repr=False)
    # The records of the face, if the terminal gives them.
    face: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """People as one terminal held them."""

    info: DeviceInfo
    people: tuple[Person, ...] = field(repr=False)


# `extra` and `remove` are of those who should not be there (drift.py).
type Outcome = Literal["add", "change", "same", "refuse", "fail", "extra", "remove"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done, or was done, for one person at a terminal."""

    user_id: str
    name: str
    outcome: Outcome
    # Templates to write.
    fingerprints: int = 0
    face: bool = False
    # Why not all of it can be done: words for `refuse`, `fail`, and what is left out.
    reasons: tuple[str, ...] = ()
    # Fingers that go, since they should not be there (drift.py).
    revoked: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    step: Step
    # As it is to be at the terminal, under the number it has there.
    record: bytes = field(default=b"", repr=False)
    fingers: tuple[Finger, ...] = field(default=(), repr=False)
    # Fingers there that stand in the way.
    stale: tuple[int, ...] = ()
    face: bytes | None = field(default=None, repr=False)


def read_roster(
    client: TerminalClient,
    info: DeviceInfo,
    user_ids: Collection[str] | None = None,
    *,
    fingerprints: bool = True,
    faces: bool = True,
) -> Roster:
    """Return the people at a terminal, or some of them, with their templates."""
    records = People(client).records
    if user_ids is not None:
        for user_id in user_ids:
            if user_id not in records:
                raise UserRefused("user_unknown", user_id)
        records = {user_id: records[user_id] for user_id in user_ids}
    fingers = read_fingers(client) if records and fingerprints else {}
    with_faces = faces and gives_faces(info)
    return Roster(
        info,
        tuple(
            Person(
                user_id,
                record,
                tuple(fingers.get(uid_of(record), ())),
                read_face(client, uid_of(record)) if with_faces else None,
            )
            for user_id, record in records.items()
        ),
    )


class Transfer:
    """Brings people to one terminal, over one connection to it."""

    def __init__(
        self,
        client: TerminalClient,
        people: People,
        info: DeviceInfo,
        roster: Roster,
        *,
        replace: bool = False,
    ) -> None:
        """Work out what is to be done.

        With `replace` a user whom the terminal has becomes what the roster says;
        otherwise name, card and the rest stay, and only templates are brought.
        """
        self._client = client
        self._people = people
        self._info = info
        self._replace = replace
        self._with_fingers = (
            info.fingerprint_version is not None
            and info.fingerprint_version == roster.info.fingerprint_version
        )
        self._with_faces = gives_faces(info) and gives_faces(roster.info)
        fingers = read_fingers(client) if self._with_fingers else {}
        capacity = client.read_capacity()
        self._room = _Room(capacity)
        self._uids = iter(people.free_uids())
        self._tasks = [self._task(person, fingers) for person in roster.people]

    @property
    def plan(self) -> list[Step]:
        """Return what is to be done."""
        return [task.step for task in self._tasks]

    def do(self) -> list[Step]:
        """Do it, read it back, and return what was done."""
        tasks = [task for task in self._tasks if task.step.outcome in ("add", "change")]
        client = self._client
        for task in tasks:
            for finger in task.stale:
                with suppress(CommandRefused):
                    remove_finger(client, uid_of(task.record), finger)
        write_people(
            client,
            [task.record for task in tasks],
            {uid_of(task.record): task.fingers for task in tasks},
        )
        for task in tasks:
            if task.face is not None:
                with suppress(CommandRefused):  # reading back tells
                    write_face(client, task.step.user_id, task.face)
        client.refresh()
        self._people.read()
        return self._confirmed()

    # --- the plan ---------------------------------------------------------------------

    def _task(self, person: Person, known: Mapping[int, Sequence[Finger]]) -> _Task:
        user_id = person.user_id
        name = decode_user(person.record).name
        there = self._people.records.get(user_id)
        try:
            record = self._record(person, there)
        except UserRefused as err:
            return _Task(Step(user_id, name, "refuse", reasons=(err.reason,)))
        uid = uid_of(record)
        held = {finger.finger: finger for finger in known.get(uid, ()) if there}
        left_out = []
        fingers: tuple[Finger, ...] = ()
        if self._with_fingers:
            fingers = tuple(
                one for one in person.fingers if held.get(one.finger) != one
            )
            fresh = sum(one.finger not in held for one in fingers)
            if not self._room.take_fingers(fresh):
                fingers = ()
                left_out.append("fingerprints_full")
        elif person.fingers:
            left_out.append("fingerprint_version")
        face = None
        if person.face is not None and not self._with_faces:
            left_out.append("face_version")
        elif person.face is not None:
            at_terminal = read_face(self._client, uid) if there else None
            if not same_face(at_terminal, person.face):
                face = person.face
                if at_terminal is None and not self._room.take_face():
                    face = None
                    left_out.append("faces_full")
        outcome: Outcome = "change" if there else "add"
        if there and not fingers and face is None and same_user(there, record):
            outcome = "same"
        step = Step(
            user_id, name, outcome, len(fingers), face is not None, tuple(left_out)
        )
        stale = tuple(one.finger for one in fingers if one.finger in held)
        return _Task(step, record, fingers, stale, face)

    def _record(self, person: Person, there: bytes | None) -> bytes:
        """Return the record that the person is to have at this terminal."""
        if there is not None and not self._replace:
            return there
        rules = self._people.rules
        if there is None:
            rules.check_user_id(person.user_id)
            uid = next(self._uids, None)
            if uid is None or not self._room.take_user():
                raise UserRefused("users_full", person.user_id)
        else:
            uid = uid_of(there)
        if len(person.record) == rules.record_size:
            return moved_record(person.record, uid)
        user = decode_user(person.record)
        change = UserChange(
            name=user.name,
            password=password_held(person.record),
            card=user.card,
            role=user.role,
            group=user.group,
            disabled=user.disabled,
        )
        rules.check(change)
        base = there or new_record(rules.record_size, uid, person.user_id)
        return changed_record(base, change)

    # --- what came of it --------------------------------------------------------------

    def _confirmed(self) -> list[Step]:
        fingers = read_fingers(self._client) if self._with_fingers else {}
        return [self._outcome(task, fingers) for task in self._tasks]

    def _outcome(self, task: _Task, known: Mapping[int, Sequence[Finger]]) -> Step:
        step = task.step
        if step.outcome not in ("add", "change"):
            return step
        wrong = []
        there = self._people.records.get(step.user_id, b"")
        if not same_user(there, task.record):
            wrong.append("record")
        elif not set(task.fingers) <= set(known.get(uid_of(there), ())):
            wrong.append("fingerprints")
        elif task.face is not None and not same_face(
            read_face(self._client, uid_of(there)), task.face
        ):
            wrong.append("face")
        if not wrong:
            return step
        reasons = (*step.reasons, *(f"not_written_{what}" for what in wrong))
        return Step(step.user_id, step.name, "fail", reasons=reasons)


class _Room:
    """What still fits into a terminal."""

    def __init__(self, capacity: Capacity) -> None:
        self._users = capacity.user_capacity - capacity.users
        self._fingers = capacity.fingerprint_capacity - capacity.fingerprints
        self._faces = (capacity.face_capacity or 0) - (capacity.faces or 0)

    def take_user(self) -> bool:
        self._users -= 1
        return self._users >= 0

    def take_fingers(self, count: int) -> bool:
        if count > self._fingers:
            return False
        self._fingers -= count
        return True

    def take_face(self) -> bool:
        self._faces -= 1
        return self._faces >= 0
