"""A terminal that pushes: getting to know the server, and uploads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
import re

import pytest

from simulator import ADMS_PROFILES, AdmsSimulation, NoAnswer

from .adms_server import NOON, StrictServer, strict_server

MORNING = datetime(2026, 11, 20, 8, 0, 0)


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Serve, and see that the terminal did nothing that is not in the document."""
    async with strict_server() as strict:
        yield strict
    assert strict.complaints == []


@pytest.fixture
async def sim(server: StrictServer) -> AsyncIterator[AdmsSimulation]:
    """Return a terminal with two people that does one thing at a time."""
    async with AdmsSimulation(server.url, step=True, clock=lambda: MORNING) as sim:
        sim.terminal.add_user("1001", "Amina")
        sim.terminal.add_user("1002", "Bilal", privilege=14, card="123456789")
        yield sim


async def test_handshake(server: StrictServer, sim: AdmsSimulation) -> None:
    """It says who it is, and does as it is told."""
    assert (await sim.handshake()).status == 200
    [request] = server.requests
    assert request.startswith("GET /iclock/cdata?SN=CKUJ203460001&options=all&")
    assert request.endswith("&language=69&DeviceType=att&PushOptionsFlag=1")
    assert "&pushver=2.4.1&" in request
    settings = sim.terminal.settings
    assert (sim.delay, sim.error_delay, settings.realtime) == (10, 30, True)
    # §4: the server's Date in the zone that it says.
    assert sim.terminal.now() == datetime(2026, 11, 20, 17, 0, 0)
    assert sim.terminal.violations == []


@pytest.mark.parametrize(
    ("zone", "hours"), [("-5", -5.0), ("330", 5.5), ("-210", -3.5), ("345", 5.75)]
)
async def test_zones(
    server: StrictServer, sim: AdmsSimulation, zone: str, hours: float
) -> None:
    """Hours are small numbers, minutes large ones (§4)."""
    server.options["TimeZone"] = zone
    await sim.handshake()
    expected = NOON.replace(tzinfo=None) + timedelta(hours=hours)
    assert sim.terminal.now() == expected


@pytest.mark.parametrize("zone", [None, "+07:00"])
async def test_a_zone_that_is_none_moves_the_clock(
    server: StrictServer, sim: AdmsSimulation, zone: str | None
) -> None:
    """Without a zone that it understands it takes the factory's (§4)."""
    server.options.pop("TimeZone")
    if zone is not None:
        server.options["TimeZone"] = zone
    await sim.handshake()
    assert sim.terminal.now() == datetime(2026, 11, 20, 20, 0, 0)
    assert len(sim.terminal.violations) == 1
    sim.terminal.faults.ignore_date = True
    sim.terminal.set_time(MORNING)
    await sim.handshake()
    assert sim.terminal.now() == MORNING


