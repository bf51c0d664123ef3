"""Where terminals that push over ADMS find Home Assistant: `/iclock/…`.

At the root of its own port, and on a port without TLS if the admin wants one. Terminals
know a host and a port, and few speak TLS that anybody trusts.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from hmac import compare_digest
from http import HTTPStatus
from ipaddress import ip_address
import logging
from time import monotonic
from typing import Final

from aiohttp import hdrs, web
from aiohttp.web import Request, Response

from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.network import is_cloud_connection
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.network import is_local

from ..const import (
    CONF_ICLOCK_PORT,
    CONF_ICLOCK_PREFIX,
    CONF_LOCAL_ONLY,
    DOMAIN,
    SITE_UNIQUE_ID,
)
from ..core.adms.requests import AdmsRequest, read_request
from ..core.limiter import FailureLimiter
from .bodies import Garbled, TooLarge, async_read_body
from .guesses import ISSUE_UNKNOWN_SERIALS, ISSUE_WRONG_PATH, WINDOW, Guesses
from .server import DATA_ADMS

_LOGGER = logging.getLogger(__name__)

# Bytes of a body: a whole log, from firmware that heeds no limit. What is refused comes
# again for ever.
MAX_BODY: Final = 16 * 1024 * 1024
# Of a terminal that nobody added, only what tells what it is.
MAX_STRANGER_BODY: Final = 4096
_PATH = "iclock"
_METHODS: Final = (hdrs.METH_GET, hdrs.METH_POST)
# Seconds that requests are waited for when the port is closed.
_CLOSE_WITHIN: Final = 1
# Wrong paths from one address in a minute that are looked at, and after which the admin
# is told.
_MOST_WRONG: Final = 10
_TOLD_AFTER: Final = 3
# Serial numbers that nobody knows, of one address in a minute: a proxy may have the
# terminals of a whole site behind it.
_MOST_UNKNOWN: Final = 100
# Calls in a minute of a terminal that was met and is not set up: ten times what it needs
# to ask what to do.
_MOST_CALLS: Final = 120
# Addresses of terminals that are remembered: those that called last.
_MOST_ADDRESSES: Final = 1000
# What browsers tell of the page that a request is made by, and no terminal says.
_OF_PAGES: Final = (hdrs.ORIGIN, hdrs.REFERER, "Sec-Fetch-Site")
# What proxies tell of whom they speak for.
_OF_PROXIES: Final = (hdrs.X_FORWARDED_FOR, hdrs.FORWARDED, "X-Real-IP")

ISSUE_PORT_TAKEN: Final = "iclock_port_taken"

DATA_GUARD: HassKey[DoorGuard] = HassKey(f"{DOMAIN}_door_guard")


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


class DoorGuard:
    """Slows down who guesses: the secret path, or the serial number of a terminal."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of nobody."""
        self._paths = Guesses(
            hass, ISSUE_WRONG_PATH, most=_MOST_WRONG, told_after=_TOLD_AFTER
        )
        self._serials = Guesses(
            hass,
            ISSUE_UNKNOWN_SERIALS,
            most=_MOST_UNKNOWN,
            told_after=_MOST_UNKNOWN,
        )
        # Where terminals call from that know the path.
        self._known: OrderedDict[str, None] = OrderedDict()
        # Of who is not set up, how often each calls.
        self._waiting = FailureLimiter(monotonic, failures=_MOST_CALLS, seconds=WINDOW)

    def refuse_path(self, address: str, *, right: bool) -> Response | None:
        """Return what to say to who does not know the path; None for who does.

        What is right is not told from what is wrong to who guessed too often, unless a
        terminal calls from there as well.
        """
        seconds = self._paths.blocked_for(address)
        if seconds and not (right and address in self._known):
            return _too_often(seconds)
        if right:
            return None
        self._paths.async_failed(address)
        return _plain(HTTPStatus.UNAUTHORIZED, "wrong address")

    def refuse_serial(self, address: str) -> Response | None:
        """Return what to say to who calls by a serial number that is new, if anything."""
        if seconds := self._serials.blocked_for(address):
            return _too_often(seconds)
        self._serials.async_failed(address)
        return None

    def refuse_waiting(self, serial: str) -> Response | None:
        """Return what to say to a terminal that is not set up and calls on and on."""
        if seconds := self._waiting.blocked_for(serial):
            return _too_often(seconds)
        self._waiting.fail(serial)
        return None

    @callback
    def async_known(self, address: str) -> None:
        """Remember that a terminal calls from an address, by the right path."""
        self._paths.async_succeeded(address)
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > _MOST_ADDRESSES:
            self._known.popitem(last=False)


def _plain(status: HTTPStatus, text: str) -> Response:
    return Response(status=status, text=text)


def _too_often(seconds: float) -> Response:
    response = _plain(HTTPStatus.TOO_MANY_REQUESTS, "too often")
    response.headers[hdrs.RETRY_AFTER] = str(int(seconds) + 1)
    return response


