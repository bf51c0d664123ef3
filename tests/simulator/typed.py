"""A simulator in a process of its own, at which a test types."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import json
import sys
from typing import Any

from .test_cli import PATIENCE, ROOT


class Typed:
    """A running simulator that is typed at, in a test with a loop of its own."""

    def __init__(self, process: Process) -> None:
        """Take a process."""
        self.process = process
        self.told: list[Any] = []

    async def read(self) -> Any:
        """Return the next line that it prints, as an object."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.told.append(json.loads(await self.process.stdout.readline()))
        return self.told[-1]

    async def type(self, line: str) -> Any:
        """Type a command and return what it comes to."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        while (told := await self.read())["event"] != "result":
            pass
        return told

    async def until(self, condition: Callable[[Any], object]) -> None:
        """Ask how things are until they are so."""
        async with asyncio.timeout(PATIENCE):
            while not condition(await self.type("status")):
                pass

    async def end(self) -> None:
        """Wait for a clean end."""
        async with asyncio.timeout(PATIENCE):
            _, err = await self.process.communicate()
        assert (self.process.returncode, err) == (0, b"")


@asynccontextmanager
async def typed(*arguments: str) -> AsyncIterator[Typed]:
    """Run the command with --json until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", *arguments, "--json"),
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield Typed(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
