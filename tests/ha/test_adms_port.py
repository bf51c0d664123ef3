"""The port without TLS that terminals may be given."""

import asyncio
from collections.abc import Iterator
import socket
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulator.http import HttpClient, NoAnswer

from .kit import KitAdms, SyncIDKit
from .raw import ask, request, status


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """Return a socket that listens."""
    with socket.socket() as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen()
        yield listening


@pytest.fixture
def port(taken: socket.socket) -> int:
    """Return a port that is free."""
    number: int = taken.getsockname()[1]
    taken.close()
    return number


async def set_site(hass: HomeAssistant, syncid: SyncIDKit, **options: Any) -> None:
    """Change what holds for all terminals."""
    hass.config_entries.async_update_entry(syncid.site, options=options)
    await hass.config_entries.async_reload(syncid.site.entry_id)


@pytest.fixture
async def terminal(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, port: int
) -> KitAdms:
    """Return a terminal that was given the port."""
    terminal = await syncid.add_adms_terminal(url, step=True)
    await set_site(hass, syncid, iclock_port=port)
    await terminal.device.close()
    terminal.device.client.base_url = f"http://127.0.0.1:{port}"
    return terminal


async def test_port(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """A terminal finds there what it finds at Home Assistant's own port."""
    terminal.device.connected = False
    await terminal.simulation.punch("1001")
    await terminal.simulation.cycle()
    assert not terminal.device.unsent
    assert (await syncid.next_punch())["user_id"] == "1001"


@pytest.mark.parametrize("path", ["/", "/api/config", "/a/b/iclock/cdata", "/auth"])
async def test_nothing_else(terminal: KitAdms, path: str) -> None:
    """Nothing of Home Assistant is to be had there."""
    async with HttpClient(terminal.device.client.base_url) as client:
        assert (await client.request("GET", path)).status == 404


async def test_closed(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, port: int
) -> None:
    """The port is closed when the site is unloaded, or wants it no more."""
    await set_site(hass, syncid)
    with pytest.raises(NoAnswer):
        await terminal.simulation.poll()
    await set_site(hass, syncid, iclock_port=port)
    assert (await terminal.simulation.poll()).ok
    await hass.config_entries.async_unload(syncid.site.entry_id)
    with pytest.raises(NoAnswer):
        await terminal.simulation.poll()


async def test_secret(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, port: int
) -> None:
    """A secret in the path is asked for there too."""
    await set_site(hass, syncid, iclock_port=port, iclock_prefix="s3cret")
    await terminal.simulation.punch("1001")
    for prefix, expected in (("", 401), ("/wrong", 401), ("/s3cret", 200)):
        terminal.device.faults.path_prefix = prefix
        answer = await terminal.simulation.upload("ATTLOG")
        assert answer is not None
        assert answer.status == expected
    assert len(await syncid.stored()) == 1


async def test_taken(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, taken: socket.socket
) -> None:
    """If somebody else has the port, the admin is told, until it is another one."""
    await syncid.add_adms_terminal(url)
    number = taken.getsockname()[1]
    await set_site(hass, syncid, iclock_port=number)
    assert syncid.site.state is ConfigEntryState.LOADED
    issue = syncid.issue("iclock_port_taken")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["port"] == str(number)
    taken.close()
    await set_site(hass, syncid, iclock_port=number)
    assert syncid.issue("iclock_port_taken") is None


async def test_slow_terminal(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """One who sends nothing more does not keep the port from closing."""
    client = terminal.device.client
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(client.base_url.rpartition(":")[2])
    )
    writer.write(b"POST /iclock/cdata?SN=X HTTP/1.1\r\nHost: x\r\n")
    await writer.drain()
    async with asyncio.timeout(5):
        await set_site(hass, syncid)
    writer.close()
    assert await reader.read() == b""


async def test_hangs_in_its_body(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """Nor does one who sends half of what it said."""
    client = terminal.device.client
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(client.base_url.rpartition(":")[2])
    )
    upload = f"POST /iclock/cdata?SN={terminal.serial}&table=ATTLOG"
    # It is told to go on when its body is waited for.
    writer.write(request(upload, b"", length=5000, Expect="100-continue"))
    assert b" 100 " in await reader.readline()
    async with asyncio.timeout(5):
        await set_site(hass, syncid)
    writer.close()
    assert await syncid.stored() == []


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_behind_a_proxy(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, port: int, header: str
) -> None:
    """Whoever comes through a proxy may be anybody: this port knows none to trust."""
    url = terminal.device.client.base_url
    poll = f"GET /iclock/getrequest?SN={terminal.serial}"
    headers: dict[str, Any] = {header.replace("-", "_"): "192.168.1.9"}
    proxied = request(poll, **headers)
    assert status(await ask(url, proxied)) == 403
    assert status(await ask(url, request(poll))) == 200
    await set_site(hass, syncid, iclock_port=port, local_only=False)
    assert status(await ask(url, proxied)) == 200


async def test_method(syncid: SyncIDKit, terminal: KitAdms) -> None:
    """What is put there is not acknowledged, since it is not taken."""
    answer = await ask(
        terminal.device.client.base_url,
        request(
            f"PUT /iclock/cdata?SN={terminal.serial}&table=ATTLOG",
            terminal.attlog("1001"),
        ),
    )
    assert status(answer) == 405
    assert b"Allow: GET,POST" in answer
    assert await syncid.stored() == []
