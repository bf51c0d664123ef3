"""A small and strict server of ADMS: it judges a terminal by the document.

protocol-adms §2 to §8. It takes nothing that the document does not have, and
notes in complaints what it did not like.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
import re

from aiohttp import web
from aiohttp.test_utils import TestServer

SESSION = "0123456789abcdef" * 2
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
_PATH = re.compile(r"/iclock/(\w+)(\.aspx|\.php)?/?", re.IGNORECASE)
_RESULT = re.compile(r"ID=(\w+)&Return=(-?\d+)&CMD=(.*)", re.IGNORECASE)
# GetFile and Shell have lines in their results; everything else has "&".
_LINES = re.compile(r"\n(?=Return=|CMD=)")
_LINE_TABLES = {"ATTLOG", "OPERLOG", "BIODATA", "USERINFO", "FINGERTMP"}


@dataclass(slots=True)
class Upload:
    """What a terminal has uploaded."""

    table: str
    query: dict[str, str]
    body: bytes
    path: str

    @property
    def lines(self) -> list[str]:
        """Return the lines as text."""
        return self.body.decode().splitlines()


@dataclass(slots=True)
class StrictServer:
    """What a test holds in its hand."""

    serial: str = "CKUJ203460001"
    # Lines of the handshake's answer behind the first.
    options: dict[str, str] = field(
        default_factory=lambda: {
            "Delay": "10",
            "ErrorDelay": "30",
            "Realtime": "1",
            "TimeZone": "5",
            "TransFlag": (
                "TransData AttLog\tOpLog\tAttPhoto\tEnrollUser\tChgUser\tEnrollFP"
                "\tChgFP\tFACE\tUserPic\tBioPhoto\tBIODATA"
            ),
        }
    )
    # None: what the header says is no date.
    date: datetime | None = NOON
    content_type: str = "text/plain"
    queue: list[str] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    results: dict[str, int] = field(default_factory=dict)
    result_bodies: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # What to answer by path or table instead; the first of a list, then the next.
    instead: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    registered: dict[str, str] = field(default_factory=dict)
    # How many requests had the right cookie of a session (§8).
    cookies: int = 0
    url: str = ""

    def of(self, *tables: str) -> list[Upload]:
        """Return what was uploaded to tables."""
        return [upload for upload in self.uploads if upload.table in tables]

    def lines(self, *tables: str) -> list[str]:
        """Return the lines that were uploaded to tables."""
        return [line for upload in self.of(*tables) for line in upload.lines]

    def ask(self, *commands: str) -> None:
        """Give commands at the next poll, numbered from 1."""
        self.queue = [f"C:{number}:{text}" for number, text in enumerate(commands, 1)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        body = await request.read()
        query = dict(request.query)
        self.requests.append(f"{request.method} {request.path_qs}")
        if not (match := _PATH.fullmatch(request.path)):
            return self._text("no such path", 404)
        name = match[1].lower()
        table = query.get("table", "")
        for key in (table, name):
            if waiting := self.instead.get(key):
                status, text = waiting.pop(0)
                return self._text(text, status)
        serial = next((query[key] for key in ("SN", "sn", "Sn") if key in query), None)
        if serial is None:
            return self._text("OK")
        if serial != self.serial:
            self.complaints.append(f"serial {serial}")
        if (token := request.cookies.get("token")) is not None:
            self.cookies += 1
            if token != md5(f"Reg123{serial}{SESSION}".encode()).hexdigest():
                self.complaints.append(f"cookie {token}")
        answer = self._answer(request.method, name, query, body, request.path)
        if answer is None:
            self.complaints.append(f"{request.method} {request.path_qs}")
            return self._text("?", 400)
        return self._text(answer)

    def _text(self, text: str, status: int = 200) -> web.Response:
        """Return a plain answer with the server's date."""
        date = format_datetime(self.date, usegmt=True) if self.date else "today"
        return web.Response(
            text=text,
            status=status,
            headers={"Date": date},
            content_type=self.content_type,
        )

    def _answer(
        self, method: str, name: str, query: dict[str, str], body: bytes, path: str
    ) -> str | None:
        """Return the text of an answer; None for what the document does not know."""
        match method, name:
            case "GET", "cdata":
                return self._handshake(query)
            case "GET", "getrequest":
                if "INFO" in query:
                    self.infos.append(query["INFO"])
                queue, self.queue = self.queue, []
                return "\n".join(queue) or "OK"
            case (("GET" | "POST"), "ping"):
                return "OK"
            case "POST", ("cdata" | "fdata"):
                return self._upload(query, body, path)
            case "POST", "devicecmd":
                return self._result(body)
            case "POST", "querydata":
                return self._query_data(query, body)
            case "POST", "registry":
                self.registered = dict(
                    pair.split("=", 1)
                    for pair in re.split(r",(?=~?\w+=)", body.decode())
                )
                return "RegistryCode=Reg123"
            case "POST", "push":
                return self._session()
            case "GET", "rtdata":
                return "DateTime=583080894,ServerTZ=+0500"
        return None

    def _handshake(self, query: dict[str, str]) -> str | None:
        """Answer the handshake of either family."""
        if query.get("table") == "RemoteAtt":
            return f"C:1:DATA UPDATE USERINFO PIN={query['PIN']}\tName=Guest"
        if query.get("options") != "all" or "pushver" not in query:
            return None
        if query["pushver"].startswith("3"):
            if not self.registered:
                return "OK"
            return f"registry=ok\nRegistryCode=Reg123\n{self._session()}"
        lines = [f"GET OPTION FROM: {self.serial}"]
        lines += [f"{key}={value}" for key, value in self.options.items()]
        return "\n".join(lines) + "\n"

    def _session(self) -> str:
        """Return the options of a session (ACC)."""
        return (
            "ServerVersion=1\nPushProtVer=3.1.2\nErrorDelay=30\nRequestDelay=3\n"
            "Realtime=1\nTransTables=User Transaction\n"
            f"SessionID={SESSION}\nTimeoutSec=10"
        )

    def _upload(self, query: dict[str, str], body: bytes, path: str) -> str | None:
        """Take an upload."""
        table = query.get("table", "")
        name = query.get("tablename", table)
        if table == "tabledata":
            count = len(body.splitlines())
            if query.get("count") != str(count):
                self.complaints.append(f"{query} with {count} rows")
            self.uploads.append(Upload(name, query, body, path))
            return f"{name}={count}"
        if table not in {*_LINE_TABLES, "options", "ATTPHOTO", "rtlog", "rtstate"}:
            return None
        self.uploads.append(Upload(table, query, body, path))
        if table in {"options", "rtlog", "rtstate"}:
            return "OK"
        if not any(key.endswith("Stamp") for key in query):
            self.complaints.append(f"no stamp: {query}")
        return f"OK: {1 if table == 'ATTPHOTO' else len(body.splitlines())}"

    def _result(self, body: bytes) -> str | None:
        """Take results."""
        self.result_bodies.append(body.decode())
        text = _LINES.sub("&", body.decode())
        found = [_RESULT.fullmatch(line) for line in text.splitlines()]
        if found[0] is None:
            return None
        self.results |= {match[1]: int(match[2]) for match in found if match}
        return "OK"

    def _query_data(self, query: dict[str, str], body: bytes) -> str | None:
        """Take what a query brought (ACC)."""
        if "cmdid" not in query or "count" not in query:
            return None
        name = query.get("tablename", query["type"])
        self.uploads.append(Upload(name, query, body, "/iclock/querydata"))
        return f"{name}={query['count']}" if query["type"] == "tabledata" else "OK"


@asynccontextmanager
async def strict_server() -> AsyncIterator[StrictServer]:
    """Serve on loopback until the end of the block."""
    strict = StrictServer()
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", strict.handle)
    async with TestServer(app) as server:
        strict.url = str(server.make_url("")).rstrip("/")
        yield strict
