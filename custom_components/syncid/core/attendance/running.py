"""Hours that run: how they go on until somebody checks out, without computing them anew."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .hours import (
    Hours,
    Stretch,
    Walk,
    breaks_of,
    lasting,
    merged,
    since_start,
    stretch,
)
from .readings import Clocks, Reading
from .reasons import Reason, because
from .schedule import Plan


class Running(NamedTuple):
    """From when on hours run, in UTC, and the unpaid breaks in which they will not."""

    since: int
    pauses: tuple[Reason, ...]


def running(
    plan: Plan,
    walked: Walk,
    held: Sequence[Reading],
    begin: Reading,
    shown: Reading,
    stretches: list[Stretch],
    hours: Hours,
    clocks: Clocks,
    starts: int | None,
) -> Running:
    """Return how hours go on of who is there since a punch.

    `shown` is the first in, or the last out, by whose clock breaks are told. What they come to is what who checks out then has worked; not rounded, and what is
    taken off by itself is a break.
    """
    shift, midnight, last = plan.shift, plan.midnight, held[-1]
    at_work = merged([*stretches, stretch(begin, last)])
    if starts is not None:
        at_work = since_start(at_work, starts)
    present = lasting(at_work)
    away = at_work[-1].end - at_work[0].begin - present if at_work else 0
    planned, punched = breaks_of(at_work, walked, midnight, shift)
    taken = max(planned, punched)
    # Nothing runs before the start, if it does not count.
    moment = max(last.utc, starts or last.utc)
    worked = max(0, present - taken)

    ahead = [
        (max(since, moment), until)
        for pause in shift.breaks
        if not pause.paid
        for since in (clocks.shows(midnight + pause.start, last),)
        for until in (clocks.shows(midnight + pause.end, last),)
        if until > moment
    ]
    by_itself = None
    if shift.deduct and present <= shift.deduct_after:
        by_itself = moment + shift.deduct_after - present
    unpaid = _unpaid(ahead, planned, taken, by_itself, shift.deduct - away)
    offset = shown.wall - shown.utc
    return Running(
        moment - (worked - hours.worked),
        tuple(because("unpaid", since + offset, length) for since, length in unpaid),
    )


def _unpaid(
    ahead: list[tuple[int, int]],
    planned: int,
    taken: int,
    by_itself: int | None,
    deduct: int,
) -> Iterator[tuple[int, int]]:
    """Yield when hours will stand still, and for how long.

    Of what is planned and what was taken the longer counts: a break that is not longer
    than those that were punched takes nothing more off.
    """
    if by_itself is not None:
        ahead = [*ahead, (by_itself, by_itself)]
    for since, until in sorted(ahead):
        if since == until:
            total = deduct
        else:
            planned += until - since
            total = planned
        if (more := total - taken) > 0:
            yield max(since, until - more), more
            taken = total
