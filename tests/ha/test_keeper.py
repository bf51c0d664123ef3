"""Terminals that follow another one: what differs is shown, and synced when asked."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.const import DOMAIN, EVENT_ENROLLMENT
from custom_components.syncid.keeper import RETRIES
from custom_components.syncid.sensor import MAX_LISTED
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .gates import (
    BATCH,
    DRIFT,
    PREPARE_BUFFER,
    REMOVE_USER,
    START_ENROLL,
    Gates,
    names,
    outcomes,
    reads,
)
from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_group_flow import THIRD_SERIAL

# --- what differs -------------------------------------------------------------------------


async def test_revoked_finger(gates: Gates) -> None:
    """A finger that goes at the leader is a difference, goes by sync, and is told."""
    await gates.build()
    await gates.drift(3)
    await gates.sync()
    await gates.drift(0)
    follower, leader = gates.follower, gates.leader
    follower.simulation.call(follower.device.add_fingerprint, "1001", 7)
    await leader.entry.runtime_data.async_refresh()
    await follower.entry.runtime_data.async_refresh()
    shown = await gates.drift(1)
    assert shown.attributes["different"] == ["1001"]
    done = await gates.sync()
    users = {user["user_id"]: user for user in done["terminals"][0]["users"]}
    assert users["1001"]["outcome"] == "change"
    assert users["1001"]["fingerprints_removed"] == 1
    assert "fingerprints_removed" not in users["1002"]
    await gates.drift(0)


async def test_drift_and_sync(gates: Gates) -> None:
    """What differs is shown, planned, done, and then nothing differs."""
    await gates.build()
    shown = await gates.drift(3)
    assert shown.attributes["missing"] == ["1001", "1002", "1003"]
    assert shown.attributes["group"] == "Gates"
    assert shown.attributes["listed_in_full"] is True
    assert shown.attributes["retry_at"] is None
    planned = await gates.sync(dry_run=True)
    assert names(gates.follower) == {}
    done = await gates.sync()
    assert done == planned
    (terminal,) = done["terminals"]
    assert terminal["device_id"] == gates.follower.device_id
    assert (terminal["group"], terminal["device"]) == ("Gates", OTHER_SERIAL)
    assert terminal["done"]
    assert terminal["users"][0] == {
        "user_id": "1001",
        "name": "Amina",
        "outcome": "add",
        "fingerprints": 1,
        "face": False,
        "reasons": [],
    }
    assert names(gates.follower) == names(gates.leader)
    assert len(gates.follower.device.fingerprints) == 1
    shown = await gates.drift(0)
    assert shown.attributes["missing"] == []


async def test_change_at_the_terminal(gates: Gates, syncid: SyncIDKit) -> None:
    """Somebody enrolled by hand is noticed at the next poll of either side."""
    await gates.build()
    await gates.sync()
    await gates.drift(0)
    gates.leader.simulation.call(gates.leader.device.add_user, "1004", "Dina")
    await gates.leader.press("collect")
    assert (await gates.drift(1)).attributes["missing"] == ["1004"]
    gates.follower.simulation.call(gates.follower.device.add_user, "1004", "Dina")
    await gates.follower.press("collect")
    await gates.drift(0)


async def test_change_by_an_action(gates: Gates) -> None:
    """What SyncID itself changed is noticed, though the numbers stay the same."""
    await gates.build()
    await gates.sync()
    await gates.drift(0)
    await gates.leader.call("update_user", user_id="1001", name="Aisha")
    assert (await gates.drift(1)).attributes["different"] == ["1001"]
    await gates.sync()
    await gates.drift(0)
    assert names(gates.follower)["1001"] == "Aisha"
    await gates.follower.call("update_user", user_id="1002", card=7)
    assert (await gates.drift(1)).attributes["different"] == ["1002"]


async def test_finger_that_is_enrolled_anew(gates: Gates) -> None:
    """A finger that was replaced at the leader is noticed, though it is one as ever."""
    await gates.build()
    leader, old = gates.leader, b"\x4aMSS21 old"
    leader.simulation.call(leader.device.add_fingerprint, "1001", 3, old)
    await gates.sync()
    await gates.drift(0)
    await leader.call("enroll_fingerprint", user_id="1001", finger=3, overwrite=True)
    assert (await gates.drift(1)).attributes["different"] == ["1001"]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_finger_that_may_be_gone(
    gates: Gates, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    """However an enrolment ends, it is looked what is at the terminal then."""
    await gates.build()
    await gates.sync()
    await gates.drift(0)
    await syncid.settle()
    leader = gates.leader
    events = async_capture_events(gates.hass, EVENT_ENROLLMENT)

    def start(request: Request) -> Reply:
        if not cancelled:
            return request.error()
        request.device.enrolling = request.session
        return request.ok()

    monkeypatch.setitem(HANDLERS, START_ENROLL, start)
    leader.device.commands.clear()
    task = gates.hass.async_create_task(
        leader.call("enroll_fingerprint", user_id="1001", finger=5)
    )
    if cancelled:
        await syncid.wait_until(lambda: events)
        task.cancel()
    with pytest.raises((HomeAssistantError, asyncio.CancelledError)):
        await task
    await syncid.settle()
    assert reads(leader)


async def test_polls_read_no_people(gates: Gates, syncid: SyncIDKit) -> None:
    """As long as the numbers stay, nothing is read to compare."""
    await gates.build()
    await gates.sync()
    await gates.drift(0)
    for terminal in (gates.leader, gates.follower):
        await terminal.press("collect")
    await syncid.settle()
    for terminal in (gates.leader, gates.follower):
        terminal.device.commands.clear()
    gates.leader.punch()
    await syncid.next_punch()
    for terminal in (gates.leader, gates.follower):
        await terminal.press("collect")
    await syncid.settle()
    assert reads(gates.leader) == reads(gates.follower) == 0
    await gates.sync(dry_run=True)
    assert reads(gates.leader)
    assert reads(gates.follower)


async def test_many(gates: Gates, syncid: SyncIDKit) -> None:
    """The lists of a large drift end, and say so."""
    await gates.build(user_ids=["1001"])
    await gates.drift(1)
    (subentry,) = syncid.site.subentries.values()
    gates.hass.config_entries.async_remove_subentry(syncid.site, subentry.subentry_id)
    await syncid.settle()
    for number in range(MAX_LISTED):
        gates.leader.simulation.call(gates.leader.device.add_user, str(2000 + number))
    await gates.leader.press("collect")
    gates.group()
    shown = await gates.drift(MAX_LISTED + 3)
    assert len(shown.attributes["missing"]) == MAX_LISTED
    assert shown.attributes["listed_in_full"] is False


async def test_not_at_leader(gates: Gates) -> None:
    """An ID that nobody has at the leader is shown, though nothing is to be synced."""
    await gates.build(user_ids=["1001", "4711"])
    shown = await gates.drift(1)
    assert shown.attributes["not_at_leader"] == ["4711"]
    await gates.sync()
    shown = await gates.drift(0)
    assert shown.attributes["not_at_leader"] == ["4711"]


async def test_unreadable(
    gates: Gates, syncid: SyncIDKit, caplog: pytest.LogCaptureFixture
) -> None:
    """A leader that does not give its users leaves the drift unknown, not empty."""
    caplog.set_level("DEBUG")
    await gates.build()
    await gates.drift(3)
    with gates.leader.refusing(PREPARE_BUFFER):
        with pytest.raises(HomeAssistantError) as error:
            await gates.sync(remove_extra=True)
        assert error.value.translation_key == "table_unreadable"
        gates.follower.simulation.call(gates.follower.device.add_user, "1")
        await syncid.advance(600)
        await syncid.wait_until(lambda: "is not known" in caplog.text)
    assert "is not known" in caplog.text
    assert names(gates.follower) == {"1": ""}
    assert gates.follower.state("sensor", DRIFT).state == "3"


async def test_not_known_yet(
    gates: Gates, hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Before anybody could look, the drift is unknown, whatever is done meanwhile."""
    await gates.build()
    (subentry,) = syncid.site.subentries.values()
    hass.config_entries.async_remove_subentry(syncid.site, subentry.subentry_id)
    await syncid.settle()
    gates.leader.vanish()
    await syncid.wait_online(gates.leader, False)
    gates.group()
    await gates.drift("unknown")
    await gates.follower.call("enroll_user", user_id="5")
    await syncid.settle()
    shown = gates.follower.state("sensor", DRIFT)
    assert shown.state == "unknown"
    assert "missing" not in shown.attributes
    gates.leader.reappear()
    assert (await gates.drift(3)).attributes["extra"] == ["5"]


