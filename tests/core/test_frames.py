"""Frames on the wire (protocol-4370 §1), against captures and whatever TCP does."""

from collections.abc import Iterator
import socket
from struct import unpack

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.errors import (
    ConnectionLost,
    NotATerminal,
    ProtocolError,
    TimedOut,
)
from custom_components.syncid.core.terminal.frames import (
    Frame,
    FrameStream,
    checksum,
    encode_frame,
    readable,
    scramble_comm_key,
)

FRAMES = st.builds(
    Frame,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=300),
)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, FrameStream]]:
    """Return the two ends of a connection: the terminal's, and ours."""
    theirs, ours = socket.socketpair()
    with theirs, ours:
        yield theirs, FrameStream(ours)


def slow_checksum(packet: bytes) -> int:
    """Sum as the document has it (§1.3), word by word."""
    words: tuple[int, ...] = unpack(
        f"<{len(packet) // 2}H", packet[: len(packet) // 2 * 2]
    )
    total = sum(words) + (packet[-1] if len(packet) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@given(st.binary(max_size=200) | st.lists(st.just(0xFF), max_size=40).map(bytes))
def test_checksum(packet: bytes) -> None:
    """The short way to the checksum gives what the long one does."""
    assert checksum(packet) == slow_checksum(packet)


# protocol-4370 §5.2: captures of fananimi/pyzk (P) and adrobinoga/zk-protocol (S).
@pytest.mark.parametrize(
    ("frame", "wire"),
    [
        (Frame(1000, 0, 0, b""), "5050827d08000000e80317fc00000000"),
        (Frame(1000, 0, 1, b""), "5050827d08000000e80316fc00000100"),
        (Frame(1001, 0xFB2F, 1, b""), "5050827d08000000e903e6002ffb0100"),
        (
            Frame(1102, 0x45CF, 1, bytes.fromhex("614d323c")),
            "5050827d0c0000004e044e2ccf450100614d323c",
        ),
        (Frame(50, 0x45CF, 2, b""), "5050827d080000003200fcb9cf450200"),
        (
            Frame(1503, 0x45CF, 20, bytes.fromhex("0109000500000000000000")),
            "5050827d13000000df053ca6cf4514000109000500000000000000",
        ),
        (
            Frame(11, 0x8DF3, 12, b"~Platform\0"),
            "5050827d120000000b00b9e6f38d0c007e506c6174666f726d00",
        ),
    ],
)
def test_encoded_as_captured(frame: Frame, wire: str) -> None:
    """What we send is byte for byte what was captured."""
    assert encode_frame(*frame).hex() == wire


@pytest.mark.parametrize(
    ("key", "session", "proof"),
    [
        (12, 0x45CF, "614d323c"),
        (45, 0x45CF, "61c9323c"),
        (0, 1, "617d3279"),
        (1234, 0xFFFF, "41363286"),
        (999999, 5, "23813289"),
    ],
)
def test_comm_key(key: int, session: int, proof: str) -> None:
    """The proof of the comm key is the one of the captures (§1.5)."""
    assert scramble_comm_key(key, session).hex() == proof


@given(st.integers(0, 999_999), st.integers(0, 0xFFFF), st.integers(0, 255))
def test_comm_key_never_fails(key: int, session: int, ticks: int) -> None:
    """Every key has a proof, the ones for which pyzk fails too."""
    proof = scramble_comm_key(key, session, ticks)
    assert len(proof) == 4
    assert proof[2] == ticks


@given(st.lists(FRAMES, max_size=8), st.data())
def test_any_segmentation(frames: list[Frame], data: st.DataObject) -> None:
    """Frames come out whole, however the stream was cut."""
    wire = b"".join(encode_frame(*frame) for frame in frames)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(wire)), max_size=20)))
    theirs, ours = socket.socketpair()
    with theirs, ours:
        stream = FrameStream(ours)
        for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
            theirs.sendall(wire[begin:end])
        assert [stream.receive(1) for _ in frames] == frames
        assert not stream.has_more()


