"""What a shift is, and by which rules its days are marked.

Times are seconds after midnight of the logical date (the date on which a shift
begins), by the wall clock; what is on the day after counts on beyond 86,400.
Durations are seconds.

Stored: a `Shift` per subentry of the site, and the site's own shift, which is what
the push guide sets (start, grace, in- and out-window) and applies to who has no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..errors import RuleRefused

DAY = 86_400
HOUR = 3_600
MINUTE = 60
WEEKDAYS = frozenset(range(7))

# From and to, both within: "until 09:00" holds a punch at 09:00:00.
type Window = tuple[int, int]
# What is done with the state keys: `auto` takes key 0 for no key, unless the person
# pressed another one at that terminal that day, since a terminal without keys reports
# 0 for every punch; `strict` takes it for a check-in; `ignore` goes by the terminal's
# direction alone.
type Keys = Literal["auto", "strict", "ignore"]
# Hours from first in to last out, or of each pair.
type Hours = Literal["first_last", "pairs"]
type Overtime = Literal["none", "keys", "hours", "both"]
# Where the hours end for who did not check out. No punch is ever made of it.
type MissingOut = Literal["none", "shift_end", "cap"]
type Way = Literal["none", "up", "down", "nearest"]

# What belongs to a shift lies within these hours of its date, so that a punch can only
# belong to the date on the clock, the one before or the one after.
_EARLIEST = -6 * HOUR
_LATEST = 42 * HOUR
_HALF = DAY // 2
# A check-in this close before a shift is for that shift, though the one before has
# not ended yet; and of a night on a day off, a punch this close after its end is its own.
_EARLY_IN = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Break:
    """A break at fixed times.

    An unpaid one is taken off whoever is there; a paid one lets who punches it be paid.
    """

    start: int
    end: int
    paid: bool = False

    def __post_init__(self) -> None:
        """Refuse a break that ends before it starts."""
        if not 0 <= self.start < self.end <= 2 * DAY:
            raise RuleRefused("window_order", (self.start, self.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How times are rounded for the hours; never for who is late."""

    step: int = 15 * MINUTE
    arrival: Way = "none"
    departure: Way = "none"
    total: Way = "none"

    def __post_init__(self) -> None:
        """Refuse a step of nothing."""
        if not 0 < self.step <= DAY:
            raise RuleRefused("rounding_step", self.step)

    def rounded(self, seconds: int, way: Way) -> int:
        """Return seconds rounded one way; half a step goes up."""
        match way:
            case "up":
                return -(-seconds // self.step) * self.step
            case "down":
                return seconds // self.step * self.step
            case "nearest":
                return (seconds + self.step // 2) // self.step * self.step
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift with its rules; without any it is the push guide's day."""

    id: str = ""
    name: str = ""
    # Without a start nobody is late. An end at or before the start is on the next day.
    start: int | None = None
    end: int | None = None
    # The weekdays of the logical date, Monday is 0.
    days: frozenset[int] = WEEKDAYS
    grace_late: int = 0
    grace_early: int = 0
    # The push guide's windows: what is outside both is ignored. A missing one is open.
    in_window: Window | None = None
    out_window: Window | None = None
    # Unless there are both, and with start and end: how far around the shift its punches
    # lie.
    opens_before: int = 4 * HOUR
    closes_after: int = 8 * HOUR
    # Who comes up to so much later may, and leaves so much later.
    flexible: int = 0
    # The hours that are owed; None for those from start to end without unpaid breaks.
    required: int | None = None
    half_day_below: int | None = None
    absent_below: int | None = None
    breaks: tuple[Break, ...] = ()
    # Taken off by itself from who was there for longer than `deduct_after`.
    deduct: int = 0
    deduct_after: int = 6 * HOUR
    punched_breaks_paid: bool = False
    hours: Hours = "first_last"
    keys: Keys = "auto"
    # Punches closer together than this are one.
    minimum_gap: int = MINUTE
    overtime: Overtime = "none"
    # Less than this is no overtime by hours.
    overtime_least: int = 0
    # Whether what was worked before the start counts.
    counts_early: bool = True
    missing_out: MissingOut = "none"
    # The hours that are counted at most for who did not check out.
    cap: int | None = None
    rounding: Rounding = field(default_factory=Rounding)

    def __post_init__(self) -> None:
        """Put times of the next day there, and refuse what makes no sense."""
        self._check()
        if self.start is not None and self.end is not None and self.end <= self.start:
            object.__setattr__(self, "end", self.end + DAY)
        in_window, out_window = _unrolled(self.in_window), _unrolled(self.out_window)
        # Who may come late in the evening for a start after midnight.
        if in_window and self.start is not None and in_window[0] > self.start + _HALF:
            in_window = in_window[0] - DAY, in_window[1] - DAY
        # A night: who leaves before anybody may come, leaves on the next day.
        comes = in_window[0] if in_window else self.start
        if out_window and comes is not None and out_window[1] < comes:
            out_window = out_window[0] + DAY, out_window[1] + DAY
        object.__setattr__(self, "in_window", in_window)
        object.__setattr__(self, "out_window", out_window)
        unpaid = [(one.start, one.end) for one in self.breaks if not one.paid]
        if len(once := joined(unpaid)) < len(unpaid):
            paid = [one for one in self.breaks if one.paid]
            breaks = *paid, *(Break(*one) for one in once)
            object.__setattr__(self, "breaks", breaks)

    def _check(self) -> None:
        if self.start is not None and not 0 <= self.start < DAY:
            raise RuleRefused("time_range", self.start)
        if self.end is not None and not 0 <= self.end <= DAY:
            raise RuleRefused("time_range", self.end)
        for window in (self.in_window, self.out_window):
            if window and not all(0 <= time <= DAY for time in window):
                raise RuleRefused("window_order", window)
        if self.grace_late < 0 or self.grace_early < 0:
            raise RuleRefused("grace_negative", min(self.grace_late, self.grace_early))
        if not self.days <= WEEKDAYS:
            raise RuleRefused("weekday_unknown", sorted(self.days - WEEKDAYS))
        durations = (
            self.opens_before,
            self.closes_after,
            self.flexible,
            self.deduct,
            self.deduct_after,
            self.minimum_gap,
            self.overtime_least,
            *(
                value
                for value in (
                    self.required,
                    self.half_day_below,
                    self.absent_below,
                    self.cap,
                )
                if value is not None
            ),
        )
        if min(durations) < 0:
            raise RuleRefused("duration_negative", min(durations))
        if max(durations) > DAY:
            raise RuleRefused("hours_long", max(durations))
        if (self.half_day_below or DAY) < (self.absent_below or 0):
            raise RuleRefused("half_day_order", self.absent_below)
        if self.missing_out == "cap" and not self.cap:
            raise RuleRefused("cap_missing")
        for one in self.breaks:
            for other in self.breaks:
                if (
                    one.paid
                    and one is not other
                    and overlap((one.start, one.end), (other.start, other.end))
                ):
                    raise RuleRefused("breaks_overlap", (one.start, one.end))

    @property
    def claim(self) -> Window:
        """Return from when until just before when punches are this shift's."""
        edges = [
            edge
            for window in (self.in_window, self.out_window)
            for edge in ((window[0], window[1] + 1) if window else self._around)
        ]
        opens, closes = min(edges), max(edges)
        # The date after the next one may claim what comes then.
        return opens, min(closes, 2 * DAY + min(opens, 0))

    @property
    def _around(self) -> Window:
        """Return what a shift without windows claims."""
        if self.start is None:
            return 0, DAY
        opens = max(self.start - self.opens_before, _EARLIEST)
        if self.end is not None:
            closes = self.end + self.closes_after
            return opens, min(closes, max(_LATEST, self.end + HOUR), 2 * DAY)
        if self.out_window and self.out_window[1] > DAY:
            # A night, though nothing says when it ends.
            return opens, self.out_window[1] + 1
        return 0, DAY

    @property
    def ends(self) -> int:
        """Return when the shift is over, so that it can be said who was absent."""
        if self.end is not None:
            return self.end + self.flexible
        return self.claim[1]

    @property
    def owed(self) -> int | None:
        """Return the hours that are owed, if that is known."""
        if self.required is not None:
            return self.required
        if self.start is None or self.end is None:
            return None
        unpaid = sum(one.end - one.start for one in self.breaks if not one.paid)
        return self.net(self.end - self.start, unpaid)

    def net(self, length: int, unpaid: int) -> int:
        """Return what is owed of a time with so much of unpaid breaks in it."""
        if length > self.deduct_after:
            unpaid = max(unpaid, self.deduct)
        return max(0, length - unpaid)


def _unrolled(window: Window | None) -> Window | None:
    """Return a window that ends after it begins, on the next day if need be."""
    if window and window[1] < window[0]:
        return window[0], window[1] + DAY
    return window


def joined(windows: Iterable[Window]) -> list[Window]:
    """Return windows in order, with those that overlap made one."""
    done: list[Window] = []
    for begin, end in sorted(windows):
        if done and begin <= done[-1][1]:
            done[-1] = done[-1][0], max(done[-1][1], end)
        else:
            done.append((begin, end))
    return done


def without(windows: Iterable[Window], gone: Iterable[Window]) -> list[Window]:
    """Return windows without what is in some others, which are in order."""
    left = [*windows]
    for begin, end in gone:
        left = [
            part
            for since, until in left
            for part in ((since, min(until, begin)), (max(since, end), until))
            if part[0] < part[1]
        ]
    return left


def overlap(window: Window, other: Window) -> int:
    """Return how long two windows are at the same time."""
    return max(0, min(window[1], other[1]) - max(window[0], other[0]))


# Whether the shift is worked on that date, or it is a day off or a holiday.
type Turn = tuple[Shift, bool]
# Where one date ends and the next begins: for punches that may be either, for those
# that are a check-in, and for those that are a check-out.
type Border = tuple[int, int, int]


def reach(turn: Turn) -> Window:
    """Return what a date claims for itself: on a day off the whole of it too."""
    shift, works = turn
    opens, closes = shift.claim
    return (opens, closes) if works else (min(opens, 0), max(closes, DAY))


def border(before: Turn, after: Turn) -> Border | None:
    """Return where the one date gives way to the next, in seconds of the next.

    None where they do not meet. A shift takes what it claims from a day off; of two
    shifts the one keeps what may be either until half way from its end to the other.
    Two days off meet at midnight, or soon after the night that would have ended.
    """
    closes, opens = reach(before)[1] - DAY, reach(after)[0]
    if closes <= opens:
        return None
    if before[1] and not after[1]:
        return closes, closes, closes
    if after[1] and not before[1]:
        return opens, opens, opens
    shift, following = before[0], after[0]
    if not before[1]:
        return _between_days_off(shift, following, closes)
    ended = opens if shift.end is None else shift.end - DAY
    starts = closes if following.start is None else following.start
    # Who goes home a minute after the end has not come for the other.
    midway = max(ended, (ended + starts) // 2)
    edge = max(opens, min(midway, starts, closes))
    if following.start is None or shift.end is None:
        return edge, edge, edge
    half = starts + ((following.end or starts) - starts) // 2
    early = max(opens, starts - _EARLY_IN)
    return edge, min(edge, early), max(edge, min(closes, half))


def _between_days_off(shift: Shift, following: Shift, closes: int) -> Border:
    """Return where one day off gives way to another: nearly at once for all punches.

    Nobody is expected to come or to go: what they did stays together. Who works a night
    all the same goes home by its end, and who goes after midnight had come before.
    """
    goes_on = shift.end is not None and shift.end >= DAY
    edge = min(closes, shift.ends - DAY + _EARLY_IN if goes_on else 0)
    if following.start is not None:
        edge = min(edge, following.start)
    return edge, edge, min(closes, edge + HOUR)
