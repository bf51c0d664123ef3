"""Bringing people from one terminal to another: planned, done, read back, repeatable."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.core.errors import LinkError, TableUnreadable, UserRefused
from custom_components.syncid.core.progress import Going
from custom_components.syncid.core.terminal.templates import (
    Finger,
    pack_batch,
    split_fingers,
)
from simulator import PROFILES, Profile
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .pair import IFACE, Pair

SIZES = 50
BATCH = 110
FACE_WRITE = 151
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


# --- all goes well ----------------------------------------------------------------------


@ALL
def test_equal_afterwards(pair: Pair, profile: Profile) -> None:
    """A terminal of the same kind then holds the same, duress fingers included."""
    pair.start(profile)
    done = pair.transfer()
    assert [step.outcome for step in done.values()] == ["add"] * 3
    assert [step.fingerprints for step in done.values()] == [2, 1, 0]
    assert done["1003"].face == profile.faces_by_command
    assert pair.people(pair.target) == pair.people(pair.source)
    assert not pair.target.terminal.violations


def test_twice(pair: Pair) -> None:
    """A transfer that is repeated writes nothing."""
    pair.start()
    pair.transfer()
    pair.target.terminal.commands.clear()
    assert {step.outcome for step in pair.transfer().values()} == {"same"}
    written = {command for command, _ in pair.target.terminal.commands}
    assert not written & {8, 10, 18, 19, 87, BATCH, FACE_WRITE}


def test_plan_writes_nothing(pair: Pair) -> None:
    """A plan tells what would be done."""
    pair.start()
    planned = pair.transfer(what=lambda transfer: transfer.plan)
    assert not len(pair.target.terminal.users)
    assert planned == pair.transfer()


def test_some(pair: Pair) -> None:
    """Only those who are named are brought."""
    pair.start()
    assert set(pair.transfer(pair.roster(["1003", "1001"]))) == {"1001", "1003"}
    assert {user.user_id for user in pair.target.terminal.users} == {"1001", "1003"}
    with pytest.raises(UserRefused, match="user_unknown: 9"):
        pair.roster(["9"])


def test_known_by_user_id(pair: Pair) -> None:
    """Who is there already keeps number, name and card, and gets the templates."""
    pair.start()
    device = pair.target.terminal
    device.add_user("7", "Somebody")
    device.add_user("1002", "B. Rossi", uid=40, card=5)
    device.add_fingerprint("1002", 1)
    done = pair.transfer()
    assert done["1002"].outcome == "change"
    bruno = device.users["1002"]
    assert (bruno.uid, bruno.name, bruno.card) == (40, "B. Rossi", 5)
    assert set(device.fingerprints.of(40)) == {1, 5}
    assert device.users["7"].name == "Somebody"
    assert device.users["1001"].uid == 41


def test_replace(pair: Pair) -> None:
    """A restore makes people what they were."""
    pair.start()
    device = pair.target.terminal
    device.add_user("1002", "B. Rossi", uid=40, card=5)
    device.add_fingerprint("1002", 5)
    pair.transfer(replace=True)
    assert pair.people(pair.target) == pair.people(pair.source)
    assert device.users["1002"].uid == 40


def test_changed_finger(pair: Pair) -> None:
    """A finger that was enrolled anew takes the place of the old one."""
    pair.start()
    pair.transfer()
    pair.source.terminal.add_fingerprint("1001", 0, b"\x4a\x4dSS21" + b"new" * 300)
    assert pair.transfer()["1001"].fingerprints == 1
    assert pair.people(pair.target) == pair.people(pair.source)


def test_from_new_to_old(pair: Pair) -> None:
    """Another kind of terminal gets what it can hold, and the rest is listed."""
    pair.start(IFACE, PROFILES["k14"])
    done = pair.transfer()
    assert [step.outcome for step in done.values()] == ["add"] * 3
    assert done["1001"].reasons == ("fingerprint_version",)
    assert done["1003"].reasons == ("face_version",)
    amina = pair.target.terminal.users["1001"]
    assert (amina.name, amina.card, amina.group, amina.password) == (
        "Amina",
        1001,
        2,
        "12",
    )
    assert not len(pair.target.terminal.fingerprints)


@pytest.mark.parametrize(
    ("source", "target"), [("k14", "iface702"), ("iface702", "k14")]
)
def test_no_group(pair: Pair, source: str, target: str) -> None:
    """Who is in no group, as others write it, is in the first elsewhere."""
    pair.start(PROFILES[source], PROFILES[target])
    pair.source.terminal.users["1001"].group = 0
    assert pair.transfer()["1001"].outcome == "add"
    assert pair.target.terminal.users["1001"].group == 1
    assert pair.transfer(replace=True)["1001"].outcome == "same"


# --- what a terminal cannot take --------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "user_id", "reasons"),
    [
        ({"max_users": 2}, "1003", ("users_full",)),
        ({"max_fingerprints": 2}, "1002", ("fingerprints_full",)),
        ({"faces_by_command": False, "face_version": 58}, "1003", ("face_version",)),
        ({"fingerprint_version": "9"}, "1002", ("fingerprint_version",)),
        ({"fingerprint_version": None}, "1002", ("fingerprint_version_unknown",)),
    ],
)
def test_no_room(
    pair: Pair, limits: dict[str, Any], user_id: str, reasons: tuple[str, ...]
) -> None:
    """What does not fit is in the plan, and the rest is done."""
    pair.start(IFACE, replace(IFACE, **limits))
    planned = pair.transfer(what=lambda transfer: transfer.plan)
    assert planned[user_id].reasons == reasons
    assert pair.transfer() == planned
    held = {user.user_id for user in pair.target.terminal.users}
    assert held == {"1001", "1002", "1003"} - (
        {"1003"} if "max_users" in limits else set()
    )


def test_no_room_for_faces(pair: Pair) -> None:
    """Who comes too late for the last place for a face is brought without."""
    pair.start(IFACE, replace(IFACE, max_faces=1))
    pair.source.terminal.add_face("1001")
    done = pair.transfer()
    assert (done["1001"].face, done["1001"].reasons) == (True, ())
    assert (done["1003"].face, done["1003"].reasons) == (False, ("faces_full",))
    assert len(pair.target.terminal.faces) == 1


@pytest.mark.parametrize("replaces", [True, False])
def test_unknown_versions_are_not_equal(pair: Pair, replaces: bool) -> None:
    """Two terminals that do not tell their version may be of two: it is in the plan."""
    pair.start(replace(IFACE, fingerprint_version=None))
    planned = pair.transfer(what=lambda transfer: transfer.plan, replace=replaces)
    assert planned["1001"].reasons == ("fingerprint_version_unknown",)
    assert planned["1001"].fingerprints == 0
    assert planned["1003"].reasons == ()
    assert pair.transfer(replace=replaces) == planned
    assert not len(pair.target.terminal.fingerprints)


@pytest.mark.parametrize("told", [None, "10"])
def test_unknown_version_of_itself(pair: Pair, told: str | None) -> None:
    """A terminal takes back what it gave, whether or not it told its version then."""
    pair.start(replace(IFACE, fingerprint_version=None))
    device = pair.target.terminal
    device.add_user("1001", "Amina")
    device.add_fingerprint("1001", 0)
    before, roster = pair.people(pair.target), pair.roster(simulation=pair.target)
    device.remove_user(device.users["1001"])
    if told:
        device.options["~ZKFPVersion"] = told
    step = pair.transfer(roster, replace=True)["1001"]
    assert (step.outcome, step.fingerprints, step.reasons) == ("add", 1, ())
    assert pair.people(pair.target) == before


def test_new_version_of_itself(pair: Pair) -> None:
    """A terminal whose algorithm was changed takes none of the old fingerprints."""
    pair.start(replace(IFACE, fingerprint_version="9"))
    device = pair.target.terminal
    device.add_user("1001", "Amina")
    device.add_fingerprint("1001", 0)
    roster = pair.roster(simulation=pair.target)
    device.options["~ZKFPVersion"] = "10"
    step = pair.transfer(roster, replace=True)["1001"]
    assert (step.fingerprints, step.reasons) == (0, ("fingerprint_version",))


def test_room_that_is_not_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that does not say how much it holds may have room for all."""
    pair.start()
    tell = HANDLERS[SIZES]

    def untold(request: Request) -> Reply:
        """Leave out how many fingers, users and faces there is room for (§2.2)."""
        data = bytearray(tell(request).packets[0].data)
        data[56:64] = bytes(8)
        data[88:92] = bytes(4)
        return request.ok(bytes(data))

    monkeypatch.setitem(HANDLERS, SIZES, untold)
    assert not any(step.reasons for step in pair.transfer().values())
    assert pair.people(pair.target) == pair.people(pair.source)


