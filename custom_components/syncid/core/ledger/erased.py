"""Who was erased, so that what a terminal still holds of them does not come back.

Its log may be told again: since it is audited, asked for a period, or read anew. Of
each user a digest is kept, and from when until when they had punched. Who has the same
number after that is somebody else, and so is who had it before, or is dated like that
by a clock that lost its time.
"""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert as upsert

from ..records import Batch, Between, Punches, is_erased
from .schema import erased, punches, terminals

# From which local second to which, by the digest of a user.
type Erased = dict[bytes, Between]

_SELECT = (
    select(erased.c.who, erased.c.since, erased.c.until)
    .join_from(erased, terminals)
    .where(terminals.c.serial == bindparam("serial"))
)
_insert = upsert(erased)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[erased.c.terminal_id, erased.c.who],
    set_={
        "since": func.min(erased.c.since, _insert.excluded.since),
        "until": func.max(erased.c.until, _insert.excluded.until),
    },
)


def _digest(serial: str, user_id: str) -> bytes:
    """Return what is kept of a user: not to be read, though numbers can be tried."""
    return blake2b(f"{serial}\n{user_id}".encode(), digest_size=16).digest()


def note_erased(
    connection: Connection, users: Iterable[tuple[int, str]], now: float
) -> None:
    """Note users whose punches are about to be deleted; `now` is in seconds of UTC."""
    rows = connection.execute(
        select(
            terminals.c.id,
            terminals.c.serial,
            punches.c.user_id,
            func.min(punches.c.local_second),
            func.max(punches.c.local_second),
        )
        .join_from(punches, terminals)
        .where(
            tuple_(punches.c.terminal_id, punches.c.user_id).in_([*users]),
            # By a wrong clock, they would have punched until years from now, and so
            # would who has their number next.
            punches.c.utc_second <= now,
        )
        .group_by(punches.c.terminal_id, punches.c.user_id)
    ).all()
    if rows:
        connection.execute(
            _SAVE,
            [
                {
                    "terminal_id": terminal_id,
                    "who": _digest(serial, user_id),
                    "since": since,
                    "until": until,
                }
                for terminal_id, serial, user_id, since, until in rows
            ],
        )


def load_erased(connection: Connection, serial: str) -> Erased:
    """Return who was erased of a terminal."""
    rows = connection.execute(_SELECT, {"serial": serial})
    return {who: (since, until) for who, since, until in rows}


def erased_of(erased: Erased, serial: str, users: Iterable[str]) -> dict[str, Between]:
    """Return from when until when users were erased, of those who were."""
    found = ((one, erased.get(_digest(serial, one))) for one in users)
    return {user_id: between for user_id, between in found if between is not None}


def without_erased(batch: Batch, erased: Erased) -> Batch:
    """Return a batch without what its terminal tells again of who was erased."""
    if not erased:
        return batch
    users = {*batch.punches.users}
    if not (gone := erased_of(erased, batch.serial, users)):
        return batch
    kept = (
        punch
        for punch in batch.punches
        if not is_erased(punch.user_id, punch.local_second, gone)
    )
    return replace(batch, punches=Punches.of(kept))
