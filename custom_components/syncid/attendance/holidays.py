"""Holidays, from a calendar or from a workday sensor of Home Assistant.

Days are marked by what is known of them. What is not is asked for beside that: whom we
ask belongs to others, and may fail or hang.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import date as Date, datetime, timedelta
import logging
from typing import Any, Final, Literal

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback, split_entity_id
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.errors import LedgerError

_LOGGER = logging.getLogger(__name__)

type Trouble = Literal["holidays_gone", "holidays_failing", "holidays_hanging"]
ISSUES: Final[tuple[Trouble, ...]] = (
    "holidays_gone",
    "holidays_failing",
    "holidays_hanging",
)
_ISSUE: Final = "holidays"
# So often in a row it has to fail before an admin is told: a calendar may start late, or
# its server be away for a moment.
_OFTEN: Final = 3

# What is known at the most: five years of the past, and a year ahead.
_PAST: Final = timedelta(days=5 * 366)
AHEAD: Final = timedelta(days=400)
# What is asked for anew every day begins so long ago.
_LATELY: Final = timedelta(days=31)
# Months that are asked for at once: all that are asked for every day.
_AT_ONCE: Final = 16
# Seconds that a calendar has to answer.
_PATIENCE: Final = 30
# Seconds that days which are to be closed wait for it.
_BEFORE_CLOSING: Final = 10
# For so long what was told of today is not asked for again, only to close days.
_FRESH: Final = timedelta(minutes=5)
# What is kept of a name: it is told with every mark.
_LONGEST: Final = 100

_ONE_DAY = timedelta(days=1)
# As the workday sensor names the days.
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _month(day: Date) -> int:
    return day.year * 12 + day.month - 1


def _begins(month: int) -> Date:
    return Date(month // 12, month % 12 + 1, 1)


class _NotToldError(Exception):
    """Nobody told of holidays, and what an admin should look at."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


class Holidays:
    """Has the holidays be known that days depend on, by and by."""

    def __init__(
        self,
        hass: HomeAssistant,
        keep: Callable[
            [Date, Date, Mapping[Date, str], Date], Coroutine[Any, Any, None]
        ],
    ) -> None:
        """Have asked nobody yet.

        `keep` is given what is told of some days, and since when that is all there is.
        """
        self._hass = hass
        self._keep = keep
        # Who is asked: nobody was chosen, or nobody looked yet.
        self.entity_id: str | None = ""
        self._today = Date.min
        # Months, as numbers, that are to be asked for, and that were.
        self._wanted: set[int] = set()
        self._known: set[int] = set()
        # Since when days are to be asked for anew until tomorrow, though they are known.
        self._again: Date | None = None
        # When the days around today were asked for last, and from which date on; and
        # since when whom we ask tells of another thing than before.
        self._asked: tuple[datetime, Date] | None = None
        self._stirred: datetime | None = None
        self._is_asking = False
        self._asking: asyncio.Task[None] | None = None
        # Whether all that is known is to be forgotten, since nobody is asked any more.
        self._forgets = False
        # Whether what is known was told by another one.
        self._replaces = False
        self._failures = 0

    @callback
    def async_need(self, first: Date, last: Date) -> None:
        """Have the holidays from a date to another be asked for, if they never were."""
        self._wanted |= {*range(_month(first), _month(last) + 1)} - self._known

    @callback
    def async_look(self, entity_id: str | None, today: Date) -> None:
        """Ask for what is not known, or may have changed; nobody waits for it.

        All that lies around today is asked for once a day, and today as soon as the
        state of whom we ask says another thing: once a minute at the most.
        """
        if entity_id != self.entity_id:
            self._replaces = bool(self.entity_id)
            self.entity_id, self._today = entity_id, Date.min
            # What another one told is told anew.
            self._wanted |= self._known
            self._known.clear()
            self._asked = self._stirred = None
            self._forgets = entity_id is None
            self._async_tell(None)
        if today != self._today:
            self._today = today
            lately = {*range(_month(today - _LATELY), _month(today + AHEAD) + 1)}
            self._known -= lately
            self._wanted |= lately
            self._again = None
        state = self._hass.states.get(entity_id) if entity_id else None
        if state is not None and state.state != STATE_UNAVAILABLE:
            if state.last_updated != self._stirred:
                self._async_need_again(today - _ONE_DAY)
            self._stirred = state.last_updated
        self._async_begin()

    async def async_make_sure(self, first: Date) -> None:
        """Have what is known since a date be told once more; wait a little for it.

        Not of what was told a moment ago, nor of what is long ago.
        """
        if not self.entity_id:
            return
        first = max(first, self._today - _LATELY)
        if not self._is_fresh(first):
            self._async_need_again(first)
            self._async_begin()
        if (asking := self._asking) is not None:
            await asyncio.wait([asking], timeout=_BEFORE_CLOSING)
            if not asking.done():
                # Nobody waits for it twice.
                self._asking = None

    def _is_fresh(self, first: Date) -> bool:
        if self._asked is None:
            return False
        moment, since = self._asked
        return since <= first and timedelta() <= dt_util.utcnow() - moment < _FRESH

    @callback
    def _async_need_again(self, first: Date) -> None:
        # All around today is asked for anyway, or will be as soon as anybody answers.
        if _month(self._today) not in self._wanted:
            self._again = min(first, self._again or first)

    @callback
    def _async_begin(self) -> None:
        is_due = self.entity_id and (self._wanted or self._again)
        if not self._is_asking and (self._forgets or is_due):
            self._is_asking = True
            self._asking = self._hass.async_create_background_task(
                self._async_ask_all(), "syncid holidays"
            )

    async def _async_ask_all(self) -> None:
        try:
            while await self._async_ask():
                pass
        except LedgerError as err:
            _LOGGER.warning("Holidays are kept later: %s", err)
        finally:
            self._is_asking = False

    async def _async_ask(self) -> bool:
        """Ask for some days; return whether it went well and there are more."""
        if self._forgets:
            await self._keep(Date.min, Date.max, {}, Date.min)
            self._forgets = False
        oldest, newest = _month(self._today - _PAST), _month(self._today + AHEAD)
        self._wanted &= {*range(oldest, newest + 1)}
        if not self.entity_id:
            return False
        if (again := self._again) is not None:
            # Before it is asked: what changes meanwhile is asked for once more.
            self._again = None
            if not await self._async_ask_for(again, self._today + _ONE_DAY):
                self._again = min(again, self._again or again)
                return False
            return True
        if not self._wanted:
            return False
        # The newest first, with those before it.
        last = first = max(self._wanted)
        while first - 1 in self._wanted and last - first + 1 < _AT_ONCE:
            first -= 1
        entity_id = self.entity_id
        # With a day on either side, which decides where the day beside it ends.
        if not await self._async_ask_for(_begins(first) - _ONE_DAY, _begins(last + 1)):
            return False
        if entity_id == self.entity_id:
            months = {*range(first, last + 1)}
            self._known |= months
            self._wanted -= months
        return True

    async def _async_ask_for(self, first: Date, last: Date) -> bool:
        """Ask for the days from a date to another; return whether that was answered."""
        entity_id = str(self.entity_id)
        if first <= self._today <= last:
            self._asked = dt_util.utcnow(), first
        try:
            found = await _async_find(self._hass, entity_id, first, last)
        except _NotToldError as err:
            if entity_id == self.entity_id:
                if not self._failures:
                    _LOGGER.warning(
                        "%s tells no holidays: %r", entity_id, err.__cause__
                    )
                self._async_tell(err.trouble)
            return False
        if entity_id == self.entity_id:
            # Many a calendar forgets what was long ago; then it was a holiday all the same.
            since = Date.min if self._replaces else self._today - _LATELY
            await self._keep(first, last, found, since)
            self._async_tell(None)
        return True

    @callback
    def _async_tell(self, trouble: Trouble | None) -> None:
        """Tell an admin of what goes wrong for long, until it does not."""
        if trouble is None:
            self._failures = 0
            ir.async_delete_issue(self._hass, DOMAIN, _ISSUE)
            return
        self._failures += 1
        if self._failures >= _OFTEN:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                _ISSUE,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=trouble,
                translation_placeholders={"entity_id": str(self.entity_id)},
            )


