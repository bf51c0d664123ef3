"""What is remembered of a terminal that pushes, from one request to the next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .facts import NO_FACTS, Facts, remembered_options
from .requests import Family

# Tables that terminals resume by a stamp (protocol-adms §3.1).
STAMPED = ("attlog", "operlog", "attphoto", "biodata", "idcard", "errorlog")

_SHORTEST_SILENCE = 90
_DAY = 86400
# Days of which it is remembered how a terminal counts them.
_MOST_DAYS = 40


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the admin wants of a terminal."""

    # Templates and pictures of people leave a terminal only if somebody said so.
    biometrics: bool = False
    photos: bool = False
    # Seconds between polls, for which an action waits. Also of who is not added yet,
    # and hears of another number only in its next handshake.
    delay: int = 5

    @property
    def told(self) -> str:
        """Return what a handshake tells of it that is worth another one."""
        return f"{int(self.biometrics)}{int(self.photos)}"

    @property
    def patience(self) -> int:
        """Return after how many seconds of silence the terminal is away (§10)."""
        return max(3 * self.delay, _SHORTEST_SILENCE)


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a request told that is worth remembering; None for what it did not.

    Kept apart from the state: requests of one terminal overlap, and each adds to what
    is remembered when it is done, not to what was when it began.
    """

    family: Family | None = None
    # Whether the terminal said its family itself.
    family_told: bool | None = None
    push_version: str | None = None
    privilege_key: str | None = None
    stamps: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = NO_FACTS
    registered: bool | None = None
    session_told: bool | None = None
    zone_told: int | None = None
    wishes_told: str | None = None
    asked_for: str | None = None
    asked_at: float | None = None
    owes_all: bool | None = None
    is_old: bool | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything to remember."""
        return self != NOTHING


NOTHING = Learned()


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalState:
    """What is remembered of a terminal."""

    serial: str
    # Made up when the terminal is added, and never changed (§8.1).
    registry_code: str = ""
    session_id: str = ""
    family: Family | None = None
    family_told: bool = False
    push_version: str = ""
    # Whether it was last told something in old words, which others it refused (§7.5.2).
    is_old: bool = False
    # How the terminal spells the privilege in what it sends (§7.5).
    privilege_key: str = "Pri"
    # What it sent last, by table, in lower case.
    stamps: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = NO_FACTS
    # An access terminal: whether it has our code, and heard of its session since.
    registered: bool = False
    session_told: bool = False
    # The offset from UTC in seconds and the wishes that it was told last; for which it
    # was asked to hear of them again, and when, in seconds of UTC.
    zone_told: int | None = None
    wishes_told: str | None = None
    asked_for: str | None = None
    asked_at: float | None = None
    # Whether it is yet to be asked for all that it holds, and since when, in seconds of
    # UTC, what it brings is news again.
    owes_all: bool = False
    met_again_at: float | None = None
    # By day since 1970, how many records more it has than are stored, or less; and when
    # it was asked last for what it counted less of, in seconds of UTC.
    differences: tuple[tuple[int, int], ...] = ()
    fewer_at: float | None = None

    def with_learned(self, learned: Learned) -> TerminalState:
        """Return what is remembered after a request."""
        told: dict[str, Any] = {
            one.name: value
            for one in fields(learned)
            if (value := getattr(learned, one.name)) is not None
        }
        told["stamps"] = {**self.stamps, **learned.stamps}
        told["options"] = remembered_options(self.options, learned.options)
        told["facts"] = self.facts.merged(learned.facts)
        if self.family_told and not learned.family_told:
            # Its own word counts more than what its requests look like (§1).
            told.pop("family", None)
            told.pop("family_told", None)
        return replace(self, **told)

    def with_differences(self, days: Mapping[int, int]) -> TerminalState:
        """Return what is remembered when all that a terminal holds came."""
        known = sorted((day, more) for day, more in days.items() if more)
        return replace(self, differences=tuple(known[-_MOST_DAYS:]))

    def difference(self, first: int, last: int) -> int:
        """Return how many records more than are stored a terminal has of some days.

        They are those of two local seconds.
        """
        return sum(
            more
            for day, more in self.differences
            if first // _DAY <= day <= last // _DAY
        )

    def resynced(self, now: float) -> TerminalState:
        """Return it as that of a terminal of which nothing is stored any more.

        Some send all they hold when they hear of no stamps, some when they are asked.
        """
        return replace(self, stamps={}, owes_all=True, met_again_at=now, differences=())

    def as_json(self) -> dict[str, Any]:
        """Return it as what JSON knows."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TerminalState:
        """Return it from JSON; what this version does not know is left out."""
        known = {one.name for one in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        facts = {one.name for one in fields(Facts)}
        told = values.get("facts") or {}
        values["facts"] = Facts(**{key: told[key] for key in told if key in facts})
        differences = values.get("differences") or ()
        values["differences"] = tuple((day, more) for day, more in differences)
        return cls(**values)
