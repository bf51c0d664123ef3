"""What is said again of a change, if something newer was said since."""

import pytest

from custom_components.syncid.core.adms.commands import Command, CommandKind
from custom_components.syncid.core.adms.overtaken import without_newer
from custom_components.syncid.core.adms.queue import RESEND_AFTER, enqueue, poll

ANN = "DATA UPDATE USERINFO PIN=7\tName=Ann\tCard=5"


@pytest.mark.parametrize(
    ("kind", "old", "newer", "left"),
    [
        ("change_user", ANN, "DATA UPDATE USERINFO PIN=7\tName=Eve\tCard=", ""),
        ("change_user", ANN, "DATA UPDATE USERINFO PIN=8\tName=Eve\tCard=", ANN),
        (
            "change_user",
            ANN,
            "DATA UPDATE USERINFO PIN=7\tName=Eve",
            "DATA UPDATE USERINFO PIN=7\tCard=5",
        ),
        ("change_user", ANN, "DATA UPDATE FINGERTMP PIN=7\tFID=1\tName=1", ANN),
        (
            "change_user",
            "DATA UPDATE user Cardno=5\tPin=7\tName=Ann",
            "DATA UPDATE user Pin=7\tName=Eve",
            "DATA UPDATE user Cardno=5\tPin=7",
        ),
        # The newer one is all of the user, in old words.
        ("write_user", "DATA USER PIN=7\tName=Ann", "DATA USER PIN=7\tCard=5", ""),
        ("set_option", "SET OPTION A=1", "SET OPTION A=2", ""),
        ("set_option", "SET OPTION A=1", "SET OPTION B=2", "SET OPTION A=1"),
        (
            "write_template",
            "DATA UPDATE FINGERTMP PIN=7\tFID=1\tTMP=aa==",
            "DATA UPDATE FINGERTMP PIN=7\tFID=1\tTMP=bb==",
            "",
        ),
        (
            "write_template",
            "DATA UPDATE FINGERTMP PIN=7\tFID=1\tTMP=aa==",
            "DATA UPDATE FINGERTMP PIN=7\tFID=2\tTMP=bb==",
            "DATA UPDATE FINGERTMP PIN=7\tFID=1\tTMP=aa==",
        ),
        (
            "write_photo",
            "DATA UPDATE USERPIC PIN=7\tContent=aa==",
            "DATA UPDATE BIOPHOTO PIN=7\tContent=bb==",
            "DATA UPDATE USERPIC PIN=7\tContent=aa==",
        ),
    ],
)
def test_without_newer(kind: CommandKind, old: str, newer: str, left: str) -> None:
    """Only what nothing newer tells of the same thing is left."""
    assert without_newer(kind, old, newer) == left


def test_part_that_is_left() -> None:
    """What was not answered is said again without what was changed since."""
    first = enqueue("X1", 1, Command("change_user", ANN, "7"), 0)
    (first,) = poll([first], 1).sent
    newer = Command("change_user", "DATA UPDATE USERINFO PIN=7\tName=Eve", "7")
    polled = poll([first, enqueue("X1", 2, newer, 2)], 3)
    (first,) = polled.overtaken
    assert first in polled.changed
    (again,) = poll([first], 1 + RESEND_AFTER).sent
    assert again.text == "DATA UPDATE USERINFO PIN=7\tCard=5"


def test_nothing_is_left() -> None:
    """What is told anew is waited for, and not said again."""
    first = enqueue("X1", 1, Command("change_user", ANN, "7"), 0)
    (first,) = poll([first], 1).sent
    (first,) = poll(
        [first, enqueue("X1", 2, Command("write_user", ANN, "7"), 2)], 3
    ).overtaken
    assert first.is_open
    assert not poll([first], RESEND_AFTER).changed
    (over,) = poll([first], 1 + RESEND_AFTER).changed
    assert over.state == "expired"
