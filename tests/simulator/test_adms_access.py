"""A terminal of the security family: registration, events, its commands."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from simulator import AdmsSimulation, NoAnswer
from simulator.adms.records import AdmsPunch, encode, made_up_photo

from .adms_server import SESSION, StrictServer, strict_server

MORNING = datetime(2026, 11, 20, 8, 0, 0)
FINGER = encode(b"a fingerprint")
PHOTO = encode(made_up_photo("x"))


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Serve, and see that the terminal did nothing that is not in the document."""
    async with strict_server() as strict:
        yield strict
    assert strict.complaints == []


@pytest.fixture
async def sim(server: StrictServer) -> AsyncIterator[AdmsSimulation]:
    """Return a terminal that is registered."""
    async with AdmsSimulation(
        server.url, profile="acc", step=True, clock=lambda: MORNING
    ) as sim:
        await sim.connect()
        yield sim


async def ask(sim: AdmsSimulation, server: StrictServer, *commands: str) -> list[int]:
    """Let it do commands, and return the codes of their results."""
    server.results.clear()
    server.ask(*commands)
    await sim.cycle()
    return [server.results[str(number + 1)] for number in range(len(commands))]


async def test_registration(server: StrictServer, sim: AdmsSimulation) -> None:
    """Handshake, registry, push, time (§8); values have commas in them."""
    paths = [line.partition("?")[0] for line in server.requests]
    assert paths == [
        "GET /iclock/cdata",
        "POST /iclock/registry",
        "POST /iclock/push",
        "GET /iclock/rtdata",
    ]
    assert "DeviceType=acc" in server.requests[0]
    assert server.registered["~OEMVendor"] == "ZKTECO CO., LTD."
    assert sim.terminal.registry_code == "Reg123"
    assert (sim.delay, sim.error_delay) == (3, 30)
    # §4: 583080894 is 14:54:54, and the zone is +0500.
    assert sim.terminal.now() == datetime(2018, 2, 22, 19, 54, 54)
    assert sim.terminal.violations == []
    assert server.cookies == 1
    # After a restart it is known, and does not register again.
    sim.power_cut()
    sim.power_on()
    await sim.connect()
    assert sim.terminal.registrations == 1
    assert sim.terminal.settings.session == SESSION


async def test_the_registry_loop(server: StrictServer) -> None:
    """A bare OK registers nobody, however often (§8); nor does a refusal."""
    async with AdmsSimulation(server.url, profile="acc", step=True) as sim:
        server.instead["registry"] = [
            (200, "OK"),
            (200, "RegistryCode=1\nOK"),
            (406, ""),
        ]
        for _ in range(3):
            with pytest.raises(NoAnswer, match="not accepted"):
                await sim.connect()
        assert sim.terminal.registrations == 3
        assert len(sim.terminal.violations) == 2
        sim.terminal.faults.registry_loop = True
        with pytest.raises(NoAnswer, match="not accepted"):
            await sim.connect()
        sim.terminal.faults.reset()
        await sim.connect()
        assert sim.terminal.registrations == 4


