"""From a terminal's bytes to punches and users (protocol-4370 §2.3, §2.5, §2.6)."""

from datetime import datetime
from struct import pack

from hypothesis import example, given, strategies as st
import pytest

from custom_components.syncid.core.errors import TableUnreadable
from custom_components.syncid.core.records import (
    Punch,
    Unreadable,
    local_second,
    wall_clock,
)
from custom_components.syncid.core.terminal.codecs import PunchDecoder
from custom_components.syncid.core.times import (
    PackedDays,
    event_time,
    pack_time,
    unpack_time,
)

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)).map(
    lambda time: time.replace(microsecond=0)
)
DECODER = PunchDecoder("new", "auto")
CLASSIC = PunchDecoder("classic", "auto")
EIGHT = datetime(2026, 3, 12, 8, 5)
IMPOSSIBLE = ((26 * 12 + 1) * 31 + 30) * 86400 + 8 * 3600  # 31 February 2026, 8:00


def record_40(
    user_id: str = "1001",
    verify: int = 1,
    packed: int = pack_time(local_second(EIGHT)),
    state: int = 0,
    work: int = 0,
) -> bytes:
    """Return a log record of the common layout."""
    return pack(
        "<H24sBIBI4s", 7, user_id.encode(), verify, packed, state, work, b"\xff\0\0\0"
    )


# --- times ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "time"),
    [
        ("00000000", datetime(2000, 1, 1)),
        ("6bb36823", datetime(2018, 6, 25, 17, 50, 35)),
        ("c29b6823", datetime(2018, 6, 25, 16, 9, 38)),
        ("70c9482e", datetime(2024, 2, 29, 12, 34, 56)),
        ("300b8233", datetime(2026, 11, 20, 20, 36)),
        ("fff792bf", datetime(2099, 12, 31, 23, 59, 59)),
    ],
)
def test_packed_times(wire: str, time: datetime) -> None:
    """Packed times are those of the captures (§2.3)."""
    packed = int.from_bytes(bytes.fromhex(wire), "little")
    assert unpack_time(packed) == local_second(time)
    assert pack_time(local_second(time)) == packed


@given(TIMES)
def test_packed_time_round_trip(time: datetime) -> None:
    """Every second of the century has its packed form."""
    second = local_second(time)
    assert unpack_time(pack_time(second)) == second
    assert wall_clock(second) == time


@given(st.integers(0, 0xFFFFFFFF))
@example(0xFFFFFFFF)
@example(100 * 12 * 31 * 86400)
def test_packed_times_that_never_were(packed: int) -> None:
    """Every number is a time as the document has it, or none at all."""
    rest, second = divmod(packed, 60)
    rest, minute = divmod(rest, 60)
    rest, hour = divmod(rest, 24)
    rest, day = divmod(rest, 31)
    year, month = divmod(rest, 12)
    year = 2000 + year if year < 100 else 0  # which datetime does not take
    try:
        expected = local_second(
            datetime(year, month + 1, day + 1, hour, minute, second)
        )
    except ValueError:
        assert unpack_time(packed, PackedDays()) is None
    else:
        assert unpack_time(packed, PackedDays()) == expected


@given(TIMES)
def test_event_times(time: datetime) -> None:
    """An event's six bytes tell the same time."""
    six = bytes((time.year - 2000, *time.timetuple()[1:6]))
    assert event_time(six) == local_second(time)


@pytest.mark.parametrize(
    "six",
    [
        bytes(6),
        b"\x1a\x02\x1f\0\0\0",
        b"\x1a\x01\x01\x18\0\0",
        b"\x64\x01\x01\0\0\0",
    ],
)
def test_event_times_that_never_were(six: bytes) -> None:
    """An impossible date is none."""
    assert event_time(six) is None


# --- log records -------------------------------------------------------------------


def test_captured_record() -> None:
    """The record of adrobinoga/zk-protocol's capture means what it says there."""
    wire = (
        "0d00393939313131333333000000000000000000000000000000"
        "016bb368230000000000ff000000"
    )
    punches, unreadable = DECODER.log(bytes.fromhex(wire), 40)
    assert [*punches] == [
        Punch(
            "999111333",
            local_second(datetime(2018, 6, 25, 17, 50, 35)),
            "check_in",
            "fingerprint",
            1,
            0,
            0,
        )
    ]
    assert not unreadable


