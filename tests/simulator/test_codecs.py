"""Properties of the codecs."""

from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings, strategies as st
import pytest

from simulator import PROFILES, Packet, Profile, Record, User
from simulator.records import (
    pack_punch_event,
    pack_record,
    stamp_offset,
    state_offset,
    unpack_record,
)
from simulator.users import unpack_user
from simulator.wire import (
    FrameError,
    FrameReader,
    Text,
    checksum,
    decode_event_time,
    decode_time,
    encode_event_time,
    encode_time,
    key_matches,
    pack_text,
    parse_packet,
    scramble_key,
    unpack_text,
    word_sum,
)

from . import raw

IFACE = PROFILES["iface702"]
K14 = PROFILES["k14"]
LAYOUTS: dict[str, Profile] = {
    "8": replace(K14, record_size=8),
    "8, state first": replace(K14, record_size=8, state_before_time=True),
    "16": K14,
    "40": IFACE,
    "49": PROFILES["speedface"],
}

moments = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31, 23, 59, 59)
).map(lambda moment: moment.replace(microsecond=0))
words = st.integers(0, 0xFFFF)
bytes_ = st.integers(0, 0xFF)
quads = st.integers(0, 0xFFFFFFFF)
user_ids = st.text("ABCxyz0123456789", min_size=1, max_size=24)
# What fits a field once encoded, and has no 0 in it.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=24)


@given(st.binary(max_size=3000))
def test_checksum_is_the_literal_one(data: bytes) -> None:
    """The fast checksum is the word by word one, for odd lengths too."""
    assert checksum(data) == raw.naive_checksum(data)


@pytest.mark.parametrize(
    "data", [b"", b"\0\0", b"\xff\xff", b"\xff\xff\xff\xff", b"\xff" * 131070]
)
def test_checksum_at_the_edges(data: bytes) -> None:
    """Sums that are a multiple of 65535 keep their one's complement."""
    assert checksum(data) == raw.naive_checksum(data)
    assert word_sum(memoryview(data)) == word_sum(data)


@given(words, words, words, st.binary(max_size=200))
def test_packets_round_trip(
    command: int, session: int, reply_id: int, data: bytes
) -> None:
    """A packet is built as an independent client builds it, and read back."""
    packet = Packet(command, session, reply_id, data)
    assert packet.frame() == raw.frame(command, session, reply_id, data)
    assert parse_packet(packet.datagram()) == (packet, True)
    viewed = Packet(command, session, reply_id, memoryview(data))
    assert viewed.frame() == packet.frame()


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(1, 30)))
def test_frames_survive_any_cut(contents: list[bytes], cuts: list[int]) -> None:
    """However a stream is cut, the same packets come out."""
    packets = [raw.packet(1, 2, 3, data) for data in contents]
    stream = b"".join(raw.frame(1, 2, 3, data) for data in contents)
    reader = FrameReader()
    found: list[bytes] = []
    for cut in [*cuts, len(stream)]:
        found.extend(reader.feed(stream[:cut]))
        stream = stream[cut:]
    assert found == packets
    assert reader.pending == 0


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\n", raw.TAG + b"\xff\xff\xff\x7f"]
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    """A stream without the tag, or with an absurd length, is an error."""
    with pytest.raises(FrameError):
        list(FrameReader().feed(data))


def test_a_packet_shorter_than_its_head_is_refused() -> None:
    """A packet has at least 8 bytes."""
    with pytest.raises(FrameError):
        parse_packet(b"\xe8\x03\x17\xfc\0\0\0")


@given(moments)
def test_times_round_trip(moment: datetime) -> None:
    """Both time codecs give back what they got."""
    assert decode_time(encode_time(moment)) == moment
    assert decode_event_time(encode_event_time(moment)) == moment


@given(moments, moments)
def test_times_keep_their_order(one: datetime, other: datetime) -> None:
    """The numbers are in the order of the times."""
    assert (one < other) == (encode_time(one) < encode_time(other))


@given(st.integers(0, 999_999), words, bytes_)
def test_any_ticks_byte_proves_the_key(key: int, session: int, ticks: int) -> None:
    """A proof holds with whatever ticks byte it was made."""
    assert key_matches(key, session, scramble_key(key, session, ticks))


@given(st.integers(0, 999_999), words, bytes_, st.sampled_from([0, 1, 3]), bytes_)
def test_a_changed_proof_proves_nothing(
    key: int, session: int, ticks: int, position: int, change: int
) -> None:
    """Each of the bytes 0, 1 and 3 counts."""
    proof = bytearray(scramble_key(key, session, ticks))
    proof[position] ^= change
    assert key_matches(key, session, bytes(proof)) == (not change)


@given(st.binary(min_size=24, max_size=24))
def test_any_bytes_survive_as_text(data: bytes) -> None:
    """Whatever a client writes into a text field is read back as it was."""
    field = unpack_text(data, "utf-8")
    assert pack_text(field, 24, "utf-8") == data


@given(texts)
def test_long_texts_are_cut(text: str) -> None:
    """A text is cut at the end of its field and padded up to it."""
    packed = pack_text(Text(text), 10, "utf-8")
    assert len(packed) == 10
    assert packed == text.encode()[:10].ljust(10, b"\0")


