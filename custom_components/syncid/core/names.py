"""Names and IDs of people, as terminals hold them."""

import re
import unicodedata


def plain_name(name: str) -> str:
    """Return a name on one line, its words apart by one space."""
    return " ".join(
        "".join(
            " " if unicodedata.category(char) == "Cc" else char for char in name
        ).split()
    )


def fit(name: str, width: int) -> bytes:
    """Return a name in so many bytes at the most, cut between two characters."""
    encoded = name.encode(errors="ignore")
    if len(encoded) <= width:
        return encoded
    text = encoded[:width].decode(errors="ignore")
    rest = encoded[len(text.encode()) :].decode()
    # An accent of its own belongs to the letter before it.
    while text and rest and unicodedata.combining(rest[0]):
        text, rest = text[:-1], text[-1] + rest
    return text.rstrip().encode()


_USER_ID = re.compile(r"(?=.*[^0])[A-Za-z0-9]{1,24}", re.ASCII)


def is_user_id(text: str) -> bool:
    """Tell whether somebody may have this user ID at any terminal."""
    return bool(_USER_ID.fullmatch(text))


_SECRET = re.compile(r"pass|pwd|psk|secret|token|wpa|wep|com+key|key$", re.IGNORECASE)


def is_secret(option: str) -> bool:
    """Tell whether a terminal's option is nobody's to read or to set from afar."""
    return bool(_SECRET.search(option))
