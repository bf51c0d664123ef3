"""What there is room for at a terminal, and who can have which number and card."""

from collections.abc import Collection, Iterable, Mapping
from math import inf

from ..records import Capacity
from .users import MAX_UID, decode_user


def without_card(
    held: Mapping[str, bytes], wanted: Mapping[str, bytes | str]
) -> set[str]:
    """Return who cannot be given a card, since somebody else would have it too.

    A card is free if who has it is to get another one. Who is refused does not, and
    so others may be refused for it.
    """
    now = {user_id: decode_user(record).card for user_id, record in held.items()}
    given = {
        user_id: card
        for user_id, record in wanted.items()
        if isinstance(record, bytes)
        and (card := decode_user(record).card) != now.get(user_id, 0)
    }
    refused: set[str] = set()
    while True:
        owners = {
            card: user_id
            for user_id, card in now.items()
            if user_id not in given or user_id in refused
        }
        more = {
            user_id
            for user_id, card in given.items()
            if card
            and user_id not in refused
            and owners.setdefault(card, user_id) != user_id
        }
        if not more:
            return refused
        refused |= more


class Numbers:
    """The terminal's own numbers for users whom it does not have yet.

    Everybody keeps the number of the roster, if nobody has it at the terminal: old
    terminals name people by nothing else in their logs. For the same reason nobody
    gets one up to `given`, which others may have had there.
    """

    def __init__(
        self,
        taken: Collection[int],
        free: Iterable[int],
        claimed: Collection[int],
        given: int = 0,
    ) -> None:
        """Know which numbers are in use, and which those of the roster are."""
        self._given = given
        self._taken = {0, *taken}
        in_use = {*taken, *claimed}
        self._others = (uid for uid in free if uid not in in_use)

    def take(self, own: int) -> int | None:
        """Return the own number, or another one; None if there is none left."""
        if own in self._taken or not self._given < own <= MAX_UID:
            return next(self._others, None)
        self._taken.add(own)
        return own


class Room:
    """What still fits into a terminal."""

    def __init__(self, capacity: Capacity, leaving: int) -> None:
        """Count on so many users to be gone."""
        self._users = _left(capacity.user_capacity, capacity.users) + leaving
        self._fingers = _left(capacity.fingerprint_capacity, capacity.fingerprints)
        self._faces = _left(capacity.face_capacity, capacity.faces)

    def take_user(self) -> bool:
        """Tell whether there is room for one user more, and take it."""
        self._users -= 1
        return self._users >= 0

    def take_fingers(self, count: int) -> bool:
        """Tell whether there is room for so many fingers, and take it."""
        if count > self._fingers:
            return False
        self._fingers -= count
        return True

    def take_face(self) -> bool:
        """Tell whether there is room for one face more, and take it."""
        self._faces -= 1
        return self._faces >= 0


def _left(capacity: int | None, used: int | None) -> float:
    """Return what still fits; a terminal that does not say may take any number."""
    return capacity - (used or 0) if capacity else inf
