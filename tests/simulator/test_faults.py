"""The switches as such: their forms and meanings."""

from pathlib import Path

import pytest

import simulator
from simulator import Faults, Simulation

from .conftest import Dial


def test_every_switch_has_a_meaning_and_a_form() -> None:
    """What --list prints is complete."""
    names = [switch.name for switch in Faults()]
    assert len(names) == len(set(names)) > 30
    for switch in Faults():
        assert switch.meaning
        assert switch.kind


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("segmentation", "dribble", "dribble"),
        ("pause", "0.5", 0.5),
        ("dribble_bytes", "3", 3),
        ("in_menu", "on", True),
        ("in_menu", "off", False),
        ("drop_after", "100", 100),
        ("drop_after", "none", None),
        ("garbage", "dead beef", b"\xde\xad\xbe\xef"),
        ("empty_reply", "no_data", "no_data"),
        ("empty_reply", "none", None),
        ("missing_options", "MAC, ~Platform", ("MAC", "~Platform")),
        ("lose_reply", "50,1503:2", {50: 1, 1503: 2}),
        ("delay", "1503:0.5,3", {1503: 0.5, 0: 3.0}),
    ],
)
def test_switches_from_text(name: str, text: str, value: object) -> None:
    """The command line and the console can set every kind."""
    faults = Faults()
    faults.set(name, text)
    assert getattr(faults, name) == value
    assert value != getattr(Faults(), name) or value in {None, False}
    faults.reset()
    assert faults == Faults()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nonsense", "1"),
        ("set", "1"),
        ("segmentation", "sometimes"),
        ("in_menu", "maybe"),
        ("pause", "long"),
        ("garbage", "xyz"),
        ("lose_reply", "x"),
    ],
)
def test_switches_from_wrong_text(name: str, text: str) -> None:
    """What makes no sense is an error and changes nothing."""
    faults = Faults()
    with pytest.raises(ValueError, match=name):
        faults.set(name, text)
    assert faults == Faults()


def test_the_switches_may_be_replaced(dial: Dial, sim: Simulation) -> None:
    """A test may set a whole new set."""
    sim.terminal.faults = Faults(missing_options=("MAC",))
    assert dial(sim).request(11, b"MAC\0").command == 2001


def test_the_readme_lists_every_switch() -> None:
    """Its table is that of the code, word for word."""
    readme = (Path(simulator.__file__).parent / "README.md").read_text()
    rows = [
        [cell.strip() for cell in line.replace(r"\|", "¦").strip("|").split("|")]
        for line in readme.partition("## Switches")[2].splitlines()
        if line.startswith("| `")
    ]
    assert [(row[0], row[1].partition(";")[0], row[2]) for row in rows] == [
        (f"`{switch.name}`", f"`{switch.kind.replace('|', '¦')}`", switch.meaning)
        for switch in Faults()
    ]
