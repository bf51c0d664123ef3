"""People with their templates, brought to terminals that push."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..core.adms.commands import Commands
from ..core.adms.content import FINGERPRINT, INFRARED_FACE, VISIBLE_FACE, Template
from ..core.errors import PushRefused, UserRefused
from ..core.progress import counter
from ..device import SyncIDCoordinator
from ..signals import teller
from .adms import AdmsTerminal
from .queue import Outcome
from .roster import PushPerson, PushRoster
from .talk import async_on_push
from .told import async_users


async def async_bring_by_push(
    device: SyncIDCoordinator, *, roster: PushRoster, dry_run: bool
) -> dict[str, Any]:
    """Bring people to a terminal, and return what became of each."""

    async def bring(adms: AdmsTerminal) -> dict[str, Any]:
        known = await async_users(adms.coordinator, adms)
        cards = {user.card: user.user_id for user in known.values() if user.card}
        tasks = [_task(adms, roster, person, known, cards) for person in roster.people]
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
    # The commands whose failure the picture of the face makes good.
    faces: Commands = field(default=(), repr=False)

    def end(self, outcomes: Sequence[Outcome]) -> None:
        """Tell what became of it."""
        has_face = any(
            outcome.is_done and outcome.row.kind == "write_photo"
            for outcome in outcomes
        )
        failed = {
            outcome.row.reason: None
            for command, outcome in zip(self.commands, outcomes, strict=True)
            if outcome.row.state == "failed"
            # Of the picture the terminal made a template of its own kind.
            and not (has_face and command in self.faces)
        }
        if failed:
            self.report["outcome"] = "fail"
            self.report["reasons"] += [f"push_{reason}" for reason in failed]
        elif any(outcome.row.state not in {"done", "failed"} for outcome in outcomes):
            self.report["outcome"] = "queued"


def _task(
    adms: AdmsTerminal,
    roster: PushRoster,
    person: PushPerson,
    known: Iterable[str],
    cards: dict[int, str],
) -> _Task:
    """Return what is to be said of a person; `cards` of the terminal are whose."""
    user, reasons = person.user, list[str]()
    templates = [
        template
        for template in person.templates
        if _fits(adms, roster, template, reasons)
    ]
    is_new = user.user_id not in known
    if (
        is_new
        and user.card
        and cards.setdefault(user.card, user.user_id) != user.user_id
    ):
        user = replace(user, card=None)
        reasons.append("card_taken")
    report: dict[str, Any] = {
        "user_id": user.user_id,
        "name": user.name,
        "outcome": "add"
        if is_new
        else "change"
        if templates or person.photo
        else "same",
        # One finger may have several templates.
        "fingerprints": len(
            {one.number for one in templates if one.type == FINGERPRINT}
        ),
        "face": person.photo is not None
        or any(one.type in {INFRARED_FACE, VISIBLE_FACE} for one in templates),
        "reasons": list(dict.fromkeys(reasons)),
    }
    commands: Commands = ()
    faces: Commands = ()
    try:
        if is_new:
            commands += adms.phrases.copy_user(user)
        if person.photo is not None:
            # First: what the terminal makes of it gives way to the template itself.
            commands += adms.phrases.write_photo(person.photo)
        for template in templates:
            said = adms.phrases.write_template(template)
            commands += said
            if template.type == VISIBLE_FACE:
                faces += said
    except (UserRefused, PushRefused) as err:
        report |= {"outcome": "refuse", "reasons": [err.reason]}
        commands = ()
    return _Task(commands, report, faces)


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
