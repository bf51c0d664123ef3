"""Home Assistant's REST and WebSocket interfaces, as one of its users."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any

import aiohttp

from .polling import until


class ClientError(Exception):
    """Home Assistant refuses something."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The person that a home belongs to."""

    name: str
    username: str
    password: str


async def sign_up(url: str, owner: Owner) -> str:
    """Make the owner of a new home; return a token that does not end."""
    client_id = f"{url}/"
    async with aiohttp.ClientSession(url) as session:
        async with session.post(
            "/api/onboarding/users",
            json={
                "client_id": client_id,
                "name": owner.name,
                "username": owner.username,
                "password": owner.password,
                "language": "en",
            },
        ) as response:
            code = (await _answer(response))["auth_code"]
        access = await _access(session, client_id, code)
    async with connect(url, access) as client:
        token: str = await client.command(
            "auth/long_lived_access_token", client_name="SyncID", lifespan=3650
        )
        return token


async def log_in(url: str, owner: Owner) -> str:
    """Enter user and password, as in the form; return a token for half an hour."""
    client_id = f"{url}/"
    async with aiohttp.ClientSession(url) as session:
        async with session.post(
            "/auth/login_flow",
            json={
                "client_id": client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": client_id,
            },
        ) as response:
            flow_id = (await _answer(response))["flow_id"]
        async with session.post(
            f"/auth/login_flow/{flow_id}",
            json={
                "client_id": client_id,
                "username": owner.username,
                "password": owner.password,
            },
        ) as response:
            step = await _answer(response)
        if step["type"] != "create_entry":
            raise ClientError(f"{owner.username} is not let in: {step['errors']}")
        return await _access(session, client_id, step["result"])


async def _access(session: aiohttp.ClientSession, client_id: str, code: str) -> str:
    """Return a token for half an hour, for a code that is good for one."""
    async with session.post(
        "/auth/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client_id,
        },
    ) as response:
        token: str = (await _answer(response))["access_token"]
        return token


async def _answer(response: aiohttp.ClientResponse) -> Any:
    """Return what was answered, unless that is a refusal."""
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise ClientError(
            f"{response.method} {response.url.path}: {response.status}"
            f" {await response.text()}"
        )
    return await response.json()


class Client:
    """A connection; `connect` makes one."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
    ) -> None:
        """Talk over what is open and authenticated."""
        self._session = session
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._queues: dict[int, asyncio.Queue[Any]] = {}

    async def get(self, path: str) -> Any:
        """Read something."""
        async with self._session.get(path) as response:
            return await _answer(response)

    async def post(self, path: str, **body: object) -> Any:
        """Send something."""
        async with self._session.post(path, json=body) as response:
            return await _answer(response)

    async def state(self, entity_id: str) -> Any:
        """Return the state of an entity with its attributes, None if there is none."""
        async with self._session.get(f"/api/states/{entity_id}") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            return await _answer(response)

    async def command(self, kind: str, **arguments: object) -> Any:
        """Give a WebSocket command; return its result."""
        return await self._command(next(self._numbers), kind, arguments)

    async def _command(
        self, number: int, kind: str, arguments: dict[str, object]
    ) -> Any:
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        await self._socket.send_json({"id": number, "type": kind, **arguments})
        return await future

    async def subscribe(self, kind: str, **arguments: object) -> asyncio.Queue[Any]:
        """Give a WebSocket command that events follow; return the queue of them.

        The queue shuts down when the connection ends.
        """
        number = next(self._numbers)
        queue = self._queues[number] = asyncio.Queue()
        await self._command(number, kind, arguments)
        return queue

    async def events(self, event_type: str) -> asyncio.Queue[Any]:
        """Return a queue of what happens on the bus from now on."""
        return await self.subscribe("subscribe_events", event_type=event_type)

    async def until_running(self) -> None:
        """Wait until all integrations are set up."""

        async def is_running() -> bool:
            """Tell whether they are."""
            return bool((await self.command("get_config"))["state"] == "RUNNING")

        await until(is_running, "Home Assistant has started", seconds=120)

    async def read(self) -> None:
        """Bring what comes to whoever waits for it, until the connection ends."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            data = message.json()
            number = data["id"]
            if data["type"] == "event":
                self._queues[number].put_nowait(data["event"])
            elif (future := self._waiting.pop(number)).cancelled():
                continue
            elif data["success"]:
                future.set_result(data["result"])
            else:
                future.set_exception(ClientError(data["error"]["message"]))

    def end(self) -> None:
        """Tell all who wait that nothing will come."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the connection has ended"))
        for queue in self._queues.values():
            queue.shutdown()


@asynccontextmanager
async def connect(url: str, token: str) -> AsyncIterator[Client]:
    """Be connected until the end of the block."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(url, headers=headers) as session,
        session.ws_connect("/api/websocket", max_msg_size=0) as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        if (answer := await socket.receive_json())["type"] != "auth_ok":
            raise ClientError(answer["message"])
        client = Client(session, socket)
        reading = asyncio.create_task(client.read())
        reading.add_done_callback(lambda _: client.end())
        try:
            yield client
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
