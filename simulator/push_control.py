"""The consoles of a terminal that pushes, and of a gateway."""

from collections.abc import Callable
from dataclasses import asdict
from typing import override

from .adms.device import AlarmName
from .adms.faults import AdmsFaults
from .adms.records import AdmsPunch
from .adms.simulation import AdmsSimulation
from .console import STATES, BaseConsole, Result, UsageError
from .gateway import GatewayFaults, GatewaySimulation

_METHODS = {"finger": 1, "pin": 2, "password": 3, "card": 4, "face": 15, "palm": 25}
_ALARMS: tuple[AlarmName, ...] = ("tamper", "duress", "forced")


def _meaning(words: list[str]) -> tuple[int, int]:
    """Return state and verify code of a punch."""
    state, verify = 0, _METHODS["finger"]
    for word in words:
        if word in STATES:
            state = STATES[word]
        elif word in _METHODS:
            verify = _METHODS[word]
        else:
            raise ValueError(f"{word!r} is none of {', '.join([*STATES, *_METHODS])}")
    return state, verify


def adms_punch_data(punch: AdmsPunch) -> dict[str, object]:
    """Return a punch as a script wants it."""
    return {
        "user_id": punch.user_id,
        "time": punch.time.isoformat(),
        "verify": punch.verify,
        "state": punch.state,
    }


class AdmsConsole(BaseConsole):
    """Does what is typed, to one terminal that pushes."""

    def __init__(self, simulation: AdmsSimulation) -> None:
        """Stand ready."""
        super().__init__()
        self._simulation = simulation
        self._terminal = simulation.terminal
        commands: dict[str, tuple[str, Callable[[list[str]], Result]]] = {
            "punch": ("punch USER [STATE] [METHOD]: let somebody punch", self._punch),
            "photo": ("photo USER: take the photo of a punch", self._photo),
            "deny": ("deny: let somebody try whom nobody knows", self._deny),
            "alarm": ("alarm KIND: raise an alarm", self._alarm),
            "door": ("door open|closed: move the door", self._door),
            "user": ("user ID [NAME]: enrol somebody", self._user),
            "finger": ("finger USER [NUMBER]: enrol a finger", self._finger),
            "face": ("face USER: enrol a face", self._face),
            "users": ("users: who is enrolled", self._users),
            "press": (
                "press [good|bad|cancel]: do what an enrolment asks",
                self._press,
            ),
            "resend": ("resend: upload everything again", self._resend),
            "cut": ("cut: pull the plug", self._cut),
            "on": ("on: put it back", self._on),
            "status": ("status: how things are", self._status),
        }
        self._commands = commands | self._commands

    @property
    @override
    def faults(self) -> AdmsFaults:
        """Return the terminal's switches."""
        return self._terminal.faults

    @override
    def notes(self) -> list[str]:
        """Return which words there are."""
        return [
            f"KIND is one of {', '.join(_ALARMS)}",
            f"STATE is one of {', '.join(STATES)}",
            f"METHOD is one of {', '.join(_METHODS)}",
        ]

    def punch(self, user_id: str, state: int = 0, verify: int = 1) -> Result:
        """Let somebody punch."""
        if not self._terminal.running:
            return Result(f"{user_id}: the terminal is off", ok=False)
        data = adms_punch_data(self._terminal.punch(user_id, verify, state))
        return Result(f"punch {user_id} at {data['time']}", data)

    def _punch(self, words: list[str]) -> Result:
        """Let somebody punch, as words say."""
        if not words:
            raise UsageError
        state, verify = _meaning(words[1:])
        return self.punch(words[0], state, verify)

    def _photo(self, words: list[str]) -> Result:
        """Take a photo."""
        if not words:
            raise UsageError
        return Result(self._terminal.take_photo(words[0]).name)

    def _deny(self, words: list[str]) -> Result:
        """Let a stranger try."""
        self._terminal.deny()
        return Result("denied")

    def _alarm(self, words: list[str]) -> Result:
        """Raise an alarm."""
        if not words:
            raise UsageError
        for name in _ALARMS:
            if [name] == words:
                self._terminal.alarm(name)
                return Result(f"alarm {name}")
        raise ValueError(f"{words[0]!r} is none of {', '.join(_ALARMS)}")

    def _door(self, words: list[str]) -> Result:
        """Move the door."""
        if words not in (["open"], ["closed"]):
            raise UsageError
        self._terminal.move_door(is_open=words == ["open"])
        return Result(f"the door is {words[0]}")

    def _user(self, words: list[str]) -> Result:
        """Enrol somebody."""
        if not words:
            raise UsageError
        user = self._terminal.add_user(words[0], " ".join(words[1:]))
        return Result(
            f"{user.user_id} is enrolled", {"user_id": user.user_id, "name": user.name}
        )

    def _finger(self, words: list[str]) -> Result:
        """Enrol a finger."""
        if not words:
            raise UsageError
        self._terminal.add_fingerprint(words[0], int((words[1:] or ["0"])[0]))
        return Result("enrolled")

    def _face(self, words: list[str]) -> Result:
        """Enrol a face."""
        if not words:
            raise UsageError
        self._terminal.add_face(words[0])
        return Result("enrolled")

    def _users(self, words: list[str]) -> Result:
        """List who is enrolled."""
        names = {user.user_id: user.name for user in self._terminal}
        lines = [f"{user_id:10} {name}" for user_id, name in names.items()]
        return Result("\n".join(lines), {"users": names})

    def _press(self, words: list[str]) -> Result:
        """Go on with an enrolment, or not."""
        match words:
            case [] | ["good"]:
                self._terminal.press()
            case ["bad"]:
                self._terminal.press(good=False)
            case ["cancel"]:
                self._terminal.cancel_enrolment()
            case _:
                raise UsageError
        asked = self._terminal.enrolment
        left = 0 if asked is None else asked.presses
        return Result(f"{left} to go", {"presses": left})

    def _resend(self, words: list[str]) -> Result:
        """Upload everything again."""
        self._terminal.resend_all()
        return Result(f"{self._terminal.unsent} to upload")

    def _cut(self, words: list[str]) -> Result:
        """Pull the plug."""
        self._simulation.power_cut()
        return Result("off")

    def _on(self, words: list[str]) -> Result:
        """Put it back."""
        self._simulation.power_on()
        return Result("on")

    def _status(self, words: list[str]) -> Result:
        """Tell how things are."""
        terminal = self._terminal
        error = self._simulation.last_error
        data: dict[str, object] = {
            "running": terminal.running,
            "connected": terminal.connected,
            "time": terminal.now().isoformat(timespec="seconds"),
            "users": len(terminal.users),
            "records": len(terminal.journals[terminal.log_table]),
            "unsent": terminal.unsent,
            "polls": terminal.polls,
            "commands": len(terminal.commands),
            "enrolling": None
            if terminal.enrolment is None
            else asdict(terminal.enrolment),
            "last_error": None if error is None else str(error),
            "violations": terminal.violations[-5:],
        }
        return Result("\n".join(f"{key}: {value}" for key, value in data.items()), data)


