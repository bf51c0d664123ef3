"""Marks of a year, of a day and of one punch, against pandas.

usage: python -m bench.attendance [--assert] [--rounds N]

Both get the same punches as Python objects and give the same marks, which is checked:
status, first in, last out, seconds late, early, worked, of breaks and of overtime, and
what punch is missing. pandas knows no double punches, no nights, no reasons.
Its time includes making a table of the punches, and the marks of it, as ours does;
importing it is not counted. Both get all people at once, as the ledger's book hands them
over. They take turns, so that a machine which is slow for a while is slow for both.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import date as Date, timedelta
import gc
from importlib import import_module
import random
from statistics import median
import sys
from time import perf_counter
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from .common import load_core

PEOPLE = 500
GRID_PEOPLE = 2000
FIRST, LAST = Date(2025, 1, 1), Date(2025, 12, 31)
DAY = 86_400
# What the project promises, in seconds.
YEAR_LIMIT = 20.0
PUNCH_LIMIT = 0.005
GRID_LIMIT = 1.0
WARM_LIMIT = 0.1
# The same day, to pandas.
RATIO_LIMIT = 1.0
# What a day may cost with all the people, to one with a quarter of them.
LINEAR = 1.25

START, END, GRACE, BREAK, GAP = 8 * 3600, 17 * 3600, 600, 3600, 60
SERIAL = "BENCH00001"


class Site:
    """The people of a site, their punches, and both ways to marks."""

    def __init__(self, people: int, first: Date, last: Date) -> None:
        """Have everybody punch four times on working days, some less, by keys."""
        load_core()
        records = import_module("syncid_core.records")
        policy = import_module("syncid_core.attendance.policy")
        self.schedule = schedule = import_module("syncid_core.attendance.schedule")
        self.readings = readings = import_module("syncid_core.attendance.readings")
        person = import_module("syncid_core.people").Person
        self.day = import_module("syncid_core.attendance.day")
        self.export = import_module("syncid_core.export")
        self.first, self.last = first, last
        self.rules = schedule.Rules(
            default=policy.Shift(
                start=START,
                end=END,
                grace_late=GRACE,
                days=frozenset(range(5)),
                breaks=(policy.Break(12 * 3600, 13 * 3600),),
                overtime="hours",
                minimum_gap=GAP,
            )
        )
        self.now = _midnight(last) + 5 * DAY
        self.stations = (
            readings.Station(serial=SERIAL, zone="UTC", delivered_until=self.now),
        )
        self.people = {
            str(number): person(id=str(number), name=f"Person {number:04}")
            for number in range(people)
        }
        source = random.Random(people)
        self.punches: dict[str, list[Any]] = {}
        for one in self.people:
            held = self.punches[one] = []
            for number in range((last - first).days + 1):
                today = first + timedelta(days=number)
                if today.weekday() > 4 or source.random() < 0.03:
                    continue
                forgets = source.random() < 0.02
                midnight = _midnight(today)
                for code, word, hour, spread in (
                    (0, "check_in", 8, 900),
                    (2, "break_out", 12, 600),
                    (3, "break_in", 12.75, 900),
                    (1, "check_out", 17, 3600),
                ):
                    if code == 1 and forgets:
                        continue
                    second = midnight + int(hour * 3600 + source.uniform(-600, spread))
                    punch = records.Punch(
                        one, second, word, "fingerprint", 1, code, None
                    )
                    held.append(
                        records.StoredPunch(SERIAL, punch, second, "poll", None)
                    )

    @property
    def count(self) -> int:
        """Return how many punches there are."""
        return sum(map(len, self.punches.values()))

    def each(self) -> Iterator[list[Any]]:
        """Yield each one's marks, computed from nothing: to be stored, and forgotten."""
        known = {one.serial: one for one in self.stations}
        courts = self.day.Courts(known, self.now)
        for one, person in self.people.items():
            roster = self.schedule.Roster(self.rules, person, [*known])
            found = self.readings.readings(self.punches[one], known, self.rules.zone)
            subject = self.day.Subject(roster, (), found)
            yield [*courts.marks(subject, self.first, self.last)]

    def reprocess(self) -> int:
        """Compute all marks anew, and return how many there are."""
        return sum(map(len, self.each()))

    def marks(self) -> list[Any]:
        """Return everybody's marks."""
        return [mark for marks in self.each() for mark in marks]

    def one_mark(self, one: str, date: Date, punches: Sequence[Any]) -> Any:
        """Return whose day a punch is, and its mark."""
        person = self.people[one]
        self.day.days_of(self.rules, person, punches[-1:], stations=self.stations)
        return self.day.mark_day(
            self.rules, person, date, punches, stations=self.stations, now=self.now
        )

    def pandas(self) -> dict[tuple[str, int], tuple[Any, ...]]:
        """Return the same by person and number of the day, by pandas."""
        rows = [
            (one, punch.local_second, punch.state_code)
            for one, held in self.punches.items()
            for _, punch, *_ in held
        ]
        frame = pd.DataFrame(rows, columns=["person", "second", "code"])
        frame = frame.drop_duplicates().sort_values(["person", "second"])
        frame["day"] = frame["second"] // DAY
        keys = ["person", "day"]
        came = frame[frame["code"] == 0].groupby(keys)["second"].min()
        left = frame[frame["code"] == 1].groupby(keys)["second"].max()
        out = frame[frame["code"] == 2].groupby(keys)["second"].sum()
        back = frame[frame["code"] == 3].groupby(keys)["second"].sum()
        numbers = range(_number(self.first), _number(self.last) + 1)
        every = pd.MultiIndex.from_product([[*self.people], numbers], names=keys)
        table = pd.DataFrame(
            {"came": came, "left": left, "pause": back - out}, index=every
        )
        day = table.index.get_level_values("day")
        midnight = day * DAY
        since = table["came"] - midnight - START
        table["late"] = since.where(since > GRACE, 0).fillna(0)
        noon = (
            table["left"].clip(upper=midnight + 13 * 3600)
            - table["came"].clip(lower=midnight + 12 * 3600)
        ).clip(lower=0)
        pause = pd.concat([table["pause"], noon], axis=1).max(axis=1)
        table["worked"] = (table["left"] - table["came"] - pause).fillna(0)
        table["breaks"] = pause.where(table["left"].notna(), 0).fillna(0)
        table["early"] = (midnight + END - table["left"]).clip(lower=0).fillna(0)
        table.loc[(day + 3) % 7 > 4, ["late", "early"]] = 0
        there = table["came"].notna() | table["left"].notna()
        table["missing_in"] = there & table["came"].isna()
        table["missing_out"] = there & table["left"].isna()
        owed = END - START - BREAK
        table["overtime"] = (table["worked"] - owed).clip(lower=0)
        table["status"] = "present"
        table.loc[table["late"] > 0, "status"] = "late"
        table.loc[table["came"].isna(), "status"] = "absent"
        weekend = (day + 3) % 7 > 4
        table.loc[weekend, "status"] = "day_off"
        columns = [
            "status",
            "came",
            "left",
            "late",
            "early",
            "worked",
            "breaks",
            "overtime",
            "missing_in",
            "missing_out",
        ]
        return dict(
            zip(
                table.index,
                table[columns].itertuples(index=False, name=None),
                strict=True,
            )
        )


