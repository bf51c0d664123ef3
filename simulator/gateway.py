"""A gateway in software: it keeps punches, and posts them as JSON.

What a small computer beside a terminal does that speaks no ADMS: one address, a
token or a secret in the address, {"logs": [...]} until the answer is 200.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from .flood import flood
from .http import Answer, HttpClient, Manner, NoAnswer
from .switches import Switches
from .waiting import Waiting

type Clock = Callable[[], datetime]
type GatewayTime = Literal["space", "t", "offset", "utc"]
type Row = Mapping[str, object]

_OK = 200
_KEPT_ANSWERS = 10_000


@dataclass(slots=True, kw_only=True)
class GatewayFaults(Switches):
    """What is odd or wrong at the moment; the defaults are a good gateway."""

    time_format: Annotated[
        GatewayTime,
        "times with a space, a T, a T and the offset, or in UTC with a Z",
    ] = "space"
    user_as_number: Annotated[bool, "user ids as numbers, not as text"] = False
    bad_row: Annotated[
        int, "the row of the next batch before which one is that is none; once"
    ] = 0
    repeat_rows: Annotated[int, "how often each row is sent"] = 1
    content_type: Annotated[str, "what the body is said to be"] = "application/json"
    never_acknowledged: Annotated[bool, "no answer is good enough"] = False
    slow_piece: Annotated[int, "bodies travel in pieces of so many bytes; 0: whole"] = 0
    slow_pause: Annotated[float, "seconds between the pieces"] = 0.01
    cut_body: Annotated[
        int | None, "hang up after so many bytes of the next body; once"
    ] = None
    hang_up: Annotated[bool, "hang up when the next body is sent, unanswered; once"] = (
        False
    )
    keep_alive: Annotated[bool, "one connection for many requests"] = True
    repeat: Annotated[bool, "switches that strike once strike every time"] = False

    def manner(self) -> Manner:
        """Return how the next request travels."""
        cut = self.cut_body
        if cut is not None:
            self.strike("cut_body", cut)
        return Manner(
            piece=self.slow_piece,
            pause=self.slow_pause,
            cut_after=cut,
            hang_up=self.hang_up and self.strike("hang_up", True),
            keep_alive=self.keep_alive,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPunch:
    """One punch, as the gateway keeps it; None is not sent."""

    user_id: str
    time: datetime
    status: int | None = 0
    verify: int | None = None
    work_code: str | None = None


class Gateway:
    """A gateway with a log of its own and one server."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        clock: Clock | None = None,
        batch: int = 500,
        timeout: float = 30.0,
    ) -> None:
        """Make one; without a token the address itself is the secret (a webhook)."""
        self.url = url
        self.token = token
        self.batch = batch
        self.faults = GatewayFaults()
        self.log: list[GatewayPunch] = []
        # So many of the log need not be sent again.
        self.acknowledged = 0
        self.answers: deque[Answer] = deque(maxlen=_KEPT_ANSWERS)
        self.listeners: list[Callable[[], None]] = []
        self._clock = clock or datetime.now
        self._timeout = timeout
        self._target = urlsplit(url).path or "/"
        self._client = self._connection()

    @property
    def unsent(self) -> int:
        """Return how many punches the server has not acknowledged."""
        return len(self.log) - self.acknowledged

    def punch(
        self,
        user_id: str,
        status: int | None = 0,
        verify: int | None = None,
        work_code: str | None = None,
        at: datetime | None = None,
    ) -> GatewayPunch:
        """Take a punch."""
        punch = GatewayPunch(
            user_id=user_id,
            time=(at or self._clock()).replace(microsecond=0),
            status=status,
            verify=verify,
            work_code=work_code,
        )
        self.log.append(punch)
        self._changed()
        return punch

    def fill_log(
        self,
        count: int,
        people: int = 10,
        start: datetime | None = None,
        step_seconds: int = 37,
    ) -> None:
        """Take many punches of people from 1001 in turn."""
        moment = start or self._clock() - timedelta(seconds=count * step_seconds)
        for number in range(count):
            round_number, index = divmod(number, people)
            self.punch(
                str(1001 + index),
                round_number % 2,
                at=moment + timedelta(seconds=number * step_seconds),
            )

    def resend_all(self) -> None:
        """Send everything again."""
        self.acknowledged = 0
        self._changed()

    def row(self, punch: GatewayPunch) -> dict[str, object]:
        """Return a punch as it is sent."""
        user: object = punch.user_id
        if self.faults.user_as_number:
            user = int(punch.user_id)
        row = {
            "user_id": user,
            "timestamp": self._time(punch.time),
            "status": punch.status,
            "verify": punch.verify,
            "work_code": punch.work_code,
        }
        return {key: value for key, value in row.items() if value is not None}

    def _time(self, moment: datetime) -> str:
        """Return a time as it is sent."""
        match self.faults.time_format:
            case "space":
                return moment.isoformat(" ", "seconds")
            case "t":
                return moment.isoformat("T", "seconds")
            case "offset":
                return moment.astimezone().isoformat("T", "seconds")
            case "utc":
                return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"

    def body(self, punches: Sequence[GatewayPunch]) -> bytes:
        """Return the body of a batch."""
        rows: list[object] = [
            self.row(punch) for punch in punches for _ in range(self.faults.repeat_rows)
        ]
        if self.faults.bad_row:
            at = self.faults.strike("bad_row", self.faults.bad_row)
            rows.insert(at - 1, {"user_id": "", "timestamp": "no time at all"})
        return json.dumps({"logs": rows}).encode()

    async def post(
        self,
        body: bytes,
        *,
        method: str = "POST",
        client: HttpClient | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a body as it is; headers overrule what goes with it."""
        sent = {"Content-Type": self.faults.content_type}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        answer = await (client or self._client).request(
            method, self._target, body, sent | dict(headers or {}), self.faults.manner()
        )
        self.answers.append(answer)
        self._changed()
        return answer

    async def send(self) -> Answer | None:
        """Send the next batch; None if there is nothing. Only 200 is good enough."""
        end = min(len(self.log), self.acknowledged + self.batch)
        if end <= self.acknowledged:
            return None
        answer = await self.post(self.body(self.log[self.acknowledged : end]))
        if answer.status == _OK and not self.faults.never_acknowledged:
            self.acknowledged = max(self.acknowledged, end)
            self._changed()
        return answer

    async def flood(
        self, times: int, connections: int = 8, *, seed: int = 0
    ) -> list[Answer]:
        """Send the whole log so many times, in random pieces that overlap.

        Each time the log is cut at other places, and all pieces go out over the
        connections in random order. Return all answers; acknowledged or not,
        the log stays as it is.
        """

        async def send(client: HttpClient, punches: Sequence[GatewayPunch]) -> Answer:
            """Send one piece."""
            return await self.post(self.body(punches), client=client)

        return await flood(
            self.log,
            send,
            self._connection,
            times=times,
            connections=connections,
            limit=self.batch,
            seed=seed,
        )

    def _connection(self) -> HttpClient:
        """Return a connection of its own."""
        parts = urlsplit(self.url)
        base_url = f"{parts.scheme}://{parts.netloc}"
        return HttpClient(base_url, self._timeout, "syncid-gateway/1.0")

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    def _changed(self) -> None:
        """Tell who waits."""
        for listener in tuple(self.listeners):
            listener()


class GatewaySimulation(Waiting):
    """A gateway that sends by itself, for tests and the command line."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        step: bool = False,
        retry_after: float = 10.0,
        gateway: Gateway | None = None,
    ) -> None:
        """Make one; with step=True nothing is sent but by send()."""
        super().__init__()
        self.gateway = gateway or Gateway(url, token)
        self.retry_after = retry_after
        self.last_error: NoAnswer | None = None
        self._step = step

    async def __aenter__(self) -> Self:
        """Switch it on."""
        self.gateway.listeners.append(self.tell)
        if not self._step:
            self.start(self._run(), "simulator gateway")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Switch it off, and leave nothing behind."""
        self.gateway.listeners.remove(self.tell)
        try:
            await self.stop()
        finally:
            await self.gateway.close()

    async def punch(
        self,
        user_id: str,
        status: int | None = 0,
        verify: int | None = None,
        work_code: str | None = None,
        at: datetime | None = None,
    ) -> GatewayPunch:
        """Take a punch."""
        return self.gateway.punch(user_id, status, verify, work_code, at)

    async def send(self) -> Answer | None:
        """Send the next batch by hand; None if there is nothing."""
        return await self.gateway.send()

    async def until_sent(self) -> None:
        """Wait until the server has acknowledged everything."""
        await self.until(lambda: not self.gateway.unsent)

    async def _run(self) -> None:
        """Send for ever."""
        while True:
            while not self.gateway.unsent:
                await self.happening()
            before = self.gateway.acknowledged
            try:
                await self.gateway.send()
            except NoAnswer as err:
                self.last_error = err
                self.tell()
            if self.gateway.acknowledged == before:
                await asyncio.sleep(self.retry_after)
