"""A site whose book tests look into."""

from datetime import date as Date, datetime, time as Time
from typing import Any

from custom_components.syncid.core.attendance.marks import Mark
from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.readings import Station, utc_of
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.book import Book
from custom_components.syncid.core.case import Case, local_today
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import Batch, Punch, Punches, local_second

from .kit import ZONE

AMINA = Person(
    id="p1",
    name="Amina",
    external_id="17",
    kind="student",
    groups=("7b", "choir"),
    ha_person="person.amina",
    valid_from=Date(2025, 9, 1),
    valid_until=Date(2027, 7, 31),
    cards=frozenset({4711, 12}),
)
BRUNO = Person(id="p2", name="Bruno")
DAY = Date(2026, 3, 12)
EIGHT = Shift(start=8 * HOUR, end=16 * HOUR, grace_late=600)
RULES = Rules(default=EIGHT)


def at(day: Date, clock: str) -> int:
    """Return the local second of a time on a day."""
    return local_second(datetime.combine(day, Time.fromisoformat(clock)))


class Site:
    """A site with two terminals, of which the first is read until now."""

    def __init__(self, ledger: Ledger) -> None:
        """Know both people at A, Bruno at B too."""
        self.ledger = ledger
        self.book = Book(ledger)
        self.rules = RULES
        self.read_until: dict[str, int] = {}
        self.now = utc_of(at(DAY, "12:00"), ZONE)
        for serial in "AB":
            ledger.register(serial, ZONE).result()

    def know(self) -> None:
        """Have people and mappings."""
        self.book.save_people(
            [AMINA, BRUNO],
            [
                Mapping("A", "1001", "p1"),
                Mapping("A", "1002", "p2"),
                Mapping("B", "1002", "p2"),
            ],
        )

    @property
    def case(self) -> Case:
        """Return what the marks depend on."""
        return Case(
            rules=self.rules,
            directory=self.book.directory(),
            stations={
                serial: Station(
                    serial=serial,
                    zone=ZONE,
                    delivered_until=self.read_until.get(serial),
                )
                for serial in "AB"
            },
            now=self.now,
            today=local_today(self.now, ZONE),
        )

    def punch(
        self, clock: str, user_id: str = "1001", serial: str = "A", day: Date = DAY
    ) -> Punches:
        """Store a punch."""
        punches = Punches.of([Punch(user_id, at(day, clock), "unknown", "unknown")])
        self.ledger.ingest(Batch(serial, "poll", punches)).result()
        return punches

    def come(self, *args: Any, **details: Any) -> list[Any]:
        """Store a punch, and compute what it touches; return what changed."""
        punches = self.punch(*args, **details)
        due = self.book.touched(self.case, details.get("serial", "A"), punches)
        return self.book.work(self.case, due, "punch")

    def all(self) -> dict[tuple[str, Date], Mark]:
        """Return all marks."""
        found = self.book.marks(Date.min, Date.max)
        return {(mark.person_id, mark.date): mark for mark in found}

    def read(self, clock: str, day: Date = DAY) -> None:
        """Let it be that time, with all terminals read."""
        self.now = utc_of(at(day, clock), ZONE)
        self.read_until = dict.fromkeys("AB", self.now)
