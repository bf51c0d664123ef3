"""Marks computed in slices, one thing at a time, and told to who listens.

What is computed, the book says. In the executor: what is long in work lets what is new
go between.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
)
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date as Date
from functools import partial
from itertools import batched
import logging
from typing import Any

from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import EVENT_ATTENDANCE
from ..core.attendance.board import Board
from ..core.attendance.marks import Cause, Change, Mark, Status
from ..core.attendance.readings import Station
from ..core.attendance.schedule import Entry, Rules
from ..core.book import Book
from ..core.case import Case, Due, digest, sliced
from ..core.errors import LedgerError
from ..core.people import Person
from ..core.records import Batch, Ingested
from ..hub import Hub
from .events import SIGNAL_MARKS, SIGNAL_PERSON, SIGNAL_RULES, News, day_of, event_data
from .holidays import Holidays
from .places import Places
from .rules import async_rules

_LOGGER = logging.getLogger(__name__)

# Changes that are told before the event loop is given to others: at the end of a day
# thousands come at once.
_AT_ONCE = 50

type Find = Callable[[Case], Due]


class Marker:
    """Has days computed that something touched, and tells what changed."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Read nothing yet."""
        self.hass = hass
        self.hub = hub
        self.book = Book(hub.ledger)
        self.places = Places(hass, self.book)
        self._is_open = False
        self._board = Board(dt_util.now().date())
        # By what marks were computed last.
        self._case: Case
        # Made of the four below and the site's configuration; None to be made anew.
        self._rules: Rules | None = None
        self._holidays: Mapping[Date, str] = {}
        self.holidays = Holidays(hass, self._async_take_holidays)
        self._rota: Mapping[tuple[str, Date], str | None] = {}
        self._entries: Mapping[int, Entry] = {}
        self._turn = asyncio.Lock()
        # With the rows of the ledger that note which old days they touch.
        self._batches: list[tuple[Batch, Ingested]] = []
        self._is_taking = False
        # Rows of the ledger that note what could not be computed.
        self._left: list[int] = []
        # By which rules marks are that could not be written.
        self._owed: Case | None = None
        # How many changes of rules are being worked on.
        self._changing = 0
        # By which rules all marks are, as the ledger knows.
        self._basis: str | None = None
        # Whose days could not be written after a plan or a correction.
        self._late: set[str] = set()
        # Days that somebody waits for, and those of them that changed.
        self._watched: list[tuple[Due, set[tuple[str, Date]]]] = []
        self._news = News()
        # What the bus is told of once automations are there.
        self._held: list[tuple[Change, Status | None]] = []
        # Whether who punches may be nobody, and the first that they did at a terminal
        # since they were counted, by its wall clock.
        self._somebody_unknown = True
        self._unknown_since: dict[str, int] = {}

    @property
    def people(self) -> Mapping[str, Person]:
        """Return everybody by id."""
        return self.hub.directory.people

    @callback
    def async_site_rules(self) -> Rules:
        """Return the rules as they are now: shifts, assignments, rota, holidays."""
        if self._rules is None:
            self._rules = async_rules(
                self.hass,
                self._holidays,
                self._rota,
                self._entries.values(),
                self.places.rules_zone,
            )
        return self._rules

    @callback
    def async_case(self) -> Case:
        """Return what marks depend on now, but for what the ledger holds."""
        now = dt_util.utcnow()
        second = int(now.timestamp())
        return Case(
            rules=self.async_site_rules(),
            directory=self.hub.directory,
            stations=self.places.async_stations(second),
            now=second,
            today=now.astimezone(self.places.zone).date(),
        )

    @callback
    def _async_soon(self, work: Coroutine[Any, Any, None]) -> None:
        self.hass.async_create_background_task(work, "syncid attendance")

    # --- computing --------------------------------------------------------------------

    async def _async_work(
        self,
        find: Find,
        cause: Cause,
        keep: Callable[[], Awaitable[None]] | None = None,
        *,
        by_hand: bool = False,
    ) -> int:
        """Compute days anew, and tell of it; return how many marks changed.

        Also those that others computed first, since it was found which ones are due.
        What is to be kept before that is, in the same turn. Raises `LedgerError`.
        `by_hand`: as `News` has it.
        """
        changed: set[tuple[str, Date]] = set()
        async with self._turn:
            if keep is not None:
                await keep()
            due = await self.hass.async_add_executor_job(find, self.async_case())
        watch = due, changed
        self._watched.append(watch)
        try:
            if due and cause == "closed":
                # Nobody is to be absent on a day that was made a holiday meanwhile.
                await self.holidays.async_make_sure(min(map(min, due.values())))
            for part in sliced(due):
                # All of it is of one month.
                day = next(iter(next(iter(part.values()))))
                self.holidays.async_need(day, day)
                async with self._turn:
                    case = self.async_case()
                    await self._async_compute(case, part, cause, by_hand=by_hand)
        finally:
            self._watched = [one for one in self._watched if one is not watch]
        return len(changed)

    async def _async_compute(
        self, case: Case, due: Due, cause: Cause, *, by_hand: bool = False
    ) -> list[Change]:
        """Compute a few days anew, and tell of it, in the turn of who asks."""
        explained: list[Mark] = []
        made = await self.hass.async_add_executor_job(
            self.book.work, case, due, cause, explained
        )
        await self._async_tell(case, made, explained, by_hand=by_hand)
        return made

    async def _async_tell(
        self,
        case: Case,
        changes: Collection[Change],
        explained: Collection[Mark],
        *,
        by_hand: bool,
    ) -> None:
        for due, changed in self._watched:
            changed.update(
                (mark.person_id, mark.date)
                for mark in (change.after for change in changes)
                if mark.date in due.get(mark.person_id, ())
            )
        marks = [*explained, *(change.after for change in changes)]
        for mark in marks:
            self._board.take(mark)
        news = self._news.among(changes, case.today, by_hand=by_hand)
        closed_as = await self._async_closed_as(news)
        for few in batched(news, _AT_ONCE):
            for change in few:
                self._async_announce(change, closed_as.get(day_of(change)))
            await asyncio.sleep(0)
        # Once: who counts people has it all before anybody asks.
        if changes:
            async_dispatcher_send(self.hass, SIGNAL_MARKS, changes)
        touched = dict.fromkeys(mark.person_id for mark in marks)
        for some in batched(touched, _AT_ONCE):
            for person_id in some:
                async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
            await asyncio.sleep(0)

    async def _async_closed_as(
        self, news: Collection[Change]
    ) -> Mapping[tuple[str, Date], Status]:
        if not news:
            return {}
        try:
            return await self.hass.async_add_executor_job(self.book.closed_as, news)
        except LedgerError as err:
            # The marks are stored: they are told all the same.
            _LOGGER.warning("How days were closed before is not known: %s", err)
            return {}

    @callback
    def _async_announce(self, change: Change, from_final: Status | None) -> None:
        """Have the bus tell of a change; held until automations are there to hear it."""
        if self.hass.state in (CoreState.not_running, CoreState.starting):
            if not self._held:
                async_at_started(self.hass, self._async_release)
            self._held.append((change, from_final))
            return
        # Who was erased since has no name any more.
        if person := self.people.get(change.after.person_id):
            self.hass.bus.async_fire(
                EVENT_ATTENDANCE, event_data(change, person, from_final)
            )

    @callback
    def _async_release(self, _: HomeAssistant) -> None:
        held, self._held = self._held, []
        for change, from_final in held:
            self._async_announce(change, from_final)

    # --- punches ----------------------------------------------------------------------

    @callback
    def _async_stored(self, batch: Batch, result: Ingested) -> None:
        """Have the days computed that new punches touch."""
        serial = batch.serial
        first = self.hub.directory.first_by_nobody(serial, batch.punches)
        if first is not None:
            self._somebody_unknown = True
            since = self._unknown_since.get(serial, first)
            self._unknown_since[serial] = min(since, first)
        if not self.people and not result.noted:
            return
        self._batches.append((batch, result))
        if not self._is_taking:
            self._is_taking = True
            self._async_soon(self._async_take_batches())

    async def _async_take_batches(self) -> None:
        self._is_taking = True
        try:
            while self._batches:
                # What comes meanwhile is done together, when this is done.
                batches, self._batches = self._batches, []
                find = partial(_touched, self.book, batches)
                rows = [row for _, result in batches for row in result.noted]
                try:
                    await self._async_work(find, "punch")
                    if rows:
                        await self.hass.async_add_executor_job(
                            self.book.clear_stale, rows
                        )
                except LedgerError as err:
                    # The punches are stored: what they touch is computed with a tick.
                    self._batches = batches + self._batches
                    _LOGGER.warning("Attendance is computed later: %s", err)
                    return
        finally:
            self._is_taking = False

    # --- rules ------------------------------------------------------------------------

    async def _async_changed(
        self, before: Case, noted: Iterable[int] = (), *, by_hand: bool = False
    ) -> int:
        """Compute what differs since a case; return how many marks changed.

        `noted` are the rows by which the ledger knows of it.
        """
        rows = [*noted]

        def find(case: Case) -> Due:
            due = self.book.of_changed_rules(before, case)
            rows.extend(self.book.mark_stale([(one, None) for one in due]))
            return due

        self._case = self.async_case()
        try:
            async with self._noted(rows):
                return await self._async_work(find, "rules", by_hand=by_hand)
        except LedgerError:
            # Of two sets of rules the older one: what is in between is over.
            self._owed = self._owed or before
            raise

    @asynccontextmanager
    async def _noted(self, rows: Collection[int]) -> AsyncIterator[None]:
        """Forget rows of the ledger when what they stand for is computed."""
        try:
            yield
        except LedgerError:
            self._left += rows
            raise
        await self.hass.async_add_executor_job(self.book.clear_stale, rows)

    async def _async_take_holidays(
        self, first: Date, last: Date, found: Mapping[Date, str], since: Date
    ) -> None:
        """Know the holidays from a date to another; raises `LedgerError`.

        What was known before `since` stays.
        """
        kept = {
            day: name
            for day, name in self._holidays.items()
            if day < since or not first <= day <= last
        }
        if (holidays := kept | {**found}) == self._holidays:
            return
        before = self.async_case()
        told = {day: name for day, name in holidays.items() if first <= day <= last}
        await self.hass.async_add_executor_job(
            self.book.save_holidays, first, last, told
        )
        self._holidays, self._rules = holidays, None
        async_dispatcher_send(self.hass, SIGNAL_RULES)
        self._changing += 1
        await self._async_rules_changed(before)

    async def _async_catch_up(self) -> None:
        """Compute what the ledger did not take when it was due."""
        left = [*self._left]
        late = {*self._late}
        if late:
            await self._async_work(
                lambda case: self.book.everything_of(
                    case, late & case.directory.people.keys()
                ),
                "rules",
                by_hand=True,
            )
            self._late -= late
        if (owed := self._owed) is not None:
            self._owed = None
            try:
                await self._async_changed(owed)
            except LedgerError:
                self._owed = owed
                raise
        await self.hass.async_add_executor_job(self.book.clear_stale, left)
        self._left = self._left[len(left) :]

    @property
    def is_open(self) -> bool:
        """Tell whether people are known."""
        return self._is_open

    @callback
    def async_site_changed(self) -> None:
        """Look whether rules or terminals changed that marks depend on."""
        if not self._is_open:
            return
        if self.places.async_have_other_zones():
            self._async_soon(self._async_zones_changed())
            return
        self._async_look_at_site()

    async def _async_zones_changed(self) -> None:
        await self.places.async_know_zones()
        self._async_look_at_site()

    @callback
    def _async_look_at_site(self) -> None:
        before, self._rules = self._case, None
        after = self.async_case()
        if before.rules == after.rules and places_of(before) == places_of(after):
            return
        self._case = after
        # Only users of terminals that are there count.
        self._somebody_unknown = True
        async_dispatcher_send(self.hass, SIGNAL_RULES)
        self._changing += 1
        self._async_soon(self._async_rules_changed(before))

    async def _async_rules_changed(self, before: Case) -> None:
        try:
            await self._async_changed(before)
        except LedgerError as err:
            _LOGGER.warning("Attendance is computed later: %s", err)
        finally:
            self._changing -= 1

    async def _async_keep_basis(self) -> None:
        """Note by which rules all marks are.

        A disk that is full takes no note of what is to be computed: who starts after
        that finds that marks are by other rules than there are now.
        """
        if self._changing or self._owed is not None:
            return
        run = self.hass.async_add_executor_job
        if (basis := await run(digest, self.async_case())) != self._basis:
            await run(self.book.save_basis, basis)
            self._basis = basis


def places_of(case: Case) -> list[Station]:
    """Return what terminals are, whatever was read of them."""
    return [replace(one, delivered_until=None) for one in case.stations.values()]


def _touched(book: Book, batches: Iterable[tuple[Batch, Ingested]], case: Case) -> Due:
    """Return the days that batches touch."""
    due: dict[str, set[Date]] = {}
    for batch, result in batches:
        touched = book.touched(
            case, batch.serial, batch.punches, turned=result.turned > 0
        )
        for person_id, dates in touched.items():
            due.setdefault(person_id, set()).update(dates)
    return due
