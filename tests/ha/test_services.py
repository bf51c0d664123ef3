"""Actions: what they answer, whom they obey, and how they fail."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.syncid.const import DOMAIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from simulator import PROFILES, Record

from .kit import MAC, OTHER_SERIAL, SERIAL, KitTerminal, SyncIDKit

READS = ("get_device_info", "collect_records")
ADMIN_ONLY = ("clear_records", "sync_time", "restart", "power_off")
RESPONDING = (*READS, "clear_records", "sync_time")

EXIT = 1001
CLEAR_ATTLOG = 15
SET_TIME = 202
DISABLE = 1003
PREPARE_BUFFER = 1503


async def do(terminal: KitTerminal, action: str) -> None:
    """Have an action done, whether it answers or not."""
    if action in RESPONDING:
        await terminal.call(action)
    else:
        await terminal.order(action)


# --- what they answer -----------------------------------------------------------------


async def test_get_device_info(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The terminal's own words on itself, as they are now."""
    simulation = syncid.start_terminal(clock_offset=90)
    terminal = await syncid.add_terminal(simulation)
    simulation.call(terminal.device.add_fingerprint, "1001")
    simulation.call(terminal.device.add_face, "1002")
    terminal.punch()
    info = await terminal.call("get_device_info")
    assert abs(info.pop("clock_drift") - 90) <= 1
    assert info == {
        "serial": SERIAL,
        "name": "iFace702",
        "platform": "ZMM220_TFT",
        "firmware": "Ver 6.60 May 14 2018",
        "mac": MAC,
        "fingerprint_version": 10,
        "face_version": 7,
        "faces_enabled": True,
        "pin_width": 9,
        "letters_in_ids": None,
        "cards": True,
        "fingers": True,
        "lock": True,
        "user_size": 72,
        "users": 3,
        "fingerprints": 1,
        "records": 1,
        "faces": 1,
        "user_capacity": 10_000,
        "fingerprint_capacity": 3_000,
        "record_capacity": 100_000,
        "face_capacity": 1_500,
    }


async def test_collect_records(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The records that are not stored yet, counted."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1001")
    terminal.punch("1002")
    assert await terminal.call("collect_records") == {
        "read": 2,
        "new": 2,
        "duplicates": 0,
        "unreadable": 0,
    }
    assert (await terminal.call("collect_records"))["read"] == 0
    assert len(await syncid.next_punches(2)) == 2


