"""Marks as tables for people."""

from datetime import date as Date, time as Time, timedelta
from functools import partial
import io
from typing import Any

from openpyxl import load_workbook
import pytest

from custom_components.syncid.core.attendance.marks import (
    STATUSES,
    Brief,
    Mark,
    Moment,
    Status,
)
from custom_components.syncid.core.attendance.reasons import Reason
from custom_components.syncid.core.export import (
    LETTERS,
    day_list,
    legend,
    month_grid,
    payroll,
)
from custom_components.syncid.core.people import Person
from custom_components.syncid.core.sheets import harmless, write_csv, write_xlsx

FIRST = Date(2026, 2, 1)
PEOPLE = {
    "p1": Person(id="p1", name="Zoe", external_id="7", groups=("5A", "Choir")),
    "p2": Person(id="p2", name='=HYPERLINK("x")', external_id="-8"),
}


def mark(
    who: str, day: int, status: Status, final: bool = True, **figures: Any
) -> Mark:
    """Return a mark of February."""
    return Mark(
        who, FIRST + timedelta(days=day - 1), "", status, final, "left"
    )._replace(**figures)


MARKS = [
    mark(
        "p1",
        2,
        "late",
        first_in=Moment(0, 8 * 3600 + 17 * 60),
        last_out=Moment(0, 16 * 3600),
        late_by=1020,
        worked=26_000,
        overtime=1800,
        breaks=1800,
        owed=28_800,
        early_by=600,
        flags=frozenset({"overtime"}),
        reasons=(Reason("late", (8 * 3600 + 17 * 60, 8 * 3600, 600)),),
    ),
    mark("p1", 1, "day_off"),
    mark("p1", 3, "absent", owed=28_800),
    mark("p1", 4, "present", final=False, worked=3600),
    mark(
        "p2", 2, "present", worked=28_800, owed=28_800, flags=frozenset({"missing_out"})
    ),
    mark("p3", 2, "on_leave"),
]


def test_day_list() -> None:
    """A row per day and person, by date and name, with the reason."""
    sheet = day_list(MARKS, PEOPLE, now=0)
    rows = [dict(zip(sheet.head, row, strict=True)) for row in sheet.rows]
    assert [(row["date"].day, row["name"]) for row in rows] == [  # type: ignore[union-attr]
        (1, "Zoe"),
        (2, ""),
        (2, '=HYPERLINK("x")'),
        (2, "Zoe"),
        (3, "Zoe"),
        (4, "Zoe"),
    ]
    assert rows[3] == {
        "date": Date(2026, 2, 2),
        "name": "Zoe",
        "external_id": "7",
        "groups": "5A, Choir",
        "shift": "",
        "status": "late",
        "final": "yes",
        "first_in": Time(8, 17),
        "last_out": Time(16),
        "late_by": 0.28,
        "early_by": 0.17,
        "breaks": 0.5,
        "worked": 7.22,
        "overtime": 0.5,
        "flags": "overtime",
        "why": "late: first in 08:17, start 08:00, grace 10 min",
    }
    assert rows[5]["final"] == "no"


def test_back_in() -> None:
    """Who went and is back has no check-out yet, and hours until now."""
    back = mark(
        "p1",
        2,
        "present",
        final=False,
        presence="in",
        first_in=Moment(0, 8 * 3600),
        last_out=Moment(4 * 3600, 12 * 3600),
        worked=4 * 3600,
        running_since=5 * 3600,
    )
    sheet = day_list([back], PEOPLE, now=6 * 3600 + 1800)
    (row,) = (dict(zip(sheet.head, row, strict=True)) for row in sheet.rows)
    assert (row["first_in"], row["last_out"]) == (Time(8), None)
    assert row["worked"] == 5.5


def test_times_and_durations() -> None:
    """Spreadsheets reckon with both; times are as exact as each other, nights too."""
    night = mark(
        "p1",
        2,
        "late",
        first_in=Moment(0, 17 * 3600 + 25 * 60),
        last_out=Moment(0, 30 * 3600 + 21 * 60 + 8),
        late_by=3060,
    )
    sheet = day_list([night], PEOPLE, now=0)
    text = write_csv(sheet).decode("utf-8-sig")
    assert ",17:25:00,06:21:08,0.85," in text
    page: Any = load_workbook(io.BytesIO(write_xlsx([sheet]))).worksheets[0]
    first, last, late = (page[2][column] for column in (7, 8, 9))
    assert (first.value, last.value) == (Time(17, 25), Time(6, 21, 8))
    assert first.number_format == last.number_format == "h:mm:ss"
    assert late.value == 0.85