async def test_a_server_that_tells_no_time(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """The clock stays as it is."""
    before = sim.terminal.now()
    server.instead["rtdata"] = [(200, "now")]
    await sim.terminal.ask_time()
    assert sim.terminal.now() == before
    assert sim.terminal.violations == ["rtdata: 'now'"]
    server.instead["push"] = [(200, "RequestDelay=3")]
    await sim.terminal.push()
    assert sim.terminal.violations[1:] == ["push: no SessionID"]


async def test_events(server: StrictServer, sim: AdmsSimulation) -> None:
    """Punches and what happens at the door, with an index each (§8)."""
    terminal = sim.terminal
    terminal.add_user("1", "Ann", card="77")
    terminal.set_time(MORNING)
    await sim.punch("1", verify=15, state=1)
    terminal.deny()
    terminal.alarm("forced")
    terminal.move_door(is_open=True)
    await sim.cycle()
    lines = server.lines("rtlog")
    fields = [dict(field.split("=") for field in line.split("\t")) for line in lines]
    assert [(one["pin"], one["event"], one["index"]) for one in fields] == [
        ("1", "0", "1"),
        ("0", "27", "2"),
        ("0", "102", "3"),
        ("0", "200", "4"),
    ]
    assert fields[0]["inoutstatus"] == "1"
    assert fields[0]["verifytype"] == "15"
    assert fields[0]["time"] == "2026-11-20 08:00:00"
    assert server.lines("rtstate")[0].startswith(
        "time=2026-11-20 08:00:00\tsensor=02\trelay=00\talarm="
    )
    [user] = server.of("user")
    assert user.query["tablename"] == "user"
    assert user.lines[0].startswith("user cardno=77\tpin=1\tpassword=\t")
    server.instead["rtlog"] = [(200, "no")]
    terminal.add_punch(AdmsPunch(user_id="99", time=MORNING))
    await sim.upload()
    assert not terminal.acknowledged
    await sim.upload()
    assert terminal.acknowledged


async def test_templates_that_are_enrolled(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """They come as rows of their tables."""
    sim.terminal.add_user("1")
    sim.terminal.add_fingerprint("1", 6)
    sim.terminal.add_face("1")
    sim.terminal.faults.rows_answer = "ok"
    await sim.upload()
    assert not sim.terminal.acknowledged
    server.instead["tabledata"] = [(200, "OK"), (200, "OK: 1")]
    await sim.upload("user")
    assert sim.terminal.acknowledged
    sim.terminal.faults.reset()
    await sim.upload()
    assert not sim.terminal.acknowledged
    await sim.cycle()
    assert server.lines("templatev10")[0].startswith("templatev10 size=684\tpin=1\t")
    assert server.lines("biodata")[0].startswith("biodata Pin=1\tNo=0\tIndex=0\t")
    assert sim.terminal.unsent == 0


async def test_commands(server: StrictServer, sim: AdmsSimulation) -> None:
    """Rows of several people in one command, templates, and who may open the door."""
    codes = await ask(
        sim,
        server,
        "DATA UPDATE user Cardno=1\tPin=1\tName=Ann\tPrivilege=14\r\nPin=2\tName=Ben",
        "DATA UPDATE userauthorize Pin=1\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1",
        f"DATA UPDATE templatev10 Pin=1\tFingerID=21\tValid=1\tTemplate={FINGER}",
        f"DATA UPDATE biodata Pin=1\tType=9\tMajorVer=58\tTmp={FINGER}",
        f"DATA UPDATE biophoto Pin=2\tType=9\tSize={len(PHOTO)}\tContent={PHOTO}",
        f"DATA UPDATE userpic Pin=2\tSize={len(PHOTO)}\tContent={PHOTO}",
    )
    assert codes == [0] * 6
    terminal = sim.terminal
    assert [(user.name, user.privilege) for user in terminal] == [
        ("Ann", 14),
        ("Ben", 0),
    ]
    assert list(terminal.authorizations) == ["1"]
    [finger] = terminal.templates_of("1", 1)
    assert (finger.number, finger.duress) == (5, 1)
    assert [len(terminal.templates_of(pin, 9)) for pin in ("1", "2")] == [1, 1]
    wanted = "DATA QUERY tablename=biophoto,fielddesc=*,filter=*"
    assert await ask(sim, server, wanted) == [1]
    assert server.lines("biophoto")[-1].startswith("biophoto PIN=2\t")
    assert await ask(sim, server, "DATA DELETE biophoto Pin=2") == [0]
    assert terminal.face_photos == {}
    codes = await ask(
        sim,
        server,
        "DATA DELETE templatev10 Pin=1\tFingerID=5",
        "DATA DELETE biodata Pin=1\tType=9",
        "DATA DELETE userauthorize Pin=1",
        "DATA DELETE user Pin=1",
        "DATA DELETE user *",
        "DATA DELETE transaction *",
    )
    assert codes == [0] * 6
    assert (terminal.users, terminal.templates, terminal.log) == ({}, {}, [])
    assert terminal.authorizations == {}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("DATA UPDATE user Name=Nobody", -1),
        ("DATA UPDATE userauthorize Pin=9", -27),
        (f"DATA UPDATE templatev10 Pin=9\tFingerID=1\tTemplate={FINGER}", -27),
        ("DATA UPDATE nonsense a=b", -629),
        ("DATA DELETE nonsense *", -629),
        ("DATA DELETE user", -1),
        ("DATA QUERY tablename=nonsense,fielddesc=*,filter=*", -629),
        ("DATA COUNT nonsense", -629),
        ("SET OPTIONS nonsense", -1),
        ("SET OPTIONS DateTime=soon", -1),
        ("ENROLL_BIO type=9\tpin=9", -27),
        ("ACCOUNT transaction", -708),
        ("CONTROL DEVICE xx", -1),
        ("CONTROL DEVICE 0", -1),
        ("CONTROL DEVICE 99000000", -708),
        ("CLEAR LOG", -13),
    ],
)
async def test_what_is_refused(
    server: StrictServer, sim: AdmsSimulation, command: str, code: int
) -> None:
    """With the codes of this family (§7)."""
    assert await ask(sim, server, command) == [code]


