"""All that an admin does at a terminal, and all that a terminal holds.

with desk(ledger, profile) as desk:
    desk.do(OPERATIONS["enroll"])       # on what every test begins with
    desk.do(OPERATIONS["enroll"])       # again on the same
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import (
    Cursor,
    DeviceInfo,
    Features,
    UserChange,
)
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.drift import (
    Wanted,
    read_wanted,
    sync_people,
)
from custom_components.syncid.core.terminal.link import TerminalLink, Transport
from custom_components.syncid.core.terminal.templates import Finger
from custom_components.syncid.core.terminal.terminal import Terminal
from custom_components.syncid.core.terminal.transfer import (
    Roster,
    Transfer,
    read_roster,
)
import simulator
from simulator import Profile, Simulation, simulate
from simulator.requests import Request
from simulator.sessions import Reply

from .kit import PATIENCE, QUICK, ZONE, local_now, rome_now

OLD = b"\x4a\x4dSS21 old \x5a"
NEW = b"\x4a\x4dSS21 new \x5a"
CHANGE = UserChange(
    name="Dina", password="4711", card=8_090_000, role="manager", group=5, disabled=True
)

type Do = Callable[[Terminal, TerminalClient], Any]


class StepFailed(Exception):
    """One of a transfer's users is not as planned."""


@dataclass(frozen=True)
class Operation:
    """Something that an admin does."""

    do: Do
    # Whether it was done, as the terminal itself has it.
    is_done: Callable[[simulator.Terminal], bool]


# --- the operations ---------------------------------------------------------------------


def _enroll(terminal: Terminal, client: TerminalClient) -> None:
    with terminal.changing_people(client) as people:
        people.enroll("1004", CHANGE)


def _enroll_with_finger(terminal: Terminal, client: TerminalClient) -> None:
    with terminal.changing_people(client) as people:
        people.enroll("1004", CHANGE, [Finger(2, 1, NEW)])


def _update(terminal: Terminal, client: TerminalClient) -> None:
    with terminal.changing_people(client) as people:
        people.update("1002", CHANGE)


def _remove(terminal: Terminal, client: TerminalClient) -> None:
    assert terminal.info is not None
    with terminal.changing_people(client) as people:
        people.remove("1001", terminal.info)


def _enroll_finger(finger: int) -> Do:
    def do(terminal: Terminal, client: TerminalClient) -> int:
        return terminal.enroll_finger(
            client,
            "1001",
            finger,
            overwrite=True,
            timeout=10,
            on_step=lambda step: None,
            is_cancelled=lambda: False,
        )

    return do


def _bring(*, replace: bool) -> Do:
    def do(terminal: Terminal, client: TerminalClient) -> None:
        assert terminal.info is not None
        with terminal.changing_people(client) as people:
            roster = a_roster(terminal.info.name)
            steps = Transfer(
                client, people, terminal.info, roster, replace=replace
            ).do()
            if {step.outcome for step in steps} - {"add", "change", "same"}:
                raise StepFailed(steps)

    return do


def _sync(terminal: Terminal, client: TerminalClient) -> None:
    assert terminal.info is not None
    with terminal.changing_people(client) as people:
        wanted = a_wanted(terminal.info.name)
        steps = sync_people(client, people, terminal.info, wanted, remove_extra=True)
        if {step.outcome for step in steps} & {"refuse", "fail"}:
            raise StepFailed(steps)


def _is_synced(device: simulator.Terminal) -> bool:
    # Bruno runs the terminal, and stays.
    held = fingers(device)
    return (
        held.keys() == {"1001", "1002", "1005", "1006"}
        and held["1001"] == {0: (1, NEW), 2: (3, NEW)}
        and held["1005"] == {9: (1, NEW)}
        and device.users["1001"].name == "A. Rossi"
    )


def _has_roster(device: simulator.Terminal) -> bool:
    held = fingers(device)
    return held["1001"] == {0: (1, NEW), 2: (3, NEW), 6: (3, OLD)} and (
        held["1005"] == {9: (1, NEW)}
    )


