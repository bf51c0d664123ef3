"""Erasing a person: nothing of them remains, and what was deleted is told."""

import asyncio
from datetime import date as Date, timedelta
import json
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from custom_components.syncid.attendance.events import SIGNAL_PERSON
from custom_components.syncid.const import BACKUP_FOLDER, DOMAIN
from custom_components.syncid.core.attendance.schedule import Entry
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    restore_state,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.json import json_bytes

from .attendance_kit import Site
from .kit import SyncIDKit
from .test_attendance_entities_people import choose

NAME = "Amina Rossi-Grimaldi"


def in_files(folder: str, *words: str) -> list[str]:
    """Return the files below a folder that hold any of some words."""
    return [
        path.name
        for path in Path(folder).rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


def put_exports(folder: str) -> str:
    """Put an export beside a file of somebody else's; return the folder."""
    Path(folder).mkdir()
    Path(folder, f"days-2026-11-02-{'0' * 32}.csv").write_text(f"{NAME}\n")
    Path(folder, "not-ours.txt").write_text("mine, not theirs\n")
    return folder


def put_links(folder: str) -> str:
    """Put links to nowhere where exports are, one called as these; return the folder."""
    Path(folder).mkdir()
    for name in ("x.csv", f"days-{'0' * 32}.csv"):
        Path(folder, name).symlink_to("/nowhere")
    return folder


def put_folder(folder: str) -> None:
    """Put a folder, called as an export, where exports are."""
    Path(folder, f"days-{'0' * 32}.csv").mkdir(parents=True)


def put_photos(folder: str) -> str:
    """Put photos of a user, and one of another; return the folder."""
    Path(folder).mkdir(parents=True)
    for name in (
        "attendance-20261102080500-4_711.jpg",
        "user-4_711.jpg",
        "attendance-20261102080500-14_711.jpg",
    ):
        Path(folder, name).write_bytes(b"JPEG")
    return folder


def put_aside(folder: str) -> str:
    """Put a ledger aside that cannot be read; return its name."""
    (ledger,) = Path(folder).rglob("syncid.db")
    aside = ledger.with_name(f"{ledger.name}.corrupt-20261101-080000")
    aside.write_bytes(b"broken")
    return aside.name


def put_backup(folder: str) -> str:
    """Put a backup of users beside something else; return the folder."""
    Path(folder).mkdir()
    for name in ("gate.syncid", "notes.txt"):
        Path(folder, name).touch()
    return folder


def names_in(folder: str) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in Path(folder).iterdir()]


def office_day(site: Site) -> Date:
    """Return a day that has not come yet."""
    return site.attendance.today + timedelta(days=3)


def purges(hass: HomeAssistant) -> list[str]:
    """Let the recorder be asked to forget entities; return which, as they come."""
    purged: list[str] = []

    @callback
    def purge(call: ServiceCall) -> None:
        purged.extend(call.data["entity_id"])

    hass.services.async_register(
        "recorder", "purge_entities", purge, supports_response=SupportsResponse.NONE
    )
    return purged


