"""People with their templates, brought to terminals that push, or from one of them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..core.adms.commands import Commands, checked_id, checked_picture
from ..core.adms.content import (
    FINGERPRINT,
    INFRARED_FACE,
    VISIBLE_FACE,
    Photo,
    PushedUser,
    Template,
    Upload,
)
from ..core.errors import PushFailed, PushRefused, UserRefused
from ..core.progress import counter
from ..core.terminal.templates import DURESS, VALID
from ..core.terminal.transfer import Roster
from ..core.terminal.users import decode_user, password_held
from ..device import SyncIDCoordinator
from ..signals import teller
from .adms import AdmsTerminal
from .queue import Outcome
from .talk import async_gather, async_on_push
from .told import async_people, async_users

# For some users each is asked for; for more of them, all templates come at once.
_ONE_BY_ONE = 5


@dataclass(frozen=True, slots=True)
class PushPerson:
    """A user with the templates that a terminal gave away."""

    user: PushedUser
    templates: tuple[Template, ...] = field(default=(), repr=False)
    # That their face is known by, which other firmware makes a template of.
    photo: Photo | None = field(default=None, repr=False)


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
            disabled=held.disabled,
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
        users, templates = await async_people(device, adms)
        chosen = list(users if user_ids is None else dict.fromkeys(user_ids))
        for user_id in chosen:
            if user_id not in users:
                raise UserRefused("user_unknown", user_id)
        fingers = _by_user(
            await _async_templates(
                device,
                adms,
                FINGERPRINT,
                adms.phrases.list_fingerprints,
                _to_ask(chosen),
            )
            if templates is None
            else templates
        )
        roster = PushRoster(
            device.data.info.fingerprint_version,
            tuple(
                PushPerson(users[user_id], fingers.get(user_id, ()))
                for user_id in chosen
            ),
        )
        if adms.state.is_old:
            return roster  # none of them knows faces that it could tell
        return await _async_with_faces(device, adms, roster)

    return await async_on_push(device, read)


async def async_read_push_faces(
    device: SyncIDCoordinator, roster: PushRoster
) -> PushRoster:
    """Return people of a terminal on port 4370 with the faces that only push gives."""
    return await async_on_push(
        device, lambda adms: _async_with_faces(device, adms, roster)
    )


async def _async_with_faces(
    device: SyncIDCoordinator, adms: AdmsTerminal, roster: PushRoster
) -> PushRoster:
    asked = _to_ask([person.user.user_id for person in roster.people])
    faces = _by_user(
        await _async_templates(
            device,
            adms,
            VISIBLE_FACE,
            partial(adms.phrases.list_templates, VISIBLE_FACE),
            asked,
        )
    )
    photos = {
        photo.user_id: photo
        for photo in await _async_gathered(
            device, adms, adms.phrases.list_face_photos, asked, _face_photos
        )
    }
    people = [
        replace(
            person,
            templates=(*person.templates, *faces.get(person.user.user_id, ())),
            photo=photos.get(person.user.user_id),
        )
        for person in roster.people
    ]
    return replace(roster, people=tuple(people))


def _by_user(templates: Iterable[Template]) -> dict[str, tuple[Template, ...]]:
    found: dict[str, list[Template]] = {}
    for template in templates:
        found.setdefault(template.user_id, []).append(template)
    return {user_id: tuple(some) for user_id, some in found.items()}


def _to_ask(user_ids: Sequence[str]) -> list[str | None]:
    """Return for whom templates are asked; None asks for all at once."""
    one_by_one = len(user_ids) <= _ONE_BY_ONE and all(map(_can_be_asked, user_ids))
    return [*user_ids] if one_by_one else [None]


def faces_of(roster: PushRoster) -> PushRoster:
    """Return people with nothing but their visible-light faces, who have one."""
    people = [
        replace(
            person,
            templates=tuple(
                one for one in person.templates if one.type == VISIBLE_FACE
            ),
        )
        for person in roster.people
    ]
    with_face = [person for person in people if person.templates or person.photo]
    return replace(roster, people=tuple(with_face))


def _can_be_asked(user_id: str) -> bool:
    with suppress(UserRefused):
        return bool(checked_id(user_id))
    return False


def _face_photos(upload: Upload) -> list[Photo]:
    """Return the pictures of faces in an upload that a terminal would take."""
    return [
        photo
        for photo in upload.photos
        if photo.kind == "face" and _can_be_sent(photo.content)
    ]


def _can_be_sent(picture: bytes) -> bool:
    with suppress(PushRefused):
        return bool(checked_picture(picture))
    return False


async def _async_templates(
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    type_: int,
    ask: Callable[[str | None], Commands],
    user_ids: Iterable[str | None],
) -> list[Template]:
    """Return templates of one type; none from a terminal that has none of the type.

    A door that is asked for one user's tells those of all types.
    """
    templates = await _async_gathered(
        device, adms, ask, user_ids, lambda upload: upload.templates
    )
    found = {
        (template.user_id, template.number, template.index): template
        for template in templates
        if template.type == type_
    }
    return list(found.values())


async def _async_gathered[T](
    device: SyncIDCoordinator,
    adms: AdmsTerminal,
    ask: Callable[[str | None], Commands],
    user_ids: Iterable[str | None],
    pick: Callable[[Upload], Iterable[T]],
) -> list[T]:
    """Return what a terminal tells of users; what it tells of none is nothing."""
    found: list[T] = []
    for user_id in user_ids:
        with suppress(PushFailed, PushRefused):
            found += await async_gather(device, adms, ask(user_id), pick)
    return found


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
        "outcome": "add"
        if is_new
        else "change"
        if templates or person.photo
        else "same",
        # One finger may be told in two tables.
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
