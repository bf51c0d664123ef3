"""Fingerprints, faces and enrolment, command by command (§2.7 to §2.9, §2.13)."""

from dataclasses import replace
import struct

import pytest

from simulator import PROFILES, Simulation
from simulator.biometrics import FACE_SIZE, made_up_template
from simulator.faults import MissingReply

from .conftest import Dial, Serve, make_terminal
from .raw import READ_FINGERS, RawClient

FINGER = struct.Struct("<HB")


def user_id(text: str) -> bytes:
    """Return a user id as commands carry it."""
    return text.encode().ljust(24, b"\0")


# Fingerprints


def test_writing_a_template(client: RawClient, sim: Simulation) -> None:
    """1500, 1501 in one large frame, 119, 87: as pyzatt does (§2.8)."""
    template = made_up_template("x", 1500)
    assert client.request(1003).command == 2000
    client.upload(template, chunk=2000)
    answer = client.request(119)
    assert (answer.command, len(answer.data)) == (2000, 4)
    request = struct.pack("<HBBH", 2, 6, 3, len(template))
    assert client.request(87, request).command == 2000
    assert client.request(1502).command == 2000
    stored = sim.terminal.fingerprints.get(2, 6)
    assert stored is not None
    assert (stored.template, stored.flag) == (template, 3)
    # 88 has the flag behind the template, 9 has not.
    client.send(88, FINGER.pack(2, 6))
    data = b"".join(answer.data for answer in client.burst()[1:-1])
    assert data == template + b"\x03"
    client.send(9, FINGER.pack(2, 6))
    data = b"".join(answer.data for answer in client.burst()[1:-1])
    assert data == template


@pytest.mark.parametrize(
    ("uid", "size"), [(99, 100), (2, 101)], ids=["nobody", "more than there is"]
)
def test_writing_a_template_wrongly(
    client: RawClient, sim: Simulation, uid: int, size: int
) -> None:
    """The person must exist, and the template be there."""
    client.upload(bytes(100))
    request = struct.pack("<HBBH", uid, 1, 1, size)
    assert client.request(87, request).command == 2001
    assert len(sim.terminal.fingerprints) == 0


def test_writing_a_template_that_was_not_sent(client: RawClient) -> None:
    """Without an upload there is nothing to store or to sum up."""
    assert client.request(87, struct.pack("<HBBH", 2, 1, 1, 10)).command == 2001
    assert client.request(119).command == 2001


@pytest.mark.parametrize(
    ("reply", "code"), [("error", 2001), ("not_found", 4991), ("read_failed", 4993)]
)
def test_reading_what_is_not_there(
    client: RawClient, sim: Simulation, reply: MissingReply, code: int
) -> None:
    """Firmware does not agree on how to say that there is none."""
    sim.terminal.faults.missing_reply = reply
    assert client.request(88, FINGER.pack(2, 6)).command == code
    assert client.request(150, FINGER.pack(2, 50)).command == code


def test_writing_a_template_inline(client: RawClient, sim: Simulation) -> None:
    """Command 132 brings everything itself."""
    template = made_up_template("y", 700)
    head = struct.pack("<24sBBH", b"1003", 4, 1, len(template))
    assert client.request(132, head + template).command == 2000
    stored = sim.terminal.fingerprints.get(3, 4)
    assert stored is not None and stored.template == template
    assert client.request(132, head + template[:-1]).command == 2001
    assert client.request(132, head[:20]).command == 2001


def test_no_room_for_a_finger(serve: Serve, dial: Dial) -> None:
    """A full table takes no other finger, but a better one of the same."""
    terminal = make_terminal(replace(PROFILES["iface702"], max_fingerprints=1))
    terminal.add_fingerprint("1001", 0)
    client = dial(serve(terminal))
    head = struct.pack("<24sBBH", b"1001", 1, 1, 3)
    assert client.request(132, head + b"abc").command == 2001
    head = struct.pack("<24sBBH", b"1001", 0, 1, 3)
    assert client.request(132, head + b"abc").command == 2000


@pytest.mark.parametrize(("finger", "left"), [(2, [1, 5]), (13, []), (9, [1, 2, 5])])
def test_deleting_templates_by_user_id(
    client: RawClient, sim: Simulation, finger: int, left: list[int]
) -> None:
    """Command 134 deletes one finger, or all with 13."""
    for number in (1, 2, 5):
        sim.terminal.add_fingerprint("1002", number)
    sim.terminal.add_fingerprint("1003", 2)
    answer = client.request(134, user_id("1002") + bytes((finger,)))
    assert answer.command == (2001 if finger == 9 else 2000)
    assert list(sim.terminal.fingerprints.of(2)) == left
    assert list(sim.terminal.fingerprints.of(3)) == [2]
    assert client.request(134, user_id("1002")).command == 2001


