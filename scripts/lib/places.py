"""The demo's terminals, and the people who punch at them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
import random
import time

from simulator import PROFILES, Record, Server, Terminal

from .client import Client
from .home import HOST
from .syncid import Added, add_terminal, set_options, until_history_is_read

CHECK_IN, CHECK_OUT = 0, 1
_WORKDAYS = 10
# The shortest that there is: a demo is watched.
_POLL_SECONDS = 10
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a terminal hangs."""

    name: str
    profile: str
    serial: str
    mac: str
    # The port that it has in the demo, as long as nobody else has it.
    port: int
    mode: str
    comm_key: int = 0


PLACES = (
    Place(
        name="Main gate",
        profile="speedface",
        serial="CKPG222360187",
        mac="00:17:61:12:ab:03",
        port=4370,
        mode="realtime",
    ),
    Place(
        name="Warehouse",
        profile="k14",
        serial="3395113600214",
        mac="00:17:61:01:4e:9c",
        port=4371,
        mode="polling",
    ),
    Place(
        name="Office",
        profile="iface702",
        serial="AJBV184760052",
        mac="00:17:61:10:51:73",
        port=4372,
        mode="realtime",
        comm_key=246810,
    ),
)

# Name, and the place where the person mostly punches.
PEOPLE = (
    ("1001", "Amina", "Main gate"),
    ("1002", "Bilal", "Main gate"),
    ("1003", "Carmen", "Office"),
    ("1004", "Dawit", "Warehouse"),
    ("1005", "Elif", "Office"),
    ("1006", "Farid", "Warehouse"),
    ("1007", "Grace", "Main gate"),
    ("1008", "Hana", "Office"),
    ("1009", "Idris", "Warehouse"),
    ("1010", "Joana", "Main gate"),
    ("1011", "Kofi", "Warehouse"),
    ("1012", "Leila", "Office"),
)
NAMES = {user_id: name for user_id, name, _ in PEOPLE}


def make_terminal(place: Place) -> Terminal:
    """Return the terminal of a place, with everybody enrolled and an empty log."""
    profile = replace(PROFILES[place.profile], mac=place.mac)
    terminal = Terminal(profile, serial=place.serial, comm_key=place.comm_key)
    for number, (user_id, name, _) in enumerate(PEOPLE):
        terminal.add_user(user_id, name, card=4_100_200 + 37 * number)
        terminal.add_fingerprint(user_id)
        if profile.face_version is not None:
            terminal.add_face(user_id)
    return terminal


def verify_code(terminal: Terminal) -> int:
    """Return the code of a way in which one can punch at a terminal."""
    codes = terminal.profile.verify_codes
    ways = ["finger", "finger", "card"]
    if terminal.profile.face_version is not None:
        ways += ["face", "face", "face"]
    return codes[random.choice(ways)]


def add_history(place: Place, terminal: Terminal) -> None:
    """Let people have come and gone on the last workdays."""
    here = [user_id for user_id, _, where in PEOPLE if where == place.name]
    records = []
    day = terminal.now().date()
    for _ in range(_WORKDAYS):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
        for user_id in here:
            for hour, minutes, state in ((8, 0, CHECK_IN), (16, 30, CHECK_OUT)):
                moment = datetime(day.year, day.month, day.day, hour, minutes)
                moment += timedelta(seconds=round(random.gauss(0, 900)))
                records.append((moment, user_id, state))
    for moment, user_id, state in sorted(records):
        user = terminal.users.get(user_id)
        record = Record(
            user_id=user_id,
            uid=user.uid if user else 0,
            time=moment,
            verify=verify_code(terminal),
            state=state,
        )
        terminal.log.append(record, terminal.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did at a terminal."""

    place: Place
    user_id: str
    comes: bool
    # When, by the clock of this machine, just before it was done.
    at: float

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{NAMES[self.user_id]} {'comes' if self.comes else 'goes'}"


class Simulated:
    """The terminals of all places, which keep their logs in a folder."""

    def __init__(self, folder: Path) -> None:
        """Hang them up, with the logs that they had, or with some history."""
        self._folder = folder
        self.terminals: dict[str, Terminal] = {}
        for place in PLACES:
            terminal = self.terminals[place.name] = make_terminal(place)
            if not self._load(place):
                add_history(place, terminal)
                self._save(place)

    @asynccontextmanager
    async def serving(self, ports: Mapping[str, int]) -> AsyncIterator[None]:
        """Let them answer until the end of the block."""
        async with AsyncExitStack() as stack:
            for name, terminal in self.terminals.items():
                await stack.enter_async_context(Server(terminal, HOST, ports[name]))
            yield

    def _file(self, place: Place) -> Path:
        return self._folder / f"{place.serial}.log"

    def _save(self, place: Place) -> None:
        self._file(place).write_bytes(self.terminals[place.name].log.packed)

    def _load(self, place: Place) -> bool:
        if not (file := self._file(place)).exists():
            return False
        terminal = self.terminals[place.name]
        packed, size = file.read_bytes(), terminal.log.record_size
        for at in range(0, len(packed), size):
            terminal.add_raw_record(packed[at : at + size])
        return True

    def _is_in(self, user_id: str) -> bool:
        """Tell whether somebody is at work: whether they came when last seen."""
        seen = [
            (record.time, record.state)
            for terminal in self.terminals.values()
            for record in terminal.log
            if record.user_id == user_id and record.time is not None
        ]
        return bool(seen) and max(seen)[1] == CHECK_IN

    def punch(self, place: Place, user_id: str) -> Done:
        """Let somebody come, or go if they are in."""
        comes = not self._is_in(user_id)
        terminal = self.terminals[place.name]
        code = verify_code(terminal)
        now = time.time()
        terminal.punch(user_id, code, CHECK_IN if comes else CHECK_OUT)
        self._save(place)
        return Done(place=place, user_id=user_id, comes=comes, at=now)


async def add_all(client: Client, ports: Mapping[str, int]) -> dict[str, Added]:
    """Add the terminals of all places to Home Assistant."""
    added = {}
    for place in PLACES:
        added[place.name] = terminal = await add_terminal(
            client,
            place.name,
            ports[place.name],
            mode=place.mode,
            comm_key=place.comm_key,
        )
        if place.mode == "polling":
            await until_history_is_read(client, terminal)
            await set_options(client, terminal.entry_id, poll_interval=_POLL_SECONDS)
    return added
