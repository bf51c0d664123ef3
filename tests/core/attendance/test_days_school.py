"""Days at a school: the push guide's rules one by one, by hand from their text.

With time windows, punches outside both are ignored, first in wins, last out wins.
Without windows the first punch is IN and the last is OUT. With a start, a first in
after start and grace is late, else present; without one all are present.
"""

from dataclasses import replace
from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.schedule import Entry, Rules

from .kit import Scene, Worked, shift, table

MON_TO_FRI = frozenset(range(5))
NAIROBI = "Africa/Nairobi"

_WINDOWS = shift(
    start="8:00",
    grace_late=600,
    in_window="6:30-9:00",
    out_window="13:00-16:30",
    days=MON_TO_FRI,
)
WINDOWS = Scene(
    zone=NAIROBI,
    rules=Rules(
        default=_WINDOWS,
        holidays={Date(2026, 4, 3): "Good Friday"},
        entries=(
            Entry(
                who="p1",
                kind="leave",
                first=Date(2026, 4, 7),
                last=Date(2026, 4, 8),
                note="ill",
            ),
            Entry(
                who="p1",
                kind="excuse",
                first=Date(2026, 4, 9),
                last=Date(2026, 4, 9),
                note="dentist",
            ),
        ),
    ),
)
PLAIN = Scene(zone=NAIROBI, rules=Rules(default=shift(start="8:00", grace_late=600)))
OPEN = Scene(zone=NAIROBI, rules=Rules())
IN_ALONE = replace(
    WINDOWS,
    rules=Rules(default=shift(start="8:00", grace_late=600, in_window="6:30-9:00")),
)
STRICT = replace(
    PLAIN,
    rules=Rules(default=shift(start="8:00", grace_late=600, keys="strict")),
)
IGNORE = replace(
    PLAIN,
    rules=Rules(default=shift(start="8:00", grace_late=600, keys="ignore")),
)

