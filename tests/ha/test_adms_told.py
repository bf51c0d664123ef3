"""What terminals that push are told of the options, and when they hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .kit import KitAdms, SyncIDKit
from .test_adms_door import options

CHECK = "CHECK\n"
ISSUE = "not_told_CKUJ203460002"


async def choose(hass: HomeAssistant, terminal: KitAdms, **chosen: Any) -> None:
    """Choose other options for a terminal."""
    entry = terminal.entry
    hass.config_entries.async_update_entry(entry, options={**entry.options, **chosen})
    await hass.config_entries.async_reload(entry.entry_id)


@pytest.mark.parametrize("chosen", ["biometrics", "photos"])
async def test_other_options(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, chosen: str
) -> None:
    """A terminal that runs hears of options that were changed, and once."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    assert (await terminal.simulation.poll()).text == "OK"
    await choose(hass, terminal, **{chosen: True})
    await terminal.simulation.poll()
    assert (await terminal.simulation.poll()).text.endswith(CHECK)
    assert (await terminal.simulation.poll()).text == "OK"
    while await terminal.simulation.reply() is not None:
        pass
    told = options((await terminal.simulation.handshake()).text)
    assert ("BIODATA" in told["TransFlag"]) is (chosen == "biometrics")
    assert ("AttPhoto" in told["TransFlag"]) is (chosen == "photos")
    assert (await terminal.simulation.poll()).text == "OK"
    await choose(hass, terminal, direction="auto")
    assert (await terminal.simulation.poll()).text == "OK"


async def test_other_options_at_a_door(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """An access terminal hears of them where it asks for its session's parameters."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    await choose(hass, terminal, biometrics=True)
    answer = await terminal.device.request("POST", "push", {})
    assert "BioDataFun=1" in answer.text


async def test_while_it_is_not_set_up(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A terminal that asks while its entry is not set up goes on where it was."""
    terminal = await syncid.add_adms_terminal(
        url, profile="old", step=True, biometrics=True
    )
    terminal.device.fill_log(3)
    await terminal.simulation.cycle()
    before = options((await terminal.simulation.handshake()).text)
    assert before["Stamp"] != "0"
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert options((await terminal.simulation.handshake()).text) == before
    await hass.config_entries.async_setup(terminal.entry.entry_id)


async def test_terminal_that_does_not_ask(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told to every day, and the admin hears of it until it does."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await choose(hass, terminal, photos=True)
    utcnow = dt_util.utcnow
    for day in range(3):
        later = timedelta(days=day, minutes=1)
        monkeypatch.setattr(dt_util, "utcnow", lambda later=later: utcnow() + later)
        await terminal.simulation.poll()
        answer = await terminal.simulation.poll()
        assert answer.text.endswith(CHECK)
        terminal.device.commands.clear()
        id_ = answer.text.split(":")[1]
        body = f"ID={id_}&Return=-1002&CMD=CHECK\n".encode()
        await terminal.device.request("POST", "devicecmd", {}, body)
        assert (await terminal.simulation.poll()).text == "OK"
        assert (syncid.issue(ISSUE) is not None) is (day > 0)
    await terminal.simulation.handshake()
    assert syncid.issue(ISSUE) is None
