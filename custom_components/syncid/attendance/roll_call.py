"""Who is in the building, straight from the punches: no network, no mark is waited for."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util

from ..const import CONF_SERIAL, DOMAIN
from ..core.attendance.readings import Reading
from ..core.people import Person
from ..core.records import local_second
from ..core.shelf import Unmapped
from ..core.whereabouts import Whereabouts
from ..entries import async_device_entries
from ..hub import DATA_HUB
from .attendance import DATA_ATTENDANCE
from .events import time_of

# By how much somebody's clock may be ahead of ours.
SLACK: Final = timedelta(minutes=5)
# Seconds for which who is nobody may still be in the building.
_ONE_DAY = 86_400


class Place(NamedTuple):
    """A terminal by its name, and the area where it hangs."""

    device: str | None
    area: str | None


_NOWHERE = Place(None, None)


class Inside(NamedTuple):
    """Somebody in the building."""

    person: Person
    where: Whereabouts
    # Where they were seen last.
    place: Place
    # In a drill, the punch by which it is known that they came out.
    seen: Reading | None


class Called(NamedTuple):
    """A roll call, of which nothing is written out yet."""

    now: datetime
    drill_started: datetime | None
    # By area and name.
    inside: list[Inside]
    unknown_users: list[dict[str, Any]]


async def async_call(
    hass: HomeAssistant,
    people: Mapping[str, Person],
    *,
    drill_started: datetime | None = None,
    assembly: Collection[str] | None = None,
) -> Called:
    """Find who is in the building, and where each was seen last.

    Of a drill, or an alarm: who was in when it began, and who has punched since, at
    terminals of the assembly point if there are such. Raises `LedgerError`.
    """
    attendance = hass.data[DATA_ATTENDANCE]
    now = dt_util.utcnow()
    if drill_started is not None and drill_started > now + SLACK:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="drill_in_future",
            translation_placeholders={
                "time": dt_util.as_local(drill_started).isoformat(" ", "seconds")
            },
        )
    moment = int((drill_started or now).timestamp())
    book, case = attendance.book, attendance.async_case()
    # Clocks of terminals are not farther off than a day from ours.
    lately = local_second(now) - 2 * _ONE_DAY
    places = {serial: _async_place(hass, serial) for serial in case.stations}

    def find() -> tuple[list[Inside], list[Unmapped]]:
        inside = [
            Inside(
                people[person_id],
                where,
                _place_of(where.last, places),
                None if drill_started is None else _seen_since(where, assembly),
            )
            for person_id, where in book.whereabouts(case, [*people], moment).items()
        ]
        inside.sort(key=lambda one: (one.place.area or "", one.person.name.casefold()))
        return inside, book.unmapped_since(lately)

    inside, strangers = await attendance.hub.async_read(find)
    return Called(now, drill_started, inside, _async_unknown(hass, strangers, now))


async def async_roll_call(
    hass: HomeAssistant,
    people: Mapping[str, Person],
    *,
    drill_started: datetime | None = None,
    assembly: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return a roll call, with all who are in the building; as `async_call`."""
    called = await async_call(
        hass, people, drill_started=drill_started, assembly=assembly
    )
    # Of thousands of people: not in the event loop.
    return await hass.async_add_executor_job(_written, called)


