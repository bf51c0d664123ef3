"""A terminal that pushes by itself, and what it keeps."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator import ADMS_PROFILES, AdmsFaults, AdmsSimulation, AdmsTerminal
from simulator.adms import flood_log
from simulator.adms.keep import load, save

from .adms_server import StrictServer, strict_server

SOON = 0.001
NEVER = 3600.0


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Serve, and see that the terminal did nothing that is not in the document."""
    async with strict_server() as strict:
        yield strict
    assert strict.complaints == []


def pushes(
    server: StrictServer,
    profile: str = "att",
    *,
    delay: float = SOON,
    error_delay: float = SOON,
) -> AdmsSimulation:
    """Return a terminal with somebody that pushes by itself."""
    sim = AdmsSimulation(
        server.url, profile=profile, delay=delay, error_delay=error_delay
    )
    sim.terminal.add_user("1", "Ann")
    return sim


@pytest.mark.parametrize("profile", ADMS_PROFILES)
async def test_by_itself(server: StrictServer, profile: str) -> None:
    """It connects, uploads at once what is new, polls, and does what it is asked."""
    async with pushes(server, profile) as sim:
        await sim.until_connected()
        await sim.punch("1")
        await sim.until_uploaded()
        assert len(server.lines("ATTLOG", "rtlog")) == 1
        await sim.until_polled(3)
        update = {
            "att": "DATA UPDATE USERINFO PIN=2",
            "old": "DATA USER PIN=2",
            "acc": "DATA UPDATE user Pin=2",
        }[profile]
        server.ask(update)
        await sim.until_done(update)
        assert server.results == {"1": 0}
        assert "2" in sim.terminal.users
        assert sim.last_error is None
        assert sim.terminal.violations == []


async def test_realtime(server: StrictServer) -> None:
    """A punch does not wait for the next poll; a terminal hangs up when it goes."""
    async with pushes(server, delay=NEVER) as sim:
        await sim.until_polled()
        await sim.punch("1")
        await sim.until_uploaded()
        assert sim.terminal.polls == 1
        assert sim.terminal.client.connections == 1
    assert not [
        task for task in asyncio.all_tasks() if task.get_name().startswith("simulator")
    ]


async def test_what_ends_it_is_seen(server: StrictServer) -> None:
    """Whoever waits is told, and does not wait in vain."""
    sim = pushes(server)
    sim.terminal.add_user("2", "a name that is no text")
    sim.terminal.faults.name_encoding = "no encoding"  # type: ignore[assignment]
    with pytest.raises(LookupError):
        async with sim:
            await sim.until_uploaded()


async def test_an_enrolment_is_reported_at_once(server: StrictServer) -> None:
    """The result does not wait for the next poll either."""
    server.ask("ENROLL_FP PIN=1\tFID=1\tRETRY=3\tOVERWRITE=1")
    async with pushes(server, delay=NEVER) as sim:
        await sim.until(lambda: sim.terminal.enrolment)
        for _ in range(3):
            sim.terminal.press()
        await sim.until_done("ENROLL_FP")
    assert server.results == {"1": 0}


async def test_it_tries_again(server: StrictServer) -> None:
    """After refusals, and after answers that acknowledge nothing."""
    server.instead |= {
        "cdata": [(500, "broken"), (401, "who?")],
        "ATTLOG": [(503, "later"), (200, "OK"), (500, "broken")],
        "getrequest": [(500, "broken")],
        "devicecmd": [(500, "broken")],
    }
    server.ask("AC_UNLOCK")
    async with pushes(server) as sim:
        await sim.punch("1")
        await sim.until_uploaded()
        await sim.until_done("AC_UNLOCK")
        assert len(server.lines("ATTLOG")) == 1
        assert server.results == {"1": 0}
        assert "not accepted" in str(sim.last_error)
        assert server.instead == {
            "cdata": [],
            "ATTLOG": [],
            "getrequest": [],
            "devicecmd": [],
        }


async def test_between_two_tries_it_polls_on(server: StrictServer) -> None:
    """A server that takes no data still sees that the terminal is there (§6)."""
    server.instead["ATTLOG"] = [(503, "later")]
    async with pushes(server, error_delay=NEVER) as sim:
        await sim.punch("1")
        await sim.until_polled(5)
        assert sim.terminal.unsent
        assert server.lines("ATTLOG") == []


