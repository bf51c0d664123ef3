"""The records that all roads share.

A terminal's times are wall-clock times with no zone. They are kept as they came:
as seconds since 1970-01-01 00:00:00 on that wall clock ("local second").
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import chain
from typing import Any, Literal, NamedTuple, get_args

type Direction = Literal[
    "check_in",
    "check_out",
    "break_out",
    "break_in",
    "overtime_in",
    "overtime_out",
    "unknown",
]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction.__value__)

type VerifyMethod = Literal[
    "fingerprint", "face", "card", "pin", "password", "palm", "vein", "unknown"
]
METHODS: tuple[VerifyMethod, ...] = get_args(VerifyMethod.__value__)

# What names a punch of a terminal: its local second, and the user.
type PunchKey = tuple[int, str]
type Source = Literal["realtime", "poll", "push", "adms", "import", "manual"]
SOURCES: tuple[Source, ...] = get_args(Source.__value__)

type AlarmType = Literal[
    "tamper",
    "duress",
    "passback",
    "denied",
    "misoperation",
    "exit_button",
    "door_unlocked",
    "door_closing",
    "alarm_off",
    "door_forced",
    "door_held",
    "door_opened",
    "door_closed",
    "user_removed",
    "data_cleared",
    "log_cleared",
    "admins_cleared",
    "factory_reset",
    "time_changed",
    "settings_changed",
    "server_changed",
    "unknown",
]
ALARM_TYPES: tuple[AlarmType, ...] = get_args(AlarmType.__value__)

# Failed reads of the tail after which a terminal is not asked for it again.
_TAIL_ATTEMPTS = 2

_EPOCH = datetime(1970, 1, 1)
# Seconds that it takes to meet a terminal.
_MEETING = 10
# A local second after all others: what SQLite can hold.
NEVER = 2**63 - 1


def local_second(time: datetime) -> int:
    """Return the local second of a wall-clock time, whatever its zone."""
    return (time.replace(tzinfo=None) - _EPOCH) // timedelta(seconds=1)


def wall_clock(second: int) -> datetime:
    """Return the naive wall-clock time of a local second."""
    return _EPOCH + timedelta(seconds=second)


def zoned(second: int, utc_second: int) -> datetime:
    """Return the time of a local second that was a second of UTC, with its offset."""
    offset = timezone(timedelta(seconds=second - utc_second))
    return wall_clock(second).replace(tzinfo=offset)


class Punch(NamedTuple):
    """One punch, as a terminal tells it.

    A tuple rather than a frozen dataclass, which takes longer to make. Those that travel
    together are `Punches`, and made only for who looks at one.
    """

    user_id: str
    local_second: int
    direction: Direction
    method: VerifyMethod
    # The numbers behind direction and method, as they came: what they mean
    # differs between firmwares. None where the road does not tell them.
    verify_code: int | None = None
    state_code: int | None = None
    work_code: int | None = None


# Punch(...) would cost twice as much.
_make_punch = partial(tuple.__new__, Punch)
_WIDTH = len(Punch._fields)


@dataclass(frozen=True, slots=True)
class Punches:
    """Punches that came together: the fields of one behind those of another.

    A tuple for each would be thousands of objects at a time that Python's garbage
    collector keeps count of. Once enough of them were alive when it looked, it looks
    through all of Home Assistant, which holds up everything for a third of a second.
    Text and numbers are none of its business: so a punch is made of them when somebody
    looks at it, and is gone after that.
    """

    fields: Sequence[Any] = ()

    @classmethod
    def of(cls, punches: Iterable[Punch]) -> Punches:
        """Take punches together."""
        return cls([*chain.from_iterable(punches)])

    @classmethod
    def of_columns(cls, *columns: Sequence[Any]) -> Punches:
        """Take together what is each one's first field, second, and so on."""
        fields = [None] * (_WIDTH * len(columns[0]))
        for place, column in enumerate(columns):
            fields[place::_WIDTH] = column
        return cls(fields)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.fields) // _WIDTH

    def __iter__(self) -> Iterator[Punch]:
        """Make one after the other."""
        return map(_make_punch, self.rows())

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Return the fields of one after the other, which takes least."""
        return zip(*[iter(self.fields)] * _WIDTH, strict=True)

    @property
    def users(self) -> Sequence[str]:
        """Return who punched."""
        return self.fields[::_WIDTH]

    @property
    def seconds(self) -> Sequence[int]:
        """Return the local seconds."""
        return self.fields[1::_WIDTH]

    def part(self, first: int, last: int) -> Punches:
        """Return those from one place until before another."""
        return Punches(self.fields[first * _WIDTH : last * _WIDTH])


NO_PUNCHES = Punches()


class Unreadable(NamedTuple):
    """A record that cannot be a punch, kept for a human to look at."""

    raw: bytes
    user_id: str
    # A word of the road that brought it.
    reason: str


class Rejected(NamedTuple):
    """A record of a delivery that could not be taken, and which it was, from 0 on."""

    place: int
    record: Unreadable


class Moment(NamedTuple):
    """When a punch was that a wall clock shows at a second which came twice."""

    utc_second: int
    # It, should its user have a punch in the other one of the two.
    or_rejected: Rejected


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a terminal says of itself (protocol-4370 §2.1); "" where it does not."""

    serial: str
    name: str = ""
    platform: str = ""
    firmware: str = ""
    mac: str = ""
    fingerprint_version: int | None = None
    face_version: int | None = None
    faces_enabled: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """How full a terminal is (protocol-4370 §2.2)."""

    users: int
    fingerprints: int
    records: int
    faces: int | None
    user_capacity: int
    fingerprint_capacity: int
    record_capacity: int
    face_capacity: int | None


