"""Waiting for something that nobody tells of."""

import asyncio
from collections.abc import Awaitable, Callable
import time

_PAUSE = 0.05


async def until[T](
    probe: Callable[[], Awaitable[T | None]], what: str, *, seconds: float = 60
) -> T:
    """Return what the probe finds, once that is neither None nor False."""
    deadline = time.monotonic() + seconds
    while (found := await probe()) is None or found is False:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} seconds: {what}")
        await asyncio.sleep(_PAUSE)
    return found
