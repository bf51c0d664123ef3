"""Terminals that could not be synced, or whose group changed meanwhile."""

import asyncio
from functools import partial
from typing import Any

import pytest

from custom_components.syncid.keeper import RETRIES
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event

from .gates import BATCH, DRIFT, Gates, names
from .kit import OTHER_SERIAL, SyncIDKit
from .test_group_flow import THIRD_SERIAL

# --- away -----------------------------------------------------------------------------


async def test_away_and_back(gates: Gates, syncid: SyncIDKit) -> None:
    """A follower that is away holds nobody up, and is synced when it is back."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    second, third = gates.followers
    second.vanish()
    done = await gates.sync()
    away, here = done["terminals"]
    assert (away["done"], here["done"]) == (False, True)
    assert "Gate 2" in away["error"]
    assert away["retry_at"]
    assert names(third) == names(gates.leader)
    entity_id = second.entity_id("sensor", DRIFT)
    shown = await syncid.wait_for_state(
        entity_id, lambda state: bool(state.attributes["retry_at"])
    )
    assert shown.state == "3"
    second.reappear()
    await syncid.wait_online(second)
    await syncid.advance(60 * RETRIES[0] + 1)
    await gates.drift(0, second)
    assert names(second) == names(gates.leader)
    assert second.state("sensor", DRIFT).attributes["retry_at"] is None


async def test_away_for_good(gates: Gates, syncid: SyncIDKit) -> None:
    """After the last try an admin is told; a sync that goes well takes it back."""
    await gates.build()
    await gates.drift(3)
    gates.follower.vanish()
    with pytest.raises(HomeAssistantError) as error:
        await gates.sync()
    assert error.value.translation_key == "connection_refused"
    issue_id = f"not_synced_{OTHER_SERIAL}"
    passed = 0
    for minutes in RETRIES:
        assert syncid.issue(issue_id) is None
        passed += minutes
        await syncid.advance(60 * passed + 2)
    issue = await syncid.wait_for_issue(issue_id)
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Gate 2"
    gates.follower.reappear()
    await syncid.wait_online(gates.follower)
    assert syncid.issue(issue_id)
    await gates.sync()
    assert syncid.issue(issue_id) is None


async def test_two_groups(gates: Gates, syncid: SyncIDKit) -> None:
    """Each follower is tried again by the group that it is in."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL, followers=[OTHER_SERIAL])
    second, third = gates.followers
    gates.group(name="Doors", followers=[THIRD_SERIAL], user_ids=["1002"])
    await gates.drift(3, second)
    await gates.drift(1, third)
    third.vanish()
    with pytest.raises(HomeAssistantError):
        await gates.sync(group="Doors")
    third.reappear()
    await syncid.wait_online(third)
    await syncid.advance(60 * RETRIES[0] + 1)
    await gates.drift(0, third)
    assert set(names(third)) == {"1002"}
    assert names(second) == {}


async def test_retry_that_cannot_help(gates: Gates, syncid: SyncIDKit) -> None:
    """What goes wrong while nobody waits for the answer is told by a repair."""
    await gates.build(remove_extra=True)
    await gates.sync()
    await gates.drift(0)
    gates.follower.vanish()
    with pytest.raises(HomeAssistantError):
        await gates.sync()
    device = gates.leader.device
    for user in list(device.users):
        gates.leader.simulation.call(device.remove_user, user)
    gates.follower.reappear()
    await syncid.wait_online(gates.follower)
    await syncid.advance(60 * RETRIES[0] + 1)
    issue = await syncid.wait_for_issue(f"not_synced_{OTHER_SERIAL}")
    assert issue.translation_placeholders is not None
    assert "no users at all" in issue.translation_placeholders["error"]
    shown = gates.follower.state("sensor", DRIFT)
    assert shown.attributes["retry_at"] is None


async def test_leader_away(gates: Gates, syncid: SyncIDKit) -> None:
    """Without its leader nobody is synced; the followers are tried again."""
    await gates.build()
    gates.leader.vanish()
    with pytest.raises(HomeAssistantError, match="Main gate"):
        await gates.sync()
    gates.leader.reappear()
    await syncid.wait_online(gates.leader)
    await syncid.advance(60 * RETRIES[0] + 1)
    await gates.drift(0)


async def test_leader_away_from_all(gates: Gates, syncid: SyncIDKit) -> None:
    """What went wrong at the leader is told once, however many follow it."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    gates.leader.vanish()
    # The first who asks may find the connection broken, the others find none.
    await syncid.wait_online(gates.leader, online=False)
    with pytest.raises(HomeAssistantError) as error:
        await gates.sync()
    assert error.value.translation_key == "all_failed"
    assert str(error.value).count("Main gate") == 1


async def test_not_set_up(gates: Gates, hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A follower whose entry is not loaded is away; one without an entry stays so."""
    await gates.build()
    await hass.config_entries.async_unload(gates.follower.entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await gates.sync()
    assert error.value.translation_key == "terminal_away"
    await hass.config_entries.async_remove(gates.follower.entry.entry_id)
    with pytest.raises(HomeAssistantError, match=OTHER_SERIAL):
        await gates.sync()
    (subentry,) = syncid.site.subentries.values()
    hass.config_entries.async_remove_subentry(syncid.site, subentry.subentry_id)
    await syncid.advance(60 * RETRIES[0] + 1)
    assert names(gates.follower) == {}


async def test_pushes_since(gates: Gates, hass: HomeAssistant) -> None:
    """A follower that only pushes by now cannot be reached."""
    await gates.build()
    entry = gates.follower.entry
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "mode": "push"}
    )
    await hass.config_entries.async_reload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await gates.sync()
    assert error.value.translation_key == "terminal_away"


