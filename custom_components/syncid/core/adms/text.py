"""The text that terminals send and take (protocol-adms §1, §7).

Whatever bytes come, text comes out, and no line is lost: nothing here raises but what
guards the values that we send ourselves.
"""

from collections.abc import Iterable, Mapping
import re
from urllib.parse import unquote_to_bytes

from ..errors import PushRefused

_COMMA = re.compile(r",(?=\s*~?\w{1,64}=)")
_KEY = re.compile(r"~?\w{1,64}", re.ASCII)
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
# What is never shown; where a line is damaged, nothing that is long is.
# A field that nobody should see, wherever in its line, and all behind it up to a tab.
_SECRET = re.compile(
    r"\b(tmp|template|content|passwd|password)\s*=([^\t]*)", re.ASCII | re.IGNORECASE
)
_SHOWN = 40
# What a value must not have: it would begin another field, or another command.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def decode(body: bytes) -> str:
    """Return a body as text.

    Each line by itself where it is no UTF-8: a name that a terminal cut within a
    character must not spoil its neighbours'. Lines stay where they are, since no
    character of these encodings has a line end within.
    """
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "\n".join(map(_decode_line, body.split(b"\n")))


def _decode_line(line: bytes) -> str:
    for encoding in ("utf-8", "gb2312"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError as err:
            if encoding == "utf-8" and _is_cut(line, err):
                return line.decode(errors="ignore")
    return line.decode("cp1252", "replace")


def _is_cut(line: bytes, err: UnicodeDecodeError) -> bool:
    """Tell whether a line is UTF-8 but for the end of a field, which was cut."""
    return line[err.end : err.end + 1] in {b"\t", b"\r", b""} and (
        err.end - err.start > 1 or not line[: err.start].isascii()
    )


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; LF ends them, or CRLF."""
    return (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")


def tab_pairs(text: str) -> dict[str, str]:
    """Return the fields of a line by key, in lower case; the first of each counts."""
    return _pairs(text.split("\t"))


def comma_pairs(text: str) -> dict[str, str]:
    """Return the fields of a list with commas, some of them within values (§8.2).

    Some write a line for each.
    """
    parts = _COMMA.split(text.replace("\r", "").replace("\n", ","))
    return _pairs(part.rstrip(",") for part in parts)


def _pairs(parts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        key, sign, value = part.partition("=")
        key = key.strip(" \0\r\n")
        if sign and _KEY.fullmatch(key):
            found.setdefault(key.lstrip("~").lower(), value.strip("\0\r\n"))
    return found


def plain(text: str) -> str:
    """Return a name without what stands in for its letters.

    Some terminals percent-encode what is not ASCII. A name may also just have a percent
    sign: only what makes other letters is decoded.
    """
    text = text.partition("\0")[0].strip()
    if "%" in text and _ESCAPED.search(text):
        try:
            decoded = unquote_to_bytes(text.encode()).decode()
        except UnicodeDecodeError:
            return text
        if not decoded.isascii() and not _CONTROL.search(decoded):
            return decoded.strip()
    return text


def redacted(line: str) -> str:
    """Return a line for somebody to look at, without what nobody should see."""
    line = _SECRET.sub(lambda m: f"{m[1]}=({len(m[2])} characters)", line)
    return "\t".join(
        part if len(part) <= _SHOWN else f"{part[:8]}… ({len(part)} characters)"
        for part in line.split("\t")
    )


def guarded(value: str, key: str) -> str:
    """Return a value that is to be sent, if it cannot be taken for anything else."""
    if _CONTROL.search(value):
        raise PushRefused("control_characters", key)
    return value


def fields(values: Mapping[str, str | int | None]) -> str:
    """Return fields for a command; those that are None are left out."""
    return "\t".join(
        f"{key}={guarded(str(value), key)}"
        for key, value in values.items()
        if value is not None
    )
