"""What stands between the terminal and a socket: one courier for each peer.

A courier takes packets in the order in which they come, hands each to the
terminal and carries the whole answer out before it looks at the next; events
go in between. That is how a terminal does it (protocol-4370 §2.11), and it is
here that the network's faults happen.
"""

from abc import ABC, abstractmethod
import asyncio
from collections import deque
from contextlib import suppress
import socket
from struct import pack
from typing import TYPE_CHECKING, override

from .events import Event
from .segments import Write, head_size, plan_writes, size_of, split
from .sessions import Link, Reply
from .wire import FRAME_HEAD, FrameError, FrameReader, Packet

if TYPE_CHECKING:
    from .server import Server

type Address = tuple[str, int]


class Courier(ABC):
    """One peer, its packets and its answers."""

    def __init__(self, server: Server, *, udp: bool) -> None:
        """Stand ready for one peer of a server."""
        self._server = server
        self._terminal = server.terminal
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[tuple[bytes, float]] = deque()
        self._awake = asyncio.Event()
        self._last_write = 0.0
        self._event_went_out = False
        self._held: list[Event] = []
        self._done = False
        self.link = Link(udp=udp, wake=self._awake.set)
        self._terminal.open_link(self.link)
        self.task = self._loop.create_task(self._work())
        server.take(self)

    @abstractmethod
    def _wrap(self, packet: Packet) -> Write:
        """Return a packet as it goes onto the wire."""

    @abstractmethod
    async def _write(self, write: Write) -> None:
        """Put bytes on the wire."""

    @abstractmethod
    def close(self) -> None:
        """End the link when what has been written is out."""

    @abstractmethod
    def cut(self, *, reset: bool = False) -> None:
        """End the link at once."""

    @property
    def is_done(self) -> bool:
        """Return whether the link has ended."""
        return self._done

    def pause_reading(self) -> None:
        """Leave what arrives where it is."""

    def resume_reading(self) -> None:
        """Read on."""

    def _stop(self) -> None:
        """Take no more packets, and forget the sessions."""
        if not self._done:
            self._done = True
            self._terminal.close_link(self.link)
            if self.task is not asyncio.current_task(self._loop):
                self.task.cancel()

    def accept(self, packet: bytes) -> None:
        """Take a packet from the wire."""
        self._inbox.append((packet, self._loop.time()))
        self._awake.set()

    async def _work(self) -> None:
        """Answer packets and carry events until the peer is gone."""
        while not self._done:
            self._awake.clear()
            await self._server.thawed.wait()
            if self._inbox:
                packet, arrived = self._inbox.popleft()
                for reply in self._terminal.receive(self.link, packet):
                    await self._deliver(reply, arrived)
                continue
            event, wait = self._terminal.next_event(self.link, self._loop.time())
            if event is not None:
                await self._tell(event)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._awake.wait()

    async def _gap(self) -> None:
        """Wait until the last write is surely in a segment of its own."""
        pause = self._terminal.faults.pause
        if (wait := self._last_write + pause - self._loop.time()) > 0:
            await asyncio.sleep(wait)

    async def _tell(self, event: Event) -> None:
        """Carry an event out, never in one segment with something else."""
        self._held.append(event)
        if self._terminal.faults.pair_events and len(self._held) < 2:
            return
        events, self._held = self._held, []
        await self._gap()
        await self._write(
            [buffer for each in events for buffer in self._wrap(each.packet())]
        )
        self._event_went_out = True
        for each in events:
            if each.action is not None:
                each.action()

    async def _deliver(self, reply: Reply, arrived: float) -> None:
        """Carry an answer out, and do what comes after it."""
        faults = self._terminal.faults
        if delay := faults.delay.get(reply.command, faults.delay.get(0, 0.0)):
            await asyncio.sleep(delay)
        if reply.packets:
            await self._send(reply, arrived)
        if self._done:
            return
        for action in reply.afterwards:
            action()
        if reply.closes_link:
            self.close()

    async def _send(self, reply: Reply, arrived: float) -> None:
        """Write an answer, in the segments that the faults say."""
        faults = self._terminal.faults
        paced = faults.segmentation in {"pause", "separate"}
        # A client that asked before the last answer left may still be reading
        # that one: without a gap it would find both in one segment.
        pipelined = arrived <= self._last_write
        if self._event_went_out or (paced and pipelined):
            await self._gap()
        self._event_went_out = False
        if garbage := faults.take_garbage():
            await self._write([garbage])
        plan = plan_writes(reply, faults.segmentation, self._wrap)
        limit, stalls = faults.cut() if reply.is_burst else (None, False)
        if limit is None:
            await self._write_all(plan)
            return
        front, rest = self._split(plan, limit + head_size(reply, self._wrap))
        await self._write_all(front)
        if stalls:
            await self._server.stall()
            await self._write_all(rest)
        elif faults.reset_links:
            self.cut(reset=True)
        else:
            self.close()

    def _split(self, plan: list[Write], limit: int) -> tuple[list[Write], list[Write]]:
        """Return what goes out before the link is cut, and what does not."""
        return split(plan, limit)

    async def _write_all(self, plan: list[Write]) -> None:
        """Write one after the other, with the pause between them."""
        for number, write in enumerate(plan):
            if number and not self.link.udp:
                await self._gap()
            await self._write(write)


