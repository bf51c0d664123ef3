"""Days at an office: grace, breaks, overtime, leave and excuses, by hand."""

from dataclasses import replace
from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.policy import Break, Shift
from custom_components.syncid.core.attendance.schedule import Entry, Rules

from .kit import Scene, Worked, seconds, shift, table

MON_TO_FRI = frozenset(range(5))
LUNCH = (Break(seconds("12:30"), seconds("13:00")),)


def part(day: str, times: str, kind: str = "excuse") -> Entry:
    """Return an entry for a part of a day."""
    begin, end = map(seconds, times.split("-"))
    return Entry(
        who="p1",
        kind=kind,  # type: ignore[arg-type]
        first=Date.fromisoformat(day),
        last=Date.fromisoformat(day),
        note="dentist",
        part=(begin, end),
    )


# Owed: 8 hours. On a day that is off, and on leave, none are: all of it is overtime.
_OFFICE = shift(
    start="9:00",
    end="17:30",
    days=MON_TO_FRI,
    grace_late=300,
    grace_early=600,
    breaks=LUNCH,
    half_day_below="4:00",
    absent_below="2:00",
    overtime="hours",
    overtime_least="0:30",
)
OFFICE = Scene(
    rules=Rules(
        default=_OFFICE,
        holidays={Date(2026, 5, 1): "May Day"},
        entries=(
            part("2026-03-16", "9:00-10:30"),
            part("2026-03-17", "16:00-17:30"),
            part("2026-03-18", "9:00-13:00", "leave"),
            part("2026-03-20", "9:00-17:30"),
            Entry(
                who="p1",
                kind="leave",
                first=Date(2026, 3, 19),
                last=Date(2026, 3, 19),
                note="holidays",
            ),
        ),
    )
)


def office(**changed: object) -> Scene:
    """Return the office with other rules."""
    default: Shift = replace(_OFFICE, **changed)  # type: ignore[arg-type]
    return replace(OFFICE, rules=Rules(default=default))


TUESDAY = "2026-03-10"


def away(*parts: Entry, **rules: object) -> Scene:
    """Return another shift, and who is away for parts of its days."""
    default = shift(overtime="hours", **rules)
    return Scene(rules=Rules(default=default, entries=parts))


