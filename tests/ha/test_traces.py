"""What is kept of punches so that they are known again is not in the ledger's file."""

from base64 import urlsafe_b64decode
from contextlib import closing
from datetime import timedelta
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.syncid.backup import async_post_backup, async_pre_backup
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsPunch

from .kit import KitAdms, KitTerminal, SyncIDKit
from .test_audit import night
from .test_erased_again import (
    GATEWAY,
    KEY,
    LOST,
    STAMP,
    call,
    erase_before,
    names_in,
    stored_key,
    who,
    write,
)

USER, OTHER = "470811233", "1002"
PEOPLE = {USER: "", OTHER: ""}


def traces_of(syncid: SyncIDKit) -> Path:
    """Return where the file of traces is."""
    return syncid.ledger_file.with_name("syncid.traces.db")


def rows_of(file: Path) -> dict[str, list[Any]]:
    """Return what is in each table of a file that nobody else looks into now."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            for (name,) in names.fetchall()
        }


@pytest.fixture
async def gate(syncid: SyncIDKit) -> KitTerminal:
    """Return a terminal on port 4370 with three punches of two users, all read."""
    terminal = await syncid.add_terminal(syncid.start_terminal(people=PEOPLE))
    for user_id, minutes in ((USER, 90), (OTHER, 60), (USER, 30)):
        terminal.punch_ago(user_id, minutes=minutes)
    await terminal.call("collect_records")
    return terminal


@pytest.fixture
async def att(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that pushes, with three punches of the same two."""
    terminal = await syncid.add_adms_terminal(url, people=PEOPLE)
    for user_id, hours in ((USER, 9), (OTHER, 8), (USER, 7)):
        time = terminal.device.now() - timedelta(hours=hours)
        terminal.device.add_punch(AdmsPunch(user_id=user_id, time=time))
    await terminal.simulation.until_uploaded()
    return terminal


async def erase(hass: HomeAssistant, *terminals: KitTerminal | KitAdms) -> None:
    """Erase the one who is the same user everywhere."""
    await call(hass, "add_person", name="Amina")
    for terminal in terminals:
        user = {"device_id": [terminal.device_id], "user_id": USER}
        await call(hass, "map_user", **user, person="Amina")
    told = await call(hass, "remove_person", person="Amina")
    assert told["deleted"]["punches"] == 2 * len(terminals)
    assert told["wiped"]


async def test_nothing_remains_in_the_ledger(
    hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal, att: KitAdms
) -> None:
    """Neither a row nor a byte of the ledger comes from who was erased."""
    assert len(await who(syncid)) == 6
    await erase(hass, gate, att)
    ledger, traces = rows_of(syncid.ledger_file), rows_of(traces_of(syncid))
    assert "erased" not in ledger
    assert not any("overlap" in name for (name,) in columns_of(syncid.ledger_file))
    numbers = [number for (number,) in traces["erased"]]
    ends = [records for _, _, records in traces["ends"]]
    assert (len(numbers), len(ends)) == (4, 1)
    files = syncid.files()
    assert [*files] != []
    tokens = [token for end in ends for token in (end, urlsafe_b64decode(end))]
    for content in files.values():
        assert USER.encode() not in content
        assert [token for token in tokens if token in content] == []
        for number in numbers:
            assert number.to_bytes(8, "big", signed=True) not in content
            assert number.to_bytes(8, "little", signed=True) not in content
    # All that names terminals but not who punched: no row is of a user who is gone.
    told = [value for rows in ledger.values() for row in rows for value in row]
    assert not {*told} & {USER, "Amina", *numbers}
    assert {row[0] for row in ledger["erasings"]} <= {
        number for _, number, *_ in traces["erasings"]
    }
    assert len(ledger["erasings"]) == 1


