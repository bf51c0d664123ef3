"""A punch as the day is computed from it: when, by which clock, and what it may be."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..codes import DirectionOption, direction_of
from ..errors import RuleRefused
from ..records import Direction, StoredPunch, local_second, wall_clock, zoned
from .policy import DAY, Keys

# What a punch may be. Numbers, since a year of 500 people has half a million of them.
EITHER, IN, OUT, BREAK_OUT, BREAK_IN, OVERTIME_IN, OVERTIME_OUT, KEY_0 = range(8)
# One that tells where somebody is, and not that they came or went.
PLACE = 8

SENSES: dict[Direction, int] = {
    "unknown": EITHER,
    "check_in": IN,
    "check_out": OUT,
    "break_out": BREAK_OUT,
    "break_in": BREAK_IN,
    "overtime_in": OVERTIME_IN,
    "overtime_out": OVERTIME_OUT,
}
# Which border between two dates counts for which: see `policy.border`.
SIDES = (0, 1, 2, 0, 0, 1, 2, 0, 0)
_SILENT = (EITHER, KEY_0)

# A punch as it is stored: user id, local second and UTC; a number for its direction, its
# state key, and whether a human entered it.
type Row = tuple[str, int, int, int, int | None, int]
# The fields of a `Reading`. Of a plain tuple Python's garbage collector lets go, and a
# roll call or a year has so many that it would look through all that Home Assistant holds.
type Fields = tuple[int, int, int, int, str, int]


class Reading(NamedTuple):
    """One punch, or one that a correction added; sorted by the moment."""

    utc: int
    wall: int
    # By its key, and by the direction of its terminal alone.
    sense: int
    gate: int
    serial: str
    # Names the punch at its terminal, whatever clock it is judged by.
    local_second: int

    @property
    def time(self) -> datetime:
        """Return the time, with the offset that it had at the terminal."""
        return zoned(self.local_second, self.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What a day must know of a terminal at which a person may punch."""

    serial: str
    # IANA name of the zone by which its wall clock is read.
    zone: str
    direction: DirectionOption = "auto"
    # All punches before this second of UTC have been read; None if it never was.
    delivered_until: int | None = None
    # Removed or disabled: nothing that it did not deliver yet will be told.
    is_gone: bool = False

    @property
    def tells_of_days(self) -> bool:
        """Tell whether who punches there comes or goes."""
        return self.direction != "none"


@cache
def zone_info(name: str) -> ZoneInfo:
    """Return a zone; the first time it is read from disk, so not in the event loop."""
    try:
        return ZoneInfo(name)
    except KeyError, ValueError, OSError:
        raise RuleRefused("zone_unknown", name) from None


# A day ends in the same second for thousands of people.
@lru_cache(maxsize=256)
def utc_of(wall: int, zone: str) -> int:
    """Return when a wall clock shows a second, at the latest: it may come twice."""
    time = wall_clock(wall).replace(tzinfo=zone_info(zone))
    offsets = (time.utcoffset(), time.replace(fold=1).utcoffset())
    return wall - min(offset or timedelta() for offset in offsets) // timedelta(
        seconds=1
    )


def only_zone(serials: Iterable[str], zones: Mapping[str, str]) -> str:
    """Return the zone that terminals have in common; "" if they do not."""
    found = {zones[serial] for serial in serials if serial in zones}
    return found.pop() if len(found) == 1 else ""