TWICE_AWAY = away(
    part(TUESDAY, "8:00-11:00", "leave"),
    part(TUESDAY, "10:00-12:00"),
    start="8:00",
    end="17:00",
)
NO_END = away(part(TUESDAY, "8:00-13:00", "leave"), start="8:00", required="8:00")
MOSTLY_AWAY = away(
    part(TUESDAY, "8:00-15:30"),
    start="8:00",
    end="17:00",
    grace_late=600,
    half_day_below="4:30",
    absent_below="3:00",
)
DAYS = [
    *table(
        OFFICE,
        TUESDAY,
        (
            "on time",
            "08:58 17:31",
            "present in=08:58 out=17:31 worked=8:03 breaks=0:30",
        ),
        (
            "at start and grace",
            "09:05 17:30",
            "present in=09:05 out=17:30 worked=7:55 breaks=0:30",
        ),
        (
            "late",
            "09:06 17:30",
            "late in=09:06 out=17:30 worked=7:54 late=0:06 breaks=0:30",
        ),
        (
            "early within grace",
            "09:00 17:20",
            "present in=09:00 out=17:20 worked=7:50 breaks=0:30",
        ),
        (
            "left early",
            "09:00 17:19",
            (
                "present in=09:00 out=17:19 worked=7:49 early=0:11 breaks=0:30"
                " flags=early_leave"
            ),
        ),
        (
            "overtime",
            "09:00 18:00",
            "present in=09:00 out=18:00 worked=8:30 ot=0:30 breaks=0:30 flags=overtime",
        ),
        (
            "too little for overtime",
            "09:00 17:59",
            "present in=09:00 out=17:59 worked=8:29 breaks=0:30",
        ),
        (
            "overtime from both ends",
            "08:30 18:00",
            "present in=08:30 out=18:00 worked=9:00 ot=1:00 breaks=0:30 flags=overtime",
        ),
        (
            "half a day",
            "09:00 12:30",
            "half_day in=09:00 out=12:30 worked=3:30 early=5:00 flags=early_leave",
        ),
        (
            "absent by hours",
            "09:00 10:30",
            "absent in=09:00 out=10:30 worked=1:30 early=7:00 flags=early_leave",
        ),
        (
            "no less than the hours of absence",
            "09:00 11:00",
            "half_day in=09:00 out=11:00 worked=2:00 early=6:30 flags=early_leave",
        ),
        (
            "half a day after the break",
            "09:00 13:00",
            (
                "half_day in=09:00 out=13:00 worked=3:30 early=4:30 breaks=0:30"
                " flags=early_leave"
            ),
        ),
        (
            "no less than the hours of half a day",
            "09:00 13:30",
            (
                "present in=09:00 out=13:30 worked=4:00 early=4:00 breaks=0:30"
                " flags=early_leave"
            ),
        ),
        (
            "only the afternoon",
            "13:00 17:30",
            "late in=13:00 out=17:30 worked=4:30 late=4:00",
        ),
        (
            "only the late afternoon",
            "14:00 17:30",
            "half_day in=14:00 out=17:30 worked=3:30 late=5:00",
        ),
        (
            "a long break that was punched",
            "09:00 12:15k2 13:00k3 17:30",
            "present in=09:00 out=17:30 worked=7:45 breaks=0:45",
        ),
        (
            "a short break that was punched",
            "09:00 12:40k2 12:50k3 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "a break that was not ended",
            "09:00 12:15k2 17:30k1",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30 flags=missing_break_in",
        ),
        ("nobody", "", "absent"),
        ("no check-out", "09:00", "present in=09:00 flags=missing_out"),
        (
            "late, and no check-out",
            "09:30",
            "late in=09:30 late=0:30 flags=missing_out",
        ),
        (
            "a double punch",
            "09:00 09:00:30 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "before the shift's window",
            "04:59 09:00 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30 flags=outside",
        ),
        (
            "into the night",
            "09:00 +00:45",
            (
                "present in=09:00 out=+00:45 worked=15:15 ot=7:15 breaks=0:30"
                " flags=overtime,too_long"
            ),
        ),
        (
            "beyond the shift's window",
            "09:00 +01:30",
            "present in=09:00 flags=missing_out",
        ),
        (
            "dentist until half past ten",
            "10:28 17:30",
            "present in=10:28 out=17:30 worked=6:32 breaks=0:30",
            "2026-03-16",
        ),
        (
            "late after the dentist",
            "10:40 17:30",
            "late in=10:40 out=17:30 worked=6:20 late=0:10 breaks=0:30",
            "2026-03-16",
        ),
        ("never came after the dentist", "", "absent", "2026-03-16"),
        (
            "excused for the end of the day",
            "09:00 16:00",
            "present in=09:00 out=16:00 worked=6:30 breaks=0:30",
            "2026-03-17",
        ),
        (
            "left before the excuse",
            "09:00 15:30",
            (
                "present in=09:00 out=15:30 worked=6:00 early=0:30 breaks=0:30"
                " flags=early_leave"
            ),
            "2026-03-17",
        ),
        (
            "half a day of leave",
            "13:00 17:30",
            "present in=13:00 out=17:30 worked=4:30",
            "2026-03-18",
        ),
        ("on leave", "", "on_leave", "2026-03-19"),
        (
            "worked on leave",
            "09:00 12:00",
            "on_leave in=09:00 out=12:00 worked=3:00 ot=3:00 flags=overtime,worked_off",
            "2026-03-19",
        ),
        ("excused for all of the shift", "", "excused", "2026-03-20"),
        ("holiday", "", "holiday", "2026-05-01"),
        (
            "worked on a holiday",
            "10:00 14:00",
            (
                "holiday in=10:00 out=14:00 worked=3:30 ot=3:30 breaks=0:30"
                " flags=overtime,worked_off"
            ),
            "2026-05-01",
        ),
        ("Saturday", "", "day_off", "2026-03-14"),
        (
            "worked on Saturday",
            "10:00 12:00",
            "day_off in=10:00 out=12:00 worked=2:00 ot=2:00 flags=overtime,worked_off",
            "2026-03-14",
        ),
        (
            "called in on Sunday night",
            "02:00 03:30",
            "day_off in=02:00 out=03:30 worked=1:30 ot=1:30 flags=overtime,worked_off",
            "2026-03-15",
        ),
    ),
    # Owed: 5 hours, 3 hours, and 1:30 of 9 hours.
    *table(
        TWICE_AWAY,
        TUESDAY,
        (
            "away for two parts that overlap",
            "12:00 17:00",
            "present in=12:00 out=17:00 worked=5:00",
        ),
        (
            "away for two parts that overlap, and stayed on",
            "12:00 17:30",
            "present in=12:00 out=17:30 worked=5:30 ot=0:30 flags=overtime",
        ),
    ),
    *table(
        NO_END,
        TUESDAY,
        (
            "away for a part of hours that are owed",
            "13:00 16:00",
            "present in=13:00 out=16:00 worked=3:00",
        ),
        (
            "away for a part of hours that are owed, and stayed on",
            "13:00 17:00",
            "present in=13:00 out=17:00 worked=4:00 ot=1:00 flags=overtime",
        ),
    ),
    *table(
        MOSTLY_AWAY,
        TUESDAY,
        (
            "excused for most of the day, and worked all that was left",
            "15:30 17:00",
            "present in=15:30 out=17:00 worked=1:30",
        ),
        (
            "excused for most of the day, and worked half of what was left",
            "15:40 16:25",
            ("present in=15:40 out=16:25 worked=0:45 early=0:35 flags=early_leave"),
        ),
        (
            "excused for most of the day, and worked less than half of what was left",
            "15:30 16:14",
            ("half_day in=15:30 out=16:14 worked=0:44 early=0:46 flags=early_leave"),
        ),
        (
            "excused for most of the day, and worked hardly at all",
            "15:30 15:59",
            ("absent in=15:30 out=15:59 worked=0:29 early=1:01 flags=early_leave"),
        ),
    ),
]


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()


def test_parts_are_told_with_their_notes() -> None:
    """Why somebody is not late at ten is what was noted of the morning."""
    noted = replace(part(TUESDAY, "9:00-10:30"), note="Dentist")
    left = replace(part(TUESDAY, "16:00-17:30", "leave"), note="Train")
    mark = away(left, noted, start="9:00", end="17:30").mark(
        Date.fromisoformat(TUESDAY), "10:20 16:00"
    )
    assert mark.explain().split("; ")[-2:] == [
        "excused from 09:00 to 10:30: Dentist",
        "on leave from 16:00 to 17:30: Train",
    ]
    assert "Dentist" not in mark.explain(with_notes=False)
