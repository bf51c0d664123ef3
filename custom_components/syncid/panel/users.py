"""Who is at the terminals, as the panel shows it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import CONF_SERIAL, DOMAIN
from ..core.people import Directory
from ..hub import DATA_HUB
from .command import PAGE, command
from .jobs import problem_of
from .payloads import Enrolled, UserPage, UserPlace, UserRow, UserTemplates
from .terminals import async_device_id, async_entries

_SORTS: dict[str, Callable[[UserRow], Any]] = {
    "name": lambda row: (not row["name"], row["name"].casefold()),
    "user_id": lambda row: (len(row["user_id"]), row["user_id"]),
    "places": lambda row: len(row["places"]),
}
# By a user, and how many terminals there are.
_FILTERS: dict[str, Callable[[UserRow, int], bool]] = {
    "all": lambda row, terminals: True,
    "unnamed": lambda row, terminals: not row["name"],
    "differing": lambda row, terminals: row["differs"],
    "not_everywhere": lambda row, terminals: len(row["places"]) < terminals,
}


@callback
def _async_places(
    hass: HomeAssistant, entries: list[ConfigEntry]
) -> dict[str, list[UserPlace]]:
    """Return the terminals that have each user, by user id."""
    hub = hass.data[DATA_HUB]
    places: dict[str, list[UserPlace]] = {}
    for entry in entries:
        serial = entry.data[CONF_SERIAL]
        device_id = async_device_id(hass, serial, entry)
        for user_id, user in hub.users(serial).items():
            places.setdefault(user_id, []).append(
                UserPlace(
                    serial=serial,
                    terminal=entry.title,
                    device_id=device_id,
                    name=user.name,
                    role=user.role,
                    disabled=user.disabled,
                )
            )
    return places


def _row(directory: Directory, user_id: str, places: list[UserPlace]) -> UserRow:
    names = Counter(place["name"] for place in places if place["name"])
    known = (directory.person_of(place["serial"], user_id) for place in places)
    person = next(filter(None, known), None)
    return UserRow(
        user_id=user_id,
        name=names.most_common(1)[0][0] if names else "",
        differs=len(names) > 1,
        person_id=person.id if person else None,
        person=person.name if person else None,
        places=places,
    )


@command(
    "users/list",
    {
        **PAGE,
        vol.Optional("sort", default="name"): vol.In(sorted(_SORTS)),
        vol.Optional("serial"): str,
        vol.Optional("only", default="all"): vol.In(sorted(_FILTERS)),
    },
)
async def users_list(hass: HomeAssistant, msg: dict[str, Any]) -> UserPage:
    """Return the users that fit, each with the terminals that have them."""
    entries = async_entries(hass)
    places, directory = _async_places(hass, entries), hass.data[DATA_HUB].directory
    rows = [_row(directory, user_id, there) for user_id, there in places.items()]
    keep = _FILTERS[msg["only"]]
    serial = msg.get("serial")
    words = msg["search"].casefold().split()
    fit = [
        row
        for row in rows
        if keep(row, len(entries))
        and (serial is None or any(one["serial"] == serial for one in row["places"]))
        and all(
            word in f"{row['user_id']} {row['name']} {row['person']}".casefold()
            for word in words
        )
    ]
    fit.sort(key=_SORTS["user_id"])  # what is equal otherwise is in this order
    fit.sort(key=_SORTS[msg["sort"]], reverse=msg["descending"])
    return UserPage(
        total=len(rows),
        count=len(fit),
        users=fit[msg["offset"] : msg["offset"] + msg["limit"]],
    )


@command("users/templates", {vol.Required("user_id"): str})
async def users_templates(hass: HomeAssistant, msg: dict[str, Any]) -> UserTemplates:
    """Ask each terminal that has a user what it has of them."""
    user_id = msg["user_id"]
    places = _async_places(hass, async_entries(hass)).get(user_id, [])
    asked = [_async_ask(hass, place, user_id) for place in places]
    return UserTemplates(places=await asyncio.gather(*asked))


async def _async_ask(hass: HomeAssistant, place: UserPlace, user_id: str) -> Enrolled:
    found = Enrolled(
        serial=place["serial"],
        terminal=place["terminal"],
        fingerprints=None,
        faces=None,
        problem=None,
    )
    try:
        answer: Any = await hass.services.async_call(
            DOMAIN,
            "list_users",
            {ATTR_DEVICE_ID: place["device_id"]},
            blocking=True,
            return_response=True,
        )
    except HomeAssistantError as err:
        found["problem"] = problem_of(err)
        return found
    for user in answer["users"]:
        if user["user_id"] == user_id:
            found["fingerprints"] = user.get("fingerprints")
            found["faces"] = user.get("faces")
    return found
