"""How many people are present, late, absent, on site, and how many users are nobody."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory

from .attendance import (
    SIGNAL_CLOCK,
    SIGNAL_DAY,
    SIGNAL_MARKS,
    SIGNAL_PEOPLE,
    SIGNAL_UNMAPPED,
    Attendance,
)
from .core.attendance.marks import Mark, Status
from .entity import Signals, SiteEntity
from .reach import SIGNAL_REACH, SiteConfigEntry

# People and users that an attribute lists at the most.
MAX_LISTED = 100
# What the recorder is not to keep: names, and what the history of counts tells.
_SHOWN = frozenset({"people", "listed_in_full", "date", "provisional"})


@dataclass(frozen=True, kw_only=True)
class PeopleSensorDescription(SensorEntityDescription):
    """A sensor of how many people there are of a sort."""

    find: Callable[[Attendance], Iterable[Mark]]


def _marked(status: Status) -> Callable[[Attendance], Iterable[Mark]]:
    """Return what finds who has a mark today."""
    return lambda attendance: (
        mark
        for mark in attendance.async_day(attendance.today).values()
        if mark.status == status
    )


ON_SITE = PeopleSensorDescription(
    key="on_site",
    translation_key="on_site",
    state_class=SensorStateClass.MEASUREMENT,
    find=Attendance.async_on_site,
)
MARKED: tuple[PeopleSensorDescription, ...] = (
    PeopleSensorDescription(
        key="present",
        translation_key="present",
        state_class=SensorStateClass.MEASUREMENT,
        find=_marked("present"),
    ),
    PeopleSensorDescription(
        key="late",
        translation_key="late",
        state_class=SensorStateClass.MEASUREMENT,
        find=_marked("late"),
    ),
    PeopleSensorDescription(
        key="absent",
        translation_key="absent",
        state_class=SensorStateClass.MEASUREMENT,
        find=Attendance.async_absent,
    ),
)
NOT_IN_YET = PeopleSensorDescription(
    key="not_in_yet",
    translation_key="not_in_yet",
    state_class=SensorStateClass.MEASUREMENT,
    find=Attendance.async_not_in_yet,
)
UNMAPPED = SensorEntityDescription(
    key="unmapped",
    translation_key="unmapped",
    entity_category=EntityCategory.DIAGNOSTIC,
    state_class=SensorStateClass.MEASUREMENT,
)


class PeopleSensor(SiteEntity, SensorEntity):
    """How many people there are of a sort, and the names of the first of them."""

    signals: Signals = (SIGNAL_MARKS, SIGNAL_PEOPLE, SIGNAL_DAY, SIGNAL_CLOCK)
    _unrecorded_attributes = _SHOWN

    entity_description: PeopleSensorDescription
    # Found once for all that is told of them: there may be thousands.
    _found: Sequence[Mark] = ()

    @override
    def _async_write_ha_state(self) -> None:
        # Who was erased a moment ago has a mark no more, or no name.
        known = self.attendance.people
        find = self.entity_description.find
        self._found = [
            mark for mark in find(self.attendance) if mark.person_id in known
        ]
        super()._async_write_ha_state()

    @property
    @override
    def native_value(self) -> int:
        """Return the number."""
        return len(self._found)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are."""
        people = self.attendance.people
        names = (people[mark.person_id].name for mark in self._found)
        return {
            "people": nsmallest(MAX_LISTED, names),
            "listed_in_full": len(self._found) <= MAX_LISTED,
        }


class MarkedSensor(PeopleSensor):
    """How many people have a mark today."""

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are, and of how many the day may still change."""
        attendance = self.attendance
        marks = attendance.async_day(attendance.today).values()
        return {
            **super().extra_state_attributes,
            "date": attendance.today.isoformat(),
            "provisional": sum(not mark.final for mark in marks),
        }


class OnSiteSensor(PeopleSensor):
    """How many people are in the building, as far as punches tell."""

    _unrecorded_attributes = _SHOWN | {"not_checked_out", "terminals_away"}

    def __init__(self, entry: SiteConfigEntry, attendance: Attendance) -> None:
        """Know which terminals could tell of others."""
        super().__init__(entry, attendance, ON_SITE)
        self.signals = (*self.signals, SIGNAL_REACH)
        self._reach = entry.runtime_data

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are, how many nobody saw leave, and who may know better."""
        return {
            **super().extra_state_attributes,
            "not_checked_out": sum(mark.final for mark in self._found),
            "terminals_away": self._reach.away()[:MAX_LISTED],
        }


class UnmappedSensor(SiteEntity, SensorEntity):
    """How many users of terminals punch and are nobody."""

    signals = (SIGNAL_UNMAPPED,)
    _unrecorded_attributes = frozenset({"users", "listed_in_full"})

    @property
    @override
    def native_value(self) -> int | None:
        """Return the number; None before they are counted."""
        attendance = self.attendance
        return len(attendance.unmapped) if attendance.knows_unmapped else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are at which terminal."""
        users = self.attendance.unmapped
        return {
            "users": [
                {"device": one.serial, "user_id": one.user_id, "punches": one.count}
                for one in users[:MAX_LISTED]
            ],
            "listed_in_full": len(users) <= MAX_LISTED,
        }


def site_sensors(
    entry: SiteConfigEntry, attendance: Attendance
) -> Iterable[SensorEntity]:
    """Return the sensors of the site."""
    return (
        *(MarkedSensor(entry, attendance, one) for one in MARKED),
        PeopleSensor(entry, attendance, NOT_IN_YET),
        OnSiteSensor(entry, attendance),
        UnmappedSensor(entry, attendance, UNMAPPED),
    )
