"""The ledger's file: where it is, and what becomes of a damaged or full one."""

import gc
import logging
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from simulator import Record
from simulator.records import pack_record

from .guard import LoopGuard
from .kit import IMPOSSIBLE, OTHER_SERIAL, SERIAL, SyncIDKit

GARBAGE = b"This is no database. " * 1000


PAGE = 4096
PREPARE_BUFFER = 1503


async def test_place(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The ledger is in the configuration folder, and so in every backup."""
    await syncid.add_terminal()
    assert syncid.ledger_file.parent == Path(hass.config.config_dir)
    assert syncid.in_file("SELECT serial, zone FROM terminals") == [
        (SERIAL, hass.config.time_zone)
    ]


async def test_damaged_at_start(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A file that is no ledger is put aside, and the terminals fill a new one."""
    syncid.ledger_file.write_bytes(GARBAGE)
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 20)
    terminal = await syncid.add_terminal(simulation)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    issue = await syncid.wait_for_issue("ledger_replaced")
    assert issue.is_persistent
    assert issue.translation_placeholders is not None
    assert syncid.files()[issue.translation_placeholders["file"]] == GARBAGE
    assert len(await syncid.stored()) == 20
    syncid.assert_no_punch()


async def test_notice_of_damage_is_read(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """The admin who has read what happened is not told again."""
    assert await async_setup_component(hass, "repairs", {})
    syncid.ledger_file.write_bytes(GARBAGE)
    await syncid.add_terminal()
    issue = await syncid.wait_for_issue("ledger_replaced")
    assert issue.translation_placeholders is not None
    client = await hass_client()
    path = "/api/repairs/issues/fix"
    asked = {"handler": DOMAIN, "issue_id": "ledger_replaced"}
    flow = await (await client.post(path, json=asked)).json()
    assert flow["step_id"] == "confirm"
    assert flow["description_placeholders"] == issue.translation_placeholders
    assert syncid.issue("ledger_replaced") is not None
    await client.post(f"{path}/{flow['flow_id']}", json={})
    assert syncid.issue("ledger_replaced") is None


async def test_read_that_cannot_be_stored(
    hass: HomeAssistant, syncid: SyncIDKit, loop_guard: LoopGuard
) -> None:
    """Whoever is left with the error of a read does not end it at the terminal."""
    terminal = await syncid.add_terminal()
    terminal.simulation.call(terminal.device.fill_log, 60_000)
    with syncid.full_disk():
        for _ in range(3):
            with pytest.raises(HomeAssistantError):
                await terminal.call("collect_records")
        gc.collect()
    assert not loop_guard.caught
    await terminal.call("collect_records")
    assert syncid.in_file("SELECT count(*) FROM punches") == [(60_000,)]


def spoil(syncid: SyncIDKit, begin: int = 0) -> None:
    """Overwrite the file from somewhere on."""
    # So that nobody relies on what is in memory, or in the log of writes.
    syncid.in_file("UPDATE schema_version SET version = version")
    syncid.in_file("PRAGMA wal_checkpoint(TRUNCATE)")
    with syncid.ledger_file.open("r+b") as file:
        file.seek(begin)
        file.write(GARBAGE)


@pytest.mark.parametrize("begin", [0, PAGE])
@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_damaged_while_running(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, begin: int
) -> None:
    """A file that goes bad is put aside, and filled again from the terminals."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 20)
    terminal = await syncid.add_terminal(simulation, mode=mode)
    spoil(syncid, begin)
    terminal.punch("1001")
    await syncid.advance(300)
    await syncid.wait_for_issue("ledger_replaced")
    await syncid.advance(600)
    await syncid.wait_until_stored(21)
    assert terminal.is_online
    terminal.punch("1002")
    await terminal.call("collect_records")
    assert len(await syncid.stored()) == 22


async def test_damaged_in_a_read(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A read that began with the old file begins anew with the new one."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 20)
    terminal = await syncid.add_terminal(simulation, mode="polling")
    terminal.punch("1001")
    terminal.device.on(PREPARE_BUFFER, lambda _: spoil(syncid))
    assert (await terminal.call("collect_records"))["read"] == 21
    await syncid.wait_for_issue("ledger_replaced")
    assert len(await syncid.stored()) == 21
    assert syncid.issue("ledger_unwritable") is None


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_unwritable(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    caplog: pytest.LogCaptureFixture,
    mode: str,
) -> None:
    """What cannot be stored is not announced before it can be, and is not lost."""
    terminal = await syncid.add_terminal(mode=mode)
    caplog.clear()
    with syncid.full_disk():
        terminal.punch("1001")
        await syncid.advance(300)
        issue = await syncid.wait_for_issue("ledger_unwritable")
        assert issue.translation_placeholders is not None
        assert "disk is full" in issue.translation_placeholders["error"]
        assert terminal.is_online
        terminal.punch("1002")
        await syncid.advance(600)
        syncid.assert_no_punch()
    await syncid.advance(900)
    users = [punch["user_id"] for punch in await syncid.next_punches(2)]
    assert users == ["1001", "1002"]
    await syncid.wait_for_no_issue("ledger_unwritable")
    stored = [
        record
        for record in caplog.records
        if record.levelno >= logging.ERROR and "cannot be stored" in record.message
    ]
    assert len(stored) == 1


async def test_writable_again_without_news(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """The issue is gone when anything can be stored, be it nothing to announce."""
    terminal = await syncid.add_terminal(mode="polling")
    record = pack_record(
        Record(user_id="1001", time=None, raw_time=IMPOSSIBLE), terminal.device.profile
    )
    terminal.simulation.call(terminal.device.add_raw_record, record)
    with syncid.full_disk("quarantine"):
        await syncid.advance(60)
        await syncid.wait_for_issue("ledger_unwritable")
    await syncid.advance(120)
    await syncid.wait_for_no_issue("ledger_unwritable")
    assert syncid.in_file("SELECT count(*) FROM quarantine") == [(1,)]
    syncid.assert_no_punch()


async def test_unwritable_at_setup(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that cannot be stored is set up as soon as it can be."""
    await syncid.add_terminal()
    with syncid.full_disk("terminals"):
        terminal = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
        assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
        assert terminal.entry.error_reason_translation_key == "ledger_error"
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED


async def test_no_place_for_it(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A ledger that cannot be opened is opened later."""
    syncid.ledger_file.mkdir()
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "ledger_error"
    syncid.ledger_file.rmdir()
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED


async def test_newer_file(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A ledger that a newer SyncID made is left alone, until that is back."""
    syncid.in_file("CREATE TABLE schema_version (version INTEGER)")
    syncid.in_file("INSERT INTO schema_version VALUES (1000)")
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.SETUP_ERROR
    assert terminal.entry.error_reason_translation_key == "ledger_too_new"
    assert syncid.in_file("SELECT version FROM schema_version") == [(1000,)]
    assert set(syncid.files()) == {"syncid.db"}


async def test_unreadable(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A ledger that does not answer makes a poll fail, and only that."""
    terminal = await syncid.add_terminal(mode="polling")
    caplog.clear()
    with syncid.missing_table():
        await syncid.advance(60)
        assert terminal.state("sensor", "users").state == "unavailable"
        assert terminal.is_online
    await syncid.advance(120)
    assert terminal.state("sensor", "users").state == "3"
    assert "Unexpected error" not in caplog.text
