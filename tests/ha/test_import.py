"""Reading in what a terminal exports to a USB stick."""

from pathlib import Path

import pytest

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .kit import KitDevice, SyncIDKit

ROWS = (
    b"      1001\t2026-03-12 08:05:00\t1\t0\t1\t0\r\n"
    b"      1002\t2026-03-12 08:10:00\t1\t0\t15\t0\r\n"
    b"      1001\t2026-03-12 17:05:00\t1\t1\t1\t0\r\n"
)


def write(path: Path, content: bytes) -> None:
    """Put something into a file."""
    path.write_bytes(content)


@pytest.fixture
async def device(syncid: SyncIDKit) -> KitDevice:
    """Return a device that has no network."""
    return await syncid.add_push_device()


@pytest.fixture
def stick(hass: HomeAssistant) -> Path:
    """Return the file that was copied from a USB stick."""
    path = Path(hass.config.path("1_attlog.dat"))
    path.write_bytes(ROWS)
    return path


async def test_import(syncid: SyncIDKit, device: KitDevice, stick: Path) -> None:
    """The punches of a file are stored, and are no news."""
    told = await device.call("import_attlog", file=stick.name)
    assert told == {
        "received": 3,
        "new": 3,
        "duplicate": 0,
        "rejected": 0,
        "rejections": [],
    }
    await syncid.settle()
    syncid.assert_no_punch()
    last, second, first = await syncid.stored()
    assert (first["user_id"], first["direction"], first["method"]) == (
        "1001",
        "check_in",
        "fingerprint",
    )
    assert (second["method"], last["direction"]) == ("face", "check_out")
    assert last["source"] == "import"
    assert device.state("sensor", "last_punch").state == "2026-03-13T00:05:00+00:00"


async def test_again(syncid: SyncIDKit, device: KitDevice, stick: Path) -> None:
    """What is known already changes nothing."""
    await device.call("import_attlog", file=stick.name)
    before = await syncid.stored()
    told = await device.call("import_attlog", file=str(stick))
    assert (told["new"], told["duplicate"]) == (0, 3)
    assert await syncid.stored() == before


async def test_terminal_on_the_network(syncid: SyncIDKit, stick: Path) -> None:
    """A terminal that SyncID connects to may have been away for long."""
    terminal = await syncid.add_terminal()
    told = await terminal.call("import_attlog", file=stick.name)
    assert told["new"] == 3


async def test_terminal_that_is_not_reached(
    hass: HomeAssistant, syncid: SyncIDKit, stick: Path
) -> None:
    """A terminal whose network is gone can be read in from a stick, each punch once."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.vanish()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    told = await terminal.call("import_attlog", file=stick.name)
    assert told["new"] == 3
    assert (await terminal.call("import_attlog", file=stick.name))["duplicate"] == 3
    first = (await syncid.stored())[-1]
    assert (first["direction"], first["method"]) == ("check_in", "fingerprint")
    terminal.reappear()
    await syncid.advance(60)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert terminal.state("sensor", "last_punch").state == "2026-03-13T00:05:00+00:00"
    syncid.assert_no_punch()


async def test_terminal_that_is_disabled(
    hass: HomeAssistant, syncid: SyncIDKit, device: KitDevice, stick: Path
) -> None:
    """A terminal that nobody asks any more still may have been punched at."""
    await hass.config_entries.async_set_disabled_by(
        device.entry.entry_id, ConfigEntryDisabler.USER
    )
    assert (await device.call("import_attlog", file=stick.name))["new"] == 3
    assert len(await syncid.stored()) == 3


async def test_rows_that_make_no_sense(
    syncid: SyncIDKit, device: KitDevice, stick: Path
) -> None:
    """They are told by their lines, and kept aside."""
    write(stick, ROWS + b"garbage\n" * 30 + ROWS.replace(b"-12", b"-32"))
    told = await device.call("import_attlog", file=stick.name)
    assert (told["new"], told["rejected"], len(told["rejections"])) == (3, 33, 20)
    assert told["rejections"][0] == {
        "line": 4,
        "reason": "unknown_layout",
        "text": "This line is none of an export: it has no user ID and time.",
    }
    assert len(syncid.in_file("SELECT raw FROM quarantine")) == 4


async def test_file_of_something_else(
    syncid: SyncIDKit, device: KitDevice, stick: Path
) -> None:
    """It is refused, and leaves nothing behind."""
    write(stick, b"%PDF-1.7\n" * 100)
    with pytest.raises(ServiceValidationError) as error:
        await device.call("import_attlog", file=stick.name)
    assert error.value.translation_key == "file_no_attlog"
    assert syncid.in_file("SELECT raw FROM quarantine") == []


async def test_file_beyond_all_measure(
    device: KitDevice, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not even read."""
    monkeypatch.setattr("custom_components.syncid.actions.imports.MAX_FILE", 10)
    with pytest.raises(ServiceValidationError) as error:
        await device.call("import_attlog", file=stick.name)
    assert error.value.translation_key == "file_no_attlog"


async def test_file_elsewhere(
    hass: HomeAssistant, device: KitDevice, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Only what Home Assistant may read is read."""
    path = tmp_path_factory.mktemp("stick") / "1_attlog.dat"
    write(path, ROWS)
    hass.config.allowlist_external_dirs = set()
    with pytest.raises(ServiceValidationError) as error:
        await device.call("import_attlog", file=f"../../../../../..{path}")
    assert error.value.translation_key == "file_not_allowed"
    hass.config.allowlist_external_dirs = {str(path.parent)}
    assert (await device.call("import_attlog", file=str(path)))["new"] == 3


async def test_file_that_is_not_there(device: KitDevice) -> None:
    """The error says which, and where it should be."""
    with pytest.raises(HomeAssistantError) as error:
        await device.call("import_attlog", file="2_attlog.dat")
    assert error.value.translation_key == "attlog_not_read"
    assert "syncid_backups" not in str(error.value)


async def test_ledger_that_takes_nothing(
    syncid: SyncIDKit, device: KitDevice, stick: Path
) -> None:
    """It is told, and the import can be done again."""
    with syncid.full_disk(), pytest.raises(HomeAssistantError) as error:
        await device.call("import_attlog", file=stick.name)
    assert error.value.translation_key == "ledger_error"
    assert (await device.call("import_attlog", file=stick.name))["new"] == 3
