"""The book of attendance: what the ledger keeps of people, and of their days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date as Date, datetime, time as Time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.adms.commands import CommandKind
from custom_components.syncid.core.adms.queue import CommandRow, ended
from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.marks import Brief, Mark, Outline
from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.readings import Station, utc_of
from custom_components.syncid.core.attendance.schedule import Entry, Rules
from custom_components.syncid.core.book import Book
from custom_components.syncid.core.case import Case, local_today, sliced
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.people import SELECT_UNMAPPED
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import Batch, Punch, local_second
from custom_components.syncid.core.shelf import Unmapped, UnmappedCount

from .kit import ZONE, open_ledger

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
    ) -> list[Punch]:
        """Store a punch."""
        punch = Punch(user_id, at(day, clock), "unknown", "unknown")
        self.ledger.ingest(Batch(serial, "poll", [punch])).result()
        return [punch]

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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site that knows two people."""
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        yield site


# --- people ---------------------------------------------------------------------------


def test_people_come_back(site: Site) -> None:
    """Whoever is saved is read as saved, and so is who is changed."""
    directory = site.book.directory()
    assert directory.people == {"p1": AMINA, "p2": BRUNO}
    assert directory.person_of("A", "1001") == AMINA
    assert directory.users_of("p2") == [("A", "1002"), ("B", "1002")]
    later = replace(AMINA, name="Amina Rossi", valid_until=None, cards=frozenset())
    site.book.save_people(
        [later], [Mapping("A", "1001", "p2")], [("A", "1002"), ("B", "1002")]
    )
    directory = site.book.directory()
    assert directory.people["p1"] == later
    assert directory.users_of("p2") == [("A", "1001")]
    assert directory.users_of("p1") == []


def test_unmapped(site: Site) -> None:
    """Who punches and is nobody is counted for each terminal."""
    for clock in ("08:00", "16:00"):
        site.punch(clock, "77")
        site.punch(clock, "1001")
    site.punch("09:00", "77", "B")
    counted = site.book.unmapped(UnmappedCount())
    assert counted.users == (
        Unmapped("A", "77", 2, at(DAY, "16:00")),
        Unmapped("B", "77", 1, at(DAY, "09:00")),
    )
    site.punch("17:00", "77")
    site.punch("17:00", "78")
    onwards = site.book.unmapped(counted)
    assert onwards == site.book.unmapped(UnmappedCount())
    assert [one.count for one in onwards.users] == [3, 1, 1]
    site.book.save_people(mapped=[Mapping("A", "77", "p1"), Mapping("A", "78", "p1")])
    found = site.book.unmapped(UnmappedCount()).users
    assert [one.serial for one in found] == ["B"]


def test_counting_onwards_reads_what_is_new(site: Site) -> None:
    """To count who is nobody once more, only the end of the punches is looked at."""
    plan = site.ledger.read(
        lambda connection: connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {SELECT_UNMAPPED}", (1, at(DAY, "16:00"), "A")
        ).all()
    )
    steps = [step[-1] for step in plan]
    assert (
        "SEARCH punches USING PRIMARY KEY (terminal_id=? AND local_second>?)" in steps
    )
    assert not [step for step in steps if step.startswith("SCAN")]


# --- days -----------------------------------------------------------------------------


def test_a_punch_and_its_mark(site: Site) -> None:
    """A punch makes a day; what changed is told and kept as a trace."""
    (change,) = site.come("08:17")
    assert (change.cause, change.before, change.after.status) == ("new", None, "late")
    assert change.after.explain().startswith("late: first in 08:17, start 08:00")
    assert site.all() == {("p1", DAY): change.after}
    (change,) = site.come("07:58")
    assert (change.before.status, change.after.status) == ("late", "present")
    assert [
        (line["cause"], line["before_status"], line["mark"]["status"])
        for line in site.book.trace("p1", DAY)
    ] == [("new", None, "late"), ("punch", "late", "present")]
    (mark,) = site.book.marks(DAY, DAY, {"p1"})
    told = site.book.trace("p1", DAY)[-1]["mark"]
    assert told.items() <= mark.as_row().items()
    assert {"status", "first_in", "reasons"} <= told.keys()
    assert site.come("07:58") == []
    assert site.book.briefs(DAY, DAY) == [Brief("p1", DAY, "present", False)]


