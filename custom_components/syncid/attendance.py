"""Attendance: stored punches become marks, and marks become events.

What is computed, the book says; here is when: after punches were stored, when people,
mappings or rules changed, and every minute, to close days that are over. In the
executor and in slices, one at a time: what is long in work lets what is new go between.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import date as Date, datetime, timedelta
from functools import partial
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .const import (
    CONF_ACTIVE,
    CONF_DIRECTION,
    CONF_HOLIDAYS,
    CONF_KIND,
    CONF_SERIAL,
    DOMAIN,
    EVENT_ATTENDANCE,
    ISSUE_UNMAPPED,
    KIND_DEVICE,
    SITE_UNIQUE_ID,
)
from .core.attendance.board import Board
from .core.attendance.corrections import Correction
from .core.attendance.marks import Brief, Cause, Change, Mark, Moment
from .core.attendance.readings import Station
from .core.attendance.schedule import Plan, Roster, Rules, day_number
from .core.book import SILENT, Book
from .core.case import Case, Due, sliced
from .core.errors import LedgerError
from .core.people import Mapping as UserMapping, Person
from .core.records import Batch
from .core.shelf import Unmapped
from .device import SyncIDCoordinator
from .holidays import async_find_holidays
from .hub import SIGNAL_LEDGER_REPLACED, SIGNAL_STORED, Hub
from .rules import async_rules

_LOGGER = logging.getLogger(__name__)

DATA_ATTENDANCE: HassKey[Attendance] = HassKey(f"{DOMAIN}_attendance")
# Marks changed, in the order in which they did; news or not.
SIGNAL_MARKS: SignalType[Collection[Change]] = SignalType("syncid_marks")
# What `current` says of a person changed, who is named by id.
SIGNAL_PERSON: SignalTypeFormat[()] = SignalTypeFormat("syncid_person_{}")
# People were added, changed or removed, or who the users of terminals are.
SIGNAL_PEOPLE: SignalType[()] = SignalType("syncid_people")
# The users who punch and are nobody were counted anew.
SIGNAL_UNMAPPED: SignalType[()] = SignalType("syncid_unmapped")
# Rules or holidays changed; marks follow.
SIGNAL_RULES: SignalType[()] = SignalType("syncid_rules")
# A date began, and its first marks are made: `today` is another one.
SIGNAL_DAY: SignalType[()] = SignalType("syncid_day")

_TICK: Final = timedelta(minutes=1)
# Holidays are asked for from so many days ago until so many ahead.
_HOLIDAYS_BEFORE: Final = timedelta(days=31)
_HOLIDAYS_AFTER: Final = timedelta(days=31)
_ONE_DAY: Final = timedelta(days=1)
# A day that is older is history, if it is computed for the first time or by new rules.
_NEWS_DAYS: Final = _ONE_DAY
# Days that are looked at once more after a start: we may have been killed between a
# punch and its mark.
_ONCE_MORE: Final = 7

type Find = Callable[[Case], Due]


class Attendance:
    """Knows the people, and keeps their marks."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Read nothing yet."""
        self.hass = hass
        self.hub = hub
        self.book = Book(hub.ledger)
        # Held by who looks at people and then changes them.
        self.editing = asyncio.Lock()
        self.unmapped: list[Unmapped] = []
        # Whether anybody has counted them yet.
        self.knows_unmapped = False
        self._board = Board(dt_util.now().date())
        # The date that was told to have begun.
        self._day = self._board.today
        # By what marks were computed last.
        self._case: Case
        self._rules: Rules | None = None
        self._holidays: Mapping[Date, str] = {}
        self._read_until: dict[str, int] = {}
        self._batches: list[Batch] = []
        self._is_taking = False
        # What was due when the ledger could not be written: since which rules.
        self._owed: Case | None = None
        self._looks_back = True
        self._somebody_unknown = True
        self._looked_for_holidays: tuple[str | None, Date] | None = None
        self._turn = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._ticking = asyncio.Lock()
        self._is_open = False

    # --- what others ask --------------------------------------------------------------

    @property
    def people(self) -> Mapping[str, Person]:
        """Return everybody by id."""
        return self.hub.directory.people

    @property
    def today(self) -> Date:
        """Return the date for which `async_current` speaks."""
        return self._board.today

    @callback
    def async_current(self, person_id: str) -> Mark | None:
        """Return the mark that a person's punches go to now; None before there is one."""
        return self._board.current(person_id)

    @callback
    def async_on_site(self) -> list[Mark]:
        """Return the marks of who is in the building."""
        return self._board.on_site()

    @callback
    def async_day(self, date: Date) -> Mapping[str, Mark]:
        """Return the marks of yesterday, today or tomorrow by person, as known now."""
        return self._board.day(date)

    @callback
    def async_plan(self, person_id: str, date: Date) -> Plan:
        """Return what is expected of a person on a date: shift, times, off or away."""
        person, rules = self.people[person_id], self.async_site_rules()
        serials = self.hub.directory.serials_of(person_id)
        return Roster(rules, person, serials).plan(day_number(date))

    @callback
    def async_site_rules(self) -> Rules:
        """Return the rules as they are now: shifts, assignments, holidays."""
        if self._rules is None:
            self._rules = async_rules(self.hass, self._holidays)
        return self._rules

    async def async_marks(
        self, first: Date, last: Date, person_ids: Collection[str] | None = None
    ) -> list[Mark]:
        """Return the marks from a date to another, of some people or of all.

        Raises `LedgerError`, as all that follow.
        """
        return await self.hub.async_read(self.book.marks, first, last, person_ids)

    async def async_briefs(self, first: Date, last: Date) -> list[Brief]:
        """Return status and finality of all days from a date to another, for a grid."""
        return await self.hub.async_read(self.book.briefs, first, last)

    async def async_trace(self, person_id: str, date: Date) -> list[dict[str, Any]]:
        """Return how a day became what it is, oldest first."""
        return await self.hub.async_read(self.book.trace, person_id, date)

    # --- what others change -----------------------------------------------------------

    async def async_save(
        self,
        people: Iterable[Person] = (),
        mapped: Iterable[UserMapping] = (),
        unmapped: Iterable[tuple[str, str]] = (),
    ) -> int:
        """Keep people and mappings, all or none; return how many marks changed by it."""
        before = self.async_case()
        await self.hass.async_add_executor_job(
            self.book.save_people, [*people], [*mapped], [*unmapped]
        )
        await self._async_know_people()
        count = await self._async_changed(before)
        await self.async_look_for_unmapped()
        return count

    async def async_erase(self, person_id: str) -> dict[str, int]:
        """Delete all that there is of a person; return how many rows of what."""
        async with self._turn:
            counts = await self.hass.async_add_executor_job(self.book.erase, person_id)
            self._board.forget(person_id)
            await self._async_know_people()
        async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
        await self.async_look_for_unmapped()
        return counts

    async def async_correct(self, correction: Correction) -> list[Change]:
        """Keep what a human says, and return how that changed marks."""
        made = await self.hass.async_add_executor_job(self.book.correct, correction)
        changes: list[Change] = []
        await self._async_work(
            lambda case: self.book.touched_by(case, made), "correction", changes
        )
        return changes

    async def async_look_for_unmapped(self) -> None:
        """Count the users who punch and are nobody, and say so."""
        self._somebody_unknown = False
        self.unmapped = await self.hass.async_add_executor_job(self.book.unmapped)
        self.knows_unmapped = True
        async_dispatcher_send(self.hass, SIGNAL_UNMAPPED)
        # Who keeps no people has nobody to map.
        if not self.unmapped or not self.people:
            ir.async_delete_issue(self.hass, DOMAIN, ISSUE_UNMAPPED)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            ISSUE_UNMAPPED,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_UNMAPPED,
            translation_placeholders={
                "users": str(len(self.unmapped)),
                "punches": str(sum(one.count for one in self.unmapped)),
            },
        )

    # --- life -------------------------------------------------------------------------

    async def async_open(self) -> None:
        """Know the people, once; raises `LedgerError`."""
        async with self._opening:
            if self._is_open:
                return
            await self._async_load()
            self._is_open = True
        self._case = self.async_case()
        async_dispatcher_connect(self.hass, SIGNAL_STORED, self._async_stored)
        async_dispatcher_connect(
            self.hass, SIGNAL_LEDGER_REPLACED, self._async_replaced
        )
        # It lives as long as the hub.
        async_track_time_interval(
            self.hass, self._async_tick, _TICK, cancel_on_shutdown=True
        )

    async def _async_load(self) -> None:
        today = dt_util.now().date()

        def load() -> tuple[Any, ...]:
            book = self.book
            marks = book.marks(today - _ONE_DAY, today + _ONE_DAY)
            board = Board(today, marks)
            return book.directory(), book.deliveries(), book.holidays(), board

        found = await self.hass.async_add_executor_job(load)
        self.hub.directory, self._read_until, self._holidays, self._board = found
        self._rules, self._day = None, today

    async def _async_know_people(self) -> None:
        self.hub.directory = await self.hass.async_add_executor_job(self.book.directory)
        async_dispatcher_send(self.hass, SIGNAL_PEOPLE)

    @callback
    def _async_replaced(self) -> None:
        """Know nobody any more, as the empty ledger that took the place of another."""
        self._async_soon(self._async_load_again())

    async def _async_load_again(self) -> None:
        async with self._turn:
            known = [*self.people]
            await self._async_load()
        async_dispatcher_send(self.hass, SIGNAL_PEOPLE)
        for person_id in known:
            async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
        await self.async_look_for_unmapped()

    @callback
    def _async_soon(self, work: Coroutine[Any, Any, None]) -> None:
        self.hass.async_create_background_task(work, "syncid attendance")

    @callback
    def async_case(self) -> Case:
        """Return what marks depend on now, but for what the ledger holds."""
        now = dt_util.utcnow()
        stations = {}
        for entry in self._async_devices():
            serial = entry.data[CONF_SERIAL]
            until = self._read_until.get(serial)
            if not entry.options.get(CONF_ACTIVE, True):
                until = int(now.timestamp())  # nothing that it holds is taken
            stations[serial] = Station(
                serial=serial,
                zone=entry.options.get(CONF_TIME_ZONE) or self.hass.config.time_zone,
                direction=entry.options[CONF_DIRECTION],
                delivered_until=until,
            )
        return Case(
            rules=self.async_site_rules(),
            directory=self.hub.directory,
            stations=stations,
            now=int(now.timestamp()),
            today=dt_util.as_local(now).date(),
        )

    @callback
    def _async_devices(self) -> Iterable[ConfigEntry]:
        return [
            entry
            for entry in self.hass.config_entries.async_entries(
                DOMAIN, include_disabled=False
            )
            if entry.data[CONF_KIND] == KIND_DEVICE
        ]

    # --- computing --------------------------------------------------------------------

    async def _async_work(
        self, find: Find, cause: Cause, changes: list[Change] | None = None
    ) -> int:
        """Compute days anew, and tell of it; return how many marks changed.

        Raises `LedgerError`.
        """
        run, count = self.hass.async_add_executor_job, 0
        async with self._turn:
            due = await run(find, self.async_case())
        for part in sliced(due):
            async with self._turn:
                case = self.async_case()
                explained: list[Mark] = []
                made = await run(self.book.work, case, part, cause, explained)
                self._async_tell(case, made, explained)
            count += len(made)
            if changes is not None:
                changes += made
        return count

    @callback
    def _async_tell(
        self, case: Case, changes: Collection[Change], explained: Collection[Mark]
    ) -> None:
        if case.today > self._board.today:
            self._board.turn_to(case.today)
        marks = [*explained, *(change.after for change in changes)]
        for mark in marks:
            self._board.take(mark)
        for change in changes:
            if _is_news(change, case.today):
                person = case.directory.people[change.after.person_id]
                self.hass.bus.async_fire(EVENT_ATTENDANCE, event_data(change, person))
        if changes:
            async_dispatcher_send(self.hass, SIGNAL_MARKS, changes)
        for person_id in dict.fromkeys(mark.person_id for mark in marks):
            async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))

    # --- punches ----------------------------------------------------------------------

    @callback
    def _async_stored(self, batch: Batch) -> None:
        """Have the days computed that new punches touch."""
        person_of = self.hub.directory.person_of
        self._somebody_unknown |= any(
            person_of(batch.serial, punch.user_id) is None for punch in batch.punches
        )
        if not self.people:
            return
        self._batches.append(batch)
        if not self._is_taking:
            self._is_taking = True
            self._async_soon(self._async_take_batches())

    async def _async_take_batches(self) -> None:
        self._is_taking = True
        try:
            while self._batches:
                # What comes meanwhile is done together, when this is done.
                batches, self._batches = self._batches, []
                try:
                    await self._async_work(
                        partial(_touched, self.book, batches), "punch"
                    )
                except LedgerError as err:
                    # The punches are stored: what they touch is computed with a tick.
                    self._batches = batches + self._batches
                    _LOGGER.warning("Attendance is computed later: %s", err)
                    return
        finally:
            self._is_taking = False

    # --- time -------------------------------------------------------------------------

    async def _async_tick(self, _: datetime) -> None:
        """Close days that are over, and begin new ones."""
        if self._ticking.locked():
            return
        async with self._ticking:
            try:
                await self._async_close(self._async_deliveries())
            except LedgerError as err:
                _LOGGER.warning("Days cannot be closed yet: %s", err)
            # Behind the first marks, or for a moment nothing would be known of anybody;
            # but also of who gets none.
            if (today := dt_util.now().date()) > self._day:
                self._day = today
                self._board.turn_to(today)
                async_dispatcher_send(self.hass, SIGNAL_DAY)

    @callback
    def _async_deliveries(self) -> dict[str, int]:
        """Return until when terminals were read, of those that were read since."""
        until: dict[str, int] = {}
        for entry in self._async_devices():
            if entry.state is ConfigEntryState.LOADED:
                device: SyncIDCoordinator = entry.runtime_data
                read = device.read_until
                if read is not None and read > self._read_until.get(device.serial, 0):
                    until[device.serial] = read
        return until

    async def _async_close(self, until: Mapping[str, int]) -> None:
        if self._somebody_unknown:
            await self.async_look_for_unmapped()
        if not self.people:
            return
        await self._async_refresh_holidays()
        if until:
            await self.hass.async_add_executor_job(self.book.save_deliveries, until)
            self._read_until |= until
        if self._looks_back:
            await self._async_work(partial(self.book.of_late, days=_ONCE_MORE), "punch")
            self._looks_back = False
        if not self._is_taking:
            await self._async_take_batches()
        if (owed := self._owed) is not None:
            await self._async_changed(owed)
            self._owed = None
        await self._async_work(self.book.missing, "closed")
        await self._async_work(self.book.closing, "closed")

    async def _async_refresh_holidays(self) -> None:
        """Ask for holidays, once a day."""
        site = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, SITE_UNIQUE_ID
        )
        entity_id = site.options.get(CONF_HOLIDAYS) if site else None
        today = dt_util.now().date()
        if self._looked_for_holidays == (entity_id, today):
            return
        first, last = today - _HOLIDAYS_BEFORE, today + _HOLIDAYS_AFTER
        if entity_id is None:
            found: dict[Date, str] | None = {}
            first = min(self._holidays, default=first)
            last = max(self._holidays, default=last)
        else:
            found = await async_find_holidays(self.hass, entity_id, first, last)
        if found is None:
            return  # asked again in a minute
        kept = {
            day: name
            for day, name in self._holidays.items()
            if not first <= day <= last
        }
        if (holidays := kept | found) != self._holidays:
            before = self.async_case()
            await self.hass.async_add_executor_job(
                self.book.save_holidays, first, last, found
            )
            self._holidays, self._rules = holidays, None
            async_dispatcher_send(self.hass, SIGNAL_RULES)
            await self._async_changed(before)
        self._looked_for_holidays = (entity_id, today)

    # --- rules ------------------------------------------------------------------------

    async def _async_changed(self, before: Case) -> int:
        self._case = self.async_case()
        return await self._async_work(
            lambda case: self.book.of_changed_rules(before, case), "rules"
        )

    @callback
    def async_site_changed(self) -> None:
        """Look whether rules or terminals changed that marks depend on."""
        if not self._is_open:
            return
        before, self._rules = self._case, None
        after = self.async_case()
        if before.rules == after.rules and _places(before) == _places(after):
            return
        self._case = after
        async_dispatcher_send(self.hass, SIGNAL_RULES)
        self._async_soon(self._async_rules_changed(before))

    async def _async_rules_changed(self, before: Case) -> None:
        try:
            await self._async_changed(before)
        except LedgerError as err:
            # Of two sets of rules the older one: what is in between is over.
            self._owed = self._owed or before
            _LOGGER.warning("Attendance is computed later: %s", err)


