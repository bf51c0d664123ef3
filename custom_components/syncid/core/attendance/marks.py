"""The mark of one person on one logical date, and how one becomes another.

Stored: one row per person and date with the fields of `Mark` (`Mark.as_cells`), replaced
whenever the day is computed anew, and a row per `Change` that `settle` returns, which
is never changed: the trace. Both can be thrown away and computed again from punches,
corrections and rules, but for the moments in the trace.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date, datetime
from functools import lru_cache
import json
from typing import Any, Literal, NamedTuple, get_args

from .reasons import Reason

type Status = Literal[
    "expected",
    "present",
    "late",
    "half_day",
    "absent",
    "on_leave",
    "excused",
    "holiday",
    "day_off",
    "inactive",
]
STATUSES: tuple[Status, ...] = get_args(Status.__value__)
type Presence = Literal["not_in", "in", "on_break", "left"]
type Flag = Literal[
    "corrected",
    "early_leave",
    "missing_break_in",
    "missing_in",
    "missing_out",
    "outside",
    "overtime",
    "too_long",
    "worked_off",
]
type Cause = Literal["new", "punch", "closed", "reopened", "correction", "rules"]
CAUSES: tuple[Cause, ...] = get_args(Cause.__value__)

# The columns of a mark's row: date and person, what follows as in `Mark`; JSON as text.
type Cells = tuple[Any, ...]
# First in, last out, flags and reasons.
_JSON_COLUMNS = (6, 7, 15, 17)
# Those between the last of the first two and the third.
_SECONDS = (
    "late_by",
    "early_by",
    "worked",
    "overtime",
    "breaks",
    "owed",
    "running_since",
)
_NO_FLAGS: frozenset[Flag] = frozenset()
_ON_SITE: tuple[Presence, ...] = "in", "on_break"

# They hold no circles, and to look for some takes a third of the time.
_json = json.JSONEncoder(check_circular=False).encode


class Moment(NamedTuple):
    """A punch's time: UTC, and the second of the wall clock that it is judged by."""

    utc: int
    wall: int


class Mark(NamedTuple):
    """What is known of a person's day. Durations are seconds.

    A tuple rather than a frozen dataclass: a year of 500 people has 180,000 of them.
    """

    person_id: str
    date: Date
    shift_id: str
    status: Status
    # Provisional until every terminal that could hold a punch was read after the end.
    final: bool
    presence: Presence
    first_in: Moment | None = None
    last_out: Moment | None = None
    late_by: int = 0
    early_by: int = 0
    worked: int = 0
    overtime: int = 0
    breaks: int = 0
    owed: int | None = None
    # Since when hours are running that `worked` does not hold yet; UTC.
    running_since: int | None = None
    flags: frozenset[Flag] = frozenset()
    reasons: tuple[Reason, ...] = ()
    # When they were seen last who may be there or not: they were in when the day closed, or
    # only punched where nobody knows which way. UTC.
    unseen_since: int | None = None

    @property
    def is_on_site(self) -> bool:
        """Tell whether the person is in the building, as far as punches tell."""
        return self.presence in _ON_SITE

    @property
    def is_over(self) -> bool:
        """Tell whether the shift is over, though terminals may be waited for."""
        return all(reason.key != "running" for reason in self.reasons)

    @property
    def went(self) -> Moment | None:
        """Return the last check-out; None of who went and is back, as they have not gone."""
        return None if self.is_on_site else self.last_out

    def hours_at(self, now: int) -> int:
        """Return the seconds worked until now; the hours that still run included.

        Without the unpaid breaks since then, which the reasons name.
        """
        return _hours_at(self.worked, self.running_since, self.reasons, now)

    def explain(self, *, with_notes: bool = True) -> str:
        """Return all reasons in English; or only those in which nobody noted anything."""
        return "; ".join(
            str(reason) for reason in self.reasons if with_notes or not reason.is_note
        )

    def as_row(self) -> dict[str, Any]:
        """Return the mark as plain values: to be told on the bus, or sent."""
        return {
            "person_id": self.person_id,
            "date": self.date.isoformat(),
            "shift_id": self.shift_id,
            "status": self.status,
            "final": self.final,
            "presence": self.presence,
            "first_in": self.first_in and list(self.first_in),
            "last_out": self.last_out and list(self.last_out),
            "late_by": self.late_by,
            "early_by": self.early_by,
            "worked": self.worked,
            "overtime": self.overtime,
            "breaks": self.breaks,
            "owed": self.owed,
            "running_since": self.running_since,
            "flags": sorted(self.flags),
            "reasons": [[reason.key, *reason.values] for reason in self.reasons],
            "unseen_since": self.unseen_since,
        }

    def as_cells(self) -> Cells:
        """Return the mark as it is stored. What is stored alike is the same mark."""
        # All at once: one by one takes as long again as what is done with them.
        (
            person_id,
            date,
            shift_id,
            status,
            final,
            presence,
            first,
            last,
            late_by,
            early_by,
            worked,
            overtime,
            breaks,
            owed,
            running_since,
            flags,
            reasons,
            unseen_since,
        ) = self
        return (
            date.isoformat(),
            person_id,
            shift_id,
            status,
            final,
            presence,
            first and f"[{first.utc}, {first.wall}]",
            last and f"[{last.utc}, {last.wall}]",
            late_by,
            early_by,
            worked,
            overtime,
            breaks,
            owed,
            running_since,
            _flags(flags),
            unseen_since,
            _as_json(reasons),
        )