type Role = Literal["user", "enroller", "manager", "admin"]
# The numbers of the roles (protocol-4370 §2.5).
ROLES: Mapping[Role, int] = {"user": 0, "enroller": 1, "manager": 3, "admin": 7}
_ROLE_NAMES = {number: role for role, number in ROLES.items()}


@dataclass(frozen=True, slots=True)
class Features:
    """What a terminal can do; None where it does not say."""

    # How long user ids may be, and whether they may have letters.
    pin_width: int | None = None
    letters_in_ids: bool | None = None
    cards: bool | None = None
    fingers: bool | None = None
    lock: bool | None = None
    # Bytes of a user's record.
    user_size: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """A user as a terminal holds it (protocol-4370 §2.5).

    The password never leaves the terminal's record: only whether there is one.
    """

    uid: int
    user_id: str
    name: str
    privilege: int
    card: int = 0
    group: int = 1
    has_password: bool = False

    @property
    def disabled(self) -> bool:
        """Tell whether the terminal lets this user in."""
        return bool(self.privilege & 1)

    @property
    def role(self) -> Role:
        """Return the role; the numbers between differ by firmware."""
        number = (self.privilege >> 1) & 0b111
        return _ROLE_NAMES.get(number, "manager")

    @property
    def in_words(self) -> str:
        """Say what the terminal holds of this user."""
        return (
            f"{self.name!r}, {self.role}, card {self.card}, group {self.group},"
            f" {'disabled' if self.disabled else 'enabled'},"
            f" {'with' if self.has_password else 'without'} password"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What is to be changed of a user; None for what stays as it is."""

    name: str | None = None
    # Digits; "" for none.
    password: str | None = None
    # 0 for none.
    card: int | None = None
    role: Role | None = None
    group: int | None = None
    disabled: bool | None = None

    def over(self, known: UserChange) -> UserChange:
        """Return it with what is known where nothing is to be changed."""
        changed = {
            name: value for name, value in asdict(self).items() if value is not None
        }
        return replace(known, **changed)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the ledger has read a terminal's log (protocol-4370 §4.1)."""

    # Records of the log, from its start, that the ledger holds.
    count: int
    record_size: int
    # The last of those, raw: that the log still has them just before `count`
    # proves that what follows is new.
    overlap: bytes
    # Whether the end of the log was ever reached. Until then, what is read is
    # the past of the terminal and no news.
    complete: bool
    # When the terminal was first met: its clock, in local seconds, and the records
    # that it had. Their number tells the past from news, since clocks are wrong, and
    # may have been for a while.
    met_at: int
    past: int
    # Reads of the tail alone that this terminal has failed in a row.
    tail_failures: int = 0
    # The highest of the terminal's own numbers of users that was seen; looked at only
    # where its log names nobody by anything else.
    highest_uid: int = 0

    @property
    def reads_tail(self) -> bool:
        """Tell whether the terminal is still asked for the tail alone."""
        return self.tail_failures < _TAIL_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Batch:
    """What one road delivers at once; stored as a whole or not at all."""

    serial: str
    source: Source
    punches: Punches = NO_PUNCHES
    unreadable: Sequence[Unreadable] = ()
    # Seconds by which the clock was ahead that dated them.
    clock_drift: float = 0
    # For a read of a log: where it stood before, and where it stands with
    # these punches stored.
    since: Cursor | None = None
    cursor: Cursor | None = None
    # For what is pushed, which has no cursor: what is dated before this local second
    # is the past of the device.
    past_until: int | None = None
    # What was kept aside, and is read with this.
    understood: Sequence[bytes] = ()
    # What is known better than by the wall clock: by local second and user id.
    moments: Mapping[tuple[int, str], Moment] = field(default_factory=dict)

    @property
    def news_between(self) -> tuple[int, int] | None:
        """Return the local seconds between which these punches are news.

        None if all of them are. The past of a terminal is none, but for who punched
        while we met: that is in the log, and is reported too, whichever comes first.
        """
        if self.past_until is not None:
            return self.past_until, NEVER
        cursor = self.cursor
        if (
            cursor is None
            or (self.since and self.since.complete)
            or cursor.count > cursor.past
        ):
            return None
        return cursor.met_at - _MEETING, cursor.met_at + _MEETING

    @property
    def ends_history(self) -> bool:
        """Tell whether these are the last of the terminal's past."""
        return (
            self.cursor is not None
            and self.cursor.complete
            and not (self.since and self.since.complete)
        )


class StoredPunch(NamedTuple):
    """A punch in the ledger."""

    serial: str
    punch: Punch
    utc_second: int
    source: Source
    # What a second road said otherwise of the same punch, if any did.
    difference: str | None

    @property
    def time(self) -> datetime:
        """Return the time, with the offset that it had at the terminal."""
        return zoned(self.punch.local_second, self.utc_second)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a terminal reports that is no punch; no log keeps it."""

    serial: str
    type: AlarmType
    # The event's data as it came, in hex or as text: for what is `unknown`, all there
    # is.
    code: str
    user_id: str | None = None
    # When it was by the terminal's clock; None where it is told as it happens. What is
    # pushed may have waited for days.
    local_second: int | None = None


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch."""

    # The punches that the ledger did not know and that are news, oldest first.
    news: tuple[StoredPunch, ...]
    # All that the ledger did not know, the terminal's past included.
    new: int
    duplicates: int
    unreadable: int
    # Those of `Batch.moments` that were not taken.
    clashes: tuple[Rejected, ...] = ()
    # Rows by which the ledger knows of whose old days marks are to be computed.
    noted: tuple[int, ...] = ()
    # How many older records that could not be read went, for want of room.
    dropped: int = 0
    # Of how many known punches this road tells the direction, which another one did not.
    turned: int = 0
