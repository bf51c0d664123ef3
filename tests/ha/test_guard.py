"""The guard of the event loop, which all tests here rely on."""

from pathlib import Path

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.terminal.client import TerminalClient
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .guard import LoopGuard
from .kit import SyncIDKit


def use_ledger(folder: Path) -> None:
    """Open a ledger, ask it something, and close it."""
    ledger = Ledger(folder / "syncid.db", now=dt_util.now, on_replaced=print)
    ledger.open(bytes(32))
    ledger.statistics()
    ledger.close()


def use_terminal(host: str, port: int) -> None:
    """Ask a terminal something."""
    client = TerminalClient(host, port)
    client.open()
    client.read_serial()
    client.leave()


async def test_ledger_in_the_loop(loop_guard: LoopGuard, tmp_path: Path) -> None:
    """SQL is noticed, and so is waiting for the thread that does it."""
    use_ledger(tmp_path)
    caught = {what.split()[0] for what in loop_guard.caught}
    assert {"SQL:", "Thread.join", "a", "Traces.open", "Traces.ask"} <= caught
    loop_guard.caught.clear()


async def test_terminal_in_the_loop(
    hass: HomeAssistant, syncid: SyncIDKit, loop_guard: LoopGuard
) -> None:
    """A connection is noticed, and so is all that goes over it."""
    simulation = syncid.start_terminal()
    use_terminal(simulation.host, simulation.port)
    assert set(loop_guard.caught) == {
        "TerminalLink.open",
        "FrameStream.send",
        "FrameStream.receive",
    }
    loop_guard.caught.clear()


async def test_elsewhere(
    hass: HomeAssistant, syncid: SyncIDKit, loop_guard: LoopGuard, tmp_path: Path
) -> None:
    """In other threads anything may take its time."""
    simulation = syncid.start_terminal()
    await hass.async_add_executor_job(use_ledger, tmp_path)
    await hass.async_add_executor_job(use_terminal, simulation.host, simulation.port)
    assert loop_guard.caught == []
