"""The state machine against bytes of real terminals (protocol-4370 §5.2)."""

from dataclasses import replace
from datetime import datetime
import struct

import pytest

from simulator import PROFILES, Link, Packet, Record, Terminal
from simulator.biometrics import made_up_template
from simulator.records import pack_punch_event
from simulator.wire import parse_packet

from .vectors import FRAMES, PARTS

IFACE = PROFILES["iface702"]
K14 = PROFILES["k14"]
# What the terminal of P:274-323 says of itself.
SMALL = replace(
    IFACE,
    sizes_size=80,
    max_users=500,
    max_fingerprints=500,
    max_records=50_000,
    frame_size=1008,
)


def packet_of(name: str) -> Packet:
    """Return a golden frame as a packet."""
    packet, intact = parse_packet(FRAMES[name].data[8:])
    assert intact
    return packet


def talk(terminal: Terminal, link: Link, *names: str) -> list[bytes]:
    """Feed golden requests to a terminal; return the frames of its replies."""
    frames: list[bytes] = []
    for name in names:
        for reply in terminal.receive(link, FRAMES[name].data[8:]):
            frames.extend(packet.frame() for packet in reply.packets)
            for action in reply.afterwards:
                action()
    return frames


def ask(terminal: Terminal, link: Link, packet: Packet) -> list[bytes]:
    """Feed a request to a terminal; return the frames of its replies."""
    return [
        answer.frame()
        for reply in terminal.receive(link, packet.datagram())
        for answer in reply.packets
    ]


def open_session(terminal: Terminal, number: int) -> Link:
    """Return a link with a session of that number, as if just connected."""
    link = Link()
    terminal.open_link(link)
    terminal.next_session = number
    ask(terminal, link, Packet(1000, 0, 0))
    assert list(link.sessions) == [number]
    return link


def test_connect_and_exit() -> None:
    """CONNECT gets the session of the capture, EXIT ends it (P:100-106)."""
    terminal = Terminal(IFACE)
    link = Link()
    terminal.open_link(link)
    terminal.next_session = 0xFB2F
    assert talk(terminal, link, "connect") == [FRAMES["connect ok"].data]
    (reply,) = terminal.receive(link, FRAMES["exit"].data[8:])
    assert reply.closes_link
    assert not link.sessions
    assert [packet[:3] for packet in reply.packets] == [(2000, 0xFB2F, 1)]
    assert terminal.violations == []


def test_connect_in_the_npm_form() -> None:
    """CONNECT may begin with reply id 1."""
    terminal = Terminal(IFACE)
    link = Link()
    terminal.next_session = 0x1234
    (frame,) = talk(terminal, link, "connect, npm form")
    assert parse_packet(frame[8:]) == (Packet(2000, 0x1234, 1), True)


@pytest.mark.parametrize("key", [12, 45])
def test_authentication(key: int) -> None:
    """The comm keys of the captures open the session of the captures."""
    terminal = Terminal(IFACE, comm_key=key)
    link = Link()
    terminal.open_link(link)
    terminal.next_session = 0x45CF
    assert talk(terminal, link, "connect", f"auth key {key}") == [
        FRAMES["unauth"].data,
        FRAMES["auth ok"].data,
    ]


def test_authentication_with_the_wrong_key() -> None:
    """The key of one capture is wrong in the other."""
    terminal = Terminal(IFACE, comm_key=45)
    link = Link()
    terminal.open_link(link)
    terminal.next_session = 0x45CF
    _, refusal = talk(terminal, link, "connect", "auth key 12")
    # P:144, the second answer of the capture.
    assert refusal == bytes.fromhex("5050827d08000000d5075ab2cf450100")
    (still,) = talk(terminal, link, "sizes request")
    assert parse_packet(still[8:])[0].command == 2005


def test_sizes_of_92_bytes() -> None:
    """A terminal in the state of the capture answers it byte by byte (P:178)."""
    terminal = Terminal(replace(IFACE, max_faces=0))
    for number in range(7):
        terminal.add_user(str(88 + number), privilege=14 if number == 0 else 0)
    for finger in range(6):
        terminal.add_fingerprint("88", finger)
    terminal.fill_log(605)
    for _ in range(3087):
        terminal.oplog.add(4, datetime(2026, 1, 1))
    link = open_session(terminal, 0x6396)
    assert ask(terminal, link, Packet(50, 0x6396, 0x13)) == [FRAMES["sizes 92"].data]


def test_sizes_of_80_bytes() -> None:
    """The older form likewise (P:275)."""
    terminal = Terminal(SMALL)
    for number in range(70):
        admin = number < 6
        terminal.add_user(
            str(1001 + number),
            privilege=14 if admin else 0,
            password="1" if admin else "",
        )
        terminal.add_fingerprint(str(1001 + number), 0, b"x")
    terminal.fill_log(3225)
    for _ in range(282):
        terminal.oplog.add(4, datetime(2026, 1, 1))
    link = open_session(terminal, 0x3C5C)
    assert ask(terminal, link, Packet(50, 0x3C5C, 0x13)) == [FRAMES["sizes 80"].data]


