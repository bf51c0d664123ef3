"""What attendance keeps, put into the ledger and read back; all of it blocks."""

from collections.abc import Collection, Iterable, Mapping as Map
from dataclasses import asdict, dataclass, field
from datetime import date as Date, timedelta
from functools import partial
from typing import Any

from .attendance.corrections import Correction
from .attendance.marks import Brief, Mark, Outline, Status, marks_of, outlines_of
from .attendance.readings import Station
from .attendance.schedule import Entry
from .briefs import Briefs
from .errors import RuleRefused
from .ledger import marks as table, people as who, plans, windows
from .ledger.ledger import Ledger, Reading
from .people import Directory, Mapping, Person
from .records import StoredPunch

# Whose days, and of which date; None for all.
type Stale = tuple[str, Date | None]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A terminal's user who is nobody yet, and punches."""

    serial: str
    user_id: str
    count: int
    last_second: int


@dataclass(frozen=True, slots=True)
class UnmappedCount:
    """Those users, and until which punch of each terminal they were counted."""

    users: tuple[Unmapped, ...] = ()
    # Local seconds by serial number.
    until: Map[str, int] = field(default_factory=dict)


def correction_of(row: Map[str, Any]) -> Correction:
    """Return the correction that a row holds."""
    date = row["date"] and Date.fromisoformat(row["date"])
    return Correction(**{**row, "date": date})


def _row_of(correction: Correction) -> dict[str, Any]:
    """Return what is kept of a correction; its number the ledger gives."""
    row = asdict(correction)
    del row["number"]
    row["date"] = correction.date and correction.date.isoformat()
    return row


