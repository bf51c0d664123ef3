"""Commands: what a terminal does that a server has asked for.

protocol-adms §7; those of the security family (§8) are in access.py, those on
people and templates in people.py.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import re
from typing import Literal

from .device import AdmsDevice, Enrolment
from .lines import body_of, punch_line, split_fields
from .profiles import FACE, FINGERPRINT
from .records import AdmsPunch

type Next = Literal["restart", "handshake", "upload"]
type Expected = Literal["ok", "count", "table"]

# Return codes of the attendance family (§7).
OK, BAD, NO_USER, FULL = 0, -1, -10, -1001
PICTURE_SIZE, TEMPLATE_SIZE, TEMPLATE_FORMAT, TEMPLATE_INVALID = -2, -9, -11, -12
VERSION, UNSUPPORTED, NO_TABLE, NOT_FETCHED = -30, -1002, -1004, -1008
# Of an enrolment.
ALREADY, FAILED, DUPLICATE, CANCELLED, BUSY = 2, 4, 5, 6, 7

_CARD = 0

_COMMAND = re.compile(r"^C:([^:]*):", re.MULTILINE)
# The long form that a terminal gets which wants CmdFormat=1.
_LONG_COMMAND = re.compile(r"^DataType=1,.*?CmdID=([^,]*),CmdDesc=", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Post:
    """Something to send that is not from a journal."""

    path: str
    query: Mapping[str, str]
    body: bytes
    count: int = 1
    expects: Expected = "ok"
    # The command whose result this is, or belongs to.
    command: str = ""
    # What to do when the server has it.
    then: Next | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a command."""

    code: int = OK
    verb: str = ""
    # What stands behind the result, and lines below it.
    more: str = ""
    extra: str = ""
    data: list[Post] = field(default_factory=list)
    # No result until somebody has done something at the terminal.
    waits: bool = False
    then: Next | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it came."""

    id: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return it in words."""
        return self.text.split()


type Handler = Callable[[AdmsDevice, Command, str], Outcome]


def split_commands(text: str) -> Iterator[Command]:
    """Yield the commands of an answer, whatever is between them.

    What does not look like the start of one belongs to the one before it: a
    command of the security family may have several rows.
    """
    starts = [*_COMMAND.finditer(text), *_LONG_COMMAND.finditer(text)]
    starts.sort(key=lambda match: match.start())
    ends = [*(match.start() for match in starts[1:]), len(text)]
    # One end too many when there is no command at all.
    for match, end in zip(starts, ends, strict=False):
        yield Command(match[1], text[match.end() : end].strip("\r\n"))


def lines_post(
    device: AdmsDevice, command: Command, table: str, lines: list[str], **query: str
) -> list[Post]:
    """Return posts with the lines that a query wanted, split as uploads are."""
    posts = []
    limit = max(1, device.faults.batch)
    for start in range(0, len(lines), limit):
        body, count = body_of(
            lines[start : start + limit], device.profile, device.faults
        )
        posts.append(
            Post(
                path="cdata",
                query={"table": table, "Stamp": "9999"} | query,
                body=body,
                count=count,
                expects="count",
                command=command.id,
            )
        )
    return posts


def between(device: AdmsDevice, fields: Mapping[str, str]) -> list[AdmsPunch]:
    """Return the punches of a period; without one, all."""
    start = _moment(fields.get("starttime"), datetime.min)
    end = _moment(fields.get("endtime"), datetime.max)
    return [punch for punch in device.log if start <= punch.time <= end]


def _moment(text: str | None, default: datetime) -> datetime:
    """Return a time with a space or a T; raise ValueError for what is none."""
    return datetime.fromisoformat(text.strip()) if text else default