@pytest.mark.parametrize(
    ("size", "record", "work"),
    [
        (40, record_40(verify=15, state=3, work=9), 9),
        (49, record_40(verify=15, state=3, work=9) + bytes(9), 9),
        (16, pack("<IIBB2xI", 1001, pack_time(local_second(EIGHT)), 3, 15, 9), 9),
        (8, pack("<HBIB", 7, 15, pack_time(local_second(EIGHT)), 3), None),
        (8, pack("<HBBI", 7, 15, 3, pack_time(local_second(EIGHT))), None),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_record_sizes(size: int, record: bytes, work: int | None, count: int) -> None:
    """All layouts tell the same punch."""
    assert len(record) == size
    punches, unreadable = DECODER.log(record * count, size, {7: "1001"})
    assert [*punches] == count * [
        Punch("1001", local_second(EIGHT), "break_in", "face", 15, 3, work)
    ]
    assert not unreadable


def test_unknown_uid_is_nobody() -> None:
    """A record of somebody who was removed is kept raw: its number is no user id."""
    record = pack("<HBIB", 9, 1, pack_time(local_second(EIGHT)), 0)
    punches, unreadable = DECODER.log(record, 8, {7: "1001", 8: "9"})
    assert not punches
    assert unreadable == [Unreadable(record, "", "unknown_uid")]


@pytest.mark.parametrize("size", [40, 49, 16, 8])
def test_impossible_date_is_kept_aside(size: int) -> None:
    """A record with an impossible date is kept raw, and the others are read."""
    if size >= 40:
        good, bad = record_40(), record_40("1002", packed=IMPOSSIBLE)
        good, bad = good.ljust(size, b"\0"), bad.ljust(size, b"\0")
    elif size == 16:
        good = pack("<IIBB2xI", 1001, pack_time(local_second(EIGHT)), 0, 1, 0)
        bad = pack("<IIBB2xI", 1002, IMPOSSIBLE, 0, 1, 0)
    else:
        good = pack("<HBIB", 1001, 1, pack_time(local_second(EIGHT)), 0)
        bad = pack("<HBIB", 1002, 1, IMPOSSIBLE, 0)
    user_ids = {1001: "1001", 1002: "1002"}
    punches, unreadable = DECODER.log(good + bad + good, size, user_ids)
    assert [punch.user_id for punch in punches] == ["1001", "1001"]
    assert unreadable == [Unreadable(bad, "1002", "impossible_date")]


def test_unknown_record_size() -> None:
    """A size that no terminal has is an error, not a guess."""
    with pytest.raises(TableUnreadable):
        DECODER.log(bytes(24), 24)


def test_user_id_with_garbage_behind() -> None:
    """What stands behind the end of a user id does not belong to it."""
    (punch,), _ = DECODER.log(record_40("1001\0garbage"), 40)
    assert punch.user_id == "1001"


def test_unknown_numbers_are_kept() -> None:
    """A number that is in no table means unknown, and stays."""
    (punch,), _ = DECODER.log(record_40(verify=104, state=9), 40)
    assert punch.method == punch.direction == "unknown"
    assert (punch.verify_code, punch.state_code) == (104, 9)


# --- live events --------------------------------------------------------------------

SIX = b"\x1a\x03\x0c\x08\x05\x00"
TEXT = b"1001".ljust(24, b"\0")


@pytest.mark.parametrize(
    ("data", "work"),
    [
        (pack("<HBB6s", 1001, 15, 1, SIX), None),
        (pack("<IBB6s", 1001, 15, 1, SIX), None),
        (pack("<HBB6s4x", 1001, 15, 1, SIX), None),
        (pack("<24sBB6s", TEXT, 15, 1, SIX), None),
        (pack("<24sBB6sI", TEXT, 15, 1, SIX, 9), 9),
        (pack("<24sBB6s5x", TEXT, 15, 1, SIX), None),
        (pack("<24sBB6s20x", TEXT, 15, 1, SIX), None),
        (pack("<24sBB6s8x", TEXT, 15, 1, SIX), None),
        (pack("<24sBB6s", TEXT, 15, 0x81, SIX), None),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, bytes) else "",
)
def test_event_lengths(data: bytes, work: int | None) -> None:
    """Events of every known length tell the same punch (§2.10)."""
    assert DECODER.event(data) == Punch(
        "1001", local_second(EIGHT), "check_out", "face", 15, 1, work
    )


def test_captured_events() -> None:
    """The events of the captures mean what they say there."""
    assert CLASSIC.event(bytes.fromhex("f19449000000120c07130906")) == Punch(
        "4822257",
        local_second(datetime(2018, 12, 7, 19, 9, 6)),
        "check_in",
        "password",
        0,
        0,
    )
    face = "3131343030363400000000000000000000000000000000000f00120b1d0c3703"
    assert DECODER.event(bytes.fromhex(face)) == Punch(
        "1140064",
        local_second(datetime(2018, 11, 29, 12, 55, 3)),
        "check_in",
        "face",
        15,
        0,
    )


@pytest.mark.parametrize("length", [0, 1, 4, 8, 11, 13, 20, 31])
def test_unknown_event_lengths(length: int) -> None:
    """What has no known layout is kept, not guessed."""
    assert DECODER.event(bytes(length)) == Unreadable(
        bytes(length), "", "unknown_layout"
    )


def test_event_with_impossible_date() -> None:
    """An event with an impossible date is kept."""
    data = pack("<24sBB6s", TEXT, 1, 0, bytes(6))
    assert DECODER.event(data) == Unreadable(data, "1001", "impossible_date")


def test_event_without_a_state() -> None:
    """255 is not masked: it means that nothing was chosen."""
    punch = DECODER.event(pack("<24sBB6s", TEXT, 1, 255, SIX))
    assert isinstance(punch, Punch)
    assert (punch.direction, punch.state_code) == ("unknown", 255)
