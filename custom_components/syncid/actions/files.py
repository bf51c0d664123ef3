"""Files that an admin names: in Home Assistant's configuration, or where it may read."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN


def read_file(hass: HomeAssistant, name: str, most: int) -> bytes:
    """Return what is in a file; blocks. Raises what an admin is told."""
    path = Path(hass.config.path(name)).resolve()
    is_ours = path.is_relative_to(Path(hass.config.config_dir).resolve())
    if not (is_ours or hass.config.is_allowed_path(str(path))):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="file_not_allowed",
            translation_placeholders={"file": name},
        )
    try:
        if path.stat().st_size > most:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="file_too_large",
                translation_placeholders={"file": name, "limit": str(most)},
            )
        return path.read_bytes()
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="attlog_not_read",
            translation_placeholders={"file": name, "error": err.strerror or str(err)},
        ) from err