@pytest.mark.parametrize("code", [0, 1, 11, 13])
def test_the_dangerous_sub_codes(client: RawClient, sim: Simulation, code: int) -> None:
    """Command 110 does nothing but write people (§2.8)."""
    client.upload(bytes(200))
    assert client.request(110, struct.pack("<IHH", code, 0, 8)).command == 2001
    assert len(sim.terminal.users) == 3


@pytest.mark.parametrize(
    "blob",
    [
        b"\x01",
        struct.pack("<III", 73, 0, 0) + b"\x05" + bytes(72),
        struct.pack("<III", 73, 0, 0) + b"\x02" + bytes(72),
        struct.pack("<III", 0, 8, 0) + struct.pack("<BHBI", 2, 1, 0x10, 0),
        struct.pack("<III", 0, 8, 4)
        + struct.pack("<BHBI", 2, 1, 0x10, 0)
        + struct.pack("<HH", 99, 0),
        struct.pack("<III", 0, 8, 0) + struct.pack("<BHBI", 2, 99, 0x10, 0) + bytes(4),
    ],
    ids=["short", "no record", "no uid", "no template", "cut", "nobody"],
)
def test_a_batch_that_makes_no_sense(
    client: RawClient, sim: Simulation, blob: bytes
) -> None:
    """It is refused, whatever is wrong with it."""
    client.upload(blob)
    assert client.request(110, struct.pack("<IHH", 12, 0, 8)).command == 2001
    assert len(sim.terminal.fingerprints) == 0


def test_the_bulk_read_of_templates(client: RawClient, sim: Simulation) -> None:
    """Entries begin with size, uid, finger and flag (§2.7)."""
    sim.terminal.add_fingerprint("1002", 3, size=600, flag=3)
    entry = client.read(READ_FINGERS)
    assert struct.unpack("<HHBB", entry[:6]) == (606, 2, 3, 3)
    assert entry[6:] == sim.terminal.fingerprints.of(2)[3].template


# Faces


def test_faces(client: RawClient, sim: Simulation) -> None:
    """A face is read by uid and by user id, whole and in parts (§2.13)."""
    sim.terminal.add_face("1002", count=12)
    client.send(150, FINGER.pack(2, 50))
    array = b"".join(answer.data for answer in client.burst()[1:-1])
    assert len(array) == 12 * FACE_SIZE == 30912
    assert struct.unpack("<HHBB", array[FACE_SIZE : FACE_SIZE + 6]) == (2576, 2, 1, 1)
    client.send(150, FINGER.pack(2, 1))
    one = b"".join(answer.data for answer in client.burst()[1:-1])
    assert one == array[FACE_SIZE : 2 * FACE_SIZE]
    client.send(150, user_id("1002") + b"\0\x32\0\0")
    again = b"".join(answer.data for answer in client.burst()[1:-1])
    assert again == array
    assert client.request(150, FINGER.pack(1, 50)).command == 2001
    assert client.request(150, FINGER.pack(2, 13)).command == 2001


def test_copying_a_face(client: RawClient, sim: Simulation) -> None:
    """An array may be written to another person, who becomes its owner."""
    sim.terminal.add_face("1002", count=3)
    array = b"".join(sim.terminal.faces.of(2))
    client.upload(array)
    assert client.request(151, user_id("1003") + bytes(4)).command == 2000
    copied = sim.terminal.faces.of(3)
    assert [struct.unpack("<HHB", record[:5])[1:] for record in copied] == [
        (3, 0),
        (3, 1),
        (3, 2),
    ]
    assert [record[5:] for record in copied] == [
        record[5:] for record in sim.terminal.faces.of(2)
    ]
    # 151 replaces, 153 adds.
    client.upload(array[:FACE_SIZE])
    assert client.request(151, user_id("1003") + bytes(4)).command == 2000
    assert len(sim.terminal.faces.of(3)) == 1
    client.upload(array[FACE_SIZE:])
    assert client.request(153, user_id("1003") + bytes(4)).command == 2000
    assert len(sim.terminal.faces.of(3)) == 3
    assert client.request(152, user_id("1003")).command == 2000
    assert client.request(152, user_id("1003")).command == 2001
    assert len(sim.terminal.faces) == 1


def test_faces_that_are_refused(serve: Serve, dial: Dial) -> None:
    """Nobody, no array, no room, or no face function at all."""
    terminal = make_terminal(replace(PROFILES["iface702"], max_faces=1))
    terminal.add_face("1001", count=1)
    client = dial(serve(terminal))
    record = terminal.faces.of(1)[0]
    client.upload(record)
    assert client.request(151, user_id("9999") + bytes(4)).command == 2001
    assert client.request(151, user_id("1002") + bytes(4)).command == 2001
    client.upload(record[:-1])
    assert client.request(151, user_id("1001") + bytes(4)).command == 2001
    terminal.options["FaceFunOn"] = "0"
    for command in (150, 151, 152, 153):
        assert client.request(command, FINGER.pack(1, 50)).command == 2001


