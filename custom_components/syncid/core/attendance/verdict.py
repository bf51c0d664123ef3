"""What is said of one day: the rules, in the order in which they speak.

A human's word; then days that are off; then who was there, late by the first in, half
or no day by the hours; and only when the day is final: absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import NamedTuple

from .closeout import is_over, serving, waits_for
from .corrections import Correction
from .facts import Facts, facts_of
from .hours import Left, Walk, arrival, came_in, counted, strayed, walk
from .marks import Flag, Mark, Moment, Presence, Status
from .policy import HOUR
from .readings import Clocks, Reading, Station, has_keys, settled
from .reasons import Reason, because
from .schedule import Plan, Roster, date_of

# Who is there for longer than this, or than the shift and three hours, was hardly there
# all the time: a date has one shift, and of two the day goes from one to the other.
_LONGEST = 14 * HOUR
_LONGER = 3 * HOUR
_NO_FLAGS: frozenset[Flag] = frozenset()
_PRESENCE: dict[Left, Presence] = {
    "out": "left",
    "in": "in",
    "break": "on_break",
    "unsure": "left",
}


class Day(NamedTuple):
    """The punches of a person's day, in order."""

    readings: list[Reading]
    # Those of this date that no window holds.
    outside: list[Reading]
    # What was corrected among them.
    corrections: list[Correction]
    # Terminals with keys, as those of its punches show that were taken away or turned.
    keyed: list[str]


# Of which no punch tells; never added to.
NOTHING = Day([], [], [], [])


class Close(NamedTuple):
    """What is known of a day that ends at a time."""

    # Why it is not final yet; None if it is.
    why: Reason | None
    # Whether any terminal tells of it.
    is_served: bool


class Outlook(NamedTuple):
    """What a day is judged by that is nobody's own: one for all who are planned alike."""

    date: Date
    plan: Plan
    clocks: Clocks
    # When its last window closes, by the wall clock.
    closes: int
    # Who is still here may leave until the window closes: only then is a check-out
    # forgotten.
    if_out: Close
    if_there: Close


class Standing(NamedTuple):
    """How the punches of a day leave a person, before anything is said of the day."""

    plan: Plan
    # Those that count.
    held: list[Reading]
    # Those that no window holds: of them only matters where they leave the person.
    strays: list[Reading]
    walked: Walk
    close: Close
    where: Left
    # The last of all.
    seen: Reading | None
    # They came when the day was over.
    is_after: bool

    @property
    def presence(self) -> Presence:
        """Return where the person is by it."""
        if self.seen is None:
            return "not_in"
        if self.close.why is None and not self.is_after:
            return "left"
        return _PRESENCE[self.where]

    @property
    def unseen_since(self) -> int | None:
        """Return when they were seen last who may be there, or not; UTC.

        Who was in as the day closed, and of whom nobody knows which way they went.
        """
        is_over = self.close.why is None and not self.is_after
        if self.where == "unsure" or (is_over and self.where != "out"):
            return self.seen and self.seen.utc
        return None

    @property
    def first_in(self) -> Moment | None:
        """Return when they came."""
        first = arrival(self.held, self.plan.midnight, self.plan.shift)
        first = first or came_in(self.strays)
        return first and _moment(first)


# See `Walk` for why it is not frozen.
@dataclass(slots=True)
class _Case:
    """All that a day is judged by."""

    plan: Plan
    facts: Facts
    is_there: bool
    is_final: bool
    late: int
    early: int


def outlook_of(
    roster: Roster,
    number: int,
    stations: Sequence[Station],
    clocks: Clocks,
    now: int,
) -> Outlook:
    """Return what a day is judged by, but for its punches."""
    plan, zone = roster.plan(number), roster.rules.zone
    closes = plan.midnight + max(roster.span(number).ends)
    if_out = if_there = _close(closes, stations, zone, now)
    # What terminals have told by then they had told before.
    if if_there.why is not None or not if_there.is_served:
        if_out = _close(min(closes, plan.ends), stations, zone, now)
    return Outlook(date_of(number), plan, clocks, closes, if_out, if_there)


def _close(ends: int, stations: Sequence[Station], zone: str | None, now: int) -> Close:
    stations = serving(ends, stations, zone)
    return Close(_provisional(ends, stations, zone, now), bool(stations))


