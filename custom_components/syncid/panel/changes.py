"""Telling the panel that what it shows is not as it was."""

from collections.abc import Callable, Collection
from typing import Any

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.loader import async_get_integration

from ..attendance.events import (
    SIGNAL_MARKS,
    SIGNAL_PEOPLE,
    SIGNAL_RULES,
    SIGNAL_UNMAPPED,
)
from ..const import DOMAIN, EVENT_PUNCH
from ..core.attendance.marks import Change
from ..device import SIGNAL_TERMINAL
from ..keeper import SIGNAL_GROUPS_CHANGED
from ..signals import SIGNAL_PEOPLE_CHANGED
from .command import command, subscription
from .payloads import Changes, Info, Topic
from .register import DATA_BUILD

# Seconds in which changes are gathered, so that many terminals make no storm.
_GATHER = 0.3


@command("info")
async def info(hass: HomeAssistant, msg: dict[str, Any]) -> Info:
    """Say which SyncID this is."""
    integration = await async_get_integration(hass, DOMAIN)
    return Info(version=str(integration.version), build=hass.data.get(DATA_BUILD))


class _Gathered:
    """Topics that changed, told together."""

    def __init__(self, hass: HomeAssistant, tell: Callable[[Changes], None]) -> None:
        self._hass, self._tell = hass, tell
        self._topics: set[Topic] = set()
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_add(self, *topics: Topic) -> None:
        """Tell of them soon."""
        self._topics.update(topics)
        if self._cancel is None:
            timer = self._hass.loop.call_later(_GATHER, self._async_flush)
            self._cancel = timer.cancel

    @callback
    def _async_flush(self) -> None:
        self._cancel = None
        topics, self._topics = sorted(self._topics), set()
        self._tell(Changes(topics=topics))

    @callback
    def async_end(self) -> None:
        """Tell nothing any more."""
        if self._cancel is not None:
            self._cancel()


@subscription("changes/subscribe")
async def changes_subscribe(
    hass: HomeAssistant, msg: dict[str, Any], tell: Callable[[Changes], None]
) -> Callable[[], None]:
    """Tell what should be asked again."""
    gathered = _Gathered(hass, tell)

    @callback
    def async_entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            gathered.async_add("terminals", "people")

    @callback
    def async_terminal_changed(serial: str) -> None:
        gathered.async_add("terminals")

    @callback
    def async_people_changed(serial: str) -> None:
        gathered.async_add("people", "terminals")

    @callback
    def async_punched(event: Event) -> None:
        gathered.async_add("punches")

    @callback
    def async_groups_changed() -> None:
        gathered.async_add("terminals")

    @callback
    def async_marks_changed(changes: Collection[Change]) -> None:
        gathered.async_add("marks")

    @callback
    def async_directory_changed() -> None:
        gathered.async_add("people", "marks")

    ends = [
        async_dispatcher_connect(
            hass, SIGNAL_CONFIG_ENTRY_CHANGED, async_entry_changed
        ),
        async_dispatcher_connect(hass, SIGNAL_TERMINAL, async_terminal_changed),
        async_dispatcher_connect(hass, SIGNAL_PEOPLE_CHANGED, async_people_changed),
        async_dispatcher_connect(hass, SIGNAL_GROUPS_CHANGED, async_groups_changed),
        async_dispatcher_connect(hass, SIGNAL_MARKS, async_marks_changed),
        async_dispatcher_connect(hass, SIGNAL_PEOPLE, async_directory_changed),
        async_dispatcher_connect(hass, SIGNAL_UNMAPPED, async_directory_changed),
        async_dispatcher_connect(hass, SIGNAL_RULES, async_directory_changed),
        hass.bus.async_listen(EVENT_PUNCH, async_punched),
    ]

    def end() -> None:
        for one in ends:
            one()
        gathered.async_end()

    return end
