"""Buffered reads and uploads on the wire (§2.11, §2.12)."""

from dataclasses import replace
import struct
from typing import Any

import pytest

from simulator import PROFILES, Command, Simulation, simulate

from .conftest import MORNING, Dial, Serve, make_terminal
from .raw import (
    READ_FINGERS,
    READ_LOG,
    READ_OPERATIONS,
    READ_USERS,
    RawClient,
    raw_client,
)

WINDOW = struct.Struct("<II")


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("count", [1, 20, 2000])
def test_every_table(
    serve: Serve, dial: Dial, profile: str, count: int, udp: bool
) -> None:
    """People, log, fingers and operations arrive as they are stored."""
    terminal = make_terminal(profile)
    terminal.fill_log(count, start=MORNING)
    for finger in range(min(count, 10)):
        terminal.add_fingerprint("1001", finger, size=333)
    for number in range(count):
        terminal.oplog.add(4, MORNING, (number, 0, 0, 0))
    sim = serve(terminal, udp=udp)
    client = dial(sim)
    chunk = 16384 if udp else 0xFFC0
    assert client.read(READ_USERS, chunk) == terminal.users.pack()
    assert client.read(READ_LOG, chunk) == terminal.log.packed
    assert client.read(READ_FINGERS, chunk) == terminal.fingerprints.pack()
    assert client.read(READ_OPERATIONS, chunk) == terminal.oplog.packed
    assert client.request(1502).command == 2000
    assert terminal.violations == []


def test_where_direct_ends(serve: Serve, dial: Dial) -> None:
    """Up to 1024 bytes come at once, one record more is prepared."""
    terminal = make_terminal()
    terminal.fill_log(25)
    client = dial(serve(terminal))
    answer = client.request(1503, READ_LOG)
    assert (answer.command, answer.session) == (1501, client.session)
    assert answer.data == struct.pack("<I", 1000) + terminal.log.packed
    # Nothing was prepared.
    assert client.request(1504, WINDOW.pack(0, 4)).command == 2001
    terminal.fill_log(1)
    assert client.prepare(READ_LOG) == 1044


def test_the_limit_is_inclusive(serve: Serve, dial: Dial) -> None:
    """A dataset of exactly the limit comes at once, one entry more does not."""
    terminal = make_terminal(replace(PROFILES["iface702"], direct_limit=1012))
    for _ in range(63):
        terminal.oplog.add(4, MORNING)
    client = dial(serve(terminal))
    answer = client.request(1503, READ_OPERATIONS)
    assert (answer.command, len(answer.data)) == (1501, 1012)
    terminal.oplog.add(4, MORNING)
    assert client.request(1503, READ_OPERATIONS).command == 2000


@pytest.mark.parametrize(
    ("profile", "command", "data"),
    [
        ("iface702", 2001, b""),
        ("k14", 1501, bytes(4)),
        ("speedface", 4989, b""),
    ],
)
@pytest.mark.parametrize("what", [READ_LOG, READ_FINGERS, READ_OPERATIONS])
def test_empty_tables(
    serve: Serve, dial: Dial, profile: str, command: int, data: bytes, what: bytes
) -> None:
    """Each kind of terminal has its own way to say that there is nothing."""
    client = dial(serve(make_terminal(profile)))
    answer = client.request(1503, what)
    assert (answer.command, answer.data) == (command, data)


@pytest.mark.parametrize(
    "data", [bytes.fromhex("0163000000000000000000"), READ_LOG[:5], b""]
)
def test_tables_that_are_none(client: RawClient, data: bytes) -> None:
    """An unknown table, or half a request, is an error."""
    assert client.request(1503, data).command == 2001


@pytest.fixture
def prepared(client: RawClient, sim: Simulation) -> RawClient:
    """Return a client with a log of 500 records laid ready, 20,004 bytes."""
    sim.terminal.fill_log(500)
    assert client.prepare(READ_LOG) == 20_004
    return client


def test_any_window(prepared: RawClient, sim: Simulation) -> None:
    """Windows may begin and end anywhere, in any order."""
    whole = struct.pack("<I", 20_000) + sim.terminal.log.packed
    for start, size in ((0, 20_004), (17_000, 3_004), (3, 2_000), (18_979, 1_025)):
        assert prepared.window(start, size) == whole[start : start + size]


@pytest.mark.parametrize("size", [1, 36, 1023, 1024])
def test_small_windows(prepared: RawClient, sim: Simulation, size: int) -> None:
    """Up to 1024 bytes come in one DATA frame with the normal session id."""
    answer = prepared.request(1504, WINDOW.pack(20_004 - size, size))
    assert (answer.command, answer.session) == (1501, prepared.session)
    assert answer.data == sim.terminal.log.packed[-size:]


