"""What humans say of punches and marks: added to, never changed, never deleted.

Stored: a row per `Correction`, numbered in the order in which they were made. What was
wrong is taken back by a further one (`revoke`). The raw punches stay as they are; the
corrections are applied each time that a day is computed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date, timedelta
from typing import Literal

from ..errors import RuleRefused
from ..records import Direction, wall_clock
from .marks import Status
from .readings import SENSES, Reading, Station, utc_of, wall_of
from .schedule import Entry, EntryKind, Plan

type Kind = Literal[
    "add_punch", "void_punch", "set_direction", "mark", "shift_clock", "revoke"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction, with who made it, when (UTC), and why."""

    # Grows with each correction; the later one wins.
    number: int
    kind: Kind
    by: str
    at: int
    why: str
    # Whose day; "" for `shift_clock`, which is everybody's at that terminal.
    person_id: str = ""
    # `mark`: the date and what it is marked as.
    date: Date | None = None
    status: Status | None = None
    # The punch that is added, voided or turned, named as the ledger names it. An added
    # one may come from no terminal: then the local second is by the site's clock.
    serial: str = ""
    local_second: int | None = None
    utc_second: int | None = None
    direction: Direction = "unknown"
    # `shift_clock`: the local seconds between which the clock was wrong, as it told
    # them, and what is added to make them right; 0 puts back what was said before.
    until: int | None = None
    seconds: int = 0
    # `revoke`: the number of what is taken back.
    revokes: int | None = None

    def __post_init__(self) -> None:
        """Insist on a reason, and on what the kind needs."""
        if not self.why.strip() or not self.by.strip():
            raise RuleRefused("why_missing", self.number)
        needs: dict[Kind, tuple[object, ...]] = {
            "add_punch": (self.local_second, self.utc_second),
            "void_punch": (self.local_second,),
            "set_direction": (self.local_second,),
            "mark": (self.date, self.status),
            "shift_clock": (self.local_second, self.until),
            "revoke": (self.revokes,),
        }
        if None in needs[self.kind]:
            raise RuleRefused("entry_part", self.kind)

    @property
    def about_all(self) -> bool:
        """Tell whether it is about nobody alone, but about a terminal's clock."""
        return not self.person_id

    def tells(self, reading: Reading) -> bool:
        """Tell whether a reading is of a time when its terminal's clock was wrong."""
        assert self.local_second is not None
        assert self.until is not None
        return (
            self.serial == reading.serial
            and self.local_second <= reading.local_second <= self.until
        )

    @property
    def dates(self) -> Collection[Date]:
        """Return the dates whose marks may be made by this alone, without a punch."""
        if self.date is not None:
            return (self.date,)
        if self.kind != "add_punch" or self.local_second is None:
            return ()
        # Of a night it is for the date before.
        day = wall_clock(self.local_second).date()
        return day, day - timedelta(days=1)

    def planned(self, plan: Plan) -> Plan:
        """Return the plan of its day: of one that is said to be off nothing is owed."""
        assert self.date is not None
        match self.status:
            case "holiday" | "day_off":
                plan = plan._replace(off=self.status, away=None)
            case "on_leave" | "excused":
                kind: EntryKind = "leave" if self.status == "on_leave" else "excuse"
                away = Entry(
                    who=self.person_id,
                    kind=kind,
                    first=self.date,
                    last=self.date,
                    note=self.why,
                )
                plan = plan._replace(off="", away=away)
            case _:
                return plan
        return plan._replace(start=None, end=None, owed=0)


