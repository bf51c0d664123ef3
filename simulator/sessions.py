"""What the terminal remembers of its clients: links and their sessions.

protocol-4370 §1.4 and §1.5. A link is a TCP connection or a UDP peer; a
session is what CONNECT opens on it. One link may hold several.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from .events import EventQueue
from .wire import Buffer, Packet


@dataclass(slots=True)
class Reply:
    """The answer to one request, before the network gets at it."""

    packets: list[Packet]
    # The command that is answered.
    command: int = 0
    # The packets are PREPARE, DATA … ACK, whose pace clients are touchy about.
    is_burst: bool = False
    # An event frame that goes out in the same segment, in front.
    event: Packet | None = None
    # The link is closed behind the last byte.
    closes_link: bool = False
    # Runs when the last byte has left: hooks, then what the command does.
    afterwards: list[Callable[[], object]] = field(default_factory=list)


@dataclass(slots=True)
class ReadBuffer:
    """What a 1503 has prepared (§2.11)."""

    data: Buffer
    # The attendance log, which some firmware reads from the live file.
    is_log: bool = False
    # Where the last window ended.
    position: int = 0


@dataclass(slots=True)
class UploadBuffer:
    """What a client is sending (§2.12)."""

    size: int
    data: bytearray = field(default_factory=bytearray)


@dataclass(slots=True, eq=False)
class Session:
    """One client, from CONNECT to EXIT."""

    number: int
    link: Link
    authenticated: bool
    last_reply_id: int
    last_reply: Reply | None = None
    event_mask: int = 0
    events: EventQueue = field(default_factory=EventQueue)
    # One transfer buffer, whichever way (§1.7): the next one replaces it.
    buffer: ReadBuffer | UploadBuffer | None = None


def _nobody() -> None:
    """Wake nobody: the link has no server behind it."""


@dataclass(slots=True, eq=False)
class Link:
    """One peer of the terminal."""

    udp: bool = False
    # Tells the server that a session of this link has an event.
    wake: Callable[[], None] = _nobody
    sessions: dict[int, Session] = field(default_factory=dict)
    # Replies that are late: they leave when the next command arrives.
    late: list[Reply] = field(default_factory=list)
