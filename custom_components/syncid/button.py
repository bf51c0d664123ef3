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
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import DeviceCoordinator
from .device import DeviceConfigEntry
from .entity import TerminalEntity

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


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DeviceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of a terminal."""
    coordinator = entry.runtime_data
    if isinstance(coordinator, DeviceCoordinator):
        async_add_entities(
            TerminalButton(coordinator, description) for description in BUTTONS
        )


class TerminalButton(TerminalEntity, ButtonEntity):
    """A button of a terminal."""

    coordinator: DeviceCoordinator
    entity_description: TerminalButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it at the terminal."""
        await self.entity_description.press_fn(self.coordinator)
