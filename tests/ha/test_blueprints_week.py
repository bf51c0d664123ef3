"""A summary of a week in which nobody was there, and of two of one name."""

from homeassistant.core import HomeAssistant

from .attendance_kit import Site
from .test_blueprints import HEAD, Messages, _automations_end, messages, use

__all__ = ["_automations_end", "messages"]


async def test_weekly_summary_of_nobody(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """A week of nobody is told so; a day that is open, too."""
    await site.at("2026-11-09 06:50")
    await use(hass, "weekly_summary", told=[HEAD], title="Week")
    await site.at("2026-11-09 07:00")
    assert messages.take_all() == [("Week", "Nobody had a day.")]
    await site.add("Amina", "1001")
    await site.at("2026-11-15 10:00")
    await site.punch("1001")
    messages.take()
    await site.at("2026-11-16 07:00")
    ((_, text),) = messages.take_all()
    assert "Present: 1" in text
    assert "Still open: " in text


async def test_weekly_summary_of_two_of_one_name(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
) -> None:
    """Two people of one name are two in the summary."""
    await site.rule(start_time="08:00:00", workdays=["mon"])
    await site.add("Amina", None, external_id="1")
    await site.add("Amina", None, external_id="2")
    await site.map("1", "1")
    await site.map("2", "2")
    await site.at("2026-11-09 06:50")
    await site.read_all()
    await use(hass, "weekly_summary", told=[HEAD])
    await site.at("2026-11-09 07:00")
    ((_, text),) = messages.take_all()
    assert text.splitlines() == ["Absent: 2 (Amina, Amina)"]
