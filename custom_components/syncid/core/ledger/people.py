"""The people of the site in the ledger: who a terminal's user is, and erasing somebody."""

from collections.abc import Iterable, Mapping as Map
from datetime import date as Date
from functools import partial
import json
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    case,
    delete,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..people import Mapping, Person
from .erased import Erased
from .fetch import fetch_all
from .plans import mark_stale
from .schema import (
    changes,
    commands,
    corrections,
    entries,
    mappings,
    marks,
    people,
    punches,
    quarantine,
    rota,
    stale,
    terminals,
)

_COLUMNS = tuple(column.name for column in people.c)
# Before all local seconds.
_EVER = -(2**63)
_SELECT_MAPPINGS = "SELECT serial, user_id, person_id FROM mappings"
# By one value, however many users: of single ones there is a most.
_SELECT_MAPPED = (
    "SELECT person_id FROM mappings WHERE (serial, user_id) IN"
    " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
    " FROM json_each(?))"
)
_SELECT_USERS = (
    "SELECT serial, user_id, person_id FROM mappings"
    " WHERE person_id IN (SELECT value FROM json_each(?))"
)
_COUNT_PUNCHES = (
    "SELECT serial, user_id, count(*) FROM punches"
    " JOIN terminals ON terminals.id = terminal_id"
    " WHERE user_id IN (SELECT value FROM json_each(?)) GROUP BY serial, user_id"
)
_COUNT_OF = (
    "SELECT {0}, count(*) FROM {1}"
    " WHERE {0} IN (SELECT value FROM json_each(?)) GROUP BY {0}"
)
_COUNTS = {
    # By each date that there is, and then by the person: as the table's key has it.
    "marks": (
        "WITH RECURSIVE days(day) AS (SELECT min(date) FROM marks UNION ALL"
        " SELECT (SELECT min(date) FROM marks WHERE date > day) FROM days"
        " WHERE day IS NOT NULL)"
        " SELECT person_id, count(*) FROM days CROSS JOIN marks ON date = day"
        " AND person_id IN (SELECT value FROM json_each(?)) GROUP BY person_id"
    ),
    "corrections": _COUNT_OF.format("person_id", "corrections"),
    "rota": _COUNT_OF.format("who", "rota"),
    "entries": _COUNT_OF.format("who", "entries"),
}
_HELD = ("punches", *_COUNTS)
_SELECT_TERMINALS = "SELECT id, serial FROM terminals ORDER BY serial"
_SELECT_NEWEST = "SELECT max(local_second) FROM punches WHERE terminal_id = ?"
SELECT_UNMAPPED = (
    "SELECT user_id, count(*), max(local_second) FROM punches"
    " WHERE terminal_id = ? AND local_second > ?"
    " AND user_id NOT IN (SELECT user_id FROM mappings WHERE serial = ?)"
    " GROUP BY user_id ORDER BY user_id"
)
_insert_person = upsert(people)
_SAVE_PERSON = _insert_person.on_conflict_do_update(
    index_elements=[people.c.id],
    set_={name: _insert_person.excluded[name] for name in _COLUMNS if name != "id"},
)
_insert_mapping = upsert(mappings)
_SAVE_MAPPING = _insert_mapping.on_conflict_do_update(
    index_elements=[mappings.c.serial, mappings.c.user_id],
    set_={"person_id": _insert_mapping.excluded.person_id},
)


def load_people(connection: Connection) -> list[Person]:
    """Return everybody."""
    return [_person(row) for row in connection.execute(select(people))]


def _saved(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "external_id": person.external_id,
        "kind": person.kind,
        "groups": list(person.groups),
        "ha_person": person.ha_person,
        "valid_from": person.valid_from and person.valid_from.isoformat(),
        "valid_until": person.valid_until and person.valid_until.isoformat(),
        "cards": sorted(person.cards),
    }


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        external_id=row.external_id,
        kind=row.kind,
        groups=tuple(row.groups),
        ha_person=row.ha_person,
        valid_from=row.valid_from and Date.fromisoformat(row.valid_from),
        valid_until=row.valid_until and Date.fromisoformat(row.valid_until),
        cards=frozenset(row.cards),
    )


def load_mappings(connection: Connection) -> list[Mapping]:
    """Return who all users of terminals are."""
    # A tuple made as such: its constructor takes three times as long.
    make = partial(tuple.__new__, Mapping)
    return [*map(make, fetch_all(connection, _SELECT_MAPPINGS))]


def save_people(
    connection: Connection,
    who: Iterable[Person],
    mapped: Iterable[Mapping] = (),
    unmapped: Iterable[tuple[str, str]] = (),
) -> list[int]:
    """Keep people and mappings as they are now, and forget some mappings.

    Whose days that may touch is noted with it: they are computed afterwards. Returns
    the numbers of those rows.
    """
    who, mapped, unmapped = [*who], [*mapped], [*unmapped]
    users = [*unmapped, *((one.serial, one.user_id) for one in mapped)]
    before = connection.exec_driver_sql(_SELECT_MAPPED, (json.dumps(users),))
    touched = {*before.scalars(), *(one.id for one in who)}
    touched |= {one.person_id for one in mapped}
    noted = mark_stale(connection, [(one, None) for one in sorted(touched)])
    # Statements of many rows: one for each of 100,000 would take half a minute.
    if who:
        connection.execute(_SAVE_PERSON, [*map(_saved, who)])
    for serial, user_id in unmapped:
        connection.execute(
            delete(mappings).where(
                mappings.c.serial == serial, mappings.c.user_id == user_id
            )
        )
    if mapped:
        connection.execute(_SAVE_MAPPING, [one._asdict() for one in mapped])
    return noted


