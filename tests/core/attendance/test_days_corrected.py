"""Days that were corrected: forgotten punches, wrong clocks, a human's word."""

from dataclasses import replace
from datetime import date as Date, datetime, timedelta

import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.policy import HOUR, Break, Shift
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.records import local_second

from .kit import Scene, Worked, shift, utc

SCENE = Scene(
    zone="UTC",
    rules=Rules(default=shift(start="8:00", end="14:00", grace_late=600)),
)
DAY = "2026-03-12"


def fix(kind: str, number: int = 1, **fields: object) -> Correction:
    """Return a correction by the office."""
    fields = {"person_id": "p1", **fields}
    return Correction(
        number=number,
        kind=kind,  # type: ignore[arg-type]
        by="Office",
        at=utc("2026-03-13 09:00"),
        why="told so",
        **fields,  # type: ignore[arg-type]
    )


def at(text: str) -> int:
    """Return a second of the day, by the clock, which is UTC here."""
    return local_second(datetime.fromisoformat(f"{DAY} {text}"))


def clock(begin: str, end: str, **by: float) -> Correction:
    """Return a correction of the gate's clock."""
    return fix(
        "shift_clock",
        person_id="",
        serial="gate",
        local_second=utc(begin),
        until=utc(end),
        seconds=int(timedelta(**by).total_seconds()),
    )


ADD_OUT = fix(
    "add_punch",
    local_second=at("14:00"),
    utc_second=at("14:00"),
    direction="check_out",
)
ADD_IN = fix(
    "add_punch", 2, local_second=at("07:55"), utc_second=at("07:55"), serial="gate"
)
VOID = fix("void_punch", serial="gate", local_second=at("07:00"))
VOID_ADDED = fix("void_punch", 3, serial="gate", local_second=at("07:55"))
TURN = fix(
    "set_direction", serial="gate", local_second=at("07:55"), direction="check_out"
)
TURN_IN = fix(
    "set_direction", serial="gate", local_second=at("07:55"), direction="check_in"
)
PRESENT = fix("mark", date=Date(2026, 3, 12), status="present")
EXCUSED = fix("mark", 2, date=Date(2026, 3, 12), status="excused")
OTHERS = fix("mark", 3, person_id="p2", date=Date(2026, 3, 12), status="absent")
REVOKE = fix("revoke", 4, revokes=1)
REVOKE_REVOKE = fix("revoke", 5, revokes=4)
AHEAD = clock("2026-03-12 00:00", "2026-03-12 23:59:59", hours=-1)

ROWS: list[tuple[str, str, str, tuple[Correction, ...]]] = [
    (
        "a forgotten check-out is added",
        "07:55",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (ADD_OUT,),
    ),
    (
        "both are added",
        "",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (ADD_OUT, ADD_IN),
    ),
    (
        "what was added is taken away again",
        "08:30 14:00",
        "late in=08:30 out=14:00 worked=5:30 late=0:30 flags=corrected",
        (ADD_IN, VOID_ADDED),
    ),
    (
        "a colleague punched for them",
        "07:00 08:30 14:00",
        "late in=08:30 out=14:00 worked=5:30 late=0:30 flags=corrected",
        (VOID,),
    ),
    (
        "the wrong key was pressed",
        "07:55 08:05 14:00",
        "present in=08:05 out=14:00 worked=5:55 flags=corrected",
        (TURN,),
    ),
    (
        "a key that a human pressed later shows no keys",
        "07:40k0 07:55k0 14:00k0",
        "present in=07:40 out=14:00 worked=6:20 flags=corrected",
        (TURN,),
    ),
    (
        "what was taken away still shows that there are keys",
        "07:00k1 07:40k0 14:00k0",
        "present in=07:40 flags=corrected,missing_out",
        (VOID,),
    ),
    (
        "and so does what a human says was another key",
        "07:55k1 14:00k0",
        "present in=07:55 flags=corrected,missing_out",
        (TURN_IN,),
    ),
    ("a human says present", "", "present flags=corrected", (PRESENT,)),
    (
        "a human says present to who is late",
        "08:30 14:00",
        "present in=08:30 out=14:00 worked=5:30 late=0:30 flags=corrected",
        (PRESENT,),
    ),
    ("the later word counts", "", "excused flags=corrected", (EXCUSED, PRESENT)),
    ("a word that was taken back", "", "absent", (PRESENT, REVOKE)),
    (
        "a word that was taken back, and not",
        "",
        "present flags=corrected",
        (PRESENT, REVOKE, REVOKE_REVOKE),
    ),
    ("of somebody else", "", "absent", (OTHERS,)),
    (
        "the clock is an hour ahead, and nobody knows",
        "08:55 15:00",
        "late in=08:55 out=15:00 worked=6:05 late=0:55",
        (),
    ),
    (
        "the clock was an hour ahead",
        "08:55 15:00",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (AHEAD,),
    ),
    (
        "the clock was set right at noon",
        "08:55 14:00",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (clock("2026-03-12 00:00", "2026-03-12 12:00", hours=-1),),
    ),
    (
        "the clock was behind",
        "07:55 13:45",
        "late in=08:15 out=14:05 worked=5:50 late=0:15 flags=corrected",
        (clock("2026-03-12 00:00", "2026-03-12 23:59", minutes=20),),
    ),
    (
        "the clock was a day ahead",
        "+07:55 +14:00",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (clock("2026-03-13 00:00", "2026-03-13 23:59", days=-1),),
    ),
    (
        "yesterday's clock was a day behind",
        "-07:55 -14:00 08:30 14:00",
        "present in=07:55 out=14:00 worked=6:05 flags=corrected",
        (clock("2026-03-11 00:00", "2026-03-11 23:59", days=1),),
    ),
    (
        "a clock that was wrong at another terminal",
        "07:55@in 14:00@out",
        "present in=07:55 out=14:00 worked=6:05",
        (AHEAD,),
    ),
]
DAYS = [Worked(name, SCENE, DAY, *row) for name, *row in ROWS]  # type: ignore[arg-type]
# With overtime by hours: of a day on which nothing is owed, all of it.
BY_HOURS = replace(
    SCENE,
    rules=Rules(default=replace(SCENE.rules.default, overtime="hours")),
)
for status in ("holiday", "day_off", "on_leave"):
    word = fix("mark", date=Date(2026, 3, 12), status=status)
    DAYS += [
        Worked(
            f"there, and a human says {status}",
            BY_HOURS,
            DAY,
            "08:30 12:00",
            (
                f"{status} in=08:30 out=12:00 worked=3:30 ot=3:30"
                " flags=corrected,overtime,worked_off"
            ),
            (word,),
        ),
        Worked(
            f"a human says {status}",
            SCENE,
            DAY,
            "",
            f"{status} flags=corrected",
            (word,),
        ),
    ]


