"""How far the logs of terminals are read."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import fields

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ..errors import CursorMoved
from ..records import Batch, Cursor
from .schema import cursors, terminals
from .traces import Rows, Traces

_FIELDS = tuple(field.name for field in fields(Cursor) if field.name != "overlap")
_KEPT = (*_FIELDS, "nonce")
_SELECT = (
    select(*(cursors.c[name] for name in _KEPT))
    .join_from(cursors, terminals)
    .where(terminals.c.serial == bindparam("serial"))
)
_SELECT_ENDS = select(terminals.c.serial, cursors.c.nonce).join_from(cursors, terminals)
_insert = upsert(cursors)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[cursors.c.terminal_id],
    set_={name: _insert.excluded[name] for name in _KEPT},
)
_FIND_END = "SELECT records FROM ends WHERE serial = ? AND nonce = ?"

type _Ask = Callable[[str, tuple[str, int]], Rows]


class Cursors:
    """The cursors in the ledger, for who has the key to the records that go with them.

    A terminal's log tells its last records as long as it is not cleared, whoever of
    them was erased: so they are kept outside the ledger, and in a way that names nobody
    without the key.
    """

    def __init__(self, key: bytes, traces: Traces) -> None:
        """Take the key: 32 random bytes."""
        self._seal = Fernet(urlsafe_b64encode(key))
        self._traces = traces

    def load(self, connection: Connection, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored; in any thread."""
        return self._load(connection, serial, self._traces.read)[0]

    def move(self, connection: Connection, terminal_id: int, batch: Batch) -> None:
        """Remember how far a log is stored with a batch, if that is of a read."""
        if (cursor := batch.cursor) is None:
            return
        known, nonce = self._load(connection, batch.serial, self._traces.ask)
        if known != batch.since:
            raise CursorMoved(f"another read of {batch.serial} was faster")
        values = {name: getattr(cursor, name) for name in _FIELDS}
        # With no time, which anybody could read: it tells when somebody punched.
        records = self._seal.encrypt_at_time(cursor.overlap, 0)
        values["nonce"] = self._traces.keep_end(batch.serial, nonce, records)
        connection.execute(_SAVE, {"terminal_id": terminal_id, **values})

    def move_in(self, serial: str, records: bytes) -> int:
        """Take records over that were in the ledger; return their nonce.

        0 if they cannot be read: as they were kept once, they may name who was erased.
        """
        if self._open(records) is None:
            return 0
        return self._traces.keep_end(serial, 0, records)

    def forget_ends(self, connection: Connection) -> None:
        """Forget the ends of logs that no cursor knows any more."""
        known = {(serial, nonce) for serial, nonce in connection.execute(_SELECT_ENDS)}
        for end in self._traces.ask("SELECT serial, nonce FROM ends"):
            if end not in known:
                self._traces.write(
                    "DELETE FROM ends WHERE serial = ? AND nonce = ?", end
                )

    def _load(
        self, connection: Connection, serial: str, ask: _Ask
    ) -> tuple[Cursor | None, int]:
        row = connection.execute(_SELECT, {"serial": serial}).one_or_none()
        if row is None:
            return None, 0
        *values, nonce = row
        known = dict(zip(_FIELDS, values, strict=True))
        for (records,) in ask(_FIND_END, (serial, nonce)):
            if (overlap := self._open(records)) is not None:
                return Cursor(**known, overlap=overlap), nonce
        # Lost, of another day, or by another key. Without a size, they are not looked
        # for, nor missed: all of the log is read once more.
        return Cursor(**{**known, "record_size": 0}, overlap=b""), nonce

    def _open(self, records: bytes) -> bytes | None:
        try:
            return self._seal.decrypt(records)
        except InvalidToken:
            return None
