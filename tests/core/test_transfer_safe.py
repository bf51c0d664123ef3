"""What a transfer must not spoil: old fingers, numbers, and whose card is whose."""

from collections.abc import Callable
from dataclasses import replace
import threading
from typing import Any

import pytest

from custom_components.syncid.core.errors import ConnectionLost, LinkError
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.old_fingers import OldFingers
from custom_components.syncid.core.terminal.people import People
from custom_components.syncid.core.terminal.transfer import Roster, Transfer
from simulator import PROFILES, Profile
from simulator.biometrics import Fingerprint
from simulator.handlers.biometrics import uploaded
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import PATIENCE, QUICK_TIMING, TerminalKit
from .pair import IFACE, Pair

REMOVE = 19
REFRESH = 1013
TABLE = 1503
UPLOAD = 1500
BATCH = 110
WRITE_FINGER = 87
OLD = b"\x4a\x4dSS21 the old one"
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


# --- fingers that make room for others --------------------------------------------------


@pytest.fixture
def refuse_fingers(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Have fingers refused, but for those whose template holds some bytes."""
    write = HANDLERS[WRITE_FINGER]

    def install(but: bytes) -> None:
        def handler(request: Request) -> Reply:
            taken = but and but in uploaded(request)
            return write(request) if taken else request.error()

        monkeypatch.setitem(HANDLERS, BATCH, lambda request: request.error())
        monkeypatch.setitem(HANDLERS, WRITE_FINGER, handler)

    return install


def replaced(pair: Pair, profile: Profile) -> int:
    """Have Bruno at the second terminal with another finger 5; return his number."""
    pair.start(profile)
    device = pair.target.terminal
    bruno = device.add_user("1002", "Bruno", card=1002, group=2, password="12")
    device.add_fingerprint("1002", 5, OLD, flag=3)
    return bruno.uid


@ALL
@pytest.mark.parametrize("replaces", [False, True])
def test_old_finger_comes_back(
    pair: Pair,
    refuse_fingers: Callable[[bytes], None],
    profile: Profile,
    replaces: bool,
) -> None:
    """A finger whose successor is refused is at the terminal as it was."""
    uid = replaced(pair, profile)
    before = pair.people(pair.target)
    refuse_fingers(OLD)
    step = pair.transfer(pair.roster(["1002"]), replace=replaces)["1002"]
    assert (step.outcome, step.reasons) == (
        "fail",
        ("not_written_fingerprints", "old_fingerprints_kept"),
    )
    assert pair.people(pair.target) == before
    assert set(pair.target.terminal.fingerprints.of(uid)) == {5}


def test_old_finger_that_is_lost(
    pair: Pair, refuse_fingers: Callable[[bytes], None]
) -> None:
    """A finger that the terminal does not take back either is told as lost."""
    replaced(pair, PROFILES["iface702"])
    refuse_fingers(b"")
    step = pair.transfer(pair.roster(["1002"]))["1002"]
    assert step.reasons == ("not_written_fingerprints", "old_fingerprints_lost")


def test_old_fingers_stay_until_their_turn(pair: Pair) -> None:
    """A transfer that is cut has removed no finger of those who come later."""
    pair.start()
    everybody = [f"{2000 + number}" for number in range(150)]
    for user_id in everybody:
        for device in (pair.source.terminal, pair.target.terminal):
            device.add_user(user_id, user_id)
        pair.source.terminal.add_fingerprint(user_id, 3, size=60)
        pair.target.terminal.add_fingerprint(user_id, 3, OLD)
    roster = pair.roster(everybody)
    server = pair.target.server
    pair.target.terminal.on(BATCH, lambda _: server.drop_links())
    with pytest.raises(LinkError):
        pair.transfer(roster)
    held = pair.people(pair.target)
    assert all(set(held[user_id][1]) == {3} for user_id in everybody[100:])
    pair.transfer(roster)
    held, wanted = pair.people(pair.target), pair.people(pair.source)
    assert all(held[user_id] == wanted[user_id] for user_id in everybody)


@ALL
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("command", [REMOVE, UPLOAD, BATCH, REFRESH, TABLE])
def test_cut_between_old_and_new(
    pair: Pair, profile: Profile, command: int, when: Any
) -> None:
    """Whenever the link breaks, the next session leaves the finger that is missing."""
    uid = replaced(pair, profile)
    device, server = pair.target.terminal, pair.target.server
    old = device.fingerprints.of(uid)[5]
    owed: dict[Any, Any] = {}
    roster = pair.roster(["1002"])
    with pair.client(pair.target) as client:
        people = People(client, old_fingers=OldFingers(owed))
        transfer = Transfer(client, people, client.read_info(), roster)
        device.on(command, lambda _: server.drop_links(), when=when)
        with pytest.raises(LinkError):
            transfer.do()
    assert owed
    assert "SS21" not in str(owed)
    with pair.client(pair.target) as client:
        OldFingers(owed).put_back(client)
    assert not owed
    new = pair.source.terminal.fingerprints.of(pair.source.terminal.users["1002"].uid)[
        5
    ]
    assert device.fingerprints.of(uid)[5] in (old, new)
    pair.transfer(roster)
    assert device.fingerprints.of(uid)[5] == new


def test_nothing_is_owed_in_the_end(pair: Pair) -> None:
    """A finger that has its successor is not kept."""
    replaced(pair, PROFILES["iface702"])
    owed: dict[Any, Any] = {}
    roster = pair.roster(["1002"])
    with pair.client(pair.target) as client:
        people = People(client, old_fingers=OldFingers(owed))
        Transfer(client, people, client.read_info(), roster).do()
    assert not owed


def test_lost_finger_stays_owed(
    pair: Pair, refuse_fingers: Callable[[bytes], None]
) -> None:
    """A terminal that takes the old finger later gets it then."""
    uid = replaced(pair, PROFILES["iface702"])
    owed: dict[Any, Any] = {}
    roster = pair.roster(["1002"])
    refuse_fingers(b"")
    with pair.client(pair.target) as client:
        people = People(client, old_fingers=OldFingers(owed))
        Transfer(client, people, client.read_info(), roster).do()
    refuse_fingers(OLD)
    with pair.client(pair.target) as client:
        people.old_fingers.put_back(client)
    assert pair.target.terminal.fingerprints.of(uid)[5].template == OLD
    assert not owed


def bringing(kit: TerminalKit, roster: Roster) -> Callable[[TerminalClient], Any]:
    """Return what brings people to the terminal of a thread."""
    terminal = kit.watched
    assert terminal is not None

    def bring(client: TerminalClient) -> None:
        with terminal.changing_people(client) as people:
            Transfer(client, people, client.read_info(), roster).do()

    return bring


def test_ended_between_two_batches(kit: TerminalKit, pair: Pair) -> None:
    """Who ends SyncID does not wait for everybody, and nobody is without a finger."""
    pair.start()
    kit.start(people={})
    everybody = [f"{2000 + number}" for number in range(150)]
    for user_id in everybody:
        for device in (pair.source.terminal, kit.device):
            device.add_user(user_id, user_id)
        pair.source.terminal.add_fingerprint(user_id, 3, size=60)
        kit.device.add_fingerprint(user_id, 3, OLD)
    owed: dict[Any, Any] = {}
    terminal = kit.watch(live=False, owed=owed)
    kit.poll()
    roster = pair.roster(everybody)
    kit.device.on(BATCH, lambda _: terminal.give_up())
    with pytest.raises(ConnectionLost):
        kit.run(bringing(kit, roster))
    are_old = [
        kit.device.fingerprints.of(kit.device.users[user_id].uid)[3].template == OLD
        for user_id in everybody
    ]
    assert are_old == [False] * 100 + [True] * 50
    commands = [command for command, _ in kit.device.commands]
    assert REFRESH in commands[commands.index(BATCH) :]
    assert len(owed) == 100  # until somebody has looked
    kit.poll()
    assert not owed


def test_stopped_without_a_finger(kit: TerminalKit, pair: Pair) -> None:
    """Who ends SyncID in the middle waits for the finger that is on its way."""
    pair.start()
    kit.start()
    kit.device.add_fingerprint("1002", 5, OLD)
    timing = replace(QUICK_TIMING, farewell=0, put_back=PATIENCE)
    terminal = kit.watch(live=False, timing=timing)
    kit.poll()
    began = threading.Event()

    def end(_: object) -> None:
        terminal.give_up()
        began.set()

    kit.device.on(REMOVE, end)
    assert kit.worker is not None
    transfer = kit.worker.submit(bringing(kit, pair.roster(["1002"])))
    assert began.wait(PATIENCE)
    kit.worker.stop()
    with pytest.raises(ConnectionLost, match="watched"):
        transfer.result(PATIENCE)
    (new,) = pair.people(pair.source)["1002"][1].values()
    assert kit.device.fingerprints.of(kit.device.users["1002"].uid)[5] == new


# --- numbers ----------------------------------------------------------------------------


def numbers(pair: Pair) -> dict[str, int]:
    """Return the terminal's own numbers of its users."""
    return {user.user_id: user.uid for user in pair.target.terminal.users}


@ALL
def test_numbers_are_kept(pair: Pair, profile: Profile) -> None:
    """Users have the numbers that they had, by which old logs know them."""
    pair.start(profile)
    pair.source.terminal.add_user("1009", "Ewa", uid=77)
    pair.source.terminal.add_user("1010", "Finn", uid=12)
    pair.transfer(replace=True)
    assert numbers(pair) == {"1001": 1, "1002": 2, "1003": 3, "1009": 77, "1010": 12}
    assert [user.uid for user in pair.target.terminal.users] == [1, 2, 3, 12, 77]


def test_number_that_somebody_had(pair: Pair) -> None:
    """A number that a log may hold of somebody who is gone is given to nobody else."""
    pair.start()
    roster = pair.roster()
    with pair.client(pair.target) as client:
        info = client.read_info()
        Transfer(client, People(client, 2), info, roster, replace=True).do()
    assert numbers(pair) == {"1001": 4, "1002": 5, "1003": 3}


def test_number_that_comes_home(pair: Pair) -> None:
    """Who is brought back to the same terminal has the number that the log knows."""
    pair.start()
    roster = pair.roster()
    with pair.client(pair.target) as client:
        info = client.read_info()
        roster = replace(roster, info=info)
        Transfer(client, People(client, 2), info, roster, replace=True).do()
    assert numbers(pair) == {"1001": 1, "1002": 2, "1003": 3}


def test_number_that_somebody_has(pair: Pair) -> None:
    """Who cannot have the own number gets one that no other user waits for."""
    pair.start()
    pair.source.terminal.add_user("1009", "Ewa", uid=4)
    device = pair.target.terminal
    device.add_user("7", "Somebody", uid=1)
    device.add_user("1002", "Bruno", uid=3)
    pair.transfer(replace=True)
    assert numbers(pair) == {
        "7": 1,
        "1002": 3,  # who keeps the number there
        "1001": 5,  # not 4, which is Ewa's
        "1003": 6,
        "1009": 4,
    }
    assert {user.name for user in device.users} >= {"Somebody", "Amina", "Ewa"}


def test_number_of_somebody_who_left_a_finger(pair: Pair) -> None:
    """A finger that is nobody's does not become that of somebody new."""
    pair.start()
    device = pair.target.terminal
    for number in (1, 4):
        device.fingerprints.put(number, 8, Fingerprint(OLD))
    pair.transfer()
    assert numbers(pair) == {"1001": 5, "1002": 2, "1003": 3}
    assert set(device.fingerprints.of(5)) == {0, 6}


# --- cards ------------------------------------------------------------------------------


def outcomes(pair: Pair, **details: Any) -> dict[str, str]:
    """Do a transfer as planned; return what became of each, or why not."""
    planned = pair.transfer(what=lambda transfer: transfer.plan, **details)
    assert pair.transfer(**details) == planned
    return {
        user_id: " ".join((step.outcome, *step.reasons))
        for user_id, step in planned.items()
    }


def cards(pair: Pair) -> dict[str, int]:
    """Return the cards of those at the second terminal."""
    return {user.user_id: user.card for user in pair.target.terminal.users}


@ALL
@pytest.mark.parametrize("replaces", [False, True])
def test_card_of_somebody_there(pair: Pair, profile: Profile, replaces: bool) -> None:
    """A card that another user has there is not given to a second one."""
    pair.start(profile)
    device = pair.target.terminal
    device.add_user("7", "Somebody", card=1001)
    device.add_user("1002", "Bruno", card=5)
    device.add_user("8", "Somebody else", card=1002)
    done = outcomes(pair, replace=replaces)
    assert done["1001"] == "refuse card_taken"
    assert done["1002"] == ("refuse card_taken" if replaces else "change")
    assert done["1003"] == "add"
    assert cards(pair) == {"7": 1001, "1002": 5, "8": 1002, "1003": 1003}


def test_card_twice_in_a_roster(pair: Pair) -> None:
    """Of two who had the same card, the first gets it."""
    pair.start()
    pair.source.terminal.users["1003"].card = 1001
    assert outcomes(pair) == {
        "1001": "add",
        "1002": "add",
        "1003": "refuse card_taken",
    }
    assert cards(pair) == {"1001": 1001, "1002": 1002}


def test_card_twice_at_the_terminal(pair: Pair) -> None:
    """Who has a card there already keeps it, and gets the templates."""
    pair.start()
    for user_id in ("1001", "7"):
        pair.target.terminal.add_user(user_id, card=1001)
    assert outcomes(pair, replace=True)["1001"] == "change"
    assert cards(pair)["1001"] == cards(pair)["7"] == 1001


@pytest.mark.parametrize("there", [(1002, 1001), (1002, 3), (3, 1001), (0, 1001)])
def test_cards_that_change_hands(pair: Pair, there: tuple[int, int]) -> None:
    """A card is free if who has it gets another one, whoever comes first."""
    pair.start()
    for user_id, card in zip(("1001", "1002"), there, strict=True):
        pair.target.terminal.add_user(user_id, card=card)
    assert set(outcomes(pair, replace=True).values()) == {"change", "add"}
    assert cards(pair) == {"1001": 1001, "1002": 1002, "1003": 1003}


def test_card_that_is_not_given_up(pair: Pair) -> None:
    """Who is refused keeps the card, and so somebody else is refused it."""
    pair.start()
    device = pair.target.terminal
    device.add_user("7", card=1002)
    device.add_user("1002", card=1003)
    device.add_user("1003", card=1001)
    assert outcomes(pair, replace=True) == dict.fromkeys(
        ("1001", "1002", "1003"), "refuse card_taken"
    )
    assert cards(pair) == {"7": 1002, "1002": 1003, "1003": 1001}


def test_no_card(pair: Pair) -> None:
    """Any number of users may have no card."""
    pair.start()
    for user in pair.source.terminal.users:
        user.card = 0
    pair.target.terminal.add_user("7")
    assert set(outcomes(pair).values()) == {"add"}


def test_refused_leave_room(pair: Pair) -> None:
    """Who is refused for a card takes neither a number nor a place."""
    pair.start(IFACE, replace(IFACE, max_users=3))
    pair.target.terminal.add_user("7", uid=9, card=1001)
    assert outcomes(pair) == {
        "1001": "refuse card_taken",
        "1002": "add",
        "1003": "add",
    }
    assert numbers(pair) == {"7": 9, "1002": 2, "1003": 3}


# --- admins -----------------------------------------------------------------------------


@ALL
def test_last_admin_is_restored_as_admin(pair: Pair, profile: Profile) -> None:
    """Who alone runs the terminal does so after a restore too, and all else is as kept."""
    pair.start(profile)
    bruno = pair.target.terminal.add_user("1002", "B", privilege=14)
    done = outcomes(pair, replace=True)
    assert done == {"1001": "add", "1002": "change admin", "1003": "add"}
    found = pair.target.terminal.users["1002"]
    assert (found.uid, found.name, found.privilege) == (bruno.uid, "Bruno", 14)
    assert outcomes(pair, replace=True)["1002"] == "same admin"


@pytest.mark.parametrize("who", ["in the file", "unmanaged"])
def test_admin_beside_others(pair: Pair, who: str) -> None:
    """Where somebody else runs the terminal, a restore makes everybody what they were."""
    pair.start()
    device = pair.target.terminal
    device.add_user("1002", "Bruno", privilege=14)
    if who == "unmanaged":
        device.add_user("9", "Boss", privilege=14)
    else:
        pair.source.terminal.users["1001"].privilege = 14
    assert outcomes(pair, replace=True)["1002"] == "change"
    assert device.users["1002"].privilege == 0


def test_admin_who_is_refused(pair: Pair) -> None:
    """Who cannot be written does not run the terminal instead."""
    pair.start()
    device = pair.target.terminal
    pair.source.terminal.users["1001"].privilege = 14
    device.add_user("1002", "Bruno", privilege=14)
    device.add_user("9", card=1001)
    done = outcomes(pair, replace=True)
    assert (done["1001"], done["1002"]) == ("refuse card_taken", "change admin")
    assert device.users["1002"].privilege == 14
