"""What the numbers in a punch mean (protocol-4370 §2.6)."""

import pytest

from custom_components.syncid.core.codes import (
    DirectionOption,
    VerifyFamily,
    VerifyOption,
    direction_of,
    directions,
    methods,
    verify_family,
)
from custom_components.syncid.core.records import DeviceInfo, Direction, VerifyMethod


@pytest.mark.parametrize(
    ("code", "direction"),
    [
        (0, "check_in"),
        (1, "check_out"),
        (2, "break_out"),
        (3, "break_in"),
        (4, "overtime_in"),
        (5, "overtime_out"),
    ],
)
@pytest.mark.parametrize("option", ["auto", "in_only"])
def test_chosen_direction(
    code: int, direction: Direction, option: DirectionOption
) -> None:
    """A direction that was chosen at the terminal is what it is."""
    assert direction_of(code, option) == direction


@pytest.mark.parametrize("code", [None, 255, 7, 6, 99])
@pytest.mark.parametrize(
    ("option", "direction"),
    [
        ("auto", "unknown"),
        ("in_only", "check_in"),
        ("out_only", "check_out"),
        ("none", "unknown"),
    ],
)
def test_settled_direction(
    code: int | None, option: DirectionOption, direction: Direction
) -> None:
    """The terminal's own direction settles what nobody chose."""
    assert direction_of(code, option) == direction


def test_exit_without_keys() -> None:
    """A terminal without keys says 0 at an exit too; a key that was pressed counts."""
    assert direction_of(0, "out_only") == "check_out"
    assert direction_of(3, "out_only") == "break_in"


def test_door_within() -> None:
    """Whatever key is pressed there, nobody comes or goes."""
    assert {*directions("none").values()} == {"unknown"}


@pytest.mark.parametrize(
    ("family", "code", "method"),
    [
        ("classic", 0, "password"),
        ("classic", 2, "card"),
        ("classic", 3, "pin"),
        ("classic", 4, "fingerprint"),
        ("classic", 7, "card"),
        ("classic", 25, "unknown"),
        ("new", 0, "unknown"),
        ("new", 2, "pin"),
        ("new", 3, "password"),
        ("new", 4, "card"),
        ("new", 5, "unknown"),
        ("new", 11, "card"),
        ("new", 18, "face"),
        ("new", 25, "palm"),
    ],
)
def test_methods(family: VerifyFamily, code: int, method: VerifyMethod) -> None:
    """The families number the methods differently."""
    assert methods(family)[code] == method


@pytest.mark.parametrize("family", ["classic", "new"])
@pytest.mark.parametrize(
    ("code", "method"),
    [
        (1, "fingerprint"),
        (15, "face"),
        (129, "fingerprint"),
        (130, "pin"),
        (132, "card"),
        (133, "unknown"),
        (200, "unknown"),
        (255, "unknown"),
        (104, "unknown"),
    ],
)
def test_methods_of_both_families(
    family: VerifyFamily, code: int, method: VerifyMethod
) -> None:
    """Some numbers mean the same everywhere, and some mean nothing."""
    assert methods(family)[code] == method


@pytest.mark.parametrize(
    ("option", "info", "family"),
    [
        ("auto", DeviceInfo("1", platform="ZEM560"), "classic"),
        ("auto", DeviceInfo("1", platform="ZMM220_TFT"), "new"),
        ("auto", DeviceInfo("1", platform="ZAM180_TFT"), "new"),
        ("auto", DeviceInfo("1", platform="JZ4725_TFT", face_version=7), "new"),
        ("auto", DeviceInfo("1", faces_enabled=True), "new"),
        ("auto", DeviceInfo("1"), "classic"),
        ("classic", DeviceInfo("1", platform="ZMM220_TFT"), "classic"),
        ("new", DeviceInfo("1", platform="ZEM560"), "new"),
    ],
)
def test_family(option: VerifyOption, info: DeviceInfo, family: VerifyFamily) -> None:
    """The family is guessed from the terminal, unless the admin knows better."""
    assert verify_family(option, info) == family
