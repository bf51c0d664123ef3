"""What humans say of punches, of days and of clocks: all of it or nothing, and back."""

from datetime import date as Date, datetime
from typing import Any

import pytest

from custom_components.syncid.attendance.attendance import DATA_ATTENDANCE, Attendance
from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.attendance.corrections import Correction
from custom_components.syncid.core.attendance.marks import Cause, Change
from custom_components.syncid.core.attendance.schedule import Entry
from custom_components.syncid.core.case import Case, Due
from custom_components.syncid.core.records import local_second
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
from .kit import OTHER_SERIAL
from .test_attendance_rules import NIGHT, add_shift

EIGHT = {"start_time": "08:00:00", "end_time": "16:00:00", "grace_minutes": 10}
SLOW = {
    "start": "2026-11-02 00:00:00",
    "end": "2026-11-02 23:59:59",
    "seconds": 3600,
    "why": "was an hour slow",
}


@pytest.fixture
async def office(site: Site) -> Site:
    """Return a site that works from eight to four, and knows Amina and Bruno."""
    await site.rule(**EIGHT)
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    return site


async def refused(site: Site, action: str, **data: Any) -> str | None:
    """Return the key of the error that an action is refused with."""
    with pytest.raises(HomeAssistantError) as raised:
        await site.call(action, **data)
    return raised.value.translation_key


def count(site: Site) -> int:
    """Return how many corrections there are."""
    ((found,),) = site.syncid.in_file("SELECT count(*) FROM corrections")
    assert isinstance(found, int)
    return found


# --- all or none ----------------------------------------------------------------------


async def test_somebody_is_erased_meanwhile(hass: HomeAssistant, office: Site) -> None:
    """A word on two people, of whom one is erased while it waits, is not kept."""
    bruno = office.person_id("Bruno")
    data = {"person": ["Amina", "Bruno"], "mark": "on_leave", "why": "sea"}
    run = hass.async_create_background_task
    async with office.attendance._turn:
        erasing = run(office.attendance.async_erase(bruno), "erase")
        marking = run(
            hass.services.async_call(
                DOMAIN, "mark_attendance", data, blocking=True, return_response=True
            ),
            "mark",
        )
    await erasing
    with pytest.raises(HomeAssistantError) as raised:
        await marking
    assert raised.value.translation_key == "person_unknown"
    assert raised.value.translation_placeholders == {"person": "Bruno"}
    assert count(office) == 0
    assert office.mark().status == "expected"


async def test_somebody_is_gone_from_the_ledger(
    hass: HomeAssistant, office: Site
) -> None:
    """Who is there is looked up where it is kept, with the same commit."""
    bruno = office.person_id("Bruno")
    await hass.async_add_executor_job(office.attendance.book.erase, bruno)
    data = {"person": ["Amina", "Bruno"], "mark": "on_leave", "why": "sea"}
    assert await refused(office, "mark_attendance", **data) == "person_unknown"
    assert count(office) == 0


