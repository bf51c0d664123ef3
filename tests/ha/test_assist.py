"""Assist: who is in, when did somebody arrive: by tools, by intents, as far as exposed."""

from typing import Any

import pytest

from custom_components.syncid.actions.installer import SENTENCES
from custom_components.syncid.const import DOMAIN
from custom_components.syncid.intent import INTENT_WHEN_ARRIVED, INTENT_WHO_IS_IN
from custom_components.syncid.llm import async_get_tools
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, intent, llm
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from .attendance_kit import MONDAY, Site
from .automation_kit import catch

WHO = "syncid__who_is_in"
WHEN = "syncid__get_attendance"
AT = f"{MONDAY}T06:01:01-08:00"


@pytest.fixture(autouse=True)
async def _assist(hass: HomeAssistant) -> None:
    """Set up what Assist is made of; its own agent is not needed."""
    for domain in ("homeassistant", "llm", "intent"):
        assert await async_setup_component(hass, domain, {})


@pytest.fixture
async def people(site: Site) -> Site:
    """Return a site where Amina is in; all have entities, and none is exposed."""
    hass, entry = site.hass, site.syncid.site
    await site.add("Amina Rossi", "1001", groups=["staff"])
    await site.add("Bruno", "1002", groups=["staff"])
    await site.add("Chen", "1003", groups=["staff"])
    chosen = {**entry.options, "start_time": "06:00", "entity_groups": ["staff"]}
    hass.config_entries.async_update_entry(entry, options=chosen)
    await hass.config_entries.async_reload(entry.entry_id)
    await site.syncid.settle()
    await site.punch("1001")
    return site


def expose(site: Site, *keys: str, of: str = "Amina Rossi") -> None:
    """Expose entities of somebody."""
    for key in keys:
        entity_id = find(site.hass, f"{site.person_id(of)}-{key}")
        async_expose_entity(site.hass, "conversation", entity_id, True)


def expose_all(site: Site) -> None:
    """Expose the sensor that names everybody."""
    entity_id = find(site.hass, "site-on_site")
    async_expose_entity(site.hass, "conversation", entity_id, True)


def find(hass: HomeAssistant, unique_id: str) -> str:
    """Return the id of an entity."""
    (found,) = [
        one.entity_id
        for one in er.async_get(hass).entities.values()
        if one.unique_id == unique_id
    ]
    return found


async def tools(hass: HomeAssistant) -> llm.APIInstance:
    """Return what a language model is given."""
    context = llm.LLMContext("test", Context(), "en", "conversation", None)
    return await llm.async_get_api(hass, "assist", context)


async def names(hass: HomeAssistant) -> set[str]:
    """Return the names of our tools."""
    return {
        tool.name for tool in (await tools(hass)).tools if tool.integration == DOMAIN
    }


async def ask(hass: HomeAssistant, called: str, **args: Any) -> llm.ToolResult:
    """Call a tool as a language model does, but for the trace of a conversation."""
    given = await tools(hass)
    (tool,) = [tool for tool in given.tools if tool.name == called]
    result = await tool.async_call(hass, llm.ToolInput(called, args), given.llm_context)
    assert isinstance(result, llm.ToolResult)
    return result


# --- tools ----------------------------------------------------------------------------


async def test_nothing_is_exposed(hass: HomeAssistant, people: Site) -> None:
    """Nothing is told, and there is nothing to ask, before somebody exposes something."""
    assert await names(hass) == set()
    expose(people, "last_out")
    assert await names(hass) == {WHO, WHEN}


async def test_only_read(hass: HomeAssistant, people: Site) -> None:
    """The tools say that they change nothing."""
    expose(people, "status")
    ours = [one for one in (await tools(hass)).tools if one.integration == DOMAIN]
    assert len(ours) == 2
    for tool in ours:
        assert tool.annotations.read_only
        assert not tool.annotations.destructive
        assert not tool.annotations.open_world
        assert tool.title
        assert tool.description


async def test_who_is_in(hass: HomeAssistant, people: Site) -> None:
    """Those are named whose presence is exposed; all, if the site's sensor is."""
    await people.punch("1002")
    expose(people, "presence")
    result = await ask(hass, WHO)
    assert result.data == {
        "count": 1,
        "complete": False,
        "people": [{"name": "Amina Rossi", "on_site": True}],
    }
    expose_all(people)
    result = await ask(hass, WHO)
    assert result.data["complete"] is True
    assert result.data["people"] == [
        {"name": "Amina Rossi", "on_site": True},
        {"name": "Bruno", "on_site": True},
    ]


