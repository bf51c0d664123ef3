"""Punches and users, as the panel is told of them."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.const import DOMAIN, EVENT_PUNCH
from custom_components.syncid.hub import DATA_HUB
from custom_components.syncid.panel.users import DATA_EVERYBODY
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kit import OTHER_SERIAL, SERIAL, SyncIDKit
from .test_panel import ask, panel, refused

__all__ = ["panel"]


# --- punches --------------------------------------------------------------------------


async def test_live(syncid: SyncIDKit, panel: Any) -> None:
    """First what has been, then each punch as it is announced."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch_ago("1001", minutes=90)
    await terminal.call("collect_records")
    await syncid.next_punch()
    await ask(panel, "live/subscribe")
    first = (await panel.receive_json())["event"]
    assert first["reset"]
    assert [(row["user_name"], row["live"]) for row in first["punches"]] == [
        ("Amina", None)
    ]
    terminal.punch("1002", state=1)
    await terminal.call("collect_records")
    event = (await panel.receive_json())["event"]
    (row,) = event["punches"]
    assert not event["reset"]
    assert row.pop("time")
    assert row == {
        "device": SERIAL,
        "device_id": terminal.device_id,
        "device_name": terminal.entry.title,
        "user_id": "1002",
        "user_name": "Bruno",
        "person_id": None,
        "person": None,
        "direction": "check_out",
        "method": "fingerprint",
        "source": "poll",
        "picture": None,
        "live": True,
    }


