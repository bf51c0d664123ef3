"""Rota and leave: days that are planned otherwise than the shift says."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from custom_components.syncid.attendance.attendance import DATA_ATTENDANCE, Attendance
from custom_components.syncid.core.records import Batch, Punch, Punches, local_second
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .attendance_kit import Site
from .test_attendance_rules import folded

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}


@pytest.fixture
async def hall(hass: HomeAssistant, site: Site) -> Site:
    """Return a hall with a late shift, and two people of whom one is in a group."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001", groups=["Crew A"])
    await site.add("Bruno", "1002")
    flows = hass.config_entries.subentries
    form = await flows.async_init(
        (site.syncid.site.entry_id, "shift"), context={"source": SOURCE_USER}
    )
    times = {"start_time": "14:00:00", "end_time": "22:00:00"}
    await flows.async_configure(form["flow_id"], folded(name="Late", times=times))
    await site.syncid.settle()
    return site


async def refused(site: Site, action: str, **data: Any) -> str | None:
    """Return the key of the error that an action is refused with."""
    with pytest.raises(HomeAssistantError) as raised:
        await site.call(action, **data)
    return raised.value.translation_key


async def test_rota(hass: HomeAssistant, hall: Site) -> None:
    """A rota goes before the usual shift, of a person before that of their group."""
    late = hall.attendance.async_site_rules().shifts[0].id
    await hall.at("2026-11-02 14:20")
    await hall.punch("1001")
    assert (hall.mark().status, hall.mark().late_by // 3600) == ("late", 6)
    data = {"start": "2026-11-02", "end": "2026-11-04"}
    told = await hall.call("set_rota", groups=["crew a"], shift="Late", **data)
    assert told == {"marks_changed": 1}
    assert (hall.mark().shift_id, hall.mark().late_by // 60) == (late, 21)
    await hall.call("set_rota", person="Amina", shift="off", start="2026-11-02")
    assert hall.mark().status == "day_off"
    plan = hall.attendance.async_plan(hall.person_id("Amina"), hall.attendance.today)
    assert plan.off == "rota_off"
    await hall.call("set_rota", person="Amina", shift="usual", **data)
    assert hall.mark().shift_id == late
    await hall.call("set_rota", groups=["Crew A"], shift="usual", **data)
    assert hall.mark().late_by // 3600 == 6
    assert hall.mark("Bruno").shift_id == ""
    await hall.call("set_rota", groups=["Crew A"], shift=late, **data)
    hass.config_entries.async_remove_subentry(hall.syncid.site, late)
    await hall.syncid.settle()
    assert hall.mark().late_by // 3600 == 6


@pytest.mark.parametrize("group", ["7b", "7B"])
async def test_group_that_is_written_in_two_ways(site: Site, group: str) -> None:
    """A group is one, however it is written: for its rota, and its leave."""
    await site.add("Amina", "1001", groups=["7b"])
    await site.add("Bruno", "1002", groups=["7B"])
    day = {"groups": [group], "start": "2026-11-02"}

    async def statuses() -> list[str]:
        await site.minute()
        return [site.mark(name).status for name in ("Amina", "Bruno")]

    await site.call("set_rota", shift="off", **day)
    assert await statuses() == ["day_off"] * 2
    await site.call("set_rota", shift="usual", **day)
    assert await statuses() == ["expected"] * 2
    await site.call("add_leave", **day)
    assert await statuses() == ["on_leave"] * 2
    for name in ("Amina", "Bruno"):
        told = await site.call("get_leave", person=name)
        assert len(told["leave"]) == 1
    await site.call("remove_leave", **day)
    assert await statuses() == ["expected"] * 2


async def test_group_that_is_written_otherwise_later(site: Site) -> None:
    """What a group was planned to do goes on, and the last word on it counts."""
    await site.add("Amina", "1001", groups=["7b"])
    day = {"groups": ["7b"], "start": "2026-11-02"}
    await site.call("set_rota", shift="off", **day)
    await site.call("update_person", person="Amina", groups=["7B"])
    await site.minute()
    assert site.mark().status == "day_off"
    await site.call("set_rota", shift="usual", **day)
    assert site.mark().status == "expected"
    await site.call("add_leave", **day)
    await site.call("update_person", person="Amina", groups=["7b"])
    assert site.mark().status == "on_leave"


async def test_leave_of_a_group_for_who_joins_it(site: Site) -> None:
    """Who comes into a group has the leave of the group."""
    await site.add("Amina", "1001", groups=["7b"])
    await site.add("Bruno", "1002")
    await site.call("add_leave", groups=["7b"], start="2026-11-02")
    await site.call("update_person", person="Bruno", groups=["7b"])
    await site.minute()
    assert site.mark("Bruno").status == "on_leave"


async def test_shift_of_a_rota_changes(hass: HomeAssistant, hall: Site) -> None:
    """Who works a shift by rota alone is marked anew when it changes."""
    await hall.at("2026-11-02 14:20")
    await hall.punch("1001")
    await hall.call("set_rota", person="Amina", shift="Late", start="2026-11-02")
    assert hall.mark().status == "late"
    (subentry,) = hall.syncid.site.subentries.values()
    hass.config_entries.async_update_subentry(
        hall.syncid.site,
        subentry,
        data={**subentry.data, "grace_minutes": 30},
    )
    await hall.syncid.settle()
    assert hall.mark().status == "present"


async def test_leave(hall: Site) -> None:
    """Who is on leave is not absent; taken back, the day is what it was."""
    await hall.at("2026-11-02 16:30")
    await hall.read_all()
    assert hall.mark().status == "absent"
    hall.told()
    data = {"person": "Amina", "start": "2026-11-02", "end": "2026-11-03"}
    told = await hall.call("add_leave", **data, note=" sea ")
    (leave,) = told["leave"]
    assert leave == {
        "id": leave["id"],
        "person": "Amina",
        "group": None,
        "kind": "leave",
        "start": "2026-11-02",
        "end": "2026-11-03",
        "whole_day": True,
        "from_time": None,
        "until_time": None,
        "note": "sea",
    }
    assert told["marks_changed"] == 1
    assert hall.told() == [("Amina", "2026-11-02", "absent", "on_leave", True)]
    assert hall.mark().explain().startswith("on leave: sea")
    await hall.at("2026-11-03 07:00")
    await hall.minute()
    assert (await hall.mark_on("2026-11-03")).status == "on_leave"
    told = await hall.call("remove_leave", person="Amina", start="2026-11-03")
    assert told["leave"] == [leave | {"start": "2026-11-03"}]
    assert (await hall.mark_on("2026-11-02")).status == "on_leave"
    assert (await hall.mark_on("2026-11-03")).status != "on_leave"
    told = await hall.call("remove_leave", **data)
    assert [one["end"] for one in told["leave"]] == ["2026-11-02"]
    assert (await hall.mark_on("2026-11-02")).status == "absent"
    told = await hall.call("remove_leave", **data)
    assert told == {"leave": [], "marks_changed": 0}


async def test_leave_is_cut(hall: Site) -> None:
    """Who comes back for a day of two weeks is on leave on all others still."""
    data = {"person": "Amina", "start": "2026-11-02", "end": "2026-11-13"}
    await hall.call("add_leave", **data)
    await hall.call("remove_leave", person="Amina", start="2026-11-04")
    assert [
        (one.first.isoformat(), one.last.isoformat())
        for one in hall.attendance.leave.values()
    ] == [("2026-11-02", "2026-11-03"), ("2026-11-05", "2026-11-13")]


async def test_leave_is_listed(hall: Site) -> None:
    """What is planned can be asked for: of all, or of somebody and their groups."""
    assert await hall.call("get_leave") == {"leave": []}
    await hall.call("add_leave", person="Bruno", start="2026-11-20", kind="excuse")
    await hall.call(
        "add_leave", groups=["Crew A"], start="2026-11-09", end="2026-11-13"
    )
    await hall.call("add_leave", person="Amina", start="2026-10-01")

    async def listed(**data: Any) -> list[tuple[str, str]]:
        told = await hall.call("get_leave", **data)
        return [(one["start"], one["person"] or one["group"]) for one in told["leave"]]

    crew, bruno = ("2026-11-09", "Crew A"), ("2026-11-20", "Bruno")
    assert await listed() == [crew, bruno]
    assert await listed(end="2026-11-19") == [crew]
    assert await listed(start="2026-11-14") == [bruno]
    assert await listed(person="Amina") == [crew]
    assert await listed(person="Bruno") == [bruno]
    assert await listed(start="2026-09-01", groups=["crew a"]) == [
        ("2026-10-01", "Amina"),
        crew,
    ]
    wrong = {"start": "2026-11-02", "end": "2026-11-01"}
    assert await refused(hall, "get_leave", **wrong) == "dates_range"


@pytest.mark.parametrize("until", ["12:00:00", "02:30:15"])
async def test_leave_tells_its_part(hall: Site, until: str) -> None:
    """Which part of the day somebody is away is told, as it was entered."""
    part = {"from_time": "08:00:00", "until_time": until}
    data = {"person": "Amina", "start": "2026-11-02"}
    (added,) = (await hall.call("add_leave", **data, **part))["leave"]
    told = {"whole_day": False, "from_time": "08:00"}
    told["until_time"] = until.removesuffix(":00")
    assert {key: added[key] for key in told} == told
    assert (await hall.call("get_leave"))["leave"] == [added]
    assert (await hall.call("remove_leave", **data))["leave"] == [added]


async def test_leave_of_a_group_is_not_taken_back_silently(hall: Site) -> None:
    """Who is away by the group's leave is not said to be back, and is not."""
    day = {"start": "2026-11-02"}
    await hall.call("add_leave", groups=["Crew A"], **day, end="2026-11-03")
    with pytest.raises(ServiceValidationError) as raised:
        await hall.call("remove_leave", person=["Bruno", "Amina"], **day)
    assert raised.value.translation_key == "leave_of_group"
    assert raised.value.translation_placeholders == {
        "person": "Amina",
        "group": "Crew A",
    }
    # Of another day, of who has some of their own, or with the group: as ever.
    for who, start, count in (
        ({"person": "Amina"}, "2026-11-04", 0),
        ({"person": "Bruno"}, "2026-11-02", 0),
        ({"person": "Amina", "groups": ["crew a"]}, "2026-11-02", 1),
    ):
        told = await hall.call("remove_leave", **who, start=start)
        assert len(told["leave"]) == count
    await hall.call("add_leave", person="Amina", start="2026-11-03")
    told = await hall.call("remove_leave", person="Amina", start="2026-11-03")
    assert [one["group"] for one in told["leave"]] == [None]


async def test_excused_for_a_part(hall: Site) -> None:
    """Who is excused for the morning is not late after it."""
    await hall.punch("1001", "2026-11-02 09:55:00")
    assert hall.mark().status == "late"
    told = await hall.call(
        "add_leave",
        groups=["Crew A"],
        kind="excuse",
        start="2026-11-02",
        from_time="08:00",
        until_time="10:00:00",
    )
    (leave,) = told["leave"]
    assert (leave["person"], leave["group"]) == (None, "Crew A")
    assert not leave["whole_day"]
    assert hall.mark().status == "present"


@pytest.mark.parametrize(
    ("begin", "end", "left"),
    [
        ("04:00:00", "06:00:00", "2026-11-03 04:05:00"),
        ("23:00:00", "06:00:00", "2026-11-02 23:05:00"),
    ],
)
async def test_excused_for_the_end_of_a_night(
    site: Site, begin: str, end: str, left: str
) -> None:
    """A part of a day is one of the shift that begins on it, after midnight too."""
    await site.rule(start_time="22:00:00", end_time="06:00:00")
    await site.add("Amina", "1001")
    part = {"from_time": begin, "until_time": end}
    await site.call(
        "add_leave", person="Amina", start="2026-11-02", kind="excuse", **part
    )
    await site.at("2026-11-03 15:00")
    await site.punch("1001", "2026-11-02 21:55:00")
    await site.punch("1001", left)
    await site.read_all()
    mark = await site.mark_on("2026-11-02")
    assert mark.final
    assert (mark.early_by, {*mark.flags}) == (0, set()), mark.explain()


async def test_neighbours(hall: Site) -> None:
    """A day off leaves the night before it what would have been its own."""
    await hall.rule(start_time="22:00:00", end_time="06:00:00")
    await hall.at("2026-11-02 22:00")
    await hall.punch("1001")
    await hall.at("2026-11-03 21:00")
    await hall.punch("1001", "2026-11-03 13:30:00")
    before = await hall.all_marks({hall.person_id("Amina")})
    await hall.call("set_rota", person="Amina", shift="off", start="2026-11-03")
    await hall.call("set_rota", person="Amina", shift="usual", start="2026-11-03")
    assert await hall.all_marks({hall.person_id("Amina")}) == before


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("set_rota", {"shift": "Late"}, "nobody_named"),
        ("set_rota", {"shift": "Early", "person": "Amina"}, "shift_unknown"),
        ("set_rota", {"shift": "off", "groups": ["B"]}, "people_group_unknown"),
        ("add_leave", {"person": "Amina", "end": "2026-11-01"}, "dates_range"),
        ("add_leave", {"person": "Amina", "end": "2027-11-03"}, "dates_range"),
        (
            "add_leave",
            {"person": "Amina", "from_time": "10:00", "until_time": "10:00"},
            "leave_part",
        ),
        ("remove_leave", {"person": "Zoe"}, "person_unknown"),
    ],
)
async def test_refused(hall: Site, action: str, data: dict[str, Any], key: str) -> None:
    """What cannot be meant is refused."""
    assert await refused(hall, action, start="2026-11-02", **data) == key


