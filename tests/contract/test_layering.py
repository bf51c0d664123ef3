"""Who may know whom (ARCHITECTURE.md), and how long a file may get."""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

import pytest

from .source import COMPONENT, CORE, ROOT, calls, dotted, modules, ours, tree

# A module of Home Assistant's layer may use those above it in this list, never its
# neighbours.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"const"}),
    frozenset({"attendance.drill", "key", "signals", "texts"}),
    frozenset(
        {
            "push.bodies",
            "entries",
            "exports",
            "actions.files",
            "groups",
            "push.ears",
            "push.guesses",
            "attendance.holidays",
            "hub",
            "local_time",
            "attendance.events",
            "push.photos",
            "problems",
            "attendance.rules",
            "secrets",
            "selection",
            "user_fields",
        }
    ),
    frozenset({"flows.shift_form", "attendance.places"}),
    frozenset(
        {"device", "issues", "listener", "attendance.marker", "attendance.persons"}
    ),
    frozenset({"push.alarms", "push.queue", "attendance.changing"}),
    frozenset({"attendance.attendance", "reach"}),
    frozenset({"push.adms", "strangers"}),
    frozenset({"push.server"}),
    frozenset({"attendance.erasing"}),
    frozenset(
        {
            "assist",
            "coordinator",
            "push.iclock",
            "push.coordinator",
            "attendance.roll_call",
        }
    ),
    frozenset({"entity", "http", "attendance.opt_in", "push.talk"}),
    frozenset({"push.told"}),
    frozenset({"push.records", "push.roster"}),
    frozenset({"push.actions"}),
    frozenset({"actions.control", "push.audit", "push.transfer"}),
    frozenset({"actions.both_roads", "actions.terminal"}),
    frozenset({"actions.users"}),
    frozenset(
        {
            "actions.fingers",
            "flows.groups",
            "keeper",
            "flows.options",
            "person_sensor",
            "flows.shifts",
            "site_sensor",
            "actions.templates",
        }
    ),
    frozenset({"flows.terminal_form"}),
    frozenset(
        {
            "actions.attendance",
            "backup",
            "binary_sensor",
            "button",
            "calendar",
            "condition",
            "config_flow",
            "device_tracker",
            "device_trigger",
            "diagnostics",
            "actions.faces",
            "event",
            "actions.imports",
            "actions.installer",
            "intent",
            "llm",
            "logbook",
            "actions.mapping",
            "actions.people",
            "actions.plans",
            "sensor",
            "actions.sync",
            "system_health",
            "trigger",
        }
    ),
    frozenset({"actions.corrections", "actions.merging"}),
    frozenset({"panel", "services"}),
    frozenset({"__init__"}),
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}

# The same within core; the subsystems do not know each other.
CORE_LAYERS = {
    "records": 0,
    "errors": 0,
    "limiter": 0,
    "progress": 0,
    "names": 0,
    "codes": 1,
    "people": 1,
    "sheets": 1,
    "times": 1,
    "told_alarms": 1,
    "zones": 1,
    "rows": 2,
    "briefs": 1,
    "case": 2,
    "doubles": 2,
    "shelf": 2,
    "people_changes": 2,
    "people_rows": 2,
    "people_import": 3,
    "export": 2,
    "attlog": 3,
    "awaited": 3,
    "whereabouts": 3,
    "finder": 3,
    "book": 4,
    "pushlog": 3,
}
SUBSYSTEMS = {"adms", "attendance", "terminal", "ledger"}
# What is made of a subsystem, and which.
USES = {
    "book": {"attendance", "ledger"},
    "awaited": {"attendance"},
    "briefs": {"attendance", "ledger"},
    "whereabouts": {"attendance"},
    "case": {"attendance"},
    "finder": {"attendance", "ledger"},
    "shelf": {"attendance", "ledger"},
    "export": {"attendance"},
}
# What core may use besides Python, and where.
PACKAGES = {
    "zk": {"terminal/client.py"},
    "text_unidecode": {"terminal/users.py", "people.py"},
    "openpyxl": {"sheets.py"},
    "cryptography": {"ledger/cursors.py", "terminal/vault.py"},
    "sqlalchemy": {f"ledger/{path.name}" for path in modules(CORE / "ledger")},
}
# Who of Home Assistant's layer knows the store and the protocol themselves: all
# others see what those two tell.
LEDGER_USERS = {"hub", "actions.terminal"}
TERMINAL_USERS = {
    "coordinator",
    "keeper",
    "listener",
    "config_flow",
    "push.roster",
    "actions.users",
    "actions.fingers",
    "actions.templates",
}

