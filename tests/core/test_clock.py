"""Keeping a terminal's clock right, or leaving it alone."""

from datetime import UTC, datetime, timedelta
import logging
from pathlib import Path
import sqlite3
from time import monotonic
from zoneinfo import ZoneInfo

import pytest

from custom_components.syncid.core.records import local_second
from custom_components.syncid.core.terminal.clock import TerminalClock
from custom_components.syncid.core.terminal.reports import Status
from simulator.requests import HANDLERS

from .kit import TerminalKit, local_now, rome_now

SET_TIME = 202
REFRESH = 1013
HOUR = 3600
DAY = 86400


def poll(kit: TerminalKit) -> Status:
    """Have the terminal polled, and return what came of it."""
    assert kit.watched is not None
    return kit.run(kit.watched.poll)


def times_set(kit: TerminalKit) -> int:
    """Return how often the clock was set."""
    return [command for command, _ in kit.device.commands].count(SET_TIME)


@pytest.mark.parametrize("offset", [31, -31, HOUR, DAY - 60, 60 - DAY])
def test_corrected(kit: TerminalKit, offset: int) -> None:
    """A clock that is more wrong than it may be is set at the next poll, once."""
    kit.start(clock_offset=offset)
    kit.watch(live=False, clock_sync=30)
    status = poll(kit)
    assert abs(status.clock_drift) < 2
    assert not status.clock_failed
    assert abs(kit.device.now() - rome_now()) < timedelta(seconds=5)
    poll(kit)
    assert times_set(kit) == 1


@pytest.mark.parametrize(
    ("offset", "clock_sync"), [(25, 30), (-25, 30), (HOUR, None), (-HOUR, None)]
)
def test_left_alone(kit: TerminalKit, offset: int, clock_sync: float | None) -> None:
    """A clock that is as right as it need be, or nobody's business, is not set."""
    kit.start(clock_offset=offset)
    kit.watch(live=False, clock_sync=clock_sync)
    status = poll(kit)
    assert abs(status.clock_drift - offset) < 3
    assert not status.clock_failed
    assert times_set(kit) == 0


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), -HOUR),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), HOUR),
    ],
)
@pytest.mark.parametrize("clock_sync", [30, None])
def test_daylight_saving(
    kit: TerminalKit, change: datetime, drift: int, clock_sync: float | None
) -> None:
    """A clock that was right is an hour off when the time changes, and is set."""
    began = monotonic()
    shift = timedelta(minutes=-10)

    def local_now() -> float:
        elapsed = timedelta(seconds=monotonic() - began)
        now = (change + shift + elapsed).astimezone(ZoneInfo("Europe/Rome"))
        return local_second(now) + now.microsecond / 1_000_000

    kit.start()
    kit.sim.call(
        kit.device.set_time, datetime(1970, 1, 1) + timedelta(seconds=local_now())
    )
    kit.watch(live=False, clock_sync=clock_sync, local_now=local_now)
    assert abs(poll(kit).clock_drift) < 2
    assert times_set(kit) == 0
    kit.sim.call(kit.device.set_time, kit.device.now() + timedelta(minutes=20))
    shift = timedelta(minutes=10)
    after = poll(kit)
    assert abs(after.clock_drift - (0 if clock_sync else drift)) < 2
    assert times_set(kit) == (1 if clock_sync else 0)


@pytest.mark.parametrize("ignored", [True, False])
def test_that_cannot_be_set(
    kit: TerminalKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ignored: bool,
) -> None:
    """A terminal that refuses the time, or forgets it, is polled as any other."""
    kit.start(clock_offset=HOUR)
    kit.watch(live=False, clock_sync=30)
    with monkeypatch.context() as patch:
        patch.setitem(
            HANDLERS,
            SET_TIME,
            lambda request: request.ok() if ignored else request.error(),
        )
        for user_id in ("1001", "1002"):
            kit.sim.punch(user_id)
            status = poll(kit)
            assert status.clock_failed
            assert abs(status.clock_drift - HOUR) < 3
    kit.assert_ledger_is_log()
    warnings = [line for line in caplog.records if line.levelno >= logging.WARNING]
    assert len(warnings) == 1
    status = poll(kit)
    assert not status.clock_failed
    assert abs(status.clock_drift) < 2