async def test_going_on_after_a_start(hass: HomeAssistant, hall: Site) -> None:
    """Days that new rules were not computed for are computed after the next start."""
    await hall.punch("1001", "2026-11-02 08:17:00")
    await hall.at("2026-11-20 07:00")
    await hall.read_all()
    hall.syncid.in_file("UPDATE marks SET status = 'excused'")
    person_id = hall.person_id("Amina")
    await hass.async_add_executor_job(
        hall.attendance.book.mark_stale, [(person_id, None), ("gone", None)]
    )
    # As it is made when Home Assistant starts.
    await Attendance(hass, hall.attendance.hub).async_open()
    await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "late"
    assert (await hall.mark_on("2026-11-02", "Bruno")).status == "excused"
    assert hall.syncid.in_file("SELECT * FROM stale") == []


@pytest.mark.parametrize("by_start", [False, True])
async def test_full_disk_after_a_plan(
    hass: HomeAssistant, hall: Site, *, by_start: bool
) -> None:
    """What the ledger did not take is computed later, also after a new start.

    However long ago the day is.
    """
    await hall.punch("1001", "2026-11-02 08:17:00")
    await hall.at("2026-11-20 07:00")
    await hall.read_all()
    with hall.syncid.full_disk("marks"):
        plan = {"person": "Amina", "shift": "off", "start": "2026-11-02"}
        assert await refused(hall, "set_rota", **plan) == "ledger_error"
        why = {"person": "Bruno", "date": "2026-11-03", "why": "dentist"}
        marked = {**why, "mark": "excused"}
        assert await refused(hall, "mark_attendance", **marked) == "ledger_error"
    assert (await hall.mark_on("2026-11-02")).status == "late"
    if by_start:
        # As it is made when Home Assistant starts; the old one is gone by then.
        hall.attendance._late.clear()
        hall.attendance._left.clear()
        await Attendance(hass, hall.attendance.hub).async_open()
    await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "day_off"
    assert (await hall.mark_on("2026-11-03", "Bruno")).status == "excused"


