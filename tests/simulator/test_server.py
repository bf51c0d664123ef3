"""Server and simulate: sockets, standing still, going away, coming back."""

import asyncio
import gc
import socket
import struct
import threading
import warnings

import pytest

from simulator import PROFILES, Server, Simulation, Terminal, simulate

from .conftest import Dial, Serve, make_terminal
from .raw import READ_LOG, Answer, RawClient, frame, raw_client

ENDED = (EOFError, ConnectionResetError)


async def hello(port: int) -> str:
    """Ask a terminal for its serial number, as an asyncio client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(command: int, session: int, reply_id: int, data: bytes) -> Answer:
        """Send a command and return its answer."""
        writer.write(frame(command, session, reply_id, data))
        (length,) = struct.unpack("<I", (await reader.readexactly(8))[4:])
        return Answer.parse(await reader.readexactly(length))

    try:
        session = (await ask(1000, 0, 0, b"")).session
        answer = await ask(11, session, 1, b"~SerialNumber\0")
    finally:
        writer.close()
        await writer.wait_closed()
    return answer.data.partition(b"=")[2].rstrip(b"\0").decode()


async def test_in_the_loop_of_the_test() -> None:
    """A server lives in the loop of whoever starts it, and leaves nothing there."""
    terminal = make_terminal()
    async with Server(terminal) as server:
        assert server.host == "127.0.0.1"
        assert server.port
        assert await hello(server.port) == "CKUJ203460001"
    assert not terminal.links
    with pytest.raises(ConnectionRefusedError):
        await hello(server.port)


async def test_many_terminals() -> None:
    """One process runs many terminals on many ports."""
    serials = [f"SERIAL{number}" for number in range(20)]
    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        ports: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

        async def run(serial: str) -> None:
            """Serve one terminal."""
            async with Server(Terminal(PROFILES["k14"], serial=serial)) as server:
                ports.put_nowait((serial, server.port))
                await stop.wait()

        for serial in serials:
            group.create_task(run(serial))
        found = dict([await ports.get() for _ in serials])
        assert len(set(found.values())) == 20
        answers = await asyncio.gather(*(hello(port) for port in found.values()))
        assert answers == list(found)
        stop.set()


async def test_a_server_can_be_left_with_clients_on_it() -> None:
    """Links that are open when a server ends are cut."""
    async with Server(make_terminal()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(frame(1000, 0, 0))
        await reader.readexactly(16)
        assert server.links == 1
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("turns", range(4))
async def test_a_peer_who_comes_as_the_port_closes(turns: int) -> None:
    """Whoever is let in just before the end is not waited for."""
    async with asyncio.timeout(10), Server(make_terminal()) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(frame(1000, 0, 0))
        await reader.readexactly(16)
        late = socket.create_connection((server.host, server.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    late.close()
    writer.close()
    await writer.wait_closed()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # asyncio itself leaves the late connection behind


async def test_a_port_that_is_taken() -> None:
    """It is an error, and nothing is left open."""
    async with Server(make_terminal()) as server:
        with pytest.raises(OSError, match="in use"):
            async with Server(make_terminal(), port=server.port):
                pytest.fail("two on one port")


def test_a_port_that_is_taken_in_a_thread() -> None:
    """The error comes out where the test is."""
    with simulate(make_terminal()) as sim:
        with (
            pytest.raises(OSError, match="in use"),
            simulate(make_terminal(), port=sim.port),
        ):
            pytest.fail("two on one port")
        with raw_client(sim.port) as client:
            assert client.request(1100).command == 2000


async def test_tcp_and_udp_on_one_terminal() -> None:
    """A terminal may have both, as a real one has."""
    terminal = make_terminal()
    async with (
        Server(terminal) as tcp,
        Server(terminal, port=tcp.port, udp=True) as udp,
    ):
        assert udp.port == tcp.port

        def over_udp() -> int:
            """Ask over UDP."""
            with raw_client(udp.port, udp=True) as client:
                return client.request(1100).command

        assert await asyncio.to_thread(over_udp) == 2000
        assert await hello(tcp.port) == "CKUJ203460001"


def test_no_delay(serve: Serve, dial: Dial) -> None:
    """Small answers leave at once (TCP_NODELAY)."""
    sim = serve(make_terminal())
    client = dial(sim)
    assert client.request(1100).command == 2000
    (courier,) = sim.call(lambda: list(sim.server._couriers))
    sock = courier._transport.get_extra_info("socket")  # type: ignore[attr-defined]
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_everything_is_joined() -> None:
    """After the block no thread is left."""
    before = threading.active_count()
    with simulate(make_terminal()) as sim, raw_client(sim.port):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_call_returns_and_raises(sim: Simulation) -> None:
    """What a function returns or raises in the thread comes back."""
    assert sim.call(threading.get_ident) != threading.get_ident()
    assert sim.call(sim.terminal.add_user, "2001", name="Zainab").uid == 4
    with pytest.raises(ValueError, match="nobody"):
        sim.punch("nobody")


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_dropping_links(client: RawClient, sim: Simulation, reset: bool) -> None:
    """All links end; the port stays open."""
    sim.terminal.faults.reset_links = reset
    assert client.request(1100).command == 2000
    sim.drop_links()
    with pytest.raises(ConnectionResetError if reset else EOFError):
        client.receive()
    assert not list(sim.terminal.sessions)
    with raw_client(sim.port) as again:
        assert again.request(1100).command == 2000


@pytest.fixture
def large() -> Terminal:
    """Return a terminal whose log is larger than what the kernel holds."""
    terminal = make_terminal("speedface")
    terminal.fill_log(200_000)
    terminal.faults.segmentation = "coalesced"
    return terminal


def ask_for_all(client: RawClient) -> None:
    """Ask for 10 MB at once, into a small mailbox."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
    assert client.connect().command == 2000
    size = client.prepare(READ_LOG)
    assert size == 9_800_004
    client.send(1504, struct.pack("<II", 0, size))
    assert client.receive().command == 1500


