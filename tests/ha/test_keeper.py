"""Terminals that follow another one: what differs is shown, and synced when asked."""

import asyncio
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.syncid.const import DOMAIN, EVENT_ENROLLMENT
from custom_components.syncid.keeper import RETRIES
from custom_components.syncid.sensor import MAX_LISTED
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentry
from homeassistant.core import Context, HomeAssistant, State, callback
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from simulator.requests import HANDLERS, Request
from simulator.sessions import Reply

from .kit import OTHER_SERIAL, SERIAL, KitTerminal, SyncIDKit
from .test_group_flow import GATES, THIRD_SERIAL

FINGERPRINTS = 7
PREPARE_BUFFER = 1503
BATCH = 110
REMOVE_USER = 18
START_ENROLL = 61
DRIFT = "users_to_sync"


class Gates:
    """A leader with three people, and terminals that follow it."""

    def __init__(self, hass: HomeAssistant, syncid: SyncIDKit) -> None:
        """Have none yet."""
        self.hass = hass
        self.syncid = syncid

    async def build(self, *followers: str, **group: Any) -> None:
        """Set all up."""
        add, start = self.syncid.add_terminal, self.syncid.start_terminal
        self.leader = await add(start(), name="Main gate")
        device = self.leader.device
        self.leader.simulation.call(device.add_fingerprint, "1001", 3)
        self.leader.simulation.call(device.add_face, "1002")
        self.followers = [
            await add(start(serial=serial, people={}), name=f"Gate {serial[-1]}")
            for serial in followers or (OTHER_SERIAL,)
        ]
        self.follower = self.followers[0]
        serials = [terminal.serial for terminal in self.followers]
        self.group(**{"followers": serials, **group})
        await self.syncid.settle()

    def group(self, **data: Any) -> ConfigSubentry:
        """Make a group."""
        data = {**GATES, "faces": True, **data}
        subentry = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type="group",
            title=data["name"],
            unique_id=None,
        )
        self.hass.config_entries.async_add_subentry(self.syncid.site, subentry)
        return subentry

    async def sync(self, **data: Any) -> dict[str, Any]:
        """Have them synced, and return the response."""
        response = await self.hass.services.async_call(
            DOMAIN, "sync_users", data, blocking=True, return_response=True
        )
        assert response is not None
        return dict(response)

    async def drift(
        self, number: int | str, terminal: KitTerminal | None = None
    ) -> State:
        """Wait until a follower shows so many users to sync."""
        terminal = terminal or self.follower
        return await self.syncid.wait_for_state(
            terminal.entity_id("sensor", DRIFT), str(number)
        )


@pytest.fixture
def gates(hass: HomeAssistant, syncid: SyncIDKit) -> Gates:
    """Return terminals of which one leads."""
    return Gates(hass, syncid)


def names(terminal: KitTerminal) -> dict[str, str]:
    """Return whom a terminal has."""
    return {user.user_id: user.name for user in terminal.device.users}


def outcomes(terminal: dict[str, Any]) -> dict[str, str]:
    """Return what became of each user at a terminal."""
    return {user["user_id"]: user["outcome"] for user in terminal["users"]}


def reads(terminal: KitTerminal) -> int:
    """Return how often a terminal's fingerprints were read, which no poll does."""
    return sum(
        command == PREPARE_BUFFER and data[1] == FINGERPRINTS
        for command, data in terminal.device.commands
    )


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


async def test_leader_away_from_all(gates: Gates) -> None:
    """What went wrong at the leader is told once, however many follow it."""
    await gates.build(OTHER_SERIAL, THIRD_SERIAL)
    gates.leader.vanish()
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
