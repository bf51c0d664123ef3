"""A session with a terminal: requests and their replies, bursts, events.

Exact where clients of the field guess (protocol-4370 §3.2): a reply is what carries
the number of its request, an event is an event wherever it comes, and after any
error of the link there is no link, since a late reply could answer the next request.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
import socket
from struct import Struct
from time import monotonic
from typing import Literal

from ..errors import (
    AddressUnknown,
    AuthRejected,
    CommandRefused,
    ConnectionLost,
    ConnectionRefused,
    LinkError,
    NotATerminal,
    ProtocolError,
    TimedOut,
    Unreachable,
)
from .frames import (
    Code,
    DatagramStream,
    Frame,
    FrameStream,
    encode_frame,
    scramble_comm_key,
)

type Dial = Callable[[tuple[str, int], float], socket.socket]
type Transport = Literal["tcp", "udp"]

# From 65534 on to 0, as pyzk does. A terminal may drop what has a lower number than
# the request before (§1.4), so that a session must end long before.
_REPLY_IDS = 0xFFFF

_SIZE = Struct("<I")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds a terminal may take."""

    connect: float = 5
    reply: float = 5
    # A terminal copies its whole log, stores many users, or looks through all of its
    # templates before it answers.
    prepare: float = 30
    window: float = 15

    def of(self, command: int) -> float:
        """Return the seconds that a terminal may take for a command."""
        match command:
            case Code.CONNECT | Code.AUTH:
                return self.connect
            case Code.PREPARE_BUFFER | Code.BATCH | Code.FACE_WRITE | Code.REFRESH:
                return self.prepare
            case Code.READ_BUFFER:
                return self.window
        return self.reply


# Seconds, a count, and milliseconds: within 14 seconds a peer that is gone is known to
# be, whether or not it was asked something.
_PROBES = (
    ("TCP_KEEPIDLE", 5),
    ("TCP_KEEPINTVL", 3),
    ("TCP_KEEPCNT", 3),
    ("TCP_USER_TIMEOUT", 14_000),
)


