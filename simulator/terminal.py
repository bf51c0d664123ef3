"""The terminal as a client meets it: a packet in, replies out, no sockets.

protocol-4370 §1.3 to §1.6. Which command does what is in handlers/.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from . import handlers
from .device import Clock, Device
from .events import Event
from .numbers import Ack, Command, EventBit
from .profiles import Profile
from .records import Record
from .requests import HANDLERS, BadRequest, Request
from .sessions import Link, Reply, Session
from .wire import Buffer, FrameError, Packet, key_matches, parse_packet

type When = Literal["before", "after"]
type Hook = Callable[[Terminal], object]

__all__ = ["Terminal", "Traffic", "handlers"]

_LAST_REPLY_ID = 0xFFFF
_KEPT_COMMANDS = 100_000


@dataclass(slots=True)
class Traffic:
    """What has passed, in bytes as they lie on the wire, framing included."""

    bytes_in: int = 0
    bytes_out: int = 0
    packets: int = 0
    connections: int = 0


@dataclass(slots=True, eq=False)
class _Hook:
    """Something to run at the nth command of a kind."""

    command: int
    callback: Hook
    when: When
    nth: int | None

    def counts(self, command: int, when: When) -> bool:
        """Count a command; return whether the hook runs now."""
        if self.command != command or self.when != when:
            return False
        if self.nth is not None:
            self.nth -= 1
        return not self.nth


class Terminal(Device):
    """A ZKTeco terminal in software."""

    def __init__(
        self,
        profile: Profile,
        serial: str = "CKUJ203460001",
        comm_key: int = 0,
        clock: Clock | None = None,
    ) -> None:
        """Make a terminal with nobody enrolled and nobody connected."""
        super().__init__(profile, serial, comm_key=comm_key, clock=clock)
        self.commands: deque[tuple[int, bytes]] = deque(maxlen=_KEPT_COMMANDS)
        self.violations: list[str] = []
        self.traffic = Traffic()
        # The id that the next CONNECT gets; None for one from the clock.
        self.next_session: int | None = None
        self._hooks: list[_Hook] = []

    def on(
        self,
        command: int,
        callback: Hook,
        *,
        when: When = "before",
        nth: int | None = 1,
    ) -> Callable[[], None]:
        """Run something at the nth such command from now, or at each with None.

        "before" is when it has arrived, "after" when its last byte has left
        (or would have). Return a function that takes the hook away again.
        """
        hook = _Hook(command, callback, when, nth)
        self._hooks.append(hook)
        return lambda: self._forget(hook)

    def _forget(self, hook: _Hook) -> None:
        """Take a hook away."""
        if hook in self._hooks:
            self._hooks.remove(hook)

    def _due(self, command: int, when: When) -> list[Hook]:
        """Return the hooks whose turn this command is."""
        due = [hook for hook in self._hooks if hook.counts(command, when)]
        for hook in due:
            if hook.nth is not None:
                self._forget(hook)
        return [hook.callback for hook in due]

    # Links

    def open_link(self, link: Link) -> None:
        """Take a connection."""
        self.links.add(link)
        self.traffic.connections += 1

    def close_link(self, link: Link) -> None:
        """Lose a connection and the sessions on it."""
        self.links.discard(link)
        link.late.clear()
        for number in tuple(link.sessions):
            self._close_session(link, number)

    def _close_session(self, link: Link, number: int) -> None:
        """End a session; with the last one the keypad works again (§1.5)."""
        session = link.sessions.pop(number)
        if self.enrolling is session:
            self.enrolling = None
        if not any(self.sessions):
            self.enable()

    def next_event(self, link: Link, now: float) -> tuple[Event | None, float | None]:
        """Return an event for this link, or how long until there may be one."""
        soonest: float | None = None
        for session in link.sessions.values():
            event, wait = session.events.due(
                now, repeat=self.faults.event_repeat, pace=self.enroll_pace
            )
            if event is not None:
                return event, None
            if wait is not None:
                soonest = wait if soonest is None else min(soonest, wait)
        return None, soonest

    # Packets

    def receive(self, link: Link, raw: Buffer) -> list[Reply]:
        """Take a packet and return what goes back, in order."""
        if not self.running:
            return []
        self.traffic.packets += 1
        try:
            packet, intact = parse_packet(raw)
        except FrameError as err:
            return self._drop(str(err))
        if not intact:
            return self._drop(f"bad checksum in command {packet.command}")
        if packet.command == Command.CONNECT:
            return self._connect(link, packet)
        if (session := link.sessions.get(packet.session)) is None:
            return self._drop(
                f"unknown session {packet.session} in command {packet.command}"
            )
        if packet.command == Command.ACK_OK:
            # An acknowledged event: no rules, no answer (§2.10).
            self.commands.append((packet.command, bytes(packet.data)))
            session.events.acknowledge()
            link.wake()
            return self._run_hooks(packet.command)
        last = session.last_reply_id
        if packet.reply_id == last:
            self.violations.append(
                f"duplicate reply id {last} in command {packet.command}"
            )
            again = session.last_reply
            return (
                [Reply(again.packets, again.command, again.is_burst)] if again else []
            )
        forgiven = self.profile.forgives_wrap and last == _LAST_REPLY_ID
        if packet.reply_id < last and not forgiven:
            return self._drop(
                f"reply id {packet.reply_id} after {last} in command {packet.command}"
            )
        if packet.command == Command.DATA and packet.reply_id != last + 1:
            self.violations.append(
                f"reply id {packet.reply_id} after {last} in an upload"
            )
        session.last_reply_id = packet.reply_id
        return self._answer(session, packet)

    def _drop(self, why: str) -> list[Reply]:
        """Drop a packet without a word, but not without a note."""
        self.violations.append(why)
        return []

    def _run_hooks(self, command: int) -> list[Reply]:
        """Run the hooks of a command that is never answered."""
        for when in ("before", "after"):
            for hook in self._due(command, when):
                hook(self)
        return []

    def _connect(self, link: Link, packet: Packet) -> list[Reply]:
        """Open a session, unless nobody is there to do it (§1.5)."""
        faults = self.faults
        for hook in self._due(packet.command, "before"):
            hook(self)
        self.commands.append((packet.command, bytes(packet.data)))
        if not self.running or (faults.in_menu and faults.menu_blocks_connect):
            return []
        open_sessions = sum(1 for _ in self.sessions)
        if faults.session_limit and open_sessions >= faults.session_limit:
            if faults.session_limit_reply == "silent":
                return []
            refusal = Packet(Ack.ERROR, 0, packet.reply_id)
            return [Reply([refusal], packet.command)]
        session = Session(
            number=self._session_number(),
            link=link,
            authenticated=not self.comm_key,
            last_reply_id=packet.reply_id,
        )
        link.sessions[session.number] = session
        if session.authenticated and self.profile.connect_disables:
            self.disable()
        code = Ack.OK if session.authenticated else Ack.UNAUTH
        reply = self._request(session, packet).reply(code)
        return self._send(session, reply)

    def _session_number(self) -> int:
        """Return a fresh session id: the low bits of the clock, made unique."""
        taken = {session.number for session in self.sessions}
        number = self.next_session or int(self.now().timestamp())
        self.next_session = None
        while (number := number & 0xFFFF) in taken or not number:
            number += 1
        return number

    def _request(self, session: Session, packet: Packet) -> Request:
        """Return the packet as a request."""
        return Request(
            self, session, packet.command, packet.reply_id, bytes(packet.data)
        )

    def _answer(self, session: Session, packet: Packet) -> list[Reply]:
        """Answer a command that has passed the rules of its session."""
        link = session.link
        request = self._request(session, packet)
        self.commands.append((packet.command, request.data))
        for hook in self._due(packet.command, "before"):
            hook(self)
        if session.number not in link.sessions:
            # A hook has restarted the terminal or cut the link.
            return []
        return self._send(session, self._carry_out(request))

    def _carry_out(self, request: Request) -> Reply:
        """Do what the command says, if the session may."""
        session = request.session
        if request.command == Command.AUTH:
            return self._authenticate(request)
        if not session.authenticated:
            return request.reply(Ack.UNAUTH)
        if request.command == Command.EXIT:
            reply = request.ok()
            reply.closes_link = True
            self._close_session(session.link, session.number)
            return reply
        handler = HANDLERS.get(request.command)
        if handler is None:
            return request.reply(Ack.UNKNOWN)
        try:
            return handler(request)
        except BadRequest:
            return request.error()

    def _authenticate(self, request: Request) -> Reply:
        """Check the comm key; any ticks byte is right (§1.5)."""
        session = request.session
        if not session.authenticated:
            right = key_matches(self.comm_key, session.number, request.data)
            if self.faults.refuse_key or not right:
                return request.reply(Ack.UNAUTH)
            session.authenticated = True
            if self.profile.connect_disables:
                self.disable()
        return request.ok()

    def _send(self, session: Session, reply: Reply) -> list[Reply]:
        """Let the faults at a reply; return what goes out now."""
        session.last_reply = reply
        link, faults, command = session.link, self.faults, reply.command
        # Hooks first: a restart that follows takes the sessions with it.
        reply.afterwards[:0] = [
            partial(hook, self) for hook in self._due(command, "after")
        ]
        out, link.late = link.late, []
        if faults.strikes(faults.event_before_reply, command):
            reply.event = self._stray_event()
        if faults.strikes(faults.late_reply, command):
            link.late = [reply]
        elif faults.strikes(faults.lose_reply, command):
            out.append(Reply([], command, afterwards=reply.afterwards))
        else:
            out.append(reply)
        return out

    def _stray_event(self) -> Packet | None:
        """Return a punch event that nobody waits for."""
        if len(self.log):
            record = self.log[-1]
        elif (user := next(iter(self.users), None)) is not None:
            record = Record(user_id=user.user_id, uid=user.uid, time=self.now())
        else:
            return None
        if record.time is None:
            return None
        return Event(EventBit.ATTLOG, self.punch_payload(record)).packet()
