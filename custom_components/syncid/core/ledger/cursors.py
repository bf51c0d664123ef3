"""How far the logs of terminals are read."""

from base64 import urlsafe_b64encode
from dataclasses import fields, replace

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import CursorMoved
from ..records import Batch, Cursor
from .schema import cursors, terminals

_FIELDS = tuple(field.name for field in fields(Cursor))
_SELECT = (
    select(*(cursors.c[name] for name in _FIELDS))
    .join_from(cursors, terminals)
    .where(terminals.c.serial == bindparam("serial"))
)
_insert = upsert(cursors)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[cursors.c.terminal_id],
    set_={name: _insert.excluded[name] for name in _FIELDS},
)


class Cursors:
    """The cursors in the ledger, for who has the key to the records in them.

    A terminal's log tells its last records as long as it is not cleared, whoever of
    them was erased: so they are kept in a way that names nobody without the key.
    """

    def __init__(self, key: bytes) -> None:
        """Take the key: 32 random bytes."""
        self._seal = Fernet(urlsafe_b64encode(key))

    def load(self, connection: Connection, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored."""
        row = connection.execute(_SELECT, {"serial": serial}).one_or_none()
        if row is None:
            return None
        cursor = Cursor(*row)
        try:
            return replace(cursor, overlap=self._seal.decrypt(cursor.overlap))
        except InvalidToken:
            # By another key, or by nobody: as they were kept once. Without a size,
            # they are not looked for, nor missed: all of the log is read once more.
            return replace(cursor, record_size=0, overlap=b"")

    def move(self, connection: Connection, terminal_id: int, batch: Batch) -> None:
        """Remember how far a log is stored with a batch, if that is of a read."""
        if (cursor := batch.cursor) is None:
            return
        if self.load(connection, batch.serial) != batch.since:
            raise CursorMoved(f"another read of {batch.serial} was faster")
        values = {name: getattr(cursor, name) for name in _FIELDS}
        # With no time, which anybody could read: it tells when somebody punched.
        values["overlap"] = self._seal.encrypt_at_time(cursor.overlap, 0)
        connection.execute(_SAVE, {"terminal_id": terminal_id, **values})
