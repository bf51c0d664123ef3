"""A terminal that comes and goes."""

from collections.abc import Callable
from functools import partial
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.core.terminal import worker
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant

from .kit import KitTerminal, SyncIDKit

CONNECT = 1000
POLL_INTERVAL = 60


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what SyncID logged at a level or above."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.syncid")
        and record.levelno >= level
    ]


def freeze(terminal: KitTerminal) -> None:
    """Leave the link half open."""
    terminal.simulation.freeze()


def cut(terminal: KitTerminal) -> None:
    """Cut the link, and take no other."""
    terminal.vanish()


def switch_off(terminal: KitTerminal) -> None:
    """Pull the plug."""
    terminal.simulation.call(terminal.device.power_off)


def thaw(terminal: KitTerminal) -> None:
    """Go on."""
    terminal.simulation.thaw()


def reappear(terminal: KitTerminal) -> None:
    """Take connections again."""
    terminal.reappear()


def switch_on(terminal: KitTerminal) -> None:
    """Put the plug back."""
    terminal.simulation.power_on()


AWAY = pytest.mark.parametrize(
    ("go", "come_back", "reason"),
    [
        (cut, reappear, "connection_refused"),
        (freeze, thaw, "timed_out"),
        (switch_off, switch_on, "connection_refused"),
    ],
)


@AWAY
@pytest.mark.usefixtures("impatient")
async def test_realtime_away_and_back(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    go: Callable[[KitTerminal], None],
    come_back: Callable[[KitTerminal], None],
    reason: str,
) -> None:
    """A live terminal is offline as soon as it is gone, and back by itself."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.next_punch()
    go(terminal)
    await syncid.wait_online(terminal, False)
    assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE
    terminal.device.punch("1002")  # nobody is told
    come_back(terminal)
    await syncid.wait_online(terminal)
    assert (await syncid.next_punch())["user_id"] == "1002"
    terminal.punch("1003")
    assert (await syncid.next_punch())["user_id"] == "1003"
    assert len(await syncid.stored()) == 3


@AWAY
@pytest.mark.usefixtures("impatient")
async def test_polling_away_and_back(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    go: Callable[[KitTerminal], None],
    come_back: Callable[[KitTerminal], None],
    reason: str,
) -> None:
    """A polled terminal is offline after one failed poll, and back by itself."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1001")
    await syncid.advance(POLL_INTERVAL)
    assert (await syncid.next_punch())["user_id"] == "1001"
    go(terminal)
    await syncid.advance(2 * POLL_INTERVAL)
    assert not terminal.is_online
    assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE
    terminal.device.punch("1002")
    come_back(terminal)
    await syncid.advance(3 * POLL_INTERVAL)
    assert terminal.is_online
    assert (await syncid.next_punch())["user_id"] == "1002"
    assert len(await syncid.stored()) == 2


