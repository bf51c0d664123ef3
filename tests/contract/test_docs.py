"""The documentation names all that there is, and nothing else; its links lead somewhere."""

from pathlib import Path
import re
from typing import Any

import pytest

from .source import COMPONENT, ROOT, read_json, read_yaml

README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ACTIONS: dict[str, Any] = read_yaml(COMPONENT / "services.yaml")
ISSUES = read_json(COMPONENT / "translations" / "en.json")["issues"]

_FIELD = re.compile(r"(\*\*)?`(\w+)`(?:\*\*)?")


def rows(page: Path) -> list[list[str]]:
    """Return the cells of all lines of tables."""
    lines = page.read_text("utf-8").splitlines()
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
        if line.startswith("|")
    ]


def required(action: str) -> dict[str, bool]:
    """Return the fields of an action, and whether it asks for each."""
    fields = ACTIONS[action]["fields"]
    return {name: bool(one.get("required")) for name, one in fields.items()}


def test_actions() -> None:
    """Each action has one line, with all its fields; those it asks for are bold."""
    told = [
        (match[1], {name: bool(bold) for bold, name in _FIELD.findall(fields)})
        for first, fields, *_ in rows(ROOT / "docs" / "actions.md")
        if (match := re.fullmatch(r"`syncid\.(\w+)`", first))
    ]
    assert sorted(name for name, _ in told) == sorted(ACTIONS)
    assert dict(told) == {name: required(name) for name in ACTIONS}


def test_actions_of_readme() -> None:
    """The overview names each action, and all that is called an action is one."""
    table = README.partition("\n### Actions\n")[2].partition("\n### ")[0]
    lines = "".join(line for line in table.splitlines() if line.startswith("| "))
    assert set(re.findall(r"`(\w+)`", lines)) == set(ACTIONS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_called_actions(page: Path) -> None:
    """Whatever is written as an action of SyncID, trigger or condition, is there."""
    known = {*ACTIONS, "adms", "db"}  # the two are files
    for kind in ("triggers", "conditions"):
        known |= {*read_yaml(COMPONENT / f"{kind}.yaml")}
    assert {*re.findall(r"\bsyncid\.(\w+)", _code(page))} <= known


def _code(page: Path) -> str:
    """Return what stands in backticks, or in examples."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    # Entities are none: sensor.syncid_present, calendar.syncid_attendance.
    return "\n".join([*blocks, *re.findall(r"`syncid\.\w+`", text)])


def test_repairs() -> None:
    """Each repair is listed, by its title."""
    titles = {re.sub(r"\{\w+\}", "…", issue["title"]) for issue in ISSUES.values()}
    found = [first for first, *_ in rows(ROOT / "docs" / "repairs.md")]
    told = [one for one in found if one != "repair" and not one.startswith("---")]
    assert sorted(told) == sorted(titles)


def _anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in addresses."""
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page: Path) -> None:
    """Pages and headings that are linked to are there."""
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), link
        assert not anchor or anchor in _anchors(target), link