MAX_LINES = 600
MAX_TEST_LINES = 800


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Yield what a module imports, as parts: of ours from this component on."""
    here = ("", *path.relative_to(COMPONENT).with_suffix("").parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            parts = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                parts = (*here[: len(here) - node.level], *parts)
            if not node.module:
                for alias in node.names:
                    yield (*parts, alias.name)
            else:
                yield parts


def name(path: Path) -> str:
    """Return how a module is called in this component."""
    return path.relative_to(COMPONENT).as_posix()


ROOMS = {path.parent.name for path in COMPONENT.glob("*/__init__.py")} - {
    "core",
    "panel",
}
LAYERED = [path for path in ours() if dotted(path).partition(".")[0] != "panel"]
IN_CORE = modules(CORE)


def test_every_module_has_a_layer() -> None:
    """A new module is put where it belongs."""
    found = {dotted(path) for path in LAYERED} - ROOMS
    assert found | {"panel"} == set(LAYER)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_rooms_have_no_hall(room: str) -> None:
    """Who wants something of a room says which module it is in."""
    assert not [*imports(COMPONENT / room / "__init__.py")]


def layer(parts: tuple[str, ...]) -> int:
    """Return where something stands that is imported."""
    return LAYER[".".join(parts[1:3]) if parts[1] in ROOMS else parts[1]]


@pytest.mark.parametrize(
    "path", [path for path in LAYERED if dotted(path) not in ROOMS], ids=name
)
def test_home_assistant_layer(path: Path) -> None:
    """A module knows core and the layers below it, and nobody imports __init__."""
    for parts in imports(path):
        assert parts[0] != "custom_components", "ours are imported relatively"
        if parts[0] or parts[1] == "core":
            continue
        here = dotted(path)
        assert layer(parts) < LAYER[here], f"{here} imports {'.'.join(parts[1:])}"


def test_entries_are_asked_for_in_one_place() -> None:
    """Everybody else is told of none that stands for an ignored discovery."""
    asking = [
        name(path)
        for path in modules(COMPONENT)
        for _ in calls(path, "async_entries")
        if "config_entries.async_entries(" in path.read_text("utf-8")
    ]
    assert asking == ["entries.py"]


@pytest.mark.parametrize("path", modules(COMPONENT / "panel"), ids=name)
def test_panel(path: Path) -> None:
    """The panel's commands know what is below them, and the ledger's queries alone."""
    for parts in imports(path):
        assert parts[0] != "custom_components", "ours are imported relatively"
        if parts[0] or parts[1] == "panel":
            continue
        if parts[1] == "core":
            assert parts[2] != "terminal"
            assert parts[2] != "ledger" or parts[3] == "queries"
        else:
            assert layer(parts) < LAYER["panel"], f"{name(path)} imports {parts[1]}"


@pytest.mark.parametrize("path", LAYERED, ids=name)
def test_few_know_the_inside_of_core(path: Path) -> None:
    """The ledger and the terminals are reached through the hub and the coordinator."""
    known = {parts[2] for parts in imports(path) if parts[:2] == ("", "core")}
    assert "ledger" not in known or dotted(path) in LEDGER_USERS
    assert "terminal" not in known or dotted(path) in TERMINAL_USERS


@pytest.mark.parametrize("path", IN_CORE, ids=name)
def test_core_is_pure(path: Path) -> None:
    """Core uses Python, SQLAlchemy for the ledger, one module each for pyzk and others, and itself."""
    for parts in imports(path):
        if not parts[0]:
            assert parts[1] == "core", f"{name(path)} climbs out of core"
        elif parts[0] not in sys.stdlib_module_names:
            inside = path.relative_to(CORE).as_posix()
            assert inside in PACKAGES.get(parts[0], ()), f"{inside} imports {parts[0]}"


@pytest.mark.parametrize("path", IN_CORE, ids=name)
def test_core_layers(path: Path) -> None:
    """Records know nobody; terminals and the ledger know records, not each other."""
    here = path.relative_to(CORE).with_suffix("").parts
    for parts in imports(path):
        if parts[0]:
            continue
        used = parts[2]
        if here[0] in SUBSYSTEMS:
            assert used == here[0] or used in CORE_LAYERS, f"{here} imports {used}"
        elif used not in USES.get(here[0], ()):
            assert CORE_LAYERS[used] < CORE_LAYERS[here[0]], f"{here} imports {used}"


@pytest.mark.parametrize("folder", sorted(SUBSYSTEMS))
def test_no_circles(folder: str) -> None:
    """No two modules of a subsystem need each other."""
    uses = {
        path.stem: {
            parts[3]
            for parts in imports(path)
            if parts[:3] == ("", "core", folder) and len(parts) > 3
        }
        for path in modules(CORE / folder)
    }
    while free := {module for module, used in uses.items() if not used & set(uses)}:
        uses = {module: used for module, used in uses.items() if module not in free}
    assert uses == {}


@pytest.mark.parametrize(
    ("folder", "limit"),
    [
        ("custom_components", MAX_LINES),
        ("simulator", MAX_LINES),
        ("scripts", MAX_LINES),
        ("bench", MAX_LINES),
        ("tests", MAX_TEST_LINES),
    ],
)
def test_file_sizes(folder: str, limit: int) -> None:
    """A file that is longer than anybody wants to read has two subjects."""
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in modules(ROOT / folder)
        if "node_modules" not in path.parts
    }
    assert {path: size for path, size in sizes.items() if size > limit} == {}