async def test_nothing_remains(hass: HomeAssistant, site: Site) -> None:
    """Ledger, settings, registries and exports know nothing of who was erased."""
    person_id = await site.add(NAME, "USER-4711", external_id="EXT-0815", cards=[4711])
    other = await site.add("Bruno", "1002")
    await site.at("2026-11-02 08:00")
    for user_id in ("USER-4711", "1002"):
        await site.punch(user_id)
    await site.push({"user_id": "USER-4711", "timestamp": "2026-13-02 08:05:00"})
    day = office_day(site)
    await site.attendance.async_plan_shift([person_id, other], day, day, None)
    await site.attendance.async_add_leave(
        [
            Entry(who=one, kind="leave", first=day, last=day, note="dentist")
            for one in (person_id, other)
        ]
    )
    # As entities of a person are, with what a user made of them.
    devices, entities = dr.async_get(hass), er.async_get(hass)
    entry = site.syncid.site
    device = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, person_id)}, name=NAME
    )
    devices.async_update_device(device.id, name_by_user=NAME)
    for key in ("status", "hours"):
        entities.async_get_or_create(
            "sensor",
            DOMAIN,
            f"{person_id}-{key}",
            config_entry=entry,
            device_id=device.id,
        )
    removed = entities.async_get_or_create("sensor", DOMAIN, f"{person_id}-old")
    entities.async_remove(removed.entity_id)
    kept = entities.async_get_or_create("sensor", DOMAIN, f"{other}-status")
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "tracked": [person_id, other]}
    )
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data={"name": "Early", "persons": [person_id]},  # type: ignore[arg-type]
            subentry_type="shift",
            title="Early",
            unique_id=None,
        ),
    )
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data={"name": "Late", "persons": [other]},  # type: ignore[arg-type]
            subentry_type="shift",
            title="Late",
            unique_id=None,
        ),
    )
    await site.syncid.settle()
    purged = purges(hass)
    exported = put_exports(hass.config.path("syncid_exports"))
    heard: list[int] = []
    async_dispatcher_connect(
        hass, SIGNAL_PERSON.format(person_id), callback(lambda: heard.append(1))
    )
    words = (NAME, "USER-4711", "EXT-0815", person_id)
    assert in_files(hass.config.config_dir, *words)

    told = await site.call("remove_person", person="EXT-0815")

    assert told == {
        "person_id": person_id,
        "deleted": {
            "punches": 1,
            "quarantine": 1,
            "commands": 0,
            "rota": 1,
            "entries": 1,
            "marks": 1,
            "changes": 2,
            "corrections": 0,
            "mappings": 1,
            "stale": 0,
            "people": 1,
            "settings": 2,
            "entities": 2,
            "devices": 1,
            "exports": 1,
            "photos": 0,
        },
        "wiped": True,
        "put_aside": [],
        "backups": [],
        "history_left": [],
        "terminals": [],
    }
    assert in_files(hass.config.config_dir, *words) == []
    assert remembered(hass, *words) == []
    assert in_files(exported, "n") == ["not-ours.txt"]
    assert len(purged) == 3
    assert heard
    assert person_id not in repr([*entry.subentries.values(), entry.options])
    assert not any(
        person_id in str(one)
        for one in (*entities.entities.values(), *entities.deleted_entities)
    )
    assert entities.async_get(kept.entity_id) is not None
    assert devices.async_get(device.id) is None
    assert {*site.attendance.people} == {other}
    assert {one.who for one in site.attendance.leave.values()} == {other}
    assert site.attendance.async_site_rules().rota == {(other, day): None}
    assert [one.person_id for one in site.attendance.async_on_site()] == [other]
    assert {person for person, _ in await site.all_marks()} == {other}
    assert [one["user_id"] for one in await site.syncid.stored()] == ["1002"]


def remembered(hass: HomeAssistant, *words: str) -> list[str]:
    """Return which of some words the registry of devices keeps, of those that went too."""
    kept = json_bytes(dr.async_get(hass)._data_to_save())
    return [word for word in words if word.encode() in kept]


async def test_device_that_went_before(hass: HomeAssistant, site: Site) -> None:
    """What a user called the device of somebody who is not chosen any more goes too."""
    person_id = await site.add("Amina", "1001")
    await choose(site, "Amina")
    devices = dr.async_get(hass)
    (device,) = [
        one
        for one in dr.async_entries_for_config_entry(devices, site.syncid.site.entry_id)
        if (DOMAIN, person_id) in one.identifiers
    ]
    devices.async_update_device(device.id, name_by_user=NAME)
    await choose(site)
    await site.syncid.settle()
    assert remembered(hass, NAME, person_id) == [NAME, person_id]
    await site.call("remove_person", person="Amina")
    assert remembered(hass, NAME, person_id) == []


async def test_name_of_an_entity_that_another_has(
    hass: HomeAssistant, site: Site
) -> None:
    """What somebody else's entity recorded stays, and is told, whoever had its name."""
    first = await site.add("Amina Rossi", "1001")
    other = await site.add("Amina Rossini", "1002")
    entities = er.async_get(hass)

    def add(person_id: str, key: str) -> str:
        return entities.async_get_or_create(
            "sensor",
            DOMAIN,
            f"{person_id}-{key}",
            config_entry=site.syncid.site,
            suggested_object_id=f"amina_{key}",
        ).entity_id

    ids = [add(first, key) for key in ("status", "hours", "since", "until")]
    for one in ids[:3]:
        entities.async_remove(one)
    assert add(other, "status") == ids[0]
    # Of no registry.
    hass.states.async_set(ids[1], "8")
    purged = purges(hass)
    told = await site.call("remove_person", person=first)
    assert {*purged} == {*ids[2:]}
    assert told["history_left"] == sorted(ids[:2])
    assert first not in repr([*entities.deleted_entities])


async def test_backups_are_named(hass: HomeAssistant, site: Site) -> None:
    """From files that only a passphrase opens nothing is deleted: that is for a human."""
    folder = put_backup(hass.config.path(BACKUP_FOLDER))
    await site.add("Amina", "1001")
    told = await site.call("remove_person", person="Amina")
    assert told["backups"] == ["gate.syncid"]
    await hass.async_add_executor_job(rmtree, folder)


