"""Run what pushes from the command line: ``python -m simulator adms|gateway``."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import count
import os
from pathlib import Path

from .adms.faults import AdmsFaults
from .adms.keep import load, save
from .adms.profiles import ADMS_PROFILES
from .adms.simulation import AdmsSimulation
from .adms.terminal import AdmsTerminal
from .console import BaseConsole, Result
from .gateway import Gateway, GatewayFaults, GatewaySimulation
from .push_control import AdmsConsole, GatewayConsole
from .shell import Output, people, shell
from .switches import Switches

COMMANDS = ("adms", "gateway")
# A secret on the command line could be read by everybody on this machine.
TOKEN_VARIABLE = "SIMULATOR_TOKEN"


def _parser() -> argparse.ArgumentParser:
    """Return what the command line understands."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        epilog="While it runs it reads commands from its input; type help.",
    )
    commands = parser.add_subparsers(dest="what", required=True)
    adms = commands.add_parser("adms", help="a terminal that pushes (ADMS)")
    adms.add_argument("--profile", choices=ADMS_PROFILES, default="att")
    adms.add_argument("--serial", default="CKUJ203460001")
    adms.add_argument("--users", type=int, default=10, metavar="N")
    adms.add_argument(
        "--delay", type=float, metavar="SECONDS", help="between polls, not the server's"
    )
    adms.add_argument(
        "--error-delay", type=float, metavar="SECONDS", help="not the server's"
    )
    adms.add_argument("--state", type=Path, metavar="FILE", help="keeps all it has")
    gateway = commands.add_parser("gateway", help="a gateway that posts JSON")
    gateway.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"has the Bearer token; or {TOKEN_VARIABLE}; none for a webhook",
    )
    gateway.add_argument("--batch", type=int, default=500, metavar="N")
    gateway.add_argument("--retry-after", type=float, default=10, metavar="SECONDS")
    for one in (adms, gateway):
        one.add_argument("--url", help="where the server is", default=None)
        one.add_argument("--records", type=int, default=0, metavar="N")
        one.add_argument(
            "--punch-every", type=float, metavar="SECONDS", help="people punch in turn"
        )
        one.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE")
        one.add_argument("--list", action="store_true", help="list the switches")
        one.add_argument("--json", action="store_true", help="one object per line")
        one.add_argument(
            "--quiet", action="store_true", help="print the first line only"
        )
    return parser


def _set_faults(faults: Switches, assignments: Sequence[str]) -> None:
    """Set the switches of the command line."""
    for assignment in assignments:
        name, sign, value = assignment.partition("=")
        if not sign:
            raise ValueError(f"{assignment!r} is not NAME=VALUE")
        faults.set(name, value)


def _adms(options: argparse.Namespace) -> AdmsSimulation:
    """Return the terminal that the command line describes."""
    terminal = AdmsTerminal(ADMS_PROFILES[options.profile], options.serial, options.url)
    _set_faults(terminal.faults, options.fault)
    if options.state is not None and options.state.exists():
        load(terminal, options.state)
    else:
        for user_id, name in people(options.users):
            terminal.add_user(user_id, name)
        if options.records:
            terminal.fill_log(options.records)
    return AdmsSimulation(
        options.url,
        terminal=terminal,
        delay=options.delay,
        error_delay=options.error_delay,
    )


def _gateway(options: argparse.Namespace) -> GatewaySimulation:
    """Return the gateway that the command line describes."""
    token = os.environ.get(TOKEN_VARIABLE)
    if options.token_file is not None:
        token = options.token_file.read_text().strip()
    gateway = Gateway(options.url, token, batch=options.batch)
    _set_faults(gateway.faults, options.fault)
    gateway.fill_log(options.records)
    return GatewaySimulation(
        options.url, gateway=gateway, retry_after=options.retry_after
    )


async def _punch_for_ever(
    user_ids: Callable[[], list[str]],
    punch: Callable[[str, int], Result],
    output: Output,
    seconds: float,
) -> None:
    """Let people punch in turn, in and out."""
    for number in count():
        await asyncio.sleep(seconds)
        if known := user_ids():
            round_number, index = divmod(number, len(known))
            result = punch(known[index], round_number % 2)
            output.line("punch", result.text, result.data)


async def _run(
    options: argparse.Namespace, simulation: AdmsSimulation | GatewaySimulation
) -> None:
    """Push until told to stop."""
    output = Output(as_json=options.json, quiet=options.quiet)
    console: BaseConsole
    if isinstance(simulation, AdmsSimulation):
        terminal = simulation.terminal
        console = adms = AdmsConsole(simulation)
        punch, who = adms.punch, lambda: list(terminal.users)
        what, told = f"{terminal.profile.name} {terminal.serial}", terminal.serial
    else:
        console = other = GatewayConsole(simulation)
        punch, who = other.punch, lambda: [user_id for user_id, _ in people(10)]
        what, told = "gateway", ""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulation)
        stop = await stack.enter_async_context(shell(console, output))
        # Not the address of a gateway: that of a webhook is a secret.
        where = f" to {options.url}" if told else ""
        output.line(
            "pushing",
            f"SyncID simulator: {what} pushes{where}",
            {"what": options.what, "serial": told},
            loud=True,
        )
        punching = (
            asyncio.create_task(
                _punch_for_ever(who, punch, output, options.punch_every)
            )
            if options.punch_every
            else None
        )
        await stop.wait()
        if punching is not None:
            punching.cancel()
    if options.what == "adms" and options.state is not None:
        assert isinstance(simulation, AdmsSimulation)
        save(simulation.terminal, options.state)


def main(arguments: Sequence[str]) -> int:
    """Run one; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        faults = AdmsFaults() if options.what == "adms" else GatewayFaults()
        for switch in faults:
            print(f"  {switch.name}={switch.kind}\n      {switch.meaning}")
        return 0
    if options.url is None:
        parser.error("--url is needed: where the server is")
    try:
        simulation = _adms(options) if options.what == "adms" else _gateway(options)
    except (ValueError, OSError) as err:
        parser.error(str(err))
    try:
        asyncio.run(_run(options, simulation))
    except BrokenPipeError:
        # Whoever read our output has gone.
        return 0
    return 0
