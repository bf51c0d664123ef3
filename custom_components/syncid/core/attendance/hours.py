"""From the punches of one logical day to arrival, departure, breaks and hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .policy import Rounding, Shift, Window, joined, overlap, without
from .readings import (
    BREAK_IN,
    BREAK_OUT,
    EITHER,
    IN,
    OUT,
    OVERTIME_IN,
    OVERTIME_OUT,
    Clock,
    Reading,
)
from .schedule import Plan

_INWARD = (IN, EITHER, OVERTIME_IN)
_OUTWARD = (OUT, EITHER, OVERTIME_OUT)
_COMING = (IN, BREAK_IN, OVERTIME_IN)
# What a punch that may be either is, by where the one before left the person.
_IN_TURN = {"out": IN, "in": OUT, "break": BREAK_IN}

type Whereabouts = Literal["out", "in", "break"]
# How the punches of a day leave somebody of which some do not count.
type Left = Whereabouts | Literal["unsure"]


class Stretch(NamedTuple):
    """A time at work: by UTC, which is what lasted, and by the wall clock."""

    begin: int
    end: int
    wall_begin: int
    wall_end: int


# Neither frozen nor a tuple, which take three times as long to make: a year of 500 people
# has 180,000 of them.
@dataclass(slots=True)
class Walk:
    """What the punches of a day say, one after the other."""

    pairs: list[Stretch]
    breaks: list[Stretch]
    overtime: list[Stretch]
    # Where the last punch left the person; the check-in and the begin of the break
    # that have no end yet.
    where: Whereabouts
    came: Reading | None
    paused: Reading | None
    # The last that was taken for a check-out.
    gone: Reading | None
    lost_break: bool


def within(wall: int, window: Window | None) -> bool:
    """Tell whether a time is in a window; a missing one is open."""
    return window is None or window[0] <= wall <= window[1]


def counted(
    day: list[Reading], midnight: int, shift: Shift
) -> tuple[list[Reading], list[Reading]]:
    """Return the punches that are in the in- or in the out-window, and the others.

    What may be either and is in one of the two alone is what that window is for.
    """
    arrive, leave = shift.in_window, shift.out_window
    if arrive is None or leave is None:
        return day, []
    held: list[Reading] = []
    strays: list[Reading] = []
    for one in day:
        wall = one.wall - midnight
        comes, goes = within(wall, arrive), within(wall, leave)
        if one.sense == EITHER and comes != goes:
            held.append(one._replace(sense=IN if comes else OUT))
        else:
            (held if comes or goes else strays).append(one)
    return held, strays


def arrival(day: Iterable[Reading], midnight: int, shift: Shift) -> Reading | None:
    """Return the first that may be a check-in, in the in-window: first in wins."""
    window = shift.in_window
    for one in day:
        if one.sense in _INWARD and within(one.wall - midnight, window):
            return one
    return None


def departure(
    day: Sequence[Reading], midnight: int, shift: Shift, first: Reading | None
) -> Reading | None:
    """Return the last that may be a check-out, in the out-window: last out wins."""
    window = shift.out_window
    for one in reversed(day):
        if one.sense not in _OUTWARD or not within(one.wall - midnight, window):
            continue
        if first is not None:
            # What may be either and is as close to the first as a double punch is one.
            least = shift.minimum_gap if one.sense == EITHER else 1
            if one.utc - first.utc < max(1, least):
                continue
        return one
    return None


def walk(day: Iterable[Reading], gap: int) -> Walk:
    """Follow the punches: a double one is one, and what may be either alternates."""
    pairs: list[Stretch] = []
    breaks: list[Stretch] = []
    overtime: list[Stretch] = []
    where: Whereabouts = "out"
    kept = came = paused = extra = gone = None
    lost_break = False
    for one in day:
        sense = one.sense
        if (
            kept is not None
            and one.utc - kept.utc < gap
            and (sense == kept.sense or EITHER in (sense, kept.sense))
        ):
            continue
        kept = one
        if sense == EITHER:
            sense = _IN_TURN[where]
        if sense == OVERTIME_IN and extra is None:
            extra = one
        elif sense == IN and extra is not None:
            # Who checks in for the shift has ended what was before it.
            overtime.append(stretch(extra, one))
            extra = None
        if sense == BREAK_OUT:
            if where == "in":
                where, paused = "break", one
        elif sense in _COMING:
            if where == "out":
                came = one
            elif where == "break" and paused is not None:
                breaks.append(stretch(paused, one))
            where, paused = "in", None
        else:
            gone = one
            if extra is not None:
                overtime.append(stretch(extra, one))
                extra = None
            if where != "out" and came is not None:
                pairs.append(stretch(came, one))
                # They must have come back, since they left again; when, nobody knows.
                lost_break |= where == "break"
            where, came, paused = "out", None, None
    return Walk(pairs, breaks, overtime, where, came, paused, gone, lost_break)


def strayed(
    walked: Walk,
    last: Reading | None,
    strays: Iterable[Reading],
    gap: int,
    span: tuple[int, int],
) -> Left:
    """Return where somebody is by what does not count either: they are there all the same.

    `last` is the last that counts, and `span` from when until when a day is open, by the
    wall clock. By one that may be either nobody has gone for sure: they may be in a fire.
    """
    opens, closes = span
    where: Left = walked.where
    counts = True
    for one in strays:
        sense, wall = one.sense, one.wall
        if last is not None and (
            one.utc <= last.utc
            or (
                one.utc - last.utc < gap
                and (sense == last.sense or EITHER in (sense, last.sense))
            )
        ):
            continue
        if sense in _COMING:
            where = "in"
        elif sense in (OUT, OVERTIME_OUT):
            where = "out"
        elif sense == BREAK_OUT:
            where = "break" if where == "in" else "unsure"
        elif where == "out":
            # The first of all, before the day opens: the last of another day, maybe.
            where = "in" if last is not None or wall >= opens else "unsure"
        elif not counts or wall >= closes:
            where = "unsure"
        else:
            continue  # as if it were none, while the day is open
        counts, last = False, one
    return where


def came_in(day: Iterable[Reading]) -> Reading | None:
    """Return the first that may be a check-in."""
    return next((one for one in day if one.sense in _INWARD), None)


def stretch(begin: Reading, end: Reading) -> Stretch:
    """Return the time from one punch to another."""
    return tuple.__new__(Stretch, (begin.utc, end.utc, begin.wall, end.wall))


def merged(stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches with those that overlap made one."""
    if len(stretches) < 2:
        return stretches
    done: list[Stretch] = []
    for one in sorted(stretches):
        if done and one.begin <= done[-1].end:
            last = done[-1]
            if one.end > last.end:
                done[-1] = last._replace(end=one.end, wall_end=one.wall_end)
        else:
            done.append(one)
    return done