def _clear(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Clear the log, the photos, the templates, or all."""
    what = rest.strip().upper()
    outcome = Outcome(verb=f"CLEAR_{what}")
    match what:
        case "LOG":
            device.journals[device.log_table].clear()
        case "PHOTO":
            if device.is_att:
                device.journals["ATTPHOTO"].clear()
        case "BIODATA":
            device.templates.clear()
        case "DATA":
            for journal in device.journals.values():
                journal.clear()
            for user_id in tuple(device.users):
                device.forget_user(user_id)
        case _:
            return Outcome(code=UNSUPPORTED, verb="CLEAR")
    return outcome


def _info(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Tell what it is, short or long."""
    values = device.option_values()
    if device.faults.info == "short":
        values = {key: values[key] for key in ("~DeviceName", "FirmVer", "UserCount")}
    elif device.faults.info == "long":
        values |= {f"Unheard{number}": "a=b,c" for number in range(40)}
    lines = "\n".join(f"{key}={value}" for key, value in values.items())
    return Outcome(verb="INFO", extra=lines)


_OPTION_NAMES = {"devicename": "~DeviceName", "macaddress": "MAC"}


def _get_option(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Tell the value of one option."""
    name = rest.removeprefix("FROM").strip()
    values = device.option_values()
    known = {key.lstrip("~").lower(): key for key in values}
    key = _OPTION_NAMES.get(name.lower()) or known.get(name.lstrip("~").lower())
    if key is None:
        return Outcome(code=BAD, verb="GET OPTION")
    return Outcome(verb="GET OPTION", extra=f"{name}={values[key]}")


def _set_option(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Set one option."""
    key, sign, value = rest.strip().partition("=")
    if not sign:
        return Outcome(code=BAD, verb="SET OPTION")
    device.options[key] = value
    return Outcome(verb="SET OPTION")


def _reload(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Ask the server for its options again."""
    return Outcome(verb="RELOAD OPTIONS", then="handshake")


def _check(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Ask the server for its options again, and upload by its stamps."""
    return Outcome(verb="CHECK", then="handshake")


def _log(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Upload now what is new."""
    return Outcome(verb="LOG", then="upload")


def _reboot(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Restart, once the server knows."""
    return Outcome(verb="REBOOT", then="restart")


def _unlock(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Open the door."""
    if not device.profile.lock:
        return Outcome(code=UNSUPPORTED, verb="AC_UNLOCK")
    device.unlock()
    return Outcome(verb="AC_UNLOCK")


def _unalarm(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Make the alarm stop."""
    device.alarms_cancelled += 1
    return Outcome(verb="AC_UNALARM")


def _verify_sum(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Count the punches of a period."""
    verb = "VERIFY SUM"
    table, _, text = rest.strip().partition(" ")
    if not device.profile.counts or table.upper() != "ATTLOG":
        return Outcome(code=UNSUPPORTED, verb=verb)
    fields = split_fields(text)
    start, end = fields.get("starttime", ""), fields.get("endtime", "")
    count = f"{device.faults.sum_key}={len(between(device, fields))}"
    return Outcome(verb=verb, more=f"&StartTime={start}&EndTime={end}&{count}")


def resend(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Upload the punches of a period, whether or not they were (DATA QUERY ATTLOG)."""
    punches = between(device, split_fields(rest))
    lines = [punch_line(punch, device.profile, device.faults) for punch in punches]
    return Outcome(verb="DATA", data=lines_post(device, command, "ATTLOG", lines))


# Which template an enrolment makes (ENROLL_BIO says it itself).
_KINDS = {"ENROLL_FP": FINGERPRINT, "ENROLL_MF": _CARD}


def enroll(device: AdmsDevice, command: Command, rest: str) -> Outcome:
    """Ask somebody to show a finger, a face or a card."""
    verb = command.words[0].upper()
    fields = split_fields(rest)
    user_id = fields.get("pin", "")
    kind = _KINDS[verb] if verb in _KINDS else int(fields.get("type", "0"))
    number = int(fields.get("fid") or fields.get("no") or "0")
    overwrite = fields.get("overwrite", "1") == "1"
    if kind != _CARD and kind not in device.profile.presses:
        return Outcome(code=UNSUPPORTED, verb=verb)
    if kind == FACE and device.profile.face_version is None:
        return Outcome(code=UNSUPPORTED, verb=verb)
    if user_id not in device.users:
        return Outcome(code=NO_USER if device.is_att else -27, verb=verb)
    if device.enrolment is not None:
        return Outcome(code=BUSY, verb=verb)
    if (user_id, kind, number, 0) in device.templates and not overwrite:
        return Outcome(code=ALREADY, verb=verb)
    device.enrolment = Enrolment(
        command=command.id,
        verb=verb,
        user_id=user_id,
        kind=kind,
        number=number,
        presses=device.profile.presses.get(kind, 1),
        retries=int(fields.get("retry") or "1"),
        overwrite=overwrite,
    )
    return Outcome(verb=verb, waits=True)


ATT_HANDLERS: Mapping[str, Handler] = {
    "CLEAR": _clear,
    "INFO": _info,
    "GET OPTION": _get_option,
    "SET OPTION": _set_option,
    "RELOAD OPTIONS": _reload,
    "CHECK": _check,
    "LOG": _log,
    "REBOOT": _reboot,
    "AC_UNLOCK": _unlock,
    "AC_UNALARM": _unalarm,
    "VERIFY SUM": _verify_sum,
    "DATA QUERY ATTLOG": resend,
    "ENROLL_FP": enroll,
    "ENROLL_MF": enroll,
    "ENROLL_BIO": enroll,
}
