"""The same over UDP: what gets lost ends the link, and nothing is made of the rest."""

from dataclasses import replace
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any

import pytest

from custom_components.syncid.core.errors import (
    ConnectionLost,
    ConnectionRefused,
    ProtocolError,
    TimedOut,
)
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.link import TerminalLink, Timeouts
from simulator import PROFILES
from simulator.couriers import UdpCourier
from simulator.segments import Write

from .kit import PATIENCE, QUICK_TIMING, TerminalKit

# Old firmware, the kind that others speak UDP with.
K14 = PROFILES["k14"]
SHORT = Timeouts(connect=0.2, reply=0.2, prepare=0.2, window=0.2)


@pytest.mark.parametrize("comm_key", [0, 12])
def test_log_and_live(kit: TerminalKit, comm_key: int) -> None:
    """A long log is read, live punches are news, and all is stored once."""
    kit.start(K14, udp=True, comm_key=comm_key)
    kit.fill(5000)
    kit.watch()
    kit.poll()
    for user_id in ("1001", "1002", "1003"):
        kit.sim.punch(user_id)
        assert kit.next_news().punch.user_id == user_id
    kit.poll()
    kit.assert_ledger_is_log()
    assert kit.news.empty()


@pytest.mark.parametrize("trouble", [{"lose_reply": {1504: 1}}, {"drop_after": 3000}])
def test_lost_datagrams(kit: TerminalKit, trouble: dict[str, Any]) -> None:
    """What does not come is waited for no longer than it may take, and read again."""
    kit.start(K14, udp=True)
    kit.fill(3000)
    for name, value in trouble.items():
        kit.sim.call(setattr, kit.device.faults, name, value)
    kit.watch(make_client=lambda: kit.make_client(timeouts=SHORT))
    assert isinstance(kit.wait_until_down(), TimedOut)
    kit.wait_until_up()
    kit.poll()
    kit.assert_ledger_is_log()
    kit.device.violations.clear()  # it had forgotten the session


@pytest.mark.parametrize("change", ["swapped", "doubled"])
def test_datagrams_that_overtake(
    kit: TerminalKit, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A table whose parts come twice, or in another order, is not taken for one."""
    kit.start(K14, udp=True, people={str(1000 + n): "Somebody" for n in range(120)})
    write_all = UdpCourier._write_all

    async def written(courier: UdpCourier, plan: list[Write]) -> None:
        if len(plan) > 3:
            plan[2:2] = [plan.pop(1) if change == "swapped" else plan[1]]
        await write_all(courier, plan)

    monkeypatch.setattr(UdpCourier, "_write_all", written)
    with kit.client() as client, pytest.raises(ProtocolError):
        client.read_users()
    monkeypatch.undo()
    with kit.client() as client:
        assert len(client.read_users()) == 120


def test_gone_without_a_word(kit: TerminalKit) -> None:
    """Nothing says that a terminal is gone; it is asked, and looked for again."""
    kit.start(K14, udp=True)
    kit.watch(make_client=lambda: kit.make_client(timeouts=SHORT))
    kit.wait_until_up()
    kit.poll()
    kit.sim.drop_links()
    assert isinstance(kit.wait_until_down(), TimedOut)
    kit.sim.punch("1002")
    kit.wait_until_up()
    assert kit.next_news().punch.user_id == "1002"
    kit.poll()
    kit.assert_ledger_is_log()
    kit.device.violations.clear()  # it had forgotten the session


def test_nobody_listens(kit: TerminalKit) -> None:
    """A port at which nobody listens says so, to whoever asks."""
    kit.start(K14, udp=True)
    kit.sim.stop_listening()
    with pytest.raises(ConnectionRefused):
        kit.make_client().open()


def test_another_listens() -> None:
    """What answers in another way is no terminal."""
    with socket(AF_INET, SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        host, port = other.getsockname()
        client = TerminalClient(
            host, port, 0, TerminalLink(timeouts=SHORT, transport="udp")
        )
        with pytest.raises(TimedOut):
            client.open()
        assert not client.link.is_open


def test_stop_while_nothing_answers(kit: TerminalKit) -> None:
    """A thread that waits for an answer is ended, not waited for."""
    kit.start(K14, udp=True)
    kit.watch(
        timing=replace(QUICK_TIMING, farewell=0.05),
        make_client=lambda: kit.make_client(timeouts=Timeouts(reply=1000)),
    )
    kit.wait_until_up()
    kit.poll()
    kit.sim.freeze()
    assert kit.worker is not None
    waiting = kit.worker.submit(lambda client: client.read_serial())
    kit.worker.stop()
    with pytest.raises(ConnectionLost):
        waiting.result(PATIENCE)
    kit.sim.thaw()
