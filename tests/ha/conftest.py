"""Fixtures for tests in Home Assistant."""

from collections.abc import AsyncGenerator

import pytest

from homeassistant.core import HomeAssistant

from .kit import SyncIDKit


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find SyncID."""


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Use a configuration folder of its own, with a ledger of its own."""
    return hass_tmp_config_dir


@pytest.fixture
async def syncid(hass: HomeAssistant) -> AsyncGenerator[SyncIDKit]:
    """Return the test kit: terminals to punch at, and what comes of it."""
    async with SyncIDKit(hass) as kit:
        yield kit