@given(st.binary(min_size=72, max_size=72))
def test_any_72_bytes_are_a_user(data: bytes) -> None:
    """The long user record loses nothing."""
    assert unpack_user(data, IFACE).pack(IFACE) == data


@given(st.binary(min_size=28, max_size=28))
def test_any_28_bytes_are_a_user(data: bytes) -> None:
    """The short user record loses nothing."""
    assert unpack_user(data, K14).pack(K14) == data


@given(
    st.integers(1, 65534),
    user_ids,
    st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=24),
    bytes_,
    st.text("0123456789", max_size=8),
    quads,
    bytes_,
)
def test_users_round_trip(
    uid: int,
    user_id: str,
    name: str,
    privilege: int,
    password: str,
    card: int,
    group: int,
) -> None:
    """A person is read back as written."""
    user = User(
        uid=uid,
        user_id=user_id,
        name=name,
        privilege=privilege,
        password=password,
        card=card,
        group=group,
    )
    assert unpack_user(user.pack(IFACE), IFACE) == user


@given(user_ids, st.sampled_from(["", "Al", "Alexander the Gr"]))
def test_garbage_hides_behind_the_end(user_id: str, name: str) -> None:
    """Garbage padding changes no text, and leaves a full field alone."""
    user = User(uid=1, user_id=user_id, name=name, password="12")
    clean, dirty = user.pack(IFACE), user.pack(IFACE, garbage=True)
    assert clean != dirty
    back = unpack_user(dirty, IFACE)
    assert (back.name, back.password, back.user_id) == (name, "12", user_id)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(
    st.integers(1, 65534),
    st.integers(1, 999_999_999),
    moments,
    bytes_,
    bytes_,
    quads,
)
@settings(max_examples=50)
def test_records_round_trip(
    layout: str,
    uid: int,
    number: int,
    moment: datetime,
    verify: int,
    state: int,
    work_code: int,
) -> None:
    """A punch is read back as stored, as far as its layout can hold it."""
    profile = LAYOUTS[layout]
    record = Record(
        user_id=str(number),
        uid=uid,
        time=moment,
        verify=verify,
        state=state,
        work_code=work_code,
        raw_time=encode_time(moment),
    )
    packed = pack_record(record, profile)
    assert len(packed) == profile.record_size
    back = unpack_record(packed, profile)
    match profile.record_size:
        case 8:
            assert back == replace(record, user_id="", work_code=0)
        case 16:
            assert back == replace(record, uid=0)
        case _:
            assert back == record
    stamp = stamp_offset(profile)
    assert packed[stamp : stamp + 4] == encode_time(moment).to_bytes(4, "little")
    assert packed[state_offset(profile)] == state


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("8", "0d000f6bb3682301"),
        ("8, state first", "0d000f016bb36823"),
        ("16", "a53a8d3b6bb36823010f000005000000"),
        (
            "40",
            (
                "0d00393939313131333333000000000000000000000000000000"
                "0f6bb368230105000000ff000000"
            ),
        ),
        (
            "49",
            (
                "0d00393939313131333333000000000000000000000000000000"
                "0f6bb368230105000000ff000000000000000000000000"
            ),
        ),
    ],
)
def test_records_lie_as_documented(layout: str, text: str) -> None:
    """Each layout has its fields where protocol-4370 §2.6 puts them."""
    record = Record(
        user_id="999111333",
        uid=13,
        time=datetime(2018, 6, 25, 17, 50, 35),
        verify=15,
        state=1,
        work_code=5,
    )
    assert pack_record(record, LAYOUTS[layout]).hex() == text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_date_that_is_none_survives(layout: str) -> None:
    """The 31st of February is stored and read, and is no time."""
    profile = LAYOUTS[layout]
    february = ((26 * 12 + 1) * 31 + 30) * 86400
    record = Record(user_id="7", uid=7, time=None, raw_time=february)
    back = unpack_record(pack_record(record, profile), profile)
    assert back.time is None
    assert back.raw_time == february


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (10, "e9030f011a0b14080000"),
        (12, "e90300000f011a0b14080000"),
        (14, "e9030f011a0b1408000005000000"),
        (32, "31303031" + "00" * 20 + "0f011a0b14080000"),
        (36, "31303031" + "00" * 20 + "0f011a0b1408000005000000"),
        (37, "31303031" + "00" * 20 + "0f011a0b140800000500000000"),
        (52, "31303031" + "00" * 20 + "0f011a0b1408000005000000" + "00" * 16),
    ],
)
def test_live_punches_lie_as_documented(size: int, text: str) -> None:
    """Each length has its fields where protocol-4370 §2.10 puts them."""
    record = Record(
        user_id="1001",
        time=datetime(2026, 11, 20, 8, 0, 0),
        verify=15,
        state=1,
        work_code=5,
    )
    packed = pack_punch_event(record, size)
    assert len(packed) == size
    assert packed.hex() == text


def test_no_punch_has_8_bytes() -> None:
    """No terminal is known to send a punch of 8 bytes (§2.10)."""
    record = Record(user_id="1", time=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="8 bytes"):
        pack_punch_event(record, 8)
