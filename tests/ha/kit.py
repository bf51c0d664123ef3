"""The test kit: simulated terminals, set up in Home Assistant.

    terminal = await syncid.add_terminal()
    terminal.punch("1001", state=1)
    punch = await syncid.next_punch()
    assert punch["direction"] == "check_out"

Nothing here sleeps: `next_punch` and `wait_for_state` return as soon as what they
wait for is there, and fail if it does not come.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.const import DOMAIN, EVENT_PUNCH
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from simulator import PROFILES, Profile, Simulation, Terminal, simulate

# Far more than anything takes; reached only by a test that fails.
PATIENCE = 10

PEOPLE = {"1001": "Amina", "1002": "Bruno", "1003": "Chen"}


class KitTerminal:
    """A simulated terminal, and its entry in Home Assistant."""

    def __init__(
        self, hass: HomeAssistant, simulation: Simulation, entry: MockConfigEntry
    ) -> None:
        """Hold both."""
        self.hass = hass
        self.simulation = simulation
        self.entry = entry

    @property
    def device(self) -> Terminal:
        """Return the simulated terminal itself."""
        return self.simulation.terminal

    @property
    def serial(self) -> str:
        """Return its serial number."""
        return self.device.serial

    def punch(self, user_id: str = "1001", **details: Any) -> None:
        """Let somebody punch."""
        self.simulation.punch(user_id, **details)

    def entity_id(self, platform: str, key: str) -> str:
        """Return the id of one of its entities, found by its unique id."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            platform, DOMAIN, f"{self.serial}-{key}"
        )
        assert entity_id is not None, f"{self.serial} has no {platform} {key}"
        return entity_id

    def state(self, platform: str, key: str) -> State:
        """Return the state of one of its entities."""
        state = self.hass.states.get(self.entity_id(platform, key))
        assert state is not None, f"{platform} {key} has no state"
        return state


class SyncIDKit:
    """Terminals to punch at, and what comes of it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen for punches."""
        self.hass = hass
        self._stack = AsyncExitStack()
        self.punches: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.terminals: list[KitTerminal] = []

    async def __aenter__(self) -> Self:
        """Begin."""
        self._stack.callback(
            self.hass.bus.async_listen(EVENT_PUNCH, self._async_punched)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Unload all, switch the terminals off, and see that they were well treated."""
        for terminal in self.terminals:
            if terminal.entry.state is ConfigEntryState.LOADED:
                await self.hass.config_entries.async_unload(terminal.entry.entry_id)
        await self.hass.async_block_till_done()
        await self._stack.aclose()
        if error is None:
            for terminal in self.terminals:
                assert not terminal.device.violations

    @callback
    def _async_punched(self, event: Event) -> None:
        self.punches.put_nowait(dict(event.data))

    def start_terminal(
        self,
        *,
        serial: str = "CKUJ203460001",
        profile: Profile = PROFILES["iface702"],
        comm_key: int = 0,
        people: dict[str, str] = PEOPLE,
    ) -> Simulation:
        """Switch a simulated terminal on."""
        device = Terminal(profile, serial=serial, comm_key=comm_key)
        for user_id, name in people.items():
            device.add_user(user_id=user_id, name=name)
        return self._stack.enter_context(simulate(device))

    def make_entry(
        self,
        simulation: Simulation,
        *,
        name: str = "Main gate",
        comm_key: int | None = None,
        **options: Any,
    ) -> MockConfigEntry:
        """Return an entry for a terminal, not set up."""
        terminal = simulation.terminal
        return MockConfigEntry(
            domain=DOMAIN,
            title=name,
            unique_id=terminal.serial,
            data={
                "kind": "device",
                "host": simulation.host,
                "port": simulation.port,
                "comm_key": terminal.comm_key if comm_key is None else comm_key,
                "serial": terminal.serial,
                "mac": "00:17:61:10:51:73",
            },
            options={"mode": "realtime", "direction": "auto", **options},
        )

    async def add_terminal(
        self,
        simulation: Simulation | None = None,
        *,
        name: str = "Main gate",
        comm_key: int | None = None,
        **options: Any,
    ) -> KitTerminal:
        """Set a terminal up in Home Assistant, and have its past read."""
        simulation = simulation or self.start_terminal()
        entry = self.make_entry(simulation, name=name, comm_key=comm_key, **options)
        entry.add_to_hass(self.hass)
        terminal = KitTerminal(self.hass, simulation, entry)
        self.terminals.append(terminal)
        await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return terminal

    async def next_punch(self) -> dict[str, Any]:
        """Return the data of the next punch on the bus."""
        async with asyncio.timeout(PATIENCE):
            return await self.punches.get()

    def assert_no_punch(self) -> None:
        """See that nothing was announced that was not looked at."""
        assert self.punches.empty(), self.punches.get_nowait()

    async def wait_for_state(
        self, entity_id: str, fits: str | Callable[[State], bool]
    ) -> State:
        """Return the state of an entity as soon as it fits."""
        wanted = fits if callable(fits) else lambda state: state.state == fits
        changed = asyncio.Event()
        remove = self.hass.bus.async_listen(
            EVENT_STATE_CHANGED, callback(lambda _: changed.set())
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    state = self.hass.states.get(entity_id)
                    if state is not None and wanted(state):
                        return state
                    changed.clear()
                    await changed.wait()
        finally:
            remove()