async def test_punch_while_the_past_is_read(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """It is told behind the past, whether that has it or not."""
    terminal = await syncid.add_terminal()
    async with hass.data[DATA_HUB]._opening:  # nobody reads
        await panel.send_json_auto_id({"type": "syncid/live/subscribe"})
        terminal.punch()
        punch = await syncid.next_punch()
    assert (await panel.receive_json())["success"]
    assert (await panel.receive_json())["event"]["reset"]
    event = (await panel.receive_json())["event"]
    assert [row["time"] for row in event["punches"]] == [punch["time"]]
    assert not event["reset"]


async def test_left_while_the_past_is_read(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """Who has gone by then is told nothing."""
    await syncid.add_terminal()
    async with hass.data[DATA_HUB]._opening:
        await panel.send_json({"id": 1, "type": "syncid/live/subscribe"})
        await panel.send_json(
            {"id": 2, "type": "unsubscribe_events", "subscription": 1}
        )
        left = await panel.receive_json()
        assert (left["id"], left["success"]) == (2, True)
    assert (await panel.receive_json())["id"] == 1
    await syncid.settle()
    await panel.send_json({"id": 3, "type": "ping"})
    assert (await panel.receive_json())["type"] == "pong"


async def test_past_that_cannot_be_read(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """It is refused, so that the page tries again, and nobody goes on listening."""
    await syncid.add_terminal()
    before = hass.bus.async_listeners()[EVENT_PUNCH]
    with syncid.missing_table():
        error = await refused(panel, "live/subscribe")
    assert error["translation_key"] == "ledger_error"
    assert hass.bus.async_listeners()[EVENT_PUNCH] == before


async def test_pages_of_punches(syncid: SyncIDKit, panel: Any) -> None:
    """A page may end between two punches of one second: none is lost, none is twice."""
    terminal = await syncid.add_terminal(mode="polling")
    for minutes in (3, 2, 1):
        at = terminal.device.now() - timedelta(minutes=minutes)
        for user_id in ("1001", "1002", "1003"):
            terminal.punch(user_id, at=at)
    await terminal.call("collect_records")
    await syncid.next_punches(9)
    whole = (await ask(panel, "punches/list"))["punches"]
    for limit in (1, 2, 4, 9):
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await ask(panel, "punches/list", limit=limit, **cursor)
            assert len(page["punches"]) <= limit
            found += page["punches"]
            if page["cursor"] is None:
                break
            cursor = {"cursor": page["cursor"]}
        assert found == whole
    assert len(whole) == 9


async def test_some_punches(syncid: SyncIDKit, panel: Any) -> None:
    """Of a terminal, of a user, of a time."""
    terminal = await syncid.add_terminal(mode="polling")
    terminal.punch_ago("1001", minutes=60)
    terminal.punch_ago("1002", minutes=10)
    await terminal.call("collect_records")
    await syncid.next_punches(2)

    async def users(**said: Any) -> list[str]:
        page = await ask(panel, "punches/list", **said)
        return [row["user_id"] for row in page["punches"]]

    since = (dt_util.utcnow() - timedelta(minutes=30)).isoformat()
    assert await users() == ["1002", "1001"]
    assert await users(since=since) == ["1002"]
    assert await users(until=since) == ["1001"]
    assert await users(user_id="1001") == ["1001"]
    assert await users(serials=[OTHER_SERIAL]) == []
    error = await refused(panel, "punches/list", cursor="1")
    assert error["code"] == "invalid_format"


async def test_today(syncid: SyncIDKit, panel: Any) -> None:
    """Counted by the wall clock, each user once."""
    terminal = await syncid.add_terminal(mode="polling")
    noon = terminal.device.now().replace(hour=0, minute=30, second=0, microsecond=0)
    for hours, user_id in ((0, "1001"), (0, "1002"), (-24, "1003")):
        terminal.punch(user_id, at=noon + timedelta(hours=hours))
    terminal.punch("1001", at=noon + timedelta(seconds=5))
    await terminal.call("collect_records")
    today = await ask(panel, "live/today")
    assert (today["punches"], today["users"]) == (3, 2)
    assert today["hours"] == [3] + [0] * 23
    assert (today["terminals"], today["online"]) == (1, 1)
    # Nothing tells whether a gateway is there, so that it is counted in neither.
    await syncid.add_push_device()
    today = await ask(panel, "live/today")
    assert (today["terminals"], today["online"]) == (1, 1)
    page = await ask(panel, "terminals/list")
    assert (page["total"], page["online"]) == (2, 1)
    assert today["date"] == dt_util.now().date().isoformat()


async def test_today_of_gateways(syncid: SyncIDKit, panel: Any) -> None:
    """Where nothing tells of any, none is missing, and the site is no empty one."""
    today = await ask(panel, "live/today")
    assert (today["terminals"], today["online"]) == (0, 0)
    await syncid.add_push_device()
    today = await ask(panel, "live/today")
    assert (today["terminals"], today["online"]) == (1, 1)


async def test_ledger_that_cannot_be_read(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """An admin is told, and it is no error of the program."""
    await syncid.add_terminal()
    with syncid.missing_table():
        error = await refused(panel, "live/today")
    assert error["translation_key"] == "ledger_error"


# --- users ----------------------------------------------------------------------------


async def three(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Set up terminals that know different people."""
    for serial, title, people in (
        (SERIAL, "Gate", {"1": "Amina", "2": "Bruno", "10": ""}),
        (OTHER_SERIAL, "Yard", {"1": "Amina", "2": "Bruno B"}),
        ("CKUJ3", "Hall", {"1": "Amina"}),
    ):
        terminal = await syncid.add_terminal(
            syncid.start_terminal(serial=serial, people=people)
        )
        hass.config_entries.async_update_entry(terminal.entry, title=title)
        await terminal.call("collect_records")


@pytest.mark.parametrize(
    ("said", "user_ids"),
    [
        ({}, ["1", "2", "10"]),
        ({"sort": "user_id", "descending": True}, ["10", "2", "1"]),
        ({"sort": "places"}, ["10", "2", "1"]),
        ({"search": "bru"}, ["2"]),
        ({"search": "1"}, ["1", "10"]),
        ({"only": "unnamed"}, ["10"]),
        ({"only": "differing"}, ["2"]),
        ({"only": "not_everywhere"}, ["2", "10"]),
        ({"serial": OTHER_SERIAL}, ["1", "2"]),
        ({"user_id": "1"}, ["1"]),
        ({"offset": 1, "limit": 1}, ["2"]),
    ],
)
async def test_users(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    panel: Any,
    said: dict[str, Any],
    user_ids: list[str],
) -> None:
    """Everybody who is enrolled anywhere, once."""
    await three(hass, syncid)
    page = await ask(panel, "users/list", **said)
    assert [row["user_id"] for row in page["users"]] == user_ids
    assert page["total"] == 3


async def test_user(hass: HomeAssistant, syncid: SyncIDKit, panel: Any) -> None:
    """Where somebody is known, and under which name."""
    await three(hass, syncid)
    (row,) = (await ask(panel, "users/list", search="bruno"))["users"]
    assert row["name"] == "Bruno"
    assert row["differs"]
    assert [(place["terminal"], place["name"]) for place in row["places"]] == [
        ("Gate", "Bruno"),
        ("Yard", "Bruno B"),
    ]
    assert {place["role"] for place in row["places"]} == {"user"}


async def test_users_who_change(syncid: SyncIDKit, panel: Any) -> None:
    """What a terminal tells anew is there with the next look."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    page = await ask(panel, "users/list")
    assert "1001" in {row["user_id"] for row in page["users"]}
    assert await ask(panel, "users/list") == page
    terminal.simulation.call(
        terminal.device.users.remove, terminal.device.users["1001"]
    )
    await terminal.call("collect_records")
    after = await ask(panel, "users/list")
    assert after["total"] == page["total"] - 1
    assert "1001" not in {row["user_id"] for row in after["users"]}


async def test_terminal_that_was_off_since_the_start(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """Nobody is looked through anew for it with each letter of a search."""
    await three(hass, syncid)
    MockConfigEntry(
        domain=DOMAIN,
        unique_id="CKUJ4",
        title="Off",
        disabled_by=ConfigEntryDisabler.USER,
        data={"kind": "device", "serial": "CKUJ4"},
        options={"mode": "realtime"},
    ).add_to_hass(hass)
    await ask(panel, "users/list")
    before = hass.data[DATA_EVERYBODY]
    await ask(panel, "users/list", search="a")
    assert hass.data[DATA_EVERYBODY] is before


async def test_templates(syncid: SyncIDKit, panel: Any) -> None:
    """What each terminal has of somebody; one that is away says why it does not tell."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    first.simulation.call(first.device.add_fingerprint, "1001", 3)
    for terminal in (first, second):
        await terminal.call("collect_records")
    second.vanish()
    await syncid.wait_online(second, False)
    found = await ask(panel, "users/templates", user_id="1001")
    here, away = found["places"]
    assert (here["fingerprints"], here["faces"], here["problem"]) == (1, 0, None)
    assert (away["fingerprints"], away["faces"]) == (None, None)
    assert away["problem"]["key"] == "connection_refused"
    assert await ask(panel, "users/templates", user_id="9") == {"places": []}


async def test_templates_of_a_device_that_was_removed(
    hass: HomeAssistant, syncid: SyncIDKit, panel: Any
) -> None:
    """One that cannot be asked does not hide what the others have."""
    first = await syncid.add_terminal()
    second = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    for terminal in (first, second):
        await terminal.call("collect_records")
    dr.async_get(hass).async_remove_device(second.device_id)
    await syncid.settle()
    places = (await ask(panel, "users/templates", user_id="1001"))["places"]
    assert [one["fingerprints"] for one in places] == [0, None]
    assert [bool(one["problem"]) for one in places] == [False, True]


async def test_templates_at_a_terminal_that_pushes(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, hass_ws_client: Any
) -> None:
    """It is not asked for what it cannot tell, nor waited for."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")
    await terminal.switch_off()
    panel = await hass_ws_client(hass)
    (place,) = (await ask(panel, "users/templates", user_id="1001"))["places"]
    assert (place["fingerprints"], place["problem"]) == (None, None)


async def test_templates_of_somebody_who_left(syncid: SyncIDKit, panel: Any) -> None:
    """Who was removed at the terminal since has nothing there."""
    terminal = await syncid.add_terminal()
    await terminal.call("collect_records")
    terminal.simulation.call(
        terminal.device.users.remove, terminal.device.users["1001"]
    )
    (place,) = (await ask(panel, "users/templates", user_id="1001"))["places"]
    assert (place["fingerprints"], place["problem"]) == (None, None)


async def test_nobody(hass: HomeAssistant, panel: Any) -> None:
    """Without terminals there is nobody, and no error."""
    assert await async_setup_component(hass, DOMAIN, {})
    page = await ask(panel, "users/list")
    assert page == {"total": 0, "count": 0, "users": []}
