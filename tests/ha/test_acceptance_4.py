"""What issue 4 names and does not get: each of these fails."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.core.attlog import read_attlog
from custom_components.syncid.core.rows import RowDecoder
from homeassistant.core import HomeAssistant

from .kit import KitAdms, Push, SyncIDKit
from .raw import ask, status
from .test_adms_records import uploaded

# --- the audit ------------------------------------------------------------------------


@pytest.mark.parametrize("hidden_by", ["cleared log", "stick"])
async def test_gap_behind_what_the_terminal_does_not_hold(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, hidden_by: str
) -> None:
    """What the terminal does not hold (any more) is not counted against it."""
    att: KitAdms = await syncid.add_adms_terminal(url)
    await uploaded(syncid, att)
    now = att.device.now()
    if hidden_by == "stick":
        days = [now - timedelta(days=5, seconds=index) for index in range(3)]
        rows = "".join(f"9\t{day:%Y-%m-%d %H:%M:%S}\t1\t0\t0\n" for day in days)
        path = Path(hass.config.path("1_attlog.dat"))
        await hass.async_add_executor_job(path.write_text, rows)
        await att.call("import_attlog", file=path.name)
    else:
        await att.call("clear_records")
        for index in range(3):
            await att.simulation.punch("1001", at=now - timedelta(seconds=index))
        await att.simulation.until_uploaded()
    assert len(await syncid.stored()) == 8
    syncid.in_file(
        "DELETE FROM punches"
        " WHERE local_second = (SELECT max(local_second) FROM punches)"
    )
    await att.call("collect_records")
    assert len(await syncid.stored()) == 8


async def test_clear_log_of_an_access_terminal(syncid: SyncIDKit, url: str) -> None:
    """One of the other family can be counted (DATA COUNT) and cleared, too."""
    acc = await syncid.add_adms_terminal(url, profile="acc")
    await uploaded(syncid, acc)
    await acc.call("clear_records")
    assert not acc.device.log


# --- old firmware ---------------------------------------------------------------------


@pytest.mark.parametrize("action", ["list", "enroll", "update", "remove"])
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
    elif action == "update":
        await old.call("update_user", user_id="1001", name="Eva")
        assert old.device.users["1001"].name == "Eva"
    else:
        await old.call("remove_user", user_id="1001")
        assert "1001" not in old.device.users


# --- what is smaller ------------------------------------------------------------------


async def test_one_finger_is_one(syncid: SyncIDKit, url: str) -> None:
    """A finger that an access terminal tells in two tables is counted once."""
    source = await syncid.add_adms_terminal(
        url, "SRC1", profile="acc", biometrics=True
    )
    target = await syncid.add_adms_terminal(
        url, "DST1", profile="acc", biometrics=True
    )
    source.device.add_fingerprint("1001", 5)
    told = await source.call(
        "transfer_templates", target_device_id=[target.device_id], user_id=["1001"]
    )
    assert told["terminals"][0]["users"][0]["fingerprints"] == 1


@pytest.mark.parametrize(
    "row",
    [
        # A name that was cut within an emoji; a number that no double holds.
        rb'{"user_id":"2","timestamp":"2026-03-12 08:05:00","name":"\ud83d"}',
        rb'{"user_id":"2","timestamp":"2026-03-12 08:05:00","work_code":1e999}',
    ],
)
async def test_row_that_the_decoder_refuses(push: Push, row: bytes) -> None:
    """It sinks the batch."""
    good = rb'{"user_id":"1","timestamp":"2026-03-12 08:05:00"}'
    response = await push(b'{"logs":[' + good + b"," + row + b"]}")
    assert response.status == 200


@pytest.mark.parametrize(
    "time",
    ["2026-03-12T08:05:00+02", "2026-03-12T08:05Z", "20260312T080500Z"],
)
async def test_iso_times(push: Push, time: str) -> None:
    """ISO 8601 has these forms, too."""
    response = await push({"logs": [{"user_id": "1", "timestamp": time}]})
    assert (await response.json())["new"] == 1


async def test_usb_in_the_named_order() -> None:
    """User id, time, verify, state, work code, and one more, where all have fingers."""
    rows = [
        b"1\t2026-03-12 08:05:00\t1\t0\t5\t0\n",
        b"2\t2026-03-12 08:06:00\t1\t1\t7\t0\n",
    ]
    (some,) = read_attlog(rows, RowDecoder("push", "auto"))
    codes = [(one.verify_code, one.state_code, one.work_code) for one in some.punches]
    assert codes == [(1, 0, 5), (1, 1, 7)]


async def test_met_stranger_is_slowed_down(
    syncid: SyncIDKit, url: str, hass_client_no_auth: Any
) -> None:
    """A rate limit holds for who was seen once, too."""
    client = await hass_client_no_auth()
    path = "/iclock/cdata?SN=X1&table=ATTLOG"
    answers = [(await client.post(path, data=b"x")).status for _ in range(1000)]
    assert 429 in answers


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
