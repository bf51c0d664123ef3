"""The log of a terminal that pushes: counted, sent again, cleared."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from .adms import AdmsTerminal
from .const import ATTR_END, ATTR_START
from .core.adms.content import PUNCHES, Upload
from .core.adms.dialogue import ALWAYS
from .core.errors import ClearRefused, PushFailed, PushRefused
from .core.records import local_second
from .device import SyncIDCoordinator
from .push_talk import async_ask, async_gather

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
    records = _Records()
    if counted is None or counted > before or ATTR_START in data or ATTR_END in data:
        with adms.hearing(records.hear):
            await _async_resend(device, adms, first, last)
        stored = await _async_stored(device, first, last)
    return {
        "counted": counted,
        # A record may be no punch of its own: somebody's second tap within a second, or
        # nobody's. The terminal counts it, and when it is acknowledged it is kept.
        "stored": max(stored, min(len(records), counted or 0)),
        "new": stored - before,
    }


def _local_second(device: SyncIDCoordinator, time: datetime) -> int:
    """Return what a terminal's clock shows; a time without a zone is Home Assistant's."""
    return local_second(dt_util.as_utc(time).astimezone(device.zone))


class _Records:
    """The records that a terminal brings: punches, and rows that are none."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._records: Counter[object] = Counter()

    def hear(self, upload: Upload) -> None:
        """Count what came."""
        if upload.table in PUNCHES and not upload.is_pack:
            came = Counter[object](upload.punches)
            came.update(record.raw for _, record in upload.rejected)
            # An upload may come twice, if its answer was lost; one that has a record
            # twice has two of them.
            self._records |= came

    def __len__(self) -> int:
        """Return how many there are."""
        return self._records.total()


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
    records = _Records()
    with adms.hearing(records.hear):
        await _async_resend(device, adms, *ALWAYS)
        counted = await _async_counted(device, adms, *ALWAYS)
    brought = len(records)
    if counted is None:
        raise ClearRefused("the terminal cannot count its records")
    if counted > brought:
        raise ClearRefused(f"the terminal counts {counted} records, sent {brought}")
    await async_ask(device, adms, adms.phrases.clear_log())
    return {"counted": counted, "stored": brought}
