"""Sessions, reply ids and what a terminal drops without a word (§1.3 to §1.5)."""

from dataclasses import replace
import struct
from typing import Any

import pytest

from simulator import PROFILES, Simulation, Terminal

from .conftest import Dial, Serve, make_terminal
from .raw import READ_LOG, READ_USERS, RawClient, frame
from .vectors import FRAMES

VERSION = 1100
VOICE = 1017
PLATFORM = b"~Platform\0"


def still_answers(client: RawClient) -> None:
    """Check that nothing came before the answer to one more command."""
    answer = client.request(VERSION)
    assert (answer.command, answer.data) == (2000, b"Ver 6.60 May 14 2018\0")


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_a_duplicate_gets_the_previous_reply(
    serve: Serve, dial: Dial, udp: bool
) -> None:
    """The same reply id is answered alike and done once."""
    sim = serve(make_terminal(), udp=udp)
    client = dial(sim)
    first = client.request(VOICE, b"\x0a")
    client.send(VOICE, b"\x0a", reply_id=client.reply_id)
    assert client.receive() == first
    assert sim.terminal.voices == [10]
    assert sim.terminal.violations == ["duplicate reply id 1 in command 1017"]
    still_answers(client)


def test_a_duplicate_of_a_burst(dial: Dial, sim: Simulation) -> None:
    """A whole burst comes again."""
    sim.terminal.fill_log(100)
    client = dial(sim)
    size = client.prepare(READ_LOG)
    client.send(1504, struct.pack("<II", 0, size))
    first = client.burst()
    client.send(1504, struct.pack("<II", 0, size), reply_id=client.reply_id)
    assert client.burst() == first


def test_a_lower_reply_id_is_dropped(client: RawClient, sim: Simulation) -> None:
    """What is older than the last request is not for us."""
    client.send(VERSION, reply_id=100)
    assert client.receive().command == 2000
    client.send(VOICE, reply_id=99)
    client.reply_id = 100
    still_answers(client)
    assert sim.terminal.voices == []
    assert sim.terminal.violations == ["reply id 99 after 100 in command 1017"]


@pytest.mark.parametrize(
    ("profile", "last", "answered"),
    [
        ("iface702", 0xFFFF, True),
        # Where pyzk wraps: it skips 65535, and a strict terminal goes silent.
        ("iface702", 0xFFFE, False),
        ("k14", 0xFFFF, False),
    ],
)
def test_wrapping_reply_ids(
    serve: Serve, dial: Dial, profile: str, last: int, answered: bool
) -> None:
    """Only behind 65535, and only on TFT firmware, may they begin anew."""
    sim = serve(make_terminal(profile))
    client = dial(sim)
    client.send(VERSION, reply_id=last)
    assert client.receive().reply_id == last
    client.send(VERSION, reply_id=0)
    if answered:
        assert client.receive().reply_id == 0
        assert sim.terminal.violations == []
    else:
        # Another session on the same socket shows that nothing came before.
        assert client.connect().reply_id == 1
        assert sim.terminal.violations == [f"reply id 0 after {last} in command 1100"]


def test_a_bad_checksum_is_dropped(client: RawClient, sim: Simulation) -> None:
    """One wrong bit and there is no answer."""
    spoilt = bytearray(frame(VOICE, client.session, client.reply_id + 1, b"\x01"))
    spoilt[-1] ^= 2
    client.socket.sendall(spoilt)
    still_answers(client)
    assert sim.terminal.voices == []
    assert sim.terminal.violations == ["bad checksum in command 1017"]


def test_an_unknown_session_is_dropped(client: RawClient, sim: Simulation) -> None:
    """A session that nobody opened is not answered."""
    client.send(VOICE, session=client.session ^ 1)
    still_answers(client)
    assert sim.terminal.voices == []
    assert sim.terminal.violations == [
        f"unknown session {client.session ^ 1} in command 1017"
    ]


def test_the_session_of_another_link_is_dropped(
    dial: Dial, client: RawClient, sim: Simulation
) -> None:
    """A session belongs to its socket."""
    thief = dial(sim)
    thief.send(VOICE, session=client.session)
    still_answers(thief)
    assert sim.terminal.voices == []


