"""What the tests of the simulator share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest

from simulator import PROFILES, Profile, Simulation, Terminal, simulate

from .pyzk import pyzk
from .raw import RawClient, raw_client

type Serve = Callable[..., Simulation]
type Dial = Callable[..., RawClient]

MORNING = datetime(2026, 11, 20, 8, 0, 0)


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let the tests talk to 127.0.0.1."""


def make_terminal(
    profile: str | Profile = "iface702", *, comm_key: int = 0, people: int = 3
) -> Terminal:
    """Return a terminal with some people, whom ids 1001, 1002 … name."""
    kind = PROFILES[profile] if isinstance(profile, str) else profile
    terminal = Terminal(kind, serial="CKUJ203460001", comm_key=comm_key)
    # Long enough to tell two writes apart, short enough not to be felt.
    terminal.faults.pause = 0.002
    for number in range(people):
        terminal.add_user(str(1001 + number), f"Person {number + 1}")
    return terminal


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve terminals from threads until the test ends."""
    with ExitStack() as stack:

        def start(terminal: Terminal, *, udp: bool = False) -> Simulation:
            """Serve one."""
            return stack.enter_context(simulate(terminal, udp=udp))

        yield start


@pytest.fixture
def dial(serve: Serve) -> Iterator[Dial]:
    """Connect raw clients, which hang up before the terminals go."""
    with ExitStack() as stack:

        def connect(sim: Simulation, *, connect: bool = True) -> RawClient:
            """Connect one."""
            return stack.enter_context(
                raw_client(sim.port, udp=sim.server.udp, connect=connect)
            )

        yield connect


@pytest.fixture
def terminal() -> Terminal:
    """Return an iFace702 with three people."""
    return make_terminal()


@pytest.fixture
def sim(serve: Serve, terminal: Terminal) -> Simulation:
    """Serve that terminal over TCP."""
    return serve(terminal)


@pytest.fixture
def client(dial: Dial, sim: Simulation) -> RawClient:
    """Return a raw client with a session on that terminal."""
    return dial(sim)


@pytest.fixture
def zk(sim: Simulation) -> Iterator[Any]:
    """Return a pyzk client on that terminal, which has to behave."""
    with pyzk(sim) as client:
        yield client
    assert sim.terminal.violations == []
