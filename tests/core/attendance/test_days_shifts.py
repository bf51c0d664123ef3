"""Days of shifts and nights, in other zones, and on the days when clocks change.

A punch belongs to the shift whose window holds it; IN and OUT are paired within the
logical day. How long something lasted is by UTC, when it was by the wall clock.
"""

from datetime import date as Date, timedelta

import pytest

from custom_components.syncid.core.attendance.policy import HOUR, MINUTE, Shift
from custom_components.syncid.core.attendance.readings import Station
from custom_components.syncid.core.attendance.schedule import Rules

from .kit import Scene, Worked, shift, table

_FACTORY: dict[str, object] = {
    "grace_late": 300,
    "minimum_gap": 120,
    "overtime": "both",
    "overtime_least": "0:15",
}
EARLY = shift(id="early", start="6:00", end="14:00", **_FACTORY)
LATE = shift(id="late", start="14:00", end="22:00", **_FACTORY)
NIGHT = shift(id="night", start="22:00", end="6:00", **_FACTORY)
# From Monday, the 2nd of February; None is a day off.
_TURNS: tuple[Shift | None, ...] = (
    EARLY,
    EARLY,
    LATE,
    NIGHT,
    NIGHT,
    None,
    NIGHT,
    EARLY,
    LATE,
)
FACTORY = Scene(
    zone="Europe/Warsaw",
    rules=Rules(
        shifts=(EARLY, LATE, NIGHT),
        of_person={"p1": "early"},
        rota={
            ("p1", Date(2026, 2, 2) + timedelta(days=number)): None
            if turn is None
            else turn.id
            for number, turn in enumerate(_TURNS)
        },
    ),
)
# A guard who may only come and go in windows; those in the morning are the next day's.
WATCH = Scene(
    zone="Asia/Karachi",
    rules=Rules(
        default=shift(
            start="18:00",
            end="6:00",
            grace_late=900,
            in_window="17:00-20:00",
            out_window="5:00-7:00",
        )
    ),
)
# Nights of which one window is said.
_NIGHT: dict[str, object] = {"start": "22:00", "end": "6:00"}
NIGHT_IN = Scene(rules=Rules(default=shift(**_NIGHT, in_window="21:00-23:00")))
NIGHT_OUT = Scene(rules=Rules(default=shift(**_NIGHT, out_window="5:00-7:00")))
NO_END = Scene(rules=Rules(default=shift(start="22:00", out_window="5:00-7:00")))
LATE_IN = Scene(
    rules=Rules(default=shift(start="14:00", end="22:00", in_window="13:00-15:00"))
)
# One may come for it before midnight.
AFTER_MIDNIGHT = Scene(
    rules=Rules(
        default=shift(
            start="0:15", end="8:00", in_window="23:30-0:30", out_window="7:30-9:00"
        )
    )
)


def guard(zone: str) -> Scene:
    """Return a guard's nights somewhere."""
    return Scene(
        zone=zone,
        rules=Rules(default=shift(start="22:00", end="6:00", grace_late=300)),
    )


