"""Frames on the wire of port 4370 (protocol-4370 §1)."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import IntEnum
import select
import socket
from struct import Struct
from time import monotonic
from typing import NamedTuple, override

from ..errors import (
    ConnectionLost,
    ConnectionRefused,
    LinkError,
    NotATerminal,
    ProtocolError,
    TimedOut,
)

_TOP = Struct("<4sI")
_HEADER = Struct("<4H")
_TAG = b"\x50\x50\x82\x7d"

# Far above any frame that a terminal sends (they stay below 64 KiB), far below
# what a stream that is no terminal's may claim.
_MAX_LENGTH = 16 * 1024 * 1024
_BUFFER = 2 * 64 * 1024


class Code(IntEnum):
    """Numbers of commands and replies (§1.6, §2.0)."""

    BATCH = 110
    FACE_WRITE = 151
    EVENT = 500
    CONNECT = 1000
    EXIT = 1001
    REFRESH = 1013
    AUTH = 1102
    PREPARE_DATA = 1500
    DATA = 1501
    PREPARE_BUFFER = 1503
    READ_BUFFER = 1504
    ACK_OK = 2000
    ACK_ERROR = 2001
    ACK_UNAUTH = 2005
    NO_DATA = 4989
    NOT_FOUND = 4991
    READ_FAILED = 4993
    UNKNOWN_COMMAND = 65535


class Frame(NamedTuple):
    """One packet. What `session` holds depends on the command (§1.2)."""

    command: int
    session: int
    reply_id: int
    data: bytes


def checksum(packet: bytes) -> int:
    """Return the checksum of a packet whose checksum field is 0 (§1.3).

    The one's complement sum of 16-bit words is the packet, as one number, modulo
    65535: exact, and a hundred times as fast as a loop over the words.
    """
    total = int.from_bytes(packet, "little") % 0xFFFF
    if not total and any(packet):
        total = 0xFFFF
    return ~total & 0xFFFF


def encode_frame(command: int, session: int, reply_id: int, data: bytes = b"") -> bytes:
    """Return a packet with the prefix that it has on TCP (§1.1, §1.2)."""
    summed = checksum(_HEADER.pack(command, 0, session, reply_id) + data)
    packet = _HEADER.pack(command, summed, session, reply_id) + data
    return _TOP.pack(_TAG, len(packet)) + packet


def scramble_comm_key(key: int, session: int, ticks: int = 50) -> bytes:
    """Return the proof that the comm key is known (§1.5).

    pyzk's own lets the sum outgrow 32 bits and fails for some keys.
    """
    reversed_bits = int(f"{key & 0xFFFFFFFF:032b}"[::-1], 2)
    mixed = ((reversed_bits + session) & 0xFFFFFFFF).to_bytes(4, "little")
    _, b, c, d = (byte ^ mask for byte, mask in zip(mixed, b"ZKSO", strict=True))
    return bytes((c ^ ticks, d ^ ticks, ticks, b ^ ticks))


def readable(descriptors: Iterable[int], seconds: float | None) -> set[int]:
    """Wait until one of some sockets has something to read, and return which.

    Not select.select(), which fails in a process with more than 1024 files.
    """
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    timeout = None if seconds is None else max(seconds, 0) * 1000
    return {descriptor for descriptor, _ in poll.poll(timeout)}


class FrameStream:
    """Sends frames, and takes them off the stream one by one.

    TCP may cut a frame in pieces and join several: only their own lengths say
    where one ends. The checksum of what comes in is not looked at: TCP has
    already done that better, and a terminal that gets it wrong is still a
    terminal.
    """

    def __init__(
        self, sock: socket.socket, now: Callable[[], float] = monotonic
    ) -> None:
        """Take over a connected socket."""
        self._sock = sock
        self._now = now
        self._buffer = bytearray(_BUFFER)
        self._start = 0
        self._end = 0
        self._frames_seen = 0
        self.received = 0

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait on."""
        return self._sock.fileno()

    def send(self, frame: bytes, timeout: float) -> None:
        """Send a frame whole."""
        try:
            self._sock.settimeout(timeout)
            self._sock.sendall(frame)
        except TimeoutError as err:
            raise TimedOut("the terminal takes nothing in") from err
        except OSError as err:
            raise self._lost(err) from err

    def receive(self, timeout: float) -> Frame:
        """Return the next frame; `timeout` seconds may pass before it is whole."""
        deadline = self._now() + timeout
        tag, length = _TOP.unpack_from(*self._need(_TOP.size, deadline))
        if tag != _TAG or not _HEADER.size <= length <= _MAX_LENGTH:
            error = ProtocolError if self._frames_seen else NotATerminal
            raise error(f"no frame starts with {tag.hex()} {length:#x}")
        self._start += _TOP.size
        self._need(length, deadline)
        self._frames_seen += 1
        command, _, session, reply_id = _HEADER.unpack_from(self._buffer, self._start)
        begin = self._start + _HEADER.size
        self._start += length
        return Frame(
            command, session, reply_id, bytes(self._buffer[begin : self._start])
        )

    def has_more(self) -> bool:
        """Tell whether the next frame has come, or has begun to come."""
        return self._end > self._start or bool(readable([self.fileno()], 0))

    def _need(self, size: int, deadline: float) -> tuple[bytearray, int]:
        """Have `size` bytes in the buffer, and return it and where they start."""
        if self._start == self._end:
            self._start = self._end = 0
        if self._start + size > len(self._buffer):
            waiting = self._buffer[self._start : self._end]
            self._buffer[: len(waiting)] = waiting
            self._start, self._end = 0, len(waiting)
            if size > len(self._buffer):
                self._buffer.extend(bytes(size - len(self._buffer)))
        while self._end - self._start < size:
            self._fill(deadline)
        return self._buffer, self._start

    def _fill(self, deadline: float) -> None:
        remaining = deadline - self._now()
        if remaining <= 0:
            raise TimedOut("the terminal does not answer")
        try:
            self._sock.settimeout(remaining)
            with memoryview(self._buffer) as view:
                count = self._take(view[self._end :])
        except TimeoutError as err:
            raise TimedOut("the terminal does not answer") from err
        except OSError as err:
            raise self._lost(err) from err
        if not count:
            raise ConnectionLost("the terminal closed the connection")
        self.received += count
        self._end += count

    def _take(self, place: memoryview) -> int:
        """Put what has come into a place of the buffer; return how much, 0 at the end."""
        return self._sock.recv_into(place)

    def _lost(self, err: OSError) -> LinkError:
        return ConnectionLost(str(err))

    def abort(self) -> None:
        """End whatever waits on the socket; from any thread."""
        with suppress(OSError):  # it may be gone already
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket."""
        self._sock.close()


class DatagramStream(FrameStream):
    """The same over UDP: each packet is one datagram, without a prefix (§1.1).

    What is lost is not sent again: a timeout ends the link, as ever.
    """

    _is_aborted = False

    @override
    def send(self, frame: bytes, timeout: float) -> None:
        """Send a frame without its prefix."""
        super().send(frame[_TOP.size :], timeout)

    @override
    def _take(self, place: memoryview) -> int:
        """Take a datagram, and put in front what it would have on a stream.

        It always fits: there is never more than one in the buffer.
        """
        if not readable([self.fileno()], self._sock.gettimeout()):
            raise TimeoutError
        # One that was shut down is readable for ever, and has nothing to read.
        if self._is_aborted or not (count := self._sock.recv_into(place[_TOP.size :])):
            return 0
        _TOP.pack_into(place, 0, _TAG, count)
        return _TOP.size + count

    @override
    def abort(self) -> None:
        """End whatever waits on the socket; from any thread."""
        self._is_aborted = True
        super().abort()

    @override
    def _lost(self, err: OSError) -> LinkError:
        if isinstance(err, ConnectionRefusedError):
            return ConnectionRefused("nothing listens at this port")
        return super()._lost(err)
