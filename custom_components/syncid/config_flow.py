"""Adding terminals, and changing how they are reached and watched."""

from collections.abc import Mapping
import logging
from typing import Any, override
from zoneinfo import available_timezones

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_MAC,
    CONF_MODE,
    CONF_NAME,
    CONF_PORT,
    CONF_TIME_ZONE,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo

from .const import (
    CONF_CLOCK_SYNC,
    CONF_COMM_KEY,
    CONF_DIRECTION,
    CONF_KIND,
    CONF_LIVE_MINUTES,
    CONF_POLL_INTERVAL,
    CONF_SERIAL,
    CONF_UNLOCK_UNIT,
    CONF_UNREACHABLE_HOURS,
    CONF_VERIFY_CODES,
    DEFAULT_COMM_KEY,
    DEFAULT_LIVE_MINUTES,
    DEFAULT_POLL_INTERVALS,
    DEFAULT_PORT,
    DEFAULT_UNLOCK_UNIT,
    DEFAULT_UNREACHABLE_HOURS,
    DOMAIN,
    KIND_DEVICE,
    KIND_SITE,
    MAX_COMM_KEY,
    MODE_POLLING,
    MODE_REALTIME,
    MODES,
    SITE_UNIQUE_ID,
    SUBENTRY_GROUP,
    UNLOCK_UNITS,
)
from .core.codes import DIRECTION_OPTIONS, VERIFY_OPTIONS
from .core.errors import SyncIDError
from .core.records import DeviceInfo
from .core.terminal.client import TerminalClient
from .group_flow import GroupFlow
from .problems import error_key

_LOGGER = logging.getLogger(__name__)


def _choice(key: str, options: tuple[str, ...]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            translation_key=key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


_COMM_KEY = vol.All(vol.Coerce(int), vol.Range(min=0, max=MAX_COMM_KEY))
_MODE = _choice(CONF_MODE, MODES)
_DIRECTION = _choice(CONF_DIRECTION, DIRECTION_OPTIONS)

CONNECTION_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): str,
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        vol.Required(CONF_COMM_KEY, default=DEFAULT_COMM_KEY): _COMM_KEY,
    }
)
TERMINAL_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): str,
        **CONNECTION_SCHEMA.schema,
        vol.Required(CONF_MODE, default=MODE_REALTIME): _MODE,
        vol.Required(CONF_DIRECTION, default="auto"): _DIRECTION,
    }
)
REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_COMM_KEY): _COMM_KEY})
SITE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_LIVE_MINUTES, default=DEFAULT_LIVE_MINUTES): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=1440)
        ),
        vol.Required(
            CONF_UNREACHABLE_HOURS, default=DEFAULT_UNREACHABLE_HOURS
        ): vol.All(vol.Coerce(int), vol.Range(min=1, max=720)),
    }
)


