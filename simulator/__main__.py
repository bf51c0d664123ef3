"""Run a terminal from the command line: ``python -m simulator``."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
import sys

from . import pushers
from .control import Console
from .faults import Faults
from .profiles import PROFILES
from .server import Server
from .shell import Output, people, shell
from .terminal import Terminal


def _parser() -> argparse.ArgumentParser:
    """Return what the command line understands."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A ZKTeco attendance terminal in software.",
        epilog="While it runs it reads commands from its input; type help. "
        "python -m simulator adms is one that pushes, python -m simulator gateway "
        "posts JSON: see their --help.",
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
    for user_id, name in people(options.users):
        terminal.add_user(user_id, name)
    if options.records:
        terminal.fill_log(options.records)
    return terminal


async def _punch_for_ever(
    terminal: Terminal, console: Console, output: Output, seconds: float
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
    output = Output(as_json=options.json, quiet=options.quiet)
    loop = asyncio.get_running_loop()

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            Server(terminal, options.host, options.port, udp=options.udp)
        )
        console = Console(terminal, server)
        stop = await stack.enter_async_context(shell(console, output))
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
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in pushers.COMMANDS:
        return pushers.main(words)
    parser = _parser()
    options = parser.parse_args(words)
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