def test_users_in_one_data_frame() -> None:
    """Seven people come as in P:204: the checksum covers all 508 bytes."""
    terminal = Terminal(IFACE)
    for uid, user_id in zip(
        (1, 2, 3, 4, 5, 6, 12),
        ("808", "821", "835", "831", "832", "86", "842"),
        strict=True,
    ):
        terminal.add_user(user_id, uid=uid, group=0, privilege=14 if uid == 1 else 0)
    link = open_session(terminal, 0x6396)
    request = Packet(1503, 0x6396, 0x15, bytes.fromhex("0109000500000000000000"))
    (frame,) = ask(terminal, link, request)
    assert len(frame) == 8 + 8 + 508
    head = PARTS["users reply head"].data
    assert frame[: len(head)] == head


def test_the_users_request_of_the_capture() -> None:
    """The request of P:213 is understood."""
    terminal = Terminal(IFACE)
    terminal.add_user("88")
    link = open_session(terminal, 0x45CF)
    (frame,) = talk(terminal, link, "users request")
    assert parse_packet(frame[8:])[0].command == 1501


def test_users_in_a_burst() -> None:
    """Seventy people come in the frames of P:276-323."""
    terminal = Terminal(SMALL)
    for number in range(70):
        terminal.add_user(str(1001 + number), uid=1 + number, group=0)
    # The last four bytes of the capture's dataset are zero, as here.
    link = open_session(terminal, 0x3C5C)
    (prepared,) = ask(
        terminal,
        link,
        Packet(1503, 0x3C5C, 0x15, bytes.fromhex("0109000500000000000000")),
    )
    golden = packet_of("prepare reply 5044")
    packet = parse_packet(prepared[8:])[0]
    assert packet[:3] == golden[:3]
    # The last four bytes are a hash that nobody has explained.
    assert packet.data[:9] == golden.data[:9]
    assert len(packet.data) == 13

    head, *frames, ack = ask(
        terminal, link, Packet(1504, 0x3C5C, 0x16, struct.pack("<II", 0, 5044))
    )
    assert head == FRAMES["burst head 5044"].data
    assert [len(frame) - 16 for frame in frames] == [1008] * 5 + [4]
    first = PARTS["burst frame 0 head"].data
    # All but the checksum, which covers the people of the capture.
    assert frames[0][:10] == first[:10]
    assert frames[0][12 : len(first)] == first[12:]
    assert frames[-1] == FRAMES["last frame of 5044"].data
    assert parse_packet(ack[8:]) == (Packet(2000, 5, 0x16), True)

    (freed,) = ask(terminal, link, packet_of("free"))
    assert parse_packet(freed[8:]) == (Packet(2000, 0x3C5C, 0x17), True)


def test_templates_announce_frames_of_65536() -> None:
    """A terminal that announces more than a frame may hold (P:345-346)."""
    terminal = Terminal(replace(IFACE, frame_size=65536))
    terminal.add_user("1")
    # 7568 bytes of entries, each with 6 bytes of head.
    for finger, size in enumerate((1500, 1500, 1500, 1500, 1538)):
        terminal.add_fingerprint("1", finger, size=size)
    link = open_session(terminal, 0x6430)
    (prepared,) = ask(
        terminal,
        link,
        Packet(1503, 0x6430, 0x16, bytes.fromhex("0107000200000000000000")),
    )
    golden = packet_of("templates prepare reply 7572")
    packet = parse_packet(prepared[8:])[0]
    assert packet[:3] == golden[:3]
    assert packet.data[:9] == golden.data[:9]
    head, data, ack = ask(
        terminal, link, Packet(1504, 0x6430, 0x17, struct.pack("<II", 0, 7572))
    )
    assert head == FRAMES["templates burst head"].data
    assert len(data) == 16 + 7572
    assert parse_packet(ack[8:])[0].command == 2000


@pytest.mark.parametrize(
    ("size", "reply_id", "head"),
    [(1243, 0x32, "template 1244 head"), (1010, 0x35, "template 1011 head")],
)
def test_one_template(size: int, reply_id: int, head: str) -> None:
    """A single template is a burst with a flag byte behind it (P:377, P:441)."""
    golden = packet_of(head)
    terminal = Terminal(replace(IFACE, frame_size=1008))
    terminal.add_user("14", uid=14)
    template = made_up_template("seed", size)
    if size == 1010:
        # The capture's template ends so; its last frame follows from it.
        template = template[:-2] + b"\xa0\x57"
    terminal.add_fingerprint("14", 1, template)
    link = open_session(terminal, golden.session)
    first, *frames, ack = ask(
        terminal, link, Packet(88, golden.session, reply_id, b"\x0e\0\x01")
    )
    assert first == FRAMES[head].data
    assert len(frames) == 2
    if size == 1010:
        assert frames[-1] == FRAMES["template 1011 last frame"].data
    else:
        assert ack == FRAMES["template 1244 ack"].data


