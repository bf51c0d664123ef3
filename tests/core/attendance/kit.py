"""Days of work in a line each, so that a table of them can be read and checked.

Punches are written as the terminal shows them: `08:17`, with seconds if need be,
`+06:05` on the day after, `-23:50` on the day before, and behind it

- the state key: `k0` (also what a terminal without keys says), `k1` check-out, `k2`
  break-out, `k3` break-in, `k4` and `k5` overtime-in and -out, `k255`; nothing if the
  road does not tell
- `'` for the second time that the clock shows it, when it is set back
- `@in`, `@out` or another terminal of the scene

What is expected: the status, then what is not nothing: `in=` and `out=` by the clock,
`worked=`, `late=`, `early=`, `ot=` and `breaks=` in hours and minutes, `flags=`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date, datetime, time as Time, timedelta
import re
from zoneinfo import ZoneInfo

from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.day import mark_day
from custom_components.syncid.core.attendance.marks import Mark
from custom_components.syncid.core.attendance.policy import Shift
from custom_components.syncid.core.attendance.readings import Station
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.codes import direction_of
from custom_components.syncid.core.people import Person
from custom_components.syncid.core.records import Punch, StoredPunch, local_second
from custom_components.syncid.core.zones import ZoneOffsets

AMINA = Person(id="p1", name="Amina", external_id="1")
_MIDNIGHT = Time()
_DAY = 86_400


def seconds(text: str) -> int:
    """Return the seconds of `h:mm` or `h:mm:ss`."""
    hours, minutes, rest = (*map(int, text.split(":")), 0)[:3]
    return hours * 3600 + minutes * 60 + rest


def shift(**times: object) -> Shift:
    """Return a shift whose times are written `h:mm`, windows `h:mm-h:mm`."""
    done: dict[str, object] = {}
    for name, value in times.items():
        if isinstance(value, str) and re.fullmatch(r"\d+:\d\d", value):
            done[name] = seconds(value)
        elif isinstance(value, str) and re.fullmatch(r"\d+:\d\d-\d+:\d\d", value):
            done[name] = tuple(map(seconds, value.split("-")))
        else:
            done[name] = value
    return Shift(**done)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A site: its rules, its terminals, and whose days they are."""

    rules: Rules
    zone: str = "Europe/Berlin"
    stations: tuple[Station, ...] = ()
    person: Person = AMINA
    corrections: tuple[Correction, ...] = ()

    @property
    def terminals(self) -> tuple[Station, ...]:
        """Return the terminals: one without direction, one at each side of a gate."""
        return self.stations or (
            Station(serial="gate", zone=self.zone),
            Station(serial="in", zone=self.zone, direction="in_only"),
            Station(serial="out", zone=self.zone, direction="out_only"),
        )

    def read_until(self, utc: int | None) -> tuple[Station, ...]:
        """Return the terminals, all of them read until then."""
        return tuple(replace(one, delivered_until=utc) for one in self.terminals)

    def punches(self, day: Date, text: str) -> list[StoredPunch]:
        """Return the punches that are written down."""
        known = {one.serial: one for one in self.terminals}
        return [self._punch(day, word, known) for word in text.split()]

    def _punch(self, day: Date, word: str, known: Mapping[str, Station]) -> StoredPunch:
        match = re.fullmatch(
            r"([+-]*)(\d\d:\d\d(?::\d\d)?)('?)(?:k(\d+))?(?:@(\w+))?", word
        )
        assert match, word
        signs, time, again, code, serial = match.groups()
        days = signs.count("+") - signs.count("-")
        station = known[serial or self.terminals[0].serial]
        local = local_second(
            datetime.combine(day + timedelta(days=days), _MIDNIGHT)
        ) + seconds(time)
        return stored(
            station, local, None if code is None else int(code), fold=bool(again)
        )

    def mark(
        self,
        day: Date,
        text: str,
        *,
        now: int | None = None,
        stations: Sequence[Station] | None = None,
        corrections: Iterable[Correction] = (),
    ) -> Mark:
        """Return the mark of a day: three days later, with all read, if not said."""
        later = local_second(datetime.combine(day, _MIDNIGHT)) + 3 * _DAY
        return mark_day(
            self.rules,
            self.person,
            day,
            self.punches(day, text),
            stations=self.read_until(later) if stations is None else stations,
            corrections=(*self.corrections, *corrections),
            now=later if now is None else now,
        )


def stored(
    station: Station, local: int, code: int | None = None, *, fold: bool = False
) -> StoredPunch:
    """Return a punch as the ledger has it."""
    if fold:
        time = datetime(1970, 1, 1) + timedelta(seconds=local)
        offset = time.replace(tzinfo=ZoneInfo(station.zone), fold=1).utcoffset()
        assert offset is not None
        utc = local - int(offset.total_seconds())
    else:
        utc = local - ZoneOffsets(ZoneInfo(station.zone))(local)
    direction = direction_of(code, station.direction)
    punch = Punch("1001", local, direction, "fingerprint", 1, code)
    return StoredPunch(station.serial, punch, utc, "poll", None)


def utc(text: str) -> int:
    """Return the second of a moment in UTC, such as `2026-03-12 15:00`."""
    return local_second(datetime.fromisoformat(text))


# --- expectations -------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What a line of the table says."""

    status: str
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Expected:
        """Read it."""
        status, *rest = text.split()
        values = dict(one.split("=") for one in rest)
        known = {"in", "out", "worked", "late", "early", "ot", "breaks", "flags"}
        assert values.keys() <= known, text
        return cls(status, values)


def shown(mark: Mark) -> str:
    """Write a mark as the table does."""
    words = [str(mark.status)]
    midnight = local_second(datetime.combine(mark.date, _MIDNIGHT))
    for name, moment in (("in", mark.first_in), ("out", mark.last_out)):
        if moment is not None:
            days, second = divmod(moment.wall - midnight, _DAY)
            sign = "+" * days if days > 0 else "-" * -days
            words.append(f"{name}={sign}{_clock(second, '02')}")
    for name, value in (
        ("worked", mark.worked),
        ("late", mark.late_by),
        ("early", mark.early_by),
        ("ot", mark.overtime),
        ("breaks", mark.breaks),
    ):
        if value:
            words.append(f"{name}={_clock(value)}")
    if mark.flags:
        words.append(f"flags={','.join(sorted(mark.flags))}")
    return " ".join(words)


def _clock(second: int, width: str = "") -> str:
    text = f"{second // 3600:{width}}:{second % 3600 // 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text


@dataclass(frozen=True)
class Worked:
    """One line: a day, its punches, and the mark by the rules' text."""

    name: str
    scene: Scene
    day: str
    punches: str
    expected: str
    corrections: tuple[Correction, ...] = ()

    def check(self) -> None:
        """Compare, whole: nothing is said that the line does not say."""
        Expected.read(self.expected)
        mark = self.scene.mark(
            Date.fromisoformat(self.day), self.punches, corrections=self.corrections
        )
        assert mark.final
        assert shown(mark) == self.expected, mark.explain()


def table(scene: Scene, day: str, *lines: tuple[str, ...]) -> list[Worked]:
    """Return lines of one scene: name, punches, expected, and a day if another."""
    return [
        Worked(name, scene, (*rest, day)[0], punches, expected)
        for name, punches, expected, *rest in lines
    ]
