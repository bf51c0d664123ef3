"""1,000 people with 2 fingers each, from one terminal to another.

usage: python -m bench.transfer [--assert]

SyncID plans, writes and reads everything back; pyzk writes one person after the other
with `save_user_template`, and believes what it is told.
"""

import argparse
from importlib import import_module
import sys
from time import perf_counter
from typing import Any

from zk import ZK

from .common import load_core, terminal

PEOPLE = 1000
FINGERS = 2
LIMIT = 1 / 3


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assert", dest="check", action="store_true")
    arguments = parser.parse_args()
    load_core()
    with (
        terminal(0, PEOPLE, FINGERS) as source,
        terminal(0, 0) as ours,
        terminal(0, 0) as theirs,
    ):
        begin = perf_counter()
        syncid(source.port, ours.port)
        seconds = perf_counter() - begin
        begin = perf_counter()
        pyzk(source.port, theirs.port)
        rival = perf_counter() - begin
        same = held(ours.port) == held(theirs.port) == held(source.port)
    ratio = seconds / rival
    print(
        f"{PEOPLE} people with {FINGERS} fingers each: {seconds:.2f} s;"
        f" pyzk {rival:.2f} s; ratio {ratio:.2f}; the same: {same}"
    )
    if arguments.check and (ratio > LIMIT or not same):
        sys.exit(1)


def client(port: int) -> Any:
    """Connect to a terminal as SyncID does."""
    connected = import_module("syncid_core.terminal.client").TerminalClient(
        "127.0.0.1", port
    )
    connected.open()
    return connected


def syncid(source: int, target: int) -> None:
    """Plan, write, and read back."""
    transfer = import_module("syncid_core.terminal.transfer")
    people = import_module("syncid_core.terminal.people")
    here = client(source)
    roster = transfer.read_roster(here, here.read_info())
    here.leave()
    there = client(target)
    steps = transfer.Transfer(
        there, people.People(there), there.read_info(), roster
    ).do()
    there.leave()
    if {step.outcome for step in steps} != {"add"}:
        raise SystemExit("not everybody was brought")


def pyzk(source: int, target: int) -> None:
    """Write one person after the other."""
    here = ZK("127.0.0.1", port=source, ommit_ping=True)
    here.connect()
    users, templates = here.get_users(), here.get_templates()
    here.disconnect()
    there = ZK("127.0.0.1", port=target, ommit_ping=True)
    there.connect()
    there.get_users()  # or else it writes records of another size
    for user in users:
        there.save_user_template(
            user, [template for template in templates if template.uid == user.uid]
        )
    there.disconnect()


def held(port: int) -> list[Any]:
    """Return the people and templates of a terminal."""
    transfer = import_module("syncid_core.terminal.transfer")
    there = client(port)
    roster = transfer.read_roster(there, there.read_info())
    there.leave()
    decode = import_module("syncid_core.terminal.users").decode_user
    return sorted(
        (
            person.user_id,
            decode(person.record).name,
            [(one.finger, one.template) for one in person.fingers],
        )
        for person in roster.people
    )


if __name__ == "__main__":
    main()