def test_set_in_spite_of_it(kit: TerminalKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that sets its clock, and refuses what comes after, has set it."""
    kit.start(clock_offset=HOUR)
    kit.watch(live=False, clock_sync=30)
    monkeypatch.setitem(HANDLERS, REFRESH, lambda request: request.error())
    status = poll(kit)
    assert not status.clock_failed
    assert abs(status.clock_drift) < 2


# --- when somebody has to look ------------------------------------------------------------


def assert_held(kit: TerminalKit, caplog: pytest.LogCaptureFixture, why: str) -> None:
    """See that polling does not set the clock, and says why, once."""
    caplog.clear()
    before = times_set(kit)
    for _ in range(2):
        status = poll(kit)
        assert status.clock_held
        assert not status.clock_failed
    assert times_set(kit) == before
    assert [record.message for record in caplog.records if why in record.message] == [
        line.message for line in caplog.records if line.levelno >= logging.WARNING
    ]
    assert len([line for line in caplog.records if why in line.message]) == 1


def sync(kit: TerminalKit) -> None:
    """Have the clock set by an admin."""
    assert kit.watched is not None
    kit.run(kit.watched.sync_clock)


@pytest.mark.parametrize("offset", [DAY + 60, -DAY - 60, -400 * DAY])
def test_too_far(
    kit: TerminalKit, caplog: pytest.LogCaptureFixture, offset: int
) -> None:
    """A day and more may be our own mistake: somebody looks, and presses the button."""
    kit.start(clock_offset=offset)
    kit.watch(live=False, clock_sync=30)
    assert_held(kit, caplog, "more than a day")
    sync(kit)
    status = poll(kit)
    assert abs(status.clock_drift) < 2
    assert not status.clock_held
    assert times_set(kit) == 1


def test_before_this_version(
    kit: TerminalKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A time before SyncID was made is not right."""
    kit.start(clock_offset=HOUR)
    kit.watch(live=False, clock_sync=30, earliest=local_now() + HOUR)
    assert_held(kit, caplog, "before this version")
    sync(kit)
    assert abs(poll(kit).clock_drift) < 2


def test_before_what_is_stored(
    kit: TerminalKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A time before punches that are stored is not right, unless an admin says so."""
    kit.start()
    kit.sim.punch("1001", at=rome_now() + timedelta(hours=12))
    kit.watch(live=False, clock_sync=30)
    kit.device.faults.clock_offset += HOUR
    assert not poll(kit).clock_held
    kit.sim.punch("1001", at=rome_now() + timedelta(days=3))
    kit.device.faults.clock_offset += HOUR
    assert_held(kit, caplog, "already stored")
    sync(kit)
    kit.device.faults.clock_offset += HOUR
    status = poll(kit)
    assert not status.clock_held
    assert abs(status.clock_drift) < 2
    kit.sim.punch("1001", at=rome_now() + timedelta(days=9))
    kit.device.faults.clock_offset += HOUR
    assert_held(kit, caplog, "already stored")


def test_ledger_that_cannot_be_read(kit: TerminalKit, tmp_path: Path) -> None:
    """Who has looked has the clock set, whatever SyncID can store."""
    kit.start(clock_offset=HOUR)
    kit.watch(live=False)
    poll(kit)
    connection = sqlite3.connect(tmp_path / "syncid.db")
    connection.execute("ALTER TABLE punches RENAME TO elsewhere")
    sync(kit)
    connection.execute("ALTER TABLE elsewhere RENAME TO punches")
    connection.close()
    assert abs(poll(kit).clock_drift) < 2


def test_log_not_read(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What the clock has dated is read first, or it is left as it is."""
    kit.start()
    kit.sim.punch("1001")
    kit.watch(live=False, clock_sync=30)
    poll(kit)
    kit.device.faults.clock_offset = HOUR
    with monkeypatch.context() as patch:
        patch.setattr(kit.device.log, "dataset", lambda: bytes(4))
        status = poll(kit)
    assert status.clock_held
    assert times_set(kit) == 0
    assert "could not be read first" in caplog.text
    assert abs(poll(kit).clock_drift) < 2


@pytest.mark.parametrize("seconds", [0, 1, 4])
def test_slow_answer(kit: TerminalKit, seconds: int) -> None:
    """An answer is as old as half of the time that it took; that is no drift."""
    shown = datetime(2026, 11, 20, 8)
    kit.start()
    kit.device._base_clock = lambda: shown
    asked_and_answered = iter(
        (
            local_second(shown) + 0.5 - seconds / 2,
            local_second(shown) + 0.5 + seconds / 2,
        )
    )
    clock = TerminalClock(lambda: next(asked_and_answered), None)
    with kit.client() as client:
        clock.look(client)
    assert clock.second == local_second(shown)
    assert clock.drift == 0