async def test_rows_of_others_stay(hass: HomeAssistant, hall: Site) -> None:
    """New rules do not forget what somebody else noted and did not compute yet."""
    person_id = hall.person_id("Amina")
    (number,) = await hass.async_add_executor_job(
        hall.attendance.book.mark_stale, [(person_id, None)]
    )
    await hall.rule(**EIGHT | {"grace_minutes": 20})
    assert hall.syncid.in_file("SELECT * FROM stale") == [(number, person_id, None)]


# --- stopped in between ---------------------------------------------------------------


async def start_anew(
    hass: HomeAssistant, site: Site, time: str | None = None
) -> Attendance:
    """Have attendance made as when Home Assistant starts, and look at all days."""
    before = site.attendance
    await before._ticking.acquire()  # it does nothing more
    if time is not None:
        site.freezer.move_to(time)
    started = hass.data[DATA_ATTENDANCE] = Attendance(hass, before.hub)
    await started.async_open()
    await site.minute()
    return started


async def store_and_stop(site: Site, *times: str, user_id: str = "1001") -> None:
    """Have punches stored, and nothing be done with them."""
    punches = [
        Punch(user_id, local_second(datetime.fromisoformat(time)), "unknown", "unknown")
        for time in times
    ]
    ledger = site.attendance.hub.ledger
    await asyncio.wrap_future(
        ledger.ingest(Batch(site.gate.serial, "push", Punches.of(punches)))
    )


