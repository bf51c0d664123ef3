"""All that an admin does, at every kind of terminal, whatever it answers."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from custom_components.syncid.core.errors import (
    EnrollmentFailed,
    LinkError,
    NoLock,
    NotATerminal,
    TerminalError,
    UserRefused,
)
from simulator import PROFILES, Profile
from simulator.numbers import Ack

from .kit import open_ledger
from .operations import (
    OPERATIONS,
    Desk,
    Held,
    Operation,
    StepFailed,
    Trouble,
    open_desk,
)

OPTION = 11
REMOVE_USER = 18
ALL = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
EACH = pytest.mark.parametrize("name", OPERATIONS)


@pytest.fixture
def udp() -> bool:
    """Speak TCP, unless a test says otherwise."""
    return False


@pytest.fixture
def desk(tmp_path: Path, profile: Profile, udp: bool) -> Iterator[Desk]:
    """Return a terminal to do things at."""
    with open_ledger(tmp_path) as ledger, open_desk(ledger, profile, udp=udp) as desk:
        yield desk


@ALL
@EACH
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_done(desk: Desk, profile: Profile, name: str) -> None:
    """Each is done, or refused with its reason."""
    operation = OPERATIONS[name]
    if name == "unlock" and not profile.lock_function:
        with pytest.raises(NoLock):
            desk.do(operation)
    else:
        desk.do(operation)
        assert desk.sim.call(operation.is_done, desk.device)


# What does again what it did.
ONCE = ("unlock", "voice", "option")
ERRORS = tuple(code for code in Ack if code != Ack.OK)


@pytest.mark.parametrize(
    ("name", "profile", "code"),
    [
        pytest.param(name, profile, code, id=f"{name}-{profile.key}-{code.name}")
        for name in OPERATIONS
        for profile in PROFILES.values()
        for code in (ERRORS if profile.key == "iface702" else (Ack.ERROR,))
        if name != "unlock" or profile.lock_function
    ],
)
def test_error_replies(desk: Desk, name: str, code: int) -> None:
    """An error for an answer is an error, or is made good, whatever it answers.

    Up to the request that changes something, the terminal is as it was, byte for byte.
    Behind it, nothing is lost.
    """
    operation = OPERATIONS[name]
    before = desk.begin()
    desk.do(operation)
    after, requests = desk.held(), desk.seen
    first = max(n for n, (_, held) in enumerate(requests) if held == requests[0][1])
    for number, (command, _) in enumerate(requests):
        where = f"request {number} ({command})"
        if (error := refused(desk, operation, number, code)) is None:
            assert desk.held() == after, where
        elif number <= first and not (
            # Who could not be removed keeps nobody else from being synced.
            isinstance(error, StepFailed) and command == REMOVE_USER
        ):
            assert desk.held() == before, f"{where}: {error!r}"
        else:
            assert_nothing_lost(before, desk.held(), after, f"{where}: {error!r}")
        if isinstance(error, LinkError):
            # Who does not tell a serial number is no terminal.
            assert (command, type(error)) == (OPTION, NotATerminal), where


def refused(
    desk: Desk, operation: Operation, number: int, code: int
) -> Exception | None:
    """Have a request answered with an error; return the error that comes of it."""
    try:
        desk.do(operation, Trouble(number, code))
    except (TerminalError, StepFailed) as err:
        return err
    return None


def assert_nothing_lost(before: Held, now: Held, after: Held, where: str) -> None:
    """See that what is there before and after is there in between."""
    for what in before.keys() & after.keys():
        assert what in now, f"{where}: {what} is gone"
        if what not in {("fingers",), ("faces",)}:
            assert now[what] in (before[what], after[what]), f"{where}: {what}"


@pytest.mark.parametrize(
    ("profile", "is_done"),
    [(PROFILES["iface702"], False), (PROFILES["k14"], True)],
    ids=["before", "after"],
)
@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ONCE])
def test_power_cut(desk: Desk, name: str, is_done: bool) -> None:
    """Wherever an operation is cut, doing it again makes it whole.

    Before or after a request is done, which is the same to the terminal.
    """
    operation = OPERATIONS[name]
    desk.do(operation)
    after, requests = desk.held(), desk.seen
    for number, (command, _) in enumerate(requests):
        with pytest.raises((LinkError, EnrollmentFailed)):
            desk.do(operation, Trouble(number, is_done=is_done))
        # What was done is refused.
        with suppress(UserRefused):
            desk.again(operation)
        assert desk.held() == after, f"request {number} ({command})"
