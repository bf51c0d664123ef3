"""What a terminal that pushes keeps: people, templates, punches, photos.

protocol-adms §5, and §6 of the security family's events.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import shake_128
from typing import Self

from simulator.biometrics import made_up_template

from .profiles import FACE, FINGERPRINT


def encode(data: bytes) -> str:
    """Return bytes as they travel in a line."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Return the bytes; raise ValueError for what is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as err:
        raise ValueError(f"no base64: {err}") from err


def made_up_photo(seed: str, size: int = 600) -> bytes:
    """Return bytes with the ends of a JPEG, and all that a parser may trip over."""
    body = b"\0\t\n\r\n=&\x80\xff" + shake_128(seed.encode()).digest(max(0, size - 15))
    return b"\xff\xd8\xff\xe0" + body + b"\xff\xd9"


@dataclass(slots=True, kw_only=True)
class AdmsUser:
    """One person; the user id is what the protocol calls PIN."""

    user_id: str
    name: str = ""
    privilege: int = 0
    password: str = ""
    # As it was written: decimal, or [hex].
    card: str = ""
    group: str = "1"
    time_zones: str = "0000000000000000"
    verify: str = "0"
    vice_card: str = ""
    start: str = ""
    end: str = ""
    disabled: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template: a finger, or one of the pieces of a face."""

    user_id: str
    # As in the lists of 0 and 1 (§3): 1 a finger, 9 a visible-light face.
    kind: int
    # Which finger (0 to 9); always 0 for a face.
    number: int = 0
    index: int = 0
    valid: int = 1
    duress: int = 0
    major: str = "10"
    minor: str = "0"
    format: str = "0"
    # Base64, as it came.
    data: str = ""

    @property
    def key(self) -> tuple[str, int, int, int]:
        """Return what two templates may not share."""
        return (self.user_id, self.kind, self.number, self.index)

    @classmethod
    def made_up(
        cls,
        user_id: str,
        kind: int = FINGERPRINT,
        number: int = 0,
        *,
        major: str,
        minor: str = "0",
    ) -> Self:
        """Return one that is nobody's, the same each time.

        Its length makes sure that the base64 ends with "=", as real ones do.
        """
        size = 1202 if kind == FACE else 512
        seed = f"{kind} {user_id} {number}"
        return cls(
            user_id=user_id,
            kind=kind,
            number=number,
            major=major,
            minor=minor,
            data=encode(made_up_template(seed, size)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmsPunch:
    """One punch, or with the user id 0 one event of a door (ACC)."""

    user_id: str
    time: datetime
    state: int = 0
    verify: int = 1
    work_code: str = "0"
    mask: int = 255
    temperature: str = "255"
    # Seconds that the local time is from GMT, and base64 of JSON (§5).
    offset: int = 0
    extra: str = ""
    # ACC only: which door, which event, and the number of the event.
    door: int = 1
    event: int = 0
    index: int = 0
    card: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """The photo of a punch."""

    user_id: str
    time: datetime
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Return the name of its file."""
        return f"{self.time:%Y%m%d%H%M%S}-{self.user_id}.jpg"


def same_data(one: Template, other: Template) -> bool:
    """Return whether two templates show the same finger or face."""
    return (one.kind, one.data) == (other.kind, other.data)
