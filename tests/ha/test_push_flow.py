"""Adding devices that deliver their punches themselves, and changing them."""

from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from .kit import TOKEN, KitTerminal, SyncIDKit
from .test_config_flow import Result, assert_form, submit


async def open_push_form(hass: HomeAssistant) -> Result:
    """Return the form for a device that pushes, through the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    result = await submit(hass, dict(menu), {"next_step_id": "push"})
    assert_form(result, "push")
    return result


def secrets_of(result: Result) -> tuple[str, str, str]:
    """Return address, token and path of the webhook that a form shows."""
    shown = result["description_placeholders"]
    return shown["url"], shown["token"], shown["webhook_url"].partition("/api")[2]


async def test_push(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any
) -> None:
    """A device that pushes is added, and its token shown once."""
    result = await open_push_form(hass)
    result = await submit(
        hass,
        result,
        {"name": " Gate ", "serial": " GATE-1 ", "direction": "in_only"},
    )
    assert_form(result, "token")
    url, token, _ = secrets_of(result)
    assert url.endswith("/api/v1/biometric/push-log")
    assert len(token) >= 43  # 256 bits
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id) == ("Gate", "GATE-1")
    assert entry.options == {"mode": "push", "direction": "in_only"}
    assert token not in str(entry.as_dict())
    client = await hass_client_no_auth()
    response = await client.post(
        "/api/v1/biometric/push-log",
        json={"logs": [{"user_id": "7", "timestamp": "2026-03-12 08:05:00"}]},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status == 200
    (stored,) = await syncid.stored()
    assert stored["direction"] == "check_in"
    assert syncid.site


async def test_server(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What is entered at a terminal is told too, before there is a site and after."""
    await hass.config.async_update(internal_url="http://192.168.1.10:8123")
    result = await open_push_form(hass)
    data = {"name": "Gate", "serial": "GATE-1", "direction": "auto"}
    result = await submit(hass, result, data)
    shown = result["description_placeholders"]
    assert (shown["server"], shown["port"]) == ("192.168.1.10", "8123")
    result = await submit(hass, result, {})
    await hass.async_block_till_done()
    options = {"iclock_port": 8081, "iclock_prefix": "s3cret"}
    hass.config_entries.async_update_entry(syncid.site, options=options)
    result = await open_push_form(hass)
    result = await submit(hass, result, {**data, "serial": "GATE-2"})
    shown = result["description_placeholders"]
    assert shown["server"] == "http://192.168.1.10:8081/s3cret"
    assert shown["port"] == "8081"


async def test_push_serial(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A serial number that no URL takes is refused."""
    result = await open_push_form(hass)
    result = await submit(
        hass, result, {"name": "Gate", "serial": "a/b", "direction": "auto"}
    )
    assert result["step_id"] == "push"
    assert result["errors"] == {"serial": "invalid_serial"}
    result = await submit(
        hass, result, {"name": " ", "serial": "", "direction": "auto"}
    )
    assert result["errors"] == {"name": "name_missing", "serial": "invalid_serial"}


async def test_push_already_configured(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is known already is not added again."""
    await syncid.add_push_device("GATE-1")
    result = await open_push_form(hass)
    result = await submit(
        hass, result, {"name": "Gate", "serial": "GATE-1", "direction": "auto"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_new_token(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any
) -> None:
    """A new token takes the place of the old one, which is taken no more."""
    gateway = await syncid.add_push_device()
    client = await hass_client_no_auth()

    async def status(token: str) -> int:
        response = await client.post(
            "/api/v1/biometric/push-log",
            json={"logs": []},
            headers={"Authorization": f"Bearer {token}"},
        )
        return int(response.status)

    menu = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": "reconfigure", "entry_id": gateway.entry.entry_id},
    )
    assert menu["menu_options"] == ["new_token", "connection"]
    result = await submit(hass, dict(menu), {"next_step_id": "new_token"})
    assert_form(result, "new_token")
    _, token, _ = secrets_of(result)
    assert await status(TOKEN) == 200  # as long as nobody says yes
    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert await status(TOKEN) == 401
    assert await status(token) == 200


async def test_second_road(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A device that pushes gets an address, and can then be watched live."""
    simulation = syncid.start_terminal()
    gateway = await syncid.add_push_device(simulation.terminal.serial)
    menu = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": "reconfigure", "entry_id": gateway.entry.entry_id},
    )
    result = await submit(hass, dict(menu), {"next_step_id": "connection"})
    assert_form(result, "connection")
    result = await submit(
        hass,
        result,
        {"host": simulation.host, "port": simulation.port, "comm_key": 0},
    )
    assert result["reason"] == "reconfigure_successful"
    result = dict(await hass.config_entries.options.async_init(gateway.entry.entry_id))
    data = {"mode": "realtime", "active": True, "direction": "auto"}
    answer = await hass.config_entries.options.async_configure(
        result["flow_id"], {**data, "verify_codes": "auto"}
    )
    assert answer["type"] is FlowResultType.CREATE_ENTRY
    await syncid.settle()
    await syncid.wait_online(KitTerminal(hass, simulation, gateway.entry))
    assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_push_options(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A device without an address has to push; its options are fewer."""
    gateway = await syncid.add_push_device(poll_interval=77)
    result: Result = dict(
        await hass.config_entries.options.async_init(gateway.entry.entry_id)
    )
    assert {str(key) for key in result["data_schema"].schema} == {
        "mode",
        "active",
        "biometrics",
        "photos",
        "direction",
        "verify_codes",
        "time_zone",
    }
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            result["flow_id"], {"mode": "realtime", "direction": "auto"}
        )
    answer = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {
            "mode": "push",
            "active": False,
            "direction": "auto",
            "verify_codes": "auto",
        },
    )
    assert answer["type"] is FlowResultType.CREATE_ENTRY
    # What belongs to another mode waits for it.
    assert gateway.entry.options["poll_interval"] == 77
    assert gateway.entry.options["active"] is False


async def test_address_is_not_known(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Where Home Assistant does not know its own address, the usual one is shown."""
    result = await open_push_form(hass)
    hass.config.api = None
    result = await submit(
        hass, result, {"name": "Gate", "serial": "G1", "direction": "auto"}
    )
    url, _, _ = secrets_of(result)
    assert url.startswith("http://homeassistant.local:8123/")
