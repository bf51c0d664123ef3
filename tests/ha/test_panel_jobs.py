"""What is begun in the panel: it goes on without it, and is found again."""

import json
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.panel.jobs import (
    DATA_JOBS,
    MOST_JOBS,
    MOST_USERS,
    SIGNAL_JOBS,
    shortened,
)
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from simulator.numbers import Command

from .gates import Gates
from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_panel import ask, panel, refused

__all__ = ["panel"]

PASSPHRASE = "a long passphrase of somebody"


async def begin(panel: Any, action: str, like: str = "", **data: Any) -> str:
    """Begin something, and return the id of the job."""
    said: dict[str, Any] = {"like": like} if like else {}
    job = await ask(panel, "jobs/begin", action=action, data=data, **said)
    assert job["action"] == action
    return str(job["id"])


async def end_of(syncid: SyncIDKit, panel: Any, job: str) -> Any:
    """Return what came of a job."""
    await syncid.settle()
    return await ask(panel, "jobs/get", job=job)


async def test_job(syncid: SyncIDKit, panel: Any) -> None:
    """It is done by whoever knows how, and what it answered is kept."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch()
    job = await begin(panel, "collect_records", device_id=terminal.device_id)
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["state"] == "done"
    assert detail["job"]["targets"] == [SERIAL]
    assert detail["job"]["ended"] >= detail["job"]["started"]
    assert detail["result"]["new"] == 1


async def test_job_without_an_answer(syncid: SyncIDKit, panel: Any) -> None:
    """Some actions answer nothing."""
    terminal = await syncid.add_terminal()
    job = await begin(panel, "restart", device_id=terminal.device_id)
    detail = await end_of(syncid, panel, job)
    assert (detail["job"]["state"], detail["result"]) == ("done", {})


async def test_job_that_fails(syncid: SyncIDKit, panel: Any) -> None:
    """What went wrong is told in words that can be translated."""
    terminal = await syncid.add_terminal()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    job = await begin(panel, "sync_time", device_id=terminal.device_id)
    found = (await end_of(syncid, panel, job))["job"]
    assert found["state"] == "failed"
    assert found["problem"]["key"] == "connection_refused"
    assert found["problem"]["values"]["name"] == terminal.entry.title


async def test_job_that_fails_at_one(syncid: SyncIDKit, panel: Any) -> None:
    """What became of each terminal is told."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={})
    )
    devices = [first.device_id, second.device_id]
    job = await begin(panel, "remove_user", device_id=devices, user_id="1001")
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["user_id"] == "1001"
    done = [one["done"] for one in detail["result"]["terminals"]]
    assert done == [True, False]


async def test_job_that_makes_no_sense(syncid: SyncIDKit, panel: Any) -> None:
    """Fields that an action does not have are refused by it."""
    terminal = await syncid.add_terminal()
    job = await begin(panel, "sync_time", device_id=terminal.device_id, what=1)
    found = (await end_of(syncid, panel, job))["job"]
    assert found["state"] == "failed"
    assert "what" in found["problem"]["message"]
    # As a command that is refused: the panel has words for it.
    assert found["problem"]["key"] == "invalid_format"


async def test_job_at_what_is_no_terminal(syncid: SyncIDKit, panel: Any) -> None:
    """It is refused by the action, however little sense it makes."""
    await syncid.add_terminal()
    for named in (5, [["x"]], None):
        job = await begin(panel, "restart", device_id=named)
        found = (await end_of(syncid, panel, job))["job"]
        assert (found["state"], found["targets"]) == ("failed", [])


async def test_unknown(panel: Any) -> None:
    """Nothing else than what the panel offers can be begun, or asked for."""
    error = await refused(panel, "jobs/begin", action="power_off", data={})
    assert error["code"] == "invalid_format"
    error = await refused(panel, "jobs/begin", action="restart", data={}, like="1")
    assert error["translation_key"] == "job_unknown"
    for command in ("jobs/get", "jobs/cancel", "jobs/dismiss"):
        error = await refused(panel, command, job="1")
        assert error["translation_key"] == "job_unknown"


