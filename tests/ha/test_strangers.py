"""Automations about persons and groups that there are not: an admin is told."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition
from homeassistant.setup import async_setup_component

from .attendance_kit import Site
from .automation_kit import automate, catch
from .kit import SyncIDKit

LOGGER = "custom_components.syncid.strangers"


def about(**whom: Any) -> dict[str, Any]:
    """Return an automation that waits for punches of some."""
    return {
        "triggers": [{"trigger": "syncid.punched", "options": whom}],
        "actions": [{"action": "test.tell", "data": {}}],
    }


async def test_named_by_a_trigger(
    hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """A repair names who is missing, until they are there; the log has it once."""
    calls = catch(hass, "test", "tell")
    await site.add("Bruno", groups=["choir"])
    await automate(
        hass,
        about(person=["Amina", "17", "Bruno"], groups=["7b", "Choir"]),
        about(person="Amina"),
    )
    for issue_id, name in (
        ("automation_person_Amina", "Amina"),
        ("automation_person_17", "17"),
        ("automation_group_7b", "7b"),
    ):
        issue = site.syncid.issue(issue_id)
        assert issue is not None
        assert issue.translation_placeholders == {"name": name}
    assert site.syncid.issue("automation_person_Bruno") is None
    assert site.syncid.issue("automation_group_Choir") is None
    told = [one for one in caplog.records if one.name == LOGGER]
    assert len(told) == 3
    assert "person Amina" in " ".join(one.getMessage() for one in told)
    await site.add("Amina", "1001", external_id="0017", groups=["7B"])
    for issue_id in ("person_Amina", "person_17", "group_7b"):
        assert site.syncid.issue(f"automation_{issue_id}") is None
    await site.punch("1001")
    assert len(calls) == 2
    # Who is erased is missed again; of what nobody waits for, nobody is told.
    await site.call("remove_person", person="Amina")
    assert site.syncid.issue("automation_person_Amina") is not None
    assert len([one for one in caplog.records if one.name == LOGGER]) == 3
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )
    assert site.syncid.issue("automation_person_Amina") is None


async def test_named_by_a_condition(hass: HomeAssistant, site: Site) -> None:
    """The same of conditions, but for templates: whom they mean nobody knows yet."""
    config = {
        "condition": "syncid.is_on_site",
        "options": {"person": ["Amina", "{{ 'Chen' }}"], "groups": ["7b"]},
    }
    validated = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, validated)
    assert site.syncid.issue("automation_person_Amina") is not None
    assert site.syncid.issue("automation_group_7b") is not None
    assert len(site.syncid.issues("automation_person")) == 1
    checker.async_unload()
    assert site.syncid.issue("automation_person_Amina") is None


async def test_before_people_are_known(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nobody is missing before there is a ledger; once there is, who is not in it."""
    catch(hass, "test", "tell")
    assert await async_setup_component(hass, "syncid", {})
    await automate(hass, about(person="Amina"))
    assert syncid.issue("automation_person_Amina") is None
    await syncid.add_push_device()
    assert syncid.issue("automation_person_Amina") is not None
