"""What goes over the wire between Home Assistant and the panel.

`frontend/src/types.ts` says the same in TypeScript; a contract test compares the two. No
template is in any of it, and no secret but the passphrase that a backup was just given,
until the admin has noted it.
"""

from typing import Any, Literal, TypedDict

from .day_payloads import (
    AssemblyPoint,
    DayDetail,
    DayPage,
    DayPunch,
    DayRow,
    Drill,
    DrillNow,
    Exported,
    MonthPage,
    MonthRow,
    Present,
    RollCall,
    Said,
    Traced,
    Why,
)
from .people_payloads import (
    Adopted,
    DoublePage,
    DoubleRow,
    Holding,
    Holdings,
    ImportPage,
    ImportRow,
    Nobody,
    NobodyPage,
    PeoplePage,
    PersonPlace,
    PersonRow,
    RowChange,
    RowProblem,
)
from .rule_payloads import (
    Differs,
    HolidayRow,
    LeaveRow,
    Preview,
    RotaRow,
    RuleBook,
    ShiftRow,
)

type JobState = Literal["running", "done", "failed", "cancelled"]
type TerminalState = Literal[
    "ready", "starting", "retrying", "failed", "inactive", "disabled"
]
type Road = Literal["terminal", "push"]
type Topic = Literal["terminals", "people", "punches", "marks"]


class Info(TypedDict):
    """Which SyncID answers."""

    version: str
    # Of the module that Home Assistant serves now; the panel knows its own.
    build: str | None


class Changes(TypedDict):
    """What is not as it was: whoever shows it asks again."""

    topics: list[Topic]


# --- punches --------------------------------------------------------------------------


class PunchRow(TypedDict):
    """A punch, stored or just announced."""

    device: str
    device_id: str | None
    device_name: str | None
    user_id: str
    user_name: str | None
    person_id: str | None
    person: str | None
    time: str
    direction: str
    method: str
    source: str
    # What was taken when they punched, or else of Home Assistant's person who they are:
    # a path on this server.
    picture: str | None
    # Whether it was live when it came; None where only the ledger tells.
    live: bool | None


class PunchPage(TypedDict):
    """Punches, newest first, and where the next page begins."""

    punches: list[PunchRow]
    cursor: str | None


class PunchEvent(TypedDict):
    """What a subscription to punches brings; the first one tells of what has been."""

    reset: bool
    punches: list[PunchRow]


class Today(TypedDict):
    """What today has been so far, by the wall clock."""

    date: str
    punches: int
    # User ids, each counted once, at whichever terminals.
    users: int
    # Punches of each hour of the day, and people who came in it.
    hours: list[int]
    arrivals: list[int]
    # Those of which it is known whether they are there: nothing tells of a gateway.
    terminals: int
    online: int
    # People whose attendance is kept, and what is said of today, by status.
    people: int
    statuses: dict[str, int]
    on_site: int
    # Users who punch and are nobody.
    unmapped: int


# --- terminals ------------------------------------------------------------------------


class Bar(TypedDict):
    """How full a terminal is of something."""

    kind: Literal["users", "fingerprints", "faces", "records"]
    used: int
    # 0 where the terminal does not say.
    room: int


class Problem(TypedDict):
    """What is wrong, and what makes a translation of it."""

    message: str
    key: str | None
    values: dict[str, str] | None


class TerminalRow(TypedDict):
    """A terminal, whichever road its punches take."""

    entry_id: str
    device_id: str | None
    serial: str
    name: str
    road: Road
    mode: str
    state: TerminalState
    problem: Problem | None
    # None where nothing tells.
    online: bool | None
    address: str | None
    model: str | None
    firmware: str | None
    # Seconds by which its clock is ahead; None where nobody can know.
    clock_drift: int | None
    bars: list[Bar]
    last_seen: str | None
    last_punch: str | None
    last_delivery: str | None
    # Commands that it has not answered.
    waiting: int | None
    # What can be done there.
    actions: list[str]


