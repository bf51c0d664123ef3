"""What Assist may tell of people: what entities that are exposed to it show, no more.

Somebody whose entities are not exposed is to Assist as somebody who does not exist. The
sensor of who is on site names all of them, so that exposing it is to tell of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .attendance.attendance import DATA_ATTENDANCE
from .attendance.events import time_of
from .const import DOMAIN, SITE_UNIQUE_ID
from .core.attendance.marks import Mark
from .core.people import Person, fold_name

# Entities by what they show; the status has all of it among its attributes.
_SHOW_PRESENCE = frozenset({"presence", "status"})
_SHOW_ARRIVAL = frozenset({"first_in", "status"})
_SHOW_DEPARTURE = frozenset({"last_out", "status"})
_SHOW_HOURS = frozenset({"hours_today"})


@dataclass(frozen=True, slots=True)
class Exposed:
    """What is exposed to an assistant."""

    # The names of all who are on site.
    everybody: bool
    # Keys of the entities of people, by person.
    of_people: Mapping[str, frozenset[str]]

    @property
    def is_anything(self) -> bool:
        """Tell whether there is anything to ask."""
        return self.everybody or bool(self.of_people)

    def shows(self, person_id: str, keys: frozenset[str]) -> bool:
        """Tell whether one of these entities of a person is exposed."""
        return not keys.isdisjoint(self.of_people.get(person_id, ()))

    def shows_presence(self, person_id: str) -> bool:
        """Tell whether it may be said that a person is on site."""
        return self.everybody or self.shows(person_id, _SHOW_PRESENCE)


@callback
def async_exposed(hass: HomeAssistant, assistant: str) -> Exposed:
    """Return what an assistant may tell of."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None:
        return Exposed(False, {})
    keys: dict[str, set[str]] = {}
    for entry in er.async_entries_for_config_entry(er.async_get(hass), site.entry_id):
        if not entry.disabled and async_should_expose(hass, assistant, entry.entity_id):
            whose, _, key = entry.unique_id.rpartition("-")
            keys.setdefault(whose, set()).add(key)
    everybody = "on_site" in keys.pop(SITE_UNIQUE_ID, set())
    people = hass.data[DATA_ATTENDANCE].people
    return Exposed(
        everybody,
        {whose: frozenset(of) for whose, of in keys.items() if whose in people},
    )


@callback
def async_who_is_in(hass: HomeAssistant, exposed: Exposed) -> list[tuple[Person, Mark]]:
    """Return who is on site, of those of whom that may be said, by name."""
    attendance = hass.data[DATA_ATTENDANCE]
    found = [
        (person, mark)
        for mark in attendance.async_on_site()
        if exposed.shows_presence(mark.person_id)
        and (person := attendance.people.get(mark.person_id))
    ]
    return sorted(found, key=lambda one: one[0].name.casefold())


@callback
def async_named(hass: HomeAssistant, exposed: Exposed, name: str) -> list[Person]:
    """Return who is called so, of those who are exposed: else who has all the words."""
    people = hass.data[DATA_ATTENDANCE].people
    wanted = fold_name(name)
    folded = {
        person_id: fold_name(people[person_id].name) for person_id in exposed.of_people
    }
    found = [one for one, called in folded.items() if called == wanted]
    if not found and (words := set(wanted.split())):
        found = [one for one, called in folded.items() if words <= set(called.split())]
    return sorted((people[one] for one in found), key=lambda person: person.name)


@callback
def async_facts(
    hass: HomeAssistant, exposed: Exposed, person: Person
) -> dict[str, Any]:
    """Return what may be told of a person's current day."""
    facts: dict[str, Any] = {"name": person.name}
    attendance = hass.data[DATA_ATTENDANCE]
    mark = attendance.async_current(person.id)
    if mark is None:
        return facts
    if exposed.shows_presence(person.id):
        facts["on_site"] = attendance.async_is_on_site(person.id)
    if exposed.shows(person.id, _SHOW_ARRIVAL):
        facts["arrived"] = time_of(mark.first_in)
    if exposed.shows(person.id, _SHOW_DEPARTURE):
        facts["left"] = time_of(mark.went)
    if exposed.shows(person.id, _SHOW_HOURS):
        now = int(dt_util.utcnow().timestamp())
        facts["hours_today"] = round(mark.hours_at(now) / 3600, 2)
    if exposed.shows(person.id, frozenset({"status"})):
        facts |= {
            "date": mark.date.isoformat(),
            "status": mark.status,
            "presence": mark.presence,
            "late_minutes": mark.late_by // 60,
            "final": mark.final,
        }
    return facts