class Corrections:
    """The corrections that hold, for one person."""

    def __init__(self, person_id: str, corrections: Iterable[Correction]) -> None:
        """Take what is about the person, in order, without what was taken back."""
        made = sorted(corrections, key=lambda one: one.number)
        gone: set[int] = set()
        # From the last one on: what takes back may itself have been taken back.
        for one in reversed(made):
            if one.kind == "revoke" and one.number not in gone:
                assert one.revokes is not None
                gone.add(one.revokes)
        held = [
            one
            for one in made
            if one.number not in gone
            and one.kind != "revoke"
            and one.person_id in ("", person_id)
        ]
        self.marks = {one.date: one for one in held if one.kind == "mark"}
        self._added = [one for one in held if one.kind == "add_punch"]
        # Of one moment the last word counts: what was said before is not added to it.
        self.clocks = [one for one in held if one.kind == "shift_clock"][::-1]
        self._voided: dict[tuple[str, int | None], Correction] = {}
        self._turned: dict[tuple[str, int | None], Correction] = {}
        for one in held:
            if one.kind == "void_punch":
                self._voided[one.serial, one.local_second] = one
            elif one.kind == "set_direction":
                self._turned[one.serial, one.local_second] = one
        self.touches_punches = bool(
            self._added or self.clocks or self._voided or self._turned
        )

    @property
    def entered(self) -> Sequence[Correction]:
        """Return the punches that no terminal made, those taken away too."""
        return self._added

    @property
    def added(self) -> list[Correction]:
        """Return those by which there are punches that no terminal made."""
        return [
            one
            for one in self._added
            if self.voided_by((one.serial, one.local_second), one) is None
        ]

    def turned_by(self, name: tuple[str, int | None]) -> Correction | None:
        """Return what says what a terminal's punch meant, if anything does."""
        return self._turned.get(name)

    def voided_by(
        self, name: tuple[str, int | None], made: Correction | None = None
    ) -> Correction | None:
        """Return what took a punch away, unless it was added again since."""
        gone = self._voided.get(name)
        if gone is None or made is None or made.kind != "add_punch":
            return gone
        return gone if gone.number > made.number else None

    def apply(
        self,
        found: Iterable[Reading],
        stations: Mapping[str, Station],
        zone: str | None,
    ) -> list[tuple[Reading, Correction | None]]:
        """Return the readings as they are after the corrections, and by which."""
        return [
            (reading, by)
            for reading, by in self._applied(found, stations, zone)
            if self.voided_by((reading.serial, reading.local_second), by) is None
        ]

    def reworded(self, found: Iterable[Reading]) -> list[Reading]:
        """Return the readings that were taken away or turned, as terminals told them."""
        if not (self._voided or self._turned):
            return []
        names = self._voided.keys() | self._turned.keys()
        return [one for one in found if (one.serial, one.local_second) in names]

    def voided(
        self,
        found: Iterable[Reading],
        stations: Mapping[str, Station],
        zone: str | None,
    ) -> list[tuple[Reading, Correction]]:
        """Return the readings that were taken away, as they would be, and by which."""
        if not self._voided:
            return []
        return [
            (reading, by)
            for reading, made in self._applied(found, stations, zone)
            if (by := self.voided_by((reading.serial, reading.local_second), made))
            is not None
        ]

    def _applied(
        self,
        found: Iterable[Reading],
        stations: Mapping[str, Station],
        zone: str | None,
    ) -> list[tuple[Reading, Correction | None]]:
        done: list[tuple[Reading, Correction | None]] = []
        for reading in found:
            name = reading.serial, reading.local_second
            held, by = reading, None
            if turned := self._turned.get(name):
                sense = SENSES[turned.direction]
                held, by = held._replace(sense=sense, gate=sense), turned
            clock = next((one for one in self.clocks if one.tells(reading)), None)
            if clock is not None and clock.seconds:
                station = stations.get(reading.serial)
                held, by = _moved(held, clock.seconds, station, zone), clock
            done.append((held, by))
        for one in self._added:
            assert one.local_second is not None
            assert one.utc_second is not None
            station = stations.get(one.serial)
            wall = one.local_second
            if zone is not None and (station is None or station.zone != zone):
                wall = wall_of(one.utc_second, zone)
            sense = SENSES[one.direction]
            added = Reading(
                one.utc_second, wall, sense, sense, one.serial, one.local_second
            )
            done.append((added, one))
        return done


class Said:
    """What was said of each person."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        """Know corrections, in order."""
        self._all: list[Correction] = []
        self._of: defaultdict[str, list[Correction]] = defaultdict(list)
        self.add(corrections)

    def add(self, corrections: Iterable[Correction]) -> None:
        """Know of more, which were said later."""
        for one in corrections:
            # What takes another one back is about that one's person.
            if one.person_id:
                self._of[one.person_id].append(one)
            else:
                self._all.append(one)

    def __call__(self, person_id: str) -> list[Correction]:
        """Return what was said of a person, and of everybody."""
        return [*self._all, *self._of.get(person_id, ())]


def _moved(
    reading: Reading, seconds: int, station: Station | None, zone: str | None
) -> Reading:
    """Return a reading as its terminal would have told it by a right clock."""
    utc, wall = reading.utc + seconds, reading.wall + seconds
    if station is not None:
        # By the zone's offset of then, which is not always that of the wrong time.
        local = reading.local_second + seconds
        if wall_of(utc, station.zone) != local:
            utc = utc_of(local, station.zone)
        wall = local if zone in (None, station.zone) else wall_of(utc, zone or "")
    return reading._replace(utc=utc, wall=wall)


NONE = Corrections("", ())
