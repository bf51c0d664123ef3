"""Users with their templates, between terminals that push, and to them."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from custom_components.syncid.core.progress import Going
from custom_components.syncid.push import adms
from custom_components.syncid.signals import SIGNAL_GOING
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from simulator.adms import ADMS_PROFILES, FACE, FINGERPRINT, PALM, AdmsSimulation
from simulator.adms.commands import Command, Handler, Outcome, lines_post
from simulator.adms.device import AdmsDevice
from simulator.adms.lines import biodata_line
from simulator.adms.people import PEOPLE_HANDLERS
from simulator.adms.worker import AdmsWorker

from .kit import OTHER_SERIAL, SERIAL, KitDevice, SyncIDKit

SOURCE, TARGET = "PUSH0001", "PUSH0002"
JPEG = b"\xff\xd8\xff\xe0 a face \0\t\r\n=&\xff\xd9"


class Pair:
    """Two terminals that push."""

    def __init__(self, hass: HomeAssistant, stack: AsyncExitStack, url: str) -> None:
        """Know where they push to."""
        self.hass = hass
        self._stack = stack
        self._url = url
        self.devices: dict[str, KitDevice] = {}
        self.simulations: dict[str, AdmsSimulation] = {}

    async def start(
        self, syncid: SyncIDKit, serial: str, profile: str = "att", **other: Any
    ) -> AdmsSimulation:
        """Set one up, and switch it on."""
        self.devices[serial] = await syncid.add_push_device(
            serial, token=serial, webhook_id=serial, biometrics=True
        )
        return await self.push(serial, profile, **other)

    async def push(
        self, serial: str, profile: str = "att", **other: Any
    ) -> AdmsSimulation:
        """Have one push that is set up."""
        simulation = AdmsSimulation(
            self._url,
            serial=serial,
            profile=replace(ADMS_PROFILES[profile], **other),
            delay=0.01,
            error_delay=0.01,
        )
        self.simulations[serial] = simulation
        await self._stack.enter_async_context(simulation)
        await simulation.until_polled()
        return simulation

    async def transfer(
        self, source: KitDevice, target: KitDevice, **data: Any
    ) -> dict[str, Any]:
        """Bring users from one to the other, and return what became of it."""
        response: Any = await self.hass.services.async_call(
            DOMAIN,
            "transfer_templates",
            {
                "device_id": source.device_id,
                "target_device_id": [target.device_id],
                **data,
            },
            blocking=True,
            return_response=True,
        )
        (report,) = response["terminals"]
        return dict(report)

    def templates(self, serial: str) -> set[tuple[str, int, int, str]]:
        """Return what a terminal holds."""
        device = self.simulations[serial].terminal
        return {
            (user.user_id, one.kind, one.number, one.data)
            for user in device.users.values()
            for one in device.templates_of(user.user_id)
        }


@pytest.fixture
async def pair(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    hass_client_no_auth: Any,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Pair]:
    """Return what starts terminals that push."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 5)
    await syncid.add_push_device("SITE")  # which opens the door
    client = await hass_client_no_auth()
    async with AsyncExitStack() as stack:
        yield Pair(hass, stack, str(client.make_url("/")).rstrip("/"))


async def test_faces_and_fingerprints(syncid: SyncIDKit, pair: Pair) -> None:
    """All that somebody is recognised by goes to the other terminal."""
    source = (await pair.start(syncid, SOURCE)).terminal
    await pair.start(syncid, TARGET)
    source.add_user("1001", "Amina", card="4711")
    source.add_user("1002", "Bruno")
    source.add_fingerprint("1001", 5)
    source.add_fingerprint("1001", 6)
    source.add_face("1001")
    source.add_face("1002")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert done["done"], done
    assert [
        (user["user_id"], user["outcome"], user["fingerprints"], user["face"])
        for user in done["users"]
    ] == [("1001", "add", 2, True), ("1002", "add", 0, True)]
    assert pair.templates(TARGET) == pair.templates(SOURCE) != set()
    held = pair.simulations[TARGET].terminal.user("1001")
    assert (held.name, held.card) == ("Amina", "4711")


