"""A table of people that is chosen in the browser: looked at, then taken or not."""

from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import FormData
import pytest

from custom_components.syncid.actions.mapping import MAX_FILE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .attendance_kit import Site
from .test_panel import ask, panel, refused

__all__ = ["panel"]

GOOD = "Name,ID,Shoe size\nAmina,17,38\nBruno,18,44\n"
BAD = "Name,ID\nChen,19\n,20\nDina,19\n"


@pytest.fixture(autouse=True)
async def sending(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have what takes files of browsers, before anything is served."""
    # Home Assistant keeps them where other tests' would be as well.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert await async_setup_component(hass, "file_upload", {})


@pytest.fixture
async def upload(site: Site, hass_client: Any) -> Any:
    """Return what sends a file as a browser does, and tells what it is called then."""
    client = await hass_client()

    async def send(data: str | bytes, name: str = "people.csv") -> str:
        form = FormData()
        raw = data.encode() if isinstance(data, str) else data
        form.add_field("file", BytesIO(raw), filename=name)
        response = await client.post("/api/file_upload", data=form)
        assert response.status == 200
        return str((await response.json())["file_id"])

    return send


async def test_dry_run_and_import(site: Site, panel: Any, upload: Any) -> None:
    """What would be is what is done then; it can be looked at page by page."""
    await site.add("Amina", external_id="17")
    file = await upload(GOOD)
    page = await ask(panel, "people/import", upload=file)
    assert page == {
        "file": "people.csv",
        "done": False,
        "good": True,
        "counts": {"same": 1, "add": 1},
        "mappings": 0,
        "ignored": ["Shoe size"],
        "marks": 0,
        "count": 2,
        "rows": [
            {
                "row": 3,
                "name": "Bruno",
                "before": "",
                "action": "add",
                "changes": [{"field": "external_id", "before": "", "after": "18"}],
                "users": [],
                "problems": [],
            },
            {
                "row": 2,
                "name": "Amina",
                "before": "",
                "action": "same",
                "changes": [],
                "users": [],
                "problems": [],
            },
        ],
    }
    second = await ask(panel, "people/import", upload=file, offset=1, limit=1)
    assert [row["name"] for row in second["rows"]] == ["Amina"]
    assert len(site.attendance.people) == 1
    done = await ask(panel, "people/import", upload=file, apply=True)
    assert done["done"]
    assert done["marks"] >= 1
    assert {one.name for one in site.attendance.people.values()} == {"Amina", "Bruno"}
    # It is kept no longer.
    error = await refused(panel, "people/import", upload=file)
    assert error["translation_key"] == "upload_gone"


async def test_somebody_came_meanwhile(site: Site, panel: Any, upload: Any) -> None:
    """What would be is found out anew when people are not as they were."""
    file = await upload(GOOD)
    assert (await ask(panel, "people/import", upload=file))["counts"] == {"add": 2}
    await site.add("Bruno", external_id="18")
    page = await ask(panel, "people/import", upload=file)
    assert page["counts"] == {"add": 1, "same": 1}


async def test_another_name(site: Site, panel: Any, upload: Any) -> None:
    """Whose name a row changes is told, before it is done."""
    await site.add("Amina", external_id="17")
    file = await upload("Name,ID\nZoë,17\n")
    page = await ask(panel, "people/import", upload=file)
    told = [(row["before"], row["name"], row["action"]) for row in page["rows"]]
    assert told == [("Amina", "Zoë", "update")]


async def test_what_each_row_changes(site: Site, panel: Any, upload: Any) -> None:
    """Each field, and whose users they become; of a card only that it changes."""
    await site.add("Amina", external_id="17", groups=["5A"], kind="student")
    await site.add("Bruno", "1002")
    await site.add("Chen")
    file = await upload(
        "Name,ID,Kind,Group,Valid until,Card,User ID\n"
        "Amina,17,staff,5B;Choir,2027-06-30,4711,1001;77\n"
        "Bruno,,,,,,1002\n"
        "Chen,,,,,,1003\n"
    )
    page = await ask(panel, "people/import", upload=file)
    assert [(row["name"], row["action"], row["users"]) for row in page["rows"]] == [
        ("Amina", "update", ["1001, 77 · Main gate"]),
        ("Chen", "same", ["1003 · Main gate"]),
        ("Bruno", "same", []),
    ]
    assert page["rows"][0]["changes"] == [
        {"field": "kind", "before": "student", "after": "staff"},
        {"field": "groups", "before": "5A", "after": "5B, Choir"},
        {"field": "valid_until", "before": "", "after": "2027-06-30"},
        {"field": "card", "before": "", "after": ""},
    ]


async def test_all_or_nothing(site: Site, panel: Any, upload: Any) -> None:
    """Problems come first, and nothing is taken while there is one."""
    file = await upload(BAD)
    page = await ask(panel, "people/import", upload=file)
    assert not page["good"]
    assert page["rows"][0] == {
        "row": 3,
        "name": "",
        "before": "",
        "action": "refused",
        "changes": [],
        "users": [],
        "problems": [{"reason": "name_missing", "value": ""}],
    }
    assert page["rows"][1]["problems"] == [{"reason": "id_twice", "value": "2"}]
    error = await refused(panel, "people/import", upload=file, apply=True)
    assert error["translation_key"] == "import_refused"
    assert not site.attendance.people
    # It is still there to be looked at.
    assert (await ask(panel, "people/import", upload=file))["count"] == 3


async def test_what_is_no_table(site: Site, panel: Any, upload: Any) -> None:
    """A file that is something else, or far too large, is refused in words."""
    for data, key in (
        ("", "sheet_empty"),
        (b"Name\n" + bytes(MAX_FILE), "file_too_large"),
    ):
        file = await upload(data)
        error = await refused(panel, "people/import", upload=file)
        assert error["translation_key"] == key
    assert not site.attendance.people


async def test_never_sent(panel: Any) -> None:
    """A file that nobody sent is not there."""
    error = await refused(panel, "people/import", upload="none")
    assert error["translation_key"] == "upload_gone"


async def test_few_are_kept(site: Site, panel: Any, upload: Any) -> None:
    """Of many files that nobody takes only the last few are kept."""
    files = [await upload(GOOD) for _ in range(4)]
    for file in files:
        await ask(panel, "people/import", upload=file)
    await ask(panel, "people/import", upload=files[1])
    assert not site.attendance.people
    error = await refused(panel, "people/import", upload=files[0])
    assert error["translation_key"] == "upload_gone"
