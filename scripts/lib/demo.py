"""The demo: a home that is kept, and terminals at which people punch."""

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
import json
from pathlib import Path
import random
import secrets
import shutil
import signal
import sys
from typing import NoReturn

from .check import check
from .client import ClientError, Owner, connect, log_in, sign_up
from .home import HOST, RESTART, ROOT, Home, HomeError, free_port, is_free
from .places import PEOPLE, PLACES, TERMINALS, Listening
from .simulated import AllRoads, add_all

FOLDER = ROOT / ".demo"
PORT = 8123
_SECONDS_BETWEEN_PUNCHES = (4, 30)


class Settings:
    """What is kept of the demo's home from one start to the next."""

    def __init__(self, folder: Path) -> None:
        """Read them, or think of new ones."""
        self._path = folder / "demo.json"
        self.is_new = not self._path.exists()
        if self.is_new:
            self.ports = {
                place.name: place.port if is_free(place.port) else free_port()
                for place in TERMINALS
            }
            self.owner = Owner("Demo", "demo", secrets.token_hex(4))
            self.token = ""
        else:
            data = json.loads(self._path.read_text())
            if "token" not in data:
                raise HomeError(
                    f"{folder} is of an older demo: delete it to begin anew."
                )
            self.ports = data["ports"]
            self.owner = Owner(**data["owner"])
            self.token = data["token"]

    def save(self) -> None:
        """Keep them, now that the home is complete."""
        self._path.touch(mode=0o600)
        data = {
            "ports": self.ports,
            "owner": asdict(self.owner),
            "token": self.token,
        }
        self._path.write_text(json.dumps(data, indent=2))
        self.is_new = False


class Demo:
    """The demo, from its start to Ctrl-C."""

    def __init__(self, folder: Path, port: int) -> None:
        """Look at what there is of an earlier one."""
        self.home = Home(folder / "home", port)
        self._settings = settings = Settings(folder)
        if not is_free(port):
            raise HomeError(
                f"Port {port} is taken, perhaps by a demo; --port takes another."
            )
        for name, taken in settings.ports.items():
            if not is_free(taken):
                raise HomeError(
                    f"Port {taken}, which is that of {name}, is taken, perhaps by a"
                    " demo; --port runs another one beside it."
                )
        if settings.is_new:
            shutil.rmtree(self.home.folder, ignore_errors=True)
        self.home.console.unlink(missing_ok=True)
        self.home.prepare("Demo")
        self._simulated = AllRoads(folder, self.home.url)

    async def run(self) -> None:
        """Run until cancelled."""
        print("Starting Home Assistant", flush=True)
        async with self._simulated.serving(self._settings.ports):
            while True:
                async with self.home.running():
                    if self._settings.is_new:
                        await self._move_in()
                    else:
                        await self._return()
                    self._tell()
                    async with self._simulated.sending(self._settings.token):
                        await self._punch_until_it_ends()

    async def _move_in(self) -> None:
        """Make the owner of a new home, and add what is at all places."""
        settings = self._settings
        token = await sign_up(self.home.url, settings.owner)
        async with connect(self.home.url, token) as client:
            await client.until_running()
            _, settings.token = await add_all(client, settings.ports)
        settings.save()

    async def _return(self) -> None:
        """Wait until all is set up in a home that was left."""
        url, owner = self.home.url, self._settings.owner
        with suppress(ClientError):  # somebody may have changed the password
            async with connect(url, await log_in(url, owner)) as client:
                await client.until_running()

    def _tell(self) -> None:
        """Print what to do now."""
        owner = self._settings.owner
        print(f"\n  Address   {self.home.url}")
        print(f"  User      {owner.username}")
        print(f"  Password  {owner.password}\n")
        for place in PLACES:
            if not isinstance(place, Listening):
                print(f"  {place.name:10} {'calls itself':15} {place.mode}")
                continue
            key = f", comm key {place.comm_key}" if place.comm_key else ""
            address = f"{HOST}:{self._settings.ports[place.name]}"
            print(f"  {place.name:10} {address:15} {place.mode}{key}")
        print(
            "\nLook at SyncID in the sidebar, and under Settings, Devices & services, SyncID."
        )
        print("Ctrl-C stops all. These people punch:\n", flush=True)

    async def _punch_until_it_ends(self) -> None:
        """Let people punch now and then; return if Home Assistant shall restart."""
        punching = asyncio.create_task(self._punch_for_ever())
        ending = asyncio.create_task(self.home.wait())
        tasks = (punching, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if punching.done():
                await punching  # raises: a demo where nobody punches is none
            if (code := await ending) != RESTART:
                raise HomeError(
                    f"Home Assistant ended with {code}; see {self.home.console}"
                )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _punch_for_ever(self) -> NoReturn:
        while True:
            # Everybody once, so that nobody goes a moment after coming.
            for user_id, _, where in random.sample(PEOPLE, len(PEOPLE)):
                place = next(place for place in PLACES if place.name == where)
                done = self._simulated.punch(place, user_id)
                print(
                    f"  {datetime.now():%H:%M:%S}  {place.name:10}{done.words}",
                    flush=True,
                )
                await asyncio.sleep(random.uniform(*_SECONDS_BETWEEN_PUNCHES))


async def _until_stopped[T](running: Coroutine[None, None, T]) -> T | None:
    """Return what comes of it, or None after Ctrl-C and the like."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(running)

    def stop() -> None:
        """Stop it once: a second time would interrupt the stopping."""
        if not task.cancelling():
            print("\nStopping", flush=True)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Run the demo or its check; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="of Home Assistant")
    parser.add_argument(
        "--check", action="store_true", help="start another one, and see that all works"
    )
    options = parser.parse_args(arguments)
    if options.port != PORT:
        folder /= str(options.port)  # another home, with terminals of its own
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if options.check:
            return 0 if asyncio.run(_until_stopped(check(folder))) else 1
        asyncio.run(_until_stopped(Demo(folder, options.port).run()))
    except (HomeError, ClientError, TimeoutError) as err:
        print(err, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
