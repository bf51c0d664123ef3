"""Whose shift is which, whose day a punch is, and what makes no sense."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date as Date, timedelta

import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.day import days_of, moved_into, reach_of
from custom_components.syncid.core.attendance.policy import Break, Rounding
from custom_components.syncid.core.attendance.reasons import KEYS, Reason
from custom_components.syncid.core.attendance.schedule import (
    Entry,
    Roster,
    Rules,
    day_number,
)
from custom_components.syncid.core.errors import RuleRefused
from custom_components.syncid.core.people import Person

from .kit import AMINA, Scene, seconds, shift, utc
from .test_days_shifts import FACTORY, WATCH

MONDAY = Date(2026, 2, 2)
SITE = shift(name="Site")
OWN, GROUPS, DOORS, NIGHT = (
    shift(id=name, start="9:00", end="17:00")
    for name in ("own", "groups", "doors", "night")
)
RULES = Rules(
    default=SITE,
    shifts=(OWN, GROUPS, DOORS, NIGHT),
    of_person={"p1": "own"},
    of_group={"b": "groups", "c": "night"},
    of_terminal={"hall": "doors", "gate": "night"},
    rota={
        ("p1", MONDAY): "night",
        ("b", MONDAY): None,
        ("p4", Date(2026, 2, 4)): "own",
    },
    holidays={Date(2026, 2, 3): "Founding day", Date(2026, 2, 4): "Another"},
)


def person(name: str, *groups: str) -> Person:
    """Return somebody."""
    return Person(id=name, name=name, groups=groups)


@pytest.mark.parametrize(
    ("who", "serials", "day", "found", "off"),
    [
        (person("p1"), ["hall"], 4, "own", ""),
        (person("p1", "b"), ["hall"], 4, "own", ""),
        (person("p2", "a", "b", "c"), ["hall"], 4, "groups", ""),
        (person("p2", "c", "b"), ["hall"], 4, "night", ""),
        (person("p2", "B"), ["hall"], 4, "groups", ""),
        (person("p3"), ["hall", "gate"], 4, "night", ""),
        (person("p3"), ["hall"], 4, "doors", ""),
        (person("p3"), ["cellar"], 4, "", ""),
        # The rota goes before all of them, the person's before the group's.
        (person("p1", "b"), [], 0, "night", ""),
        (person("p2", "b"), [], 0, "groups", "rota_off"),
        (person("p2", "B"), [], 0, "groups", "rota_off"),
        # A holiday goes before the shift, and a rota that names one before that.
        (person("p1"), [], 1, "own", "holiday"),
        (person("p4"), [], 2, "own", ""),
        (person("p1"), [], 2, "own", "holiday"),
    ],
)
def test_whose_shift(
    who: Person, serials: list[str], day: int, found: str, off: str
) -> None:
    """Rota, then the person's own, their group's, their terminal's, the site's."""
    plan = Roster(RULES, who, serials).plan(day_number(MONDAY) + day)
    assert (plan.shift.id, plan.off) == (found, off)


def test_entries_of_a_group() -> None:
    """A class that is away is away, each of it."""
    day = Date(2026, 2, 5)
    trip = Entry(who="b", kind="excuse", first=day, last=day, note="trip")
    scene = Scene(rules=Rules(entries=(trip,)))
    assert replace(scene, person=person("p2", "b")).mark(day, "").status == "excused"
    assert replace(scene, person=person("p2", "B")).mark(day, "").status == "excused"
    assert replace(scene, person=person("p2", "a")).mark(day, "").status == "absent"
    later = replace(scene, person=person("p2", "b")).mark(day + timedelta(days=1), "")
    assert later.status == "absent"


@pytest.mark.parametrize(
    ("part", "start", "end"),
    [
        ("20:00-23:00", "23:00", "30:00"),
        ("23:00-30:00", "22:00", "23:00"),
        ("22:00-25:00", "25:00", "30:00"),
        # Times after midnight are the night's, whether they are written so or not.
        ("4:00-6:00", "22:00", "28:00"),
        ("28:00-30:00", "22:00", "28:00"),
        ("12:00-14:00", "22:00", "30:00"),
    ],
)
def test_part_of_a_night(part: str, start: str, end: str) -> None:
    """A part of a day is one of the shift that begins on it."""
    begin, until = map(seconds, part.split("-"))
    away = Entry(
        who="p1", kind="excuse", first=MONDAY, last=MONDAY, part=(begin, until)
    )
    night = shift(start="22:00", end="6:00")
    roster = Roster(Rules(default=night, entries=(away,)), AMINA, ())
    plan = roster.plan(day_number(MONDAY))
    assert (plan.start, plan.end) == (
        plan.midnight + seconds(start),
        plan.midnight + seconds(end),
    )


# --- whose day a punch is -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("scene", "day", "punch", "days"),
    [
        # Night until Friday morning; what is at ten in the morning still is.
        (FACTORY, "2026-02-06", "06:04", -1),
        (FACTORY, "2026-02-06", "21:55", 0),
        (FACTORY, "2026-02-06", "+06:01", 0),
        (FACTORY, "2026-02-06", "13:59:59", -1),
        (FACTORY, "2026-02-06", "18:00", 0),
        # In no window: the date on the clock.
        (FACTORY, "2026-02-06", "15:00", 0),
        # Right behind each other: by the side of the gate.
        (FACTORY, "2026-02-09", "05:59", -1),
        (FACTORY, "2026-02-09", "06:00", 0),
        (FACTORY, "2026-02-09", "05:29@in", -1),
        (FACTORY, "2026-02-09", "05:30@in", 0),
        (FACTORY, "2026-02-09", "09:59@out", -1),
        (FACTORY, "2026-02-09", "10:00@out", 0),
        (WATCH, "2026-03-12", "07:00", -1),
        (WATCH, "2026-03-12", "07:00:01", 0),
        (WATCH, "2026-03-12", "17:00", 0),
    ],
)
def test_days_of_a_punch(scene: Scene, day: str, punch: str, days: int) -> None:
    """A punch touches one day, and that day's reach holds it."""
    date = Date.fromisoformat(day)
    (stored,) = scene.punches(date, punch)
    owner = date + timedelta(days=days)
    touched = days_of(scene.rules, scene.person, [stored], stations=scene.terminals)
    assert touched == {("p1", owner)}
    first, last = reach_of(scene.rules, scene.person, owner, stations=scene.terminals)
    assert first <= stored.punch.local_second < last


