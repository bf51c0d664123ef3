"""Faces of terminals that SyncID connects to and that push besides.

Visible-light faces go by push only, all else by port 4370.
"""

from collections.abc import Iterable
from dataclasses import replace
import logging
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonValueType

from ..coordinator import DeviceCoordinator
from ..core.adms.content import VISIBLE_FACE
from ..core.adms.facts import has_kind
from ..push.talk import adms_at, adms_of
from ..push.transfer import PushRoster, async_bring_by_push, async_read_push_faces

_LOGGER = logging.getLogger(__name__)

# The option by which a terminal tells which templates it has.
_KINDS = "multibiodatasupport"
_NOT_TAKEN = frozenset({"refuse", "fail"})


def gives_by_push_alone(source: DeviceCoordinator) -> bool:
    """Tell whether a terminal calls and may give all away, and is not reached else."""
    adms = adms_of(source)
    may_give = adms is not None and adms.wishes.biometrics
    return may_give and source.is_heard and not source.is_reached


async def async_add_faces(
    source: DeviceCoordinator, roster: PushRoster, targets: Iterable[str]
) -> tuple[PushRoster, list[JsonValueType]]:
    """Return people of a terminal with their faces, and why those are left out."""
    adms = adms_of(source)
    if adms is None or not any(adms_at(source.hass, serial) for serial in targets):
        return roster, []
    told = adms.state.options
    if _KINDS in told and not has_kind(told, _KINDS, VISIBLE_FACE):
        return roster, []
    if not adms.wishes.biometrics:
        return roster, ["faces_not_allowed"]
    if not source.is_heard:
        return roster, ["faces_not_read"]
    try:
        return await async_read_push_faces(source, roster), []
    except HomeAssistantError as err:
        _LOGGER.debug("%s gives no faces: %s", source.serial, err)
        return roster, ["faces_not_read"]


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
