"""Shifts, as an admin makes and changes them."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ..attendance.rules import WEEKDAYS
from ..const import (
    CONF_GROUPS,
    CONF_PERSONS,
    CONF_SERIAL,
    CONF_TERMINALS,
    CONF_WORKDAYS,
    OFF,
    SUBENTRY_SHIFT,
    USUAL,
)
from ..entries import async_device_entries
from ..hub import DATA_HUB
from .shift_form import flat, in_sections, shift_fields, wrong_with

_WHO = (CONF_PERSONS, CONF_GROUPS, CONF_TERMINALS)


def shift_schema(who: dict[str, dict[str, str]]) -> vol.Schema:
    """Return what is asked of a shift; who may work it are values with labels."""

    def choices(key: str) -> SelectSelector:
        options = who.get(key, {}).items()
        return SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=value, label=label)
                    for value, label in options
                ],
                multiple=True,
                custom_value=key == CONF_GROUPS,
                mode=SelectSelectorMode.DROPDOWN,
            )
        )

    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Optional(CONF_PERSONS): choices(CONF_PERSONS),
            vol.Optional(CONF_GROUPS): choices(CONF_GROUPS),
            vol.Optional(CONF_TERMINALS): choices(CONF_TERMINALS),
            **shift_fields(),
        }
    )


@callback
def _async_who(hass: HomeAssistant, known: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return who there is to work a shift, and who is chosen already."""
    people = hass.data[DATA_HUB].directory.people.values()
    found = {
        CONF_PERSONS: {
            one.id: f"{one.name} ({one.external_id})" if one.external_id else one.name
            for one in sorted(people, key=lambda one: one.name.casefold())
        },
        CONF_GROUPS: {
            group: group for group in sorted({g for one in people for g in one.groups})
        },
        CONF_TERMINALS: {
            entry.data[CONF_SERIAL]: entry.title for entry in async_device_entries(hass)
        },
    }
    for key, labels in found.items():
        # So that what is gone can be taken out.
        for value in known.get(key, ()):
            labels.setdefault(value, value)
    return found


class ShiftFlow(ConfigSubentryFlow):
    """When some people work, and by which rules their days are marked."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Make a shift."""
        # All days is what hardly any shift is meant for.
        days = self._get_entry().options.get(CONF_WORKDAYS) or WEEKDAYS[:5]
        return await self._async_ask("user", user_input, {CONF_WORKDAYS: days})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a shift."""
        known = self._get_reconfigure_subentry().data
        return await self._async_ask("reconfigure", user_input, dict(known))

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            data = flat(user_input)
            data[CONF_NAME] = user_input[CONF_NAME].strip()
            errors = self._wrong(data)
            if not errors and self.source == SOURCE_USER:
                return self.async_create_entry(title=data[CONF_NAME], data=data)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(),
                    self._get_reconfigure_subentry(),
                    title=data[CONF_NAME],
                    data=data,
                )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                shift_schema(_async_who(self.hass, known)),
                user_input or in_sections(known),
            ),
            errors=errors,
        )

    def _wrong(self, data: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with a shift, by field."""
        own = None if self.source == SOURCE_USER else self._reconfigure_subentry_id
        others = [
            one
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_SHIFT)
            if one.subentry_id != own
        ]
        if not data[CONF_NAME]:
            return {CONF_NAME: "name_missing"}
        if data[CONF_NAME] in (OFF, USUAL):
            return {CONF_NAME: "name_reserved"}
        if any(one.data[CONF_NAME] == data[CONF_NAME] for one in others):
            return {CONF_NAME: "name_taken"}
        for key in _WHO:
            taken = {value for one in others for value in one.data.get(key, ())}
            # Whose is in two of them, would work either.
            if taken & set(data.get(key, ())):
                return {key: "taken"}
        return wrong_with(data)
