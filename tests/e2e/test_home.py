"""The homes that the other tests run in."""

from pathlib import Path

import pytest

from scripts.lib import home as module
from scripts.lib.client import Client
from scripts.lib.home import Home
from scripts.lib.polling import until
from scripts.lib.syncid import add_gateway, until_all_are_loaded


def test_complaints_are_found(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is read as this Home Assistant writes it."""
    assert list(home.complaints()) == []
    monkeypatch.setattr(module, "_USUAL", ())
    assert any("custom integration syncid" in line for line in home.complaints())


def test_complaints_that_are_expected(tmp_path: Path) -> None:
    """What is expected is no complaint, and neither is the traceback under it."""
    home = Home(tmp_path, 0)
    home.console.write_text(
        "2026-11-21 00:13:53.462+00:00 INFO (MainThread) [a] Fine\n"
        "2026-11-21 00:13:53.462+00:00 ERROR (MainThread) [a] Known trouble\n"
        "Traceback (most recent call last):\n"
        "2026-11-21 00:13:53.462-05:00 WARNING (Thread-1 (run)) [b.c] Other trouble\n"
        "Traceback (most recent call last):\n"
    )
    assert list(home.complaints("Known trouble")) == [
        "2026-11-21 00:13:53.462-05:00 WARNING (Thread-1 (run)) [b.c] Other trouble",
        "Traceback (most recent call last):",
    ]


async def test_address_for_devices(home: Home, client: Client) -> None:
    """What a gateway is told to push to is where the home answers."""
    _, url, _ = await add_gateway(client, "Canteen", "canteen")
    # Home Assistant complains of a set-up that its end interrupts.
    await until_all_are_loaded(client)
    assert url == f"{home.url}/api/v1/biometric/push-log"


async def test_automations_can_be_made(home: Home, client: Client) -> None:
    """What is made in the editor is kept, and runs."""
    await client.post(
        "/api/config/automation/config/newcomer",
        alias="Newcomer",
        triggers=[{"trigger": "syncid.punched"}],
        actions=[],
    )

    async def is_there() -> bool:
        """Tell whether Home Assistant has taken it."""
        return await client.state("automation.newcomer") is not None

    await until(is_there, "the automation is there")
    assert "Newcomer" in (home.folder / "automations.yaml").read_text()
