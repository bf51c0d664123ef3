"""A Home Assistant of our own: a folder, and the program that runs on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from itertools import count
import json
import os
from pathlib import Path
import re
import shutil
import signal
import socket
import sys

import aiohttp

from .polling import until

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"

# What Home Assistant ends with when somebody restarts it from its pages.
RESTART = 100

CONFIGURATION = """\
homeassistant:
  name: {name}
  country: DE
  currency: EUR
  language: en
  time_zone: {time_zone}
  unit_system: metric
  latitude: 52.52
  longitude: 13.405
  elevation: 34
  # What devices are told; we listen nowhere else.
  internal_url: !env_var HOME_URL http://127.0.0.1:8123
frontend:
config:
history:
logbook:
recorder:
logger:
  default: warning
  logs:
    # There are no cameras: programs and libraries for them are not needed.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
# Where those are kept that are made in the editor; without it there is none.
automation: !include automations.yaml
"""

# What is asked of a new owner, apart from name and password, is in the configuration.
_ONBOARDED = ["core_config", "analytics", "integration"]

# They are newer than Home Assistant wants them, since those have no wheels.
_NEWER_PACKAGES = "pyspeex-noise,pymicro-vad,PyTurboJPEG"

_LOG_LINE = re.compile(r"[\d-]+ [\d:.+-]+ (?P<level>[A-Z]+) \(.*?\) \[")
_COMPLAINTS = ("WARNING", "ERROR", "CRITICAL")
# Warnings of every start, and of one without the internet.
_USUAL = (
    "custom integration syncid which has not been tested",
    "Skipping pip installation of required modules",
    "Skipping requirement",
    "Error setting up entry Analytics for analytics",
    "Error setting up entry  for marketplace",
    "[homeassistant.components.network]",
)
_STARTS_WITHIN = 180
_STOPS_WITHIN = 90


class HomeError(Exception):
    """Home Assistant does not do what it should."""


# Below those that the system gives to whoever connects to anything: of these one may be
# taken before anybody listens on it. In turn, so that none is told twice.
_PORTS = range(20_000, 32_000)
_turns = count(os.getpid())


def free_port() -> int:
    """Return the number of a port on which nobody listens."""
    ports = (_PORTS[turn % len(_PORTS)] for turn in _turns)
    return next(filter(is_free, ports))


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
    return True


def time_zone() -> str:
    """Return the time zone of this machine, whose clock the terminals show."""
    if zone := os.environ.get("TZ", "").lstrip(":"):
        return zone
    _, found, zone = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    return zone if found else "UTC"


class Home:
    """A folder with a configuration, and Home Assistant running on it, or not.

    It answers on the loopback interface only.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        program: Sequence[str] = ("-m", "homeassistant"),
    ) -> None:
        """Know the folder; `prepare` makes it."""
        self.folder = folder
        self.port = port
        self._program = program
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Return the address of its pages."""
        return f"http://{HOST}:{self.port}"

    @property
    def console(self) -> Path:
        """Return the file with all that it has said."""
        return self.folder / "console.log"

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._running().pid

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise HomeError("Home Assistant does not run")
        return self._process

    # --- the folder ---------------------------------------------------------------

    def prepare(self, name: str = "Home") -> None:
        """Make what is missing in the folder, and set the port."""
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        if not (ours := self.folder / "custom_components").is_symlink():
            ours.symlink_to(ROOT / "custom_components")
        configuration = self.folder / "configuration.yaml"
        if not configuration.exists():
            configuration.write_text(
                CONFIGURATION.format(name=name, time_zone=time_zone())
            )
            (self.folder / "automations.yaml").write_text("[]\n")
            self._store("onboarding", 4, {"done": _ONBOARDED})
        # An http section in the configuration would be taken on trial only, and
        # taken back after five minutes.
        self._store(
            "http",
            3,
            {
                "stable": {
                    "server_host": [HOST],
                    "server_port": self.port,
                    "cors_allowed_origins": [],
                    "login_attempts_threshold": -1,
                    "ip_ban_enabled": True,
                    "ssl_profile": "intermediate_v6",
                    "use_x_frame_options": True,
                    "created_at": "2026-11-01T00:00:00+00:00",
                    "error": None,
                    "error_message": None,
                },
                "pending": None,
                "yaml_migration_done": True,
            },
        )

    def _store(self, key: str, version: int, data: dict[str, object]) -> None:
        (self.folder / ".storage" / key).write_text(
            json.dumps(
                {"version": version, "minor_version": 1, "key": key, "data": data}
            )
        )

    def copy_to(
        self, folder: Path, port: int, *, program: Sequence[str] | None = None
    ) -> Home:
        """Return a home with the same past; this one may not run now."""
        shutil.copytree(self.folder, folder, symlinks=True)
        home = Home(folder, port, program=program or self._program)
        home.console.unlink(missing_ok=True)
        home.prepare()
        return home

    # --- the program --------------------------------------------------------------

    async def launch(self) -> None:
        """Start the program, and return at once."""
        if find_spec("hass_frontend") is None:
            # It would start in recovery mode, and never be ready.
            raise HomeError(
                "Home Assistant's frontend is not installed in this environment:"
                " start this by scripts/demo, scripts/bench or scripts/test e2e"
            )
        if not is_free(self.port):
            # It would take another port.
            raise HomeError(f"Something else listens on {HOST}:{self.port}")
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        }
        environment["HOME_URL"] = self.url
        with self.console.open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._program,
                "--config",
                str(self.folder),
                "--skip-pip-packages",
                _NEWER_PACKAGES,
                "--log-no-color",
                cwd=self.folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                # Ctrl-C is for us alone, who then stop it properly.
                start_new_session=True,
            )

    async def start(self) -> None:
        """Start the program, and wait until it serves its pages."""
        await self.launch()
        async with aiohttp.ClientSession() as session:

            async def is_up() -> bool:
                """Tell whether the first page is there."""
                if self._running().returncode is not None:
                    raise HomeError(f"Home Assistant ended:\n{self._last_words()}")
                try:
                    async with session.get(self.url) as response:
                        return response.ok
                except aiohttp.ClientError:
                    return False

            await until(is_up, "Home Assistant answers", seconds=_STARTS_WITHIN)

    async def wait(self) -> int:
        """Return the exit code of the program, once it has ended."""
        code = await self._running().wait()
        self._process = None
        return code

    async def stop(self) -> int:
        """End the program as its admin would; return its exit code."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOPS_WITHIN):
                return await self.wait()
        except TimeoutError:
            self.kill()
            await self.wait()
            raise HomeError("Home Assistant does not stop, and was killed") from None

    def kill(self) -> None:
        """End the program without giving it a chance."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        process = self._running()
        if process.returncode is None:
            process.send_signal(number)

    async def close(self) -> None:
        """Make sure that nothing runs any more."""
        if self._process is not None:
            await self.stop()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Home]:
        """Run the program until the end of the block."""
        try:
            await self.start()
            yield self
        finally:
            await self.close()

    # --- what it says -------------------------------------------------------------

    def _last_words(self) -> str:
        return "\n".join(self.console.read_text().splitlines()[-20:])

    def complaints(self, *expected: str) -> Iterator[str]:
        """Yield the warnings and errors that it has logged, other than the usual.

        What is expected is part of the line.
        """
        expected = (*_USUAL, *expected)
        is_expected = False
        for line in self.console.read_text().splitlines():
            if (match := _LOG_LINE.match(line)) is not None:
                is_expected = match["level"] not in _COMPLAINTS or any(
                    text in line for text in expected
                )
                if not is_expected:
                    yield line
            elif line.startswith("Traceback") and not is_expected:
                yield line
