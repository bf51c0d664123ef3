"""The thread that owns a terminal: live events, jobs between them, and its end."""

from concurrent.futures import Future
from dataclasses import replace
from functools import partial
import queue
import threading
from typing import Any

import pytest

from custom_components.syncid.core.errors import (
    AuthRejected,
    CommandRefused,
    ConnectionLost,
    ConnectionRefused,
    LedgerError,
    LinkError,
    TimedOut,
    WrongTerminal,
)
from custom_components.syncid.core.records import Batch, Ingested
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.link import Timeouts
from custom_components.syncid.core.terminal.worker import Timing

from .kit import PATIENCE, QUICK_TIMING, TerminalKit

# Only one thing happens by itself: nothing.
NEVER = Timing(heartbeat=1000, retry_first=1000, retry_last=1000, farewell=1)


def job(client: TerminalClient) -> str:
    """Ask for something."""
    return client.read_serial()


def numbered(number: int, client: TerminalClient) -> int:
    """Ask for something, and return the own number."""
    client.read_serial()
    return number


# --- live ---------------------------------------------------------------------------


def test_live_punches(kit: TerminalKit) -> None:
    """Punches are news as they happen, and the log adds nothing to them."""
    kit.start()
    kit.fill(50)
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    for user_id in ("1001", "1002", "1003"):
        kit.sim.punch(user_id)
        assert kit.next_news().punch.user_id == user_id
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.news.empty()


def test_events_before_the_log(kit: TerminalKit) -> None:
    """Events are registered before the log is read, so that there is no gap."""
    kit.start()
    kit.fill(50)
    kit.watch()
    kit.poll()
    commands = [command for command, _ in kit.device.commands]
    log_reads = [
        index
        for index, (command, data) in enumerate(kit.device.commands)
        if command == 1503 and data[1:3] == b"\x0d\0"
    ]
    assert commands.index(500) < log_reads[0]


@pytest.mark.parametrize("command", [500, 50, 1503, 1504])
@pytest.mark.parametrize("when", ["before", "after"])
def test_punch_while_it_begins(kit: TerminalKit, command: int, when: Any) -> None:
    """A punch at any moment of the beginning is news, once."""
    kit.start()
    kit.fill(3000)
    kit.device.on(command, lambda device: device.punch("1003"), when=when)
    kit.watch()
    kit.poll()
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.next_news().punch.user_id == "1003"
    assert kit.news.empty()


def test_events_are_acknowledged(kit: TerminalKit) -> None:
    """A terminal that repeats what nobody acknowledged has nothing to repeat."""
    kit.start(event_repeat=0.05)
    kit.watch()
    kit.poll()
    for user_id in ("1001", "1002", "1003"):
        kit.sim.punch(user_id)
        kit.next_news()
    acknowledged = kit.sim.expect(201, nth=3)
    kit.ingested.clear()
    assert acknowledged.wait(PATIENCE)
    assert not kit.ingested


def test_terminal_that_somebody_left_locked(kit: TerminalKit) -> None:
    """A terminal that another program locked takes punches when it is watched."""
    kit.start()
    with kit.client() as other:
        other.lock()
        kit.watch()
        kit.poll()
        assert kit.device.enabled


def test_alive_without_punches(kit: TerminalKit) -> None:
    """A quiet link is asked, and only that keeps it up."""
    kit.start()
    kit.watch()
    kit.wait_until_up()
    beat = kit.sim.expect(201, nth=4)
    assert beat.wait(PATIENCE)
    assert kit.links.empty()


def test_session_is_renewed(kit: TerminalKit) -> None:
    """Long before its numbers start anew, a session makes room for another."""
    kit.start()
    kit.watch(timing=replace(QUICK_TIMING, session_requests=40))
    kit.wait_until_up()
    for number in range(60):
        kit.sim.punch(("1001", "1002", "1003")[number % 3])
        kit.poll()
    kit.wait_until_up()
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.device.traffic.connections > 2


# --- gone and back --------------------------------------------------------------------


def test_dropped_link(kit: TerminalKit) -> None:
    """A link that is cut is down at once, and back; what was missed is news."""
    kit.start()
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    kit.sim.drop_links()
    assert isinstance(kit.wait_until_down(), ConnectionLost)
    kit.sim.punch("1002")
    kit.wait_until_up()
    assert kit.next_news().punch.user_id == "1002"
    kit.poll()
    kit.assert_ledger_is_log()


def test_refused_then_back(kit: TerminalKit) -> None:
    """A terminal that does not listen is tried again until it does."""
    sim = kit.start()
    sim.stop_listening()
    kit.watch()
    for _ in range(3):
        assert isinstance(kit.wait_until_down(), ConnectionRefused)
    sim.start_listening()
    kit.wait_until_up()


