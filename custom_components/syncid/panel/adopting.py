"""Users of terminals taken as people, or mapped to those that they surely are.

Some at once; all of them as a job, which goes on when the page is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping as Map
from functools import partial
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import uuid4

import voluptuous as vol

from homeassistant.core import Context, HomeAssistant

from ..actions.mapping import ATTR_APPLY, suggest
from ..attendance.attendance import DATA_ATTENDANCE
from ..core.people import KINDS, Directory, Kind, Mapping, Person, fold_id
from ..core.records import DeviceUser
from ..core.shelf import Unmapped
from ..hub import DATA_HUB
from .command import command
from .directory import CERTAIN, async_places
from .jobs import Own, Tell
from .people_payloads import Adopted

# Who is saved at once: the first few, and twice as many each time until that takes so
# many seconds. What is saved costs something for all people, however few it is.
_FIRST: Final = 250
_LONG: Final = 5

_KIND = vol.In(KINDS)
_ADOPT_SCHEMA = vol.Schema({vol.Optional("kind", default="staff"): _KIND})
_MAP_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_APPLY, default=CERTAIN): vol.All(
            vol.Coerce(float), vol.Range(min=0, max=1)
        )
    }
)


class _Unknown(NamedTuple):
    """Users who are nobody, and their names, by number: as `fold_id` has it."""

    users: Map[str, list[tuple[str, str]]]
    names: Map[str, str]

    def first(self, most: int) -> _Unknown:
        """Return some of them."""
        return _Unknown(dict(islice(self.users.items(), most)), self.names)


def _unknown(
    directory: Directory,
    told: Map[str, Map[str, DeviceUser]],
    unmapped: Iterable[Unmapped],
    wanted: set[str] | None,
) -> _Unknown:
    # Somebody of that number is there, who has to be looked at.
    known = {fold_id(person.external_id) for person in directory.people.values()}
    users: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    names: dict[str, str] = {}

    def take(serial: str, user_id: str, name: str) -> None:
        number = fold_id(user_id)
        if directory.person_of(serial, user_id) is not None or number in known:
            return
        if wanted is not None and number not in wanted:
            return
        users[number].append((serial, user_id))
        if name:
            names.setdefault(number, name)

    for serial, there in told.items():
        for user_id, user in there.items():
            take(serial, user_id, user.name)
    # Of who punched and is not told of, as at a gateway, the id is known.
    for one in unmapped:
        if one.user_id not in told.get(one.serial, {one.user_id}):
            take(one.serial, one.user_id, "")
    return _Unknown(users, names)


@command(
    "people/adopt",
    {
        vol.Optional("user_ids"): [str],
        vol.Optional("kind", default="staff"): _KIND,
        vol.Optional("dry_run", default=False): bool,
    },
)
async def people_adopt(hass: HomeAssistant, msg: dict[str, Any]) -> Adopted:
    """Make a person of each user id that is nobody's: of some, or of all.

    Who has one user id at several terminals is one person. A dry run only counts them.
    """
    wanted = {fold_id(one) for one in msg["user_ids"]} if "user_ids" in msg else None
    async with hass.data[DATA_ATTENDANCE].editing:
        unknown = await _async_unknown(hass, wanted)
        return await _async_adopt(hass, unknown, msg["kind"], dry_run=msg["dry_run"])


async def _async_unknown(
    hass: HomeAssistant, wanted: set[str] | None = None
) -> _Unknown:
    """Return who is nobody, of some numbers or of all; `editing` is held."""
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    if not attendance.knows_unmapped:
        await attendance.async_look_for_unmapped()
    told = {serial: hub.users(serial) for serial in async_places(hass)}
    find = partial(_unknown, hub.directory, told, attendance.unmapped, wanted)
    # Of tens of thousands, which would hold up the event loop.
    return await hass.async_add_executor_job(find)


async def _async_adopt(
    hass: HomeAssistant, unknown: _Unknown, kind: Kind, *, dry_run: bool = False
) -> Adopted:
    """Make people of users, or only count them; `editing` is held."""
    users, names = unknown
    people = {
        number: Person(
            id=uuid4().hex,
            name=names.get(number, user_id),
            external_id=user_id,
            kind=kind,
        )
        for number, ((_, user_id), *_) in users.items()
    }
    mapped = [
        Mapping(serial, user_id, people[number].id)
        for number, places in users.items()
        for serial, user_id in places
    ]
    marks = 0
    if people and not dry_run:
        save = hass.data[DATA_ATTENDANCE].async_save
        marks = await save(people.values(), mapped)
    return Adopted(
        people=len(people),
        unnamed=len(users.keys() - names.keys()),
        users=len(mapped),
        marks=marks,
    )


# --- jobs -----------------------------------------------------------------------------


class _Pace:
    """How many are saved at once."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._time = hass.loop.time
        self._begin = self._time()
        self.most = _FIRST

    def next(self) -> None:
        """Take more, unless these took long."""
        now = self._time()
        if now - self._begin < _LONG:
            self.most *= 2
        self._begin = now


async def _async_adopt_all(
    hass: HomeAssistant, data: dict[str, Any], tell: Tell, context: Context
) -> dict[str, Any]:
    """Make a person of each user id that is nobody's.

    Some at once, all of whom are kept or none: who begins again goes on with the rest.
    """
    kind, editing = _ADOPT_SCHEMA(data)["kind"], hass.data[DATA_ATTENDANCE].editing
    done = {"people": 0, "users": 0, "marks": 0}
    pace = _Pace(hass)
    while True:
        # Others have their turn in between.
        async with editing:
            unknown = await _async_unknown(hass)
            left = len(unknown.users)
            tell(done["people"], done["people"] + left, done)
            if not left:
                return done
            made = await _async_adopt(hass, unknown.first(pace.most), kind)
        done["people"] += made["people"]
        done["users"] += made["users"]
        done["marks"] += made["marks"]
        pace.next()


async def _async_map_certain(
    hass: HomeAssistant, data: dict[str, Any], tell: Tell, context: Context
) -> dict[str, Any]:
    """Map users to those whom they are, where that is sure enough and nobody else may be.

    Some at once, as people are adopted.
    """
    least = _MAP_SCHEMA(data)[ATTR_APPLY]
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    await attendance.async_look_for_unmapped()
    told = {serial: hub.users(serial) for serial in async_places(hass)}
    find = partial(_certain, hub.directory, told, attendance.unmapped, least)
    found = await hass.async_add_executor_job(find)
    done, at = {"mapped": 0, "marks": 0}, 0
    pace = _Pace(hass)
    while at < len(found):
        tell(at, len(found), done)
        async with attendance.editing:
            directory = hub.directory
            # Others may have mapped or erased them meanwhile.
            some = [
                one
                for one in found[at : at + pace.most]
                if one.person_id in directory.people
                and directory.person_of(one.serial, one.user_id) is None
            ]
            if some:
                done["marks"] += await attendance.async_save(mapped=some)
        at = min(at + pace.most, len(found))
        done["mapped"] += len(some)
        pace.next()
    tell(len(found), len(found), done)
    return done


def _certain(
    directory: Directory,
    told: Map[str, Map[str, DeviceUser]],
    unmapped: Iterable[Unmapped],
    least: float,
) -> list[Mapping]:
    suggestions, _ = suggest(directory, told, unmapped)
    return [
        Mapping(one.serial, one.user_id, one.person_id)
        for one in suggestions
        if one.score >= least and not one.rivals
    ]


JOBS: Map[str, Own] = {
    "adopt_people": _async_adopt_all,
    "automap": _async_map_certain,
}
