"""Marks in the ledger, how they came about, what humans said of them, and deliveries.

What a mark is, attendance knows; here its rows are kept, as plain values.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date as Date
from functools import cache
from itertools import chain
import json
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from .fetch import fetch_all
from .schema import changes, corrections, deliveries, holidays, marks, people, places

# A row: its columns by name. Dates are in ISO's way of writing.
type Row = Mapping[str, Any]
# All of a mark's columns, the reasons last.
type Cells = tuple[Any, ...]

# People of whom each is looked up alone: for more, all punches are read once.
_FEW = 5

# People whose marks are looked up each by its key: of more, those of everybody are read,
# and most of them dropped.
_SOME = 250

# Rows that one statement writes: see `store._AT_ONCE`.
_AT_ONCE = (200, 20, 1)

# In the order in which they are read and written here. A year of 500 people has 180,000
# marks and 500,000 punches: through SQLAlchemy's types and rows that took twice as long.
_MARK = (
    *(column.name for column in marks.c if column.name != "reasons"),
    "reasons",
)
_MARK_KEY = ("date", "person_id")
_in_place = itemgetter(0, 1)
_CHANGE = tuple(column.name for column in changes.c if column.name != "id")

_SELECT_MARKS = " ".join(
    ("SELECT", ", ".join(_MARK), "FROM marks WHERE date BETWEEN ? AND ?")
)
_SELECT_MARKS_OF = " ".join(
    (
        "SELECT",
        ", ".join(_MARK),
        "FROM marks WHERE date IN (SELECT value FROM json_each(?))",
        "AND person_id IN (SELECT value FROM json_each(?))",
    )
)
_SELECT_CLOSINGS = (
    "SELECT person_id, date, before_status FROM changes WHERE before_final"
    " AND person_id IN (SELECT value FROM json_each(?))"
    " AND date IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_SELECT_BRIEFS = (
    "SELECT date, json_group_array(person_id), json_group_array(status),"
    " json_group_array(final) FROM marks WHERE date BETWEEN ? AND ? GROUP BY date"
)
_SELECT_PEOPLE = (
    "SELECT date, json_group_array(person_id) FROM marks"
    " WHERE date BETWEEN ? AND ? AND status = ? GROUP BY date"
)
_SELECT_OUTLINES = (
    "SELECT person_id, status, json_extract(first_in, '$[0]'),"
    " json_extract(last_out, '$[0]'), worked, running_since, late_by, presence,"
    " CASE WHEN running_since IS NOT NULL THEN reasons END"
    " FROM marks WHERE date = ?"
)
_CORRECTION = tuple(column.name for column in corrections.c)
_SELECT_CORRECTIONS = " ".join(
    ("SELECT", ", ".join(f'"{name}"' for name in _CORRECTION), "FROM corrections")
)
_SELECT_KEPT = "SELECT person_id, date FROM marks"
_SELECT_PUNCHED = (
    "SELECT DISTINCT terminal_id, user_id, local_second / 86400 FROM punches"
)
_insert_delivery = upsert(deliveries)
_SAVE_DELIVERY = _insert_delivery.on_conflict_do_update(
    index_elements=[deliveries.c.serial],
    set_={"delivered_until": _insert_delivery.excluded.delivered_until},
)
_insert_place = upsert(places)
_SAVE_PLACE = _insert_place.on_conflict_do_update(
    index_elements=[places.c.serial],
    set_={name: _insert_place.excluded[name] for name in ("zone", "direction")},
)


def load_marks(
    connection: Connection,
    first: str,
    last: str,
    person_ids: Collection[str] | None = None,
) -> list[Cells]:
    """Return the rows of some people, or of all, from a date to another."""
    sql = _SELECT_MARKS
    values: tuple[str, ...] = (first, last)
    if person_ids is not None and len(person_ids) <= _SOME:
        sql = _SELECT_MARKS_OF
        values = json.dumps(_dates(first, last)), json.dumps([*person_ids])
    elif person_ids is not None:
        sql += " AND person_id IN (SELECT value FROM json_each(?))"
        values += (json.dumps([*person_ids]),)
    return fetch_all(connection, sql, values)


def _dates(first: str, last: str) -> list[str]:
    begin, end = (Date.fromisoformat(one).toordinal() for one in (first, last))
    return [Date.fromordinal(one).isoformat() for one in range(begin, end + 1)]


def load_briefs(
    connection: Connection, first: str, last: str
) -> list[tuple[str, list[str], list[str], Iterable[bool]]]:
    """Return people, statuses and finalities of all marks by date: what a grid shows.

    One row for each date: 60,000 rows take four times as long.
    """
    rows = fetch_all(connection, _SELECT_BRIEFS, (first, last))
    # Mostly the same people on all days, in the same order: they are named once.
    load = cache(json.loads)
    return [
        (date, load(people), json.loads(statuses), map(bool, json.loads(finals)))
        for date, people, statuses, finals in rows
    ]


def load_outlines(connection: Connection, date: str) -> list[tuple[Any, ...]]:
    """Return of all marks of a date what they are sorted and counted by.

    A tenth of what whole marks take, of which a list shows a few. Person, status, first
    and last punch in seconds of UTC, seconds worked, since when more are running,
    seconds late, whether they are in, and the reasons where hours are running.
    """
    return fetch_all(connection, _SELECT_OUTLINES, (date,))


def load_briefs_of(
    connection: Connection, dates: Collection[str], person_ids: Collection[str]
) -> list[tuple[str, str, str, bool]]:
    """Return the same as `load_briefs` of a few people, each looked up by its name.

    By a span of dates, the marks of everybody in between would be read.
    """
    rows = connection.execute(
        select(marks.c.person_id, marks.c.date, marks.c.status, marks.c.final).where(
            marks.c.date.in_(dates), marks.c.person_id.in_(person_ids)
        )
    )
    return [(person, date, status, final) for person, date, status, final in rows]


def load_people_of(
    connection: Connection, first: str, last: str, status: str
) -> list[tuple[str, list[str]]]:
    """Return by date who has a status: one row for each date, as `load_briefs`."""
    rows = fetch_all(connection, _SELECT_PEOPLE, (first, last, status))
    return [(date, json.loads(people)) for date, people in rows]


def load_provisional(connection: Connection) -> list[tuple[str, str]]:
    """Return person and date of all days that are not final yet."""
    rows = connection.execute(
        select(marks.c.person_id, marks.c.date).where(marks.c.final.is_(False))
    )
    return [(person, date) for person, date in rows]


def last_dates(connection: Connection, until: str) -> dict[str, str]:
    """Return the last date, of those until one, that each person has a mark for."""
    rows = connection.execute(
        select(marks.c.person_id, func.max(marks.c.date))
        .where(marks.c.date <= until)
        .group_by(marks.c.person_id)
    )
    return dict(map(tuple, rows))


def dates_since(connection: Connection, first: str, last: str) -> dict[str, set[str]]:
    """Return the dates from one to another that each person has a mark for."""
    rows = connection.execute(
        select(marks.c.person_id, func.json_group_array(marks.c.date))
        .where(marks.c.date.between(first, last))
        .group_by(marks.c.person_id)
    )
    return {person_id: {*json.loads(dates)} for person_id, dates in rows}


def first_date(connection: Connection) -> str | None:
    """Return the first date that anybody has a mark for."""
    found: str | None = connection.scalar(select(func.min(marks.c.date)))
    return found


def dates_of(connection: Connection, person_id: str) -> list[str]:
    """Return the dates that a person has a mark for, in order."""
    rows = connection.execute(
        select(marks.c.date)
        .where(marks.c.person_id == person_id)
        .order_by(marks.c.date)
    )
    return [*rows.scalars()]


def all_dates(
    connection: Connection, users_of: Mapping[str, Collection[tuple[str, str]]]
) -> dict[str, tuple[set[str], set[int]]]:
    """Return the dates with a mark, and the days since 1970 with a punch, of people.

    Of many all is read at once.
    """
    of_user = {user: one for one, users in users_of.items() for user in users}
    found: dict[str, tuple[set[str], set[int]]] = {
        person_id: (set(), set()) for person_id in users_of
    }
    kept, punched = _SELECT_KEPT, _SELECT_PUNCHED
    ids: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    if len(users_of) <= _FEW:
        kept += " WHERE person_id IN (SELECT value FROM json_each(?))"
        ids = (json.dumps([*users_of]),)
        # By themselves: all terminals have the same few ids.
        punched += " WHERE user_id IN (SELECT value FROM json_each(?))"
        users = (json.dumps([*{one for _, one in of_user}]),)
    for person_id, date in fetch_all(connection, kept, ids):
        if person_id in found:
            found[person_id][0].add(date)
    serials = dict(fetch_all(connection, "SELECT id, serial FROM terminals"))
    for terminal_id, user_id, number in fetch_all(connection, punched, users):
        if (person_id := of_user.get((serials[terminal_id], user_id))) is not None:
            found[person_id][1].add(number)
    return found


def save_marks(
    connection: Connection, rows: Iterable[Cells], trace: Sequence[Cells]
) -> None:
    """Keep marks as they are now, and how they came to be that."""
    # In the order in which they lie: half a day of one, half of another takes longer.
    _write(connection, marks, _MARK, sorted(rows, key=_in_place), _MARK_KEY)
    _write(connection, changes, _CHANGE, trace)


def _write(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    key: Sequence[str] = (),
) -> None:
    """Insert rows, or replace those with the same key."""
    at = 0
    for size in _AT_ONCE:
        sql = _write_sql(table.name, tuple(names), tuple(key), size)
        while len(rows) - at >= size:
            values = chain.from_iterable(rows[at : at + size])
            connection.exec_driver_sql(sql, tuple(values))
            at += size


@cache
def _write_sql(
    table: str, names: tuple[str, ...], key: tuple[str, ...], size: int
) -> str:
    row = f"({', '.join('?' * len(names))})"
    parts = ["INSERT INTO", table, f"({', '.join(names)})", "VALUES"]
    parts.append(", ".join([row] * size))
    if key:
        told = [f"{name} = excluded.{name}" for name in names if name not in key]
        parts += [f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET", ", ".join(told)]
    return " ".join(parts)


def forget_marks(connection: Connection, days: Iterable[tuple[str, str]]) -> None:
    """Say nothing of some days any more; how that came about stays."""
    for person_id, date in days:
        connection.execute(
            delete(marks).where(marks.c.person_id == person_id, marks.c.date == date)
        )


def load_changes(
    connection: Connection, person_id: str, date: str
) -> list[dict[str, Any]]:
    """Return how a person's day became what it is, oldest first."""
    rows = connection.execute(
        select(changes)
        .where(changes.c.person_id == person_id, changes.c.date == date)
        .order_by(changes.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def load_closings(
    connection: Connection, person_ids: Collection[str], dates: Collection[str]
) -> dict[tuple[str, str], str]:
    """Return how days of people on some dates were closed last, before they changed."""
    asked = json.dumps([*person_ids]), json.dumps([*dates])
    rows = fetch_all(connection, _SELECT_CLOSINGS, asked)
    # The last line of each counts.
    return {(person_id, date): status for person_id, date, status in rows}


# --- corrections ----------------------------------------------------------------------


def unknown_people(connection: Connection, person_ids: Collection[str]) -> list[str]:
    """Return those of some ids that nobody has."""
    known = connection.execute(select(people.c.id).where(people.c.id.in_(person_ids)))
    return sorted({*person_ids}.difference(known.scalars()))


def add_correction(connection: Connection, row: Row) -> int:
    """Add a correction; return its number."""
    number: int = connection.execute(
        insert(corrections).values(**row).returning(corrections.c.number)
    ).scalar_one()
    return number


def load_corrections(
    connection: Connection, person_ids: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Return what was said of some people, and of everybody, in order."""
    sql = _SELECT_CORRECTIONS
    values: tuple[str, ...] = ()
    if person_ids is not None:
        sql += " WHERE person_id IN (SELECT value FROM json_each(?))"
        values = (json.dumps([*person_ids, ""]),)
    rows = fetch_all(connection, sql + " ORDER BY number", values)
    return [dict(zip(_CORRECTION, row, strict=True)) for row in rows]


# --- deliveries -----------------------------------------------------------------------


def load_deliveries(connection: Connection) -> dict[str, int]:
    """Return until when each terminal was read, by serial number."""
    return dict(map(tuple, connection.execute(select(deliveries))))


def save_deliveries(connection: Connection, until: Mapping[str, int]) -> None:
    """Remember until when terminals were read."""
    for serial, second in until.items():
        connection.execute(
            _SAVE_DELIVERY, {"serial": serial, "delivered_until": second}
        )


# --- terminals that are gone ------------------------------------------------------------


def load_places(connection: Connection) -> list[tuple[str, str, str]]:
    """Return serial number, zone and direction of terminals as they were last."""
    rows = connection.execute(select(places))
    return [(serial, zone, direction) for serial, zone, direction in rows]


def save_places(connection: Connection, known: Iterable[tuple[str, str, str]]) -> None:
    """Remember what terminals are."""
    for serial, zone, direction in known:
        connection.execute(
            _SAVE_PLACE, {"serial": serial, "zone": zone, "direction": direction}
        )


# --- holidays -------------------------------------------------------------------------


def load_holidays(connection: Connection) -> dict[str, str]:
    """Return the names of holidays by date."""
    return dict(map(tuple, connection.execute(select(holidays))))


def save_holidays(
    connection: Connection, first: str, last: str, found: Mapping[str, str]
) -> None:
    """Keep the holidays from a date to another, in place of those that were known."""
    connection.execute(delete(holidays).where(holidays.c.date.between(first, last)))
    if rows := [{"date": date, "name": name} for date, name in found.items()]:
        connection.execute(insert(holidays), rows)
