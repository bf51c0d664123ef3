"""How many people are present, late, absent, on site, and how many users are nobody."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date as Date
from functools import partial
from typing import Any, override

from homeassistant.components.sensor import (
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .attendance.attendance import Attendance
from .attendance.events import (
    SIGNAL_CLOCK,
    SIGNAL_DAY,
    SIGNAL_MARKS,
    SIGNAL_PEOPLE,
    SIGNAL_UNMAPPED,
)
from .core.attendance.marks import Change, Mark
from .core.attendance.tally import Tally
from .entity import Signals, SiteEntity
from .reach import SIGNAL_REACH, SiteConfigEntry

# People and users that an attribute lists at the most.
MAX_LISTED = 100
# Changes of which each is looked at: with more, all people are counted anew.
_FEW = 500
# What the recorder is not to keep: names, and what the history of counts tells.
_SHOWN = frozenset({"people", "listed_in_full", "date", "provisional"})


@dataclass(frozen=True, kw_only=True)
class PeopleSensorDescription(SensorEntityDescription):
    """A sensor of how many people there are of a sort."""

    # Of all people, or of some who are named by id.
    find: Callable[[Attendance, Collection[str] | None], Iterable[Mark]]


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
        find=partial(Attendance.async_marked, status="present"),
    ),
    PeopleSensorDescription(
        key="late",
        translation_key="late",
        state_class=SensorStateClass.MEASUREMENT,
        find=partial(Attendance.async_marked, status="late"),
    ),
    PeopleSensorDescription(
        key="absent",
        translation_key="absent",
        state_class=SensorStateClass.MEASUREMENT,
        find=partial(Attendance.async_marked, status="absent"),
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
    """How many people there are of a sort, and the names of the first of them.

    They are counted when anything changed that may be about all; of a mark that changed,
    only whose it is.
    """

    signals: Signals = (SIGNAL_PEOPLE, SIGNAL_DAY, SIGNAL_CLOCK)
    _unrecorded_attributes = _SHOWN

    entity_description: PeopleSensorDescription

    def __init__(
        self,
        entry: SiteConfigEntry,
        attendance: Attendance,
        description: PeopleSensorDescription,
    ) -> None:
        """Have counted nobody yet."""
        super().__init__(entry, attendance, description)
        self._tally = Tally()
        self._date: Date | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Count, and be told of marks that change."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_MARKS, self._async_marked)
        )
        self._async_count()

    @callback
    @override
    def _async_changed(self, *_: object) -> None:
        self._async_count()
        self.async_write_ha_state()

    @callback
    def _async_marked(self, changes: Collection[Change]) -> None:
        # That nothing changed is told when time alone did something, of whomever. A new
        # date may begin with a mark.
        if self._date != self.attendance.today or not 0 < len(changes) <= _FEW:
            self._async_changed()
        elif self._async_count({change.after.person_id for change in changes}):
            self.async_write_ha_state()

    @callback
    def _async_count(self, among: Collection[str] | None = None) -> bool:
        """Count all people, or some anew; return whether there is another thing to tell."""
        attendance, find = self.attendance, self.entity_description.find
        self._date = attendance.today
        if among is not None:
            return self._tally.update(among, find(attendance, among), attendance.people)
        self._tally.begin(find(attendance, None), attendance.people)
        return True

    @property
    @override
    def native_value(self) -> int:
        """Return the number."""
        return len(self._tally)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are."""
        return {
            "people": self._tally.names(MAX_LISTED),
            "listed_in_full": len(self._tally) <= MAX_LISTED,
        }


class MarkedSensor(PeopleSensor):
    """How many people have a mark today, or in a night that goes on."""

    # Of how many that was told the day might still change.
    _provisional = 0

    @callback
    @override
    def _async_count(self, among: Collection[str] | None = None) -> bool:
        before, self._provisional = (
            self._provisional,
            self.attendance.async_provisional(),
        )
        return super()._async_count(among) or before != self._provisional

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return who they are, and of how many the day may still change."""
        return {
            **super().extra_state_attributes,
            "date": self.attendance.today.isoformat(),
            "provisional": self._provisional,
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
            "not_checked_out": self._tally.unseen,
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
