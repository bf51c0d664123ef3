"""The page in the sidebar, and what dashboards load: modules that Home Assistant serves."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components import panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .cards import CARDS, Cards

DIST: Final = Path(__file__).parent / "dist"
MODULE: Final = "syncid-panel.js"
_URL: Final = "/syncid_static"
_ELEMENT: Final = "syncid-panel"
_ICON: Final = "mdi:fingerprint"

# The hash of the module that is served; none without pages.
DATA_BUILD: HassKey[str] = HassKey(f"{DOMAIN}_panel_build")


def build_of(module: Path) -> str:
    """Return what names one build of the module; blocks."""
    return sha256(module.read_bytes()).hexdigest()[:12]


async def async_register_panel(hass: HomeAssistant) -> None:
    """Put the panel into the sidebar, where only admins see it.

    It stays until Home Assistant ends: who looks at it while it is gone, if only for a
    moment, is thrown out to the first page.
    """
    build, cards = await hass.async_add_executor_job(
        lambda: (build_of(DIST / MODULE), build_of(DIST / CARDS))
    )
    hass.data[DATA_BUILD] = build
    await hass.http.async_register_static_paths(
        # Everybody can read this folder, logged in or not: there are only the modules
        # in it. Browsers may keep them, because their addresses change with them.
        [StaticPathConfig(_URL, str(DIST), cache_headers=True)]
    )
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name=_ELEMENT,
        sidebar_title="SyncID",
        sidebar_icon=_ICON,
        module_url=f"{_URL}/{MODULE}?h={build}",
        require_admin=True,
    )
    Cards(hass, f"{_URL}/{CARDS}", cards).async_start()
