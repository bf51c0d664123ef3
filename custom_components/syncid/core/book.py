"""The book of attendance: marks in the ledger, kept as the rules and punches have them.

What attendance computes, and what the ledger keeps, meet here. All of it blocks, and
belongs into a thread of its own: not the ledger's, where punches wait to be stored.
Who works in the book takes turns, or an older mark would be written over a newer one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping as Map
from dataclasses import asdict, dataclass, field, replace
from datetime import date as Date, timedelta
from functools import partial
from typing import Any

from .attendance.closeout import is_over, waits_for
from .attendance.corrections import Correction
from .attendance.day import days_of, mark_days, reach_of
from .attendance.marks import Brief, Cause, Change, Mark, settle
from .attendance.policy import DAY
from .attendance.readings import Station, utc_of, wall_of
from .attendance.schedule import Roster, Rules, date_of, day_number
from .ledger import marks as table, people as who
from .ledger.ledger import Ledger
from .people import Directory, Mapping, Person
from .records import NEVER, Punch, StoredPunch

_ONE_DAY = timedelta(days=1)
# Marks that are written at once: punches wait meanwhile.
_AT_ONCE = 2000
# First marks that nobody learns anything from.
SILENT = frozenset({"expected", "holiday", "day_off", "inactive"})

# Whose days are to be computed anew.
type Due = Map[str, Collection[Date]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that marks depend on, but for what the ledger holds."""

    rules: Rules
    directory: Directory
    # The terminals that are there, by serial number.
    stations: Map[str, Station] = field(default_factory=dict)
    now: int
    # The date on the site's wall.
    today: Date

    def stations_of(self, person_id: str) -> list[Station]:
        """Return the terminals that could hold a punch of a person."""
        return [
            self.stations[serial]
            for serial in self.directory.serials_of(person_id)
            if serial in self.stations
        ]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A terminal's user who is nobody yet, and punches."""

    serial: str
    user_id: str
    count: int
    last_second: int


