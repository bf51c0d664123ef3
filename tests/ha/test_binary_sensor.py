"""Whether a terminal is there."""

from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.core import HomeAssistant

from .kit import SyncIDKit


async def test_connectivity(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """On while the terminal answers, off while it does not, never unavailable."""
    terminal = await syncid.add_terminal()
    state = terminal.state("binary_sensor", "connectivity")
    assert state.state == "on"
    assert state.attributes["device_class"] == BinarySensorDeviceClass.CONNECTIVITY
    terminal.vanish()
    await syncid.wait_for_state(state.entity_id, "off")
    terminal.reappear()
    await syncid.wait_for_state(state.entity_id, "on")
