"""People with their templates, brought to terminals that push, or from one of them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from homeassistant.exceptions import HomeAssistantError

from .adms import AdmsTerminal
from .adms_queue import Outcome
from .const import DOMAIN
from .core.adms.commands import Commands, checked_id
from .core.adms.content import (
    FINGERPRINT,
    INFRARED_FACE,
    VISIBLE_FACE,
    PushedUser,
    Template,
)
from .core.errors import PushFailed, PushRefused, UserRefused
from .core.progress import counter
from .core.terminal.templates import DURESS, VALID
from .core.terminal.transfer import Roster
from .core.terminal.users import decode_user, password_held
from .device import SyncIDCoordinator
from .hub import teller
from .push_actions import async_users
from .push_talk import async_gather, async_on_push

# For some users each is asked for; for more of them, all templates come at once.
_ONE_BY_ONE = 5


@dataclass(frozen=True, slots=True)
class PushPerson:
    """A user with the templates that a terminal gave away."""

    user: PushedUser
    templates: tuple[Template, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PushRoster:
    """People as one terminal held them."""

    fingerprint_version: int | None
    people: tuple[PushPerson, ...] = field(repr=False)


def push_roster_of(roster: Roster) -> PushRoster:
    """Return people of a terminal on port 4370, as they are told to one that pushes.

    Without their infrared faces, which no terminal takes by push.
    """
    people = []
    for person in roster.people:
        held = decode_user(person.record)
        user = PushedUser(
            user_id=held.user_id,
            name=held.name,
            privilege=held.privilege & ~1,
            password=password_held(person.record) or None,
            card=held.card,
            group=held.group,
        )
        templates = tuple(
            Template(
                "fingertmp",
                FINGERPRINT,
                held.user_id,
                finger.finger,
                finger.template,
                valid=DURESS if finger.flag == DURESS else VALID,
            )
            for finger in person.fingers
        )
        people.append(PushPerson(user, templates))
    return PushRoster(roster.info.fingerprint_version, tuple(people))


async def async_read_push_roster(
    device: SyncIDCoordinator, user_ids: Sequence[str] | None
) -> PushRoster:
    """Return people with their templates, which the admin lets the terminal give away."""

    async def read(adms: AdmsTerminal) -> PushRoster:
        if not adms.wishes.biometrics:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="biometrics_off",
                translation_placeholders={"name": device.config_entry.title},
            )
        users = await async_users(device, adms)
        chosen = list(users if user_ids is None else dict.fromkeys(user_ids))
        for user_id in chosen:
            if user_id not in users:
                raise UserRefused("user_unknown", user_id)
        one_by_one = len(chosen) <= _ONE_BY_ONE and all(map(_can_be_asked, chosen))
        asked: list[str | None] = [*chosen] if one_by_one else [None]
        templates: dict[str, list[Template]] = {}
        for ask in (
            adms.phrases.list_fingerprints,
            lambda user_id: adms.phrases.list_templates(VISIBLE_FACE, user_id),
        ):
            for template in await _async_templates(device, adms, ask, asked):
                templates.setdefault(template.user_id, []).append(template)
        return PushRoster(
            device.data.info.fingerprint_version,
            tuple(
                PushPerson(users[user_id], tuple(templates.get(user_id, ())))
                for user_id in chosen
            ),
        )

    return await async_on_push(device, read)


def _can_be_asked(user_id: str) -> bool:
    with suppress(UserRefused):
        return bool(checked_id(user_id))
    return False


async def _async_templates(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    ask: Callable[[str | None], Commands],
    user_ids: Iterable[str | None],
) -> list[Template]:
    """Return templates of one kind; none from a terminal that has none of the kind."""
    found: dict[tuple[str, int, int, int], Template] = {}
    try:
        for user_id in user_ids:
            for template in await async_gather(
                device, adms, ask(user_id), lambda upload: upload.templates
            ):
                key = template.user_id, template.type, template.number, template.index
                found[key] = template
    except PushFailed, PushRefused:
        pass
    return list(found.values())


async def async_bring_by_push(
    device: SyncIDCoordinator, *, roster: PushRoster, dry_run: bool
) -> dict[str, Any]:
    """Bring people to a terminal, and return what became of each."""

    async def bring(adms: AdmsTerminal) -> dict[str, Any]:
        known = await async_users(adms.coordinator, adms)
        tasks = [_task(adms, roster, person, known) for person in roster.people]
        if dry_run:
            return {"users": [task.report for task in tasks]}
        commands = [command for task in tasks for command in task.commands]
        answered = _counted([task for task in tasks if task.commands], device)
        said = await adms.async_say(commands, on_answer=answered) if commands else ()
        outcomes = iter(said)
        for task in tasks:
            task.end([next(outcomes) for _ in task.commands])
        queued = any(task.report["outcome"] == "queued" for task in tasks)
        return {
            "users": [task.report for task in tasks],
            **({"done": False, "queued": True} if queued else {}),
        }

    return await async_on_push(device, bring)


def _counted(
    tasks: Sequence[_Task], device: SyncIDCoordinator
) -> Callable[[int], None]:
    """Return what hears which command was answered, and tells who is brought by that."""
    tell = teller(device.hass, device.serial)
    brought = counter(tell, "write", len(tasks))
    whose = [task for task in tasks for _ in task.commands]
    left = {id(task): len(task.commands) for task in tasks}

    def answered(number: int) -> None:
        task = whose[number]
        left[id(task)] -= 1
        if not left[id(task)]:
            brought(task.report["name"] or task.report["user_id"])

    return answered


@dataclass(slots=True)
class _Task:
    """What is to be said of one person, and what became of it."""

    commands: Commands = field(repr=False)
    report: dict[str, Any]

    def end(self, outcomes: Sequence[Outcome]) -> None:
        """Tell what became of it."""
        failed = [outcome.row for outcome in outcomes if outcome.row.state == "failed"]
        if failed:
            self.report["outcome"] = "fail"
            self.report["reasons"] += [
                f"push_{row.reason}" for row in dict.fromkeys(failed)
            ]
        elif not all(outcome.is_done for outcome in outcomes):
            self.report["outcome"] = "queued"


def _task(
    adms: AdmsTerminal, roster: PushRoster, person: PushPerson, known: Iterable[str]
) -> _Task:
    user, reasons = person.user, list[str]()
    templates = [
        template
        for template in person.templates
        if _fits(adms, roster, template, reasons)
    ]
    is_new = user.user_id not in known
    report: dict[str, Any] = {
        "user_id": user.user_id,
        "name": user.name,
        "outcome": "add" if is_new else "change" if templates else "same",
        "fingerprints": sum(one.type == FINGERPRINT for one in templates),
        "face": any(one.type in {INFRARED_FACE, VISIBLE_FACE} for one in templates),
        "reasons": list(dict.fromkeys(reasons)),
    }
    commands: Commands = ()
    try:
        if is_new:
            commands += adms.phrases.copy_user(user)
        for template in templates:
            commands += adms.phrases.write_template(template)
    except (UserRefused, PushRefused) as err:
        report |= {"outcome": "refuse", "reasons": [err.reason]}
        commands = ()
    return _Task(commands, report)


def _fits(
    adms: AdmsTerminal, roster: PushRoster, template: Template, reasons: list[str]
) -> bool:
    """Tell whether the terminal reads a template; say why not."""
    if template.type != FINGERPRINT:
        return True
    version = adms.state.facts.info(adms.serial).fingerprint_version
    if version is not None and version == roster.fingerprint_version:
        return True
    known = None not in {version, roster.fingerprint_version}
    reasons.append("fingerprint_version" if known else "fingerprint_version_unknown")
    return False


async def async_refuse_from_push(device: SyncIDCoordinator) -> dict[str, Any]:
    """Refuse what would go from a terminal that pushes to one on port 4370."""
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="templates_of_push",
        translation_placeholders={"name": device.config_entry.title},
    )