async def test_only_the_site(hass: HomeAssistant, people: Site) -> None:
    """Who is on site is all that the site's sensor shows: nobody's day."""
    expose_all(people)
    assert await names(hass) == {WHO}


@pytest.mark.parametrize(
    ("keys", "facts"),
    [
        (["presence"], {"on_site": True}),
        (["first_in"], {"arrived": AT}),
        (["last_out"], {"left": None}),
        (["hours_today"], {"hours_today": 0.0}),
        (
            ["status"],
            {
                "on_site": True,
                "arrived": AT,
                "left": None,
                "date": MONDAY,
                "status": "late",
                "presence": "in",
                "late_minutes": 1,
                "final": False,
            },
        ),
    ],
)
async def test_facts(
    hass: HomeAssistant, people: Site, keys: list[str], facts: dict[str, Any]
) -> None:
    """What an exposed entity shows is told, and nothing else."""
    expose(people, *keys)
    result = await ask(hass, WHEN, name="amina")
    assert result.data == {"people": [{"name": "Amina Rossi", **facts}]}


async def test_who_is_not_exposed(hass: HomeAssistant, people: Site) -> None:
    """Somebody who is not exposed and somebody who does not exist are the same."""
    expose(people, "status")
    nobody = await ask(hass, WHEN, name="Zoe")
    assert nobody.error
    assert await ask(hass, WHEN, name="Bruno") == nobody
    expose_all(people)
    assert await ask(hass, WHEN, name="Bruno") == nobody


async def test_before_there_is_a_mark(hass: HomeAssistant, people: Site) -> None:
    """Of somebody whose day could not be stored yet there is only the name."""
    with people.syncid.full_disk("marks"), pytest.raises(HomeAssistantError):
        await people.add("Dora", groups=["staff"])
    await people.syncid.settle()
    expose(people, "status", of="Dora")
    assert people.attendance.async_current(people.person_id("Dora")) is None
    result = await ask(hass, WHEN, name="Dora")
    assert result.data == {"people": [{"name": "Dora"}]}


async def test_disabled(hass: HomeAssistant, people: Site) -> None:
    """An entity that is disabled shows nothing."""
    expose(people, "status")
    er.async_get(hass).async_update_entity(
        find(hass, f"{people.person_id('Amina Rossi')}-status"),
        disabled_by=er.RegistryEntryDisabler.USER,
    )
    assert await names(hass) == set()


async def test_of_other_apis(hass: HomeAssistant, people: Site) -> None:
    """Other programming interfaces know no exposure, and get no tools."""
    expose(people, "status")
    context = llm.LLMContext("test", Context(), "en", "conversation", None)
    assert async_get_tools(hass, context, "homeassistant") is None


# --- intents --------------------------------------------------------------------------


async def say(
    hass: HomeAssistant, name: str, assistant: str | None = None, **slots: str
) -> str:
    """Return what is answered to an intent."""
    response = await intent.async_handle(
        hass,
        "test",
        name,
        {key: {"value": value} for key, value in slots.items()},
        assistant=assistant,
    )
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER
    speech: str = response.speech["plain"]["speech"]
    return speech


async def test_intent_who(hass: HomeAssistant, people: Site) -> None:
    """Who is in is said, of whom that may be said."""
    assert await say(hass, INTENT_WHO_IS_IN) == "I may not tell who is in."
    expose(people, "presence", of="Bruno")
    told = await say(hass, INTENT_WHO_IS_IN, "conversation")
    assert told == "Nobody is in of whom I may tell."
    expose(people, "presence")
    assert await say(hass, INTENT_WHO_IS_IN) == "Amina Rossi is in."
    await people.punch("1002")
    assert await say(hass, INTENT_WHO_IS_IN) == "Amina Rossi and Bruno are in."
    await people.at(f"{MONDAY} 16:00")
    await people.punch("1001")
    await people.punch("1002")
    expose_all(people)
    assert await say(hass, INTENT_WHO_IS_IN) == "Nobody is in."


async def test_intent_who_of_many(hass: HomeAssistant, people: Site) -> None:
    """A list ends before nobody listens any more."""
    expose_all(people)
    for number in range(12):
        await people.add(f"Pupil {number:02}", f"20{number:02}")
        await people.punch(f"20{number:02}")
    told = await say(hass, INTENT_WHO_IS_IN)
    assert told.startswith("Amina Rossi, Pupil 00, Pupil 01, ")
    assert told.endswith(", Pupil 08 and 3 more are in.")


