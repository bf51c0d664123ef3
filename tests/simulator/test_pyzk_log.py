"""The client pyzk 0.9: the log and live punches, over TCP and UDP."""

from dataclasses import replace
from datetime import datetime
import struct
from typing import Any

import pytest
from zk.exception import ZKErrorResponse

from simulator import PROFILES, Command, Simulation, Terminal

from .conftest import MORNING, Serve, make_terminal
from .pyzk import pyzk

BOTH = pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])


# The log


@BOTH
@pytest.mark.parametrize("count", [1, 7, 1000])
@pytest.mark.parametrize("size", [8, 16, 40])
def test_attendance(serve: Serve, size: Any, count: int, udp: bool) -> None:
    """Punches arrive in each layout that pyzk knows, in one frame or in many."""
    kind = PROFILES["iface702" if size == 40 else "k14"]
    terminal = make_terminal(replace(kind, record_size=size))
    terminal.fill_log(count - 1, start=MORNING)
    terminal.punch("1002", verify=15, state=4, at=datetime(2026, 11, 21, 17, 0, 1))
    with pyzk(serve(terminal, udp=udp)) as zk:
        punches = zk.get_attendance()
    assert len(punches) == count
    # For 16 bytes pyzk has its two names the wrong way round (§2.6).
    swapped = size == 16
    assert [
        (punch.user_id, punch.timestamp, punch.status, punch.punch) for punch in punches
    ] == [
        (
            record.user_id,
            record.time,
            record.state if swapped else record.verify,
            record.verify if swapped else record.state,
        )
        for record in terminal.log
    ]


def test_attendance_of_several_windows(serve: Serve) -> None:
    """A log of three windows arrives whole (65472 bytes each)."""
    terminal = make_terminal(people=50)
    terminal.fill_log(4000, start=MORNING)
    with pyzk(serve(terminal)) as zk:
        punches = zk.get_attendance()
    assert [punch.timestamp for punch in punches] == [
        record.time for record in terminal.log
    ]
    assert [number for number, _ in terminal.commands].count(1504) == 4


def test_no_attendance(zk: Any) -> None:
    """An empty log is no error."""
    assert zk.get_attendance() == []


def test_attendance_of_49_bytes_is_garbage_in_pyzk(serve: Serve) -> None:
    """Whatever the record size is, pyzk 0.9 steps by 40 (§2.6)."""
    terminal = make_terminal("speedface")
    for _ in range(60):
        terminal.punch("1001", at=MORNING)
    with pyzk(serve(terminal)) as zk:
        try:
            punches = zk.get_attendance()
        except ValueError:
            # One of the dates that it makes up may be none.
            return
    assert len(punches) == 73


def test_one_date_that_is_none_hides_the_log_from_pyzk(
    zk: Any, sim: Simulation
) -> None:
    """A record with the 31st of February is sent; pyzk gives up on all (§3.5)."""
    sim.terminal.fill_log(3)
    february = ((26 * 12 + 1) * 31 + 30) * 86400
    raw = bytearray(sim.terminal.log.packed[:40])
    raw[27:31] = february.to_bytes(4, "little")
    assert sim.terminal.add_raw_record(bytes(raw))
    with pytest.raises(ValueError, match="day"):
        zk.get_attendance()


@BOTH
def test_clearing_the_log(serve: Serve, udp: bool) -> None:
    """The log is deleted."""
    terminal = make_terminal()
    terminal.fill_log(10)
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.clear_attendance()
        assert zk.get_attendance() == []
    assert len(terminal.log) == 0


def test_clearing_everything_is_broken_in_pyzk(zk: Any) -> None:
    """Command 14 is never sent by pyzk 0.9 (§3.3)."""
    with pytest.raises(TypeError):
        zk.clear_data()


@BOTH
def test_reading_with_a_buffer(serve: Serve, udp: bool) -> None:
    """The operation log arrives by the general way."""
    terminal = make_terminal()
    for number in range(100):
        terminal.oplog.add(4, MORNING, (number, 0, 0, 0))
    with pyzk(serve(terminal, udp=udp)) as zk:
        data, size = zk.read_with_buffer(34)
        assert size == len(data) == 4 + 1600
        assert data[4:] == terminal.oplog.packed
        with pytest.raises(ZKErrorResponse, match="RWB Not supported"):
            zk.read_with_buffer(999)


