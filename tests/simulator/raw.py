"""A client of a few lines that shares no code with the simulator.

Its checksum is the slow, literal one of protocol-4370 §1.3, and it checks that
of every frame it gets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import socket
import struct
from typing import Self

TAG = b"\x50\x50\x82\x7d"
READ_USERS = bytes.fromhex("0109000500000000000000")
READ_LOG = bytes.fromhex("010d000000000000000000")
READ_FINGERS = bytes.fromhex("0107000200000000000000")
READ_OPERATIONS = bytes.fromhex("0122000000000000000000")

# Where struct tcp_info of linux/tcp.h counts the segments that brought data.
_DATA_SEGMENTS_IN = 152


def naive_checksum(packet: bytes) -> int:
    """Return the checksum, word by word."""
    total = 0
    for position in range(0, len(packet) - 1, 2):
        total += packet[position] | packet[position + 1] << 8
    if len(packet) % 2:
        total += packet[-1]
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def packet(command: int, session: int, reply_id: int, data: bytes = b"") -> bytes:
    """Return a packet."""
    rest = struct.pack("<HH", session, reply_id) + data
    check = naive_checksum(struct.pack("<HH", command, 0) + rest)
    return struct.pack("<HH", command, check) + rest


def frame(command: int, session: int, reply_id: int, data: bytes = b"") -> bytes:
    """Return a packet framed for TCP."""
    body = packet(command, session, reply_id, data)
    return TAG + struct.pack("<I", len(body)) + body


@dataclass(frozen=True)
class Answer:
    """A packet from the terminal."""

    command: int
    session: int
    reply_id: int
    data: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Take a packet apart, and insist on its checksum."""
        command, check, session, reply_id = struct.unpack("<4H", raw[:8])
        assert naive_checksum(raw[:2] + b"\0\0" + raw[4:]) == check, raw.hex()
        return cls(command, session, reply_id, raw[8:])


class RawClient:
    """A client over TCP or UDP that does exactly what it is told."""

    def __init__(self, port: int, *, udp: bool = False, timeout: float = 5) -> None:
        """Connect the socket, and say nothing yet."""
        self.udp = udp
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.session = 0
        self.reply_id = 0xFFFF
        self.largest_frame = 0

    def send(
        self,
        command: int,
        data: bytes = b"",
        *,
        session: int | None = None,
        reply_id: int | None = None,
    ) -> None:
        """Send a command; the reply id counts up unless given."""
        self.reply_id = (self.reply_id + 1) & 0xFFFF if reply_id is None else reply_id
        number = self.session if session is None else session
        build = packet if self.udp else frame
        self.socket.sendall(build(command, number, self.reply_id, data))

    def exactly(self, count: int) -> bytes:
        """Return so many bytes of the stream; EOFError if it ends before."""
        got = bytearray()
        while len(got) < count:
            # What is acknowledged late is sent twice, and would count as two segments.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise EOFError(f"the link ended after {len(got)} of {count} bytes")
            got += piece
        return bytes(got)

    def receive(self) -> Answer:
        """Return the next packet."""
        if self.udp:
            return Answer.parse(self.socket.recv(65536))
        head = self.exactly(8)
        assert head[:4] == TAG, head.hex()
        (length,) = struct.unpack("<I", head[4:])
        assert 8 <= length < 65536
        self.largest_frame = max(self.largest_frame, length)
        return Answer.parse(self.exactly(length))

    def request(self, command: int, data: bytes = b"") -> Answer:
        """Send a command and return its answer, which must echo its reply id."""
        self.send(command, data)
        answer = self.receive()
        assert answer.reply_id == self.reply_id
        return answer

    def connect(self) -> Answer:
        """Open a session."""
        self.send(1000, session=0)
        answer = self.receive()
        self.session = answer.session
        return answer

    def burst(self) -> list[Answer]:
        """Return a PREPARE, its DATA frames and its ACK."""
        answers = [self.receive()]
        assert answers[0].command == 1500, answers[0]
        while answers[-1].command != 2000:
            answers.append(self.receive())
            assert answers[-1].command in {1501, 2000}
        assert {answer.reply_id for answer in answers} == {self.reply_id}
        return answers

    def window(self, start: int, size: int) -> bytes:
        """Return a window of the prepared buffer, which is answered by a burst."""
        self.send(1504, struct.pack("<II", start, size))
        return b"".join(answer.data for answer in self.burst()[1:-1])

    def prepare(self, what: bytes) -> int:
        """Prepare a table that is too large for one frame; return its size."""
        answer = self.request(1503, what)
        assert answer.command == 2000 and len(answer.data) == 13, answer
        zero, size, again = struct.unpack("<BII", answer.data[:9])
        assert zero == 0 and size == again
        return int(size)

    def read(self, what: bytes, chunk: int = 0xFFC0) -> bytes:
        """Return a whole table, its total checked and cut off."""
        answer = self.request(1503, what)
        if answer.command == 1501:
            table = answer.data
        else:
            assert answer.command == 2000, answer
            (size,) = struct.unpack("<I", answer.data[1:5])
            table = b""
            while len(table) < size:
                self.send(
                    1504, struct.pack("<II", len(table), min(chunk, size - len(table)))
                )
                first = self.receive()
                if first.command == 1501:
                    table += first.data
                    continue
                assert first.command == 1500, first
                while (answer := self.receive()).command == 1501:
                    table += answer.data
                assert answer.command == 2000
        assert struct.unpack("<I", table[:4])[0] == len(table) - 4
        return table[4:]

    def upload(self, data: bytes, chunk: int = 1024) -> None:
        """Send a buffer to the terminal."""
        assert self.request(1502).command == 2000
        assert self.request(1500, struct.pack("<I", len(data))).command == 2000
        for start in range(0, len(data), chunk):
            assert self.request(1501, data[start : start + chunk]).command == 2000

    def acknowledge(self) -> None:
        """Acknowledge an event, outside the count of reply ids."""
        build = packet if self.udp else frame
        self.socket.sendall(build(2000, self.session, 0))

    def segments(self) -> int:
        """Return how many TCP segments have brought data so far."""
        info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        count: int = struct.unpack_from("<I", info, _DATA_SEGMENTS_IN)[0]
        return count

    def nothing_waits(self) -> bool:
        """Return whether nothing has arrived that was not received."""
        patience = self.socket.gettimeout()
        self.socket.settimeout(0)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(patience)
        return False

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


@contextmanager
def raw_client(
    port: int, *, udp: bool = False, connect: bool = True
) -> Iterator[RawClient]:
    """Hold a client, with a session unless told otherwise."""
    client = RawClient(port, udp=udp)
    try:
        if connect:
            assert client.connect().command == 2000
        yield client
    finally:
        client.close()
