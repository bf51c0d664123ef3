"""Who is in the building, as the panel shows it: page by page of one and the same call."""

from collections import OrderedDict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..hub import DATA_HUB
from ..persons import async_people
from ..roll_call import async_roll_call
from .command import MOST_ROWS, command
from .payloads import Present, RollCall

# Calls that are kept to be leafed through: of some admins at once.
_KEPT = 4


class _Made(NamedTuple):
    """A roll call that was made."""

    # What is told of all together.
    told: dict[str, Any]
    # Who has not come out is first; who never checked out the last of their part.
    people: list[Present]


_DATA_CALLS: HassKey[OrderedDict[str, _Made]] = HassKey(f"{DOMAIN}_panel_rollcalls")


@command(
    "rollcall",
    {
        vol.Optional("drill_started"): cv.datetime,
        vol.Optional("call"): str,
        vol.Optional("offset", default=0): vol.All(int, vol.Range(min=0)),
        vol.Optional("limit", default=MOST_ROWS): vol.All(
            int, vol.Range(min=1, max=MOST_ROWS)
        ),
    },
)
async def rollcall(hass: HomeAssistant, msg: dict[str, Any]) -> RollCall:
    """Return who is in the building, and who has punched since a drill began.

    A page of a call that was made before, if that is named and still kept; else another
    one is made.
    """
    kept = hass.data.setdefault(_DATA_CALLS, OrderedDict())
    name = msg.get("call", "")
    if (made := kept.get(name)) is None:
        made, name = await _async_make(hass, msg.get("drill_started")), uuid4().hex
        kept[name] = made
    else:
        # Who leafs through it, or prints it, is not to lose it to those who look.
        kept.move_to_end(name)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    told, people = made
    return RollCall(
        call=name,
        time=told["time"],
        drill_started=told.get("drill_started"),
        count=len(people),
        missing=sum(one["accounted"] is False for one in people),
        not_checked_out=sum(one["not_checked_out"] for one in people),
        people=people[msg["offset"] : msg["offset"] + msg["limit"]],
        unknown=told["unknown"],
    )


async def _async_make(hass: HomeAssistant, started: datetime | None) -> _Made:
    told = await async_roll_call(
        hass,
        async_people(hass),
        drill_started=None if started is None else dt_util.as_utc(started),
    )
    people = [
        Present(
            person_id=one["person_id"],
            person=one["person"],
            presence=one["presence"],
            since=one["since"],
            last_seen=one["last_seen"],
            device=one["device"],
            area=one["area"],
            not_checked_out=one["not_checked_out"],
            accounted=one.get("accounted"),
        )
        for one in told["people"]
    ]
    people.sort(key=lambda one: (one["accounted"] is True, one["not_checked_out"]))
    # Without all the names in it, which are among the people already.
    about = {
        key: value
        for key, value in told.items()
        if key
        not in {
            "people",
            "missing",
            "areas",
            "checked_in",
            "not_checked_out",
            "unknown_users",
        }
    }
    return _Made(about | {"unknown": len(told["unknown_users"])}, people)


@callback
def async_forget_erased(hass: HomeAssistant) -> None:
    """Have nobody in what is kept who is no longer among the people."""
    known = hass.data[DATA_HUB].directory.people
    for _, people in hass.data.get(_DATA_CALLS, {}).values():
        people[:] = [one for one in people if one["person_id"] in known]
