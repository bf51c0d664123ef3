"""Photos of who punches: found, told to admins, and given to nobody else."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.core.adms.fields import photo_of_punch
from custom_components.syncid.core.records import local_second
from custom_components.syncid.push.photos import find_photos
from homeassistant.core import HomeAssistant
from simulator.adms.records import AdmsPunch

from .kit import OTHER_SERIAL, KitAdms, SyncIDKit
from .test_panel import ask, panel

__all__ = ["panel"]

PHOTO = b"\xff\xd8\xff\xe0 somebody \0\t\xff\xd9"
OTHER = b"\xff\xd8\xff\xe0 somebody else \xff\xd9"


@pytest.fixture
async def terminal(syncid: SyncIDKit, url: str) -> KitAdms:
    """Return a terminal that takes photos, and calls when told to."""
    return await syncid.add_adms_terminal(url, step=True, photos=True)


@pytest.fixture
async def browser(hass_client_no_auth: Any) -> Any:
    """Return what fetches an address, and shows nobody's token."""
    return await hass_client_no_auth()


async def punch(terminal: KitAdms, user_id: str = "1001", ago: float = 0) -> datetime:
    """Have somebody punch, and return when."""
    at = (terminal.device.now() - timedelta(seconds=ago)).replace(microsecond=0)
    terminal.device.add_punch(AdmsPunch(user_id=user_id, time=at, verify=15))
    await terminal.simulation.upload("ATTLOG")
    return at


async def photo(
    terminal: KitAdms, at: datetime, user_id: str = "1001", content: bytes = PHOTO
) -> str:
    """Have the terminal send a photo, and return its name."""
    name = photo_of_punch(user_id, local_second(at))
    head = f"PIN={name}\nSN={terminal.serial}\nsize={len(content)}\nCMD=uploadphoto"
    body = head.encode() + b"\0" + content
    answer = await terminal.device.request("POST", "cdata", {"table": "ATTPHOTO"}, body)
    assert answer.status == 200
    return name


async def told(panel: Any) -> list[dict[str, Any]]:
    """Return the punches that the panel is told of next."""
    event = (await panel.receive_json())["event"]
    return list(event["punches"])


async def begin(panel: Any) -> list[dict[str, Any]]:
    """Open the page, and return the punches that it begins with."""
    await ask(panel, "live/subscribe")
    return await told(panel)


async def fetched(browser: Any, address: str) -> tuple[int, bytes]:
    """Return what is at an address."""
    response = await browser.get(address)
    return response.status, await response.read()


async def test_photo_before_the_page(
    syncid: SyncIDKit, terminal: KitAdms, panel: Any, browser: Any
) -> None:
    """A punch of the past has its photo, which the address gives as it was sent."""
    await photo(terminal, await punch(terminal))
    await punch(terminal, "1002")
    await syncid.next_punches(2)
    rows = {row["user_id"]: row["picture"] for row in await begin(panel)}
    assert rows["1002"] is None
    assert await fetched(browser, rows["1001"]) == (200, PHOTO)
    response = await browser.get(rows["1001"])
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("apart", [-2, -1, 0, 1, 2])
async def test_photo_that_follows(
    syncid: SyncIDKit, terminal: KitAdms, panel: Any, browser: Any, apart: int
) -> None:
    """A punch that is shown already is told once more, with its photo."""
    await begin(panel)
    at = await punch(terminal)
    (row,) = await told(panel)
    assert row["picture"] is None
    await photo(terminal, at + timedelta(seconds=apart))
    (again,) = await told(panel)
    address = again.pop("picture")
    assert again == {key: value for key, value in row.items() if key != "picture"}
    assert await fetched(browser, address) == (200, PHOTO)
    # The same one once more is no news.
    await photo(terminal, at + timedelta(seconds=apart))
    await photo(terminal, at + timedelta(seconds=30))
    await photo(terminal, at, "1002")
    await punch(terminal, "1003")
    (row,) = await told(panel)
    assert row["user_id"] == "1003"


async def test_photo_that_is_first(
    syncid: SyncIDKit, terminal: KitAdms, panel: Any, browser: Any
) -> None:
    """A photo that comes before its punch waits for it."""
    await begin(panel)
    at = terminal.device.now().replace(microsecond=0)
    await photo(terminal, at)
    await punch(terminal)
    (row,) = await told(panel)
    assert await fetched(browser, row["picture"]) == (200, PHOTO)


async def test_photo_of_a_neighbour(
    syncid: SyncIDKit, terminal: KitAdms, panel: Any, browser: Any
) -> None:
    """Of two punches of somebody, each has the photo that is nearest to it."""
    await begin(panel)
    first = await punch(terminal, ago=2)
    second = await punch(terminal, ago=0)
    assert second - first <= timedelta(seconds=3)
    await told(panel)
    await told(panel)
    await photo(terminal, second, content=OTHER)
    await photo(terminal, first)
    pictures: dict[str, str] = {}
    while len(pictures) < 2 or not pictures[min(pictures)].count(f"{first:%H%M%S}"):
        pictures |= {row["time"]: row["picture"] for row in await told(panel)}
    assert await fetched(browser, pictures[min(pictures)]) == (200, PHOTO)
    assert await fetched(browser, pictures[max(pictures)]) == (200, OTHER)


