"""The panel of 10,000 people at ten terminals: no answer is more than a phone loads."""

from datetime import date as Date, timedelta
from io import BytesIO
import json
from pathlib import Path
import shutil
from typing import Any

from aiohttp import FormData
from freezegun.api import FrozenDateTimeFactory
import pytest
import voluptuous as vol

from custom_components.syncid.const import BACKUP_FOLDER, DOMAIN, LEDGER_FILE
from custom_components.syncid.panel.commands import COMMANDS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .big_site import (
    PEOPLE,
    TERMINALS,
    ZONE,
    open_site,
    person_of,
    serial_of,
    user_id_of,
    write_ledger,
)
from .kit import SyncIDKit
from .test_group_flow import GATES

MOST_BYTES = 200_000
TODAY = Date(2026, 11, 30)
SOMEBODY = person_of(4321).id
SHIFTS = 40
# What is noted, and why something is corrected, in letters of two bytes.
MUCH = "إجازة " * 100

# What each command is asked for that answers most; rows that it has then, by the key
# of the answer. `limit` is always the largest that there may be.
ASKED: dict[str, tuple[dict[str, Any], str, int]] = {
    "attendance/day": ({"person_id": SOMEBODY, "date": TODAY.isoformat()}, "said", 20),
    "attendance/days": ({"date": TODAY.isoformat()}, "days", 200),
    "attendance/month": ({"month": TODAY.isoformat()}, "people", 200),
    "backups/list": ({}, "backups", 400),
    "groups/list": ({}, "groups", TERMINALS // 2),
    "info": ({}, "", 0),
    "live/today": ({}, "", 0),
    "people/doubles": ({}, "doubles", 40),
    "people/holdings": (
        {"person_ids": [person_of(number).id for number in range(10)]},
        "people",
        10,
    ),
    "people/list": ({}, "people", 80),
    "people/nobody": ({}, "users", 200),
    "punches/list": ({}, "punches", 200),
    "rollcall": ({}, "people", 200),
    "rules/get": ({}, "shifts", SHIFTS),
    "rules/preview": ({"start_time": "10:00", "end_time": "17:00"}, "differs", 50),
    "terminals/list": ({}, "terminals", TERMINALS),
    "users/list": ({}, "users", 60),
    "users/templates": ({"user_id": user_id_of(1)}, "places", TERMINALS),
}
# What answers nothing that is a list, and what is looked at below or elsewhere: of what
# came of a job test_panel_jobs.py tells.
OTHERS = {
    "act",
    "attendance/export",
    "changes/subscribe",
    "drill/begin",
    "drill/end",
    "drill/subscribe",
    "jobs/begin",
    "jobs/cancel",
    "jobs/dismiss",
    "jobs/get",
    "jobs/subscribe",
    "live/subscribe",
    "people/adopt",
    "people/import",
    "rules/save",
}
SCHEMAS: dict[str, Any] = {
    handler._ws_command.removeprefix("syncid/"): handler._ws_schema  # type: ignore[attr-defined]
    for handler in COMMANDS
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger in which a month of the first people by name is."""
    path = tmp_path_factory.mktemp("big") / LEDGER_FILE
    write_ledger(path, today=TODAY, days=30)
    return path


@pytest.fixture
def then(freezer: FrozenDateTimeFactory) -> None:
    """Let it be the evening of the last day in the ledger."""
    freezer.move_to(f"{TODAY}T18:00:00-08:00")


@pytest.fixture
async def panel(
    hass: HomeAssistant,
    ledger: Path,
    then: None,
    syncid: SyncIDKit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: Any,
) -> Any:
    """Return the connection of an admin's browser to the big site."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await hass.config.async_set_time_zone(ZONE)
    shutil.copy(ledger, hass.config.path(LEDGER_FILE))
    await async_setup_component(hass, "file_upload", {})
    await open_site(hass, syncid, subentries=subentries())
    return await hass_ws_client(hass)


def largest(command: str) -> dict[str, Any]:
    """Return the most that can be asked for at once."""
    for key, check in (SCHEMAS[command].schema if SCHEMAS[command] else {}).items():
        if str(key) == "limit":
            (most,) = [
                one.max for one in check.validators if isinstance(one, vol.Range)
            ]
            return {"limit": most}
    return {}


async def weigh(panel: Any, command: str, **said: Any) -> tuple[int, Any]:
    """Give a command, and return how many bytes the answer has, and its result."""
    await panel.send_json_auto_id({"type": f"syncid/{command}", **said})
    text = (await panel.receive()).data
    answer = json.loads(text)
    assert answer["success"], answer
    return len(text.encode()), answer["result"]


def subentry(kind: str, data: dict[str, Any]) -> ConfigSubentryData:
    """Return a shift, or a group of terminals."""
    return ConfigSubentryData(
        data=data, subentry_type=kind, title=data["name"], unique_id=None
    )


def subentries() -> list[ConfigSubentryData]:
    """Return shifts and groups of terminals, as full as they get."""
    who = [person_of(number).id for number in range(PEOPLE)]
    shifts = [
        {
            "name": f"Watch of the northern building {number}",
            "start_time": "09:00",
            "end_time": "19:00",
            "in_window": "07:00-11:00",
            "out_window": "16:00-23:00",
            "breaks": ["11:00-11:15", "13:00-13:30", "16:00-16:15"],
            "persons": who[number * 200 : number * 200 + 200],
            "groups": [f"Department of works {one + 1:02}" for one in range(40)],
            "terminals": [serial_of(at) for at in range(TERMINALS)],
        }
        for number in range(SHIFTS)
    ]
    groups = [
        {
            **GATES,
            "name": f"Gates of the northern building {at}",
            "leader": serial_of(at),
            "followers": [serial_of(at + 1)],
        }
        for at in range(0, TERMINALS, 2)
    ]
    return [
        *(subentry("shift", one) for one in shifts),
        *(subentry("group", one) for one in groups),
    ]


async def fill(hass: HomeAssistant) -> None:
    """Have all that lists of other things than people can hold."""
    when = {
        "person": [person_of(number).id for number in range(150)],
        "start": TODAY + timedelta(days=2),
        "end": TODAY + timedelta(days=9),
    }
    why = {"person": SOMEBODY, "why": MUCH}
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("add_leave", {**when, "kind": "leave", "note": MUCH}),
        ("set_rota", {**when, "shift": "off"}),
        *(
            ("add_punch", {**why, "time": f"{TODAY} 12:{minute:02}:00"})
            for minute in range(20)
        ),
    )
    for action, said in calls:
        await hass.services.async_call(DOMAIN, action, said, blocking=True)

    def backups() -> None:
        folder = Path(hass.config.path(BACKUP_FOLDER))
        folder.mkdir()
        for number in range(500):
            (folder / f"{'The northern building ' * 5}{number}.syncid").touch()

    await hass.async_add_executor_job(backups)


async def test_sizes(hass: HomeAssistant, panel: Any) -> None:
    """All that can be listed, with the most that can be asked for at once."""
    assert {*ASKED, *OTHERS} == {*SCHEMAS}
    await fill(hass)
    sizes, rows = {}, {}
    for command, (said, key, _) in ASKED.items():
        size, answer = await weigh(panel, command, **said, **largest(command))
        sizes[command], rows[command] = size, len(answer[key]) if key else 0
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    # Or nothing is weighed.
    assert rows == {name: many for name, (_, _, many) in ASKED.items()}


# Rows in which nothing is right, and such that change all that there is of somebody.
WRONG = "\n".join(f"{MUCH},{MUCH},{MUCH},{MUCH},{MUCH}" for _ in range(300))
RIGHT = "\n".join(
    f"{MUCH}{at},{MUCH}{at},{at},2026-01-01,2027-01-01,{MUCH},visitor,"
    f"person.{'a' * 80}{at},{';'.join(f'9{part}{at:07}' for part in range(1, 5))}"
    for at in range(1, 301)
)


@pytest.mark.parametrize("rows", [WRONG, RIGHT], ids=["wrong", "right"])
async def test_size_of_an_import(
    hass: HomeAssistant, panel: Any, hass_client: Any, rows: str
) -> None:
    """Rows of a table, however much is in a cell."""
    for at in range(1, 301):
        hass.states.async_set(f"person.{'a' * 80}{at}", "home")
    heads = ",".join(f"{'Column ' * 20}{number}" for number in range(100))
    form = FormData()
    table = (
        "Name,ID,Card,Valid from,Valid until,Groups,Kind,HA person,User ID,"
        f"{heads}\n{rows}\n"
    )
    form.add_field("file", BytesIO(table.encode()), filename="people.csv")
    client = await hass_client()
    response = await client.post("/api/file_upload", data=form)
    upload = (await response.json())["file_id"]
    size, page = await weigh(
        panel, "people/import", upload=upload, **largest("people/import")
    )
    assert size <= MOST_BYTES
    assert len(page["rows"]) == 100
    first = page["rows"][0]
    assert first["problems"] if rows == WRONG else len(first["changes"]) == 7


async def test_size_of_what_is_live(panel: Any) -> None:
    """Who begins to listen is told of what has been, and of no more than that."""
    for command in ("live/subscribe", "jobs/subscribe"):
        size, _ = await weigh(panel, command)
        told = (await panel.receive()).data
        assert size + len(told.encode()) <= MOST_BYTES
        assert json.loads(told)["event"]
