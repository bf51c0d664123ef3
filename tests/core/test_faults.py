"""What SyncID does when a terminal or the network goes wrong, switch by switch.

Every switch of the simulator is here. Whatever it does, no punch is lost, and none
is doubled.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
import inspect
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.syncid.core.errors import LinkError
import simulator
from simulator import PROFILES, Faults

from .kit import PATIENCE, QUICK_TIMING, TerminalKit

IFACE = PROFILES["iface702"]


@dataclass(frozen=True)
class Case:
    """What goes wrong, and whether the link survives it."""

    faults: dict[str, Any]
    breaks_link: bool = False
    profile: simulator.Profile = IFACE
    # Set when the terminal is up, rather than from the start.
    later: dict[str, Any] = field(default_factory=dict)


CASES = {
    # --- how bytes travel ---
    "frames together": Case({"segmentation": "coalesced"}),
    "frames apart": Case({"segmentation": "separate", "pause": 0.001}),
    "bytes dribble": Case(
        {"segmentation": "dribble", "dribble_bytes": 997, "dribble_pause": 0.0001}
    ),
    "two events in a segment": Case({"pair_events": True}),
    "event before a reply": Case({"event_before_reply": {1503: 2, 1504: 1, 201: 2}}),
    "garbage": Case({}, True, later={"garbage": b"\0\1\2garbage"}),
    "slow answers": Case({"delay": {50: 0.05, 1503: 0.05, 1504: 0.02}}),
    # --- what gets lost ---
    "reply lost": Case({}, True, later={"lose_reply": {50: 1}}),
    "late reply": Case({}, True, later={"late_reply": {50: 1}}),
    "drop in mid-chunk": Case({"drop_after": 30_000}, True),
    "drop in a later chunk": Case({"drop_after": 10, "burst": 3}, True),
    "reset in mid-chunk": Case({"drop_after": 30_000, "reset_links": True}, True),
    "stall in mid-chunk": Case({"stall_after": 30_000}, True),
    # --- what the terminal refuses ---
    "somebody in the menu": Case({"in_menu": True}),
    "options missing": Case({"missing_options": ("~Platform", "FaceFunOn", "MAC")}),
    "options empty": Case(
        {"empty_options": ("~DeviceName", "MAC"), "empty_option_reply": "empty"}
    ),
    "options not to be written": Case({"refuse_options": True}),
    "fingers that are not there": Case({"missing_reply": "read_failed"}),
    "garbage behind names": Case({"garbage_padding": True}),
    "uid conflicts": Case({"uid_conflict": "overwrite"}),
    # --- the log ---
    "windows of the live log": Case({"live_file": True}),
    "tail refused": Case({"tail_reads": "refuse"}),
    "tail from the start": Case({"tail_reads": "from_zero"}),
    "small windows as bursts": Case({"small_windows_burst": True}),
    "empty windows unanswered": Case({"empty_window": "silent"}),
    "empty tables as 4989": Case({"empty_reply": "no_data"}),
    "a full log overwrites": Case(
        {"full_log": "overwrite"}, profile=replace(IFACE, max_records=2000)
    ),
    "a full log loses a block": Case(
        {"full_log": "delete_block", "delete_block": 300},
        profile=replace(IFACE, max_records=2000),
    ),
    # --- clock and events ---
    "clock ahead": Case({"clock_offset": 90.0}),
    "clock that gains": Case({"clock_drift": 3600.0}),
    "unacknowledged events repeated": Case({"event_repeat": 0.01}),
    **{
        f"events of {size} bytes": Case({"event_size": size})
        for size in (10, 12, 14, 32, 36, 37, 52)
    },
    # --- strict at the door ---
    "one session only": Case({"session_limit": 1}),
    "a disabled terminal takes no punches": Case({"disabled_blocks": True}),
    "every time, not once": Case(
        {"event_before_reply": {201: 1}, "repeat": True},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_no_punch_is_lost_or_doubled(kit: TerminalKit, case: Case) -> None:
    """A past is read, people punch live, and the ledger holds each punch once."""
    sim = kit.start(case.profile, **case.faults)
    kit.fill(1990 if case.profile.max_records == 2000 else 4000)
    before = kit.logged()
    kit.watch()
    kit.wait_until_up()
    if case.breaks_link and not case.later:
        assert isinstance(kit.wait_until_down(), LinkError)
        kit.wait_until_up()
    kit.poll()
    for name, value in case.later.items():
        sim.call(setattr, kit.device.faults, name, value)
    if case.later:
        with suppress(LinkError):  # or a heartbeat met it before
            kit.poll()
        assert isinstance(kit.wait_until_down(), LinkError)
        kit.wait_until_up()
        kit.poll()
    live = [sim.punch(user_id) for user_id in ("1001", "1002", "1003") * 6]
    assert None not in live
    kit.poll()
    kit.poll()
    everything = before | kit.logged()
    assert kit.stored() == everything
    news = Counter(
        (stored.punch.user_id, stored.punch.local_second)
        for stored in (kit.news.get_nowait() for _ in range(kit.news.qsize()))
    )
    assert set(news.values()) == {1}
    assert everything - before <= news


@pytest.mark.parametrize("answers", [True, False])
def test_restart_in_mid_stream(kit: TerminalKit, answers: bool) -> None:
    """A terminal that restarts in the middle of a chunk loses nothing."""
    sim = kit.start(restart_seconds=0.05, restart_reply=answers)
    kit.fill(9000)
    back = sim.expect_power("on")
    kit.device.on(1504, lambda device: device.restart(), nth=4)
    kit.watch()
    kit.wait_until_down()
    assert back.wait(PATIENCE)
    kit.wait_until_up()
    sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.news.empty()


@pytest.mark.parametrize("answers", [True, False])
def test_power_off_and_on(kit: TerminalKit, answers: bool) -> None:
    """A terminal that was switched off is back when a hand switches it on."""
    sim = kit.start(poweroff_reply=answers)
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    sim.call(kit.device.power_off)
    kit.wait_until_down()
    sim.power_on()
    kit.wait_until_up()
    sim.punch("1002")
    assert kit.next_news().punch.user_id == "1002"
    kit.assert_ledger_is_log()


def test_half_open_link_in_mid_burst(kit: TerminalKit) -> None:
    """A terminal that freezes while people punch has all of it afterwards."""
    sim = kit.start()
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    sim.freeze()
    for user_id in ("1001", "1002", "1003"):
        sim.punch(user_id)
    kit.wait_until_down()
    sim.thaw()
    kit.wait_until_up()
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.news.qsize() == 3


def test_menu_that_blocks(kit: TerminalKit) -> None:
    """Nobody gets in while somebody is in the menu; then all is read."""
    sim = kit.start(in_menu=True, menu_blocks_connect=True)
    kit.fill(10)
    kit.watch()
    assert isinstance(kit.wait_until_down(), LinkError)
    sim.call(setattr, kit.device.faults, "menu_blocks_connect", False)
    kit.wait_until_up()
    kit.poll()
    kit.assert_ledger_is_log()


def test_busy_with_another_client(kit: TerminalKit) -> None:
    """A terminal that talks to somebody else is tried again."""
    sim = kit.start(session_limit=1, session_limit_reply="error")
    with kit.client():
        kit.watch()
        assert kit.wait_until_down() is not None
    kit.wait_until_up()
    sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"


def test_silent_connection_is_closed(kit: TerminalKit) -> None:
    """A terminal that closes what says nothing does not close us."""
    kit.start(accept_timeout=0.05)
    kit.watch(timing=replace(QUICK_TIMING, heartbeat=0.3))
    kit.wait_until_up()
    assert kit.sim.expect(201, nth=3).wait(PATIENCE)
    assert kit.links.empty()


def test_wrong_key(kit: TerminalKit) -> None:
    """Nothing is read with a wrong key, and all with the right one."""
    sim = kit.start(comm_key=3, refuse_key=True)
    kit.fill(10)
    kit.watch()
    kit.wait_until_down()
    assert not kit.stored()
    sim.call(setattr, kit.device.faults, "refuse_key", False)
    kit.wait_until_up()
    kit.poll()
    kit.assert_ledger_is_log()


def test_full_log_that_refuses(kit: TerminalKit) -> None:
    """What a full terminal refuses was never stored there; it stays as it is."""
    sim = kit.start(replace(IFACE, max_records=50), full_log="refuse")
    kit.fill(50)
    kit.watch()
    kit.poll()
    assert sim.punch("1001") is None
    kit.poll()
    kit.assert_ledger_is_log()


def test_clear_in_mid_read(kit: TerminalKit) -> None:
    """A log that somebody clears under the read is stored as far as it was given."""
    sim = kit.start(live_file=True)
    kit.fill(9000)
    everything = kit.logged()

    def clear(device: simulator.Terminal) -> None:
        device.clear_log()
        device.punch("1001", at=datetime(2026, 6, 1))

    kit.device.on(1504, clear, nth=5)
    kit.watch()
    kit.poll()
    kit.poll()
    stored = kit.stored()
    assert set(stored.values()) == {1}
    assert stored <= everything | kit.logged()
    assert kit.logged() <= stored
    sim.punch("1002")
    kit.poll()
    assert kit.logged() <= kit.stored()


def test_every_switch_is_here() -> None:
    """A switch that the simulator gains has to be tried here."""
    source = Path(inspect.getfile(inspect.currentframe() or _nowhere)).read_text(
        encoding="utf-8"
    )
    missing = [
        fault.name
        for fault in fields(Faults)
        if not re.search(rf"\b{fault.name}\b", source)
    ]
    assert not missing


def _nowhere() -> None:
    """Stand for a frame that there always is."""
