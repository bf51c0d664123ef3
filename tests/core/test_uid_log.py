"""Logs that name people by the terminal's own numbers alone, which others may get."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.syncid.core.errors import LinkError
from custom_components.syncid.core.records import UserChange
from custom_components.syncid.core.terminal.people import People
from custom_components.syncid.core.terminal.terminal import Terminal
from custom_components.syncid.core.terminal.users import MAX_UID, free_uids
from simulator import PROFILES

from .kit import TerminalKit

BY_UID = replace(PROFILES["k14"], record_size=8)


def change(
    kit: TerminalKit, terminal: Terminal, do: Callable[[People], object]
) -> None:
    """Change people at the terminal, over a connection of its own."""
    with kit.client() as client:
        terminal.meet(client)
        with terminal.changing_people(client) as people:
            do(people)


def poll(kit: TerminalKit, terminal: Terminal) -> None:
    """Poll the terminal, over a connection of its own."""
    with kit.client() as client:
        terminal.meet(client)
        terminal.poll(client)


def remove(kit: TerminalKit, terminal: Terminal, user_id: str) -> None:
    """Remove somebody."""
    info = terminal.info
    assert info is not None
    change(kit, terminal, lambda people: people.remove(user_id, info))


def enroll(kit: TerminalKit, terminal: Terminal, user_id: str) -> int:
    """Add somebody; return the number they got."""
    change(kit, terminal, lambda people: people.enroll(user_id, UserChange()))
    return kit.device.users[user_id].uid


def who(kit: TerminalKit) -> list[str]:
    """Return whose punches are in the ledger."""
    return sorted(user_id for user_id, _ in kit.stored().elements())


def kept_aside(tmp_path: Path) -> list[tuple[str, str]]:
    """Return whose records are kept for a human to look at, and why."""
    with sqlite3.connect(tmp_path / "syncid.db") as connection:
        found = connection.execute("SELECT user_id, reason FROM quarantine").fetchall()
    connection.close()
    return found


RESTARTED = pytest.mark.parametrize("restarted", [False, True])


@RESTARTED
def test_number_of_who_was_removed(kit: TerminalKit, restarted: bool) -> None:
    """Who is added gets no number that is in the log, and nobody else's punches."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1003")
    remove(kit, terminal, "1003")
    if restarted:
        terminal = kit.make_terminal()
    assert enroll(kit, terminal, "1004") == 4
    kit.sim.punch("1004")
    poll(kit, terminal)
    assert who(kit) == ["1003", "1004"]


def test_all_in_one_go(kit: TerminalKit) -> None:
    """The same within one visit, as a sync does."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1003")
    info = terminal.info
    assert info is not None

    def swap(people: People) -> None:
        people.remove("1003", info)
        people.enroll("1004", UserChange())

    change(kit, terminal, swap)
    poll(kit, terminal)
    assert who(kit) == ["1003"]
    assert kit.device.users["1004"].uid == 4


def test_number_that_only_the_log_knows(kit: TerminalKit) -> None:
    """Who was removed before SyncID came still stands in the log."""
    kit.start(BY_UID)
    kit.sim.punch("1003")
    kit.sim.call(kit.device.users.remove, kit.device.users["1003"])
    terminal = kit.make_terminal()
    assert enroll(kit, terminal, "1004") == 4
    poll(kit, terminal)
    assert who(kit) == []


def test_unknown_number(
    kit: TerminalKit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A record of somebody whom nobody knows is kept raw, and is nobody's."""
    kit.start(BY_UID)
    kit.sim.punch("1001")
    kit.sim.punch("1003")
    kit.sim.call(kit.device.users.remove, kit.device.users["1003"])
    terminal = kit.make_terminal()
    poll(kit, terminal)
    assert who(kit) == ["1001"]
    assert kept_aside(tmp_path) == [("", "unknown_uid")]
    assert "numbers that no user" in caplog.text


def test_number_that_changed_hands_at_the_terminal(
    kit: TerminalKit, tmp_path: Path
) -> None:
    """What was not read yet may be of either, and so is nobody's; later it is known."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1003")
    kit.sim.call(kit.device.users.remove, kit.device.users["1003"])
    kit.sim.call(kit.device.add_user, user_id="1009", name="Dana", uid=3)
    poll(kit, terminal)
    assert who(kit) == []
    assert kept_aside(tmp_path) == [("", "unknown_uid")]
    kit.sim.punch("1009")
    poll(kit, terminal)
    assert who(kit) == ["1009"]


@RESTARTED
def test_log_that_cannot_be_read(
    kit: TerminalKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    restarted: bool,
) -> None:
    """Who should not get in any more is removed all the same, and not replaced."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1003")
    with monkeypatch.context() as patch:
        patch.setattr(kit.device.log, "dataset", lambda: bytes(4))
        remove(kit, terminal, "1003")
        if restarted:
            terminal = kit.make_terminal()
        assert enroll(kit, terminal, "1004") == 4
    assert "Could not read the log" in caplog.text
    poll(kit, terminal)
    assert who(kit) == []
    assert kit.ledger.statistics()["quarantine"] == 1


def test_link_that_breaks_before_a_change(kit: TerminalKit) -> None:
    """What breaks the link before anything was written is told as ever."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1003")
    # The first table is that of the users, for their names.
    kit.device.on(1503, lambda _: kit.sim.server.drop_links(), nth=2)
    with pytest.raises(LinkError):
        remove(kit, terminal, "1003")
    assert "1003" in kit.device.users


def test_number_that_was_free_for_a_while(kit: TerminalKit) -> None:
    """Who gets a number that a poll has seen free makes all that comes then."""
    kit.start(BY_UID)
    kit.sim.punch("1003")
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.call(kit.device.users.remove, kit.device.users["1003"])
    poll(kit, terminal)
    kit.sim.call(kit.device.add_user, user_id="1009", name="Dana", uid=3)
    kit.sim.punch("1009")
    poll(kit, terminal)
    assert who(kit) == ["1003", "1009"]


def test_ledger_that_cannot_be_read(
    kit: TerminalKit, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who should not get in any more is removed whatever SyncID can store."""
    kit.start(BY_UID)
    terminal = kit.make_terminal()
    poll(kit, terminal)
    connection = sqlite3.connect(tmp_path / "syncid.db")
    connection.execute("ALTER TABLE cursors RENAME TO elsewhere")
    remove(kit, terminal, "1003")
    assert enroll(kit, terminal, "1004") == 4
    assert "Could not read the log" in caplog.text
    connection.execute("ALTER TABLE elsewhere RENAME TO cursors")
    connection.close()


def test_log_with_user_ids(kit: TerminalKit) -> None:
    """Where records tell user ids, people are changed without reading the log."""
    kit.start()
    kit.sim.punch("1003")
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1002")
    remove(kit, terminal, "1003")
    assert enroll(kit, terminal, "1004") == 3
    assert who(kit) == ["1003"]
    poll(kit, terminal)
    assert who(kit) == ["1002", "1003"]


def test_numbers_above_all_that_were() -> None:
    """What was left free is taken when there is nothing above."""
    assert next(iter(free_uids([1, 2], above=7))) == 8
    assert list(free_uids([1, 3, MAX_UID - 1], above=5)) == [
        MAX_UID,
        2,
        *range(4, MAX_UID - 1),
    ]
    assert list(free_uids([1], above=MAX_UID)) == list(range(2, MAX_UID + 1))
