"""What a terminal can be asked and told, of every kind, over whatever link."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
import socket
from typing import Any, override

import pytest

from custom_components.syncid.core.errors import (
    AuthRejected,
    CommandRefused,
    ConnectionLost,
    ConnectionRefused,
    LinkError,
    NotAnswered,
    NotATerminal,
    ProtocolError,
    TableUnreadable,
    TerminalError,
    TimedOut,
    Unreachable,
)
from custom_components.syncid.core.records import Capacity, DeviceInfo, local_second
from custom_components.syncid.core.terminal.client import TerminalClient
from custom_components.syncid.core.terminal.link import TerminalLink, Timeouts
from custom_components.syncid.core.terminal.templates import (
    has_face,
    read_face,
    read_fingerprint,
    read_fingers_of,
)
from custom_components.syncid.core.terminal.users import decode_user
from simulator import PROFILES, Profile
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply
from simulator.terminal import Terminal

from .kit import QUICK, SERIAL, TerminalKit

PROFILE_NAMES = list(PROFILES)


@pytest.fixture(params=PROFILE_NAMES)
def profile(request: pytest.FixtureRequest) -> Profile:
    """Return each kind of terminal in turn."""
    return PROFILES[request.param]


# --- connecting ---------------------------------------------------------------------


@pytest.mark.parametrize("comm_key", [0, 12, 65535, 983039, 999_999])
def test_comm_key(kit: TerminalKit, comm_key: int) -> None:
    """Every comm key opens its terminal, the ones for which pyzk fails too."""
    kit.start(comm_key=comm_key)
    with kit.client() as client:
        assert client.read_serial() == SERIAL


def test_wrong_comm_key(kit: TerminalKit) -> None:
    """A wrong comm key is told apart, and leaves no connection."""
    sim = kit.start(comm_key=12)
    client = TerminalClient(sim.host, sim.port, 13)
    with pytest.raises(AuthRejected):
        client.open()
    assert not client.link.is_open


def test_one_connection_and_no_ping(kit: TerminalKit) -> None:
    """Connecting is one connection, where pyzk opens two and runs a program."""
    kit.start()
    with kit.client():
        pass
    assert kit.device.traffic.connections == 1


def test_refused(kit: TerminalKit) -> None:
    """Nobody listens at the port."""
    sim = kit.start()
    sim.stop_listening()
    with pytest.raises(ConnectionRefused):
        kit.make_client().open()


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (TimeoutError(), TimedOut),
        (ConnectionRefusedError(), ConnectionRefused),
        (OSError(113, "No route to host"), Unreachable),
        (socket.gaierror(-2, "Name or service not known"), Unreachable),
    ],
)
def test_unreachable(raised: OSError, error: type[LinkError]) -> None:
    """What the system says of an address becomes what it means."""

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        raise raised

    with pytest.raises(error):
        TerminalClient("192.0.2.1", 4370, 0, TerminalLink(dial=dial)).open()


def test_nobody_answers(kit: TerminalKit) -> None:
    """A terminal whose menu is open does not answer at all."""
    kit.start(in_menu=True, menu_blocks_connect=True)
    with pytest.raises(TimedOut):
        kit.make_client(timeouts=Timeouts(connect=0.1)).open()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NotATerminal),
        (bytes.fromhex("5050827d08000000ffff0000000000000000"), NotATerminal),
        (b"", ConnectionLost),
    ],
)
def test_something_else_listens(answer: bytes, error: type[LinkError]) -> None:
    """A server that is no terminal is told apart from one that is just gone."""
    theirs, ours = socket.socketpair()
    with theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)

        def dial(address: tuple[str, int], timeout: float) -> socket.socket:
            return _as_tcp(ours)

        client = TerminalClient("192.0.2.1", 80, 0, TerminalLink(dial=dial))
        with pytest.raises(error):
            client.open()
        assert not client.link.is_open


def _as_tcp(sock: socket.socket) -> socket.socket:
    """Return a socket that takes the options of TCP."""

    class Tcp(socket.socket):
        @override
        def setsockopt(self, *args: Any) -> None:
            """Take anything."""

    return Tcp(fileno=sock.detach())


def test_a_second_client_is_refused(kit: TerminalKit) -> None:
    """A terminal with a limit of sessions is busy, not absent."""
    kit.start(session_limit=1, session_limit_reply="error")
    with kit.client(), pytest.raises(TerminalError):
        kit.make_client().open()


def test_no_way_around_open(kit: TerminalKit) -> None:
    """Pyzk's own way to connect is closed."""
    kit.start()
    with pytest.raises(AssertionError):
        kit.make_client().connect()


def test_without_a_connection(kit: TerminalKit) -> None:
    """Asking before connecting is an error of the link; leaving is none."""
    kit.start()
    client = kit.make_client()
    client.leave()
    with pytest.raises(ConnectionLost):
        client.read_serial()
    with pytest.raises(ConnectionLost):
        client.link.fileno()
    client.link.abort()


# --- what a terminal says of itself ----------------------------------------------------


