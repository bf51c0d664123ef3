"""The blueprint that arms an alarm, in a real automation."""

import asyncio
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util

from .attendance_kit import MONDAY, Site
from .automation_kit import catch
from .test_blueprints import _automations_end, use

__all__ = ["_automations_end"]  # after each test


async def test_nobody_disarms_by_restarting(hass: HomeAssistant, site: Site) -> None:
    """That SyncID was reloaded with somebody on site disarms nothing."""
    disarm = catch(hass, "alarm_control_panel", "alarm_disarm")
    await site.add("Amina", "1001")
    await site.punch("1001")
    await use(
        hass,
        "first_in_last_out",
        on_site="sensor.syncid_on_site",
        alarm="alarm_control_panel.home",
    )
    await hass.config_entries.async_reload(site.syncid.site.entry_id)
    await site.syncid.settle()
    state = hass.states.get("sensor.syncid_on_site")
    assert state is not None
    assert state.state == "1"
    assert disarm == []


@pytest.fixture
async def alarm(hass: HomeAssistant, site: Site) -> list[str]:
    """Return what an alarm is told that the first disarms and the last arms."""
    told: list[str] = []

    for action, state in (
        ("alarm_disarm", "disarmed"),
        ("alarm_arm_away", "armed_away"),
    ):

        async def keep(call: ServiceCall, state: str = state) -> None:
            told.append(state)
            hass.states.async_set("alarm_control_panel.home", state)

        hass.services.async_register("alarm_control_panel", action, keep)
    hass.states.async_set("alarm_control_panel.home", "armed_away")
    await use(
        hass,
        "first_in_last_out",
        on_site="sensor.syncid_on_site",
        alarm="alarm_control_panel.home",
        wait={"minutes": 5},
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    return told


async def test_closing_a_day_arms_nothing(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """Who is still in when the day is over is not locked in."""
    await site.at(f"{MONDAY} 22:00")
    await site.punch("1001")
    assert alarm == ["disarmed"]
    await site.at("2026-11-03 00:10")
    await site.read_all()
    assert hass.states.is_state("sensor.syncid_on_site", "1")
    await site.at("2026-11-03 00:20")
    assert alarm == ["disarmed"]
    await site.at("2026-11-03 06:00")
    await site.punch("1001")
    await site.at("2026-11-03 06:30")
    await site.punch("1001")
    await site.at("2026-11-03 06:40")
    assert alarm == ["disarmed", "disarmed", "armed_away"]


async def test_somebody_forgot_to_check_out(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """Over who was not seen to leave it is armed a day later; by hand at any time.

    Then who comes first disarms it, though the sensor was not at 0.
    """
    await site.at(f"{MONDAY} 15:00")
    await site.punch("1001")
    await site.at("2026-11-03 00:10")
    await site.read_all()
    alarm.clear()
    hass.states.async_set("alarm_control_panel.home", "armed_away")
    await site.at("2026-11-03 06:00")
    await site.punch("1002")
    assert alarm == ["disarmed"]
    await site.at("2026-11-03 14:00")
    await site.punch("1002")
    await site.at("2026-11-03 14:30")
    assert alarm == ["disarmed"]
    await site.at("2026-11-03 15:05")
    await site.at("2026-11-03 15:15")
    assert alarm == ["disarmed", "armed_away"]


async def test_first_in_while_the_sensor_is_away(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """Who comes first while SyncID is reloaded disarms too; the second does not."""
    await hass.config_entries.async_unload(site.syncid.site.entry_id)
    await site.syncid.settle()
    for user_id in ("1001", "1002"):
        await site.punch(user_id)
        assert alarm == ["disarmed"]


async def test_two_come_at_once(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """Of two who come in one moment neither is locked out by the other."""
    told = f"{dt_util.now():%Y-%m-%d %H:%M:%S}"
    await site.push(
        *({"user_id": user_id, "timestamp": told} for user_id in ("1001", "1002"))
    )
    assert alarm == ["disarmed"]


async def test_who_is_not_the_first(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """An alarm that was armed with somebody in is not disarmed by the next."""
    await site.punch("1001")
    hass.states.async_set("alarm_control_panel.home", "armed_home")
    await site.at(f"{MONDAY} 20:00")
    await site.punch("1002")
    assert alarm == ["disarmed"]


@pytest.mark.parametrize("is_added", [True, False])
async def test_history_disarms_nothing(
    hass: HomeAssistant, site: Site, alarm: list[str], is_added: bool
) -> None:
    """What is told in the evening of a morning says that nobody is at the door."""
    await site.at(f"{MONDAY} 20:00")
    time = f"{MONDAY} 08:00:00"
    if is_added:
        await site.call("add_punch", person="Amina", time=time, why="forgot")
    else:
        await site.punch("1001", time)
    assert hass.states.is_state("sensor.syncid_on_site", "1")
    assert alarm == []


async def test_last_out_and_reloaded(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """What is reloaded while the alarm waits to be armed is armed, after the wait."""
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:00")
    await site.punch("1001")
    await hass.config_entries.async_reload(site.syncid.site.entry_id)
    await site.at(f"{MONDAY} 16:03")
    assert alarm == ["disarmed"]
    await site.at(f"{MONDAY} 16:10")
    assert alarm == ["disarmed", "armed_away"]


async def test_last_out_and_restarted(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """Automations that begin anew while the alarm waits to be armed arm it, too."""
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:00")
    await site.punch("1001")
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )
    await hass.services.async_call(
        "automation", "turn_on", {"entity_id": "all"}, blocking=True
    )
    hass.bus.async_fire("automation_reloaded")
    for _ in range(50):  # nothing tells that it waits
        await asyncio.sleep(0)
    site.freezer.tick(timedelta(minutes=6))
    async_fire_time_changed(hass)
    await site.syncid.wait_until(lambda: len(alarm) > 1)
    assert alarm == ["disarmed", "armed_away"]


async def test_disarmed_by_hand(
    hass: HomeAssistant, site: Site, alarm: list[str]
) -> None:
    """That SyncID is reloaded arms nothing over who disarmed by hand."""
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:00")
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:10")
    assert alarm.pop() == "armed_away"
    hass.states.async_set("alarm_control_panel.home", "disarmed")
    await hass.config_entries.async_reload(site.syncid.site.entry_id)
    await site.at(f"{MONDAY} 16:30")
    assert alarm == ["disarmed"]


async def test_no_code(hass: HomeAssistant, site: Site) -> None:
    """An alarm without a code is given none."""
    disarm = catch(hass, "alarm_control_panel", "alarm_disarm")
    await use(
        hass,
        "first_in_last_out",
        on_site="sensor.syncid_on_site",
        alarm="alarm_control_panel.home",
    )
    await site.add("Amina", "1001")
    await site.punch("1001")
    assert [call.data for call in disarm] == [
        {"entity_id": ["alarm_control_panel.home"]}
    ]


@pytest.mark.parametrize("left", [f"{MONDAY} 15:20", "2026-11-03 00:05"])
async def test_first_in_after_who_left_late(
    hass: HomeAssistant, site: Site, alarm: list[str], left: str
) -> None:
    """Who left when the window had closed is not there in the morning."""
    await site.rule(
        **site.syncid.site.options
        | {
            "start_time": "08:00",
            "end_time": "14:00",
            "in_window": "06:00-09:00",
            "out_window": "13:00-15:00",
        }
    )
    for moment in (f"{MONDAY} 07:50", left):
        await site.at(moment)
        await site.punch("1001")
    await site.at("2026-11-03 00:10")
    await site.read_all()
    alarm.clear()
    hass.states.async_set("alarm_control_panel.home", "armed_away")
    await site.at("2026-11-03 06:30")
    await site.punch("1002")
    assert alarm == ["disarmed"]
