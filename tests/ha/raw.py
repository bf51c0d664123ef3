"""Requests that no client would send: bytes as they are, and from anywhere."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock

import pytest

from .kit import PATIENCE


async def ask(url: str, request: bytes) -> bytes:
    """Send bytes to a server, and return what it answers first.

    The connection stays open meanwhile: what is promised and not sent may come yet.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read(4096)
        finally:
            writer.close()


def status(answer: bytes) -> int:
    """Return the status of an answer."""
    return int(answer.split(maxsplit=2)[1])


def request(
    line: str, body: bytes = b"", *, length: int | None = None, **headers: str | bytes
) -> bytes:
    """Return a request; `length` is what it says of its body."""
    head = [f"{line} HTTP/1.1".encode(), b"Host: x"]
    head.append(b"Content-Length: %d" % (len(body) if length is None else length))
    for name, value in headers.items():
        raw = value if isinstance(value, bytes) else value.encode()
        head.append(name.replace("_", "-").encode() + b": " + raw)
    return b"\r\n".join(head) + b"\r\n\r\n" + body


@contextmanager
def coming_from(address: str | None) -> Iterator[None]:
    """Let requests come from an address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "aiohttp.web_request.BaseRequest.remote",
            PropertyMock(return_value=address),
        )
        yield
