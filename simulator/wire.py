"""Frames, packets, checksums, the comm key and the two time codecs.

Everything here is little endian and stateless. protocol-4370 §1.1 to §1.5 and
§2.3, after adrobinoga/zk-protocol and the vendor's protocol manual.
"""

from collections.abc import Iterator
from datetime import datetime
from struct import Struct
from typing import NamedTuple

type Buffer = bytes | memoryview

FRAME_TAG = b"\x50\x50\x82\x7d"
FRAME_HEAD = Struct("<4sI")
PACKET_HEAD = Struct("<4H")

# One frame must stay below 65536: npm clients and pyzatt read only the low 16
# bits of its length (§1.1). 0xFFC0 is what the clients themselves ask for.
MAX_FRAME_DATA = 0xFFC0

_KEY_MASK = b"ZKSO"


class FrameError(ValueError):
    """Raised for bytes that cannot be a frame or a packet."""


def word_sum(data: Buffer) -> int:
    """Return the one's complement sum of the 16-bit words, before inversion."""
    # 2**16 is 1 modulo 65535, so the remainder of the whole number is the sum
    # of its words with the carries folded back. A loop over the words of a
    # 65 kB frame would cost more than everything else together.
    number = int.from_bytes(data, "little")
    folded = number % 0xFFFF
    return 0xFFFF if number and not folded else folded


def fold(total: int) -> int:
    """Fold the carries of a word sum back into its low 16 bits."""
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(packet: Buffer) -> int:
    """Return the checksum of a packet whose checksum field is 0 (§1.3)."""
    return ~word_sum(packet) & 0xFFFF


class Packet(NamedTuple):
    """One packet: what a frame carries over TCP, or a whole datagram (§1.2)."""

    command: int
    session: int
    reply_id: int
    data: Buffer = b""

    @property
    def head(self) -> bytes:
        """Return the 8 header bytes with the right checksum."""
        # The header is an even number of bytes, so its words and those of the
        # data can be summed apart: the data are never copied for it.
        head = PACKET_HEAD.pack(self.command, 0, self.session, self.reply_id)
        check = ~fold(word_sum(head) + word_sum(self.data)) & 0xFFFF
        return PACKET_HEAD.pack(self.command, check, self.session, self.reply_id)

    def datagram(self) -> bytes:
        """Return the packet as it travels over UDP."""
        return self.head + self.data

    def buffers(self) -> list[Buffer]:
        """Return the frame as it travels over TCP, without copying the data."""
        head = FRAME_HEAD.pack(FRAME_TAG, PACKET_HEAD.size + len(self.data)) + self.head
        return [head, self.data] if self.data else [head]

    def frame(self) -> bytes:
        """Return the frame as it travels over TCP, in one piece."""
        return b"".join(self.buffers())


def parse_packet(raw: Buffer) -> tuple[Packet, bool]:
    """Return the packet, and whether its checksum is right."""
    if len(raw) < PACKET_HEAD.size:
        raise FrameError(f"a packet of {len(raw)} bytes")
    command, check, session, reply_id = PACKET_HEAD.unpack_from(raw)
    packet = Packet(command, session, reply_id, bytes(raw[PACKET_HEAD.size :]))
    return packet, PACKET_HEAD.unpack(packet.head)[1] == check


class FrameReader:
    """Cut a TCP byte stream into packets (§1.1)."""

    def __init__(self, limit: int = 1 << 20) -> None:
        """Read frames of up to limit bytes."""
        self._buffer = bytearray()
        self._limit = limit

    @property
    def pending(self) -> int:
        """Return how many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: Buffer) -> Iterator[bytes]:
        """Add what arrived and yield every packet that is now complete."""
        self._buffer += data
        while len(self._buffer) >= FRAME_HEAD.size:
            tag, length = FRAME_HEAD.unpack_from(self._buffer)
            if tag != FRAME_TAG:
                raise FrameError(f"no frame starts with {tag.hex()}")
            if length > self._limit:
                raise FrameError(f"a frame of {length} bytes")
            end = FRAME_HEAD.size + length
            if len(self._buffer) < end:
                return
            packet = bytes(self._buffer[FRAME_HEAD.size : end])
            del self._buffer[:end]
            yield packet


def scramble_key(key: int, session: int, ticks: int = 50) -> bytes:
    """Return the 4 bytes that prove the comm key for a session (§1.5)."""
    backwards = int(f"{key & 0xFFFFFFFF:032b}"[::-1], 2)
    plain = (backwards + session & 0xFFFFFFFF).to_bytes(4, "little")
    masked = bytes(byte ^ mask for byte, mask in zip(plain, _KEY_MASK, strict=True))
    swapped = masked[2:] + masked[:2]
    return bytes((swapped[0] ^ ticks, swapped[1] ^ ticks, ticks, swapped[3] ^ ticks))


def key_matches(key: int, session: int, proof: Buffer) -> bool:
    """Return whether a proof was made from this key, with whatever ticks byte."""
    return len(proof) >= 4 and scramble_key(key, session, proof[2]) == proof[:4]


def encode_time(moment: datetime) -> int:
    """Return the 32-bit form of a device-local time (§2.3)."""
    days = ((moment.year % 100) * 12 + moment.month - 1) * 31 + moment.day - 1
    return ((days * 24 + moment.hour) * 60 + moment.minute) * 60 + moment.second


def decode_time(value: int) -> datetime:
    """Return the device-local time; raise ValueError for a date that is none."""
    value, second = divmod(value, 60)
    value, minute = divmod(value, 60)
    value, hour = divmod(value, 24)
    value, day = divmod(value, 31)
    year, month = divmod(value, 12)
    return datetime(2000 + year, month + 1, day + 1, hour, minute, second)


def encode_event_time(moment: datetime) -> bytes:
    """Return the 6-byte form of a device-local time that events use (§2.3)."""
    return bytes(
        (
            moment.year % 100,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
        )
    )


def decode_event_time(data: Buffer) -> datetime:
    """Return the device-local time of an event."""
    year, month, day, hour, minute, second = data[:6]
    return datetime(2000 + year, month, day, hour, minute, second)


class Text(NamedTuple):
    """A text field, and what the device left after the 0 that ends it (§2.5)."""

    text: str
    tail: bytes = b""


def pack_text(field: Text, size: int, encoding: str) -> bytes:
    """Return the fixed-size bytes of a text field, tail and all."""
    # surrogateescape: a client may cut a name in the middle of a character,
    # and the device keeps those bytes.
    raw = field.text.encode(encoding, "surrogateescape")
    if field.tail and len(raw) < size:
        raw += b"\0" + field.tail
    return raw[:size].ljust(size, b"\0")


def unpack_text(raw: Buffer, encoding: str) -> Text:
    """Return a text field so that packing it again gives the same bytes."""
    text, _, tail = bytes(raw).partition(b"\0")
    return Text(text.decode(encoding, "surrogateescape"), tail.rstrip(b"\0"))
