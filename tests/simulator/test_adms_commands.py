"""A terminal that pushes: what it does when it is asked to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

import pytest

from simulator import ADMS_PROFILES, AdmsSimulation, NoAnswer
from simulator.adms import FACE, FINGERPRINT
from simulator.adms.commands import split_commands
from simulator.adms.records import encode, made_up_photo

from .adms_server import StrictServer, strict_server

MORNING = datetime(2026, 11, 20, 8, 0, 0)
FINGER = encode(b"a fingerprint of somebody else's terminal")
PHOTO = encode(made_up_photo("x"))


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Serve, and see that the terminal did nothing that is not in the document."""
    async with strict_server() as strict:
        yield strict
    assert strict.complaints == []


@pytest.fixture
async def sim(server: StrictServer) -> AsyncIterator[AdmsSimulation]:
    """Return a terminal with two people, which has uploaded what it had."""
    async with AdmsSimulation(server.url, step=True, clock=lambda: MORNING) as sim:
        sim.terminal.add_user("1001", "Amina")
        sim.terminal.add_user("1002", "Bilal")
        await sim.handshake()
        await sim.upload()
        yield sim


async def ask(sim: AdmsSimulation, server: StrictServer, *commands: str) -> list[int]:
    """Let it do commands, and return the codes of their results."""
    server.results.clear()
    server.ask(*commands)
    await sim.cycle()
    return [server.results[str(number + 1)] for number in range(len(commands))]


def test_what_is_between_commands() -> None:
    """LF, or an empty line, or rows that belong to a command; and the long form."""
    text = (
        "C:1:INFO\nC:2:DATA UPDATE user Pin=1\tName=A\r\nPin=2\tName=C:3\r\n\r\n"
        "C:abc:REBOOT\nDataType=1,SN=X,Priority=1,CmdID=7,CmdDesc=CHECK\n"
    )
    assert [(command.id, command.text) for command in split_commands(text)] == [
        ("1", "INFO"),
        ("2", "DATA UPDATE user Pin=1\tName=A\r\nPin=2\tName=C:3"),
        ("abc", "REBOOT"),
        ("7", "CHECK"),
    ]
    assert list(split_commands("OK")) == []


async def test_polls(server: StrictServer, sim: AdmsSimulation) -> None:
    """The first one tells what there is; then it is short (§7)."""
    assert (await sim.poll()).text == "OK"
    assert server.infos == ["ZAM180-NF-Ver3.0.15,2,0,0,192.168.1.201,10,58,3,0,11101"]
    await sim.poll()
    assert server.requests[-1] == "GET /iclock/getrequest?SN=CKUJ203460001"
    for length, fields in (("short", 5), ("long", 40), ("none", 0)):
        sim.terminal.faults.set("info", length)
        sim.terminal.info_due = True
        server.infos.clear()
        await sim.poll()
        assert sum(len(info.split(",")) for info in server.infos) == fields


async def test_many_commands(server: StrictServer, sim: AdmsSimulation) -> None:
    """All of one answer are done, in their order."""
    commands = [f"DATA UPDATE USERINFO PIN={number}\tName=N" for number in range(1, 26)]
    assert await ask(sim, server, *commands) == [0] * 25
    assert len(sim.terminal.users) == 27
    assert server.result_bodies[0] == "ID=1&Return=0&CMD=DATA\n"
    assert [command.id for command in sim.terminal.commands] == [
        str(number) for number in range(1, 26)
    ]