# --- groups that come and go ----------------------------------------------------------


async def test_sensor_comes_and_goes(
    gates: Gates, hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Only a terminal that follows shows what differs, as long as it does."""
    await gates.build()
    find = er.async_get(hass).async_get_entity_id
    assert find("sensor", DOMAIN, f"{SERIAL}-{DRIFT}") is None
    entity_id = gates.follower.entity_id("sensor", DRIFT)
    await gates.drift(3)
    (subentry,) = syncid.site.subentries.values()
    hass.config_entries.async_remove_subentry(syncid.site, subentry.subentry_id)
    await syncid.settle()
    assert find("sensor", DOMAIN, f"{OTHER_SERIAL}-{DRIFT}") is None
    assert hass.states.get(entity_id) is None
    gates.group(user_ids=["1001"])
    await gates.drift(1)
    with pytest.raises(ServiceValidationError) as error:
        await gates.sync(group="Doors")
    assert error.value.translation_key == "group_unknown"


async def test_after_a_reload(
    gates: Gates, hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Terminals that were set up anew, the leader last, are looked at."""
    await gates.build()
    for terminal in (gates.leader, gates.follower):
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    (subentry,) = syncid.site.subentries.values()
    hass.config_entries.async_update_subentry(
        syncid.site, subentry, data={**subentry.data, "user_ids": ["1001"]}
    )
    for terminal in (gates.follower, gates.leader):
        await hass.config_entries.async_setup(terminal.entry.entry_id)
    await gates.drift(1)


async def test_site_that_is_disabled(
    gates: Gates, hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Without the site there are no groups."""
    await gates.build()
    await hass.config_entries.async_set_disabled_by(
        syncid.site.entry_id, ConfigEntryDisabler.USER
    )
    with pytest.raises(ServiceValidationError) as error:
        await gates.sync()
    assert error.value.translation_key == "no_groups"
    with pytest.raises(ServiceValidationError, match="Gates") as error:
        await gates.sync(group="Gates")
    assert error.value.translation_key == "group_unknown"


# --- syncing --------------------------------------------------------------------------


async def test_extra_users(gates: Gates) -> None:
    """Who is unmanaged stays unless asked, and admins always."""
    await gates.build()
    call, device = gates.follower.simulation.call, gates.follower.device
    call(device.add_user, "99", "Left")
    call(device.add_user, "9", "Boss", None, 14)
    (terminal,) = (await gates.sync())["terminals"]
    assert outcomes(terminal)["99"] == "extra"
    assert (await gates.drift(0)).attributes["extra"] == ["99", "9"]
    (terminal,) = (await gates.sync(remove_extra=True))["terminals"]
    assert (outcomes(terminal)["99"], outcomes(terminal)["9"]) == ("remove", "extra")
    assert names(gates.follower) == {**names(gates.leader), "9": "Boss"}
    shown = await gates.drift(0)
    assert shown.attributes["extra"] == shown.attributes["left_out"] == ["9"]


async def test_group_that_removes(gates: Gates) -> None:
    """A group may say that extra users go; a call may say that they do not."""
    await gates.build(remove_extra=True)
    await gates.sync()
    gates.follower.simulation.call(gates.follower.device.add_user, "99", "Left")
    await gates.sync(remove_extra=False)
    assert (await gates.drift(1)).attributes["extra"] == ["99"]
    assert "99" in names(gates.follower)
    await gates.sync()
    assert names(gates.follower) == names(gates.leader)
    await gates.drift(0)


async def test_leader_that_is_empty(gates: Gates) -> None:
    """A leader that was reset takes nobody away elsewhere."""
    await gates.build(remove_extra=True)
    await gates.sync()
    device = gates.leader.device
    for user in list(device.users):
        gates.leader.simulation.call(device.remove_user, user)
    with pytest.raises(HomeAssistantError) as error:
        await gates.sync()
    assert error.value.translation_key == "leader_empty"
    assert len(names(gates.follower)) == 3
    (terminal,) = (await gates.sync(remove_extra=False))["terminals"]
    assert set(outcomes(terminal).values()) == {"extra"}


async def reset_leader(gates: Gates) -> None:
    """Have six people everywhere, and then only the first of them at the leader."""
    device, call = gates.leader.device, gates.leader.simulation.call
    for number in (4, 5, 6):
        call(device.add_user, f"100{number}", "Somebody")
    await gates.sync()
    for user in list(device.users)[1:]:
        call(device.remove_user, user)


async def test_leader_that_has_lost_most(gates: Gates) -> None:
    """A group takes not most of a follower away; who says so for this once does."""
    await gates.build(remove_extra=True)
    await reset_leader(gates)
    for data in ({}, {"dry_run": True}):
        with pytest.raises(HomeAssistantError) as error:
            await gates.sync(**data)
        assert error.value.translation_key == "loss_users"
        assert "5 of its 6 users" in str(error.value)
        assert len(names(gates.follower)) == 6
    await gates.leader.press("collect")
    assert (await gates.drift(5)).attributes["extra"] == [
        f"100{number}" for number in (2, 3, 4, 5, 6)
    ]
    await gates.sync(remove_extra=True)
    assert set(names(gates.follower)) == {"1001"}


async def test_retry_is_not_sure(gates: Gates, syncid: SyncIDKit) -> None:
    """What was said once does not hold for what the leader has lost meanwhile."""
    await gates.build(remove_extra=True)
    await reset_leader(gates)
    gates.follower.vanish()
    with pytest.raises(HomeAssistantError):
        await gates.sync(remove_extra=True)
    gates.follower.reappear()
    await syncid.wait_online(gates.follower)
    await syncid.advance(60 * RETRIES[0] + 1)
    issue = await syncid.wait_for_issue(f"not_synced_{OTHER_SERIAL}")
    assert issue.translation_placeholders is not None
    assert "5 of its 6 users" in issue.translation_placeholders["error"]
    assert len(names(gates.follower)) == 6


async def test_chosen_followers(gates: Gates) -> None:
    """Groups are named by name or id, followers by device; all if none is named."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    second, third = gates.followers
    (group_id,) = gates.syncid.site.subentries
    done = await gates.sync(device_id=third.device_id)
    assert [terminal["device"] for terminal in done["terminals"]] == [THIRD_SERIAL]
    assert names(second) == {}
    done = await gates.sync(group=group_id, device_id=[second.device_id])
    assert [terminal["device"] for terminal in done["terminals"]] == [OTHER_SERIAL]
    for data in ({}, {"group": "Gates"}):
        done = await gates.sync(**data)
        assert len(done["terminals"]) == 2
        for terminal in done["terminals"]:
            assert set(outcomes(terminal).values()) == {"same"}
    with pytest.raises(ServiceValidationError) as error:
        await gates.sync(device_id=gates.leader.device_id)
    assert error.value.translation_key == "not_a_follower"
    assert "Main gate" in str(error.value)


async def test_refused_user(
    gates: Gates, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user whom the terminal does not hold is told, and tried again."""
    await gates.build()
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, BATCH, lambda request: request.ok())
        (terminal,) = (await gates.sync())["terminals"]
        assert outcomes(terminal)["1003"] == "fail"
        assert not terminal["done"]
        assert "Gate 2" in terminal["error"]
        assert "1003" in terminal["error"]
        assert terminal["retry_at"]
        shown = await gates.drift(3)
        assert "1003" in shown.attributes["missing"]
        with pytest.raises(HomeAssistantError) as error:
            await gates.hass.services.async_call(DOMAIN, "sync_users", blocking=True)
        assert error.value.translation_key == "users_failed"
    await syncid.advance(60 * RETRIES[0] + 1)
    shown = await gates.drift(0)
    assert shown.attributes["retry_at"] is None
    assert names(gates.follower) == names(gates.leader)


async def test_refused_for_good(
    gates: Gates, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who failed at every try is told by a repair, which a failure leaves there."""
    await gates.build()
    await gates.sync()
    call, device = gates.follower.simulation.call, gates.follower.device
    issue_id = f"not_synced_{OTHER_SERIAL}"
    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, REMOVE_USER, lambda request: request.error())
        call(device.add_user, "99", "Left")
        (terminal,) = (await gates.sync(remove_extra=True))["terminals"]
        assert outcomes(terminal)["99"] == "fail"
        passed = 0
        for minutes in RETRIES:
            assert syncid.issue(issue_id) is None
            passed += minutes
            await syncid.advance(60 * passed + 2)
        issue = await syncid.wait_for_issue(issue_id)
        assert issue.translation_placeholders is not None
        assert "99" in issue.translation_placeholders["error"]
        await gates.sync(remove_extra=True)
        assert syncid.issue(issue_id)
    await gates.sync(remove_extra=True)
    assert syncid.issue(issue_id) is None


async def test_admins_only(
    hass: HomeAssistant, gates: Gates, hass_read_only_user: Any
) -> None:
    """Nobody else syncs users."""
    await gates.build()
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "sync_users",
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
            return_response=True,
        )
    assert names(gates.follower) == {}
