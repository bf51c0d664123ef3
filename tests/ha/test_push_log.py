"""Logs that devices and gateways push, over real HTTP."""

from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.device import SIGNAL_TERMINAL
from custom_components.syncid.http import MAX_BODY
from homeassistant.components.webhook import async_generate_path
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .kit import OTHER_SERIAL, PUSH_LOG, TOKEN, WEBHOOK_ID, KitDevice, Push, SyncIDKit

type Client = TestClient[Any, Any]


def logs(*rows: Any) -> dict[str, Any]:
    """Return a body."""
    return {"logs": list(rows)}


def log(user_id: Any = "1", *, minutes_ago: float = 0, **more: Any) -> dict[str, Any]:
    """Return a row."""
    time = dt_util.now() - timedelta(minutes=minutes_ago)
    return {"user_id": user_id, "timestamp": f"{time:%Y-%m-%d %H:%M:%S}", **more}


async def refusal(response: ClientResponse) -> tuple[int, str]:
    """Return the status and the word of a refusal, which has a sentence too."""
    told = await response.json()
    assert set(told) == {"error", "message"}
    assert told["message"].endswith((".", "}"))
    return response.status, told["error"]


# --- what is taken --------------------------------------------------------------------


async def test_batch(syncid: SyncIDKit, gateway: KitDevice, push: Push) -> None:
    """Logs are stored and announced, with direction, method and work code."""
    response = await push(
        logs(log("1", status=0, verify=1, work_code=7), log(2), log("3", status=1))
    )
    assert response.status == 200
    assert await response.json() == {
        "received": 3,
        "new": 3,
        "duplicate": 0,
        "rejected": 0,
        "rejections": [],
    }
    first, second, third = await syncid.next_punches(3)
    assert (first["user_id"], first["direction"], first["method"]) == (
        "1",
        "check_in",
        "fingerprint",
    )
    assert (first["work_code"], first["source"], first["live"]) == (7, "push", True)
    assert first["device_id"] == gateway.device_id
    assert (second["user_id"], second["direction"]) == ("2", "unknown")
    assert second["state_code"] is None
    assert third["direction"] == "check_out"
    assert gateway.state("event", "punch").attributes["user_id"] == "3"


async def test_same_batch_twice(syncid: SyncIDKit, push: Push) -> None:
    """What comes again changes nothing, and is no news."""
    body = logs(log("1", status=0), log("2"))
    await push(body)
    await syncid.next_punches(2)
    before = await syncid.stored()
    response = await push(body)
    told = await response.json()
    assert (told["new"], told["duplicate"]) == (0, 2)
    await syncid.settle()
    syncid.assert_no_punch()
    assert await syncid.stored() == before


async def test_bad_rows(syncid: SyncIDKit, push: Push) -> None:
    """A row that is wrong is told by its index, and does not sink the others."""
    response = await push(
        logs(
            log("1"),
            "nonsense",
            {"timestamp": "2026-03-12 08:05:00"},
            {"user_id": "2"},
            {"user_id": "2", "timestamp": "2026-02-30 08:05:00"},
            log("3", status=300),
            log("4", verify="x"),
            log("5", work_code=-1),
            log("\n"),
            log(True),
            log("6"),
            log("0"),
            log(0),
            log(" 0 "),
            log("00"),
        )
    )
    assert response.status == 200
    told = await response.json()
    assert (told["received"], told["new"], told["rejected"]) == (15, 3, 12)
    assert [(one["index"], one["reason"]) for one in told["rejections"]] == [
        (1, "not_an_object"),
        (2, "user_id_missing"),
        (3, "timestamp_missing"),
        (4, "timestamp_invalid"),
        (5, "status_invalid"),
        (6, "verify_invalid"),
        (7, "work_code_invalid"),
        (8, "user_id_invalid"),
        (9, "user_id_invalid"),
        (11, "user_id_nobody"),
        (12, "user_id_nobody"),
        (13, "user_id_nobody"),
    ]
    assert all(one["message"] for one in told["rejections"])
    assert len(syncid.in_file("SELECT raw FROM quarantine")) == 12


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        # Cut within an emoji: where nobody reads it, and in the id itself.
        (rb'{"user_id":"2","timestamp":"2026-03-12 08:05:00","name":"\ud83d"}', None),
        (
            rb'{"user_id":"2\ud83d","timestamp":"2026-03-12 08:05:00"}',
            "user_id_invalid",
        ),
        # A number that no double holds.
        (
            rb'{"user_id":"2","timestamp":"2026-03-12 08:05:00","work_code":1e999}',
            "work_code_invalid",
        ),
    ],
)
async def test_row_that_the_decoder_refuses(
    syncid: SyncIDKit, push: Push, row: bytes, reason: str | None
) -> None:
    """It does not sink the others, and is told like any other that is wrong."""
    good = rb'{"user_id":"1","timestamp":"2026-03-12 08:05:00"}'
    response = await push(b'{"logs":[' + good + b"," + row + b"]}")
    assert response.status == 200
    told = await response.json()
    assert told["new"] == len(await syncid.stored()) == (2 if reason is None else 1)
    assert [(one["index"], one["reason"]) for one in told["rejections"]] == (
        [] if reason is None else [(1, reason)]
    )


