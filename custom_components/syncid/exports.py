"""Exports: files in a folder of the configuration, fetched through a signed address."""

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
import re
from secrets import token_hex
from typing import Final

from aiohttp import web

from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .const import DOMAIN, EXPORTS

URL: Final = f"/api/{DOMAIN}/exports"
# For how long an address can be fetched, and a file is kept.
VALID_FOR: Final = timedelta(minutes=15)
KEPT_FOR: Final = timedelta(days=7)
_TIDY_EVERY: Final = timedelta(days=1)

_NAME: Final = re.compile(r"[a-z0-9_-]+-[0-9a-f]{32}\.(csv|xlsx)")
_TYPES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(EXPORTS))


def _delete(hass: HomeAssistant, before: datetime | None) -> int:
    """Delete exports, all or those from before a moment; blocks."""
    count = 0
    for path in _folder(hass).glob("*"):
        if not _NAME.fullmatch(path.name):
            continue  # who knows whose, or a link to nowhere
        made = dt_util.utc_from_timestamp(path.lstat().st_mtime)
        if before is None or made < before:
            path.unlink(missing_ok=True)
            count += 1
    return count


async def async_delete_exports(hass: HomeAssistant) -> int:
    """Delete all exports; return how many there were."""
    return await hass.async_add_executor_job(_delete, hass, None)


async def async_keep_export(
    hass: HomeAssistant, title: str, ending: str, data: bytes
) -> dict[str, str]:
    """Keep a file, and return where it can be fetched, for a while.

    Raises OSError.
    """
    # Nobody who does not know it can ask for it.
    name = f"{title}-{token_hex(16)}.{ending}"

    def write() -> None:
        folder = _folder(hass)
        folder.mkdir(exist_ok=True)
        _delete(hass, dt_util.utcnow() - KEPT_FOR)
        (folder / name).write_bytes(data)

    await hass.async_add_executor_job(write)
    return {
        "file": f"{EXPORTS}/{name}",
        "url": async_sign_path(hass, f"{URL}/{name}", VALID_FOR, use_content_user=True),
        "valid_until": (dt_util.now() + VALID_FOR).isoformat(timespec="seconds"),
    }


class ExportView(HomeAssistantView):
    """Gives an export to who has its address."""

    url = f"{URL}/{{name}}"
    name = f"api:{DOMAIN}:exports"

    async def get(self, request: web.Request, name: str) -> web.StreamResponse:
        """Return the file."""
        path = _folder(request.app[KEY_HASS]) / name
        if not _NAME.fullmatch(name):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        hass = request.app[KEY_HASS]
        if not await hass.async_add_executor_job(path.is_file):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(
            path,
            headers={
                "Content-Type": _TYPES[path.suffix[1:]],
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )


@callback
def async_setup_exports(hass: HomeAssistant) -> None:
    """Set up where exports are fetched, and have old ones go."""
    hass.http.register_view(ExportView())

    async def async_tidy(now: datetime) -> None:
        await hass.async_add_executor_job(_delete, hass, now - KEPT_FOR)

    # Also if nobody exports again.
    async_track_time_interval(hass, async_tidy, _TIDY_EVERY, cancel_on_shutdown=True)
