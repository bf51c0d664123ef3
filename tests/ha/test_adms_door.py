"""Who is let in to speak ADMS, and what terminals hear that nobody added."""

import asyncio
from datetime import datetime, timedelta
import time
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntryDisabler,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.adms.terminal import AdmsTerminal

from .kit import OTHER_SERIAL, PATIENCE, SERIAL, KitAdms, SyncIDKit
from .raw import coming_from
from .test_config_flow import submit

type Client = TestClient[Any, Any]
HANDSHAKE = f"/iclock/cdata?SN={OTHER_SERIAL}&options=all&pushver=2.4.1"
ATTLOG = f"/iclock/cdata?SN={OTHER_SERIAL}&table=ATTLOG&Stamp=9999"
POLL = f"/iclock/getrequest?SN={OTHER_SERIAL}"
ROW = b"1001\t2026-03-12 08:05:00\t0\t1\t0\n"


@pytest.fixture
async def client(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any
) -> Client:
    """Return what asks as somebody who is no user of Home Assistant."""
    assert await async_setup_component(hass, DOMAIN, {})
    client: Client = await hass_client_no_auth()
    return client


def options(text: str) -> dict[str, str]:
    """Return what a handshake was answered, by key."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def discovered(hass: HomeAssistant) -> list[Any]:
    """Return the flows of terminals that announced themselves."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    ]


async def set_site(hass: HomeAssistant, syncid: SyncIDKit, **options: Any) -> None:
    """Change what holds for all terminals."""
    hass.config_entries.async_update_entry(syncid.site, options=options)
    await hass.config_entries.async_reload(syncid.site.entry_id)


# --- how a request may look -----------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"path_suffix": ".aspx"},
        {"path_suffix": ".php", "trailing_slash": True},
        {"path_case": "upper"},
        {"path_case": "title", "serial_key": "sn"},
        {"serial_key": "Sn", "keep_alive": False},
        {"slow_piece": 7, "slow_pause": 0.0},
    ],
)
async def test_spellings(syncid: SyncIDKit, url: str, switches: dict[str, Any]) -> None:
    """Whatever a firmware makes of a path, it is understood."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    for name, value in switches.items():
        setattr(terminal.device.faults, name, value)
    terminal.device.connected = False
    await terminal.simulation.punch("1001")
    await terminal.simulation.cycle()
    assert not terminal.device.unsent
    assert len(await syncid.stored()) == 1


@pytest.mark.parametrize("profile", ["att", "old", "acc"])
async def test_kinds(syncid: SyncIDKit, url: str, profile: str) -> None:
    """All kinds of terminal are understood from the first request on."""
    terminal = await syncid.add_adms_terminal(url, profile=profile)
    await terminal.simulation.punch("1001")
    await terminal.simulation.until_uploaded()
    assert (await syncid.next_punch())["user_name"] == "Amina"
    assert terminal.device.registrations == (profile == "acc")


async def test_no_serial(client: Client) -> None:
    """A probe is answered; data of nobody are not taken."""
    assert await (await client.get("/iclock/cdata")).text() == "OK"
    assert await (await client.get("/iclock/test?SN=bad serial!")).text() == "OK"
    response = await client.post("/iclock/cdata?table=ATTLOG", data=ROW)
    assert response.status == 400
    assert (await client.get("/iclock/file")).status == 404


async def test_handshake(syncid: SyncIDKit, url: str) -> None:
    """A terminal is told stamps in both dialects, its zone and what to upload."""
    terminal = await syncid.add_adms_terminal(url, step=True, time_zone="Asia/Kolkata")
    await terminal.post(terminal.attlog("1001"), Stamp="4711")
    answer = await terminal.simulation.handshake()
    told = options(answer.text)
    assert answer.text.startswith(f"GET OPTION FROM: {terminal.serial}\n")
    assert (told["ATTLOGStamp"], told["Stamp"]) == ("4711", "4711")
    assert (told["TimeZone"], told["Realtime"], told["Encrypt"]) == ("330", "1", "0")
    assert told["TransFlag"] == "TransData AttLog\tOpLog\tEnrollUser\tChgUser"
    assert "MultiBioDataSupport" not in told
    shown = terminal.device.now().replace(tzinfo=None)
    right = dt_util.now(await dt_util.async_get_time_zone("Asia/Kolkata"))
    assert abs((shown - right.replace(tzinfo=None)).total_seconds()) < 60


async def test_templates_if_wanted(syncid: SyncIDKit, url: str) -> None:
    """Templates and photos are asked for only if the admin wants them."""
    terminal = await syncid.add_adms_terminal(
        url, step=True, biometrics=True, photos=True
    )
    told = options((await terminal.simulation.handshake()).text)
    assert {"BIODATA", "EnrollFP", "AttPhoto"} <= set(told["TransFlag"].split())
    assert told["MultiBioDataSupport"]


async def test_stamps_survive_a_restart(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What a terminal resumes by is still known when its entry is set up again."""
    terminal = await syncid.add_adms_terminal(url, profile="old", step=True)
    terminal.device.fill_log(3)
    await terminal.simulation.upload("ATTLOG")
    await hass.config_entries.async_reload(terminal.entry.entry_id)
    terminal.device.connected = False
    await terminal.simulation.cycle()
    assert not terminal.device.unsent
    asked = [one.target for one in terminal.device.exchanges if one.body is not None]
    assert sum("table=ATTLOG" in target for target in asked) == 1


