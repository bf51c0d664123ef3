"""Waiting for what others do, without looking again and again."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

_PATIENCE = 30.0


class Waiting:
    """Somebody who works by himself, and tells when something has happened."""

    def __init__(self) -> None:
        """Begin with nobody who waits."""
        self._waiters: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None

    def tell(self) -> None:
        """Wake whoever waits."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def happening(self) -> None:
        """Wait until something happens."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def until(
        self, condition: Callable[[], object], timeout: float = _PATIENCE
    ) -> None:
        """Wait until something holds, which is looked at when something happened."""
        async with asyncio.timeout(timeout):
            while not condition():
                if self._task is not None and self._task.done():
                    # It works for ever: what ended it is an error, and here it is.
                    self._task.result()
                await self.happening()

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        """Work by itself from now on."""
        self._task = asyncio.create_task(work, name=name)
        self._task.add_done_callback(lambda _: self.tell())

    async def stop(self) -> None:
        """Work no more; raise what ended the work before."""
        if (task := self._task) is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
