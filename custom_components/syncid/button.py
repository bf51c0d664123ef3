"""What an admin does at a terminal at the press of a button."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import (
    ButtonDeviceClass,
    ButtonEntity,
    ButtonEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceCoordinator
from .device import DeviceConfigEntry
from .entity import TerminalEntity
from .push.actions import async_press_by_push
from .push.coordinator import PushCoordinator

# Presses are done in turn by the terminal's thread.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TerminalButtonDescription(ButtonEntityDescription):
    """A button, and what it does."""

    press_fn: Callable[[DeviceCoordinator], Awaitable[object]]


BUTTONS: tuple[TerminalButtonDescription, ...] = (
    TerminalButtonDescription(
        key="collect",
        translation_key="collect",
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda coordinator: coordinator.async_collect(),
    ),
    TerminalButtonDescription(
        key="sync_clock",
        translation_key="sync_clock",
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda coordinator: coordinator.async_sync_time(),
    ),
    TerminalButtonDescription(
        key="test_voice",
        translation_key="test_voice",
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda coordinator: coordinator.async_test_voice(),
    ),
    TerminalButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda coordinator: coordinator.async_restart(),
    ),
)


@dataclass(frozen=True, kw_only=True)
class PushButtonDescription(ButtonEntityDescription):
    """A button of a terminal that pushes, and the action that it stands for."""

    action: str


PUSH_BUTTONS: tuple[PushButtonDescription, ...] = (
    PushButtonDescription(
        key="collect",
        translation_key="collect",
        entity_category=EntityCategory.CONFIG,
        action="collect_records",
    ),
    PushButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        action="restart",
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of a terminal."""
    coordinator = entry.runtime_data

    @callback
    def async_add_push() -> None:
        async_add_entities(
            PushButton(coordinator, description) for description in PUSH_BUTTONS
        )

    if isinstance(coordinator, DeviceCoordinator):
        async_add_entities(
            TerminalButton(coordinator, description) for description in BUTTONS
        )
    else:
        assert isinstance(coordinator, PushCoordinator)
        coordinator.async_when_met(async_add_push)


class TerminalButton(TerminalEntity, ButtonEntity):
    """A button of a terminal that SyncID connects to."""

    coordinator: DeviceCoordinator
    entity_description: TerminalButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it at the terminal."""
        await self.entity_description.press_fn(self.coordinator)


class PushButton(TerminalEntity, ButtonEntity):
    """A button of a terminal that pushes."""

    coordinator: PushCoordinator
    entity_description: PushButtonDescription

    @override
    async def async_press(self) -> None:
        """Have it done when the terminal asks what to do."""
        await async_press_by_push(self.coordinator, self.entity_description.action)