async def test_intent_when(hass: HomeAssistant, people: Site) -> None:
    """When somebody came is said, and when they left."""
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Amina") == (
        "I know nobody called Amina."
    )
    expose(people, "presence")
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Amina") == (
        "I may not tell when Amina Rossi came."
    )
    expose(people, "first_in")
    expose(people, "first_in", of="Bruno")
    assert await say(hass, INTENT_WHEN_ARRIVED, person="AMINA ROSSI ") == (
        "Amina Rossi came at 06:01."
    )
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Bruno") == (
        "Bruno has not come yet."
    )
    await people.at(f"{MONDAY} 16:00")
    await people.punch("1001")
    expose(people, "last_out")
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Amina") == (
        "Amina Rossi came at 06:01 and left at 16:01."
    )


async def test_intent_of_who_is_in_all_the_same(
    hass: HomeAssistant, people: Site
) -> None:
    """Who came when no window is open has come."""
    options = people.syncid.site.options
    windows = {"in_window": "01:00-02:00", "out_window": "20:00-21:00"}
    await people.rule(**options | windows)
    expose(people, "first_in", of="Bruno")
    expose(people, "presence", of="Bruno")
    await people.punch("1002")
    assert await say(hass, INTENT_WHO_IS_IN) == "Bruno is in."
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Bruno") == (
        "Bruno is in, but not by a punch that counts for the day."
    )


async def test_intent_of_several(hass: HomeAssistant, people: Site) -> None:
    """All who are meant are answered for; words match wherever they are."""
    await people.add("Amina Bianchi", "1004", groups=["staff"])
    expose(people, "first_in")
    expose(people, "first_in", of="Amina Bianchi")
    assert await say(hass, INTENT_WHEN_ARRIVED, person="amina") == (
        "Amina Bianchi has not come yet. Amina Rossi came at 06:01."
    )
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Rossi") == (
        "Amina Rossi came at 06:01."
    )
    assert await say(hass, INTENT_WHEN_ARRIVED, person="?!") == (
        "I know nobody called ?!."
    )


async def test_intent_of_a_night(hass: HomeAssistant, people: Site) -> None:
    """Who came before midnight is told with the day."""
    entry = people.syncid.site
    expose(people, "first_in", of="Bruno")
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "start_time": "22:00", "end_time": "06:00"}
    )
    await people.at(f"{MONDAY} 21:50")
    await people.punch("1002")
    await people.at("2026-11-03 02:00")
    assert await say(hass, INTENT_WHEN_ARRIVED, person="Bruno") == (
        "Bruno came on Monday at 21:51."
    )


async def test_before_there_is_a_site(hass: HomeAssistant) -> None:
    """SyncID without any terminal has nothing to tell."""
    assert await async_setup_component(hass, DOMAIN, {})
    await async_setup_component(hass, "intent", {})
    assert await say(hass, INTENT_WHO_IS_IN) == "I may not tell who is in."


# --- sentences ------------------------------------------------------------------------


async def test_install_sentences(hass: HomeAssistant, site: Site) -> None:
    """Sentences are installed where Assist reads them, and it is told to."""
    reload = catch(hass, "conversation", "reload")

    async def install() -> Any:
        response = await hass.services.async_call(
            DOMAIN, "install_sentences", {}, blocking=True, return_response=True
        )
        assert response is not None
        return response["files"]

    assert await install() == {"en.yaml": "installed"}
    assert len(reload) == 1
    path = hass.config.path("custom_sentences/en/syncid.yaml")
    found = await hass.async_add_executor_job(load_yaml_dict, path)
    assert set(found["intents"]) == {INTENT_WHO_IS_IN, INTENT_WHEN_ARRIVED}
    assert await install() == {"en.yaml": "unchanged"}
    assert len(reload) == 1


def test_sentences() -> None:
    """Each language has sentences for all intents, whose slots are filled."""
    files = sorted(SENTENCES.glob("*.yaml"))
    assert files
    for path in files:
        found = load_yaml_dict(path)
        assert found["language"] == path.stem
        assert set(found["intents"]) == {INTENT_WHO_IS_IN, INTENT_WHEN_ARRIVED}
        for name, one in found["intents"].items():
            sentences = [text for data in one["data"] for text in data["sentences"]]
            assert sentences
            wanted = name == INTENT_WHEN_ARRIVED
            assert all(("{person}" in text) is wanted for text in sentences)
