"""Enrolling a finger at the terminal, while people punch."""

from collections.abc import Callable
from dataclasses import replace
import threading
from typing import Any

import pytest

from custom_components.syncid.core.errors import (
    CommandRefused,
    ConnectionLost,
    EnrollmentCut,
    EnrollmentFailed,
    LinkError,
    UserRefused,
)
from custom_components.syncid.core.records import UserChange
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.templates import Finger
from simulator import PROFILES, Profile, Terminal
from simulator.biometrics import Fingerprint
from simulator.device import Enrolment
from simulator.numbers import Ack
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import PATIENCE, QUICK_TIMING, TerminalKit

REMOVE = 19
START = 61
CANCEL = 62
WRITE = 87
READ = 88
REFRESH = 1013
TABLE = 1503
OLD = b"\x4aMSS21 old"
GOOD = ["started", *["pressed", "accepted"] * 3]

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def job(
    kit: TerminalKit, steps: list[str], **details: Any
) -> Callable[[TerminalClient], int]:
    """Return what enrols Bruno's finger 5."""
    watched = kit.watched
    assert watched is not None
    options: dict[str, Any] = {
        "overwrite": False,
        "timeout": 10,
        "on_step": steps.append,
        "is_cancelled": lambda: False,
    } | details
    return lambda client: watched.enroll_finger(client, "1002", 5, **options)


def fingers(kit: TerminalKit) -> dict[int, Fingerprint]:
    """Return Bruno's fingers."""
    return kit.device.fingerprints.of(kit.device.users["1002"].uid)


@ALL
@pytest.mark.parametrize("live", [True, False])
def test_enrolled(kit: TerminalKit, profile: Profile, live: bool) -> None:
    """Each press is told, and the finger is enrolled in the end."""
    kit.start(profile)
    kit.watch(live=live)
    steps: list[str] = []
    assert kit.run(job(kit, steps)) == 3
    assert steps == GOOD
    assert set(fingers(kit)) == {5}
    assert not kit.device.enrolling
    assert kit.device.capturing  # it waits for people again
    if live:
        kit.sim.punch("1001")
        assert kit.next_news().punch.user_id == "1001"


def test_rejected_sample(kit: TerminalKit) -> None:
    """A press that was no good is told, and the terminal asks again."""
    kit.start()
    kit.watch()
    kit.device.enroll_script = Enrolment(scores=(100, 0, 100, 100))
    steps: list[str] = []
    assert kit.run(job(kit, steps)) == 4
    assert steps.count("rejected") == 1


def test_punches_meanwhile(kit: TerminalKit) -> None:
    """Who punches elsewhere at the terminal in the middle of it is not forgotten."""
    kit.start()
    kit.watch()
    kit.poll()
    kit.device.on(START, lambda device: device.punch("1003"), when="after")
    steps: list[str] = []
    kit.run(job(kit, steps))
    assert steps.count("accepted") == 3
    assert kit.next_news().punch.user_id == "1003"
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.news.empty()


@pytest.mark.parametrize(
    ("result", "reason"),
    [(3, "not_saved"), (4, "failed"), (5, "known"), (6, "cancelled"), (99, "failed")],
)
def test_failed(kit: TerminalKit, result: int, reason: str) -> None:
    """What the terminal says went wrong is what is told."""
    kit.start()
    kit.watch()
    kit.device.enroll_script = Enrolment(result=result)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, []))
    assert error.value.reason == reason
    assert not fingers(kit)
    kit.sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("live", [True, False])