async def test_photo_of_an_erased_person(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    terminal: KitAdms,
    panel: Any,
    browser: Any,
) -> None:
    """What was erased is not to be had, whoever knows where it was."""
    await photo(terminal, await punch(terminal))
    await syncid.next_punch()
    (row,) = await begin(panel)
    person = await hass.services.async_call(
        "syncid",
        "add_person",
        {"name": "Amina", "external_id": "1001"},
        blocking=True,
        return_response=True,
    )
    assert person is not None
    await hass.services.async_call(
        "syncid",
        "map_user",
        {"person": "Amina", "device_id": terminal.device_id, "user_id": "1001"},
        blocking=True,
    )
    await hass.services.async_call(
        "syncid", "remove_person", {"person": "Amina"}, blocking=True
    )
    assert (await fetched(browser, row["picture"]))[0] == 404


async def test_only_admins(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    terminal: KitAdms,
    panel: Any,
    browser: Any,
    hass_client: Any,
    hass_read_only_access_token: str,
) -> None:
    """Who has no address, or changed one, or is no admin, is refused, and not shut out."""
    await photo(terminal, await punch(terminal))
    await syncid.next_punch()
    (row,) = await begin(panel)
    path, _, _ = row["picture"].partition("?")
    assert (await fetched(browser, path))[0] == 401
    assert (await fetched(browser, f"{row['picture']}x"))[0] == 401
    assert not hass.states.async_entity_ids("persistent_notification")
    headers = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    response = await browser.get(path, headers=headers)
    assert response.status == 403
    admin = await hass_client()
    assert await fetched(admin, path) == (200, PHOTO)


@pytest.mark.parametrize(
    "path",
    [
        f"{OTHER_SERIAL}/face-1001.jpg",
        f"{OTHER_SERIAL}/attendance-20261120080500-1001.jpg",
        f"{OTHER_SERIAL}/attendance-..%2Fface-1001.jpg",
        "..%2F..%2F/attendance-1.jpg",
        "a.b/attendance-1.jpg",
    ],
)
async def test_nothing_else(
    hass: HomeAssistant, terminal: KitAdms, hass_client: Any, path: str
) -> None:
    """Nothing but photos of punches is to be had."""
    folder = Path(hass.config.path("media", "syncid", OTHER_SERIAL))

    def write() -> None:
        folder.mkdir(parents=True)
        (folder / "face-1001.jpg").write_bytes(PHOTO)

    await hass.async_add_executor_job(write)
    admin = await hass_client()
    # Home Assistant itself refuses some of them.
    assert (await fetched(admin, f"/api/syncid/photos/{path}"))[0] in {400, 404}


async def test_photos_that_name_no_punch(
    syncid: SyncIDKit, terminal: KitAdms, panel: Any
) -> None:
    """What a terminal calls otherwise is kept, and shown with no punch."""
    await begin(panel)
    at = await punch(terminal, "1001")
    await told(panel)
    for name in ("whoever.jpg", "\u00e9.jpg", f"{at:%Y%m%d%H%M%S}-1001{'x' * 200}.jpg"):
        head = f"PIN={name}\nSN={terminal.serial}\nsize=3\nCMD=uploadphoto"
        await terminal.device.request(
            "POST", "cdata", {"table": "ATTPHOTO"}, head.encode() + b"\0abc"
        )
    await punch(terminal, "1002")
    (row,) = await told(panel)
    assert (row["user_id"], row["picture"]) == ("1002", None)


async def test_as_many_as_are_shown(
    syncid: SyncIDKit,
    terminal: KitAdms,
    panel: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of punches that the page has dropped nothing is remembered."""
    monkeypatch.setattr("custom_components.syncid.panel.snapshots._MOST", 1)
    await begin(panel)
    first = await punch(terminal)
    await punch(terminal, "1002")
    await told(panel)
    await told(panel)
    await photo(terminal, first)
    await punch(terminal, "1003")
    (row,) = await told(panel)
    assert row["user_id"] == "1003"


def test_ids_that_no_file_has(tmp_path: Path) -> None:
    """Nobody is shown as somebody else whose id looks the same as a name of a file."""
    second = local_second(datetime(2026, 11, 20, 8, 5))
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "attendance-20261120080500-a_b.jpg").write_bytes(PHOTO)
    found = find_photos(tmp_path, [("A", "a_b", second), ("A", "a/b", second)])
    assert found == {("A", "a_b", second): "attendance-20261120080500-a_b.jpg"}
