"""Where gateways push logs: an address with a token, and a webhook for each device.

What is refused is returned, not raised: Home Assistant would count it as a failed login,
and shut out whatever else is at that address.
"""

from collections.abc import Callable, Mapping
from functools import partial
from hmac import compare_digest
from http import HTTPStatus
import json
import logging
from typing import Final

from aiohttp import hdrs
from aiohttp.web import Request, Response

from homeassistant.components import webhook
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.webhook import SUPPORTED_METHODS
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_MODE, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS

from .const import CONF_ACTIVE, CONF_TOKEN_HASH, DOMAIN, MODE_PUSH, PUSH_LOG_URL
from .core.errors import LedgerError
from .core.pushlog import REASONS, BadBody
from .entries import async_device_entries
from .issues import PUSH_REFUSED, async_set_issue
from .push.bodies import Garbled, TooLarge, async_read_body
from .push.coordinator import PushCoordinator
from .push.guesses import ISSUE_WRONG_TOKEN, Guesses
from .secrets import hash_of

_LOGGER = logging.getLogger(__name__)

# Bytes of a body: some ten thousand logs.
MAX_BODY: Final = 2 * 1024 * 1024
# Wrong tokens from one address in a minute that are looked at.
_MOST_WRONG = 10
# Wrong tokens after which the admin is told.
_TOLD_AFTER = 3

DATA_DOOR: HassKey[PushDoor] = HassKey(f"{DOMAIN}_push_door")


class Refused(Exception):
    """A push is refused, and what whoever set up the gateway can do about it."""

    def __init__(
        self,
        status: HTTPStatus,
        error: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say why: in a word for programs, and in a sentence."""
        super().__init__(message)
        self.response = Response(
            status=status,
            body=json.dumps({"error": error, "message": message}),
            content_type="application/json",
            headers=headers,
        )


class PushDoor:
    """Lets in who has a right to push, and slows down who has none."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of no failure."""
        self._hass = hass
        self._guesses = Guesses(
            hass, ISSUE_WRONG_TOKEN, most=_MOST_WRONG, told_after=_TOLD_AFTER
        )

    @callback
    def async_entry_of(self, request: Request) -> ConfigEntry:
        """Return the device whose token a request has; raises `Refused`."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not (token := token.strip()):
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "token_missing",
                "Send the header Authorization: Bearer <device token>.",
                {hdrs.WWW_AUTHENTICATE: "Bearer"},
            )
        hashed, found = hash_of(token), None
        for entry in async_device_entries(self._hass):
            if compare_digest(entry.data.get(CONF_TOKEN_HASH) or "", hashed):
                found = entry  # and go on, as long as if it were not
        address = request.remote or ""
        if found is not None:
            # Whoever else is at that address, who may be a proxy.
            self._guesses.async_succeeded(address)
            return found
        if seconds := self._guesses.blocked_for(address):
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_wrong_tokens",
                "Too many wrong tokens came from this address. Set the device token, and"
                " try again in a minute.",
                {hdrs.RETRY_AFTER: str(int(seconds) + 1)},
            )
        _LOGGER.debug("A wrong device token came from %s", address)
        self._guesses.async_failed(address)
        raise Refused(
            HTTPStatus.UNAUTHORIZED,
            "token_wrong",
            "This is no device token. Make a new one: choose Reconfigure in the menu of"
            " the device in Home Assistant.",
            {hdrs.WWW_AUTHENTICATE: 'Bearer error="invalid_token"'},
        )


@callback
def async_setup_push(hass: HomeAssistant) -> None:
    """Open the address to which all devices push, and their webhooks."""
    hass.data[DATA_DOOR] = PushDoor(hass)
    hass.http.register_view(PushLogView())
    webhooks: dict[str, str] = {}

    @callback
    def async_update_webhooks() -> None:
        """Open and close webhooks, so that each device with one has it.

        Even if it may not push: Home Assistant answers for a webhook that it does not
        know that all is well, and what was sent there is lost.
        """
        wanted = {
            entry.data[CONF_WEBHOOK_ID]: entry.entry_id
            for entry in async_device_entries(hass)
            if CONF_WEBHOOK_ID in entry.data
        }
        for webhook_id in webhooks.keys() - wanted.keys():
            webhook.async_unregister(hass, webhook_id)
        for webhook_id in wanted.keys() - webhooks.keys():
            webhook.async_register(
                hass,
                DOMAIN,
                "SyncID",
                webhook_id,
                partial(_async_receive, wanted[webhook_id]),
                allowed_methods=SUPPORTED_METHODS,
            )
        webhooks.clear()
        webhooks.update(wanted)

    @callback
    def async_changed(_: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            async_update_webhooks()

    async_update_webhooks()
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, async_changed)


async def _async_receive(
    entry_id: str, hass: HomeAssistant, webhook_id: str, request: Request
) -> Response:
    """Take what comes to a device's webhook."""
    if request.method != hdrs.METH_POST:
        return _method_refused()

    @callback
    def async_find() -> ConfigEntry:
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.data.get(CONF_WEBHOOK_ID) != webhook_id:
            raise Refused(
                HTTPStatus.GONE,
                "webhook_closed",
                "This webhook was closed. Look up the one that the device has now.",
            )
        return entry

    try:
        return await _async_take(hass, async_find, request)
    except Refused as refused:
        return refused.response


def _method_refused() -> Response:
    return Refused(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Send the logs by POST.",
        {hdrs.ALLOW: hdrs.METH_POST},
    ).response


class PushLogView(HomeAssistantView):
    """Takes pushed logs from devices that have a token."""

    url = PUSH_LOG_URL
    name = "api:syncid:push-log"
    requires_auth = False

    async def post(self, request: Request) -> Response:
        """Store the logs, and answer how many were new."""
        hass = request.app[KEY_HASS]
        try:
            find = partial(hass.data[DATA_DOOR].async_entry_of, request)
            return await _async_take(hass, find, request)
        except Refused as refused:
            return refused.response

    async def get(self, request: Request) -> Response:
        """Say that logs are sent by POST."""
        return _method_refused()

    put = delete = patch = head = get


async def _async_take(
    hass: HomeAssistant, find: Callable[[], ConfigEntry], request: Request
) -> Response:
    """Store what a device pushed, then answer; raises `Refused`.

    Whose it is, and whether it is taken, is asked before the body, which may be long in
    coming, and after it, when somebody may have changed that.
    """
    _coordinator(hass, find())
    body = await _async_read(request)
    coordinator = _coordinator(hass, find())
    try:
        pushed, ingested = await coordinator.async_receive(body)
    except JSON_DECODE_EXCEPTIONS as err:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "not_json", "The body is not JSON in UTF-8."
        ) from err
    except BadBody as err:
        raise Refused(HTTPStatus.BAD_REQUEST, "wrong_shape", str(err)) from err
    except LedgerError as err:
        raise Refused(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "not_stored",
            "The logs could not be stored. Keep them, and send them again.",
        ) from err
    return Response(
        body=json.dumps(
            {
                "received": pushed.received,
                "new": ingested.new,
                "duplicate": ingested.duplicates,
                "rejected": len(pushed.rejected),
                "rejections": [
                    {
                        "index": rejected.place,
                        "reason": rejected.record.reason,
                        "message": REASONS[rejected.record.reason],
                    }
                    for rejected in pushed.rejected
                ],
            }
        ),
        content_type="application/json",
    )


