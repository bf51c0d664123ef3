"""What a server's handshake tells a terminal.

protocol-adms §3, §4 and §8.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

# TransFlag as bits: what each place allows (§3, the order of the attendance family).
_BITS = (
    "AttLog",
    "OpLog",
    "AttPhoto",
    "EnrollFP",
    "EnrollUser",
    "FPImag",
    "ChgUser",
    "ChgFP",
    "FACE",
    "UserPic",
    "WORKCODE",
    "BioPhoto",
)
ALL_FLAGS = frozenset(name.lower() for name in (*_BITS, "BIODATA", "FVEIN"))
# A number beyond it is of minutes, not hours (§4).
_MAX_HOURS = 60
_FACTORY_ZONE = timedelta(hours=8)

_STAMP_KEYS = {
    False: {
        "attlogstamp": "ATTLOG",
        "operlogstamp": "OPERLOG",
        "attphotostamp": "ATTPHOTO",
        "biodatastamp": "BIODATA",
    },
    True: {"stamp": "ATTLOG", "opstamp": "OPERLOG", "photostamp": "ATTPHOTO"},
}


@dataclass(slots=True, kw_only=True)
class Settings:
    """What the server wants; the defaults are the factory's."""

    delay: float = 30.0
    error_delay: float = 60.0
    realtime: bool = True
    # Minutes between uploads, and times of the day, when not realtime.
    interval: int = 0
    times: tuple[str, ...] = ()
    flags: frozenset[str] = ALL_FLAGS
    zone: timedelta | None = None
    stamps: dict[str, str] = field(default_factory=dict)
    max_post_size: int = 1_048_576
    options_wanted: tuple[str, ...] = ()
    photo_base64: bool = False
    ping: bool = False
    session: str = ""

    def allows(self, kind: str) -> bool:
        """Return whether something of this kind is to be uploaded."""
        name = kind.lower()
        if name == "face":
            return bool(self.flags & {"face", "biodata"})
        return name in self.flags or name in {"always", "user"}


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield keys, in lower case, and values of lines."""
    for line in text.splitlines():
        key, sign, value = line.partition("=")
        if sign:
            yield key.strip().lower(), value.strip()


def zone_of(text: str) -> timedelta:
    """Return what TimeZone tells; raise ValueError for what is no number."""
    number = int(text)
    if abs(number) > _MAX_HOURS:
        return timedelta(minutes=number)
    return timedelta(hours=number)


def flags_of(text: str) -> frozenset[str]:
    """Return what TransFlag allows, in either form, in lower case."""
    text = text.strip()
    if text and not text.strip("01"):
        return frozenset(
            name.lower() for name, bit in zip(_BITS, text, strict=False) if bit == "1"
        )
    words = text.lower().split()
    return frozenset(words[1:] if words[:1] == ["transdata"] else words)


def read_settings(text: str, *, old_dialect: bool, complaints: list[str]) -> Settings:
    """Return what an answer says; note what no terminal would understand."""
    values = dict(pairs(text))
    settings = Settings()

    def number(*keys: str) -> int | None:
        """Return the first of these that there is and that is a number."""
        for key in keys:
            if (value := values.get(key)) is None:
                continue
            if value.isdecimal():
                return int(value)
            complaints.append(f"{key}={value} is no number")
        return None

    if (value := number("delay", "requestdelay")) is not None:
        settings.delay = value
    if (value := number("errordelay")) is not None:
        settings.error_delay = value
    if (value := number("realtime")) is not None:
        settings.realtime = bool(value)
    settings.interval = number("transinterval") or 0
    settings.max_post_size = number("maxpostsize") or settings.max_post_size
    settings.photo_base64 = number("attphotobase64") == 1
    settings.ping = number("supportping") == 1
    settings.times = tuple(
        time for time in values.get("transtimes", "").split(";") if time
    )
    if "transflag" in values:
        settings.flags = flags_of(values["transflag"])
    if number("pushoptionsflag") == 1:
        wanted = values.get("pushoptions", "").split(",")
        settings.options_wanted = tuple(name.strip() for name in wanted if name.strip())
    settings.session = values.get("sessionid", "")
    settings.stamps = {
        table: values[key]
        for key, table in _STAMP_KEYS[old_dialect].items()
        if key in values
    }
    if "timezone" in values:
        try:
            settings.zone = zone_of(values["timezone"])
        except ValueError:
            complaints.append(f"TimeZone={values['timezone']} is no whole number")
            settings.zone = _FACTORY_ZONE
    return settings


def missing_zone() -> timedelta:
    """Return the zone of a terminal that was told none: the factory's (§4)."""
    return _FACTORY_ZONE
