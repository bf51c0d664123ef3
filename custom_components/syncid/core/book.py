"""The book of attendance: marks in the ledger, kept as the rules and punches have them.

What attendance computes, and what the ledger keeps, meet here. All of it blocks, and
belongs into a thread of its own: not the ledger's, where punches wait to be stored.
Who works in the book takes turns, or an older mark would be written over a newer one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping as Map
from datetime import date as Date, timedelta
from functools import partial
from typing import Any

from .attendance.corrections import Correction
from .attendance.day import days_of, mark_days, reach_of
from .attendance.marks import Cause, Change, Mark, settle
from .attendance.policy import DAY
from .attendance.readings import Station, utc_of
from .attendance.schedule import Roster, date_of, day_number
from .case import MOST_BETWEEN, Case, Due, about, edges, filled, stretches, waits_of
from .ledger import marks as table
from .ledger.ledger import Ledger, Reading
from .people import Person
from .records import Punch, StoredPunch
from .shelf import Shelf, Stale, correction_of
from .whereabouts import Whereabouts, days_around, find

_ONE_DAY = timedelta(days=1)
# First marks that nobody learns anything from.
SILENT = frozenset({"expected", "holiday", "day_off", "inactive"})


class Book(Shelf):
    """What is kept, and what is to be computed of it."""

    def __init__(self, ledger: Ledger) -> None:
        """Keep all in a ledger that is open."""
        super().__init__(ledger)
        # The terminals that days waited for when they were looked at last.
        self._waiting: dict[tuple[str, Date], tuple[str, ...]] = {}

    # --- which days are to be computed -------------------------------------------------

    def touched(
        self, case: Case, serial: str, punches: Iterable[Punch]
    ) -> dict[str, set[Date]]:
        """Return the days that new punches at a terminal touch."""
        station = case.stations.get(serial)
        if station is None:
            return {}
        of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        for punch in punches:
            if person := case.directory.person_of(serial, punch.user_id):
                utc = utc_of(punch.local_second, station.zone)
                of_person[person.id].append(
                    StoredPunch(serial, punch, utc, "poll", None)
                )
        said = self._corrections(of_person)
        due: dict[str, set[Date]] = {}
        for person_id, made in of_person.items():
            # A correction turns or moves some: then both days are looked at.
            for corrections in ((), said(person_id)):
                due.setdefault(person_id, set()).update(
                    self._days(case, person_id, made, corrections)
                )
        return {one: dates for one, dates in due.items() if dates}

    def touched_by(self, case: Case, correction: Correction) -> dict[str, set[Date]]:
        """Return the days that a correction of a person touches."""
        person_id = correction.person_id
        if correction.date is not None:
            return {person_id: {correction.date}}
        assert correction.local_second is not None
        utc = correction.utc_second
        station = case.stations.get(correction.serial)
        if utc is None:
            zone = station.zone if station else case.rules.zone or "UTC"
            utc = utc_of(correction.local_second, zone)
        punch = Punch("", correction.local_second, correction.direction, "unknown")
        stored = StoredPunch(correction.serial, punch, utc, "manual", None)
        silent = stored._replace(punch=punch._replace(direction="unknown"))
        return {person_id: self._days(case, person_id, [stored, silent], ())}

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
        self, case: Case, person_ids: Iterable[str]
    ) -> dict[str, set[Date]]:
        """Return all days of people: those with a mark or a punch, and between them."""
        users = {one: case.directory.users_of(one) for one in person_ids}
        found = self.ledger.read(partial(table.all_dates, users_of=users))
        due: dict[str, set[Date]] = {}
        for person_id, (kept, punched) in found.items():
            known = {*map(Date.fromisoformat, kept)}
            # What is dated in the future was made by a wrong clock.
            until = day_number(case.today) + 1
            days = known | {date_of(one) for one in punched if one <= until}
            # Whose day it is that a stretch begins or ends with, its punches say.
            for edge in edges(days) - known:
                days.remove(edge)
                days |= self._days(
                    case, person_id, self._punches_on(users[person_id], edge), ()
                )
            due[person_id] = filled(days | {case.today})
        return due

    def _punches_on(
        self, users: Collection[tuple[str, str]], day: Date
    ) -> list[StoredPunch]:
        begin = day_number(day) * DAY
        return self.ledger.read(
            partial(table.find_window, first=begin, last=begin + DAY, users=users)
        )

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
        return self._told_on(case, dict.fromkeys(dates, {*case.directory.people}))

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
            users = {
                user: one for one in people for user in case.directory.users_of(one)
            }
            for stored in self._punches_on(users, date):
                person_id = users[stored.serial, stored.punch.user_id]
                of_person[person_id].append(stored)
            for one in people:
                if any(date in about.dates for about in said(one)):
                    due[one].add(date)
        for person_id, made in of_person.items():
            due[person_id] |= self._days(case, person_id, made, ())
            if corrections := said(person_id):
                due[person_id] |= self._days(case, person_id, made, corrections)
        return dict(due)

    def missing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days until today of which nothing is said yet."""
        last = self.ledger.read(partial(table.last_dates, until=case.today.isoformat()))
        due: dict[str, set[Date]] = {}
        for person in case.directory.people.values():
            day = case.today
            if person.id in last:
                since = Date.fromisoformat(last[person.id]) + _ONE_DAY
                day = since if day - since <= MOST_BETWEEN else day
            dates = set()
            while day <= case.today:
                if person.is_valid_on(day):
                    dates.add(day)
                day += _ONE_DAY
            if dates:
                due[person.id] = dates
        return due

    def closing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days that may be final by now, or that wait for something else.

        Days that are not over, or wait on for a terminal that is away, cost nothing.
        """
        due: dict[str, set[Date]] = {}
        places: dict[str, tuple[Roster, list[Station]]] = {}
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

    # --- computing --------------------------------------------------------------------

    def work(
        self,
        case: Case,
        due: Due,
        cause: Cause,
        explained: list[Mark] | None = None,
    ) -> list[Change]:
        """Compute days anew, and keep what comes of it; return what changed.

        `explained` is given the marks of which only the reasons changed.
        """
        groups: defaultdict[tuple[Date, Date], list[Person]] = defaultdict(list)
        for person_id, dates in due.items():
            if (person := case.directory.people.get(person_id)) is not None:
                for stretch in stretches(dates):
                    groups[stretch].append(person)
        done: list[Change] = []
        rows: list[Map[str, Any]] = []
        trace: list[Map[str, Any]] = []
        for (first, last), people in sorted(groups.items(), key=lambda group: group[0]):
            for mark, before in self._computed(case, first, last, people):
                if mark == before:
                    continue
                row = mark.as_row()
                rows.append(row)
                change = settle(before, mark, at=case.now, cause=cause)
                if change is None:
                    if explained is not None:
                        explained.append(mark)
                else:
                    done.append(change)
                    if before is not None or mark.status not in SILENT:
                        trace.append(_line(change, row))
        # All of it at once, or nothing: what is not kept is not told either.
        if rows:
            self.ledger.write(
                lambda connection: table.save_marks(connection, rows, trace)
            ).result()
        return done

    def preview(self, case: Case, date: Date) -> list[tuple[Mark, Mark | None]]:
        """Return what everybody's day would be in a case, each with what it is now.

        Nothing is kept of it.
        """
        people = [*case.directory.people.values()]
        return [*self._computed(case, date, date, people)]

    # --- a moment ---------------------------------------------------------------------

    def whereabouts(
        self, case: Case, person_ids: Collection[str], moment: int
    ) -> dict[str, Whereabouts]:
        """Return where people were at a moment, straight from what is stored by now.

        So it is right while marks are still being computed.
        """
        people = [case.directory.people[one] for one in person_ids]
        if not people:
            return {}
        said, _, punches = self.ledger.read(
            partial(_gather, case, *days_around(case.today), people, with_marks=False)
        )
        return {
            one.id: find(case, one, punches.get(one.id, ()), said(one.id), moment)
            for one in people
        }

    # --- reading ----------------------------------------------------------------------

    def _computed(
        self, case: Case, first: Date, last: Date, people: list[Person]
    ) -> Iterator[tuple[Mark, Mark | None]]:
        """Yield the marks of people in a stretch of days, each with the one before."""
        said, before, punches = self.ledger.read(
            partial(_gather, case, first, last, people)
        )
        for person in people:
            for mark in mark_days(
                case.rules,
                person,
                first,
                last,
                punches.get(person.id, ()),
                stations=case.stations_of(person.id),
                corrections=said(person.id),
                now=case.now,
            ):
                yield mark, before.get((person.id, mark.date))

    def _corrections(self, person_ids: Collection[str]) -> _Said:
        return _Said(self.corrections([*person_ids]) if person_ids else ())


class _Said:
    """What was said of each person."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        self._all: list[Correction] = []
        self._of: defaultdict[str, list[Correction]] = defaultdict(list)
        for one in corrections:
            # What takes another one back is about that one's person.
            if one.person_id:
                self._of[one.person_id].append(one)
            else:
                self._all.append(one)

    def __call__(self, person_id: str) -> list[Correction]:
        """Return what was said of a person, and of everybody."""
        return [*self._all, *self._of.get(person_id, ())]