@pytest.mark.parametrize(
    ("start", "size"),
    [(0, 20_005), (20_004, 1), (20_000, 5), (4, 0xFFFFFFFF), (0xFFFFFFFF, 1)],
)
def test_windows_beyond_the_end(prepared: RawClient, start: int, size: int) -> None:
    """A window may not reach beyond the end."""
    assert prepared.request(1504, WINDOW.pack(start, size)).command == 2001
    assert len(prepared.window(0, 20_004)) == 20_004


def test_an_empty_window(prepared: RawClient) -> None:
    """Some clients ask for nothing behind an exact multiple; they get that."""
    answer = prepared.request(1504, WINDOW.pack(20_004, 0))
    assert (answer.command, answer.data) == (1501, b"")


def test_half_a_window(prepared: RawClient) -> None:
    """A request that is too short is an error."""
    assert prepared.request(1504, b"\0\0\0\0").command == 2001


def test_a_buffer_is_freed(prepared: RawClient) -> None:
    """After 1502 there is nothing to read; 1502 always succeeds."""
    assert prepared.request(1502).command == 2000
    assert prepared.request(1504, WINDOW.pack(0, 4)).command == 2001
    assert prepared.request(1502).command == 2000


def test_another_transfer_takes_the_buffer(prepared: RawClient) -> None:
    """There is one buffer, for reads and for uploads (§1.7)."""
    assert prepared.request(1500, struct.pack("<I", 10)).command == 2000
    assert prepared.request(1504, WINDOW.pack(0, 4)).command == 2001
    assert prepared.request(1503, READ_USERS).command == 1501
    assert prepared.request(1501, bytes(10)).command == 2001


def test_each_session_has_a_buffer(dial: Dial, prepared: RawClient, sim: Any) -> None:
    """Another client does not disturb."""
    other = dial(sim)
    assert other.request(1504, WINDOW.pack(0, 4)).command == 2001
    assert other.prepare(READ_LOG) == 20_004
    assert other.request(1502).command == 2000
    assert len(prepared.window(0, 20_004)) == 20_004


def test_a_snapshot(prepared: RawClient, sim: Simulation) -> None:
    """What has been prepared does not change with the log."""
    before = sim.terminal.log.packed
    sim.punch("1001")
    assert prepared.window(4, 20_000) == before
    sim.call(sim.terminal.clear_log)
    assert prepared.window(4, 20_000) == before


@pytest.mark.parametrize(
    ("profile", "announced", "sizes"),
    [
        ("k14", 1008, [1008] * 15 + [884]),
        ("iface702", 65528, [16_004]),
        ("speedface", 65528, [16_004]),
    ],
)
def test_burst_frames(
    serve: Serve, dial: Dial, profile: str, announced: int, sizes: list[int]
) -> None:
    """The frames of a burst are as large as the profile says, and numbered."""
    terminal = make_terminal(profile)
    for _ in range(1000):
        terminal.oplog.add(4, MORNING)
    client = dial(serve(terminal))
    size = client.prepare(READ_OPERATIONS)
    client.send(1504, WINDOW.pack(0, size))
    head, *frames, ack = client.burst()
    assert (head.session, head.data) == (client.session, WINDOW.pack(size, announced))
    assert [len(frame.data) for frame in frames] == sizes
    assert [frame.session for frame in frames] == list(range(len(sizes)))
    assert (ack.command, ack.session, ack.data) == (2000, len(sizes) - 1, b"")


def test_udp_frames(serve: Serve, dial: Dial) -> None:
    """A datagram never carries more than 1024 bytes of data."""
    terminal = make_terminal()
    terminal.fill_log(300)
    client = dial(serve(terminal, udp=True))
    client.prepare(READ_LOG)
    client.send(1504, WINDOW.pack(0, 12_004))
    head, *frames, _ = client.burst()
    assert head.data == WINDOW.pack(12_004, 1024)
    assert [len(frame.data) for frame in frames] == [1024] * 11 + [740]


@pytest.mark.parametrize("frame_size", [65528, 65536])
def test_no_frame_reaches_65536(serve: Serve, dial: Dial, frame_size: int) -> None:
    """Who asks for everything at once, as pyzatt does, gets several frames."""
    terminal = make_terminal(replace(PROFILES["iface702"], frame_size=frame_size))
    terminal.fill_log(10_000)
    client = dial(serve(terminal))
    size = client.prepare(READ_LOG)
    assert size == 400_004
    client.send(1504, WINDOW.pack(0, size))
    head, *frames, _ = client.burst()
    assert head.data == WINDOW.pack(size, frame_size)
    assert client.largest_frame == 65_480
    assert b"".join(frame.data for frame in frames)[4:] == terminal.log.packed


