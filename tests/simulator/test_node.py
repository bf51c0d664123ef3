"""The npm clients node-zklib 1.3.0 and zkteco-js 1.7.2, as released.

They read users of 72 and records of 40 bytes over TCP, of 28 and 16 over UDP,
and know no comm key (protocol-4370 §5.1).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
import json
from pathlib import Path

import pytest

from simulator import PROFILES, Command, Simulation, Terminal

from .conftest import MORNING, Serve, make_terminal
from .npm import LIBRARIES, PATIENCE, PAUSE, Driver, ready_node

EACH = pytest.mark.parametrize("library", LIBRARIES)


@pytest.fixture(scope="session")
def node() -> str:
    """Return the node program."""
    return ready_node()


@pytest.fixture
def drive(node: str, tmp_path: Path) -> Driver:
    """Return a driver."""
    return Driver(node, tmp_path)


def face_terminal(people: int = 3) -> Terminal:
    """Return an iFace702 at the pace of the npm clients."""
    terminal = make_terminal(people=people)
    terminal.faults.pause = PAUSE
    return terminal


def old_terminal(people: int = 3) -> Terminal:
    """Return a K14 at the pace of the npm clients."""
    terminal = make_terminal("k14", people=people)
    terminal.faults.pause = PAUSE
    return terminal


def stamp(moment: datetime | None) -> str:
    """Return a time as JSON.stringify writes a Date."""
    assert moment is not None
    return moment.isoformat(timespec="milliseconds") + "Z"


def code(reply: str) -> int:
    """Return the reply code of a raw reply that a client has passed on as hex."""
    return int.from_bytes(bytes.fromhex(reply)[:2], "little")


def long_stamp(moment: datetime | None) -> str:
    """Return a time as Date.toString writes it."""
    assert moment is not None
    return moment.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")


@EACH
@pytest.mark.parametrize("people", [3, 300])
def test_users(serve: Serve, drive: Driver, library: str, people: int) -> None:
    """People arrive, in one DATA frame and in a burst."""
    terminal = face_terminal(people)
    terminal.users["1001"].password = "4711"
    terminal.users["1001"].card = 123456
    terminal.users["1001"].privilege = 14
    connected, users, info = drive(
        library, serve(terminal), ("getUsers",), ("getInfo",)
    )
    assert connected is True
    assert [(user["uid"], user["userId"], user["name"]) for user in users["data"]] == [
        (user.uid, user.user_id, user.name) for user in terminal.users
    ]
    first = users["data"][0]
    assert (first["role"], first["password"], first["cardno"]) == (14, "4711", 123456)
    # The command after a burst is where a wrong segmentation shows (§1.8).
    assert info == {"userCounts": people, "logCounts": 0, "logCapacity": 100_000}
    assert terminal.violations == []


@pytest.mark.parametrize("count", [20, 5000])
def test_log_of_node_zklib(serve: Serve, drive: Driver, count: int) -> None:
    """Punches arrive; for 5000 it asks for four windows at once."""
    terminal = face_terminal()
    terminal.fill_log(count, start=MORNING)
    _, log, info = drive(
        "node-zklib", serve(terminal), ("getAttendances",), ("getInfo",)
    )
    assert log.get("err") is None
    assert [
        (punch["userSn"], punch["deviceUserId"], punch["recordTime"])
        for punch in log["data"]
    ] == [(record.uid, record.user_id, stamp(record.time)) for record in terminal.log]
    assert info["logCounts"] == count
    assert terminal.violations == []


@pytest.mark.parametrize("count", [20, 5000])
def test_log_of_zkteco_js(serve: Serve, drive: Driver, count: int) -> None:
    """Punches arrive; for 5000 it asks for four windows one by one."""
    terminal = face_terminal()
    terminal.fill_log(count - 1, start=MORNING)
    terminal.punch("1003", verify=15, state=4, at=MORNING + timedelta(days=9))
    _, log, size = drive(
        "zkteco-js", serve(terminal), ("getAttendances",), ("getAttendanceSize",)
    )
    assert [
        (
            punch["sn"],
            punch["user_id"],
            punch["record_time"],
            punch["type"],
            punch["state"],
        )
        for punch in log["data"]
    ] == [
        (
            record.uid,
            record.user_id,
            long_stamp(record.time),
            record.verify,
            record.state,
        )
        for record in terminal.log
    ]
    assert size == count
    assert terminal.violations == []


@EACH
def test_control(serve: Serve, drive: Driver, library: str) -> None:
    """What needs no answer but yes."""
    terminal = face_terminal()
    terminal.fill_log(5)
    states: list[bool] = []
    for command in (Command.DISABLEDEVICE, Command.ENABLEDEVICE):
        terminal.on(command, lambda t: states.append(t.enabled), when="after")
    _, *answers = drive(
        library,
        serve(terminal),
        ("disableDevice",),
        ("enableDevice",),
        ("clearAttendanceLog",),
        ("freeData",),
    )
    assert [code(answer) for answer in answers] == [2000] * 4
    assert states == [False, True]
    assert len(terminal.log) == 0
    assert (Command.DISABLEDEVICE, bytes(4)) in terminal.commands
    assert terminal.violations == []


@pytest.fixture
def live(serve: Serve) -> Iterator[Simulation]:
    """Return a terminal where 1002 punches once a client listens."""
    terminal = face_terminal()
    terminal.on(Command.REG_EVENT, lambda t: t.punch("1002", at=MORNING), when="after")
    yield serve(terminal)
    assert terminal.violations == []


@EACH
def test_live_punches(live: Simulation, drive: Driver, library: str) -> None:
    """Live punches arrive as they happen."""
    with drive.start(library, live, ("live", 3)) as process:
        assert process.stdout is not None
        seen = []
        for number in range(3):
            seen.append(json.loads(process.stdout.readline()))
            if number < 2:
                live.punch("1003", at=MORNING + timedelta(seconds=1 + number))
        rest, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert json.loads(rest) == [True, 3]
    assert [(punch["userId"], punch["attTime"]) for punch in seen] == [
        ("1002", "2026-11-20T08:00:00.000Z"),
        ("1003", "2026-11-20T08:00:01.000Z"),
        ("1003", "2026-11-20T08:00:02.000Z"),
    ]


def test_information_of_zkteco_js(serve: Serve, drive: Driver) -> None:
    """The options, whose names come without a 0."""
    terminal = face_terminal()
    results = drive(
        "zkteco-js",
        serve(terminal),
        ("getSerialNumber",),
        ("getDeviceName",),
        ("getPlatform",),
        ("getMacAddress",),
        ("getVendor",),
        ("getOS",),
        ("getWorkCode",),
        ("getPIN",),
        ("getFaceOn",),
        ("getDeviceVersion",),
        ("getFirmware",),
        ("getProductTime",),
    )
    assert results[1:] == [
        "CKUJ203460001",
        "iFace702",
        "ZMM220_TFT",
        "00:17:61:10:51:73",
        "ZKTECO CO., LTD.",
        "1",
        "0",
        "9",
        "Yes",
        "10",
        "Ver 6.60 May 14 2018\0",
        "2018-05-14T10:20:30.000Z",
    ]
    assert terminal.violations == []


def test_time_of_zkteco_js(serve: Serve, drive: Driver) -> None:
    """The clock is read and set; it sends 32 bytes of which 4 count."""
    terminal = Terminal(PROFILES["iface702"], clock=lambda: MORNING)
    _, before, done, after = drive(
        "zkteco-js",
        serve(terminal),
        ("getTime",),
        ("setTime", {"date": "2024-02-29T12:34:56Z"}),
        ("getTime",),
    )
    assert before == "2026-11-20T08:00:00.000Z"
    assert code(done) == 2000
    assert after == "2024-02-29T12:34:56.000Z"
    assert terminal.now() == datetime(2024, 2, 29, 12, 34, 56)


def test_people_of_zkteco_js(serve: Serve, drive: Driver) -> None:
    """A person is added, refused, deleted, and at last everybody."""
    terminal = face_terminal()
    enrolled: list[str] = []
    terminal.on(
        Command.CLEAR_DATA,
        lambda t: enrolled.extend(user.user_id for user in t.users),
    )
    _, added, refused, deleted, voice, cleared = drive(
        "zkteco-js",
        serve(terminal),
        ("setUser", 9, "9009", "Zainab", "123", 14, 4242),
        ("setUser", 9, "1001", "Clash", "", 0, 0),
        ("deleteUser", 1),
        ("voiceTest",),
        ("clearData",),
    )
    assert [code(reply) for reply in (added, refused, deleted, voice, cleared)] == [
        2000,
        2001,
        2000,
        2000,
        2000,
    ]
    assert enrolled == ["1002", "1003", "9009"]
    assert len(terminal.users) == 0
    assert terminal.voices == [0]
    written = next(data for number, data in terminal.commands if number == 8)
    assert len(written) == 72


def test_node_zklib_over_udp(serve: Serve, drive: Driver) -> None:
    """Users of 28 and records of 16 bytes, in bursts of datagrams."""
    terminal = old_terminal(people=200)
    for user in terminal.users:
        user.name = f"P{user.uid}"
    terminal.fill_log(3000, start=MORNING)
    _, users, log, info = drive(
        "node-zklib",
        serve(terminal, udp=True),
        ("getUsers",),
        ("getAttendances",),
        ("getInfo",),
    )
    assert [
        (user["uid"], str(user["userId"]), user["name"]) for user in users["data"]
    ] == [(user.uid, user.user_id, user.name) for user in terminal.users]
    assert [
        (str(punch["deviceUserId"]), punch["recordTime"]) for punch in log["data"]
    ] == [(record.user_id, stamp(record.time)) for record in terminal.log]
    assert info["logCounts"] == 3000
    assert terminal.violations == []


def test_zkteco_js_over_udp(serve: Serve, drive: Driver) -> None:
    """A table of one datagram; more it loses, its burst reader returns nothing."""
    terminal = old_terminal()
    terminal.fill_log(500, start=MORNING)
    _, users, info, _, now = drive(
        "zkteco-js",
        serve(terminal, udp=True),
        ("getUsers",),
        ("getInfo",),
        ("setTime", {"date": "2024-02-29T12:34:56Z"}),
        ("getTime",),
    )
    assert [(user["uid"], str(user["userId"])) for user in users["data"]] == [
        (user.uid, user.user_id) for user in terminal.users
    ]
    assert info["logCounts"] == 500
    assert now.startswith("2024-02-29T12:34:5")
    assert terminal.violations == []


@pytest.fixture
def old_live(serve: Serve) -> Simulation:
    """Return an old terminal where 7 punches once a client listens."""
    terminal = old_terminal()
    terminal.add_user("7")
    terminal.faults.event_size = 10
    terminal.on(Command.REG_EVENT, lambda t: t.punch("7", at=MORNING), when="after")
    return serve(terminal, udp=True)


def test_live_punch_over_udp(old_live: Simulation, drive: Driver) -> None:
    """A punch of 10 bytes, the length that node-zklib knows over UDP."""
    with drive.start("node-zklib", old_live, ("live", 1)) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[0]) == {
        "userId": 7,
        "attTime": "2026-11-20T08:00:00.000Z",
    }


def test_coalesced_bursts_are_too_much_for_npm(serve: Serve, drive: Driver) -> None:
    """The segmentation that no npm client survives shows (§1.8)."""
    terminal = face_terminal(people=300)
    terminal.faults.segmentation = "coalesced"
    sim = serve(terminal)
    with drive.start("zkteco-js", sim, ("getUsers",), timeout=0.5) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    assert len(json.loads(out)[1]["data"]) < 300


def test_small_frames_arrive_one_by_one(serve: Serve, drive: Driver) -> None:
    """Frames of 1008 bytes come in segments of their own, the last with its ACK."""
    terminal = make_terminal(replace(PROFILES["iface702"], frame_size=1008), people=40)
    terminal.faults.pause = PAUSE
    for library in LIBRARIES:
        _, users, info = drive(library, serve(terminal), ("getUsers",), ("getInfo",))
        assert len(users["data"]) == 40
        assert info["userCounts"] == 40
