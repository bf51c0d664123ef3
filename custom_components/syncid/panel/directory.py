"""People, and who of them the users of terminals are, as the panel shows it."""

from collections.abc import Callable, Collection, Iterable, Mapping as Map
from datetime import date as Date
from functools import partial
from operator import is_
from typing import Any, NamedTuple

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..actions.mapping import suggest
from ..attendance.attendance import DATA_ATTENDANCE
from ..const import CONF_SERIAL, DOMAIN
from ..core.attendance.marks import Mark
from ..core.people import Directory, Person, Suggestion
from ..core.records import DeviceUser
from ..core.shelf import Unmapped
from ..hub import DATA_HUB
from .attendance import NO_STATUS, STATUS_ORDER, chosen, groups_of
from .command import PAGE, command, page_of
from .payloads import Done
from .people_payloads import Nobody, NobodyPage, PeoplePage, PersonPlace, PersonRow
from .terminals import async_device_id, async_entries

# Title and device of each terminal, by serial number.
type _Places = Map[str, tuple[str, str | None]]
# Whom users may be, and all who are nobody.
type _Suggested = tuple[list[Suggestion], dict[tuple[str, str], DeviceUser]]


class _Nobodies(NamedTuple):
    """Users who are nobody, and what they were found in, which is replaced as a whole."""

    places: _Places
    of: tuple[object, ...]
    # Of how many punches of whom it tells, and whom users may be: whoever of them punches
    # once more is found anew by that.
    unmapped: list[Unmapped]
    suggested: _Suggested
    found: list[Nobody]


_DATA_NOBODIES: HassKey[_Nobodies] = HassKey(f"{DOMAIN}_panel_nobodies")

