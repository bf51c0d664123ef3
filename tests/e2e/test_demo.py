"""The demo, as scripts/demo runs it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
import re
import signal
import socket
import sys

from scripts.lib.client import Client, Owner, connect, log_in
from scripts.lib.home import HOST, ROOT, free_port, is_free
from scripts.lib.places import CANTEEN, PEOPLE, PLACES, TERMINALS
from scripts.lib.polling import until
from scripts.lib.simulated import Simulated

# The demo, in a folder of its own.
_DEMO = """
import pathlib, sys
from scripts.lib.demo import main
sys.exit(main(sys.argv[2:], pathlib.Path(sys.argv[1])))
"""
_WITHIN = 120


@asynccontextmanager
async def demo(
    folder: Path, *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a demo until the end of the block at the latest."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _DEMO,
        folder,
        *options,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_WITHIN):
            yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def read_until(process: asyncio.subprocess.Process, text: str) -> list[str]:
    """Return what a demo prints, up to a line with this text."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or text not in lines[-1]:
        line = await process.stdout.readline()
        assert line, f"it ended after {lines}"
        lines.append(line.decode())
    return lines


def told(lines: Iterable[str], what: str) -> str:
    """Return what a demo has printed after a word."""
    (found,) = re.findall(rf"^  {what} +(\S+)$", "".join(lines), re.MULTILINE)
    return str(found)


async def test_check(tmp_path: Path) -> None:
    """The check sees a punch by each of the roads, and leaves nothing behind."""
    async with demo(tmp_path, "--check") as process:
        lines = await read_until(process, "All is well")
        assert await process.wait() == 0
    seen = {tuple(re.split(r"  +", line.strip())[:2]) for line in lines}
    assert {(place.name, place.mode) for place in PLACES} <= seen
    assert sum("USB stick 1 new" in line for line in lines) == len(TERMINALS)
    assert {place.mode for place in PLACES} == {"realtime", "polling", "adms", "push"}
    assert not any(tmp_path.glob("*"))  # noqa: ASYNC240


async def test_demo_keeps_its_home(tmp_path: Path) -> None:
    """Ctrl-C ends all of a demo, and the next one goes on from there."""
    port = free_port()
    homes = []
    for _ in range(2):
        async with demo(tmp_path, "--port", str(port)) as process:
            lines = await read_until(process, "Ctrl-C stops all")
            url = told(lines, "Address")
            owner = Owner("Demo", told(lines, "User"), told(lines, "Password"))
            async with connect(url, await log_in(url, owner)) as client:
                await client.until_running()
                entries = await client.command("config_entries/get", domain="syncid")
                homes.append((owner, {entry["entry_id"] for entry in entries}))

                async def is_calling(client: Client = client) -> bool:
                    """Tell whether the terminal that pushes has found its way."""
                    state = await client.state("binary_sensor.canteen_connectivity")
                    return bool(state["state"] == "on")

                await until(is_calling, f"{CANTEEN.name} calls")
            assert {entry["state"] for entry in entries} == {"loaded"}
            assert {entry["title"] for entry in entries} == {
                "SyncID",
                *(place.name for place in PLACES),
            }
            assert not is_free(port)
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
        assert is_free(port)
    assert homes[0] == homes[1]


def test_somebody_who_was_removed(tmp_path: Path) -> None:
    """Who was removed at a terminal cannot punch there, and that is said."""
    simulated = Simulated(tmp_path)
    user_id, name, where = PEOPLE[0]
    place = next(place for place in TERMINALS if place.name == where)
    assert simulated.punch(place, user_id).words.startswith(name)
    records = simulated.records
    users = simulated.terminals[where].users
    users.remove(users[user_id])
    assert simulated.punch(place, user_id).words == f"{user_id} is not known here"
    assert simulated.records == records


async def test_demo_says_that_its_port_is_taken(tmp_path: Path) -> None:
    """One line tells why there can be no demo."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        async with demo(tmp_path, "--port", str(port)) as process:
            _, errors = await process.communicate()
    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith(f"Port {port} is taken")
