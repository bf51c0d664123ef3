"""People and users who are nobody yet, as the panel is told of them."""

from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.core import HomeAssistant

from .attendance_kit import MONDAY, Site
from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_panel import ask, panel
from .test_panel_attendance import office

__all__ = ["office", "panel"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, ["Amina", "Bruno", "Chen", "Dina"]),
        (
            {"sort": "external_id", "descending": True},
            ["Chen", "Bruno", "Amina", "Dina"],
        ),
        ({"sort": "users"}, ["Dina", "Amina", "Bruno", "Chen"]),
        ({"sort": "status"}, ["Chen", "Dina", "Amina", "Bruno"]),
        ({"only": "without_users"}, ["Dina"]),
        ({"group": "Office"}, ["Amina", "Bruno"]),
        ({"offset": 3}, ["Dina"]),
    ],
)
async def test_people(
    office: Site, panel: Any, said: dict[str, Any], names: list[str]
) -> None:
    """The directory, with today's mark of each."""
    await office.add("Dina")
    page = await ask(panel, "people/list", **said)
    assert [row["name"] for row in page["people"]] == names
    assert page["total"] == 4


@pytest.mark.parametrize(
    ("command", "said"),
    [("people/list", {}), ("attendance/days", {"date": MONDAY})],
)
async def test_group_that_is_gone(
    office: Site, panel: Any, command: str, said: dict[str, Any]
) -> None:
    """Whose last member left: nobody, with the groups that there are to choose."""
    page = await ask(panel, command, group="Gone", **said)
    assert (page["count"], page["groups"]) == (0, ["Office", "Yard"])


async def test_person(
    hass: HomeAssistant, office: Site, panel: Any, syncid: SyncIDKit
) -> None:
    """Where somebody is known; a terminal that is gone is called by its number."""
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    (user,) = row["users"]
    assert (row["status"], row["presence"]) == ("late", "in")
    assert (row["valid_from"], row["valid_until"]) == (None, None)
    await office.call("update_person", person="Bruno", valid_from="2026-09-01")
    page = await ask(panel, "people/list", person_id=row["person_id"])
    assert [one["valid_from"] for one in page["people"]] == ["2026-09-01"]
    assert (user["terminal"], user["user_id"]) == ("Main gate", "1002")
    await hass.config_entries.async_remove(office.gate.entry.entry_id)
    (row,) = (await ask(panel, "people/list", search="Bruno"))["people"]
    (user,) = row["users"]
    assert (user["terminal"], user["device_id"]) == ("GATEWAY-1", None)


async def test_adopt(syncid: SyncIDKit, panel: Any) -> None:
    """From an empty directory to people with marks, at one press of a button."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"1001": "", "7": ""})
    )
    first.punch("1001")
    for terminal in (first, second):
        await terminal.call("collect_records")
    one = await ask(panel, "people/adopt", user_ids=["1001"])
    assert one["people"] == 1
    assert one["users"] == 2
    # A look changes nothing.
    for _ in range(2):
        would = await ask(panel, "people/adopt", dry_run=True)
        assert would == {"people": 3, "unnamed": 1, "users": 3, "marks": 0}
    rest = await ask(panel, "people/adopt", kind="student")
    assert (rest["people"], rest["users"]) == (3, 3)
    assert (await ask(panel, "people/adopt"))["people"] == 0
    page = await ask(panel, "people/list")
    assert [row["name"] for row in page["people"]] == ["7", "Amina", "Bruno", "Chen"]
    amina = page["people"][1]
    assert amina["status"] == "present"
    assert [row["kind"] for row in page["people"]] == [
        "student",
        "staff",
        "student",
        "student",
    ]
    assert [user["serial"] for user in amina["users"]] == [SERIAL, OTHER_SERIAL]
    (user,) = (await ask(panel, "users/list", search="amina"))["users"]
    assert user["person"] == "Amina"


async def test_nobody(syncid: SyncIDKit, panel: Any) -> None:
    """Users who are nobody yet, the best suggestions first, and then who punches."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    call = syncid.hass.services.async_call
    for name in ("Bruno", "Zoë"):
        await call(DOMAIN, "add_person", {"name": name}, blocking=True)
    terminal.punch("1003")
    await syncid.next_punch()
    await syncid.settle()
    # They are counted every minute, and by who looks for suggestions.
    await call(DOMAIN, "automap", blocking=True, return_response=True)
    page = await ask(panel, "people/nobody")
    assert [user["user_id"] for user in page["users"]] == ["1002", "1003", "1001"]
    assert (page["count"], page["certain"]) == (3, 1)
    bruno, chen, _ = page["users"]
    assert (bruno["person"], bruno["basis"], bruno["score"]) == ("Bruno", "name", 0.9)
    assert (chen["person"], chen["punches"], chen["name"]) == (None, 1, "Chen")
    await ask(
        panel,
        "act",
        action="map_user",
        data={
            "device_id": [bruno["device_id"]],
            "user_id": "1002",
            "person": bruno["person_id"],
        },
    )
    page = await ask(panel, "people/nobody", search="chen")
    assert [user["user_id"] for user in page["users"]] == ["1003"]
    assert page["certain"] == 0