@pytest.mark.parametrize("family", ["att", "acc"])
@pytest.mark.parametrize("tables", ["operlog", "own"])
async def test_pictures_of_faces(
    syncid: SyncIDKit, pair: Pair, family: str, tables: Any
) -> None:
    """The picture that a face is known by goes along, and keeps the template as it was."""
    source = (await pair.start(syncid, SOURCE, family)).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    source.faults.query_tables = tables
    for user_id in ("1001", "1002", "1003", "1004"):
        source.add_user(user_id)
    source.add_face("1001", b"a template that no picture makes")
    source.add_face_photo("1001", JPEG)
    source.add_face_photo("1002", JPEG)
    source.add_face_photo("1003", b"no picture")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert done["done"], done
    assert [(user["outcome"], user["face"]) for user in done["users"]] == [
        ("add", True),
        ("add", True),
        ("add", False),
        ("add", False),
    ]
    assert list(target.face_photos) == ["1001", "1002"]
    assert target.face_photos["1001"] == b64encode(JPEG).decode()
    assert pair.templates(SOURCE) < pair.templates(TARGET)
    assert target.templates_of("1002")
    assert target.violations == []
    again = await pair.transfer(
        pair.devices[SOURCE], pair.devices[TARGET], user_id=["1002"]
    )
    assert again["users"][0]["outcome"] == "change"


async def test_picture_for_other_firmware(syncid: SyncIDKit, pair: Pair) -> None:
    """A terminal with faces of another kind makes one of its own of the picture."""
    source = (await pair.start(syncid, SOURCE, face_version=(38, 1))).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    for user_id in ("1001", "1002"):
        source.add_user(user_id)
        source.add_face(user_id)
    source.add_face_photo("1001", JPEG)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert [(user["outcome"], user["reasons"]) for user in done["users"]] == [
        ("add", []),
        ("fail", ["push_version"]),
    ]
    (held,) = target.templates_of("1001")
    assert held.major == "58"
    assert target.templates_of("1002") == []


async def test_plan(syncid: SyncIDKit, pair: Pair) -> None:
    """A plan says what would be done, and nothing is."""
    source = (await pair.start(syncid, SOURCE)).terminal
    await pair.start(syncid, TARGET)
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET], dry_run=True)
    assert done["users"][0]["outcome"] == "add"
    assert pair.simulations[TARGET].terminal.users == {}


async def test_who_is_there_already(syncid: SyncIDKit, pair: Pair) -> None:
    """Name and card of somebody who is there stay; only templates are brought."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    source.add_user("1001", "Amina", card="1")
    source.add_fingerprint("1001", 5)
    source.add_user("1002", "Bruno")
    target.add_user("1001", "Amina B.", card="2")
    target.add_user("1002", "Bruno")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert [user["outcome"] for user in done["users"]] == ["change", "same"]
    held = target.user("1001")
    assert (held.name, held.card) == ("Amina B.", "2")
    assert len(target.templates_of("1001")) == 1


@pytest.mark.parametrize("count", [2, 7])
async def test_some(syncid: SyncIDKit, pair: Pair, count: int) -> None:
    """Some are asked for one by one, more of them all at once."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    for number in range(1, 10):
        source.add_user(f"{number}", f"User {number}")
        source.add_fingerprint(f"{number}", 0)
    chosen = [f"{number}" for number in range(1, count + 1)]
    done = await pair.transfer(
        pair.devices[SOURCE], pair.devices[TARGET], user_id=[*chosen, "1"]
    )
    assert [user["user_id"] for user in done["users"]] == chosen
    assert sorted(target.users) == chosen
    assert len(pair.templates(TARGET)) == count


async def test_nobody(syncid: SyncIDKit, pair: Pair) -> None:
    """Somebody who is not there cannot be brought."""
    await pair.start(syncid, SOURCE)
    await pair.start(syncid, TARGET)
    with pytest.raises(HomeAssistantError) as error:
        await pair.transfer(
            pair.devices[SOURCE], pair.devices[TARGET], user_id=["1001"]
        )
    assert error.value.translation_key == "user_unknown"


async def test_without_leave(syncid: SyncIDKit, pair: Pair) -> None:
    """Nobody's finger leaves a terminal whose admin did not say so."""
    await pair.start(syncid, SOURCE)
    await pair.start(syncid, TARGET)
    entry = pair.devices[SOURCE].entry
    pair.hass.config_entries.async_update_entry(
        entry, options={**entry.options, "biometrics": False}
    )
    await pair.hass.config_entries.async_reload(entry.entry_id)
    await pair.simulations[SOURCE].until_polled()
    with pytest.raises(HomeAssistantError) as error:
        await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert error.value.translation_key == "biometrics_off"


