"""What all commands of the panel are: for admins, and honest about what went wrong."""

from collections.abc import Awaitable, Callable
from datetime import date as Date
from functools import wraps
from typing import Any

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.components.websocket_api.const import WebSocketCommandHandler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..const import DOMAIN
from ..core.errors import LedgerError
from ..problems import translation_of

# Rows of a page at the most, which keeps an answer under 200 kB: of rows that name no
# terminals.
MOST_ROWS = 200


def page_of(most: int) -> dict[Any, Any]:
    """Return the fields of a command that answers a page of so many rows at the most."""
    return {
        vol.Optional("search", default=""): str,
        vol.Optional("descending", default=False): bool,
        vol.Optional("offset", default=0): vol.All(int, vol.Range(min=0)),
        vol.Optional("limit", default=min(most, 50)): vol.All(
            int, vol.Range(min=1, max=most)
        ),
    }


PAGE = page_of(MOST_ROWS)


def shorten(text: str, most: int) -> str:
    """Return a text that may be of any length, cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


# Around its ends there are no days before and after, which marks are computed of.
DATE = vol.All(cv.date, vol.Range(min=Date(1970, 1, 1), max=Date(2999, 12, 31)))

type Answer = Callable[[HomeAssistant, dict[str, Any]], Awaitable[Any]]
type Follow = Callable[
    [HomeAssistant, dict[str, Any], Callable[[Any], None]],
    Awaitable[Callable[[], None]],
]


def command(
    name: str, fields: dict[Any, Any] | None = None
) -> Callable[[Answer], WebSocketCommandHandler]:
    """Make a command of a function that answers it."""

    def decorate(answer: Answer) -> WebSocketCommandHandler:
        @websocket_api.websocket_command(
            {vol.Required("type"): f"{DOMAIN}/{name}", **(fields or {})}
        )
        @websocket_api.require_admin
        @websocket_api.async_response
        @wraps(answer)
        async def handle(
            hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
        ) -> None:
            """Answer, or say what is wrong in words that can be translated."""
            msg["context"] = connection.context(msg)
            try:
                result = await answer(hass, msg)
            except (HomeAssistantError, LedgerError) as err:
                _send_error(connection, msg, err)
            else:
                connection.send_result(msg["id"], result)

        return handle

    return decorate


def subscription(
    name: str, fields: dict[Any, Any] | None = None
) -> Callable[[Follow], WebSocketCommandHandler]:
    """Make a command of a function that tells something from now on."""

    def decorate(follow: Follow) -> WebSocketCommandHandler:
        @websocket_api.websocket_command(
            {vol.Required("type"): f"{DOMAIN}/{name}", **(fields or {})}
        )
        @websocket_api.require_admin
        @websocket_api.async_response
        @wraps(follow)
        async def handle(
            hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
        ) -> None:
            """Tell until nobody listens any more."""
            number = msg["id"]
            # Known before anything is awaited, in which the connection may end.
            ended = False
            end: Callable[[], None] | None = None
            # What is told before the browser was told that it is subscribed.
            early: list[Any] = []
            is_told = False

            def unsubscribe() -> None:
                nonlocal ended
                ended = True
                if end is not None:
                    end()

            def tell(event: Any) -> None:
                if ended:
                    return
                if is_told:
                    connection.send_event(number, event)
                else:
                    early.append(event)

            connection.subscriptions[number] = unsubscribe
            try:
                end = await follow(hass, msg, tell)
            except (HomeAssistantError, LedgerError) as err:
                # A browser that is refused tries again; one that hears nothing waits.
                connection.subscriptions.pop(number, None)
                _send_error(connection, msg, err)
                return
            connection.send_result(number)
            if ended:
                end()
            is_told = True
            for event in early:
                tell(event)

        return handle

    return decorate


def _send_error(
    connection: ActiveConnection,
    msg: dict[str, Any],
    err: HomeAssistantError | LedgerError,
) -> None:
    """Send an error that is no fault of the program, and so not logged as one."""
    if isinstance(err, LedgerError):
        err = HomeAssistantError(**translation_of(err, DOMAIN))
    connection.send_error(
        msg["id"],
        websocket_api.ERR_HOME_ASSISTANT_ERROR,
        str(err),
        translation_domain=err.translation_domain,
        translation_key=err.translation_key,
        translation_placeholders=err.translation_placeholders,
    )