async def async_serve(
    hass: HomeAssistant,
    request: Request,
    prefix: str,
    path: str,
    *,
    own_port: bool = False,
) -> Response:
    """Answer a terminal.

    What is refused is returned, not raised, so that Home Assistant does not shut out
    the address of a terminal that is set wrongly.
    """
    asked = read_request(request.method, path, request.query.items())
    if refused := _refuse(hass, request, prefix, asked, own_port=own_port):
        return refused
    server = hass.data[DATA_ADMS]
    terminal = server.async_terminal(asked.serial)
    try:
        most = MAX_BODY if terminal else MAX_STRANGER_BODY
        body = await async_read_body(request, most)
    except TooLarge:
        if terminal is not None:
            _LOGGER.warning(
                "Terminal %s sent more than %s bytes at once", terminal.serial, MAX_BODY
            )
            return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        body = b""
    except Garbled:
        if terminal is not None and not terminal.is_garbled:
            terminal.is_garbled = True
            _LOGGER.warning(
                "What terminal %s sends cannot be unpacked as its header says",
                terminal.serial,
            )
        return _plain(HTTPStatus.BAD_REQUEST, "not packed as the header says")
    except TimeoutError:
        return _plain(HTTPStatus.REQUEST_TIMEOUT, "too slow")
    asked = replace(asked, body=body)
    if terminal is None:
        # Even if it was set up meanwhile: too much may have come to be read.
        said = await server.async_answer_stranger(asked, request.remote or "")
    else:
        said = await terminal.async_answer(asked)
    return Response(status=said.status, text=said.text, content_type=said.content_type)


@callback
def _refuse(
    hass: HomeAssistant,
    request: Request,
    prefix: str,
    asked: AdmsRequest,
    *,
    own_port: bool,
) -> Response | None:
    """Return what to say to who is not let in; None for who is."""
    policy, address = DoorPolicy.of(hass), request.remote or ""
    if any(header in request.headers for header in _OF_PAGES):
        # One that somebody has open could send punches, and take commands.
        return _plain(HTTPStatus.FORBIDDEN, "terminals only")
    if policy.local_only and (
        not _is_near(hass, address) or _is_forwarded(request, own_port=own_port)
    ):
        return _plain(HTTPStatus.FORBIDDEN, "only local addresses are served")
    guard, server = hass.data[DATA_GUARD], hass.data[DATA_ADMS]
    right = compare_digest(prefix.encode(), policy.prefix.encode())
    if not policy.prefix and not right:
        return _plain(HTTPStatus.UNAUTHORIZED, "wrong address")
    if policy.prefix and (refused := guard.refuse_path(address, right=right)):
        return refused
    if server.async_terminal(asked.serial) is not None:
        guard.async_known(address)
        return None
    if asked.serial is None:
        return None
    if not server.async_knows(asked.serial):
        return guard.refuse_serial(address)
    return guard.refuse_waiting(asked.serial)


def _is_near(hass: HomeAssistant, address: str) -> bool:
    try:
        return is_local(ip_address(address)) and not is_cloud_connection(hass)
    except ValueError:
        return False


def _is_forwarded(request: Request, *, own_port: bool) -> bool:
    """Tell whether an address is that of a proxy, and somebody else's the request.

    At its own port, Home Assistant sees to `X-Forwarded-For`: it refuses it, or gives
    the address that a trusted proxy tells.
    """
    if own_port:
        return any(header in request.headers for header in _OF_PROXIES)
    return (
        hdrs.FORWARDED in request.headers
        and hdrs.X_FORWARDED_FOR not in request.headers
    )


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
    hass.data[DATA_GUARD] = DoorGuard(hass)
    hass.http.register_view(IclockView())
    hass.http.register_view(PrefixedIclockView())


async def async_open_port(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Open the door at a port of its own, if the site wants one."""
    port: int | None = entry.options.get(CONF_ICLOCK_PORT)
    ir.async_delete_issue(hass, DOMAIN, ISSUE_PORT_TAKEN)
    if not port:
        return

    async def async_handle(request: Request) -> Response:
        if request.method not in _METHODS:
            response = _plain(HTTPStatus.METHOD_NOT_ALLOWED, "GET or POST")
            response.headers[hdrs.ALLOW] = ",".join(_METHODS)
            return response
        parts = [part for part in request.path.split("/") if part]
        lowered = [part.lower() for part in parts]
        if _PATH not in lowered[:2]:
            return _plain(HTTPStatus.NOT_FOUND, "terminals only")
        at = lowered.index(_PATH)
        return await async_serve(
            hass,
            request,
            "".join(parts[:at]),
            "/".join(parts[at + 1 :]),
            own_port=True,
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", async_handle)
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        # As at Home Assistant's own port: nobody answers who is not there any more.
        handler_cancellation=True,
        # Who has not sent all by then comes again.
        shutdown_timeout=_CLOSE_WITHIN,
    )
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
