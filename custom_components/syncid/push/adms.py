"""Terminals that push over ADMS: what they bring, and what they are told."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
import logging
from math import inf
from pathlib import Path
from typing import Any, Final

from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalTypeFormat

from ..const import (
    CONF_BIOMETRICS,
    CONF_DIRECTION,
    CONF_PHOTOS,
    CONF_VERIFY_CODES,
    DOMAIN,
)
from ..core.adms.commands import Command
from ..core.adms.content import Photo, Upload
from ..core.adms.dialogue import NOT_STORED, Answer, Context, answer
from ..core.adms.fields import seconds_of_photo
from ..core.adms.packs import Packs
from ..core.adms.phrasebook import Phrasebook
from ..core.adms.queue import CommandRow
from ..core.adms.requests import AdmsRequest
from ..core.adms.state import Learned, TerminalState, Wishes
from ..core.codes import pushed_family
from ..core.errors import LedgerError
from ..core.records import PunchKey
from ..core.rows import RowDecoder
from ..device import SyncIDCoordinator
from ..hub import Hub
from ..issues import NOT_TOLD, async_set_issue
from .alarms import Alarms
from .ears import Ears
from .photos import SIGNAL_PHOTO, PhotoFolder, kept_as
from .queue import POLLS, AdmsQueue, OnAnswer, Outcome, nobody

_LOGGER = logging.getLogger(__name__)

# A terminal called, by its serial number.
SIGNAL_HEARD: SignalTypeFormat[()] = SignalTypeFormat("syncid_heard_{}")

# Seconds that an action waits for a terminal's answer.
ANSWER_WITHIN: Final = 60
# Polls that a terminal misses until nobody waits for it any more.
MISSED_POLLS: Final = 3
# Times between its polls that are remembered: it may ask twice at once.
_INTERVALS = 5
# Seconds after which what was learned is kept, and what is kept at once.
SAVE_AFTER: Final = 10
_URGENT = ("family", "registered", "owes_all")
# Bytes of a body that is read in no time.
_SHORT_BODY = 2048


def wishes_of(options: Mapping[str, Any]) -> Wishes:
    """Return what the admin wants of a terminal."""
    return Wishes(
        biometrics=options.get(CONF_BIOMETRICS, False),
        photos=options.get(CONF_PHOTOS, False),
    )


def _keys_of(photo: Photo) -> set[PunchKey]:
    """Return what may name the punch of a photo."""
    if photo.local_second is None:
        return set()
    return {(second, photo.user_id) for second in seconds_of_photo(photo.local_second)}


class AdmsTerminal:
    """One terminal that pushes, while its entry is set up."""

    def __init__(
        self,
        coordinator: SyncIDCoordinator,
        state: TerminalState,
        rows: Iterable[CommandRow],
        async_changed: Callable[[int], None],
        *,
        was_set_up: bool,
    ) -> None:
        """Go on where it was left.

        What is called has what was learned kept, within so many seconds.
        """
        self.coordinator = coordinator
        self.state = state
        # Before this, and is not just added.
        self.was_set_up = was_set_up
        self._async_changed = async_changed
        self._hub: Hub = coordinator.hub
        options = coordinator.config_entry.options
        self._decoder = RowDecoder(
            pushed_family(options.get(CONF_VERIFY_CODES, "auto")),
            options[CONF_DIRECTION],
        )
        self.wishes = wishes_of(options)
        self.queue = AdmsQueue(coordinator, rows)
        self._photos = PhotoFolder(
            Path(coordinator.hass.config.path("media", DOMAIN, coordinator.serial))
        )
        # Whether its entry was unloaded: somebody else answers by now.
        self._is_over = False
        # Whether it was told that nobody can unpack what it sends.
        self.is_garbled = False
        self.ears = Ears()
        self._next_poll: asyncio.Future[None] | None = None
        # By the loop's clock: when it called last, and polled; and how long it was between
        # the last polls.
        self._heard_at = self._polled_at = 0.0
        self._intervals: deque[float] = deque(maxlen=_INTERVALS)
        self._alarms = Alarms(coordinator)
        self._packs = Packs()

    # --- what is known ----------------------------------------------------------------

    @property
    def serial(self) -> str:
        """Return its serial number."""
        return self.coordinator.serial

    @property
    def phrases(self) -> Phrasebook:
        """Return the words that it understands."""
        state = self.state
        return Phrasebook(state.family or "att", state.privilege_key, state.is_old)

    @property
    def waiting(self) -> int:
        """Return how many commands it has not answered."""
        return len(self.queue)

    # --- what it asks -----------------------------------------------------------------

    async def async_answer(self, request: AdmsRequest) -> Answer:
        """Store what a request brings, and return what it is answered."""
        # Home Assistant ends what answers a client that leaves. What was begun is done
        # all the same: what is in the file and what is remembered have to agree.
        has_left = asyncio.Event()
        answering = self.coordinator.hass.async_create_task(
            self._async_answer_in_turn(request, has_left)
        )
        try:
            return await asyncio.shield(answering)
        except asyncio.CancelledError:
            has_left.set()
            raise

    async def _async_answer_in_turn(
        self, request: AdmsRequest, has_left: asyncio.Event
    ) -> Answer:
        if request.needs_rows:
            # One answer at a time is made of the queue.
            async with self.queue.lock:
                rows = self.queue.rows_for(request)
                said = await self._async_answer(request)
                if has_left.is_set():
                    await self.queue.async_take_back(rows, said)
                return said
        if len(request.body) > _SHORT_BODY:
            async with self._hub.road:
                return await self._async_answer(request)
        return await self._async_answer(request)

    async def _async_answer(self, request: AdmsRequest) -> Answer:
        if self._is_over:
            return NOT_STORED
        request = self._packs.with_earlier(request)
        now = dt_util.utcnow()
        offset = now.astimezone(self.coordinator.zone).utcoffset() or timedelta()
        context = Context(
            now=now.timestamp(),
            utc_offset=int(offset.total_seconds()),
            decoder=self._decoder,
            wishes=self.wishes,
            from_start=self.ears.from_start,
            rows=self.queue.rows_for(request),
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
        await self.queue.async_keep(said.rows, said.wants)
        if (upload := said.upload) is None:
            return
        if upload.punches or upload.rejected or upload.packs:
            batch = replace(
                upload.batch(self.serial), past_until=self.coordinator.past_until
            )
            self.coordinator.async_stored(await self._hub.async_ingest(batch))
        photos = [photo for photo in upload.photos if self._wants(photo)]
        if photos and (photos := await self._async_not_erased(photos)):
            await self.coordinator.hass.async_add_executor_job(
                self._photos.save, photos
            )
            self._async_tell_photos(photos)

    async def _async_not_erased(self, photos: Collection[Photo]) -> list[Photo]:
        """Return photos but those of punches that were erased with who made them."""
        keys = set[PunchKey]().union(*map(_keys_of, photos))
        ledger = self._hub.ledger
        erased = await self._hub.async_read(ledger.erased_among, self.serial, keys)
        return [photo for photo in photos if erased.isdisjoint(_keys_of(photo))]

    @callback
    def _async_tell_photos(self, photos: Iterable[Photo]) -> None:
        """Tell who shows punches, of which theirs may be one."""
        for photo in photos:
            if photo.kind == "attendance" and photo.local_second is not None:
                async_dispatcher_send(
                    self.coordinator.hass,
                    SIGNAL_PHOTO,
                    self.serial,
                    photo.user_id,
                    photo.local_second,
                    kept_as(photo),
                )

    def _wants(self, photo: Photo) -> bool:
        """Tell whether a photo is to be kept: faces are known by some of them."""
        return self.wishes.photos and (
            photo.kind == "attendance" or self.wishes.biometrics
        )

    @callback
    def _async_take(self, request: AdmsRequest, said: Answer) -> None:
        """Make known what came, now that it is stored."""
        learned = said.learned
        if self.state.family is None and learned.family is None:
            # Most that say nothing of it are for attendance; it may yet turn out.
            learned = replace(learned, family="att")
        if learned:
            self._async_look(learned)
            self._async_learn(self.state.with_learned(learned))
        self.queue.async_take(said)
        if said.upload is not None:
            self._packs.keep(request, said.upload)
            self._async_take_upload(said.upload)
        self.ears.tell(request, said.upload)
        self._heard_at = self.coordinator.hass.loop.time()
        if request.endpoint in POLLS:
            self._async_polled()
        self.coordinator.async_heard(
            delivered=said.upload is not None, patience=self.wishes.patience
        )
        async_dispatcher_send(self.coordinator.hass, SIGNAL_HEARD.format(self.serial))

    @callback
    def _async_polled(self) -> None:
        """Note that it asked what to do."""
        if self._polled_at:
            self._intervals.append(self._heard_at - self._polled_at)
        self._polled_at = self._heard_at
        if self._next_poll is not None:
            self._next_poll.set_result(None)
            self._next_poll = None

    def _gone_at(self) -> float:
        """Return when it is gone if it does not call, by the loop's clock.

        Long before it counts as offline: this is only for who waits for it now. While
        it does what it was told, it may poll or not, and some poll when they like.
        """
        if self.queue.is_busy or not self._intervals:
            return inf
        rhythm = max(self.wishes.delay, *self._intervals)
        return self._heard_at + MISSED_POLLS * rhythm

    @callback
    def _async_look(self, learned: Learned) -> None:
        """Tell the admin of a terminal that does not ask how to behave."""
        entry = self.coordinator.config_entry
        if learned.wishes_told is not None:
            async_set_issue(self.coordinator.hass, entry, NOT_TOLD, None)
        elif (
            learned.asked_for is not None and learned.asked_for == self.state.asked_for
        ):
            async_set_issue(self.coordinator.hass, entry, NOT_TOLD, {})

    @callback
    def _async_learn(self, state: TerminalState) -> None:
        before, self.state = self.state, state
        if state != before:
            # Codes that it was told, or a question that it owes an answer to, it would
            # be told anew after a power cut.
            is_urgent = any(
                getattr(state, name) != getattr(before, name) for name in _URGENT
            )
            self._async_changed(0 if is_urgent else SAVE_AFTER)

    @callback
    def _async_take_upload(self, upload: Upload) -> None:
        if upload.users:
            in_hub = self.coordinator.in_hub
            held = dict(in_hub.users)
            for user in upload.users:
                held[user.user_id] = user.as_held(held.get(user.user_id))
            in_hub.users = held
        told = {user.user_id for user in upload.users}
        self._alarms.async_take(upload.alarms, told)

    # --- what it is told --------------------------------------------------------------

    async def async_say(
        self,
        commands: Iterable[Command],
        within: float | None = None,
        on_answer: OnAnswer = nobody,
        *,
        now_or_never: bool = False,
    ) -> list[Outcome]:
        """Say something, and wait for the answers; some may not have come by then."""
        return await self.queue.async_say(
            commands,
            within or ANSWER_WITHIN,
            self._gone_at,
            on_answer,
            now_or_never=now_or_never,
        )

    async def async_wait(
        self, happened: asyncio.Event, within: float | None = None
    ) -> None:
        """Wait for something that the terminal does; raises `TimeoutError`."""
        async with asyncio.timeout(within or ANSWER_WITHIN):
            while not happened.is_set():
                await self.async_next_poll(within)

    async def async_next_poll(self, within: float | None = None) -> None:
        """Wait until the terminal has said all that it had, and asks again."""
        if self._next_poll is None:
            self._next_poll = self.coordinator.hass.loop.create_future()
        async with asyncio.timeout(within or ANSWER_WITHIN):
            await asyncio.shield(self._next_poll)
        if self._is_over:
            raise TimeoutError

    @callback
    def async_resync(self) -> None:
        """Have all that the terminal holds sent again: nothing of it is stored."""
        self._async_learn(self.state.resynced(dt_util.utcnow().timestamp()))

    @callback
    def async_learn_old(self) -> None:
        """Say all in old words from now on."""
        self._async_learn(replace(self.state, is_old=True))

    @callback
    def async_learn_differences(self, days: Mapping[int, int], *, fewer: bool) -> None:
        """Remember how the terminal counts, now that it is known what it holds."""
        state = self.state.with_differences(days)
        if fewer:
            state = replace(state, fewer_at=dt_util.utcnow().timestamp())
        self._async_learn(state)

    @callback
    def async_end(self) -> None:
        """Have nobody wait any more: what was asked stays in the queue."""
        self._is_over = True
        self.queue.async_end()
        if self._next_poll is not None:
            self._next_poll.set_result(None)
            self._next_poll = None