def test_nobody_comes(kit: TerminalKit, live: bool) -> None:
    """If nobody presses, the terminal is as before, and no longer waits."""
    kit.start()
    kit.watch(live=live)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], timeout=0.1))
    assert error.value.reason == "timed_out"
    assert not kit.device.enrolling
    assert kit.device.capturing


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody press a finger."""

    def wait(request: Request) -> Reply:
        request.device.enrolling = request.session
        return request.ok()

    monkeypatch.setitem(HANDLERS, START, wait)


@pytest.mark.usefixtures("nobody")
def test_cancelled(kit: TerminalKit) -> None:
    """Who thinks better of it does not leave the terminal waiting."""
    kit.start()
    kit.watch()
    began, cancelled = threading.Event(), threading.Event()
    assert kit.worker is not None
    enrolling = kit.worker.submit(
        job(
            kit,
            [],
            on_step=lambda step: began.set(),
            is_cancelled=cancelled.is_set,
            timeout=1000,
        )
    )
    assert began.wait(20)
    cancelled.set()
    with pytest.raises(EnrollmentFailed) as error:
        enrolling.result(20)
    assert error.value.reason == "cancelled"
    assert not kit.device.enrolling


def test_occupied(kit: TerminalKit) -> None:
    """A finger that is enrolled is left alone, unless it is to be overwritten."""
    kit.start()
    kit.watch()
    old = kit.device.add_fingerprint("1002", 5, b"\x4aMSS21 old")
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, []))
    assert error.value.reason == "occupied"
    assert fingers(kit)[5] == old
    assert START not in [command for command, _ in kit.device.commands]
    kit.run(job(kit, [], overwrite=True))
    assert fingers(kit)[5] != old


def test_old_finger_is_put_back(kit: TerminalKit) -> None:
    """Who fails to give a new finger keeps the old one, duress or not."""
    kit.start()
    kit.watch()
    old = kit.device.add_fingerprint("1002", 5, b"\x4aMSS21 old", flag=3)
    kit.device.enroll_script = Enrolment(result=4)
    with pytest.raises(EnrollmentFailed):
        kit.run(job(kit, [], overwrite=True))
    assert fingers(kit)[5] == old


def test_link_lost(kit: TerminalKit) -> None:
    """A link that breaks is told; the terminal gives up by itself."""
    kit.start()
    kit.watch()
    server = kit.sim.server
    kit.device.on(START, lambda _: server.drop_links(), when="after")
    with pytest.raises(EnrollmentCut) as error:
        kit.run(job(kit, []))
    assert error.value.old is None


def test_link_lost_before_it_began(kit: TerminalKit) -> None:
    """Who was not asked for a finger yet cannot have given one."""
    kit.start()
    kit.watch()
    kit.poll()
    server = kit.sim.server
    kit.device.on(READ, lambda _: server.drop_links())
    with pytest.raises(ConnectionLost):
        kit.run(job(kit, []))


@pytest.mark.parametrize("live", [True, False])
def test_link_lost_with_the_new_finger(kit: TerminalKit, live: bool) -> None:
    """A new finger is not taken for a missing one, nor is the old one put back."""
    owed: dict[Any, Any] = {}
    kit.start()
    kit.watch(live=live, owed=owed)
    kit.poll()
    kit.device.add_fingerprint("1002", 5, OLD, flag=3)
    server = kit.sim.server
    kit.device.on(READ, lambda _: server.drop_links(), nth=2)
    with pytest.raises(EnrollmentCut) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.old == Finger(5, 3, OLD)
    assert "SS21" not in str(error.value)
    assert owed
    kit.poll()
    assert fingers(kit)[5].template != OLD
    assert not owed


# --- the old finger is never lost -----------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("command", [REMOVE, REFRESH, CANCEL, START, READ])
def test_link_lost_without_a_finger(
    kit: TerminalKit, command: int, when: Any, live: bool
) -> None:
    """Whenever the link breaks: the next session puts the old finger back."""
    kit.start()
    kit.watch(live=live)
    if live:
        kit.wait_until_up()
    kit.poll()
    old = kit.device.add_fingerprint("1002", 5, OLD, flag=3)
    kit.device.enroll_script = Enrolment(result=4)
    server = kit.sim.server
    nth = 2 if command == READ else 1  # the first is before anything is removed
    kit.device.on(command, lambda _: server.drop_links(), when=when, nth=nth)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.reason == "old_waits"
    assert isinstance(error.value.__cause__, LinkError | EnrollmentFailed)
    if live:
        kit.wait_until_down()
        kit.wait_until_up()
    kit.poll()
    assert fingers(kit)[5] == old
    assert kit.device.capturing


@pytest.mark.parametrize("command", [REMOVE, START, WRITE, REFRESH])
def test_no_answer_without_a_finger(kit: TerminalKit, command: int) -> None:
    """A terminal that falls silent in the middle gets the old finger back too."""
    kit.start()
    kit.watch(live=False)
    kit.poll()
    old = kit.device.add_fingerprint("1002", 5, OLD)
    kit.device.enroll_script = Enrolment(result=4)
    kit.device.faults.lose_reply[command] = 1
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.reason == "old_waits"
    kit.poll()
    assert fingers(kit)[5] == old


@pytest.mark.parametrize("command", [REMOVE, REFRESH])
def test_refused_in_the_middle(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """What is refused in the middle is the error, and the old finger is back."""
    kit.start()
    kit.watch()
    old = kit.device.add_fingerprint("1002", 5, OLD)
    monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    with pytest.raises(CommandRefused) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.command == command
    assert fingers(kit)[5] == old


@pytest.mark.parametrize("command", [WRITE, READ])
def test_put_back_is_refused(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """If not even the old finger can be put back, that is the error."""
    kit.start()
    kit.watch()
    kit.device.add_fingerprint("1002", 5, OLD)
    kit.device.enroll_script = Enrolment(result=4)
    kit.device.on(
        START,
        lambda _: monkeypatch.setitem(
            HANDLERS, command, lambda request: request.reply(Ack.UNKNOWN)
        ),
    )
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.reason == "old_lost"
    cause = error.value.__cause__
    assert isinstance(cause, EnrollmentFailed)
    assert cause.reason == "failed"


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("live", [True, False])
def test_stopped(kit: TerminalKit, live: bool) -> None:
    """Whoever ends SyncID in the middle of it waits for the old finger."""
    kit.start()
    kit.watch(live=live, timing=replace(QUICK_TIMING, farewell=0, put_back=PATIENCE))
    old = kit.device.add_fingerprint("1002", 5, OLD)
    began = threading.Event()
    assert kit.worker is not None
    enrolling = kit.worker.submit(
        job(kit, [], overwrite=True, timeout=1000, on_step=lambda step: began.set())
    )
    assert began.wait(PATIENCE)
    assert not fingers(kit)
    kit.worker.stop()
    with pytest.raises(EnrollmentFailed) as error:
        enrolling.result(PATIENCE)
    assert error.value.reason == "cancelled"
    assert fingers(kit)[5] == old


@pytest.mark.usefixtures("nobody")
def test_stopped_while_nothing_answers(kit: TerminalKit) -> None:
    """A terminal that is frozen does not hold up the end; the finger is owed to it."""
    kit.start()
    owed: dict[Any, Any] = {}
    timing = replace(QUICK_TIMING, farewell=0, put_back=0)
    kit.watch(timing=timing, owed=owed)
    kit.device.add_fingerprint("1002", 5, OLD)
    began = threading.Event()
    assert kit.worker is not None
    enrolling = kit.worker.submit(
        job(kit, [], overwrite=True, timeout=1000, on_step=lambda step: began.set())
    )
    assert began.wait(PATIENCE)
    kit.sim.freeze()
    kit.worker.stop()
    with pytest.raises(EnrollmentFailed) as error:
        enrolling.result(PATIENCE)
    assert error.value.reason == "old_waits"
    assert list(owed) == [("1002", 5)]
    assert "SS21" not in str(owed)
    kit.sim.thaw()
    kit.watch(owed=owed)
    kit.poll()
    assert fingers(kit)[5].template == OLD
    assert not owed


def owing(kit: TerminalKit) -> dict[Any, Any]:
    """Have a link break without Bruno's finger 5, and the terminal not be back yet."""
    owed: dict[Any, Any] = {}
    kit.start()
    kit.watch(live=False, owed=owed)
    kit.device.add_fingerprint("1002", 5, OLD)
    server = kit.sim.server
    kit.device.on(START, lambda _: server.drop_links(), when="after")
    with pytest.raises(EnrollmentFailed):
        kit.run(job(kit, [], overwrite=True))
    assert owed
    return owed


