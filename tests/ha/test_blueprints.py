"""The blueprints, installed on request, each in a real automation."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
import voluptuous as vol

from custom_components.syncid.actions.installer import BLUEPRINTS
from custom_components.syncid.const import DOMAIN
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import dump

from .attendance_kit import MONDAY, URL, Site
from .automation_kit import automate, catch
from .kit import PEOPLE, TOKEN, SyncIDKit

NAMES = sorted(path.name for path in BLUEPRINTS.glob("*.yaml"))
HEAD = "notify.head"
PARENT = "notify.parent"
MESSAGE = cv.make_entity_service_schema(
    {vol.Required("message"): cv.string, vol.Optional("title"): cv.string}
)


async def install(hass: HomeAssistant) -> dict[str, str]:
    """Install the blueprints, and return what became of each."""
    response = await hass.services.async_call(
        DOMAIN, "install_blueprints", {}, blocking=True, return_response=True
    )
    assert response is not None
    found = response["files"]
    assert isinstance(found, dict)
    return {name: str(outcome) for name, outcome in found.items()}


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Set up an automation that uses a blueprint."""
    await install(hass)
    path = f"syncid/{name}.yaml"
    await automate(hass, {"use_blueprint": {"path": path, "input": inputs}})


class Messages:
    """What was sent to entities that notify."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Stand in for those who send it."""
        self.calls = catch(hass, "notify", "send_message", MESSAGE)
        self.notes = catch(hass, "persistent_notification", "create")

    def noted(self) -> list[tuple[str, str]]:
        """Return titles and messages of what Home Assistant is to note by itself."""
        assert not self.calls
        return [(call.data["title"], call.data["message"]) for call in self.notes]

    def take(self) -> list[tuple[list[str], str]]:
        """Return to whom what was sent since this was asked last."""
        told = [(call.data["entity_id"], call.data["message"]) for call in self.calls]
        self.calls.clear()
        return told

    def take_all(self) -> list[tuple[str | None, str]]:
        """Return titles and messages."""
        told = [(call.data.get("title"), call.data["message"]) for call in self.calls]
        self.calls.clear()
        return told


