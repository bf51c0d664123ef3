"""Real requests: all that simulated terminals and gateways send."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import gzip
from io import BytesIO
import tarfile

from simulator.adms.profiles import ADMS_PROFILES
from simulator.adms.simulation import AdmsSimulation
from simulator.gateway import Gateway, GatewayTime
from simulator.http import NoAnswer

from .server import SERIAL, Case, Recorder, Server, all_commands

_MORNING = datetime(2026, 3, 12, 8, 5)
_NAMES = ("Amina", "Zoë", "李雷", "", "100% me", "a\tb")


def _clock() -> datetime:
    return _MORNING


async def adms_cases() -> list[Case]:
    """Return what terminals of all kinds send, with each of their habits."""
    cases: list[Case] = []
    habits: tuple[dict[str, object], ...] = (
        {},
        {"line_end": "crlf", "key_case": "lower", "name_encoding": "percent"},
        {"time_format": "epoch", "attlog_fields": 12, "key_case": "upper"},
        {"time_format": "t", "attlog_fields": 2, "name_encoding": "gb2312"},
        {"photo_base64": True, "photo_path": "fdata", "path_suffix": ".aspx"},
        {"query_tables": "own", "data_order": "after", "info": "long"},
        {"result_lines": True, "results_per_post": 5, "poll_by_push": True},
    )
    for key in ADMS_PROFILES:
        for habit in habits:
            cases += await _talk(key, habit)
    unique = list(dict.fromkeys(cases))
    return [*unique, *_archives()]


async def _talk(key: str, habit: dict[str, object]) -> list[Case]:
    """Return the requests of one terminal from its first call on."""
    server = Server()
    recorder = Recorder(server)
    async with AdmsSimulation(
        "http://127.0.0.1", serial=SERIAL, profile=key, step=True, clock=_clock
    ) as sim:
        terminal = sim.terminal
        terminal.client = recorder
        for name, value in habit.items():
            setattr(terminal.faults, name, value)
        for number, name in enumerate(_NAMES):
            user_id = str(1001 + number)
            terminal.add_user(user_id, name.replace("\t", " "))
            terminal.add_fingerprint(user_id)
        if terminal.profile.face_version is not None:
            terminal.add_face("1001")
        terminal.deny()
        terminal.move_door(is_open=True)
        if terminal.is_att:
            terminal.take_photo("1001")
        terminal.fill_log(12)
        with suppress(NoAnswer):
            await terminal.connect()
        family = server.state.family if server.state else None
        server.say(*all_commands(family or "att"))
        for _ in range(4):
            with suppress(NoAnswer):
                await sim.cycle()
        with suppress(NoAnswer):
            await terminal.ping()
            await terminal.probe()
    return recorder.cases


def _archives() -> Iterator[Case]:
    """Yield packed uploads."""
    for table, files in (
        ("ATTPHOTO", {"20260312080500-1001.jpg": b"\xff\xd8\xff a photo \xff\xd9"}),
        ("ATTLOG", {"a": b"1001\t2026-03-12 08:05:00\t0\t1\t0\n"}),
        ("OPERLOG", {"a": b"USER PIN=1\tName=A\n", "b": b"FP PIN=1\tFID=0\tTMP=QUJD"}),
    ):
        packed = BytesIO()
        with tarfile.open(
            fileobj=packed, mode="w:gz", format=tarfile.USTAR_FORMAT
        ) as to:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                to.addfile(info, BytesIO(content))
        query = (("SN", SERIAL), ("table", table), ("ContentType", "tgz"))
        yield Case("POST", "/iclock/cdata", query, packed.getvalue())
    query = (("SN", SERIAL), ("table", "ATTLOG"), ("ContentType", "tgz"))
    yield Case("POST", "/iclock/cdata", query, gzip.compress(b"1\t2026-03-12 08:05:00"))


def json_bodies() -> list[bytes]:
    """Return what gateways post."""
    gateway = Gateway("http://127.0.0.1/")
    for number in range(6):
        gateway.punch(
            str(1001 + number),
            status=number,
            verify=15,
            work_code=None if number % 2 else "3",
            at=_MORNING.replace(tzinfo=UTC) + timedelta(seconds=37 * number),
        )
    formats: tuple[GatewayTime, ...] = ("space", "t", "offset", "utc")
    bodies = []
    for time_format in formats:
        gateway.faults.time_format = time_format
        gateway.faults.user_as_number = time_format == "utc"
        gateway.faults.bad_row = 2
        bodies.append(gateway.body(gateway.log))
    return bodies


def usb_files() -> list[bytes]:
    """Return what terminals export to a stick."""
    return [
        b"1001\t2026-03-12 08:05:00\t1\t0\t0\r\n1002\t2026-03-12 08:06:00\t15\t1\t0\r\n",
        b"1001\t2026-03-12 08:05:00\t1\t0\t1\t0\n1002\t2026-03-12 08:06:00\t1\t1\t15\t0\n",
        b"SN=1\r\n    1001 2026-03-12 08:05:00   1 0 0\r\nchecksum=7\r\n",
    ]


WORDS: tuple[bytes, ...] = (
    tuple(
        b"\t|\n|\r\n|=|,|&|~|\0|\xff\xfe|\xef\xbb\xbf|%00|%0A|%41|%E6%9D%8E|C:1:REBOOT\n|PIN=|Pin=|"
        b"Name=|Passwd=|Card=[0000000001]|TMP=|Content=|Type=9|No=|Index=|Valid=|FileName=|"
        b"USER |FP |BIODATA |BIOPHOTO |USERPIC |OPLOG 3|ATTPHOTO |ID=1&Return=0&CMD=DATA|"
        b"Return=-1|AttlogSum=|event=|time=|time_second=|pin=|inoutstatus=|verifytype=|"
        b"2026-02-31 00:00:00|0000-00-00 00:00:00|9999-12-31 23:59:59|2026-03-12T08:05:00Z|"
        b"2026-03-12 08:05:00+23:59|-1|0|255|65535|4294967295|4294967296|9223372036854775807|"
        b'9223372036854775808|18446744073709551616|1e999|NaN|null|true|[]|{}|"logs"|"user_id"|'
        b'"timestamp"|\\ud800|\\u0000|CmdId=|tabledata|options|tgz|rtlog|registry'.split(
            b"|"
        )
    )
    + tuple(
        text.encode()
        for text in (
            "９",
            "٣",
            "\u2028",
            "\x85",
            "\ufeff",
            "\ufffd",
            "😀",
            "İ",
            "ß",
            "李",
        )
    )
    + (b64encode(b"\0" * 300), b"A" * 5000, b"\t" * 500, b"9" * 5000, b",a=" * 300)
)
