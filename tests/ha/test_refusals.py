"""Whatever a terminal answers instead of doing it, its admin is told in words."""

from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.syncid.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator.numbers import Ack
from simulator.requests import HANDLERS
from tests.core.operations import dump

from .kit import SyncIDKit

COMPONENT = Path(__file__).parents[2] / "custom_components/syncid"
WORDS = json.loads((COMPONENT / "translations/en.json").read_text(encoding="utf-8"))
ERRORS = tuple(code for code in Ack if code != Ack.OK)


@dataclass(frozen=True)
class Case:
    """An action, and the command that it comes down to."""

    command: int
    data: dict[str, Any] = field(default_factory=dict)
    # What its admin is told.
    key: str = "command_refused"


CASES = {
    "enroll_user": Case(8, {"user_id": "2001", "name": "Dina"}),
    "update_user": Case(8, {"user_id": "1001", "name": "Dina"}),
    "remove_user": Case(18, {"user_id": "1001"}),
    "enroll_fingerprint": Case(61, {"user_id": "1001", "finger": 3}),
    "clear_records": Case(15),
    "sync_time": Case(202),
    "unlock_door": Case(31),
    "test_voice": Case(1017),
    "restart": Case(1004),
    "power_off": Case(1005),
}


@pytest.mark.parametrize("code", ERRORS, ids=[code.name.lower() for code in ERRORS])
async def test_refused(hass: HomeAssistant, syncid: SyncIDKit, code: Ack) -> None:
    """Each action says what went wrong, and the terminal is as it was, byte for byte."""
    terminal = await syncid.add_terminal()
    device = terminal.device
    terminal.simulation.call(device.add_fingerprint, "1001", 5)
    terminal.punch()
    await syncid.next_punch()
    for action, case in CASES.items():
        before = terminal.simulation.call(dump, device)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(HANDLERS, case.command, lambda request: request.reply(code))
            with pytest.raises(HomeAssistantError) as error:
                await hass.services.async_call(
                    DOMAIN,
                    action,
                    {"device_id": terminal.device_id, **case.data},
                    blocking=True,
                )
        key = case.key
        if action == "unlock_door" and code == Ack.UNKNOWN:
            key = "no_lock"
        if action == "enroll_fingerprint" and code == Ack.UNKNOWN:
            key = "enrollment_no_sensor"
        assert error.value.translation_key == key, action
        assert key in WORDS["exceptions"]
        assert str(error.value) != key
        assert terminal.simulation.call(dump, device) == before, action
        assert terminal.is_online, action
