"""Persons and groups that automations name and nobody is: they would wait for ever."""

from collections import Counter
from collections.abc import Iterable, Mapping
import logging
from typing import Final, Literal

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey

from .attendance.attendance import DATA_ATTENDANCE
from .attendance.events import SIGNAL_PEOPLE
from .const import DOMAIN
from .selection import Whom

_LOGGER = logging.getLogger(__name__)

type _Kind = Literal["person", "group"]
type _Named = tuple[_Kind, str]

ISSUES: Final[Mapping[_Kind, str]] = {
    "person": "automation_person",
    "group": "automation_group",
}
_DATA: HassKey[_Strangers] = HassKey(f"{DOMAIN}_strangers")


@callback
def async_watch(
    hass: HomeAssistant, names: Iterable[str], groups: Iterable[str]
) -> CALLBACK_TYPE:
    """Tell an admin whom there is not, until what is returned is called."""
    if _DATA not in hass.data:
        hass.data[_DATA] = _Strangers(hass)
    return hass.data[_DATA].async_watch(names, groups)


class _Strangers:
    """Knows whom automations name, and whom of them there is not."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Look again when people come or go."""
        self._hass = hass
        self._named: Counter[_Named] = Counter()
        self._told: set[_Named] = set()
        # Automations that are reloaded come again.
        self._logged: set[_Named] = set()
        async_dispatcher_connect(hass, SIGNAL_PEOPLE, self._async_look)

    @callback
    def async_watch(self, names: Iterable[str], groups: Iterable[str]) -> CALLBACK_TYPE:
        """Look for some names from now on; return what ends that."""
        named: list[_Named] = [
            *(("person", name.strip()) for name in names),
            *(("group", group.strip()) for group in groups),
        ]
        self._named.update(named)
        self._async_look()

        @callback
        def async_end() -> None:
            self._named.subtract(named)
            self._async_look()

        return async_end

    @callback
    def _async_look(self) -> None:
        attendance = self._hass.data.get(DATA_ATTENDANCE)
        if attendance is None or not attendance.is_open:
            return  # until people are known
        people = attendance.people.values()
        missing: set[_Named] = set()
        for kind, name in +self._named:
            whom = Whom.of([name], []) if kind == "person" else Whom.of([], [name])
            if not any(map(whom.means, people)):
                missing.add((kind, name))
        for kind, name in missing - self._told:
            self._async_tell(kind, name)
        for kind, name in self._told - missing:
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUES[kind]}_{name}")
        self._told = missing

    @callback
    def _async_tell(self, kind: _Kind, name: str) -> None:
        if (kind, name) not in self._logged:
            self._logged.add((kind, name))
            _LOGGER.warning(
                "An automation waits for the %s %s, and there is none", kind, name
            )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{ISSUES[kind]}_{name}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUES[kind],
            translation_placeholders={"name": name},
        )
