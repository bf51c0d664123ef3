"""Changing who may use a terminal, as the terminal has it afterwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.core.errors import (
    CommandRefused,
    ConnectionLost,
    NotAsWritten,
    UserRefused,
    WrongTerminal,
)
from custom_components.syncid.core.records import DeviceUser, UserChange
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.people import Counted, People
from custom_components.syncid.core.terminal.templates import Finger
from simulator import PROFILES, Profile
from simulator.numbers import Ack
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply
from simulator.users import User

from .kit import TerminalKit

USER_WRQ = 8
DELETE_USER = 18
TEMPLATE_WRITE = 87
REFRESH = 1013
PREPARE_BUFFER = 1503
FINGERPRINTS = 7

ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
FULL = UserChange(
    name="Dina", password="4711", card=8_090_000, role="manager", group=5, disabled=True
)


def change[T](kit: TerminalKit, what: Callable[[People], T]) -> T:
    """Change people as SyncID does."""
    terminal = kit.make_terminal()
    with kit.client() as client, terminal.changing_people(client) as people:
        return what(people)


def user(kit: TerminalKit, user_id: str) -> User:
    """Return what the terminal itself holds."""
    return kit.device.users[user_id]


# --- enrolling --------------------------------------------------------------------------


@ALL
def test_enroll(kit: TerminalKit, profile: Profile) -> None:
    """A new user is at the terminal, with all that was given."""
    kit.start(profile)
    written = change(kit, lambda people: people.enroll("1004", FULL))
    held = user(kit, "1004")
    assert (held.name, held.password, held.card, held.group) == (
        "Dina",
        "4711",
        8_090_000,
        5,
    )
    assert held.privilege == 0b111
    assert (held.time_zone_mode, held.time_zones) == (0, (0, 0, 0))
    assert written == DeviceUser(
        uid=held.uid,
        user_id="1004",
        name="Dina",
        privilege=7,
        card=8_090_000,
        group=5,
        has_password=True,
    )
    assert len(kit.device.users) == 4


@ALL
def test_enroll_with_templates(kit: TerminalKit, profile: Profile) -> None:
    """Fingers that somebody has kept come with the user."""
    kit.start(profile)
    fingers = [Finger(0, 1, b"\x4aMSS21" * 100), Finger(9, 3, b"\x4aMSS21" * 90)]
    change(kit, lambda people: people.enroll("1004", FULL, fingers))
    held = kit.device.fingerprints.of(user(kit, "1004").uid)
    assert {
        number: (finger.flag, finger.template) for number, finger in held.items()
    } == {one.finger: (one.flag, one.template) for one in fingers}


@pytest.mark.parametrize("held", [(), (9,)])
def test_enrolment_that_was_cut(kit: TerminalKit, held: tuple[int, ...]) -> None:
    """Who was enrolled with too few of the fingers gets the others."""
    kit.start()
    fingers = [Finger(0, 1, b"\x4aMSS21" * 100), Finger(9, 3, b"\x4aMSS21" * 90)]
    there = [finger for finger in fingers if finger.finger in held]
    uid = change(kit, lambda people: people.enroll("1004", FULL, there)).uid
    assert change(kit, lambda people: people.enroll("1004", FULL, fingers)).uid == uid
    assert set(kit.device.fingerprints.of(uid)) == {0, 9}
    with pytest.raises(UserRefused, match="user_exists"):
        change(kit, lambda people: people.enroll("1004", FULL, fingers))


@pytest.mark.parametrize(
    ("asked", "finger"), [(replace(FULL, card=1), 1), (FULL, 5), (FULL, None)]
)
def test_somebody_who_exists(
    kit: TerminalKit, asked: UserChange, finger: int | None
) -> None:
    """Who differs in anything else is not half enrolled, but another matter."""
    kit.start()
    change(kit, lambda people: people.enroll("1004", FULL))
    kit.device.add_fingerprint("1004", 5)
    fingers = [] if finger is None else [Finger(finger, 1, b"\x4aMSS21")]
    with pytest.raises(UserRefused, match="user_exists"):
        change(kit, lambda people: people.enroll("1004", asked, fingers))
    assert set(kit.device.fingerprints.of(user(kit, "1004").uid)) == {5}


def test_template_that_is_not_kept(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that says yes to a template and has none is found out."""
    kit.start()
    monkeypatch.setitem(HANDLERS, TEMPLATE_WRITE, lambda request: request.ok())
    with pytest.raises(NotAsWritten, match=r"fingers \[\]"):
        change(
            kit, lambda people: people.enroll("4", UserChange(), [Finger(1, 1, b"x")])
        )