async def test_a_server_that_goes_and_comes(server: StrictServer) -> None:
    """What was punched meanwhile is uploaded then; so after a power cut."""
    async with pushes(server) as sim:
        await sim.until_uploaded()
        address, sim.terminal.client.base_url = server.url, "http://127.0.0.1:9"
        await sim.terminal.client.close()
        await sim.punch("1")
        await sim.until(lambda: sim.last_error)
        sim.terminal.client.base_url = address
        await sim.until_uploaded()
        sim.power_cut()
        await sim.punch("1")
        sim.power_on()
        await sim.until_uploaded()
        assert len(server.lines("ATTLOG")) == 2


async def test_pings_in_long_uploads(server: StrictServer) -> None:
    """If the server wants them (§2)."""
    server.options["SupportPing"] = "1"
    async with pushes(server) as sim:
        await sim.until_polled()
        sim.terminal.faults.batch = 1
        sim.terminal.fill_log(20)
        await sim.until_uploaded()
    assert any("/iclock/ping" in line for line in server.requests)


async def test_a_restart_that_was_asked_for(server: StrictServer) -> None:
    """It comes back by itself."""
    server.ask("REBOOT")
    async with pushes(server) as sim:
        await sim.until(lambda: sim.terminal.restarts)
        await sim.until_uploaded()
        await sim.until_polled()
    assert sum("options=all" in line for line in server.requests) == 2


@pytest.mark.parametrize("profile", ADMS_PROFILES)
async def test_what_is_kept_in_a_file(
    server: StrictServer, profile: str, tmp_path: Path
) -> None:
    """All that it has, and how far the server has it."""
    path = tmp_path / "terminal.json"
    async with AdmsSimulation(server.url, profile=profile, step=True) as sim:
        one = sim.terminal
        one.add_user("1", "Ann")
        one.add_fingerprint("1")
        one.fill_log(3)
        if profile != "acc":
            one.take_photo("1")
        await sim.connect()
        await sim.upload(one.log_table)
        await sim.punch("1")
        save(one, path)
    assert path.stat().st_mode & 0o777 == 0o600
    other = AdmsTerminal(ADMS_PROFILES[profile], one.serial, server.url)
    load(other, path)
    assert (other.users, other.templates, other.log) == (
        one.users,
        one.templates,
        one.log,
    )
    assert {name: list(journal) for name, journal in other.journals.items()} == {
        name: list(journal) for name, journal in one.journals.items()
    }
    assert other.registry_code == one.registry_code
    async with AdmsSimulation(server.url, step=True, terminal=other) as sim:
        await sim.connect()
        await sim.upload(other.log_table)
        assert len(server.lines(other.log_table)) == 4
        index = (await sim.punch("1")).index
        assert index == 5


@pytest.mark.parametrize("profile", ["att", "acc"])
async def test_flood(server: StrictServer, profile: str) -> None:
    """The same punches many times, over several connections at once."""
    async with AdmsSimulation(server.url, profile=profile, step=True) as sim:
        sim.terminal.add_user("1")
        sim.terminal.fill_log(100)
        answers = await flood_log(sim.terminal, times=10, connections=4, limit=30)
        assert {answer.status for answer in answers} == {200}
        seen = Counter(server.lines(sim.terminal.log_table))
        assert len(seen) == 100
        assert min(seen.values()) >= 10
        assert max(seen.values()) > 10
        assert sim.terminal.log[-1].user_id == "1"


def test_switches() -> None:
    """Each has a meaning and a form, and goes back."""
    faults = AdmsFaults()
    switches = list(faults)
    assert len(switches) > 35
    assert all(switch.meaning and switch.kind for switch in switches)
    for name, text in (
        ("path_suffix", ".aspx"),
        ("serial_key", "none"),
        ("attlog_fields", "2"),
        ("result_id", "77"),
        ("hang_up", "2"),
    ):
        faults.set(name, text)
    assert faults != AdmsFaults()
    faults.repeat = True
    assert faults.strike("result_id", faults.result_id) == faults.result_id == "77"
    faults.repeat = False
    assert faults.strike("result_id", faults.result_id) == "77"
    assert faults.result_id is None
    faults.reset()
    assert faults == AdmsFaults()