class TcpCourier(Courier, asyncio.Protocol):
    """A courier on a TCP connection."""

    def __init__(self, server: Server) -> None:
        """Stand ready for a connection."""
        super().__init__(server, udp=False)
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, and give it a while to say something (§1.7)."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"{transport!r} is no stream")
        self._transport = transport
        if self._done:
            transport.abort()
            return
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._patience = self._loop.call_later(
            self._terminal.faults.accept_timeout, self._give_up
        )
        if not self._server.thawed.is_set():
            transport.pause_reading()

    @property
    def _socket(self) -> socket.socket:
        """Return the socket below the transport."""
        assert self._transport is not None
        found: socket.socket = self._transport.get_extra_info("socket")
        return found

    def _give_up(self) -> None:
        """Close a connection that says nothing; a frozen terminal does not."""
        if self._server.thawed.is_set():
            self.close()

    def _stop_waiting(self) -> None:
        """Stop the clock of the accept timeout."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    @override
    def data_received(self, data: bytes) -> None:
        """Cut what arrived into packets."""
        self._terminal.traffic.bytes_in += len(data)
        try:
            for packet in self._frames.feed(data):
                self._stop_waiting()
                self.accept(packet)
        except FrameError as err:
            self._terminal.violations.append(str(err))
            self.close()
            return
        if self._frames.pending >= FRAME_HEAD.size:
            self._stop_waiting()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the connection is gone."""
        self._stop_waiting()
        self._stop()
        self._server.forget(self)

    @override
    def pause_writing(self) -> None:
        """Stop writing: the peer reads too slowly."""
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        """Go on writing."""
        self._writable.set()

    @override
    def pause_reading(self) -> None:
        """Leave what arrives in the kernel."""
        if self._transport is not None:
            self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        """Read on."""
        if self._transport is not None:
            self._transport.resume_reading()

    @override
    def _wrap(self, packet: Packet) -> Write:
        """Return a packet as a frame."""
        return packet.buffers()

    @override
    async def _write(self, write: Write) -> None:
        """Write to the connection, and wait while it is full."""
        await self._server.thawed.wait()
        if self._done or self._transport is None:
            return
        # Counted first: a client must not see an answer that is not counted yet.
        self._terminal.traffic.bytes_out += size_of(write)
        faults = self._terminal.faults
        if faults.segmentation == "dribble":
            step = max(1, faults.dribble_bytes)
            whole = b"".join(write)
            for start in range(0, len(whole), step):
                self._transport.write(whole[start : start + step])
                await asyncio.sleep(faults.dribble_pause)
        else:
            self._transport.writelines(write)
        self._last_write = self._loop.time()
        await self._writable.wait()

    @override
    def close(self) -> None:
        """End the connection politely."""
        self._stop_waiting()
        self._stop()
        if self._transport is not None:
            self._transport.close()

    @override
    def cut(self, *, reset: bool = False) -> None:
        """End the connection, with a reset if asked for."""
        self._stop_waiting()
        self._stop()
        if self._transport is None:
            return
        if reset and not self._transport.is_closing():
            linger = pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Also when it is closing already: it may wait for a peer who never reads.
        self._transport.abort()


class UdpCourier(Courier):
    """A courier to one UDP peer."""

    def __init__(
        self, server: Server, transport: asyncio.DatagramTransport, peer: Address
    ) -> None:
        """Stand ready for a peer."""
        super().__init__(server, udp=True)
        self._transport = transport
        self.peer = peer

    @override
    def _wrap(self, packet: Packet) -> Write:
        """Return a packet as a datagram."""
        return [packet.datagram()]

    @override
    def _split(self, plan: list[Write], limit: int) -> tuple[list[Write], list[Write]]:
        """Return the whole datagrams before the cut, and those behind it."""
        datagrams: list[Write] = [[buffer] for write in plan for buffer in write]
        front: list[Write] = []
        while datagrams and (limit := limit - size_of(datagrams[0])) >= 0:
            front.append(datagrams.pop(0))
        return front, datagrams

    @override
    async def _write(self, write: Write) -> None:
        """Send datagrams."""
        await self._server.thawed.wait()
        if self._done:
            return
        self._terminal.traffic.bytes_out += size_of(write)
        for buffer in write:
            self._transport.sendto(buffer, self.peer)
        self._last_write = self._loop.time()

    @override
    def close(self) -> None:
        """Forget the peer."""
        self._stop()
        self._server.forget(self)

    @override
    def cut(self, *, reset: bool = False) -> None:
        """Forget the peer, who will not notice."""
        self.close()