async def test_a_handshake_that_is_none(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """What does not begin as it should is no handshake; a refusal neither."""
    server.instead["cdata"] = [(200, "OK"), (503, "later"), (200, "GET OPTION FROM: X")]
    assert (await sim.handshake()).text == "OK"
    assert not sim.terminal.connected
    assert (await sim.handshake()).status == 503
    server.instead["cdata"].insert(0, (500, "broken"))
    with pytest.raises(NoAnswer, match="not accepted"):
        await sim.connect()
    await sim.handshake()
    assert sim.terminal.connected
    assert any("'GET OPTION FROM: X'" in line for line in sim.terminal.violations)


async def test_answers_that_firmware_would_not_like(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """No date, no plain text, too much of it, numbers that are none: it is noted."""
    server.date, server.content_type = None, "text/html"
    server.options["Delay"] = "soon"
    await sim.handshake()
    assert sim.terminal.now() == MORNING
    server.content_type = "text/plain"
    server.instead["getrequest"] = [(200, "C:1:INFO" + " " * 1_000_000)]
    await sim.poll()
    assert sim.terminal.violations == [
        "the answer to cdata is no text/plain",
        "delay=soon is no number",
        "no Date",
        "an answer of 1000008 bytes to getrequest",
    ]
    assert [command.words for command in sim.terminal.commands] == [["INFO"]]


async def test_photos_that_are_not_acknowledged(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """They come again, as everything does."""
    await sim.handshake()
    sim.terminal.take_photo("1001")
    server.instead["ATTPHOTO"] = [(500, "broken")]
    await sim.upload("ATTPHOTO")
    assert server.of("ATTPHOTO") == []
    await sim.upload("ATTPHOTO")
    assert len(server.of("ATTPHOTO")) == 1


async def test_options(server: StrictServer, sim: AdmsSimulation) -> None:
    """It tells the options that the server wants, with commas in their values."""
    server.options |= {
        "PushOptionsFlag": "1",
        "PushOptions": "UserCount,~OEMVendor,Nonsense,MultiBioDataSupport",
    }
    await sim.connect()
    [upload] = server.of("options")
    assert upload.body == (
        b"UserCount=2,~OEMVendor=ZKTECO CO., LTD.,"
        b"MultiBioDataSupport=0:1:0:0:0:0:0:0:0:1:0"
    )
    assert sim.terminal.acknowledged


async def test_punches(server: StrictServer, sim: AdmsSimulation) -> None:
    """A punch is uploaded once, and is then acknowledged."""
    await sim.handshake()
    await sim.punch("1001", verify=15, state=0, at=MORNING)
    await sim.punch("1002", state=255, work_code="7", at=MORNING)
    assert sim.terminal.unsent == 2 + 2 * 2
    assert (await sim.upload("ATTLOG")) is not None
    assert server.of("ATTLOG")[0].query["Stamp"] == "9999"
    assert server.lines("ATTLOG") == [
        "1001\t2026-11-20 08:00:00\t0\t15\t0\t0\t0",
        "1002\t2026-11-20 08:00:00\t255\t1\t7\t0\t0",
    ]
    assert await sim.upload("ATTLOG") is None
    # §5: who was enrolled, and that somebody was.
    assert (await sim.upload()) is not None
    lines = server.lines("OPERLOG")
    assert [line.partition("\t")[0] for line in lines] == [
        "OPLOG 30",
        "USER PIN=1001",
        "OPLOG 30",
        "USER PIN=1002",
    ]
    assert lines[3] == (
        "USER PIN=1002\tName=Bilal\tPri=14\tPasswd=\tCard=123456789\tGrp=1"
        "\tTZ=0000000000000000\tVerify=0\tViceCard="
    )
    assert await sim.upload() is None
    assert sim.terminal.unsent == 0


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "OK"), (200, "OK: 1"), (200, "OK: 3"), (500, "OK: 2"), (503, "")],
)
async def test_what_is_no_acknowledgement(
    server: StrictServer, sim: AdmsSimulation, status: int, text: str
) -> None:
    """Only OK with the number of lines is (§6); the same lines come again."""
    await sim.handshake()
    await sim.punch("1001")
    await sim.punch("1002")
    server.instead["ATTLOG"] = [(status, text)]
    await sim.upload("ATTLOG")
    assert not sim.terminal.acknowledged
    assert server.of("ATTLOG") == []
    await sim.upload("ATTLOG")
    assert sim.terminal.acknowledged
    assert len(server.lines("ATTLOG")) == 2
    assert bool(sim.terminal.violations) is (status == 200)