async def _async_find(
    hass: HomeAssistant, entity_id: str, first: Date, last: Date
) -> dict[Date, str]:
    """Return the holidays from a date to another; raises `_NotToldError`."""
    find = _async_in_calendar
    if split_entity_id(entity_id)[0] == "binary_sensor":
        find = _async_by_workday
    try:
        async with asyncio.timeout(_PATIENCE):
            return await find(hass, entity_id, first, last)
    except Exception as err:
        if isinstance(err, TimeoutError):
            raise _NotToldError("holidays_hanging") from err
        is_there = hass.states.get(entity_id) is not None
        raise _NotToldError(
            "holidays_failing" if is_there else "holidays_gone"
        ) from err


async def _async_call(
    hass: HomeAssistant, domain: str, action: str, entity_id: str, **data: Any
) -> Any:
    response = await hass.services.async_call(
        domain,
        action,
        {ATTR_ENTITY_ID: entity_id, **data},
        blocking=True,
        return_response=True,
    )
    return (response or {})[entity_id]


async def _async_in_calendar(
    hass: HomeAssistant, entity_id: str, first: Date, last: Date
) -> dict[Date, str]:
    told = await _async_call(
        hass,
        "calendar",
        "get_events",
        entity_id,
        start_date_time=dt_util.start_of_local_day(first),
        end_date_time=dt_util.start_of_local_day(last + _ONE_DAY),
    )
    found: dict[Date, str] = {}
    for event in told["events"]:
        # What has a time is no holiday, but a meeting.
        if len(event["start"]) > len("2026-01-01"):
            continue
        day, end = (Date.fromisoformat(event[key]) for key in ("start", "end"))
        while day < end:
            if first <= day <= last:
                found[day] = event["summary"][:_LONGEST]
            day += _ONE_DAY
    return found


async def _async_by_workday(
    hass: HomeAssistant, entity_id: str, first: Date, last: Date
) -> dict[Date, str]:
    state = hass.states.get(entity_id)
    told_of = state.attributes if state else {}
    # What it never counts as worked, holiday or not, is no holiday: in which countries
    # that is Friday and Saturday, it knows.
    week = {*told_of.get("workdays", _WEEK[:5])} - {*told_of.get("excludes", ())}
    found: dict[Date, str] = {}
    day = first
    while day <= last:
        # Each is told at once: others have their turn between a hundred of them.
        await asyncio.sleep(0)
        told = await _async_call(
            hass, "workday", "check_date", entity_id, check_date=day
        )
        # Which days are worked, the shifts say: a weekend is no holiday.
        if not told["workday"] and _WEEK[day.weekday()] in week:
            found[day] = state.name if state else entity_id
        day += _ONE_DAY
    return found
