"""The key without which the traces do not tell what was erased."""

from secrets import token_bytes
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store

from .const import DOMAIN, ISSUE_ERASED_KEY_LOST
from .core.errors import LedgerError

_SIZE: Final = 32
_FILE: Final = f".storage/{DOMAIN}.key"
_NO_KEY: Final = (
    f"There is no key in {_FILE}: restore it from the same backup as the ledger, or"
    " delete it"
)


async def async_load_key(hass: HomeAssistant) -> bytes:
    """Return the key, and make one if there is none; raises `LedgerError`.

    What cannot be read, or is no key, is not replaced. Only a file that is cut or empty
    is: `Store` puts it aside. The traces tell that the key is another one then.
    """
    try:
        kept = await _store(hass).async_load()
        if kept is None:
            made = {"key": token_bytes(_SIZE).hex()}
            await _store(hass).async_save(made)
            # That only logs that the disk is full: who reads it anew knows.
            if (kept := await _store(hass).async_load()) != made:
                raise LedgerError(f"{_FILE} cannot be written")
        key = bytes.fromhex(kept["key"])
    except (HomeAssistantError, OSError) as err:
        raise LedgerError(str(err)) from err
    # The others are of `Store`, too: it takes for granted what is in the file.
    except (LookupError, TypeError, ValueError, NotImplementedError) as err:
        raise LedgerError(_NO_KEY) from err
    if len(key) != _SIZE:
        raise LedgerError(_NO_KEY)
    return key


@callback
def async_tell_key(hass: HomeAssistant, *, fits: bool) -> None:
    """Tell the admin if what was erased is not known again by key and traces."""
    if fits:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_ERASED_KEY_LOST)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_ERASED_KEY_LOST,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_ERASED_KEY_LOST,
    )


def _store(hass: HomeAssistant) -> Store[dict[str, str]]:
    # Like what is deleted by it, the key is to survive a power cut.
    return Store(hass, 1, f"{DOMAIN}.key", private=True, atomic_writes=True)
