"""What Home Assistant's and HACS' own validators would say of us.

They run in GitHub's workflows; their rules for custom integrations are these.
"""

import ast
from pathlib import Path
import re
import struct
from typing import Any

from awesomeversion import AwesomeVersion
import pytest

from homeassistant.const import Platform

from .source import COMPONENT, ROOT, modules, read_json, read_yaml, requirements, tree

MANIFEST = read_json(COMPONENT / "manifest.json")
HACS = read_json(ROOT / "hacs.json")

REQUIRED = {
    "codeowners",
    "config_flow",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "requirements",
    "version",
}
ALLOWED = REQUIRED | {
    "after_dependencies",
    "dependencies",
    "dhcp",
    "import_executor",
    "loggers",
    "quality_scale",
}
IOT_CLASSES = {
    "assumed_state",
    "calculated",
    "cloud_polling",
    "cloud_push",
    "local_polling",
    "local_push",
}
INTEGRATION_TYPES = {"device", "hub", "service"}
HACS_KEYS = {
    "name",
    "content_in_root",
    "zip_release",
    "filename",
    "hide_default_branch",
    "country",
    "homeassistant",
    "hacs",
    "persistent_directory",
    "render_readme",
}
# Components that may be used without being named as a dependency.
ALWAYS_THERE = {
    "automation",
    "device_automation",
    "frontend",
    "homeassistant",
    "panel_custom",
    "webhook",
    "websocket_api",
}

RULES = {
    # Bronze
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    # Silver
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    # Gold
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    # Platinum
    "async-dependency",
    "inject-websession",
    "strict-typing",
}

PLATFORM_FILES = [
    path for path in sorted(COMPONENT.glob("*.py")) if path.stem in set(Platform)
]


def png_size(path: Path) -> tuple[int, int]:
    """Return width and height of a PNG image."""
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n", f"{path.name} is no PNG"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


# --- manifest.json --------------------------------------------------------------------


def test_keys() -> None:
    """All keys that are wanted, none that is not known, in the order that is wanted."""
    assert set(MANIFEST) >= REQUIRED
    assert set(MANIFEST) <= ALLOWED
    assert list(MANIFEST) == [
        "domain",
        "name",
        *sorted(set(MANIFEST) - {"domain", "name"}),
    ]


def test_values() -> None:
    """Values of the kinds that the validators know."""
    assert MANIFEST["domain"] == COMPONENT.name
    assert MANIFEST["name"] == HACS["name"]
    assert MANIFEST["iot_class"] in IOT_CLASSES
    assert MANIFEST["integration_type"] in INTEGRATION_TYPES
    assert MANIFEST["config_flow"] is (COMPONENT / "config_flow.py").exists()
    assert MANIFEST["codeowners"]
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    for key in ("documentation", "issue_tracker"):
        assert re.fullmatch(r"https://[^\s]+", MANIFEST[key])
        assert "home-assistant.io" not in MANIFEST[key]


def test_version() -> None:
    """A version that the loader takes; without one we would not be loaded."""
    assert AwesomeVersion(MANIFEST["version"]).strategy.name in {"SEMVER", "CALVER"}


def test_discovery() -> None:
    """Matchers as the DHCP integration compares them."""
    for matcher in MANIFEST["dhcp"]:
        assert matcher.keys() <= {"hostname", "macaddress", "registered_devices"}
        if mac := matcher.get("macaddress"):
            assert re.fullmatch(r"[0-9A-F*]{1,12}", mac)
        if hostname := matcher.get("hostname"):
            assert hostname == hostname.lower()


@pytest.mark.parametrize("name", ["requirements_test.txt", "requirements_e2e.txt"])
def test_requirements(name: str) -> None:
    """What is tested is what is installed."""
    tested = requirements(ROOT / name)
    for requirement in MANIFEST["requirements"]:
        package, sign, version = requirement.partition("==")
        assert sign and " " not in requirement
        assert tested[package] == version


def test_dependencies() -> None:
    """Components that are used are named, unless they are there for what we have."""
    used = {
        node.module.split(".")[2]
        for path in modules(COMPONENT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and node.module
        and node.module.startswith("homeassistant.components.")
    } | {
        alias.name
        for path in modules(COMPONENT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "homeassistant.components"
        for alias in node.names
    }
    known = {
        *MANIFEST.get("dependencies", ()),
        *MANIFEST.get("after_dependencies", ()),
        *(path.stem for path in COMPONENT.glob("*.py")),
        *Platform,
        *ALWAYS_THERE,
    }
    assert used <= known


# --- hacs.json ------------------------------------------------------------------------


def test_hacs() -> None:
    """Only keys that HACS knows, and a version of Home Assistant."""
    assert set(HACS) <= HACS_KEYS
    assert ("zip_release" in HACS) == ("filename" in HACS)
    assert re.fullmatch(r"20\d\d\.\d+\.\d+", HACS["homeassistant"])


def test_one_integration() -> None:
    """HACS takes one folder, and installs nothing else."""
    folders = [
        path.name
        for path in COMPONENT.parent.iterdir()
        if path.is_dir() and path.name != "__pycache__"
    ]
    assert folders == ["syncid"]


# --- brand images ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("icon.png", 256),
        ("icon@2x.png", 512),
        ("dark_icon.png", 256),
        ("dark_icon@2x.png", 512),
    ],
)
def test_icons(name: str, side: int) -> None:
    """An icon, once more for fine screens, and both for dark ones."""
    assert png_size(COMPONENT / "brand" / name) == (side, side)


def test_no_other_images() -> None:
    """Home Assistant serves these names, and no others."""
    names = {
        f"{theme}{kind}{density}.png"
        for theme in ("", "dark_")
        for kind in ("icon", "logo")
        for density in ("", "@2x")
    }
    assert {path.name for path in (COMPONENT / "brand").iterdir()} <= names


# --- quality_scale.yaml ---------------------------------------------------------------


def scale() -> dict[str, Any]:
    """Return what we say of each rule."""
    found: dict[str, Any] = read_yaml(COMPONENT / "quality_scale.yaml")["rules"]
    return found


def test_every_rule_once() -> None:
    """Nothing is left out, and nothing said twice."""
    assert len(RULES) == 54
    assert set(scale()) == RULES
    text = (COMPONENT / "quality_scale.yaml").read_text("utf-8")
    names = re.findall(r"^  ([a-z-]+):", text, re.MULTILINE)
    assert sorted(names) == sorted(RULES)


def is_honest(status: Any) -> bool:
    """Tell whether a rule is done, or not with a reason."""
    match status:
        case "done":
            return True
        case {"status": "todo" | "exempt" | "done", "comment": str(comment), **rest}:
            return comment.endswith(".") and not rest
    return False


def test_status() -> None:
    """What is not done has a reason."""
    assert [rule for rule, status in scale().items() if not is_honest(status)] == []


@pytest.mark.parametrize("path", PLATFORM_FILES, ids=lambda path: path.stem)
def test_parallel_updates(path: Path) -> None:
    """Every platform says how many updates it does at once."""
    assert "PARALLEL_UPDATES" in {
        target.id
        for node in tree(path).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_typed() -> None:
    """Others may rely on our types."""
    assert (COMPONENT / "py.typed").exists()
