"""Days at an office: breaks, overtime, hours, flexible hours, part time, by hand."""

from dataclasses import replace
from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.policy import Break, Rounding, Shift
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


# Owed: 8 hours. A day that is off has no hours, so that all of it is overtime.
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


SHIFT_END = office(missing_out="shift_end")
CAP = office(missing_out="cap", cap=seconds("6:00"))
PAIRS = office(hours="pairs")
PAIRS_STRICT = office(hours="pairs", keys="strict")
EDGES = office(rounding=Rounding(arrival="up", departure="down"))
KIND = office(rounding=Rounding(arrival="down"))
TOTAL = office(rounding=Rounding(total="nearest"))
FROM_START = office(counts_early=False)
PAID = office(breaks=(), punched_breaks_paid=True)
PUNCHED = office(breaks=())
# Owed: 8 hours. From 7:00 to 9:00 they may come, and leave as much later than 15:30.
FLEXIBLE = Scene(
    rules=Rules(
        default=shift(start="7:00", end="15:30", flexible="2:00", deduct="0:30")
    )
)
ANY_TIME = Scene(
    rules=Rules(
        default=shift(
            required="8:00", deduct="0:30", half_day_below="4:00", overtime="hours"
        )
    )
)
PART_TIME = Scene(
    rules=Rules(
        default=shift(
            start="9:00",
            end="13:00",
            days=frozenset({0, 2, 4}),
            half_day_below="2:00",
        )
    )
)

