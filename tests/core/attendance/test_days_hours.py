"""How hours are counted: pairs, rounding, flexible hours, part time, by hand."""

from dataclasses import replace

import pytest

from custom_components.syncid.core.attendance.policy import Break, Rounding
from custom_components.syncid.core.attendance.schedule import Rules

from .kit import Scene, Worked, seconds, shift, table
from .test_days_office import OFFICE, TUESDAY, office

SHIFT_END = office(missing_out="shift_end")
CAP = office(missing_out="cap", cap=seconds("6:00"))
PAIRS = office(hours="pairs")
PAIRS_STRICT = office(hours="pairs", keys="strict")
EDGES = office(rounding=Rounding(arrival="up", departure="down"))
KIND = office(rounding=Rounding(arrival="down"))
TOTAL = office(rounding=Rounding(total="nearest"))
FROM_START = office(counts_early=False)
NO_GAP = office(hours="pairs", minimum_gap=0)
PAID_LUNCH = office(breaks=(Break(seconds("12:30"), seconds("13:00"), paid=True),))
# Paid tea, unpaid lunch; both may be punched.
TEA = office(
    breaks=(
        Break(seconds("10:00"), seconds("10:15"), paid=True),
        Break(seconds("12:30"), seconds("13:00")),
    )
)
TEA_IN_PAIRS = replace(
    TEA, rules=Rules(default=replace(TEA.rules.default, hours="pairs"))
)
LONG_DAYS = office(breaks=(), deduct=seconds("0:30"), deduct_after=seconds("8:00"))
ALWAYS = office(breaks=(), deduct=seconds("0:30"), deduct_after=0)
NO_SLACK = office(opens_before=seconds("0:30"), closes_after=seconds("1:00"))
PAIRS_FROM_START = office(hours="pairs", counts_early=False)
PAID = office(breaks=(), punched_breaks_paid=True)
PUNCHED = office(breaks=())
# Owed: 8 hours. From 7:00 to 9:00 they may come, and leave as much later than 15:30.
FLEXIBLE = Scene(
    rules=Rules(
        default=shift(start="7:00", end="15:30", flexible="2:00", deduct="0:30")
    )
)
FLEXIBLE_UNTIL_END = Scene(
    rules=Rules(
        default=shift(
            start="8:00", end="16:00", flexible="1:00", missing_out="shift_end"
        )
    )
)
TWO_LUNCHES = office(
    breaks=(
        Break(seconds("12:00"), seconds("13:00")),
        Break(seconds("12:30"), seconds("13:30")),
    )
)
BY_KEYS = Scene(rules=Rules(default=shift(start="9:00", end="17:00", overtime="keys")))
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

