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
from secrets import token_hex
from typing import Any, Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalTypeFormat

from .const import (
    CONF_BIOMETRICS,
    CONF_DIRECTION,
    CONF_PHOTOS,
    CONF_VERIFY_CODES,
    DOMAIN,
)
from .core.adms.commands import Command
from .core.adms.content import Upload
from .core.adms.dialogue import NOT_STORED, Answer, Context, Stranger, answer
from .core.adms.phrasebook import Phrasebook
from .core.adms.queue import CommandRow, enqueue
from .core.adms.requests import AdmsRequest
from .core.adms.results import CommandResult
from .core.adms.state import TerminalState, Wishes
from .core.codes import pushed_family
from .core.errors import LedgerError
from .core.records import Alarm, wall_clock
from .core.rows import RowDecoder
from .device import SyncIDCoordinator
from .hub import Hub

_LOGGER = logging.getLogger(__name__)

DATA_ADMS: HassKey[AdmsServer] = HassKey(f"{DOMAIN}_adms")
# A terminal called, by its serial number.
SIGNAL_HEARD: SignalTypeFormat[()] = SignalTypeFormat("syncid_heard_{}")

# Seconds between two calls of a terminal: how long an action waits for it.
DELAY: Final = 5
# Seconds that an action waits for a terminal's answer.
ANSWER_WITHIN: Final = 60
# Bytes of a body that is read in no time.
_SHORT_BODY = 2048
# Strangers that are remembered, and offered to the admin.
_MOST_STRANGERS = 50
# Alarms that are remembered, so that one which is sent again is no news.
_MOST_ALARMS = 500
_SAVE_AFTER = 10
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
        server: AdmsServer,
        coordinator: SyncIDCoordinator,
        state: TerminalState,
        rows: Iterable[CommandRow],
    ) -> None:
        """Go on where it was left."""
        self.coordinator = coordinator
        self.state = state
        self._server = server
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
        self._rows = {row.id: row for row in rows}
        self._last_id = max(self._rows, default=0)
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
        now = dt_util.utcnow()
        offset = now.astimezone(self.coordinator.zone).utcoffset() or timedelta()
        context = Context(
            now=now.timestamp(),
            utc_offset=int(offset.total_seconds()),
            decoder=self._decoder,
            wishes=self.wishes,
            rows=tuple(self._rows.values()),
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
        for command in said.wants:
            if not any(
                row.is_open and row.command == command for row in self._rows.values()
            ):
                await self._async_enqueue((command,))
        return said

    async def _async_store(self, said: Answer) -> None:
        """Keep all that the terminal will not bring again; raises `LedgerError`."""
        if said.rows:
            await self._async_save_rows(said.rows)
        if (upload := said.upload) is None:
            return
        if upload.punches or upload.rejected:
            batch = replace(
                upload.batch(self.serial), past_until=self.coordinator.past_until
            )
            await asyncio.wrap_future(self._hub.ingest(batch))
        if upload.photos and self.wishes.photos:
            folder = Path(
                self.coordinator.hass.config.path("media", DOMAIN, self.serial)
            )
            await self.coordinator.hass.async_add_executor_job(
                _save_photos, folder, upload
            )

    async def _async_save_rows(self, rows: Iterable[CommandRow]) -> None:
        saved = [
            {key: value for key, value in asdict(row).items() if key != "serial"}
            for row in rows
        ]
        ledger = self._hub.ledger
        await asyncio.wrap_future(ledger.save_commands(self.serial, saved))
        self._rows |= {row.id: row for row in rows}

    @callback
    def _async_take(self, request: AdmsRequest, said: Answer) -> None:
        """Make known what came, now that it is stored."""
        if said.learned:
            self.state = self.state.with_learned(said.learned)
            self._server.async_changed()
        for row, result in said.results:
            if row is not None and (waiting := self._waiting.pop(row.id, None)):
                waiting.set_result(Outcome(self._rows[row.id], result))
        for row in said.rows:
            if row.state == "expired" and (waiting := self._waiting.pop(row.id, None)):
                waiting.set_result(Outcome(row))
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
            held = {user.user_id: user.as_held() for user in upload.users}
            in_hub = self.coordinator.in_hub
            in_hub.users = {**in_hub.users, **held}
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

    async def async_say(self, commands: Iterable[Command]) -> list[Outcome]:
        """Say something, and wait for the answers; some may not have come by then."""
        rows = await self._async_enqueue(commands)
        loop = self.coordinator.hass.loop
        futures = {row.id: loop.create_future() for row in rows}
        self._waiting |= futures
        try:
            await asyncio.wait(futures.values(), timeout=ANSWER_WITHIN)
        finally:
            for id_ in futures:
                self._waiting.pop(id_, None)
        return [
            future.result() if future.done() else Outcome(self._rows[id_])
            for id_, future in futures.items()
        ]

    async def _async_enqueue(self, commands: Iterable[Command]) -> list[CommandRow]:
        """Put commands into the queue, from where the terminal fetches them."""
        now, rows = dt_util.utcnow().timestamp(), []
        for command in commands:
            self._last_id += 1
            rows.append(enqueue(self.serial, self._last_id, command, now))
        await self._async_save_rows(rows)
        return rows

    @contextmanager
    def hearing(self, hear: Callable[[Upload], None]) -> Iterator[None]:
        """Have every upload told while inside."""
        self._hearers.append(hear)
        try:
            yield
        finally:
            self._hearers.remove(hear)

    async def async_next_poll(self) -> None:
        """Wait until the terminal has said all that it had, and asks again."""
        if self._next_poll is None:
            self._next_poll = self.coordinator.hass.loop.create_future()
        async with asyncio.timeout(ANSWER_WITHIN):
            await asyncio.shield(self._next_poll)

    @callback
    def async_resync(self) -> None:
        """Have all that the terminal holds sent again at its next handshake."""
        self.state = self.state.resynced()
        self._server.async_changed()


class AdmsServer:
    """All terminals that push, and those that would like to."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nobody yet."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}.adms")
        self._states: dict[str, dict[str, Any]] | None = None
        self._terminals: dict[str, AdmsTerminal] = {}
        self._strangers: dict[str, Stranger] = {}
        self._loading = asyncio.Lock()

    @callback
    def async_terminal(self, serial: str) -> AdmsTerminal | None:
        """Return a terminal whose entry is set up."""
        return self._terminals.get(serial)

    @callback
    def async_is_known(self, serial: str) -> bool:
        """Tell whether somebody added a terminal, whatever became of its entry."""
        entries = self._hass.config_entries
        return bool(entries.async_entry_for_domain_unique_id(DOMAIN, serial))

    async def async_add(self, coordinator: SyncIDCoordinator) -> AdmsTerminal:
        """Take a terminal's calls while its entry is set up."""
        serial, hub = coordinator.serial, coordinator.hub
        async with self._loading:
            if self._states is None:
                self._states = await self._store.async_load() or {}
        if kept := self._states.get(serial):
            state = TerminalState.from_json(kept)
        else:
            state = TerminalState(
                serial=serial, registry_code=token_hex(16), session_id=token_hex(16)
            )
        rows = await hub.async_read(hub.ledger.commands, serial)
        terminal = AdmsTerminal(
            self, coordinator, state, [CommandRow(serial, **row) for row in rows]
        )
        self._terminals[serial] = terminal
        self._strangers.pop(serial, None)
        return terminal

    @callback
    def async_remove(self, terminal: AdmsTerminal) -> None:
        """Take a terminal's calls no longer."""
        self._keep(terminal)
        del self._terminals[terminal.serial]

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget what was learned of a terminal that was removed."""
        if self._states and self._states.pop(serial, None):
            self._store.async_delay_save(self._data, _SAVE_AFTER)

    @callback
    def async_changed(self) -> None:
        """Keep what was learned, soon."""
        self._store.async_delay_save(self._data, _SAVE_AFTER)

    @callback
    def _keep(self, terminal: AdmsTerminal) -> None:
        if self._states is not None:
            self._states[terminal.serial] = terminal.state.as_json()

    @callback
    def _data(self) -> dict[str, Any]:
        for terminal in self._terminals.values():
            # One that never called has nothing to remember.
            if terminal.state.family is not None:
                self._keep(terminal)
        return self._states or {}

    async def async_answer(self, request: AdmsRequest, address: str) -> Answer:
        """Return what a request is answered."""
        if request.serial and (terminal := self._terminals.get(request.serial)):
            return await terminal.async_answer(request)
        now = dt_util.now()
        offset = now.utcoffset() or timedelta()
        context = Context(
            now=now.timestamp(),
            utc_offset=int(offset.total_seconds()),
            decoder=RowDecoder("push", "auto"),
        )
        said = answer(request, None, context)
        if said.stranger is not None and not self.async_is_known(said.stranger.serial):
            self._async_met(said.stranger, address)
        return said

    @callback
    def _async_met(self, stranger: Stranger, address: str) -> None:
        """Offer a stranger to the admin, once, and no more than can be looked at."""
        serial = stranger.serial
        if serial in self._strangers:
            return
        if len(self._strangers) >= _MOST_STRANGERS:
            _LOGGER.debug("Too many terminals announce themselves; %s waits", serial)
            return
        self._strangers[serial] = stranger
        _LOGGER.info("Terminal %s at %s announced itself", serial, address)
        discovery_flow.async_create_flow(
            self._hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={
                "serial": serial,
                "name": stranger.facts.name or "",
                "address": address,
            },
        )


def _save_photos(folder: Path, upload: Upload) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for photo in upload.photos:
        # Only its last part, whatever a terminal calls it.
        name = Path(photo.file_name.replace("\\", "/")).name or f"{photo.user_id}.jpg"
        (folder / name.lstrip(".")).write_bytes(photo.content)
