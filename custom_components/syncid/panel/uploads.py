"""Files that an admin chose in the browser, as Home Assistant's own forms send them."""

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN


def read_upload(hass: HomeAssistant, upload: str, most: int) -> tuple[str, bytes]:
    """Take what was uploaded, which is gone then; blocks. Return how it is called, too."""
    try:
        with process_uploaded_file(hass, upload) as path:
            if path.stat().st_size > most:
                raise ServiceValidationError(
                    translation_domain=DOMAIN,
                    translation_key="file_too_large",
                    translation_placeholders={"file": path.name, "limit": str(most)},
                )
            return path.name, path.read_bytes()
    except (OSError, ValueError) as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="upload_gone"
        ) from err