async def test_users(server: StrictServer, sim: AdmsSimulation) -> None:
    """What a command names is changed, the rest stays; a role by the key it knows."""
    codes = await ask(
        sim,
        server,
        "DATA UPDATE USERINFO PIN=7\tName=Ann\tPri=14\tCard=[15CD5B07]\tPasswd=1",
        "DATA UPDATE USERINFO PIN=7\tPrivilege=0\tGrp=3",
        "DATA UPDATE USERINFO PIN=1001\tName=Name of more than twenty-four bytes",
        "DATA DELETE USERINFO PIN=1002",
    )
    assert codes == [0, 0, 0, 0]
    ann = sim.terminal.users["7"]
    assert (ann.name, ann.privilege, ann.card) == ("Ann", 14, "[15CD5B07]")
    assert (ann.password, ann.group) == ("1", "3")
    assert sim.terminal.users["1001"].name == "Name of more than twenty"
    assert "1002" not in sim.terminal.users


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("DATA UPDATE USERINFO Name=Nobody", -1),
        ("DATA UPDATE USERINFO PIN=A7", -1),
        ("DATA UPDATE USERINFO PIN=007", -1),
        ("DATA UPDATE USERINFO PIN=123456789012345", -1),
        ("DATA UPDATE USERINFO PIN=1\tPri=chief", -1),
        ("DATA UPDATE TIMEZONE TZID=1", -1004),
        ("DATA DELETE USERINFO", -1),
        ("DATA DELETE TIMEZONE PIN=1", -1004),
        ("DATA QUERY TIMEZONE", -1004),
        (f"DATA UPDATE FINGERTMP PIN=9\tFID=1\tSize=4\tTMP={FINGER}", -10),
        (f"DATA UPDATE FINGERTMP PIN=1001\tFID=1\tSize=4\tTMP={FINGER}", -9),
        ("DATA UPDATE FINGERTMP PIN=1001\tFID=1\tSize=3\tTMP=a?b", -11),
        ("DATA UPDATE FINGERTMP PIN=1001\tFID=1\tSize=0\tTMP=", -12),
        (f"DATA UPDATE BIODATA Pin=1001\tType=9\tMajorVer=38\tTmp={FINGER}", -30),
        (f"DATA UPDATE BIODATA Pin=1001\tType=8\tMajorVer=1\tTmp={FINGER}", -1004),
        (f"DATA UPDATE BIOPHOTO PIN=1001\tType=9\tSize=5\tContent={PHOTO}", -2),
        (f"DATA UPDATE BIOPHOTO PIN=9\tType=9\tSize=5\tContent={PHOTO}", -10),
        ("DATA UPDATE BIOPHOTO PIN=1001\tSize=4\tContent=AAAA", -12),
        ("DATA UPDATE BIOPHOTO PIN=1001\tSize=3\tContent=A=A", -11),
        ("DATA UPDATE BIOPHOTO PIN=1001\tFormat=1\tUrl=http://x/y.jpg", -1008),
        ("DATA UPDATE TEMPLATE", -1004),
        (f"DATA UPDATE BIODATA Pin=9\tType=9\tMajorVer=58\tTmp={FINGER}", -10),
        ("ENROLL_BIO TYPE=9\tPIN=9", -10),
        ("DATA UPDATE USERPIC PIN=9\tSize=0\tContent=", -10),
        ("DATA UPDATE USERPIC PIN=1001\tSize=1\tContent=", -2),
        ("USER ADD PIN=1", -1002),
        ("DATA USER PIN=1\tName=Old", -1002),
        ("SHELL ls", -1002),
        ("CLEAR EVERYTHING", -1002),
        ("GET OPTION FROM Nonsense", -1),
        ("SET OPTION Nonsense", -1),
        ("VERIFY SUM OPERLOG", -1002),
        ("DATA QUERY ATTLOG StartTime=yesterday", -1),
        ("ENROLL_FP PIN=9\tFID=1", -10),
        ("ENROLL_BIO TYPE=8\tPIN=1001", -1002),
    ],
)
async def test_what_is_refused(
    server: StrictServer, sim: AdmsSimulation, command: str, code: int
) -> None:
    """With the code of the document (§7), and nothing is changed."""
    before = (dict(sim.terminal.users), dict(sim.terminal.templates))
    assert await ask(sim, server, command) == [code]
    assert (sim.terminal.users, sim.terminal.templates) == before


async def test_no_room(server: StrictServer) -> None:
    """A terminal that is full says so."""
    profile = replace(ADMS_PROFILES["att"], max_users=1, max_fingerprints=1)
    async with AdmsSimulation(server.url, profile=profile, step=True) as sim:
        sim.terminal.add_user("1001")
        update = f"DATA UPDATE FINGERTMP PIN=1001\tSize={len(FINGER)}\tTMP={FINGER}"
        assert await ask(
            sim,
            server,
            "DATA UPDATE USERINFO PIN=2",
            f"{update}\tFID=1",
            f"{update}\tFID=1",
            f"{update}\tFID=2",
        ) == [-1001, 0, 0, -1001]


