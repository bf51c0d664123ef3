"""The road of a punch: from the terminal to the bus, once, and stored first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.syncid import hub
from custom_components.syncid.const import EVENT_PUNCH
from custom_components.syncid.hub import DATA_HUB
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from simulator import PROFILES, Record
from simulator.records import pack_record

from .kit import IMPOSSIBLE, SERIAL, KitTerminal, SyncIDKit, clock_in

MODES = pytest.mark.parametrize("mode", ["realtime", "polling"])


async def collected(syncid: SyncIDKit, terminal: KitTerminal) -> dict[str, Any]:
    """Return the next punch, after a polled terminal was asked for it."""
    if terminal.entry.options["mode"] == "polling":
        await terminal.call("collect_records")
    return await syncid.next_punch()


@MODES
async def test_event_data(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """A punch is on the bus with all that is known of it."""
    terminal = await syncid.add_terminal(mode=mode)
    now = terminal.device.now().replace(microsecond=0)
    terminal.punch("1002", verify=15, state=1, work_code=7, at=now)
    assert await collected(syncid, terminal) == {
        "entry_id": terminal.entry.entry_id,
        "device_id": terminal.device_id,
        "device": SERIAL,
        "device_name": "Main gate",
        "user_id": "1002",
        "user_name": "Bruno",
        "person_id": None,
        "person": None,
        "time": now.replace(tzinfo=dt_util.get_default_time_zone()).isoformat(),
        "direction": "check_out",
        "method": "face",
        "verify_code": 15,
        "state_code": 1,
        # What is reported live holds no work code: the log adds it.
        "work_code": None if mode == "realtime" else 7,
        "source": "realtime" if mode == "realtime" else "poll",
        "live": True,
    }


@pytest.mark.parametrize("profile", sorted(PROFILES))
@MODES
async def test_every_profile(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str, profile: str
) -> None:
    """Punches of every kind of terminal come in, with the names of who punched."""
    simulation = syncid.start_terminal(profile=PROFILES[profile])
    terminal = await syncid.add_terminal(simulation, mode=mode)
    terminal.punch("1003", state=0)
    punch = await collected(syncid, terminal)
    assert (punch["user_id"], punch["user_name"]) == ("1003", "Chen")
    assert (punch["direction"], punch["method"]) == ("check_in", "fingerprint")


async def test_renamed_device(
    hass: HomeAssistant, syncid: SyncIDKit, device_registry: Any
) -> None:
    """A terminal is called by the name that its admin gave it."""
    terminal = await syncid.add_terminal()
    device_registry.async_update_device(terminal.device_id, name_by_user="Canteen")
    terminal.punch()
    assert (await syncid.next_punch())["device_name"] == "Canteen"


async def test_unknown_user(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Somebody who was enrolled just now has no name before the next poll."""
    terminal = await syncid.add_terminal()
    terminal.simulation.call(terminal.device.add_user, "1099", "Zoe")
    now = terminal.device.now()
    terminal.punch("1099", at=now)
    assert (await syncid.next_punch())["user_name"] is None
    await terminal.call("collect_records")
    terminal.punch("1099", at=now + timedelta(seconds=1))
    assert (await syncid.next_punch())["user_name"] == "Zoe"


# --- history is not news --------------------------------------------------------------


