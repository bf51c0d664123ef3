"""What terminals push that is no punch, and events at doors (protocol-adms §5, §8)."""

from datetime import datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.adms.content import Upload
from custom_components.syncid.core.codes import (
    MASK_MARK,
    method_of_mask,
    methods,
    pushed_family,
)
from custom_components.syncid.core.records import (
    ALARM_TYPES,
    Alarm,
    AlarmType,
    Punch,
    VerifyMethod,
    local_second,
)
from custom_components.syncid.core.rows import RowDecoder
from custom_components.syncid.core.times import pack_time, text_second

from .adms_kit import SERIAL, Talk, rejected

EIGHT = local_second(datetime(2026, 3, 12, 8, 5))


@pytest.fixture
def talk() -> Talk:
    """Return a terminal to talk to."""
    return Talk()


# --- the log of operations ------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "alarm", "user_id"),
    [
        ("2\t0\t{}\t0\t0\t0\t0", "denied", None),
        ("3\t0\t{}\t55\t0\t0\t0", "tamper", None),
        ("3\t65535\t{}\t54\t0\t0\t0", "door_forced", None),
        ("55\t0\t{}\t58\t0\t0\t0", "misoperation", None),
        ("3\t0\t{}\t65535\t0\t0\t0", "alarm_off", None),
        ("3\t0\t{}\t77\t0\t0\t0", "unknown", None),
        ("3\t0\t{}", "unknown", None),
        ("5\t14\t{}\t1\t0\t0\t0", "settings_changed", "14"),
        ("9\t14\t{}\t1001\t0\t0\t0", "user_removed", "1001"),
        ("13\t14\t{}\t0\t0\t0\t0", "data_cleared", "14"),
        ("21\t14\t{}\t0\t0\t0\t0", "time_changed", "14"),
        ("22\t14\t{}\t0\t0\t0\t0", "factory_reset", "14"),
        ("23\t14\t{}\t0\t0\t0\t0", "log_cleared", "14"),
        ("24\t14\t{}\t0\t0\t0\t0", "admins_cleared", "14"),
        ("32\t0\t{}\t1001\t0\t0\t0", "duress", "1001"),
        ("34\t0\t{}\t1001\t0\t0\t0", "passback", "1001"),
        ("82\t14\t{}\t0\t0\t0\t0", "server_changed", "14"),
        ("83\t14\t{}\t0\t0\t0\t0", "server_changed", "14"),
    ],
)
def test_operations(
    talk: Talk, operation: str, alarm: AlarmType, user_id: str | None
) -> None:
    """What somebody should know of has a word, whose it is, and when it was."""
    line = f"OPLOG {operation}".format("2026-03-12 08:05:00")
    (told,) = talk.upload("OPERLOG", line.encode()).alarms
    assert (told.serial, told.type, told.user_id) == (SERIAL, alarm, user_id)
    assert told.local_second == EIGHT
    assert told.code.startswith(f"oplog {operation.split(chr(9), maxsplit=1)[0]}")


@pytest.mark.parametrize(
    "operation",
    ["0\t0\t{}", "4\t14\t{}\t0", "6\t1\t{}", "30\t1\t{}", "999\t1\t{}", "x", ""],
)
def test_nobodys_business(talk: Talk, operation: str) -> None:
    """What happens all day is acknowledged, and told to nobody."""
    line = f"OPLOG {operation}".format("2026-03-12 08:05:00")
    upload = talk.upload("OPERLOG", line.encode())
    assert (upload.alarms, upload.received, upload.ignored) == ((), 1, 1)


def test_operation_without_a_time(talk: Talk) -> None:
    """An alarm with an impossible date is one all the same."""
    (alarm,) = talk.upload("OPERLOG", b"OPLOG 22\t14\t2026-02-31 00:00:00").alarms
    assert alarm == Alarm(SERIAL, "factory_reset", "oplog 22", "14")


@given(st.text(max_size=60))
def test_any_operation(text: str) -> None:
    """Whatever stands in an entry, its word is one that there is."""
    upload = Talk().upload("OPERLOG", b"OPLOG " + text.encode())
    for alarm in upload.alarms:
        assert alarm.type in ALARM_TYPES
        assert alarm.user_id is None or alarm.user_id in text


# --- events at doors ------------------------------------------------------------------


def rtlog(talk: Talk, event: int, pin: str = "1001", **values: str) -> Upload:
    """Return what an event brings."""
    told = {
        "time": "2026-03-12 08:05:00",
        "pin": pin,
        "cardno": "0",
        "eventaddr": "1",
        "event": str(event),
        "inoutstatus": "1",
        "verifytype": "1",
        "index": "21",
    } | values
    return talk.upload("rtlog", "\t".join(map("=".join, told.items())).encode())


@pytest.mark.parametrize("event", [0, 3, 14, 17, 19, 203, 253])
def test_opened(talk: Talk, event: int) -> None:
    """Who opened a door by what they showed has punched."""
    upload = rtlog(talk, event)
    (punch,) = upload.punches
    assert punch == Punch("1001", EIGHT, "check_out", "fingerprint", 1, 1)
    assert not upload.alarms
    assert talk.known.family == "acc"


