"""What an admin should see to: issues that come and go by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import PROFILES
from simulator.requests import HANDLERS

from .kit import OTHER_SERIAL, SERIAL, KitTerminal, SyncIDKit

POLL_INTERVAL = 60
SIZES = 50
SET_TIME = 202

CLOCK_WRONG = f"clock_wrong_{SERIAL}"
CLOCK_HELD = f"clock_held_{SERIAL}"
CLOCK_STUCK = f"clock_stuck_{SERIAL}"
LOG_CLEARED = f"log_cleared_{SERIAL}"
UNREACHABLE = f"unreachable_{SERIAL}"


def set_offset(terminal: KitTerminal, seconds: float) -> None:
    """Set a terminal's clock wrong, by hand."""
    terminal.simulation.call(
        setattr, terminal.device.faults, "clock_offset", float(seconds)
    )


async def poll_after(
    terminal: KitTerminal, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    """Poll a terminal, as if so much time had gone by since now."""
    later = dt_util.utcnow() + timedelta(hours=hours)
    with monkeypatch.context() as patch:
        patch.setattr(dt_util, "utcnow", lambda: later)
        await terminal.entry.runtime_data.async_refresh()


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


@pytest.mark.parametrize("offset", [-2 * 86400, 2 * 86400])
async def test_clock_held(hass: HomeAssistant, syncid: SyncIDKit, offset: int) -> None:
    """A clock that is off by days is not set before somebody has looked."""
    terminal = await syncid.add_terminal(mode="polling", clock_sync=30)
    set_offset(terminal, offset)
    await syncid.advance(POLL_INTERVAL)
    issue = syncid.issue(CLOCK_HELD)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert abs(int(issue.translation_placeholders["seconds"]) - offset) < 5
    assert syncid.issue(CLOCK_STUCK) is None
    assert abs(int(terminal.state("sensor", "clock_drift").state) - offset) < 5
    await terminal.press("sync_clock")
    await syncid.wait_for_no_issue(CLOCK_HELD)


async def test_clock_held_by_the_ledger(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Home Assistant's time is doubted if any terminal has told of a later one."""
    terminal = await syncid.add_terminal(mode="polling", clock_sync=30)
    other = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), mode="polling"
    )
    other.punch_ago(minutes=-3 * 24 * 60)
    await other.call("collect_records")
    set_offset(terminal, 3600)
    await syncid.advance(POLL_INTERVAL)
    assert syncid.issue(CLOCK_HELD) is not None
    assert abs(int(terminal.state("sensor", "clock_drift").state) - 3600) < 5