@pytest.mark.parametrize("profile", ["k14", "speedface"])
def test_no_faces_by_command(serve: Serve, dial: Dial, profile: str) -> None:
    """Only infrared face terminals know these commands."""
    client = dial(serve(make_terminal(profile)))
    for command in (150, 151, 152, 153):
        assert client.request(command, FINGER.pack(1, 50)).command == 65535


# Enrolment


def test_the_events_of_an_enrolment(client: RawClient, sim: Simulation) -> None:
    """Press, score, press, score, press, score, end: each after the last (§2.9)."""
    assert client.request(61, user_id("1002") + b"\x03\x01").command == 2000
    seen = []
    for _ in range(7):
        event = client.receive()
        assert (event.command, event.reply_id) == (500, 0)
        seen.append((event.session, event.data[:1]))
        client.acknowledge()
    assert seen[:6] == [(2, b""), (0x100, b"\x64")] * 3
    assert event.session == 8
    result, size, who, finger = struct.unpack("<HH9sB", event.data)
    assert (result, size, who.rstrip(b"\0"), finger) == (0, 1244, b"1002", 3)
    assert client.request(64).session == 0
    assert list(sim.terminal.fingerprints.of(2)) == [3]


def test_an_enrolment_that_nobody_acknowledges(
    client: RawClient, sim: Simulation
) -> None:
    """It goes on by itself, only slower."""
    sim.terminal.enroll_pace = 0.01
    assert client.request(61, user_id("1002") + b"\x03\x01").command == 2000
    assert [client.receive().session for _ in range(7)] == [2, 0x100] * 3 + [8]


def test_an_enrolment_is_broken_off(client: RawClient, sim: Simulation) -> None:
    """62 ends it, with nothing stored."""
    assert client.request(61, user_id("1002") + b"\x03\x01").command == 2000
    assert client.receive().session == 2
    assert client.request(64).session == 1
    answer = client.request(61, user_id("1001") + b"\x03\x01")
    assert (answer.command, answer.session) == (2001, 8)
    assert client.request(62).command == 2000
    assert client.request(64).session == 0
    assert len(sim.terminal.fingerprints) == 0


@pytest.mark.parametrize(
    ("data", "reply", "detail"),
    [
        (user_id("1001") + b"\x03\x01", 2001, 2),
        (user_id("") + b"\x03\x01", 2001, 1),
        (user_id("1001") + b"\x0a\x01", 2001, 1),
        (b"\x01", 2001, None),
        (user_id("0") + b"\x03\x01", 2001, None),
    ],
    ids=["enrolled", "nobody", "no finger", "short", "zero"],
)
def test_enrolments_that_are_refused(
    client: RawClient, sim: Simulation, data: bytes, reply: int, detail: int | None
) -> None:
    """Each with its detail in the session field."""
    sim.terminal.add_fingerprint("1001", 3)
    answer = client.request(61, data)
    assert answer.command == reply
    assert answer.session == (client.session if detail is None else detail)


@pytest.mark.parametrize(
    ("data", "uid"),
    [
        (struct.pack("<IB", 1002, 3), 2),
        (struct.pack("<IB", 3, 3), 3),
        (struct.pack("<HB", 1, 3), 1),
    ],
    ids=["user id", "uid", "short uid"],
)
def test_the_older_forms_of_an_enrolment(
    client: RawClient, sim: Simulation, data: bytes, uid: int
) -> None:
    """A number of 4 or 2 bytes instead of 24 (§2.9)."""
    assert client.request(61, data).command == 2000
    for _ in range(7):
        client.receive()
        client.acknowledge()
    client.request(64)
    assert list(sim.terminal.fingerprints.of(uid)) == [3]


def test_an_older_form_creates_the_person_too(
    client: RawClient, sim: Simulation
) -> None:
    """A number that nobody has becomes a user id."""
    assert client.request(61, struct.pack("<IB", 4711, 3)).command == 2000
    assert client.receive().session == 2
    assert sim.terminal.users["4711"].uid == 4


def test_others_hear_of_an_enrolment(
    dial: Dial, client: RawClient, sim: Simulation
) -> None:
    """Who registered for fingers gets the same events."""
    witness = dial(sim)
    witness.request(500, struct.pack("<I", 0xFFFF))
    assert client.request(61, user_id("1002") + b"\x03\x01").command == 2000
    for _ in range(7):
        mine = client.receive()
        client.acknowledge()
        assert witness.receive() == mine