def test_who_is_nobody_touches_nothing(site: Site) -> None:
    """A user without a person, and a terminal that is not there, make no day."""
    assert site.come("08:00", "77") == []
    punches = site.punch("08:00")
    assert site.book.touched(site.case, "C", punches) == {}
    assert site.all() == {}


def test_wrong_clock(site: Site) -> None:
    """A punch of a time that has not been makes no day."""
    assert site.come("08:00", day=DAY + timedelta(days=2)) == []
    assert site.come("23:59", day=DAY + timedelta(days=1)) != []


def test_day_that_no_terminal_tells_of(site: Site) -> None:
    """Who is nobody's user is looked at once when the day is over, not every minute."""
    site.book.save_people([Person(id="p3", name="Chiara")])
    site.know()
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("00:10", DAY + timedelta(days=1))
    due = site.book.closing(site.case)
    assert due["p3"] == {DAY}
    site.book.work(site.case, due, "closed")
    mark = site.all()["p3", DAY]
    assert (mark.status, mark.final) == ("expected", False)
    assert "p3" not in site.book.closing(site.case)


def test_closing(site: Site) -> None:
    """Nobody is absent before every terminal of theirs was read after the end."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    assert {mark.status for mark in site.all().values()} == {"expected"}
    assert site.book.missing(site.case) == {}
    site.read("16:30")
    site.read_until = {"A": site.now, "B": site.now - 12 * HOUR}
    changes = site.book.work(site.case, site.book.closing(site.case), "closed")
    assert [one.after.person_id for one in changes if one.is_news] == ["p1"]
    assert site.all()["p1", DAY].status == "absent"
    assert not site.all()["p2", DAY].final
    site.read("16:31")
    (change,) = site.book.work(site.case, site.book.closing(site.case), "closed")
    assert (change.after.person_id, change.after.status) == ("p2", "absent")
    (change,) = site.come("08:05", "1002")
    assert (change.cause, change.before.final) == ("reopened", True)
    assert site.book.closing(site.case) == {"p2": {DAY}}


def test_a_terminal_that_is_away_costs_nothing(site: Site) -> None:
    """Days after its last delivery are not looked at, whoever else delivers."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("16:30", DAY + timedelta(days=9))
    site.read_until["B"] = utc_of(at(DAY, "12:00"), ZONE)
    site.book.work(site.case, site.book.missing(site.case), "closed")
    assert len(site.all()) == 20
    everything = {DAY + timedelta(days=number) for number in range(10)}
    due = site.book.closing(site.case)
    assert due == {"p1": {DAY}, "p2": everything}
    changes = site.book.work(site.case, due, "closed")
    assert {one.after.person_id for one in changes} == {"p1"}
    assert site.book.closing(site.case) == {}
    site.read_until["B"] = utc_of(at(DAY + timedelta(days=1), "16:00"), ZONE)
    assert site.book.closing(site.case) == {"p2": {DAY, DAY + timedelta(days=1)}}


def test_what_a_day_waits_for_is_explained(site: Site) -> None:
    """A day that is over says that it waits, though the mark stays as it is."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("16:30")
    site.read_until["B"] = site.now - 12 * HOUR
    explained: list[Mark] = []
    due = {"p2": site.book.closing(site.case)["p2"]}
    assert site.book.work(site.case, due, "closed", explained) == []
    assert [mark.explain() for mark in explained] == [
        "not known yet: no punch so far; provisional: not read since the end: B"
    ]
    assert site.all()["p2", DAY] == explained[0]
    site.book.erase("p2")
    assert "p2" not in site.book.closing(site.case)


def test_a_day_that_is_not_over_costs_nothing(site: Site) -> None:
    """Of today, who may still come or go is not looked at every minute."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("15:59")
    assert site.book.closing(site.case) == {}
    site.read("16:00")
    assert site.book.closing(site.case) == {"p1": {DAY}, "p2": {DAY}}


def test_whom_no_terminal_knows(site: Site) -> None:
    """Whose days nothing will ever close are looked at once, on the day after."""
    site.book.save_people([replace(BRUNO, id="p3")])
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("12:00", DAY + timedelta(days=1))
    assert site.book.closing(site.case)["p3"] == {DAY}
    site.read("12:00", DAY + timedelta(days=2))
    assert "p3" not in site.book.closing(site.case)