async def test_templates(server: StrictServer, sim: AdmsSimulation) -> None:
    """Fingers and faces come, are told, and go."""
    size = len(FINGER)
    face = encode(b"a face")
    codes = await ask(
        sim,
        server,
        f"DATA UPDATE FINGERTMP PIN=1001\tFID=5\tSize={size}\tValid=1\tTMP={FINGER}",
        f"DATA UPDATE FINGERTMP PIN=1001\tFID=6\tSize={size}\tValid=3\tTMP={FINGER}",
        "DATA UPDATE BIODATA Pin=1001\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9"
        f"\tMajorVer=58\tMinorVer=12\tFormat=0\tTmp={face}",
        "DATA QUERY FINGERTMP PIN=1001\tFID=6",
        "DATA QUERY BIODATA Type=9",
        "DATA DELETE FINGERTMP PIN=1001\tFID=5",
    )
    assert codes == [0] * 6
    assert server.of("OPERLOG")[-1].lines == [
        f"FP PIN=1001\tFID=6\tSize={size}\tValid=3\tTMP={FINGER}"
    ]
    told = server.lines("BIODATA")[0].split("\t")
    assert told[:4] == ["BIODATA Pin=1001", "No=0", "Index=0", "Valid=1"]
    assert told[4:7] == ["Duress=0", "Type=9", "MajorVer=58"]
    assert told[7:] == ["MinorVer=12", "Format=0", f"Tmp={face}"]
    assert {key[1:3] for key in sim.terminal.templates} == {(1, 6), (9, 0)}
    # What came from the server is not sent to it again.
    assert sim.terminal.unsent == 0
    assert await ask(sim, server, "DATA DELETE BIODATA Pin=1001\tType=9") == [0]
    assert sim.terminal.templates_of("1001", FACE) == []
    assert await ask(sim, server, "DATA DELETE USERINFO PIN=1001") == [0]
    assert sim.terminal.templates == {}


async def test_photos(server: StrictServer, sim: AdmsSimulation) -> None:
    """A face by its photo, and the photo to show."""
    size = len(PHOTO)
    codes = await ask(
        sim,
        server,
        f"DATA UPDATE BIOPHOTO PIN=1001\tType=9\tSize={size}\tContent={PHOTO}\tFormat=0"
        "\tUrl=\tPostBackTmpFlag=1",
        f"DATA UPDATE BIOPHOTO PIN=1002\tType=9\tSize={size}\tContent={PHOTO}",
        f"DATA UPDATE USERPIC PIN=1002\tSize={size}\tContent={PHOTO}",
    )
    assert codes == [0, 0, 0]
    assert len(server.lines("BIODATA")) == 1
    terminal = sim.terminal
    assert terminal.face_photos == {"1001": PHOTO, "1002": PHOTO}
    assert terminal.user_photos == {"1002": PHOTO}
    assert [len(terminal.templates_of(user.user_id, FACE)) for user in terminal] == [
        1,
        1,
    ]
    server.uploads.clear()
    assert await ask(sim, server, "DATA QUERY BIOPHOTO Type=9\tPIN=1002") == [0]
    (line,) = server.lines("OPERLOG")
    assert line.startswith("BIOPHOTO PIN=1002\t")
    assert line.endswith(f"\tContent={PHOTO}")
    gone = ("DATA DELETE BIOPHOTO PIN=1001", "DATA DELETE USERPIC PIN=1002")
    assert await ask(sim, server, *gone) == [0, 0]
    assert (list(terminal.face_photos), terminal.user_photos) == (["1002"], {})


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    ("tables", "table"), [("operlog", "OPERLOG"), ("own", "USERINFO")]
)
async def test_queries(
    server: StrictServer, sim: AdmsSimulation, order: str, tables: str, table: str
) -> None:
    """What is wanted comes in posts of its own, before or after the result (§7)."""
    sim.terminal.faults.set("data_order", order)
    sim.terminal.faults.set("query_tables", tables)
    sim.terminal.faults.batch = 1
    server.requests.clear()
    assert await ask(sim, server, "DATA QUERY USERINFO") == [0]
    posts = [line for line in server.requests if line.startswith("POST")]
    kinds = ["devicecmd" if "devicecmd" in post else table for post in posts]
    assert kinds == sorted(kinds, reverse=order == "after")
    assert all(f"table={table}" in post for post in posts if "devicecmd" not in post)
    assert [upload.lines[0].split("\t")[0] for upload in server.of(table)[-2:]] == [
        "USER PIN=1001",
        "USER PIN=1002",
    ]
    assert await ask(sim, server, "DATA QUERY USERINFO PIN=1002") == [0]
    assert server.of(table)[-1].lines[0].startswith("USER PIN=1002\tName=Bilal")