def test_info(kit: TerminalKit, profile: Profile) -> None:
    """Every kind of terminal says what it is."""
    kit.start(profile)
    with kit.client() as client:
        assert client.read_info() == DeviceInfo(
            serial=SERIAL,
            name=profile.name,
            platform=profile.platform,
            firmware=profile.firmware,
            mac=profile.mac,
            fingerprint_version=(
                int(profile.fingerprint_version)
                if profile.fingerprint_version
                else None
            ),
            face_version=profile.face_version,
            faces_enabled=profile.face_version is not None,
        )


@pytest.mark.parametrize("switch", ["missing_options", "empty_options"])
def test_options_may_be_missing(kit: TerminalKit, switch: str) -> None:
    """What a terminal does not tell is unknown, and all else is known."""
    names = (
        "~DeviceName",
        "~Platform",
        "MAC",
        "~ZKFPVersion",
        "ZKFaceVersion",
        "FaceFunOn",
    )
    faults: dict[str, Any] = {switch: names}
    kit.start(**faults, empty_option_reply="empty")
    with kit.client() as client:
        info = client.read_info()
        assert info == DeviceInfo(SERIAL, firmware=info.firmware)
        assert info.firmware


@pytest.mark.parametrize("switch", ["missing_options", "empty_options"])
def test_without_a_serial_number(kit: TerminalKit, switch: str) -> None:
    """What has no serial number is no terminal that SyncID could tell from others."""
    faults: dict[str, Any] = {switch: ("~SerialNumber",)}
    kit.start(**faults, empty_option_reply="empty")
    with kit.client() as client, pytest.raises(NotATerminal):
        client.read_serial()


def test_capacity(kit: TerminalKit, profile: Profile) -> None:
    """Every kind of terminal says how full it is."""
    kit.start(profile)
    kit.fill(5)
    has_faces = profile.max_faces > 0
    with kit.client() as client:
        assert client.read_capacity() == Capacity(
            users=3,
            fingerprints=0,
            records=5,
            faces=0 if has_faces else None,
            user_capacity=profile.max_users,
            fingerprint_capacity=profile.max_fingerprints,
            record_capacity=profile.max_records,
            face_capacity=profile.max_faces if has_faces else None,
        )


def test_a_terminal_that_holds_nothing(kit: TerminalKit) -> None:
    """All zero is what a terminal says that is still starting; it is not empty."""
    kit.start(replace(PROFILES["k14"], max_users=0, max_records=0), people={})
    with kit.client() as client, pytest.raises(ProtocolError):
        client.read_capacity()


def test_clock(kit: TerminalKit) -> None:
    """The clock is read and set."""
    kit.start(clock_offset=3600.0)
    with kit.client() as client:
        wanted = local_second(datetime(2026, 3, 12, 8, 5))
        client.set_clock(wanted)
        assert wanted <= client.read_clock() <= wanted + 5


def test_impossible_clock(kit: TerminalKit) -> None:
    """A clock that shows an impossible date is an error of the protocol."""
    kit.start()
    with kit.client() as client:
        client.link.request = lambda *args: replace_data(args)  # type: ignore[method-assign]
        with pytest.raises(ProtocolError):
            client.read_clock()
        assert not client.link.is_open


def replace_data(_: Any) -> Any:
    """Answer with 31 February."""
    from custom_components.syncid.core.terminal.frames import Frame  # noqa: PLC0415

    day = ((26 * 12 + 1) * 31 + 30) * 86400
    return Frame(2000, 1, 1, day.to_bytes(4, "little"))


# --- users -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 3, 40, 400])
def test_users(kit: TerminalKit, profile: Profile, count: int) -> None:
    """All users are read, however they come: at once, in a burst, in many frames."""
    people = {str(1000 + number): f"User {number}"[:8] for number in range(count)}
    kit.start(profile, people=people)
    with kit.client() as client:
        users = [decode_user(record) for record in client.read_users()]
    assert {user.user_id: user.name for user in users} == people


def test_names_with_garbage(kit: TerminalKit) -> None:
    """Garbage behind a name's end is no part of it."""
    kit.start(garbage_padding=True)
    with kit.client() as client:
        users = [decode_user(record) for record in client.read_users()]
    assert {user.name for user in users} == {"Amina", "Bruno", "Chen"}


def test_users_who_go_meanwhile(kit: TerminalKit) -> None:
    """What is left of a table is asked for again if its bytes may be either kind."""
    kit.start(people={str(1000 + number): "" for number in range(16)})

    def leave(device: Terminal) -> None:
        for user in [*device.users][14:]:  # 14 x 72 bytes are 36 x 28, too
            device.users.remove(user)

    kit.device.on(1503, leave)
    with kit.client() as client:
        assert len(client.read_users()) == 14