async def test_access_registration(syncid: SyncIDKit, url: str) -> None:
    """An access terminal gets its code, and keeps it."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    code = terminal.device.registry_code
    assert code
    terminal.device.options["~OEMVendor"] = "ZKTECO CO., LTD., with, commas"
    for _ in range(3):
        await terminal.device.register()
    assert terminal.device.registry_code == code
    told = options((await terminal.simulation.handshake()).text)
    assert (told["registry"], told["RegistryCode"]) == ("ok", code)
    session = told["SessionID"]
    assert options((await terminal.device.push()).text)["SessionID"] == session


@pytest.mark.parametrize("by", ["options", "registry"])
async def test_comma_in_a_value(syncid: SyncIDKit, url: str, by: str) -> None:
    """A comma may stand between options, and within one."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    told = b"~OEMVendor=ZKTECO CO., LTD.,~DeviceName=Gate, north, 1,FWVersion=Ver 8.1"
    if by == "options":
        await terminal.post(told, "options")
    else:
        await terminal.device.request("POST", "registry", {}, told)
    await syncid.settle()
    device = terminal.registered
    assert (device.model, device.sw_version) == ("Gate, north, 1", "Ver 8.1")


async def test_daylight_saving(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, freezer: Any
) -> None:
    """When clocks change, a terminal is asked once to hear of it."""
    freezer.move_to("2026-03-08T09:00:00+00:00")
    await hass.config.async_set_time_zone("America/Los_Angeles")
    terminal = await syncid.add_adms_terminal(
        url, step=True, time_zone="America/Los_Angeles"
    )
    assert terminal.device.settings.zone is not None
    assert terminal.device.settings.zone.total_seconds() == -8 * 3600
    assert (await terminal.simulation.poll()).text == "OK"
    freezer.move_to("2026-03-08T10:30:00+00:00")
    with syncid.full_disk("commands"):
        # Nothing is lost: it is asked as soon as that can be stored.
        assert (await terminal.simulation.poll()).status == 500
    assert (await terminal.simulation.poll()).text == "OK"
    answer = await terminal.simulation.poll()
    assert answer.text == "C:2:CHECK\n"
    await terminal.simulation.reply()
    await terminal.simulation.cycle()
    assert terminal.device.settings.zone.total_seconds() == -7 * 3600
    assert f"{terminal.device.now():%H:%M}" == "03:30"
    assert (await terminal.simulation.poll()).text == "OK"
    assert terminal.device.commands[-1].text == "CHECK"
    assert len(terminal.device.commands) == 1


def times_told(device: AdmsTerminal) -> list[int]:
    """Return the times by which a door was to set its clock."""
    words = "SET OPTIONS DateTime="
    return [
        int(one.text.removeprefix(words))
        for one in device.commands
        if one.text.startswith(words)
    ]


@pytest.mark.parametrize("what", ["daylight_saving", "time_zone"])
async def test_clock_of_a_door(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, freezer: Any, what: str
) -> None:
    """A door that asked for the time is told when clocks change, by the minute it is."""
    freezer.move_to("2026-03-08T09:00:00+00:00")
    began = time.time()
    gate = await syncid.add_push_device(OTHER_SERIAL, time_zone="America/Los_Angeles")
    simulation = syncid.start_adms_terminal(
        url,
        OTHER_SERIAL,
        "acc",
        # A clock that knows nothing of daylight saving.
        clock=lambda: datetime(2026, 3, 8, 9) + timedelta(seconds=time.time() - began),
    )
    device = simulation.terminal
    await simulation.cycle()
    assert f"{device.now():%H:%M}" == "01:00"
    if what == "daylight_saving":
        freezer.move_to("2026-03-08T10:30:00+00:00")
        expected = "03:45"
    else:
        options = {**gate.entry.options, "time_zone": "Europe/Berlin"}
        hass.config_entries.async_update_entry(gate.entry, options=options)
        await hass.config_entries.async_reload(gate.entry.entry_id)
        expected = "10:15"
    await simulation.poll()
    freezer.tick(15 * 60)  # until when it is away
    await simulation.poll()
    assert f"{device.now():%H:%M}" == expected
    for _ in range(3):
        await simulation.cycle()
    assert len(times_told(device)) == 1