async def test_somebody_of_that_number_is_there(syncid: SyncIDKit, panel: Any) -> None:
    """Whose number is taken is not made a second person."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    await syncid.hass.services.async_call(
        DOMAIN, "add_person", {"name": "Ann", "external_id": "1001"}, blocking=True
    )
    assert (await ask(panel, "people/adopt"))["people"] == 2


async def test_adopt_of_one_number(syncid: SyncIDKit, panel: Any) -> None:
    """Zeros in front make nobody a second person, who could not be changed after."""
    one = await syncid.add_terminal(
        syncid.start_terminal(people={"7": "Amina", "8": "Bruno"})
    )
    other = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"0007": "Amina"})
    )
    for terminal in (one, other):
        await terminal.call("collect_records")
    await syncid.hass.services.async_call(
        DOMAIN, "add_person", {"name": "Ann", "external_id": "008"}, blocking=True
    )
    made = await ask(panel, "people/adopt")
    assert (made["people"], made["users"]) == (1, 2)
    await ask(
        panel, "act", action="update_person", data={"person": "7", "name": "Amina B"}
    )


async def test_user_whom_the_terminal_does_not_tell(
    office: Site, hass_ws_client: Any
) -> None:
    """Who punches at a gateway is known by number alone."""
    await office.punch("4711")
    await office.minute()
    panel = await hass_ws_client(office.hass)
    (user,) = (await ask(panel, "people/nobody"))["users"]
    assert (user["user_id"], user["name"], user["punches"]) == ("4711", "", 1)


async def test_nobody_punches_again(office: Site, hass_ws_client: Any) -> None:
    """How often they punched is told anew, and whoever comes after."""
    await office.punch("4711")
    await office.minute()
    panel = await hass_ws_client(office.hass)
    assert (await ask(panel, "people/nobody"))["count"] == 1
    await office.punch("4711")
    await office.minute()
    (user,) = (await ask(panel, "people/nobody"))["users"]
    assert (user["user_id"], user["punches"]) == ("4711", 2)
    await office.punch("4712")
    await office.minute()
    users = (await ask(panel, "people/nobody"))["users"]
    assert [user["user_id"] for user in users] == ["4711", "4712"]


async def test_adopt_of_who_only_punched(office: Site, hass_ws_client: Any) -> None:
    """Who is shown can be made a person, though no terminal tells of them."""
    await office.punch("4711")
    await office.minute()
    panel = await hass_ws_client(office.hass)
    made = await ask(panel, "people/adopt", user_ids=["4711"])
    assert (made["people"], made["users"]) == (1, 1)
    (row,) = (await ask(panel, "people/list", search="4711"))["people"]
    assert (row["users"][0]["serial"], row["status"]) == ("GATEWAY-1", "late")


async def test_nobody_at_a_terminal_that_is_gone(office: Site, panel: Any) -> None:
    """What was punched there is kept, but nobody can be asked who it was."""
    await office.punch("4711")
    await office.minute()
    for _ in range(2):
        assert (await ask(panel, "people/nobody"))["count"] == 1
    entries = office.hass.config_entries
    gateway = entries.async_entry_for_domain_unique_id(DOMAIN, "GATEWAY-1")
    assert gateway is not None
    await entries.async_remove(gateway.entry_id)
    assert (await ask(panel, "people/nobody"))["count"] == 0


async def test_erased_from_terminals_too(syncid: SyncIDKit, panel: Any) -> None:
    """It is told at which terminals, and nothing that they had there."""
    terminal = await syncid.add_terminal()
    await ask(panel, "people/adopt", user_ids=["1001"])
    data = {"person": "Amina", "from_terminals": True}
    told = (await ask(panel, "act", action="remove_person", data=data))["answer"]
    assert told["terminals"] == [{"device": SERIAL, "user_id": "1001", "removed": True}]
    assert told["deleted"]["mappings"] == 1
    assert "1001" not in terminal.device.users
