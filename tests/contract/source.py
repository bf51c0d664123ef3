"""The project's own files, for tests that read them."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[2]
COMPONENT = ROOT / "custom_components" / "syncid"
CORE = COMPONENT / "core"


@cache
def tree(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def modules(folder: Path) -> list[Path]:
    """Return the Python files of a folder, and of those in it."""
    return sorted(folder.rglob("*.py"))


def ours() -> list[Path]:
    """Return the modules of the layer that knows Home Assistant."""
    return [path for path in modules(COMPONENT) if CORE not in path.parents]


def dotted(path: Path) -> str:
    """Return how a module of the component is named in it; a room by its folder."""
    parts = path.relative_to(COMPONENT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions or methods that are called so."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                    yield node


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return what a call passes by this name."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def dict_keys(node: ast.expr | None) -> set[str]:
    """Return the keys of a dictionary that is written out; none if there is none."""
    if node is None:
        return set()
    assert isinstance(node, ast.Dict)
    keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
    assert len(keys) == len(node.keys), ast.unparse(node)
    return {str(key) for key in keys}


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file, its keys in their order."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def read_yaml(path: Path) -> dict[str, Any]:
    """Return a YAML file."""
    return dict(load_yaml_dict(path))


def requirements(path: Path) -> dict[str, str]:
    """Return the pinned versions of a requirements file."""
    pins = {}
    for line in path.read_text("utf-8").splitlines():
        if pin := line.partition("#")[0].strip():
            name, sign, version = pin.partition("==")
            assert sign, f"{path.name}: {pin} is not pinned"
            pins[name] = version.strip()
    return pins
