"""What syncing takes away: nothing that it cannot replace, nor most of a terminal."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.core.errors import LinkError, LossRefused, TableUnreadable
from custom_components.syncid.core.terminal.drift import Drift
from simulator import PROFILES, Terminal
from simulator.handlers.biometrics import uploaded
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .pair import IFACE, Pair
from .test_drift import drift, sync, wanted

USER_WRITE = 8
REMOVE_USER = 18
REMOVE_FINGER = 19
WRITE_FINGER = 87
BATCH = 110


def fingers(pair: Pair, user_id: str) -> set[int]:
    """Return which fingers of a user the second terminal has."""
    device = pair.target.terminal
    return set(device.fingerprints.of(device.users[user_id].uid))


def swapped(pair: Pair, template: bytes | None = None) -> None:
    """Have Bruno at the second terminal with finger 7 instead of 5."""
    pair.start()
    sync(pair)
    device = pair.target.terminal
    uid = device.users["1002"].uid
    device.fingerprints.remove(uid, 5)
    device.add_fingerprint("1002", 7, template)


# --- fingers whose successor does not come ----------------------------------------------


def test_versions_that_nobody_tells(pair: Pair) -> None:
    """Fingers are not compared where neither terminal tells what they are."""
    swapped(pair)
    for simulation in (pair.source, pair.target):
        simulation.terminal.faults.missing_options = ("~ZKFPVersion",)
    assert drift(pair).different == ()
    step = sync(pair)["1002"]
    assert (step.outcome, step.revoked) == ("same", 0)
    assert step.reasons == ("fingerprint_version_unknown",)
    assert fingers(pair, "1002") == {7}


def test_user_who_is_refused(pair: Pair) -> None:
    """Who cannot be written keeps what they have."""
    swapped(pair)
    device = pair.target.terminal
    device.add_user("1002", "Bruno", uid=device.users["1002"].uid, card=0)
    device.add_user("99", "Other", card=1002)
    assert drift(pair) == Drift(extra=("99",), left_out=("1002",))
    planned = sync(pair, dry_run=True)
    assert planned["1002"].reasons == ("card_taken",)
    assert planned == sync(pair)
    assert fingers(pair, "1002") == {7}


def test_new_finger_that_is_refused(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finger whose successor the terminal does not take stays."""
    swapped(pair)
    for command in (BATCH, WRITE_FINGER):
        monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    step = sync(pair)["1002"]
    assert (step.outcome, step.reasons) == ("fail", ("not_written_fingerprints",))
    assert fingers(pair, "1002") == {7}


def test_link_that_breaks(pair: Pair) -> None:
    """A finger goes last of all, so that a broken link leaves nobody without."""
    swapped(pair)
    server = pair.target.server
    pair.target.terminal.on(BATCH, lambda _: server.drop_links())
    with pytest.raises(LinkError):
        sync(pair)
    assert fingers(pair, "1002") == {7}
    pair.target.terminal.on(REMOVE_FINGER, lambda _: server.drop_links())
    with pytest.raises(LinkError):
        sync(pair)
    assert 5 in fingers(pair, "1002")
    sync(pair)
    assert fingers(pair, "1002") == {5}


def test_faces_do_not_matter(pair: Pair) -> None:
    """A finger goes also where the terminal takes no face of its owner."""
    pair.start(IFACE, PROFILES["speedface"])
    pair.source.terminal.add_fingerprint("1003", 1)
    sync(pair)
    assert "1003" in pair.target.terminal.users
    pair.target.terminal.add_fingerprint("1003", 2)
    step = sync(pair)["1003"]
    assert (step.outcome, step.reasons, step.revoked) == (
        "change",
        ("face_version",),
        1,
    )
    assert fingers(pair, "1003") == {1}


# --- a terminal that is full ------------------------------------------------------------


def full(pair: Pair, *, held: int = 3) -> None:
    """Have Bruno with finger 7 instead of 5, at a terminal without room."""
    pair.start(IFACE, replace(IFACE, max_fingerprints=held))
    sync(pair, wanted(pair, fingerprints=False, whole=True))
    device = pair.target.terminal
    device.add_fingerprint("1001", 0)
    device.add_fingerprint("1001", 6, flag=3)
    device.add_fingerprint("1002", 7)


def test_swapped_at_a_full_terminal(pair: Pair) -> None:
    """Where there is no room, the old finger makes it for the new one."""
    full(pair)
    assert drift(pair) == Drift(different=("1002",))
    planned = sync(pair, dry_run=True)
    assert (planned["1002"].fingerprints, planned["1002"].revoked) == (1, 1)
    assert planned["1002"] == sync(pair)["1002"]
    assert pair.people(pair.target)["1002"][1] == pair.people(pair.source)["1002"][1]
    assert drift(pair) == Drift()


def test_old_finger_comes_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """What made room is given back if the new finger is not taken."""
    full(pair)
    before = pair.people(pair.target)
    old = before["1002"][1][7].template
    write = HANDLERS[WRITE_FINGER]

    def handler(request: Request) -> Reply:
        return write(request) if uploaded(request) == old else request.error()

    monkeypatch.setitem(HANDLERS, BATCH, lambda request: request.error())
    monkeypatch.setitem(HANDLERS, WRITE_FINGER, handler)
    step = sync(pair)["1002"]
    assert (step.outcome, step.reasons) == (
        "fail",
        ("not_written_fingerprints", "old_fingerprints_kept"),
    )
    assert pair.people(pair.target) == before


