"""HTTP as firmware speaks it: one request after the other on a plain socket.

Written here, and not taken from a library, because a terminal that goes wrong
does what no library can be told to: stop in the middle of a body, or hang up
before the answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import ssl
from typing import Self
from urllib.parse import urlsplit

_MAX_BODY = 16 * 1024 * 1024
_NO_BODY = (204, 304)


class NoAnswer(Exception):
    """Raised when a request got no answer, or one that is no HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Return whether the server took it."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a request is sent; the defaults are how it should be."""

    # Pieces of so many bytes with a pause after each; 0 for all at once.
    piece: int = 0
    pause: float = 0.0
    # Hang up after so many bytes of the body.
    cut_after: int | None = None
    # Hang up when all is sent, before the answer is read.
    hang_up: bool = False
    keep_alive: bool = True


GOOD_MANNERS = Manner()


@dataclass(slots=True, eq=False)
class HttpClient:
    """One connection at a time to one server."""

    base_url: str
    timeout: float = 30.0
    user_agent: str = "iClock Proxy/1.09"
    connections: int = field(default=0, init=False)
    _reader: asyncio.StreamReader | None = field(default=None, init=False)
    _writer: asyncio.StreamWriter | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{self.base_url!r} is no http:// or https:// address")

    async def __aenter__(self) -> Self:
        """Return the client; it connects when there is something to say."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self.close()

    async def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        manner: Manner = GOOD_MANNERS,
    ) -> Answer:
        """Send a request below the base address and return the answer."""
        async with self._lock:
            try:
                async with asyncio.timeout(self.timeout):
                    await self._connect()
                    await self._send(method, target, body, headers or {}, manner)
                    answer, reusable = await self._read()
            except NoAnswer:
                # Hung up on purpose: what was written shall arrive.
                await self.close()
                raise
            except TimeoutError as err:
                self._abort()
                raise NoAnswer(f"no answer within {self.timeout:g} s") from err
            except (OSError, EOFError, ValueError) as err:
                self._abort()
                raise NoAnswer(str(err) or type(err).__name__) from err
            except BaseException:
                self._abort()
                raise
            if not (reusable and manner.keep_alive):
                await self.close()
            return answer

    async def close(self) -> None:
        """Hang up, when what was written has left."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is None:
            return
        writer.close()
        try:
            async with asyncio.timeout(self.timeout):
                await writer.wait_closed()
        except OSError, TimeoutError:
            # Nobody reads what is left, or the connection has long gone.
            writer.transport.abort()

    def _abort(self) -> None:
        """Drop the connection, whatever has not left yet."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.transport.abort()

    async def _connect(self) -> None:
        """Connect, unless the last connection still stands."""
        if self._reader is not None and not self._reader.at_eof():
            return
        await self.close()
        parts = urlsplit(self.base_url)
        context = None
        if parts.scheme == "https":
            # As most terminals: any certificate will do (protocol-adms §11).
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        port = parts.port or (443 if context else 80)
        self._reader, self._writer = await asyncio.open_connection(
            parts.hostname, port, ssl=context
        )
        self.connections += 1

    async def _send(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
        manner: Manner,
    ) -> None:
        """Write a request."""
        writer = self._writer
        assert writer is not None
        parts = urlsplit(self.base_url)
        lines = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": self.user_agent,
            "Connection": "keep-alive" if manner.keep_alive else "close",
            "Accept": "*/*",
        }
        if body is not None:
            lines["Content-Length"] = str(len(body))
        head = "".join(
            f"{key}: {value}\r\n" for key, value in (lines | dict(headers)).items()
        )
        path = parts.path.rstrip("/") + target
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())
        left = memoryview(body or b"")[: manner.cut_after]
        while left:
            piece, left = (
                left[: manner.piece or None],
                left[manner.piece or len(left) :],
            )
            writer.write(piece)
            await writer.drain()
            if left:
                await asyncio.sleep(manner.pause)
        await writer.drain()
        if manner.cut_after is not None:
            raise NoAnswer(f"cut after {manner.cut_after} bytes of the body")
        if manner.hang_up:
            raise NoAnswer("hung up before the answer")

    async def _read(self) -> tuple[Answer, bool]:
        """Read an answer; return it, and whether the connection may be used again."""
        status, headers = await self._read_head()
        while 100 <= status < 200:
            status, headers = await self._read_head()
        reader = self._reader
        assert reader is not None
        reusable = headers.get("connection", "").lower() != "close"
        if status in _NO_BODY:
            body = b""
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            body = await self._read_chunks(reader)
        elif "content-length" in headers:
            length = int(headers["content-length"])
            if length > _MAX_BODY:
                raise ValueError(f"an answer of {length} bytes")
            body = await reader.readexactly(length)
        else:
            body, reusable = await reader.read(), False
        return Answer(status, headers, body), reusable

    async def _read_head(self) -> tuple[int, dict[str, str]]:
        """Read the first line and the headers."""
        assert self._reader is not None
        line = await self._reader.readline()
        if not line:
            raise EOFError("the server hung up without an answer")
        version, _, rest = line.decode("latin-1").partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError(f"{line[:40]!r} is no HTTP")
        headers: dict[str, str] = {}
        while (line := await self._reader.readline()) not in {b"\r\n", b"\n"}:
            if not line:
                raise EOFError("the server hung up in the headers")
            key, _, value = line.decode("latin-1").partition(":")
            headers[key.strip().lower()] = value.strip()
        return int(rest[:3]), headers

    @staticmethod
    async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
        """Read a body that comes in chunks."""
        body = bytearray()
        while size := int((await reader.readline()).partition(b";")[0], 16):
            if len(body) + size > _MAX_BODY:
                raise ValueError("an answer without end")
            body += await reader.readexactly(size)
            await reader.readline()
        while (await reader.readline()).strip():
            pass
        return bytes(body)