OPERATIONS = {
    "enroll": Operation(_enroll, lambda device: device.users["1004"].group == 5),
    "enroll with a finger": Operation(
        _enroll_with_finger, lambda device: fingers(device)["1004"] == {2: (1, NEW)}
    ),
    "update": Operation(_update, lambda device: device.users["1002"].name == "Dina"),
    "remove": Operation(
        _remove,
        lambda device: "1001" not in device.users and len(device.fingerprints) == 1,
    ),
    "enroll a finger": Operation(
        _enroll_finger(3), lambda device: set(fingers(device)["1001"]) == {0, 3, 6}
    ),
    "enroll a finger anew": Operation(
        _enroll_finger(0), lambda device: fingers(device)["1001"][0] != (1, OLD)
    ),
    "transfer": Operation(
        _bring(replace=False),
        lambda device: _has_roster(device) and device.users["1001"].name == "Amina",
    ),
    "restore": Operation(
        _bring(replace=True),
        lambda device: _has_roster(device) and device.users["1001"].name == "A. Rossi",
    ),
    "sync": Operation(_sync, _is_synced),
    "clear": Operation(
        lambda terminal, client: terminal.clear_log(client),
        lambda device: not len(device.log),
    ),
    "set time": Operation(
        lambda terminal, client: terminal.sync_clock(client),
        lambda device: abs((device.now() - rome_now()).total_seconds()) < 30,
    ),
    "unlock": Operation(
        lambda terminal, client: terminal.unlocking(3)(client),
        lambda device: device.unlocks == [3],
    ),
    "voice": Operation(
        lambda terminal, client: terminal.say(client, 4),
        lambda device: device.voices == [4],
    ),
    "option": Operation(
        lambda terminal, client: terminal.read_option(client, "VOLUME"),
        lambda device: True,
    ),
}


@cache
def a_roster(kind: str) -> Roster:
    """Return people for a terminal of a kind: one whom it has, and two others."""
    with _source(kind) as client:
        return read_roster(client, client.read_info())


@cache
def a_wanted(kind: str) -> Wanted:
    """Return the same people as of a leader."""
    with _source(kind) as client:
        return read_wanted(client, client.read_info(), whole=True)


@contextmanager
def _source(kind: str) -> Iterator[TerminalClient]:
    """Switch the terminal on that has them, and connect to it."""
    profiles = {profile.name: profile for profile in simulator.PROFILES.values()}
    profile = profiles[kind]
    device = simulator.Terminal(profile, serial="SOURCE")
    device.add_user("1001", "A. Rossi", card=1001, password="99", group=3)
    device.add_user("1005", "Ewa", uid=9, card=1005, privilege=14)
    # Not a number that goes with somebody: whether it is free then depends on whether
    # the log was read before.
    device.add_user("1006", "Finn", uid=7)
    device.add_fingerprint("1001", 0, NEW)
    device.add_fingerprint("1001", 2, NEW, flag=3)
    device.add_fingerprint("1005", 9, NEW)
    if profile.faces_by_command:
        device.add_face("1006", 2)
    with simulate(device) as sim, connected(sim) as client:
        yield client


# --- what a terminal holds --------------------------------------------------------------


def fingers(device: simulator.Terminal) -> dict[str, dict[int, tuple[int, bytes]]]:
    """Return the flags and templates of all fingers."""
    return {
        user.user_id: {
            number: (finger.flag, finger.template)
            for number, finger in device.fingerprints.of(user.uid).items()
        }
        for user in device.users
    }


type Held = dict[tuple[str, ...], bytes]
"""All that a terminal holds and has done, byte for byte, thing by thing."""


def dump(device: simulator.Terminal) -> Held:
    """Return what a terminal holds.

    Of the clock, only whether it is wrong as it was; of its own serial number nothing.
    """
    held: Held = {}
    for user in device.users:
        held["user", user.user_id] = user.pack(device.profile)
        held["style", user.user_id] = bytes([user.verify_style])
        for number, finger in device.fingerprints.of(user.uid).items():
            held["finger", user.user_id, str(number)] = (
                bytes([finger.flag]) + finger.template
            )
        for number, record in enumerate(device.faces.of(user.uid)):
            held["face", user.user_id, str(number)] = record
    for name, value in device.options.items():
        if name != "~SerialNumber":
            held["option", name] = value.encode()
    off = (device.now() - rome_now()).total_seconds()
    mechanics = (device.enabled, device.running, device.asleep, device.door_open)
    return held | {
        ("fingers",): bytes([len(device.fingerprints)]),
        ("faces",): bytes([len(device.faces)]),
        ("log",): device.log.packed,
        ("operations",): device.oplog.packed,
        ("clock",): f"{round(off / 30)}".encode(),
        ("mechanics",): bytes((*mechanics, device.enrolling is not None)),
        ("unlocks",): bytes(device.unlocks),
        ("voices",): bytes(device.voices),
    }


# --- one terminal, as often as needed ---------------------------------------------------

_TABLES = ("users", "fingerprints", "faces", "log", "oplog", "options")


@dataclass(frozen=True)
class Trouble:
    """What happens at one of an operation's requests."""

    number: int
    # What it is answered with; None to cut the link.
    code: int | None = None
    # Whether it was done before the link was cut.
    is_done: bool = False


