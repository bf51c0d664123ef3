"""What terminals that push have counted is compared with what is stored, every night."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsPunch

from .kit import KitAdms, SyncIDKit
from .test_adms_records import (
    lose,
    punch_again,
    punch_nobody,
    punch_otherwise,
    uploaded,
)

ISSUE = "punches_missing_{}"


@pytest.fixture
async def att(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal for attendance, which pushes by itself."""
    return await syncid.add_adms_terminal(url)


async def night(syncid: SyncIDKit, later: int = 0) -> None:
    """Let it be the time of the audit, tonight or some nights later."""
    now = dt_util.now()
    due = now.replace(hour=3, minute=40, second=0, microsecond=0)
    async_fire_time_changed(syncid.hass, due + timedelta(days=later + (due <= now)))
    await syncid.settle()


async def test_gap(syncid: SyncIDKit, att: KitAdms) -> None:
    """A gap is closed, and nobody needs to hear of it."""
    await uploaded(syncid, att)
    lose(syncid)
    await night(syncid)
    assert len(await syncid.stored()) == 5
    assert syncid.issue(ISSUE.format(att.serial)) is None


async def test_gap_that_stays(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the terminal counts more than it sends, the admin is told until it agrees."""
    await uploaded(syncid, att)
    lose(syncid)
    query = att.device.handlers["DATA QUERY ATTLOG"]

    def nothing(device: Any, command: Any, rest: str) -> Any:
        outcome = query(device, command, rest)
        outcome.data.clear()
        return outcome

    with monkeypatch.context() as patch:
        patch.setitem(att.device.handlers, "DATA QUERY ATTLOG", nothing)
        await night(syncid)
    issue = syncid.issue(ISSUE.format(att.serial))
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "Main gate",
        "counted": "5",
        "stored": "4",
    }
    await night(syncid, 1)
    assert syncid.issue(ISSUE.format(att.serial)) is None


def asked_again(att: KitAdms) -> int:
    """Return how often the terminal was asked for its log once more."""
    return sum("DATA QUERY ATTLOG" in one.text for one in att.device.commands)


def clear_by_hand(att: KitAdms) -> None:
    """Clear the log in the terminal's menu."""
    att.device.journals["ATTLOG"].clear()


def lose_newest(syncid: SyncIDKit) -> None:
    """Lose the newest punch."""
    syncid.in_file(
        "DELETE FROM punches"
        " WHERE local_second = (SELECT max(local_second) FROM punches)"
    )


@pytest.mark.parametrize("odd", [punch_again, punch_nobody, punch_otherwise])
async def test_records_that_are_no_punch(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    att: KitAdms,
    odd: Callable[[KitAdms], None],
) -> None:
    """What is no punch of its own is sent again once, and not night by night."""
    await uploaded(syncid, att)
    odd(att)
    await att.simulation.until_uploaded()
    await night(syncid)
    asked = asked_again(att)
    await night(syncid, 1)
    await att.call("collect_records")
    # Not even by who has not been here since Home Assistant started.
    await hass.config_entries.async_reload(att.entry.entry_id)
    await att.simulation.until_polled(2)
    response = await att.call("collect_records")
    assert response == {"counted": 6, "stored": 6, "new": 0}
    assert asked_again(att) == asked == 1
    assert syncid.issue(ISSUE.format(att.serial)) is None
    # What is really missing is no less so.
    lose(syncid)
    await night(syncid, 2)
    assert asked_again(att) == 2
    assert len(await syncid.stored()) == 5
    att.device.add_punch(AdmsPunch(user_id="1002", time=att.device.now()))
    await att.simulation.until_uploaded()
    await night(syncid, 3)
    assert asked_again(att) == 2


async def test_record_of_another_period(syncid: SyncIDKit, att: KitAdms) -> None:
    """A double tap that is too old to be counted hides nothing that is missing."""
    old = att.device.now() - timedelta(days=60)
    for _ in range(2):
        att.device.add_punch(AdmsPunch(user_id="1002", time=old))
    att.device.fill_log(3)
    await att.simulation.until_uploaded()
    start = {"start": f"{old - timedelta(days=1):%Y-%m-%d %H:%M:%S}"}
    response = await att.call("collect_records", **start)
    assert response == {"counted": 5, "stored": 5, "new": 0}
    lose_newest(syncid)
    response = await att.call("collect_records")
    assert response == {"counted": 3, "stored": 3, "new": 1}


@pytest.mark.parametrize("hidden_by", ["cleared log", "stick", "hand"])
async def test_gap_behind_what_the_terminal_does_not_hold(
    hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms, hidden_by: str
) -> None:
    """What the terminal does not hold (any more) is not counted against it."""
    await uploaded(syncid, att)
    now = att.device.now()
    if hidden_by == "stick":
        days = [now - timedelta(days=5, seconds=index) for index in range(3)]
        rows = "".join(f"9\t{day:%Y-%m-%d %H:%M:%S}\t1\t0\t0\n" for day in days)
        path = Path(hass.config.path("1_attlog.dat"))
        await hass.async_add_executor_job(path.write_text, rows)
        await att.call("import_attlog", file=path.name)
    else:
        if hidden_by == "hand":
            clear_by_hand(att)
        else:
            await att.call("clear_records")
        for index in range(3):
            await att.simulation.punch("1001", at=now - timedelta(seconds=index))
        await att.simulation.until_uploaded()
    assert len(await syncid.stored()) == 8
    lose_newest(syncid)
    await att.call("collect_records")
    assert len(await syncid.stored()) == 8


async def test_log_that_was_cleared_at_the_terminal(
    syncid: SyncIDKit, att: KitAdms
) -> None:
    """It is asked for all once, not night by night; and what is lost later is found."""
    await uploaded(syncid, att)
    clear_by_hand(att)
    for later in range(3):
        await night(syncid, later)
    assert asked_again(att) == 1
    assert syncid.issue(ISSUE.format(att.serial)) is None
    await att.simulation.punch("1001")
    await att.simulation.until_uploaded()
    await night(syncid, 3)
    assert asked_again(att) == 1
    lose_newest(syncid)
    await night(syncid, 4)
    assert len(await syncid.stored()) == 6
    assert asked_again(att) == 2


async def test_log_that_drops_what_is_old(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that holds less each night is asked for all once a week."""
    await uploaded(syncid, att, 6)
    journal = att.device.journals["ATTLOG"]
    for _ in range(3):
        journal.restore(journal.entries[1:], journal.position - 1)
        await att.call("collect_records")
        assert asked_again(att) == 1
    monkeypatch.setattr("custom_components.syncid.push.records.ASK_AGAIN_AFTER", 0)
    for _ in range(2):
        await att.call("collect_records")
        assert asked_again(att) == 2


async def test_terminal_that_cannot_count(syncid: SyncIDKit, url: str) -> None:
    """Nothing is held against it."""
    old = await syncid.add_adms_terminal(url, profile="old")
    await uploaded(syncid, old)
    await night(syncid)
    assert syncid.issue(ISSUE.format(old.serial)) is None


async def test_terminal_that_is_away(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is audited in another night; what never called is not audited at all."""
    await syncid.add_push_device("GATEWAY-2", token="2", webhook_id="2")
    monkeypatch.setattr("custom_components.syncid.push.adms.ANSWER_WITHIN", 0.05)
    att.simulation.power_cut()
    await night(syncid)
    assert syncid.issue(ISSUE.format(att.serial)) is None
