"""The same again and again, in pieces that overlap, over many connections."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
import random

from .http import Answer, HttpClient


def pieces[T](items: Sequence[T], limit: int, rng: random.Random) -> list[Sequence[T]]:
    """Cut items at random places, into pieces of about limit at most."""
    found, start = [], 0
    while start < len(items):
        size = rng.randint(1, limit)
        # Some travel twice: that is the overlap.
        found.append(items[max(0, start - rng.randint(0, 3)) : start + size])
        start += size
    return found


async def flood[T](
    items: Sequence[T],
    send: Callable[[HttpClient, Sequence[T]], Coroutine[None, None, Answer]],
    connect: Callable[[], HttpClient],
    *,
    times: int,
    connections: int,
    limit: int,
    seed: int,
) -> list[Answer]:
    """Send all items so many times, cut differently each time, in random order."""
    rng = random.Random(seed)
    waiting = [piece for _ in range(times) for piece in pieces(items, limit, rng)]
    rng.shuffle(waiting)
    answers: list[Answer] = []

    async def work() -> None:
        """Send pieces over one connection until none is left."""
        async with connect() as client:
            while waiting:
                answers.append(await send(client, waiting.pop()))

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())
    return answers
