"""Lines as they are sent, and the fields of lines that come.

protocol-adms §1 and §5; the tables of the security family are those of §6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
import re
from urllib.parse import quote

from .faults import AdmsFaults
from .profiles import AdmsProfile
from .records import AdmsPunch, AdmsUser, Photo, Template, encode

_BAD_LINE = "\x01not a line at all"
# Values may contain commas: a comma separates only before the next key (§8).
_NEXT_OPTION = re.compile(r",(?=~?\w+=)")
# A word, such as USER, and then only keys with values.
_KEYED_LINE = re.compile(r"((?:\w+ )?)(\w+=[^\t]*(?:\t\w+=[^\t]*)*)")


def join(pairs: Mapping[str, object]) -> str:
    """Return fields with their keys."""
    return "\t".join(f"{key}={value}" for key, value in pairs.items())


def split_fields(text: str) -> dict[str, str]:
    """Return the fields of a line by their key in lower case."""
    fields = {}
    for field in text.split("\t"):
        key, sign, value = field.partition("=")
        if sign:
            fields[key.strip().lower()] = value
    return fields


def split_options(text: str) -> dict[str, str]:
    """Return options that commas separate, whatever is in their values."""
    pairs = (item.partition("=") for item in _NEXT_OPTION.split(text.strip()))
    return {key.strip(): value for key, sign, value in pairs if sign}


def stamp_text(moment: datetime, faults: AdmsFaults) -> str:
    """Return the time of a punch; the terminal knows no zone, so none is in it."""
    match faults.time_format:
        case "t":
            return moment.isoformat("T", "seconds")
        case "epoch":
            return str(int(moment.replace(tzinfo=UTC).timestamp()))
        case _:
            return moment.isoformat(" ", "seconds")


def punch_line(punch: AdmsPunch, profile: AdmsProfile, faults: AdmsFaults) -> str:
    """Return a line of ATTLOG."""
    values = [
        punch.user_id,
        stamp_text(punch.time, faults),
        punch.state,
        punch.verify,
        punch.work_code,
        0,
        0,
        punch.mask,
        punch.temperature,
        punch.temperature,
        punch.offset,
        punch.extra,
    ]
    fields = faults.attlog_fields or profile.attlog_fields
    return "\t".join(str(value) for value in values[:fields])


def rtlog_line(punch: AdmsPunch, faults: AdmsFaults) -> str:
    """Return a line of rtlog (§8)."""
    return join(
        {
            "time": stamp_text(punch.time, faults),
            "pin": punch.user_id,
            "cardno": punch.card,
            "eventaddr": punch.door,
            "event": punch.event,
            "inoutstatus": punch.state,
            "verifytype": punch.verify,
            "index": punch.index,
            "sitecode": 0,
            "linkid": 0,
            "maskflag": punch.mask,
            "temperature": punch.temperature,
            "convtemperature": punch.temperature,
        }
    )


def name_text(name: str, profile: AdmsProfile, faults: AdmsFaults) -> str:
    """Return a name as it is written into a line."""
    encoding = faults.name_encoding or profile.encoding
    return quote(name) if encoding == "percent" else name


def restyled(line: str, faults: AdmsFaults) -> str:
    """Return a line of keys and values as some other firmware writes it (§5)."""
    if (match := _KEYED_LINE.fullmatch(line)) is None:
        return line
    fields = [field.partition("=") for field in match[2].split("\t")]
    if faults.key_case != "as_is":
        upper = faults.key_case == "upper"
        fields = [
            (key.upper() if upper else key.lower(), sign, value)
            for key, sign, value in fields
        ]
    if faults.reverse_fields:
        fields.reverse()
    return match[1] + "\t".join("".join(field) for field in fields)


def body_of(
    lines: Iterable[str], profile: AdmsProfile, faults: AdmsFaults
) -> tuple[bytes, int]:
    """Return the body of lines, and how many there are in the end."""
    sent = [line for line in lines for _ in range(faults.repeat_lines)]
    if faults.reverse_fields or faults.key_case != "as_is":
        sent = [restyled(line, faults) for line in sent]
    if faults.bad_line:
        at = faults.strike("bad_line", faults.bad_line)
        sent.insert(at - 1, _BAD_LINE)
    end = "\r\n" if faults.line_end == "crlf" else "\n"
    text = end.join(sent) + (end if faults.last_line_end else "")
    encoding = faults.name_encoding or profile.encoding
    if encoding == "percent":
        encoding = "utf-8"
    return text.encode(encoding, "replace"), len(sent)


def user_line(user: AdmsUser, profile: AdmsProfile, faults: AdmsFaults) -> str:
    """Return a person as OPERLOG and the answer to a query have them (ATT)."""
    return "USER " + join(
        {
            "PIN": user.user_id,
            "Name": name_text(user.name, profile, faults),
            profile.role_key: user.privilege,
            "Passwd": user.password,
            "Card": user.card,
            "Grp": user.group,
            "TZ": user.time_zones,
            "Verify": user.verify,
            "ViceCard": user.vice_card,
        }
    )


def user_row(user: AdmsUser, profile: AdmsProfile, faults: AdmsFaults) -> str:
    """Return a person as tabledata and querydata have them (ACC)."""
    return "user " + join(
        {
            "cardno": user.card,
            "pin": user.user_id,
            "password": user.password,
            "group": user.group,
            "starttime": user.start or "0",
            "endtime": user.end or "0",
            "name": name_text(user.name, profile, faults),
            "privilege": user.privilege,
            "disable": user.disabled,
            "verify": user.verify,
        }
    )


def finger_line(template: Template, word: str = "FP") -> str:
    """Return a fingerprint as OPERLOG and the answer to a query have it (ATT)."""
    return f"{word} " + join(
        {
            "PIN": template.user_id,
            "FID": template.number,
            "Size": len(template.data),
            "Valid": 3 if template.duress else template.valid,
            "TMP": template.data,
        }
    )


def finger_row(template: Template) -> str:
    """Return a fingerprint as tabledata and querydata have it (ACC)."""
    return "templatev10 " + join(
        {
            "size": len(template.data),
            "pin": template.user_id,
            # A finger that tells of duress counts from 16 (§5).
            "fingerid": template.number + (16 if template.duress else 0),
            "valid": template.valid,
            "template": template.data,
        }
    )


def biodata_line(template: Template, word: str = "BIODATA") -> str:
    """Return a unified template."""
    return f"{word} " + join(
        {
            "Pin": template.user_id,
            "No": template.number,
            "Index": template.index,
            "Valid": template.valid,
            "Duress": template.duress,
            "Type": template.kind,
            "MajorVer": template.major,
            "MinorVer": template.minor,
            "Format": template.format,
            "Tmp": template.data,
        }
    )


def photo_line(word: str, user_id: str, content: str) -> str:
    """Return the photo of a person, or of a face (USERPIC, BIOPHOTO)."""
    fields: dict[str, object] = {"PIN": user_id, "FileName": f"{user_id}.jpg"}
    if word.upper() == "BIOPHOTO":
        fields |= {"Type": 9, "No": 0, "Index": 0}
    return f"{word} " + join(fields | {"Size": len(content), "Content": content})


def template_of(fields: Mapping[str, str], *, kind: int | None = None) -> Template:
    """Return the template that fields of BIODATA tell."""
    return Template(
        user_id=fields.get("pin", ""),
        kind=int(fields.get("type", "0")) if kind is None else kind,
        number=int(fields.get("no", "0")),
        index=int(fields.get("index", "0")),
        valid=int(fields.get("valid", "1")),
        duress=int(fields.get("duress", "0")),
        major=fields.get("majorver", "0"),
        minor=fields.get("minorver", "0"),
        format=fields.get("format", "0"),
        data=fields.get("tmp", ""),
    )


def finger_of(fields: Mapping[str, str], version: str) -> Template:
    """Return the template that fields of FINGERTMP or templatev10 tell."""
    number = int(fields.get("fid", fields.get("fingerid", "0")))
    duress = number >= 16 or fields.get("valid") == "3"
    return Template(
        user_id=fields.get("pin", ""),
        kind=1,
        number=number % 16,
        valid=min(1, int(fields.get("valid", "1"))),
        duress=int(duress),
        major=version,
        data=fields.get("tmp", fields.get("template", "")),
    )


_USER_FIELDS = {
    "name": "name",
    "passwd": "password",
    "password": "password",
    "card": "card",
    "cardno": "card",
    "grp": "group",
    "group": "group",
    "tz": "time_zones",
    "verify": "verify",
    "vicecard": "vice_card",
    "startdatetime": "start",
    "starttime": "start",
    "enddatetime": "end",
    "endtime": "end",
    "disable": "disabled",
}
_ROLE_KEYS = ("pri", "privilege")


def changed_user(
    user: AdmsUser, fields: Mapping[str, str], role_key: str | None
) -> AdmsUser:
    """Return a person as fields say; what they do not name stays.

    A role under a key that the firmware does not know changes nothing (§7).
    """
    changes: dict[str, object] = {
        _USER_FIELDS[key]: value for key, value in fields.items() if key in _USER_FIELDS
    }
    for key in _ROLE_KEYS:
        if key in fields and role_key in {None, key}:
            changes["privilege"] = int(fields[key] or 0)
    return replace(user, **changes)  # type: ignore[arg-type]


def photo_body(photo: Photo, serial: str, *, as_text: bool) -> bytes:
    """Return the photo of a punch: lines, a NUL, then the picture (§5)."""
    data = encode(photo.data).encode() if as_text else photo.data
    head = f"PIN={photo.name}\nSN={serial}\nsize={len(data)}\nCMD=uploadphoto"
    return head.encode() + b"\0" + data