def test_reach_in_another_zone() -> None:
    """What is judged by another clock may be shown a day off."""
    rules = Rules(zone="UTC")
    scene = Scene(zone="Pacific/Auckland", rules=rules)
    date = Date(2026, 3, 12)
    for text in ("13:00", "+12:59"):
        (stored,) = scene.punches(date, text)
        touched = days_of(rules, AMINA, [stored], stations=scene.terminals)
        assert touched == {("p1", date)}
        first, last = reach_of(rules, AMINA, date, stations=scene.terminals)
        assert first <= stored.punch.local_second < last


def test_days_of_a_corrected_clock() -> None:
    """A clock that was a day ahead touches the day that it should have shown."""
    scene = Scene(zone="UTC", rules=Rules())
    date = Date(2026, 3, 12)
    (stored,) = scene.punches(date, "08:00")
    moved = Correction(
        number=1,
        kind="shift_clock",
        by="Office",
        at=0,
        why="battery",
        serial="gate",
        local_second=utc("2026-03-12 00:00"),
        until=utc("2026-03-13 00:00"),
        seconds=-86_400,
    )
    touched = days_of(
        scene.rules, AMINA, [stored], stations=scene.terminals, corrections=[moved]
    )
    assert touched == {("p1", date - timedelta(days=1))}
    yesterday = date - timedelta(days=1)
    reach = reach_of(scene.rules, AMINA, yesterday, stations=scene.terminals)
    ((serial, first, last),) = moved_into(*reach, [moved])
    assert serial == "gate"
    assert first <= stored.punch.local_second < last
    long_ago = reach_of(scene.rules, AMINA, Date(2020, 1, 1), stations=scene.terminals)
    assert moved_into(*long_ago, [moved]) == []


