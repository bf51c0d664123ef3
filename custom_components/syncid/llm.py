"""Tools for language models: who is in, and when somebody arrived. They only read."""

from typing import Any, Final, override

import voluptuous as vol

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)

from .assist import async_exposed, async_facts, async_named, async_who_is_in
from .const import DOMAIN

_READS: Final = ToolAnnotations(
    read_only=True, destructive=False, idempotent=True, open_world=False
)


class WhoIsInTool(Tool):
    """Who is on site now."""

    name = f"{DOMAIN}__who_is_in"
    title = "Who is in"
    description = (
        "Tells who is in the building now, as attendance terminals know it. If complete"
        " is false, others may be in of whom nothing may be told."
    )
    annotations = _READS
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return their names, and since when, of whom that may be told."""
        exposed = async_exposed(hass, llm_context.assistant)
        people: list[Any] = [
            async_facts(hass, exposed, person)
            for person, _ in async_who_is_in(hass, exposed)
        ]
        return ToolResult(
            data={
                "count": len(people),
                "complete": exposed.everybody,
                "people": people,
            }
        )


class GetPersonTool(Tool):
    """What is known of somebody's day."""

    name = f"{DOMAIN}__get_attendance"
    title = "Get attendance of a person"
    description = (
        "Tells of a person's current day, as attendance terminals know it: when they"
        " arrived and left, whether they are on site, late or absent. What is missing"
        " in the answer may not be told."
    )
    annotations = _READS
    integration = DOMAIN
    parameters = vol.Schema(
        {vol.Required("name", description="The person's name"): cv.string}
    )

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return what may be told of all who are called so."""
        name = self.parameters(tool_input.tool_args)["name"]
        exposed = async_exposed(hass, llm_context.assistant)
        people: list[Any] = [
            async_facts(hass, exposed, person)
            for person in async_named(hass, exposed, name)
        ]
        if not people:
            return ToolResult(
                data={"error": "Nobody is known by this name"}, error=True
            )
        return ToolResult(data={"people": people})


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools, as far as there is anything exposed that they may tell of."""
    if api_id != LLM_API_ASSIST:
        return None
    exposed = async_exposed(hass, llm_context.assistant)
    tools: list[Tool] = []
    if exposed.is_anything:
        tools.append(WhoIsInTool())
    if exposed.of_people:
        tools.append(GetPersonTool())
    return LLMTools(tools=tools) if tools else None
