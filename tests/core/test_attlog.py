"""The export to a USB stick (protocol-adms §11)."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.attlog import read_attlog
from custom_components.syncid.core.records import (
    Punch,
    Rejected,
    Unreadable,
    local_second,
)
from custom_components.syncid.core.rows import RowDecoder

EIGHT = local_second(datetime(2026, 3, 12, 8, 5))
DECODER = RowDecoder("new", "auto")


def read(content: bytes) -> tuple[list[Punch], list[Rejected], int]:
    """Return what is in a file."""
    parts = [*read_attlog(BytesIO(content), DECODER)]
    return (
        [punch for part in parts for punch in part.punches],
        [one for part in parts for one in part.rejected],
        sum(part.received for part in parts),
    )


PUNCH = Punch("1001", EIGHT, "check_out", "face", 15, 1, 7)


@pytest.mark.parametrize(
    ("row", "punch"),
    [
        (b"1001\t2026-03-12 08:05:00\t15\t1\t7", PUNCH),
        (b"     1001\t2026-03-12 08:05:00\t15\t1\t7", PUNCH),
        (b"     1001\t2026-03-12 08:05:00\t15\t1\t0\t0", PUNCH._replace(work_code=0)),
        # The terminal's number, and the others behind it.
        (b"     1001\t2026-03-12 08:05:00\t1\t1\t15\t7", PUNCH),
        (b"     1001\t2026-03-12 08:05:00\t99\t1\t15\t7\t0\t0", PUNCH),
        (b"     1001 2026-03-12 08:05:00  1 1 15 7", PUNCH),
        (b"     1001 2026-03-12 08:05:00  15  1  7", PUNCH),
        (b"1001  2026-03-12  08:05:00 15 1 7   ", PUNCH),
        (b"\xef\xbb\xbf1001\t2026-03-12 08:05:00\t15\t1\t7", PUNCH),
        (b" 1001 2026-03-12 08:05:00", Punch("1001", EIGHT, "unknown", "unknown")),
        (b"1001\t2026-03-12 08:05:00", Punch("1001", EIGHT, "unknown", "unknown")),
        (
            b"A7\t2026-03-12 08:05:00\t1\t255\t",
            Punch("A7", EIGHT, "unknown", "fingerprint", 1, 255),
        ),
    ],
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\n\0"])
def test_rows(row: bytes, punch: Punch, end: bytes) -> None:
    """Rows with tabs, or filled up with spaces, tell the same."""
    assert read(row + end) == ([punch], [], 1)


def test_numbered_rows() -> None:
    """Whether rows have the terminal's number is a matter of the file, not of the row."""
    row = b"%d\t2026-03-12 08:05:00\t%d\t1\t%d\t0\n"
    # By password, among others: no verify code alone says that there is none.
    punches, _, _ = read(row % (1, 1, 0) + row % (2, 1, 15))
    assert [punch.verify_code for punch in punches] == [0, 15]
    # No terminal has two numbers.
    punches, _, _ = read(row % (1, 1, 0) + row % (2, 15, 7))
    assert [punch.verify_code for punch in punches] == [1, 15]
    assert [punch.work_code for punch in punches] == [0, 7]
    # What the begin of the file told holds for its end.
    punches, _, _ = read(row % (1, 1, 15) * 1000 + row % (2, 1, 0))
    assert punches[-1].verify_code == 0


def test_around_the_rows() -> None:
    """A serial number in front and a checksum behind are no rows that failed."""
    row = b"  1001\t2026-03-12 08:05:00\t1\t1\t15\t7\r\n"
    content = b"SN=CKUJ204260001\r\n" + row + b"CheckSum=A5\r\n"
    assert read(content) == ([PUNCH], [], 1)


def test_bad_rows() -> None:
    """What is no punch is named by its line, and the rest is read."""
    rows = [b"     %d\t2026-03-12 08:05:00\t1\t0\t0" % (1 + n) for n in range(2500)]
    rows[0] = b"\xef\xbb\xbfUser\tTime"
    rows[7] = b""
    rows[1000] = b"9 2026-02-31 08:05:00 1 0"
    rows[2400] = b"\xff" * 5000
    punches, rejected, received = read(b"\r\n".join(rows))
    assert len(punches) == 2496
    assert received == 2499
    assert rejected == [
        Rejected(1, Unreadable(b"User\tTime", "User", "impossible_date")),
        Rejected(
            1001, Unreadable(b"9 2026-02-31 08:05:00 1 0", "9", "impossible_date")
        ),
        Rejected(2401, Unreadable(b"\xff" * 4096, "", "unknown_layout")),
    ]


def test_as_it_comes() -> None:
    """A file is read a part at a time, however long it is."""
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(5000):
            taken += 1
            yield b"1001\t2026-03-12 08:05:00\t1\t0\n"

    parts = read_attlog(lines(), DECODER)
    assert len(next(parts).punches) == taken == 1000


@given(st.lists(st.binary(max_size=60)))
def test_any_file(rows: list[bytes]) -> None:
    """Any bytes in, no exception out, and nothing that was not there."""
    content = b"\n".join(rows)
    punches, rejected, received = read(content)
    assert len(punches) + len(rejected) == received
    for punch in punches:
        assert punch.user_id in content.decode("utf-8", "backslashreplace")
    for one in rejected:
        assert one.record.raw in content.split(b"\n")[one.place - 1]


@given(
    st.from_regex(r"[1-9][0-9]{0,8}", fullmatch=True),
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 99)),
)
def test_both_forms(user_id: str, time: datetime, codes: tuple[int, ...]) -> None:
    """Both forms of a row are the same punch."""
    written = [user_id, f"{time:%Y-%m-%d %H:%M:%S}", *map(str, codes)]
    tabbed, spaced = "\t".join(written), "  ".join(written).rjust(60)
    (punch,), _, _ = read(tabbed.encode())
    assert read(spaced.encode()) == ([punch], [], 1)
    assert (punch.user_id, punch.local_second) == (user_id, local_second(time))
    assert (punch.verify_code, punch.state_code, punch.work_code) == codes
