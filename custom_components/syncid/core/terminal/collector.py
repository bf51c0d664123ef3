"""Reading a terminal's log into a sink, which the hub is.

Runs in the thread that owns the connection.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace
import logging
from math import inf

from ..errors import (
    ClearRefused,
    CommandRefused,
    CursorMoved,
    LedgerError,
    LinkError,
    LogChanged,
    SyncIDError,
    TableUnreadable,
)
from ..records import (
    NO_PUNCHES,
    Batch,
    Capacity,
    Cursor,
    DeviceUser,
    Ingested,
    Punches,
    Unreadable,
)
from .client import TerminalClient
from .clock import TerminalClock
from .codecs import UID_RECORD_SIZES, PunchDecoder, highest_uid
from .log import LogPiece, may_hold_news, read_log
from .reports import Cleared, Collected, PunchSink
from .users import decode_user

_LOGGER = logging.getLogger(__name__)

# Batches on their way into the ledger: enough that neither side waits for the other,
# few enough that a live punch of another terminal does not wait behind them.
_IN_FLIGHT = 8

_DAY = 86400

# Of logs that name users by the terminal's own numbers, or were empty so far.
_MAY_NAME_BY_UID = UID_RECORD_SIZES | {0}

# A log that is cleared again and again while it is read is left for the next poll.
_ATTEMPTS = 3


class LogCollector:
    """Reads the log of one terminal, and the names of those who are in it."""

    def __init__(
        self,
        sink: PunchSink,
        serial: str,
        *,
        local_now: Callable[[], float],
        clock: TerminalClock,
        decoder: PunchDecoder,
        take_live: Callable[[TerminalClient], None],
        on_users: Callable[[Mapping[str, DeviceUser]], None],
        on_cleared: Callable[[], object],
    ) -> None:
        """Take what is needed; `take_live` stores what was reported meanwhile."""
        self._sink = sink
        self._serial = serial
        self._local_now = local_now
        self._clock = clock
        self.decoder = decoder
        self._take_live = take_live
        self._on_users = on_users
        self._on_cleared = on_cleared
        # Whether it may be us who cleared the log since it was read.
        self._clearing = False
        # By the terminal's own numbers; None if they are not known.
        self.user_ids: Mapping[int, str] | None = None
        # The same when the log was last read to its end: whose number changed hands
        # since may have made what is read next, and may not.
        self._user_ids_before: Mapping[int, str] = {}
        # The highest number that was seen, in the log or of a user.
        self._highest_uid = 0
        self._has_warned = False
        self._users_counted = -1
        self._look_again_at = -inf

    # --- the users -----------------------------------------------------------------

    def take_users(self, records: Iterable[bytes]) -> list[DeviceUser]:
        """Know who the users are, and tell who asked to know."""
        users = [decode_user(record) for record in records]
        self.user_ids = {user.uid: user.user_id for user in users}
        self._highest_uid = max(self._highest_uid, *self.user_ids, 0)
        self._on_users({user.user_id: user for user in users})
        return users

    def prepare_changes(self, client: TerminalClient) -> int:
        """Read the log before people change, if it names them by numbers alone.

        Returns the highest of those that anybody has had, which nobody may get.
        """
        try:
            cursor = self._sink.cursor(self._serial)
            if cursor is not None:
                if cursor.record_size not in _MAY_NAME_BY_UID:
                    return 0
                self._highest_uid = max(self._highest_uid, cursor.highest_uid)
            self.collect(client)
        except LinkError:
            raise
        except SyncIDError as err:
            # Who should not get in any more is not to wait for it.
            _LOGGER.warning("Could not read the log of %s: %s", self._serial, err)
        with suppress(LedgerError, CursorMoved):
            self._remember_highest()
        return self._highest_uid

    def _remember_highest(self) -> None:
        """Keep the highest number, also of somebody who never punched."""
        cursor = self._sink.cursor(self._serial)
        if cursor is not None and cursor.highest_uid < self._highest_uid:
            higher = replace(cursor, highest_uid=self._highest_uid)
            batch = Batch(self._serial, "poll", since=cursor, cursor=higher)
            self._sink.ingest(batch).result()

    @property
    def _looks_again(self) -> bool:
        return self._local_now() >= self._look_again_at

    def _read_names(self, client: TerminalClient, capacity: Capacity) -> None:
        """Read the users for their names, which punches can do without."""
        try:
            self.take_users(client.read_users())
        except (CommandRefused, TableUnreadable) as err:
            self.user_ids = None
            _LOGGER.warning(
                "Terminal %s keeps its users to itself: %s", self._serial, err
            )
        # Not again before it changes, even if fewer came than were counted.
        self._users_counted = capacity.users

    # --- the log -------------------------------------------------------------------

    def collect_news(self, client: TerminalClient, capacity: Capacity) -> None:
        """Read what is new of log and users, if the counts say that there is any."""
        cursor = self._sink.cursor(self._serial)
        # Once a day for what a count does not tell: a log that was cleared and has
        # grown to the same number since, a user who was renamed.
        if self._looks_again or may_hold_news(cursor, capacity):
            self._collect(client, capacity)
        elif capacity.users != self._users_counted:
            self._read_names(client, capacity)
            # All that anybody made under a number is read, whoever has it now.
            self._user_ids_before = self.user_ids or {}

    def collect(self, client: TerminalClient) -> Collected:
        """Read the log's new records, even if their number says that there are none."""
        return self._collect(client, client.read_capacity())

    def _collect(self, client: TerminalClient, capacity: Capacity) -> Collected:
        cursor = self._sink.cursor(self._serial)
        if (
            self._looks_again
            or capacity.users != self._users_counted
            # Their records name nobody but by numbers that others may get.
            or (cursor and cursor.record_size in _MAY_NAME_BY_UID)
        ):
            self._read_names(client, capacity)
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._read_into_sink(client, capacity)
            except CursorMoved, LogChanged:
                capacity = client.read_capacity()
        return self._read_into_sink(client, capacity)

    def _read_into_sink(self, client: TerminalClient, capacity: Capacity) -> Collected:
        since = self._sink.cursor(self._serial)
        waiting: deque[Future[Ingested]] = deque()
        done: list[Ingested] = []
        read = 0
        # What is reported meanwhile goes first: it is news, and the log would tell it
        # as history.
        pieces = read_log(
            client,
            since,
            capacity,
            self._clock.second,
            lambda: self._take_live(client),
            self._found_cleared,
            try_tail=self._looks_again,
        )
        # Closed here, whatever happens: the terminal is told, over the link, that the
        # table is no longer needed, and no other thread may do that.
        with closing(pieces):
            for piece in pieces:
                punches, unreadable = self._punches_of(piece)
                read += len(punches) + len(unreadable)
                batch = Batch(
                    self._serial,
                    "poll",
                    punches,
                    unreadable,
                    self._clock.drift,
                    since,
                    self._with_highest(piece),
                )
                waiting.append(self._sink.ingest(batch))
                since = batch.cursor
                if len(waiting) >= _IN_FLIGHT:
                    done.append(waiting.popleft().result())
        done.extend(future.result() for future in waiting)
        self._look_again_at = self._local_now() + _DAY
        self._clearing = False
        self._user_ids_before = self.user_ids or {}
        collected = Collected(
            read=read,
            new=sum(ingested.new for ingested in done),
            duplicates=sum(ingested.duplicates for ingested in done),
            unreadable=sum(ingested.unreadable for ingested in done),
        )
        _LOGGER.debug("%s: read of the log: %s", self._serial, collected)
        return collected

    def _punches_of(self, piece: LogPiece) -> tuple[Punches, list[Unreadable]]:
        """Return the punches of a piece of the log, and the records that are none."""
        if not piece.raw:
            return NO_PUNCHES, []
        if piece.record_size in UID_RECORD_SIZES and self.user_ids is None:
            # Stored under other ids, they would be somebody else's for ever.
            raise TableUnreadable("its log cannot be read without its users")
        before = self._user_ids_before
        known = {
            uid: user_id
            for uid, user_id in (self.user_ids or {}).items()
            if before.get(uid, user_id) == user_id
        }
        punches, unreadable = self.decoder.log(piece.raw, piece.record_size, known)
        if not self._has_warned and any(
            record.reason == "unknown_uid" for record in unreadable
        ):
            self._has_warned = True
            _LOGGER.warning(
                "The log of %s has records with numbers that no user has, or that"
                " changed hands; they are kept as they came, and are nobody's punches",
                self._serial,
            )
        return punches, unreadable

    def _with_highest(self, piece: LogPiece) -> Cursor:
        """Return a piece's cursor, with the highest number that was seen so far."""
        if piece.record_size not in _MAY_NAME_BY_UID:
            return piece.cursor
        self._highest_uid = max(
            self._highest_uid,
            piece.cursor.highest_uid,
            highest_uid(piece.raw, piece.record_size),
        )
        return replace(piece.cursor, highest_uid=self._highest_uid)

    def _found_cleared(self) -> None:
        if not self._clearing:
            self._on_cleared()

    def clear_log(self, client: TerminalClient) -> Cleared:
        """Empty the terminal's log, once the ledger holds all of it.

        Collect, commit, compare, clear, verify. Nobody can punch between the
        comparison and the end: the terminal is locked for that time.
        """
        before = self.collect(client)
        client.lock()
        try:
            rest = self.collect(client)
            cursor, capacity = self._sink.cursor(self._serial), client.read_capacity()
            if cursor is None or cursor.count != capacity.records:
                raise ClearRefused(
                    f"the terminal has {capacity.records} records,"
                    f" {cursor.count if cursor else 0} of them are stored"
                )
            self._clearing = True
            client.clear_log()
            if left := client.read_capacity().records:
                raise ClearRefused(f"the terminal still has {left} records")
            emptied = replace(cursor, count=0, overlap=b"")
            self._sink.ingest(
                Batch(self._serial, "poll", since=cursor, cursor=emptied)
            ).result()
            self._clearing = False
        finally:
            client.unlock()
        return Cleared(
            before.read + rest.read,
            before.new + rest.new,
            before.duplicates + rest.duplicates,
            before.unreadable + rest.unreadable,
            capacity.records,
        )