async def test_disk_is_full_for_the_second(office: Site) -> None:
    """What cannot be kept of all is kept of none."""
    office.syncid.in_file(
        "CREATE TRIGGER one BEFORE INSERT ON corrections"
        " WHEN (SELECT count(*) FROM corrections) > 0"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    data = {"person": ["Amina", "Bruno"], "mark": "on_leave", "why": "sea"}
    assert await refused(office, "mark_attendance", **data) == "ledger_error"
    assert count(office) == 0
    assert office.syncid.in_file("SELECT * FROM stale") == []
    office.syncid.in_file("DROP TRIGGER one")
    assert len((await office.call("mark_attendance", **data))["marks"]) == 2


async def test_plan_amid_other_work(hass: HomeAssistant, office: Site) -> None:
    """All marks that a plan changed are counted, whoever computed them first."""
    await office.at("2026-11-02 16:30")
    await office.read_all()
    day, attendance = office.attendance.today, office.attendance
    who = office.person_id("Amina")
    leave = Entry(who=who, kind="leave", first=day, last=day)
    async with attendance._turn:
        adding = hass.async_create_background_task(
            attendance.async_add_leave([leave]), "leave"
        )
        # These wait for their turn before its days are computed.
        await office.rule_soon(**EIGHT | {"grace_minutes": 20})
    assert await adding == 1
    await office.syncid.settle()
    assert office.mark().status == "on_leave"


# --- punches --------------------------------------------------------------------------


async def test_restore_a_punch(office: Site) -> None:
    """What was voided by mistake counts again, however often it was voided."""
    await office.punch("1001", "2026-11-02 05:50:00")
    punch = {"person": "Amina", "time": "2026-11-02 05:50:00", "why": "my mistake"}
    assert await refused(office, "restore_punch", **punch) == "punch_not_voided"
    for _ in range(2):
        await office.call("void_punch", **punch)
    assert office.mark().status == "expected"
    (mark,) = (await office.call("restore_punch", **punch))["marks"]
    assert (mark["status"], mark["flags"]) == ("present", [])
    assert await refused(office, "restore_punch", **punch) == "punch_not_voided"
    await office.call("void_punch", **punch)
    assert office.mark().status == "expected"
    kinds = office.syncid.in_file("SELECT kind FROM corrections ORDER BY number")
    assert [kind for (kind,) in kinds] == [
        "void_punch",
        "void_punch",
        "revoke",
        "revoke",
        "void_punch",
    ]
    nobody = punch | {"time": "2026-11-02 05:50:01"}
    assert await refused(office, "restore_punch", **nobody) == "punch_unknown"


# --- clocks ---------------------------------------------------------------------------


async def test_clock_that_was_slow(hass: HomeAssistant, office: Site) -> None:
    """Punches of a slow clock count by the right time, said with the day; and back."""
    await office.at("2026-11-02 17:30")
    for time in ("07:05:00", "15:10:00"):
        await office.punch("1001", f"2026-11-02 {time}")
    await office.punch("1002", "2026-11-02 07:30:00")
    await office.punch("77", "2026-11-02 07:31:00")
    await office.call("void_punch", person="Bruno", time="2026-11-02 07:30", why="x")
    await office.call("restore_punch", person="Bruno", time="2026-11-02 07:30", why="x")
    stored = await office.syncid.stored()
    clock = {"device_id": office.gate.device_id, **SLOW}
    told = await office.call("correct_clock", **clock, dry_run=True)
    marks = told.pop("marks")
    assert told == {"dry_run": True, "punches": 4, "people": 2, "days": 2}
    assert {one["person"]: one["status"] for one in marks} == {
        "Amina": "present",
        "Bruno": "late",
    }
    assert office.mark("Bruno").status == "present"
    before = count(office)
    told = await office.call("correct_clock", **clock)
    assert count(office) == before + 1
    assert told == {
        "dry_run": False,
        "punches": 4,
        "people": 2,
        "days": 2,
        "marks": marks,
    }
    assert office.mark("Bruno").late_by == 30 * 60
    assert (
        "the clock of GATEWAY-1 was wrong: 1:00:00 added by Home Assistant:"
        " was an hour slow" in office.mark().explain()
    )
    assert "corrected" in office.mark().flags
    # Said once more it is not added twice; nor does it forget what others say.
    assert (await office.call("correct_clock", **clock))["marks"] == []
    await office.punch("1001", "2026-11-02 15:20:00")
    last = office.mark().last_out
    assert last is not None
    assert last.wall % 86_400 == 16 * 3600 + 20 * 60
    await office.rule(**EIGHT | {"grace_minutes": 40})
    assert office.mark("Bruno").status == "present"
    await office.rule(**EIGHT)
    # A punch is named by what the terminal told.
    await office.call("void_punch", person="Bruno", time="2026-11-02 07:30", why="x")
    assert office.mark("Bruno").first_in is None
    await office.call("restore_punch", person="Bruno", time="2026-11-02 07:30", why="x")
    told = await office.call("correct_clock", **clock | {"seconds": 0})
    assert {one["person"] for one in told["marks"]} == {"Amina", "Bruno"}
    assert office.mark("Bruno").late_by == 0
    assert "corrected" not in office.mark("Bruno").flags
    assert [one for one in await office.syncid.stored() if one in stored] == stored
    # And after a new start.
    await office.call("correct_clock", **clock)
    hass.data[DATA_ATTENDANCE] = Attendance(hass, office.attendance.hub)
    await office.attendance.async_open()
    office.syncid.in_file("UPDATE marks SET late_by = 0")
    await office.minute()
    assert office.mark("Bruno").late_by == 30 * 60


async def test_clock_amid_other_work(office: Site) -> None:
    """What comes between looking and keeping counts by the right time, too."""
    await office.at("2026-11-02 17:30")
    await office.punch("1001", "2026-11-02 07:05:00")
    midnight = local_second(datetime(2026, 11, 2))
    clock = Correction(
        number=0,
        kind="shift_clock",
        by="Office",
        at=int(dt_util.utcnow().timestamp()),
        why="was an hour slow",
        serial=office.gate.entry.data["serial"],
        local_second=midnight,
        until=midnight + 86_399,
        seconds=3600,
    )
    found = await office.attendance.async_find_clock(clock)
    assert (found.punches, [*found.due]) == (1, [office.person_id("Amina")])
    await office.punch("1002", "2026-11-02 07:30:00")
    marks = await office.attendance.async_correct_clock(clock, found)
    assert {one.person_id for one in marks} == {*office.attendance.people}
    assert office.mark("Bruno").late_by == 30 * 60


async def test_clock_of_long_leaves_turns(office: Site) -> None:
    """What others compute between two months of it is told with the rest."""
    await office.at("2026-11-02 17:30")
    days = ("2026-09-02", "2026-10-02", "2026-11-02")
    for day in days:
        await office.punch("1001", f"{day} 07:30:00")
    attendance, amina = office.attendance, office.person_id("Amina")
    compute, parts = attendance._async_compute, 0

    async def compute_then_others(
        case: Case, due: Due, cause: Cause, *, by_hand: bool = False
    ) -> list[Change]:
        nonlocal parts
        done = await compute(case, due, cause, by_hand=by_hand)
        parts += 1
        if parts == 1:
            others = {amina: {*map(Date.fromisoformat, days[:2])}}
            await compute(attendance.async_case(), others, "rules")
        return done

    attendance._async_compute = compute_then_others  # type: ignore[method-assign]
    clock = {"device_id": office.gate.device_id, **SLOW, "start": "2026-09-01"}
    told = await office.call("correct_clock", **clock)
    assert parts == 3
    assert {one["date"] for one in told["marks"]} == {*days}
    assert {one["late_by"] for one in told["marks"]} == {30 * 60}


async def test_clock_on_a_full_disk(office: Site) -> None:
    """What cannot be computed at once is computed when there is room again."""
    await office.at("2026-11-02 17:30")
    await office.punch("1001", "2026-11-02 07:30:00")
    clock = {"device_id": office.gate.device_id, **SLOW}
    with office.syncid.full_disk("marks"):
        assert await refused(office, "correct_clock", **clock) == "ledger_error"
        assert office.mark().late_by == 0
    await office.minute()
    assert office.mark().late_by == 30 * 60


async def test_clock_that_forgot_the_year(office: Site) -> None:
    """What was dated years ago is where it belongs, and nothing stays behind."""
    await office.at("2026-11-02 17:30")
    await office.punch("1001", "2000-01-01 00:10:00")
    await office.punch("1001", "2000-01-02 00:12:00")
    await office.punch("1002", "2000-01-02 00:20:00")
    await office.call(
        "add_punch", person="Bruno", time="2026-11-01 09:00", why="on Sunday"
    )
    before = {
        key: mark._replace(reasons=())
        for key, mark in (await office.all_marks()).items()
        if key[1] < "2001"
    }
    assert {day for _, day in before} == {"2000-01-01", "2000-01-02"}
    # From 31 December, 23:30, to 1 November, 07:45, without summer time at both.
    clock = {
        "device_id": office.gate.device_id,
        "start": "2000-01-01 00:00:00",
        "end": "2000-01-03 00:00:00",
        "seconds": 846_834_300,
        "why": "its battery was empty",
    }
    told = await office.call("correct_clock", **clock)
    assert (told["punches"], told["people"]) == (3, 2)
    marks = await office.all_marks({office.person_id("Amina")})
    assert [
        (day, mark.first_in and mark.first_in.wall % 86_400)
        for (_, day), mark in marks.items()
    ] == [("2026-11-01", 28_500), ("2026-11-02", 28_620)]
    await office.rule(**EIGHT | {"minimum_gap": 20})
    assert min(day for _, day in await office.all_marks()) == "2026-11-01"
    await office.call("correct_clock", **clock | {"seconds": 0})
    after = {
        key: mark._replace(reasons=())
        for key, mark in (await office.all_marks()).items()
    }
    assert before.items() <= after.items()


async def test_clock_of_another_zone(hass: HomeAssistant, office: Site) -> None:
    """Times are those of the terminal; a removed one's punches can be put right too."""
    other = await office.syncid.add_push_device(
        OTHER_SERIAL,
        token="another-token-that-nobody-can-guess",
        webhook_id="5ecb" * 16,
        time_zone="Asia/Karachi",
    )
    await office.add("Chen", "7")
    await office.map("Chen", "7", other)
    await office.punch(
        "7", "2026-11-02 07:05:00", token="another-token-that-nobody-can-guess"
    )
    told = await office.call("correct_clock", device_id=other.device_id, **SLOW)
    (mark,) = told["marks"]
    assert (mark["first_in"], mark["status"]) == (
        "2026-11-01T19:05:00-08:00",
        "present",
    )


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"end": "2026-11-01 23:00:00"}, "period_order"),
        ({"start": "2026-10-01 00:00", "end": "2026-10-02 00:00"}, "period_empty"),
    ],
)
async def test_clock_refused(office: Site, data: dict[str, Any], key: str) -> None:
    """A time that cannot be meant is refused, and nothing kept."""
    await office.punch("1001", "2026-11-02 05:05:00")
    clock = {"device_id": office.gate.device_id, **SLOW, **data}
    assert await refused(office, "correct_clock", **clock) == key
    assert count(office) == 0