BERLIN = guard("Europe/Berlin")
WEEK = frozenset(range(5))
SATURDAY = Date(2026, 3, 14)
# Nights of the week; none begins on a Saturday or a Sunday.
WEEK_NIGHTS = Scene(rules=Rules(default=shift(start="22:00", end="6:00", days=WEEK)))
ASSUMED = Scene(rules=Rules(default=shift(**_NIGHT, missing_out="shift_end")))
SMALL_HOURS = Scene(
    rules=Rules(default=shift(start="2:00", end="2:45", counts_early=False))
)
_PLAIN = shift(start="8:00", grace_late=600)
KARACHI = Scene(zone="Asia/Karachi", rules=Rules(default=_PLAIN))
_OFFICE = shift(start="9:00", end="17:30", grace_late=300)
IN_LONDON = Scene(
    zone="Europe/London", rules=Rules(default=_OFFICE, zone="Europe/Berlin")
)
IN_KARACHI = Scene(
    zone="Asia/Karachi", rules=Rules(default=_OFFICE, zone="Asia/Kolkata")
)
IN_AUCKLAND = Scene(zone="Pacific/Auckland", rules=Rules(default=_PLAIN, zone="UTC"))
# Two shifts of one date: as one, without and with a shift for both.
NURSE = Scene(
    zone="Europe/Berlin", rules=Rules(default=shift(start="6:00", end="14:00"))
)
DOUBLE = Scene(
    zone="Europe/Berlin",
    rules=Rules(
        default=shift(start="6:00", end="14:00"),
        shifts=(
            shift(id="both", start="6:00", end="6:00", hours="pairs", required="16:00"),
        ),
        rota={("p1", Date(2026, 2, 2)): "both", ("p1", Date(2026, 2, 3)): None},
    ),
)
TRAVELLER = Scene(
    rules=Rules(default=_PLAIN),
    stations=(
        Station(serial="berlin", zone="Europe/Berlin"),
        Station(serial="london", zone="Europe/London"),
    ),
)

