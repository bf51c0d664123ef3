"""Whom triggers and conditions are about.

Names are compared when something happens, not when an automation is set up: people
come and go without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import voluptuous as vol

from homeassistant.helpers import config_validation as cv

from .core.people import Person, fold_id

CONF_BEHAVIOR: Final = "behavior"
CONF_GROUPS: Final = "groups"
CONF_FINALITY: Final = "finality"
CONF_PERSON: Final = "person"

# Which marks are meant: of days that are still open, or of those that are closed.
FINALITIES: Final = ("any", "provisional", "final")

GROUPS: Final = vol.All(cv.ensure_list, [cv.string])


def one_of(words: Iterable[str]) -> Any:
    """Return the schema of a list of words; a single one will do."""
    return vol.All(cv.ensure_list, [vol.In(list(words))])


@dataclass(frozen=True, slots=True)
class Whom:
    """Some people, as somebody named them; everybody if nobody is named."""

    names: frozenset[str]
    external_ids: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], groups: Iterable[str]) -> Self:
        """Take ids, external ids, Home Assistant's persons or names; and groups."""
        given = [name.strip() for name in names]
        return cls(
            frozenset(name.casefold() for name in given),
            frozenset(map(fold_id, given)),
            frozenset(group.strip().casefold() for group in groups),
        )

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> Self:
        """Take what the options of a trigger name."""
        return cls.of(options.get(CONF_PERSON, ()), options.get(CONF_GROUPS, ()))

    @property
    def is_everybody(self) -> bool:
        """Tell whether nobody in particular is meant."""
        return not self.names and not self.groups

    def means(self, person: Person | None) -> bool:
        """Tell whether a person is meant; None is somebody who is not known."""
        if self.is_everybody:
            return True
        if person is None:
            return False
        if self.groups & {group.casefold() for group in person.groups}:
            return True
        if person.external_id and fold_id(person.external_id) in self.external_ids:
            return True
        called = {person.id.casefold(), person.name.casefold(), person.ha_person}
        # A template about somebody who is not known leaves nothing.
        return bool(self.names & (called - {""}))
