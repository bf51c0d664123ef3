"""What syncing takes away from a terminal, and when that is too much.

A leader that was reset, or replaced and not filled yet, looks like one at which
everybody left. So what would take most of a follower away has to be asked for in so
many words, and so has somebody's last finger.
"""

from collections.abc import Mapping, Sequence, Sized
from contextlib import suppress
from dataclasses import dataclass, field

from ..errors import CommandRefused, LossRefused
from ..records import DeviceInfo
from .client import TerminalClient
from .people import People
from .templates import Finger, read_fingers, remove_finger
from .transfer import Roster, Step
from .users import uid_of

# So many may go whatever the rest: in a small office that is most of them.
FEW = 3


@dataclass(frozen=True, slots=True)
class Doomed:
    """Fingers that only a follower has of users who are managed."""

    fingers: Mapping[str, Sequence[Finger]] = field(default_factory=dict, repr=False)
    # Who would be left with none, and so keeps them.
    spared: frozenset[str] = frozenset()
    # How many fingers the terminal has, of all users.
    held: int = 0


def find_doomed(
    client: TerminalClient,
    people: People,
    info: DeviceInfo,
    roster: Roster,
    *,
    is_sure: bool = False,
) -> Doomed:
    """Return the fingers that a terminal has of those who should not have them."""
    version = info.fingerprint_version
    # Who does not tell the version may have any: two such cannot be compared.
    if version is None or version != roster.info.fingerprint_version:
        return Doomed()
    held = read_fingers(client)
    doomed, spared = {}, set()
    for person in roster.people:
        record = people.records.get(person.user_id)
        there = held.get(uid_of(record), ()) if record else ()
        known = {finger.finger for finger in person.fingers}
        gone = [one for one in there if one.finger not in known]
        if gone and not known and not is_sure:
            spared.add(person.user_id)
        elif gone:
            doomed[person.user_id] = gone
    return Doomed(doomed, frozenset(spared), sum(map(len, held.values())))


def check_losses(people: People, leaving: Sized, doomed: Doomed) -> None:
    """Raise `LossRefused` if most users or fingers of a terminal would go."""
    going, held = len(leaving), len(people.records)
    if _is_most(going, held):
        raise LossRefused("users", going, held)
    going = sum(map(len, doomed.fingers.values()))
    if _is_most(going, doomed.held):
        raise LossRefused("fingerprints", going, doomed.held)


def _is_most(going: int, held: int) -> bool:
    return going > FEW and going * 2 > held


def revoked_by(steps: Sequence[Step], doomed: Doomed) -> dict[str, Sequence[Finger]]:
    """Return the fingers that may go, once all that is wanted is there.

    Of somebody who did not get the new finger, the old one stays.
    """
    return {
        step.user_id: doomed.fingers[step.user_id]
        for step in steps
        if step.user_id in doomed.fingers
        and step.outcome in ("change", "same")
        # What a terminal lacks for faces says nothing of fingers.
        and "fingerprints_full" not in step.reasons
    }


def remove_fingers(
    client: TerminalClient, people: People, revoked: Mapping[str, Sequence[Finger]]
) -> None:
    """Remove fingers; only reading back tells whether they went."""
    people.is_touched = True
    for user_id, fingers in revoked.items():
        for finger in fingers:
            with suppress(CommandRefused):
                remove_finger(client, uid_of(people.records[user_id]), finger.finger)
    client.refresh()
