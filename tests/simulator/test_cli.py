"""The command line: python -m simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import pty
import signal
import subprocess
import sys
from typing import Any

import pytest

from simulator import Faults

from .raw import READ_LOG, READ_USERS, raw_client

ROOT = Path(__file__).parents[2]
PATIENCE = 30


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


class Console:
    """A running simulator that is typed at."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take a process."""
        self.process = process

    def read(self) -> Any:
        """Return the next line that it prints, as an object."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def type(self, line: str) -> Any:
        """Type a command and return what it comes to."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what is left to read."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert err == ""
        return self.process.returncode, out


@contextmanager
def console(*arguments: str, stdin: int = subprocess.PIPE) -> Iterator[Console]:
    """Run the command with --json on any free port."""
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", "--json", *arguments],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Console(process)
        finally:
            if process.poll() is None:
                process.kill()


def test_help() -> None:
    """--help tells what there is."""
    done = run("--help")
    assert done.returncode == 0
    for option in ("--profile", "--port", "--udp", "--comm-key", "--punch-every"):
        assert option in done.stdout


def test_list() -> None:
    """--list names the profiles and every switch with its meaning."""
    done = run("--list")
    assert done.returncode == 0
    for key in ("iface702", "k14", "speedface"):
        assert key in done.stdout
    for switch in Faults():
        assert f"{switch.name}={switch.kind}" in done.stdout
        assert switch.meaning in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--fault", "nonsense=1"), "no switch is called nonsense"),
        (("--fault", "pause"), "'pause' is not NAME=VALUE"),
        (("--fault", "pause=soon"), "pause is seconds"),
        (("--profile", "toaster"), "invalid choice"),
        (("--records", "100001"), "the log holds 100000 records"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], complaint: str) -> None:
    """What makes no sense is said, and nothing runs."""
    done = run("--port", "0", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""


def test_the_line_for_people() -> None:
    """One line says what listens where."""
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", "--serial", "ABC1"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(line.rpartition(":")[2])
        assert line == f"SyncID simulator: iFace702 ABC1 on 127.0.0.1:{port}\n"
        out, _ = process.communicate("punch 1001 out\nnonsense\nquit\n", PATIENCE)
    assert process.returncode == 0
    first, second, third = out.splitlines()
    assert first.startswith("punch 1001 at 20")
    assert second == "no command is called nonsense; try help"
    assert third == "bye"


def test_a_port_that_is_taken() -> None:
    """It says so and ends with an error."""
    with console() as first:
        port = first.read()["port"]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_terminal_as_ordered() -> None:
    """Profile, key, people and records are those that were asked for."""
    with console(
        "--profile", "k14", "--users", "25", "--records", "70", "--serial", "K1"
    ) as it:
        told = it.read()
        assert told == {
            "event": "listening",
            "device": "K14",
            "serial": "K1",
            "host": "127.0.0.1",
            "port": told["port"],
            "transport": "tcp",
        }
        with raw_client(told["port"]) as client:
            assert len(client.read(READ_USERS)) == 25 * 28
            assert len(client.read(READ_LOG)) == 70 * 16
            assert client.request(11, b"~SerialNumber\0").data == b"~SerialNumber=K1\0"
        assert it.type("quit")["ok"]
        assert it.end() == (0, "")


def test_udp_with_a_key_and_a_fault() -> None:
    """The other transport, a comm key, and a switch from the command line."""
    with console("--udp", "--comm-key", "12", "--fault", "missing_options=MAC") as it:
        told = it.read()
        assert told["transport"] == "udp"
        with raw_client(told["port"], udp=True, connect=False) as client:
            assert client.connect().command == 2005
        faults = it.type("fault")["faults"]
        assert faults["missing_options"] == "('MAC',)"
        it.type("quit")
        assert it.end() == (0, "")


def test_the_console() -> None:
    """What can be typed does what it says."""
    with console("--users", "2") as it:
        port = it.read()["port"]
        with raw_client(port) as client:
            assert client.request(500, b"\x01\0\0\0").command == 2000
            result = it.type("punch 1002 out face")
            assert (result["ok"], result["user_id"]) == (True, "1002")
            assert (result["state"], result["verify"]) == (1, 15)
            event = client.receive()
            assert event.data[:26] == b"1002".ljust(24, b"\0") + b"\x0f\x01"

            assert it.type("punch 1001 overtime-in")["state"] == 4
            assert client.receive().command == 500
            assert client.request(500, b"\x80\x02\0\0").command == 2000
            assert it.type("deny")["ok"]
            assert client.receive().data == b"\xff\xff\xff\xff\1\0\0"
            assert it.type("alarm tamper")["ok"]
            assert client.receive().data == b"\x37\0\0\0"
            assert it.type("alarm duress 1002")["ok"]
            assert client.receive().data[6:8] == b"\2\0"
            assert it.type("user 2001 Zainab Khan")["uid"] == 3
            assert it.type("users")["users"]["2001"] == "Zainab Khan"
            status = it.type("status")
            assert (status["users"], status["records"]) == (3, 2)
            assert (status["links"], status["sessions"]) == (1, 1)

            assert it.type("fault empty_window=silent")["empty_window"] == "silent"
            assert it.type("fault")["faults"]["empty_window"] == "silent"
            assert it.type("fault reset")["ok"]
            assert it.type("fault")["faults"]["empty_window"] == "data"

            assert it.type("freeze")["ok"]
            client.send(1100)
            assert it.type("thaw")["ok"]
            assert client.receive().command == 2000
            assert it.type("clear")["ok"]
            assert it.type("status")["records"] == 0
            assert it.type("drop")["links"] == 1
            with pytest.raises(EOFError):
                client.receive()
        assert it.type("off")["ok"]
        assert it.type("status")["running"] is False
        assert it.type("on")["ok"]
        assert it.type("fault restart_seconds=0")["ok"]
        assert it.type("restart")["seconds"] == 0
        assert "punch" in it.type("help")["commands"]
        it.type("quit")
        assert it.end() == (0, "")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("dance", "no command is called dance"),
        ("punch", "punch USER"),
        ("punch 9999", "nobody has the user id 9999"),
        ("punch 1001 sideways", "'sideways' is none of in, out"),
        ("punch 1001 palm", "'palm' is none of"),
        ("alarm", "alarm KIND"),
        ("alarm bell", "'bell' is none of tamper"),
        ("alarm duress 9999", "nobody has the user id 9999"),
        ("user", "user ID"),
        ("user 0", "user id '0'"),
        ("fault nonsense=1", "no switch is called nonsense"),
        ("fault pause", "fault [NAME=VALUE"),
    ],
)
def test_wrong_commands(line: str, complaint: str) -> None:
    """What makes no sense is said, and it runs on."""
    with console("--profile", "k14") as it:
        it.read()
        result = it.type(line)
        assert (result["event"], result["ok"]) == ("result", False)
        assert complaint in result["error"]
        assert it.type("status")["ok"]