async def test_terminal_without_faces(syncid: SyncIDKit, pair: Pair) -> None:
    """A terminal that knows no faces gives its fingerprints all the same."""
    source = (await pair.start(syncid, SOURCE, face_version=None)).terminal

    def refuse_faces() -> None:
        if any("FINGERTMP" in command.text for command in source.commands):
            source.faults.return_code = -1002

    source.listeners.append(refuse_faces)
    target = (await pair.start(syncid, TARGET)).terminal
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    (user,) = done["users"]
    assert user["outcome"] == "add"
    assert "1001" in target.users


def refuse(device: AdmsWorker, table: str, code: int, *verbs: str) -> None:
    """Have a terminal refuse what is about a table."""
    for verb in verbs:

        def handle(
            device: AdmsDevice,
            command: Command,
            rest: str,
            do: Handler = device.handlers[verb],
        ) -> Outcome:
            if rest.strip().startswith(table):
                return Outcome(code=code, verb="DATA")
            return do(device, command, rest)

        device.handlers[verb] = handle


@pytest.mark.parametrize("table", ["FINGERTMP", "BIODATA"])
async def test_fingerprints_of_one_table(
    syncid: SyncIDKit, pair: Pair, table: str
) -> None:
    """Those of later algorithms come and go in the table of all templates."""
    version = "12" if table == "FINGERTMP" else "10"
    for serial in (SOURCE, TARGET):
        device = (
            await pair.start(syncid, serial, fingerprint_version=version)
        ).terminal
        refuse(device, table, -1004, "DATA QUERY", "DATA UPDATE")
    source = pair.simulations[SOURCE].terminal
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    told = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert told["users"][0]["fingerprints"] == 1
    assert pair.templates(TARGET) == pair.templates(SOURCE) != set()


@pytest.mark.parametrize("code", [-1005, -1003])  # busy, timed out
@pytest.mark.parametrize(
    ("table", "warnings"),
    [
        ("FINGERTMP", ["fingerprints_not_read"]),
        ("BIODATA", ["fingerprints_not_read", "faces_not_read"]),
        ("BIOPHOTO", ["face_pictures_not_read"]),
    ],
)
async def test_source_that_is_busy(
    syncid: SyncIDKit, pair: Pair, table: str, warnings: list[str], code: int
) -> None:
    """What a terminal did not give away just now is told."""
    source = (await pair.start(syncid, SOURCE)).terminal
    await pair.start(syncid, TARGET)
    for user_id in ("1001", "1002"):
        source.add_user(user_id, "Amina")
        source.add_fingerprint(user_id, 5)
        source.add_face(user_id)
        source.add_face_photo(user_id, JPEG)
    refuse(source, table, code, "DATA QUERY")
    response = await pair.devices[SOURCE].call(
        "transfer_templates", target_device_id=pair.devices[TARGET].device_id
    )
    assert response["warnings"] == warnings
    assert [user["outcome"] for user in response["terminals"][0]["users"]] == [
        "add"
    ] * 2


async def test_from_old_firmware(syncid: SyncIDKit, pair: Pair) -> None:
    """A terminal that cannot be asked for some gives all, and who is chosen is brought."""
    source = (await pair.start(syncid, SOURCE, "old")).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    for user_id in ("1001", "1002"):
        source.add_user(user_id, "Amina", card="4711", password="12")
        source.add_fingerprint(user_id, 5)
        source.add_fingerprint(user_id, 6)
    done = await pair.transfer(
        pair.devices[SOURCE], pair.devices[TARGET], user_id=["1002"]
    )
    (user,) = done["users"]
    assert (user["outcome"], user["fingerprints"], user["face"]) == ("add", 2, False)
    held = target.user("1002")
    assert (held.name, held.card, held.password) == ("Amina", "4711", "12")
    assert pair.templates(TARGET) == {
        one for one in pair.templates(SOURCE) if one[0] == "1002"
    }


