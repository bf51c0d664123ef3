"""Keeps terminals equal: knows how each follower differs, and has it synced.

Nothing of what a leader holds is stored: it is read when somebody wants to sync, and
when a poll tells that the number of people or templates changed at either side.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .const import DOMAIN
from .coordinator import DeviceCoordinator
from .core.errors import LinkError
from .core.records import DeviceInfo
from .core.terminal.client import TerminalClient
from .core.terminal.drift import (
    Counts,
    Drift,
    Wanted,
    counts_of,
    find_drift,
    read_wanted,
    sync_people,
)
from .core.terminal.people import People
from .core.terminal.transfer import Step
from .device import SIGNAL_TERMINAL, DeviceConfigEntry
from .groups import Group, async_groups
from .issues import NOT_SYNCED, async_set_issue
from .problems import UsersFailed, async_users_failed, sentence_of
from .signals import SIGNAL_PEOPLE_CHANGED, teller

_LOGGER = logging.getLogger(__name__)

DATA_KEEPER: HassKey[Keeper] = HassKey(f"{DOMAIN}_keeper")
SIGNAL_DRIFT: SignalTypeFormat[()] = SignalTypeFormat("syncid_drift_{}")
SIGNAL_GROUPS_CHANGED: SignalType[()] = SignalType("syncid_groups_changed")

# Minutes after which a terminal that was away is tried again. An admin is told when
# it did not come in all that time.
RETRIES = (1, 5, 15, 60)


class TerminalAway(HomeAssistantError):
    """A terminal is not set up, or not now."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a follower differed when it was last looked at."""

    group: Group
    drift: Drift
    at: datetime
    # What leader and follower held then; None if it may have changed since.
    counts: tuple[Counts, Counts] | None

    @property
    def to_sync(self) -> int:
        """Return how many users syncing would change."""
        return self.drift.to_sync(remove_extra=self.group.remove_extra)