async def test_punches_of_a_period(server: StrictServer, sim: AdmsSimulation) -> None:
    """They are counted and sent again, with a space or a T in the times."""
    sim.terminal.fill_log(10, start=MORNING, step_seconds=60)
    period = "StartTime=2026-11-20 08:01:00\tEndTime=2026-11-20T08:03:30"
    assert await ask(
        sim, server, f"DATA QUERY ATTLOG {period}", f"VERIFY SUM ATTLOG {period}"
    ) == [0, 0]
    assert server.of("ATTLOG")[-1].lines == server.of("ATTLOG")[0].lines[1:4]
    assert server.result_bodies[-1] == (
        "ID=2&Return=0&CMD=VERIFY SUM&StartTime=2026-11-20 08:01:00"
        "&EndTime=2026-11-20T08:03:30&AttlogSum=3\n"
    )
    sim.terminal.faults.sum_key = "AttlogCount"
    await ask(sim, server, "VERIFY SUM ATTLOG StartTime=2026-11-20 08:09:00")
    assert server.result_bodies[-1].endswith("&EndTime=&AttlogCount=1\n")


async def test_options(server: StrictServer, sim: AdmsSimulation) -> None:
    """They are told and set; INFO tells all."""
    commands = (
        "GET OPTION FROM DeviceName",
        "SET OPTION VOLUME=20",
        "GET OPTION FROM VOLUME",
        "GET OPTION FROM UserCount",
        "INFO",
    )
    assert await ask(sim, server, *commands) == [0] * 5
    bodies = server.result_bodies
    assert bodies[0] == "ID=1&Return=0&CMD=GET OPTION\nDeviceName=SpeedFace-V5L\n"
    assert bodies[2].endswith("VOLUME=20\n")
    assert bodies[3].endswith("UserCount=2\n")
    assert "\n~OEMVendor=ZKTECO CO., LTD.\n" in bodies[4]
    for length, lines in (
        ("short", 4),
        ("long", 1 + 40 + len(bodies[4].split("\n")) - 2),
    ):
        sim.terminal.faults.set("info", length)
        assert await ask(sim, server, "INFO") == [0]
        assert len(server.result_bodies[-1].splitlines()) == lines


async def test_clearing(server: StrictServer, sim: AdmsSimulation) -> None:
    """The log, the photos, the templates, or all."""
    terminal = sim.terminal
    terminal.fill_log(3)
    terminal.take_photo("1001")
    terminal.add_face("1001")
    assert await ask(sim, server, "CLEAR LOG", "CLEAR PHOTO", "CLEAR BIODATA") == [
        0,
        0,
        0,
    ]
    assert "CMD=CLEAR_LOG" in server.result_bodies[0]
    assert (terminal.log, terminal.templates, len(terminal.users)) == ([], {}, 2)
    await sim.punch("1001")
    assert len(terminal.log) == 1
    assert await ask(sim, server, "CLEAR DATA") == [0]
    assert (terminal.log, terminal.users) == ([], {})


async def test_the_door(server: StrictServer, sim: AdmsSimulation) -> None:
    """It opens, and the alarm stops; a terminal without a lock refuses."""
    assert await ask(sim, server, "AC_UNLOCK", "AC_UNALARM") == [0, 0]
    assert sim.terminal.unlocks == [(1, 5)]
    assert sim.terminal.alarms_cancelled == 1
    sim.terminal.profile = replace(sim.terminal.profile, lock=False)
    assert await ask(sim, server, "AC_UNLOCK") == [-1002]


@pytest.mark.parametrize("command", ["CHECK", "RELOAD OPTIONS"])
async def test_a_new_handshake(
    server: StrictServer, sim: AdmsSimulation, command: str
) -> None:
    """It asks for the options again, and sees what has changed (§4)."""
    server.options["TimeZone"] = "6"
    assert await ask(sim, server, command) == [0]
    await sim.cycle()
    assert sim.terminal.now().hour == 18


