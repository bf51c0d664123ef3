"""What goes over the wire of days and marks; as payloads.py, of which this is a part."""

from typing import TypedDict


class DayRow(TypedDict):
    """What is known of a person's day."""

    person_id: str
    person: str
    external_id: str
    groups: list[str]
    date: str
    status: str
    # Whether it may still change.
    final: bool
    presence: str
    first_in: str | None
    # None of who has gone and is back: their hours run on.
    last_out: str | None
    late_minutes: int
    hours: float
    overtime_minutes: int
    flags: list[str]


class DayPage(TypedDict):
    """Days that fit what was asked; the counts are of all that fit but for the mark."""

    date: str
    count: int
    counts: dict[str, int]
    groups: list[str]
    days: list[DayRow]


class MonthRow(TypedDict):
    """A person's month: a status per day, None where nothing is said."""

    person_id: str
    person: str
    days: list[str | None]
    # Days of the month that may still change.
    open: list[int]


class MonthPage(TypedDict):
    """People's months."""

    month: str
    # Weekday of the first, Monday is 0.
    weekday: int
    length: int
    count: int
    groups: list[str]
    # Days of the month on which somebody was late, and how many.
    late: list[int]
    people: list[MonthRow]


class Why(TypedDict):
    """Why a mark is what it is: for a translation, and in English."""

    key: str
    values: dict[str, str]
    text: str


class DayPunch(TypedDict):
    """A punch of a day, with what humans have said of it."""

    # "" and none where no terminal made it.
    device: str
    device_id: str | None
    device_name: str | None
    # When it was, by a right clock.
    time: str
    # As its terminal told it, by which corrections name it.
    made: str
    direction: str
    method: str
    added: bool
    # Taken out: it does not count.
    voided: bool


class Said(TypedDict):
    """What a human said of a day."""

    kind: str
    by: str
    at: str
    why: str
    status: str | None
    time: str | None
    # What a punch meant, where that was said.
    direction: str | None


class Traced(TypedDict):
    """How a day became what it is."""

    at: str
    cause: str
    status: str
    final: bool


class DayDetail(TypedDict):
    """A person's day with all that made it."""

    day: DayRow | None
    # What the shift is called by which it is marked; the usual rules are called nothing.
    shift: str | None
    reasons: list[Why]
    # The first of them, and how many there are.
    punches: list[DayPunch]
    punch_count: int
    said: list[Said]
    trace: list[Traced]


class Exported(TypedDict):
    """Where a file can be fetched for a while, and how many days are in it."""

    url: str
    days: int


class Present(TypedDict):
    """Somebody in the building."""

    person_id: str
    person: str
    presence: str
    since: str | None
    last_seen: str | None
    device: str | None
    area: str | None
    # The rules let them go when their day was over, and nobody saw it.
    not_checked_out: bool
    # In a drill, whether they have punched since it began, and when.
    accounted: bool | None
    accounted_at: str | None


class AssemblyPoint(TypedDict):
    """A terminal by which nobody comes or goes: one may gather there in a drill."""

    serial: str
    name: str


class Drill(TypedDict):
    """A drill that is going on: since when, who began it, and where one gathers."""

    started: str
    by: str
    # What the terminals are called; none where any will do.
    assembly: list[str]


class DrillNow(TypedDict):
    """The drill that is going on, or none."""

    drill: Drill | None


class RollCall(TypedDict):
    """Who is in the building: a page of them."""

    # What this call is named by, to ask for another page of it.
    call: str
    time: str
    drill_started: str | None
    count: int
    # In a drill, who has not come out; they are the first. Of each part those who
    # never checked out are the last.
    missing: int
    not_checked_out: int
    people: list[Present]
    # Where one may gather.
    points: list[AssemblyPoint]
    # Users who punched lately and are nobody, and the first of them.
    unknown: int
    strangers: list[str]