async def test_mark_before_the_body(push: Push) -> None:
    """Some gateways begin with the mark of UTF-8."""
    row = rb'{"user_id":"1","timestamp":"2026-03-12 08:05:00"}'
    response = await push(b"\xef\xbb\xbf" + b'{"logs":[' + row + b"]}")
    assert (await response.json())["new"] == 1


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-12T08:05:00+02",
        "2026-03-12T08:05Z",
        "20260312T080500Z",
        "2026-03-12T08:05",
        "2026-03-12 08:05",
        "20260312T0805",
    ],
)
async def test_iso_times(push: Push, time: str) -> None:
    """ISO 8601 has these forms, too."""
    response = await push({"logs": [{"user_id": "1", "timestamp": time}]})
    assert (await response.json())["new"] == 1


async def test_large_body(syncid: SyncIDKit, push: Push) -> None:
    """A day of a big site is taken at once, without holding up the event loop."""
    start = datetime(2026, 3, 12, 8)
    rows = [
        {"user_id": index + 1, "timestamp": f"{start + timedelta(seconds=index)}"}
        for index in range(5000)
    ]
    response = await push(logs(*rows))
    assert (await response.json())["new"] == 5000


async def test_time_with_offset(syncid: SyncIDKit, push: Push) -> None:
    """A time with an offset is a moment; the wall clock is the device's."""
    await push(
        logs(
            {"user_id": "1", "timestamp": "2026-03-12T08:05:00Z"},
            {"user_id": "2", "timestamp": "2026-03-12T10:05:00.250+02:00"},
        )
    )
    times = {punch["time"] for punch in await syncid.stored()}
    moment = dt_util.as_local(datetime(2026, 3, 12, 8, 5, tzinfo=dt_util.UTC))
    assert times == {moment.isoformat()}


async def test_what_was_before(syncid: SyncIDKit, push: Push) -> None:
    """What is dated before the device was added is its past, and no news."""
    response = await push(logs(log("1", minutes_ago=60), log("2")))
    assert (await response.json())["new"] == 2
    assert (await syncid.next_punch())["user_id"] == "2"
    await syncid.settle()
    syncid.assert_no_punch()
    assert len(await syncid.stored()) == 2


