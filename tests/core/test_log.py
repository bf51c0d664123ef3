"""Reading the log: all of it once, then its end (protocol-4370 §4)."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from cryptography.fernet import Fernet
import pytest

from custom_components.syncid.core.errors import (
    ClearRefused,
    TableUnreadable,
    TimedOut,
    WrongTerminal,
)
from custom_components.syncid.core.records import Batch, Ingested
from custom_components.syncid.core.terminal.reports import Collected
from custom_components.syncid.core.terminal.terminal import Terminal
import simulator
from simulator import PROFILES
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import SERIAL, TerminalKit

SIZES_ASKED = 50
FREE_DATA = 1502
PREPARE_BUFFER = 1503
PREPARE = HANDLERS[PREPARE_BUFFER]
IFACE = PROFILES["iface702"]
SIZES = {
    8: replace(PROFILES["k14"], record_size=8),
    16: PROFILES["k14"],
    40: IFACE,
    49: PROFILES["speedface"],
}
SMALL = replace(IFACE, max_records=60)


def collect(kit: TerminalKit, terminal: Terminal) -> Collected:
    """Read the log over a connection of its own, as a poll does."""
    with kit.client() as client:
        terminal.meet(client)
        return terminal.collect(client)


def poll(kit: TerminalKit, terminal: Terminal) -> int:
    """Poll the terminal; return the bytes that came."""
    before = kit.device.traffic.bytes_out
    with kit.client() as client:
        terminal.meet(client)
        terminal.poll(client)
    return kit.device.traffic.bytes_out - before


def punch_later(kit: TerminalKit, count: int, user_id: str = "1002") -> None:
    """Add punches to the end of the log."""
    last = kit.device.log[-1].time if len(kit.device.log) else datetime(2026, 4, 1)
    assert last is not None
    for number in range(1, count + 1):
        kit.sim.punch(user_id, at=last + timedelta(seconds=11 * number))


# --- sizes -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 1, 2, 25, 26, 200, 1700, 7000])
def test_full_read(kit: TerminalKit, size: int, count: int) -> None:
    """Logs of every record size and length are read whole, each record once."""
    kit.start(SIZES[size])
    kit.fill(count)
    terminal = kit.make_terminal()
    assert collect(kit, terminal).new == count
    kit.assert_ledger_is_log()
    assert kit.news.empty()
    cursor = kit.ledger.cursor(SERIAL)
    assert cursor is not None
    assert (cursor.count, cursor.complete) == (count, True)
    assert collect(kit, terminal) == Collected()


@pytest.mark.parametrize("size", SIZES)
def test_tail_read(kit: TerminalKit, size: int) -> None:
    """What was added is read, and is news; what was read before is not read again."""
    kit.start(SIZES[size])
    kit.fill(3000)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    punch_later(kit, 10)
    moved = poll(kit, terminal)
    assert moved < 8_000
    kit.assert_ledger_is_log()
    assert kit.news.qsize() == 10
    assert poll(kit, terminal) < 1_000


def test_nothing_new_moves_nothing(kit: TerminalKit) -> None:
    """If the count is the same, the log is not even prepared."""
    kit.start()
    kit.fill(50)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    kit.device.commands.clear()
    poll(kit, terminal)
    assert 1503 not in {command for command, _ in kit.device.commands}


def test_first_records_of_an_empty_log(kit: TerminalKit) -> None:
    """A log that was empty is read from its start, and is news."""
    kit.start()
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.sim.punch("1001")
    poll(kit, terminal)
    kit.assert_ledger_is_log()
    assert kit.next_news().punch.user_id == "1001"


@pytest.mark.parametrize("reply", ["error", "data", "no_data"])
def test_empty_log(kit: TerminalKit, reply: str) -> None:
    """Every way to say that there is nothing means just that."""
    kit.start(empty_reply=reply)
    assert collect(kit, kit.make_terminal()) == Collected()
    cursor = kit.ledger.cursor(SERIAL)
    assert cursor is not None
    assert cursor.complete


def test_old_8_byte_layout(kit: TerminalKit) -> None:
    """The other order of the short record is told apart."""
    kit.start(replace(SIZES[8], state_before_time=True))
    kit.fill(300)
    collect(kit, kit.make_terminal())
    kit.assert_ledger_is_log()


def test_firmware_update_changes_the_record_size(kit: TerminalKit) -> None:
    """A log of another record size is read anew, and nothing is doubled."""
    kit.start()
    kit.fill(200)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    cursor = kit.ledger.cursor(SERIAL)
    assert cursor is not None
    from custom_components.syncid.core.records import Batch  # noqa: PLC0415

    other = replace(cursor, record_size=16, overlap=bytes(16))
    kit.ingest(Batch(SERIAL, "poll", since=cursor, cursor=other)).result()
    assert collect(kit, terminal).duplicates == 200
    kit.assert_ledger_is_log()


@pytest.mark.parametrize("kept", ["raw", "other"])
@pytest.mark.parametrize("punches", [0, 1])
def test_end_of_the_log_that_cannot_be_read(
    kit: TerminalKit, kept: str, punches: int
) -> None:
    """As nobody keeps it, or by another key: the log is read once more."""
    kit.start()
    kit.fill(3000)
    cleared: list[None] = []
    terminal = kit.make_terminal(on_log_cleared=lambda: cleared.append(None))
    collect(kit, terminal)
    punch_later(kit, 1, "1001")
    poll(kit, terminal)
    assert kit.next_news().punch.user_id == "1001"
    raw = kit.device.log.dataset()[-32 * 40 :]
    overlap = raw if kept == "raw" else Fernet(Fernet.generate_key()).encrypt(raw)
    kit.ledger.write(
        lambda _: kit.ledger._traces.write("UPDATE ends SET records = ?", (overlap,))
    ).result()
    punch_later(kit, punches)
    collected = collect(kit, terminal)
    assert (collected.new, collected.duplicates) == (punches, 3001)
    kit.assert_ledger_is_log()
    assert kit.news.qsize() == punches
    # What was read is kept as it should be.
    punch_later(kit, 1)
    assert poll(kit, terminal) < 8_000
    assert kit.news.qsize() == punches + 1
    assert cleared == []


# --- full, trimmed, cleared -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["overwrite", "delete_block", "refuse"])
@pytest.mark.parametrize("more", [1, 7, 31, 59])
def test_full_log(kit: TerminalKit, policy: str, more: int) -> None:
    """A full log drops its oldest, a block of them, or new ones: none is doubled."""
    kit.start(SMALL, full_log=policy, delete_block=20)
    kit.fill(60)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    before = kit.stored()
    punch_later(kit, more)
    poll(kit, terminal)
    assert kit.stored() == before | kit.logged()
    assert kit.news.qsize() == (0 if policy == "refuse" else more)
    if more < 20:  # enough is left of what was read to find the place
        assert kit.ingested[-1].duplicates == 0


def test_full_log_that_turned_over(kit: TerminalKit) -> None:
    """If nothing of what was read is left, all is read, and is news."""
    kit.start(SMALL, full_log="overwrite")
    kit.fill(60)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    punch_later(kit, 60)
    poll(kit, terminal)
    assert kit.news.qsize() == 60
    assert len(kit.stored()) == 120


@pytest.mark.parametrize("more", [0, 1, 5, 40])
def test_cleared_by_somebody_else(kit: TerminalKit, more: int) -> None:
    """A log that was cleared, and has grown again, is read from its start."""
    kit.start()
    kit.fill(40)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    before = kit.stored()
    kit.sim.call(kit.device.clear_log)
    punch_later(kit, more)
    collect(kit, terminal)
    assert kit.stored() == before | kit.logged()
    assert kit.news.qsize() == more


def test_cleared_and_grown_to_the_same_count(kit: TerminalKit) -> None:
    """A daily look finds what the count does not tell."""
    kit.start()
    kit.fill(5)
    kit.make_terminal()
    now = [0.0]
    terminal = Terminal(kit, serial=SERIAL, local_now=lambda: now[0])
    poll(kit, terminal)
    kit.sim.call(kit.device.clear_log)
    punch_later(kit, 5)
    poll(kit, terminal)
    assert kit.news.empty()
    now[0] = 86_400.0
    poll(kit, terminal)
    assert kit.news.qsize() == 5


def test_identical_records(kit: TerminalKit) -> None:
    """The same user in the same second twice is one punch, and confuses nothing."""
    kit.start()
    kit.fill(40)
    for _ in range(3):
        kit.sim.punch("1001", at=datetime(2026, 6, 1, 8))
    terminal = kit.make_terminal()
    collect(kit, terminal)
    punch_later(kit, 2)
    poll(kit, terminal)
    kit.assert_ledger_is_log()
    assert kit.news.qsize() == 2


def test_clock_set_back(kit: TerminalKit) -> None:
    """The place in the log counts, not the time."""
    kit.start()
    kit.fill(100)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    kit.sim.punch("1001", at=datetime(2000, 1, 1, 0, 0, 5))
    kit.sim.punch("1001", at=datetime(2099, 1, 1))
    poll(kit, terminal)
    kit.assert_ledger_is_log()
    assert kit.news.qsize() == 2


def test_few_batches_on_their_way(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long log does not pile up in front of the ledger, nor before other punches."""
    kit.start()
    kit.fill(100_000)
    waiting: list[tuple[Batch, Future[Ingested]]] = []
    most = 0

    def store_late(batch: Batch) -> Future[Ingested]:
        """Store when the reader waits for it."""
        nonlocal most
        future = Awaited()
        waiting.append((batch, future))
        most = max(most, len(waiting))
        return future

    class Awaited(Future[Ingested]):
        @override
        def result(self, timeout: float | None = None) -> Ingested:
            while not self.done():
                batch, future = waiting.pop(0)
                future.set_result(kit.ledger.ingest(batch).result())
            return super().result(timeout)

    terminal = kit.make_terminal()
    monkeypatch.setattr(kit, "ingest", store_late)
    assert collect(kit, terminal).new == 100_000
    assert most == 8


