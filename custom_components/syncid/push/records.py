"""The log of a terminal that pushes: counted, sent again, cleared."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ..const import ATTR_END, ATTR_START
from ..core.adms.brought import DAY, Records
from ..core.adms.commands import ALWAYS, Commands
from ..core.adms.content import Upload
from ..core.errors import (
    ClearRefused,
    ClearUnverified,
    LedgerError,
    PushFailed,
    PushRefused,
    RecordsLost,
)
from ..core.records import Batch, local_second
from ..device import SyncIDCoordinator
from .adms import AdmsTerminal
from .queue import Outcome
from .talk import NoAnswer, NoResult, async_ask, async_gather, taken
from .told import LOG_WITHIN, async_from_start, is_unknown

# Days of punches that are compared with what the terminal counts.
AUDITED_DAYS = 31
# Seconds after which one that counts less than is stored is asked for all once more.
ASK_AGAIN_AFTER = 7 * DAY


async def async_collect_records(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Compare what the terminal counts with what is stored; have a gap sent again.

    A period that somebody names is sent again whatever is stored of it, and so is all
    that a terminal holds that cannot count a period.
    """
    is_audit = ATTR_START not in data and ATTR_END not in data
    now = dt_util.now(device.zone)
    start: datetime = data.get(ATTR_START, now - timedelta(days=AUDITED_DAYS))
    first = _local_second(device, start)
    last = _local_second(device, data.get(ATTR_END, now))
    learns = is_audit and adms.phrases.counts_periods
    if learns:
        first -= first % DAY  # what is known of it is known by day
    elif is_audit:
        first, last = ALWAYS
    before = (await _async_stored(device, first, last)).total()
    counted = await _async_counted(device, adms, first, last)
    # What is stored need not be all that the terminal counts, nor does it hold all that
    # is stored: so neither a smaller count nor a greater one tells of a gap by itself,
    # but one that is other than known before.
    expected = before + adms.state.difference(first, last)
    fewer = counted is not None and counted < expected
    if learns and (counted == expected or (fewer and _asked_lately(adms))):
        return {"counted": counted, "stored": counted, "new": 0}
    records = Records()
    with adms.ears.hearing(records.hear):
        try:
            await _async_resend(device, adms, first, last)
        except PushFailed as err:
            if not is_audit or counted is None or not is_unknown(adms, err):
                raise
            # What it counts tells whether any are missing.
    stored = await _async_stored(device, first, last)
    has_stored = stored.total()
    if counted is not None:
        days = records.days(first, last)
        came = days.total() if adms.phrases.counts_periods else len(records)
        known = has_stored + adms.state.difference(first, last)
        has_stored = min(counted, came if fewer else max(came, known))
        if learns and came >= counted:
            days.subtract(stored)
            days[last // DAY] += counted - came
            adms.async_learn_differences(days, fewer=fewer)
    return {
        "counted": counted,
        "stored": has_stored,
        "new": stored.total() - before,
    }


def _asked_lately(adms: AdmsTerminal) -> bool:
    """Tell whether a terminal was asked for all since it counts less than is stored.

    One that drops what is old counts less night by night.
    """
    at = adms.state.fewer_at
    return at is not None and abs(dt_util.utcnow().timestamp() - at) < ASK_AGAIN_AFTER


def _local_second(device: SyncIDCoordinator, time: datetime) -> int:
    """Return what a terminal's clock shows; a time without a zone is Home Assistant's."""
    return local_second(dt_util.as_utc(time).astimezone(device.zone))


async def _async_resend(
    device: SyncIDCoordinator, adms: AdmsTerminal, first: int, last: int
) -> bool:
    """Have punches sent again; return whether the terminal can be asked for a period.

    Raises what it answered if none came, though it has some.
    """
    resend = adms.phrases.resend_punches(first, last)
    try:
        await async_gather(device, adms, resend, lambda _: (), LOG_WITHIN)
    except PushFailed as err:
        if not is_unknown(adms, err):
            raise
        came: set[str] = set()

        def hear(upload: Upload) -> None:
            came.update({upload.table} if upload.received else ())

        await async_from_start(device, adms, "attlog", hear, lambda: True)
        if "attlog" not in came and await _async_has_records(device, adms):
            raise  # it does not go by stamps either
        return False
    return True


async def _async_has_records(device: SyncIDCoordinator, adms: AdmsTerminal) -> bool:
    """Tell whether a terminal says that its log is not empty, or may have one."""
    held = await _async_count(device, adms, adms.phrases.count_all())
    if held is None:
        held = (await _async_stored(device, *ALWAYS)).total()
    return held > 0


async def _async_counted(
    device: SyncIDCoordinator, adms: AdmsTerminal, first: int, last: int
) -> int | None:
    """Return how many punches the terminal counts; None if it cannot."""
    try:
        return await _async_count(device, adms, adms.phrases.count_punches(first, last))
    except PushRefused, PushFailed:
        return None  # all of them send again, and not all can count


async def _async_count(
    device: SyncIDCoordinator, adms: AdmsTerminal, count: Commands
) -> int | None:
    """Return how many punches the terminal counts in such words; None if it does not."""
    records = Records()
    with adms.ears.hearing(records.hear):
        try:
            outcomes = await async_ask(device, adms, count)
        except PushFailed:
            return None
        if (counted := _count_of(outcomes[0], records)) is None:
            with suppress(TimeoutError):
                await adms.async_next_poll()  # until when it says all that it has to
            counted = records.counted
    return counted


def _count_of(outcome: Outcome, records: Records) -> int | None:
    """Return what was counted: some tell it in the result, others in an upload."""
    counted = outcome.result.counted if outcome.result else None
    return records.counted if counted is None else counted


async def _async_stored(
    device: SyncIDCoordinator, first: int, last: int
) -> Counter[int]:
    """Return how many punches are stored, by day."""
    hub = device.hub
    return await hub.async_read(hub.ledger.count_days, device.serial, first, last)


async def async_clear_records(
    device: SyncIDCoordinator, adms: AdmsTerminal, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Have the whole log sent again, and clear it if as much came as there is.

    What is stored may be of a log that was cleared before: its number proves nothing.
    """
    records = Records()
    with adms.ears.hearing(records.hear):
        if not await _async_resend(device, adms, *ALWAYS):
            raise ClearRefused("the terminal cannot be asked for a part of its log")
        count = adms.phrases.count_punches(*ALWAYS)
        counted = await _async_counted(device, adms, *ALWAYS)
        if counted is None and adms.phrases.counts_periods:
            # Of a period not, but all that it holds it may count.
            count = adms.phrases.count_all()
            counted = await _async_count(device, adms, count)
        brought = len(records)
        if counted is None:
            raise ClearRefused("the terminal cannot count its records")
        if counted > brought:
            raise ClearRefused(f"the terminal counts {counted} records, sent {brought}")
        held = await _async_send_and_clear(device, adms, records, count)
    now = _local_second(device, dt_util.now())
    stored = await _async_stored(device, now - (AUDITED_DAYS + 1) * DAY, now)
    # Of all that is stored, it holds nothing any more.
    adms.async_learn_differences(
        {day: -count for day, count in stored.items()}, fewer=False
    )
    return {"counted": held, "stored": len(records), "cleared": held}


async def _async_send_and_clear(
    device: SyncIDCoordinator, adms: AdmsTerminal, records: Records, count: Commands
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
    records.counted = None  # what was counted before
    outcomes = await adms.async_say(
        (*resend, *count, *phrases.clear_log()), now_or_never=True
    )
    await adms.queue.async_withdraw(outcomes)
    clearing = outcomes[-1]
    if clearing.row.state == "failed" or not adms.queue.was_sent(clearing):
        taken(outcomes[::-1])  # its own refusal before that of others
        raise NoAnswer(device)
    await _async_own_up(device)
    if clearing.is_done:
        with suppress(TimeoutError):  # what it is to send may follow what it says
            await adms.async_next_poll()
    held = _count_of(outcomes[len(resend)], records)
    if held is None:
        raise ClearUnverified("the terminal did not count what it was told to clear")
    if held > len(records):
        raise RecordsLost(f"{held - len(records)} of {held} records did not arrive")
    if not clearing.is_done:
        raise NoResult(device)
    return held


async def _async_own_up(device: SyncIDCoordinator) -> None:
    """Have port 4370 miss nothing that was in the log, and read it from its start.

    All that was there came by push: what port 4370 finds from now on is news.
    """
    hub = device.hub
    with suppress(LedgerError):  # it is cleared, whatever becomes of this
        cursor = await hub.async_read(hub.cursor, device.serial)
        if cursor is not None:
            emptied = replace(cursor, count=0, overlap=b"", past=0)
            await hub.async_ingest(
                Batch(device.serial, "poll", since=cursor, cursor=emptied)
            )