def columns_of(file: Path) -> list[tuple[str]]:
    """Return the names of all columns of a file."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(
            "SELECT p.name FROM sqlite_master m, pragma_table_info(m.name) p"
        ).fetchall()


async def test_nothing_comes_back(
    hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal, att: KitAdms
) -> None:
    """By audit, a period, a log that is read anew, or an upload from the beginning."""
    await erase(hass, gate, att)
    await night(syncid)
    start = f"{dt_util.now() - timedelta(days=2):%Y-%m-%d %H:%M:%S}"
    told = await att.call("collect_records", start=start)
    assert told == {"counted": 3, "stored": 3, "new": 0}
    told = await gate.call("collect_records")
    # Known by its end, the log is not read again.
    assert (told["read"], told["new"]) == (0, 0)
    syncid.in_file("DELETE FROM cursors")
    told = await gate.call("collect_records")
    assert (told["read"], told["new"], told["duplicates"]) == (3, 0, 3)
    assert await who(syncid) == [OTHER, OTHER]


# --- the file -------------------------------------------------------------------------


def spoil(file: Path) -> None:
    """Overwrite all of a file."""
    file.write_bytes(b"This is no database. " * 1000)


@pytest.mark.parametrize("how", ["kept", "lost", "unreadable"])
async def test_after_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any], syncid: SyncIDKit, how: str
) -> None:
    """Without its file, what was erased is not known any more, which is told."""
    hass_storage["syncid.key"] = stored_key(KEY)
    run = hass.async_add_executor_job
    await run(erase_before, syncid.ledger_file, GATEWAY, KEY)
    if how == "lost":
        await run(traces_of(syncid).unlink)
    elif how == "unreadable":
        await run(spoil, traces_of(syncid))
    device = await syncid.add_push_device(GATEWAY)
    assert (syncid.issue(LOST) is None) is (how == "kept")
    stick = Path(hass.config.path("1_attlog.dat"))
    await run(write, stick, f"1001\t{STAMP}\t1\t0\t1\t0\r\n".encode())
    told = await device.call("import_attlog", file=stick.name)
    assert told["new"] == (how != "kept")
    aside = [one for one in await run(names_in, stick.parent) if ".corrupt-" in one]
    assert len(aside) == (how == "unreadable")


async def test_unreadable_meanwhile(
    hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal, att: KitAdms
) -> None:
    """It is put aside at once, and told; the log is read once more, silently."""
    await erase(hass, gate, att)
    while not syncid.punches.empty():
        syncid.punches.get_nowait()
    await hass.async_add_executor_job(spoil, traces_of(syncid))
    gate.punch(OTHER)
    assert (await syncid.next_punch())["user_id"] == OTHER
    await gate.call("collect_records")
    await syncid.wait_for_issue(LOST)
    assert (await who(syncid)).count(OTHER) == 3
    assert syncid.issue("ledger_replaced") is None
    told = await call(hass, "add_person", name="Bruno")
    user = {"device_id": [gate.device_id], "user_id": OTHER}
    await call(hass, "map_user", **user, person=told["person_id"])
    told = await call(hass, "remove_person", person="Bruno")
    (aside,) = told["put_aside"]
    assert aside.startswith("syncid.traces.db.corrupt-")


async def test_lost_before_anything_was_erased(
    hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal
) -> None:
    """The log is read whole once; nothing is doubled, announced or told."""
    while not syncid.punches.empty():
        syncid.punches.get_nowait()
    with closing(sqlite3.connect(traces_of(syncid))) as connection, connection:
        connection.execute("DELETE FROM ends")
    told = await gate.call("collect_records")
    assert (told["read"], told["new"], told["duplicates"]) == (3, 0, 3)
    told = await gate.call("collect_records")
    assert (told["read"], told["new"]) == (0, 0)
    syncid.assert_no_punch()
    assert syncid.issue(LOST) is None


async def test_stop(hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal) -> None:
    """When Home Assistant stops, the file is closed as the ledger's is."""
    file = traces_of(syncid)
    assert file.with_name(f"{file.name}-wal").exists()
    await hass.async_stop(force=True)
    assert [*file.parent.glob(f"{file.name}*")] == [file]


async def test_backup(hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms) -> None:
    """While it is copied it stays as it is, whatever is erased."""
    await async_pre_backup(hass)
    before = traces_of(syncid).read_bytes()
    user = {"device_id": [att.device_id], "user_id": USER}
    told = await call(hass, "forget_user", **user)
    assert told == {"deleted": {**told["deleted"], "punches": 2}, "wiped": False}
    assert traces_of(syncid).read_bytes() == before
    await async_post_backup(hass)
    assert await who(syncid) == [OTHER]
    told = await call(hass, "forget_user", **user)
    assert told["wiped"]
    assert traces_of(syncid).read_bytes() != before
