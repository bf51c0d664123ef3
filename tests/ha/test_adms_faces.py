"""Faces that an admin gives to users of terminals that push."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.const import EVENT_ENROLLMENT
from custom_components.syncid.core.adms.commands import MOST_PICTURE
from custom_components.syncid.push import adms
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.adms import FACE

from .kit import OTHER_SERIAL, KitAdms, KitDevice, SyncIDKit

JPEG = b"\xff\xd8\xff\xe0 a face \0\t\r\n=&\xff\xd9"


@pytest.fixture(params=["att", "acc"])
async def terminal(
    request: pytest.FixtureRequest, syncid: SyncIDKit, url: str
) -> KitAdms:
    """Return a terminal of each family, which pushes by itself."""
    return await syncid.add_adms_terminal(url, profile=request.param)


@pytest.fixture
def picture(hass: HomeAssistant) -> Path:
    """Return a picture in the configuration folder."""
    path = Path(hass.config.path("1001.jpg"))
    write(path, JPEG)
    return path


def write(path: Path, content: bytes) -> None:
    """Put something into a file."""
    path.write_bytes(content)


async def set_face(terminal: KitDevice, *others: KitDevice, **data: Any) -> list[Any]:
    """Give somebody a face, and return what became of it at each terminal."""
    response: Any = await terminal.hass.services.async_call(
        "syncid",
        "set_face",
        {
            "device_id": [one.device_id for one in (terminal, *others)],
            "user_id": "1001",
            **data,
        },
        blocking=True,
        return_response=True,
    )
    return list(response["terminals"])


async def test_picture(terminal: KitAdms, picture: Path) -> None:
    """A terminal makes a face of the picture that it is sent."""
    (report,) = await set_face(terminal, file=picture.name)
    assert (report["done"], report["user_id"]) == (True, "1001")
    assert terminal.device.face_photos == {"1001": b64encode(JPEG).decode()}
    assert terminal.device.templates_of("1001", FACE)
    assert terminal.device.violations == []


async def test_two_roads(
    syncid: SyncIDKit, url: str, picture: Path, hass: HomeAssistant
) -> None:
    """One that SyncID connects to takes a face if it pushes besides, else says why not."""
    one_road = await syncid.add_terminal()
    with pytest.raises(HomeAssistantError) as error:
        await set_face(one_road, file=picture.name)
    assert error.value.translation_key == "faces_by_push"
    assert str(error.value) != "faces_by_push"
    with pytest.raises(HomeAssistantError) as error:
        await one_road.call("enroll_face", user_id="1001")
    assert error.value.translation_key == "faces_by_push"

    both = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    simulation = syncid.start_adms_terminal(url, OTHER_SERIAL)
    await simulation.__aenter__()
    try:
        await KitAdms(hass, simulation, both.entry).switch_on()
        done, refused = await set_face(both, one_road, file=picture.name)
    finally:
        await simulation.__aexit__(None, None, None)
    assert (done["done"], refused["done"]) == (True, False)
    assert list(simulation.terminal.face_photos) == ["1001"]


async def test_gateway(syncid: SyncIDKit, picture: Path) -> None:
    """What only delivers punches has no faces."""
    with pytest.raises(ServiceValidationError) as error:
        await set_face(await syncid.add_push_device(), file=picture.name)
    assert error.value.translation_key == "not_by_push"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"GIF89a", "push_picture_format"),
        (b"", "push_picture_format"),
        (JPEG + bytes(MOST_PICTURE), "file_too_large"),
    ],
)
async def test_no_picture(
    terminal: KitAdms, picture: Path, content: bytes, key: str
) -> None:
    """What is no picture, or none that a terminal takes, is not sent."""
    write(picture, content)
    with pytest.raises(HomeAssistantError) as error:
        await set_face(terminal, file=picture.name)
    assert error.value.translation_key == key
    assert "1001.jpg" in str(error.value)
    assert terminal.device.face_photos == {}


@pytest.mark.parametrize(
    ("file", "key"),
    [("/etc/passwd", "file_not_allowed"), ("nobody.jpg", "attlog_not_read")],
)
async def test_no_file(terminal: KitAdms, file: str, key: str) -> None:
    """A file that there is not, or that Home Assistant may not read, is not sent."""
    with pytest.raises(HomeAssistantError) as error:
        await set_face(terminal, file=file)
    assert error.value.translation_key == key


async def test_nobody(terminal: KitAdms, picture: Path) -> None:
    """A face of nobody is not sent."""
    with pytest.raises(HomeAssistantError) as error:
        await set_face(terminal, file=picture.name, user_id="404")
    assert error.value.translation_key == "user_unknown"


async def test_terminal_without_faces(
    syncid: SyncIDKit, url: str, picture: Path
) -> None:
    """A terminal that knows no faces says so."""
    terminal = await syncid.add_adms_terminal(url, profile="old")
    with pytest.raises(HomeAssistantError) as error:
        await set_face(terminal, file=picture.name)
    assert error.value.translation_key == "push_unsupported"


@pytest.fixture
def told(hass: HomeAssistant) -> list[tuple[str, Any]]:
    """Return the steps of enrolments as they are told, each with its finger."""
    steps: list[tuple[str, Any]] = []

    @callback
    def hear(event: Event) -> None:
        steps.append((event.data["step"], event.data["finger"]))

    hass.bus.async_listen(EVENT_ENROLLMENT, hear)
    return steps


async def test_enroll(
    hass: HomeAssistant, terminal: KitAdms, told: list[tuple[str, Any]]
) -> None:
    """A face is enrolled while somebody shows it to the terminal."""
    enrolling = hass.async_create_task(terminal.call("enroll_face", user_id="1001"))
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    terminal.device.press()
    assert await enrolling == {"user_id": "1001"}
    await hass.async_block_till_done()
    assert told == [("started", None), ("enrolled", None)]
    (face,) = terminal.device.templates_of("1001")
    assert face.kind == FACE


async def test_enroll_again(terminal: KitAdms, told: list[tuple[str, Any]]) -> None:
    """A face that is there is replaced only if the admin says so."""
    terminal.device.add_face("1001")
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_face", user_id="1001")
    assert error.value.translation_key == "push_known"
    assert told == [("started", None), ("known", None)]


async def test_nobody_comes(
    terminal: KitAdms, told: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enrolment to which nobody comes ends."""
    wait = adms.AdmsTerminal.async_say
    monkeypatch.setattr(
        adms.AdmsTerminal,
        "async_say",
        lambda self, commands, within=None, **how: wait(self, commands, 0.2, **how),
    )
    with pytest.raises(HomeAssistantError) as error:
        await terminal.call("enroll_face", user_id="1001")
    assert error.value.translation_key == "enrollment_timed_out"
    assert told == [("started", None), ("timed_out", None)]
