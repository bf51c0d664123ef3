"""Terminals that know nothing but old words (protocol-adms §7.5.2)."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.push import adms
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.adms import FINGERPRINT
from simulator.adms.commands import Outcome
from simulator.adms.worker import handlers_of

from .kit import KitAdms, SyncIDKit

TEMPLATE = b64encode(b"f" * 40).decode()
# It is asked each time whether it answers a question by now.
OLD_WORDS = ("CHECK", "INFO", "DATA QUERY", "DATA USER", "DATA FP", "DATA DEL_USER")


@pytest.fixture
async def old(syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch) -> KitAdms:
    """Return one that pushes, with some users."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 5)
    terminal = await syncid.add_adms_terminal(url, profile="old")
    await terminal.simulation.until_uploaded()
    return terminal


async def done(terminal: KitAdms, action: str, **data: Any) -> dict[str, Any]:
    """Have an action done at a list of one terminal, and return what came of it."""
    response: Any = await terminal.hass.services.async_call(
        "syncid",
        action,
        {"device_id": [terminal.device_id], **data},
        blocking=True,
        return_response=True,
    )
    (result,) = response["terminals"]
    return dict(result)


async def listed(terminal: KitAdms) -> dict[str, dict[str, Any]]:
    """Return who is told to be at a terminal."""
    response = await terminal.call("list_users")
    return {user["user_id"]: user for user in response["users"]}


def refused(terminal: KitAdms) -> list[str]:
    """Return what the terminal did not know of what it was told."""
    return [
        command.text
        for command in terminal.device.commands
        if not command.text.startswith(OLD_WORDS)
    ]


async def test_list_users(old: KitAdms) -> None:
    """All who are there now are told, whoever told of them before."""
    users = old.device.users
    users["77"] = replace(users["1001"], user_id="77", card="4711")
    old.device.forget_user("1002")
    found = await listed(old)
    assert set(found) == {"1001", "1003", "77"}
    assert found["77"]["card"] == 4711


async def test_list_users_in_pieces(old: KitAdms) -> None:
    """They come in as many posts as the terminal likes, and not all are acknowledged."""
    old.device.faults.batch = 1
    old.device.faults.hang_up = 3
    assert set(await listed(old)) == {"1001", "1002", "1003"}


async def test_nobody_is_there(old: KitAdms) -> None:
    """A terminal that is empty is believed, since it says so of itself."""
    for user_id in tuple(old.device.users):
        await done(old, "remove_user", user_id=user_id)
    assert await listed(old) == {}
    await done(old, "enroll_user", user_id="55", name="Eva")
    assert set(await listed(old)) == {"55"}


async def test_terminal_without_stamps(old: KitAdms) -> None:
    """Who neither answers questions nor goes by stamps has nobody listed."""
    old.device.faults.stamps = "ignore"
    with pytest.raises(HomeAssistantError) as error:
        await listed(old)
    assert error.value.translation_key == "push_unsupported"


