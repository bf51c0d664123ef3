"""Real automations of Home Assistant, and what they did."""

from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component


async def automate(hass: HomeAssistant, *configs: dict[str, Any]) -> None:
    """Set automations up."""
    automations = [
        {"alias": f"Automation {number}", **config}
        for number, config in enumerate(configs)
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    for state in hass.states.async_all("automation"):
        assert state.state == "on", f"{state.name} was refused"


def catch(
    hass: HomeAssistant, domain: str, action: str, schema: Any = None
) -> list[ServiceCall]:
    """Stand in for an action of another integration, and keep its calls."""
    calls: list[ServiceCall] = []

    async def keep(call: ServiceCall) -> None:
        calls.append(call)

    hass.services.async_register(domain, action, keep, schema)
    return calls