async def test_punch_is_added_again(office: Site) -> None:
    """Of a punch the later word holds: it can be added after it was taken away."""
    await office.at("2026-11-02 12:00")
    say = {"person": "Amina", "time": "2026-11-02 08:05:00", "why": "on paper"}
    for action, presence in (
        ("add_punch", "in"),
        ("void_punch", "not_in"),
        ("add_punch", "in"),
        ("void_punch", "not_in"),
    ):
        await office.call(action, **say)
        assert office.mark().presence == presence


# --- near the border of two days --------------------------------------------------------


@pytest.fixture
async def bar(site: Site) -> Site:
    """Return a place that is open until eleven at night, where keys are pressed."""
    await site.rule(start_time="10:00:00", end_time="23:00:00")
    await site.add("Amina", "1001")
    await site.at("2026-11-02 10:00")
    await site.punch("1001", "2026-11-02 10:00:00", status=0)
    await site.at("2026-11-03 06:40")
    await site.punch("1001", "2026-11-03 06:30:00", status=1)
    assert (await site.mark_on("2026-11-02")).worked == 20.5 * 3600
    return site


@pytest.mark.parametrize(
    ("action", "data"),
    [("void_punch", {}), ("set_direction", {"direction": "check_in"})],
)
async def test_word_on_a_check_out(
    bar: Site, action: str, data: dict[str, Any]
) -> None:
    """What is said of a check-out touches the day that it was of until then."""
    time = "2026-11-03 06:30:00"
    await bar.call(action, person="Amina", time=time, why="the guard's", **data)
    assert (await bar.mark_on("2026-11-02")).worked == 0


