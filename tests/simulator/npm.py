"""The npm clients, installed next to drive.cjs and run by it."""

import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any

import pytest

from simulator import Simulation

HERE = Path(__file__).parent / "node"
LIBRARIES = ("node-zklib", "zkteco-js")
PATIENCE = 60
# An event loop that is late must still find our writes one by one (§1.8).
PAUSE = 0.05


def installed() -> bool:
    """Return whether the clients are there in the versions that are asked for."""
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    for library, version in wanted.items():
        manifest = HERE / "node_modules" / library / "package.json"
        if not manifest.exists():
            return False
        if json.loads(manifest.read_text())["version"] != version:
            return False
    return True


def ready_node() -> str:
    """Return the node program, with the clients installed next to drive.cjs."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.fail("these tests need Node.js: neither node nor npm may be missing")
    if not installed():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if done.returncode or not installed():
            pytest.fail(f"npm ci could not install the clients:\n{done.stderr}")
    return program


class Driver:
    """Runs a client step by step."""

    def __init__(self, program: str, place: Path) -> None:
        """Run in a directory where the clients may leave their error logs."""
        self._program = program
        self._place = place

    def start(
        self,
        library: str,
        sim: Simulation,
        *steps: tuple[object, ...],
        timeout: float = 5,
    ) -> subprocess.Popen[str]:
        """Start a client that waits so many seconds for an answer."""
        transport = "udp" if sim.server.udp else "tcp"
        return subprocess.Popen(
            [
                self._program,
                str(HERE / "drive.cjs"),
                library,
                transport,
                str(sim.port),
                json.dumps(steps),
            ],
            cwd=self._place,
            env={
                **os.environ,
                "TZ": "UTC",
                "CLIENT_TIMEOUT": str(round(timeout * 1000)),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self, library: str, sim: Simulation, *steps: tuple[object, ...]
    ) -> list[Any]:
        """Run a client to its end; return what connect and the steps returned."""
        with self.start(library, sim, *steps) as process:
            out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        results: list[Any] = json.loads(out.splitlines()[-1])
        assert len(results) == len(steps) + 1
        return results
