"""Which punches were erased, so that none comes back with what a terminal still holds.

Its log may be told again: since it is audited, asked for a period, or read anew. Of
each punch that was deleted a number is kept, and of each record in quarantine, in the
file of traces and not in the ledger, made with a key that is in neither. Without that it
tells neither who it was nor where or when, nor which go together. All other punches are
taken, whoever has or had the same user id.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from itertools import batched
import json

from sqlalchemy import Connection, delete, insert, select

from ..records import Batch, Punches, PunchKey
from .fetch import fetch_all
from .schema import erasings, punches, quarantine
from .traces import Rows, Traces

# Punches, or records, that are noted or looked up at once.
_AT_ONCE = 500
# Apart from punches: no record is numbered as one, whatever its bytes are.
_QUARANTINE = b"quarantine"

_SERIALS = "SELECT id, serial FROM terminals"
_IS_ANY = "SELECT EXISTS (SELECT 1 FROM erased)"
# Not `IN`, which would sort them first.
_FIND = "SELECT number FROM json_each(?) CROSS JOIN erased ON number = value"
_BEGIN = "INSERT OR IGNORE INTO erasings (number, key, settled) VALUES (?, ?, 0)"
_NOTE_NEW = """INSERT OR IGNORE INTO undo SELECT value FROM json_each(?)
    WHERE value NOT IN (SELECT number FROM erased)"""
_TAKE_BACK = "DELETE FROM erased WHERE number IN (SELECT value FROM json_each(?))"
_NOTE = "INSERT OR IGNORE INTO erased SELECT value FROM json_each(?)"

type _Ask = Callable[[str, tuple[str, ...]], Rows]
# What numbers some punches of a terminal, or some records.
type _Number[T] = Callable[[Iterable[T]], list[int]]


class Erased:
    """The punches that were erased, for who has the key to their numbers."""

    def __init__(self, key: bytes, traces: Traces) -> None:
        """Take the key: random, and of 64 bytes at most."""
        self._key = key
        digest = blake2b(b"key", key=key, digest_size=8).digest()
        self._key_number = int.from_bytes(digest, signed=True)
        self._traces = traces
        # Whether there are any, as it was looked up; for the writer's thread.
        self._has_any: bool | None = None

    def look_again(self) -> None:
        """Rely on nothing that was looked up."""
        self._has_any = None

    def fits(self, connection: Connection) -> bool:
        """Tell whether all that was ever erased is known again.

        The ledger has the number of the last erasing that it knows. If that is not among
        the traces, these were lost, or are older; and what another key noted, this one
        does not know. The ledger's stays as it is then: the former may come back.
        """
        self.settle(connection)
        known = self._traces.ask("SELECT number, key FROM erasings ORDER BY position")
        if not _erasings_in(connection) <= {number for number, _ in known} or any(
            key != self._key_number for _, key in known
        ):
            return False
        if known:
            # Though the ledger was begun anew, or is of a day before.
            self._keep_erasing(connection, known[-1][0])
        return True

    def settle(self, connection: Connection) -> None:
        """Take back what was noted of what the ledger did not delete then.

        Only of those that it has: one that was begun anew, or is of a day before, does
        not know what another one deleted.
        """
        write = self._traces.write
        for (number,) in self._traces.ask(
            "SELECT number FROM erasings WHERE NOT settled AND number != ?",
            (self._traces.stamp,),
        ):
            if number in _erasings_in(connection) or not self._take_back(connection):
                write("UPDATE erasings SET settled = 1 WHERE number = ?", (number,))
            else:
                write("DELETE FROM erasings WHERE number = ?", (number,))
            write("DELETE FROM undo")

    def _take_back(self, connection: Connection) -> bool:
        """Take back what was noted of what is there; tell if that was all."""
        left = {number for (number,) in self._traces.ask("SELECT number FROM undo")}
        for terminal_id, serial in fetch_all(connection, _SERIALS):
            for numbers in self._numbers_in(connection, terminal_id, serial):
                if found := left.intersection(numbers):
                    self._traces.write(_TAKE_BACK, (json.dumps([*found]),))
                    left -= found
        return not left

    def note(self, connection: Connection, users: Iterable[tuple[int, str]]) -> None:
        """Note all that is to be deleted of some users of terminals."""
        self.settle(connection)
        serials = dict(fetch_all(connection, _SERIALS))
        by_terminal: dict[int, list[str]] = {}
        for terminal_id, user_id in users:
            by_terminal.setdefault(terminal_id, []).append(user_id)
        for terminal_id, user_ids in by_terminal.items():
            serial = serials[terminal_id]
            # All at once: no index finds the punches of a user.
            for some in self._numbers_in(connection, terminal_id, serial, user_ids):
                self._note(connection, some)

    def _numbers_in(
        self,
        connection: Connection,
        terminal_id: int,
        serial: str,
        user_ids: list[str] | None = None,
    ) -> Iterator[list[int]]:
        """Return numbers of what the ledger has of a terminal, or of some users."""
        keys = select(punches.c.local_second, punches.c.user_id).where(
            punches.c.terminal_id == terminal_id
        )
        records = select(quarantine.c.raw).where(
            quarantine.c.terminal_id == terminal_id
        )
        if user_ids is not None:
            keys = keys.where(punches.c.user_id.in_(user_ids))
            records = records.where(quarantine.c.user_id.in_(user_ids))
        for some in connection.execute(keys).tuples().partitions(_AT_ONCE):
            yield self._numbers(serial, some)
        for raw in connection.execute(records).scalars().partitions(_AT_ONCE):
            yield self._numbers_aside(serial, raw)

    def _note(self, connection: Connection, numbers: list[int]) -> None:
        erasing = self._traces.stamp
        self._traces.write(_BEGIN, (erasing, self._key_number))
        # Sorted: pages of the file have them as they came.
        told = json.dumps(sorted(numbers))
        self._traces.write(_NOTE_NEW, (told,))
        self._traces.write(_NOTE, (told,))
        self._keep_erasing(connection, erasing)

    def _keep_erasing(self, connection: Connection, number: int) -> None:
        """Have the ledger know an erasing, instead of those that are among the traces."""
        theirs = _erasings_in(connection)
        known = {one for (one,) in self._traces.ask("SELECT number FROM erasings")}
        for one in theirs & known - {number}:
            connection.execute(delete(erasings).where(erasings.c.number == one))
        if number not in theirs:
            connection.execute(insert(erasings).values(number=number))

    def move_in(
        self, connection: Connection, numbers: Iterable[int], key: int | None
    ) -> None:
        """Take numbers over that were in the ledger, noted by a key, or by any."""
        erasing = self._traces.stamp
        key = self._key_number if key is None else key
        self._traces.write(_BEGIN, (erasing, key))
        for some in batched(numbers, _AT_ONCE, strict=False):
            self._traces.write(_NOTE, (json.dumps(some),))
        connection.execute(insert(erasings).values(number=erasing))

    def among(self, serial: str, keys: Iterable[PunchKey]) -> set[PunchKey]:
        """Return those punches of a terminal that were erased; in any thread."""
        read = self._traces.read
        if not _are_any(read):
            return set()
        return _find(keys, partial(self._numbers, serial), read)

    def without(self, batch: Batch) -> Batch:
        """Return a batch without what its terminal tells again of what was erased."""
        if (found := self._has_any) is None:
            self._has_any = found = _are_any(self._traces.ask)
        if not found:
            return batch
        serial, punches, ask = batch.serial, batch.punches, self._traces.ask
        keys = [*zip(punches.seconds, punches.users, strict=True)]
        if gone := _find(keys, partial(self._numbers, serial), ask):
            named = zip(keys, punches, strict=True)
            kept = Punches.of(one for key, one in named if key not in gone)
            batch = replace(batch, punches=kept)
        raw = [one.raw for one in batch.unreadable]
        if aside := _find(raw, partial(self._numbers_aside, serial), ask):
            unreadable = [one for one in batch.unreadable if one.raw not in aside]
            batch = replace(batch, unreadable=unreadable)
        return batch

    def _numbers(self, serial: str, keys: Iterable[PunchKey]) -> list[int]:
        told = (f"{second} {user_id}".encode() for second, user_id in keys)
        return self._digests(serial, told)

    def _numbers_aside(self, serial: str, records: Iterable[bytes]) -> list[int]:
        return self._digests(serial, records, _QUARANTINE)

    def _digests(
        self, serial: str, told: Iterable[bytes], kind: bytes = b""
    ) -> list[int]:
        # With its length: no two punches are told in the same words. Once for all of
        # them, which takes half as long.
        begun = blake2b(
            f"{len(serial)} {serial}".encode(),
            key=self._key,
            digest_size=8,
            person=kind,
        )
        numbers: list[int] = []
        for words in told:
            digest = begun.copy()
            digest.update(words)
            numbers.append(int.from_bytes(digest.digest(), signed=True))
        return numbers


def _find[T](things: Iterable[T], number: _Number[T], ask: _Ask) -> set[T]:
    """Return those of some punches, or of some records, that were erased."""
    found: set[T] = set()
    for some in batched(things, _AT_ONCE, strict=False):
        numbers = number(some)
        if rows := ask(_FIND, (json.dumps(numbers),)):
            named = dict(zip(numbers, some, strict=True))
            found.update(named[one] for (one,) in rows)
    return found


def _are_any(ask: _Ask) -> bool:
    """Tell whether anything was erased."""
    ((found,),) = ask(_IS_ANY, ())
    return bool(found)


def _erasings_in(connection: Connection) -> set[int]:
    """Return the erasings that the ledger knows."""
    return {*connection.execute(select(erasings.c.number)).scalars()}
