"""Bringing people with their templates elsewhere, and keeping them in a file."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from errno import ENOSPC
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.const import DOMAIN
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator import PROFILES
from simulator.requests import HANDLERS

from .kit import SERIAL, SyncIDKit
from .test_user_actions import BATCH, SECRET, act, held, two

# --- templates ----------------------------------------------------------------------------


async def test_transfer_templates(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """People with their templates come to another terminal."""
    first, second = await two(syncid)
    data = {"target_device_id": second.device_id, "device_id": first.device_id}
    planned = await act(hass, "transfer_templates", **data, dry_run=True)
    assert not held(second)
    done = await act(hass, "transfer_templates", **data)
    assert planned == done
    (target,) = done["terminals"]
    assert target["users"][0] == {
        "user_id": "1001",
        "name": "Amina",
        "outcome": "add",
        "fingerprints": 1,
        "face": False,
        "reasons": [],
    }
    assert held(second) == held(first)
    again = await act(hass, "transfer_templates", **data)
    assert {user["outcome"] for user in again["terminals"][0]["users"]} == {"same"}


async def test_transfer_of_some(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Only who is named is brought, and only who is there can be named."""
    first, second = await two(syncid)
    data = {"target_device_id": second.device_id, "device_id": first.device_id}
    await act(hass, "transfer_templates", **data, user_id=["1002"])
    assert set(held(second)) == {"1002"}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "transfer_templates", **data, user_id="9")
    assert error.value.translation_key == "user_unknown"