@pytest.mark.parametrize(
    ("event", "alarm"),
    [
        (7, "alarm_off"),
        (8, "door_unlocked"),
        (21, "denied"),
        (24, "passback"),
        (27, "denied"),
        (28, "door_held"),
        (100, "tamper"),
        (101, "duress"),
        (102, "door_forced"),
        (103, "duress"),
        (200, "door_opened"),
        (201, "door_closed"),
        (202, "exit_button"),
        (105, "unknown"),
        (99, "unknown"),
        (4001, "unknown"),
    ],
)
@pytest.mark.parametrize(
    ("pin", "user_id"), [("0", None), ("1001", "1001"), ("", None)]
)
def test_alarms_at_doors(
    talk: Talk, event: int, alarm: AlarmType, pin: str, user_id: str | None
) -> None:
    """What is no punch is an alarm, whoever it is of; what is not known keeps its number."""
    upload = rtlog(talk, event, pin)
    assert upload.alarms == (
        Alarm(SERIAL, alarm, f"event {event} door 1", user_id, EIGHT),
    )
    assert not upload.punches


@pytest.mark.parametrize("event", [0, 14, 206])
def test_nobody_opened(talk: Talk, event: int) -> None:
    """A normal event of nobody is neither."""
    upload = rtlog(talk, event, "0")
    assert (upload.received, upload.ignored) == (1, 1)
    assert not upload.punches and not upload.alarms


def test_bad_events(talk: Talk) -> None:
    """A bad event is kept aside, the others are read."""
    good = b"time=2026-03-12 08:05:00\tpin=1\tevent=0"
    bad = [
        b"pin=1\ttime=2026-03-12 08:05:00",
        b"pin=1\tevent=x\ttime=2026-03-12 08:05:00",
        b"pin=1\tevent=0\ttime=2026-02-30 08:05:00",
        b"pin=1\tevent=0",
        b"\xff",
    ]
    upload = talk.upload("rtlog", b"\r\n".join((good, *bad, good)))
    assert upload.received == 7
    assert len(upload.punches) == 2
    reasons = [
        "unknown_layout",
        "unknown_layout",
        "impossible_date",
        "impossible_date",
        "unknown_layout",
    ]
    assert [(place, reason) for place, _, reason in rejected(upload)] == [
        *enumerate(reasons, 1)
    ]
    assert len(upload.batch(SERIAL).unreadable) == 5


def test_transactions(talk: Talk) -> None:
    """The log of an access terminal has other keys, and packed times."""
    line = (
        f"transaction cardno=0,pin=1001,verified=4,doorid=2,eventtype=0,inoutstate=0,"
        f"time_second={pack_time(EIGHT)}"
    )
    said = talk(
        "POST", "cdata", line.encode(), table="tabledata", tablename="transaction"
    )
    assert said.upload is not None
    (punch,) = said.upload.punches
    assert punch == Punch("1001", EIGHT, "check_in", "card", 4, 0)
    assert said.text == "transaction=1"


def test_third_way(talk: Talk) -> None:
    """A way that is neither in nor out is the terminal's own."""
    (punch,) = rtlog(talk, 0, inoutstatus="2").punches
    assert (punch.direction, punch.state_code) == ("unknown", 2)
    at_exit = Talk(decoder=RowDecoder("push", "out_only"))
    (punch,) = rtlog(at_exit, 0, inoutstatus="2").punches
    assert (punch.direction, punch.state_code) == ("check_out", 2)


@pytest.mark.parametrize(
    ("bits", "method"),
    [
        ((), "unknown"),
        ((0,), "unknown"),
        ((1,), "face"),
        ((2,), "palm"),
        ((3,), "palm"),
        ((4,), "fingerprint"),
        ((5,), "vein"),
        ((9,), "password"),
        ((10,), "pin"),
        ((11,), "card"),
        ((0, 4, 11), "fingerprint"),
        ((9, 1), "face"),
        ((15,), "unknown"),
    ],
)
def test_masks(talk: Talk, bits: tuple[int, ...], method: VerifyMethod) -> None:
    """A mask names all methods that were used; the number is kept, and told from a code."""
    mask = sum(1 << bit for bit in bits)
    assert method_of_mask(mask) == method
    (punch,) = rtlog(talk, 0, verifytype=f"{mask:016b}").punches
    assert (punch.method, punch.verify_code) == (method, MASK_MARK | mask)


@pytest.mark.parametrize(
    ("code", "method"),
    [(0, "unknown"), (4, "card"), (14, "fingerprint"), (21, "vein"), (26, "palm")],
)
def test_pushed_codes(code: int, method: VerifyMethod) -> None:
    """Pushed codes go further than those of port 4370."""
    assert methods(pushed_family("auto"))[code] == method
    assert pushed_family("classic") == "classic"


def test_door_state(talk: Talk) -> None:
    """The state of a door is acknowledged."""
    said = talk("POST", "cdata", b"time=x\tsensor=01\talarm=00", table="rtstate")
    assert said.text == "OK"
    assert said.upload is not None and said.upload.ignored == 1


# --- times ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("2026-03-12 08:05:00", EIGHT),
        (" 2026-03-12T08:05:00 ", EIGHT),
        ("2026/3/12 8:5", EIGHT),
        (str(EIGHT), EIGHT),
        ("2000-01-01 00:00:00", 946684800),
        ("1999-12-31 23:59:59", None),
        ("2100-01-01 00:00:00", None),
        ("2026-02-31 08:05:00", None),
        ("0000-00-00 00:00:00", None),
        ("2026-03-12 08:05:00Z", None),
        ("2026-03-12", None),
        ("9999999999", None),
        ("١٧٧٣٣٠٢٧٠٠", None),
        ("", None),
    ],
)
def test_written_times(text: str, second: int | None) -> None:
    """A wall-clock time has one meaning, or none."""
    assert text_second(text) == second


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_times_as_written(time: datetime) -> None:
    """Every time that a terminal can be set to is read as it is."""
    assert text_second(f"{time:%Y-%m-%d %H:%M:%S}") == local_second(time)