def test_enrolled_meanwhile(kit: TerminalKit) -> None:
    """Who was enrolled at the terminal since then keeps the new finger."""
    owed = owing(kit)
    new = kit.device.add_fingerprint("1002", 5, b"\x4aMSS21 new")
    kit.poll()
    assert fingers(kit)[5] == new
    assert not owed


def test_removed_meanwhile(kit: TerminalKit) -> None:
    """Who was removed since then is owed nothing, nor is who has their number now."""
    owed = owing(kit)
    uid = kit.device.users["1002"].uid
    kit.device.remove_user(kit.device.users["1002"])
    kit.device.add_user("1009", "Nia", uid=uid)
    kit.poll()
    assert not kit.device.fingerprints.of(uid)
    assert not owed


@pytest.mark.parametrize("command", [WRITE, TABLE], ids=["finger", "users"])
def test_refused_for_ever(
    kit: TerminalKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    command: int,
) -> None:
    """A terminal that never takes the old finger back is not asked for ever."""
    owed = owing(kit)
    monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    while owed:
        kit.poll()
    assert "enrol it again" in caplog.text
    assert "SS21" not in caplog.text


def test_link_that_always_breaks(
    kit: TerminalKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A terminal that hangs up when it is given the old finger is not lost for that."""
    owed = owing(kit)
    server = kit.sim.server

    def hang_up(device: Terminal) -> None:
        """Hang up, and do so the next time."""
        server.drop_links()
        device.on(WRITE, hang_up)

    kit.device.on(WRITE, hang_up)
    while owed:
        with pytest.raises(ConnectionLost):
            kit.poll()
    assert "enrol it again" in caplog.text
    kit.poll()


@pytest.mark.parametrize(
    ("user_id", "finger", "reason"),
    [("9", 5, "user_unknown"), ("1002", 10, "finger_range")],
)
def test_refused(kit: TerminalKit, user_id: str, finger: int, reason: str) -> None:
    """Nobody is enrolled whom the terminal does not know, nor an eleventh finger."""
    kit.start()
    watched = kit.watch()

    def enroll(client: TerminalClient) -> int:
        return watched.enroll_finger(
            client,
            user_id,
            finger,
            overwrite=False,
            timeout=1,
            on_step=lambda step: None,
            is_cancelled=lambda: False,
        )

    with pytest.raises(UserRefused) as error:
        kit.run(enroll)
    assert error.value.reason == reason
    assert user_id in kit.device.users or user_id == "9"


def test_in_the_menu(kit: TerminalKit) -> None:
    """While somebody is in the menu, nothing can be enrolled."""
    kit.start()
    kit.watch()
    kit.poll()
    kit.device.faults.in_menu = True
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, []))
    assert error.value.reason == "busy"


def test_said_to_be_saved(kit: TerminalKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that says yes and has no finger is found out."""
    kit.start()
    kit.watch()
    monkeypatch.setattr(kit.device.fingerprints, "put", lambda *details: None)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, []))
    assert error.value.reason == "not_saved"