# A few, which most marks have.
@lru_cache(maxsize=256)
def _flags(flags: frozenset[Flag]) -> str:
    return _json(sorted(flags))


@lru_cache(maxsize=256)
def _quoted(shift_id: str) -> str:
    return _json(shift_id)


def _as_json(reasons: Iterable[Reason]) -> str:
    """Write reasons as `json` would, which takes four times as long."""
    told = []
    for key, values in reasons:
        text = f'["{key}"'
        for value in values:
            text += f", {value}" if type(value) is int else f", {_json(value)}"
        told.append(f"{text}]")
    return f"[{', '.join(told)}]"


def traced(cells: Cells) -> str:
    """Return what the trace keeps of a mark's row: as JSON, and without what is nothing.

    Written here, since a year of 500 people has 180,000 of them.
    """
    shift_id, status, final, presence, first, last = cells[2:8]
    flags, unseen_since, reasons = cells[15:]
    told = [
        f'"shift_id": {_quoted(shift_id)}, "status": "{status}", "presence": "{presence}"'
    ]
    if final:
        told.append('"final": true')
    if first:
        told.append(f'"first_in": {first}')
    if last:
        told.append(f'"last_out": {last}')
    for name, seconds in zip(_SECONDS, cells[8:15], strict=True):
        if seconds:
            told.append(f'"{name}": {seconds}')
    if flags != "[]":
        told.append(f'"flags": {flags}')
    if unseen_since:
        told.append(f'"unseen_since": {unseen_since}')
    if reasons != "[]":
        told.append(f'"reasons": {reasons}')
    return f"{{{', '.join(told)}}}"


def marks_of(rows: Sequence[Cells]) -> list[Mark]:
    """Return the marks that `as_cells` made rows of."""
    # All of a column as one text: a call for each takes longer than what it does.
    told = [
        json.loads(f"[{','.join([row[column] or 'null' for row in rows])}]")
        for column in _JSON_COLUMNS
    ]
    return [
        Mark._make(
            (
                row[1],
                Date.fromisoformat(row[0]),
                row[2],
                row[3],
                bool(row[4]),
                row[5],
                first and Moment(*first),
                last and Moment(*last),
                *row[8:15],
                frozenset(flags) if flags else _NO_FLAGS,
                _reasons(reasons),
                row[16],
            )
        )
        for row, first, last, flags, reasons in zip(rows, *told, strict=True)
    ]


class Brief(NamedTuple):
    """What a grid needs of a mark: four columns of its row."""

    person_id: str
    date: Date
    status: Status
    final: bool


class Outline(NamedTuple):
    """What a list of a day is sorted and counted by: a few columns of a mark's row."""

    person_id: str
    status: Status
    # Seconds of UTC.
    first_in: int | None
    last_out: int | None
    worked: int
    running_since: int | None
    late_by: int
    presence: Presence
    # Only where hours are running.
    reasons: tuple[Reason, ...] = ()

    @property
    def went(self) -> int | None:
        """Return the last check-out, as of the whole mark."""
        return None if self.presence in _ON_SITE else self.last_out

    def hours_at(self, now: int) -> int:
        """Return the seconds worked until now, as of the whole mark."""
        return _hours_at(self.worked, self.running_since, self.reasons, now)


def outlines_of(rows: Iterable[Cells]) -> list[Outline]:
    """Return outlines from their columns, of which the last is JSON, or None."""
    return [
        Outline._make((*row, _reasons(json.loads(reasons)) if reasons else ()))
        for *row, reasons in rows
    ]


def _reasons(told: Iterable[Sequence[Any]]) -> tuple[Reason, ...]:
    return tuple([Reason(key, tuple(values)) for key, *values in told])


def _hours_at(
    worked: int, running_since: int | None, reasons: Iterable[Reason], now: int
) -> int:
    if running_since is None:
        return worked
    paused = 0
    for key, values in reasons:
        if key == "unpaid":
            begin, length = values
            passed = now - int(datetime.fromisoformat(str(begin)).timestamp())
            paused += min(max(0, passed), int(length))
    return worked + max(0, now - paused - running_since)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the trace: a day's mark became another."""

    # UTC.
    at: int
    cause: Cause
    # None for the first mark of a day.
    before: Mark | None
    after: Mark

    @property
    def is_news(self) -> bool:
        """Tell whether somebody may want to know: another status, or final now."""
        before, after = self.before, self.after
        return before is None or (before.status, before.final) != (
            after.status,
            after.final,
        )


def settle(before: Mark | None, after: Mark, *, at: int, cause: Cause) -> Change | None:
    """Return how a day's mark changed, or None if it did not.

    `cause` is what made somebody compute the day. A final mark that a punch changed was
    re-opened by a late delivery, and that is said instead. Reasons alone are no change;
    the row is to be stored all the same.
    """
    if before is not None and before._replace(reasons=()) == after._replace(reasons=()):
        return None
    if before is None:
        cause = "new"
    elif before.final and cause in ("punch", "closed"):
        cause = "reopened"
    elif not before.final and after.final and cause == "punch":
        cause = "closed"
    return Change(at, cause, before, after)
