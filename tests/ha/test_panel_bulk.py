"""All users taken as people, or mapped: as jobs that tell how far they are."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from custom_components.syncid.attendance.attendance import DATA_ATTENDANCE
from custom_components.syncid.attendance.events import SIGNAL_MARKS
from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.attendance.marks import Change
from custom_components.syncid.core.people import Mapping
from custom_components.syncid.panel import adopting
from custom_components.syncid.panel.jobs import DATA_JOBS, SIGNAL_JOBS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_panel import ask, panel
from .test_panel_jobs import begin, end_of

__all__ = ["panel"]


@pytest.fixture
async def crowd(syncid: SyncIDKit) -> None:
    """Have two terminals tell of 120 users each, who are the same."""
    people = {str(number): f"Person {number}" for number in range(1, 121)}
    for serial in (SERIAL, OTHER_SERIAL):
        terminal = await syncid.add_terminal(
            syncid.start_terminal(serial=serial, people=people)
        )
        await terminal.call("collect_records")


def follow(hass: HomeAssistant) -> list[tuple[int, int]]:
    """Return what is told of jobs from now on: how many, and of how many."""
    told: list[tuple[int, int]] = []

    @callback
    def async_note() -> None:
        (job,) = hass.data[DATA_JOBS].async_all()
        if (progress := job["progress"]) and job["state"] == "running":
            now = progress["done"], progress["of"]
            if now not in told:
                told.append(now)

    async_dispatcher_connect(hass, SIGNAL_JOBS, async_note)
    return told


@pytest.mark.usefixtures("crowd")
async def test_adopt_all(hass: HomeAssistant, syncid: SyncIDKit, panel: Any) -> None:
    """Everybody is a person then, of the kind that was said."""
    told = follow(hass)
    heard: list[int] = []

    @callback
    def async_marked(changes: Collection[Change]) -> None:
        heard.append(len(changes))

    async_dispatcher_connect(hass, SIGNAL_MARKS, async_marked)
    job = await begin(panel, "adopt_people", kind="student")
    detail = await end_of(syncid, panel, job)
    assert (detail["job"]["state"], detail["job"]["targets"]) == ("done", [])
    assert detail["result"] == {"people": 120, "users": 240, "marks": 120}
    assert told == [(0, 120), (120, 120)]
    # Who hears of marks counts everybody each time.
    assert heard == [120]
    page = await ask(panel, "people/list", limit=1)
    assert (page["count"], page["people"][0]["kind"]) == (120, "student")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("is_slow", "steps"), [(True, [0, 50, 100, 120]), (False, [0, 50, 120])]
)
async def test_adopt_by_steps(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    monkeypatch: pytest.MonkeyPatch,
    is_slow: bool,
    steps: list[int],
) -> None:
    """Twice as many each time, unless the last ones took long."""
    monkeypatch.setattr(adopting, "_FIRST", 50)
    monkeypatch.setattr(adopting, "_LONG", 0 if is_slow else 1000)
    told = follow(hass)
    job = await begin(panel, "adopt_people")
    assert (await end_of(syncid, panel, job))["result"]["people"] == 120
    assert told == [(done, 120) for done in steps]


@pytest.mark.usefixtures("crowd")
async def test_adopt_is_stopped(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between two steps; who begins again goes on with the rest."""
    monkeypatch.setattr(adopting, "_FIRST", 50)
    jobs = hass.data[DATA_JOBS]

    @callback
    def async_stop(changes: Collection[Change]) -> None:
        (job,) = jobs.async_all()
        jobs.async_cancel(job["id"])

    leave = async_dispatcher_connect(hass, SIGNAL_MARKS, async_stop)
    job = await begin(panel, "adopt_people")
    detail = await end_of(syncid, panel, job)
    found = detail["job"]
    assert (found["state"], found["problem"]) == ("cancelled", None)
    # What was done until then is done.
    assert detail["result"] == {"people": 50, "users": 100, "marks": 50}
    assert (await ask(panel, "people/list"))["count"] == 50
    leave()
    job = await begin(panel, "adopt_people")
    assert (await end_of(syncid, panel, job))["result"]["people"] == 70


@pytest.mark.usefixtures("crowd")
async def test_adopt_of_another_kind(syncid: SyncIDKit, panel: Any) -> None:
    """What makes no sense changes nothing."""
    job = await begin(panel, "adopt_people", kind="robot")
    assert (await end_of(syncid, panel, job))["job"]["state"] == "failed"
    assert (await ask(panel, "people/list"))["count"] == 0


async def know(hass: HomeAssistant, *names: str) -> list[str]:
    """Add people; return their ids."""
    ids = []
    for name in names:
        told = await hass.services.async_call(
            DOMAIN, "add_person", {"name": name}, blocking=True, return_response=True
        )
        assert told is not None
        ids.append(str(told["person_id"]))
    return ids


@pytest.mark.usefixtures("crowd")
async def test_map_certain(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only who is sure enough, if nobody is said otherwise; at each terminal."""
    monkeypatch.setattr(adopting, "_FIRST", 2)
    await know(hass, "Person 7", "Person 8", "8 Person", "Person 1234")
    told = follow(hass)
    job = await begin(panel, "automap")
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["state"] == "done"
    assert detail["result"]["mapped"] == 4
    assert told == [(0, 4), (2, 4), (4, 4)]
    page = await ask(panel, "people/list", only="without_users")
    assert {one["name"] for one in page["people"]} == {"8 Person", "Person 1234"}


@pytest.mark.usefixtures("crowd")
async def test_map_is_stopped(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who is mapped by then stays so, and is told."""
    monkeypatch.setattr(adopting, "_FIRST", 2)
    await know(hass, "Person 7", "Person 8")
    jobs = hass.data[DATA_JOBS]

    @callback
    def async_stop() -> None:
        (job,) = jobs.async_all()
        if job["progress"] and job["progress"]["done"]:
            jobs.async_cancel(job["id"])

    async_dispatcher_connect(hass, SIGNAL_JOBS, async_stop)
    job = await begin(panel, "automap")
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["state"] == "cancelled"
    assert detail["result"] == {"mapped": 2, "marks": 0}


@pytest.mark.usefixtures("crowd")
async def test_map_what_others_mapped(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """Who is somebody by then stays who they are."""
    first, _ = await know(hass, "Person 7", "Somebody else")
    somebody = await know(hass, "Third")
    attendance, began = hass.data[DATA_ATTENDANCE], asyncio.Event()

    @callback
    def async_note() -> None:
        if hass.data[DATA_JOBS].async_all()[0]["progress"]:
            began.set()

    async_dispatcher_connect(hass, SIGNAL_JOBS, async_note)
    async with attendance.editing:
        job = await begin(panel, "automap")
        await began.wait()
        await attendance.async_save(
            mapped=[Mapping(one, "7", somebody[0]) for one in (SERIAL, OTHER_SERIAL)]
        )
    detail = await end_of(syncid, panel, job)
    assert detail["result"] == {"mapped": 0, "marks": 0}
    assert not attendance.hub.directory.users_of(first)