@pytest.fixture(autouse=True)
async def _automations_end(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Let no automation wait for anything after a test."""
    yield
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call(
            "automation", "turn_off", {"entity_id": "all"}, blocking=True
        )


@pytest.fixture
def messages(hass: HomeAssistant) -> Messages:
    """Return what is sent."""
    return Messages(hass)


async def set_site(site: Site, **options: Any) -> None:
    """Change the site's options."""
    hass, entry = site.hass, site.syncid.site
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await site.syncid.settle()


# --- installing -----------------------------------------------------------------------


class Folder:
    """Where blueprints are installed."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know where it is."""
        self.config = Path(hass.config.path())
        self.path = self.config / "blueprints" / "automation" / "syncid"

    def names(self) -> set[str]:
        """Return what is there."""
        return {path.name for path in self.path.iterdir()}

    def has_example(self) -> bool:
        """Tell whether Home Assistant's own examples are there too."""
        return (self.path.parent / "homeassistant" / "motion_light.yaml").exists()

    def read(self, name: str) -> bytes:
        """Return a file."""
        return (self.path / name).read_bytes()

    def write(self, name: str, found: bytes) -> None:
        """Write a file."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(found)

    def change(self, name: str, old: bytes, new: bytes) -> bytes:
        """Change a file as somebody does with an editor; return it."""
        self.write(name, changed := self.read(name).replace(old, new))
        assert new in changed
        return changed

    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.path / name).unlink()

    def occupy(self) -> None:
        """Let a file be where the folder would be."""
        self.path.parent.mkdir(parents=True)
        self.path.write_text("in the way", "utf-8")

    def configure(self, config: dict[str, Any]) -> None:
        """Write what Home Assistant reads when it reloads automations."""
        (self.config / "configuration.yaml").write_text(dump(config), "utf-8")


@pytest.fixture
def folder(hass: HomeAssistant) -> Folder:
    """Return where blueprints are installed."""
    return Folder(hass)


async def test_install(hass: HomeAssistant, site: Site, folder: Folder) -> None:
    """All are installed, once, beside Home Assistant's own; a change is somebody's."""
    assert await install(hass) == dict.fromkeys(NAMES, "installed")
    assert folder.names() == set(NAMES)
    assert folder.has_example()
    assert await install(hass) == dict.fromkeys(NAMES, "unchanged")
    changed = folder.change("welcome.yaml", b"Good ", b"Hello ")
    folder.delete("late_arrival.yaml")
    outcomes = dict.fromkeys(NAMES, "unchanged")
    outcomes |= {"welcome.yaml": "kept", "late_arrival.yaml": "installed"}
    assert await install(hass) == outcomes
    assert folder.read("welcome.yaml") == changed


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"blueprint: {}\n",
        "# caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode("cp1252"),
    ],
)
async def test_somebody_elses(
    hass: HomeAssistant, site: Site, folder: Folder, found: bytes
) -> None:
    """A file that SyncID did not write stays, whatever is in it."""
    folder.write("welcome.yaml", found)
    assert (await install(hass))["welcome.yaml"] == "kept"
    assert folder.read("welcome.yaml") == found


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return the blueprints of an older version."""
    text = (BLUEPRINTS / "unknown_user.yaml").read_text("utf-8")
    text = text.replace("and is mapped to nobody", "who is that")
    (tmp_path / "unknown_user.yaml").write_text(text, "utf-8")
    return tmp_path


async def test_update(
    hass: HomeAssistant,
    site: Site,
    folder: Folder,
    messages: Messages,
    monkeypatch: pytest.MonkeyPatch,
    older: Path,
) -> None:
    """What an older version installed is replaced, and used at once."""
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.syncid.actions.installer.BLUEPRINTS", older)
        await use(hass, "unknown_user", told=HEAD)
    uses = {"path": "syncid/unknown_user.yaml", "input": {"told": HEAD}}
    folder.configure({"automation": [{"alias": "Tell", "use_blueprint": uses}]})
    await site.punch("1009")
    assert "who is that" in messages.take()[0][1]
    assert (await install(hass))["unknown_user.yaml"] == "updated"
    await hass.async_block_till_done()
    await site.punch("1008")
    assert "mapped to nobody" in messages.take()[0][1]


async def test_updated_without_automations(
    hass: HomeAssistant,
    site: Site,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    older: Path,
) -> None:
    """They can be installed and updated before there is any automation."""
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.syncid.actions.installer.BLUEPRINTS", older)
        await install(hass)
    assert (await install(hass))["unknown_user.yaml"] == "updated"
    assert not hass.services.has_service("automation", "reload")
    head, text = folder.read("unknown_user.yaml").split(b"\n", 1)
    assert head.startswith(b"# Installed by SyncID")
    assert text.startswith(b"blueprint:")
    assert b"mapped to nobody" in text


async def test_cannot_be_written(
    hass: HomeAssistant, site: Site, folder: Folder
) -> None:
    """An admin hears why nothing was installed."""
    folder.occupy()
    with pytest.raises(HomeAssistantError) as refused:
        await install(hass)
    assert refused.value.translation_key == "file_not_written"


async def test_for_admins(
    hass: HomeAssistant, site: Site, hass_read_only_user: Any
) -> None:
    """Who is no admin installs nothing."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "install_blueprints",
            {},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )


async def test_all_are_tried(hass: HomeAssistant, site: Site) -> None:
    """Each blueprint is one that Home Assistant takes, and has a test here."""
    await install(hass)
    assert await async_setup_component(hass, "automation", {})
    blueprints = hass.data["blueprint"]["automation"]
    found = await blueprints.async_get_blueprints()
    ours = {path: one for path, one in found.items() if path.startswith("syncid/")}
    assert set(ours) == {f"syncid/{name}" for name in NAMES}
    for one in ours.values():
        assert one.validate() is None
        assert one.name.startswith("SyncID: ")
        assert one.metadata["homeassistant"] == {"min_version": "2026.10.0"}
    tried = {name.removeprefix("test_") for name in globals()}
    assert {name.removesuffix(".yaml") for name in NAMES} <= tried


# --- each of them ---------------------------------------------------------------------


async def test_mark_attendance(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site
) -> None:
    """Who punches at the chosen terminal is marked; others are not."""
    side = await syncid.add_push_device("SIDE-1", token="t2", webhook_id="abcd" * 16)
    await use(
        hass,
        "mark_attendance",
        terminals=[side.device_id],
        mark="excused",
        directions=["check_in", "unknown"],
    )
    for user_id, name in (("1001", "Amina"), ("1002", "Bruno"), ("1003", "Chen")):
        await site.add(name, user_id)
        await site.map(name, user_id, side)
    await site.push(
        {"user_id": "1001", "timestamp": f"{MONDAY} 06:01:00"},
        {"user_id": "1009", "timestamp": f"{MONDAY} 06:01:00"},
        {"user_id": "1003", "timestamp": f"{MONDAY} 06:01:00", "status": 1},
        token="t2",
    )
    await site.punch("1002")
    await syncid.settle()
    amina = site.mark("Amina")
    assert amina.status == "excused"
    assert "punched at Main gate" in amina.explain()
    assert site.mark("Bruno").status == "present"
    assert site.mark("Chen").status == "present"


async def test_mark_attendance_at_night(hass: HomeAssistant, site: Site) -> None:
    """Who punches after midnight is marked on the day that the night began."""
    await set_site(site, start_time="22:00", end_time="06:00")
    await use(hass, "mark_attendance", terminals=[site.gate.device_id], mark="excused")
    await site.add("Amina", "1001")
    await site.at("2026-11-03 00:30")
    await site.punch("1001")
    assert (await site.mark_on(MONDAY)).status == "excused"
    assert (await site.mark_on("2026-11-03")).status == "expected"
    await site.call(
        "mark_attendance",
        person="Amina",
        mark="by_punches",
        time="2026-11-03 00:20:00",
        why="is not ill",
    )
    assert (await site.mark_on(MONDAY)).status == "late"


async def test_mark_attendance_of_many(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site
) -> None:
    """Of a class that comes all at once, nobody is left out."""
    await use(hass, "mark_attendance", terminals=[site.gate.device_id], mark="late")
    users = [str(number) for number in range(2001, 2041)]
    for user_id in users:
        await site.add(f"Pupil {user_id}", user_id, groups=["7b"])
    await site.push(
        *({"user_id": one, "timestamp": f"{MONDAY} 06:01:00"} for one in users)
    )
    await syncid.settle()
    assert {site.mark(f"Pupil {one}").status for one in users} == {"late"}


async def test_late_arrival(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """The head hears of everybody, parents of their child, the teacher of a group."""
    await set_site(site, start_time="08:00", grace_minutes=10)
    await use(
        hass,
        "late_arrival",
        always=[HEAD],
        contacts=[
            {"who": "17", "notify": PARENT},
            {"who": "7b", "notify": "notify.teacher"},
            {"who": "Chen", "notify": HEAD},
        ],
        minutes=15,
    )
    await site.add("Amina", "1001", external_id="17", groups=["7b"])
    await site.add("Bruno", "1002")
    await site.add("Chen", "1003")
    await site.add("Dora", "1004")
    await site.at(f"{MONDAY} 08:10")
    await site.punch("1004")
    await site.at(f"{MONDAY} 08:12")
    await site.punch("1002")  # late, but not by so much
    await site.at(f"{MONDAY} 08:17")
    await site.punch("1001")
    await site.punch("1003")
    text = f"came 18 minutes late on {MONDAY}, at 08:18."
    assert messages.take() == [
        ([HEAD, PARENT, "notify.teacher"], f"Amina {text}"),
        ([HEAD], f"Chen {text}"),
    ]
    await site.at("2026-11-03 01:00")
    await site.read_all()  # that the day is closed is no news
    assert messages.take() == []


async def test_late_arrival_of_some(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Nobody is told of who has no contacts; the message is what somebody wrote."""
    await set_site(site, start_time="08:00")
    await use(
        hass,
        "late_arrival",
        contacts=[{"who": "Amina", "notify": PARENT}],
        message="{{ person }} ({{ date }}): {{ why }}",
        people=["Amina", "Bruno"],
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.at(f"{MONDAY} 08:05")
    await site.punch("1002")
    await site.punch("1001")
    ((told, text),) = messages.take()
    assert told == [PARENT]
    assert text.startswith(f"Amina ({MONDAY}): late: first in 08:06:01, start 08:00")


@pytest.mark.parametrize(("days", "heard"), [(None, []), (2, ["2026-11-03"])])
async def test_late_arrival_long_past(
    hass: HomeAssistant,
    site: Site,
    messages: Messages,
    days: int | None,
    heard: list[str],
) -> None:
    """What a terminal tells of days past, nobody hears of, unless it is wanted."""
    await set_site(site, start_time="08:00")
    chosen = {} if days is None else {"days": days}
    await use(hass, "late_arrival", always=[HEAD], **chosen)
    await site.add("Amina", "1001")
    await site.at("2026-11-05 06:00")
    for day in (MONDAY, "2026-11-03"):
        await site.punch("1001", f"{day} 08:20:00")
    assert messages.take() == [
        ([HEAD], f"Amina came 20 minutes late on {day}, at 08:20.") for day in heard
    ]


async def test_absent_at_closeout(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Absence is told when it is final, and taken back when it was not so."""
    await use(
        hass,
        "absent_at_closeout",
        always=[HEAD],
        contacts=[{"who": "Amina", "notify": PARENT}],
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1002")
    await site.at("2026-11-03 01:00")
    assert messages.take() == []  # the gate has not told of the evening yet
    await site.read_all()
    assert messages.take() == [([HEAD, PARENT], f"Amina was absent on {MONDAY}.")]
    await site.punch("1001", f"{MONDAY} 09:00:00")  # delivered late
    await site.read_all()
    assert messages.take() == [
        ([HEAD, PARENT], f"Amina was not absent on {MONDAY}, but present.")
    ]


async def test_absent_and_no_more(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Without a message for it, nobody hears that it turned out otherwise."""
    await use(hass, "absent_at_closeout", always=[HEAD], otherwise="")
    await site.add("Amina", "1001")
    await site.at("2026-11-03 01:00")
    await site.read_all()
    assert len(messages.take()) == 1
    await site.call(
        "mark_attendance", person="Amina", mark="excused", date=MONDAY, why="ill"
    )
    assert messages.take() == []


async def test_absent_long_ago(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """When Home Assistant comes back after a week, nobody hears of all of it."""
    await use(hass, "absent_at_closeout", always=[HEAD])
    await site.add("Amina", "1001")
    await site.at("2026-11-12 12:30")
    await site.read_all()
    assert [text for _, text in messages.take()] == [
        f"Amina was absent on 2026-11-{day:02}." for day in (9, 10, 11)
    ]


async def test_unknown_user(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """Who is mapped to nobody is told of, at chosen terminals."""
    await use(hass, "unknown_user", told=[HEAD], terminals=[site.gate.device_id])
    await site.add("Amina", "1001")
    await site.punch("1001")
    await site.punch("1009")
    assert messages.take() == [
        ([HEAD], "User 1009 punched at Main gate at 06:01, and is mapped to nobody.")
    ]


async def test_unknown_user_denied(
    hass: HomeAssistant, syncid: SyncIDKit, messages: Messages
) -> None:
    """Whom not even the terminal knows is told of, if that is wanted."""
    gate = await syncid.add_terminal()
    side = await syncid.add_terminal(
        syncid.start_terminal(serial="CKUJ203460002"), name="Side", mac=None
    )
    await use(hass, "unknown_user", told=[HEAD], terminals=[gate.device_id])
    for terminal in (side, gate):
        terminal.simulation.call(terminal.device.deny)
        await syncid.next_alarm()
    await syncid.settle()
    ((_, text),) = messages.take()
    assert text.startswith("Somebody tried Main gate at ")
    gate.punch("1001")
    await syncid.next_punch()
    await syncid.settle()
    ((_, text),) = messages.take()
    assert text.startswith(f"{PEOPLE['1001']} punched at Main gate at ")


async def test_unknown_user_only_unmapped(
    hass: HomeAssistant, syncid: SyncIDKit, messages: Messages
) -> None:
    """Without a message for it, nobody hears of who was not recognised."""
    gate = await syncid.add_terminal()
    await use(hass, "unknown_user", told=[HEAD], denied="")
    gate.simulation.call(gate.device.deny)
    await syncid.next_alarm()
    await syncid.settle()
    assert messages.take() == []


async def test_welcome(hass: HomeAssistant, site: Site) -> None:
    """People are greeted by name; who leaves is not."""
    speak = catch(hass, "tts", "speak")
    await use(
        hass,
        "welcome",
        terminals=[site.gate.device_id],
        voice="tts.home",
        speaker="media_player.hall",
    )
    await site.add("Amina Rossi", "1001")
    await site.punch("1001")
    await site.punch("1009")
    await site.at(f"{MONDAY} 13:00")
    await site.punch("1001", status=1)
    await site.punch("1001", f"{MONDAY} 13:01:30", status=0)
    assert [call.data for call in speak] == [
        {
            "entity_id": ["tts.home"],
            "media_player_entity_id": "media_player.hall",
            "message": f"Good {part}, Amina.",
        }
        for part in ("morning", "afternoon")
    ]


async def test_first_in_last_out(hass: HomeAssistant, site: Site) -> None:
    """The first disarms; a while after the last, the alarm is armed."""
    disarm = catch(hass, "alarm_control_panel", "alarm_disarm")
    arm = catch(hass, "alarm_control_panel", "alarm_arm_night")
    extra = catch(hass, "test", "tell")

    def done() -> tuple[int, int, int]:
        return len(disarm), len(arm), len(extra)

    await use(
        hass,
        "first_in_last_out",
        on_site="sensor.syncid_on_site",
        alarm="alarm_control_panel.home",
        arm="alarm_control_panel.alarm_arm_night",
        code="0042",
        wait={"minutes": 5},
        first_in=[{"action": "test.tell", "data": {"what": "first"}}],
        last_out=[{"action": "test.tell", "data": {"what": "last"}}],
    )
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.punch("1001")
    assert disarm[0].data == {
        "entity_id": ["alarm_control_panel.home"],
        "code": "0042",
    }
    hass.states.async_set("alarm_control_panel.home", "disarmed")
    await site.punch("1002")
    assert done() == (1, 0, 1)
    await site.at(f"{MONDAY} 16:00")
    await site.punch("1001")
    await site.at(f"{MONDAY} 16:10")
    assert done() == (1, 0, 1)  # Bruno is there
    await site.punch("1002")
    await site.at(f"{MONDAY} 16:14")
    assert done() == (1, 0, 1)
    await site.at(f"{MONDAY} 16:20")
    assert done() == (1, 1, 2)
    assert arm[0].data["code"] == "0042"
    assert [call.data["what"] for call in extra] == ["first", "last"]


async def test_terminal_offline(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    messages: Messages,
    impatient: None,
) -> None:
    """A terminal that stays away is told of, and that it is back."""
    gate = await syncid.add_terminal()
    await use(
        hass,
        "terminal_offline",
        terminals=[gate.entity_id("binary_sensor", "connectivity")],
        told=[HEAD],
        wait={"minutes": 10},
    )
    gate.vanish()
    await syncid.wait_online(gate, False)
    assert messages.take() == []
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=11))
    await syncid.wait_until(lambda: messages.calls)
    assert messages.take() == [([HEAD], "Main gate is offline.")]
    gate.reappear()
    await syncid.wait_online(gate)
    await syncid.wait_until(lambda: messages.calls)
    assert messages.take() == [([HEAD], "Main gate is back.")]


class Fire:
    """A building on fire, in which the roll is called."""

    def __init__(self, site: Site, messages: Messages) -> None:
        """Hold it."""
        self.site = site
        self.messages = messages

    async def told(self) -> tuple[str | None, str]:
        """Return the next message to the wardens: the automation goes on meanwhile."""
        await self.site.syncid.wait_until(lambda: self.messages.calls)
        (message,) = self.messages.take_all()
        return message

    async def begin(self) -> tuple[str | None, str]:
        """Let the detector see smoke."""
        self.site.hass.states.async_set("binary_sensor.smoke", "on")
        return await self.told()

    async def wait(self) -> tuple[str | None, str]:
        """Let as much time pass as is between two messages."""
        self.site.freezer.tick(timedelta(seconds=31))
        async_fire_time_changed(self.site.hass)
        return await self.told()

    async def punch(self, user_id: str, token: str) -> None:
        """Let somebody punch, without waiting for all that there is to do."""
        self.site.freezer.tick(timedelta(seconds=5))
        told = {"user_id": user_id, "timestamp": f"{dt_util.now():%Y-%m-%d %H:%M:%S}"}
        response = await self.site.client.post(
            URL, json={"logs": [told]}, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status == 200


@pytest.fixture
def fire(hass: HomeAssistant, site: Site, messages: Messages) -> Fire:
    """Return a building where nobody has seen smoke yet."""
    hass.states.async_set("binary_sensor.smoke", "off")
    return Fire(site, messages)


async def test_fire_roll_call(
    hass: HomeAssistant, syncid: SyncIDKit, site: Site, fire: Fire
) -> None:
    """Wardens hear who is in, then who is missing, until nobody is."""
    unlocked: list[ServiceCall] = catch(hass, DOMAIN, "unlock_door")
    meadow = await syncid.add_push_device("MEADOW", token="t2", webhook_id="abcd" * 16)
    hall = ar.async_get(hass).async_create("Hall")
    dr.async_get(hass).async_update_device(site.gate.device_id, area_id=hall.id)
    await use(
        hass,
        "fire_roll_call",
        alarm=["binary_sensor.smoke"],
        wardens=[HEAD],
        doors=[site.gate.device_id],
        assembly_point=[meadow.device_id],
        every={"seconds": 30},
    )
    for user_id, name in (("1001", "Amina"), ("1002", "Bruno"), ("1003", "Chen")):
        await site.add(name, user_id)
        await site.map(name, user_id, meadow)
    await site.punch("1001")
    await site.punch("1002")
    await site.punch("1009")
    await site.minute()
    assert await fire.begin() == (
        "smoke: 2 in the building",
        "Hall (2): Amina, Bruno\nUsers who are nobody: 1009",
    )
    await fire.punch("1002", "t2")
    assert [call.data["device_id"] for call in unlocked] == [site.gate.device_id]
    assert await fire.wait() == ("1 missing", "1 of 2 have come: Amina (Hall)")
    await fire.punch("1001", "t2")
    assert await fire.wait() == ("Nobody is missing", "2 of 2 have come.")
    await syncid.settle()
    await site.minute()
    assert fire.messages.take_all() == []


async def test_fire_without_assembly_point(
    hass: HomeAssistant, site: Site, fire: Fire
) -> None:
    """The list is told once where nobody can say that they are out."""
    await use(hass, "fire_roll_call", alarm=["binary_sensor.smoke"], wardens=[HEAD])
    await site.add("Amina", "1001")
    await site.punch("1001")
    assert await fire.begin() == ("smoke: 1 in the building", "Anywhere (1): Amina")
    await site.minute()
    assert fire.messages.take_all() == []


async def test_fire_in_an_empty_building(
    hass: HomeAssistant, site: Site, fire: Fire
) -> None:
    """That nobody is in is told too, once."""
    await use(
        hass,
        "fire_roll_call",
        alarm=["binary_sensor.smoke"],
        wardens=[HEAD],
        assembly_point=[site.gate.device_id],
    )
    assert await fire.begin() == ("smoke: 0 in the building", "Nobody.")
    await site.minute()
    assert fire.messages.take_all() == []


async def test_fire_after_the_day(hass: HomeAssistant, site: Site, fire: Fire) -> None:
    """Who was not seen to leave may still be in, at night too."""
    await use(hass, "fire_roll_call", alarm=["binary_sensor.smoke"], wardens=[HEAD])
    await site.add("Amina", "1001")
    await site.add("Bruno", "1002")
    await site.at(f"{MONDAY} 22:00")
    await site.punch("1001")
    await site.at("2026-11-03 00:10")
    await site.read_all()
    await site.punch("1002")
    assert await fire.begin() == (
        "smoke: 2 in the building, 1 of them never checked out",
        "Anywhere (2): Amina (never checked out), Bruno",
    )


async def test_fire_for_too_long(hass: HomeAssistant, site: Site, fire: Fire) -> None:
    """Who does not come is told of so many times, and no more."""
    await use(
        hass,
        "fire_roll_call",
        alarm=["binary_sensor.smoke"],
        wardens=[HEAD],
        assembly_point=[site.gate.device_id],
        every={"seconds": 30},
        times=2,
    )
    await site.add("Amina", "1001")
    await site.punch("1001")
    await fire.begin()
    await fire.punch("1009", TOKEN)
    missing = ("1 missing", "0 of 1 have come: Amina (Main gate)")
    assert await fire.wait() == missing
    await fire.punch("1009", TOKEN)
    assert await fire.wait() == missing
    await site.minute()
    assert fire.messages.take_all() == []


async def test_weekly_summary(
    hass: HomeAssistant, site: Site, messages: Messages
) -> None:
    """On the day, at the time: what became of the seven days before."""
    await set_site(site, start_time="08:00")
    await site.add("Amina", "1001", groups=["7b"])
    await site.add("Bruno", "1002", groups=["7b"])
    await site.add("Chen", "1003")
    for day in (2, 3):
        await site.at(f"2026-11-0{day} 07:50")
        await site.punch("1001")
        await site.punch("1003")
        await site.at(f"2026-11-0{day} 08:20")
        if day == 2:
            await site.punch("1002")
    await site.at("2026-11-09 06:50")
    await site.read_all()
    await use(hass, "weekly_summary", told=[HEAD], groups=["7b"])
    await site.read_all()
    assert messages.take_all() == []
    await site.at("2026-11-09 07:00")
    ((title, text),) = messages.take_all()
    assert title == "Attendance 2026-11-02 to 2026-11-08"
    assert text.splitlines() == [
        "Present: 2",
        "Late: 1 (Bruno)",
        "Absent: 11 (Amina 5, Bruno 6)",
    ]
