"""Marks in the ledger, how they came about, what humans said of them, and deliveries.

What a mark is, attendance knows; here its rows are kept, as plain values.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
import json
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..records import Punch, StoredPunch
from .schema import (
    DIRECTION,
    METHOD,
    SOURCE,
    changes,
    corrections,
    deliveries,
    holidays,
    marks,
    people,
    places,
    punches,
    terminals,
)

# A row: its columns by name. Dates are in ISO's way of writing.
type Row = Mapping[str, Any]

# People of whom each is looked up alone: for more, all punches are read once.
_FEW = 5

# Rows that one statement writes: see `store._AT_ONCE`.
_AT_ONCE = (200, 20, 1)

# In the order in which they are read and written here. A year of 500 people has 180,000
# marks and 500,000 punches: through SQLAlchemy's types and rows that took twice as long.
_MARK = tuple(column.name for column in marks.c)
_MARK_KEY = ("date", "person_id")
_MARK_JSON = ("first_in", "last_out", "flags", "reasons")
_CHANGE = tuple(column.name for column in changes.c if column.name != "id")

_SELECT_MARKS = " ".join(
    ("SELECT", ", ".join(_MARK), "FROM marks WHERE date BETWEEN ? AND ?")
)
_SELECT_BRIEFS = (
    "SELECT date, json_group_array(person_id), json_group_array(status),"
    " json_group_array(final) FROM marks WHERE date BETWEEN ? AND ? GROUP BY date"
)
_CORRECTION = tuple(column.name for column in corrections.c)
_SELECT_CORRECTIONS = " ".join(
    ("SELECT", ", ".join(f'"{name}"' for name in _CORRECTION), "FROM corrections")
)
_SELECT_WINDOW = (
    "SELECT user_id, local_second, direction, method, verify_code, state_code,"
    " work_code, utc_second, source, difference FROM punches"
    " WHERE terminal_id = ? AND local_second >= ? AND local_second < ?"
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
) -> list[dict[str, Any]]:
    """Return the marks of some people, or of all, from a date to another."""
    sql = _SELECT_MARKS
    values: tuple[str, ...] = (first, last)
    if person_ids is not None:
        sql += " AND person_id IN (SELECT value FROM json_each(?))"
        values += (json.dumps([*person_ids]),)
    rows = connection.exec_driver_sql(sql, values).all()
    if not rows:
        return []
    columns = dict(zip(_MARK, zip(*rows, strict=True), strict=True))
    for name in _MARK_JSON:
        # All of them as one text: a call for each takes longer than what it does.
        texts = ",".join([text or "null" for text in columns[name]])
        columns[name] = tuple(json.loads(f"[{texts}]"))
    columns["final"] = tuple(map(bool, columns["final"]))
    return [
        dict(zip(_MARK, fields, strict=True))
        for fields in zip(*columns.values(), strict=True)
    ]


def load_briefs(
    connection: Connection, first: str, last: str
) -> list[tuple[str, Iterable[tuple[str, str, bool]]]]:
    """Return person, status and finality of all marks by date: what a grid shows.

    One row for each date: 60,000 rows take four times as long.
    """
    rows = connection.exec_driver_sql(_SELECT_BRIEFS, (first, last)).all()
    return [
        (
            date,
            zip(
                json.loads(people),
                json.loads(statuses),
                map(bool, json.loads(finals)),
                strict=True,
            ),
        )
        for date, people, statuses, finals in rows
    ]


def load_outlines(
    connection: Connection, date: str
) -> list[tuple[str, str, int | None, int | None, int, int | None, int]]:
    """Return of all marks of a date what they are sorted and counted by.

    A tenth of what whole marks take, of which a list shows a few. Person, status, first
    and last punch in seconds of UTC, seconds worked, since when more are running, and
    seconds late.
    """
    rows = connection.execute(
        select(
            marks.c.person_id,
            marks.c.status,
            _utc_of(marks.c.first_in),
            _utc_of(marks.c.last_out),
            marks.c.worked,
            marks.c.running_since,
            marks.c.late_by,
        ).where(marks.c.date == date)
    )
    return [*map(tuple, rows)]


def _utc_of(moment: Column[Any]) -> ColumnElement[int | None]:
    return func.json_extract(moment, "$[0]", type_=Integer)


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


def load_dates_of(
    connection: Connection, first: str, last: str, status: str
) -> list[tuple[str, str]]:
    """Return person and date of all days that have a status."""
    rows = connection.execute(
        select(marks.c.person_id, marks.c.date).where(
            marks.c.date.between(first, last), marks.c.status == status
        )
    )
    return [(person, date) for person, date in rows]


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


def save_marks(
    connection: Connection, rows: Iterable[Row], trace: Iterable[Row]
) -> None:
    """Keep marks as they are now, and how they came to be that."""
    reasons: dict[tuple[str, str], str] = {}
    values = []
    for row in rows:
        key = row["person_id"], row["date"]
        reasons[key] = text = json.dumps(row["reasons"])
        flags, first, last = row["flags"], row["first_in"], row["last_out"]
        told = {
            **row,
            # Numbers in a list are written alike by JSON and by Python, which is faster.
            "first_in": first and str(first),
            "last_out": last and str(last),
            "flags": json.dumps(flags) if flags else "[]",
            "reasons": text,
        }
        values.append(tuple(map(told.__getitem__, _MARK)))
    _write(connection, marks, _MARK, values, _MARK_KEY)
    lines = []
    for line in trace:
        mark = {
            name: value for name, value in line["mark"].items() if name != "reasons"
        }
        text = reasons[line["person_id"], line["date"]]
        told = {**line, "mark": f'{json.dumps(mark)[:-1]}, "reasons": {text}}}'}
        lines.append(tuple(map(told.__getitem__, _CHANGE)))
    _write(connection, changes, _CHANGE, lines)


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
            values = [value for row in rows[at : at + size] for value in row]
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
    rows = connection.exec_driver_sql(sql + " ORDER BY number", values).all()
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


# --- the punches of a window ----------------------------------------------------------


def find_window(
    connection: Connection,
    first: int,
    last: int,
    users: Collection[tuple[str, str]] | None = None,
) -> list[StoredPunch]:
    """Return all punches from a local second until just before another.

    Those of some users only, each named by serial number and user id, if it is few.
    """
    by_terminal: dict[str, set[str]] = {}
    for serial, user_id in users or ():
        by_terminal.setdefault(serial, set()).add(user_id)
    found: list[StoredPunch] = []
    known = connection.exec_driver_sql("SELECT id, serial FROM terminals").all()
    for terminal_id, serial in known:
        sql = _SELECT_WINDOW
        values: tuple[int | str, ...] = (terminal_id, first, last)
        if users is not None:
            if serial not in by_terminal:
                continue
            sql += " AND user_id IN (SELECT value FROM json_each(?))"
            values += (json.dumps([*by_terminal[serial]]),)
        rows = connection.exec_driver_sql(sql, values).all()
        found += _stored_punches(serial, rows)
    return found


def _stored_punches(
    serial: str, rows: Iterable[Sequence[Any]]
) -> Iterator[StoredPunch]:
    """Yield the punches of rows of `_SELECT_WINDOW`."""
    directions: Sequence[Any] = DIRECTION.words
    methods: Sequence[Any] = METHOD.words
    sources: Sequence[Any] = SOURCE.words
    for (
        user,
        second,
        direction,
        method,
        verify,
        state,
        work,
        utc,
        source,
        other,
    ) in rows:
        punch = Punch(
            user, second, directions[direction], methods[method], verify, state, work
        )
        yield StoredPunch(serial, punch, utc, sources[source], other)


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
    is_few = len(users_of) <= _FEW
    kept = select(marks.c.person_id, marks.c.date)
    day = punches.c.local_second // 86_400
    punched = (
        select(terminals.c.serial, punches.c.user_id, day)
        .select_from(punches)
        .join(terminals)
        .distinct()
    )
    if is_few:
        kept = kept.where(marks.c.person_id.in_(users_of))
        # By themselves: all terminals have the same few ids.
        punched = punched.where(punches.c.user_id.in_({one for _, one in of_user}))
    for person_id, date in connection.execute(kept):
        if person_id in found:
            found[person_id][0].add(date)
    for serial, user_id, number in connection.execute(punched):
        if (person_id := of_user.get((serial, user_id))) is not None:
            found[person_id][1].add(number)
    return found
