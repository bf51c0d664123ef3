"""Changing how a device is watched, and what holds for all of them."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import available_timezones

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_HOST, CONF_MODE, CONF_TIME_ZONE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import (
    CONF_ACTIVE,
    CONF_BIOMETRICS,
    CONF_CLOCK_SYNC,
    CONF_DIRECTION,
    CONF_ENTITY_GROUPS,
    CONF_ENTITY_PERSONS,
    CONF_HOLIDAYS,
    CONF_ICLOCK_PORT,
    CONF_ICLOCK_PREFIX,
    CONF_LIVE_MINUTES,
    CONF_LOCAL_ONLY,
    CONF_PHOTOS,
    CONF_POLL_INTERVAL,
    CONF_SERIAL,
    CONF_UNLOCK_UNIT,
    CONF_UNREACHABLE_HOURS,
    CONF_VERIFY_CODES,
    DEFAULT_LIVE_MINUTES,
    DEFAULT_POLL_INTERVALS,
    DEFAULT_UNLOCK_UNIT,
    DEFAULT_UNREACHABLE_HOURS,
    MODE_POLLING,
    MODE_PUSH,
    MODE_REALTIME,
    MODES,
    TERMINAL_MODES,
    UNLOCK_UNITS,
)
from ..core.codes import DIRECTION_OPTIONS, VERIFY_OPTIONS
from ..hub import DATA_HUB
from ..push.server import DATA_ADMS
from .shift_form import SECTIONS, choice, flat, in_sections, shift_fields, wrong_with

MODE = choice(CONF_MODE, MODES)
TERMINAL_MODE = choice(CONF_MODE, TERMINAL_MODES)
DIRECTION = choice(CONF_DIRECTION, DIRECTION_OPTIONS)

SITE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_LIVE_MINUTES, default=DEFAULT_LIVE_MINUTES): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=1440)
        ),
        vol.Required(
            CONF_UNREACHABLE_HOURS, default=DEFAULT_UNREACHABLE_HOURS
        ): vol.All(vol.Coerce(int), vol.Range(min=1, max=720)),
        vol.Required(CONF_LOCAL_ONLY, default=True): cv.boolean,
        vol.Optional(CONF_ICLOCK_PREFIX): vol.All(
            cv.string,
            vol.Match(r"^/*[A-Za-z0-9_-]{1,64}/*\Z", "letters, digits, - and _"),
        ),
        vol.Optional(CONF_ICLOCK_PORT): vol.All(
            vol.Coerce(int), vol.Range(min=1024, max=65535)
        ),
    }
)


# Of a device that pushes, whether SyncID connects to it besides or not.
_PUSH = {
    vol.Required(CONF_ACTIVE, default=True): cv.boolean,
    vol.Required(CONF_BIOMETRICS, default=False): cv.boolean,
    vol.Required(CONF_PHOTOS, default=False): cv.boolean,
}
# Of a terminal that SyncID connects to.
_DIALLED = {
    # Not filled in: what fits one mode would be kept in the other.
    vol.Optional(CONF_POLL_INTERVAL): vol.All(
        vol.Coerce(int), vol.Range(min=10, max=86_400)
    ),
    # Not less: a slow answer would pass for a wrong clock.
    vol.Optional(CONF_CLOCK_SYNC): vol.All(vol.Coerce(int), vol.Range(min=5, max=3600)),
    vol.Required(CONF_UNLOCK_UNIT, default=DEFAULT_UNLOCK_UNIT): choice(
        CONF_UNLOCK_UNIT, tuple(UNLOCK_UNITS)
    ),
}
# Of all.
_READ = {
    vol.Required(CONF_DIRECTION): DIRECTION,
    vol.Required(CONF_VERIFY_CODES, default="auto"): choice(
        CONF_VERIFY_CODES, VERIFY_OPTIONS
    ),
}


class DeviceOptionsFlow(OptionsFlowWithReload):
    """How a device is watched, and how what it tells is read."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        options = self.config_entry.options
        schema = await self._async_schema()
        if user_input is not None:
            # What belongs to a mode that it is not in now is for when it is again.
            kept = {key: options[key] for key in options if key not in schema.schema}
            return self.async_create_entry(data=kept | user_input)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, options),
            description_placeholders={
                "time_zone": self.hass.config.time_zone,
                "realtime": str(DEFAULT_POLL_INTERVALS[MODE_REALTIME]),
                "polling": str(DEFAULT_POLL_INTERVALS[MODE_POLLING]),
            },
        )

    async def _async_schema(self) -> vol.Schema:
        entry = self.config_entry
        zones = await self.hass.async_add_executor_job(available_timezones)
        pushes = entry.options[CONF_MODE] == MODE_PUSH
        server = self.hass.data[DATA_ADMS]
        calls = pushes or await server.async_has_called(entry.data[CONF_SERIAL])
        # Where we do not know its address, it has to push.
        mode = MODE if CONF_HOST in entry.data else choice(CONF_MODE, (MODE_PUSH,))
        return vol.Schema(
            {
                vol.Required(CONF_MODE): mode,
                **({} if pushes else _DIALLED),
                **(_PUSH if calls else {}),
                **_READ,
                vol.Optional(CONF_TIME_ZONE): _zone_selector(zones),
            }
        )