async def test_a_terminal_that_takes_a_bare_ok(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """Some do; and one that takes nothing sends for ever."""
    await sim.handshake()
    await sim.punch("1001")
    sim.terminal.faults.takes_bare_ok = True
    server.instead["ATTLOG"] = [(200, "OK")]
    await sim.upload("ATTLOG")
    assert sim.terminal.acknowledged
    await sim.punch("1001")
    sim.terminal.faults.never_acknowledged = True
    for _ in range(3):
        await sim.upload("ATTLOG")
    assert len(server.lines("ATTLOG")) == 3


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (2, "1001\t2026-11-20 08:00:00"),
        (4, "1001\t2026-11-20 08:00:00\t0\t1"),
        (
            12,
            "1001\t2026-11-20 08:00:00\t0\t1\t0\t0\t0\t255\t255\t255\t0\t",
        ),
    ],
)
async def test_fields(
    server: StrictServer, sim: AdmsSimulation, fields: int, line: str
) -> None:
    """Lines are as long as told."""
    await sim.handshake()
    await sim.punch("1001", at=MORNING)
    sim.terminal.faults.attlog_fields = fields
    await sim.upload("ATTLOG")
    assert server.lines("ATTLOG") == [line]


async def test_odd_lines(server: StrictServer, sim: AdmsSimulation) -> None:
    """Line ends, times, lines that come twice, one that is none, and none at all."""
    await sim.handshake()
    faults = sim.terminal.faults
    faults.line_end, faults.last_line_end, faults.time_format = "crlf", False, "t"
    faults.repeat_lines, faults.bad_line = 2, 2
    await sim.punch("1001", at=MORNING)
    await sim.upload("ATTLOG")
    line = b"1001\t2026-11-20T08:00:00\t0\t1\t0\t0\t0"
    assert server.of("ATTLOG")[0].body == (
        line + b"\r\n\x01not a line at all\r\n" + line
    )
    assert sim.terminal.acknowledged
    faults.reset()
    faults.empty_body, faults.time_format = True, "epoch"
    await sim.punch("1002", at=MORNING)
    await sim.upload()
    assert server.of("ATTLOG")[1].body == b""
    assert sim.terminal.acknowledged
    await sim.upload("ATTLOG")
    assert server.of("ATTLOG")[2].lines[0].startswith("1002\t1795161600\t")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "王小明".encode()),
        ("gb2312", "王小明".encode("gb2312")),
        ("percent", b"%E7%8E%8B%E5%B0%8F%E6%98%8E"),
    ],
)
async def test_names(
    server: StrictServer, sim: AdmsSimulation, encoding: str, name: bytes
) -> None:
    """Names travel as they do on Chinese terminals (§1)."""
    await sim.handshake()
    sim.terminal.faults.set("name_encoding", encoding)
    sim.terminal.add_user("1003", "王小明")
    await sim.upload("OPERLOG")
    assert b"PIN=1003\tName=" + name + b"\t" in server.of("OPERLOG")[0].body


async def test_odd_keys(server: StrictServer, sim: AdmsSimulation) -> None:
    """Keys in capitals or not, and in another order (§5)."""
    await sim.handshake()
    sim.terminal.add_fingerprint("1001", data=b"ab")
    faults = sim.terminal.faults
    faults.reverse_fields, faults.key_case = True, "upper"
    await sim.upload("OPERLOG")
    lines = server.of("OPERLOG")[0].lines
    assert lines[1].startswith("USER VICECARD=\tVERIFY=0\tTZ=00")
    assert lines[-1] == "FP TMP=YWI=\tVALID=1\tSIZE=4\tFID=0\tPIN=1001"
    assert lines[0].startswith("OPLOG 30\t0\t2026-11-20 ")
    sim.terminal.resend_all()
    faults.key_case = "lower"
    await sim.punch("1001", at=MORNING)
    await sim.upload()
    assert server.lines("ATTLOG") == ["1001\t2026-11-20 08:00:00\t0\t1\t0\t0\t0"]
    await sim.upload()
    assert server.of("OPERLOG")[1].lines[-1].startswith("FP tmp=YWI=\tvalid=1\t")


