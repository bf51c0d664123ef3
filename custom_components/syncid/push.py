"""A device that delivers its punches itself."""

import asyncio
from datetime import datetime, tzinfo
from functools import partial
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.json import json_loads

from .const import CONF_DIRECTION, CONF_VERIFY_CODES
from .core.codes import pushed_family
from .core.pushlog import PushedLogs, read_logs
from .core.records import Batch, DeviceInfo, Ingested, local_second
from .core.rows import RowDecoder
from .device import DeviceConfigEntry, DeviceData, SyncIDCoordinator
from .hub import Hub
from .issues import PUSH_REFUSED, async_set_issue

# Bytes of a body that is read in the event loop, which takes a millisecond or two.
_SMALL_BODY: Final = 65_536


class PushCoordinator(SyncIDCoordinator):
    """Takes what a device pushes."""

    def __init__(self, hass: HomeAssistant, entry: DeviceConfigEntry, hub: Hub) -> None:
        """Prepare; `async_start` begins."""
        super().__init__(hass, entry, hub)
        self.is_online = None
        # When logs came last, since Home Assistant started.
        self.delivered_at: datetime | None = None

    @override
    async def async_start(self) -> None:
        """Take the device into the hub."""
        await super().async_start()
        entry, options = self.config_entry, self.config_entry.options
        async_set_issue(self.hass, entry, PUSH_REFUSED, None)
        self._decoder = RowDecoder(
            pushed_family(options.get(CONF_VERIFY_CODES, "auto")),
            options[CONF_DIRECTION],
        )

    @override
    async def _async_update_data(self) -> DeviceData:
        """Look who punched last: nothing is to be asked of the device."""
        last_punch = await self._async_last_punch(0)
        return DeviceData(DeviceInfo(self.serial), None, 0, last_punch)

    async def async_receive(self, body: bytes) -> tuple[PushedLogs, Ingested]:
        """Store logs; return once they are committed.

        Raises `BadBody`, what the JSON decoder raises, and `LedgerError`.
        """
        read = partial(_read, body, self._decoder, self.zone)
        if len(body) > _SMALL_BODY:
            pushed = await self.hass.async_add_executor_job(read)
        else:
            pushed = read()
        batch = Batch(
            self.serial,
            "push",
            pushed.punches,
            [rejected.record for rejected in pushed.rejected],
            past_until=self._past_until,
        )
        ingested = await asyncio.wrap_future(self.hub.ingest(batch))
        self._async_delivered()
        return pushed, ingested

    @property
    def _past_until(self) -> int:
        """Return the local second before which nothing is news: when it was added."""
        added = dt_util.as_utc(self.config_entry.created_at).astimezone(self.zone)
        return local_second(added) - self.hub.live_seconds

    @callback
    def _async_delivered(self) -> None:
        self.in_hub.seen_at = self.delivered_at = dt_util.utcnow()
        self.async_update_listeners()


def _read(body: bytes, decoder: RowDecoder, zone: tzinfo) -> PushedLogs:
    return read_logs(json_loads(body), decoder, zone)
