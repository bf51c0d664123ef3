"""Corners of days: leave in the middle of one, beside breaks, and in nights by rota."""

from dataclasses import replace
from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.policy import Break
from custom_components.syncid.core.attendance.schedule import Entry, Rules

from .kit import AMINA, Scene, Worked, seconds, shift, table

TUESDAY = "2026-03-10"
NIGHT_DAY = "2026-03-12"


def part(day: str, times: str, kind: str = "leave", who: str = "p1") -> Entry:
    """Return leave for a part of a day."""
    begin, end = map(seconds, times.split("-"))
    date = Date.fromisoformat(day)
    return Entry(who=who, kind=kind, first=date, last=date, part=(begin, end))  # type: ignore[arg-type]


def away(*parts: Entry, **rules: object) -> Scene:
    """Return a shift, and who is away for parts of its days."""
    return Scene(rules=Rules(default=shift(**rules), entries=parts))


_EIGHT: dict[str, object] = {"start": "8:00", "end": "16:00", "overtime": "hours"}
MIDDLE = away(part(TUESDAY, "10:00-11:00"), **_EIGHT)
MIDDLE_PAIRS = away(part(TUESDAY, "10:00-11:00"), hours="pairs", **_EIGHT)
# Who is there for 3 hours has nothing taken off: 3 hours are owed.
TAKEN_OFF = away(
    part(TUESDAY, "8:00-14:00"),
    start="8:00",
    end="17:00",
    deduct="0:30",
    overtime="hours",
)
# What was left of the day is longer than that above which it is taken off.
TAKEN_OFF_STILL = away(
    part(TUESDAY, "8:00-9:00"),
    start="8:00",
    end="17:00",
    deduct="0:30",
    overtime="hours",
)
NIGHT = shift(id="night", start="22:00", end="6:00", grace_late=300, overtime="hours")
# A rota of nights, and leave for the first half of one.
ROTA_NIGHT = Scene(
    rules=Rules(
        default=shift(start="8:00", end="16:00"),
        shifts=(NIGHT,),
        rota={
            ("crew", Date(2026, 3, 12)): "night",
            ("crew", Date(2026, 3, 13)): None,
        },
        entries=(part(NIGHT_DAY, "22:00-26:00"),),
    ),
    person=replace(AMINA, groups=("Crew",)),
)
ROTA_NIGHT_END = Scene(
    rules=Rules(
        default=shift(start="8:00", end="16:00"),
        shifts=(NIGHT,),
        rota={("p1", Date(2026, 3, 12)): "night"},
        entries=(part(NIGHT_DAY, "2:00-6:00"),),
    ),
)
# Of a group and of a terminal: the group's.
GROUP_AND_TERMINAL = Scene(
    rules=Rules(
        default=shift(start="10:00"),
        shifts=(shift(id="g", start="9:00"), shift(id="t", start="7:00")),
        of_group={"crew": "g"},
        of_terminal={"gate": "t"},
    ),
    person=ROTA_NIGHT.person,
)
TERMINAL = Scene(
    rules=Rules(
        default=shift(start="10:00"),
        shifts=(shift(id="g", start="9:00"), shift(id="t", start="7:00")),
        of_group={"crew": "g"},
        of_terminal={"gate": "t"},
    ),
)
DST = Scene(rules=Rules(default=shift(start="22:00", end="6:00", overtime="hours")))
# The night by rota, and the usual day two hours behind it.
NIGHT_THEN_DAY = Scene(
    rules=Rules(
        default=shift(start="8:00", end="16:00"),
        shifts=(NIGHT,),
        rota={("p1", Date(2026, 3, 12)): "night"},
    )
)
# The break is in the leave, and what is taken off by itself is not away on leave.
LONG_LUNCH = away(
    part(TUESDAY, "11:30-13:30"),
    start="8:00",
    end="17:00",
    breaks=(Break(seconds("12:00"), seconds("13:00")),),
    overtime="hours",
)
SIX = away(part(TUESDAY, "10:00-11:00"), deduct="0:30", **{**_EIGHT, "end": "17:00"})
LUNCH_AFTER = Scene(
    rules=Rules(
        default=shift(
            start="9:00",
            end="17:30",
            breaks=(Break(seconds("12:30"), seconds("13:00")),),
        ),
        entries=(part(TUESDAY, "9:00-12:30"),),
    )
)