@pytest.mark.parametrize(
    ("status", "owed"),
    [
        ("on_leave", 0),
        ("excused", 0),
        ("holiday", 0),
        ("day_off", 0),
        ("present", 6 * 3600),
        ("absent", 6 * 3600),
    ],
)
def test_owed_by_a_humans_word(status: str, owed: int) -> None:
    """On days off and on leave nothing is owed, whoever says that it is one."""
    word = fix("mark", date=Date(2026, 3, 12), status=status)
    mark = SCENE.mark(Date(2026, 3, 12), "", corrections=[word])
    assert (mark.status, mark.owed) == (status, owed)
    assert str(mark.reasons[0]) == f"{status}: so marked by Office: told so"


@pytest.mark.parametrize("worked", DAYS, ids=lambda one: one.name)
def test_day(worked: Worked) -> None:
    """The mark is what the rules' text says."""
    worked.check()


def test_clock_that_forgot_the_year() -> None:
    """A terminal that lost its battery says the year 2000: its punches are put right."""
    reset = local_second(datetime(2000, 1, 1))
    moved = at("07:45") - reset
    correction = fix(
        "shift_clock",
        person_id="",
        serial="gate",
        local_second=reset,
        until=reset + 86_400,
        seconds=moved,
    )
    scene = Scene(zone="UTC", rules=SCENE.rules)
    punches = scene.punches(Date(2000, 1, 1), "00:10 06:20")
    line = Worked("", scene, DAY, "", "")
    assert line.scene.mark(Date(2026, 3, 12), "").status == "absent"
    from custom_components.syncid.core.attendance.day import mark_day  # noqa: PLC0415

    from .kit import AMINA, shown  # noqa: PLC0415

    later = utc("2026-03-15 00:00")
    mark = mark_day(
        scene.rules,
        AMINA,
        Date(2026, 3, 12),
        punches,
        stations=scene.read_until(later),
        corrections=[correction],
        now=later,
    )
    assert shown(mark) == ("present in=07:55 out=14:05 worked=6:10 flags=corrected")


SPRING = "2026-03-28"
# Entered by hand at no terminal, at ten in the evening of Berlin.
CHECK_IN = fix(
    "add_punch",
    local_second=local_second(datetime.fromisoformat(f"{SPRING} 22:00")),
    utc_second=utc(f"{SPRING} 21:00"),
    direction="check_in",
)


@pytest.mark.parametrize(
    ("rules", "out", "worked", "breaks"),
    [
        (shift(start="22:00", end="6:00", missing_out="shift_end"), "", 7 * HOUR, 0),
        # Gone at 04:30 of summer time: half of the break was over.
        (
            shift(start="22:00", end="6:00", breaks=(Break(28 * HOUR, 29 * HOUR),)),
            "+04:30k1",
            5 * HOUR,
            HOUR // 2,
        ),
    ],
)
def test_entered_punch_in_a_night_when_clocks_change(
    rules: Shift, out: str, worked: int, breaks: int
) -> None:
    """A check-in that was entered is judged by the clock that its night goes by."""
    scene, night = Scene(rules=Rules(default=rules)), Date.fromisoformat(SPRING)
    for mark in (
        scene.mark(night, f"22:00k0 {out}"),
        scene.mark(night, out, corrections=[CHECK_IN]),
    ):
        assert (mark.worked, mark.breaks) == (worked, breaks)


def test_on_leave_by_a_human_where_no_terminal_is() -> None:
    """Who is said to be on leave is so for good, as by an entry, also if not mapped."""
    date = Date.fromisoformat(DAY)
    said = fix("mark", date=date, status="on_leave")
    mark = SCENE.mark(date, "", stations=(), corrections=[said])
    assert (mark.status, mark.final) == ("on_leave", True), mark.explain()
