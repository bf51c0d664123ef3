"""Commands of the security family.

protocol-adms §8. The fields of the table transaction are in none of the sources:
they are rtlog's, by other names.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from simulator.wire import decode_time, encode_time

from .commands import Command, Handler, Outcome, Post, enroll
from .device import AdmsDevice
from .lines import (
    biodata_line,
    body_of,
    finger_of,
    finger_row,
    join,
    split_fields,
    split_options,
    template_of,
    user_row,
)
from .people import (
    chosen,
    chosen_photos,
    chosen_users,
    put_face_photo,
    put_template,
    put_user,
    put_user_photo,
)
from .profiles import FINGERPRINT

# Return codes (§7); those on templates are those of the attendance family.
_BAD, NO_COMMAND, _NO_PIN, _NO_TABLE, _UNSUPPORTED = -1, -13, -27, -629, -708
_NO_USER = -10


def encoded(moment: datetime) -> int:
    """Return a time as a number (§4)."""
    return encode_time(moment)


def _rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a command."""
    return [split_fields(line) for line in text.splitlines() if line.strip()]


def _put(device: AdmsDevice, table: str, row: Mapping[str, str]) -> int:
    """Store one row; return the code."""
    match table:
        case "user":
            return put_user(device, row)
        case "userauthorize":
            if row.get("pin") not in device.users:
                return _NO_PIN
            device.authorizations[row["pin"]] = dict(row)
            return 0
        case "templatev10":
            template = finger_of(row, device.profile.fingerprint_version)
            return put_template(device, template, row.get("size"))
        case "biodata":
            return put_template(device, template_of(row), None)
        case "biophoto":
            return put_face_photo(device, row)
        case "userpic":
            return put_user_photo(device, row)
        case _:
            return _NO_TABLE


