"""The drill that is going on, or the alarm: one for all admins, which a restart does not end."""

import asyncio
from collections.abc import Collection
from datetime import datetime
import logging
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

DATA_DRILLS: HassKey[Drills] = HassKey(f"{DOMAIN}_drills")
# A drill began, or ended.
SIGNAL_DRILL: Final[SignalType[()]] = SignalType("syncid_drill")


class Drill(NamedTuple):
    """Since when one gathers, and at which terminals (serial numbers): any, if none."""

    started: datetime
    by: str
    assembly: frozenset[str]


class Drills:
    """The drill that is going on, if there is one; kept from when it begins."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of none, until somebody asks."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(
            hass, 1, f"{DOMAIN}.drill", private=True, atomic_writes=True
        )
        self._turn = asyncio.Lock()
        self._is_loaded = False
        self.running: Drill | None = None

    async def async_load(self) -> Drill | None:
        """Return what is going on, be it from before a restart."""
        async with self._turn:
            await self._async_load()
        return self.running

    async def async_begin(self, by: str, assembly: Collection[str]) -> None:
        """Begin one; who begins another one meanwhile takes part in it."""
        async with self._turn:
            await self._async_load()
            if self.running is not None:
                return
            drill = Drill(dt_util.utcnow(), by, frozenset(assembly))
            await self._store.async_save(
                {
                    "started": drill.started.isoformat(),
                    "by": by,
                    "assembly": sorted(assembly),
                }
            )
            self.running = drill
        async_dispatcher_send(self._hass, SIGNAL_DRILL)

    async def async_end(self) -> None:
        """End it, and keep nothing of it."""
        async with self._turn:
            await self._async_load()
            try:
                await self._store.async_remove()
            except OSError as err:
                # It is over all the same; after a restart it may have to be ended again.
                _LOGGER.warning("The drill that is over cannot be deleted: %s", err)
            self.running = None
        async_dispatcher_send(self._hass, SIGNAL_DRILL)

    async def _async_load(self) -> None:
        if self._is_loaded:
            return
        try:
            if kept := await self._store.async_load():
                self.running = Drill(
                    datetime.fromisoformat(kept["started"]),
                    kept["by"],
                    frozenset(kept["assembly"]),
                )
        # A roll call is made whatever is in the file: `Store` takes that for granted.
        except (
            HomeAssistantError,
            LookupError,
            NotImplementedError,
            TypeError,
            ValueError,
        ) as err:
            _LOGGER.warning("The drill that was going on cannot be read: %s", err)
        except OSError as err:
            _LOGGER.warning("The drill that is going on cannot be read yet: %s", err)
            return
        self._is_loaded = True
