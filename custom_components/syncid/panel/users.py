"""Who is at the terminals, as the panel shows it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping as Map
from operator import is_
from typing import Any, NamedTuple

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID, CONF_MODE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_SERIAL, DOMAIN, MODE_PUSH
from ..core.people import Directory, Person
from ..core.records import DeviceUser
from ..hub import DATA_HUB
from .command import command, page_of
from .jobs import problem_of
from .payloads import Enrolled, UserPage, UserPlace, UserRow, UserTemplates
from .terminals import async_device_id, async_entries


class _Known(NamedTuple):
    """Somebody as the terminals know them."""

    user_id: str
    name: str
    differs: bool
    # The numbers of the terminals' entries.
    places: tuple[int, ...]


class _Everybody(NamedTuple):
    """Who is at any terminal, and what each told, which is replaced as a whole.

    Kept, since to make thousands of objects for each letter of a search would have
    Python look through all of Home Assistant for garbage.
    """

    told: list[Map[str, DeviceUser]]
    users: list[_Known]


DATA_EVERYBODY: HassKey[_Everybody] = HassKey(f"{DOMAIN}_panel_users")


# Of those who are at ten terminals, which each row names.
_MOST_USERS = 60
_SORTS: dict[str, Callable[[_Known], Any]] = {
    "name": lambda user: (not user.name, user.name.casefold()),
    "user_id": lambda user: (len(user.user_id), user.user_id),
    "places": lambda user: len(user.places),
}
# By a user, and how many terminals there are.
_FILTERS: dict[str, Callable[[_Known, int], bool]] = {
    "all": lambda user, terminals: True,
    "unnamed": lambda user, terminals: not user.name,
    "differing": lambda user, terminals: user.differs,
    "not_everywhere": lambda user, terminals: len(user.places) < terminals,
}


def _everybody(told: list[Map[str, DeviceUser]]) -> _Everybody:
    """Return who is at any terminal, of what each told."""
    places: dict[str, tuple[int, ...]] = {}
    # Most are at the same terminals as others.
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    for at, users in enumerate(told):
        for user_id in users:
            there = (*places.get(user_id, ()), at)
            places[user_id] = known.setdefault(there, there)
    found = []
    for user_id, there in places.items():
        users_there = (told[at][user_id].name for at in there)
        names = Counter(filter(None, users_there))
        name = names.most_common(1)[0][0] if names else ""
        found.append(_Known(user_id, name, len(names) > 1, there))
    return _Everybody(told, found)


def _fitting(
    everybody: list[_Known],
    directory: Directory,
    serials: list[str],
    msg: dict[str, Any],
) -> list[_Known]:
    """Return who fits, in order."""
    keep, serial = _FILTERS[msg["only"]], msg.get("serial")
    user_id = msg.get("user_id")
    words = msg["search"].casefold().split()

    def has_words(user: _Known) -> bool:
        person = _person_of(directory, serials, user)
        text = f"{user.user_id} {user.name} {person.name if person else ''}".casefold()
        return all(word in text for word in words)

    fit = [
        user
        for user in everybody
        if (user_id is None or user.user_id == user_id)
        and keep(user, len(serials))
        and (serial is None or any(serials[at] == serial for at in user.places))
        and (not words or has_words(user))
    ]
    fit.sort(key=_SORTS["user_id"])  # what is equal otherwise is in this order
    fit.sort(key=_SORTS[msg["sort"]], reverse=msg["descending"])
    return fit


def _person_of(directory: Directory, serials: list[str], user: _Known) -> Person | None:
    known = (directory.person_of(serials[at], user.user_id) for at in user.places)
    return next(filter(None, known), None)


@command(
    "users/list",
    {
        **page_of(_MOST_USERS),
        vol.Optional("sort", default="name"): vol.In(sorted(_SORTS)),
        vol.Optional("serial"): str,
        vol.Optional("user_id"): str,
        vol.Optional("only", default="all"): vol.In(sorted(_FILTERS)),
    },
)
async def users_list(hass: HomeAssistant, msg: dict[str, Any]) -> UserPage:
    """Return the users that fit, each with the terminals that have them."""
    hub, entries = hass.data[DATA_HUB], async_entries(hass)
    directory, serials = hub.directory, [entry.data[CONF_SERIAL] for entry in entries]
    told = [hub.users(serial) for serial in serials]

    kept = hass.data.get(DATA_EVERYBODY)
    if (
        kept is None
        or len(kept.told) != len(told)
        or not all(map(is_, kept.told, told))
    ):
        kept = await hass.async_add_executor_job(_everybody, told)
        hass.data[DATA_EVERYBODY] = kept
    # Of tens of thousands, which would hold up the event loop.
    fit = await hass.async_add_executor_job(
        _fitting, kept.users, directory, serials, msg
    )
    rows = []
    for user in fit[msg["offset"] : msg["offset"] + msg["limit"]]:
        person = _person_of(directory, serials, user)
        rows.append(
            UserRow(
                user_id=user.user_id,
                name=user.name,
                differs=user.differs,
                person_id=person.id if person else None,
                person=person.name if person else None,
                places=[
                    _async_place(hass, entries[at], told[at][user.user_id])
                    for at in user.places
                ],
            )
        )
    return UserPage(total=len(kept.users), count=len(fit), users=rows)


@callback
def _async_place(
    hass: HomeAssistant, entry: ConfigEntry, user: DeviceUser
) -> UserPlace:
    serial = entry.data[CONF_SERIAL]
    return UserPlace(
        serial=serial,
        terminal=entry.title,
        device_id=async_device_id(hass, serial, entry),
        name=user.name,
        role=user.role,
        disabled=user.disabled,
    )


@command("users/templates", {vol.Required("user_id"): str})
async def users_templates(hass: HomeAssistant, msg: dict[str, Any]) -> UserTemplates:
    """Ask each terminal that has a user what it has of them."""
    user_id, hub = msg["user_id"], hass.data[DATA_HUB]
    asked = [
        _async_ask(hass, _async_place(hass, entry, user), user_id, entry)
        for entry in async_entries(hass)
        if (user := hub.users(entry.data[CONF_SERIAL]).get(user_id)) is not None
    ]
    return UserTemplates(places=await asyncio.gather(*asked))


async def _async_ask(
    hass: HomeAssistant, place: UserPlace, user_id: str, entry: ConfigEntry
) -> Enrolled:
    found = Enrolled(
        serial=place["serial"],
        terminal=place["terminal"],
        fingerprints=None,
        faces=None,
        problem=None,
    )
    # By push none tells what it has, and to ask is an order that it carries out.
    if entry.options[CONF_MODE] == MODE_PUSH:
        return found
    try:
        answer: Any = await hass.services.async_call(
            DOMAIN,
            "list_users",
            {ATTR_DEVICE_ID: place["device_id"]},
            blocking=True,
            return_response=True,
        )
    except (HomeAssistantError, vol.Invalid) as err:
        # One whose device was removed has no id that an action takes.
        found["problem"] = problem_of(err)
        return found
    for user in answer["users"]:
        if user["user_id"] == user_id:
            found["fingerprints"] = user.get("fingerprints")
            found["faces"] = user.get("faces")
    return found
