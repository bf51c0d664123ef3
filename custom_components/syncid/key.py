"""The key without which the ledger does not tell what was erased."""

from secrets import token_bytes
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .core.errors import LedgerError

_SIZE: Final = 32


async def async_load_key(hass: HomeAssistant) -> tuple[bytes, bool]:
    """Return the key, and whether it was made just now; raises `LedgerError`.

    One that cannot be read is not replaced: with another one, what was erased would be
    taken again.
    """
    # Like what is deleted by it, it is to survive a power cut.
    store: Store[dict[str, str]] = Store(
        hass, 1, f"{DOMAIN}.key", private=True, atomic_writes=True
    )
    try:
        kept = await store.async_load()
    except HomeAssistantError as err:
        raise LedgerError(str(err)) from err
    if kept is not None:
        return bytes.fromhex(kept["key"]), False
    key = token_bytes(_SIZE)
    await store.async_save({"key": key.hex()})
    return key, True
