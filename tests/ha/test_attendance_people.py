"""People: added, changed, taken from tables, and who a terminal's user is."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.attendance.events import SIGNAL_MARKS
from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.records import wall_clock
from custom_components.syncid.core.sheets import Sheet, write_xlsx
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .attendance_kit import URL, Site
from .kit import TOKEN, SyncIDKit

OTHER_SERIAL = "GATEWAY-2"
OTHER_TOKEN = "2" * 40
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


async def refused(site: Site, action: str, **data: Any) -> str | None:
    """Return the key of the error that an action is refused with."""
    with pytest.raises(HomeAssistantError) as raised:
        await site.call(action, **data)
    return raised.value.translation_key


# --- adding and changing --------------------------------------------------------------


async def test_add_and_update(site: Site) -> None:
    """What is known of somebody is told back, but for cards; what is not given stays."""
    site.hass.states.async_set("person.amina", "home")
    told = await site.call(
        "add_person",
        name="  Amina   Rossi ",
        external_id="0017",
        kind="student",
        groups=["7b", " choir ", "7b"],
        ha_person="person.amina",
        valid_from="2026-09-01",
        valid_until="2027-07-31",
        cards=[4711],
    )
    person_id = told.pop("person_id")
    known = {
        "name": "Amina Rossi",
        "external_id": "0017",
        "kind": "student",
        "groups": ["7b", "choir"],
        "ha_person": "person.amina",
        "valid_from": "2026-09-01",
        "valid_until": "2027-07-31",
        "users": [],
    }
    assert told == known
    told = await site.call("update_person", person="17", groups=["8b"], valid_until="")
    assert told == known | {
        "person_id": person_id,
        "groups": ["8b"],
        "valid_until": None,
    }
    assert site.attendance.people[person_id].cards == {4711}


async def test_whom_is_meant(site: Site) -> None:
    """Somebody is named by id, external id, person entity or name, if it is one."""
    site.hass.states.async_set("person.amina", "home")
    amina = await site.add("Amina", external_id="17", ha_person="person.amina")
    for named in (amina, "17", "017", "person.amina", "Amina"):
        told = await site.call("update_person", person=named)
        assert told["person_id"] == amina
    for nobody in ("18", "amina", "person.chen", ""):
        assert await refused(site, "update_person", person=nobody) == "person_unknown"


async def test_several_are_meant(site: Site) -> None:
    """Of a name that several have, each is told with what tells them apart."""
    await site.add("Chen", external_id="17", groups=["7b", "choir"])
    other = await site.add("Chen")
    with pytest.raises(ServiceValidationError) as raised:
        await site.call("update_person", person="Chen")
    assert raised.value.translation_key == "person_ambiguous"
    told = raised.value.translation_placeholders
    assert told is not None
    assert told["person"] == "Chen"
    assert set(told["candidates"].split(", ")) == {
        "Chen (7b; choir; 17)",
        f"Chen ({other})",
    }
    for number in range(20, 30):
        await site.add("Chen", external_id=str(number))
    with pytest.raises(ServiceValidationError) as raised:
        await site.call("update_person", person="Chen")
    assert str(raised.value.translation_placeholders).count("Chen (") == 10
    assert "…" in str(raised.value.translation_placeholders)


async def test_people_are_listed(site: Site) -> None:
    """Everybody, or some, by name, with who they are at terminals; no card is told."""
    await site.add("bruno", external_id="18", groups=["Lab"], cards=[12])
    amina = await site.add("Amina", "1001", external_id="17")
    told = (await site.call("get_people"))["people"]
    assert [one["name"] for one in told] == ["Amina", "bruno"]
    serial = site.gate.entry.data["serial"]
    assert (told[0]["person_id"], told[0]["users"]) == (
        amina,
        [{"device": serial, "user_id": "1001"}],
    )
    assert "cards" not in told[1]
    (one,) = (await site.call("get_people", groups=["lab"]))["people"]
    assert one["external_id"] == "18"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"name": "  "}, "person_name_missing"),
        ({"external_id": "0018"}, "person_id_taken"),
        ({"cards": [12]}, "person_card_taken"),
        ({"ha_person": "person.bruno"}, "person_ha_person_taken"),
        ({"ha_person": "person.nobody"}, "person_ha_person_unknown"),
        ({"valid_from": "2026-09-02", "valid_until": "2026-09-01"}, "person_dates"),
    ],
)
async def test_refused(site: Site, data: dict[str, Any], key: str) -> None:
    """What cannot be, or is somebody else's, is refused, and nothing changes."""
    await site.add("Amina", external_id="17", cards=[11])
    site.hass.states.async_set("person.bruno", "home")
    await site.add("Bruno", external_id="18", cards=[12], ha_person="person.bruno")
    before = dict(site.attendance.people)
    assert await refused(site, "update_person", person="Amina", **data) == key
    assert site.attendance.people == before


