"""The actions on the people at terminals."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
import voluptuous as vol

from custom_components.syncid.actions.faces import FACE_ACTIONS
from custom_components.syncid.actions.fingers import FINGER_ACTIONS
from custom_components.syncid.actions.templates import TEMPLATE_ACTIONS
from custom_components.syncid.actions.users import USER_ACTIONS
from custom_components.syncid.const import DOMAIN, EVENT_ENROLLMENT
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr
from simulator import PROFILES
from simulator.device import Enrolment
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import OTHER_SERIAL, SERIAL, KitTerminal, SyncIDKit

USER_WRQ = 8
BATCH = 110
SECRET = "correct horse"

MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])

ADMIN = 14


async def act(
    hass: HomeAssistant, action: str, *terminals: KitTerminal, **data: Any
) -> dict[str, Any]:
    """Have an action done at terminals, and return the response."""
    response = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": [terminal.device_id for terminal in terminals], **data},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    return dict(response)


async def two(syncid: SyncIDKit, **options: Any) -> tuple[KitTerminal, KitTerminal]:
    """Return two terminals: one with people, and an empty one."""
    first = await syncid.add_terminal(syncid.start_terminal(), **options)
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={}), **options
    )
    device = first.device
    first.simulation.call(device.add_fingerprint, "1001", 3)
    first.simulation.call(device.add_face, "1002")
    return first, second


def held(terminal: KitTerminal) -> dict[str, Any]:
    """Return whom a terminal has, with their templates."""
    device = terminal.device
    return {
        user.user_id: (
            user.name,
            user.card,
            device.fingerprints.of(user.uid),
            [record[16:] for record in device.faces.of(user.uid)],
        )
        for user in device.users
    }


# --- one user -----------------------------------------------------------------------------


async def test_blanks_around_an_id(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A blank that was copied along is no part of a user ID."""
    terminal = await syncid.add_terminal(syncid.start_terminal(people={}))
    await terminal.call("enroll_user", user_id=" 77 ", name="Dina")
    await terminal.call("update_user", user_id="77\n", card=5)
    assert [(one.user_id, one.card) for one in terminal.device.users] == [("77", 5)]


