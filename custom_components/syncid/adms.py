"""Terminals that push over ADMS: what they bring, and what they are told."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import logging
from pathlib import Path
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalTypeFormat

from .const import (
    CONF_BIOMETRICS,
    CONF_DIRECTION,
    CONF_PHOTOS,
    CONF_VERIFY_CODES,
    DOMAIN,
)
from .core.adms.commands import Command
from .core.adms.content import Photo, Upload
from .core.adms.dialogue import NOT_STORED, Answer, Context, answer
from .core.adms.phrasebook import Phrasebook
from .core.adms.queue import CommandRow, ended, enqueue
from .core.adms.requests import AdmsRequest
from .core.adms.results import CommandResult
from .core.adms.state import TerminalState, Wishes
from .core.codes import pushed_family
from .core.errors import LedgerError
from .core.records import Alarm, wall_clock
from .core.rows import RowDecoder
from .device import SyncIDCoordinator
from .hub import Hub
from .photos import PhotoFolder

_LOGGER = logging.getLogger(__name__)

# A terminal called, by its serial number.
SIGNAL_HEARD: SignalTypeFormat[()] = SignalTypeFormat("syncid_heard_{}")

# Seconds between two calls of a terminal: how long an action waits for it.
DELAY: Final = 5
# Seconds that an action waits for a terminal's answer.
ANSWER_WITHIN: Final = 60
# Bytes of a body that is read in no time.
_SHORT_BODY = 2048
# Alarms that are remembered, so that one which is sent again is no news.
_MOST_ALARMS = 500
# Seconds for which a command that expired may still be answered.
_LATE = 86_400
# Where terminals ask what to do.
_POLLS = frozenset({"getrequest", "push"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command."""

    row: CommandRow
    # None while the terminal has not answered.
    result: CommandResult | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether the terminal did it."""
        return self.row.state == "done"


class AdmsTerminal:
    """One terminal that pushes, while its entry is set up."""

    def __init__(
        self,
        coordinator: SyncIDCoordinator,
        state: TerminalState,
        rows: Iterable[CommandRow],
        async_changed: Callable[[], None],
    ) -> None:
        """Go on where it was left; what is called has what was learned kept."""
        self.coordinator = coordinator
        self.state = state
        self._async_changed = async_changed
        self._hub: Hub = coordinator.hub
        options = coordinator.config_entry.options
        self._decoder = RowDecoder(
            pushed_family(options.get(CONF_VERIFY_CODES, "auto")),
            options[CONF_DIRECTION],
        )
        self.wishes = Wishes(
            biometrics=options.get(CONF_BIOMETRICS, False),
            photos=options.get(CONF_PHOTOS, False),
            delay=DELAY,
        )
        self._photos = PhotoFolder(
            Path(coordinator.hass.config.path("media", DOMAIN, coordinator.serial))
        )
        rows = list(rows)
        self._last_id = max((row.id for row in rows), default=0)
        # Those that are open, and those that may be answered too late.
        self._rows: dict[int, CommandRow] = {}
        self._remember(rows)
        # Whether its entry was unloaded: somebody else answers by now.
        self._is_over = False
        # One answer at a time is made of the queue.
        self._queue = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        self._hearers: list[Callable[[Upload], None]] = []
        self._next_poll: asyncio.Future[None] | None = None
        self._alarms: OrderedDict[tuple[str, str, int | None], None] = OrderedDict()

    # --- what is known ----------------------------------------------------------------

    @property
    def serial(self) -> str:
        """Return its serial number."""
        return self.coordinator.serial

    @property
    def phrases(self) -> Phrasebook:
        """Return the words that it understands."""
        return Phrasebook(self.state.family or "att", self.state.privilege_key)

    @property
    def waiting(self) -> int:
        """Return how many commands it has not answered."""
        return sum(row.is_open for row in self._rows.values())

    # --- what it asks -----------------------------------------------------------------

    async def async_answer(self, request: AdmsRequest) -> Answer:
        """Store what a request brings, and return what it is answered."""
        if request.needs_rows:
            async with self._queue:
                return await self._async_answer(request)
        if len(request.body) > _SHORT_BODY:
            async with self._hub.road:
                return await self._async_answer(request)
        return await self._async_answer(request)

    async def _async_answer(self, request: AdmsRequest) -> Answer:
        if self._is_over:
            return NOT_STORED
        now = dt_util.utcnow()
        offset = now.astimezone(self.coordinator.zone).utcoffset() or timedelta()
        context = Context(
            now=now.timestamp(),
            utc_offset=int(offset.total_seconds()),
            decoder=self._decoder,
            wishes=self.wishes,
            rows=tuple(self._rows.values()) if request.needs_rows else (),
        )
        if len(request.body) > _SHORT_BODY:
            said = await self._hub.async_decode(
                len(request.body), partial(answer, request, self.state, context)
            )
        else:
            said = answer(request, self.state, context)
        try:
            await self._async_store(said)
        except (LedgerError, OSError) as err:
            _LOGGER.debug("%s has to come again: %s", self.serial, err)
            return NOT_STORED
        self._async_take(request, said)
        return said

    async def _async_store(self, said: Answer) -> None:
        """Keep all that the terminal will not bring again; raises `LedgerError`."""
        waiting = {row.command for row in self._rows.values() if row.is_open}
        wanted = [command for command in said.wants if command not in waiting]
        if said.rows or wanted:
            await self._async_save_rows([*said.rows, *self._enqueued(wanted)])
        if (upload := said.upload) is None:
            return
        if upload.punches or upload.rejected:
            batch = replace(
                upload.batch(self.serial), past_until=self.coordinator.past_until
            )
            self.coordinator.async_stored(await self._hub.async_ingest(batch))
        if photos := [photo for photo in upload.photos if self._wants(photo)]:
            await self.coordinator.hass.async_add_executor_job(
                self._photos.save, photos
            )

    def _wants(self, photo: Photo) -> bool:
        """Tell whether a photo is to be kept: faces are known by some of them."""
        return self.wishes.photos and (
            photo.kind == "attendance" or self.wishes.biometrics
        )

    async def _async_save_rows(self, rows: list[CommandRow]) -> None:
        saved = [
            {key: value for key, value in asdict(row).items() if key != "serial"}
            for row in rows
        ]
        ledger = self._hub.ledger
        await asyncio.wrap_future(ledger.save_commands(self.serial, saved))
        waiting = self.waiting
        self._remember(rows)
        if waiting != self.waiting:
            self.coordinator.async_update_listeners()

    def _remember(self, rows: Iterable[CommandRow]) -> None:
        self._rows |= {row.id: row for row in rows}
        since = dt_util.utcnow().timestamp() - _LATE
        self._rows = {
            id_: row
            for id_, row in self._rows.items()
            if row.is_open or (row.state == "expired" and (row.ended_at or 0) > since)
        }

    @callback
    def _async_take(self, request: AdmsRequest, said: Answer) -> None:
        """Make known what came, now that it is stored."""
        learned = said.learned
        if self.state.family is None and learned.family is None:
            # Most that say nothing of it are for attendance; it may yet turn out.
            learned = replace(learned, family="att")
        if learned:
            self.state = self.state.with_learned(learned)
            self._async_changed()
        results = {row.id: result for row, result in said.results if row is not None}
        for row in said.rows:
            if not row.is_open and (waiting := self._waiting.pop(row.id, None)):
                waiting.set_result(Outcome(row, results.get(row.id)))
        if said.upload is not None:
            self._async_take_upload(said.upload)
        if request.endpoint in _POLLS and self._next_poll is not None:
            self._next_poll.set_result(None)
            self._next_poll = None
        self.coordinator.async_heard(delivered=said.upload is not None)
        async_dispatcher_send(self.coordinator.hass, SIGNAL_HEARD.format(self.serial))

    @callback
    def _async_take_upload(self, upload: Upload) -> None:
        if upload.users:
            in_hub = self.coordinator.in_hub
            held = dict(in_hub.users)
            for user in upload.users:
                held[user.user_id] = user.as_held(held.get(user.user_id))
            in_hub.users = held
        for alarm in upload.alarms:
            self._async_report(alarm)
        for hear in tuple(self._hearers):
            hear(upload)

    @callback
    def _async_report(self, alarm: Alarm) -> None:
        """Tell of an alarm, unless it is an old one, or one that is sent again."""
        key = (alarm.type, alarm.code, alarm.local_second)
        if key in self._alarms:
            return
        self._alarms[key] = None
        if len(self._alarms) > _MOST_ALARMS:
            self._alarms.popitem(last=False)
        came: datetime | None = None
        if alarm.local_second is not None:
            came = wall_clock(alarm.local_second).replace(tzinfo=self.coordinator.zone)
            age = (dt_util.utcnow() - came).total_seconds()
            if age > self._hub.live_seconds:
                return
        self._hub.report(alarm, came)

    # --- what it is told --------------------------------------------------------------

    async def async_say(
        self, commands: Iterable[Command], within: float | None = None
    ) -> list[Outcome]:
        """Say something, and wait for the answers; some may not have come by then."""
        rows = await self._async_enqueue(commands)
        loop = self.coordinator.hass.loop
        futures = {row.id: loop.create_future() for row in rows}
        self._waiting |= futures
        try:
            await asyncio.wait(futures.values(), timeout=within or ANSWER_WITHIN)
        finally:
            for id_ in futures:
                self._waiting.pop(id_, None)
        return [
            future.result() if future.done() else Outcome(self._rows[id_])
            for id_, future in futures.items()
        ]

    async def async_withdraw(self, outcomes: Iterable[Outcome]) -> None:
        """Say nothing any more of what was not fetched; raises `LedgerError`."""
        async with self._queue:
            now = dt_util.utcnow().timestamp()
            ids = {outcome.row.id for outcome in outcomes}
            rows = [row for row in self._rows.values() if row.id in ids]
            await self._async_save_rows(
                [ended(row, "expired", now) for row in rows if row.state == "queued"]
            )

    async def _async_enqueue(self, commands: Iterable[Command]) -> list[CommandRow]:
        """Put commands into the queue, from where the terminal fetches them."""
        rows = self._enqueued(commands)
        await self._async_save_rows(rows)
        return rows

    def _enqueued(self, commands: Iterable[Command]) -> list[CommandRow]:
        now, rows = dt_util.utcnow().timestamp(), []
        for command in commands:
            self._last_id += 1
            rows.append(enqueue(self.serial, self._last_id, command, now))
        return rows

    @contextmanager
    def hearing(self, hear: Callable[[Upload], None]) -> Iterator[None]:
        """Have every upload told while inside."""
        self._hearers.append(hear)
        try:
            yield
        finally:
            self._hearers.remove(hear)

    async def async_next_poll(self, within: float | None = None) -> None:
        """Wait until the terminal has said all that it had, and asks again."""
        if self._next_poll is None:
            self._next_poll = self.coordinator.hass.loop.create_future()
        async with asyncio.timeout(within or ANSWER_WITHIN):
            await asyncio.shield(self._next_poll)

    @callback
    def async_resync(self) -> None:
        """Have all that the terminal holds sent again at its next handshake."""
        self.state = self.state.resynced()
        self._async_changed()

    @callback
    def async_end(self) -> None:
        """Have nobody wait any more: what was asked stays in the queue."""
        self._is_over = True
        while self._waiting:
            id_, waiting = self._waiting.popitem()
            waiting.set_result(Outcome(self._rows[id_]))
        if self._next_poll is not None:
            self._next_poll.set_exception(TimeoutError())
            self._next_poll.exception()  # whether or not anybody waits
            self._next_poll = None
