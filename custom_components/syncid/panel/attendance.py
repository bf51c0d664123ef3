"""Attendance, as the panel shows it: a day, a month, one person's day, who is in."""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date as Date, datetime, tzinfo
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..actions.attendance import async_export
from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.events import time_of
from ..attendance.persons import async_person
from ..const import DOMAIN
from ..core.attendance.corrections import Correction, Corrections
from ..core.attendance.day import days_of
from ..core.attendance.marks import STATUSES, Mark, Outline
from ..core.attendance.reasons import Reason
from ..core.book import Book
from ..core.people import Directory, Person
from ..core.records import StoredPunch, wall_clock
from ..hub import DATA_HUB
from .command import DATE, PAGE, command, shorten
from .day_payloads import (
    DayDetail,
    DayPage,
    DayPunch,
    DayRow,
    Exported,
    MonthPage,
    MonthRow,
    Said,
    Traced,
    Why,
)
from .live import async_rows
from .payloads import PunchRow
from .terminals import async_device_id, async_entries

STATUS_ORDER = {status: number for number, status in enumerate(STATUSES)}
# Behind all of them.
NO_STATUS = len(STATUSES)
# Of a day: a sensor that sticks punches each second. And of what was said and found.
_MOST_PUNCHES = 200
_MOST_LINES = 100
_MOST_WORDS = 300
# Behind all moments.
_NEVER = 1 << 62
# By what is known of a mark, who it is of, and the time.
_SORTS: dict[str, Callable[[Outline, Person, int], Any]] = {
    "person": lambda mark, person, now: person.name.casefold(),
    "status": lambda mark, person, now: STATUS_ORDER[mark.status],
    "first_in": lambda mark, person, now: _or_never(mark.first_in),
    "last_out": lambda mark, person, now: _or_never(mark.went),
    "hours": lambda mark, person, now: _hours(mark.hours_at(now)),
    "late_minutes": lambda mark, person, now: mark.late_by // 60,
}


def _or_never(second: int | None) -> int:
    return _NEVER if second is None else second


def _hours(seconds: int) -> float:
    return round(seconds / 3600, 2)


def day_row(mark: Mark, person: Person, now: int) -> DayRow:
    """Return what the panel shows of a mark."""
    return DayRow(
        person_id=person.id,
        person=person.name,
        external_id=person.external_id,
        groups=list(person.groups),
        date=mark.date.isoformat(),
        status=mark.status,
        final=mark.final,
        presence=mark.presence,
        first_in=time_of(mark.first_in),
        last_out=time_of(mark.went),
        late_minutes=mark.late_by // 60,
        hours=_hours(mark.hours_at(now)),
        overtime_minutes=mark.overtime // 60,
        flags=sorted(mark.flags),
    )


def groups_of(people: Iterable[Person]) -> list[str]:
    """Return the names of all groups."""
    return sorted({group for person in people for group in person.groups})


def chosen(directory: Directory, msg: dict[str, Any]) -> dict[str, Person]:
    """Return the people that a command is about: by search, group and terminal.

    For the executor, as all that looks at everybody.
    """
    words = msg["search"].casefold().split()
    # Of a group whose last member has left it is nobody: no error, or the page with the
    # filter to take it back would not be shown.
    group = msg["group"].strip().casefold() if "group" in msg else None
    return {
        person_id: person
        for person_id, person in directory.people.items()
        if (group is None or group in {one.casefold() for one in person.groups})
        and all(
            word in f"{person.name} {person.external_id}".casefold() for word in words
        )
        and ("serial" not in msg or msg["serial"] in directory.serials_of(person_id))
    }


_OF_WHOM = {vol.Optional("group"): str, vol.Optional("serial"): str}
_CHOSEN = {**PAGE, **_OF_WHOM}


@command(
    "attendance/days",
    {
        **_CHOSEN,
        vol.Required("date"): DATE,
        vol.Optional("status"): vol.In(STATUSES),
        vol.Optional("sort", default="person"): vol.In(sorted(_SORTS)),
    },
)
async def attendance_days(hass: HomeAssistant, msg: dict[str, Any]) -> DayPage:
    """Return the marks of a date that fit."""
    hub, book = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE].book
    now = int(dt_util.utcnow().timestamp())
    return await hub.async_read(_days, book, hub.directory, msg, now)


