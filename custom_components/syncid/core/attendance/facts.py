"""What a day's times are, and what its punches come to, before anything is judged."""

from collections.abc import Sequence
from typing import NamedTuple

from .hours import (
    Hours,
    Stretch,
    Walk,
    arrival,
    departure,
    hours_of,
    lasting,
    merged,
    overlap,
    overtime_of,
    stretch,
    within,
)
from .policy import Shift
from .readings import EITHER, IN, OUT, OVERTIME_IN, OVERTIME_OUT, Reading
from .reasons import Reason
from .schedule import Entry, Plan


class Times(NamedTuple):
    """The shift's times on a date, by the wall clock, as leave and excuses leave them."""

    start: int | None
    end: int | None
    owed: int | None
    # The entry that is for the whole day, or for all of the shift.
    away: Entry | None


def times_of(plan: Plan, midnight: int) -> Times:
    """Return when a shift starts and ends on a date, and the hours that are owed."""
    shift = plan.shift
    start, end, owed = shift.start, shift.end, shift.owed
    away = next((entry for entry in plan.entries if entry.part is None), None)
    parts = sorted(
        (entry for entry in plan.entries if entry.part is not None),
        key=lambda entry: entry.part or (0, 0),
    )
    for entry in parts:
        if start is not None and entry.part and entry.part[0] <= start < entry.part[1]:
            start = entry.part[1]
            if end is not None and start >= end:
                away = away or entry
    for entry in reversed(parts):
        if end is not None and entry.part and entry.part[0] < end <= entry.part[1]:
            end = entry.part[0]
    if away is not None:
        start = end = None
        owed = 0 if owed is not None else None
    elif owed is not None and shift.start is not None and shift.end is not None:
        for entry in parts:
            if entry.part is not None:
                owed -= overlap(entry.part, (shift.start, shift.end))
                owed += sum(
                    overlap(entry.part, (pause.start, pause.end))
                    for pause in shift.breaks
                    if not pause.paid
                )
        owed = max(0, owed)
    return Times(
        None if start is None else midnight + start,
        None if end is None else midnight + end,
        owed,
        away,
    )


class Facts(NamedTuple):
    """What the punches of a day come to."""

    walked: Walk
    first: Reading | None = None
    last: Reading | None = None
    # Who came and has not gone, and who has gone and nobody saw them come.
    missing_out: bool = False
    missing_in: bool = False
    hours: Hours = Hours(0, 0)
    overtime: int = 0
    # Where the hours end of who did not check out, if the shift says so.
    assumed: Reason | None = None
    running_since: int | None = None


def facts_of(
    held: list[Reading],
    plan: Plan,
    midnight: int,
    times: Times,
    walked: Walk,
    is_final: bool,
) -> Facts:
    """Return what the punches of a day come to; nothing is invented until it is final."""
    if not held:
        return Facts(walked)
    shift = plan.shift
    first = arrival(held, midnight, shift)
    if shift.hours == "pairs":
        # In turn: the last of an odd number is an arrival.
        gone = walked.gone
        is_out = gone is not None and within(gone.wall - midnight, shift.out_window)
        last = gone if is_out else None
    else:
        last = departure(held, midnight, shift, first)
    # Whoever may have gone with the last punch has; a key or a gate may say otherwise.
    missing_out = last is None or (walked.where != "out" and held[-1].utc > last.utc)
    stretches = _stretches(shift, walked, first, last, held)
    assumed = None
    if is_final and missing_out and first is not None:
        stretches, assumed = _assume(shift, times, first, walked, stretches)
    elif not is_final and walked.paused is not None and first is not None:
        begin = walked.came if shift.hours == "pairs" else first
        stretches = merged([*stretches, stretch(begin or first, walked.paused)])
    hours = hours_of(stretches, walked, midnight, shift)
    if assumed is not None and assumed.key == "out_at_cap" and shift.cap:
        hours = hours._replace(worked=min(hours.worked, shift.cap))
    if shift.overtime == "none":
        overtime = 0
    elif plan.off:
        overtime = hours.worked
    else:
        overtime = overtime_of(shift, hours, lasting(walked.overtime), times.owed)
    return Facts(
        walked,
        first,
        last,
        missing_out,
        first is None,
        hours,
        overtime,
        assumed,
        _running_since(shift, walked, first, last),
    )


def _stretches(
    shift: Shift,
    walked: Walk,
    first: Reading | None,
    last: Reading | None,
    held: Sequence[Reading],
) -> list[Stretch]:
    if shift.hours == "pairs":
        return merged(walked.pairs)
    begin, end = first, last
    # Overtime that is keyed apart from the shift does not make one long day of both.
    if first is not None and first.sense == OVERTIME_IN:
        begin = next((one for one in held if one.sense in (IN, EITHER)), first)
    if last is not None and last.sense == OVERTIME_OUT:
        end = next((one for one in reversed(held) if one.sense in (OUT, EITHER)), last)
        if begin is not None and end.utc <= begin.utc:
            end = last
    if begin is None or end is None or end.utc <= begin.utc:
        return merged(walked.overtime)
    return merged([*walked.overtime, stretch(begin, end)])


def _assume(
    shift: Shift,
    times: Times,
    first: Reading,
    walked: Walk,
    stretches: list[Stretch],
) -> tuple[list[Stretch], Reason | None]:
    """Return the hours of who did not check out, as the shift has it."""
    if shift.missing_out == "shift_end" and times.end is not None:
        until, why = times.end, Reason("out_at_shift_end", (times.end,))
    elif shift.missing_out == "cap" and shift.cap:
        until, why = first.wall + shift.cap, Reason("out_at_cap", (shift.cap,))
    else:
        return stretches, None
    begin = walked.came if shift.hours == "pairs" and walked.came else first
    if until > begin.wall:
        length = until - begin.wall
        stretches = merged(
            [*stretches, Stretch(begin.utc, begin.utc + length, begin.wall, until)]
        )
    return stretches, why


def _running_since(
    shift: Shift, walked: Walk, first: Reading | None, last: Reading | None
) -> int | None:
    """Return from when on hours are running that no check-out has ended yet."""
    if walked.where != "in":
        return None
    since = walked.came if shift.hours == "pairs" else (last or first)
    if since is None:
        return None
    paused = 0
    if not shift.punched_breaks_paid:
        paused = lasting(one for one in walked.breaks if one.begin >= since.utc)
    return since.utc + paused
