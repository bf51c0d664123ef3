"""One read of a terminal's log by one contender, in a process of its own.

usage: python -m bench.contenders syncid|pyzk|floor PORT RECORDS FOLDER

Prints a line of JSON: seconds, and megabytes in memory over the start.
"""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
import json
from pathlib import Path
import socket
import sqlite3
import struct
import sys
from time import perf_counter

from zk import ZK

from .common import forget_peak, load_core, local_now, memory, peak_memory
from .terminal import SERIAL

WINDOW = 0xFFC0
_HEAD = struct.Struct("<4sI4H")


def measure(work: Callable[[], int], records: int) -> None:
    """Do it, see that it read all, and print what it took."""
    forget_peak()
    start = memory()
    begin = perf_counter()
    count = work()
    seconds = perf_counter() - begin
    if count != records:
        raise SystemExit(f"{count} records were read instead of {records}")
    print(json.dumps({"seconds": seconds, "megabytes": peak_memory() - start}))


def syncid(port: int, records: int, folder: Path) -> None:
    """Read the log into the ledger: every punch once, committed and indexed."""
    load_core()
    ledger = import_module("syncid_core.ledger.ledger").Ledger(
        folder / "syncid.db", now=datetime.now, on_replaced=print
    )
    ledger.open(bytes(32))
    ledger.register(SERIAL, "Europe/Rome").result()
    terminal = import_module("syncid_core.terminal.terminal").Terminal(
        ledger, serial=SERIAL, local_now=local_now
    )
    client = import_module("syncid_core.terminal.client").TerminalClient(
        "127.0.0.1", port
    )

    def work() -> int:
        client.open()
        terminal.meet(client)
        collected: int = terminal.collect(client).new
        client.leave()
        return collected

    measure(work, records)
    ledger.close()


def pyzk(port: int, records: int, folder: Path) -> None:
    """Read the log with pyzk's own method, and store nothing."""
    device = ZK("127.0.0.1", port=port, ommit_ping=True)

    def work() -> int:
        device.connect()
        count = len(device.get_attendance())
        device.disconnect()
        return count

    measure(work, records)


def floor(port: int, records: int, folder: Path) -> None:
    """Do the least that any reader has to: read, unpack, insert.

    No check of anything, no index, no repeated record noticed; exactly the bytes
    that are known to come.
    """
    record = struct.Struct("<H24sBIBI4s")
    database = sqlite3.connect(folder / "floor.db")
    database.execute(
        "CREATE TABLE records (uid, user_id, verify, time, state, work_code, reserved)"
    )

    def work() -> int:
        link = _BareLink(port)
        size = 4 + records * record.size
        link.request(1503, struct.pack("<bHII", 1, 13, 0, 0), _HEAD.size + 13)
        parts = []
        for start in range(0, size, WINDOW):
            length = min(WINDOW, size - start)
            # An announcement with its sizes, the data, and an acknowledgement.
            reply = link.request(
                1504,
                struct.pack("<II", start, length),
                _HEAD.size + 8 + _HEAD.size + length + _HEAD.size,
            )
            parts.append(reply[2 * _HEAD.size + 8 : -_HEAD.size])
        log = b"".join(parts)
        with database:
            database.executemany(
                "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
                record.iter_unpack(memoryview(log)[4:]),
            )
        link.close()
        return len(log) // record.size

    measure(work, records)
    database.close()


class _BareLink:
    """A socket, and the least of the protocol that makes a terminal answer."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._session = self._reply_id = 0
        reply = self.request(1000, b"", _HEAD.size)
        self._session = _HEAD.unpack_from(reply)[4]

    def request(self, command: int, data: bytes, size: int) -> memoryview:
        """Send a command, and return the bytes that its answer is known to have."""
        head = struct.pack("<4H", command, 0, self._session, self._reply_id) + data
        total = int.from_bytes(head, "little") % 0xFFFF
        packet = head[:2] + struct.pack("<H", ~total & 0xFFFF) + head[4:]
        self._socket.sendall(
            b"\x50\x50\x82\x7d" + struct.pack("<I", len(packet)) + packet
        )
        self._reply_id += 1
        reply = memoryview(bytearray(size))
        received = 0
        while received < size:
            received += self._socket.recv_into(reply[received:])
        return reply

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def main() -> None:
    """Run the contender that is named."""
    name, port, records, folder = sys.argv[1:]
    contenders = {"syncid": syncid, "pyzk": pyzk, "floor": floor}
    contenders[name](int(port), int(records), Path(folder))


if __name__ == "__main__":
    main()