@pytest.mark.parametrize("command", [TEMPLATE_WRITE, REFRESH])
def test_template_that_is_refused(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """The user is there without the rest of the fingers, and that is told."""
    kit.start()
    fingers = [Finger(1, 1, b"one"), Finger(2, 1, b"two")]
    kit.device.on(
        TEMPLATE_WRITE,
        lambda _: monkeypatch.setitem(HANDLERS, command, lambda one: one.error()),
        when="after",
    )
    with pytest.raises(NotAsWritten) as error:
        change(kit, lambda people: people.enroll("4", FULL, fingers))
    held = [1] if command == TEMPLATE_WRITE else [1, 2]
    assert [*kit.device.fingerprints.of(user(kit, "4").uid)] == held
    assert error.value.now.startswith("'Dina', manager, card 8090000")
    assert error.value.now.endswith(f"fingers {held}")
    assert isinstance(error.value.__cause__, CommandRefused)


@ALL
def test_enroll_the_first(kit: TerminalKit, profile: Profile) -> None:
    """An empty terminal says by its options which records it takes."""
    kit.start(profile, people={})
    assert change(kit, lambda people: people.enroll("1", UserChange())).uid == 1
    assert user(kit, "1").name == ""


def test_enroll_where_a_number_is_free(kit: TerminalKit) -> None:
    """A number that somebody had before is not given to somebody else."""
    kit.start()
    change(kit, lambda people: people.remove("1002", kit_info(kit)))
    assert change(kit, lambda people: people.enroll("1005", UserChange())).uid == 4


@pytest.mark.parametrize(
    ("user_id", "asked", "reason"),
    [
        ("1001", UserChange(), "user_exists"),
        ("A1", UserChange(), "user_id_letters"),
        ("1004", UserChange(card=77), "card_taken"),
        ("1004", UserChange(password="pass"), "password_digits"),
    ],
)
def test_enroll_refused(
    kit: TerminalKit, user_id: str, asked: UserChange, reason: str
) -> None:
    """What cannot be is refused, and the terminal is not touched."""
    kit.start()
    user(kit, "1002").card = 77
    before = kit.device.users.pack()
    with pytest.raises(UserRefused) as error:
        change(kit, lambda people: people.enroll(user_id, asked))
    assert error.value.reason == reason
    assert kit.device.users.pack() == before
    assert USER_WRQ not in [command for command, _ in kit.device.commands]


def test_enroll_with_letters(kit: TerminalKit) -> None:
    """A terminal that takes letters says so."""
    kit.start(replace(PROFILES["iface702"], options={"~IsABCPinEnable": "1"}))
    change(kit, lambda people: people.enroll("AB12", UserChange(name="Dina")))
    assert user(kit, "AB12").name == "Dina"


def test_full_terminal(kit: TerminalKit) -> None:
    """A terminal that is full says no more than no; the admin is told why."""
    kit.start(replace(PROFILES["iface702"], max_users=3))
    with pytest.raises(UserRefused) as error:
        change(kit, lambda people: people.enroll("1004", UserChange()))
    assert error.value.reason == "users_full"


# --- updating ---------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize(
    "asked",
    [
        UserChange(name="Amina Rossi"),
        UserChange(password="99"),
        UserChange(password=""),
        UserChange(card=0),
        UserChange(role="admin"),
        UserChange(role="user", disabled=False),
        UserChange(group=2),
        UserChange(),
    ],
)
def test_update(kit: TerminalKit, profile: Profile, asked: UserChange) -> None:
    """What is given changes, and what else the terminal holds survives."""
    kit.start(profile)
    held = user(kit, "1002")
    held.privilege, held.password, held.card, held.group = 1, "123", 55, 7
    held.time_zone_mode = 1
    if profile.user_size == 72:
        held.time_zones = (3, 4, 5)
    kit.device.add_fingerprint("1002", 6)
    before = replace(held)
    written = change(kit, lambda people: people.update("1002", asked))
    now = user(kit, "1002")
    assert now.uid == before.uid
    assert (now.time_zone_mode, now.time_zones) == (1, before.time_zones)
    assert now.password == ("123" if asked.password is None else asked.password)
    assert now.card == (55 if asked.card is None else asked.card)
    assert now.group == (7 if asked.group is None else asked.group)
    assert written.disabled == (asked.disabled is not False)
    assert written.role == (asked.role or "user")
    assert 6 in kit.device.fingerprints.of(now.uid)


