"""What the punches of a day come to, before anything is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .hours import (
    Hours,
    Stretch,
    Walk,
    arrival,
    departure,
    hours_of,
    lasting,
    merged,
    overtime_of,
    pauses_of,
    since_start,
    stretch,
)
from .policy import Shift
from .readings import EITHER, IN, OUT, OVERTIME_IN, OVERTIME_OUT, Clock, Clocks, Reading
from .reasons import Reason, because
from .running import Running, running
from .schedule import Plan


# See `Walk` for why it is not frozen.
@dataclass(slots=True)
class Facts:
    """What the punches of a day come to."""

    walked: Walk
    first: Reading | None = None
    last: Reading | None = None
    # Who came and has not gone, and who has gone and nobody saw them come.
    missing_out: bool = False
    missing_in: bool = False
    hours: Hours = field(default_factory=lambda: Hours(0, 0))
    overtime: int = 0
    # How long after the start they came; of that, by how much flexible hours move the
    # shift; and how long before the end they left.
    after_start: int = 0
    flexed: int = 0
    before_end: int = 0
    # Where the hours end of who did not check out, if the shift says so.
    assumed: Reason | None = None
    running: Running | None = None


def facts_of(
    held: list[Reading],
    plan: Plan,
    walked: Walk,
    clocks: Clocks,
    is_final: bool,
) -> Facts:
    """Return what the punches of a day come to; nothing is invented until it is final."""
    if not held:
        return Facts(walked)
    shift, midnight = plan.shift, plan.midnight
    first = arrival(held, midnight, shift)
    if shift.hours == "pairs":
        # In turn: the last of an odd number is an arrival.
        gone = walked.gone
        last = None
        if gone is not None and (first is None or gone.utc >= first.utc):
            gap = max(1, shift.minimum_gap)
            twice = [one for one in held if 0 <= one.utc - gone.utc < gap]
            last = departure(twice, midnight, shift, None)
    else:
        last = departure(held, midnight, shift, first)
    # Whoever may have gone with the last punch has; a key or a gate may say otherwise.
    missing_out = last is None or (walked.where != "out" and held[-1].utc > last.utc)
    after_start = flexed = before_end = 0
    starts = None
    # By the clock of the first, whatever others come: who checks out changes no break.
    clock = clocks.of(held[0])
    at_first = clock if first is held[0] or first is None else clocks.of(first)
    if first is not None and plan.start is not None:
        after_start = max(0, first.utc - at_first.utc(plan.start))
        by_clock = max(0, first.wall - plan.start)
        if by_clock <= shift.grace_late + shift.flexible:
            # The clock may show it for the second time: by it nobody is late then.
            after_start = min(after_start, by_clock)
        flexed = min(after_start, shift.flexible)
    if first is not None and shift.start is not None and not shift.counts_early:
        starts = at_first.utc(midnight + shift.start)
    if last is not None and plan.end is not None and not missing_out:
        before_end = max(0, clocks.of(last).utc(plan.end) + flexed - last.utc)
    stretches = _stretches(shift, walked, first, last, held)
    assumed = None
    if is_final and missing_out and first is not None:
        stretches, assumed = _assume(plan, first, walked, at_first, flexed, stretches)
    elif not is_final and walked.paused is not None and first is not None:
        begin = walked.came if shift.hours == "pairs" else first
        stretches = merged([*stretches, stretch(begin or first, walked.paused)])
    pauses = pauses_of(plan, clock)
    hours = hours_of(stretches, walked, midnight, shift, pauses, starts)
    if assumed is not None and assumed.key == "out_at_cap" and shift.cap:
        hours = Hours(min(hours.worked, shift.cap), hours.breaks)
    if shift.overtime == "none":
        overtime = 0
    elif plan.off:
        overtime = hours.worked
    else:
        overtime = overtime_of(shift, hours, lasting(walked.overtime), plan.owed)
    goes_on = None
    since = walked.came if shift.hours == "pairs" else _comes(first, held)
    if walked.where == "in" and since is not None and not is_final:
        moment = held[-1].utc
        at_work = merged([*stretches, stretch(since, held[-1])])
        if starts is not None:
            # Nothing runs before the start, if it does not count.
            at_work, moment = since_start(at_work, starts), max(moment, starts)
        goes_on = running(shift, walked, pauses, at_work, moment, hours.worked)
    return Facts(
        walked,
        first,
        last,
        missing_out,
        first is None,
        hours,
        overtime,
        after_start,
        flexed,
        before_end,
        assumed,
        goes_on,
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
    begin, end = _comes(first, held), last
    if last is not None and last.sense == OVERTIME_OUT:
        end = next((one for one in reversed(held) if one.sense in (OUT, EITHER)), last)
        if begin is not None and end.utc <= begin.utc:
            end = last
    if begin is None or end is None or end.utc <= begin.utc:
        return merged(walked.overtime)
    whole = stretch(begin, end)
    return merged([*walked.overtime, whole]) if walked.overtime else [whole]


def _comes(first: Reading | None, held: Sequence[Reading]) -> Reading | None:
    """Return from when on hours count of who is not there in pairs; None if nobody saw it.

    Overtime that is keyed apart from the shift does not make one long day of both.
    """
    if first is not None and first.sense == OVERTIME_IN:
        return next((one for one in held if one.sense in (IN, EITHER)), first)
    return first


def _assume(
    plan: Plan,
    first: Reading,
    walked: Walk,
    clock: Clock,
    flexed: int,
    stretches: list[Stretch],
) -> tuple[list[Stretch], Reason | None]:
    """Return the hours of who did not check out, as the shift has it."""
    shift = plan.shift
    if shift.missing_out == "shift_end" and plan.end is not None:
        wall = plan.end + flexed
        until = clock.utc(plan.end) + flexed
        why = because("out_at_shift_end", wall)
    elif shift.missing_out == "cap" and shift.cap:
        wall, until = first.wall + shift.cap, first.utc + shift.cap
        why = because("out_at_cap", shift.cap)
    else:
        return stretches, None
    begin = walked.came if shift.hours == "pairs" and walked.came else first
    if until > begin.utc:
        assumed = Stretch(begin.utc, until, begin.wall, wall)
        stretches = merged([*stretches, assumed])
    return stretches, why
