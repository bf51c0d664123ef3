"""How a terminal is told to behave (protocol-adms §3, §4, §8.1, §8.2)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from ..records import local_second
from ..times import pack_time
from .facts import PUSH_OPTIONS
from .state import TerminalState, Wishes

# The lower of its version and ours is spoken; what came later is not used here.
ATT_VERSION = "2.4.1"
ACC_VERSION = "3.1.1"
_MOST_BYTES = 1_048_576
_ERROR_DELAY = 30
# By the number of the biometric type: fingerprints, faces, veins and palms.
_BIOMETRICS = "0:1:1:0:0:0:0:1:1:1:1"

# The new name of each stamp, and the old one where it has one (§3.1).
_STAMPS: Mapping[str, tuple[str, ...]] = {
    "attlog": ("ATTLOGStamp", "Stamp"),
    "operlog": ("OPERLOGStamp", "OpStamp"),
    "attphoto": ("ATTPHOTOStamp", "PhotoStamp"),
    "biodata": ("BIODATAStamp",),
    "idcard": ("IDCARDStamp",),
    "errorlog": ("ERRORLOGStamp",),
}
# Makes a terminal send all that it holds.
_FROM_THE_START = "0"

_TABLES = ("AttLog", "OpLog", "EnrollUser", "ChgUser")
_TEMPLATE_TABLES = (
    "EnrollFP",
    "ChgFP",
    "FACE",
    "FVEIN",
    "BIODATA",
    "BioPhoto",
    "UserPic",
)


def time_zone(offset: int) -> str:
    """Return an offset from UTC in seconds: in hours, or in minutes if it must be.

    Always there, and always right: a terminal sets its clock by it (§4).
    """
    minutes = round(offset / 60)
    hours, rest = divmod(abs(minutes), 60)
    if rest:
        return str(minutes)
    return str(hours if minutes >= 0 else -hours)


def trans_flag(wishes: Wishes) -> str:
    """Return what a terminal shall upload, by name: the bits have two orders (§3.2)."""
    tables = [*_TABLES]
    if wishes.biometrics:
        tables += _TEMPLATE_TABLES
    if wishes.photos:
        tables.append("AttPhoto")
    return "TransData " + "\t".join(tables)


def att_handshake(
    serial: str, state: TerminalState | None, wishes: Wishes, utc_offset: int
) -> str:
    """Return the answer to the handshake of an attendance terminal.

    One that nobody added yet gets it too, since its clock hangs on it.
    """
    stamps = state.stamps if state else {}
    lines = [f"GET OPTION FROM: {serial}"]
    for table, names in _STAMPS.items():
        lines += (f"{name}={stamps.get(table, _FROM_THE_START)}" for name in names)
    values: dict[str, str | int] = {
        "ErrorDelay": _ERROR_DELAY,
        "Delay": wishes.delay,
        "TransTimes": "00:00;12:00",
        "TransInterval": 1,
        "TransFlag": trans_flag(wishes),
        "TimeZone": time_zone(utc_offset),
        "Realtime": 1,
        "Encrypt": 0,
        "ServerVer": ATT_VERSION,
        "PushProtVer": ATT_VERSION,
        "PushOptionsFlag": 1,
        "PushOptions": ",".join(PUSH_OPTIONS),
        "SupportPing": 1,
        "MaxPostSize": _MOST_BYTES,
    }
    if wishes.biometrics:
        values["MultiBioDataSupport"] = _BIOMETRICS
        values["MultiBioPhotoSupport"] = _BIOMETRICS
    return _text([*lines, *_lines(values)])


def acc_handshake(state: TerminalState, wishes: Wishes) -> str:
    """Return the answer to the handshake of an access terminal (§8.1)."""
    if not state.registered:
        return "OK"
    return _text(
        [
            "registry=ok",
            f"RegistryCode={state.registry_code}",
            *_session(state, wishes),
        ]
    )


def registration(state: TerminalState) -> str:
    """Return the answer to a registration: nothing but the code, or it never ends."""
    return f"RegistryCode={state.registry_code}"


def session(state: TerminalState, wishes: Wishes) -> str:
    """Return the parameters of a session."""
    return _text(_session(state, wishes))


def _session(state: TerminalState, wishes: Wishes) -> Iterable[str]:
    values: dict[str, str | int] = {
        "ServerVersion": ACC_VERSION,
        "ServerName": "SyncID",
        "PushVersion": ACC_VERSION,
        "PushProtVer": ACC_VERSION,
        "ErrorDelay": _ERROR_DELAY,
        "RequestDelay": wishes.delay,
        "TransTimes": "00:00;12:00",
        "TransInterval": 1,
        "TransTables": "User\tTransaction",
        "Realtime": 1,
        "SessionID": state.session_id,
        "TimeoutSec": 10,
    }
    if wishes.biometrics:
        values |= {
            "BioPhotoFun": 1,
            "BioDataFun": 1,
            "MultiBioDataSupport": _BIOMETRICS,
            "MultiBioPhotoSupport": _BIOMETRICS,
        }
    return _lines(values)


def clock_time(now: float, utc_offset: int = 0) -> int:
    """Return what a clock shows at an offset from UTC, packed (§4)."""
    return pack_time(local_second(datetime.fromtimestamp(now + utc_offset, UTC)))


def server_time(now: float, utc_offset: int) -> str:
    """Return the time in UTC, and the zone (§8.2)."""
    sign = "-" if utc_offset < 0 else "+"
    hours, minutes = divmod(abs(round(utc_offset / 60)), 60)
    return f"DateTime={clock_time(now)},ServerTZ={sign}{hours:02}{minutes:02}"


def _lines(values: Mapping[str, str | int]) -> list[str]:
    return [f"{key}={value}" for key, value in values.items()]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