def test_impossible_date(kit: TerminalKit) -> None:
    """A record with an impossible date is kept aside, and the read goes on."""
    kit.start()
    kit.fill(30)
    impossible = ((26 * 12 + 1) * 31 + 30) * 86400
    raw = bytearray(kit.device.log.packed[-40:])
    raw[27:31] = impossible.to_bytes(4, "little")
    kit.sim.call(kit.device.add_raw_record, bytes(raw))
    punch_later_from = datetime(2026, 6, 1)
    kit.sim.punch("1003", at=punch_later_from)
    terminal = kit.make_terminal()
    assert collect(kit, terminal) == Collected(read=32, new=31, unreadable=1)
    assert kit.ledger.statistics()["quarantine"] == 1
    kit.assert_ledger_is_log()


def test_zeroed_record(kit: TerminalKit) -> None:
    """A record that was erased to zeros is nobody's punch, and is kept aside."""
    kit.start()
    kit.fill(30)
    kit.sim.call(kit.device.add_raw_record, bytes(40))
    terminal = kit.make_terminal()
    assert collect(kit, terminal) == Collected(read=31, new=30, unreadable=1)
    assert ("", 946_684_800) not in kit.stored()


@pytest.mark.parametrize("size", [8, 16])
def test_zeroed_short_record(kit: TerminalKit, size: int) -> None:
    """Old firmware's number 0 is nobody."""
    kit.start(SIZES[size])
    kit.fill(3)
    kit.sim.call(kit.device.add_raw_record, bytes(size))
    assert collect(kit, kit.make_terminal()).unreadable == 1