def test_terminal_that_is_gone() -> None:
    """Its punches count, by the clock that it had."""
    scene = Scene(zone="Europe/Berlin", rules=Rules())
    date = Date(2026, 3, 12)
    punches = scene.punches(date, "08:00 16:00")
    gone = [one._replace(serial="gone") for one in punches]
    assert days_of(scene.rules, AMINA, gone, stations=()) == {("p1", date)}
    rules = Rules(zone="Europe/London")
    assert days_of(rules, AMINA, gone, stations=()) == {("p1", date)}


# --- what makes no sense ------------------------------------------------------------------

JUST = Date(2026, 2, 2)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: shift(start="25:00"), "time_range"),
        (lambda: shift(end="24:01"), "time_range"),
        (lambda: shift(in_window="6:00-25:00"), "window_order"),
        (lambda: shift(grace_late=-1), "grace_negative"),
        (lambda: shift(days=frozenset({7})), "weekday_unknown"),
        (lambda: shift(minimum_gap=-1), "duration_negative"),
        (lambda: shift(required="25:00"), "hours_long"),
        (lambda: shift(half_day_below="2:00", absent_below="3:00"), "half_day_order"),
        (lambda: shift(missing_out="cap"), "cap_missing"),
        (lambda: shift(start="24:00"), "time_range"),
        (lambda: Break(seconds("13:00"), seconds("12:00")), "window_order"),
        (lambda: Rounding(step=0), "rounding_step"),
        (lambda: Rules(zone="Mars/Olympus"), "zone_unknown"),
        (lambda: Rules(zone="../etc/passwd"), "zone_unknown"),
        (lambda: Rules(of_person={"p1": "none"}), "shift_unknown"),
        (lambda: Rules(rota={("p1", JUST): "none"}), "shift_unknown"),
        (lambda: Rules(shifts=(OWN, OWN)), "shift_twice"),
        (lambda: Rules(default=OWN, shifts=(OWN,)), "shift_twice"),
        (
            lambda: Entry(
                who="p1", kind="leave", first=JUST, last=JUST - timedelta(days=1)
            ),
            "entry_order",
        ),
        (
            lambda: Entry(who="p1", kind="leave", first=JUST, last=JUST, part=(2, 1)),
            "entry_part",
        ),
        (
            lambda: Correction(number=1, kind="mark", by="Office", at=0, why=" "),
            "why_missing",
        ),
        (
            lambda: Correction(number=1, kind="mark", by="Office", at=0, why="so"),
            "entry_part",
        ),
        (
            lambda: Correction(number=1, kind="revoke", by="Office", at=0, why="so"),
            "entry_part",
        ),
    ],
)
def test_refused(make: Callable[[], object], reason: str) -> None:
    """It is refused by name, before any day is computed with it."""
    with pytest.raises(RuleRefused) as refused:
        make()
    assert refused.value.reason == reason
    assert reason in str(refused.value)


# --- reasons ------------------------------------------------------------------------------


def test_as_the_issue_says_it() -> None:
    """The reason why somebody was late, word by word."""
    scene = Scene(rules=Rules(default=shift(start="8:00", grace_late=600)))
    made = scene.mark(MONDAY, "08:17 14:00")
    assert str(made.reasons[0]) == "late: first in 08:17, start 08:00, grace 10 min"
    assert made.reasons[0].key == "late"
    assert made.reasons[0].placeholders == {
        "first_in": "08:17",
        "start": "08:00",
        "grace": "10",
    }


def test_a_second_is_shown() -> None:
    """Who is late by a second is not told that 08:10 is after 08:10."""
    scene = Scene(rules=Rules(default=shift(start="8:00", grace_late=600)))
    made = scene.mark(MONDAY, "08:10:01 14:00")
    assert "first in 08:10:01, start 08:00, grace 10 min" in made.explain()


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_reason_can_be_said(key: str) -> None:
    """Each has a value for each gap, in English and for translations."""
    said = Reason(key, tuple(60 for _ in KEYS[key]))
    assert set(said.placeholders) == KEYS[key]
    assert "{" not in str(said)
    with pytest.raises(ValueError):
        _ = Reason(key, (1,) * (len(KEYS[key]) + 1)).placeholders
