"""People, and who of them the users of terminals are, as the panel shows it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..attendance import DATA_ATTENDANCE
from ..const import CONF_SERIAL, DOMAIN
from ..core.people import Mapping, Person
from ..hub import DATA_HUB
from .attendance import async_chosen, groups_of
from .command import PAGE, command
from .payloads import (
    Adopted,
    Done,
    Nobody,
    NobodyPage,
    PeoplePage,
    PersonPlace,
    PersonRow,
)
from .terminals import async_device_id, async_entries

# What can be done at once, with its answer shown where it was asked for.
ACTIONS = (
    "add_person",
    "add_punch",
    "automap",
    "export",
    "map_user",
    "mark_attendance",
    "remove_person",
    "unmap_user",
    "update_person",
)
# From which score on a suggestion is sure enough.
CERTAIN = 0.9
_SORTS: dict[str, Callable[[PersonRow], Any]] = {
    "name": lambda row: row["name"].casefold(),
    "external_id": lambda row: (len(row["external_id"]), row["external_id"]),
    "users": lambda row: len(row["users"]),
    "status": lambda row: row["status"] or "~",
}


@command("act", {vol.Required("action"): vol.In(ACTIONS), vol.Required("data"): dict})
async def act(hass: HomeAssistant, msg: dict[str, Any]) -> Done:
    """Have an action of ours done, and return its answer."""
    answer = await hass.services.async_call(
        DOMAIN,
        msg["action"],
        msg["data"],
        blocking=True,
        context=msg["context"],
        return_response=True,
    )
    return Done(answer=dict(answer or {}))


@command(
    "people/list",
    {
        **PAGE,
        vol.Optional("group"): str,
        vol.Optional("only", default="all"): vol.In(["all", "without_users"]),
        vol.Optional("sort", default="name"): vol.In(sorted(_SORTS)),
    },
)
async def people_list(hass: HomeAssistant, msg: dict[str, Any]) -> PeoplePage:
    """Return the people that fit."""
    attendance = hass.data[DATA_ATTENDANCE]
    rows = [_async_row(hass, person) for person in async_chosen(hass, msg).values()]
    if msg["only"] == "without_users":
        rows = [row for row in rows if not row["users"]]
    rows.sort(key=_SORTS["name"])
    rows.sort(key=_SORTS[msg["sort"]], reverse=msg["descending"])
    return PeoplePage(
        total=len(attendance.people),
        count=len(rows),
        groups=groups_of(attendance.people.values()),
        unmapped=len(attendance.unmapped),
        people=rows[msg["offset"] : msg["offset"] + msg["limit"]],
    )


@callback
def _async_row(hass: HomeAssistant, person: Person) -> PersonRow:
    entries = {entry.data[CONF_SERIAL]: entry for entry in async_entries(hass)}
    mark = hass.data[DATA_ATTENDANCE].async_day(dt_util.now().date()).get(person.id)
    return PersonRow(
        person_id=person.id,
        name=person.name,
        external_id=person.external_id,
        kind=person.kind,
        groups=list(person.groups),
        users=[
            PersonPlace(
                serial=serial,
                terminal=entries[serial].title if serial in entries else serial,
                device_id=async_device_id(hass, serial, entries[serial])
                if serial in entries
                else None,
                user_id=user_id,
            )
            for serial, user_id in hass.data[DATA_HUB].directory.users_of(person.id)
        ],
        status=mark.status if mark else None,
        presence=mark.presence if mark else None,
    )


@command("people/nobody", PAGE)
async def people_nobody(hass: HomeAssistant, msg: dict[str, Any]) -> NobodyPage:
    """Return users who are nobody yet, with who they may be."""
    hub = hass.data[DATA_HUB]
    answer: Any = await hass.services.async_call(
        DOMAIN,
        "automap",
        {},
        blocking=True,
        context=msg["context"],
        return_response=True,
    )
    suggested = {(one["device"], one["user_id"]): one for one in answer["suggestions"]}
    punches = {
        (one["device"], one["user_id"]): one["punches"] for one in answer["unmapped"]
    }
    found = []
    for entry in async_entries(hass):
        serial = entry.data[CONF_SERIAL]
        users = hub.users(serial)
        ids = {*users, *(user_id for device, user_id in punches if device == serial)}
        for user_id in ids:
            if hub.directory.person_of(serial, user_id) is not None:
                continue
            one = suggested.get((serial, user_id), {})
            found.append(
                Nobody(
                    serial=serial,
                    terminal=entry.title,
                    device_id=async_device_id(hass, serial, entry),
                    user_id=user_id,
                    name=users[user_id].name if user_id in users else "",
                    punches=punches.get((serial, user_id), 0),
                    person_id=one.get("person_id"),
                    person=one.get("person"),
                    score=one.get("score", 0.0),
                    basis=one.get("basis"),
                    rivals=one.get("rivals", []),
                )
            )
    words = msg["search"].casefold().split()
    fit = [
        one
        for one in found
        if all(word in f"{one['user_id']} {one['name']}".casefold() for word in words)
    ]
    fit.sort(key=lambda one: (-one["score"], -one["punches"], one["user_id"]))
    return NobodyPage(
        count=len(fit),
        certain=sum(one["score"] >= CERTAIN and not one["rivals"] for one in found),
        users=fit[msg["offset"] : msg["offset"] + msg["limit"]],
    )


@command("people/adopt", {vol.Optional("user_ids"): [str]})
async def people_adopt(hass: HomeAssistant, msg: dict[str, Any]) -> Adopted:
    """Make a person of each user id that is nobody's: of some, or of all.

    Who has one user id at several terminals is one person.
    """
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    wanted = set(msg["user_ids"]) if "user_ids" in msg else None
    async with attendance.editing:
        names: dict[str, str] = {}
        users: defaultdict[str, list[str]] = defaultdict(list)
        known = {person.external_id for person in attendance.people.values()}
        for entry in async_entries(hass):
            serial = entry.data[CONF_SERIAL]
            for user_id, user in hub.users(serial).items():
                if hub.directory.person_of(serial, user_id) is not None:
                    continue
                # Somebody of that number is there, who has to be looked at.
                if user_id in known or (wanted is not None and user_id not in wanted):
                    continue
                users[user_id].append(serial)
                if user.name:
                    names.setdefault(user_id, user.name)
        people = {
            user_id: Person(
                id=uuid4().hex, name=names.get(user_id, user_id), external_id=user_id
            )
            for user_id in users
        }
        mapped = [
            Mapping(serial, user_id, people[user_id].id)
            for user_id, serials in users.items()
            for serial in serials
        ]
        marks = await attendance.async_save(people.values(), mapped) if people else 0
    return Adopted(people=len(people), users=len(mapped), marks=marks)
