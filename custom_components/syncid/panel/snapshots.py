"""Photos of who punches: which is of which punch, and where an admin's browser gets it."""

from collections import OrderedDict
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
import re
from typing import Final

from aiohttp import web

from homeassistant.components.http import (
    KEY_AUTHENTICATED,
    KEY_HASS,
    KEY_HASS_USER,
    HomeAssistantView,
)
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.websocket_api import current_connection
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..core.adms.fields import seconds_of_photo
from ..core.records import local_second
from ..push.photos import Named, find_photos
from .payloads import PunchRow

_URL: Final = f"/api/{DOMAIN}/photos"
# For how long an address can be fetched by the admin whom it was told.
_VALID_FOR: Final = timedelta(days=1)
# Seconds for which a browser need not ask again, though the photo may be erased.
_CACHED_FOR: Final = 3600
# Punches, and photos, that a listener knows of: as many as the page shows, and some.
_MOST: Final = 200

_SERIAL: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
# None of those that faces are known by.
_NAME: Final = re.compile(r"attendance-[A-Za-z0-9_.-]{1,160}", re.ASCII)


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path("media", DOMAIN))


def _path(serial: str, name: str) -> str:
    return f"{_URL}/{serial}/{name}"


def _named(row: PunchRow) -> Named:
    wall = datetime.fromisoformat(row["time"]).replace(tzinfo=None)
    return row["device"], row["user_id"], local_second(wall)


class Snapshots:
    """The photos of the punches that one admin's browser shows."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin for the browser that asks just now."""
        self._hass = hass
        # With it ends what its addresses are good for.
        connection = current_connection.get()
        self._token = connection.refresh_token_id if connection else None
        self._rows: OrderedDict[Named, PunchRow] = OrderedDict()
        self._photos: OrderedDict[Named, str] = OrderedDict()

    async def async_find(self, rows: list[PunchRow]) -> list[PunchRow]:
        """Return punches of the past with their photos."""
        found = await self._hass.async_add_executor_job(
            find_photos, _folder(self._hass), [_named(row) for row in rows]
        )
        for punch, name in found.items():
            serial, _, _ = punch
            self._keep(self._photos, punch, self._address(serial, name))
        return [self.async_with_photo(row) for row in reversed(rows)][::-1]

    @callback
    def async_with_photo(self, row: PunchRow) -> PunchRow:
        """Return a punch with its photo, if that came before it."""
        punch = serial, user_id, second = _named(row)
        for taken in seconds_of_photo(second):
            if address := self._photos.get((serial, user_id, taken)):
                row = PunchRow(**{**row, "picture": address})
                break
        self._keep(self._rows, punch, row)
        return row

    @callback
    def async_take(
        self, serial: str, user_id: str, second: int, name: str
    ) -> list[PunchRow]:
        """Take a photo that came; return the punches that it changes."""
        photo = serial, user_id, second
        if self._photos.get(photo, "").partition("?")[0] == _path(serial, name):
            return []  # sent again, for want of an answer; signed anew it looks new
        self._keep(self._photos, photo, self._address(serial, name))
        changed = []
        for taken in seconds_of_photo(second):
            if before := self._rows.get((serial, user_id, taken)):
                after = self.async_with_photo(before)
                if after["picture"] != before["picture"]:
                    changed.append(after)
        return changed

    def _address(self, serial: str, name: str) -> str:
        path = _path(serial, name)
        return async_sign_path(
            self._hass, path, _VALID_FOR, refresh_token_id=self._token
        )

    @staticmethod
    def _keep[T](kept: OrderedDict[Named, T], name: Named, value: T) -> None:
        kept[name] = value
        kept.move_to_end(name)
        if len(kept) > _MOST:
            kept.popitem(last=False)


class PhotoView(HomeAssistantView):
    """Gives the photo of a punch to an admin, and to nobody else."""

    url = f"{_URL}/{{serial}}/{{name}}"
    name = f"api:{DOMAIN}:photos"
    # It looks itself: an address that is too old is refused by an answer, since what is
    # raised counts as an attempt to break in, and shuts out who left the page open.
    requires_auth = False

    async def get(
        self, request: web.Request, serial: str, name: str
    ) -> web.StreamResponse:
        """Return the file."""
        if not request[KEY_AUTHENTICATED]:
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if not request[KEY_HASS_USER].is_admin:
            return web.Response(status=HTTPStatus.FORBIDDEN)
        hass = request.app[KEY_HASS]
        path = _folder(hass) / serial / name
        is_name = _SERIAL.fullmatch(serial) and _NAME.fullmatch(name)
        if not is_name or not await hass.async_add_executor_job(path.is_file):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(
            path,
            headers={
                # Whatever a terminal sent: no page.
                "Content-Type": "image/jpeg",
                "X-Content-Type-Options": "nosniff",
                # The line that shows it moves down with each punch.
                "Cache-Control": f"private, max-age={_CACHED_FOR}",
            },
        )