@MODES
async def test_history_is_no_news(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """What a terminal held when it was added is stored, and not announced."""
    simulation = syncid.start_terminal()
    simulation.call(simulation.terminal.fill_log, 250)
    last = simulation.terminal.log[-1].time
    assert last is not None
    terminal = await syncid.add_terminal(simulation, mode=mode)
    state = await syncid.wait_for_state(
        terminal.entity_id("sensor", "last_punch"),
        lambda state: state.state[:2] == "20",
    )
    shown = datetime.fromisoformat(state.state).astimezone(
        dt_util.get_default_time_zone()
    )
    assert shown.replace(tzinfo=None) == last
    assert len(await syncid.stored()) == 250
    terminal.punch("1001")
    assert (await collected(syncid, terminal))["live"]
    syncid.assert_no_punch()


# --- live -----------------------------------------------------------------------------


async def set_live_minutes(
    hass: HomeAssistant, syncid: SyncIDKit, minutes: int
) -> None:
    """Change the option of the site."""
    hass.config_entries.async_update_entry(
        syncid.site, options={"live_minutes": minutes}
    )


@pytest.mark.parametrize(
    ("mode", "minutes", "option", "live"),
    [
        ("realtime", 4, None, True),
        ("realtime", 6, None, False),
        ("realtime", -6, None, False),  # by a clock that was set back since
        ("realtime", 6, 7, True),
        ("realtime", 2, 1, False),
        ("polling", 4, None, True),
        ("polling", 6, None, False),
    ],
)
async def test_live(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    mode: str,
    minutes: int,
    option: int | None,
    live: bool,
) -> None:
    """A punch is live for as long as the site says, five minutes unless told."""
    terminal = await syncid.add_terminal(mode=mode)
    if option is not None:
        await set_live_minutes(hass, syncid, option)
    terminal.punch_ago(minutes=minutes)
    assert (await collected(syncid, terminal))["live"] is live


async def test_live_by_a_wrong_clock(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch is as old as the clock says that dated it, however wrong."""
    terminal = await syncid.add_terminal(syncid.start_terminal(clock_offset=-7200))
    terminal.punch()
    assert (await syncid.next_punch())["live"]


async def test_found_later(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch that was made while the terminal was away is announced once."""
    terminal = await syncid.add_terminal()
    before = terminal.state("event", "punch").state
    terminal.vanish()
    terminal.device.punch("1001", at=terminal.device.now() - timedelta(minutes=10))
    terminal.reappear()
    punch = await syncid.next_punch()
    assert (punch["user_id"], punch["live"], punch["source"]) == ("1001", False, "poll")
    await syncid.wait_online(terminal)
    assert terminal.state("event", "punch").state == before
    await terminal.call("collect_records")
    syncid.assert_no_punch()


# --- what the codes mean --------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "option", "directions"),
    [
        ("realtime", "auto", {0: "check_in", 1: "check_out", 255: "unknown"}),
        ("polling", "auto", {0: "check_in", 1: "check_out", 255: "unknown"}),
        ("realtime", "in_only", {255: "check_in", 4: "overtime_in"}),
        (
            "realtime",
            "out_only",
            {0: "check_out", 255: "check_out", 2: "break_out"},
        ),
    ],
)
async def test_direction(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    mode: str,
    option: str,
    directions: dict[int, str],
) -> None:
    """The key that was pressed says what a punch means, or else the option does."""
    terminal = await syncid.add_terminal(mode=mode, direction=option)
    now = terminal.device.now()
    found = {}
    for seconds, state in enumerate(directions):
        terminal.punch(state=state, at=now + timedelta(seconds=seconds))
        found[state] = (await collected(syncid, terminal))["direction"]
    assert found == directions


@pytest.mark.parametrize(
    ("profile", "option", "method"),
    [
        ("k14", "auto", "card"),
        ("k14", "new", "pin"),
        ("iface702", "auto", "pin"),
        ("iface702", "classic", "card"),
    ],
)
async def test_verify_codes(
    hass: HomeAssistant, syncid: SyncIDKit, profile: str, option: str, method: str
) -> None:
    """The same code means another method on another kind of terminal."""
    simulation = syncid.start_terminal(profile=PROFILES[profile])
    terminal = await syncid.add_terminal(simulation, verify_codes=option)
    terminal.punch(verify=2)
    punch = await syncid.next_punch()
    assert (punch["method"], punch["verify_code"]) == (method, 2)


# --- time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "zone", "times"),
    [
        (
            "realtime",
            None,
            ["2026-07-01T08:00:00-07:00", "2026-01-07T08:00:00-08:00"],
        ),
        (
            "polling",
            "Europe/Berlin",
            ["2026-07-01T08:00:00+02:00", "2026-01-07T08:00:00+01:00"],
        ),
        # The hour that comes twice, and the one that never comes.
        (
            "realtime",
            "Europe/Berlin",
            ["2026-10-25T02:30:00+02:00", "2026-03-29T02:30:00+01:00"],
        ),
        ("realtime", "Asia/Kathmandu", ["2026-07-01T08:00:00+05:45"]),
    ],
)
async def test_time_zone(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    mode: str,
    zone: str | None,
    times: list[str],
) -> None:
    """A punch has the offset from UTC that its terminal's wall clock had then."""
    simulation = syncid.start_terminal(clock=clock_in(zone) if zone else None)
    options = {"time_zone": zone} if zone else {}
    terminal = await syncid.add_terminal(simulation, mode=mode, **options)
    found = []
    for time in times:
        terminal.punch(at=datetime.fromisoformat(time).replace(tzinfo=None))
        found.append((await collected(syncid, terminal))["time"])
    assert found == times


