"""What holds whatever comes."""

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
import json
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.syncid.core.adms.content import Upload
from custom_components.syncid.core.adms.dialogue import Answer
from custom_components.syncid.core.adms.phrasebook import Phrasebook
from custom_components.syncid.core.adms.state import TerminalState
from custom_components.syncid.core.adms.text import decode
from custom_components.syncid.core.attlog import read_attlog
from custom_components.syncid.core.errors import SyncIDError
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.pushlog import REASONS, BadBody, read_logs
from custom_components.syncid.core.records import Batch, Punch, Rejected, local_second
from custom_components.syncid.core.rows import RAW_LIMIT
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, json_loads

from .server import DECODER, SERIAL, Case, Server

ZONE = ZoneInfo("Europe/Rome")
_FIRST = local_second(datetime(2000, 1, 1))
_LAST = local_second(datetime(2100, 1, 1))
_STATUSES = frozenset({200, 400, 404, 406, 500, 503})
# A request of a few thousand bytes that takes a second would hold Home Assistant up.
_SLOW = 1.0
_LARGEST_STATE = 100_000


class Store:
    """A real ledger, into which goes all that was read."""

    def __init__(self, folder: Path) -> None:
        """Open it."""
        self._ledger = Ledger(
            folder / "syncid.db", now=lambda: datetime(2026, 3, 12), on_replaced=print
        )
        self._ledger.open(bytes(32))
        self._ledger.register(SERIAL, "Europe/Rome").result()
        self._futures: list[Future[Any]] = []
        self._keys: set[tuple[str, int]] = set()

    def put(self, batch: Batch) -> None:
        """Store a batch."""
        if batch.punches or batch.unreadable:
            self._keys |= {(one.user_id, one.local_second) for one in batch.punches}
            self._futures.append(self._ledger.ingest(batch))
        if len(self._futures) > 200:
            self.wait()

    def put_rows(self, said: Answer) -> None:
        """Store changed rows of the queue."""
        if said.rows:
            self._futures.append(self._ledger.save_commands(SERIAL, said.rows))

    def wait(self) -> None:
        """Wait until all is stored; raises whatever kept it from that."""
        for future in self._futures:
            future.result()
        self._futures.clear()

    def close(self) -> None:
        """See that each punch was stored, and no other."""
        self.wait()
        assert self._ledger.statistics()["punches"] == len(self._keys)
        self._ledger.close()


class Timed:
    """Fails if what is done inside takes long."""

    def __enter__(self) -> None:
        """Look at the clock."""
        self._begin = process_time()

    def __exit__(self, *_: object) -> None:
        """Look again."""
        took = process_time() - self._begin
        assert took < _SLOW, f"it took {took:.2f} s"


def check_adms(case: Case, server: Server, store: Store | None = None) -> Answer:
    """Check what a terminal is answered."""
    with Timed():
        said = server.answer(case)
    assert said.status in _STATUSES
    said.text.encode()
    if server.state is None:
        assert not said.rows and said.upload is None
        assert not said.learned
    else:
        kept = json.dumps(server.state.as_json())
        assert TerminalState.from_json(json.loads(kept)) == server.state
        assert len(kept) < _LARGEST_STATE
    for _, result in said.results:
        result.reason(enrolls=True)
        assert result.counted is None or result.counted < 2**63
    if said.upload is not None:
        check_upload(case, said.upload, server)
        if store is not None:
            store.put(said.upload.batch(SERIAL))
    if store is not None:
        store.put_rows(said)
    return said


def check_upload(case: Case, upload: Upload, server: Server) -> None:
    """Check what an upload brought."""
    things = (upload.users, upload.templates, upload.photos)
    others = (upload.alarms, upload.rejected)
    found = len(upload.punches) + sum(map(len, things)) + sum(map(len, others))
    found += upload.ignored
    assert found <= upload.received
    packed = "contenttype" in {key.strip().lower() for key, _ in case.query}
    check_punches(upload.punches, None if packed else decode(case.body), longest=32)
    # An archive that cannot be read is kept whole: it is what somebody punched.
    longest = max(len(case.body), RAW_LIMIT) if upload.is_pack else RAW_LIMIT
    check_rejected(upload.rejected, longest)
    for alarm in upload.alarms:
        assert len(json.dumps(asdict(alarm)).encode()) < 1000
    for photo in upload.photos:
        photo.file_name.encode()
    family = (server.state and server.state.family) or "att"
    say = Phrasebook(family)
    with suppress(SyncIDError):
        for user in upload.users:
            user.as_held()
            for command in say.copy_user(user):
                check_command(command.text)
    with suppress(SyncIDError):
        for template in upload.templates:
            assert template.kind
            for command in say.write_template(template):
                check_command(command.text)


def check_command(text: str) -> None:
    """Check that what others said does not become another command."""
    text.encode()
    assert not set(text) & {"\n", "\r", "\0"}


def check_punches(punches: Iterable[Punch], text: str | None, longest: int) -> None:
    """Check that punches are of the data, and that SQLite takes them."""
    for punch in punches:
        assert 0 < len(punch.user_id) <= longest
        assert punch.user_id.isprintable()
        assert punch.user_id == punch.user_id.strip()
        if text is not None:
            assert punch.user_id in text
        assert _FIRST <= punch.local_second < _LAST
        for code in (punch.verify_code, punch.state_code, punch.work_code):
            assert code is None or 0 <= code < 2**63


def check_rejected(rejected: Iterable[Rejected], longest: int) -> None:
    """Check what is kept of what makes no sense."""
    for place, record in rejected:
        assert place >= 0
        assert isinstance(record.raw, bytes)
        assert len(record.raw) <= longest
        record.user_id.encode()
        assert record.reason


def check_json(body: bytes, store: Store | None = None) -> bool:
    """Check what becomes of a body of JSON; return whether it was taken."""
    try:
        with Timed():
            pushed = read_logs(json_loads(body), DECODER, ZONE)
    except (*JSON_DECODE_EXCEPTIONS, BadBody):
        return False
    assert pushed.received == len(pushed.punches) + len(pushed.rejected)
    check_punches(pushed.punches, None, longest=64)
    check_rejected(pushed.rejected, 1000)
    assert all(REASONS[one.record.reason] for one in pushed.rejected)
    if store is not None:
        unreadable = [one.record for one in pushed.rejected]
        store.put(Batch(SERIAL, "push", pushed.punches, unreadable))
    return True


def check_usb(content: bytes, store: Store | None = None) -> None:
    """Check what becomes of a file from a stick."""
    with Timed():
        parts = list(read_attlog(content.splitlines(keepends=True), DECODER))
    for punches, rejected, received in parts:
        assert len(punches) + len(rejected) == received
        check_punches(punches, None, longest=32)
        check_rejected(rejected, 5000)
        if store is not None:
            unreadable = [one.record for one in rejected]
            store.put(Batch(SERIAL, "import", punches, unreadable))


def check_neighbours(case: Case, line: bytes, place: int) -> None:
    """Check that a bad line takes nothing of the lines around it."""
    lines = case.body.split(b"\n")
    lines.insert(place % (len(lines) + 1), line)
    spoilt = Case(case.method, case.path, case.query, b"\n".join(lines))
    right, said = Server().answer(case).upload, Server().answer(spoilt).upload
    assert right is not None
    assert said is not None
    for name in ("punches", "users", "templates", "alarms"):
        missing = set(getattr(right, name)) - set(getattr(said, name))
        assert not missing, f"{name} are missing: {missing}"
