"""The card and the dashboard: a module that dashboards load, for everybody.

It is a resource of dashboards, as one that somebody adds by hand: other pages do not
load it. Where resources are in YAML, which is the user's, all pages do.
"""

import asyncio
from typing import Final

from homeassistant.components.frontend import add_extra_js_url, remove_extra_js_url
from homeassistant.components.lovelace import LOVELACE_DATA
from homeassistant.components.lovelace.resources import ResourceStorageCollection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import DOMAIN
from ..entries import async_all_entries

CARDS: Final = "syncid-cards.js"


class Cards:
    """The module, loaded by dashboards as long as there is an entry.

    Without one nobody serves it after the next start, and each dashboard would
    complain.
    """

    def __init__(self, hass: HomeAssistant, address: str, build: str) -> None:
        """Know where it is served, and what is to be loaded from there."""
        self._hass = hass
        self._address = address
        self._url = f"{address}?h={build}"
        self._wanted = False
        # Two who look at once would both add it.
        self._lock = asyncio.Lock()

    @callback
    def async_start(self) -> None:
        """Look now, and whenever entries come or go."""
        async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_changed
        )
        self._async_look()

    @callback
    def _async_changed(self, _: object, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            self._async_look()

    @callback
    def _async_look(self) -> None:
        wanted = bool(async_all_entries(self._hass, include_disabled=False))
        if wanted != self._wanted:
            self._wanted = wanted
            self._hass.async_create_task(self._async_keep(), "syncid cards")

    async def _async_keep(self) -> None:
        async with self._lock:
            lovelace = self._hass.data[LOVELACE_DATA]
            if isinstance(lovelace.resources, ResourceStorageCollection):
                await self._async_keep_resource(lovelace.resources)
            elif self._wanted:
                add_extra_js_url(self._hass, self._url)
            else:
                remove_extra_js_url(self._hass, self._url)

    async def _async_keep_resource(self, resources: ResourceStorageCollection) -> None:
        await resources.async_get_info()  # loads them
        ours = [
            one
            for one in resources.async_items()
            if one["url"].partition("?")[0] == self._address
        ]
        if not self._wanted:
            for one in ours:
                await resources.async_delete_item(one["id"])
        elif not ours:
            await resources.async_create_item({"res_type": "module", "url": self._url})
        elif ours[0]["url"] != self._url:
            await resources.async_update_item(ours[0]["id"], {"url": self._url})