@callback
def _coordinator(hass: HomeAssistant, entry: ConfigEntry) -> PushCoordinator:
    """Return what takes the logs of a device; raises `Refused` if nothing does."""
    if entry.disabled_by or not entry.options.get(CONF_ACTIVE, True):
        async_set_issue(hass, entry, PUSH_REFUSED, {})
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "device_inactive",
            "This device is not active. Turn on Active in its options in Home Assistant,"
            " or enable its entry.",
        )
    if entry.options.get(CONF_MODE) != MODE_PUSH:
        async_set_issue(hass, entry, PUSH_REFUSED, {})
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "not_in_push_mode",
            "This device is not in push mode. Choose Push as its mode in its options in"
            " Home Assistant.",
        )
    if entry.state is not ConfigEntryState.LOADED:
        raise Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not_ready",
            "The device is not set up yet. Keep the logs, and send them again.",
            {hdrs.RETRY_AFTER: "30"},
        )
    coordinator: PushCoordinator = entry.runtime_data
    return coordinator


async def _async_read(request: Request) -> bytes:
    """Return a body of JSON; raises `Refused`."""
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "Send the header Content-Type: application/json.",
        )
    try:
        return await async_read_body(request, MAX_BODY)
    except TooLarge as err:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_large",
            f"A body has {MAX_BODY} bytes at most. Send the logs in several.",
        ) from err
    except Garbled as err:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "not_json",
            "The body is not packed as its header Content-Encoding says. Send it without"
            " that header.",
        ) from err
    except TimeoutError as err:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT,
            "too_slow",
            "The body did not come in time. Send the logs again, in several parts.",
        ) from err