@dataclass(frozen=True, slots=True)
class Order:
    """What followers are to become."""

    group: Group
    remove_extra: bool
    # Whether an admin asked right now, in so many words, that users go.
    is_sure: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """A follower that was away, or did not take all, and is tried again."""

    order: Order
    at: datetime
    cancel: CALLBACK_TYPE


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one follower: steps, or an error, or some that failed."""

    serial: str
    steps: tuple[Step, ...] = ()
    error: HomeAssistantError | None = None
    retry_at: datetime | None = None


type Do = Callable[[TerminalClient, People, DeviceInfo, Wanted], Drift]


class Keeper:
    """Looks after the groups."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of no drift yet."""
        self.hass = hass
        self._seen: dict[str, Seen] = {}
        self._retries: dict[str, Retry] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Followers that are being looked at, and whether to do so once more.
        self._looking: dict[str, bool] = {}
        async_dispatcher_connect(
            hass, SIGNAL_PEOPLE_CHANGED, partial(self.async_look, doubt=True)
        )

    @callback
    def async_seen(self, serial: str) -> Seen | None:
        """Return how a follower differs, as far as that is known."""
        return self._seen.get(serial)

    @callback
    def async_retry_at(self, serial: str) -> datetime | None:
        """Return when a follower is tried again, if it is."""
        retry = self._retries.get(serial)
        return retry.at if retry else None

    # --- looking ----------------------------------------------------------------------

    @callback
    def async_groups_changed(self) -> None:
        """Look anew, after a group came, changed or went."""
        groups = async_groups(self.hass)
        followers = {serial for group in groups for serial in group.followers}
        for serial in (self._seen.keys() | self._retries.keys()) - followers:
            self._seen.pop(serial, None)
            self._async_cancel_retry(serial)
            self._async_tell_admin(serial, None)
        for serial, retry in [*self._retries.items()]:
            if retry.order.group not in groups:  # nobody wishes that any more
                self._async_cancel_retry(serial)
        async_dispatcher_send(self.hass, SIGNAL_GROUPS_CHANGED)
        for serial in {serial for group in groups for serial in group.terminals}:
            self.async_look(serial)

    @callback
    def async_look(self, serial: str, *, doubt: bool = False) -> None:
        """Look whether a terminal's number of people tells of a new drift.

        With `doubt` whatever the numbers: a new name changes none.
        """
        for group in async_groups(self.hass):
            if serial in group.terminals:
                chosen = group.followers if serial == group.leader else (serial,)
                for follower in chosen:
                    if doubt:
                        self._async_doubt(follower)
                    self._async_look_at(group, follower)

    @callback
    def _async_doubt(self, serial: str) -> None:
        if seen := self._seen.get(serial):
            self._seen[serial] = replace(seen, counts=None)

    @callback
    def _async_look_at(self, group: Group, serial: str) -> None:
        try:
            leader = self._async_coordinator(group.leader)
            follower = self._async_coordinator(serial)
        except TerminalAway:
            return
        if not (leader.is_reached and follower.is_reached):
            return
        held, holds = leader.data.capacity, follower.data.capacity
        if held is None or holds is None:
            return  # one of them was just met, and the poll is not over
        counts = (counts_of(held), counts_of(holds))
        seen = self._seen.get(serial)
        if seen and seen.group == group and seen.counts == counts:
            return
        if serial in self._looking:
            self._looking[serial] = True
            return
        self._looking[serial] = False
        follower.config_entry.async_create_background_task(
            self.hass, self._async_find(group, serial), f"syncid drift {serial}"
        )

    async def _async_find(self, group: Group, serial: str) -> None:
        try:
            async with self._turns[serial]:
                follower = self._async_coordinator(serial)
                wanted = await self._async_wanted(group)
                await self._async_at_follower(group, follower, wanted, find_drift)
            if not self._seen[serial].to_sync:
                self._async_tell_admin(serial, None)
        except HomeAssistantError as err:
            _LOGGER.debug("The drift of %s is not known: %s", serial, err)
        finally:
            again = self._looking.pop(serial)
        if again:  # what changed meanwhile may have come too late for it
            self.async_look(serial, doubt=True)

    @callback
    def _async_coordinator(self, serial: str) -> DeviceCoordinator:
        entry: DeviceConfigEntry | None
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, serial
        )
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            coordinator = entry.runtime_data
            if isinstance(coordinator, DeviceCoordinator):
                return coordinator
        raise TerminalAway(
            translation_domain=DOMAIN,
            translation_key="terminal_away",
            translation_placeholders={"name": entry.title if entry else serial},
        )

    async def _async_wanted(self, group: Group, *, whole: bool = False) -> Wanted:
        leader = self._async_coordinator(group.leader)
        return await leader.async_run(
            partial(
                read_wanted,
                info=leader.data.info,
                user_ids=group.user_ids,
                fingerprints=group.fingerprints,
                faces=group.faces,
                whole=whole,
            )
        )

    async def _async_at_follower(
        self, group: Group, follower: DeviceCoordinator, wanted: Wanted, do: Do
    ) -> None:
        """Do something at a follower, and know then how it differs."""
        info = follower.data.info

        def job(client: TerminalClient) -> tuple[Drift, Counts]:
            # Before people are read: who is enrolled meanwhile changes the next count.
            counts = counts_of(client.read_capacity())
            with follower.terminal.changing_people(client) as people:
                drift = do(client, people, info, wanted)
                if do is not find_drift:
                    counts = counts_of(client.read_capacity())
            return drift, counts

        drift, counts = await follower.async_run(job)
        seen = Seen(group, drift, dt_util.utcnow(), (wanted.counts, counts))
        self._async_know(follower.serial, seen)

    @callback
    def _async_know(self, serial: str, seen: Seen) -> None:
        self._seen[serial] = seen
        self._async_tell_changed(serial)

    @callback
    def _async_tell_changed(self, serial: str) -> None:
        """Tell the follower's own sensor, and whoever looks at all terminals."""
        async_dispatcher_send(self.hass, SIGNAL_DRIFT.format(serial))
        async_dispatcher_send(self.hass, SIGNAL_TERMINAL, serial)

    # --- syncing ----------------------------------------------------------------------

    async def async_sync(
        self,
        group: Group,
        serials: Iterable[str],
        *,
        dry_run: bool = False,
        remove_extra: bool | None = None,
    ) -> list[Synced]:
        """Sync followers, one after the other; who is away is tried again later.

        Only who says for this once that users are removed may lose most of them: a
        group says it of every night.
        """
        remove = group.remove_extra if remove_extra is None else remove_extra
        order = Order(group, remove, is_sure=remove_extra is True, dry_run=dry_run)
        return await self._async_try(order, serials)

    async def _async_try(
        self, order: Order, serials: Iterable[str], attempt: int = 0
    ) -> list[Synced]:
        done = []
        for serial in serials:
            try:
                synced = await self._async_sync_one(order, serial)
            except HomeAssistantError as err:
                synced = Synced(serial, error=err)
            if synced.error and not order.dry_run:
                retry_at = self._async_failed(order, serial, synced.error, attempt)
                synced = replace(synced, retry_at=retry_at)
            done.append(synced)
        return done

    async def _async_sync_one(self, order: Order, serial: str) -> Synced:
        """Sync a follower, or only plan it."""
        steps: list[Step] = []

        def do(
            client: TerminalClient, people: People, info: DeviceInfo, wanted: Wanted
        ) -> Drift:
            steps[:] = sync_people(
                client,
                people,
                info,
                wanted,
                remove_extra=order.remove_extra,
                is_sure=order.is_sure,
                dry_run=order.dry_run,
                on_going=teller(self.hass, serial),
            )
            return find_drift(client, people, info, wanted)

        group = order.group
        async with self._turns[serial]:
            # Not before its turn: somebody else's may last, and people change.
            if not order.dry_run:
                self._async_cancel_retry(serial)
            follower = self._async_coordinator(serial)
            if group not in async_groups(self.hass):
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="group_changed",
                    translation_placeholders={"group": group.name},
                )
            wanted = await self._async_wanted(group, whole=True)
            if order.remove_extra and wanted.is_empty:
                # Which is a terminal that was reset sooner than a wish.
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="leader_empty",
                    translation_placeholders={"group": group.name},
                )
            try:
                await self._async_at_follower(group, follower, wanted, do)
            finally:
                if not order.dry_run:
                    await follower.async_request_refresh()
        name = follower.config_entry.title
        error = async_users_failed(
            self.hass,
            name,
            [(step.user_id, step.outcome, step.reasons) for step in steps],
        )
        if not (error or (order.dry_run and self._seen[serial].to_sync)):
            self._async_tell_admin(serial, None)
        return Synced(serial, tuple(steps), error)

    # --- again ------------------------------------------------------------------------

    @callback
    def _async_failed(
        self, order: Order, serial: str, err: HomeAssistantError, attempt: int
    ) -> datetime | None:
        """Try again later, if that can help; return when."""
        if order.group not in async_groups(self.hass):
            return None
        may_help = isinstance(err, (TerminalAway, UsersFailed)) or isinstance(
            err.__cause__, LinkError
        )
        if not may_help or attempt == len(RETRIES):
            if attempt:  # nobody waits for the answer
                self._async_tell_admin(serial, err)
            return None
        self._async_cancel_retry(serial)
        wait = timedelta(minutes=RETRIES[attempt])
        # Not sure any more: nobody looks at what the leader holds by then.
        order = replace(order, is_sure=False)
        again = partial(self._async_again, order, serial, attempt + 1)
        retry = Retry(
            order,
            dt_util.utcnow() + wait,
            async_call_later(self.hass, wait, HassJob(again, cancel_on_shutdown=True)),
        )
        self._retries[serial] = retry
        self._async_tell_changed(serial)
        return retry.at

    async def _async_again(
        self, order: Order, serial: str, attempt: int, _: datetime
    ) -> None:
        await self._async_try(order, [serial], attempt)

    @callback
    def _async_cancel_retry(self, serial: str) -> None:
        if retry := self._retries.pop(serial, None):
            retry.cancel()
            self._async_tell_changed(serial)

    @callback
    def _async_tell_admin(self, serial: str, err: HomeAssistantError | None) -> None:
        """Raise that a follower could not be synced, or take that back."""
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(
            DOMAIN, serial
        )
        if entry is not None:
            details = None if err is None else {"error": sentence_of(err)}
            async_set_issue(self.hass, entry, NOT_SYNCED, details)
