"""A terminal that pushes by itself, or as a test has it push by hand."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Self

from simulator.http import Answer, NoAnswer
from simulator.waiting import Waiting

from .device import Clock
from .profiles import ADMS_PROFILES, AdmsProfile
from .records import AdmsPunch
from .terminal import AdmsTerminal


class AdmsSimulation(Waiting):
    """What a test holds in its hand while the terminal pushes.

    With step=True nothing is sent but by handshake(), upload(), poll(), reply()
    and cycle(). Without, the terminal does all that as firmware does, and a test
    waits for what shall come of it: until_uploaded(), until(...).
    """

    def __init__(
        self,
        base_url: str,
        *,
        serial: str = "CKUJ203460001",
        profile: str | AdmsProfile = "att",
        step: bool = False,
        delay: float | None = None,
        error_delay: float | None = None,
        clock: Clock | None = None,
        timeout: float = 30.0,
        terminal: AdmsTerminal | None = None,
    ) -> None:
        """Hang up a terminal; delay and error_delay overrule the server's."""
        super().__init__()
        kind = ADMS_PROFILES[profile] if isinstance(profile, str) else profile
        self.terminal = terminal or AdmsTerminal(
            kind, serial, base_url, clock=clock, timeout=timeout
        )
        self._step = step
        self._delay = delay
        self._error_delay = error_delay
        # Times of the loop: before them nothing, no upload, no poll is due.
        self._pause_until = self._retry_at = self._poll_at = 0.0
        # Why the last request came to nothing.
        self.last_error: NoAnswer | None = None

    async def __aenter__(self) -> Self:
        """Switch the terminal on."""
        self.terminal.listeners.append(self.tell)
        if not self._step:
            self.start(self._run(), f"simulator {self.terminal.serial}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Switch it off, and leave nothing behind."""
        self.terminal.listeners.remove(self.tell)
        try:
            await self.stop()
        finally:
            await self.terminal.close()

    # By hand

    async def handshake(self) -> Answer:
        """Ask the server for its options."""
        return await self.terminal.handshake()

    async def connect(self) -> None:
        """Do all that comes before the first poll; raise NoAnswer if refused."""
        await self.terminal.connect()

    async def upload(self, table: str | None = None) -> Answer | None:
        """Upload what comes next; None if there is nothing."""
        return await self.terminal.upload(table)

    async def poll(self) -> Answer:
        """Ask for commands, and do them."""
        return await self.terminal.poll()

    async def reply(self) -> Answer | None:
        """Send the next result; None if there is none."""
        return await self.terminal.reply()

    async def punch(
        self,
        user_id: str,
        verify: int = 1,
        state: int = 0,
        work_code: str = "0",
        at: datetime | None = None,
    ) -> AdmsPunch:
        """Let somebody punch."""
        return self.terminal.punch(user_id, verify, state, work_code, at)

    async def cycle(self) -> None:
        """Do once all that there is to do; raise NoAnswer if the server is not there."""
        terminal = self.terminal
        if not terminal.connected:
            await terminal.connect()
        await self._upload_all()
        await terminal.poll()
        await self._reply_all()
        if terminal.unsent:
            # What a command has brought about, such as a face that was enrolled.
            await self._upload_all()

    # Power

    def power_cut(self) -> None:
        """Pull the plug."""
        self.terminal.power_cut()

    def power_on(self) -> None:
        """Put it back; the terminal begins anew, whatever it was waiting for."""
        self._pause_until = self._retry_at = self._poll_at = 0.0
        self.terminal.power_on()

    # Waiting

    async def until_connected(self) -> None:
        """Wait until the server has accepted the terminal."""
        await self.until(lambda: self.terminal.connected)

    async def until_uploaded(self) -> None:
        """Wait until the server has acknowledged everything."""
        await self.until(lambda: self.terminal.connected and not self.terminal.unsent)

    async def until_polled(self, times: int = 1) -> None:
        """Wait until the terminal has polled so many times from now."""
        wanted = self.terminal.polls + times
        await self.until(lambda: self.terminal.polls >= wanted)

    async def until_done(self, command: str) -> None:
        """Wait until a command has come, and the server has its result."""
        terminal = self.terminal
        await self.until(
            lambda: (
                any(known.text.startswith(command) for known in terminal.commands)
                and terminal.enrolment is None
                and not terminal.outbox
                and not terminal.unsent
            )
        )

    # By itself

    @property
    def delay(self) -> float:
        """Return the seconds between polls."""
        return self.terminal.settings.delay if self._delay is None else self._delay

    @property
    def error_delay(self) -> float:
        """Return the seconds after something went wrong."""
        if self._error_delay is not None:
            return self._error_delay
        return self.terminal.settings.error_delay

    async def _run(self) -> None:
        """Push for ever."""
        now = asyncio.get_running_loop().time
        while True:
            await self._until_due()
            try:
                await self._do_due()
            except NoAnswer as err:
                self.last_error = err
                if self.terminal.running:
                    self._pause_until = now() + self.error_delay
            self.tell()

    def _due_at(self) -> float | None:
        """Return when something is to be done; None for not before it is told."""
        terminal = self.terminal
        if not terminal.running:
            return None
        times = [self._poll_at]
        if not terminal.connected:
            times = [0.0]
        elif terminal.outbox or (terminal.unsent and terminal.uploads_due()):
            times.append(self._retry_at)
        return max(self._pause_until, min(times))

    async def _until_due(self) -> None:
        """Wait until there is something to do."""
        now = asyncio.get_running_loop().time
        while (due := self._due_at()) is None or due > now():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self.happening()

    async def _do_due(self) -> None:
        """Do what is due."""
        now = asyncio.get_running_loop().time
        terminal = self.terminal
        if not terminal.connected:
            await terminal.connect()
        if now() >= self._retry_at:
            await self._upload_all()
        if now() >= self._poll_at:
            await terminal.poll()
            self._poll_at = now() + self.delay
        if now() >= self._retry_at:
            await self._reply_all()

    async def _upload_all(self) -> None:
        """Upload all that is new, until something is not acknowledged."""
        now = asyncio.get_running_loop().time
        terminal = self.terminal
        if not terminal.uploads_due():
            return
        while await terminal.upload() is not None:
            if not terminal.acknowledged:
                self._retry_at = now() + self.error_delay
                return
            if terminal.settings.ping and now() >= self._poll_at > 0:
                await terminal.ping()
                self._poll_at = now() + self.delay
        terminal.uploaded()

    async def _reply_all(self) -> None:
        """Send all results, until one is not acknowledged."""
        while await self.terminal.reply() is not None:
            if not self.terminal.acknowledged:
                now = asyncio.get_running_loop().time()
                self._retry_at = now + self.error_delay
                return
