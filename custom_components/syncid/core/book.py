"""The book of attendance: marks in the ledger, kept as the rules and punches have them.

What attendance computes, and what the ledger keeps, meet here. All of it blocks, and
belongs into a thread of its own: not the ledger's, where punches wait to be stored.
Who works in the book takes turns, or an older mark would be written over a newer one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping as Map, Sequence
from dataclasses import replace
from datetime import date as Date
from functools import partial
from itertools import chain
from operator import itemgetter
import sys
from typing import Any

from .attendance.corrections import Correction, Said
from .attendance.day import Courts, Subject, moved_into, punches_on, reach_of_all
from .attendance.marks import (
    Cause,
    Cells,
    Change,
    Mark,
    Status,
    marks_of,
    settle,
    traced,
)
from .attendance.readings import Fields, read_rows, readings_of
from .attendance.schedule import Roster
from .case import Case, Due, stretches
from .finder import Finder
from .ledger import marks as table, windows
from .ledger.ledger import Reading
from .people import Person
from .records import StoredPunch
from .shelf import correction_of
from .whereabouts import Whereabouts, days_around, find

# First marks that nobody learns anything from.
SILENT = frozenset({"expected", "holiday", "day_off", "inactive"})


class Book(Finder):
    """What is kept, and what is computed of it."""

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
        rows: list[Cells] = []
        changed: list[tuple[Mark, Cells, Cells | None]] = []
        for (first, last), people in self._stretches(case, due):
            kept, marks = self._computed(case, first, last, people)
            for mark in marks:
                cells = mark.as_cells()
                known = kept.get(cells[:2])
                if cells == known:
                    continue
                rows.append(cells)
                # Most that new rules touch has but another reason then.
                if known is None or cells[:-1] != known[:-1]:
                    changed.append((mark, cells, known))
                elif explained is not None:
                    explained.append(mark)
        done: list[Change] = []
        trace: list[Cells] = []
        for mark, cells, before in _with_known(changed):
            if change := settle(before, mark, at=case.now, cause=cause):
                done.append(change)
                if before or mark.status not in SILENT:
                    trace.append(_line(change, cells))
        # All of it at once, or nothing: what is not kept is not told either.
        if rows:
            self.ledger.write(
                lambda connection: table.save_marks(connection, rows, trace)
            ).result()
            self._briefs.forget({*map(Date.fromisoformat, {row[0] for row in rows})})
        return done

    def forget(self, case: Case, due: Due) -> None:
        """Say nothing more of those of some days that nothing tells of any more."""
        if gone := self.strays(case, due):
            days = [
                (person_id, date.isoformat())
                for person_id, dates in gone.items()
                for date in dates
            ]
            self.ledger.write(partial(table.forget_marks, days=days)).result()
            self._briefs.forget({date for dates in gone.values() for date in dates})

    def preview_word(self, case: Case, due: Due, *said: Correction) -> list[Mark]:
        """Return the marks that corrections would change; nothing is kept of it."""
        made = [replace(one, number=sys.maxsize) for one in said]
        changed: list[tuple[Mark, Cells, Cells | None]] = []
        for (first, last), people in self._stretches(case, due):
            kept, marks = self._computed(case, first, last, people, also=made)
            for mark in marks:
                cells = mark.as_cells()
                if cells != (known := kept.get(cells[:2])):
                    changed.append((mark, cells, known))
        return [
            mark
            for mark, _, before in _with_known(changed)
            if settle(before, mark, at=case.now, cause="correction") is not None
        ]

    def preview(self, case: Case, date: Date) -> list[tuple[Mark, Status | None]]:
        """Return what everybody's day would be in a case, each with what it is now.

        Nothing is kept of it.
        """
        known = {one.person_id: one.status for one in self.briefs(date, date)}
        people = [*case.directory.people.values()]
        _, marks = self._computed(case, date, date, people, with_kept=False)
        # Days before anything was known of somebody get no mark by new rules either.
        return [
            (mark, known.get(mark.person_id))
            for mark in marks
            if date >= case.today
            or mark.person_id in known
            or mark.presence != "not_in"
        ]

    def closed_as(self, changes: Iterable[Change]) -> dict[tuple[str, Date], Status]:
        """Return how days that changed had been closed last before, if they ever were."""
        days = {
            (one.after.person_id, one.after.date): one.before
            for one in changes
            if one.before is not None
        }
        is_open = [day for day, before in days.items() if not before.final]
        told: Map[tuple[str, str], Any] = {}
        if is_open:
            people, dates = zip(*is_open, strict=True)
            told = self.ledger.read(
                partial(
                    table.load_closings,
                    person_ids={*people},
                    dates={date.isoformat() for date in dates},
                )
            )
        return {day: before.status for day, before in days.items() if before.final} | {
            day: told[name]
            for day in is_open
            if (name := (day[0], day[1].isoformat())) in told
        }

    # --- a moment ---------------------------------------------------------------------

    def whereabouts(
        self, case: Case, person_ids: Collection[str], moment: int
    ) -> dict[str, Whereabouts]:
        """Return who was in at a moment, and where, straight from what is stored by now.

        So it is right while marks are still being computed.
        """
        people = [case.directory.people[one] for one in person_ids]
        if not people:
            return {}
        rosters = [*map(case.roster_of, people)]
        # As for marks: of a whole punch there is twice as much to make and to keep.
        around = partial(_told, case, *days_around(case.today), rosters)
        said, _, told = self.ledger.read(partial(around, with_kept=False, also=()))
        courts = Courts(case.stations, moment)
        found = {}
        for subject in _subjects(rosters, said, told):
            where = find(courts, case.today, subject, moment)
            if where is not None:
                found[subject.roster.person.id] = where
        return found

    # --- reading ----------------------------------------------------------------------

    def punches_of(
        self, case: Case, person: Person, date: Date
    ) -> list[tuple[StoredPunch, int]]:
        """Return the punches of a person's date, each with when it was, oldest first.

        In UTC, and by a right clock. Those too that were taken out.
        """
        said, punches = self.ledger.read(
            partial(_punches, case, date, date, [case.roster_of(person)])
        )
        found = punches_on(
            case.rules,
            person,
            date,
            # Some are found twice: in the reach, and where a clock was wrong.
            [*dict.fromkeys(punches[person.id])],
            stations=case.stations_of(person.id),
            corrections=said(person.id),
        )
        return sorted(found, key=itemgetter(1))

    @staticmethod
    def _stretches(
        case: Case, due: Due
    ) -> list[tuple[tuple[Date, Date], list[Person]]]:
        """Return what is due as days that follow each other, with whose they are."""
        groups: defaultdict[tuple[Date, Date], list[Person]] = defaultdict(list)
        for person_id, dates in due.items():
            if (person := case.directory.people.get(person_id)) is not None:
                for stretch in stretches(dates):
                    groups[stretch].append(person)
        return sorted(groups.items(), key=lambda group: group[0])

    def _computed(
        self,
        case: Case,
        first: Date,
        last: Date,
        people: list[Person],
        *,
        also: Sequence[Correction] = (),
        with_kept: bool = True,
    ) -> tuple[Map[tuple[str, str], Cells], Iterator[Mark]]:
        """Return what is kept of people in a stretch of days, and their marks anew."""
        rosters = [*map(case.roster_of, people)]
        said, kept, told = self.ledger.read(
            partial(_told, case, first, last, rosters, also=also, with_kept=with_kept)
        )
        courts = Courts(case.stations, case.now)
        marks = (
            courts.marks(subject, first, last)
            for subject in _subjects(rosters, said, told)
        )
        return kept, chain.from_iterable(marks)


def _with_known(
    changed: list[tuple[Mark, Cells, Cells | None]],
) -> Iterator[tuple[Mark, Cells, Mark | None]]:
    """Yield marks with their rows, each with the one that was kept."""
    befores = iter(marks_of([known for _, _, known in changed if known]))
    for mark, cells, known in changed:
        yield mark, cells, next(befores) if known else None


def _told(
    case: Case,
    first: Date,
    last: Date,
    rosters: Collection[Roster],
    connection: Reading,
    *,
    with_kept: bool,
    also: Sequence[Correction],
) -> tuple[Said, dict[tuple[str, str], Cells], dict[str, list[Fields]]]:
    """Return what marks of some people are made of: what was said, kept, and punched.

    All of it as of one moment.
    """
    told: dict[str, list[Fields]] = {one.person.id: [] for one in rosters}
    said = _said(connection, told)
    said.add(also)
    kept: dict[tuple[str, str], Cells] = {}
    if with_kept:
        rows = table.load_marks(connection, first.isoformat(), last.isoformat(), told)
        # By date and person.
        kept = {row[:2]: row for row in rows}
    of_user = _by_user(case, told)
    for begin, end, users in _windows(case, first, last, rosters, said):
        for serial, found in windows.find_told(connection, begin, end, users):
            station, zone = case.stations.get(serial), case.rules.zone
            read_rows(found, serial, station, zone, windows.DIRECTIONS, of_user[serial])
    return said, kept, told


def _subjects(
    rosters: Iterable[Roster], said: Said, told: Map[str, list[Fields]]
) -> Iterator[Subject]:
    """Yield whose days are to be judged, each with what is made for them alone."""
    for one in rosters:
        person_id = one.person.id
        yield Subject(one, said(person_id), readings_of(told[person_id]))


def _punches(
    case: Case,
    first: Date,
    last: Date,
    rosters: Collection[Roster],
    connection: Reading,
) -> tuple[Said, dict[str, list[StoredPunch]]]:
    """Return what was said of some people, and what they punched, as of one moment."""
    punches: dict[str, list[StoredPunch]] = {one.person.id: [] for one in rosters}
    said = _said(connection, punches)
    of_user = _by_user(case, punches)
    for begin, end, users in _windows(case, first, last, rosters, said):
        for stored in windows.find_window(connection, begin, end, users):
            if (whose := of_user[stored.serial].get(stored.punch.user_id)) is not None:
                whose.append(stored)
    return said, punches


def _said(connection: Reading, person_ids: Collection[str]) -> Said:
    return Said(map(correction_of, table.load_corrections(connection, person_ids)))


def _by_user[T](
    case: Case, of_person: Map[str, list[T]]
) -> Map[str, Map[str, list[T]]]:
    """Return what is each one's by the terminals and the user ids that they have there."""
    found: defaultdict[str, dict[str, list[T]]] = defaultdict(dict)
    for person_id, theirs in of_person.items():
        for serial, user_id in case.directory.users_of(person_id):
            found[serial][user_id] = theirs
    return found


def _windows(
    case: Case, first: Date, last: Date, rosters: Iterable[Roster], said: Said
) -> Iterator[tuple[int, int, list[tuple[str, str]] | None]]:
    """Yield where the punches of people from a date to another lie, and whose those are.

    Local seconds, and users of terminals; None for nearly all, whom to name takes
    longer than to drop the punches of others.
    """
    # They are the same for many.
    teams = {one.alike: one for one in rosters}.values()
    reaches = [reach_of_all(one, first, last, case.stations) for one in teams]
    begin, end = min(one for one, _ in reaches), max(one for _, one in reaches)
    users = [user for one in rosters for user in case.directory.users_of(one.person.id)]
    yield begin, end, None if case.directory.is_most(users) else users
    for serial, since, until in moved_into(begin, end, said("")):
        yield since, until, [user for user in users if user[0] == serial]


def _line(change: Change, cells: Cells) -> Cells:
    """Return a line of the trace."""
    before, (date, person_id) = change.before, cells[:2]
    return (
        person_id,
        date,
        change.at,
        change.cause,
        before and before.status,
        before and before.final,
        traced(cells),
    )