async def test_voided_punch_of_a_night_is_explained(
    hass: HomeAssistant, site: Site
) -> None:
    """That a punch of a night was taken away stands with the night."""
    await site.add("Amina", "1001", groups=["Guards"])
    await add_shift(hass, site, **NIGHT, groups=["Guards"], persons=[])
    await site.punch("1001", "2026-11-02 21:55:00")
    await site.at("2026-11-03 03:05")
    time = "2026-11-03 03:00:00"
    await site.punch("1001", time)
    await site.call("void_punch", person="Amina", time=time, why="by mistake")
    night, day = [await site.mark_on(f"2026-11-0{number}") for number in (2, 3)]
    assert "corrected" in night.flags
    assert "by mistake" in night.explain()
    assert "corrected" not in day.flags


async def test_check_out_that_was_added_is_voided(bar: Site) -> None:
    """What was added as the end of the day before is taken from that day."""
    punch = {"person": "Amina", "time": "2026-11-03 06:35:00", "why": "pressed twice"}
    await bar.call("add_punch", direction="check_out", **punch)
    mark = await bar.mark_on("2026-11-02")
    assert mark.worked == 20 * 3600 + 35 * 60
    await bar.call("void_punch", **punch)
    assert (await bar.mark_on("2026-11-02")).worked == 20.5 * 3600