DAYS = [
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
            "out, and a double punch",
            "09:00 12:00 13:00 17:30 17:30:30",
            "present in=09:00 out=17:30:30 worked=7:30",
        ),
        (
            "out, and a double punch, and in again",
            "09:00 12:00 12:00:30 13:00",
            "present in=09:00 out=12:00:30 worked=3:00 flags=missing_out",
        ),
        (
            "came back and did not check out",
            "09:00 12:00 13:00",
            "present in=09:00 out=12:00 worked=3:00 flags=missing_out",
        ),
        (
            "out before in, and not after",
            "08:50@out 09:00@in",
            "present in=09:00 flags=missing_out",
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
        FROM_START,
        TUESDAY,
        (
            "there only before the start",
            "08:00 08:40",
            "absent in=08:00 out=08:40 early=8:50 flags=early_leave",
        ),
    ),
    *table(
        PAIRS_FROM_START,
        TUESDAY,
        (
            "in and out before the start",
            "08:00 08:30 08:45 17:30",
            "present in=08:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        PAID_LUNCH,
        TUESDAY,
        (
            "a break that is paid",
            "09:00 17:30",
            "present in=09:00 out=17:30 worked=8:30",
        ),
    ),
    *table(
        TEA,
        TUESDAY,
        (
            "a paid break that is punched",
            "09:00 10:00k2 10:15k3 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "a paid break that lasts too long",
            "09:00 10:00k2 10:50k3 17:30",
            "present in=09:00 out=17:30 worked=7:55 breaks=0:35",
        ),
        (
            "a paid and an unpaid break, both too long by five minutes",
            "09:00 10:00k2 10:20k3 12:30k2 13:05k3 17:30",
            "present in=09:00 out=17:30 worked=7:50 breaks=0:40",
        ),
        (
            "checked out for tea, hours from first to last",
            "09:00@in 10:00@out 10:15@in 17:30@out",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
        (
            "a break at another time is not the paid one",
            "09:00 14:00k2 14:45k3 17:30",
            "present in=09:00 out=17:30 worked=7:45 breaks=0:45",
        ),
    ),
    *table(
        TEA_IN_PAIRS,
        TUESDAY,
        (
            "checked out for tea, hours of pairs",
            "09:00@in 10:00@out 10:15@in 17:30@out",
            "present in=09:00 out=17:30 worked=7:45 breaks=0:30",
        ),
        (
            "a paid break, hours of pairs",
            "09:00 10:00k2 10:20k3 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        LONG_DAYS,
        TUESDAY,
        (
            "nothing is taken off eight hours",
            "09:00 17:00",
            "present in=09:00 out=17:00 worked=8:00 early=0:30 flags=early_leave",
        ),
        (
            "a minute more, and it is",
            "09:00 17:01",
            (
                "present in=09:00 out=17:01 worked=7:31 early=0:29 breaks=0:30"
                " flags=early_leave"
            ),
        ),
    ),
    *table(
        ALWAYS,
        TUESDAY,
        (
            "taken off whatever there is",
            "09:00 11:00",
            (
                "absent in=09:00 out=11:00 worked=1:30 early=6:30 breaks=0:30"
                " flags=early_leave"
            ),
        ),
    ),
    *table(
        NO_SLACK,
        TUESDAY,
        (
            "just within the slack",
            "08:30 18:29",
            (
                "present in=08:30 out=18:29 worked=9:29 ot=1:29 breaks=0:30"
                " flags=overtime"
            ),
        ),
        (
            "too early and too late to be of the shift",
            "08:29 09:00 17:30 18:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30 flags=outside",
        ),
    ),
    *table(
        PAIRS,
        TUESDAY,
        (
            "a minute apart is twice",
            "09:00 09:01 12:00 13:00",
            (
                "absent in=09:00 out=13:00 worked=0:31 early=4:30 breaks=0:30"
                " flags=early_leave"
            ),
        ),
        (
            "less than a minute apart is once",
            "09:00 09:00:59 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
        ),
    ),
    *table(
        NO_GAP,
        TUESDAY,
        (
            "told twice is once, whatever the gap",
            "09:00 09:00 17:30 17:30",
            "present in=09:00 out=17:30 worked=8:00 breaks=0:30",
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
            (
                "present in=08:30 out=16:30 worked=7:30 early=0:30 breaks=0:30"
                " flags=early_leave"
            ),
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
        FLEXIBLE_UNTIL_END,
        TUESDAY,
        (
            "no check-out, and the end is moved too",
            "09:00",
            "present in=09:00 worked=8:00 flags=missing_out",
        ),
        (
            "no check-out by who came later than one may",
            "09:30",
            "late in=09:30 worked=7:30 late=0:30 flags=missing_out",
        ),
    ),
    *table(
        TWO_LUNCHES,
        TUESDAY,
        (
            "two unpaid breaks that overlap",
            "09:00 17:30",
            "present in=09:00 out=17:30 worked=7:00 breaks=1:30",
        ),
    ),
    *table(
        BY_KEYS,
        TUESDAY,
        (
            "overtime before the shift, by keys",
            "07:00k4 08:30k5 09:00k0 17:00k1",
            "present in=07:00 out=17:00 worked=9:30 ot=1:30 flags=overtime",
        ),
        (
            "overtime before the shift, and its end was forgotten",
            "07:00k4 09:00k0 17:00k1",
            "present in=07:00 out=17:00 worked=10:00 ot=2:00 flags=overtime",
        ),
        (
            "overtime after the shift, and its end was forgotten",
            "09:00k0 17:00k4 18:00k1",
            "present in=09:00 out=18:00 worked=9:00 ot=1:00 flags=overtime",
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