def test_update_of_nobody(kit: TerminalKit) -> None:
    """Nobody can be changed whom the terminal does not know."""
    kit.start()
    with pytest.raises(UserRefused, match="user_unknown: 4"):
        change(kit, lambda people: people.update("4", UserChange(name="x")))


def test_own_card(kit: TerminalKit) -> None:
    """Somebody may be given the card that they have."""
    kit.start()
    user(kit, "1002").card = 77
    change(kit, lambda people: people.update("1002", UserChange(card=77, group=3)))
    assert user(kit, "1002").group == 3


# --- removing ---------------------------------------------------------------------------


def kit_info(kit: TerminalKit) -> Any:
    """Return what the terminal says of itself."""
    with kit.client() as client:
        return client.read_info()


@ALL
def test_remove(kit: TerminalKit, profile: Profile) -> None:
    """Somebody who is removed takes all templates along, and it is said which."""
    kit.start(profile)
    for finger in (0, 3):
        kit.device.add_fingerprint("1001", finger)
    kit.device.add_fingerprint("1002", 1)
    if profile.faces_by_command:
        kit.device.add_face("1001")
    info = kit_info(kit)
    removed = change(kit, lambda people: people.remove("1001", info))
    assert (removed.user.user_id, removed.user.name) == ("1001", "Amina")
    assert (removed.fingerprints, removed.faces) == (2, int(profile.faces_by_command))
    assert "1001" not in kit.device.users
    assert len(kit.device.fingerprints) == 1
    assert len(kit.device.faces) == 0


def test_remove_nobody(kit: TerminalKit) -> None:
    """Nobody is removed whom the terminal does not know."""
    kit.start()
    info = kit_info(kit)
    with pytest.raises(UserRefused, match="user_unknown"):
        change(kit, lambda people: people.remove("9", info))
    assert len(kit.device.users) == 3


# --- counting ---------------------------------------------------------------------------


@ALL
def test_counted(kit: TerminalKit, profile: Profile) -> None:
    """Everybody is listed with how many templates they have."""
    kit.start(profile)
    kit.device.add_fingerprint("1001", 0)
    kit.device.add_fingerprint("1001", 5)
    if profile.faces_by_command:
        kit.device.add_face("1003")
    info = kit_info(kit)
    counted = change(kit, lambda people: people.counted(info))
    assert [(one.user.user_id, one.fingerprints, one.faces) for one in counted] == [
        ("1001", 2, 0 if profile.faces_by_command else None),
        ("1002", 0, 0 if profile.faces_by_command else None),
        ("1003", 0, 1 if profile.faces_by_command else None),
    ]
    assert all(isinstance(one, Counted) for one in counted)