def _places(case: Case) -> list[Station]:
    return [replace(one, delivered_until=None) for one in case.stations.values()]


def _touched(book: Book, batches: Iterable[Batch], case: Case) -> Due:
    """Return the days that batches touch."""
    due: dict[str, set[Date]] = {}
    for batch in batches:
        touched = book.touched(case, batch.serial, batch.punches)
        for person_id, dates in touched.items():
            due.setdefault(person_id, set()).update(dates)
    return due


def _is_news(change: Change, today: Date) -> bool:
    """Tell whether the bus is to hear of a change."""
    before, after = change.before, change.after
    if not change.is_news:
        return False
    if after.status in SILENT and (before is None or before.status == after.status):
        return False
    is_history = after.date < today - _NEWS_DAYS
    return not (is_history and change.cause in ("new", "rules"))


def time_of(moment: Moment | None) -> str | None:
    """Write a moment as it is where Home Assistant is."""
    if moment is None:
        return None
    return dt_util.as_local(dt_util.utc_from_timestamp(moment.utc)).isoformat()


def event_data(change: Change, person: Person) -> dict[str, Any]:
    """Return what the bus is told of a change: plain values, never a card."""
    before, after = change.before, change.after
    return {
        "person_id": person.id,
        "person": person.name,
        "external_id": person.external_id or None,
        "kind": person.kind,
        "groups": list(person.groups),
        "ha_person": person.ha_person or None,
        "date": after.date.isoformat(),
        "from": before and before.status,
        "to": after.status,
        "final": after.final,
        "presence": after.presence,
        "first_in": time_of(after.first_in),
        "last_out": time_of(after.last_out),
        "late_minutes": after.late_by // 60,
        "cause": change.cause,
        "why": after.explain(),
    }
