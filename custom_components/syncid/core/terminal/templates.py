"""Fingerprints and faces at a terminal (protocol-4370 §2.7, §2.8, §2.13).

What is in a template is the vendor's secret, and its owner's: it is passed on as it is,
and never shown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched
from struct import Struct, error as struct_error

from ..errors import CommandRefused, TableUnreadable
from .client import TerminalClient
from .frames import Code
from .users import uid_of

_FINGERPRINTS = 7
_OF_FINGERPRINTS = 2
_REMOVE_FINGER = 19
_WRITE_FINGER = 87
_READ_FINGER = 88
_CHECKSUM = 119
# 12 means users; any other number may write firmware.
_BATCH_OF_USERS = Struct("<IHH").pack(12, 0, 8)
_READ_FACES = 150
_ALL_FACES = 50

_UID_INDEX = Struct("<HB")
_ENTRY = Struct("<HHBB")
_SIZE = Struct("<H")
_WRITE = Struct("<HBBH")
_BATCH_HEAD = Struct("<III")
_BATCH_ENTRY = Struct("<BHBI")
_BATCH_RECORD = 2
_BATCH_FINGER = 0x10
_USER_ID = Struct("<28s")

FINGERS = range(10)
VALID = 1
DURESS = 3
# Its size goes into 16 bits.
MAX_TEMPLATE = 0xFFFF

FACE_SIZE = 2576
# Of a face record: uid, and how often and when it was used. They are the terminal's.
_FACE_HEAD = Struct("<HHBBHii")

# Users that are written at once: what each request costs is shared by many, and an
# interrupted transfer has still got somewhere.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Finger:
    """One enrolled finger."""

    # 0 to 9, from the left little finger to the right one.
    finger: int
    # 1 valid, 0 not, 3 duress.
    flag: int
    template: bytes = field(repr=False)


type Fingers = Mapping[int, Sequence[Finger]]
"""Fingers by uid."""


def read_fingers(
    client: TerminalClient, *, exact: bool = False
) -> dict[int, list[Finger]]:
    """Return all fingers at a terminal, by uid.

    With `exact` fewer than the terminal counts are no answer.
    """
    fingers, came, count = _read_fingers(client)
    if exact and came < count:
        fingers, came, count = _read_fingers(client)  # one may have gone in between
        if came < count:
            raise TableUnreadable(f"{came} of {count} fingerprints came")
    return fingers


def _read_fingers(
    client: TerminalClient,
) -> tuple[dict[int, list[Finger]], int, int]:
    count = client.read_capacity().fingerprints
    if not count:
        return {}, 0, 0
    table = client.read_table(_FINGERPRINTS, _OF_FINGERPRINTS)
    if table is None:
        raise TableUnreadable("the terminal does not give its fingerprints")
    fingers = split_fingers(table)
    return fingers, sum(map(len, fingers.values())), count


def split_fingers(table: bytes) -> dict[int, list[Finger]]:
    """Return the fingers of a table, by uid."""
    fingers: defaultdict[int, list[Finger]] = defaultdict(list)
    at = 0
    while at < len(table):
        try:
            size, uid, finger, flag = _ENTRY.unpack_from(table, at)
        except struct_error as err:
            raise TableUnreadable("the table of fingerprints is cut") from err
        if size < _ENTRY.size or at + size > len(table):
            raise TableUnreadable("the table of fingerprints makes no sense")
        fingers[uid].append(Finger(finger, flag, table[at + _ENTRY.size : at + size]))
        at += size
    return dict(fingers)


def read_fingers_of(client: TerminalClient, uid: int) -> list[Finger]:
    """Return the fingers of one user."""
    found = (read_fingerprint(client, uid, finger) for finger in FINGERS)
    return [finger for finger in found if finger is not None]


def read_fingerprint(client: TerminalClient, uid: int, finger: int) -> Finger | None:
    """Return one finger of a user, if it is enrolled."""
    data = client.read_one(_READ_FINGER, _UID_INDEX.pack(uid, finger))
    return Finger(finger, data[-1], data[:-1]) if data else None


def remove_finger(client: TerminalClient, uid: int, finger: int) -> None:
    """Remove a finger; `refresh` makes it hold."""
    client.command(_REMOVE_FINGER, _UID_INDEX.pack(uid, finger))


def write_people(
    client: TerminalClient,
    records: Iterable[bytes],
    fingers: Fingers,
    stale: Fingers,
    on_removal: Callable[[int, Finger], object],
    is_ending: Callable[[], bool],
    on_written: Callable[[bytes], object] = lambda record: None,
) -> None:
    """Write users with their fingers, by the uid in their records.

    `stale` fingers are removed first, as late as can be: who has lost one and not yet
    got the new one when the link breaks, is among a few, and `on_removal` was told of
    them. The other fingers of the users stay. `refresh` makes it hold. What the
    terminal refuses is passed over: only reading back tells what it took. Between the
    few it may end. `on_written` is told of each whom it has got to.
    """
    for people in batched(records, _AT_ONCE, strict=False):
        if is_ending():
            return
        for uid in map(uid_of, people):
            for finger in stale.get(uid, ()):
                on_removal(uid, finger)
                with suppress(CommandRefused):
                    remove_finger(client, uid, finger.finger)
        try:
            _write_batch(client, people, fingers)
            for record in people:
                on_written(record)
        except CommandRefused:
            # One that it does not take, or a terminal that takes no batches.
            for record in people:
                with suppress(CommandRefused):
                    _write_alone(client, record, fingers)
                on_written(record)


def _write_batch(
    client: TerminalClient, records: Sequence[bytes], fingers: Fingers
) -> None:
    with client.uploaded(pack_batch(records, fingers)):
        client.command(Code.BATCH, _BATCH_OF_USERS)
    for record in records:
        uid = uid_of(record)
        for finger in fingers.get(uid, ()):
            if finger.flag != VALID:  # which a batch does not tell
                write_finger(client, uid, finger)


def _write_alone(client: TerminalClient, record: bytes, fingers: Fingers) -> None:
    client.write_user(record)
    for finger in fingers.get(uid_of(record), ()):
        write_finger(client, uid_of(record), finger)


def pack_batch(records: Sequence[bytes], fingers: Fingers) -> bytes:
    """Return users with their fingers as one upload (§2.8)."""
    table, blob = bytearray(), bytearray()
    for record in records:
        uid = uid_of(record)
        for finger in fingers.get(uid, ()):
            if finger.flag == VALID:
                table += _BATCH_ENTRY.pack(
                    _BATCH_RECORD, uid, _BATCH_FINGER + finger.finger, len(blob)
                )
                blob += _SIZE.pack(len(finger.template)) + finger.template
    people = b"".join(bytes((_BATCH_RECORD,)) + record for record in records)
    return _BATCH_HEAD.pack(len(people), len(table), len(blob)) + people + table + blob


def write_finger(client: TerminalClient, uid: int, finger: Finger) -> None:
    """Write a finger of a user whom the terminal has; `refresh` makes it hold."""
    with client.uploaded(finger.template):
        client.command(_CHECKSUM)
        client.command(
            _WRITE_FINGER,
            _WRITE.pack(uid, finger.finger, finger.flag, len(finger.template)),
        )


# --- faces --------------------------------------------------------------------------------


def read_face(client: TerminalClient, uid: int) -> bytes | None:
    """Return the records of a user's face; None if there is none."""
    records = client.read_one(_READ_FACES, _UID_INDEX.pack(uid, _ALL_FACES))
    if records is not None and len(records) % FACE_SIZE:
        raise TableUnreadable(f"{len(records)} bytes are no face")
    return records or None


def has_face(client: TerminalClient, uid: int) -> bool:
    """Tell whether a user has a face at the terminal, which reads one record of it."""
    return bool(client.read_one(_READ_FACES, _UID_INDEX.pack(uid, 0)))


def write_face(client: TerminalClient, user_id: str, records: bytes) -> None:
    """Write a user's face; `refresh` makes it hold."""
    with client.uploaded(records):
        client.command(Code.FACE_WRITE, _USER_ID.pack(user_id.encode("ascii")))


def same_face(records: bytes | None, other: bytes | None) -> bool:
    """Tell whether two faces are the same, whosever terminal they are from."""
    return _face(records) == _face(other)


def _face(records: bytes | None) -> list[tuple[int, bytes]]:
    records = records or b""
    return sorted(
        (records[at + 4], records[at + _FACE_HEAD.size : at + FACE_SIZE])
        for at in range(0, len(records), FACE_SIZE)
    )
