"""Who answers terminals that push over ADMS: those that are set up, and strangers."""

import asyncio
from collections import OrderedDict
from datetime import timedelta, tzinfo
import logging
from secrets import token_hex
from typing import Any, Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .adms import AdmsTerminal
from .const import DOMAIN
from .core.adms.dialogue import Answer, Context, Stranger, answer
from .core.adms.queue import CommandRow
from .core.adms.requests import AdmsRequest
from .core.adms.state import TerminalState
from .core.rows import RowDecoder
from .device import SyncIDCoordinator

_LOGGER = logging.getLogger(__name__)

DATA_ADMS: HassKey[AdmsServer] = HassKey(f"{DOMAIN}_adms")

# Strangers that are remembered, and offered to the admin.
_MOST_STRANGERS: Final = 50
# Seconds without a call after which one makes room for another.
_SILENT_AFTER: Final = 300
_SAVE_AFTER: Final = 10


class AdmsServer:
    """All terminals that push, and those that would like to."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nobody yet."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}.adms")
        self._states: dict[str, dict[str, Any]] = {}
        self._is_loaded = False
        self._terminals: dict[str, AdmsTerminal] = {}
        # When each called last; who did so longest ago comes first.
        self._strangers: OrderedDict[str, float] = OrderedDict()
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

    async def async_add(self, coordinator: SyncIDCoordinator) -> AdmsTerminal:
        """Take a terminal's calls while its entry is set up."""
        serial, hub = coordinator.serial, coordinator.hub
        async with self._loading:
            if not self._is_loaded:
                self._states = await self._store.async_load() or {}
                self._is_loaded = True
        if kept := self._states.get(serial):
            state = TerminalState.from_json(kept)
        else:
            state = TerminalState(
                serial=serial, registry_code=token_hex(16), session_id=token_hex(16)
            )
        rows = await hub.async_read(hub.ledger.commands, serial)
        terminal = AdmsTerminal(
            coordinator,
            state,
            [CommandRow(serial, **row) for row in rows],
            self._async_changed,
        )
        self._terminals[serial] = terminal
        self._strangers.pop(serial, None)
        return terminal

    @callback
    def async_remove(self, terminal: AdmsTerminal) -> None:
        """Take a terminal's calls no longer."""
        terminal.async_end()
        self._keep(terminal)
        del self._terminals[terminal.serial]

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget what was learned of a terminal that was removed."""
        if self._states.pop(serial, None):
            self._async_changed()

    @callback
    def _async_changed(self) -> None:
        """Keep what was learned, soon."""
        self._store.async_delay_save(self._data, _SAVE_AFTER)

    @callback
    def _keep(self, terminal: AdmsTerminal) -> None:
        # One that never called has nothing to remember.
        if terminal.state.family is not None:
            self._states[terminal.serial] = terminal.state.as_json()

    @callback
    def _data(self) -> dict[str, Any]:
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
        )
        said = answer(request, None, context)
        if said.stranger is not None and entry is None:
            self._async_met(said.stranger, address)
        return said

    @callback
    def _async_met(self, stranger: Stranger, address: str) -> None:
        """Offer a stranger to the admin, once, and no more than can be looked at."""
        serial, now = stranger.serial, self._hass.loop.time()
        is_known = serial in self._strangers
        if not (is_known or self._async_make_room(now)):
            _LOGGER.debug("Too many terminals announce themselves; %s waits", serial)
            return
        self._strangers[serial] = now
        self._strangers.move_to_end(serial)
        if is_known:
            return
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
        for serial, called in self._strangers.items():
            flow_id = flows.get(serial)
            if flow_id is not None and now - called < _SILENT_AFTER:
                continue
            if flow_id is not None:
                self._hass.config_entries.flow.async_abort(flow_id)
            del self._strangers[serial]
            return True
        return False


async def _async_zone(entry: ConfigEntry | None) -> tzinfo:
    """Return the zone that a terminal sets its clock by, set up or not."""
    name = entry.options.get(CONF_TIME_ZONE) if entry else None
    zone = await dt_util.async_get_time_zone(name) if name else None
    return zone or dt_util.get_default_time_zone()
