"""The JSON that gateways push, and who may push it how often."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.limiter import FailureLimiter
from custom_components.syncid.core.pushlog import REASONS, BadBody, read_logs
from custom_components.syncid.core.records import local_second, wall_clock
from custom_components.syncid.core.rows import RowDecoder

DECODER = RowDecoder("push", "auto")
ZONE = ZoneInfo("Asia/Kolkata")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "user_id": anything | st.text("0123456789", max_size=4),
        "timestamp": anything | st.datetimes().map(lambda time: f"{time:%F %T}"),
        "status": anything,
        "verify": anything,
        "work_code": anything,
    },
)


@given(st.lists(anything | rows, max_size=20))
def test_any_rows(given_rows: list[Any]) -> None:
    """Whatever comes, each row is a punch or is rejected, with a reason."""
    pushed = read_logs({"logs": list(given_rows)}, DECODER, ZONE)
    assert pushed.received == len(given_rows)
    assert len(pushed.punches) + len(pushed.rejected) == len(given_rows)
    for place, record in pushed.rejected:
        assert 0 <= place < len(given_rows)
        assert REASONS[record.reason]
        assert len(record.raw) <= 1000
    for punch in pushed.punches:
        assert punch.user_id == punch.user_id.strip() != ""
        assert 2000 <= wall_clock(punch.local_second).year < 2100


@given(st.lists(rows, max_size=20))
def test_unusual_rows(given_rows: list[Any]) -> None:
    """A row that is written in another way is read slower, and means the same."""
    unusual = [
        {
            **row,
            **{
                key: f" {value} "
                for key in ("user_id", "timestamp")
                if isinstance(value := row.get(key), str)
            },
        }
        for row in given_rows
    ]
    one, other = (
        read_logs({"logs": some}, DECODER, ZONE) for some in (given_rows, unusual)
    )
    assert one.punches == other.punches
    assert [(at, record.reason) for at, record in one.rejected] == [
        (at, record.reason) for at, record in other.rejected
    ]


@given(anything)
def test_any_body(body: Any) -> None:
    """A body of another shape is refused as a whole."""
    if isinstance(body, dict) and isinstance(body.get("logs"), list):
        return
    with pytest.raises(BadBody):
        read_logs(body, DECODER, ZONE)


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)),
    st.text("0123456789", min_size=1, max_size=9).filter(lambda text: text != "0"),
    st.none() | st.integers(0, 255),
)
def test_what_is_right(time: datetime, user_id: str, status: int | None) -> None:
    """What is right comes out as it went in, with or without an offset."""
    bare = {"user_id": user_id, "timestamp": f"{time:%F %T}", "status": status}
    moment = time.replace(microsecond=0, tzinfo=UTC)
    pushed = read_logs(
        {"logs": [bare, {**bare, "timestamp": moment.isoformat()}]}, DECODER, ZONE
    )
    first, second = pushed.punches
    assert (first.user_id, first.state_code) == (user_id, status)
    assert first.local_second == local_second(time)
    assert second.local_second == local_second(moment.astimezone(ZONE))


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-03-12",
        "2026-W11-4T08:05:00",
        "12.03.2026 08:05:00",
        "2026-03-12 24:05:00",
        "1999-12-31 23:59:59",
        "2100-01-01 00:00:00",
        "0001-01-01T00:00:00+14:00",
        "1773302700",
        1773302700,
        "",
    ],
)
def test_no_timestamp(timestamp: object) -> None:
    """What is no time, or not surely one, is not guessed."""
    row = {"user_id": "1", "timestamp": timestamp}
    (rejected,) = read_logs({"logs": [row]}, DECODER, ZONE).rejected
    assert rejected.record.reason == "timestamp_invalid"
    assert rejected.record.user_id == "1"


@pytest.mark.parametrize(
    ("user_id", "read"), [(7, "7"), ("007", "007"), (" 12 ", "12"), ("A-1", "A-1")]
)
def test_user_ids(user_id: object, read: str) -> None:
    """A user id is text, whether or not it looks like a number."""
    row = {"user_id": user_id, "timestamp": "2026-03-12 08:05:00"}
    (punch,) = read_logs({"logs": [row]}, DECODER, ZONE).punches
    assert punch.user_id == read


def test_codes_as_text() -> None:
    """Gateways that send all as text are understood."""
    row = {"user_id": "1", "timestamp": "2026-03-12 08:05:00"}
    codes = {"status": "1", "verify": "15", "work_code": ""}
    (punch,) = read_logs({"logs": [{**row, **codes}]}, DECODER, ZONE).punches
    assert (punch.direction, punch.method) == ("check_out", "face")
    assert punch.work_code is None


# --- the limiter ------------------------------------------------------------------------


def test_limiter() -> None:
    """An address is blocked for a while after too many failures, others are not."""
    now = 0.0
    limiter = FailureLimiter(lambda: now, failures=3, seconds=60)
    for count, time in enumerate((0.0, 10.0, 20.0), start=1):
        now = time
        assert limiter.blocked_for("a") == 0
        assert limiter.fail("a") == count
    assert limiter.blocked_for("a") == 40
    assert limiter.blocked_for("b") == 0
    now = 60.0
    assert limiter.blocked_for("a") == 0
    limiter.fail("a")
    limiter.forget("a")
    assert limiter.fail("a") == 1


def test_limiter_is_bounded() -> None:
    """A thousand addresses are remembered, those that failed last."""
    limiter = FailureLimiter(lambda: 0, failures=1, seconds=60)
    for number in range(1001):
        limiter.fail(str(number))
    assert limiter.blocked_for("0") == 0
    assert limiter.blocked_for("1") == 60
    assert limiter.blocked_for("1000") == 60
