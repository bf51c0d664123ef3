"""Commands on people and templates of the attendance family.

protocol-adms §7.
"""

from collections.abc import Mapping
from dataclasses import replace

from .commands import (
    BAD,
    FULL,
    NO_TABLE,
    NO_USER,
    NOT_FETCHED,
    PICTURE_SIZE,
    TEMPLATE_FORMAT,
    TEMPLATE_INVALID,
    TEMPLATE_SIZE,
    VERSION,
    Command,
    Handler,
    Outcome,
    lines_post,
)
from .device import AdmsDevice
from .lines import (
    biodata_line,
    changed_user,
    finger_line,
    finger_of,
    photo_line,
    split_fields,
    template_of,
    user_line,
)
from .profiles import FACE, FINGERPRINT
from .records import AdmsUser, Template, decode

_NAME_BYTES = 24
_MAX_PIN = 14
_JPEG = b"\xff\xd8"


def put_user(device: AdmsDevice, fields: Mapping[str, str]) -> int:
    """Add somebody, or change what the fields name; return the code (§9)."""
    user_id = fields.get("pin", "").strip()
    letters = device.options.get("StringPinFunOn") == "1"
    fits = user_id.isalnum() if letters else user_id.isdecimal()
    if not fits or len(user_id) > _MAX_PIN or (user_id[0] == "0" and not letters):
        return BAD
    if user_id not in device.users and len(device.users) >= device.profile.max_users:
        return FULL
    known = device.users.get(user_id) or AdmsUser(user_id=user_id)
    role_key = device.profile.role_key.lower() if device.is_att else None
    user = changed_user(known, fields, role_key)
    encoding = device.profile.encoding
    name = user.name.encode(encoding, "replace")[:_NAME_BYTES]
    device.users[user_id] = replace(user, name=name.decode(encoding, "ignore"))
    return 0


def put_template(device: AdmsDevice, template: Template, size: str | None) -> int:
    """Store a template that came from elsewhere; return the code."""
    is_face = template.kind == FACE
    if template.kind not in device.profile.presses:
        return NO_TABLE
    if is_face and device.profile.face_version is None:
        return NO_TABLE
    if template.user_id not in device.users:
        return NO_USER
    if size is not None and int(size) != len(template.data):
        return TEMPLATE_SIZE
    version = device.profile.fingerprint_version
    if is_face and device.profile.face_version is not None:
        version = str(device.profile.face_version[0])
    if template.major.partition(".")[0] != version:
        return VERSION
    try:
        data = decode(template.data)
    except ValueError:
        return TEMPLATE_FORMAT
    if not data:
        return TEMPLATE_INVALID
    limit = device.profile.max_users if is_face else device.profile.max_fingerprints
    held = sum(other.kind == template.kind for other in device.templates.values())
    if template.key not in device.templates and held >= limit:
        return FULL
    device.templates[template.key] = template
    return 0


def put_face_photo(device: AdmsDevice, fields: Mapping[str, str]) -> int:
    """Take a photo as a face to compare with; return the code."""
    user_id, content = fields.get("pin", ""), fields.get("content", "")
    if device.profile.face_version is None:
        return NO_TABLE
    if user_id not in device.users:
        return NO_USER
    if fields.get("format", "0") == "1":
        # There is nothing that this one could fetch it with.
        return NOT_FETCHED
    if (code := _check_picture(fields)) < 0:
        return code
    device.face_photos[user_id] = content
    template = device.make_template(user_id, FACE)
    if fields.get("postbacktmpflag") == "1":
        device.learn(template)
    else:
        device.templates[template.key] = template
    return 0


def put_user_photo(device: AdmsDevice, fields: Mapping[str, str]) -> int:
    """Take a photo to show; return the code."""
    user_id = fields.get("pin", "")
    if user_id not in device.users:
        return NO_USER
    if (code := _check_picture(fields)) < 0:
        return code
    device.user_photos[user_id] = fields.get("content", "")
    return 0


def _check_picture(fields: Mapping[str, str]) -> int:
    """Return the code for what is no picture, or not of the size that it says."""
    content = fields.get("content", "")
    if int(fields.get("size") or "0") != len(content):
        return PICTURE_SIZE
    try:
        picture = decode(content)
    except ValueError:
        return TEMPLATE_FORMAT
    return 0 if picture.startswith(_JPEG) else TEMPLATE_INVALID