def test_whose_days_wait(site: Site) -> None:
    """Who was changed, or is or was somebody's user, waits until that is cleared."""
    rows = site.book.stale()
    assert {*rows.values()} == {("p1", None), ("p2", None)}
    site.punch("08:00")
    site.book.clear_stale([*site.book.stale()])
    noted = site.book.save_people(mapped=[Mapping("A", "1001", "p2")])
    assert {*site.book.stale().values()} == {("p1", None), ("p2", None)}
    site.book.save_people(unmapped=[("A", "1001")])
    site.book.clear_stale(noted)
    assert [*site.book.stale().values()] == [("p2", None)]
    assert site.book.of_stale(site.case, [("p2", None), ("gone", None)]) == {
        "p2": {DAY}
    }
    site.book.mark_stale([("p1", None), ("p2", None)])
    assert site.book.mark_stale([]) == []
    site.book.erase("p2")
    assert [*site.book.stale().values()] == [("p1", None)]


def test_rota_and_leave_are_kept(site: Site) -> None:
    """What is planned is there as it was said, until it is taken back."""
    tomorrow = DAY + timedelta(days=1)
    site.book.save_rota(["p1", "7b"], DAY, tomorrow, "late")
    site.book.save_rota(["p1"], tomorrow, tomorrow, None)
    assert site.book.rota() == {
        ("p1", DAY): "late",
        ("p1", tomorrow): None,
        ("7b", DAY): "late",
        ("7b", tomorrow): "late",
    }
    assert site.book.clear_rota(["7b", "p1"], tomorrow, tomorrow) == 2
    assert set(site.book.rota()) == {("p1", DAY), ("7b", DAY)}
    made = [
        Entry(who="p1", kind="leave", first=DAY, last=tomorrow, note="sea"),
        Entry(who="7b", kind="excuse", first=DAY, last=DAY, part=(0, 8 * HOUR)),
    ]
    site.book.add_entries(made)
    found = site.book.entries()
    assert [*found.values()] == made
    site.book.remove_entries([min(found)])
    assert [*site.book.entries().values()] == made[1:]


