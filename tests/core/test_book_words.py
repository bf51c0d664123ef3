"""What humans say of days, and whom they erase or merge, as the book keeps it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.core.adms.commands import CommandKind
from custom_components.syncid.core.adms.queue import CommandRow, ended
from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.readings import utc_of
from custom_components.syncid.core.attendance.schedule import Entry
from custom_components.syncid.core.shelf import UnmappedCount

from .book_kit import AMINA, DAY, Site, at
from .kit import ZONE

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


def test_punches_of_a_date(site: Site) -> None:
    """Those that count for it, in their order, by a right clock; also what was taken out."""
    (early,) = site.punch("07:58")
    # By a clock that was an hour and some minutes slow; then it was years off.
    (slow,) = site.punch("14:30")
    (reset,) = site.punch("09:30", day=DAY.replace(year=2020))
    site.punch("08:01", user_id="1002")
    for punch, second in ((slow, at(DAY, "16:05")), (reset, at(DAY, "09:30"))):
        site.book.correct(
            said(
                kind="shift_clock",
                person_id="",
                serial="A",
                local_second=punch.local_second,
                until=punch.local_second,
                seconds=second - punch.local_second,
            )
        )
    for kind in ("void_punch", "add_punch"):
        site.book.correct(
            said(
                kind=kind,
                serial="A",
                local_second=early.local_second + 60 * (kind == "add_punch"),
                utc_second=utc_of(at(DAY, "12:00"), ZONE),
            )
        )
    found = site.book.punches_of(site.case, AMINA, DAY)
    assert [(stored.punch, second) for stored, second in found] == [
        (punch, utc_of(at(DAY, clock), ZONE))
        for punch, clock in ((early, "07:58"), (reset, "09:30"), (slow, "16:05"))
    ]
    then = DAY.replace(year=2020)
    assert site.book.punches_of(site.case, AMINA, then) == []


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
    held = site.book.holdings(["p2"])["p2"]
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
    left = site.book.holdings(["p1", "p2"])
    assert left["p2"] == dict.fromkeys(held, 0)
    assert left["p1"]["punches"] == 3
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