class TerminalPage(TypedDict):
    """Terminals that fit what was asked, of how many."""

    total: int
    online: int
    # Those that an admin should look at.
    troubled: int
    count: int
    terminals: list[TerminalRow]


class Follower(TypedDict):
    """How a terminal differs from the one that it follows."""

    serial: str
    name: str
    device_id: str | None
    # Users that syncing would change; None while nobody has looked.
    to_sync: int | None
    # How many they are; a plan tells who.
    missing: int
    different: int
    extra: int
    checked: str | None
    retry: str | None


class GroupRow(TypedDict):
    """Terminals that are to hold the same people as another one."""

    id: str
    name: str
    leader: str
    leader_name: str
    remove_extra: bool
    followers: list[Follower]


class Groups(TypedDict):
    """All of them."""

    groups: list[GroupRow]


class BackupRow(TypedDict):
    """An encrypted file with users of a terminal."""

    file: str
    size: int
    made: str


class Backups(TypedDict):
    """All of them, newest first."""

    backups: list[BackupRow]


# --- users ----------------------------------------------------------------------------


class UserPlace(TypedDict):
    """A terminal that has a user."""

    serial: str
    terminal: str
    device_id: str | None
    # As it is written there.
    name: str
    role: str
    disabled: bool


class UserRow(TypedDict):
    """Who has the same user id, at all terminals that have it."""

    user_id: str
    name: str
    # Whether terminals write it differently.
    differs: bool
    person_id: str | None
    person: str | None
    places: list[UserPlace]


class UserPage(TypedDict):
    """Users that fit what was asked, of how many."""

    total: int
    count: int
    users: list[UserRow]


class Enrolled(TypedDict):
    """What a terminal has of a user; None where it does not say without giving it."""

    serial: str
    terminal: str
    fingerprints: int | None
    faces: int | None
    problem: Problem | None


class UserTemplates(TypedDict):
    """What each terminal has of a user."""

    places: list[Enrolled]


# --- what is done ------------------------------------------------------------------


class Done(TypedDict):
    """What an action answered."""

    answer: dict[str, Any]


# --- jobs -----------------------------------------------------------------------------


class Progress(TypedDict):
    """How far the enrolment of a finger is, or bringing people to a terminal."""

    step: str
    presses: int
    device: str
    # Of people at this step: how many, of how many, and who is the last.
    done: int
    of: int
    name: str | None


class Job(TypedDict):
    """Something that an admin began, for whoever looks how far it is."""

    id: str
    action: str
    # Whether it only says what would be done.
    plan: bool
    # Serial numbers of the terminals.
    targets: list[str]
    user_id: str | None
    state: JobState
    started: str
    ended: str | None
    progress: Progress | None
    problem: Problem | None


class JobList(TypedDict):
    """What was begun lately, newest first."""

    jobs: list[Job]


class JobDetail(TypedDict):
    """A job with what came of it."""

    job: Job
    # What the action answered, shortened to what a page can show.
    result: dict[str, Any] | None


PAYLOADS = (
    Info,
    Changes,
    PunchRow,
    PunchPage,
    PunchEvent,
    Today,
    Bar,
    Problem,
    TerminalRow,
    TerminalPage,
    Follower,
    GroupRow,
    Groups,
    BackupRow,
    Backups,
    UserPlace,
    UserRow,
    UserPage,
    Enrolled,
    UserTemplates,
    PersonPlace,
    PersonRow,
    PeoplePage,
    Nobody,
    NobodyPage,
    Adopted,
    DoubleRow,
    DoublePage,
    Holding,
    Holdings,
    RowProblem,
    RowChange,
    ImportRow,
    ImportPage,
    Done,
    DayRow,
    DayPage,
    MonthRow,
    MonthPage,
    Why,
    DayPunch,
    Said,
    Traced,
    DayDetail,
    Exported,
    AssemblyPoint,
    Present,
    Drill,
    DrillNow,
    RollCall,
    ShiftRow,
    HolidayRow,
    LeaveRow,
    RotaRow,
    RuleBook,
    Differs,
    Preview,
    Progress,
    Job,
    JobList,
    JobDetail,
)