async def test_collect_shows_at_once(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """After records were collected, the sensors are up to date."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.simulation.call(terminal.device.add_user, "1004", "Dina")
    await terminal.call("collect_records")
    assert terminal.state("sensor", "users").state == "4"


@pytest.mark.parametrize("offset", [3600, -86400 * 400])
async def test_sync_time(hass: HomeAssistant, syncid: SyncIDKit, offset: int) -> None:
    """The clock is set to Home Assistant's time, and both drifts are told."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=offset))
    answer = await terminal.call("sync_time")
    assert abs(answer["drift_before"] - offset) <= 1
    assert abs(answer["drift_after"]) <= 1
    right = dt_util.now().replace(tzinfo=None)
    assert abs(terminal.device.now() - right) < timedelta(seconds=5)
    assert abs(int(terminal.state("sensor", "clock_drift").state)) <= 1


async def test_power_off(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is switched off is offline until somebody switches it on."""
    terminal = await syncid.add_terminal()
    off = terminal.simulation.expect_power("off")
    await terminal.order("power_off")
    await syncid.happened(off)
    assert not terminal.is_online
    terminal.simulation.power_on()
    await syncid.wait_online(terminal)


async def test_restart(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is restarted is offline, and back by itself."""
    terminal = await syncid.add_terminal()
    on = terminal.simulation.expect_power("on")
    await terminal.order("restart")
    await syncid.happened(on)
    await syncid.wait_online(terminal)


# --- clear_records --------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["realtime", "polling"])
async def test_clear_records(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """The log is empty afterwards, the ledger holds all of it, and life goes on."""
    terminal = await syncid.add_terminal(mode=mode)
    for user_id in ("1001", "1002"):
        terminal.punch(user_id)
    assert (await terminal.call("clear_records"))["read"] == 2
    assert len(terminal.device.log) == 0
    assert len(await syncid.stored()) == 2
    assert len(await syncid.next_punches(2)) == 2
    assert terminal.device.enabled
    terminal.punch("1003")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1003"
    assert len(await syncid.stored()) == 3


async def test_clear_records_locks(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nobody can punch between the last look at the log and its end."""
    terminal = await syncid.add_terminal(syncid.start_terminal(disabled_blocks=True))
    taken: list[Record | None] = []
    terminal.device.on(CLEAR_ATTLOG, lambda device: taken.append(device.punch("1001")))
    await terminal.call("clear_records")
    assert taken == [None]
    terminal.punch("1001")
    assert (await syncid.next_punch())["user_id"] == "1001"


async def test_clear_records_of_late_punch(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What was punched just before the terminal was locked is stored too."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    terminal.device.on(DISABLE, lambda device: device.punch("1002"))
    assert (await terminal.call("clear_records"))["read"] == 2
    stored = {punch["user_id"] for punch in await syncid.stored()}
    assert stored == {"1001", "1002"}


async def test_clear_records_refuses(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that takes punches although it is locked is not cleared."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    # After the log was read under lock, before its records are counted again.
    terminal.device.on(50, lambda device: device.punch("1002"), nth=4)
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("clear_records")
    assert error.value.translation_key == "clear_refused"
    assert len(terminal.device.log) == 2
    assert terminal.device.enabled
    assert (await terminal.call("clear_records"))["read"] >= 1
    assert len(await syncid.stored()) == 2


async def test_clear_records_needs_the_ledger(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """While punches cannot be stored, no log is cleared."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1001")
    with syncid.full_disk():
        with pytest.raises(HomeAssistantError) as error:
            await terminal.call("clear_records")
        assert error.value.translation_key == "ledger_error"
    assert len(terminal.device.log) == 1
    assert terminal.device.enabled
    assert (await terminal.call("clear_records"))["new"] == 1
    assert len(await syncid.stored()) == 1


async def test_clear_records_on_a_bad_link(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A link that breaks under the read leaves the log as it was."""
    simulation = syncid.start_terminal()
    terminal = await syncid.add_terminal(simulation, mode="polling")
    simulation.call(terminal.device.fill_log, 400)
    terminal.device.faults.drop_after = 5000
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("clear_records")
    assert error.value.translation_key == "cannot_connect"
    assert len(terminal.device.log) == 400
    assert (await terminal.call("clear_records"))["read"] == 400
    assert len(await syncid.stored()) == 400


# --- get_punches ----------------------------------------------------------------------


async def test_get_punches(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Everything that is stored of a punch."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1002", verify=1, state=1, work_code=3, at=datetime(2026, 7, 1, 8))
    await terminal.call("collect_records")
    assert await syncid.stored() == [
        {
            "entry_id": terminal.entry.entry_id,
            "device_id": terminal.device_id,
            "device": SERIAL,
            "device_name": "Main gate",
            "time": "2026-07-01T08:00:00-07:00",
            "source": "poll",
            "difference": None,
            "user_id": "1002",
            "user_name": "Bruno",
            "person_id": None,
            "person": None,
            "direction": "check_out",
            "method": "fingerprint",
            "verify_code": 1,
            "state_code": 1,
            "work_code": 3,
        }
    ]


async def test_get_punches_by_who_is_no_admin(
    hass: HomeAssistant, syncid: SyncIDKit, hass_read_only_user: MockUser
) -> None:
    """Who it was that punched is for admins and automations."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch("1002", at=datetime(2026, 7, 1, 8))
    await terminal.call("collect_records")
    (known,) = await syncid.stored()
    told = await hass.services.async_call(
        DOMAIN,
        "get_punches",
        {},
        blocking=True,
        context=Context(user_id=hass_read_only_user.id),
        return_response=True,
    )
    names = {"user_name", "person", "person_id"}
    assert told == {"punches": [{key: known[key] for key in known if key not in names}]}


FILTERS: list[tuple[dict[str, Any], list[tuple[str, int]]]] = [
    ({}, [("1003", 10), ("1002", 9), ("1001", 8)]),
    ({"limit": 2}, [("1003", 10), ("1002", 9)]),
    ({"user_id": "1002"}, [("1002", 9)]),
    ({"user_id": "nobody"}, []),
    ({"start": "2026-07-01 09:00:00"}, [("1003", 10), ("1002", 9)]),
    ({"end": "2026-07-01 09:00:00"}, [("1001", 8)]),
    ({"start": "2026-07-01 09:00:00", "end": "2026-07-01 10:00:00"}, [("1002", 9)]),
    ({"start": "2026-07-01T17:00:00+00:00"}, [("1003", 10)]),
    ({"user_id": "1001", "start": "2026-07-01 09:00:00"}, []),
]


async def test_get_punches_filters(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """All that fit all filters, newest first; times are Home Assistant's."""
    terminal = await syncid.add_terminal(mode="polling")
    for user_id, hour in (("1001", 8), ("1002", 9), ("1003", 10)):
        terminal.punch(user_id, at=datetime(2026, 7, 1, hour))
    await terminal.call("collect_records")
    found = [
        (
            query,
            [
                (punch["user_id"], datetime.fromisoformat(punch["time"]).hour)
                for punch in await syncid.stored(**query)
            ],
        )
        for query, _ in FILTERS
    ]
    assert found == FILTERS


async def test_get_punches_of_devices(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Those of the terminals that are named, or of all."""
    terminals = [
        await syncid.add_terminal(syncid.start_terminal(serial=serial))
        for serial in (SERIAL, OTHER_SERIAL)
    ]
    for terminal in terminals:
        terminal.punch()
        await syncid.next_punch()
    first, second = (terminal.device_id for terminal in terminals)
    for device_id, devices in (
        (first, {SERIAL}),
        ([second], {OTHER_SERIAL}),
        ([first, second], {SERIAL, OTHER_SERIAL}),
    ):
        stored = await syncid.stored(device_id=device_id)
        assert {punch["device"] for punch in stored} == devices
    assert len(await syncid.stored()) == 2


async def test_get_punches_of_a_terminal_that_is_gone(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """Punches outlive their terminal; of it only the serial number is left."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    syncid.in_file("UPDATE terminals SET serial = 'BEFORE'")
    (punch,) = await syncid.stored()
    assert (punch["device"], punch["user_id"]) == ("BEFORE", "1001")
    assert punch["entry_id"] is punch["device_id"] is punch["device_name"] is None


async def test_get_punches_limit(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nobody gets so many that Home Assistant is busy with them."""
    await syncid.add_terminal()
    for limit in (0, 10_001):
        with pytest.raises(vol.Invalid, match="limit"):
            await syncid.stored(limit=limit)
    assert await syncid.stored(limit=10_000) == []


async def test_get_punches_of_absent_terminal(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What a terminal delivered can be had while it is not there."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    assert len(await syncid.stored(device_id=terminal.device_id)) == 1


async def test_get_punches_of_a_terminal_that_is_not_set_up(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What a terminal delivered can be had without it."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    assert len(await syncid.stored(device_id=terminal.device_id)) == 1
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    (punch,) = await syncid.stored()
    assert (punch["device"], punch["device_id"]) == (SERIAL, None)


async def test_get_punches_without_ledger(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A ledger that cannot be read is told in words, and is not an empty one."""
    await syncid.add_terminal()
    with syncid.missing_table():
        with pytest.raises(HomeAssistantError) as error:
            await syncid.stored()
        assert error.value.translation_key == "ledger_error"
    assert await syncid.stored() == []


async def test_get_punches_before_the_ledger(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A ledger that could not be opened is told in words too."""
    syncid.ledger_file.mkdir()
    await syncid.add_terminal()
    with pytest.raises(HomeAssistantError) as error:
        await syncid.stored()
    assert error.value.translation_key == "ledger_error"
    syncid.ledger_file.rmdir()


# --- whom they obey -------------------------------------------------------------------


async def call_as(
    hass: HomeAssistant, terminal: KitTerminal, action: str, user: MockUser
) -> Any:
    """Return what an action answers to somebody."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": terminal.device_id},
        blocking=True,
        context=Context(user_id=user.id),
        return_response=action in RESPONDING,
    )


async def test_admin_only(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """What changes a terminal, or tells of people, is for admins."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.device.commands.clear()
    for action in ADMIN_ONLY:
        with pytest.raises(Unauthorized):
            await call_as(hass, terminal, action, hass_read_only_user)
    assert {command for command, _ in terminal.device.commands} <= {EXIT}
    assert await call_as(hass, terminal, "sync_time", hass_admin_user)


async def test_for_everybody(
    hass: HomeAssistant, syncid: SyncIDKit, hass_read_only_user: MockUser
) -> None:
    """What only reads is for everybody."""
    terminal = await syncid.add_terminal()
    for action in READS:
        assert await call_as(hass, terminal, action, hass_read_only_user)


# --- how they fail --------------------------------------------------------------------


async def test_unreachable(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is not there is told in words, and works when it is back."""
    terminal = await syncid.add_terminal(mode="polling")
    on = terminal.simulation.expect_power("on")
    for action in (*READS, *ADMIN_ONLY):
        await syncid.wait_until_left(terminal)
        terminal.vanish()
        with pytest.raises(HomeAssistantError) as error:
            await do(terminal, action)
        assert error.value.translation_key == "connection_refused"
        assert error.value.translation_placeholders is not None
        assert error.value.translation_placeholders["name"] == "Main gate"
        terminal.reappear()
        await syncid.wait_until_left(terminal)
        await do(terminal, action)
        if action == "restart":
            await syncid.happened(on)


@pytest.mark.parametrize(
    ("action", "command"),
    [
        ("sync_time", SET_TIME),
        ("clear_records", CLEAR_ATTLOG),
        ("restart", 1004),
        ("power_off", 1005),
    ],
)
async def test_refused(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    action: str,
    command: int,
) -> None:
    """A terminal that refuses a command is told in words, and stays as it is."""
    simulation = syncid.start_terminal()
    terminal = await syncid.add_terminal(simulation)
    terminal.punch()
    await syncid.next_punch()
    with terminal.refusing(command):
        with pytest.raises(HomeAssistantError) as error:
            await do(terminal, action)
        assert error.value.translation_key == "command_refused"
        assert terminal.is_online
        assert terminal.device.enabled
        assert len(terminal.device.log) == 1
    await do(terminal, action)


async def test_users_unreadable(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that keeps its users to itself is not one without users."""
    terminal = await syncid.add_terminal(mode="polling")
    with terminal.refusing(PREPARE_BUFFER):
        with pytest.raises(HomeAssistantError) as error:
            await terminal.call("list_users")
        assert error.value.translation_key == "table_unreadable"
    assert len((await terminal.call("list_users"))["users"]) == 3


async def test_wrong_terminal(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Nothing is done to another terminal that has got the address."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.simulation.call(
        terminal.device.options.__setitem__, "~SerialNumber", OTHER_SERIAL
    )
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("clear_records")
    assert error.value.translation_key == "wrong_terminal"


async def test_unknown_device(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A device that is none is the caller's mistake."""
    await syncid.add_terminal()
    for action in (*READS, *ADMIN_ONLY):
        with pytest.raises(ServiceValidationError) as error:
            await hass.services.async_call(
                DOMAIN,
                action,
                {"device_id": "none"},
                blocking=True,
                return_response=action in RESPONDING,
            )
        assert error.value.translation_key == "service_device_not_found"


async def test_device_of_another_integration(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A device of somebody else is the caller's mistake."""
    await syncid.add_terminal()
    entry = MockConfigEntry(domain="other")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("other", "1")}
    )
    with pytest.raises(ServiceValidationError) as error:
        await syncid.stored(device_id=device.id)
    assert error.value.translation_key == "device_is_no_terminal"
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN, "restart", {"device_id": device.id}, blocking=True
        )
    assert error.value.translation_key == "service_device_wrong_domain"


async def test_device_that_is_no_terminal(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """A device of the site is no terminal, to whichever action."""
    await syncid.add_terminal()
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=syncid.site.entry_id, identifiers={(DOMAIN, "somebody")}
    )
    with pytest.raises(ServiceValidationError) as error:
        await syncid.stored(device_id=device.id)
    assert error.value.translation_key == "device_is_no_terminal"
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN, "restart", {"device_id": device.id}, blocking=True
        )
    assert error.value.translation_key == "device_is_no_terminal"


async def test_not_loaded(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is not set up can be asked nothing."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await terminal.call("get_device_info")
    assert error.value.translation_key == "service_config_entry_not_loaded"


async def test_no_faces(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What a terminal does not have is not 0, but nothing."""
    simulation = syncid.start_terminal(profile=PROFILES["k14"])
    terminal = await syncid.add_terminal(simulation)
    info = await terminal.call("get_device_info")
    assert info["faces"] is info["face_capacity"] is None
