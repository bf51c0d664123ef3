"""Whether all that a terminal holds is stored, and clearing what is."""

from datetime import timedelta
from typing import Any

import pytest

from simulator.adms import AdmsPunch

from .kit import KitAdms, SyncIDKit
from .test_adms_actions import refusal


@pytest.fixture
async def att(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal for attendance, which pushes by itself."""
    return await syncid.add_adms_terminal(url)


def lose(syncid: SyncIDKit) -> None:
    """Lose the oldest punch, as somebody does who restores an old file."""
    syncid.in_file(
        "DELETE FROM punches"
        " WHERE local_second = (SELECT min(local_second) FROM punches)"
    )


async def uploaded(syncid: SyncIDKit, terminal: KitAdms, count: int = 5) -> None:
    """Have the terminal hold a log that is stored."""
    terminal.device.fill_log(count)
    await terminal.simulation.until_uploaded()
    assert len(await syncid.stored()) == count


@pytest.mark.parametrize("sum_key", ["AttlogSum", "AttlogCount"])
async def test_audit(syncid: SyncIDKit, att: KitAdms, sum_key: Any) -> None:
    """If the terminal counts as much as is stored, nothing is sent again."""
    att.device.faults.sum_key = sum_key
    await uploaded(syncid, att)
    response = await att.call("collect_records")
    assert response == {"counted": 5, "stored": 5, "new": 0}
    assert not any("ATTLOG" in one.text for one in att.device.commands[1:])


async def test_gap(syncid: SyncIDKit, att: KitAdms) -> None:
    """If the terminal counts more, the log is sent again, and the gap is closed."""
    await uploaded(syncid, att)
    lose(syncid)
    assert len(await syncid.stored()) == 4
    await att.press("collect")
    assert len(await syncid.stored()) == 5
    lose(syncid)
    response = await att.call("collect_records")
    assert response == {"counted": 5, "stored": 5, "new": 1}


@pytest.mark.parametrize("profile", ["old", "acc"])
async def test_gap_without_counting(syncid: SyncIDKit, url: str, profile: str) -> None:
    """Terminals that cannot count send again all the same."""
    terminal = await syncid.add_adms_terminal(url, profile=profile)
    await uploaded(syncid, terminal)
    lose(syncid)
    response = await terminal.call("collect_records")
    assert response == {"counted": None, "stored": 5, "new": 1}


async def test_clear_records(syncid: SyncIDKit, att: KitAdms) -> None:
    """A log is cleared once all of it was sent again, and stored."""
    await uploaded(syncid, att)
    lose(syncid)
    response = await att.call("clear_records")
    assert response == {"counted": 5, "stored": 5}
    assert att.device.log == []
    assert len(await syncid.stored()) == 5


async def test_clear_what_was_cleared_before(syncid: SyncIDKit, att: KitAdms) -> None:
    """What is stored of an earlier log does not stand for what is missing now."""
    await uploaded(syncid, att)
    await att.call("clear_records")
    old = att.device.now() - timedelta(days=400)
    att.device.faults.never_acknowledged = True
    att.device.add_punch(AdmsPunch(user_id="1001", time=old))
    att.device.faults.never_acknowledged = False
    response = await att.call("clear_records")
    assert response == {"counted": 1, "stored": 1}
    assert len(await syncid.stored()) == 6


async def test_clear_refused(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of which not all came is not cleared."""
    await uploaded(syncid, att)
    query = att.device.handlers["DATA QUERY ATTLOG"]

    def less(device: Any, command: Any, rest: str) -> Any:
        outcome = query(device, command, rest)
        outcome.data.clear()
        return outcome

    monkeypatch.setitem(att.device.handlers, "DATA QUERY ATTLOG", less)
    assert await refusal(att, "clear_records") == "clear_refused"
    assert len(att.device.log) == 5


async def test_clear_refused_without_counting(syncid: SyncIDKit, url: str) -> None:
    """A terminal that cannot count is not cleared: who knows what it holds."""
    acc = await syncid.add_adms_terminal(url, profile="acc")
    acc.device.punch("1001")
    await acc.simulation.until_uploaded()
    assert await refusal(acc, "clear_records") == "clear_refused"
    assert len(acc.device.log) == 1
