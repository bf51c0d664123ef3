"""Fixtures for tests in Home Assistant."""

from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.terminal import link, worker
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .attendance_kit import MONDAY, Site
from .guard import LoopGuard, guarded_loop
from .kit import SyncIDKit


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find SyncID."""


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Use a configuration folder of its own, with a ledger of its own."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for terminals again at once."""
    monkeypatch.setattr(
        worker,
        "Timing",
        partial(worker.Timing, retry_first=0.01, retry_last=0.05, farewell=0.5),
    )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out at once that a terminal does not answer."""
    monkeypatch.setattr(worker, "Timing", partial(worker.Timing, heartbeat=0.05))
    monkeypatch.setattr(link, "Timeouts", partial(link.Timeouts, 1, 1, 1, 1))


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[LoopGuard]:
    """See that nothing holds up the event loop."""
    with guarded_loop() as guard:
        yield guard
    assert not guard.caught


@pytest.fixture
async def syncid(hass: HomeAssistant) -> AsyncGenerator[SyncIDKit]:
    """Return the test kit: terminals to punch at, and what comes of it."""
    async with SyncIDKit(hass) as kit:
        yield kit


@pytest.fixture
async def url(hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any) -> str:
    """Return where Home Assistant is, with nothing set up but SyncID itself."""
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()
    return str(client.make_url("/")).rstrip("/")


@pytest.fixture
async def site(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_client_no_auth: Any,
    freezer: FrozenDateTimeFactory,
) -> Site:
    """Return a site with one gate, on a Monday before anybody came."""
    freezer.move_to(f"{MONDAY}T06:00:00-08:00")
    gate = await syncid.add_push_device()
    site = Site(hass, syncid, await hass_client_no_auth(), freezer)
    site.gate = gate
    await site.minute()
    return site
