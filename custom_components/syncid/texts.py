"""Texts of ours where Home Assistant does not look them up: in answers, files and logs."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)

from .const import DOMAIN


@callback
def async_text(hass: HomeAssistant, key: str, **values: str) -> str:
    """Return a text in Home Assistant's language, in English where that has none.

    `key` begins with its category; what has no text is said as it is.
    """
    category, _, name = key.partition(".")
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    text = texts.get(f"component.{DOMAIN}.{key}")
    return name if text is None else text.format(**values)


async def async_words(hass: HomeAssistant, *branches: str) -> dict[str, str]:
    """Return the words of some branches of the panel's texts, by their last keys."""
    texts = await async_get_translations(
        hass, hass.config.language, "config_panel", [DOMAIN]
    )
    begins = tuple(f"component.{DOMAIN}.config_panel.{one}." for one in branches)
    return {
        key.rpartition(".")[2]: text
        for key, text in texts.items()
        if key.startswith(begins)
    }