def test_half_open_link(kit: TerminalKit) -> None:
    """A link whose other end is gone without a word is found by asking."""
    kit.start()
    kit.watch()
    kit.wait_until_up()
    kit.poll()
    kit.sim.freeze()
    assert isinstance(kit.wait_until_down(), TimedOut)
    kit.sim.thaw()
    kit.sim.punch("1001")
    kit.wait_until_up()
    assert kit.next_news().punch.user_id == "1001"
    kit.poll()
    kit.assert_ledger_is_log()


def test_wrong_key_then_right(kit: TerminalKit) -> None:
    """A key that is refused is told, and tried again."""
    kit.start(comm_key=7, refuse_key=True)
    kit.watch()
    assert isinstance(kit.wait_until_down(), AuthRejected)
    kit.sim.call(setattr, kit.device.faults, "refuse_key", False)
    kit.wait_until_up()


def test_another_terminal(kit: TerminalKit) -> None:
    """Another terminal at the address is not watched."""
    kit.start()
    kit.watch(serial="OTHER")
    assert isinstance(kit.wait_until_down(), WrongTerminal)
    assert 500 not in {command for command, _ in kit.device.commands}


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(0, 0.75), (1, 1.5), (2, 3.0), (6, 45.0), (1000, 45.0)],
)
def test_pauses_grow(kit: TerminalKit, failures: int, expected: float) -> None:
    """The waits between attempts double up to a limit, with some jitter."""
    kit.start()
    kit.watch(timing=Timing(retry_first=1, retry_last=60))
    assert kit.worker is not None
    assert kit.worker._pause(failures) == expected


def test_job_does_not_wait_for_the_pause(kit: TerminalKit) -> None:
    """Somebody who waits has the terminal tried at once."""
    sim = kit.start()
    sim.stop_listening()
    kit.watch(timing=NEVER)
    kit.wait_until_down()
    sim.start_listening()
    assert kit.run(job) == kit.device.serial
    kit.wait_until_up()


# --- jobs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_jobs(kit: TerminalKit, live: bool) -> None:
    """Jobs are done in turn, whoever asks, and each is answered its own."""
    kit.start()
    kit.watch(live=live)
    assert kit.worker is not None
    futures = [kit.worker.submit(partial(numbered, number)) for number in range(20)]
    assert [future.result(PATIENCE) for future in futures] == list(range(20))


def test_polling_leaves(kit: TerminalKit) -> None:
    """A terminal that is polled is left alone in between."""
    kit.start()
    kit.watch(live=False)
    left = kit.sim.expect(1001)
    kit.poll()
    assert left.wait(PATIENCE)
    assert kit.links.empty()


def test_polling_brings_news(kit: TerminalKit) -> None:
    """A poll brings what was punched since the last."""
    kit.start()
    kit.fill(10)
    kit.watch(live=False)
    kit.poll()
    assert kit.news.empty()
    kit.sim.punch("1003")
    kit.poll()
    assert kit.next_news().punch.user_id == "1003"
    kit.assert_ledger_is_log()


@pytest.mark.parametrize("live", [True, False])
def test_job_fails_alone(kit: TerminalKit, live: bool) -> None:
    """What a job raises is its own affair; the next one is done."""
    kit.start(in_menu=True)
    kit.watch(live=live)

    def refused(client: TerminalClient) -> None:
        with client._checked():
            client.verify_user()

    def broken(client: TerminalClient) -> None:
        raise ZeroDivisionError

    with pytest.raises(CommandRefused):
        kit.run(refused)
    with pytest.raises(ZeroDivisionError):
        kit.run(broken)
    assert kit.run(job) == kit.device.serial


@pytest.mark.parametrize("live", [True, False])
def test_job_that_breaks_the_link(kit: TerminalKit, live: bool) -> None:
    """After an answer that did not come, the next job has a new link."""
    kit.start(lose_reply={69: 1})
    kit.watch(live=live)

    def no_answer(client: TerminalClient) -> None:
        client.link.request(69, b" P")

    with pytest.raises(TimedOut):
        kit.run(no_answer)
    assert kit.run(job) == kit.device.serial
    assert kit.device.traffic.connections == 2


@pytest.mark.parametrize("live", [True, False])
def test_asking_again_after_a_broken_link(kit: TerminalKit, live: bool) -> None:
    """Who was told that the link broke, and asks again at once, is answered."""
    kit.start()
    kit.watch(live=live)
    kit.poll()
    worker = kit.worker
    assert worker is not None

    def break_link(client: TerminalClient) -> str:
        client.link.close()
        return job(client)

    again: queue.SimpleQueue[Future[str]] = queue.SimpleQueue()
    broken = worker.submit(break_link)
    broken.add_done_callback(lambda _: again.put(worker.submit(job)))
    with pytest.raises(LinkError):
        broken.result(PATIENCE)
    assert again.get(timeout=PATIENCE).result(PATIENCE) == kit.device.serial


