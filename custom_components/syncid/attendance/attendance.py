"""Attendance: people, their marks, and when those are computed.

After punches were stored, when people, mappings, rules or plans changed, and every
minute, to close days that are over. ARCHITECTURE.md tells what others use of it.
"""

import asyncio
from collections.abc import Collection, Mapping
from datetime import date as Date, datetime, timedelta, tzinfo
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_HOLIDAYS, DOMAIN, SITE_UNIQUE_ID
from ..core.attendance.board import Board, marks_of
from ..core.attendance.marks import Brief, Change, Mark, Status
from ..core.attendance.readings import EITHER, SIDES
from ..core.attendance.schedule import Entry, Plan, Roster, date_of, day_number
from ..core.awaited import awaited, lasting, says_more, still_counts
from ..core.case import Case, digest
from ..core.errors import LedgerError
from ..core.people import Directory
from ..core.records import local_second
from ..device import SyncIDCoordinator
from ..hub import Hub
from ..signals import SIGNAL_LEDGER_REPLACED, SIGNAL_STORED
from .changing import Changing
from .events import SIGNAL_CLOCK, SIGNAL_DAY, SIGNAL_MARKS, SIGNAL_PEOPLE, SIGNAL_PERSON

_LOGGER = logging.getLogger(__name__)

DATA_ATTENDANCE: HassKey[Attendance] = HassKey(f"{DOMAIN}_attendance")

_TICK: Final = timedelta(minutes=1)
_ONE_DAY: Final = timedelta(days=1)
# Days that are looked at once more after a start: we may have been killed between a
# punch and its mark.
_ONCE_MORE: Final = 7