DAYS = [
    *table(
        FACTORY,
        "2026-02-02",
        ("early", "05:52 14:03", "present in=05:52 out=14:03 worked=8:11"),
        (
            "early, at start and grace",
            "06:05 14:00",
            "present in=06:05 out=14:00 worked=7:55",
            "2026-02-03",
        ),
        (
            "early, late",
            "06:06 14:00",
            "late in=06:06 out=14:00 worked=7:54 late=0:06",
            "2026-02-03",
        ),
        (
            "late shift",
            "13:55 22:05",
            "present in=13:55 out=22:05 worked=8:10",
            "2026-02-04",
        ),
        (
            "late shift, until two in the morning",
            "13:58 +02:00",
            "present in=13:58 out=+02:00 worked=12:02 ot=4:02 flags=overtime",
            "2026-02-04",
        ),
        (
            "night",
            "21:50 +06:04",
            "present in=21:50 out=+06:04 worked=8:14",
            "2026-02-05",
        ),
        (
            "night, late",
            "22:06 +06:00",
            "late in=22:06 out=+06:00 worked=7:54 late=0:06",
            "2026-02-05",
        ),
        (
            "night, no check-out",
            "21:55",
            "present in=21:55 flags=missing_out",
            "2026-02-05",
        ),
        ("night, nobody", "", "absent", "2026-02-05"),
        (
            "the morning belongs to the night before",
            "06:04 21:55 +06:01",
            "present in=21:55 out=+06:01 worked=8:06",
            "2026-02-06",
        ),
        ("the morning after the last night", "06:01", "day_off", "2026-02-07"),
        (
            "extra work on a day off",
            "15:00 19:00",
            "day_off in=15:00 out=19:00 worked=4:00 ot=4:00 flags=overtime,worked_off",
            "2026-02-07",
        ),
        (
            "a night with the next shift right behind it",
            "21:55 +05:58",
            "present in=21:55 out=+05:58 worked=8:03 early=0:02 flags=early_leave",
            "2026-02-08",
        ),
        (
            "the shift right behind the night",
            "05:58 06:02 14:01",
            "present in=06:02 out=14:01 worked=7:59",
            "2026-02-09",
        ),
        (
            "in through the gate before the night has ended",
            "05:45@in 14:01",
            "present in=05:45 out=14:01 worked=8:16 ot=0:16 flags=overtime",
            "2026-02-09",
        ),
        (
            "out through the gate when the next shift has begun",
            "21:55 +06:10@out",
            "present in=21:55 out=+06:10 worked=8:15 ot=0:15 flags=overtime",
            "2026-02-08",
        ),
        (
            "overtime by keys, after a break",
            "05:55 14:00k1 14:30k4 16:30k5",
            "present in=05:55 out=16:30 worked=10:05 ot=2:05 flags=overtime",
        ),
        (
            "overtime by keys, without a check-out before",
            "05:55 14:00k4 16:00k5",
            "present in=05:55 out=16:00 worked=10:05 ot=2:05 flags=overtime",
        ),
        (
            "a double punch within the gap",
            "05:55 05:56:59 14:00",
            "present in=05:55 out=14:00 worked=8:05",
        ),
        (
            "a double punch and no more",
            "05:55 05:56:59",
            "present in=05:55 flags=missing_out",
        ),
        (
            "turned round at the door",
            "05:55 05:57",
            "present in=05:55 out=05:57 worked=0:02 early=8:03 flags=early_leave",
        ),
        ("by the person's own shift", "", "absent", "2026-02-20"),
    ),
    *table(
        WEEK_NIGHTS,
        "2026-03-15",
        (
            "a visit on the second of two days off",
            "08:30k0 08:45k1",
            "day_off in=08:30 out=08:45 worked=0:15 flags=worked_off",
        ),
        (
            "nothing of it is the first one's",
            "+08:30k0 +08:45k1",
            "day_off",
            "2026-03-14",
        ),
        (
            "two visits",
            "09:00k0 10:00k1 11:00k0 12:00k1",
            "day_off in=09:00 out=12:00 worked=3:00 flags=worked_off",
        ),
        (
            "a night that nobody planned",
            "22:00k0 +06:10k1",
            "day_off in=22:00 out=+06:10 worked=8:10 flags=worked_off",
            "2026-03-14",
        ),
        (
            "the last night of the week, after its end",
            "22:00k0 +08:30k1",
            "present in=22:00 out=+08:30 worked=10:30",
            "2026-03-13",
        ),
    ),
    *table(
        WATCH,
        "2026-03-12",
        ("watch", "17:50 +06:02", "present in=17:50 out=+06:02 worked=12:12"),
        (
            "watch, at start and grace",
            "18:15 +06:00",
            "present in=18:15 out=+06:00 worked=11:45",
        ),
        (
            "watch, late",
            "18:16 +06:00",
            "late in=18:16 out=+06:00 worked=11:44 late=0:16",
        ),
        (
            "watch, rounds are outside",
            "17:50 22:00 +02:00 +06:02",
            "present in=17:50 out=+06:02 worked=12:12 flags=outside",
        ),
        ("watch, no check-out", "17:50", "present in=17:50 flags=missing_out"),
        ("watch, no check-in", "+06:00", "present out=+06:00 flags=missing_in"),
        (
            "watch, the morning is of the night before",
            "06:02 17:50 +06:00",
            "present in=17:50 out=+06:00 worked=12:10",
        ),
        (
            "watch, after the in-window",
            "20:01 +06:00",
            "present out=+06:00 flags=missing_in,outside",
        ),
        (
            "watch, left early",
            "17:50 +05:30",
            "present in=17:50 out=+05:30 worked=11:40 early=0:30 flags=early_leave",
        ),
        (
            "watch, in the afternoon",
            "16:30 17:50 +06:00",
            "present in=17:50 out=+06:00 worked=12:10 flags=outside",
        ),
        ("watch, nobody", "", "absent"),
    ),
    *table(
        NIGHT_IN,
        "2026-03-12",
        (
            "in-window alone, a night",
            "21:55 +06:00",
            "present in=21:55 out=+06:00 worked=8:05",
        ),
        (
            "in-window alone, a night after another",
            "-21:55 06:00 21:55 +06:00",
            "present in=21:55 out=+06:00 worked=8:05",
        ),
    ),
    *table(
        NIGHT_OUT,
        "2026-03-12",
        (
            "out-window alone, a night",
            "21:55 +06:00",
            "present in=21:55 out=+06:00 worked=8:05",
        ),
        (
            "out-window alone, left before it",
            "21:55 +04:59",
            "present in=21:55 flags=missing_out",
        ),
    ),
    *table(
        NO_END,
        "2026-03-12",
        (
            "out-window alone, a night without an end",
            "06:00 21:55 +06:00",
            "present in=21:55 out=+06:00 worked=8:05",
        ),
    ),
    *table(
        LATE_IN,
        "2026-03-12",
        (
            "in-window alone, left after midnight",
            "14:00 +00:30",
            "present in=14:00 out=+00:30 worked=10:30",
        ),
    ),
    *table(
        AFTER_MIDNIGHT,
        "2026-03-12",
        (
            "came before midnight for a start after it",
            "-23:50 08:00 23:50",
            "present in=-23:50 out=08:00 worked=8:10",
        ),
        (
            "late for a start after midnight",
            "00:20 08:00",
            "late in=00:20 out=08:00 worked=7:40 late=0:05",
        ),
        (
            "before the in-window of a start after midnight",
            "-23:29 08:00",
            "present out=08:00 flags=missing_in",
        ),
    ),
    *table(
        BERLIN,
        "2026-03-28",
        (
            "a night of seven hours",
            "21:55 +06:00",
            "present in=21:55 out=+06:00 worked=7:05",
        ),
        (
            "a night of seven hours, late",
            "22:10 +06:00",
            "late in=22:10 out=+06:00 worked=6:50 late=0:10",
        ),
        (
            "left in the hour that never was",
            "22:00 +02:30",
            "present in=22:00 out=+02:30 worked=4:30 early=2:30 flags=early_leave",
        ),
        (
            "a night of nine hours",
            "22:00 +06:00",
            "present in=22:00 out=+06:00 worked=9:00",
            "2026-10-24",
        ),
        (
            "left at half past two, the first time",
            "22:00 +02:30",
            "present in=22:00 out=+02:30 worked=4:30 early=4:30 flags=early_leave",
            "2026-10-24",
        ),
        (
            "left at half past two, the second time",
            "22:00 +02:30'",
            "present in=22:00 out=+02:30 worked=5:30 early=3:30 flags=early_leave",
            "2026-10-24",
        ),
        (
            "out and in again in the hour that comes twice",
            "22:00@in +02:50@out +02:10'@in +06:00@out",
            "present in=22:00 out=+06:00 worked=9:00",
            "2026-10-24",
        ),
        (
            "the night after",
            "22:00 +06:00",
            "present in=22:00 out=+06:00 worked=8:00",
            "2026-10-25",
        ),
    ),
    *table(
        ASSUMED,
        "2026-03-28",
        (
            "no check-out from a night of seven hours",
            "22:00",
            "present in=22:00 worked=7:00 flags=missing_out",
        ),
        (
            "no check-out from a night of nine hours",
            "22:00",
            "present in=22:00 worked=9:00 flags=missing_out",
            "2026-10-24",
        ),
    ),
    *table(
        Scene(rules=Rules(default=shift(start="2:30", end="10:00"))),
        "2026-10-25",
        (
            "before the start by the clock, for the second time",
            "02:25' 10:00",
            "present in=02:25 out=10:00 worked=7:35",
        ),
    ),
    *table(
        SMALL_HOURS,
        "2026-10-25",
        (
            "at the first of two starts, until the first of two ends",
            "01:55 02:45",
            "present in=01:55 out=02:45 worked=0:45",
        ),
        (
            "at the second of two starts",
            "02:05' 02:45'",
            "late in=02:05 out=02:45 worked=0:40 late=1:05",
        ),
        (
            "from before the hour that never was",
            "01:50 03:40",
            "present in=01:50 out=03:40 worked=0:40 early=0:05 flags=early_leave",
            "2026-03-29",
        ),
    ),
    *table(
        guard("America/New_York"),
        "2026-10-31",
        ("New York", "22:00 +06:00", "present in=22:00 out=+06:00 worked=9:00"),
    ),
    *table(
        guard("Australia/Lord_Howe"),
        "2026-04-04",
        ("half an hour", "22:00 +06:00", "present in=22:00 out=+06:00 worked=8:30"),
    ),
    *table(
        Scene(rules=Rules(default=_PLAIN)),
        "2026-03-29",
        (
            "a morning on which the clock was set forward",
            "07:58 12:00",
            "present in=07:58 out=12:00 worked=4:02",
        ),
        (
            "all of a day of 23 hours",
            "00:00 23:59",
            "present in=00:00 out=23:59 worked=22:59 flags=too_long",
        ),
    ),
    *table(
        KARACHI,
        "2026-03-12",
        (
            "the terminal's clock, not the server's",
            "08:05 13:00",
            "present in=08:05 out=13:00 worked=4:55",
        ),
        (
            "late by the terminal's clock",
            "08:11 13:00",
            "late in=08:11 out=13:00 worked=4:49 late=0:11",
        ),
        ("just after its midnight", "00:10", "present in=00:10 flags=missing_out"),
    ),
    *table(
        IN_LONDON,
        "2026-03-10",
        (
            "five past nine at the site",
            "08:05 16:30",
            "present in=09:05 out=17:30 worked=8:25",
        ),
        (
            "six past nine at the site",
            "08:06 16:30",
            "late in=09:06 out=17:30 worked=8:24 late=0:06",
        ),
    ),
    *table(
        IN_KARACHI,
        "2026-03-12",
        (
            "half an hour between the zones",
            "08:30 17:00",
            "present in=09:00 out=17:30 worked=8:30",
        ),
    ),
    *table(
        IN_AUCKLAND,
        "2026-03-12",
        (
            "tomorrow at the terminal, noon at the site",
            "+01:00",
            "late in=12:00 late=4:00 flags=missing_out",
        ),
        ("yesterday at the site", "12:59", "absent"),
    ),
    *table(
        TRAVELLER,
        "2026-03-12",
        (
            "from one zone to another",
            "08:00@berlin 16:00@london",
            "present in=08:00 out=16:00 worked=9:00",
        ),
    ),
]


