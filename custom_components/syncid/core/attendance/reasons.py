"""Why a mark is what it is: a key and what fills its gaps, so that it can be translated.

`str()` of a reason is its English, for logs and exports; a translation of the same key
has the same placeholders.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, override

from .policy import DAY, HOUR, MINUTE
from .schedule import date_of

type Value = int | str
type Style = Callable[[Value], str]


def clock(wall: Value) -> str:
    """Write a time of day; with seconds where there are any, since they count."""
    second = int(wall) % DAY
    text = f"{second // HOUR:02}:{second % HOUR // MINUTE:02}"
    return f"{text}:{second % MINUTE:02}" if second % MINUTE else text


def moment(wall: Value) -> str:
    """Write a time of day with its date: of a night it is not the day's own."""
    return f"{date_of(int(wall) // DAY)} {clock(wall)}"


def time_of(iso: Value) -> str:
    """Write the time of day of a moment that is kept in ISO's way, with its offset."""
    return str(iso)[11:19].removesuffix(":00")


def duration(seconds: Value) -> str:
    """Write a duration in hours and minutes."""
    second = abs(int(seconds))
    sign = "-" if int(seconds) < 0 else ""
    return f"{sign}{second // HOUR}:{second % HOUR // MINUTE:02}"


def off(seconds: Value) -> str:
    """Write by how much a clock was off: it may be years, or seconds."""
    days, rest = divmod(abs(int(seconds)), DAY)
    sign = "-" if int(seconds) < 0 else ""
    hours = f"{rest // HOUR}:{rest % HOUR // MINUTE:02}:{rest % MINUTE:02}"
    return f"{sign}{days} d {hours}" if days else f"{sign}{hours}"


def minutes(seconds: Value) -> str:
    """Write a duration in minutes."""
    return f"{int(seconds) / MINUTE:g}"


# The English of each key, and how each gap is written.
_TEXTS: Mapping[str, tuple[str, Mapping[str, Style]]] = {
    # what the mark is
    "present": (
        "present: first in {first_in}, start {start}, grace {grace} min",
        {"first_in": clock, "start": clock, "grace": minutes},
    ),
    "late": (
        "late: first in {first_in}, start {start}, grace {grace} min",
        {"first_in": clock, "start": clock, "grace": minutes},
    ),
    "present_no_start": (
        "present: first in {first_in}, and there is no start to be late for",
        {"first_in": clock},
    ),
    "present_no_in": (
        "present: left {last_out}, and no punch says when they came",
        {"last_out": clock},
    ),
    "present_no_time": ("present: punched, but neither came nor left", {}),
    "present_excused": (
        "present: first in {first_in}, excused: {note}",
        {"first_in": clock, "note": str},
    ),
    "half_day": (
        "half day: worked {worked}, less than {least}",
        {"worked": duration, "least": duration},
    ),
    "absent_by_hours": (
        "absent: worked {worked}, less than {least}",
        {"worked": duration, "least": duration},
    ),
    "absent": ("absent: no punch, start {start}", {"start": clock}),
    "absent_no_start": ("absent: no punch all day", {}),
    "expected": ("not known yet: no punch so far", {}),
    "holiday": ("holiday: {name}", {"name": str}),
    "day_off": ("day off: not a working day of this shift", {}),
    "rota_off": ("day off by the rota", {}),
    "on_leave": ("on leave: {note}", {"note": str}),
    "excused": ("excused: {note}", {"note": str}),
    "leave_part": (
        "on leave from {begin} to {until}: {note}",
        {"begin": clock, "until": clock, "note": str},
    ),
    "excuse_part": (
        "excused from {begin} to {until}: {note}",
        {"begin": clock, "until": clock, "note": str},
    ),
    "inactive": ("not a person of this site on this day", {}),
    "marked": (
        "{status}: so marked by {by}: {why}",
        {"status": str, "by": str, "why": str},
    ),
    # what else is to be said of the day
    "waiting": ("provisional: not read since the end: {terminals}", {"terminals": str}),
    "running": ("provisional: the day ends {end}", {"end": moment}),
    "not_mapped": ("no terminal knows this person", {}),
    "missing_out": ("no check-out", {}),
    "out_at_shift_end": (
        "no check-out: hours counted until the shift's end, {end}",
        {"end": clock},
    ),
    "out_at_cap": ("no check-out: {cap} counted at most", {"cap": duration}),
    "missing_in": ("no check-in", {}),
    "missing_break_in": ("a break was never ended", {}),
    "early_leave": (
        "left early: last out {last_out}, end {end}, grace {grace} min",
        {"last_out": clock, "end": clock, "grace": minutes},
    ),
    "too_long": (
        (
            "lasted {lasted}, more than {longest}: two shifts of one date, or a check-out"
            " that was forgotten"
        ),
        {"lasted": duration, "longest": duration},
    ),
    "overtime": ("overtime: {overtime}", {"overtime": duration}),
    "break": ("break: {length} taken off", {"length": duration}),
    "unpaid": (
        "break: from {begin} on {length} are not counted",
        {"begin": time_of, "length": duration},
    ),
    "worked_off": ("worked {worked} although off", {"worked": duration}),
    "outside": ("punches outside the windows are ignored: {count}", {"count": str}),
    "corrected": ("punches corrected by {by}: {why}", {"by": str, "why": str}),
    "clock": (
        "the clock of {terminal} was wrong: {moved} added by {by}: {why}",
        {"terminal": str, "moved": off, "by": str, "why": str},
    ),
}
KEYS: Mapping[str, frozenset[str]] = {
    key: frozenset(gaps) for key, (_, gaps) in _TEXTS.items()
}


class Reason(NamedTuple):
    """One reason; its values in the order of the key's placeholders."""

    key: str
    values: tuple[Value, ...] = ()

    @property
    def placeholders(self) -> dict[str, str]:
        """Return what fills the gaps of a translation."""
        gaps = _TEXTS[self.key][1]
        return {
            name: style(value)
            for (name, style), value in zip(gaps.items(), self.values, strict=True)
        }

    @property
    def is_note(self) -> bool:
        """Tell whether a human's own words are in it."""
        return not KEYS[self.key].isdisjoint(("note", "why"))

    @override
    def __str__(self) -> str:
        """Return the reason in English."""
        return _TEXTS[self.key][0].format(**self.placeholders)


def because(key: str, *values: Value) -> Reason:
    """Return a reason: its constructor takes three times as long, for each of many."""
    return tuple.__new__(Reason, (key, values))
