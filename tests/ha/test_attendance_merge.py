"""Two people who are one: all of one goes to the other, wherever it is kept."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.syncid.const import CONF_ENTITY_PERSONS, DOMAIN
from custom_components.syncid.core.attendance.schedule import Entry
from custom_components.syncid.core.errors import LedgerError
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .attendance_kit import MONDAY, Site
from .test_panel import ask, panel, refused

__all__ = ["panel"]


async def two(site: Site) -> tuple[str, str]:
    """Have somebody be there twice: as who came, and as who left."""
    kept = await site.add("Amina Rossi", "1001", external_id="17", groups=["7b"])
    gone = await site.add("Rossi Amina", "2001", groups=["choir"])
    await site.at(f"{MONDAY} 17:05")
    await site.punch("1001", f"{MONDAY} 08:00:00")
    await site.punch("2001", f"{MONDAY} 17:00:00")
    return kept, gone


async def test_merge(site: Site) -> None:
    """Punches of both make one day, and who goes is nobody any more."""
    kept, gone = await two(site)
    day = site.attendance.today + timedelta(days=3)
    await site.attendance.async_plan_shift([gone], day, day, None)
    await site.attendance.async_add_leave(
        [Entry(who=gone, kind="leave", first=day, last=day, note="dentist")]
    )
    told = await site.call("merge_people", person="17", other_person="Rossi Amina")
    assert told.pop("marks_changed") >= 1
    assert told.pop("merged") == gone
    assert (told["person_id"], told["name"], told["external_id"]) == (
        kept,
        "Amina Rossi",
        "17",
    )
    assert told["groups"] == ["7b", "choir"]
    assert [one["user_id"] for one in told["users"]] == ["1001", "2001"]
    assert set(site.attendance.people) == {kept}
    mark = await site.mark_on(MONDAY, "Amina Rossi")
    assert mark.first_in is not None
    assert mark.last_out is not None
    assert mark.worked == 9 * 3600
    assert {one for one, _ in await site.all_marks()} == {kept}
    assert [one.who for one in site.attendance.leave.values()] == [kept]
    # Who punches is the one from now on.
    await site.punch("2001", f"{MONDAY} 17:05:00")
    assert site.mark("Amina Rossi").last_out is not None


async def test_what_stays(site: Site) -> None:
    """Name and number may be those of who goes, or other ones."""
    await two(site)
    told = await site.call(
        "merge_people",
        person="Rossi Amina",
        other_person="17",
        name=" Amina  R. ",
        external_id="0018",
    )
    assert (told["name"], told["external_id"]) == ("Amina R.", "0018")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"other_person": "Amina Rossi"}, "merge_same"),
        ({"other_person": "Nobody"}, "person_unknown"),
        ({"other_person": "Rossi Amina", "name": " "}, "person_name_missing"),
        ({"other_person": "Rossi Amina", "external_id": "99"}, "person_id_taken"),
    ],
)
async def test_refused(site: Site, data: dict[str, Any], key: str) -> None:
    """What cannot be is refused, and nothing is done."""
    await two(site)
    await site.add("Chen", external_id="99")
    with pytest.raises(HomeAssistantError) as raised:
        await site.call("merge_people", person="17", **data)
    assert raised.value.translation_key == key
    assert len(site.attendance.people) == 3


@pytest.mark.parametrize("chosen", [(1,), (0,), (0, 1)])
async def test_settings_and_entities(
    hass: HomeAssistant, site: Site, chosen: tuple[int, ...]
) -> None:
    """Lists name who stays; entities of who goes are theirs, if they have none."""
    both = await two(site)
    kept, gone = both
    await site.rule(**{CONF_ENTITY_PERSONS: [both[one] for one in chosen]})
    await hass.config_entries.async_reload(site.syncid.site.entry_id)
    hass.config_entries.async_add_subentry(
        site.syncid.site,
        ConfigSubentry(
            data={"name": "Early", "people": [gone, kept], "groups": []},  # type: ignore[arg-type]
            subentry_type="shift",
            title="Early",
            unique_id=None,
        ),
    )
    await site.syncid.settle()
    entities = er.async_get(hass)
    entry = site.syncid.site
    before = {
        one.entity_id: one.unique_id
        for one in er.async_entries_for_config_entry(entities, entry.entry_id)
        if one.unique_id.startswith(both[chosen[0]])
    }
    assert before
    await site.call("merge_people", person=kept, other_person=gone)
    after = {
        one.entity_id: one.unique_id
        for one in er.async_entries_for_config_entry(entities, entry.entry_id)
        if one.unique_id.startswith(both)
    }
    assert after.keys() == before.keys()
    assert all(unique_id.startswith(kept) for unique_id in after.values())
    assert all(
        (state := hass.states.get(entity_id)) and state.state != "unavailable"
        for entity_id in after
        if entity_id.startswith("sensor.")
    )
    assert entry.options[CONF_ENTITY_PERSONS] == [kept]
    (shift,) = entry.subentries.values()
    assert shift.data["people"] == [kept]
    devices = dr.async_get(hass)
    assert devices.async_get_device_by_identifier((DOMAIN, kept), entry.entry_id)
    assert not devices.async_get_device_by_identifier((DOMAIN, gone), entry.entry_id)


async def test_disabled_site(hass: HomeAssistant, site: Site) -> None:
    """People are merged where the site itself is not set up."""
    kept, gone = await two(site)
    await hass.config_entries.async_unload(site.syncid.site.entry_id)
    await site.call("merge_people", person=kept, other_person=gone)
    assert set(site.attendance.people) == {kept}


async def test_ledger_that_takes_no_marks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are one though their days cannot be written yet, which is done later."""
    kept, gone = await two(site)
    work = site.attendance.book.work

    def fail(*_: Any) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(site.attendance.book, "work", fail)
    with pytest.raises(HomeAssistantError):
        await site.call("merge_people", person=kept, other_person=gone)
    monkeypatch.setattr(site.attendance.book, "work", work)
    await site.minute()
    assert set(site.attendance.people) == {kept}
    assert (await site.mark_on(MONDAY, "Amina Rossi")).worked == 9 * 3600


# --- in the panel ---------------------------------------------------------------------


async def test_doubles(site: Site, panel: Any) -> None:
    """Who may be there twice is told, with what there is of each."""
    kept, gone = await two(site)
    await site.add("Chen", external_id="99")
    page = await ask(panel, "people/doubles")
    assert page["count"] == 1
    (pair,) = page["doubles"]
    assert {pair["first"]["person_id"], pair["second"]["person_id"]} == {kept, gone}
    assert pair["basis"] == "name_order"
    assert await ask(panel, "people/doubles") == page
    assert (await ask(panel, "people/doubles", search="chen"))["count"] == 0
    held = (await ask(panel, "people/holdings", person_ids=[kept, gone]))["people"]
    assert [one["person"]["name"] for one in held] == ["Amina Rossi", "Rossi Amina"]
    assert [(one["punches"], one["marks"]) for one in held] == [(1, 1), (1, 1)]
    error = await refused(panel, "people/holdings", person_ids=["nobody"])
    assert error["translation_key"] == "person_unknown"
    await ask(
        panel,
        "act",
        action="merge_people",
        data={"person": kept, "other_person": gone},
    )
    assert (await ask(panel, "people/doubles"))["count"] == 0
