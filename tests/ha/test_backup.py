"""The ledger in Home Assistant's backups."""

from pathlib import Path
import sqlite3

import pytest

from custom_components.syncid.backup import async_post_backup, async_pre_backup
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import SyncIDKit


def users_in(copy: Path) -> list[str]:
    """Return who punched, by a ledger's file that was copied, and is whole."""
    connection = sqlite3.connect(copy)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT user_id FROM punches ORDER BY user_id")
        return [user_id for (user_id,) in rows]
    finally:
        connection.close()


async def test_backup(hass: HomeAssistant, syncid: SyncIDKit, tmp_path: Path) -> None:
    """The copy of the file is whole, and punches go on while it is made."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.next_punch()
    await async_pre_backup(hass)
    terminal.punch("1002")
    assert (await syncid.next_punch())["user_id"] == "1002"
    copy = tmp_path / "copy.db"
    copy.write_bytes(syncid.files()["syncid.db"])
    await async_post_backup(hass)
    assert users_in(copy) == ["1001"]
    terminal.punch("1003")
    assert (await syncid.next_punch())["user_id"] == "1003"
    assert len(await syncid.stored()) == 3


async def test_backup_before_anything_is_set_up(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Without a terminal there is no ledger, which is no reason to fail."""
    assert await async_setup_component(hass, "syncid", {})
    await async_pre_backup(hass)
    await async_post_backup(hass)
    assert "syncid.db" not in syncid.files()


async def test_backup_that_was_broken_off(
    hass: HomeAssistant, syncid: SyncIDKit, tmp_path: Path
) -> None:
    """A second backup is as good when nobody ended the first."""
    terminal = await syncid.add_terminal()
    await async_pre_backup(hass)
    terminal.punch("1001")
    await syncid.next_punch()
    await async_pre_backup(hass)
    copy = tmp_path / "copy.db"
    copy.write_bytes(syncid.files()["syncid.db"])
    assert users_in(copy) == ["1001"]
    await async_post_backup(hass)
    await async_post_backup(hass)


async def test_backup_without_ledger(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A ledger that cannot be read does not keep the rest from being backed up."""
    await syncid.add_terminal()
    with syncid.missing_table("schema_version"):
        await async_pre_backup(hass)
    await async_post_backup(hass)
    assert "may not be whole in this backup" in caplog.text