def _days(book: Book, directory: Directory, msg: dict[str, Any], now: int) -> DayPage:
    date, people = msg["date"], chosen(directory, msg)
    outlines = [mark for mark in book.outlines(date) if mark.person_id in people]
    status = msg.get("status")
    fit = [mark for mark in outlines if status in (None, mark.status)]

    def sort_by(name: str, *, reverse: bool = False) -> None:
        key = _SORTS[name]
        fit.sort(
            key=lambda mark: key(mark, people[mark.person_id], now), reverse=reverse
        )

    sort_by("person")
    sort_by(msg["sort"], reverse=msg["descending"])
    page = [
        mark.person_id for mark in fit[msg["offset"] : msg["offset"] + msg["limit"]]
    ]
    marks = {one.person_id: one for one in book.marks(date, date, page)}
    return DayPage(
        date=date.isoformat(),
        count=len(fit),
        counts=dict(Counter(mark.status for mark in outlines)),
        groups=groups_of(directory.people.values()),
        # Somebody may have been erased meanwhile.
        days=[day_row(marks[one], people[one], now) for one in page if one in marks],
    )


@command("attendance/month", {**_CHOSEN, vol.Required("month"): DATE})
async def attendance_month(hass: HomeAssistant, msg: dict[str, Any]) -> MonthPage:
    """Return the months of people that fit, by name."""
    hub, book = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE].book
    return await hub.async_read(_month, book, hub.directory, msg)


def _month(book: Book, directory: Directory, msg: dict[str, Any]) -> MonthPage:
    first = msg["month"].replace(day=1)
    weekday, length = monthrange(first.year, first.month)
    people = chosen(directory, msg)
    by_name = sorted(people.values(), key=lambda person: person.name.casefold())
    rows = {
        person.id: MonthRow(
            person_id=person.id, person=person.name, days=[None] * length, open=[]
        )
        for person in by_name[msg["offset"] : msg["offset"] + msg["limit"]]
    }
    late = [0] * length
    last = first.replace(day=length)
    # Of a search all are on the page, and looked at below.
    is_whole = len(rows) == len(by_name)
    if not is_whole:
        for date, ids in book.people_of(first, last, "late").items():
            late[date.day - 1] = len(people.keys() & ids)
    for brief in book.briefs_of(first, last, rows.keys()):
        row = rows[brief.person_id]
        if is_whole and brief.status == "late":
            late[brief.date.day - 1] += 1
        row["days"][brief.date.day - 1] = brief.status
        if not brief.final:
            row["open"].append(brief.date.day)
    return MonthPage(
        month=first.isoformat(),
        weekday=weekday,
        length=length,
        count=len(by_name),
        groups=groups_of(directory.people.values()),
        late=late,
        people=list(rows.values()),
    )


@command(
    "attendance/export",
    {
        **_OF_WHOM,
        vol.Required("table"): vol.In(["days", "month"]),
        vol.Required("date"): DATE,
        vol.Optional("search", default=""): str,
        vol.Optional("status"): vol.In(STATUSES),
    },
)
async def attendance_export(hass: HomeAssistant, msg: dict[str, Any]) -> Exported:
    """Make a file of what the lists above show, all pages of it."""
    date, hub = msg["date"], hass.data[DATA_HUB]
    # Who is erased meanwhile would come back with the file.
    async with hass.data[DATA_ATTENDANCE].editing:
        find = partial(chosen, hub.directory, msg)
        people = await hass.async_add_executor_job(find)
        kept = await async_export(
            hass, msg["table"], "xlsx", people, date, date, msg.get("status")
        )
    return Exported(url=kept["url"], days=kept["days"])


