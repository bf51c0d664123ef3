"""Doors within, and assembly points: who punches there neither comes nor goes."""

from dataclasses import replace
from datetime import date as Date

import pytest

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.readings import Station
from custom_components.syncid.core.attendance.schedule import Rules

from .kit import Scene, seconds, shift, utc

DAY = Date(2026, 2, 10)
SCENE = Scene(
    zone="UTC",
    rules=Rules(default=shift(start="8:00", end="16:00", grace_late=600)),
    stations=(
        Station(serial="gate", zone="UTC"),
        Station(serial="lab", zone="UTC", direction="none"),
    ),
)
AFTER = "2026-02-10 16:30"


@pytest.mark.parametrize(
    ("punches", "same_as"),
    [
        ("07:55 08:05@lab 16:02", "07:55 16:02"),
        ("07:55 08:05@lab 12:00@lab", "07:55"),
        ("06:00@lab 08:30 16:02 17:00@lab", "08:30 16:02"),
        ("07:55 12:00k1@lab 12:30k0@lab 16:02", "07:55 16:02"),
        ("08:05@lab", ""),
    ],
)
def test_tells_nothing_of_days(punches: str, same_as: str) -> None:
    """A day is what it is without them, whatever key was pressed."""
    assert SCENE.mark(DAY, punches) == SCENE.mark(DAY, same_as)


def test_is_in_between_two_doors() -> None:
    """Who opens a door after the gate is in the building still."""
    now = utc("2026-02-10 10:00")
    stations = SCENE.read_until(now)
    made = SCENE.mark(DAY, "07:55 08:05@lab", now=now, stations=stations)
    assert (made.status, made.presence) == ("present", "in")


def test_is_not_waited_for() -> None:
    """A door that is away keeps no day open, and who knows but doors is not absent."""
    gate, lab = SCENE.read_until(utc(AFTER))
    away = (gate, replace(lab, delivered_until=None))
    made = SCENE.mark(DAY, "", now=utc(AFTER), stations=away)
    assert (made.status, made.final) == ("absent", True)
    made = SCENE.mark(DAY, "08:05@lab", now=utc(AFTER), stations=(lab,))
    assert (made.status, made.final) == ("expected", False)


def test_a_human_may_say_otherwise() -> None:
    """What a punch at a door meant can be said; one that is void explains nothing."""
    word = {
        "number": 1,
        "by": "Office",
        "at": utc(AFTER),
        "why": "the gate was open",
        "person_id": "p1",
        "serial": "lab",
        "local_second": utc("2026-02-10 00:00") + seconds("07:58"),
    }
    turned = Correction(kind="set_direction", direction="check_in", **word)  # type: ignore[arg-type]
    made = SCENE.mark(DAY, "07:58@lab 16:02", corrections=[turned])
    assert (made.status, "corrected" in made.flags) == ("present", True)
    assert made.worked == SCENE.mark(DAY, "07:58 16:02").worked
    void = Correction(kind="void_punch", **word)  # type: ignore[arg-type]
    made = SCENE.mark(DAY, "07:58@lab 16:02", corrections=[void])
    assert made == SCENE.mark(DAY, "16:02")
