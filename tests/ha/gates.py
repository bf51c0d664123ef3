"""A leader and the terminals that follow it, for tests."""

from types import MappingProxyType
from typing import Any

from custom_components.syncid.const import DOMAIN
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, State

from .kit import OTHER_SERIAL, KitTerminal, SyncIDKit
from .test_group_flow import GATES

FINGERPRINTS = 7
PREPARE_BUFFER = 1503
BATCH = 110
REMOVE_USER = 18
START_ENROLL = 61
DRIFT = "users_to_sync"


class Gates:
    """A leader with three people, and terminals that follow it."""

    def __init__(self, hass: HomeAssistant, syncid: SyncIDKit) -> None:
        """Have none yet."""
        self.hass = hass
        self.syncid = syncid

    async def build(self, *followers: str, **group: Any) -> None:
        """Set all up."""
        add, start = self.syncid.add_terminal, self.syncid.start_terminal
        self.leader = await add(start(), name="Main gate")
        device = self.leader.device
        self.leader.simulation.call(device.add_fingerprint, "1001", 3)
        self.leader.simulation.call(device.add_face, "1002")
        self.followers = [
            await add(start(serial=serial, people={}), name=f"Gate {serial[-1]}")
            for serial in followers or (OTHER_SERIAL,)
        ]
        self.follower = self.followers[0]
        serials = [terminal.serial for terminal in self.followers]
        self.group(**{"followers": serials, **group})
        await self.syncid.settle()

    def group(self, **data: Any) -> ConfigSubentry:
        """Make a group."""
        data = {**GATES, "faces": True, **data}
        subentry = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type="group",
            title=data["name"],
            unique_id=None,
        )
        self.hass.config_entries.async_add_subentry(self.syncid.site, subentry)
        return subentry

    async def sync(self, **data: Any) -> dict[str, Any]:
        """Have them synced, and return the response."""
        response = await self.hass.services.async_call(
            DOMAIN, "sync_users", data, blocking=True, return_response=True
        )
        assert response is not None
        return dict(response)

    async def drift(
        self, number: int | str, terminal: KitTerminal | None = None
    ) -> State:
        """Wait until a follower shows so many users to sync."""
        terminal = terminal or self.follower
        return await self.syncid.wait_for_state(
            terminal.entity_id("sensor", DRIFT), str(number)
        )


def names(terminal: KitTerminal) -> dict[str, str]:
    """Return whom a terminal has."""
    return {user.user_id: user.name for user in terminal.device.users}


def outcomes(terminal: dict[str, Any]) -> dict[str, str]:
    """Return what became of each user at a terminal."""
    return {user["user_id"]: user["outcome"] for user in terminal["users"]}


def reads(terminal: KitTerminal) -> int:
    """Return how often a terminal's fingerprints were read, which no poll does."""
    return sum(
        command == PREPARE_BUFFER and data[1] == FINGERPRINTS
        for command, data in terminal.device.commands
    )