@pytest.mark.parametrize("source", ["att", "old"])
async def test_to_old_firmware(syncid: SyncIDKit, pair: Pair, source: str) -> None:
    """Users and fingers are brought in the words that it knows."""
    device = (await pair.start(syncid, SOURCE, source)).terminal
    target = (await pair.start(syncid, TARGET, "old")).terminal
    device.add_user("1001", "Amina", card="4711", password="12")
    device.add_fingerprint("1001", 5)
    target.add_user("1002", "Bruno")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    (user,) = done["users"]
    assert (user["outcome"], user["fingerprints"]) == ("add", 1), done
    assert pair.templates(TARGET) == pair.templates(SOURCE) != set()
    held = target.user("1001")
    assert (held.name, held.card, held.password) == ("Amina", "4711", "12")
    assert set(target.users) == {"1001", "1002"}


async def test_finger_of_a_unified_table(syncid: SyncIDKit, pair: Pair) -> None:
    """A finger that was told as unified template is told to old firmware as a finger."""
    device = (await pair.start(syncid, SOURCE)).terminal
    await pair.start(syncid, TARGET, "old")
    device.add_user("1001", "Amina")
    device.add_fingerprint("1001", 5)
    line = biodata_line(device.templates_of("1001")[0])

    def told(device: AdmsDevice, command: Command, rest: str) -> Outcome:
        if not rest.startswith("FINGERTMP"):
            return PEOPLE_HANDLERS["DATA QUERY"](device, command, rest)
        return Outcome(verb="DATA", data=lines_post(device, command, "BIODATA", [line]))

    device.handlers["DATA QUERY"] = told
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert done["users"][0]["fingerprints"] == 1
    assert pair.templates(TARGET) == pair.templates(SOURCE) != set()


async def test_other_version(syncid: SyncIDKit, pair: Pair) -> None:
    """A fingerprint of another version is not brought, and that is told."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET, fingerprint_version="9")).terminal
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    source.add_face("1001")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    (user,) = done["users"]
    assert (user["outcome"], user["fingerprints"], user["face"]) == ("add", 0, True)
    assert user["reasons"] == ["fingerprint_version"]
    assert {one.kind for one in target.templates_of("1001")} == {9}


async def test_versions_that_nobody_tells(syncid: SyncIDKit, pair: Pair) -> None:
    """What fits nobody knows if neither terminal tells: no finger is brought."""
    source = (await pair.start(syncid, SOURCE, fingerprint_version="")).terminal
    await pair.start(syncid, TARGET, fingerprint_version="")
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    (user,) = done["users"]
    assert (user["outcome"], user["fingerprints"]) == ("add", 0)
    assert user["reasons"] == ["fingerprint_version_unknown"]
    assert pair.templates(TARGET) == set()


async def test_refused(syncid: SyncIDKit, pair: Pair) -> None:
    """What the terminal refuses is told for whom it was meant."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET, max_users=1)).terminal
    source.add_user("1001", "Amina")
    source.add_user("1002", "Bruno")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert [(user["outcome"], user["reasons"]) for user in done["users"]] == [
        ("add", []),
        ("fail", ["push_full"]),
    ]
    assert list(target.users) == ["1001"]


async def test_id_that_cannot_be_sent(syncid: SyncIDKit, pair: Pair) -> None:
    """One that cannot be brought keeps nobody else from it."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    source.add_user("10-01", "Amina")
    source.add_user("1002", "Bruno")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert [(user["outcome"], user["reasons"]) for user in done["users"]] == [
        ("refuse", ["user_id_characters"]),
        ("add", []),
    ]
    assert list(target.users) == ["1002"]


async def test_terminal_that_goes_away(
    syncid: SyncIDKit, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a terminal has not taken waits for it, and is done when it is back."""
    source = (await pair.start(syncid, SOURCE)).terminal
    simulation = await pair.start(syncid, TARGET)
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)

    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.3)
    simulation.power_cut()
    with pytest.raises(HomeAssistantError) as error:
        await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert error.value.translation_key == "push_no_answer"
    simulation.power_on()
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 5)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert done["users"][0]["outcome"] == "add"
    assert pair.templates(TARGET) == pair.templates(SOURCE)


