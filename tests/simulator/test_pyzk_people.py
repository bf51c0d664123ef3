"""The client pyzk 0.9: people, fingerprints and enrolment, over TCP and UDP."""

from dataclasses import replace
import struct
from typing import Any

import pytest
from zk.exception import ZKErrorResponse
from zk.finger import Finger  # type: ignore[import-untyped]
from zk.user import User as ZkUser  # type: ignore[import-untyped]

from simulator import PROFILES, Enrolment, Simulation
from simulator.biometrics import made_up_template

from .conftest import Serve, make_terminal
from .pyzk import pyzk

BOTH = pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])


# People


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
@pytest.mark.parametrize("count", [1, 3, 300])
def test_users(serve: Serve, profile: str, count: int, udp: bool) -> None:
    """People arrive, 28 and 72 bytes each, in one frame or in several."""
    terminal = make_terminal(profile, people=count)
    terminal.users["1001"].password = "4711"
    terminal.users["1001"].card = 123456
    terminal.users["1001"].privilege = 14
    with pyzk(serve(terminal, udp=udp)) as zk:
        users = zk.get_users()
        assert [(user.uid, user.user_id, user.name) for user in users] == [
            (user.uid, user.user_id, user.name[: 8 if profile == "k14" else 24])
            for user in terminal.users
        ]
        first = users[0]
        assert (first.password, first.card, first.privilege) == ("4711", 123456, 14)


def test_no_users(serve: Serve) -> None:
    """An empty table is no error."""
    with pyzk(serve(make_terminal(people=0))) as zk:
        assert zk.get_users() == []


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
def test_writing_a_user(serve: Serve, profile: str, udp: bool) -> None:
    """A person is added, changed and deleted."""
    terminal = make_terminal(profile)
    with pyzk(serve(terminal, udp=udp)) as zk:
        # Over UDP pyzk learns the record size only from a read (§3.3).
        zk.get_users()
        zk.set_user(name="Zainab", privilege=14, password="99", card=77)
        added = terminal.users["4"]
        assert (added.uid, added.name, added.privilege) == (4, "Zainab", 14)
        assert (added.password, added.card) == ("99", 77)
        zk.set_user(uid=4, user_id="4", name="Zaynab")
        assert terminal.users["4"].name == "Zaynab"
        zk.delete_user(uid=4)
        assert "4" not in terminal.users
        zk.delete_user(user_id="1002")
        assert [user.user_id for user in terminal.users] == ["1001", "1003"]
        assert zk.delete_user(user_id="nobody") is False


@pytest.mark.parametrize(
    ("uid", "user_id"),
    [(2, "1001"), (2, "5"), (9, "1001"), (0, "5"), (9, "0")],
)
def test_users_in_conflict(zk: Any, sim: Simulation, uid: int, user_id: str) -> None:
    """A uid or a user id that is taken, or is none, is refused (§2.5)."""
    before = [(user.uid, user.user_id) for user in sim.terminal.users]
    with pytest.raises(ZKErrorResponse, match="Can't set user"):
        zk.set_user(uid=uid, user_id=user_id, name="x")
    assert [(user.uid, user.user_id) for user in sim.terminal.users] == before


def test_a_full_table(serve: Serve) -> None:
    """There is no room for one more."""
    terminal = make_terminal(replace(PROFILES["iface702"], max_users=3))
    with pyzk(serve(terminal)) as zk:
        with pytest.raises(ZKErrorResponse):
            zk.set_user(uid=4, user_id="4", name="x")
        zk.set_user(uid=3, user_id="1003", name="still fine")


def test_deleting_nobody(zk: Any) -> None:
    """A uid that nobody has is refused."""
    with pytest.raises(ZKErrorResponse, match="Can't delete user"):
        zk.delete_user(uid=99)


def test_the_group_of_pyzk_lands_in_the_time_zone(zk: Any, sim: Simulation) -> None:
    """The group that pyzk writes is text in the wrong field (§2.5)."""
    zk.set_user(uid=5, user_id="5", name="x", group_id="3")
    user = sim.terminal.users["5"]
    assert (user.group, user.time_zone_mode) == (0, 0x0033)


# Fingerprints


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
def test_templates(serve: Serve, profile: str, udp: bool) -> None:
    """All templates arrive as stored."""
    terminal = make_terminal(profile)
    stored = [
        (user_id, finger, terminal.add_fingerprint(user_id, finger, size=size))
        for user_id, finger, size in (
            ("1001", 0, 1243),
            ("1001", 6, 512),
            ("1003", 9, 1700),
        )
    ]
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert [
            (finger.uid, finger.fid, finger.valid, finger.template)
            for finger in zk.get_templates()
        ] == [
            (terminal.users[user_id].uid, finger, 1, fingerprint.template)
            for user_id, finger, fingerprint in stored
        ]


