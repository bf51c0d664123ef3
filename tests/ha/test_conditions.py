"""Conditions in real automations: `syncid.is_on_site`, `syncid.attendance_is`."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionError
from homeassistant.helpers import condition
from homeassistant.setup import async_setup_component

from .attendance_kit import Site
from .automation_kit import automate, catch


async def checker(
    hass: HomeAssistant, name: str, **options: Any
) -> condition.ConditionChecker:
    """Return a condition, validated and set up as an automation's."""
    config = {"condition": f"syncid.{name}", "options": options}
    validated = await condition.async_validate_condition_config(hass, config)
    return await condition.async_from_config(hass, validated)


async def test_is_on_site(hass: HomeAssistant, site: Site) -> None:
    """Somebody is there from the first punch to the last."""
    anybody = await checker(hass, "is_on_site")
    everybody = await checker(hass, "is_on_site", behavior="all")
    assert not anybody.async_check()
    assert not everybody.async_check()  # of nobody, nothing is so
    await site.add("Amina", "1001", groups=["7b"])
    await site.add("Bruno", "1002")
    bruno = await checker(hass, "is_on_site", person=["Bruno"])
    group = await checker(hass, "is_on_site", groups=["7b"], behavior="all")
    await site.punch("1001")
    assert anybody.async_check()
    assert group.async_check()
    assert not everybody.async_check()
    assert not bruno.async_check()
    await site.punch("1002")
    assert everybody.async_check()
    assert bruno.async_check()
    await site.at("2026-11-02 16:00")
    await site.punch("1001")
    assert anybody.async_check()
    assert not group.async_check()
    await site.punch("1002")
    assert not anybody.async_check()


async def test_attendance_is(hass: HomeAssistant, site: Site) -> None:
    """The status of the current day, provisional or final."""
    await site.add("Amina", "1001")
    present = await checker(hass, "attendance_is", status="present")
    final = await checker(
        hass, "attendance_is", status=["present", "late"], finality="final"
    )
    open_day = await checker(
        hass, "attendance_is", status=["present"], finality="provisional"
    )
    assert not present.async_check()
    await site.punch("1001")
    assert present.async_check()
    assert open_day.async_check()
    assert not final.async_check()
    await site.at("2026-11-03 01:00")
    await site.read_all()
    assert not present.async_check()  # of the new day


async def test_about_who_punched(hass: HomeAssistant, site: Site) -> None:
    """A template makes a condition one about who has just punched."""
    calls = catch(hass, "test", "tell")
    await automate(
        hass,
        {
            "triggers": [{"trigger": "syncid.punched"}],
            "conditions": [
                {
                    "condition": "syncid.is_on_site",
                    "options": {"person": "{{ trigger.punch.person_id }}"},
                }
            ],
            "actions": [
                {
                    "action": "test.tell",
                    "data": {"who": "{{ trigger.punch.person }}"},
                }
            ],
        },
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1001")  # the mark comes after the punch
    await site.punch("1003")  # nobody
    await site.at("2026-11-02 09:00")
    await site.punch("1002")
    assert calls == []
    await site.punch("1001", "2026-11-02 09:01:30")
    assert [call.data["who"] for call in calls] == ["Amina"]


async def test_tracked(hass: HomeAssistant, site: Site) -> None:
    """Who watches a condition hears of it when marks or people change."""
    heard: list[str] = []
    anybody = await checker(hass, "is_on_site", person=["Amina"])
    assert not anybody.needs_polling
    stop = await anybody.async_track_changes(lambda: heard.append("changed"))
    await site.add("Amina", "1001")
    assert heard
    heard.clear()
    await site.punch("1001")
    assert heard
    stop()
    heard.clear()
    await site.add("Bruno", "1002")
    assert heard == []
    about = await checker(hass, "is_on_site", person=["{{ states('sensor.who') }}"])
    assert about.needs_polling


async def test_without_syncid(hass: HomeAssistant) -> None:
    """Before SyncID is set up nothing can be said."""
    anybody = await checker(hass, "is_on_site")
    with pytest.raises(ConditionError, match="not set up"):
        anybody.async_check()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("attendance_is", {}),
        ("attendance_is", {"status": "ill"}),
        ("is_on_site", {"behavior": "most"}),
        ("is_away", {}),
    ],
)
async def test_refused(
    hass: HomeAssistant, site: Site, name: str, options: dict[str, Any]
) -> None:
    """What there is not is refused."""
    with pytest.raises(condition.probatio.Invalid):
        await checker(hass, name, **options)


async def test_descriptions(hass: HomeAssistant, site: Site) -> None:
    """Home Assistant takes what is told of the conditions."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await condition.async_get_all_descriptions(hass)
    assert descriptions["syncid.is_on_site"] is not None
    assert descriptions["syncid.attendance_is"] is not None
