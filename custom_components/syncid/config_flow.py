"""Adding terminals, and changing how they are reached and watched."""

from collections.abc import Mapping
import logging
from typing import Any, override

import voluptuous as vol

from homeassistant.components.webhook import async_generate_path
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_MODE, CONF_NAME, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType

from .const import (
    CONF_COMM_KEY,
    CONF_DIRECTION,
    CONF_KIND,
    CONF_SERIAL,
    CONF_TRANSPORT,
    DEFAULT_COMM_KEY,
    DEFAULT_PORT,
    DOMAIN,
    KIND_DEVICE,
    KIND_SITE,
    MODE_PUSH,
    PUSH_LOG_URL,
    SITE_UNIQUE_ID,
    SUBENTRY_GROUP,
    SUBENTRY_SHIFT,
)
from .core.errors import ConnectionRefused, LinkError, SyncIDError
from .core.records import DeviceInfo
from .core.terminal.client import TerminalClient
from .core.terminal.link import Transport
from .flows.groups import GroupFlow
from .flows.options import DeviceOptionsFlow, SiteOptionsFlow
from .flows.shifts import ShiftFlow
from .flows.terminal_form import (
    ANNOUNCED_SCHEMA,
    CONNECTION_SCHEMA,
    PUSH_SCHEMA,
    REAUTH_SCHEMA,
    TERMINAL_SCHEMA,
    stripped,
    wrong_in,
)
from .problems import error_key
from .secrets import PushSecrets, local_url, push_server

_LOGGER = logging.getLogger(__name__)

_EXAMPLE = '{"logs": [{"user_id": "1", "timestamp": "2026-03-12 08:05:00"}]}'


async def _async_meet(
    hass: HomeAssistant, connection: Mapping[str, Any]
) -> tuple[DeviceInfo, Transport]:
    """Connect to a terminal; return what it says of itself, and over what."""

    def meet(transport: Transport) -> DeviceInfo:
        client = TerminalClient(
            connection[CONF_HOST],
            connection[CONF_PORT],
            connection[CONF_COMM_KEY],
            transport=transport,
        )
        client.open()
        try:
            return client.read_info()
        finally:
            client.leave()

    try:
        return await hass.async_add_executor_job(meet, "tcp"), "tcp"
    except ConnectionRefused as refused:
        # Some old firmware knows nothing but datagrams.
        try:
            return await hass.async_add_executor_job(meet, "udp"), "udp"
        except LinkError:
            raise refused from None


class SyncIDConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds terminals."""

    VERSION = 1

    def __init__(self) -> None:
        """Know nothing of a terminal yet."""
        self._found: dict[str, Any] = {}
        self._added: dict[str, Any] = {}
        self._secrets = PushSecrets.new()

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
        """Return what can be added to an entry: groups and shifts to the site."""
        # Home Assistant asks this of discoveries that were ignored, too.
        if config_entry.data.get(CONF_KIND) == KIND_SITE:
            return {SUBENTRY_GROUP: GroupFlow, SUBENTRY_SHIFT: ShiftFlow}
        return {}

    async def _async_try(
        self, connection: Mapping[str, Any], errors: dict[str, str]
    ) -> tuple[DeviceInfo, Transport] | None:
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
        return self.async_show_menu(step_id="user", menu_options=["terminal", "push"])

    async def async_step_terminal(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a terminal that we connect to."""
        user_input = stripped(user_input)
        errors = wrong_in(user_input)
        if (
            user_input is not None
            and not errors
            and (met := await self._async_try(user_input, errors))
        ):
            info, transport = met
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
                    CONF_TRANSPORT: transport,
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

    async def async_step_push(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a device that delivers its punches itself."""
        user_input = stripped(user_input)
        errors = wrong_in(user_input)
        if user_input is not None and not errors:
            await self.async_set_unique_id(
                user_input[CONF_SERIAL], raise_on_progress=False
            )
            self._abort_if_unique_id_configured()
            self._added = user_input
            return await self.async_step_token()
        return self.async_show_form(
            step_id="push",
            data_schema=self.add_suggested_values_to_schema(PUSH_SCHEMA, user_input),
            errors=errors,
        )

    @override
    async def async_step_integration_discovery(
        self, discovery_info: DiscoveryInfoType
    ) -> ConfigFlowResult:
        """Find a terminal that announced itself over ADMS."""
        serial: str = discovery_info["serial"]
        await self.async_set_unique_id(serial)
        self._abort_if_unique_id_configured()
        name = discovery_info["name"] or serial
        self._found = {
            CONF_NAME: name,
            CONF_SERIAL: serial,
            "address": discovery_info["address"],
        }
        self.context["title_placeholders"] = {
            "name": f"{name} ({serial})" if name != serial else serial
        }
        return await self.async_step_announced()

    async def async_step_announced(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a terminal that announced itself; its serial number is all it needs."""
        user_input = stripped(user_input)
        errors = wrong_in(user_input)
        if user_input is not None and not errors:
            return self.async_create_entry(
                title=user_input[CONF_NAME],
                data={
                    CONF_KIND: KIND_DEVICE,
                    CONF_SERIAL: self._found[CONF_SERIAL],
                },
                options={
                    CONF_MODE: MODE_PUSH,
                    CONF_DIRECTION: user_input[CONF_DIRECTION],
                },
            )
        return self.async_show_form(
            step_id="announced",
            data_schema=self.add_suggested_values_to_schema(
                ANNOUNCED_SCHEMA, user_input or self._found
            ),
            errors=errors,
            description_placeholders={
                "serial": self._found[CONF_SERIAL],
                "address": self._found["address"],
            },
        )

    async def async_step_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show where to push, and the token, which nobody can show again."""
        if user_input is None:
            return self._show_secrets("token", self._added[CONF_NAME])
        return self.async_create_entry(
            title=self._added[CONF_NAME],
            data={
                CONF_KIND: KIND_DEVICE,
                CONF_SERIAL: self._added[CONF_SERIAL],
                **self._secrets.kept,
            },
            options={
                CONF_MODE: MODE_PUSH,
                CONF_DIRECTION: self._added[CONF_DIRECTION],
            },
        )

    def _show_secrets(self, step_id: str, name: str) -> ConfigFlowResult:
        base = local_url(self.hass)
        return self.async_show_form(
            step_id=step_id,
            description_placeholders={
                "name": name,
                "url": f"{base}{PUSH_LOG_URL}",
                "token": self._secrets.token,
                "example": _EXAMPLE,
                "webhook_url": f"{base}{async_generate_path(self._secrets.webhook_id)}",
                **push_server(self.hass),
            },
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
        if met := await self._async_try(self._found, errors):
            info, _ = met
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
        """Ask for address and comm key, or what to change of a device that pushes."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_KIND] == KIND_SITE:
            return self.async_abort(reason="site_has_no_connection")
        if entry.options[CONF_MODE] == MODE_PUSH:
            return self.async_show_menu(
                step_id="reconfigure", menu_options=["new_token", "connection"]
            )
        return await self.async_step_connection(user_input)

    async def async_step_connection(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for address and comm key."""
        return await self._async_change_connection(
            "connection",
            self._get_reconfigure_entry(),
            CONNECTION_SCHEMA,
            user_input,
        )

    async def async_step_new_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show a new token, and from then on take no other."""
        entry = self._get_reconfigure_entry()
        if user_input is None:
            return self._show_secrets("new_token", entry.title)
        return self.async_update_reload_and_abort(
            entry, data_updates=self._secrets.kept
        )

    async def _async_change_connection(
        self,
        step_id: str,
        entry: ConfigEntry,
        schema: vol.Schema,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        user_input = stripped(user_input)
        errors: dict[str, str] = {}
        if user_input is not None and (
            met := await self._async_try({**entry.data, **user_input}, errors)
        ):
            info, transport = met
            if info.serial == entry.unique_id:
                return self.async_update_reload_and_abort(
                    entry, data_updates={**user_input, CONF_TRANSPORT: transport}
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
