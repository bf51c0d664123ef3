"""What is done at one terminal, over whatever connection there is to it.

Runs in the thread that owns the connection. Its punches go into a sink, which the
hub is; see `worker` for the thread itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
import logging
from math import inf
from threading import Event
from time import monotonic
from typing import Any

from ..codes import DirectionOption, VerifyOption, verify_family
from ..errors import (
    CommandRefused,
    EnrollmentFailed,
    LedgerError,
    LinkError,
    SyncIDError,
    TooLate,
    WrongTerminal,
)
from ..records import (
    Alarm,
    Batch,
    DeviceInfo,
    DeviceUser,
    Features,
    Punch,
    Punches,
    Unreadable,
)
from .alarms import AlarmReader, EventBit
from .client import TerminalClient
from .clock import ClockSync, TerminalClock
from .codecs import PunchDecoder
from .collector import LogCollector
from .enrollment import Enrollment, EnrollmentStep
from .features import read_features, read_public_option, say, unlock_door
from .old_fingers import OldFingers
from .people import People
from .reports import Cleared, Collected, PunchSink, Status

_LOGGER = logging.getLogger(__name__)

_EVENTS = (
    EventBit.ATTENDANCE
    | EventBit.UNLOCK
    | EventBit.VERIFY
    | EventBit.ALARM
    | EventBit.ALARM_OFF
)

# Seconds after which a door that was to be unlocked stays locked.
DOOR_PATIENCE = 15


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
        earliest: float = -inf,
        on_users: Callable[[Mapping[str, DeviceUser]], None] = lambda users: None,
        on_log_cleared: Callable[[], object] = lambda: None,
        owed: dict[Any, Any] | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Know the terminal by its serial number.

        `local_now` tells the time, as local seconds, that the terminal's clock
        should show; `clock_sync` by how many seconds it may be wrong. Before the local
        second `earliest` that time is not right. `on_log_cleared` is called when
        somebody else is found to have cleared the log. In `owed` is kept what the
        terminal has to be given back in the next session.
        """
        self._sink = sink
        self.serial = serial
        self._local_now = local_now
        self._direction: DirectionOption = direction
        self._verify_codes: VerifyOption = verify_codes
        self._old_fingers = OldFingers({} if owed is None else owed)
        self._now = now
        self._stopping = Event()
        self._is_enrolling = False
        self._alarms = AlarmReader(local_now)
        self._clock = TerminalClock(local_now, clock_sync, earliest)
        self._collector = LogCollector(
            sink,
            serial,
            local_now=local_now,
            clock=self._clock,
            decoder=PunchDecoder("classic", direction),
            take_live=self.take_live,
            on_users=on_users,
            on_cleared=on_log_cleared,
        )
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
        self._collector.decoder = PunchDecoder(family, self._direction)
        self.info = info

    def _verify(self, client: TerminalClient) -> None:
        if (found := client.read_serial()) != self.serial:
            raise WrongTerminal(self.serial, found)

    def heartbeat(self, client: TerminalClient) -> None:
        """Ask for something cheap, which only a live terminal answers."""
        self._clock.look(client)

    def sync_clock(self, client: TerminalClient) -> ClockSync:
        """Set the terminal's clock right, for somebody who has looked."""
        self._take_dated(client)
        with suppress(LedgerError):
            self._clock.vouch(self._sink.seconds_behind())
        return self._clock.set(client)

    def _clock_doubt(self, client: TerminalClient) -> str:
        """Say why the clock is not to be set without somebody looking, if so."""
        if not self._clock.is_too_wrong:
            return ""
        if doubt := self._clock.doubt(self._sink.seconds_behind()):
            return doubt
        return "" if self._take_dated(client) else "its log could not be read first"

    def _take_dated(self, client: TerminalClient) -> bool:
        """Read all that is dated by the clock as it is, before it is set."""
        is_read = True
        try:
            self.collect(client)
        except LinkError:
            raise
        except SyncIDError as err:
            is_read = False
            _LOGGER.warning("Could not read the log of %s: %s", self.serial, err)
        self.take_live(client)
        return is_read

    # --- the door, the voice, the options -----------------------------------------

    def unlocking(self, delay: int) -> Callable[[TerminalClient], bool | None]:
        """Return what unlocks the door, if its turn comes soon.

        It tells whether the door is open, where the terminal knows. Who asked is gone
        when the terminal was busy for long, and somebody else may be at the door.
        """
        asked_at = self._now()

        def unlock(client: TerminalClient) -> bool | None:
            if self._now() - asked_at > DOOR_PATIENCE:
                raise TooLate("unlock")
            return unlock_door(client, self.features, delay)

        return unlock

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
        return self._collector.take_users(client.read_users())

    @contextmanager
    def changing_people(self, client: TerminalClient) -> Iterator[People]:
        """Let people be changed at this terminal, and no other."""
        self._verify(client)
        highest_uid = self._collector.prepare_changes(client)
        with self.looking_at_people(client, highest_uid) as people:
            yield people

    @contextmanager
    def looking_at_people(
        self, client: TerminalClient, highest_uid: int = 0
    ) -> Iterator[People]:
        """Let people be read, and remember them as they are in the end."""
        people = People(
            client,
            highest_uid,
            features=self.features,
            old_fingers=self._old_fingers,
            is_ending=self._stopping.is_set,
        )
        try:
            yield people
        finally:
            self._collector.take_users(people.records.values())

    @property
    def may_miss_a_finger(self) -> bool:
        """Tell whether a finger may be missing that was there before."""
        return self._is_enrolling or bool(self._old_fingers)

    def give_up(self) -> None:
        """Wait for nobody at the terminal, begin nothing more; from any thread."""
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
        duress: bool | None = None,
    ) -> int:
        """Have a finger enrolled at the terminal; return how often it was pressed.

        Punches that are reported meanwhile are stored as ever.
        """
        if self.features.fingers is False:
            raise EnrollmentFailed("no_sensor")
        self._verify(client)
        with self.looking_at_people(client) as people:
            enrollment = Enrollment(
                client,
                people.get(user_id),
                finger,
                old_fingers=self._old_fingers,
                take_events=partial(self.take_live, client),
                on_step=on_step,
                is_cancelled=lambda: is_cancelled() or self._stopping.is_set(),
                duress=duress,
            )
            self._is_enrolling = True
            try:
                enrollment.run(overwrite=overwrite, timeout=timeout)
            finally:
                self._is_enrolling = False
        return enrollment.presses

    # --- the log ------------------------------------------------------------------

    def poll(self, client: TerminalClient) -> Status:
        """Read what changed: status, users, and the log's new records."""
        self._old_fingers.put_back(client)
        status = self.read_status(client)
        self._collector.collect_news(client, status.capacity)
        doubt = self._clock_doubt(client)
        self._clock.hold(self.serial, doubt)
        failed = not doubt and not self._clock.keep(client, self.serial)
        return replace(
            status,
            clock_drift=self._clock.drift,
            clock_failed=failed,
            clock_held=bool(doubt),
        )

    def collect(self, client: TerminalClient) -> Collected:
        """Read the log's new records, even if their number says that there are none."""
        return self._collector.collect(client)

    def clear_log(self, client: TerminalClient) -> Cleared:
        """Empty the terminal's log, once the ledger holds all of it."""
        return self._collector.clear_log(client)

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
            match self._collector.decoder.event(event.data):
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
                Batch(
                    self.serial,
                    "realtime",
                    Punches.of(punches),
                    unreadable,
                    self._clock.drift,
                )
            )

    def _take_alarm(self, bit: int, data: bytes) -> None:
        if (alarm := self._alarms.read(bit, data)) is None:
            return
        kind, uid = alarm
        user_id = None if uid is None else (self._collector.user_ids or {}).get(uid)
        self._sink.report(Alarm(self.serial, kind, data.hex(), user_id))