THURSDAY = "2026-03-12"
DAYS = [
    *table(
        WINDOWS,
        THURSDAY,
        ("on time", "07:55 14:10", "present in=07:55 out=14:10 worked=6:15"),
        ("at start and grace", "08:10 14:10", "present in=08:10 out=14:10 worked=6:00"),
        (
            "a second after start and grace",
            "08:10:01 14:10",
            "late in=08:10:01 out=14:10 worked=5:59:59 late=0:10:01",
        ),
        ("late", "08:17 14:00", "late in=08:17 out=14:00 worked=5:43 late=0:17"),
        (
            "first in wins, last out wins",
            "07:40 07:50 07:58 14:00 14:20",
            "present in=07:40 out=14:20 worked=6:40",
        ),
        (
            "between the windows is ignored",
            "07:55 10:30 14:10",
            "present in=07:55 out=14:10 worked=6:15 flags=outside",
        ),
        ("only between the windows", "10:30", "absent flags=outside"),
        (
            "came between the windows",
            "10:30 14:10",
            "present out=14:10 flags=missing_in,outside",
        ),
        ("no check-out", "07:55", "present in=07:55 flags=missing_out"),
        (
            "edges are within",
            "06:30 16:30",
            "present in=06:30 out=16:30 worked=10:00",
        ),
        (
            "a second before the in-window",
            "06:29:59 14:00",
            "present out=14:00 flags=missing_in,outside",
        ),
        (
            "at the end of the in-window",
            "09:00",
            "late in=09:00 late=1:00 flags=missing_out",
        ),
        (
            "a second after the in-window",
            "09:00:01 14:00",
            "present out=14:00 flags=missing_in,outside",
        ),
        (
            "a second after the out-window",
            "07:50 16:30:01",
            "present in=07:50 flags=missing_out,outside",
        ),
        ("nobody", "", "absent"),
        (
            "a terminal without keys",
            "07:55k0 14:10k0",
            "present in=07:55 out=14:10 worked=6:15",
        ),
        (
            "a terminal that says 255",
            "07:55k255 14:10k255",
            "present in=07:55 out=14:10 worked=6:15",
        ),
        ("told backwards", "14:10 07:55", "present in=07:55 out=14:10 worked=6:15"),
        (
            "told twice",
            "07:55 14:10 07:55 14:10",
            "present in=07:55 out=14:10 worked=6:15",
        ),
        (
            "in at the one gate, out at the other",
            "07:55@in 14:10@out",
            "present in=07:55 out=14:10 worked=6:15",
        ),
        (
            "twice in at the gate",
            "08:05@in 08:20@in 14:00@out",
            "present in=08:05 out=14:00 worked=5:55",
        ),
        (
            "only out at the gate, in the morning",
            "07:55@out",
            "present flags=missing_in,missing_out",
        ),
        (
            "only in at the gate, in the afternoon",
            "14:10@in",
            "present flags=missing_in,missing_out",
        ),
        (
            "a check-out key in the morning is no arrival",
            "07:55k1 08:20 14:10k1",
            "late in=08:20 out=14:10 worked=5:50 late=0:20",
        ),
        ("Saturday", "", "day_off", "2026-03-14"),
        (
            "there on Saturday",
            "07:55 13:30",
            "day_off in=07:55 out=13:30 worked=5:35 flags=worked_off",
            "2026-03-14",
        ),
        ("holiday", "", "holiday", "2026-04-03"),
        (
            "there on a holiday",
            "08:30 14:00",
            "holiday in=08:30 out=14:00 worked=5:30 flags=worked_off",
            "2026-04-03",
        ),
        ("on leave", "", "on_leave", "2026-04-07"),
        ("last day of leave", "", "on_leave", "2026-04-08"),
        ("excused", "", "excused", "2026-04-09"),
        (
            "late, and excused",
            "08:40 14:00",
            "present in=08:40 out=14:00 worked=5:20",
            "2026-04-09",
        ),
        ("the day after", "", "absent", "2026-04-10"),
    ),
    *table(
        IN_ALONE,
        THURSDAY,
        (
            "an out-window that is open",
            "07:55 11:00",
            "present in=07:55 out=11:00 worked=3:05",
        ),
        (
            "no arrival in the in-window",
            "09:30k255@gate 12:00",
            "present out=12:00 flags=missing_in",
        ),
    ),
    *table(
        PLAIN,
        THURSDAY,
        ("first and last", "07:50 14:00", "present in=07:50 out=14:00 worked=6:10"),
        (
            "three punches",
            "07:50 12:00 13:00",
            "present in=07:50 out=13:00 worked=5:10",
        ),
        ("late", "08:15 13:00", "late in=08:15 out=13:00 worked=4:45 late=0:15"),
        (
            "one punch is IN",
            "08:15",
            "late in=08:15 late=0:15 flags=missing_out",
        ),
        (
            "one punch at noon is IN",
            "13:00",
            "late in=13:00 late=5:00 flags=missing_out",
        ),
        (
            "all day long",
            "00:05 23:55",
            "present in=00:05 out=23:55 worked=23:50 flags=too_long",
        ),
        (
            "after midnight is tomorrow",
            "07:50 +00:05",
            "present in=07:50 flags=missing_out",
        ),
        (
            "before midnight is yesterday",
            "-23:55 07:50 14:00",
            "present in=07:50 out=14:00 worked=6:10",
        ),
        ("a double punch", "08:00 08:00:20", "present in=08:00 flags=missing_out"),
        (
            "two punches a minute apart",
            "08:00 08:01",
            "present in=08:00 out=08:01 worked=0:01",
        ),
        (
            "a double punch at the end",
            "08:00 14:00 14:00:30",
            "present in=08:00 out=14:00:30 worked=6:00:30",
        ),
        (
            "keys are honoured: out only",
            "14:00k1",
            "present out=14:00 flags=missing_in",
        ),
        (
            "key 0 is a check-in where keys are used",
            "07:50k0 12:00k1 13:00k0",
            "present in=07:50 out=12:00 worked=4:10 flags=missing_out",
        ),
        (
            "key 0 is no check-in where none are",
            "07:50k0 12:00k0 13:00k0",
            "present in=07:50 out=13:00 worked=5:10",
        ),
        (
            "a gate does not give keys to the terminal in the hall",
            "07:50@in 14:00k0",
            "present in=07:50 out=14:00 worked=6:10",
        ),
        (
            "a terminal without keys at the exit",
            "07:50@in 14:00k0@out",
            "present in=07:50 out=14:00 worked=6:10",
        ),
        ("nobody", "", "absent"),
        ("Sunday is a day like others", "", "absent", "2026-03-15"),
    ),
    *table(
        STRICT,
        THURSDAY,
        (
            "key 0 is always a check-in",
            "07:50k0 14:00k0",
            "present in=07:50 flags=missing_out",
        ),
        (
            "what has no key may be either",
            "07:50k0 14:00k255",
            "present in=07:50 out=14:00 worked=6:10",
        ),
    ),
    *table(
        IGNORE,
        THURSDAY,
        (
            "keys that nobody presses right",
            "07:50k1 14:00k0",
            "present in=07:50 out=14:00 worked=6:10",
        ),
        (
            "the gates count",
            "07:50k1@in 12:00k0@out 13:00k1@in",
            "present in=07:50 out=12:00 worked=4:10 flags=missing_out",
        ),
    ),
    *table(
        OPEN,
        THURSDAY,
        (
            "without a start all are present",
            "11:00 15:00",
            "present in=11:00 out=15:00 worked=4:00",
        ),
        ("just before midnight", "23:59", "present in=23:59 flags=missing_out"),
        ("nobody", "", "absent"),
    ),
]


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()