def test_a_day_and_its_neighbours(site: Site) -> None:
    """Another plan for a day touches those around it, as far as there are marks."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("12:00", DAY + timedelta(days=5))
    site.book.work(site.case, site.book.missing(site.case), "closed")
    days = {DAY + timedelta(days=number) for number in range(6)}
    assert site.book.of_days("p1", {DAY}) == {DAY, DAY + timedelta(days=1)}
    before = site.case
    holiday = DAY + timedelta(days=3)
    site.rules = Rules(default=EIGHT, holidays={holiday: "Feast"})
    due = site.book.of_changed_rules(before, site.case)
    near = {holiday + timedelta(days=number) for number in (-1, 0, 1)}
    assert due == {"p1": near, "p2": near}
    site.rules = Rules(default=replace(EIGHT, grace_late=0))
    assert site.book.of_changed_rules(before, site.case)["p1"] == days


def test_many_users(site: Site) -> None:
    """More users than one statement lists are read all the same."""
    people = [Person(id=f"x{number}", name="X") for number in range(501)]
    users = [Mapping("A", f"9{number}", one.id) for number, one in enumerate(people)]
    site.book.save_people(people, users)
    for user in (users[0], users[500]):
        site.punch("08:00", user.user_id)
    ids = [one.id for one in people]
    found = site.book.whereabouts(site.case, ids, site.now)
    assert [*found] == ["x0", "x500"]
    assert site.book.whereabouts(site.case, [], site.now) == {}


def test_columns(site: Site) -> None:
    """What lists and grids are made of says the same as the whole marks."""
    site.know()
    for clock, user_id in (("08:20", "1001"), ("08:05", "1002"), ("11:00", "1002")):
        site.come(clock, user_id)
    site.come("08:30", "1002", day=DAY - timedelta(days=1))
    site.book.work(site.case, site.book.missing(site.case), "closed")
    marks = site.all()
    assert {*site.book.outlines(DAY)} == {
        Outline(
            mark.person_id,
            mark.status,
            mark.first_in and mark.first_in.utc,
            mark.last_out and mark.last_out.utc,
            mark.worked,
            mark.running_since,
            mark.late_by,
        )
        for mark in marks.values()
        if mark.date == DAY
    }
    for outline in site.book.outlines(DAY):
        mark = marks[outline.person_id, DAY]
        assert outline.hours_at(site.now) == mark.hours_at(site.now)
    first, last = DAY - timedelta(days=2), DAY + timedelta(days=2)
    assert {*site.book.briefs_of(first, last, ["p2"])} == {
        one for one in site.book.briefs(first, last) if one.person_id == "p2"
    }
    late = site.book.people_of(first, last, "late")
    assert {(one, date) for date, ids in late.items() for one in ids} == {
        key for key, mark in marks.items() if mark.status == "late"
    }
    assert len({mark.status for mark in marks.values()}) > 1


def test_all_days_of_many(site: Site) -> None:
    """Looked up at once, the days of many are those of each."""
    ids = [f"x{number}" for number in range(8)]
    site.book.save_people(
        [Person(id=one, name="X") for one in ids],
        [Mapping(serial, one, one) for one in ids[:6] for serial in "AB"],
    )
    for number, one in enumerate(ids[:4]):
        site.punch("08:00", one, day=DAY - timedelta(days=number))
        site.punch("08:00", one, serial="B", day=DAY - timedelta(days=2))
    site.book.work(site.case, {ids[5]: {DAY - timedelta(days=9)}}, "rules")
    found = site.book.everything_of(site.case, ids)
    assert [len(found[one]) for one in ids] == [3, 3, 3, 4, 1, 10, 1, 1]
    for one in ids:
        assert site.book.everything_of(site.case, [one]) == {one: found[one]}


def test_slices() -> None:
    """Much work is cut: the newest month first, people of one month together."""
    days = {DAY + timedelta(days=number) for number in range(-20, 10)}
    due = dict.fromkeys(("p1", "p2", "p3"), days)
    parts = [*sliced(due, 30)]
    assert [set(part) for part in parts] == [
        {"p1", "p2"},
        {"p3"},
        *[{"p1", "p2", "p3"}],
    ]
    assert {
        day.month for part in parts[:2] for one in part.values() for day in one
    } == {3}
    found: dict[str, set[Date]] = {}
    for part in parts:
        for name, dates in part.items():
            found.setdefault(name, set()).update(dates)
    assert found == due
    assert [*sliced({})] == []
    assert [*sliced({"p1": {DAY}, "p2": {DAY}}, 1)] == [{"p1": {DAY}}, {"p2": {DAY}}]


def test_missing_days(site: Site) -> None:
    """After a time away all days since are looked at, of who belongs to the site."""
    site.book.save_people([replace(BRUNO, valid_until=DAY + timedelta(days=1))])
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("12:00", DAY + timedelta(days=3))
    due = site.book.missing(site.case)
    assert {one: len(dates) for one, dates in due.items()} == {"p1": 3, "p2": 1}
    site.book.work(site.case, due, "closed")
    assert site.book.missing(site.case) == {}


def test_days_missing_before_others(site: Site) -> None:
    """What a terminal brings of an outage hides no day before it."""
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("12:00", DAY + timedelta(days=4))
    for days in (2, 4):
        site.come("08:00", day=DAY + timedelta(days=days))
    due = site.book.missing(site.case)
    assert due["p1"] == {DAY + timedelta(days=days) for days in (1, 3)}
    assert len(due["p2"]) == 4
    site.book.work(site.case, due, "closed")
    assert site.book.missing(site.case) == {}


def test_mapping_later(site: Site) -> None:
    """Who is mapped has all days since the first punch; who is not, none is absent."""
    for days in (0, 1, 40):
        site.punch("08:00", "77", day=DAY + timedelta(days=days))
    site.read("12:00", DAY + timedelta(days=41))
    assert site.book.everything_of(site.case, ["p2"]) == {"p2": {site.case.today}}
    site.book.save_people(mapped=[Mapping("A", "77", "p2")])
    due = site.book.everything_of(site.case, ["p2"])
    assert len(due["p2"]) == 42
    site.book.work(site.case, due, "rules")
    statuses = [mark.status for mark in site.all().values()]
    assert statuses.count("present") == 3
    assert statuses.count("absent") == 38
    # Nobody says who came any more.
    site.book.save_people(
        unmapped=[("A", "77"), ("A", "1002"), ("B", "1002")],
    )
    due = {**site.book.everything_of(site.case, ["p2"]), "gone": {DAY}}
    site.book.work(site.case, due, "rules")
    assert {mark.status for mark in site.all().values()} == {"expected"}


@settings(max_examples=25, deadline=None)
@given(
    times=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 23), st.integers(0, 59), st.booleans()
        ),
        max_size=8,
    )
)
def test_incremental_is_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, times: list[tuple[int, int, int, bool]]
) -> None:
    """Day by day as punches come, or all at once: the same marks."""
    with open_ledger(tmp_path_factory.mktemp("book")) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=Shift(start=22 * HOUR, end=6 * HOUR))
        site.read("12:00", DAY + timedelta(days=6))
        for days, hour, minute, both in times:
            clock, day = f"{hour:02}:{minute:02}", DAY + timedelta(days=days)
            site.come(clock, "1002", day=day)
            if both:
                site.come(clock, "1002", serial="B", day=day)
        kept = site.all()
        due = {"p2": {day for _, day in kept}}
        assert site.book.work(site.case, due, "rules") == []
        assert site.all() == kept


# --- corrections ----------------------------------------------------------------------


def said(**details: Any) -> Correction:
    """Return a correction of Amina's day."""
    return Correction(
        **{
            "number": 0,
            "kind": "mark",
            "by": "Petra",
            "at": utc_of(at(DAY, "12:00"), ZONE),
            "why": "was at the dentist",
            "person_id": "p1",
            **details,
        }
    )


