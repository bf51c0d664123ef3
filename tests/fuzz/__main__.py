"""Fuzz all that reads pushed data: ADMS, JSON, and the export to USB.

Real requests are changed at random, those that reach something new are changed further,
and Hypothesis makes up others. Whatever comes, nothing but an answer may come of it, and
nothing may be stored that was not there. What fails is kept in .fuzz/.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from random import Random
import secrets
import sys
import tempfile
from time import monotonic
import traceback

from custom_components.syncid.core.adms.requests import Family

from . import properties
from .checks import Store, check_adms, check_json, check_neighbours, check_usb
from .coverage import Branches
from .mutate import Mutator
from .seeds import adms_cases, json_bodies, usb_files
from .server import Case, Server, all_commands

FAILURES = Path(__file__).resolve().parents[2] / ".fuzz"
# Cases between two looks at whether all of it is in the ledger, and at the time.
_ROUND = 10_000
# Requests of a terminal until another one calls.
_EPISODE = 20
_LINES = frozenset({"ATTLOG", "OPERLOG", "rtlog"})


class Fuzzer:
    """Knows what was tried, and what is worth changing further."""

    def __init__(self, seed: int) -> None:
        """Begin with what really comes."""
        self._random = Random(seed)
        self._mutator = Mutator(self._random)
        self.branches = Branches()
        self.counts: Counter[str] = Counter()
        self._cases = asyncio.run(adms_cases())
        self._json = json_bodies()
        self._usb = usb_files()
        self._real = [
            case
            for case in self._cases
            if case.table in _LINES and not case.body.startswith(b"\x1f")
        ]
        # What is tried at the moment.
        self.now: object = None
        for case in self._cases:
            check_adms(case, Server())

    @property
    def kept(self) -> int:
        """Return how many inputs are changed further."""
        return len(self._cases) + len(self._json) + len(self._usb)

    def run_round(self, cases: int, folder: Path) -> None:
        """Try so many cases, and see that all is stored."""
        store = Store(folder)
        server = Server()
        for number in range(cases):
            if number % _EPISODE == 0:
                server = self._server()
            draw = self._random.random()
            if draw < 0.6:
                self._adms(server, store)
            elif draw < 0.85:
                self._kept(self._json, self._mutator.json, check_json, "json", store)
            elif draw < 0.95:
                self._kept(self._usb, self._mutator.data, check_usb, "usb", store)
            else:
                self._neighbours()
        store.close()

    def _server(self) -> Server:
        """Return a server that knows a terminal, or does not, with a queue for it."""
        kind = self._random.choice(("att", "acc", None, "stranger"))
        if kind == "stranger":
            return Server(added=False)
        family: Family | None = (
            None if kind is None else "acc" if kind == "acc" else "att"
        )
        server = Server(family=family)
        server.say(*all_commands(family or "att"))
        return server

    def _adms(self, server: Server, store: Store) -> None:
        case = self._mutator.case(self._random.choice(self._cases), self._cases)
        self.now, before = case, self.branches.taken
        server.now += self._random.choice((0, 1, 10, 400))
        said = check_adms(case, server, store)
        self.counts["adms"] += 1
        self.counts["adms with punches"] += bool(said.upload and said.upload.punches)
        if self.branches.taken > before:
            self._cases.append(case)

    def _kept(
        self,
        corpus: list[bytes],
        change: Callable[[bytes, list[bytes]], bytes],
        check: Callable[[bytes, Store], object],
        name: str,
        store: Store,
    ) -> None:
        self.now, before = (
            change(self._random.choice(corpus), corpus),
            self.branches.taken,
        )
        taken = check(self.now, store)
        self.counts[name] += 1
        if taken is not None:
            self.counts[f"{name} that was taken"] += bool(taken)
        if self.branches.taken > before:
            corpus.append(self.now)

    def _neighbours(self) -> None:
        case = self._random.choice(self._real)
        line = self._mutator.data(self._random.choice(self._real).body, ())
        line = self._random.choice(line.split(b"\n"))
        place = self._random.randrange(1000)
        self.now = (case, line, place)
        check_neighbours(case, line, place)
        self.counts["neighbours"] += 1


def _keep(fuzzer: Fuzzer, seed: int) -> Path:
    """Write down what failed, and why."""
    FAILURES.mkdir(exist_ok=True)
    file = FAILURES / f"{seed}.txt"
    now = fuzzer.now
    shown = astuple(now) if isinstance(now, Case) else now
    file.write_text(f"{shown!r}\n\n{traceback.format_exc()}")
    return file


def main() -> int:
    """Fuzz for a while; return 1 if something failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, help="of an earlier run")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    begin = told = monotonic()
    fuzzer = Fuzzer(seed)
    print(f"Seed {seed}, {fuzzer.kept} real inputs", flush=True)
    try:
        while monotonic() - begin < 60 * options.minutes:
            with tempfile.TemporaryDirectory() as folder:
                fuzzer.run_round(_ROUND, Path(folder))
            fuzzer.now = "an example of Hypothesis, which is told below"
            fuzzer.counts["made up by Hypothesis"] += properties.run()
            if monotonic() - told > 60:
                told = monotonic()
                _tell(fuzzer, told - begin)
    except Exception:  # noqa: BLE001  # it is what we are here for
        traceback.print_exc()
        tried = sum(fuzzer.counts.values())
        print(f"Failed after {tried} inputs: see {_keep(fuzzer, seed)}")
        return 1
    _tell(fuzzer, monotonic() - begin)
    print("Nothing failed")
    return 0


def _tell(fuzzer: Fuzzer, seconds: float) -> None:
    counts = ", ".join(
        f"{count} {name}" for name, count in sorted(fuzzer.counts.items())
    )
    print(
        f"{seconds / 60:.1f} min: {counts}; {fuzzer.branches.taken} branches,"
        f" {fuzzer.kept} inputs kept",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