# What can be done at once, with its answer shown where it was asked for.
ACTIONS = (
    "add_leave",
    "add_person",
    "add_punch",
    "correct_clock",
    "forget_user",
    "map_user",
    "mark_attendance",
    "merge_people",
    "remove_leave",
    "remove_person",
    "restore_punch",
    "set_direction",
    "set_rota",
    "unmap_user",
    "update_person",
    "void_punch",
)
# Of those who are at ten terminals, which each row names.
_MOST_PEOPLE = 80
# Marks that an action has changed, or would change, which are told one by one.
_MOST_MARKS = 50
# From which score on a suggestion is sure enough.
CERTAIN = 0.9
# By a person, and today's marks.
_SORTS: dict[str, Callable[[Directory, Map[str, Mark], Person], Any]] = {
    "name": lambda directory, marks, person: person.name.casefold(),
    "external_id": lambda directory, marks, person: (
        len(person.external_id),
        person.external_id,
    ),
    "users": lambda directory, marks, person: len(directory.users_of(person.id)),
    "status": lambda directory, marks, person: (
        STATUS_ORDER[marks[person.id].status] if person.id in marks else NO_STATUS
    ),
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
    told: dict[str, Any] = dict(answer or {})
    if msg["action"] == "remove_person":
        # What each terminal had of them, the card too, is nothing to show.
        for one in told["terminals"]:
            one.pop("told", None)
    # What changes no mark says so too: it is shown how many.
    if "marks" in told:
        marks = told["marks"]
        # A clock's may be thousands, each with all that is known of a day.
        told["marks"] = [
            {key: one[key] for key in ("person", "date", "status")}
            for one in marks[:_MOST_MARKS]
        ]
        told["changed"] = len(marks)
    return Done(answer=told)


@command(
    "people/list",
    {
        **page_of(_MOST_PEOPLE),
        vol.Optional("group"): str,
        vol.Optional("person_id"): str,
        vol.Optional("only", default="all"): vol.In(["all", "without_users"]),
        vol.Optional("sort", default="name"): vol.In(sorted(_SORTS)),
    },
)
async def people_list(hass: HomeAssistant, msg: dict[str, Any]) -> PeoplePage:
    """Return the people that fit."""
    attendance, directory = hass.data[DATA_ATTENDANCE], hass.data[DATA_HUB].directory
    # A copy: marks change while it is looked at.
    marks, places = dict(attendance.async_day(attendance.today)), async_places(hass)
    count, page, groups = await hass.async_add_executor_job(
        _people, directory, marks, msg
    )
    return PeoplePage(
        total=len(directory.people),
        count=count,
        groups=groups,
        unmapped=len(attendance.unmapped),
        people=[
            person_row(person, directory, places, marks.get(person.id))
            for person in page
        ],
    )


def _people(
    directory: Directory, marks: Map[str, Mark], msg: dict[str, Any]
) -> tuple[int, list[Person], list[str]]:
    """Return how many fit, a page of them in order, and all groups."""
    fit = [*chosen(directory, msg).values()]
    if "person_id" in msg:
        fit = [person for person in fit if person.id == msg["person_id"]]
    if msg["only"] == "without_users":
        fit = [person for person in fit if not directory.users_of(person.id)]
    fit.sort(key=partial(_SORTS["name"], directory, marks))
    key = partial(_SORTS[msg["sort"]], directory, marks)
    fit.sort(key=key, reverse=msg["descending"])
    page = fit[msg["offset"] : msg["offset"] + msg["limit"]]
    return len(fit), page, groups_of(directory.people.values())


@callback
def async_places(hass: HomeAssistant) -> _Places:
    """Return title and device of each terminal, by serial number."""
    return {
        serial: (entry.title, async_device_id(hass, serial, entry))
        for entry in async_entries(hass)
        for serial in (entry.data[CONF_SERIAL],)
    }


def person_row(
    person: Person,
    directory: Directory,
    places: _Places,
    mark: Mark | None,
) -> PersonRow:
    """Return a person as lists show them."""
    users = []
    for serial, user_id in directory.users_of(person.id):
        title, device_id = places.get(serial, (serial, None))
        users.append(
            PersonPlace(
                serial=serial, terminal=title, device_id=device_id, user_id=user_id
            )
        )
    return PersonRow(
        person_id=person.id,
        name=person.name,
        external_id=person.external_id,
        kind=person.kind,
        groups=list(person.groups),
        valid_from=_iso(person.valid_from),
        valid_until=_iso(person.valid_until),
        users=users,
        status=mark.status if mark else None,
        presence=mark.presence if mark else None,
    )


def _iso(day: Date | None) -> str | None:
    return day.isoformat() if day else None


async def _async_nobodies(hass: HomeAssistant) -> list[Nobody]:
    """Return all users who are nobody; found anew when somebody or something changed."""
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    if not attendance.knows_unmapped:
        await attendance.async_look_for_unmapped()
    places, directory = async_places(hass), hub.directory
    told = {serial: hub.users(serial) for serial in places}
    of, unmapped = (directory, *told.values()), attendance.unmapped
    kept = hass.data.get(_DATA_NOBODIES)
    is_same = (
        kept is not None
        and kept.places == places
        and len(kept.of) == len(of)
        and all(map(is_, kept.of, of))
    )
    if kept is None or not is_same or kept.unmapped is not unmapped:
        known = kept if is_same else None
        find = partial(_nobodies, directory, told, unmapped, places, known)
        suggested, found = await hass.async_add_executor_job(find)
        kept = _Nobodies(places, of, unmapped, suggested, found)
        hass.data[_DATA_NOBODIES] = kept
    return kept.found


@callback
def async_forget_suggested(hass: HomeAssistant) -> None:
    """Forget whom users may be: of who is erased, nothing is kept."""
    hass.data.pop(_DATA_NOBODIES, None)


def _nobodies(
    directory: Directory,
    told: Map[str, Map[str, DeviceUser]],
    unmapped: Collection[Unmapped],
    places: _Places,
    known: _Nobodies | None,
) -> tuple[_Suggested, list[Nobody]]:
    """Return whom users may be, and what the panel shows of them."""
    if known and _users_of(known.unmapped) == _users_of(unmapped):
        suggested = known.suggested
    else:
        suggested = suggest(directory, told, unmapped)
    suggestions, users = suggested
    may_be = {(one.serial, one.user_id): one for one in suggestions}
    punches = {(one.serial, one.user_id): one.count for one in unmapped}
    found = []
    for (serial, user_id), user in users.items():
        title, device_id = places[serial]
        nobody = Nobody(
            serial=serial,
            terminal=title,
            device_id=device_id,
            user_id=user_id,
            name=user.name,
            punches=punches.get((serial, user_id), 0),
            person_id=None,
            person=None,
            score=0.0,
            basis=None,
            rivals=0,
        )
        if one := may_be.get((serial, user_id)):
            nobody["person_id"] = one.person_id
            nobody["person"] = directory.people[one.person_id].name
            nobody["score"], nobody["basis"] = one.score, one.basis
            nobody["rivals"] = len(one.rivals)
        found.append(nobody)
    return suggested, found


def _users_of(unmapped: Iterable[Unmapped]) -> set[tuple[str, str]]:
    return {(one.serial, one.user_id) for one in unmapped}


def _fitting(found: list[Nobody], search: str) -> tuple[list[Nobody], int]:
    """Return who fits, in order; and how many of all are sure to be somebody."""
    words = search.casefold().split()
    fit = [
        one
        for one in found
        if all(word in f"{one['user_id']} {one['name']}".casefold() for word in words)
    ]
    fit.sort(key=lambda one: (-one["score"], -one["punches"], one["user_id"]))
    return fit, sum(one["score"] >= CERTAIN and not one["rivals"] for one in found)


@command("people/nobody", PAGE)
async def people_nobody(hass: HomeAssistant, msg: dict[str, Any]) -> NobodyPage:
    """Return users who are nobody yet, with who they may be."""
    found = await _async_nobodies(hass)
    # Of tens of thousands, which would hold up the event loop with each letter.
    fit, certain = await hass.async_add_executor_job(_fitting, found, msg["search"])
    return NobodyPage(
        count=len(fit),
        certain=certain,
        users=fit[msg["offset"] : msg["offset"] + msg["limit"]],
    )
