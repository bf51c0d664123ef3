"""The codecs against bytes of real terminals (protocol-4370 §5.2)."""

from dataclasses import replace
from datetime import datetime

import pytest

from simulator import PROFILES, Event, EventBit, Record, Terminal, User
from simulator.records import pack_record, unpack_record
from simulator.users import unpack_user
from simulator.wire import (
    FrameReader,
    checksum,
    decode_event_time,
    decode_time,
    encode_event_time,
    encode_time,
    key_matches,
    parse_packet,
    scramble_key,
)

from .raw import naive_checksum
from .vectors import FRAMES, PARTS

IFACE = PROFILES["iface702"]
K14 = PROFILES["k14"]
# What the terminal of P:274-323 says of itself.
SMALL = replace(
    IFACE,
    sizes_size=80,
    max_users=500,
    max_fingerprints=500,
    max_records=50_000,
    frame_size=1008,
)


@pytest.mark.parametrize("name", FRAMES)
def test_frame_parses_and_builds(name: str) -> None:
    """Every golden frame has a valid checksum, and is built alike."""
    data = FRAMES[name].data
    (body,) = FrameReader().feed(data)
    packet, intact = parse_packet(body)
    assert intact
    assert packet.frame() == data
    assert b"".join(packet.buffers()) == data
    assert packet.datagram() == data[8:]
    blank = body[:2] + b"\0\0" + body[4:]
    assert checksum(blank) == naive_checksum(blank)


@pytest.mark.parametrize("name", FRAMES)
def test_one_changed_bit_is_noticed(name: str) -> None:
    """A golden frame with one bit turned has no valid checksum."""
    body = bytearray(FRAMES[name].data[8:])
    body[-1] ^= 0x10
    _, intact = parse_packet(bytes(body))
    assert not intact


def test_the_user_ned() -> None:
    """The record of S data-user, with garbage behind the password."""
    raw = PARTS["user Ned"].data
    ned = unpack_user(raw, IFACE)
    assert ned == User(
        uid=13,
        user_id="555",
        name="Ned",
        password="444",
        password_tail=bytes.fromhex("c69a807c"),
        card=0xDE,
        group=2,
        time_zone_mode=1,
        time_zones=(1, 2, 0),
    )
    assert ned.pack(IFACE) == raw


def test_a_stored_record() -> None:
    """The 40-byte record of S data-record."""
    raw = PARTS["record 40"].data
    record = unpack_record(raw, IFACE)
    assert record == Record(
        uid=13,
        user_id="999111333",
        time=datetime(2018, 6, 25, 17, 50, 35),
        verify=1,
        state=0,
        raw_time=0x2368B36B,
    )
    assert pack_record(record, IFACE) == raw


def test_an_operation() -> None:
    """The operation log entry of S data-record."""
    terminal = Terminal(IFACE)
    terminal.oplog.add(6, datetime(2018, 6, 25, 16, 9, 38), (3, 0, 7, 0x0502), code=42)
    assert terminal.oplog.packed == PARTS["oplog entry"].data


def test_a_template_entry() -> None:
    """The head of an entry of S data-user: size 0x04c4, uid 14, finger 4."""
    golden = PARTS["template entry head"].data
    terminal = Terminal(IFACE)
    terminal.add_user("14", uid=14)
    template = golden[6:].ljust(0x04C4 - 6, b"\x11")
    terminal.add_fingerprint("14", 4, template)
    packed = terminal.fingerprints.pack()
    assert packed[: len(golden)] == golden
    assert len(packed) == 0x04C4


def test_a_score() -> None:
    """The score of S protocol."""
    event = Event(EventBit.FPFTR, b"\x64")
    assert event.packet().frame() == FRAMES["score"].data


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2000, 1, 1), "00000000"),
        (datetime(2018, 6, 25, 17, 50, 35), "6bb36823"),
        (datetime(2018, 6, 25, 16, 9, 38), "c29b6823"),
        (datetime(2024, 2, 29, 12, 34, 56), "70c9482e"),
        (datetime(2026, 11, 20, 20, 36), "300b8233"),
        (datetime(2099, 12, 31, 23, 59, 59), "fff792bf"),
    ],
)
def test_times(moment: datetime, text: str) -> None:
    """The times of protocol-4370 §2.3."""
    value = int.from_bytes(bytes.fromhex(text), "little")
    assert encode_time(moment) == value
    assert decode_time(value) == moment
    assert decode_event_time(encode_event_time(moment)) == moment


@pytest.mark.parametrize(
    ("key", "session", "text"),
    [
        (12, 0x45CF, "614d323c"),
        (45, 0x45CF, "61c9323c"),
        (0, 1, "617d3279"),
        (1234, 0xFFFF, "41363286"),
        (999999, 5, "23813289"),
    ],
)
def test_comm_keys(key: int, session: int, text: str) -> None:
    """The scrambled keys of protocol-4370 §1.5."""
    proof = bytes.fromhex(text)
    assert scramble_key(key, session) == proof
    assert key_matches(key, session, proof)
    assert not key_matches(key + 1, session, proof)
    # The low byte of the session lies where the ticks byte goes: it is lost.
    assert key_matches(key, session ^ 1, proof)
    assert not key_matches(key, session ^ 0x0100, proof)


@pytest.mark.parametrize("key", [65535, 131071, 983039])
def test_comm_keys_of_many_ones(key: int) -> None:
    """The keys that overflow in pyzk keep to 32 bits here (§1.5)."""
    assert key_matches(key, 0xFFFF, scramble_key(key, 0xFFFF, 77))
