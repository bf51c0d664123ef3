"""Adding terminals, and changing how they are reached and watched."""

from collections.abc import Callable
import socket
from typing import Any

import pytest

from custom_components.syncid import config_flow
from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_RECONFIGURE,
    SOURCE_SYSTEM,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from simulator import PROFILES, Simulation

from .kit import MAC, OTHER_SERIAL, SERIAL, SyncIDKit

CONNECT = 1000
COMM_KEY = 123456
OLD_HOST = "gate.example"

type Result = dict[str, Any]


# --- what can be wrong with a terminal, and how it is right again ---------------------


def refuse(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Have nothing listen at the port."""
    simulation.stop_listening()


def say_nothing(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Take the connection, and leave it at that."""
    simulation.freeze()


def hang_up(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Close the connection at the first word."""
    simulation.call(
        simulation.terminal.on, CONNECT, lambda _: simulation.server.drop_links()
    )


def be_something_else(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Answer in another protocol."""
    simulation.terminal.faults.garbage = b"HTTP/1.1 400 Bad Request"
    simulation.terminal.faults.repeat = True


def tell_no_serial(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Be something that is hardly a terminal."""
    simulation.terminal.faults.missing_options = ("~SerialNumber",)


def refuse_key(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Take no comm key."""
    simulation.terminal.comm_key = COMM_KEY
    simulation.terminal.faults.refuse_key = True


def break_pyzk(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Have the library fail in a way that nobody has thought of."""

    def fail(_: object) -> None:
        raise RuntimeError("nobody has thought of this")

    patch.setattr("zk.ZK.get_serialnumber", fail)


def heal(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Put everything right."""
    simulation.thaw()
    simulation.start_listening()
    simulation.terminal.comm_key = 0
    simulation.terminal.faults.reset()
    patch.undo()


type Trouble = Callable[[Simulation, pytest.MonkeyPatch], None]

ERRORS: list[tuple[Trouble, str]] = [
    (refuse, "connection_refused"),
    (say_nothing, "timed_out"),
    (hang_up, "cannot_connect"),
    (be_something_else, "not_a_terminal"),
    (tell_no_serial, "not_a_terminal"),
    (refuse_key, "invalid_auth"),
    (break_pyzk, "unknown"),
]
TROUBLES = pytest.mark.parametrize(("trouble", "error"), ERRORS)


def connection(simulation: Simulation, **changes: Any) -> Result:
    """Return what an admin enters to reach a terminal."""
    return {
        "host": simulation.host,
        "port": simulation.port,
        "comm_key": simulation.terminal.comm_key,
        **changes,
    }


def form(simulation: Simulation, **changes: Any) -> Result:
    """Return what an admin enters to add a terminal."""
    return {
        "name": "Main gate",
        **connection(simulation),
        "mode": "realtime",
        "direction": "auto",
        **changes,
    }


async def begin(hass: HomeAssistant) -> Result:
    """Return the form for a terminal, through the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    assert menu["step_id"] == "user"
    assert menu["menu_options"] == ["terminal", "push"]
    result = await submit(hass, dict(menu), {"next_step_id": "terminal"})
    assert_form(result, "terminal")
    return result


async def submit(hass: HomeAssistant, result: Result, data: Result) -> Result:
    """Return what comes after a step."""
    answer = await hass.config_entries.flow.async_configure(result["flow_id"], data)
    await hass.async_block_till_done(wait_background_tasks=True)
    return dict(answer)


def assert_form(result: Result, step_id: str, error: str | None = None) -> None:
    """See that a form is shown, with this error or none."""
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == step_id
    assert (result["errors"] or {}) == ({"base": error} if error else {})


def assert_abort(result: Result, reason: str) -> None:
    """See that a flow ended without an entry."""
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


def suggested(result: Result) -> Result:
    """Return what a form proposes."""
    return {
        str(key): key.description["suggested_value"]
        for key in result["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }


def terminals(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the entries that are terminals."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.data["kind"] == "device"
    ]


# --- adding ---------------------------------------------------------------------------


async def test_terminal(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that answers is added, and set up."""
    simulation = syncid.start_terminal(comm_key=COMM_KEY)
    result = await submit(
        hass,
        await begin(hass),
        form(simulation, mode="polling", direction="out_only"),
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert (entry.title, entry.unique_id) == ("Main gate", SERIAL)
    assert {key: value for key, value in entry.data.items() if key != "probe"} == {
        "kind": "device",
        "host": "127.0.0.1",
        "port": simulation.port,
        "comm_key": COMM_KEY,
        "transport": "tcp",
        "serial": SERIAL,
        "mac": MAC,
    }
    assert entry.options == {"mode": "polling", "direction": "out_only"}
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("name", ["", "  "])
async def test_no_name(hass: HomeAssistant, syncid: SyncIDKit, name: str) -> None:
    """A terminal without a name is not met yet."""
    simulation = syncid.start_terminal()
    result = await submit(hass, await begin(hass), form(simulation, name=name))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "terminal")
    assert result["errors"] == {"name": "name_missing"}
    assert not simulation.terminal.commands
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("comm_key", [0, COMM_KEY])
async def test_udp(hass: HomeAssistant, syncid: SyncIDKit, comm_key: int) -> None:
    """Old firmware that knows nothing but datagrams is found out, and watched."""
    simulation = syncid.start_terminal(
        profile=PROFILES["k14"], comm_key=comm_key, udp=True
    )
    result = await begin(hass)
    if comm_key:
        result = await submit(hass, result, form(simulation, comm_key=1))
        assert_form(result, "terminal", "invalid_auth")
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["transport"] == "udp"
    simulation.punch("1001")
    assert (await syncid.next_punch())["user_id"] == "1001"


async def test_no_longer_udp(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A firmware that has learnt TCP is told by reconfiguring."""
    old = syncid.start_terminal(profile=PROFILES["k14"], udp=True)
    result = await submit(hass, await begin(hass), form(old))
    entry = result["result"]
    new = syncid.start_terminal(profile=PROFILES["k14"])
    again = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    result = await submit(hass, dict(again), connection(new))
    assert_abort(result, "reconfigure_successful")
    assert entry.data["transport"] == "tcp"
    assert entry.state is ConfigEntryState.LOADED


async def test_defaults(hass: HomeAssistant) -> None:
    """Who knows only the address and a name need not know more."""
    result = await begin(hass)
    schema = result["data_schema"]
    assert schema({"name": "Gate", "host": "10.0.0.7"}) == {
        "name": "Gate",
        "host": "10.0.0.7",
        "port": 4370,
        "comm_key": 0,
        "mode": "realtime",
        "direction": "auto",
    }


async def test_impossible_values(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """What cannot be is refused before anything is tried."""
    simulation = syncid.start_terminal()
    result = await begin(hass)
    for wrong in (
        {"port": 0},
        {"port": 65536},
        {"comm_key": -1},
        {"comm_key": 1_000_000},
        {"mode": "psychic"},
        {"direction": "sideways"},
    ):
        with pytest.raises(InvalidData):
            await submit(hass, result, form(simulation, **wrong))
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("impatient")
@TROUBLES
async def test_terminal_errors(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    error: str,
) -> None:
    """What is wrong is said, what was entered is kept, and it can be tried again."""
    simulation = syncid.start_terminal()
    with monkeypatch.context() as patch:
        trouble(simulation, patch)
        entered = form(simulation, name="Canteen")
        result = await submit(hass, await begin(hass), entered)
        assert_form(result, "terminal", error)
        assert suggested(result) == entered
        heal(simulation, patch)
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_wrong_comm_key(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A wrong key can be put right."""
    simulation = syncid.start_terminal(comm_key=COMM_KEY)
    result = await submit(hass, await begin(hass), form(simulation, comm_key=0))
    assert_form(result, "terminal", "invalid_auth")
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_blanks(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Blanks around what was copied do not matter."""
    simulation = syncid.start_terminal()
    entered = form(simulation, host=f" {simulation.host}\t", name=" Main gate ")
    result = await submit(hass, await begin(hass), entered)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Main gate"
    assert result["data"]["host"] == simulation.host


async def test_no_mac(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that tells no MAC address is one all the same."""
    simulation = syncid.start_terminal(missing_options=("MAC",))
    result = await submit(hass, await begin(hass), form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data["mac"] is None


async def test_already_configured(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that is added a second time stays as it was set up."""
    terminal = await syncid.add_terminal(syncid.start_terminal())
    before = dict(terminal.entry.data)
    again = syncid.start_terminal(comm_key=COMM_KEY)
    result = await submit(hass, await begin(hass), form(again, name="Other name"))
    assert_abort(result, "already_configured")
    assert terminal.entry.data == before
    assert terminal.entry.title == "Main gate"
    assert terminals(hass) == [terminal.entry]


@pytest.mark.parametrize(
    "host",
    ["192.168..20", ".gate", "x" * 300, "http://192.168.1.20", "no-such-host.invalid"],
)
async def test_impossible_address(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """An address that is none is called so, and can be put right."""
    resolve = socket.getaddrinfo

    def resolve_few(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "127.0.0.1":
            return resolve(host, *args, **kwargs)
        host.encode("idna")  # as the real one begins
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve_few)
    simulation = syncid.start_terminal()
    result = await submit(hass, await begin(hass), form(simulation, host=host))
    assert_form(result, "terminal", "unknown_address")
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_second_terminal(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """Two terminals are two entries, with one site."""
    for serial in (SERIAL, OTHER_SERIAL):
        simulation = syncid.start_terminal(serial=serial)
        result = await submit(hass, await begin(hass), form(simulation, name=serial))
        assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {entry.unique_id for entry in hass.config_entries.async_entries(DOMAIN)} == {
        SERIAL,
        OTHER_SERIAL,
        "site",
    }


async def test_system(hass: HomeAssistant) -> None:
    """The site is made by the system, and once."""
    for expected in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT):
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_SYSTEM}
        )
        assert result["type"] is expected
    assert result["reason"] == "already_configured"
    (site,) = hass.config_entries.async_entries(DOMAIN)
    assert (site.title, site.unique_id) == ("SyncID", "site")
    assert site.data == {"kind": "site"}


# --- discovery ------------------------------------------------------------------------


@pytest.fixture
def old_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a name for the only address that there is in tests."""
    resolve = socket.getaddrinfo

    def resolve_old(host: str, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if host == OLD_HOST else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_old)


async def discover(
    hass: HomeAssistant, simulation: Simulation, patch: pytest.MonkeyPatch
) -> Result:
    """Return what comes of a terminal that asks for an address."""
    patch.setattr(config_flow, "DEFAULT_PORT", simulation.port)
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_DHCP},
        data=DhcpServiceInfo(
            ip="127.0.0.1",
            hostname="zkteco",
            macaddress=MAC.replace(":", "").lower(),
        ),
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    return dict(result)


def title(hass: HomeAssistant) -> Any:
    """Return how the flow in progress is called."""
    (flow,) = hass.config_entries.flow.async_progress()
    return flow["context"]["title_placeholders"]["name"]


async def test_dhcp(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new terminal is proposed by its model, and added when it is confirmed."""
    simulation = syncid.start_terminal()
    result = await discover(hass, simulation, monkeypatch)
    assert_form(result, "terminal")
    assert title(hass) == "iFace702"
    assert suggested(result) == {"name": "iFace702", **connection(simulation)}
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == SERIAL


async def test_dhcp_without_model(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that tells no model goes by its serial number."""
    simulation = syncid.start_terminal(missing_options=("~DeviceName",))
    result = await discover(hass, simulation, monkeypatch)
    assert title(hass) == SERIAL
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_adding_beside_discovery(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who adds a terminal by hand does not mind that it was found, too."""
    simulation = syncid.start_terminal()
    assert_form(await discover(hass, simulation, monkeypatch), "terminal")
    result = await submit(hass, await begin(hass), form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not hass.config_entries.flow.async_progress()


async def test_dhcp_with_comm_key(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that does not say who it is goes by its address until it does."""
    simulation = syncid.start_terminal(comm_key=COMM_KEY)
    result = await discover(hass, simulation, monkeypatch)
    assert_form(result, "terminal")
    assert title(hass) == "127.0.0.1"
    result = await submit(hass, result, form(simulation, comm_key=1))
    assert_form(result, "terminal", "invalid_auth")
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == SERIAL


async def test_dhcp_again(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal is proposed once, however often it asks for an address."""
    simulation = syncid.start_terminal()
    result = await discover(hass, simulation, monkeypatch)
    assert_abort(await discover(hass, simulation, monkeypatch), "already_in_progress")
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert_abort(await discover(hass, simulation, monkeypatch), "already_configured")


@pytest.mark.usefixtures("old_address")
async def test_dhcp_at_a_new_address(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal whose MAC address is known is followed to where it went."""
    simulation = syncid.start_terminal()
    terminal = await syncid.add_terminal(simulation, host=OLD_HOST)
    assert terminal.entry_state() is ConfigEntryState.LOADED
    assert_abort(await discover(hass, simulation, monkeypatch), "already_configured")
    assert terminal.entry.data["host"] == "127.0.0.1"
    assert terminal.entry_state() is ConfigEntryState.LOADED


@pytest.mark.usefixtures("old_address")
async def test_dhcp_of_known_serial(
    hass: HomeAssistant, syncid: SyncIDKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal whose MAC address is not known is known by its serial number."""
    simulation = syncid.start_terminal()
    terminal = await syncid.add_terminal(simulation, host=OLD_HOST, mac=None)
    assert_abort(await discover(hass, simulation, monkeypatch), "already_configured")
    assert terminal.entry.data["host"] == "127.0.0.1"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(trouble, error) for trouble, error in ERRORS if error != "invalid_auth"],
)
async def test_dhcp_errors(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    reason: str,
) -> None:
    """What is no terminal is not proposed, until it is one."""
    simulation = syncid.start_terminal()
    with monkeypatch.context() as patch:
        trouble(simulation, patch)
        assert_abort(await discover(hass, simulation, monkeypatch), reason)
        heal(simulation, patch)
    result = await discover(hass, simulation, monkeypatch)
    result = await submit(hass, result, form(simulation))
    assert result["type"] is FlowResultType.CREATE_ENTRY


# --- changing the connection ----------------------------------------------------------


async def test_reauth(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A new comm key is tried, and kept once it is right."""
    simulation = syncid.start_terminal(comm_key=COMM_KEY)
    terminal = await syncid.add_terminal(simulation, comm_key=1)
    assert terminal.entry_state() is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    result = await submit(hass, dict(flow), {"comm_key": 2})
    assert_form(result, "reauth_confirm", "invalid_auth")
    assert result["description_placeholders"] == {"name": "Main gate"}
    result = await submit(hass, result, {"comm_key": COMM_KEY})
    assert_abort(result, "reauth_successful")
    assert terminal.entry.data["comm_key"] == COMM_KEY
    assert terminal.entry.data["port"] == simulation.port
    assert terminal.entry_state() is ConfigEntryState.LOADED


@pytest.mark.usefixtures("impatient")
@TROUBLES
async def test_reauth_errors(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    error: str,
) -> None:
    """What is wrong is said, and it can be tried again."""
    terminal = await syncid.add_terminal(mode="polling")
    result: Result = dict(await terminal.entry.start_reauth_flow(hass))
    with monkeypatch.context() as patch:
        trouble(terminal.simulation, patch)
        result = await submit(hass, result, {"comm_key": 0})
        assert_form(result, "reauth_confirm", error)
        heal(terminal.simulation, patch)
    assert_abort(await submit(hass, result, {"comm_key": 0}), "reauth_successful")


async def test_reconfigure(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """A terminal that has moved is found where it is now."""
    terminal = await syncid.add_terminal(syncid.start_terminal())
    moved = syncid.start_terminal(comm_key=COMM_KEY)
    result: Result = dict(await terminal.entry.start_reconfigure_flow(hass))
    assert_form(result, "connection")
    assert suggested(result) == connection(terminal.simulation)
    result = await submit(hass, result, connection(moved))
    assert_abort(result, "reconfigure_successful")
    assert terminal.entry.data.items() >= connection(moved).items()
    assert terminal.entry.data["serial"] == SERIAL
    assert terminal.entry_state() is ConfigEntryState.LOADED
    moved.punch("1001")
    assert (await syncid.next_punch())["user_id"] == "1001"


@pytest.mark.usefixtures("impatient")
@TROUBLES
async def test_reconfigure_errors(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    error: str,
) -> None:
    """What is wrong is said, and it can be tried again."""
    terminal = await syncid.add_terminal(mode="polling")
    moved = syncid.start_terminal()
    result: Result = dict(await terminal.entry.start_reconfigure_flow(hass))
    with monkeypatch.context() as patch:
        trouble(moved, patch)
        result = await submit(hass, result, connection(moved))
        assert_form(result, "connection", error)
        assert terminal.entry.data["port"] == terminal.simulation.port
        heal(moved, patch)
    result = await submit(hass, result, connection(moved))
    assert_abort(result, "reconfigure_successful")


STEPS = {"reauth": "reauth_confirm", "reconfigure": "connection"}


@pytest.mark.parametrize("source", sorted(STEPS))
async def test_wrong_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, source: str
) -> None:
    """Another terminal does not take the place of the one that was set up."""
    terminal = await syncid.add_terminal(mode="polling")
    other = syncid.start_terminal(serial=OTHER_SERIAL)
    if source == "reauth":
        data = {**terminal.entry.data, "port": other.port}
        hass.config_entries.async_update_entry(terminal.entry, data=data)
        result: Result = dict(await terminal.entry.start_reauth_flow(hass))
        entered: Result = {"comm_key": 0}
    else:
        result = dict(await terminal.entry.start_reconfigure_flow(hass))
        entered = connection(other)
    result = await submit(hass, result, entered)
    assert_form(result, STEPS[source], "wrong_terminal")
    hass.config_entries.flow.async_abort(result["flow_id"])
    result = dict(await terminal.entry.start_reconfigure_flow(hass))
    result = await submit(hass, result, connection(terminal.simulation))
    assert_abort(result, "reconfigure_successful")


async def test_reconfigure_site(hass: HomeAssistant, syncid: SyncIDKit) -> None:
    """The site is connected to nothing."""
    await syncid.add_terminal()
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": "reconfigure", "entry_id": syncid.site.entry_id},
    )
    assert_abort(dict(result), "site_has_no_connection")
