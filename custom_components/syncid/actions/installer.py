"""Blueprints and sentences, put where Home Assistant reads them, on request.

What is installed says in its first line which text it is. Once somebody has changed
it, that is not so any more, and it is theirs.
"""

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import voluptuous as vol

from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.const import SERVICE_RELOAD
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import service
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from ..const import DOMAIN

type Outcome = Literal["installed", "updated", "unchanged", "kept"]

SHIPPED: Final = Path(__file__).parents[1]
BLUEPRINTS: Final = SHIPPED / "blueprints" / "automation"
SENTENCES: Final = SHIPPED / "sentences"

_HEAD: Final = "# Installed by SyncID, which updates it until you change it: "
INSTALL_SCHEMA: Final = vol.Schema({})


def _as_installed(text: str) -> str:
    """Return a text with the line that tells what it is."""
    return f"{_HEAD}{sha256(text.encode()).hexdigest()}\n{text}"


def _is_ours(found: str) -> bool:
    """Tell whether a file is as some version of SyncID has installed it."""
    return _as_installed(found.partition("\n")[2]) == found


def _install(target: Path, text: str) -> Outcome:
    """Write a file, unless it is somebody's own; blocks, raises `OSError` and `WriteError`."""
    wanted = _as_installed(text)
    try:
        found = target.read_text("utf-8")
    except FileNotFoundError:
        outcome: Outcome = "installed"
    except UnicodeError:
        return "kept"
    else:
        if found == wanted:
            return "unchanged"
        if not _is_ours(found):
            return "kept"
        outcome = "updated"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_utf8_file_atomic(str(target), wanted)
    return outcome


def _install_all(sources: Path, targets: Mapping[str, Path]) -> dict[str, Outcome]:
    return {
        name: _install(target, (sources / name).read_text("utf-8"))
        for name, target in targets.items()
    }


def _blueprints(folder: Path) -> dict[str, Path]:
    return {path.name: folder / path.name for path in sorted(BLUEPRINTS.glob("*.yaml"))}


def _sentences(folder: Path) -> dict[str, Path]:
    """Return where the sentences go: each language has a folder."""
    return {
        path.name: folder / path.stem / f"{DOMAIN}.yaml"
        for path in sorted(SENTENCES.glob("*.yaml"))
    }


async def _async_install(
    hass: HomeAssistant, sources: Path, find_targets: Callable[[], dict[str, Path]]
) -> dict[str, Outcome]:
    """Install files, and return what became of each."""
    try:
        return await hass.async_add_executor_job(
            lambda: _install_all(sources, find_targets())
        )
    except (OSError, WriteError) as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="file_not_written",
            translation_placeholders={"file": sources.name, "error": str(err)},
        ) from err


def _told(outcomes: Mapping[str, Outcome]) -> ServiceResponse:
    return {"files": dict(outcomes)}


async def _async_reload(hass: HomeAssistant, domain: str) -> None:
    """Have somebody read again what was changed, if they are there."""
    if hass.services.has_service(domain, SERVICE_RELOAD):
        await hass.services.async_call(domain, SERVICE_RELOAD, blocking=True)


async def _async_install_blueprints(call: ServiceCall) -> ServiceResponse:
    """Install the blueprints; automations that use an updated one are reloaded."""
    hass = call.hass
    blueprints = async_get_blueprints(hass)
    # Home Assistant adds its own examples only where there is no folder yet.
    await blueprints.async_populate()
    folder = blueprints.blueprint_folder / DOMAIN
    outcomes = await _async_install(hass, BLUEPRINTS, partial(_blueprints, folder))
    await blueprints.async_reset_cache()
    if "updated" in outcomes.values():
        await _async_reload(hass, blueprints.domain)
    return _told(outcomes)


async def _async_install_sentences(call: ServiceCall) -> ServiceResponse:
    """Install the sentences by which Assist is asked."""
    hass = call.hass
    folder = Path(hass.config.path("custom_sentences"))
    outcomes = await _async_install(hass, SENTENCES, partial(_sentences, folder))
    if not {"installed", "updated"}.isdisjoint(outcomes.values()):
        await _async_reload(hass, "conversation")
    return _told(outcomes)


INSTALL_ACTIONS: Final = {
    "install_blueprints": _async_install_blueprints,
    "install_sentences": _async_install_sentences,
}


@callback
def async_setup_install_actions(hass: HomeAssistant) -> None:
    """Set up the actions."""
    for name, handle in INSTALL_ACTIONS.items():
        service.async_register_admin_service(
            hass, DOMAIN, name, handle, INSTALL_SCHEMA, SupportsResponse.OPTIONAL
        )