async def test_plan_of_a_copy(syncid: SyncIDKit, panel: Any) -> None:
    """A plan changes nothing, and can be done as it is."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"1001": "Amina"})
    )
    said: dict[str, Any] = {
        "device_id": first.device_id,
        "target_device_id": [second.device_id],
    }
    job = await begin(panel, "transfer_templates", **said, dry_run=True)
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["plan"]
    assert detail["job"]["targets"] == [OTHER_SERIAL]
    (planned,) = detail["result"]["terminals"]
    assert planned["outcomes"] == {"same": 1, "add": 2}
    assert [user["user_id"] for user in planned["users"]] == ["1002", "1003"]
    assert len(second.device.users) == 1

    again = await begin(panel, "transfer_templates", like=job, dry_run=False)
    detail = await end_of(syncid, panel, again)
    assert len(second.device.users) == 3
    # How far it was, and who was the last: read back is each who was asked for.
    progress = detail["job"]["progress"]
    assert progress.pop("name") in {"Amina", "Bruno", "Chen"}
    assert progress == {
        "step": "check",
        "presses": 0,
        "device": OTHER_SERIAL,
        "done": 3,
        "of": 3,
    }


async def test_copy_of_many_is_followed(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """Whom a copy has got to is told now and then, not of each of hundreds."""
    people = {str(number): f"Person {number}" for number in range(1, 251)}
    first = await syncid.add_terminal(syncid.start_terminal(people=people))
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={})
    )
    told: list[tuple[str, int]] = []

    @callback
    def note() -> None:
        jobs = hass.data[DATA_JOBS].async_all()
        told.extend(
            (one["step"], one["done"]) for job in jobs if (one := job["progress"])
        )

    async_dispatcher_connect(hass, SIGNAL_JOBS, note)
    job = await begin(
        panel,
        "transfer_templates",
        device_id=first.device_id,
        target_device_id=[second.device_id],
    )
    detail = await end_of(syncid, panel, job)
    assert len(second.device.users) == 250
    assert detail["job"]["progress"]["done"] == 250
    written = [done for step, done in told if step == "write"]
    assert written == sorted(written)
    assert 250 in written
    assert len(written) <= 101


async def test_syncing_is_followed(syncid: SyncIDKit, gates: Gates, panel: Any) -> None:
    """Whom syncing has got to is told, too, and at which of the terminals."""
    await gates.build()
    await gates.drift(3)
    (group,) = (await ask(panel, "groups/list"))["groups"]
    job = await begin(panel, "sync_users", group=group["id"])
    progress = (await end_of(syncid, panel, job))["job"]["progress"]
    assert (progress["device"], progress["step"]) == (OTHER_SERIAL, "check")
    assert (progress["done"], progress["of"]) == (3, 3)


async def test_long_reports_are_cut(syncid: SyncIDKit, panel: Any) -> None:
    """Of many users only the first are told; how many they are is."""
    people = {str(number): f"P{number}" for number in range(1, MOST_USERS + 6)}
    first = await syncid.add_terminal(syncid.start_terminal(people=people))
    second = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={})
    )
    job = await begin(
        panel,
        "transfer_templates",
        device_id=first.device_id,
        target_device_id=second.device_id,
        dry_run=True,
    )
    (planned,) = (await end_of(syncid, panel, job))["result"]["terminals"]
    assert planned["outcomes"] == {"add": MOST_USERS + 5}
    assert len(planned["users"]) == MOST_USERS


def test_report_of_many_terminals() -> None:
    """The more terminals there are, the fewer users of each are told."""
    user = {
        "user_id": "10001",
        "name": "Somebody With A Long Name",
        "outcome": "add",
        "fingerprints": 10,
        "face": True,
        "reasons": ["face_not_kept"],
    }
    terminals = [
        {"device": f"CKUJ2034600{number:02}", "done": False, "users": [user] * 10_000}
        for number in range(20)
    ]
    told = shortened({"terminals": terminals})
    assert {one["outcomes"]["add"] for one in told["terminals"]} == {10_000}
    assert sum(len(one["users"]) for one in told["terminals"]) == MOST_USERS
    assert len(json.dumps(told)) < 200_000


async def test_passphrases_are_forgotten(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """What is secret is on no bus, and in no job once that has ended."""
    called: list[Any] = []

    @callback
    def async_note(event: Event[Any]) -> None:
        called.append(event.data)

    terminal = await syncid.add_terminal()
    await terminal.call("backup_users", file="a.syncid", passphrase=PASSPHRASE)
    hass.bus.async_listen(EVENT_CALL_SERVICE, async_note)
    job = await begin(
        panel,
        "restore_users",
        device_id=[terminal.device_id],
        file="a.syncid",
        passphrase=PASSPHRASE,
        dry_run=True,
    )
    detail = await end_of(syncid, panel, job)
    assert detail["job"]["state"] == "done"
    again = await begin(panel, "restore_users", like=job, dry_run=False)
    problem = (await end_of(syncid, panel, again))["job"]["problem"]
    assert "passphrase" in problem["message"]
    assert PASSPHRASE not in repr(called)
    assert called == []


async def test_cards_stay_where_they_are(syncid: SyncIDKit, panel: Any) -> None:
    """A card opens doors: no browser is told one, whether it was set or is only held."""
    terminal = await syncid.add_terminal()
    card = 87654321
    for said in ({"card": card}, {"name": "Ann"}):
        job = await begin(
            panel,
            "update_user",
            device_id=[terminal.device_id],
            user_id="1001",
            **said,
        )
        detail = await end_of(syncid, panel, job)
        assert detail["job"]["state"] == "done"
        assert str(card) not in str(detail)
    (amina,) = (one for one in terminal.device.users if one.user_id == "1001")
    assert amina.card == card


async def test_dismissed(syncid: SyncIDKit, panel: Any) -> None:
    """The passphrase of a backup is gone when the admin has noted it."""
    terminal = await syncid.add_terminal()
    job = await begin(panel, "backup_users", device_id=terminal.device_id)
    assert len((await end_of(syncid, panel, job))["result"]["passphrase"]) > 16
    await ask(panel, "jobs/dismiss", job=job)
    assert (await refused(panel, "jobs/get", job=job))["code"] == "home_assistant_error"


async def test_no_more_than_can_be_looked_at(syncid: SyncIDKit, panel: Any) -> None:
    """The oldest that have ended are forgotten."""
    terminal = await syncid.add_terminal()
    first = await begin(panel, "sync_time", device_id=terminal.device_id)
    await syncid.settle()
    for _ in range(MOST_JOBS):
        await begin(panel, "sync_time", device_id=terminal.device_id)
        await syncid.settle()
    assert (await refused(panel, "jobs/get", job=first))[
        "code"
    ] == "home_assistant_error"
    await panel.send_json_auto_id({"type": "syncid/jobs/subscribe"})
    assert (await panel.receive_json())["success"]
    assert len((await panel.receive_json())["event"]["jobs"]) == MOST_JOBS


async def test_presses_are_followed(syncid: SyncIDKit, panel: Any) -> None:
    """Each press is told, whoever looks when; a job of somebody else is not touched."""
    terminal = await syncid.add_terminal()
    other = await begin(panel, "sync_time", device_id=terminal.device_id)
    await end_of(syncid, panel, other)
    await ask(panel, "jobs/subscribe")
    (before,) = (await panel.receive_json())["event"]["jobs"]
    assert (before["id"], before["progress"]) == (other, None)
    await panel.send_json_auto_id(
        {
            "type": "syncid/jobs/begin",
            "action": "enroll_fingerprint",
            "data": {"device_id": terminal.device_id, "user_id": "1001", "finger": 6},
        }
    )
    told: list[Any] = []
    while not any(job["state"] == "done" for job in told):
        answer = await panel.receive_json()
        if answer["type"] != "event":
            continue
        job, same = answer["event"]["jobs"]
        assert same == before
        told.append(job)
    steps = [job["progress"]["step"] for job in told if job["progress"]]
    assert steps[0] == "started"
    assert max(job["progress"]["presses"] for job in told if job["progress"]) == 3


@pytest.mark.parametrize("after", ["begun", "ended"])
async def test_cancelled(syncid: SyncIDKit, panel: Any, after: str) -> None:
    """Who waits for a finger can stop; what has ended cannot be stopped."""
    terminal = await syncid.add_terminal()
    if after == "ended":
        job = await begin(panel, "sync_time", device_id=terminal.device_id)
        await syncid.settle()
        await ask(panel, "jobs/cancel", job=job)
        assert (await end_of(syncid, panel, job))["job"]["state"] == "done"
        return
    job = await begin(
        panel,
        "enroll_fingerprint",
        device_id=terminal.device_id,
        user_id="1001",
        finger=6,
    )
    await ask(panel, "jobs/dismiss", job=job)  # it runs: it stays
    await ask(panel, "jobs/cancel", job=job)
    found = (await end_of(syncid, panel, job))["job"]
    assert (found["state"], found["problem"]) == ("cancelled", None)


async def test_what_cannot_be_stopped(syncid: SyncIDKit, panel: Any) -> None:
    """What is done at the terminal all the same is not called cancelled."""
    terminal = await syncid.add_terminal()
    terminal.device.faults.delay[Command.CLEAR_ATTLOG] = 0.5
    job = await begin(panel, "clear_records", device_id=terminal.device_id)
    error = await refused(panel, "jobs/cancel", job=job)
    assert error["translation_key"] == "job_cannot_be_stopped"
    assert (await end_of(syncid, panel, job))["job"]["state"] == "done"


async def test_job_that_breaks(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error of the program leaves a trace, and the admin hears of it."""
    terminal = await syncid.add_terminal()

    async def break_down(call: ServiceCall) -> None:
        raise ZeroDivisionError

    hass.services.async_register(DOMAIN, "restart", break_down)
    job = await begin(panel, "restart", device_id=terminal.device_id)
    found = (await end_of(syncid, panel, job))["job"]
    assert found["problem"]["message"] == "ZeroDivisionError"
    assert "restart failed by a bug" in caplog.text


async def test_jobs_of_who_is_erased(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """What names somebody is forgotten with them; what else was begun is not."""
    terminal = await syncid.add_terminal()
    device = terminal.device_id
    user: dict[str, Any] = {"device_id": [device], "user_id": "4711"}
    enrolled = await begin(panel, "enroll_user", **user, name="Zoe Zebra")
    backed_up = await begin(panel, "backup_users", device_id=device)
    for job in (enrolled, backed_up):
        await end_of(syncid, panel, job)
    for action, data in (
        ("add_person", {"name": "Zoe Zebra"}),
        ("map_user", {**user, "person": "Zoe Zebra"}),
    ):
        await hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
    await hass.services.async_call(
        DOMAIN,
        "remove_person",
        {"person": "Zoe Zebra"},
        blocking=True,
        return_response=True,
    )
    assert [job["id"] for job in hass.data[DATA_JOBS].async_all()] == [backed_up]