async def test_site_that_is_disabled(hass: HomeAssistant, site: Site) -> None:
    """Entities and devices go also while nobody looks after them."""
    person_id = await site.add(NAME, "1001")
    entry = site.syncid.site
    await hass.config_entries.async_unload(entry.entry_id)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    device = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, person_id)}, name=NAME
    )
    entity = entities.async_get_or_create(
        "sensor",
        DOMAIN,
        f"{person_id}-status",
        config_entry=entry,
        device_id=device.id,
    )
    told = await site.call("remove_person", person=NAME)
    assert (told["deleted"]["entities"], told["deleted"]["devices"]) == (1, 1)
    assert devices.async_get(device.id) is None
    assert entities.async_get(entity.entity_id) is None
    assert not any(person_id in str(one) for one in entities.deleted_entities)


@pytest.mark.parametrize("is_loaded", [True, False])
async def test_last_event(hass: HomeAssistant, site: Site, is_loaded: bool) -> None:
    """That somebody punched last at a terminal is told of no more, nor restored."""
    user_id = "USER-4711"
    await site.add(NAME, user_id)
    await site.punch(user_id)
    state = hass.states.get("event.main_gate_punch")
    assert state is not None
    assert state.attributes["person"] == NAME
    if not is_loaded:
        await hass.config_entries.async_unload(site.gate.entry.entry_id)
    await site.call("remove_person", person=NAME)
    stored = json.dumps(
        [
            one.as_dict()
            for one in restore_state.async_get(hass).async_get_stored_states()
        ],
        default=str,
    )
    told = repr([one.as_dict() for one in hass.states.async_all()])
    for word in (NAME, user_id):
        assert word not in stored + told
    if is_loaded:
        after = hass.states.get("event.main_gate_punch")
        assert after is not None
        assert after.state == state.state


async def test_last_event_of_who_was_nobody(hass: HomeAssistant, site: Site) -> None:
    """Also what was told of a user before it was known who that is."""
    await site.punch("USER-4711", user_name=NAME)
    await site.add(NAME, "USER-4711")
    state = hass.states.get("event.main_gate_punch")
    assert state is not None
    assert "USER-4711" in repr(state.attributes)
    await site.call("remove_person", person=NAME)
    state = hass.states.get("event.main_gate_punch")
    assert state is not None
    assert "USER-4711" not in repr(state.attributes)


async def test_event_of_somebody_else(hass: HomeAssistant, site: Site) -> None:
    """What others did last stays as it is."""
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1002")
    await site.call("remove_person", person="Amina")
    state = hass.states.get("event.main_gate_punch")
    assert state is not None
    assert state.attributes["person"] == "Bruno"


async def test_photos(hass: HomeAssistant, site: Site) -> None:
    """Photos of somebody's punches go, those of others stay."""
    await site.add(NAME, "4/711")
    serial = site.gate.entry.data["serial"]
    folder = put_photos(hass.config.path("media", DOMAIN, serial))
    told = await site.call("remove_person", person=NAME)
    assert told["deleted"]["photos"] == 2
    assert names_in(folder) == ["attendance-20261102080500-14_711.jpg"]


async def test_forget_user(hass: HomeAssistant, site: Site) -> None:
    """Who was unmapped before they were removed leaves punches, which go by this."""
    user_id = "4/711"
    await site.add(NAME, user_id)
    await site.add("Bruno", "1002")
    await site.punch("1002")
    await site.punch(user_id, user_name=NAME)
    serial = site.gate.entry.data["serial"]
    put_photos(hass.config.path("media", DOMAIN, serial))
    user = {"device_id": [site.gate.device_id], "user_id": user_id}
    with pytest.raises(HomeAssistantError) as raised:
        await site.call("forget_user", **user)
    assert raised.value.translation_key == "forget_mapped"
    await site.call("unmap_user", **user)
    told = await site.call("remove_person", person=NAME)
    assert told["deleted"]["punches"] == 0
    assert [one.user_id for one in site.attendance.unmapped] == [user_id]
    told = await site.call("forget_user", **user)
    assert told["deleted"] == {
        "punches": 1,
        "quarantine": 0,
        "commands": 0,
        "photos": 2,
    }
    assert site.attendance.unmapped == []
    assert [one["user_id"] for one in await site.syncid.stored()] == ["1002"]
    assert user_id not in repr([one.as_dict() for one in hass.states.async_all()])
    files = site.syncid.files()
    assert not any(user_id.encode() in found for found in files.values())
    told = await site.call("forget_user", **user)
    assert told["deleted"]["punches"] == 0


async def test_ledger_that_was_put_aside(hass: HomeAssistant, site: Site) -> None:
    """A file that could not be read, which may hold all, is named."""
    await site.add(NAME, "1001")
    aside = put_aside(hass.config.config_dir)
    told = await site.call("remove_person", person=NAME)
    assert told["put_aside"] == [aside]