async def test_stopped_before_a_late_punch_counts(
    hass: HomeAssistant, hall: Site
) -> None:
    """What was stored and not computed is after the next start, however old it is."""
    for day in ("03", "04", "12"):
        await hall.at(f"2026-11-{day} 00:10")
        await hall.read_all()
    assert (await hall.mark_on("2026-11-02")).status == "absent"
    late = [f"2026-{day} 07:50:00" for day in ("11-02", "11-03", "10-30", "11-11")]
    await store_and_stop(hall, *late)
    await store_and_stop(hall, "2026-11-02 07:51:00", user_id="77")  # who is nobody
    rows = hall.syncid.in_file("SELECT date FROM stale ORDER BY date")
    assert rows == [("2026-10-30",), ("2026-11-02",), ("2026-11-03",)]
    # A disk had to be bought.
    await start_anew(hass, hall, "2026-12-20T07:00:00-08:00")
    for day in ("10-30", "11-02", "11-03", "11-11"):
        assert (await hall.mark_on(f"2026-{day}")).status == "present"
    assert (await hall.mark_on("2026-11-02", "Bruno")).status == "absent"
    assert hall.syncid.in_file("SELECT * FROM stale") == []


async def test_late_punch_is_noted_until_it_counts(hall: Site) -> None:
    """Also when the ledger does not take the mark at first."""
    await hall.at("2026-11-20 07:00")
    with hall.syncid.full_disk("marks"):
        await hall.punch("1001", "2026-11-02 07:50:00")
        assert hall.syncid.in_file("SELECT date FROM stale") == [("2026-11-02",)]
    await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "present"
    assert hall.syncid.in_file("SELECT * FROM stale") == []
    await hall.punch("1001", "2026-11-19 07:50:00")
    numbers = "SELECT seq FROM sqlite_sequence WHERE name = 'stale'"
    before = hall.syncid.in_file(numbers)
    await hall.punch("1001", "2026-11-19 16:20:00")
    assert hall.syncid.in_file(numbers) == before