async def test_odd_requests(server: StrictServer, sim: AdmsSimulation) -> None:
    """Paths and keys as some firmware has them."""
    faults = sim.terminal.faults
    faults.path_suffix, faults.serial_key = ".aspx", "sn"
    await sim.handshake()
    faults.path_case, faults.path_suffix, faults.trailing_slash = "upper", "", True
    await sim.poll()
    assert server.requests[0].startswith("GET /iclock/cdata.aspx?sn=CKUJ")
    assert server.requests[1].startswith("GET /ICLOCK/GETREQUEST/?sn=CKUJ")
    faults.reset()
    faults.path_case = "title"
    await sim.terminal.ping()
    assert server.requests[2] == "GET /Iclock/Ping?SN=CKUJ203460001"
    faults.reset()
    assert (await sim.terminal.probe()).text == "OK"
    assert server.requests[3] == "GET /iclock/cdata"
    assert sim.terminal.faults.serial_key == "SN"
    faults.path_prefix = "/wrong"
    assert (await sim.poll()).status == 404


async def test_much_at_once(server: StrictServer, sim: AdmsSimulation) -> None:
    """Uploads are split by lines and by MaxPostSize, unless told otherwise."""
    await sim.handshake()
    terminal = sim.terminal
    terminal.fill_log(1100, start=MORNING)
    sizes = []
    while await sim.upload("ATTLOG"):
        sizes.append(len(server.of("ATTLOG")[-1].lines))
    assert sizes == [500, 500, 100]
    terminal.resend_all()
    terminal.settings.max_post_size = 4_000
    terminal.faults.batch = 100_000
    await sim.upload("ATTLOG")
    assert 3_800 < len(server.of("ATTLOG")[-1].body) <= 4_000
    terminal.faults.ignore_post_size = True
    terminal.fill_log(30_000)
    await sim.upload("ATTLOG")
    assert len(server.of("ATTLOG")[-1].body) > 1_048_576
    assert terminal.acknowledged
    lines = set(server.lines("ATTLOG"))
    assert len(lines) == 31_100


async def test_photos(server: StrictServer, sim: AdmsSimulation) -> None:
    """A photo has a NUL before it and anything in it; or it is base64 (§5)."""
    await sim.handshake()
    terminal = sim.terminal
    photo = terminal.take_photo("1001", at=MORNING)
    assert {b"\0", b"\n", b"\t", b"\r\n", b"="} <= {
        part for part in (b"\0", b"\n", b"\t", b"\r\n", b"=") if part in photo.data
    }
    await sim.upload("ATTPHOTO")
    assert server.of("ATTPHOTO")[0].body == (
        b"PIN=20261120080000-1001.jpg\nSN=CKUJ203460001\nsize=%d\nCMD=uploadphoto\0"
        % len(photo.data)
        + photo.data
    )
    terminal.take_photo("1001")
    terminal.take_photo("1002")
    terminal.faults.photo_path = "fdata"
    await sim.upload("ATTPHOTO")
    assert server.of("ATTPHOTO")[1].path == "/iclock/fdata"
    assert "Stamp" in server.of("ATTPHOTO")[1].query
    server.options["ATTPHOTOBase64"] = "1"
    await sim.handshake()
    await sim.upload("ATTPHOTO")
    assert re.search(rb"uploadphoto\0[A-Za-z0-9+/]+=*$", server.of("ATTPHOTO")[2].body)