def test_a_packet_that_is_too_short(client: RawClient, sim: Simulation) -> None:
    """A frame of three bytes is dropped, and the next is read."""
    client.socket.sendall(bytes.fromhex("5050827d03000000e80317"))
    still_answers(client)
    assert sim.terminal.violations == ["a packet of 3 bytes"]


def test_what_is_no_frame_ends_the_link(client: RawClient, sim: Simulation) -> None:
    """Somebody who speaks HTTP is hung up on."""
    client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(EOFError):
        client.receive()
    assert sim.terminal.violations == ["no frame starts with 47455420"]


def test_an_unknown_command(client: RawClient) -> None:
    """A number that means nothing is answered with 65535."""
    answer = client.request(4242, b"whatever")
    assert (answer.command, answer.session) == (65535, client.session)
    still_answers(client)


def test_an_acknowledgement_is_never_answered(
    client: RawClient, sim: Simulation
) -> None:
    """ACK_OK has a reply id of its own and gets nothing."""
    client.request(VERSION)
    client.acknowledge()
    still_answers(client)
    assert (2000, b"") in sim.terminal.commands
    assert sim.terminal.violations == []


def test_two_sessions_on_one_socket(client: RawClient, sim: Simulation) -> None:
    """A second CONNECT opens another session; both live."""
    first, last = client.session, client.reply_id
    second = client.connect().session
    assert second not in {0, first}
    still_answers(client)
    client.session, client.reply_id = first, last
    still_answers(client)
    assert {session.number for session in sim.terminal.sessions} == {first, second}


def test_session_numbers_are_unique(dial: Dial, sim: Simulation) -> None:
    """Sessions that begin in the same second have different numbers."""
    numbers = {dial(sim).session for _ in range(5)}
    assert len(numbers) == 5
    assert 0 not in numbers


def test_exit_frees_the_session_and_closes_the_socket(
    client: RawClient, sim: Simulation
) -> None:
    """EXIT is answered, then the terminal hangs up."""
    assert client.request(1001).command == 2000
    with pytest.raises(EOFError):
        client.receive()
    assert not list(sim.terminal.sessions)


def test_exit_over_udp(serve: Serve, dial: Dial) -> None:
    """Over UDP a peer may come again after EXIT."""
    sim = serve(make_terminal(), udp=True)
    client = dial(sim)
    old = client.session
    assert client.request(1001).command == 2000
    client.send(VOICE, session=old)
    assert client.connect().command == 2000
    assert sim.terminal.voices == []
    still_answers(client)


def test_sessions_die_with_their_socket(dial: Dial, sim: Simulation) -> None:
    """A client that just goes leaves nothing behind, and the keypad works."""
    client = dial(sim)
    assert client.request(1003, bytes(4)).command == 2000
    assert not sim.terminal.enabled
    client.close()
    # Whoever comes next is served after the end of the old link.
    other = dial(sim)
    still_answers(other)
    assert {session.number for session in sim.terminal.sessions} == {other.session}


def test_a_probe_does_no_harm(dial: Dial, sim: Simulation) -> None:
    """A connection that closes at once is forgotten, as pyzk's is."""
    for _ in range(3):
        dial(sim, connect=False).close()
    still_answers(dial(sim))
    assert sim.terminal.traffic.connections == 4
    assert sim.terminal.violations == []


def test_a_silent_connection_is_closed(dial: Dial, sim: Simulation) -> None:
    """Who says nothing for a while is hung up on (§1.7)."""
    sim.terminal.faults.accept_timeout = 0.02
    with pytest.raises(EOFError):
        dial(sim, connect=False).receive()


def test_half_a_header_counts_as_silence(dial: Dial, sim: Simulation) -> None:
    """The eight bytes of the frame's head have to be complete."""
    sim.terminal.faults.accept_timeout = 0.02
    client = dial(sim, connect=False)
    client.socket.sendall(b"\x50\x50\x82\x7d\x08\0\0")
    with pytest.raises(EOFError):
        client.receive()


def test_the_patience_ends_with_the_first_header(serve: Serve, dial: Dial) -> None:
    """A session lives longer than the accept timeout."""
    terminal = make_terminal()
    terminal.faults.accept_timeout = 0.02
    client = dial(serve(terminal))
    terminal.faults.delay = {VERSION: 0.06}
    still_answers(client)