async def test_day_off_that_was_worked_before_a_stop(
    hass: HomeAssistant, hall: Site
) -> None:
    """A day that nothing was said of yet is looked at too."""
    await hall.at("2026-11-10 07:00")
    await hall.add("Chen", "1003")
    await store_and_stop(hall, "2026-11-08 08:17:00", user_id="1003")
    await start_anew(hass, hall)
    assert (await hall.mark_on("2026-11-08", "Chen")).status == "late"


async def test_rules_on_a_full_disk_and_a_stop(hass: HomeAssistant, hall: Site) -> None:
    """Marks of other rules than there are now are made anew with the next start."""
    await hall.punch("1001", "2026-11-02 08:17:00")
    await hall.at("2026-11-20 07:00")
    await hall.read_all()
    with hall.syncid.full_disk("stale"):
        await hall.rule(**EIGHT | {"grace_minutes": 20})
        await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "late"
    await start_anew(hass, hall)
    assert (await hall.mark_on("2026-11-02")).status == "present"
    hall.syncid.in_file("UPDATE marks SET status = 'excused' WHERE date = '2026-11-02'")
    await start_anew(hass, hall)
    # By the same rules there is nothing to do.
    assert (await hall.mark_on("2026-11-02")).status == "excused"


async def test_older_rules_are_owed(hall: Site, hass: HomeAssistant) -> None:
    """Rules that changed twice while the disk was full are made up for from the first.

    Of the second change alone it would not be seen whom the first one touched.
    """
    await hall.punch("1001", "2026-11-02 08:17:00")
    await hall.rule(**EIGHT)
    await hall.at("2026-11-20 07:00")
    await hall.read_all()
    (late,) = hall.syncid.site.subentries.values()
    with hall.syncid.full_disk("stale"):
        await hall.rule(**EIGHT | {"grace_minutes": 20})
        hass.config_entries.async_update_subentry(
            hall.syncid.site,
            late,
            data={**late.data, "persons": [hall.person_id("Bruno")]},
        )
        await hall.syncid.settle()
        assert (await hall.mark_on("2026-11-02")).status == "late"
    await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "present"


async def test_looks_back_once(hall: Site) -> None:
    """The last days are looked at with a start, not with every minute."""
    await hall.punch("1001", "2026-11-02 08:17:00")
    await hall.at("2026-11-03 07:00")
    await hall.read_all()
    assert (await hall.mark_on("2026-11-02")).final
    hall.syncid.in_file("UPDATE marks SET status = 'excused' WHERE date = '2026-11-02'")
    await hall.minute()
    assert (await hall.mark_on("2026-11-02")).status == "excused"
