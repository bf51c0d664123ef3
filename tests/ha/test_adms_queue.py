"""What waits for a terminal that pushes until it asks what to do."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import flush_store

from custom_components.syncid.core.adms.commands import Command
from custom_components.syncid.push import adms
from custom_components.syncid.push.server import DATA_ADMS, AdmsServer
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator.http import HttpClient

from .kit import PATIENCE, PEOPLE, KitAdms, SyncIDKit, let_pass
from .test_adms_actions import done, refusal

QUEUED = {"done": False, "queued": True}


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer of terminals that are away."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)


@pytest.fixture
async def away(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that called once, and then no more until it is told to."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    terminal.device.commands.clear()
    await syncid.advance(91)
    return terminal


async def tell_and_leave(syncid: SyncIDKit, url: str, **details: Any) -> KitAdms:
    """Return a terminal that told who is there, and then called no more."""
    terminal = await syncid.add_adms_terminal(url, **details)
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr(adms, "ANSWER_WITHIN", PATIENCE)
        await terminal.call("list_users")
    await terminal.switch_off()
    terminal.device.commands.clear()
    await syncid.advance(91)
    return terminal


def queue(syncid: SyncIDKit) -> list[tuple[str, str]]:
    """Return the commands in the ledger's file: what they are, and how they stand."""
    rows = syncid.in_file("SELECT kind, state FROM commands ORDER BY id")
    return [(kind, state) for kind, state in rows]


# --- what is done later ---------------------------------------------------------------


@pytest.mark.parametrize("restarts", [False, True])
async def test_away(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, restarts: bool
) -> None:
    """What is asked of a terminal that is away is done when it is back."""
    away = await tell_and_leave(syncid, url)
    added = await done(away, "enroll_user", user_id="55", name="Eva")
    removed = await done(away, "remove_user", user_id="1002")
    changed = await done(away, "update_user", user_id="1001", card=9)
    assert [{key: one[key] for key in QUEUED} for one in (added, removed, changed)] == [
        {**QUEUED}
    ] * 3
    assert away.state("sensor", "commands_waiting").state == "3"
    if restarts:
        await hass.config_entries.async_reload(away.entry.entry_id)
        assert away.state("sensor", "commands_waiting").state == "3"
    await away.simulation.cycle()
    await away.simulation.cycle()
    assert set(away.device.users) == {"1001", "1003", "55"}
    assert away.device.users["1001"].card == "9"
    await syncid.settle()
    assert away.state("sensor", "commands_waiting").state == "0"
    assert len(away.device.commands) == 3


@pytest.mark.parametrize("knows_some", [False, True])
async def test_nobody_knows_who_is_there(
    syncid: SyncIDKit, away: KitAdms, knows_some: bool
) -> None:
    """Who may be there already is not added: what is queued would change them."""
    in_hub = away.entry.runtime_data.in_hub
    # As after a restart of Home Assistant, when at most some were changed since.
    in_hub.users = {"1003": in_hub.users["1003"]} if knows_some else {}
    assert await refusal(away, "enroll_user", user_id="1001", name="Eva") == (
        "users_unknown"
    )
    assert queue(syncid) == []
    await away.simulation.cycle()
    assert away.device.users["1001"].name == "Amina"


@pytest.mark.parametrize("listed", [False, True])
async def test_just_gone(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    """A terminal that has just gone, and counts as online yet, is as one away."""
    terminal = await syncid.add_adms_terminal(url, step=not listed)
    if listed:
        monkeypatch.setattr(adms, "ANSWER_WITHIN", PATIENCE)
        await terminal.call("list_users")
        await terminal.switch_off()
        monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)
    assert terminal.is_online
    if not listed:
        key = await refusal(terminal, "enroll_user", user_id="55", name="Eva")
        assert key == "users_unknown"
        return
    added = await done(terminal, "enroll_user", user_id="55", name="Eva")
    assert {key: added[key] for key in QUEUED} == QUEUED
    await terminal.simulation.cycle()
    await terminal.simulation.cycle()
    assert terminal.device.users["55"].name == "Eva"