class Shelf:
    """People, marks, corrections, deliveries and holidays, as the ledger holds them."""

    def __init__(self, ledger: Ledger) -> None:
        """Write into a ledger that is open."""
        self.ledger = ledger
        self._briefs = Briefs(ledger)

    def look_again(self) -> None:
        """Keep nothing that was read: another file took the place of the ledger's."""
        self._briefs.forget()

    # --- people -----------------------------------------------------------------------

    def directory(self) -> Directory:
        """Return everybody, and who the users of terminals are."""
        return self.ledger.read(
            lambda connection: Directory(
                who.load_people(connection), who.load_mappings(connection)
            )
        )

    def save_people(
        self,
        people: Iterable[Person] = (),
        mapped: Iterable[Mapping] = (),
        unmapped: Iterable[tuple[str, str]] = (),
    ) -> list[int]:
        """Keep people and mappings as they are now: all of it or nothing.

        Returns what is to be given to `clear_stale` when their days are computed.
        """
        save = partial(
            who.save_people,
            who=[*people],
            mapped=[*mapped],
            unmapped=[*unmapped],
        )
        return self.ledger.write(save).result()

    def merge(self, kept: Person, gone: str) -> tuple[list[int], set[Date]]:
        """Give all that is of one person to another, who is kept as they are now.

        Returns what is to be given to `clear_stale` when days are computed, and of
        which dates the marks are gone.
        """
        rows, dates = self.ledger.write(
            lambda connection: who.merge_people(connection, kept, gone)
        ).result()
        self._briefs.forget()
        return rows, {*map(Date.fromisoformat, dates)}

    def holdings(self, person_ids: Collection[str]) -> dict[str, dict[str, int]]:
        """Count what there is of some people, table by table."""
        return self.ledger.read(
            lambda connection: who.count_holdings(connection, person_ids)
        )

    def erase(self, person_id: str) -> dict[str, int]:
        """Delete all there is of a person; return how many rows of each table."""
        counts = self.ledger.erase(
            lambda connection, erased: who.erase_person(connection, person_id, erased)
        ).result()
        self._briefs.forget()
        self.ledger.wipe()
        return counts

    def erase_users(self, users: Collection[tuple[str, str]]) -> dict[str, int]:
        """Delete what users left who are nobody; return how many rows of each table."""
        counts = self.ledger.erase(
            lambda connection, erased: who.erase_users(connection, users, erased)
        ).result()
        self.ledger.wipe()
        return counts

    def unmapped(self, known: UnmappedCount) -> UnmappedCount:
        """Count the users of terminals who punched and are nobody yet.

        Onwards from what is known, which takes no longer for all that was before. That
        is for who knows that nobody was mapped since, and nothing older was stored.
        """
        rows, until = self.ledger.read(
            lambda connection: (
                who.count_unmapped(connection, known.until),
                who.newest_punches(connection),
            )
        )
        users = {(one.serial, one.user_id): one for one in known.users}
        for serial, user_id, count, last in rows:
            if before := users.get((serial, user_id)):
                count += before.count
            users[serial, user_id] = Unmapped(serial, user_id, count, last)
        return UnmappedCount(tuple(one for _, one in sorted(users.items())), until)

    def unmapped_since(self, second: int) -> list[Unmapped]:
        """Return the users who punched after a local second and are nobody yet."""
        rows = self.ledger.read(
            lambda connection: who.count_unmapped(connection, {}, second)
        )
        return [Unmapped(*row) for row in rows]

    # --- marks ------------------------------------------------------------------------

    def marks(
        self, first: Date, last: Date, person_ids: Collection[str] | None = None
    ) -> list[Mark]:
        """Return the marks from a date to another, of some people or of all."""
        rows = self.ledger.read(
            partial(
                table.load_marks,
                first=first.isoformat(),
                last=last.isoformat(),
                person_ids=person_ids,
            )
        )
        return marks_of(rows)

    def briefs(self, first: Date, last: Date) -> list[Brief]:
        """Return what a grid of all people shows."""
        return self._briefs.between(first, last)

    def briefs_of(
        self, first: Date, last: Date, person_ids: Collection[str]
    ) -> list[Brief]:
        """Return the same of a few people."""
        dates = [
            (first + timedelta(days=number)).isoformat()
            for number in range((last - first).days + 1)
        ]
        return _briefs(
            self.ledger.read(
                partial(table.load_briefs_of, dates=dates, person_ids=person_ids)
            )
        )

    def people_of(
        self, first: Date, last: Date, status: Status
    ) -> dict[Date, list[str]]:
        """Return who has a status, by date."""
        load = partial(
            table.load_people_of,
            first=first.isoformat(),
            last=last.isoformat(),
            status=status,
        )
        return {
            Date.fromisoformat(date): people for date, people in self.ledger.read(load)
        }

    def outlines(self, date: Date) -> list[Outline]:
        """Return what a list of a day is sorted and counted by, of everybody."""
        rows = self.ledger.read(partial(table.load_outlines, date=date.isoformat()))
        return outlines_of(rows)

    def trace(self, person_id: str, date: Date) -> list[dict[str, Any]]:
        """Return how a day became what it is, oldest first."""
        return self.ledger.read(
            partial(table.load_changes, person_id=person_id, date=date.isoformat())
        )

    # --- corrections ------------------------------------------------------------------

    def correct(self, correction: Correction) -> Correction:
        """Keep a correction, whose number is given by this."""
        row = _row_of(correction)
        number = self.ledger.write(
            lambda connection: table.add_correction(connection, row)
        ).result()
        return Correction(**asdict(correction) | {"number": number})

    def correct_all(
        self, said: Iterable[Correction], touched: Map[str, Collection[Date]]
    ) -> list[int]:
        """Keep corrections, all of them or none, and note which days they touch.

        Returns what is to be given to `clear_stale` when those are computed. Raises
        `RuleRefused` if one is about somebody who is not there any more.
        """
        rows = [*map(_row_of, said)]
        whom = {one for row in rows if (one := row["person_id"])}
        days = [
            (one, date.isoformat()) for one, dates in touched.items() for date in dates
        ]

        def write(connection: Reading) -> list[int]:
            if gone := table.unknown_people(connection, whom):
                raise RuleRefused("person_unknown", gone[0])
            for row in rows:
                table.add_correction(connection, row)
            return plans.mark_stale(connection, days)

        return self.ledger.write(write).result()

    def corrections(
        self, person_ids: Collection[str] | None = None
    ) -> list[Correction]:
        """Return what was said of some people, and of everybody."""
        load = partial(table.load_corrections, person_ids=person_ids)
        return [*map(correction_of, self.ledger.read(load))]

    def punches_at(
        self, users: Collection[tuple[str, str]], second: int
    ) -> list[StoredPunch]:
        """Return what users of terminals punched in a local second."""
        return self.ledger.read(
            lambda connection: windows.find_window(
                connection, second, second + 1, users
            )
        )

    # --- deliveries -------------------------------------------------------------------

    def deliveries(self) -> dict[str, int]:
        """Return until when each terminal was read."""
        return self.ledger.read(table.load_deliveries)

    def save_deliveries(self, until: Map[str, int]) -> None:
        """Remember until when terminals were read."""
        self.ledger.write(partial(table.save_deliveries, until=until)).result()

    def places(self) -> dict[str, Station]:
        """Return what terminals were when they were there last."""
        return {
            serial: Station(
                serial=serial,
                zone=zone,
                direction=direction,  # type: ignore[arg-type]
                is_gone=True,
            )
            for serial, zone, direction in self.ledger.read(table.load_places)
        }

    def save_places(self, known: Iterable[Station]) -> None:
        """Remember what terminals are, for when they are gone."""
        rows = [(one.serial, one.zone, one.direction) for one in known]
        self.ledger.write(partial(table.save_places, known=rows)).result()

    # --- holidays ---------------------------------------------------------------------

    def oldest(self) -> Date | None:
        """Return the first date that anybody has a mark for."""
        found = self.ledger.read(table.first_date)
        return Date.fromisoformat(found) if found else None

    def holidays(self) -> dict[Date, str]:
        """Return the names of holidays by date."""
        found = self.ledger.read(table.load_holidays)
        return {Date.fromisoformat(date): name for date, name in found.items()}

    def save_holidays(self, first: Date, last: Date, found: Map[Date, str]) -> None:
        """Keep the holidays from a date to another, in place of those known."""
        save = partial(
            table.save_holidays,
            first=first.isoformat(),
            last=last.isoformat(),
            found={date.isoformat(): name for date, name in found.items()},
        )
        self.ledger.write(save).result()

    # --- rota and leave ---------------------------------------------------------------

    def rota(self) -> dict[tuple[str, Date], str | None]:
        """Return who works which shift when; None for a day off."""
        return {
            (who_, Date.fromisoformat(date)): shift_id
            for who_, date, shift_id in self.ledger.read(plans.load_rota)
        }

    def save_rota(
        self, who: Collection[str], first: Date, last: Date, shift_id: str | None
    ) -> None:
        """Have people or groups work a shift from a date to another, or none."""
        days = [
            (first + timedelta(days=number)).isoformat()
            for number in range((last - first).days + 1)
        ]
        self.ledger.write(
            lambda connection: plans.save_rota(connection, who, days, shift_id)
        ).result()

    def clear_rota(self, who: Collection[str], first: Date, last: Date) -> int:
        """Let the rota say nothing of some days; return of how many it did."""
        return self.ledger.write(
            lambda connection: plans.clear_rota(
                connection, who, first.isoformat(), last.isoformat()
            )
        ).result()

    def entries(self) -> dict[int, Entry]:
        """Return all leave and excuses by number."""
        return {
            row["id"]: Entry(
                who=row["who"],
                kind=row["kind"],
                first=Date.fromisoformat(row["first"]),
                last=Date.fromisoformat(row["last"]),
                note=row["note"],
                part=None if row["begins"] is None else (row["begins"], row["ends"]),
            )
            for row in self.ledger.read(plans.load_entries)
        }

    def add_entries(self, made: Iterable[Entry]) -> None:
        """Keep leave or excuses."""
        rows = [
            {
                "who": one.who,
                "kind": one.kind,
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "note": one.note,
                "begins": one.part and one.part[0],
                "ends": one.part and one.part[1],
            }
            for one in made
        ]
        self.ledger.write(
            lambda connection: plans.add_entries(connection, rows)
        ).result()

    def remove_entries(self, numbers: Collection[int]) -> None:
        """Forget leave or excuses."""
        self.ledger.write(
            lambda connection: plans.remove_entries(connection, numbers)
        ).result()

    # --- what is still to be done -----------------------------------------------------

    def stale(self) -> dict[int, Stale]:
        """Return whose days are still to be computed, by the number of the row.

        The date of what came or was said, or None for all days.
        """
        return {
            number: (person_id, Date.fromisoformat(date) if date else None)
            for number, (person_id, date) in self.ledger.read(plans.load_stale).items()
        }

    def mark_stale(self, what: Collection[Stale]) -> list[int]:
        """Remember whose days are to be computed, should we not come to it.

        Returns what is to be given to `clear_stale`.
        """
        rows = [
            (person_id, date.isoformat() if date else None) for person_id, date in what
        ]
        return self.ledger.write(
            lambda connection: plans.mark_stale(connection, rows)
        ).result()

    def basis(self) -> str | None:
        """Return the digest of the rules by which marks are, if any were computed."""
        return self.ledger.read(plans.load_basis)

    def save_basis(self, digest: str) -> None:
        """Know by which rules all marks are now."""
        self.ledger.write(partial(plans.save_basis, digest=digest)).result()

    def clear_stale(self, numbers: Collection[int]) -> None:
        """Know that days are computed: of what was noted then, and not since."""
        if numbers:
            self.ledger.write(
                lambda connection: plans.clear_stale(connection, numbers)
            ).result()


def _briefs(rows: Iterable[tuple[str, str, str, bool]]) -> list[Brief]:
    rows = [*rows]
    days = {text: Date.fromisoformat(text) for text in {row[1] for row in rows}}
    return [
        Brief(person, days[day], status, final)  # type: ignore[arg-type]
        for person, day, status, final in rows
    ]