async def test_queries(server: StrictServer, sim: AdmsSimulation) -> None:
    """Rows come to querydata, in packs that are numbered."""
    terminal = sim.terminal
    for number in range(1, 4):
        terminal.add_user(str(number), f"N{number}")
        terminal.add_fingerprint(str(number))
    terminal.add_face("1")
    terminal.fill_log(2, start=MORNING)
    await sim.cycle()
    server.uploads.clear()
    terminal.faults.batch = 2
    codes = await ask(
        sim,
        server,
        "DATA QUERY tablename=user,fielddesc=*,filter=*",
        "DATA QUERY tablename=user,fielddesc=*,filter=pin=2",
        "DATA QUERY tablename=templatev10,fielddesc=*,filter=*",
        "DATA QUERY tablename=biodata,fielddesc=*,filter=type=9",
        "DATA QUERY tablename=transaction,fielddesc=*,filter=*",
        "DATA COUNT user",
        "GET OPTIONS ~DeviceName,UserCount,Nonsense",
    )
    assert codes == [3, 1, 3, 1, 2, 3, 0]
    users = server.of("user")
    packs = [(one.query["packidx"], one.query["packcnt"]) for one in users[:2]]
    assert packs == [("1", "2"), ("2", "2")]
    assert [one.query["cmdid"] for one in users] == ["1", "1", "2", "6"]
    assert users[2].lines[0].split("\t")[1] == "pin=2"
    assert users[3].body == b"user=3"
    assert len(server.lines("templatev10")) == 3
    assert len(server.lines("biodata")) == 1
    assert server.lines("transaction")[0].startswith("transaction cardno=0\tpin=1\t")
    assert server.of("options")[0].body == b"~DeviceName=ProFace X,UserCount=3"


async def test_control(server: StrictServer, sim: AdmsSimulation) -> None:
    """CONTROL DEVICE, in hex (§8), and the clock."""
    assert (
        await ask(
            sim,
            server,
            "CONTROL DEVICE 01010105",
            "CONTROL DEVICE 01010205",
            "CONTROL DEVICE 02010000",
            "CONTROL DEVICE 04010100",
            "CONTROL DEVICE 06010000",
            # §4: checked there.
            "SET OPTIONS DateTime=583080894,VOLUME=3",
        )
        == [0] * 6
    )
    terminal = sim.terminal
    assert terminal.unlocks == [(1, 5)]
    assert terminal.alarms_cancelled == 1
    assert terminal.options["Door1KeepOpen"] == "1"
    assert terminal.options["Door1LockOut"] == "0"
    assert terminal.options["VOLUME"] == "3"
    assert terminal.now() == datetime(2018, 2, 22, 14, 54, 54)
    assert await ask(sim, server, "CONTROL DEVICE 03000000") == [0]
    assert terminal.restarts == 1


async def test_polls_by_push(server: StrictServer, sim: AdmsSimulation) -> None:
    """Some ask for commands there (§8)."""
    sim.terminal.faults.poll_by_push = True
    server.instead["push"] = [(200, "C:1:CONTROL DEVICE 01010103")]
    await sim.cycle()
    assert server.results == {"1": 0}
    assert sim.terminal.unlocks == [(1, 3)]


async def test_enrolment(server: StrictServer, sim: AdmsSimulation) -> None:
    """A finger by ENROLL_BIO."""
    sim.terminal.add_user("1")
    server.ask("ENROLL_BIO type=1\tno=3\tpin=1\tretry=3\toverwrite=1")
    await sim.cycle()
    for _ in range(3):
        sim.terminal.press()
    await sim.cycle()
    assert server.results == {"1": 0}
    assert "fingerid=3" in server.lines("templatev10")[0]


async def test_what_it_does_not_do(server: StrictServer, sim: AdmsSimulation) -> None:
    """Photos of punches are the other family's."""
    with pytest.raises(ValueError, match="sends no ATTPHOTO"):
        sim.terminal.take_photo("1")
