"""Terminals that push, when the ledger's file goes bad."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import flush_store

from custom_components.syncid.hub import DATA_HUB, Hub
from custom_components.syncid.push import adms
from custom_components.syncid.push.server import DATA_ADMS, AdmsServer
from custom_components.syncid.signals import SIGNAL_LEDGER_REPLACED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .kit import KitAdms, SyncIDKit
from .test_adms_actions import done
from .test_adms_queue import QUEUED, queue
from .test_ledger import GARBAGE, spoil


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer of terminals that are away."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)


@pytest.fixture(params=["att", "old", "acc"])
async def terminal(syncid: SyncIDKit, url: str, request: Any) -> KitAdms:
    """Return a terminal whose log is stored."""
    terminal = await syncid.add_adms_terminal(url, profile=request.param, step=True)
    start = terminal.device.now() - timedelta(hours=2)
    terminal.device.fill_log(20, start)
    for _ in range(2):
        await terminal.simulation.cycle()
    assert len(await syncid.stored()) == 20
    return terminal


async def damage(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Have the file found spoilt, by the next punch."""
    spoil(syncid)
    await terminal.post(terminal.attlog("1001"))
    await syncid.wait_for_issue("ledger_replaced")
    await syncid.settle()


async def cycles(terminal: KitAdms) -> None:
    """Let a terminal call until it has done all that it is told."""
    for _ in range(4):
        await terminal.simulation.cycle()


async def test_damaged_while_running(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """All that terminals hold is asked for, to fill a new file; it is no news."""
    await damage(syncid, terminal)
    punch = await syncid.next_punch()
    assert punch["live"] is True
    await cycles(terminal)
    assert len(await syncid.stored()) == 21
    await syncid.settle()
    syncid.assert_no_punch()
    asked = len(terminal.device.commands)
    await cycles(terminal)
    assert len(terminal.device.commands) == asked


@pytest.mark.parametrize("terminal", ["att"], indirect=True)
async def test_queue_outlives_the_file(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """What waited for a terminal waits in the new file, and more can."""
    await syncid.add_push_device("GATEWAY-1")
    await syncid.advance(91)
    assert (
        await done(terminal, "remove_user", user_id="1002")
    ).items() >= QUEUED.items()
    await damage(syncid, terminal)
    assert queue(syncid) == [("remove_user", "queued")]
    await syncid.advance(91)
    removed = await done(terminal, "remove_user", user_id="1003")
    assert removed.items() >= QUEUED.items()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await cycles(terminal)
    assert set(terminal.device.users) == {"1001"}
    assert {state for _, state in queue(syncid)} == {"done"}


@pytest.mark.parametrize("terminal", ["att"], indirect=True)
async def test_found_by_a_command(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """A command that finds the file spoilt is written into the new one."""
    await syncid.advance(91)
    spoil(syncid)
    changed = await done(terminal, "remove_user", user_id="1002")
    assert changed.items() >= QUEUED.items()
    await syncid.wait_for_issue("ledger_replaced")
    await cycles(terminal)
    assert "1002" not in terminal.device.users
    assert len(await syncid.stored()) == 20


@pytest.mark.parametrize("terminal", ["att"], indirect=True)
async def test_found_by_a_poll(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """So is one that is fetched when the file is found spoilt."""
    await syncid.advance(91)
    await done(terminal, "remove_user", user_id="1002")
    spoil(syncid)
    answer = await terminal.simulation.poll()
    assert (answer.status, answer.text) == (200, "C:1:DATA DELETE USERINFO PIN=1002\n")
    await syncid.wait_for_issue("ledger_replaced")
    assert ("remove_user", "sent") in queue(syncid)


async def test_new_file_that_cannot_be_written(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A command that cannot be written into the new file is said all the same."""

    @callback
    def fill_disk() -> None:
        syncid.in_file(
            "CREATE TRIGGER full BEFORE INSERT ON commands"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )

    # Before the terminal, which is told in turn.
    async_dispatcher_connect(hass, SIGNAL_LEDGER_REPLACED, fill_disk)
    terminal = await syncid.add_adms_terminal(url, step=True)
    await syncid.advance(91)
    await done(terminal, "remove_user", user_id="1002")
    await damage(syncid, terminal)
    assert f"The queue of {terminal.serial} was not kept" in caplog.text
    assert queue(syncid) == []
    syncid.in_file("DROP TRIGGER full")
    await cycles(terminal)
    assert "1002" not in terminal.device.users
    assert ("remove_user", "done") in queue(syncid)


async def test_damaged_at_start(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """A file that is spoilt when Home Assistant starts is filled anew as well."""
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    await flush_store(hass.data[DATA_ADMS]._store)
    hub = hass.data[DATA_HUB]
    await hass.async_add_executor_job(hub.ledger.close)
    syncid.ledger_file.write_bytes(GARBAGE)
    hass.data[DATA_HUB], hass.data[DATA_ADMS] = Hub(hass), AdmsServer(hass)
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    await syncid.wait_for_issue("ledger_replaced")
    await cycles(terminal)
    assert len(await syncid.stored()) == 20
    await syncid.settle()
    syncid.assert_no_punch()
