"""The terminal as a thing on a wall, without any socket."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from simulator import (
    PROFILES,
    Command,
    EventBit,
    Link,
    Packet,
    Profile,
    Record,
    Terminal,
    UserRefused,
)
from simulator.events import AlarmKind
from simulator.log import AttendanceLog

from .conftest import MORNING, make_terminal

LAYOUTS = {
    "8": replace(PROFILES["k14"], record_size=8),
    "8, state first": replace(PROFILES["k14"], record_size=8, state_before_time=True),
    "16": PROFILES["k14"],
    "40": PROFILES["iface702"],
    "49": PROFILES["speedface"],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_filling_the_log(layout: str) -> None:
    """Everybody in turn, evenly spaced, in order, the same each time."""
    terminal = make_terminal(LAYOUTS[layout])
    terminal.fill_log(10, start=MORNING, step_seconds=100)
    log = terminal.log
    assert len(log) == 10
    assert [record.time for record in log] == [
        MORNING + timedelta(seconds=100 * number) for number in range(10)
    ]
    assert [record.user_id for record in log] == [
        str(1001 + number % 3) for number in range(10)
    ]
    assert [record.uid for record in log] == [1 + number % 3 for number in range(10)]
    assert [record.state for record in log] == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1]
    other = make_terminal(LAYOUTS[layout])
    other.fill_log(10, start=MORNING, step_seconds=100)
    assert other.log.packed == log.packed


def test_filling_the_log_up_to_now() -> None:
    """Without a start the last punch is just before now."""
    terminal = Terminal(PROFILES["iface702"], clock=lambda: MORNING)
    terminal.add_user("1")
    terminal.fill_log(100)
    last = terminal.log[-1].time
    assert last is not None
    assert MORNING - last == timedelta(seconds=37)


def test_filling_the_log_too_far() -> None:
    """More than the log holds, or nobody who could punch, is an error."""
    terminal = make_terminal(replace(PROFILES["iface702"], max_records=10))
    with pytest.raises(ValueError, match="10 records"):
        terminal.fill_log(11)
    with pytest.raises(ValueError, match="nobody"):
        make_terminal(people=0).fill_log(1)


def test_the_log_is_a_sequence() -> None:
    """It has a length, indices, slices and an order."""
    terminal = make_terminal()
    terminal.fill_log(5, start=MORNING)
    log = terminal.log
    assert isinstance(log, AttendanceLog)
    assert log[0] == next(iter(log))
    assert log[-1] == list(log)[4]
    assert log[1:3] == [log[1], log[2]]
    assert log[2] in log
    with pytest.raises(IndexError):
        log[5]


def test_a_punch() -> None:
    """What is punched is what is stored."""
    terminal = make_terminal()
    record = terminal.punch("1002", verify=15, state=4, work_code=7, at=MORNING)
    assert record == Record(
        user_id="1002", uid=2, time=MORNING, verify=15, state=4, work_code=7
    )
    (stored,) = terminal.log
    assert stored == replace(record, raw_time=stored.raw_time)


def test_a_punch_now() -> None:
    """Without a time it is that of the terminal's clock, to the second."""
    terminal = Terminal(
        PROFILES["iface702"], clock=lambda: MORNING.replace(microsecond=5)
    )
    terminal.add_user("1")
    terminal.faults.clock_offset = 30
    record = terminal.punch("1")
    assert record is not None
    assert record.time == MORNING + timedelta(seconds=30)


def test_the_clock_of_the_machine() -> None:
    """Without a clock of its own a terminal has the machine's."""
    terminal = Terminal(PROFILES["iface702"])
    assert abs(terminal.now() - datetime.now()) < timedelta(minutes=1)


def test_nobody_cannot_punch() -> None:
    """A user id that is not enrolled is an error."""
    with pytest.raises(ValueError, match="9999"):
        make_terminal().punch("9999")


