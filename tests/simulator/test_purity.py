"""The simulator stands alone: no bug of a client can be its own."""

import ast
from pathlib import Path
import sys

import simulator

SOURCES = sorted(Path(simulator.__file__).parent.rglob("*.py"))


def imported(source: Path) -> set[str]:
    """Return the first names of what a file imports; its own package is ""."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("" if node.level else (node.module or "").partition(".")[0])
    return names


def test_only_the_standard_library() -> None:
    """Nothing of Home Assistant, of the integration, of pyzk or of anybody."""
    assert len(SOURCES) > 20
    allowed = sys.stdlib_module_names | {"", "simulator"}
    assert {
        source.name: foreign
        for source in SOURCES
        if (foreign := imported(source) - allowed)
    } == {}


def test_files_are_small() -> None:
    """No file has more than 400 lines."""
    assert [
        source.name for source in SOURCES if len(source.read_text().splitlines()) > 400
    ] == []