class Desk:
    """One terminal at which things are done again and again, from the same state."""

    def __init__(self, ledger: Ledger, sim: Simulation) -> None:
        """Have the ledger, and a terminal that is switched on."""
        self._ledger = ledger
        self.sim = sim
        self.device = device = sim.terminal
        self._begin = self._copy({name: getattr(device, name) for name in _TABLES})
        self._runs = 0
        self._known: tuple[DeviceInfo | None, Features] = (None, Features())
        # What each request of the last operation without trouble found.
        self.seen: list[tuple[int, Held]] = []

    def begin(self) -> Held:
        """Make the terminal what it was in the beginning, and return that."""
        self.sim.call(self._restore)
        return self.held()

    def held(self) -> Held:
        """Return what the terminal holds."""
        return self.sim.call(dump, self.device)

    def do(self, operation: Operation, trouble: Trouble | None = None) -> Any:
        """Do something at the terminal as it was in the beginning."""
        self.begin()
        return self.again(operation, trouble)

    def again(self, operation: Operation, trouble: Trouble | None = None) -> Any:
        """Do something at the terminal as it is now."""
        serial = self.device.options["~SerialNumber"]
        terminal = Terminal(self, serial=serial, local_now=local_now)
        # Asked only once, since it takes longer than what is then done.
        terminal.info, terminal.features = self._known
        with connected(self.sim) as client:
            terminal.meet(client)
            self._known = terminal.info, terminal.features
            self.sim.call(self._arm, trouble)
            try:
                return operation.do(terminal, client)
            finally:
                self.sim.call(self._disarm)

    def _copy(self, tables: dict[str, Any]) -> dict[str, Any]:
        # At once, since the log knows the users; and the profile is no thing to copy.
        return deepcopy(tables, {id(self.device.profile): self.device.profile})

    def _restore(self) -> None:
        self._runs += 1
        device = self.device
        for name, table in self._copy(self._begin).items():
            setattr(device, name, table)
        device.options["~SerialNumber"] = f"S{self._runs}"
        device._set_by = timedelta()
        device.unlocks.clear()
        device.voices.clear()
        device.enable()

    def _arm(self, trouble: Trouble | None) -> None:
        self.seen = []
        requests = 0
        carry_out = self.device._carry_out

        def handle(request: Request) -> Reply:
            nonlocal requests
            requests += 1
            if trouble is None:
                self.seen.append((request.command, dump(self.device)))
                return carry_out(request)
            if requests != trouble.number + 1:
                return carry_out(request)
            if trouble.code is not None:
                return request.reply(trouble.code)
            if trouble.is_done:
                carry_out(request)
            self.sim.server.drop_links()
            return request.silence()

        self.device.__dict__["_carry_out"] = handle

    def _disarm(self) -> None:
        self.device.__dict__.pop("_carry_out", None)

    # What SyncID's hub is for a terminal.

    def cursor(self, serial: str) -> Cursor | None:
        """Return how far the log is stored, which most operations do not ask."""
        self._ledger.register(serial, ZONE).result(PATIENCE)
        return self._ledger.cursor(serial)

    def ingest(self, batch: Any) -> Any:
        """Store a batch."""
        return self._ledger.ingest(batch)

    def seconds_behind(self) -> float:
        """Return by how much our time is before the newest punch: it is right."""
        return 0

    def report(self, alarm: Any) -> None:
        """Hear of an alarm."""


@contextmanager
def connected(sim: Simulation) -> Iterator[TerminalClient]:
    """Connect to a terminal."""
    transport: Transport = "udp" if sim.server.udp else "tcp"
    link = TerminalLink(timeouts=QUICK, transport=transport)
    client = TerminalClient(sim.host, sim.port, 0, link)
    client.open()
    try:
        yield client
    finally:
        client.leave()


@contextmanager
def open_desk(ledger: Ledger, profile: Profile, *, udp: bool) -> Iterator[Desk]:
    """Switch a terminal on, with people, fingers, a face, a log, and a wrong clock."""
    device = simulator.Terminal(profile, clock=rome_now)
    device.faults.clock_offset = 90
    device.faults.segmentation = "coalesced"
    device.add_user("1001", "Amina", card=1001, password="12", group=2)
    device.add_user("1002", "Bruno", card=1002, privilege=14)
    device.add_user("1003", "Chen").verify_style = 3
    device.add_fingerprint("1001", 0, OLD)
    device.add_fingerprint("1001", 6, OLD, flag=3)
    device.add_fingerprint("1002", 5, OLD)
    if profile.faces_by_command:
        device.add_face("1003", 2)
    device.fill_log(20)
    device.oplog.add(4, device.now())
    with simulate(device, udp=udp) as sim:
        yield Desk(ledger, sim)
    assert not device.violations
