"""Marks through the real ledger: read, computed, committed, and read back.

usage: python -m bench.marks [--assert] [--rounds N]

What Home Assistant's part of attendance has done in its executor is done here: a year
in slices, from nothing and again by other rules; one punch that is stored, found and
marked; a month's grid, from a file that nobody has read yet, once more, and once more
after a punch; the roll.
Behind what the clock says stands what this process had of the processor: where others
use the machine too, the first is more.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date as Date, datetime, timedelta
import gc
from importlib import import_module
from pathlib import Path
import random
from statistics import median
import sys
import tempfile
from time import perf_counter, process_time
from typing import Any, override

from .common import ROOT, load_core

PEOPLE = 500
MANY = 2000
YEAR = Date(2025, 1, 1), Date(2025, 12, 31)
MONTH = Date(2025, 6, 1), Date(2025, 6, 30)
DAY = 86_400
SERIAL = "BENCH00001"
# What the project promises, in seconds.
YEAR_LIMIT = 20.0
PUNCH_LIMIT = 0.005
COLD_LIMIT = 1.0
WARM_LIMIT = 0.1
ROLL_LIMIT = 1.0
# What a punch of a year may cost with all the people, to one with half of them.
LINEAR = 1.25


@dataclass(frozen=True)
class Took:
    """Seconds, by the clock and of the processor."""

    wall: float
    cpu: float

    @override
    def __str__(self) -> str:
        """Write both, in what they are read best."""
        if self.wall < 1:
            return f"{self.wall * 1e3:.1f} ms ({self.cpu * 1e3:.1f} of the processor)"
        return f"{self.wall:.1f} s ({self.cpu:.1f} of the processor)"


def took(work: Callable[[], object]) -> Took:
    """Do something, and return what it takes."""
    wall, cpu = perf_counter(), process_time()
    work()
    return Took(perf_counter() - wall, process_time() - cpu)


def middle(of: Callable[[], Took], rounds: int) -> Took:
    """Return the median of several rounds."""
    return sorted((of() for _ in range(rounds)), key=lambda one: one.wall)[rounds // 2]


class Site:
    """People who punch four times on working days, at one terminal."""

    def __init__(self, folder: Path, people: int, first: Date, last: Date) -> None:
        """Fill a ledger."""
        self.records = import_module("syncid_core.records")
        self.sliced = import_module("syncid_core.case").sliced
        self.export = import_module("syncid_core.export")
        self.first, self.last = first, last
        self.now = _midnight(last) + DAY
        self.ledger = import_module("syncid_core.ledger.ledger").Ledger(
            folder / "syncid.db",
            now=lambda: datetime.fromtimestamp(self.now, UTC),
            on_replaced=print,
        )
        self.ledger.open(bytes(32))
        self.ledger.register(SERIAL, "UTC").result()
        self.book = import_module("syncid_core.book").Book(self.ledger)
        self.count = 0
        self._fill(people)
        self.case = self._case()

    def _fill(self, people: int) -> None:
        known = import_module("syncid_core.people")
        self.book.save_people(
            [
                known.Person(id=f"{n:032x}", name=f"Person {n:04}")
                for n in range(people)
            ],
            [known.Mapping(SERIAL, str(n), f"{n:032x}") for n in range(people)],
        )
        source = random.Random(people)
        for number in range((self.last - self.first).days + 1):
            today = self.first + timedelta(days=number)
            if today.weekday() > 4:
                continue
            made = [
                self.records.Punch(
                    str(one),
                    _midnight(today) + int(hour * 3600 + source.uniform(-600, 900)),
                    word,
                    "fingerprint",
                    1,
                    code,
                )
                for code, word, hour in (
                    (0, "check_in", 8),
                    (2, "break_out", 12),
                    (3, "break_in", 12.75),
                    (1, "check_out", 17),
                )
                for one in range(people)
                if source.random() > 0.03
            ]
            self.store(made)
            self.count += len(made)

    def _case(self) -> Any:
        policy = import_module("syncid_core.attendance.policy")
        station = import_module("syncid_core.attendance.readings").Station
        shift = policy.Shift(
            start=8 * 3600,
            end=17 * 3600,
            grace_late=600,
            days=frozenset(range(5)),
            breaks=(policy.Break(12 * 3600, 13 * 3600),),
            overtime="hours",
            minimum_gap=60,
        )
        return import_module("syncid_core.case").Case(
            rules=import_module("syncid_core.attendance.schedule").Rules(default=shift),
            directory=self.book.directory(),
            stations={
                SERIAL: station(serial=SERIAL, zone="UTC", delivered_until=self.now)
            },
            now=self.now,
            today=self.last,
        )

    def other_rules(self) -> None:
        """Have another grace: every mark is another one, if only by its reasons."""
        rules = self.case.rules
        grace = rules.default.grace_late % 900 + 300
        self.case = replace(
            self.case,
            rules=replace(rules, default=replace(rules.default, grace_late=grace)),
        )

    def store(self, made: list[Any]) -> None:
        """Store what a terminal tells."""
        punches = self.records.Punches.of(made)
        self.ledger.ingest(self.records.Batch(SERIAL, "poll", punches)).result()

    def everything(self) -> None:
        """Compute all marks, as the engine does after rules changed."""
        due = self.book.everything_of(self.case, [*self.case.directory.people])
        for part in self.sliced(due):
            self.book.work(self.case, part, "rules")

    def one_punch(self, number: int) -> tuple[Took, Took]:
        """Have somebody punch; return what storing it takes, and what its mark."""
        day = self.last - timedelta(days=4)
        punch = self.records.Punch(
            str(number), _midnight(day) + 18 * 3600, "check_out", "face"
        )
        stored = took(lambda: self.store([punch]))

        def mark() -> None:
            due = self.book.touched(self.case, SERIAL, self.records.Punches.of([punch]))
            (change,) = self.book.work(self.case, due, "punch")
            if change.after.last_out.wall != punch.local_second:
                raise SystemExit(f"the mark does not know the punch: {change.after}")

        return stored, took(mark)

    def grid(self) -> None:
        """Have a month's grid of all people, as it is asked for."""
        briefs = self.book.briefs(self.first, self.last)
        people = self.case.directory.people
        sheet = self.export.month_grid(
            briefs, people, self.first.year, self.first.month
        )
        if len(sheet.rows) < len(people):
            raise SystemExit("somebody is missing in the grid")

    def grid_after(self, number: int) -> Took:
        """Have somebody punch, and the grid once more."""
        self.one_punch(number)
        return took(self.grid)

    def roll(self) -> int:
        """Return how many are in the building at half past two."""
        moment = _midnight(self.last) + 14 * 3600 + 1800
        people = [*self.case.directory.people]
        return len(self.book.whereabouts(self.case, people, moment))