def _written(called: Called) -> dict[str, Any]:
    started, told = called.drill_started, []
    for one in called.inside:
        person, where, place, seen = one
        row: dict[str, Any] = {
            "person_id": person.id,
            "person": person.name,
            "external_id": person.external_id or None,
            "kind": person.kind,
            "groups": list(person.groups),
            "presence": where.presence,
            "not_checked_out": where.not_checked_out,
            "since": time_of(where.first_in),
            "last_seen": where.last and where.last.time.isoformat(),
            "device": place.device,
            "area": place.area,
        }
        if started is not None:
            row["accounted"] = seen is not None
            row["accounted_at"] = seen and seen.time.isoformat()
        told.append(row)
    areas = Counter(one.place.area for one in called.inside)
    forgot = sum(one.where.not_checked_out for one in called.inside)
    call: dict[str, Any] = {
        "time": dt_util.as_local(called.now).isoformat(timespec="seconds"),
        "count": len(told),
        # Those whose day is not over, and those whom nobody saw go before it was.
        "checked_in": len(told) - forgot,
        "not_checked_out": forgot,
        "areas": [{"area": area, "count": count} for area, count in areas.items()],
        "people": told,
        "unknown_users": called.unknown_users,
    }
    if started is not None:
        missing = [one.person.name for one in called.inside if one.seen is None]
        call["drill_started"] = dt_util.as_local(started).isoformat()
        call["accounted"] = len(told) - len(missing)
        call["missing"] = missing
    return call


def _place_of(punch: Reading | None, places: Mapping[str, Place]) -> Place:
    """Return where a punch was made; one that a human added may be of nowhere."""
    if punch is None or not punch.serial:
        return _NOWHERE
    return places.get(punch.serial) or Place(punch.serial, None)


def _seen_since(where: Whereabouts, assembly: Collection[str] | None) -> Reading | None:
    return next(
        (one for one in where.since if assembly is None or one.serial in assembly), None
    )


@callback
def async_assembly(hass: HomeAssistant, named: Iterable[str]) -> set[str]:
    """Return the terminals of an assembly point: named as such, or by their areas."""
    serials: set[str] = set()
    for one in named:
        wanted = one.strip().casefold()
        found = {
            serial
            for serial, names in _async_names(hass).items()
            if wanted in {name.casefold() for name in names}
        }
        if not found:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="assembly_unknown",
                translation_placeholders={"name": one},
            )
        serials |= found
    return serials


@callback
def _async_names(hass: HomeAssistant) -> dict[str, set[str]]:
    """Return by what a terminal may be named: itself, its device, or where it hangs."""
    devices, areas = dr.async_get(hass), ar.async_get(hass)
    names = {}
    for entry in async_device_entries(hass):
        serial: str = entry.data[CONF_SERIAL]
        names[serial] = {serial, entry.title}
        device = devices.async_get_device_by_identifier(
            (DOMAIN, serial), entry.entry_id
        )
        if device is None:
            continue
        names[serial] |= {device.id, *filter(None, (device.name, device.name_by_user))}
        area_id = device.area_id
        if area_id and (area := areas.async_get_area(area_id)):
            names[serial] |= {area.id, area.name, *area.aliases}
    return names


@callback
def _async_place(hass: HomeAssistant, serial: str) -> Place:
    """Return the name of a terminal, and of the area where it hangs."""
    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, serial)
    device = (
        dr.async_get(hass).async_get_device_by_identifier(
            (DOMAIN, serial), entry.entry_id
        )
        if entry
        else None
    )
    if not isinstance(device, dr.DeviceEntry):
        return Place(serial, None)
    area_id = device.area_id
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    return Place(device.name_by_user or device.name, area.name if area else None)


@callback
def _async_unknown(
    hass: HomeAssistant, found: Iterable[Unmapped], now: datetime
) -> list[dict[str, Any]]:
    """Return the users who punched lately, and are nobody."""
    users, attendance = hass.data[DATA_HUB].users, hass.data[DATA_ATTENDANCE]
    entry_of = hass.config_entries.async_entry_for_domain_unique_id
    return [
        {
            **_async_place(hass, one.serial)._asdict(),
            "user_id": one.user_id,
            "user_name": known.name or None if known else None,
        }
        for one in found
        if (entry := entry_of(DOMAIN, one.serial)) and not entry.disabled_by
        # By the clock of the terminal, wherever that is.
        if one.last_second
        > local_second(now.astimezone(attendance.places.async_zone_at(one.serial)))
        - _ONE_DAY
        for known in (users(one.serial).get(one.user_id),)
    ]