ATTENDANCE_FIELDS = {str(key) for fields in SECTIONS.values() for key in fields}
# Of the whole site, not of a shift.
_OF_THE_SITE = (CONF_HOLIDAYS, CONF_TIME_ZONE)


def _attendance_schema(zones: Iterable[str]) -> vol.Schema:
    """Return what is asked of the rules of attendance."""
    return vol.Schema(
        {
            **shift_fields(),
            vol.Optional(CONF_HOLIDAYS): EntitySelector(
                EntitySelectorConfig(
                    filter=[
                        EntityWithDeviceFilterSelectorConfig(domain="calendar"),
                        EntityWithDeviceFilterSelectorConfig(
                            integration="workday", domain="binary_sensor"
                        ),
                    ]
                )
            ),
            vol.Optional(CONF_TIME_ZONE): _zone_selector(zones),
        }
    )


def _zone_selector(zones: Iterable[str]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=sorted(zones), mode=SelectSelectorMode.DROPDOWN)
    )


@callback
def _entities_schema(hass: HomeAssistant, options: Mapping[str, Any]) -> vol.Schema:
    """Return what is asked of who is to have entities."""
    people = hass.data[DATA_HUB].directory.people.values()
    named = {
        one.id: f"{one.name} ({one.external_id})" if one.external_id else one.name
        for one in sorted(people, key=lambda one: one.name.casefold())
    }
    # So that what is gone can be taken out.
    for person_id in options.get(CONF_ENTITY_PERSONS, ()):
        named.setdefault(person_id, person_id)
    return vol.Schema(
        {
            vol.Optional(CONF_ENTITY_GROUPS): SelectSelector(
                SelectSelectorConfig(
                    options=sorted({group for one in people for group in one.groups}),
                    multiple=True,
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            vol.Optional(CONF_ENTITY_PERSONS): SelectSelector(
                SelectSelectorConfig(
                    options=[
                        SelectOptionDict(value=value, label=label)
                        for value, label in named.items()
                    ],
                    multiple=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
        }
    )


class SiteOptionsFlow(OptionsFlowWithReload):
    """What holds for all terminals, and for who has no shift of their own."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is to be changed."""
        return self.async_show_menu(
            step_id="init", menu_options=["general", "attendance", "entities"]
        )

    async def async_step_general(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options of terminals."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            if CONF_ICLOCK_PREFIX in user_input:
                bare = user_input[CONF_ICLOCK_PREFIX].strip("/")
                user_input = {**user_input, CONF_ICLOCK_PREFIX: bare}
            if user_input.get(CONF_ICLOCK_PORT) != self.hass.http.server_port:
                asked = SITE_SCHEMA.schema
                kept = {key: options[key] for key in options if key not in asked}
                return self.async_create_entry(data=kept | user_input)
            errors[CONF_ICLOCK_PORT] = "own_port"
        return self.async_show_form(
            step_id="general",
            data_schema=self.add_suggested_values_to_schema(
                SITE_SCHEMA, user_input or options
            ),
            errors=errors,
        )

    async def async_step_attendance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the rules of attendance."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            data = flat(user_input)
            if not (errors := wrong_with(data)):
                asked = {*ATTENDANCE_FIELDS, *_OF_THE_SITE}
                kept = {key: options[key] for key in options if key not in asked}
                return self.async_create_entry(data=kept | data)
        zones = await self.hass.async_add_executor_job(available_timezones)
        return self.async_show_form(
            step_id="attendance",
            data_schema=self.add_suggested_values_to_schema(
                _attendance_schema(zones), user_input or in_sections(options)
            ),
            errors=errors,
        )

    async def async_step_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask who is to have entities."""
        options = self.config_entry.options
        schema = _entities_schema(self.hass, options)
        if user_input is not None:
            kept = {key: options[key] for key in options if key not in schema.schema}
            return self.async_create_entry(data=kept | user_input)
        return self.async_show_form(
            step_id="entities",
            data_schema=self.add_suggested_values_to_schema(schema, options),
        )
