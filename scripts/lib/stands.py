"""What hangs at the demo's places: it keeps its log in a file, and some history."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
import json
from pathlib import Path
import random
from typing import override

from simulator import (
    ADMS_PROFILES,
    PROFILES,
    AdmsSimulation,
    AdmsTerminal,
    Gateway,
    GatewaySimulation,
    Record,
    Server,
    Terminal,
)
from simulator.adms.keep import load, save

from .home import HOST
from .places import NAMES, PEOPLE, Listening, Place

CHECK_IN, CHECK_OUT = 0, 1
_WORKDAYS = 10
_SATURDAY = 5
# A demo is watched: who waits for Home Assistant looks often.
_RETRY_SECONDS = 1

# Who, when, and whether they came or went.
type Step = tuple[datetime, str, int]


def _workdays(today: date) -> Iterator[date]:
    """Yield the last workdays, the newest first."""
    day = today
    for _ in range(_WORKDAYS):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
        yield day


def _history(place: Place) -> list[Step]:
    """Return how people have come and gone on the last workdays."""
    steps = []
    for day in _workdays(datetime.now().date()):
        for user_id in (user_id for user_id, _, where in PEOPLE if where == place.name):
            for hour, minutes, state in ((8, 0, CHECK_IN), (16, 30, CHECK_OUT)):
                moment = datetime(day.year, day.month, day.day, hour, minutes)
                moment += timedelta(seconds=round(random.gauss(0, 900)))
                steps.append((moment, user_id, state))
    return sorted(steps)


class Stand(ABC):
    """What hangs at a place."""

    def __init__(self, place: Place, file: Path) -> None:
        """Hang it up, with the log that it had, or with some history."""
        self.name = place.name
        self._file = file
        if file.exists():
            self._load()
            return
        for moment, user_id, state in _history(place):
            self._remember(moment, user_id, state)
        self.save()

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """Yield what its log holds."""

    @abstractmethod
    def punch(self, user_id: str, state: int) -> None:
        """Let somebody punch now."""

    @abstractmethod
    def _remember(self, moment: datetime, user_id: str, state: int) -> None:
        """Put a punch of the past into its log."""

    @abstractmethod
    def save(self) -> None:
        """Keep its log."""

    @abstractmethod
    def _load(self) -> None:
        """Take the log that it had."""


class ListeningStand(Stand):
    """A terminal that SyncID connects to."""

    def __init__(self, place: Listening, folder: Path) -> None:
        """Hang it up, with everybody enrolled."""
        profile = replace(PROFILES[place.profile], mac=place.mac)
        self.terminal = Terminal(profile, serial=place.serial, comm_key=place.comm_key)
        for number, (user_id, name) in enumerate(NAMES.items()):
            self.terminal.add_user(user_id, name, card=4_100_200 + 37 * number)
            self.terminal.add_fingerprint(user_id)
            if profile.face_version is not None:
                self.terminal.add_face(user_id)
        super().__init__(place, folder / f"{place.serial}.log")

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Let it answer until the end of the block."""
        async with Server(self.terminal, HOST, port):
            yield

    def _verify_code(self) -> int:
        """Return the code of a way in which one can punch here."""
        codes = self.terminal.profile.verify_codes
        ways = ["finger", "finger", "card"]
        if self.terminal.profile.face_version is not None:
            ways += ["face", "face", "face"]
        return codes[random.choice(ways)]

    @override
    def steps(self) -> Iterator[Step]:
        for record in self.terminal.log:
            if record.time is not None:
                yield record.time, record.user_id, record.state

    @override
    def punch(self, user_id: str, state: int) -> None:
        self.terminal.punch(user_id, self._verify_code(), state)
        self.save()

    @override
    def _remember(self, moment: datetime, user_id: str, state: int) -> None:
        user = self.terminal.users.get(user_id)
        record = Record(
            user_id=user_id,
            uid=user.uid if user else 0,
            time=moment,
            verify=self._verify_code(),
            state=state,
        )
        self.terminal.log.append(record, self.terminal.faults)

    @override
    def save(self) -> None:
        self._file.write_bytes(self.terminal.log.packed)

    @override
    def _load(self) -> None:
        packed, size = self._file.read_bytes(), self.terminal.log.record_size
        for at in range(0, len(packed), size):
            self.terminal.add_raw_record(packed[at : at + size])


class AdmsStand(Stand):
    """A terminal that calls Home Assistant."""

    def __init__(self, place: Place, folder: Path, url: str) -> None:
        """Hang it up, with everybody enrolled."""
        self.terminal = AdmsTerminal(ADMS_PROFILES["att"], place.serial, url)
        for user_id, name in NAMES.items():
            self.terminal.add_user(user_id, name)
            self.terminal.add_fingerprint(user_id)
            self.terminal.add_face(user_id)
        super().__init__(place, folder / f"{place.serial}.json")

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """Let it call until the end of the block."""
        simulation = AdmsSimulation(
            "", terminal=self.terminal, error_delay=_RETRY_SECONDS
        )
        async with simulation:
            try:
                yield
            finally:
                self.save()

    @override
    def steps(self) -> Iterator[Step]:
        return ((one.time, one.user_id, one.state) for one in self.terminal.log)

    @override
    def punch(self, user_id: str, state: int) -> None:
        self.terminal.punch(user_id, _new_code(), state)
        self.save()

    @override
    def _remember(self, moment: datetime, user_id: str, state: int) -> None:
        self.terminal.punch(user_id, _new_code(), state, at=moment)

    @override
    def save(self) -> None:
        save(self.terminal, self._file)

    @override
    def _load(self) -> None:
        load(self.terminal, self._file)


def _new_code() -> int:
    """Return the code of a finger or a face at a terminal with a face camera."""
    return PROFILES["speedface"].verify_codes[random.choice(("finger", "face"))]


class GatewayStand(Stand):
    """A gateway that posts JSON."""

    def __init__(self, place: Place, folder: Path, url: str) -> None:
        """Put it up, without a token yet."""
        self.gateway = Gateway(f"{url}/api/v1/biometric/push-log")
        super().__init__(place, folder / f"{place.serial}.json")

    @asynccontextmanager
    async def sending(self, token: str) -> AsyncIterator[None]:
        """Let it send until the end of the block."""
        self.gateway.token = token
        simulation = GatewaySimulation(
            "", gateway=self.gateway, retry_after=_RETRY_SECONDS
        )
        async with simulation:
            try:
                yield
            finally:
                self.save()

    @override
    def steps(self) -> Iterator[Step]:
        for one in self.gateway.log:
            yield one.time, one.user_id, CHECK_IN if one.status is None else one.status

    @override
    def punch(self, user_id: str, state: int) -> None:
        self.gateway.punch(user_id, state)
        self.save()

    @override
    def _remember(self, moment: datetime, user_id: str, state: int) -> None:
        self.gateway.punch(user_id, state, at=moment)

    @override
    def save(self) -> None:
        data = {
            "acknowledged": self.gateway.acknowledged,
            "log": [
                (moment.isoformat(), user_id, state)
                for moment, user_id, state in self.steps()
            ],
        }
        self._file.write_text(json.dumps(data))

    @override
    def _load(self) -> None:
        data = json.loads(self._file.read_text())
        for moment, user_id, state in data["log"]:
            self.gateway.punch(user_id, state, at=datetime.fromisoformat(moment))
        self.gateway.acknowledged = data["acknowledged"]
