"""How far a transfer of people is, told while it goes on."""

from collections.abc import Callable
from typing import Literal, NamedTuple

type Stage = Literal["write", "faces", "check"]


class Going(NamedTuple):
    """Whom a transfer has got to, and of how many."""

    stage: Stage
    done: int
    of: int
    name: str


type OnGoing = Callable[[Going], object]


def unheard(_: Going) -> None:
    """Tell nobody."""


def counter(tell: OnGoing, stage: Stage, of: int) -> Callable[[str], None]:
    """Return what counts those whom a stage has got to, and tells of each by name."""
    done = 0

    def count(name: str) -> None:
        nonlocal done
        done += 1
        tell(Going(stage, done, of, name))

    return count
