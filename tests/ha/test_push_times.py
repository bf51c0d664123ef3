"""When logs in JSON were, in the hour that a wall clock shows twice."""

from datetime import datetime
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .kit import KitDevice, Push, SyncIDKit
from .test_push_log import logs

FIRST = "2025-11-02T01:30:00-07:00"
AGAIN = "2025-11-02T01:30:00-08:00"


@pytest.fixture(autouse=True)
async def _california(hass: HomeAssistant, gateway: KitDevice) -> None:
    """Hang the device where clocks are set back in November."""
    await hass.config.async_set_time_zone("America/Los_Angeles")
    await hass.config_entries.async_reload(gateway.entry.entry_id)


def row(user_id: str, time: str) -> dict[str, Any]:
    """Return a row."""
    return {"user_id": user_id, "timestamp": time}


async def moments(syncid: SyncIDKit) -> dict[str, datetime]:
    """Return when each user punched, who did so once."""
    found: dict[str, datetime] = {}
    for punch in await syncid.stored():
        assert punch["user_id"] not in found
        time = dt_util.parse_datetime(punch["time"])
        assert time is not None
        found[punch["user_id"]] = time
    return found


def utc(hour: int, minute: int) -> datetime:
    """Return a moment of that morning."""
    return datetime(2025, 11, 2, hour, minute, tzinfo=dt_util.UTC)


async def test_offset_tells_which(syncid: SyncIDKit, push: Push) -> None:
    """A time with an offset is that moment, the first time and the second."""
    body = logs(
        row("1", FIRST),
        row("2", AGAIN),
        row("3", "2025-11-02T08:40:00Z"),
        row("4", "2025-11-02T09:40:00Z"),
        row("5", "2025-11-02T10:40:00Z"),
    )
    for new in (5, 0):
        told = await (await push(body)).json()
        assert (told["new"], told["duplicate"]) == (new, 5 - new)
    assert await moments(syncid) == {
        "1": utc(8, 30),
        "2": utc(9, 30),
        "3": utc(8, 40),
        "4": utc(9, 40),
        "5": utc(10, 40),
    }


async def test_news(
    hass: HomeAssistant, syncid: SyncIDKit, freezer: Any, push: Push
) -> None:
    """What is announced says the same."""
    freezer.move_to("2025-11-02T09:30:00+00:00")
    device = await syncid.add_push_device("GATEWAY-2", token="other", webhook_id="w")
    # So late that it does not tell by itself which of the two it was.
    freezer.move_to("2025-11-02T10:45:00+00:00")
    told = await push(logs(row("1", AGAIN), row("2", FIRST)), token="other")
    assert (await told.json())["new"] == 2
    punch = await syncid.next_punch()
    assert (punch["device_id"], punch["time"]) == (device.device_id, AGAIN)


@pytest.mark.parametrize("at_once", [True, False])
async def test_same_second_twice(syncid: SyncIDKit, push: Push, at_once: bool) -> None:
    """Of two punches in what the wall shows as one second, the second is refused.

    A punch is named by what the wall shows. It is no duplicate, and says so.
    """
    first, again = row("1", FIRST), row("1", AGAIN)
    if not at_once:
        assert (await (await push(logs(first))).json())["new"] == 1
    told = await (await push(logs("nonsense", first, again, row("2", "x")))).json()
    assert (told["received"], told["new"], told["duplicate"], told["rejected"]) == (
        (4, 1, 0, 3) if at_once else (4, 0, 1, 3)
    )
    assert [(one["index"], one["reason"]) for one in told["rejections"]] == [
        (0, "not_an_object"),
        (2, "timestamp_taken"),
        (3, "timestamp_invalid"),
    ]
    assert await moments(syncid) == {"1": utc(8, 30)}
    kept = syncid.in_file("SELECT raw FROM quarantine WHERE reason='timestamp_taken'")
    assert AGAIN.encode() in kept[0][0]


async def test_only_the_second(syncid: SyncIDKit, push: Push) -> None:
    """A punch that came first in the second hour is refused in the first one then."""
    await push(logs(row("1", AGAIN)))
    told = await (await push(logs(row("1", FIRST)))).json()
    assert (told["new"], told["duplicate"], told["rejected"]) == (0, 0, 1)
    assert await moments(syncid) == {"1": utc(9, 30)}
