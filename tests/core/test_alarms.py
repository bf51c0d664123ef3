"""What a terminal reports besides punches, and what of it is an alarm."""

from struct import pack

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.records import ALARM_TYPES, Alarm, AlarmType
from custom_components.syncid.core.terminal.alarms import (
    AlarmReader,
    EventBit,
    decode_alarm,
)
from simulator import PROFILES
from simulator.events import ALARM_KINDS, AlarmKind, pack_alarm
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import SERIAL, TerminalKit

REG_EVENT = 500
NOBODY = b"\xff" * 4

# protocol-4370 §2.10.
DECODED: list[tuple[int, str, tuple[AlarmType, int | None] | None]] = [
    (0x0200, "37000000", ("tamper", None)),
    (0x0200, "35000000", ("exit_button", None)),
    (0x0200, "3a000000", ("misoperation", None)),
    (0x0200, "5400000000000000", ("door_closing", None)),
    (0x0200, "ffffffff2000070001000000", ("duress", 7)),
    (0x0200, "ffffffff2200070001000000", ("passback", 7)),
    (0x4000, "", ("alarm_off", None)),
    (0x4000, "01", ("alarm_off", None)),
    (0x0020, "", ("door_unlocked", None)),
    (0x0080, "ffffffff01", ("denied", None)),
    (0x0080, "ffffffff010000", ("denied", None)),
    # Numbers that are not known, or not in the place where they mean something.
    (0x0200, "54000000", ("unknown", None)),
    (0x0200, "3700000000000000", ("unknown", None)),
    (0x0200, "37", ("unknown", None)),
    (0x0200, "", ("unknown", None)),
    (0x0200, "ffffffff2100070001000000", ("unknown", None)),
    (0x0200, "000000002000070001000000", ("unknown", None)),
    # Somebody who is let in, and what was not asked for.
    (0x0080, "0700000001", None),
    (0x0080, "ffff", None),
    (0x0002, "", None),
    (0x0001, "37000000", None),
    (0x0280, "37000000", None),
]


@pytest.mark.parametrize(("bit", "data", "alarm"), DECODED)
def test_decoding(
    bit: int, data: str, alarm: tuple[AlarmType, int | None] | None
) -> None:
    """Known numbers have a word, unknown ones have none, and the rest is no alarm."""
    assert decode_alarm(bit, bytes.fromhex(data)) == alarm


@given(st.integers(0, 0xFFFF), st.binary(max_size=64))
def test_whatever_comes(bit: int, data: bytes) -> None:
    """Nothing that a terminal sends is too odd."""
    alarm = decode_alarm(bit, data)
    assert alarm is None or alarm[0] in ALARM_TYPES
    assert (alarm is not None) or bit != EventBit.ALARM


@pytest.mark.parametrize(
    ("seconds", "told"), [((0, 1.9, 3.8), 2), ((0, 2), 2), ((10, 4), 2)]
)
def test_repeated(seconds: tuple[float, ...], told: int) -> None:
    """What is repeated at once is the same; what comes later, or is other, is not."""
    clock = 0.0
    reader = AlarmReader(lambda: clock)
    heard = 0
    for clock in seconds:
        heard += reader.read(EventBit.ALARM, b"\x37\0\0\0") is not None
        assert reader.read(EventBit.ALARM, pack("<If", 0x54, clock)) is not None
    assert heard == told


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("kind", ALARM_KINDS)
def test_live(kit: TerminalKit, kind: AlarmKind, profile: str) -> None:
    """Every kind of alarm arrives, with whose it is where the terminal says so."""
    kit.start(PROFILES[profile])
    kit.watch()
    kit.poll()
    kit.sim.call(kit.device.alarm, kind, "1002")
    alarm = kit.next_alarm()
    assert alarm.type == ("alarm_off" if kind == "off" else kind.replace("-", "_"))
    assert alarm.serial == SERIAL
    assert alarm.code == pack_alarm(kind, 2)[1].hex()
    assert alarm.user_id == ("1002" if kind in {"duress", "passback"} else None)


def test_denied(kit: TerminalKit) -> None:
    """Who is not recognised is told; who is recognised punches, and raises no alarm."""
    kit.start()
    kit.watch()
    kit.poll()
    kit.sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"
    kit.sim.call(kit.device.deny)
    assert kit.next_alarm() == Alarm(SERIAL, "denied", "ffffffff010000")
    kit.sim.punch("1002")
    assert kit.next_news().punch.user_id == "1002"
    assert kit.alarms.empty()


def test_door(kit: TerminalKit) -> None:
    """That the door was unlocked is told."""
    kit.start()
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    kit.sim.call(kit.device.unlock, 30)
    assert kit.next_alarm().type == "door_unlocked"


def test_user_that_is_not_known(kit: TerminalKit) -> None:
    """An alarm of somebody whom the terminal's users do not have is still one."""
    kit.start()
    kit.watch()
    kit.poll()
    kit.sim.call(kit.device.emit, EventBit.ALARM, pack_alarm("duress", 99)[1])
    alarm = kit.next_alarm()
    assert (alarm.type, alarm.user_id) == ("duress", None)


def test_terminal_that_repeats(kit: TerminalKit) -> None:
    """An alarm that is repeated until it is acknowledged is one alarm."""
    sim = kit.start(event_repeat=0.001)
    kit.watch()
    kit.poll()
    sim.punch("1001")  # from whose acknowledgement on the terminal repeats
    kit.next_news()
    kit.poll()
    sim.call(kit.device.alarm, "tamper")
    assert kit.next_alarm().type == "tamper"
    sim.call(kit.device.alarm, "off")
    assert kit.next_alarm().type == "alarm_off"
    kit.poll()
    assert kit.alarms.empty()


def test_denied_again_and_again() -> None:
    """Somebody who tries every second for a minute is not told once."""
    at = 0.0
    reader = AlarmReader(lambda: at)
    told = []
    for second in range(60):
        at = second
        if reader.read(EventBit.VERIFY, b"\xff\xff\xff\xff\x01"):
            told.append(second)
    assert told == list(range(0, 60, 2))


def test_only_what_is_wanted(kit: TerminalKit) -> None:
    """A terminal is not asked to report what nobody here listens to."""
    kit.start()
    kit.watch()
    kit.poll()
    (session,) = kit.device.sessions
    assert session.event_mask == 0x0001 | 0x0020 | 0x0080 | 0x0200 | 0x4000


def test_terminal_that_reports_punches_only(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that refuses to report alarms still reports punches."""
    register = HANDLERS[REG_EVENT]

    def only_punches(request: Request) -> Reply:
        return request.error() if request.data[0] > 1 else register(request)

    monkeypatch.setitem(HANDLERS, REG_EVENT, only_punches)
    kit.start()
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    kit.poll()  # after the thread has caught up
    kit.sim.punch("1003")
    assert kit.next_news().source == "realtime"
