"""What Hypothesis makes up, from nothing but the words that terminals use."""

from collections.abc import Callable
import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from .checks import check_adms, check_json, check_neighbours, check_usb
from .mutate import PATHS, TABLES
from .seeds import WORDS
from .server import SERIAL, Case, Server, all_commands

_EXAMPLES = 400
_KEYS = [
    "PIN",
    "Pin",
    "Name",
    "Pri",
    "Privilege",
    "Passwd",
    "Card",
    "CardNo",
    "Grp",
    "TZ",
    "Verify",
    "Disable",
    "FID",
    "TMP",
    "Tmp",
    "Size",
    "Valid",
    "No",
    "Index",
    "Duress",
    "Type",
    "MajorVer",
    "MinorVer",
    "Format",
    "Content",
    "FileName",
    "time",
    "event",
    "eventaddr",
    "inoutstatus",
    "verifytype",
    "time_second",
    "ID",
    "Return",
    "CMD",
    "AttlogSum",
    "~DeviceName",
    "FirmVer",
    "INFO",
]
_TEXT = st.text(st.characters(exclude_characters="\n"), max_size=20)
_TIMES = st.datetimes().map(lambda time: f"{time:%Y-%m-%d %H:%M:%S}")
_VALUES = st.one_of(
    _TEXT,
    _TIMES,
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(WORDS).map(lambda word: word.decode("utf-8", "replace")),
)
_PAIRS = st.tuples(st.sampled_from(_KEYS), _VALUES).map("=".join)
_ROWS = st.one_of(
    st.lists(_VALUES, max_size=12).map("\t".join),
    st.tuples(
        st.from_regex(r"[1-9]\d{0,8}", fullmatch=True), _TIMES, _VALUES, _VALUES
    ).map("\t".join),
    st.tuples(
        st.sampled_from(("", "USER ", "FP ", "OPLOG ", "BIODATA ", "BIOPHOTO ")),
        st.lists(_PAIRS, max_size=10).map("\t".join),
    ).map("".join),
    st.lists(_PAIRS, max_size=10).map("&".join),
    st.lists(_PAIRS, max_size=10).map(",".join),
)
_BODIES = st.one_of(
    st.binary(max_size=300),
    st.lists(_ROWS, max_size=8).map(
        lambda rows: "\n".join(rows).encode("utf-8", "replace")
    ),
    st.tuples(st.lists(_ROWS, max_size=4), st.binary(max_size=20)).map(
        lambda parts: "\r\n".join(parts[0]).encode("utf-8", "replace") + parts[1]
    ),
)
_CASES = st.builds(
    lambda method, path, query, body: Case(
        method, path, (("SN", SERIAL), *query), body
    ),
    st.sampled_from(("GET", "POST")),
    st.sampled_from(PATHS),
    st.lists(
        st.one_of(
            st.tuples(st.just("table"), st.sampled_from(TABLES)),
            st.tuples(st.sampled_from(("tablename", "type")), st.sampled_from(TABLES)),
            st.tuples(
                st.sampled_from(
                    ("Stamp", "OpStamp", "INFO", "pushver", "DeviceType", "cmdid")
                ),
                _TEXT,
            ),
        ),
        max_size=3,
    ).map(tuple),
    _BODIES,
)
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=70)
    | _TIMES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)
_LOGS = st.fixed_dictionaries(
    {},
    optional={
        key: _ANYTHING | st.integers(-1, 300) | _TIMES
        for key in ("user_id", "timestamp", "status", "verify", "work_code")
    },
)

_long = settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@_long
@given(st.lists(_CASES, min_size=1, max_size=4), st.sampled_from(("att", "acc", None)))
def any_conversation(cases: list[Case], family: Any) -> None:
    """Have a terminal say anything."""
    server = Server(added=family is not None, family=family)
    server.say(*all_commands(family or "att"))
    for case in cases:
        check_adms(case, server)


@_long
@given(
    st.lists(
        st.tuples(st.integers(1, 99999).map(str), _TIMES).map("\t".join),
        min_size=1,
        max_size=9,
    ),
    st.one_of(
        _ROWS.map(lambda row: row.encode("utf-8", "replace")), st.binary(max_size=40)
    ),
    st.integers(0, 9),
)
def any_neighbour(rows: list[str], line: bytes, place: int) -> None:
    """Have any line among good ones."""
    query = (("SN", SERIAL), ("table", "ATTLOG"))
    case = Case("POST", "/iclock/cdata", query, "\n".join(rows).encode())
    check_neighbours(case, line.replace(b"\n", b""), place)


@_long
@given(
    st.one_of(_ANYTHING, st.fixed_dictionaries({"logs": st.lists(_LOGS, max_size=6)}))
)
def any_json(value: Any) -> None:
    """Have a gateway post anything that is JSON."""
    check_json(json.dumps(value).encode())


@_long
@given(st.binary(max_size=300))
def any_bytes(content: bytes) -> None:
    """Have anything at all, by each road."""
    check_json(content)
    check_usb(content)


@_long
@given(_BODIES)
def any_file(content: bytes) -> None:
    """Have any rows on a stick."""
    check_usb(content)


_ALL: tuple[Callable[[], None], ...] = (
    any_conversation,
    any_neighbour,
    any_json,
    any_bytes,
    any_file,
)


def run() -> int:
    """Try examples of each; return how many."""
    for one in _ALL:
        one()
    return _EXAMPLES * len(_ALL)