async def test_list_users(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """All users, with what an admin may know of them: no passwords."""
    terminal = await syncid.add_terminal(syncid.start_terminal(people={}))
    call, device = terminal.simulation.call, terminal.device
    call(device.add_user, "7", "Dina", None, 14, "4711", 123456, 2)
    call(device.add_user, "8", "Emil", 40, 1)
    call(device.add_fingerprint, "7", 0)
    call(device.add_fingerprint, "7", 1)
    call(device.add_face, "8")
    assert await terminal.call("list_users") == {
        "users": [
            {
                "uid": 1,
                "user_id": "7",
                "name": "Dina",
                "privilege": "admin",
                "disabled": False,
                "card": 123456,
                "group": 2,
                "has_password": True,
                "fingerprints": 2,
                "faces": 0,
            },
            {
                "uid": 40,
                "user_id": "8",
                "name": "Emil",
                "privilege": "user",
                "disabled": True,
                "card": 0,
                "group": 1,
                "has_password": False,
                "fingerprints": 0,
                "faces": 1,
            },
        ]
    }


async def test_no_users(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal at which nobody is enrolled has an empty list."""
    terminal = await syncid.add_terminal(syncid.start_terminal(people={}))
    assert await terminal.call("list_users") == {"users": []}


@MODES
async def test_enroll_user(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A new user is at the terminal, and in the next punch by name."""
    terminal = await syncid.add_terminal(mode=mode)
    report = await act(
        hass,
        "enroll_user",
        terminal,
        user_id="1004",
        name="Dina",
        card=99,
        password="12",
        privilege="enroller",
        group=4,
    )
    dina = terminal.device.users["1004"]
    assert (dina.name, dina.card, dina.password, dina.privilege, dina.group) == (
        "Dina",
        99,
        "12",
        2,
        4,
    )
    (done,) = report["terminals"]
    assert done["done"]
    assert done["device"] == SERIAL
    assert done["user"]["privilege"] == "enroller"
    assert "name_asked" not in done
    assert "12" not in str(report).replace(done["device_id"], "").replace("1004", "")
    terminal.punch("1004")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_name"] == "Dina"


async def test_enroll_user_with_templates(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Templates that were kept elsewhere are given in base64."""
    terminal = await syncid.add_terminal()
    template = b"\x4aMSS21" * 100
    given = {"finger": 4, "template": b64encode(template).decode(), "duress": True}
    await act(hass, "enroll_user", terminal, user_id="1004", templates=given)
    uid = terminal.device.users["1004"].uid
    (finger,) = terminal.device.fingerprints.of(uid).values()
    assert (finger.template, finger.flag) == (template, 3)
    for wrong in ({"template": "no!"}, {"finger": 10}):
        with pytest.raises(vol.Invalid) as error:
            await act(
                hass, "enroll_user", terminal, user_id="5", templates=given | wrong
            )
        assert "no!" not in str(error.value)
    assert "5" not in terminal.device.users


@pytest.mark.parametrize(
    "sizes", [[0], [65536], [700, 700]], ids=["empty", "too long", "a finger twice"]
)
async def test_templates_that_cannot_be(
    hass: HomeAssistant, syncid: SyncIDKit, sizes: list[int]
) -> None:
    """What no terminal could hold is refused before anything is written."""
    terminal = await syncid.add_terminal()
    before = held(terminal)
    given = [
        {"finger": 4, "template": b64encode(bytes(size)).decode()} for size in sizes
    ]
    with pytest.raises(vol.Invalid, match="template"):
        await act(hass, "enroll_user", terminal, user_id="5", templates=given)
    assert held(terminal) == before


async def test_longest_template(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A template may be as long as its size can be told."""
    terminal = await syncid.add_terminal()
    given = {"finger": 4, "template": b64encode(bytes(65535)).decode()}
    await act(hass, "enroll_user", terminal, user_id="1004", templates=given)
    uid = terminal.device.users["1004"].uid
    assert len(terminal.device.fingerprints.of(uid)[4].template) == 65535


async def test_template_that_is_refused(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """It is told that the user is there, and without which finger."""
    terminal = await syncid.add_terminal()
    given = {"finger": 4, "template": b64encode(b"some").decode()}
    with terminal.refusing(87), pytest.raises(HomeAssistantError) as error:
        await act(hass, "enroll_user", terminal, user_id="9", templates=given)
    assert error.value.translation_key == "not_as_written"
    assert "fingers []" in str(error.value)
    assert "9" in terminal.device.users


async def test_name_that_does_not_fit(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A name that the terminal holds otherwise is told."""
    terminal = await syncid.add_terminal(
        syncid.start_terminal(profile=PROFILES["k14"]), mode="polling"
    )
    report = await act(hass, "enroll_user", terminal, user_id="4", name="Zoë Okafor")
    (done,) = report["terminals"]
    assert (done["user"]["name"], done["name_asked"]) == ("Zoe Okaf", "Zoë Okafor")


async def test_update_user(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Only what is given changes, and templates stay."""
    first, _ = await two(syncid)
    before = held(first)
    await act(hass, "update_user", first, user_id="1001", card=7, disabled=True)
    assert held(first) == before | {"1001": ("Amina", 7, *before["1001"][2:])}
    assert first.device.users["1001"].privilege == 1


async def test_remove_user(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """It is told what went."""
    first, _ = await two(syncid)
    (done,) = (await act(hass, "remove_user", first, user_id="1001"))["terminals"]
    assert (done["fingerprints"], done["faces"]) == (1, 0)
    assert done["user"]["name"] == "Amina"
    assert set(held(first)) == {"1002", "1003"}


@pytest.mark.parametrize(
    ("action", "data"),
    [("remove_user", {}), ("update_user", {"privilege": "user"})],
)
async def test_last_admin(
    hass: HomeAssistant, syncid: SyncIDKit, action: str, data: dict[str, Any]
) -> None:
    """Who leaves a terminal without an admin is told: its menu is open to everybody."""
    first, _ = await two(syncid)
    for user_id in ("1001", "1002"):
        first.simulation.call(setattr, first.device.users[user_id], "privilege", ADMIN)
    one, other = [
        (await act(hass, action, first, user_id=user_id, **data))["terminals"][0]
        for user_id in ("1001", "1002")
    ]
    assert "warnings" not in one
    assert other["warnings"] == ["no_admin_left"]
    (third,) = (await act(hass, action, first, user_id="1003", **data))["terminals"]
    assert "warnings" not in third  # that there was none before is not its doing


# --- a finger -----------------------------------------------------------------------------


def steps(events: list[Event[dict[str, Any]]]) -> list[tuple[str, int]]:
    """Return what was told of an enrolment."""
    return [(event.data["step"], event.data["presses"]) for event in events]


@MODES
async def test_enroll_fingerprint(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """Each press is told on the bus as it comes, and the end in the response too."""
    terminal = await syncid.add_terminal(mode=mode)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    data = {"device_id": terminal.device_id, "user_id": "1002", "finger": 5}
    answer = await act(hass, "enroll_fingerprint", **data)
    assert answer == {"user_id": "1002", "finger": 5, "presses": 3}
    assert steps(events) == [
        ("started", 0),
        ("pressed", 1),
        ("accepted", 1),
        ("pressed", 2),
        ("accepted", 2),
        ("pressed", 3),
        ("accepted", 3),
        ("enrolled", 3),
    ]
    told = dict(events[0].data)
    assert told.pop("time")
    assert told == {
        "entry_id": terminal.entry.entry_id,
        "device_id": terminal.device_id,
        "device": SERIAL,
        "device_name": "Main gate",
        "user_id": "1002",
        "user_name": "Bruno",
        "finger": 5,
        "step": "started",
        "presses": 0,
    }
    assert len(terminal.device.fingerprints) == 1


@pytest.mark.parametrize(
    ("result", "step"), [(4, "failed"), (5, "known"), (6, "cancelled")]
)
async def test_enrollment_fails(
    hass: HomeAssistant, syncid: SyncIDKit, result: int, step: str
) -> None:
    """What went wrong is told in words, and on the bus."""
    terminal = await syncid.add_terminal()
    terminal.device.enroll_script = Enrolment(result=result)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    data = {"device_id": terminal.device_id, "user_id": "1002", "finger": 5}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "enroll_fingerprint", **data)
    assert error.value.translation_key == f"enrollment_{step}"
    assert events[-1].data["step"] == step
    terminal.punch("1001")
    assert (await syncid.next_punch())["user_id"] == "1001"


@pytest.mark.parametrize(("duress", "flag"), [({}, 3), ({"duress": False}, 1)])
async def test_enrollment_of_a_duress_finger(
    hass: HomeAssistant, syncid: SyncIDKit, duress: dict[str, bool], flag: int
) -> None:
    """Who enrols a duress finger anew has one then, unless they say otherwise."""
    terminal = await syncid.add_terminal()
    add = partial(terminal.device.add_fingerprint, "1002", 5, b"\x4aMSS21 old", flag=3)
    old = terminal.simulation.call(add)
    data = {"user_id": "1002", "finger": 5, "overwrite": True}
    await terminal.call("enroll_fingerprint", **data, **duress)
    new = terminal.device.fingerprints.of(terminal.device.users["1002"].uid)[5]
    assert new.template != old.template
    assert new.flag == flag


async def test_enrollment_without_a_sensor(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A terminal that takes no fingers is not said to be in its menu."""
    profile = replace(PROFILES["iface702"], options={"FingerFunOn": "0"})
    terminal = await syncid.add_terminal(syncid.start_terminal(profile=profile))
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_fingerprint", user_id="1002", finger=5)
    assert error.value.translation_key == "enrollment_no_sensor"
    assert steps(events) == [("no_sensor", 0)]


async def test_enrollment_of_nobody(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Who is not at the terminal cannot be enrolled there."""
    terminal = await syncid.add_terminal()
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    data = {"device_id": terminal.device_id, "user_id": "9", "finger": 5}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "enroll_fingerprint", **data)
    assert error.value.translation_key == "user_unknown"
    assert steps(events) == [("failed", 0)]
    assert "9" not in terminal.device.users


async def test_enrollment_is_cancelled(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that is stopped does not leave the terminal waiting for a finger."""
    terminal = await syncid.add_terminal()

    def wait(request: Request) -> Reply:
        request.device.enrolling = request.session
        return request.ok()

    monkeypatch.setitem(HANDLERS, 61, wait)
    events = async_capture_events(hass, EVENT_ENROLLMENT)
    data = {"device_id": terminal.device_id, "user_id": "1002", "finger": 5}
    task = hass.async_create_task(act(hass, "enroll_fingerprint", **data))
    await syncid.wait_until(lambda: events)
    back = terminal.simulation.expect(60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await syncid.happened(back)
    assert terminal.device.enrolling is None
    assert steps(events) == [("started", 0), ("cancelled", 0)]


# --- several terminals --------------------------------------------------------------------


@pytest.mark.parametrize("action", ["update_user", "transfer_templates", "restore"])
async def test_one_of_several_is_not_set_up(
    hass: HomeAssistant, syncid: SyncIDKit, action: str
) -> None:
    """A terminal that is not set up keeps nothing from the others."""
    first, second = await two(syncid)
    third = await syncid.add_terminal(syncid.start_terminal(serial="CKUJ203460003"))
    devices = {"device_id": [second.device_id, first.device_id]}
    data: dict[str, Any] = {**devices, "user_id": "1001", "name": "Anna"}
    if action == "transfer_templates":
        data = {
            "device_id": third.device_id,
            "target_device_id": devices["device_id"],
            "user_id": ["1002"],
        }
    elif action == "restore":
        action, name = "restore_users", "backup.syncid"
        await third.call("backup_users", passphrase=SECRET, file=name)
        data = {**devices, "passphrase": SECRET, "file": name}
    await hass.config_entries.async_unload(second.entry.entry_id)
    response = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert response is not None
    assert isinstance(response["terminals"], list)
    failed, done = response["terminals"]
    assert isinstance(failed, dict)
    assert isinstance(done, dict)
    assert (failed["device"], failed["done"]) == (OTHER_SERIAL, False)
    assert "not loaded" in str(failed["error"])
    assert (done["device"], done["done"]) == (SERIAL, True)


@pytest.mark.parametrize("other", ["no such device", "lamp"])
async def test_one_of_several_is_no_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, other: str
) -> None:
    """Who names something else made a mistake, and nothing is done."""
    terminal = await syncid.add_terminal()
    if other == "lamp":
        entry = MockConfigEntry(domain="lamps")
        entry.add_to_hass(hass)
        other = (
            dr.async_get(hass)
            .async_get_or_create(
                config_entry_id=entry.entry_id, identifiers={("lamps", "1")}
            )
            .id
        )
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "update_user",
            {"device_id": [terminal.device_id, other], "user_id": "1001", "name": "X"},
            blocking=True,
            return_response=True,
        )
    assert error.value.translation_key == "device_is_no_terminal"
    assert terminal.device.users["1001"].name == "Amina"


async def test_one_of_several_fails(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """One that fails leaves the others done, and is told by name."""
    first, second = await two(syncid, mode="polling")
    first.vanish()
    report = await act(hass, "enroll_user", first, second, user_id="9", name="Nia")
    assert [one["done"] for one in report["terminals"]] == [False, True]
    assert "Nothing listens" in report["terminals"][0]["error"]
    assert set(held(second)) == {"9"}
    data = {
        "device_id": [first.device_id, second.device_id],
        "user_id": "9",
        "name": "Nora",
    }
    with pytest.raises(HomeAssistantError, match="1 of 2 terminals failed"):
        await hass.services.async_call(DOMAIN, "update_user", data, blocking=True)
    assert held(second)["9"][0] == "Nora"


async def test_all_fail(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What was done nowhere is an error, whether or not a response is wanted."""
    first, second = await two(syncid, mode="polling")
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", first, user_id="9", name="Nia")
    assert error.value.translation_key == "user_unknown"
    hass.config_entries.async_update_entry(second.entry, title="Side gate")
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", first, second, user_id="9", name="Nia")
    assert error.value.translation_key == "all_failed"
    assert "the others" not in str(error.value)
    for name in ("Main gate", "Side gate"):
        assert f"{name} has no user 9" in str(error.value)


async def test_errors_are_sentences(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What Home Assistant says of an entry does not run into what comes next."""
    first, second = await two(syncid, mode="polling")
    hass.config_entries.async_update_entry(second.entry, title="Side gate")
    for terminal in (first, second):
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", first, second, user_id="9", name="Nia")
    assert str(error.value).count(" is not loaded.") == 2


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"user_id": "1001"}, "user_exists"),
        ({"user_id": "X"}, "user_id_letters"),
        ({"user_id": "9", "password": "secret"}, "password_digits"),
        ({"user_id": "9", "group": 200}, "group_range"),
    ],
)
async def test_refused(
    hass: HomeAssistant, syncid: SyncIDKit, data: dict[str, Any], key: str
) -> None:
    """What cannot be is told in words, and the terminal is as it was."""
    terminal = await syncid.add_terminal()
    before = held(terminal)
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "enroll_user", terminal, **data)
    assert error.value.translation_key == key
    assert "secret" not in str(error.value)
    assert held(terminal) == before


async def test_admins_only(
    hass: HomeAssistant, syncid: SyncIDKit, hass_read_only_user: Any
) -> None:
    """Nobody else may touch people."""
    terminal = await syncid.add_terminal()
    file = {"passphrase": SECRET, "file": "a.syncid"}
    user = {"user_id": "1001"}
    actions: dict[str, dict[str, Any]] = {
        "list_users": {},
        "enroll_user": user,
        "update_user": user,
        "remove_user": user,
        "enroll_fingerprint": user | {"finger": 1},
        "enroll_face": user,
        "set_face": user | {"file": "a.jpg"},
        "transfer_templates": {"target_device_id": terminal.device_id},
        "backup_users": file,
        "restore_users": file,
    }
    assert set(actions) == {
        action.name
        for actions in (USER_ACTIONS, FINGER_ACTIONS, FACE_ACTIONS, TEMPLATE_ACTIONS)
        for action in actions
    }
    for action, data in actions.items():
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                {"device_id": terminal.device_id, **data},
                blocking=True,
                context=Context(user_id=hass_read_only_user.id),
                return_response=True,
            )


# --- a link that breaks -------------------------------------------------------------------


@MODES
async def test_link_lost_while_writing(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """If the answer is lost, the admin is told what the terminal now holds."""
    terminal = await syncid.add_terminal(mode=mode)
    server = terminal.simulation.server
    terminal.simulation.call(
        terminal.device.on, USER_WRQ, lambda _: server.drop_links(), when="after"
    )
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", terminal, user_id="1001", name="Aisha")
    assert error.value.translation_key == "link_lost_while_writing"
    assert "'Aisha'" in str(error.value)
    writes = [code for code, _ in terminal.device.commands if code == USER_WRQ]
    assert len(writes) == 1


async def test_gone_while_writing(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """If it cannot even be asked, that is told too."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.simulation.call(
        terminal.device.on, USER_WRQ, lambda device: device.power_off()
    )
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", terminal, user_id="1001", name="Aisha")
    assert error.value.translation_key == "outcome_unknown"


async def test_not_even_begun(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is not there has changed nothing, which is known."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.vanish()
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", terminal, user_id="1001", name="Aisha")
    assert error.value.translation_key == "connection_refused"


async def test_acknowledged_and_not_written(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that says yes and does nothing is quoted."""
    terminal = await syncid.add_terminal()
    monkeypatch.setitem(HANDLERS, USER_WRQ, lambda request: request.ok())
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "update_user", terminal, user_id="1001", name="Aisha")
    assert error.value.translation_key == "not_as_written"
    assert "'Amina', user, card 0" in str(error.value)


async def test_writes_and_punches_at_once(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Two admins and a crowd: everything is done in turn, and no punch is lost."""
    terminal = await syncid.add_terminal()
    punched = 0

    def punch(_: object) -> None:
        nonlocal punched
        punched += 1
        terminal.device.punch("1003", at=terminal.device.now().replace(second=punched))

    terminal.simulation.call(terminal.device.on, USER_WRQ, punch, nth=None)
    tasks = [
        hass.async_create_task(
            act(hass, "enroll_user", terminal, user_id=str(2000 + number))
        )
        for number in range(6)
    ]
    for task in tasks:
        assert (await task)["terminals"][0]["done"]
    assert len({user.uid for user in terminal.device.users}) == 9
    punches = await syncid.next_punches(punched)
    assert {punch["user_id"] for punch in punches} == {"1003"}
    assert len(await syncid.stored()) == punched == 6