async def test_person_of_home_assistant(hass: HomeAssistant, site: Site) -> None:
    """One who is not there is named; one who is switched off, or gone since, may stay."""
    with pytest.raises(ServiceValidationError) as raised:
        await site.call("add_person", name="Amina", ha_person="person.nobody")
    assert raised.value.translation_key == "person_ha_person_unknown"
    assert raised.value.translation_placeholders == {"ha_person": "person.nobody"}
    assert not site.attendance.people
    registry = er.async_get(hass)
    registry.async_get_or_create(
        "person",
        "person",
        "amina",
        suggested_object_id="amina",
        disabled_by=er.RegistryEntryDisabler.USER,
    )
    amina = await site.add("Amina", ha_person="person.amina")
    registry.async_remove("person.amina")
    told = await site.call("update_person", person=amina, ha_person="person.amina")
    assert told["ha_person"] == "person.amina"
    told = await site.call("update_person", person=amina, ha_person="")
    assert told["ha_person"] is None


async def test_only_one_of_two_at_once(hass: HomeAssistant, site: Site) -> None:
    """Two calls at the same time cannot both take an external id."""
    calls = [
        hass.async_create_task(site.call("add_person", name=name, external_id="17"))
        for name in ("Amina", "Bruno")
    ]
    await site.syncid.settle()
    errors = [one.exception() for one in calls]
    assert sum(error is None for error in errors) == 1
    assert len(site.attendance.people) == 1


async def test_ledger_that_cannot_be_written(site: Site) -> None:
    """An admin hears why nobody was added."""
    with site.syncid.full_disk("people"):
        assert await refused(site, "add_person", name="Amina") == "ledger_error"
    assert site.attendance.people == {}


# --- who a user is --------------------------------------------------------------------


async def test_map_and_unmap(site: Site) -> None:
    """Punches count from the first one on, for who is mapped, until that is undone."""
    await site.at("2026-11-02 08:00")
    await site.punch("1001")
    await site.minute()
    (unknown,) = site.attendance.unmapped
    assert (unknown.serial, unknown.user_id, unknown.count) == ("GATEWAY-1", "1001", 1)
    assert site.syncid.issue("unmapped_users") is None
    await site.add("Amina")
    assert site.syncid.issue("unmapped_users") is not None
    told = await site.map("Amina", "1001")
    assert told["users"] == [{"device": "GATEWAY-1", "user_id": "1001"}]
    assert told["marks_changed"] == 1
    assert site.mark().status == "present"
    assert site.attendance.unmapped == []
    assert site.syncid.issue("unmapped_users") is None
    await site.add("Bruno")
    data = {"device_id": [site.gate.device_id], "user_id": "1001"}
    assert await refused(site, "map_user", **data, person="Bruno") == "user_mapped"
    assert await site.call("unmap_user", **data) == {"unmapped": 1, "marks_changed": 1}
    assert site.mark().status == "expected"
    assert [one.user_id for one in site.attendance.unmapped] == ["1001"]
    assert await refused(site, "unmap_user", **data) == "user_not_mapped"


