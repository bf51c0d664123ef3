"""What is given to those who help, and what is not."""

from datetime import datetime
import json
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import PROFILES, Record
from simulator.records import pack_record

from .kit import IMPOSSIBLE, MAC, OTHER_SERIAL, PEOPLE, SERIAL, SyncIDKit

COMM_KEY = 918273
REDACTED = "**REDACTED**"


@pytest.fixture(autouse=True)
async def _diagnostics(hass: HomeAssistant) -> None:
    """Have diagnostics."""
    assert await async_setup_component(hass, "diagnostics", {})


async def test_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """How the terminal is set up, what it is, and how things stand."""
    simulation = syncid.start_terminal(comm_key=COMM_KEY)
    terminal = await syncid.add_terminal(simulation, direction="in_only")
    terminal.punch()
    record = pack_record(
        Record(user_id="1002", time=None, raw_time=IMPOSSIBLE), terminal.device.profile
    )
    simulation.call(terminal.device.add_raw_record, record)
    await terminal.call("collect_records")
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["entry"]["options"] == {"mode": "realtime", "direction": "in_only"}
    assert found["entry"]["data"] == {
        "kind": "device",
        "host": REDACTED,
        "port": simulation.port,
        "comm_key": REDACTED,
        "serial": REDACTED,
        "mac": REDACTED,
    }
    assert found["ledger"] == {"terminals": 1, "punches": 1, "quarantine": 1}
    assert found["online"] is True
    assert found["last_error"] is None
    assert found["info"]["firmware"] == "Ver 6.60 May 14 2018"
    assert found["capacity"]["records"] == 2
    assert found["cursor"]["count"] == 2
    assert found["cursor"]["overlap"] == REDACTED
    assert found["log"] == {"record_size": 40, "tail_reads": True}
    assert found["features"] == {
        "pin_width": 9,
        "letters_in_ids": None,
        "cards": True,
        "fingers": True,
        "lock": True,
        "user_size": 72,
        "event_size": 32,
    }


@pytest.mark.parametrize(
    ("profile", "user_size", "event_size", "record_size"),
    [("k14", 28, 12, 16), ("speedface", 72, 52, 49)],
)
async def test_features(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_client: ClientSessionGenerator,
    profile: str,
    user_size: int,
    event_size: int,
    record_size: int,
) -> None:
    """What a terminal was found to do, and what it never did so far."""
    simulation = syncid.start_terminal(
        profile=PROFILES[profile], tail_reads="refuse", people={"1001": "Amina"}
    )
    simulation.call(simulation.terminal.fill_log, 300)
    terminal = await syncid.add_terminal(simulation)
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["features"]["user_size"] == user_size
    assert found["features"]["event_size"] is None
    assert found["log"] == {"record_size": record_size, "tail_reads": True}
    for minutes in (-1, -2):  # twice is how often a terminal may refuse
        terminal.punch_ago(minutes=minutes)
        await syncid.next_punch()
        await terminal.call("collect_records")
    found = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["features"]["event_size"] == event_size
    assert found["log"]["tail_reads"] is False


@pytest.mark.parametrize("online", [True, False])
async def test_nothing_private(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_client: ClientSessionGenerator,
    online: bool,
) -> None:
    """Neither who anybody is, nor how to get in."""
    people = {f"90210{number}": name for number, name in enumerate(PEOPLE.values())}
    simulation = syncid.start_terminal(comm_key=COMM_KEY, people=people)
    terminal = await syncid.add_terminal(simulation)
    for user_id in people:
        terminal.punch(user_id)
        await syncid.next_punch()
    await terminal.call("collect_records")
    if not online:
        terminal.vanish()
        await syncid.wait_online(terminal, False)
    found = json.dumps(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    ).lower()
    secrets = [str(COMM_KEY), SERIAL, simulation.host, *people, *people.values()]
    secrets += [MAC, MAC.replace(":", ""), "".join(people)[:6].encode().hex()]
    assert [secret for secret in secrets if secret.lower() in found] == []


