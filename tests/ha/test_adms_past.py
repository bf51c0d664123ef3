"""What is left of the past of terminals that push: their queue, and what was learned."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.push import adms
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .kit import KitAdms, SyncIDKit
from .test_adms_actions import done
from .test_adms_queue import QUEUED, queue

SECRET = "87654321"


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer of terminals that are away."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)


@pytest.fixture
async def away(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal for which something waits, a secret in it."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await syncid.advance(91)
    await done(terminal, "remove_user", user_id="1002")
    changed = await done(terminal, "update_user", user_id="1001", password=SECRET)
    assert changed.items() >= QUEUED.items()
    return terminal


def texts(syncid: SyncIDKit) -> list[str]:
    """Return what is written down of what commands say."""
    return [text for (text,) in syncid.in_file("SELECT text FROM commands") if text]


async def add_again(hass: HomeAssistant, terminal: KitAdms) -> None:
    """Add a terminal that was removed."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Main gate",
        unique_id=terminal.serial,
        data={"kind": "device", "serial": terminal.serial},
        options={"mode": "push", "direction": "auto"},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)


async def test_removed(hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms) -> None:
    """What waited for a terminal that was removed is forgotten, and never done."""
    await hass.config_entries.async_remove(away.entry.entry_id)
    await syncid.settle()
    assert texts(syncid) == []
    assert {state for _, state in queue(syncid)} == {"expired"}
    await add_again(hass, away)
    assert (await away.simulation.poll()).text == "OK"
    assert set(away.device.users) == {"1001", "1002", "1003"}


async def test_removed_while_nothing_can_be_written(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Nor if it could not be forgotten when the terminal was removed."""
    syncid.in_file(
        "CREATE TRIGGER full BEFORE UPDATE ON commands"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    await hass.config_entries.async_remove(away.entry.entry_id)
    await syncid.settle()
    assert len(texts(syncid)) == 2
    syncid.in_file("DROP TRIGGER full")
    await add_again(hass, away)
    assert texts(syncid) == []
    assert (await away.simulation.poll()).text == "OK"


async def test_removed_that_never_had_a_queue(
    hass: HomeAssistant, syncid: SyncIDKit, away: KitAdms
) -> None:
    """Removing one terminal leaves the queue of another alone."""
    other = await syncid.add_push_device("GATEWAY-1")
    await hass.config_entries.async_remove(other.entry.entry_id)
    await syncid.settle()
    assert len(texts(syncid)) == 2


@pytest.mark.parametrize("restarts", [False, True])
async def test_too_late(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    away: KitAdms,
    restarts: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nobody fetched in a month is forgotten, whether or not the terminal calls."""
    utcnow = dt_util.utcnow
    monkeypatch.setattr(dt_util, "utcnow", lambda: utcnow() + timedelta(days=31))
    assert len(texts(syncid)) == 2
    if restarts:
        await hass.config_entries.async_reload(away.entry.entry_id)
        await syncid.settle()
    else:
        await syncid.advance(3601)
    assert texts(syncid) == []
    assert {state for _, state in queue(syncid)} == {"expired"}
    assert away.state("sensor", "commands_waiting").state == "0"
    monkeypatch.undo()
    assert (await away.simulation.poll()).text == "OK"


async def test_too_late_while_nothing_can_be_written(
    syncid: SyncIDKit, away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written down now is the next time."""
    utcnow = dt_util.utcnow
    monkeypatch.setattr(dt_util, "utcnow", lambda: utcnow() + timedelta(days=31))
    with syncid.full_disk("commands"):
        await syncid.advance(3601)
        assert len(texts(syncid)) == 2
    await syncid.advance(7202)
    assert texts(syncid) == []


async def test_busy_terminal_is_remembered(
    hass_storage: dict[str, Any], syncid: SyncIDKit, url: str
) -> None:
    """What was learned is written down, though the terminal never stops calling."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    kept = hass_storage["syncid.adms"]["data"][terminal.serial]
    assert kept["registry_code"] == terminal.device.registry_code
    # Nothing new is learned of this: nothing is written, however often it comes.
    body = b"time=2026-11-21 08:00:00\tsensor=00\trelay=00\talarm=0000000000000000"
    await terminal.post(body, "rtstate")
    await syncid.advance(11)
    hass_storage.clear()
    await terminal.post(body, "rtstate")
    await syncid.advance(11)
    assert hass_storage == {}


async def test_changing_terminal_is_remembered(
    hass_storage: dict[str, Any], syncid: SyncIDKit, url: str
) -> None:
    """New facts put off no longer what is to be written down."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await syncid.advance(11)
    hass_storage.clear()
    for stamp in range(1, 4):
        await terminal.post(terminal.attlog("1001"), Stamp=str(stamp))
        await syncid.advance(4 * stamp)
    stamps = hass_storage["syncid.adms"]["data"][terminal.serial]["stamps"]
    assert stamps["attlog"] in {"2", "3"}