async def test_restart(server: StrictServer, sim: AdmsSimulation) -> None:
    """The result first, then the restart, then a handshake with INFO."""
    assert await ask(sim, server, "REBOOT") == [0]
    assert sim.terminal.restarts == 1
    assert not sim.terminal.connected
    await sim.cycle()
    assert len(server.infos) == 2
    await sim.upload("OPERLOG")
    assert server.lines("OPERLOG")[-1].startswith("OPLOG 0\t")


async def test_upload_by_command(server: StrictServer, sim: AdmsSimulation) -> None:
    """Without realtime it waits for the time, or for LOG (§3)."""
    server.options |= {"Realtime": "0", "TransInterval": "0"}
    await sim.handshake()
    await sim.cycle()
    await sim.punch("1001")
    await sim.cycle()
    assert server.of("ATTLOG") == []
    assert await ask(sim, server, "LOG") == [0]
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 1
    await sim.punch("1001")
    sim.terminal.settings.times = ("17:30",)
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 1
    sim.terminal.faults.clock_offset = 31 * 60
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 2
    await sim.punch("1001")
    sim.terminal.faults.clock_offset = 8 * 3600
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 2
    sim.terminal.settings.times = ("00:30",)
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 3
    sim.terminal.settings.times = ()
    sim.terminal.settings.interval = 30
    await sim.punch("1001")
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 3
    sim.terminal.faults.clock_offset += 31 * 60
    await sim.cycle()
    assert len(server.of("ATTLOG")) == 4


async def test_enrolling_a_finger(server: StrictServer, sim: AdmsSimulation) -> None:
    """Three presses, and then the result and the finger."""
    terminal = sim.terminal
    server.ask("ENROLL_FP PIN=1001\tFID=5\tRETRY=3\tOVERWRITE=1", "ENROLL_FP PIN=1002")
    await sim.cycle()
    # Somebody is at it: no result yet, and no other at the same time.
    assert server.results == {"2": 7}
    for good in (True, False, True, True):
        assert terminal.enrolment is not None
        terminal.press(good=good)
    assert terminal.enrolment is None
    await sim.cycle()
    assert server.results["1"] == 0
    assert "CMD=ENROLL_FP" in server.result_bodies[-1]
    lines = server.lines("OPERLOG")[-2:]
    assert lines[0].startswith("OPLOG 6\t")
    assert lines[1].startswith("FP PIN=1001\tFID=5\tSize=")
    assert await ask(sim, server, "ENROLL_FP PIN=1001\tFID=5\tOVERWRITE=0") == [2]


@pytest.mark.parametrize(
    ("end", "code"), [("bad", 4), ("twin", 5), ("cancel", 6), ("nobody", 4)]
)
async def test_enrolments_that_fail(
    server: StrictServer, sim: AdmsSimulation, end: str, code: int
) -> None:
    """Bad samples, somebody else's finger, ESC, and nobody who comes."""
    terminal = sim.terminal
    twin = terminal.add_fingerprint("1002", data=b"the same finger")
    server.ask("ENROLL_FP PIN=1001\tFID=5\tRETRY=1\tOVERWRITE=1")
    await sim.cycle()
    match end:
        case "bad":
            terminal.press(good=False)
            terminal.press(good=False)
        case "twin":
            terminal.press()
            terminal.press()
            terminal.press(data=b"the same finger")
        case "cancel":
            terminal.cancel_enrolment()
        case "nobody":
            terminal.fail_enrolment()
    await sim.cycle()
    assert server.results == {"1": code}
    assert list(terminal.templates.values()) == [twin]
    with pytest.raises(ValueError, match="nobody is being enrolled"):
        terminal.press()


