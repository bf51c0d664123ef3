"""What terminals that push upload, over real HTTP."""

from contextlib import AsyncExitStack
from datetime import timedelta
import os
from pathlib import Path
from time import time
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.syncid.core.ledger import store
from custom_components.syncid.hub import DATA_HUB
from custom_components.syncid.push import photos
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsPunch
from simulator.http import HttpClient

from .kit import KitAdms, SyncIDKit

PHOTO = b"\xff\xd8\x00\xff\n\tPIN=9\x00\xff\xd9"


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that pushes when it is told to."""
    return await syncid.add_adms_terminal(url, step=True)


# --- punches --------------------------------------------------------------------------


async def test_punch(syncid: SyncIDKit, url: str) -> None:
    """A punch is stored, acknowledged and announced by the name its terminal told."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.simulation.punch("1002", verify=15, state=1, work_code="4")
    await terminal.simulation.until_uploaded()
    punch = await syncid.next_punch()
    assert (punch["user_id"], punch["user_name"]) == ("1002", "Bruno")
    assert (punch["direction"], punch["method"]) == ("check_out", "face")
    assert (punch["source"], punch["live"], punch["work_code"]) == ("adms", True, 4)
    assert punch["device_id"] == terminal.device_id
    assert terminal.state("event", "punch").attributes["user_id"] == "1002"


@pytest.mark.parametrize("fields", [2, 4, 7, 12])
@pytest.mark.parametrize("line_end", ["lf", "crlf"])
async def test_fields(
    syncid: SyncIDKit, terminal: KitAdms, fields: int, line_end: Any
) -> None:
    """A row may have from two to twelve fields, and either end."""
    terminal.device.faults.attlog_fields = fields
    terminal.device.faults.line_end = line_end
    terminal.device.faults.last_line_end = line_end == "lf"
    await terminal.simulation.punch("1001", state=1)
    await terminal.simulation.punch("1002", state=1)
    await terminal.simulation.upload("ATTLOG")
    assert terminal.device.acknowledged
    stored = await syncid.stored()
    assert {punch["user_id"] for punch in stored} == {"1001", "1002"}
    assert {punch["state_code"] for punch in stored} == {None if fields == 2 else 1}


@pytest.mark.parametrize("time_format", ["space", "t", "epoch"])
async def test_time_formats(
    syncid: SyncIDKit, terminal: KitAdms, time_format: Any
) -> None:
    """The time on the terminal's wall is kept, however it is written."""
    terminal.device.faults.time_format = time_format
    punch = await terminal.simulation.punch("1001")
    await terminal.simulation.upload("ATTLOG")
    (stored,) = await syncid.stored()
    assert dt_util.parse_datetime(stored["time"]) == punch.time.replace(
        tzinfo=dt_util.get_default_time_zone()
    )


@pytest.mark.parametrize("encoding", ["gb2312", "percent", "utf-8"])
async def test_name_in_other_letters(
    syncid: SyncIDKit, terminal: KitAdms, encoding: Any
) -> None:
    """A name in the letters of its terminal is told with the punch."""
    terminal.device.faults.name_encoding = encoding
    terminal.device.add_user("2001", "王小明")
    await terminal.simulation.upload("OPERLOG")
    await terminal.simulation.punch("2001")
    await terminal.simulation.upload("ATTLOG")
    assert (await syncid.next_punch())["user_name"] == "王小明"