async def test_unmapped_who_punched_before_the_others(site: Site) -> None:
    """Counting goes on from what was counted, and begins anew for what came late."""
    await site.at("2026-11-02 08:30")
    counts = []
    for time in ("08:00", "08:10", "08:05"):
        await site.punch("1001", f"2026-11-02 {time}:00")
        await site.minute()
        (unknown,) = site.attendance.unmapped
        counts.append(unknown.count)
    assert counts == [1, 2, 3]
    assert wall_clock(unknown.last_second).minute == 10


async def test_unmapped_when_they_punch_first(site: Site) -> None:
    """Whoever is new is counted at once; how often the others punched, soon."""
    await site.minute()
    for known in (["1001"], ["1001", "1002"]):
        await site.punch(known[-1])
        assert [one.user_id for one in site.attendance.unmapped] == known
    await site.add("Amina")
    await site.map("Amina", "1001")
    await site.at("2026-11-02 08:00")
    await site.punch("1001")
    await site.punch("1002")
    (unknown,) = site.attendance.unmapped
    assert (unknown.user_id, unknown.count) == ("1002", 1)
    await site.minute()
    (unknown,) = site.attendance.unmapped
    assert unknown.count == 2


async def test_unmapped_while_others_are_counted(site: Site) -> None:
    """Whoever punches first while somebody is counted is counted next."""
    await site.minute()
    async with site.attendance._counting:
        for user_id in ("1001", "1002", "1003"):
            log = {"user_id": user_id, "timestamp": "2026-11-02 06:00:00"}
            head = {"Authorization": f"Bearer {TOKEN}"}
            await site.client.post(URL, json={"logs": [log]}, headers=head)
    await site.syncid.settle()
    assert len(site.attendance.unmapped) == 3


async def test_mapped_before_their_days_are_marked(site: Site) -> None:
    """Who is somebody now is nobody no more, however long their days take."""
    await site.add("Amina")
    await site.punch("1001")
    assert len(site.attendance.unmapped) == 1
    heard: list[int] = []
    end = async_dispatcher_connect(
        site.hass,
        SIGNAL_MARKS,
        lambda changes: heard.append(len(site.attendance.unmapped)),
    )
    await site.map("Amina", "1001")
    end()
    assert heard
    assert set(heard) == {0}


async def test_unmapped_at_a_terminal_that_is_gone(
    site: Site, hass: HomeAssistant
) -> None:
    """Nobody can be mapped at a terminal that was removed, so nobody is counted."""
    await site.add("Amina")
    await site.punch("1001")
    await site.minute()
    assert site.syncid.issue("unmapped_users") is not None
    await hass.config_entries.async_remove(site.gate.entry.entry_id)
    await site.minute()
    assert site.attendance.unmapped == []
    assert site.syncid.issue("unmapped_users") is None


async def test_issue_tells_how_many(site: Site) -> None:
    """One issue for all who punch and are nobody, counted anew when one more does."""
    await site.add("Amina")
    for user_id in ("1001", "1001", "1002"):
        await site.minute()
        await site.punch(user_id)
    await site.minute()
    issue = site.syncid.issue("unmapped_users")
    assert issue is not None
    assert issue.translation_placeholders == {"users": "2", "punches": "3"}


async def test_automap(site: Site) -> None:
    """Users are compared with people; nothing is mapped unless it is asked for."""
    await site.add("Amina", external_id="1001")
    await site.add("Bruno", external_id="0099")
    for user_id in ("1001", "77"):
        await site.punch(user_id)
    told = await site.call("automap")
    (suggestion,) = told["suggestions"]
    assert suggestion == {
        "device": "GATEWAY-1",
        "user_id": "1001",
        "user_name": None,
        "person_id": site.person_id("Amina"),
        "person": "Amina",
        "score": 1.0,
        "basis": "user_id",
        "rivals": [],
        "mapped": False,
    }
    assert told["mapped"] == 0
    assert [one["user_id"] for one in told["unmapped"]] == ["1001", "77"]
    assert site.mark().status == "expected"
    told = await site.call("automap", apply=0.95, device_id=[site.gate.device_id])
    assert [one["mapped"] for one in told["suggestions"]] == [True]
    assert told["unmapped"] == [
        {"device": "GATEWAY-1", "user_id": "77", "user_name": None, "punches": 1}
    ]
    assert site.mark().status == "present"
    told = await site.call("automap", apply=0.5)
    assert (told["suggestions"], told["mapped"]) == ([], 0)


