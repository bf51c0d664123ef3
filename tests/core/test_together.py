"""Two admins and a crowd at one terminal: everything in turn, and no punch is lost."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
import threading

import pytest

from custom_components.syncid.core.records import UserChange, local_second
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.people import People
from custom_components.syncid.core.terminal.terminal import Terminal
from custom_components.syncid.core.terminal.transfer import Transfer
import simulator
from simulator import PROFILES, Profile
from simulator.requests import HANDLERS

from .kit import PATIENCE, TerminalKit, rome_now
from .operations import a_roster

type Do = Callable[[Terminal, TerminalClient], object]


def on_people(change: Callable[[People], object]) -> Do:
    """Return a change of people as an admin's action does it."""

    def do(terminal: Terminal, client: TerminalClient) -> None:
        with terminal.changing_people(client) as people:
            change(people)

    return do


def enroll(user_id: str) -> Do:
    """Return what enrols somebody."""
    return on_people(lambda people: people.enroll(user_id, UserChange(name=user_id)))


def remove(user_id: str) -> Do:
    """Return what removes somebody."""

    def do(terminal: Terminal, client: TerminalClient) -> None:
        assert terminal.info is not None
        with terminal.changing_people(client) as people:
            people.remove(user_id, terminal.info)

    return do


def rename(user_id: str, name: str) -> Do:
    """Return what gives somebody another name."""
    return on_people(lambda people: people.update(user_id, UserChange(name=name)))


def transfer(terminal: Terminal, client: TerminalClient) -> None:
    """Bring people from another terminal."""
    info = terminal.info
    assert info is not None
    with terminal.changing_people(client) as people:
        Transfer(client, people, info, a_roster(info.name), replace=True).do()


def enroll_finger(terminal: Terminal, client: TerminalClient) -> None:
    """Have a finger enrolled at the terminal."""
    terminal.enroll_finger(
        client,
        "1002",
        7,
        overwrite=False,
        timeout=PATIENCE,
        on_step=lambda step: None,
        is_cancelled=lambda: False,
    )


ADMINS: tuple[tuple[Do, ...], ...] = (
    (enroll("2001"), rename("2001", "Anna"), transfer, remove("1003"), enroll("2003")),
    (
        enroll("2002"),
        enroll_finger,
        rename("1002", "Bea"),
        Terminal.sync_clock,
        remove("2002"),
        Terminal.clear_log,
    ),
)


@dataclass
class Crowd:
    """Somebody punches at each command that the terminal gets."""

    kit: TerminalKit
    punched: Counter[tuple[str, int]] = field(default_factory=Counter)

    def come(self) -> None:
        """Punch from now on."""
        self._begin = rome_now() - timedelta(hours=6)
        self._leave = [
            self.kit.device.on(command, self._punch, nth=None, when="after")
            for command in HANDLERS
        ]

    def go(self) -> None:
        """Punch no more."""
        for leave in self._leave:
            leave()

    def _punch(self, device: simulator.Terminal) -> None:
        number = sum(self.punched.values())
        at = self._begin + timedelta(seconds=number)
        user_id = ("1001", "1002")[number % 2]
        if device.punch(user_id, at=at) is not None:
            self.punched[user_id, local_second(at.replace(microsecond=0))] += 1


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_together(kit: TerminalKit, profile: Profile) -> None:
    """What one admin does is over before the other's begins; each punch is news, once."""
    # Old firmware is locked whenever somebody is connected, and takes punches all the
    # same; another is locked while its log is cleared, and takes none.
    kit.start(profile, disabled_blocks=not profile.connect_disables, pause=0)
    terminal = kit.watch()
    kit.poll()
    crowd, start = Crowd(kit), threading.Barrier(len(ADMINS))
    turns: list[tuple[int, int]] = []

    def act(deeds: tuple[Do, ...]) -> None:
        start.wait(PATIENCE)
        for deed in deeds:
            if deed is Terminal.clear_log and profile.connect_disables:
                continue

            def job(client: TerminalClient, deed: Do = deed) -> None:
                begin = len(kit.device.commands)
                deed(terminal, client)
                turns.append((begin, len(kit.device.commands)))

            assert kit.worker is not None
            kit.worker.submit(job).result(PATIENCE)

    kit.sim.call(crowd.come)
    with ThreadPoolExecutor(len(ADMINS)) as pool:
        list(pool.map(act, ADMINS))
    kit.sim.call(crowd.go)
    kit.poll()
    assert all(end <= begin for (_, end), (begin, _) in pairwise(turns))
    names = {user.user_id: user.name for user in kit.device.users}
    assert names == {
        "1001": "A. Rossi",
        "1002": "Bea",
        "1005": "Ewa",
        "1006": "Finn",
        "2001": "Anna",
        "2003": "2003",
    }
    assert set(kit.device.fingerprints.of(kit.device.users["1002"].uid)) == {7}
    assert len(crowd.punched) > 100
    assert kit.stored() == crowd.punched
    news = [kit.news.get_nowait().punch for _ in range(kit.news.qsize())]
    assert Counter((punch.user_id, punch.local_second) for punch in news) == (
        crowd.punched
    )
    assert kit.device.traffic.connections == 1
