"""Marks in the ledger, how they came about, what humans said of them, and deliveries.

What a mark is, attendance knows; here its rows are kept, as plain values.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ..records import StoredPunch
from .queries import SELECT_PUNCHES, stored_punch
from .schema import (
    changes,
    corrections,
    deliveries,
    holidays,
    marks,
    places,
    punches,
    terminals,
)

# A row: its columns by name. Dates are in ISO's way of writing.
type Row = Mapping[str, Any]

# Names that one statement lists at the most; with more, all are read.
_MOST_LISTED = 500
# People of whom each is looked up alone: for more, all punches are read once.
_FEW = 5

_COLUMNS = tuple(column.name for column in marks.c)
_insert_mark = upsert(marks)
_SAVE_MARK = _insert_mark.on_conflict_do_update(
    index_elements=[marks.c.date, marks.c.person_id],
    set_={
        name: _insert_mark.excluded[name]
        for name in _COLUMNS
        if name not in ("date", "person_id")
    },
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


def _of_people[S: Select[Any]](
    wanted: S, column: Any, person_ids: Collection[str] | None
) -> S:
    if person_ids is None or len(person_ids) > _MOST_LISTED:
        return wanted
    return wanted.where(column.in_(person_ids))


def load_marks(
    connection: Connection,
    first: str,
    last: str,
    person_ids: Collection[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the marks of some people, or of all, from a date to another."""
    wanted = _of_people(
        select(marks).where(marks.c.date.between(first, last)),
        marks.c.person_id,
        person_ids,
    )
    return [
        dict(row)
        for row in connection.execute(wanted).mappings()
        if person_ids is None or row["person_id"] in person_ids
    ]


def load_briefs(
    connection: Connection, first: str, last: str
) -> list[tuple[str, str, str, bool]]:
    """Return person, date, status and finality of all marks: what a grid shows."""
    rows = connection.execute(
        select(marks.c.person_id, marks.c.date, marks.c.status, marks.c.final).where(
            marks.c.date.between(first, last)
        )
    )
    return [(person, date, status, final) for person, date, status, final in rows]


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
    connection.execute(_SAVE_MARK, [dict(row) for row in rows])
    if lines := [dict(line) for line in trace]:
        connection.execute(insert(changes), lines)


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
    named = None if person_ids is None else {*person_ids, ""}
    wanted = _of_people(select(corrections), corrections.c.person_id, named)
    rows = connection.execute(wanted.order_by(corrections.c.number))
    return [dict(row) for row in rows.mappings()]


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
    found: list[StoredPunch] = []
    by_terminal: dict[str, set[str]] = {}
    for serial, user_id in users or ():
        by_terminal.setdefault(serial, set()).add(user_id)
    known = connection.execute(select(terminals.c.id, terminals.c.serial)).all()
    for terminal_id, serial in known:
        if users is not None and serial not in by_terminal:
            continue
        wanted = SELECT_PUNCHES.where(
            punches.c.terminal_id == terminal_id,
            punches.c.local_second >= first,
            punches.c.local_second < last,
        )
        if users is not None and len(by_terminal[serial]) <= _MOST_LISTED:
            wanted = wanted.where(punches.c.user_id.in_(by_terminal[serial]))
        found += map(stored_punch, connection.execute(wanted))
    return found


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
