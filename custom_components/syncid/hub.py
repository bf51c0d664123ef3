"""The hub: where all roads meet.

Created once, and outlives the config entries: punches of all terminals go into one
ledger, and from there to whoever listens.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import (
    CONF_LIVE_MINUTES,
    DEFAULT_LIVE_MINUTES,
    DOMAIN,
    EVENT_ALARM,
    EVENT_ENROLLMENT,
    EVENT_PUNCH,
    ISSUE_LEDGER_REPLACED,
    ISSUE_LEDGER_UNWRITABLE,
    LEDGER_FILE,
    SITE_UNIQUE_ID,
)
from .core.errors import CursorMoved
from .core.ledger.ledger import Ledger
from .core.ledger.queries import PunchQuery
from .core.people import Directory
from .core.records import Alarm, Batch, Cursor, DeviceUser, Ingested, StoredPunch
from .core.told_alarms import ToldAlarms
from .key import async_load_key, async_tell_key
from .signals import (
    SIGNAL_ALARM,
    SIGNAL_HISTORY_READ,
    SIGNAL_LEDGER_REPLACED,
    SIGNAL_PUNCH,
    SIGNAL_STORED,
    Announcement,
    PunchAnnouncement,
)

_LOGGER = logging.getLogger(__name__)

_NOBODY: Final[Mapping[str, DeviceUser]] = MappingProxyType({})

DATA_HUB: HassKey[Hub] = HassKey(DOMAIN)

# Bytes that are read in the event loop, which takes a millisecond or two: in another
# thread, reading would keep Python's lock from the event loop for longer than that.
_IN_LOOP = 65_536

# Bodies that are decoded and not yet stored. More of them would be no faster, and wait in
# memory.
_ON_THEIR_WAY = 4

# Punches that are announced before the event loop is given to others: after a long
# time away, thousands come at once.
_AT_ONCE = 50


class PunchNews(NamedTuple):
    """A punch, and the batch that brought it."""

    punch: StoredPunch
    batch: Batch


class AlarmNews(NamedTuple):
    """An alarm, when it came, and what who it is about was called then."""

    alarm: Alarm
    came: datetime
    user_name: str | None


type News = PunchNews | AlarmNews


@dataclass(slots=True)
class HubTerminal:
    """A terminal that is set up, or was: its last punches may still be on their way."""

    serial: str
    entry_id: str
    # By user id; replaced as a whole, from the terminal's thread.
    users: Mapping[str, DeviceUser] = field(default_factory=dict)
    # Whether one that pushes told all of them since Home Assistant started.
    users_listed: bool = False
    # News that wait for its entities; None while those are there.
    held: list[News] | None = field(default_factory=list)
    # Whether the ledger did not know it when its entry was set up.
    is_new: bool = False
    # When it last answered, or was added.
    seen_at: datetime = field(default_factory=dt_util.utcnow)
    # When it was found that somebody else has cleared its log.
    log_cleared_at: datetime | None = None
    # The last punch that was announced live, whenever it is next polled.
    last_live: StoredPunch | None = None
    # Whether it was told that of what cannot be read not all is kept.
    floods: bool = False
    alarms: ToldAlarms = field(default_factory=ToldAlarms)
    # What its thread has to give back to it, which only that looks into.
    owed: dict[Any, Any] = field(default_factory=dict, repr=False)

    def name_of(self, user_id: str | None) -> str | None:
        """Return the name that somebody has at the terminal."""
        user = None if user_id is None else self.users.get(user_id)
        return user.name or None if user else None


class Hub:
    """Stores what comes, and announces what is new."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Open nothing yet."""
        self.hass = hass
        self.ledger = Ledger(
            Path(hass.config.path(LEDGER_FILE)),
            now=dt_util.now,
            on_replaced=self._on_replaced,
            on_traces_lost=self._on_traces_lost,
        )
        # Who the users of terminals are; replaced as a whole.
        self.directory = Directory((), ())
        self._opening = asyncio.Lock()
        self._reading = asyncio.Lock()
        # To be entered with what was pushed, until it is stored.
        self.road = asyncio.Semaphore(_ON_THEIR_WAY)
        self._is_open = False
        self._terminals: dict[str, HubTerminal] = {}
        self._news: deque[News] = deque()
        self._unwritable = False

    # --- life -------------------------------------------------------------------------

    async def async_open(self) -> None:
        """Open the ledger, once; raises `LedgerError`."""
        async with self._opening:
            if self._is_open:
                return
            key = await async_load_key(self.hass)
            await self.hass.async_add_executor_job(self.ledger.open, key)
            self._is_open = True
            # After the terminals' threads, which end when Home Assistant stops.
            self.hass.bus.async_listen_once(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_close
            )
            self._async_tell_key()

    async def async_read[**P, T](
        self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Have something read from the ledger; raises `LedgerError`."""
        await self.async_open()
        return await self.hass.async_add_executor_job(partial(read, *args, **kwargs))

    async def async_decode[T](self, size: int, decode: Callable[[], T]) -> T:
        """Have so many bytes decoded, one body at a time.

        When many come at once, the event loop goes round between any two of them, and
        never do two threads compute, which would wait for each other.
        """
        async with self._reading:
            if size > _IN_LOOP:
                return await self.hass.async_add_executor_job(decode)
            decoded = decode()
            await asyncio.sleep(0)
            return decoded

    async def async_begin_backup(self) -> None:
        """Keep the ledger's files as they are; raises `LedgerError`."""
        if self._is_open:
            await self.hass.async_add_executor_job(self.ledger.begin_backup)

    async def async_end_backup(self) -> None:
        """Let the ledger's files change again."""
        await self.hass.async_add_executor_job(self.ledger.end_backup)

    async def _async_close(self, _: Event) -> None:
        await self.hass.async_add_executor_job(self.ledger.close)

    async def async_add_terminal(
        self, serial: str, zone: str, entry_id: str
    ) -> HubTerminal:
        """Take a terminal in, whose wall clock runs by an IANA time zone."""
        is_new = await asyncio.wrap_future(self.ledger.register(serial, zone))
        terminal = self._terminals.setdefault(serial, HubTerminal(serial, entry_id))
        terminal.entry_id, terminal.is_new = entry_id, is_new
        return terminal

    @callback
    def async_hold(self, terminal: HubTerminal) -> None:
        """Keep a terminal's news back while nobody is there to hear them."""
        if terminal.held is None:
            terminal.held = []

    def users(self, serial: str) -> Mapping[str, DeviceUser]:
        """Return the users of a terminal by id, as far as it told them."""
        terminal = self._terminals.get(serial)
        # The same of whoever told nothing: lists made of it are kept for as long.
        return terminal.users if terminal else _NOBODY

    @callback
    def async_release(self, terminal: HubTerminal) -> None:
        """Announce a terminal's news, and those that were kept back."""
        held, terminal.held = terminal.held, None
        self._async_queue(held or ())

    # --- the road of a punch, from any thread --------------------------------------------

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far a terminal's log is stored; blocks."""
        return self.ledger.cursor(serial)

    def seconds_behind(self) -> float:
        """Return by how much our time is before the newest punch; blocks."""
        newest = self.ledger.punches(PunchQuery(limit=1))
        return newest[0].utc_second - dt_util.utcnow().timestamp() if newest else 0

    def ingest(self, batch: Batch) -> Future[Ingested]:
        """Store a batch, and announce what of it was news.

        Its future is done when the batch is committed, so that it can be
        acknowledged; nobody waits for the announcements.
        """
        return self._ingest(batch, None)

    async def async_ingest(self, batch: Batch) -> Ingested:
        """Store a batch, from the event loop; raises `LedgerError`."""
        waiting: asyncio.Future[Ingested] = self.hass.loop.create_future()
        future = self._ingest(batch, waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            future.cancel()
            raise

    def _ingest(
        self, batch: Batch, waiting: asyncio.Future[Ingested] | None
    ) -> Future[Ingested]:
        future = self.ledger.ingest(batch)
        future.add_done_callback(partial(self._hand_over, batch, waiting))
        return future

    def _hand_over(
        self,
        batch: Batch,
        waiting: asyncio.Future[Ingested] | None,
        future: Future[Ingested],
    ) -> None:
        """Bring the outcome to the event loop: the one place where punches enter it."""
        if future.cancelled():
            return  # who brought it has left, and brings it again
        # Once for both who waits and who listens: to wake the event loop gives Python's
        # lock away to it.
        self.hass.loop.call_soon_threadsafe(
            self._async_take_outcome, batch, waiting, future
        )

    def report(
        self, alarm: Alarm, came: datetime | None = None, drift: int = 0
    ) -> None:
        """Announce an alarm: behind the punches that came before it.

        `came` is a time of the terminal's clock, which is ahead by `drift` seconds.
        """
        # No log has it: it may have no time but ours, and is lost with Home Assistant.
        terminal = self._terminals[alarm.serial]
        name = terminal.name_of(alarm.user_id)
        news = AlarmNews(alarm, came or dt_util.now(), name)
        second = news.came.timestamp() - drift
        self.hass.loop.call_soon_threadsafe(self._async_take_alarm, news, second)

    def _on_replaced(self, aside: Path) -> None:
        self.hass.loop.call_soon_threadsafe(self._async_ledger_replaced, aside)

    def _on_traces_lost(self) -> None:
        self.hass.loop.call_soon_threadsafe(self._async_tell_key)

    # --- in the event loop ------------------------------------------------------------

    @callback
    def _async_take_outcome(
        self,
        batch: Batch,
        waiting: asyncio.Future[Ingested] | None,
        future: Future[Ingested],
    ) -> None:
        error = future.exception()
        if waiting is not None and not waiting.done():
            # Who waits goes on behind what is done here.
            if error is None:
                waiting.set_result(future.result())
            else:
                waiting.set_exception(error)
        if error is None:
            result = future.result()
            # All that there is something to do for.
            if (
                result.new
                or result.turned
                or result.dropped
                or self._unwritable
                or batch.ends_history
            ):
                self._async_stored(batch, result)
        elif not isinstance(error, CursorMoved):  # which only means: read again
            self._async_not_stored(error)

    @callback
    def _async_stored(self, batch: Batch, result: Ingested) -> None:
        if self._unwritable:
            self._unwritable = False
            ir.async_delete_issue(self.hass, DOMAIN, ISSUE_LEDGER_UNWRITABLE)
        if result.dropped and not (terminal := self._terminals[batch.serial]).floods:
            terminal.floods = True
            _LOGGER.warning(
                "%s sends so much that cannot be read that the oldest of it goes",
                batch.serial,
            )
        self._async_queue(PunchNews(punch, batch) for punch in result.news)
        async_dispatcher_send(self.hass, SIGNAL_STORED, batch, result)
        if batch.ends_history:
            async_dispatcher_send(self.hass, SIGNAL_HISTORY_READ.format(batch.serial))

    @callback
    def _async_not_stored(self, error: BaseException) -> None:
        # Nothing is lost: the cursors did not move, and the terminals keep the punches.
        if not self._unwritable:
            self._unwritable = True
            _LOGGER.error("Punches cannot be stored: %s", error)
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                ISSUE_LEDGER_UNWRITABLE,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=ISSUE_LEDGER_UNWRITABLE,
                translation_placeholders={"error": str(error)},
            )

    @callback
    def _async_take_alarm(self, news: AlarmNews, second: float) -> None:
        if not self._terminals[news.alarm.serial].alarms.is_told(news.alarm, second):
            self._async_queue((news,))

    @callback
    def _async_queue(self, news: Iterable[News]) -> None:
        idle = not self._news
        self._news.extend(news)
        if idle:
            self._async_announce_next()

    @callback
    def _async_announce_next(self) -> None:
        for _ in range(min(_AT_ONCE, len(self._news))):
            news = self._news.popleft()
            try:
                self._async_announce(news)
            except Exception:  # not to hold up all that follow
                _LOGGER.exception("An event at %s was not announced", news[0].serial)
        if self._news:
            self.hass.loop.call_soon(self._async_announce_next)

    @callback
    def _async_announce(self, news: News) -> None:
        """Tell all who listen of what is new, as soon as they are there."""
        terminal = self._terminals[news[0].serial]
        if terminal.held is not None:
            terminal.held.append(news)
            return
        if isinstance(news, PunchNews):
            self._async_announce_punch(news)
        else:
            self._async_announce_alarm(terminal, news)

    @callback
    def _async_announce_punch(self, news: PunchNews) -> None:
        stored, batch = news
        # Its age by the clock that dated it.
        age = dt_util.utcnow().timestamp() - (stored.utc_second - batch.clock_drift)
        live = abs(age) <= self.live_seconds
        data = {**self.async_describe(stored), "live": live}
        if live:
            self._terminals[stored.serial].last_live = stored
        self.hass.bus.async_fire(EVENT_PUNCH, data)
        async_dispatcher_send(
            self.hass,
            SIGNAL_PUNCH.format(stored.serial),
            PunchAnnouncement(stored.punch.direction, live, data, stored),
        )

    @callback
    def _async_place(self, serial: str) -> dict[str, Any]:
        """Return where something happened."""
        terminal, device = self._terminals.get(serial), None
        if terminal is not None:
            device = dr.async_get(self.hass).async_get_device_by_identifier(
                (DOMAIN, serial), terminal.entry_id
            )
        return {
            "entry_id": terminal.entry_id if terminal else None,
            "device_id": device.id if device else None,
            "device": serial,
            "device_name": (device.name_by_user or device.name) if device else None,
        }

    @callback
    def async_tell_enrollment(
        self, serial: str, user_id: str, finger: int | None, step: str, presses: int
    ) -> None:
        """Tell how far an enrolment is: of a finger, or of a face if there is none."""
        terminal = self._terminals[serial]
        self.hass.bus.async_fire(
            EVENT_ENROLLMENT,
            {
                **self._async_place(serial),
                "user_id": user_id,
                "user_name": terminal.name_of(user_id),
                "finger": finger,
                "step": step,
                "presses": presses,
                "time": dt_util.now().isoformat(timespec="seconds"),
            },
        )

    @callback
    def async_describe(self, stored: StoredPunch) -> dict[str, Any]:
        """Return what there is to know of a punch: the data of the bus event."""
        punch, terminal = stored.punch, self._terminals.get(stored.serial)
        person = self.directory.person_of(stored.serial, punch.user_id)
        return {
            **self._async_place(stored.serial),
            "user_id": punch.user_id,
            "user_name": terminal.name_of(punch.user_id) if terminal else None,
            "person_id": person.id if person else None,
            "person": person.name if person else None,
            "time": stored.time.isoformat(),
            "direction": punch.direction,
            "method": punch.method,
            "verify_code": punch.verify_code,
            "state_code": punch.state_code,
            "work_code": punch.work_code,
            "source": stored.source,
        }

    @callback
    def _async_announce_alarm(self, terminal: HubTerminal, news: AlarmNews) -> None:
        alarm, came, name = news
        live = (dt_util.utcnow() - came).total_seconds() <= self.live_seconds
        data = {
            **self._async_place(alarm.serial),
            "type": alarm.type,
            "user_id": alarm.user_id,
            "user_name": name or terminal.name_of(alarm.user_id),
            "code": alarm.code,
            "time": came.isoformat(timespec="seconds"),
            "live": live,
        }
        self.hass.bus.async_fire(EVENT_ALARM, data)
        async_dispatcher_send(
            self.hass,
            SIGNAL_ALARM.format(alarm.serial),
            Announcement(alarm.type, live, data),
        )

    @property
    def live_seconds(self) -> int:
        """Return how old a punch may be that is still live."""
        return 60 * self.site_option(CONF_LIVE_MINUTES, DEFAULT_LIVE_MINUTES)

    def site_option(self, key: str, default: int) -> int:
        """Return an option that holds for all terminals."""
        site = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, SITE_UNIQUE_ID
        )
        value: int = site.options.get(key, default) if site else default
        return value

    @callback
    def _async_ledger_replaced(self, aside: Path) -> None:
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            ISSUE_LEDGER_REPLACED,
            # Nothing is left to fix, but somebody should know.
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=ISSUE_LEDGER_REPLACED,
            translation_placeholders={"file": aside.name},
        )
        self._async_tell_key()
        async_dispatcher_send(self.hass, SIGNAL_LEDGER_REPLACED)

    @callback
    def _async_tell_key(self) -> None:
        async_tell_key(self.hass, fits=self.ledger.key_fits)
