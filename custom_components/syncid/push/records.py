"""The log of a terminal that pushes: counted, sent again, cleared."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ..const import ATTR_END, ATTR_START
from ..core.adms.dialogue import ALWAYS
from ..core.adms.surplus import Records
from ..core.errors import (
    ClearRefused,
    ClearUnverified,
    PushFailed,
    PushRefused,
    RecordsLost,
)
from ..core.records import local_second
from ..device import SyncIDCoordinator
from .adms import AdmsTerminal
from .talk import NoAnswer, NoResult, async_ask, async_gather, taken

# Days of punches that are compared with what the terminal counts.
AUDITED_DAYS = 31
# Seconds that a terminal may take to send a long log again.
_LOG_WITHIN = 600


async def async_collect_records(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare what the terminal counts with what is stored; have a gap sent again.

    A period that somebody names is sent again whatever is stored of it.
    """
    now = dt_util.now(device.zone)
    start: datetime = data.get(ATTR_START, now - timedelta(days=AUDITED_DAYS))
    first = _local_second(device, start)
    last = _local_second(device, data.get(ATTR_END, now))
    before = stored = await _async_stored(device, first, last)
    counted = await _async_counted(device, adms, first, last)
    # A record may be no punch of its own: the terminal counts it, and when it is
    # acknowledged it is kept. Those that came before are no gap.
    kept = before + adms.state.surplus_between(first, last)
    if counted is None or counted > kept or ATTR_START in data or ATTR_END in data:
        records = Records()
        with adms.hearing(records.hear):
            await _async_resend(device, adms, first, last)
        stored = await _async_stored(device, first, last)
        kept = len(records)
        if counted is not None and kept >= counted:
            hub, serial = device.hub, device.serial
            erased = await hub.async_read(hub.ledger.erased_among, serial, records.keys)
            adms.async_learn_surplus(first, last, records.surplus(last, erased))
    return {
        "counted": counted,
        "stored": max(stored, min(kept, counted or 0)),
        "new": stored - before,
    }


def _local_second(device: SyncIDCoordinator, time: datetime) -> int:
    """Return what a terminal's clock shows; a time without a zone is Home Assistant's."""
    return local_second(dt_util.as_utc(time).astimezone(device.zone))


async def _async_resend(
    device: SyncIDCoordinator, adms: AdmsTerminal, first: int, last: int
) -> None:
    resend = adms.phrases.resend_punches(first, last)
    await async_gather(device, adms, resend, lambda _: (), _LOG_WITHIN)


async def _async_counted(
    device: SyncIDCoordinator, adms: AdmsTerminal, first: int, last: int
) -> int | None:
    """Return how many punches the terminal counts; None if it cannot."""
    try:
        outcomes = await async_ask(
            device, adms, adms.phrases.count_punches(first, last)
        )
    except PushRefused, PushFailed:
        return None  # all of them send again, and not all can count
    result = outcomes[0].result
    return result.counted if result else None


async def _async_stored(device: SyncIDCoordinator, first: int, last: int) -> int:
    hub = device.hub
    return await hub.async_read(hub.ledger.count_punches, device.serial, first, last)


async def async_clear_records(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Have the whole log sent again, and clear it if as much came as there is.

    What is stored may be of a log that was cleared before: its number proves nothing.
    """
    records = Records()
    with adms.hearing(records.hear):
        await _async_resend(device, adms, *ALWAYS)
        counted = await _async_counted(device, adms, *ALWAYS)
        brought = len(records)
        if counted is None:
            raise ClearRefused("the terminal cannot count its records")
        if counted > brought:
            raise ClearRefused(f"the terminal counts {counted} records, sent {brought}")
        held = await _async_send_and_clear(device, adms, records)
    return {"counted": held, "stored": len(records)}


async def _async_send_and_clear(
    device: SyncIDCoordinator, adms: AdmsTerminal, records: Records
) -> int:
    """Clear a log of which all came, and return how many records it had then.

    No terminal can be locked by push. Somebody may have punched since it counted, and
    the upload have failed: so what is new is sent once more, and all is counted, in the
    answer to the poll that clears. Whatever becomes of the rest, that is sent as well: so
    once it is, the count alone tells whether anything was lost.
    """
    last_day = _local_second(device, dt_util.now() - timedelta(days=1))
    newest = records.newest
    first = last_day if newest is None else max(ALWAYS[0], min(newest, last_day))
    phrases = adms.phrases
    resend = phrases.resend_punches(first, ALWAYS[1])
    count, clear = phrases.count_punches(*ALWAYS), phrases.clear_log()
    outcomes = await adms.async_say((*resend, *count, *clear))
    await adms.queue.async_withdraw(outcomes)
    clearing = outcomes[-1]
    if clearing.row.state == "failed" or not adms.queue.was_sent(clearing):
        taken(outcomes[::-1])  # its own refusal before that of others
        raise NoAnswer(device)
    if clearing.is_done:
        with suppress(TimeoutError):  # what it is to send may follow what it says
            await adms.async_next_poll()
    result = outcomes[len(resend)].result
    held = result.counted if result else None
    if held is None:
        raise ClearUnverified("the terminal did not count what it was told to clear")
    if held > len(records):
        raise RecordsLost(f"{held - len(records)} of {held} records did not arrive")
    if not clearing.is_done:
        raise NoResult(device)
    return held