def test_raw_records() -> None:
    """Bytes are stored as they are, if they are as many as a record has."""
    terminal = make_terminal()
    february = ((26 * 12 + 1) * 31 + 30) * 86400
    raw = b"\xff" * 27 + february.to_bytes(4, "little") + b"\xff" * 9
    assert terminal.add_raw_record(raw)
    assert terminal.log.packed == raw
    assert terminal.log[0].time is None
    assert terminal.log[0].raw_time == february
    with pytest.raises(ValueError, match="40 bytes"):
        terminal.add_raw_record(bytes(39))


def test_records_outlive_their_people() -> None:
    """The punches of somebody deleted are still there."""
    terminal = make_terminal("k14")
    terminal.punch("1002")
    terminal.remove_user(terminal.users["1002"])
    assert terminal.log[0].user_id == "1002"
    assert terminal.log[0].uid == 0


def test_uids_are_filled_up() -> None:
    """A new person gets the lowest free uid."""
    terminal = make_terminal(people=5)
    terminal.remove_user(terminal.users["1002"])
    terminal.remove_user(terminal.users["1004"])
    assert [terminal.add_user(str(number)).uid for number in (1, 2, 3)] == [2, 4, 6]
    assert [user.uid for user in terminal.users] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("user_id", "uid"), [("1001", 9), ("9", 1), ("", 9), ("0", 9), ("9", 65535)]
)
def test_people_who_are_refused(user_id: str, uid: int) -> None:
    """A test that enrols nonsense is told so."""
    terminal = make_terminal()
    with pytest.raises(UserRefused):
        terminal.add_user(user_id, uid=uid)
    assert len(terminal.users) == 3


def test_enrolling_again_is_an_update() -> None:
    """The same uid and user id change the person."""
    terminal = make_terminal()
    terminal.add_user("1002", "Zainab", uid=2)
    assert terminal.users["1002"].name == "Zainab"
    assert len(terminal.users) == 3


@pytest.mark.parametrize("what", ["fingerprint", "face"])
def test_enrolling_a_part_of_nobody(what: str) -> None:
    """A finger or a face belongs to somebody."""
    terminal = make_terminal()
    with pytest.raises(ValueError, match="nobody"):
        getattr(terminal, f"add_{what}")("9999")


def test_only_who_registered_is_told() -> None:
    """An event goes to the sessions that have its bit in their mask."""
    terminal = make_terminal()
    links = [Link() for _ in range(3)]
    for number, (link, mask) in enumerate(zip(links, (1, 0x200, 0), strict=True)):
        terminal.open_link(link)
        terminal.next_session = 100 + number
        terminal.receive(link, Packet(1000, 0, 0).datagram())
        request = Packet(500, 100 + number, 1, mask.to_bytes(4, "little"))
        terminal.receive(link, request.datagram())
    assert terminal.emit(EventBit.ATTLOG, b"punch") == 1
    assert terminal.emit(EventBit.ALARM, b"\x37\0\0\0") == 1
    assert terminal.emit(EventBit.BUTTON, b"\1") == 0
    told = [terminal.next_event(link, 0.0)[0] for link in links]
    assert [event and (event.bit, event.data) for event in told] == [
        (1, b"punch"),
        (0x200, b"\x37\0\0\0"),
        None,
    ]


def test_a_punch_is_told_in_three_events() -> None:
    """A finger is placed, somebody is recognised, and the punch is logged."""
    terminal = make_terminal()
    link = registered(terminal, 0xFFFF)
    user = terminal.add_user("777")
    terminal.punch("777", verify=terminal.profile.verify_codes["card"])
    terminal.punch("777")
    terminal.deny()
    told = []
    while (event := terminal.next_event(link, 0.0)[0]) is not None:
        told.append((event.bit, event.data if event.bit == EventBit.VERIFY else b""))
    known = (EventBit.VERIFY, user.uid.to_bytes(4, "little") + b"\1\0\0")
    assert told == [
        known,
        (EventBit.ATTLOG, b""),
        (EventBit.FINGER, b""),
        known,
        (EventBit.ATTLOG, b""),
        (EventBit.FINGER, b""),
        (EventBit.VERIFY, b"\xff\xff\xff\xff\1\0\0"),
    ]


