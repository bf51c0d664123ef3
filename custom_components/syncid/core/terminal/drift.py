"""Keeping terminals equal: how one differs from another, and making it the same.

Who should be at a terminal is read from the one that leads whenever it is needed, and
kept nowhere. What syncing would do is the drift, so that the two cannot disagree.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ..errors import CommandRefused
from ..progress import OnGoing, unheard
from ..records import Capacity, DeviceInfo
from .client import TerminalClient
from .losses import Doomed, check_losses, find_doomed, remove_fingers, revoked_by
from .people import People, gives_faces
from .templates import Finger, has_face
from .transfer import Roster, Step, Transfer, read_roster
from .users import decode_user, is_admin, uid_of

type Counts = tuple[int, int, int | None]
"""Users, fingerprints and faces: what a poll tells of a change."""


def counts_of(capacity: Capacity) -> Counts:
    """Return what tells that people have changed, without reading them."""
    return capacity.users, capacity.fingerprints, capacity.faces


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who should be at the terminals that follow, as the one that leads has them."""

    roster: Roster = field(repr=False)
    # Who has a face there, if faces are followed.
    faces: frozenset[str] = field(repr=False)
    # Who was named and is not there; None where everybody is followed.
    gone: frozenset[str] | None
    # What the leader held then.
    counts: Counts
    # Whether it has nobody at all, or gave nobody.
    is_empty: bool
    # Whether fingers that only a follower has of them are to go.
    revokes_fingers: bool = False

    def concerns(self, user_id: str) -> bool:
        """Tell whether a user who is not wanted should be nowhere."""
        return self.gone is None or user_id in self.gone


@dataclass(frozen=True, slots=True)
class Drift:
    """How a terminal differs from what it should hold: user ids."""

    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    # Who should not be there; syncing leaves them unless it is told to remove them.
    extra: tuple[str, ...] = ()
    # Of whom the terminal cannot take all, or anything; extra users who always stay.
    left_out: tuple[str, ...] = ()
    # Who was named and is not at the terminal that leads.
    not_at_leader: tuple[str, ...] = ()

    def to_sync(self, *, remove_extra: bool) -> int:
        """Return how many users syncing would change."""
        removed = set(self.extra) - set(self.left_out) if remove_extra else ()
        return len(self.missing) + len(self.different) + len(removed)


def read_wanted(
    client: TerminalClient,
    info: DeviceInfo,
    user_ids: Collection[str] = (),
    *,
    fingerprints: bool = True,
    faces: bool = True,
    whole: bool = False,
) -> Wanted:
    """Return who should be elsewhere: some of the people at a terminal, or all.

    Faces are large: only with `whole` are they read, otherwise who has one.
    """
    counts = counts_of(client.read_capacity())
    people, gone = People(client, exact=True), None
    chosen: Collection[str] = people.records
    if user_ids:
        named = dict.fromkeys(user_ids)
        gone = frozenset(named.keys() - people.records.keys())
        chosen = [user_id for user_id in named if user_id not in gone]
    roster = read_roster(
        client, info, chosen, fingerprints=fingerprints, faces=faces and whole
    )
    having = frozenset[str]()
    if faces and gives_faces(info):
        having = frozenset(
            person.user_id
            for person in roster.people
            if (person.face or (not whole and has_face(client, uid_of(person.record))))
        )
    return Wanted(
        roster,
        having,
        gone,
        counts,
        is_empty=not people.records,
        # One that has none at all was sooner reset than meant.
        revokes_fingers=fingerprints and counts[1] > 0,
    )


def find_drift(
    client: TerminalClient, people: People, info: DeviceInfo, wanted: Wanted
) -> Drift:
    """Return how a terminal differs, without reading its faces."""
    roster = wanted.roster
    roster = replace(
        roster, people=tuple(replace(person, face=None) for person in roster.people)
    )
    doomed = _doomed(client, people, info, wanted)
    plan = Transfer(
        client, people, info, roster, replace=True, doomed=doomed.fingers
    ).plan
    faces_go = gives_faces(info) and gives_faces(roster.info)
    faceless = {
        user_id
        for user_id in wanted.faces & people.records.keys()
        if faces_go and not has_face(client, uid_of(people.records[user_id]))
    }
    extra = extra_users(people.records, wanted)
    return drift_of(
        plan,
        extra=extra,
        staying=[
            *(user_id for user_id in extra if is_admin(people.records[user_id])),
            *sorted(doomed.spared),
        ],
        faceless=faceless,
        revoked=revoked_by(plan, doomed),
        without_faces=frozenset() if faces_go else wanted.faces,
        gone=wanted.gone or (),
    )


