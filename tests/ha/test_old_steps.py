"""Terminals that push and know little, told to step by step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest

from custom_components.syncid.push import adms
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.adms.commands import Outcome
from simulator.adms.people import OLD_PEOPLE_HANDLERS, PEOPLE_HANDLERS
from simulator.adms.records import AdmsUser

from .kit import PEOPLE, KitAdms, SyncIDKit
from .test_old_firmware import done, listed


@pytest.fixture
async def old(syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch) -> KitAdms:
    """Return a terminal with old firmware that calls only when told to."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    terminal = await syncid.add_adms_terminal(url, profile="old", step=True)
    for _ in range(3):
        await terminal.simulation.cycle()
    return terminal


async def go_on(
    task: asyncio.Task[Any], step: Callable[[], Awaitable[object]], most: int = 60
) -> None:
    """Have a terminal do something until nobody waits for it any more."""
    for _ in range(most):
        if task.done():
            return
        await step()


async def listing(old: KitAdms) -> asyncio.Task[dict[str, Any]]:
    """Ask who is there, until the terminal has heard where to begin."""
    task = old.hass.async_create_task(listed(old))
    for _ in range(300):
        if not old.device.connected:
            break
        await old.simulation.poll()
        while old.device.outbox:
            await old.simulation.reply()
    assert not old.device.connected
    await old.simulation.connect()
    return task


async def test_posts_with_polls_between(old: KitAdms) -> None:
    """Who told of a part of its users only, as its INFO says, has not told of all."""
    task = await listing(old)
    old.device.faults.batch = 2

    async def step() -> None:
        await old.simulation.upload("OPERLOG")
        await old.simulation.poll()
        await old.simulation.poll()

    await go_on(task, step)
    assert set(await task) == set(PEOPLE)


async def test_removed_while_old_firmware_tells(old: KitAdms) -> None:
    """Who is removed before the terminal has said all is not there."""
    task = await listing(old)
    await old.simulation.upload("OPERLOG")
    old.device.remove_user("1002")
    await old.simulation.upload("OPERLOG")
    await go_on(task, old.simulation.poll)
    assert set(await task) == {*PEOPLE} - {"1002"}


async def test_unloaded_while_it_tells(
    hass: HomeAssistant, old: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for minutes for a terminal whose entry is not set up any more."""
    task = await listing(old)
    await old.simulation.upload("OPERLOG")
    await hass.config_entries.async_unload(old.entry.entry_id)
    for _ in range(200):
        await asyncio.sleep(0)
    is_over = task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert is_over


async def test_terminal_that_is_not_empty_any_more(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is written over at a terminal that was empty when it last said so."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    old = await syncid.add_adms_terminal(url, profile="old", people={})
    await old.simulation.until_polled(3)
    old.device.faults.stamps = "ignore"
    # By hand, long ago, as far as Home Assistant remembers.
    old.device.users["77"] = AdmsUser(user_id="77", name="Zoe")
    # It tells how many there are when it is switched on (§7), and not since: options
    # are asked for in words that old firmware need not know.
    old.device.faults.info = "none"
    monkeypatch.setattr(type(old.device), "send_options", AsyncMock())
    with pytest.raises(HomeAssistantError):
        await done(old, "enroll_user", user_id="77", name="Eva")
    assert old.device.users["77"].name == "Zoe"


async def test_new_words_for_all_but_lists(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot be asked for users may know the new words for writing them."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    old = await syncid.add_adms_terminal(url, profile="old")
    await old.simulation.until_uploaded()
    for words in OLD_PEOPLE_HANDLERS:
        del old.device.handlers[words]
    for words in ("DATA UPDATE", "DATA DELETE"):
        old.device.handlers[words] = PEOPLE_HANDLERS[words]
    result = await done(old, "enroll_user", user_id="55", name="Eva")
    assert result["done"]
    assert old.device.users["55"].name == "Eva"


async def test_one_refusal_of_new_firmware(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who refused one new command and took it in old words still tells who is there."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    terminal = await syncid.add_adms_terminal(url)
    handlers = terminal.device.handlers
    handlers["DATA USER"] = OLD_PEOPLE_HANDLERS["DATA USER"]
    update = handlers["DATA UPDATE"]
    handlers["DATA UPDATE"] = lambda *_: Outcome(code=-1, verb="DATA")
    await done(terminal, "enroll_user", user_id="55", name="Eva")
    handlers["DATA UPDATE"] = update
    assert set(await listed(terminal)) == {*PEOPLE, "55"}


async def test_promised_change_that_is_refused(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was queued and is refused later, somebody hears of."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")
    await terminal.switch_off()
    await syncid.advance(91)
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)
    assert (await done(terminal, "enroll_user", user_id="55", name="Eva"))["queued"]
    terminal.device.handlers["DATA UPDATE"] = lambda *_: Outcome(code=-1001)
    caplog.clear()
    await terminal.switch_on()
    await terminal.simulation.until_done("DATA UPDATE")
    await syncid.settle()
    said = [
        one
        for one in caplog.records
        if "syncid" in one.name and one.levelname in {"WARNING", "ERROR"}
    ]
    issues = [key for key in ir.async_get(hass).issues if key[0] == "syncid"]
    assert "55" not in terminal.device.users
    assert said or issues


async def test_removed_while_new_firmware_tells(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is removed before the terminal asks again is not there."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await terminal.simulation.cycle()
    task = terminal.hass.async_create_task(listed(terminal))
    for _ in range(300):
        await terminal.simulation.poll()
        if terminal.device.outbox:
            break
    while terminal.device.outbox:
        await terminal.simulation.reply()
    terminal.device.remove_user("1002")
    await terminal.simulation.upload("OPERLOG")
    await go_on(task, terminal.simulation.poll)
    assert set(await task) == {*PEOPLE} - {"1002"}


async def test_script_that_is_stopped_at_once(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What was being queued when its script was stopped is not said later."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    for _ in range(4):
        await terminal.simulation.cycle()
    terminal.device.commands.clear()
    for steps in range(1, 25):
        asking = hass.async_create_task(terminal.call("unlock_door"))
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await syncid.settle()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    for _ in range(4):
        await terminal.simulation.cycle()
    assert [one.text for one in terminal.device.commands] == []


async def test_second_card_in_old_words(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the terminal told of somebody stays, their second card too."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    old = await syncid.add_adms_terminal(url, profile="old")
    old.device.add_user("77", "Zoe", card="4711")
    old.device.users["77"].vice_card = "4712"
    await done(old, "update_user", user_id="77", name="Zora")
    held = old.device.users["77"]
    assert (held.name, held.card, held.vice_card) == ("Zora", "4711", "4712")


async def test_card_that_nobody_can_read(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a card in a form that SyncID does not know."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 10)
    old = await syncid.add_adms_terminal(url, profile="old")
    old.device.add_user("77", "Zoe", card="4711")
    old.device.users["77"].card = "0x1267"
    await done(old, "update_user", user_id="77", name="Zora")
    assert old.device.users["77"].card == "0x1267"
