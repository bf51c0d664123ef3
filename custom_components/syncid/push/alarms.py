"""What a terminal pushes that is no punch: told once, and who is gone by it."""

from collections import OrderedDict
from collections.abc import Collection, Iterable

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..core.adms.events import gone_by
from ..core.records import Alarm, wall_clock
from ..device import SyncIDCoordinator

# Alarms that are remembered, so that one which is sent again is no news.
_MOST_ALARMS = 500


class Alarms:
    """The alarms of one terminal."""

    def __init__(self, coordinator: SyncIDCoordinator) -> None:
        """Know of none."""
        self._coordinator = coordinator
        self._known: OrderedDict[Alarm, None] = OrderedDict()

    @callback
    def async_take(self, alarms: Iterable[Alarm], told: Collection[str]) -> None:
        """Tell of those that are new, and take for known only who is there after them.

        Some are `told` of since. What is old may be sent anew, and they be back by now:
        then nobody knows whether they are there, and the terminal is asked when it
        matters.
        """
        gone, is_sure = set[str](), True
        for alarm in alarms:
            if self._is_known(alarm):
                continue
            is_now = self._async_report(alarm)
            who = gone_by(alarm)
            # Where port 4370 is open, that tells who is there.
            if who is None or not (is_now or self._coordinator.pushes_alone):
                continue
            gone.add(who)
            is_sure &= bool(who) and is_now
        in_hub = self._coordinator.in_hub
        if gone:
            in_hub.users = {
                user_id: user
                for user_id, user in in_hub.users.items()
                if user_id in told or gone.isdisjoint({user_id, ""})
            }
        in_hub.users_listed &= is_sure

    def _is_known(self, alarm: Alarm) -> bool:
        """Tell whether an alarm is sent again; remember it if not."""
        if alarm in self._known:
            return True
        self._known[alarm] = None
        if len(self._known) > _MOST_ALARMS:
            self._known.popitem(last=False)
        return False

    @callback
    def _async_report(self, alarm: Alarm) -> bool:
        """Tell of an alarm that is no old one; return whether it is surely of now."""
        hub, came = self._coordinator.hub, None
        age = 0.0
        if alarm.local_second is not None:
            came = wall_clock(alarm.local_second).replace(tzinfo=self._coordinator.zone)
            age = (dt_util.utcnow() - came).total_seconds()
        if age <= hub.live_seconds:
            data = self._coordinator.data
            hub.report(alarm, came, data.clock_drift if data else 0)
        return came is not None and abs(age) <= hub.live_seconds