def _midnight(date: Date) -> int:
    return (date.toordinal() - Date(1970, 1, 1).toordinal()) * DAY


@contextmanager
def a_site(people: int, first: Date, last: Date) -> Iterator[Site]:
    """Have a site, on the disk that the project is on."""
    folder = ROOT / ".demo"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as name:
        site = Site(Path(name), people, first, last)
        try:
            yield site
        finally:
            site.ledger.close()


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assert", dest="check", action="store_true")
    parser.add_argument(
        "--rounds", type=int, default=3, help="of a year by other rules"
    )
    arguments = parser.parse_args()
    load_core()
    failed = []

    def limit(name: str, value: float, most: float) -> None:
        if value > most:
            failed.append(f"{name}: {value:.4f}, at most {most}")

    each = []
    for people in (PEOPLE // 2, PEOPLE):
        with a_site(people, *YEAR) as site:
            gc.collect()
            gc.freeze()  # what was made beforehand is no work of the collector's now
            anew = took(site.everything)
            again = []
            for _ in range(arguments.rounds):
                site.other_rules()
                again.append(took(site.everything))
            other = min(again, key=lambda one: one.wall)
            each.append(min(anew.cpu, other.cpu) / site.count)
            print(
                f"a year of {people} people, {site.count} punches: {anew} from"
                f" nothing, {other} by other rules"
            )
            limit(f"a year of {people} from nothing", anew.wall, YEAR_LIMIT)
            limit(f"a year of {people} by other rules", other.wall, YEAR_LIMIT)
            if people == PEOPLE:
                told = [site.one_punch(number) for number in range(300)]
    limit("linear", each[1] / each[0], LINEAR)
    stored, marked, both = (
        sorted(some)
        for some in zip(
            *((one.wall, other.wall, one.wall + other.wall) for one, other in told),
            strict=True,
        )
    )
    cpu = median(one.cpu + other.cpu for one, other in told)
    print(
        f"one punch to its mark: {median(both) * 1e3:.1f} ms ({cpu * 1e3:.1f} of the"
        f" processor), 99 % within {both[296] * 1e3:.1f} ms: stored in"
        f" {median(stored) * 1e3:.1f}, then marked in {median(marked) * 1e3:.1f}"
    )
    limit("one punch to its mark", median(both), PUNCH_LIMIT)

    with a_site(MANY, *MONTH) as site:
        site.everything()
        cold = took(site.grid)
        warm = middle(lambda: took(site.grid), 9)
        touched = sorted(
            (site.grid_after(number) for number in range(9)), key=lambda one: one.wall
        )[4]
        print(
            f"month grid of {MANY} people: {cold} cold, {warm} warm, {touched} after"
            " somebody punched"
        )
        limit("month grid", cold.wall, COLD_LIMIT)
        limit("month grid, warm", max(warm.wall, touched.wall), WARM_LIMIT)
        site.last = MONTH[1]
        roll = middle(lambda: took(site.roll), 9)
        print(f"roll call of {MANY} people: {roll}")
        limit("roll call", roll.wall, ROLL_LIMIT)

    for failure in failed:
        print("over the limit:", failure)
    if arguments.check and failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