def test_a_hundred_thousand_records(serve: Serve, dial: Dial) -> None:
    """The largest log arrives whole."""
    terminal = make_terminal()
    terminal.faults.pause = 0
    terminal.fill_log(100_000, start=MORNING)
    client = dial(serve(terminal))
    assert client.read(READ_LOG) == terminal.log.packed
    assert terminal.traffic.bytes_out > 4_000_000


@pytest.mark.parametrize(
    ("profile", "command"), [("k14", 1500), ("iface702", 65535), ("speedface", 65535)]
)
def test_plain_reads(serve: Serve, dial: Dial, profile: str, command: int) -> None:
    """Very old firmware answers a plain 13 with the whole log (§2.6)."""
    terminal = make_terminal(profile)
    terminal.fill_log(100)
    client = dial(serve(terminal))
    client.send(13)
    first = client.receive()
    assert first.command == command
    if command == 1500:
        assert first.data == WINDOW.pack(1604, 1008)
        data = client.receive().data + client.receive().data
        assert data[4:] == terminal.log.packed
        assert client.receive().command == 2000
        assert client.request(9).data[4:] == terminal.users.pack()
        terminal.clear_log()
        assert client.request(13).data == bytes(4)


# Uploads


def test_an_upload(client: RawClient, sim: Simulation) -> None:
    """Pieces of any length, up to what was announced."""
    assert client.request(1500, struct.pack("<I", 3000)).command == 2000
    for size in (1, 1024, 1975):
        assert client.request(1501, bytes(size)).command == 2000
    assert client.request(1501, b"\0").command == 2001
    assert client.request(119).command == 2000
    assert sim.terminal.violations == []


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_an_upload_of_an_absurd_size(client: RawClient, size: int) -> None:
    """Nothing, or four gigabytes, is refused."""
    assert client.request(1500, struct.pack("<I", size)).command == 2001
    assert client.request(1501, b"x").command == 2001


def test_an_upload_with_a_gap_in_its_reply_ids(
    client: RawClient, sim: Simulation
) -> None:
    """The reply ids of an upload should be consecutive; a gap is noted."""
    client.request(1500, struct.pack("<I", 3000))
    client.reply_id += 5
    assert client.request(1501, bytes(10)).command == 2000
    assert sim.terminal.violations == ["reply id 7 after 1 in an upload"]


# Hooks, which do without any sleep what happens between two commands


def test_a_punch_between_sizes_and_prepare(client: RawClient, sim: Simulation) -> None:
    """The log is longer than command 50 said."""
    sim.terminal.fill_log(100)
    sim.terminal.on(Command.GET_FREE_SIZES, lambda t: t.punch("1001"), when="after")
    counted = struct.unpack_from("<I", client.request(50).data, 32)[0]
    assert counted == 100
    assert client.prepare(READ_LOG) == 4 + 101 * 40


def test_the_log_is_cleared_between_prepare_and_read(
    client: RawClient, sim: Simulation
) -> None:
    """Firmware with a snapshot does not care."""
    sim.terminal.fill_log(100)
    sim.terminal.on(Command.PREPARE_BUFFER, lambda t: t.clear_log(), when="after")
    assert client.prepare(READ_LOG) == 4004
    assert len(client.window(0, 4004)) == 4004
    assert len(sim.terminal.log) == 0
    assert client.request(1503, READ_LOG).command == 2001


def test_hooks_count(client: RawClient, sim: Simulation) -> None:
    """The nth, every one, before, after, and never again."""
    seen: list[str] = []
    terminal = sim.terminal
    terminal.on(1017, lambda t: seen.append(f"second, {len(t.voices)}"), nth=2)
    forget = terminal.on(
        1017, lambda t: seen.append(f"each, {len(t.voices)}"), when="after", nth=None
    )
    terminal.on(9999, lambda _: seen.append("never"))
    for _ in range(3):
        client.request(1017)
    sim.call(forget)
    client.request(1017)
    client.request(1017)
    assert seen == ["each, 1", "second, 1", "each, 2", "each, 3"]


def test_a_restart_before_an_answer(client: RawClient, sim: Simulation) -> None:
    """A command that a restart overtakes is not answered."""
    sim.terminal.on(50, lambda t: t.restart())
    with pytest.raises((EOFError, ConnectionResetError)):
        client.request(50)


def test_an_error_in_a_hook_is_not_lost() -> None:
    """It ends the link, and comes out where the server ends."""
    terminal = make_terminal()
    terminal.on(50, lambda _: 1 // 0)
    with (
        pytest.raises(ZeroDivisionError),
        simulate(terminal) as sim,
        raw_client(sim.port) as client,
        pytest.raises((EOFError, ConnectionResetError)),
    ):
        client.request(50)