def test_large_frame(ends: tuple[socket.socket, FrameStream]) -> None:
    """A frame may be larger than the buffer."""
    theirs, stream = ends
    data = bytes(range(256)) * 2000
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    theirs.setblocking(False)
    wire = memoryview(encode_frame(1501, 1, 2, data) + encode_frame(2000, 1, 2))
    sent = theirs.send(wire[:1000])
    assert sent == 1000
    sent += theirs.send(wire[sent:])
    if sent < len(wire):  # the rest goes as room is made
        with pytest.raises(TimedOut):
            stream.receive(0.05)
        theirs.setblocking(True)
        theirs.sendall(wire[sent:])
    assert stream.receive(1).data == data
    assert stream.receive(1).command == 2000
    assert stream.received == len(wire)


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x50\x50\x82\x7d\x07\x00\x00\x00" + bytes(7),
        b"\x50\x50\x82\x7d\xff\xff\xff\x7f" + bytes(8),
        bytes(16),
    ],
)
def test_not_a_terminal(ends: tuple[socket.socket, FrameStream], noise: bytes) -> None:
    """What does not begin with a frame is no terminal; later it is a broken one."""
    theirs, stream = ends
    theirs.sendall(noise)
    with pytest.raises(NotATerminal):
        stream.receive(1)


def test_garbage_between_frames(ends: tuple[socket.socket, FrameStream]) -> None:
    """Garbage behind a good frame is an error of the link."""
    theirs, stream = ends
    theirs.sendall(encode_frame(2000, 1, 1) + b"garbage and more")
    assert stream.receive(1).command == 2000
    with pytest.raises(ProtocolError) as error:
        stream.receive(1)
    assert not isinstance(error.value, NotATerminal)


def test_peer_closes_in_a_frame(ends: tuple[socket.socket, FrameStream]) -> None:
    """A peer that is gone ends the wait at once, where pyzk loops for ever."""
    theirs, stream = ends
    theirs.sendall(encode_frame(1501, 1, 1, bytes(100))[:50])
    theirs.close()
    with pytest.raises(ConnectionLost):
        stream.receive(5)


def test_trickle_has_one_deadline(ends: tuple[socket.socket, FrameStream]) -> None:
    """The time is for the whole frame, not for each byte of it."""
    theirs, _ = ends
    clock = iter([0.0, 0.0, 0.4, 0.8, 1.2])

    def tick() -> float:
        theirs.sendall(b"\x50")
        return next(clock)

    stream = FrameStream(ends[1]._sock, tick)
    with pytest.raises(TimedOut):
        stream.receive(1)


def test_abort_from_another_thread(
    ends: tuple[socket.socket, FrameStream],
) -> None:
    """A wait can be ended."""
    _, stream = ends
    stream.abort()
    with pytest.raises(ConnectionLost):
        stream.receive(5)
    stream.close()
    stream.abort()  # of what is gone already


def test_send_to_nobody(ends: tuple[socket.socket, FrameStream]) -> None:
    """Sending to a peer that is gone is an error of the link."""
    theirs, stream = ends
    theirs.close()
    with pytest.raises(ConnectionLost):
        stream.send(encode_frame(1000, 0, 0), 1)


def test_send_to_a_sleeper(ends: tuple[socket.socket, FrameStream]) -> None:
    """A peer that takes nothing in does not hold us for ever."""
    _, stream = ends
    with pytest.raises(TimedOut):
        stream.send(bytes(50_000_000), 0.05)


def test_readable() -> None:
    """Only what can be read is returned; no limit to the number of a file."""
    first, second = socket.socketpair()
    with first, second:
        assert not readable([first.fileno(), second.fileno()], 0)
        second.send(b"x")
        assert readable([first.fileno(), second.fileno()], None) == {first.fileno()}
