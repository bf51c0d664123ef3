"""What is said again to a terminal that pushes, and what no more."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.push import adms
from custom_components.syncid.push.server import DATA_ADMS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator.adms import AdmsSimulation

from .kit import KitAdms, SyncIDKit, let_pass
from .test_adms_actions import done
from .test_push_transfer import JPEG


def texts(simulation: AdmsSimulation, since: int = 0) -> list[str]:
    """Return what a terminal was told."""
    return [command.text for command in simulation.terminal.commands[since:]]


@pytest.fixture
async def away(syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch) -> KitAdms:
    """Return a terminal that calls only when told to, and is waited for by nobody."""
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.05)
    terminal = await syncid.add_adms_terminal(url, step=True)
    terminal.device.commands.clear()
    await syncid.advance(91)
    return terminal


async def change_twice(
    away: KitAdms,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[int], Any],
    held: Callable[[], Any],
) -> None:
    """Change something, lose the result, change it again; see that the last one stays."""
    await change(0)
    away.device.faults.lose_result = True
    await away.simulation.cycle()
    await change(1)
    await away.simulation.cycle()
    await away.simulation.cycle()
    last = held()
    utcnow = dt_util.utcnow
    monkeypatch.setattr(dt_util, "utcnow", lambda: utcnow() + timedelta(seconds=301))
    await away.simulation.cycle()
    await away.simulation.cycle()
    assert held() == last, texts(away.simulation)


async def test_old_change_over_a_new_one(
    away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change whose result was lost is not said again over a newer one of the same."""
    await change_twice(
        away,
        monkeypatch,
        lambda number: done(
            away, "update_user", user_id="1001", name=("Old", "New")[number]
        ),
        lambda: away.device.users["1001"].name,
    )


async def test_old_option_over_a_new_one(
    away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with an option."""
    await change_twice(
        away,
        monkeypatch,
        lambda number: away.call("set_option", name="VOLUME", value=str(number)),
        lambda: away.device.options["VOLUME"],
    )


async def test_old_face_over_a_new_one(
    hass: HomeAssistant, away: KitAdms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with the picture of a face."""
    for number in range(2):
        path = Path(hass.config.path(f"{number}.jpg"))
        picture = JPEG + bytes([number])
        await hass.async_add_executor_job(path.write_bytes, picture)
    await change_twice(
        away,
        monkeypatch,
        lambda number: done(away, "set_face", user_id="1001", file=f"{number}.jpg"),
        lambda: away.device.face_photos["1001"],
    )


@pytest.mark.parametrize("profile", ["att", "acc"])
@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("enroll_fingerprint", {"user_id": "1001", "finger": 3}),
        ("enroll_face", {"user_id": "1001"}),
        ("unlock_door", {}),
        ("restart", {}),
    ],
)
async def test_script_that_is_stopped(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    url: str,
    profile: str,
    action: str,
    data: dict[str, Any],
) -> None:
    """What the terminal has not fetched when its script is stopped, it is not told."""
    terminal = await syncid.add_adms_terminal(url, step=True, profile=profile)
    for _ in range(4):
        await terminal.simulation.cycle()
    listing = hass.async_create_task(terminal.call("list_users"))
    while not listing.done():
        await terminal.simulation.cycle()
        await asyncio.sleep(0)
    before = len(terminal.device.commands)
    asking = hass.async_create_task(
        terminal.order(action) if action == "restart" else terminal.call(action, **data)
    )
    known = hass.data[DATA_ADMS].async_terminal(terminal.serial)
    assert known is not None
    async with asyncio.timeout(5):
        while not known.waiting:  # noqa: ASYNC110
            await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await syncid.settle()
    await terminal.simulation.poll()
    assert texts(terminal.simulation, before) == []


async def test_enrolment_after_one_to_which_nobody_came(
    hass: HomeAssistant, syncid: SyncIDKit, url: str
) -> None:
    """Who came too late for an enrolment is asked again at once."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")

    def enroll() -> asyncio.Task[dict[str, Any]]:
        return hass.async_create_task(
            terminal.call("enroll_fingerprint", user_id="1001", finger=6, timeout=10)
        )

    first = enroll()
    await terminal.simulation.until(lambda: terminal.device.enrolment)
    terminal.device.enrolment = None  # its time is over, and it says nothing
    while not first.done():
        let_pass(hass, 5)
        await terminal.simulation.until_polled(2)
    with pytest.raises(HomeAssistantError):
        await first
    second = enroll()
    while not (second.done() or terminal.device.enrolment):
        let_pass(hass, 5)
        await terminal.simulation.until_polled(2)
    if not second.done():
        for _ in range(3):
            terminal.device.press()
    await second


async def test_removal_behind_a_question(
    syncid: SyncIDKit, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that the terminal never answered keeps nobody from being removed."""
    terminal = await syncid.add_adms_terminal(url)
    await terminal.call("list_users")
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 0.5)
    terminal.device.faults.lose_result = True
    with pytest.raises(HomeAssistantError):
        await done(terminal, "update_user", user_id="4711", name="x")
    terminal.device.add_user("4711", "Late")
    await terminal.simulation.until_uploaded()
    monkeypatch.setattr(adms, "ANSWER_WITHIN", 3)
    told = await done(terminal, "remove_user", user_id="4711")
    assert "4711" not in terminal.device.users, told
