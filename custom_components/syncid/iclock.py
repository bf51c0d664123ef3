"""Where terminals that push over ADMS find Home Assistant: `/iclock/…`.

At the root of its own port, and on a port without TLS if the admin wants one. Terminals
know a host and a port, and few speak TLS that anybody trusts.
"""

from dataclasses import dataclass, replace
from hmac import compare_digest
from http import HTTPStatus
from ipaddress import ip_address
import logging
from typing import Final

from aiohttp import web
from aiohttp.web import Request, Response

from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.network import is_cloud_connection
from homeassistant.util.network import is_local

from .adms_server import DATA_ADMS
from .const import (
    CONF_ICLOCK_PORT,
    CONF_ICLOCK_PREFIX,
    CONF_LOCAL_ONLY,
    DOMAIN,
    SITE_UNIQUE_ID,
)
from .core.adms.requests import read_request

_LOGGER = logging.getLogger(__name__)

# Bytes of a body: a photo, or a template with a picture, and some.
MAX_BODY: Final = 4 * 1024 * 1024
# Of a terminal that nobody added, only what tells what it is.
MAX_STRANGER_BODY: Final = 4096
_CHUNK: Final = 262_144
_PATH = "iclock"

ISSUE_PORT_TAKEN: Final = "iclock_port_taken"


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """Who is let in."""

    local_only: bool = True
    # What the path begins with before `/iclock/`; "" for nothing.
    prefix: str = ""

    @classmethod
    def of(cls, hass: HomeAssistant) -> DoorPolicy:
        """Return what the site's options say."""
        site = hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, SITE_UNIQUE_ID
        )
        options = site.options if site else {}
        return cls(
            options.get(CONF_LOCAL_ONLY, True), options.get(CONF_ICLOCK_PREFIX, "")
        )


def _plain(status: HTTPStatus, text: str) -> Response:
    return Response(status=status, text=text)


async def async_serve(
    hass: HomeAssistant, request: Request, prefix: str, path: str
) -> Response:
    """Answer a terminal.

    What is refused is returned, not raised, so that Home Assistant does not shut out
    the address of a terminal that is set wrongly.
    """
    policy, address = DoorPolicy.of(hass), request.remote or ""
    if policy.local_only and not _is_near(hass, address):
        return _plain(HTTPStatus.FORBIDDEN, "only local addresses are served")
    if not compare_digest(prefix.encode(), policy.prefix.encode()):
        return _plain(HTTPStatus.UNAUTHORIZED, "wrong address")
    server = hass.data[DATA_ADMS]
    asked = read_request(request.method, path, request.query.items())
    terminal = server.async_terminal(asked.serial)
    body = await _async_read(request, MAX_BODY if terminal else MAX_STRANGER_BODY)
    asked = replace(asked, body=body or b"")
    if terminal is None:
        # Even if it was set up meanwhile: too much may have come to be read.
        said = await server.async_answer_stranger(asked, address)
    elif body is not None:
        said = await terminal.async_answer(asked)
    else:
        _LOGGER.warning(
            "Terminal %s sent more than %s bytes at once", terminal.serial, MAX_BODY
        )
        return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    return Response(status=said.status, text=said.text, content_type=said.content_type)


def _is_near(hass: HomeAssistant, address: str) -> bool:
    try:
        return is_local(ip_address(address)) and not is_cloud_connection(hass)
    except ValueError:
        return False


async def _async_read(request: Request, most: int) -> bytes | None:
    """Return a body, None if there is too much of it; then the rest is not read."""
    if (request.content_length or 0) > most:
        return None
    chunks, size = [], 0
    while chunk := await request.content.read(_CHUNK):
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


class IclockView(HomeAssistantView):
    """Terminals call here: they know no other path."""

    url = "/{root:(?i:iclock)}/{path:.*}"
    name = "api:syncid:iclock"
    requires_auth = False

    async def get(self, request: Request, root: str, path: str) -> Response:
        """Answer."""
        return await async_serve(request.app[KEY_HASS], request, "", path)

    post = get


class PrefixedIclockView(HomeAssistantView):
    """Terminals call here that were given a secret path."""

    url = "/{prefix}/{root:(?i:iclock)}/{path:.*}"
    name = "api:syncid:iclock:prefixed"
    requires_auth = False

    async def get(
        self, request: Request, prefix: str, root: str, path: str
    ) -> Response:
        """Answer."""
        return await async_serve(request.app[KEY_HASS], request, prefix, path)

    post = get


@callback
def async_setup_iclock(hass: HomeAssistant) -> None:
    """Open the door at Home Assistant's own port."""
    hass.http.register_view(IclockView())
    hass.http.register_view(PrefixedIclockView())


async def async_open_port(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Open the door at a port of its own, if the site wants one."""
    port: int | None = entry.options.get(CONF_ICLOCK_PORT)
    ir.async_delete_issue(hass, DOMAIN, ISSUE_PORT_TAKEN)
    if not port:
        return

    async def async_handle(request: Request) -> Response:
        parts = [part for part in request.path.split("/") if part]
        lowered = [part.lower() for part in parts]
        if _PATH not in lowered[:2]:
            return _plain(HTTPStatus.NOT_FOUND, "terminals only")
        at = lowered.index(_PATH)
        return await async_serve(
            hass, request, "".join(parts[:at]), "/".join(parts[at + 1 :])
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", async_handle)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    entry.async_on_unload(runner.cleanup)
    try:
        await web.TCPSite(runner, port=port).start()
    except OSError as err:
        _LOGGER.error("Port %s cannot be opened: %s", port, err)
        ir.async_create_issue(
            hass,
            DOMAIN,
            ISSUE_PORT_TAKEN,
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=ISSUE_PORT_TAKEN,
            translation_placeholders={"port": str(port), "error": err.strerror or ""},
        )
