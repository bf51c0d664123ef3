"""What the benchmarks share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
import importlib.util
from pathlib import Path
import resource
import socket
import subprocess
import sys
from types import ModuleType
from typing import override

from .terminal import PEOPLE

ROOT = Path(__file__).parent.parent


def load_core() -> ModuleType:
    """Load SyncID's core by itself, without Home Assistant."""
    folder = ROOT / "custom_components/syncid/core"
    spec = importlib.util.spec_from_file_location(
        "syncid_core", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["syncid_core"] = module
    spec.loader.exec_module(module)
    return module


class BenchTerminal:
    """A terminal in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it listens."""
        self._process = process
        assert process.stdout is not None
        self.port = int(process.stdout.readline())

    def punch(self, count: int) -> None:
        """Have so many people punch."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def terminal(
    records: int, people: int = PEOPLE, fingers: int = 0
) -> Iterator[BenchTerminal]:
    """Run a terminal with so many records, people, and fingers of each."""
    numbers = map(str, (records, people, fingers))
    with subprocess.Popen(
        [sys.executable, "-m", "bench.terminal", *numbers],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield BenchTerminal(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


class CountingSocket(socket.socket):
    """A socket that counts what goes over it."""

    moved = 0

    @override
    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        """Send, and count."""
        self.moved += len(data)
        super().sendall(data, flags)

    @override
    def recv_into(  # type: ignore[override]
        self, buffer: memoryview, nbytes: int = 0, flags: int = 0
    ) -> int:
        """Receive, and count."""
        count = super().recv_into(buffer, nbytes, flags)
        self.moved += count
        return count


def local_now() -> float:
    """Return the wall clock as local seconds."""
    now = datetime.now()
    return (now - datetime(1970, 1, 1)).total_seconds()


def memory() -> float:
    """Return the megabytes that this process has in memory."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:  # not Linux: the peak stands for it
        return peak_memory()
    return pages * resource.getpagesize() / 1e6


def forget_peak() -> None:
    """Have the peak counted from now on, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_memory() -> float:
    """Return the most megabytes that this process had in memory."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    except FileNotFoundError:
        pass
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
