"""Faces of terminals that SyncID connects to and that push besides.

Visible-light faces go by push only, all else by port 4370.
"""

from collections.abc import Iterable
from dataclasses import replace
import logging
from typing import Any

from homeassistant.exceptions import HomeAssistantError

from ..coordinator import DeviceCoordinator
from ..core.adms.content import VISIBLE_FACE
from ..core.adms.facts import TEMPLATE_KINDS, has_kind
from ..push.roster import PushRoster, async_read_push_faces
from ..push.talk import adms_at, adms_of
from ..push.transfer import async_bring_by_push

_LOGGER = logging.getLogger(__name__)

_NOT_TAKEN = frozenset({"refuse", "fail"})


def gives_by_push_alone(source: DeviceCoordinator) -> bool:
    """Tell whether a terminal calls and may give all away, and is not reached else."""
    adms = adms_of(source)
    may_give = adms is not None and adms.wishes.biometrics
    return may_give and source.is_heard and not source.is_reached


async def async_add_faces(
    source: DeviceCoordinator, roster: PushRoster, targets: Iterable[str]
) -> PushRoster:
    """Return people of a terminal with their faces, or a word of why those are left out."""
    adms = adms_of(source)
    if adms is None or not any(adms_at(source.hass, serial) for serial in targets):
        return roster
    told = adms.state.options
    if TEMPLATE_KINDS in told and not has_kind(told, TEMPLATE_KINDS, VISIBLE_FACE):
        return roster
    if not adms.wishes.biometrics:
        return replace(roster, warnings=("faces_not_allowed",))
    if source.is_heard:
        try:
            return await async_read_push_faces(source, roster)
        except HomeAssistantError as err:
            _LOGGER.debug("%s gives no faces: %s", source.serial, err)
    return replace(roster, warnings=("faces_not_read",))


async def async_bring_faces(
    target: DeviceCoordinator,
    done: dict[str, Any],
    roster: PushRoster,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Bring faces to a terminal that has taken people; return what became of both."""
    users = {
        user["user_id"]: user
        for user in done["users"]
        if user["outcome"] not in _NOT_TAKEN
    }
    people = [person for person in roster.people if person.user.user_id in users]
    if adms_of(target) is None or not people:
        return done
    brought = None
    if target.is_heard:
        faces = replace(roster, people=tuple(people))
        try:
            brought = await async_bring_by_push(target, roster=faces, dry_run=dry_run)
        except HomeAssistantError as err:
            _LOGGER.debug("%s takes no faces: %s", target.serial, err)
    if brought is None:
        for person in people:
            user = users[person.user.user_id]
            user["outcome"] = "fail"
            user["reasons"].append("not_written_face")
        return done
    for report in brought["users"]:
        user = users[report["user_id"]]
        user["reasons"] += report["reasons"]
        user["face"] |= report["face"] and report["outcome"] not in _NOT_TAKEN
        if user["outcome"] == "same" or report["outcome"] in {"fail", "queued"}:
            user["outcome"] = report["outcome"]
    return {**done, **brought, "users": done["users"]}