async def test_time_zone_changed(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """With another time zone, what is stored is the same on another clock."""
    terminal = await syncid.add_terminal()
    terminal.punch(at=datetime(2026, 7, 1, 8))
    await syncid.next_punch()
    hass.config_entries.async_update_entry(
        terminal.entry, options={**terminal.entry.options, "time_zone": "Asia/Tokyo"}
    )
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    (punch,) = await syncid.stored()
    assert punch["time"] == "2026-07-01T08:00:00+09:00"


# --- once, all, in order --------------------------------------------------------------


async def test_two_roads(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch that is reported and in the log is announced once."""
    terminal = await syncid.add_terminal()
    terminal.punch("1001", work_code=7)
    assert (await syncid.next_punch())["source"] == "realtime"
    result = await terminal.call("collect_records")
    assert result == {"read": 1, "new": 0, "duplicates": 1, "unreadable": 0}
    syncid.assert_no_punch()
    (punch,) = await syncid.stored()
    # The first is believed; what the second knows besides is added.
    assert (punch["source"], punch["work_code"]) == ("realtime", 7)


async def test_event_repeated(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A punch that the terminal reports twice is announced once."""
    terminal = await syncid.add_terminal()
    now = terminal.device.now()
    for _ in range(2):
        terminal.punch("1001", at=now)
    terminal.punch("1002", at=now)
    users = [punch["user_id"] for punch in await syncid.next_punches(2)]
    assert users == ["1001", "1002"]
    syncid.assert_no_punch()


@MODES
async def test_many_at_once(hass: HomeAssistant, syncid: SyncIDKit, mode: str) -> None:
    """After a long time away all punches are announced, in their order."""
    terminal = await syncid.add_terminal(mode=mode)
    start = terminal.device.now() + timedelta(seconds=1)
    terminal.simulation.call(terminal.device.log.fill, 120, start, 1)
    await terminal.call("collect_records")
    times = [punch["time"] for punch in await syncid.next_punches(120)]
    assert times == sorted(set(times))


async def test_news_between_news(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What comes while others are announced waits for its turn."""
    terminal = await syncid.add_terminal()
    start = terminal.device.now().replace(microsecond=0) + timedelta(seconds=1)
    last = start + timedelta(hours=1)
    terminal.simulation.call(terminal.device.log.fill, 120, start, 1)

    @callback
    def punch_once_more(_: Event) -> None:
        remove()
        terminal.punch("1001", at=last)
        while syncid.in_file("SELECT count(*) FROM punches") != [(121,)]:
            pass

    remove = hass.bus.async_listen(EVENT_PUNCH, punch_once_more)
    await terminal.call("collect_records")
    times = [
        datetime.fromisoformat(punch["time"]).replace(tzinfo=None)
        for punch in await syncid.next_punches(121)
    ]
    assert times == [*(start + timedelta(seconds=step) for step in range(120)), last]


# --- impossible records ---------------------------------------------------------------


@MODES
async def test_impossible_date(
    hass: HomeAssistant, syncid: SyncIDKit, mode: str
) -> None:
    """A record with a date that never was is put aside, and the read goes on."""
    terminal = await syncid.add_terminal(mode=mode)
    record = Record(user_id="1001", time=None, raw_time=IMPOSSIBLE)
    terminal.simulation.call(
        terminal.device.add_raw_record, pack_record(record, terminal.device.profile)
    )
    terminal.simulation.call(
        terminal.device.log.fill, 1, terminal.device.now() + timedelta(seconds=1), 1
    )
    result = await terminal.call("collect_records")
    assert result == {"read": 2, "new": 1, "duplicates": 0, "unreadable": 1}
    assert (await syncid.next_punch())["user_id"] == "1001"
    assert len(await syncid.stored()) == 1
    assert syncid.in_file("SELECT user_id, reason FROM quarantine") == [
        ("1001", "impossible_date")
    ]


# --- the worst moments ----------------------------------------------------------------


async def test_punch_before_the_entities(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found before the entities are there is announced when they are."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_unload(terminal.entry.entry_id)
    terminal.punch("1003")
    forward = hass.config_entries.async_forward_entry_setups

    async def forward_late(*args: Any) -> None:
        await syncid.wait_until_stored(1)
        await forward(*args)

    monkeypatch.setattr(hass.config_entries, "async_forward_entry_setups", forward_late)
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    assert (await syncid.next_punch())["user_id"] == "1003"
    assert terminal.state("event", "punch").attributes["user_id"] == "1003"


async def test_reload_while_home_assistant_starts(
    hass: HomeAssistant, syncid: SyncIDKit
) -> None:
    """What waits for automations waits on, though its terminal is set up anew."""
    hass.set_state(CoreState.starting)
    terminal = await syncid.add_terminal()
    terminal.punch("1001")
    await syncid.wait_until_stored(1)
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    await syncid.settle()
    syncid.assert_no_punch()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    assert (await syncid.next_punch())["user_id"] == "1001"


async def test_clock_that_was_reset(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The past is no news, though the terminal's clock now shows the year 2000."""
    simulation = syncid.start_terminal(clock=lambda: datetime(2000, 1, 1, 0, 10))
    simulation.call(simulation.terminal.fill_log, 900)
    terminal = await syncid.add_terminal(simulation)
    await syncid.wait_until_stored(900)
    syncid.assert_no_punch()
    terminal.punch("1001")
    assert (await syncid.next_punch())["user_id"] == "1001"


async def test_hour_that_comes_twice(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In autumn, who punches in the second of two equal hours does so now."""
    terminal = await syncid.add_terminal(
        syncid.start_terminal(clock=clock_in("Europe/Rome")), time_zone="Europe/Rome"
    )
    now = datetime(2026, 10, 25, 1, 30, 5, tzinfo=UTC)
    monkeypatch.setattr(dt_util, "utcnow", lambda: now)
    monkeypatch.setattr(hass.data[DATA_HUB].ledger, "_now", lambda: now)
    terminal.punch(at=datetime(2026, 10, 25, 2, 30))
    punch = await syncid.next_punch()
    assert punch["time"] == "2026-10-25T02:30:00+01:00"
    monkeypatch.undo()


async def test_renamed_user(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A user who was renamed at the terminal is called so from the next day on."""
    terminal = await syncid.add_terminal()
    terminal.device.users["1001"].name = "Aisha"
    terminal.entry.runtime_data.terminal._collector._look_again_at = 0
    await syncid.advance(300)
    terminal.punch("1001")
    assert (await syncid.next_punch())["user_name"] == "Aisha"


async def test_punch_while_unloading(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What is stored after its terminal was unloaded is announced when it is back."""
    terminal = await syncid.add_terminal()
    with syncid.busy_disk():
        acknowledged = terminal.simulation.expect(2000)
        terminal.punch("1003")
        await syncid.happened(acknowledged)
        await hass.config_entries.async_unload(terminal.entry.entry_id)
    await hass.config_entries.async_setup(terminal.entry.entry_id)
    assert (await syncid.next_punch())["user_id"] == "1003"
    await syncid.settle()
    assert terminal.state("event", "punch").attributes["user_id"] == "1003"


async def test_one_that_cannot_be_announced(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug in what one punch makes happen does not keep the next from happening."""
    terminal = await syncid.add_terminal(mode="polling")

    def fail(*_: Any) -> None:
        monkeypatch.undo()
        raise RuntimeError("a bug")

    for user_id, minutes in (("1001", 3), ("1002", 2), ("1003", 1)):
        terminal.punch_ago(user_id, minutes=minutes)
    monkeypatch.setattr(hub, "async_dispatcher_send", fail)
    await terminal.call("collect_records")
    punches = await syncid.next_punches(3)
    assert [punch["user_id"] for punch in punches] == ["1001", "1002", "1003"]
    assert terminal.state("event", "punch").attributes["user_id"] == "1003"
    assert "RuntimeError: a bug" in caplog.text


async def test_site_option_without_site(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Without a site, the defaults hold."""
    terminal = await syncid.add_terminal()
    await hass.config_entries.async_remove(syncid.site.entry_id)
    terminal.punch_ago(minutes=4)
    assert (await syncid.next_punch())["live"]


async def test_log_of_small_records(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Records that name only the terminal's own number of a user are told by id."""
    profile = replace(PROFILES["k14"], record_size=8)
    terminal = await syncid.add_terminal(
        syncid.start_terminal(profile=profile), mode="polling"
    )
    terminal.punch("1002")
    await terminal.call("collect_records")
    assert (await syncid.next_punch())["user_id"] == "1002"
