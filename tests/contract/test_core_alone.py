"""Core works where there is no Home Assistant: it could be a package of its own."""

import subprocess
import sys

from .source import CORE

SCRIPT = """
import importlib
import importlib.abc
import importlib.util
import pkgutil
import sys

CORE = sys.argv[1]
BLOCKED = {"homeassistant", "custom_components", "aiohttp", "voluptuous", "probatio"}


class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")


sys.meta_path.insert(0, Blocker())
spec = importlib.util.spec_from_file_location(
    "syncid_core", CORE + "/__init__.py", submodule_search_locations=[CORE]
)
core = sys.modules["syncid_core"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
for module in pkgutil.walk_packages(core.__path__, "syncid_core."):
    importlib.import_module(module.name)
    print(module.name)

from syncid_core.terminal.codecs import PunchDecoder
from syncid_core.times import pack_time
from struct import pack

record = pack("<H24sBIBI4x", 1, b"1001", 1, pack_time(1_000_000_000), 0, 0)
(punch,), unreadable = PunchDecoder("classic", "auto").log(record, 40)
print(punch.user_id, punch.local_second, punch.direction, punch.method)
assert not BLOCKED & {name.partition(".")[0] for name in sys.modules}
"""


def test_core_alone() -> None:
    """Every module of core loads, and works, in a process without Home Assistant."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(CORE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *loaded, last = done.stdout.splitlines()
    expected = {
        ".".join(("syncid_core", *path.relative_to(CORE).with_suffix("").parts))
        for path in CORE.rglob("*.py")
    }
    assert set(loaded) == {
        module.removesuffix(".__init__")
        for module in expected
        if module != "syncid_core.__init__"
    }
    assert last == "1001 1000000000 check_in fingerprint"
