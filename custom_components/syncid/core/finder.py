"""Which days a change touches: punches, a word, a rule, a plan, or the time.

All of it blocks, as the book does, whose part it is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping as Map, Sequence
from dataclasses import replace
from datetime import date as Date, timedelta
from functools import partial
import sys

from .attendance.corrections import Correction, Corrections, Said
from .attendance.day import days_of
from .attendance.policy import DAY
from .attendance.readings import Station
from .attendance.schedule import Roster, date_of, day_number
from .case import MOST_BETWEEN, Case, Due, about, edges, filled, missing_days, waits_of
from .errors import RuleRefused
from .ledger import marks as table, windows
from .ledger.ledger import Ledger
from .records import DIRECTIONS, Punch, Punches, StoredPunch
from .shelf import Shelf, Stale

_ONE_DAY = timedelta(days=1)


class Finder(Shelf):
    """Finds what is to be computed."""

    def __init__(self, ledger: Ledger) -> None:
        """Keep all in a ledger that is open."""
        super().__init__(ledger)
        # The terminals that days waited for when they were looked at last.
        self._waiting: dict[tuple[str, Date], tuple[str, ...]] = {}
        # Until when no day is missing, of those who were there then.
        self._whole: Date | None = None

    # --- which days are to be computed -------------------------------------------------

    def touched(
        self, case: Case, serial: str, punches: Punches, *, turned: bool = False
    ) -> dict[str, set[Date]]:
        """Return the days that new punches at a terminal touch.

        `turned` tells that some were known, and meant something else until now.
        """
        if serial not in case.stations:
            return {}
        of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        for punch in punches:
            if person := case.directory.person_of(serial, punch.user_id):
                of_person[person.id] += case.as_stored(serial, punch)
        said = self._corrections(of_person)
        due: dict[str, set[Date]] = {}
        for person_id, made in of_person.items():
            # A correction turns or moves some: then both days are looked at.
            for corrections in ((), said(person_id)):
                due.setdefault(person_id, set()).update(
                    self._days(case, person_id, made, corrections)
                )
            if turned:
                found = self._any_days(case, person_id, made, said(person_id))
                due[person_id] |= self.of_days(person_id, found)
        return {one: dates for one, dates in due.items() if dates}

    def touched_by(self, case: Case, *said: Correction) -> dict[str, set[Date]]:
        """Return the days that corrections touch, which are not kept yet, or are.

        Raises `RuleRefused` if one is about nobody who is there.
        """
        due: defaultdict[str, set[Date]] = defaultdict(set)
        for one in said:
            if one.kind == "shift_clock":
                for person_id, dates in self.of_clock(case, one)[1].items():
                    due[person_id] |= dates
            elif one.person_id not in case.directory.people:
                raise RuleRefused("person_unknown", one.person_id)
            elif one.date is not None:
                due[one.person_id].add(one.date)
            else:
                due[one.person_id] |= self._of_word(case, one)
        return dict(due)

    def _of_word(self, case: Case, correction: Correction) -> set[Date]:
        """Return the days that a word on one punch touches."""
        assert correction.local_second is not None
        serial, utc = correction.serial, correction.utc_second
        punch = Punch("", correction.local_second, "unknown", "unknown")
        if utc is None:
            made = case.as_stored(serial, punch)
        else:
            made = [StoredPunch(serial, punch, utc, "manual", None)]
        person_id = correction.person_id
        said = self._corrections([person_id])(person_id)
        return self._any_days(case, person_id, made, said)

    def _any_days(
        self,
        case: Case,
        person_id: str,
        punches: Iterable[StoredPunch],
        said: Iterable[Correction],
    ) -> set[Date]:
        """Return the days that punches are on, whatever each of them means.

        Near the border of two days it is the one's or the other's by that, of which
        there is a last word, and a first one.
        """
        made = [
            one._replace(
                punch=one.punch._replace(direction=direction, state_code=None),
                source="manual",
            )
            for one in punches
            for direction in DIRECTIONS
        ]
        any_way = replace(
            case,
            stations={
                serial: replace(one, direction="auto")
                for serial, one in case.stations.items()
            },
        )
        clocks = [one for one in said if one.about_all]
        return {
            date
            for corrections in ((), clocks)
            for date in self._days(any_way, person_id, made, corrections)
        }

    def of_clock(
        self, case: Case, clock: Correction
    ) -> tuple[int, dict[str, set[Date]]]:
        """Return how many punches a clock that was wrong dated, and the days it touches.

        Those that they were on until now, and those that they are on from now on.
        """
        assert clock.local_second is not None
        assert clock.until is not None
        window = partial(
            windows.find_window, first=clock.local_second, last=clock.until + 1
        )
        found = [one for one in self.ledger.read(window) if one.serial == clock.serial]
        of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        for one in found:
            if person := case.directory.person_of(one.serial, one.punch.user_id):
                of_person[person.id].append(one)
        said = self._corrections(of_person)
        last = replace(clock, number=clock.number or sys.maxsize)
        return len(found), {
            person_id: {
                date
                for corrections in (said(person_id), [*said(person_id), last])
                for date in self._days(case, person_id, made, corrections)
            }
            for person_id, made in of_person.items()
        }

    def basis_of_clock(self, clock: Correction) -> tuple[int, int]:
        """Return what is another one if `of_clock` may tell another thing."""
        assert clock.local_second is not None
        assert clock.until is not None
        first, last = clock.local_second, clock.until + 1
        return self.ledger.read(
            partial(
                windows.basis_of_window, serial=clock.serial, first=first, last=last
            )
        )

    @staticmethod
    def _days(
        case: Case,
        person_id: str,
        punches: list[StoredPunch],
        corrections: Collection[Correction],
    ) -> set[Date]:
        found = days_of(
            case.rules,
            case.directory.people[person_id],
            punches,
            stations=case.stations_of(person_id),
            corrections=corrections,
        )
        # What is dated in the future was made by a wrong clock; who comes before
        # midnight for a shift after it was not.
        return {day for _, day in found if day <= case.today + _ONE_DAY}

    def everything_of(
        self, case: Case, person_ids: Iterable[str], without: Due | None = None
    ) -> dict[str, set[Date]]:
        """Return all days of people: those with a mark or a punch, and between them.

        `without` are days whose marks say nothing.
        """
        users = {one: case.directory.users_of(one) for one in person_ids}
        found = self.ledger.read(partial(table.all_dates, users_of=users))
        said = self._corrections(users)
        moved = self._moved(case, users, said)
        due: dict[str, set[Date]] = {}
        ends: defaultdict[Date, list[str]] = defaultdict(list)
        # What is dated in the future was made by a wrong clock.
        until = day_number(case.today) + 1
        for person_id, (kept, punched) in found.items():
            known = {*map(Date.fromisoformat, kept)}
            if without is not None:
                known.difference_update(without[person_id])
            days = known | {date_of(one) for one in punched if one <= until}
            was, is_now = moved.get(person_id, (set(), set()))
            days = (days - (was - known)) | is_now
            for edge in (unsure := edges(days) - is_now):
                ends[edge].append(person_id)
            due[person_id] = days - (unsure - known)
        # Whose day it is that a stretch begins or ends with, its punches say. They are
        # read for all who have one on that date: for each alone, that date was read
        # as often as there are people.
        for edge, people in ends.items():
            found_there = self._punches_on(case, people, edge)
            for person_id in people:
                made = found_there.get(person_id, [])
                due[person_id] |= self._days(case, person_id, made, said(person_id))
        return {one: filled(days | {case.today}) for one, days in due.items()}

    def _moved(
        self,
        case: Case,
        users: Map[str, Collection[tuple[str, str]]],
        said: Said,
    ) -> dict[str, tuple[set[Date], set[Date]]]:
        """Return on which days a wrong clock dated punches of people, and on which not."""
        of_user = {user: one for one, those in users.items() for user in those}
        found: dict[str, tuple[set[Date], set[Date]]] = {}
        for clock in Corrections("", said("")).clocks:
            assert clock.local_second is not None
            assert clock.until is not None
            window = partial(
                windows.find_window,
                # All of a date: it is another one's only if nothing else is on it.
                first=clock.local_second // DAY * DAY,
                last=(clock.until // DAY + 1) * DAY,
                users=of_user,
            )
            of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
            for one in self.ledger.read(window):
                of_person[of_user[one.serial, one.punch.user_id]].append(one)
            for person_id, made in of_person.items():
                was, is_now = found.setdefault(person_id, (set(), set()))
                was |= {date_of(one.punch.local_second // DAY) for one in made}
                is_now |= self._days(case, person_id, made, said(person_id))
        return found

    def _punches_on(
        self, case: Case, people: Iterable[str], day: Date
    ) -> dict[str, list[StoredPunch]]:
        """Return what people punched on a date, of those who did."""
        users = {user: one for one in people for user in case.directory.users_of(one)}
        begin = day_number(day) * DAY
        found: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        for stored in self.ledger.read(
            partial(windows.find_window, first=begin, last=begin + DAY, users=users)
        ):
            found[users[stored.serial, stored.punch.user_id]].append(stored)
        return found

    def of_changed_rules(self, before: Case, after: Case) -> dict[str, set[Date]]:
        """Return the days that changed rules, terminals or people touch."""
        due: dict[str, set[Date]] = {}
        old, new = before.rules.holidays, after.rules.holidays
        moved = {day for day in {*old, *new} if old.get(day) != new.get(day)}
        changed = []
        for person in after.directory.people.values():
            if about(before, person.id) != about(after, person.id):
                changed.append(person.id)
            elif moved and (days := self.of_days(person.id, moved)):
                due[person.id] = days
        return due | self.everything_of(after, changed)

    def of_days(self, person_id: str, planned: Collection[Date]) -> set[Date]:
        """Return the days of a person that another plan for some days touches.

        A day's neighbours too: where one ends, the other begins.
        """
        near = {day + number * _ONE_DAY for day in planned for number in (-1, 0, 1)}
        kept = self.ledger.read(partial(table.dates_of, person_id=person_id))
        return near & {*map(Date.fromisoformat, kept)}

    def of_stale(self, case: Case, what: Iterable[Stale]) -> dict[str, set[Date]]:
        """Return the days of those whose days could not be computed before."""
        whole: set[str] = set()
        of_date: defaultdict[Date, set[str]] = defaultdict(set)
        for person_id, date in what:
            if person_id not in case.directory.people:
                continue
            if date is None:
                whole.add(person_id)
            else:
                of_date[date].add(person_id)
        return self._told_on(case, of_date) | self.everything_of(case, whole)

    def of_late(self, case: Case, days: int) -> dict[str, set[Date]]:
        """Return the last days of everybody, for who may have missed something.

        Also those before we ran last, which may be long ago.
        """
        last = self.ledger.read(partial(table.last_dates, until=case.today.isoformat()))
        ran = Date.fromisoformat(max(last.values())) if last else case.today
        dates = {
            day + timedelta(days=1 - number)
            for day in (ran, case.today)
            for number in range(days + 1)
        }
        everybody = {*case.directory.people}
        return self._told_on(case, dict.fromkeys(dates, everybody))

    def _told_on(
        self, case: Case, wanted: Map[Date, Collection[str]]
    ) -> dict[str, set[Date]]:
        """Return the days of people of which is told on dates: by punches, or by humans.

        With those dates themselves, as far as something is known of them.
        """
        if not wanted:
            return {}
        due: defaultdict[str, set[Date]] = defaultdict(set)
        for one in self.briefs(min(wanted), max(wanted)):
            if one.person_id in wanted.get(one.date, ()):
                due[one.person_id].add(one.date)
        of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        said = self._corrections({one for people in wanted.values() for one in people})
        for date, people in wanted.items():
            for person_id, made in self._punches_on(case, people, date).items():
                of_person[person_id] += made
            for person_id in people:
                if any(date in one.dates for one in said(person_id)):
                    due[person_id].add(date)
        for person_id, made in of_person.items():
            due[person_id] |= self._days(case, person_id, made, ())
            if corrections := said(person_id):
                due[person_id] |= self._days(case, person_id, made, corrections)
        return dict(due)

    def missing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days until today of which nothing is said yet."""
        # Marks beyond a hole hide none: what a terminal brings after an outage may be
        # there before we come to it. There are new holes once a day at the most.
        first = case.today
        if self._whole != case.today:
            first -= MOST_BETWEEN
        find = partial(
            table.dates_since, first=first.isoformat(), last=case.today.isoformat()
        )
        due = missing_days(case, first, self.ledger.read(find))
        if not due:
            self._whole = case.today
        return due

    def closing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days that may be final by now, or that wait for something else.

        Days that are not over, or wait on for a terminal that is away, cost nothing.
        """
        due: dict[str, set[Date]] = {}
        places: dict[str, tuple[Roster, Sequence[Station]]] = {}
        waiting: dict[tuple[str, Date], tuple[str, ...]] = {}
        for person_id, text in self.ledger.read(table.load_provisional):
            if (person := case.directory.people.get(person_id)) is None:
                continue
            if person_id not in places:
                stations = case.stations_of(person_id)
                serials = [one.serial for one in stations]
                places[person_id] = Roster(case.rules, person, serials), stations
            date = Date.fromisoformat(text)
            if (waits := waits_of(case, *places[person_id], date)) is None:
                continue
            if waits:
                waiting[person_id, date] = waits
            if not waits or self._waiting.get((person_id, date)) != waits:
                due.setdefault(person_id, set()).add(date)
        self._waiting = waiting
        return due

    def strays(self, case: Case, due: Due) -> dict[str, set[Date]]:
        """Return those of some days that nothing tells of any more.

        What a wrong clock dated years ago left behind, once it is put right.
        """
        kept = self.everything_of(case, due, without=due)
        said = self._corrections([*due])
        return {
            person_id: gone
            for person_id, dates in due.items()
            if (
                gone := {*dates}
                - kept[person_id]
                - {date for one in said(person_id) for date in one.dates}
            )
        }

    def _corrections(self, person_ids: Collection[str]) -> Said:
        return Said(self.corrections([*person_ids]) if person_ids else ())