def test_month_grid() -> None:
    """A row per person, a column per day; what is provisional has a star."""
    sheet = month_grid([*MARKS, mark("p1", 29, "absent")], PEOPLE, 2026, 2)
    assert sheet.title == "2026-02"
    assert list(sheet.head[:4]) == ["name", "external_id", "groups", "1"]
    assert sheet.head[30:] == [
        "28",
        "present",
        "late",
        "half_day",
        "absent",
        "on_leave",
        "excused",
    ]
    by_name = {row[0]: row for row in sheet.rows}
    assert by_name["Zoe"][2:8] == ("5A, Choir", "·", "L", "A", "P*", None)
    # The first of March is not in it.
    assert by_name["Zoe"][-6:] == (1, 1, 0, 1, 0, 0)
    # Somebody who is gone is shown by id.
    assert by_name["p3"][4] == "V"
    # Leave and excuses are counted apart.
    assert by_name["p3"][-2:] == (1, 0)
    assert all(len(row) == len(sheet.head) for row in sheet.rows)


def test_grid_of_stored_days() -> None:
    """Four columns of a stored day are enough."""
    briefs = [Brief(one.person_id, one.date, one.status, one.final) for one in MARKS]
    assert month_grid(briefs, PEOPLE, 2026, 2) == month_grid(MARKS, PEOPLE, 2026, 2)


@pytest.mark.parametrize(("year", "month", "days"), [(2024, 2, 29), (2026, 12, 31)])
def test_length_of_months(year: int, month: int, days: int) -> None:
    """February and December."""
    assert len(month_grid([], PEOPLE, year, month).head) == days + 9


def test_payroll() -> None:
    """Final days are summed up, and what is not final is counted."""
    sheet = payroll(MARKS, PEOPLE)
    rows = {row[0]: dict(zip(sheet.head, row, strict=True)) for row in sheet.rows}
    zoe = rows["Zoe"]
    assert (zoe["late"], zoe["absent"], zoe["day_off"], zoe["present"]) == (1, 1, 1, 0)
    assert (zoe["provisional"], zoe["missing"]) == (1, 0)
    assert (zoe["owed"], zoe["worked"], zoe["overtime"]) == (16.0, 7.22, 0.5)
    assert (zoe["late_by"], zoe["early_by"]) == (0.28, 0.17)
    assert rows['=HYPERLINK("x")']["missing"] == 1
    assert rows["p3"]["on_leave"] == 1


def test_other_words() -> None:
    """Headings and marks in another language; letters of one's own."""
    words = {"late": "verspätet", "name": "Name", "yes": "ja", "present": "da"}
    sheet = day_list(MARKS, PEOPLE, words, now=0)
    assert sheet.head[1] == "Name"
    assert sheet.rows[3][5:7] == ("verspätet", "ja")
    letters = {**LETTERS, "late": "V"}
    grid = month_grid(MARKS, PEOPLE, 2026, 2, words, letters)
    assert grid.head[-6] == "da"
    assert any("V" in row for row in grid.rows)
    assert ("V", "verspätet") in legend(words, letters).rows
    early = [MARKS[0]._replace(shift_id="01AB")]
    shifts = day_list(early, PEOPLE, {"01AB": "Early"}, now=0)
    assert shifts.rows[0][4] == "Early"


def test_legend() -> None:
    """Every letter of a grid is explained, and the star; below the table in a CSV."""
    table = legend()
    assert dict(table.rows) == {  # type: ignore[arg-type]
        **{letter: status for status, letter in LETTERS.items() if letter},
        "*": "provisional",
    }
    text = write_csv(month_grid([], PEOPLE, 2026, 2), table).decode("utf-8-sig")
    assert "excused\r\n\r\nletter,status\r\n" in text
    assert "\r\nV,on_leave\r\n" in text


def test_letters() -> None:
    """Every status has its own, and none begins a formula."""
    assert set(LETTERS) == set(STATUSES)
    assert len(set(LETTERS.values())) == len(STATUSES)
    assert all(harmless(letter) == letter for letter in LETTERS.values())


@pytest.mark.parametrize("make", [partial(day_list, now=0), payroll])
def test_no_formula(make: object) -> None:
    """A name that is a formula is a name in both kinds of file."""
    sheet = make(MARKS, PEOPLE)  # type: ignore[operator]
    text = write_csv(sheet).decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text
    assert "'-8" in text
    book = load_workbook(io.BytesIO(write_xlsx([sheet])))
    assert not [
        cell
        for row in book.worksheets[0].iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
