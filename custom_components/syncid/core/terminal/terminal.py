"""What is done at one terminal, over whatever connection there is to it.

Runs in the thread that owns the connection. Its punches go into a sink, which the
hub is; see `worker` for the thread itself.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
import logging
from math import inf
from typing import Protocol

from ..codes import DirectionOption, VerifyOption, verify_family
from ..errors import (
    ClearRefused,
    CommandRefused,
    CursorMoved,
    LinkError,
    LogChanged,
    SyncIDError,
    TableUnreadable,
    WrongTerminal,
)
from ..records import (
    Batch,
    Capacity,
    Cursor,
    DeviceInfo,
    DeviceUser,
    Ingested,
    Punch,
    Unreadable,
)
from .client import TerminalClient
from .codecs import UID_RECORD_SIZES, PunchDecoder
from .log import LogPiece, may_hold_news, read_log
from .people import People
from .users import decode_user

_LOGGER = logging.getLogger(__name__)

# The only event of interest so far (protocol-4370 §2.10).
_ATTENDANCE = 1

# Batches on their way into the ledger: enough that neither side waits for the other,
# few enough that a live punch of another terminal does not wait behind them.
_IN_FLIGHT = 8

_DAY = 86400

# Of logs that name users by the terminal's own numbers, or were empty so far.
_MAY_NAME_BY_UID = UID_RECORD_SIZES | {0}

# A log that is cleared again and again while it is read is left for the next poll.
_ATTEMPTS = 3


class PunchSink(Protocol):
    """Where a terminal's punches go."""

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored."""

    def ingest(self, batch: Batch) -> Future[Ingested]:
        """Store a batch; done when it is committed."""


@dataclass(frozen=True, slots=True)
class Status:
    """What changes at a terminal."""

    capacity: Capacity
    # Seconds by which the terminal's clock is ahead.
    clock_drift: float


@dataclass(frozen=True, slots=True)
class Collected:
    """What a read of the log brought."""

    read: int = 0
    new: int = 0
    duplicates: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Cleared(Collected):
    """What was read before a log was cleared, and how many records were in it."""

    cleared: int = 0


@dataclass(frozen=True, slots=True)
class ClockSync:
    """By how many seconds the clock was ahead, and is."""

    before: float
    after: float


class Terminal:
    """One terminal, as its admin set it up."""

    def __init__(
        self,
        sink: PunchSink,
        *,
        serial: str,
        local_now: Callable[[], float],
        direction: DirectionOption = "auto",
        verify_codes: VerifyOption = "auto",
        on_users: Callable[[Mapping[str, DeviceUser]], None] = lambda users: None,
    ) -> None:
        """Know the terminal by its serial number.

        `local_now` tells the time, as local seconds, that the terminal's clock
        should show.
        """
        self._sink = sink
        self.serial = serial
        self._local_now = local_now
        self._direction: DirectionOption = direction
        self._verify_codes: VerifyOption = verify_codes
        self._on_users = on_users
        self._decoder = PunchDecoder("classic", direction)
        self._user_ids: dict[int, str] | None = None
        self._users_counted = -1
        self._clock = 0
        self._drift = 0.0
        self._look_again_at = -inf
        self.info: DeviceInfo | None = None

    # --- over a new connection --------------------------------------------------

    def meet(self, client: TerminalClient) -> None:
        """Make sure that it is this terminal that answers."""
        self._verify(client)
        if self.info is None:
            self.read_info(client)
        self.heartbeat(client)

    def read_info(self, client: TerminalClient) -> DeviceInfo:
        """Return what the terminal says of itself."""
        self.info = client.read_info()
        family = verify_family(self._verify_codes, self.info)
        self._decoder = PunchDecoder(family, self._direction)
        return self.info

    def _verify(self, client: TerminalClient) -> None:
        if (found := client.read_serial()) != self.serial:
            raise WrongTerminal(self.serial, found)

    def heartbeat(self, client: TerminalClient) -> None:
        """Ask for something cheap, which only a live terminal answers."""
        asked = self._local_now()
        self._clock = client.read_clock()
        # It showed that second at some time between, and for some time before.
        self._drift = self._clock + 0.5 - (asked + self._local_now()) / 2

    def sync_clock(self, client: TerminalClient) -> ClockSync:
        """Set the terminal's clock right."""
        self.heartbeat(client)
        before = self._drift
        client.set_clock(round(self._local_now()))
        self.heartbeat(client)
        return ClockSync(before, self._drift)

    # --- status and users ---------------------------------------------------------

    def read_status(self, client: TerminalClient) -> Status:
        """Return how full the terminal is, and how wrong its clock."""
        self.heartbeat(client)
        return Status(client.read_capacity(), self._drift)

    def read_users(self, client: TerminalClient) -> list[DeviceUser]:
        """Return the users, and tell who asked to know."""
        return self._take_users(client.read_users())

    def _take_users(self, records: Iterable[bytes]) -> list[DeviceUser]:
        users = [decode_user(record) for record in records]
        self._user_ids = {user.uid: user.user_id for user in users}
        self._on_users({user.user_id: user for user in users})
        return users

    @contextmanager
    def changing_people(self, client: TerminalClient) -> Iterator[People]:
        """Let people be changed at this terminal, and no other."""
        self._verify(client)
        people = People(client)
        try:
            yield people
        finally:
            self._take_users(people.records.values())

    # --- the log ------------------------------------------------------------------

    def poll(self, client: TerminalClient) -> Status:
        """Read what changed: status, users, and the log's new records."""
        status = self.read_status(client)
        cursor = self._sink.cursor(self.serial)
        # Once a day for what a count does not tell: a log that was cleared and has
        # grown to the same number since, a user who was renamed.
        if self._looks_again or may_hold_news(cursor, status.capacity):
            self._collect(client, status.capacity)
        elif status.capacity.users != self._users_counted:
            self._read_names(client, status.capacity)
        return status

    @property
    def _looks_again(self) -> bool:
        return self._local_now() >= self._look_again_at

    def _read_names(self, client: TerminalClient, capacity: Capacity) -> None:
        """Read the users for their names, which punches can do without."""
        try:
            self.read_users(client)
        except (CommandRefused, TableUnreadable) as err:
            self._user_ids = None
            _LOGGER.warning(
                "Terminal %s keeps its users to itself: %s", self.serial, err
            )
        # Not again before it changes, even if fewer came than were counted.
        self._users_counted = capacity.users

    def collect(self, client: TerminalClient) -> Collected:
        """Read the log's new records, even if their number says that there are none."""
        return self._collect(client, client.read_capacity())

    def _collect(self, client: TerminalClient, capacity: Capacity) -> Collected:
        cursor = self._sink.cursor(self.serial)
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
        since = self._sink.cursor(self.serial)
        waiting: deque[Future[Ingested]] = deque()
        done: list[Ingested] = []
        read = 0
        # What is reported meanwhile goes first: it is news, and the log would tell it
        # as history.
        pieces = read_log(
            client,
            since,
            capacity,
            self._clock,
            lambda: self.take_live(client),
            try_tail=self._looks_again,
        )
        # Closed here, whatever happens: the terminal is told, over the link, that the
        # table is no longer needed, and no other thread may do that.
        with closing(pieces):
            for piece in pieces:
                punches, unreadable = self._punches_of(piece)
                read += len(punches) + len(unreadable)
                batch = Batch(
                    self.serial,
                    "poll",
                    punches,
                    unreadable,
                    self._drift,
                    since,
                    piece.cursor,
                )
                waiting.append(self._sink.ingest(batch))
                since = piece.cursor
                if len(waiting) >= _IN_FLIGHT:
                    done.append(waiting.popleft().result())
        done.extend(future.result() for future in waiting)
        self._look_again_at = self._local_now() + _DAY
        collected = Collected(
            read=read,
            new=sum(ingested.new for ingested in done),
            duplicates=sum(ingested.duplicates for ingested in done),
            unreadable=sum(ingested.unreadable for ingested in done),
        )
        _LOGGER.debug("%s: read of the log: %s", self.serial, collected)
        return collected

    def _punches_of(self, piece: LogPiece) -> tuple[list[Punch], list[Unreadable]]:
        """Return the punches of a piece of the log, and the records that are none."""
        if not piece.raw:
            return [], []
        if piece.record_size in UID_RECORD_SIZES and self._user_ids is None:
            # Stored under other ids, they would be somebody else's for ever.
            raise TableUnreadable("its log cannot be read without its users")
        return self._decoder.log(piece.raw, piece.record_size, self._user_ids)

    def clear_log(self, client: TerminalClient) -> Cleared:
        """Empty the terminal's log, once the ledger holds all of it.

        Collect, commit, compare, clear, verify. Nobody can punch between the
        comparison and the end: the terminal is locked for that time.
        """
        before = self.collect(client)
        client.lock()
        try:
            rest = self.collect(client)
            cursor, capacity = self._sink.cursor(self.serial), client.read_capacity()
            if cursor is None or cursor.count != capacity.records:
                raise ClearRefused(
                    f"the terminal has {capacity.records} records,"
                    f" {cursor.count if cursor else 0} of them are stored"
                )
            client.clear_log()
            if left := client.read_capacity().records:
                raise ClearRefused(f"the terminal still has {left} records")
            emptied = replace(cursor, count=0, overlap=b"")
            self._sink.ingest(
                Batch(self.serial, "poll", (), since=cursor, cursor=emptied)
            ).result()
        finally:
            client.unlock()
        return Cleared(
            before.read + rest.read,
            before.new + rest.new,
            before.duplicates + rest.duplicates,
            before.unreadable + rest.unreadable,
            capacity.records,
        )

    # --- live -----------------------------------------------------------------------

    def go_live(self, client: TerminalClient) -> None:
        """Have punches reported from now on; what came before is to be caught up."""
        client.register_events(_ATTENDANCE)

    def catch_up(self, client: TerminalClient) -> None:
        """Read what came before punches were reported.

        Only after `go_live`, so that there is no gap between the two.
        """
        try:
            self.poll(client)
        except LinkError:
            raise
        except SyncIDError as err:
            # Live punches are better than none; the next poll tells its admin.
            _LOGGER.warning("Could not read the log of %s: %s", self.serial, err)

    def take_live(self, client: TerminalClient) -> None:
        """Store the punches that were reported."""
        punches: list[Punch] = []
        unreadable: list[Unreadable] = []
        for event in client.link.take_events():
            if event.session != _ATTENDANCE:
                continue
            match self._decoder.event(event.data):
                case Punch() as punch:
                    punches.append(punch)
                case Unreadable() as record:
                    unreadable.append(record)
        if punches or unreadable:
            _LOGGER.debug(
                "%s: %s live, %s unreadable",
                self.serial,
                len(punches),
                len(unreadable),
            )
            self._sink.ingest(
                Batch(self.serial, "realtime", punches, unreadable, self._drift)
            )
