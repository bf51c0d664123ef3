"""What issue 4 names and does not get: each of these fails."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.attlog import read_attlog
from custom_components.syncid.core.rows import RowDecoder
from homeassistant.core import HomeAssistant

from .kit import OTHER_SERIAL, SERIAL, KitDevice, SyncIDKit
from .raw import ask, status
from .test_push_transfer import TARGET, Pair, pair  # noqa: F401

STICK = b"1001\t2026-03-12 08:05:00\t1\t0\t0\n"


# --- one device with two roads --------------------------------------------------------


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_pushes_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, mode: str
) -> None:
    """The road that works is taken after a restart too, if the other does not."""
    terminal = await syncid.add_terminal(mode=mode)
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    terminal.vanish()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    await pushing.punch("1001")
    answer = await pushing.upload("ATTLOG")
    assert answer is not None
    assert (answer.status, pushing.terminal.acknowledged) == (200, True)


async def test_usb_while_port_4370_is_shut(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A terminal whose network is gone can be read in from a stick."""
    terminal = await syncid.add_terminal(mode="polling")
    device_id = terminal.device_id
    terminal.vanish()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    path = Path(hass.config.path("1_attlog.dat"))
    await hass.async_add_executor_job(path.write_bytes, STICK)
    told: Any = await hass.services.async_call(
        DOMAIN,
        "import_attlog",
        {"device_id": device_id, "file": path.name},
        blocking=True,
        return_response=True,
    )
    assert told["new"] == 1


async def test_online_by_heartbeat(syncid: SyncIDKit, url: str) -> None:
    """Who called just now is online, whatever is the matter with port 4370."""
    terminal = await syncid.add_terminal()
    pushing = syncid.start_adms_terminal(url, SERIAL)
    await pushing.cycle()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    await pushing.poll()
    await syncid.settle()
    assert terminal.is_online


async def test_face_of_a_source_on_both_roads(
    syncid: SyncIDKit,
    pair: Pair,  # noqa: F811
) -> None:
    """Visible-light faces leave a terminal by push though it is watched by 4370."""
    await pair.start(syncid, TARGET)
    terminal = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), biometrics=True
    )
    simulation = await pair.push(OTHER_SERIAL)
    simulation.terminal.add_user("1001", "Amina")
    simulation.terminal.add_face("1001")
    source = KitDevice(pair.hass, terminal.entry)
    await pair.transfer(source, pair.devices[TARGET])
    assert pair.templates(TARGET) == pair.templates(OTHER_SERIAL) != set()


async def test_opt_in_on_both_roads(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """The admin can opt in to templates and photos of a terminal on both roads."""
    terminal = await syncid.add_terminal()
    await syncid.start_adms_terminal(url, SERIAL).cycle()
    form = await hass.config_entries.options.async_init(terminal.entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None
    assert {"biometrics", "photos"} <= {str(key) for key in schema.schema}


# --- old firmware ---------------------------------------------------------------------


@pytest.mark.parametrize("action", ["list", "enroll", "update"])
async def test_users_of_old_firmware(
    syncid: SyncIDKit, url: str, action: str
) -> None:
    """PUSH below 2.2 is told in its own words: DATA USER, DATA DEL_USER (§1)."""
    old = await syncid.add_adms_terminal(url, profile="old")
    if action == "list":
        assert len((await old.call("list_users"))["users"]) == 3
    elif action == "enroll":
        await old.call("enroll_user", user_id="55", name="Eva")
        assert "55" in old.device.users
    else:
        await old.call("update_user", user_id="1001", name="Eva")
        assert old.device.users["1001"].name == "Eva"


# --- what is smaller ------------------------------------------------------------------


async def test_usb_in_the_named_order() -> None:
    """User id, time, verify, state, work code, and one more, where all have fingers."""
    rows = [
        b"1\t2026-03-12 08:05:00\t1\t0\t5\t0\n",
        b"2\t2026-03-12 08:06:00\t1\t1\t7\t0\n",
    ]
    (some,) = read_attlog(rows, RowDecoder("push", "auto"))
    codes = [(one.verify_code, one.state_code, one.work_code) for one in some.punches]
    assert codes == [(1, 0, 5), (1, 1, 7)]


async def test_body_beyond_all_measure(syncid: SyncIDKit, url: str) -> None:
    """What is too large does not come for ever (§6)."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    answer = await terminal.post(b"1001\t2026-03-12 08:05:00\t0\t1\n" * 170_000)
    assert answer.status == 200


async def test_space_in_info(syncid: SyncIDKit, url: str) -> None:
    """Firmware that writes INFO without %20 is understood."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    line = f"GET /iclock/getrequest?SN={terminal.serial}&INFO=Ver 8.0,3,4,5 HTTP/1.1"
    answer = await ask(url, line.encode() + b"\r\nHost: x\r\n\r\n")
    assert status(answer) == 200
