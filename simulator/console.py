"""What all consoles share: commands that are typed, and what comes of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .switches import Switches
from .users import UserRefused

# §2.6: how a punch is meant.
STATES = {
    "in": 0,
    "out": 1,
    "break-out": 2,
    "break-in": 3,
    "overtime-in": 4,
    "overtime-out": 5,
    "none": 255,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to: lines for people, data for scripts."""

    text: str
    data: dict[str, object] = field(default_factory=dict)
    ok: bool = True
    quits: bool = False


class UsageError(Exception):
    """Raised for a command that cannot be understood."""


class BaseConsole:
    """Does what is typed."""

    def __init__(self) -> None:
        """Stand ready; a subclass has more commands."""
        self._commands: dict[str, tuple[str, Callable[[list[str]], Result]]] = {
            "fault": ("fault [NAME=VALUE | reset]: set a switch, or list", self._fault),
            "help": ("help: this", self._help),
            "quit": ("quit: stop", self._quit),
        }

    @property
    def faults(self) -> Switches:
        """Return the switches."""
        raise NotImplementedError

    def notes(self) -> list[str]:
        """Return what help says behind the commands."""
        return []

    def run(self, line: str) -> Result | None:
        """Do one line; None for an empty one."""
        words = line.split()
        if not words:
            return None
        name, *rest = words
        if name not in self._commands:
            return Result(f"no command is called {name}; try help", ok=False)
        usage, command = self._commands[name]
        try:
            return command(rest)
        except UsageError:
            return Result(usage, ok=False)
        except (ValueError, UserRefused) as err:
            return Result(str(err), ok=False)

    def _fault(self, words: list[str]) -> Result:
        """Set a switch, put all back, or list them."""
        faults = self.faults
        if not words:
            return Result(
                "\n".join(f"{switch.name} = {switch.value}" for switch in faults),
                {"faults": {switch.name: str(switch.value) for switch in faults}},
            )
        if words == ["reset"]:
            faults.reset()
            return Result("all switches are back")
        name, sign, value = " ".join(words).partition("=")
        if not sign:
            raise UsageError
        faults.set(name.strip(), value.strip())
        shown = getattr(faults, name.strip())
        return Result(f"{name.strip()} = {shown}", {name.strip(): str(shown)})

    def _help(self, words: list[str]) -> Result:
        """Tell what can be typed."""
        usages = [usage for usage, _ in self._commands.values()]
        return Result(
            "\n".join([*usages, *self.notes()]), {"commands": list(self._commands)}
        )

    def _quit(self, words: list[str]) -> Result:
        """Stop."""
        return Result("bye", quits=True)