async def test_erased_before_it_was_told(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What waited to be said of who is erased is not said when the terminal is back."""
    away = await tell_and_leave(syncid, url)
    for action, data in (
        ("add_person", {"name": "Bruno"}),
        (
            "map_user",
            {"device_id": [away.device_id], "user_id": "1002", "person": "Bruno"},
        ),
    ):
        await hass.services.async_call("syncid", action, data, blocking=True)
    await done(away, "update_user", user_id="1002", name="Zyxwvut")
    await hass.services.async_call(
        "syncid", "remove_person", {"person": "Bruno"}, blocking=True
    )
    await away.simulation.cycle()
    await away.simulation.cycle()
    await syncid.settle()
    assert away.device.users["1002"].name == PEOPLE["1002"]


@pytest.mark.parametrize("loaded", [True, False])
async def test_erased_while_away(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, loaded: bool
) -> None:
    """Of who is erased nothing is said any more but that they go; it is not told as done."""
    away = await tell_and_leave(syncid, url)

    async def call(action: str, **data: Any) -> dict[str, Any]:
        told = await hass.services.async_call(
            "syncid", action, data, blocking=True, return_response=True
        )
        assert told is not None
        return dict(told)

    await call("add_person", name="Bruno")
    await call("map_user", device_id=[away.device_id], user_id="1002", person="Bruno")
    await done(away, "update_user", user_id="1002", name="Zyxwvut")
    if loaded:
        told = await call("remove_person", person="Bruno", from_terminals=True)
        (terminal,) = told["terminals"]
        assert (terminal["removed"], terminal["queued"]) == (False, True)
    else:
        await done(away, "remove_user", user_id="1002")
        await hass.config_entries.async_unload(away.entry.entry_id)
        told = await call("remove_person", person="Bruno")
    assert told["deleted"]["commands"] >= 1
    await syncid.settle()
    assert not [name for name, held in syncid.files().items() if b"Zyxwvut" in held]
    assert syncid.in_file(
        "SELECT kind, state, user_id FROM commands WHERE ended_at IS NULL"
    ) == [("remove_user", "queued", "1002")]
    if not loaded:
        await hass.config_entries.async_setup(away.entry.entry_id)
    await away.simulation.cycle()
    await away.simulation.cycle()
    await syncid.settle()
    assert "1002" not in away.device.users
    assert syncid.in_file("SELECT user_id FROM commands WHERE user_id <> ''") == []


async def test_secrets_do_not_stay(syncid: SyncIDKit, away: KitAdms) -> None:
    """What a command said is forgotten when it came to its end."""
    await done(away, "update_user", user_id="1001", password="87654321")
    assert syncid.in_file("SELECT text FROM commands WHERE text LIKE '%87654321%'")
    await away.simulation.cycle()
    assert not syncid.in_file("SELECT text FROM commands WHERE text <> ''")


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("unlock_door", {}),
        ("restart", {}),
        ("enroll_fingerprint", {"user_id": "1001", "finger": 1}),
        ("collect_records", {}),
        ("clear_records", {}),
        ("list_users", {}),
        ("get_option", {"name": "Volume"}),
    ],
)
async def test_now_or_never(
    syncid: SyncIDKit,
    away: KitAdms,
    action: str,
    data: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is of use only now is not done later, and the admin hears that."""
    wait = adms.AdmsTerminal.async_say
    monkeypatch.setattr(
        adms.AdmsTerminal,
        "async_say",
        lambda self, commands, within=None, **how: wait(self, commands, 0.05, **how),
    )
    if action == "restart":
        with pytest.raises(HomeAssistantError) as raised:
            await away.order(action)
        assert raised.value.translation_key == "push_no_answer"
    else:
        assert await refusal(away, action, **data) == "push_no_answer"
    assert {state for _, state in queue(syncid)} == {"expired"}
    await away.simulation.cycle()
    assert away.device.commands == []
    assert away.device.log == []


async def test_fetched_and_not_answered(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    away: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of what the terminal fetched, nobody is told that it will not be done."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.5)
    restarting = hass.async_create_task(refusal(away, "unlock_door"))
    await until_asked(syncid, away)
    assert "AC_UNLOCK" in (await away.simulation.poll()).text
    assert await restarting == "push_no_result"
    # It may have done it, and is not waited for any more.
    assert queue(syncid) == [("unlock", "expired")]


async def test_gone_for_longer_than_it_polls(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits a minute, or two, for a terminal that has missed its polls."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 3600)
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")
    await terminal.simulation.until_polled(3)
    await terminal.switch_off()
    monkeypatch.setattr(adms, "MISSED_POLLS", 0)
    async with asyncio.timeout(PATIENCE):
        result = await done(terminal, "enroll_user", user_id="55", name="Eva")
        assert (result["done"], result["queued"]) == (False, True)
        # Of use now or never: it is not done later.
        assert await refusal(terminal, "unlock_door") == "push_no_answer"
    await terminal.switch_on()
    await terminal.simulation.until(lambda: "55" in terminal.device.users)
    assert terminal.device.unlocks == []


async def test_busy_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does what it was told is waited for, though it polls no more meanwhile."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 3600)
    terminal = await syncid.add_adms_terminal(url)
    await terminal.simulation.until_polled(3)
    enrolling = hass.async_create_task(
        terminal.call("enroll_fingerprint", user_id="1001", finger=6)
    )
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    await terminal.switch_off()
    monkeypatch.setattr(adms, "MISSED_POLLS", 0)
    asking = hass.async_create_task(terminal.call("get_device_info"))
    await until_asked(syncid, terminal, 2)
    for _ in range(3):
        terminal.device.press()
    assert not enrolling.done()
    await terminal.switch_on()
    assert await enrolling == {"user_id": "1001", "finger": 6}
    assert (await asking)["up_to_date"] is True


async def test_info_of_who_is_away(away: KitAdms) -> None:
    """What a terminal said last is told, and that it is not new."""
    info = await away.call("get_device_info")
    assert (info["users"], info["up_to_date"]) == (len(PEOPLE), False)


async def test_result_that_is_lost(
    hass: HomeAssistant, away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is dangerous is sent once, whatever becomes of it; a change, again."""
    away.device.faults.lose_result = away.device.faults.repeat = True
    await done(away, "update_user", user_id="1001", group=9)
    await done(away, "remove_user", user_id="1002")
    await away.simulation.cycle()
    utcnow = dt_util.utcnow
    for times in range(1, 4):
        later = timedelta(seconds=301 * times)
        monkeypatch.setattr(dt_util, "utcnow", lambda later=later: utcnow() + later)
        await away.simulation.cycle()
    said = [command.text.split(" PIN")[0] for command in away.device.commands]
    assert said.count("DATA DELETE USERINFO") == 1
    assert said.count("DATA UPDATE USERINFO") > 1
    await hass.config_entries.async_reload(away.entry.entry_id)
    await away.simulation.cycle()
    said = [command.text.split(" PIN")[0] for command in away.device.commands]
    assert said.count("DATA DELETE USERINFO") == 1


async def test_late_result(
    syncid: SyncIDKit, away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was given up may have been done: whoever looks is told so."""
    await done(away, "remove_user", user_id="1002")
    await away.simulation.poll()
    utcnow = dt_util.utcnow
    monkeypatch.setattr(dt_util, "utcnow", lambda: utcnow() + timedelta(seconds=301))
    assert (await away.simulation.poll()).text == "OK"
    assert queue(syncid) == [("remove_user", "expired")]
    await away.simulation.reply()
    assert queue(syncid) == [("remove_user", "done")]


async def test_result_that_is_far_too_late(
    syncid: SyncIDKit, away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was given up more than a day ago stays as it was."""
    await done(away, "remove_user", user_id="1002")
    await away.simulation.poll()
    utcnow = dt_util.utcnow
    for later in (timedelta(seconds=301), timedelta(days=2)):
        monkeypatch.setattr(dt_util, "utcnow", lambda later=later: utcnow() + later)
        await away.simulation.poll()
    await done(away, "remove_user", user_id="1003")
    answer = await away.simulation.reply()
    assert answer is not None
    assert answer.status == 200
    assert queue(syncid) == [("remove_user", "expired"), ("remove_user", "queued")]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for answers for longer than any test takes."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 600)


async def until_asked(syncid: SyncIDKit, terminal: KitAdms, least: int = 1) -> None:
    """Wait until something waits for a terminal."""
    sensor = terminal.entity_id("sensor", "commands_waiting")
    await syncid.wait_for_state(sensor, lambda state: float(state.state) >= least)


@pytest.mark.usefixtures("patient")
async def test_busy_terminal_that_polls(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """One that asks what to do while it awaits a finger, and then is quiet, is there."""
    await away.simulation.poll()
    enrolling = hass.async_create_task(
        away.call("enroll_fingerprint", user_id="1001", finger=6)
    )
    await until_asked(syncid, away)
    for _ in range(2):
        await away.simulation.poll()
    assert away.device.enrolment
    let_pass(hass, 30)
    await away.device.ping()  # whoever waits no longer has left by now
    let_pass(hass, 25)
    for _ in range(3):
        away.device.press()
    await away.simulation.reply()
    assert await enrolling == {"user_id": "1001", "finger": 6}


@pytest.mark.usefixtures("patient")
async def test_slow_terminal_that_polls_twice(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """One that polls every minute is not gone half a minute after it polled twice."""
    await away.simulation.poll()
    let_pass(hass, 60)
    for _ in range(2):
        await away.simulation.poll()
    let_pass(hass, 30)
    asking = hass.async_create_task(away.call("get_device_info"))
    await until_asked(syncid, away)
    await away.simulation.cycle()
    assert (await asking)["up_to_date"] is True


@pytest.mark.usefixtures("patient")
async def test_reload_ends_the_wait(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Who waits for a terminal when its entry is unloaded waits no more."""
    changing = hass.async_create_task(
        done(away, "update_user", user_id="1001", group=9)
    )
    await until_asked(syncid, away)
    await hass.config_entries.async_reload(away.entry.entry_id)
    assert (await changing)["queued"] is True
    assert away.state("sensor", "commands_waiting").state == "1"


@pytest.mark.usefixtures("patient")
async def test_reload_opens_no_door(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """What is of use only now is not done by who sets the entry up again."""
    opening = hass.async_create_task(refusal(away, "unlock_door"))
    await until_asked(syncid, away)
    await hass.config_entries.async_reload(away.entry.entry_id)
    assert await opening == "push_no_answer"
    assert (await away.simulation.poll()).text == "OK"
    assert queue(syncid) == [("unlock", "expired")]


@pytest.mark.usefixtures("patient")
async def test_reload_ends_a_question(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Nor does who waits for the rest of an answer."""
    listing = hass.async_create_task(refusal(away, "list_users"))
    await until_asked(syncid, away)
    await away.simulation.poll()
    while await away.simulation.reply() is not None:
        pass
    await hass.config_entries.async_reload(away.entry.entry_id)
    assert await listing == "push_no_result"


async def test_unloaded_before_its_turn(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """A poll that waited for another when the entry was unloaded gets no command."""
    await done(away, "remove_user", user_id="1002")
    target = away.device.target("getrequest", {})
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(HttpClient(away.device.client.base_url))
            for _ in range(3)
        ]
        for client in clients:
            await client.request("GET", "/iclock/ping")
        with syncid.busy_disk():
            polls = [
                hass.async_create_task(client.request("GET", target))
                for client in clients[:2]
            ]
            # Requests are taken as they come: when this is answered, those wait.
            for _ in range(2):
                await clients[2].request("GET", "/iclock/ping")
            await hass.config_entries.async_unload(away.entry.entry_id)
        first, second = await asyncio.gather(*polls)
    assert first.text == "C:1:DATA DELETE USERINFO PIN=1002\n"
    assert second.status == 500


async def test_cannot_be_queued(syncid: SyncIDKit, away: KitAdms) -> None:
    """What cannot be written down is not said to wait."""
    with syncid.full_disk("commands"):
        key = await refusal(away, "update_user", user_id="1001", group=9)
    assert key == "ledger_error"
    assert (await away.simulation.poll()).text == "OK"


async def test_card_at_a_terminal_that_is_away(
    syncid: SyncIDKit, away: KitAdms
) -> None:
    """Nobody is given a card later that may be somebody else's."""
    assert await refusal(away, "update_user", user_id="1001", card=9) == (
        "push_no_answer"
    )
    assert (await away.simulation.poll()).text == "OK"


# --- how it is said -------------------------------------------------------------------


async def test_many_commands(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Commands are fetched ten at a time, in their order."""
    assert (await away.simulation.poll()).text == "OK"
    await asyncio.gather(
        *(done(away, "update_user", user_id="1001", group=one) for one in range(1, 26))
    )
    counts = []
    for _ in range(4):
        answer = await away.simulation.poll()
        counts.append(answer.text.count("C:"))
        while await away.simulation.reply() is not None:
            pass
    assert counts == [10, 10, 5, 0]
    assert away.device.users["1001"].group == "25"
    assert [state for _, state in queue(syncid)] == ["done"] * 25


async def test_long_queue(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Thousands of commands are queued without holding up the event loop."""
    terminal = hass.data[DATA_ADMS].async_terminal(away.serial)
    assert terminal is not None
    rounds = 0

    def count() -> None:
        nonlocal rounds
        rounds += 1
        if terminal.waiting == 0:
            hass.loop.call_soon(count)

    commands = [
        Command("write_template", f"DATA UPDATE FINGERTMP PIN={number}", str(number))
        for number in range(1, 3001)
    ]
    hass.loop.call_soon(count)
    outcomes = await terminal.async_say(commands)
    assert len(outcomes) == terminal.waiting == 3000
    assert rounds >= 15
    answer = await away.simulation.poll()
    assert answer.text.count("C:") == 10
    assert len(queue(syncid)) == 3000


@pytest.mark.parametrize("return_key", ["Return", "return"])
async def test_results_together(
    syncid: SyncIDKit, away: KitAdms, return_key: Any
) -> None:
    """Three results in one post are told apart; one of nobody's is no harm."""
    away.device.faults.results_per_post = 3
    away.device.faults.return_key = return_key
    for group in range(1, 4):
        await done(away, "update_user", user_id="1001", group=group)
    await away.simulation.poll()
    away.device.faults.result_id = "9999"
    away.device.faults.return_code = -1
    await away.simulation.reply()
    body = b"ID=1&Return=-1001&CMD=DATA\nID=none&Return=x\nID=2&return=0\n"
    answer = await away.device.request("POST", "devicecmd", {}, body)
    assert (answer.status, answer.text) == (200, "OK")
    assert [state for _, state in queue(syncid)] == ["done"] * 3


async def test_failed_result(syncid: SyncIDKit, away: KitAdms) -> None:
    """What failed is not tried again; a result of nothing changes nothing."""
    await done(away, "update_user", user_id="1001", group=1)
    await away.simulation.poll()
    for body in (b"", b"nonsense", b"ID=77&Return=0", b"ID=1&Return=-1001&CMD=DATA"):
        answer = await away.device.request("POST", "devicecmd", {}, body)
        assert answer.text == "OK"
    assert queue(syncid) == [("change_user", "failed")]
    assert (await away.simulation.poll()).text == "OK"


async def test_result_that_is_not_stored(syncid: SyncIDKit, away: KitAdms) -> None:
    """A result that cannot be kept is asked for again, and not lost."""
    await done(away, "update_user", user_id="1001", group=1)
    await away.simulation.poll()
    syncid.in_file(
        "CREATE TRIGGER full BEFORE UPDATE ON commands"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    answer = await away.simulation.reply()
    assert answer is not None
    assert answer.status == 500
    syncid.in_file("DROP TRIGGER full")
    await away.simulation.reply()
    assert queue(syncid) == [("change_user", "done")]


async def test_commands_by_push(syncid: SyncIDKit, url: str) -> None:
    """Some access terminals ask for their commands where others do not."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    terminal.device.faults.poll_by_push = True
    assert "SessionID" in (await terminal.simulation.poll()).text
    await done(terminal, "remove_user", user_id="1003")
    answer = await terminal.simulation.poll()
    assert answer.text == "C:1:DATA DELETE user Pin=1003\n"
    await terminal.simulation.reply()
    assert "1003" not in terminal.device.users


async def test_access_commands_are_apart(syncid: SyncIDKit, url: str) -> None:
    """Commands to an access terminal have an empty line between them."""
    terminal = await tell_and_leave(syncid, url, profile="acc")
    await done(terminal, "enroll_user", user_id="55", name="Eva")
    answer = await terminal.simulation.poll()
    assert answer.text.startswith("C:2:DATA UPDATE user ")
    assert "\r\n\r\nC:3:DATA UPDATE userauthorize " in answer.text


async def test_resync(hass: HomeAssistant, syncid: SyncIDKit, url: str) -> None:
    """A terminal that goes by stamps sends all again when that is wanted."""
    terminal = await syncid.add_adms_terminal(url, profile="old", step=True)
    terminal.device.fill_log(3)
    await terminal.simulation.cycle()
    known = hass.data[DATA_ADMS].async_terminal(terminal.serial)
    assert known is not None
    known.async_resync()
    terminal.device.connected = False
    await terminal.simulation.connect()
    assert terminal.device.unsent
    await terminal.simulation.cycle()
    assert len(await syncid.stored()) == 3


async def test_restart_of_home_assistant(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    syncid: SyncIDKit,
    away: KitAdms,
    url: str,
) -> None:
    """What was learned of terminals outlives Home Assistant; of gateways is nothing."""
    acc = await syncid.add_adms_terminal(url, "ACC1", profile="acc", step=True)
    await syncid.add_push_device("GATEWAY-1")
    code = acc.device.registry_code
    await done(away, "remove_user", user_id="1003")
    await flush_store(hass.data[DATA_ADMS]._store)
    kept = hass_storage["syncid.adms"]["data"]
    assert set(kept) == {"ACC1", away.serial}
    assert kept["ACC1"]["registry_code"] == code
    for terminal in (acc, away):
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    hass.data[DATA_ADMS] = AdmsServer(hass)
    for terminal in (acc, away):
        await hass.config_entries.async_setup(terminal.entry.entry_id)
    assert away.state("sensor", "commands_waiting").state == "1"
    assert f"RegistryCode={code}\n" in (await acc.simulation.handshake()).text
    assert acc.registered.model == "ProFace X"
    await away.simulation.cycle()
    assert "1003" not in away.device.users
    await hass.config_entries.async_remove(acc.entry.entry_id)
    await flush_store(hass.data[DATA_ADMS]._store)
    assert set(hass_storage["syncid.adms"]["data"]) == {away.serial}