def test_events_that_are_cut(kit: TerminalKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end without a result is not the end."""
    kit.start(replace(PROFILES["iface702"], max_users=100))
    kit.watch()
    monkeypatch.setitem(HANDLERS, START, lambda request: request.ok())
    kit.device.on(START, lambda device: device.emit(8, b""), when="after")
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], timeout=0.1))
    assert error.value.reason == "timed_out"


def test_cancel_is_refused(kit: TerminalKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Firmware that refuses to cancel what does not run enrols all the same."""
    kit.start()
    kit.watch(live=False)
    for command in (60, 62):
        monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    assert kit.run(job(kit, [])) == 3


# --- a terminal without a sensor --------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in Ack if code != Ack.OK])
def test_not_begun(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, code: Ack
) -> None:
    """Only a terminal that says so is in its menu."""
    kit.start()
    kit.watch()
    monkeypatch.setitem(HANDLERS, START, lambda request: request.reply(code))
    expected: type[Exception] = CommandRefused
    if code == Ack.UNKNOWN:
        expected = EnrollmentFailed
    with pytest.raises(expected) as error:
        kit.run(job(kit, []))
    if isinstance(error.value, EnrollmentFailed):
        assert error.value.reason == "no_sensor"


@pytest.mark.parametrize(
    "options", [{"FingerFunOn": "0"}, {"~IsOnlyRFMachine": "1"}], ids=str
)
def test_no_sensor(kit: TerminalKit, options: dict[str, str]) -> None:
    """A terminal that says that it takes no fingers is not asked for one."""
    kit.start(replace(PROFILES["iface702"], options=options))
    kit.watch()
    kit.device.add_fingerprint("1002", 5, OLD)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True))
    assert error.value.reason == "no_sensor"
    assert fingers(kit)[5].template == OLD
    assert START not in [command for command, _ in kit.device.commands]


