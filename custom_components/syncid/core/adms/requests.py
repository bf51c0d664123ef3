"""What a terminal asks, however its firmware spells it (protocol-adms §1, §2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re
from types import MappingProxyType
from typing import Literal, get_args

type Endpoint = Literal[
    "cdata",
    "getrequest",
    "devicecmd",
    "ping",
    "fdata",
    "registry",
    "push",
    "rtdata",
    "querydata",
    "exchange",
    "file",
    "test",
    "unknown",
]
_ENDPOINTS: frozenset[str] = frozenset(get_args(Endpoint.__value__)) - {"unknown"}

# Attendance terminals, and those that control doors.
type Family = Literal["att", "acc"]

_SERIAL = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_STAMP = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_OLD_STAMPS = {"operlog": "opstamp", "attphoto": "photostamp"}
_VERSION = re.compile(r"\D{0,8}(\d{1,3})", re.ASCII)
_FAMILIES: Mapping[str, Family] = {"att": "att", "acc": "acc"}
_ACC_TABLES = frozenset({"rtlog", "rtstate", "tabledata"})

# The first version of the protocol that is spoken at doors alone.
_FIRST_ACC = 3

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AdmsRequest:
    """A request, taken apart."""

    method: str
    endpoint: Endpoint
    # None where there is none, or one that no terminal has.
    serial: str | None
    # In lower case.
    table: str = ""
    # What the terminal wants back as the stamp of this table.
    stamp: str | None = None
    # Its keys in lower case. There may be a password in it.
    query: Mapping[str, str] = field(default=_NO_PARAMETERS, repr=False)
    body: bytes = field(default=b"", repr=False)
    # What came before it of the same archive.
    packs: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def is_handshake(self) -> bool:
        """Tell whether the terminal asks how to behave."""
        return (
            self.endpoint == "cdata"
            and self.method == "GET"
            and ("options" in self.query or not self.table)
            and "type" not in self.query
        )

    @property
    def needs_rows(self) -> bool:
        """Tell whether the answer hangs on the terminal's queue of commands."""
        return self.endpoint in {"getrequest", "push", "devicecmd"}

    @property
    def is_upload(self) -> bool:
        """Tell whether the terminal brings what it would lose if we did not keep it."""
        return (
            self.method == "POST"
            and self.endpoint in {"cdata", "fdata", "querydata"}
            # Whom to let in, it would like to hear: not from us.
            and "authtype" not in self.query
            and self.query.get("type", "").lower() != "postverifydata"
        )


def read_request(
    method: str,
    path: str,
    query: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> AdmsRequest:
    """Return a request as it is meant; `query` is decoded already."""
    values: dict[str, str] = {}
    for key, value in query:
        values.setdefault(key.strip().lower(), value.strip())
    endpoint = endpoint_of(path)
    table = values.get("table", "").lower()
    serial = values.get("sn", "")
    return AdmsRequest(
        method=method.upper(),
        endpoint=endpoint,
        serial=serial if _SERIAL.fullmatch(serial) else None,
        table=table,
        stamp=_stamp(values, table),
        query=values,
        body=body,
    )


def endpoint_of(path: str) -> Endpoint:
    """Return what a path asks for: in any case, with a suffix or a slash behind it."""
    parts = [part for part in path.lower().split("/") if part]
    if "iclock" in parts:
        parts = parts[parts.index("iclock") + 1 :]
    name = parts[0] if parts else ""
    name = name.removesuffix(".aspx").removesuffix(".php")
    return name if name in _ENDPOINTS else "unknown"  # type: ignore[return-value]


def _stamp(values: Mapping[str, str], table: str) -> str | None:
    """Return the stamp of a table: old firmware sends those of others with it."""
    for key in (_OLD_STAMPS.get(table, "stamp"), "stamp"):
        if value := values.get(key):
            return value if _STAMP.fullmatch(value) else None
    return None


def told_family(request: AdmsRequest) -> tuple[Family, bool] | None:
    """Return the family that a request tells, and whether it says so itself.

    What it says itself counts for ever, the rest only until it does (§1). A low version
    says nothing: all that know no better have one.
    """
    if family := _FAMILIES.get(request.query.get("devicetype", "").lower()):
        return family, True
    if request.endpoint == "registry" or request.table in _ACC_TABLES:
        return "acc", False
    version = _VERSION.match(request.query.get("pushver", ""))
    if version and int(version[1]) >= _FIRST_ACC:
        return "acc", False
    return None