@pytest.mark.parametrize("action", ["transfer_templates", "restore_users"])
async def test_users_who_fail(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    """Whom a terminal did not take is an error, with what became of each."""
    first, second = await two(syncid)
    data: dict[str, Any]
    data = {"device_id": first.device_id, "target_device_id": second.device_id}
    if action == "restore_users":
        kept = {"file": "gate.syncid", "passphrase": SECRET}
        await act(hass, "backup_users", device_id=first.device_id, **kept)
        data = {"device_id": second.device_id, **kept}
    monkeypatch.setitem(HANDLERS, BATCH, lambda request: request.ok())
    planned = await act(hass, action, **data, dry_run=True)
    assert planned["terminals"][0]["done"]
    (target,) = (await act(hass, action, **data))["terminals"]
    assert not target["done"]
    assert {user["outcome"] for user in target["users"]} == {"fail"}
    assert "3 of 3" in target["error"]
    assert "1001 (The user was not kept)" in target["error"]
    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call(DOMAIN, action, data, blocking=True)
    assert error.value.translation_key == "users_failed"


async def test_transfer_to_itself(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal is not its own target."""
    first, second = await two(syncid)
    with pytest.raises(ServiceValidationError) as error:
        await act(
            hass,
            "transfer_templates",
            device_id=first.device_id,
            target_device_id=[second.device_id, first.device_id],
        )
    assert error.value.translation_key == "transfer_to_itself"
    assert not held(second)


# --- backup and restore -------------------------------------------------------------------


@pytest.fixture
def folder(hass: HomeAssistant) -> Path:
    """Return where the files are."""
    return Path(hass.config.path("syncid_backups"))


async def test_backup_and_restore(
    hass: HomeAssistant, syncid: SyncIDKit, folder: Path
) -> None:
    """A terminal's people come back to an empty one of the same kind."""
    first, second = await two(syncid)
    made = await act(hass, "backup_users", device_id=first.device_id, passphrase=SECRET)
    assert (made["users"], made["fingerprints"], made["faces"]) == (3, 1, 1)
    assert "passphrase" not in made
    file = folder / made["file"]
    assert made["file"].startswith(SERIAL)
    assert file.stat().st_size == made["size"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"Amina" not in file.read_bytes()
    data = {"file": made["file"], "passphrase": SECRET}
    planned = await act(hass, "restore_users", second, **data, dry_run=True)
    assert not held(second)
    done = await act(hass, "restore_users", second, **data)
    assert planned["terminals"] == done["terminals"]
    assert done["made_of"] == SERIAL
    assert held(second) == held(first)


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        ({}, []),
        ({"fingerprint_version": None}, ["fingerprint_version_unknown"]),
        ({"face_version": 58, "faces_by_command": False}, ["faces_left_out"]),
    ],
)
async def test_backup_that_is_less_than_it_seems(
    hass: HomeAssistant, syncid: SyncIDKit, changes: dict[str, Any], warnings: list[str]
) -> None:
    """What will not come back from a file is told when it is made."""
    simulation = syncid.start_terminal(profile=replace(PROFILES["iface702"], **changes))
    simulation.terminal.add_fingerprint("1001", 3)
    simulation.terminal.add_face("1002")
    terminal = await syncid.add_terminal(simulation)
    made = await act(hass, "backup_users", device_id=terminal.device_id)
    assert made["warnings"] == warnings


async def test_passphrase_that_is_made(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A passphrase that nobody chose is in the response, and nowhere else."""
    calls = async_capture_events(hass, EVENT_CALL_SERVICE)
    first, second = await two(syncid)
    made = [
        await act(
            hass, "backup_users", device_id=first.device_id, file=f"{name}.syncid"
        )
        for name in ("a", "b")
    ]
    passphrases = [one["passphrase"] for one in made]
    assert len({*passphrases}) == 2
    assert all(len(passphrase) == 24 for passphrase in passphrases)
    assert not any(passphrase in str(calls) for passphrase in passphrases)
    data = {"file": "b.syncid", "passphrase": passphrases[1]}
    await act(hass, "restore_users", second, **data)
    assert held(second) == held(first)


async def test_restore_of_some(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """One user can be restored, as they were."""
    first, second = await two(syncid)
    data = {"file": "gate.syncid", "passphrase": SECRET}
    await act(hass, "backup_users", device_id=first.device_id, **data)
    first.simulation.call(first.device.remove_user, first.device.users["1001"])
    first.device.users["1002"].name = "Somebody"
    await act(hass, "restore_users", first, **data, user_id="1002")
    assert {user.name for user in first.device.users} == {"Bruno", "Chen"}
    await act(hass, "restore_users", first, second, **data)
    assert held(first) == held(second)
    twice = await act(hass, "restore_users", first, **data, user_id=["1002", "1002"])
    assert len(twice["terminals"][0]["users"]) == 1
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "restore_users", first, **data, user_id="9")
    assert error.value.translation_key == "user_not_in_file"


async def test_restore_keeps_an_admin(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A file from a time without admins does not open the menu to everybody."""
    terminal = await syncid.add_terminal()
    data = {"file": "gate.syncid", "passphrase": SECRET}
    await terminal.call("backup_users", **data)
    terminal.simulation.call(setattr, terminal.device.users["1002"], "privilege", 14)
    planned = await act(hass, "restore_users", terminal, **data, dry_run=True)
    done = await act(hass, "restore_users", terminal, **data)
    assert planned == done
    users = {user["user_id"]: user for user in done["terminals"][0]["users"]}
    assert users["1002"]["reasons"] == ["admin"]
    assert terminal.device.users["1002"].privilege == 14


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


async def test_file_that_is_there(
    hass: HomeAssistant, syncid: SyncIDKit, folder: Path
) -> None:
    """No backup is overwritten."""
    terminal = await syncid.add_terminal()
    data = {
        "device_id": terminal.device_id,
        "file": "gate.syncid",
        "passphrase": SECRET,
    }
    await act(hass, "backup_users", **data)
    before = (folder / "gate.syncid").read_bytes()
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, "backup_users", **data)
    assert error.value.translation_key == "file_not_written"
    assert (folder / "gate.syncid").read_bytes() == before
    assert names_in(folder) == ["gate.syncid"]


async def test_two_backups_of_one_name(
    hass: HomeAssistant, syncid: SyncIDKit, folder: Path
) -> None:
    """Of those who want one name at once, one gets it, and the file is theirs."""
    first, second = await two(syncid)
    done = await asyncio.gather(
        *(
            act(
                hass,
                "backup_users",
                device_id=terminal.device_id,
                file="gate.syncid",
                passphrase=SECRET,
            )
            for terminal in (first, second)
        ),
        return_exceptions=True,
    )
    (made,) = (one for one in done if isinstance(one, dict))
    (refused,) = (one for one in done if isinstance(one, HomeAssistantError))
    assert refused.translation_key == "file_not_written"
    assert names_in(folder) == ["gate.syncid"]
    data = {"file": "gate.syncid", "passphrase": SECRET, "dry_run": True}
    planned = await act(hass, "restore_users", second, **data)
    assert len(planned["terminals"][0]["users"]) == made["users"]


async def test_name_that_is_taken_meanwhile(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody else can make a file of that name in the middle, to be overwritten."""
    terminal = await syncid.add_terminal()
    rename, taken = os.rename, []

    def rename_after_a_rival(source: Path, target: Path) -> None:
        with suppress(FileExistsError), target.open("xb"):
            taken.append(target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_after_a_rival)
    await terminal.call("backup_users", file="gate.syncid")
    assert names_in(folder) == ["gate.syncid"]
    assert not taken


@pytest.mark.parametrize("step", ["fsync", "rename"])
async def test_disk_that_is_full(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """A file that could not be written leaves nothing behind, and its name free."""
    terminal = await syncid.add_terminal()
    data = {"device_id": terminal.device_id, "file": "gate.syncid"}

    def fail(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(HomeAssistantError, match="No space left") as error:
            await act(hass, "backup_users", **data)
    assert error.value.translation_key == "file_not_written"
    assert names_in(folder) == []
    await act(hass, "backup_users", **data)
    assert names_in(folder) == ["gate.syncid"]


def cut(data: bytes) -> bytes:
    """Lose the end."""
    return data[:-100]


def flip(data: bytes) -> bytes:
    """Change a byte."""
    return data[:200] + bytes((data[200] ^ 1,)) + data[201:]


def replaced(_: bytes) -> bytes:
    """Be something else."""
    return b"a letter"


@pytest.mark.parametrize(
    ("change", "passphrase", "key"),
    [
        (bytes, "wrong horse", "file_passphrase"),
        (cut, SECRET, "file_damaged"),
        (flip, SECRET, "file_damaged"),
        (replaced, SECRET, "file_no_backup"),
    ],
)
async def test_file_that_is_no_good(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    folder: Path,
    change: Any,
    passphrase: str,
    key: str,
) -> None:
    """Nothing is written from a file that is not wholly what was sealed."""
    first, second = await two(syncid)
    data = {"device_id": first.device_id, "file": "gate.syncid"}
    await act(hass, "backup_users", **data, passphrase=SECRET)
    file = folder / "gate.syncid"
    file.write_bytes(change(file.read_bytes()))
    second.device.commands.clear()
    with pytest.raises(HomeAssistantError) as error:
        await act(
            hass, "restore_users", second, file="gate.syncid", passphrase=passphrase
        )
    assert error.value.translation_key == key
    assert not held(second)
    assert BATCH not in [code for code, _ in second.device.commands]


async def test_file_that_is_not_there(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A file that cannot be read is told, with where it should be."""
    terminal = await syncid.add_terminal()
    with pytest.raises(HomeAssistantError, match="syncid_backups"):
        await act(hass, "restore_users", terminal, file="a.syncid", passphrase=SECRET)


async def test_as_it_was_copied(
    hass: HomeAssistant, syncid: SyncIDKit, folder: Path
) -> None:
    """A file may be named with its folder, and a passphrase have blanks around it."""
    first, second = await two(syncid)
    made = await act(
        hass,
        "backup_users",
        device_id=first.device_id,
        file=" syncid_backups/gate.syncid ",
    )
    assert made["file"] == "gate.syncid"
    assert (folder / "gate.syncid").exists()
    await act(
        hass,
        "restore_users",
        second,
        file="syncid_backups/gate.syncid",
        passphrase=f" {made['passphrase']}\n",
    )
    assert held(second) == held(first)


@pytest.mark.parametrize(
    "file",
    [
        "../a.syncid",
        "/etc/passwd",
        "a.txt",
        ".syncid",
        "/config/syncid_backups/a.syncid",
        "syncid_backups/../a.syncid",
        "a.syncid\n.syncid",
    ],
)
async def test_file_elsewhere(
    hass: HomeAssistant, syncid: SyncIDKit, file: str
) -> None:
    """Files are in their folder, and nowhere else."""
    terminal = await syncid.add_terminal()
    for action in ("backup_users", "restore_users"):
        with pytest.raises(ServiceValidationError) as error:
            await act(
                hass,
                action,
                device_id=terminal.device_id,
                file=file,
                passphrase=SECRET,
            )
        assert error.value.translation_key == "file_name"


async def test_templates_are_secret(
    hass: HomeAssistant, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is done with templates, passwords and passphrases, none is shown."""
    caplog.set_level("DEBUG")
    first, second = await two(syncid)
    first.device.users["1001"].password = "73519"
    data = {"file": "gate.syncid", "passphrase": SECRET}
    shown = [
        await act(hass, "backup_users", device_id=first.device_id, **data),
        await act(hass, "restore_users", second, **data),
        await first.call("list_users"),
    ]
    template = first.device.fingerprints.of(first.device.users["1001"].uid)[3].template
    text = f"{shown} {hass.states.async_all()} " + "".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components")
    )
    for secret in ("73519", SECRET, repr(template)[2:30], template.hex()[:30]):
        assert secret not in text