async def test_no_retry_of_a_plan(gates: Gates) -> None:
    """What was only asked for is not done later."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    gates.follower.vanish()
    away, _ = (await gates.sync(dry_run=True))["terminals"]
    assert away["retry_at"] is None


async def test_group_that_went_meanwhile(
    gates: Gates, hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Nobody is synced later by a group that is no more."""
    await gates.build()
    gates.follower.vanish()
    with pytest.raises(HomeAssistantError):
        await gates.sync()
    (subentry,) = syncid.site.subentries.values()
    hass.config_entries.async_remove_subentry(syncid.site, subentry.subentry_id)
    gates.follower.reappear()
    await syncid.wait_online(gates.follower)
    await syncid.advance(60 * RETRIES[0] + 1)
    assert names(gates.follower) == {}


def change_group(gates: Gates, **data: Any) -> None:
    """Have the group say something else."""
    site = gates.syncid.site
    subentry, *_ = site.subentries.values()
    gates.hass.config_entries.async_update_subentry(
        site, subentry, data={**subentry.data, **data}
    )


async def test_group_that_changed_meanwhile(gates: Gates, syncid: SyncIDKit) -> None:
    """What was wished before a group was changed is not done afterwards."""
    await gates.build(remove_extra=True)
    gates.follower.simulation.call(gates.follower.device.add_user, "99", "Left")
    gates.follower.vanish()
    with pytest.raises(HomeAssistantError):
        await gates.sync()
    gates.group(name="Doors", followers=[THIRD_SERIAL])
    await syncid.settle()
    assert gates.follower.state("sensor", DRIFT).attributes["retry_at"]
    change_group(gates, remove_extra=False)
    await syncid.settle()
    assert gates.follower.state("sensor", DRIFT).attributes["retry_at"] is None
    gates.follower.reappear()
    await syncid.wait_online(gates.follower)
    await syncid.advance(60 * RETRIES[0] + 1)
    assert names(gates.follower) == {"99": "Left"}
    await gates.drift(3)


async def test_group_that_changes_while_it_is_synced(
    gates: Gates, hass: HomeAssistant
) -> None:
    """A sync that fails is not tried again if nobody wishes it any more."""
    await gates.build()
    follower = gates.follower

    def change(_: Any) -> None:
        hass.loop.call_soon_threadsafe(partial(change_group, gates, user_ids=["1001"]))
        follower.simulation.server.drop_links()

    follower.simulation.call(follower.device.on, BATCH, change)
    with pytest.raises(HomeAssistantError):
        await gates.sync()
    await gates.drift(1)
    assert follower.state("sensor", DRIFT).attributes["retry_at"] is None


# --- what changes while it is synced ------------------------------------------------------


async def test_leader_that_changes_meanwhile(gates: Gates) -> None:
    """Each follower gets what the leader holds when its turn comes."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    second, third = gates.followers
    leader = gates.leader.simulation

    def rename(_: Any) -> None:
        leader.call(setattr, gates.leader.device.users["1001"], "name", "Aisha")

    second.simulation.call(second.device.on, BATCH, rename)
    await gates.sync()
    assert names(second)["1001"] == "Amina"
    assert names(third)["1001"] == "Aisha"


async def test_two_who_sync(gates: Gates, hass: HomeAssistant) -> None:
    """Who waits for another sync reads the leader when that is done, not before."""
    await gates.build()
    await gates.drift(3)
    user = gates.leader.device.users["1001"]

    @callback
    def rename(_: Any) -> None:
        gates.leader.simulation.call(setattr, user, "name", "Aisha")

    # The first has just ended, and still has its turn.
    entity_id = gates.follower.entity_id("sensor", DRIFT)
    stop = async_track_state_change_event(hass, entity_id, rename)
    await asyncio.gather(gates.sync(), gates.sync())
    stop()
    assert names(gates.follower)["1001"] == "Aisha"


async def test_retry_that_is_needed_no_more(gates: Gates) -> None:
    """Who failed is not tried again once somebody else, who waited, has done it."""
    await gates.build()
    follower = gates.follower.simulation
    follower.call(
        gates.follower.device.on, BATCH, lambda _: follower.server.drop_links()
    )
    failed, done = [
        *await asyncio.gather(gates.sync(), gates.sync(), return_exceptions=True)
    ]
    assert isinstance(failed, HomeAssistantError)
    assert isinstance(done, dict)
    await gates.drift(0)
    assert gates.follower.state("sensor", DRIFT).attributes["retry_at"] is None


async def test_group_that_changes_meanwhile(gates: Gates, hass: HomeAssistant) -> None:
    """Who has not had a turn when the group is changed is not synced by the old one."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    second, third = gates.followers

    def change(_: Any) -> None:
        hass.loop.call_soon_threadsafe(partial(change_group, gates, user_ids=["1001"]))

    second.simulation.call(second.device.on, BATCH, change)
    done, refused = (await gates.sync())["terminals"]
    assert (done["done"], refused["done"]) == (True, False)
    assert "changed" in refused["error"]
    assert refused["retry_at"] is None
    assert names(third) == {}
    await gates.drift(1, third)
