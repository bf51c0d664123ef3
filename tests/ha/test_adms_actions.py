"""What an admin does at a terminal that pushes."""

import asyncio
from base64 import b64encode
from dataclasses import replace
import re
from typing import Any

import pytest

from custom_components.syncid.const import EVENT_ENROLLMENT
from custom_components.syncid.push import adms
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.adms import ADMS_PROFILES, FINGERPRINT, access, lines
from simulator.adms.commands import Outcome

from .kit import KitAdms, SyncIDKit


@pytest.fixture(params=["att", "acc"])
async def terminal(
    request: pytest.FixtureRequest, syncid: SyncIDKit, url: str
) -> KitAdms:
    """Return a terminal of each family, which pushes by itself."""
    return await syncid.add_adms_terminal(url, profile=request.param)


@pytest.fixture
async def att(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal for attendance, which pushes by itself."""
    return await syncid.add_adms_terminal(url)


@pytest.fixture
async def acc(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that controls a door, which pushes by itself."""
    return await syncid.add_adms_terminal(url, profile="acc")


async def done(terminal: KitAdms, action: str, **data: Any) -> dict[str, Any]:
    """Have an action done at a list of one terminal, and return what came of it."""
    response = await terminal.hass.services.async_call(
        "syncid",
        action,
        {"device_id": [terminal.device_id], **data},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    reports: Any = response["terminals"]
    (result,) = reports
    return dict(result)


async def refusal(terminal: KitAdms, action: str, **data: Any) -> str | None:
    """Return the key of what an admin is told of an action that is refused."""
    many = action in {"enroll_user", "update_user", "remove_user"}
    doing = (done if many else KitAdms.call)(terminal, action, **data)
    with pytest.raises(HomeAssistantError) as raised:
        await doing
    assert str(raised.value) != raised.value.translation_key  # it is told in words
    return raised.value.translation_key


# --- users ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("tables", ["operlog", "own"])
async def test_list_users(terminal: KitAdms, order: Any, tables: Any) -> None:
    """All users are listed, however and in how many pieces they come."""
    terminal.device.faults.data_order = order
    terminal.device.faults.query_tables = tables
    terminal.device.faults.batch = 2
    terminal.device.add_user("2001", "Zoë", privilege=14, card="77")
    response = await terminal.call("list_users")
    users = {user["user_id"]: user for user in response["users"]}
    assert set(users) == {"1001", "1002", "1003", "2001"}
    assert users["2001"]["name"] == "Zoë"
    assert (users["2001"]["privilege"], users["2001"]["card"]) == ("admin", 77)
    assert users["1001"]["has_password"] is False
    assert users["1001"]["uid"] is None  # by push no terminal tells it


async def test_enroll_user(terminal: KitAdms) -> None:
    """Somebody is added, with what opens the door where that is needed."""
    template = b64encode(b"f" * 40).decode()
    result = await done(
        terminal,
        "enroll_user",
        user_id="55",
        name="Eva",
        card=4711,
        password="123",
        privilege="admin",
        group=2,
        templates=[
            {"finger": 3, "template": template},
            {"finger": 4, "template": template[:-4] + "Zg==", "duress": True},
        ],
    )
    assert result["done"] is True
    assert (result["user"]["name"], result["user"]["card"]) == ("Eva", 4711)
    user = terminal.device.users["55"]
    assert (user.name, user.password, user.card) == ("Eva", "123", "4711")
    assert user.privilege == 14
    first, second = terminal.device.templates_of("55", FINGERPRINT)
    assert (first.number, first.duress, first.data) == (3, 0, template)
    assert (second.number, second.duress) == (4, 1)
    is_acc = not terminal.device.is_att
    assert ("55" in terminal.device.authorizations) == is_acc


async def test_enroll_twice(hass: HomeAssistant, terminal: KitAdms) -> None:
    """Who is there already is not written over, even if that is not known yet."""
    assert await refusal(terminal, "enroll_user", user_id="1001") == "user_exists"
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await terminal.simulation.until_polled(2)  # the first may have been asked before
    terminal.device.users["66"] = terminal.device.add_user("66", "Fay")
    assert (
        await refusal(terminal, "enroll_user", user_id="66", name="Gus")
        == "user_exists"
    )
    assert terminal.device.users["66"].name == "Fay"


async def test_update_user(terminal: KitAdms) -> None:
    """Only what is given is changed."""
    terminal.device.add_user("77", "Hugo", card="5", password="9")
    result = await done(terminal, "update_user", user_id="77", name="Hu\u0308go")
    assert result["user"]["name"] == terminal.device.users["77"].name
    assert terminal.device.users["77"].card == "5"
    assert terminal.device.users["77"].password == "9"


async def test_update_unknown(terminal: KitAdms) -> None:
    """Nobody is added by changing them."""
    assert await refusal(terminal, "update_user", user_id="404", name="X") == (
        "user_unknown"
    )
    assert "404" not in terminal.device.users


async def test_privilege_key(syncid: SyncIDKit, url: str) -> None:
    """A terminal is told privileges by the word that it uses itself."""
    profile = replace(ADMS_PROFILES["att"], role_key="Privilege")
    terminal = await syncid.add_adms_terminal(url, profile=profile)
    await done(terminal, "update_user", user_id="1001", privilege="admin")
    assert terminal.device.users["1001"].privilege == 14


async def test_long_name(terminal: KitAdms) -> None:
    """What a terminal has no room for is told."""
    result = await done(terminal, "update_user", user_id="1001", name="N" * 40)
    assert result["user"]["name"] == "N" * 24
    assert result["name_asked"] == "N" * 40


async def test_not_as_written(att: KitAdms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that says yes and does something else is found out."""
    monkeypatch.setitem(
        att.device.handlers,
        "DATA UPDATE",
        lambda device, command, rest: type(
            device.handlers["INFO"](device, command, "")
        )(verb="DATA"),
    )
    assert await refusal(att, "update_user", user_id="1001", card=9) == (
        "not_as_written"
    )
    assert await refusal(att, "enroll_user", user_id="99", name="X") == (
        "not_as_written"
    )


@pytest.mark.parametrize("name", ["A\tPri=14", "A\nC:9:REBOOT", "A\rB", "A\0"])
async def test_injection(terminal: KitAdms, name: str) -> None:
    """A name cannot bring along what the terminal would take for more."""
    commands = len(terminal.device.commands)
    for action, user_id in (("enroll_user", "88"), ("update_user", "1001")):
        key = await refusal(terminal, action, user_id=user_id, name=name)
        assert key == "push_control_characters"
    asked = [one.text for one in terminal.device.commands[commands:]]
    assert all(text.startswith("DATA QUERY") for text in asked)


@pytest.mark.parametrize("is_listed", [True, False])
async def test_card_of_somebody_else(terminal: KitAdms, is_listed: bool) -> None:
    """A card belongs to one user of a terminal, who may be written it again."""
    terminal.device.users["2001"] = replace(
        terminal.device.users["1001"], user_id="2001", card="4711"
    )
    if is_listed:
        await terminal.call("list_users")
    for action, user_id in (("enroll_user", "55"), ("update_user", "1001")):
        key = await refusal(terminal, action, user_id=user_id, card=4711)
        assert key == "card_taken"
    assert "55" not in terminal.device.users
    assert terminal.device.users["1001"].card != "4711"
    for user_id, card in (("2001", 4711), ("2001", 0), ("1001", 4711)):
        told = await done(terminal, "update_user", user_id=user_id, card=card)
        assert told["user"]["card"] == card


async def test_disabled(att: KitAdms, syncid: SyncIDKit) -> None:
    """An attendance terminal cannot be told to let somebody in no more."""
    key = await refusal(att, "update_user", user_id="1001", disabled=True)
    assert key == "push_not_over_push"


async def test_disabled_at_a_door(acc: KitAdms) -> None:
    """An access terminal can."""
    for disabled in (True, False):
        result = await done(acc, "update_user", user_id="1001", disabled=disabled)
        assert result["done"] is True
        assert result["user"]["disabled"] is disabled
        assert acc.device.users["1001"].disabled == str(int(disabled))


@pytest.mark.parametrize("action", ["update_user", "enroll_user"])
async def test_door_that_disables_nobody(acc: KitAdms, action: str) -> None:
    """One that says yes, and takes no notice of who is disabled, is found out."""
    update = acc.device.handlers["DATA UPDATE"]
    acc.device.handlers["DATA UPDATE"] = lambda device, command, rest: update(
        device, command, rest.replace("Disable=1", "Disable=0")
    )
    user_id = "1001" if action == "update_user" else "55"
    key = await refusal(acc, action, user_id=user_id, disabled=True)
    assert key == "not_as_written"


@pytest.mark.parametrize("disabled", [True, False])
async def test_door_that_tells_of_nobody_disabled(
    acc: KitAdms, monkeypatch: pytest.MonkeyPatch, disabled: bool
) -> None:
    """What a terminal does not tell is no reason to say that it does not hold it."""
    row = lines.user_row
    monkeypatch.setattr(
        access,
        "user_row",
        lambda *what: re.sub(r"\tdisable=\d", "", row(*what)),
    )
    result = await done(acc, "update_user", user_id="1001", disabled=disabled)
    assert result["user"]["disabled"] is disabled


async def test_remove_user(terminal: KitAdms) -> None:
    """Who is removed is gone, and can be added again."""
    result = await done(terminal, "remove_user", user_id="1002")
    assert result["user"]["name"] == "Bruno"
    assert "1002" not in terminal.device.users
    assert await refusal(terminal, "remove_user", user_id="1002") == "user_unknown"
    assert (await done(terminal, "enroll_user", user_id="1002", name="B"))["done"]


@pytest.mark.parametrize("action", ["remove_user", "update_user"])
async def test_last_admin(terminal: KitAdms, action: str) -> None:
    """Who takes the last admin away is warned: everybody may use the menu then."""
    for user_id in ("8", "9"):
        terminal.device.add_user(user_id, "Boss", privilege=14)
    await terminal.call("list_users")
    change = {} if action == "remove_user" else {"privilege": "user"}
    told = [await done(terminal, action, user_id=one, **change) for one in "89"]
    assert [one.get("warnings") for one in told] == [None, ["no_admin_left"]]
    assert "warnings" not in await done(terminal, "remove_user", user_id="1001")


# --- fingerprints ---------------------------------------------------------------------


@pytest.fixture
def steps(hass: HomeAssistant) -> list[str]:
    """Return the steps of enrolments as they are told."""
    told: list[str] = []

    @callback
    def hear(event: Event) -> None:
        told.append(event.data["step"])

    hass.bus.async_listen(EVENT_ENROLLMENT, hear)
    return told


async def test_enroll_fingerprint(
    hass: HomeAssistant, terminal: KitAdms, steps: list[str]
) -> None:
    """A finger is enrolled while somebody presses it at the terminal."""
    enrolling = hass.async_create_task(
        terminal.call("enroll_fingerprint", user_id="1001", finger=6)
    )
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    for _ in range(3):
        terminal.device.press()
    assert await enrolling == {"user_id": "1001", "finger": 6}
    await hass.async_block_till_done()
    assert steps == ["started", "enrolled"]
    assert [one.number for one in terminal.device.templates_of("1001")] == [6]


@pytest.mark.parametrize(
    ("what", "step"), [("cancel_enrolment", "cancelled"), ("fail_enrolment", "failed")]
)
async def test_enrolment_fails(
    hass: HomeAssistant, terminal: KitAdms, steps: list[str], what: str, step: str
) -> None:
    """Why nothing came of it is told."""
    enrolling = hass.async_create_task(
        refusal(terminal, "enroll_fingerprint", user_id="1001", finger=6)
    )
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    getattr(terminal.device, what)()
    assert await enrolling == f"push_{step}"
    await hass.async_block_till_done()
    assert steps == ["started", step]


async def test_enroll_known_finger(terminal: KitAdms, steps: list[str]) -> None:
    """A finger that is there is replaced only if the admin says so."""
    terminal.device.add_fingerprint("1001", 6)
    key = await refusal(
        terminal, "enroll_fingerprint", user_id="1001", finger=6, overwrite=False
    )
    assert key == "push_known"
    assert steps == ["started", "known"]


async def test_nobody_presses(
    terminal: KitAdms, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enrolment to which nobody comes ends."""
    wait = adms.AdmsTerminal.async_say
    monkeypatch.setattr(
        adms.AdmsTerminal,
        "async_say",
        lambda self, commands, within=None, **how: wait(self, commands, 0.2, **how),
    )
    key = await refusal(terminal, "enroll_fingerprint", user_id="1001", finger=6)
    assert key == "enrollment_timed_out"
    assert steps == ["started", "timed_out"]


async def test_never_fetched(
    syncid: SyncIDKit, url: str, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enrolment that the terminal never heard of is not for want of a finger."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    wait = adms.AdmsTerminal.async_say
    monkeypatch.setattr(
        adms.AdmsTerminal,
        "async_say",
        lambda self, commands, within=None, **how: wait(self, commands, 0.05, **how),
    )
    key = await refusal(terminal, "enroll_fingerprint", user_id="1001", finger=6)
    assert key == "push_no_answer"
    assert steps == ["started", "timed_out"]


# --- the terminal ---------------------------------------------------------------------


async def test_get_device_info(terminal: KitAdms) -> None:
    """What the terminal is, and how full, is asked anew."""
    terminal.device.add_user("2002", "Ines")
    terminal.device.faults.data_order = "after"
    info = await terminal.call("get_device_info")
    assert info["name"] == terminal.device.profile.name
    assert (info["users"], info["up_to_date"]) == (4, True)


async def test_get_option(terminal: KitAdms) -> None:
    """An option is read, also where it comes behind the answer."""
    terminal.device.faults.data_order = "after"
    terminal.device.options["Volume"] = "70"
    response = await terminal.call("get_option", name="Volume")
    assert response == {"name": "Volume", "value": "70"}
    platform = await terminal.call("get_option", name="~Platform")
    assert platform["value"] == terminal.device.profile.platform


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ComKey", "secret_option"),
        ("~Password", "secret_option"),
        ("a-b", "push_option_name"),
    ],
)
async def test_option_refused(terminal: KitAdms, name: str, key: str) -> None:
    """No secret is told, and nothing is sent that is no option."""
    assert await refusal(terminal, "get_option", name=name) == key


async def test_options_at_once(terminal: KitAdms) -> None:
    """Several questions at a time get each its own answer."""
    names = ["~Platform", "MAC", "~DeviceName"]
    found = await asyncio.gather(
        *(terminal.call("get_option", name=name) for name in names)
    )
    options = terminal.device.option_values()
    assert [one["value"] for one in found] == [options[name] for name in names]


async def test_set_option(terminal: KitAdms) -> None:
    """An option is set, if it is no secret."""
    assert await terminal.call("set_option", name="Volume", value="40") == {}
    assert terminal.device.options["Volume"] == "40"
    key = await refusal(terminal, "set_option", name="ComKey", value="1")
    assert key == "secret_option"
    key = await refusal(terminal, "set_option", name="Volume", value="1\n2")
    assert key == "push_control_characters"
    if terminal.device.profile.family == "acc":
        key = await refusal(terminal, "set_option", name="Volume", value="1,ComKey=7")
        assert key == "push_comma"


async def test_restart(terminal: KitAdms) -> None:
    """A terminal is restarted by the action and by the button, once each."""
    await terminal.order("restart")
    await terminal.simulation.until(lambda: terminal.device.restarts == 1)
    await terminal.simulation.until_polled(2)
    await terminal.press("restart")
    await terminal.simulation.until(lambda: terminal.device.restarts == 2)


async def test_unlock_door(terminal: KitAdms) -> None:
    """A door is opened; for how long is told where the terminal can be told."""
    assert await terminal.call("unlock_door", seconds=7) == {"door_open": None}
    seconds = 5 if terminal.device.is_att else 7
    assert terminal.device.unlocks == [(1, seconds)]


@pytest.mark.parametrize("action", ["power_off", "test_voice"])
async def test_not_by_push(terminal: KitAdms, action: str) -> None:
    """What no terminal does by push is refused, with what to do about it."""
    with pytest.raises(ServiceValidationError) as raised:
        await terminal.order(action)
    assert raised.value.translation_key == "no_push_command"


async def test_sync_time_not_by_push(terminal: KitAdms) -> None:
    """A clock is set by the answers that a terminal gets, and not when asked for."""
    assert await refusal(terminal, "sync_time") == "no_push_command"


async def test_no_backup_by_push(terminal: KitAdms) -> None:
    """What gives templates away is kept by nobody on the way."""
    key = await refusal(terminal, "backup_users", passphrase="a long passphrase")
    assert key == "no_push_command"


async def test_backup_not_by_push(terminal: KitAdms) -> None:
    """What reads a terminal through needs a connection to it."""
    assert await refusal(terminal, "backup_users") == "no_push_command"


async def test_never_called(syncid: SyncIDKit) -> None:
    """A gateway that pushes logs does nothing else."""
    gateway = await syncid.add_push_device()
    with pytest.raises(ServiceValidationError) as raised:
        await gateway.call("collect_records")
    assert raised.value.translation_key == "not_by_push"


ATT_CODES = {
    -1: "parameter",
    -2: "size",
    -3: "storage",
    -10: "user_unknown",
    -11: "template",
    -22: "command_unknown",
    -30: "version",
    -1001: "full",
    -1002: "unsupported",
    -1003: "timed_out",
    -1004: "mismatch",
    -1005: "busy",
    -1006: "too_long",
    -1007: "memory",
    -1008: "fetch",
    -8: "unauthorised",
    -14: "comm_key",
    -28: "door_open",
    -99999: "unknown",
}


@pytest.mark.parametrize("return_key", ["Return", "return"])
async def test_codes(hass: HomeAssistant, terminal: KitAdms, return_key: Any) -> None:
    """Whatever a terminal answers is told in words."""
    terminal.device.faults.return_key = return_key
    for code, word in ATT_CODES.items():
        terminal.device.faults.return_code = code
        with pytest.raises(HomeAssistantError) as raised:
            await terminal.call("unlock_door")
        assert raised.value.translation_key == f"push_{word}"
        assert str(code) in str(raised.value)
        assert "Main gate" in str(raised.value)
    terminal.device.faults.return_code = 5
    assert await terminal.call("unlock_door") == {"door_open": None}


async def test_press_fails(terminal: KitAdms) -> None:
    """A button says why it could not."""
    terminal.device.faults.return_code = -1005
    with pytest.raises(HomeAssistantError) as raised:
        await terminal.press("restart")
    assert raised.value.translation_key == "push_busy"


async def test_remove_user_that_is_refused(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What knows neither word says so; what fails for another reason is not asked twice."""
    for code, said in ((-1002, 2), (-1005, 1)):
        att.device.commands.clear()
        refused = Outcome(code=code, verb="DATA")
        monkeypatch.setitem(
            att.device.handlers, "DATA DELETE", lambda *_, refused=refused: refused
        )
        assert await refusal(att, "remove_user", user_id="1001")
        assert sum("DEL" in one.text for one in att.device.commands) == said
    assert "1001" in att.device.users
