"""Faces that an admin gives to users in the panel, and users who are forgotten there."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import FormData
import pytest

from custom_components.syncid.core.adms.commands import MOST_PICTURE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import OTHER_SERIAL, KitAdms, SyncIDKit
from .test_adms_faces import JPEG
from .test_panel import ask, panel
from .test_panel_jobs import begin, end_of

__all__ = ["panel"]


@pytest.fixture(autouse=True)
async def sending(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have what takes files of browsers, before anything is served."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert await async_setup_component(hass, "file_upload", {})


@pytest.fixture(params=["att", "acc"])
async def terminal(
    request: pytest.FixtureRequest, syncid: SyncIDKit, url: str
) -> KitAdms:
    """Return a terminal of each family, which pushes by itself."""
    return await syncid.add_adms_terminal(url, profile=request.param)


async def upload(hass_client: Any, data: bytes) -> str:
    """Send a picture as a browser does, and return what it is called then."""
    client = await hass_client()
    form = FormData()
    form.add_field("file", BytesIO(data), filename="amina.jpg")
    response = await client.post("/api/file_upload", data=form)
    assert response.status == 200
    return str((await response.json())["file_id"])


async def actions_of(panel: Any, serial: str) -> list[str]:
    """Return what can be done at a terminal."""
    page = await ask(panel, "terminals/list", serial=serial)
    return list(page["terminals"][0]["actions"])


async def test_picture(
    syncid: SyncIDKit, terminal: KitAdms, hass_ws_client: Any, hass_client: Any
) -> None:
    """A picture that was chosen in the browser becomes the face of a user."""
    panel = await hass_ws_client(syncid.hass)
    assert "set_face" in await actions_of(panel, terminal.device.serial)
    job = await begin(
        panel,
        "set_face",
        device_id=[terminal.device_id],
        user_id="1001",
        upload=await upload(hass_client, JPEG),
    )
    detail = await end_of(syncid, panel, job)
    assert (detail["job"]["state"], detail["job"]["user_id"]) == ("done", "1001")
    (report,) = detail["result"]["terminals"]
    assert report == {"device": terminal.device.serial, "done": True}
    assert terminal.device.face_photos == {"1001": b64encode(JPEG).decode()}


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"GIF89a", "push_picture_format"),
        (JPEG + bytes(MOST_PICTURE), "file_too_large"),
        (None, "upload_gone"),
    ],
)
async def test_no_picture(
    syncid: SyncIDKit,
    url: str,
    hass_ws_client: Any,
    hass_client: Any,
    data: bytes | None,
    key: str,
) -> None:
    """What is no picture, or is there no more, is not sent, and why is said."""
    terminal = await syncid.add_adms_terminal(url)
    panel = await hass_ws_client(syncid.hass)
    job = await begin(
        panel,
        "set_face",
        device_id=[terminal.device_id],
        user_id="1001",
        upload=await upload(hass_client, data) if data else "none",
    )
    found = (await end_of(syncid, panel, job))["job"]
    assert (found["state"], found["problem"]["key"]) == ("failed", key)
    assert terminal.device.face_photos == {}


async def test_face_at_the_terminal(
    syncid: SyncIDKit, terminal: KitAdms, hass_ws_client: Any
) -> None:
    """It is told when the terminal waits for somebody, and when they were there."""
    panel = await hass_ws_client(syncid.hass)
    assert "enroll_face" in await actions_of(panel, terminal.device.serial)
    job = await begin(
        panel, "enroll_face", device_id=terminal.device_id, user_id="1001"
    )
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    found = (await ask(panel, "jobs/get", job=job))["job"]
    assert (found["state"], found["progress"]["step"]) == ("running", "started")
    terminal.device.press()
    found = (await end_of(syncid, panel, job))["job"]
    assert (found["state"], found["progress"]["step"]) == ("done", "enrolled")


async def test_face_that_is_waited_for_no_more(
    syncid: SyncIDKit, url: str, hass_ws_client: Any
) -> None:
    """Who waits for somebody to look at the terminal can stop."""
    terminal = await syncid.add_adms_terminal(url)
    panel = await hass_ws_client(syncid.hass)
    job = await begin(
        panel, "enroll_face", device_id=terminal.device_id, user_id="1001"
    )
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    await ask(panel, "jobs/cancel", job=job)
    found = (await end_of(syncid, panel, job))["job"]
    assert (found["state"], found["problem"]) == ("cancelled", None)


async def test_only_where_there_are_faces(
    syncid: SyncIDKit, url: str, hass_ws_client: Any
) -> None:
    """A terminal that tells of no visible-light faces is not offered any."""
    old = await syncid.add_adms_terminal(url, profile="old")
    panel = await hass_ws_client(syncid.hass)
    actions = await actions_of(panel, old.device.serial)
    assert "enroll_fingerprint" in actions
    assert {"enroll_face", "set_face"}.isdisjoint(actions)


async def test_two_roads(
    hass: HomeAssistant, syncid: SyncIDKit, url: str, hass_ws_client: Any
) -> None:
    """One that SyncID connects to takes faces while it pushes besides."""
    both = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    panel = await hass_ws_client(hass)
    assert "enroll_face" not in await actions_of(panel, OTHER_SERIAL)
    simulation = syncid.start_adms_terminal(url, OTHER_SERIAL)
    await simulation.__aenter__()
    try:
        await KitAdms(hass, simulation, both.entry).switch_on()
        await syncid.settle()
        assert {"enroll_face", "set_face"} <= {*await actions_of(panel, OTHER_SERIAL)}
    finally:
        await simulation.__aexit__(None, None, None)


async def test_forget_user(syncid: SyncIDKit, panel: Any) -> None:
    """What somebody left who is nobody is erased."""
    terminal = await syncid.add_terminal()
    terminal.punch("1003")
    await syncid.next_punch()
    await syncid.settle()
    told = await ask(
        panel,
        "act",
        action="forget_user",
        data={"device_id": [terminal.device_id], "user_id": "1003"},
    )
    assert told["answer"]["deleted"]["punches"] == 1
    assert await syncid.stored() == []


async def test_refused(
    terminal: KitAdms, panel: Any, syncid: SyncIDKit, hass_client: Any, tmp_path: Path
) -> None:
    """A picture whose job is refused is not left on the disk."""
    job = await begin(
        panel,
        "set_face",
        device_id=[terminal.device_id],
        user_id="1001",
        finger=3,
        upload=await upload(hass_client, JPEG),
    )
    assert (await end_of(syncid, panel, job))["job"]["state"] == "failed"
    left = await syncid.hass.async_add_executor_job(
        lambda: [*tmp_path.rglob("amina.jpg")]
    )
    assert left == []
