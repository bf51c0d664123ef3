"""One terminal, as Home Assistant sees it."""

import asyncio
from dataclasses import asdict, fields
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.const import (
    CONF_HOST,
    CONF_MODE,
    CONF_PORT,
    EVENT_HOMEASSISTANT_STOP,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from .const import (
    CONF_CLOCK_SYNC,
    CONF_COMM_KEY,
    CONF_DIRECTION,
    CONF_POLL_INTERVAL,
    CONF_PROBE,
    CONF_TRANSPORT,
    CONF_UNLOCK_UNIT,
    CONF_UNREACHABLE_HOURS,
    CONF_VERIFY_CODES,
    DEFAULT_POLL_INTERVALS,
    DEFAULT_UNLOCK_UNIT,
    DEFAULT_UNREACHABLE_HOURS,
    DOMAIN,
    MODE_REALTIME,
    RELEASED,
    UNLOCK_UNITS,
)
from .core.errors import AuthRejected, LinkError, SyncIDError, WrongTerminal
from .core.records import DeviceInfo, local_second
from .core.terminal.client import TerminalClient
from .core.terminal.clock import ClockSync
from .core.terminal.reports import Cleared, Collected, Status
from .core.terminal.terminal import Terminal
from .core.terminal.worker import Job
from .device import (
    DeviceConfigEntry,
    DeviceData,
    SyncIDCoordinator,
    async_update_device,
)
from .hub import Hub
from .issues import (
    CLEARED_FOR,
    LOG_CLEARED,
    UNREACHABLE,
    Facts,
    async_set_issue,
    async_update_absence,
    async_update_issues,
)
from .listener import TerminalListener
from .local_time import latest_second, local_now
from .signals import SIGNAL_PEOPLE_CHANGED

# What is raised where the terminal itself does not answer.
_ABSENT = (AuthRejected, LinkError, WrongTerminal)


def info_kept(entry: ConfigEntry) -> DeviceInfo | None:
    """Return what a terminal said of itself on port 4370 when it last answered."""
    if (probe := entry.data.get(CONF_PROBE)) is None:
        return None
    known = {one.name for one in fields(DeviceInfo)}
    info = {key: probe["info"][key] for key in probe["info"] if key in known}
    return DeviceInfo(**info)


class DeviceCoordinator(SyncIDCoordinator):
    """Polls a terminal, has its thread, and knows whether it is there."""

    def __init__(self, hass: HomeAssistant, entry: DeviceConfigEntry, hub: Hub) -> None:
        """Prepare; `async_start` begins."""
        mode: str = entry.options[CONF_MODE]
        seconds = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVALS[mode])
        super().__init__(hass, entry, hub, timedelta(seconds=seconds))
        self.is_realtime = mode == MODE_REALTIME
        # Whether it answers on port 4370, and whether it calls by push, if it does that
        # too: it is online if either is so.
        self.is_reached = self.is_heard = False
        # Why a live terminal's link is down, if it is.
        self._link_error: Exception | None = None
        # What comes of a poll is not to be mixed up with a restart.
        self._turn = asyncio.Lock()

    @override
    async def async_start(self) -> None:
        """Take the terminal into the hub, and start its thread."""
        await super().async_start()
        entry, options = self.config_entry, self.config_entry.options
        self.terminal = Terminal(
            self.hub,
            serial=self.serial,
            local_now=partial(local_now, self.zone),
            direction=options[CONF_DIRECTION],
            verify_codes=options.get(CONF_VERIFY_CODES, "auto"),
            clock_sync=options.get(CONF_CLOCK_SYNC),
            earliest=local_second(datetime.combine(RELEASED, time())),
            on_users=partial(setattr, self.in_hub, "users"),
            on_log_cleared=partial(
                self.hass.loop.call_soon_threadsafe, self._async_log_cleared
            ),
            owed=self.in_hub.owed,
        )
        # Only a live punch tells, and nobody may have punched since.
        kept = entry.data.get(CONF_PROBE, {"features": {}})
        self.terminal.event_size = kept["features"].get("event_size")
        self._listener = TerminalListener(
            self.hass,
            partial(
                TerminalClient,
                entry.data[CONF_HOST],
                entry.data[CONF_PORT],
                entry.data[CONF_COMM_KEY],
                transport=entry.data.get(CONF_TRANSPORT, "tcp"),
            ),
            self.terminal,
            live=self.is_realtime,
            async_on_link=self._async_link_changed,
        )
        self._listener.async_start()
        entry.async_on_unload(
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self.async_stop)
        )

    @override
    async def async_stop(self, _: Event | None = None) -> None:
        """End the thread."""
        await super().async_stop()
        await self._listener.async_stop()

    async def async_do_without(self, told: DeviceInfo) -> None:
        """Be set up though port 4370 is shut: by what the terminal told by push.

        It is polled on, as any other that went away. Raises `LedgerError`.
        """
        if isinstance(self.last_exception, ConfigEntryAuthFailed):
            self.config_entry.async_start_reauth(self.hass)
        info = info_kept(self.config_entry) or told
        last_punch = await self.hub.async_read(
            self.hub.ledger.last_punch, self.serial, until=latest_second(0)
        )
        self.data = DeviceData(info, None, 0, last_punch)
        self.logger.warning(
            "%s is set up by what it pushes, and is tried again: %s",
            self.config_entry.title,
            self.last_exception,
        )

    async def async_run[T](self, job: Job[T]) -> T:
        """Have a job done at the terminal, for somebody who waits."""
        try:
            return await self._listener.async_run(job)
        except SyncIDError as err:
            if self._listener.is_stopped and isinstance(err, LinkError):
                # Which is not the network's fault.
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="entry_ended",
                    translation_placeholders={"name": self.config_entry.title},
                ) from err
            raise HomeAssistantError(**self._translation(err)) from err

    async def async_collect(self) -> Collected:
        """Read the log's new records now."""
        collected = await self.async_run(self.terminal.collect)
        await self.async_request_refresh()
        return collected

    async def async_people_changed(self) -> None:
        """Know, and tell, that people were changed at the terminal."""
        await self.async_request_refresh()
        async_dispatcher_send(self.hass, SIGNAL_PEOPLE_CHANGED, self.serial)

    async def async_clear_records(self) -> Cleared:
        """Empty the terminal's log, once all of it is stored."""
        collected = await self.async_run(self.terminal.clear_log)
        await self.async_request_refresh()
        return collected

    async def async_sync_time(self) -> ClockSync:
        """Set the terminal's clock."""
        synced = await self.async_run(self.terminal.sync_clock)
        await self.async_request_refresh()
        return synced

    async def async_unlock_door(self, seconds: int) -> bool | None:
        """Unlock the door; return whether it is open, where the terminal knows."""
        unit = self.config_entry.options.get(CONF_UNLOCK_UNIT, DEFAULT_UNLOCK_UNIT)
        delay = seconds * UNLOCK_UNITS[unit]
        return await self.async_run(self.terminal.unlocking(delay))

    async def async_test_voice(self, index: int = 0) -> None:
        """Have the terminal say one of its sentences."""
        await self.async_run(partial(self.terminal.say, index=index))

    async def async_read_option(self, name: str) -> str | None:
        """Return one of the terminal's options, None where it has none such."""
        return await self.async_run(partial(self.terminal.read_option, name=name))

    async def async_restart(self) -> None:
        """Restart the terminal, which is back by itself."""
        await self._async_send_away(TerminalClient.restart_terminal)

    async def async_power_off(self) -> None:
        """Power the terminal off; only a hand can bring it back."""
        await self._async_send_away(TerminalClient.power_off_terminal)

    async def _async_send_away(self, job: Job[None]) -> None:
        """Go offline on purpose, which is no error to log."""
        async with self._turn:
            was_successful, self.last_update_success = self.last_update_success, False
            try:
                await self.async_run(job)
            except HomeAssistantError:
                self.last_update_success = was_successful
                raise
        self.is_online = self.is_reached = self.is_heard = False
        self.async_update_listeners()

    @property
    @override
    def pushes_alone(self) -> bool:
        """Return whether it calls while port 4370 is shut."""
        return self.is_heard and not self.is_reached

    @override
    @callback
    def async_heard(self, *, delivered: bool, patience: float) -> None:
        """Be online for as long as the terminal calls, whatever becomes of the link."""
        if self._listener.is_stopped:
            return
        self.in_hub.seen_at = dt_util.utcnow()
        self._async_await_call(patience)
        self.is_heard = True
        self._async_set_online(True)

    @override
    @callback
    def _async_silent(self, now: datetime) -> None:
        super()._async_silent(now)
        self.is_heard = False
        self._async_set_online(self.is_reached)

    @callback
    def _async_set_reached(self, reached: bool) -> None:
        self.is_reached = reached
        self._async_set_online(reached or self.is_heard)

    @override
    async def _async_update_data(self) -> DeviceData:
        """Poll the terminal; the first time only for what tells that it is there.

        Its whole log may take minutes.
        """
        async with self._turn:
            began, reads_log = dt_util.utcnow().timestamp(), self.data is not None
            try:
                if reads_log:
                    status = await self._listener.async_run(self.terminal.poll)
                else:
                    status = await self._listener.async_run(self.terminal.read_status)
            except SyncIDError as err:
                return self._async_failed(err)
            if reads_log:
                # By its own clock, which dates its punches; unless it was just set.
                self._read_until = int(began + min(0, status.clock_drift))
            self._async_set_reached(self._link_error is None)
            self._async_end_reauth()
            self._async_look_after(status)
            data = await self._async_with_last_punch(status)
            if self._link_error is not None:  # it was the link's last word
                raise UpdateFailed(**self._translation(self._link_error))
            return data

    @callback
    def _async_end_reauth(self) -> None:
        """Ask no more for a comm key that was changed back at the terminal."""
        for flow in self.config_entry.async_get_active_flows(
            self.hass, {SOURCE_REAUTH}
        ):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def _async_look_after(self, status: Status) -> None:
        """Raise what an admin should see to, now that the terminal told its status."""
        now, cleared_at = dt_util.utcnow(), self.in_hub.log_cleared_at
        self.in_hub.seen_at = now
        facts = Facts(
            polled=self.data is not None,
            capacity=status.capacity,
            log_cleared=cleared_at is not None and now - cleared_at < CLEARED_FOR,
            clock_drift=round(status.clock_drift),
            clock_sync=CONF_CLOCK_SYNC in self.config_entry.options,
            clock_failed=status.clock_failed,
            clock_held=status.clock_held,
        )
        async_update_issues(self.hass, self.config_entry, facts)

    @callback
    def _async_missed(self, err: SyncIDError) -> None:
        """Raise that the terminal is away, if it has been for long."""
        now = dt_util.utcnow()
        if isinstance(err, LinkError | WrongTerminal):
            hours = self.hub.site_option(
                CONF_UNREACHABLE_HOURS, DEFAULT_UNREACHABLE_HOURS
            )
            away = now - self.in_hub.seen_at
            async_update_absence(self.hass, self.config_entry, away, hours)
        else:  # it answers; what is wrong is told otherwise
            self.in_hub.seen_at = now
            async_set_issue(self.hass, self.config_entry, UNREACHABLE, None)

    @callback
    def _async_log_cleared(self) -> None:
        """Raise at once that somebody else has cleared the terminal's log."""
        self.in_hub.log_cleared_at = dt_util.utcnow()
        async_set_issue(self.hass, self.config_entry, LOG_CLEARED, {})

    @callback
    def _async_failed(self, err: SyncIDError) -> DeviceData:
        """Raise what comes of a poll that failed."""
        if self._listener.is_stopped and self.data is not None:
            return self.data  # nobody looks at it any more, and nothing is wrong
        self._async_set_reached(not isinstance(err, _ABSENT))
        self._async_missed(err)
        if isinstance(err, AuthRejected):
            if self.data is None:
                raise ConfigEntryAuthFailed(**self._translation(err)) from err
            # Not raised, which would end polling: the key may be changed back.
            self.config_entry.async_start_reauth(self.hass)
        raise UpdateFailed(**self._translation(err)) from err

    async def _async_with_last_punch(self, status: Status) -> DeviceData:
        """Return what is known, now that the terminal told its status."""
        info = self.terminal.info
        if info is None:
            raise AssertionError("no job is done before the terminal is met")
        last_punch = await self._async_last_punch(status.clock_drift)
        # For when it is off.
        self.hass.config_entries.async_update_entry(
            self.config_entry,
            data={**self.config_entry.data, CONF_PROBE: self.probe(info)},
        )
        if self.data is not None and info != self.data.info:
            async_update_device(self.hass, self.config_entry, info)
        return DeviceData(info, status.capacity, round(status.clock_drift), last_punch)

    def probe(self, info: DeviceInfo) -> dict[str, Any]:
        """Return what the terminal is and can do, as it said."""
        terminal = self.terminal
        return {
            "info": asdict(info),
            "features": {
                **asdict(terminal.features),
                "event_size": terminal.event_size,
            },
        }

    @callback
    def _async_link_changed(self, error: Exception | None) -> None:
        """Be online or offline as soon as the thread knows."""
        self._link_error = error
        if self.data is None:
            return  # the first refresh tells
        if error is not None:
            self._async_set_reached(False)
            self.async_set_update_error(UpdateFailed(**self._translation(error)))
            if isinstance(error, AuthRejected):
                self.config_entry.async_start_reauth(self.hass)
        elif not (self.is_reached and self.last_update_success):
            self._async_refresh_soon()

    @override
    @callback
    def async_first_poll(self) -> None:
        """Read the log for the first time, which a live terminal's thread does anyway."""
        if not self.is_realtime:
            self._async_refresh_soon()