def test_people_punch_by_themselves() -> None:
    """With --punch-every they come in turn."""
    with console("--users", "2", "--punch-every", "0.01") as it:
        it.read()
        punches = [it.read() for _ in range(5)]
    assert [punch["event"] for punch in punches] == ["punch"] * 5
    assert [(punch["user_id"], punch["state"]) for punch in punches] == [
        ("1001", 0),
        ("1002", 0),
        ("1001", 1),
        ("1002", 1),
        ("1001", 0),
    ]


def test_quiet() -> None:
    """Only where it listens is printed."""
    with console("--quiet", "--punch-every", "0.001") as it:
        assert it.read()["event"] == "listening"
        assert it.process.stdin is not None
        it.process.stdin.write("punch 1001\nquit\n")
        it.process.stdin.flush()
        assert it.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(number: int) -> None:
    """It stops cleanly, as a daemon without input too."""
    with console(stdin=subprocess.DEVNULL) as it:
        port = it.read()["port"]
        # The input has long ended, and it serves.
        with raw_client(port) as client:
            assert client.request(1100).command == 2000
            it.process.send_signal(number)
            with pytest.raises(EOFError):
                client.receive()
        assert it.end() == (0, "")


def test_the_end_of_a_pipe_is_not_the_end() -> None:
    """Commands may be piped in; it runs on behind the last of them."""
    with console() as it:
        port = it.read()["port"]
        assert it.process.stdin is not None
        it.process.stdin.write("punch 1001\nuser 77")
        it.process.stdin.close()
        it.process.stdin = None
        assert it.read()["user_id"] == "1001"
        assert it.read()["user_id"] == "77"
        with raw_client(port) as client:
            assert client.request(1100).command == 2000
        it.process.send_signal(signal.SIGTERM)
        assert it.end() == (0, "")


def test_the_end_of_a_terminal_is_the_end() -> None:
    """Whoever types Ctrl-D wants to stop."""
    ours, theirs = pty.openpty()
    try:
        with console(stdin=theirs) as it:
            it.read()
            os.write(ours, b"\x04")
            assert it.end() == (0, "")
    finally:
        os.close(ours)
        os.close(theirs)