def count_unmapped(
    connection: Connection, since: Map[str, int], otherwise: int = _EVER
) -> list[tuple[str, str, int, int]]:
    """Count the punches of users who are nobody yet.

    Serial number, user id, how many, and the last one's local second. Of a terminal
    that is named in `since`, those after a local second alone, and `otherwise` of all
    others: which end of its punches that is, the table's key says.
    """
    return [
        (serial, *row)
        for terminal_id, serial in fetch_all(connection, _SELECT_TERMINALS)
        for row in fetch_all(
            connection,
            SELECT_UNMAPPED,
            (terminal_id, since.get(serial, otherwise), serial),
        )
    ]


def newest_punches(connection: Connection) -> dict[str, int]:
    """Return the local second of the last punch of each terminal that has any."""
    found = (
        (serial, *fetch_all(connection, _SELECT_NEWEST, (terminal_id,))[0])
        for terminal_id, serial in fetch_all(connection, _SELECT_TERMINALS)
    )
    return {serial: second for serial, second in found if second is not None}


def erase_person(
    connection: Connection, person_id: str, erased: Erased
) -> dict[str, int]:
    """Delete all that there is of a person; return how many rows of what.

    Also the punches of the users that the person is now, and what is quarantined under
    their ids. What a terminal tells again of that is not taken.
    """
    users = [
        (terminal_id, user_id)
        for terminal_id, user_id in connection.execute(
            select(terminals.c.id, mappings.c.user_id)
            .join(mappings, mappings.c.serial == terminals.c.serial)
            .where(mappings.c.person_id == person_id)
        )
    ]
    counts = _erase_users(connection, users, erased)
    for table in (rota, entries):
        counts[table.name] = connection.execute(
            delete(table).where(table.c.who == person_id)
        ).rowcount
    for table in (marks, changes, corrections, mappings, stale):
        counts[table.name] = connection.execute(
            delete(table).where(table.c.person_id == person_id)
        ).rowcount
    counts[people.name] = connection.execute(
        delete(people).where(people.c.id == person_id)
    ).rowcount
    return counts


def erase_users(
    connection: Connection, named: Iterable[tuple[str, str]], erased: Erased
) -> dict[str, int]:
    """Delete what users of terminals left who are nobody; how many rows of what."""
    ids = {
        serial: terminal_id
        for terminal_id, serial in fetch_all(connection, _SELECT_TERMINALS)
    }
    users = [(ids[serial], user_id) for serial, user_id in named if serial in ids]
    return _erase_users(connection, users, erased)


def _erase_users(
    connection: Connection, users: list[tuple[int, str]], erased: Erased
) -> dict[str, int]:
    # Else their bytes would stay in the file until something else is put there.
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    erased.note(connection, users)
    counts: dict[str, int] = {}
    for table in (punches, quarantine):
        of_users = tuple_(table.c.terminal_id, table.c.user_id).in_(users)
        counts[table.name] = connection.execute(delete(table).where(of_users)).rowcount
    # Their numbers are not to be given again. What waits is not said any more, but
    # that somebody is to be removed: it names them until that is done.
    is_open = commands.c.ended_at.is_(None)
    counts[commands.name] = connection.execute(
        update(commands)
        .where(
            tuple_(commands.c.terminal_id, commands.c.user_id).in_(users),
            or_(not_(is_open), commands.c.kind != "remove_user"),
        )
        .values(
            user_id="",
            text="",
            state=case((is_open, "expired"), else_=commands.c.state),
            ended_at=func.coalesce(commands.c.ended_at, commands.c.queued_at),
        )
    ).rowcount
    return counts


def merge_people(
    connection: Connection, kept: Person, gone: str
) -> tuple[list[int], set[str]]:
    """Give all that is of one person to another, who is kept as they are now.

    Of a date for which the rota has both, who is kept works what they did. Marks are
    computed anew. Returns the numbers of the rows that note that, and the dates of
    the marks that are gone.
    """
    noted = save_people(connection, [kept])
    dates = {
        *connection.execute(
            delete(marks).where(marks.c.person_id == gone).returning(marks.c.date)
        ).scalars()
    }
    for table in (mappings, corrections, changes):
        connection.execute(
            update(table).where(table.c.person_id == gone).values(person_id=kept.id)
        )
    taken = select(rota.c.date).where(rota.c.who == kept.id)
    connection.execute(delete(rota).where(rota.c.who == gone, rota.c.date.in_(taken)))
    for table in (rota, entries):
        connection.execute(update(table).where(table.c.who == gone).values(who=kept.id))
    connection.execute(delete(stale).where(stale.c.person_id == gone))
    connection.execute(delete(people).where(people.c.id == gone))
    return noted, dates


def count_holdings(
    connection: Connection, person_ids: Iterable[str]
) -> dict[str, dict[str, int]]:
    """Count what there is of some people, table by table."""
    ids = json.dumps([*person_ids])
    counts = {person_id: dict.fromkeys(_HELD, 0) for person_id in json.loads(ids)}
    whose = {
        (serial, user_id): person_id
        for serial, user_id, person_id in fetch_all(connection, _SELECT_USERS, (ids,))
    }
    # Once for all of them: no index finds the punches of a user.
    users = json.dumps([*{user_id for _, user_id in whose}])
    for serial, user_id, count in fetch_all(connection, _COUNT_PUNCHES, (users,)):
        if (person_id := whose.get((serial, user_id))) is not None:
            counts[person_id]["punches"] += count
    for name, sql in _COUNTS.items():
        for person_id, count in fetch_all(connection, sql, (ids,)):
            counts[person_id][name] = count
    return counts
