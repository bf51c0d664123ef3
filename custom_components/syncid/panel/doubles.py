"""People who may be there twice, and what there is of each."""

from typing import Any, NamedTuple

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..attendance.attendance import DATA_ATTENDANCE
from ..attendance.persons import async_person
from ..const import CONF_SERIAL, DOMAIN
from ..core.doubles import Double, find_doubles
from ..hub import DATA_HUB
from .command import command, page_of
from .directory import async_places, person_row
from .people_payloads import DoublePage, DoubleRow, Holding, Holdings
from .terminals import async_entries

# Two people a row, each at ten terminals, which it names.
_MOST_DOUBLES = 40
# People whom a command compares at the most.
_MOST = 10


class _Found(NamedTuple):
    """Doubles, and what they were found in, which is replaced as a whole."""

    of: tuple[object, ...]
    doubles: list[Double]


_DATA_DOUBLES: HassKey[_Found] = HassKey(f"{DOMAIN}_panel_doubles")


async def _async_doubles(hass: HomeAssistant) -> list[Double]:
    """Return all doubles; found anew when somebody changed."""
    hub = hass.data[DATA_HUB]
    told = {
        serial: hub.users(serial)
        for entry in async_entries(hass)
        for serial in (entry.data[CONF_SERIAL],)
    }
    of = (hub.directory, *told.values())
    kept = hass.data.get(_DATA_DOUBLES)
    if (
        kept is None
        or len(kept.of) != len(of)
        or not all(one is other for one, other in zip(kept.of, of, strict=True))
    ):
        found = await hass.async_add_executor_job(find_doubles, hub.directory, told)
        kept = hass.data[_DATA_DOUBLES] = _Found(of, found)
    return kept.doubles


@command("people/doubles", page_of(_MOST_DOUBLES))
async def people_doubles(hass: HomeAssistant, msg: dict[str, Any]) -> DoublePage:
    """Return who may be there twice."""
    directory, places = hass.data[DATA_HUB].directory, async_places(hass)
    marks = hass.data[DATA_ATTENDANCE].async_day(dt_util.now().date())
    words = msg["search"].casefold().split()
    people = directory.people
    fit = [
        one
        for one in await _async_doubles(hass)
        if one.first in people
        and one.second in people
        and all(
            word in f"{people[one.first].name} {people[one.second].name}".casefold()
            for word in words
        )
    ]

    def row(person_id: str) -> Any:
        return person_row(people[person_id], directory, places, marks.get(person_id))

    return DoublePage(
        count=len(fit),
        doubles=[
            DoubleRow(first=row(one.first), second=row(one.second), basis=one.basis)
            for one in fit[msg["offset"] : msg["offset"] + msg["limit"]]
        ],
    )


@command(
    "people/holdings",
    {vol.Required("person_ids"): vol.All([str], vol.Length(min=1, max=_MOST))},
)
async def people_holdings(hass: HomeAssistant, msg: dict[str, Any]) -> Holdings:
    """Return what there is of some people."""
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    places = async_places(hass)
    marks = attendance.async_day(dt_util.now().date())
    people = [async_person(hass, one) for one in msg["person_ids"]]
    found = await hub.async_read(
        attendance.book.holdings, [person.id for person in people]
    )
    held = []
    for person in people:
        counts = found[person.id]
        held.append(
            Holding(
                person=person_row(person, hub.directory, places, marks.get(person.id)),
                punches=counts["punches"],
                marks=counts["marks"],
                corrections=counts["corrections"],
                rota=counts["rota"],
                leave=counts["entries"],
            )
        )
    return Holdings(people=held)
