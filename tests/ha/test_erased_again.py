"""What terminals tell once more of who was erased: it does not come back."""

from collections.abc import Iterator
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.records import Batch, Punch, Punches
from custom_components.syncid.core.shelf import Shelf
from custom_components.syncid.core.times import text_second
from custom_components.syncid.key import async_tell_key
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir, storage as ha_storage
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
from simulator.adms import AdmsPunch

from .kit import KitAdms, KitDevice, SyncIDKit
from .test_adms_records import lose
from .test_audit import ISSUE, asked_again, night
from .test_ledger import spoil


@pytest.fixture
async def att(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that pushes, with three punches of two users."""
    terminal = await syncid.add_adms_terminal(url)
    now = terminal.device.now()
    for user_id, hours in (("1001", 9), ("1002", 8), ("1001", 1)):
        time = now - timedelta(hours=hours)
        terminal.device.add_punch(AdmsPunch(user_id=user_id, time=time))
    await terminal.simulation.until_uploaded()
    assert await who(syncid) == ["1001", "1002", "1001"]
    return terminal


async def who(syncid: SyncIDKit) -> list[str]:
    """Return whose punches are stored, newest first."""
    return [one["user_id"] for one in await syncid.stored()]


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Have an action done, and return the response."""
    told = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert told is not None
    return dict(told)


async def erase(hass: HomeAssistant, terminal: KitDevice, how: str) -> None:
    """Erase user 1001, who stays in the terminal as does its log."""
    user = {"device_id": [terminal.device_id], "user_id": "1001"}
    if how == "forget_user":
        told = await call(hass, how, **user)
    else:
        await call(hass, "add_person", name="Amina")
        await call(hass, "map_user", **user, person="Amina")
        told = await call(hass, how, person="Amina")
    assert told["deleted"]["punches"] == 2


async def erase_all(hass: HomeAssistant, terminal: KitDevice, user_id: str) -> None:
    """Erase whatever a user left who is nobody."""
    user = {"device_id": [terminal.device_id], "user_id": user_id}
    assert (await call(hass, "forget_user", **user))["deleted"]["punches"] == 1


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


def write(path: Path, content: bytes) -> None:
    """Put something into a file."""
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["remove_person", "forget_user"])
async def test_audit(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms, how: str
) -> None:
    """The nightly audit brings nothing back, and asks once, not night by night."""
    await erase(hass, att, how)
    await night(syncid)
    assert await who(syncid) == ["1002"]
    asked = asked_again(att)
    await night(syncid, 1)
    assert await who(syncid) == ["1002"]
    assert asked_again(att) == asked == 1
    assert syncid.issue(ISSUE.format(att.serial)) is None
    # What is really missing is no less so.
    lose(syncid)
    await night(syncid, 2)
    assert await who(syncid) == ["1002"]
    assert asked_again(att) == 2


async def test_period(hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms) -> None:
    """Nor does who asks for a period, or clears the log, which is sent before that."""
    await erase(hass, att, "remove_person")
    start = f"{dt_util.now() - timedelta(days=2):%Y-%m-%d %H:%M:%S}"
    told = await att.call("collect_records", start=start)
    assert told == {"counted": 3, "stored": 3, "new": 0}
    told = await att.call("clear_records")
    assert told == {"counted": 3, "stored": 3, "cleared": 3}
    assert att.device.log == []
    assert await who(syncid) == ["1002"]


async def test_upload_from_the_beginning(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms
) -> None:
    """A terminal that sends all of its log anew is acknowledged, and tells no news."""
    body = att.attlog("1001", "1002", minutes_ago=30)
    await att.post(body)
    assert len(await who(syncid)) == 5
    await call(hass, "add_person", name="Amina")
    user = {"device_id": [att.device_id], "user_id": "1001"}
    await call(hass, "map_user", **user, person="Amina")
    await call(hass, "remove_person", person="Amina")
    while not syncid.punches.empty():
        syncid.punches.get_nowait()
    answer = await att.post(body)
    assert (answer.status, answer.body) == (200, b"OK: 2")
    await syncid.settle()
    assert await who(syncid) == ["1002", "1002"]
    syncid.assert_no_punch()