DAYS = [
    *table(
        MIDDLE,
        TUESDAY,
        (
            "on leave in the middle of the day, punched out and in: no overtime",
            "08:00 10:00 11:00 16:00",
            "present in=08:00 out=16:00 worked=7:00",
        ),
        (
            "on leave in the middle of the day, with keys: no overtime",
            "08:00k0 10:00k1 11:00k0 16:00k1",
            "present in=08:00 out=16:00 worked=7:00",
        ),
        (
            "on leave in the middle of the day, and nothing punched then",
            "08:00 16:30",
            "present in=08:00 out=16:30 worked=7:30 ot=0:30 flags=overtime",
        ),
        (
            "on leave in the middle of the day, gone then",
            "08:00 10:30",
            "present in=08:00 out=10:30 worked=2:00 early=5:30 flags=early_leave",
        ),
    ),
    *table(
        MIDDLE_PAIRS,
        TUESDAY,
        (
            "on leave in the middle of the day, in pairs",
            "08:00 10:00 11:00 16:00",
            "present in=08:00 out=16:00 worked=7:00",
        ),
    ),
    *table(
        TAKEN_OFF,
        TUESDAY,
        (
            "half a day of leave, and too short for what is taken off",
            "14:00 17:00",
            "present in=14:00 out=17:00 worked=3:00",
        ),
    ),
    *table(
        TAKEN_OFF_STILL,
        TUESDAY,
        (
            "an hour of leave, and what is taken off",
            "09:00 17:00",
            "present in=09:00 out=17:00 worked=7:30 breaks=0:30",
        ),
    ),
    *table(
        ROTA_NIGHT,
        NIGHT_DAY,
        (
            "first half of a night by rota on leave",
            "+01:58 +06:01",
            "present in=+01:58 out=+06:01 worked=4:03 ot=0:03 flags=overtime",
        ),
        (
            "first half of a night by rota on leave, late",
            "+02:10 +06:00",
            "late in=+02:10 out=+06:00 worked=3:50 late=0:10",
        ),
        ("first half of a night on leave, and nobody came", "", "absent"),
    ),
    *table(
        ROTA_NIGHT_END,
        NIGHT_DAY,
        (
            "second half of a night by rota on leave",
            "21:58 +02:00",
            "present in=21:58 out=+02:00 worked=4:02 ot=0:02 flags=overtime",
        ),
    ),
    *table(
        GROUP_AND_TERMINAL,
        TUESDAY,
        (
            "group's shift before terminal's",
            "08:30",
            "present in=08:30 flags=missing_out",
        ),
    ),
    *table(
        TERMINAL,
        TUESDAY,
        (
            "terminal's shift before the site's",
            "08:30",
            "late in=08:30 late=1:30 flags=missing_out",
        ),
    ),
    *table(
        DST,
        "2026-10-24",
        (
            "what is owed of a night of nine hours is what the clock shows",
            "22:00 +06:00",
            "present in=22:00 out=+06:00 worked=9:00 ot=1:00 flags=overtime",
        ),
    ),
    *table(
        NIGHT_THEN_DAY,
        NIGHT_DAY,
        (
            "out of a night a minute after its end, two hours before a day",
            "21:58 +06:01",
            "present in=21:58 out=+06:01 worked=8:03 ot=0:03 flags=overtime",
        ),
        (
            "who left the night before and never came is absent",
            "06:01",
            "absent",
            "2026-03-13",
        ),
    ),
    *table(
        LONG_LUNCH,
        TUESDAY,
        (
            "on leave around the break",
            "08:00 17:00",
            "present in=08:00 out=17:00 worked=7:00",
        ),
    ),
    *table(
        SIX,
        TUESDAY,
        (
            "what is taken off is not away on leave",
            "08:00 17:00",
            "present in=08:00 out=17:00 worked=7:30 breaks=0:30",
        ),
    ),
    *table(
        LUNCH_AFTER,
        TUESDAY,
        (
            "leave until the break, and back after it",
            "13:00 17:30",
            "present in=13:00 out=17:30 worked=4:30",
        ),
    ),
]


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()
