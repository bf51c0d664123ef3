"""The switches of the log and of its reading (§6.2)."""

from dataclasses import replace
from datetime import timedelta
import struct
from typing import Any

import pytest

from simulator import PROFILES, Faults, Simulation, Terminal

from .conftest import MORNING, Dial, Serve, make_terminal
from .raw import READ_LOG, READ_OPERATIONS, READ_USERS, RawClient

WINDOW = struct.Struct("<II")
ENDED = (EOFError, ConnectionResetError)


@pytest.fixture
def faults(terminal: Terminal) -> Faults:
    """Return the switches of the terminal."""
    return terminal.faults


@pytest.fixture
def prepared(client: RawClient, terminal: Terminal) -> RawClient:
    """Return a client with a log of 500 records laid ready, 20,004 bytes."""
    terminal.fill_log(500, start=MORNING)
    assert client.prepare(READ_LOG) == 20_004
    return client


def register(client: RawClient, mask: int = 1) -> None:
    """Register for events."""
    assert client.request(500, struct.pack("<I", mask)).command == 2000


# The log


@pytest.mark.parametrize(
    ("policy", "taken", "numbers"),
    [
        ("overwrite", True, [2, 3, 4, 5, 6, 7]),
        ("delete_block", True, [4, 5, 6, 7]),
        ("refuse", False, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_a_full_log(
    serve: Serve, dial: Dial, policy: Any, taken: bool, numbers: list[int]
) -> None:
    """Of eight punches into a log of six, so many and these are left."""
    terminal = make_terminal(replace(PROFILES["iface702"], max_records=6))
    terminal.faults.full_log = policy
    terminal.faults.delete_block = 4
    sim = serve(terminal)
    witness = dial(sim)
    register(witness)
    results = [
        sim.punch("1001", at=MORNING + timedelta(seconds=number)) for number in range(8)
    ]
    assert (results[-1] is not None) == taken
    assert [
        (record.time - MORNING).seconds for record in terminal.log if record.time
    ] == numbers
    table = dial(sim).read(READ_LOG)
    assert table == terminal.log.packed
    # Nobody hears of a punch that was not taken.
    for _ in range(8 if taken else 6):
        assert witness.receive().command == 500
    assert witness.request(1100).command == 2000


def test_tail_reads_refused(prepared: RawClient, faults: Faults) -> None:
    """A window must start at 0 or where the last one ended."""
    faults.tail_reads = "refuse"
    assert prepared.request(1504, WINDOW.pack(18_404, 1_600)).command == 2001
    whole = prepared.window(0, 10_000) + prepared.window(10_000, 10_004)
    assert len(whole) == 20_004
    assert len(prepared.window(0, 2_000)) == 2_000
    assert prepared.request(1504, WINDOW.pack(10_000, 10_004)).command == 2001


def test_tail_reads_from_zero(
    prepared: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """Firmware that ignores where a window starts answers its beginning."""
    faults.tail_reads = "from_zero"
    packed = terminal.log.packed
    assert prepared.window(18_404, 1_600) == struct.pack("<I", 20_000) + packed[:1596]
    assert prepared.window(1_600, 3_000) == packed[1596:4596]


def test_the_live_file(prepared: RawClient, faults: Faults, sim: Simulation) -> None:
    """Windows read the log of now; a punch more does no harm, a clear does."""
    faults.live_file = True
    sim.punch("1001")
    assert prepared.window(0, 20_004)[4:] == sim.terminal.log.packed[:20_000]
    assert prepared.request(1504, WINDOW.pack(0, 20_044)).command == 2001
    assert prepared.request(1504, WINDOW.pack(2, 2)).data == bytes(2)
    sim.call(sim.terminal.clear_log)
    assert prepared.request(1504, WINDOW.pack(0, 20_004)).command == 2001
    sim.call(sim.terminal.fill_log, 10, MORNING)
    assert prepared.request(1504, WINDOW.pack(4, 400)).data == sim.terminal.log.packed


def test_small_windows_as_bursts(
    prepared: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """Even 40 bytes of the log come as a burst; of other tables they do not."""
    faults.small_windows_burst = True
    assert prepared.window(4, 40) == prepared.window(0, 44)[4:]
    for _ in range(100):
        terminal.oplog.add(4, MORNING)
    assert prepared.prepare(READ_OPERATIONS) == 1604
    assert prepared.request(1504, WINDOW.pack(4, 16)).command == 1501


def test_an_empty_window_gets_no_answer(prepared: RawClient, faults: Faults) -> None:
    """Some firmware says nothing to nothing."""
    faults.empty_window = "silent"
    prepared.send(1504, WINDOW.pack(20_004, 0))
    assert prepared.request(1100).command == 2000


def test_garbage_padding(client: RawClient, faults: Faults) -> None:
    """Behind the end of a name lies what was there before."""
    clean = client.read(READ_USERS)
    faults.garbage_padding = True
    dirty = client.read(READ_USERS)
    assert len(clean) == len(dirty)
    assert clean[11:35] == b"Person 1".ljust(24, b"\0")
    assert dirty[11:35] == b"Person 1\0" + bytes.fromhex("c69a807c55aa") + bytes(9)
    assert dirty[3] == 0 and dirty[4:10] == bytes.fromhex("c69a807c55aa")
    assert client.request(54, b"\x01\0").data == dirty[:72]
