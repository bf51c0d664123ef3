"""The terminals that the ledger knows, and the time zones of their clocks."""

from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from ..zones import ZoneOffsets
from .schema import punches, terminals

_QUARTER = 900

_BY_SERIAL = select(terminals.c.id, terminals.c.zone).where(
    terminals.c.serial == bindparam("serial")
)


class Zone(NamedTuple):
    """An IANA time zone, by which a terminal's wall clock is read."""

    name: str
    offsets: ZoneOffsets
    # The id of the terminal, once its row is committed with this zone.
    terminal_id: int | None = None


def register_terminal(connection: Connection, serial: str, zone: Zone) -> int:
    """Return the id of a terminal, whose punches are dated by its time zone."""
    if zone.terminal_id is not None:
        return zone.terminal_id
    known = connection.execute(_BY_SERIAL, {"serial": serial}).one_or_none()
    if known is None:
        new: int = connection.execute(
            insert(terminals)
            .values(serial=serial, zone=zone.name)
            .returning(terminals.c.id)
        ).scalar_one()
        return new
    terminal_id: int = known.id
    if known.zone != zone.name:
        connection.execute(
            update(terminals)
            .where(terminals.c.id == terminal_id)
            .values(zone=zone.name)
        )
        _date_again(connection, terminal_id, zone.offsets)
    return terminal_id


def is_registered(connection: Connection, serial: str) -> bool:
    """Tell whether a terminal is known."""
    return connection.execute(_BY_SERIAL, {"serial": serial}).first() is not None


def _date_again(connection: Connection, terminal_id: int, offsets: ZoneOffsets) -> None:
    """Work UTC out anew for all punches of a terminal; their own time stays."""
    of_terminal = punches.c.terminal_id == terminal_id
    first, last = connection.execute(
        select(
            func.min(punches.c.local_second), func.max(punches.c.local_second)
        ).where(of_terminal)
    ).one()
    if first is None:
        return
    # Offsets change on quarter hours; between two changes one update does.
    ends = last - last % _QUARTER + _QUARTER
    changes = [first]
    for second in range(first - first % _QUARTER + _QUARTER, ends, _QUARTER):
        if offsets(second) != offsets(changes[-1]):
            changes.append(second)
    for begin, end in pairwise([*changes, ends]):
        connection.execute(
            update(punches)
            .where(
                of_terminal,
                punches.c.local_second >= begin,
                punches.c.local_second < end,
            )
            .values(utc_second=punches.c.local_second - offsets(begin))
        )
