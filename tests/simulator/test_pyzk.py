"""The client pyzk 0.9: sessions, information and control, over TCP and UDP."""

from datetime import datetime
from typing import Any

import pytest
from zk.exception import ZKErrorResponse

from simulator import PROFILES, Command, Simulation, Terminal

from .conftest import MORNING, Serve, make_terminal
from .pyzk import pyzk

BOTH = pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])


# Connecting


@BOTH
@pytest.mark.parametrize("key", [0, 1234])
def test_connect(serve: Serve, key: int, udp: bool) -> None:
    """A session begins and ends, with and without a comm key."""
    terminal = make_terminal(comm_key=key)
    sim = serve(terminal, udp=udp)
    with pyzk(sim, password=key) as zk:
        assert zk.is_connect
        assert zk.get_serialnumber() == "CKUJ203460001"
        assert sum(1 for _ in terminal.sessions) == 1
    assert not list(terminal.sessions)
    assert terminal.violations == []
    # Over TCP pyzk tries the port first, with a connection that says nothing.
    assert terminal.traffic.connections == (1 if udp else 2)


@BOTH
def test_wrong_key(serve: Serve, udp: bool) -> None:
    """A wrong comm key is refused, and opens nothing."""
    sim = serve(make_terminal(comm_key=1234), udp=udp)
    with (
        pyzk(sim, password=4321, connect=False) as zk,
        pytest.raises(ZKErrorResponse, match="Unauthenticated"),
    ):
        zk.connect()
    assert Command.AUTH in [number for number, _ in sim.terminal.commands]


# What the terminal tells of itself


@BOTH
def test_information_of_a_face_terminal(serve: Serve, udp: bool) -> None:
    """Every getter works on profile A."""
    with pyzk(serve(make_terminal(), udp=udp)) as zk:
        assert zk.get_firmware_version() == "Ver 6.60 May 14 2018"
        assert zk.get_platform() == "ZMM220_TFT"
        assert zk.get_device_name() == "iFace702"
        assert zk.get_mac() == "00:17:61:10:51:73"
        assert zk.get_fp_version() == 10
        assert zk.get_face_version() == 7
        assert zk.get_face_fun_on() == 1
        assert zk.get_extend_fmt() is None
        assert zk.get_user_extend_fmt() == 1
        assert zk.get_compat_old_firmware() is None
        assert zk.get_pin_width() == 9
        assert zk.get_network_params() == {
            "ip": "192.168.1.201",
            "mask": "255.255.255.0",
            "gateway": "192.168.1.1",
        }


@BOTH
def test_information_of_an_old_terminal(serve: Serve, udp: bool) -> None:
    """Every getter works on profile B, which has no faces."""
    with pyzk(serve(make_terminal("k14"), udp=udp)) as zk:
        assert zk.get_platform() == "ZEM560"
        assert zk.get_fp_version() == 9
        assert zk.get_face_version() is None
        assert zk.get_face_fun_on() is None
        assert zk.get_user_extend_fmt() is None


def test_a_missing_option(zk: Any, sim: Simulation) -> None:
    """The odd way in which pyzk clears an error (65535 and all) leaves the session well."""
    assert zk.get_extend_fmt() is None
    odd = [number for number, _ in sim.terminal.commands][-4:]
    assert odd == [2001, 65535, 65535, 65535]
    assert zk.get_platform() == "ZMM220_TFT"


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
def test_sizes(serve: Serve, profile: str, udp: bool) -> None:
    """The counts and capacities arrive, from 92 bytes and from 80."""
    terminal = make_terminal(profile)
    terminal.add_user("2000", privilege=14)
    terminal.add_fingerprint("1001", 3)
    terminal.add_fingerprint("1001", 4)
    if profile == "iface702":
        terminal.add_face("1002")
    terminal.fill_log(77)
    terminal.oplog.add(4, MORNING)
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.read_sizes()
        assert (zk.users, zk.fingers, zk.records, zk.dummy) == (4, 2, 77, 1)
        assert zk.cards == 1
        kind = terminal.profile
        assert (zk.users_cap, zk.fingers_cap, zk.rec_cap) == (
            kind.max_users,
            kind.max_fingerprints,
            kind.max_records,
        )
        assert zk.users_av == kind.max_users - 4
        assert zk.fingers_av == kind.max_fingerprints - 2
        assert zk.rec_av == kind.max_records - 77
        faces = (1, 1500) if profile == "iface702" else (0, 0)
        assert (zk.faces, zk.faces_cap) == faces


@BOTH
def test_time(serve: Serve, udp: bool) -> None:
    """The clock is read and set."""
    terminal = Terminal(PROFILES["iface702"], clock=lambda: MORNING)
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.get_time() == MORNING
        assert zk.set_time(datetime(2024, 2, 29, 12, 34, 56))
        assert zk.get_time() == datetime(2024, 2, 29, 12, 34, 56)


# Control


@BOTH
def test_control(serve: Serve, udp: bool) -> None:
    """What needs no answer but yes."""
    terminal = make_terminal()
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.disable_device()
        assert not terminal.enabled
        assert zk.enable_device()
        assert terminal.enabled
        assert zk.unlock(time=3)
        assert terminal.unlocks == [30]
        assert zk.test_voice(index=10)
        assert terminal.voices == [10]
        assert zk.cancel_capture()
        assert zk.verify_user()
        assert zk.free_data()
        assert zk.refresh_data()
        assert zk.set_sdk_build_1()
        assert terminal.options["SDKBuild"] == "1"
        zk.reg_event(0xFFFF)
        assert next(terminal.sessions).event_mask == 0xFFFF


def test_the_last_session_enables_the_terminal(serve: Serve) -> None:
    """A terminal left disabled works again when its clients are gone (§1.5)."""
    terminal = make_terminal()
    with pyzk(serve(terminal)) as zk:
        zk.disable_device()
        assert not terminal.enabled
    assert terminal.enabled


@BOTH
def test_restart(serve: Serve, udp: bool) -> None:
    """After a restart the terminal is there again, and its log too."""
    terminal = make_terminal()
    terminal.fill_log(5)
    terminal.faults.restart_seconds = 0.01
    sim = serve(terminal, udp=udp)
    down = sim.expect_power("restart")
    with pyzk(sim) as zk:
        assert zk.restart()
    assert down.wait(5)
    sim.wait_until_listening()
    with pyzk(sim) as zk:
        assert len(zk.get_attendance()) == 5


@BOTH
def test_power_off(serve: Serve, udp: bool) -> None:
    """After a power off it stays away until somebody switches it on."""
    terminal = make_terminal()
    sim = serve(terminal, udp=udp)
    down = sim.expect_power("off")
    with pyzk(sim) as zk:
        assert zk.poweroff()
    assert down.wait(5)
    assert not terminal.running
    with (
        pyzk(sim, connect=False, timeout=0.2) as zk,
        pytest.raises(Exception) as caught,
    ):
        zk.connect()
    assert caught.typename == "ZKNetworkError"
    sim.power_on()
    with pyzk(sim) as zk:
        assert zk.get_serialnumber() == "CKUJ203460001"