async def test_clock_held_by_the_version(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant's time is doubted if SyncID was not even made then."""
    later = dt_util.now().date() + timedelta(days=2)
    monkeypatch.setattr("custom_components.syncid.coordinator.RELEASED", later)
    terminal = await syncid.add_terminal(mode="polling", clock_sync=30)
    set_offset(terminal, 3600)
    await syncid.advance(POLL_INTERVAL)
    assert syncid.issue(CLOCK_HELD) is not None


async def test_clock_stuck_and_ignored(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What was ignored is not raised anew by a reload, which tries nothing at first."""
    simulation = syncid.start_terminal(clock_offset=3600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(HANDLERS, SET_TIME, lambda request: request.error())
        terminal = await syncid.add_terminal(simulation, clock_sync=30)
        await terminal.entry.runtime_data.async_refresh()
        assert syncid.issue(CLOCK_STUCK) is not None
        ir.async_ignore_issue(hass, DOMAIN, CLOCK_STUCK, True)
        await hass.config_entries.async_reload(terminal.entry.entry_id)
        await terminal.entry.runtime_data.async_refresh()
        issue = syncid.issue(CLOCK_STUCK)
        assert issue is not None
        assert issue.dismissed_version is not None


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


# --- room -----------------------------------------------------------------------------


def full(terminal: KitTerminal, what: str, count: int) -> None:
    """Have a terminal hold so much of something."""
    device = terminal.device
    if what == "records":
        device.log.clear()
        device.fill_log(count)
    elif what == "users":
        for user in list(device.users)[count:]:
            device.remove_user(user)
        for number in range(len(device.users), count):
            device.add_user(str(2000 + number))
    elif what == "fingerprints":
        device.fingerprints.clear()
        for finger in range(count):
            device.add_fingerprint("1001", finger)
    else:
        device.faces.clear()
        for user in list(device.users)[:count]:
            device.add_face(user.user_id)


SMALL = replace(
    PROFILES["iface702"],
    max_records=100,
    max_users=20,
    max_fingerprints=10,
    max_faces=3,
)


@pytest.mark.parametrize(
    ("key", "what", "few", "many", "percent"),
    [
        ("log_full", "records", 79, 80, 80),
        ("users_full", "users", 17, 18, 90),
        ("fingerprints_full", "fingerprints", 8, 9, 90),
        ("faces_full", "faces", 2, 3, 100),
    ],
)
async def test_nearly_full(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    key: str,
    what: str,
    few: int,
    many: int,
    percent: int,
) -> None:
    """That there is hardly any room is told, until there is."""
    simulation = syncid.start_terminal(profile=SMALL)
    terminal = await syncid.add_terminal(simulation, mode="polling")
    issue_id = f"{key}_{SERIAL}"
    for number, (count, expected) in enumerate(
        ((few, False), (many, True), (few, False)), 1
    ):
        simulation.call(full, terminal, what, count)
        await syncid.advance(number * POLL_INTERVAL)
        issue = syncid.issue(issue_id)
        assert (issue is not None) is expected
        if issue is not None and issue.translation_placeholders is not None:
            assert issue.translation_placeholders["percent"] == str(percent)


async def test_log_full_until_cleared(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What the text says to do is what helps."""
    simulation = syncid.start_terminal(profile=SMALL)
    simulation.call(simulation.terminal.fill_log, 95)
    terminal = await syncid.add_terminal(simulation)
    assert syncid.issue(f"log_full_{SERIAL}") is not None
    await terminal.call("clear_records")
    await syncid.wait_for_no_issue(f"log_full_{SERIAL}")
    assert syncid.issue(LOG_CLEARED) is None
    assert len(await syncid.stored()) == 95


async def test_no_room_at_all(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What a terminal has no room for by nature is not full."""
    profile = replace(PROFILES["k14"], max_fingerprints=0)
    await syncid.add_terminal(syncid.start_terminal(profile=profile))
    assert syncid.issue(f"fingerprints_full_{SERIAL}") is None
    assert syncid.issue(f"faces_full_{SERIAL}") is None


# --- the log that somebody else clears ------------------------------------------------


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_log_cleared(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    """Somebody who clears the log is told of, for a week after the last time."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 50)
    terminal = await syncid.add_terminal(simulation, mode=mode)
    simulation.call(terminal.device.clear_log)
    await terminal.call("collect_records")
    issue = await syncid.wait_for_issue(LOG_CLEARED)
    assert issue.translation_placeholders == {"name": "Main gate"}
    assert len(await syncid.stored()) == 50
    for days, told in ((6, True), (8, False)):
        await poll_after(terminal, monkeypatch, 24 * days)
        assert (syncid.issue(LOG_CLEARED) is not None) is told


async def test_log_cleared_while_away(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A log that was cleared while Home Assistant was not there is found at once."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 50)
    terminal = await syncid.add_terminal(simulation)
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    simulation.call(terminal.device.clear_log)
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    await syncid.wait_for_issue(LOG_CLEARED)


# --- absence --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["realtime", "polling"])
@pytest.mark.parametrize("hours", [24, 2])
async def test_unreachable(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    hours: int,
) -> None:
    """A terminal that has been away for long is told of, until it is back."""
    terminal = await syncid.add_terminal(mode=mode)
    if hours != 24:
        options = {"unreachable_hours": hours}
        hass.config_entries.async_update_entry(syncid.site, options=options)
    terminal.vanish()
    await poll_after(terminal, monkeypatch, hours - 0.1)
    assert not terminal.is_online
    assert syncid.issue(UNREACHABLE) is None
    await poll_after(terminal, monkeypatch, hours + 0.1)
    issue = syncid.issue(UNREACHABLE)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Main gate", "hours": str(hours)}
    terminal.reappear()
    await terminal.entry.runtime_data.async_refresh()
    await syncid.wait_for_no_issue(UNREACHABLE)


async def test_unreachable_from_the_start(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was never there since Home Assistant started is told of as well."""
    simulation = syncid.start_terminal()
    simulation.stop_listening()
    terminal = await syncid.add_terminal(simulation)
    later = dt_util.utcnow() + timedelta(hours=25)
    with monkeypatch.context() as patch:
        patch.setattr(dt_util, "utcnow", lambda: later)
        await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert syncid.issue(UNREACHABLE) is not None
    await hass.config_entries.async_set_disabled_by(
        terminal.entry.entry_id, ConfigEntryDisabler.USER
    )
    assert syncid.issue(UNREACHABLE) is None
    simulation.start_listening()


async def test_there_but_not_known(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that answers is not unreachable, whatever else it refuses."""
    terminal = await syncid.add_terminal(mode="polling")
    with terminal.hidden_log():
        terminal.device.log.fill(1, terminal.device.now(), 1)
        await poll_after(terminal, monkeypatch, 30)
        assert terminal.is_online
    terminal.vanish()
    await poll_after(terminal, monkeypatch, 50)
    assert syncid.issue(UNREACHABLE) is None  # it is 20 hours
    terminal.reappear()
    terminal.device.comm_key = 777
    await poll_after(terminal, monkeypatch, 60)
    assert not terminal.is_online
    # Home Assistant asks for the key by itself, which is enough.
    assert syncid.issue(UNREACHABLE) is None


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
