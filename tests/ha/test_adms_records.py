"""Whether all that a terminal holds is stored, and clearing what is."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.syncid.core.adms.commands import Command
from custom_components.syncid.push.server import DATA_ADMS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsPunch
from simulator.adms.commands import Outcome

from .kit import KitAdms, SyncIDKit, let_pass
from .test_adms_actions import refusal
from .test_adms_queue import queue, until_asked


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


async def test_period(hass: HomeAssistant, syncid: SyncIDKit, att: KitAdms) -> None:
    """The punches of a period are sent again, whatever is stored of them."""
    start = att.device.now() - timedelta(days=90)
    att.device.fill_log(5, start, 3600)
    await att.simulation.until_uploaded()
    lose(syncid)
    assert (await att.call("collect_records"))["counted"] == 0
    zone = dt_util.get_default_time_zone()
    period = {
        "start": (start - timedelta(minutes=1)).replace(tzinfo=zone).isoformat(),
        "end": f"{start + timedelta(hours=2, minutes=1):%Y-%m-%d %H:%M:%S}",
    }
    response = await att.call("collect_records", **period)
    assert response == {"counted": 3, "stored": 3, "new": 1}
    response = await att.call("collect_records", **period)
    assert response == {"counted": 3, "stored": 3, "new": 0}
    said = [one.text for one in att.device.commands]
    assert sum("QUERY ATTLOG" in one for one in said) == 2
    period["end"] = f"{start - timedelta(days=1)}"
    assert await refusal(att, "collect_records", **period) == "push_out_of_range"


async def test_period_of_a_terminal_on_port_4370(syncid: SyncIDKit, url: str) -> None:
    """A terminal that SyncID connects to can be asked for a period if it pushes too."""
    terminal = await syncid.add_terminal()
    start = {"start": "2026-03-01 00:00:00"}
    with pytest.raises(ServiceValidationError) as raised:
        await terminal.call("collect_records", **start)
    assert raised.value.translation_key == "period_by_push"
    both = syncid.start_adms_terminal(url, terminal.serial)
    both.terminal.fill_log(3)
    pushing = KitAdms(syncid.hass, both, terminal.entry)
    await pushing.switch_on()
    await both.until_uploaded()
    response = await terminal.call("collect_records", **start)
    assert response == {"counted": 3, "stored": 3, "new": 0}


@pytest.mark.parametrize("profile", ["old", "acc"])
async def test_gap_without_counting_a_period(
    syncid: SyncIDKit, url: str, profile: str
) -> None:
    """Terminals that cannot count those of a period send again all the same."""
    terminal = await syncid.add_adms_terminal(url, profile=profile)
    await uploaded(syncid, terminal)
    lose(syncid)
    response = await terminal.call("collect_records")
    # One tells how many it holds of all times, the other nothing.
    counted = 5 if profile == "acc" else None
    assert response == {"counted": counted, "stored": 5, "new": 1}


async def test_clear_records(syncid: SyncIDKit, att: KitAdms) -> None:
    """A log is cleared once all of it was sent again, and stored."""
    await uploaded(syncid, att)
    lose(syncid)
    response = await att.call("clear_records")
    assert response == {"counted": 5, "stored": 5, "cleared": 5}
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
    assert response == {"counted": 1, "stored": 1, "cleared": 1}
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


def punch_again(terminal: KitAdms) -> None:
    """Have somebody punch twice within one second."""
    last = terminal.device.log[-1]
    terminal.device.add_punch(AdmsPunch(user_id=last.user_id, time=last.time))


def punch_nobody(terminal: KitAdms) -> None:
    """Have the terminal log a punch of nobody."""
    now = terminal.device.now().replace(microsecond=0)
    terminal.device.add_punch(AdmsPunch(user_id="0", time=now))


def punch_otherwise(terminal: KitAdms) -> None:
    """Have somebody punch twice within one second, in two ways."""
    last = terminal.device.log[-1]
    terminal.device.add_punch(
        AdmsPunch(user_id=last.user_id, time=last.time, state=1, verify=15)
    )


@pytest.mark.parametrize("odd", [punch_again, punch_nobody, punch_otherwise])
async def test_records_that_are_no_punch_of_their_own(
    syncid: SyncIDKit, att: KitAdms, odd: Callable[[KitAdms], None]
) -> None:
    """A double tap, or a row of nobody, is no gap, and keeps no log from being cleared."""
    await uploaded(syncid, att)
    odd(att)
    await att.simulation.until_uploaded()
    response = await att.call("collect_records")
    assert response == {"counted": 6, "stored": 6, "new": 0}
    response = await att.call("clear_records")
    assert response == {"counted": 6, "stored": 6, "cleared": 6}
    assert att.device.log == []


@pytest.mark.parametrize("odd", [punch_again, punch_nobody, None])
async def test_clear_with_one_missing(
    syncid: SyncIDKit,
    att: KitAdms,
    odd: Callable[[KitAdms], None] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A log is not cleared if one record did not come, though another came twice."""
    await uploaded(syncid, att)
    if odd is not None:
        odd(att)
        await att.simulation.until_uploaded()
    count = len(att.device.log)
    query = att.device.handlers["DATA QUERY ATTLOG"]

    def less(device: Any, command: Any, rest: str) -> Any:
        outcome = query(device, command, rest)
        (data,) = outcome.data
        lines = data.body.split(b"\n")
        body, count = b"\n".join(lines[1:]), data.count - 1
        missing = replace(data, body=body, count=count)
        query_of = {**data.query, "table": "OPERLOG"}
        # What makes no sense elsewhere is no record of the log.
        other = replace(data, query=query_of, body=b"nonsense\n", count=1)
        outcome.data[:] = [missing, missing, other]
        return outcome

    monkeypatch.setitem(att.device.handlers, "DATA QUERY ATTLOG", less)
    assert await refusal(att, "clear_records") == "clear_refused"
    assert len(att.device.log) == count


