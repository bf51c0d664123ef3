"""The terminal as a thing on a wall: people, templates, punches, clock, door.

What a person or a test can do to it. How it talks is in terminal.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from .faults import AdmsFaults
from .journal import Content, Journal
from .lines import (
    biodata_line,
    finger_line,
    finger_row,
    photo_line,
    user_line,
    user_row,
)
from .profiles import FACE, FINGERPRINT, AdmsProfile
from .records import (
    AdmsPunch,
    AdmsUser,
    Photo,
    Template,
    encode,
    made_up_photo,
    same_data,
)

type Clock = Callable[[], datetime]
type AlarmName = Literal["tamper", "duress", "forced"]

# What is always sent, whatever TransFlag says.
ALWAYS = "always"

_TABLES = {
    "att": ("ATTLOG", "OPERLOG", "BIODATA", "ATTPHOTO"),
    "acc": ("rtlog", "rtstate", "user", "templatev10", "biodata"),
}

# What OPLOG calls what is done at the terminal (§5).
_STARTED, _VERIFY_FAILED, _ALARM = 0, 2, 3
_ENROLLED_FINGER, _DELETED_USER, _NEW_USER, _CHANGED_USER = 6, 9, 30, 36
_ENROLLED_FACE = 101
_ALARM_REASONS: dict[AlarmName, int] = {"tamper": 55, "duress": 32, "forced": 54}
_ALARM_EVENTS: dict[AlarmName, int] = {"tamper": 100, "duress": 101, "forced": 102}
# Events of the security family (§8).
_OPENED, _UNREGISTERED, _DOOR_OPEN, _DOOR_CLOSED = 0, 27, 200, 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Somebody is asked to show a finger, a face or a card."""

    command: str
    verb: str
    user_id: str
    kind: int
    number: int = 0
    presses: int = 1
    retries: int = 0
    overwrite: bool = True


