"""Who is in the building, as the panel shows it: page by page of one and the same call.

And the drill that all admins see.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import voluptuous as vol

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..attendance.drill import DATA_DRILLS, SIGNAL_DRILL
from ..attendance.events import time_of
from ..attendance.persons import async_people
from ..attendance.roll_call import Called, Inside, async_assembly, async_call
from ..const import CONF_DIRECTION, CONF_SERIAL, DOMAIN
from ..entries import async_device_entries
from ..hub import DATA_HUB
from .command import MOST_ROWS, command, subscription
from .day_payloads import AssemblyPoint, Drill, DrillNow, Present, RollCall

# Calls that are kept to be leafed through: of some admins at once.
_KEPT = 4
# Users of whom it is told who they are that are nobody.
_MOST_STRANGERS = 20

# Who has not come out is first; who never checked out the last of their part.
_DATA_CALLS: HassKey[OrderedDict[str, Called]] = HassKey(f"{DOMAIN}_panel_rollcalls")


@command(
    "rollcall",
    {
        vol.Optional("call"): str,
        vol.Optional("offset", default=0): vol.All(int, vol.Range(min=0)),
        vol.Optional("limit", default=MOST_ROWS): vol.All(
            int, vol.Range(min=1, max=MOST_ROWS)
        ),
    },
)
async def rollcall(hass: HomeAssistant, msg: dict[str, Any]) -> RollCall:
    """Return who is in the building, and in a drill who has not come out.

    A page of a call that was made before, if that is named and still kept; else another
    one is made.
    """
    kept = hass.data.setdefault(_DATA_CALLS, OrderedDict())
    name = msg.get("call", "")
    if (called := kept.get(name)) is None:
        called = await _async_make(hass)
        name = uuid4().hex
        kept[name] = called
    else:
        # Who leafs through it, or prints it, is not to lose it to those who look.
        kept.move_to_end(name)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    inside, started = called.inside, called.drill_started
    # Of thousands only those are written out who are on the page.
    page = inside[msg["offset"] : msg["offset"] + msg["limit"]]
    return RollCall(
        call=name,
        time=dt_util.as_local(called.now).isoformat(timespec="seconds"),
        drill_started=dt_util.as_local(started).isoformat() if started else None,
        count=len(inside),
        missing=sum(one.seen is None for one in inside) if started else 0,
        not_checked_out=sum(one.where.not_checked_out for one in inside),
        people=[_present(one, is_drill=started is not None) for one in page],
        points=_async_points(hass),
        unknown=len(called.unknown_users),
        strangers=[
            f"{one['user_name'] or ''} {one['user_id']} ({one['device']})".strip()
            for one in called.unknown_users[:_MOST_STRANGERS]
        ],
    )


async def _async_make(hass: HomeAssistant) -> Called:
    drill = await hass.data[DATA_DRILLS].async_load()
    called = await async_call(
        hass,
        async_people(hass),
        # A clock that was set back makes no drill that is to come.
        drill_started=drill and min(drill.started, dt_util.utcnow()),
        # Who came to a terminal that was removed meanwhile has come.
        assembly=(drill and drill.assembly) or None,
    )
    called.inside.sort(
        key=lambda one: (one.seen is not None, one.where.not_checked_out)
    )
    return called


@command("drill/begin", {vol.Optional("assembly", default=list): [str]})
async def drill_begin(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """Begin a drill for all admins: at these terminals, or at any."""
    user = await hass.auth.async_get_user(msg["context"].user_id)
    await hass.data[DATA_DRILLS].async_begin(
        (user and user.name) or "Home Assistant",
        async_assembly(hass, msg["assembly"]),
    )


@command("drill/end")
async def drill_end(hass: HomeAssistant, msg: dict[str, Any]) -> None:
    """End it for all of them."""
    await hass.data[DATA_DRILLS].async_end()


@subscription("drill/subscribe")
async def drill_subscribe(
    hass: HomeAssistant, msg: dict[str, Any], tell: Callable[[DrillNow], None]
) -> Callable[[], None]:
    """Tell which drill is going on, and whenever that is another one or none."""
    drills = hass.data[DATA_DRILLS]
    await drills.async_load()

    @callback
    def async_tell() -> None:
        tell(DrillNow(drill=_async_drill(hass)))

    @callback
    def async_entry_changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
        # Where one gathers may be called otherwise, or be gone.
        if drills.running and entry.domain == DOMAIN:
            async_tell()

    ends = (
        async_dispatcher_connect(hass, SIGNAL_DRILL, async_tell),
        async_dispatcher_connect(
            hass, SIGNAL_CONFIG_ENTRY_CHANGED, async_entry_changed
        ),
    )
    async_tell()

    def end() -> None:
        for one in ends:
            one()

    return end


@callback
def _async_drill(hass: HomeAssistant) -> Drill | None:
    drill = hass.data[DATA_DRILLS].running
    if drill is None:
        return None
    named = {
        entry.data[CONF_SERIAL]: entry.title
        for entry in async_device_entries(hass, include_disabled=False)
        if entry.data[CONF_SERIAL] in drill.assembly
    }
    return Drill(
        started=dt_util.as_local(drill.started).isoformat(),
        by=drill.by,
        # With none of them left, still nobody is out by another one.
        assembly=sorted(named.values() or drill.assembly),
    )


def _present(one: Inside, *, is_drill: bool) -> Present:
    where = one.where
    return Present(
        person_id=one.person.id,
        person=one.person.name,
        presence=where.presence,
        since=time_of(where.first_in),
        last_seen=where.last and where.last.time.isoformat(),
        device=one.place.device,
        area=one.place.area,
        not_checked_out=where.not_checked_out,
        accounted=one.seen is not None if is_drill else None,
        accounted_at=one.seen and one.seen.time.isoformat(),
    )


@callback
def _async_points(hass: HomeAssistant) -> list[AssemblyPoint]:
    return [
        AssemblyPoint(serial=entry.data[CONF_SERIAL], name=entry.title)
        for entry in async_device_entries(hass, include_disabled=False)
        if entry.options.get(CONF_DIRECTION) == "none"
    ]


@callback
def async_forget_erased(hass: HomeAssistant) -> None:
    """Have nobody in what is kept who is no longer among the people."""
    known = hass.data[DATA_HUB].directory.people
    for called in hass.data.get(_DATA_CALLS, {}).values():
        called.inside[:] = [one for one in called.inside if one.person.id in known]