async def test_long_queue(
    syncid: SyncIDKit, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer than anybody waits is done all the same."""
    source = (await pair.start(syncid, SOURCE)).terminal
    simulation = await pair.start(syncid, TARGET)
    for number in range(1, 31):
        source.add_user(f"{number}", f"User {number}")
    say = adms.AdmsTerminal.async_say

    async def say_and_leave(
        self: Any, commands: Any, within: Any = None, **more: Any
    ) -> Any:
        commands = tuple(commands)
        return await say(self, commands, 0.001 if len(commands) > 1 else within, **more)

    monkeypatch.setattr(adms.AdmsTerminal, "async_say", say_and_leave)
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert (done["done"], done["queued"]) == (False, True)
    assert {user["outcome"] for user in done["users"]} == {"queued"}
    await simulation.until(lambda: len(simulation.terminal.users) == 30)


async def test_progress(hass: HomeAssistant, syncid: SyncIDKit, pair: Pair) -> None:
    """Whom a copy has got to is told as the terminal answers."""
    source = (await pair.start(syncid, SOURCE)).terminal
    await pair.start(syncid, TARGET)
    for number in range(1, 6):
        source.add_user(f"{number}", f"User {number}" if number < 5 else "")
        source.add_fingerprint(f"{number}", number)
    told: list[tuple[str, Going]] = []

    @callback
    def async_note(serial: str, going: Going) -> None:
        told.append((serial, going))

    async_dispatcher_connect(hass, SIGNAL_GOING, async_note)
    await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    await syncid.settle()
    assert told == [
        (TARGET, Going("write", number, 5, f"User {number}" if number < 5 else "5"))
        for number in range(1, 6)
    ]


async def test_from_port_4370(syncid: SyncIDKit, pair: Pair) -> None:
    """A fingerprint of a terminal on port 4370 goes to one that pushes."""
    target = (await pair.start(syncid, TARGET)).terminal
    terminal = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    terminal.simulation.call(terminal.device.add_fingerprint, "1001", 3)
    source = KitDevice(pair.hass, terminal.entry)
    done = await pair.transfer(source, pair.devices[TARGET])
    assert done["done"], done
    assert {user["outcome"] for user in done["users"]} == {"add"}
    assert done["users"][0]["fingerprints"] == 1
    (held,) = target.templates_of("1001")
    assert (held.kind, held.number) == (1, 3)


async def test_disabled_user_of_port_4370(syncid: SyncIDKit, pair: Pair) -> None:
    """Who is let in nowhere is disabled at a door before it is told of them."""
    target = (await pair.start(syncid, TARGET, "acc")).terminal
    terminal = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    source = KitDevice(pair.hass, terminal.entry)
    await source.call("update_user", user_id="1001", disabled=True)
    done = await pair.transfer(source, pair.devices[TARGET], user_id=["1001"])
    assert done["users"][0]["outcome"] == "add"
    assert target.user("1001").disabled == "1"
    user, doors = (
        next(place for place, one in enumerate(target.commands) if word in one.text)
        for word in ("UPDATE user ", "UPDATE userauthorize ")
    )
    assert user < doors


@pytest.mark.parametrize("family", ["att", "acc", "old"])
async def test_disabled_user(syncid: SyncIDKit, pair: Pair, family: str) -> None:
    """Who is disabled stays away from where nobody can be; the others are brought."""
    source = (await pair.start(syncid, SOURCE, "acc")).terminal
    target = (await pair.start(syncid, TARGET, family)).terminal
    source.add_user("1001", "Amina").disabled = "1"
    source.add_user("1002", "Bruno")
    target.add_user("1003", "Carla")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    told = [(user["outcome"], user["reasons"]) for user in done["users"]]
    if family == "acc":
        assert told == [("add", []), ("add", [])]
        assert target.user("1001").disabled == "1"
        assert target.user("1002").disabled == "0"
    else:
        assert told == [("refuse", ["not_over_push"]), ("add", [])]
        assert set(target.users) == {"1002", "1003"}


async def test_card_of_somebody_else(syncid: SyncIDKit, pair: Pair) -> None:
    """A card that somebody there has, or who was brought just before, stays theirs."""
    source = (await pair.start(syncid, SOURCE)).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    for user_id, card in (("1001", "4711"), ("1002", "4712"), ("1003", "4712")):
        source.add_user(user_id, "Amina", card=card)
    target.add_user("2001", "Dora", card="4711")
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    assert [(user["outcome"], user["reasons"]) for user in done["users"]] == [
        ("add", ["card_taken"]),
        ("add", []),
        ("add", ["card_taken"]),
    ]
    cards = {user.user_id: user.card for user in target.users.values()}
    assert cards == {"1001": "", "1002": "4712", "1003": "", "2001": "4711"}


async def test_to_port_4370(syncid: SyncIDKit, pair: Pair) -> None:
    """A terminal on port 4370 takes nothing from one that pushes, and says so."""
    await pair.start(syncid, SOURCE)
    terminal = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    with pytest.raises(HomeAssistantError) as error:
        await pair.transfer(pair.devices[SOURCE], KitDevice(pair.hass, terminal.entry))
    assert error.value.translation_key == "templates_of_push"


async def test_to_port_4370_and_push(syncid: SyncIDKit, pair: Pair) -> None:
    """One that pushes besides takes by push what port 4370 cannot: visible-light faces."""
    source = (await pair.start(syncid, SOURCE)).terminal
    source.add_user("55", "Eva")
    source.add_face("55")
    terminal = await syncid.add_terminal(syncid.start_terminal(serial=OTHER_SERIAL))
    simulation = await pair.push(OTHER_SERIAL)
    target = KitDevice(pair.hass, terminal.entry)
    done = await pair.transfer(pair.devices[SOURCE], target, dry_run=True)
    assert done["users"][0]["outcome"] == "add"
    assert simulation.terminal.users == {}
    done = await pair.transfer(pair.devices[SOURCE], target)
    assert done["done"], done
    assert done["users"][0]["face"] is True
    assert pair.templates(OTHER_SERIAL) == pair.templates(SOURCE) != set()


class BothRoads:
    """A terminal on port 4370 that pushes besides, and may give faces away."""

    def __init__(self, syncid: SyncIDKit, pair: Pair) -> None:
        """Set nothing up yet."""
        self.syncid = syncid
        self.pair = pair

    async def start(self, *, biometrics: bool = True, **other: Any) -> KitDevice:
        """Set it up, with somebody whose finger one road knows, and their face both."""
        terminal = self.terminal = await self.syncid.add_terminal(
            self.syncid.start_terminal(serial=OTHER_SERIAL), biometrics=biometrics
        )
        terminal.simulation.call(terminal.device.add_fingerprint, "1001", 3)
        self.pushing = await self.pair.push(OTHER_SERIAL, **other)
        self.pushing.terminal.add_user("1001", "Amina")
        self.pushing.terminal.add_face("1001")
        return KitDevice(self.pair.hass, terminal.entry)


@pytest.fixture
def both_roads(syncid: SyncIDKit, pair: Pair) -> BothRoads:
    """Return what sets a terminal on both roads up."""
    return BothRoads(syncid, pair)


async def test_face_of_a_source_on_both_roads(
    syncid: SyncIDKit, pair: Pair, both_roads: BothRoads
) -> None:
    """Visible-light faces leave a terminal by push though it is watched by 4370."""
    target = (await pair.start(syncid, TARGET)).terminal
    source = await both_roads.start()
    both_roads.pushing.terminal.add_face_photo("1001", JPEG)
    done = await pair.transfer(source, pair.devices[TARGET])
    assert done["done"], done
    amina, bruno, _ = done["users"]
    assert (amina["fingerprints"], amina["face"]) == (1, True)
    assert (bruno["fingerprints"], bruno["face"]) == (0, False)
    kinds = {(one.kind, one.number) for one in target.templates_of("1001")}
    assert kinds == {(1, 3), (9, 0)}
    assert pair.templates(OTHER_SERIAL) < pair.templates(TARGET)
    assert list(target.face_photos) == ["1001"]


async def test_source_whose_port_4370_is_shut(
    syncid: SyncIDKit, pair: Pair, both_roads: BothRoads
) -> None:
    """It gives by push all that push has."""
    await pair.start(syncid, TARGET)
    source = await both_roads.start()
    both_roads.pushing.terminal.add_fingerprint("1001", 5)
    both_roads.terminal.vanish()
    await syncid.wait_for_state(
        both_roads.terminal.entity_id("sensor", "users"), STATE_UNAVAILABLE
    )
    done = await pair.transfer(source, pair.devices[TARGET])
    assert done["done"], done
    assert pair.templates(TARGET) == pair.templates(OTHER_SERIAL) != set()


@pytest.mark.parametrize("dry_run", [True, False])
async def test_both_on_both_roads(
    syncid: SyncIDKit, pair: Pair, both_roads: BothRoads, dry_run: bool
) -> None:
    """Between two that are on both roads each thing takes the road that has it."""
    source = await both_roads.start()
    terminal = await syncid.add_terminal(syncid.start_terminal(people={}))
    pushing = (await pair.push(SERIAL)).terminal
    target = KitDevice(pair.hass, terminal.entry)
    done = await pair.transfer(source, target, dry_run=dry_run)
    assert done["done"], done
    amina = done["users"][0]
    assert (amina["outcome"], amina["fingerprints"], amina["face"]) == ("add", 1, True)
    assert bool(terminal.device.fingerprints) is not dry_run
    assert [one.kind for one in pushing.templates_of("1001")] == [9] * (not dry_run)


async def test_target_on_both_roads_that_calls_no_more(
    syncid: SyncIDKit, pair: Pair, both_roads: BothRoads
) -> None:
    """Who was brought without the face that they have is told of."""
    source = await both_roads.start()
    terminal = await syncid.add_terminal(syncid.start_terminal(people={}))
    await pair.push(SERIAL)
    pair.simulations[SERIAL].power_cut()
    await syncid.advance(91)
    await pair.simulations[OTHER_SERIAL].until_polled()
    done = await pair.transfer(source, KitDevice(pair.hass, terminal.entry))
    assert not done["done"]
    assert [(user["outcome"], user["reasons"]) for user in done["users"]] == [
        ("fail", ["not_written_face"]),
        ("add", []),
        ("add", []),
    ]
    assert terminal.device.fingerprints


async def test_why_faces_are_left_out(
    hass: HomeAssistant, syncid: SyncIDKit, pair: Pair, both_roads: BothRoads
) -> None:
    """That nobody let them leave, or that the terminal does not call, is said."""
    await pair.start(syncid, TARGET)
    source = await both_roads.start(biometrics=False)

    async def warnings() -> Any:
        response: Any = await hass.services.async_call(
            DOMAIN,
            "transfer_templates",
            {
                "device_id": source.device_id,
                "target_device_id": pair.devices[TARGET].device_id,
            },
            blocking=True,
            return_response=True,
        )
        assert response["terminals"][0]["done"]
        return response["warnings"]

    assert await warnings() == ["faces_not_allowed"]
    both_roads.pushing.power_cut()
    hass.config_entries.async_update_entry(
        source.entry, options={**source.entry.options, "biometrics": True}
    )
    await hass.config_entries.async_reload(source.entry.entry_id)
    assert await warnings() == ["faces_not_read"]


async def test_duress_finger(syncid: SyncIDKit, pair: Pair) -> None:
    """A terminal that cannot be asked for a duress finger enrols no other instead."""
    device = (await pair.start(syncid, SOURCE)).terminal
    device.add_user("1001", "Amina")
    data = {"user_id": "1001", "finger": 5, "overwrite": True, "duress": True}
    with pytest.raises(HomeAssistantError) as error:
        await pair.devices[SOURCE].call("enroll_fingerprint", **data)
    assert error.value.translation_key == "push_not_over_push"
    assert not device.templates_of("1001")


async def test_palm_of_a_user_of_a_door(syncid: SyncIDKit, pair: Pair) -> None:
    """What a door tells besides, and no transfer brings, makes none fail."""
    source = (await pair.start(syncid, SOURCE, "acc")).terminal
    target = (await pair.start(syncid, TARGET)).terminal
    source.add_user("1001", "Amina")
    source.add_fingerprint("1001", 5)
    source.add_face("1001")
    palm = source.make_template("1001", PALM, 0)
    source.templates[palm.key] = palm
    done = await pair.transfer(pair.devices[SOURCE], pair.devices[TARGET])
    (user,) = done["users"]
    assert (user["outcome"], user["fingerprints"], user["face"]) == ("add", 1, True)
    assert {one.kind for one in target.templates_of("1001")} == {FINGERPRINT, FACE}


async def test_one_finger_is_one(syncid: SyncIDKit, url: str) -> None:
    """A finger that an access terminal tells in two tables is counted once."""
    source = await syncid.add_adms_terminal(url, "SRC1", profile="acc", biometrics=True)
    target = await syncid.add_adms_terminal(url, "DST1", profile="acc", biometrics=True)
    source.device.add_fingerprint("1001", 5)
    told = await source.call(
        "transfer_templates", target_device_id=[target.device_id], user_id=["1001"]
    )
    assert told["terminals"][0]["users"][0]["fingerprints"] == 1
    assert "warnings" not in told
    written = [one.text for one in target.device.commands if "templa" in one.text]
    assert len(written) == 1