class AdmsDevice:
    """A terminal's memory and mechanics."""

    def __init__(
        self, profile: AdmsProfile, serial: str, *, clock: Clock | None = None
    ) -> None:
        """Put a new terminal on the wall, with nobody enrolled."""
        self.profile = profile
        self.serial = serial
        self.faults = AdmsFaults()
        self.options = profile.option_table(serial)
        self.users: dict[str, AdmsUser] = {}
        self.templates: dict[tuple[str, int, int, int], Template] = {}
        # Photos as base64, as they travel: of faces to compare with, and to show.
        self.face_photos: dict[str, str] = {}
        self.user_photos: dict[str, str] = {}
        # Who may open which door in which time (ACC: userauthorize).
        self.authorizations: dict[str, dict[str, str]] = {}
        self.journals = {table: Journal(table) for table in _TABLES[profile.family]}
        self.enrolment: Enrolment | None = None
        self.unlocks: list[tuple[int, int]] = []
        self.alarms_cancelled = 0
        self.door_open = False
        self.running = True
        # Called when there is something new to send.
        self.listeners: list[Callable[[], None]] = []
        self._base_clock = clock or datetime.now
        self._set_by = timedelta()
        self._index = 0

    @property
    def log(self) -> list[AdmsPunch]:
        """Return the punches (and, of the security family, the events) it holds."""
        return [
            entry.content
            for entry in self.journals[self.log_table]
            if isinstance(entry.content, AdmsPunch)
        ]

    @property
    def log_table(self) -> str:
        """Return where punches are uploaded to."""
        return "ATTLOG" if self.is_att else "rtlog"

    @property
    def is_att(self) -> bool:
        """Return whether it is one of the attendance family."""
        return self.profile.family == "att"

    # The clock

    def now(self) -> datetime:
        """Return the time that the terminal shows, whatever its zone."""
        offset = timedelta(seconds=self.faults.clock_offset)
        return self._base_clock() + self._set_by + offset

    def set_time(self, moment: datetime) -> None:
        """Set the clock."""
        offset = timedelta(seconds=self.faults.clock_offset)
        self._set_by = moment - self._base_clock() - offset

    # People, as somebody does it in the terminal's menu

    def add_user(
        self,
        user_id: str,
        name: str = "",
        privilege: int = 0,
        password: str = "",
        card: str = "",
    ) -> AdmsUser:
        """Enrol a person, or change one."""
        known = user_id in self.users
        if not known and len(self.users) >= self.profile.max_users:
            raise ValueError(f"no room for more than {self.profile.max_users} users")
        user = AdmsUser(
            user_id=user_id,
            name=name,
            privilege=privilege,
            password=password,
            card=card,
        )
        self.users[user_id] = user
        self.operation(_CHANGED_USER if known else _NEW_USER, user_id)
        self.tell_user(user, "ChgUser" if known else "EnrollUser")
        return user

    def remove_user(self, user_id: str) -> None:
        """Delete a person, and say so."""
        self.user(user_id)
        self.forget_user(user_id)
        self.operation(_DELETED_USER, user_id)

    def add_fingerprint(
        self, user_id: str, finger: int = 0, data: bytes | None = None
    ) -> Template:
        """Enrol a finger, with a made-up template unless given."""
        self.user(user_id)
        template = self.make_template(user_id, FINGERPRINT, finger, data)
        self.learn(template)
        return template

    def add_face(self, user_id: str, data: bytes | None = None) -> Template:
        """Enrol a visible-light face, with a made-up template unless given."""
        if self.profile.face_version is None:
            raise ValueError(f"a {self.profile.name} knows no faces")
        self.user(user_id)
        template = self.make_template(user_id, FACE, 0, data)
        self.learn(template)
        return template

    def make_template(
        self, user_id: str, kind: int, number: int = 0, data: bytes | None = None
    ) -> Template:
        """Return a template of this terminal's algorithm."""
        major, minor = self.profile.fingerprint_version, "0"
        if kind == FACE and self.profile.face_version is not None:
            major, minor = map(str, self.profile.face_version)
        template = Template.made_up(user_id, kind, number, major=major, minor=minor)
        return template if data is None else replace(template, data=encode(data))

    def learn(self, template: Template, kind_of_change: str = "EnrollFP") -> None:
        """Store a template that was enrolled here, and upload it."""
        self.templates[template.key] = template
        is_face = template.kind == FACE
        self.operation(
            _ENROLLED_FACE if is_face else _ENROLLED_FINGER, template.user_id
        )
        if is_face:
            word = "BIODATA" if self.is_att else "biodata"
            self._add("BIODATA", "biodata", "FACE", biodata_line(template, word))
        elif self.is_att:
            self._add("OPERLOG", "", kind_of_change, finger_line(template))
        else:
            self._add("", "templatev10", "User", finger_row(template))

    def add_face_photo(self, user_id: str, data: bytes | None = None) -> None:
        """Keep a photo of a face, and upload it."""
        content = encode(data or made_up_photo(f"face {user_id}"))
        self.face_photos[user_id] = content
        self._add("OPERLOG", "", "BioPhoto", photo_line("BIOPHOTO", user_id, content))

    def templates_of(self, user_id: str, kind: int | None = None) -> list[Template]:
        """Return somebody's templates."""
        return [
            template
            for template in self.templates.values()
            if template.user_id == user_id and kind in {None, template.kind}
        ]

    def twin(self, template: Template) -> Template | None:
        """Return the same finger or face of somebody else."""
        return next(
            (
                other
                for other in self.templates.values()
                if other.user_id != template.user_id and same_data(other, template)
            ),
            None,
        )

    def forget_user(self, user_id: str) -> None:
        """Delete a person with all that belongs to them, except the log."""
        self.users.pop(user_id, None)
        self.face_photos.pop(user_id, None)
        self.user_photos.pop(user_id, None)
        self.authorizations.pop(user_id, None)
        for template in self.templates_of(user_id):
            del self.templates[template.key]

    def user(self, user_id: str) -> AdmsUser:
        """Return a person; raise ValueError if nobody has the user id."""
        if (user := self.users.get(user_id)) is None:
            raise ValueError(f"nobody has the user id {user_id}")
        return user

    def tell_user(self, user: AdmsUser, kind: str = "EnrollUser") -> None:
        """Upload a person."""
        if self.is_att:
            self._add("OPERLOG", "", kind, user_line(user, self.profile, self.faults))
        else:
            self._add("", "user", "User", user_row(user, self.profile, self.faults))

    # The log

    def punch(
        self,
        user_id: str,
        verify: int = 1,
        state: int = 0,
        work_code: str = "0",
        at: datetime | None = None,
    ) -> AdmsPunch:
        """Let somebody punch."""
        self.user(user_id)
        return self.add_punch(
            AdmsPunch(
                user_id=user_id,
                time=at or self.now(),
                state=state,
                verify=verify,
                work_code=work_code,
            )
        )

    def add_punch(self, punch: AdmsPunch) -> AdmsPunch:
        """Store a punch as it is, whether or not anybody has its user id."""
        self._index += 1
        punch = replace(
            punch, time=punch.time.replace(microsecond=0), index=self._index
        )
        kind = "AttLog" if self.is_att else ALWAYS
        self._store(self.log_table, kind, punch)
        return punch

    def continue_log(self) -> None:
        """Count on from the last punch there is."""
        self._index = max((punch.index for punch in self.log), default=0)

    def fill_log(
        self, count: int, start: datetime | None = None, step_seconds: int = 37
    ) -> None:
        """Add many punches of everybody in turn."""
        if not self.users:
            raise ValueError("there is nobody who could punch")
        people = list(self.users)
        moment = start or self.now() - timedelta(seconds=count * step_seconds)
        for number in range(count):
            round_number, index = divmod(number, len(people))
            self.punch(
                people[index],
                state=round_number % 2,
                at=moment + timedelta(seconds=number * step_seconds),
            )

    def take_photo(
        self, user_id: str, data: bytes | None = None, at: datetime | None = None
    ) -> Photo:
        """Keep the photo of a punch (ATT)."""
        photo = Photo(
            user_id=user_id,
            time=at or self.now(),
            data=data or made_up_photo(f"punch {user_id}"),
        )
        self._store("ATTPHOTO", "AttPhoto", photo)
        return photo

    def operation(self, number: int, *objects: str, operator: str = "0") -> None:
        """Note what was done at the terminal (ATT)."""
        if self.is_att:
            values = (*objects, "0", "0", "0", "0")[:4]
            when = f"{self.now():%Y-%m-%d %H:%M:%S}"
            line = f"OPLOG {number}\t{operator}\t{when}\t" + "\t".join(values)
            self._store("OPERLOG", "OpLog", line)

    def deny(self) -> None:
        """Let somebody place a finger that nobody has."""
        self.operation(_VERIFY_FAILED)
        self.event(_UNREGISTERED)

    def alarm(self, name: AlarmName) -> None:
        """Raise an alarm."""
        self.operation(_ALARM, str(_ALARM_REASONS[name]))
        self.event(_ALARM_EVENTS[name])

    def event(self, number: int, door: int = 1, user_id: str = "0") -> None:
        """Store what happened at a door; pin 0 is nobody (ACC, §8)."""
        if not self.is_att:
            self.add_punch(
                AdmsPunch(
                    user_id=user_id,
                    time=self.now(),
                    verify=200,
                    door=door,
                    event=number,
                )
            )

    def move_door(self, *, is_open: bool, door: int = 1) -> None:
        """Open or close the door (ACC)."""
        self.door_open = is_open
        self.event(_DOOR_OPEN if is_open else _DOOR_CLOSED, door)
        if not self.is_att:
            sensor = "02" if is_open else "01"
            line = (
                f"time={self.now():%Y-%m-%d %H:%M:%S}\tsensor={sensor}\trelay=00"
                f"\talarm=0000000000000000\tdoor={door:02d}"
            )
            self._store("rtstate", ALWAYS, line)

    def unlock(self, door: int = 1, seconds: int = 5) -> None:
        """Open the lock."""
        self.unlocks.append((door, seconds))

    def option_values(self) -> dict[str, str]:
        """Return all options, those that count something too."""
        kinds = [template.kind for template in self.templates.values()]
        counts = {
            "UserCount": len(self.users),
            "FPCount": kinds.count(FINGERPRINT),
            "FaceCount": kinds.count(FACE),
            "FvCount": 0,
            "PvCount": 0,
            "TransactionCount": len(self.journals[self.log_table]),
            "AttLogCount": len(self.journals[self.log_table]),
        }
        return self.options | {key: str(count) for key, count in counts.items()}

    def changed(self) -> None:
        """Tell who waits that there is something new."""
        for listener in tuple(self.listeners):
            listener()

    def _add(self, att: str, acc: str, kind: str, line: str) -> None:
        """Store a line in the journal that this family has for it, if any."""
        if table := att if self.is_att else acc:
            self._store(table, kind if self.is_att else "User", line)

    def _store(self, table: str, kind: str, content: Content) -> None:
        """Store something to upload."""
        if table not in self.journals:
            raise ValueError(f"a {self.profile.name} sends no {table}")
        self.journals[table].add(
            kind, content, self.now(), exact=self.faults.clock_stamps
        )
        self.changed()

    def __iter__(self) -> Iterator[AdmsUser]:
        """Yield the people."""
        return iter(self.users.values())
