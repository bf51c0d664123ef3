"""What is done at one terminal, over whatever connection there is to it.

Runs in the thread that owns the connection. Its punches go into a sink, which the
hub is; see `worker` for the thread itself.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
import logging
from math import inf
from threading import Event
from typing import Any

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
    Alarm,
    Batch,
    Capacity,
    DeviceInfo,
    DeviceUser,
    Features,
    Ingested,
    Punch,
    Unreadable,
)
from .alarms import AlarmReader, EventBit
from .client import TerminalClient
from .clock import ClockSync, TerminalClock
from .codecs import UID_RECORD_SIZES, PunchDecoder
from .enrollment import Enrollment, EnrollmentStep
from .features import read_features, read_public_option, say, unlock_door
from .log import LogPiece, may_hold_news, read_log
from .old_fingers import OldFingers
from .people import People
from .reports import Cleared, Collected, PunchSink, Status
from .users import decode_user

_LOGGER = logging.getLogger(__name__)

_EVENTS = (
    EventBit.ATTENDANCE
    | EventBit.UNLOCK
    | EventBit.VERIFY
    | EventBit.ALARM
    | EventBit.ALARM_OFF
)

# Batches on their way into the ledger: enough that neither side waits for the other,
# few enough that a live punch of another terminal does not wait behind them.
_IN_FLIGHT = 8

_DAY = 86400

# Of logs that name users by the terminal's own numbers, or were empty so far.
_MAY_NAME_BY_UID = UID_RECORD_SIZES | {0}

# A log that is cleared again and again while it is read is left for the next poll.
_ATTEMPTS = 3


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
        clock_sync: float | None = None,
        on_users: Callable[[Mapping[str, DeviceUser]], None] = lambda users: None,
        on_log_cleared: Callable[[], object] = lambda: None,
        owed: dict[Any, Any] | None = None,
    ) -> None:
        """Know the terminal by its serial number.

        `local_now` tells the time, as local seconds, that the terminal's clock
        should show; `clock_sync` by how many seconds it may be wrong. `on_log_cleared`
        is called when somebody else is found to have cleared the log. In `owed` is kept
        what the terminal has to be given back in the next session.
        """
        self._sink = sink
        self.serial = serial
        self._local_now = local_now
        self._direction: DirectionOption = direction
        self._verify_codes: VerifyOption = verify_codes
        self._on_users = on_users
        self._on_log_cleared = on_log_cleared
        # Whether it may be us who cleared the log since it was read.
        self._clearing = False
        self._decoder = PunchDecoder("classic", direction)
        self._old_fingers = OldFingers({} if owed is None else owed)
        self._stopping = Event()
        # Whether a finger may be missing that was there before.
        self.is_enrolling = False
        self._alarms = AlarmReader(local_now)
        self._user_ids: dict[int, str] | None = None
        self._users_counted = -1
        self._clock = TerminalClock(local_now, clock_sync)
        self._look_again_at = -inf
        self.info: DeviceInfo | None = None
        self.features = Features()
        # Bytes of a live punch, once there was one.
        self.event_size: int | None = None

    # --- over a new connection --------------------------------------------------

    def meet(self, client: TerminalClient) -> None:
        """Make sure that it is this terminal that answers, and leave it owed nothing."""
        self._verify(client)
        self._old_fingers.put_back(client)
        if self.info is None:
            info = client.read_info()
            self.features = read_features(client)
            self._take_info(info)
        self.heartbeat(client)

    def read_info(self, client: TerminalClient) -> DeviceInfo:
        """Return what the terminal says of itself."""
        self._take_info(info := client.read_info())
        return info

    def _take_info(self, info: DeviceInfo) -> None:
        family = verify_family(self._verify_codes, info)
        self._decoder = PunchDecoder(family, self._direction)
        self.info = info

    def _verify(self, client: TerminalClient) -> None:
        if (found := client.read_serial()) != self.serial:
            raise WrongTerminal(self.serial, found)

    def heartbeat(self, client: TerminalClient) -> None:
        """Ask for something cheap, which only a live terminal answers."""
        self._clock.look(client)

    def sync_clock(self, client: TerminalClient) -> ClockSync:
        """Set the terminal's clock right."""
        self._take_dated(client)
        return self._clock.set(client)

    def _take_dated(self, client: TerminalClient) -> None:
        """Read all that is dated by the clock as it is, before it is set."""
        try:
            self.collect(client)
        except LinkError:
            raise
        except SyncIDError as err:
            _LOGGER.warning("Could not read the log of %s: %s", self.serial, err)
        self.take_live(client)

    # --- the door, the voice, the options -----------------------------------------

    def unlock_door(self, client: TerminalClient, delay: int) -> bool | None:
        """Unlock the door, and tell whether it is open, where the terminal knows."""
        return unlock_door(client, self.features, delay)

    def say(self, client: TerminalClient, index: int) -> None:
        """Have the terminal say one of its sentences."""
        say(client, index)

    def read_option(self, client: TerminalClient, name: str) -> str | None:
        """Return an option's value, None where there is none."""
        return read_public_option(client, name)

    # --- status and users ---------------------------------------------------------

    def read_status(self, client: TerminalClient) -> Status:
        """Return how full the terminal is, and how wrong its clock."""
        self.heartbeat(client)
        return Status(client.read_capacity(), self._clock.drift)

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

    def give_up(self) -> None:
        """Wait for nobody at the terminal any more; from any thread."""
        self._stopping.set()

    def enroll_finger(
        self,
        client: TerminalClient,
        user_id: str,
        finger: int,
        *,
        overwrite: bool,
        timeout: float,
        on_step: Callable[[EnrollmentStep], object],
        is_cancelled: Callable[[], bool],
    ) -> int:
        """Have a finger enrolled at the terminal; return how often it was pressed.

        Punches that are reported meanwhile are stored as ever.
        """
        with self.changing_people(client) as people:
            enrollment = Enrollment(
                client,
                people.get(user_id),
                finger,
                old_fingers=self._old_fingers,
                take_events=partial(self.take_live, client),
                on_step=on_step,
                is_cancelled=lambda: is_cancelled() or self._stopping.is_set(),
            )
            self.is_enrolling = True
            try:
                enrollment.run(overwrite=overwrite, timeout=timeout)
            finally:
                self.is_enrolling = False
        return enrollment.presses

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
        if self._clock.is_too_wrong:
            self._take_dated(client)
        failed = not self._clock.keep(client, self.serial)
        return replace(status, clock_drift=self._clock.drift, clock_failed=failed)

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
            self._clock.second,
            lambda: self.take_live(client),
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
                    self.serial,
                    "poll",
                    punches,
                    unreadable,
                    self._clock.drift,
                    since,
                    piece.cursor,
                )
                waiting.append(self._sink.ingest(batch))
                since = piece.cursor
                if len(waiting) >= _IN_FLIGHT:
                    done.append(waiting.popleft().result())
        done.extend(future.result() for future in waiting)
        self._look_again_at = self._local_now() + _DAY
        self._clearing = False
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

    def _found_cleared(self) -> None:
        if not self._clearing:
            self._on_log_cleared()

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
            self._clearing = True
            client.clear_log()
            if left := client.read_capacity().records:
                raise ClearRefused(f"the terminal still has {left} records")
            emptied = replace(cursor, count=0, overlap=b"")
            self._sink.ingest(
                Batch(self.serial, "poll", (), since=cursor, cursor=emptied)
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

    # --- live -----------------------------------------------------------------------

    def go_live(self, client: TerminalClient) -> None:
        """Have events reported from now on; the punches before are to be caught up."""
        try:
            client.register_events(_EVENTS)
        except CommandRefused:
            client.register_events(EventBit.ATTENDANCE)

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

    def take_live(
        self,
        client: TerminalClient,
        also: Callable[[int, bytes], None] = lambda bit, data: None,
    ) -> None:
        """Store the punches that were reported, and pass the rest on."""
        punches: list[Punch] = []
        unreadable: list[Unreadable] = []
        for event in client.link.take_events():
            if event.session != EventBit.ATTENDANCE:
                self._take_alarm(event.session, event.data)
                also(event.session, event.data)
                continue
            self.event_size = len(event.data)
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
                Batch(self.serial, "realtime", punches, unreadable, self._clock.drift)
            )

    def _take_alarm(self, bit: int, data: bytes) -> None:
        if (alarm := self._alarms.read(bit, data)) is None:
            return
        kind, uid = alarm
        user_id = None if uid is None else (self._user_ids or {}).get(uid)
        self._sink.report(Alarm(self.serial, kind, data.hex(), user_id))
