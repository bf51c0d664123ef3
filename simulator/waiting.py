"""Waiting for what others do, without looking again and again."""

import asyncio
from collections.abc import Callable

_PATIENCE = 30.0


class Waiting:
    """Somebody who tells when something has happened."""

    def __init__(self) -> None:
        """Begin with nobody who waits."""
        self._waiters: list[asyncio.Future[None]] = []

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
                await self.happening()