def test_corrections_come_back(site: Site) -> None:
    """What is said is kept in order, and read as said."""
    first = site.book.correct(said(date=DAY, status="excused"))
    second = site.book.correct(
        said(
            kind="shift_clock",
            person_id="",
            serial="A",
            local_second=1,
            until=2,
            seconds=60,
        )
    )
    third = site.book.correct(
        said(kind="void_punch", person_id="p2", serial="A", local_second=5)
    )
    assert (first.number, third.number) == (1, 3)
    assert site.book.corrections() == [first, second, third]
    assert site.book.corrections(["p2"]) == [second, third]


def test_mark_by_hand(site: Site) -> None:
    """A human's word is applied each time, and taken back by another one."""
    made = site.book.correct(said(date=DAY, status="excused"))
    due = site.book.touched_by(site.case, made)
    assert due == {"p1": {DAY}}
    (change,) = site.book.work(site.case, due, "correction")
    assert change.after.status == "excused"
    site.come("08:30")
    assert site.all()["p1", DAY].status == "excused"
    site.book.correct(said(kind="revoke", revokes=made.number))
    site.book.work(site.case, due, "correction")
    assert site.all()["p1", DAY].status == "late"


def test_punch_by_hand(site: Site) -> None:
    """A punch that was added counts, from no terminal or from one."""
    for serial, clock in (("", "08:00"), ("A", "07:30")):
        local = at(DAY, clock)
        made = said(
            kind="add_punch",
            serial=serial,
            local_second=local,
            utc_second=utc_of(local, ZONE),
            direction="check_in",
        )
        due = site.book.touched_by(site.case, site.book.correct(made))
        assert due == {"p1": {DAY}}
        (change,) = site.book.work(site.case, due, "correction")
        assert change.after.first_in
        assert change.after.first_in.wall == local


@pytest.mark.parametrize("serial", ["A", "gone"])
def test_punch_voided(site: Site, serial: str) -> None:
    """A punch that was voided counts no more, though it stays stored."""
    site.come("08:00")
    made = said(kind="void_punch", serial=serial, local_second=at(DAY, "08:00"))
    due = site.book.touched_by(site.case, site.book.correct(made))
    assert due == {"p1": {DAY}}
    site.book.work(site.case, due, "correction")
    is_there = site.all()["p1", DAY].first_in is not None
    assert is_there is (serial == "gone")


