"""A device that delivers its punches itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Final, override

from homeassistant.core import Event, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads

from ..const import CONF_DIRECTION, CONF_VERIFY_CODES, DOMAIN
from ..core.codes import pushed_family
from ..core.pushlog import PushedLogs, read_logs, read_odd_json
from ..core.records import (
    Batch,
    DeviceInfo,
    Ingested,
    Punches,
    StoredPunch,
    local_second,
)
from ..core.rows import RowDecoder
from ..device import (
    DeviceConfigEntry,
    DeviceData,
    SyncIDCoordinator,
    async_update_device,
)
from ..hub import Hub
from ..issues import PUSH_REFUSED, async_set_issue
from ..signals import SIGNAL_LEDGER_REPLACED
from .adms import AdmsTerminal

# For how long who calls again may still be bringing older punches.
_CATCHING_UP: Final = timedelta(minutes=5)
# Seconds between two times that deliveries are told: who brings a backlog brings many
# batches in one, and each time all entities are written.
_TELL_EVERY: Final = 1


class PushCoordinator(SyncIDCoordinator):
    """Takes what a device pushes: logs in JSON, and all that a terminal says over ADMS."""

    def __init__(self, hass: HomeAssistant, entry: DeviceConfigEntry, hub: Hub) -> None:
        """Prepare; `async_start` begins."""
        super().__init__(hass, entry, hub)
        self.is_online = None
        # When anything was delivered last, since Home Assistant started.
        self.delivered_at: datetime | None = None
        self._online_since = self._believed_from = dt_util.utcnow()
        # Set with `async_use`.
        self._adms: AdmsTerminal | None = None
        self._when_met: list[Callable[[], None]] = []
        # When a delivery was told last, by the loop's clock.
        self._told_at = 0.0
        self._stop_telling: Callable[[], None] | None = None
        self._is_over = False

    @override
    async def async_start(self) -> None:
        """Take the device into the hub."""
        await super().async_start()
        entry, options = self.config_entry, self.config_entry.options
        async_set_issue(self.hass, entry, PUSH_REFUSED, None)
        self._decoder = RowDecoder(
            pushed_family(options.get(CONF_VERIFY_CODES, "auto")),
            options[CONF_DIRECTION],
        )

    @override
    async def async_stop(self, _: Event | None = None) -> None:
        """Wait for no call any more, and tell nothing."""
        self._is_over = True
        await super().async_stop()
        if self._stop_telling is not None:
            self._stop_telling()
            self._stop_telling = None

    @callback
    def async_use(self, adms: AdmsTerminal) -> None:
        """Talk to the terminal, if it is one, by what it asks."""
        self._adms = adms
        if self.adms is not None:
            self._async_await_call(adms.wishes.patience)
            if self.in_hub.is_new and adms.was_set_up:
                # The ledger was replaced while nobody looked.
                adms.async_resync()
        self.config_entry.async_on_unload(
            async_dispatcher_connect(
                self.hass, SIGNAL_LEDGER_REPLACED, self._async_ledger_replaced
            )
        )

    @callback
    def _async_ledger_replaced(self) -> None:
        if (adms := self.adms) is not None:
            adms.async_resync()
            self.config_entry.async_create_background_task(
                self.hass, adms.queue.async_save_again(), f"syncid queue {self.serial}"
            )

    @property
    @override
    def read_until(self) -> int | None:
        """Return until when all has been delivered; None while more may follow."""
        return self._read_until if dt_util.utcnow() >= self._believed_from else None

    @property
    @override
    def pushes_alone(self) -> bool:
        """Return that there is no other way to it."""
        return True

    @property
    @override
    def past_until(self) -> int:
        """Return the local second before which nothing pushed is news."""
        past = super().past_until
        if self._adms is None or (met_again := self._adms.state.met_again_at) is None:
            return past
        # What is sent for an empty ledger was announced when it was new.
        at = dt_util.utc_from_timestamp(met_again).astimezone(self.zone)
        return max(past, local_second(at) - self.hub.live_seconds)

    @property
    def adms(self) -> AdmsTerminal | None:
        """Return what talks to the terminal, if it is one and has called."""
        adms = self._adms
        return adms if adms is not None and adms.state.family is not None else None

    @callback
    def async_when_met(self, do: Callable[[], None]) -> None:
        """Do something once it is known that the device is a terminal."""
        if self.adms is not None:
            do()
        else:
            self._when_met.append(do)

    @override
    async def _async_update_data(self) -> DeviceData:
        """Look who punched last: nothing is to be asked of the device."""
        return self._data(await self._async_last_punch(0))

    def _data(self, last_punch: StoredPunch | None) -> DeviceData:
        if (adms := self.adms) is None:
            return DeviceData(DeviceInfo(self.serial), None, 0, last_punch)
        facts = adms.state.facts
        return DeviceData(facts.info(self.serial), facts.capacity, 0, last_punch)

    @override
    @callback
    def async_heard(self, *, delivered: bool, patience: float) -> None:
        """Be online for as long as the terminal calls as often as it should."""
        if self._is_over:
            return  # what was on its way when the entry was unloaded
        self.in_hub.seen_at = now = dt_util.utcnow()
        if delivered:
            self.delivered_at = now
        if not self.is_online:
            self._online_since = now
        # Who was away brings what it kept in the first minutes.
        if now - self._online_since >= _CATCHING_UP:
            self._read_until = int((now - _CATCHING_UP).timestamp())
        self._async_await_call(patience)
        if self.data is None:  # it calls while it is being set up
            self.is_online = True
            return
        if self.adms is not None and self._when_met:
            when_met, self._when_met = self._when_met, []
            for do in when_met:
                do()
        data = self._data(self.data.last_punch)
        was_online, self.is_online = self.is_online, True
        if was_online is False:
            self.logger.info("%s calls again", self.config_entry.title)
        if data != self.data:
            async_update_device(self.hass, self.config_entry, data.info)
            self.async_set_updated_data(data)
        elif not was_online:
            self.async_update_listeners()
        elif delivered:
            self._async_tell_delivery()

    @override
    @callback
    def async_stored(self, ingested: Ingested) -> None:
        """Look who punched last, where that is past: only news is announced."""
        if ingested.new > len(ingested.news) and not self._is_over:
            self.config_entry.async_create_background_task(
                self.hass, self.async_request_refresh(), f"syncid past {self.serial}"
            )

    @override
    @callback
    def _async_silent(self, now: datetime) -> None:
        super()._async_silent(now)
        self._async_set_online(False)

    async def async_receive(self, body: bytes) -> tuple[PushedLogs, Ingested]:
        """Store logs; return once they are committed.

        Raises `BadBody`, what the JSON decoder raises, and `LedgerError`.
        """
        read = partial(_read, body, self._decoder, self.zone)
        async with self.hub.road:
            pushed = await self.hub.async_decode(len(body), read)
            batch = Batch(
                self.serial,
                "push",
                pushed.punches,
                [rejected.record for rejected in pushed.rejected],
                past_until=self.past_until,
                moments=pushed.moments,
            )
            ingested = await self.hub.async_ingest(batch)
        rejected = sorted([*pushed.rejected, *ingested.clashes])
        self.async_stored(ingested)
        self._async_delivered(pushed.punches)
        return replace(pushed, rejected=rejected), ingested

    @callback
    def _async_delivered(self, punches: Punches) -> None:
        last, now = self.delivered_at, dt_util.utcnow()
        self.in_hub.seen_at = self.delivered_at = until = now
        if not punches:
            # Nothing else tells of a gateway that it has no more.
            self._believed_from = now
        else:
            if last is None or now - last >= _CATCHING_UP:
                self._believed_from = now + _CATCHING_UP
            shown = local_second(now.astimezone(self.zone))
            # A date that is yet to come tells nothing of how far it is.
            ahead = shown + int(_CATCHING_UP.total_seconds())
            newest = max((one for one in punches.seconds if one <= ahead), default=None)
            if newest is None:
                self._async_tell_delivery()
                return
            age = timedelta(seconds=shown - newest)
            if age > _CATCHING_UP:
                until = now - age  # the rest of its backlog follows
        self._read_until = int(until.timestamp())
        self._async_tell_delivery()

    @callback
    def _async_tell_delivery(self) -> None:
        """Tell that something was delivered, now or a little later."""
        if self._is_over or self._stop_telling is not None:
            return
        now = self.hass.loop.time()
        if (wait := self._told_at + _TELL_EVERY - now) <= 0:
            self._told_at = now
            self.async_update_listeners()
            return
        self._stop_telling = async_call_later(
            self.hass, wait, HassJob(self._async_tell_later)
        )

    @callback
    def _async_tell_later(self, _: datetime) -> None:
        self._stop_telling = None
        self._told_at = self.hass.loop.time()
        self.async_update_listeners()


def _read(body: bytes, decoder: RowDecoder, zone: tzinfo) -> PushedLogs:
    try:
        decoded: object = json_loads(body)
    except JSON_DECODE_EXCEPTIONS:
        try:
            decoded = read_odd_json(body)
        except ValueError:
            decoded = None
        if decoded is None:
            raise
    return read_logs(decoded, decoder, zone)


def not_by_push(device: SyncIDCoordinator) -> ServiceValidationError:
    """Return why an action cannot be done at a device, and what to do about it."""
    if isinstance(device, PushCoordinator) and device.adms is not None:
        # It listens, and there is no command for this (protocol-adms §7.5).
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_push_command",
            translation_placeholders={"name": device.config_entry.title},
        )
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_by_push",
        translation_placeholders={"name": device.config_entry.title},
    )
