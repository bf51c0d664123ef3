"""Groups: which terminals are to hold the same people as another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback

from .const import (
    CONF_FACES,
    CONF_FINGERPRINTS,
    CONF_FOLLOWERS,
    CONF_LEADER,
    CONF_REMOVE_EXTRA,
    CONF_USER_IDS,
    DOMAIN,
    SITE_UNIQUE_ID,
    SUBENTRY_GROUP,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Terminals that follow another one; each has its part in one group only."""

    id: str
    name: str
    # Serial numbers.
    leader: str
    followers: tuple[str, ...]
    # Whom it is about; everybody if there are none.
    user_ids: tuple[str, ...]
    fingerprints: bool
    faces: bool
    remove_extra: bool

    @classmethod
    def of(cls, group_id: str, data: Mapping[str, Any]) -> Self:
        """Return what a subentry says."""
        return cls(
            id=group_id,
            name=data[CONF_NAME],
            leader=data[CONF_LEADER],
            followers=tuple(data[CONF_FOLLOWERS]),
            user_ids=tuple(data.get(CONF_USER_IDS, ())),
            fingerprints=data[CONF_FINGERPRINTS],
            faces=data[CONF_FACES],
            remove_extra=data[CONF_REMOVE_EXTRA],
        )

    @property
    def terminals(self) -> frozenset[str]:
        """Return the serial numbers of all that are in it."""
        return frozenset((self.leader, *self.followers))


@callback
def async_groups(hass: HomeAssistant) -> list[Group]:
    """Return all groups."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    if site is None or site.disabled_by:
        return []
    return [
        Group.of(subentry.subentry_id, subentry.data)
        for subentry in site.get_subentries_of_type(SUBENTRY_GROUP)
    ]


@callback
def async_group_followed_by(hass: HomeAssistant, serial: str) -> Group | None:
    """Return the group in which a terminal follows."""
    return next(
        (group for group in async_groups(hass) if serial in group.followers), None
    )
