"""The switches that strike on the wire: segments, delays, losses (§6.2)."""

import struct
from typing import Any

import pytest

from simulator import Faults, Simulation, Terminal

from .conftest import MORNING, Dial, Serve, make_terminal
from .raw import READ_LOG, RawClient, frame

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


# How bytes travel


@pytest.mark.parametrize(
    ("mode", "segments"), [("pause", 2), ("separate", 3), ("coalesced", 1)]
)
def test_segmentation(
    prepared: RawClient, faults: Faults, mode: Any, segments: int
) -> None:
    """A burst comes in so many TCP segments."""
    faults.segmentation = mode
    before = prepared.segments()
    assert len(prepared.window(0, 20_004)) == 20_004
    assert prepared.segments() - before == segments


@pytest.mark.parametrize(
    ("mode", "segments"), [("pause", 4), ("separate", 5), ("coalesced", 1)]
)
def test_segmentation_of_several_frames(
    serve: Serve, dial: Dial, mode: Any, segments: int
) -> None:
    """PREPARE and three DATA frames; the last goes with its ACK, or not."""
    terminal = make_terminal("k14")
    terminal.fill_log(180)
    client = dial(serve(terminal))
    size = client.prepare(READ_LOG)
    terminal.faults.segmentation = mode
    before = client.segments()
    assert len(client.window(0, size)) == 2884
    assert client.segments() - before == segments


def test_dribble(client: RawClient, faults: Faults) -> None:
    """An answer of 44 bytes comes seven at a time."""
    faults.segmentation = "dribble"
    faults.dribble_pause = 0.001
    before = client.segments()
    answer = client.request(11, b"~SerialNumber\0")
    assert answer.data == b"~SerialNumber=CKUJ203460001\0"
    assert client.segments() - before == 7


def test_dribble_in_larger_pieces(prepared: RawClient, faults: Faults) -> None:
    """The size of the pieces can be set."""
    faults.segmentation = "dribble"
    faults.dribble_bytes = 6000
    before = prepared.segments()
    assert len(prepared.window(0, 20_004)) == 20_004
    # 24 + 20,020 + 16 bytes in all.
    assert prepared.segments() - before == 4