def lasting(stretches: Iterable[Stretch]) -> int:
    """Return how long stretches last together."""
    total = 0
    for one in stretches:
        total += one.end - one.begin
    return total


class Pauses(NamedTuple):
    """The planned breaks of a day, by UTC: one that the clock skips is none."""

    unpaid: Sequence[Window] = ()
    paid: Sequence[Window] = ()
    # When somebody is on leave, or excused, in the middle of the day.
    gaps: Sequence[Window] = ()


def pauses_of(plan: Plan, clock: Clock) -> Pauses:
    """Return the breaks of a day, by a clock."""
    shift, midnight = plan.shift, plan.midnight
    # Of pairs the punches tell who was away.
    told = plan.gaps if shift.hours == "first_last" else []
    if not shift.breaks and not told:
        return Pauses()
    gaps = [(clock.utc(begin), clock.utc(until)) for begin, until in told]
    unpaid: list[Window] = []
    paid: list[Window] = []
    for pause in shift.breaks:
        begin = clock.utc(midnight + pause.start)
        end = clock.utc(midnight + pause.end)
        if end > begin:
            (paid if pause.paid else unpaid).append((begin, end))
    # Two that lie around what the clock skips may overlap.
    unpaid = joined(unpaid) if len(unpaid) > 1 else unpaid
    return Pauses(without(unpaid, gaps) if gaps else unpaid, paid, gaps)


@dataclass(slots=True)
class Hours:
    """Seconds worked, without the breaks, and the breaks."""

    worked: int
    breaks: int