async def test_templates(server: StrictServer, sim: AdmsSimulation) -> None:
    """Fingers come with the people, faces as BIODATA, both ending with = (§5)."""
    await sim.handshake()
    sim.terminal.add_fingerprint("1001", 6)
    sim.terminal.add_face("1001")
    sim.terminal.add_face_photo("1001")
    while await sim.upload():
        pass
    lines = server.lines("OPERLOG")
    [finger] = [line for line in lines if line.startswith("FP ")]
    assert re.fullmatch(
        r"FP PIN=1001\tFID=6\tSize=684\tValid=1\tTMP=[A-Za-z0-9+/]{683}=", finger
    )
    [face] = server.lines("BIODATA")
    assert re.fullmatch(
        r"BIODATA Pin=1001\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=58"
        r"\tMinorVer=12\tFormat=0\tTmp=[A-Za-z0-9+/]+=+",
        face,
    )
    [photo] = [line for line in lines if line.startswith("BIOPHOTO ")]
    assert photo.startswith("BIOPHOTO PIN=1001\tFileName=1001.jpg\tType=9\tNo=0")


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        ("TransData AttLog OpLog", {"OPLOG"}),
        ("TransData AttLog\tEnrollUser", {"USER"}),
        ("1100000000", {"OPLOG"}),
        ("1101100000", {"OPLOG", "FP", "USER"}),
    ],
)
async def test_what_is_wanted(
    server: StrictServer, sim: AdmsSimulation, flags: str, kinds: set[str]
) -> None:
    """TransFlag decides, as names and as bits (§3)."""
    server.options["TransFlag"] = flags
    await sim.handshake()
    sim.terminal.add_fingerprint("1001")
    sim.terminal.add_face("1001")
    while await sim.upload():
        pass
    lines = server.lines("OPERLOG")
    assert {line.split(maxsplit=1)[0] for line in lines} == kinds
    assert server.of("BIODATA") == []


