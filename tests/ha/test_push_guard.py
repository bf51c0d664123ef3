"""Who may push logs in JSON: tokens that are wrong, and bodies that come late."""

from collections.abc import AsyncIterator
import json
from typing import Any

from aiohttp.test_utils import TestClient
import pytest

from custom_components.syncid.http import MAX_BODY
from custom_components.syncid.push import bodies
from homeassistant.components.webhook import async_generate_path
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant

from .kit import PUSH_LOG, TOKEN, WEBHOOK_ID, KitDevice, Push, SyncIDKit
from .raw import ask, coming_from, request, status
from .test_push_log import log, logs, refusal


@pytest.mark.usefixtures("gateway")
async def test_token_that_is_no_text(syncid: SyncIDKit, url: str) -> None:
    """Whatever bytes a token has, it is a wrong one.

    Behind `Bearer` with a capital, Home Assistant itself looks at it first, and fails.
    """
    answer = await ask(
        url,
        request(
            f"POST {PUSH_LOG}",
            b"{}",
            Authorization=b"bearer \xff\xfe",
            Content_Type="application/json",
        ),
    )
    assert status(answer) == 401
    assert b'"token_wrong"' in answer


# --- bodies that come late or never -----------------------------------------------------


def promised(body: bytes, length: int) -> bytes:
    """Return a push with a token that is right, of which only so much comes."""
    return request(
        f"POST {PUSH_LOG}",
        body,
        length=length,
        Authorization=f"Bearer {TOKEN}",
        Content_Type="application/json",
    )


@pytest.fixture
async def client(hass_client_no_auth: Any) -> TestClient[Any, Any]:
    """Return what pushes in pieces."""
    client: TestClient[Any, Any] = await hass_client_no_auth()
    return client


async def in_pieces(
    client: TestClient[Any, Any], pieces: AsyncIterator[bytes], url: str = PUSH_LOG
) -> tuple[int, str]:
    """Push a body in pieces, once it is waited for; return what is said of it."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    return await refusal(
        await client.post(url, data=pieces, headers=headers, expect100=True)
    )


async def test_inactive_is_told_at_once(
    hass: HomeAssistant, gateway: KitDevice, url: str
) -> None:
    """Nothing is read of what would not be taken."""
    await hass.config_entries.async_set_disabled_by(
        gateway.entry.entry_id, ConfigEntryDisabler.USER
    )
    answer = await ask(url, promised(b"{", 1_000_000))
    assert status(answer) == 403


async def test_too_large_in_pieces(
    syncid: SyncIDKit, gateway: KitDevice, client: TestClient[Any, Any]
) -> None:
    """A body that does not say how long it is, is read no further than allowed."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"logs": ['
        for _ in range(MAX_BODY // 65_536 + 1):
            yield b" " * 65_536
        yield json.dumps(log()).encode() + b"]}"

    assert await in_pieces(client, pieces()) == (413, "too_large")
    assert await syncid.stored() == []


@pytest.mark.usefixtures("gateway")
async def test_too_large_as_announced(url: str) -> None:
    """What says that it is too large is not waited for."""
    answer = await ask(url, promised(b"", MAX_BODY + 1))
    assert (status(answer), b'"too_large"' in answer) == (413, True)


@pytest.mark.usefixtures("gateway")
async def test_body_that_does_not_come(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is waited for who sends nothing more."""
    monkeypatch.setattr(bodies, "BODY_WITHIN", 0.01)
    answer = await ask(url, promised(b"{", 100))
    assert (status(answer), b'"too_slow"' in answer) == (408, True)
    assert await syncid.stored() == []


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("url_path", [PUSH_LOG, async_generate_path(WEBHOOK_ID)])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_body_that_is_not_packed(
    syncid: SyncIDKit,
    url: str,
    url_path: str,
    encoding: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is not packed as its header says is refused in JSON, with a remedy."""
    answer = await ask(
        url,
        request(
            f"POST {url_path}",
            json.dumps(logs(log())).encode(),
            Authorization=f"Bearer {TOKEN}",
            Content_Type="application/json",
            Content_Encoding=encoding,
        ),
    )
    assert (status(answer), b'"not_json"' in answer) == (400, True)
    assert b"Content-Encoding" in answer
    assert "Traceback" not in caplog.text
    assert await syncid.stored() == []


@pytest.mark.parametrize("how", ["inactive", "not push", "rotated"])
async def test_changed_while_it_comes(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    gateway: KitDevice,
    client: TestClient[Any, Any],
    how: str,
) -> None:
    """What a device may no longer push when all of it is there is not taken."""
    entry = gateway.entry
    data, options = dict(entry.data), dict(entry.options)
    if how == "rotated":
        data["token_hash"] = "0" * 64
    else:
        options |= {"active": False} if how == "inactive" else {"mode": "realtime"}

    async def pieces() -> AsyncIterator[bytes]:
        hass.config_entries.async_update_entry(entry, data=data, options=options)
        yield json.dumps(log()).encode() + b"]}"

    assert (
        await in_pieces(client, pieces())
        == {
            "inactive": (403, "device_inactive"),
            "not push": (403, "not_in_push_mode"),
            "rotated": (401, "token_wrong"),
        }[how]
    )
    assert await syncid.stored() == []


@pytest.mark.parametrize("how", ["removed", "rotated"])
async def test_webhook_closed_while_it_comes(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    gateway: KitDevice,
    client: TestClient[Any, Any],
    how: str,
) -> None:
    """The same goes for a webhook."""
    entry = gateway.entry

    async def pieces() -> AsyncIterator[bytes]:
        if how == "removed":
            await hass.config_entries.async_remove(entry.entry_id)
        else:
            data = {**entry.data, "webhook_id": "1dea" * 16}
            hass.config_entries.async_update_entry(entry, data=data)
        yield json.dumps(logs(log())).encode()

    url = async_generate_path(WEBHOOK_ID)
    assert await in_pieces(client, pieces(), url) == (410, "webhook_closed")
    assert await syncid.stored() == []


# --- who guesses ------------------------------------------------------------------------


async def test_right_token_passes(push: Push) -> None:
    """Whoever has the token is let in, whatever others at that address try."""
    for number in range(11):
        response = await push(logs(), token=f"guess {number}")
        assert response.status == (401 if number < 10 else 429)
    assert (await push(logs(log()))).status == 200


async def test_many_addresses(syncid: SyncIDKit, push: Push) -> None:
    """However many guess, the admin has one thing to look at, until it is over."""
    for number in range(9):
        with coming_from(f"2a00::{number:x}"):
            for _ in range(3):
                await push(logs(), token="wrong")
    (issue,) = syncid.issues("wrong_token")
    assert issue.translation_placeholders == {
        "addresses": "2a00::4, 2a00::5, 2a00::6, 2a00::7, 2a00::8"
    }
    with coming_from("2a00::6"):
        await push(logs())
    (issue,) = syncid.issues("wrong_token")
    assert issue.translation_placeholders == {
        "addresses": "2a00::4, 2a00::5, 2a00::7, 2a00::8"
    }
    await syncid.advance(23 * 3600)
    assert syncid.issues("wrong_token")
    await syncid.advance(24 * 3600 + 1)
    assert syncid.issues("wrong_token") == []
