"""The engine of attendance: from a punch to its mark, and when that is said."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.attendance.attendance import DATA_ATTENDANCE, Attendance
from custom_components.syncid.attendance.events import (
    SIGNAL_MARKS,
    SIGNAL_PEOPLE,
    SIGNAL_PERSON,
)
from custom_components.syncid.const import EVENT_ATTENDANCE, EVENT_PUNCH
from custom_components.syncid.core.attendance.marks import Change
from custom_components.syncid.core.people import Mapping, Person
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .attendance_kit import Site
from .kit import SERIAL, KitTerminal, SyncIDKit, local_clock

AMINA = Person(id="p1", name="Amina", external_id="17", groups=("7b",))


@pytest.fixture
async def gate(syncid: SyncIDKit) -> KitTerminal:
    """Return a terminal, set up."""
    return await syncid.add_terminal()


@pytest.fixture
def attendance(hass: HomeAssistant, gate: KitTerminal) -> Attendance:
    """Return the engine."""
    return hass.data[DATA_ATTENDANCE]


async def test_punch_to_mark(
    hass: HomeAssistant, syncid: SyncIDKit, gate: KitTerminal, attendance: Attendance
) -> None:
    """A punch makes a mark, which the bus, the signals and the board tell."""
    heard: list[Any] = []

    @callback
    def hear(changes: Collection[Change]) -> None:
        heard.extend(changes)

    async_dispatcher_connect(hass, SIGNAL_MARKS, hear)
    for signal in (SIGNAL_PEOPLE, SIGNAL_PERSON.format("p1")):
        async_dispatcher_connect(
            hass, signal, callback(lambda name=signal: heard.append(name))
        )
    await attendance.async_save([AMINA], [Mapping(SERIAL, "1001", "p1")])
    assert SIGNAL_PEOPLE in heard
    events = async_capture_events(hass, EVENT_ATTENDANCE)
    gate.punch("1001")
    punch = await syncid.next_punch()
    assert (punch["person_id"], punch["person"]) == ("p1", "Amina")
    await syncid.settle()
    (event,) = events
    today = dt_util.now().date()
    assert event.data["why"].startswith("present: first in ")
    assert {**event.data, "why": "", "first_in": ""} == {
        "person_id": "p1",
        "person": "Amina",
        "external_id": "17",
        "kind": "staff",
        "groups": ["7b"],
        "ha_person": None,
        "date": today.isoformat(),
        "from": "expected",
        "from_final": None,
        "to": "present",
        "final": False,
        "presence": "in",
        "first_in": "",
        "last_out": None,
        "late_minutes": 0,
        "cause": "punch",
        "why": "",
    }
    assert event.data["first_in"] == punch["time"]
    assert heard[-1] == SIGNAL_PERSON.format("p1")
    assert heard[-2].after == attendance.async_current("p1")
    assert [mark.person_id for mark in attendance.async_on_site()] == ["p1"]
    assert attendance.today == today
    assert attendance.async_day(today).keys() == {"p1"}
    assert await attendance.async_marks(today, today) == attendance.async_on_site()
    (brief,) = await attendance.async_briefs(today, today)
    assert (brief.status, brief.final) == ("present", False)
    assert [line["cause"] for line in await attendance.async_trace("p1", today)] == [
        "punch"
    ]
    plan = attendance.async_plan("p1", today)
    assert (plan.off, plan.start) == ("", None)


@pytest.mark.parametrize("mode", ["realtime", "polling"])
@pytest.mark.parametrize(("days_behind", "status"), [(0, "absent"), (5, "expected")])
async def test_absent_only_when_it_was_read(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, days_behind: int, status: str
) -> None:
    """A day without a punch is final once the log was read after it, by its clock.

    A terminal whose clock is behind may still date a punch on that day.
    """
    behind = timedelta(days=days_behind)
    simulation = syncid.start_terminal(clock=lambda: local_clock() - behind)
    simulation.terminal.punch("1001", at=local_clock() - timedelta(days=2))
    await syncid.add_terminal(simulation, mode=mode)
    attendance = hass.data[DATA_ATTENDANCE]
    await attendance.async_save([AMINA], [Mapping(SERIAL, "1001", "p1")])
    yesterday = attendance.today - timedelta(days=1)
    for seconds in (400, 800):  # a poll, and a look at the days after it
        await syncid.advance(seconds)
    (mark,) = await attendance.async_marks(yesterday, yesterday)
    assert (mark.status, mark.final) == (status, status == "absent")


async def test_while_home_assistant_starts(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What changes before automations are there is told when they are.

    But for who was erased meanwhile.
    """
    hass.set_state(CoreState.starting)
    gate = await syncid.add_terminal()
    attendance = hass.data[DATA_ATTENDANCE]
    people = [AMINA, Person(id="p2", name="Bruno")]
    users = [Mapping(SERIAL, "1001", "p1"), Mapping(SERIAL, "1002", "p2")]
    await attendance.async_save(people, users)
    events = async_capture_events(hass, EVENT_ATTENDANCE)
    gate.punch("1001")
    gate.punch("1002")
    await syncid.wait_until_stored(2)
    await syncid.settle()
    assert len(attendance.async_on_site()) == 2
    assert not events
    await attendance.async_erase("p2")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await syncid.settle()
    assert [event.data["person"] for event in events] == ["Amina"]


@pytest.mark.parametrize("delay", [0, 6], ids=["on the day", "days later"])
async def test_two_roads_of_which_one_tells_less(
    hass: HomeAssistant, site: Site, delay: int
) -> None:
    """The order in which they tell a punch changes no mark, and no event comes twice."""
    await site.rule(start_time="08:00:00", end_time="14:00:00")
    punched = async_capture_events(hass, EVENT_PUNCH)
    statuses = []
    for name, user_id, keys in (("Amina", "1", (None, 1)), ("Bruno", "2", (1, None))):
        await site.add(name, user_id)
        await site.at("2026-11-02 14:30")
        for number, key in enumerate(keys):
            if number:
                await site.at(f"2026-11-{2 + delay:02} 14:40")
                await site.read_all()
            told = {} if key is None else {"status": key}
            await site.punch(user_id, "2026-11-02 14:00:00", **told)
        mark = await site.mark_on("2026-11-02", name)
        assert mark.final
        statuses.append((mark.status, mark.first_in, mark.last_out))
    assert statuses[0] == statuses[1]
    assert statuses[0][1] is None
    assert len(punched) == 2
