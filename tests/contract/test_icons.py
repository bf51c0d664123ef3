"""Every entity and action has an icon, and every icon an entity or an action."""

from typing import Any

import pytest

from .source import COMPONENT, read_json, read_yaml
from .test_translations import descriptions

ICONS = read_json(COMPONENT / "icons.json")
SERVICES = read_yaml(COMPONENT / "services.yaml")


def icons(branch: Any) -> list[str]:
    """Return all icons below a branch."""
    if isinstance(branch, str):
        return [branch]
    return [icon for below in branch.values() for icon in icons(below)]


def test_sections() -> None:
    """There is nothing that nobody reads."""
    assert set(ICONS) == {"conditions", "entity", "services", "triggers"}


def test_entities() -> None:
    """An entity with a name of its own has an icon of its own."""
    named: dict[str, set[str]] = {}
    for platform, description in descriptions():
        if description.translation_key is not None:
            named.setdefault(platform, set()).add(description.translation_key)
    assert named == {
        platform: set(entities) for platform, entities in ICONS["entity"].items()
    }
    for platform in ICONS["entity"].values():
        assert all("default" in entity for entity in platform.values())


def test_actions() -> None:
    """Every action has an icon."""
    assert set(ICONS["services"]) == set(SERVICES)
    assert all(set(action) == {"service"} for action in ICONS["services"].values())


@pytest.mark.parametrize("kind", ["trigger", "condition"])
def test_automations(kind: str) -> None:
    """Every trigger and every condition has an icon."""
    assert set(ICONS[f"{kind}s"]) == set(read_yaml(COMPONENT / f"{kind}s.yaml"))
    assert all(set(one) == {kind} for one in ICONS[f"{kind}s"].values())


@pytest.mark.parametrize("icon", sorted(set(icons(ICONS))))
def test_material_design(icon: str) -> None:
    """Only icons that Home Assistant has."""
    assert icon.startswith("mdi:")
    assert icon == icon.lower()
    assert " " not in icon