def test_unreadable_fingerprints(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that makes no sense is not one without fingerprints."""
    kit.start()
    kit.device.add_fingerprint("1001", 0)
    info = kit_info(kit)
    monkeypatch.setattr(kit.device.fingerprints, "pack", lambda: b"\x20\0\1\0\0\1abc")
    counted = change(kit, lambda people: people.counted(info))
    assert {found.fingerprints for found in counted} == {None}


@pytest.mark.parametrize("code", [Ack.ERROR, Ack.READ_FAILED])
def test_counting_what_is_not_given(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, code: Ack
) -> None:
    """A terminal that does not give its templates still tells who is there."""
    kit.start()
    kit.device.add_fingerprint("1001", 3)
    prepare = HANDLERS[PREPARE_BUFFER]

    def refuse(request: Request) -> Reply:
        is_fingers = request.data[1] == FINGERPRINTS
        return request.reply(code) if is_fingers else prepare(request)

    monkeypatch.setitem(HANDLERS, PREPARE_BUFFER, refuse)
    counted = change(kit, lambda people: people.counted(kit_info(kit)))
    assert [found.user.user_id for found in counted] == ["1001", "1002", "1003"]
    assert {found.fingerprints for found in counted} == {None}


# --- what can go wrong ------------------------------------------------------------------


def test_another_terminal(kit: TerminalKit) -> None:
    """Nothing is written to a terminal that is another one."""
    kit.start()
    terminal = kit.make_terminal(serial="ANOTHER")
    with (
        kit.client() as client,
        pytest.raises(WrongTerminal),
        terminal.changing_people(client),
    ):
        pytest.fail("this is another terminal")


@pytest.mark.parametrize("command", [USER_WRQ, REFRESH])
def test_refused_write(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, command: int
) -> None:
    """A refusal is an error, whichever step it is."""
    kit.start()
    monkeypatch.setitem(HANDLERS, command, lambda request: request.error())
    with pytest.raises(CommandRefused):
        change(kit, lambda people: people.enroll("1004", UserChange()))


def test_acknowledged_but_not_written(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that says yes and does nothing is found out, and quoted."""
    kit.start()
    user(kit, "1001").password = "8421"
    monkeypatch.setitem(HANDLERS, USER_WRQ, lambda request: request.ok())
    with pytest.raises(NotAsWritten) as error:
        change(kit, lambda people: people.update("1001", UserChange(name="Anna")))
    assert error.value.now == ("'Amina', user, card 0, group 1, enabled, with password")
    assert "8421" not in str(error.value)
    with pytest.raises(NotAsWritten, match="nobody"):
        change(kit, lambda people: people.enroll("1004", UserChange()))
    monkeypatch.setitem(HANDLERS, DELETE_USER, lambda request: request.ok())
    info = kit_info(kit)
    with pytest.raises(NotAsWritten, match="Amina"):
        change(kit, lambda people: people.remove("1001", info))


@pytest.mark.parametrize("command", [USER_WRQ, REFRESH])
def test_link_lost_while_writing(kit: TerminalKit, command: int) -> None:
    """A write of which no answer came is not tried again by itself."""
    kit.start()
    kit.device.on(command, lambda _: kit.sim.server.drop_links())
    with pytest.raises(ConnectionLost):
        change(kit, lambda people: people.enroll("1004", UserChange(name="Dina")))
    assert [code for code, _ in kit.device.commands].count(USER_WRQ) == 1


def test_names_are_known_at_once(kit: TerminalKit) -> None:
    """Who is enrolled has a name from the next punch on."""
    kit.start()
    names: dict[str, str] = {}
    terminal = kit.make_terminal(
        on_users=lambda users: names.update(
            {user_id: one.name for user_id, one in users.items()}
        )
    )

    def enroll(client: TerminalClient) -> None:
        with terminal.changing_people(client) as people:
            people.enroll("1004", UserChange(name="Dina"))

    with kit.client() as client:
        enroll(client)
    assert names["1004"] == "Dina"


@pytest.mark.parametrize(("width", "user_id"), [(14, "12345678901234"), (5, "12345")])
@pytest.mark.parametrize("switch", ["missing_options", "empty_options"])
def test_width_that_only_a_command_tells(
    kit: TerminalKit, switch: str, width: int, user_id: str
) -> None:
    """A terminal without the option for it is asked by command how long an id may be."""
    faults: dict[str, Any] = {switch: ("~PIN2Width",)}
    kit.start(replace(PROFILES["iface702"], pin_width=width), **faults)
    change(kit, lambda people: people.enroll(user_id, UserChange()))
    assert user(kit, user_id).user_id == user_id
    with pytest.raises(UserRefused) as error:
        change(kit, lambda people: people.enroll(user_id + "6", UserChange()))
    assert (error.value.reason, error.value.limit) == ("user_id_long", width)


def test_card_where_none_is_read(kit: TerminalKit) -> None:
    """A card is refused where it would open nothing; taking one away is not."""
    kit.start(replace(PROFILES["iface702"], options={"~RFCardOn": "0"}))
    watched = kit.watch()
    kit.device.add_user("1004", "Dina", card=7)

    def give(card: int) -> Callable[[TerminalClient], DeviceUser]:
        def job(client: TerminalClient) -> DeviceUser:
            with watched.changing_people(client) as people:
                return people.update("1004", UserChange(card=card))

        return job

    with pytest.raises(UserRefused) as error:
        kit.run(give(8))
    assert (error.value.reason, error.value.value) == ("no_cards", "8")
    assert user(kit, "1004").card == 7
    assert kit.run(give(0)).card == 0
