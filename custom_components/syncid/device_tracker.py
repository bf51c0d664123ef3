"""Where a person is who is chosen for it: a tracker that a person entity takes."""

from typing import override

from homeassistant.components.device_tracker import BaseScannerEntity, SourceType
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .attendance.attendance import DATA_ATTENDANCE, Attendance
from .attendance.opt_in import async_add_chosen
from .core.people import Person
from .entity import PersonEntity
from .reach import SIGNAL_REACH, Reach, SiteConfigEntry

PARALLEL_UPDATES = 0

PRESENCE = EntityDescription(key="presence", translation_key="presence")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the trackers of people who are chosen."""
    attendance, reach = hass.data[DATA_ATTENDANCE], entry.runtime_data
    async_add_chosen(
        hass,
        entry,
        async_add_entities,
        lambda person: [PresenceTracker(attendance, person, reach)],
    )


class PresenceTracker(PersonEntity, BaseScannerEntity):
    """Whether a person is on site, as far as punches tell."""

    # It says most of a person, whatever it is for a phone.
    _attr_entity_category = None  # type: ignore[assignment]
    # What a terminal is like most: somebody is where it is.
    _attr_source_type = SourceType.ROUTER

    def __init__(self, attendance: Attendance, person: Person, reach: Reach) -> None:
        """Rely on the terminals that know the person."""
        super().__init__(attendance, person, PRESENCE)
        self._reach = reach
        self.signals = (*self.signals, SIGNAL_REACH)

    @property
    @override
    def available(self) -> bool:
        """Be there if a terminal is that would tell of somebody who leaves or comes."""
        serials = self.attendance.hub.directory.serials_of(self.person_id)
        return super().available and self._reach.answers(serials)

    @property
    @override
    def is_connected(self) -> bool | None:
        """Return whether the person is on site; None before there is a mark."""
        if self.mark is None:
            return None
        return self.attendance.async_is_on_site(self.person_id)