class Book:
    """People, marks, corrections and deliveries, as the ledger holds them."""

    def __init__(self, ledger: Ledger) -> None:
        """Write into a ledger that is open."""
        self._ledger = ledger

    # --- people -----------------------------------------------------------------------

    def directory(self) -> Directory:
        """Return everybody, and who the users of terminals are."""
        return self._ledger.read(
            lambda connection: Directory(
                who.load_people(connection), who.load_mappings(connection)
            )
        )

    def save_people(
        self,
        people: Iterable[Person] = (),
        mapped: Iterable[Mapping] = (),
        unmapped: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Keep people and mappings as they are now: all of it or nothing."""
        save = partial(
            who.save_people,
            who=[*people],
            mapped=[*mapped],
            unmapped=[*unmapped],
        )
        self._ledger.write(save).result()

    def erase(self, person_id: str) -> dict[str, int]:
        """Delete all there is of a person; return how many rows of each table."""
        counts = self._ledger.write(
            lambda connection: who.erase_person(connection, person_id)
        ).result()
        self._ledger.wipe()
        return counts

    def unmapped(self) -> list[Unmapped]:
        """Return the users of terminals who punched and are nobody yet."""
        return [Unmapped(*row) for row in self._ledger.read(who.count_unmapped)]

    # --- marks ------------------------------------------------------------------------

    def marks(
        self, first: Date, last: Date, person_ids: Collection[str] | None = None
    ) -> list[Mark]:
        """Return the marks from a date to another, of some people or of all."""
        rows = self._ledger.read(
            partial(
                table.load_marks,
                first=first.isoformat(),
                last=last.isoformat(),
                person_ids=person_ids,
            )
        )
        return [*map(Mark.of_row, rows)]

    def briefs(self, first: Date, last: Date) -> list[Brief]:
        """Return what a grid of all people shows."""
        rows = self._ledger.read(
            partial(table.load_briefs, first=first.isoformat(), last=last.isoformat())
        )
        days = {text: Date.fromisoformat(text) for text in {row[1] for row in rows}}
        return [
            Brief(person, days[day], status, final)  # type: ignore[arg-type]
            for person, day, status, final in rows
        ]

    def trace(self, person_id: str, date: Date) -> list[dict[str, Any]]:
        """Return how a day became what it is, oldest first."""
        return self._ledger.read(
            partial(table.load_changes, person_id=person_id, date=date.isoformat())
        )

    def last_seen(
        self, directory: Directory, person_ids: Iterable[str], since: int
    ) -> dict[str, StoredPunch]:
        """Return the last punch of people since a second of any wall clock."""
        users = [user for one in person_ids for user in directory.users_of(one)]
        found = self._ledger.read(
            partial(table.find_window, first=since, last=NEVER, users=users)
        )
        seen: dict[str, StoredPunch] = {}
        for stored in sorted(found, key=lambda one: one.utc_second):
            person = directory.person_of(stored.serial, stored.punch.user_id)
            if person is not None:
                seen[person.id] = stored
        return seen

    # --- corrections ------------------------------------------------------------------

    def correct(self, correction: Correction) -> Correction:
        """Keep a correction, whose number is given by this."""
        row = asdict(correction)
        del row["number"]
        row["date"] = correction.date and correction.date.isoformat()
        number = self._ledger.write(
            lambda connection: table.add_correction(connection, row)
        ).result()
        return Correction(**asdict(correction) | {"number": number})

    def corrections(
        self, person_ids: Collection[str] | None = None
    ) -> list[Correction]:
        """Return what was said of some people, and of everybody."""
        return [
            Correction(
                **row | {"date": row["date"] and Date.fromisoformat(row["date"])}
            )
            for row in self._ledger.read(
                partial(table.load_corrections, person_ids=person_ids)
            )
        ]

    # --- deliveries -------------------------------------------------------------------

    def deliveries(self) -> dict[str, int]:
        """Return until when each terminal was read."""
        return self._ledger.read(table.load_deliveries)

    def save_deliveries(self, until: Map[str, int]) -> None:
        """Remember until when terminals were read."""
        self._ledger.write(partial(table.save_deliveries, until=until)).result()

    # --- holidays ---------------------------------------------------------------------

    def holidays(self) -> dict[Date, str]:
        """Return the names of holidays by date."""
        found = self._ledger.read(table.load_holidays)
        return {Date.fromisoformat(date): name for date, name in found.items()}

    def save_holidays(self, first: Date, last: Date, found: Map[Date, str]) -> None:
        """Keep the holidays from a date to another, in place of those known."""
        save = partial(
            table.save_holidays,
            first=first.isoformat(),
            last=last.isoformat(),
            found={date.isoformat(): name for date, name in found.items()},
        )
        self._ledger.write(save).result()

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

    def everything_of(self, case: Case, person_id: str) -> set[Date]:
        """Return all days of a person: since the first punch, or the first mark."""
        users = case.directory.users_of(person_id)
        kept = self._ledger.read(partial(table.dates_of, person_id=person_id))
        days = {Date.fromisoformat(text) for text in kept}
        first = self._ledger.read(partial(table.first_second, users=users))
        if first is not None:
            punches = self._ledger.read(
                partial(table.find_window, first=first, last=first + 1, users=[*users])
            )
            days |= self._days(case, person_id, punches, ())
        if not days:
            return {case.today}
        begin, end = min(days), max(case.today, *days)
        length = (end - begin).days + 1
        return {begin + timedelta(days=number) for number in range(length)}

    def of_changed_rules(self, before: Case, after: Case) -> dict[str, set[Date]]:
        """Return the days that changed rules, terminals or people touch."""
        due: dict[str, set[Date]] = {}
        old, new = before.rules.holidays, after.rules.holidays
        moved = {day for day in {*old, *new} if old.get(day) != new.get(day)}
        for person in after.directory.people.values():
            if _about(before, person.id) != _about(after, person.id):
                due[person.id] = self.everything_of(after, person.id)
            elif moved:
                kept = self._ledger.read(partial(table.dates_of, person_id=person.id))
                if days := moved & {Date.fromisoformat(text) for text in kept}:
                    due[person.id] = days
        return due

    def of_late(self, case: Case, days: int) -> dict[str, set[Date]]:
        """Return the last days of everybody, for who may have missed something."""
        dates = {case.today - timedelta(days=number) for number in range(days)}
        known: dict[str, set[Date]] = {}
        for brief in self.briefs(min(dates), case.today):
            known.setdefault(brief.person_id, set()).add(brief.date)
        return known

    def missing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days until today of which nothing is said yet."""
        last = self._ledger.read(
            partial(table.last_dates, until=case.today.isoformat())
        )
        due: dict[str, set[Date]] = {}
        for person in case.directory.people.values():
            day = case.today
            if person.id in last:
                day = Date.fromisoformat(last[person.id]) + _ONE_DAY
            dates = set()
            while day <= case.today:
                if person.is_valid_on(day):
                    dates.add(day)
                day += _ONE_DAY
            if dates:
                due[person.id] = dates
        return due

    def closing(self, case: Case) -> dict[str, set[Date]]:
        """Return the days that may be final by now."""
        due: dict[str, set[Date]] = {}
        places: dict[str, tuple[Roster, list[Station]]] = {}
        for person_id, text in self._ledger.read(table.load_provisional):
            if (person := case.directory.people.get(person_id)) is None:
                continue
            if person_id not in places:
                stations = case.stations_of(person_id)
                serials = [one.serial for one in stations]
                places[person_id] = Roster(case.rules, person, serials), stations
            date = Date.fromisoformat(text)
            if _may_be_final(case, *places[person_id], date):
                due.setdefault(person_id, set()).add(date)
        return due

    # --- computing --------------------------------------------------------------------

    def work(self, case: Case, due: Due, cause: Cause) -> list[Change]:
        """Compute days anew, and keep what comes of it; return what changed."""
        groups: defaultdict[tuple[Date, Date], list[Person]] = defaultdict(list)
        for person_id, dates in due.items():
            if (person := case.directory.people.get(person_id)) is not None:
                for stretch in _stretches(dates):
                    groups[stretch].append(person)
        said = self._corrections(due)
        done: list[Change] = []
        for (first, last), people in sorted(groups.items(), key=lambda group: group[0]):
            rows: list[Map[str, Any]] = []
            trace: list[Map[str, Any]] = []
            for mark, before in self._computed(case, first, last, people, said):
                if mark == before:
                    continue
                rows.append(mark.as_row())
                change = settle(before, mark, at=case.now, cause=cause)
                if change is not None:
                    done.append(change)
                    if before is not None or mark.status not in SILENT:
                        trace.append(_line(change))
                if len(rows) >= _AT_ONCE:
                    self._save(rows, trace)
                    rows, trace = [], []
            self._save(rows, trace)
        return done

    def _save(self, rows: list[Map[str, Any]], trace: list[Map[str, Any]]) -> None:
        if rows:
            self._ledger.write(
                lambda connection: table.save_marks(connection, rows, trace)
            ).result()

    def _computed(
        self,
        case: Case,
        first: Date,
        last: Date,
        people: list[Person],
        said: _Said,
    ) -> Iterator[tuple[Mark, Mark | None]]:
        """Yield the marks of people in a stretch of days, each with the one before."""
        ids = {person.id for person in people}
        before = {
            (mark.person_id, mark.date): mark for mark in self.marks(first, last, ids)
        }
        punches = self._punches(case, first, last, people, said)
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

    def _punches(
        self,
        case: Case,
        first: Date,
        last: Date,
        people: list[Person],
        said: _Said,
    ) -> dict[str, list[StoredPunch]]:
        begins, ends = [], []
        users: list[tuple[str, str]] = []
        for person in people:
            users += case.directory.users_of(person.id)
            for day in (first, last):
                begin, end = reach_of(
                    case.rules,
                    person,
                    day,
                    stations=case.stations_of(person.id),
                    corrections=said(person.id),
                )
                begins.append(begin)
                ends.append(end)
        found = self._ledger.read(
            partial(table.find_window, first=min(begins), last=max(ends), users=users)
        )
        of_person: defaultdict[str, list[StoredPunch]] = defaultdict(list)
        for stored in found:
            person_of = case.directory.person_of(stored.serial, stored.punch.user_id)
            if person_of is not None:
                of_person[person_of.id].append(stored)
        return of_person

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


def _about(case: Case, person_id: str) -> object:
    """Return what a person's marks depend on, but for holidays, punches and time."""
    person, stations = (
        case.directory.people.get(person_id),
        case.stations_of(person_id),
    )
    if person is None:
        return None
    serials = [one.serial for one in stations]
    return (
        case.rules.base(person, serials),
        case.rules.zone,
        replace(person, name="", external_id="", ha_person="", cards=frozenset()),
        case.directory.users_of(person_id),
        [replace(one, delivered_until=None) for one in stations],
    )


def sliced(due: Due, most: int = _AT_ONCE) -> Iterator[Due]:
    """Cut what is to be computed, so that others have their turn in between.

    The newest month first, and of each the people together, who share what is read.
    """
    months: defaultdict[tuple[int, int], dict[str, set[Date]]] = defaultdict(dict)
    for person_id, dates in due.items():
        for day in dates:
            months[day.year, day.month].setdefault(person_id, set()).add(day)
    for month in sorted(months, reverse=True):
        part: dict[str, set[Date]] = {}
        count = 0
        for person_id, days in months[month].items():
            part[person_id] = days
            count += len(days)
            if count >= most:
                yield part
                part, count = {}, 0
        if part:
            yield part


def _may_be_final(
    case: Case, roster: Roster, stations: list[Station], date: Date
) -> bool:
    """Tell whether all has been read that a day may need at the least.

    So that days that are not over, or wait for a terminal that is away, cost nothing.
    """
    number = day_number(date)
    plan = roster.plan(number)
    if not stations and not (plan.off or plan.away):
        # Nothing more will tell of it, but for what a human says.
        return case.today - date == _ONE_DAY
    ends = min(plan.midnight + max(roster.span(number).ends), plan.ends)
    zone = case.rules.zone
    return is_over(ends, stations, zone, case.now) and not waits_for(
        ends, stations, zone
    )


def _stretches(dates: Collection[Date]) -> Iterator[tuple[Date, Date]]:
    """Yield dates that follow each other, by the first and the last.

    Cut at the ends of months, so that people of whom much is to be done share what is
    read, and a year does not have to fit into memory.
    """
    first: Date | None = None
    last = Date.min
    for day in sorted(dates):
        if first is not None and (day - last != _ONE_DAY or day.day == 1):
            yield first, last
            first = None
        if first is None:
            first = day
        last = day
    if first is not None:
        yield first, last


def _line(change: Change) -> dict[str, Any]:
    """Return a line of the trace; what is nothing is left out."""
    row = change.after.as_row()
    person_id, date = row.pop("person_id"), row.pop("date")
    before = change.before
    return {
        "person_id": person_id,
        "date": date,
        "at": change.at,
        "cause": change.cause,
        "before_status": before and before.status,
        "before_final": before and before.final,
        "mark": {
            key: value for key, value in row.items() if value not in (0, None, [])
        },
    }


def local_today(now: int, zone: str) -> Date:
    """Return the date that a wall clock shows at a moment."""
    return date_of(wall_of(now, zone) // DAY)