def test_a_client_that_reads_late(serve: Serve, dial: Dial, large: Terminal) -> None:
    """Others are served while it dawdles, and then it gets everything."""
    sim = serve(large)
    slow = dial(sim, connect=False)
    ask_for_all(slow)
    assert dial(sim).request(1100).command == 2000
    data = bytearray()
    while (answer := slow.receive()).command == 1501:
        data += answer.data
    assert answer.command == 2000
    assert data[4:] == large.log.packed


def test_a_client_that_reads_nothing(serve: Serve, dial: Dial, large: Terminal) -> None:
    """What it has not fetched when links are dropped is lost."""
    sim = serve(large)
    slow = dial(sim, connect=False)
    ask_for_all(slow)
    sim.drop_links()
    with pytest.raises(ENDED):
        slow.exactly(9_800_000)


def test_a_client_that_reads_nothing_holds_nobody_up(large: Terminal) -> None:
    """A link that would close politely is cut when the server ends."""
    with simulate(large) as sim:
        slow = RawClient(sim.port)
        ask_for_all(slow)
        sim.call(lambda: [courier.close() for courier in sim.server._couriers])
        assert sim.server.links == 1
    with pytest.raises(ENDED):
        slow.exactly(9_800_000)
    slow.close()


def test_standing_still(dial: Dial, client: RawClient, sim: Simulation) -> None:
    """Frozen, nothing is read nor answered, and no socket closes."""
    sim.terminal.faults.accept_timeout = 0.001
    received = sim.terminal.traffic.bytes_in
    sim.freeze()
    client.send(1017, b"\x07")
    other = dial(sim, connect=False)
    other.send(1000, session=0)
    # Once this is through, the loop has gone round with both requests waiting.
    assert sim.call(lambda: sim.terminal.voices) == []
    assert sim.terminal.traffic.bytes_in == received
    assert client.nothing_waits()
    sim.thaw()
    assert client.receive().reply_id == client.reply_id
    assert sim.terminal.voices == [7]
    assert other.receive().command == 2000


def test_an_answer_waits_for_the_thaw(client: RawClient, sim: Simulation) -> None:
    """Even one that has been worked out already."""
    seen = sim.expect(1100, when="before")
    sim.terminal.on(1100, lambda _: sim.server.freeze())
    client.send(1100)
    assert seen.wait(5)
    sim.call(lambda: None)
    assert client.nothing_waits()
    sim.thaw()
    assert client.receive().reply_id == client.reply_id


def test_an_event_waits_for_the_thaw(client: RawClient, sim: Simulation) -> None:
    """A punch while frozen is in the log, and told of later."""
    assert client.request(500, b"\x01\0\0\0").command == 2000
    sim.freeze()
    assert sim.punch("1001") is not None
    assert client.nothing_waits()
    sim.thaw()
    assert client.receive().command == 500