@command(
    "attendance/day",
    {vol.Required("person_id"): str, vol.Required("date"): DATE},
)
async def attendance_day(hass: HomeAssistant, msg: dict[str, Any]) -> DayDetail:
    """Return a person's day with all that made it."""
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    person_id, date = msg["person_id"], msg["date"]
    person = async_person(hass, person_id)
    person_id = person.id
    marks = await attendance.async_marks(date, date, [person_id])
    mark = marks[0] if marks else None
    said = await hub.async_read(attendance.book.corrections, [person_id])
    shown = [one for one in said if _is_of(one, date)]
    trace = await attendance.async_trace(person_id, date)
    punches, count = await _async_punches(hass, person, date, said)
    now = int(dt_util.utcnow().timestamp())
    return DayDetail(
        day=day_row(mark, person, now) if mark else None,
        reasons=[_async_why(hass, reason) for reason in (mark.reasons if mark else ())],
        punches=punches,
        punch_count=count,
        said=[_said(one) for one in shown[-_MOST_LINES:]],
        trace=[
            Traced(
                at=_moment(line["at"]),
                cause=line["cause"],
                status=line["mark"]["status"],
                final=line["mark"].get("final", False),
            )
            for line in trace[-_MOST_LINES:]
        ],
    )


@callback
def _async_why(hass: HomeAssistant, reason: Reason) -> Why:
    """Return a reason; what waits for terminals calls them as the admin does."""
    values = reason.placeholders
    if "terminals" in values:
        names = {str(one.unique_id): one.title for one in async_entries(hass)}
        waiting = values["terminals"].split(", ")
        values["terminals"] = ", ".join(names.get(one, one) for one in waiting)
    return Why(key=reason.key, values=values, text=str(reason))


async def _async_punches(
    hass: HomeAssistant, person: Person, date: Date, said: list[Correction]
) -> tuple[list[DayPunch], int]:
    """Return the punches of a person that are a date's, oldest first, and how many.

    Of a night some are on the day after; what is on that day and its own is not told.
    What was taken out is told, so that it can be taken back.
    """
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    case = attendance.async_case()
    stations = case.stations_of(person.id)
    found = await hub.async_read(attendance.book.punches_of, case, person, date)
    shown = found[:_MOST_PUNCHES]
    held = Corrections(person.id, said)
    made = [
        _of_terminal(
            punch, row, held, attendance.places.async_zone_at(punch.serial), second
        )
        for (punch, second), row in zip(
            shown, async_rows(hass, [punch for punch, _ in shown]), strict=True
        )
    ]
    of_humans = [
        _async_added(hass, one, held)
        for one in held.entered
        if (person.id, date)
        in days_of(case.rules, person, (), stations=stations, corrections=[one])
    ]
    told = sorted(made + of_humans, key=lambda one: datetime.fromisoformat(one["time"]))
    return told[:_MOST_PUNCHES], len(found) + len(of_humans)


def _of_terminal(
    punch: StoredPunch, row: PunchRow, held: Corrections, zone: tzinfo, second: int
) -> DayPunch:
    """Return a punch that was made in a second of UTC, whatever its terminal told."""
    name = punch.serial, punch.punch.local_second
    turned = held.turned_by(name)
    return DayPunch(
        device=row["device"],
        device_id=row["device_id"],
        device_name=row["device_name"],
        time=row["time"]
        if second == punch.utc_second
        else datetime.fromtimestamp(second, zone).isoformat(),
        made=row["time"],
        direction=turned.direction if turned else row["direction"],
        method=row["method"],
        added=False,
        voided=held.voided_by(name) is not None,
    )


@callback
def _async_added(hass: HomeAssistant, one: Correction, held: Corrections) -> DayPunch:
    assert one.utc_second is not None
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, one.serial)
    return DayPunch(
        device=one.serial,
        device_id=async_device_id(hass, one.serial, entry) if entry else None,
        device_name=entry.title if entry else None,
        time=_moment(one.utc_second),
        made=_moment(one.utc_second),
        direction=one.direction,
        method="unknown",
        added=True,
        voided=held.voided_by((one.serial, one.local_second), one) is not None,
    )


def _is_of(one: Correction, date: Date) -> bool:
    """Tell whether a correction says something of a date."""
    if one.date is not None:
        return one.date == date
    second = one.local_second
    return second is not None and wall_clock(second).date() == date


def _said(one: Correction) -> Said:
    return Said(
        kind=one.kind,
        by=one.by,
        at=_moment(one.at),
        why=shorten(one.why, _MOST_WORDS),
        status=one.status,
        time=None if one.utc_second is None else _moment(one.utc_second),
        direction=one.direction if one.kind == "set_direction" else None,
    )


def _moment(second: int) -> str:
    return dt_util.utc_from_timestamp(second).isoformat()