class Clocks(NamedTuple):
    """By which clocks days are judged."""

    # The zone of the rules; without one each terminal's own counts.
    zone: str | None
    # With "" for what was entered at none, whose zone may be "": nobody knows it.
    of_terminals: Mapping[str, str]

    def of(self, reading: Reading) -> Clock:
        """Return the clock that a punch is judged by."""
        utc, wall, _, _, serial, _ = reading
        zone = self.zone or self.of_terminals.get(serial)
        changes = zone and _changes(wall // DAY, zone)
        return tuple.__new__(Clock, (wall - utc, zone if changes else None))


class Clock(NamedTuple):
    """The clock that a punch is judged by, on the days around it."""

    # How far it was ahead of UTC at the punch.
    ahead: int
    # By which it is set forward or back on these days; None if it is not.
    zone: str | None

    def utc(self, wall: int) -> int:
        """Return when it shows a second.

        The first time, if it does so twice; what it skips is as much later.
        """
        return wall - (self.ahead if self.zone is None else _offset(wall, self.zone))

    def time(self, utc: int) -> datetime:
        """Return what it shows at a moment."""
        wall = utc + self.ahead if self.zone is None else wall_of(utc, self.zone)
        return zoned(wall, utc)


# Of the days of a year, in a few zones.
@lru_cache(maxsize=4096)
def _changes(number: int, zone: str) -> bool:
    """Tell whether a clock is set forward or back on the days around one.

    A logical day that a punch belongs to lies within them, until its window closes.
    """
    return _offset((number - 4) * DAY, zone) != _offset((number + 5) * DAY, zone)


def _offset(wall: int, zone: str) -> int:
    offset = wall_clock(wall).replace(tzinfo=zone_info(zone)).utcoffset()
    return (offset or timedelta()) // timedelta(seconds=1)


def wall_of(utc: int, zone: str) -> int:
    """Return what a wall clock shows at a moment."""
    return local_second(datetime.fromtimestamp(utc, UTC).astimezone(zone_info(zone)))


@cache
def _senses(
    direction: Direction, code: int | None, option: DirectionOption, by_hand: bool
) -> tuple[int, int]:
    """Return what a punch may be by its key, and by its terminal's direction alone."""
    if option == "none":
        return PLACE, PLACE
    gate = SENSES[direction_of(None, option)]
    if code is not None:
        told = SENSES[direction_of(code, option)]
        return (KEY_0 if code == 0 and option == "auto" else told), gate
    if direction == "unknown":
        return gate, gate
    return SENSES[direction], SENSES[direction] if by_hand else gate


def readings(
    punches: Iterable[StoredPunch], stations: Mapping[str, Station], zone: str | None
) -> list[Reading]:
    """Return what punches may be; also those of terminals that are there no more."""
    options = {
        serial: (one.direction, zone in (None, one.zone))
        for serial, one in stations.items()
    }
    gone: tuple[DirectionOption, bool] = "auto", zone is None
    found: list[Reading] = []
    # A tuple made as such: the constructor of a named one takes three times as long.
    make = tuple.__new__
    for serial, punch, utc, source, _ in punches:
        _, local, direction, _, _, code, _ = punch
        option, is_same = options.get(serial, gone)
        sense, gate = _senses(direction, code, option, source == "manual")
        wall = local if is_same else wall_of(utc, zone or "")
        found.append(make(Reading, (utc, wall, sense, gate, serial, local)))
    return found


def read_rows(
    rows: Iterable[Row],
    serial: str,
    station: Station | None,
    zone: str | None,
    words: Sequence[Direction],
    found: Mapping[str, list[Fields]],
) -> None:
    """Add what punches of a terminal may be to those of its users who are asked for.

    The same as `readings`, straight from rows: a year of 500 people has half a million
    of them. `words` are those that rows have numbers for; `readings_of` makes readings.
    """
    option: DirectionOption = "auto" if station is None else station.direction
    is_same = zone is None or (station is not None and station.zone == zone)
    # They say but a few things.
    known: dict[tuple[int, int | None, int], tuple[int, int]] = {}
    for user_id, local, utc, word, code, by_hand in rows:
        if (theirs := found.get(user_id)) is None:
            continue
        if (senses := known.get((word, code, by_hand))) is None:
            senses = _senses(words[word], code, option, bool(by_hand))
            known[word, code, by_hand] = senses
        sense, gate = senses
        wall = local if is_same else wall_of(utc, zone or "")
        theirs.append((utc, wall, sense, gate, serial, local))


def readings_of(told: Iterable[Fields]) -> list[Reading]:
    """Return the readings that `read_rows` found of somebody."""
    make = tuple.__new__
    return [make(Reading, one) for one in told]


def has_keys(reading: Reading) -> bool:
    """Tell whether a reading shows that its terminal has keys: another than 0."""
    return reading.sense not in _SILENT and reading.gate == EITHER


def settled(
    day: list[Reading], keys: Keys, keyed: Collection[str] = ()
) -> list[Reading]:
    """Settle what the state keys of a day say, as the shift has it.

    A terminal without keys reports 0 for every punch, which then says nothing. `keyed`
    are those that have keys, as punches show that were taken away or mean another thing
    by a human's word.
    """
    if keys == "ignore":
        return [one._replace(sense=one.gate) for one in day]
    for one in day:
        if one.sense == KEY_0:
            break
    else:
        return day
    # That a terminal has keys is only shown by another one that was pressed at it.
    with_keys = {one.serial for one in day if keys == "strict" or has_keys(one)}
    with_keys.update(keyed)
    make = tuple.__new__
    return [
        one
        if one.sense != KEY_0
        else make(
            Reading,
            (
                one.utc,
                one.wall,
                IN if one.serial in with_keys else EITHER,
                one.gate,
                one.serial,
                one.local_second,
            ),
        )
        for one in day
    ]