@pytest.mark.parametrize(
    ("profile", "count", "mode"),
    [
        ("iface702", 500, "pause"),
        ("iface702", 500, "separate"),
        ("iface702", 500, "coalesced"),
        ("k14", 500, "pause"),
        ("k14", 500, "separate"),
        # Two DATA frames at once, not more: see pyzk.py.
        ("k14", 120, "coalesced"),
    ],
)
def test_segmentation(serve: Serve, profile: str, count: int, mode: Any) -> None:
    """Users and log arrive in three segmentations, in one frame and in several."""
    terminal = make_terminal(profile, people=60)
    terminal.fill_log(count)
    terminal.faults.segmentation = mode
    with pyzk(serve(terminal)) as zk:
        assert len(zk.get_users()) == 60
        assert len(zk.get_attendance()) == count
        assert zk.get_platform() == terminal.profile.platform


def test_a_tail_read(serve: Serve) -> None:
    """The last 60 of many records come for a fraction of the bytes (§4)."""
    terminal = make_terminal()
    terminal.fill_log(20_000, start=MORNING)
    with pyzk(serve(terminal)) as zk:
        before = terminal.traffic.bytes_out
        zk._ZK__send_command(1503, struct.pack("<bhii", 1, 13, 0, 0), 1024)
        data = zk._ZK__read_chunk(4 + (20_000 - 60) * 40, 2400)
        assert data == terminal.log.packed[-2400:]
        assert terminal.traffic.bytes_out - before < 2600
        assert zk._ZK__read_chunk(4 + 19_999 * 40, 40) == terminal.log.packed[-40:]


# Live


@BOTH
@pytest.mark.parametrize("size", [12, 32, 36, 52])
def test_live_punches(serve: Serve, size: int, udp: bool) -> None:
    """Live punches arrive in each length that pyzk knows."""
    terminal = make_terminal("k14" if size == 12 else "iface702")
    terminal.faults.event_size = size
    sim = serve(terminal, udp=udp)
    terminal.on(
        Command.REG_EVENT,
        lambda t: t.punch("1002", verify=15, state=1, at=MORNING),
        when="after",
    )
    seen = []
    with pyzk(sim) as zk:
        for punch in zk.live_capture(new_timeout=5):
            assert punch is not None
            seen.append((punch.user_id, punch.status, punch.punch, punch.uid))
            assert punch.timestamp.replace(microsecond=0) == punch.timestamp
            if len(seen) == 3:
                zk.end_live_capture = True
            else:
                sim.punch("1003", verify=1, state=0)
        # The session is as good as before.
        assert zk.get_platform() == terminal.profile.platform
    assert seen == [("1002", 15, 1, 2), ("1003", 1, 0, 3), ("1003", 1, 0, 3)]
    assert len(terminal.log) == 3
    assert terminal.violations == []


@pytest.mark.parametrize("size", [14, 37])
def test_live_punches_that_break_pyzk(serve: Serve, size: int) -> None:
    """These lengths are real, and pyzk 0.9 does not know them (§3.4)."""
    terminal = make_terminal()
    terminal.faults.event_size = size
    sim = serve(terminal)
    terminal.on(Command.REG_EVENT, lambda t: t.punch("1002"), when="after")
    with pyzk(sim) as zk, pytest.raises(UnboundLocalError):
        next(zk.live_capture(new_timeout=5))


def test_live_punch_of_10_bytes_is_ignored_by_pyzk(serve: Serve) -> None:
    """A punch of 10 bytes is acknowledged, and passed over (§3.4)."""
    terminal = make_terminal("k14")
    terminal.faults.event_size = 10
    sim = serve(terminal)

    def another(terminal: Terminal) -> None:
        """Punch in a length that pyzk knows."""
        terminal.faults.event_size = 12
        terminal.punch("1003")

    terminal.on(Command.REG_EVENT, lambda t: t.punch("1002"), when="after")
    terminal.on(Command.ACK_OK, another)
    with pyzk(sim) as zk:
        for punch in zk.live_capture(new_timeout=5):
            assert punch.user_id == "1003"
            zk.end_live_capture = True


def test_no_live_punch_is_no_error(serve: Serve) -> None:
    """Silence is told of."""
    with pyzk(serve(make_terminal())) as zk:
        for punch in zk.live_capture(new_timeout=0.05):
            assert punch is None
            zk.end_live_capture = True
