"""From an upload to what it brought (protocol-adms §5, §8).

A bad row never sinks a batch, which the terminal would send again for ever: it is kept
aside, and counts as received.
"""

from collections.abc import Iterator
from dataclasses import replace
import re

from ..records import Alarm, Punch, Punches, Rejected, Unreadable
from ..rows import ATTLOG, RAW_LIMIT, RowDecoder, number, with_raw
from .archive import unpack
from .content import PUNCHES, Photo, PushedUser, Template, Upload
from .events import gone_by, read_access, read_operation
from .fields import (
    is_template,
    named_photo,
    read_attendance_photo,
    read_photo,
    read_template,
    read_user,
)
from .requests import AdmsRequest
from .text import comma_pairs, decode, lines_of, redacted, tab_pairs

# §5.2: the word that a line begins with, where it has one.
_WORD = re.compile(r"\s*([A-Za-z_]{2,16}\d{0,2})[ \t]+", re.ASCII)
_USERS = frozenset({"user", "userinfo"})
_PHOTOS = frozenset({"userpic", "biophoto"})
# Understood, and of no use to anybody here.
_OTHERS = frozenset(
    {
        "enroll_user",
        "userauthorize",
        "identitycard",
        "idcard",
        "workcode",
        "extuser",
        "mulcarduser",
    }
)
_PHOTO_TABLES = frozenset({"attphoto", "photo"})


def read_upload(request: AdmsRequest, decoder: RowDecoder) -> Upload:
    """Return what an upload brought, whatever bytes it has."""
    table = table_of(request)
    if request.query.get("contenttype", "").lower() == "tgz":
        upload = _archive(table, request, decoder)
    else:
        upload = _read(table, request.serial or "", request.body, decoder)
    return replace(upload, table=table)


def _archive(table: str, request: AdmsRequest, decoder: RowDecoder) -> Upload:
    """Return what the files of an archive bring, one behind the other."""
    packs: tuple[bytes, ...] = ()
    files = unpack(request.body)
    if files is None and request.packs:
        packs = request.packs
        files = unpack(b"".join((*packs, request.body)))
    if files is None:
        # Whole, if there are punches in it: the rest of it may be on its way, or never
        # come, and the terminal does not keep what is acknowledged.
        raw = f"an archive of {len(request.body)} bytes".encode()
        if table in PUNCHES:
            raw = request.body
        rejected = Rejected(0, Unreadable(raw, "", "unknown_layout"))
        return Upload(table, 1, rejected=(rejected,), is_pack=True)
    if table in _PHOTO_TABLES:
        photos = [named_photo(name, content) for name, content in files]
        return Upload(table, len(files), photos=tuple(filter(None, photos)))
    body = b"\n".join(content for _, content in files)
    upload = _read(table, request.serial or "", body, decoder)
    return replace(upload, packs=packs)


def _read(table: str, serial: str, body: bytes, decoder: RowDecoder) -> Upload:
    if table == "attlog":
        upload = _attlog(body, decoder)
    elif table in _PHOTO_TABLES and b"\0" in body:
        upload = _picture(body)
    elif table == "options":
        options = comma_pairs(decode(body))
        upload = Upload(table, received=1 if body.strip() else 0, options=options)
    elif table == "errorlog":
        lines = [line for line in lines_of(decode(body)) if line.strip()]
        upload = Upload(table, len(lines), ignored=len(lines))
    elif table in {"rtlog", "transaction"}:
        upload = _access(body, decoder, serial)
    elif table in {"count", "rtstate"}:
        received = 1 if body.strip() else 0
        counted = number(comma_pairs(decode(body)).get("transaction", ""))
        upload = Upload(table, received, ignored=received, counted=counted)
    else:
        upload = _Lines(table, serial).read(body)
    return upload


def table_of(request: AdmsRequest) -> str:
    """Return what table an upload is of, in lower case (§2, §8)."""
    if request.endpoint == "fdata":
        return request.table or "attphoto"
    if request.table == "tabledata" or (
        request.endpoint == "querydata" and request.query.get("type") == "tabledata"
    ):
        return request.query.get("tablename", "").lower()
    if request.endpoint == "querydata":
        return request.query.get("type", "").lower()
    return request.table


