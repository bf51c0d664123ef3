"""The client pyzk 0.9, as released.

Nothing of it is changed. protocol-4370 §3 lists its traps: it leaves sockets
behind, so they are closed here; and it guesses where frames begin, so over TCP
each write waits until it has read the one before. With several DATA frames of
a burst in its hands at once it waits for bytes that it has taken already; a
terminal far away, with its 20 ms between frames, spares it that.
"""

import array
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import termios
from typing import Any
from unittest.mock import patch

from zk import ZK

from simulator import Simulation
from simulator.couriers import TcpCourier


def _has_unread(zk: Any) -> bool:
    """Return whether something has arrived that pyzk has not read."""
    sock = zk._ZK__sock
    if sock.fileno() < 0:
        return False
    count = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, count)
    return bool(count[0])


@contextmanager
def pyzk(
    sim: Simulation, *, password: int = 0, timeout: float = 5, connect: bool = True
) -> Iterator[Any]:
    """Hold a pyzk client, connected unless told otherwise."""
    zk: Any = ZK(
        sim.host,
        sim.port,
        timeout=timeout,
        password=password,
        force_udp=sim.server.udp,
        ommit_ping=True,
    )
    # It makes a UDP socket that it never uses (T4); over UDP it makes two.
    zk._ZK__sock.close()

    async def until_read(courier: TcpCourier) -> None:
        """Wait until pyzk has read what was written last."""
        # The kernel tells nobody when its queue is empty: it has to be asked.
        while _has_unread(zk):  # noqa: ASYNC110
            await asyncio.sleep(0.0005)

    with patch.object(TcpCourier, "_gap", until_read):
        try:
            if connect:
                zk.connect()
            yield zk
            if zk.is_connect:
                zk.disconnect()
        finally:
            zk._ZK__sock.close()