def drift_of(
    plan: Sequence[Step],
    *,
    extra: Sequence[str] = (),
    staying: Sequence[str] = (),
    faceless: Collection[str] = (),
    revoked: Collection[str] = (),
    without_faces: Collection[str] = (),
    gone: Collection[str] = (),
) -> Drift:
    """Return what a plan says of a terminal.

    `faceless` lack a face there that they should have; `without_faces` cannot have it;
    of `revoked` it has fingers that should go; `staying` are extra and never removed,
    or run it, or keep their last finger; `gone` were named and are not at the leader.
    """
    return Drift(
        missing=tuple(step.user_id for step in plan if step.outcome == "add"),
        different=tuple(
            step.user_id
            for step in plan
            if step.outcome == "change"
            or (
                step.outcome == "same"
                and (step.user_id in faceless or step.user_id in revoked)
            )
        ),
        extra=tuple(extra),
        left_out=tuple(
            dict.fromkeys(
                [
                    *(
                        step.user_id
                        for step in plan
                        if step.reasons or step.user_id in without_faces
                    ),
                    *staying,
                ]
            )
        ),
        not_at_leader=tuple(sorted(gone)),
    )


def extra_users(there: Collection[str], wanted: Wanted) -> list[str]:
    """Return who is at a terminal and should not be."""
    known = {person.user_id for person in wanted.roster.people}
    return [
        user_id
        for user_id in there
        if user_id not in known and wanted.concerns(user_id)
    ]


def sync_people(
    client: TerminalClient,
    people: People,
    info: DeviceInfo,
    wanted: Wanted,
    *,
    remove_extra: bool = False,
    is_sure: bool = False,
    dry_run: bool = False,
    on_going: OnGoing = unheard,
) -> list[Step]:
    """Make a terminal hold what it should, and return what became of each user.

    `on_going` is told how far it is. What would take most of it away is refused, and nobody loses the last finger, unless
    the admin `is_sure`.
    """
    removed = _extra_steps(people, wanted, remove=remove_extra)
    leaving = [step.user_id for step in removed if step.outcome == "remove"]
    doomed = _doomed(client, people, info, wanted, is_sure=is_sure)
    if not is_sure:
        check_losses(people, leaving, doomed)
    if leaving and not dry_run:
        # First of all: who is removed makes room.
        removed = _remove_extra(client, people, removed)
    transfer = Transfer(
        client,
        people,
        info,
        wanted.roster,
        replace=True,
        leaving=leaving if dry_run else (),
        doomed=doomed.fingers,
        on_going=on_going,
    )
    brought = transfer.plan if dry_run else transfer.do()
    # Last of all: a link that breaks, or a terminal that refuses the new fingers,
    # leaves nobody without any.
    revoked, left = revoked_by(brought, doomed), Doomed()
    if revoked and not dry_run:
        remove_fingers(client, people, revoked)
        left = _doomed(client, people, info, wanted, is_sure=is_sure)
    brought = [_with_extras(step, revoked, left, doomed) for step in brought]
    known = {step.user_id for step in removed}
    missed = [
        Step(user_id, "", "refuse", reasons=("not_at_leader",))
        for user_id in sorted((wanted.gone or frozenset()) - known)
    ]
    return [*brought, *missed, *removed]


def _doomed(
    client: TerminalClient,
    people: People,
    info: DeviceInfo,
    wanted: Wanted,
    *,
    is_sure: bool = False,
) -> Doomed:
    if not wanted.revokes_fingers:
        return Doomed()
    return find_doomed(client, people, info, wanted.roster, is_sure=is_sure)


def _with_extras(
    step: Step, revoked: Mapping[str, Sequence[Finger]], left: Doomed, doomed: Doomed
) -> Step:
    """Return a step with what was done about what only the terminal had."""
    if step.user_id in doomed.spared:
        step = replace(step, reasons=(*step.reasons, "last_fingerprint_kept"))
    if step.user_id not in revoked:
        return step
    if step.user_id in left.fingers:
        reasons = (*step.reasons, "fingerprints_not_removed")
        return replace(step, outcome="fail", reasons=reasons)
    outcome = "change" if step.outcome == "same" else step.outcome
    return replace(step, outcome=outcome, revoked=len(revoked[step.user_id]))


def _extra_steps(people: People, wanted: Wanted, *, remove: bool) -> list[Step]:
    """Return what is to become of those who should not be there."""
    steps = []
    for user_id in extra_users(people.records, wanted):
        record = people.records[user_id]
        name = decode_user(record).name
        if not remove:
            steps.append(Step(user_id, name, "extra"))
        elif is_admin(record):
            steps.append(Step(user_id, name, "extra", reasons=("admin",)))
        else:
            steps.append(Step(user_id, name, "remove"))
    return steps


def _remove_extra(
    client: TerminalClient, people: People, steps: Sequence[Step]
) -> list[Step]:
    """Remove who should not be there, and return what became of each."""
    people.is_touched = True
    for step in steps:
        if step.outcome == "remove":
            with suppress(CommandRefused):  # reading back tells
                client.remove_user(uid_of(people.records[step.user_id]))
    client.refresh()
    people.read()
    return [
        replace(step, outcome="fail", reasons=("not_removed",))
        if step.outcome == "remove" and step.user_id in people.records
        else step
        for step in steps
    ]