def test_pin_width() -> None:
    """The PIN width is one byte (P:274)."""
    terminal = Terminal(IFACE)
    link = open_session(terminal, 0x3C5C)
    assert ask(terminal, link, Packet(69, 0x3C5C, 0x10, b" P")) == [
        FRAMES["pin width 9"].data
    ]


def test_options() -> None:
    """Options come as in S terminal."""
    terminal = Terminal(replace(IFACE, platform="ZEM760_TFT"))
    link = open_session(terminal, 0x8DF3)
    assert talk(terminal, link, "option WorkCode request") == [
        FRAMES["option WorkCode reply"].data
    ]
    assert talk(terminal, link, "option ~Platform request") == [
        FRAMES["option ~Platform reply"].data
    ]
    link = open_session(terminal, 0xC0C5)
    (frame,) = talk(terminal, link, "option ~OS request")
    assert parse_packet(frame[8:])[0].data == b"~OS=1\0"


def test_writing_options() -> None:
    """Options are written as in S terminal."""
    terminal = Terminal(IFACE)
    terminal.options.update({"LockOn": "9", "AntiPassbackOn": "1"})
    # One session; the reply ids say in which order.
    link = open_session(terminal, packet_of("option write LockOn").session)
    for name in ("option write AntiPassbackOn", "option write LockOn"):
        golden = packet_of(name)
        (frame,) = talk(terminal, link, name)
        assert parse_packet(frame[8:])[0][:3] == (2000, golden.session, golden.reply_id)
    assert terminal.options["LockOn"] == "5"
    assert terminal.options["AntiPassbackOn"] == "0"


def test_state() -> None:
    """The state comes in the session field (S terminal)."""
    terminal = Terminal(IFACE)
    terminal.capturing = True
    link = open_session(terminal, 0x7777)
    assert ask(terminal, link, Packet(64, 0x7777, 0x37)) == [FRAMES["state 2"].data]


def test_writing_a_user() -> None:
    """The user of S data-user lands in the table, unclean bytes and all."""
    golden = packet_of("write user")
    terminal = Terminal(IFACE)
    link = open_session(terminal, golden.session)
    (frame,) = talk(terminal, link, "write user")
    assert parse_packet(frame[8:])[0].command == 2000
    user = terminal.users["11224488"]
    assert (user.uid, user.privilege, user.password, user.name) == (
        14,
        6,
        "123456",
        "Nuevo",
    )
    assert (user.card, user.group, user.password_tail) == (0x198F, 1, b"\x7c")
    (frame,) = ask(
        terminal, link, Packet(54, golden.session, golden.reply_id + 1, b"\x0e\0")
    )
    assert parse_packet(frame[8:])[0].data == golden.data


def test_writing_a_verify_style() -> None:
    """The verify style of S data-user lands in the table."""
    golden = packet_of("write verify style")
    terminal = Terminal(IFACE)
    terminal.add_user("1", uid=13)
    link = open_session(terminal, golden.session)
    (frame,) = talk(terminal, link, "write verify style")
    assert parse_packet(frame[8:])[0].command == 2000
    assert terminal.users["1"].verify_style == 0x8D
    (frame,) = ask(
        terminal, link, Packet(80, golden.session, golden.reply_id + 1, b"\x0d\0")
    )
    assert parse_packet(frame[8:])[0].data == golden.data


def test_a_punch_of_12_bytes() -> None:
    """The live punch of P:476."""
    terminal = Terminal(K14)
    terminal.add_user("4822257")
    assert live_punch(terminal, "4822257", 0, datetime(2018, 12, 7, 19, 9, 6)) == (
        PARTS["punch 12"].data
    )


def test_a_punch_of_32_bytes() -> None:
    """The live punches of P:510 (its payload) and S realtime (whole)."""
    record = Record(
        user_id="1140064", time=datetime(2018, 11, 29, 12, 55, 3), verify=15
    )
    assert pack_punch_event(record, 32) == PARTS["punch 32 payload"].data

    terminal = Terminal(IFACE)
    terminal.add_user("999111333")
    packet = live_punch(terminal, "999111333", 1, datetime(2018, 6, 25, 17, 41, 5))
    assert packet == FRAMES["punch 32"].data[8:]


def live_punch(
    terminal: Terminal, user_id: str, verify: int, moment: datetime
) -> bytes:
    """Let somebody punch; return the packet that a session gets."""
    link = open_session(terminal, 0x1234)
    ask(terminal, link, Packet(500, 0x1234, 1, b"\x01\0\0\0"))
    terminal.punch(user_id, verify=verify, at=moment)
    event, _ = terminal.next_event(link, 0.0)
    assert event is not None
    return event.packet().datagram()
