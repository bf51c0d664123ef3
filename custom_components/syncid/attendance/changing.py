"""Attendance: what others change of people, plans and days, and what comes of it."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import date as Date, timedelta
from functools import partial
from typing import Final, NamedTuple, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import CONF_SERIAL, DOMAIN, ISSUE_UNMAPPED
from ..core.attendance.corrections import Correction
from ..core.attendance.marks import Change, Mark
from ..core.attendance.schedule import Entry, whose
from ..core.book import Book
from ..core.case import Case, Due, sliced
from ..core.errors import LedgerError
from ..core.people import Mapping as UserMapping, Person
from ..core.records import Batch, Ingested
from ..core.shelf import Unmapped, UnmappedCount
from ..hub import Hub
from .events import SIGNAL_PEOPLE, SIGNAL_PERSON, SIGNAL_RULES, SIGNAL_UNMAPPED
from .marker import Marker, places_of

_ONE_DAY: Final = timedelta(days=1)


class FoundClock(NamedTuple):
    """What it touches that a clock was wrong, and by what that was found."""

    case: Case
    basis: tuple[int, int]
    # The punches that it dated.
    punches: int
    due: Due


class Changing(Marker):
    """Keeps what others change, and has the days computed that it touches."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Know of nobody yet who punches and is nobody."""
        super().__init__(hass, hub)
        # Held by who looks at people or plans, and then changes them.
        self.editing = asyncio.Lock()
        self.unmapped: list[Unmapped] = []
        self._counted: UnmappedCount | None = None
        self._counting = asyncio.Lock()
        # Whether anybody has counted them yet.
        self.knows_unmapped = False
        # Users who need not be counted at once, and whether one came who does.
        self._met: set[tuple[str, str]] = set()
        self._is_new = self._is_meeting = False

    async def async_save(
        self,
        people: Iterable[Person] = (),
        mapped: Iterable[UserMapping] = (),
        unmapped: Iterable[tuple[str, str]] = (),
    ) -> int:
        """Keep people and mappings, all or none; return how many marks changed by it."""
        before = self.async_case()
        mapped, unmapped = [*mapped], [*unmapped]
        noted = await self.hass.async_add_executor_job(
            self.book.save_people, [*people], mapped, unmapped
        )
        await self._async_know_people()
        # First: days may take long.
        await self._async_look_or_later()
        # Groups are like rules: a shift may be theirs, and an import sets thousands.
        by_hand = bool(mapped or unmapped)
        return await self._async_changed(before, noted, by_hand=by_hand)

    async def async_erase(self, person_id: str) -> dict[str, int]:
        """Delete all that there is of a person; return how many rows of what."""
        async with self._turn:
            counts = await self.hass.async_add_executor_job(self.book.erase, person_id)
            self._board.forget(person_id)
            await self._async_know_plans()
            await self._async_know_people()
        async_dispatcher_send(self.hass, SIGNAL_PERSON.format(person_id))
        await self.async_look_for_unmapped()
        return counts

    async def async_merge(self, kept: Person, gone: str) -> int:
        """Give all that is of one person to another; as `async_save`."""
        run = self.hass.async_add_executor_job
        async with self._turn:
            rows, dates = await run(self.book.merge, kept, gone)
            self._board.forget(gone)
            await self._async_know_plans()
            await self._async_know_people()
        self._case = self.async_case()
        async_dispatcher_send(self.hass, SIGNAL_PERSON.format(gone))
        async_dispatcher_send(self.hass, SIGNAL_RULES)

        def find(case: Case) -> Due:
            due = self.book.everything_of(
                case, {kept.id} & case.directory.people.keys()
            )
            return {person_id: days | dates for person_id, days in due.items()}

        try:
            async with self._noted(rows):
                return await self._async_work(find, "rules")
        except LedgerError:
            self._late.add(kept.id)
            raise

    async def async_correct(self, *said: Correction) -> list[Change]:
        """Keep what a human says, all of it or nothing; return how that changed marks.

        In one turn: or what is computed in between takes it in, and calls it its own.
        Raises `RuleRefused` if it is about somebody who was erased meanwhile.
        """
        run = self.hass.async_add_executor_job
        async with self._turn:
            case = self.async_case()
            due = await run(self.book.touched_by, case, *said)
            rows = await run(self.book.correct_all, said, due)
            try:
                async with self._noted(rows):
                    made = []
                    for part in sliced(due):
                        made += await self._async_compute(case, part, "correction")
                    await run(self.book.forget, case, due)
                    return made
            except LedgerError:
                self._late |= due.keys()
                raise

    async def async_find_clock(self, clock: Correction) -> FoundClock:
        """Return what it touches that a clock was wrong; nothing is kept."""
        case = self.async_case()
        # Before the punches: what comes while they are read is to be noticed.
        basis = await self.hub.async_read(self.book.basis_of_clock, clock)
        count, due = await self.hub.async_read(self.book.of_clock, case, clock)
        return FoundClock(case, basis, count, due)

    async def async_correct_clock(
        self, clock: Correction, found: FoundClock
    ) -> list[Mark]:
        """Keep that a clock was wrong; return the marks that changed by it.

        It may have been for years: who punches meanwhile does not wait for all of it.
        """
        run = self.hass.async_add_executor_job
        async with self._turn:
            due = found.due
            if not await self._async_is_as(clock, found):
                _, due = await run(self.book.of_clock, self.async_case(), clock)
            rows = await run(self.book.correct_all, [clock], due)
        made: dict[tuple[str, Date], Mark] = {}
        changed: set[tuple[str, Date]] = set()
        watch = due, changed
        self._watched.append(watch)
        try:
            async with self._noted(rows):
                for part in sliced(due):
                    async with self._turn:
                        case = self.async_case()
                        for change in await self._async_compute(
                            case, part, "correction"
                        ):
                            mark = change.after
                            made[mark.person_id, mark.date] = mark
                async with self._turn:
                    await run(self.book.forget, self.async_case(), due)
        except LedgerError:
            self._late |= due.keys()
            raise
        finally:
            self._watched = [one for one in self._watched if one is not watch]
        if others := changed - made.keys():
            # Those that somebody else came to first.
            days = {date for _, date in others}
            whom = {person_id for person_id, _ in others}
            kept = await run(self.book.marks, min(days), max(days), whom)
            known = {(mark.person_id, mark.date): mark for mark in kept}
            made |= {name: known[name] for name in others & known.keys()}
        return [*made.values()]

    async def _async_is_as(self, clock: Correction, found: FoundClock) -> bool:
        """Tell whether nothing changed since it was found what a clock touches."""
        before, now = found.case, self.async_case()
        return (
            before.directory is now.directory
            and before.rules is now.rules
            and before.today == now.today
            and places_of(before) == places_of(now)
            and found.basis
            == await self.hass.async_add_executor_job(self.book.basis_of_clock, clock)
        )

    # --- plans ------------------------------------------------------------------------

    async def async_plan_shift(
        self, who: Collection[str], first: Date, last: Date, shift_id: str | None
    ) -> int:
        """Have people or groups work a shift on some days, or none; as `async_save`."""
        save = partial(self.book.save_rota, who, first, last, shift_id)
        return await self._async_plan(save, who, first, last)

    async def async_unplan(self, who: Collection[str], first: Date, last: Date) -> int:
        """Let the rota say nothing of some days any more; as `async_save`."""
        clear = partial(self.book.clear_rota, who, first, last)
        return await self._async_plan(clear, who, first, last)

    async def async_add_leave(self, made: Collection[Entry]) -> int:
        """Keep leave or excuses; as `async_save`."""
        first, last = min(one.first for one in made), max(one.last for one in made)
        add = partial(self.book.add_entries, made)
        return await self._async_plan(add, {one.who for one in made}, first, last)

    async def async_remove_leave(
        self, numbers: Collection[int], left: Collection[Entry] = ()
    ) -> int:
        """Forget leave or excuses, by number, but for what is left; as `async_save`."""
        gone = [self._entries[number] for number in numbers]
        first, last = min(one.first for one in gone), max(one.last for one in gone)

        def remove() -> None:
            if left:
                self.book.add_entries(left)
            self.book.remove_entries(numbers)

        return await self._async_plan(remove, {one.who for one in gone}, first, last)

    async def _async_plan(
        self,
        change: Callable[[], object],
        who: Collection[str],
        first: Date,
        last: Date,
    ) -> int:
        """Change a plan, and compute the days that it is for."""
        run = self.hass.async_add_executor_job
        named = {one.casefold() for one in who}
        touched = {
            person.id
            for person in self.people.values()
            if not named.isdisjoint(whose(person))
        }
        rows: list[int] = []

        async def keep() -> None:
            # Noted before it is kept: or who is stopped in between would never know.
            rows.extend(
                await run(self.book.mark_stale, [(one, None) for one in touched])
            )
            await run(change)
            await self._async_know_plans()
            self._case = self.async_case()
            async_dispatcher_send(self.hass, SIGNAL_RULES)

        def find(case: Case) -> Due:
            # What is not computed yet needs no looking at.
            end = min(last, case.today + _ONE_DAY)
            days = [
                first + number * _ONE_DAY for number in range((end - first).days + 1)
            ]
            known = touched & case.directory.people.keys()
            return {one: self.book.of_days(one, days) for one in known}

        try:
            async with self._noted(rows):
                return await self._async_work(find, "rules", keep, by_hand=True)
        except LedgerError:
            self._late |= touched
            raise

    # --- who is nobody ----------------------------------------------------------------

    async def async_look_for_unmapped(self, *, onwards: bool = False) -> None:
        """Count the users who punch and are nobody, and say so.

        With `onwards` only what came since: for who knows that nobody was mapped.
        """
        async with self._counting:
            known, self._counted = self._counted, None
            since, self._unknown_since = self._unknown_since, {}
            self._somebody_unknown = False
            # What came late may be older than what was counted.
            is_late = known is not None and any(
                serial in known.until and second <= known.until[serial]
                for serial, second in since.items()
            )
            if known is None or is_late or not onwards:
                known = UnmappedCount()
            found, self._met = await self.hass.async_add_executor_job(
                _counted, self.book, known
            )
            self._counted = found
        there = {entry.data[CONF_SERIAL] for entry in self.places.async_devices()}
        unmapped = [one for one in found.users if one.serial in there]
        # The same if nothing came: what is found in it is kept for as long.
        if unmapped != self.unmapped:
            self.unmapped = unmapped
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

    @override
    @callback
    def _async_stored(self, batch: Batch, result: Ingested) -> None:
        super()._async_stored(batch, result)
        if not self.knows_unmapped or batch.serial not in self._unknown_since:
            return
        # An admin waits for who is new; how often others punched is counted each minute.
        who = self.hub.directory.person_of
        users = {(batch.serial, one) for one in batch.punches.users} - self._met
        if met := {one for one in users if who(*one) is None}:
            self._met |= met
            self._is_new = True
            if not self._is_meeting:
                self._is_meeting = True
                self._async_soon(self._async_meet())

    async def _async_meet(self) -> None:
        try:
            while self._is_new:
                self._is_new = False
                await self._async_look_or_later(onwards=True)
        finally:
            self._is_meeting = False

    async def _async_look_or_later(self, *, onwards: bool = False) -> None:
        """Count them now; with the next tick, if the ledger cannot be read."""
        try:
            await self.async_look_for_unmapped(onwards=onwards)
        except LedgerError:
            self._somebody_unknown = True

    # --- reading them again -----------------------------------------------------------

    async def _async_know_people(self) -> None:
        self.hub.directory = await self.hass.async_add_executor_job(self.book.directory)
        async_dispatcher_send(self.hass, SIGNAL_PEOPLE)

    async def _async_know_plans(self) -> None:
        self._rota, self._entries = await self.hass.async_add_executor_job(
            lambda: (self.book.rota(), self.book.entries())
        )
        self._rules = None


def _counted(
    book: Book, known: UnmappedCount
) -> tuple[UnmappedCount, set[tuple[str, str]]]:
    found = book.unmapped(known)
    return found, {(one.serial, one.user_id) for one in found.users}