def test_no_templates(zk: Any) -> None:
    """No finger is enrolled."""
    assert zk.get_templates() == []


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
@pytest.mark.parametrize("size", [400, 1010, 1243, 3000])
def test_one_template(serve: Serve, profile: str, size: int, udp: bool) -> None:
    """A single template arrives without its flag, in one frame or in many."""
    terminal = make_terminal(profile)
    fingerprint = terminal.add_fingerprint("1002", 7, size=size)
    with pyzk(serve(terminal, udp=udp)) as zk:
        finger = zk.get_user_template(uid=2, temp_id=7)
        assert finger.template == fingerprint.template
        assert zk.get_user_template(uid=0, user_id="1002", temp_id=7) == finger
        assert zk.get_user_template(uid=2, temp_id=1) is None


@BOTH
@pytest.mark.parametrize("profile", ["iface702", "k14"])
def test_saving_templates(serve: Serve, profile: str, udp: bool) -> None:
    """Two fingers are uploaded together with their person (command 110)."""
    terminal = make_terminal(profile)
    fingers = [
        Finger(2, number, 1, made_up_template(f"new {number}", 1100))
        for number in (1, 5)
    ]
    with pyzk(serve(terminal, udp=udp)) as zk:
        user = zk.get_users()[1]
        zk.save_user_template(user, fingers)
        assert {
            finger: fingerprint.template
            for finger, fingerprint in terminal.fingerprints.of(2).items()
        } == {finger.fid: finger.template for finger in fingers}
        assert terminal.users["1002"].name == "Person 2"
        assert zk.get_user_template(uid=2, temp_id=5).template == fingers[1].template


def test_saving_templates_of_a_new_person(zk: Any, sim: Simulation) -> None:
    """The upload brings the person along."""
    finger = Finger(8, 0, 1, made_up_template("x", 600))
    zk.save_user_template(ZkUser(8, "Newcomer", 0, user_id="8008"), finger)
    assert sim.terminal.users["8008"].uid == 8
    assert len(sim.terminal.fingerprints) == 1


@BOTH
def test_deleting_templates(serve: Serve, udp: bool) -> None:
    """A finger is deleted by uid; a second time there is none."""
    terminal = make_terminal()
    terminal.add_fingerprint("1001", 2)
    terminal.add_fingerprint("1001", 3)
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.delete_user_template(uid=1, temp_id=2) is True
        assert list(terminal.fingerprints.of(1)) == [3]
        assert zk.delete_user_template(uid=1, temp_id=2) is False


def test_deleting_templates_by_user_id_is_broken_in_pyzk(zk: Any) -> None:
    """Over TCP pyzk never gets as far as sending it (§3.3)."""
    with pytest.raises(struct.error):
        zk.delete_user_template(user_id="1001", temp_id=2)


def test_deleting_a_person_takes_the_fingers_along(zk: Any, sim: Simulation) -> None:
    """Templates and faces go with their person."""
    sim.terminal.add_fingerprint("1001", 2)
    sim.terminal.add_face("1001")
    zk.delete_user(uid=1)
    assert len(sim.terminal.fingerprints) == len(sim.terminal.faces) == 0


# Enrolment


@BOTH
def test_enrolment(serve: Serve, udp: bool) -> None:
    """Three presses and a finger is enrolled."""
    terminal = make_terminal("k14" if udp else "iface702")
    template = made_up_template("pressed", 900)
    terminal.enroll_script = Enrolment(template=template)
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.enroll_user(uid=2, temp_id=4) is True
        stored = terminal.fingerprints.get(2, 4)
        assert stored is not None and stored.template == template
        # Six events and the end, each acknowledged.
        acknowledged = [number for number, _ in terminal.commands if number == 2000]
        assert len(acknowledged) == 7
        with pytest.raises(ZKErrorResponse, match="Cant Enroll"):
            zk.enroll_user(uid=2, temp_id=4)
        assert zk.get_platform() == terminal.profile.platform


@BOTH
@pytest.mark.parametrize(
    "script",
    [
        Enrolment(scores=(), result=4),
        Enrolment(scores=(100,), result=6),
        Enrolment(scores=(100, 0, 100, 100), result=5),
    ],
    ids=["timed out", "cancelled", "somebody else's"],
)
def test_enrolment_that_fails(serve: Serve, script: Enrolment, udp: bool) -> None:
    """Nothing is enrolled when the terminal says so."""
    terminal = make_terminal()
    terminal.enroll_script = script
    with pyzk(serve(terminal, udp=udp)) as zk:
        assert zk.enroll_user(uid=2, temp_id=4) is False
        assert len(terminal.fingerprints) == 0
        assert zk.get_platform() == "ZMM220_TFT"


def test_enrolment_creates_the_person(zk: Any, sim: Simulation) -> None:
    """An unknown user id becomes a person (§2.9)."""
    assert zk.enroll_user(user_id="777", temp_id=0) is True
    user = sim.terminal.users["777"]
    assert sim.terminal.fingerprints.get(user.uid, 0) is not None


def test_enrolment_while_in_the_menu(zk: Any, sim: Simulation) -> None:
    """Nobody can be enrolled while somebody is in the menu."""
    sim.terminal.faults.in_menu = True
    with pytest.raises(ZKErrorResponse, match="Cant Enroll"):
        zk.enroll_user(uid=2)
    with pytest.raises(ZKErrorResponse, match="Cant Verify"):
        zk.verify_user()
    sim.terminal.faults.in_menu = False
    assert zk.verify_user()
