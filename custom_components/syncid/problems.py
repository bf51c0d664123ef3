"""What went wrong at a terminal, as its admin is told."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .core.errors import (
    AddressUnknown,
    AuthRejected,
    ClearRefused,
    ClearUnverified,
    CommandRefused,
    ConnectionRefused,
    CursorMoved,
    EnrollmentFailed,
    LedgerError,
    LinkError,
    LogChanged,
    LossRefused,
    NoLock,
    NotAnswered,
    NotAsWritten,
    NotATerminal,
    PushFailed,
    PushRefused,
    RecordsLost,
    SecretOption,
    SyncIDError,
    TableUnreadable,
    TimedOut,
    TooLate,
    UserRefused,
    WrongTerminal,
)
from .texts import async_text

# How many users who failed are named in an error; the response has all.
_NAMED = 10

# Keys of the exceptions' translations, and of the errors in the config flow. The first
# class that fits.
ERROR_KEYS: tuple[tuple[type[SyncIDError], str], ...] = (
    (AuthRejected, "invalid_auth"),
    (WrongTerminal, "wrong_terminal"),
    (NotATerminal, "not_a_terminal"),
    (AddressUnknown, "unknown_address"),
    (ConnectionRefused, "connection_refused"),
    (TimedOut, "timed_out"),
    (LinkError, "cannot_connect"),
    (TableUnreadable, "table_unreadable"),
    (CommandRefused, "command_refused"),
    (ClearRefused, "clear_refused"),
    (RecordsLost, "records_lost"),
    (ClearUnverified, "clear_unverified"),
    (LogChanged, "log_changed"),
    (CursorMoved, "log_changed"),
    (NoLock, "no_lock"),
    (NotAnswered, "not_answered"),
    (TooLate, "too_late"),
    (SecretOption, "secret_option"),
    (NotAsWritten, "not_as_written"),
    (LedgerError, "ledger_error"),
)


def error_key(err: Exception) -> str:
    """Return the translation key of an error."""
    for kind, key in ERROR_KEYS:
        if isinstance(err, kind):
            return key
    return "unknown"


def sentence_of(err: Exception) -> str:
    """Return what an error says so that something may come after it."""
    text = str(err).strip()
    return text if text.endswith((".", "!", "?", ")")) else f"{text}."


def translation_of(err: Exception, name: str) -> dict[str, Any]:
    """Return what an exception of Home Assistant says of an error at a terminal.

    `name` is what the admin calls the terminal.
    """
    key, details = error_key(err), {"error": str(err)}
    if isinstance(err, UserRefused):
        key = err.reason
        details = {"value": err.value, "limit": str(err.limit)}
    elif isinstance(err, PushRefused):
        key = f"push_{err.reason}"
        details = {"value": err.value}
    elif isinstance(err, PushFailed):
        key = f"push_{err.reason}"
        details = {"code": str(err.code)}
    elif isinstance(err, EnrollmentFailed):
        key = f"enrollment_{err.reason}"
    elif isinstance(err, LossRefused):
        key = f"loss_{err.what}"
        details = {"going": str(err.going), "held": str(err.held)}
    elif isinstance(err, NotAsWritten):
        details = {"user_id": err.user_id, "now": err.now}
    return {
        "translation_domain": DOMAIN,
        "translation_key": key,
        "translation_placeholders": {"name": name, **details},
    }


class UsersFailed(HomeAssistantError):
    """A terminal did not take all users; what became of each is told besides."""


@callback
def async_users_failed(
    hass: HomeAssistant, name: str, users: Sequence[tuple[str, str, Iterable[str]]]
) -> UsersFailed | None:
    """Return the error that says which users failed and why, if any did.

    `users` are their ids, with outcomes and reasons.
    """
    failed = [
        f"{user_id} ({', '.join(_async_reason(hass, one) for one in reasons)})"
        for user_id, outcome, reasons in users
        if outcome == "fail"
    ]
    if not failed:
        return None
    more = ["…"] if len(failed) > _NAMED else []
    return UsersFailed(
        translation_domain=DOMAIN,
        translation_key="users_failed",
        translation_placeholders={
            "name": name,
            "failed": str(len(failed)),
            "all": str(len(users)),
            "users": ", ".join(failed[:_NAMED] + more),
        },
    )


@callback
def _async_reason(hass: HomeAssistant, reason: str) -> str:
    return async_text(hass, f"config_panel.reasons.{reason}")


@callback
def async_failed_in(
    hass: HomeAssistant, report: Mapping[str, Any], name: str
) -> UsersFailed | None:
    """Return the same of what an action tells of a terminal."""
    return async_users_failed(
        hass,
        name,
        [
            (user["user_id"], user["outcome"], user["reasons"])
            for user in report.get("users", ())
        ],
    )
