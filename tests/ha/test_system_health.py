"""SyncID in Home Assistant's system information."""

from typing import Any

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.syncid.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import SyncIDKit


async def health(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is shown."""
    assert await async_setup_component(hass, "system_health", {})
    return dict(await get_system_health_info(hass, DOMAIN))


async def test_counts(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """How much the ledger holds."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    assert await health(hass) == {"terminals": 1, "punches": 1, "quarantine": 0}


async def test_no_ledger(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A ledger that cannot be opened is told as such."""
    syncid.ledger_file.mkdir()
    await syncid.add_terminal()
    assert await health(hass) == {
        "ledger": {"type": "failed", "error": "unable to open database file"}
    }
    syncid.ledger_file.rmdir()
