"""Lines of `key=value`: users, templates, photos (protocol-adms §5.2, §5.3).

Parsed by key, never by position: firmwares differ in order and case, and leave out what
they like.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

from ..records import wall_clock
from ..rows import number, user_id_of
from ..times import text_second
from .content import (
    FINGERPRINT,
    INFRARED_FACE,
    VEIN,
    VISIBLE_FACE,
    Photo,
    PhotoKind,
    PushedUser,
    Template,
    TemplateTable,
)
from .text import plain

_MOST = 1 << 64
_LONGEST_NAME = 200
_NAME_OF_TIME = 14  # digits: yyyymmddhhmmss
# Seconds between a punch and its photo: one is noted when the other is done.
_APART = 2

# The table, and the type of templates whose line does not tell.
_TEMPLATES: Mapping[str, tuple[TemplateTable, int]] = {
    "fp": ("fingertmp", FINGERPRINT),
    "fingertmp": ("fingertmp", FINGERPRINT),
    "face": ("face", INFRARED_FACE),
    "fvein": ("fvein", VEIN),
    "biodata": ("biodata", 0),
    "templatev10": ("templatev10", FINGERPRINT),
}


def _id(values: Mapping[str, str]) -> str | None:
    """Return whom a line is about; None if it does not say."""
    return user_id_of(values.get("pin", values.get("userid", ""))) or None


def _number(values: Mapping[str, str], *keys: str) -> int | None:
    for key in keys:
        if (value := values.get(key)) is not None:
            return number(value)
    return None


_AS_TOLD = ("Card", "ViceCard", "StartDatetime", "EndDatetime", "Expires")


def card_of(text: str) -> int | None:
    """Return a card's number: decimal, or bytes in hex, the lowest first."""
    text = text.strip()
    if not text:
        return 0
    if text[0] == "[" and text[-1] == "]":
        try:
            raw = bytes.fromhex(text[1:-1])
        except ValueError:
            return None
        return int.from_bytes(raw, "little") if 0 < len(raw) <= 8 else None
    card = number(text)
    return card if card is not None and card < _MOST else None


def read_user(values: Mapping[str, str]) -> PushedUser | None:
    """Return the user of a line; None if it names nobody."""
    if (user_id := _id(values)) is None:
        return None
    spelt = next((key for key in ("pri", "privilege") if key in values), None)
    card = next((values[key] for key in ("card", "cardno") if key in values), None)
    name = values.get("name")
    disabled = _number(values, "disable")
    return PushedUser(
        user_id=user_id,
        name=None if name is None else plain(name)[:_LONGEST_NAME],
        privilege=_number(values, "pri", "privilege"),
        password=values.get("passwd", values.get("password")),
        card=None if card is None else card_of(card),
        group=_number(values, "grp", "group"),
        time_zones=values.get("tz"),
        verify=_number(values, "verify"),
        disabled=None if disabled is None else bool(disabled),
        privilege_key={"pri": "Pri", "privilege": "Privilege"}.get(spelt or ""),
        as_told={key: values[key.lower()] for key in _AS_TOLD if key.lower() in values},
    )


def read_template(word: str, values: Mapping[str, str]) -> Template | None:
    """Return the template of a line that begins with a word; None if it has none."""
    table, kind = _TEMPLATES[word]
    user_id = _id(values)
    content = _content(values, "tmp", "template")
    if user_id is None or not content:
        return None
    found = _number(values, "fid", "fingerid", "no")
    valid = _number(values, "valid")
    told = _number(values, "type")
    return Template(
        table=table,
        type=kind if told is None or table != "biodata" else told,
        user_id=user_id,
        number=found or 0,
        content=content,
        index=_number(values, "index") or 0,
        valid=1 if valid is None else valid,
        duress=_number(values, "duress") or 0,
        major_version=_number(values, "majorver"),
        minor_version=_number(values, "minorver"),
        format=_number(values, "format") or 0,
    )


def is_template(word: str) -> bool:
    """Tell whether lines that begin with a word hold templates."""
    return word in _TEMPLATES


def read_photo(word: str, values: Mapping[str, str]) -> Photo | None:
    """Return the picture of a USERPIC, BIOPHOTO or ATTPHOTO line."""
    kind: PhotoKind = {"userpic": "user", "biophoto": "face"}.get(word, "attendance")  # type: ignore[assignment]
    content = _content(values, "content")
    name = values.get("filename", "")
    user_id, second = _id(values), None
    if kind == "attendance":
        name = name or values.get("pin", "")
        user_id, second = photo_name(name)
    if not content or not user_id:
        return None
    return Photo(
        kind=kind,
        user_id=user_id,
        file_name=_file_name(name),
        content=content,
        local_second=second,
        type=_number(values, "type") or (VISIBLE_FACE if kind == "face" else 0),
    )


def read_attendance_photo(body: bytes) -> Photo | None:
    """Return the picture of an upload: lines of text, a NUL, and the bytes of it."""
    head, zero, content = body.partition(b"\0")
    if not zero:
        return None
    values = {
        key.strip().lower(): value.strip()
        for key, sign, value in (
            line.partition("=")
            for line in head[:4096].decode("ascii", "replace").splitlines()
        )
        if sign
    }
    # The command's name and the picture may stand on one line (§5.5).
    size = number(values.get("size", ""))
    if size and len(content) > size:
        content = content[:size]
    return named_photo(values.get("pin", ""), content)


def named_photo(name: str, content: bytes) -> Photo | None:
    """Return the picture that has a name, which says of whom it is, and when."""
    user_id, second = photo_name(name)
    if not content:
        return None
    return Photo(
        kind="attendance",
        user_id=user_id,
        file_name=_file_name(name),
        content=content,
        local_second=second,
    )


def photo_name(name: str) -> tuple[str, int | None]:
    """Return whose picture has a name, and when it was taken (§5.5)."""
    stem = name.rpartition("/")[2].rpartition(".")[0] or name
    digits, _, rest = stem.partition("-")
    if len(digits) != _NAME_OF_TIME or not (digits.isascii() and digits.isdecimal()):
        return "", None
    date, time = digits[:8], digits[8:]
    second = text_second(
        f"{date[:4]}-{date[4:6]}-{date[6:]} {time[:2]}:{time[2:4]}:{time[4:]}"
    )
    return user_id_of(rest) or "", second


def photo_of_punch(user_id: str, second: int) -> str:
    """Return what a terminal calls the photo of somebody, taken at a local second."""
    return f"{wall_clock(second):%Y%m%d%H%M%S}-{user_id}.jpg"


def seconds_of_photo(second: int) -> tuple[int, ...]:
    """Return the local seconds at which the photo of a punch may be taken.

    The nearest first, and of two the later: it is taken of who was recognised.
    """
    around = range(second - _APART, second + _APART + 1)
    return tuple(sorted(around, key=lambda one: (abs(one - second), -one)))


def _file_name(name: str) -> str:
    """Return a name that is nothing but one: no way to another folder."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return name[:128] if name.isprintable() and name not in {".", ".."} else ""


def _content(values: Mapping[str, str], *keys: str) -> bytes:
    for key in keys:
        if text := values.get(key):
            try:
                return b64decode("".join(text.split()), validate=True)
            except Base64Error, ValueError:
                return b""
    return b""
