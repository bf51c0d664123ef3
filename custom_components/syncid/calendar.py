"""Shifts, holidays, and who is absent or on leave, as a calendar."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date, datetime, timedelta
from typing import Final, override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .attendance.attendance import DATA_ATTENDANCE, Attendance
from .attendance.events import SIGNAL_DAY, SIGNAL_MARKS, SIGNAL_PEOPLE, SIGNAL_RULES
from .attendance.holidays import AHEAD
from .const import DOMAIN
from .core.attendance.agenda import AWAY, PLANNED, Kind, Occasion, agenda
from .core.attendance.marks import Brief, Change
from .core.attendance.readings import utc_of
from .core.attendance.schedule import Rules
from .core.errors import LedgerError
from .core.people import Directory
from .entity import SiteEntity
from .problems import translation_of
from .reach import SiteConfigEntry

PARALLEL_UPDATES = 0

CALENDAR = CalendarEntityDescription(key="attendance", translation_key="attendance")

_ONE_DAY: Final = timedelta(days=1)
# What is asked for beyond is not computed.
_PAST: Final = timedelta(days=1100)
_FUTURE: Final = AHEAD
# In which the next event is looked for.
_AHEAD: Final = timedelta(days=14)
# Names in an event: of who is away in its title, and in the text below.
_IN_TITLE: Final = 3
_LISTED: Final = 100


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendar of the site."""
    async_add_entities([AttendanceCalendar(entry, hass.data[DATA_ATTENDANCE])])


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What events are made of, for a thread of its own."""

    rules: Rules
    directory: Directory
    # The site's; and those of terminals, by whose own wall clock shifts are meant.
    zone: str
    zones: Mapping[str, str]
    # How the kinds are called, and a shift without a name.
    words: Mapping[Kind, str]

    def events(
        self, first: Date, last: Date, told: Iterable[Brief]
    ) -> list[CalendarEvent]:
        """Return all events from a date to another."""
        return [
            self._event(one)
            for one in agenda(self.rules, self.directory, first, last, told, self.zones)
        ]

    def planned(self, first: Date, last: Date) -> list[CalendarEvent]:
        """Return shifts and holidays from a date to another, as they begin."""
        found = [
            self._event(one)
            for one in agenda(self.rules, self.directory, first, last, zones=self.zones)
            if one.kind in PLANNED
        ]
        return sorted(found, key=lambda event: event.start_datetime_local)

    def _event(self, one: Occasion) -> CalendarEvent:
        start: Date = one.date
        end = start + _ONE_DAY
        if one.begins is not None and one.ends is not None:
            zone = one.zone or self.zone
            begins, ends = utc_of(one.begins, zone), utc_of(one.ends, zone)
            # When clocks are set, a short shift may come to nothing.
            start, end = _moment(begins), _moment(max(ends, begins + 60))
        return CalendarEvent(
            start=start,
            end=end,
            summary=self._title(one),
            description=self._listed(one.people, _LISTED, "\n") or None,
            uid=f"{one.date}-{one.kind}-{one.shift_id}-{one.begins or 0}{one.zone}",
        )

    def _title(self, one: Occasion) -> str:
        if one.kind == "holiday":
            return one.name
        if one.kind == "shift":
            return f"{one.name or self.words['shift']} ({len(one.people)})"
        return f"{self.words[one.kind]}: {self._listed(one.people, _IN_TITLE, ', ')}"

    def _listed(self, people: Collection[str], most: int, between: str) -> str:
        known = self.directory.people
        names = sorted(known[one].name for one in people)
        if (more := len(names) - most) > 0:
            names[most:] = [f"+{more}"]
        return between.join(names)


class AttendanceCalendar(SiteEntity, CalendarEntity):
    """When who is expected, and who was not there."""

    def __init__(self, entry: SiteConfigEntry, attendance: Attendance) -> None:
        """Know nothing of what comes yet."""
        super().__init__(entry, attendance, CALENDAR)
        self._entry = entry
        self._coming: list[CalendarEvent] = []
        self._turn = asyncio.Lock()

    @override
    async def async_added_to_hass(self) -> None:
        """Look ahead, and again when it may be another thing."""
        await super().async_added_to_hass()
        for signal in (SIGNAL_RULES, SIGNAL_PEOPLE, SIGNAL_DAY):
            self.async_on_remove(
                async_dispatcher_connect(self.hass, signal, self._async_look_soon)
            )
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_MARKS, self._async_marked)
        )
        await self._async_look()

    @callback
    def _async_look_soon(self) -> None:
        self._entry.async_create_background_task(
            self.hass, self._async_look_again(), "syncid calendar"
        )

    async def _async_look_again(self) -> None:
        await self._async_look()
        self.async_write_ha_state()

    async def _async_look(self) -> None:
        """Find shifts and holidays to come, which the state tells of."""
        async with self._turn:
            today = self.attendance.places.async_today()
            self._coming = await self.hass.async_add_executor_job(
                self._scene().planned, today - _ONE_DAY, today + _AHEAD
            )

    @callback
    def _async_marked(self, changes: Collection[Change]) -> None:
        """Show who is away now, or is not any more, to who looks at the calendar."""
        if any(
            change.after.status in AWAY
            or (change.before is not None and change.before.status in AWAY)
            for change in changes
        ):
            self.async_write_ha_state()

    @callback
    def _scene(self) -> Scene:
        attendance, hass = self.attendance, self.hass
        texts = async_get_cached_translations(
            hass, hass.config.language, "entity", DOMAIN
        )
        path = f"component.{DOMAIN}.entity"
        words: dict[Kind, str] = {
            kind: texts.get(f"{path}.sensor.status.state.{kind}", kind) for kind in AWAY
        }
        words["shift"] = self._entry.title
        return Scene(
            rules=attendance.async_site_rules(),
            directory=attendance.hub.directory,
            zone=attendance.places.zone_name,
            zones=attendance.places.async_zones(),
            words=words,
        )

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the shift or holiday that is now, or comes next."""
        now = dt_util.now()
        return next(
            (event for event in self._coming if event.end_datetime_local > now), None
        )

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return what there is between two moments."""
        today = self.attendance.places.async_today()
        # A shift of the evening before may still be on.
        first = max(start_date.date(), today - _PAST) - _ONE_DAY
        last = min(end_date.date(), today + _FUTURE) + _ONE_DAY
        # Those of years that nobody looked at are known the next time.
        self.attendance.holidays.async_need(first, last)
        try:
            told = await self.attendance.async_briefs(first, last)
        except LedgerError as err:
            raise HomeAssistantError(**translation_of(err, self._entry.title)) from err
        events = await hass.async_add_executor_job(
            self._scene().events, first, last, told
        )
        return [
            event
            for event in events
            if event.start_datetime_local < end_date
            and event.end_datetime_local > start_date
        ]


def _moment(second: int) -> datetime:
    """Return a second of UTC by Home Assistant's wall clock."""
    return dt_util.as_local(dt_util.utc_from_timestamp(second))