DAYS += table(
    NURSE,
    "2026-02-02",
    (
        "two shifts as one",
        "05:55 14:05 21:55 +06:05",
        "present in=05:55 out=21:55 worked=16:00 flags=too_long",
    ),
    (
        "fourteen hours",
        "05:55 19:55",
        "present in=05:55 out=19:55 worked=14:00",
    ),
    (
        "a minute more",
        "05:55 19:56",
        "present in=05:55 out=19:56 worked=14:01 flags=too_long",
    ),
)
DAYS += table(
    DOUBLE,
    "2026-02-02",
    (
        "a shift for both",
        "05:55 14:05 21:55 +06:05",
        "present in=05:55 out=+06:05 worked=16:20",
    ),
    ("off after both", "-21:55 06:05", "day_off", "2026-02-03"),
    (
        "two without a pause",
        "05:55 +11:00",
        "present in=05:55 out=+11:00 worked=29:05 flags=too_long",
    ),
)


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()


@pytest.mark.parametrize(
    ("rules", "punches", "worked"),
    [
        # By key, and by the gate's direction: nobody can take it for a check-in.
        (shift(start="9:00", end="17:00", days=WEEK), "18:00k0 +00:30k1", 390),
        (shift(start="9:00", end="17:00", days=WEEK), "18:00@in +00:30@out", 390),
        (shift(start="16:00", end="0:00", days=WEEK), "16:00@in +00:05@out", 485),
        # Flexible hours end two hours later.
        (
            shift(start="22:00", end="6:00", flexible=2 * HOUR, days=WEEK),
            "23:30@in +07:30@out",
            480,
        ),
    ],
)
def test_check_out_after_midnight_between_days_off(
    rules: Shift, punches: str, worked: int
) -> None:
    """A check-out just after midnight ends what was begun on the day off before."""
    mark = Scene(rules=Rules(default=rules)).mark(SATURDAY, punches)
    assert (mark.worked, mark.overtime > 0) == (worked * MINUTE, False)
    assert "missing_out" not in mark.flags


def test_evening_shift_on_a_day_off() -> None:
    """Who works a shift until midnight on a day off goes home five minutes after it."""
    rules = Rules(default=shift(start="16:00", end="0:00", days=WEEK))
    mark = Scene(rules=rules).mark(SATURDAY, "16:00 +00:05")
    assert mark.worked == 8 * HOUR + 5 * MINUTE