@pytest.mark.parametrize("live", [True, False])
def test_jobs_fail_when_the_terminal_is_away(kit: TerminalKit, live: bool) -> None:
    """Who asks for a terminal that is not there is told so."""
    sim = kit.start()
    sim.stop_listening()
    kit.watch(live=live, timing=NEVER)
    for _ in range(2):
        with pytest.raises(ConnectionRefused):
            kit.run(job)


@pytest.mark.parametrize("live", [True, False])
def test_who_asks_again_gets_another_attempt(kit: TerminalKit, live: bool) -> None:
    """A job given because another one failed does not fail for the same reason."""
    sim = kit.start()
    sim.stop_listening()
    kit.watch(live=live, timing=NEVER)
    again: queue.SimpleQueue[Future[str]] = queue.SimpleQueue()

    def ask_again(_: Future[str]) -> None:
        assert kit.worker is not None
        sim.start_listening()
        again.put(kit.worker.submit(job))

    assert kit.worker is not None
    kit.worker.submit(job).add_done_callback(ask_again)
    assert again.get(timeout=PATIENCE).result(PATIENCE) == kit.device.serial


def test_cancelled_job_is_not_done(kit: TerminalKit) -> None:
    """A job that nobody waits for any more is passed over."""
    kit.start()
    kit.watch(live=False)
    assert kit.worker is not None
    started, go_on = threading.Event(), threading.Event()

    def hold(client: TerminalClient) -> None:
        started.set()
        go_on.wait(PATIENCE)

    done: list[str] = []
    first = kit.worker.submit(hold)
    assert started.wait(PATIENCE)
    second = kit.worker.submit(lambda client: done.append("second"))
    third = kit.worker.submit(lambda client: done.append("third"))
    assert second.cancel()
    go_on.set()
    first.result(PATIENCE)
    third.result(PATIENCE)
    assert done == ["third"]


def test_restart_is_a_job(kit: TerminalKit) -> None:
    """A terminal that was restarted is gone, and back by itself."""
    kit.start(restart_seconds=0.05)
    kit.watch()
    kit.wait_until_up()
    kit.run(TerminalClient.restart_terminal)
    assert kit.wait_until_down() is not None
    kit.wait_until_up()
    kit.sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"


# --- trouble of our own ------------------------------------------------------------------


def test_storage_fails(kit: TerminalKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the log cannot be stored, live punches go on, and the next poll has the rest."""
    kit.start()
    kit.fill(20)

    def full(batch: Batch) -> Future[Ingested]:
        future: Future[Ingested] = Future()
        future.set_exception(LedgerError("the disk is full"))
        return future

    with monkeypatch.context() as patch:
        patch.setattr(kit, "ingest", full)
        kit.watch()
        with pytest.raises(LedgerError):
            kit.poll()
    kit.poll()
    kit.sim.punch("1001")
    assert kit.next_news().punch.user_id == "1001"
    kit.assert_ledger_is_log()


def test_bug_does_not_kill_the_thread(kit: TerminalKit) -> None:
    """An error that nobody foresaw is reported, and the terminal tried again."""
    kit.start()
    calls = iter([ZeroDivisionError(), None])

    def make_client() -> TerminalClient:
        if (error := next(calls, None)) is not None:
            raise error
        return kit.make_client()

    kit.watch(make_client=make_client)
    assert isinstance(kit.wait_until_down(), ZeroDivisionError)
    kit.wait_until_up()


# --- the end ----------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_stop_leaves_politely(kit: TerminalKit, live: bool) -> None:
    """At the end the terminal is told, the thread is gone, and jobs fail."""
    kit.start()
    kit.watch(live=live)
    kit.run(job)
    left = kit.sim.expect(1001)
    assert kit.worker is not None
    kit.worker.stop()
    if live:
        assert left.wait(PATIENCE)
    assert not kit.worker._thread.is_alive()
    with pytest.raises(ConnectionLost):
        kit.run(job)


def test_stop_while_nothing_answers(kit: TerminalKit) -> None:
    """A thread that waits for an answer is ended, not waited for."""
    kit.start()
    kit.watch(
        timing=replace(QUICK_TIMING, farewell=0.05),
        make_client=lambda: kit.make_client(timeouts=Timeouts(reply=1000)),
    )
    kit.wait_until_up()
    kit.poll()
    kit.sim.freeze()
    assert kit.worker is not None
    waiting = kit.worker.submit(job)
    kit.worker.stop()
    with pytest.raises(ConnectionLost):
        waiting.result(PATIENCE)
    kit.sim.thaw()
