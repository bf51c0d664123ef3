"""The day of a person who is chosen for it: status, first in, last out, hours."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time as Time, timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .attendance.attendance import Attendance
from .core.attendance.marks import STATUSES, Mark, Moment
from .core.people import Person
from .entity import PersonEntity

# Hours that run are told so often: each time is a row in the recorder.
_RUNNING: Final = timedelta(minutes=5)
# Said of who was there and is not now, unless more is to be said of the day.
_AWAY: Final = ("on_break", "left")
_ORDINARY: Final = ("present", "late", "half_day")

STATUS = SensorEntityDescription(
    key="status",
    translation_key="status",
    device_class=SensorDeviceClass.ENUM,
    options=[*STATUSES, *_AWAY],
)


@dataclass(frozen=True, kw_only=True)
class MomentSensorDescription(SensorEntityDescription):
    """A sensor of a moment of the day."""

    find: Callable[[Mark], Moment | None]


MOMENTS: tuple[MomentSensorDescription, ...] = (
    MomentSensorDescription(
        key="first_in",
        translation_key="first_in",
        device_class=SensorDeviceClass.TIMESTAMP,
        find=lambda mark: mark.first_in,
    ),
    MomentSensorDescription(
        key="last_out",
        translation_key="last_out",
        device_class=SensorDeviceClass.TIMESTAMP,
        find=lambda mark: mark.went,
    ),
)
HOURS = SensorEntityDescription(
    key="hours_today",
    translation_key="hours_today",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.HOURS,
    suggested_display_precision=2,
    state_class=SensorStateClass.TOTAL,
)


class StatusSensor(PersonEntity, SensorEntity):
    """What is said of a person now."""

    _unrecorded_attributes = frozenset(
        {"mark", "presence", "date", "final", "late_minutes", "why"}
    )

    @property
    @override
    def native_value(self) -> str | None:
        """Return the mark, or where the person went; None before there is a mark."""
        if (mark := self.mark) is None:
            return None
        if mark.presence in _AWAY and mark.status in _ORDINARY:
            return mark.presence
        return mark.status

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return what the mark rests on."""
        if (mark := self.mark) is None:
            return {}
        return {
            "mark": mark.status,
            "presence": mark.presence,
            "date": mark.date.isoformat(),
            "final": mark.final,
            "late_minutes": mark.late_by // 60,
            # Every user reads it: not what somebody noted of them.
            "why": mark.explain(with_notes=False),
        }


class MomentSensor(PersonEntity, SensorEntity):
    """When a person came, or went."""

    entity_description: MomentSensorDescription

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time; None if there is none."""
        mark = self.mark
        moment = self.entity_description.find(mark) if mark else None
        return dt_util.utc_from_timestamp(moment.utc) if moment else None


class HoursSensor(PersonEntity, SensorEntity):
    """How long a person has worked today."""

    @override
    async def async_added_to_hass(self) -> None:
        """Count while hours are running."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_track_time_interval(self.hass, self._async_count, _RUNNING)
        )

    @callback
    def _async_count(self, _: datetime) -> None:
        mark = self.mark
        if mark is not None and mark.running_since is not None:
            self.async_write_ha_state()

    @property
    @override
    def native_value(self) -> float | None:
        """Return the hours, as actions tell them; None before there is a mark."""
        if (mark := self.mark) is None:
            return None
        return round(mark.hours_at(int(dt_util.utcnow().timestamp())) / 3600, 2)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the day began that is counted."""
        if (mark := self.mark) is None:
            return None
        return datetime.combine(mark.date, Time(), self.attendance.places.zone)


def person_sensors(attendance: Attendance, person: Person) -> Iterable[SensorEntity]:
    """Return the sensors of a person."""
    return (
        StatusSensor(attendance, person, STATUS),
        *(MomentSensor(attendance, person, one) for one in MOMENTS),
        HoursSensor(attendance, person, HOURS),
    )