async def test_direction_of_the_device(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """The device's own direction settles what no status tells."""
    hass.config_entries.async_update_entry(
        gateway.entry, options={**gateway.entry.options, "direction": "out_only"}
    )
    await hass.config_entries.async_reload(gateway.entry.entry_id)
    await push(logs(log("1"), log("2", status=4)))
    punches = await syncid.next_punches(2)
    assert [punch["direction"] for punch in punches] == ["check_out", "overtime_in"]


async def test_delivery_is_seen(gateway: KitDevice, push: Push) -> None:
    """A sensor says when the device last delivered anything."""
    assert gateway.state("sensor", "last_delivery").state == "unknown"
    assert gateway.state("binary_sensor", "connectivity").state == "unknown"
    await push(logs())
    delivered = dt_util.parse_datetime(gateway.state("sensor", "last_delivery").state)
    assert delivered is not None
    assert dt_util.utcnow() - delivered < timedelta(minutes=1)


async def test_deliveries_are_told_together(
    hass: HomeAssistant, syncid: SyncIDKit, gateway: KitDevice, push: Push
) -> None:
    """Of many deliveries in a second not each is told, but the last always is."""
    told: list[str] = []
    async_dispatcher_connect(hass, SIGNAL_TERMINAL, told.append)
    for _ in range(20):
        await push(logs())
    await syncid.advance(2)
    assert 1 < len(told) < 20
    last = gateway.entry.runtime_data.delivered_at.isoformat(timespec="seconds")
    assert gateway.state("sensor", "last_delivery").state == last


async def test_unloaded_before_it_is_told(
    hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """A delivery that is yet to be told leaves no timer behind."""
    for _ in range(2):
        await push(logs())
    await hass.config_entries.async_unload(gateway.entry.entry_id)
    assert gateway.state("sensor", "last_delivery").state == STATE_UNAVAILABLE


# --- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "é"])
async def test_wrong_token(syncid: SyncIDKit, push: Push, token: str | None) -> None:
    """Without the token nothing is taken."""
    status, error = await refusal(await push(logs(log()), token=token))
    assert status == 401
    assert error == ("token_wrong" if token else "token_missing")
    assert await syncid.stored() == []


async def test_guessing_is_slowed_down(
    syncid: SyncIDKit, hass: HomeAssistant, push: Push
) -> None:
    """Whoever guesses is told to wait; the admin is told of it."""
    for number in range(10):
        assert (await push(logs(), token=f"guess {number}")).status == 401
    response = await push(logs(), token="guess")
    assert await refusal(response) == (429, "too_many_wrong_tokens")
    assert 1 <= int(response.headers["Retry-After"]) <= 61
    issue = syncid.issue("wrong_token")
    assert issue is not None
    assert issue.translation_placeholders == {"addresses": "127.0.0.1"}
    assert "http" not in {
        flow["handler"] for flow in hass.config_entries.flow.async_progress()
    }


async def test_right_token_ends_the_warning(syncid: SyncIDKit, push: Push) -> None:
    """Once the token is right, nobody needs to see to it."""
    for _ in range(3):
        await push(logs(), token="wrong")
    assert syncid.issue("wrong_token")
    assert (await push(logs())).status == 200
    assert syncid.issue("wrong_token") is None


async def test_no_ban(hass: HomeAssistant, push: Push) -> None:
    """A wrong token is no failed login at Home Assistant."""
    await push(logs(), token="wrong")
    assert "persistent_notification.http-login" not in hass.states.async_entity_ids()
    assert hass.data.get("persistent_notification", {}) == {}


async def test_inactive(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """A device that is not active is refused, until it is again."""
    options = dict(gateway.entry.options)
    hass.config_entries.async_update_entry(
        gateway.entry, options={**options, "active": False}
    )
    await hass.config_entries.async_reload(gateway.entry.entry_id)
    assert await refusal(await push(logs(log()))) == (403, "device_inactive")
    assert syncid.issue(f"push_refused_{gateway.serial}")
    assert await syncid.stored() == []
    hass.config_entries.async_update_entry(gateway.entry, options=options)
    await hass.config_entries.async_reload(gateway.entry.entry_id)
    assert (await push(logs(log()))).status == 200
    assert syncid.issue(f"push_refused_{gateway.serial}") is None


async def test_disabled(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """A device whose entry is disabled is not active either."""
    await hass.config_entries.async_set_disabled_by(
        gateway.entry.entry_id, ConfigEntryDisabler.USER
    )
    assert await refusal(await push(logs(log()))) == (403, "device_inactive")


async def test_not_in_push_mode(
    syncid: SyncIDKit, hass: HomeAssistant, hass_client_no_auth: Any
) -> None:
    """A device that is polled does not push, even with its token."""
    terminal = await syncid.add_terminal(
        syncid.start_terminal(serial=OTHER_SERIAL), mode="polling"
    )
    other = await syncid.add_push_device()
    hass.config_entries.async_update_entry(
        terminal.entry, data={**terminal.entry.data, "token_hash": "0" * 64}
    )
    hass.config_entries.async_update_entry(
        other.entry, options={**other.entry.options, "mode": "realtime"}
    )
    client: Client = await hass_client_no_auth()
    response = await client.post(
        PUSH_LOG, json=logs(log()), headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert await refusal(response) == (403, "not_in_push_mode")


async def test_not_set_up(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """While the device is being set up, the gateway is asked to wait."""
    await hass.config_entries.async_unload(gateway.entry.entry_id)
    assert await refusal(await push(logs(log()))) == (503, "not_ready")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null x"])
async def test_no_json(push: Push, body: bytes) -> None:
    """What is no JSON is refused."""
    assert await refusal(await push(body)) == (400, "not_json")


@pytest.mark.parametrize("body", [None, [], {}, {"logs": {}}, logs(*[0] * 10_001)])
async def test_wrong_shape(syncid: SyncIDKit, push: Push, body: Any) -> None:
    """JSON of another shape is refused."""
    assert await refusal(await push(body)) == (400, "wrong_shape")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/jsonx"])
async def test_no_json_type(push: Push, content_type: str) -> None:
    """What does not say that it is JSON is refused."""
    response = await push(logs(), content_type=content_type)
    assert await refusal(response) == (415, "not_json")


async def test_json_type_with_charset(push: Push) -> None:
    """The type may say more."""
    response = await push(logs(), content_type="application/json; charset=utf-8")
    assert response.status == 200


async def test_too_large(push: Push) -> None:
    """A body beyond all measure is refused."""
    assert await refusal(await push(b" " * (MAX_BODY + 1))) == (413, "too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_method(push: Push, method: str) -> None:
    """Logs are posted."""
    response = await push(b"", method=method)
    assert await refusal(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


async def test_storage_failure(syncid: SyncIDKit, push: Push) -> None:
    """What cannot be stored is not acknowledged, and stored when it comes again."""
    body = logs(log("1"))
    with syncid.full_disk():
        assert await refusal(await push(body)) == (500, "not_stored")
    assert (await (await push(body)).json())["new"] == 1


# --- the webhook ----------------------------------------------------------------------


async def test_webhook(syncid: SyncIDKit, push: Push) -> None:
    """The same body is taken by the device's webhook, without a token."""
    url = async_generate_path(WEBHOOK_ID)
    response = await push(logs(log("1", status=0)), url=url, token=None)
    assert response.status == 200
    assert (await response.json())["new"] == 1
    assert (await syncid.next_punch())["source"] == "push"


async def test_webhook_refuses(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """A webhook never says that all is well when nothing was taken."""
    url = async_generate_path(WEBHOOK_ID)
    assert await refusal(await push(b"{", url=url)) == (400, "not_json")
    assert (await refusal(await push(b"", url=url, method="PUT")))[0] == 405
    await hass.config_entries.async_set_disabled_by(
        gateway.entry.entry_id, ConfigEntryDisabler.USER
    )
    assert await refusal(await push(logs(), url=url)) == (403, "device_inactive")


async def test_webhook_goes_with_the_device(
    syncid: SyncIDKit, hass: HomeAssistant, gateway: KitDevice, push: Push
) -> None:
    """The webhook of a device that was removed is closed."""
    url = async_generate_path(WEBHOOK_ID)
    await hass.config_entries.async_remove(gateway.entry.entry_id)
    response = await push(logs(log("1")), url=url)
    assert (response.status, await response.text()) == (200, "")
    assert await syncid.stored() == []


async def test_webhook_stays(hass: HomeAssistant, push: Push) -> None:
    """What becomes of other entries does nothing to a webhook."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    hass.config_entries.async_update_entry(other, title="Changed")
    response = await push(
        logs(log("1")), url=async_generate_path(WEBHOOK_ID), token=None
    )
    assert (await response.json())["new"] == 1