def _stripped(user_input: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what was entered, without the blanks that copying brings along."""
    return user_input and {
        key: value.strip() if isinstance(value, str) else value
        for key, value in user_input.items()
    }


async def _async_meet(hass: HomeAssistant, connection: Mapping[str, Any]) -> DeviceInfo:
    """Connect to a terminal, and return what it says of itself."""

    def meet() -> DeviceInfo:
        client = TerminalClient(
            connection[CONF_HOST], connection[CONF_PORT], connection[CONF_COMM_KEY]
        )
        client.open()
        try:
            return client.read_info()
        finally:
            client.leave()

    return await hass.async_add_executor_job(meet)


class SyncIDConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds terminals."""

    VERSION = 1

    def __init__(self) -> None:
        """Know nothing of a terminal yet."""
        self._found: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow for the options of a terminal, or of the site."""
        if config_entry.data[CONF_KIND] == KIND_SITE:
            return SiteOptionsFlow()
        return DeviceOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to an entry: groups to the site."""
        if config_entry.data[CONF_KIND] == KIND_SITE:
            return {SUBENTRY_GROUP: GroupFlow}
        return {}

    async def _async_try(
        self, connection: Mapping[str, Any], errors: dict[str, str]
    ) -> DeviceInfo | None:
        """Meet a terminal, or say why that failed: `errors` then has a "base"."""
        try:
            return await _async_meet(self.hass, connection)
        except SyncIDError as err:
            errors["base"] = error_key(err)
        except Exception:
            _LOGGER.exception("Unexpected error at %s", connection[CONF_HOST])
            errors["base"] = "unknown"
        return None

    # --- adding -----------------------------------------------------------------------

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how the terminal is reached."""
        return self.async_show_menu(step_id="user", menu_options=["terminal"])

    async def async_step_terminal(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a terminal that we connect to."""
        user_input = _stripped(user_input)
        errors: dict[str, str] = {}
        if user_input is not None and (
            info := await self._async_try(user_input, errors)
        ):
            # Beside a discovery that nobody has looked at, which ends with this.
            await self.async_set_unique_id(info.serial, raise_on_progress=False)
            self._abort_if_unique_id_configured()
            return self.async_create_entry(
                title=user_input[CONF_NAME],
                data={
                    CONF_KIND: KIND_DEVICE,
                    CONF_HOST: user_input[CONF_HOST],
                    CONF_PORT: user_input[CONF_PORT],
                    CONF_COMM_KEY: user_input[CONF_COMM_KEY],
                    CONF_SERIAL: info.serial,
                    CONF_MAC: format_mac(info.mac) if info.mac else None,
                },
                options={
                    CONF_MODE: user_input[CONF_MODE],
                    CONF_DIRECTION: user_input[CONF_DIRECTION],
                },
            )
        return self.async_show_form(
            step_id="terminal",
            data_schema=self.add_suggested_values_to_schema(
                TERMINAL_SCHEMA, user_input or self._found
            ),
            errors=errors,
        )

    @override
    async def async_step_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Find a terminal in the network, or one that we know at a new address."""
        mac = format_mac(discovery_info.macaddress)
        for entry in self._async_current_entries():
            if entry.data.get(CONF_MAC) == mac:
                await self.async_set_unique_id(entry.unique_id)
                self._abort_if_unique_id_configured(
                    updates={CONF_HOST: discovery_info.ip}
                )
        self._found = {
            CONF_HOST: discovery_info.ip,
            CONF_PORT: DEFAULT_PORT,
            CONF_COMM_KEY: DEFAULT_COMM_KEY,
        }
        errors: dict[str, str] = {}
        if info := await self._async_try(self._found, errors):
            await self.async_set_unique_id(info.serial)
            self._abort_if_unique_id_configured(updates={CONF_HOST: discovery_info.ip})
            name = self._found[CONF_NAME] = info.name or info.serial
        elif errors["base"] == "invalid_auth":
            # It does not say who it is before it knows us.
            await self.async_set_unique_id(mac)
            name = discovery_info.ip
        else:
            return self.async_abort(reason=errors["base"])
        self.context["title_placeholders"] = {"name": name}
        return await self.async_step_terminal()

    async def async_step_system(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Make the entry of the site, which comes with the first terminal."""
        await self.async_set_unique_id(SITE_UNIQUE_ID)
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title="SyncID", data={CONF_KIND: KIND_SITE})

    # --- changing the connection ------------------------------------------------------

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the comm key, which the terminal no longer takes."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Try the comm key that was entered."""
        return await self._async_change_connection(
            "reauth_confirm", self._get_reauth_entry(), REAUTH_SCHEMA, user_input
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address and comm key."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_KIND] == KIND_SITE:
            return self.async_abort(reason="site_has_no_connection")
        return await self._async_change_connection(
            "reconfigure", entry, CONNECTION_SCHEMA, user_input
        )

    async def _async_change_connection(
        self,
        step_id: str,
        entry: ConfigEntry,
        schema: vol.Schema,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        user_input = _stripped(user_input)
        errors: dict[str, str] = {}
        if user_input is not None and (
            info := await self._async_try({**entry.data, **user_input}, errors)
        ):
            if info.serial == entry.unique_id:
                return self.async_update_reload_and_abort(
                    entry, data_updates=user_input
                )
            errors["base"] = "wrong_terminal"
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or entry.data
            ),
            description_placeholders={"name": entry.title},
            errors=errors,
        )


class DeviceOptionsFlow(OptionsFlowWithReload):
    """How a terminal is watched, and how what it tells is read."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        options = self.config_entry.options
        zones = await self.hass.async_add_executor_job(available_timezones)
        schema = vol.Schema(
            {
                vol.Required(CONF_MODE): _MODE,
                # Not filled in: what fits one mode would be kept in the other.
                vol.Optional(CONF_POLL_INTERVAL): vol.All(
                    vol.Coerce(int), vol.Range(min=10, max=86_400)
                ),
                vol.Required(CONF_DIRECTION): _DIRECTION,
                vol.Required(CONF_VERIFY_CODES, default="auto"): _choice(
                    CONF_VERIFY_CODES, VERIFY_OPTIONS
                ),
                vol.Optional(CONF_TIME_ZONE): SelectSelector(
                    SelectSelectorConfig(
                        options=sorted(zones), mode=SelectSelectorMode.DROPDOWN
                    )
                ),
                # Not less: a slow answer would pass for a wrong clock.
                vol.Optional(CONF_CLOCK_SYNC): vol.All(
                    vol.Coerce(int), vol.Range(min=5, max=3600)
                ),
                vol.Required(CONF_UNLOCK_UNIT, default=DEFAULT_UNLOCK_UNIT): _choice(
                    CONF_UNLOCK_UNIT, tuple(UNLOCK_UNITS)
                ),
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, options),
            description_placeholders={
                "name": self.config_entry.title,
                "time_zone": self.hass.config.time_zone,
                "realtime": str(DEFAULT_POLL_INTERVALS[MODE_REALTIME]),
                "polling": str(DEFAULT_POLL_INTERVALS[MODE_POLLING]),
            },
        )


class SiteOptionsFlow(OptionsFlowWithReload):
    """What holds for all terminals."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                SITE_SCHEMA, self.config_entry.options
            ),
            description_placeholders={"name": self.config_entry.title},
        )
