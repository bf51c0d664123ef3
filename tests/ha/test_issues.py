"""What an admin should see to: issues that come and go by themselves."""

import pytest

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant

from .kit import SERIAL, KitTerminal, SyncIDKit

POLL_INTERVAL = 60
SIZES = 50
SET_TIME = 202

CLOCK_WRONG = f"clock_wrong_{SERIAL}"
CLOCK_STUCK = f"clock_stuck_{SERIAL}"


def set_offset(terminal: KitTerminal, seconds: float) -> None:
    """Set a terminal's clock wrong, by hand."""
    terminal.simulation.call(
        setattr, terminal.device.faults, "clock_offset", float(seconds)
    )


# --- the clock ------------------------------------------------------------------------


async def test_clock_wrong(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A clock that nobody keeps right is told of, until somebody sets it."""
    terminal = await syncid.add_terminal(mode="polling")
    set_offset(terminal, 55)
    await syncid.advance(POLL_INTERVAL)
    assert syncid.issue(CLOCK_WRONG) is None
    set_offset(terminal, -3600)
    await syncid.advance(2 * POLL_INTERVAL)
    issue = syncid.issue(CLOCK_WRONG)
    assert issue is not None
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Main gate"
    assert abs(int(issue.translation_placeholders["seconds"]) + 3600) < 5
    await terminal.press("sync_clock")
    await syncid.wait_for_no_issue(CLOCK_WRONG)


async def test_clock_kept_right(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A clock that is to be kept right is set, and nobody is bothered."""
    terminal = await syncid.add_terminal(mode="polling", clock_sync=30)
    set_offset(terminal, 3600)
    await syncid.advance(POLL_INTERVAL)
    assert abs(int(terminal.state("sensor", "clock_drift").state)) <= 2
    assert syncid.issue(CLOCK_WRONG) is syncid.issue(CLOCK_STUCK) is None


async def test_clock_stuck(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A clock that cannot be set is told of, until it can."""
    terminal = await syncid.add_terminal(mode="polling", clock_sync=30)
    with terminal.refusing(SET_TIME):
        set_offset(terminal, 3600)
        await syncid.advance(POLL_INTERVAL)
        assert syncid.issue(CLOCK_STUCK) is not None
        assert syncid.issue(CLOCK_WRONG) is None
        assert terminal.is_online
    await syncid.advance(2 * POLL_INTERVAL)
    assert syncid.issue(CLOCK_STUCK) is None


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_punches_by_the_clock_as_it_was(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A punch that a wrong clock has dated is live, though the clock is set just then."""
    terminal = await syncid.add_terminal(mode=mode, clock_sync=30)
    set_offset(terminal, 3600)
    terminal.device.on(SIZES, lambda device: device.punch("1002"), when="after")
    await syncid.advance(300)
    punch = await syncid.next_punch()
    assert (punch["user_id"], punch["live"]) == ("1002", True)
    assert abs(int(terminal.state("sensor", "clock_drift").state)) <= 2


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_punches_before_sync_time(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """The same when somebody has it set, and when the log is not to be had."""
    terminal = await syncid.add_terminal(mode=mode)
    set_offset(terminal, 3600)
    await terminal.call("get_device_info")  # which tells the drift
    terminal.punch("1003")
    await terminal.call("sync_time")
    assert (await syncid.next_punch())["live"]
    with terminal.hidden_log():
        set_offset(terminal, 600)
        terminal.device.log.fill(1, terminal.device.now(), 1)
        assert abs((await terminal.call("sync_time"))["drift_after"]) <= 2


# --- whose they are -------------------------------------------------------------------


async def test_gone_with_the_entry(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is removed leaves no issue behind."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=3600))
    assert syncid.issue(CLOCK_WRONG) is not None
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    assert syncid.issue(CLOCK_WRONG) is None


async def test_gone_while_disabled(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that nobody looks after has no issues, until somebody does."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=3600))
    entry_id = terminal.entry.entry_id
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    assert syncid.issue(CLOCK_WRONG) is None
    await hass.config_entries.async_set_disabled_by(entry_id, None)
    assert await syncid.wait_for_issue(CLOCK_WRONG)


async def test_there_during_a_reload(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What an admin has chosen to ignore is not raised anew by a reload."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=3600))
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert syncid.issue(CLOCK_WRONG) is not None
