"""The console: what can be typed while a terminal runs."""

from datetime import datetime
from typing import override

from .console import STATES, BaseConsole, Result, UsageError
from .events import ALARM_KINDS
from .faults import Faults
from .records import Record
from .server import Server
from .terminal import Terminal


def record_data(record: Record) -> dict[str, object]:
    """Return a punch as a script wants it."""
    moment = record.time
    return {
        "user_id": record.user_id,
        "time": None if moment is None else moment.isoformat(),
        "verify": record.verify,
        "state": record.state,
    }


class Console(BaseConsole):
    """Does what is typed, to one terminal and its server."""

    def __init__(self, terminal: Terminal, server: Server) -> None:
        """Stand ready."""
        super().__init__()
        self._terminal = terminal
        self._server = server
        self._started = datetime.now()
        self._commands = {
            "punch": ("punch USER [STATE] [METHOD]: let somebody punch", self._punch),
            "deny": ("deny: let somebody try whom nobody knows", self._deny),
            "alarm": ("alarm KIND [USER]: raise an alarm", self._alarm),
            "user": ("user ID [NAME]: enrol somebody", self._user),
            "users": ("users: who is enrolled", self._users),
            "clear": ("clear: delete the attendance log", self._clear),
            "drop": ("drop: cut all links", self._drop),
            "freeze": ("freeze: keep links open and say nothing", self._freeze),
            "thaw": ("thaw: go on", self._thaw),
            "restart": ("restart: reboot", self._restart),
            "off": ("off: switch off", self._off),
            "on": ("on: switch on", self._on),
            "status": ("status: how things are", self._status),
        } | self._commands

    @property
    @override
    def faults(self) -> Faults:
        """Return the terminal's switches."""
        return self._terminal.faults

    @override
    def notes(self) -> list[str]:
        """Return which words there are."""
        return [
            f"KIND is one of {', '.join(ALARM_KINDS)}",
            f"STATE is one of {', '.join(STATES)}",
            f"METHOD is one of {', '.join(self._terminal.profile.verify_codes)}",
        ]

    def punch(self, user_id: str, state: int = 0, verify: int = 1) -> Result:
        """Let somebody punch."""
        record = self._terminal.punch(user_id, verify=verify, state=state)
        if record is None:
            return Result(f"{user_id}: the terminal took no punch", ok=False)
        data = record_data(record)
        return Result(f"punch {user_id} at {data['time']}", data)

    def _punch(self, words: list[str]) -> Result:
        """Let somebody punch, as words say."""
        if not words:
            raise UsageError
        user_id, *rest = words
        codes = self._terminal.profile.verify_codes
        state, verify = 0, codes["finger"]
        for word in rest:
            if word in STATES:
                state = STATES[word]
            elif word in codes:
                verify = codes[word]
            else:
                known = ", ".join([*STATES, *codes])
                raise ValueError(f"{word!r} is none of {known}")
        return self.punch(user_id, state, verify)

    def _deny(self, words: list[str]) -> Result:
        """Let a stranger try."""
        self._terminal.deny()
        return Result("denied")

    def _alarm(self, words: list[str]) -> Result:
        """Raise an alarm."""
        if not words:
            raise UsageError
        name, *user = words
        for kind in ALARM_KINDS:
            if kind == name:
                self._terminal.alarm(kind, user[0] if user else None)
                return Result(f"alarm {kind}")
        raise ValueError(f"{name!r} is none of {', '.join(ALARM_KINDS)}")

    def _user(self, words: list[str]) -> Result:
        """Enrol somebody."""
        if not words:
            raise UsageError
        user = self._terminal.add_user(words[0], " ".join(words[1:]))
        return Result(
            f"{user.user_id} has uid {user.uid}",
            {"user_id": user.user_id, "uid": user.uid, "name": user.name},
        )

    def _users(self, words: list[str]) -> Result:
        """List who is enrolled."""
        users = list(self._terminal.users)
        return Result(
            "\n".join(f"{user.uid:5} {user.user_id:10} {user.name}" for user in users),
            {"users": {user.user_id: user.name for user in users}},
        )

    def _clear(self, words: list[str]) -> Result:
        """Delete the attendance log."""
        self._terminal.clear_log()
        return Result("the log is empty")

    def _drop(self, words: list[str]) -> Result:
        """Cut all links."""
        count = self._server.links
        self._server.drop_links()
        return Result(f"{count} cut", {"links": count})

    def _freeze(self, words: list[str]) -> Result:
        """Stand still."""
        self._server.freeze()
        return Result("frozen")

    def _thaw(self, words: list[str]) -> Result:
        """Go on."""
        self._server.thaw()
        return Result("thawed")

    def _restart(self, words: list[str]) -> Result:
        """Reboot."""
        seconds = self._terminal.faults.restart_seconds
        self._terminal.restart()
        return Result(f"back in {seconds:g} s", {"seconds": seconds})

    def _off(self, words: list[str]) -> Result:
        """Switch off."""
        self._terminal.power_off()
        return Result("off")

    def _on(self, words: list[str]) -> Result:
        """Switch on."""
        self._terminal.power_on()
        return Result("on")

    def _status(self, words: list[str]) -> Result:
        """Tell how things are."""
        terminal = self._terminal
        data: dict[str, object] = {
            "running": terminal.running,
            "enabled": terminal.enabled,
            "time": terminal.now().isoformat(timespec="seconds"),
            "uptime": round((datetime.now() - self._started).total_seconds()),
            "users": len(terminal.users),
            "records": len(terminal.log),
            "links": self._server.links,
            "sessions": sum(1 for _ in terminal.sessions),
            "connections": terminal.traffic.connections,
            "packets": terminal.traffic.packets,
            "bytes_in": terminal.traffic.bytes_in,
            "bytes_out": terminal.traffic.bytes_out,
            "violations": terminal.violations[-5:],
        }
        return Result("\n".join(f"{key}: {value}" for key, value in data.items()), data)
