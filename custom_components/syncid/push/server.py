"""Who answers terminals that push over ADMS: those that are set up, and strangers."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
import logging
from secrets import token_hex
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..core.adms.dialogue import Answer, Context, Stranger, answer
from ..core.adms.queue import CommandRow
from ..core.adms.requests import AdmsRequest
from ..core.adms.state import NO_WISHES, NOTHING, Learned, TerminalState
from ..core.errors import LedgerError
from ..core.rows import RowDecoder
from ..device import SyncIDCoordinator
from ..hub import DATA_HUB
from .adms import AdmsTerminal, wishes_of

_LOGGER = logging.getLogger(__name__)

DATA_ADMS: HassKey[AdmsServer] = HassKey(f"{DOMAIN}_adms")

# Strangers that are remembered, and offered to the admin.
_MOST_STRANGERS: Final = 50
_EXPIRE_EVERY: Final = timedelta(hours=1)
# Of an entry that could not be set up because the terminal was not to be reached.
_NOT_REACHED: Final = (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR)
# Seconds without a call after which one makes room for another.
_SILENT_AFTER: Final = 300


@dataclass(frozen=True, slots=True)
class _Met:
    """A stranger: what it said of itself, and when it called last (monotonic)."""

    state: TerminalState
    called_at: float


class AdmsServer:
    """All terminals that push, and those that would like to."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nobody yet."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}.adms")
        self._states: dict[str, dict[str, Any]] = {}
        self._is_loaded = False
        self._is_save_due = False
        self._terminals: dict[str, AdmsTerminal] = {}
        # When each called last; who did so longest ago comes first.
        self._strangers: OrderedDict[str, _Met] = OrderedDict()
        # Of those that were removed, and may be added again.
        self._families: dict[str, Learned] = {}
        self._loading = asyncio.Lock()

    @callback
    def async_terminal(self, serial: str | None) -> AdmsTerminal | None:
        """Return a terminal whose entry is set up."""
        return self._terminals.get(serial) if serial else None

    @callback
    def async_knows(self, serial: str) -> bool:
        """Tell whether a terminal has an entry, or was met before."""
        return serial in self._strangers or bool(
            self._hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
        )

    async def async_has_called(self, serial: str) -> bool:
        """Tell whether a terminal that has an entry ever called."""
        if (terminal := self._terminals.get(serial)) is not None:
            return terminal.state.family is not None
        return await self._async_kept(serial) is not None

    async def async_add(self, coordinator: SyncIDCoordinator) -> AdmsTerminal:
        """Take a terminal's calls while its entry is set up."""
        serial, hub = coordinator.serial, coordinator.hub
        kept = await self._async_kept(serial)
        # What it said before it was added, it may not say again for weeks.
        stranger = self._strangers.get(serial)
        state = kept or (stranger.state if stranger else self._new_state(serial))
        rows = await hub.async_read(hub.ledger.commands, serial)
        terminal = AdmsTerminal(
            coordinator,
            state,
            [CommandRow(serial, **row) for row in rows],
            self._async_changed,
            was_set_up=kept is not None,
        )
        # What waited for one that was removed since, nobody may want any more.
        await terminal.queue.async_expire(all_of_it=kept is None)

        async def async_expire(_: datetime) -> None:
            try:
                await terminal.queue.async_expire()
            except LedgerError as err:
                _LOGGER.debug("The queue of %s is looked at later: %s", serial, err)

        coordinator.config_entry.async_on_unload(
            async_track_time_interval(
                self._hass, async_expire, _EXPIRE_EVERY, cancel_on_shutdown=True
            )
        )
        self._terminals[serial] = terminal
        self._strangers.pop(serial, None)
        return terminal

    async def _async_kept(self, serial: str) -> TerminalState | None:
        """Return what is remembered of a terminal that is not set up."""
        async with self._loading:
            if not self._is_loaded:
                self._states = await self._store.async_load() or {}
                self._is_loaded = True
        kept = self._states.get(serial)
        return TerminalState.from_json(kept) if kept else None

    @callback
    def async_remove(self, terminal: AdmsTerminal) -> None:
        """Take a terminal's calls no longer."""
        terminal.async_end()
        self._keep(terminal)
        del self._terminals[terminal.serial]

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget what was learned of a terminal that was removed."""
        if kept := self._states.pop(serial, None):
            # It goes on calling, and may not say again for weeks what it is.
            self._families[serial] = Learned(
                family=kept["family"], family_told=kept["family_told"]
            )
            self._async_changed(0)
        self._hass.async_create_task(self._async_forget_queue(serial))

    async def _async_forget_queue(self, serial: str) -> None:
        hub = self._hass.data[DATA_HUB]
        try:
            await hub.async_open()
            await asyncio.wrap_future(hub.ledger.end_commands(serial))
        except LedgerError as err:
            _LOGGER.warning("The queue of %s was not forgotten yet: %s", serial, err)

    @callback
    def _async_changed(self, within: int) -> None:
        """Keep what was learned, within so many seconds."""
        # Asking again would put off what is due, and busy terminals never stop.
        if within == 0 or not self._is_save_due:
            self._is_save_due = True
            self._store.async_delay_save(self._data, within)

    @callback
    def _keep(self, terminal: AdmsTerminal) -> None:
        # One that never called has nothing to remember.
        if terminal.state.family is not None:
            self._states[terminal.serial] = terminal.state.as_json()

    @callback
    def _data(self) -> dict[str, Any]:
        self._is_save_due = False
        for terminal in self._terminals.values():
            self._keep(terminal)
        return self._states

    async def async_answer_stranger(self, request: AdmsRequest, address: str) -> Answer:
        """Return what a terminal is answered that is not set up."""
        # Somebody may have added it, whatever became of its entry.
        entry = self._hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, request.serial or ""
        )
        now = dt_util.now(await _async_zone(entry))
        offset = now.utcoffset() or timedelta()
        context = Context(
            now=now.timestamp(),
            utc_offset=int(offset.total_seconds()),
            decoder=RowDecoder("push", "auto"),
            wishes=wishes_of(entry.options) if entry else NO_WISHES,
            kept=await self._async_kept(request.serial or "") if entry else None,
        )
        said = answer(request, None, context)
        if said.stranger is not None:
            if entry is None:
                self._async_met(said.stranger, address)
            elif entry.state in _NOT_REACHED and request.serial not in self._states:
                self._async_met_instead(entry, said.stranger)
        return said

    @callback
    def _async_met_instead(self, entry: ConfigEntry, stranger: Stranger) -> None:
        """Set a terminal up that calls for the first time while nothing else reaches it."""
        state = self._new_state(stranger.serial).with_learned(stranger.learned)
        state = replace(state, family=state.family or "att")
        self._states[stranger.serial] = state.as_json()
        self._hass.config_entries.async_schedule_reload(entry.entry_id)

    @callback
    def _async_met(self, stranger: Stranger, address: str) -> None:
        """Offer a stranger to the admin, once, and no more than can be looked at."""
        serial, now = stranger.serial, self._hass.loop.time()
        if (known := self._strangers.get(serial)) is not None:
            state = known.state.with_learned(stranger.learned)
            self._strangers[serial] = _Met(state, now)
            self._strangers.move_to_end(serial)
            return
        if not self._async_make_room(now):
            _LOGGER.debug("Too many terminals announce themselves; %s waits", serial)
            return
        state = self._new_state(serial).with_learned(stranger.learned)
        self._strangers[serial] = _Met(state, now)
        _LOGGER.info("Terminal %s at %s announced itself", serial, address)
        discovery_flow.async_create_flow(
            self._hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={
                "serial": serial,
                "name": state.facts.name or "",
                "address": address,
            },
        )

    @callback
    def _async_make_room(self, now: float) -> bool:
        """Forget a stranger if there is none to spare: one looked at, or silent."""
        if len(self._strangers) < _MOST_STRANGERS:
            return True
        flows = {
            flow["context"].get("unique_id"): flow["flow_id"]
            for flow in self._hass.config_entries.flow.async_progress_by_handler(DOMAIN)
            if flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
        }
        for serial, met in self._strangers.items():
            flow_id = flows.get(serial)
            if flow_id is not None and now - met.called_at < _SILENT_AFTER:
                continue
            if flow_id is not None:
                self._hass.config_entries.flow.async_abort(flow_id)
            del self._strangers[serial]
            return True
        return False

    def _new_state(self, serial: str) -> TerminalState:
        state = TerminalState(
            serial=serial, registry_code=token_hex(16), session_id=token_hex(16)
        )
        return state.with_learned(self._families.get(serial, NOTHING))


async def _async_zone(entry: ConfigEntry | None) -> tzinfo:
    """Return the zone that a terminal sets its clock by, set up or not."""
    name = entry.options.get(CONF_TIME_ZONE) if entry else None
    zone = await dt_util.async_get_time_zone(name) if name else None
    return zone or dt_util.get_default_time_zone()