# --- records that name people by the terminal's numbers ---------------------------------


def test_users_unreadable_for_once(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the users nobody can be named, and nobody is named wrongly."""
    kit.start(SIZES[8], people={"1001": "Amina"})
    kit.sim.punch("1001")
    terminal = kit.make_terminal()
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, PREPARE_BUFFER, refuse_users)
        with pytest.raises(TableUnreadable):
            collect(kit, terminal)
    assert not kit.stored()
    collect(kit, terminal)
    kit.assert_ledger_is_log()


def refuse_users(request: Request) -> Reply:
    """Give the log, and no users."""
    if request.data[1:3] == b"\x09\0":
        return request.error()
    return PREPARE(request)


def test_number_given_to_somebody_else(kit: TerminalKit) -> None:
    """A number that another person got, as many as before, names that person.

    Once a read has seen it: what was there before may be of either.
    """
    kit.start(SIZES[8], people={"1001": "Amina"})
    terminal = kit.make_terminal()
    collect(kit, terminal)

    def swap() -> None:
        kit.device.remove_user(kit.device.users["1001"])
        kit.device.add_user("2002", "Zed")

    kit.sim.call(swap)
    collect(kit, terminal)
    kit.sim.punch("2002")
    poll(kit, terminal)
    assert {user_id for user_id, _ in kit.stored()} == {"2002"}


# --- firmware that does not give every window ------------------------------------------------


@pytest.mark.parametrize("kind", ["refuse", "from_zero"])
def test_tail_reads_that_fail(kit: TerminalKit, kind: str) -> None:
    """Where the tail is not to be had, all is read; after two failures at once."""
    kit.start(tail_reads=kind)
    kit.fill(200)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    for round_ in range(1, 4):
        punch_later(kit, 3)
        poll(kit, terminal)
        kit.assert_ledger_is_log()
        cursor = kit.ledger.cursor(SERIAL)
        assert cursor is not None
        assert cursor.tail_failures == min(round_, 2)
    assert kit.news.qsize() == 9
    kit.device.commands.clear()
    punch_later(kit, 1)
    poll(kit, terminal)
    windows = [data for command, data in kit.device.commands if command == 1504]
    assert int.from_bytes(windows[0][:4], "little") == 0
    # A day later it is asked for the tail again.
    kit.device.faults.tail_reads = "honour"
    kit.fill(6000)
    later = kit.make_terminal()
    poll(kit, later)
    punch_later(kit, 1)
    assert poll(kit, later) < 10_000
    kit.assert_ledger_is_log()


@pytest.mark.parametrize("removed", [1, 1000, 2990])
def test_block_removed_and_nothing_new(kit: TerminalKit, removed: int) -> None:
    """A log that only shrank is known to have, and can be cleared."""
    kit.start()
    kit.fill(3000)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    rest = kit.device.log.packed[removed * IFACE.record_size :]

    def remove() -> None:
        kit.device.clear_log()
        for at in range(0, len(rest), IFACE.record_size):
            kit.device.add_raw_record(rest[at : at + IFACE.record_size])

    kit.sim.call(remove)
    poll(kit, terminal)
    cursor = kit.ledger.cursor(SERIAL)
    assert cursor is not None
    assert cursor.count == 3000 - removed
    kit.device.commands.clear()
    poll(kit, terminal)
    assert PREPARE_BUFFER not in [command for command, _ in kit.device.commands]
    with kit.client() as client:
        assert terminal.clear_log(client).cleared == 3000 - removed
    assert len(kit.stored()) == 3000


@pytest.mark.parametrize("live", [True, False])
def test_table_that_cannot_be_freed(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    """A terminal that refuses to let go of a table is read all the same."""
    kit.start()
    kit.fill(300)
    monkeypatch.setitem(HANDLERS, FREE_DATA, lambda request: request.error())
    kit.watch(live=live)
    kit.poll()
    punch_later(kit, 1)
    kit.poll()
    kit.assert_ledger_is_log()


def test_small_windows_as_bursts(kit: TerminalKit) -> None:
    """Some firmware sends the log as a burst however small."""
    kit.start(small_windows_burst=True)
    kit.fill(40)
    terminal = kit.make_terminal()
    collect(kit, terminal)
    punch_later(kit, 1)
    poll(kit, terminal)
    kit.assert_ledger_is_log()


def test_log_that_is_not_given(kit: TerminalKit) -> None:
    """A terminal that keeps its log to itself is an error, not an empty log."""
    kit.start()
    kit.fill(30)
    terminal = kit.make_terminal()
    kit.device.on(1503, lambda device: device.clear_log(), nth=2)
    with pytest.raises(TableUnreadable):
        collect(kit, terminal)
    assert kit.ledger.cursor(SERIAL) is None


def test_live_file_cleared_in_mid_read(kit: TerminalKit) -> None:
    """Firmware that serves the log of now fails the read; it is done again."""
    kit.start(live_file=True)
    kit.fill(6000)
    terminal = kit.make_terminal()

    def clear(device: simulator.Terminal) -> None:
        device.clear_log()
        device.punch("1001", at=datetime(2026, 6, 1))

    kit.device.on(1504, clear, nth=3)
    collect(kit, terminal)
    stored = kit.stored()
    assert stored >= kit.logged()
    assert set(stored.values()) == {1}
    cursor = kit.ledger.cursor(SERIAL)
    assert cursor is not None
    assert cursor.count == 1


@pytest.mark.parametrize("live_file", [True, False])
@pytest.mark.parametrize("command", [1503, 1504])
def test_punch_in_mid_read(kit: TerminalKit, live_file: bool, command: int) -> None:
    """A punch between count, read and window is had then or next time, once."""
    kit.start(live_file=live_file)
    kit.fill(4000)
    terminal = kit.make_terminal()
    kit.device.on(command, lambda device: device.punch("1001"), nth=2)
    collect(kit, terminal)
    collect(kit, terminal)
    kit.assert_ledger_is_log()


@pytest.mark.parametrize("size", [8, 16])
@pytest.mark.parametrize("later", [0, 1, 3])
def test_punch_between_count_and_read(kit: TerminalKit, size: int, later: int) -> None:
    """Short records, whose size is a guess from the count, are not misread."""
    kit.start(SIZES[size])
    kit.fill(100)
    terminal = kit.make_terminal()

    def punch_more(device: simulator.Terminal) -> None:
        """Punch after the read, and before the records are counted again."""
        for _ in range(later):
            device.punch("1001")

    def punch_and_wait(device: simulator.Terminal) -> None:
        device.punch("1001")
        device.on(SIZES_ASKED, punch_more)

    kit.device.on(PREPARE_BUFFER, punch_and_wait, nth=2)
    assert collect(kit, terminal).read == 101
    poll(kit, terminal)
    kit.assert_ledger_is_log()


# --- users and records --------------------------------------------------------------------------


def test_short_records_name_users(kit: TerminalKit) -> None:
    """Where the log has the terminal's own numbers only, the users tell who it was."""
    kit.start(SIZES[8], people={"77": "Amina", "88": "Bruno"})
    kit.fill(20)
    collect(kit, kit.make_terminal())
    assert {user_id for user_id, _ in kit.stored()} == {"77", "88"}


def test_users_are_read_once(kit: TerminalKit) -> None:
    """Users are read when their number changes, not at every poll."""
    kit.start()
    terminal = kit.make_terminal()
    poll(kit, terminal)
    kit.device.commands.clear()
    poll(kit, terminal)
    assert 1503 not in {command for command, _ in kit.device.commands}
    kit.sim.call(kit.device.add_user, user_id="1004", name="Dina")
    poll(kit, terminal)
    assert 1503 in {command for command, _ in kit.device.commands}


# --- the terminal itself --------------------------------------------------------------------------


def test_another_terminal(kit: TerminalKit) -> None:
    """Another terminal at the address is not read."""
    kit.start()
    terminal = kit.make_terminal(serial="OTHER")
    with kit.client() as client, pytest.raises(WrongTerminal) as error:
        terminal.meet(client)
    assert (error.value.expected, error.value.found) == ("OTHER", SERIAL)


@pytest.mark.parametrize("ahead", [-7200.0, -40.0, 0.0, 90.0])
def test_clock_drift(kit: TerminalKit, ahead: float) -> None:
    """The drift is what the clock is ahead, give or take the second it shows."""
    kit.start(clock_offset=ahead)
    terminal = kit.make_terminal()
    with kit.client() as client:
        drift = terminal.read_status(client).clock_drift
        assert drift == pytest.approx(ahead, abs=1.5)
        sync = terminal.sync_clock(client)
        assert sync.before == pytest.approx(ahead, abs=1.5)
        assert sync.after == pytest.approx(0, abs=1.5)


# --- clearing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_clear_log(kit: TerminalKit, size: int) -> None:
    """The log is emptied after all of it is stored, and read on from there."""
    kit.start(SIZES[size])
    kit.fill(300)
    terminal = kit.make_terminal()
    with kit.client() as client:
        terminal.meet(client)
        assert terminal.clear_log(client).new == 300
    assert len(kit.device.log) == 0
    assert sum(kit.stored().values()) == 300
    punch_later(kit, 2)
    poll(kit, terminal)
    assert kit.news.qsize() == 2
    assert sum(kit.stored().values()) == 302


def test_clear_locks_the_terminal(kit: TerminalKit) -> None:
    """Nobody can punch between the comparison and the end."""
    kit.start(disabled_blocks=True)
    kit.fill(30)
    terminal = kit.make_terminal()
    punched: list[object] = []
    kit.device.on(15, lambda device: punched.append(device.punch("1001")))
    with kit.client() as client:
        terminal.meet(client)
        terminal.clear_log(client)
        assert punched == [None]
        assert kit.sim.punch("1001") is not None


def counted_wrong(device: simulator.Terminal) -> None:
    """Add a record behind the reader's back."""
    device.punch("1001", at=datetime(2026, 7, 1))


@pytest.mark.parametrize(
    ("command", "nth", "spoil"),
    [
        # Between the second read and the comparison.
        (50, 4, counted_wrong),
    ],
)
def test_clear_refuses(
    kit: TerminalKit,
    command: int,
    nth: int,
    spoil: Callable[[simulator.Terminal], None],
) -> None:
    """A log that is not wholly stored is not cleared, and the terminal is unlocked."""
    kit.start()
    kit.fill(30)
    terminal = kit.make_terminal()
    with kit.client() as client:
        terminal.meet(client)
        kit.device.on(command, spoil, nth=nth)
        with pytest.raises(ClearRefused):
            terminal.clear_log(client)
    assert len(kit.device.log) == 31
    assert 1002 in {command for command, _ in kit.device.commands}


def test_clear_with_unknown_outcome(kit: TerminalKit) -> None:
    """If the answer is lost, nothing is claimed, and the next poll finds out."""
    kit.start(lose_reply={15: 1})
    kit.fill(30)
    terminal = kit.make_terminal()
    with kit.client() as client:
        terminal.meet(client)
        with pytest.raises(TimedOut):
            terminal.clear_log(client)
    kit.sim.punch("1003", at=datetime(2026, 7, 1))
    poll(kit, terminal)
    assert sum(kit.stored().values()) == 31
    assert kit.news.qsize() == 1
