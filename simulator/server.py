"""The sockets of a terminal."""

import asyncio
import socket
from types import TracebackType
from typing import Self, cast, override

from .couriers import Address, Courier, TcpCourier, UdpCourier
from .device import PowerChange
from .terminal import Terminal


class _UdpDoor(asyncio.DatagramProtocol):
    """Takes datagrams, and brings each to the courier of its sender."""

    def __init__(self, server: Server) -> None:
        """Stand at the door of a server."""
        self._server = server
        self._couriers: dict[Address, UdpCourier] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the door."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Bring a datagram to its courier."""
        assert self._transport is not None
        self._server.terminal.traffic.bytes_in += len(data)
        courier = self._couriers.get(addr)
        if courier is None or courier.is_done:
            courier = UdpCourier(self._server, self._transport, addr)
            self._couriers[addr] = courier
        courier.accept(data)

    @override
    def error_received(self, exc: Exception) -> None:
        """Ignore that a peer is gone: UDP has no connection to lose."""


class Server:
    """A terminal's port, over TCP or over UDP."""

    def __init__(
        self,
        terminal: Terminal,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        udp: bool = False,
    ) -> None:
        """Prepare to serve a terminal; port 0 is any free one."""
        self.terminal = terminal
        self.host = host
        self.port = port
        self.udp = udp
        # Set unless frozen.
        self.thawed = asyncio.Event()
        self.thawed.set()
        # Set while connections are taken: wait for it after a restart.
        self.listening = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._door: asyncio.DatagramTransport | None = None
        self._parked: socket.socket | None = None
        self._couriers: set[Courier] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stalled: list[asyncio.Future[None]] = []
        self._booting: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opens = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()
        self._failures: list[BaseException] = []

    async def __aenter__(self) -> Self:
        """Start to listen."""
        await self.start_listening()
        self.terminal.power_listeners.append(self._power)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, with nothing left behind; raise what went wrong in a hook."""
        self.terminal.power_listeners.remove(self._power)
        self._stop_booting()
        pending = [task for task in (self._booting, self._opening) if task is not None]
        if pending:
            await asyncio.wait(pending)
        self._close_port()
        if self._parked is not None:
            self._parked.close()
            self._parked = None
        self.drop_links()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._empty.wait()
        if self._failures and error is None:
            raise self._failures[0]

    # The port

    def _bind(self) -> socket.socket:
        """Return a socket on our address that does not listen."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.udp else socket.SOCK_STREAM
        sock = socket.socket(family, kind)
        try:
            if not self.udp:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((self.host, self.port))
        except OSError:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        return sock

    async def start_listening(self) -> None:
        """Take connections."""
        # Power on and a test may both ask, and opening a port takes a moment.
        async with self._opens:
            if self._listener is not None or self._door is not None:
                return
            sock, self._parked = self._parked or self._bind(), None
            loop = asyncio.get_running_loop()
            if self.udp:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _UdpDoor(self), sock=sock
                )
                self._door = transport
            else:
                self._listener = await loop.create_server(self._meet, sock=sock)
            self.listening.set()

    def _meet(self) -> asyncio.Protocol:
        """Return who serves a new peer: nobody, once the port is closed.

        Such a peer was accepted just before, and asyncio tells no protocol of it: a
        courier would wait for it for ever.
        """
        return TcpCourier(self) if self.listening.is_set() else asyncio.Protocol()

    async def stop_listening(self) -> None:
        """Refuse connections; those that exist go on (over UDP none does)."""
        self._close_port()

    def _close_port(self) -> None:
        """Close the port, and keep its number."""
        self.listening.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            # A bound socket that does not listen refuses connections, and
            # nobody else gets the number meanwhile. A bound UDP socket would
            # swallow datagrams instead, so there the number is left alone.
            self._parked = self._bind()
        if self._door is not None:
            for courier in tuple(self._couriers):
                courier.close()
            self._door.abort()
            self._door = None

    # Couriers

    def take(self, courier: Courier) -> None:
        """Keep a courier until its link is gone."""
        self._couriers.add(courier)
        self._empty.clear()
        self._tasks.add(courier.task)
        courier.task.add_done_callback(lambda task: self._finished(courier, task))

    def forget(self, courier: Courier) -> None:
        """Let a courier go."""
        self._couriers.discard(courier)
        if not self._couriers:
            self._empty.set()

    def _finished(self, courier: Courier, task: asyncio.Task[None]) -> None:
        """Note a failure, and hang up."""
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)
            courier.cut(reset=True)

    @property
    def links(self) -> int:
        """Return how many peers there are."""
        return len(self._couriers)

    def drop_links(self) -> None:
        """Cut all links; the port stays open."""
        for courier in tuple(self._couriers):
            courier.cut(reset=self.terminal.faults.reset_links)

    # Standing still

    def freeze(self) -> None:
        """Leave all sockets open, and read and answer nothing."""
        self.thawed.clear()
        for courier in self._couriers:
            courier.pause_reading()

    def thaw(self) -> None:
        """Go on after a freeze or a stall."""
        self.thawed.set()
        for courier in self._couriers:
            courier.resume_reading()
        stalled, self._stalled = self._stalled, []
        for waiter in stalled:
            if not waiter.done():
                waiter.set_result(None)

    async def stall(self) -> None:
        """Wait in the middle of an answer until thaw."""
        waiter = asyncio.get_running_loop().create_future()
        self._stalled.append(waiter)
        await waiter

    # Power

    def _power(self, change: PowerChange) -> None:
        """Go away or come back, as the terminal does."""
        loop = asyncio.get_running_loop()
        self._stop_booting()
        if change == "on":
            self._opening = loop.create_task(self.start_listening())
            return
        self._close_port()
        self.drop_links()
        if change == "restart":
            self._booting = loop.create_task(self._boot())

    def _stop_booting(self) -> None:
        """Break off a restart, unless it is the restart that calls."""
        if self._booting is not None and self._booting is not asyncio.current_task():
            self._booting.cancel()

    async def _boot(self) -> None:
        """Come back when the restart is over."""
        await asyncio.sleep(self.terminal.faults.restart_seconds)
        self.terminal.power_on()
