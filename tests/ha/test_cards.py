"""The module that dashboards load: there with the first entry, gone with the last."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.panel.cards import CARDS
from custom_components.syncid.panel.register import DIST, build_of
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.components.lovelace import LOVELACE_DATA
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import SyncIDKit

ADDRESS = f"/syncid_static/{CARDS}"
OTHER = {"id": "1", "type": "module", "url": "/local/other.js"}


@pytest.fixture
async def url(hass: HomeAssistant) -> str:
    """Return the address of the module; Home Assistant has pages."""
    hass.config.components.add("frontend")
    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    return f"{ADDRESS}?h={await hass.async_add_executor_job(build_of, DIST / CARDS)}"


def loaded(hass: HomeAssistant) -> list[str]:
    """Return the addresses of what dashboards load."""
    return [one["url"] for one in hass.data[LOVELACE_DATA].resources.async_items()]


async def remove_all(hass: HomeAssistant) -> None:
    """Remove the terminals, and the site."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()


async def test_nobody_has_to_add_it(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """Once, however many entries there are."""
    assert await async_setup_component(hass, "lovelace", {})
    await syncid.add_terminal()
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    hass.config_entries.async_update_entry(other, title="Not ours")
    await hass.async_block_till_done()
    assert loaded(hass) == [url]


@pytest.mark.parametrize("build", ["000000000000", None])
async def test_after_an_update(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    url: str,
    hass_storage: dict[str, Any],
    build: str | None,
) -> None:
    """The address changes, other resources do not; none is written that is as it should be."""
    ours = {
        "id": "2",
        "type": "module",
        "url": f"{ADDRESS}?h={build}" if build else url,
    }
    hass_storage["lovelace_resources"] = {
        "version": 1,
        "key": "lovelace_resources",
        "data": {"items": [OTHER, ours]},
    }
    assert await async_setup_component(hass, "lovelace", {})
    await syncid.add_terminal()
    await hass.async_block_till_done()
    assert loaded(hass) == [OTHER["url"], url]


async def test_gone_with_the_last_entry(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """After the next start nobody would serve it."""
    assert await async_setup_component(hass, "lovelace", {})
    await syncid.add_terminal()
    await remove_all(hass)
    assert loaded(hass) == []
    await syncid.add_terminal()
    await hass.async_block_till_done()
    assert loaded(hass) == [url]


async def test_gone_with_the_last_that_is_enabled(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """An entry that is disabled serves nothing."""
    assert await async_setup_component(hass, "lovelace", {})
    await syncid.add_terminal()
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_entries(DOMAIN):
        assert loaded(hass) == [url]
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    await hass.async_block_till_done()
    assert loaded(hass) == []


async def test_resources_in_yaml(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """They are the user's: all pages load the module instead."""
    assert await async_setup_component(
        hass, "lovelace", {"lovelace": {"resource_mode": "yaml", "resources": []}}
    )
    await syncid.add_terminal()
    await hass.async_block_till_done()
    assert loaded(hass) == []
    assert hass.data[DATA_EXTRA_MODULE_URL].urls == {url}
    await remove_all(hass)
    assert hass.data[DATA_EXTRA_MODULE_URL].urls == set()
