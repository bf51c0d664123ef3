"""The HTTP client: answers in every form, and those that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from simulator import HttpClient, NoAnswer

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def server(
    *answers: bytes, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serve bytes, one answer for each request, and hang up behind the last."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        while left and await reader.readuntil(b"\r\n\r\n"):
            writer.write(left.pop(0))
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with listening:
        host, port = listening.sockets[0].getsockname()
        yield f"http{'s' if tls else ''}://{host}:{port}/base/"


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", 200, b"OK"),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", 200, b"to the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
            503,
            b"",
        ),
        (
            CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
            200,
            b"abcde",
        ),
        (b"HTTP/1.1 200\nContent-Length:1\n\nx", 200, b"x"),
    ],
)
async def test_answers(raw: bytes, status: int, body: bytes) -> None:
    """All forms of a body."""
    async with server(raw) as url, HttpClient(url) as client:
        answer = await client.request("GET", "/x")
    assert (answer.status, answer.body) == (status, body)
    assert answer.ok is (status < 300)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 soon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nab",
        CHUNKED + b"ffffffff\r\n",
        CHUNKED + b"xyz\r\n",
    ],
)
async def test_what_is_no_answer(raw: bytes) -> None:
    """It says so, and connects anew the next time."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    async with server(raw) as url, HttpClient(url) as client:
        with pytest.raises(NoAnswer):
            await client.request("GET", "/x")
        assert client.connections == 1
    async with server(good) as url:
        client.base_url = url
        assert (await client.request("GET", "/x")).text == "OK"
        await client.close()


async def test_connections() -> None:
    """One for all requests, unless the server wants another."""
    stays = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    goes = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with server(stays, stays, goes, stays) as url, HttpClient(url) as client:
        for connections in (1, 1, 1, 2):
            await client.request("GET", "/x")
            assert client.connections == connections


def _certificate(folder: Path) -> ssl.SSLContext:
    """Return a server's side of TLS, with a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1))
        .not_valid_after(datetime(2001, 1, 1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def test_tls(tmp_path: Path) -> None:
    """Any certificate will do, as for most terminals."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    async with server(good, tls=_certificate(tmp_path)) as url:
        assert url.startswith("https://")
        async with HttpClient(url) as client:
            assert (await client.request("POST", "/x", b"")).text == "OK"


async def test_a_body_that_nobody_reads() -> None:
    """It gives up, and keeps nothing open."""
    silent = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read nothing."""
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await silent.wait()
        writer.transport.abort()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        async with HttpClient(url, timeout=0.05) as client:
            with pytest.raises(NoAnswer, match="no answer within"):
                await client.request("POST", "/", bytes(50_000_000))
        silent.set()


async def test_nobody_answers() -> None:
    """Nobody listens; or somebody does, and says nothing."""
    async with HttpClient("http://127.0.0.1:9") as client:
        with pytest.raises(NoAnswer):
            await client.request("GET", "/")
    silent = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wait for the end."""
        await silent.wait()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with HttpClient(f"http://127.0.0.1:{port}", timeout=0.01) as client:
            with pytest.raises(NoAnswer, match=r"within 0\.01 s"):
                await client.request("GET", "/")
        silent.set()
