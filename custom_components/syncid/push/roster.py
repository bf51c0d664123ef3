"""People with what they are known by, as a terminal that pushes gives them away."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..core.adms.commands import Commands, checked_id, checked_picture
from ..core.adms.content import (
    FINGERPRINT,
    VISIBLE_FACE,
    Photo,
    PushedUser,
    Template,
    Upload,
)
from ..core.adms.dialect import NO_SUCH_TABLE
from ..core.adms.facts import TEMPLATE_KINDS, has_kind
from ..core.errors import PushFailed, PushRefused, UserRefused
from ..core.terminal.templates import DURESS, VALID
from ..core.terminal.transfer import Roster
from ..core.terminal.users import decode_user, password_held
from ..device import SyncIDCoordinator
from .adms import AdmsTerminal
from .talk import async_gather, async_on_push
from .told import async_people

# For some users each is asked for; for more of them, all templates come at once.
_ONE_BY_ONE = 5
# Up to which algorithm fingerprints have a table of their own (protocol-adms §7.5.3).
_OWN_TABLE = 10

# What asks for the templates of a user; None for everybody's.
type Ask = Callable[[str | None], Commands]


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
    # What of them it did not give away.
    warnings: tuple[str, ...] = ()


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
        roster = PushRoster(
            device.data.info.fingerprint_version,
            tuple(PushPerson(users[user_id]) for user_id in chosen),
        )
        if templates is not None:
            # None of those that cannot be asked knows faces that it could tell.
            return _with_templates(roster, templates)
        roster = await _async_with_fingers(device, adms, roster)
        return await _async_with_faces(device, adms, roster)

    return await async_on_push(device, read)


async def async_read_push_faces(
    device: SyncIDCoordinator, roster: PushRoster
) -> PushRoster:
    """Return people of a terminal on port 4370 with the faces that only push gives."""
    return await async_on_push(
        device, lambda adms: _async_with_faces(device, adms, roster)
    )


async def _async_with_fingers(
    device: SyncIDCoordinator, adms: AdmsTerminal, roster: PushRoster
) -> PushRoster:
    reader = _Reader(device, adms, roster)
    fingers: list[Template] = []
    for ask in _finger_tables(adms, roster.fingerprint_version):
        known = {_finger(one) for one in fingers}
        more = await reader.async_templates(FINGERPRINT, ask, "fingerprints_not_read")
        fingers += [one for one in more if _finger(one) not in known]
    return _with_templates(reader.warned(roster), fingers)


def _finger_tables(adms: AdmsTerminal, version: int | None) -> list[Ask]:
    """Return what asks for fingerprints; of those that come twice, the first counts.

    A table of their own they have up to algorithm 10, and others too at a terminal that
    tells them so.
    """
    table = adms.phrases.list_fingerprints
    unified = partial(adms.phrases.list_templates, FINGERPRINT)
    if version is not None and version > _OWN_TABLE:
        return [unified, table]
    has_both = has_kind(adms.state.options, TEMPLATE_KINDS, FINGERPRINT)
    return [table, unified] if has_both else [table]


def _finger(template: Template) -> tuple[str, int]:
    """Return whose finger it is, and which: one table counts duress from 16 on."""
    return template.user_id, template.number % 16


async def _async_with_faces(
    device: SyncIDCoordinator, adms: AdmsTerminal, roster: PushRoster
) -> PushRoster:
    reader = _Reader(device, adms, roster)
    faces = await reader.async_templates(
        VISIBLE_FACE,
        partial(adms.phrases.list_templates, VISIBLE_FACE),
        "faces_not_read",
    )
    photos = {
        photo.user_id: photo
        for photo in await reader.async_all(
            adms.phrases.list_face_photos, _face_photos, "face_pictures_not_read"
        )
    }
    roster = _with_templates(reader.warned(roster), faces)
    people = [
        replace(person, photo=photos.get(person.user.user_id))
        for person in roster.people
    ]
    return replace(roster, people=tuple(people))


def _with_templates(roster: PushRoster, templates: Iterable[Template]) -> PushRoster:
    """Return people with templates more."""
    found: dict[str, list[Template]] = {}
    for template in templates:
        found.setdefault(template.user_id, []).append(template)
    people = [
        replace(
            person,
            templates=(*person.templates, *found.get(person.user.user_id, ())),
        )
        for person in roster.people
    ]
    return replace(roster, people=tuple(people))


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


class _Reader:
    """Asks a terminal what it knows people by."""

    def __init__(
        self, device: SyncIDCoordinator, adms: AdmsTerminal, roster: PushRoster
    ) -> None:
        """Know whom it is about."""
        self._device = device
        self._adms = adms
        self._user_ids = _to_ask([person.user.user_id for person in roster.people])
        self._warnings: list[str] = []

    def warned(self, roster: PushRoster) -> PushRoster:
        """Return people with a word of what the terminal did not give."""
        warnings = dict.fromkeys((*roster.warnings, *self._warnings))
        return replace(roster, warnings=tuple(warnings))

    async def async_templates(
        self, type_: int, ask: Ask, warning: str
    ) -> list[Template]:
        """Return templates of one type.

        A door that is asked for one user's tells those of all types.
        """
        found = {
            (template.user_id, template.number, template.index): template
            for template in await self.async_all(
                ask, lambda upload: upload.templates, warning
            )
            if template.type == type_
        }
        return list(found.values())

    async def async_all[T](
        self, ask: Ask, pick: Callable[[Upload], Iterable[T]], warning: str
    ) -> list[T]:
        """Return what a terminal tells; a kind that it does not know, it has none of."""
        found: list[T] = []
        for user_id in self._user_ids:
            try:
                found += await async_gather(
                    self._device, self._adms, ask(user_id), pick
                )
            except PushFailed as err:
                if err.reason not in NO_SUCH_TABLE:
                    self._warnings.append(warning)
        return found
