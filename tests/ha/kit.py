"""The test kit: simulated terminals, set up in Home Assistant.

    terminal = await syncid.add_terminal()
    terminal.punch("1001", state=1)
    punch = await syncid.next_punch()
    assert punch["direction"] == "check_out"

Nothing here sleeps: `next_punch`, `wait_until` and `wait_for_state` return as soon as
what they wait for is there, and fail if it does not come.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
import sqlite3
import threading
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from aiohttp import ClientResponse
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.syncid.const import DOMAIN, EVENT_ALARM, EVENT_PUNCH
from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry, ConfigEntryState
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import PROFILES, Profile, Simulation, Terminal, simulate
from simulator.adms import AdmsProfile, AdmsSimulation, AdmsTerminal
from simulator.events import AlarmKind
from simulator.http import Answer
from simulator.requests import HANDLERS

# What pushes a body of logs, with the device's token unless it is told otherwise.
type Push = Callable[..., Awaitable[ClientResponse]]
PUSH_LOG = "/api/v1/biometric/push-log"

# Far more than anything takes; reached only by a test that fails.
PATIENCE = 10

SERIAL = "CKUJ203460001"
OTHER_SERIAL = "CKUJ203460002"
MAC = "00:17:61:10:51:73"
# 31 February 2026, 08:00, as terminals pack a time.
IMPOSSIBLE = ((26 * 12 + 1) * 31 + 30) * 86400 + 8 * 3600
TOKEN = "a-token-that-nobody-can-guess"
WEBHOOK_ID = "5eca" * 16
PEOPLE = {"1001": "Amina", "1002": "Bruno", "1003": "Chen"}


class KitDevice:
    """The entry of a device in Home Assistant, and what became of it."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Hold it."""
        self.hass = hass
        self.entry = entry

    @property
    def serial(self) -> str:
        """Return its serial number."""
        serial: str = self.entry.data["serial"]
        return serial

    # --- in Home Assistant ------------------------------------------------------------

    def entry_state(self) -> ConfigEntryState:
        """Return what has become of its entry."""
        state: ConfigEntryState = self.entry.state
        return state

    @property
    def registered(self) -> dr.DeviceEntry:
        """Return its device in the registry."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, self.serial), self.entry.entry_id
        )
        assert isinstance(device, dr.DeviceEntry), f"{self.serial} is no device"
        return device

    @property
    def device_id(self) -> str:
        """Return the id of its device."""
        return self.registered.id

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

    @property
    def is_online(self) -> bool:
        """Return what its connectivity sensor says."""
        return self.state("binary_sensor", "connectivity").state == "on"

    async def call(self, action: str, **data: Any) -> dict[str, Any]:
        """Have an action done at it, and return the response."""
        response = await self.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": self.device_id, **data},
            blocking=True,
            return_response=True,
        )
        assert response is not None
        return dict(response)

    async def order(self, action: str) -> None:
        """Have an action done at it that answers nothing."""
        await self.hass.services.async_call(
            DOMAIN, action, {"device_id": self.device_id}, blocking=True
        )

    async def press(self, key: str) -> None:
        """Press one of its buttons."""
        await self.hass.services.async_call(
            "button", "press", {"entity_id": self.entity_id("button", key)}, True
        )


class KitTerminal(KitDevice):
    """A simulated terminal, and its entry in Home Assistant."""

    def __init__(
        self, hass: HomeAssistant, simulation: Simulation, entry: MockConfigEntry
    ) -> None:
        """Hold both."""
        super().__init__(hass, entry)
        self.simulation = simulation

    @property
    def device(self) -> Terminal:
        """Return the simulated terminal itself."""
        return self.simulation.terminal

    def punch(self, user_id: str = "1001", **details: Any) -> None:
        """Let somebody punch."""
        self.simulation.punch(user_id, **details)

    def punch_ago(self, user_id: str = "1001", *, minutes: float, **what: Any) -> None:
        """Let somebody punch at a time that has been."""
        self.punch(user_id, at=self.device.now() - timedelta(minutes=minutes), **what)

    def alarm(self, kind: AlarmKind, user_id: str | None = None) -> None:
        """Raise an alarm."""
        self.simulation.call(self.device.alarm, kind, user_id)

    @contextmanager
    def hidden_log(self) -> Iterator[None]:
        """Answer as if there were no log, though the count says that there is."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.device.log, "dataset", lambda: bytes(4))
            yield

    @contextmanager
    def refusing(self, command: int) -> Iterator[None]:
        """Answer a command with an error."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(HANDLERS, command, lambda request: request.error())
            yield

    def vanish(self) -> None:
        """Refuse connections, and cut the one there is."""
        self.simulation.stop_listening()
        self.simulation.drop_links()

    def reappear(self) -> None:
        """Take connections again."""
        self.simulation.start_listening()


class KitAdms(KitDevice):
    """A simulated terminal that pushes, and its entry in Home Assistant."""

    def __init__(
        self, hass: HomeAssistant, simulation: AdmsSimulation, entry: MockConfigEntry
    ) -> None:
        """Hold both."""
        super().__init__(hass, entry)
        self.simulation = simulation

    @property
    def device(self) -> AdmsTerminal:
        """Return the simulated terminal itself."""
        return self.simulation.terminal

    async def switch_on(self) -> None:
        """Let it call by itself from now on, and wait until it is known."""
        self.device.listeners.append(self.simulation.tell)
        self.simulation.start(self.simulation._run(), f"simulator {self.serial}")
        await self.simulation.until_polled(2)

    async def switch_off(self) -> None:
        """Let it call no more, and keep what it has."""
        self.device.listeners.remove(self.simulation.tell)
        await self.simulation.stop()

    async def post(self, body: bytes, table: str = "ATTLOG", **query: str) -> Answer:
        """Send a body, whatever is in it."""
        return await self.device.request(
            "POST", "cdata", {"table": table, **query}, body
        )

    def attlog(self, *users: str, minutes_ago: float = 0) -> bytes:
        """Return a body in which people punch, a second apart."""
        first = self.device.now() - timedelta(minutes=minutes_ago)
        return b"".join(
            f"{user}\t{first + timedelta(seconds=index):%Y-%m-%d %H:%M:%S}"
            "\t0\t1\t0\t0\t0\n".encode()
            for index, user in enumerate(users)
        )


class SyncIDKit:
    """Terminals to punch at, and what comes of it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen for punches and alarms."""
        self.hass = hass
        self._stack = AsyncExitStack()
        self.punches: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.alarms: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.simulations: list[Simulation] = []
        self.pushing: list[AdmsSimulation] = []

    async def __aenter__(self) -> Self:
        """Begin."""
        # It brings pages, which no server takes that is asked for one already.
        assert await async_setup_component(self.hass, "calendar", {})
        for event_type, came in (
            (EVENT_PUNCH, self.punches),
            (EVENT_ALARM, self.alarms),
        ):
            self._stack.callback(
                self.hass.bus.async_listen(
                    event_type,
                    callback(lambda event, came=came: came.put_nowait({**event.data})),
                )
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Unload all, switch the terminals off, and see that they were well treated."""
        for pushing in self.pushing:
            await pushing.stop()
            await pushing.terminal.close()
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if entry.state is ConfigEntryState.LOADED:
                await self.hass.config_entries.async_unload(entry.entry_id)
        await self.hass.async_block_till_done()
        await self._stack.aclose()
        if error is None:
            for simulation in self.simulations:
                assert not simulation.terminal.violations
            for pushing in self.pushing:
                assert not pushing.terminal.violations

    # --- terminals --------------------------------------------------------------------

    def start_terminal(
        self,
        *,
        serial: str = SERIAL,
        profile: Profile = PROFILES["iface702"],
        comm_key: int = 0,
        people: dict[str, str] = PEOPLE,
        clock: Callable[[], datetime] | None = None,
        port: int = 0,
        udp: bool = False,
        **faults: Any,
    ) -> Simulation:
        """Switch a simulated terminal on, with its clock right."""
        device = Terminal(
            profile, serial=serial, comm_key=comm_key, clock=clock or local_clock
        )
        # Long enough to tell two writes apart, short enough not to be felt.
        device.faults.pause = 0.002
        device.faults.restart_seconds = 0.01
        for name, value in faults.items():
            setattr(device.faults, name, value)
        for user_id, name in people.items():
            device.add_user(user_id=user_id, name=name)
        simulation = self._stack.enter_context(simulate(device, port=port, udp=udp))
        self.simulations.append(simulation)
        return simulation

    def make_entry(
        self,
        simulation: Simulation,
        *,
        name: str = "Main gate",
        comm_key: int | None = None,
        serial: str | None = None,
        host: str | None = None,
        mac: str | None = MAC.lower(),
        **options: Any,
    ) -> MockConfigEntry:
        """Return an entry for a terminal, not set up."""
        terminal = simulation.terminal
        serial = serial or terminal.serial
        return MockConfigEntry(
            domain=DOMAIN,
            title=name,
            unique_id=serial,
            data={
                "kind": "device",
                "host": host or simulation.host,
                "port": simulation.port,
                "comm_key": terminal.comm_key if comm_key is None else comm_key,
                "serial": serial,
                "mac": mac,
            },
            options={"mode": "realtime", "direction": "auto", **options},
        )

    async def add_terminal(
        self, simulation: Simulation | None = None, **details: Any
    ) -> KitTerminal:
        """Set a terminal up in Home Assistant, and have its past read.

        Unless it cannot be set up: its entry's state tells.
        """
        simulation = simulation or self.start_terminal()
        entry = self.make_entry(simulation, **details)
        entry.add_to_hass(self.hass)
        terminal = KitTerminal(self.hass, simulation, entry)
        await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle()
        if entry.state is ConfigEntryState.LOADED:
            # Done by a live terminal's thread after it has read the log.
            await terminal.call("get_device_info")
            await self.settle()
            if terminal.entry.options["mode"] == "polling":
                await self.wait_until_left(terminal)
        return terminal

    async def ignore_discovery(self) -> ConfigEntry:
        """Press Ignore on a terminal that was discovered."""
        found = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_IGNORE},
            data={"unique_id": OTHER_SERIAL, "title": "A neighbour's"},
        )
        await self.settle()
        entry: ConfigEntry = found["result"]
        return entry

    async def add_push_device(
        self,
        serial: str = "GATEWAY-1",
        *,
        token: str = TOKEN,
        webhook_id: str = WEBHOOK_ID,
        set_up: bool = True,
        **options: Any,
    ) -> KitDevice:
        """Set up a device that delivers its punches itself."""
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Main gate",
            unique_id=serial,
            data={
                "kind": "device",
                "serial": serial,
                "token_hash": sha256(token.encode()).hexdigest(),
                "webhook_id": webhook_id,
            },
            options={"mode": "push", "direction": "auto", **options},
        )
        entry.add_to_hass(self.hass)
        if set_up:
            await self.hass.config_entries.async_setup(entry.entry_id)
            await self.settle()
        return KitDevice(self.hass, entry)

    async def add_adms_terminal(
        self,
        url: str,
        serial: str = OTHER_SERIAL,
        *,
        profile: str | AdmsProfile = "att",
        people: dict[str, str] = PEOPLE,
        step: bool = False,
        entry: MockConfigEntry | None = None,
        **options: Any,
    ) -> KitAdms:
        """Set up a terminal that pushes, and have it call for the first time.

        With `step`, it calls only when told to: by `simulation.cycle()` and the like.
        """
        entry = entry or MockConfigEntry(
            domain=DOMAIN,
            title="Main gate",
            unique_id=serial,
            data={"kind": "device", "serial": serial},
            options={"mode": "push", "direction": "auto", **options},
        )
        entry.add_to_hass(self.hass)
        await self.hass.config_entries.async_setup(entry.entry_id)
        terminal = KitAdms(
            self.hass, self.start_adms_terminal(url, serial, profile, people), entry
        )
        if step:
            await terminal.simulation.cycle()
        else:
            await terminal.switch_on()
        await self.settle()
        return terminal

    def start_adms_terminal(
        self,
        url: str,
        serial: str = OTHER_SERIAL,
        profile: str | AdmsProfile = "att",
        people: dict[str, str] = PEOPLE,
        **details: Any,
    ) -> AdmsSimulation:
        """Make a terminal that pushes, which calls only when told to as yet."""
        simulation = AdmsSimulation(
            url,
            serial=serial,
            profile=profile,
            delay=0.01,
            error_delay=0.01,
            **{"clock": local_clock, "step": True, **details},
        )
        for user_id, name in people.items():
            simulation.terminal.add_user(user_id, name)
        self.pushing.append(simulation)
        return simulation

    @property
    def site(self) -> ConfigEntry:
        """Return the entry that comes with the first terminal."""
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, "site"
        )
        assert entry is not None, "there is no site"
        return entry

    # --- time -------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until Home Assistant has nothing more to do."""
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def advance(self, seconds: float) -> None:
        """Let time pass for Home Assistant, and what is due be done."""
        async_fire_time_changed(
            self.hass, dt_util.utcnow() + timedelta(seconds=seconds)
        )
        await self.settle()

    async def happened(self, event: threading.Event) -> None:
        """Wait for what `Simulation.expect` expects."""
        done = await self.hass.async_add_executor_job(event.wait, PATIENCE)
        assert done, "it never happened"

    async def wait_until_left(self, terminal: KitTerminal) -> None:
        """Wait until nobody is connected to a terminal any more."""
        async with asyncio.timeout(PATIENCE):
            while await self.hass.async_add_executor_job(
                terminal.simulation.call, lambda: bool(terminal.device.links)
            ):
                pass

    async def wait_until[T](self, find: Callable[[], T | None]) -> T:
        """Return what is found, as soon as it is; looked for after every event."""
        changed = asyncio.Event()
        remove = self.hass.bus.async_listen(
            MATCH_ALL, callback(lambda _: changed.set())
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := find()):
                    changed.clear()
                    await changed.wait()
                return found
        finally:
            remove()

    # --- what came of it --------------------------------------------------------------

    async def next_punch(self) -> dict[str, Any]:
        """Return the data of the next punch on the bus."""
        async with asyncio.timeout(PATIENCE):
            return await self.punches.get()

    async def next_alarm(self) -> dict[str, Any]:
        """Return the data of the next alarm on the bus."""
        async with asyncio.timeout(PATIENCE):
            return await self.alarms.get()

    async def next_punches(self, count: int) -> list[dict[str, Any]]:
        """Return the data of the next punches on the bus."""
        return [await self.next_punch() for _ in range(count)]

    def assert_no_punch(self) -> None:
        """See that nothing was announced that was not looked at."""
        assert self.punches.empty(), self.punches.get_nowait()

    async def wait_for_state(
        self, entity_id: str, fits: str | Callable[[State], bool]
    ) -> State:
        """Return the state of an entity as soon as it fits."""
        wanted = fits if callable(fits) else lambda state: state.state == fits

        def find() -> State | None:
            state = self.hass.states.get(entity_id)
            return state if state is not None and wanted(state) else None

        return await self.wait_until(find)

    async def wait_online(self, terminal: KitTerminal, online: bool = True) -> None:
        """Wait until Home Assistant knows that a terminal is there, or is not."""
        await self.wait_for_state(
            terminal.entity_id("binary_sensor", "connectivity"),
            "on" if online else "off",
        )

    async def wait_for_issue(self, issue_id: str) -> ir.IssueEntry:
        """Return a repair issue as soon as it is there."""
        return await self.wait_until(lambda: self.issue(issue_id))

    async def wait_for_no_issue(self, issue_id: str) -> None:
        """Wait until a repair issue is gone."""
        await self.wait_until(lambda: self.issue(issue_id) is None)

    def issue(self, issue_id: str) -> ir.IssueEntry | None:
        """Return a repair issue, None if there is none."""
        return ir.async_get(self.hass).async_get_issue(DOMAIN, issue_id)

    def issues(self, key: str) -> list[ir.IssueEntry]:
        """Return all repair issues that say the same."""
        return [
            issue
            for issue in ir.async_get(self.hass).issues.values()
            if (issue.domain, issue.translation_key) == (DOMAIN, key)
        ]

    async def stored(self, **query: Any) -> list[dict[str, Any]]:
        """Return what the ledger holds, newest first."""
        response = await self.hass.services.async_call(
            DOMAIN, "get_punches", query, blocking=True, return_response=True
        )
        assert response is not None
        punches = response["punches"]
        assert isinstance(punches, list)
        return [dict(punch) for punch in punches if isinstance(punch, dict)]

    async def wait_until_stored(self, count: int) -> None:
        """Wait until the ledger holds so many punches."""
        async with asyncio.timeout(PATIENCE):
            while len(await self.stored()) < count:
                pass

    # --- the ledger's file ------------------------------------------------------------

    @property
    def ledger_file(self) -> Path:
        """Return where the ledger is."""
        return Path(self.hass.config.path("syncid.db"))

    @contextmanager
    def full_disk(self, table: str = "punches") -> Iterator[None]:
        """Let every new row fail, as a full disk does."""
        self.in_file(
            f"CREATE TRIGGER full BEFORE INSERT ON {table}"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        try:
            yield
        finally:
            self.in_file("DROP TRIGGER full")

    @contextmanager
    def missing_table(self, table: str = "punches") -> Iterator[None]:
        """Let reading fail, for a reason that is no damage of the file."""
        self.in_file(f"ALTER TABLE {table} RENAME TO elsewhere")
        try:
            yield
        finally:
            self.in_file(f"ALTER TABLE elsewhere RENAME TO {table}")

    @contextmanager
    def busy_disk(self) -> Iterator[None]:
        """Keep every write waiting."""
        connection = sqlite3.connect(self.ledger_file, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()

    def files(self) -> dict[str, bytes]:
        """Return what there is of the ledger, by name."""
        return {
            path.name: path.read_bytes()
            for path in self.ledger_file.parent.glob("syncid.db*")
        }

    def in_file(self, statement: str) -> list[Any]:
        """Do something in the ledger's file, behind SyncID's back."""
        connection = sqlite3.connect(self.ledger_file, isolation_level=None)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def let_pass(hass: HomeAssistant, seconds: float) -> None:
    """Put the loop's clock forward, for who waits by it; what is due is done at once.

    It is not put back: timers that were set meanwhile would be late.
    """
    clock = hass.loop.time
    hass.loop.time = lambda: clock() + seconds  # type: ignore[method-assign]


def clock_in(zone: str) -> Callable[[], datetime]:
    """Return what a right clock shows in a time zone."""
    tzinfo = ZoneInfo(zone)
    return lambda: datetime.now(tzinfo).replace(tzinfo=None)


def local_clock() -> datetime:
    """Return what a right clock shows on a wall in Home Assistant's time zone."""
    return datetime.now(dt_util.get_default_time_zone()).replace(tzinfo=None)
