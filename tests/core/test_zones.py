"""From a terminal's wall clock to UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.records import local_second, wall_clock
from custom_components.syncid.core.zones import ZoneOffsets

ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Rome",
        "America/New_York",
        "Asia/Karachi",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Santiago",
        "Pacific/Apia",
    ]
)
SECONDS = st.integers(
    local_second(datetime(2000, 1, 1)), local_second(datetime(2099, 12, 30))
)


@given(ZONES, st.lists(SECONDS, min_size=1, max_size=5))
def test_offsets(name: str, seconds: list[int]) -> None:
    """The short way gives what the time zone says."""
    zone = ZoneInfo(name)
    offsets = ZoneOffsets(zone)
    for second in seconds:
        expected = wall_clock(second).replace(tzinfo=zone).utcoffset()
        assert timedelta(seconds=offsets(second)) == expected
    if (offset := offsets.between(min(seconds), max(seconds))) is not None:
        assert {offsets(second) for second in seconds} == {offset}


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2026, 3, 29, 1, 59, 59), datetime(2026, 3, 29, 0, 59, 59)),
        (datetime(2026, 3, 29, 3, 0), datetime(2026, 3, 29, 1, 0)),
        # The hour that came twice is taken as the first.
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30)),
        (datetime(2026, 10, 25, 3, 0), datetime(2026, 10, 25, 2, 0)),
    ],
)
def test_daylight_saving(local: datetime, utc: datetime) -> None:
    """The days on which clocks change are right to the second."""
    offsets = ZoneOffsets(ZoneInfo("Europe/Rome"))
    second = local_second(local)
    assert datetime.fromtimestamp(second - offsets(second), UTC) == utc.replace(
        tzinfo=UTC
    )
    assert offsets.between(second, second) is None


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        (datetime(2026, 10, 25, 1, 59, 59), (2,)),
        # The hour that comes twice, and the one that never was.
        (datetime(2026, 10, 25, 2, 0), (2, 1)),
        (datetime(2026, 10, 25, 2, 59, 59), (2, 1)),
        (datetime(2026, 10, 25, 3, 0), (1,)),
        (datetime(2026, 3, 29, 2, 30), (1,)),
    ],
)
def test_moments(local: datetime, hours: tuple[int, ...]) -> None:
    """A second that comes twice is two moments, the first one first."""
    second = local_second(local)
    moments = ZoneOffsets(ZoneInfo("Europe/Rome")).moments(second)
    assert moments == tuple(second - hour * 3600 for hour in hours)


@pytest.mark.parametrize(
    ("local", "now", "utc"),
    [
        # In the hour that comes twice, just now is just now.
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, 5), 0),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 1, 29, 50), 1),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 1, 30, 5), 1),
        (datetime(2026, 10, 25, 2, 59), datetime(2026, 10, 25, 2, 50), 1),
        # Long ago, nobody knows.
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 26), 0),
        # Other hours come once.
        (datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 0, 30), -1),
        (datetime(2026, 10, 25, 3, 30), datetime(2026, 10, 25, 2, 30), 2),
        (datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30), 1),
        (datetime(2026, 7, 1, 2, 30), datetime(2026, 7, 1, 0, 30), 0),
    ],
)
def test_on_arrival(local: datetime, now: datetime, utc: int) -> None:
    """What arrives in the hour that comes twice is dated by when it does."""
    offsets = ZoneOffsets(ZoneInfo("Europe/Rome"))
    second = local_second(local)
    offset = offsets.on_arrival(second, now.replace(tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(second - offset, UTC).hour == utc % 24
