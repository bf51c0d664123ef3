"""The panel: what admins see of SyncID in the sidebar, and the commands behind it."""

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from .commands import COMMANDS
from .jobs import DATA_JOBS, Jobs
from .register import async_register_panel


@callback
def async_setup_panel(hass: HomeAssistant) -> None:
    """Take commands, and show the panel where there are pages at all."""
    hass.data[DATA_JOBS] = Jobs(hass)
    for command in COMMANDS:
        websocket_api.async_register_command(hass, command)
    # Home Assistant sets its pages up before anything else, or not at all.
    if "frontend" in hass.config.components:
        hass.async_create_task(async_register_panel(hass), "syncid panel")