def test_two_events_in_one_segment(
    client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """The first event waits for the second."""
    register(client)
    faults.pair_events = True
    before = client.segments()
    sim.punch("1001")
    # The answer to another command comes before the event that is held back.
    assert client.request(1100).command == 2000
    assert client.segments() - before == 1
    sim.punch("1002")
    events = [client.receive(), client.receive()]
    assert [event.data[:4] for event in events] == [b"1001", b"1002"]
    assert client.segments() - before == 2


def test_events_have_segments_of_their_own(
    client: RawClient, sim: Simulation, terminal: Terminal
) -> None:
    """By default no event shares a segment, however fast people punch."""
    register(client)
    before = client.segments()
    sim.call(lambda: [terminal.punch("1001") for _ in range(5)])
    for _ in range(5):
        assert client.receive().command == 500
    assert client.segments() - before == 5


def test_events_keep_their_distance(
    dial: Dial, client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """Before and behind an event is the pause, here one that outlasts the test."""
    register(client)
    other = dial(sim)
    register(other)
    sim.punch("1001")
    assert client.receive().command == other.receive().command == 500
    faults.pause = 3600
    sim.punch("1002")
    other.send(1100)
    # A third client shows that the terminal has had its time for both.
    assert dial(sim).request(1100).command == 2000
    assert client.nothing_waits()
    assert other.nothing_waits()


def test_pipelined_answers_keep_their_distance(
    dial: Dial, client: RawClient, sim: Simulation, faults: Faults
) -> None:
    """Of two requests that come together the second is answered later."""
    assert client.request(1100).command == 2000
    faults.pause = 3600
    first = client.reply_id + 1
    client.socket.sendall(
        frame(1100, client.session, first) + frame(1100, client.session, first + 1)
    )
    assert client.receive().reply_id == first
    assert dial(sim).request(1100).command == 2000
    assert client.nothing_waits()


def test_an_event_before_a_reply(
    client: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """A punch that nobody asked for lies in front of the answer, once."""
    terminal.punch("1003", at=MORNING)
    faults.event_before_reply = {50: 2}
    assert client.request(50).command == 2000
    before = client.segments()
    client.send(50)
    event, reply = client.receive(), client.receive()
    assert (event.command, event.session, event.reply_id) == (500, 1, 0)
    assert event.data[:4] == b"1003"
    assert (reply.command, reply.reply_id) == (2000, client.reply_id)
    assert client.segments() - before == 1
    assert client.request(50).command == 2000


def test_an_event_before_a_reply_without_a_log(
    client: RawClient, faults: Faults, terminal: Terminal
) -> None:
    """Somebody is taken who has not punched; with nobody there is no event."""
    faults.event_before_reply = {50: 1}
    client.send(50)
    assert client.receive().data[:4] == b"1001"
    assert client.receive().command == 2000
    assert client.request(14, b"\x05").command == 2000
    faults.event_before_reply = {50: 1}
    assert client.request(50).command == 2000
    february = ((26 * 12 + 1) * 31 + 30) * 86400
    terminal.add_raw_record(bytes(27) + february.to_bytes(4, "little") + bytes(9))
    faults.event_before_reply = {50: 1}
    assert client.request(50).command == 2000


def test_an_event_before_a_burst(prepared: RawClient, faults: Faults) -> None:
    """It lies in front of the PREPARE."""
    faults.event_before_reply = {1504: 1}
    prepared.send(1504, WINDOW.pack(0, 20_004))
    assert prepared.receive().command == 500
    assert len(prepared.burst()) == 3


def test_garbage(client: RawClient, faults: Faults) -> None:
    """Bytes that are no frame come before the next answer, once."""
    faults.garbage = b"\xde\xad\xbe\xef"
    client.send(1100)
    assert client.exactly(4) == b"\xde\xad\xbe\xef"
    assert client.receive().command == 2000
    assert client.request(1100).command == 2000


def test_delay(client: RawClient, sim: Simulation, faults: Faults) -> None:
    """An answer is kept back for a while; the request has been done already."""
    faults.delay = {1017: 0.05}
    done = sim.expect(1017, when="before")
    client.send(1017, b"\x05")
    assert done.wait(5)
    assert client.segments() == 1
    assert client.receive().command == 2000
    assert client.segments() == 2


# What gets lost


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_a_lost_reply(serve: Serve, dial: Dial, udp: bool) -> None:
    """The second answer never leaves; asking again brings it (§1.4)."""
    sim = serve(make_terminal(), udp=udp)
    client = dial(sim)
    sim.terminal.faults.lose_reply = {1017: 2}
    assert client.request(1017, b"\x01").command == 2000
    done = sim.expect(1017)
    client.send(1017, b"\x02")
    assert done.wait(5)
    client.send(1017, b"\x02", reply_id=client.reply_id)
    assert client.receive().reply_id == client.reply_id
    assert sim.terminal.voices == [1, 2]
    assert client.request(1017, b"\x03").command == 2000


def test_every_reply_is_lost(client: RawClient, faults: Faults) -> None:
    """With repeat it happens each time."""
    faults.lose_reply = {1017: 1}
    faults.repeat = True
    for _ in range(3):
        client.send(1017)
    assert client.request(1100).command == 2000


def test_any_reply_is_lost(client: RawClient, faults: Faults) -> None:
    """0 is any command."""
    faults.lose_reply = {0: 3}
    assert client.request(1017).command == 2000
    assert client.request(1100).command == 2000
    client.send(75)
    assert client.request(64).command == 2000


def test_a_late_reply(client: RawClient, faults: Faults, terminal: Terminal) -> None:
    """The answer comes before that of the next command."""
    faults.late_reply = {11: 1}
    client.send(11, b"~SerialNumber\0")
    client.send(1100)
    late, answer = client.receive(), client.receive()
    assert late.data == b"~SerialNumber=CKUJ203460001\0"
    assert (late.reply_id, answer.reply_id) == (1, 2)
    assert answer.data.startswith(b"Ver 6.60")
    assert client.request(11, b"~SerialNumber\0").data == late.data
    assert terminal.violations == []


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_a_link_dropped_in_a_burst(
    dial: Dial, prepared: RawClient, faults: Faults, sim: Simulation, reset: bool
) -> None:
    """The second burst from now ends after 100 bytes; then all is well again."""
    faults.drop_after = 100
    faults.burst = 2
    faults.reset_links = reset
    assert len(prepared.window(0, 20_004)) == 20_004
    prepared.send(1504, WINDOW.pack(0, 20_004))
    assert prepared.receive().command == 1500
    if not reset:
        assert len(prepared.exactly(100)) == 100
    with pytest.raises(ConnectionResetError if reset else EOFError):
        prepared.exactly(20_020)
    assert faults.drop_after is None
    assert faults.burst == 1
    again = dial(sim)
    assert again.prepare(READ_LOG) == 20_004
    assert len(again.window(0, 20_004)) == 20_004


def test_a_burst_is_dropped_over_udp(serve: Serve, dial: Dial) -> None:
    """Over UDP whole datagrams are missing, and the session is gone."""
    terminal = make_terminal()
    terminal.fill_log(500)
    client = dial(serve(terminal, udp=True))
    client.prepare(READ_LOG)
    terminal.faults.drop_after = 3000
    client.send(1504, WINDOW.pack(0, 20_004))
    assert client.receive().command == 1500
    assert [client.receive().session for _ in range(2)] == [0, 1]
    client.send(1100)
    assert client.connect().command == 2000
    assert terminal.violations[0].startswith("unknown session")


def test_a_burst_that_stalls(
    dial: Dial, prepared: RawClient, faults: Faults, sim: Simulation
) -> None:
    """It falls silent in the middle, and goes on when told to."""
    faults.stall_after = 5000
    prepared.send(1504, WINDOW.pack(0, 20_004))
    assert prepared.receive().command == 1500
    first = prepared.exactly(5000)
    # The loop goes round, other clients are served, and still nothing comes.
    assert dial(sim).request(1100).command == 2000
    assert prepared.nothing_waits()
    sim.thaw()
    rest = prepared.exactly(20_020 - 5000)
    assert (first + rest)[16:][4:] == sim.terminal.log.packed
    assert prepared.receive().command == 2000


def test_a_client_gives_up_a_stalled_burst(
    dial: Dial, prepared: RawClient, faults: Faults, sim: Simulation
) -> None:
    """Its session goes with it, and others are served."""
    faults.stall_after = 10
    prepared.send(1504, WINDOW.pack(0, 20_004))
    prepared.receive()
    prepared.exactly(10)
    prepared.close()
    other = dial(sim)
    assert other.request(1100).command == 2000
    assert [session.number for session in sim.terminal.sessions] == [other.session]


@pytest.mark.parametrize("answer", ["silent", "error"])
def test_one_session_at_a_time(
    dial: Dial, client: RawClient, sim: Simulation, faults: Faults, answer: Any
) -> None:
    """Who comes second is not answered, or refused, until the first has gone."""
    faults.session_limit = 1
    faults.session_limit_reply = answer
    second = dial(sim, connect=False)
    seen = sim.expect(1000, when="before")
    second.send(1000, session=0)
    assert seen.wait(5)
    if answer == "error":
        assert second.receive().command == 2001
    assert client.request(1001).command == 2000
    assert second.connect().command == 2000
