"""The switches of the terminal itself: refusals, clock, events, power (§6.2)."""

from datetime import datetime, timedelta
import struct
from typing import Any

import pytest

from simulator import PROFILES, Command, Faults, Simulation, Terminal

from .conftest import MORNING, Dial, Serve, make_terminal
from .raw import READ_LOG, RawClient

WINDOW = struct.Struct("<II")
ENDED = (EOFError, ConnectionResetError)


@pytest.fixture
def faults(terminal: Terminal) -> Faults:
    """Return the switches of the terminal."""
    return terminal.faults


def register(client: RawClient, mask: int = 1) -> None:
    """Register for events."""
    assert client.request(500, struct.pack("<I", mask)).command == 2000


# What the terminal refuses


def test_somebody_in_the_menu(client: RawClient, faults: Faults) -> None:
    """60 and 61 are refused with session 8; the state is 3."""
    faults.in_menu = True
    for command in (60, 61):
        answer = client.request(command, b"1001".ljust(26, b"\0"))
        assert (answer.command, answer.session) == (2001, 8)
    assert client.request(64).session == 3
    faults.in_menu = False
    assert client.request(60).command == 2000


def test_the_menu_blocks_connect(
    dial: Dial, client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """CONNECT is not answered meanwhile; sessions that exist are."""
    faults.in_menu = faults.menu_blocks_connect = True
    other = dial(sim, connect=False)
    seen = sim.expect(1000, when="before")
    other.send(1000, session=0)
    assert seen.wait(5)
    assert client.request(1100).command == 2000
    faults.in_menu = False
    assert other.connect().reply_id == 1


def test_a_disabled_terminal_takes_no_punch(
    client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """Between 1003 and 1002 nobody can punch, if so switched."""
    faults.disabled_blocks = True
    client.request(1003)
    assert sim.punch("1001") is None
    client.request(1002)
    assert sim.punch("1001") is not None
    assert len(sim.terminal.log) == 1


def test_every_key_is_wrong(serve: Serve, dial: Dial) -> None:
    """Even the right comm key is refused."""
    terminal = make_terminal(comm_key=12)
    terminal.faults.refuse_key = True
    terminal.next_session = 0x45CF
    client = dial(serve(terminal), connect=False)
    assert client.connect().command == 2005
    assert client.request(1102, bytes.fromhex("614d323c")).command == 2005
    terminal.faults.refuse_key = False
    assert client.request(1102, bytes.fromhex("614d323c")).command == 2000


def test_missing_and_empty_options(client: RawClient, faults: Faults) -> None:
    """An option is not known, or has no value, which is told in two ways."""
    faults.missing_options = ("~Platform",)
    faults.empty_options = ("MAC",)
    assert client.request(11, b"~Platform\0").command == 2001
    answer = client.request(11, b"MAC\0")
    assert (answer.command, answer.data) == (2001, b"")
    faults.empty_option_reply = "empty"
    answer = client.request(11, b"MAC\0")
    assert (answer.command, answer.data) == (2000, b"MAC=\0")
    assert client.request(11, b"~Platform\0").command == 2001


def test_options_that_cannot_be_saved(
    client: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """Writing is refused with session 2."""
    faults.refuse_options = True
    answer = client.request(12, b"VOLUME=1\0")
    assert (answer.command, answer.session) == (2001, 2)
    assert terminal.options["VOLUME"] == "67"


def test_conflicts_that_overwrite(
    client: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """Lax firmware lets the newcomer win."""
    record = bytearray(client.request(54, b"\x01\0").data)
    record[0] = 2
    assert client.request(8, bytes(record)).command == 2001
    faults.uid_conflict = "overwrite"
    assert client.request(8, bytes(record)).command == 2000
    assert [(user.uid, user.user_id) for user in terminal.users] == [
        (2, "1001"),
        (3, "1003"),
    ]


@pytest.mark.parametrize(
    ("kind", "command", "data"),
    [("error", 2001, b""), ("data", 1501, bytes(4)), ("no_data", 4989, b"")],
)
def test_empty_tables(
    client: RawClient, faults: Faults, kind: Any, command: int, data: bytes
) -> None:
    """The profile's way to say that there is nothing can be overruled."""
    faults.empty_reply = kind
    answer = client.request(1503, READ_LOG)
    assert (answer.command, answer.data) == (command, data)


# Clock, events, power


def test_the_clock_is_wrong(serve: Serve, dial: Dial) -> None:
    """It is ahead, gains, and is right again once set."""
    now = [MORNING]
    terminal = Terminal(PROFILES["iface702"], clock=lambda: now[0])
    terminal.faults.clock_offset = 90
    terminal.faults.clock_drift = 10
    client = dial(serve(terminal))

    def shown() -> datetime:
        """Return the time that the terminal tells."""
        value = struct.unpack("<I", client.request(201).data)[0]
        minutes, second = divmod(value, 60)
        hours, minute = divmod(minutes, 60)
        days, hour = divmod(hours, 24)
        months, day = divmod(days, 31)
        year, month = divmod(months, 12)
        return datetime(2000 + year, month + 1, day + 1, hour, minute, second)

    assert shown() == MORNING + timedelta(seconds=90)
    now[0] += timedelta(hours=6)
    assert shown() == now[0] + timedelta(seconds=90 + 60)
    # 2026-11-20 14:00:00, as any client writes it.
    right = ((((26 * 12 + 10) * 31 + 19) * 24 + 14) * 60) * 60
    assert client.request(202, struct.pack("<I", right)).command == 2000
    assert shown() == now[0]
    now[0] += timedelta(hours=3)
    assert shown() == now[0] + timedelta(seconds=30)


@pytest.mark.parametrize("size", [10, 12, 14, 32, 36, 37, 52])
def test_event_sizes(
    client: RawClient, sim: Simulation, faults: Faults, size: int
) -> None:
    """A live punch has the length that is asked for."""
    faults.event_size = size
    register(client)
    sim.punch("1001")
    event = client.receive()
    assert (event.command, event.session, event.reply_id) == (500, 1, 0)
    assert len(event.data) == size


@pytest.mark.parametrize(
    ("profile", "size"), [("iface702", 32), ("k14", 12), ("speedface", 52)]
)
def test_event_sizes_of_the_profiles(
    serve: Serve, dial: Dial, profile: str, size: int
) -> None:
    """Without the switch it is that of the profile."""
    sim = serve(make_terminal(profile))
    client = dial(sim)
    register(client)
    sim.punch("1001")
    assert len(client.receive().data) == size


def test_events_are_repeated_until_acknowledged(
    client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """Once a client acknowledges, the oldest event comes until it has (§2.10)."""
    faults.event_repeat = 0.005
    register(client)
    # Who has never acknowledged gets each once, without waiting.
    sim.punch("1001")
    sim.punch("1003")
    assert client.receive().data[:4] == b"1001"
    assert client.receive().data[:4] == b"1003"
    client.acknowledge()
    sim.punch("1002")
    sim.punch("1003")
    for _ in range(3):
        event = client.receive()
        assert (event.data[:4], event.reply_id) == (b"1002", 0)
    client.acknowledge()
    while (event := client.receive()).data[:4] == b"1002":
        pass
    assert event.data[:4] == b"1003"
    client.acknowledge()


def test_the_event_queue_has_an_end(
    client: RawClient, sim: Simulation, terminal: Terminal, faults: Faults
) -> None:
    """Of a hundred events that nobody fetches eighty are kept (§1.7)."""
    faults.pause = 0
    register(client)
    (session,) = terminal.sessions
    sim.call(lambda: [terminal.punch("1001") for _ in range(100)])
    for _ in range(80):
        assert client.receive().command == 500
    assert client.request(1100).command == 2000
    assert session.events.lost == 20
    assert len(terminal.log) == 100


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("command", [Command.RESTART, Command.POWEROFF])
def test_going_down(
    client: RawClient, sim: Simulation, faults: Faults, command: int, answered: bool
) -> None:
    """A restart or power off is acknowledged, or the link just dies (§2.4)."""
    faults.restart_reply = faults.poweroff_reply = answered
    client.send(command)
    if answered:
        assert client.receive().command == 2000
    with pytest.raises(ENDED):
        client.receive()
