"""Days: how they begin, when they are final, and what changes them afterwards."""

from datetime import datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.syncid.attendance.events import (
    SIGNAL_PEOPLE,
    SIGNAL_PERSON,
    SIGNAL_RULES,
)
from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.errors import RuleRefused
from custom_components.syncid.core.records import local_second
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .attendance_kit import URL, Site
from .kit import OTHER_SERIAL, TOKEN

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}
OTHER_TOKEN = "another-token-that-nobody-can-guess"


@pytest.fixture
async def office(site: Site) -> Site:
    """Return a site that works from eight to four, and knows Amina and Bruno."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    site.told()
    return site


async def test_a_day(office: Site) -> None:
    """Late is said at once; absent only when the gate was read after the end."""
    await office.punch("1001", "2026-11-02 08:17:00")
    assert office.told() == [("Amina", "2026-11-02", "expected", "late", False)]
    assert (
        office.mark()
        .explain()
        .startswith("late: first in 08:17, start 08:00, grace 10 min")
    )
    await office.at("2026-11-02 15:58")
    await office.punch("1001")
    assert office.told() == []
    assert office.mark().presence == "left"
    await office.at("2026-11-02 16:30")
    assert office.told() == []
    await office.read_all()
    assert sorted(office.told()) == [
        ("Amina", "2026-11-02", "late", "late", True),
        ("Bruno", "2026-11-02", "expected", "absent", True),
    ]


async def test_late_delivery(office: Site) -> None:
    """What comes after the day was final re-opens it, and the trace says so."""
    await office.at("2026-11-02 16:30")
    await office.read_all()
    assert office.mark("Bruno").status == "absent"
    office.told()
    await office.push(
        {"user_id": "1002", "timestamp": "2026-11-02 07:55:00"},
        {"user_id": "1002", "timestamp": "2026-11-02 16:05:00"},
    )
    assert office.told() == [("Bruno", "2026-11-02", "absent", "present", True)]
    trace = await office.attendance.async_trace(
        office.person_id("Bruno"), office.attendance.today
    )
    assert [(line["cause"], line["before_status"]) for line in trace] == [
        ("closed", "expected"),
        ("reopened", "absent"),
    ]


async def test_backlog_of_a_gateway(office: Site) -> None:
    """Nobody is absent while a gateway that was away still brings what it kept."""
    await office.at("2026-11-03 12:00")
    await office.punch("1001", "2026-11-02 07:55:00")
    await office.minute()
    assert (await office.mark_on("2026-11-02", "Bruno")).status == "expected"
    await office.punch("1002", "2026-11-02 07:56:00")
    for _ in range(6):
        await office.minute()
    # It may be on its way with the rest.
    assert not (await office.mark_on("2026-11-02", "Bruno")).final
    await office.punch("1001", "2026-11-03 07:58:00")
    for _ in range(6):
        await office.minute()
    assert (await office.mark_on("2026-11-02", "Bruno")).final
    assert {told[3] for told in office.told()} == {"present"}


async def test_backlog_newest_first(office: Site) -> None:
    """Also if what it brings first is of this minute: it may say that it has no more."""
    await office.at("2026-11-03 07:50")
    await office.punch("1001")
    await office.minute()
    await office.punch("1001", "2026-11-02 07:55:00")
    await office.minute()
    assert not (await office.mark_on("2026-11-02", "Bruno")).final
    await office.read_all()
    assert (await office.mark_on("2026-11-02", "Bruno")).status == "absent"


async def test_gateway_that_brings_punches_only(office: Site) -> None:
    """Minutes after a punch of now it is known that there was nothing before it."""
    await office.at("2026-11-03 07:50")
    await office.punch("1001")
    await office.minute()
    assert not (await office.mark_on("2026-11-02", "Bruno")).final
    for _ in range(4):
        await office.minute()
    assert (await office.mark_on("2026-11-02", "Bruno")).status == "absent"


@pytest.mark.parametrize("disable", [False, True])
async def test_terminal_that_is_gone(
    office: Site, hass: HomeAssistant, *, disable: bool
) -> None:
    """What it told before it was removed or disabled stays what it was."""
    entry = office.gate.entry
    options = {**entry.options, "direction": "in_only"}
    hass.config_entries.async_update_entry(entry, options=options)
    await office.syncid.settle()
    await office.punch("1001", "2026-11-02 05:50:00")
    await office.at("2026-11-03 00:10")
    await office.read_all()
    before = (
        await office.mark_on("2026-11-02"),
        await office.mark_on("2026-11-02", "Bruno"),
    )
    assert [(mark.status, mark.final) for mark in before] == [
        ("present", True),
        ("absent", True),
    ]
    assert "missing_out" in before[0].flags
    office.told()
    if disable:
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    # Also for who starts anew.
    await office.attendance._async_load()
    await office.rule(**EIGHT | {"grace_minutes": 20})
    await office.at("2026-11-04 00:10")
    after = (
        await office.mark_on("2026-11-02"),
        await office.mark_on("2026-11-02", "Bruno"),
    )
    assert [mark._replace(reasons=()) for mark in after] == [
        mark._replace(reasons=()) for mark in before
    ]
    # Of the days since it tells nothing.
    mark = await office.mark_on("2026-11-03")
    assert (mark.status, mark.final) == ("expected", False)
    assert office.told() == []


async def test_one_of_two_terminals_is_away(office: Site, hass: HomeAssistant) -> None:
    """Nobody is absent while a terminal of theirs may still hold their punch."""
    other = await office.syncid.add_push_device(
        OTHER_SERIAL, token=OTHER_TOKEN, webhook_id="5ecb" * 16
    )
    await office.map("Bruno", "1002", other)
    await office.at("2026-11-02 16:30")
    await office.read_all()
    assert office.mark().status == "absent"
    assert office.mark("Bruno").status == "expected"
    assert f"not read since the end: {OTHER_SERIAL}" in office.mark("Bruno").explain()
    await office.punch("1002", "2026-11-02 07:59:00", token=OTHER_TOKEN)
    await office.minute()
    assert office.mark("Bruno").status == "present"


async def test_terminal_that_is_not_active(office: Site, hass: HomeAssistant) -> None:
    """What a device holds that nothing is taken from is not waited for."""
    hass.config_entries.async_update_entry(
        office.gate.entry, options={**office.gate.entry.options, "active": False}
    )
    await office.at("2026-11-02 16:30")
    assert office.mark().status == "absent"


async def test_new_day(office: Site) -> None:
    """A date begins by itself, and days without Home Assistant are caught up."""
    await office.at("2026-11-05 07:00")
    assert str(office.attendance.today) == "2026-11-05"
    assert [day for _, day in await office.all_marks()] == [
        f"2026-11-0{day}" for day in (2, 3, 4, 5) for _ in range(2)
    ]
    assert office.told() == []
    await office.read_all()
    assert (await office.mark_on("2026-11-03")).status == "absent"
    assert {day for _, day, *_ in office.told()} == {
        f"2026-11-0{day}" for day in (2, 3, 4)
    }


async def test_log_of_a_month(office: Site) -> None:
    """What is read at last of long ago is told nobody, but what a human says of it."""
    await office.punch("1001", "2026-10-05 08:00:00")
    await office.at("2026-11-02 16:30")
    for day in (5, 7, 20, 30):
        await office.punch("1001", f"2026-10-{day:02} 16:05:00")
        await office.punch("1002", f"2026-10-{day:02} 08:00:00")
    await office.read_all()
    assert (await office.mark_on("2026-10-06")).status == "absent"
    assert (await office.mark_on("2026-10-07", "Bruno")).status == "present"
    told = [day for _, day, *_ in office.told()]
    assert told
    assert min(told) >= "2026-10-26"
    say = {"person": "Amina", "mark": "excused", "why": "was ill"}
    await office.call("mark_attendance", date="2026-10-06", **say)
    assert office.told() == [("Amina", "2026-10-06", "absent", "excused", True)]


async def test_marked_ahead_of_an_outage(office: Site) -> None:
    """A day that was marked before it came hides none of those before it."""
    day = "2026-11-05"
    await office.call(
        "mark_attendance", person="Bruno", mark="on_leave", date=day, why="asked"
    )
    await office.at("2026-11-06 08:30")
    marks = await office.all_marks({office.person_id("Bruno")})
    assert [*marks] == [
        (office.person_id("Bruno"), f"2026-11-0{day}") for day in (2, 3, 4, 5, 6)
    ]


async def test_new_rules(office: Site, hass: HomeAssistant) -> None:
    """Changed rules mark the past anew; that is no news but for the last days."""
    heard: list[int] = []
    async_dispatcher_connect(hass, SIGNAL_RULES, callback(lambda: heard.append(1)))
    for day in (2, 3, 4, 5):
        await office.at(f"2026-11-0{day} 16:30")
        await office.punch("1001", f"2026-11-0{day} 08:17:00")
    office.told()
    await office.rule(**EIGHT | {"grace_minutes": 20})
    assert heard
    assert [
        (day, mark.status)
        for (_, day), mark in (
            await office.all_marks({office.person_id("Amina")})
        ).items()
    ] == [(f"2026-11-0{day}", "present") for day in (2, 3, 4, 5)]
    assert [told[1:4] for told in office.told() if told[0] == "Amina"] == [
        ("2026-11-04", "late", "present"),
        ("2026-11-05", "late", "present"),
    ]


async def test_rules_that_touch_nobody(office: Site) -> None:
    """Another option of the site computes nothing anew."""
    before = office.syncid.in_file("SELECT count(*) FROM changes")
    await office.rule(**EIGHT, live_minutes=7)
    assert office.syncid.in_file("SELECT count(*) FROM changes") == before


async def test_incremental_is_as_from_nothing(office: Site) -> None:
    """What was computed bit by bit is what is computed of all at once."""
    for day in (2, 3, 4, 5, 6):
        await office.at(f"2026-11-0{day} 07:00")
        for user_id, clock in (("1001", "08:05"), ("1002", "08:30"), ("1001", "15:00")):
            await office.punch(user_id, f"2026-11-0{day} {clock}:00")
        await office.at(f"2026-11-0{day} 17:00")
        await office.read_all()
    await office.punch("1002", "2026-11-03 07:40:00")
    await office.call(
        "mark_attendance", person="Amina", mark="excused", date="2026-11-04", why="ill"
    )
    await office.rule(**EIGHT | {"grace_minutes": 40})
    before = await office.all_marks()
    assert len(before) == 10
    assert {mark.status for mark in before.values()} == {"present", "excused"}
    office.syncid.in_file("DELETE FROM marks")
    for name, user_id in (("Amina", "1001"), ("Bruno", "1002")):
        data = {"device_id": [office.gate.device_id], "user_id": user_id}
        await office.call("unmap_user", **data)
        await office.call("map_user", **data, person=name)
    await office.minute()
    assert await office.all_marks() == before


async def test_ledger_that_cannot_be_written(office: Site) -> None:
    """What could not be computed is, as soon as the ledger takes it again."""
    with office.syncid.full_disk("marks"):
        await office.punch("1001", "2026-11-02 08:17:00")
        await office.rule(**EIGHT | {"grace_minutes": 20})
        await office.punch("1002", "2026-11-02 08:25:00")
        assert office.told() == []
        await office.minute()
        assert office.mark().status == "expected"
    await office.minute()
    assert {told[0]: told[3] for told in office.told()} == {
        "Amina": "present",
        "Bruno": "late",
    }


async def test_mapping_that_cannot_be_computed(office: Site) -> None:
    """Who was mapped is kept; their marks follow when the ledger takes them."""
    await office.add("Chen")
    await office.punch("1003")
    data = {"device_id": [office.gate.device_id], "user_id": "1003", "person": "Chen"}
    with office.syncid.full_disk("marks"), pytest.raises(HomeAssistantError) as raised:
        await office.call("map_user", **data)
    assert raised.value.translation_key == "ledger_error"
    assert office.mark("Chen").status == "expected"
    await office.minute()
    assert office.mark("Chen").status == "present"


async def test_word_that_cannot_be_computed(office: Site) -> None:
    """What a human says or plans is kept, and the days follow."""
    leave = {"person": "Amina", "start": "2026-11-02"}
    word = {"person": "Bruno", "mark": "excused", "why": "said so"}
    with office.syncid.full_disk("marks"):
        for action, data in (("add_leave", leave), ("mark_attendance", word)):
            with pytest.raises(HomeAssistantError) as raised:
                await office.call(action, **data)
            assert raised.value.translation_key == "ledger_error"
        await office.minute()
        assert office.mark().status == office.mark("Bruno").status == "expected"
    await office.minute()
    assert office.mark().status == "on_leave"
    assert office.mark("Bruno").status == "excused"


async def test_rules_that_cannot_be_computed(office: Site) -> None:
    """They are tried again each minute, until the ledger takes what comes of them."""
    await office.punch("1001", "2026-11-02 08:17:00")
    await office.minute()
    with office.syncid.full_disk("marks"):
        await office.rule(**EIGHT | {"grace_minutes": 20})
        for _ in range(2):
            await office.minute()
        assert office.mark().status == "late"
    await office.minute()
    assert office.mark().status == "present"
    assert office.syncid.in_file("SELECT * FROM stale") == []


async def test_two_changes_at_once(office: Site, hass: HomeAssistant) -> None:
    """Rules that change again while they are worked on are worked on again."""
    await office.punch("1001", "2026-11-02 08:17:00")
    async with office.attendance._turn:
        for grace in (20, 5):
            hass.config_entries.async_update_entry(
                office.syncid.site, options=EIGHT | {"grace_minutes": grace}
            )
    await office.syncid.settle()
    assert "grace 5" in office.mark().explain()
    assert office.syncid.in_file("SELECT * FROM stale") == []


def forgotten(person_id: str) -> Correction:
    """Return that somebody came before eight, which no terminal knows."""
    second = local_second(datetime(2026, 11, 2, 7, 55))
    return Correction(
        number=0,
        kind="add_punch",
        by="Dina",
        at=0,
        why="forgot",
        person_id=person_id,
        local_second=second,
        utc_second=second + 8 * 3600,
    )


async def test_correction_amid_new_rules(office: Site, hass: HomeAssistant) -> None:
    """What a human says is told as theirs, though new rules are just being applied."""
    await office.at("2026-11-02 09:00")
    amina = office.person_id("Amina")
    async with office.attendance._turn:
        await office.rule_soon(**EIGHT | {"grace_minutes": 20})
        correcting = hass.async_create_background_task(
            office.attendance.async_correct(forgotten(amina)), "correct"
        )
        await hass.async_block_till_done()
    (change,) = await correcting
    assert (change.cause, change.after.status) == ("correction", "present")
    await office.syncid.settle()
    assert office.told() == [("Amina", "2026-11-02", "expected", "present", False)]
    trace = await office.attendance.async_trace(amina, office.attendance.today)
    assert [line["cause"] for line in trace] == ["correction"]
    assert "grace 20" in office.mark().explain()


async def test_correction_of_who_is_erased(office: Site, hass: HomeAssistant) -> None:
    """Nothing is kept of who was erased while it waited."""
    amina = office.person_id("Amina")
    async with office.attendance._turn:
        erasing, correcting = (
            hass.async_create_background_task(work, "work")
            for work in (
                office.attendance.async_erase(amina),
                office.attendance.async_correct(forgotten(amina)),
            )
        )
        await hass.async_block_till_done()
    await erasing
    with pytest.raises(RuleRefused):
        await correcting
    assert office.syncid.in_file("SELECT * FROM corrections") == []


async def test_device_that_is_not_loaded(office: Site, hass: HomeAssistant) -> None:
    """Of who is unloaded nothing more is read, and nobody of theirs is absent."""
    await hass.config_entries.async_unload(office.gate.entry.entry_id)
    await office.at("2026-11-02 16:30")
    assert office.mark().status == "expected"


async def test_one_thing_at_a_time(office: Site, hass: HomeAssistant) -> None:
    """What comes while something is computed is done together, after it."""
    async with office.attendance._turn:
        for user_id in ("1001", "1002", "1001"):
            response = await office.client.post(
                URL,
                json={
                    "logs": [{"user_id": user_id, "timestamp": "2026-11-02 06:00:30"}]
                },
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            assert response.status == 200
        for _ in range(2):
            office.freezer.tick(timedelta(seconds=61))
            async_fire_time_changed(hass)
            await hass.async_block_till_done()
        assert office.attendance.async_on_site() == []
    await office.syncid.settle()
    assert len(office.attendance.async_on_site()) == 2
    assert len(office.told()) == 2


async def test_ledger_that_was_replaced(office: Site, hass: HomeAssistant) -> None:
    """Nobody is known any more, as the empty file says, and nothing old is shown."""
    await office.punch("1001")
    assert len(office.attendance.async_on_site()) == 1
    heard: list[str] = []
    for signal in (SIGNAL_PEOPLE, SIGNAL_PERSON.format(office.person_id("Amina"))):
        async_dispatcher_connect(
            hass, signal, callback(lambda signal=signal: heard.append(signal))
        )
    office.syncid.in_file("UPDATE schema_version SET version = version")
    office.syncid.in_file("PRAGMA wal_checkpoint(TRUNCATE)")

    def spoil() -> None:
        with office.syncid.ledger_file.open("r+b") as file:
            file.write(b"not a ledger" * 1000)

    await hass.async_add_executor_job(spoil)
    await office.client.post(
        URL,
        json={"logs": [{"user_id": "1001", "timestamp": "2026-11-02 06:05:00"}]},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    await office.syncid.wait_for_issue("ledger_replaced")
    await office.syncid.settle()
    assert office.attendance.people == {}
    assert office.attendance.async_on_site() == []
    assert len(heard) == 2
    await office.minute()
    await office.add("Amina", "1001")
    assert office.mark().status in ("expected", "present")


async def test_clock_that_was_reset(office: Site) -> None:
    """A punch of the year 2000 makes the one day that it is on, whatever follows."""
    await office.punch("1001", "2000-01-01 00:05:00")
    await office.punch("1001", "2026-11-02 05:50:00")
    await office.rule(**EIGHT | {"grace_minutes": 20})
    await office.minute()
    marks = await office.all_marks({office.person_id("Amina")})
    assert [day for _, day in marks] == ["2000-01-01", "2026-11-02"]


async def test_only_punch_is_of_a_reset_clock(office: Site) -> None:
    """Nor for who is mapped after it."""
    await office.punch("1003", "2000-01-01 09:05:00")
    await office.add("Chiara", "1003")
    await office.at("2026-11-03 00:10")
    marks = await office.all_marks({office.person_id("Chiara")})
    assert [day for _, day in marks] == ["2000-01-01", "2026-11-02", "2026-11-03"]
