"""The book of attendance: marks in the ledger, kept as the rules and punches have them.

What attendance computes, and what the ledger keeps, meet here. All of it blocks, and
belongs into a thread of its own: not the ledger's, where punches wait to be stored.
Who works in the book takes turns, or an older mark would be written over a newer one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping as Map, Sequence
from dataclasses import replace
from datetime import date as Date
from functools import partial
import sys
from typing import Any

from .attendance.corrections import Correction
from .attendance.day import mark_days, moved_into, reach_of
from .attendance.marks import Cause, Change, Mark, settle
from .case import Case, Due, stretches
from .finder import Finder, Said
from .ledger import marks as table
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
        done: list[Change] = []
        rows: list[Map[str, Any]] = []
        trace: list[Map[str, Any]] = []
        for (first, last), people in self._stretches(case, due):
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

    def forget(self, case: Case, due: Due) -> None:
        """Say nothing more of those of some days that nothing tells of any more."""
        if gone := self.strays(case, due):
            days = [
                (person_id, date.isoformat())
                for person_id, dates in gone.items()
                for date in dates
            ]
            self.ledger.write(partial(table.forget_marks, days=days)).result()

    def preview_word(self, case: Case, due: Due, *said: Correction) -> list[Mark]:
        """Return the marks that corrections would change; nothing is kept of it."""
        made = [replace(one, number=sys.maxsize) for one in said]
        return [
            mark
            for (first, last), people in self._stretches(case, due)
            for mark, before in self._computed(case, first, last, people, made)
            if settle(before, mark, at=case.now, cause="correction") is not None
        ]

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
        also: Sequence[Correction] = (),
    ) -> Iterator[tuple[Mark, Mark | None]]:
        """Yield the marks of people in a stretch of days, each with the one before."""
        said, before, punches = self.ledger.read(
            partial(_gather, case, first, last, people, also=also)
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


def _gather(
    case: Case,
    first: Date,
    last: Date,
    people: list[Person],
    connection: Reading,
    *,
    with_marks: bool = True,
    also: Sequence[Correction] = (),
) -> tuple[Said, dict[tuple[str, Date], Mark], dict[str, list[StoredPunch]]]:
    """Return what marks of some people are made of: what was said, marks, punches.

    Over one connection: to open one takes as long as to read a day.
    """
    ids = {person.id for person in people}
    said = Said(map(correction_of, table.load_corrections(connection, ids)))
    said.add(also)
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
            begin, end = reach_of(case.rules, person, day, stations=stations)
            begins.append(begin)
            ends.append(end)
    found = table.find_window(connection, min(begins), max(ends), users)
    for serial, begin, end in moved_into(min(begins), max(ends), said("")):
        there = [user for user in users if user[0] == serial]
        found += table.find_window(connection, begin, end, there)
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
