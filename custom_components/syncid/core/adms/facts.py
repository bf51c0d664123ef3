"""What a terminal says of itself (protocol-adms §3.3, §7.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from ..records import Capacity, DeviceInfo
from ..rows import number

# What an access terminal is asked for one by one.
INFO_OPTIONS = (
    "~DeviceName",
    "FirmVer",
    "~Platform",
    "MAC",
    "IPAddress",
    "UserCount",
    "FPCount",
    "FaceCount",
    "TransactionCount",
    "FPVersion",
    "FaceVersion",
    "FaceFunOn",
    "~LockFunOn",
)

# The option by which a terminal tells which templates it has.
TEMPLATE_KINDS = "multibiodatasupport"

# What an attendance terminal is asked for after a handshake.
PUSH_OPTIONS = (
    *INFO_OPTIONS,
    "FWVersion",
    "FvFunOn",
    "FvVersion",
    "FvCount",
    "PvFunOn",
    "PvVersion",
    "PvCount",
    "FingerFunOn",
    "BioPhotoFun",
    "BioDataFun",
    "PhotoFunOn",
    "CardProtFormat",
    "~MaxUserCount",
    "~MaxAttLogCount",
    "~MaxFingerCount",
    "MultiBioPhotoSupport",
    "MultiBioDataSupport",
    "MultiBioVersion",
    "UserValidTimeFun",
    "StringPinFunOn",
)

_ASKED_FOR = frozenset(name.lstrip("~").lower() for name in PUSH_OPTIONS)

_LONGEST = 200
# Options that are taken at once, and that are remembered.
_MOST_OPTIONS = 200
_MOST_REMEMBERED = 400
# No option that we ask for; a terminal may tell it all the same.
_SECRETS = ("key", "pass", "pwd", "secret")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a terminal is, and how full; None for what it does not tell."""

    name: str | None = None
    firmware: str | None = None
    platform: str | None = None
    mac: str | None = None
    address: str | None = None
    push_version: str | None = None
    users: int | None = None
    fingerprints: int | None = None
    faces: int | None = None
    records: int | None = None
    # How many there is room for.
    most_users: int | None = None
    most_fingerprints: int | None = None
    most_records: int | None = None
    fingerprint_version: str | None = None
    face_version: str | None = None
    faces_enabled: bool | None = None
    lock: bool | None = None
    # Whether letters in user ids are allowed.
    letters_in_ids: bool | None = None

    def merged(self, newer: Facts) -> Facts:
        """Return these facts, with newer ones in the place of older ones."""
        told = {
            field.name: value
            for field in fields(newer)
            if (value := getattr(newer, field.name)) is not None
        }
        return replace(self, **told)

    def info(self, serial: str) -> DeviceInfo:
        """Return them as those of a terminal on port 4370."""
        return DeviceInfo(
            serial=serial,
            name=self.name or "",
            platform=self.platform or "",
            firmware=self.firmware or "",
            mac=self.mac or "",
            fingerprint_version=_major(self.fingerprint_version),
            face_version=_major(self.face_version),
            faces_enabled=bool(self.faces_enabled),
        )

    @property
    def capacity(self) -> Capacity | None:
        """Return how full the terminal is; None as long as it does not tell all."""
        if None in (self.users, self.fingerprints, self.records):
            return None
        return Capacity(
            users=self.users or 0,
            fingerprints=self.fingerprints or 0,
            records=self.records or 0,
            faces=self.faces,
            user_capacity=self.most_users or 0,
            fingerprint_capacity=self.most_fingerprints or 0,
            record_capacity=self.most_records or 0,
            face_capacity=None,
        )


NO_FACTS = Facts()


def _major(version: str | None) -> int | None:
    return number((version or "").partition(".")[0]) or None


def has_kind(options: Mapping[str, str], name: str, kind: int) -> bool:
    """Tell whether an option has a 1 at the place of a kind of template (§3).

    What a terminal does not tell, it is not asked for.
    """
    return options.get(name, "").split(":")[kind : kind + 1] == ["1"]


def kept_options(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options that may be kept and shown: no secrets, and not too many."""
    return {
        name: value[:_LONGEST]
        for name, value in list(options.items())[:_MOST_OPTIONS]
        if not any(secret in name for secret in _SECRETS)
    }


def remembered_options(
    known: Mapping[str, str], told: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the options that are remembered of those that were known and are told.

    Of too many those that SyncID asks for, and those that were told last.
    """
    if not told:
        return known
    options = {name: value for name, value in known.items() if name not in told}
    options |= told
    if (too_many := len(options) - _MOST_REMEMBERED) > 0:
        for name in [name for name in options if name not in _ASKED_FOR][:too_many]:
            del options[name]
    return options


def facts_of_options(options: Mapping[str, str]) -> Facts:
    """Return the facts in options, whose names are in lower case (§3.3)."""

    def text(*names: str) -> str | None:
        for name in names:
            if value := options.get(name, "").strip():
                return value[:_LONGEST]
        return None

    def count(*names: str) -> int | None:
        return number(text(*names) or "")

    def scaled(unit: int, name: str) -> int | None:
        # Terminals tell in hundreds for how many people there is room, and in tens of
        # thousands for how many punches.
        told = count(name)
        return None if told is None else unit * told

    def is_on(name: str) -> bool | None:
        value = text(name)
        return None if value is None else value != "0"

    return Facts(
        name=text("devicename"),
        firmware=text("firmver", "fwversion"),
        platform=text("platform"),
        mac=text("mac", "macaddress"),
        address=text("ipaddress"),
        push_version=text("pushversion", "pushver"),
        users=count("usercount"),
        fingerprints=count("fpcount"),
        faces=count("facecount"),
        records=count("transactioncount", "attlogcount"),
        most_users=scaled(100, "maxusercount"),
        most_fingerprints=scaled(100, "maxfingercount"),
        most_records=scaled(10_000, "maxattlogcount"),
        fingerprint_version=text("fpversion", "zkfpversion"),
        face_version=text("faceversion", "zkfaceversion"),
        faces_enabled=is_on("facefunon"),
        lock=is_on("lockfunon"),
        letters_in_ids=is_on("stringpinfunon"),
    )


def facts_of_info(info: str) -> Facts:
    """Return the facts in an INFO list, of which any tail may be missing (§7.4)."""
    parts = [part.strip() for part in info.split(",")][:32]
    parts += [""] * (10 - len(parts))
    return Facts(
        firmware=parts[0][:_LONGEST] or None,
        users=number(parts[1]),
        fingerprints=number(parts[2]),
        records=number(parts[3]),
        address=parts[4][:_LONGEST] or None,
        fingerprint_version=parts[5][:_LONGEST] or None,
        face_version=parts[6][:_LONGEST] or None,
        faces=number(parts[8]),
        faces_enabled=parts[9][1] == "1" if len(parts[9]) > 1 else None,
    )
