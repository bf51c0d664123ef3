"""What the door for terminals keeps out: too much, too often, and who is no terminal."""

from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

from aiohttp.test_utils import TestClient
import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.push import bodies
from custom_components.syncid.push.iclock import MAX_BODY
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import OTHER_SERIAL, KitAdms, SyncIDKit
from .raw import ask, coming_from, request, status
from .test_adms_door import HANDSHAKE, discovered, set_site

type Client = TestClient[Any, Any]
UPLOAD = f"/iclock/cdata?SN={OTHER_SERIAL}&table=ATTLOG&Stamp=1"


@pytest.fixture
async def client(
    hass: HomeAssistant, syncid: SyncIDKit, hass_client_no_auth: Any
) -> Client:
    """Return what asks as somebody who is no user of Home Assistant."""
    assert await async_setup_component(hass, DOMAIN, {})
    client: Client = await hass_client_no_auth()
    return client


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that calls when it is told to."""
    return await syncid.add_adms_terminal(url, step=True)


# --- bodies -----------------------------------------------------------------------------


@pytest.mark.usefixtures("terminal")
async def test_too_large_as_announced(syncid: SyncIDKit, url: str) -> None:
    """What says that it is too large is not waited for."""
    answer = await ask(url, request(f"POST {UPLOAD}", length=MAX_BODY + 1))
    assert status(answer) == 413
    assert await syncid.stored() == []


async def test_too_large_in_pieces(
    syncid: SyncIDKit, terminal: KitAdms, client: Client
) -> None:
    """A body that does not say how long it is, is read no further than allowed."""

    async def pieces() -> AsyncIterator[bytes]:
        yield terminal.attlog("1001")
        for _ in range(MAX_BODY // 65_536 + 1):
            yield b"\n" * 65_536

    response = await client.post(UPLOAD, data=pieces())
    assert response.status == 413
    assert await syncid.stored() == []


async def test_large_body(syncid: SyncIDKit, terminal: KitAdms, client: Client) -> None:
    """What is long and allowed is taken, however it comes."""

    async def pieces() -> AsyncIterator[bytes]:
        yield terminal.attlog("1001")
        for _ in range(MAX_BODY // 65_536 - 1):
            yield b"\n" * 65_536

    response = await client.post(UPLOAD, data=pieces())
    assert (response.status, await response.text()) == (200, "OK: 1")


async def test_large_body_of_a_stranger(client: Client, url: str) -> None:
    """Of a terminal that nobody added, no more is waited for than tells what it is."""
    answer = await ask(url, request(f"POST {UPLOAD}", length=5000))
    assert status(answer) == 503


@pytest.mark.usefixtures("terminal")
async def test_body_that_does_not_come(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is waited for who sends nothing more."""
    monkeypatch.setattr(bodies, "BODY_WITHIN", 0.01)
    answer = await ask(url, request(f"POST {UPLOAD}", b"1001\t", length=100))
    assert status(answer) == 408
    assert await syncid.stored() == []


@pytest.mark.parametrize("is_added", [True, False])
async def test_body_that_is_not_packed(
    syncid: SyncIDKit,
    client: Client,
    url: str,
    caplog: pytest.LogCaptureFixture,
    is_added: bool,
) -> None:
    """What is not packed as its header says is refused, and the log says so once."""
    if is_added:
        await syncid.add_adms_terminal(url, step=True)
    for _ in range(2):
        packed = request(f"POST {UPLOAD}", b"1001\t", Content_Encoding="gzip")
        assert status(await ask(url, packed)) == 400
    assert caplog.text.count("cannot be unpacked") == is_added
    assert "Traceback" not in caplog.text
    assert await syncid.stored() == []


# --- who guesses ------------------------------------------------------------------------


async def test_secret_is_guessed(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, client: Client
) -> None:
    """Whoever guesses is slowed down, and the admin is told; terminals call on."""
    await set_site(hass, syncid, iclock_prefix="s3cret")
    terminal.device.faults.path_prefix = "/s3cret"
    with coming_from("192.168.1.9"):
        assert (await terminal.simulation.poll()).ok
    with coming_from("192.168.1.66"):
        for number in range(10):
            assert (await client.get(f"/g{number}{HANDSHAKE}")).status == 401
        (issue,) = syncid.issues("wrong_path")
        assert issue.translation_placeholders == {"addresses": "192.168.1.66"}
        response = await client.get(f"/g10{HANDSHAKE}")
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 61
        # A guess that is right is not told from the others.
        assert (await client.get(f"/s3cret{HANDSHAKE}")).status == 429
    with coming_from("192.168.1.9"):
        # Not even if somebody at the terminal's address guesses.
        for number in range(11):
            response = await client.get(f"/g{number}{HANDSHAKE}")
            assert response.status == (401 if number < 10 else 429)
        assert (await terminal.simulation.poll()).ok


