"""What lets a device push: its token and its webhook."""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Self

from yarl import URL

from homeassistant.components.webhook import async_generate_id
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url

from .const import (
    CONF_ICLOCK_PORT,
    CONF_ICLOCK_PREFIX,
    CONF_TOKEN_HASH,
    DOMAIN,
    SITE_UNIQUE_ID,
)


def hash_of(token: str) -> str:
    """Return what is kept of a token; 256 random bits need no salt."""
    # What came in a header and is no UTF-8 is a token too: a wrong one.
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class PushSecrets:
    """What a device pushes with; either will do."""

    token: str
    webhook_id: str

    @classmethod
    def new(cls) -> Self:
        """Return secrets that nobody can guess."""
        return cls(token_urlsafe(32), async_generate_id())

    @property
    def kept(self) -> dict[str, Any]:
        """Return what the entry keeps of it: the token only as its hash."""
        return {CONF_TOKEN_HASH: hash_of(self.token), CONF_WEBHOOK_ID: self.webhook_id}


def local_url(hass: HomeAssistant) -> str:
    """Return where devices in the same network find Home Assistant."""
    try:
        return get_url(hass, allow_external=False)
    except NoURLAvailableError:
        return "http://homeassistant.local:8123"


def push_server(hass: HomeAssistant) -> dict[str, str]:
    """Return what is entered in the menu of a terminal that pushes: server and port."""
    site = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, SITE_UNIQUE_ID)
    options = site.options if site else {}
    url = URL(local_url(hass))
    port = options.get(CONF_ICLOCK_PORT) or url.port
    server = str(url.host)
    if prefix := options.get(CONF_ICLOCK_PREFIX):
        # A path has no field of its own there.
        server = f"http://{server}:{port}/{prefix}"
    return {"server": server, "port": str(port)}