def stand(outlook: Outlook, day: Day) -> Standing:
    """Return how the punches of a day leave a person."""
    plan = outlook.plan
    shift = plan.shift
    readings = settled(day.readings, shift.keys, day.keyed)
    held, strays = counted(readings, plan.midnight, shift)
    if day.outside:
        keyed = {*day.keyed, *(one.serial for one in day.readings if has_keys(one))}
        strays = sorted([*strays, *settled(day.outside, shift.keys, keyed)])
    walked = walk(held, shift.minimum_gap)
    close = outlook.if_out if walked.where == "out" else outlook.if_there
    last = held[-1] if held else None
    if not strays:
        return tuple.__new__(
            Standing, (plan, held, strays, walked, close, walked.where, last, False)
        )
    closes = outlook.closes
    if walked.where == "out":
        closes = min(closes, plan.ends)
    span = plan.midnight + shift.claim[0], closes
    where = strayed(walked, last, strays, shift.minimum_gap, span)
    seen = max((*held[-1:], *strays[-1:]))
    is_after = seen.wall >= closes and where in ("in", "break")
    return Standing(plan, held, strays, walked, close, where, seen, is_after)


def judge(
    outlook: Outlook, person_id: str, day: Day, marked: Correction | None
) -> Mark:
    """Return the mark of a person's day."""
    standing = stand(outlook, day)
    plan, held, strays, walked, (why, is_served), _, _, _ = standing
    shift = plan.shift
    plan = marked.planned(plan) if marked is not None else plan
    if why is None and not (is_served or held or plan.off or plan.away):
        why = because("not_mapped")
    is_final = why is None
    facts = facts_of(held, plan, walked, outlook.clocks, is_final)
    late = early = 0
    if not plan.off:
        late = _beyond(facts.after_start - facts.flexed, shift.grace_late)
        # Not known before the end.
        early = _beyond(facts.before_end, shift.grace_early) if is_final else 0
    case = _Case(plan, facts, bool(held), is_final, late, early)
    status, reasons = _status(case)
    flags: set[Flag] = set()
    if marked is not None and marked.status is not None:
        # Who is said to be absent, and punches after that was said, is not.
        if marked.status != "absent" or not held or held[-1].utc <= marked.at:
            status = marked.status
        if plan is not standing.plan:
            reasons = [one for one in reasons if one.key != marked.status]
        reasons.insert(0, because("marked", marked.status, marked.by, marked.why))
        flags.add("corrected")
    _note(case, day, len(strays), flags, reasons)
    presence = standing.presence
    # Who was in when the day closed left unseen, or is still there.
    unseen_since = standing.unseen_since
    if status == "absent" and presence != "not_in":
        # Nobody is said to be both: that they may be there all the same, a roll call says.
        presence, unseen_since = "left", None
    first, last = facts.first, facts.last
    if (going := facts.running if presence == "in" else None) is not None:
        reasons += going.told(outlook.clocks.of(held[0]))
    if why is not None:
        reasons.append(why)
    # As a tuple: see `because`.
    return tuple.__new__(
        Mark,
        (
            person_id,
            outlook.date,
            shift.id,
            status,
            is_final,
            presence,
            first and _moment(first),
            last and _moment(last),
            late,
            early,
            facts.hours.worked,
            facts.overtime,
            facts.hours.breaks,
            plan.owed,
            going and going.since,
            frozenset(flags) if flags else _NO_FLAGS,
            tuple(reasons),
            unseen_since,
        ),
    )


def _moment(reading: Reading) -> Moment:
    return tuple.__new__(Moment, (reading.utc, reading.wall))


def _provisional(
    ends: int, stations: Sequence[Station], zone: str | None, now: int
) -> Reason | None:
    """Return why a day is not final yet; None if it is."""
    if not is_over(ends, stations, zone, now):
        return because("running", ends)
    if waiting := waits_for(ends, stations, zone):
        return because("waiting", ", ".join(waiting))
    return None


# --- late and early -----------------------------------------------------------------------


def _beyond(seconds: int, grace: int) -> int:
    """Return by how much somebody is late or early, if it is more than may be."""
    return seconds if seconds > grace else 0


# --- the mark -----------------------------------------------------------------------------


def _status(case: _Case) -> tuple[Status, list[Reason]]:
    plan = case.plan
    match plan.off:
        case "holiday":
            return "holiday", [because("holiday", plan.note)]
        case "inactive":
            return "inactive", [because("inactive")]
        case "day_off" | "rota_off":
            return "day_off", [because(plan.off)]
    if plan.away is not None:
        if plan.away.kind == "leave":
            return "on_leave", [because("on_leave", plan.away.note)]
        if not case.is_there:
            return "excused", [because("excused", plan.away.note)]
    if not case.is_there:
        return _missing(case)
    status, reason = _arrived(case)
    if case.is_final and plan.away is None:
        if by_hours := _by_hours(plan, case.facts):
            return by_hours[0], [by_hours[1], reason]
    return status, [reason]


