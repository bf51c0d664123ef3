"""What an admin begins at terminals, which goes on when the page is left."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
import logging
from typing import Any, Final
from uuid import uuid4

import voluptuous as vol

from homeassistant.components.websocket_api import ERR_INVALID_FORMAT
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType

from ..actions.sync import ATTR_GROUP
from ..actions.templates import (
    ATTR_DRY_RUN,
    ATTR_PASSPHRASE,
    ATTR_TARGET,
    TEMPLATE_ACTIONS,
)
from ..actions.terminal import async_serial
from ..actions.users import ATTR_TEMPLATES, USER_ACTIONS, async_do
from ..const import DOMAIN, EVENT_ENROLLMENT
from ..core.progress import Going
from ..groups import async_groups
from ..signals import SIGNAL_ERASED, SIGNAL_GOING
from ..user_fields import ATTR_CARD, ATTR_PASSWORD, ATTR_USER_ID
from .payloads import Job, JobDetail, Problem, Progress

_LOGGER = logging.getLogger(__name__)

DATA_JOBS: HassKey[Jobs] = HassKey(f"{DOMAIN}_panel_jobs")
# A job began, went on, or ended.
SIGNAL_JOBS: SignalType[()] = SignalType("syncid_panel_jobs")

# What can be begun.
ACTIONS: Final = (
    "collect_records",
    "clear_records",
    "sync_time",
    "restart",
    "unlock_door",
    "enroll_user",
    "update_user",
    "remove_user",
    "enroll_fingerprint",
    "enroll_face",
    "set_face",
    "transfer_templates",
    "sync_users",
    "backup_users",
    "restore_users",
)
# What is done to people, and not at terminals: it tells itself how far it is.
PEOPLE_ACTIONS: Final = ("adopt_people", "automap")
# What somebody has to do themselves, at the terminal.
ENROLMENTS: Final = ("enroll_fingerprint", "enroll_face")
# What brings people to terminals one by one.
_BRINGING: Final = frozenset({"transfer_templates", "restore_users", "sync_users"})
# Only these hear of it that nobody wants them any more. What else was begun at a
# terminal is done there, and must not be called cancelled.
_STOPPABLE: Final = frozenset({*ENROLMENTS, *PEOPLE_ACTIONS})

# How many are done, of how many, and what has come of it; raises `CancelledError` if
# nobody wants the rest.
type Tell = Callable[[int, int, dict[str, Any]], None]
type Own = Callable[
    [HomeAssistant, dict[str, Any], Tell, Context], Awaitable[dict[str, Any]]
]
# Jobs that are remembered, for who left the page and comes back.
MOST_JOBS: Final = 30
# Users of a report that are told one by one, at all terminals together, which keeps it
# under 200 kB; of the others only how many they are.
MOST_USERS: Final = 200
# A card number opens doors.
_SECRETS: Final = frozenset({ATTR_CARD, ATTR_PASSPHRASE, ATTR_PASSWORD, ATTR_TEMPLATES})
# What the panel is told of an answer, and of each terminal in it: nothing that it does
# not show, as the user who was changed, with the card.
_TOLD: Final = frozenset(
    {
        "cleared",
        "drift_after",
        "drift_before",
        "faces",
        "file",
        "fingerprints",
        "mapped",
        "marks",
        "new",
        "passphrase",
        "people",
        "queued",
        "users",
        "warnings",
    }
)
_TOLD_OF_EACH: Final = frozenset({"device", "done", "error", "queued", "users"})
# Actions whose data may be secret. Home Assistant writes down what a service is called
# with, so these are not called as one.
_QUIET: Final = {
    action.name: action
    for action in (*USER_ACTIONS, *TEMPLATE_ACTIONS)
    if action.name in {"enroll_user", "update_user", "restore_users"}
}


def problem_of(err: BaseException) -> Problem:
    """Return what an error says, for the panel."""
    return Problem(
        message=str(err) or type(err).__name__,
        # As a command is refused: what a schema says is for programs.
        key=ERR_INVALID_FORMAT
        if isinstance(err, vol.Invalid)
        else getattr(err, "translation_key", None),
        values=getattr(err, "translation_placeholders", None),
    )


@dataclass(slots=True)
class _Begun:
    """A job, what it is about, and what came of it."""

    job: Job
    data: dict[str, Any]
    result: dict[str, Any] | None = None
    task: asyncio.Task[None] | None = None
    is_unwanted: bool = False


class Jobs:
    """Has actions done, and remembers what became of them."""

    def __init__(self, hass: HomeAssistant, own: Mapping[str, Own]) -> None:
        """Know of none yet, and how that is done which no action does."""
        self._hass = hass
        self._own = own
        self._begun: OrderedDict[str, _Begun] = OrderedDict()
        # Whom none may name that has ended: ids of users and people.
        self._erased: set[str] = set()
        hass.bus.async_listen(EVENT_ENROLLMENT, self._async_pressed)
        async_dispatcher_connect(hass, SIGNAL_GOING, self._async_going)
        async_dispatcher_connect(hass, SIGNAL_ERASED, self._async_erased)

    @callback
    def async_all(self) -> list[Job]:
        """Return what is remembered, newest first."""
        return [begun.job for begun in reversed(self._begun.values())]

    @callback
    def async_detail(self, job_id: str) -> JobDetail:
        """Return a job with what came of it; raises if it is forgotten."""
        begun = self._find(job_id)
        return JobDetail(job=begun.job, result=begun.result)

    @callback
    def async_begin(
        self,
        action: str,
        data: Mapping[str, Any],
        context: Context,
        like: str | None = None,
    ) -> Job:
        """Begin an action, with the data that it takes: as another job, but for that.

        Of a job that has ended no secrets are left; raises if it is forgotten.
        """
        if like is not None:
            data = {**self._find(like).data, **data}
        job = Job(
            id=uuid4().hex,
            action=action,
            plan=bool(data.get(ATTR_DRY_RUN)),
            targets=_targets(self._hass, data),
            user_id=user_id
            if isinstance(user_id := data.get(ATTR_USER_ID), str)
            else None,
            state="running",
            started=dt_util.utcnow().isoformat(),
            ended=None,
            progress=None,
            problem=None,
        )
        begun = self._begun[job["id"]] = _Begun(job, dict(data))
        self._forget()
        begun.task = self._hass.async_create_background_task(
            self._async_run(begun, context), f"syncid panel {action}"
        )
        async_dispatcher_send(self._hass, SIGNAL_JOBS)
        return job

    @callback
    def async_cancel(self, job_id: str) -> None:
        """End a job that has not ended; raises where it goes on all the same."""
        begun = self._find(job_id)
        if begun.task is None or begun.job["state"] != "running":
            return
        if begun.job["action"] not in _STOPPABLE:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="job_cannot_be_stopped"
            )
        if begun.job["action"] in self._own:
            # It is told between two of its steps, of which none may be cut.
            begun.is_unwanted = True
        else:
            begun.task.cancel()

    @callback
    def async_dismiss(self, job_id: str) -> None:
        """Forget a job that has ended; there may be a passphrase in it."""
        if self._find(job_id).job["state"] != "running":
            del self._begun[job_id]
            async_dispatcher_send(self._hass, SIGNAL_JOBS)

    def _find(self, job_id: str) -> _Begun:
        if (begun := self._begun.get(job_id)) is None:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="job_unknown"
            )
        return begun

    def _forget(self) -> None:
        """Forget the oldest of those that have ended."""
        ended = [
            key for key, begun in self._begun.items() if begun.job["state"] != "running"
        ]
        for key in ended[: max(0, len(self._begun) - MOST_JOBS)]:
            del self._begun[key]

    @callback
    def _async_erased(self, person_id: str, users: Collection[tuple[str, str]]) -> None:
        """Forget those that name somebody who is erased."""
        self._erased |= {person_id, *(user_id for _, user_id in users)}
        self._forget_erased()
        async_dispatcher_send(self._hass, SIGNAL_JOBS)

    def _forget_erased(self) -> None:
        """Forget what has ended and names them; the others when they end."""
        ended = [
            (key, begun)
            for key, begun in self._begun.items()
            if begun.job["state"] != "running"
        ]
        for key, begun in ended:
            if _mentions([begun.job, begun.data, begun.result], self._erased):
                del self._begun[key]
        if all(begun.job["state"] != "running" for begun in self._begun.values()):
            self._erased.clear()

    async def _async_run(self, begun: _Begun, context: Context) -> None:
        job = begun.job
        try:
            if own := self._own.get(job["action"]):
                tell = partial(self._async_tell, begun)
                answer = await own(self._hass, dict(begun.data), tell, context)
            else:
                answer = await self._async_call(job["action"], begun.data, context)
        except asyncio.CancelledError:
            job["state"] = "cancelled"
            raise
        except Exception as err:  # whatever it is, the admin waits for it
            job["state"], job["problem"] = "failed", problem_of(err)
            if not isinstance(err, (HomeAssistantError, vol.Invalid)):
                _LOGGER.exception("%s failed by a bug", job["action"])
        else:
            job["state"], begun.result = "done", shortened(answer)
        finally:
            # What is secret has done its work.
            for key in _SECRETS & begun.data.keys():
                del begun.data[key]
            job["ended"] = dt_util.utcnow().isoformat()
            self._forget_erased()
            async_dispatcher_send(self._hass, SIGNAL_JOBS)

    async def _async_call(
        self, action: str, data: dict[str, Any], context: Context
    ) -> dict[str, Any]:
        if quiet := _QUIET.get(action):
            call = ServiceCall(
                self._hass,
                DOMAIN,
                action,
                quiet.schema(data),
                context,
                return_response=True,
            )
            return await async_do(quiet, call) or {}
        services = self._hass.services
        answers = services.supports_response(DOMAIN, action).value != "none"
        return (
            await services.async_call(
                DOMAIN,
                action,
                dict(data),
                blocking=True,
                context=context,
                return_response=answers,
            )
            or {}
        )

    @callback
    def _async_tell(
        self, begun: _Begun, done: int, of: int, so_far: dict[str, Any]
    ) -> None:
        """Note how far something is that is done here."""
        # Kept if it is stopped, or fails: what is done by then is not undone.
        begun.result = shortened(so_far)
        begun.job["progress"] = Progress(
            step="people", presses=0, device="", done=done, of=of, name=None
        )
        async_dispatcher_send(self._hass, SIGNAL_JOBS)
        if begun.is_unwanted and done < of:
            raise asyncio.CancelledError

    @callback
    def _async_pressed(self, event: Event[Any]) -> None:
        """Note how far an enrolment is."""
        for begun in self._begun.values():
            job = begun.job
            if (
                job["action"] in ENROLMENTS
                and job["state"] == "running"
                and job["targets"] == [event.data["device"]]
                and job["user_id"] == event.data["user_id"]
            ):
                job["progress"] = Progress(
                    step=event.data["step"],
                    presses=event.data["presses"],
                    device=event.data["device"],
                    done=0,
                    of=0,
                    name=None,
                )
                async_dispatcher_send(self._hass, SIGNAL_JOBS)

    @callback
    def _async_going(self, serial: str, going: Going) -> None:
        """Note how far people are brought to a terminal."""
        for begun in self._begun.values():
            job = begun.job
            if (
                job["action"] in _BRINGING
                and job["state"] == "running"
                and serial in job["targets"]
            ):
                before = job["progress"]
                job["progress"] = now = Progress(
                    step=going.stage,
                    presses=0,
                    device=serial,
                    done=going.done,
                    of=going.of,
                    name=going.name,
                )
                if before is None or _percent(before) != _percent(now):
                    async_dispatcher_send(self._hass, SIGNAL_JOBS)


def _mentions(told: object, names: Collection[str]) -> bool:
    """Tell whether any of some names is said anywhere."""
    match told:
        case str():
            return told in names
        case Mapping():
            return any(_mentions(one, names) for one in told.values())
        case list() | tuple():
            return any(_mentions(one, names) for one in told)
    return False


def _percent(progress: Progress) -> tuple[str, str, int]:
    """Return what is told when it changes: of thousands of people not each."""
    share = 100 * progress["done"] // progress["of"]
    return progress["device"], progress["step"], share


def _targets(hass: HomeAssistant, data: Mapping[str, Any]) -> list[str]:
    """Return the serial numbers of the terminals that a job changes."""
    if ATTR_GROUP in data:
        return [
            serial
            for group in async_groups(hass)
            if group.id == data[ATTR_GROUP]
            for serial in group.followers
        ]
    named = data.get(ATTR_TARGET, data.get(ATTR_DEVICE_ID, ()))
    device_ids = named if isinstance(named, list) else [named]
    # What is no id the action refuses.
    return [async_serial(hass, one) for one in device_ids if isinstance(one, str)]


def shortened(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with the users counted by outcome, and only the first of them."""
    told = {key: answer[key] for key in _TOLD & answer.keys()}
    if "terminals" in answer:
        most = max(1, MOST_USERS // max(1, len(answer["terminals"])))
        told["terminals"] = [_short(one, most) for one in answer["terminals"]]
    return told


def _short(terminal: Mapping[str, Any], most: int) -> dict[str, Any]:
    short = {key: terminal[key] for key in _TOLD_OF_EACH & terminal.keys()}
    if "users" not in terminal:
        return short
    outcomes: dict[str, int] = {}
    for user in terminal["users"]:
        outcomes[user["outcome"]] = outcomes.get(user["outcome"], 0) + 1
    told = [user for user in terminal["users"] if user["outcome"] != "same"]
    return {**short, "users": told[:most], "outcomes": outcomes}