async def test_clock_of_a_door_is_told_again(
    syncid: SyncIDKit, url: str, freezer: Any
) -> None:
    """A door whose answer was lost is told the time that it is by then."""
    freezer.move_to("2026-03-08T09:00:00+00:00")
    terminal = await syncid.add_adms_terminal(
        url, profile="acc", step=True, time_zone="America/Los_Angeles"
    )
    freezer.move_to("2026-03-08T10:30:00+00:00")
    terminal.device.faults.lose_result = True
    for _ in range(3):
        await terminal.simulation.cycle()
    freezer.tick(300)
    await terminal.simulation.cycle()
    first, second = times_told(terminal.device)
    assert second - first == 300


# --- who nobody added -----------------------------------------------------------------


async def test_stranger_calls_as_often(client: Client) -> None:
    """A terminal hears of its delay in a handshake only, maybe before it is added."""
    told = options(await (await client.get(HANDSHAKE)).text())
    assert told["Delay"] == "5"


async def test_stranger(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client, url: str
) -> None:
    """A terminal that nobody added is offered, keeps its data, and brings them then."""
    simulation = syncid.start_adms_terminal(url)
    device = simulation.terminal
    await simulation.handshake()
    assert device.settings.zone is not None  # its clock hangs on it
    assert (await simulation.poll()).text == "OK"
    await simulation.punch("1001")
    answer = await simulation.upload("ATTLOG")
    assert answer is not None
    assert (answer.status, device.acknowledged) == (503, False)
    await syncid.settle()
    (flow,) = discovered(hass)
    assert flow["step_id"] == "announced"
    result = await submit(hass, dict(flow), {"name": " ", "direction": "auto"})
    assert result["errors"] == {"name": "name_missing"}
    result = await submit(hass, dict(flow), {"name": " Gate ", "direction": "in_only"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id) == ("Gate", device.serial)
    assert entry.data == {"kind": "device", "serial": device.serial}
    assert entry.options == {"mode": "push", "direction": "in_only"}
    await syncid.settle()
    await simulation.upload("ATTLOG")
    assert device.acknowledged
    (stored,) = await syncid.stored()
    assert (stored["user_id"], stored["direction"]) == ("1001", "check_in")
    assert discovered(hass) == []


async def test_access_stranger(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """An access terminal that nobody added is not registered, and offered by name."""
    simulation = syncid.start_adms_terminal(url, profile="acc")
    device = simulation.terminal
    assert (await device.register()).status == 406
    assert (await device.push()).status == 503
    assert (await device.ask_time()).ok
    await syncid.settle()
    (flow,) = discovered(hass)
    assert flow["context"]["title_placeholders"] == {
        "name": f"ProFace X ({device.serial})"
    }


async def test_door_that_was_announced(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """What a terminal said of its family before it was added counts afterwards."""
    assert await async_setup_component(hass, DOMAIN, {})
    simulation = syncid.start_adms_terminal(url, profile="acc")
    await simulation.handshake()  # DeviceType=acc
    await simulation.terminal.register()
    await syncid.settle()
    (flow,) = discovered(hass)
    result = await submit(hass, dict(flow), {"name": "Gate", "direction": "auto"})
    await syncid.settle()
    # From now on it only polls, and says nothing of what it is.
    await simulation.poll()
    terminal = KitAdms(hass, simulation, result["result"])
    listing = hass.async_create_task(terminal.call("list_users"))
    async with asyncio.timeout(PATIENCE):
        while not listing.done():
            await simulation.poll()
            await simulation.reply()
    assert len((await listing)["users"]) == 3


@pytest.mark.parametrize("profile", ["att", "acc"])
async def test_clock_of_who_was_announced(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, profile: str
) -> None:
    """A terminal that heard the time of Home Assistant's zone is told that of its own."""
    simulation = syncid.start_adms_terminal(url, profile=profile)
    device = simulation.terminal
    await simulation.handshake()
    if profile == "acc":
        await device.ask_time()
    zone = "Asia/Kolkata"
    await syncid.add_push_device(OTHER_SERIAL, time_zone=zone)
    device.connected = True
    for _ in range(3):
        await simulation.poll()
        await simulation.reply()
        if not device.connected:
            await simulation.handshake()
    right = dt_util.now(await dt_util.async_get_time_zone(zone))
    shown = device.now() - right.replace(tzinfo=None)
    assert abs(shown.total_seconds()) < 60
    assert len(device.commands) == 1  # nothing else has to be told


async def test_many_strangers(hass: HomeAssistant, client: Client) -> None:
    """A thousand serial numbers that nobody knows cost next to nothing."""
    for number in range(1000):
        with coming_from(f"192.168.1.{number // 20}"):
            response = await client.get(f"/iclock/cdata?SN=X{number}&options=all")
        assert response.status == 200
    await hass.async_block_till_done()
    assert len(discovered(hass)) == 50
    response = await client.post(
        "/iclock/cdata?SN=X7&table=options", data=b"~DeviceName=" + b"x" * 5000
    )
    assert response.status == 503


async def announce_many(hass: HomeAssistant, client: Client) -> None:
    """Have so many terminals announce themselves that there is room for no more."""
    for number in range(60):
        await client.get(f"/iclock/cdata?SN=X{number}&options=all")
    await hass.async_block_till_done()
    assert len(discovered(hass)) == 50


async def test_room_for_strangers(hass: HomeAssistant, client: Client) -> None:
    """Who was looked at makes room for others, who called longest ago first."""
    await announce_many(hass, client)
    for serial in ("X1", "X0"):
        await client.get(f"/iclock/getrequest?SN={serial}")
    for flow in discovered(hass):
        if flow["context"]["unique_id"] in {"X0", "X1"}:
            hass.config_entries.flow.async_abort(flow["flow_id"])
    for serial in ("Y0", "X0", "Y1", "Y2"):
        await client.get(f"/iclock/cdata?SN={serial}&options=all")
        await hass.async_block_till_done()
    offered = {flow["context"]["unique_id"] for flow in discovered(hass)}
    assert len(offered) == 50
    # X1 was the first to go; X0 called since, and went when Y1 came.
    assert offered & {"X0", "X1", "Y0", "Y1", "Y2"} == {"Y0", "Y1"}


async def test_silent_strangers(
    hass: HomeAssistant, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who calls no more is not offered any longer, if somebody else is to be."""
    await announce_many(hass, client)
    await client.get("/iclock/getrequest?SN=X0")
    monkeypatch.setattr("custom_components.syncid.push.server._SILENT_AFTER", 0)
    assert (await client.get(HANDSHAKE)).status == 200
    await hass.async_block_till_done()
    offered = {flow["context"]["unique_id"] for flow in discovered(hass)}
    assert len(offered) == 50
    assert offered & {"X0", "X1", OTHER_SERIAL} == {"X0", OTHER_SERIAL}


async def test_ignored_stranger(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client
) -> None:
    """Who is ignored is offered no more, and its data are not taken."""
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": OTHER_SERIAL, "title": "Gate"},
    )
    assert (await client.get(HANDSHAKE)).status == 200
    assert (await client.post(ATTLOG, data=ROW)).status == 503
    await hass.async_block_till_done()
    assert discovered(hass) == []


@pytest.mark.parametrize("how", ["inactive", "disabled", "unloaded"])
async def test_known_and_not_set_up(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client, url: str, how: str
) -> None:
    """A known terminal whose entry is not set up keeps its data, and its clock."""
    terminal = await syncid.add_adms_terminal(url, step=True, time_zone="Asia/Kolkata")
    entry = terminal.entry
    if how == "inactive":
        hass.config_entries.async_update_entry(
            entry, options={**entry.options, "active": False}
        )
        await hass.config_entries.async_reload(entry.entry_id)
    elif how == "disabled":
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        await hass.config_entries.async_unload(entry.entry_id)
    await terminal.simulation.punch("1001")
    await terminal.simulation.upload("ATTLOG")
    assert not terminal.device.acknowledged
    assert (await client.post(ATTLOG, data=ROW)).status == 503
    # Home Assistant's own zone would set its clock wrong.
    assert options(await (await client.get(HANDSHAKE)).text())["TimeZone"] == "330"
    assert await (await client.get(POLL)).text() == "OK"
    await hass.async_block_till_done()
    assert discovered(hass) == []


async def test_known_by_4370(hass: HomeAssistant, syncid: SyncIDKit, url: str) -> None:
    """A terminal that SyncID connects to may push as well: it is the same device."""
    terminal = await syncid.add_terminal(mode="polling")
    simulation = syncid.start_adms_terminal(url, SERIAL)
    await simulation.cycle()
    await simulation.punch("1001")
    await simulation.cycle()
    punch = await syncid.next_punch()
    assert (punch["device_id"], punch["source"]) == (terminal.device_id, "adms")
    assert discovered(hass) == []


async def test_removed(hass: HomeAssistant, syncid: SyncIDKit, url: str) -> None:
    """A terminal that was removed is a stranger again, who is not remembered."""
    terminal = await syncid.add_adms_terminal(url, profile="acc", step=True)
    code = terminal.device.registry_code
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    await terminal.simulation.handshake()
    await syncid.settle()
    (flow,) = discovered(hass)
    await submit(hass, dict(flow), {"name": "Gate", "direction": "auto"})
    await syncid.settle()
    await terminal.device.register()
    assert terminal.device.registry_code not in {"", code}


async def test_door_that_is_added_again(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """A door that was removed and is added again is spoken to as a door."""
    terminal = await syncid.add_adms_terminal(url, profile="acc")
    await hass.config_entries.async_remove(terminal.entry.entry_id)
    await terminal.simulation.until(lambda: bool(discovered(hass)))
    (flow,) = discovered(hass)
    result = await submit(hass, dict(flow), {"name": "Gate", "direction": "auto"})
    await syncid.settle()
    await terminal.simulation.until_polled(2)
    again = KitAdms(hass, terminal.simulation, result["result"])
    assert len((await again.call("list_users"))["users"]) == 3


async def test_forget_nobody(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A device that never called is removed without a trace."""
    gateway = await syncid.add_push_device()
    await hass.config_entries.async_remove(gateway.entry.entry_id)
    assert await syncid.stored() == []


# --- who is not let in ----------------------------------------------------------------


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00::1", "nonsense", None])
async def test_not_local(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client, address: str | None
) -> None:
    """Nobody from elsewhere is served, unless the admin says so."""
    with coming_from(address):
        response = await client.get(HANDSHAKE)
        assert response.status == 403
    await hass.async_block_till_done()
    assert discovered(hass) == []


@pytest.mark.parametrize("address", ["192.168.1.9", "10.0.0.1", "fd00::1", "::1"])
async def test_local(client: Client, address: str) -> None:
    """All that is in the house is served."""
    with coming_from(address):
        assert (await client.get(HANDSHAKE)).status == 200


async def test_not_only_local(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client
) -> None:
    """Terminals elsewhere are served if the admin says so."""
    await syncid.add_push_device()
    await set_site(hass, syncid, local_only=False)
    with coming_from("8.8.8.8"):
        assert (await client.get(HANDSHAKE)).status == 200


async def no_failed_login(hass: HomeAssistant, response: ClientResponse) -> None:
    """See that Home Assistant did not count a request as a failed login."""
    assert response.status == 401
    assert "http-login" not in hass.data.get("persistent_notification", {})


async def test_secret_path(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client, url: str
) -> None:
    """With a secret in the path, nobody is served who does not know it."""
    terminal: KitAdms = await syncid.add_adms_terminal(url, step=True)
    await set_site(hass, syncid, iclock_prefix="s3cret")
    await terminal.simulation.punch("1001")
    for prefix in ("", "/wrong", "/S3CRET"):
        terminal.device.faults.path_prefix = prefix
        answer = await terminal.simulation.upload("ATTLOG")
        assert answer is not None
        assert (answer.status, terminal.device.acknowledged) == (401, False)
    await no_failed_login(hass, await client.get(HANDSHAKE))
    terminal.device.faults.path_prefix = "/s3cret"
    await terminal.simulation.upload("ATTLOG")
    assert terminal.device.acknowledged
    assert len(await syncid.stored()) == 1


async def test_prefix_nobody_set(hass: HomeAssistant, client: Client) -> None:
    """Where no secret is set, a path that has one is not served."""
    await no_failed_login(hass, await client.get(f"/x{HANDSHAKE}"))


async def test_set_up_while_it_sends(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client
) -> None:
    """What came too long of a stranger is not acknowledged, though it was added since."""
    gateway = await syncid.add_push_device(OTHER_SERIAL, set_up=False)

    async def body() -> Any:
        yield ROW
        await hass.config_entries.async_setup(gateway.entry.entry_id)
        yield ROW * 200

    response = await client.post(ATTLOG, data=body())
    assert response.status == 503
    assert await syncid.stored() == []
