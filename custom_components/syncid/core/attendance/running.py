"""Hours that run: how they go on until somebody checks out, without computing them anew."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .hours import Pauses, Stretch, Walk, away_in, breaks_of, lasting, there
from .policy import Shift, Window
from .readings import Clock
from .reasons import Reason, because


class Running(NamedTuple):
    """From when on hours run, in UTC, and the unpaid breaks in which they will not."""

    since: int
    # When each begins, in UTC, and how long it lasts.
    pauses: tuple[tuple[int, int], ...]

    def told(self, clock: Clock) -> list[Reason]:
        """Return the breaks as reasons, by a clock."""
        return [
            because("unpaid", clock.time(since).isoformat(), length)
            for since, length in self.pauses
        ]


def running(
    shift: Shift,
    walked: Walk,
    pauses: Pauses,
    at_work: list[Stretch],
    moment: int,
    counted: int,
) -> Running:
    """Return how hours go on of who is at work until a moment, and after it.

    `counted` are those that the mark has. What they come to is what who checks out then
    has worked; not rounded, and what is taken off by itself is a break.
    """
    away = away_in(at_work)
    at_work = there(at_work, pauses.gaps)
    present = lasting(at_work)
    breaks = breaks_of(at_work, away, walked, shift, pauses)
    taken = max(breaks)
    gaps = [
        (max(since, moment), until) for since, until in pauses.gaps if until > moment
    ]
    ahead = [
        _Ahead(max(since, moment), until, longer=until - max(since, moment))
        for since, until in pauses.unpaid
        if until > moment
    ]
    if shift.deduct and present <= shift.deduct_after:
        due = moment + shift.deduct_after - present
        for since, until in gaps:
            due += until - since if since < due else 0
        ahead.append(_Ahead(due, due, by_itself=shift.deduct - away))
    return Running(
        moment - max(0, present - taken) + counted,
        tuple(
            sorted(
                (
                    *_around(_unpaid(sorted(ahead), breaks.planned, taken), gaps),
                    *((since, until - since) for since, until in gaps),
                )
            )
        ),
    )


def _around(
    pauses: Iterable[tuple[int, int]], gaps: Iterable[Window]
) -> Iterator[tuple[int, int]]:
    """Yield pauses without the gaps in them: what they interrupt goes on after them."""
    for since, length in pauses:
        for begin, until in gaps:
            if since < until and begin < since + length:
                if since < begin:
                    yield since, begin - since
                    length -= begin - since
                since = until
        yield since, length


class _Ahead(NamedTuple):
    """What lies ahead: a planned break, or what is taken off by itself from then on."""

    since: int
    until: int
    longer: int = 0
    by_itself: int = 0


def _unpaid(
    ahead: Iterable[_Ahead], planned: int, taken: int
) -> Iterator[tuple[int, int]]:
    """Yield when hours will stand still, and for how long.

    Of what is planned and what was taken the longer counts: a break that is not longer
    than those that were punched takes nothing more off.
    """
    for since, until, longer, by_itself in ahead:
        planned += longer
        if (more := max(planned, by_itself) - taken) > 0:
            yield max(since, until - more), more
            taken += more
