"""What SyncID wrote to a terminal, as the clients of others read it.

They are pyzk 0.9 and the npm clients, as released: a mistake that SyncID makes alike in
writing and in reading back would show to them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.core.records import UserChange
from custom_components.syncid.core.terminal.people import People
from simulator import PROFILES, Profile, Simulation, simulate
from tests.simulator.npm import LIBRARIES, PAUSE, Driver, ready_node
from tests.simulator.pyzk import pyzk

from .pair import Pair

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
BOTH = pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
# Users of 72 bytes they read over TCP, of 28 bytes over UDP (protocol-4370 §5.1).
BY_NPM = pytest.mark.parametrize(
    ("profile", "udp"),
    [
        (PROFILES["iface702"], False),
        (PROFILES["speedface"], False),
        (PROFILES["k14"], True),
    ],
    ids=["iface702", "speedface", "k14-udp"],
)

# By user id: uid, name, privilege, password, card.
WRITTEN = {
    "1001": (1, "Amina", 0, "12", 1001),
    "1002": (2, "B. Neri", 14, "", 4_294_967_295),
    "1003": (3, "Chen", 0, "12", 1003),
    "1005": (5, "Dina", 7, "4711", 8_090_000),
    "1006": (9, "Finn", 14, "77", 1006),
}
GROUPS = {"1001": 2, "1002": 2, "1003": 2, "1005": 5, "1006": 4}
# By uid and finger, which are the same at both terminals: the flag.
FINGERS = {(1, 0): 1, (1, 6): 3, (2, 5): 1, (9, 9): 3}


@pytest.fixture
def node() -> str:
    """Return the node program."""
    return ready_node()


@pytest.fixture
def drive(node: str, tmp_path: Path) -> Driver:
    """Return a driver of the npm clients."""
    return Driver(node, tmp_path)


@pytest.fixture
def again() -> Iterator[Callable[..., Simulation]]:
    """Serve a terminal once more, to other clients."""
    with ExitStack() as stack:

        def start(pair: Pair, *, udp: bool) -> Simulation:
            terminal = pair.target.terminal
            assert not terminal.violations
            return stack.enter_context(simulate(terminal, udp=udp))

        yield start


def write(pair: Pair, profile: Profile) -> None:
    """Transfer four with templates, enroll, update, remove one each, restore two."""
    pair.start(profile)
    source = pair.source.terminal
    source.add_user("1009", "Ewa", card=1009)
    source.add_fingerprint("1009", 2)
    if profile.faces_by_command:
        source.add_face("1009")
    done = pair.transfer()
    assert {step.outcome for step in done.values()} == {"add"}
    with pair.client(pair.target) as client:
        people = People(client)
        people.enroll(
            "1005",
            UserChange(
                name="Dina", password="4711", card=8_090_000, role="manager", group=5
            ),
        )
        people.update("1005", UserChange(disabled=True))
        people.update(
            "1002",
            UserChange(name="B. Neri", password="", card=0xFFFF_FFFF, role="admin"),
        )
        people.update("1003", UserChange(name="Somebody", card=0, role="admin"))
        removed = people.remove("1009", client.read_info())
        assert (removed.fingerprints, removed.faces) == (
            1,
            int(profile.faces_by_command),
        )
    source.add_user("1006", "Finn", 9, privilege=14, password="77", card=1006, group=4)
    source.add_fingerprint("1006", 9, flag=3)
    done = pair.transfer(pair.roster(["1003", "1006"]), replace=True)
    assert [step.outcome for step in done.values()] == ["change", "add"]
    device = pair.target.terminal
    assert {user.user_id: user.group for user in device.users} == GROUPS


def template(pair: Pair, uid: int, finger: int) -> bytes:
    """Return what the first terminal holds of a finger; its uids are the same."""
    held = pair.source.terminal.fingerprints.get(uid, finger)
    assert held is not None
    return held.template


@ALL
@BOTH
def test_by_pyzk(
    pair: Pair, again: Callable[..., Simulation], profile: Profile, udp: bool
) -> None:
    """Pyzk reads the users and the templates that SyncID wrote, and nobody else."""
    write(pair, profile)
    with pyzk(again(pair, udp=udp)) as zk:
        users = zk.get_users()
        assert len(users) == len(WRITTEN)
        assert {
            user.user_id: (
                user.uid,
                user.name,
                user.privilege,
                user.password,
                user.card,
            )
            for user in users
        } == WRITTEN
        fingers = zk.get_templates()
        assert len(fingers) == len(FINGERS)
        assert {
            (finger.uid, finger.fid): (finger.valid, finger.template)
            for finger in fingers
        } == {
            (uid, number): (flag, template(pair, uid, number))
            for (uid, number), flag in FINGERS.items()
        }
        for uid, number in FINGERS:
            one = zk.get_user_template(uid=uid, temp_id=number)
            assert one.template == template(pair, uid, number)
        assert zk.get_user_template(uid=4, temp_id=2) is None


@ALL
def test_groups_by_pyzk_where_it_can(
    pair: Pair, again: Callable[..., Simulation], profile: Profile
) -> None:
    """Pyzk knows where the group is in records of 28 bytes; in others it finds none."""
    write(pair, profile)
    with pyzk(again(pair, udp=False)) as zk:
        groups = {user.user_id: user.group_id for user in zk.get_users()}
    if profile.user_size == 28:
        assert groups == {user_id: str(group) for user_id, group in GROUPS.items()}
    else:
        # The bytes that it takes for the group are time zones, and nobody has any.
        assert set(groups.values()) == {""}


@BY_NPM
@pytest.mark.parametrize("library", LIBRARIES)
def test_by_npm(
    pair: Pair,
    again: Callable[..., Simulation],
    drive: Driver,
    profile: Profile,
    udp: bool,
    library: str,
) -> None:
    """The npm clients read the users that SyncID wrote; templates they cannot."""
    write(pair, profile)
    pair.target.terminal.faults.pause = PAUSE
    connected, users, info = drive(
        library, again(pair, udp=udp), ("getUsers",), ("getInfo",)
    )
    assert connected
    assert info["userCounts"] == len(users["data"]) == len(WRITTEN)
    # Of records of 28 bytes they read no password and no card.
    fields = ["uid", "name", "role", "password", "cardno"]
    fields = fields if profile.user_size == 72 else fields[:3]
    read: dict[str, tuple[Any, ...]] = {
        str(user["userId"]): tuple(user[field] for field in fields)
        for user in users["data"]
    }
    assert read == {user_id: user[: len(fields)] for user_id, user in WRITTEN.items()}


@ALL
def test_faces_of_the_terminal_itself(pair: Pair, profile: Profile) -> None:
    """Faces, which no other client reads, are at the terminal as they were."""
    write(pair, profile)
    faces = pair.target.terminal.faces
    assert len(faces) == int(profile.faces_by_command)
    assert faces.of(3) == pair.source.terminal.faces.of(3)