async def test_enrolling_a_face_and_a_card(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """A face comes as BIODATA, a card with its person."""
    server.ask("ENROLL_BIO TYPE=9\tPIN=1001\tCardNo=\tRETRY=3\tOVERWRITE=1")
    await sim.cycle()
    sim.terminal.press()
    await sim.cycle()
    assert server.results == {"1": 0}
    assert len(server.lines("BIODATA")) == 1
    server.results.clear()
    server.ask("ENROLL_MF PIN=1001\tRETRY=3")
    await sim.cycle()
    sim.terminal.press(card="4711")
    await sim.cycle()
    assert server.results == {"1": 0}
    assert sim.terminal.users["1001"].card == "4711"
    assert "\tCard=4711\t" in server.lines("OPERLOG")[-1]


async def test_odd_results(server: StrictServer, sim: AdmsSimulation) -> None:
    """Several at once, in lower case, other codes, other ids, and none."""
    faults = sim.terminal.faults
    faults.results_per_post, faults.return_key = 2, "return"
    faults.return_code = -4711
    assert await ask(sim, server, "AC_UNLOCK", "AC_UNALARM", "INFO") == [-4711, 0, 0]
    assert server.result_bodies[0] == (
        "ID=1&return=-4711&CMD=AC_UNLOCK\nID=2&return=0&CMD=AC_UNALARM\n"
    )
    assert len(server.result_bodies) == 2
    faults.reset()
    faults.result_lines = True
    server.ask("AC_UNLOCK")
    await sim.cycle()
    assert server.result_bodies[-1] == "ID=1\nReturn=0\nCMD=AC_UNLOCK\n"
    server.results.clear()
    faults.reset()
    faults.result_id = "999999"
    server.ask("AC_UNLOCK")
    await sim.cycle()
    assert server.results == {"999999": 0}
    server.results.clear()
    faults.lose_result = True
    server.ask("AC_UNLOCK", "AC_UNALARM")
    await sim.cycle()
    assert server.results == {"2": 0}


async def test_results_that_do_not_arrive(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """They are sent again until they do; a power cut takes them away."""
    server.instead["devicecmd"] = [(500, "broken")]
    server.ask("AC_UNLOCK")
    await sim.poll()
    await sim.reply()
    assert not sim.terminal.acknowledged
    sim.terminal.faults.hang_up = 1
    with pytest.raises(NoAnswer):
        await sim.reply()
    await sim.reply()
    assert server.results == {"1": 0}
    assert await sim.reply() is None
    server.ask("AC_UNLOCK")
    await sim.poll()
    sim.power_cut()
    sim.power_on()
    assert await sim.reply() is None
    assert len(sim.terminal.unlocks) == 2


async def test_ids_that_are_none(server: StrictServer, sim: AdmsSimulation) -> None:
    """They are answered, but noted: some firmware ignores them (§7)."""
    server.queue = ["C:12345678901234567:AC_UNLOCK", "C:a_b:INFO", "C:3:"]
    await sim.poll()
    assert [line[:10] for line in sim.terminal.violations] == ["command id"] * 2
    while await sim.reply():
        pass
    assert server.results["3"] == -1002


async def test_a_terminal_without_faces(server: StrictServer) -> None:
    """It knows no table for them."""
    profile = replace(ADMS_PROFILES["att"], face_version=None)
    async with AdmsSimulation(server.url, profile=profile, step=True) as sim:
        sim.terminal.add_user("1")
        assert await ask(
            sim,
            server,
            f"DATA UPDATE BIODATA Pin=1\tType=9\tMajorVer=58\tTmp={FINGER}",
            f"DATA UPDATE BIOPHOTO PIN=1\tSize={len(PHOTO)}\tContent={PHOTO}",
            "ENROLL_BIO TYPE=9\tPIN=1",
        ) == [-1004, -1004, -1002]
        assert sim.terminal.options["MultiBioDataSupport"] == "0:1:0:0:0:0:0:0:0:0:0"


async def test_the_old_dialect(server: StrictServer) -> None:
    """DATA USER and DATA FP, and no DATA UPDATE (§1)."""
    async with AdmsSimulation(server.url, profile="old", step=True) as sim:
        size = len(FINGER)
        assert await ask(
            sim,
            server,
            "DATA USER PIN=5\tName=Ann\tPri=0",
            "DATA USER PIN=6\tName=Ben",
            f"DATA FP PIN=5\tFID=1\tSize={size}\tTMP={FINGER}",
            f"DATA FP PIN=5\tFID=2\tSize={size}\tTMP={FINGER}",
            "DATA DEL_FP PIN=5\tFID=2",
            "DATA DEL_USER PIN=6",
            "DATA UPDATE USERINFO PIN=7",
            "VERIFY SUM ATTLOG StartTime=2026-01-01 00:00:00",
        ) == [0, 0, 0, 0, 0, 0, -1002, -1002]
        assert list(sim.terminal.users) == ["5"]
        assert [one.number for one in sim.terminal.templates_of("5", FINGERPRINT)] == [
            1
        ]
