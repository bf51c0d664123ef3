"""Who calls and does not know what they should: slowed down, and told to the admin."""

from collections import OrderedDict
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN
from ..core.limiter import FailureLimiter

# Somebody pushes with a token that nobody has.
ISSUE_WRONG_TOKEN: Final = "wrong_token"
# Somebody calls by a path that is not the secret one.
ISSUE_WRONG_PATH: Final = "wrong_path"
# Somebody calls by ever new serial numbers.
ISSUE_UNKNOWN_SERIALS: Final = "unknown_serials"
ISSUES: Final = (ISSUE_WRONG_TOKEN, ISSUE_WRONG_PATH, ISSUE_UNKNOWN_SERIALS)

# Seconds in which so many failures of an address are too many.
WINDOW: Final = 60
# How long the admin is told after the last failure: until somebody looks.
TOLD_FOR: Final = timedelta(days=1)
# Addresses that the admin is told: those that failed last.
_MOST_TOLD = 5


class Guesses:
    """Failures of one kind by address, and the one issue that tells of them."""

    def __init__(
        self, hass: HomeAssistant, issue: str, *, most: int, told_after: int
    ) -> None:
        """Block an address after `most` failures; tell after less: one may be a slip."""
        self._hass = hass
        self._issue = issue
        self._told_after = told_after
        self._limiter = FailureLimiter(monotonic, failures=most, seconds=WINDOW)
        self._told: OrderedDict[str, None] = OrderedDict()
        self._when_over = HassJob(self._async_over, cancel_on_shutdown=True)
        self._stop: CALLBACK_TYPE | None = None

    def blocked_for(self, address: str) -> float:
        """Return for how many seconds an address is blocked; 0 if it is not."""
        return self._limiter.blocked_for(address)

    @callback
    def async_failed(self, address: str) -> None:
        """Note a failure, and tell the admin if there are several."""
        if self._limiter.fail(address) < self._told_after:
            return
        self._told[address] = None
        self._told.move_to_end(address)
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        self._async_tell()

    @callback
    def async_succeeded(self, address: str) -> None:
        """Forget the failures of an address."""
        self._limiter.forget(address)
        if address in self._told:
            del self._told[address]
            self._async_tell()

    @callback
    def _async_over(self, _: datetime) -> None:
        self._told.clear()
        self._async_tell()

    @callback
    def _async_tell(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        if not self._told:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue)
            return
        self._stop = async_call_later(self._hass, TOLD_FOR, self._when_over)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=self._issue,
            translation_placeholders={"addresses": ", ".join(self._told)},
        )