def _number(date: Date) -> int:
    return date.toordinal() - Date(1970, 1, 1).toordinal()


def _midnight(date: Date) -> int:
    return _number(date) * DAY


def check(site: Site) -> None:
    """Insist that both say the same."""
    theirs = site.pandas()
    for mark in site.marks():
        told = theirs[mark.person_id, _number(mark.date)]
        came, left = (None if pd.isna(one) else int(one) for one in told[1:3])
        mine = (
            mark.status,
            mark.first_in and mark.first_in.wall,
            mark.last_out and mark.last_out.wall,
            mark.late_by,
            mark.early_by,
            mark.worked,
            mark.breaks,
            mark.overtime,
            "missing_in" in mark.flags,
            "missing_out" in mark.flags,
        )
        if mine != (told[0], came, left, *map(int, told[3:8]), *map(bool, told[8:])):
            raise SystemExit(f"not the same: {mine}, pandas {told}")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begin = perf_counter()
    work()
    return perf_counter() - begin


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assert", dest="check", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rounds = range(arguments.rounds)
    failed = []

    def limit(name: str, value: float, most: float) -> None:
        if value > most:
            failed.append(f"{name}: {value:.4f}, at most {most}")

    sites = [Site(people, FIRST, LAST) for people in (PEOPLE // 4, PEOPLE)]
    check(sites[0])
    # What was made beforehand is no work of the collector's now.
    gc.freeze()
    each, rival = [1e9] * len(sites), 1e9
    for _ in rounds:
        for place, site in enumerate(sites):
            each[place] = min(each[place], timed(site.reprocess) / site.count)
        rival = min(rival, timed(sites[-1].pandas))
    seconds = each[-1] * sites[-1].count
    for site, one in zip(sites, each, strict=True):
        print(
            f"a year of {len(site.people)} people, {site.count} punches:"
            f" {one * site.count:.2f} s, {one * 1e6:.1f} µs each"
        )
    print(f"  pandas: {rival:.2f} s; ratio {seconds / rival:.2f}")
    limit("a year", seconds, YEAR_LIMIT)
    limit("linear", each[-1] / each[0], LINEAR)

    today = Date(2025, 6, 3)
    for people in (1, PEOPLE):
        site = Site(people, today, today)
        check(site)
        turns = [(timed(site.marks), timed(site.pandas)) for _ in range(40)]
        mine, theirs = zip(*turns, strict=True)
        ratio = median(one / other for one, other in turns)
        print(
            f"a day of {people} people: {median(mine) * 1e3:.2f} ms;"
            f" pandas {median(theirs) * 1e3:.2f} ms; ratio {ratio:.2f}"
        )
        limit(f"a day of {people}, to pandas", ratio, RATIO_LIMIT)

    punches = site.punches["0"]
    each = sorted(
        timed(lambda: site.one_mark("0", today, punches)) for _ in range(1000)
    )
    print(
        f"one punch to its mark: median {median(each) * 1e3:.3f} ms,"
        f" 99 % within {each[989] * 1e3:.3f} ms"
    )
    limit("one punch", each[989], PUNCH_LIMIT)

    site = Site(GRID_PEOPLE, Date(2025, 6, 1), Date(2025, 6, 30))
    stored = site.marks()
    rows = [
        (mark.person_id, mark.date.isoformat(), mark.status, mark.final)
        for mark in stored
    ]
    brief = import_module("syncid_core.attendance.marks").Brief
    write_xlsx = import_module("syncid_core.sheets").write_xlsx

    def grid(marks: Sequence[Any]) -> Any:
        return site.export.month_grid(marks, site.people, 2025, 6)

    sheet = grid(stored)
    warm = median(timed(lambda: grid(stored)) for _ in rounds)
    cold = median(
        timed(
            lambda: grid(
                [brief(row[0], Date.fromisoformat(row[1]), *row[2:]) for row in rows]
            )
        )
        for _ in rounds
    )
    anew = median(timed(lambda: grid(site.marks())) for _ in rounds)
    file = median(timed(lambda: write_xlsx([sheet])) for _ in rounds)
    print(
        f"month grid of {GRID_PEOPLE} people: {cold:.2f} s from stored rows,"
        f" {warm * 1e3:.0f} ms from marks in memory; {anew:.2f} s from the punches;"
        f" XLSX {file:.2f} s"
    )
    limit("month grid", cold, GRID_LIMIT)
    limit("month grid, warm", warm, WARM_LIMIT)

    for failure in failed:
        print("over the limit:", failure)
    if arguments.check and failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
