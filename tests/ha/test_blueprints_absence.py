"""Absences at closeout that are taken back, or that nobody was told of."""

from homeassistant.core import HomeAssistant

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL
from .test_attendance_told import EIGHT, OTHER_TOKEN, absent_on_monday
from .test_blueprints import HEAD, Messages, _automations_end, messages, use

__all__ = ["_automations_end", "messages"]


async def test_absence_is_taken_back_by_leave(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
) -> None:
    """Who was told of an absence is told of the leave that came two days later."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await absent_on_monday(site)
    assert messages.take() == [([HEAD], f"Amina was absent on {MONDAY}.")]
    await site.at("2026-11-04 09:00")
    messages.take()
    await site.call("add_leave", person="Amina", start=MONDAY, note="ill")
    assert messages.take() == [
        ([HEAD], f"Amina was not absent on {MONDAY}, but on leave.")
    ]


async def test_never_told_absence_is_not_taken_back(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
) -> None:
    """Of an absence that nobody was told of, nobody is told that it was none."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.at("2026-11-02 09:00")
    await site.call("mark_attendance", person="Amina", mark="absent", why="called in")
    assert messages.take() == []
    await site.at("2026-11-02 09:30")
    await site.punch("1001")
    assert messages.take() == []


async def test_terminal_that_is_new_takes_no_absence_back(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
) -> None:
    """That a day is open again, as a terminal is asked that was not, is no presence."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await absent_on_monday(site)
    assert messages.take() == [([HEAD], f"Amina was absent on {MONDAY}.")]
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await site.map("Amina", "1001", other)
    await site.minute()
    assert messages.take() == []
    await site.push(token=OTHER_TOKEN)
    await site.minute()
    assert (await site.mark_on(MONDAY)).status == "absent"
    assert messages.take() == []


async def test_day_that_was_open_again(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """What a new terminal tells of a day that was closed takes the absence back."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await absent_on_monday(site)
    assert len(messages.take()) == 1
    other = await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await site.map("Amina", "1001", other)
    await site.minute()
    late = {"user_id": "1001", "timestamp": f"{MONDAY} 07:55:00"}
    await site.push(late, token=OTHER_TOKEN)
    await site.push(token=OTHER_TOKEN)
    await site.minute()
    text = f"Amina was not absent on {MONDAY}, but present."
    assert messages.take() == [([HEAD], text)]
