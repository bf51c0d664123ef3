"""Keeping terminals equal: what differs, and that syncing leaves nothing that does."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.core.terminal.drift import (
    Drift,
    Wanted,
    drift_of,
    extra_users,
    find_drift,
    read_wanted,
    sync_people,
)
from custom_components.syncid.core.terminal.people import People
from custom_components.syncid.core.terminal.transfer import Step
from simulator import PROFILES
from simulator.requests import HANDLERS

from .pair import IFACE, Pair

REMOVE_USER = 18
REMOVE_FINGER = 19
READ_FACES = 150
WRITES = {8, 10, 18, 19, 87, 110, 151}
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def wanted(pair: Pair, user_ids: Any = (), **details: Any) -> Wanted:
    """Read who should be at the second terminal."""
    with pair.client(pair.source) as client:
        return read_wanted(client, client.read_info(), user_ids, **details)


def drift(pair: Pair, what: Wanted | None = None) -> Drift:
    """Return how the second terminal differs."""
    what = what or wanted(pair)
    with pair.client(pair.target) as client:
        return find_drift(client, People(client), client.read_info(), what)


def sync(pair: Pair, what: Wanted | None = None, **details: Any) -> dict[str, Step]:
    """Make the second terminal equal."""
    what = what or wanted(pair, whole=True)
    with pair.client(pair.target) as client:
        steps = sync_people(client, People(client), client.read_info(), what, **details)
    return {step.user_id: step for step in steps}


def test_drift_of_a_plan() -> None:
    """A plan says it all, but for faces, which it does not look at."""
    plan = [
        Step("1", "", "add"),
        Step("2", "", "change"),
        Step("3", "", "same"),
        Step("4", "", "same"),
        Step("5", "", "refuse", reasons=("users_full",)),
        Step("6", "", "add", reasons=("fingerprint_version",)),
    ]
    assert drift_of(
        plan, extra=["9"], faceless={"1", "2", "3"}, without_faces={"4"}
    ) == Drift(
        missing=("1", "6"),
        different=("2", "3"),
        extra=("9",),
        left_out=("4", "5", "6"),
    )


@ALL
def test_equal_afterwards(pair: Pair, profile: Any) -> None:
    """What differs is told, and after syncing nothing does."""
    pair.start(profile)
    device = pair.target.terminal
    device.add_user("1002", "Another", uid=7)
    device.add_user("99", "Left")
    found = drift(pair)
    assert found == Drift(("1001", "1003"), ("1002",), ("99",))
    assert found.to_sync(remove_extra=False) == 3
    assert found.to_sync(remove_extra=True) == 4
    done = sync(pair)
    assert {user_id: step.outcome for user_id, step in done.items()} == {
        "1001": "add",
        "1002": "change",
        "1003": "add",
        "99": "extra",
    }
    assert drift(pair) == Drift(extra=("99",))
    assert device.users["99"].name == "Left"
    assert sync(pair, remove_extra=True)["99"].outcome == "remove"
    assert drift(pair) == Drift()
    assert pair.people(pair.target) == pair.people(pair.source)


def test_nothing_is_written(pair: Pair) -> None:
    """Neither looking nor planning changes anything."""
    pair.start()
    pair.target.terminal.add_user("99", "Left")
    before = pair.people(pair.target)
    drift(pair)
    planned = sync(pair, dry_run=True, remove_extra=True)
    assert pair.people(pair.target) == before
    for simulation in (pair.source, pair.target):
        written = {command for command, _ in simulation.terminal.commands}
        assert not written & WRITES
    assert planned == sync(pair, remove_extra=True)


def test_finger_and_face(pair: Pair) -> None:
    """A finger that is new or another one, or a face that lacks, is a difference."""
    pair.start()
    sync(pair)
    source, target = pair.source.terminal, pair.target.terminal
    source.add_fingerprint("1003", 2)
    source.add_fingerprint("1002", 5, b"\x4a\x4dSS21" + b"new" * 300)
    target.faces.remove(target.users["1003"].uid)
    source.add_face("1001")
    assert set(drift(pair).different) == {"1001", "1002", "1003"}
    without = wanted(pair, fingerprints=False, faces=False)
    assert drift(pair, without) == Drift()
    only_fingers = wanted(pair, faces=False)
    assert set(drift(pair, only_fingers).different) == {"1002", "1003"}
    sync(pair)
    assert drift(pair) == Drift()
    assert pair.people(pair.target) == pair.people(pair.source)


def test_faces_are_not_read_to_look(pair: Pair) -> None:
    """One record tells that there is a face; all of it is read to sync only."""
    pair.start()
    sync(pair)
    for simulation in (pair.source, pair.target):
        simulation.terminal.commands.clear()
    drift(pair)
    for simulation in (pair.source, pair.target):
        asked = [
            data[2]
            for command, data in simulation.terminal.commands
            if command == READ_FACES
        ]
        assert asked
        assert set(asked) == {0}


def test_without_templates(pair: Pair) -> None:
    """A group may be about records only."""
    pair.start()
    done = sync(pair, wanted(pair, fingerprints=False, faces=False, whole=True))
    assert {step.outcome for step in done.values()} == {"add"}
    device = pair.target.terminal
    assert (len(device.users), len(device.fingerprints)) == (3, 0)
    assert not device.faces.of(device.users["1003"].uid)


def test_some(pair: Pair) -> None:
    """Who is named is managed, and nobody else."""
    pair.start()
    device = pair.target.terminal
    device.add_user("99", "Somebody else")
    device.add_user("77", "Left")
    some = wanted(pair, ["1002", "77", "78"], whole=True)
    assert drift(pair, some) == Drift(
        missing=("1002",), extra=("77",), not_at_leader=("77", "78")
    )
    done = sync(pair, some, remove_extra=True)
    assert {user_id: step.outcome for user_id, step in done.items()} == {
        "1002": "add",
        "77": "remove",
        "78": "refuse",
    }
    assert done["78"].reasons == ("not_at_leader",)
    assert {user.user_id for user in device.users} == {"99", "1002"}


def test_admins_stay(pair: Pair) -> None:
    """Who runs a terminal is not removed from it."""
    pair.start()
    pair.target.terminal.add_user("9", "Boss", privilege=14)
    pair.target.terminal.add_user("99", "Left")
    assert drift(pair).to_sync(remove_extra=True) == 4
    planned = sync(pair, dry_run=True, remove_extra=True)
    done = sync(pair, remove_extra=True)
    assert planned == done
    assert drift(pair) == Drift(extra=("9",), left_out=("9",))
    assert drift(pair).to_sync(remove_extra=True) == 0
    assert (done["9"].outcome, done["9"].reasons) == ("extra", ("admin",))
    assert "9" in pair.target.terminal.users
    assert "99" not in pair.target.terminal.users


def test_plan_counts_on_who_leaves(pair: Pair) -> None:
    """A plan counts on the card and the place of those who are to be removed."""
    pair.start(IFACE, replace(IFACE, max_users=3))
    pair.target.terminal.add_user("99", "Left", card=1001)
    planned = sync(pair, dry_run=True, remove_extra=True)
    assert [step.outcome for step in planned.values()] == ["add"] * 3 + ["remove"]
    assert sync(pair, dry_run=True)["1001"].reasons == ("card_taken",)
    assert planned == sync(pair, remove_extra=True)


@pytest.mark.parametrize("answer", ["ok", "error"])
def test_not_removed(pair: Pair, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """A terminal that keeps whom it should remove is found out."""
    pair.start()
    pair.target.terminal.add_user("99", "Left")
    monkeypatch.setitem(
        HANDLERS, REMOVE_USER, lambda request: getattr(request, answer)()
    )
    done = sync(pair, remove_extra=True)
    assert (done["99"].outcome, done["99"].reasons) == ("fail", ("not_removed",))
    assert done["1001"].outcome == "add"


def test_who_leaves_makes_room(pair: Pair) -> None:
    """A full terminal first loses those who should not be there."""
    pair.start(IFACE, replace(IFACE, max_users=3))
    pair.target.terminal.add_user("99", "Left")
    assert drift(pair).left_out == ("1003",)
    assert {step.outcome for step in sync(pair, remove_extra=True).values()} == {
        "add",
        "remove",
    }
    assert drift(pair) == Drift()


def test_another_kind(pair: Pair) -> None:
    """What a terminal cannot take is told, and is no drift for ever."""
    pair.start(IFACE, PROFILES["k14"])
    assert drift(pair) == Drift(
        missing=("1001", "1002", "1003"), left_out=("1001", "1002", "1003")
    )
    sync(pair)
    assert drift(pair) == Drift(left_out=("1001", "1002", "1003"))


def test_nobody_is_wanted(pair: Pair) -> None:
    """A leader without anybody says so."""
    pair.start()
    for user in list(pair.source.terminal.users):
        pair.source.terminal.remove_user(user)
    pair.target.terminal.add_user("99", "Left")
    nobody = wanted(pair)
    assert nobody.is_empty
    assert extra_users(["99"], nobody) == ["99"]
    assert drift(pair) == Drift(extra=("99",))
    pair.source.terminal.add_user("1", "Somebody")
    assert not wanted(pair, ["2"]).is_empty


# --- what only the follower has -----------------------------------------------------------


@ALL
def test_revoked_finger(pair: Pair, profile: Any) -> None:
    """A finger that the leader no longer has opens no door elsewhere."""
    pair.start(profile)
    sync(pair)
    source, target = pair.source.terminal, pair.target.terminal
    source.fingerprints.remove(source.users["1001"].uid, 6)
    source.add_user("1002", "B. Rossi", uid=source.users["1002"].uid)
    target.add_fingerprint("1002", 1)
    target.add_user("99", "Somebody else")
    target.add_fingerprint("99", 1)
    assert drift(pair) == Drift(different=("1001", "1002"), extra=("99",))
    before = pair.people(pair.target)
    planned = sync(pair, dry_run=True)
    assert pair.people(pair.target) == before
    assert (planned["1001"].outcome, planned["1001"].revoked) == ("change", 1)
    assert planned["1003"].outcome == "same"
    assert planned == sync(pair)
    assert drift(pair) == Drift(extra=("99",))
    now = pair.people(pair.target)
    assert now.pop("99") == before["99"]
    assert now == pair.people(pair.source)


@pytest.mark.parametrize("followed", [True, False])
def test_fingers_that_stay(pair: Pair, followed: bool) -> None:
    """Not if fingers are not followed, nor if the leader has lost all it had."""
    pair.start()
    sync(pair)
    source = pair.source.terminal
    if followed:
        for user_id, fingers in (("1001", (0, 6)), ("1002", (5,))):
            for finger in fingers:
                source.fingerprints.remove(source.users[user_id].uid, finger)
    else:
        pair.target.terminal.add_fingerprint("1002", 1)
    before = pair.people(pair.target)
    what = wanted(pair, fingerprints=followed, whole=True)
    assert drift(pair, what) == Drift()
    assert {step.outcome for step in sync(pair, what).values()} == {"same"}
    assert pair.people(pair.target) == before


def test_fingers_of_another_version(pair: Pair) -> None:
    """Fingers that cannot be compared are left alone."""
    pair.start(IFACE, PROFILES["k14"])
    sync(pair)
    pair.target.terminal.add_fingerprint("1003", 1)
    sync(pair)
    device = pair.target.terminal
    assert set(device.fingerprints.of(device.users["1003"].uid)) == {1}


@pytest.mark.parametrize("answer", ["ok", "error"])
def test_finger_not_removed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """A terminal that keeps a finger that should go is found out."""
    pair.start()
    sync(pair)
    pair.target.terminal.add_fingerprint("1002", 1)
    monkeypatch.setitem(
        HANDLERS, REMOVE_FINGER, lambda request: getattr(request, answer)()
    )
    step = sync(pair)["1002"]
    assert (step.outcome, step.reasons) == ("fail", ("fingerprints_not_removed",))
    assert drift(pair).different == ("1002",)


@ALL
def test_last_admin_stays_admin(pair: Pair, profile: Any) -> None:
    """A terminal whose menu would be open to everybody keeps who runs it."""
    pair.start(profile)
    sync(pair)
    source, target = pair.source.terminal, pair.target.terminal
    for device, privilege in ((source, 0), (target, 14)):
        uid = device.users["1002"].uid
        device.add_user("1002", "Bruno", uid=uid, privilege=privilege)
    source.add_user("1003", "Cheng", uid=source.users["1003"].uid)
    found = drift(pair)
    assert "1002" in found.left_out
    done = sync(pair)
    assert done["1002"].reasons == ("admin",)
    assert target.users["1002"].privilege == 14
    assert target.users["1003"].name == "Cheng"
    assert drift(pair) == Drift(left_out=("1002",))


@pytest.mark.parametrize("who", ["at the leader", "unmanaged"])
def test_admin_who_is_none_any_more(pair: Pair, who: str) -> None:
    """Where somebody else runs the terminal, nobody keeps what the leader took."""
    pair.start()
    sync(pair)
    source, target = pair.source.terminal, pair.target.terminal
    target.add_user("1002", "Bruno", uid=target.users["1002"].uid, privilege=14)
    if who == "unmanaged":
        target.add_user("9", "Boss", privilege=14)
    else:
        source.add_user("1001", "Amina", uid=source.users["1001"].uid, privilege=14)
    assert "1002" in drift(pair).different
    sync(pair)
    assert target.users["1002"].privilege == 0
    assert "1002" not in drift(pair).left_out