def test_requests_may_come_in_crumbs(client: RawClient) -> None:
    """A frame may be split wherever TCP likes."""
    request = frame(11, client.session, client.reply_id + 1, PLATFORM)
    client.reply_id += 1
    for byte in request:
        client.socket.sendall(bytes((byte,)))
    assert client.receive().data == b"~Platform=ZMM220_TFT\0"


def test_requests_may_come_together(client: RawClient, sim: Simulation) -> None:
    """Pipelined requests are answered in order, one burst after the other."""
    sim.terminal.fill_log(5000)
    size = client.prepare(READ_LOG)
    windows = [(start, min(65472, size - start)) for start in range(0, size, 65472)]
    assert len(windows) == 4
    first = client.reply_id + 1
    client.socket.sendall(
        b"".join(
            frame(1504, client.session, first + number, struct.pack("<II", *window))
            for number, window in enumerate(windows)
        )
    )
    table = b""
    for number in range(len(windows)):
        client.reply_id = first + number
        table += b"".join(answer.data for answer in client.burst()[1:-1])
    assert table[4:] == sim.terminal.log.packed


# The comm key


def locked(serve: Serve, dial: Dial, **kind: Any) -> RawClient:
    """Return a client that has connected to a terminal with a comm key."""
    terminal = Terminal(replace(PROFILES["iface702"], **kind), comm_key=12)
    terminal.next_session = 0x45CF
    client = dial(serve(terminal), connect=False)
    assert client.connect().command == 2005
    assert client.session == 0x45CF
    return client


def test_nothing_is_answered_before_the_key(serve: Serve, dial: Dial) -> None:
    """Whatever is asked, the answer is 2005."""
    client = locked(serve, dial)
    for command in (VERSION, 50, 1503, 1001, 4242):
        answer = client.request(command, READ_USERS)
        assert (answer.command, answer.session) == (2005, 0x45CF)


@pytest.mark.parametrize("ticks", [0, 50, 77, 255])
def test_any_ticks_byte_opens(serve: Serve, dial: Dial, ticks: int) -> None:
    """The proof of the capture, with another ticks byte, is as good."""
    client = locked(serve, dial)
    proof = bytearray(FRAMES["auth key 12"].data[-4:])
    for position in (0, 1, 3):
        proof[position] ^= 50 ^ ticks
    proof[2] = ticks
    assert client.request(1102, bytes(proof)).command == 2000
    still_answers(client)


@pytest.mark.parametrize("proof", [b"", b"\x61\x4d\x32", bytes(4), b"\x61\xc9\x32\x3c"])
def test_a_wrong_proof_opens_nothing(serve: Serve, dial: Dial, proof: bytes) -> None:
    """Too short, empty, or made from another key: 2005, and again on a try."""
    client = locked(serve, dial)
    assert client.request(1102, proof).command == 2005
    assert client.request(VERSION).command == 2005
    right = FRAMES["auth key 12"].data[-4:]
    assert client.request(1102, right).command == 2000
    still_answers(client)


def test_no_key_no_question(client: RawClient) -> None:
    """A terminal without a comm key takes any proof."""
    assert client.request(1102, b"\1\2\3\4").command == 2000


def test_old_firmware_blocks_the_keypad_with_connect(serve: Serve, dial: Dial) -> None:
    """CONNECT disables, 1002 and 1003 do nothing, EXIT enables (§1.5)."""
    terminal = make_terminal("k14")
    client = dial(serve(terminal))
    assert not terminal.enabled
    assert client.request(1002).command == 2000
    assert not terminal.enabled
    client.request(1001)
    assert terminal.enabled


def test_old_firmware_with_a_key(serve: Serve, dial: Dial) -> None:
    """There it is the right key that disables."""
    terminal = Terminal(PROFILES["k14"], comm_key=12)
    terminal.next_session = 0x45CF
    client = dial(serve(terminal), connect=False)
    assert client.connect().command == 2005
    assert terminal.enabled
    assert client.request(1102, FRAMES["auth key 12"].data[-4:]).command == 2000
    assert not terminal.enabled