async def test_what_happens_at_the_terminal(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """OPLOG tells of it (§5)."""
    await sim.handshake()
    terminal = sim.terminal
    await sim.upload("OPERLOG")
    terminal.deny()
    terminal.alarm("tamper")
    terminal.add_user("1001", "Amina II")
    terminal.remove_user("1002")
    await sim.upload("OPERLOG")
    lines = server.of("OPERLOG")[1].lines
    assert [line.split("\t")[0] for line in lines] == [
        "OPLOG 2",
        "OPLOG 3",
        "OPLOG 36",
        "USER PIN=1001",
        "OPLOG 9",
    ]
    assert lines[1].split("\t")[3] == "55"


async def test_the_old_dialect(server: StrictServer) -> None:
    """Stamp and OpStamp, which decide what comes again (§1, §3)."""
    server.options |= {"Stamp": "9999", "OpStamp": "9999", "ATTLOGStamp": "0"}
    async with AdmsSimulation(server.url, profile="old", step=True) as sim:
        await sim.handshake()
        assert "pushver=2.2.14" in server.requests[0]
        assert "DeviceType" not in server.requests[0]
        assert sim.terminal.settings.stamps == {"ATTLOG": "9999", "OPERLOG": "9999"}
        sim.terminal.add_user("1", "Ann")
        sim.terminal.fill_log(3, start=MORNING)
        await sim.upload("ATTLOG")
        await sim.upload("OPERLOG")
        first = server.of("ATTLOG")[0].query["Stamp"]
        assert int(first) > 800_000_000
        assert server.of("OPERLOG")[0].query["OpStamp"].isdecimal()
        # The server echoes what it got: nothing comes again.
        server.options["Stamp"] = first
        await sim.handshake()
        assert await sim.upload("ATTLOG") is None
        for none in ("0", "None"):
            server.options["Stamp"] = none
            await sim.handshake()
            await sim.upload("ATTLOG")
        assert len(server.lines("ATTLOG")) == 9
        # 9999: only what is new.
        server.options["Stamp"] = "9999"
        await sim.handshake()
        await sim.punch("1")
        await sim.upload("ATTLOG")
        assert len(server.lines("ATTLOG")) == 10


async def test_newer_firmware_ignores_stamps(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """It knows itself what it has sent, unless told otherwise."""
    server.options["ATTLOGStamp"] = "0"
    await sim.handshake()
    await sim.punch("1001")
    await sim.upload("ATTLOG")
    await sim.handshake()
    assert await sim.upload("ATTLOG") is None
    sim.terminal.faults.stamps = "obey"
    await sim.handshake()
    assert await sim.upload("ATTLOG") is not None


async def test_a_clock_that_goes_back_breaks_stamps(server: StrictServer) -> None:
    """If stamps are the clock's time, punches are passed over (§3)."""
    times = [MORNING, MORNING, MORNING, MORNING - timedelta(hours=1)]
    async with AdmsSimulation(
        server.url, profile="old", step=True, clock=lambda: times[-1]
    ) as sim:
        sim.terminal.faults.ignore_date = True
        sim.terminal.faults.clock_stamps = True
        times.append(MORNING)
        sim.terminal.add_user("1")
        await sim.punch("1")
        times.append(MORNING - timedelta(hours=1))
        server.options["Stamp"] = "0"
        await sim.handshake()
        await sim.upload("ATTLOG")
        server.options["Stamp"] = str(sim.terminal.journals["ATTLOG"].entries[0].stamp)
        times.append(MORNING - timedelta(hours=2))
        await sim.punch("1")
        await sim.handshake()
        assert await sim.upload("ATTLOG") is None


async def test_no_answer(server: StrictServer, sim: AdmsSimulation) -> None:
    """It hangs up in the body, or behind it: all comes again."""
    await sim.handshake()
    await sim.punch("1001")
    faults = sim.terminal.faults
    faults.cut_body = 10
    with pytest.raises(NoAnswer, match="cut after 10"):
        await sim.upload("ATTLOG")
    faults.hang_up = 2
    faults.keep_alive = False
    await sim.upload("OPERLOG")
    with pytest.raises(NoAnswer, match="hung up"):
        await sim.upload("ATTLOG")
    faults.slow_piece, faults.slow_pause = 5, 0.0001
    await sim.upload("ATTLOG")
    assert sim.terminal.acknowledged
    assert 1 <= len(server.of("ATTLOG")) <= 2
    assert len(set(server.lines("ATTLOG"))) == 1
    sim.terminal.power_cut()
    with pytest.raises(NoAnswer, match="off"):
        await sim.poll()


async def test_a_power_cut(server: StrictServer, sim: AdmsSimulation) -> None:
    """It goes on where it was, or has forgotten what was acknowledged."""
    await sim.handshake()
    await sim.punch("1001")
    await sim.upload("ATTLOG")
    await sim.punch("1002")
    sim.power_cut()
    sim.power_on()
    assert not sim.terminal.connected
    await sim.handshake()
    await sim.upload("ATTLOG")
    assert [line[:4] for line in server.lines("ATTLOG")] == ["1001", "1002"]
    sim.terminal.faults.forgets_position = True
    sim.power_cut()
    sim.power_on()
    await sim.handshake()
    await sim.upload("ATTLOG")
    assert [line[:4] for line in server.lines("ATTLOG")[2:]] == ["1001", "1002"]
    # §5: that it has started.
    await sim.upload("OPERLOG")
    assert any(line.startswith("OPLOG 0\t") for line in server.lines("OPERLOG"))


async def test_somebody_who_is_enrolled_elsewhere(
    server: StrictServer, sim: AdmsSimulation
) -> None:
    """It asks for them (§2)."""
    await sim.handshake()
    await sim.terminal.ask_for("4711")
    assert sim.terminal.users["4711"].name == "Guest"
    server.instead["RemoteAtt"] = [(200, "OK"), (404, "nobody")]
    for _ in range(2):
        await sim.terminal.ask_for("4712")
    assert "4712" not in sim.terminal.users


def test_what_makes_no_sense() -> None:
    """An address that is none, somebody who is not there, no faces."""
    with pytest.raises(ValueError, match="is no http"):
        AdmsSimulation("ftp://there")
    old = replace(ADMS_PROFILES["old"], max_users=1)
    terminal = AdmsSimulation("http://127.0.0.1:1", profile=old).terminal
    with pytest.raises(ValueError, match="nobody who could punch"):
        terminal.fill_log(1)
    with pytest.raises(ValueError, match="user id 1"):
        terminal.punch("1")
    terminal.add_user("1")
    with pytest.raises(ValueError, match="no room"):
        terminal.add_user("2")
    with pytest.raises(ValueError, match="no faces"):
        terminal.add_face("1")