def _gather(
    case: Case,
    first: Date,
    last: Date,
    people: list[Person],
    connection: Reading,
    *,
    with_marks: bool = True,
) -> tuple[_Said, dict[tuple[str, Date], Mark], dict[str, list[StoredPunch]]]:
    """Return what marks of some people are made of: what was said, marks, punches.

    Over one connection: to open one takes as long as to read a day.
    """
    ids = {person.id for person in people}
    said = _Said(map(correction_of, table.load_corrections(connection, ids)))
    marks: dict[tuple[str, Date], Mark] = {}
    if with_marks:
        rows = table.load_marks(connection, first.isoformat(), last.isoformat(), ids)
        marks = {(mark.person_id, mark.date): mark for mark in map(Mark.of_row, rows)}
    begins, ends = [], []
    users: dict[tuple[str, str], str] = {}
    for person in people:
        stations = case.stations_of(person.id)
        users |= dict.fromkeys(case.directory.users_of(person.id), person.id)
        for day in (first, last):
            begin, end = reach_of(
                case.rules,
                person,
                day,
                stations=stations,
                corrections=said(person.id),
            )
            begins.append(begin)
            ends.append(end)
    found = table.find_window(connection, min(begins), max(ends), users)
    punches: defaultdict[str, list[StoredPunch]] = defaultdict(list)
    for stored in found:
        punches[users[stored.serial, stored.punch.user_id]].append(stored)
    return said, marks, punches


def _line(change: Change, row: Map[str, Any]) -> dict[str, Any]:
    """Return a line of the trace; what is nothing is left out."""
    before = change.before
    return {
        "person_id": row["person_id"],
        "date": row["date"],
        "at": change.at,
        "cause": change.cause,
        "before_status": before and before.status,
        "before_final": before and before.final,
        "mark": {
            key: value
            for key, value in row.items()
            if value not in (0, None, []) and key not in ("person_id", "date")
        },
    }