class GatewayConsole(BaseConsole):
    """Does what is typed, to one gateway."""

    def __init__(self, simulation: GatewaySimulation) -> None:
        """Stand ready."""
        super().__init__()
        self._simulation = simulation
        self._gateway = simulation.gateway
        commands: dict[str, tuple[str, Callable[[list[str]], Result]]] = {
            "punch": ("punch USER [STATE] [METHOD]: take a punch", self._punch),
            "resend": ("resend: send everything again", self._resend),
            "status": ("status: how things are", self._status),
        }
        self._commands = commands | self._commands

    @property
    @override
    def faults(self) -> GatewayFaults:
        """Return the gateway's switches."""
        return self._gateway.faults

    def punch(self, user_id: str, state: int = 0, verify: int = 1) -> Result:
        """Take a punch."""
        punch = self._gateway.punch(user_id, state, verify)
        data: dict[str, object] = {
            "user_id": user_id,
            "time": punch.time.isoformat(),
            "verify": verify,
            "state": state,
        }
        return Result(f"punch {user_id} at {data['time']}", data)

    def _punch(self, words: list[str]) -> Result:
        """Take a punch, as words say."""
        if not words:
            raise UsageError
        state, verify = _meaning(words[1:])
        return self.punch(words[0], state, verify)

    def _resend(self, words: list[str]) -> Result:
        """Send everything again."""
        self._gateway.resend_all()
        return Result(f"{self._gateway.unsent} to send")

    def _status(self, words: list[str]) -> Result:
        """Tell how things are."""
        gateway = self._gateway
        error = self._simulation.last_error
        answer = gateway.answers[-1] if gateway.answers else None
        data: dict[str, object] = {
            "records": len(gateway.log),
            "unsent": gateway.unsent,
            "last_status": None if answer is None else answer.status,
            "last_answer": None if answer is None else answer.text[:200],
            "last_error": None if error is None else str(error),
        }
        return Result("\n".join(f"{key}: {value}" for key, value in data.items()), data)
