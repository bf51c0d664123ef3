"""A command on its way to an answer, and the register of who answers which."""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct, error as StructError

from .device import Device
from .numbers import Ack, Command, Detail
from .sessions import Reply, Session
from .wire import MAX_FRAME_DATA, Buffer, Packet

UDP_FRAME_DATA = 1024

_PREPARE = Struct("<II")


@dataclass(frozen=True, slots=True)
class Request:
    """One command of an authenticated session."""

    device: Device
    session: Session
    command: int
    reply_id: int
    data: bytes

    def reply(self, code: int, data: Buffer = b"", field: int | None = None) -> Reply:
        """Answer with one packet; field overloads the session id (§1.2)."""
        session = self.session.number if field is None else field
        packet = Packet(code, session & 0xFFFF, self.reply_id, data)
        return Reply([packet], self.command)

    def ok(self, data: Buffer = b"", field: int | None = None) -> Reply:
        """Answer that it is done."""
        return self.reply(Ack.OK, data, field)

    def error(self, detail: Detail = Detail.NONE) -> Reply:
        """Answer that it is not done; the detail goes into the session field."""
        return self.reply(Ack.ERROR, field=int(detail) or None)

    def result(self, done: bool) -> Reply:
        """Answer that it is done, or not."""
        return self.ok() if done else self.error()

    def silence(self) -> Reply:
        """Answer nothing at all."""
        return Reply([], self.command)

    def fits_one_frame(self, size: int) -> bool:
        """Return whether so many bytes are answered with one DATA frame."""
        return size <= min(self.device.profile.direct_limit, MAX_FRAME_DATA)

    def one_data(self, data: Buffer) -> Reply:
        """Answer with one DATA frame and nothing behind it (§2.11)."""
        return self.reply(Command.DATA, data)

    def burst(self, data: Buffer) -> Reply:
        """Answer with PREPARE, DATA frames and ACK (§2.11)."""
        announced = self.device.profile.frame_size
        if self.session.link.udp:
            announced = min(announced, UDP_FRAME_DATA)
        step = min(announced, MAX_FRAME_DATA)
        view = memoryview(data)
        head = _PREPARE.pack(len(view), announced)
        packets = [
            Packet(Command.PREPARE_DATA, self.session.number, self.reply_id, head)
        ]
        # DATA frames carry their index in the session field, and so does the
        # ACK behind them (pyzk's captures).
        packets.extend(
            Packet(Command.DATA, index, self.reply_id, view[start : start + step])
            for index, start in enumerate(range(0, len(view), step))
        )
        packets.append(Packet(Ack.OK, max(0, len(packets) - 2), self.reply_id))
        return Reply(packets, self.command, is_burst=True)

    def unpack(self, layout: Struct) -> tuple[int, ...]:
        """Return the numbers at the head of the data; BadRequest if too short."""
        try:
            return layout.unpack_from(self.data)
        except StructError as err:
            raise BadRequest(str(err)) from err


class BadRequest(Exception):
    """Raised for a command whose data make no sense; answered with 2001."""


type Handler = Callable[[Request], Reply]

HANDLERS: dict[int, Handler] = {}


def answers(*commands: Command) -> Callable[[Handler], Handler]:
    """Register a function as the one that answers these commands."""

    def register(handler: Handler) -> Handler:
        """Register it and leave it as it is."""
        for command in commands:
            HANDLERS[command] = handler
        return handler

    return register
