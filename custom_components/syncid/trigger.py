"""Triggers: somebody punched, somebody's attendance changed."""

from abc import abstractmethod
from typing import Any, Final, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET, Platform
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, EVENT_ATTENDANCE, EVENT_PUNCH
from .core.attendance.marks import STATUSES
from .core.people import Person
from .core.records import DIRECTIONS, METHODS
from .hub import DATA_HUB
from .selection import (
    CONF_FINALITY,
    CONF_GROUPS,
    CONF_PERSON,
    FINALITIES,
    GROUPS,
    Whom,
    one_of,
)
from .strangers import async_watch

CONF_DIRECTION: Final = "direction"
CONF_FROM: Final = "from"
CONF_LATE: Final = "late"
CONF_METHOD: Final = "method"
CONF_TO: Final = "to"
CONF_WHO: Final = "who"

WHO: Final = ("anybody", "mapped", "unmapped")

_WHOM: Final[dict[Any, Any]] = {
    vol.Optional(CONF_PERSON): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(CONF_GROUPS): GROUPS,
}
PUNCHED_OPTIONS: Final = {
    **_WHOM,
    vol.Optional(CONF_WHO, default="anybody"): vol.In(WHO),
    vol.Optional(CONF_DIRECTION): one_of(DIRECTIONS),
    vol.Optional(CONF_METHOD): one_of(METHODS),
    vol.Optional(CONF_LATE, default=False): cv.boolean,
}
ATTENDANCE_OPTIONS: Final = {
    **_WHOM,
    vol.Optional(CONF_FROM): one_of(STATUSES),
    vol.Optional(CONF_TO): one_of(STATUSES),
    vol.Optional(CONF_FINALITY, default="any"): vol.In(FINALITIES),
}
_PUNCHED_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS, default=dict): PUNCHED_OPTIONS,
    }
)
_ATTENDANCE_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_OPTIONS, default=dict): ATTENDANCE_OPTIONS}
)


class _SyncIDTrigger(Trigger):
    """Something that the bus tells of."""

    _schema: vol.Schema
    _event_type: str

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate target and options."""
        return cast("ConfigType", cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Know whom it is about."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._whom = Whom.of_options(self._options)

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to the bus."""

        @callback
        def async_happened(event: Event[dict[str, Any]]) -> None:
            if self._fits(event.data):
                payload, description = self._tell(event.data)
                run_action(payload, description, event.context)

        end_watch = async_watch(
            self._hass,
            self._options.get(CONF_PERSON, ()),
            self._options.get(CONF_GROUPS, ()),
        )
        end_listen = self._hass.bus.async_listen(self._event_type, async_happened)

        @callback
        def async_detach() -> None:
            end_listen()
            end_watch()

        return async_detach

    def _is_meant(self, person_id: str | None) -> bool:
        people = self._hass.data[DATA_HUB].directory.people
        person: Person | None = people.get(person_id or "")
        return self._whom.means(person)

    def _is_among(self, key: str, word: str | None) -> bool:
        """Tell whether a word is one of those that are wanted; none are all."""
        return not (wanted := self._options.get(key)) or word in wanted

    @abstractmethod
    def _fits(self, data: dict[str, Any]) -> bool:
        """Tell whether it is what somebody waits for."""

    @abstractmethod
    def _tell(self, data: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Return what an automation is told, and what its trace says."""


class PunchedTrigger(_SyncIDTrigger):
    """Somebody punched: just now, or also what is delivered late."""

    _schema = _PUNCHED_SCHEMA
    _event_type = EVENT_PUNCH

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Know at which terminals."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})

    @override
    def _fits(self, data: dict[str, Any]) -> bool:
        person_id = data["person_id"]
        return (
            (data["live"] or self._options[CONF_LATE])
            and self._options[CONF_WHO]
            in ("anybody", "mapped" if person_id else "unmapped")
            and self._is_among(CONF_DIRECTION, data["direction"])
            and self._is_among(CONF_METHOD, data["method"])
            and self._is_meant(person_id)
            and self._is_there(data)
        )

    def _is_there(self, data: dict[str, Any]) -> bool:
        """Tell whether a terminal is among the targets, as these are now."""
        if not self._target.has_any_target:
            return True
        found = async_extract_referenced_entity_ids(self._hass, self._target)
        entity_id = er.async_get(self._hass).async_get_entity_id(
            Platform.EVENT, DOMAIN, f"{data['device']}-punch"
        )
        return (
            data["device_id"] in found.referenced_devices
            or entity_id in found.referenced
            or entity_id in found.indirectly_referenced
        )

    @override
    def _tell(self, data: dict[str, Any]) -> tuple[dict[str, Any], str]:
        who = data["person"] or data["user_name"] or f"user {data['user_id']}"
        return (
            {"punch": data},
            f"punch of {who} at {data['device_name'] or data['device']}",
        )


class AttendanceChangedTrigger(_SyncIDTrigger):
    """Somebody's day is marked otherwise than before."""

    _schema = _ATTENDANCE_SCHEMA
    _event_type = EVENT_ATTENDANCE

    @override
    def _fits(self, data: dict[str, Any]) -> bool:
        finality, final = self._options[CONF_FINALITY], data["final"]
        # That a day was closed as it stood changes it only for who waits for that.
        changed = data["from"] != data["to"] or (final and finality == "final")
        return (
            changed
            and finality in ("any", "final" if final else "provisional")
            and self._was_among(data)
            and self._is_among(CONF_TO, data["to"])
            and self._is_meant(data["person_id"])
        )

    def _was_among(self, data: dict[str, Any]) -> bool:
        """Tell whether it was what is wanted; who waits for closed days compares those, too."""
        return self._is_among(CONF_FROM, data["from"]) or (
            self._options[CONF_FINALITY] == "final"
            and self._is_among(CONF_FROM, data["from_final"])
        )

    @override
    def _tell(self, data: dict[str, Any]) -> tuple[dict[str, Any], str]:
        return (
            {"attendance": data},
            f"attendance of {data['person']} on {data['date']}: {data['to']}",
        )


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "punched": PunchedTrigger,
    "attendance_changed": AttendanceChangedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
