"""What becomes of data on its way, and a little more."""

from collections.abc import Callable, Sequence
from dataclasses import replace
import gzip
import json
from random import Random
from typing import Any
import zlib

from .seeds import WORDS
from .server import Case

_METHODS = ("GET", "POST", "PUT", "post")
PATHS = tuple(
    f"/iclock/{name}"
    for name in (
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
    )
)
TABLES = [
    "ATTLOG",
    "OPERLOG",
    "ATTPHOTO",
    "BIODATA",
    "options",
    "ERRORLOG",
    "rtlog",
    "rtstate",
    "tabledata",
    "user",
    "userinfo",
    "templatev10",
    "biophoto",
    "count",
    "transaction",
    "fingertmp",
    "IDCARD",
]
_LONGEST = 20_000


class Mutator:
    """Changes data at random, the same way for the same seed."""

    def __init__(self, random: Random) -> None:
        """Draw from a source of chance."""
        self._random = random
        self._ways: Sequence[Callable[[bytearray], None]] = (
            self._flip,
            self._set,
            self._cut,
            self._repeat,
            self._insert,
            self._insert,
            self._number,
            self._case,
            self._lines,
        )

    def data(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """Return data changed in a few places, some from elsewhere."""
        random = self._random
        if random.random() < 0.15 and others:
            other = random.choice(others)
            data = data[: self._at(data)] + other[self._at(other) :]
        changed = bytearray(data)
        for _ in range(1 << random.randrange(5)):
            random.choice(self._ways)(changed)
        return bytes(changed[:_LONGEST])

    def packed(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """Return what is packed changed within, so that it can still be unpacked."""
        try:
            inside = gzip.decompress(data)
        except OSError, EOFError, zlib.error:
            return self.data(data, others)
        return gzip.compress(self.data(inside, ()), 1)

    def case(self, case: Case, others: Sequence[Case]) -> Case:
        """Return a request changed in one of its parts or in several."""
        random = self._random
        bodies = [random.choice(others).body]
        if random.random() < 0.8:
            is_packed = case.body[:2] == b"\x1f\x8b" and random.random() < 0.8
            change = self.packed if is_packed else self.data
            case = replace(case, body=change(case.body, bodies))
        if random.random() < 0.3:
            case = replace(case, query=self._query(case.query))
        if random.random() < 0.1:
            path = random.choice(PATHS)
            if random.random() < 0.2:
                path = self.data(path.encode(), ()).decode("utf-8", "replace")
            case = replace(case, path=path)
        if random.random() < 0.05:
            case = replace(case, method=random.choice(_METHODS))
        return case

    def _query(self, query: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        random, pairs = self._random, list(query)
        if random.random() < 0.5:
            pairs = [pair for pair in pairs if pair[0].lower() != "table"]
            pairs.append(("table", random.choice(TABLES)))
            if random.random() < 0.3:
                pairs.append(
                    (random.choice(("type", "tablename")), random.choice(TABLES))
                )
            return tuple(pairs)
        at = random.randrange(len(pairs) + 1)
        key, value = pairs[at - 1] if pairs else ("SN", "1")
        changed = [
            self.data(text.encode(), ()).decode("utf-8", "replace")
            for text in (key, value)
        ]
        which = random.randrange(4)
        if which == 0:
            pairs[at:at] = [(changed[0], value)]
        elif which == 1 and pairs:
            del pairs[at - 1]
        elif pairs:
            pairs[at - 1] = (key, changed[1])
        return tuple(pairs)

    def tree(self, value: Any) -> Any:
        """Return decoded JSON with some of its parts something else."""
        random = self._random
        if random.random() < 0.04:
            return random.choice(
                (
                    None,
                    True,
                    -1,
                    0,
                    255,
                    256,
                    2**32,
                    2**64,
                    10**400,
                    1.5,
                    "",
                    " ",
                    "x" * 70,
                    [],
                    {},
                    "0",
                    "１",
                    "�",
                    "\x00",
                    "2026-03-12 08:05:00",
                    "2026-03-12T08:05:00.5Z",
                    "0001-01-01 00:00:00+14:00",
                    "9999-12-31 23:59:59-14:00",
                    float("nan"),
                )
            )
        if isinstance(value, dict):
            return {key: self.tree(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.tree(one) for one in value]
        return value

    def json(self, body: bytes, others: Sequence[bytes]) -> bytes:
        """Return a body of JSON that still is JSON, or that no longer is."""
        if self._random.random() < 0.5:
            return self.data(body, others)
        try:
            return json.dumps(self.tree(json.loads(body))).encode()
        except ValueError, RecursionError:
            return self.data(body, others)

    # --- changes ------------------------------------------------------------------

    def _at(self, data: bytes | bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _span(self, data: bytearray) -> slice:
        begin = self._at(data)
        return slice(begin, begin + 1 + int(self._random.expovariate(1 / 8)))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] = self._random.randrange(256)

    def _cut(self, data: bytearray) -> None:
        del data[self._span(data)]

    def _repeat(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = data[self._span(data)] * self._random.choice((1, 1, 2, 50))

    def _insert(self, data: bytearray) -> None:
        at = self._at(data)
        data[at:at] = self._random.choice(WORDS)

    def _number(self, data: bytearray) -> None:
        at = self._at(data)
        digits = [
            place
            for place in range(at, min(at + 30, len(data)))
            if 48 <= data[place] < 58
        ]
        if digits:
            data[digits[0] : digits[0] + 1] = self._random.choice(WORDS)

    def _case(self, data: bytearray) -> None:
        span = self._span(data)
        data[span] = data[span].swapcase()

    def _lines(self, data: bytearray) -> None:
        lines = data.split(b"\n")
        self._random.shuffle(lines)
        data[:] = b"\n".join(lines)
