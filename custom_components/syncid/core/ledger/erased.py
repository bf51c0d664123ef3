"""Which punches were erased, so that none comes back with what a terminal still holds.

Its log may be told again: since it is audited, asked for a period, or read anew. Of
each punch that was deleted a number is kept, made with a key that is not in the ledger.
Without that it tells neither who it was nor where or when, nor which go together. All
other punches are taken, whoever has or had the same user id.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from itertools import batched
import json

from sqlalchemy import Connection, delete, insert, select

from ..records import Batch, Punches, PunchKey
from .fetch import fetch_all
from .schema import erased_key, punches

# Punches that are noted, or looked up, at once.
_AT_ONCE = 500

_SERIALS = "SELECT id, serial FROM terminals"
_IS_ANY = "SELECT EXISTS (SELECT 1 FROM erased)"
# Not `IN`, which would sort them first.
_FIND = "SELECT number FROM json_each(?) CROSS JOIN erased ON number = value"
_NOTE = "INSERT OR IGNORE INTO erased SELECT value FROM json_each(?)"


class Erased:
    """The punches that were erased, for who has the key to their numbers."""

    def __init__(self, key: bytes) -> None:
        """Take the key: random, and of 64 bytes at most."""
        self._key = key
        # Whether there are any, as it was looked up; for the writer's thread.
        self._are_any: bool | None = None

    def look_again(self) -> None:
        """Rely on nothing that was looked up."""
        self._are_any = None

    def fits(self, connection: Connection) -> bool:
        """Tell whether this is the key by which all was noted, and keep which that is.

        After another one it is not kept: the former may come back.
        """
        digest = blake2b(b"key", key=self._key, digest_size=8).digest()
        number = int.from_bytes(digest, signed=True)
        kept: int | None = connection.scalar(select(erased_key.c.number))
        if kept is not None and are_any(connection):
            return kept == number
        connection.execute(delete(erased_key))
        connection.execute(insert(erased_key).values(number=number))
        return True

    def note(self, connection: Connection, users: Iterable[tuple[int, str]]) -> None:
        """Note all punches of some users of terminals, which are to be deleted."""
        serials = dict(fetch_all(connection, _SERIALS))
        by_terminal: dict[int, list[str]] = {}
        for terminal_id, user_id in users:
            by_terminal.setdefault(terminal_id, []).append(user_id)
        for terminal_id, user_ids in by_terminal.items():
            # All at once: no index finds the punches of a user.
            keys = connection.execute(
                select(punches.c.local_second, punches.c.user_id).where(
                    punches.c.terminal_id == terminal_id,
                    punches.c.user_id.in_(user_ids),
                )
            )
            for some in keys.tuples().partitions(_AT_ONCE):
                # Sorted: pages of the file have them as they came.
                numbers = sorted(self._numbers(serials[terminal_id], some))
                connection.exec_driver_sql(_NOTE, (json.dumps(numbers),))

    def among(
        self, connection: Connection, serial: str, keys: Iterable[PunchKey]
    ) -> set[PunchKey]:
        """Return those punches of a terminal that were erased."""
        return self._find(connection, serial, keys) if are_any(connection) else set()

    def without(self, connection: Connection, batch: Batch) -> Batch:
        """Return a batch without what its terminal tells again of what was erased."""
        if (found := self._are_any) is None:
            self._are_any = found = are_any(connection)
        if not found:
            return batch
        punches = batch.punches
        keys = [*zip(punches.seconds, punches.users, strict=True)]
        if not (gone := self._find(connection, batch.serial, keys)):
            return batch
        named = zip(keys, punches, strict=True)
        kept = Punches.of(one for key, one in named if key not in gone)
        return replace(batch, punches=kept)

    def _find(
        self, connection: Connection, serial: str, keys: Iterable[PunchKey]
    ) -> set[PunchKey]:
        found: set[PunchKey] = set()
        for some in batched(keys, _AT_ONCE, strict=False):
            numbers = self._numbers(serial, some)
            if rows := fetch_all(connection, _FIND, (json.dumps(numbers),)):
                key_of = dict(zip(numbers, some, strict=True))
                found.update(key_of[number] for (number,) in rows)
        return found

    def _numbers(self, serial: str, keys: Iterable[PunchKey]) -> list[int]:
        # With its length: no two punches are told in the same words. Once for all of
        # them, which takes half as long.
        begun = blake2b(
            f"{len(serial)} {serial}".encode(), key=self._key, digest_size=8
        )
        numbers: list[int] = []
        for second, user_id in keys:
            digest = begun.copy()
            digest.update(f"{second} {user_id}".encode())
            numbers.append(int.from_bytes(digest.digest(), signed=True))
        return numbers


def are_any(connection: Connection) -> bool:
    """Tell whether anything was erased."""
    ((found,),) = fetch_all(connection, _IS_ANY)
    return bool(found)