async def test_from_terminals(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The user is removed from terminals first; if one is away, nothing is done."""
    terminal = await syncid.add_terminal()

    async def call(action: str, **data: Any) -> dict[str, Any]:
        told = await hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        assert told is not None
        return dict(told)

    await call("add_person", name="Amina")
    for user_id in ("1001", "gone"):
        await call(
            "map_user", device_id=[terminal.device_id], user_id=user_id, person="Amina"
        )
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    with pytest.raises(HomeAssistantError):
        await call("remove_person", person="Amina", from_terminals=True)
    terminal.reappear()
    await syncid.wait_online(terminal, True)
    told = await call("remove_person", person="Amina", from_terminals=True)
    first, second = told["terminals"]
    assert (first["user_id"], first["removed"]) == ("1001", True)
    assert first["told"]["terminals"][0]["user"]["user_id"] == "1001"
    assert (second["user_id"], second["removed"]) == ("gone", False)
    assert "1001" not in terminal.device.users
    assert told["deleted"]["mappings"] == 2


async def test_terminal_that_is_no_more(hass: HomeAssistant, site: Site) -> None:
    """From a terminal that was taken out nobody can be removed: that is said first."""
    person_id = await site.add("Amina", "1001")
    await hass.config_entries.async_remove(site.gate.entry.entry_id)
    await site.syncid.settle()
    with pytest.raises(HomeAssistantError) as raised:
        await site.call("remove_person", person="Amina", from_terminals=True)
    assert raised.value.translation_key == "person_terminal_gone"
    assert person_id in site.attendance.people
    told = await site.call("remove_person", person="Amina")
    assert told["deleted"]["people"] == 1


async def test_gateway_has_no_users(hass: HomeAssistant, site: Site) -> None:
    """Who is known where users cannot be removed is erased all the same."""
    await site.add("Amina", "1001")
    told = await site.call("remove_person", person="Amina", from_terminals=True)
    (gate,) = told["terminals"]
    assert (gate["user_id"], gate["removed"]) == ("1001", False)
    assert told["deleted"]["people"] == 1


async def test_somebody_reads(hass: HomeAssistant, site: Site) -> None:
    """What a reader of the ledger holds on to is told, and goes when they are done."""
    await site.add(NAME, "1001")
    ledger = site.attendance.hub.ledger
    run = hass.async_add_executor_job
    await run(ledger.begin_backup)  # reads until it ends
    told = await site.call("remove_person", person=NAME)
    assert told["wiped"] is False
    assert any(NAME.encode() in found for found in site.syncid.files().values())
    await run(ledger.end_backup)
    await site.add("Bruno")
    assert ledger.is_wiped
    assert not any(NAME.encode() in found for found in site.syncid.files().values())


async def test_export_meanwhile(hass: HomeAssistant, site: Site) -> None:
    """Of who is erased while an export is made, no export remains."""
    await site.add(NAME, "1001")
    await site.punch("1001")
    data = {"person": NAME}
    await asyncio.gather(
        *(
            hass.services.async_call(
                DOMAIN, action, about, blocking=True, return_response=True
            )
            for action, about in (
                ("export", {"format": "csv", **data}),
                ("remove_person", data),
            )
        )
    )
    assert in_files(hass.config.path("syncid_exports"), NAME) == []


async def test_links_among_exports(hass: HomeAssistant, site: Site) -> None:
    """What is no export, or a link to nowhere, stops nobody from being erased."""
    await site.add(NAME, "1001")
    folder = put_links(hass.config.path("syncid_exports"))
    told = await site.call("remove_person", person=NAME)
    assert told["deleted"]["exports"] == 1
    assert names_in(folder) == ["x.csv"]


async def test_export_that_stays(hass: HomeAssistant, site: Site) -> None:
    """Who cannot be deleted from exports is erased all the same, and an admin told."""
    await site.add(NAME, "1001")
    put_folder(hass.config.path("syncid_exports"))
    with pytest.raises(HomeAssistantError) as raised:
        await site.call("remove_person", person=NAME)
    assert raised.value.translation_key == "exports_not_deleted"
    assert site.attendance.people == {}


async def test_bytes_of_who_is_erased(hass: HomeAssistant, site: Site) -> None:
    """They are gone too where SQLite does not overwrite what it deletes by itself."""
    await site.add(NAME, "1001")
    ledger = site.attendance.hub.ledger
    off = ledger.write(
        lambda one: one.exec_driver_sql("PRAGMA secure_delete=OFF").scalar_one()
    )
    assert await asyncio.wrap_future(off) == 0
    await site.call("remove_person", person=NAME)
    assert not any(NAME.encode() in found for found in site.syncid.files().values())