async def test_duplicates(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What comes again, in one body or another, is counted and is no news."""
    terminal.device.faults.repeat_lines = 3
    await terminal.simulation.punch("1001")
    for _ in range(2):
        await terminal.simulation.upload("ATTLOG")
        assert terminal.device.acknowledged
        terminal.device.resend_all()
    await syncid.next_punch()
    await syncid.settle()
    syncid.assert_no_punch()
    assert len(await syncid.stored()) == 1


async def test_bad_line(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """One line of five hundred that is none is kept aside, and never comes again."""
    terminal.device.faults.bad_line = 250
    terminal.device.fill_log(500)
    await terminal.simulation.upload("ATTLOG")
    assert terminal.device.acknowledged
    assert terminal.device.exchanges[-1].answer is not None
    assert terminal.device.exchanges[-1].answer.text == "OK: 501"
    assert len(await syncid.stored()) == 500
    assert syncid.in_file("SELECT raw FROM quarantine") == [(b"\x01not a line at all",)]


async def test_empty_body(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """An upload without a body brings nothing, and is acknowledged."""
    terminal.device.faults.empty_body = True
    await terminal.simulation.upload("ATTLOG")
    assert terminal.device.acknowledged
    assert await syncid.stored() == []


async def test_large_body(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """A megabyte is read without holding up the event loop."""
    line = b"1001\t%s\t0\t1\t0\t0\t0\t" + b"x" * 200 + b"\n"
    start = terminal.device.now() - timedelta(days=1)
    lines = [
        line % f"{start + timedelta(seconds=index):%Y-%m-%d %H:%M:%S}".encode()
        for index in range(4400)
    ]
    body = b"".join(lines)
    assert len(body) > 1_000_000
    answer = await terminal.post(body)
    assert (answer.status, answer.text) == (200, "OK: 4400")
    assert syncid.in_file("SELECT count(*) FROM punches") == [(4400,)]


async def test_large_bodies_take_turns(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, url: str
) -> None:
    """While four bodies are on their way, more of them wait; short ones do not."""
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(hass.data[DATA_HUB].road)
        long = terminal.attlog(*(str(number) for number in range(100, 200)))
        client = await stack.enter_async_context(HttpClient(url))
        target = terminal.device.target("cdata", {"table": "ATTLOG"})
        waiting = hass.async_create_task(client.request("POST", target, long))
        # Requests are taken as they come, and what they bring is stored in turn.
        for _ in range(3):
            await terminal.device.request("GET", "ping", {})
        assert (await terminal.post(terminal.attlog("1001"))).text == "OK: 1"
        assert len(await syncid.stored()) == 1
        for _ in range(4):
            hass.data[DATA_HUB].road.release()
        assert (await waiting).text == "OK: 100"
        for _ in range(4):
            await hass.data[DATA_HUB].road.acquire()


async def test_too_large_body(
    terminal: KitAdms, caplog: pytest.LogCaptureFixture
) -> None:
    """A body beyond all measure is refused, in pieces or announced."""
    body = b"x" * (16 * 1024 * 1024 + 1)
    assert (await terminal.post(body)).status == 413
    assert "sent more than 16777216 bytes at once" in caplog.text


async def test_whole_log_at_once(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """Firmware that heeds no limit may send all that it holds in one body."""
    lines = (
        f"{100_000 + second % 1000}\t2026-03-12 {second // 3600:02}:"
        f"{second // 60 % 60:02}:{second % 60:02}\t0\t1\t0\t0\t0\t{'0' * 150}\n"
        for second in range(30_000)
    )
    body = "".join(lines).encode()
    assert len(body) > 4 * 1024 * 1024
    assert (await terminal.post(body)).text == "OK: 30000"
    ((count,),) = syncid.in_file("SELECT COUNT(*) FROM punches")
    assert count == 30_000


@pytest.mark.parametrize(
    ("table", "line", "kept"),
    [
        ("", b"1001\t2026-03-12 08:05:00", None),
        ("NEWTABLE", b"PIN=1001\tX=1", None),
        (
            "OPERLOG",
            b"USER Name=Eva\tPasswd=1234",
            b"USER Name=Eva\tPasswd=(4 characters)",
        ),
        ("OPERLOG", b"USER Passwd=1234 Name=Eva", b"USER Passwd=(13 characters)"),
        ("OPERLOG", b"FP FID=1\tTMP=AAAA", b"FP FID=1\tTMP=(4 characters)"),
    ],
)
async def test_what_nobody_understands(
    syncid: SyncIDKit, terminal: KitAdms, table: str, line: bytes, kept: bytes | None
) -> None:
    """What is acknowledged and makes no sense is kept aside, but for its secrets."""
    query = {"table": table} if table else {}
    answer = await terminal.device.request("POST", "cdata", query, line)
    assert answer.text == "OK: 1"
    assert syncid.in_file("SELECT raw FROM quarantine") == [(kept or line,)]


async def test_part_of_a_user(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What a line does not tell of a user stays as it was told before."""
    await terminal.post(b"USER PIN=7\tName=Gus\tPri=14\tCard=5\tGrp=2\n", "OPERLOG")
    for line in (b"USER PIN=7\tPasswd=1234\n", b"USER PIN=7\tTZ=1\n"):
        await terminal.post(line, "OPERLOG")
    held = terminal.entry.runtime_data.in_hub.users["7"]
    assert (held.name, held.role, held.card, held.group) == ("Gus", "admin", 5, 2)
    assert held.has_password
    await terminal.post(b"USER PIN=7\tName=\tPri=0\tPasswd=\tCard=\n", "OPERLOG")
    held = terminal.entry.runtime_data.in_hub.users["7"]
    assert (held.name, held.role, held.card, held.group) == ("", "user", 0, 2)
    assert not held.has_password


async def test_cut_body(syncid: SyncIDKit, url: str) -> None:
    """A body that was cut off is not taken for all there is."""
    terminal = await syncid.add_adms_terminal(url)
    terminal.device.faults.cut_body = 40
    terminal.device.fill_log(3)
    await terminal.simulation.until_uploaded()
    assert len(await syncid.stored()) == 3
    assert syncid.in_file("SELECT raw FROM quarantine") == []


async def test_lost_answer(syncid: SyncIDKit, url: str) -> None:
    """What was stored, but whose answer was lost, comes again and changes nothing."""
    terminal = await syncid.add_adms_terminal(url)
    terminal.device.faults.hang_up = 1
    await terminal.simulation.punch("1001")
    await terminal.simulation.until_uploaded()
    await syncid.next_punch()
    await syncid.settle()
    syncid.assert_no_punch()
    assert len(await syncid.stored()) == 1


async def test_storage_failure(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What cannot be stored is refused, and stored once when it comes again."""
    await terminal.simulation.punch("1001")
    with syncid.full_disk():
        answer = await terminal.simulation.upload("ATTLOG")
        assert answer is not None
        assert answer.status == 500
        assert not terminal.device.acknowledged
    await terminal.simulation.upload("ATTLOG")
    assert terminal.device.acknowledged
    await syncid.next_punch()
    assert len(await syncid.stored()) == 1


async def test_past(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What was dated before the terminal was added is its past, and no news."""
    await terminal.post(terminal.attlog("1001", minutes_ago=60))
    await terminal.post(terminal.attlog("1002"))
    assert (await syncid.next_punch())["user_id"] == "1002"
    await syncid.settle()
    syncid.assert_no_punch()
    assert len(await syncid.stored()) == 2


async def test_zone(syncid: SyncIDKit, url: str) -> None:
    """Times are on the terminal's own wall."""
    terminal = await syncid.add_adms_terminal(url, step=True, time_zone="Asia/Kolkata")
    punch = await terminal.simulation.punch("1001")
    await terminal.simulation.upload("ATTLOG")
    (stored,) = await syncid.stored()
    assert stored["time"].endswith("+05:30")
    assert dt_util.parse_datetime(stored["time"]) == punch.time.replace(
        tzinfo=ZoneInfo("Asia/Kolkata")
    )


async def test_doubled_hour(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, freezer: FrozenDateTimeFactory
) -> None:
    """In the hour that comes twice, a punch is of the one in which it arrived."""
    freezer.move_to("2026-10-24T12:00:00+00:00")
    terminal = await syncid.add_adms_terminal(url, step=True, time_zone="Europe/Rome")
    row = b"1001\t2026-10-25 02:30:%s\t0\t1\t0\t0\t0\n"
    freezer.move_to("2026-10-25T00:30:02+00:00")
    await terminal.post(row % b"00")
    freezer.move_to("2026-10-25T01:30:32+00:00")
    await terminal.post(row % b"30")
    assert [punch["time"] for punch in await syncid.stored()] == [
        "2026-10-25T02:30:30+01:00",
        "2026-10-25T02:30:00+02:00",
    ]
    assert [(await syncid.next_punch())["live"] for _ in range(2)] == [True, True]
    # It is told the new hour, since it sets its clock by what it hears.
    await terminal.simulation.poll()
    assert (await terminal.simulation.poll()).text.endswith("CHECK\n")
    while await terminal.simulation.reply() is not None:
        pass
    assert "TimeZone=1\n" in (await terminal.simulation.handshake()).text


def media(hass: HomeAssistant) -> dict[str, bytes]:
    """Return all files among the media, by their path."""
    root = Path(hass.config.path("media"))
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


async def test_nonsense_without_end(
    syncid: SyncIDKit,
    terminal: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of nonsense the latest is kept, and it is told once that it is too much."""
    monkeypatch.setattr(store, "MOST_UNREADABLE", 2)
    for number in range(5):
        answer = await terminal.post(f"nonsense {number}\n".encode())
        assert (answer.status, answer.text) == (200, "OK: 1")
    await syncid.settle()
    kept = syncid.in_file("SELECT raw FROM quarantine ORDER BY id")
    assert kept == [(b"nonsense 3",), (b"nonsense 4",)]
    assert caplog.text.count("the oldest of it goes") == 1


# --- operations, people and pictures --------------------------------------------------


async def test_operations(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """Users, templates and events come mixed; base64 may have equals signs in it."""
    device = terminal.device
    body = (
        f"OPLOG 0\t0\t{device.now():%Y-%m-%d %H:%M:%S}\t0\t0\t0\t0\n"
        "USER PIN=7\tName=Grete\tPri=14\tPasswd=99\tCard=[15CD5B07]\tGrp=2\n"
        "FP PIN=7\tFID=1\tSize=8\tValid=1\tTMP=QUJDRA==\n"
        "user Card=5\tpin=8\tName=Hal\n"
        "BIOPHOTO PIN=7\tNo=0\tType=9\tFileName=7.jpg\tSize=8\tContent=/9j/2w==\n"
        "WHATEVER x=1\n"
    ).encode()
    answer = await terminal.post(body, "OPERLOG")
    assert (answer.status, answer.text) == (200, "OK: 6")
    await terminal.post(terminal.attlog("7", "8"))
    names = {(await syncid.next_punch())["user_name"] for _ in range(2)}
    assert names == {"Grete", "Hal"}
    # Nobody asked for templates: nothing of them is kept anywhere.
    for content in syncid.files().values():
        assert b"QUJDRA" not in content
    assert media(hass) == {}


async def send_photo(
    terminal: KitAdms, name: str, content: bytes = PHOTO, path: str = "cdata"
) -> None:
    """Upload a photo, and see that it is acknowledged."""
    head = f"PIN={name}\nSN={terminal.serial}\nsize={len(content)}\nCMD=uploadphoto"
    answer = await terminal.device.request(
        "POST", path, {"table": "ATTPHOTO"}, head.encode() + b"\0" + content
    )
    assert (answer.status, answer.text) == (200, "OK: 1")


async def test_photo_dropped(hass: HomeAssistant, terminal: KitAdms) -> None:
    """A photo that nobody asked for is taken and dropped, or it would come for ever."""
    await send_photo(terminal, "20261120080500-1001.jpg")
    assert media(hass) == {}


@pytest.mark.parametrize("path", ["cdata", "fdata"])
async def test_photo_stored(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, path: Any
) -> None:
    """A photo is stored as it is among the media, if the admin wants photos."""
    terminal = await syncid.add_adms_terminal(url, photos=True)
    terminal.device.faults.photo_path = path
    photo = terminal.device.take_photo("1001", PHOTO)
    await terminal.simulation.until_uploaded()
    assert media(hass) == {f"syncid/{terminal.serial}/attendance-{photo.name}": PHOTO}


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("../../../evil.jpg", "evil.jpg"),
        ("..\\evil.jpg", "evil.jpg"),
        ("..", ".jpg"),
        ("...", "..."),
        (".hidden", ".hidden"),
        ("20261120080500-7 |é.jpg", "20261120080500-7_.jpg"),
        ("x" * 600 + ".jpg", "x" * 128),
    ],
)
async def test_photo_names(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, name: str, kept_as: str
) -> None:
    """Whatever a terminal calls a photo, it is stored, and nowhere else."""
    terminal = await syncid.add_adms_terminal(url, step=True, photos=True)
    await send_photo(terminal, name)
    assert media(hass) == {f"syncid/{terminal.serial}/attendance-{kept_as}": PHOTO}


@pytest.mark.parametrize("biometrics", [False, True])
async def test_pictures_of_users(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, biometrics: bool
) -> None:
    """Pictures of users, and to know faces by, are kept only if templates are wanted."""
    terminal = await syncid.add_adms_terminal(
        url, step=True, photos=True, biometrics=biometrics
    )
    answer = await terminal.post(
        b"USERPIC PIN=7\tFileName=7.jpg\tSize=8\tContent=dXNlcg==\n"
        b"BIOPHOTO PIN=7\tFileName=7.jpg\tType=9\tSize=8\tContent=ZmFjZQ==\n",
        "OPERLOG",
    )
    assert answer.text == "OK: 2"
    folder = f"syncid/{terminal.serial}"
    kept = {f"{folder}/user-7.jpg": b"user", f"{folder}/face-7.jpg": b"face"}
    assert media(hass) == (kept if biometrics else {})


async def test_photos_do_not_fill_the_disk(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest are kept: not for ever, not too many, and not too much of them."""
    monkeypatch.setattr(photos, "MOST_PHOTOS", 3)
    monkeypatch.setattr(photos, "MOST_BYTES", 100)
    monkeypatch.setattr(photos, "_TIDY_EVERY", 2)
    terminal = await syncid.add_adms_terminal(url, step=True, photos=True)
    folder = Path(hass.config.path("media", "syncid", terminal.serial))

    async def send(name: str, content: bytes, age: float) -> None:
        await send_photo(terminal, f"{name}.jpg", content)
        then = time() - age
        await hass.async_add_executor_job(
            os.utime, folder / f"attendance-{name}.jpg", (then, then)
        )

    def kept() -> set[str]:
        return {name.rpartition("-")[2].removesuffix(".jpg") for name in media(hass)}

    await hass.async_add_executor_job((folder / "mine").mkdir, 0o777, True)
    for number in range(4):
        await send(f"{number}", b"x", 100 - number)
    assert kept() == {"0", "1", "2", "3"}  # looked at now and then
    await send("4", b"x", 50)
    assert kept() == {"2", "3", "4"}
    await send("5", b"x" * 99, 40)
    await send("6", b"x", 30)
    assert kept() == {"5", "6"}
    await send("7", b"x", photos.KEPT_FOR + 1)
    await send("8", b"x", 10)
    assert kept() == {"6", "8"}
    assert (folder / "mine").is_dir()


async def test_photo_not_stored(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A photo for which there is no room is not acknowledged."""
    terminal = await syncid.add_adms_terminal(url, step=True, photos=True)
    await hass.async_add_executor_job(
        Path(hass.config.path("media")).write_text, "no folder"
    )
    terminal.device.take_photo("1001", PHOTO)
    answer = await terminal.simulation.upload("ATTPHOTO")
    assert answer is not None
    assert answer.status == 500


# --- access terminals -----------------------------------------------------------------


async def test_door_events(syncid: SyncIDKit, url: str) -> None:
    """At a door, who opens it punches; nobody's events are none, and alarms are told."""
    terminal = await syncid.add_adms_terminal(url, profile="acc")
    device = terminal.device
    device.add_punch(AdmsPunch(user_id="1003", time=device.now(), state=1, verify=4))
    device.move_door(is_open=True)
    device.deny()
    await terminal.simulation.until_uploaded()
    punch = await syncid.next_punch()
    assert (punch["user_id"], punch["user_name"]) == ("1003", "Chen")
    assert punch["direction"] == "check_out"
    alarms = [await syncid.next_alarm() for _ in range(2)]
    assert [alarm["type"] for alarm in alarms] == ["door_opened", "denied"]
    assert len(await syncid.stored()) == 1
