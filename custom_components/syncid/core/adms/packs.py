"""Archives that come in packs, of which each is an upload (protocol-adms §2).

Whether one is whole only its content tells: some firmware counts packs from 0, some
from 1, and not all say how many there are.
"""

from dataclasses import replace

from ..rows import number
from .content import Upload
from .requests import AdmsRequest

# Of one archive. It comes one after the other: a terminal packs one table at a time.
_MOST_BYTES = 16 * 1024 * 1024


class Packs:
    """What came of a terminal's archive so far."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._table = ""
        self._packs: dict[int, bytes] = {}

    def with_earlier(self, request: AdmsRequest) -> AdmsRequest:
        """Return a request with the packs that came before it."""
        index = _index(request)
        if index is None or _table(request) != self._table:
            return request
        return replace(request, packs=self._before(index))

    def keep(self, request: AdmsRequest, upload: Upload) -> None:
        """Keep a pack that makes no sense yet; what is read, forget."""
        index = _index(request)
        if index is None:
            return
        table = _table(request)
        before = self._before(index) if table == self._table else ()
        self._table, self._packs = table, {}
        if upload.is_pack and len(request.body) + sum(map(len, before)) <= _MOST_BYTES:
            # One that comes again takes the place of itself, and of what followed.
            self._packs = dict(enumerate(before, index - len(before)))
            self._packs[index] = request.body

    def _before(self, index: int) -> tuple[bytes, ...]:
        first = index
        while first - 1 in self._packs:
            first -= 1
        return tuple(self._packs[at] for at in range(first, index))


def _index(request: AdmsRequest) -> int | None:
    if request.query.get("contenttype", "").lower() != "tgz":
        return None
    return number(request.query.get("packidx", ""))


def _table(request: AdmsRequest) -> str:
    return f"{request.endpoint} {request.table} {request.query.get('tablename', '')}"
