"""From a punch at the terminal to what Home Assistant knows of it."""

from homeassistant.core import HomeAssistant

from .kit import SyncIDKit


async def test_realtime_punch(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch is on the bus, and in the entities."""
    terminal = await syncid.add_terminal()
    assert terminal.state("binary_sensor", "connectivity").state == "on"
    terminal.punch("1002", state=1, verify=15)
    punch = await syncid.next_punch()
    assert punch["user_name"] == "Bruno"
    assert punch["direction"] == "check_out"
    assert terminal.state("event", "punch").attributes["event_type"] == "check_out"