async def test_terminal_that_does_not_ask(
    old: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not ask how to behave, though told to, is waited for no longer."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.5)
    monkeypatch.setitem(old.device.handlers, "CHECK", lambda *_: Outcome(verb="CHECK"))
    with pytest.raises(HomeAssistantError) as error:
        await listed(old)
    assert error.value.translation_key == "push_no_result"


async def test_enroll_user(old: KitAdms) -> None:
    """Somebody is added, with fingerprints."""
    result = await done(
        old,
        "enroll_user",
        user_id="55",
        name="Eva",
        card=4711,
        password="123",
        privilege="admin",
        group=2,
        templates=[{"finger": 3, "template": TEMPLATE}],
    )
    assert result["done"] is True
    assert (result["user"]["name"], result["user"]["card"]) == ("Eva", 4711)
    held = old.device.users["55"]
    assert (held.name, held.password, held.card) == ("Eva", "123", "4711")
    assert held.privilege == 14
    (finger,) = old.device.templates_of("55", FINGERPRINT)
    assert (finger.number, finger.data) == (3, TEMPLATE)
    assert (await listed(old))["55"]["card"] == 4711


async def test_long_name(old: KitAdms) -> None:
    """What is told is what was sent, and that nobody read it back."""
    name = "Zoë Öztürk-Langenscheidt-Ähnlich"
    result = await done(old, "enroll_user", user_id="55", name=name)
    assert result["user"]["name"] == old.device.users["55"].name != name
    assert (result["name_asked"], result["warnings"]) == (name, ["not_read_back"])


async def test_enroll_user_who_is_there(old: KitAdms) -> None:
    """Nobody is written over, be it somebody of whom nothing was told yet."""
    old.device.users["77"] = replace(old.device.users["1001"], user_id="77")
    before = dict(old.device.users)
    for user_id in ("77", "1001"):
        with pytest.raises(HomeAssistantError) as error:
            await done(old, "enroll_user", user_id=user_id, name="Eva")
        assert error.value.translation_key == "user_exists"
    assert old.device.users == before


async def test_update_user(old: KitAdms) -> None:
    """What is not to be changed stays, though the old words may not leave it."""
    old.device.add_user("77", "Zoë", privilege=14, password="99", card="4711")
    old.device.users["77"].group = "3"
    for number, name in enumerate(("Zoe", "Zora")):
        result = await done(old, "update_user", user_id="77", name=name)
        assert result["user"]["name"] == name
        held = old.device.users["77"]
        assert (held.name, held.password, held.card) == (name, "99", "4711")
        assert (held.privilege, held.group) == (14, "3")
        if number:
            assert refused(old) == []
        old.device.commands.clear()
    await done(old, "update_user", user_id="77", card=0, privilege="user")
    held = old.device.users["77"]
    assert (held.name, held.card.strip("0"), held.privilege) == ("Zora", "", 0)


async def test_card_of_somebody_else(old: KitAdms) -> None:
    """A card belongs to one user; to know, nobody is listed more often than needed."""
    old.device.add_user("77", "Zoë", card="4711")
    await old.simulation.until_uploaded()
    old.device.commands.clear()
    for action, user_id in (("update_user", "1001"), ("enroll_user", "55")):
        with pytest.raises(HomeAssistantError) as error:
            await done(old, action, user_id=user_id, card=4711)
        assert error.value.translation_key == "card_taken"
    assert old.device.users["1001"].card == ""
    assert "55" not in old.device.users
    listed = [one for one in old.device.commands if one.text == "CHECK"]
    assert len(listed) == 2


async def test_remove_user(old: KitAdms) -> None:
    """Somebody is removed, with all that was held of them."""
    old.device.add_fingerprint("1001", 2)
    response = await done(old, "remove_user", user_id="1001")
    assert response["user"]["user_id"] == "1001"
    assert "1001" not in old.device.users
    assert old.device.templates_of("1001") == []
    assert set(await listed(old)) == {"1002", "1003"}


@pytest.mark.parametrize("action", ["remove_user", "update_user"])
async def test_last_admin(old: KitAdms, action: str) -> None:
    """Who takes the last admin away is warned."""
    old.device.add_user("9", "Boss", privilege=14)
    await listed(old)
    change = {} if action == "remove_user" else {"privilege": "user"}
    told = await done(old, action, user_id="9", **change)
    assert "no_admin_left" in told["warnings"]


async def test_what_is_refused_in_both(
    old: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once in each, and told as it was refused first."""
    for code, said in ((-1, 2), (-1005, 1)):
        old.device.commands.clear()
        for words in ("DATA DELETE", "DATA DEL_USER"):
            code_of = code if words == "DATA DELETE" else -1002
            outcome = Outcome(code=code_of, verb="DATA")
            monkeypatch.setitem(
                old.device.handlers, words, lambda *_, outcome=outcome: outcome
            )
        with pytest.raises(HomeAssistantError) as error:
            await done(old, "remove_user", user_id="1001")
        key = "push_parameter" if code == -1 else "push_busy"
        assert error.value.translation_key == key
        assert sum("DEL" in one.text for one in old.device.commands) == said
    assert "1001" in old.device.users


async def test_while_it_is_away(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is said in the words that it knows, once it is back."""
    old = await syncid.add_adms_terminal(url, profile="old")
    await old.simulation.until_uploaded()
    await listed(old)
    await old.switch_off()
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)
    result = await done(old, "enroll_user", user_id="55", name="Eva")
    assert result["queued"] is True
    await old.switch_on()
    await old.simulation.until_done("DATA USER")
    assert old.device.users["55"].name == "Eva"


async def test_new_firmware(old: KitAdms) -> None:
    """A terminal that was brought up to date is asked, and told, in new words again."""
    await done(old, "enroll_user", user_id="55", name="Eva")
    old.device.handlers = handlers_of(replace(old.device.profile, old_dialect=False))
    assert set(await listed(old)) == set(old.device.users)
    old.device.commands.clear()
    await done(old, "update_user", user_id="55", name="Evi")
    await done(old, "update_user", user_id="55", name="Eve")
    assert old.device.users["55"].name == "Eve"
    said = [command.text for command in old.device.commands]
    assert "DATA UPDATE USERINFO PIN=55\tName=Eve" in said


async def test_restart_of_home_assistant(hass: HomeAssistant, old: KitAdms) -> None:
    """Which words it knows is remembered."""
    await done(old, "enroll_user", user_id="55", name="Eva")
    await hass.config_entries.async_reload(old.entry.entry_id)
    await old.simulation.until_polled(2)
    old.device.commands.clear()
    await done(old, "remove_user", user_id="55")
    assert refused(old) == []


async def test_collect_records(syncid: SyncIDKit, old: KitAdms) -> None:
    """Who cannot be asked for a period sends all of the log again."""
    del old.device.handlers["DATA QUERY ATTLOG"]
    old.device.fill_log(5)
    await old.simulation.until_uploaded()
    old.device.journals["ATTLOG"].clear()
    journal = old.device.journals["ATTLOG"]
    old.device.fill_log(7)
    journal.position = len(journal)  # of which it believes that they were taken
    before = len(await syncid.stored())
    found = await old.call("collect_records")
    assert found["new"] == len(await syncid.stored()) - before > 0


@pytest.mark.parametrize("tells", [True, False])
async def test_log_that_does_not_come(old: KitAdms, *, tells: bool) -> None:
    """Who neither sends a period nor goes by stamps is not said to have sent its log."""
    del old.device.handlers["DATA QUERY ATTLOG"]
    old.device.faults.stamps = "ignore"
    if not tells:
        del old.device.handlers["INFO"]
    # An empty log is all that there is.
    assert (await old.call("collect_records"))["new"] == 0
    old.device.fill_log(5)
    await old.simulation.until_uploaded()
    with pytest.raises(HomeAssistantError) as error:
        await old.call("collect_records")
    assert error.value.translation_key == "push_unsupported"


async def test_log_that_was_cleared_by_hand(old: KitAdms) -> None:
    """The same of one whose log is empty by now is believed, whatever is stored."""
    del old.device.handlers["DATA QUERY ATTLOG"]
    old.device.faults.stamps = "ignore"
    old.device.fill_log(5)
    await old.simulation.until_uploaded()
    old.device.journals["ATTLOG"].clear()
    assert (await old.call("collect_records"))["new"] == 0


async def test_queue_of_an_update_that_is_away(
    syncid: SyncIDKit, old: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of a user is never said in words that may lose the rest."""
    old.device.add_user("77", "Zoë", card="4711")
    await old.simulation.until_uploaded()
    await old.switch_off()
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)
    result = await done(old, "update_user", user_id="77", name="Zoe")
    assert result["queued"] is True
    await old.switch_on()
    await old.simulation.until_done("DATA UPDATE")
    held = old.device.users["77"]
    assert (held.name, held.card) == ("Zoë", "4711")
