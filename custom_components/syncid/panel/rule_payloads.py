"""What goes over the wire of the rules: as `payloads.py`, which has all others."""

from typing import Literal, TypedDict


class ShiftRow(TypedDict):
    """A shift, as it is written."""

    id: str
    name: str
    start: str | None
    end: str | None
    grace_minutes: int
    early_grace_minutes: int
    flexible_minutes: int
    in_window: str | None
    out_window: str | None
    workdays: list[str]
    breaks: list[str]
    paid_breaks: bool
    deduct_minutes: int
    required_hours: float | None
    half_day_hours: float | None
    absent_hours: float | None
    overtime: str
    overtime_minutes: int
    missing_out: str
    opens_before_hours: float | None
    closes_after_hours: float | None
    deduct_after_hours: float | None
    from_start: bool
    paid_break_times: list[str]
    hours: str
    keys: str
    minimum_gap: int | None
    cap_hours: float | None
    rounding_minutes: int
    round_arrival: str
    round_departure: str
    round_total: str
    # Whom it is for: the first people and groups, and how many more there are.
    people: list[str]
    groups: list[str]
    more: int
    terminals: list[str]


class HolidayRow(TypedDict):
    """A holiday."""

    date: str
    name: str


class LeaveRow(TypedDict):
    """Leave, or an excuse: of a person or of a group."""

    # What an action knows them by.
    who: str
    name: str
    group: bool
    kind: Literal["leave", "excuse"]
    start: str
    end: str
    # The part of each day that it is for.
    from_time: str | None
    until_time: str | None
    note: str


class RotaRow(TypedDict):
    """Days on which somebody works another shift than usual, or none."""

    who: str
    name: str
    group: bool
    start: str
    end: str
    shift: str | None


class RuleBook(TypedDict):
    """The rules of the site."""

    # For who has no shift of their own.
    usual: ShiftRow
    # Whether somebody said on which days they are, or they are of all since nobody did.
    workdays_chosen: bool
    shifts: list[ShiftRow]
    holidays: list[HolidayRow]
    # Of those to come, and now, or of those that are over: the first ones, the nearest
    # to today, and how many there are of both.
    leave: list[LeaveRow]
    rota: list[RotaRow]
    plans: int
    past: bool
    # The one that was chosen, and the one by whose clock days begin.
    time_zone: str | None
    zone: str
    entry_id: str | None


class Differs(TypedDict):
    """A day that would be another one."""

    person: str
    before: str | None
    after: str


class Preview(TypedDict):
    """What a day would have been with other rules."""

    date: str
    before: dict[str, int]
    after: dict[str, int]
    differs: list[Differs]