def _update(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA UPDATE: store rows until one is refused."""
    table, _, text = rest.strip().partition(" ")
    for row in _rows(text):
        if (code := _put(device, table.lower(), row)) < 0:
            code = _NO_PIN if code == _NO_USER else code
            return Outcome(code=code, verb="DATA UPDATE")
    return Outcome(verb="DATA UPDATE")


def _delete(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA DELETE: forget rows that are chosen, or all with *."""
    table, _, text = rest.strip().partition(" ")
    rows = [{}] if text.strip() == "*" else _rows(text)
    if not rows:
        return Outcome(code=_BAD, verb="DATA DELETE")
    for row in rows:
        match table.lower():
            case "user":
                for user in chosen_users(device, row):
                    device.forget_user(user.user_id)
            case "userauthorize":
                for user in chosen_users(device, row):
                    device.authorizations.pop(user.user_id, None)
            case "templatev10":
                for template in chosen(device, row, kind=FINGERPRINT):
                    del device.templates[template.key]
            case "biodata":
                for template in chosen(device, row):
                    del device.templates[template.key]
            case "biophoto":
                device.face_photos.pop(row.get("pin", ""), None)
            case "transaction":
                device.journals["rtlog"].clear()
            case _:
                return Outcome(code=_NO_TABLE, verb="DATA DELETE")
    return Outcome(verb="DATA DELETE")


def _transactions(device: AdmsDevice) -> list[str]:
    """Return the log as rows."""
    return [
        "transaction "
        + join(
            {
                "cardno": punch.card,
                "pin": punch.user_id,
                "verified": punch.verify,
                "doorid": punch.door,
                "eventtype": punch.event,
                "inoutstate": punch.state,
                "time_second": encoded(punch.time),
                "index": punch.index,
            }
        )
        for punch in device.log
    ]


def _table(
    device: AdmsDevice, name: str, fields: Mapping[str, str]
) -> list[str] | None:
    """Return the rows of a table that are asked for; None if there is none such."""
    match name:
        case "user":
            users = chosen_users(device, fields)
            return [user_row(user, device.profile, device.faults) for user in users]
        case "templatev10":
            templates = chosen(device, fields, kind=FINGERPRINT)
            return [finger_row(template) for template in templates]
        case "biodata":
            return [
                biodata_line(template, "biodata") for template in chosen(device, fields)
            ]
        case "biophoto":
            return chosen_photos(device, fields, "biophoto")
        case "transaction":
            return _transactions(device)
        case _:
            return None


def _query_post(command: Command, kind: str, body: bytes, **query: str) -> Post:
    """Return a post of what was asked for."""
    return Post(
        path="querydata",
        query={"type": kind, "cmdid": command.id} | query,
        body=body,
        expects="table" if kind == "tabledata" else "ok",
        command=command.id,
    )


def _query(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA QUERY tablename=,fielddesc=,filter=: the rows come in packs."""
    options = {key.lower(): value for key, value in split_options(rest).items()}
    name = options.get("tablename", "").lower()
    wanted = options.get("filter", "*")
    fields = {} if wanted == "*" else split_fields(wanted.replace(",", "\t"))
    if (rows := _table(device, name, fields)) is None:
        return Outcome(code=_NO_TABLE, verb="DATA QUERY")
    limit = max(1, device.faults.batch)
    packs = [rows[at : at + limit] for at in range(0, len(rows), limit)]
    posts = []
    for number, pack in enumerate(packs, 1):
        body, count = body_of(pack, device.profile, device.faults)
        post = _query_post(
            command,
            "tabledata",
            body,
            tablename=name,
            count=str(count),
            packcnt=str(len(packs)),
            packidx=str(number),
        )
        post.count = count
        posts.append(post)
    return Outcome(code=len(rows), verb="DATA QUERY", data=posts)


def _count(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do DATA COUNT."""
    name = rest.strip().lower()
    if (rows := _table(device, name, {})) is None:
        return Outcome(code=_NO_TABLE, verb="DATA COUNT")
    body = f"{name}={len(rows)}".encode()
    post = _query_post(command, "count", body, tablename=name, count="1")
    return Outcome(code=len(rows), verb="DATA COUNT", data=[post])


def _get_options(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do GET OPTIONS: tell those that it has."""
    values = device.option_values()
    names = [name.strip() for name in rest.split(",")]
    found = ",".join(f"{name}={values[name]}" for name in names if name in values)
    post = _query_post(command, "options", found.encode(), count="1")
    return Outcome(verb="GET OPTIONS", data=[post])


def _set_options(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do SET OPTIONS; DateTime is the clock (§4)."""
    options = split_options(rest)
    if not options:
        return Outcome(code=_BAD, verb="SET OPTIONS")
    if "DateTime" in options:
        try:
            device.set_time(decode_time(int(options.pop("DateTime"))))
        except ValueError:
            return Outcome(code=_BAD, verb="SET OPTIONS")
    device.options |= options
    return Outcome(verb="SET OPTIONS")


def _open_output(device: AdmsDevice, door: int, rest: bytes) -> None:
    """Open a lock, for some seconds."""
    kind, seconds = (*rest, 1, 5)[:2]
    if kind == 1:
        device.unlock(door, seconds)


def _keep_open(device: AdmsDevice, door: int, rest: bytes) -> None:
    """Keep a door open, or not any longer."""
    device.options[f"Door{door}KeepOpen"] = str(int(bool(rest[:1].strip(b"\0"))))


def _lock_out(device: AdmsDevice, door: int, rest: bytes) -> None:
    """Keep a door shut for everybody, or not any longer."""
    device.options[f"Door{door}LockOut"] = str(int(bool(rest[:1].strip(b"\0"))))


def _end_alarm(device: AdmsDevice, door: int, rest: bytes) -> None:
    """Make the alarm stop."""
    device.alarms_cancelled += 1


_CONTROLS: Mapping[int, Callable[[AdmsDevice, int, bytes], None]] = {
    1: _open_output,
    2: _end_alarm,
    4: _keep_open,
    6: _lock_out,
}
_REBOOT = 3


def _control(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Do CONTROL DEVICE AABBCCDDEE, in hex."""
    verb = "CONTROL DEVICE"
    try:
        what, door, *parameters = bytes.fromhex(rest.strip())
    except ValueError:
        return Outcome(code=_BAD, verb=verb)
    if what == _REBOOT:
        return Outcome(verb=verb, then="restart")
    if (control := _CONTROLS.get(what)) is None:
        return Outcome(code=_UNSUPPORTED, verb=verb)
    control(device, door, bytes(parameters))
    return Outcome(verb=verb)


def _account(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Refuse ACCOUNT."""
    return Outcome(code=_UNSUPPORTED, verb="ACCOUNT")


ACC_HANDLERS: Mapping[str, Handler] = {
    "DATA UPDATE": _update,
    "DATA DELETE": _delete,
    "DATA QUERY": _query,
    "DATA COUNT": _count,
    "GET OPTIONS": _get_options,
    "SET OPTIONS": _set_options,
    "CONTROL DEVICE": _control,
    "ENROLL_BIO": enroll,
    "ACCOUNT": _account,
}