def hours_of(
    stretches: list[Stretch],
    walked: Walk,
    midnight: int,
    shift: Shift,
    pauses: Pauses,
    starts: int | None = None,
) -> Hours:
    """Return the hours of a day: rounded, and without unpaid breaks.

    Nothing counts that was before the start, in UTC, if one is given.

    Of breaks that are planned and breaks that were punched, what is longer is taken
    off, but for what was punched in a paid one; who checks out for the break has not
    worked in it anyway.
    """
    if not stretches:
        return Hours(0, 0)
    rounding = shift.rounding
    at_work = stretches
    if rounding.arrival != "none" or rounding.departure != "none":
        at_work = _rounded(stretches, midnight, rounding)
    if starts is not None:
        at_work = since_start(at_work, starts)
    away = away_in(at_work)
    at_work = there(at_work, pauses.gaps)
    present = lasting(at_work)
    if not present:
        return Hours(0, 0)
    breaks = max(breaks_of(at_work, away, walked, shift, pauses))
    worked = max(0, present - breaks)
    return Hours(rounding.rounded(worked, rounding.total), breaks)


class Breaks(NamedTuple):
    """What may be taken off: of all, the longest is."""

    planned: int
    # What is taken off by itself above some hours.
    by_itself: int
    punched: int


def away_in(stretches: list[Stretch]) -> int:
    """Return how long somebody was away between stretches."""
    if len(stretches) < 2:
        return 0
    return stretches[-1].end - stretches[0].begin - lasting(stretches)


def there(stretches: list[Stretch], gaps: Iterable[Window]) -> list[Stretch]:
    """Return stretches without the parts of the day for which somebody is away, by UTC."""
    for begin, until in gaps:
        stretches = [
            part
            for one in stretches
            for part in (
                one._replace(end=min(one.end, begin)),
                one._replace(begin=max(one.begin, until)),
            )
            if part.begin < part.end
        ]
    return stretches


def breaks_of(
    at_work: list[Stretch], away: int, walked: Walk, shift: Shift, pauses: Pauses
) -> Breaks:
    """Return how much of the breaks is unpaid of who was `away` for so long in between."""
    planned = by_itself = punched = 0
    for pause in pauses.unpaid:
        for one in at_work:
            planned += overlap(pause, one[:2])
    if shift.deduct and lasting(at_work) > shift.deduct_after:
        by_itself = shift.deduct - away
    for taken in () if shift.punched_breaks_paid else walked.breaks:
        for one in at_work:
            begin, end = max(taken.begin, one.begin), min(taken.end, one.end)
            if end > begin:
                paid = [overlap((begin, end), pause) for pause in pauses.paid]
                punched += max(0, end - begin - sum(paid))
    return Breaks(planned, by_itself, punched)


def _rounded(
    stretches: list[Stretch], midnight: int, rounding: Rounding
) -> list[Stretch]:
    done = [*stretches]
    first = done[0]
    moved = rounding.rounded(first.wall_begin - midnight, rounding.arrival) - (
        first.wall_begin - midnight
    )
    moved = min(moved, first.end - first.begin)
    done[0] = first._replace(
        begin=first.begin + moved, wall_begin=first.wall_begin + moved
    )
    last = done[-1]
    moved = rounding.rounded(last.wall_end - midnight, rounding.departure) - (
        last.wall_end - midnight
    )
    moved = max(moved, last.begin - last.end)
    done[-1] = last._replace(end=last.end + moved, wall_end=last.wall_end + moved)
    return done


def since_start(stretches: list[Stretch], starts: int) -> list[Stretch]:
    """Return stretches without what was before the start.

    Who is back just now has been away until then, so what has no length yet stays.
    """
    done = []
    for one in stretches:
        early = starts - one.begin
        if early <= 0:
            done.append(one)
        elif one.end > starts:
            done.append(one._replace(begin=starts, wall_begin=one.wall_begin + early))
    return done


def overtime_of(shift: Shift, hours: Hours, keyed: int, owed: int | None) -> int:
    """Return the overtime: between its keys, and of what was worked beyond the hours."""
    by_hours = 0
    if owed is not None and shift.overtime in ("hours", "both"):
        beyond = hours.worked - owed
        by_hours = beyond if beyond >= max(1, shift.overtime_least) else 0
    by_keys = keyed if shift.overtime in ("keys", "both") else 0
    return max(by_hours, by_keys)