async def reply(terminal: KitAdms) -> None:
    """Have a terminal tell all that it has to."""
    while await terminal.simulation.reply():
        pass


async def until_told_to_count(terminal: KitAdms) -> None:
    """Have a terminal that is to be cleared send its log, and ask what to do next."""
    while not any("VERIFY SUM" in one.text for one in terminal.device.commands):
        await reply(terminal)
        await terminal.simulation.poll()


async def clear_while_somebody_punches(
    terminal: KitAdms, clearing: asyncio.Task[Any], *, arrives: bool
) -> None:
    """Have a terminal that counted its log get a punch that it does not upload.

    It asks what to do next, as if the upload had failed; what it is to send again
    fails as well, unless it arrives.
    """
    device, simulation = terminal.device, terminal.simulation
    await until_told_to_count(terminal)
    await reply(terminal)
    device.punch("1003")
    while device.log:
        # Together with what clears, or before it.
        await simulation.poll()
        if not arrives:
            arrived = [one for one in device.outbox if "table" not in one.query]
            device.outbox.clear()
            device.outbox.extend(arrived)
    while not clearing.done():
        await reply(terminal)
        await simulation.poll()


@pytest.fixture
async def by_hand(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that calls when told to, with a log that is stored."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    terminal.device.fill_log(3)
    await terminal.simulation.cycle()
    terminal.device.commands.clear()
    assert len(await syncid.stored()) == 3
    return terminal


async def test_punch_before_the_log_is_cleared(
    hass: HomeAssistant, syncid: SyncIDKit, by_hand: KitAdms
) -> None:
    """Who punches when the log was counted is not lost, though the upload failed."""
    clearing = hass.async_create_task(by_hand.call("clear_records"))
    await clear_while_somebody_punches(by_hand, clearing, arrives=True)
    assert await clearing == {"counted": 4, "stored": 4, "cleared": 4}
    assert len(await syncid.stored()) == 4


async def test_punch_that_is_lost(
    hass: HomeAssistant, syncid: SyncIDKit, by_hand: KitAdms
) -> None:
    """If it comes to the worst, the admin is told, and how many are gone."""
    clearing = hass.async_create_task(refusal(by_hand, "clear_records"))
    await clear_while_somebody_punches(by_hand, clearing, arrives=False)
    assert await clearing == "records_lost"
    assert len(await syncid.stored()) == 3


def fail_when_cleared(
    terminal: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Have a terminal refuse a command, which it does when it is to find out what is new."""
    handle = terminal.device.handlers[verb]
    times = 1 if verb == "CLEAR" else 0

    def refuse(device: Any, command: Any, rest: str) -> Any:
        nonlocal times
        times += 1
        if times == 1:
            return handle(device, command, rest)
        meanwhile()
        return Outcome(code=-1002, verb=verb.split(maxsplit=1)[0])

    monkeypatch.setitem(terminal.device.handlers, verb, refuse)


async def test_clear_though_nothing_is_sent_again(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that was cleared was cleared, if the count says that all of it had come."""
    await uploaded(syncid, att)
    fail_when_cleared(att, monkeypatch, "DATA QUERY ATTLOG")
    assert await att.call("clear_records") == {"counted": 5, "stored": 5, "cleared": 5}
    assert att.device.log == []


async def test_punch_that_is_not_sent_again(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If what is new is refused, and there was something new, the admin is told."""
    await uploaded(syncid, att)
    fail_when_cleared(
        att, monkeypatch, "DATA QUERY ATTLOG", lambda: att.device.punch("1003")
    )
    assert await refusal(att, "clear_records") == "records_lost"
    assert att.device.log == []
    assert len(await syncid.stored()) == 5


async def test_clear_without_the_last_count(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says that all of a log had come which was not counted when it went."""
    await uploaded(syncid, att)
    fail_when_cleared(att, monkeypatch, "VERIFY SUM")
    assert await refusal(att, "clear_records") == "clear_unverified"
    assert att.device.log == []


async def test_clear_refused_by_the_terminal(
    syncid: SyncIDKit, att: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that does not clear its log is no terminal that lost anything."""
    await uploaded(syncid, att)
    fail_when_cleared(att, monkeypatch, "CLEAR")
    assert await refusal(att, "clear_records") == "push_unsupported"
    assert len(att.device.log) == 5


@pytest.mark.parametrize(
    ("punches", "counts", "told"),
    [
        (False, True, "push_no_result"),
        (True, True, "records_lost"),
        (False, False, "clear_unverified"),
    ],
)
async def test_clear_that_is_not_answered(
    hass: HomeAssistant,
    by_hand: KitAdms,
    punches: bool,
    counts: bool,
    told: str,
) -> None:
    """Of a terminal that falls silent when told to clear, it is told what may be lost."""
    device = by_hand.device
    clearing = hass.async_create_task(refusal(by_hand, "clear_records"))
    await until_told_to_count(by_hand)
    await reply(by_hand)
    if punches:
        device.punch("1003")
    while device.log:
        await by_hand.simulation.poll()
    count = device.commands[-2].id
    said = [post for post in device.outbox if counts and post.command == count]
    device.outbox.clear()
    device.outbox.extend(said)
    await reply(by_hand)
    let_pass(hass, 61)
    assert await clearing == told


@pytest.mark.parametrize(
    ("fails", "told"), [(True, "push_unsupported"), (False, "push_no_answer")]
)
async def test_clear_that_is_not_fetched(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    by_hand: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
    fails: bool,
    told: str,
) -> None:
    """A terminal that falls silent before it is told to clear is not told later."""
    device = by_hand.device
    if fails:
        fail_when_cleared(by_hand, monkeypatch, "DATA QUERY ATTLOG")
    clearing = hass.async_create_task(refusal(by_hand, "clear_records"))
    await until_told_to_count(by_hand)
    # Ten commands are fetched at a time: what clears comes behind them.
    adms = hass.data[DATA_ADMS].async_terminal(by_hand.serial)
    assert adms is not None
    others = hass.async_create_task(adms.async_say([Command("info", "INFO")] * 9))
    await until_asked(syncid, by_hand, 10)
    await reply(by_hand)
    await until_asked(syncid, by_hand, 12)
    await by_hand.simulation.poll()
    await reply(by_hand)
    assert all(outcome.is_done for outcome in await others)
    let_pass(hass, 61)
    assert await clearing == told
    assert queue(syncid)[-3:] == [
        ("resend_punches", "failed" if fails else "done"),
        ("count_punches", "expired"),
        ("clear_log", "expired"),
    ]
    await by_hand.simulation.poll()
    assert len(device.log) == 3


async def test_clear_log_of_an_access_terminal(syncid: SyncIDKit, url: str) -> None:
    """One of the other family counts in words of its own, events at doors included."""
    acc = await syncid.add_adms_terminal(url, profile="acc")
    await uploaded(syncid, acc)
    acc.device.move_door(is_open=True)
    await acc.simulation.until_uploaded()
    held = len(acc.device.log)
    response = await acc.call("clear_records")
    assert response == {"counted": held, "stored": held, "cleared": held}
    assert not acc.device.log


@pytest.mark.parametrize("profile", ["old", "acc"])
async def test_clear_refused_without_counting(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """A terminal that cannot count is not cleared: who knows what it holds."""
    terminal = await syncid.add_adms_terminal(url, profile=profile)
    terminal.device.punch("1001")
    await terminal.simulation.until_uploaded()
    for word in ("DATA COUNT", "INFO"):
        monkeypatch.delitem(terminal.device.handlers, word, raising=False)
    assert await refusal(terminal, "clear_records") == "clear_refused"
    assert len(terminal.device.log) == 1


async def test_gap_that_is_not_sent(syncid: SyncIDKit, att: KitAdms) -> None:
    """Who counts punches and does not send them again is told to miss them."""
    await uploaded(syncid, att)
    lose(syncid)
    att.device.handlers["DATA QUERY ATTLOG"] = lambda *_: Outcome(code=-1002)
    att.device.faults.stamps = "ignore"
    told = {"counted": 5, "stored": 4, "new": 0}
    assert await att.call("collect_records") == told
    period = {"start": dt_util.now() - timedelta(days=30)}
    assert await refusal(att, "collect_records", **period) == "push_unsupported"


async def test_clear_by_what_it_holds(syncid: SyncIDKit, url: str) -> None:
    """A terminal that counts no period tells all the same how many records it has."""
    old = await syncid.add_adms_terminal(url, profile="old")
    await uploaded(syncid, old)
    lose(syncid)
    assert await old.call("clear_records") == {"counted": 5, "stored": 5, "cleared": 5}
    assert not old.device.log
    assert len(await syncid.stored()) == 5


async def test_clear_refused_without_periods(syncid: SyncIDKit, url: str) -> None:
    """Who sends all or nothing is not cleared: the newest could not be sent again."""
    old = await syncid.add_adms_terminal(url, profile="old")
    await uploaded(syncid, old)
    del old.device.handlers["DATA QUERY ATTLOG"]
    assert await refusal(old, "clear_records") == "clear_refused"
    assert len(old.device.log) == 5


async def test_access_terminal_that_sends_less(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts all that it holds, and is not cleared if less than that comes."""
    acc = await syncid.add_adms_terminal(url, profile="acc")
    await uploaded(syncid, acc)
    query = acc.device.handlers["DATA QUERY"]

    def nothing(device: Any, command: Any, rest: str) -> Any:
        outcome = query(device, command, rest)
        outcome.data.clear()
        return outcome

    monkeypatch.setitem(acc.device.handlers, "DATA QUERY", nothing)
    assert await refusal(acc, "clear_records") == "clear_refused"
    response = await acc.call("collect_records")
    assert response == {"counted": 5, "stored": 5, "new": 0}
    lose(syncid)
    response = await acc.call("collect_records")
    assert response == {"counted": 5, "stored": 4, "new": 0}
    assert len(acc.device.log) == 5
