"""What is said again of a change, if something newer was said since."""

import pytest

from custom_components.syncid.core.adms.commands import Command, CommandKind
from custom_components.syncid.core.adms.overtaken import without_newer
from custom_components.syncid.core.adms.queue import (
    RESEND_AFTER,
    CommandRow,
    enqueue,
    finish,
    poll,
)
from custom_components.syncid.core.adms.results import CommandResult

DONE = CommandResult("2", 0)
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
        # The newer one is all of the user.
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
    assert without_newer(kind, old, kind, newer) == left


def test_part_in_old_words() -> None:
    """What may lose all that it does not name is said as it is, or not at all."""
    old, newer = (
        "DATA USER PIN=7\tName=Ann\tCard=5",
        "DATA UPDATE USERINFO PIN=7\tName=Eve",
    )
    assert without_newer("write_user", old, "change_user", newer) == old


def said(*texts: str, kind: CommandKind = "change_user") -> list[CommandRow]:
    """Return commands about a user that were said at 1."""
    rows = [
        enqueue("X1", id_, Command(kind, text, "7"), 0)
        for id_, text in enumerate(texts, 1)
    ]
    return [*poll(rows, 1).sent]


@pytest.mark.parametrize(
    ("newer", "again"),
    [
        (
            "DATA UPDATE USERINFO PIN=7\tName=Eve",
            ["DATA UPDATE USERINFO PIN=7\tCard=5"],
        ),
        ("DATA UPDATE USERINFO PIN=7\tName=Eve\tCard=", []),
    ],
)
def test_newer_one_is_done(newer: str, again: list[str]) -> None:
    """What was not answered is said again without what was done anew since."""
    first, second = said(ANN, newer)
    # Both were said at once, and the first result is lost on its way.
    changed = {one.id: one for one in finish([first, second], [DONE], 2).rows}
    assert changed[2].state == "done"
    polled = poll([changed[1]], 1 + RESEND_AFTER)
    assert [one.text for one in polled.sent] == again
    assert again or [one.state for one in polled.expired] == ["expired"]


def test_newer_one_is_refused() -> None:
    """What was not done takes nothing away."""
    rows = said(ANN, ANN)
    (failed,) = finish(rows, [CommandResult("2", -1001)], 2).rows
    assert failed.id == 2


def test_nobody_knows_which_was_done() -> None:
    """Both are said again in their order."""
    rows = said(ANN, "DATA UPDATE USERINFO PIN=7\tName=Eve")
    assert [one.id for one in poll(rows, 1 + RESEND_AFTER).sent] == [1, 2]


def test_fingers_in_old_words() -> None:
    """What was said in old words is overtaken in old words."""
    finger = "DATA UPDATE FINGERTMP PIN=7\tFID=1\tTMP="
    rows = [
        enqueue("X1", id_, Command("write_template", f"{finger}{id_}", "7"), 0)
        for id_ in (1, 2)
    ]
    sent = poll(rows, 1, in_old=True).sent
    changed = {one.id: one for one in finish(sent, [DONE], 2).rows}
    assert poll([changed[1]], 1 + RESEND_AFTER, in_old=True).sent == ()