class Attendance(Changing):
    """Knows the people, and keeps their marks."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Read nothing yet."""
        super().__init__(hass, hub)
        # The date that was told to have begun.
        self._day = self._board.today
        self._looks_back = True
        # Who should be in and is not; and whose day of yesterday still counts.
        self._awaited: Mapping[Date, Collection[str]] = {}
        self._lasting: set[str] = set()
        # Who counted as in the building a minute ago, though nobody knows it.
        self._unseen: set[str] = set()
        self._opening = asyncio.Lock()
        self._ticking = asyncio.Lock()

    # --- what others ask --------------------------------------------------------------

    @property
    def today(self) -> Date:
        """Return the date for which `async_current` speaks."""
        return self._board.today

    @callback
    def async_current(self, person_id: str) -> Mark | None:
        """Return the mark that counts for a person now; None before there is one.

        Mostly the one that a punch would go to. Of a night that is over, and of an
        absence that only midnight could tell, until the next shift opens.
        """
        mark = self._board.current(person_id)
        if mark is not None and mark.date != self.today:
            return mark
        before = self._board.day(self.today - _ONE_DAY).get(person_id)
        if before is not None and self._still_counts(before):
            return before
        return mark

    @callback
    def async_marked(
        self, among: Collection[str] | None = None, *, status: Status
    ) -> list[Mark]:
        """Return the marks that count now and have a status: of all people, or of some.

        Those of today; of a night, and of an absence that only midnight could tell, those
        of yesterday until the next shift opens.
        """
        today = self._board.day(self.today)
        before = self._board.day(self.today - _ONE_DAY)
        # As it was found before: to look at each takes a while.
        lasting = self._lasting if among is None else self._lasting & {*among}
        found = [
            *marks_of(today, among),
            *(
                before[person_id]
                for person_id in lasting & before.keys()
                if not says_more(today.get(person_id))
            ),
        ]
        return [mark for mark in found if mark.status == status]

    @callback
    def async_not_in_yet(self, among: Collection[str] | None = None) -> list[Mark]:
        """Return the marks of whose shift has begun, with its grace, without them."""
        return [
            mark
            for date, people in self._awaited.items()
            for mark in marks_of(self._board.day(date), among)
            if mark.person_id in people
            if mark.status == "expected" and not mark.is_on_site
        ]

    @callback
    def _still_counts(self, mark: Mark) -> bool:
        following = self._board.day(self.today).get(mark.person_id)
        now = int(dt_util.utcnow().timestamp())
        return still_counts(self._case, mark, following, now)

    @callback
    def async_on_site(self, among: Collection[str] | None = None) -> list[Mark]:
        """Return the marks by which people are in the building, as a roll call has it.

        Also final ones, for a day, of whom nobody saw leave (`unseen_since`).
        """
        return self._board.on_site(int(dt_util.utcnow().timestamp()), among)

    @callback
    def async_is_on_site(self, person_id: str) -> bool:
        """Tell whether a person is in the building, as a roll call has it."""
        now = int(dt_util.utcnow().timestamp())
        return self._board.inside(person_id, now) is not None

    @callback
    def async_day(self, date: Date) -> Mapping[str, Mark]:
        """Return the marks of yesterday, today or tomorrow by person, as known now."""
        return self._board.day(date)

    @callback
    def async_provisional(self) -> int:
        """Return of how many people today may still change."""
        return self._board.provisional(self.today)

    @callback
    def async_plan(self, person_id: str, date: Date) -> Plan:
        """Return what is expected of a person on a date: shift, times, off or away."""
        person, rules = self.people[person_id], self.async_site_rules()
        serials = self.hub.directory.serials_of(person_id)
        return Roster(rules, person, serials).plan(day_number(date))

    @callback
    def async_zone_of(self, person_id: str) -> tzinfo:
        """Return the zone by whose clock a person's shifts are meant."""
        return self.places.async_zone_of(self.hub.directory.serials_of(person_id))

    @callback
    def async_date_of(self, person_id: str, moment: datetime) -> Date:
        """Return the date that a punch at a moment would be for: of a night its first."""
        person, rules = self.people[person_id], self.async_site_rules()
        roster = Roster(rules, person, self.hub.directory.serials_of(person_id))
        wall = local_second(moment.astimezone(self.async_zone_of(person_id)))
        number, _ = roster.owner(wall, SIDES[EITHER])
        return date_of(number)

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

    @property
    def leave(self) -> Mapping[int, Entry]:
        """Return all leave and excuses by number, of people and of groups."""
        return self._entries

    # --- life -------------------------------------------------------------------------

    async def async_open(self) -> None:
        """Know the people, once; raises `LedgerError`."""
        async with self._opening:
            if self._is_open:
                return
            await self._async_load()
            self._is_open = True
        self._case = self.async_case()
        async_dispatcher_send(self.hass, SIGNAL_PEOPLE)
        async_dispatcher_connect(self.hass, SIGNAL_STORED, self._async_stored)
        async_dispatcher_connect(
            self.hass, SIGNAL_LEDGER_REPLACED, self._async_replaced
        )
        # It lives as long as the hub.
        async_track_time_interval(
            self.hass, self._async_tick, _TICK, cancel_on_shutdown=True
        )

    async def _async_load(self) -> None:
        # By whose clock it is today is told by terminals, also those that are gone.
        await self.places.async_load()
        today = self.places.async_today()

        def load() -> Directory:
            book = self.book
            book.look_again()
            marks = book.marks(today - _ONE_DAY, today + _ONE_DAY)
            self._board = Board(today, marks)
            self._holidays = book.holidays()
            self._rota, self._entries = book.rota(), book.entries()
            self._basis = book.basis()
            return book.directory()

        self.hub.directory = await self.hass.async_add_executor_job(load)
        self._rules, self._day = None, today
        await self._async_see_lasting()

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

    # --- time -------------------------------------------------------------------------

    async def _async_tick(self, _: datetime) -> None:
        """Close days that are over, and begin new ones."""
        if self._ticking.locked():
            return
        async with self._ticking:
            if self.places.async_have_other_zones():
                await self._async_zones_changed()
            # A day begins behind its first marks, or for a moment nothing would be known
            # of anybody; but also of who gets none.
            for work in (self._async_close, self._async_begin_day):
                try:
                    await work()
                except LedgerError as err:
                    _LOGGER.warning("Days cannot be closed yet: %s", err)
            await self._async_look_at_clock()
            self._async_let_go()

    async def _async_look_at_clock(self) -> None:
        """Tell of what is another thing by the clock alone."""
        days = [self.today - _ONE_DAY, self.today]
        marks = [mark for day in days for mark in self._board.day(day).values()]
        found: dict[Date, set[str]] = {day: set() for day in days}
        for mark in await self.hass.async_add_executor_job(
            awaited, self.async_case(), marks
        ):
            found[mark.date].add(mark.person_id)
        self._awaited = found
        for person_id in await self._async_see_lasting():
            async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
        async_dispatcher_send(self.hass, SIGNAL_CLOCK)

    async def _async_see_lasting(self) -> set[str]:
        """Find whose yesterday still counts, and return of whom that is over."""
        still = await self._async_lasting(self._board.day(self.today - _ONE_DAY))
        over, self._lasting = self._lasting - still, still
        return over

    async def _async_lasting(self, before: Mapping[str, Mark]) -> set[str]:
        # Copies, since they change meanwhile; in the event loop it would take too long.
        now = dict(self._board.day(self.today))
        return await self.hass.async_add_executor_job(
            lasting, self.async_case(), dict(before), now
        )

    @override
    async def _async_tell(
        self,
        case: Case,
        changes: Collection[Change],
        explained: Collection[Mark],
        *,
        by_hand: bool,
    ) -> None:
        if case.today > self.today:
            self._board.turn_to(case.today)
            await self._async_see_lasting()
        yesterday = self.today - _ONE_DAY
        if changed := {
            one.after.person_id: one.after
            for one in changes
            if one.after.date == yesterday
        }:
            still = await self._async_lasting(changed)
            self._lasting = (self._lasting - changed.keys()) | still
        await super()._async_tell(case, changes, explained, by_hand=by_hand)

    async def _async_begin_day(self) -> None:
        """Let it be the date on the wall, should it be another one."""
        if (today := self.places.async_today()) == self._day:
            return
        async with self._turn:
            if today == self._day + _ONE_DAY:
                self._board.turn_to(today)
            else:
                # Another zone: of other days than those around nothing is at hand.
                around = today - _ONE_DAY, today + _ONE_DAY
                marks = await self.hub.async_read(self.book.marks, *around)
                self._board = Board(today, marks)
            self._day = today
        await self._async_see_lasting()
        async_dispatcher_send(self.hass, SIGNAL_DAY)

    @callback
    def _async_let_go(self) -> None:
        """Tell of those of whom nobody saw leave, a day after they were seen last."""
        unseen = {
            mark.person_id
            for mark in self.async_on_site()
            if mark.unseen_since is not None
        }
        gone, self._unseen = self._unseen - unseen, unseen
        for person_id in gone:
            async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
        if gone:
            async_dispatcher_send(self.hass, SIGNAL_MARKS, ())

    @callback
    def _async_deliveries(self) -> dict[str, int]:
        """Return until when terminals were read, of those that are at work."""
        devices: list[SyncIDCoordinator] = [
            entry.runtime_data
            for entry in self.places.async_devices()
            if entry.state is ConfigEntryState.LOADED
        ]
        return {
            device.serial: device.read_until
            for device in devices
            if device.read_until is not None
        }

    async def _async_close(self) -> None:
        told = self._async_deliveries()
        if self._somebody_unknown:
            await self.async_look_for_unmapped(onwards=True)
        if not self.people:
            return
        if self._looks_back and (
            oldest := await self.hass.async_add_executor_job(self.book.oldest)
        ):
            self.holidays.async_need(oldest, self._board.today)
        self._async_look_for_holidays()
        await self.places.async_keep_deliveries(told)
        await self.places.async_keep(int(dt_util.utcnow().timestamp()))
        if self._looks_back:
            # What became a holiday while Home Assistant was stopped is one already.
            await self.holidays.async_make_sure(self._board.today)
            await self._async_look_back()
            self._looks_back = False
        await self._async_take_batches()
        await self._async_catch_up()
        await self._async_work(self.book.missing, "closed")
        await self._async_work(self.book.closing, "closed")
        await self._async_keep_basis()

    async def _async_look_back(self) -> None:
        """Compute what was not, when Home Assistant was stopped."""
        run = self.hass.async_add_executor_job
        rows = await run(self.book.stale)
        find = partial(self.book.of_stale, what=[*rows.values()])
        await self._async_work(find, "rules")
        await run(self.book.clear_stale, [*rows])
        if self._basis not in (None, await run(digest, self.async_case())):
            await self._async_work(
                lambda case: self.book.everything_of(case, case.directory.people),
                "rules",
            )
        await self._async_work(partial(self.book.of_late, days=_ONCE_MORE), "punch")

    @callback
    @override
    def async_site_changed(self) -> None:
        """Look whether what marks depend on changed, and who tells of holidays."""
        super().async_site_changed()
        if self._is_open and self.people:
            self._async_look_for_holidays(is_due=False)

    @callback
    def _async_look_for_holidays(self, *, is_due: bool = True) -> None:
        """Have holidays be asked for, beside all that is done here.

        If that is not due, only of somebody else than before.
        """
        site = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, SITE_UNIQUE_ID
        )
        entity_id = site.options.get(CONF_HOLIDAYS) if site else None
        if is_due or entity_id != self.holidays.entity_id:
            self.holidays.async_look(entity_id, self.places.async_today())