async def test_automap_by_name(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Of a terminal that tells its users, names are compared, accents folded."""
    terminal = await syncid.add_terminal(
        syncid.start_terminal(people={"1": "AMINA ROSSI", "2": "Bruno"})
    )
    for name in ("Àmina Rössi", "Bruno"):
        await terminal.hass.services.async_call(
            DOMAIN, "add_person", {"name": name}, blocking=True
        )
    told = await terminal.call("automap")
    assert [
        (one["user_id"], one["user_name"], one["person"], one["basis"])
        for one in told["suggestions"]
    ] == [("1", "AMINA ROSSI", "Àmina Rössi", "name"), ("2", "Bruno", "Bruno", "name")]


@pytest.fixture
async def second_gate(site: Site) -> str:
    """Add a terminal that is called as the other one; return its token."""
    await site.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="2" * 64
    )
    return OTHER_TOKEN


async def test_automap_at_terminals_of_one_name(site: Site, second_gate: str) -> None:
    """Suggestions are for the users of all terminals, whatever those are called."""
    await site.add("Amina", external_id="1001")
    for token in (TOKEN, second_gate):
        await site.punch("1001", token=token)
    told = await site.call("automap")
    devices = {one["device"] for one in told["suggestions"]}
    assert devices == {"GATEWAY-1", OTHER_SERIAL}


# --- tables ---------------------------------------------------------------------------

HEAD = ("Name", "ID", "Class", "User ID", "Shoe size")
ROWS = (("Amina Rossi", "17", "7b", "1001", "38"), ("Zoë", "18", "7b;choir", "", ""))


def table(kind: str, rows: Any = ROWS) -> bytes:
    """Return a table of people as a file."""
    if kind == "xlsx":
        return write_xlsx([Sheet("People", HEAD, rows)])
    text = "\r\n".join(",".join(row) for row in (HEAD, *rows))
    codec = kind if kind in ("utf-16", "cp1252") else "utf-8"
    return f"{BOM if kind == 'bom' else ''}{text}".encode(codec)


def put(hass: HomeAssistant, data: bytes, name: str = "people.csv") -> str:
    """Put a file into the configuration folder; return its name."""
    Path(hass.config.path(name)).write_bytes(data)
    return name


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("csv", "utf-8"),
        ("bom", "utf-8"),
        ("xlsx", None),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
    ],
)
async def test_import(
    hass: HomeAssistant, site: Site, kind: str, encoding: str | None
) -> None:
    """A dry run tells what the import then does; a second import changes nothing."""
    await site.punch("1001")
    file = put(hass, table(kind))
    told = await site.call("import_people", file=file, dry_run=True)
    assert told == {
        "done": False,
        "good": True,
        "counts": {"add": 2},
        "mappings": 1,
        "ignored_columns": ["Shoe size"],
        "encoding": encoding,
        "rows": [
            {
                "row": 2,
                "action": "add",
                "name": "Amina Rossi",
                "before": "",
                "changes": [
                    {"field": "external_id", "before": "", "after": "17"},
                    {"field": "groups", "before": "", "after": "7b"},
                ],
                "users": [{"device": "GATEWAY-1", "user_id": "1001"}],
                "problems": [],
            },
            {
                "row": 3,
                "action": "add",
                "name": "Zoë",
                "before": "",
                "changes": [
                    {"field": "external_id", "before": "", "after": "18"},
                    {"field": "groups", "before": "", "after": "7b, choir"},
                ],
                "users": [],
                "problems": [],
            },
        ],
    }
    assert site.attendance.people == {}
    assert await site.call("import_people", file=file) == told | {"done": True}
    people = {one.name: one for one in site.attendance.people.values()}
    assert people["Amina Rossi"].external_id == "17"
    assert people["Zoë"].groups == ("7b", "choir")
    assert site.mark("Amina Rossi").status == "present"
    told = await site.call("import_people", file=file)
    assert (told["counts"], told["mappings"]) == ({"same": 2}, 0)


async def test_import_all_or_nothing(hass: HomeAssistant, site: Site) -> None:
    """One bad row, and nothing of the table is taken; each is named."""
    rows = (*ROWS, ("", "19", "", "", ""), ("Chen", "17", "", "1001", ""))
    file = put(hass, table("csv", rows))
    told = await site.call("import_people", file=file, dry_run=True)
    assert not told["good"]
    assert [
        (row["row"], [one["reason"] for one in row["problems"]])
        for row in told["rows"]
        if row["problems"]
    ] == [(4, ["name_missing"]), (5, ["id_twice", "mapping_twice"])]
    assert [
        one["text"]
        for row in told["rows"]
        for one in row["problems"]
        if one["reason"] == "id_twice"
    ] == ["It is about the same person as row 2. Keep one of the two."]
    with pytest.raises(ServiceValidationError) as raised:
        await site.call("import_people", file=file)
    assert raised.value.translation_placeholders == {
        "count": "2",
        "rows": (
            "4: It has no name. Enter one. "
            "5: It is about the same person as row 2. Keep one of the two. "
            "Row 2 has the same user ID. A user can be one person only."
        ),
    }
    assert site.attendance.people == {}


async def test_import_at_terminals_of_one_name(
    hass: HomeAssistant, site: Site, second_gate: str
) -> None:
    """User IDs without a terminal are who somebody is at all of them."""
    file = put(hass, b"Name;User IDs\nAmina;1001\n")
    await site.call("import_people", file=file)
    for token in (TOKEN, second_gate):
        await site.punch("1001", token=token)
    assert site.attendance.unmapped == []


async def test_import_at_one_of_two_of_one_name(
    hass: HomeAssistant, site: Site, second_gate: str
) -> None:
    """A name that two terminals have means neither; a serial number is asked for."""
    file = put(hass, b"Name;User IDs;Terminal\nAmina;1001;Main gate\n")
    told = await site.call("import_people", file=file, dry_run=True)
    ((problem,),) = [row["problems"] for row in told["rows"]]
    assert "serial number" in problem["text"]
    file = put(hass, f"Name;User IDs;Terminal\nAmina;1001;{OTHER_SERIAL}\n".encode())
    told = await site.call("import_people", file=file)
    assert told["rows"][0]["users"] == [{"device": OTHER_SERIAL, "user_id": "1001"}]


async def test_user_is_handed_over(hass: HomeAssistant, site: Site) -> None:
    """A file in which two have each other's number is taken, and so are their punches."""
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1001")
    assert site.mark("Bruno").status == "expected"
    file = put(hass, b"Name;User IDs\nAmina;1002\nBruno;1001\n")
    await site.call("import_people", file=file)
    assert [site.mark(one).status for one in ("Amina", "Bruno")] == [
        "expected",
        "present",
    ]


async def test_files_that_are_no_tables(hass: HomeAssistant, site: Site) -> None:
    """A file that is missing, elsewhere, too large, or something else is refused."""
    assert (
        await refused(site, "import_people", file="../people.csv") == "file_not_allowed"
    )
    assert await refused(site, "import_people", file="none.csv") == "attlog_not_read"
    for data, key in (
        (b"", "sheet_empty"),
        (b"ID\r\n17", "sheet_no_name"),
        (b"Name\r\n" + bytes(16 * 1024 * 1024), "file_too_large"),
    ):
        file = put(hass, data)
        assert await refused(site, "import_people", file=file) == key


async def test_today_only_for_who_is_new(site: Site) -> None:
    """Who has never punched is expected from today on, not in the past."""
    await site.add("Amina")
    marks = await site.all_marks()
    assert [day for _, day in marks] == [dt_util.now().date().isoformat()]
