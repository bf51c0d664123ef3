"""Bringing people with their templates from one terminal to another.

What is to be done is worked out first, from what both sides hold, and read back
afterwards. So a transfer that was interrupted is simply begun again: what is there
already is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from ..errors import CommandRefused, ConnectionLost, RefusedReason, UserRefused
from ..progress import OnGoing, counter, unheard
from ..records import DeviceInfo, UserChange
from .client import TerminalClient
from .people import People, gives_faces
from .room import Numbers, Room, without_card
from .templates import (
    Finger,
    read_face,
    read_fingers,
    same_face,
    write_face,
    write_finger,
    write_people,
)
from .users import (
    changed_record,
    decode_user,
    is_admin,
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
    # Fingers there that stand in the way: they go for the new ones, and come back if
    # the terminal does not take those.
    stale: tuple[Finger, ...] = field(default=(), repr=False)
    # Fingers that are not wanted, and make room for those that are.
    swapped: tuple[Finger, ...] = field(default=(), repr=False)
    face: bytes | None = field(default=None, repr=False)


def read_roster(
    client: TerminalClient,
    info: DeviceInfo,
    user_ids: Collection[str] | None = None,
    *,
    fingerprints: bool = True,
    faces: bool = True,
) -> Roster:
    """Return the people at a terminal, or some of them, with their templates.

    Others are made like them: who is missing in a table that was cut would be missed
    by nobody.
    """
    records = People(client, exact=True).records
    if user_ids is not None:
        for user_id in user_ids:
            if user_id not in records:
                raise UserRefused("user_unknown", user_id)
        records = {user_id: records[user_id] for user_id in user_ids}
    fingers = read_fingers(client, exact=True) if records and fingerprints else {}
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
        leaving: Collection[str] = (),
        doomed: Mapping[str, Sequence[Finger]] = MappingProxyType({}),
        on_going: OnGoing = unheard,
    ) -> None:
        """Work out what is to be done.

        With `replace` a user whom the terminal has becomes what the roster says, but
        for who would be its last admin and stays one; otherwise name, card and the rest
        stay, and only templates are brought. A plan may count on `leaving` being gone
        by then, with card and place. Fingers that are `doomed` go for new ones of the
        same user, where there is no room otherwise. `on_going` is told how far it is.
        """
        self._client = client
        self._people = people
        self._info = info
        self._replace = replace
        self._doomed = doomed
        self._on_going = on_going
        versions = {info.fingerprint_version, roster.info.fingerprint_version}
        is_itself = roster.info.serial == info.serial
        # Who does not tell the version may have any: two such are not equal. But a
        # terminal takes what it gave.
        self._with_fingers = len(versions - {None}) < 2 and (
            None not in versions or is_itself
        )
        self._why_no_fingers = (
            "fingerprint_version_unknown" if None in versions else "fingerprint_version"
        )
        self._with_faces = gives_faces(info) and gives_faces(roster.info)
        fingers = read_fingers(client) if self._with_fingers else {}
        capacity = client.read_capacity()
        staying = {
            user_id: record
            for user_id, record in people.records.items()
            if user_id not in leaving
        }
        self._room = Room(capacity, len(people.records) - len(staying))
        self._numbers = Numbers(
            # Whose fingers were left behind may be somebody's too.
            {*map(uid_of, people.records.values()), *fingers},
            people.free_uids(),
            {uid_of(person.record) for person in roster.people},
            # What is brought back to where it was goes by the numbers it had there.
            0 if is_itself else people.highest_uid,
        )
        records = self._records(roster, staying)
        self._admins = self._keep_an_admin(records)
        self._tasks = [
            self._task(person, records[person.user_id], fingers)
            for person in roster.people
        ]

    @property
    def plan(self) -> list[Step]:
        """Return what is to be done."""
        return [task.step for task in self._tasks]

    def do(self) -> list[Step]:
        """Do it, read it back, and return what was done."""
        tasks = [task for task in self._tasks if task.step.outcome in ("add", "change")]
        client, people = self._client, self._people
        user_ids = {uid_of(task.record): task.step.user_id for task in tasks}
        with_face = [task for task in tasks if task.face is not None]
        written = counter(self._on_going, "write", len(tasks))
        names = {uid_of(task.record): _called(task.step) for task in tasks}
        people.is_touched = True
        write_people(
            client,
            [task.record for task in tasks],
            {uid_of(task.record): task.fingers for task in tasks},
            {uid_of(task.record): task.stale + task.swapped for task in tasks},
            # If the link breaks before it is certain that there is another one.
            lambda uid, finger: people.old_fingers.keep(user_ids[uid], finger),
            people.is_ending,
            lambda record: written(names[uid_of(record)]),
        )
        brought = counter(self._on_going, "faces", len(with_face))
        for task in with_face:
            assert task.face is not None
            with suppress(CommandRefused):  # reading back tells
                write_face(client, task.step.user_id, task.face)
            brought(_called(task.step))
        client.refresh()
        if people.is_ending():
            raise ConnectionLost("the terminal is no longer watched")
        people.read()
        return self._confirmed()

    # --- the plan ---------------------------------------------------------------------

    def _records(
        self, roster: Roster, staying: Mapping[str, bytes]
    ) -> dict[str, bytes | RefusedReason]:
        """Return what each is to be at this terminal, or why that cannot be."""
        records: dict[str, bytes | RefusedReason] = {}
        for person in roster.people:
            try:
                records[person.user_id] = self._record(person)
            except UserRefused as err:
                records[person.user_id] = err.reason
        for user_id in without_card(staying, records):
            records[user_id] = "card_taken"
        return records

    def _keep_an_admin(self, records: dict[str, bytes | RefusedReason]) -> list[str]:
        """Leave those admin without whom nobody would be; return who that is.

        The menu of a terminal without admins is open to everybody.
        """
        there = self._people.records
        written = {
            user_id: record
            for user_id, record in records.items()
            if isinstance(record, bytes)
        }
        if any(map(is_admin, {**there, **written}.values())):
            return []
        admins = [
            user_id
            for user_id in there.keys() & written.keys()
            if is_admin(there[user_id])
        ]
        for user_id in admins:
            change = UserChange(role="admin")
            records[user_id] = changed_record(written[user_id], change)
        return admins

    def _task(
        self,
        person: Person,
        record: bytes | RefusedReason,
        known: Mapping[int, Sequence[Finger]],
    ) -> _Task:
        user_id = person.user_id
        name = decode_user(person.record).name
        there = self._people.records.get(user_id)
        if isinstance(record, bytes) and there is None:
            uid = self._numbers.take(uid_of(person.record))
            if uid is None or not self._room.take_user():
                record = "users_full"
            else:
                record = moved_record(record, uid)
        if isinstance(record, str):
            return _Task(Step(user_id, name, "refuse", reasons=(record,)))
        uid = uid_of(record)
        held = {finger.finger: finger for finger in known.get(uid, ()) if there}
        left_out = ["admin"] if user_id in self._admins else []
        fingers: tuple[Finger, ...] = ()
        swapped: tuple[Finger, ...] = ()
        if self._with_fingers:
            fingers = tuple(
                one for one in person.fingers if held.get(one.finger) != one
            )
            fresh = sum(one.finger not in held for one in fingers)
            if not self._room.take_fingers(fresh):
                swapped = tuple(self._doomed.get(user_id, ()))
                if not (swapped and self._room.take_fingers(fresh - len(swapped))):
                    fingers = swapped = ()
                    left_out.append("fingerprints_full")
        elif person.fingers:
            left_out.append(self._why_no_fingers)
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
        stale = tuple(held[one.finger] for one in fingers if one.finger in held)
        return _Task(step, record, fingers, stale, swapped, face)

    def _record(self, person: Person) -> bytes:
        """Return the record that the person is to have at this terminal.

        Of somebody new the number is not known yet.
        """
        there = self._people.records.get(person.user_id)
        if there is not None and not self._replace:
            return there
        rules = self._people.rules
        if there is None:
            rules.check_user_id(person.user_id)
        uid = uid_of(there or person.record)
        if len(person.record) == rules.record_size:
            return moved_record(person.record, uid)
        user = decode_user(person.record)
        change = UserChange(
            name=user.name,
            password=password_held(person.record),
            card=user.card,
            role=user.role,
            # Others write none, which no terminal takes for a group.
            group=user.group or 1,
            disabled=user.disabled,
        )
        rules.check(change)
        base = there or new_record(rules.record_size, uid, person.user_id)
        return changed_record(base, change)

    # --- what came of it --------------------------------------------------------------

    def _confirmed(self) -> list[Step]:
        fingers = self._held_fingers() if self._with_fingers else {}
        checked = counter(self._on_going, "check", len(self._tasks))
        steps = []
        for task in self._tasks:
            steps.append(self._outcome(task, fingers))
            checked(_called(task.step))
        return steps

    def _held_fingers(self) -> Mapping[int, Sequence[Finger]]:
        """Return the fingers that the terminal has, which is to lose none of its old ones."""
        fingers = read_fingers(self._client)
        if self._put_back(fingers):
            fingers = read_fingers(self._client)
        for task in self._tasks:
            old = {*task.stale, *task.swapped}
            held = fingers.get(uid_of(task.record), ()) if old else ()
            for finger in old - {*_lost(task, held)}:
                self._people.old_fingers.forget(task.step.user_id, finger)
        return fingers

    def _put_back(self, known: Mapping[int, Sequence[Finger]]) -> bool:
        """Write fingers back that went for others, which the terminal did not take."""
        lost = [
            (uid, finger)
            for task in self._tasks
            if task.stale or task.swapped
            for uid in (uid_of(task.record),)
            for finger in _lost(task, known.get(uid, ()))
        ]
        for uid, finger in lost:
            with suppress(CommandRefused):  # reading back tells
                write_finger(self._client, uid, finger)
        if lost:
            self._client.refresh()
        return bool(lost)

    def _outcome(self, task: _Task, known: Mapping[int, Sequence[Finger]]) -> Step:
        step = task.step
        if step.outcome not in ("add", "change"):
            return step
        wrong: list[str] = []
        there = self._people.records.get(step.user_id, b"")
        if not same_user(there, task.record):
            wrong.append("not_written_record")
        elif not set(task.fingers) <= set(known.get(uid_of(there), ())):
            wrong.append("not_written_fingerprints")
        elif task.face is not None and not same_face(
            read_face(self._client, uid_of(there)), task.face
        ):
            wrong.append("not_written_face")
        if not wrong:
            return step
        if old := task.stale + task.swapped:
            held = known.get(uid_of(task.record), ())
            if _lost(task, held):
                wrong.append("old_fingerprints_lost")
            elif set(old) & set(held):
                wrong.append("old_fingerprints_kept")
        return Step(step.user_id, step.name, "fail", reasons=(*step.reasons, *wrong))


def _called(step: Step) -> str:
    return step.name or step.user_id


def _lost(task: _Task, held: Sequence[Finger]) -> list[Finger]:
    """Return the fingers that went for others which are not there."""
    numbers = {finger.finger for finger in held}
    gone = task.stale if set(task.fingers) <= set(held) else task.stale + task.swapped
    return [finger for finger in gone if finger.finger not in numbers]
