"""Two simulated terminals, to bring people from one to the other."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.link import TerminalLink
from custom_components.syncid.core.terminal.people import People
from custom_components.syncid.core.terminal.transfer import (
    Roster,
    Step,
    Transfer,
    read_roster,
)
from simulator import PROFILES, Profile, Simulation, Terminal, simulate

from .kit import QUICK

IFACE = PROFILES["iface702"]


class Pair:
    """Two terminals: one with people, and one without."""

    def __init__(self, stack: ExitStack) -> None:
        """Start none yet."""
        self._stack = stack

    def start(self, source: Profile = IFACE, target: Profile | None = None) -> None:
        """Switch both on, with three people at the first."""
        self.source = self._start(source, "A")
        self.target = self._start(target or source, "B")
        device = self.source.terminal
        for user_id, name in (("1001", "Amina"), ("1002", "Bruno"), ("1003", "Chen")):
            device.add_user(user_id, name, card=int(user_id), group=2, password="12")
        device.add_fingerprint("1001", 0)
        device.add_fingerprint("1001", 6, flag=3)
        device.add_fingerprint("1002", 5, size=700)
        if source.faces_by_command:
            device.add_face("1003")

    def _start(self, profile: Profile, serial: str) -> Simulation:
        return self._stack.enter_context(simulate(Terminal(profile, serial=serial)))

    @contextmanager
    def client(self, simulation: Simulation) -> Iterator[TerminalClient]:
        """Connect to a terminal."""
        link = TerminalLink(timeouts=QUICK)
        client = TerminalClient(simulation.host, simulation.port, 0, link)
        client.open()
        try:
            yield client
        finally:
            client.leave()

    def roster(
        self, user_ids: Any = None, simulation: Simulation | None = None
    ) -> Roster:
        """Read the people of a terminal."""
        with self.client(simulation or self.source) as client:
            return read_roster(client, client.read_info(), user_ids)

    def transfer(
        self,
        roster: Roster | None = None,
        what: Callable[[Transfer], list[Step]] = Transfer.do,
        **details: Any,
    ) -> dict[str, Step]:
        """Bring people to the second terminal."""
        roster = roster or self.roster()
        with self.client(self.target) as client:
            transfer = Transfer(
                client, People(client), client.read_info(), roster, **details
            )
            return {step.user_id: step for step in what(transfer)}

    def people(self, simulation: Simulation) -> dict[str, Any]:
        """Return all that a terminal itself holds, by user id, but its own numbers."""
        device = simulation.terminal
        return {
            user.user_id: (
                replace(user, uid=0),
                device.fingerprints.of(user.uid),
                [record[4:5] + record[16:] for record in device.faces.of(user.uid)],
            )
            for user in device.users
        }