def test_users_that_are_not_given(kit: TerminalKit) -> None:
    """A table that a terminal keeps to itself is unreadable, not empty."""
    kit.start()
    kit.sim.call(setattr, kit.device.faults, "empty_reply", "error")
    [user, *_] = kit.device.users
    with kit.client() as client:
        # Counted each time, and gone when they are to be read.
        kit.device.on(50, lambda device: device.users.put(user), nth=None)
        kit.device.on(1503, lambda device: device.users.clear(), nth=None)
        with pytest.raises(TableUnreadable):
            client.read_users()
        assert client.read_serial() == SERIAL


MISSING = pytest.mark.parametrize("reply", ["error", "not_found", "read_failed"])


@MISSING
def test_template_that_is_not_there(kit: TerminalKit, reply: str) -> None:
    """However firmware says that there is none: there is none, and the link goes on."""
    kit.start(missing_reply=reply)
    kit.device.add_fingerprint("1001", 3, flag=3)
    with kit.client() as client:
        assert read_fingerprint(client, 1, 2) is None
        assert [finger.finger for finger in read_fingers_of(client, 1)] == [3]
        assert read_face(client, 1) is None
        assert not has_face(client, 1)


@pytest.mark.parametrize(
    ("command", "seconds"),
    [(1503, 30), (110, 30), (151, 30), (1013, 30), (1504, 15), (1000, 5), (8, 5)],
)
def test_patience(command: int, seconds: float) -> None:
    """What a terminal works at for long, it is given the time for."""
    assert Timeouts().of(command) == seconds


# --- control -------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(
    ("leave", "switch"),
    [
        (TerminalClient.restart_terminal, "restart_reply"),
        (TerminalClient.power_off_terminal, "poweroff_reply"),
    ],
)
def test_restart_and_power_off(
    kit: TerminalKit,
    leave: Callable[[TerminalClient], None],
    switch: str,
    answers: bool,
) -> None:
    """A terminal goes away whether it answers first or not, and that is no error."""
    faults: dict[str, Any] = {switch: answers}
    kit.start(**faults)
    client = kit.make_client()
    client.open()
    leave(client)
    assert not client.link.is_open


RESTARTS = pytest.mark.parametrize(
    ("leave", "command"),
    [
        (TerminalClient.restart_terminal, 1004),
        (TerminalClient.power_off_terminal, 1005),
    ],
)


@pytest.mark.parametrize("udp", [False, True])
@RESTARTS
def test_gone_without_an_answer(
    kit: TerminalKit,
    monkeypatch: pytest.MonkeyPatch,
    leave: Callable[[TerminalClient], None],
    command: int,
    udp: bool,
) -> None:
    """A terminal that dies with its link open is gone, which is what was wanted."""
    kit.start(udp=udp)
    closing: list[asyncio.Task[None]] = []

    def die(request: Request) -> Reply:
        """Take no connections any more, and leave the one there is as it is."""
        closing.append(asyncio.create_task(kit.sim.server.stop_listening()))
        return request.silence()

    monkeypatch.setitem(HANDLERS, command, die)
    client = kit.make_client()
    client.open()
    leave(client)
    assert closing
    assert not client.link.is_open


@pytest.mark.parametrize("udp", [False, True])
@RESTARTS
def test_no_answer_and_still_there(
    kit: TerminalKit,
    monkeypatch: pytest.MonkeyPatch,
    leave: Callable[[TerminalClient], None],
    command: int,
    udp: bool,
) -> None:
    """Of a terminal that answers again at once nobody says that it went away."""
    kit.start(udp=udp)
    monkeypatch.setitem(HANDLERS, command, lambda request: request.silence())
    client = kit.make_client()
    client.open()
    with pytest.raises(NotAnswered):
        leave(client)
    assert not client.link.is_open
    with kit.client() as other:
        assert other.read_serial() == SERIAL


def test_refused_command(kit: TerminalKit) -> None:
    """A refusal has its numbers, and the link goes on."""
    kit.start(in_menu=True)
    with kit.client() as client:
        with pytest.raises(CommandRefused) as error, client._checked():
            client.verify_user()
        assert (error.value.command, error.value.code, error.value.detail) == (
            60,
            2001,
            8,
        )
        assert client.read_serial() == SERIAL


def test_clear_log(kit: TerminalKit) -> None:
    """The log is emptied."""
    kit.start()
    kit.fill(9)
    with kit.client() as client:
        client.clear_log()
        assert client.read_capacity().records == 0


def test_menu_keeps_no_events_away(kit: TerminalKit) -> None:
    """Somebody in the menu does not keep us from listening."""
    kit.start(in_menu=True)
    with kit.client() as client:
        client.register_events(1)
        kit.sim.call(setattr, kit.device.faults, "in_menu", False)
        kit.sim.punch("1001")
        client.read_serial()
        client.link.receive_events()
        assert len(client.link.take_events()) == 1


def test_pyzk_finds_its_own_transport_gone(kit: TerminalKit) -> None:
    """Pyzk's commands go through the exact reader, even in pieces of one byte."""
    kit.start(segmentation="dribble", dribble_bytes=1)
    with kit.client() as client:
        assert client.get_platform() == PROFILES["iface702"].platform
        assert client.get_time().year >= 2026
    assert QUICK.of(50) == QUICK.reply