def test_no_room_either_way(pair: Pair) -> None:
    """Who has too little to give keeps it, and that is told."""
    full(pair)
    pair.source.terminal.add_fingerprint("1002", 6)
    assert drift(pair) == Drift(left_out=("1002",))
    step = sync(pair)["1002"]
    assert (step.outcome, step.reasons) == ("same", ("fingerprints_full",))
    assert fingers(pair, "1002") == {7}


# --- what has to be asked for -----------------------------------------------------------


def test_last_finger(pair: Pair) -> None:
    """Nobody is left without any finger, unless somebody is sure."""
    pair.start()
    sync(pair)
    source = pair.source.terminal
    source.fingerprints.remove(source.users["1002"].uid, 5)
    assert drift(pair) == Drift(left_out=("1002",))
    planned = sync(pair, dry_run=True)
    assert planned["1002"].reasons == ("last_fingerprint_kept",)
    assert planned == sync(pair)
    assert fingers(pair, "1002") == {5}
    planned = sync(pair, dry_run=True, is_sure=True)
    assert (planned["1002"].outcome, planned["1002"].revoked) == ("change", 1)
    assert planned == sync(pair, is_sure=True)
    assert fingers(pair, "1002") == set()
    assert drift(pair) == Drift()


def crowd(pair: Pair, number: int = 6) -> None:
    """Have a few people more at both terminals, each with two fingers."""
    pair.start()
    for at in range(number):
        pair.source.terminal.add_user(f"{2000 + at}", "Somebody")
        for finger in (1, 2):
            pair.source.terminal.add_fingerprint(f"{2000 + at}", finger)
    sync(pair)


@pytest.mark.parametrize("dry_run", [False, True])
def test_leader_that_was_reset(pair: Pair, dry_run: bool) -> None:
    """A leader at which only an admin is enrolled anew takes nobody away elsewhere."""
    crowd(pair)
    source = pair.source.terminal
    for user in list(source.users):
        source.remove_user(user)
    source.add_user("1", "Boss", privilege=14)
    before = pair.people(pair.target)
    with pytest.raises(LossRefused) as error:
        sync(pair, remove_extra=True, dry_run=dry_run)
    assert (error.value.what, error.value.going, error.value.held) == ("users", 9, 9)
    assert pair.people(pair.target) == before
    assert len(drift(pair).extra) == 9
    done = sync(pair, remove_extra=True, is_sure=True)
    assert done["2000"].outcome == "remove"
    assert {user.user_id for user in pair.target.terminal.users} == {"1"}


def test_leader_that_is_not_filled_yet(pair: Pair) -> None:
    """A leader with few fingers so far takes not those of everybody elsewhere."""
    crowd(pair)
    source = pair.source.terminal
    for user in source.users:
        for finger in (0, 2, 6):
            source.fingerprints.remove(user.uid, finger)
    for finger in range(3, 7):
        pair.target.terminal.add_fingerprint("2000", finger)
    before = pair.people(pair.target)
    with pytest.raises(LossRefused) as error:
        sync(pair)
    assert (error.value.what, error.value.going) == ("fingerprints", 10)
    assert pair.people(pair.target) == before
    sync(pair, is_sure=True)
    assert pair.people(pair.target) == pair.people(pair.source)


@pytest.mark.parametrize(("going", "may"), [(3, True), (4, False)])
def test_what_is_most(pair: Pair, going: int, may: bool) -> None:
    """A few may go whatever the rest, more than half of more may not."""
    pair.start()
    sync(pair)
    for at in range(going):
        pair.target.terminal.add_user(f"{3000 + at}", "Left")
    if may:
        sync(pair, remove_extra=True)
    else:
        with pytest.raises(LossRefused):
            sync(pair, remove_extra=True)
    assert len(pair.target.terminal.users) == (3 if may else 3 + going)


def test_half(pair: Pair) -> None:
    """Half of many is not most."""
    crowd(pair, 1)
    for at in range(4):
        pair.target.terminal.add_user(f"{3000 + at}", "Left")
    sync(pair, remove_extra=True)
    assert pair.people(pair.target) == pair.people(pair.source)


# --- a leader that gives less than it has -----------------------------------------------


@pytest.fixture(params=["users", "fingerprints"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a terminal give one record less of a table, so many times."""

    def install(device: Terminal, times: int) -> None:
        table = getattr(device, request.param)
        pack, left = type(table).pack, [None] * times

        def shorter(self: Any, **how: Any) -> bytes:
            whole: bytes = pack(self, **how)
            if self is not table or not left:
                return whole
            left.pop()
            size = (
                72 if request.param == "users" else int.from_bytes(whole[:2], "little")
            )
            return whole[size:]

        monkeypatch.setattr(type(table), "pack", shorter)

    return install


def test_table_that_is_cut(pair: Pair, cut: Any) -> None:
    """Nobody goes since a leader counts more than it gives; nor is that backed up."""
    pair.start()
    sync(pair)
    before = pair.people(pair.target)
    cut(pair.source.terminal, 100)
    with pytest.raises(TableUnreadable, match="of 3"):
        sync(pair, remove_extra=True)
    with pytest.raises(TableUnreadable, match="of 3"):
        pair.roster()
    assert pair.people(pair.target) == before


def test_who_goes_while_it_is_read(pair: Pair, cut: Any) -> None:
    """Somebody may go between the count and the read: it is read once more."""
    pair.start()
    cut(pair.source.terminal, 1)
    sync(pair)
    assert pair.people(pair.target) == pair.people(pair.source)
