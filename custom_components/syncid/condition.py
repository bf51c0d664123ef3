"""Conditions: whether people are on site, and how their day is marked."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Final, Unpack, cast, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.template import Template
from homeassistant.helpers.typing import ConfigType, TemplateVarsType

from .attendance.attendance import DATA_ATTENDANCE
from .attendance.events import SIGNAL_DAY, SIGNAL_MARKS, SIGNAL_PEOPLE
from .const import DOMAIN
from .core.attendance.marks import STATUSES, Mark
from .selection import (
    CONF_BEHAVIOR,
    CONF_FINALITY,
    CONF_GROUPS,
    CONF_PERSON,
    FINALITIES,
    GROUPS,
    Whom,
    one_of,
)
from .strangers import async_watch

CONF_STATUS: Final = "status"

BEHAVIORS: Final = ("any", "all")

_WHOM: Final[dict[Any, Any]] = {
    # Templates, so that a condition can be about who has just punched.
    vol.Optional(CONF_PERSON): vol.All(cv.ensure_list, [cv.template]),
    vol.Optional(CONF_GROUPS): GROUPS,
    vol.Optional(CONF_BEHAVIOR, default="any"): vol.In(BEHAVIORS),
}
ON_SITE_OPTIONS: Final = _WHOM
ATTENDANCE_OPTIONS: Final = {
    **_WHOM,
    vol.Required(CONF_STATUS): one_of(STATUSES),
    vol.Optional(CONF_FINALITY, default="any"): vol.In(FINALITIES),
}
_ON_SITE_SCHEMA: Final = vol.Schema(
    {vol.Required(CONF_OPTIONS, default=dict): ON_SITE_OPTIONS}
)
_ATTENDANCE_SCHEMA: Final = vol.Schema({vol.Required(CONF_OPTIONS): ATTENDANCE_OPTIONS})


class _MarkCondition(Condition):
    """Something is so of the current marks of people."""

    _schema: vol.Schema

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate options."""
        return cast("ConfigType", cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Hold the options."""
        super().__init__(hass, config)
        self._options = config.options or {}
        self._names: list[Template] = self._options.get(CONF_PERSON, [])
        # What was never set up watches nobody.
        self._end_watch: CALLBACK_TYPE = lambda: None

    @override
    async def _async_setup(self) -> None:
        """Have an admin told if there is nobody whom it is about."""
        names = [name.template for name in self._names if name.is_static]
        groups = self._options.get(CONF_GROUPS, ())
        self._end_watch = async_watch(self._hass, names, groups)

    @override
    def _async_unload(self) -> None:
        """Look for nobody any more."""
        self._end_watch()

    @property
    @override
    def needs_polling(self) -> bool:
        """Tell whether it may be otherwise without a mark that changed."""
        return any(not name.is_static for name in self._names)

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> CALLBACK_TYPE:
        """Tell when marks, people or the date change."""

        @callback
        def async_changed(*_: Any) -> None:
            action()

        connect = async_dispatcher_connect
        removes = [
            connect(self._hass, SIGNAL_MARKS, async_changed),
            connect(self._hass, SIGNAL_PEOPLE, async_changed),
            connect(self._hass, SIGNAL_DAY, async_changed),
        ]

        @callback
        def async_remove() -> None:
            for remove in removes:
                remove()

        return async_remove

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Tell whether it is so of one of them, or of all."""
        answers = [
            mark is not None and self._is_so(mark)
            for mark in self._marks(kwargs.get("variables"))
        ]
        if self._options[CONF_BEHAVIOR] == "all":
            return bool(answers) and all(answers)
        return any(answers)

    def _marks(self, variables: TemplateVarsType) -> Iterator[Mark | None]:
        """Yield the current marks of whom it is about."""
        attendance = self._hass.data.get(DATA_ATTENDANCE)
        if attendance is None:
            raise ConditionErrorMessage(DOMAIN, "SyncID is not set up")
        names = [
            str(name.async_render(variables, parse_result=False))
            for name in self._names
        ]
        whom = Whom.of(names, self._options.get(CONF_GROUPS, ()))
        for person in attendance.people.values():
            if whom.means(person):
                yield attendance.async_current(person.id)

    @abstractmethod
    def _is_so(self, mark: Mark) -> bool:
        """Tell whether it is so of one of them."""


class IsOnSiteCondition(_MarkCondition):
    """People are in the building, as far as their punches tell."""

    _schema = _ON_SITE_SCHEMA

    @override
    def _is_so(self, mark: Mark) -> bool:
        # Also of who did not check out, as the roll call has it.
        return self._hass.data[DATA_ATTENDANCE].async_is_on_site(mark.person_id)


class AttendanceIsCondition(_MarkCondition):
    """The current day of people is marked so."""

    _schema = _ATTENDANCE_SCHEMA

    @override
    def _is_so(self, mark: Mark) -> bool:
        return mark.status in self._options[CONF_STATUS] and self._options[
            CONF_FINALITY
        ] in ("any", "final" if mark.final else "provisional")


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_on_site": IsOnSiteCondition,
    "attendance_is": AttendanceIsCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