async def test_terminal_with_a_wrong_path(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms
) -> None:
    """The admin is told of a terminal that is set wrongly until it is set right."""
    await set_site(hass, syncid, iclock_prefix="s3cret")
    for _ in range(3):
        assert (await terminal.simulation.poll()).status == 401
    assert syncid.issue("wrong_path")
    terminal.device.faults.path_prefix = "/s3cret"
    assert (await terminal.simulation.poll()).ok
    assert syncid.issue("wrong_path") is None


@pytest.mark.parametrize(
    ("address", "is_known"), [("10.0.0.1", False), ("10.0.0.3", True)]
)
async def test_many_addresses_call(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    terminal: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    is_known: bool,
) -> None:
    """Of the addresses that terminals call from, those are remembered that did last."""
    monkeypatch.setattr("custom_components.syncid.push.iclock._MOST_ADDRESSES", 2)
    await set_site(hass, syncid, iclock_prefix="s3cret")
    terminal.device.faults.path_prefix = "/s3cret"
    for number in (1, 2, 3):
        with coming_from(f"10.0.0.{number}"):
            assert (await terminal.simulation.poll()).ok
    terminal.device.faults.path_prefix = "/wrong"
    with coming_from(address):
        for _ in range(10):
            assert (await terminal.simulation.poll()).status == 401
        terminal.device.faults.path_prefix = "/s3cret"
        assert (await terminal.simulation.poll()).ok == is_known


async def test_many_unknown_serials(
    hass: HomeAssistant, syncid: SyncIDKit, client: Client
) -> None:
    """Whoever calls by ever new serial numbers is heard no more; others are."""
    with coming_from("192.168.1.66"):
        for number in range(150):
            response = await client.get(f"/iclock/cdata?SN=X{number}&options=all")
            assert response.status == (200 if number < 100 else 429)
        # One that is remembered, and is no news.
        assert (await client.get("/iclock/getrequest?SN=X3")).status == 200
    (issue,) = syncid.issues("unknown_serials")
    assert issue.translation_placeholders == {"addresses": "192.168.1.66"}
    with coming_from("192.168.1.9"):
        assert (await client.get(HANDSHAKE)).status == 200


# --- who is no terminal -----------------------------------------------------------------


async def test_stranger_that_was_met(client: Client) -> None:
    """Who was seen once, and is not added, may not call without end either."""
    path = "/iclock/cdata?SN=X1&table=ATTLOG"
    answers = [(await client.post(path, data=b"x")).status for _ in range(200)]
    assert (answers[0], answers[-1]) == (503, 429)
    assert (await client.get("/iclock/cdata?SN=X2&options=all")).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "http://evil.example/"},
    ],
)
async def test_web_page(
    syncid: SyncIDKit, terminal: KitAdms, client: Client, header: dict[str, str]
) -> None:
    """A page that somebody has open in their browser is no terminal."""
    body = terminal.attlog("1001")
    headers = {**header, "Content-Type": "text/plain"}
    response = await client.post(UPLOAD, data=body, headers=headers)
    assert response.status == 403
    # Nor does it take what is meant for the terminal.
    poll = f"/iclock/getrequest?SN={OTHER_SERIAL}"
    assert (await client.get(poll, headers=header)).status == 403
    assert await syncid.stored() == []


async def test_from_the_cloud(
    hass: HomeAssistant,
    terminal: KitAdms,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What comes through Home Assistant's cloud comes from elsewhere."""
    monkeypatch.setattr(
        "hass_nabucasa.remote.is_cloud_request", ContextVar("cloud", default=True)
    )
    assert (await client.get(HANDSHAKE)).status == 200
    hass.config.components.add("cloud")
    assert (await client.get(HANDSHAKE)).status == 403


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Forwarded": "for=8.8.8.8"}, 403),
        # Home Assistant, which was told of no proxy, refuses this itself.
        ({"X-Forwarded-For": "8.8.8.8"}, 400),
    ],
)
@pytest.mark.usefixtures("terminal")
async def test_behind_a_proxy(
    client: Client, headers: dict[str, str], expected: int
) -> None:
    """Who comes through a proxy may be anybody."""
    assert (await client.get(HANDSHAKE, headers=headers)).status == expected


async def test_behind_a_proxy_anywhere(
    hass: HomeAssistant, syncid: SyncIDKit, terminal: KitAdms, client: Client
) -> None:
    """Unless everybody is served."""
    await set_site(hass, syncid, local_only=False)
    headers = {"Forwarded": "for=8.8.8.8"}
    assert (await client.get(HANDSHAKE, headers=headers)).status == 200
    assert discovered(hass) == []