@pytest.mark.parametrize(
    ("kind", "bit", "data"),
    [
        ("tamper", EventBit.ALARM, "37000000"),
        ("exit-button", EventBit.ALARM, "35000000"),
        ("misoperation", EventBit.ALARM, "3a000000"),
        ("door-closing", EventBit.ALARM, "5400000000000000"),
        ("duress", EventBit.ALARM, "ffffffff20000b0001000000"),
        ("passback", EventBit.ALARM, "ffffffff22000b0001000000"),
        ("off", EventBit.ALARMOFF, ""),
    ],
)
def test_alarms(kind: AlarmKind, bit: EventBit, data: str) -> None:
    """Each alarm has the bytes of protocol-4370 §2.10."""
    terminal = make_terminal()
    link = registered(terminal, EventBit.ALARM | EventBit.ALARMOFF)
    terminal.add_user("777", uid=11)
    terminal.alarm(kind, "777")
    event, _ = terminal.next_event(link, 0.0)
    assert event is not None
    assert (event.bit, event.data.hex()) == (bit, data)


def registered(terminal: Terminal, mask: int) -> Link:
    """Return a link that is told of some events."""
    link = Link()
    terminal.open_link(link)
    terminal.next_session = 7
    terminal.receive(link, Packet(1000, 0, 0).datagram())
    terminal.receive(link, Packet(500, 7, 1, mask.to_bytes(4, "little")).datagram())
    return link


def test_a_terminal_that_is_off_hears_nothing() -> None:
    """Without power no packet is answered."""
    terminal = make_terminal()
    link = Link()
    terminal.open_link(link)
    terminal.power_off()
    assert terminal.receive(link, Packet(1000, 0, 0).datagram()) == []
    terminal.power_on()
    assert len(terminal.receive(link, Packet(1000, 0, 0).datagram())) == 1
    assert list(terminal.commands) == [(Command.CONNECT, b"")]


def test_a_command_that_a_restart_overtakes() -> None:
    """A hook that restarts comes first; the command is never carried out."""
    terminal = make_terminal()
    link = Link()
    terminal.open_link(link)
    terminal.next_session = 7
    terminal.receive(link, Packet(1000, 0, 0).datagram())
    terminal.on(Command.UNLOCK, lambda t: t.restart())
    assert terminal.receive(link, Packet(31, 7, 1, bytes(4)).datagram()) == []
    assert terminal.unlocks == []
    assert not link.sessions


@pytest.mark.parametrize("key", list(PROFILES))
def test_profiles(key: str) -> None:
    """Each profile is what protocol-4370 §6.1 says."""
    profile = PROFILES[key]
    figures = {
        "iface702": ("ZMM220_TFT", 72, 40, 92, 65528, 32, "error", True),
        "k14": ("ZEM560", 28, 16, 80, 1008, 12, "data", False),
        "speedface": ("ZAM180_TFT", 72, 49, 92, 65528, 52, "no_data", False),
    }
    assert (
        profile.platform,
        profile.user_size,
        profile.record_size,
        profile.sizes_size,
        profile.frame_size,
        profile.event_size,
        profile.empty_reply,
        profile.faces_by_command,
    ) == figures[key]
    assert ("face" in profile.verify_codes) and profile.verify_codes["finger"] == 1


def test_a_variant_of_a_profile() -> None:
    """A variant may have options of its own."""
    variant: Profile = replace(
        PROFILES["iface702"], options={"~Platform": "ZLM60_TFT", "Extra": "1"}
    )
    terminal = Terminal(variant, serial="X")
    assert terminal.options["~Platform"] == "ZLM60_TFT"
    assert terminal.options["Extra"] == "1"
    assert terminal.options["~SerialNumber"] == "X"
