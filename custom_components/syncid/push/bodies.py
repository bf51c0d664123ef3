"""Reading what is sent to us: no more than allowed, and not for ever."""

import asyncio
from typing import Final

from aiohttp import hdrs
from aiohttp.web import Request, RequestPayloadError

# Seconds that a body may take, whatever network it comes over.
BODY_WITHIN: Final = 60
_CHUNK: Final = 262_144


class TooLarge(Exception):
    """A body is larger than allowed; the rest of it was not read."""


class Garbled(Exception):
    """A body is not packed as its headers say."""


async def async_read_body(request: Request, most: int) -> bytes:
    """Return a body; raises `TooLarge`, `Garbled`, and `TimeoutError` if it does not come."""
    announced = request.headers.get(hdrs.CONTENT_LENGTH, "")
    if announced.isdecimal() and int(announced) > most:
        raise TooLarge
    # A webhook that comes through the cloud has a body that begins anew when asked for.
    content, chunks, size = request.content, [], 0
    try:
        async with asyncio.timeout(BODY_WITHIN):
            while chunk := await content.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise TooLarge
                chunks.append(chunk)
    except RequestPayloadError as err:
        # The server would read on after the answer, fail as well, and log it; and it
        # understands nothing more of this connection.
        content.feed_eof()
        request.protocol.close()
        raise Garbled from err
    return b"".join(chunks)
