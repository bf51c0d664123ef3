"""Whom an action means, and what it tells of them."""

from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er

from ..const import DOMAIN
from ..core.errors import LedgerError
from ..core.people import Person, fold_id
from ..hub import DATA_HUB

ATTR_GROUPS: Final = "groups"
ATTR_PERSON: Final = "person"

# Candidates that an error names.
_MOST_TOLD: Final = 10

# Fields of what is about some people; about all if neither is given.
WHOM: Final = {
    vol.Optional(ATTR_PERSON): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional(ATTR_GROUPS): vol.All(cv.ensure_list, [cv.string]),
}


async def async_knows_all(call: ServiceCall) -> bool:
    """Tell whether a caller may know all: automations, and of users admins."""
    user_id = call.context.user_id
    user = await call.hass.auth.async_get_user(user_id) if user_id else None
    return user is None or user.is_admin


def ledger_errors[T](
    handle: Callable[[ServiceCall], Awaitable[T]],
) -> Callable[[ServiceCall], Awaitable[T]]:
    """Tell an admin what the ledger could not do."""

    @wraps(handle)
    async def handled(call: ServiceCall) -> T:
        try:
            return await handle(call)
        except LedgerError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="ledger_error",
                translation_placeholders={"error": str(err)},
            ) from err

    return handled


@callback
def async_ha_persons(hass: HomeAssistant) -> set[str]:
    """Return the entity IDs of Home Assistant's persons, of those that are off too."""
    registered = er.async_get(hass).entities.values()
    return {
        *hass.states.async_entity_ids("person"),
        *(one.entity_id for one in registered if one.domain == "person"),
    }


@callback
def async_person(hass: HomeAssistant, named: str) -> Person:
    """Return whom somebody means, if it is one.

    By id, by external id, by Home Assistant's person, or by name.
    """
    people = hass.data[DATA_HUB].directory.people
    if named in people:
        return people[named]
    several: list[Person] = []
    for found in (
        [
            one
            for one in people.values()
            if one.external_id and fold_id(one.external_id) == fold_id(named)
        ],
        [one for one in people.values() if one.ha_person == named],
        [one for one in people.values() if one.name == named],
    ):
        if len(found) == 1:
            return found[0]
        several += found
    if candidates := [*dict.fromkeys(several)]:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="person_ambiguous",
            translation_placeholders={
                "person": named,
                "candidates": ", ".join(map(_told_apart, candidates[:_MOST_TOLD]))
                + (", …" if len(candidates) > _MOST_TOLD else ""),
            },
        )
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="person_unknown",
        translation_placeholders={"person": named},
    )


def _told_apart(person: Person) -> str:
    """Return how somebody can be told from who has the same name."""
    known_by = person.external_id or person.id
    return f"{person.name} ({'; '.join((*person.groups, known_by))})"


@callback
def async_people(
    hass: HomeAssistant,
    named: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
) -> dict[str, Person]:
    """Return people by id: those who are named, and those of groups; else all."""
    people = hass.data[DATA_HUB].directory.people
    if named is None and groups is None:
        return dict(people)
    found = [async_person(hass, one) for one in named or ()]
    wanted = {group.strip().casefold() for group in groups or ()}
    known = {group.casefold() for one in people.values() for group in one.groups}
    if unknown := wanted - known:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="people_group_unknown",
            translation_placeholders={"group": min(unknown)},
        )
    found += [
        one
        for one in people.values()
        if wanted & {group.casefold() for group in one.groups}
    ]
    return {one.id: one for one in found}


@callback
def async_whom(call: ServiceCall) -> dict[str, Person]:
    """Return the people that a call is about, by id."""
    data = call.data
    return async_people(call.hass, data.get(ATTR_PERSON), data.get(ATTR_GROUPS))


def person_as_dict(hass: HomeAssistant, person: Person) -> dict[str, Any]:
    """Return what is told of a person: never a card."""
    users = hass.data[DATA_HUB].directory.users_of(person.id)
    return {
        "person_id": person.id,
        "name": person.name,
        "external_id": person.external_id or None,
        "kind": person.kind,
        "groups": list(person.groups),
        "ha_person": person.ha_person or None,
        "valid_from": person.valid_from and person.valid_from.isoformat(),
        "valid_until": person.valid_until and person.valid_until.isoformat(),
        "users": [{"device": serial, "user_id": user_id} for serial, user_id in users],
    }