def _missing(case: _Case) -> tuple[Status, list[Reason]]:
    if not case.is_final:
        return "expected", [because("expected")]
    if case.plan.start is None:
        return "absent", [because("absent_no_start")]
    return "absent", [because("absent", case.plan.start)]


def _arrived(case: _Case) -> tuple[Status, Reason]:
    shift, first, last = case.plan.shift, case.facts.first, case.facts.last
    if first is None:
        if last is None:
            return "present", because("present_no_time")
        return "present", because("present_no_in", last.wall)
    if case.plan.away is not None:
        return "present", because("present_excused", first.wall, case.plan.away.note)
    if case.plan.start is None:
        return "present", because("present_no_start", first.wall)
    times = first.wall, case.plan.start + shift.flexible, shift.grace_late
    if case.late:
        return "late", because("late", *times)
    return "present", because("present", *times)


def _by_hours(plan: Plan, facts: Facts) -> tuple[Status, Reason] | None:
    """Return what the hours make of a day; nothing if they are not known."""
    if facts.missing_in or (facts.missing_out and facts.assumed is None):
        return None
    shift, worked = plan.shift, facts.hours.worked
    if (least := _still(plan, shift.absent_below)) is not None and worked < least:
        return "absent", because("absent_by_hours", worked, least)
    if (least := _still(plan, shift.half_day_below)) is not None and worked < least:
        return "half_day", because("half_day", worked, least)
    return None


def _still(plan: Plan, hours: int | None) -> int | None:
    """Return what is left of hours, as it is of those that are owed."""
    if not hours or plan.owed is None or not (whole := plan.shift.owed):
        return hours
    return hours * plan.owed // whole


def _note(
    case: _Case,
    day: Day,
    ignored: int,
    flags: set[Flag],
    reasons: list[Reason],
) -> None:
    """Add what else is to be said of a day."""
    plan, facts, hours = case.plan, case.facts, case.facts.hours
    # A punch that has not come yet is not missing.
    if case.is_final and facts.missing_in:
        flags.add("missing_in")
        reasons.append(because("missing_in"))
    if case.is_final and facts.missing_out:
        flags.add("missing_out")
        reasons.append(facts.assumed or because("missing_out"))
    if facts.walked.lost_break:
        flags.add("missing_break_in")
        reasons.append(because("missing_break_in"))
    if case.early and facts.last is not None and plan.end is not None:
        flags.add("early_leave")
        end = plan.end + facts.flexed
        reasons.append(
            because("early_leave", facts.last.wall, end, plan.shift.grace_early)
        )
    if too_long := _too_long(plan, facts):
        flags.add("too_long")
        reasons.append(too_long)
    if facts.overtime:
        flags.add("overtime")
        reasons.append(because("overtime", facts.overtime))
    if hours.breaks:
        reasons.append(because("break", hours.breaks))
    away = case.plan.away
    if case.is_there and (plan.off or (away is not None and away.kind == "leave")):
        flags.add("worked_off")
        reasons.append(because("worked_off", hours.worked))
    for (begin, until), entry in plan.parts if not (plan.off or away) else ():
        times = plan.midnight + begin, plan.midnight + until
        reasons.append(because(f"{entry.kind}_part", *times, entry.note))
    if ignored:
        flags.add("outside")
        reasons.append(because("outside", ignored))
    if day.corrections:
        flags.add("corrected")
        reasons += dict.fromkeys(map(_why, day.corrections))


def _too_long(plan: Plan, facts: Facts) -> Reason | None:
    """Return that a day lasted longer than anybody works, if it did."""
    if facts.first is None or facts.last is None:
        return None
    shift = plan.shift
    longest = _LONGEST
    if shift.start is not None and shift.end is not None:
        longest = max(longest, shift.end - shift.start + _LONGER)
    lasted = facts.last.utc - facts.first.utc
    if shift.hours == "pairs":
        # Who has gone in between was not there.
        lasted = facts.hours.worked
    return because("too_long", lasted, longest) if lasted > longest else None


def _why(correction: Correction) -> Reason:
    by, why = correction.by, correction.why
    if correction.kind == "shift_clock":
        return because("clock", correction.serial, correction.seconds, by, why)
    return because("corrected", by, why)
