"""Making and changing groups of terminals."""

from typing import Any

import probatio
import pytest

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv

from .kit import OTHER_SERIAL, SERIAL, SyncIDKit

THIRD_SERIAL = "CKUJ203460003"
FOURTH_SERIAL = "CKUJ203460004"
GATES = {
    "name": "Gates",
    "leader": SERIAL,
    "followers": [OTHER_SERIAL],
    "fingerprints": True,
    "faces": False,
    "remove_extra": False,
}


async def begin(hass: HomeAssistant, syncid: SyncIDKit) -> Any:
    """Begin to make a group."""
    return await hass.config_entries.subentries.async_init(
        (syncid.site.entry_id, "group"), context={"source": SOURCE_USER}
    )


async def make(hass: HomeAssistant, syncid: SyncIDKit, **data: Any) -> Any:
    """Make a group."""
    form = await begin(hass, syncid)
    return await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**GATES, **data}
    )


async def add_terminals(syncid: SyncIDKit) -> None:
    """Set four terminals up."""
    for number, serial in enumerate(
        (SERIAL, OTHER_SERIAL, THIRD_SERIAL, FOURTH_SERIAL), 1
    ):
        await syncid.add_terminal(
            syncid.start_terminal(serial=serial), name=f"Gate {number}"
        )


async def test_make_and_change(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A group is a part of the site, and can be changed."""
    await add_terminals(syncid)
    made = await make(hass, syncid, name=" Gates ", user_ids=[" 1001 ", ""])
    assert made["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = syncid.site.subentries.values()
    assert subentry.title == "Gates"
    assert dict(subentry.data) == {**GATES, "user_ids": ["1001"]}
    form: Any = await hass.config_entries.subentries.async_init(
        (syncid.site.entry_id, "group"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
    }
    assert suggested == subentry.data
    changed: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**GATES, "name": "Doors", "remove_extra": True}
    )
    assert changed["type"] is FlowResultType.ABORT
    assert changed["reason"] == "reconfigure_successful"
    (subentry,) = syncid.site.subentries.values()
    assert subentry.title == "Doors"
    assert subentry.data["remove_extra"] is True
    assert subentry.data["user_ids"] == []


async def test_nobody_is_preset(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The first terminal stands for the leader: it is not put to the followers too."""
    await add_terminals(syncid)
    form = await begin(hass, syncid)
    fields: Any = probatio.to_field_list(
        form["data_schema"], custom_serializer=cv.custom_serializer
    )
    # Home Assistant's page puts the first option where a field has to be filled and
    # has no default.
    (followers,) = [one for one in fields if one["name"] == "followers"]
    assert followers["default"] == []


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"name": "  "}, {"name": "name_missing"}),
        ({"name": "Doors"}, {"name": "name_taken"}),
        ({"leader": FOURTH_SERIAL}, {"leader": "leader_follows"}),
        ({"user_ids": ["1001", "10-2"]}, {"user_ids": "user_ids_invalid"}),
        ({"user_ids": ["Amina Khan", "0"]}, {"user_ids": "user_ids_invalid"}),
        ({"followers": []}, {"followers": "no_follower"}),
        ({"followers": [SERIAL]}, {"followers": "follows_itself"}),
        ({"followers": [FOURTH_SERIAL]}, {"followers": "follower_taken"}),
        ({"followers": [THIRD_SERIAL]}, {"followers": "follower_taken"}),
    ],
)
async def test_wrong(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    data: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """What cannot be is refused at its field, and can be put right."""
    await add_terminals(syncid)
    other = {"name": "Doors", "leader": THIRD_SERIAL, "followers": [FOURTH_SERIAL]}
    await make(hass, syncid, **other)
    form = await make(hass, syncid, **data)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == errors
    made: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], GATES
    )
    assert made["type"] is FlowResultType.CREATE_ENTRY
    assert len(syncid.site.subentries) == 2


async def test_ids_in_one_field(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """IDs that were entered in one field are several; what is none is named."""
    await add_terminals(syncid)
    form = await make(hass, syncid, user_ids=["1001, 10-2", "Zoë"])
    assert form["description_placeholders"] == {"value": "10-2, Zoë"}
    made: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**GATES, "user_ids": ["1001, 1002;7\t00a", " "]}
    )
    assert made["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = syncid.site.subentries.values()
    assert subentry.data["user_ids"] == ["1001", "1002", "7", "00a"]


async def test_two_groups_of_one_leader(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal may lead two groups."""
    await add_terminals(syncid)
    await make(hass, syncid)
    made = await make(hass, syncid, name="Doors", followers=[THIRD_SERIAL])
    assert made["type"] is FlowResultType.CREATE_ENTRY


async def test_one_terminal(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """One terminal is no group."""
    await syncid.add_terminal()
    ended = await begin(hass, syncid)
    assert (ended["type"], ended["reason"]) == (
        FlowResultType.ABORT,
        "too_few_terminals",
    )


async def test_terminal_that_was_removed(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A follower that is gone is still shown, to be taken out."""
    await add_terminals(syncid)
    await make(hass, syncid, followers=[OTHER_SERIAL, THIRD_SERIAL])
    (entry,) = (
        entry
        for entry in hass.config_entries.async_entries("syncid")
        if entry.unique_id == OTHER_SERIAL
    )
    await hass.config_entries.async_remove(entry.entry_id)
    (subentry,) = syncid.site.subentries.values()
    form: Any = await hass.config_entries.subentries.async_init(
        (syncid.site.entry_id, "group"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    options = form["data_schema"].schema["followers"].config["options"]
    assert {"value": OTHER_SERIAL, "label": OTHER_SERIAL} in options
    changed: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**GATES, "followers": [THIRD_SERIAL]}
    )
    assert changed["reason"] == "reconfigure_successful"


async def test_only_the_site_has_parts(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nothing is added to the entry of a terminal."""
    terminal = await syncid.add_terminal()
    assert terminal.entry.supported_subentry_types == {}
    assert set(syncid.site.supported_subentry_types) == {"group", "shift"}