def test_letters(pair: Pair) -> None:
    """A user id that the other terminal cannot hold is listed."""
    letters = replace(IFACE, options={"~IsABCPinEnable": "1"})
    pair.start(letters, IFACE)
    pair.source.terminal.add_user("AB1", "Dina")
    done = pair.transfer()
    assert (done["AB1"].outcome, done["AB1"].reasons) == (
        "refuse",
        ("user_id_letters",),
    )
    assert "AB1" not in pair.target.terminal.users
    assert len(pair.target.terminal.users) == 3


@pytest.mark.parametrize("command", [BATCH, 87])
def test_terminal_that_takes_it_another_way(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """A terminal without batches is written to one by one; what it refuses is told."""
    pair.start()
    monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    done = pair.transfer()
    if command == BATCH:
        assert [step.outcome for step in done.values()] == ["add"] * 3
        assert pair.people(pair.target) == pair.people(pair.source)
    else:
        assert done["1001"].outcome == "fail"  # whose duress finger goes that way
        assert done["1001"].reasons == ("not_written_fingerprints",)
        assert done["1002"].outcome == "add"


def test_face_that_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A face that the terminal does not take is told."""
    pair.start()
    monkeypatch.setitem(HANDLERS, FACE_WRITE, lambda request: request.error())
    done = pair.transfer()
    assert done["1003"].outcome == "fail"
    assert done["1003"].reasons == ("not_written_face",)
    assert done["1002"].outcome == "add"


def test_acknowledged_but_not_written(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that says yes and does nothing is found out."""
    pair.start()
    monkeypatch.setitem(HANDLERS, BATCH, lambda request: request.ok())
    done = pair.transfer(pair.roster(["1002"]))
    assert (done["1002"].outcome, done["1002"].reasons) == (
        "fail",
        ("not_written_record",),
    )


# --- interrupted ------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(0, 120, 3))
def test_cut_anywhere(pair: Pair, step: int) -> None:
    """Wherever a transfer is cut, doing it again makes it whole."""
    pair.start()
    device = pair.target.terminal
    device.add_user("1002", "Bruno", uid=40, card=1002, group=2, password="12")
    device.add_fingerprint("1002", 5)
    seen = 0

    def cut() -> None:
        nonlocal seen
        seen += 1
        if seen == step + 1:
            pair.target.server.drop_links()

    for command in HANDLERS:
        device.on(command, lambda _: cut(), nth=None)
    roster = pair.roster()
    try:
        pair.transfer(roster)
    except LinkError:
        assert seen > step
    else:
        assert seen <= step  # it was over before
        assert step > 60
    seen = 1000
    done = pair.transfer(roster)
    assert {one.outcome for one in done.values()} <= {"add", "change", "same"}
    assert pair.people(pair.target) == pair.people(pair.source)


# --- the table of fingerprints ----------------------------------------------------------


@pytest.mark.parametrize(
    "table", [b"\x08", b"\x05\0\1\0\0\1", b"\0\0\1\0\0\1", b"\x09\0\1\0\0\1ab"]
)
def test_broken_table(table: bytes) -> None:
    """A table that makes no sense is unreadable, and read to no end."""
    with pytest.raises(TableUnreadable):
        split_fingers(table)


def test_batch_as_in_the_document() -> None:
    """A batch is people, a table of fingers, and their templates (§2.8)."""
    record = b"\x07\0" + bytes(70)
    batch = pack_batch([record], {7: [Finger(2, 1, b"abc"), Finger(3, 3, b"no")]})
    assert batch == (
        b"\x49\0\0\0\x08\0\0\0\x05\0\0\0"
        b"\x02" + record + b"\x02\x07\0\x12\0\0\0\0" + b"\x03\0abc"
    )


def test_templates_are_not_shown(pair: Pair) -> None:
    """Whatever is printed of people, templates and passwords are not in it."""
    pair.start()
    roster = pair.roster()
    template = roster.people[0].fingers[0].template
    assert "template" not in repr(roster)
    assert repr(template)[2:20] not in repr(roster.people[0].fingers)
    assert repr(roster.people[0]) == "Person(user_id='1001')"


def test_how_far_it_is(pair: Pair) -> None:
    """Whoever waits is told whom it has got to, step by step."""
    heard: list[Going] = []
    pair.start()
    steps = pair.transfer(on_going=heard.append)
    told = {(one.stage, one.done, one.of) for one in heard}
    brought = len([one for one in steps.values() if one.outcome != "same"])
    assert ("write", brought, brought) in told
    assert ("check", len(steps), len(steps)) in told
    for stage in ("write", "check"):
        counts = [one.done for one in heard if one.stage == stage]
        assert counts == [*range(1, len(counts) + 1)]
    assert {one.name for one in heard} == {step.name for step in steps.values()}