def test_refusing_connections(client: RawClient, sim: Simulation) -> None:
    """Who knocks is refused; who is inside is served; the port is kept."""
    port = sim.port
    sim.stop_listening()
    with pytest.raises(ConnectionRefusedError):
        RawClient(port)
    assert client.request(1100).command == 2000
    sim.stop_listening()
    sim.start_listening()
    sim.start_listening()
    assert sim.port == port
    with raw_client(port) as again:
        assert again.request(1100).command == 2000


def test_the_port_is_kept(sim: Simulation) -> None:
    """While connections are refused nobody else gets the number."""
    sim.stop_listening()
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind((sim.host, sim.port))
    sim.start_listening()
    with raw_client(sim.port) as client:
        assert client.request(1100).command == 2000


def test_refusing_datagrams(serve: Serve, dial: Dial) -> None:
    """Over UDP the peer is told that nobody is there."""
    sim = serve(make_terminal(), udp=True)
    client = dial(sim)
    sim.stop_listening()
    client.send(1100)
    with pytest.raises(ConnectionRefusedError):
        client.receive()
    sim.start_listening()
    assert client.connect().command == 2000


def test_a_restart(client: RawClient, sim: Simulation) -> None:
    """The link dies, the port is closed, then everything is there again."""
    terminal = sim.terminal
    terminal.faults.restart_seconds = 60
    down, up = sim.expect_power("restart"), sim.expect_power("on")
    client.request(1003)
    assert client.request(1004).command == 2000
    with pytest.raises(ENDED):
        client.receive()
    assert down.wait(5)
    assert not terminal.running
    assert terminal.enabled
    with pytest.raises(ConnectionRefusedError):
        RawClient(sim.port)
    # Somebody is impatient and switches it on by hand.
    sim.power_on()
    assert up.is_set()
    with raw_client(sim.port) as again:
        assert again.request(1100).command == 2000


def test_a_restart_comes_back_by_itself(client: RawClient, sim: Simulation) -> None:
    """After its seconds it listens again."""
    sim.terminal.faults.restart_seconds = 0.01
    down = sim.expect_power("restart")
    client.request(1004)
    assert down.wait(5)
    sim.wait_until_listening()
    with raw_client(sim.port) as again:
        assert again.request(1100).command == 2000


def test_a_restart_in_the_middle_of_a_read(client: RawClient, sim: Simulation) -> None:
    """A hook restarts it between two windows."""
    terminal = sim.terminal
    terminal.faults.restart_seconds = 0.01
    terminal.fill_log(2000)
    size = client.prepare(READ_LOG)
    down = sim.expect_power("restart")
    terminal.on(1504, lambda t: t.restart(), nth=2)
    assert len(client.window(0, 40_000)) == 40_000
    with pytest.raises(ENDED):
        client.window(40_000, size - 40_000)
    assert down.wait(5)
    sim.wait_until_listening()
    with raw_client(sim.port) as again:
        # The log has survived, what was laid ready has not.
        assert again.request(1504, struct.pack("<II", 0, 4)).command == 2001
        assert len(again.read(READ_LOG)) == 80_000


def test_a_power_off(client: RawClient, sim: Simulation) -> None:
    """It stays away until it is switched on."""
    down = sim.expect_power("off")
    assert client.request(1005).command == 2000
    assert down.wait(5)
    with pytest.raises(ConnectionRefusedError):
        RawClient(sim.port)
    sim.power_on()
    with raw_client(sim.port) as again:
        assert again.request(1100).command == 2000


def test_leaving_while_it_restarts() -> None:
    """The end of the block does not wait for the end of the restart."""
    terminal = make_terminal()
    terminal.faults.restart_seconds = 3600
    with simulate(terminal) as sim:
        sim.call(terminal.restart)
    assert not terminal.running


def test_traffic_is_counted(dial: Dial, sim: Simulation) -> None:
    """Bytes as they lie on the wire, packets, connections."""
    client = dial(sim)
    client.request(1100)
    traffic = sim.terminal.traffic
    assert (traffic.connections, traffic.packets) == (1, 2)
    assert traffic.bytes_in == 16 + 16
    assert traffic.bytes_out == 16 + 16 + len("Ver 6.60 May 14 2018") + 1


def test_commands_are_kept(dial: Dial, sim: Simulation) -> None:
    """What has been asked can be asserted."""
    client = dial(sim)
    client.request(31, struct.pack("<I", 3))
    client.request(1001)
    assert list(sim.terminal.commands) == [
        (1000, b""),
        (31, b"\x03\0\0\0"),
        (1001, b""),
    ]
