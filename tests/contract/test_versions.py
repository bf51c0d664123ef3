"""Versions that are written down in more than one place."""

from importlib import metadata
import re

from awesomeversion import AwesomeVersion

from .source import COMPONENT, ROOT, read_json, requirements

FRAMEWORK = "pytest-homeassistant-custom-component"


def unit_home_assistant() -> AwesomeVersion:
    """Return the version of Home Assistant that the unit tests run on."""
    (version,) = (
        requirement.partition("==")[2]
        for requirement in metadata.requires(FRAMEWORK) or ()
        if requirement.startswith("homeassistant==")
    )
    return AwesomeVersion(version)


def test_framework() -> None:
    """The unit tests run on what they are pinned to."""
    pinned = requirements(ROOT / "requirements_test.txt")[FRAMEWORK]
    assert metadata.version(FRAMEWORK) == pinned
    assert metadata.version("homeassistant") == unit_home_assistant()


def test_oldest_home_assistant() -> None:
    """The release that users need at least is the one that the unit tests run on."""
    promised = AwesomeVersion(read_json(ROOT / "hacs.json")["homeassistant"])
    tested = unit_home_assistant()
    assert (promised.year, promised.minor) == (tested.year, tested.minor)
    assert promised <= tested


def test_newest_home_assistant() -> None:
    """The end-to-end tests run on a release that is as new, or newer."""
    newest = requirements(ROOT / "requirements_e2e.txt")["homeassistant"]
    assert AwesomeVersion(newest) >= unit_home_assistant()


def test_changelog() -> None:
    """The newest version that the changelog tells of is this one."""
    versions = re.findall(
        r"^## \[?v?(\d[\w.]*)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert versions[0] == read_json(COMPONENT / "manifest.json")["version"]
    assert versions == sorted(versions, key=AwesomeVersion, reverse=True)
