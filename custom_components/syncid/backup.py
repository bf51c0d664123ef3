"""Have the ledger in Home Assistant's backups, whole."""

import logging

from homeassistant.core import HomeAssistant

from .core.errors import LedgerError
from .hub import DATA_HUB

_LOGGER = logging.getLogger(__name__)


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Keep the files of the ledger as they are while they are copied."""
    try:
        await hass.data[DATA_HUB].async_begin_backup()
    except LedgerError as err:
        # An error here would fail the whole backup, of which this is a small part.
        _LOGGER.error("The ledger may not be whole in this backup: %s", err)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the files of the ledger change again."""
    await hass.data[DATA_HUB].async_end_backup()