class TerminalLink:
    """One connection to one terminal; for one thread at a time.

    A `LinkError` closes it.
    """

    def __init__(
        self,
        *,
        timeouts: Timeouts | None = None,
        transport: Transport = "tcp",
        dial: Dial | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Open nothing yet."""
        self._timeouts = timeouts or Timeouts()
        self._is_udp = transport == "udp"
        self._dial = dial or _DIALS[transport]
        self._now = now
        self._stream: FrameStream | None = None
        self._session = 0
        self._reply_id = _REPLY_IDS - 1
        self._events: deque[Frame] = deque()
        self.requests = 0

    # --- opening and closing ----------------------------------------------------

    def open(self, address: tuple[str, int], comm_key: int) -> None:
        """Connect, and prove that the comm key is known (§1.5)."""
        try:
            sock = self._dial(address, self._timeouts.connect)
        except ConnectionRefusedError as err:
            raise ConnectionRefused("nothing listens at this port") from err
        except TimeoutError as err:
            raise TimedOut("nothing answers at this address") from err
        except (socket.gaierror, UnicodeError) as err:  # names have rules
            raise AddressUnknown("there is no such address") from err
        except OSError as err:
            raise Unreachable(str(err)) from err
        if self._is_udp:
            self._stream = DatagramStream(sock, self._now)
        else:
            _keep_alive(sock)
            self._stream = FrameStream(sock, self._now)
        try:
            self._greet(comm_key)
        except BaseException:
            self.close()
            raise

    def _greet(self, comm_key: int) -> None:
        self._session, self._reply_id, self.requests = 0, _REPLY_IDS - 1, 0
        reply = self.request(Code.CONNECT)
        self._session = reply.session
        if reply.command == Code.ACK_UNAUTH:
            reply = self.request(Code.AUTH, scramble_comm_key(comm_key, self._session))
            if reply.command == Code.ACK_UNAUTH:
                raise AuthRejected("the comm key is wrong")
        if reply.command != Code.ACK_OK:
            raise NotATerminal(f"a connection was answered with {reply.command}")

    def is_listening(self, address: tuple[str, int]) -> bool:
        """Tell whether anybody takes connections there."""
        if self._is_udp:
            return self._is_answering(address)
        try:
            sock = self._dial(address, self._timeouts.connect)
        except OSError:
            return False
        sock.close()
        return True

    def _is_answering(self, address: tuple[str, int]) -> bool:
        """Ask, since a socket for datagrams opens to nobody, too."""
        try:
            self.open(address, 0)
        except AuthRejected:
            return True
        except LinkError:
            return False
        self.leave()
        return True

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection; the other end may be gone."""
        return self._stream is not None

    def close(self) -> None:
        """Let go of the connection, without a word."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def leave(self) -> None:
        """Say goodbye, and let go of the connection."""
        if self.is_open:
            with suppress(LinkError):
                self.request(Code.EXIT)
        self.close()

    def abort(self) -> None:
        """End whatever waits for the terminal; from any thread."""
        if (stream := self._stream) is not None:
            stream.abort()

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait on."""
        with self._using() as stream:
            return stream.fileno()

    @contextmanager
    def _using(self) -> Iterator[FrameStream]:
        """Close the link on any error of it."""
        if self._stream is None:
            raise ConnectionLost("there is no connection")
        try:
            yield self._stream
        except LinkError:
            self.close()
            raise

    # --- requests ---------------------------------------------------------------

    def request(self, command: int, data: bytes = b"") -> Frame:
        """Send a command and return the reply that carries its number."""
        self._reply_id = (self._reply_id + 1) % _REPLY_IDS
        self.requests += 1
        timeout = self._timeouts.of(command)
        with self._using() as stream:
            stream.send(
                encode_frame(command, self._session, self._reply_id, data), timeout
            )
            return self._reply(stream, timeout)

    def data_of(self, command: int, reply: Frame) -> bytes:
        """Return the data that a reply brought, or that it announced (§2.11)."""
        if reply.command == Code.DATA:
            return reply.data
        if reply.command != Code.PREPARE_DATA:
            raise CommandRefused(command, reply.command, reply.session)
        timeout = self._timeouts.of(command)
        parts: list[bytes] = []
        order: list[int] = []
        with self._using() as stream:
            if len(reply.data) < _SIZE.size:
                raise ProtocolError("data was announced without a size")
            while (frame := self._reply(stream, timeout)).command == Code.DATA:
                parts.append(frame.data)
                order.append(frame.session)
            if frame.command != Code.ACK_OK:
                raise CommandRefused(command, frame.command, frame.session)
            data = b"".join(parts)
            (size,) = _SIZE.unpack_from(reply.data)
            if len(data) != size:
                raise ProtocolError(f"{size} bytes were announced, {len(data)} came")
            # The session field counts the parts (§1.2), which datagrams may overtake.
            if self._is_udp and order != sorted(order):
                raise ProtocolError("what was announced came in another order")
        return data

    def _reply(self, stream: FrameStream, timeout: float) -> Frame:
        """Return the next frame that answers the request; keep events for later."""
        deadline = self._now() + timeout
        while True:
            frame = stream.receive(deadline - self._now())
            if frame.command == Code.EVENT:
                self._events.append(frame)
            elif frame.reply_id == self._reply_id:
                return frame

    # --- events -----------------------------------------------------------------

    def receive_events(self) -> None:
        """Take in what came without a request; a reply among it is too late."""
        with self._using() as stream:
            while stream.has_more():
                frame = stream.receive(self._timeouts.reply)
                if frame.command == Code.EVENT:
                    self._events.append(frame)

    def take_events(self) -> list[Frame]:
        """Return the events that came, and tell the terminal that they did.

        A terminal may keep unanswered events, and repeat the oldest (§2.10.1).
        Only between requests: never while a reply is still coming.
        """
        events = list(self._events)
        self._events.clear()
        if events:
            acks = (
                encode_frame(Code.ACK_OK, self._session, event.reply_id)
                for event in events
            )
            with self._using() as stream:
                for ack in acks:
                    stream.send(ack, self._timeouts.reply)
        return events


def _dial_udp(address: tuple[str, int], timeout: float) -> socket.socket:
    """Return a socket for datagrams to and from one address."""
    del timeout  # nobody is asked yet
    family, kind, protocol, _, found = socket.getaddrinfo(
        *address, type=socket.SOCK_DGRAM
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.connect(found)
    except OSError:
        sock.close()
        raise
    return sock


_DIALS: dict[Transport, Dial] = {"tcp": socket.create_connection, "udp": _dial_udp}


def _keep_alive(sock: socket.socket) -> None:
    """Have the system notice a peer that is gone, where it can.

    For the long waits, in which no request of ours can ask.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES:
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
