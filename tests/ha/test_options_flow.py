"""Changing how terminals are watched."""

from datetime import timedelta

import pytest

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData

from .kit import SERIAL, SyncIDKit
from .test_adms_door import options as read_options
from .test_config_flow import Result, assert_form, suggested


async def choose(hass: HomeAssistant, entry: ConfigEntry, data: Result) -> Result:
    """Return what comes of options that were entered."""
    options = hass.config_entries.options
    result = await options.async_init(entry.entry_id)
    step = "init"
    if result["type"] is FlowResultType.MENU:
        step = "general"
        result = await options.async_configure(
            result["flow_id"], {"next_step_id": step}
        )
    assert_form(dict(result), step)
    answer = await options.async_configure(result["flow_id"], data)
    await hass.async_block_till_done(wait_background_tasks=True)
    return dict(answer)


DEVICE_OPTIONS = {
    "mode": "polling",
    "poll_interval": 30,
    "direction": "in_only",
    "verify_codes": "classic",
    "time_zone": "Europe/Rome",
    "clock_sync": 30,
    "unlock_unit": "seconds",
}


async def test_device_options(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Options are kept, and hold at once."""
    terminal = await syncid.add_terminal()
    result = await choose(hass, terminal.entry, DEVICE_OPTIONS)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert terminal.entry.options == DEVICE_OPTIONS
    assert not any(session.event_mask for session in terminal.device.sessions)
    terminal.punch(state=255, verify=2)
    await syncid.advance(30)
    punch = await syncid.next_punch()
    assert (punch["direction"], punch["method"]) == ("check_in", "card")
    assert punch["time"][-6:] in {"+01:00", "+02:00"}


async def test_device_options_form(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The form shows what holds now, and proposes what fits."""
    terminal = await syncid.add_terminal(mode="polling", time_zone="Asia/Tokyo")
    result: Result = dict(
        await hass.config_entries.options.async_init(terminal.entry.entry_id)
    )
    assert suggested(result) == {
        "mode": "polling",
        "direction": "auto",
        "time_zone": "Asia/Tokyo",
    }
    assert result["description_placeholders"] == {
        "time_zone": hass.config.time_zone,
        "realtime": "300",
        "polling": "60",
    }
    defaults = result["data_schema"]({"mode": "polling", "direction": "auto"})
    assert defaults["verify_codes"] == "auto"


async def test_opt_in_on_both_roads(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A terminal that pushes besides may be let give templates and photos away."""
    terminal = await syncid.add_terminal()
    pushing = syncid.start_adms_terminal(url, SERIAL)

    async def asked() -> set[str]:
        form = await hass.config_entries.options.async_init(terminal.entry.entry_id)
        schema = form["data_schema"]
        assert schema is not None
        return {str(key) for key in schema.schema}

    of_push = {"active", "biometrics", "photos"}
    assert not of_push & await asked()
    await pushing.cycle()
    assert of_push < await asked()
    chosen = {**DEVICE_OPTIONS, "active": True, "biometrics": True, "photos": True}
    await choose(hass, terminal.entry, chosen)
    assert terminal.entry.options == chosen
    told = read_options((await pushing.handshake()).text)["TransFlag"]
    assert {"BIODATA", "AttPhoto"} <= set(told.split())
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert of_push < await asked()


@pytest.mark.parametrize(
    ("mode", "other", "interval"),
    [("realtime", "polling", 60), ("polling", "realtime", 300)],
)
async def test_poll_interval_of_the_mode(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, other: str, interval: int
) -> None:
    """Who chooses another mode, and no interval, gets what fits that mode."""
    terminal = await syncid.add_terminal(mode=mode)
    options = {"mode": other, "direction": "auto", "verify_codes": "auto"}
    await choose(hass, terminal.entry, options)
    assert "poll_interval" not in terminal.entry.options
    assert terminal.entry.runtime_data.update_interval == timedelta(seconds=interval)


async def test_no_time_zone(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A time zone that was taken away is Home Assistant's again."""
    terminal = await syncid.add_terminal(time_zone="Asia/Tokyo")
    options = {key: DEVICE_OPTIONS[key] for key in DEVICE_OPTIONS if key != "time_zone"}
    await choose(hass, terminal.entry, options)
    assert "time_zone" not in terminal.entry.options
    terminal.punch()
    await syncid.advance(30)
    assert (await syncid.next_punch())["time"][-6:] in {"-08:00", "-07:00"}


async def test_impossible_options(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What cannot be is refused, and what was stays."""
    terminal = await syncid.add_terminal()
    before = dict(terminal.entry.options)
    wrongs: list[Result] = [
        {"poll_interval": 9},
        {"poll_interval": 86_401},
        {"mode": "psychic"},
        {"direction": "sideways"},
        {"verify_codes": "ancient"},
        {"time_zone": "Atlantis/Center"},
        {"unlock_unit": "fortnights"},
        {"clock_sync": 4},
        {"clock_sync": 3601},
    ]
    for wrong in wrongs:
        with pytest.raises(InvalidData):
            await choose(hass, terminal.entry, {**DEVICE_OPTIONS, **wrong})
    assert terminal.entry.options == before


async def test_site_options(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The site's option holds at once, for all terminals."""
    terminal = await syncid.add_terminal()
    with pytest.raises(InvalidData):
        await choose(hass, syncid.site, {"live_minutes": 0})
    with pytest.raises(InvalidData):
        await choose(hass, syncid.site, {"live_minutes": 5, "unreachable_hours": 0})
    result = await choose(hass, syncid.site, {"live_minutes": 60})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    terminal.punch_ago(minutes=50)
    assert (await syncid.next_punch())["live"]
    menu: Result = dict(
        await hass.config_entries.options.async_init(syncid.site.entry_id)
    )
    again: Result = dict(
        await hass.config_entries.options.async_configure(
            menu["flow_id"], {"next_step_id": "general"}
        )
    )
    assert suggested(again) == {
        "live_minutes": 60,
        "local_only": True,
        "unreachable_hours": 24,
    }


async def test_secret_path_as_it_was_copied(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Slashes around a secret path are none of it."""
    await syncid.add_terminal()
    result = await choose(hass, syncid.site, {"iclock_prefix": "/s3cret/"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert syncid.site.options["iclock_prefix"] == "s3cret"
    with pytest.raises(InvalidData):
        await choose(hass, syncid.site, {"iclock_prefix": "a/b"})


async def test_own_port(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Terminals are given no port that Home Assistant has itself."""
    await syncid.add_terminal()
    own = hass.http.server_port
    result = await choose(hass, syncid.site, {"iclock_port": own, "live_minutes": 7})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"iclock_port": "own_port"}
    assert (suggested(result)["iclock_port"], suggested(result)["live_minutes"]) == (
        own,
        7,
    )
    assert "iclock_port" not in syncid.site.options