def chosen_photos(
    device: AdmsDevice, fields: Mapping[str, str], word: str = "BIOPHOTO"
) -> list[str] | None:
    """Return the photos of faces that pin chooses, as lines; None if it knows no faces."""
    if device.profile.face_version is None:
        return None
    wanted = fields.get("pin")
    return [
        photo_line(word, user_id, content)
        for user_id, content in device.face_photos.items()
        if wanted in {None, "", "*", user_id}
    ]


def chosen(
    device: AdmsDevice, fields: Mapping[str, str], *, kind: int | None = None
) -> list[Template]:
    """Return the templates that pin, type, no or fid choose."""
    wanted = {
        "user_id": fields.get("pin"),
        "kind": fields.get("type") if kind is None else str(kind),
        "number": fields.get("fid") or fields.get("fingerid") or fields.get("no"),
    }
    return [
        template
        for template in device.templates.values()
        if all(
            value in {None, ""} or str(getattr(template, name)) == value
            for name, value in wanted.items()
        )
    ]


def chosen_users(device: AdmsDevice, fields: Mapping[str, str]) -> list[AdmsUser]:
    """Return the people that pin chooses, or all."""
    wanted = fields.get("pin")
    return [user for user in device if wanted in {None, "", "*", user.user_id}]


def _update(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA UPDATE."""
    table, _, text = rest.strip().partition(" ")
    fields = split_fields(text)
    match table.upper():
        case "USERINFO":
            code = put_user(device, fields)
        case "FINGERTMP":
            template = finger_of(fields, device.profile.fingerprint_version)
            code = put_template(device, template, fields.get("size"))
        case "BIODATA":
            code = put_template(device, template_of(fields), None)
        case "BIOPHOTO":
            code = put_face_photo(device, fields)
        case "USERPIC":
            code = put_user_photo(device, fields)
        case _:
            code = NO_TABLE
    return Outcome(code=code, verb="DATA")


def _delete(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA DELETE."""
    table, _, text = rest.strip().partition(" ")
    fields = split_fields(text)
    user_id = fields.get("pin", "")
    if not user_id:
        return Outcome(code=BAD, verb="DATA")
    match table.upper():
        case "USERINFO":
            device.forget_user(user_id)
        case "FINGERTMP":
            for template in chosen(device, fields, kind=FINGERPRINT):
                del device.templates[template.key]
        case "BIODATA":
            for template in chosen(device, fields):
                del device.templates[template.key]
        case "BIOPHOTO":
            device.face_photos.pop(user_id, None)
        case "USERPIC":
            device.user_photos.pop(user_id, None)
        case _:
            return Outcome(code=NO_TABLE, verb="DATA")
    return Outcome(verb="DATA")


def _query(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA QUERY: what is asked for comes in posts of its own."""
    table, _, text = rest.strip().partition(" ")
    table = table.upper()
    fields = split_fields(text)
    match table:
        case "USERINFO":
            lines = [
                user_line(user, device.profile, device.faults)
                for user in chosen_users(device, fields)
            ]
        case "FINGERTMP":
            templates = chosen(device, fields, kind=FINGERPRINT)
            lines = [finger_line(template) for template in templates]
        case "BIODATA":
            lines = [biodata_line(template) for template in chosen(device, fields)]
        case "BIOPHOTO" if (photos := chosen_photos(device, fields)) is not None:
            lines = photos
        case _:
            return Outcome(code=NO_TABLE, verb="DATA")
    if device.faults.query_tables == "operlog" and table != "BIODATA":
        table = "OPERLOG"
    return Outcome(verb="DATA", data=lines_post(device, command, table, lines))


def _old_user(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA USER: nobody says that what it does not name stays, so here it does not."""
    fields = split_fields(rest.strip())
    known = device.users.pop(fields.get("pin", "").strip(), None)
    if (code := put_user(device, fields)) < 0 and known is not None:
        device.users[known.user_id] = known
    return Outcome(code=code, verb="DATA")


def _old_finger(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA FP."""
    return _update(device, command, f"FINGERTMP {rest.strip()}")


def _old_delete_user(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA DEL_USER."""
    return _delete(device, command, f"USERINFO {rest.strip()}")


def _old_delete_finger(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA DEL_FP."""
    return _delete(device, command, f"FINGERTMP {rest.strip()}")


PEOPLE_HANDLERS: Mapping[str, Handler] = {
    "DATA UPDATE": _update,
    "DATA DELETE": _delete,
    "DATA QUERY": _query,
}

OLD_PEOPLE_HANDLERS: Mapping[str, Handler] = {
    "DATA USER": _old_user,
    "DATA FP": _old_finger,
    "DATA DEL_USER": _old_delete_user,
    "DATA DEL_FP": _old_delete_finger,
}
