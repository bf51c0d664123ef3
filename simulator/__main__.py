"""Run a terminal from the command line: ``python -m simulator``."""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
import json
import os
import signal
import sys
import threading

from .control import Console, Result
from .faults import Faults
from .profiles import PROFILES
from .server import Server
from .terminal import Terminal

_NAMES = [
    "Amina",
    "Bilal",
    "Carmen",
    "Dawit",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Idris",
    "Joana",
    "Kofi",
    "Leila",
    "Mateo",
    "Nadia",
    "Omar",
    "Priya",
    "Quentin",
    "Rania",
    "Samuel",
    "Tariq",
]
_FIRST_USER_ID = 1001


def _parser() -> argparse.ArgumentParser:
    """Return what the command line understands."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A ZKTeco attendance terminal in software.",
        epilog="While it runs it reads commands from its input; type help.",
    )
    parser.add_argument("--profile", choices=PROFILES, default="iface702")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=4370, help="0 for any free one")
    parser.add_argument("--udp", action="store_true", help="UDP instead of TCP")
    parser.add_argument("--serial", default="CKUJ203460001")
    parser.add_argument("--comm-key", type=int, default=0, metavar="N")
    parser.add_argument("--users", type=int, default=10, metavar="N")
    parser.add_argument("--records", type=int, default=0, metavar="N")
    parser.add_argument(
        "--punch-every", type=float, metavar="SECONDS", help="people punch in turn"
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME=VALUE", help="see --list"
    )
    parser.add_argument("--list", action="store_true", help="list profiles and faults")
    parser.add_argument("--json", action="store_true", help="print one object per line")
    parser.add_argument(
        "--quiet", action="store_true", help="print nothing but where it listens"
    )
    return parser


def _print_lists() -> None:
    """Print the profiles and the switches."""
    print("Profiles")
    for profile in PROFILES.values():
        print(
            f"  {profile.key:10} {profile.name}, {profile.platform}, "
            f"{profile.firmware}: users of {profile.user_size} bytes, records of "
            f"{profile.record_size}, live punches of {profile.event_size}"
        )
    print("\nFaults (--fault NAME=VALUE)")
    for switch in Faults():
        print(f"  {switch.name}={switch.kind}\n      {switch.meaning}")


class _Output:
    """Prints lines for people or objects for scripts."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        """Remember how."""
        self._as_json = as_json
        self._quiet = quiet

    def line(
        self, kind: str, text: str, data: Mapping[str, object], *, loud: bool = False
    ) -> None:
        """Print one."""
        if self._quiet and not loud:
            return
        print(
            json.dumps({"event": kind, **data}) if self._as_json else text, flush=True
        )

    def result(self, command: str, result: Result) -> None:
        """Print what a command came to."""
        data = {"error": result.text} if not result.ok else result.data
        self.line("result", result.text, {"command": command, "ok": result.ok} | data)


def _read_input(take: Callable[[str], None], end: Callable[[], None]) -> None:
    """Read lines for ever, in a thread that nothing waits for."""
    rest = b""
    # os.read, not sys.stdin: a thread that holds the lock of sys.stdin while
    # the interpreter shuts down is a fatal error.
    with suppress(OSError):
        while chunk := os.read(0, 4096):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                take(line.decode(errors="replace"))
        if rest:
            take(rest.decode(errors="replace"))
    end()


def _make_terminal(options: argparse.Namespace) -> Terminal:
    """Return the terminal that the command line describes."""
    terminal = Terminal(
        PROFILES[options.profile], serial=options.serial, comm_key=options.comm_key
    )
    for assignment in options.fault:
        name, sign, value = assignment.partition("=")
        if not sign:
            raise ValueError(f"{assignment!r} is not NAME=VALUE")
        terminal.faults.set(name, value)
    for number in range(options.users):
        round_number, index = divmod(number, len(_NAMES))
        name = _NAMES[index] + (f" {round_number + 1}" if round_number else "")
        terminal.add_user(str(_FIRST_USER_ID + number), name)
    if options.records:
        terminal.fill_log(options.records)
    return terminal


async def _punch_for_ever(
    terminal: Terminal, console: Console, output: _Output, seconds: float
) -> None:
    """Let people punch in turn, in and out."""
    for number in count():
        await asyncio.sleep(seconds)
        users = list(terminal.users)
        if not users or not terminal.running:
            continue
        round_number, index = divmod(number, len(users))
        result = console.punch(users[index].user_id, state=round_number % 2)
        output.line("punch", result.text, result.data)


async def _run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Serve until told to stop."""
    output = _Output(as_json=options.json, quiet=options.quiet)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    async with Server(terminal, options.host, options.port, udp=options.udp) as server:
        console = Console(terminal, server)

        def type_line(line: str) -> None:
            """Do a line, and print what it came to."""
            if (result := console.run(line)) is not None:
                output.result(line.split(maxsplit=1)[0], result)
                if result.quits:
                    stop.set()

        def from_thread(action: Callable[..., object], *args: object) -> None:
            """Run something in the loop, if it still runs."""
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(action, *args)

        def end_of_input() -> None:
            """Stop if a person ended the input; a daemon has none to begin with."""
            if os.isatty(0):
                from_thread(stop.set)

        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:
                signal.signal(number, lambda *_: from_thread(stop.set))
        threading.Thread(
            target=_read_input,
            args=(lambda line: from_thread(type_line, line), end_of_input),
            name="simulator input",
            daemon=True,
        ).start()
        output.line(
            "listening",
            f"SyncID simulator: {terminal.profile.name} {terminal.serial} "
            f"on {server.host}:{server.port}",
            {
                "device": terminal.profile.name,
                "serial": terminal.serial,
                "host": server.host,
                "port": server.port,
                "transport": "udp" if server.udp else "tcp",
            },
            loud=True,
        )
        punching = (
            loop.create_task(
                _punch_for_ever(terminal, console, output, options.punch_every)
            )
            if options.punch_every
            else None
        )
        await stop.wait()
        if punching is not None:
            punching.cancel()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a terminal; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        _print_lists()
        return 0
    try:
        terminal = _make_terminal(options)
    except ValueError as err:
        parser.error(str(err))
    try:
        asyncio.run(_run(options, terminal))
    except BrokenPipeError:
        # Whoever read our output has gone.
        return 0
    except OSError as err:
        print(f"cannot listen on {options.host}:{options.port}: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
