"""The commands that no client at hand sends, one by one."""

from datetime import datetime, timedelta
import struct

import pytest

from simulator import PROFILES, Simulation, Terminal

from .conftest import MORNING, Dial, Serve
from .raw import READ_USERS, RawClient

FINGER = struct.Struct("<HB")


def user_id(text: str) -> bytes:
    """Return a user id as commands carry it."""
    return text.encode().ljust(24, b"\0")


# Information


def test_one_size(client: RawClient, sim: Simulation) -> None:
    """Command 50 with an index answers one number (§2.2)."""
    sim.terminal.fill_log(9)
    assert client.request(50, b"\x08").data == struct.pack("<I", 9)
    assert client.request(50, b"\xff").command == 2001


def test_options_without_a_value(client: RawClient) -> None:
    """An option that is not known is an error without data."""
    answer = client.request(11, b"NoSuchOption\0")
    assert (answer.command, answer.data) == (2001, b"")
    answer = client.request(11, b"~Platform")
    assert answer.data == b"~Platform=ZMM220_TFT\0"


def test_writing_options(client: RawClient, sim: Simulation) -> None:
    """An option is written; what has no '=' is refused with session 1."""
    assert client.request(12, b"VOLUME=33\0").command == 2000
    assert sim.terminal.options["VOLUME"] == "33"
    assert client.request(12, b"Odd=a=b\0").command == 2000
    assert client.request(11, b"Odd\0").data == b"Odd=a=b\0"
    answer = client.request(12, b"VOLUME\0")
    assert (answer.command, answer.session) == (2001, 1)
    assert client.request(1014).command == 2000


@pytest.mark.parametrize(
    ("setting", "state"), [("", 0), ("capturing", 2), ("in_menu", 3)]
)
def test_states(client: RawClient, sim: Simulation, setting: str, state: int) -> None:
    """What the terminal is doing comes in the session field."""
    if setting == "capturing":
        assert client.request(60).command == 2000
    elif setting:
        sim.terminal.faults.in_menu = True
    answer = client.request(64)
    assert (answer.command, answer.session, answer.data) == (2000, state, b"")


def test_door(client: RawClient, sim: Simulation) -> None:
    """The door is one byte."""
    assert client.request(75).data == b"\0"
    sim.terminal.door_open = True
    assert client.request(75).data == b"\1"


def test_time(client: RawClient, sim: Simulation) -> None:
    """Setting a date that is none is refused; too few bytes are too."""
    february = ((26 * 12 + 1) * 31 + 30) * 86400
    answer = client.request(202, struct.pack("<I", february))
    assert (answer.command, answer.session) == (2001, 1)
    assert client.request(202, b"\0\0").command == 2001
    assert client.request(202, bytes(32)).command == 2000
    assert sim.terminal.now() - datetime(2000, 1, 1) < timedelta(minutes=5)


# Control


def test_lcd(client: RawClient, sim: Simulation) -> None:
    """A text is shown and cleared."""
    assert client.request(66, b"\x02\0\0\0 Hello\0").command == 2000
    assert sim.terminal.lcd == {2: "Hello"}
    assert client.request(67).command == 2000
    assert sim.terminal.lcd == {}
    assert client.request(66, b"\x02").command == 2001


def test_sleep(client: RawClient, sim: Simulation) -> None:
    """It sleeps and wakes up."""
    assert client.request(1006).command == 2000
    assert sim.terminal.asleep
    assert client.request(1007).command == 2000
    assert not sim.terminal.asleep


@pytest.mark.parametrize("command", [57, 63, 1013, 1014])
def test_what_is_only_acknowledged(client: RawClient, command: int) -> None:
    """Commands without an effect that shows."""
    answer = client.request(command)
    assert (answer.command, answer.session) == (2000, client.session)


def test_disabling_for_some_seconds(serve: Serve, dial: Dial) -> None:
    """After its seconds a disabled terminal works again (§1.5)."""
    now = [MORNING]
    terminal = Terminal(PROFILES["iface702"], clock=lambda: now[0])
    client = dial(serve(terminal))
    assert client.request(1003, struct.pack("<I", 30)).command == 2000
    assert not terminal.enabled
    now[0] += timedelta(seconds=31)
    assert terminal.enabled


def test_unlocking(client: RawClient, sim: Simulation) -> None:
    """The delay is kept as sent, and whoever registered hears of it."""
    client.request(500, struct.pack("<I", 0x20))
    client.send(31, struct.pack("<I", 5))
    assert client.receive().command == 2000
    event = client.receive()
    assert (event.command, event.session, event.reply_id) == (500, 0x20, 0)
    assert sim.terminal.unlocks == [5]


