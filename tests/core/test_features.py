"""What a terminal can do, as far as it says."""

from dataclasses import replace
import threading
from typing import Any

import pytest

from custom_components.syncid.core.errors import LinkError, SecretOption, TooLate
from custom_components.syncid.core.records import Features
from custom_components.syncid.core.terminal.features import (
    read_features,
    read_public_option,
)
from simulator import PROFILES
from simulator.numbers import Ack
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import PATIENCE, TerminalKit

PIN_WIDTH = 69
PREPARE_BUFFER = 1503
USERS = 9
FEATURES = {
    "iface702": Features(
        pin_width=9, cards=True, fingers=True, lock=True, user_size=72
    ),
    "speedface": Features(
        pin_width=14, cards=True, fingers=True, lock=True, user_size=72
    ),
    "k14": Features(pin_width=9, cards=True, fingers=True, lock=False, user_size=28),
}


def read(kit: TerminalKit) -> Features:
    """Return what the terminal says of itself."""
    with kit.client() as client:
        return read_features(client)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_profiles(kit: TerminalKit, profile: str) -> None:
    """Every kind of terminal says what it can do, and the table how long a user is."""
    kit.start(PROFILES[profile])
    assert read(kit) == FEATURES[profile]


def test_letters(kit: TerminalKit) -> None:
    """A terminal may take letters in user ids."""
    profile = PROFILES["iface702"]
    options = {**profile.options, "~IsABCPinEnable": "1", "~RFCardOn": "0"}
    kit.start(replace(profile, options=options))
    features = read(kit)
    assert (features.letters_in_ids, features.cards) == (True, False)


def test_nobody(kit: TerminalKit) -> None:
    """Without users there is no telling how long their records are."""
    kit.start(people={})
    assert read(kit).user_size is None


@pytest.mark.parametrize("switch", ["missing_options", "empty_options"])
def test_that_says_nothing(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    """What a terminal does not say is not known, rather than not there."""
    names = ("~PIN2Width", "~IsABCPinEnable", "~RFCardOn", "~LockFunOn")
    faults: dict[str, Any] = {switch: names}
    kit.start(**faults)
    assert read(kit) == Features(pin_width=9, fingers=True, user_size=72)
    monkeypatch.delitem(HANDLERS, PIN_WIDTH)
    monkeypatch.setitem(HANDLERS, PREPARE_BUFFER, lambda request: request.error())
    assert read(kit) == Features(fingers=True)


@pytest.mark.parametrize("code", [Ack.UNKNOWN, Ack.READ_FAILED])
def test_that_refuses_to_be_asked(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, code: Ack
) -> None:
    """A terminal that refuses one question is not kept out for that."""
    kit.start()
    prepare = HANDLERS[PREPARE_BUFFER]

    def refuse_users(request: Request) -> Reply:
        is_users = request.data[1] == USERS
        return request.reply(code) if is_users else prepare(request)

    monkeypatch.setitem(HANDLERS, PREPARE_BUFFER, refuse_users)
    assert read(kit) == Features(pin_width=9, cards=True, fingers=True, lock=True)


@pytest.mark.parametrize("value", ["", "yes", "-1"])
def test_that_makes_no_sense(kit: TerminalKit, value: str) -> None:
    """A value that is no number says nothing."""
    profile = PROFILES["iface702"]
    options = {"~PIN2Width": value, "~LockFunOn": value}
    kit.start(replace(profile, options=options))
    features = read(kit)
    assert features.lock is None
    assert features.pin_width == 9  # which there is a command for


def test_secrets(kit: TerminalKit) -> None:
    """An option is read by its name, unless it may be a secret."""
    kit.start()
    with kit.client() as client:
        assert read_public_option(client, "IPAddress") == "192.168.1.201"
        for name in ("COMKey", "WebPassword", "ApiKey"):
            with pytest.raises(SecretOption, match=name):
                read_public_option(client, name)


def test_link_that_breaks_meanwhile(kit: TerminalKit) -> None:
    """What could not be asked over one link is asked over the next, all of it."""
    kit.start(lose_reply={PREPARE_BUFFER: 1})
    watched = kit.watch()
    assert isinstance(kit.wait_until_down(), LinkError)
    kit.wait_until_up()
    kit.poll()
    assert watched.features == FEATURES["iface702"]
    kit.sim.punch("1001", verify=3)
    assert kit.next_news().punch.method == "password"  # by the newer numbers


@pytest.mark.parametrize(("seconds", "unlocks"), [(15, [3]), (16, [])])
def test_door_that_had_to_wait(
    kit: TerminalKit, seconds: int, unlocks: list[int]
) -> None:
    """A door does not open long after it was asked to, when nobody looks any more."""
    kit.start()
    clock = [1000.0]
    terminal = kit.watch(live=False, now=lambda: clock[0])
    assert kit.worker is not None
    is_over = threading.Event()
    kit.worker.submit(lambda client: is_over.wait(PATIENCE))
    unlocking = kit.worker.submit(terminal.unlocking(3))
    clock[0] += seconds
    is_over.set()
    if unlocks:
        assert unlocking.result(PATIENCE) is False
    else:
        with pytest.raises(TooLate):
            unlocking.result(PATIENCE)
    assert kit.device.unlocks == unlocks