async def test_photo(hass: HomeAssistant, syncid: SyncIDKit, url: str) -> None:
    """A photo of a punch that was erased is taken and dropped, those of others are not."""
    terminal = await syncid.add_adms_terminal(url, photos=True)
    device = terminal.device
    # As much later as terminals take it.
    taken = device.now().replace(microsecond=0)
    time = taken - timedelta(seconds=1)
    for user_id in ("1001", "1002"):
        device.add_punch(AdmsPunch(user_id=user_id, time=time))
    await terminal.simulation.until_uploaded()
    await erase_all(hass, terminal, "1001")
    device.take_photo("1001", b"\xff\xd8 1001", taken)
    kept = device.take_photo("1002", b"\xff\xd8 1002", taken)
    await terminal.simulation.until_uploaded()
    folder = Path(hass.config.path("media", DOMAIN, terminal.serial))
    names = await hass.async_add_executor_job(names_in, folder)
    assert names == [f"attendance-{kept.name}"]


async def test_log_that_is_read_anew(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nor does a terminal on port 4370 of which nobody knows how far it was read."""
    terminal = await syncid.add_terminal()
    for user_id, minutes in (("1001", 90), ("1002", 60), ("1001", 30)):
        terminal.punch_ago(user_id, minutes=minutes)
    await terminal.press("collect")
    assert await who(syncid) == ["1001", "1002", "1001"]
    await erase(hass, terminal, "remove_person")
    syncid.in_file("DELETE FROM cursors")
    told = await terminal.call("collect_records")
    assert (told["read"], told["new"], told["duplicates"]) == (3, 0, 3)
    assert await who(syncid) == ["1002"]
    told = await terminal.call("clear_records")
    assert told["cleared"] == 3
    assert await who(syncid) == ["1002"]


async def test_file(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nor does what a terminal exported before that."""
    device = await syncid.add_push_device()
    rows = "".join(
        f"{user_id}\t2026-03-12 08:05:0{second}\t1\t0\t1\t0\r\n"
        for second, user_id in enumerate(("1001", "1002", "1001"))
    )
    stick = Path(hass.config.path("1_attlog.dat"))
    await hass.async_add_executor_job(write, stick, rows.encode())
    await device.call("import_attlog", file=stick.name)
    await erase(hass, device, "remove_person")
    told = await device.call("import_attlog", file=stick.name)
    assert (told["received"], told["new"], told["duplicate"]) == (3, 0, 3)
    assert await who(syncid) == ["1002"]


async def test_number_that_is_given_anew(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms
) -> None:
    """Who has the number next has what they punch, and nothing of who had it before."""
    await erase(hass, att, "remove_person")
    await call(hass, "add_person", name="Chiara")
    user = {"device_id": [att.device_id], "user_id": "1001"}
    await call(hass, "map_user", **user, person="Chiara")
    att.device.add_punch(AdmsPunch(user_id="1001", time=att.device.now()))
    await att.simulation.until_uploaded()
    start = f"{dt_util.now() - timedelta(days=2):%Y-%m-%d %H:%M:%S}"
    told = await att.call("collect_records", start=start)
    assert told == {"counted": 4, "stored": 4, "new": 0}
    assert [one.get("person") for one in await syncid.stored()] == ["Chiara", None]


async def test_number_that_was_given_anew_before(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms
) -> None:
    """Of who has the number now, nothing is lost that lies between what was erased."""
    await erase(hass, att, "remove_person")
    time = att.device.now() - timedelta(hours=5)
    att.device.add_punch(AdmsPunch(user_id="1001", time=time))
    await att.simulation.until_uploaded()
    assert await who(syncid) == ["1001", "1002"]
    await night(syncid)
    assert await who(syncid) == ["1001", "1002"]


async def test_files_do_not_name_them(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms
) -> None:
    """What is kept so that they do not come back names nobody."""
    user_id = "USER-4711"
    await att.post(att.attlog(user_id))
    await erase_all(hass, att, user_id)
    ((number,),) = syncid.in_file("SELECT * FROM erasings")
    assert isinstance(number, int)
    files = syncid.files()
    assert not any(user_id.encode() in found for found in files.values())


async def test_end_of_a_log_does_not_name_them(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Nor do the last records of a log, by which its end is known again."""
    user_id = "470811233"
    people = {user_id: "", "1001": ""}
    terminal = await syncid.add_terminal(syncid.start_terminal(people=people))
    for one in (user_id, "1001"):
        terminal.punch(one)
        await syncid.next_punch()
    await terminal.call("collect_records")
    assert any(user_id.encode() in found for found in syncid.files().values())
    await erase_all(hass, terminal, user_id)
    told = await terminal.call("collect_records")
    # Known by its end, it is not read again.
    assert (told["read"], told["new"]) == (0, 0)
    files = syncid.files()
    assert [name for name, found in files.items() if user_id.encode() in found] == []


# --- the key --------------------------------------------------------------------------

STAMP, GATEWAY = "2026-03-12 08:05:00", "GATEWAY-1"
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
LOST = "erased_key_lost"
# As they are before the test framework puts its own in their place.
ON_DISK = {name: vars(Store)[name] for name in ("_async_load", "_async_write_data")}


def erase_before(path: Path, serial: str, key: bytes) -> None:
    """Leave a ledger from which a punch was erased before Home Assistant started."""
    ledger = Ledger(path, now=dt_util.now, on_replaced=print)
    ledger.open(key)
    ledger.register(serial, "UTC").result()
    second = text_second(STAMP) or 0
    punch = Punch("1001", second, "unknown", "unknown")
    assert ledger.ingest(Batch(serial, "import", Punches.of([punch]))).result().new == 1
    Shelf(ledger).erase_users([(serial, "1001")])
    ledger.close()


def stored_key(key: bytes) -> dict[str, Any]:
    """Return what Home Assistant keeps of a key."""
    return {"version": 1, "data": {"key": key.hex()}}


@pytest.mark.parametrize("is_kept", [True, False])
async def test_after_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    syncid: SyncIDKit,
    is_kept: bool,
) -> None:
    """The key is kept beside the ledger; without it, nothing is known to be erased."""
    if is_kept:
        hass_storage["syncid.key"] = stored_key(KEY)
    file = syncid.ledger_file
    await hass.async_add_executor_job(erase_before, file, GATEWAY, KEY)
    device = await syncid.add_push_device(GATEWAY)
    stick = Path(hass.config.path("1_attlog.dat"))
    row = f"1001\t{STAMP}\t1\t0\t1\t0\r\n"
    await hass.async_add_executor_job(write, stick, row.encode())
    told = await device.call("import_attlog", file=stick.name)
    assert told["new"] == (not is_kept)
    assert (syncid.issue(LOST) is None) is is_kept
    kept = bytes.fromhex(hass_storage["syncid.key"]["data"]["key"])
    assert (kept == KEY) is is_kept
    assert len(kept) == 32


@pytest.fixture
def storage(hass: HomeAssistant) -> Iterator[Path]:
    """Return the folder of Home Assistant's storage, which is on the disk for once."""
    folder = Path(hass.config.path(".storage"))
    folder.mkdir()
    # Not the fixture, which would be undone after that of the storage.
    with pytest.MonkeyPatch.context() as patch:
        for name, method in ON_DISK.items():
            patch.setattr(Store, name, method)
        yield folder


def read_key(storage: Path) -> tuple[int, str]:
    """Return who may read the key, and the key."""
    path = storage / "syncid.key"
    return path.stat().st_mode & 0o777, json.loads(path.read_text())["data"]["key"]


async def test_key_is_nowhere_else(
    hass: HomeAssistant, storage: Path, syncid: SyncIDKit
) -> None:
    """The key is in a file that nobody else may read, and not in the ledger."""
    await syncid.add_terminal()
    mode, key = await hass.async_add_executor_job(read_key, storage)
    assert mode == 0o600
    for content in syncid.files().values():
        assert key.encode() not in content
        assert bytes.fromhex(key) not in content


async def test_key_that_cannot_be_read(
    hass: HomeAssistant, storage: Path, syncid: SyncIDKit
) -> None:
    """It is not replaced by another one: terminals wait until it can be."""
    path = storage / "syncid.key"
    await hass.async_add_executor_job(path.mkdir)
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "ledger_error"
    await hass.async_add_executor_job(path.rmdir)
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED


async def test_key_that_cannot_be_written(
    hass: HomeAssistant,
    storage: Path,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is erased by a key that would be gone after the next start."""

    def fail(path: str, *args: Any, **kwargs: Any) -> None:
        raise WriteError("No space left on device")

    path = storage / "syncid.key"
    with monkeypatch.context() as patch:
        patch.setattr(ha_storage, "write_utf8_file_atomic", fail)
        terminal = await syncid.add_terminal()
        assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
        assert terminal.entry.error_reason_translation_key == "ledger_error"
        assert not await hass.async_add_executor_job(path.exists)
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert await hass.async_add_executor_job(path.exists)


async def test_key_without_a_folder(
    hass: HomeAssistant, storage: Path, syncid: SyncIDKit
) -> None:
    """Terminals wait, too, while the folder is on a disk that is not there."""
    aside = storage.with_name("elsewhere")
    await hass.async_add_executor_job(storage.rename, aside)
    await hass.async_add_executor_job(storage.symlink_to, "not-there")
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "ledger_error"
    await hass.async_add_executor_job(storage.unlink)
    await hass.async_add_executor_job(aside.rename, storage)
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED


@pytest.mark.parametrize("text", ["", "{", "\0" * 64])
async def test_key_that_is_damaged(
    hass: HomeAssistant, storage: Path, syncid: SyncIDKit, text: str
) -> None:
    """Home Assistant puts the file aside; that the next key is another one is told."""
    await hass.async_add_executor_job(erase_before, syncid.ledger_file, "X", KEY)
    await hass.async_add_executor_job(write, storage / "syncid.key", text.encode())
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.LOADED
    names = await hass.async_add_executor_job(names_in, storage)
    assert [name for name in names if name.startswith("syncid.key.corrupt")]
    issue = syncid.issue(LOST)
    assert issue is not None
    assert (issue.severity, issue.is_fixable) == (ir.IssueSeverity.WARNING, False)


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 1, "data": {}},
        {"version": 1, "data": []},
        {"version": 1, "data": {"key": "zz"}},
        {"version": 1, "data": {"key": ""}},
        {"version": 1, "data": {"key": "ab" * 31}},
        {"version": 1, "data": {"key": "ab" * 65}},
        {"version": 1, "data": {"key": 4711}},
        {"key": KEY.hex()},
        {"version": 0, "data": {"key": KEY.hex()}},
        ["version"],
    ],
)
async def test_key_that_is_none(
    hass: HomeAssistant, storage: Path, syncid: SyncIDKit, stored: Any
) -> None:
    """What was edited by hand is told, by its name, until it is put right."""
    path = storage / "syncid.key"
    content = json.dumps(stored).encode()
    await hass.async_add_executor_job(write, path, content)
    terminal = await syncid.add_terminal()
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    assert terminal.entry.error_reason_translation_key == "ledger_error"
    assert ".storage/syncid.key" in (terminal.entry.reason or "")
    assert await hass.async_add_executor_job(path.read_bytes) == content
    mended = json.dumps(stored_key(KEY)).encode()
    await hass.async_add_executor_job(write, path, mended)
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED


async def test_lost_key_is_told_though_the_ledger_opens_later(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """The first try makes the key; the second one opens the ledger, and tells."""
    file = syncid.ledger_file
    await hass.async_add_executor_job(erase_before, file, GATEWAY, KEY)
    aside = file.with_name("elsewhere")
    await hass.async_add_executor_job(file.rename, aside)
    await hass.async_add_executor_job(file.mkdir)
    device = await syncid.add_push_device(GATEWAY)
    assert device.entry_state() is ConfigEntryState.SETUP_RETRY
    await hass.async_add_executor_job(file.rmdir)
    await hass.async_add_executor_job(aside.rename, file)
    await syncid.advance(60)
    assert device.entry_state() is ConfigEntryState.LOADED
    assert syncid.issue(LOST) is not None


@pytest.mark.parametrize("fits", [True, False])
async def test_key_of_another_ledger(
    hass: HomeAssistant, hass_storage: dict[str, Any], syncid: SyncIDKit, fits: bool
) -> None:
    """If only one of the two files was restored, that is told until both were."""
    hass_storage["syncid.key"] = stored_key(KEY if fits else OTHER_KEY)
    file = syncid.ledger_file
    if fits:
        # As it was told before Home Assistant restarted.
        async_tell_key(hass, fits=False)
        assert syncid.issue(LOST) is not None
    await hass.async_add_executor_job(erase_before, file, GATEWAY, KEY)
    await syncid.add_push_device(GATEWAY)
    assert (syncid.issue(LOST) is None) is fits


async def test_key_of_a_ledger_that_is_gone(
    hass: HomeAssistant, hass_storage: dict[str, Any], syncid: SyncIDKit
) -> None:
    """An empty ledger in the place of a damaged one does not make the key fit."""
    hass_storage["syncid.key"] = stored_key(OTHER_KEY)
    file = syncid.ledger_file
    await hass.async_add_executor_job(erase_before, file, GATEWAY, KEY)
    await syncid.add_push_device(GATEWAY)
    assert syncid.issue(LOST) is not None
    spoil(syncid)
    assert await who(syncid) == []
    await syncid.wait_for_issue("ledger_replaced")
    assert syncid.issue(LOST) is not None