def test_no_lock(serve: Serve, dial: Dial) -> None:
    """A terminal without a lock says so, and opens nothing."""
    terminal = Terminal(PROFILES["k14"])
    client = dial(serve(terminal))
    assert client.request(11, b"~LockFunOn\0").data == b"~LockFunOn=0\0"
    assert client.request(31, struct.pack("<I", 5)).command == 2001
    assert client.request(75).command == 2001
    assert terminal.unlocks == []


# Clearing


@pytest.mark.parametrize(
    ("table", "left"),
    [
        (b"", (0, 0, 0, 0, 0)),
        (b"\x01", (3, 2, 1, 0, 4)),
        (b"\x02", (3, 0, 1, 7, 4)),
        (b"\x04", (3, 2, 1, 7, 0)),
        (b"\x05", (0, 0, 0, 7, 4)),
    ],
)
def test_clearing(
    client: RawClient, sim: Simulation, table: bytes, left: tuple[int, ...]
) -> None:
    """Command 14 deletes everything, or one table (§2.6)."""
    terminal = sim.terminal
    terminal.add_fingerprint("1001", 1)
    terminal.add_fingerprint("1002", 1)
    terminal.add_face("1003")
    terminal.fill_log(7)
    for _ in range(4):
        terminal.oplog.add(4, MORNING)
    assert client.request(14, table).command == 2000
    assert (
        len(terminal.users),
        len(terminal.fingerprints),
        len(terminal.faces),
        len(terminal.log),
        len(terminal.oplog),
    ) == left


def test_clearing_an_unknown_table(client: RawClient, sim: Simulation) -> None:
    """A table that is none is refused, and nothing is lost."""
    assert client.request(14, b"\x09").command == 2001
    assert len(sim.terminal.users) == 3


def test_clearing_the_operation_log(client: RawClient, sim: Simulation) -> None:
    """Command 33 deletes it."""
    sim.terminal.oplog.add(4, MORNING)
    assert client.request(33).command == 2000
    assert len(sim.terminal.oplog) == 0


def test_clearing_administrators(client: RawClient, sim: Simulation) -> None:
    """Everybody becomes a plain user; who is disabled stays disabled."""
    sim.terminal.users["1001"].privilege = 14
    sim.terminal.users["1002"].privilege = 7
    assert client.request(20).command == 2000
    assert [user.privilege for user in sim.terminal.users] == [0, 1, 0]


# People


def test_one_user(client: RawClient, sim: Simulation) -> None:
    """Command 54 answers the record that a read of all has."""
    table = client.read(READ_USERS)
    assert client.request(54, b"\x02\0").data == table[72:144]
    assert client.request(54, b"\x63\0").command == 2001
    assert client.request(54).command == 2001
    assert len(sim.terminal.users) == 3


def test_free_uid(client: RawClient, sim: Simulation) -> None:
    """Command 55 answers the lowest free uid in the session field."""
    assert client.request(55).session == 4
    client.request(18, b"\x02\0")
    assert client.request(55).session == 2


def test_deleting_by_user_id(client: RawClient, sim: Simulation) -> None:
    """Command 133 deletes by user id."""
    assert client.request(133, user_id("1002")).command == 2000
    assert client.request(133, user_id("1002")).command == 2001
    assert [user.user_id for user in sim.terminal.users] == ["1001", "1003"]


def test_verify_style_of_nobody(client: RawClient) -> None:
    """Nobody has no verify style."""
    assert client.request(80, b"\x63\0").command == 2001
    assert client.request(79, b"\x63\0\x81".ljust(24, b"\0")).command == 2001


def test_verify_style_survives_an_update(client: RawClient, sim: Simulation) -> None:
    """It is kept apart from the record."""
    style = b"\x02\0\x81".ljust(24, b"\0")
    assert client.request(79, style).command == 2000
    record = client.request(54, b"\x02\0").data
    assert client.request(8, record).command == 2000
    assert client.request(80, b"\x02\0").data == style


@pytest.mark.parametrize("size", [0, 28, 71, 73, 144])
def test_a_user_of_another_size_is_refused(
    client: RawClient, sim: Simulation, size: int
) -> None:
    """Command 8 takes exactly one record of the terminal's own size."""
    record = client.request(54, b"\x01\0").data
    assert client.request(8, (record * 2)[:size]).command == 2001
    assert len(sim.terminal.users) == 3


def test_conflicts_are_told_apart(client: RawClient) -> None:
    """A user id that another uid has gives session 1 (§2.5)."""
    record = bytearray(client.request(54, b"\x01\0").data)
    record[0] = 9
    answer = client.request(8, bytes(record))
    assert (answer.command, answer.session) == (2001, 1)


def test_a_disabled_user_survives(client: RawClient, sim: Simulation) -> None:
    """Bit 0 of the privilege is kept."""
    record = bytearray(client.request(54, b"\x01\0").data)
    record[2] = 0x0F
    assert client.request(8, bytes(record)).command == 2000
    assert client.request(54, b"\x01\0").data == bytes(record)
    assert sim.terminal.users["1001"].is_admin