async def test_dropped_link(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A link that is cut is made again at once, with nothing lost or doubled."""
    terminal = await syncid.add_terminal()
    for user_id in ("1001", "1002", "1003"):
        terminal.simulation.drop_links()
        terminal.punch(user_id)
        assert (await syncid.next_punch())["user_id"] == user_id
    await syncid.wait_online(terminal)
    await terminal.call("collect_records")
    syncid.assert_no_punch()


async def test_renewed_session(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A session that has lasted long enough is followed by another, unnoticed."""
    timing = partial(worker.Timing, heartbeat=0.01, session_requests=20)
    monkeypatch.setattr(worker, "Timing", timing)
    terminal = await syncid.add_terminal()
    caplog.clear()
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    await syncid.happened(terminal.simulation.expect(CONNECT, nth=3))
    terminal.punch("1002")
    assert (await syncid.next_punch())["user_id"] == "1002"
    connectivity = terminal.entity_id("binary_sensor", "connectivity")
    assert connectivity not in {change.data["entity_id"] for change in changes}
    assert messages(caplog, logging.INFO) == []


async def test_gone_while_a_poll_ends(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A link that is cut after the last word of a poll is known to be back, too."""
    terminal = await syncid.add_terminal()
    execute = hass.async_add_executor_job

    async def cut_first(target: Any, *args: Any) -> Any:
        terminal.vanish()
        await syncid.wait_online(terminal, False)
        return await execute(target, *args)

    def execute_late(target: Any, *args: Any) -> Any:
        if "last_punch" not in repr(target):
            return execute(target, *args)
        monkeypatch.setattr(hass, "async_add_executor_job", execute)
        return cut_first(target, *args)

    terminal.vanish()
    await syncid.wait_online(terminal, False)
    monkeypatch.setattr(hass, "async_add_executor_job", execute_late)
    terminal.reappear()
    await syncid.wait_online(terminal)
    await syncid.wait_online(terminal, False)
    caplog.clear()
    await syncid.settle()
    assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE
    assert messages(caplog, logging.INFO) == []  # of being back, and gone again
    terminal.reappear()
    await syncid.wait_online(terminal)


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_log_messages(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    caplog: pytest.LogCaptureFixture,
    mode: str,
) -> None:
    """One message tells that a terminal is gone, and one that it is back."""
    terminal = await syncid.add_terminal(mode=mode)
    caplog.clear()
    terminal.vanish()
    for interval in (1, 2, 3):  # tried again and again
        await syncid.advance(interval * 300)
        await syncid.wait_online(terminal, False)
    (down,) = messages(caplog, logging.WARNING)
    assert "Main gate" in down
    caplog.clear()
    terminal.reappear()
    await syncid.advance(1200)
    await syncid.wait_online(terminal)
    (up,) = messages(caplog, logging.INFO)
    assert "recovered" in up


@pytest.mark.parametrize("restart_reply", [True, False])
@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_restart_is_no_error(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    restart_reply: bool,
) -> None:
    """A terminal that is restarted is offline, and back, without a complaint."""
    simulation = syncid.start_terminal(restart_reply=restart_reply)
    terminal = await syncid.add_terminal(simulation, mode=mode)
    caplog.clear()
    terminal.device.faults.restart_seconds = 1000
    await terminal.press("restart")
    await syncid.wait_online(terminal, False)
    terminal.simulation.power_on()
    await syncid.advance(POLL_INTERVAL)
    await syncid.wait_online(terminal)
    assert messages(caplog, logging.WARNING) == []
    terminal.punch("1001")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1001"


@pytest.mark.parametrize("poweroff_reply", [True, False])
@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_power_off_is_no_error(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    poweroff_reply: bool,
) -> None:
    """A terminal that is switched off is offline, without a complaint, until a hand."""
    simulation = syncid.start_terminal(poweroff_reply=poweroff_reply)
    terminal = await syncid.add_terminal(simulation, mode=mode)
    caplog.clear()
    await terminal.order("power_off")
    await syncid.wait_online(terminal, False)
    for interval in (1, 2):
        await syncid.advance(interval * 300)
        assert not terminal.is_online
    assert messages(caplog, logging.WARNING) == []
    terminal.simulation.power_on()
    await syncid.advance(900)
    await syncid.wait_online(terminal)
    terminal.punch("1001")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1001"
    assert messages(caplog, logging.WARNING) == []


async def test_restart_that_is_refused(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A restart that cannot be asked for leaves things as they are."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.vanish()
    with pytest.raises(Exception, match="Nothing listens"):
        await terminal.press("restart")
    assert terminal.is_online  # it has not missed a poll yet
    terminal.reappear()
    await syncid.advance(POLL_INTERVAL)
    assert terminal.is_online


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_comm_key_changed(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A terminal that no longer takes the comm key is offline, and asks for one."""
    terminal = await syncid.add_terminal(mode=mode)
    terminal.device.comm_key = 777
    terminal.simulation.drop_links()
    await syncid.advance(POLL_INTERVAL)
    flow = await syncid.wait_until(
        lambda: next(iter(hass.config_entries.flow.async_progress()), None)
    )
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["context"]["entry_id"] == terminal.entry.entry_id
    assert not terminal.is_online
    terminal.device.comm_key = 0  # changed back at the terminal
    await syncid.advance(2 * POLL_INTERVAL)
    await syncid.wait_online(terminal)


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_unreadable_log_is_no_absence(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A terminal that keeps its log to itself is there, though not known."""
    terminal = await syncid.add_terminal(mode=mode)
    with terminal.hidden_log():
        terminal.device.log.fill(1, terminal.device.now(), 1)
        await syncid.advance(300)
        assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE
        assert terminal.is_online
    await syncid.advance(600)
    assert terminal.state("sensor", "users").state == "3"


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_connectivity_whatever_else_fails(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """Whether a terminal is there is known while nothing else of it is."""
    terminal = await syncid.add_terminal(mode=mode)
    with terminal.hidden_log():
        terminal.device.log.fill(1, terminal.device.now(), 1)
        await syncid.advance(300)
        assert terminal.is_online
        terminal.vanish()
        await syncid.advance(600)
        await syncid.wait_online(terminal, False)
        terminal.reappear()
        await syncid.advance(900)
        await syncid.wait_online(terminal)
        assert terminal.state("sensor", "users").state == STATE_UNAVAILABLE


async def test_unexpected_error(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal is back even after what nobody has thought of."""
    terminal = await syncid.add_terminal()

    def fail(_: object) -> None:
        raise RuntimeError("nobody has thought of this")

    with monkeypatch.context() as patch:
        patch.setattr("zk.ZK.get_time", fail)
        terminal.simulation.drop_links()
        await syncid.wait_online(terminal, False)
        await syncid.advance(300)
        with pytest.raises(RuntimeError):
            await terminal.call("sync_time")
    await syncid.wait_online(terminal)
