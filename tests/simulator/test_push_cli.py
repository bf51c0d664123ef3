"""The command lines of what pushes: python -m simulator adms, and gateway."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator import (
    AdmsFaults,
    AdmsSimulation,
    Gateway,
    GatewayFaults,
    GatewaySimulation,
)
from simulator.push_control import AdmsConsole, GatewayConsole
from simulator.pushers import main

from .adms_server import StrictServer, strict_server
from .typed import typed

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Serve, and see that the terminal did nothing that is not in the document."""
    async with strict_server() as strict:
        yield strict
    assert strict.complaints == []


@pytest.mark.parametrize(
    ("what", "faults"), [("adms", AdmsFaults()), ("gateway", GatewayFaults())]
)
def test_list(
    what: str, faults: AdmsFaults | GatewayFaults, capsys: pytest.CaptureFixture[str]
) -> None:
    """--list names every switch with its meaning."""
    assert main([what, "--list"]) == 0
    told = capsys.readouterr().out
    for switch in faults:
        assert f"{switch.name}={switch.kind}" in told
        assert switch.meaning in told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["adms"], "--url is needed"),
        (["adms", "--url", "nowhere"], "is no http://"),
        (["adms", "--url", NOBODY, "--fault", "hang_up"], "is not NAME=VALUE"),
        (["gateway", "--url", NOBODY, "--fault", "x=1"], "no switch is called x"),
        (["gateway", "--url", NOBODY, "--token-file", "/no/such"], "No such file"),
        (["adms", "--url", NOBODY, "--users", "0", "--records", "1"], "nobody"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What makes no sense is said, and nothing runs."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("title", "faults"),
    [
        ("## Switches of the terminal", AdmsFaults()),
        ("## Switches of the gateway", GatewayFaults()),
    ],
)
def test_the_page_lists_every_switch(
    title: str, faults: AdmsFaults | GatewayFaults
) -> None:
    """Its tables are those of the code, word for word."""
    page = (Path(simulator.__file__).parent / "PUSH.md").read_text()
    part = page.partition(title)[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.replace(r"\|", "¦").strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| `")
    ]
    assert [(row[0], row[1].partition(";")[0], row[2]) for row in rows] == [
        (f"`{switch.name}`", f"`{switch.kind.replace('|', '¦')}`", switch.meaning)
        for switch in faults
    ]


async def test_a_terminal(server: StrictServer, tmp_path: Path) -> None:
    """It pushes, does what is typed, and goes on the next time where it was."""
    state = tmp_path / "state.json"
    arguments = ["--url", server.url, "--state", str(state), "--delay", "0.01"]
    async with typed("adms", *arguments, "--users", "2", "--records", "3") as it:
        told = await it.read()
        assert told == {"event": "pushing", "what": "adms", "serial": server.serial}
        result = await it.type("punch 1002 out face")
        assert (result["user_id"], result["state"], result["verify"]) == ("1002", 1, 15)
        await it.until(lambda status: status["connected"] and not status["unsent"])
        assert (await it.type("quit"))["ok"]
        await it.end()
    assert len(server.lines("ATTLOG")) == 4
    async with typed("adms", *arguments, "--punch-every", "0.01") as it:
        await it.read()
        assert (await it.read())["event"] == "punch"
        await it.until(lambda status: status["connected"] and status["records"] > 5)
    assert len({line for line in server.lines("ATTLOG") if line[:4] == "1001"}) >= 2


async def test_a_gateway(tmp_path: Path) -> None:
    """It says where it sends to nobody: the address of a webhook is a secret."""
    secret = tmp_path / "token"
    secret.write_text("abc\n")
    async with typed(
        "gateway",
        "--url",
        f"{NOBODY}/api/webhook/secret",
        "--token-file",
        str(secret),
        "--records",
        "2",
        "--retry-after",
        "0.01",
    ) as it:
        assert await it.read() == {"event": "pushing", "what": "gateway", "serial": ""}
        await it.until(lambda status: status["last_error"])
        assert (await it.type("punch 7 out"))["state"] == 1
        assert (await it.type("status"))["unsent"] == 3
        assert "secret" not in json.dumps(it.told)
        assert "abc" not in json.dumps(it.told)
        await it.type("quit")
        await it.end()


async def say(console: AdmsConsole | GatewayConsole, line: str) -> dict[str, Any]:
    """Type a line; return what it came to."""
    result = console.run(line)
    assert result is not None
    assert result.ok, result.text
    return result.data


async def test_the_console_of_a_terminal(server: StrictServer) -> None:
    """What can be typed does what it says."""
    async with AdmsSimulation(server.url, step=True) as sim:
        console = AdmsConsole(sim)
        terminal = sim.terminal
        assert console.run("  ") is None
        await say(console, "user 1 Ann Smith")
        assert (await say(console, "users"))["users"] == {"1": "Ann Smith"}
        await say(console, "finger 1 3")
        await say(console, "finger 1")
        await say(console, "face 1")
        assert len(terminal.templates) == 3
        await say(console, "deny")
        await say(console, "alarm tamper")
        await say(console, "photo 1")
        await say(console, "door open")
        assert terminal.door_open
        await say(console, "punch 1 none card")
        assert (terminal.log[0].state, terminal.log[0].verify) == (255, 4)
        await say(console, "fault serial_key=sn")
        assert (await say(console, "fault"))["faults"]["serial_key"] == "sn"
        await say(console, "fault reset")
        await sim.cycle()
        assert (await say(console, "status"))["unsent"] == 0
        await say(console, "resend")
        assert (await say(console, "status"))["unsent"] > 5
        server.ask("ENROLL_FP PIN=1\tFID=7\tRETRY=3\tOVERWRITE=1")
        await sim.cycle()
        assert (await say(console, "status"))["enrolling"] is not None
        assert (await say(console, "press"))["presses"] == 2
        assert (await say(console, "press bad"))["presses"] == 2
        assert (await say(console, "press cancel"))["presses"] == 0
        await say(console, "cut")
        assert not (await say(console, "status"))["running"]
        refused = console.run("punch 1")
        assert refused is not None
        assert not refused.ok
        await say(console, "on")
        assert "press" in (await say(console, "help"))["commands"]
        quits = console.run("quit")
        assert quits is not None
        assert quits.quits


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("dance", "no command is called dance"),
        ("punch", "punch USER"),
        ("punch 9", "nobody has the user id 9"),
        ("punch 1 sideways", "is none of in, out"),
        ("photo", "photo USER"),
        ("user", "user ID"),
        ("finger", "finger USER"),
        ("face", "face USER"),
        ("alarm", "alarm KIND"),
        ("alarm bell", "'bell' is none of tamper"),
        ("door ajar", "door open|closed"),
        ("press", "nobody is being enrolled"),
        ("press hard", "press [good"),
        ("fault x", "fault [NAME=VALUE"),
        ("fault x=1", "no switch is called x"),
    ],
)
def test_wrong_commands(line: str, complaint: str) -> None:
    """What makes no sense is said."""
    result = AdmsConsole(AdmsSimulation(NOBODY)).run(line)
    assert result is not None
    assert not result.ok
    assert complaint in result.text


async def test_the_console_of_a_gateway() -> None:
    """It has less to say."""
    gateway = Gateway(NOBODY)
    console = GatewayConsole(GatewaySimulation(NOBODY, gateway=gateway))
    await say(console, "punch 7 out card")
    assert (gateway.log[0].status, gateway.log[0].verify) == (1, 4)
    gateway.acknowledged = 1
    assert (await say(console, "status"))["unsent"] == 0
    await say(console, "resend")
    assert gateway.unsent == 1
    await say(console, "fault bad_row=3")
    assert gateway.faults.bad_row == 3
    result = console.run("punch")
    assert result is not None
    assert not result.ok
