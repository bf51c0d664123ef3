"""Marks as tables for people: a list of days, a month's grid, and totals for payroll.

What a heading, a mark or a shift is called can be given, by its key or id.
"""

from collections import Counter
from collections.abc import Iterable, Mapping as Map
from datetime import date as Date, time as Time, timedelta

from .attendance.marks import Brief, Mark, Moment, Status
from .people import Person
from .records import wall_clock
from .sheets import Cell, Sheet

# A letter for each status, for a grid; what is provisional has a star behind it.
LETTERS: Map[Status, str] = {
    "expected": "?",
    "present": "P",
    "late": "L",
    "half_day": "½",
    "absent": "A",
    "on_leave": "V",
    "excused": "E",
    "holiday": "H",
    "day_off": "·",
    "inactive": "",
}
_HOUR = 3600
_NOBODY = Person(id="", name="")


def _name(people: Map[str, Person], mark: Mark) -> Person:
    return people.get(mark.person_id, _NOBODY)


def _in_order(person: Person) -> tuple[str, str]:
    return person.name.casefold(), person.id


def _hours(seconds: int | None) -> Cell:
    return None if seconds is None else round(seconds / _HOUR, 2)


def _time(moment: Moment | None) -> Time | None:
    return None if moment is None else wall_clock(moment.wall).time()


def day_list(
    marks: Iterable[Mark],
    people: Map[str, Person],
    words: Map[str, str] | None = None,
    *,
    now: int,
) -> Sheet:
    """Return one row per person and day, with the reasons, as of now.

    Times of day are times and durations hours, so that spreadsheets reckon with them.
    """
    say = (words or {}).get
    head = (
        "date",
        "name",
        "external_id",
        "groups",
        "shift",
        "status",
        "final",
        "first_in",
        "last_out",
        "late_by",
        "early_by",
        "breaks",
        "worked",
        "overtime",
        "flags",
        "why",
    )
    ordered = sorted(
        marks, key=lambda mark: (mark.date, *_in_order(_name(people, mark)))
    )
    rows = []
    for mark in ordered:
        person = _name(people, mark)
        rows.append(
            (
                mark.date,
                person.name,
                person.external_id,
                ", ".join(person.groups),
                say(mark.shift_id, mark.shift_id),
                say(mark.status, mark.status),
                say("yes", "yes") if mark.final else say("no", "no"),
                _time(mark.first_in),
                _time(mark.went),
                _hours(mark.late_by or None),
                _hours(mark.early_by or None),
                _hours(mark.breaks or None),
                _hours(mark.hours_at(now)),
                _hours(mark.overtime),
                ", ".join(say(flag, flag) for flag in sorted(mark.flags)),
                mark.explain(),
            )
        )
    return Sheet(say("day_list", "Days"), [say(title, title) for title in head], rows)


def month_grid(
    marks: Iterable[Mark | Brief],
    people: Map[str, Person],
    year: int,
    month: int,
    words: Map[str, str] | None = None,
    letters: Map[Status, str] = LETTERS,
) -> Sheet:
    """Return one row per person, and one column per day of a month."""
    say = (words or {}).get
    first = Date(year, month, 1)
    length = ((first + timedelta(days=31)).replace(day=1) - first).days
    columns = {first + timedelta(days=number): number for number in range(length)}
    cells = {
        (status, final): letter if final or not letter else f"{letter}*"
        for status, letter in letters.items()
        for final in (True, False)
    }
    days: dict[str, list[Cell]] = {}
    found: dict[str, list[Status]] = {}
    for mark in marks:
        if (column := columns.get(mark.date)) is None:
            continue
        person_id, status = mark.person_id, mark.status
        if (row := days.get(person_id)) is None:
            row = days[person_id] = [None] * length
            found[person_id] = []
        row[column] = cells[status, mark.final]
        found[person_id].append(status)
    shown: tuple[Status, ...] = (
        "present",
        "late",
        "half_day",
        "absent",
        "on_leave",
        "excused",
    )
    ordered = sorted(
        (people.get(one) or Person(id=one, name=one) for one in days), key=_in_order
    )
    return Sheet(
        f"{year}-{month:02}",
        [
            *(say(title, title) for title in ("name", "external_id", "groups")),
            *map(str, range(1, length + 1)),
            *(say(status, status) for status in shown),
        ],
        [
            (
                person.name,
                person.external_id,
                ", ".join(person.groups),
                *days[person.id],
                *map(found[person.id].count, shown),
            )
            for person in ordered
        ],
    )


def legend(
    words: Map[str, str] | None = None, letters: Map[Status, str] = LETTERS
) -> Sheet:
    """Return what the letters of a grid mean."""
    say = (words or {}).get
    return Sheet(
        say("legend", "legend"),
        [say(title, title) for title in ("letter", "status")],
        [
            *(
                (letter, say(status, status))
                for status, letter in letters.items()
                if letter
            ),
            ("*", say("provisional", "provisional")),
        ],
    )


def payroll(
    marks: Iterable[Mark],
    people: Map[str, Person],
    words: Map[str, str] | None = None,
) -> Sheet:
    """Return the totals of each person: days by status, and hours.

    Only final days count; how many are not is told, since they may change the sums.
    """
    say = (words or {}).get
    days: dict[str, Counter[str]] = {}
    sums: dict[str, Counter[str]] = {}
    for mark in marks:
        day = days.setdefault(mark.person_id, Counter())
        total = sums.setdefault(mark.person_id, Counter())
        if not mark.final:
            day["provisional"] += 1
            continue
        day[mark.status] += 1
        for flag in ("missing_in", "missing_out"):
            day["missing"] += flag in mark.flags
        total["worked"] += mark.worked
        total["overtime"] += mark.overtime
        total["owed"] += mark.owed or 0
        total["late_by"] += mark.late_by
        total["early_by"] += mark.early_by
    counted = (
        "present",
        "late",
        "half_day",
        "absent",
        "on_leave",
        "excused",
        "holiday",
        "day_off",
        "missing",
        "provisional",
    )
    hours = ("owed", "worked", "overtime", "late_by", "early_by")
    ordered = sorted(
        (people.get(one) or Person(id=one, name=one) for one in days), key=_in_order
    )
    return Sheet(
        say("payroll", "Payroll"),
        [say(title, title) for title in ("name", "external_id", *counted, *hours)],
        [
            (
                person.name,
                person.external_id,
                *(days[person.id][key] for key in counted),
                *(_hours(sums[person.id][key]) for key in hours),
            )
            for person in ordered
        ],
    )
