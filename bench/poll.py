"""A poll that finds 10 new records among 100,000, against pyzk's full read.

usage: python -m bench.poll [--assert]
"""

import argparse
from datetime import datetime
from importlib import import_module
from pathlib import Path
import socket
from statistics import median
import sys
import tempfile
from time import perf_counter

from zk import ZK

from .common import CountingSocket, load_core, local_now, terminal
from .terminal import SERIAL

RECORDS = 100_000
NEW = 10
ROUNDS = 9
BYTES_LIMIT = 8_000
RATIO_LIMIT = 0.02


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assert", dest="check", action="store_true")
    arguments = parser.parse_args()
    load_core()
    with terminal(RECORDS) as device, tempfile.TemporaryDirectory() as folder:
        ledger = import_module("syncid_core.ledger.ledger").Ledger(
            Path(folder) / "syncid.db", now=datetime.now, on_replaced=print
        )
        ledger.open(bytes(32))
        ledger.register(SERIAL, "Europe/Rome").result()
        syncid = import_module("syncid_core.terminal.terminal").Terminal(
            ledger, serial=SERIAL, local_now=local_now
        )
        link = import_module("syncid_core.terminal.link").TerminalLink
        client_class = import_module("syncid_core.terminal.client").TerminalClient
        sockets: list[CountingSocket] = []

        def dial(address: tuple[str, int], timeout: float) -> socket.socket:
            sockets.append(CountingSocket())
            sockets[-1].settimeout(timeout)
            sockets[-1].connect(address)
            return sockets[-1]

        def poll() -> float:
            client = client_class("127.0.0.1", device.port, 0, link(dial=dial))
            begin = perf_counter()
            client.open()
            syncid.meet(client)
            syncid.poll(client)
            client.leave()
            return perf_counter() - begin

        poll()
        seconds, moved = [], []
        for _ in range(ROUNDS):
            device.punch(NEW)
            seconds.append(poll())
            moved.append(sockets[-1].moved)
        punches = ledger.statistics()["punches"]
        if punches != RECORDS + ROUNDS * NEW:
            raise SystemExit(f"{punches} punches are stored")
        ledger.close()

        zk = ZK("127.0.0.1", port=device.port, ommit_ping=True)
        begin = perf_counter()
        zk.connect()
        zk.get_attendance()
        zk.disconnect()
        rival = perf_counter() - begin

    ratio = median(seconds) / rival
    print(
        f"{NEW} new among {RECORDS}: {max(moved)} bytes both ways,"
        f" {median(seconds) * 1000:.1f} ms; pyzk reads all in {rival:.1f} s;"
        f" ratio {ratio:.4f}"
    )
    if arguments.check and (max(moved) > BYTES_LIMIT or ratio > RATIO_LIMIT):
        sys.exit(1)


if __name__ == "__main__":
    main()
