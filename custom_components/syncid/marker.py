"""Marks computed in slices, one thing at a time, and told to who listens.

What is computed, the book says. In the executor: what is long in work lets what is new
go between.
"""

import asyncio
from collections.abc import (
    AsyncIterator,
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

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TIME_ZONE
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from .const import CONF_ACTIVE, CONF_DIRECTION, CONF_SERIAL, EVENT_ATTENDANCE
from .core.attendance.board import Board
from .core.attendance.marks import Cause, Change, Mark
from .core.attendance.readings import Station
from .core.attendance.schedule import Entry, Rules
from .core.book import Book
from .core.case import Case, Due, sliced
from .core.errors import LedgerError
from .core.people import Person
from .core.records import Batch
from .entries import async_device_entries
from .hub import Hub
from .mark_events import SIGNAL_MARKS, SIGNAL_PERSON, SIGNAL_RULES, event_data, is_news
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
        self._is_open = False
        self._board = Board(dt_util.now().date())
        # By what marks were computed last.
        self._case: Case
        # Made of the four below and the site's configuration; None to be made anew.
        self._rules: Rules | None = None
        self._holidays: Mapping[Date, str] = {}
        self._rota: Mapping[tuple[str, Date], str | None] = {}
        self._entries: Mapping[int, Entry] = {}
        self._read_until: dict[str, int] = {}
        # What terminals were when they were there last.
        self._places: dict[str, Station] = {}
        self._turn = asyncio.Lock()
        self._batches: list[Batch] = []
        self._is_taking = False
        # Rows of the ledger that note what could not be computed.
        self._left: list[int] = []
        # By which rules marks are that could not be written.
        self._owed: Case | None = None
        # Whose days could not be written after a plan or a correction.
        self._late: set[str] = set()
        # What the bus is told of once automations are there.
        self._held: list[Change] = []
        # Whether who punches may be nobody.
        self._somebody_unknown = True

    @property
    def people(self) -> Mapping[str, Person]:
        """Return everybody by id."""
        return self.hub.directory.people

    @callback
    def async_site_rules(self) -> Rules:
        """Return the rules as they are now: shifts, assignments, rota, holidays."""
        if self._rules is None:
            self._rules = async_rules(
                self.hass, self._holidays, self._rota, self._entries.values()
            )
        return self._rules

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
        for serial, known in self._places.items():
            if serial not in stations:
                until = self._read_until.get(serial)
                stations[serial] = replace(known, delivered_until=until)
        return Case(
            rules=self.async_site_rules(),
            directory=self.hub.directory,
            stations=stations,
            now=int(now.timestamp()),
            today=dt_util.as_local(now).date(),
        )

    @callback
    def _async_devices(self) -> Iterable[ConfigEntry]:
        return async_device_entries(self.hass, include_disabled=False)

    @callback
    def _async_soon(self, work: Coroutine[Any, Any, None]) -> None:
        self.hass.async_create_background_task(work, "syncid attendance")

    # --- computing --------------------------------------------------------------------

    async def _async_work(self, find: Find, cause: Cause) -> int:
        """Compute days anew, and tell of it; return how many marks changed.

        Raises `LedgerError`.
        """
        count = 0
        async with self._turn:
            due = await self.hass.async_add_executor_job(find, self.async_case())
        for part in sliced(due):
            async with self._turn:
                made = await self._async_compute(self.async_case(), part, cause)
            count += len(made)
        return count

    async def _async_compute(self, case: Case, due: Due, cause: Cause) -> list[Change]:
        """Compute a few days anew, and tell of it, in the turn of who asks."""
        explained: list[Mark] = []
        made = await self.hass.async_add_executor_job(
            self.book.work, case, due, cause, explained
        )
        await self._async_tell(case, made, explained)
        return made

    async def _async_tell(
        self, case: Case, changes: Collection[Change], explained: Collection[Mark]
    ) -> None:
        if case.today > self._board.today:
            self._board.turn_to(case.today)
        marks = [*explained, *(change.after for change in changes)]
        for mark in marks:
            self._board.take(mark)
        for few in batched(changes, _AT_ONCE):
            for change in few:
                if is_news(change, case.today):
                    self._async_announce(change)
            async_dispatcher_send(self.hass, SIGNAL_MARKS, few)
            await asyncio.sleep(0)
        touched = dict.fromkeys(mark.person_id for mark in marks)
        for some in batched(touched, _AT_ONCE):
            for person_id in some:
                async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
            await asyncio.sleep(0)

    @callback
    def _async_announce(self, change: Change) -> None:
        """Have the bus tell of a change; held until automations are there to hear it."""
        if self.hass.state in (CoreState.not_running, CoreState.starting):
            if not self._held:
                async_at_started(self.hass, self._async_release)
            self._held.append(change)
            return
        # Who was erased since has no name any more.
        if person := self.people.get(change.after.person_id):
            self.hass.bus.async_fire(EVENT_ATTENDANCE, event_data(change, person))

    @callback
    def _async_release(self, _: HomeAssistant) -> None:
        held, self._held = self._held, []
        for change in held:
            self._async_announce(change)

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
                find = partial(_touched, self.book, batches)
                try:
                    await self._async_work(find, "punch")
                except LedgerError as err:
                    # The punches are stored: what they touch is computed with a tick.
                    self._batches = batches + self._batches
                    _LOGGER.warning("Attendance is computed later: %s", err)
                    return
        finally:
            self._is_taking = False

    # --- rules ------------------------------------------------------------------------

    async def _async_changed(self, before: Case, noted: Iterable[int] = ()) -> int:
        """Compute what differs since a case; return how many marks changed.

        `noted` are the rows by which the ledger knows of it.
        """
        rows = [*noted]

        def find(case: Case) -> Due:
            due = self.book.of_changed_rules(before, case)
            rows.extend(self.book.mark_stale([*due]))
            return due

        self._case = self.async_case()
        async with self._noted(rows):
            return await self._async_work(find, "rules")

    @asynccontextmanager
    async def _noted(self, rows: Collection[int]) -> AsyncIterator[None]:
        """Forget rows of the ledger when what they stand for is computed."""
        try:
            yield
        except LedgerError:
            self._left += rows
            raise
        await self.hass.async_add_executor_job(self.book.clear_stale, rows)

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
        # Only users of terminals that are there count.
        self._somebody_unknown = True
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