def _attlog(body: bytes, decoder: RowDecoder) -> Upload:
    punches, rejected, count = decoder.read(lines_of(decode(body)), ATTLOG)
    if rejected:
        rejected = with_raw(rejected, body.split(b"\n"))
    return Upload("attlog", count, punches, rejected=tuple(rejected))


def _picture(body: bytes) -> Upload:
    photo = read_attendance_photo(body)
    return Upload("attphoto", 1, photos=(photo,) if photo else ())


def _access(body: bytes, decoder: RowDecoder, serial: str) -> Upload:
    punches: list[Punch] = []
    alarms: list[Alarm] = []
    rejected: list[Rejected] = []
    others: list[bytes] = []
    received = ignored = 0
    for index, line in enumerate(lines_of(decode(body))):
        if not line.strip(" \t\0"):
            continue
        received += 1
        text = line
        if word := _WORD.match(line):
            text = line[word.end() :]
        values = tab_pairs(text)
        if len(values) < 2:
            values = comma_pairs(text)
        found = read_access(values, line, decoder, serial)
        if found is None or isinstance(found, Alarm):
            others.append(line.encode("utf-8", "backslashreplace")[:RAW_LIMIT])
        match found:
            case Punch() as punch:
                punches.append(punch)
            case Alarm() as alarm:
                alarms.append(alarm)
            case Unreadable() as record:
                rejected.append(
                    Rejected(index, record._replace(raw=record.raw[:RAW_LIMIT]))
                )
            case None:
                ignored += 1
    return Upload(
        "rtlog",
        received,
        Punches.of(punches),
        alarms=tuple(alarms),
        rejected=tuple(rejected),
        ignored=ignored,
        others=tuple(others),
    )


class _Lines:
    """Lines of several kinds, told apart by their first word (§5.2)."""

    def __init__(self, table: str, serial: str) -> None:
        """Nothing is read yet; `table` stands for the word where a line has none."""
        self._table = table
        self._serial = serial
        self._users: list[PushedUser] = []
        # Who was removed, and how many users were told before that; "" for anybody.
        self._gone: dict[str, int] = {}
        self._templates: list[Template] = []
        self._photos: list[Photo] = []
        self._alarms: list[Alarm] = []
        self._rejected: list[Rejected] = []
        self._ignored = 0

    def read(self, body: bytes) -> Upload:
        """Return what is in the lines of a body."""
        received = 0
        for index, line in enumerate(lines_of(decode(body))):
            if not line.strip(" \t\0"):
                continue
            received += 1
            if not self._take(line):
                raw = redacted(line).encode("utf-8", "backslashreplace")
                self._rejected.append(
                    Rejected(index, Unreadable(raw[:RAW_LIMIT], "", "unknown_layout"))
                )
        return Upload(
            self._table,
            received,
            users=tuple(self._those_who_stay()),
            templates=tuple(self._templates),
            photos=tuple(self._photos),
            alarms=tuple(self._alarms),
            rejected=tuple(self._rejected),
            ignored=self._ignored,
        )

    def _those_who_stay(self) -> Iterator[PushedUser]:
        """Yield the users but those who were removed since they were told."""
        any_gone = self._gone.get("", 0)
        for place, user in enumerate(self._users):
            if place >= max(any_gone, self._gone.get(user.user_id, 0)):
                yield user

    def _take(self, line: str) -> bool:
        """Keep what a line says; return whether it makes sense."""
        word, text = self._table, line
        if match := _WORD.match(line):
            word, text = match[1].lower(), line[match.end() :]
        if word == "oplog":
            alarm = read_operation(line, self._serial)
            if alarm is not None and (gone := gone_by(alarm)) is not None:
                self._gone[gone] = len(self._users)
            return self._keep(self._alarms, alarm, or_ignored=True)
        if word in _USERS:
            return self._keep(self._users, read_user(tab_pairs(text)))
        if is_template(word):
            return self._keep(self._templates, read_template(word, tab_pairs(text)))
        if word in _PHOTOS or word in _PHOTO_TABLES:
            return self._keep(self._photos, read_photo(word, tab_pairs(text)))
        if word in _OTHERS:
            self._ignored += 1
            return True
        return False

    def _keep[T](
        self, kept: list[T], found: T | None, *, or_ignored: bool = False
    ) -> bool:
        if found is not None:
            kept.append(found)
        elif or_ignored:
            self._ignored += 1
        return found is not None or or_ignored
