"""Groups of terminals, as an admin makes and changes them."""

import re
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_MODE, CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ..const import (
    CONF_FACES,
    CONF_FINGERPRINTS,
    CONF_FOLLOWERS,
    CONF_LEADER,
    CONF_REMOVE_EXTRA,
    CONF_SERIAL,
    CONF_USER_IDS,
    MODE_PUSH,
)
from ..core.names import is_user_id
from ..entries import async_device_entries
from ..groups import async_groups

# What stands between IDs that were entered in one field.
_SEPARATORS = re.compile(r"[\s,;]+")


def group_schema(terminals: dict[str, str]) -> vol.Schema:
    """Return what is asked of a group; terminals are serial numbers with names."""
    options = [
        SelectOptionDict(value=serial, label=name) for serial, name in terminals.items()
    ]

    def choice(*, multiple: bool) -> SelectSelector:
        return SelectSelector(
            SelectSelectorConfig(
                options=options, multiple=multiple, mode=SelectSelectorMode.DROPDOWN
            )
        )

    return vol.Schema(
        {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_LEADER): choice(multiple=False),
            # Or Home Assistant puts the first terminal there, which it takes for the
            # leader too.
            vol.Required(CONF_FOLLOWERS, default=list): choice(multiple=True),
            vol.Optional(CONF_USER_IDS): TextSelector(
                TextSelectorConfig(multiple=True)
            ),
            vol.Required(CONF_FINGERPRINTS, default=True): BooleanSelector(),
            vol.Required(CONF_FACES, default=True): BooleanSelector(),
            vol.Required(CONF_REMOVE_EXTRA, default=False): BooleanSelector(),
        }
    )


class GroupFlow(ConfigSubentryFlow):
    """Which terminals follow which, and in what."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Make a group."""
        return await self._async_ask("user", user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a group."""
        subentry = self._get_reconfigure_subentry()
        return await self._async_ask("reconfigure", user_input, dict(subentry.data))

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        wrong_ids: list[str] = []
        if user_input is not None:
            data = {
                **user_input,
                CONF_NAME: user_input[CONF_NAME].strip(),
                CONF_USER_IDS: [
                    user_id
                    for typed in user_input.get(CONF_USER_IDS, ())
                    for user_id in _SEPARATORS.split(typed)
                    if user_id
                ],
            }
            wrong_ids = [one for one in data[CONF_USER_IDS] if not is_user_id(one)]
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
        terminals = {
            entry.data[CONF_SERIAL]: entry.title
            for entry in async_device_entries(self.hass)
            if entry.options[CONF_MODE] != MODE_PUSH
        }
        # So that one that was removed can be taken out.
        for serial in (known.get(CONF_LEADER), *known.get(CONF_FOLLOWERS, ())):
            if serial:
                terminals.setdefault(serial, serial)
        if len(terminals) < 2:
            return self.async_abort(reason="too_few_terminals")
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                group_schema(terminals), user_input or known
            ),
            description_placeholders={"value": ", ".join(wrong_ids)},
            errors=errors,
        )

    def _wrong(self, data: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with a group, by field."""
        own = None if self.source == SOURCE_USER else self._reconfigure_subentry_id
        others = [group for group in async_groups(self.hass) if group.id != own]
        leader, followers = data[CONF_LEADER], data[CONF_FOLLOWERS]
        if not data[CONF_NAME]:
            return {CONF_NAME: "name_missing"}
        if not all(map(is_user_id, data[CONF_USER_IDS])):
            return {CONF_USER_IDS: "user_ids_invalid"}
        if any(group.name == data[CONF_NAME] for group in others):
            return {CONF_NAME: "name_taken"}
        if any(leader in group.followers for group in others):
            return {CONF_LEADER: "leader_follows"}
        if not followers:
            return {CONF_FOLLOWERS: "no_follower"}
        if leader in followers:
            return {CONF_FOLLOWERS: "follows_itself"}
        # Two that say who should be there would undo each other's work for ever.
        if any(group.terminals & set(followers) for group in others):
            return {CONF_FOLLOWERS: "follower_taken"}
        return {}
