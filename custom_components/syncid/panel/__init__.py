"""The panel: what admins see of SyncID in the sidebar, and the commands behind it."""

from functools import partial

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..attendance.events import SIGNAL_PEOPLE
from .adopting import JOBS
from .commands import COMMANDS
from .directory import async_forget_suggested
from .faces import FACE_JOBS
from .jobs import DATA_JOBS, Jobs
from .register import async_register_panel
from .rollcall import async_forget_erased
from .snapshots import PhotoView


@callback
def async_setup_panel(hass: HomeAssistant) -> None:
    """Take commands, and show the panel where there are pages at all."""
    hass.data[DATA_JOBS] = Jobs(hass, {**JOBS, **FACE_JOBS})
    for forget in (async_forget_erased, async_forget_suggested):
        async_dispatcher_connect(hass, SIGNAL_PEOPLE, partial(forget, hass))
    hass.http.register_view(PhotoView())
    for command in COMMANDS:
        websocket_api.async_register_command(hass, command)
    # Home Assistant sets its pages up before anything else, or not at all.
    if "frontend" in hass.config.components:
        hass.async_create_task(async_register_panel(hass), "syncid panel")