async def test_offline(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """Why a terminal is not there."""
    terminal = await syncid.add_terminal()
    terminal.vanish()
    await syncid.wait_online(terminal, False)
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["online"] is False
    assert found["last_error"] in {"connection_refused", "cannot_connect"}


async def test_not_loaded(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """A terminal that could not be set up is the one that needs help."""
    simulation = syncid.start_terminal()
    simulation.stop_listening()
    terminal = await syncid.add_terminal(simulation)
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["last_error"] == "connection_refused"
    assert found["ledger"]["punches"] == 0
    simulation.start_listening()


async def test_known_while_it_is_off(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """What a terminal is and can do is known also while it cannot be asked."""
    terminal = await syncid.add_terminal()
    terminal.punch()
    await syncid.next_punch()
    await terminal.call("collect_records")
    await syncid.settle()
    before: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert before["features"]["event_size"] == 32
    terminal.vanish()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    assert terminal.entry_state() is ConfigEntryState.SETUP_RETRY
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert "online" not in found
    assert found["features"] == before["features"]
    assert found["info"] == before["info"]
    assert SERIAL not in json.dumps(found)
    terminal.reappear()
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    found = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["online"] is True
    assert found["features"] == before["features"]  # though nobody punched since


async def test_ledger_that_does_not_open(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """A ledger that cannot be used is told as such."""
    syncid.ledger_file.mkdir()
    terminal = await syncid.add_terminal()
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, terminal.entry)
    )
    assert found["last_error"] == "ledger_error"
    assert found["ledger"] == {"error": "unable to open database file"}
    syncid.ledger_file.rmdir()


async def test_site(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """The site has options and a ledger."""
    await syncid.add_terminal()
    assert await get_diagnostics_for_config_entry(hass, hass_client, syncid.site) == {
        "entry": {"data": {"kind": "site"}, "options": {}},
        "ledger": {"terminals": 1, "punches": 0, "quarantine": 0},
        "groups": [],
    }


async def test_secret_path(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """What lets terminals in is not told."""
    await syncid.add_push_device()
    hass.config_entries.async_update_entry(
        syncid.site, options={"iclock_prefix": "s3cret", "iclock_port": 8090}
    )
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, syncid.site)
    )
    assert found["entry"]["options"]["iclock_port"] == 8090
    assert "s3cret" not in json.dumps(found)


async def test_groups(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client: ClientSessionGenerator
) -> None:
    """How groups are set up, and how things stand; not who is in them."""
    leader = await syncid.add_terminal(name="Main gate")
    follower = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL, people={"1001": "Anna"}),
        name="Back door",
    )
    hass.config_entries.async_add_subentry(
        syncid.site,
        ConfigSubentry(
            data=MappingProxyType(
                {
                    "name": "Doors of Amina",
                    "leader": SERIAL,
                    "followers": [OTHER_SERIAL, "CKUJ203460009"],
                    "user_ids": ["1001", "1002"],
                    "fingerprints": True,
                    "faces": False,
                    "remove_extra": False,
                }
            ),
            subentry_type="group",
            title="Doors of Amina",
            unique_id=None,
        ),
    )
    await syncid.settle()
    await syncid.wait_for_state(follower.entity_id("sensor", "users_to_sync"), "2")
    found: dict[str, Any] = dict(
        await get_diagnostics_for_config_entry(hass, hass_client, syncid.site)
    )
    (group,) = found["groups"]
    (seen, unseen) = group.pop("followers")
    assert group == {
        "leader": leader.entry.entry_id,
        "user_ids": 2,
        "fingerprints": True,
        "faces": False,
        "remove_extra": False,
    }
    checked_at = seen["drift"].pop("checked_at")
    assert datetime.fromisoformat(checked_at).tzinfo
    assert seen == {
        "entry_id": follower.entry.entry_id,
        "retry_at": None,
        "drift": {
            "missing": 1,
            "different": 1,
            "extra": 0,
            "left_out": 0,
            "not_at_leader": 0,
            "to_sync": 2,
        },
    }
    assert unseen == {"entry_id": None, "retry_at": None, "drift": None}
    text = json.dumps(found)
    secrets = [SERIAL, OTHER_SERIAL, "Amina", "Anna", "1001"]
    assert [secret for secret in secrets if secret in text] == []
