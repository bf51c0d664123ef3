"""Who cleared the log: us, a full terminal, or somebody who should not."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
import queue
from typing import Any

import pytest

from custom_components.syncid.core.errors import LinkError
from simulator import PROFILES, Terminal

from .kit import TerminalKit

CLEAR_ATTLOG = 15
IFACE = PROFILES["iface702"]

type Found = queue.SimpleQueue[None]


@pytest.fixture
def found() -> Found:
    """Return what has a place for each time that somebody else cleared the log."""
    return queue.SimpleQueue()


def watch(kit: TerminalKit, found: Found, **details: Any) -> None:
    """Have a terminal polled, and its log read once."""
    kit.watch(live=False, on_log_cleared=lambda: found.put(None), **details)
    kit.poll()
    assert found.empty()


def clear(device: Terminal) -> None:
    """Clear the log, and leave it so."""
    device.clear_log()


def refill(count: int) -> Callable[[Terminal], None]:
    """Return what clears the log, after which people punch again."""

    def clear_and_punch(device: Terminal) -> None:
        device.clear_log()
        device.fill_log(count, start=datetime(2026, 6, 1, 7), step_seconds=40)

    return clear_and_punch


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize(
    "happens", [clear, refill(3), refill(250)], ids=["empty", "fewer", "more"]
)
def test_cleared_by_somebody(
    kit: TerminalKit, found: Found, profile: str, happens: Callable[[Terminal], None]
) -> None:
    """Whatever is in the log since, it is found that it was cleared, and once."""
    kit.start(PROFILES[profile])
    kit.fill(200)
    watch(kit, found)
    before = kit.stored()
    kit.sim.call(happens, kit.device)
    kit.poll()
    assert found.qsize() == 1
    kit.poll()
    assert found.qsize() == 1
    assert kit.stored() == before | kit.logged()


def test_cleared_by_us(kit: TerminalKit, found: Found) -> None:
    """What we clear, and what comes after it, is nobody else's doing."""
    kit.start()
    kit.fill(200)
    watch(kit, found)
    assert kit.watched is not None
    kit.run(kit.watched.clear_log)
    kit.poll()
    kit.fill(20, start=datetime(2026, 6, 1, 7))
    kit.poll()
    assert found.empty()


def test_cleared_by_us_without_an_answer(kit: TerminalKit, found: Found) -> None:
    """A clear that was done, and not acknowledged, was ours too; the next is not."""
    kit.start()
    kit.fill(200)
    watch(kit, found)
    assert kit.watched is not None
    kit.device.faults.lose_reply = {CLEAR_ATTLOG: 1}
    with suppress(LinkError):
        kit.run(kit.watched.clear_log)
    assert len(kit.device.log) == 0
    kit.poll()
    assert found.empty()
    kit.fill(20, start=datetime(2026, 6, 1, 7))
    kit.poll()
    kit.sim.call(kit.device.clear_log)
    kit.poll()
    assert found.qsize() == 1


@pytest.mark.parametrize(
    "faults",
    [
        {"full_log": "overwrite"},
        {"full_log": "delete_block", "delete_block": 500},
        # Which leaves nothing to tell but that there are fewer.
        {"full_log": "delete_block", "delete_block": 500, "tail_reads": "refuse"},
    ],
)
@pytest.mark.parametrize("punches", [30, 1500])
def test_full_log(
    kit: TerminalKit, found: Found, faults: dict[str, Any], punches: int
) -> None:
    """A full log that drops its oldest records was cleared by nobody."""
    kit.start(replace(IFACE, max_records=2000), **faults)
    kit.fill(1995)
    watch(kit, found)
    start = datetime(2026, 3, 2, 7) + timedelta(days=30)
    for number in range(punches):
        kit.sim.punch("1001", at=start + timedelta(seconds=number))
    kit.poll()
    assert found.empty()
    kit.sim.call(kit.device.clear_log)
    kit.poll()
    assert found.qsize() == 1


@pytest.mark.parametrize("tail_reads", ["refuse", "from_zero"])
def test_without_the_tail(kit: TerminalKit, found: Found, tail_reads: str) -> None:
    """A terminal that gives no tail is believed as long as its log does not shrink."""
    kit.start(tail_reads=tail_reads)
    kit.fill(200)
    watch(kit, found)
    for day in range(1, 5):
        kit.sim.punch("1002", at=datetime(2026, 4, day, 8))
        kit.poll()
    assert found.empty()
    kit.sim.call(refill(100), kit.device)
    kit.poll()
    assert found.qsize() == 1