# --- deliveries and erasing -----------------------------------------------------------


def test_deliveries_come_back(site: Site) -> None:
    """Until when a terminal was read is kept."""
    site.book.save_deliveries({"A": 5, "B": 7})
    site.book.save_deliveries({"B": 8})
    assert site.book.deliveries() == {"A": 5, "B": 8}


def test_erase(site: Site, tmp_path: Path) -> None:
    """Nothing of a person remains, in no file; the rest does; what went is counted."""
    ledger = site.ledger
    for user_id in ("1001", "1002"):
        site.come("08:00", user_id)
        site.come("16:00", user_id)
    site.book.correct(said(date=DAY, status="present"))
    kinds: tuple[CommandKind, ...] = ("write_user", "write_user", "remove_user")
    rows = [
        CommandRow("A", number, kind, "Amina", "1001", queued_at=0.0, expires_at=2e9)
        for number, kind in enumerate(kinds, 1)
    ]
    rows[0] = ended(rows[0], "done", 2e9)
    rows[2] = replace(rows[2], text="")
    ledger.save_commands("A", rows).result()
    assert site.book.erase("p1") == {
        "people": 1,
        "mappings": 1,
        "marks": 1,
        "rota": 0,
        "entries": 0,
        "changes": 2,
        "corrections": 1,
        "punches": 2,
        "quarantine": 0,
        "commands": 1,
        "stale": 3,
    }
    assert set(site.book.directory().people) == {"p2"}
    assert {person for person, _ in site.all()} == {"p2"}
    assert site.book.unmapped(UnmappedCount()).users == ()
    assert [(one["user_id"], one["state"]) for one in ledger.commands("A")] == [
        ("", "done"),
        ("", "expired"),
        ("1001", "queued"),
    ]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("syncid.db*"))
    for trace in (b"Amina", b"dentist", b"person.amina", b"4711"):
        assert trace not in stored
    assert b"Bruno" in stored
    assert site.book.erase("p1") == dict.fromkeys(site.book.erase("p1"), 0)


def test_merge(site: Site) -> None:
    """All that is of one is the other's, and of the one who goes nothing is left."""
    other_day = DAY - timedelta(days=1)
    for user_id in ("1001", "1002"):
        site.come("08:00", user_id)
    site.come("09:00", "1002", day=other_day)
    mine = site.book.correct(said(date=DAY, status="present"))
    theirs = site.book.correct(said(date=other_day, status="late", person_id="p2"))
    site.book.save_rota(["p1"], DAY, DAY, None)
    site.book.save_rota(["p2"], other_day, DAY, "early")
    site.book.add_entries(
        [Entry(who="p2", kind="leave", first=DAY, last=DAY, note="dentist")]
    )
    held = site.book.holdings("p2")
    assert held == {
        "punches": 2,
        "marks": 2,
        "corrections": 1,
        "rota": 2,
        "entries": 1,
    }
    noted, dates = site.book.merge(replace(AMINA, name="Amina R."), "p2")
    assert dates == {DAY, other_day}
    assert set(site.book.stale().values()) >= {("p1", None)}
    assert set(noted) <= set(site.book.stale())
    directory = site.book.directory()
    assert {one.name for one in directory.people.values()} == {"Amina R."}
    assert directory.users_of("p1") == [("A", "1001"), ("A", "1002"), ("B", "1002")]
    assert {one.number for one in site.book.corrections(["p1"])} >= {
        mine.number,
        theirs.number,
    }
    # Of a date that both have, who stays works as before.
    assert site.book.rota() == {("p1", DAY): None, ("p1", other_day): "early"}
    assert [one.who for one in site.book.entries().values()] == ["p1"]
    assert site.book.holdings("p2") == dict.fromkeys(held, 0)
    assert site.book.holdings("p1")["punches"] == 3
    due = {
        one: days | dates
        for one, days in site.book.everything_of(site.case, ["p1"]).items()
    }
    site.book.work(site.case, due, "rules")
    assert {DAY, other_day} <= {date for _, date in site.all()}
    assert {one for one, _ in site.all()} == {"p1"}
    # How the days of who is gone became what they were stays to be seen.
    causes = [one["cause"] for one in site.book.trace("p1", other_day)]
    assert len(causes) > 1