TUESDAY = "2026-03-10"
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
            "present in=09:00 out=17:19 worked=7:49 early=0:11 breaks=0:30"
            " flags=early_leave",
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
            "half a day after the break",
            "09:00 13:00",
            "half_day in=09:00 out=13:00 worked=3:30 early=4:30 breaks=0:30"
            " flags=early_leave",
        ),
        (
            "no less than the hours of half a day",
            "09:00 13:30",
            "present in=09:00 out=13:30 worked=4:00 early=4:00 breaks=0:30"
            " flags=early_leave",
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
        ("late, and no check-out", "09:30", "late in=09:30 late=0:30 flags=missing_out"),
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
            "present in=09:00 out=+00:45 worked=15:15 ot=7:15 breaks=0:30"
            " flags=overtime",
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
            "present in=09:00 out=15:30 worked=6:00 early=0:30 breaks=0:30"
            " flags=early_leave",
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
            "on_leave in=09:00 out=12:00 worked=3:00 flags=worked_off",
            "2026-03-19",
        ),
        ("excused for all of the shift", "", "excused", "2026-03-20"),
        ("holiday", "", "holiday", "2026-05-01"),
        (
            "worked on a holiday",
            "10:00 14:00",
            "holiday in=10:00 out=14:00 worked=3:30 ot=3:30 breaks=0:30"
            " flags=overtime,worked_off",
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
    *table(
        SHIFT_END,
        TUESDAY,
        (
            "no check-out, hours until the shift's end",
            "09:00",
            "present in=09:00 worked=8:00 breaks=0:30 flags=missing_out",
        ),
        (
            "no check-out by who came after the end",
            "18:00",
            "absent in=18:00 late=9:00 flags=missing_out",
        ),
    ),
    *table(
        CAP,
        TUESDAY,
        (
            "no check-out, hours up to a cap",
            "09:00",
            "present in=09:00 worked=5:30 breaks=0:30 flags=missing_out",
        ),
        (
            "a check-out needs no cap",
            "09:00 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        PAIRS,
        TUESDAY,
        (
            "in and out in turn",
            "09:00 12:00 13:00 17:30",
            "present in=09:00 out=17:30 worked=7:30",
        ),
        (
            "came back and did not check out",
            "09:00 12:00 13:00",
            "present in=09:00 out=12:00 worked=3:00 flags=missing_out",
        ),
        (
            "through the gates",
            "09:00@in 12:00@out 13:00@in 17:30@out",
            "present in=09:00 out=17:30 worked=7:30",
        ),
        (
            "out twice",
            "09:00@in 12:00@out 17:30@out",
            "half_day in=09:00 out=17:30 worked=3:00",
        ),
    ),
    *table(
        PAIRS_STRICT,
        TUESDAY,
        (
            "with keys",
            "09:00k0 12:00k1 13:00k0 17:30k1",
            "present in=09:00 out=17:30 worked=7:30",
        ),
        (
            "checked in twice",
            "09:00k0 09:10k0 17:30k1",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        OFFICE,
        TUESDAY,
        (
            "out for lunch through the gates",
            "09:00@in 12:00@out 13:00@in 17:30@out",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "back through the gate, and never out",
            "09:00@in 12:00@out 13:00@in",
            "present in=09:00 out=12:00 worked=3:00 flags=missing_out",
        ),
    ),
    *table(
        EDGES,
        TUESDAY,
        (
            "rounded at both ends",
            "08:52 17:40",
            "present in=08:52 out=17:40 worked=8:00 breaks=0:30",
        ),
        (
            "on a step already",
            "09:00 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        KIND,
        TUESDAY,
        (
            "rounding does not excuse",
            "09:06 17:30",
            "late in=09:06 out=17:30 worked=8:00 late=0:06 breaks=0:30",
        ),
    ),
    *table(
        TOTAL,
        TUESDAY,
        (
            "the total rounded down to the nearest",
            "09:00 17:37",
            "present in=09:00 out=17:37 worked=8:00 breaks=0:30",
        ),
        (
            "the total rounded up to the nearest",
            "09:00 17:38",
            "present in=09:00 out=17:38 worked=8:15 breaks=0:30",
        ),
    ),
    *table(
        FROM_START,
        TUESDAY,
        (
            "early time is not counted",
            "08:30 17:30",
            "present in=08:30 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        PUNCHED,
        TUESDAY,
        (
            "two breaks",
            "09:00 10:00k2 10:15k3 12:00k2 12:45k3 17:30",
            "present in=09:00 out=17:30 worked=7:30 breaks=1:00",
        ),
    ),
    *table(
        PAID,
        TUESDAY,
        (
            "punched breaks that are paid",
            "09:00 12:00k2 12:45k3 17:30",
            "present in=09:00 out=17:30 worked=8:30",
        ),
    ),
    *table(
        FLEXIBLE,
        TUESDAY,
        (
            "came late, left late",
            "08:30 17:00",
            "present in=08:30 out=17:00 worked=8:00 breaks=0:30",
        ),
        (
            "as late as one may",
            "09:00 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "later than one may",
            "09:01 17:30",
            "late in=09:01 out=17:30 worked=7:59 late=0:01 breaks=0:30",
        ),
        (
            "came late, left too early",
            "08:30 16:30",
            "present in=08:30 out=16:30 worked=7:30 early=0:30 breaks=0:30"
            " flags=early_leave",
        ),
        (
            "before the flexible time",
            "06:30 15:30",
            "present in=06:30 out=15:30 worked=8:30 breaks=0:30",
        ),
        (
            "no break for a short day",
            "07:00 13:00",
            "present in=07:00 out=13:00 worked=6:00 early=2:30 flags=early_leave",
        ),
    ),
    *table(
        ANY_TIME,
        TUESDAY,
        (
            "any eight hours",
            "11:00 19:30",
            "present in=11:00 out=19:30 worked=8:00 breaks=0:30",
        ),
        ("half of them", "11:00 14:00", "half_day in=11:00 out=14:00 worked=3:00"),
        (
            "more than eight",
            "08:00 19:00",
            "present in=08:00 out=19:00 worked=10:30 ot=2:30 breaks=0:30 flags=overtime",
        ),
    ),
    *table(
        PART_TIME,
        "2026-03-09",
        ("Monday", "08:55 13:05", "present in=08:55 out=13:05 worked=4:10"),
        ("Tuesday", "", "day_off", "2026-03-10"),
        (
            "there on Tuesday",
            "09:00 11:00",
            "day_off in=09:00 out=11:00 worked=2:00 flags=worked_off",
            "2026-03-10",
        ),
        ("absent on Wednesday", "", "absent", "2026-03-11"),
        (
            "half of Friday",
            "09:00 10:30",
            "half_day in=09:00 out=10:30 worked=1:30 early=2:30 flags=early_leave",
            "2026-03-13",
        ),
    ),
]


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()