# --- fingers that raise an alarm --------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "duress", "after"),
    [
        (None, None, 1),
        (None, True, 3),
        (1, None, 1),
        (3, None, 3),
        (3, False, 1),
        (1, True, 3),
        (0, None, 1),
    ],
)
def test_duress(
    kit: TerminalKit, before: int | None, duress: bool | None, after: int
) -> None:
    """A duress finger stays one when it is enrolled anew, unless it is not to be."""
    kit.start()
    kit.watch()
    if before is not None:
        kit.device.add_fingerprint("1002", 5, OLD, flag=before)
    kit.run(job(kit, [], overwrite=True, duress=duress))
    assert fingers(kit)[5].template != OLD
    assert fingers(kit)[5].flag == after


@pytest.mark.parametrize(("before", "duress"), [(3, None), (None, True), (1, True)])
def test_duress_that_cannot_be_asked_for(
    kit: TerminalKit, before: int | None, duress: bool | None
) -> None:
    """Old firmware is not told which kind of finger it is to enrol."""
    kit.start(PROFILES["k14"])
    kit.watch()
    if before is not None:
        kit.device.add_fingerprint("1002", 5, OLD, flag=before)
    held = fingers(kit)
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True, duress=duress))
    assert error.value.reason == "no_duress"
    assert fingers(kit) == held
    kit.run(job(kit, [], overwrite=True, duress=False))
    assert fingers(kit)[5].flag == 1


@pytest.mark.parametrize("replaces", [False, True])
def test_duress_that_is_not_kept(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, replaces: bool
) -> None:
    """A terminal that enrols a normal finger instead is found out."""
    kit.start()
    kit.watch()
    if replaces:
        kit.device.add_fingerprint("1002", 5, OLD, flag=3)
    put = kit.device.fingerprints.put
    monkeypatch.setattr(
        kit.device.fingerprints,
        "put",
        lambda uid, finger, held: put(uid, finger, replace(held, flag=1)),
    )
    with pytest.raises(EnrollmentFailed) as error:
        kit.run(job(kit, [], overwrite=True, duress=True))
    assert error.value.reason == "not_duress"
    assert fingers(kit)[5].template != OLD


# --- an old finger that is not taken back -----------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_old_finger_is_taken_back_later(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    """What a terminal refuses once is not given up: the next poll tries again."""
    owed: dict[Any, Any] = {}
    kit.start()
    kit.watch(live=live, owed=owed)
    kit.poll()
    old = kit.device.add_fingerprint("1002", 5, OLD)
    kit.device.enroll_script = Enrolment(result=4)
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, WRITE, lambda request: request.error())
        with pytest.raises(EnrollmentFailed) as error:
            kit.run(job(kit, [], overwrite=True))
    assert error.value.reason == "old_lost"
    assert list(owed) == [("1002", 5)]
    kit.poll()
    assert fingers(kit)[5] == old
    assert not owed


def test_removed_while_a_finger_is_owed(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gets the user id of somebody who was removed does not get their finger."""
    owed: dict[Any, Any] = {}
    kit.start()
    watched = kit.watch(owed=owed)
    kit.device.add_fingerprint("1002", 5, OLD)
    kit.device.enroll_script = Enrolment(result=4)
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, WRITE, lambda request: request.error())
        with pytest.raises(EnrollmentFailed):
            kit.run(job(kit, [], overwrite=True))

    def hand_on(client: TerminalClient) -> None:
        with watched.changing_people(client) as people:
            people.remove("1002", client.read_info())
            people.enroll("1002", UserChange(name="Nia"))

    kit.run(hand_on)
    kit.poll()
    assert not fingers(kit)
    assert not owed
