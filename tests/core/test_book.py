"""The book of attendance: what the ledger keeps of people, and of their days."""

from dataclasses import replace
from datetime import date as Date, timedelta
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.marks import Brief, Mark, Outline
from custom_components.syncid.core.attendance.policy import HOUR, Break, Shift
from custom_components.syncid.core.attendance.readings import utc_of
from custom_components.syncid.core.attendance.schedule import Entry, Rules
from custom_components.syncid.core.book import Book
from custom_components.syncid.core.case import sliced
from custom_components.syncid.core.ledger.people import SELECT_UNMAPPED
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.shelf import Unmapped, UnmappedCount

from .book_kit import AMINA, BRUNO, DAY, EIGHT, Site, at
from .kit import ZONE, open_ledger

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
    # By no clock in particular: when the day is over wherever somebody may be.
    site.read("07:30", DAY + timedelta(days=1))
    assert "p3" not in site.book.closing(site.case)
    site.read("08:30", DAY + timedelta(days=1))
    due = site.book.closing(site.case)
    assert due["p3"] == {DAY}
    site.book.work(site.case, due, "closed")
    mark = site.all()["p3", DAY]
    assert (mark.status, mark.final) == ("expected", False)
    assert "p3" not in site.book.closing(site.case)


@pytest.mark.parametrize("gone", [False, True])
def test_day_of_added_punches_alone(site: Site, gone: bool) -> None:
    """Of whom no terminal knows a day is closed when it would be computed as final."""
    site.book.save_people([Person(id="p3", name="Chiara")])
    for clock in ("08:00", "11:00")[: 1 + gone]:
        come = Correction(
            number=0,
            kind="add_punch",
            by="Head",
            at=site.now,
            why="forgot",
            person_id="p3",
            local_second=at(DAY, clock),
            utc_second=utc_of(at(DAY, clock), ZONE),
        )
        site.book.correct(come)
    site.book.work(site.case, {"p3": {DAY}}, "correction")
    closed = []
    for _ in range(16):
        site.now += 2 * HOUR
        site.book.work(site.case, site.book.closing(site.case), "closed")
        kept = site.all()["p3", DAY]
        site.book.work(site.case, {"p3": {DAY}}, "rules")
        assert site.all()["p3", DAY] == kept
        closed.append(kept.final)
    # From eight hours after the end on who was not seen to go is not there any more.
    assert closed.index(True) == (9 if gone else 13)


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
    """Whose days nothing will ever close are looked at when they end, and close."""
    site.book.save_people([replace(BRUNO, id="p3")])
    site.book.work(site.case, site.book.missing(site.case), "closed")
    site.read("12:00", DAY + timedelta(days=1))
    assert site.book.closing(site.case)["p3"] == {DAY}
    site.read("15:30", DAY + timedelta(days=1))
    assert "p3" not in site.book.closing(site.case)
    site.read("16:30", DAY + timedelta(days=1))
    assert site.book.closing(site.case)["p3"] == {DAY}
    site.read("16:30", DAY + timedelta(days=2))
    assert "p3" not in site.book.closing(site.case)
    # What was long ago was looked at before a start.
    again = Book(site.ledger)
    site.read("12:00", DAY + timedelta(days=4))
    assert "p3" not in again.closing(site.case)


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
            mark.presence,
            mark.reasons if mark.running_since else (),
        )
        for mark in marks.values()
        if mark.date == DAY
    }
    for outline in site.book.outlines(DAY):
        mark = marks[outline.person_id, DAY]
        assert outline.hours_at(site.now) == mark.hours_at(site.now)
        assert outline.went == (mark.went and mark.went.utc)
    first, last = DAY - timedelta(days=2), DAY + timedelta(days=2)
    assert {*site.book.briefs_of(first, last, ["p2"])} == {
        one for one in site.book.briefs(first, last) if one.person_id == "p2"
    }
    late = site.book.people_of(first, last, "late")
    assert {(one, date) for date, ids in late.items() for one in ids} == {
        key for key, mark in marks.items() if mark.status == "late"
    }
    assert len({mark.status for mark in marks.values()}) > 1


def test_hours_of_lists_stand_still_in_breaks(site: Site) -> None:
    """Hours that run are those of the mark, also where a list is sorted by them."""
    lunch = (Break(10 * HOUR, 11 * HOUR),)
    site.rules = Rules(default=Shift(start=6 * HOUR, end=14 * HOUR, breaks=lunch))
    site.read("09:00")
    site.come("06:00")
    (mark,) = [one for one in site.book.marks(DAY, DAY) if one.person_id == "p1"]
    (outline,) = [one for one in site.book.outlines(DAY) if one.person_id == "p1"]
    assert mark.first_in is not None
    noon = mark.first_in.utc + 6 * HOUR
    assert (outline.hours_at(noon), mark.hours_at(noon)) == (5 * HOUR, 5 * HOUR)


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
    """Much work is cut: the newest month first, and people together."""
    days = {DAY + timedelta(days=number) for number in range(-20, 10)}
    due = dict.fromkeys(("p1", "p2", "p3"), days)
    parts = [*sliced(due, 30)]
    # Of March a third each, since all of it is too much.
    spans = [
        {(min(dates).isoformat(), max(dates).isoformat()) for dates in part.values()}
        for part in parts
    ]
    assert spans == [
        {("2026-03-21", "2026-03-21")},
        {("2026-03-11", "2026-03-20")},
        {("2026-03-01", "2026-03-10")},
        {("2026-02-20", "2026-02-28")},
    ]
    assert all({*part} == {*due} for part in parts)
    found: dict[str, set[Date]] = {}
    for part in parts:
        for name, dates in part.items():
            found.setdefault(name, set()).update(dates)
    assert found == due
    # Of a third with too much, some people each.
    assert [{*part} for part in sliced(due, 20)][1:3] == [{"p1", "p2"}, {"p3"}]
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


def marks_by_night(folder: Path, *, by_day_first: bool) -> dict[object, object]:
    """Return the marks of who punched once, early, where nights are worked."""
    folder.mkdir()
    with open_ledger(folder) as ledger:
        site = Site(ledger)
        site.know()
        site.now += 2 * HOUR
        site.punch("05:27")
        before = site.case
        if by_day_first:
            site.book.work(before, site.book.everything_of(before, {"p1"}), "punch")
        site.rules = Rules(default=Shift(start=22 * HOUR, end=6 * HOUR))
        case = site.case
        due = site.book.everything_of(case, {"p1"})
        if by_day_first:
            due = site.book.of_changed_rules(before, case)
        site.book.work(case, due, "rules")
        return {
            (date, person_id): (mark.status, mark.presence)
            for (person_id, date), mark in site.all().items()
            if person_id == "p1"
        }


def test_first_day_by_new_rules(tmp_path: Path) -> None:
    """The first punch that there is of somebody may be the night's before, by new rules."""
    kept = marks_by_night(tmp_path / "kept", by_day_first=True)
    assert kept == marks_by_night(tmp_path / "nothing", by_day_first=False)
    assert ("late", "in") in kept.values()
